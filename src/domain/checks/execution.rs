//! 期限、送达、罚缴、加处罚款、救济告知 (行政处罚法60、61、66–73; 行政复议法20–24).

use std::sync::LazyLock;

use regex::Regex;

use super::check::{Fault, at, fault, faults_at, sound};
use super::{Look, decided_penalty, punishment};
use crate::domain::dossier::{DecisionKind, Served, ServiceMethod};
use crate::domain::money::Fen;
use crate::domain::penalty::PenaltyKind;
use crate::domain::procedure::guards::{cash_fault, late_fee_until, said, suspension_faults};

static REVIEW: LazyLock<Regex> = LazyLock::new(|| pattern(r"向([^，。；]{2,40}?)申请行政复议"));
static COURT: LazyLock<Regex> = LazyLock::new(|| pattern(r"向([^，。；]{2,40}?)提起行政诉讼"));

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is valid")
}

/// F24. On the spot the decision is handed over, or its refusal noted, there and then.
pub(super) fn unserved(look: &Look<'_>) -> Vec<Fault> {
    let d = look.dossier;
    if d.spot.is_some() {
        return vec![];
    }
    let e = &d.execution;
    let acts = e.payments.iter().enumerate().map(|(i, p)| (p.on, format!("execution.payments.{i}"), "收缴罚款"));
    let acts =
        acts.chain(e.performed.iter().enumerate().map(|(i, p)| (p.on, format!("execution.performed.{i}"), "执行处罚")));
    let acts = acts.chain(e.demand.iter().map(|x| (x.on, "execution.demand".to_string(), "催告")));
    let acts = acts.chain(e.court.iter().map(|x| (x.on, "execution.court".to_string(), "申请法院强制执行")));
    let served = d.decision_served_on();
    let mut out: Vec<Fault> = acts
        .filter(|(on, _, _)| served.is_none_or(|s| *on < s))
        .map(|(on, place, what)| at(place, format!("决定书没有送达，{on}已{what}")))
        .collect();
    if e.late_fee_fen.is_some() && served.is_none() {
        out.push(at("execution.late_fee_fen", "决定书没有送达，已加处罚款"));
    }
    out
}

/// F28.
pub(super) fn cash(look: &Look<'_>) -> Vec<Fault> {
    let mut out = vec![];
    for (i, p) in look.dossier.execution.payments.iter().enumerate() {
        let place = format!("execution.payments.{i}");
        if !said(&p.receipt_no) {
            out.push(at(&place, format!("{}收缴{}，没有财政部门统一制发的专用票据", p.on, p.sum_fen)));
        }
        if p.collected_by_agency
            && let Some(why) = cash_fault(look, p.sum_fen, p.cash_ground.as_deref())
        {
            out.push(at(&place, format!("本机关自行收缴罚款：{why}")));
        }
    }
    out
}

/// M01. Only suspensions with a provision behind them are left out.
pub(super) fn ninety_days(look: &Look<'_>) -> Vec<Fault> {
    let d = look.dossier;
    let Some(filing) = &d.filing else { return vec![] };
    let lawful: Vec<_> = d.suspensions.iter().filter(|s| suspension_faults(s).is_empty()).cloned().collect();
    let end = d.decision.as_ref().map_or(look.day, |x| x.made_on);
    match look.due("FILE_TO_DECIDE", filing.approved_on) {
        Ok(day) => {
            let last = crate::domain::dues::later(day, &lawful);
            sound(end <= last, format!("{}立案，办案期限到{last}，超期", filing.approved_on))
        }
        Err(why) => vec![fault(why)],
    }
}

/// M02. 公告 is counted from its publication: the thirty days come on top.
pub(super) fn served(look: &Look<'_>) -> Vec<Fault> {
    let d = look.dossier;
    let mut out = vec![];
    for (i, s) in d.services.iter().enumerate() {
        let lacks: Vec<String> = s.lacks().into_iter().map(String::from).collect();
        out.extend(faults_at(&format!("services.{i}"), s.what.zh(), lacks));
    }
    let Some(decision) = d.decision.as_ref().filter(|x| x.kind != DecisionKind::Transferred) else { return out };
    let service = d.services.iter().find(|s| s.what == Served::Decision);
    let on = service.map_or(look.day, |s| match s.method {
        ServiceMethod::Announcement => s.sent_on,
        _ => s.served_on,
    });
    match look.due("SERVE_DECISION", decision.made_on) {
        Ok(last) => out.extend(sound(on <= last, format!("{}作出决定，应于{last}之前送达", decision.made_on))),
        Err(why) => out.push(fault(why)),
    }
    out
}

/// M04.
pub(super) fn late_fee(look: &Look<'_>) -> Vec<Fault> {
    let d = look.dossier;
    let Some(content) = punishment(look).filter(|c| c.kinds.contains(&PenaltyKind::Fine)) else { return vec![] };
    let mut out = vec![];
    if let Some(claimed) = d.execution.late_fee_fen {
        let until = [d.execution.demand.as_ref().map(|x| x.on), d.execution.court.as_ref().map(|x| x.on)];
        let paid = d.execution.payments.iter().map(|p| p.on).max();
        let until = until.into_iter().flatten().chain(paid).max().unwrap_or(look.day);
        match late_fee_until(look, until) {
            Ok(most) if claimed > most => {
                let text = format!("加处罚款{claimed}，扣除复议、诉讼期间后到{until}最多{most}");
                out.push(at("execution.late_fee_fen", text));
            }
            Ok(_) => {}
            Err(why) => out.push(at("execution.late_fee_fen", why)),
        }
        if claimed > content.fine_fen.unwrap_or(Fen::ZERO) {
            out.push(at("execution.late_fee_fen", "加处罚款超过罚款数额"));
        }
    }
    if let Some(paper) = d.paper("penalty_decision").filter(|p| !p.attached && said(&p.text)) {
        out.extend(sound(paper.text.contains("加处罚款"), "决定书没有告知加处罚款的标准"));
    }
    out
}

/// M05.
pub(super) fn remedies(look: &Look<'_>) -> Vec<Fault> {
    let d = look.dossier;
    if d.spot.is_some() {
        let Some(paper) = d.paper("spot_decision").filter(|p| !p.attached && said(&p.text)) else { return vec![] };
        let first = paper.text.contains("应先") || paper.text.contains("应当先");
        return sound(first && paper.text.contains("复议"), "当场处罚决定书没有写明应先申请行政复议");
    }
    if decided_penalty(look).is_none() {
        return vec![];
    }
    let Some(paper) = d.paper("penalty_decision").filter(|p| !p.attached && said(&p.text)) else { return vec![] };
    let mut out = vec![];
    match REVIEW.captures(&paper.text) {
        None => out.push(fault("没有写明行政复议机关")),
        Some(c) => {
            let (agency, ours) = (&c[1], look.bureau.government.trim());
            let education = ["教育", "体育"].iter().any(|w| agency.contains(w));
            let fits =
                !education && (if ours.is_empty() { agency.contains("人民政府") } else { agency.contains(ours) });
            out.extend(sound(fits, format!("行政复议机关写成“{agency}”，应是本级人民政府")));
        }
    }
    out.extend(sound(paper.text.contains("六十日"), "没有写明六十日的复议期限"));
    out.extend(sound(paper.text.contains("六个月"), "没有写明六个月的起诉期限"));
    match COURT.captures(&paper.text) {
        None => out.push(fault("没有写明起诉的人民法院")),
        Some(c) => {
            let (court, ours) = (&c[1], look.bureau.court.as_deref().unwrap_or_default());
            let fits = court.contains("法院") && court.contains(ours);
            out.extend(sound(fits, format!("人民法院写成“{court}”")));
        }
    }
    out
}

//! Values of 立案、调查、证据、责令改正.

use serde_json::{Value, json};

use super::values::{day, moment, name_of, named, texts};
use super::{PaperInput, line, said};
use crate::domain::assessment::ResultCode;
use crate::domain::document::fill::date_zh;
use crate::domain::dossier::{ActKind, AvRecord, Dossier};
use crate::domain::law::formal;
use crate::domain::penalty::Tier;

pub(super) fn values(input: &PaperInput<'_>) -> Vec<(&'static str, Value)> {
    let d = input.dossier;
    let filing = d.filing.as_ref();
    let not_filed = d.not_filed.as_ref();
    let preserved = input.subject.preservation.and_then(|i| d.preservations.get(i)).or(d.preservations.last());
    let order = d.rectifications.last();
    let checked = order.and_then(|o| o.recheck.as_ref());
    let recusal = input.subject.recusal.and_then(|i| d.recusals.get(i)).or(d.recusals.last());
    let ruling = recusal.and_then(|r| r.ruling.as_ref());
    vec![
        (
            "filing",
            json!({
                "on": filing.and_then(|f| day(f.approved_on)), "by": filing.and_then(|f| line(&f.approval.name)),
                "jurisdiction": filing.and_then(|f| line(&f.jurisdiction)),
                "preliminary": filing.and_then(|f| said(&f.preliminary)),
                "pre_check": filing.and_then(|f| f.pre_check.as_deref()).and_then(said), "limitation": limitation(input),
            }),
        ),
        (
            "not_filed",
            json!({
                "on": not_filed.and_then(|f| day(f.on)), "reason": not_filed.and_then(|f| said(&f.reason)),
                "referred_to": not_filed.and_then(|f| f.referred_to.as_deref()).and_then(line),
                "by": not_filed.and_then(|f| line(&f.approval.name)),
            }),
        ),
        ("act", act(input)),
        ("evidence", json!(evidence(d))),
        (
            "preservation",
            json!({
                "on": preserved.and_then(|p| day(p.on)), "items": preserved.map(|p| texts(&p.items)).unwrap_or_default(),
                "by": preserved.and_then(|p| p.approval.as_ref()).and_then(|a| line(&a.name)),
                "approved_on": preserved.and_then(|p| p.approval.as_ref()).and_then(|a| day(a.on)),
            }),
        ),
        (
            "rectify",
            json!({
                "on": order.and_then(|o| day(o.ordered_on)), "due": order.and_then(|o| day(o.due)),
                "items": order.map(|o| texts(&o.items)).unwrap_or_default(),
                "served_on": order.and_then(|o| o.served_on).map(date_zh), "checked_on": checked.and_then(|c| day(c.on)),
                "corrected": checked.map(|c| if c.corrected { "已改正" } else { "未改正" }),
                "note": checked.and_then(|c| said(&c.note)),
            }),
        ),
        (
            "recusal",
            json!({
                "person": recusal.map(|r| name_of(d, &r.person).unwrap_or_else(|| r.person.clone())),
                "requested": recusal.is_some_and(|r| r.requested), "reason": recusal.and_then(|r| said(&r.reason)),
                "on": recusal.and_then(|r| day(r.on)), "granted": ruling.map(|r| r.granted),
                "why": ruling.and_then(|r| said(&r.reason)), "by": ruling.and_then(|r| line(&r.by)),
                "decided_on": ruling.and_then(|r| day(r.on)),
            }),
        ),
        ("investigation", investigation(input)),
    ]
}

fn limitation(input: &PaperInput<'_>) -> Option<String> {
    let facts = &input.dossier.case.facts;
    let (end, found) = (facts.act_end()?, facts.discovered_at?);
    let over = input.assessment?.result == ResultCode::LimitationExpired;
    let outcome = if over { "已超过行政处罚时效" } else { "未超过行政处罚时效" };
    Some(format!("违法行为终了之日为{}，发现之日为{}，{outcome}", date_zh(end), date_zh(found)))
}

fn act(input: &PaperInput<'_>) -> Value {
    let d = input.dossier;
    let at = input.subject.act.or(d.acts.len().checked_sub(1));
    let act = at.and_then(|i| d.acts.get(i));
    let av: Vec<String> = at.map(|i| recordings(d, &format!("act:{i}"))).unwrap_or_default();
    let produced = act.map(|a| numbered_evidence(d, &a.evidence)).unwrap_or_default();
    json!({
        "kind": act.map(|a| a.kind.zh()), "is_interview": act.is_some_and(|a| a.kind == ActKind::Interview),
        "started": act.and_then(|a| moment(a.started_at)), "ended": act.and_then(|a| moment(a.ended_at)),
        "place": act.and_then(|a| line(&a.place)), "officers": act.and_then(|a| named(d, &a.officers)),
        "shown": act.is_some_and(|a| a.shown_certs), "told": act.is_some_and(|a| a.told_rights),
        "interviewee": act.and_then(|a| a.interviewee.as_deref()).and_then(line),
        "notes": act.and_then(|a| said(&a.notes)), "signed": act.is_some_and(|a| a.signed),
        "unsigned_reason": act.and_then(|a| a.unsigned_reason.as_deref()).and_then(line), "evidence": produced, "av": av,
    })
}

/// 音像记录 of one act, each in a line.
pub(super) fn recordings(d: &Dossier, of: &str) -> Vec<String> {
    let one = |r: &AvRecord| match (&r.sha256, r.missing_because.as_deref().and_then(line)) {
        (Some(sha), _) => {
            let device = line(&r.device).map(|d| format!("，设备{d}")).unwrap_or_default();
            format!("{}{device}，文件摘要{}", r.level.zh(), sha.chars().take(16).collect::<String>())
        }
        (None, Some(why)) => format!("未作音像记录，原因：{why}"),
        (None, None) => r.level.zh().to_string(),
    };
    d.av.iter().filter(|r| r.of == of).map(one).collect()
}

fn numbered_evidence(d: &Dossier, numbers: &[u32]) -> Vec<String> {
    let title = |no: &u32| {
        let found = d.case.evid.iter().find(|e| e.no == *no).and_then(|e| e.title.as_deref()).and_then(line);
        match found {
            Some(title) => format!("证据{no}：{title}"),
            None => format!("证据{no}"),
        }
    };
    numbers.iter().map(title).collect()
}

fn evidence(d: &Dossier) -> Vec<Value> {
    let one = |e: &crate::domain::case::Evidence| {
        let check = d.evidence.iter().find(|c| c.no == e.no);
        let state = match check {
            Some(c) if !c.lawful => "取得方式不合法，予以排除",
            Some(c) if c.verified => "查证属实",
            Some(_) => "未能查证属实",
            None => "尚未查证",
        };
        json!({
            "no": e.no.to_string(), "title": e.title.as_deref().and_then(line), "kind": e.kind.map(|k| k.zh()),
            "on": e.collected_at.map(date_zh), "proves": e.proves.as_deref().and_then(line), "state": state,
            "note": check.and_then(|c| line(&c.note)), "copy": check.is_some_and(|c| c.copy_checked),
            "file": check.and_then(|c| c.attachment.as_deref()).map(|f| f.chars().take(16).collect::<String>()),
            "by": check.and_then(|c| name_of(d, &c.by)),
        })
    };
    d.case.evid.iter().map(one).collect()
}

fn investigation(input: &PaperInput<'_>) -> Value {
    let d = input.dossier;
    let report = d.investigation.as_ref();
    let assessment = input.assessment;
    let factors: Vec<String> = assessment
        .into_iter()
        .flat_map(|a| &a.factors)
        .map(|f| {
            let text = f.text.as_deref().and_then(line).map(|t| format!("：{t}")).unwrap_or_default();
            let basis = if f.basis.trim().is_empty() { String::new() } else { format!("（{}）", formal(&f.basis)) };
            format!("{}{text}{basis}", f.zh)
        })
        .collect();
    let range = assessment
        .and_then(|a| a.penalties.iter().find_map(|p| p.range_fen))
        .map(|r| format!("罚款的法定幅度为{}至{}", r.lo.plain_yuan(), r.hi.plain_yuan()));
    let tier = assessment.and_then(|a| a.tier).map(Tier::zh);
    let suggested = assessment
        .and_then(|a| a.suggested_fen)
        .map(|r| format!("对应的建议幅度为{}至{}", r.lo.plain_yuan(), r.hi.plain_yuan()));
    let gains = assessment.and_then(|a| a.gains_fen).map(|g| g.plain_yuan());
    let crime = assessment.map(|a| {
        if a.result == ResultCode::Transfer { "涉嫌犯罪，应当移送" } else { "未发现涉嫌犯罪情形" }
    });
    let hearing = assessment.map(|a| {
        if a.hearing.required { "应当告知听证权利" } else { "不属于应当告知听证权利的情形" }
    });
    let review: Vec<String> = assessment
        .map(|a| {
            let rules = crate::domain::legal_review::scope(d, a, crate::domain::dossier::DecisionKind::Penalty);
            rules.into_iter().map(|r| format!("{}（{}）", r.reason, formal(&r.basis))).collect()
        })
        .unwrap_or_default();
    json!({
        "on": report.and_then(|r| day(r.closed_on)), "findings": report.and_then(|r| said(&r.findings)),
        "opinion": report.and_then(|r| said(&r.opinion)),
        "gains_unknown": report.and_then(|r| r.gains_unknown.as_deref()).and_then(said), "gains": gains,
        "by": report.and_then(|r| name_of(d, &r.by)), "factors": factors, "range": range, "tier": tier,
        "suggested": suggested, "crime": crime, "hearing": hearing, "review": review,
        "acts": d.acts.iter().map(|a| {
            let when = moment(a.started_at).unwrap_or_default();
            format!("{when}，在{}进行{}", line(&a.place).unwrap_or_default(), a.kind.zh())
        }).collect::<Vec<_>>(),
        "identity": d.identity.as_ref().and_then(|i| line(&i.document)),
    })
}

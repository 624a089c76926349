//! 集体讨论、决定、移送 (行政处罚法27、36、57–59).

use super::{Guard, guard, said, unless};
use crate::domain::checks::Look;
use crate::domain::dossier::{Decision, DecisionKind, Dossier, Paper};
use crate::domain::legal_review::{self, Review};
use crate::domain::penalty::{PenaltyKind, Tier};

guard!(TRANSFER, "G_TRANSFER", "移送条件不具备", "行政处罚法27、82；移送规定5", |m| {
    let Some(t) = &m.after().transfer else { return vec!["移送事项".into()] };
    let mut out =
        unless(m.after().case.facts.suspected_crime == Some(true), "事实中确认涉嫌犯罪（facts.suspected_crime）");
    out.extend(unless(said(&t.to), "接受移送的机关"));
    out.extend(unless(said(&t.crime), "涉嫌的罪名"));
    out.extend(unless(t.reported_on <= m.look.day, "提出移送的日期不能晚于批准"));
    out
});

guard!(TRANSFERRED, "G_TRANSFERRED", "本案没有决定移送", "行政处罚法27", |m| {
    let Some(d) = m.after().decision.as_ref().filter(|d| d.kind == DecisionKind::Transferred) else {
        return vec!["移送决定".into()];
    };
    let Some(sent) = m.after().transfer.as_ref().and_then(|t| t.sent_at) else { return vec![] };
    let mut out = unless(super::day_of(sent) >= d.made_on, "移送不能早于批准移送之日");
    out.extend(unless(sent <= m.ctx.now, "移送的时间尚未到来"));
    out
});

guard!(NOT_TRANSFER, "G_NOT_TRANSFER", "移送案件没有决定书可以送达", "行政处罚法27", |m| {
    unless(
        m.after().decision.as_ref().is_some_and(|d| d.kind != DecisionKind::Transferred),
        "处罚决定书或者不予处罚决定书",
    )
});

guard!(DISCUSSION, "G_DISCUSSION", "集体讨论记录不完整", "行政处罚法57②", |m| {
    m.after().discussion.as_ref().map_or_else(|| vec!["集体讨论记录".into()], discussion_faults)
});

guard!(REVIEW_FIRST, "G_REVIEW", "须先通过法制审核", "行政处罚法58①", |m| {
    let intended = m.after().intended.unwrap_or(DecisionKind::Penalty);
    review_faults(&m.look, intended)
});

guard!(REVIEWED, "G_REVIEW", "未经法制审核或者审核未通过", "行政处罚法58①", |m| {
    m.after().decision.as_ref().map_or_else(Vec::new, |d| review_faults(&m.look, d.kind))
});

guard!(DISCUSSED, "G_DISCUSSED", "应当由负责人集体讨论决定", "行政处罚法57②", |m| {
    m.after().decision.as_ref().map_or_else(Vec::new, |d| undiscussed(&m.look, d))
});

guard!(WITHIN_NOTICE, "G_WITHIN_NOTICE", "决定内容超出告知", "行政处罚法44、45②", |m| {
    let (Some(d), Some(n)) = (&m.after().decision, m.after().notice()) else { return vec!["事先告知".into()] };
    d.content.beyond(&n.content)
});

guard!(DECISION_PAPER, "G_DECISION_PAPER", "没有可以签发的决定书", "行政处罚法59", |m| {
    m.after().decision.as_ref().map_or_else(Vec::new, |d| paper_faults(m.after(), d))
});

guard!(LIMITATION_DECIDED, "G_LIMITATION", "已超过处罚时效", "行政处罚法36", |m| super::time_barred(
    &m.look
));

guard!(DOUBLE_FINE, "G_DOUBLE_FINE", "同一行为不得再次罚款", "行政处罚法29", |m| {
    double_fines(&m.look)
});

guard!(GROUND, "G_GROUND", "没有不予处罚的法定情形", "行政处罚法30～33、57①(二)", |m| {
    let Some(d) = &m.after().decision else { return vec![] };
    let mut out = ground_faults(d);
    out.extend(unless(said(&d.reason), "理由，逐一论证要件"));
    out
});

guard!(EDUCATION, "G_EDUCATION", "没有教育记录", "行政处罚法33③", |m| {
    let Some(d) = &m.after().decision else { return vec![] };
    unless(d.education.as_deref().is_some_and(said), "对当事人进行教育的记录")
});

guard!(REASON_DECIDED, "G_REASON", "没有写明理由", "行政处罚法57①(三)", |m| {
    unless(m.after().decision.as_ref().is_some_and(|d| said(&d.reason)), "违法事实不能成立的理由")
});

guard!(PAPER_TAKEN, "G_PAPER", "文书不能入卷", "行政处罚法47", |m| {
    let Some(p) = m.after().documents.last() else { return vec![] };
    let mut out = unowned(p);
    out.extend(unless(said(&p.title), "文书名称"));
    out.extend(unless(p.attached || said(&p.text), "文书正文"));
    if p.attached {
        out.extend(unless(p.sha256.len() == 64, "文件的摘要"));
    }
    out
});

guard!(SEAL, "G_SEAL", "不能盖章", "行政处罚法59②", |m| {
    let changed = m.after().documents.iter().zip(&m.before.documents).find(|(a, b)| a.sealed && !b.sealed);
    let Some((paper, _)) = changed else { return vec!["要盖章的文书".into()] };
    let final_ = ["penalty_decision", "no_penalty_decision"].contains(&paper.kind.as_str());
    let mut out = unless(!final_ || m.after().decision.is_some(), "先作出决定，再盖章");
    out.extend(unless(!paper.text.contains("【待"), "文书中还有待确认的内容"));
    out
});

guard!(SEALED, "G_SEALED", "决定书没有印章", "行政处罚法59②", |m| {
    let Some(d) = &m.after().decision else { return vec!["决定".into()] };
    unless(m.after().paper(decision_paper(d.kind)).is_some_and(|p| p.sealed), "加盖本机关印章")
});

guard!(REVOKED_REDO, "G_REDO", "没有责令重作的裁决", "行政复议法64；行政诉讼法70", |m| {
    let redo =
        |r: &crate::domain::dossier::Remedy| r.outcome == Some(crate::domain::dossier::RemedyOutcome::RevokedRedo);
    let mut out = unless(m.before.remedies.iter().any(redo), "撤销并责令重新作出的复议决定或者判决");
    let shown = m.before.publicity.state == crate::domain::dossier::PublicityState::Published;
    out.extend(unless(!shown, "先撤回已公示的原决定并公开说明理由（行政处罚法48②）"));
    out
});

/// 不予处罚的法定情形, one of which a decision must name.
pub const GROUNDS: &[(&str, &str)] = &[
    ("minor_age", "不满十四周岁（30条）"),
    ("incapacity", "不能辨认或者控制自己行为（31条）"),
    ("minor_no_penalty", "违法行为轻微并及时改正，没有危害后果（33条①前段）"),
    ("first_offence_no_penalty", "初次违法且危害后果轻微并及时改正（33条①后段）"),
    ("no_fault", "当事人有证据足以证明没有主观过错（33条②）"),
    ("limitation", "超过时效（36条）"),
];

/// Form of the decision document.
pub fn decision_paper(kind: DecisionKind) -> &'static str {
    match kind {
        DecisionKind::Penalty => "penalty_decision",
        DecisionKind::NoPenalty | DecisionKind::NotEstablished => "no_penalty_decision",
        DecisionKind::Transferred => "transfer_letter",
    }
}

/// Why the review that the law asks for is not there: none, not agreed, or before the hearing.
pub fn review_faults(look: &Look<'_>, kind: DecisionKind) -> Vec<String> {
    let dossier = look.dossier;
    let rules = legal_review::scope(dossier, look.assessment, kind);
    if rules.is_empty() || kind == DecisionKind::Transferred {
        return vec![];
    }
    let Some(review) = dossier.review() else {
        return rules.iter().map(|r| format!("{} {}：须经法制审核", r.id, r.reason)).collect();
    };
    let mut out = unless(review.agreed(), format!("最近一轮审核：{}", standing(review)));
    if let Some(held) = dossier.hearing.as_ref().and_then(|h| h.held.as_ref()) {
        out.extend(unless(review.after_hearing && review.submitted_on >= held.on, "听证之后须再次审核"));
    }
    if let (Some(on), Some(d)) = (review.concluded_on, &dossier.decision) {
        out.extend(unless(on <= d.made_on, "审核晚于决定"));
    }
    let now = reviewed_digest(dossier);
    if review.agreed() && !review.reviewed.is_empty() {
        out.extend(unless(review.reviewed == now, "拟决定的内容在审核之后改动过，须重新送审"));
    }
    out
}

fn standing(review: &Review) -> String {
    match review.conclusion {
        Some(c) => c.zh().into(),
        None => review.state.zh().into(),
    }
}

/// What a review answers for: facts, figure and the text of the draft decision, in one string to compare.
pub fn reviewed_digest(dossier: &Dossier) -> String {
    // The words, not the page: number and date are put in when it is signed.
    let words = |p: &Paper| match p.passages.is_empty() {
        true => p.sha256.clone(),
        false => p.passages.iter().map(|(k, v)| format!("{k}={v}\n")).collect(),
    };
    let papers: Vec<String> =
        ["penalty_decision", "no_penalty_decision"].iter().filter_map(|k| dossier.paper(k)).map(words).collect();
    let figure = serde_json::to_string(&dossier.case.disc).unwrap_or_default();
    let facts = serde_json::to_string(&dossier.case.facts).unwrap_or_default();
    crate::domain::digest(&format!("{facts}\n{figure}\n{}", papers.join("\n")))
}

/// Why 57② asks for a discussion in this case; empty when it does not.
pub fn discussion_required(look: &Look<'_>, decision: &Decision) -> Vec<String> {
    let mut out = vec![];
    let dossier = look.dossier;
    if dossier.review_flags.iter().any(|f| f.rule == "R3") {
        out.push("案情疑难复杂".into());
    }
    if decision.kind == DecisionKind::NoPenalty && decision.ground.as_deref() == Some("first_offence_no_penalty") {
        out.push("首违不罚".into());
    }
    if decision.kind != DecisionKind::Penalty {
        return out;
    }
    let heavy: Vec<&str> =
        decision.content.kinds.iter().filter(|k| look.book.review.kinds.contains(k)).map(|k| k.zh()).collect();
    if !heavy.is_empty() {
        out.push(format!("拟{}", heavy.join("、")));
    }
    if dossier.case.disc.final_.as_ref().and_then(|f| f.tier) == Some(Tier::Mitigated) {
        out.push("减轻处罚".into());
    }
    if dossier.hearing.as_ref().is_some_and(|h| h.held.is_some()) {
        out.push("经过听证".into());
    }
    let money = |k: &PenaltyKind| {
        matches!(k, PenaltyKind::Fine | PenaltyKind::ConfiscateGains | PenaltyKind::ConfiscateProperty)
    };
    if look.assessment.hearing.required && decision.content.kinds.iter().any(money) {
        out.push("罚没数额较大（标准未配置的，从严处理）".into());
    }
    out
}

/// What a record of the discussion lacks.
pub fn discussion_faults(d: &crate::domain::dossier::Discussion) -> Vec<String> {
    let mut out = vec![];
    let heads: Vec<_> = d.attendees.iter().filter(|a| a.head).collect();
    out.extend(unless(heads.len() >= 2, "两名以上机关负责人参加（科室会议不是集体讨论）"));
    out.extend(d.attendees.iter().filter(|a| !said(&a.opinion)).map(|a| format!("{}的意见", a.name)));
    out.extend(unless(said(&d.conclusion), "讨论结论"));
    out.extend(unless(said(&d.chair) && said(&d.place), "主持人和地点"));
    out.extend(unless(d.signed, "参加人签名"));
    out
}

/// Earlier fines of the same party for the same act.
pub fn double_fines(look: &Look<'_>) -> Vec<String> {
    let dossier = look.dossier;
    let content = dossier.decision.as_ref().map(|d| &d.content).or(dossier.spot.as_ref().map(|s| &s.content));
    if !content.is_some_and(|c| c.kinds.contains(&PenaltyKind::Fine)) {
        return vec![];
    }
    let facts = &dossier.case.facts;
    let mut out = unless(facts.already_fined != Some(true), "事实中已写明该行为被罚款过");
    let party = dossier.case.party.name.as_deref().unwrap_or_default();
    for past in look.past.iter().filter(|p| p.case_no != dossier.case_no && p.party == party) {
        let (Some(from), Some(to)) = (facts.act_from, facts.act_end()) else { continue };
        let (Some(pf), Some(pt)) = (past.act_from, past.act_to.or(past.act_from)) else { continue };
        if Some(&past.violation) == facts.violation.as_ref() && from <= pt && pf <= to {
            out.push(format!("{}已就同一时段的同一行为罚款（{}）", past.case_no, past.decided_on));
        }
    }
    out
}

/// 57② asks for a discussion and there is none, or its record is not complete, or it came after the decision.
pub fn undiscussed(look: &Look<'_>, decision: &Decision) -> Vec<String> {
    let why = discussion_required(look, decision);
    let good = |x: &crate::domain::dossier::Discussion| discussion_faults(x).is_empty() && x.on <= decision.made_on;
    if why.is_empty() || look.dossier.discussion.as_ref().is_some_and(good) {
        return vec![];
    }
    why.into_iter().map(|w| format!("{w}，须集体讨论")).collect()
}

/// Why there is no document of the decision that could be signed.
pub fn paper_faults(dossier: &Dossier, decision: &Decision) -> Vec<String> {
    let Some(paper) = dossier.paper(decision_paper(decision.kind)) else {
        return vec!["决定书入卷（每段经人确认）".into()];
    };
    let mut out = unowned(paper);
    out.extend(unless(!paper.text.is_empty() || paper.attached, "决定书正文"));
    out
}

/// Passages of a machine that nobody took on.
pub fn unowned(paper: &Paper) -> Vec<String> {
    let open = paper.machine.iter().filter(|p| p.taken_by.as_deref().is_none_or(|n| !said(n)));
    open.map(|p| format!("“{}”没有人确认负责", p.field)).collect()
}

/// 不予处罚 without one of its grounds in law.
pub fn ground_faults(decision: &Decision) -> Vec<String> {
    let known = |g: &str| GROUNDS.iter().any(|(code, _)| *code == g);
    let list = GROUNDS.iter().map(|(c, zh)| format!("{c} {zh}")).collect::<Vec<_>>().join("；");
    unless(decision.ground.as_deref().is_some_and(known), format!("法定情形（单选）：{list}"))
}

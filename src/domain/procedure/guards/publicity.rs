//! 公示 (行政处罚法48; 政府信息公开条例14–17).

use super::{Guard, guard, said, unless};
use crate::domain::checks::residue;
use crate::domain::dossier::{PublicityState, RemedyOutcome};

guard!(PUBLICITY_PENDING, "G_PUBLICITY", "没有待公示的决定", "行政处罚法48①", |m| {
    unless(
        matches!(m.before.publicity.state, PublicityState::Pending | PublicityState::Approved),
        "已作出、应当公示的决定",
    )
});

guard!(SUMMARY, "G_SUMMARY", "没有公示摘要", "工作方案二(一)4(2)", |m| {
    unless(said(&m.after().publicity.summary), "脱敏后的公示摘要")
});

guard!(SECRECY, "G_SECRECY", "没有保密审查", "政府信息公开条例17；保密法35", |m| {
    let Some(s) = &m.after().publicity.secrecy_reviewer else { return vec!["保密审查人".into()] };
    unless(m.after().publicity.approval.as_ref().is_none_or(|a| a.by != s.by), "保密审查人与批准人不得为同一人")
});

guard!(
    RESIDUE,
    "G_RESIDUE",
    "公示内容仍有应当去除的信息",
    "行政处罚法50；个人信息保护法28",
    |m| { residue::scan(&m.after().publicity.summary, &m.after().case) }
);

guard!(EXEMPT_REASON, "G_EXEMPT", "没有不予公开的理由", "政府信息公开条例14～16", |m| {
    unless(m.after().publicity.exempt_because.as_deref().is_some_and(said), "不予公开的法定理由")
});

guard!(APPROVED, "G_APPROVED", "公示没有批准", "政府信息公开条例17", |m| {
    let p = &m.before.publicity;
    let mut out = unless(p.state == PublicityState::Approved && p.approval.is_some(), "负责人批准");
    out.extend(unless(p.secrecy_reviewer.is_some(), "保密审查"));
    out.extend(unless(!m.after().publicity.channels.is_empty(), "公示载体"));
    out
});

guard!(PUBLISHED, "G_PUBLISHED", "没有已公示的内容", "行政处罚法48②", |m| {
    unless(m.before.publicity.state == PublicityState::Published, "公示记录")
});

guard!(OVERTURNED, "G_OVERTURNED", "没有撤回的事由", "行政处罚法48②", |m| {
    let overturned = m.after().remedies.iter().any(|r| r.outcome.is_some_and(RemedyOutcome::overturns));
    let mut out = unless(overturned, "变更、撤销、确认违法或者无效的复议决定、判决");
    out.extend(unless(m.after().publicity.withdrawn_because.as_deref().is_some_and(said), "公开说明的理由"));
    out
});

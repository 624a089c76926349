//! 简易程序 (行政处罚法51–53).

use super::{Guard, guard, said, uncertified, unless};
use crate::domain::checks::Look;
use crate::domain::dossier::{CasePerson, Dossier, Duty, SpotDecision};
use crate::domain::penalty::PartyKind;

guard!(SIMPLE, "G_SIMPLE", "不能适用简易程序", "行政处罚法51", |m| simple_faults(&m.look));

guard!(SPOT_OFFICERS, "G_TWO", "执法人员不足两人或者证件无效", "行政处罚法42、52①", |m| {
    let Some(s) = &m.after().spot else { return vec![] };
    let mut out = spot_too_few(m.after(), s);
    out.extend(spot_cert_faults(&m.look, s));
    out.extend(unless(s.shown_certs, "当场出示执法证件"));
    // Whoever decides stood there; the clue may have come in with somebody else.
    out.extend(unless(s.officers.contains(&m.ctx.actor.id), "由当场的执法人员作出"));
    out
});

guard!(SPOT_TOLD, "G_NOTICE", "没有口头告知和听取申辩", "行政处罚法44、45", |m| {
    m.after().spot.as_ref().map_or_else(Vec::new, spot_untold)
});

guard!(SPOT_DELIVERED, "G_DELIVERED", "当场处罚决定书不完整", "行政处罚法52", |m| {
    m.after().spot.as_ref().map_or_else(Vec::new, spot_incomplete)
});

guard!(SPOT_DECIDED, "G_SPOT", "没有当场处罚决定", "行政处罚法52③", |m| {
    unless(m.after().spot.is_some(), "当场处罚决定书")
});

/// Why 简易程序 is not open: kinds, sums, facts that are not clear.
pub fn simple_faults(look: &Look<'_>) -> Vec<String> {
    let Some(spot) = &look.dossier.spot else { return vec![] };
    let rule = &look.book.simple;
    let mut out = unless(!spot.content.kinds.is_empty(), "处罚种类");
    let other: Vec<&str> = spot.content.kinds.iter().filter(|k| !rule.kinds.contains(k)).map(|k| k.zh()).collect();
    out.extend(unless(other.is_empty(), format!("{}不得当场处罚", other.join("、"))));
    let citizen = matches!(look.dossier.case.party.kind, Some(PartyKind::Citizen | PartyKind::SoleTrader) | None);
    let limit = if citizen { rule.citizen_yuan_le } else { rule.org_yuan_le };
    let fine = spot.content.fine_fen.unwrap_or_default();
    out.extend(unless(fine.0 <= limit.saturating_mul(100), format!("罚款超过{limit}元")));
    out.extend(super::unauthorised(look));
    out.extend(unless(!super::under_fourteen(look), "当事人不满十四周岁，不予处罚"));
    let (result, ranges) = (look.assessment.result, &look.assessment.penalties);
    out.extend(unless(!look.assessment.act.is_empty(), "法定依据（facts.violation）"));
    let fits = fine.0 == 0 || ranges.iter().filter_map(|p| p.range_fen).any(|r| r.contains(fine));
    out.extend(unless(fits, format!("罚款不在法定幅度内（{}）", result.zh())));
    out
}

/// Officers who count, each once.
fn spot_officers<'a>(dossier: &'a Dossier, spot: &SpotDecision) -> Vec<&'a CasePerson> {
    let ids: std::collections::BTreeSet<&String> = spot.officers.iter().collect();
    let officer = |id: &&String| dossier.people.iter().find(|p| p.id == **id && p.duty == Duty::Officer);
    ids.iter().filter_map(officer).collect()
}

/// Fewer than two officers on the spot.
pub fn spot_too_few(dossier: &Dossier, spot: &SpotDecision) -> Vec<String> {
    unless(spot_officers(dossier, spot).len() >= 2, "两名以上持证执法人员")
}

/// Whose certificate did not carry it.
pub fn spot_cert_faults(look: &Look<'_>, spot: &SpotDecision) -> Vec<String> {
    let day = super::day_of(spot.at);
    spot_officers(look.dossier, spot).into_iter().filter_map(|p| uncertified(look, p, day)).collect()
}

/// 44 and 45 hold on the spot as well.
pub fn spot_untold(spot: &SpotDecision) -> Vec<String> {
    let mut out = unless(spot.told_orally, "当场告知内容、事实、理由、依据和权利");
    out.extend(unless(said(&spot.statement), "当事人的陈述申辩（没有的写“无”）"));
    out
}

/// What 52 asks of the decision on the spot and this one does not have.
pub fn spot_incomplete(spot: &SpotDecision) -> Vec<String> {
    let handed = spot.delivered || spot.refused_note.as_deref().is_some_and(said);
    let mut out = unless(handed, "当场交付当事人，拒绝签收的注明");
    out.extend(unless(said(&spot.form_no), "预先编号"));
    out.extend(unless(said(&spot.facts), "违法行为"));
    out.extend(unless(!spot.basis.is_empty(), "处罚依据"));
    out.extend(unless(said(&spot.place), "地点"));
    out
}

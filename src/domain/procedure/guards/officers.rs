//! 两人、持证、亮证、回避 (行政处罚法42、43、55).

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::tz::{TimeZone, offset};

use super::{Guard, guard, unless};
use crate::domain::checks::Look;
use crate::domain::dossier::{Act, CasePerson, Dossier};
use crate::domain::people::certificate::carrying;

guard!(TWO_ASSIGNED, "G_TWO", "执法人员不足两人", "行政处罚法42", |m| {
    let n = m.after().officers().map(|p| &p.id).collect::<BTreeSet<_>>().len();
    unless(n >= 2, format!("承办人不得少于两人，现为{n}人"))
});

guard!(CERT_ASSIGNED, "G_CERT", "执法人员没有有效的执法证件", "行政处罚法42、55", |m| {
    m.after().officers().filter_map(|p| uncertified(&m.look, p, m.look.day)).collect()
});

guard!(RECUSAL_CHECKED, "G_RECUSE", "没有作回避检查", "行政处罚法43", |m| {
    let mut out = unless(m.after().recusal_checked, "确认承办人与本案没有直接利害关系，不影响公正执法");
    out.extend(still_recused(m.after()));
    out
});

guard!(TWO, "G_TWO", "执法人员不足两人", "行政处罚法42", |m| {
    m.after().acts.last().map_or_else(Vec::new, |act| too_few(m.after(), act))
});

guard!(CERT, "G_CERT", "执法人员没有有效的执法证件", "行政处罚法42、55", |m| {
    m.after().acts.last().map_or_else(Vec::new, |act| cert_faults(&m.look, act))
});

guard!(SHOW, "G_SHOW", "没有出示执法证件", "行政处罚法55①", |m| {
    unless(m.after().acts.last().is_none_or(|a| a.shown_certs), "笔录须记明主动出示执法证件")
});

guard!(RECUSED, "G_RECUSE", "应当回避的人员参与了本案", "行政处罚法43", |m| {
    m.after().acts.last().map_or_else(Vec::new, |act| recused(m.after(), act))
});

guard!(NO_OPEN_RECUSAL, "G_RECUSE_REQ", "回避申请没有决定", "行政处罚法43②③", |m| {
    recusals_open(m.after())
});

/// The day of an instant in the legal time of the country.
pub fn day_of(at: jiff::Timestamp) -> Date {
    at.to_zoned(TimeZone::fixed(offset(8))).date()
}

/// Officers of an act who count: 承办人 of the case who had not left it by then, each once.
pub fn counted<'a>(dossier: &'a Dossier, act: &Act) -> Vec<&'a CasePerson> {
    let ids: BTreeSet<&String> = act.officers.iter().collect();
    let day = day_of(act.started_at);
    let of_case =
        |p: &&CasePerson| p.duty == crate::domain::dossier::Duty::Officer && p.left_on.is_none_or(|left| day <= left);
    ids.into_iter().filter_map(|id| dossier.people.iter().filter(of_case).find(|p| p.id == *id)).collect()
}

/// Fewer than two officers in an act.
pub fn too_few(dossier: &Dossier, act: &Act) -> Vec<String> {
    let n = counted(dossier, act).len();
    let kind = act.kind.zh();
    unless(n >= 2, format!("{kind}须由两名以上承办人进行，同一人只计一次，协助人员不计；现为{n}人"))
}

/// Officers who took part in an act after they had to withdraw.
pub fn recused(dossier: &Dossier, act: &Act) -> Vec<String> {
    let day = day_of(act.started_at);
    let gone = |id: &String| {
        let granted = |r: &crate::domain::dossier::Recusal| r.ruling.as_ref().is_some_and(|x| x.granted && x.on < day);
        dossier.recusals.iter().any(|r| r.person == *id && granted(r))
    };
    act.officers.iter().filter(|o| gone(o)).map(|o| name_of(dossier, o)).collect()
}

/// 回避 that nobody ruled on.
pub fn recusals_open(dossier: &Dossier) -> Vec<String> {
    let open = dossier.recusals.iter().filter(|r| r.ruling.is_none());
    open.map(|r| format!("{}的回避由负责人决定", name_of(dossier, &r.person))).collect()
}

/// Whose certificate does not carry the act on its day.
pub fn cert_faults(look: &Look<'_>, act: &Act) -> Vec<String> {
    let day = day_of(act.started_at);
    counted(look.dossier, act).into_iter().filter_map(|p| uncertified(look, p, day)).collect()
}

/// Why none of the person's certificates is good on that day.
pub fn uncertified(look: &Look<'_>, person: &CasePerson, day: Date) -> Option<String> {
    carrying(&person.certs, day, &look.bureau.region, look.category())
        .err()
        .map(|fault| format!("{}：{fault}", person.name))
}

pub fn name_of(dossier: &Dossier, id: &str) -> String {
    dossier.person(id).map_or_else(|| id.to_string(), |p| p.name.clone())
}

fn still_recused(dossier: &Dossier) -> Vec<String> {
    let granted = dossier.recusals.iter().filter(|r| r.ruling.as_ref().is_some_and(|x| x.granted));
    granted
        .filter(|r| dossier.officers().any(|p| p.id == r.person))
        .map(|r| format!("{}已决定回避，不得承办本案", name_of(dossier, &r.person)))
        .collect()
}

//! 职权、时效、一事不再罚、责任能力、涉罪移送 (行政处罚法17、27、29、30、36、38).

use super::check::{Fault, at, fault, faults, sound};
use super::{Look, punishes, punishment};
use crate::domain::dossier::DecisionKind;
use crate::domain::procedure::guards::{
    crime_suspected, day_of, double_fines, said, time_barred, unauthorised, under_fourteen,
};

/// F01. A case that was filed and not yet decided counts as well: it has to be passed on.
pub(super) fn no_power(look: &Look<'_>) -> Vec<Fault> {
    let d = look.dossier;
    let pending = d.filing.is_some() && d.decision.is_none();
    let mut out = if pending || punishes(look) { faults(unauthorised(look)) } else { vec![] };
    if let Some(filing) = &d.filing {
        out.extend(sound(said(&filing.jurisdiction), "立案没有写明管辖依据").into_iter().map(|f| at("filing", f.text)));
    }
    out
}

/// F17.
pub(super) fn fined_twice(look: &Look<'_>) -> Vec<Fault> {
    faults(double_fines(look))
}

/// F18.
pub(super) fn barred(look: &Look<'_>) -> Vec<Fault> {
    let pending = look.dossier.filing.is_some() && look.dossier.decision.is_none();
    if pending || punishes(look) { faults(time_barred(look)) } else { vec![] }
}

/// F22.
pub(super) fn child(look: &Look<'_>) -> Vec<Fault> {
    sound(!(punishes(look) && under_fourteen(look)), "当事人不满十四周岁，不得处罚，应责令监护人加以管教")
}

/// F26. Punished instead of transferred; or decided to transfer and not done.
pub(super) fn untransferred(look: &Look<'_>) -> Vec<Fault> {
    let d = look.dossier;
    let kept = d.spot.is_some() || d.decision.as_ref().is_some_and(|x| x.kind != DecisionKind::Transferred);
    if kept {
        return faults(crime_suspected(look));
    }
    let Some(made) = d.decision.as_ref() else { return vec![] };
    let Some(t) = &d.transfer else { return vec![at("transfer", "决定移送，卷中没有移送材料")] };
    let mut out = vec![];
    // 24 hours end at the latest on the day after the approval.
    let over = made.made_on.tomorrow().is_ok_and(|last| look.day > last);
    match t.sent_at {
        None if over => out.push(at("transfer", format!("{}批准移送，二十四小时内没有移送", made.made_on))),
        Some(sent) if day_of(sent) < made.made_on => out.push(at("transfer", "移送早于批准")),
        _ => {}
    }
    let accepted = t.receipt.as_deref().is_some_and(said);
    if d.closure.is_some() && !accepted {
        out.push(at("transfer.receipt", "没有接受移送的回执"));
    }
    out
}

/// What the decision or the decision on the spot imposes is nothing at all.
pub(super) fn nothing_imposed(look: &Look<'_>) -> Vec<Fault> {
    match punishment(look) {
        Some(content) if content.kinds.is_empty() => vec![fault("处罚决定没有处罚种类")],
        _ => vec![],
    }
}

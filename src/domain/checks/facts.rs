//! 立案、主体、要件、违法所得、责令改正 (行政处罚法28、40、46、54、59①(一)).

use super::check::{Fault, at, fault, faults, faults_at, sound};
use super::{Look, punishes, punishment};
use crate::domain::dossier::DecisionKind;
use crate::domain::penalty::{Circumstance, PenaltyKind};
use crate::domain::procedure::guards::{
    early_without_record, elements_denied, elements_open, gains_faults, identity_faults, not_overdue, said,
};
use crate::domain::procedure::state::Procedure;

/// F04.
pub(super) fn filed(look: &Look<'_>) -> Vec<Fault> {
    let d = look.dossier;
    if d.procedure == Procedure::Simple || d.not_filed.is_some() {
        return vec![];
    }
    let Some(filing) = &d.filing else {
        let begun = !d.acts.is_empty() || !d.notices.is_empty() || d.decision.is_some();
        return sound(!begun, "没有立案审批");
    };
    let mut out = sound(said(&filing.approval.name) || said(&filing.approval.by), "立案没有负责人批准");
    out.extend(faults(early_without_record(d)));
    out
}

/// F05. A decision on the spot carries the party's name; the rest is shown there and then.
pub(super) fn identified(look: &Look<'_>) -> Vec<Fault> {
    let d = look.dossier;
    if d.spot.is_some() {
        let named = d.case.party.name.as_deref().is_some_and(said);
        return sound(named, "当场处罚决定没有当事人的姓名或者名称")
            .into_iter()
            .map(|f| at("case.party.name", f.text))
            .collect();
    }
    let decided = d.decision.as_ref().is_some_and(|x| x.kind != DecisionKind::Transferred);
    if d.investigation.is_some() || decided { faults(identity_faults(d)) } else { vec![] }
}

/// F06. What a decision relies on needs evidence; what it says did not happen does not.
pub(super) fn proven(look: &Look<'_>) -> Vec<Fault> {
    let d = look.dossier;
    let Some(decision) = &d.decision else { return vec![] };
    let mut out = match decision.kind {
        DecisionKind::Penalty | DecisionKind::NoPenalty => faults(elements_open(look)),
        DecisionKind::NotEstablished | DecisionKind::Transferred => vec![],
    };
    if decision.kind == DecisionKind::Penalty {
        out.extend(faults(elements_denied(look)));
    }
    out
}

/// F21.
pub(super) fn unrectified(look: &Look<'_>) -> Vec<Fault> {
    let d = look.dossier;
    if d.case.facts.circumstance != Some(Circumstance::Unrectified) || !punishes(look) {
        return vec![];
    }
    match d.rectifications.last() {
        None => vec![fault("按逾期不改正处罚，卷中没有责令改正通知书")],
        Some(order) => {
            faults_at(&format!("rectifications.{}", d.rectifications.len() - 1), "逾期不改正", not_overdue(order))
        }
    }
}

/// M09. What is corrected already need not be ordered.
pub(super) fn ordered(look: &Look<'_>) -> Vec<Fault> {
    let d = look.dossier;
    let Some(content) = punishment(look) else { return vec![] };
    // A figure that says nothing of orders takes those of the clause (contract, `disc.final.orders`).
    let unsaid = d.spot.is_none() && d.case.disc.final_.as_ref().is_some_and(|f| f.orders.is_none());
    let by_clause = unsaid && !look.assessment.orders.is_empty();
    let corrected = d.rectifications.iter().any(|o| o.recheck.as_ref().is_some_and(|r| r.corrected))
        || d.case.facts.factors.iter().any(|f| f.code == "timely_correction");
    sound(
        by_clause || corrected || !content.orders.is_empty() || !d.rectifications.is_empty(),
        "实施处罚时没有责令当事人改正",
    )
}

/// M12.
pub(super) fn itemised(look: &Look<'_>) -> Vec<Fault> {
    let d = look.dossier;
    let Some(content) = punishment(look) else { return vec![] };
    let mut out = faults(gains_faults(look));
    let confiscated = content.kinds.contains(&PenaltyKind::ConfiscateGains);
    let itemised = d.case.facts.gains.as_ref().is_some_and(|g| g.gross_receipts_fen.is_some());
    if confiscated && !itemised && out.is_empty() {
        out.push(fault("没收违法所得，数额没有分项认定"));
    }
    out
}

//! 执法人员: 两人、证件、回避 (行政处罚法42、43).

use super::Look;
use super::check::{Fault, at, fault, faults_at};
use crate::domain::dossier::ActKind;
use crate::domain::procedure::guards::{
    cert_faults, day_of, name_of, recusals_open, recused, spot_cert_faults, spot_too_few, too_few,
};

/// F02.
pub(super) fn two(look: &Look<'_>) -> Vec<Fault> {
    let d = look.dossier;
    let mut out = vec![];
    for (i, act) in d.acts.iter().enumerate() {
        let about = format!("{}的{}", day_of(act.started_at), act.kind.zh());
        out.extend(faults_at(&format!("acts.{i}"), &about, too_few(d, act)));
        out.extend(faults_at(&format!("acts.{i}"), "应当回避的人员参与", recused(d, act)));
    }
    for (i, measure) in d.coercive.iter().enumerate() {
        let recorded =
            |a: &&crate::domain::dossier::Act| a.kind == ActKind::Coercive && day_of(a.started_at) == measure.on;
        if d.acts.iter().find(recorded).is_none() {
            out.push(at(format!("coercive.{i}"), format!("{}的强制措施没有两名执法人员的现场笔录", measure.on)));
        }
    }
    if let Some(spot) = &d.spot {
        out.extend(faults_at("spot.officers", "当场处罚", spot_too_few(d, spot)));
    }
    out
}

/// F03.
pub(super) fn certified(look: &Look<'_>) -> Vec<Fault> {
    let d = look.dossier;
    let mut out = vec![];
    for (i, act) in d.acts.iter().enumerate() {
        let about = format!("{}的{}", day_of(act.started_at), act.kind.zh());
        out.extend(faults_at(&format!("acts.{i}"), &about, cert_faults(look, act)));
    }
    if let Some(spot) = &d.spot {
        out.extend(faults_at("spot.officers", "当场处罚", spot_cert_faults(look, spot)));
    }
    out
}

/// M13.
pub(super) fn recusal(look: &Look<'_>) -> Vec<Fault> {
    let d = look.dossier;
    let mut out = match d.investigation.is_some() || d.decision.is_some() {
        true => recusals_open(d).into_iter().map(fault).collect(),
        false => vec![],
    };
    for (i, r) in d.recusals.iter().enumerate() {
        if r.ruling.as_ref().is_some_and(|x| !x.by_head) {
            out.push(at(format!("recusals.{i}"), format!("{}的回避不是由负责人决定的", name_of(d, &r.person))));
        }
    }
    out
}

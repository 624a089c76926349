//! 法制审核、集体讨论、裁量、法律适用、决定书 (行政处罚法5、28–34、57–59).

use std::sync::LazyLock;

use regex::Regex;

use super::check::{Fault, at, fault, faults, faults_at, sound};
use super::{Look, decided_penalty, punishes, punishment};
use crate::domain::assessment::{ClauseRole, Notice, ResultCode};
use crate::domain::case::FinalDecision;
use crate::domain::document::elements;
use crate::domain::dossier::{DecisionKind, Sanction};
use crate::domain::law::{Provision, Validity};
use crate::domain::procedure::guards::{
    decision_paper, ground_faults, paper_faults, review_faults, reviewer_involved, said, undiscussed, unlawful,
};

static CITED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(法|条例|办法|规定|细则)》?\S{0,12}?第?[0-9零一二三四五六七八九十百千]+条").expect("valid")
});

/// F12.
pub(super) fn reviewed(look: &Look<'_>) -> Vec<Fault> {
    let d = look.dossier;
    let Some(decision) = &d.decision else { return vec![] };
    let mut out = faults(review_faults(look, decision.kind));
    out.extend(faults(reviewer_involved(d)));
    out
}

/// F13.
pub(super) fn discussed(look: &Look<'_>) -> Vec<Fault> {
    look.dossier.decision.as_ref().map_or_else(Vec::new, |d| faults(undiscussed(look, d)))
}

/// F14: what was decided, against the clause. What has a check of its own (职权、时效、年龄、涉罪、无依据减轻) is found there.
pub(super) fn within_law(look: &Look<'_>) -> Vec<Fault> {
    let elsewhere = matches!(
        look.assessment.result,
        ResultCode::OutOfJurisdiction | ResultCode::LimitationExpired | ResultCode::Transfer | ResultCode::Blocked
    );
    if decided_penalty(look).is_none() || elsewhere {
        return vec![];
    }
    let mut out = super::authority::nothing_imposed(look);
    let warnings = on_decided(look);
    out.extend(unlawful(&warnings).filter(|w| w.code != GROUNDLESS).map(|w| fault(w.text.clone())));
    out
}

const GROUNDLESS: &str = "final.mitigated_without_ground";

/// F15.
pub(super) fn mitigated(look: &Look<'_>) -> Vec<Fault> {
    if decided_penalty(look).is_none() {
        return vec![];
    }
    on_decided(look).iter().filter(|w| w.code == GROUNDLESS).map(|w| fault(w.text.clone())).collect()
}

/// The engine's findings on what was decided, which an imported file may hold apart from the figure.
fn on_decided(look: &Look<'_>) -> Vec<Notice> {
    let d = look.dossier;
    let Some(decision) = decided_penalty(look) else { return vec![] };
    let figure = d.case.disc.final_.clone().unwrap_or_default();
    if Sanction::of(&figure) == decision.content {
        return look.assessment.warnings.clone();
    }
    let content = &decision.content;
    let mut as_decided = d.clone();
    as_decided.case.disc.final_ = Some(FinalDecision {
        fine_fen: content.fine_fen,
        confiscate_fen: content.confiscate_fen,
        kinds: content.kinds.clone(),
        duration_months: content.duration_months,
        permanent: content.permanent,
        ..figure
    });
    super::assess(&as_decided, look.book, look.texts, look.day).warnings
}

/// M07.
pub(super) fn reasoned(look: &Look<'_>) -> Vec<Fault> {
    let d = look.dossier;
    if decided_penalty(look).is_none() {
        return vec![];
    }
    let figure = d.case.disc.final_.as_ref();
    let given = figure.and_then(|f| f.reason.as_deref()).is_some_and(said);
    let mut out = sound(given, "定值没有写明理由");
    let known = |no: &u32| d.case.evid.iter().any(|e| e.no == *no);
    for (i, f) in d.case.facts.factors.iter().enumerate() {
        let rule = look.book.factor(&f.code);
        let matters = rule.is_some_and(|r| r.effect != crate::domain::rulebook::Effect::None);
        if matters && !f.evidence.iter().any(known) {
            let zh = rule.map_or(f.code.as_str(), |r| r.zh.as_str());
            out.push(at(format!("case.facts.factors.{i}"), format!("裁量因素“{zh}”没有证据")));
        }
    }
    out
}

/// M08.
pub(super) fn educated(look: &Look<'_>) -> Vec<Fault> {
    let Some(d) = look.dossier.decision.as_ref().filter(|d| d.kind == DecisionKind::NoPenalty) else { return vec![] };
    let mut out = sound(d.education.as_deref().is_some_and(said), "不予处罚，没有对当事人进行教育的记录");
    out.extend(faults(ground_faults(d)));
    out.extend(sound(said(&d.reason), "没有逐一论证不予处罚的要件"));
    out
}

/// F19.
pub(super) fn cited(look: &Look<'_>) -> Vec<Fault> {
    if !punishes(look) {
        return vec![];
    }
    let d = look.dossier;
    let basis = d.decision.as_ref().map(|x| &x.basis).or(d.spot.as_ref().map(|s| &s.basis));
    let given: &[String] = basis.map(Vec::as_slice).unwrap_or_default();
    let mut out = sound(!given.is_empty(), "没有写明处罚依据");
    let vague = given.iter().filter(|b| !CITED.is_match(b));
    out.extend(vague.map(|b| fault(format!("“{b}”没有写明到条、款、项"))));
    for c in &look.assessment.clauses {
        let p = Provision { law: c.law.clone(), article: c.article, paragraph: c.paragraph, items: c.items.clone() };
        if matches!(c.validity, Validity::Repealed | Validity::NotYetInForce) {
            out.push(fault(format!("{p}{}", c.validity.zh())));
        }
        // A decision on the spot is written by hand; what the system wrote must be the clause itself.
        let written = d.spot.is_some() || given.iter().any(|b| *b == p.to_string());
        if c.role == ClauseRole::Penalty && !given.is_empty() && !written {
            out.push(fault(format!("处罚依据中没有本案的处罚条款{p}")));
        }
    }
    if look.assessment.result == ResultCode::Blocked && out.is_empty() {
        out.push(fault("处罚依据未核实或者不得适用于本案"));
    }
    out
}

/// F20. A seal is asked for once the decision has left the house.
pub(super) fn complete(look: &Look<'_>) -> Vec<Fault> {
    let d = look.dossier;
    let Some(decision) = d.decision.as_ref().filter(|x| x.kind != DecisionKind::Transferred) else { return vec![] };
    let mut out = faults(paper_faults(d, decision));
    let Some(paper) = d.paper(decision_paper(decision.kind)) else { return out };
    if decision.kind == DecisionKind::Penalty && !paper.attached && said(&paper.text) {
        let lacks = elements::absent(&paper.text);
        out.extend(lacks.into_iter().map(|l| fault(format!("决定书没有写明{l}"))));
        let party = d.case.party.name.as_deref().map(str::trim).unwrap_or_default();
        out.extend(sound(party.is_empty() || paper.text.contains(party), "决定书上的当事人与案卷不一致"));
        let agency = look.bureau.name.trim();
        out.extend(sound(agency.is_empty() || paper.text.contains(agency), "决定书没有写明本机关名称"));
    }
    let out_of_house = d.decision_served_on().is_some() || d.closure.is_some();
    out.extend(sound(!out_of_house || paper.sealed, "决定书没有加盖印章"));
    out
}

/// M14.
pub(super) fn owned(look: &Look<'_>) -> Vec<Fault> {
    let d = look.dossier;
    let mut out = vec![];
    for (i, p) in d.documents.iter().enumerate().filter(|(_, p)| !p.void) {
        let open = crate::domain::procedure::guards::unowned(p);
        out.extend(faults_at(&format!("documents.{i}"), &p.title, open));
    }
    // On the spot the officers write the facts into the decision themselves.
    let decided = d.decision.is_some() && d.spot.is_none();
    if decided && !d.facts_are_confirmed() {
        out.push(at("facts_confirmed", "决定所依据的事实没有经承办人确认，或者确认之后改动过"));
    }
    out
}

/// F23.
pub(super) fn on_the_spot(look: &Look<'_>) -> Vec<Fault> {
    let Some(spot) = &look.dossier.spot else { return vec![] };
    let mut out = faults(crate::domain::procedure::guards::simple_faults(look));
    out.extend(faults(crate::domain::procedure::guards::spot_incomplete(spot)));
    out
}

/// The kinds and sums imposed, in words.
pub(super) fn imposed(look: &Look<'_>) -> Option<String> {
    let c = punishment(look)?;
    let kinds: Vec<&str> = c.kinds.iter().map(|k| k.zh()).collect();
    let fine = c.fine_fen.map(|f| format!("，罚款{f}")).unwrap_or_default();
    Some(format!("{}{fine}", kinds.join("、")))
}

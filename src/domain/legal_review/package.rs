//! 送审材料 (legal-review.md §2): what must be handed in, and whether it is there.

use serde::{Deserialize, Serialize};

use crate::domain::dossier::{DecisionKind, Dossier};

/// One item of the package.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PackageItem {
    pub code: String,
    pub zh: String,
    pub present: bool,
    /// Path of the place where it is put right.
    pub place: String,
}

/// The package as the dossier stands. Any item not present refuses the submission.
pub fn package(dossier: &Dossier, intended: DecisionKind) -> Vec<PackageItem> {
    let mut out = vec![];
    let mut item = |code: &str, zh: &str, present: bool, place: &str| {
        out.push(PackageItem { code: code.into(), zh: zh.into(), present, place: place.into() });
    };
    let penalty = intended == DecisionKind::Penalty;
    item("report", "调查终结报告", dossier.investigation.is_some(), "investigation");
    item("evidence", "证据材料", !dossier.case.evid.is_empty(), "case.evid");
    let decision = if penalty { "penalty_decision" } else { "no_penalty_decision" };
    if intended != DecisionKind::Transferred {
        item("draft", "拟决定书", dossier.paper(decision).is_some(), "documents");
    }
    if penalty {
        item(
            "notice",
            "事先告知书及送达回证",
            dossier.notice().is_some_and(|n| n.served_on(dossier).is_some()),
            "notices",
        );
        item("calculation", "裁量计算单及人工定值理由", figure_with_reason(dossier), "case.disc.final");
        let heard = dossier.hearing.as_ref().filter(|h| h.in_time || h.held.is_some());
        if heard.is_some() {
            item("hearing", "听证笔录", heard.is_some_and(|h| h.held.is_some()), "hearing");
        }
        let answered = dossier.statements.is_empty() || dossier.recheck.is_some();
        item("recheck", "陈述申辩及复核意见", answered, "recheck");
    }
    let acts = !dossier.acts.is_empty();
    item("av_index", "音像记录索引（或者未记录的理由）", !acts || !dossier.av.is_empty(), "av");
    out
}

fn figure_with_reason(dossier: &Dossier) -> bool {
    let decision = dossier.case.disc.final_.as_ref();
    decision.and_then(|f| f.reason.as_deref()).is_some_and(|r| !r.trim().is_empty())
}

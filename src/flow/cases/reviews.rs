//! 法制审核: the queue, the desk of one round, and steps taken from there.

use serde_json::{Value, json};

use super::{Asking, Changed, hidden, parse};
use crate::corpus::cases::Shelf;
use crate::domain::assessment::Assessment;
use crate::domain::checks;
use crate::domain::dossier::DecisionKind;
use crate::domain::legal_review::{self, ReviewState};
use crate::domain::people::Actor;
use crate::domain::procedure::guards::decision_paper;
use crate::error::{Class, Report, Result};
use crate::flow::assess::Leave;
use crate::flow::{Flow, report};
use crate::store::cases::{ReviewRow, Sight, Stored};

impl Flow {
    /// Rounds in sight, of one state (`submitted`, `returned`, `accepted`, `concluded`) or all; the most urgent first.
    pub async fn reviews(&self, actor: &Actor, state: Option<&str>) -> Result<Vec<ReviewRow>> {
        if let Some(code) = state
            && ReviewState::from_code(code).is_none()
        {
            let known: Vec<&str> = ReviewState::ALL.iter().map(|s| s.code()).collect();
            return Err(super::wrong("state", &format!("可用：{}", known.join("、"))));
        }
        self.reader().await?.reviews(&Sight::of(actor), state).await.map_err(report::store)
    }

    /// Everything a reviewer needs beside each other: the round, the pre-checked list, what the machine wrote and what people made
    /// of it, similar cases. Reading it is on record.
    pub async fn review_desk(&self, ask: &Asking, id: &str) -> Result<Value> {
        Ok(self.desk_of(ask, id).await?.0)
    }

    /// The desk, and the assessment on it.
    pub(super) async fn desk_of(&self, ask: &Asking, id: &str) -> Result<(Value, Assessment)> {
        let Stored { dossier, version } = self.case_of_round(&ask.actor, id).await?;
        let review = dossier.reviews.iter().find(|r| r.id == id).ok_or_else(hidden)?;
        let event = ask.event("review.read", &dossier.case_no).version(version).detail(json!({ "review": id }));
        self.writer().await?.commit(event, ()).await.map_err(report::store)?;
        let intended = dossier.intended.unwrap_or(DecisionKind::Penalty);
        let past = self.past_fines(&dossier).await?;
        let (checklist, scope, package) = self.with_look(&dossier, &past, ask.today(), |look| {
            (
                checks::precheck(look),
                legal_review::scope(look.dossier, look.assessment, intended),
                legal_review::package(look.dossier, intended),
            )
        });
        let leave = Leave { own: None, excluded: &review.excluded };
        let assessment = self.assessed(&dossier.as_case(), ask.today(), leave, Shelf::of(Some(&ask.actor)))?;
        let changes = self.draft_changes(&ask.actor, &dossier.case_no, decision_paper(intended)).await?;
        let desk = json!({
            "review": review, "case_no": dossier.case_no, "version": version, "intended": intended,
            "newest": dossier.review().is_some_and(|r| r.id == id),
            "scope": scope, "package": package, "checklist": checklist, "assessment": assessment,
            "similar": assessment.similar, "changes": changes, "paper": dossier.paper(decision_paper(intended)),
        });
        Ok((desk, assessment))
    }

    /// A step on the newest round: an older one is closed.
    pub async fn review_step(&self, ask: &Asking, id: &str, step: &str, body: &str) -> Result<Changed> {
        let Stored { dossier, .. } = self.case_of_round(&ask.actor, id).await?;
        if dossier.review().is_none_or(|r| r.id != id) {
            let detail = "本案已有更新的一轮审核，请在最新一轮办理";
            return Err(Report::new(Class::Conflict, "review.not_newest", "不是最新一轮审核", detail));
        }
        self.take_named(ask, &dossier.case_no, step, body).await
    }

    pub async fn settle_comment(&self, ask: &Asking, id: &str, comment: &str, body: &str) -> Result<Changed> {
        let mut value = if body.trim().is_empty() { json!({}) } else { parse(body)? };
        if let Some(map) = value.as_object_mut() {
            map.insert("comment".into(), comment.into());
        }
        self.review_step(ask, id, "settle_comment", &value.to_string()).await
    }

    async fn case_of_round(&self, actor: &Actor, id: &str) -> Result<Stored> {
        let case_no = self.reader().await?.case_of_review(id).await.map_err(report::store)?.ok_or_else(hidden)?;
        self.stored(actor, &case_no).await
    }
}

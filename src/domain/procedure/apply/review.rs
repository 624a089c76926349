//! 法制审核: rounds.

use super::{absent, due};
use crate::domain::dossier::Dossier;
use crate::domain::legal_review::{self, Comment, ExcludedCase, Handover, Review, ReviewState, Reviewer};
use crate::domain::people::Actor;
use crate::domain::procedure::guards::reviewed_digest;
use crate::domain::procedure::step::Step;
use crate::domain::procedure::{Context, Refusal};

pub(super) fn apply(d: &mut Dossier, step: &Step, ctx: &Context<'_>) -> Result<(), Refusal> {
    match step.clone() {
        Step::SubmitReview { intended, complex, responses } => {
            let assessment = crate::domain::checks::assess(d, ctx.book, ctx.texts, ctx.day);
            d.intended = Some(intended);
            let review = Review {
                id: ctx.id.to_string(),
                round: d.reviews.len() as u32 + 1,
                state: ReviewState::Submitted,
                submitted_on: ctx.day,
                submitted_by: ctx.actor.id.clone(),
                rules: legal_review::scope(d, &assessment, intended),
                package: legal_review::package(d, intended),
                after_hearing: d.hearing.as_ref().is_some_and(|h| h.held.is_some()),
                complex,
                reviewer: None,
                accepted_on: None,
                due: None,
                suspensions: vec![],
                returned_because: vec![],
                checklist: vec![],
                conclusion: None,
                opinion: String::new(),
                concluded_on: None,
                responses,
                handovers: vec![],
                comments: vec![],
                excluded: vec![],
                reviewed: reviewed_digest(d),
            };
            d.reviews.push(review);
        }
        Step::AcceptReview => {
            let first = due(ctx, "LEGAL_REVIEW", ctx.day)?;
            let review = last(d)?;
            // 复杂 +5 个工作日, after the first five.
            let last_day = if review.complex { due(ctx, "LEGAL_REVIEW", first)? } else { first };
            review.state = ReviewState::Accepted;
            review.reviewer = Some(reviewer(ctx.actor));
            review.accepted_on = Some(ctx.day);
            review.due = Some(last_day);
        }
        Step::ReturnReview { because } => {
            let who = reviewer(ctx.actor);
            let review = last(d)?;
            review.state = ReviewState::Returned;
            review.reviewer.get_or_insert(who);
            review.returned_because = because;
            review.concluded_on = Some(ctx.day);
        }
        Step::ConcludeReview { conclusion, opinion, checklist } => {
            let review = last(d)?;
            review.state = ReviewState::Concluded;
            review.conclusion = Some(conclusion);
            review.opinion = opinion;
            review.checklist = checklist;
            review.concluded_on = Some(ctx.day);
        }
        Step::ReassignReview { to, reason, delegated } => {
            let person = ctx.people.iter().find(|p| p.id == to).ok_or_else(|| absent("改派的审核人员"))?;
            let who = reviewer(person);
            let review = last(d)?;
            let from = review.reviewer.as_ref().map(|r| r.name.clone()).unwrap_or_default();
            review.handovers.push(Handover { from, to: who.name.clone(), on: ctx.day, reason, delegated });
            if review.state == ReviewState::Submitted {
                review.accepted_on = Some(ctx.day);
                review.due = Some(due(ctx, "LEGAL_REVIEW", ctx.day)?);
                review.state = ReviewState::Accepted;
            }
            review.reviewer = Some(who);
        }
        Step::SuspendReview { suspension } => {
            let review = last(d)?;
            if let (Some(now), Some(to)) = (review.due, suspension.to) {
                // Working days that do not count are put behind the last day.
                let calendar = &ctx.book.calendar;
                let days = crate::domain::deadline::working_days_between(suspension.from, to, calendar)
                    .map_err(|e| Refusal::new("G_CALENDAR", "期限不能计算", "行政处罚法85", vec![e.to_string()]))?;
                let mut rule = ctx.book.deadline("LEGAL_REVIEW").cloned().ok_or_else(|| absent("LEGAL_REVIEW"))?;
                rule.len = Some(days);
                review.due =
                    Some(crate::domain::deadline::due(&rule, now, calendar).map_err(|e| {
                        Refusal::new("G_CALENDAR", "期限不能计算", "行政处罚法85", vec![e.to_string()])
                    })?);
            }
            review.suspensions.push(suspension);
        }
        Step::CommentReview { anchor, text } => {
            let comment = Comment {
                id: ctx.id.to_string(),
                anchor,
                text,
                by: ctx.actor.name.clone(),
                at: ctx.now,
                settled: false,
            };
            last(d)?.comments.push(comment);
        }
        Step::SettleComment { comment } => {
            let found = last(d)?.comments.iter_mut().find(|c| c.id == comment).ok_or_else(|| absent("这条批注"))?;
            found.settled = true;
        }
        Step::ExcludeSimilar { precedent, title, reason } => {
            let excluded = ExcludedCase { precedent, title, reason, by: ctx.actor.name.clone(), on: ctx.day };
            let review = last(d)?;
            review.excluded.retain(|x| x.precedent != excluded.precedent);
            review.excluded.push(excluded);
        }
        Step::IncludeSimilar { precedent } => {
            let review = last(d)?;
            let before = review.excluded.len();
            review.excluded.retain(|x| x.precedent != precedent);
            if review.excluded.len() == before {
                return Err(absent("被排除的这件案例"));
            }
        }
        other => return Err(absent(other.name())),
    }
    Ok(())
}

fn last(d: &mut Dossier) -> Result<&mut Review, Refusal> {
    d.reviews.last_mut().ok_or_else(|| absent("送审单"))
}

fn reviewer(person: &Actor) -> Reviewer {
    let qualification = person.legal_qualification.then(|| "已取得法律职业资格".to_string());
    Reviewer { id: person.id.clone(), name: person.name.clone(), qualification }
}

//! 讨论、决定、送达之后、公示、结案、归档, and 简易程序.

use super::course::provisions;
use super::{absent, approval, due};
use crate::domain::checks;
use crate::domain::dossier::*;
use crate::domain::people::Role;
use crate::domain::procedure::step::Step;
use crate::domain::procedure::{Context, Refusal};

pub(super) fn apply(d: &mut Dossier, step: &Step, ctx: &Context<'_>) -> Result<(), Refusal> {
    match step.clone() {
        Step::Discuss { mut discussion } => {
            discussion.on = ctx.day;
            d.discussion = Some(discussion);
        }
        Step::Decide { kind, ground, reason, education } => decide(d, kind, ground, reason, education, ctx)?,
        Step::Transfer { to, crime, reported_on } => {
            d.transfer = Some(Transfer {
                reported_on,
                approved_at: approved_at(ctx),
                approval: approval(ctx),
                to,
                crime,
                sent_at: None,
                receipt: None,
            });
            d.decision = Some(decision(d, DecisionKind::Transferred, ctx));
        }
        Step::RecordTransfer { sent_at, receipt } => {
            let t = d.transfer.as_mut().ok_or_else(|| absent("移送决定"))?;
            t.sent_at = Some(sent_at);
            t.receipt = receipt;
        }
        Step::Seal { paper } => {
            let found = d.documents.iter_mut().find(|p| p.id == paper && !p.void).ok_or_else(|| absent("文书"))?;
            found.sealed = true;
            let final_ = ["penalty_decision", "no_penalty_decision"].contains(&found.kind.as_str());
            if final_ && let Some(decision) = d.decision.as_mut() {
                decision.sealed = true;
            }
        }
        Step::Sign { paper } => {
            let found = d.documents.iter_mut().find(|p| p.id == paper && !p.void).ok_or_else(|| absent("文书"))?;
            if !found.signed_by.contains(&ctx.actor.name) {
                found.signed_by.push(ctx.actor.name.clone());
            }
        }
        Step::AddPaper { mut paper } => {
            paper.id = ctx.id.to_string();
            if !paper.attached {
                paper.sha256 = crate::domain::digest(&paper.text);
            }
            // Blocks that say something else than the text are not kept; a number is never asked for this way.
            if crate::domain::document::compose::text_of(paper.blocks.iter()) != paper.text {
                paper.blocks.clear();
            }
            paper.doc_no = paper.doc_no.map(|no| no.replace(crate::domain::document::papers::NUMBER, ""));
            paper.sealed = false;
            paper.signed_by.clear();
            paper.void = false;
            paper.on.get_or_insert(ctx.day);
            for old in d.documents.iter_mut().filter(|p| p.kind == paper.kind && replaces(&paper.kind)) {
                old.void = true;
            }
            d.documents.push(paper);
        }
        Step::Pay { payment } => d.execution.payments.push(payment),
        Step::Perform { performed } => d.execution.performed.push(performed),
        Step::Defer { mut deferral } => {
            deferral.approval = None;
            d.execution.deferral = Some(deferral);
        }
        Step::ApproveDeferral => {
            let found = d.execution.deferral.as_mut().ok_or_else(|| absent("延期、分期申请"))?;
            found.approval = Some(approval(ctx));
        }
        Step::Demand { text, on } => {
            d.execution.late_fee_fen = late_fee(d, on, ctx)?;
            d.execution.demand = Some(Demand { on, served_on: None, text });
        }
        Step::ApplyToCourt { on, court } => {
            d.execution.court = Some(CourtApplication { on, court, outcome: None, ended_on: None });
        }
        Step::CourtEnded { on, outcome } => {
            if let Some(court) = d.execution.court.as_mut() {
                court.ended_on = Some(on);
                court.outcome = Some(outcome);
            }
        }
        Step::RecordRemedy { remedy } => {
            d.remedies.retain(|r| !(r.kind == remedy.kind && r.accepted_on == remedy.accepted_on));
            d.remedies.push(remedy);
        }
        Step::Redo { .. } => {
            d.decision = None;
            d.discussion = None;
            d.recheck = None;
            d.waiver = None;
            d.hearing = None;
            d.notices.clear();
            d.statements.clear();
            d.services.retain(|s| s.what == Served::Rectify);
            // What was agreed to was the decision that fell: the new one is reviewed anew.
            for review in &mut d.reviews {
                review.reviewed = "revoked".into();
            }
            d.intended = None;
            d.execution = Execution { payments: std::mem::take(&mut d.execution.payments), ..Execution::default() };
            for paper in d.documents.iter_mut().filter(|p| replaces(&p.kind)) {
                paper.void = true;
            }
        }
        Step::Close { reason, opinion } => {
            d.closure = Some(Closure { on: ctx.day, reason, opinion, approval: approval(ctx) });
        }
        Step::Archive { archive_no, pages } => {
            d.archive = Some(Archive {
                archive_no,
                on: ctx.day,
                retention_years: ctx.bureau.retention_years.unwrap_or(0),
                pages,
                by: ctx.actor.id.clone(),
                ..Archive::default()
            });
        }
        Step::PreparePublicity { summary } => {
            let p = &mut d.publicity;
            p.summary = summary;
            // Another text needs another look.
            p.secrecy_reviewer = None;
            p.approval = None;
            p.state = PublicityState::Pending;
        }
        Step::ReviewSecrecy => d.publicity.secrecy_reviewer = Some(approval(ctx)),
        Step::ApprovePublicity => {
            d.publicity.approval = Some(approval(ctx));
            d.publicity.state = PublicityState::Approved;
        }
        Step::ExemptPublicity { because } => {
            d.publicity.state = PublicityState::Exempt;
            d.publicity.exempt_because = Some(because);
            d.publicity.approval = Some(approval(ctx));
        }
        Step::Publish { on, channels } => {
            d.publicity.published_on = Some(on);
            d.publicity.channels = channels;
            d.publicity.state = PublicityState::Published;
        }
        Step::WithdrawPublicity { because } => {
            d.publicity.withdrawn_on = Some(ctx.day);
            d.publicity.withdrawn_because = Some(because);
            d.publicity.state = PublicityState::Withdrawn;
        }
        Step::DecideOnSpot { spot } => on_spot(d, spot, ctx),
        Step::FileSpot { on } => {
            if let Some(spot) = d.spot.as_mut() {
                spot.filed_on = Some(on);
            }
        }
        Step::HandInCash { to_agency_on, to_bank_on } => {
            let spot = d.spot.as_mut().ok_or_else(|| absent("当场处罚决定书"))?;
            spot.cash_to_agency_on = Some(to_agency_on);
            spot.cash_to_bank_on = to_bank_on;
        }
        other => return Err(absent(other.name())),
    }
    Ok(())
}

/// Kinds of which only the newest counts.
fn replaces(kind: &str) -> bool {
    !matches!(
        kind,
        "inspection_record" | "interview_record" | "service_receipt" | "statement_record" | "attachment" | "evidence"
    )
}

fn decision(d: &Dossier, kind: DecisionKind, ctx: &Context<'_>) -> Decision {
    let assessment = checks::assess(d, ctx.book, ctx.texts, ctx.day);
    let penal = kind == DecisionKind::Penalty;
    Decision {
        kind,
        made_on: ctx.day,
        approval: approval(ctx),
        content: d.case.disc.final_.as_ref().filter(|_| penal).map(Sanction::of).unwrap_or_default(),
        doc_no: None,
        basis: provisions(&assessment),
        ground: None,
        reason: String::new(),
        education: None,
        sealed: false,
    }
}

fn decide(
    d: &mut Dossier,
    kind: DecisionKind,
    ground: Option<String>,
    reason: String,
    education: Option<String>,
    ctx: &Context<'_>,
) -> Result<(), Refusal> {
    let mut made = decision(d, kind, ctx);
    made.ground = ground;
    made.reason = reason;
    made.education = education;
    made.doc_no = d.paper(crate::domain::procedure::guards::decision_paper(kind)).and_then(|p| p.doc_no.clone());
    d.decision = Some(made);
    // 公示 runs from the day the decision was made (工作方案二(一)4); 不予处罚 and teaching files are not published unless a rule says so.
    if kind == DecisionKind::Penalty && !d.teaching {
        d.publicity = Publicity {
            state: PublicityState::Pending,
            due: Some(due(ctx, "PUBLISH_PENALTY_LICENCE", ctx.day)?),
            ..Publicity::default()
        };
    }
    Ok(())
}

fn on_spot(d: &mut Dossier, spot: SpotDecision, ctx: &Context<'_>) {
    let mut ids = spot.officers.clone();
    ids.sort();
    ids.dedup();
    for id in ids {
        let known = ctx.people.iter().chain([ctx.actor]).find(|p| p.id == id && p.has(Role::Officer));
        if let Some(p) = known.filter(|p| d.person(&p.id).is_none()) {
            d.people.push(CasePerson {
                id: p.id.clone(),
                name: p.name.clone(),
                duty: Duty::Officer,
                certs: p.certs.clone(),
                joined_on: ctx.day,
                left_on: None,
            });
        }
    }
    if spot.delivered {
        d.services.push(Service {
            what: Served::Decision,
            method: ServiceMethod::Direct,
            sent_on: ctx.day,
            served_on: ctx.day,
            place: spot.place.clone(),
            receiver: d.case.party.name.clone().unwrap_or_default(),
            servers: spot.officers.clone(),
            witness: None,
            confirmation_no: None,
            other_ways_tried: None,
        });
    }
    d.spot = Some(spot);
}

/// 加处罚款 up to the day of the demand; nothing when none has arisen.
fn late_fee(
    d: &Dossier,
    on: jiff::civil::Date,
    ctx: &Context<'_>,
) -> Result<Option<crate::domain::money::Fen>, Refusal> {
    let assessment = checks::assess(d, ctx.book, ctx.texts, ctx.day);
    let look = checks::Look {
        dossier: d,
        assessment: &assessment,
        book: ctx.book,
        texts: ctx.texts,
        bureau: ctx.bureau,
        past: ctx.past,
        day: ctx.day,
    };
    let sum = crate::domain::procedure::guards::late_fee_until(&look, on)
        .map_err(|why| Refusal::new("G_CALENDAR", "加处罚款不能计算", "行政处罚法72、73③", vec![why]))?;
    Ok(Some(sum).filter(|s| s.0 > 0))
}

/// The moment of the approval; of a day entered later only the end is certain.
fn approved_at(ctx: &Context<'_>) -> jiff::Timestamp {
    if ctx.day == ctx.today {
        return ctx.now;
    }
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
    ctx.day.at(23, 59, 59, 0).to_zoned(zone).map_or(ctx.now, |z| z.timestamp())
}

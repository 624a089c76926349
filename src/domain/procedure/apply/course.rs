//! 立案、调查、告知、听证.

use super::{absent, approval, due};
use crate::domain::dossier::*;
use crate::domain::procedure::step::Step;
use crate::domain::procedure::{Context, Refusal};

pub(super) fn apply(d: &mut Dossier, step: &Step, ctx: &Context<'_>) -> Result<(), Refusal> {
    match step.clone() {
        Step::NotFile { reason, referred_to } => {
            d.not_filed = Some(NotFiled { on: ctx.day, reason, referred_to, approval: approval(ctx) });
        }
        Step::File { jurisdiction, preliminary, pre_check } => {
            d.filing =
                Some(Filing { approved_on: ctx.day, approval: approval(ctx), jurisdiction, preliminary, pre_check });
        }
        Step::Assign { officers, recusal_checked } => assign(d, &officers, recusal_checked, ctx)?,
        Step::SaveFacts { case } => save_facts(d, *case),
        Step::ConfirmFacts => {
            d.facts_confirmed = Some(FactsConfirmed {
                by: ctx.actor.id.clone(),
                name: ctx.actor.name.clone(),
                on: ctx.day,
                digest: d.facts_digest(),
            });
        }
        Step::RecordAct { act } => d.acts.push(act),
        Step::Identify { identity } => d.identity = Some(identity),
        Step::CheckEvidence { mut check } => {
            check.by = ctx.actor.id.clone();
            d.evidence.retain(|c| c.no != check.no);
            d.evidence.push(check);
        }
        Step::FindElement { finding } => {
            d.elements.retain(|e| e.code != finding.code);
            d.elements.push(finding);
        }
        Step::Preserve { items, on } => {
            d.preservations.push(Preservation { on, items, ..Preservation::default() });
        }
        Step::ApprovePreservation { index } => {
            let found = d.preservations.get_mut(index).ok_or_else(|| absent("这次登记保存"))?;
            found.approval = Some(approval(ctx));
        }
        Step::DisposePreservation { index, on, disposal } => {
            let found = d.preservations.get_mut(index).ok_or_else(|| absent("这次登记保存"))?;
            found.disposed_on = Some(on);
            found.disposal = disposal;
        }
        Step::Coerce { kind, on, legal_basis } => {
            d.coercive.push(Coercive { kind, on, legal_basis, approval: Some(approval(ctx)), ..Coercive::default() })
        }
        Step::LiftCoercion { index, on } => {
            d.coercive.get_mut(index).ok_or_else(|| absent("这次强制措施"))?.lifted_on = Some(on);
        }
        Step::OrderRectification { on, due, items } => {
            d.rectifications.push(RectifyOrder { ordered_on: on, due, items, ..RectifyOrder::default() });
        }
        Step::RecheckRectification { on, corrected, note } => {
            let order = d.rectifications.last_mut().ok_or_else(|| absent("责令改正通知书"))?;
            order.recheck = Some(RectifyRecheck { on, corrected, note });
        }
        Step::RequestRecusal { person, reason, on, requested } => {
            d.recusals.push(Recusal { person, requested, reason, on, ruling: None });
        }
        Step::RuleOnRecusal { index, granted, reason } => {
            let by_head = ctx.actor.has(crate::domain::people::Role::Head);
            let found = d.recusals.get_mut(index).ok_or_else(|| absent("回避申请"))?;
            found.ruling = Some(RecusalRuling { granted, reason, by: ctx.actor.name.clone(), by_head, on: ctx.day });
            let gone = found.person.clone();
            if granted {
                for p in d.people.iter_mut().filter(|p| p.id == gone && p.left_on.is_none()) {
                    p.left_on = Some(ctx.day);
                }
            }
        }
        Step::FlagReview { mut flag } => {
            flag.by = ctx.actor.id.clone();
            d.review_flags.push(flag);
        }
        Step::RecordAv { record } => d.av.push(record),
        Step::Suspend { suspension } => d.suspensions.push(suspension),
        Step::Share { person } => {
            if !ctx.people.iter().any(|p| p.id == person) {
                return Err(absent("这个人员"));
            }
            if !d.shared_with.contains(&person) {
                d.shared_with.push(person);
            }
        }
        Step::CloseInvestigation { findings, opinion, gains_unknown, factors_reviewed } => {
            d.investigation = Some(InvestigationReport {
                closed_on: ctx.day,
                findings,
                opinion,
                gains_unknown,
                factors_reviewed,
                by: ctx.actor.id.clone(),
            });
        }
        Step::SetFigure { figure } => d.case.disc.final_ = Some(figure),
        Step::IssueNotice { facts, reasons, replaces_because } => {
            issue_notice(d, facts, reasons, replaces_because, ctx)
        }
        Step::Serve { service } => serve(d, service, ctx)?,
        Step::RecordStatement { statement } => d.statements.push(statement),
        Step::Waive { waiver } => d.waiver = Some(waiver),
        Step::RequestHearing { on, oral } => {
            let in_time = !crate::domain::procedure::guards::hearing_late(d, on, ctx);
            // Under one notice one hearing: a second request, in time or not, must not take the first one's place.
            let served = crate::domain::procedure::guards::notice_served(d);
            if d.hearing.as_ref().is_some_and(|h| h.in_time && served.is_none_or(|s| h.requested_on >= s)) {
                let missing = vec!["本次告知之后已有按期提出的听证申请".to_string()];
                return Err(Refusal::new("G_HEARING_AGAIN", "不能再次登记听证申请", "行政处罚法64", missing));
            }
            d.hearing = Some(Hearing { requested_on: on, oral, in_time, summons: None, held: None });
        }
        Step::SummonHearing { mut summons } => {
            if let Some(host) = ctx.people.iter().find(|p| p.id == summons.host) {
                summons.host_name = host.name.clone();
            }
            d.hearing.as_mut().ok_or_else(|| absent("听证申请"))?.summons = Some(summons);
        }
        Step::HoldHearing { held } => {
            d.hearing.as_mut().ok_or_else(|| absent("听证申请"))?.held = Some(held);
        }
        Step::RecheckDefence { on, items, followed_transcript } => {
            d.recheck = Some(DefenceRecheck { on, items, followed_transcript, by: ctx.actor.id.clone() });
        }
        other => return Err(absent(other.name())),
    }
    Ok(())
}

fn assign(d: &mut Dossier, officers: &[String], checked: bool, ctx: &Context<'_>) -> Result<(), Refusal> {
    for p in d.people.iter_mut().filter(|p| p.duty == Duty::Officer && !officers.contains(&p.id)) {
        p.left_on.get_or_insert(ctx.day);
    }
    for id in officers {
        let person = ctx.people.iter().find(|p| p.id == *id).ok_or_else(|| absent(&format!("人员{id}")))?;
        let stays = |p: &&mut CasePerson| p.duty == Duty::Officer && p.id == *id && p.left_on.is_none();
        if let Some(officer) = d.people.iter_mut().find(stays) {
            // A certificate renewed while the case runs joins the old one; what was valid then stays as it was.
            for cert in &person.certs {
                if !officer.certs.contains(cert) {
                    officer.certs.push(cert.clone());
                }
            }
            continue;
        }
        if !person.has(crate::domain::people::Role::Officer) {
            let missing = vec![format!("{}不是承办人员", person.name)];
            return Err(Refusal::new("G_CERT", "不能指定为承办人", "行政处罚法42", missing));
        }
        d.people.push(CasePerson {
            id: id.clone(),
            name: person.name.clone(),
            duty: Duty::Officer,
            certs: person.certs.clone(),
            joined_on: ctx.day,
            left_on: None,
        });
    }
    d.recusal_checked = checked;
    Ok(())
}

/// Facts, party and evidence of the case JSON. The course, the officers and a person's figure are not taken from it.
fn save_facts(d: &mut Dossier, case: crate::domain::case::Case) {
    let figure = d.case.disc.clone();
    d.case = case;
    d.case.disc = figure;
    d.case.officer.clear();
    d.case.procedure = Default::default();
    d.case.case.case_no = None;
    d.case.case.filed_at = None;
}

fn issue_notice(d: &mut Dossier, facts: String, reasons: String, replaces_because: Option<String>, ctx: &Context<'_>) {
    let content = d.case.disc.final_.as_ref().map(Sanction::of).unwrap_or_default();
    let assessment = crate::domain::checks::assess(d, ctx.book, ctx.texts, ctx.day);
    let again = !d.notices.is_empty();
    d.notices.push(PriorNotice {
        issued_on: ctx.day,
        content,
        facts,
        reasons,
        basis: provisions(&assessment),
        told_statement: true,
        // The right is told whenever the law gives it; nobody has to think of it.
        told_hearing: assessment.hearing.required,
        replaces_because,
    });
    if again {
        // A new notice opens new periods: what was said stays on file, what was concluded from it does not.
        d.waiver = None;
        d.recheck = None;
        if d.hearing.as_ref().is_some_and(|h| h.held.is_none()) {
            d.hearing = None;
        }
    }
}

/// The clauses of an assessment in words.
pub(super) fn provisions(assessment: &crate::domain::assessment::Assessment) -> Vec<String> {
    let clause = |c: &crate::domain::assessment::Clause| {
        crate::domain::law::Provision {
            law: c.law.clone(),
            article: c.article,
            paragraph: c.paragraph,
            items: c.items.clone(),
        }
        .to_string()
    };
    assessment.clauses.iter().map(clause).collect()
}

fn serve(d: &mut Dossier, mut service: Service, ctx: &Context<'_>) -> Result<(), Refusal> {
    if service.method == ServiceMethod::Announcement {
        service.served_on = due(ctx, "SERVICE_BY_ANNOUNCEMENT", service.sent_on)?;
    }
    if service.served_on == jiff::civil::Date::default() {
        service.served_on = service.sent_on;
    }
    match service.what {
        Served::Rectify => {
            if let Some(order) = d.rectifications.last_mut() {
                order.served_on = Some(service.served_on);
            }
        }
        Served::Demand => {
            if let Some(demand) = d.execution.demand.as_mut() {
                demand.served_on = Some(service.served_on);
            }
        }
        Served::Summons => {
            if let Some(summons) = d.hearing.as_mut().and_then(|h| h.summons.as_mut()) {
                summons.served_on = service.served_on;
            }
        }
        Served::Notice | Served::Decision => {}
    }
    d.services.push(service);
    Ok(())
}

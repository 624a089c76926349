//! 履行、催告、申请法院、结案、归档 (行政处罚法66–72; 行政强制法45、53–55).

use jiff::civil::Date;

use super::{Guard, guard, said, unless};
use crate::domain::checks::{self, Look, Severity};
use crate::domain::deadline;
use crate::domain::dossier::{ClosureReason, DecisionKind, Dossier, RemedyKind, RemedyOutcome};
use crate::domain::money::Fen;
use crate::domain::penalty::PenaltyKind;

guard!(DECISION_SERVED, "G_SERVED", "决定尚未送达", "行政处罚法61、67", |m| {
    unless(m.after().decision_served_on().is_some(), "决定书的送达回证")
});

guard!(RECEIPT, "G_RECEIPT", "没有财政部门统一制发的票据", "行政处罚法70", |m| {
    unless(m.after().execution.payments.last().is_none_or(|p| said(&p.receipt_no)), "专用票据号")
});

guard!(CASH, "G_CASH", "不得当场收缴罚款", "行政处罚法67②、68、69", |m| {
    let Some(p) = m.after().execution.payments.last().filter(|p| p.collected_by_agency) else { return vec![] };
    cash_fault(&m.look, p.sum_fen, p.cash_ground.as_deref()).into_iter().collect()
});

guard!(CASH_TAKEN, "G_CASH", "没有当场收缴的罚款", "行政处罚法71", |m| {
    unless(m.after().execution.payments.iter().any(|p| p.collected_by_agency), "当场收缴的记录")
});

guard!(DEFERRAL, "G_DEFERRAL", "没有延期、分期的申请", "行政处罚法66②", |m| {
    let Some(d) = &m.after().execution.deferral else { return vec!["当事人的申请".into()] };
    let mut out = unless(said(&d.reason), "经济困难的理由");
    out.extend(unless(d.until > d.requested_on, "新的期限"));
    out
});

guard!(OVERDUE, "G_OVERDUE", "履行期限未满，不能催告", "行政处罚法67③；行政强制法54", |m| {
    let on = m.after().execution.demand.as_ref().map_or(m.look.day, |d| d.on);
    match payment_due(&m.look) {
        Ok(Some(due)) => {
            let mut out = unless(on > due, format!("缴款期限到{due}"));
            out.extend(unless(unpaid(m.after()) > Fen::ZERO || !money_owed(m.after()), "罚款已经缴清"));
            out
        }
        Ok(None) => vec!["决定书的送达回证".into()],
        Err(why) => vec![why],
    }
});

guard!(DEMANDED, "G_DEMANDED", "催告期未满", "行政强制法54", |m| {
    let served =
        m.after().services.iter().rev().find(|s| s.what == crate::domain::dossier::Served::Demand).map(|s| s.served_on);
    let Some(served) = served else { return vec!["催告书的送达回证".into()] };
    let on = m.after().execution.court.as_ref().map_or(m.look.day, |c| c.on);
    match m.look.due("DEMAND_BEFORE_COURT", served) {
        Ok(last) => unless(on > last, format!("催告书送达十个工作日后（{last}之后）仍未履行才能申请")),
        Err(why) => vec![why],
    }
});

guard!(COURT_WINDOW, "G_COURT_WINDOW", "不在申请强制执行的期限内", "行政强制法53", |m| {
    let on = m.after().execution.court.as_ref().map_or(m.look.day, |c| c.on);
    let mut out =
        unless(m.after().execution.court.as_ref().is_some_and(|c| said(&c.court)), "有管辖权的人民法院（由人填写）");
    match remedies_over(&m.look) {
        Ok(Some(over)) => {
            out.extend(unless(on > over, format!("复议、诉讼期限到{over}，期满后才能申请")));
            match m.look.due("COURT_ENFORCEMENT_WINDOW", over) {
                Ok(last) => out.extend(unless(on <= last, format!("申请期限到{last}，已逾期"))),
                Err(why) => out.push(why),
            }
        }
        Ok(None) => out.push("决定书的送达回证，或者复议、诉讼的结果".into()),
        Err(why) => out.push(why),
    }
    out
});

guard!(APPLIED, "G_APPLIED", "没有申请法院强制执行", "行政强制法53", |m| {
    unless(m.before.execution.court.is_some(), "强制执行申请书")
});

guard!(CLOSURE, "G_CLOSURE", "结案条件不具备", "行政处罚法66、72；行政强制法39、40", |m| {
    let Some(c) = &m.after().closure else { return vec![] };
    let mut out = closure_faults(&m.look, c.reason);
    out.extend(unless(said(&c.opinion), "结案意见"));
    out
});

guard!(AUDIT, "G_AUDIT", "卷宗评查有一票否决的问题", "行政处罚法47；案卷评查", |m| {
    let found = checks::audit(&m.look);
    found.iter().filter(|f| f.severity == Severity::Fatal).map(|f| format!("{} {}", f.check, f.text)).collect()
});

guard!(RETENTION, "G_RETENTION", "没有配置保管期限", "行政执法档案管理", |m| {
    unless(
        m.look.bureau.retention_years.is_some(),
        "zhicai.toml 的 [agency] retention_years（以本地档案规定为准，系统不作推测）",
    )
});

guard!(PAGES, "G_PAGES", "案卷不完整", "行政处罚法47", |m| {
    let mut out = unless(m.after().archive.as_ref().is_some_and(|a| said(&a.archive_no)), "归档号");
    out.extend(unless(!m.after().documents.is_empty(), "卷内文书"));
    out
});

/// What is still owed in fines and confiscated gains.
pub fn unpaid(dossier: &Dossier) -> Fen {
    let paid: i64 = dossier.execution.payments.iter().map(|p| p.sum_fen.0).sum();
    Fen((owed(dossier).0 - paid).max(0))
}

/// Money the decision asks for, without 加处罚款.
pub fn owed(dossier: &Dossier) -> Fen {
    let sum = |c: &crate::domain::dossier::Sanction| {
        let fine = if c.kinds.contains(&PenaltyKind::Fine) { c.fine_fen.unwrap_or_default().0 } else { 0 };
        let gains =
            if c.kinds.contains(&PenaltyKind::ConfiscateGains) { c.confiscate_fen.unwrap_or_default().0 } else { 0 };
        Fen(fine.saturating_add(gains))
    };
    dossier.imposed().map_or(Fen::ZERO, sum)
}

fn money_owed(dossier: &Dossier) -> bool {
    owed(dossier) > Fen::ZERO
}

/// 缴款期限, or the end of an approved deferral; `None` before service.
pub fn payment_due(look: &Look<'_>) -> Result<Option<Date>, String> {
    let dossier = look.dossier;
    if let Some(d) = dossier.execution.deferral.as_ref().filter(|d| d.approval.is_some()) {
        return Ok(Some(d.until));
    }
    dossier.decision_served_on().map(|served| look.due("PAY_FINE", served)).transpose()
}

/// The day on which both 复议 and 诉讼 have run out; `None` when it cannot be said yet. Only what was brought against this decision
/// counts: an earlier one may have been revoked and made anew.
pub fn remedies_over(look: &Look<'_>) -> Result<Option<Date>, String> {
    let Some(served) = look.dossier.decision_served_on() else { return Ok(None) };
    let window =
        || Ok::<Date, String>(look.due("RECONSIDERATION", served)?.max(look.due("LITIGATION_DIRECT", served)?));
    let brought = look.dossier.remedies.iter().filter(|r| r.accepted_on >= served);
    let Some(last) = brought.clone().max_by_key(|r| r.accepted_on) else { return window().map(Some) };
    if brought.clone().any(|r| r.ended_on.is_none()) {
        return Ok(None);
    }
    let Some(ended) = last.ended_on else { return Ok(None) };
    match (last.kind, last.outcome) {
        // Given up: as if it had not been brought.
        (_, Some(RemedyOutcome::Withdrawn)) => window().map(|day| Some(day.max(ended))),
        // 不服复议决定的，还可以在十五日内起诉 (行政诉讼法45).
        (RemedyKind::Reconsideration, _) => look.due("LITIGATION_AFTER_RECON", ended).map(Some),
        (RemedyKind::Litigation, _) => Ok(Some(ended)),
    }
}

/// Days of lateness up to and including a day, or the day everything was paid; days of 复议 and 诉讼 left out (行政处罚法73③).
pub fn days_late(look: &Look<'_>, until: Date) -> Result<u32, String> {
    let dossier = look.dossier;
    let Some(due) = payment_due(look)? else { return Ok(0) };
    let mut paid = 0;
    let mut payments: Vec<_> = dossier.execution.payments.iter().collect();
    payments.sort_by_key(|p| p.on);
    let settled = payments.into_iter().find_map(|p| {
        paid = p.sum_fen.0.saturating_add(paid);
        (paid >= owed(dossier).0).then_some(p.on)
    });
    let last = settled.map_or(until, |s| s.min(until));
    let stopped =
        |day: Date| dossier.remedies.iter().any(|r| r.accepted_on <= day && r.ended_on.is_none_or(|end| day <= end));
    let (mut day, mut count) = (due, 0);
    while day < last {
        day = day.tomorrow().map_err(|e| e.to_string())?;
        count += u32::from(!stopped(day));
    }
    Ok(count)
}

/// 加处罚款 that may be claimed up to a day: three percent a day, never more than the fine (行政处罚法72①(一)).
pub fn late_fee_until(look: &Look<'_>, until: Date) -> Result<Fen, String> {
    let fine = look
        .dossier
        .imposed()
        .filter(|c| c.kinds.contains(&PenaltyKind::Fine))
        .and_then(|c| c.fine_fen)
        .unwrap_or_default();
    if fine == Fen::ZERO {
        return Ok(Fen::ZERO);
    }
    let rule = look.book.deadline("LATE_FEE").ok_or("期限表中没有LATE_FEE")?;
    let (Some(rate), Some(cap)) = (rule.rate_per_day_bp, rule.cap_bp) else {
        return Err("期限表中没有加处罚款的标准".into());
    };
    deadline::late_fee(fine, days_late(look, until)?, rate, cap).map_err(|e| e.to_string())
}

/// Why the fine may not be taken on the spot (行政处罚法68、69).
pub fn cash_fault(look: &Look<'_>, sum: Fen, ground: Option<&str>) -> Option<String> {
    let (dossier, limit) = (look.dossier, look.book.simple.cash_yuan_le);
    match ground {
        Some("le_100") if sum.0 <= limit.saturating_mul(100) && dossier.spot.is_some() => None,
        Some("hard_later") if dossier.spot.is_some() => None,
        Some("remote_at_request") => None,
        Some("le_100") => Some(format!("{limit}元以下才能当场收缴")),
        _ => Some("当场收缴限于：le_100 一百元以下；hard_later 不当场收缴事后难以执行（当场处罚）；remote_at_request 边远、水上、交通不便且当事人提出".into()),
    }
}

/// Why a closure reason is not true of the case.
pub fn closure_faults(look: &Look<'_>, reason: ClosureReason) -> Vec<String> {
    let d = look.dossier;
    let kind = d.decision.as_ref().map(|x| x.kind);
    match reason {
        ClosureReason::Performed | ClosureReason::SpotPerformed => {
            let mut out = unless((kind == Some(DecisionKind::Penalty)) || d.spot.is_some(), "履行完毕只适用于处罚决定");
            let left = unpaid(d);
            out.extend(unless(left == Fen::ZERO, format!("还有{left}没有缴清")));
            let other = |k: &&PenaltyKind| {
                !matches!(
                    k,
                    PenaltyKind::Fine
                        | PenaltyKind::ConfiscateGains
                        | PenaltyKind::Warning
                        | PenaltyKind::PublicCriticism
                )
            };
            let kinds: Vec<&str> =
                d.imposed().iter().flat_map(|c| c.kinds.iter().filter(other)).map(|k| k.zh()).collect();
            out.extend(unless(
                kinds.is_empty() || !d.execution.performed.is_empty(),
                format!("{}的履行情况", kinds.join("、")),
            ));
            let cash = d.execution.payments.iter().any(|p| p.collected_by_agency);
            out.extend(unless(
                !cash || d.spot.as_ref().is_none_or(|s| s.cash_to_agency_on.is_some()),
                "当场收缴的罚款交存机关和银行",
            ));
            out
        }
        ClosureReason::CourtEnforced => {
            unless(d.execution.court.as_ref().is_some_and(|c| c.ended_on.is_some()), "法院执行完毕或者终结的文书")
        }
        ClosureReason::NoPenaltyServed => {
            let mut out = unless(
                matches!(kind, Some(DecisionKind::NoPenalty | DecisionKind::NotEstablished)),
                "不予行政处罚决定",
            );
            out.extend(unless(d.decision_served_on().is_some(), "决定书的送达回证"));
            out
        }
        ClosureReason::TransferAccepted => {
            unless(d.transfer.as_ref().is_some_and(|t| t.receipt.as_deref().is_some_and(said)), "接受移送的回执")
        }
        ClosureReason::DecisionRevoked => {
            let revoked = |o| matches!(o, RemedyOutcome::Revoked | RemedyOutcome::Void | RemedyOutcome::Unlawful);
            unless(d.remedies.iter().any(|r| r.outcome.is_some_and(revoked)), "撤销决定的复议决定或者判决")
        }
    }
}

//! 人工定值 against what the law allows. Only warnings: the figure stays the person's.

use crate::domain::assessment::{PenaltyOption, ResultCode};
use crate::domain::case::FinalDecision;
use crate::domain::money::Fen;
use crate::domain::penalty::{Mode, PenaltyKind, Tier};

use super::range;
use super::work::Work;

/// Checks `disc.final`, when there is one.
pub(crate) fn run(work: &mut Work<'_>) {
    let Some(decision) = work.case.disc.final_.clone() else { return };
    if work.out.result == ResultCode::NoPenalty {
        if decision.fine_fen.is_some_and(|f| f.0 > 0) || !decision.kinds.is_empty() {
            work.warn("final.no_penalty_with_penalty", "依法不予处罚，不得同时给予处罚", "行政处罚法30、31、33");
        }
        if decision.tier.is_some_and(|t| t != Tier::NoPenalty) {
            work.warn("final.must_not_punish", "本案属于应当不予处罚，人工选定的阶次与此不符", "行政处罚法30、31、33");
        }
        return;
    }
    tier(work, &decision);
    if matches!(work.out.result, ResultCode::Range | ResultCode::NoBase | ResultCode::Overlap | ResultCode::NotFineable)
    {
        fine(work, &decision);
        kinds(work, &decision);
        duration(work, &decision);
        confiscation(work, &decision);
    } else if decision.fine_fen.is_some_and(|f| f.0 > 0) || !decision.kinds.is_empty() {
        let text = format!("结论为“{}”，不得给予处罚", work.out.result.zh());
        work.warn("final.not_allowed", text, "行政处罚法38");
    }
}

fn severe_ground(work: &Work<'_>) -> bool {
    work.out.factors.iter().any(|f| f.effect == "severe")
}

fn tier(work: &mut Work<'_>, decision: &FinalDecision) {
    let Some(tier) = decision.tier else { return };
    let benchmark_lenient = work.out.tier == Some(Tier::Lenient);
    match tier {
        Tier::NoPenalty if work.factors.may_no_penalty.is_none() => {
            work.warn("final.no_penalty_without_ground", "选定不予处罚，但没有法定的不予处罚情形", "行政处罚法33");
        }
        Tier::Mitigated if !work.factors.any_lenient() => {
            work.warn("final.mitigated_without_ground", "选定减轻处罚，但没有法定减轻情形", "行政处罚法30～32");
        }
        Tier::Lenient if !work.factors.any_lenient() && !benchmark_lenient => {
            work.warn(
                "final.lenient_without_ground",
                "选定从轻处罚，但没有法定从轻情形或者已公布基准的从轻情形",
                "行政处罚法32、34",
            );
        }
        Tier::General if work.factors.must_lenient => {
            work.warn(
                "final.ignores_must_lenient",
                "有应当从轻或者减轻的情形，选定一般处罚没有依据",
                "行政处罚法30～32",
            );
        }
        Tier::Severe if work.factors.must_lenient => {
            work.warn(
                "final.severe_against_must_lenient",
                "有应当从轻或者减轻的情形而选定从重，须经法制审核",
                "行政处罚法30～32",
            );
            work.complex.push("应当从轻而人工选定从重".into());
        }
        Tier::Severe if !severe_ground(work) => {
            work.warn(
                "final.severe_without_basis",
                "选定从重处罚，但没有法律、法规、规章或者已公布基准列明的从重情形",
                "行政处罚法34、49",
            );
        }
        _ => {}
    }
}

fn fine(work: &mut Work<'_>, decision: &FinalDecision) {
    let listed = decision.kinds.contains(&PenaltyKind::Fine);
    let sum = decision.fine_fen.unwrap_or(Fen::ZERO);
    let ranges: Vec<_> = work.out.penalties.iter().filter_map(|p| p.range_fen).collect();
    if !listed {
        if sum.0 > 0 {
            work.warn("final.fine_not_in_kinds", "填写了罚款数额，处罚种类中却没有罚款", "行政处罚法59①(四)");
        } else {
            return;
        }
    }
    if ranges.is_empty() {
        if sum.0 > 0 {
            let text = format!("本案不得罚款（{}），却填写了罚款{sum}", work.out.result.zh());
            work.warn("final.fine_not_allowed", text, "行政处罚法38①");
        }
        return;
    }
    if listed && decision.fine_fen.is_none() {
        work.warn("final.fine_missing", "处罚种类含罚款，未填写数额", "行政处罚法59①(四)");
        return;
    }
    if ranges.iter().any(|r| r.contains(sum)) {
        if let (Some(band), Some(chosen)) = (work.out.suggested_fen, decision.tier)
            && work.out.tier == Some(chosen)
            && !band.contains(sum)
        {
            let text = format!("罚款{sum}不在{}的建议幅度{}内，须写明理由", chosen.zh(), range::show(&band));
            work.warn("final.out_of_band", text, "行政处罚法5②");
        }
        if decision.tier == Some(Tier::Mitigated) && ranges.iter().all(|r| r.lo.0 > 0) {
            work.warn("final.mitigated_not_below", "选定减轻处罚，罚款却不低于法定下限", "行政处罚法32");
        }
        return;
    }
    let below = ranges.iter().all(|r| sum < r.lo || (sum == r.lo && !r.lo_incl));
    let shown: Vec<String> = ranges.iter().map(range::show).collect();
    if below && sum.0 > 0 {
        match (decision.tier, work.factors.any_lenient()) {
            (Some(Tier::Mitigated), true) => {}
            (Some(Tier::Mitigated), false) => {
                work.warn(
                    "final.out_of_range",
                    format!("罚款{sum}低于法定幅度{}且没有减轻的法定情形", shown.join("、")),
                    "行政处罚法32、76①(二)",
                );
            }
            (_, ground) => {
                let hint = if ground {
                    "低于下限属减轻处罚，阶次应为减轻"
                } else {
                    "没有减轻的法定情形"
                };
                work.warn(
                    "final.out_of_range",
                    format!("罚款{sum}低于法定幅度{}；{hint}", shown.join("、")),
                    "行政处罚法76①(二)",
                );
            }
        }
        return;
    }
    if sum.0 <= 0 && decision.tier == Some(Tier::Mitigated) {
        work.warn("final.mitigated_to_zero", "减轻处罚不得减轻到零", "行政处罚法32");
    }
    work.warn("final.out_of_range", format!("罚款{sum}不在法定幅度{}内", shown.join("、")), "行政处罚法76①(二)");
}

fn kinds(work: &mut Work<'_>, decision: &FinalDecision) {
    let options: Vec<PenaltyOption> = work.out.penalties.clone();
    let mitigated = decision.tier == Some(Tier::Mitigated) && work.factors.any_lenient();
    if decision.tier == Some(Tier::NoPenalty) {
        if !decision.kinds.is_empty() {
            work.warn("final.no_penalty_with_penalty", "选定不予处罚，不得同时给予处罚", "行政处罚法33");
        }
        return;
    }
    for kind in &decision.kinds {
        if options.iter().any(|o| o.kind == *kind) {
            continue;
        }
        // 28② confiscates gains under any clause.
        if *kind == PenaltyKind::ConfiscateGains && work.out.confiscate_fen.is_some() {
            continue;
        }
        let name = work.book.kind_zh(*kind).to_string();
        if mitigated {
            work.warn(
                "final.kind_lighter_check",
                format!("“{name}”不在本条本档，作为减轻改用须核对确为较轻种类"),
                "行政处罚法32",
            );
        } else {
            work.warn("final.kind_not_in_clause", format!("“{name}”不在本条本档的处罚种类内"), "行政处罚法76①(二)");
        }
    }
    let mut groups: Vec<&str> = vec![];
    for option in &options {
        let chosen = decision.kinds.contains(&option.kind);
        let required = matches!(option.mode, Mode::Must)
            || (option.mode == Mode::MustIfGains && work.gains.known().is_some_and(|g| g.0 > 0));
        if required && option.group.is_none() && !chosen && !mitigated {
            let text = format!("本条规定应当给予“{}”，决定中没有", work.book.kind_zh(option.kind));
            work.warn("final.must_kind_missing", text, "行政处罚法76①(二)");
        }
        if let (Mode::OneOf, Some(group)) = (option.mode, option.group.as_deref()) {
            if groups.contains(&group) {
                continue;
            }
            groups.push(group);
            let members: Vec<&PenaltyOption> = options.iter().filter(|o| o.group.as_deref() == Some(group)).collect();
            let taken = members.iter().filter(|o| decision.kinds.contains(&o.kind)).count();
            if taken > 1 || (taken == 0 && !mitigated) {
                let names: Vec<&str> = members.iter().map(|o| work.book.kind_zh(o.kind)).collect();
                let text = format!("{}应当择一，决定中选了{taken}种", names.join("、"));
                work.warn("final.one_of", text, "行政处罚法76①(二)");
            }
        }
    }
}

fn duration(work: &mut Work<'_>, decision: &FinalDecision) {
    for option in work.out.penalties.clone() {
        let Some(duration) = option.duration.filter(|_| decision.kinds.contains(&option.kind)) else { continue };
        let name = work.book.kind_zh(option.kind).to_string();
        if decision.permanent == Some(true) {
            if !duration.permanent && !duration.permanent_allowed {
                work.warn("final.duration_out_of_range", format!("“{name}”没有终身的规定"), "行政处罚法76①(二)");
            }
            continue;
        }
        let Some(months) = decision.duration_months else {
            if duration.permanent {
                work.warn("final.duration_missing", format!("“{name}”为终身，应当写明"), "行政处罚法59①(四)");
            } else {
                work.warn("final.duration_missing", format!("“{name}”应当写明期限"), "行政处罚法59①(四)");
            }
            continue;
        };
        let low = duration.min_years.is_some_and(|y| months < y * 12);
        let high = duration.max_years.is_some_and(|y| months > y * 12);
        let mitigated = decision.tier == Some(Tier::Mitigated) && work.factors.any_lenient();
        if months == 0 || high || (low && !mitigated) {
            work.warn(
                "final.duration_out_of_range",
                format!("“{name}”{months}个月不在法定期限内"),
                "行政处罚法76①(二)",
            );
        }
    }
}

fn confiscation(work: &mut Work<'_>, decision: &FinalDecision) {
    let Some(given) = decision.confiscate_fen.filter(|f| f.0 != 0) else { return };
    match work.out.confiscate_fen {
        None => {
            work.warn("final.confiscate_not_established", "填写了没收数额，但违法所得未查明或者为零", "行政处罚法28②")
        }
        Some(left) if given > left => {
            let text = format!("没收{given}大于违法所得扣除退还后的{left}");
            work.warn("final.confiscate_mismatch", text, "行政处罚法28②");
        }
        // Less is possible: what must still be refunded is not confiscated.
        Some(left) if given < left => {
            let text = format!("没收{given}小于违法所得扣除已退后的{left}，差额应为应退赔数额，须有依据");
            work.warn("final.confiscate_less", text, "行政处罚法28②");
        }
        Some(_) => {}
    }
}

//! 11. 定阶: from the statutory factors (and a published benchmark, if any) to a tier and its part of the range.

use crate::domain::assessment::{FactorEffect, MoneyRange, ResultCode};
use crate::domain::discretion::range;
use crate::domain::discretion::table::Benchmark;
use crate::domain::discretion::work::{Done, Work};
use crate::domain::penalty::Tier;
use crate::domain::trace::Trace;

pub(crate) fn run(work: &mut Work<'_>) -> Done {
    let mut trace = Trace::new("tier", "").basis("行政处罚法5、30～34");
    if let Some(ground) = work.factors.no_penalty.clone() {
        return no_penalty(work, trace, &ground.zh, &ground.basis);
    }
    let wanted = work.case.disc.final_.as_ref().and_then(|f| f.tier);
    if let Some(ground) = work.factors.may_no_penalty.clone() {
        work.warn("no_penalty.may", format!("{}：可以不予处罚，行使或者不行使都须写明理由", ground.zh), &ground.basis);
        if wanted == Some(Tier::NoPenalty) {
            return no_penalty(work, trace, &ground.zh, &ground.basis);
        }
    }
    let benchmarks = matched(work, &mut trace);
    let permitted = permitted(work, &benchmarks, &mut trace);
    let tier = match wanted {
        Some(tier) if permitted.contains(&tier) => {
            trace.inputs.insert("chosen_by_person".into(), tier.code().into());
            Some(tier)
        }
        // Which outcome applies is a person's choice first.
        _ if work.range_result == ResultCode::Overlap => None,
        _ => default_tier(work, &permitted),
    };
    work.out.tier = tier;
    let Some(tier) = tier else {
        trace.outcome = format!("由人在{}中择定并写明理由", names(&permitted));
        return Done::go(trace);
    };
    trace.outcome = format!("{}（依法可选：{}）", tier.zh(), names(&permitted));
    if tier == Tier::Mitigated {
        let text = "减轻处罚须集体讨论并单列评估说明，不得减轻到零";
        work.warn("tier.mitigated", text, "行政处罚法30～32、57②");
    } else if permitted.contains(&Tier::Mitigated) {
        work.warn("tier.mitigated_allowed", "有法定情形，也可以减轻处罚；减轻须严格评估", "行政处罚法30～32");
    }
    let fine = match work.fines.as_slice() {
        [Some(fine)] if work.range_result == ResultCode::Range => *fine,
        _ => return Done::go(trace),
    };
    let own = benchmarks.band(work, tier);
    let (band, basis) = match own {
        Some(rule) => {
            work.benchmark_used = Some(rule.id.clone());
            let source = &rule.source;
            let verb = if rule.citable { "依据" } else { "参照" };
            (range::benchmark_band(&fine, &rule.range), format!("{verb}《{}》（{}）", source.title, source.doc_no))
        }
        None => {
            work.warn(
                "tier.default_split",
                "没有已公布的本地基准，按默认三分（三成、四成、三成）示意，不是法律规定",
                "",
            );
            (range::default_band(&fine.range, tier), "default_split".into())
        }
    };
    let mut child = Trace::new("suggested", "").input("basis", basis);
    if let Some(rule) = own.filter(|r| !r.text.is_empty()) {
        child.inputs.insert("published_conditions".into(), rule.text.clone().into());
    }
    // A guard, not a hope: outside the statutory range nothing is suggested, except below it for 减轻.
    let band = band.filter(|b| tier == Tier::Mitigated || fine.range.encloses(b));
    child.outcome = match band {
        Some(band) => range::show(&band),
        None if tier == Tier::Mitigated => "法条没有罚款下限，减轻只能改用较轻种类或者减少并处种类".into(),
        None => "本阶次内没有整元的数额".into(),
    };
    if let Some(MoneyRange { lo, hi, .. }) = band {
        child.inputs.insert("midpoint_hint_fen".into(), (lo.0 + (hi.0 - lo.0) / 2).into());
    }
    work.out.suggested_fen = band;
    trace.children.push(child);
    Done::go(trace)
}

fn no_penalty(work: &mut Work<'_>, mut trace: Trace, zh: &str, basis: &str) -> Done {
    trace.outcome = format!("{zh}：不予行政处罚，应当进行教育，仍可责令改正");
    trace.basis.push(basis.into());
    work.warn("no_penalty.ground", trace.outcome.clone(), basis);
    work.out.tier = Some(Tier::NoPenalty);
    // 不得同时罚款.
    work.out.penalties.clear();
    work.out.confiscate_fen = None;
    Done::stop(ResultCode::NoPenalty, trace)
}

/// Benchmarks of this row and outcome that are in effect on the day of decision.
struct Matched<'a> {
    /// Conditions hold: they set the tier.
    by_condition: Vec<&'a Benchmark>,
    /// No conditions: they only give the band of their tier.
    bands: Vec<&'a Benchmark>,
}

impl<'a> Matched<'a> {
    fn band(&self, work: &mut Work<'_>, tier: Tier) -> Option<&'a Benchmark> {
        let fits: Vec<&Benchmark> =
            self.by_condition.iter().chain(&self.bands).copied().filter(|b| b.tier == tier).collect();
        if fits.len() > 1 {
            let ids: Vec<&str> = fits.iter().map(|b| b.id.as_str()).collect();
            work.warn(
                "benchmark.several",
                format!("多条基准同时适用（{}），取列在前面的一条，由人核对", ids.join("、")),
                "行政处罚法34",
            );
        }
        fits.first().copied()
    }
}

fn matched<'a>(work: &mut Work<'a>, trace: &mut Trace) -> Matched<'a> {
    let case = serde_json::to_value(work.case).unwrap_or(serde_json::Value::Null);
    let row = &work.book.outcome_row(work.applied).id;
    let mut out = Matched { by_condition: vec![], bands: vec![] };
    for rule in &work.book.benchmarks {
        let ours = rule.violation == work.applied.id || rule.violation == *row;
        let day = rule.source.effective_at.unwrap_or(rule.source.published_at);
        if !ours || rule.when != work.circumstance || day > work.decision_day() {
            continue;
        }
        if rule.conditions_all.is_empty() && rule.conditions_any.is_empty() {
            out.bands.push(rule);
            continue;
        }
        let gains = work.gains.known();
        let all: Vec<Option<bool>> = rule.conditions_all.iter().map(|c| c.holds(&case, gains)).collect();
        let any: Vec<Option<bool>> = rule.conditions_any.iter().map(|c| c.holds(&case, gains)).collect();
        for (condition, state) in rule.conditions_all.iter().chain(&rule.conditions_any).zip(all.iter().chain(&any)) {
            if state.is_none() && condition.path != super::super::condition::GAINS_PATH {
                work.need(&condition.path);
            }
        }
        let holds = all.iter().all(|s| *s == Some(true)) && (any.is_empty() || any.contains(&Some(true)));
        trace.children.push(Trace::new(
            "benchmark",
            format!(
                "基准 {}（{}）{}",
                rule.id,
                rule.tier.zh(),
                if holds { "条件成立" } else { "条件不成立或者事实不明" }
            ),
        ));
        if holds {
            out.by_condition.push(rule);
        }
    }
    for rule in &out.by_condition {
        work.out.factors.push(FactorEffect {
            code: format!("benchmark:{}", rule.id),
            zh: format!("已公布基准列明的{}情形", rule.tier.zh()),
            effect: if rule.tier == Tier::Severe { "severe" } else { "none" }.into(),
            basis: format!("《{}》（{}）", rule.source.title, rule.source.doc_no),
            evidence: vec![],
            text: None,
        });
    }
    out
}

/// The tiers the law leaves open in this case.
fn permitted(work: &mut Work<'_>, benchmarks: &Matched<'_>, trace: &mut Trace) -> Vec<Tier> {
    let by = |tier| benchmarks.by_condition.iter().any(|b| b.tier == tier);
    let (must, may) = (work.factors.must_lenient, work.factors.may_lenient);
    let lenient = must || may || by(Tier::Lenient);
    let severe = work.factors.severe || by(Tier::Severe);
    trace.inputs.insert("must_lenient".into(), must.into());
    trace.inputs.insert("may_lenient".into(), may.into());
    trace.inputs.insert("severe".into(), severe.into());
    let mut out = vec![];
    if must || may {
        out.push(Tier::Mitigated);
    }
    if lenient {
        out.push(Tier::Lenient);
    }
    // 应当从轻或者减轻 leaves no room for the middle; a conflict leaves it to a person.
    if !must {
        out.push(Tier::General);
    }
    if severe && !must {
        out.push(Tier::Severe);
    }
    if must && severe {
        work.warn(
            "tier.severe_greyed_out",
            "有应当从轻或者减轻的情形，不得选从重；人工强选须经法制审核",
            "行政处罚法30～32",
        );
    }
    if lenient && severe {
        let text = "同时有从轻与从重情形，由人综合权衡并写明理由，不得自动抵消";
        work.warn("factor_conflict", text, "行政处罚法5②");
        work.warn("needs_human", text, "行政处罚法5②");
        work.complex.push("从轻、从重情形并存".into());
    }
    out
}

/// The tier the engine names by itself; `None` leaves it to a person.
fn default_tier(work: &mut Work<'_>, permitted: &[Tier]) -> Option<Tier> {
    if work.has_warning("factor_conflict") {
        return None;
    }
    if work.factors.must_lenient {
        return Some(Tier::Lenient);
    }
    if work.factors.may_lenient {
        let text = "可以从轻或者减轻，是否采用由人决定并写明理由";
        work.warn("factor.may_lenient", text, "行政处罚法31");
        return None;
    }
    for tier in [Tier::Severe, Tier::Lenient] {
        if permitted.contains(&tier) {
            return Some(tier);
        }
    }
    Some(Tier::General)
}

fn names(tiers: &[Tier]) -> String {
    tiers.iter().map(|t| t.zh()).collect::<Vec<_>>().join("、")
}

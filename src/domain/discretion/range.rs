//! 法定幅度 and its division into tiers. Exact integer arithmetic; rounding only when a range is suggested.

use crate::domain::assessment::{MoneyRange, MultipleRange};
use crate::domain::money::{ABSURD_FEN, Fen};
use crate::domain::penalty::Tier;

use super::table::{Base, BenchmarkRange, PenaltySpec};

/// Why no sum can be computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeProblem {
    /// 基数为零.
    ZeroBase,
    /// 基数未查明.
    UnknownBase,
    /// The row states no amount; none may be invented.
    NoAmount,
    /// The result is beyond any meant sum.
    Absurd,
}

/// A fine's statutory range, and the multiple when it is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FineRange {
    pub range: MoneyRange,
    pub multiple: Option<MultipleRange>,
}

/// The sums a multiple can be taken of; `None` = not established.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bases {
    pub gains: Option<Fen>,
    pub actual_loss: Option<Fen>,
    pub false_capital: Option<Fen>,
}

/// 法定幅度 of a fine: `fixed` → [min, max]; multiples → [min×base, max×base]; no min → above 0.
pub fn statutory(spec: &PenaltySpec, bases: Bases) -> Result<FineRange, RangeProblem> {
    let max = spec.max.ok_or(RangeProblem::NoAmount)?;
    let base = match spec.base.unwrap_or(Base::None) {
        Base::None => return Err(RangeProblem::NoAmount),
        Base::Fixed => {
            let yuan = |value: u32| Fen::from_yuan(i64::from(value)).ok_or(RangeProblem::Absurd);
            let range = MoneyRange {
                lo: yuan(spec.min.unwrap_or(0))?,
                lo_incl: spec.min.is_some_and(|m| m > 0),
                hi: yuan(max)?,
                hi_incl: true,
            };
            return Ok(FineRange { range, multiple: None });
        }
        Base::IllegalGains => bases.gains,
        Base::ActualLoss => bases.actual_loss,
        Base::FalseCapital => bases.false_capital,
    };
    let mut base = base.ok_or(RangeProblem::UnknownBase)?;
    if let Some(floor) = spec.base_floor {
        // Raises the base of the fine only; confiscation stays at the real gains.
        base = base.max(Fen::from_yuan(i64::from(floor)).ok_or(RangeProblem::Absurd)?);
    }
    if base.0 <= 0 {
        return Err(RangeProblem::ZeroBase);
    }
    let times = |n: u32| {
        base.0.checked_mul(i64::from(n)).filter(|v| *v <= ABSURD_FEN * 10).map(Fen).ok_or(RangeProblem::Absurd)
    };
    let range = MoneyRange {
        lo: times(spec.min.unwrap_or(0))?,
        lo_incl: spec.min.is_some_and(|m| m > 0),
        hi: times(max)?,
        hi_incl: true,
    };
    Ok(FineRange { range, multiple: Some(MultipleRange { base_fen: base, min: spec.min, max }) })
}

/// The part of the statutory range for a tier when no published benchmark applies (`default_split`):
/// 从轻 [min, min+30%R], 一般 (min+30%R, min+70%R), 从重 [min+70%R, max], R = max − min. For multiples this is the same as
/// splitting the multiples first, since every bound is linear in the base. 减轻 is below the minimum and above zero; with no
/// minimum there is nothing below. `None`: the tier has no band here.
pub fn default_band(statutory: &MoneyRange, tier: Tier) -> Option<MoneyRange> {
    let (lo, hi) = (i128::from(statutory.lo.0), i128::from(statutory.hi.0));
    // Tenths of a 分, so that 30 % and 70 % are exact.
    let at = |tenths: i128| lo * 10 + (hi - lo) * tenths;
    let band = match tier {
        Tier::Lenient => (at(0), statutory.lo_incl, at(3), true),
        Tier::General => (at(3), false, at(7), false),
        Tier::Severe => (at(7), true, at(10), statutory.hi_incl),
        Tier::Mitigated if lo > 0 && statutory.lo_incl => (0, false, lo * 10, false),
        Tier::Mitigated | Tier::NoPenalty => return None,
    };
    round_inwards(band, 1000)
}

/// The band a benchmark gives: thousandths of the multiple, or of a 元.
pub fn benchmark_band(fine: &FineRange, given: &BenchmarkRange) -> Option<MoneyRange> {
    let unit = i128::from(fine.multiple.map_or(100, |m| m.base_fen.0));
    // Thousandths of a 分.
    let (min, max) = (i128::from(given.min.0) * unit, i128::from(given.max.0) * unit);
    let (floor, ceiling) = (i128::from(fine.range.lo.0) * 1000, i128::from(fine.range.hi.0) * 1000);
    let lo_incl = if min > floor { given.min_incl } else { fine.range.lo_incl && (min < floor || given.min_incl) };
    let hi_incl = if max < ceiling { given.max_incl } else { fine.range.hi_incl && (max > ceiling || given.max_incl) };
    round_inwards((min.max(floor), lo_incl, max.min(ceiling), hi_incl), 100_000)
}

/// 取整: the lower bound up and the upper bound down to whole 元; `scale` units make one 元. A bound that moved is included (the
/// open end lay outside it). `None` when no sum is left.
fn round_inwards((lo, lo_incl, hi, hi_incl): (i128, bool, i128, bool), scale: i128) -> Option<MoneyRange> {
    let lo_yuan = lo.div_euclid(scale) + i128::from(lo.rem_euclid(scale) != 0);
    let hi_yuan = hi.div_euclid(scale);
    let range = MoneyRange {
        lo: Fen(i64::try_from(lo_yuan * 100).ok()?),
        lo_incl: lo_incl || lo.rem_euclid(scale) != 0,
        hi: Fen(i64::try_from(hi_yuan * 100).ok()?),
        hi_incl: hi_incl || hi.rem_euclid(scale) != 0,
    };
    let empty = range.lo > range.hi || (range.lo == range.hi && !(range.lo_incl && range.hi_incl));
    (!empty).then_some(range)
}

/// `[46580元, 232900元]` with round brackets where a bound is not included.
pub fn show(range: &MoneyRange) -> String {
    format!(
        "{}{}，{}{}",
        if range.lo_incl { "［" } else { "（" },
        range.lo,
        range.hi,
        if range.hi_incl { "］" } else { "）" }
    )
}

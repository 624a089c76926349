//! 违法所得 from its line items (行政处罚法28②). Sums are computed here and nowhere else.

use crate::domain::case::Facts;
use crate::domain::money::{ABSURD_FEN, Fen};

/// What the line items give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gains {
    /// 未查明: nothing may be computed from it.
    Unknown,
    /// The deductions exceed the receipts, or a sum is beyond measure: the entry is wrong.
    Invalid,
    /// Gains for the fine and what is left to confiscate after refunds made since 立案.
    Known { gains: Fen, after_refund: Fen, over_refunded: bool },
}

impl Gains {
    /// gains = gross − refunded before filing − other deductions; refunds after filing reduce only what is confiscated.
    pub fn of(facts: &Facts) -> Self {
        let Some(items) = &facts.gains else { return Self::Unknown };
        let Some(gross) = items.gross_receipts_fen else { return Self::Unknown };
        let parts = [gross, items.refunded_before_filing_fen, items.refunded_after_filing_fen];
        if parts.iter().chain(&items.other_deductions_fen).any(|f| f.0 < 0 || f.0 > ABSURD_FEN) {
            return Self::Invalid;
        }
        let deductions =
            items.other_deductions_fen.iter().try_fold(items.refunded_before_filing_fen, |sum, f| sum.checked_add(*f));
        let Some(gains) = deductions.and_then(|d| gross.checked_sub(d)).filter(|g| g.0 >= 0) else {
            return Self::Invalid;
        };
        let left = gains.0 - items.refunded_after_filing_fen.0;
        Self::Known { gains, after_refund: Fen(left.max(0)), over_refunded: left < 0 }
    }

    pub fn known(self) -> Option<Fen> {
        match self {
            Self::Known { gains, .. } => Some(gains),
            _ => None,
        }
    }

    pub fn after_refund(self) -> Option<Fen> {
        match self {
            Self::Known { after_refund, .. } => Some(after_refund),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::case::GainsFacts;

    fn facts(gross: Option<i64>, before: i64, after: i64, other: &[i64]) -> Facts {
        Facts {
            gains: Some(GainsFacts {
                gross_receipts_fen: gross.map(Fen),
                refunded_before_filing_fen: Fen(before),
                refunded_after_filing_fen: Fen(after),
                other_deductions_fen: other.iter().copied().map(Fen).collect(),
                ..GainsFacts::default()
            }),
            ..Facts::default()
        }
    }

    #[test]
    fn refunds_before_filing_reduce_the_base_and_later_ones_only_the_confiscation() {
        // 收46580元、立案前退43580元 → 3000元 (discretion.md §2.2).
        assert_eq!(Gains::of(&facts(Some(4_658_000), 4_358_000, 0, &[])).known(), Some(Fen(300_000)));
        let late = Gains::of(&facts(Some(4_658_000), 0, 4_358_000, &[]));
        assert_eq!((late.known(), late.after_refund()), (Some(Fen(4_658_000)), Some(Fen(300_000))));
    }

    #[test]
    fn impossible_items_are_invalid_and_missing_ones_unknown() {
        assert_eq!(Gains::of(&facts(Some(100), 60, 0, &[60])), Gains::Invalid);
        assert_eq!(Gains::of(&facts(Some(-1), 0, 0, &[])), Gains::Invalid);
        assert_eq!(Gains::of(&facts(Some(i64::MAX), 0, 0, &[i64::MAX])), Gains::Invalid);
        assert_eq!(Gains::of(&facts(None, 0, 0, &[])), Gains::Unknown);
        assert_eq!(Gains::of(&Facts::default()), Gains::Unknown);
    }
}

//! 冲突规则: comparing what two laws do to the same facts (37), and which of several norms fines higher (29).

use std::cmp::Ordering;

use crate::domain::assessment::{Assessment, MoneyRange};
use crate::domain::penalty::{Circumstance, Mode, PenaltyKind};
use crate::domain::rulebook::HearingRule;

use super::range;
use super::steps::{matching, rectify_gap};
use super::table::Violation;
use super::work::Work;

/// All that one row would do to the party on the facts of a case. Compared kind before sum.
#[derive(Clone, Debug, PartialEq)]
pub struct Consequence {
    pub row: String,
    /// 3 = 资格、行为 penalties that always give a hearing, 2 = money, 1 = reputation, 0 = none.
    pub weight: u8,
    pub fine: Option<MoneyRange>,
    pub kinds: Vec<PenaltyKind>,
}

impl Consequence {
    /// Strictly lighter: kinds first, then the highest fine, then the lowest.
    pub fn lighter_than(&self, other: &Consequence) -> bool {
        let key = |c: &Consequence| {
            let fine = c.fine.map_or((0, 0), |f| (f.hi.0, f.lo.0));
            (c.weight, fine.0, fine.1)
        };
        key(self) < key(other)
    }

    /// For the trace.
    pub fn show(&self) -> String {
        let kinds: Vec<&str> = self.kinds.iter().map(|k| k.zh()).collect();
        match &self.fine {
            Some(fine) => format!("{}；罚款幅度 {}", kinds.join("、"), range::show(fine)),
            None => format!("{}；无罚款", kinds.join("、")),
        }
    }
}

/// What `row` would do on the facts of `work`; `None` when its preconditions are not met or its base is not established.
pub(crate) fn consequence(work: &Work<'_>, row: &Violation) -> Option<Consequence> {
    let target = work.book.outcome_row(row);
    let unrectified = rectify_gap(&work.case.facts).is_none();
    // The circumstance of the case where the row has it; else what the facts support by themselves.
    let circumstance = [work.circumstance, Circumstance::Unrectified, Circumstance::Base]
        .into_iter()
        .find(|c| (*c != Circumstance::Unrectified || unrectified) && target.outcomes.iter().any(|o| o.covers(*c)))?;
    let chosen = matching(target, circumstance, work.gains.known());
    let gains = work.gains.known();
    let mut lightest: Option<Consequence> = None;
    for outcome in chosen {
        let mut found = Consequence { row: row.id.clone(), weight: 0, fine: None, kinds: vec![] };
        for spec in &outcome.penalties {
            if spec.mode == Mode::MustIfGains && gains.is_none_or(|g| g.0 <= 0) {
                continue;
            }
            found.kinds.push(spec.kind);
            let rule = work.book.kinds.get(&spec.kind)?;
            let weight = match rule.hearing {
                HearingRule::Always => 3,
                HearingRule::ByThreshold => 2,
                HearingRule::Never => 1,
            };
            found.weight = found.weight.max(weight);
            if spec.kind == PenaltyKind::Fine {
                found.fine = Some(range::statutory(spec, work.bases()).ok()?.range);
            }
        }
        if lightest.as_ref().is_none_or(|best| found.lighter_than(best)) {
            lightest = Some(found);
        }
    }
    lightest
}

/// 行政处罚法29: of several norms that fine the same act, the one with the higher fine: highest upper bound, then highest lower
/// bound. Norms without a computed fine do not take part; equal ones leave the first. The statute gives no method of comparison:
/// the result is shown for a person to confirm.
pub fn higher_fine(assessments: &[Assessment]) -> Option<&Assessment> {
    let fine = |a: &Assessment| a.penalties.iter().filter_map(|p| p.range_fen).max_by(compare_ranges);
    let mut best: Option<(&Assessment, MoneyRange)> = None;
    for item in assessments {
        if let Some(range) = fine(item)
            && best.as_ref().is_none_or(|(_, b)| compare_ranges(&range, b) == Ordering::Greater)
        {
            best = Some((item, range));
        }
    }
    best.map(|(item, _)| item)
}

fn compare_ranges(a: &MoneyRange, b: &MoneyRange) -> Ordering {
    (a.hi, a.lo).cmp(&(b.hi, b.lo))
}

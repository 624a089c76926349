//! 阶次之间的重叠和空档: the tiers of a benchmark must fill the statutory range exactly, in order, and never leave it.

use serde::{Deserialize, Serialize};

use super::amount::{Amount, Unit};
use super::table::{Base, Benchmark};
use crate::domain::penalty::{Circumstance, Tier, vocabulary};
use crate::domain::rulebook::RuleBook;

vocabulary! {
    /// What is wrong between the tiers of one violation.
    FindingKind {
        OutOfStatute = "out_of_statute", "超出法定幅度";
        Overlap = "overlap", "重叠";
        SharedBound = "shared_bound", "两阶都含同一个数";
        Gap = "gap", "空档";
        Descending = "descending", "阶次倒置";
        SameTier = "same_tier", "同一阶次重复";
        Unchecked = "unchecked", "不能自动核对";
    }
}

/// One finding, with the exact part of the range it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    pub kind: FindingKind,
    pub violation: String,
    pub when: Circumstance,
    /// Entries it is about.
    pub entries: Vec<String>,
    pub span: Option<Amount>,
    /// The whole finding in Chinese.
    pub text: String,
}

/// The part of the range that one entry gives to a tier; both bounds of `span` are present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Band {
    pub entry: String,
    pub tier: Tier,
    pub span: Amount,
    /// What tells it from another band of its tier.
    pub conditions: Vec<String>,
}

/// The group of bands that is compared: one violation, one outcome, one base.
#[derive(Clone, Copy, Debug)]
pub struct Group<'a> {
    pub violation: &'a str,
    pub when: Circumstance,
    /// 法定幅度 of each outcome that may apply; several when the clause divides by 违法所得.
    pub statutory: &'a [Amount],
}

/// Both bounds, known to be there.
#[derive(Clone, Copy, PartialEq)]
struct Ends {
    lo: i64,
    lo_incl: bool,
    hi: i64,
    hi_incl: bool,
}

fn ends(span: &Amount) -> Option<Ends> {
    Some(Ends { lo: span.lo?, lo_incl: span.lo_incl, hi: span.hi?, hi_incl: span.hi_incl })
}

impl Ends {
    fn amount(self, unit: Unit) -> Amount {
        let Self { lo, lo_incl, hi, hi_incl } = self;
        Amount { unit, lo: Some(lo), lo_incl, hi: Some(hi), hi_incl }
    }

    /// Nothing between the bounds: for money no whole 分, for multiples no number at all.
    fn empty(self, unit: Unit) -> bool {
        let inner = |open: bool| i64::from(open);
        match unit {
            Unit::Times => self.lo > self.hi || (self.lo == self.hi && !(self.lo_incl && self.hi_incl)),
            _ => self.lo + inner(!self.lo_incl) > self.hi - inner(!self.hi_incl),
        }
    }

    fn common(self, other: Self) -> Self {
        let (lo, lo_incl) = match self.lo.cmp(&other.lo) {
            std::cmp::Ordering::Equal => (self.lo, self.lo_incl && other.lo_incl),
            std::cmp::Ordering::Less => (other.lo, other.lo_incl),
            std::cmp::Ordering::Greater => (self.lo, self.lo_incl),
        };
        let (hi, hi_incl) = match self.hi.cmp(&other.hi) {
            std::cmp::Ordering::Equal => (self.hi, self.hi_incl && other.hi_incl),
            std::cmp::Ordering::Less => (self.hi, self.hi_incl),
            std::cmp::Ordering::Greater => (other.hi, other.hi_incl),
        };
        Self { lo, lo_incl, hi, hi_incl }
    }

    /// What lies below and above `inner`.
    fn without(self, inner: Self) -> [Self; 2] {
        [
            self.common(Self { lo: i64::MIN + 1, lo_incl: true, hi: inner.lo, hi_incl: !inner.lo_incl }),
            self.common(Self { lo: inner.hi, lo_incl: !inner.hi_incl, hi: i64::MAX - 1, hi_incl: true }),
        ]
    }
}

/// Compares the bands of one group with each other and with the law.
pub fn check(group: Group<'_>, bands: &[Band]) -> Vec<Finding> {
    let mut out = Findings { group, all: vec![] };
    let bands: Vec<(&Band, Ends)> = bands.iter().filter_map(|b| Some((b, ends(&b.span)?))).collect();
    let laws: Vec<Ends> = group.statutory.iter().filter_map(ends).collect();
    let (Some((first, _)), Some(law)) = (bands.first(), laws.first().copied()) else { return vec![] };
    let unit = first.span.unit;
    for (band, span) in &bands {
        let outside = |law: &Ends| span.without(*law).into_iter().filter(|p| !p.empty(unit)).collect::<Vec<_>>();
        if laws.iter().all(|l| !outside(l).is_empty()) {
            let ranges: Vec<String> = laws.iter().map(|l| l.amount(unit).to_string()).collect();
            for part in outside(&law) {
                let text = format!("{}的 {} 不在法定幅度 {} 之内", name(band), part.amount(unit), ranges.join("、"));
                out.add(FindingKind::OutOfStatute, &[band], Some(part.amount(unit)), text);
            }
        }
    }
    for (i, (a, x)) in bands.iter().enumerate() {
        for (b, y) in bands.iter().skip(i + 1) {
            pair(&mut out, (a, *x), (b, *y), unit);
        }
    }
    if laws.iter().any(|l| *l != law) {
        let ranges: Vec<String> = laws.iter().map(|l| l.amount(unit).to_string()).collect();
        let text = format!("法条按违法所得分为几档（{}），阶次之间有无空档须由人核对", ranges.join("、"));
        out.add(FindingKind::Unchecked, &[], None, text);
    } else {
        gaps(&mut out, law, &bands, unit);
    }
    out.all
}

fn pair(out: &mut Findings<'_>, (a, x): (&Band, Ends), (b, y): (&Band, Ends), unit: Unit) {
    let both = x.common(y);
    if a.tier == b.tier {
        // Bands of one tier under different conditions may well meet.
        if a.conditions == b.conditions {
            let span = (!both.empty(unit)).then(|| both.amount(unit));
            let met = span.map(|s| format!("，重叠 {s}")).unwrap_or_default();
            let text = format!("{}与{}没有条件区分{met}；同时适用时程序取列在前面的一条", name(a), name(b));
            out.add(FindingKind::SameTier, &[a, b], span, text);
        }
        return;
    }
    if !both.empty(unit) {
        let span = both.amount(unit);
        if both.lo == both.hi {
            let text = format!("{}与{}都含 {span} 这一点，应当一边含、一边不含", name(a), name(b));
            out.add(FindingKind::SharedBound, &[a, b], Some(span), text);
        } else {
            out.add(FindingKind::Overlap, &[a, b], Some(span), format!("{}与{}重叠 {span}", name(a), name(b)));
        }
    }
    let ((lighter, l), (heavier, h)) = if a.tier < b.tier { ((a, x), (b, y)) } else { ((b, y), (a, x)) };
    if l.lo > h.lo && l.hi > h.hi {
        let text = format!("{}的 {} 高于{}的 {}", name(lighter), lighter.span, name(heavier), heavier.span);
        out.add(FindingKind::Descending, &[lighter, heavier], None, text);
    }
}

fn gaps(out: &mut Findings<'_>, law: Ends, bands: &[(&Band, Ends)], unit: Unit) {
    let mut spans: Vec<Ends> = bands.iter().map(|b| b.1.common(law)).filter(|s| !s.empty(unit)).collect();
    spans.sort_by_key(|s| (s.lo, !s.lo_incl));
    // Covered up to here; `covered` says whether the point itself is.
    let (mut at, mut covered) = (law.lo, !law.lo_incl);
    let mut hole = |lo, lo_incl, hi, hi_incl| {
        let part = Ends { lo, lo_incl, hi, hi_incl };
        if !part.empty(unit) {
            let text = format!("法定幅度 {} 中的 {} 不属于任何阶次", law.amount(unit), part.amount(unit));
            out.add(FindingKind::Gap, &[], Some(part.amount(unit)), text);
        }
    };
    for span in spans {
        hole(at, !covered, span.lo, !span.lo_incl);
        if (span.hi, span.hi_incl) > (at, covered) {
            (at, covered) = (span.hi, span.hi_incl);
        }
    }
    hole(at, !covered, law.hi, law.hi_incl);
}

fn name(band: &Band) -> String {
    format!("{}（{}）", band.tier.zh().trim_end_matches("处罚"), band.entry)
}

struct Findings<'a> {
    group: Group<'a>,
    all: Vec<Finding>,
}

impl Findings<'_> {
    fn add(&mut self, kind: FindingKind, about: &[&Band], span: Option<Amount>, text: String) {
        let Group { violation, when, .. } = self.group;
        let text = format!("{violation}（{}）{}：{text}", when.zh(), kind.zh());
        let entries = about.iter().map(|b| b.entry.clone()).collect();
        self.all.push(Finding { kind, violation: violation.into(), when, entries, span, text });
    }
}

/// 法定幅度 of the fine under one outcome, in the unit of its base; one entry for each outcome that may apply.
pub fn statutory(book: &RuleBook, violation: &str, when: Circumstance, base: Base) -> Vec<Amount> {
    let Some(row) = book.violation(violation).map(|v| book.outcome_row(v)) else { return vec![] };
    let specs = row.outcomes.iter().filter(|o| o.covers(when)).filter_map(|o| o.fine());
    let (unit, parts) = if base == Base::Fixed { (Unit::Fen, 100) } else { (Unit::Times, 1000) };
    specs
        .filter(|s| s.base == Some(base))
        .filter_map(|s| {
            let lo = i64::from(s.min.unwrap_or(0)) * parts;
            Some(Amount { unit, lo: Some(lo), lo_incl: lo > 0, hi: Some(i64::from(s.max?) * parts), hi_incl: true })
        })
        .collect()
}

/// The band of a loaded benchmark. A lower bound that is the law's own is included only where the law includes it.
fn band(rule: &Benchmark, law: &[Amount]) -> Band {
    let range = &rule.range;
    let (unit, parts) = if range.base == Base::Fixed { (Unit::Fen, 10) } else { (Unit::Times, 1) };
    // Thousandths of a 元 → 分, inwards.
    let lo = range.min.0.div_euclid(parts) + i64::from(range.min.0.rem_euclid(parts) != 0);
    let open = law.iter().any(|l| l.lo == Some(lo) && !l.lo_incl);
    let hi = range.max.0.div_euclid(parts);
    let lo_incl = (range.min_incl && !open) || range.min.0.rem_euclid(parts) != 0;
    let hi_incl = range.max_incl || range.max.0.rem_euclid(parts) != 0;
    let conditions = rule.conditions_all.iter().chain(&rule.conditions_any).map(ToString::to_string).collect();
    Band {
        entry: rule.id.clone(),
        tier: rule.tier,
        span: Amount { unit, lo: Some(lo), lo_incl, hi: Some(hi), hi_incl },
        conditions,
    }
}

/// Findings about all loaded benchmarks, in the order in which the violations first come.
pub fn of_book(book: &RuleBook) -> Vec<Finding> {
    let mut done: Vec<(&str, Circumstance, Base)> = vec![];
    let mut out = vec![];
    for rule in &book.benchmarks {
        let key = (rule.violation.as_str(), rule.when, rule.range.base);
        if done.contains(&key) {
            continue;
        }
        done.push(key);
        let law = statutory(book, key.0, key.1, key.2);
        let same = book.benchmarks.iter().filter(|b| (b.violation.as_str(), b.when, b.range.base) == key);
        let bands: Vec<Band> = same.map(|b| band(b, &law)).collect();
        out.extend(check(Group { violation: key.0, when: key.1, statutory: &law }, &bands));
    }
    out
}

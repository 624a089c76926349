//! 幅度的写法: `五千元以上一万元以下`, `1～3倍`, `超过1万元不足3万元` → exact bounds, each included or not.
//!
//! 以上、以下、以内 include the number, 不满、超过 do not (民法典1259); 含、不含 in brackets decide where they stand.

mod number;

use std::fmt;
use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

use self::number::{Number, normalise, numbers};
use super::table::Base;
use crate::domain::money::{ABSURD_FEN, Fen};
use crate::domain::penalty::vocabulary;

/// No bound is above this, in the smallest part of its unit.
const LARGEST: i64 = ABSURD_FEN;

vocabulary! {
    /// What a span counts, in its smallest part: 分, thousandths of a 倍, whole days, months, years.
    Unit {
        Fen = "fen", "元";
        Times = "milli_times", "倍";
        Days = "day", "日";
        Months = "month", "个月";
        Years = "year", "年";
    }
}

/// A span between two bounds; a bound that is not written is `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amount {
    pub unit: Unit,
    pub lo: Option<i64>,
    pub lo_incl: bool,
    pub hi: Option<i64>,
    pub hi_incl: bool,
}

/// What stands for a fine in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FineSpan {
    pub amount: Amount,
    /// What it is a multiple of, where the text says so.
    pub base: Option<Base>,
}

/// One bound: on which side, and whether its number belongs to the span.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Lower(bool),
    Upper(bool),
    Bare,
}

static AFTER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?P<a>\((?:不?含)[^)]*\))?(?P<w>及?以上|起|及?以下|以内|之内)?(?P<b>\((?:不?含)[^)]*\)|,?不?含本数)?")
        .expect("the pattern is valid")
});
static BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?P<w>不超过|不高于|不多于|不得超过|至多|最高|≤|不低于|不少于|不小于|至少|最低|达到|≥|不足|不满|未满|未达到|低于|少于|小于|<|超过|高于|大于|多于|>)$",
    )
    .expect("the pattern is valid")
});

/// Every span in a text, with the byte offsets in its normalised form that it was read from. The error says in Chinese what
/// cannot be.
fn spans(text: &str) -> Result<Vec<(Amount, usize, usize)>, String> {
    let all = numbers(text);
    let mut out: Vec<(Amount, usize, usize)> = vec![];
    let mut i = 0;
    while let Some(first) = all.get(i) {
        let from = i.checked_sub(1).and_then(|p| all.get(p)).map_or(0, |p| p.end);
        let (side, start, end) = side(text, first, from)?;
        let next = all.get(i + 1).map(|n| self::side(text, n, first.end).map(|s| (n, s))).transpose()?;
        // A second bound right behind the first lends it its unit: 1至3万元, 5千以上1万元以下.
        let next = next.filter(|(_, (.., begins, _))| *begins >= end && connects(&text[end..*begins]));
        let unit = first.unit.or_else(|| next.as_ref().and_then(|n| n.0.unit));
        let Some(unit) = unit else {
            i += 1;
            continue;
        };
        let inexact = || format!("“{}”不能精确到分", &text[first.start..first.end]);
        let pair = next.filter(|(n, _)| n.unit == Some(unit));
        if let Some((second, (other, begins, ends))) = pair {
            let link = &text[end..begins];
            let lo_incl = bracket(text, first.end).unwrap_or(true);
            let amount = match (side, other) {
                (Side::Lower(a), Side::Upper(b)) => {
                    span(first.value_before(second, unit), a, second.value(unit), b, unit)
                }
                (Side::Upper(b), Side::Lower(a)) => span(second.value(unit), a, first.value(unit), b, unit),
                // 1至3万元, 1~3倍, 1万元至3万元以下.
                (Side::Bare, Side::Bare | Side::Upper(_)) if matches!(link, "至" | "到" | "~") => {
                    let hi_incl =
                        if let Side::Upper(b) = other { b } else { bracket(text, second.end).unwrap_or(true) };
                    span(first.value_before(second, unit), lo_incl, second.value(unit), hi_incl, unit)
                }
                _ => None,
            };
            if let Some(amount) = amount {
                if amount.lo.is_none() || amount.hi.is_none() {
                    return Err(inexact());
                }
                out.push((amount, start, ends));
                i += 2;
                continue;
            }
        }
        let value = Some(first.value(unit).ok_or_else(inexact)?);
        let amount = match side {
            Side::Lower(incl) => span(value, incl, None, false, unit),
            Side::Upper(incl) => span(None, false, value, incl, unit),
            Side::Bare => span(value, true, value, true, unit),
        };
        out.extend(amount.map(|a| (a, start, end)));
        i += 1;
    }
    for (amount, start, end) in &out {
        if amount.is_empty() {
            return Err(format!("“{}”的下限大于上限", &text[*start..*end]));
        }
    }
    Ok(out)
}

fn span(lo: Option<i64>, lo_incl: bool, hi: Option<i64>, hi_incl: bool, unit: Unit) -> Option<Amount> {
    Some(Amount { unit, lo, lo_incl: lo.is_some() && lo_incl, hi, hi_incl: hi.is_some() && hi_incl })
}

fn connects(between: &str) -> bool {
    between.chars().all(|c| "至到~,的但且、".contains(c))
}

/// 含/不含 in brackets right behind a number.
fn bracket(text: &str, at: usize) -> Option<bool> {
    let found = AFTER.captures(&text[at..])?;
    let said = found.name("a").or_else(|| found.name("b"))?.as_str();
    Some(!said.contains('不'))
}

/// The side of a number by the words around it, and where those begin and end.
fn side(text: &str, number: &Number, from: usize) -> Result<(Side, usize, usize), String> {
    let (mut start, mut end) = (number.start, number.end);
    let stated = bracket(text, number.end);
    let after = AFTER.captures(&text[number.end..]);
    if let Some(found) = &after {
        end += found.get(0).map_or(0, |m| m.end());
    }
    let behind = after.as_ref().and_then(|f| f.name("w")).map(|w| {
        if w.as_str().contains('下') || w.as_str().contains('内') { Side::Upper(true) } else { Side::Lower(true) }
    });
    let ahead = BEFORE.captures(&text[from..number.start]).and_then(|f| f.name("w")).map(|w| {
        start = from + w.start();
        match w.as_str() {
            "不超过" | "不高于" | "不多于" | "不得超过" | "至多" | "最高" | "≤" => Side::Upper(true),
            "不低于" | "不少于" | "不小于" | "至少" | "最低" | "达到" | "≥" => Side::Lower(true),
            "超过" | "高于" | "大于" | "多于" | ">" => Side::Lower(false),
            _ => Side::Upper(false),
        }
    });
    let side = match (ahead, behind) {
        (Some(Side::Lower(_)), Some(Side::Upper(_))) | (Some(Side::Upper(_)), Some(Side::Lower(_))) => {
            return Err(format!("“{}”前后矛盾", &text[start..end]));
        }
        (Some(side), _) | (None, Some(side)) => side,
        (None, None) => Side::Bare,
    };
    let side = match (side, stated) {
        (Side::Lower(_), Some(incl)) => Side::Lower(incl),
        (Side::Upper(_), Some(incl)) => Side::Upper(incl),
        (other, _) => other,
    };
    Ok((side, start, end))
}

/// Every span of a text, in order, money and times and durations alike.
pub fn read(text: &str) -> Result<Vec<Amount>, String> {
    Ok(spans(&normalise(text))?.into_iter().map(|s| s.0).collect())
}

/// The one span of a fine. With several in the text, the one that 罚款 follows; the error names them all.
pub fn fine(text: &str) -> Result<FineSpan, String> {
    let text = normalise(text);
    if text.contains('每') {
        return Err("按数量累加的幅度不能自动识别".into());
    }
    if text.contains('%') || text.contains("百分之") {
        return Err("按比例写的幅度不能自动识别".into());
    }
    let found: Vec<_> = spans(&text)?.into_iter().filter(|(a, ..)| matches!(a.unit, Unit::Fen | Unit::Times)).collect();
    let fined: Vec<_> =
        found.iter().filter(|(.., end)| text[*end..].trim_start_matches('的').starts_with("罚款")).collect();
    let chosen = match (found.as_slice(), fined.as_slice()) {
        ([], _) => return Err("没有找到金额或者倍数".into()),
        ([one], _) => one,
        (_, [one]) => one,
        _ => {
            let all: Vec<String> = found.iter().map(|f| f.0.to_string()).collect();
            return Err(format!("有几个幅度（{}），须由人选定", all.join("、")));
        }
    };
    let (amount, start, _) = *chosen;
    let before = text[..start].rsplit(';').next().unwrap_or_default();
    let base = match amount.unit {
        Unit::Fen => Some(Base::Fixed),
        _ if before.contains("违法所得") => Some(Base::IllegalGains),
        _ if before.contains("损失") => Some(Base::ActualLoss),
        _ if before.contains("出资") => Some(Base::FalseCapital),
        _ => None,
    };
    Ok(FineSpan { amount, base })
}

impl Amount {
    /// No value lies inside.
    pub fn is_empty(&self) -> bool {
        self.lo.zip(self.hi).is_some_and(|(lo, hi)| lo > hi || (lo == hi && !(self.lo_incl && self.hi_incl)))
    }
}

/// One bound as a person reads it: `10000元`, `1.5倍`.
pub fn show(value: i64, unit: Unit) -> String {
    match unit {
        Unit::Fen => Fen(value).plain_yuan(),
        Unit::Times => {
            let (whole, part) = (value.div_euclid(1000), value.rem_euclid(1000));
            let part = format!("{part:03}");
            let part = part.trim_end_matches('0');
            if part.is_empty() { format!("{whole}倍") } else { format!("{whole}.{part}倍") }
        }
        Unit::Days | Unit::Months | Unit::Years => format!("{value}{}", unit.zh()),
    }
}

/// `［10000元，30000元）`; a bound that is not written is `不限`.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bound = |value: Option<i64>| value.map_or_else(|| "不限".into(), |v| show(v, self.unit));
        let open = if self.lo_incl { '［' } else { '（' };
        let close = if self.hi_incl { '］' } else { '）' };
        write!(f, "{open}{}，{}{close}", bound(self.lo), bound(self.hi))
    }
}

//! Numbers with units in running text: `1.5万元`, `五千元`, `３倍`, `壹万元整`. Exact: no floating point, nothing rounded.

use std::sync::LazyLock;

use regex::Regex;

use super::Unit;
use crate::domain::numerals;

/// A number as it stands in normalised text, before its unit is settled. `start..end` are byte offsets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Number {
    pub start: usize,
    pub end: usize,
    /// Digits without the point, and how many of them stand after it.
    mantissa: i64,
    decimals: u32,
    /// 万 and the like, when written with this number.
    multiplier: Option<i64>,
    pub unit: Option<Unit>,
}

static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?P<parts>\d+(?:,\d{3})*(?:\.\d+)?(?:[亿万千百]\d+)*|[〇零一二两三四五六七八九十百千万]+(?:点[〇零一二三四五六七八九]+)?)(?P<mult>[亿万千百])?(?P<unit>元|块|倍|个月|日|天|年)?",
    )
    .expect("the pattern is valid")
});
/// Dates and places in a law are numbers, too, but no amounts.
static NO_AMOUNT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"\d{4}年(?:\d{1,2}月(?:\d{1,2}日)?)?|第[\d〇零一二三四五六七八九十百千]+[条款项章节号档阶类次]|〔\d{4}〕\d+号",
    )
    .expect("the pattern is valid")
});
/// （不含1万元）: the number inside is the one before it.
static BRACKET: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\((不?含)[^()]*\)").expect("the pattern is valid"));

/// One form for what people write in several: half-width, no blanks, capital numerals as plain ones, and dates and article
/// numbers blanked out.
pub(super) fn normalise(text: &str) -> String {
    let plain: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '\u{3000}')
        .map(|c| match c {
            '！'..='～' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
            '。' => ';',
            '—' | '–' | '―' | '〜' | '∼' | '-' => '~',
            '≧' => '≥',
            '≦' => '≤',
            '壹' => '一',
            '贰' => '二',
            '叁' => '三',
            '肆' => '四',
            '伍' => '五',
            '陆' => '六',
            '柒' => '七',
            '捌' => '八',
            '玖' => '九',
            '拾' => '十',
            '佰' => '百',
            '仟' => '千',
            _ => c,
        })
        .collect();
    // The half-width hyphen comes out of the first arm, so it is mapped here.
    let plain = plain.replace('-', "~").replace(">=", "≥").replace("<=", "≤").replace("元整", "元").replace("~~", "~");
    BRACKET.replace_all(&NO_AMOUNT.replace_all(&plain, "某"), "($1)").into_owned()
}

/// Every number of normalised text, in order. One without a unit has `unit == None`.
pub(super) fn numbers(text: &str) -> Vec<Number> {
    NUMBER.captures_iter(text).filter_map(|c| one(text, &c)).collect()
}

/// What may follow 五万 that stands for 五万元; 五万人 is no sum.
const SUM_GOES_ON: [&str; 12] = ["以上", "以下", "以内", "及以", "至", "到", "~", "(", ";", ",", "的", "罚款"];

fn one(text: &str, found: &regex::Captures<'_>) -> Option<Number> {
    let whole = found.get(0)?;
    let unit = found.name("unit").and_then(|u| match u.as_str() {
        "元" | "块" => Some(Unit::Fen),
        "倍" => Some(Unit::Times),
        "日" | "天" => Some(Unit::Days),
        "个月" => Some(Unit::Months),
        "年" => Some(Unit::Years),
        _ => None,
    });
    let parts = &found["parts"];
    let multiplier = found.name("mult").and_then(|m| m.as_str().chars().next()).map(factor);
    // A number that overflows stays one, and has no value: dropping it would leave a span without its bound.
    let unreadable = (i64::MAX, 0, None);
    let (mantissa, decimals, multiplier) = if parts.starts_with(|c: char| c.is_ascii_digit()) {
        digits(&parts.replace(',', ""), multiplier).unwrap_or(unreadable)
    } else {
        let (mantissa, decimals) = han(parts)?;
        // 五万: the 万 is part of the number already.
        (mantissa, decimals, multiplier.or(parts.ends_with(['万', '千', '百']).then_some(1)))
    };
    let rest = &text[whole.end()..];
    let bare_sum = unit.is_none() && multiplier.is_some() && whole.as_str().chars().count() > 1;
    let unit = unit
        .or((bare_sum && (rest.is_empty() || SUM_GOES_ON.iter().any(|w| rest.starts_with(w)))).then_some(Unit::Fen));
    Some(Number { start: whole.start(), end: whole.end(), mantissa, decimals, multiplier, unit })
}

fn factor(c: char) -> i64 {
    match c {
        '亿' => 100_000_000,
        '万' => 10_000,
        '千' => 1_000,
        '百' => 100,
        _ => 1,
    }
}

/// `3万5千` comes as parts `3万5` and multiplier 千.
fn digits(parts: &str, multiplier: Option<i64>) -> Option<(i64, u32, Option<i64>)> {
    if !parts.contains(['亿', '万', '千', '百']) {
        let (whole, fraction) = parts.split_once('.').unwrap_or((parts, ""));
        return Some((format!("{whole}{fraction}").parse().ok()?, u32::try_from(fraction.len()).ok()?, multiplier));
    }
    let (mut total, mut open) = (0i64, String::new());
    for c in parts.chars() {
        if c.is_ascii_digit() || c == '.' {
            open.push(c);
        } else {
            total = total.checked_add(open.parse::<i64>().ok()?.checked_mul(factor(c))?)?;
            open.clear();
        }
    }
    let last: i64 = open.parse().ok()?;
    Some((total.checked_add(last.checked_mul(multiplier.unwrap_or(1))?)?, 0, Some(1)))
}

fn han(text: &str) -> Option<(i64, u32)> {
    let (whole, fraction) = text.split_once('点').unwrap_or((text, ""));
    let whole = i64::from(numerals::parse(whole)?);
    let mut mantissa = whole;
    for c in fraction.chars() {
        mantissa = mantissa.checked_mul(10)?.checked_add(i64::from(numerals::parse(&c.to_string())?))?;
    }
    Some((mantissa, u32::try_from(fraction.chars().count()).ok()?))
}

impl Number {
    /// The value in the smallest part of `unit`; `None` when it is not exact or too large.
    pub fn value(&self, unit: Unit) -> Option<i64> {
        self.scaled(unit, self.multiplier.unwrap_or(1))
    }

    fn scaled(&self, unit: Unit, multiplier: i64) -> Option<i64> {
        let parts = match unit {
            Unit::Fen => 100,
            Unit::Times => 1000,
            Unit::Days | Unit::Months | Unit::Years => 1,
        };
        let divisor = 10i128.checked_pow(self.decimals)?;
        let value = i128::from(self.mantissa) * i128::from(multiplier) * parts;
        (value % divisor == 0).then(|| i64::try_from(value / divisor).ok()).flatten().filter(|v| *v <= super::LARGEST)
    }

    /// The value of `1` in `1至3万元` and of `5000` in `5000至1万元`: the 万 of the following number is shared when the two are
    /// in order that way.
    pub fn value_before(&self, next: &Number, unit: Unit) -> Option<i64> {
        let upper = next.value(unit)?;
        let shared = next.multiplier.filter(|m| self.multiplier.is_none() && self.unit.is_none() && *m > 1);
        match shared.and_then(|m| self.scaled(unit, m)) {
            Some(value) if value <= upper => Some(value),
            _ => self.value(unit),
        }
    }
}

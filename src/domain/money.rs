//! 金额: integer 分, never a float; 大写 and 小写 come from the same integer (documents.md §0).

use std::fmt;

use serde::{Deserialize, Serialize};

/// The largest sum that is taken as meant: 1000 亿元, in 分. Anything above is a typing error.
pub const ABSURD_FEN: i64 = 10_000_000_000_000;

/// A sum of money in 分 (1 元 = 100 分). May be negative only in intermediate results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fen(pub i64);

impl Fen {
    pub const ZERO: Fen = Fen(0);

    /// Whole yuan to 分; `None` on overflow.
    pub fn from_yuan(yuan: i64) -> Option<Fen> {
        yuan.checked_mul(100).map(Fen)
    }

    pub fn checked_add(self, other: Fen) -> Option<Fen> {
        self.0.checked_add(other.0).map(Fen)
    }

    pub fn checked_sub(self, other: Fen) -> Option<Fen> {
        self.0.checked_sub(other.0).map(Fen)
    }

    /// Rounds up to whole yuan (下界向上取到元, discretion.md §2.3).
    pub fn ceil_yuan(self) -> Fen {
        Fen(self.0.div_euclid(100) * 100 + if self.0.rem_euclid(100) == 0 { 0 } else { 100 })
    }

    /// Rounds down to whole yuan (上界向下取到元).
    pub fn floor_yuan(self) -> Fen {
        Fen(self.0.div_euclid(100) * 100)
    }

    /// `46,580.00`
    pub fn grouped(self) -> String {
        let cents = self.0.unsigned_abs();
        let yuan = (cents / 100).to_string();
        let mut out = String::new();
        for (i, digit) in yuan.chars().enumerate() {
            if i > 0 && (yuan.len() - i).is_multiple_of(3) {
                out.push(',');
            }
            out.push(digit);
        }
        format!("{}{}.{:02}", if self.0 < 0 { "-" } else { "" }, out, cents % 100)
    }

    /// `46580元` or `29999.99元`: for running prose.
    pub fn plain_yuan(self) -> String {
        let (sign, cents) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs());
        if cents.is_multiple_of(100) {
            format!("{sign}{}元", cents / 100)
        } else {
            format!("{sign}{}.{:02}元", cents / 100, cents % 100)
        }
    }

    /// 大写 without 人民币: `肆万陆仟伍佰捌拾元整`. Zero is `零元整`.
    pub fn capital(self) -> String {
        const DIGITS: [char; 10] = ['零', '壹', '贰', '叁', '肆', '伍', '陆', '柒', '捌', '玖'];
        let cents = self.0.unsigned_abs();
        let (yuan, jiao, fen) = (cents / 100, cents / 10 % 10, cents % 10);
        let mut out = String::from(if self.0 < 0 { "负" } else { "" });
        if yuan > 0 || (jiao == 0 && fen == 0) {
            out.push_str(&capital_integer(yuan));
            out.push('元');
        }
        match (jiao, fen) {
            (0, 0) => out.push('整'),
            (j, 0) => {
                out.push(DIGITS[j as usize]);
                out.push_str("角整");
            }
            (0, f) => {
                if yuan > 0 {
                    out.push('零');
                }
                out.push(DIGITS[f as usize]);
                out.push('分');
            }
            (j, f) => {
                out.push(DIGITS[j as usize]);
                out.push('角');
                out.push(DIGITS[f as usize]);
                out.push('分');
            }
        }
        out
    }

    /// The form used in a decision: `人民币壹万元整（￥10,000.00）` (documents.md §0).
    pub fn formal(self) -> String {
        format!("人民币{}（￥{}）", self.capital(), self.grouped())
    }
}

fn capital_integer(value: u64) -> String {
    const DIGITS: [char; 10] = ['零', '壹', '贰', '叁', '肆', '伍', '陆', '柒', '捌', '玖'];
    const UNITS: [&str; 4] = ["", "拾", "佰", "仟"];
    const GROUPS: [&str; 5] = ["", "万", "亿", "万亿", "亿亿"];
    if value == 0 {
        return "零".into();
    }
    let digits: Vec<usize> = value.to_string().bytes().map(|b| (b - b'0') as usize).collect();
    let mut out = String::new();
    let (mut pending_zero, mut group_has_digit) = (false, false);
    for (i, &digit) in digits.iter().enumerate() {
        let place = digits.len() - 1 - i;
        if digit == 0 {
            pending_zero = !out.is_empty();
        } else {
            if pending_zero {
                out.push('零');
                pending_zero = false;
            }
            out.push(DIGITS[digit]);
            out.push_str(UNITS[place % 4]);
            group_has_digit = true;
        }
        if place.is_multiple_of(4) {
            if group_has_digit {
                out.push_str(GROUPS[place / 4]);
            }
            group_has_digit = false;
        }
    }
    out
}

impl fmt::Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.plain_yuan())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yuan(value: i64) -> Fen {
        Fen::from_yuan(value).unwrap()
    }

    #[test]
    fn capital_amounts_of_documents_md() {
        assert_eq!(yuan(10_000).formal(), "人民币壹万元整（￥10,000.00）");
        assert_eq!(yuan(46_580).capital(), "肆万陆仟伍佰捌拾元整");
        assert_eq!(yuan(100_005).capital(), "壹拾万零伍元整");
        assert_eq!(yuan(3_000).capital(), "叁仟元整");
        assert_eq!(yuan(1_000_000).capital(), "壹佰万元整");
    }

    #[test]
    fn capital_amounts_with_zeros_and_cents() {
        assert_eq!(Fen(0).capital(), "零元整");
        assert_eq!(Fen(5).capital(), "伍分");
        assert_eq!(Fen(50).capital(), "伍角整");
        assert_eq!(Fen(2_999_999).capital(), "贰万玖仟玖佰玖拾玖元玖角玖分");
        assert_eq!(Fen(100_001).capital(), "壹仟元零壹分");
        assert_eq!(yuan(10_010).capital(), "壹万零壹拾元整");
        assert_eq!(yuan(100_010_000).capital(), "壹亿零壹万元整");
        assert_eq!(yuan(20_0000_3000).capital(), "贰拾亿零叁仟元整");
    }

    #[test]
    fn rounding_goes_inwards() {
        assert_eq!(Fen(101).ceil_yuan(), Fen(200));
        assert_eq!(Fen(199).floor_yuan(), Fen(100));
        assert_eq!(Fen(200).ceil_yuan(), Fen(200));
    }
}

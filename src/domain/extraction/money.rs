//! Sums and their roles.

use std::sync::LazyLock;

use regex::Regex;

use super::{Sink, Source};

static MONEY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:人民币)?[￥¥]?\s*(?P<n>\d[\d,，]*(?:\.\d{1,6})?)\s*(?P<u>万|亿)?余?元")
        .expect("the pattern is valid")
});

/// `128,600` + unit → 分, exactly; `None` when it has more decimals than 分 or is too large.
fn fen(number: &str, unit: Option<&str>) -> Option<i64> {
    let clean: String = number.chars().filter(|c| *c != ',' && *c != '，').collect();
    let (whole, part) = clean.split_once('.').unwrap_or((&clean, ""));
    let zeros = match unit {
        Some("万") => 6,
        Some("亿") => 10,
        _ => 2,
    };
    if part.len() > zeros {
        return None;
    }
    let digits = format!("{whole}{part}{}", "0".repeat(zeros - part.len()));
    digits.parse().ok().filter(|v| *v <= crate::domain::money::ABSURD_FEN)
}

pub(super) fn read(source: &Source<'_>, sink: &mut Sink) {
    for found in MONEY.captures_iter(source.text) {
        let whole = found.get(0).expect("group 0 always takes part");
        let Some(value) = fen(&found["n"], found.name("u").map(|u| u.as_str())) else { continue };
        if whole.as_str().contains('余') {
            // 3万余元 is no exact sum.
            continue;
        }
        let before = source.before(whole.start(), 14);
        let after = source.after(whole.end(), 4);
        if after.starts_with('/')
            || after.starts_with('每')
            || before.ends_with('每')
            || ["每课时", "每生", "每人", "每科", "每学期", "每期", "每月", "标准", "单价", "注册资本", "租金", "工资"]
                .iter()
                .any(|w| before.contains(w))
        {
            continue;
        }
        let mut put = |path: &str| sink.put(source, path, value, whole.start(), whole.end());
        let near = |words: &[&str]| words.iter().any(|w| before.contains(w));
        if near(&["退还", "退费", "退款", "退回", "清退", "已退", "退"]) && !near(&["未退", "应退", "尚未"])
        {
            let clause = source.clause(whole.start());
            put(if clause.contains("立案后") {
                "facts.gains.refunded_after_filing_fen"
            } else {
                "facts.gains.refunded_before_filing_fen"
            });
        } else if near(&["损失"]) {
            put("facts.actual_loss_fen");
        } else if near(&[
            "收取",
            "收费",
            "共收",
            "收入",
            "收到",
            "收款",
            "缴费",
            "营业额",
            "学费",
            "培训费",
            "报名费",
            "租金收入",
        ]) {
            put("facts.gains.gross_receipts_fen");
        }
    }
    // A stated 违法所得 stands in for the receipts only when nothing else was found.
    if !sink.has("facts.gains.gross_receipts_fen")
        && let Some(found) = MONEY
            .captures_iter(source.text)
            .find(|f| source.before(f.get(0).map_or(0, |m| m.start()), 10).contains("违法所得"))
        && let Some(value) = fen(&found["n"], found.name("u").map(|u| u.as_str()))
    {
        let whole = found.get(0).expect("group 0 always takes part");
        sink.put(source, "facts.gains.gross_receipts_fen", value, whole.start(), whole.end());
    }
}

#[cfg(test)]
mod tests {
    use super::fen;

    #[test]
    fn sums_are_read_exactly() {
        assert_eq!(fen("128,600", None), Some(12_860_000));
        assert_eq!(fen("4.658", Some("万")), Some(4_658_000));
        assert_eq!(fen("0.01", None), Some(1));
        assert_eq!(fen("0.001", None), None);
        assert_eq!(fen("99999999999999999999", None), None);
    }
}

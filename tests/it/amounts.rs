//! 幅度的写法: what a published table says → exact bounds, or a refusal that names the place.

use zhicai::domain::discretion::amount::{self, Unit};
use zhicai::domain::discretion::table::Base;

/// `text` → the printed span, or the words the refusal must hold after `!`.
const FINES: &[(&str, &str)] = &[
    ("五千元以上一万元以下", "［5000元，10000元］"),
    ("处５０００元以上１万元以下罚款", "［5000元，10000元］"),
    ("处5,000元以上10,000元以下的罚款", "［5000元，10000元］"),
    ("处 5 000 元以上不满 1 万元的罚款", "［5000元，10000元）"),
    ("超过1万元不超过3万元", "（10000元，30000元］"),
    ("1万元以上不足3万元", "［10000元，30000元）"),
    ("3万元以下1万元以上", "［10000元，30000元］"),
    ("1-3万元", "［10000元，30000元］"),
    ("1万元至3万元", "［10000元，30000元］"),
    ("5000至1万元", "［5000元，10000元］"),
    ("1万～3万元以下", "［10000元，30000元］"),
    ("1万元（含）至3万元（不含）", "［10000元，30000元）"),
    ("1万元以上（不含1万元）3万元以下（含本数）", "（10000元，30000元］"),
    ("1万元（不含）以上3万元以下", "（10000元，30000元］"),
    ("5万以上10万以下", "［50000元，100000元］"),
    ("5千以上1万元以下", "［5000元，10000元］"),
    ("叁万元以上伍万元整以下", "［30000元，50000元］"),
    ("3万5千元以下", "（不限，35000元］"),
    ("0.015万元以下", "（不限，150元］"),
    ("12.345元以下", "!不能精确到分"),
    ("不超过3万元", "（不限，30000元］"),
    ("3万元以上", "［30000元，不限）"),
    ("≥1万元，＜3万元", "［10000元，30000元）"),
    ("处1万元罚款", "［10000元，10000元］"),
    ("处违法所得一倍以上二倍以下罚款", "［1倍，2倍］"),
    ("违法所得1.5倍以上不满2.25倍", "［1.5倍，2.25倍）"),
    ("一点五倍以下", "（不限，1.5倍］"),
    ("1～3倍", "［1倍，3倍］"),
    ("责令停止招生1年以上3年以下，并处1万元以上3万元以下罚款", "［10000元，30000元］"),
    ("违法所得不足1万元的，处1万元以上3万元以下罚款", "［10000元，30000元］"),
    ("依据2021年7月15日施行的第六十四条，处1万元以下罚款", "（不限，10000元］"),
    ("对单位处1万元以上3万元以下罚款，对个人处1000元以下罚款", "!有几个幅度"),
    ("五万元以上一万元以下", "!下限大于上限"),
    ("不超过3万元以上", "!前后矛盾"),
    ("超过1万元不满1万元", "!下限大于上限"),
    ("每名学生500元", "!按数量"),
    ("法定幅度的30%以下", "!按比例"),
    ("警告", "!没有找到"),
    ("5万人以上", "!没有找到"),
    ("", "!没有找到"),
    ("1元以上99999999999999999999元以下", "!不能精确"),
];

#[test]
fn fines_are_read_exactly_or_refused() {
    for (text, wanted) in FINES {
        match (amount::fine(text), wanted.strip_prefix('!')) {
            (Ok(found), None) => assert_eq!(found.amount.to_string(), *wanted, "{text}"),
            (Err(why), Some(word)) => assert!(why.contains(word), "{text}: {why}"),
            (got, _) => panic!("{text}: {got:?}"),
        }
    }
}

#[test]
fn the_base_is_taken_from_the_text_only() {
    let base = |text| amount::fine(text).unwrap().base;
    assert_eq!(base("处违法所得一倍以上二倍以下罚款"), Some(Base::IllegalGains));
    assert_eq!(base("没收违法所得；处损失金额一倍以下罚款"), Some(Base::ActualLoss));
    assert_eq!(base("一倍以下罚款"), None);
    assert_eq!(base("一万元以下罚款"), Some(Base::Fixed));
}

#[test]
fn durations_are_told_from_sums() {
    let found = amount::read("停止招生1年以上3年以下，10日内改正，罚款500元").unwrap();
    let units: Vec<Unit> = found.iter().map(|a| a.unit).collect();
    assert_eq!(units, [Unit::Years, Unit::Days, Unit::Fen]);
    assert_eq!((found[0].lo, found[0].hi, found[2].lo), (Some(1), Some(3), Some(50_000)));
}

//! 阶次的重叠、空档: tables of bands against one statutory range.

use zhicai::domain::discretion::amount::{self, Amount, Unit};
use zhicai::domain::discretion::tiers::{Band, FindingKind, Group, check};
use zhicai::domain::penalty::{Circumstance, Tier};

fn bands(list: &[(Tier, &str)]) -> Vec<Band> {
    let band = |(i, (tier, text)): (usize, &(Tier, &str))| Band {
        entry: format!("b{i}"),
        tier: *tier,
        span: amount::fine(text).unwrap().amount,
        conditions: vec![],
    };
    list.iter().enumerate().map(band).collect()
}

fn law(lo: i64, lo_incl: bool, hi: i64, unit: Unit) -> Amount {
    Amount { unit, lo: Some(lo), lo_incl, hi: Some(hi), hi_incl: true }
}

/// Kind and exact part of each finding.
fn found(law: &[Amount], bands: &[Band]) -> Vec<(FindingKind, String)> {
    let group = Group { violation: "ty116-1", when: Circumstance::Base, statutory: law };
    let all = check(group, bands);
    for finding in &all {
        assert!(finding.text.starts_with("ty116-1（基本情节）"), "{}", finding.text);
        assert!(finding.span.is_none_or(|s| finding.text.contains(&s.to_string())), "{}", finding.text);
    }
    all.into_iter().map(|f| (f.kind, f.span.map(|s| s.to_string()).unwrap_or_default())).collect()
}

use FindingKind::{Descending, Gap, OutOfStatute, Overlap, SameTier, SharedBound, Unchecked};
use Tier::{General, Lenient, Severe};

/// 法定幅度 10万元 to 50万元.
type Row<'a> = (&'a str, &'a [(Tier, &'a str)], &'a [(FindingKind, &'a str)]);
const MONEY: &[Row<'_>] = &[
    (
        "whole",
        &[(Lenient, "10万元以上22万元以下"), (General, "超过22万元不满38万元"), (Severe, "38万元以上50万元以下")],
        &[],
    ),
    (
        "whole in any order of rows",
        &[(Severe, "38万元以上50万元以下"), (Lenient, "10万元以上22万元以下"), (General, "超过22万元不满38万元")],
        &[],
    ),
    (
        "overlap",
        &[(Lenient, "10万元以上25万元以下"), (General, "20万元以上不满38万元"), (Severe, "38万元以上50万元以下")],
        &[(Overlap, "［200000元，250000元］")],
    ),
    (
        "overlap with an open end",
        &[(Lenient, "10万元以上不满25万元"), (General, "超过20万元不满38万元"), (Severe, "38万元以上50万元以下")],
        &[(Overlap, "（200000元，250000元）")],
    ),
    (
        "both include the bound",
        &[(Lenient, "10万元以上20万元以下"), (General, "20万元以上38万元以下"), (Severe, "超过38万元50万元以下")],
        &[(SharedBound, "［200000元，200000元］")],
    ),
    (
        "neither includes the bound",
        &[(Lenient, "10万元以上不满20万元"), (General, "超过20万元不满38万元"), (Severe, "38万元以上50万元以下")],
        &[(Gap, "［200000元，200000元］")],
    ),
    (
        "gap inside",
        &[(Lenient, "10万元以上20万元以下"), (General, "25万元以上不满38万元"), (Severe, "38万元以上50万元以下")],
        &[(Gap, "（200000元，250000元）")],
    ),
    (
        "one 分 apart is no gap, one 元 is",
        &[
            (Lenient, "10万元以上199999.99元以下"),
            (General, "20万元以上379999元以下"),
            (Severe, "38万元以上50万元以下"),
        ],
        &[(Gap, "（379999元，380000元）")],
    ),
    (
        "gaps at both ends",
        &[(General, "20万元以上30万元以下")],
        &[(Gap, "［100000元，200000元）"), (Gap, "（300000元，500000元］")],
    ),
    ("a single tier that fills the range", &[(General, "10万元以上50万元以下")], &[]),
    (
        "above the law",
        &[(Lenient, "10万元以上30万元以下"), (Severe, "超过30万元60万元以下")],
        &[(OutOfStatute, "（500000元，600000元］")],
    ),
    (
        "below the law",
        &[(Lenient, "5万元以上30万元以下"), (Severe, "超过30万元50万元以下")],
        &[(OutOfStatute, "［50000元，100000元）")],
    ),
    (
        "wholly outside",
        &[(Lenient, "10万元以上50万元以下"), (Severe, "60万元以上70万元以下")],
        &[(OutOfStatute, "［600000元，700000元］")],
    ),
    (
        "heavier tiers lie lower",
        &[(Severe, "10万元以上20万元以下"), (General, "超过20万元30万元以下"), (Lenient, "超过30万元50万元以下")],
        &[(Descending, ""), (Descending, ""), (Descending, "")],
    ),
    (
        "one tier twice",
        &[(Lenient, "10万元以上20万元以下"), (Severe, "超过20万元30万元以下"), (Severe, "超过30万元50万元以下")],
        &[(SameTier, "")],
    ),
];

#[test]
fn money() {
    let range = [law(10_000_000, true, 50_000_000, Unit::Fen)];
    for (name, list, wanted) in MONEY {
        let wanted: Vec<(FindingKind, String)> = wanted.iter().map(|(k, s)| (*k, (*s).to_string())).collect();
        assert_eq!(found(&range, &bands(list)), wanted, "{name}");
    }
}

#[test]
fn a_law_without_a_lower_bound_does_not_hold_zero() {
    let range = [law(0, false, 5_000_000, Unit::Fen)];
    let whole = bands(&[(Lenient, "超过0元1万元以下"), (Severe, "超过1万元5万元以下")]);
    assert_eq!(found(&range, &whole), vec![]);
    let zero = bands(&[(Lenient, "0元以上1万元以下"), (Severe, "超过1万元5万元以下")]);
    assert_eq!(found(&range, &zero), vec![(OutOfStatute, "［0元，0元］".into())]);
    let late = bands(&[(Lenient, "0.01元以上1万元以下"), (Severe, "超过1万元5万元以下")]);
    assert_eq!(found(&range, &late), vec![], "nothing lies between zero and one 分");
}

#[test]
fn multiples_have_no_smallest_step() {
    let range = [law(1000, true, 5000, Unit::Times)];
    let gap = bands(&[(Lenient, "1倍以上1.999倍以下"), (General, "2倍以上3倍以下"), (Severe, "超过3倍5倍以下")]);
    assert_eq!(found(&range, &gap), vec![(Gap, "（1.999倍，2倍）".into())]);
    let whole = bands(&[(Lenient, "1倍以上不满2倍"), (General, "2倍以上3倍以下"), (Severe, "超过3倍5倍以下")]);
    assert_eq!(found(&range, &whole), vec![]);
}

#[test]
fn a_clause_divided_by_gains_is_left_to_a_person_but_its_ends_hold() {
    let range = [law(3_000_000, true, 10_000_000, Unit::Fen), law(6_000_000, true, 15_000_000, Unit::Fen)];
    let list = bands(&[(Lenient, "3万元以上5万元以下"), (Severe, "10万元以上20万元以下")]);
    let kinds: Vec<FindingKind> = found(&range, &list).into_iter().map(|f| f.0).collect();
    assert!(kinds.contains(&OutOfStatute) && kinds.contains(&Unchecked) && !kinds.contains(&Gap), "{kinds:?}");
}

#[test]
fn one_tier_under_different_conditions_is_no_repetition() {
    let range = [law(10_000_000, true, 50_000_000, Unit::Fen)];
    let mut list = bands(&[(Lenient, "10万元以上30万元以下"), (Lenient, "10万元以上50万元以下")]);
    list[0].conditions = vec!["gains_fen < 100".into()];
    assert_eq!(found(&range, &list), vec![]);
    list[1].conditions = list[0].conditions.clone();
    assert_eq!(found(&range, &list), vec![(SameTier, "［100000元，300000元］".into())]);
}

//! 相似案例: what counts as near, what never counts, when nothing is compared, what the list and the words say.

use jiff::civil::{Date, date};
use jiff::{Span, ToSpan};
use proptest::prelude::*;
use serde_json::{Value, json};
use zhicai::corpus::cases::{
    CaseBook, CaseHit, CaseQuery, Kin, Measure, Parts, Refund, Side, kin, near_in_gains, parts, qualifies, recency,
};
use zhicai::corpus::{precedents, rules};
use zhicai::domain::distribution::{Bootstrap, Comparable, median_interval};
use zhicai::domain::money::Fen;
use zhicai::domain::penalty::Tier;
use zhicai::domain::precedent::Precedent;
use zhicai::domain::rulebook::RuleBook;
use zhicai::flow::ModelUse;

use crate::http::service_with;

const DAY: Date = date(2025, 6, 30);

fn book() -> RuleBook {
    rules::load(None).unwrap()
}

/// A decision under 民促法64条 whose receipts are all gains.
fn decided(id: &str, narrative: &str, gains_fen: i64) -> Precedent {
    let json = json!({
        "id": id, "label": "既往案例", "title": format!("{id}案"),
        "case": { "region": "青溪县", "cause": "涉嫌无证办学" },
        "party": { "name": format!("{id}教育咨询有限公司") },
        "facts": {
            "narrative": narrative, "violation": "mb64", "circumstance": "base",
            "factors": [{ "code": "active_correction" }],
            "gains": { "gross_receipts_fen": gains_fen },
        },
        "procedure": { "decided_at": "2025-01-15" },
        "disc": { "final": { "tier": "lenient", "fine_fen": gains_fen * 3 / 2 } },
    });
    serde_json::from_value(json).unwrap()
}

fn case() -> CaseQuery {
    CaseQuery {
        text: "在居民楼内未经许可开班收费，教师给学生讲课".into(),
        violation: Some("mb64".into()),
        tier: Some(Tier::Lenient),
        gains_fen: Some(Fen(3_200_000)),
        region: Some("青溪县".into()),
        factors: Some(vec!["active_correction".into()]),
        as_of: Some(DAY),
        limit: 10,
        ..CaseQuery::default()
    }
}

fn search(cases: Vec<Precedent>, query: &CaseQuery) -> Vec<CaseHit> {
    CaseBook::new(cases).unwrap().search(query, &book()).unwrap()
}

fn changed(mut base: Precedent, change: impl FnOnce(&mut Precedent)) -> Precedent {
    change(&mut base);
    base
}

fn sides(change: impl FnOnce(&mut CaseQuery), other: impl FnOnce(&mut Precedent)) -> (Side, Side, Parts) {
    let (measure, book) = (Measure::load().unwrap(), book());
    let mut query = case();
    change(&mut query);
    let decision = changed(decided("甲", "在居民楼内开班收费", 3_200_000), other);
    let (ours, theirs) = (Side::of_query(&query, &measure, &book), Side::of_decision(&decision, &measure, &book));
    let parts = parts(&ours, &theirs, &measure, &book);
    (ours, theirs, parts)
}

#[test]
fn each_part_is_as_near_as_its_field() {
    let m = Measure::load().unwrap();
    type Change = fn(&mut Precedent);
    type Part = fn(&Parts) -> Option<f64>;
    let table: [(&str, Change, Part, Option<f64>); 18] = [
        ("same row", |_| (), |p| p.violation, Some(1.0)),
        (
            "other article of the law",
            |d| d.facts.violation = Some("mb62".into()),
            |p| p.violation,
            Some(m.violation.law),
        ),
        ("other law", |d| d.facts.violation = Some("ty113".into()), |p| p.violation, Some(0.0)),
        ("row of nobody", |d| d.facts.violation = Some("x1".into()), |p| p.violation, Some(0.0)),
        ("not said", |d| d.facts.violation = None, |p| p.violation, None),
        ("same factors", |_| (), |p| p.factors, Some(1.0)),
        ("none there", |d| d.facts.factors.clear(), |p| p.factors, Some(0.0)),
        ("one of two", |d| d.facts.factors.push(factor("severe_by_law")), |p| p.factors, Some(0.5)),
        ("no legal effect", |d| d.facts.factors.push(factor("cooperation")), |p| p.factors, Some(1.0)),
        ("an element is no factor", |d| d.facts.factors.push(factor("no_harm")), |p| p.factors, Some(1.0)),
        ("but an element", |d| d.facts.factors.push(factor("no_harm")), |p| p.elements, Some(0.0)),
        ("equal gains", |_| (), |p| p.gains, Some(1.0)),
        ("gains not known", |d| d.facts.gains = None, |p| p.gains, None),
        ("same tier", |_| (), |p| p.tier, Some(1.0)),
        ("other tier", |d| d.disc.final_.as_mut().unwrap().tier = Some(Tier::Severe), |p| p.tier, Some(0.0)),
        ("same county", |_| (), |p| p.region, Some(m.region.county)),
        ("other county", |d| d.case.region = Some("石渡县".into()), |p| p.region, Some(0.0)),
        ("no region", |d| d.case.region = None, |p| p.region, None),
    ];
    for (name, change, part, expected) in table {
        assert_eq!(part(&sides(|_| (), change).2), expected, "{name}");
    }
    let near = |ours: &str, theirs: &'static str| {
        sides(|q| q.region = Some(ours.into()), |d| d.case.region = Some(theirs.into())).2.region
    };
    assert_eq!(near("安宁市", "昆明市西山区"), Some(m.region.city));
    assert_eq!(near("安宁市", "云南省曲靖市麒麟区"), Some(m.region.province));
    let half = m.recency.half_life_days as i64;
    assert_eq!((recency(0, &m), recency(half, &m), recency(-5, &m)), (1.0, 0.5, 1.0));
    let ten = near_in_gains(Fen(1_000_000), Fen(10_000_000), &m);
    assert!(ten < 0.001, "a factor of ten counts nothing: {ten}");
    assert_eq!(near_in_gains(Fen(0), Fen(0), &m), 1.0);
}

fn factor(code: &str) -> zhicai::domain::case::FactorFact {
    zhicai::domain::case::FactorFact { code: code.into(), ..Default::default() }
}

#[test]
fn rows_of_one_article_and_rows_that_name_each_other_are_a_family() {
    let book = book();
    assert_eq!(kin(&book, "jy77-2", "jy77-3"), Kin::Article);
    assert_eq!(kin(&book, "mb64", "mb62"), Kin::Law);
    assert_eq!(kin(&book, "mb64", "ty113"), Kin::Apart);
    assert_eq!(kin(&book, "nobody", "nobody"), Kin::Same);
    let linked = book.violations.iter().find_map(|v| v.refer_to.as_ref().map(|to| (v.id.clone(), to.clone())));
    let (from, to) = linked.expect("a row refers to another");
    assert!(matches!(kin(&book, &from, &to), Kin::Article | Kin::Linked), "{from} {to}");
    for a in &book.violations {
        for b in &book.violations {
            assert_eq!(kin(&book, &a.id, &b.id), kin(&book, &b.id, &a.id));
        }
    }
}

#[test]
fn what_is_not_known_of_both_does_not_count() {
    let measure = Measure::load().unwrap();
    let known = Parts { text: Some(0.8), violation: Some(0.8), ..Parts::default() };
    assert!((known.score(&measure) - 0.8).abs() < 1e-12);
    assert!(Parts { tier: Some(0.0), ..known }.score(&measure) < known.score(&measure));
    assert_eq!(Parts::default().score(&measure), 0.0);
}

#[test]
fn only_the_same_clause_circumstance_tier_and_level_qualify() {
    type Change = fn(&mut Precedent);
    let table: [(&str, Change, bool); 7] = [
        ("as it is", |_| (), true),
        ("other clause", |d| d.facts.violation = Some("mb62".into()), false),
        ("other tier", |d| d.disc.final_.as_mut().unwrap().tier = Some(Tier::General), false),
        ("no tier", |d| d.disc.final_ = None, false),
        ("circumstance not said", |d| d.facts.circumstance = None, true),
        ("serious", |d| d.facts.circumstance = serde_json::from_value(json!("serious")).unwrap(), false),
        ("a province's decision", |d| d.case.region = Some("云南省".into()), false),
    ];
    for (name, change, expected) in table {
        let query = |q: &mut CaseQuery| q.circumstance = serde_json::from_value(json!("base")).unwrap();
        let (ours, theirs, _) = sides(query, change);
        assert_eq!(qualifies(&ours, &theirs), expected, "{name}");
    }
    let (ours, theirs, _) = sides(|q| q.tier = None, |_| ());
    assert!(!qualifies(&ours, &theirs), "without a tier nothing is comparable");
}

#[test]
fn revoked_and_later_decisions_never_and_undated_ones_only_for_reading() {
    let text = &case().text;
    let cases = || {
        let told = |id: &str| decided(id, text, 3_200_000);
        vec![
            told("在前"),
            changed(told("已撤销"), |d| d.revoked_at = Some(date(2025, 7, 30))),
            changed(told("当日"), |d| d.procedure.decided_at = Some(DAY)),
            changed(told("次日"), |d| d.procedure.decided_at = DAY.tomorrow().ok()),
            changed(told("无日期"), |d| d.procedure.decided_at = None),
        ]
    };
    let found = CaseBook::new(cases()).unwrap().compare(&case(), &book()).unwrap();
    let ids = |hits: &[CaseHit]| {
        let mut ids: Vec<String> = hits.iter().map(|h| h.id.clone()).collect();
        ids.sort();
        ids
    };
    assert_eq!(ids(&found.hits), ["在前", "当日", "无日期"]);
    assert_eq!(ids(&found.comparable), ["在前", "当日"]);
    let undated = found.hits.iter().find(|h| h.id == "无日期").unwrap();
    assert!(undated.differs.contains("该案未注明决定日期"), "{}", undated.differs);
    // Without a day nothing is later, but revoked stays revoked.
    let any = search(cases(), &CaseQuery { as_of: None, ..case() });
    assert_eq!(ids(&any), ["在前", "当日", "无日期", "次日"]);
}

#[test]
fn a_crowd_of_later_decisions_does_not_hide_an_earlier_one() {
    let later = (0..300).map(|i| {
        changed(decided(&format!("后{i}"), &case().text, 3_200_000), |d| {
            d.procedure.decided_at = Some(date(2026, 1, 1));
        })
    });
    let earlier = decided("早", "楼上开班，没有办学许可", 3_200_000);
    let found = search(later.chain([earlier]).collect(), &case());
    assert_eq!(found.iter().map(|h| h.id.as_str()).collect::<Vec<_>>(), ["早"]);
}

#[test]
fn the_words_say_what_is_alike_and_what_is_not() {
    let near = changed(decided("近", "另一处事情", 2_900_000), |d| {
        let g = d.facts.gains.as_mut().unwrap();
        g.gross_receipts_fen = Some(Fen(3_900_000));
        g.refunded_before_filing_fen = Fen(1_000_000);
    });
    let far = changed(decided("远", "此人曾因同类行为被处罚，又开班收费", 60_000_000), |d| {
        d.facts.factors = vec![factor("severe_by_law")];
        d.disc.final_.as_mut().unwrap().tier = Some(Tier::Severe);
        d.procedure.decided_at = Some(date(2017, 3, 1));
    });
    let query = CaseQuery { refund: Some(Refund::Before), ..case() };
    let hits = search(vec![near, far], &query);
    let [near, far] = &hits[..] else { panic!("{hits:?}") };
    assert_eq!((near.id.as_str(), far.id.as_str()), ("近", "远"));
    assert_eq!(
        near.why,
        "同为无证办学；违法所得相近（3.2万元与2.9万元）；均主动退费；均有情节：主动消除或者减轻违法行为危害后果；同为从轻；同一地区"
    );
    assert_eq!(near.differs, "");
    assert!(
        far.differs
            .starts_with("该案为从重；该案曾被查处或者劝止；该案未退费；该案违法所得较多（60万元，本案3.2万元）"),
        "{}",
        far.differs
    );
    // Nothing is said of what a few words to search by do not tell.
    let words = CaseQuery { text: "开班收费".into(), as_of: Some(DAY), limit: 5, ..CaseQuery::default() };
    for hit in search(vec![decided("甲", "开班收费", 3_200_000)], &words) {
        assert_eq!((hit.why.as_str(), hit.differs.as_str()), ("事实表述相近", ""));
    }
}

#[test]
fn one_clause_with_several_acts_is_not_called_the_same_act() {
    let rented = |items: &[u32], cause: &str| {
        changed(decided("甲", "把球场租给商户停车", 0), |d| {
            d.facts.violation = Some("gw31".into());
            d.facts.items = items.to_vec();
            d.case.cause = Some(cause.into());
        })
    };
    let why = |query: &CaseQuery, decision| search(vec![decision], query).remove(0).why;
    let query = |items: &[u32], cause: Option<&str>| CaseQuery {
        violation: Some("gw31".into()),
        items: items.to_vec(),
        cause: cause.map(String::from),
        ..case()
    };
    let same = "同为违规出租公共体育设施";
    assert!(why(&query(&[2], None), rented(&[2], "涉嫌违规出租公共体育设施")).starts_with(same));
    assert!(why(&query(&[], Some("违规出租公共体育设施")), rented(&[], "涉嫌违规出租公共体育设施")).starts_with(same));
    for (ours, theirs) in [(&[1][..], &[2][..]), (&[], &[2]), (&[], &[])] {
        let said = why(&query(ours, Some("涉嫌改变设施用途")), rented(theirs, "涉嫌违规出租公共体育设施"));
        assert!(said.starts_with("同一条款（该案为违规出租公共体育设施）"), "{said}");
    }
}

#[test]
fn a_series_and_copies_do_not_fill_the_list() {
    let story = "我局检查发现该公司租用门面开设美术书法班，没有办学许可证，教师三人给学生上课";
    let series = (0..8).map(|i| {
        let text = format!("{story}，共收{}元", 31_000 + i);
        changed(decided(&format!("连{i}"), &text, 3_200_000), |d| {
            d.party.name = Some(format!("启明教育（{i}号店）"));
        })
    });
    let copies =
        (0..4).map(|i| decided(&format!("抄{i}"), &format!("{story}，共收{}元，课程{i}门", 41_000 + i), 3_200_000));
    let others = [
        decided("甲", "家长投诉楼上托管班教奥数，经营者承认从未申请许可", 2_500_000),
        decided("乙", "书画社里夹带语文课，退休教师讲课，书画收费另账", 2_600_000),
    ];
    let cases: Vec<Precedent> = series.chain(copies).chain(others).collect();
    let query = CaseQuery { text: story.into(), limit: 4, ..case() };
    let top = |diverse| -> Vec<String> {
        search(cases.clone(), &CaseQuery { diverse, ..query.clone() }).into_iter().map(|h| h.id).collect()
    };
    let plain = top(false);
    assert!(plain.iter().all(|id| id != "甲" && id != "乙"), "by score alone copies fill the list: {plain:?}");
    let list = top(true);
    assert_eq!(list[0], plain[0], "the nearest stays first");
    assert!(list.contains(&"甲".to_string()) && list.contains(&"乙".to_string()), "{list:?}");
    let crowd = (0..90).map(|i| decided(&format!("众{i}"), &format!("{story}，共收{}元", 51_000 + i), 3_200_000));
    let crowded = search(crowd.chain(cases.clone()).collect(), &CaseQuery { diverse: true, ..query.clone() });
    assert!(crowded.iter().any(|h| h.id == "甲") && crowded.iter().any(|h| h.id == "乙"), "{crowded:#?}");
    // Nothing is lost or doubled further down.
    let all = |diverse| {
        let mut ids: Vec<String> = search(cases.clone(), &CaseQuery { diverse, limit: 200, ..query.clone() })
            .into_iter()
            .map(|h| h.id)
            .collect();
        ids.sort();
        ids
    };
    assert_eq!(all(true), all(false));
    assert_eq!(all(true).len(), cases.len());
}

#[test]
fn too_few_are_not_compared() {
    assert_eq!(Comparable::of(2, 5).note, "可比案例仅2件，少于5件，不作比较");
    assert!(!Comparable::of(4, 5).enough && Comparable::of(5, 5).enough);
    let service = service_with(ModelUse::default());
    let similar = |json: Value, day| {
        let (case, _) = service.flow.read_case(&json.to_string()).unwrap();
        service.flow.assess_on(&case, day, None).unwrap().similar
    };
    let facts = |violation: &str| {
        json!({
            "facts": {
                "narrative": "开设培训班，没有办学许可证，收取费用", "violation": violation, "circumstance": "base",
                "act_from": "2025-03-01", "act_to": "2025-05-01",
                "factors": [{ "code": "active_correction", "text": "退费", "evidence": [1] }],
                "gains": { "gross_receipts_fen": 3_200_000, "rule_citation": "行政处罚法第二十八条第二款" },
            },
            "party": { "kind": "legal_person" },
            "evid": [{ "no": 1, "kind": "documentary", "title": "退费登记表" }],
        })
    };
    let day = date(2026, 9, 1);
    let enough = similar(facts("mb64"), day);
    assert!(enough.comparable.enough && enough.sample >= 5, "{enough:?}");
    assert_eq!((enough.comparable.qualify, enough.comparable.needed), (enough.sample, 5));
    let (q1, median, q3) = (enough.q1.unwrap(), enough.median_ratio.unwrap(), enough.q3.unwrap());
    assert!(q1 <= median && median <= q3);
    let interval = enough.interval.unwrap();
    assert!(interval.lo <= median && median <= interval.hi && interval.lo < interval.hi);
    let head = format!("共{}件可比案例，罚款倍数中位数{median:.2}倍，95%区间", enough.sample);
    assert!(enough.note.starts_with(&head), "{}", enough.note);
    assert!(enough.note.ends_with(&format!("；其中{}件为虚构案例", enough.sample)), "{}", enough.note);
    assert_eq!(similar(facts("mb64"), day), enough, "the same cases give the same interval");
    // The same facts before most of these decisions were made.
    let few = similar(facts("mb64"), date(2024, 9, 1));
    assert!(!few.comparable.enough && few.comparable.qualify < 5, "{few:?}");
    assert_eq!((few.median_ratio, few.q1, few.q3, few.interval, few.sample), (None, None, None, None, 0));
    assert!(few.note.ends_with("不作比较") && !few.cases.is_empty(), "the list is still for reading: {}", few.note);
    assert!(few.cases.iter().all(|c| c.decided_at.is_some_and(|d| d <= date(2024, 9, 1))));
}

#[test]
fn teaching_decisions_find_their_own_clause_with_words_for_each() {
    let (book, cases) = (book(), CaseBook::new(precedents::teaching().unwrap()).unwrap());
    let measure = cases.measure();
    let (mut own, mut all) = (0, 0);
    for model in cases.teaching().iter().filter(|m| m.facts.violation.as_deref() == Some("mb64")) {
        let query = CaseQuery {
            text: model.facts.narrative.clone().unwrap(),
            violation: model.facts.violation.clone(),
            tier: model.disc.final_.as_ref().and_then(|f| f.tier),
            factors: Some(model.facts.factors.iter().map(|f| f.code.clone()).collect()),
            exclude_id: Some(model.id.clone()),
            diverse: true,
            limit: 5,
            ..CaseQuery::default()
        };
        let hits = cases.search(&query, &book).unwrap();
        // The only other severe case of the family, a kindergarten whose clause refers to this one, may come first.
        let first = hits.first().map(|h| kin(&book, "mb64", &h.violation));
        assert!(matches!(first, Some(Kin::Same | Kin::Linked)), "{}: {hits:#?}", model.id);
        for hit in hits {
            assert!(hit.id != model.id && !hit.why.is_empty());
            assert!((hit.parts.score(measure) - hit.score).abs() < 1e-12 && (0.0..=1.0).contains(&hit.score));
            own += usize::from(hit.violation == "mb64");
            all += 1;
        }
    }
    assert!(own * 10 >= all * 9, "{own} of {all} under the same clause");
}

/// SplitMix64, as a source of synthetic samples that is the same everywhere.
fn uniform(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

#[test]
fn the_interval_is_reproducible_and_covers_about_as_often_as_it_says() {
    let bootstrap = Bootstrap { level: 0.95, resamples: 400, seed: 11 };
    let values = [1.0, 1.3, 1.1, 2.0, 1.7, 1.5, 1.4];
    let turned: Vec<f64> = values.iter().rev().copied().collect();
    let interval = median_interval(&values, bootstrap);
    assert_eq!(interval, median_interval(&turned, bootstrap), "the order of the values says nothing");
    assert!(interval.is_some_and(|i| i.lo >= 1.0 && i.hi <= 2.0));
    // Skewed samples as of ratios: exp of a triangular variable, true median 1.
    let mut state = 5;
    for n in [8, 15, 40] {
        let trials = 1000;
        let covered = (0..trials)
            .filter(|trial| {
                let sample: Vec<f64> = (0..n).map(|_| (uniform(&mut state) - uniform(&mut state)).exp()).collect();
                let i = median_interval(&sample, Bootstrap { seed: *trial, ..bootstrap }).unwrap();
                i.lo <= 1.0 && 1.0 <= i.hi
            })
            .count();
        let rate = covered as f64 / trials as f64;
        println!("n = {n}: covered {rate:.3}");
        assert!((0.90..=0.985).contains(&rate), "n = {n}: {rate}");
    }
}

proptest! {
    #[test]
    fn further_gains_never_score_higher(own in 0i64..100_000_000, a in 0i64..1_000_000_000, b in 0i64..1_000_000_000, text in 0.0f64..1.0) {
        let measure = Measure::load().unwrap();
        let score = |gains| Parts { text: Some(text), gains: Some(near_in_gains(Fen(own), Fen(gains), &measure)), ..Parts::default() }.score(&measure);
        let (low, high) = (a.min(b), a.max(b));
        if low >= own {
            prop_assert!(score(low) >= score(high));
        }
        if high <= own {
            prop_assert!(score(high) >= score(low));
        }
        prop_assert!(score(own) >= score(a) && (0.0..=1.0).contains(&score(a)));
    }

    #[test]
    fn older_decisions_never_score_higher(days in 0i64..20_000, more in 0i64..20_000) {
        let measure = Measure::load().unwrap();
        let on = |days: i64| DAY.checked_sub(Span::new().try_days(days).unwrap()).unwrap();
        prop_assert_eq!(on(days).checked_add(days.days()).unwrap(), DAY);
        prop_assert!(recency(days, &measure) >= recency(days + more, &measure));
    }
}

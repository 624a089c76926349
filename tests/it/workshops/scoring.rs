//! Scores of cases as the engine's key gives them, each with its reason.

use zhicai::domain::discretion::{NoTexts, assess};
use zhicai::domain::money::Fen;
use zhicai::domain::penalty::{PenaltyKind, Tier};
use zhicai::domain::workshop::key::{question, undecided};
use zhicai::domain::workshop::score::{Peers, Score, score};
use zhicai::domain::workshop::{Answer, Question};

const TODAY: jiff::civil::Date = jiff::civil::date(2026, 3, 2);

fn made(id: &str) -> Question {
    let book = zhicai::corpus::rules::load(None).unwrap();
    let case = zhicai::corpus::precedents::teaching().unwrap().into_iter().find(|p| p.id == id).unwrap();
    let assessment = assess(&book, &NoTexts, &undecided(&case), TODAY);
    question(&book, &case, &assessment, 20)
}

fn perfect(question: &Question) -> Answer {
    let key = &question.case.as_ref().unwrap().key;
    Answer {
        articles: key.articles.clone(),
        tier: key.tier,
        kinds: key.required.clone(),
        fine_fen: key.suggested.map(|s| Fen(s.lo.0 + (s.hi.0 - s.lo.0) / 2)),
        factors: key.factors.iter().map(|f| f.code.clone()).collect(),
        reason: String::new(),
        choices: vec![],
    }
}

fn part<'a>(score: &'a Score, code: &str) -> (u32, u32, &'a str) {
    let part = score.parts.iter().find(|p| p.code == code).unwrap();
    (part.got, part.of, part.text.as_str())
}

#[test]
fn each_part_says_why() {
    let question = made("tc-mb64-01");
    let case = question.case.as_ref().unwrap();
    let best = perfect(&question).to(&question).unwrap();
    let told = score(&question, Some(&best), Peers::default());
    assert_eq!((told.got, told.of), (200, 200), "{told:?}");
    // The benchmark of the teaching case: gains 113200, lenient one to two point two times.
    let band = case.key.suggested.unwrap();
    assert_eq!((band.lo, band.hi, case.key.tier), (Fen(11_320_000), Fen(24_904_000), Some(Tier::Lenient)));

    let outside = Answer { fine_fen: Some(Fen(40_000_000)), tier: Some(Tier::General), ..best.clone() };
    let told = score(&question, Some(&outside), Peers { fined: 9, median_fen: Some(Fen(20_000_000)) });
    let (got, of, why) = part(&told, "amount");
    assert_eq!((got, of), (24, 40));
    assert!(why.contains("之内，但在建议幅度") && why.contains("比建议幅度高150960元"), "{why}");
    assert!(part(&told, "tier").2.contains("应为从轻处罚，您选一般处罚"));
    assert_eq!(part(&told, "peers").2, "全班9人写了罚款，中位数200000元，您高出200000元");

    let unlawful = Answer { fine_fen: Some(Fen(100)), factors: vec![], ..best.clone() };
    let told = score(&question, Some(&unlawful), Peers::default());
    assert_eq!(part(&told, "amount").0, 0);
    assert!(part(&told, "factors").2.contains("遗漏因素：主动消除"), "{told:?}");
    let named = Answer { factors: vec![], reason: format!("因{}", case.key.factors[0].zh), ..best.clone() };
    assert_eq!(part(&score(&question, Some(&named), Peers::default()), "factors").0, 20, "named in the reason");

    let wrong = (0..case.articles.len()).find(|p| !case.key.articles.contains(p)).unwrap();
    let more = Answer { articles: [case.key.articles.clone(), vec![wrong]].concat(), ..best.clone() };
    let told = score(&question, Some(&more), Peers::default());
    let (got, of, why) = part(&told, "articles");
    assert!(got < of && got > 0 && why.contains("不适用："), "{why}");
    let none = Answer { kinds: vec![], fine_fen: None, ..best };
    let told = score(&question, Some(&none), Peers::default());
    assert!(part(&told, "kinds").2.contains("应当给予而没有：罚款"));
    assert!(part(&told, "amount").2.contains("应当罚款"));
}

#[test]
fn every_teaching_case_makes_a_question_whose_key_scores_full() {
    let book = zhicai::corpus::rules::load(None).unwrap();
    for case in zhicai::corpus::precedents::teaching().unwrap() {
        let assessment = assess(&book, &NoTexts, &undecided(&case), TODAY);
        let question = question(&book, &case, &assessment, 10);
        assert_eq!(question, super::scoring::again(&book, &case), "{}: the same every time", case.id);
        let key = &question.case.as_ref().unwrap().key;
        assert_eq!(key.articles.is_empty(), assessment.clauses.is_empty(), "{}", case.id);
        let mut answer = perfect(&question);
        // What the law leaves to a person is chosen: one of a group, a fine where nothing is suggested.
        for group in &key.one_of {
            if !group.iter().any(|k| answer.kinds.contains(k)) {
                answer.kinds.extend(group.iter().find(|k| key.allowed.contains(k)).or(group.first()));
            }
        }
        if !answer.kinds.contains(&PenaltyKind::Fine) {
            answer.fine_fen = None;
        } else if answer.fine_fen.is_none() {
            answer.fine_fen = key.ranges.first().map(|r| r.hi);
        }
        let told = score(&question, Some(&answer), Peers::default());
        assert_eq!(told.got, told.of, "{} {:?}", case.id, told.parts);
        assert_eq!(told.of, 100);
        assert_eq!(told.parts.iter().map(|p| p.of).sum::<u32>(), 100, "{}", case.id);
    }
}

fn again(book: &zhicai::domain::rulebook::RuleBook, case: &zhicai::domain::precedent::Precedent) -> Question {
    question(book, case, &assess(book, &NoTexts, &undecided(case), TODAY), 10)
}

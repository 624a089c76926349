//! A teaching case as a question: what is told, what is offered, and the key. The key is the engine's assessment of the facts, made
//! without the decision that was taken; that decision stands beside it and is never the measure.

use serde::{Deserialize, Serialize};

use super::{CaseQuestion, Difficulty, Named, Question, QuestionKind, ShownEvidence, ShownFacts};
use crate::domain::assessment::{Assessment, MoneyRange, ResultCode};
use crate::domain::case::Case;
use crate::domain::digest;
use crate::domain::law::Provision;
use crate::domain::money::Fen;
use crate::domain::penalty::{Circumstance, Mode, PenaltyKind, Tier};
use crate::domain::precedent::Precedent;
use crate::domain::rulebook::RuleBook;

/// Citations offered in one question.
const CITATIONS: usize = 8;
/// Factors offered in one question.
const FACTORS: usize = 8;
/// Kinds that are offered beside those of the clause.
const USUAL: &[PenaltyKind] = &[
    PenaltyKind::Warning,
    PenaltyKind::PublicCriticism,
    PenaltyKind::Fine,
    PenaltyKind::ConfiscateGains,
    PenaltyKind::StopEnrolment,
    PenaltyKind::RevokeLicense,
];
/// What a participant is asked.
const STEM: &str = "阅读案情和证据，选择适用条款、裁量因素、阶次和处罚种类；给予罚款的，写明数额和理由。";

/// What is right in a case, with what was really decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseKey {
    pub act: String,
    pub result: ResultCode,
    /// Places of the right citations.
    pub articles: Vec<usize>,
    /// The tier of the engine; absent where the law leaves it to a person.
    pub tier: Option<Tier>,
    pub required: Vec<PenaltyKind>,
    pub allowed: Vec<PenaltyKind>,
    /// Groups of which one is to be chosen.
    pub one_of: Vec<Vec<PenaltyKind>>,
    /// 法定幅度 of a fine; none where there is no fine.
    pub ranges: Vec<MoneyRange>,
    /// The benchmark: the suggested part of the range.
    pub suggested: Option<MoneyRange>,
    /// A factor of 行政处罚法30–32 allows to go below the range.
    pub may_mitigate: bool,
    pub gains_fen: Option<Fen>,
    pub factors: Vec<Named>,
    pub difficulty: Difficulty,
    pub actual: Actual,
}

/// The decision that was taken.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actual {
    pub title: String,
    pub doc_no: Option<String>,
    pub tier: Option<Tier>,
    pub fine_fen: Option<Fen>,
    pub kinds: Vec<PenaltyKind>,
    pub reasoning: Option<String>,
    /// What is odd about it, where it was put in to be noticed.
    pub outlier: Option<String>,
}

/// The rule of difficulty in words; [`difficulty`] is the same.
pub const RULE: &str = "难度按案情算：裁量因素一至两个记1分，三个以上记2分；阶次不是“一般”记1分；结论不是“已得出法定幅度”记2分；罚款按倍数计算记1分；情节不是“基本情节”记1分；处罚种类三种以上记1分。0～1分为基础，2～3分为中等，4分以上为较难。";

/// How hard a case is, from the facts and the engine's result alone.
pub fn difficulty(case: &Case, assessment: &Assessment) -> Difficulty {
    let factors = match case.facts.factors.len() {
        0 => 0,
        1 | 2 => 1,
        _ => 2,
    };
    let circumstance = case.facts.circumstance.is_some_and(|c| c != Circumstance::Base);
    let points = factors
        + u32::from(assessment.tier != Some(Tier::General))
        + 2 * u32::from(assessment.result != ResultCode::Range)
        + u32::from(assessment.penalties.iter().any(|p| p.multiple.is_some()))
        + u32::from(circumstance)
        + u32::from(assessment.penalties.len() >= 3);
    match points {
        0 | 1 => Difficulty::Basic,
        2 | 3 => Difficulty::Medium,
        _ => Difficulty::Hard,
    }
}

/// The case as it lay before the decision: what the engine is to judge.
pub fn undecided(precedent: &Precedent) -> Case {
    let mut case = precedent.as_case();
    case.disc.final_ = None;
    case
}

/// The question made of a teaching case and the engine's assessment of [`undecided`].
pub fn question(book: &RuleBook, precedent: &Precedent, assessment: &Assessment, points: u32) -> Question {
    let case = undecided(precedent);
    let right = citations(assessment);
    let articles = offered_citations(book, &precedent.id, assessment, &right);
    let kinds = offered_kinds(book, assessment);
    let found: Vec<Named> = assessment
        .factors
        .iter()
        .filter(|f| case.facts.factors.iter().any(|g| g.code == f.code))
        .map(|f| Named { code: f.code.clone(), zh: f.zh.clone() })
        .collect();
    let decided = precedent.disc.final_.clone().unwrap_or_default();
    let key = CaseKey {
        act: assessment.act.clone(),
        result: assessment.result,
        articles: right.iter().filter_map(|r| articles.iter().position(|a| a == r)).collect(),
        tier: assessment.tier,
        required: required(assessment),
        allowed: allowed(assessment),
        one_of: groups(assessment),
        ranges: assessment.penalties.iter().filter_map(|p| p.range_fen).collect(),
        suggested: assessment.suggested_fen,
        may_mitigate: assessment.factors.iter().any(|f| f.effect.ends_with("lenient_or_mitigated")),
        gains_fen: assessment.gains_fen,
        difficulty: difficulty(&case, assessment),
        factors: found.clone(),
        actual: Actual {
            title: precedent.title.clone(),
            doc_no: precedent.doc_no.clone(),
            tier: decided.tier,
            fine_fen: decided.fine_fen.filter(|f| f.0 > 0),
            kinds: decided.kinds,
            reasoning: precedent.reasoning.clone(),
            outlier: precedent.outlier.clone(),
        },
    };
    let facts = ShownFacts {
        narrative: case.facts.narrative.clone().unwrap_or_default(),
        evidence: case
            .evid
            .iter()
            .map(|e| ShownEvidence {
                no: e.no,
                kind: e.kind,
                title: e.title.clone().unwrap_or_default(),
                proves: e.proves.clone().unwrap_or_default(),
            })
            .collect(),
    };
    Question {
        kind: QuestionKind::Case,
        stem: STEM.into(),
        options: vec![],
        answer: vec![],
        points,
        explanation: String::new(),
        basis: String::new(),
        case: Some(Box::new(CaseQuestion {
            case_id: precedent.id.clone(),
            violation: assessment.violation.clone(),
            facts,
            articles,
            kinds,
            factors: offered_factors(book, &precedent.id, found),
            key,
        })),
    }
}

fn citations(assessment: &Assessment) -> Vec<String> {
    let mut out: Vec<String> = vec![];
    for c in &assessment.clauses {
        let provision =
            Provision { law: c.law.clone(), article: c.article, paragraph: c.paragraph, items: c.items.clone() };
        let cited = provision.to_string();
        if !out.contains(&cited) {
            out.push(cited);
        }
    }
    out
}

/// The right citations among those of neighbouring rows: the same law first. Another paragraph of a right article would be a trap
/// rather than a question, so those are left out. The order depends on the case alone.
fn offered_citations(book: &RuleBook, id: &str, assessment: &Assessment, right: &[String]) -> Vec<String> {
    let same_article = |p: &Provision| assessment.clauses.iter().any(|c| c.law == p.law && c.article == p.article);
    let law = book.violation(&assessment.violation).map(|v| v.law.as_str()).unwrap_or_default();
    let mut neighbours: Vec<(bool, String, String)> = vec![];
    for row in book.violations.iter().filter(|v| v.article > 0) {
        for provision in std::iter::once(row.provision()).chain(row.duty.iter().map(|d| d.provision())) {
            let text = provision.to_string();
            if !same_article(&provision) && !neighbours.iter().any(|n| n.2 == text) {
                neighbours.push((provision.law != law, digest(&format!("{id}\n{text}")), text));
            }
        }
    }
    neighbours.sort();
    let wrong = neighbours.into_iter().map(|n| n.2).take(CITATIONS.saturating_sub(right.len()).max(2));
    mixed(id, right.iter().cloned().chain(wrong).collect())
}

/// In an order that says nothing and is the same every time.
fn mixed(id: &str, mut all: Vec<String>) -> Vec<String> {
    all.sort_by_cached_key(|text| digest(&format!("{id}\norder\n{text}")));
    all
}

fn offered_factors(book: &RuleBook, id: &str, found: Vec<Named>) -> Vec<Named> {
    let mut others: Vec<Named> = book
        .factors
        .iter()
        .filter(|f| !found.iter().any(|g| g.code == f.code))
        .map(|f| Named { code: f.code.clone(), zh: f.zh.clone() })
        .collect();
    others.sort_by_cached_key(|f| digest(&format!("{id}\n{}", f.code)));
    others.truncate(FACTORS.saturating_sub(found.len()).max(2));
    let mut all: Vec<Named> = found.into_iter().chain(others).collect();
    // As the table has them: the same order in every question.
    all.sort_by_key(|f| book.factors.iter().position(|g| g.code == f.code));
    all
}

fn offered_kinds(book: &RuleBook, assessment: &Assessment) -> Vec<PenaltyKind> {
    let row = book.violation(&assessment.violation).map(|v| book.outcome_row(v));
    let of_row = row.into_iter().flat_map(|r| &r.outcomes).flat_map(|o| &o.penalties).map(|p| p.kind);
    let of_case = assessment.penalties.iter().map(|p| p.kind);
    let mut all: Vec<PenaltyKind> = of_row.chain(of_case).chain(USUAL.iter().copied()).collect();
    all.sort();
    all.dedup();
    all
}

fn has_gains(a: &Assessment) -> bool {
    a.gains_fen.is_some_and(|g| g.0 > 0)
}

fn required(a: &Assessment) -> Vec<PenaltyKind> {
    let must = |mode| mode == Mode::Must || (mode == Mode::MustIfGains && has_gains(a));
    let mut out: Vec<PenaltyKind> =
        a.penalties.iter().filter(|p| p.group.is_none() && must(p.mode)).map(|p| p.kind).collect();
    // A fine whose base is zero or unknown cannot be imposed, whatever the clause says.
    if a.result == ResultCode::NoBase {
        out.retain(|k| *k != PenaltyKind::Fine);
    }
    out.sort();
    out.dedup();
    out
}

fn allowed(a: &Assessment) -> Vec<PenaltyKind> {
    let mut out: Vec<PenaltyKind> = a
        .penalties
        .iter()
        .filter(|p| p.kind != PenaltyKind::Fine || p.range_fen.is_some())
        .filter(|p| p.mode != Mode::MustIfGains || has_gains(a))
        .map(|p| p.kind)
        .collect();
    // 行政处罚法28② confiscates gains under any clause.
    if a.confiscate_fen.is_some_and(|f| f.0 > 0) {
        out.push(PenaltyKind::ConfiscateGains);
    }
    out.sort();
    out.dedup();
    out
}

fn groups(a: &Assessment) -> Vec<Vec<PenaltyKind>> {
    let mut out: Vec<(&str, Vec<PenaltyKind>)> = vec![];
    for option in a.penalties.iter().filter(|p| p.mode == Mode::OneOf) {
        let Some(group) = option.group.as_deref() else { continue };
        match out.iter_mut().find(|(name, _)| *name == group) {
            Some((_, kinds)) => kinds.push(option.kind),
            None => out.push((group, vec![option.kind])),
        }
    }
    out.into_iter().map(|(_, kinds)| kinds).collect()
}

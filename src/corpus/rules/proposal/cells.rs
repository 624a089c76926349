//! What the words of one cell are read as, and what a person should look at. The law's row decides what the words leave open.

use super::columns::Words;
use super::matching::citations;
use super::{Exclusion, Row, Value};
use crate::domain::discretion::amount;
use crate::domain::discretion::table::Base;
use crate::domain::penalty::{Circumstance, Tier};
use crate::domain::rulebook::RuleBook;

/// 不予、减轻 follow the law and cannot be set by a benchmark.
pub(super) fn by_rule(tier: Option<Tier>) -> Option<Exclusion> {
    let tier = tier.filter(|t| matches!(t, Tier::NoPenalty | Tier::Mitigated))?;
    let reason = format!("{}依法律规定，不由基准规定（行政处罚法30～33）", tier.zh());
    Some(Exclusion { reason, by: None, at: None })
}

pub(super) type Reading = (Option<Value>, Option<String>);

pub(super) fn basis(text: &str, violation: &str, book: &RuleBook) -> Reading {
    if text.is_empty() {
        return (None, None);
    }
    let cited = citations(text, book);
    let doubt = match book.violation(violation) {
        _ if cited.is_empty() => Some("没有认出规则表内法律的条款".to_string()),
        Some(row) if !cited.iter().any(|c| c.law == row.law && c.article == row.article) => {
            Some(format!("与所选条目 {} 的 {} 不一致", row.id, row.provision()))
        }
        _ => None,
    };
    let all: Vec<String> = cited.iter().map(ToString::to_string).collect();
    (Some(Value::Basis { citation: all.join("、") }), doubt)
}

/// The circumstances that a violation's clause tells apart.
pub(super) fn outcomes(violation: &str, book: &RuleBook) -> Vec<Circumstance> {
    let row = book.violation(violation).map(|v| book.outcome_row(v));
    let named = row.into_iter().flat_map(|r| &r.outcomes);
    named.flat_map(|o| std::iter::once(o.when).chain(o.also_when.iter().copied())).collect()
}

/// The outcome meant when nothing is said: the basic one where there is one.
pub(super) fn usual(violation: &str, book: &RuleBook) -> Circumstance {
    let all = outcomes(violation, book);
    if all.contains(&Circumstance::Base) {
        Circumstance::Base
    } else {
        all.first().copied().unwrap_or(Circumstance::Base)
    }
}

pub(super) fn tier(text: &str, violation: &str, words: &Words, book: &RuleBook) -> Reading {
    if text.is_empty() {
        return (None, None);
    }
    let Some(tier) = words.tier(text) else {
        return (None, Some("不认识的阶次名称，须以 --set 写明 从轻、一般、从重".into()));
    };
    let known = outcomes(violation, book);
    let stated = [
        ("情节特别严重", Circumstance::VerySerious),
        ("情节严重", Circumstance::Serious),
        ("逾期", Circumstance::Unrectified),
    ];
    let when = stated.iter().find(|(w, c)| text.contains(w) && known.contains(c)).map(|s| s.1);
    let doubt = when.map(|w| format!("条文另有“{}”一档，已归入该档，请核对", w.zh()));
    (Some(Value::Tier { tier, when }), doubt)
}

/// A condition on 违法所得 becomes an expression; anything else stays words.
pub(super) fn conditions(text: &str) -> Reading {
    if text.is_empty() {
        return (None, None);
    }
    let words = "只作文字保存，程序不据以判断；可用 --set 写成条件";
    let none = |why: &str| (Some(Value::Conditions { all: vec![] }), Some(why.to_string()));
    if !text.contains("违法所得") || text.contains('倍') {
        return none(words);
    }
    let Ok(span) = amount::fine(text) else { return none(words) };
    let amount = span.amount;
    if amount.lo.is_some() && amount.lo == amount.hi {
        return none(words);
    }
    let lo = amount.lo.map(|v| format!("gains_fen {} {v}", if amount.lo_incl { ">=" } else { ">" }));
    let hi = amount.hi.map(|v| format!("gains_fen {} {v}", if amount.hi_incl { "<=" } else { "<" }));
    let all: Vec<String> = lo.into_iter().chain(hi).collect();
    (Some(Value::Conditions { all }), Some("已按违法所得写成条件，其余文字不参与判断，请核对".into()))
}

pub(super) fn range(text: &str, violation: &str, row: &Row, book: &RuleBook) -> Reading {
    if text.is_empty() {
        return (None, None);
    }
    match amount::fine(text) {
        Err(why) => (None, Some(why)),
        Ok(found) => {
            let when = row.tier().and_then(|t| t.1).unwrap_or_else(|| usual(violation, book));
            let base = found.base.or_else(|| multiple_of(violation, when, book));
            let doubt = base.is_none().then(|| "没有写明是什么的倍数".to_string());
            (Some(Value::Range { base, amount: found.amount }), doubt)
        }
    }
}

/// What the clause's fine is a multiple of, when it is one.
pub(super) fn multiple_of(violation: &str, when: Circumstance, book: &RuleBook) -> Option<Base> {
    let row = book.violation(violation).map(|v| book.outcome_row(v))?;
    let bases = row.outcomes.iter().filter(|o| o.covers(when)).filter_map(|o| o.fine()?.base);
    let mut bases = bases.filter(|b| !matches!(b, Base::Fixed | Base::None));
    let first = bases.next()?;
    bases.all(|b| b == first).then_some(first)
}

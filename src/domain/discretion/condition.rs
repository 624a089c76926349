//! Conditions of a benchmark: expressions over fields of the case JSON (`facts.factors has active_correction`,
//! `gains_fen >= 3000000`), not natural language. Three-valued: a fact that is not given makes the condition neither true nor false.

use std::fmt;

use serde_json::Value;

use crate::domain::case::{Case, FinalDecision, GainsFacts, Rectify};
use crate::domain::money::Fen;

/// Comparison of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    /// The list holds the value (for `facts.factors`: a factor with this code).
    Has,
}

/// One parsed expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    pub path: String,
    pub op: Op,
    pub value: Value,
}

/// The computed field that is no part of the case JSON: 违法所得 in 分.
pub const GAINS_PATH: &str = "gains_fen";

impl Condition {
    /// Parses `path op value`; the error says in Chinese what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = text.split_whitespace();
        let (Some(path), Some(op), Some(value), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return Err(format!("条件“{text}”应写成“字段 运算符 值”，各部分以空格隔开"));
        };
        let op = match op {
            "==" => Op::Eq,
            "!=" => Op::Ne,
            "<" => Op::Lt,
            "<=" => Op::Le,
            ">" => Op::Gt,
            ">=" => Op::Ge,
            "has" => Op::Has,
            other => return Err(format!("条件“{text}”的运算符“{other}”不认识，可用 == != < <= > >= has")),
        };
        if path != GAINS_PATH && resolve(&sample(), path).is_none() {
            return Err(format!("条件“{text}”的字段“{path}”在案件数据中不存在"));
        }
        let value = match value {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            text => text.parse::<i64>().map(Value::from).unwrap_or_else(|_| Value::from(text)),
        };
        if matches!(op, Op::Lt | Op::Le | Op::Gt | Op::Ge) && !value.is_i64() && value.as_str().is_none() {
            return Err(format!("条件“{text}”不能比较大小"));
        }
        Ok(Self { path: path.into(), op, value })
    }

    /// `None` when the fact is not given.
    pub fn holds(&self, case: &Value, gains: Option<Fen>) -> Option<bool> {
        let found =
            if self.path == GAINS_PATH { gains.map(|g| Value::from(g.0))? } else { resolve(case, &self.path)?.clone() };
        if found.is_null() {
            return None;
        }
        Some(match self.op {
            Op::Eq => found == self.value,
            Op::Ne => found != self.value,
            Op::Has => found.as_array().is_some_and(|list| {
                list.iter().any(|item| item == &self.value || item.get("code").is_some_and(|c| c == &self.value))
            }),
            Op::Lt | Op::Le | Op::Gt | Op::Ge => {
                let order = match (found.as_i64(), self.value.as_i64(), found.as_str(), self.value.as_str()) {
                    (Some(a), Some(b), ..) => a.cmp(&b),
                    // Dates are written so that text order is time order.
                    (None, None, Some(a), Some(b)) => a.cmp(b),
                    _ => return None,
                };
                match self.op {
                    Op::Lt => order.is_lt(),
                    Op::Le => order.is_le(),
                    Op::Gt => order.is_gt(),
                    _ => order.is_ge(),
                }
            }
        })
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let op = match self.op {
            Op::Eq => "==",
            Op::Ne => "!=",
            Op::Lt => "<",
            Op::Le => "<=",
            Op::Gt => ">",
            Op::Ge => ">=",
            Op::Has => "has",
        };
        match &self.value {
            Value::String(text) => write!(f, "{} {op} {text}", self.path),
            other => write!(f, "{} {op} {other}", self.path),
        }
    }
}

fn resolve<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |at, key| at.get(key))
}

/// A case with every optional object present, so that every path of the contract resolves.
fn sample() -> Value {
    let mut case = Case::default();
    case.facts.gains = Some(GainsFacts::default());
    case.facts.rectify = Some(Rectify::default());
    case.disc.final_ = Some(FinalDecision::default());
    serde_json::to_value(case).unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_facts_are_neither_true_nor_false() {
        let case = serde_json::to_value(Case::default()).unwrap();
        assert_eq!(Condition::parse("gains_fen >= 100").unwrap().holds(&case, None), None);
        assert_eq!(Condition::parse("gains_fen >= 100").unwrap().holds(&case, Some(Fen(100))), Some(true));
        assert_eq!(Condition::parse("facts.circumstance == base").unwrap().holds(&case, None), None);
        assert_eq!(Condition::parse("facts.factors has no_harm").unwrap().holds(&case, None), Some(false));
    }

    #[test]
    fn bad_expressions_are_refused() {
        for text in ["情节较轻", "facts.nothing == 1", "gains_fen ~ 3", "gains_fen >= 3 元"] {
            assert!(Condition::parse(text).is_err(), "{text}");
        }
    }
}

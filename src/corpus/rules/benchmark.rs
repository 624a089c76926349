//! 本地裁量基准 (`benchmark/*.toml`): published ones only, inside the statutory range only.

use serde::Deserialize;
use toml::Value;

use super::{RuleFile, RulesError, list, name_of, nothing_left, typed};
use crate::domain::discretion::condition::Condition;
use crate::domain::discretion::table::{Base, Benchmark, BenchmarkRange, BenchmarkSource, Milli};
use crate::domain::penalty::{Circumstance, Tier};
use crate::domain::rulebook::RuleBook;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    violation: String,
    tier: Tier,
    #[serde(default)]
    when: Option<Circumstance>,
    #[serde(default)]
    conditions_all: Vec<String>,
    #[serde(default)]
    conditions_any: Vec<String>,
    range: RangeRow,
    /// 适用条件 as published.
    #[serde(default)]
    text: String,
    source: Value,
    #[serde(default)]
    citable: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RangeRow {
    base: Base,
    min: Value,
    max: Value,
    #[serde(default = "included")]
    min_incl: bool,
    #[serde(default = "included")]
    max_incl: bool,
}

fn included() -> bool {
    true
}

pub(super) fn add(book: &mut RuleBook, file: &RuleFile, mut root: toml::Table) -> Result<(), RulesError> {
    for (i, mut value) in list(file, &mut root, "benchmark")?.into_iter().enumerate() {
        let id = name_of(&value, "id", i);
        let fail = |message: String| Err(RulesError::entry(&file.name, &id, message));
        // Bureaus that copied the tier's type name (`Lenient`) mean the same.
        if let Some(Value::String(tier)) = value.get_mut("tier") {
            *tier = tier.to_lowercase();
        }
        let row: Row = typed(file, &id, value)?;
        if row.id.trim().is_empty() || book.benchmarks.iter().any(|b| b.id == row.id) {
            return fail("id 为空或者重复".into());
        }
        if !matches!(row.tier, Tier::Lenient | Tier::General | Tier::Severe) {
            return fail("基准只能规定从轻、一般、从重；不予、减轻依法律规定".into());
        }
        let published = row.source.get("published_at").is_some_and(|v| v.as_str() != Some(""));
        if !published {
            return fail("没有公布日期（source.published_at）；未经公布的基准不得作为依据（行政处罚法34）".into());
        }
        let mut source = row.source;
        if let Some(table) = source.as_table_mut() {
            // An empty text in the form means “not given”.
            table.retain(|_, v| v.as_str() != Some(""));
        }
        let source: BenchmarkSource = typed(file, &id, source)?;
        let Some(target) = book.violation(&row.violation).map(|v| book.outcome_row(v)) else {
            return fail(format!("violation“{}”不存在", row.violation));
        };
        let when = row.when.unwrap_or_else(|| {
            let base = target.outcomes.iter().any(|o| o.covers(Circumstance::Base));
            if base { Circumstance::Base } else { target.outcomes.first().map_or(Circumstance::Base, |o| o.when) }
        });
        let (min, max) = match (milli(&row.range.min), milli(&row.range.max)) {
            (Some(min), Some(max)) if min <= max => (min, max),
            (Some(_), Some(_)) => return fail("range 的 min 大于 max".into()),
            _ => return fail("range 的 min、max 应为整数，或者写成 \"2.2\" 这样的文字".into()),
        };
        let RangeRow { base, min_incl, max_incl, .. } = row.range;
        if min == max && !(min_incl && max_incl) {
            return fail("range 的 min 等于 max，又有一边不含，没有数额".into());
        }
        let range = BenchmarkRange { base, min, min_incl, max, max_incl };
        let inside = target.outcomes.iter().filter(|o| o.covers(when)).filter_map(|o| o.fine()).any(|spec| {
            spec.base == Some(range.base)
                && min.0 >= i64::from(spec.min.unwrap_or(0)) * 1000
                && spec.max.is_some_and(|limit| max.0 <= i64::from(limit) * 1000)
        });
        if !inside {
            return fail(format!("超出 {} “{}”一档的法定幅度，或者基数不符", row.violation, when.zh()));
        }
        let parse = |texts: &[String]| -> Result<Vec<Condition>, RulesError> {
            texts.iter().map(|t| Condition::parse(t).map_err(|m| RulesError::entry(&file.name, &id, m))).collect()
        };
        let (conditions_all, conditions_any) = (parse(&row.conditions_all)?, parse(&row.conditions_any)?);
        book.benchmarks.push(Benchmark {
            id: row.id,
            violation: row.violation,
            when,
            tier: row.tier,
            conditions_all,
            conditions_any,
            range,
            text: row.text,
            source,
            citable: row.citable,
        });
    }
    nothing_left(file, &root)
}

/// An integer, or decimal text with at most three places; never a float.
fn milli(value: &Value) -> Option<Milli> {
    match value {
        Value::Integer(n) if *n >= 0 => n.checked_mul(1000).map(Milli),
        Value::String(text) => {
            let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
            let digits = |t: &str| t.chars().all(|c| c.is_ascii_digit());
            if whole.is_empty() || !digits(whole) || !digits(fraction) || fraction.len() > 3 {
                return None;
            }
            let fraction = format!("{fraction:0<3}").parse::<i64>().ok()?;
            whole.parse::<i64>().ok()?.checked_mul(1000)?.checked_add(fraction).map(Milli)
        }
        _ => None,
    }
}

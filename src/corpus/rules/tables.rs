//! The small tables: kinds, factors, deadlines, review scope, hearing thresholds, simple procedure.

use serde::Deserialize;
use toml::Value;

use super::{RuleFile, RulesError, list, name_of, nothing_left, typed};
use crate::domain::deadline::Rule;
use crate::domain::discretion::table::EvidenceGrade;
use crate::domain::penalty::PenaltyKind;
use crate::domain::rulebook::{
    ElementRule, FactorRule, HearingRule, HearingThresholds, KindRule, NoPenaltyRule, ReviewScope, RuleBook,
    SimpleProcedure,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KindRow {
    zh: String,
    cpl9: u8,
    hearing: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Meta {
    text_base: String,
    allowed_evidence_for_formal_docs: Vec<EvidenceGrade>,
}

pub(super) fn kinds(book: &mut RuleBook, file: &RuleFile, mut root: toml::Table) -> Result<(), RulesError> {
    let table = |root: &mut toml::Table, key: &str| match root.remove(key) {
        Some(Value::Table(table)) => Ok(table),
        _ => Err(RulesError::entry(&file.name, key, format!("缺少 [{key}] 一节"))),
    };
    let meta: Meta = typed(file, "meta", Value::Table(table(&mut root, "meta")?))?;
    if meta.allowed_evidence_for_formal_docs != [EvidenceGrade::A] {
        return Err(RulesError::entry(&file.name, "meta", "正式文书只允许核实等级 A"));
    }
    book.text_base = meta.text_base;
    for (code, value) in table(&mut root, "penalty_kind")? {
        let kind = PenaltyKind::from_code(&code)
            .ok_or_else(|| RulesError::entry(&file.name, &code, "程序不认识的处罚种类"))?;
        let row: KindRow = typed(file, &code, value)?;
        let hearing = match &row.hearing {
            Value::Boolean(true) => HearingRule::Always,
            Value::Boolean(false) => HearingRule::Never,
            Value::String(text) if text == "by_threshold" => HearingRule::ByThreshold,
            _ => return Err(RulesError::entry(&file.name, code, "hearing 只能是 true、false 或者 \"by_threshold\"")),
        };
        if row.cpl9 > 6 {
            return Err(RulesError::entry(&file.name, code, "cpl9 是行政处罚法第九条的项次，应为 0 至 6"));
        }
        book.kinds.insert(kind, KindRule { zh: row.zh, cpl9: row.cpl9, hearing });
    }
    for (code, value) in table(&mut root, "order_kind")? {
        let zh: String = typed(file, &code, value)?;
        book.orders.insert(code, zh);
    }
    nothing_left(file, &root)
}

pub(super) fn factors(book: &mut RuleBook, file: &RuleFile, mut root: toml::Table) -> Result<(), RulesError> {
    for (i, value) in list(file, &mut root, "factor")?.into_iter().enumerate() {
        let code = name_of(&value, "code", i);
        let row: FactorRule = typed(file, &code, value)?;
        if book.factor(&row.code).is_some() {
            return Err(RulesError::entry(&file.name, code, "代码重复"));
        }
        book.factors.push(row);
    }
    for (i, value) in list(file, &mut root, "no_penalty")?.into_iter().enumerate() {
        let id = name_of(&value, "id", i);
        let row: NoPenaltyRule = typed(file, &id, value)?;
        if let Some(element) = row.elements.iter().find(|e| book.factor(e).is_none()) {
            return Err(RulesError::entry(&file.name, id, format!("要件“{element}”不在因素表中")));
        }
        if row.elements.is_empty() {
            return Err(RulesError::entry(&file.name, id, "至少要有一个要件"));
        }
        book.no_penalty.push(row);
    }
    nothing_left(file, &root)
}

pub(super) fn deadlines(book: &mut RuleBook, file: &RuleFile, mut root: toml::Table) -> Result<(), RulesError> {
    for (i, value) in list(file, &mut root, "deadline")?.into_iter().enumerate() {
        let id = name_of(&value, "id", i);
        let row: Rule = typed(file, &id, value)?;
        if book.deadline(&row.id).is_some() {
            return Err(RulesError::entry(&file.name, id, "id 重复"));
        }
        let counted = row.trigger.is_some() && (row.len.is_some() || row.rate_per_day_bp.is_some());
        if !counted && row.fixed_mmdd.is_none() {
            return Err(RulesError::entry(&file.name, id, "须写明起算点和长度，或者固定的月日"));
        }
        book.deadlines.push(row);
    }
    nothing_left(file, &root)
}

/// −1 means not configured.
fn threshold(file: &RuleFile, name: &str, value: i64) -> Result<Option<i64>, RulesError> {
    match value {
        -1 => Ok(None),
        0.. => Ok(Some(value)),
        _ => Err(RulesError::entry(&file.name, name, "应为 -1（未配置）或者不小于 0 的元数")),
    }
}

pub(super) fn review(file: &RuleFile, mut root: toml::Table) -> Result<ReviewScope, RulesError> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Row {
        kinds: Vec<PenaltyKind>,
        fine_citizen_yuan_ge: i64,
        fine_org_yuan_ge: i64,
        gains_yuan_ge: i64,
        always_when: Vec<String>,
        licence_kinds: Vec<String>,
        coercive: bool,
    }
    let scope = root.remove("scope").ok_or_else(|| RulesError::entry(&file.name, "scope", "缺少 [scope] 一节"))?;
    let row: Row = typed(file, "scope", scope)?;
    const KNOWN: &[&str] = &[
        "hearing_held",
        "mitigated",
        "first_offence_no_penalty",
        "transfer_crime",
        "suspected_minor_involved",
        "benchmark_deviation",
    ];
    if let Some(word) = row.always_when.iter().find(|w| !KNOWN.contains(&w.as_str())) {
        return Err(RulesError::entry(&file.name, "always_when", format!("不认识的情形“{word}”")));
    }
    nothing_left(file, &root)?;
    Ok(ReviewScope {
        kinds: row.kinds,
        fine_citizen_yuan_ge: threshold(file, "fine_citizen_yuan_ge", row.fine_citizen_yuan_ge)?,
        fine_org_yuan_ge: threshold(file, "fine_org_yuan_ge", row.fine_org_yuan_ge)?,
        gains_yuan_ge: threshold(file, "gains_yuan_ge", row.gains_yuan_ge)?,
        always_when: row.always_when,
        licence_kinds: row.licence_kinds,
        coercive: row.coercive,
    })
}

pub(super) fn hearing(file: &RuleFile, root: toml::Table) -> Result<HearingThresholds, RulesError> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Row {
        threshold_citizen_yuan: i64,
        threshold_org_yuan: i64,
        basis: String,
    }
    let row: Row = typed(file, "hearing", Value::Table(root))?;
    Ok(HearingThresholds {
        citizen_yuan: threshold(file, "threshold_citizen_yuan", row.threshold_citizen_yuan)?,
        org_yuan: threshold(file, "threshold_org_yuan", row.threshold_org_yuan)?,
        basis: row.basis,
    })
}

pub(super) fn simple(file: &RuleFile, root: toml::Table) -> Result<SimpleProcedure, RulesError> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Row {
        kinds: Vec<PenaltyKind>,
        citizen_yuan_le: i64,
        org_yuan_le: i64,
        cash_yuan_le: i64,
        basis: String,
    }
    let row: Row = typed(file, "simple_procedure", Value::Table(root))?;
    Ok(SimpleProcedure {
        kinds: row.kinds,
        citizen_yuan_le: row.citizen_yuan_le,
        org_yuan_le: row.org_yuan_le,
        cash_yuan_le: row.cash_yuan_le,
        basis: row.basis,
    })
}

pub(super) fn elements(book: &mut RuleBook, file: &RuleFile, mut root: toml::Table) -> Result<(), RulesError> {
    for (i, value) in list(file, &mut root, "element")?.into_iter().enumerate() {
        let code = name_of(&value, "code", i);
        let row: ElementRule = typed(file, &code, value)?;
        if book.elements.iter().any(|e| e.code == row.code) {
            return Err(RulesError::entry(&file.name, code, "代码重复"));
        }
        book.elements.push(row);
    }
    nothing_left(file, &root)
}

//! Promises of the tables that types cannot hold: amounts in order, references that exist, no row usable by accident.

use std::collections::BTreeMap;

use super::{RuleFile, RulesError};
use crate::domain::discretion::table::{Base, EvidenceGrade, PenaltySpec, RowStatus, Violation};
use crate::domain::penalty::{Mode, PenaltyKind};
use crate::domain::rulebook::RuleBook;

/// Every part of the rules that nothing can be computed without.
pub(super) fn complete(book: &RuleBook) -> Result<(), RulesError> {
    for (absent, file) in [
        (book.kinds.is_empty(), "kinds.toml"),
        (book.violations.is_empty(), "discretion/*.toml"),
        (book.factors.is_empty(), "factors.toml"),
        (book.elements.is_empty(), "elements.toml"),
        (book.deadlines.is_empty(), "deadlines.toml"),
        (book.review.kinds.is_empty(), "legal_review.toml"),
        (book.hearing.basis.is_empty(), "hearing.toml"),
        (book.simple.kinds.is_empty(), "simple_procedure.toml"),
    ] {
        if absent {
            return Err(RulesError::Missing { file });
        }
    }
    Ok(())
}

/// One row by itself.
pub(super) fn row(file: &RuleFile, row: &Violation) -> Result<(), RulesError> {
    let fail = |message: String| Err(RulesError::entry(&file.name, &row.id, message));
    if row.id.trim().is_empty() {
        return fail("id 不能为空".into());
    }
    if row.authority.is_empty() {
        return fail("authority 不能为空".into());
    }
    if row.evidence != EvidenceGrade::A && row.status != RowStatus::Blocked {
        return fail(format!("核实等级 {} 的条目 status 必须是 blocked", row.evidence.code()));
    }
    if row.article == 0 && row.status != RowStatus::Blocked {
        return fail("条号未核实（0）的条目 status 必须是 blocked".into());
    }
    if row.status == RowStatus::Superseded && (row.superseded_by.is_empty() || row.superseded_from.is_none()) {
        return fail("status = superseded 须写明 superseded_by 和 superseded_from".into());
    }
    if row.status == RowStatus::Active && row.outcomes.is_empty() && row.refer_to.is_none() {
        return fail("可用的条目须有 outcome 或者 refer_to".into());
    }
    if row.refer_to.is_some() && !row.outcomes.is_empty() {
        return fail("引致条款（refer_to）不得另有 outcome".into());
    }
    for (name, span) in [("reject_years", row.reject_years)] {
        if let Some(span) = span
            && span.min.zip(span.max).is_some_and(|(a, b)| a > b)
        {
            return fail(format!("{name} 的 min 大于 max"));
        }
    }
    for outcome in &row.outcomes {
        if outcome.penalties.is_empty() {
            return fail(format!("“{}”一档没有处罚", outcome.when.zh()));
        }
        if outcome.penalties.iter().filter(|p| p.kind == PenaltyKind::Fine).count() > 1 {
            return fail(format!("“{}”一档有两项罚款，应分为两档", outcome.when.zh()));
        }
        if let Some(gains) = outcome.gains {
            let lower = gains.ge.or(gains.gt);
            let upper = gains.le.or(gains.lt);
            if lower.is_none() && upper.is_none() {
                return fail("gains 条件为空".into());
            }
            if lower.zip(upper).is_some_and(|(a, b)| a > b) {
                return fail("gains 条件的下限大于上限".into());
            }
        }
        for spec in &outcome.penalties {
            if let Err(message) = penalty(spec) {
                return fail(format!("“{}”一档的 {}：{message}", outcome.when.zh(), spec.kind.code()));
            }
        }
    }
    Ok(())
}

fn penalty(spec: &PenaltySpec) -> Result<(), String> {
    let is_fine = spec.kind == PenaltyKind::Fine;
    if is_fine {
        if spec.base.is_none_or(|b| b == Base::None) {
            return Err("罚款须写明 base".into());
        }
        if spec.max.is_none() {
            return Err("罚款须写明 max；条文没有数额的不得自行设定".into());
        }
    } else if spec.base.is_some() || spec.min.is_some() || spec.max.is_some() || spec.base_floor.is_some() {
        return Err("只有罚款可以有 base、min、max、base_floor".into());
    }
    if spec.min.zip(spec.max).is_some_and(|(a, b)| a > b) {
        return Err("min 大于 max".into());
    }
    if spec.max == Some(0) {
        return Err("max 不能为 0".into());
    }
    if spec.base_floor.is_some() && spec.base == Some(Base::Fixed) {
        return Err("定额罚款没有基数，不得有 base_floor".into());
    }
    if let Some(years) = spec.duration_years {
        if years.min.is_none() && years.max.is_none() {
            return Err("duration_years 为空".into());
        }
        if years.min.zip(years.max).is_some_and(|(a, b)| a > b) {
            return Err("duration_years 的 min 大于 max".into());
        }
    }
    if (spec.mode == Mode::OneOf) != spec.group.is_some() {
        return Err("one_of 须有 group，其他 mode 不得有 group".into());
    }
    Ok(())
}

/// References between rows and tables.
pub(super) fn cross(book: &RuleBook, origin: &BTreeMap<String, String>) -> Result<(), RulesError> {
    for row in &book.violations {
        let file = origin.get(&row.id).map_or("discretion", String::as_str);
        let fail = |message: String| Err(RulesError::entry(file, &row.id, message));
        let refs = row.refer_to.iter().map(|r| ("refer_to", r));
        let refs = refs.chain(row.refer_also.iter().map(|r| ("refer_also", r)));
        let refs = refs.chain(row.superseded_by.iter().map(|r| ("superseded_by", r)));
        for (field, id) in refs {
            if *id == row.id {
                return fail(format!("{field} 指向自身"));
            }
            let Some(target) = book.violation(id) else {
                return fail(format!("{field} 指向不存在的条目“{id}”"));
            };
            if field == "refer_to" && target.refer_to.is_some() {
                return fail(format!("refer_to 指向的“{id}”本身又是引致条款"));
            }
        }
        if let Some(order) = row.orders.iter().find(|o| !book.orders.contains_key(*o)) {
            return fail(format!("orders 中的“{order}”不在 [order_kind] 中"));
        }
        for spec in row.outcomes.iter().flat_map(|o| &o.penalties) {
            if !book.kinds.contains_key(&spec.kind) {
                return fail(format!("处罚种类“{}”不在 [penalty_kind] 中", spec.kind.code()));
            }
        }
        for duty in &row.duty {
            if duty.evidence != EvidenceGrade::A || duty.article == 0 {
                return fail("义务条须核实（evidence = \"A\"）并有条号，不确定的应留空由人查明".into());
            }
        }
    }
    for kind in PenaltyKind::ALL {
        if !book.kinds.contains_key(kind) {
            return Err(RulesError::entry("kinds.toml", kind.code(), "[penalty_kind] 中缺少此种类"));
        }
    }
    Ok(())
}

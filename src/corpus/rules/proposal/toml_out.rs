//! Confirmed rows → the text of a `benchmark/*.toml`, with who confirmed what as comments beside each entry.

use std::fmt::Write as _;

use super::cells::usual;
use super::{Proposal, Role, Row};
use crate::domain::discretion::amount::{Amount, Unit};
use crate::domain::discretion::table::Base;
use crate::domain::discretion::tiers;
use crate::domain::penalty::{Circumstance, Tier};
use crate::domain::rulebook::RuleBook;

/// A row with nothing left open.
pub(super) struct Whole<'a> {
    pub row: &'a Row,
    pub violation: &'a str,
    pub tier: Tier,
    pub when: Circumstance,
    pub base: Base,
    /// Both bounds are there.
    pub amount: Amount,
}

/// Completes a row from the clause: the outcome that is meant, and a bound the table leaves to the law. The error says what is
/// missing.
pub(super) fn whole<'a>(row: &'a Row, book: &RuleBook) -> Result<Whole<'a>, String> {
    let violation = row.violation().ok_or("没有违法行为")?;
    let (tier, when) = row.tier().ok_or("没有阶次")?;
    let (base, mut amount) = row.range().ok_or("没有裁量幅度")?;
    let when = when.unwrap_or_else(|| usual(violation, book));
    let base = base.ok_or("没有写明是什么的倍数，请以 --set 写明，如“违法所得1倍以上2倍以下”")?;
    if !matches!(amount.unit, Unit::Fen | Unit::Times) {
        return Err("裁量幅度不是金额或者倍数".into());
    }
    let law = tiers::statutory(book, violation, when, base);
    if law.is_empty() {
        return Err(format!("{violation}（{}）没有以{}计算的罚款", when.zh(), base.zh()));
    }
    if amount.lo.is_none() || amount.hi.is_none() {
        let [one] = law.as_slice() else {
            return Err("法条按违法所得分为几档，上下限须以 --set 写全".into());
        };
        if amount.lo.is_none() {
            (amount.lo, amount.lo_incl) = (one.lo, one.lo_incl);
        }
        if amount.hi.is_none() {
            (amount.hi, amount.hi_incl) = (one.hi, one.hi_incl);
        }
        if amount.is_empty() {
            return Err(format!("写明的一端在法定幅度 {one} 之外"));
        }
    }
    Ok(Whole { row, violation, tier, when, base, amount })
}

/// The file. Every value goes through the TOML writer, so no cell can break out of its place.
pub(super) fn text(proposal: &Proposal, rows: &[Whole<'_>], by: &str, at: &str, despite: Option<&str>) -> String {
    let mut out = String::new();
    let p = &proposal.published;
    let _ = writeln!(
        out,
        "# 由 {} 导入（sha256 {}），建议 {}",
        line(&proposal.file),
        proposal.sha256,
        line(&proposal.name)
    );
    let _ = writeln!(out, "# {} 于 {at} 采用", line(by));
    if let Some(reason) = despite {
        let _ = writeln!(out, "# 阶次核对有异，仍予采用，理由：{}", line(reason));
    }
    for whole in rows {
        let row = whole.row;
        let _ = writeln!(out, "\n[[benchmark]]");
        for cell in row.cells.iter().filter(|c| c.needed()) {
            if let Some(word) = cell.confirmations.last() {
                let _ = writeln!(
                    out,
                    "# {}　{}　{} 于 {} 核对",
                    cell.role.zh(),
                    line(&cell.place),
                    line(&word.by),
                    word.at
                );
            }
        }
        let _ = writeln!(out, "id = {}", quote(&format!("{}-{}", proposal.name, row.id)));
        let _ = writeln!(out, "violation = {}", quote(whole.violation));
        let _ = writeln!(out, "when = \"{}\"", whole.when.code());
        let _ = writeln!(out, "tier = \"{}\"", whole.tier.code());
        let conditions: Vec<String> = row.conditions().iter().map(|c| quote(c)).collect();
        let _ = writeln!(out, "conditions_all = [{}]", conditions.join(", "));
        let read = row.cells.iter().find(|c| c.role == Role::Condition).map_or("", |c| c.original.as_str());
        if !read.is_empty() {
            let _ = writeln!(out, "text = {}", quote(read));
        }
        let number = |value: Option<i64>| thousandths(value.unwrap_or(0), whole.amount.unit);
        let mut bounds = format!("min = {}, max = {}", number(whole.amount.lo), number(whole.amount.hi));
        if !whole.amount.lo_incl && whole.amount.lo != Some(0) {
            bounds.push_str(", min_incl = false");
        }
        if !whole.amount.hi_incl {
            bounds.push_str(", max_incl = false");
        }
        let _ = writeln!(out, "range = {{ base = \"{}\", {bounds} }}", whole.base.code());
        let given = |t: &Option<String>| quote(t.as_deref().unwrap_or_default());
        let day = |d: Option<jiff::civil::Date>| quote(&d.map(|d| d.to_string()).unwrap_or_default());
        let _ = writeln!(
            out,
            "source = {{ title = {}, doc_no = {}, issuer = {}, published_at = {}, effective_at = {}, url = {} }}",
            given(&p.title),
            given(&p.doc_no),
            given(&p.issuer),
            day(p.published_at),
            day(p.effective_at),
            given(&p.url)
        );
    }
    out
}

fn quote(text: &str) -> String {
    toml::Value::String(text.trim().to_string()).to_string()
}

/// For a comment: one line.
fn line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// 元 or 倍 as the format wants it: an integer, or decimal text.
fn thousandths(value: i64, unit: Unit) -> String {
    let milli = if unit == Unit::Fen { value.saturating_mul(10) } else { value };
    let (whole, part) = (milli.div_euclid(1000), milli.rem_euclid(1000));
    if part == 0 { whole.to_string() } else { format!("\"{whole}.{part:03}\"") }
}

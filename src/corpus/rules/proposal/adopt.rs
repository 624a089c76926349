//! 采用: only when every needed cell is confirmed, the publication is known, the loader accepts the result and the tiers fit.

use std::path::Path;

use jiff::civil::Date;

use super::confirm::{describe, person};
use super::toml_out::{Whole, text, whole};
use super::{Adoption, Proposal, ProposalError, State, put, refuse, save};
use crate::corpus::rules::{self, RuleFile};
use crate::domain::discretion::table::Base;
use crate::domain::discretion::tiers::{self, Band, Finding, Group};
use crate::domain::penalty::Circumstance;
use crate::domain::rulebook::RuleBook;

/// Who adopts, when, and why in spite of findings.
#[derive(Clone, Debug)]
pub struct Adopter {
    pub by: String,
    /// RFC 3339.
    pub at: String,
    pub today: Date,
    pub despite: Option<String>,
}

/// What is wrong between the tiers of the rows as they are read now, confirmed or not. Rows that cannot be read are left out.
pub fn findings(proposal: &Proposal, book: &RuleBook) -> Vec<Finding> {
    let rows: Vec<Whole<'_>> =
        proposal.rows.iter().filter(|r| r.excluded.is_none()).filter_map(|r| whole(r, book).ok()).collect();
    let mut done: Vec<(&str, Circumstance, Base)> = vec![];
    let mut out = vec![];
    for row in &rows {
        let key = (row.violation, row.when, row.base);
        if done.contains(&key) {
            continue;
        }
        done.push(key);
        let same = rows.iter().filter(|r| (r.violation, r.when, r.base) == key);
        let bands: Vec<Band> = same
            .map(|r| Band { entry: r.row.id.clone(), tier: r.tier, span: r.amount, conditions: r.row.conditions() })
            .collect();
        let law = tiers::statutory(book, key.0, key.1, key.2);
        out.extend(tiers::check(Group { violation: key.0, when: key.1, statutory: &law }, &bands));
    }
    out
}

/// Puts a proposal into force: writes `benchmark/<name>.toml` after loading all rules with it, and records the adoption. Returns
/// the rules as they are then.
pub fn adopt(proposal: &mut Proposal, data_dir: &Path, adopter: &Adopter) -> Result<RuleBook, ProposalError> {
    let by = person(&adopter.by)?;
    if let Some(adoption) = &proposal.adoption {
        return refuse(format!("已由 {} 于 {} 采用", adoption.by, adoption.at));
    }
    let files = rules::files(Some(data_dir))?;
    let book = rules::build(&files)?;
    let missing = missing(proposal, &book, adopter.today);
    if !missing.is_empty() {
        return Err(ProposalError::Missing(missing));
    }
    let rows = proposal.rows.iter().filter(|r| r.excluded.is_none());
    let confirmers = rows.clone().flat_map(|r| &r.cells).filter_map(|c| c.confirmations.last());
    let excluders = proposal.rows.iter().filter_map(|r| r.excluded.as_ref()?.by.as_ref());
    if confirmers.map(|c| &c.by).chain(excluders).any(|name| *name == by) {
        return refuse(format!("{by} 核对或者排除过其中的内容；采用须由另一人复核后以 --by 写明"));
    }
    let whole: Result<Vec<Whole<'_>>, String> = rows.map(|r| whole(r, &book)).collect();
    let whole = whole.map_err(ProposalError::Refused)?;
    let despite = adopter.despite.as_deref().map(str::trim).filter(|d| !d.is_empty());
    let name = format!("benchmark/{}.toml", proposal.name);
    let new = RuleFile { name: name.clone(), text: text(proposal, &whole, &by, &adopter.at, despite), overlay: true };
    if files.iter().any(|f| f.overlay && f.name == name) {
        return refuse(format!("rules/{name} 已经存在，不予覆盖"));
    }
    // Everything is loaded with the new file before it is written.
    let mut all = files;
    all.push(new.clone());
    let loaded = rules::build(&all)?;
    let mine: Vec<&str> = whole.iter().map(|w| w.violation).collect();
    let findings: Vec<Finding> =
        tiers::of_book(&loaded).into_iter().filter(|f| mine.contains(&f.violation.as_str())).collect();
    if !findings.is_empty() && despite.is_none() {
        return Err(ProposalError::Findings(findings));
    }
    put(&data_dir.join("rules").join(&name), new.text.as_bytes())?;
    proposal.adoption =
        Some(Adoption { by, at: adopter.at.clone(), file: name, despite: despite.map(str::to_string), findings });
    save(data_dir, proposal)?;
    Ok(rules::load(Some(data_dir))?)
}

/// What still stands in the way, one line each.
fn missing(proposal: &Proposal, book: &RuleBook, today: Date) -> Vec<String> {
    let mut out = vec![];
    let mut rows = 0;
    for row in proposal.rows.iter().filter(|r| r.excluded.is_none()) {
        rows += 1;
        let open = row.cells.iter().filter(|c| c.needed() && (c.state != State::Confirmed || c.value.is_none()));
        let before = out.len();
        out.extend(open.map(|c| describe(&row.id, c)));
        // A row that is confirmed may still not be a benchmark.
        if out.len() == before
            && let Err(why) = whole(row, book)
        {
            out.push(format!("{}：{why}", row.id));
        }
        let stale = row.cells.iter().filter_map(|c| Some((c, c.confirmations.last()?)));
        let stale = stale.filter(|(_, word)| word.source_sha256 != proposal.sha256);
        out.extend(stale.map(|(c, _)| format!("{}　核对的不是这份原件", describe(&row.id, c))));
    }
    if rows == 0 {
        out.push("没有可以采用的行".into());
    }
    let p = &proposal.published;
    for (absent, what) in [
        (p.title.is_none(), "基准名称（--title）"),
        (p.doc_no.is_none(), "文号（--doc-no）"),
        (p.issuer.is_none(), "制定机关（--issuer）"),
        (p.published_at.is_none(), "公布日期（--published-at）；未经公布的基准不得作为依据（行政处罚法34）"),
    ] {
        if absent {
            out.push(format!("没有写明{what}，请连同该项重新导入同一文件，已核对的保留"));
        }
    }
    if p.published_at.is_some_and(|d| d > today) {
        out.push("公布日期在今天之后".into());
    }
    out
}

//! 逐格核对: one named person's word for one cell, or for every cell of one row. Corrections are written in the words of the table.

use super::cells::{by_rule, multiple_of, outcomes, usual};
use super::{Cell, Confirmation, Exclusion, Proposal, ProposalError, Role, Row, State, Value, refuse};
use crate::domain::discretion::amount;
use crate::domain::discretion::condition::Condition;
use crate::domain::penalty::{Circumstance, Tier};
use crate::domain::rulebook::RuleBook;

/// What is confirmed.
#[derive(Clone, Debug)]
pub enum Target {
    /// `r5.tier`.
    Cell(String),
    /// `r5`: every cell of it that is not yet confirmed.
    Row(String),
    /// `r5` is left out, for this reason.
    Exclude(String, String),
}

/// A name as it is compared: without blanks.
pub(super) fn person(name: &str) -> Result<String, ProposalError> {
    let name: String = name.split_whitespace().collect();
    if name.is_empty() || name.chars().count() > 40 || name.chars().any(char::is_control) {
        return refuse("须以 --by 写明核对人姓名");
    }
    Ok(name)
}

/// Records that `by` compared the target with the published table; `set` corrects one cell. `at` is RFC 3339. Returns the cells
/// concerned.
pub fn confirm(
    proposal: &mut Proposal,
    book: &RuleBook,
    target: &Target,
    set: Option<&str>,
    by: &str,
    at: &str,
) -> Result<Vec<String>, ProposalError> {
    let by = person(by)?;
    if proposal.adoption.is_some() {
        return refuse("该建议已经采用，不能再改；有变动的请重新导入");
    }
    let sha256 = proposal.sha256.clone();
    let word = |correction: Option<String>| Confirmation {
        by: by.clone(),
        at: at.into(),
        source_sha256: sha256.clone(),
        correction,
    };
    match target {
        Target::Exclude(id, reason) => {
            let row = find(proposal, id)?;
            if reason.trim().is_empty() {
                return refuse("不采用的行须写明理由");
            }
            row.excluded = Some(Exclusion { reason: reason.trim().into(), by: Some(by.clone()), at: Some(at.into()) });
            Ok(vec![id.clone()])
        }
        Target::Row(id) => {
            if set.is_some() {
                return refuse("--set 只用于一格，请用 --cell");
            }
            let row = find(proposal, id)?;
            let open: Vec<String> =
                row.cells.iter().filter(|c| c.needed() && c.value.is_none()).map(|c| describe(id, c)).collect();
            if !open.is_empty() {
                return refuse(format!("以下各格没有识别出值，须逐格以 --set 写明：\n{}", open.join("\n")));
            }
            let mut done = vec![];
            for cell in row.cells.iter_mut().filter(|c| c.value.is_some() && c.state == State::Unconfirmed) {
                cell.confirmations.push(word(None));
                cell.state = State::Confirmed;
                done.push(format!("{id}.{}", cell.role.code()));
            }
            Ok(done)
        }
        Target::Cell(address) => {
            let Some((id, role)) = address.split_once('.') else {
                return refuse(format!("“{address}”应写成 行.列，如 r5.tier"));
            };
            let row = find(proposal, id)?;
            let Some(at) = row.cells.iter().position(|c| c.role.code() == role || c.role.zh() == role) else {
                let all: Vec<&str> = row.cells.iter().map(|c| c.role.code()).collect();
                return refuse(format!("{id} 没有“{role}”一格；可用 {}", all.join("、")));
            };
            let new = set.map(|text| value(&row.cells[at], row, text, book)).transpose()?;
            let cell = &mut row.cells[at];
            if new.is_none() && cell.value.is_none() {
                return refuse(format!("{}：没有识别出值，须以 --set 写明", describe(id, cell)));
            }
            if new.is_some() {
                cell.value = new;
            }
            cell.confirmations.push(word(set.map(|s| s.trim().to_string())));
            cell.state = State::Confirmed;
            let (role, name) = (cell.role, format!("{id}.{}", cell.role.code()));
            if matches!(role, Role::Tier | Role::Range)
                && set.is_some()
                && row.excluded.as_ref().is_none_or(|e| e.by.is_none())
            {
                // The program's own exclusion follows what is written now; a person's stays.
                row.excluded = by_rule(row.tier().map(|t| t.0));
            }
            if role == Role::Violation && set.is_some() {
                reopen(row);
            }
            Ok(vec![name])
        }
    }
}

/// Another violation has other outcomes and other bases: what was confirmed against the first is open again.
fn reopen(row: &mut Row) {
    for cell in row.cells.iter_mut().filter(|c| matches!(c.role, Role::Tier | Role::Range | Role::Basis)) {
        cell.state = State::Unconfirmed;
    }
}

fn find<'a>(proposal: &'a mut Proposal, id: &str) -> Result<&'a mut Row, ProposalError> {
    let count = proposal.rows.len();
    let found = proposal.rows.iter_mut().find(|r| r.id == id);
    found.ok_or_else(|| ProposalError::Refused(format!("没有 {id} 这一行；共有 r1 至 r{count}")))
}

/// `r5.tier（工作表“基准”C7）“较轻”`.
pub(super) fn describe(row: &str, cell: &Cell) -> String {
    let doubt = cell.doubt.as_ref().map(|d| format!("　{d}")).unwrap_or_default();
    format!("{row}.{}（{}，{}）“{}”{doubt}", cell.role.code(), cell.role.zh(), cell.place, cell.original)
}

fn value(cell: &Cell, row: &Row, text: &str, book: &RuleBook) -> Result<Value, ProposalError> {
    let text = text.trim();
    let violation = row.violation().unwrap_or_default();
    match cell.role {
        Role::Violation => match book.violation(text) {
            Some(_) => Ok(Value::Violation { id: text.into() }),
            None => refuse(format!("没有违法行为条目“{text}”；相近的有 {}", book.near_ids(text).join("、"))),
        },
        Role::Basis => Ok(Value::Basis { citation: text.into() }),
        Role::Tier => {
            let (name, when) = text.split_once('@').map_or((text, None), |(n, w)| (n.trim(), Some(w.trim())));
            let same = |code: &str, zh: &str| name == code || name == zh || name == zh.trim_end_matches("处罚");
            let Some(tier) = Tier::ALL.iter().copied().find(|t| same(t.code(), t.zh())) else {
                return refuse(format!("“{name}”不是阶次；可用 从轻、一般、从重，另有情节的写成 从重@情节严重"));
            };
            let when = match when {
                None => None,
                Some(word) => match Circumstance::ALL.iter().copied().find(|c| word == c.code() || word == c.zh()) {
                    Some(found) if outcomes(violation, book).contains(&found) => Some(found),
                    _ => return refuse(format!("条文没有“{word}”一档")),
                },
            };
            Ok(Value::Tier { tier, when })
        }
        Role::Range => {
            let found = amount::fine(text).map_err(ProposalError::Refused)?;
            let when = row.tier().and_then(|t| t.1).unwrap_or_else(|| usual(violation, book));
            Ok(Value::Range { base: found.base.or_else(|| multiple_of(violation, when, book)), amount: found.amount })
        }
        Role::Condition => {
            if matches!(text, "" | "无" | "没有") {
                return Ok(Value::Conditions { all: vec![] });
            }
            let all = text.split(['；', ';']).map(str::trim).filter(|t| !t.is_empty());
            let all: Result<Vec<String>, String> = all.map(|t| Condition::parse(t).map(|c| c.to_string())).collect();
            Ok(Value::Conditions { all: all.map_err(ProposalError::Refused)? })
        }
        Role::Remark | Role::Ignored => refuse("备注不参与裁量，不需要更正"),
    }
}

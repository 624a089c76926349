//! 违反条款 and 处罚依据, always as a pair (行政处罚法44、59①(三)), with full statutory citations in 汉字 numerals.

use super::{FieldValue, Filler, PENDING};
use crate::domain::assessment::{Clause, ClauseRole};
use crate::domain::document::compose::clean;
use crate::domain::law::{Provision, Validity};

/// A provision longer than this (characters) is cited, not quoted.
const QUOTED: usize = 400;

impl Filler<'_> {
    pub(super) fn legal_basis(&mut self, id: &str) -> FieldValue {
        let clauses = &self.input.assessment.clauses;
        let basis = "行政处罚法59①(三)";
        for clause in clauses.iter().filter(|c| c.validity == Validity::Unknown || c.in_force.is_none()) {
            let what = format!("{}在适用日的效力未能查明，请核对", citation(clause));
            self.check(id, "assessment.clauses", what, "行政处罚法37");
        }
        let of = |role| clauses.iter().filter(move |c| c.role == role).collect::<Vec<_>>();
        let (duties, penalties) = (of(ClauseRole::Duty), of(ClauseRole::Penalty));
        let mut lines = vec![];
        if duties.is_empty() {
            self.must(id, "assessment.clauses[duty]", "违反的条款（义务条）", basis);
            lines.push(format!("当事人的上述行为违反了{PENDING}确认：违反的条款】的规定。"));
        } else {
            lines.push(format!("当事人的上述行为违反了{}的规定。{}", join(&duties), quotes(&duties)));
        }
        if penalties.is_empty() {
            self.must(id, "assessment.clauses[penalty]", "处罚依据（责任条）", basis);
            lines.push(format!("处罚依据为{PENDING}确认：处罚条款】。"));
        } else {
            lines.push(format!("处罚依据为{}的规定。{}", join(&penalties), quotes(&penalties)));
        }
        let sources = duties.iter().chain(&penalties).map(|c| format!("law:{}", citation(c))).collect();
        FieldValue { text: lines.join("\n"), sources }
    }

    /// `《…》第六十四条第一款` of the penalty clauses, or a visible gap (listed by `legal_basis`).
    pub(super) fn penalty_citation(&self) -> String {
        let clauses: Vec<_> = self.input.assessment.clauses.iter().filter(|c| c.role == ClauseRole::Penalty).collect();
        if clauses.is_empty() { format!("{PENDING}确认：处罚条款】") } else { join(&clauses) }
    }
}

/// `《…法》第六十四条第一款`, as documents cite it.
pub fn citation(clause: &Clause) -> String {
    Provision {
        law: clean(&clause.law).trim_matches(['《', '》']).to_string(),
        article: clause.article,
        paragraph: clause.paragraph,
        items: clause.items.clone(),
    }
    .to_string()
}

fn join(clauses: &[&Clause]) -> String {
    let mut all: Vec<String> = clauses.iter().map(|c| citation(c)).collect();
    all.dedup();
    all.join("、")
}

fn quotes(clauses: &[&Clause]) -> String {
    let mut out = String::new();
    for clause in clauses {
        let Some(text) = &clause.text else { continue };
        // Inner quotation marks become single ones, as writing rules have it; the words stay.
        let text = clean(text).replace('\n', "").replace('“', "‘").replace('”', "’");
        if text.is_empty() || text.chars().count() > QUOTED {
            continue;
        }
        let which = if clause.items.len() > 1 {
            "上述各项".to_string()
        } else if clauses.len() == 1 {
            if !clause.items.is_empty() {
                "该项".to_string()
            } else if clause.paragraph > 0 {
                "该款".to_string()
            } else {
                "该条".to_string()
            }
        } else {
            citation(clause)
        };
        out.push_str(&format!("{which}规定：“{text}”"));
    }
    out
}

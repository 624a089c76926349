//! 办案人员 as they were when they joined the case: a certificate that expires later does not change what was valid then.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::domain::penalty::vocabulary;
use crate::domain::people::OfficerCert;

vocabulary! {
    /// What a person does in this case.
    Duty {
        Officer = "officer", "承办人";
        Assistant = "assistant", "协助人员";
        Reviewer = "reviewer", "法制审核人员";
        HearingHost = "hearing_host", "听证主持人";
        Clerk = "clerk", "记录人";
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CasePerson {
    pub id: String,
    pub name: String,
    pub duty: Duty,
    #[serde(default)]
    pub certs: Vec<OfficerCert>,
    pub joined_on: Date,
    /// 自行回避 or replaced: the person no longer acts.
    #[serde(default)]
    pub left_on: Option<Date>,
}

/// 承办人 who have not left.
#[derive(Clone, Copy, Debug)]
pub struct People<'a> {
    pub(super) people: &'a [CasePerson],
    pub(super) duty: Duty,
    pub(super) at: usize,
}

impl People<'_> {
    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }
}

impl<'a> Iterator for People<'a> {
    type Item = &'a CasePerson;

    fn next(&mut self) -> Option<&'a CasePerson> {
        while let Some(person) = self.people.get(self.at) {
            self.at += 1;
            if person.duty == self.duty && person.left_on.is_none() {
                return Some(person);
            }
        }
        None
    }
}

/// 回避 (行政处罚法43).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recusal {
    /// Whom it is about.
    pub person: String,
    /// True: 当事人申请; false: 自行回避.
    #[serde(default)]
    pub requested: bool,
    pub reason: String,
    pub on: Date,
    #[serde(default)]
    pub ruling: Option<RecusalRuling>,
}

/// Decided by the head (行政处罚法43③).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecusalRuling {
    pub granted: bool,
    pub reason: String,
    #[serde(default)]
    pub by: String,
    /// Whether the one who ruled was a 负责人 at that time.
    #[serde(default)]
    pub by_head: bool,
    pub on: Date,
}

/// Who approved, and when.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    pub by: String,
    pub name: String,
    pub on: Date,
}

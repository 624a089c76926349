//! 公示 of the decision (行政处罚法48; 工作方案二(一)4).

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::people::Approval;
use crate::domain::penalty::vocabulary;

vocabulary! {
    /// The track beside execution (P1–P3).
    PublicityState {
        None = "none", "不适用";
        Pending = "pending", "待公示";
        Exempt = "exempt", "不予公开";
        Approved = "approved", "已批准";
        Published = "published", "已公示";
        Withdrawn = "withdrawn", "已撤回";
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Publicity {
    pub state: PublicityState,
    /// From the day the decision was made, not served.
    pub due: Option<Date>,
    /// 公示摘要, redacted.
    pub summary: String,
    /// 保密审查人.
    pub secrecy_reviewer: Option<Approval>,
    pub approval: Option<Approval>,
    pub exempt_because: Option<String>,
    pub published_on: Option<Date>,
    pub channels: Vec<String>,
    pub withdrawn_on: Option<Date>,
    pub withdrawn_because: Option<String>,
}

impl Default for Publicity {
    fn default() -> Self {
        Self {
            state: PublicityState::None,
            due: None,
            summary: String::new(),
            secrecy_reviewer: None,
            approval: None,
            exempt_because: None,
            published_on: None,
            channels: vec![],
            withdrawn_on: None,
            withdrawn_because: None,
        }
    }
}

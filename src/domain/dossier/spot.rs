//! 当场处罚 (行政处罚法51–53, 68–71).

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::notice::Sanction;

/// 当场处罚决定书 with what happened on the spot.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpotDecision {
    pub at: Timestamp,
    pub place: String,
    pub officers: Vec<String>,
    /// 预先编号.
    pub form_no: String,
    pub content: Sanction,
    pub basis: Vec<String>,
    pub facts: String,
    pub shown_certs: bool,
    /// 口头告知 of facts, reasons, basis and rights (行政处罚法44).
    pub told_orally: bool,
    /// What the party said; “无” when nothing (行政处罚法45).
    pub statement: String,
    /// 当场交付, or 拒签注明 (行政处罚法52①).
    pub delivered: bool,
    #[serde(default)]
    pub refused_note: Option<String>,
    /// 报机关备案 (行政处罚法52③).
    #[serde(default)]
    pub filed_on: Option<Date>,
    /// 交机关、交银行 of cash (行政处罚法71).
    #[serde(default)]
    pub cash_to_agency_on: Option<Date>,
    #[serde(default)]
    pub cash_to_bank_on: Option<Date>,
}

//! 送达 (行政处罚法61; 民事诉讼法87–95).

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::domain::penalty::vocabulary;

vocabulary! {
    /// 送达方式.
    ServiceMethod {
        Direct = "direct", "直接送达";
        LeftBehind = "left_behind", "留置送达";
        Entrusted = "entrusted", "委托送达";
        Post = "post", "邮寄送达";
        Electronic = "electronic", "电子送达";
        Forwarded = "forwarded", "转交送达";
        Announcement = "announcement", "公告送达";
    }
}

vocabulary! {
    /// Which document was served.
    Served {
        Rectify = "rectify", "责令改正通知书";
        Notice = "notice", "行政处罚事先告知书";
        Summons = "summons", "听证通知书";
        Decision = "decision", "决定书";
        Demand = "demand", "催告书";
    }
}

/// 送达回证.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    pub what: Served,
    pub method: ServiceMethod,
    /// 交付、投寄、发布之日.
    pub sent_on: Date,
    /// 送达日: 签收日、留置日、回执收件日、到达系统日; 公告 = 发布满三十日 (computed, never given).
    #[serde(default)]
    pub served_on: Date,
    pub place: String,
    /// 签收人 and relation to the party.
    #[serde(default)]
    pub receiver: String,
    /// 送达人: two person ids.
    pub servers: Vec<String>,
    /// 留置: why and who witnessed, or that it was filmed.
    #[serde(default)]
    pub witness: Option<String>,
    /// 电子送达确认书 (行政处罚法61②).
    #[serde(default)]
    pub confirmation_no: Option<String>,
    /// 公告: why no other way was open.
    #[serde(default)]
    pub other_ways_tried: Option<String>,
}

impl Service {
    /// What the method needs and this receipt does not have.
    pub fn lacks(&self) -> Vec<&'static str> {
        let empty = |s: &Option<String>| s.as_deref().is_none_or(|t| t.trim().is_empty());
        let mut out = vec![];
        let mut servers = self.servers.clone();
        servers.sort();
        servers.dedup();
        if servers.len() < 2 {
            out.push("两名送达人");
        }
        match self.method {
            ServiceMethod::LeftBehind if empty(&self.witness) => out.push("留置送达的见证人签章或者拍照录像"),
            ServiceMethod::Electronic if empty(&self.confirmation_no) => out.push("当事人签订的电子送达确认书"),
            ServiceMethod::Announcement if empty(&self.other_ways_tried) => out.push("公告送达的原因和经过"),
            ServiceMethod::Direct | ServiceMethod::Forwarded if self.receiver.trim().is_empty() => out.push("签收人"),
            _ => {}
        }
        out
    }
}

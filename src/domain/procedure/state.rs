//! 案件状态 (procedure.md §3): where a case stands. Publicity, rectification and measures run beside it, in their own records.

use crate::domain::penalty::vocabulary;
use serde::{Deserialize, Serialize};

vocabulary! {
    /// 程序. A hearing is part of the ordinary procedure.
    #[derive(Default)]
    Procedure {
        #[default]
        Ordinary = "ordinary", "普通程序";
        Simple = "simple", "简易程序";
    }
}

vocabulary! {
    /// Where a case stands.
    #[derive(Default)]
    State {
        #[default]
        ClueRegistered = "clue_registered", "线索已登记";
        NotFiled = "not_filed", "不予立案";
        Filed = "filed", "已立案";
        Investigating = "investigating", "调查中";
        InvestigationClosed = "investigation_closed", "调查终结";
        NoticeIssued = "notice_issued", "已制发事先告知";
        StatementOpen = "statement_open", "陈述申辩期";
        HearingPending = "hearing_pending", "待听证";
        HearingHeld = "hearing_held", "听证已举行";
        Rechecked = "rechecked", "已复核";
        LegalReviewing = "legal_reviewing", "法制审核中";
        LegalReviewed = "legal_reviewed", "法制审核通过";
        Discussed = "discussed", "已集体讨论";
        Decided = "decided", "已作出决定";
        Served = "served", "决定已送达";
        Executing = "executing", "履行中";
        Enforcing = "enforcing", "强制执行中";
        Closed = "closed", "已结案";
        Archived = "archived", "已归档";
        SpotFound = "spot_found", "当场发现";
        SpotDecided = "spot_decided", "当场已决定";
        SpotFiled = "spot_filed", "当场处罚已备案";
    }
}

impl State {
    /// Nothing moves any more.
    pub fn is_final(self) -> bool {
        matches!(self, Self::NotFiled | Self::Archived)
    }

    /// The stage of the one flow a person sees: 事实 → 依据 → 裁量 → 文书 → 审核 → 送达 → 公示 → 归档.
    pub fn stage(self) -> &'static str {
        match self {
            Self::ClueRegistered | Self::NotFiled | Self::SpotFound => "线索",
            Self::Filed | Self::Investigating => "调查",
            Self::InvestigationClosed => "裁量",
            Self::NoticeIssued | Self::StatementOpen | Self::HearingPending | Self::HearingHeld | Self::Rechecked => {
                "告知"
            }
            Self::LegalReviewing | Self::LegalReviewed => "审核",
            Self::Discussed | Self::Decided | Self::SpotDecided => "决定",
            Self::Served | Self::SpotFiled => "送达",
            Self::Executing | Self::Enforcing => "执行",
            Self::Closed | Self::Archived => "归档",
        }
    }
}

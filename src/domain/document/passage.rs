//! 段落: what people did with a drafted passage, and how far a draft is.

use serde::{Deserialize, Serialize};

use crate::domain::penalty::vocabulary;

vocabulary! {
    /// What a person did with a passage that was written for them.
    #[derive(Default)]
    Treatment {
        #[default]
        Open = "open", "待确认";
        Accepted = "accepted", "采纳";
        Edited = "edited", "修改";
        Replaced = "replaced", "重写";
    }
}

vocabulary! {
    /// What a person may do with a passage.
    TakeAction {
        Accept = "accept", "采纳";
        Edit = "edit", "修改";
        Replace = "replace", "重写";
    }
}

vocabulary! {
    /// How far a draft of a case is.
    DraftState {
        Queued = "queued", "排队中";
        Running = "running", "起草中";
        Done = "done", "已写完";
        Failed = "failed", "未能写完";
        Cancelled = "cancelled", "已取消";
        Filing = "filing", "正在入卷";
        Filed = "filed", "已入卷";
    }
}

impl DraftState {
    /// Nothing is written any more.
    pub fn ended(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }

    /// Whether there is a whole text that people can work on or that is in the file.
    pub fn written(self) -> bool {
        matches!(self, Self::Done | Self::Filing | Self::Filed)
    }

    /// Stable code of a refusal because of this state.
    pub fn refusal(self) -> &'static str {
        match self {
            Self::Queued | Self::Running => "draft.not_ready",
            Self::Done => "draft.ended",
            Self::Failed => "draft.failed",
            Self::Cancelled => "draft.cancelled",
            Self::Filing => "draft.filing",
            Self::Filed => "draft.filed",
        }
    }
}

impl TakeAction {
    /// The treatment a passage has after it: words that are the machine's own were accepted, however they were sent.
    pub fn treatment(self, before: Treatment, text: &str, machine: &str) -> Treatment {
        match self {
            _ if text == machine => Treatment::Accepted,
            Self::Accept if before == Treatment::Open => Treatment::Accepted,
            Self::Accept => before,
            Self::Edit => Treatment::Edited,
            Self::Replace => Treatment::Replaced,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_treatment_says_whose_words_they_are() {
        use TakeAction::*;
        assert_eq!(Accept.treatment(Treatment::Open, "甲", "甲"), Treatment::Accepted);
        assert_eq!(Edit.treatment(Treatment::Open, "甲乙", "甲"), Treatment::Edited);
        assert_eq!(Accept.treatment(Treatment::Replaced, "乙", "甲"), Treatment::Replaced);
        assert_eq!(Edit.treatment(Treatment::Replaced, "甲", "甲"), Treatment::Accepted);
    }
}

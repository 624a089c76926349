//! Closed vocabularies by the name that `forms.toml` and the templates call them.

use crate::domain::dossier::{
    ActKind, AvLevel, ClosureReason, DecisionKind, PublicityState, RemedyKind, RemedyOutcome, Served, ServiceMethod,
};
use crate::domain::legal_review::{Conclusion, ReviewState, Verdict};
use crate::domain::penalty::{PenaltyKind, Tier};
use crate::domain::procedure::State;

macro_rules! pairs {
    ($name:ident) => {
        $name::ALL.iter().map(|x| (x.code(), x.zh())).collect()
    };
}

/// Code and Chinese name of every value; empty for a name that is not known.
pub fn of(name: &str) -> Vec<(&'static str, &'static str)> {
    match name {
        "act_kind" => pairs!(ActKind),
        "av_level" => pairs!(AvLevel),
        "closure_reason" => pairs!(ClosureReason),
        "conclusion" => pairs!(Conclusion),
        "decision_kind" => pairs!(DecisionKind),
        "penalty_kind" => pairs!(PenaltyKind),
        "publicity" => pairs!(PublicityState),
        "remedy_kind" => pairs!(RemedyKind),
        "remedy_outcome" => pairs!(RemedyOutcome),
        "review_state" => pairs!(ReviewState),
        "served" => pairs!(Served),
        "service_method" => pairs!(ServiceMethod),
        "state" => pairs!(State),
        "tier" => pairs!(Tier),
        "verdict" => pairs!(Verdict),
        "coercion" => vec![("seal", "查封"), ("seize", "扣押")],
        "review_rule" => vec![
            ("R1", "R1 涉及重大公共利益"),
            ("R3", "R3 案情疑难复杂、涉及多个法律关系"),
            ("R4", "R4 法律法规规定的其他情形"),
            ("R6", "R6 本机关规定的其他情形"),
        ],
        "owner" => vec![
            ("officer", "承办人"),
            ("reviewer", "审核人"),
            ("head", "负责人"),
            ("publisher", "公示员"),
            ("party", "当事人"),
        ],
        _ => vec![],
    }
}

/// The Chinese name of a code; the code itself where it is not known.
pub fn zh(name: &str, code: &str) -> String {
    of(name).into_iter().find(|(c, _)| *c == code).map_or_else(|| code.to_string(), |(_, zh)| zh.to_string())
}

//! 5. 责任能力: under 14 or unable to understand or control the act → no penalty.

use crate::domain::assessment::ResultCode;
use crate::domain::discretion::work::{Done, Work};
use crate::domain::penalty::Tier;
use crate::domain::trace::Trace;

pub(crate) fn run(work: &mut Work<'_>) -> Done {
    let trace = Trace::new("capacity", "").basis("行政处罚法30、31");
    match work.factors.incapable.clone() {
        Some(ground) => {
            let text = format!("{}，不予行政处罚，责令监护人管教或者看管治疗", ground.zh);
            work.warn("no_penalty.capacity", &text, &ground.basis);
            work.out.tier = Some(Tier::NoPenalty);
            Done::stop(ResultCode::NoPenalty, Trace { outcome: text, ..trace })
        }
        None if work.out.missing.iter().any(|m| m == "party.birth") => {
            work.warn("capacity.birth_unknown", "当事人是自然人而出生日期不明，责任能力未能核对", "行政处罚法30");
            Done::go(Trace { outcome: "出生日期不明，责任能力未能核对".into(), ..trace })
        }
        None => Done::go(Trace { outcome: "没有不予处罚的年龄、精神状态情形".into(), ..trace }),
    }
}

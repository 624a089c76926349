//! 3. A suspected crime goes to the judicial organs; no fine in its place.

use crate::domain::assessment::ResultCode;
use crate::domain::discretion::work::{Done, Work};
use crate::domain::trace::Trace;

pub(crate) fn run(work: &mut Work<'_>) -> Done {
    let trace = |text: &str| Trace::new("crime", text).basis("行政处罚法8②、27、57①(四)");
    match work.case.facts.suspected_crime {
        Some(true) => {
            let text = "涉嫌犯罪，应当及时移送司法机关，不得以罚代刑";
            work.warn("crime.transfer", text, "行政处罚法27、82");
            Done::stop(ResultCode::Transfer, trace(text).input("suspected_crime", true))
        }
        Some(false) => Done::go(trace("经办人认为不涉嫌犯罪").input("suspected_crime", false)),
        None => Done::go(trace("未填写是否涉嫌犯罪，按未发现涉嫌犯罪继续，审核时须核对")),
    }
}

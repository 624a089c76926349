//! 4. 处罚时效: found within two years of the end of the act; five where life, health or financial safety is concerned and harm done.

use crate::domain::assessment::ResultCode;
use crate::domain::deadline;
use crate::domain::discretion::work::{Done, Work};
use crate::domain::trace::Trace;

pub(crate) fn run(work: &mut Work<'_>) -> Done {
    let facts = &work.case.facts;
    let trace = |text: String| Trace::new("limitation", text).basis("行政处罚法36");
    if facts.act_end().is_none() {
        work.need("facts.act_to");
    }
    if facts.discovered_at.is_none() {
        work.need("facts.discovered_at");
    }
    let (Some(end), Some(found)) = (facts.act_end(), facts.discovered_at) else {
        work.warn("limitation.unchecked", "行为终了日或者发现日不明，处罚时效尚未核对", "行政处罚法36");
        return Done::go(trace("行为终了日或者发现日不明，时效未能核对".into()));
    };
    let long = facts.life_health_or_finance == Some(true) && facts.harmful_result == Some(true);
    let id = if long { "LIMITATION_LIFE_HEALTH" } else { "LIMITATION_NORMAL" };
    let Some(rule) = work.book.deadline(id) else {
        work.warn("limitation.no_rule", "期限表中没有处罚时效，未能核对", "行政处罚法36");
        return Done::go(trace("期限表中没有处罚时效".into()));
    };
    let last = match deadline::due(rule, end, &work.book.calendar) {
        Ok(last) => last,
        Err(problem) => {
            work.warn(problem.code(), problem.to_string(), "行政处罚法36");
            return Done::go(trace(problem.to_string()));
        }
    };
    let inputs = |t: Trace| {
        t.input("act_end", end.to_string())
            .input("discovered_at", found.to_string())
            .input("last_day", last.to_string())
            .input("five_years", long)
    };
    if found <= last {
        return Done::go(inputs(trace(format!("{found} 发现，未超过时效末日 {last}"))));
    }
    if !long && (facts.life_health_or_finance.is_none() || facts.harmful_result.is_none()) {
        for (path, value) in [
            ("facts.life_health_or_finance", facts.life_health_or_finance),
            ("facts.harmful_result", facts.harmful_result),
        ] {
            if value.is_none() {
                work.need(path);
            }
        }
        work.warn(
            "limitation.five_years_unclear",
            "已超过二年；是否属涉及公民生命健康安全、金融安全且有危害后果（五年）未填写，未经证明按二年计",
            "行政处罚法36",
        );
    }
    let text = format!("{found} 发现，已超过时效末日 {last}，不再给予行政处罚");
    work.warn("limitation.expired", &text, "行政处罚法36");
    Done::stop(ResultCode::LimitationExpired, inputs(trace(text)))
}

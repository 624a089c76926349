//! 2. Does the bureau have the power? Education or sports, at county level; anything else a person must confirm with its source.

use crate::domain::assessment::ResultCode;
use crate::domain::discretion::table::{Authority, PowerLevel, Violation};
use crate::domain::discretion::work::{Done, Work};
use crate::domain::trace::Trace;

/// Words of a clause that may or may not mean this bureau.
const OPEN: &[Authority] = &[
    Authority::CompetentAuthority,
    Authority::LicensingAuthority,
    Authority::RelevantAuthority,
    Authority::OffcampusTrainingAuthority,
];

pub(crate) fn run(work: &mut Work<'_>) -> Done {
    let row = work.row;
    let names: Vec<&str> = row.authority.iter().map(|a| a.zh()).collect();
    let mut trace = Trace::new("authority", "")
        .basis("行政处罚法17、22、38①")
        .input("authority", names.join("、"))
        .input("level", row.level.code());
    if matches!(row.level, PowerLevel::Province | PowerLevel::Superior) {
        trace.outcome = format!("本条由{}实施，县级无权处罚", row.level.zh());
        work.warn("authority.level", trace.outcome.clone(), "行政处罚法22、38①");
        return Done::stop(ResultCode::OutOfJurisdiction, trace);
    }
    let ours = names_bureau(row);
    let open = row.authority.iter().any(|a| OPEN.contains(a));
    if !ours && !open {
        trace.outcome = format!("本条的实施机关是{}，本机关无权处罚", names.join("、"));
        work.warn("authority.other_agency", trace.outcome.clone(), "行政处罚法17、38①");
        return Done::stop(ResultCode::OutOfJurisdiction, trace);
    }
    if ours && row.level == PowerLevel::County {
        trace.outcome = "县级教育体育行政部门有权实施".into();
        if !row.joint_with.is_empty() {
            let joint: Vec<&str> = row.joint_with.iter().map(|a| a.zh()).collect();
            work.warn(
                "authority.joint",
                format!("本条须会同{}，案卷应有会同材料", joint.join("、")),
                &row.provision().to_string(),
            );
        }
        return Done::go(trace);
    }
    match work.case.facts.authority_basis.as_deref().map(str::trim).filter(|b| !b.is_empty()) {
        Some(basis) => {
            trace.outcome = format!("职权由人确认：{basis}");
            trace.inputs.insert("authority_basis".into(), basis.into());
            work.complex.push("职权依据须由法制审核核对".into());
            work.warn("authority.confirmed_by_person", trace.outcome.clone(), "行政处罚法17、38①");
            Done::go(trace)
        }
        None => {
            work.need("facts.authority_basis");
            trace.outcome = "本条是否由本机关实施须查权责清单，由人确认并写明职权依据".into();
            work.warn("authority.unconfirmed", trace.outcome.clone(), "行政处罚法17、38①");
            Done::stop(ResultCode::NeedsInput, trace)
        }
    }
}

fn names_bureau(row: &Violation) -> bool {
    row.authority.iter().any(|a| matches!(a, Authority::Education | Authority::Sports))
}

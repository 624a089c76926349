//! The reviewer's desk: the draft with whose words they are, the list of items, similar cases and what sets them apart.

use axum::response::Response;
use serde::Serialize;
use serde_json::json;

use super::forms::{self, Ground, StepView};
use super::range::{self, Picture};
use super::{vocabularies, yuan};
use crate::domain::assessment::SimilarCase;
use crate::domain::money::Fen;
use crate::flow::Flow;
use crate::flow::cases::DeskPage;
use crate::flow::people::Signed;

/// A similar case beside this one; what differs from this case is marked.
#[derive(Serialize)]
struct Beside<'a> {
    #[serde(flatten)]
    case: &'a SimilarCase,
    tier_zh: Option<&'static str>,
    other_tier: bool,
    other_region: bool,
    /// More or less than the figure of this case, in words.
    against: String,
}

/// A case as a column beside this one, for reading: facts, factors, reasons.
#[derive(Serialize)]
struct Column<'a> {
    id: &'a str,
    title: &'a str,
    label: &'a str,
    facts: &'a str,
    factors: Vec<Factor>,
    tier_zh: Option<&'static str>,
    other_tier: bool,
    fine_fen: Option<i64>,
    against: String,
    reasons: &'a str,
    /// Shown at first; the others wait to be chosen.
    on: bool,
}

/// A factor of a case against the factors of this one.
#[derive(Serialize)]
struct Factor {
    zh: String,
    /// `same`, `theirs` (not found here), `ours` (not found there).
    whose: &'static str,
}

/// Columns shown beside this case at first.
const SIDE_BY_SIDE: usize = 3;

fn factors(ours: &[String], theirs: &[String]) -> Vec<Factor> {
    let told = |zh: &String, whose| Factor { zh: zh.clone(), whose };
    let of = |zh: &String| told(zh, if ours.contains(zh) { "same" } else { "theirs" });
    let missing = ours.iter().filter(|zh| !theirs.contains(zh)).map(|zh| told(zh, "ours"));
    theirs.iter().map(of).chain(missing).collect()
}

/// More or less than the figure of this case, in words.
fn against(mine: Option<Fen>, theirs: Option<Fen>) -> String {
    match (mine, theirs) {
        (Some(mine), Some(theirs)) if mine > theirs => format!("本案多{}元", yuan(Fen(mine.0 - theirs.0))),
        (Some(mine), Some(theirs)) if mine < theirs => format!("本案少{}元", yuan(Fen(theirs.0 - mine.0))),
        (Some(_), Some(_)) => "与本案相同".into(),
        _ => String::new(),
    }
}

/// The model of the page.
#[derive(Serialize)]
struct Model<'a> {
    #[serde(flatten)]
    page: &'a DeskPage,
    steps: Vec<StepView>,
    picture: Option<Picture>,
    beside: Vec<Beside<'a>>,
    columns: Vec<Column<'a>>,
    factors: Vec<String>,
    may_exclude: bool,
    sentence: String,
    tier_zh: Option<&'static str>,
    fine: Option<i64>,
    may_conclude: bool,
    may_comment: bool,
    conclusions: Vec<(&'static str, &'static str)>,
    verdicts: Vec<(&'static str, &'static str)>,
    data: String,
}

/// Draws the page.
pub fn desk(flow: &Flow, who: &Signed, page: &DeskPage, today: String) -> Response {
    let dossier = &page.case.dossier;
    let final_ = dossier.case.disc.final_.as_ref();
    let fine = final_.and_then(|f| f.fine_fen);
    let (tier, similar) = (page.assessment.tier, &page.assessment.similar);
    let region = dossier.case.case.region.as_deref();
    let beside = similar.cases.iter().map(|case| Beside {
        tier_zh: case.tier.map(|t| t.zh()),
        other_tier: case.tier != tier,
        other_region: region.is_some_and(|r| r != case.region),
        against: against(fine, case.fine_fen),
        case,
    });
    let factors_here: Vec<String> =
        dossier.case.facts.factors.iter().map(|f| flow.book().factor_zh(&f.code).to_string()).collect();
    let columns = similar.cases.iter().enumerate().map(|(i, c)| Column {
        id: &c.id,
        title: &c.title,
        label: &c.label,
        facts: &c.facts,
        factors: factors(&factors_here, &c.factors),
        tier_zh: c.tier.map(|t| t.zh()),
        other_tier: c.tier != tier,
        fine_fen: c.fine_fen.map(|f| f.0),
        against: against(fine, c.fine_fen),
        reasons: &c.reasons,
        on: i < SIDE_BY_SIDE,
    });
    let ground = Ground::new(&page.case, &page.people, &[], today);
    let newest = page.desk["newest"].as_bool().unwrap_or_default();
    let steps = forms::steps(&ground);
    let steps = steps
        .into_iter()
        .filter(|s| {
            newest
                && (s.section == "desk"
                    || s.step.ends_with("_review") && s.step != "submit_review" && s.step != "flag_review")
        })
        .collect();
    let may = |step: &str| newest && page.case.steps.iter().any(|s| s.step == step);
    let accepted = page.desk["review"]["state"] == "accepted";
    let data = json!({
        "review": page.desk["review"]["id"], "case_no": page.case.case_no, "version": page.case.version,
        "draft": page.desk["paper"]["id"],
    });
    let model = Model {
        picture: range::picture(&page.assessment, &page.bands, fine),
        beside: beside.collect(),
        columns: columns.collect(),
        factors: factors_here.clone(),
        may_exclude: accepted && may("exclude_similar"),
        sentence: sentence(page, fine.map(|f| f.0)),
        tier_zh: tier.map(|t| t.zh()),
        fine: fine.map(|f| f.0),
        may_conclude: accepted && may("conclude_review"),
        may_comment: accepted && may("comment_review"),
        conclusions: vocabularies::of("conclusion"),
        verdicts: vocabularies::of("verdict"),
        data: data.to_string(),
        steps,
        page,
    };
    super::page(flow, who, "/reviews", "desk.html", &format!("审核 {}", page.case.case_no), model)
}

/// Where this case sits among the similar ones, and how sure that is: from the engine's numbers, never more than they carry.
fn sentence(page: &DeskPage, fine: Option<i64>) -> String {
    let similar = &page.assessment.similar;
    if !similar.comparable.enough {
        return format!("{}。下面的案例只供对照，不能说明本案偏高或者偏低。", similar.comparable.note);
    }
    let sums: Vec<i64> = similar.cases.iter().filter_map(|c| c.fine_fen.map(|f| f.0)).collect();
    let place = match fine {
        Some(mine) if !sums.is_empty() => {
            let below = sums.iter().filter(|s| **s < mine).count();
            let same = sums.iter().filter(|s| **s == mine).count();
            let above = sums.len() - below - same;
            format!("列出的{}件中，{below}件轻于本案，{same}件相同，{above}件重于本案；", sums.len())
        }
        _ => String::new(),
    };
    format!("{place}{}。", similar.note)
}

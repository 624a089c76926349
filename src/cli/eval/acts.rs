//! `zhicai eval acts`: from facts to articles in two steps, on the teaching cases: which act, then the articles of its row; beside
//! it, the same articles searched for with the facts. The teaching cases are fictitious and of few hands: the numbers compare ways
//! of searching and promise nothing for real files.

use std::process::ExitCode;

use jiff::civil::Date;
use serde::Serialize;

use crate::cli::input;
use crate::corpus::precedents;
use crate::domain::precedent::Precedent;
use crate::error::{Class, Report, Result};
use crate::flow::Flow;
use crate::flow::acts::Without;
use crate::flow::retrieve::SearchRequest;
use crate::settings::Settings;

#[derive(clap::Args, Debug)]
pub struct Args {
    #[arg(long)]
    json: bool,
}

/// Shares of the cases.
#[derive(Clone, Debug, Default, Serialize)]
struct Shares {
    first: f64,
    first_three: f64,
    first_five: f64,
}

impl Shares {
    fn of(places: &[Option<usize>]) -> Self {
        let within = |n: usize| places.iter().flatten().filter(|p| **p < n).count() as f64 / places.len().max(1) as f64;
        Self { first: within(1), first_three: within(3), first_five: within(5) }
    }
}

#[derive(Serialize)]
struct Measured {
    cases: usize,
    /// The case itself does not vote.
    act: Shares,
    act_by_decisions_alone: Shares,
    /// No past decision on the same act votes: what a new act is found by.
    act_without_decisions_on_it: Shares,
    /// The penalty article, from the act's row.
    article: Shares,
    /// The penalty article, searched for with the facts.
    article_by_search_alone: Shares,
}

pub fn run(args: &Args, settings: &Settings) -> Result<ExitCode> {
    let flow = input::flow(settings, Some("none"))?;
    let wrong = |e: precedents::PrecedentError| Report::new(Class::Internal, e.code(), "教学案例有误", e.to_string());
    let cases = precedents::teaching().map_err(wrong)?;
    let known = |c: &&Precedent| c.facts.violation.as_deref().is_some_and(|v| flow.book().violation(v).is_some());
    let cases: Vec<&Precedent> = cases.iter().filter(known).collect();
    let act = |without: &dyn Fn(&'_ Precedent) -> Kept| -> Result<Vec<Option<usize>>> {
        cases.iter().map(|c| place_of_act(&flow, c, &without(c))).collect()
    };
    let own = |c: &Precedent| Kept { case: c.id.clone(), ..Kept::default() };
    let measured = Measured {
        cases: cases.len(),
        act: Shares::of(&act(&own)?),
        act_by_decisions_alone: Shares::of(&act(&|c| Kept { table: true, ..own(c) })?),
        act_without_decisions_on_it: Shares::of(&act(&|c| Kept { act: c.facts.violation.clone(), ..own(c) })?),
        article: Shares::of(&articles(&flow, &cases, true)?),
        article_by_search_alone: Shares::of(&articles(&flow, &cases, false)?),
    };
    if args.json {
        input::print(&measured);
        return Ok(ExitCode::SUCCESS);
    }
    println!("教学案例 {} 件（虚构），逐件不看本案；前一、前三、前五位命中：", measured.cases);
    for (what, s) in [
        ("违法行为：案例与行为表", &measured.act),
        ("违法行为：只看案例", &measured.act_by_decisions_alone),
        ("违法行为：没有同类案例时", &measured.act_without_decisions_on_it),
        ("处罚条：先定行为，再查表", &measured.article),
        ("处罚条：直接检索条文", &measured.article_by_search_alone),
    ] {
        println!("{what}　{:.3} {:.3} {:.3}", s.first, s.first_three, s.first_five);
    }
    Ok(ExitCode::SUCCESS)
}

#[derive(Default)]
struct Kept {
    case: String,
    act: Option<String>,
    table: bool,
}

fn place_of_act(flow: &Flow, case: &Precedent, kept: &Kept) -> Result<Option<usize>> {
    let without =
        Without { case: Some(&kept.case), decisions_on: kept.act.as_deref(), table: kept.table, ..Without::default() };
    let told = flow.acts_told(narrative(case), without)?;
    Ok(told.iter().position(|c| Some(&c.violation) == case.facts.violation.as_ref()))
}

/// Where the case's penalty article stands, by act or by search.
fn articles(flow: &Flow, cases: &[&Precedent], by_act: bool) -> Result<Vec<Option<usize>>> {
    cases
        .iter()
        .map(|case| {
            let row = case.facts.violation.as_deref().and_then(|v| flow.book().violation(v));
            let Some(row) = row else { return Ok(None) };
            let wanted = (row.law.as_str(), row.article);
            if by_act {
                let told = flow.acts_told(narrative(case), Without { case: Some(&case.id), ..Without::default() })?;
                let mut seen: Vec<(&str, u32)> = Vec::new();
                for candidate in &told {
                    if !seen.contains(&(candidate.law.as_str(), candidate.article)) {
                        seen.push((&candidate.law, candidate.article));
                    }
                }
                return Ok(seen.iter().position(|a| *a == wanted));
            }
            let request = SearchRequest {
                query: narrative(case).chars().take(2000).collect(),
                as_of: None::<Date>,
                law: None,
                limit: Some(5),
                explain: false,
                violation: None,
            };
            let hits = flow.search_statutes(&request)?;
            Ok(hits.iter().position(|h| (h.law.as_str(), h.article) == wanted))
        })
        .collect()
}

fn narrative(case: &Precedent) -> &str {
    case.facts.narrative.as_deref().unwrap_or_default()
}

//! 期限 in the course of a case: the vectors of procedure.md §4 where they decide something, and what stops a period.

use jiff::civil::{Date, date};
use serde_json::json;
use zhicai::domain::assessment::ResultCode;
use zhicai::domain::dossier::{Deferral, Remedy, RemedyKind, RemedyOutcome};
use zhicai::domain::money::Fen;
use zhicai::domain::procedure::guards::{days_late, late_fee_until, remedies_over};

use super::play::{Kind, Scene};

fn result_when_found(on: Date) -> ResultCode {
    let mut scene = Scene::open(Kind::Ordinary);
    let facts = &mut scene.dossier.case.facts;
    (facts.act_from, facts.act_to) = (Some(date(2023, 9, 1)), Some(date(2024, 3, 10)));
    facts.discovered_at = Some(on);
    scene.assessment().result
}

#[test]
fn found_on_the_last_day_is_in_time_and_a_day_later_is_not() {
    assert_eq!(result_when_found(date(2026, 3, 10)), ResultCode::Range);
    assert_eq!(result_when_found(date(2026, 3, 11)), ResultCode::LimitationExpired);
}

/// A decision with a fine of 30,000 yuan, served on 2026-03-10, so that payment is due on 2026-03-25.
fn fined() -> Scene {
    let mut scene = Scene::ended(Kind::Ordinary);
    let d = &mut scene.dossier;
    d.decision.as_mut().unwrap().content.fine_fen = Some(Fen(3_000_000));
    d.services.last_mut().unwrap().served_on = date(2026, 3, 10);
    d.execution.payments.clear();
    scene
}

fn pay(scene: &mut Scene, on: Date, sum: i64) {
    let payment = json!({"on": on, "sum_fen": sum, "receipt_no": "云财1"});
    scene.dossier.execution.payments.push(serde_json::from_value(payment).unwrap());
}

fn remedy(kind: RemedyKind, from: Date, to: Option<Date>, outcome: Option<RemedyOutcome>) -> Remedy {
    Remedy { kind, accepted_on: from, ended_on: to, outcome }
}

#[test]
fn late_fee_of_the_vectors_and_what_stops_it() {
    let fee = |s: &Scene, until| s.look(|l| late_fee_until(l, until)).unwrap();
    let days = |s: &Scene, until| s.look(|l| days_late(l, until)).unwrap();
    let mut scene = fined();
    assert_eq!(fee(&scene, date(2026, 3, 25)), Fen::ZERO);
    assert_eq!(fee(&scene, date(2026, 4, 10)), Fen(1_440_000));
    // The thirty-fourth day reaches the fine itself, and there it stays.
    assert_eq!(fee(&scene, date(2026, 4, 27)), Fen(2_970_000));
    assert_eq!(fee(&scene, date(2026, 4, 28)), Fen(3_000_000));
    assert_eq!(fee(&scene, date(2026, 12, 31)), Fen(3_000_000));
    // Paid on 4-10: nothing accrues after it, in whatever order the payments were written down.
    pay(&mut scene, date(2026, 4, 10), 1_000_000);
    pay(&mut scene, date(2026, 4, 2), 2_000_000);
    assert_eq!(days(&scene, date(2026, 12, 31)), 16);
    // 复议 from 3-30 to 4-03: five days do not count; one that still runs stops it altogether.
    let upheld = Some(RemedyOutcome::Upheld);
    scene.dossier.remedies =
        vec![remedy(RemedyKind::Reconsideration, date(2026, 3, 30), Some(date(2026, 4, 3)), upheld)];
    assert_eq!(days(&scene, date(2026, 12, 31)), 11);
    scene.dossier.remedies = vec![remedy(RemedyKind::Litigation, date(2026, 3, 28), None, None)];
    assert_eq!(days(&scene, date(2026, 12, 31)), 2);
    // An approved deferral moves the day from which it runs.
    scene.dossier.remedies.clear();
    let until = date(2026, 4, 8);
    scene.dossier.execution.deferral =
        Some(Deferral { until, approval: Some(Default::default()), ..Deferral::default() });
    assert_eq!(days(&scene, date(2026, 12, 31)), 2);
}

#[test]
fn the_demand_states_the_late_fee_that_has_arisen() {
    let scene = Scene::before(Kind::Enforced, "demand");
    let after = scene.attempt().unwrap().dossier;
    // Due on 2026-04-27 (the 25th is a Saturday); one day of three percent.
    assert_eq!(after.execution.late_fee_fen, Some(Fen(390_000)));
}

#[test]
fn both_ways_of_redress_must_have_run_out() {
    let over = |s: &Scene| s.look(remedies_over).unwrap();
    let mut scene = fined();
    assert_eq!(over(&scene), Some(date(2026, 9, 10)));
    let recon = |to, outcome| remedy(RemedyKind::Reconsideration, date(2026, 4, 1), to, outcome);
    scene.dossier.remedies = vec![recon(None, None)];
    assert_eq!(over(&scene), None);
    // After 复议 there are fifteen days to sue.
    scene.dossier.remedies = vec![recon(Some(date(2026, 5, 20)), Some(RemedyOutcome::Upheld))];
    assert_eq!(over(&scene), Some(date(2026, 6, 4)));
    scene.dossier.remedies = vec![recon(Some(date(2026, 5, 20)), Some(RemedyOutcome::Withdrawn))];
    assert_eq!(over(&scene), Some(date(2026, 9, 10)));
    let suit = remedy(RemedyKind::Litigation, date(2026, 6, 1), Some(date(2026, 8, 3)), Some(RemedyOutcome::Upheld));
    scene.dossier.remedies = vec![recon(Some(date(2026, 5, 20)), Some(RemedyOutcome::Upheld)), suit];
    assert_eq!(over(&scene), Some(date(2026, 8, 3)));
    // What was brought against an earlier decision says nothing about this one.
    scene.dossier.remedies = vec![remedy(
        RemedyKind::Reconsideration,
        date(2026, 2, 1),
        Some(date(2026, 3, 1)),
        Some(RemedyOutcome::Upheld),
    )];
    assert_eq!(over(&scene), Some(date(2026, 9, 10)));
}

#[test]
fn the_court_may_be_asked_only_after_the_demand_and_only_for_three_months() {
    let on = |day: &str| {
        let mut scene = Scene::before(Kind::Enforced, "apply_to_court");
        scene.turn.day = day.parse().unwrap();
        scene.turn.step["on"] = json!(day);
        scene.attempt().map(|a| a.row.id).map_err(|r| r.guard)
    };
    assert_eq!(on("2026-05-14"), Err("G_DEMANDED".into()));
    assert_eq!(on("2026-05-15"), Err("G_COURT_WINDOW".into()));
    assert_eq!(on("2026-10-10"), Err("G_COURT_WINDOW".into()));
    assert_eq!(on("2026-10-11"), Ok("T16c"));
}

#[test]
fn the_statement_period_ends_with_its_last_day() {
    let on = |day: &str| {
        let mut scene = Scene::before(Kind::Ordinary, "recheck_defence");
        scene.turn.day = day.parse().unwrap();
        scene.turn.step["on"] = json!(day);
        scene.attempt().map(|a| a.row.id).map_err(|r| r.guard)
    };
    assert_eq!(on("2026-04-01"), Err("G_STATEMENT".into()));
    assert_eq!(on("2026-04-02"), Ok("T9"));
    let mut scene = Scene::before(Kind::Ordinary, "recheck_defence");
    scene.turn.day = date(2026, 3, 31);
    assert_eq!(scene.attempt().unwrap_err().guard, "G_DAY", "a recheck of next week cannot be recorded today");
}

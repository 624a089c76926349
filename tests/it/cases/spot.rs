//! A fine imposed on the spot and not paid: demanded, then enforced through the court, as any other fine.

use jiff::civil::date;
use serde_json::{Value, json};
use zhicai::domain::dossier::ClosureReason;
use zhicai::domain::dues::dues;
use zhicai::domain::money::Fen;
use zhicai::domain::procedure::guards::closure_faults;
use zhicai::domain::procedure::state::State;

use super::play::{Kind, Scene, Turn};

fn then(scene: &mut Scene, day: &str, who: &'static str, step: Value) {
    scene.play(Turn { day: day.parse().unwrap(), who, step });
}

#[test]
fn an_unpaid_fine_of_the_spot_is_demanded_and_enforced() {
    let mut scene = Scene::before(Kind::Simple, "pay");
    let open: Vec<String> = scene.look(|l| dues(*l)).into_iter().map(|d| d.id).collect();
    assert!(open.iter().any(|id| id == "PAY_FINE"), "{open:?}");
    assert!(!open.iter().any(|id| id == "LITIGATION_DIRECT"), "复议前置: {open:?}");

    // Served on 3-02, due on 3-17: a demand on that day comes too early.
    scene.turn = Turn {
        day: date(2026, 3, 17),
        who: "li",
        step: json!({"step": "demand", "on": "2026-03-17", "text": "请缴款"}),
    };
    assert_eq!(scene.attempt().unwrap_err().guard, "G_OVERDUE");
    then(&mut scene, "2026-03-20", "li", json!({"step": "demand", "on": "2026-03-20", "text": "请缴款"}));
    assert_eq!(scene.dossier.state, State::Enforcing);
    assert_eq!(scene.dossier.execution.late_fee_fen, Some(Fen(9_000)), "three days at 3 % of 1,000 yuan");
    let service = json!({"step": "serve", "service": {"what": "demand", "method": "direct", "sent_on": "2026-03-20",
        "served_on": "2026-03-20", "place": "安宁市东湖路88号", "receiver": "负责人", "servers": ["li", "wang"]}});
    then(&mut scene, "2026-03-20", "li", service);
    let apply = |on: &str| json!({"step": "apply_to_court", "on": on, "court": "昆明铁路运输法院"});
    scene.turn = Turn { day: date(2026, 8, 3), who: "zhou", step: apply("2026-08-03") };
    assert_eq!(scene.attempt().unwrap_err().guard, "G_COURT_WINDOW");
    then(&mut scene, "2026-10-12", "zhou", apply("2026-10-12"));
    then(&mut scene, "2026-12-01", "li", json!({"step": "court_ended", "on": "2026-12-01", "outcome": "执行完毕"}));
    assert_eq!(scene.look(|l| closure_faults(l, ClosureReason::CourtEnforced)), Vec::<String>::new());
    then(&mut scene, "2026-12-02", "zhou", json!({"step": "close", "reason": "court_enforced", "opinion": "同意结案"}));
    then(&mut scene, "2026-12-03", "li", json!({"step": "archive", "archive_no": "2026-002", "pages": 12}));
    assert_eq!(scene.dossier.state, State::Archived);
}

#[test]
fn a_fine_of_the_spot_paid_after_the_demand_closes_as_performed() {
    let mut scene = Scene::before(Kind::Simple, "pay");
    then(&mut scene, "2026-03-20", "li", json!({"step": "demand", "on": "2026-03-20", "text": "请缴款"}));
    then(
        &mut scene,
        "2026-03-23",
        "li",
        json!({"step": "pay", "payment": {"on": "2026-03-23", "sum_fen": 100000, "receipt_no": "云财3"}}),
    );
    assert_eq!(scene.dossier.state, State::Executing);
    then(&mut scene, "2026-03-24", "zhou", json!({"step": "close", "reason": "spot_performed", "opinion": "同意结案"}));
    assert_eq!(scene.dossier.state, State::Closed);
}

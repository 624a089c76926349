//! 案卷评查: a clean case of each kind is clean; every check catches the fault it is there for; the pre-check says what it saw.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::{Date, date};
use zhicai::domain::checks::{CHECKLIST, CHECKS, Finding, PastFine, Severity};
use zhicai::domain::dossier::{
    ActKind, AvLevel, AvRecord, Coercive, Dossier, MachinePassage, Preservation, Recusal, RecusalRuling,
};
use zhicai::domain::legal_review::Verdict;
use zhicai::domain::money::Fen;
use zhicai::domain::penalty::{Circumstance, PartyKind, Tier};

use super::play::{Kind, Scene, book};

fn shown(found: &[Finding]) -> Vec<String> {
    found.iter().map(|f| format!("{} {} @{}", f.check, f.text, f.place)).collect()
}

#[test]
fn the_list_is_whole_and_each_line_says_what_it_is() {
    let ids: BTreeSet<&str> = CHECKS.iter().map(|c| c.id).collect();
    assert_eq!(ids.len(), 46);
    let count = |severity| CHECKS.iter().filter(|c| c.severity == severity).count();
    assert_eq!([count(Severity::Fatal), count(Severity::Major), count(Severity::Minor)], [28, 14, 4]);
    for c in CHECKS {
        let letter = match c.severity {
            Severity::Fatal => 'F',
            Severity::Major => 'M',
            Severity::Minor => 'N',
        };
        assert!(c.id.starts_with(letter) && c.id.len() == 3, "{}", c.id);
        let han = |t: &str| t.chars().any(|ch| ('\u{4e00}'..='\u{9fff}').contains(&ch));
        assert!(han(c.zh) && han(c.basis) && !c.place.is_empty(), "{}", c.id);
        assert!(!c.basis.contains("未核实"), "{}: a hint is no law", c.id);
    }
}

#[test]
fn a_clean_case_of_each_kind_has_no_fault_but_the_catalogue_that_archiving_adds() {
    for kind in Kind::ALL {
        let found = Scene::ended(*kind).audit();
        let odd: Vec<_> = found.into_iter().filter(|f| f.check != "N03").collect();
        assert!(odd.is_empty(), "{}: {:#?}", kind.name(), shown(&odd));
    }
}

#[test]
fn an_empty_file_and_a_case_not_filed_have_nothing_to_find() {
    let scene = Scene { dossier: Dossier::default(), ..Scene::open(Kind::Ordinary) };
    assert_eq!(shown(&scene.audit()), Vec::<String>::new());
    let mut scene = Scene::before(Kind::Ordinary, "file");
    scene.turn.step = serde_json::json!({"step": "not_file", "reason": "没有违法事实"});
    scene.dossier = scene.attempt().unwrap().dossier;
    assert_eq!(shown(&scene.audit()), Vec::<String>::new());
}

type Spoil = fn(&mut Scene);

/// One fault each, put into a clean file.
const SPOILED: &[(&str, Kind, Spoil)] = &[
    ("F01", Kind::Ordinary, |s| s.dossier.case.facts.violation = Some(province())),
    ("F02", Kind::Ordinary, |s| s.dossier.acts[0].officers = vec!["li".into(), "li".into()]),
    ("F02", Kind::Simple, |s| s.dossier.spot.as_mut().unwrap().officers.truncate(1)),
    ("F03", Kind::Ordinary, |s| expire(&mut s.dossier)),
    ("F03", Kind::Simple, |s| expire(&mut s.dossier)),
    ("F04", Kind::Ordinary, |s| s.dossier.filing = None),
    ("F04", Kind::Ordinary, |s| {
        s.dossier.case.evid[0].collected_at = Some(date(2026, 3, 1));
        s.dossier.filing.as_mut().unwrap().pre_check = None;
    }),
    ("F05", Kind::Ordinary, |s| s.dossier.identity = None),
    ("F05", Kind::NoPenalty, |s| s.dossier.identity.as_mut().unwrap().name = "另一公司".into()),
    ("F06", Kind::Ordinary, |s| s.dossier.evidence.iter_mut().for_each(|c| c.lawful = false)),
    ("F06", Kind::Ordinary, |s| s.dossier.elements.iter_mut().for_each(|e| e.established = false)),
    ("F07", Kind::Ordinary, |s| s.dossier.notices.clear()),
    ("F07", Kind::Ordinary, |s| s.dossier.notices[0].told_statement = false),
    ("F07", Kind::Simple, |s| s.dossier.spot.as_mut().unwrap().told_orally = false),
    ("F08", Kind::Ordinary, |s| s.dossier.decision.as_mut().unwrap().made_on = date(2026, 4, 1)),
    ("F09", Kind::Ordinary, |s| s.dossier.notices[0].told_hearing = false),
    ("F09", Kind::Hearing, |s| s.dossier.hearing.as_mut().unwrap().held = None),
    ("F09", Kind::Hearing, |s| {
        let hearing = s.dossier.hearing.as_mut().unwrap();
        (hearing.in_time, hearing.held) = (false, None);
    }),
    ("F10", Kind::Hearing, |s| s.dossier.hearing.as_mut().unwrap().summons.as_mut().unwrap().host = "wang".into()),
    ("F11", Kind::Hearing, |s| summons(s, date(2026, 4, 7))),
    ("F11", Kind::Hearing, |s| s.dossier.hearing.as_mut().unwrap().summons = None),
    ("F12", Kind::Ordinary, |s| s.dossier.reviews.clear()),
    ("F12", Kind::Hearing, |s| s.dossier.reviews[0].submitted_on = date(2026, 4, 14)),
    ("F12", Kind::Ordinary, |s| s.dossier.reviews[0].concluded_on = Some(date(2026, 4, 10))),
    ("F12", Kind::Ordinary, |s| s.dossier.reviews[0].reviewer.as_mut().unwrap().id = "wang".into()),
    ("F12", Kind::Ordinary, |s| s.dossier.case.disc.final_.as_mut().unwrap().fine_fen = Some(Fen(12_000_000))),
    ("F13", Kind::Ordinary, |s| s.dossier.discussion = None),
    ("F13", Kind::Ordinary, |s| s.dossier.discussion.as_mut().unwrap().on = date(2026, 4, 10)),
    ("F14", Kind::Ordinary, |s| s.dossier.decision.as_mut().unwrap().content.fine_fen = Some(Fen(30_000_000))),
    ("F15", Kind::Ordinary, |s| s.dossier.case.disc.final_.as_mut().unwrap().tier = Some(Tier::Mitigated)),
    ("F16", Kind::Ordinary, |s| s.dossier.notices[0].content.fine_fen = Some(Fen(10_000_000))),
    ("F16", Kind::Ordinary, |s| {
        let mut first = s.dossier.notices[0].clone();
        first.content.fine_fen = Some(Fen(10_000_000));
        s.dossier.notices[0].replaces_because = Some("当事人陈述申辩后调整".into());
        s.dossier.notices.insert(0, first);
    }),
    ("F17", Kind::Ordinary, |s| s.past.push(fined_before("mb64"))),
    ("F17", Kind::Simple, |s| s.past.push(fined_before("wb126"))),
    ("F18", Kind::Ordinary, |s| {
        s.dossier.case.facts.act_from = Some(date(2023, 9, 1));
        s.dossier.case.facts.act_to = Some(date(2024, 3, 1));
    }),
    ("F19", Kind::Ordinary, |s| {
        s.dossier.decision.as_mut().unwrap().basis = vec!["《中华人民共和国民办教育促进法》".into()]
    }),
    ("F19", Kind::Ordinary, |s| {
        let basis = "《中华人民共和国民办教育促进法》第六十二条第一款";
        s.dossier.decision.as_mut().unwrap().basis = vec![basis.into()];
    }),
    ("F19", Kind::Ordinary, |s| s.texts = &super::play::Texts { repealed: Some("民办教育促进法") }),
    ("F20", Kind::Ordinary, |s| paper(s).text = "安宁市教育体育局决定罚款。".into()),
    ("F20", Kind::Ordinary, |s| paper(s).sealed = false),
    ("F20", Kind::NoPenalty, |s| s.dossier.documents.clear()),
    ("F21", Kind::Ordinary, |s| s.dossier.case.facts.circumstance = Some(Circumstance::Unrectified)),
    ("F22", Kind::Ordinary, |s| {
        s.dossier.case.party.kind = Some(PartyKind::Citizen);
        s.dossier.case.party.birth = Some(date(2014, 1, 1));
    }),
    ("F23", Kind::Simple, |s| s.dossier.spot.as_mut().unwrap().content.fine_fen = Some(Fen(400_000))),
    ("F23", Kind::Simple, |s| s.dossier.spot.as_mut().unwrap().delivered = false),
    ("F24", Kind::Ordinary, |s| s.dossier.services.retain(|v| v.what.code() != "decision")),
    ("F24", Kind::Enforced, |s| s.dossier.execution.demand.as_mut().unwrap().on = date(2026, 4, 9)),
    ("F25", Kind::Ordinary, |s| s.dossier.coercive.push(Coercive { kind: "seal".into(), ..Coercive::default() })),
    ("F25", Kind::Ordinary, |s| {
        s.dossier.coercive.push(Coercive {
            kind: "seal".into(),
            on: date(2026, 3, 5),
            legal_basis: "《某法》第一条".into(),
            approval: Some(Default::default()),
            lifted_on: Some(date(2026, 4, 5)),
            ..Coercive::default()
        })
    }),
    ("F26", Kind::Ordinary, |s| s.dossier.case.facts.suspected_crime = Some(true)),
    ("F26", Kind::NotEstablished, |s| s.dossier.case.facts.suspected_crime = Some(true)),
    ("F26", Kind::Transfer, |s| s.dossier.transfer.as_mut().unwrap().sent_at = None),
    ("F26", Kind::Transfer, |s| s.dossier.transfer.as_mut().unwrap().receipt = None),
    ("F27", Kind::Ordinary, |s| s.dossier.coercive.push(Coercive { kind: "seize".into(), ..Coercive::default() })),
    ("F27", Kind::Ordinary, |s| {
        (s.dossier.av[0].level, s.dossier.av[0].sha256) = (AvLevel::Full, None);
        s.dossier.av[0].missing_because = Some("没电".into());
    }),
    ("F28", Kind::Ordinary, |s| s.dossier.execution.payments[0].receipt_no.clear()),
    ("F28", Kind::Ordinary, |s| s.dossier.execution.payments[0].collected_by_agency = true),
    ("M01", Kind::Ordinary, |s| s.dossier.filing.as_mut().unwrap().approved_on = date(2026, 1, 8)),
    ("M02", Kind::Ordinary, |s| {
        s.dossier.services.last_mut().unwrap().served_on = date(2026, 4, 21);
    }),
    ("M03", Kind::Ordinary, |s| {
        s.dossier.preservations.push(Preservation {
            on: date(2026, 3, 5),
            items: vec!["账册".into()],
            approval: Some(Default::default()),
            disposed_on: Some(date(2026, 3, 17)),
            ..Preservation::default()
        })
    }),
    ("M04", Kind::Enforced, |s| s.dossier.execution.late_fee_fen = Some(Fen(13_000_001))),
    ("M04", Kind::Ordinary, |s| paper(s).text = paper(s).text.replace("加处罚款", "加收")),
    ("M05", Kind::Ordinary, |s| {
        paper(s).text = paper(s).text.replace("向安宁市人民政府申请", "向昆明市教育体育局申请")
    }),
    ("M05", Kind::Simple, |s| s.dossier.documents[0].text = "可以申请行政复议。".into()),
    ("M06", Kind::Ordinary, |s| s.dossier.recheck.as_mut().unwrap().items.clear()),
    ("M07", Kind::Ordinary, |s| s.dossier.case.disc.final_.as_mut().unwrap().reason = None),
    ("M08", Kind::NoPenalty, |s| s.dossier.decision.as_mut().unwrap().education = None),
    ("M08", Kind::NoPenalty, |s| s.dossier.decision.as_mut().unwrap().ground = Some("轻微".into())),
    ("M09", Kind::Ordinary, |s| {
        s.dossier.rectifications.clear();
        s.dossier.decision.as_mut().unwrap().content.orders.clear();
    }),
    ("M10", Kind::Ordinary, |s| s.dossier.publicity.published_on = Some(date(2026, 4, 21))),
    ("M10", Kind::Ordinary, |s| s.dossier.publicity.summary.push_str("电话13800138000")),
    ("M11", Kind::Ordinary, |s| s.dossier.acts[1].shown_certs = false),
    ("M11", Kind::Hearing, |s| s.dossier.hearing.as_mut().unwrap().held.as_mut().unwrap().signed = false),
    ("M11", Kind::Ordinary, |s| s.dossier.av.clear()),
    ("M12", Kind::Ordinary, |s| s.dossier.case.facts.gains = None),
    ("M13", Kind::Ordinary, |s| {
        let ruling = RecusalRuling { by: "科长".into(), ..RecusalRuling::default() };
        s.dossier.recusals.push(Recusal { person: "li".into(), ruling: Some(ruling), ..Recusal::default() })
    }),
    ("M14", Kind::Ordinary, |s| paper(s).machine.push(MachinePassage { field: "facts".into(), ..Default::default() })),
    ("M14", Kind::Ordinary, |s| s.dossier.facts_confirmed = None),
    ("N01", Kind::Ordinary, |s| paper(s).doc_no = Some("安教体罚决字[2026]第2号".into())),
    ("N02", Kind::Ordinary, |s| {
        s.dossier.documents[0].kind = "closure_report".into();
        s.dossier.documents[0].text = "罚款人民币壹万元整（￥130,000.00）".into();
    }),
    ("N03", Kind::Ordinary, |s| s.dossier.archive.as_mut().unwrap().pages = 0),
    ("N04", Kind::Ordinary, |s| paper(s).text.push_str("2026年04月09日")),
];

#[test]
fn each_fault_is_caught_by_its_own_check() {
    let mut failed = vec![];
    let mut caught = BTreeSet::new();
    for (i, (id, kind, spoil)) in SPOILED.iter().enumerate() {
        let mut scene = Scene::ended(*kind);
        let before = scene.audit().iter().filter(|f| f.check == *id).count();
        spoil(&mut scene);
        let found: Vec<Finding> = scene.audit().into_iter().filter(|f| f.check == *id).collect();
        if found.len() <= before {
            failed.push(format!("{i}: {id} in {}", kind.name()));
            continue;
        }
        assert!(found.iter().all(|f| !f.text.is_empty() && !f.basis.is_empty() && !f.place.is_empty()));
        caught.insert(*id);
        println!("{id} {}: {}", kind.name(), found[0].text);
    }
    assert!(failed.is_empty(), "not caught: {failed:#?}");
    for c in CHECKS {
        assert!(caught.contains(c.id), "{} has no spoiled file", c.id);
    }
}

#[test]
fn a_wrong_sum_in_the_decision_itself_weighs_more() {
    let mut scene = Scene::ended(Kind::Ordinary);
    paper(&mut scene).text.push_str("人民币壹万元整（￥130,000.00）");
    let found = scene.audit();
    assert!(found.iter().any(|f| f.check == "N02" && f.severity == Severity::Major), "{:?}", shown(&found));
}

#[test]
fn a_lawful_suspension_puts_the_ninety_days_back_and_an_unfounded_one_does_not() {
    let mut scene = Scene::ended(Kind::Ordinary);
    let on = scene.dossier.filing.as_ref().unwrap().approved_on;
    scene.dossier.decision.as_mut().unwrap().made_on = on.checked_add(95.days()).unwrap();
    let late = |s: &Scene| s.audit().iter().any(|f| f.check == "M01");
    assert!(late(&scene));
    let days = |basis: &str| zhicai::domain::dossier::Suspension {
        reason: "鉴定".into(),
        basis: basis.into(),
        from: date(2026, 4, 1),
        to: Some(date(2026, 4, 5)),
    };
    scene.dossier.suspensions = vec![days("领导同意")];
    assert!(late(&scene));
    scene.dossier.suspensions = vec![days("某办法第十条")];
    assert!(!late(&scene));
    // The same days twice are the same days.
    scene.dossier.decision.as_mut().unwrap().made_on = on.checked_add(96.days()).unwrap();
    scene.dossier.suspensions = vec![days("某办法第十条"), days("某办法第十条")];
    assert!(late(&scene));
}

#[test]
fn the_pre_check_passes_a_clean_file_under_review_and_says_what_it_saw() {
    let scene = Scene::before(Kind::Hearing, "accept_review");
    let items = scene.precheck();
    assert_eq!(items.len(), CHECKLIST.len());
    for (item, line) in items.iter().zip(CHECKLIST) {
        assert_eq!((item.id.as_str(), item.zh.as_str()), (line.id, line.zh));
        // 本条须会同其他机关: whether they took part is for a person to see.
        let expected = if item.id == "C01" { Verdict::Doubt } else { Verdict::Pass };
        assert_eq!(item.verdict, expected, "{} {:#?}", item.id, item.findings);
        assert!(!item.evidence.is_empty(), "{} saw nothing", item.id);
    }
    let c02 = items.iter().find(|i| i.id == "C02").unwrap();
    assert!(c02.evidence[0].contains("2026-03-05 现场检查：李明（证号53990001023，有效至2028-12-31）"), "{c02:?}");
    assert!(items.iter().find(|i| i.id == "C09").unwrap().evidence.contains(&"未见提示".to_string()));
}

#[test]
fn the_pre_check_points_at_what_is_wrong_or_thin() {
    let verdicts = |spoil: Spoil| {
        let mut scene = Scene::before(Kind::Hearing, "accept_review");
        spoil(&mut scene);
        move |id: &str| scene.precheck().into_iter().find(|i| i.id == id).unwrap()
    };
    type Case = (&'static str, Verdict, Spoil);
    let cases: &[Case] = &[
        ("C01", Verdict::Fail, |s| s.dossier.case.facts.violation = Some(province())),
        ("C02", Verdict::Fail, |s| expire(&mut s.dossier)),
        ("C03", Verdict::Doubt, |s| s.dossier.facts_confirmed = None),
        // A key element with one kind of source only: an arrangement of this system, so a doubt and never a failure.
        ("C04", Verdict::Doubt, |s| {
            s.dossier.elements.iter_mut().filter(|e| e.code == "act").for_each(|e| e.evidence = vec![1])
        }),
        ("C05", Verdict::Fail, |s| s.dossier.hearing.as_mut().unwrap().summons.as_mut().unwrap().host = "li".into()),
        ("C06", Verdict::Fail, |s| s.texts = &super::play::Texts { repealed: Some("民办教育促进法") }),
        ("C07", Verdict::Fail, |s| s.dossier.case.disc.final_.as_mut().unwrap().fine_fen = Some(Fen(1))),
        ("C08", Verdict::Fail, |s| s.dossier.case.facts.violation = Some(province())),
        ("C09", Verdict::Doubt, |s| {
            s.dossier.recusals.push(Recusal { person: "li".into(), requested: true, ..Recusal::default() })
        }),
        ("C10", Verdict::Doubt, |s| paper(s).text = "决定罚款。".into()),
        ("C11", Verdict::Doubt, |s| s.dossier.case.facts.suspected_crime = Some(true)),
        ("C12", Verdict::Fail, |s| {
            s.dossier.case.facts.act_from = Some(date(2023, 9, 1));
            s.dossier.case.facts.act_to = Some(date(2024, 3, 1));
        }),
        ("C13", Verdict::Fail, |s| s.past.push(fined_before("mb64"))),
        ("C14", Verdict::Doubt, |s| s.dossier.case.party.kind = Some(PartyKind::Citizen)),
        ("C15", Verdict::Fail, |s| s.dossier.notices[0].content.fine_fen = Some(Fen(1))),
        ("C16", Verdict::Doubt, |s| s.dossier.case.party.birth = Some(date(2010, 1, 1))),
    ];
    for (id, verdict, spoil) in cases {
        let item = verdicts(*spoil)(id);
        assert_eq!(item.verdict, *verdict, "{id} {item:#?}");
        assert!(!item.findings.is_empty(), "{id}");
    }
}

#[test]
fn an_officer_who_left_does_not_count_in_later_acts_and_a_renewed_certificate_joins_the_old_one() {
    let mut scene = Scene::ended(Kind::Ordinary);
    scene.dossier.people.iter_mut().find(|p| p.id == "wang").unwrap().left_on = Some(date(2026, 3, 5));
    let found = scene.audit();
    let two: Vec<_> = found.iter().filter(|f| f.check == "F02").map(|f| f.place.as_str()).collect();
    assert_eq!(two, ["acts.1"], "{:?}", shown(&found));
    let mut scene = Scene::before(Kind::Ordinary, "record_act");
    expire(&mut scene.dossier);
    scene.turn.who = "zhou";
    scene.turn.step = serde_json::json!({"step": "assign", "officers": ["li", "wang"], "recusal_checked": true});
    let after = scene.attempt().unwrap().dossier;
    assert_eq!(after.people[0].certs.len(), 2);
}

fn province() -> String {
    use zhicai::domain::discretion::table::{PowerLevel, RowStatus};
    let row = book().violations.iter().find(|v| v.level == PowerLevel::Province).unwrap();
    assert_eq!(row.status, RowStatus::OutOfJurisdiction);
    row.id.clone()
}

fn expire(d: &mut Dossier) {
    for p in &mut d.people {
        p.certs.iter_mut().for_each(|c| c.valid_to = date(2026, 3, 1));
    }
}

fn summons(s: &mut Scene, on: Date) {
    s.dossier.hearing.as_mut().unwrap().summons.as_mut().unwrap().served_on = on;
}

fn paper(s: &mut Scene) -> &mut zhicai::domain::dossier::Paper {
    s.dossier.documents.iter_mut().find(|p| p.kind == "penalty_decision").unwrap()
}

fn fined_before(violation: &str) -> PastFine {
    PastFine {
        case_no: "旧案1".into(),
        party: "安宁启明星文化传播有限公司".into(),
        violation: violation.into(),
        act_from: Some(date(2025, 10, 1)),
        act_to: Some(date(2025, 12, 1)),
        decided_on: date(2026, 1, 10),
    }
}

#[test]
fn a_recording_of_a_key_moment_may_be_missing_for_a_reason() {
    let mut scene = Scene::ended(Kind::Ordinary);
    scene.dossier.av = (0..2)
        .map(|i| AvRecord {
            of: format!("act:{i}"),
            level: AvLevel::Key,
            sha256: None,
            device: String::new(),
            started_at: None,
            ended_at: None,
            missing_because: Some("设备故障，已记明".into()),
        })
        .collect();
    assert!(scene.dossier.acts.iter().all(|a| a.kind != ActKind::Coercive));
    assert!(!scene.audit().iter().any(|f| f.check == "M11"));
}

#[test]
fn a_sports_case_needs_a_certificate_for_sports() {
    let mut scene = Scene::ended(Kind::Ordinary);
    let faults = |s: &Scene| s.audit().iter().filter(|f| f.check == "F03").count();
    for person in &mut scene.dossier.people {
        person.certs.iter_mut().for_each(|c| c.categories = vec!["教育".into()]);
    }
    assert_eq!(faults(&scene), 0);
    scene.dossier.case.facts.violation = Some("ty114".into());
    assert!(faults(&scene) > 0);
    for person in &mut scene.dossier.people {
        person.certs.iter_mut().for_each(|c| c.categories = vec!["体育".into()]);
    }
    assert_eq!(faults(&scene), 0);
}

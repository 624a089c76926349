//! Two people on one case: each save is applied or parked with its content, none is lost.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::json;

use super::{facts, happened, parked, registration};
use crate::lifecycle::town::Town;

const ROUNDS: usize = 20;

/// A case that two officers work on: li and wang are its 承办人.
async fn shared_case(town: &Town) -> String {
    let no = town.open("li", registration("开始")).await;
    town.done(
        "qian",
        &no,
        "2025-09-12",
        json!({ "step": "file", "jurisdiction": "行政处罚法第二十二条", "preliminary": "有擅自办学嫌疑", "pre_check": "投诉核查记录" }),
    )
    .await;
    let assign = json!({ "step": "assign", "officers": ["@li", "@wang"], "recusal_checked": true });
    town.done("qian", &no, "2025-09-12", assign).await;
    no
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_saves_at_once_one_is_applied_and_the_other_kept() {
    let town = Arc::new(Town::new().await);
    let no = shared_case(&town).await;
    let mut version = town.version(&no).await;
    let (mut applied, mut kept) = (BTreeSet::new(), BTreeSet::new());
    for round in 0..ROUNDS {
        let saves = ["li", "wang"].map(|who| {
            let (town, no, mark) = (town.clone(), no.clone(), format!("{who}-{round:03}"));
            tokio::spawn(async move {
                let body = json!({ "version": version, "case": facts(&mark) });
                let (status, answer) = town.post(who, &format!("/api/v1/cases/{no}/facts"), body).await;
                (mark, status, answer)
            })
        });
        let mut saved = 0;
        for save in saves {
            let (mark, status, answer) = save.await.unwrap();
            match status {
                StatusCode::OK => {
                    saved += 1;
                    assert_eq!(answer["version"], version + 1, "{answer}");
                    applied.insert(mark);
                }
                StatusCode::CONFLICT => {
                    assert_eq!(answer["code"], "store.stale_version", "{answer}");
                    assert_eq!(answer["missing"], json!([format!("version={}", version + 1)]));
                    kept.insert(mark);
                }
                _ => panic!("{mark}: {status} {answer}"),
            }
        }
        assert_eq!(saved, 1, "exactly one of two saves on version {version} is applied");
        version += 1;
    }
    let found: Vec<String> = parked(&town, &no).await;
    assert_eq!(found.iter().cloned().collect::<BTreeSet<_>>(), kept);
    assert_eq!(found.len(), ROUNDS, "each was parked once");
    for mark in &applied {
        assert_eq!(happened(&town, &no, "case.changed", mark).await, 1, "{mark}");
    }
    for mark in &kept {
        assert_eq!(happened(&town, &no, "case.changed", mark).await, 0, "{mark}");
    }
    let (_, view) = town.get("li", &format!("/api/v1/cases/{no}")).await;
    assert_eq!(view["version"], version);
    assert_eq!(view["parked"].as_array().unwrap().len(), ROUNDS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn cases_opened_at_once_get_numbers_of_their_own() {
    let town = Arc::new(Town::new().await);
    // Numbers that a person chose are passed over; one that no case will ever reach stops nobody.
    let year = zhicai::flow::today().year();
    for own in [format!("{year}-0002"), format!("{year}-9223372036854775807")] {
        let mut chosen = registration("自定");
        chosen["case"]["case"]["case_no"] = json!(own);
        assert_eq!(town.open("sun", chosen).await, own);
    }
    let opening: Vec<_> = (0..20)
        .map(|n| {
            let town = town.clone();
            tokio::spawn(async move { town.open(["li", "wang", "sun"][n % 3], registration(&n.to_string())).await })
        })
        .collect();
    let mut numbers = BTreeSet::new();
    for one in opening {
        numbers.insert(one.await.unwrap());
    }
    let expected: BTreeSet<String> = (1..=21).filter(|n| *n != 2).map(|n| format!("{year}-{n:04}")).collect();
    assert_eq!(numbers, expected);
}

//! A room full: everybody answers at once, some of them twice.

use axum::http::StatusCode;
use serde_json::json;

use super::{class, join, moved};
use crate::lifecycle::town::Town;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_answers_at_once_are_stored_once_each() {
    let town = std::sync::Arc::new(Town::new().await);
    let (id, code) = class(&town).await;
    let mut joining = tokio::task::JoinSet::new();
    for n in 0..100 {
        let (town, code) = (town.clone(), code.clone());
        joining.spawn(async move { (n, join(&town, &code, &format!("学员{n}")).await.unwrap()) });
    }
    let guests = joining.join_all().await;
    moved(&town, &id, "start").await;
    let mut answering = tokio::task::JoinSet::new();
    for (n, guest) in guests.iter().cloned() {
        let town = town.clone();
        answering.spawn(async move {
            let fine = 10_000 * (n + 1);
            let answer =
                json!({ "tier": "lenient", "kinds": ["fine"], "fine_fen": fine, "reason": format!("第{n}人") });
            // A retry after a lost answer, and one at the same moment.
            let (one, two) =
                tokio::join!(guest.answer(&town, 0, answer.clone()), guest.answer(&town, 0, answer.clone()));
            assert_eq!((one.0, two.0), (StatusCode::OK, StatusCode::OK), "{one:?} {two:?}");
            assert_eq!(guest.see(&town).await.json()["mine"]["fine_fen"], json!(fine));
        });
    }
    answering.join_all().await;
    moved(&town, &id, "close").await;
    let (_, seen) = town.get("chu", &format!("/api/v1/workshops/{id}")).await;
    assert_eq!(seen["spread"]["answered"], json!(100));
    let sums: Vec<i64> = seen["spread"]["amounts"].as_array().unwrap().iter().map(|v| v.as_i64().unwrap()).collect();
    assert_eq!(sums, (1..=100).map(|n| n * 10_000).collect::<Vec<_>>());
    assert_eq!(seen["spread"]["median_fen"], json!(505_000));
}

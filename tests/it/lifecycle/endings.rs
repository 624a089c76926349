//! One case of each kind from clue to archive, through HTTP, by different people; then the record and the audit.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::scripts::{self as s, Script};
use super::town::Town;

impl Town {
    pub async fn play(&self, no: &str, script: Script) {
        for (who, day, step) in script {
            self.done(who, no, day, step).await;
        }
    }

    /// The decision as a document: drafted, each passage taken on by an officer, put into the file.
    pub async fn decision(&self, no: &str, kind: &str) {
        let (status, job) = self.post("li", &format!("/api/v1/cases/{no}/drafts"), json!({ "kind": kind })).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{job}");
        let id = job["id"].as_str().unwrap().to_string();
        let draft = self.written(&id).await;
        for passage in draft["passages"].as_array().unwrap().iter().filter(|p| p["writer"] == "L" && p["text"] != "") {
            let path = format!("/api/v1/drafts/{id}/passages/{}", passage["field"].as_str().unwrap());
            let body = json!({ "version": passage["version"], "action": "accept" });
            let (status, answer) = self.send("li", "PUT", &path, Some(body)).await;
            assert_eq!(status, StatusCode::OK, "{answer}");
        }
        let (status, answer) = self.post("li", &format!("/api/v1/drafts/{id}/file"), json!({})).await;
        assert!(status.is_success(), "{answer}");
    }

    async fn written(&self, id: &str) -> Value {
        for _ in 0..600 {
            let (status, job) = self.get("li", &format!("/api/v1/drafts/{id}")).await;
            assert_eq!(status, StatusCode::OK, "{job}");
            match job["status"].as_str().unwrap_or_default() {
                "queued" | "running" => tokio::time::sleep(std::time::Duration::from_millis(25)).await,
                "done" => return job["draft"].clone(),
                other => panic!("{other}: {job}"),
            }
        }
        panic!("the draft did not end");
    }

    pub async fn seal(&self, no: &str, kind: &str, on: &'static str) {
        let (_, case) = self.get("qian", &format!("/api/v1/cases/{no}")).await;
        let papers = case["dossier"]["documents"].as_array().unwrap();
        let paper = papers
            .iter()
            .rev()
            .find(|p| p["kind"] == kind && p["void"] == false)
            .unwrap_or_else(|| panic!("no {kind}"));
        self.done("qian", no, on, json!({ "step": "seal", "paper": paper["id"] })).await;
    }

    /// The end of every script: archived, nothing fatal, the record whole.
    async fn ended(&self, no: &str) {
        let (_, case) = self.get("qian", &format!("/api/v1/cases/{no}")).await;
        assert_eq!(case["state"], "archived", "{}", case["state_zh"]);
        let (status, audit) = self.get("qian", &format!("/api/v1/cases/{no}/audit")).await;
        assert_eq!((status, &audit["fatal"]), (StatusCode::OK, &json!(0)), "{audit}");
        let (status, record) = self.get("zheng", &format!("/api/v1/cases/{no}/record")).await;
        assert_eq!(status, StatusCode::OK);
        let actors: std::collections::BTreeSet<&str> = record["events"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|e| ["case.opened", "case.moved", "case.changed"].iter().any(|a| e["action"] == *a))
            .filter_map(|e| e["actor_id"].as_str())
            .collect();
        assert!(actors.len() >= 4, "{actors:?}");
        let (status, verified) = self.post("zheng", "/api/v1/record/verify", json!({})).await;
        assert_eq!((status, &verified["ok"]), (StatusCode::OK, &json!(true)), "{verified}");
        let (status, _, zip) =
            self.service.raw(self.request("qian", "GET", &format!("/api/v1/cases/{no}/archive.zip"))).await;
        assert!(status.is_success() && zip.starts_with(b"PK"), "{status}");
    }
}

fn paid(on: &'static str) -> Script {
    vec![("li", on, json!({ "step": "pay", "payment": { "on": on, "sum_fen": 13_000_000, "receipt_no": "财票0001" } }))]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ordinary() {
    let town = Town::new().await;
    let no = town.open("li", s::registration()).await;
    town.play(&no, s::investigated()).await;
    town.play(&no, s::told()).await;
    town.play(&no, s::heard_in_writing()).await;
    town.decision(&no, "penalty_decision").await;
    town.play(&no, s::reviewed("penalty", ["2026-03-23", "2026-03-24", "2026-03-25"])).await;
    town.play(&no, s::discussed("2026-03-26")).await;
    town.done("qian", &no, "2026-03-27", json!({ "step": "decide", "kind": "penalty", "reason": "同意处罚" })).await;
    town.seal(&no, "penalty_decision", "2026-03-27").await;
    town.done("li", &no, "2026-03-30", s::service("decision", "2026-03-30")).await;
    town.play(&no, s::published(["2026-03-31", "2026-04-01"])).await;
    town.play(&no, paid("2026-04-10")).await;
    town.play(&no, s::closed("performed", "2026-04-13", "2026-04-14")).await;
    town.ended(&no).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_hearing() {
    let town = Town::new().await;
    let no = town.open("li", s::registration()).await;
    town.play(&no, s::investigated()).await;
    town.play(&no, s::told()).await;
    town.play(&no, s::heard_in_public()).await;
    town.decision(&no, "penalty_decision").await;
    town.play(&no, s::reviewed("penalty", ["2026-03-31", "2026-04-01", "2026-04-02"])).await;
    town.play(&no, s::discussed("2026-04-03")).await;
    town.done("qian", &no, "2026-04-07", json!({ "step": "decide", "kind": "penalty", "reason": "同意处罚" })).await;
    town.seal(&no, "penalty_decision", "2026-04-07").await;
    town.done("li", &no, "2026-04-08", s::service("decision", "2026-04-08")).await;
    town.play(&no, s::published(["2026-04-09", "2026-04-10"])).await;
    town.play(&no, paid("2026-04-20")).await;
    town.play(&no, s::closed("performed", "2026-04-21", "2026-04-22")).await;
    town.ended(&no).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn simple() {
    let town = Town::new().await;
    // The clue came in with somebody else, who hands it to those on the spot.
    let no = town.open("sun", s::on_the_spot()).await;
    town.done("sun", &no, "2026-03-02", json!({ "step": "share", "person": "@li" })).await;
    town.done("li", &no, "2026-03-02", json!({ "step": "decide_on_spot", "spot": {
        "at": "2026-03-02T10:00:00+08:00", "place": "云岫市第一小学操场", "officers": ["@li", "@wang"], "form_no": "0001",
        "content": { "kinds": ["warning", "fine"], "fine_fen": 10_000 },
        "basis": ["《中华人民共和国未成年人保护法》第一百二十四条第一款"], "facts": "在学校操场吸烟",
        "shown_certs": true, "told_orally": true, "statement": "无", "delivered": true } })).await;
    town.done("wang", &no, "2026-03-03", json!({ "step": "file_spot", "on": "2026-03-03" })).await;
    town.done(
        "li",
        &no,
        "2026-03-05",
        json!({ "step": "pay", "payment": { "on": "2026-03-05", "sum_fen": 10_000, "receipt_no": "财票0002" } }),
    )
    .await;
    town.play(&no, s::closed("spot_performed", "2026-03-06", "2026-03-09")).await;
    town.ended(&no).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_penalty() {
    let town = Town::new().await;
    let no = town
        .open(
            "li",
            s::registration_with(|case| {
                case["facts"]["factors"] = json!([
                    { "code": "first_offence", "text": "初次违法", "evidence": [1] },
                    { "code": "slight_harm", "text": "危害后果轻微", "evidence": [1] },
                    { "code": "timely_correction", "text": "及时改正", "evidence": [1] }
                ]);
            }),
        )
        .await;
    town.play(&no, s::investigated()).await;
    town.done("li", &no, "2026-03-12", json!({ "step": "set_figure", "figure": { "tier": "no_penalty", "kinds": [], "reason": "初次违法且危害后果轻微并及时改正" } })).await;
    town.decision(&no, "no_penalty_decision").await;
    town.play(&no, s::reviewed("no_penalty", ["2026-03-13", "2026-03-16", "2026-03-17"])).await;
    town.play(&no, s::discussed("2026-03-18")).await;
    town.done("qian", &no, "2026-03-19", json!({ "step": "decide", "kind": "no_penalty", "ground": "first_offence_no_penalty",
        "reason": "初次违法；危害后果轻微；及时改正，三项均已查明。", "education": "2026年3月19日当面教育，当事人表示今后守法。" })).await;
    town.seal(&no, "no_penalty_decision", "2026-03-19").await;
    town.done("li", &no, "2026-03-20", s::service("decision", "2026-03-20")).await;
    town.play(&no, s::closed("no_penalty_served", "2026-03-23", "2026-03-24")).await;
    town.ended(&no).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transferred() {
    let town = Town::new().await;
    let no = town.open("sun", s::registration_with(|case| case["facts"]["suspected_crime"] = json!(true))).await;
    town.play(&no, s::investigated()).await;
    town.done(
        "qian",
        &no,
        "2026-03-13",
        json!({ "step": "transfer", "to": "云岫市公安局", "crime": "诈骗罪", "reported_on": "2026-03-12" }),
    )
    .await;
    town.done(
        "li",
        &no,
        "2026-03-13",
        json!({ "step": "record_transfer", "sent_at": "2026-03-13T16:00:00+08:00", "receipt": "公安局签收回执" }),
    )
    .await;
    town.play(&no, s::closed("transfer_accepted", "2026-03-16", "2026-03-17")).await;
    town.ended(&no).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn not_established() {
    let town = Town::new().await;
    let no = town.open("sun", s::registration()).await;
    let mut script = s::investigated();
    for (_, _, step) in script.iter_mut().filter(|(_, _, s)| s["step"] == "find_element") {
        if step["finding"]["code"] == "act" {
            step["finding"]["established"] = json!(false);
        }
    }
    town.play(&no, script).await;
    let figure = json!({ "ground": "not_established", "kinds": [], "reason": "现有证据不能证明当事人举办民办学校。" });
    town.done("li", &no, "2026-03-12", json!({ "step": "set_figure", "figure": figure })).await;
    town.decision(&no, "no_penalty_decision").await;
    town.done(
        "qian",
        &no,
        "2026-03-13",
        json!({ "step": "decide", "kind": "not_established", "reason": "现有证据不能证明当事人举办民办学校。" }),
    )
    .await;
    town.seal(&no, "no_penalty_decision", "2026-03-13").await;
    town.done("li", &no, "2026-03-16", s::service("decision", "2026-03-16")).await;
    town.play(&no, s::closed("no_penalty_served", "2026-03-17", "2026-03-18")).await;
    town.ended(&no).await;
}

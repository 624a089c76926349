//! A case played over HTTP: its documents, their numbers, the archived package.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read, Write};

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::documents::docx_check::{problems, unpack};
use crate::lifecycle::scripts as s;
use crate::lifecycle::town::{Town, encoded};

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

impl Town {
    async fn bytes(&self, who: &str, path: &str) -> (StatusCode, Vec<u8>) {
        let (status, _, bytes) = self.service.raw(self.request(who, "GET", path)).await;
        (status, bytes)
    }

    async fn attach(&self, no: &str, name: &str, text: &str) {
        let boundary = "zhicai-test";
        let body = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"kind\"\r\n\r\nevidence\r\n--{boundary}\r\n\
             Content-Disposition: form-data; name=\"evidence_no\"\r\n\r\n3\r\n--{boundary}\r\n\
             Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: text/plain\r\n\r\n{text}\r\n--{boundary}--\r\n"
        );
        let request = Request::post(encoded(&format!("/api/v1/cases/{no}/attachments")))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.people["li"].token))
            .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={boundary}"));
        let (status, _, answer) = self.service.raw(request.body(Body::from(body)).unwrap()).await;
        assert_eq!(status, StatusCode::CREATED, "{}", String::from_utf8_lossy(&answer));
    }

    /// From the clue to the archive, by the ordinary procedure.
    async fn archived(&self) -> String {
        let no = self.open("li", s::registration()).await;
        self.play(&no, s::investigated()).await;
        self.attach(&no, "收费台账.txt", "2025年6月至9月收费46580元").await;
        self.play(&no, s::told()).await;
        self.play(&no, s::heard_in_writing()).await;
        self.decision(&no, "penalty_decision").await;
        self.play(&no, s::reviewed("penalty", ["2026-03-23", "2026-03-24", "2026-03-25"])).await;
        self.play(&no, s::discussed("2026-03-26")).await;
        self.done("qian", &no, "2026-03-27", json!({ "step": "decide", "kind": "penalty", "reason": "同意处罚" }))
            .await;
        self.seal(&no, "penalty_decision", "2026-03-27").await;
        self.done("li", &no, "2026-03-30", s::service("decision", "2026-03-30")).await;
        self.play(&no, s::published(["2026-03-31", "2026-04-01"])).await;
        let pay = json!({ "step": "pay", "payment": { "on": "2026-04-10", "sum_fen": 13_000_000, "receipt_no": "财票0001" } });
        self.done("li", &no, "2026-04-10", pay).await;
        let mut end = s::closed("performed", "2026-04-13", "2026-04-14");
        // Whatever a request says of the pages: they are counted.
        end[1].2["pages"] = json!(9999);
        self.play(&no, end).await;
        no
    }
}

fn files(zip: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
    (0..archive.len())
        .map(|i| {
            let mut file = archive.by_index(i).unwrap();
            let (mut bytes, name) = (vec![], file.name().unwrap().into_owned());
            file.read_to_end(&mut bytes).unwrap();
            (name, bytes)
        })
        .collect()
}

/// Whether `sha256sum -c` in the unpacked package says that all is well.
fn sums_hold(folder: &std::path::Path) -> bool {
    let run =
        std::process::Command::new("sha256sum").args(["--quiet", "-c", "SHA256SUMS"]).current_dir(folder).output();
    run.unwrap().status.success()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ordinary_case_leaves_a_whole_dossier() {
    let town = Town::new().await;
    let no = town.archived().await;

    // The documents of the steps.
    let (status, list) = town.get("qian", &format!("/api/v1/cases/{no}/papers")).await;
    assert_eq!(status, StatusCode::OK);
    let papers = list["papers"].as_array().unwrap().clone();
    let kinds: BTreeSet<&str> = papers.iter().filter_map(|p| p["kind"].as_str()).collect();
    for kind in [
        "filing_approval",
        "inspection_record",
        "interview_record",
        "evidence_list",
        "rectify_order",
        "rectify_recheck",
        "investigation_report",
        "prior_notice",
        "service_receipt",
        "statement_record",
        "recheck_opinion",
        "review_submission",
        "legal_review_opinion",
        "collective_discussion",
        "penalty_decision",
        "publicity_summary",
        "closure_report",
        "dossier_cover",
        "dossier_catalogue",
        "dossier_note",
    ] {
        assert!(kinds.contains(kind), "没有 {kind}：{kinds:?}");
    }
    let numbers: Vec<&str> = papers.iter().filter_map(|p| p["doc_no"].as_str()).collect();
    assert_eq!(numbers.iter().collect::<BTreeSet<_>>().len(), numbers.len(), "{numbers:?}");
    assert!(numbers.contains(&"安教体立字〔2026〕第1号"), "{numbers:?}");
    for n in 1..=3 {
        assert!(numbers.contains(&format!("安教体送字〔2026〕第{n}号").as_str()), "{numbers:?}");
    }
    assert!(numbers.iter().all(|n| !n.contains('\u{e0f0}')), "{numbers:?}");

    // Each in three forms, its text under its digest.
    for paper in &papers {
        let base = format!("/api/v1/cases/{no}/papers/{}/document", paper["id"].as_str().unwrap());
        let (status, docx) = town.bytes("li", &format!("{base}.docx")).await;
        assert_eq!(status, StatusCode::OK, "{paper}");
        assert_eq!(problems(&unpack(&docx), false), Vec::<String>::new(), "{paper}");
        let (_, text) = town.bytes("li", &format!("{base}.txt")).await;
        assert_eq!(sha256(&text), paper["sha256"].as_str().unwrap(), "{paper}");
        let (status, page) = town.bytes("li", &format!("{base}.html")).await;
        assert!(status.is_success() && String::from_utf8(page).unwrap().contains("zc-document"));
    }
    // Out of sight is out of the world; an id of another case is none.
    let base = format!("/api/v1/cases/{no}");
    let first = papers[0]["id"].as_str().unwrap();
    for path in
        [format!("{base}/papers"), format!("{base}/papers/{first}/document.docx"), format!("{base}/archive.zip")]
    {
        assert_eq!(town.bytes("sun", &path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(town.bytes("li", &format!("{base}/papers/nothing/document.txt")).await.0, StatusCode::NOT_FOUND);

    // The package: the same twice, opens with other programs, verifies with sha256sum alone.
    let (status, zip) = town.bytes("qian", &format!("{base}/archive.zip")).await;
    assert_eq!(status, StatusCode::OK);
    let (_, again) = town.bytes("zheng", &format!("{base}/archive.zip")).await;
    assert_eq!(sha256(&zip), sha256(&again), "同一案卷应得到同样的归档包");
    let inside = files(&zip);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.zip"), &zip).unwrap();
    let unzipped = folder.path().join("out");
    let python = std::process::Command::new("python3")
        .args(["-m", "zipfile", "-e", "a.zip", "out"])
        .current_dir(folder.path())
        .status();
    if !python.is_ok_and(|s| s.success()) {
        for (name, bytes) in &inside {
            let path = unzipped.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
    }
    assert!(sums_hold(&unzipped));
    for name in inside.keys() {
        assert!(!name.contains(['\\', ':', '*', '?', '"', '<', '>', '|']) && !name.contains(".."), "{name}");
        assert!(
            name == "SHA256SUMS" || String::from_utf8_lossy(&inside["SHA256SUMS"]).contains(&format!("  {name}\n"))
        );
    }
    assert!(inside.contains_key("00-封面.docx") && inside.contains_key("01-卷内目录.docx"), "{:?}", inside.keys());

    // Manifest, pages, events.
    let manifest: Value = serde_json::from_slice(&inside["manifest.json"]).unwrap();
    let (_, case) = town.get("qian", &base).await;
    let archive = &case["dossier"]["archive"];
    assert_eq!(archive["manifest"].as_str().unwrap(), sha256(&inside["manifest.json"]));
    let mut last = 0;
    for document in manifest["documents"].as_array().unwrap() {
        let name = document["name"].as_str().unwrap();
        assert_eq!(sha256(&inside[&format!("文本/{name}.txt")]), document["text_sha256"].as_str().unwrap(), "{name}");
        let Some(pages) = document["pages"].as_array() else { continue };
        assert_eq!(pages[0].as_u64().unwrap(), last + 1, "{name}");
        last = pages[1].as_u64().unwrap();
        let body = unpack(&inside[&format!("{name}.docx")])["word/document.xml"].clone();
        assert!(body.contains(&format!("<w:pgNumType w:start=\"{}\"/>", pages[0])), "{name}");
    }
    assert!(last > 20 && last < 200, "{last}");
    assert_eq!(archive["pages"], last);
    let events = String::from_utf8(inside["记录/events.jsonl"].clone()).unwrap();
    let proofs = String::from_utf8(inside["记录/proofs.jsonl"].clone()).unwrap();
    assert!(events.lines().count() > 40 && events.lines().count() == proofs.lines().count());
    assert_eq!(manifest["record"]["sha256"].as_str().unwrap(), sha256(events.as_bytes()));
    assert!(inside.contains_key("附件/01-收费台账.txt"), "{:?}", inside.keys());

    // A changed file is noticed by sha256sum, and a changed attachment by the service.
    let mut file = std::fs::OpenOptions::new().append(true).open(unzipped.join("README.txt")).unwrap();
    file.write_all(b"!").unwrap();
    assert!(!sums_hold(&unzipped));
    let sha = manifest["files"][0]["sha256"].as_str().unwrap();
    let path = town.service.data.path().join("attachments").join(&sha[..2]).join(sha);
    std::fs::write(&path, "改过").unwrap();
    let (status, answer) = town.get("qian", &format!("{base}/archive.zip")).await;
    assert_eq!((status, &answer["code"]), (StatusCode::CONFLICT, &json!("archive.file_changed")), "{answer}");
    std::fs::remove_file(&path).unwrap();
    let (_, answer) = town.get("qian", &format!("{base}/archive.zip")).await;
    assert_eq!(answer["code"], "archive.file_absent", "{answer}");

    // Reading was put on record.
    let (_, record) = town.get("zheng", &format!("{base}/record")).await;
    let actions: Vec<&str> = record["events"].as_array().unwrap().iter().filter_map(|e| e["action"].as_str()).collect();
    for action in ["paper.read", "archive.read"] {
        assert!(actions.contains(&action), "{action}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn before_the_archive_there_is_no_package() {
    let town = Town::new().await;
    let no = town.open("li", s::registration()).await;
    let (status, answer) = town.get("li", &format!("/api/v1/cases/{no}/archive.zip")).await;
    assert_eq!((status, &answer["code"]), (StatusCode::NOT_FOUND, &json!("archive.none")), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn numbers_are_given_once_and_never_again() {
    let town = Town::new().await;
    let mut cases = vec![];
    for _ in 0..8 {
        cases.push(town.open("li", s::registration()).await);
    }
    let file = json!({ "step": "file", "jurisdiction": "行政处罚法第二十二条", "preliminary": "初步核实" });
    let all: Vec<_> = cases.iter().map(|no| town.done("qian", no, "2026-03-02", file.clone())).collect();
    futures_all(all).await;
    let mut given = BTreeSet::new();
    for no in &cases {
        let (_, list) = town.get("qian", &format!("/api/v1/cases/{no}/papers")).await;
        let paper = &list["papers"][0];
        assert_eq!(paper["kind"], "filing_approval");
        assert!(given.insert(paper["doc_no"].as_str().unwrap().to_string()), "{given:?}");
        let id = paper["id"].as_str().unwrap();
        let (_, text) = town.bytes("qian", &format!("/api/v1/cases/{no}/papers/{id}/document.txt")).await;
        assert!(String::from_utf8(text).unwrap().contains(paper["doc_no"].as_str().unwrap()));
    }
    let wanted: BTreeSet<String> = (1..=8).map(|n| format!("安教体立字〔2026〕第{n}号")).collect();
    assert_eq!(given, wanted);
    // A refused step takes no number with it.
    let (status, _) = town.step("qian", &cases[0], "2026-03-02", file.clone()).await;
    assert_eq!(status, StatusCode::CONFLICT);
    let next = town.open("li", s::registration()).await;
    town.done("qian", &next, "2026-03-02", file).await;
    let (_, list) = town.get("qian", &format!("/api/v1/cases/{next}/papers")).await;
    assert_eq!(list["papers"][0]["doc_no"], "安教体立字〔2026〕第9号");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_brought_in_asks_for_no_number_and_its_blocks_must_be_its_text() {
    let town = Town::new().await;
    let no = town.open("li", s::registration()).await;
    let paper = json!({ "kind": "penalty_decision", "title": "行政处罚决定书", "text": "正文\n", "doc_no": "安教体罚决字〔2026〕第\u{e0f0}号",
                        "blocks": [{ "paragraph": "另一段" }] });
    town.done("li", &no, "2026-03-02", json!({ "step": "add_paper", "paper": paper })).await;
    let (_, case) = town.get("li", &format!("/api/v1/cases/{no}")).await;
    let kept = &case["dossier"]["documents"][0];
    assert_eq!((&kept["doc_no"], &kept["blocks"]), (&json!("安教体罚决字〔2026〕第号"), &Value::Null), "{kept}");
}

/// All of them side by side.
async fn futures_all<F: Future<Output = Value>>(all: Vec<F>) {
    let mut all: Vec<_> = all.into_iter().map(Box::pin).collect();
    std::future::poll_fn(|cx| {
        all.retain_mut(|f| f.as_mut().poll(cx).is_pending());
        if all.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}

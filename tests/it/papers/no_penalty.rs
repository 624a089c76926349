//! 不予行政处罚决定书 without a model, for each ground.

use axum::http::StatusCode;
use serde_json::{Value, json};
use zhicai::flow::ModelUse;

use crate::documents::docx_check::{problems, unpack};
use crate::http::service_with;

fn case(change: impl FnOnce(&mut Value)) -> String {
    let mut case = crate::http::case();
    case["disc"] = json!({});
    case["procedure"] = json!({ "decided_at": "2025-10-30" });
    change(&mut case);
    case.to_string()
}

fn factors(codes: &[(&str, &str)]) -> Value {
    codes.iter().map(|(code, text)| json!({ "code": code, "text": text, "evidence": [1] })).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_ground_is_argued_element_by_element() {
    let service = service_with(ModelUse::default());
    type Row = (&'static str, Box<dyn FnOnce(&mut Value)>, &'static [&'static str]);
    let rows: Vec<Row> = vec![
        (
            "first_offence_no_penalty",
            Box::new(|c| {
                c["facts"]["factors"] = factors(&[
                    ("first_offence", "此前没有同类违法记录"),
                    ("slight_harm", "没有家长投诉"),
                    ("timely_correction", "检查当日停止办学"),
                ]);
                c["disc"] = json!({ "final": { "tier": "no_penalty", "ground": "first_offence_no_penalty",
                    "reason": "当事人系初次违法。危害后果轻微，已全部退费。当事人及时改正。" } });
            }),
            &[
                "第三十三条第一款",
                "关于初次违法，此前没有同类违法记录",
                "关于危害后果轻微，",
                "关于及时改正，",
                "可以不予行政处罚",
                "进行教育",
            ],
        ),
        (
            "minor_no_penalty",
            Box::new(|c| {
                c["facts"]["factors"] = factors(&[
                    ("minor_violation", "试课一次，未收费"),
                    ("timely_correction", "当日停止"),
                    ("no_harm", "没有造成损失"),
                ]);
                c["disc"] = json!({ "final": { "tier": "no_penalty", "reason": "三项要件均已查明。" } });
            }),
            &["第三十三条第一款", "关于违法行为轻微，试课一次", "关于没有造成危害后果，", "应当同时具备"],
        ),
        (
            "no_fault",
            Box::new(|c| {
                c["facts"]["factors"] = factors(&[("no_fault", "当事人提供主管部门的答复")]);
                c["disc"] = json!({ "final": { "tier": "no_penalty", "ground": "no_fault", "reason": "当事人提供的答复足以证明没有主观过错。" } });
            }),
            &["第三十三条第二款", "没有主观过错"],
        ),
        (
            "limitation",
            Box::new(|c| {
                c["facts"]["act_from"] = json!("2022-01-01");
                c["facts"]["act_to"] = json!("2022-03-01");
                c["disc"] = json!({ "final": { "ground": "limitation", "reason": "违法行为终了后二年内未被发现。" } });
            }),
            &["第三十六条第一款", "已超过行政处罚时效"],
        ),
        (
            "incapacity",
            Box::new(|c| {
                c["party"] =
                    json!({ "kind": "citizen", "name": "吴某", "birth": "1990-01-01", "address": "云岫市东湖路1号" });
                c["disc"] = json!({ "final": { "tier": "no_penalty", "ground": "incapacity", "reason": "鉴定意见证明行为时不能辨认自己行为。" } });
            }),
            &["第三十一条", "严加看管和治疗"],
        ),
        (
            "minor_age",
            Box::new(|c| {
                c["party"] =
                    json!({ "kind": "citizen", "name": "吴某", "birth": "2013-01-01", "address": "云岫市东湖路1号" });
                c["disc"] = json!({ "final": { "tier": "no_penalty", "ground": "minor_age", "reason": "行为时当事人不满十四周岁。" } });
            }),
            &["第三十条", "责令监护人加以管教"],
        ),
        (
            "not_established",
            Box::new(|c| {
                c["disc"] = json!({ "final": { "ground": "not_established", "reason": "现场人员均为亲属聚会，没有办学行为。" } });
            }),
            &["第五十七条第一款第三项", "现有证据不能证明当事人实施了擅自举办民办学校的违法行为", "违法事实不能成立"],
        ),
    ];
    for (ground, change, must) in rows {
        let (status, _, job) = service.post("/api/v1/drafts?kind=no_penalty_decision", case(change)).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{ground}: {job}");
        let id = job["id"].as_str().unwrap();
        let done = service.finished(id).await;
        assert_eq!(done["status"], "done", "{ground}: {done}");
        let text = done["draft"]["text"].as_str().unwrap();
        let always = ["不予行政处罚决定书", "不予行政处罚。", "六十日内向", "六个月内直接向", "2025年10月30日"];
        for words in must.iter().chain(&always) {
            assert!(text.contains(words), "{ground}: 没有“{words}”\n{text}");
        }
        for words in ["处罚依据为", "强制执行", "加处罚款", "缴至", "{{"] {
            assert!(!text.contains(words), "{ground}: 不应有“{words}”\n{text}");
        }
        assert!(!text.contains("【待确认：不予处罚"), "{ground}\n{text}");
        assert_eq!(done["draft"]["unsupported"], json!([]), "{ground}");
        let argued: Vec<&str> =
            done["draft"]["missing"].as_array().unwrap().iter().filter_map(|m| m.as_str()).collect();
        assert!(!argued.iter().any(|m| m.contains("没有论证")), "{ground}: {argued:?}");
        let (_, _, bytes) = service.get(&format!("/api/v1/drafts/{id}/document.docx")).await;
        assert_eq!(problems(&unpack(&bytes), true), Vec::<String>::new(), "{ground}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_ground_or_against_the_law_it_is_refused() {
    let service = service_with(ModelUse::default());
    let rows: Vec<(&str, String)> = vec![
        ("document.refused.no_ground", case(|_| {})),
        (
            "document.refused.unknown_ground",
            case(|c| c["disc"] = json!({ "final": { "ground": "mercy", "reason": "可怜" } })),
        ),
        (
            "document.refused.penalty_chosen",
            case(
                |c| c["disc"] = json!({ "final": { "ground": "no_fault", "kinds": ["fine"], "fine_fen": 5_000_000, "reason": "理由" } }),
            ),
        ),
        (
            "document.refused.transfer",
            case(|c| {
                c["facts"]["suspected_crime"] = json!(true);
                c["disc"] = json!({ "final": { "tier": "no_penalty", "ground": "no_fault", "reason": "理由" } });
            }),
        ),
    ];
    for (code, body) in rows {
        let (status, _, problem) = service.post("/api/v1/drafts?kind=no_penalty_decision", body).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{code}: {problem}");
        assert_eq!(problem["code"], code, "{problem}");
        assert!(problem["basis"].as_str().is_some_and(|b| b.contains("行政处罚法")), "{problem}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_element_that_nobody_argued_is_named() {
    let service = service_with(ModelUse::default());
    let body = case(|c| {
        c["disc"] = json!({ "final": { "tier": "no_penalty", "ground": "first_offence_no_penalty", "reason": "当事人系初次违法。" } });
    });
    let (_, _, job) = service.post("/api/v1/drafts?kind=no_penalty_decision", body).await;
    let done = service.finished(job["id"].as_str().unwrap()).await;
    let missing = done["draft"]["missing"].to_string();
    assert!(missing.contains("没有论证“危害后果轻微”") && missing.contains("没有论证“及时改正”"), "{missing}");
    assert!(!missing.contains("没有论证“初次违法”"), "{missing}");
}

//! One invented case, decided, and its assessment (mb64, discretion.md §2.3).

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use serde_json::json;
use zhicai::domain::assessment::Assessment;
use zhicai::domain::case::Case;
use zhicai::domain::document::compose::{Composed, PassageText, compose};
use zhicai::domain::document::doc_no::DocNo;
use zhicai::domain::document::fill::{AgencyInfo, FillError, FillInput, Filled, fill};
use zhicai::prompts::Prompts;

pub const TODAY: Date = date(2026, 3, 5);

pub fn case() -> Case {
    serde_json::from_value(json!({
        "case": {"case_no": "A-1", "cause": "涉嫌擅自举办民办学校", "source": "群众举报", "filed_at": "2025-09-05"},
        "party": {"kind": "citizen", "name": "李某某", "id_no": "530181198001010011", "birth": "1980-01-01",
                  "address": "安宁市连然街道某路1号", "phone": "13800000000"},
        "officer": [{"name": "赵某", "cert_no": "云A001"}, {"name": "钱某", "cert_no": "云A002"}],
        "facts": {"violation": "mb64", "narrative": "2025年3月至9月办班",
                  "rectify": {"ordered_at": "2025-09-06", "deadline": "2025-09-20", "rechecked_at": "2025-09-21", "corrected": true}},
        "evid": [
            {"no": 1, "kind": "site_record", "title": "现场检查笔录", "proves": "现场有学生上课", "collected_at": "2025-09-04"},
            {"no": 2, "kind": "documentary", "title": "《收费收据》", "proves": "证明收取培训费46580元。"}
        ],
        "procedure": {"notice_served_at": "2026-01-08", "hearing_requested": false, "statement": "已停止办学，请求从轻处罚",
                      "statement_accepted": true, "statement_reason": "属实", "decided_at": "2026-03-05"},
        "disc": {"final": {"tier": "lenient", "fine_fen": 4658000, "confiscate_fen": 300000, "kinds": ["fine", "confiscate_gains"],
                 "orders": ["stop_running", "refund"], "reason": "主动改正"}}
    }))
    .unwrap()
}

pub fn assessment() -> Assessment {
    let law = "中华人民共和国民办教育促进法";
    serde_json::from_value(json!({
        "violation": "mb64", "act": "违反国家规定擅自举办民办学校", "result": "range",
        "clauses": [
            {"role": "duty", "law": law, "article": 12, "paragraph": 0, "items": [], "version": "x@2018-12-29", "in_force": true,
             "validity": "in_force", "text": "举办实施文化教育的民办学校，由县级以上人民政府教育行政部门按照国家规定的权限审批。"},
            {"role": "penalty", "law": law, "article": 64, "paragraph": 1, "items": [], "version": "x@2018-12-29", "in_force": true,
             "validity": "in_force"}
        ],
        "penalties": [{"kind": "fine", "mode": "must",
            "range_fen": {"lo": 4658000, "lo_incl": true, "hi": 23290000, "hi_incl": true}, "duration": null, "hearing": true}],
        "orders": ["stop_running", "refund"], "tier": "lenient",
        "suggested_fen": {"lo": 4658000, "lo_incl": true, "hi": 10247600, "hi_incl": true},
        "gains_fen": 4658000, "confiscate_fen": 300000, "factors": [],
        "hearing": {"required": true, "basis": "行政处罚法63"}, "legal_review": {"required": true, "rules": []},
        "deadlines": [], "similar": {"n": 0, "same_tier_n": 0, "median_ratio": null, "q1": null, "q3": null, "cases": []},
        "warnings": [], "missing": [], "trace": {"step": "assess", "outcome": "", "basis": [], "inputs": {}}
    }))
    .unwrap()
}

pub fn agency() -> AgencyInfo {
    AgencyInfo {
        name: "安宁市教育体育局".into(),
        doc_no_prefix: "安教体".into(),
        government: "安宁市人民政府".into(),
        court: Some("某某人民法院".into()),
        address: None,
        phone: None,
        bank: Some("某银行某支行".into()),
        bank_account: Some("0000 1111 2222".into()),
    }
}

pub fn doc_no() -> DocNo {
    DocNo::new("安教体", "罚决", 2026, 2, true).unwrap()
}

pub fn passages() -> BTreeMap<String, PassageText> {
    let passage = |text: &str, model: Option<&str>| PassageText {
        text: text.into(),
        sources: vec!["E1".into()],
        model: model.map(str::to_string),
    };
    BTreeMap::from([
        (
            "facts".into(),
            passage("2025年3月至9月，当事人未取得办学许可证，以“某某学堂”名义收取培训费46580元。", Some("m")),
        ),
        ("evidence_analysis".into(), passage("证据1与证据2相互印证，能够证明上述事实。", Some("m"))),
        ("defence_response".into(), passage("当事人提出已停止办学。\n经复核属实，予以采纳。", None)),
        ("discretion_reasoning".into(), passage("当事人主动改正，符合从轻处罚的规定。", Some("m"))),
    ])
}

pub fn filled(case: &Case, assessment: &Assessment, agency: &AgencyInfo) -> Result<Filled, FillError> {
    let prompts = Prompts::load().unwrap();
    let doc_no = doc_no();
    let input = FillInput { case, assessment, agency, doc_no: Some(&doc_no), today: TODAY };
    fill(prompts.form("penalty_decision").unwrap(), &prompts.blocks, &input)
}

pub fn composed(case: &Case) -> Composed {
    let prompts = Prompts::load().unwrap();
    let filled = filled(case, &assessment(), &agency()).unwrap();
    compose(prompts.form("penalty_decision").unwrap(), &filled, &passages()).unwrap()
}

//! What each kind of case goes through, as (who, day, step): a shared beginning, and the ways on from there.

use serde_json::{Value, json};

pub type Script = Vec<(&'static str, &'static str, Value)>;

pub const PARTY: &str = "云岫市启明星文化传播有限公司";

/// A clue with the facts of an unlicensed school.
pub fn registration() -> Value {
    let mut case = crate::http::case();
    for part in ["officer", "procedure", "disc"] {
        case.as_object_mut().unwrap().remove(part);
    }
    case["case"] = json!({ "cause": "涉嫌擅自举办民办学校", "source": "群众举报" });
    case["evid"] = json!([
        {"no": 1, "kind": "site_record", "title": "现场检查笔录", "proves": "教室和学生情况"},
        {"no": 2, "kind": "documentary", "title": "营业执照复印件", "proves": "当事人主体资格"},
        {"no": 3, "kind": "documentary", "title": "收费台账", "proves": "收取培训费46580元"}
    ]);
    json!({
        "clue": { "received_on": "2026-03-02", "source": "群众举报", "summary": "举报某处无证办学" },
        "case": case,
    })
}

/// The same with other facts.
pub fn registration_with(change: impl FnOnce(&mut Value)) -> Value {
    let mut out = registration();
    change(&mut out["case"]);
    out
}

/// Someone who smoked at a school gate: what 简易程序 is for.
pub fn on_the_spot() -> Value {
    json!({
        "procedure": "simple",
        "clue": { "received_on": "2026-03-02", "source": "日常巡查", "summary": "校园内吸烟" },
        "case": {
            "case": { "cause": "涉嫌在学校吸烟", "source": "日常巡查" },
            "party": { "kind": "citizen", "name": "何某某", "address": "云岫市东湖路1号", "birth": "1980-05-01" },
            "facts": { "narrative": "2026年3月2日，当事人在云岫市第一小学操场吸烟。", "violation": "wb124-person",
                       "act_from": "2026-03-02", "discovered_at": "2026-03-02", "place": "云岫市第一小学", "circumstance": "base" },
            "evid": [{ "no": 1, "kind": "audio_visual", "title": "执法记录仪录像", "proves": "吸烟的情况", "collected_at": "2026-03-02" }]
        }
    })
}

/// From the clue to the end of the investigation.
pub fn investigated() -> Script {
    let act = |kind: &str, from: &str, to: &str, evidence: Value, interviewee: Value| {
        json!({ "step": "record_act", "act": {
            "kind": kind, "started_at": format!("2026-03-03T{from}:00+08:00"), "ended_at": format!("2026-03-03T{to}:00+08:00"),
            "place": "云岫市东湖路88号", "officers": ["@li", "@wang"], "shown_certs": true, "told_rights": true,
            "interviewee": interviewee, "notes": "教室4间，学生37人。", "signed": true, "evidence": evidence } })
    };
    let mut out: Script = vec![
        (
            "qian",
            "2026-03-02",
            json!({ "step": "file", "jurisdiction": "行政处罚法第二十二条、第二十三条：违法行为发生在本市", "preliminary": "群众举报并经初步核实，涉嫌无证办学" }),
        ),
        ("qian", "2026-03-02", json!({ "step": "assign", "officers": ["@li", "@wang"], "recusal_checked": true })),
        ("li", "2026-03-03", act("inspection", "09:00", "10:00", json!([1]), Value::Null)),
        ("li", "2026-03-03", act("interview", "10:30", "11:00", json!([]), json!("张某"))),
        (
            "li",
            "2026-03-03",
            json!({ "step": "record_av", "record": { "of": "act:0", "level": "key", "device": "记录仪01", "missing_because": "设备送修，已另作文字记录" } }),
        ),
        (
            "li",
            "2026-03-03",
            json!({ "step": "record_av", "record": { "of": "act:1", "level": "key", "device": "记录仪01", "missing_because": "设备送修，已另作文字记录" } }),
        ),
        ("li", "2026-03-04", json!({ "step": "confirm_facts" })),
        (
            "li",
            "2026-03-04",
            json!({ "step": "identify", "identity": { "document": "营业执照", "name": PARTY, "evidence": 2 } }),
        ),
    ];
    for no in 1..=3 {
        out.push(("wang", "2026-03-04", json!({ "step": "check_evidence", "check": { "no": no, "verified": true, "lawful": true, "copy_checked": true } })));
    }
    for (code, evidence) in
        [("subject", json!([2])), ("act", json!([1, 3])), ("time_place", json!([1])), ("gains", json!([1, 3]))]
    {
        out.push(("li", "2026-03-04", json!({ "step": "find_element", "finding": { "code": code, "established": true, "evidence": evidence, "note": "查证属实" } })));
    }
    out.extend(vec![
        ("li", "2026-03-04", json!({ "step": "order_rectification", "on": "2026-03-04", "due": "2026-03-10", "items": ["停止办学", "退还所收费用"] })),
        ("li", "2026-03-04", service("rectify", "2026-03-04")),
        ("wang", "2026-03-11", json!({ "step": "recheck_rectification", "on": "2026-03-11", "corrected": true, "note": "已停止办学" })),
        ("li", "2026-03-12", json!({ "step": "close_investigation", "findings": "当事人未取得办学许可证，擅自举办民办学校。", "opinion": "建议给予行政处罚。", "factors_reviewed": true })),
    ]);
    out
}

pub fn service(what: &str, on: &str) -> Value {
    json!({ "step": "serve", "service": { "what": what, "method": "direct", "sent_on": on, "served_on": on,
            "place": "云岫市东湖路88号", "receiver": "张某（法定代表人）", "servers": ["@li", "@wang"] } })
}

/// A fine is fixed by a person, told, and what the party says is heard.
pub fn told() -> Script {
    vec![
        (
            "li",
            "2026-03-12",
            json!({ "step": "set_figure", "figure": { "tier": "general", "fine_fen": 13_000_000, "kinds": ["fine"], "reason": "没有从轻从重情节，按一般阶次" } }),
        ),
        (
            "li",
            "2026-03-13",
            json!({ "step": "issue_notice", "facts": "未取得办学许可证，擅自举办民办学校，收取培训费46580元。", "reasons": "事实清楚，证据确凿，没有从轻从重情节。" }),
        ),
        ("li", "2026-03-13", service("notice", "2026-03-13")),
        (
            "wang",
            "2026-03-16",
            json!({ "step": "record_statement", "statement": { "on": "2026-03-16", "text": "请求从轻处罚。" } }),
        ),
    ]
}

pub fn heard_in_writing() -> Script {
    vec![(
        "li",
        "2026-03-23",
        json!({ "step": "recheck_defence", "on": "2026-03-23", "items": [{ "statement": 0, "accepted": false, "reason": "没有法定从轻情节" }] }),
    )]
}

pub fn heard_in_public() -> Script {
    vec![
        ("li", "2026-03-17", json!({ "step": "request_hearing", "on": "2026-03-17" })),
        (
            "li",
            "2026-03-18",
            json!({ "step": "summon_hearing", "summons": { "served_on": "2026-03-18", "hearing_on": "2026-03-30", "place": "本局三楼会议室", "host": "@zhou", "public": true } }),
        ),
        (
            "li",
            "2026-03-30",
            json!({ "step": "hold_hearing", "held": { "on": "2026-03-30", "agents": [], "transcript": "主持人核对身份，双方陈述、质证、辩论。", "signed": true, "report": "听证报告" } }),
        ),
        (
            "li",
            "2026-03-30",
            json!({ "step": "record_av", "record": { "of": "hearing", "level": "key", "device": "会议室录像", "missing_because": "录像设备故障，已制作笔录" } }),
        ),
        (
            "li",
            "2026-03-31",
            json!({ "step": "recheck_defence", "on": "2026-03-31", "followed_transcript": true, "items": [{ "statement": 0, "accepted": false, "reason": "没有法定从轻情节" }] }),
        ),
    ]
}

/// The sixteen items of the review, each looked at.
pub fn checklist() -> Value {
    let items: Vec<Value> =
        (1..=16).map(|n| json!({ "id": format!("C{n:02}"), "verdict": "pass", "note": "已核对" })).collect();
    json!(items)
}

/// Submitted, accepted and agreed to, on three days.
pub fn reviewed(intended: &str, days: [&'static str; 3]) -> Script {
    vec![
        ("li", days[0], json!({ "step": "submit_review", "intended": intended })),
        ("zhao", days[1], json!({ "step": "accept_review" })),
        (
            "zhao",
            days[2],
            json!({ "step": "conclude_review", "conclusion": "agree", "opinion": "同意", "checklist": checklist() }),
        ),
    ]
}

pub fn discussed(on: &'static str) -> Script {
    vec![(
        "qian",
        on,
        json!({ "step": "discuss", "discussion": {
        "on": on, "place": "局会议室", "chair": "钱某", "signed": true, "conclusion": "一致同意拟处理意见。",
        "attendees": [
            { "name": "钱某", "post": "局长", "head": true, "opinion": "同意" },
            { "name": "孔某", "post": "副局长", "head": true, "opinion": "同意" }
        ] } }),
    )]
}

/// What makes the decision public.
pub fn published(days: [&'static str; 2]) -> Script {
    vec![
        (
            "li",
            days[0],
            json!({ "step": "prepare_publicity", "summary": format!("执法部门：安宁市教育体育局；执法对象：{PARTY}；执法类别：行政处罚；执法结果：罚款130000元。") }),
        ),
        ("zhao", days[0], json!({ "step": "review_secrecy" })),
        ("qian", days[0], json!({ "step": "approve_publicity" })),
        ("wang", days[1], json!({ "step": "publish", "on": days[1], "channels": ["市人民政府门户网站"] })),
    ]
}

pub fn closed(reason: &str, on: &'static str, archived_on: &'static str) -> Script {
    vec![
        ("qian", on, json!({ "step": "close", "reason": reason, "opinion": "同意结案" })),
        ("li", archived_on, json!({ "step": "archive", "archive_no": "2026-教体罚-001" })),
    ]
}

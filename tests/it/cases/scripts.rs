//! The scripts: every step of a case as the JSON that the service takes, with its legal day and who takes it.

use jiff::civil::Date;
use serde_json::{Value, json};

/// How a case goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Ordinary,
    Hearing,
    Enforced,
    Simple,
    NoPenalty,
    Transfer,
    NotEstablished,
}

impl Kind {
    pub const ALL: &[Self] = &[
        Self::Ordinary,
        Self::Hearing,
        Self::Enforced,
        Self::Simple,
        Self::NoPenalty,
        Self::Transfer,
        Self::NotEstablished,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Ordinary => "普通程序",
            Self::Hearing => "经过听证",
            Self::Enforced => "申请强制执行",
            Self::Simple => "简易程序",
            Self::NoPenalty => "不予处罚",
            Self::Transfer => "移送",
            Self::NotEstablished => "事实不成立",
        }
    }
}

/// One step of a script.
#[derive(Clone, Debug)]
pub(crate) struct Turn {
    pub day: Date,
    /// Id of the person in [`super::play::people`].
    pub who: &'static str,
    pub step: Value,
}

impl Turn {
    /// Name of the step; what is served or decided stands behind a colon.
    pub fn key(&self) -> String {
        let name = self.step["step"].as_str().unwrap_or_default();
        match self.step["service"]["what"].as_str() {
            Some(what) => format!("{name}:{what}"),
            None => name.into(),
        }
    }
}

fn turn(day: &str, who: &'static str, step: Value) -> Turn {
    Turn { day: day.parse().unwrap(), who, step }
}

/// The facts of the case JSON.
pub(crate) fn facts(kind: Kind) -> Value {
    let small = matches!(kind, Kind::Simple | Kind::NoPenalty);
    let factor = |code: &str| json!({"code": code, "text": "查证属实", "evidence": [1]});
    let factors: Vec<Value> = match kind {
        Kind::NoPenalty => ["minor_violation", "timely_correction", "no_harm"].map(factor).into(),
        _ => vec![],
    };
    let gains = json!({"gross_receipts_fen": 4658000, "rule_citation": "行政处罚法第二十八条第二款"});
    let mut out = json!({
        "case": {"cause": "涉嫌擅自举办民办学校", "source": "群众举报"},
        "party": {"kind": "legal_person", "name": "安宁启明星文化传播有限公司", "address": "安宁市东湖路88号",
            "uscc": "91350100M000100Y43", "legal_representative": "张三"},
        "facts": {
            "narrative": "当事人未取得办学许可证，在安宁市东湖路88号招收学生37人，收取培训费46580元。",
            "violation": if small { "wb126" } else { "mb64" }, "circumstance": "base", "place": "安宁市东湖路88号",
            "act_from": "2025-09-01", "act_to": "2026-03-02", "discovered_at": "2026-03-02",
            "suspected_crime": kind == Kind::Transfer, "factors": factors
        },
        "evid": [
            {"no": 1, "kind": "site_record", "title": "现场检查笔录", "proves": "教室和学生", "collected_at": "2026-03-05"},
            {"no": 2, "kind": "party_statement", "title": "询问笔录", "proves": "收费情况", "collected_at": "2026-03-06"},
            {"no": 3, "kind": "documentary", "title": "收费收据", "proves": "收费数额", "collected_at": "2026-03-06"}
        ]
    });
    if !small {
        out["facts"]["gains"] = gains;
    }
    out
}

/// What the case begins with.
pub(crate) fn clue(kind: Kind) -> Value {
    let procedure = if kind == Kind::Simple { "simple" } else { "ordinary" };
    json!({
        "procedure": procedure,
        "clue": {"received_on": "2026-03-02", "source": "群众举报", "summary": "无证办学"},
        "case": facts(kind)
    })
}

fn investigated(kind: Kind) -> Vec<Turn> {
    let act = |what: &str, day: &str, more: Value| {
        let mut act = json!({
            "kind": what, "started_at": format!("{day}T09:00:00+08:00"), "ended_at": format!("{day}T10:30:00+08:00"),
            "place": "安宁市东湖路88号", "officers": ["li", "wang"], "shown_certs": true, "told_rights": true,
            "notes": "现场有教室4间，学生37人", "signed": true
        });
        act.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"step": "record_act", "act": act})
    };
    let av = |of: &str| json!({"step": "record_av", "record": {"of": of, "level": "key", "sha256": "a".repeat(64), "device": "记录仪01"}});
    let evidence = |no: u32| json!({"step": "check_evidence", "check": {"no": no, "verified": true, "lawful": true, "copy_checked": true}});
    let element = |code: &str, established: bool, evidence: &[u32]| json!({"step": "find_element", "finding": {"code": code, "established": established, "evidence": evidence}});
    let mut out = vec![
        turn(
            "2026-03-04",
            "zhou",
            json!({"step": "file", "jurisdiction": "违法行为发生在本市", "preliminary": "涉嫌无证办学",
            "pre_check": "2026年3月3日核查，见核查记录"}),
        ),
        turn("2026-03-04", "zhou", json!({"step": "assign", "officers": ["li", "wang"], "recusal_checked": true})),
        turn("2026-03-05", "li", act("inspection", "2026-03-05", json!({"evidence": [1]}))),
        turn("2026-03-06", "wang", act("interview", "2026-03-06", json!({"interviewee": "张三", "evidence": [2]}))),
        turn("2026-03-06", "li", av("act:0")),
        turn("2026-03-06", "li", av("act:1")),
        turn("2026-03-06", "li", json!({"step": "save_facts", "case": facts(kind)})),
        turn("2026-03-09", "li", json!({"step": "confirm_facts"})),
        turn(
            "2026-03-09",
            "li",
            json!({"step": "identify", "identity": {"document": "营业执照",
            "name": "安宁启明星文化传播有限公司", "evidence": 3}}),
        ),
        turn("2026-03-09", "li", evidence(1)),
        turn("2026-03-09", "li", evidence(2)),
        turn("2026-03-09", "li", evidence(3)),
        turn("2026-03-09", "li", element("subject", true, &[3])),
        turn("2026-03-09", "li", element("act", kind != Kind::NotEstablished, &[1, 2])),
        turn("2026-03-09", "li", element("time_place", true, &[1])),
    ];
    if kind != Kind::NoPenalty {
        out.push(turn("2026-03-09", "li", element("gains", true, &[2, 3])));
    }
    if kind == Kind::Transfer {
        return out;
    }
    out.extend([
        turn(
            "2026-03-09",
            "li",
            json!({"step": "order_rectification", "on": "2026-03-09", "due": "2026-03-20", "items": ["停止招生"]}),
        ),
        turn("2026-03-09", "li", served("rectify", "2026-03-09")),
        turn(
            "2026-03-23",
            "li",
            json!({"step": "recheck_rectification", "on": "2026-03-23", "corrected": true, "note": "已停止"}),
        ),
        turn(
            "2026-03-24",
            "li",
            json!({"step": "close_investigation", "findings": "查明的事实", "opinion": "建议处理",
            "factors_reviewed": true}),
        ),
    ]);
    out
}

fn served(what: &str, on: &str) -> Value {
    json!({"step": "serve", "service": {"what": what, "method": "direct", "sent_on": on, "served_on": on,
        "place": "安宁市东湖路88号", "receiver": "张三（法定代表人）", "servers": ["li", "wang"]}})
}

fn noticed() -> Vec<Turn> {
    vec![
        turn(
            "2026-03-24",
            "li",
            json!({"step": "set_figure", "figure": {"tier": "general", "fine_fen": 13000000, "kinds": ["fine"],
            "orders": ["stop_running", "refund"], "reason": "没有从轻、减轻、从重情节，按一般处罚中段定值"}}),
        ),
        turn(
            "2026-03-25",
            "li",
            json!({"step": "issue_notice", "facts": "未取得办学许可证招生收费", "reasons": "违反民办教育促进法第十二条"}),
        ),
        turn("2026-03-25", "li", served("notice", "2026-03-25")),
        turn(
            "2026-03-30",
            "li",
            json!({"step": "record_statement", "statement": {"on": "2026-03-30", "text": "罚款太重"}}),
        ),
    ]
}

fn rechecked(day: &str, heard: bool) -> Turn {
    turn(
        day,
        "li",
        json!({"step": "recheck_defence", "on": day, "followed_transcript": heard,
        "items": [{"statement": 0, "accepted": false, "reason": "数额在法定幅度之内，没有从轻情节"}]}),
    )
}

/// Words of a decision that lacks nothing.
pub(crate) fn decision_text() -> String {
    "安宁市教育体育局\n行政处罚决定书\n当事人：安宁启明星文化传播有限公司\n地址：安宁市东湖路88号\n\
     经查明，当事人未取得办学许可证招生收费46580元。以上事实有下列证据证明：现场检查笔录、询问笔录、收费收据。\n\
     当事人的行为违反了《中华人民共和国民办教育促进法》第十二条第一款的规定，依据《中华人民共和国民办教育促进法》第六十四条第一款，决定给予当事人下列处罚：罚款人民币壹拾叁万元整（￥130,000.00）。\n\
     当事人应当自收到本决定书之日起十五日内，将罚款缴至指定银行。到期不缴纳的，每日按罚款数额的百分之三加处罚款，加处罚款的数额不超出罚款的数额。\n\
     当事人如不服本决定，可以自收到本决定书之日起六十日内向安宁市人民政府申请行政复议，也可以自收到本决定书之日起六个月内直接向昆明铁路运输法院提起行政诉讼。\n\
     安宁市教育体育局\n2026年4月9日\n"
        .into()
}

fn paper(day: &str, kind: &str, title: &str, text: &str) -> Turn {
    turn(day, "li", json!({"step": "add_paper", "paper": {"kind": kind, "title": title, "text": text, "pages": 2}}))
}

/// All sixteen items, each with a verdict.
pub(crate) fn checklist() -> Vec<Value> {
    (1..=16).map(|i| json!({"id": format!("C{i:02}"), "verdict": "pass"})).collect()
}

/// From the draft to the decision; days are draft, acceptance, conclusion, discussion, decision.
fn decided(days: [&str; 5]) -> Vec<Turn> {
    let [draft, accept, conclude, discuss, decide] = days;
    let attendee = |name: &str| json!({"name": name, "post": "副局长", "head": true, "opinion": "同意"});
    vec![
        paper(draft, "penalty_decision", "行政处罚决定书", &decision_text()),
        turn(draft, "li", json!({"step": "submit_review", "intended": "penalty"})),
        turn(accept, "zhao", json!({"step": "accept_review"})),
        turn(
            conclude,
            "zhao",
            json!({"step": "conclude_review", "conclusion": "agree", "opinion": "同意", "checklist": checklist()}),
        ),
        turn(
            discuss,
            "zhou",
            json!({"step": "discuss", "discussion": {"on": discuss, "place": "局会议室", "chair": "周局",
            "attendees": [attendee("周局"), attendee("吴副局")], "conclusion": "同意拟处罚意见", "signed": true}}),
        ),
        turn(decide, "zhou", json!({"step": "decide", "kind": "penalty", "reason": "事实清楚，证据充分"})),
    ]
}

/// The document's id is given by the play: `id-{reviews}-{documents}`.
fn sealed(day: &str, paper: &str) -> Turn {
    turn(day, "zhou", json!({"step": "seal", "paper": paper}))
}

fn published(day: &str, on: &str) -> Vec<Turn> {
    vec![
        turn(
            day,
            "li",
            json!({"step": "prepare_publicity", "summary": "安宁启明星文化传播有限公司擅自举办民办学校，罚款130000元。"}),
        ),
        turn(day, "zhao", json!({"step": "review_secrecy"})),
        turn(day, "zhou", json!({"step": "approve_publicity"})),
        turn(on, "he", json!({"step": "publish", "on": on, "channels": ["局网站执法公示专栏"]})),
    ]
}

fn closed(day: &str, reason: &str) -> Vec<Turn> {
    vec![
        turn(day, "zhou", json!({"step": "close", "reason": reason, "opinion": "同意结案"})),
        turn(day, "li", json!({"step": "archive", "archive_no": "2026-001", "pages": 40})),
    ]
}

fn paid(day: &str) -> Turn {
    turn(day, "li", json!({"step": "pay", "payment": {"on": day, "sum_fen": 13000000, "receipt_no": "云财0001"}}))
}

/// Every step of a case of that kind, from clue to archive.
pub(crate) fn script(kind: Kind) -> Vec<Turn> {
    let mut out = if kind == Kind::Simple { vec![] } else { investigated(kind) };
    match kind {
        Kind::Ordinary | Kind::Enforced => {
            out.extend(noticed());
            out.push(rechecked("2026-04-02", false));
            out.extend(decided(["2026-04-02", "2026-04-03", "2026-04-07", "2026-04-08", "2026-04-09"]));
            out.push(sealed("2026-04-09", "id-0-0"));
            out.push(turn("2026-04-10", "li", served("decision", "2026-04-10")));
            out.extend(published("2026-04-10", "2026-04-13"));
            if kind == Kind::Ordinary {
                out.push(paid("2026-04-20"));
                out.extend(closed("2026-04-21", "performed"));
            } else {
                out.push(turn("2026-04-28", "li", json!({"step": "demand", "on": "2026-04-28", "text": "请在十日内履行"})));
                out.push(turn("2026-04-28", "li", served("demand", "2026-04-28")));
                out.push(turn("2026-10-12", "zhou", json!({"step": "apply_to_court", "on": "2026-10-12", "court": "昆明铁路运输法院"})));
                out.push(turn("2026-12-01", "li", json!({"step": "court_ended", "on": "2026-12-01", "outcome": "执行完毕"})));
                out.extend(closed("2026-12-02", "court_enforced"));
            }
        }
        Kind::Hearing => {
            out.extend(noticed());
            out.extend([
                turn("2026-03-31", "li", json!({"step": "request_hearing", "on": "2026-03-31", "oral": true})),
                turn("2026-04-01", "li", json!({"step": "summon_hearing", "summons": {"served_on": "2026-04-01", "hearing_on": "2026-04-15",
                    "place": "局会议室", "host": "zhao", "public": true}})),
                turn("2026-04-15", "li", json!({"step": "hold_hearing", "held": {"on": "2026-04-15", "agents": ["律师甲"],
                    "transcript": "听证笔录全文", "signed": true, "report": "建议维持"}})),
                turn("2026-04-15", "li", json!({"step": "record_av", "record": {"of": "hearing", "level": "key", "sha256": "b".repeat(64)}})),
                rechecked("2026-04-16", true),
            ]);
            out.extend(decided(["2026-04-16", "2026-04-17", "2026-04-20", "2026-04-21", "2026-04-22"]));
            out.push(sealed("2026-04-22", "id-0-0"));
            out.push(turn("2026-04-23", "li", served("decision", "2026-04-23")));
            out.extend(published("2026-04-23", "2026-04-24"));
            out.push(paid("2026-05-06"));
            out.extend(closed("2026-05-07", "performed"));
        }
        Kind::Simple => out.extend([
            turn("2026-03-02", "li", json!({"step": "decide_on_spot", "spot": {
                "at": "2026-03-02T10:00:00+08:00", "place": "安宁市东湖路88号", "officers": ["li", "wang"], "form_no": "DC0001",
                "content": {"kinds": ["warning", "fine"], "fine_fen": 100000, "orders": ["rectify_deadline"]},
                "basis": ["《中华人民共和国未成年人保护法》第一百二十六条第一款"], "facts": "未查询从业人员",
                "shown_certs": true, "told_orally": true, "statement": "无", "delivered": true}})),
            paper("2026-03-02", "spot_decision", "当场处罚决定书", "如不服本决定，应当先向安宁市人民政府申请行政复议。"),
            turn("2026-03-03", "li", json!({"step": "file_spot", "on": "2026-03-03"})),
            turn("2026-03-04", "li", json!({"step": "pay", "payment": {"on": "2026-03-04", "sum_fen": 100000, "receipt_no": "云财0002"}})),
        ]),
        Kind::NoPenalty => out.extend([
            paper("2026-03-25", "no_penalty_decision", "不予行政处罚决定书", "经查明，当事人违法行为轻微并及时改正，没有危害后果。"),
            turn("2026-03-26", "zhou", json!({"step": "decide", "kind": "no_penalty", "ground": "minor_no_penalty",
                "reason": "轻微、及时改正、没有危害后果，三项要件均有证据", "education": "已当面教育并记录"})),
            sealed("2026-03-26", "id-0-0"),
            turn("2026-03-27", "li", served("decision", "2026-03-27")),
        ]),
        Kind::NotEstablished => out.extend([
            paper("2026-03-25", "no_penalty_decision", "不予行政处罚决定书", "经查明，违法事实不能成立。"),
            turn("2026-03-26", "zhou", json!({"step": "decide", "kind": "not_established", "reason": "没有证据证明招生"})),
            sealed("2026-03-26", "id-0-0"),
            turn("2026-03-27", "li", served("decision", "2026-03-27")),
        ]),
        Kind::Transfer => out.extend([
            turn("2026-03-11", "zhou", json!({"step": "transfer", "to": "安宁市公安局", "crime": "诈骗罪", "reported_on": "2026-03-10"})),
            paper("2026-03-11", "transfer_letter", "案件移送书", "现将本案移送你局。"),
            turn("2026-03-12", "li", json!({"step": "record_transfer", "sent_at": "2026-03-12T10:00:00+08:00", "receipt": "公安局回执1号"})),
        ]),
    }
    match kind {
        Kind::Simple => out.extend(closed("2026-03-05", "spot_performed")),
        Kind::NoPenalty | Kind::NotEstablished => out.extend(closed("2026-03-30", "no_penalty_served")),
        Kind::Transfer => out.extend(closed("2026-03-13", "transfer_accepted")),
        Kind::Ordinary | Kind::Enforced | Kind::Hearing => {}
    }
    out
}

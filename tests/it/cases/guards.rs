//! 守卫: for every guard that stands in the table an attempt without its precondition, refused with its name and its article.

use std::collections::BTreeSet;

use jiff::civil::date;
use serde_json::{Value, json};
use zhicai::domain::checks::PastFine;
use zhicai::domain::dossier::{
    DecisionKind, Deferral, Discussion, MachinePassage, Paper, Preservation, Publicity, PublicityState, Recusal,
    RecusalRuling, Remedy, RemedyKind, RemedyOutcome, Transfer,
};
use zhicai::domain::legal_review::{Conclusion, Review, ReviewState, Reviewer};
use zhicai::domain::money::Fen;
use zhicai::domain::procedure::TABLE;

use super::play::{Kind, Scene};

type Spoil = fn(&mut Scene);
/// Guard and its title, the case, the step that waits, and what is taken away.
type Attempt = (&'static str, &'static str, Kind, &'static str, Spoil);

use Kind::{Enforced, Hearing, NoPenalty, NotEstablished, Ordinary, Simple, Transfer as Transferred};

#[rustfmt::skip]
const ATTEMPTS: &[Attempt] = &[
    // 立案
    ("G_EVIDENCE", "没有初步证据", Ordinary, "file", |s| s.dossier.case.evid.clear()),
    ("G_POSSIBLE", "不能认定有应受处罚的可能", Ordinary, "file", |s| s.dossier.case.facts.violation = None),
    ("G_JURISDICTION", "没有管辖权或者没有写明管辖依据", Ordinary, "file", |s| s.turn.step["jurisdiction"] = json!(" ")),
    ("G_LIMITATION", "已超过处罚时效", Ordinary, "file", |s| {
        s.dossier.case.facts.act_from = Some(date(2023, 1, 1));
        s.dossier.case.facts.act_to = Some(date(2023, 2, 1));
    }),
    ("G_NOT_SIMPLE", "简易程序不立案", Ordinary, "file", |s| s.dossier.procedure = zhicai::domain::procedure::Procedure::Simple),
    ("G_PRE_CHECK", "立案前取证没有核查记录", Ordinary, "file", |s| {
        s.dossier.case.evid[0].collected_at = Some(date(2026, 3, 1));
        s.turn.step["pre_check"] = Value::Null;
    }),
    ("G_REASON", "没有写明理由", Ordinary, "file", |s| s.turn.step = json!({"step": "not_file", "reason": ""})),
    ("G_TWO", "执法人员不足两人", Ordinary, "assign", |s| s.turn.step["officers"] = json!(["li", "li"])),
    ("G_CERT", "执法人员没有有效的执法证件", Ordinary, "assign", |s| s.turn.step["officers"] = json!(["li", "novice"])),
    ("G_RECUSE", "没有作回避检查", Ordinary, "assign", |s| s.turn.step["recusal_checked"] = json!(false)),
    ("G_UNDER_REVIEW", "正在法制审核，不能改动", Ordinary, "accept_review", |s| act_as(s, "li", json!({"step": "confirm_facts"}))),
    // 调查
    ("G_CERT", "执法人员没有有效的执法证件", Ordinary, "record_act", |s| {
        s.dossier.people.iter_mut().for_each(|p| p.certs[0].valid_to = date(2026, 3, 4));
    }),
    ("G_TWO", "执法人员不足两人", Ordinary, "record_act", |s| s.turn.step["act"]["officers"] = json!(["li", "novice"])),
    ("G_SHOW", "没有出示执法证件", Ordinary, "record_act", |s| s.turn.step["act"]["shown_certs"] = json!(false)),
    ("G_RECORD", "笔录不完整", Ordinary, "record_act", |s| s.turn.step["act"]["place"] = json!("")),
    ("G_INTERVIEW", "询问须一人一次一份", Ordinary, "record_act", |s| {
        s.turn.step["act"]["kind"] = json!("interview");
        s.turn.step["act"]["interviewee"] = json!("张三、李四");
    }),
    ("G_RECUSE", "应当回避的人员参与了本案", Ordinary, "record_act", |s| {
        let ruling = RecusalRuling { granted: true, by_head: true, on: date(2026, 3, 4), ..RecusalRuling::default() };
        s.dossier.recusals.push(Recusal { person: "wang".into(), ruling: Some(ruling), ..Recusal::default() });
    }),
    ("G_FACTS", "没有可以确认的事实", Ordinary, "confirm_facts", |s| s.dossier.case.facts.narrative = None),
    ("G_EVIDENCE", "没有这份证据", Ordinary, "check_evidence", |s| s.turn.step["check"]["no"] = json!(99)),
    ("G_ELEMENT", "没有这个构成要件", Ordinary, "find_element", |s| s.turn.step["finding"]["code"] = json!("guilt")),
    ("G_PRESERVE", "先行登记保存未经负责人批准", Ordinary, "find_element", |s| {
        s.dossier.preservations.push(preserved());
        s.turn.step = json!({"step": "dispose_preservation", "index": 0, "on": "2026-03-09", "disposal": "发还"});
    }),
    ("G_COERCIVE", "没有查封、扣押的授权条款", Ordinary, "find_element", |s| {
        act_as(s, "zhou", json!({"step": "coerce", "kind": "seal", "on": "2026-03-09", "legal_basis": "工作需要"}));
    }),
    ("G_RECTIFY", "责令改正的内容或者期限不完整", Ordinary, "order_rectification", |s| s.turn.step["due"] = json!("2026-03-09")),
    ("G_RECTIFY", "还不能认定是否逾期未改正", Ordinary, "recheck_rectification", |s| {
        s.turn.step["on"] = json!("2026-03-20");
        s.turn.step["corrected"] = json!(false);
    }),
    ("G_AV", "音像记录不完整", Ordinary, "record_av", |s| s.turn.step["record"]["sha256"] = Value::Null),
    ("G_SUSPEND", "扣除期限没有法定事由", Ordinary, "find_element", |s| {
        act_as(s, "zhou", json!({"step": "suspend", "suspension": {"reason": "人手不足", "basis": "领导同意", "from": "2026-03-09"}}));
    }),
    // 终结与裁量
    ("G_CONFIRMED", "事实没有经承办人确认", Ordinary, "close_investigation", |s| s.dossier.case.facts.place = Some("别处".into())),
    ("G_ELEMENTS", "构成要件没有查清", Ordinary, "close_investigation", |s| s.dossier.elements.clear()),
    ("G_IDENTITY", "没有当事人的身份证明", Ordinary, "close_investigation", |s| s.dossier.identity = None),
    ("G_IDENTITY", "没有当事人的身份证明", Ordinary, "close_investigation", |s| s.dossier.identity.as_mut().unwrap().name = "另一公司".into()),
    ("G_GAINS", "违法所得没有查明", Ordinary, "close_investigation", |s| {
        s.dossier.case.facts.gains = Some(Default::default());
        s.reconfirm();
    }),
    ("G_FACTORS", "没有逐项核对裁量因素", Ordinary, "close_investigation", |s| s.turn.step["factors_reviewed"] = json!(false)),
    ("G_PRESERVE", "登记保存的证据没有处理", Ordinary, "close_investigation", |s| s.dossier.preservations.push(preserved())),
    ("G_RECUSE_REQ", "回避申请没有决定", Ordinary, "close_investigation", |s| {
        s.dossier.recusals.push(Recusal { person: "li".into(), requested: true, ..Recusal::default() });
    }),
    ("G_FIGURE", "人工定值不在法定幅度之内", Ordinary, "set_figure", |s| s.turn.step["figure"]["fine_fen"] = json!(100)),
    ("G_TRANSFER", "移送条件不具备", Transferred, "transfer", |s| s.dossier.case.facts.suspected_crime = Some(false)),
    ("G_TRANSFERRED", "本案没有决定移送", Ordinary, "seal", |s| {
        s.dossier.transfer = Some(Transfer::default());
        act_as(s, "li", json!({"step": "record_transfer", "sent_at": "2026-04-09T12:00:00+08:00"}));
    }),
    // 告知与听证
    ("G_NOTICE", "告知内容不齐", Ordinary, "issue_notice", |s| s.turn.step["facts"] = json!("")),
    ("G_CRIME", "涉嫌犯罪，应当移送", Ordinary, "issue_notice", |s| {
        s.dossier.case.facts.suspected_crime = Some(true);
        s.reconfirm();
    }),
    ("G_ESTABLISHED", "构成要件不成立，不得处罚", Ordinary, "issue_notice", |s| {
        s.dossier.elements.iter_mut().for_each(|e| e.established = false);
    }),
    ("G_RENOTIFY", "没有写明重新告知的原因", Ordinary, "recheck_defence", |s| again(s, "")),
    ("G_NOT_HEAVIER", "不得因陈述申辩加重处罚", Ordinary, "recheck_defence", |s| {
        s.dossier.case.disc.final_.as_mut().unwrap().fine_fen = Some(Fen(15_000_000));
        again(s, "听取陈述申辩之后");
    }),
    ("G_SERVICE", "送达回证不完整", Ordinary, "serve:notice", |s| s.turn.step["service"]["receiver"] = json!("")),
    ("G_TWO", "送达人不足两人", Ordinary, "serve:notice", |s| s.turn.step["service"]["servers"] = json!(["li", "novice"])),
    ("G_WAIVER", "放弃陈述申辩须明确并书面留痕", Ordinary, "recheck_defence", |s| {
        s.turn.step = json!({"step": "waive", "waiver": {"on": "2026-04-01", "written": false, "text": "口头放弃"}});
    }),
    ("G_HEARING_IN_TIME", "不能组织听证", Hearing, "request_hearing", |s| s.dossier.notices[0].told_hearing = false),
    ("G_SEP", "听证主持人不合格", Hearing, "summon_hearing", |s| s.turn.step["summons"]["host"] = json!("wang")),
    ("G_HEARING_NOTICE", "听证通知不足七个工作日", Hearing, "summon_hearing", |s| s.turn.step["summons"]["hearing_on"] = json!("2026-04-10")),
    ("G_HEARING_PUBLIC", "听证未公开举行", Hearing, "summon_hearing", |s| s.turn.step["summons"]["public"] = json!(false)),
    ("G_SUMMONED", "没有听证通知", Hearing, "hold_hearing", |s| s.turn.step["held"]["on"] = json!("2026-04-14")),
    ("G_TRANSCRIPT", "听证笔录不完整", Hearing, "hold_hearing", |s| s.turn.step["held"]["signed"] = json!(false)),
    ("G_AGENTS", "代理人超过两人", Hearing, "hold_hearing", |s| s.turn.step["held"]["agents"] = json!(["甲", "乙", "丙"])),
    ("G_STATEMENT", "陈述申辩期未满", Ordinary, "recheck_defence", |s| s.turn.step["on"] = json!("2026-04-01")),
    ("G_OPINION", "陈述申辩意见没有逐条复核", Ordinary, "recheck_defence", |s| s.turn.step["items"] = json!([])),
    ("G_BY_TRANSCRIPT", "听证后的决定须依据听证笔录", Hearing, "recheck_defence", |s| s.turn.step["followed_transcript"] = json!(false)),
    // 法制审核
    ("G_SCOPE", "移送不经本送审单", Ordinary, "submit_review", |s| s.turn.step["intended"] = json!("transferred")),
    ("G_PACKAGE", "送审材料不齐", Ordinary, "submit_review", |s| s.dossier.documents.clear()),
    ("G_TOLD", "告知和陈述申辩程序没有完成", Ordinary, "submit_review", |s| {
        s.dossier.statements.clear();
        s.dossier.recheck = None;
    }),
    ("G_AFTER_HEARING", "经过听证的，须在听证之后审核", Hearing, "submit_review", |s| {
        s.dossier.hearing.as_mut().unwrap().held = None;
        s.dossier.documents.push(Paper { kind: "no_penalty_decision".into(), ..Paper::default() });
        s.turn.step["intended"] = json!("no_penalty");
    }),
    ("G_ROUND", "上一轮审核还没有结束", Ordinary, "accept_review", |s| {
        act_as(s, "li", json!({"step": "submit_review", "intended": "penalty"}));
    }),
    ("G_ANSWERED", "没有逐条回应审核意见", Ordinary, "accept_review", |s| {
        let round = round(s);
        (round.state, round.conclusion) = (ReviewState::Concluded, Some(Conclusion::AgreeAfterFix));
        act_as(s, "li", json!({"step": "submit_review", "intended": "penalty"}));
    }),
    ("G_SEP", "审核人员不能是本案承办人", Ordinary, "accept_review", |s| {
        act_as(s, "zhou", json!({"step": "reassign_review", "to": "wang", "reason": "调整"}));
    }),
    ("G_REVIEWER", "审核人员没有资格", Ordinary, "accept_review", |s| {
        act_as(s, "zhou", json!({"step": "reassign_review", "to": "novice", "reason": "调整"}));
    }),
    ("G_ROUND", "没有待受理的送审", Ordinary, "conclude_review", |s| s.turn.step = json!({"step": "accept_review"})),
    ("G_RETURN", "没有写明退回的理由", Ordinary, "accept_review", |s| s.turn.step = json!({"step": "return_review", "because": []})),
    ("G_ROUND", "没有未结束的审核", Ordinary, "accept_review", |s| {
        round(s).state = ReviewState::Concluded;
        s.turn.step = json!({"step": "return_review", "because": ["缺材料"]});
    }),
    ("G_SUSPEND", "扣除审核期限没有事由", Ordinary, "conclude_review", |s| {
        s.turn.step = json!({"step": "suspend_review", "suspension": {"reason": "补充", "basis": "", "from": "2026-04-03"}});
    }),
    ("G_ROUND", "审核还没有受理", Ordinary, "conclude_review", |s| round(s).state = ReviewState::Submitted),
    ("G_COMMENT", "批注没有内容", Ordinary, "conclude_review", |s| {
        s.turn.step = json!({"step": "comment_review", "anchor": {"field": "facts"}, "text": " "});
    }),
    ("G_EXCLUSION", "排除相似案例没有写明理由", Ordinary, "conclude_review", |s| {
        s.turn.step = json!({"step": "exclude_similar", "precedent": "tc-mb64-01", "reason": " "});
    }),
    ("G_CHECKLIST", "审核清单没有逐项结论", Ordinary, "conclude_review", |s| s.turn.step["checklist"] = json!([])),
    ("G_FAILED_ITEM", "有不通过的项目，不能同意", Ordinary, "conclude_review", |s| s.turn.step["checklist"][3]["verdict"] = json!("fail")),
    ("G_OPINION_TEXT", "没有写明意见", Ordinary, "conclude_review", |s| {
        s.turn.step["conclusion"] = json!("disagree");
        s.turn.step["opinion"] = json!("");
    }),
    // 决定
    ("G_DISCUSSION", "集体讨论记录不完整", Ordinary, "discuss", |s| s.turn.step["discussion"]["attendees"][1]["head"] = json!(false)),
    ("G_REVIEW", "须先通过法制审核", Ordinary, "submit_review", |s| {
        let attendee = |n: &str| json!({"name": n, "post": "副局长", "head": true, "opinion": "同意"});
        act_as(s, "zhou", json!({"step": "discuss", "discussion": {"on": "2026-04-02", "place": "会议室", "chair": "周局",
            "attendees": [attendee("周局"), attendee("吴副局")], "conclusion": "同意", "signed": true}}));
    }),
    ("G_REVIEW", "未经法制审核或者审核未通过", Ordinary, "decide", |s| s.dossier.reviews.clear()),
    ("G_DISCUSSED", "应当由负责人集体讨论决定", Ordinary, "decide", |s| s.dossier.discussion = Some(Discussion::default())),
    ("G_WITHIN_NOTICE", "决定内容超出告知", Ordinary, "decide", |s| s.dossier.notices[0].content.fine_fen = Some(Fen(1))),
    ("G_DECISION_PAPER", "没有可以签发的决定书", Ordinary, "decide", |s| {
        s.dossier.documents[0].machine.push(MachinePassage { field: "facts".into(), ..MachinePassage::default() });
    }),
    ("G_DOUBLE_FINE", "同一行为不得再次罚款", Ordinary, "decide", |s| {
        s.past.push(PastFine {
            case_no: "旧案".into(), party: "安宁启明星文化传播有限公司".into(), violation: "mb64".into(),
            act_from: Some(date(2026, 1, 1)), act_to: None, decided_on: date(2026, 1, 5),
        });
    }),
    ("G_GROUND", "没有不予处罚的法定情形", NoPenalty, "decide", |s| s.turn.step["ground"] = json!("仁慈")),
    ("G_EDUCATION", "没有教育记录", NoPenalty, "decide", |s| s.turn.step["education"] = Value::Null),
    ("G_REASON", "没有写明理由", NotEstablished, "decide", |s| s.turn.step["reason"] = json!("")),
    ("G_PAPER", "文书不能入卷", Ordinary, "add_paper", |s| s.turn.step["paper"]["title"] = json!("")),
    ("G_SEAL", "不能盖章", Ordinary, "discuss", |s| s.turn.step = json!({"step": "seal", "paper": "id-0-0"})),
    // 送达与执行
    ("G_NOT_TRANSFER", "移送案件没有决定书可以送达", Transferred, "record_transfer", |s| {
        s.turn.step = json!({"step": "serve", "service": {"what": "decision", "method": "direct", "sent_on": "2026-03-12",
            "served_on": "2026-03-12", "place": "局", "receiver": "张三", "servers": ["li", "wang"]}});
    }),
    ("G_SEALED", "决定书没有印章", Ordinary, "serve:decision", |s| s.dossier.documents[0].sealed = false),
    ("G_SERVICE", "没有可以送达的文书", Ordinary, "serve:rectify", |s| s.dossier.rectifications.clear()),
    ("G_SERVED", "决定尚未送达", Ordinary, "pay", |s| s.dossier.services.clear()),
    ("G_RECEIPT", "没有财政部门统一制发的票据", Ordinary, "pay", |s| s.turn.step["payment"]["receipt_no"] = json!("")),
    ("G_CASH", "不得当场收缴罚款", Ordinary, "pay", |s| s.turn.step["payment"]["collected_by_agency"] = json!(true)),
    ("G_DEFERRAL", "没有延期、分期的申请", Ordinary, "pay", |s| {
        s.dossier.execution.deferral = Some(Deferral::default());
        act_as(s, "zhou", json!({"step": "approve_deferral"}));
    }),
    ("G_OVERDUE", "履行期限未满，不能催告", Enforced, "demand", |s| s.turn.step["on"] = json!("2026-04-27")),
    ("G_DEMANDED", "催告期未满", Enforced, "apply_to_court", |s| s.dossier.services.retain(|v| v.what.code() != "demand")),
    ("G_COURT_WINDOW", "不在申请强制执行的期限内", Enforced, "apply_to_court", |s| s.turn.step["on"] = json!("2026-09-01")),
    ("G_APPLIED", "没有申请法院强制执行", Enforced, "court_ended", |s| s.dossier.execution.court = None),
    ("G_REDO", "没有责令重作的裁决", Ordinary, "pay", |s| act_as(s, "zhou", json!({"step": "redo", "reason": "重作"}))),
    ("G_CLOSURE", "结案条件不具备", Ordinary, "close", |s| s.dossier.execution.payments.clear()),
    ("G_AUDIT", "卷宗评查有一票否决的问题", Ordinary, "archive", |s| s.dossier.notices.clear()),
    ("G_RETENTION", "没有配置保管期限", Ordinary, "archive", |s| s.bureau.retention_years = None),
    ("G_PAGES", "案卷不完整", Ordinary, "archive", |s| s.turn.step["archive_no"] = json!("")),
    // 公示
    ("G_PUBLICITY", "没有待公示的决定", Ordinary, "prepare_publicity", |s| s.dossier.publicity = Publicity::default()),
    ("G_RESIDUE", "公示内容仍有应当去除的信息", Ordinary, "prepare_publicity", |s| s.turn.step["summary"] = json!("联系13800138000")),
    ("G_SUMMARY", "没有公示摘要", Ordinary, "review_secrecy", |s| s.dossier.publicity.summary.clear()),
    ("G_SECRECY", "没有保密审查", Ordinary, "approve_publicity", |s| s.dossier.publicity.secrecy_reviewer = None),
    ("G_EXEMPT", "没有不予公开的理由", Ordinary, "approve_publicity", |s| s.turn.step = json!({"step": "exempt_publicity", "because": ""})),
    ("G_APPROVED", "公示没有批准", Ordinary, "publish", |s| s.dossier.publicity.state = PublicityState::Pending),
    ("G_PUBLISHED", "没有已公示的内容", Ordinary, "publish", |s| s.turn.step = json!({"step": "withdraw_publicity", "because": "撤销"})),
    ("G_OVERTURNED", "没有撤回的事由", Ordinary, "pay", |s| act_as(s, "he", json!({"step": "withdraw_publicity", "because": "改变主意"}))),
    // 简易程序
    ("G_SIMPLE", "不能适用简易程序", Simple, "decide_on_spot", |s| s.turn.step["spot"]["content"]["fine_fen"] = json!(300_100)),
    ("G_TWO", "执法人员不足两人或者证件无效", Simple, "decide_on_spot", |s| s.turn.step["spot"]["officers"] = json!(["li"])),
    ("G_NOTICE", "没有口头告知和听取申辩", Simple, "decide_on_spot", |s| s.turn.step["spot"]["told_orally"] = json!(false)),
    ("G_DELIVERED", "当场处罚决定书不完整", Simple, "decide_on_spot", |s| s.turn.step["spot"]["form_no"] = json!("")),
    ("G_SPOT", "没有当场处罚决定", Simple, "file_spot", |s| s.dossier.spot = None),
    ("G_CASH", "没有当场收缴的罚款", Simple, "pay", |s| s.turn.step = json!({"step": "hand_in_cash", "to_agency_on": "2026-03-04"})),
];

#[test]
fn every_guard_of_the_table_refuses_what_lacks_its_precondition_and_names_its_article() {
    let mut wrong = vec![];
    let mut refused = BTreeSet::new();
    for (id, title, kind, step, spoil) in ATTEMPTS {
        let mut scene = Scene::before(*kind, step);
        spoil(&mut scene);
        match scene.attempt() {
            Ok(done) => wrong.push(format!("{id} {title}: {} went through", done.row.id)),
            Err(r) if (r.guard.as_str(), r.title.as_str()) != (*id, *title) => {
                wrong.push(format!("{id} {title}: {} {r}", r.guard));
            }
            Err(r) => {
                let mut guards = TABLE.iter().flat_map(|row| row.guards);
                assert!(guards.any(|g| (g.id, g.zh, g.basis) == (*id, *title, r.basis.as_str())), "{id}: {r:?}");
                assert!(r.code == format!("procedure.{}", r.guard.to_lowercase()) && !r.missing.is_empty(), "{r:?}");
                refused.insert((r.guard, r.title, r.basis));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let all = TABLE.iter().flat_map(|row| row.guards.iter().map(move |g| (row, g)));
    // The same name, title and article are the same condition in another place.
    let untested: BTreeSet<String> = all
        .filter(|(_, g)| !refused.contains(&(g.id.into(), g.zh.into(), g.basis.into())))
        .map(|(row, g)| format!("{} {} {} {}", row.id, g.id, g.zh, g.basis))
        .collect();
    assert!(untested.is_empty(), "guards that no attempt meets: {untested:#?}");
}

#[test]
fn every_article_of_the_table_is_given_and_every_step_has_its_line() {
    for row in TABLE {
        assert!(!row.zh.is_empty() && !row.basis.is_empty(), "{}", row.id);
        for g in row.guards {
            assert!(!g.basis.is_empty() && !g.zh.is_empty() && g.id.starts_with("G_"), "{} {}", row.id, g.id);
        }
    }
    let ids: BTreeSet<&str> = TABLE.iter().map(|r| r.id).collect();
    assert_eq!(ids.len(), TABLE.len());
    let steps: BTreeSet<&str> = TABLE.iter().map(|r| r.step).collect();
    assert_eq!(steps.len(), TABLE.len());
}

#[test]
fn nothing_is_taken_by_the_wrong_person_in_the_wrong_state_or_before_its_day() {
    let refused = |kind, step, spoil: Spoil| {
        let mut scene = Scene::before(kind, step);
        spoil(&mut scene);
        scene.attempt().unwrap_err().guard
    };
    assert_eq!(refused(Ordinary, "decide", |s| s.turn.who = "li"), "G_ROLE");
    assert_eq!(refused(Ordinary, "record_act", |s| s.turn.who = "novice"), "G_OWN");
    assert_eq!(
        refused(Ordinary, "issue_notice", |s| act_as(
            s,
            "zhou",
            json!({"step": "discuss", "discussion":
        {"on": "2026-03-25", "place": "室", "chair": "周", "attendees": [], "conclusion": "同意"}})
        )),
        "G_DISCUSSION"
    );
    assert_eq!(
        refused(Ordinary, "file", |s| act_as(s, "li", json!({"step": "issue_notice", "facts": "a", "reasons": "b"}))),
        "G_STATE"
    );
    assert_eq!(refused(Ordinary, "assign", |s| s.turn.day = date(2026, 3, 3)), "G_ORDER");
    // A decision is the head's: an officer's case cannot be decided, and a reviewer cannot decide either.
    assert_eq!(refused(Ordinary, "decide", |s| s.turn.who = "zhao"), "G_ROLE");
    assert_eq!(
        refused(Ordinary, "conclude_review", |s| round(s).reviewer =
            Some(Reviewer { id: "someone".into(), name: "别人".into(), qualification: None })),
        "G_REVIEWER"
    );
}

#[test]
fn a_late_request_stays_on_file_and_takes_nothing_away() {
    // After the hearing another, late request must not displace the hearing that was held.
    let mut scene = Scene::before(Hearing, "submit_review");
    scene.turn.step = json!({"step": "request_hearing", "on": "2026-04-16"});
    assert_eq!(scene.attempt().unwrap_err().guard, "G_HEARING_AGAIN");
    // Where none was held it is recorded, asks for no transcript and brings no review of its own.
    let mut scene = Scene::before(Ordinary, "submit_review");
    let submit = std::mem::replace(&mut scene.turn.step, json!({"step": "request_hearing", "on": "2026-04-02"}));
    scene.dossier = scene.attempt().unwrap().dossier;
    assert!(scene.dossier.hearing.as_ref().is_some_and(|h| !h.in_time));
    scene.turn.step = submit;
    let after = scene.attempt().unwrap().dossier;
    assert!(after.reviews[0].rules.iter().all(|r| r.id != "R2"), "{:?}", after.reviews[0].rules);
}

#[test]
fn a_decision_made_anew_is_reviewed_anew_and_the_old_publication_goes_first() {
    let mut scene = Scene::before(Ordinary, "pay");
    scene.dossier.remedies.push(Remedy {
        kind: RemedyKind::Reconsideration,
        accepted_on: date(2026, 4, 15),
        ended_on: Some(date(2026, 4, 20)),
        outcome: Some(RemedyOutcome::RevokedRedo),
    });
    let pay = scene.turn.clone();
    act_as(&mut scene, "zhou", json!({"step": "redo", "reason": "复议决定责令重作"}));
    let refusal = scene.attempt().unwrap_err();
    assert!(refusal.guard == "G_REDO" && refusal.missing[0].contains("撤回"), "{refusal:?}");
    let redo = scene.turn.clone();
    act_as(&mut scene, "he", json!({"step": "withdraw_publicity", "because": "复议决定撤销"}));
    scene.dossier = scene.attempt().unwrap().dossier;
    scene.turn = redo;
    scene.dossier = scene.attempt().unwrap().dossier;
    assert_eq!(scene.dossier.state.code(), "investigating");
    // The agreement given to the revoked decision carries nothing, not even for the same words.
    let old = Scene::before(Ordinary, "pay").dossier;
    scene.dossier.documents = old.documents;
    scene.dossier.decision = old.decision;
    let faults = scene.look(|l| zhicai::domain::procedure::guards::review_faults(l, DecisionKind::Penalty));
    assert!(faults.iter().any(|f| f.contains("重新送审")), "{faults:?}");
    assert_eq!(pay.key(), "pay");
}

fn act_as(s: &mut Scene, who: &'static str, step: Value) {
    s.turn.who = who;
    s.turn.step = step;
}

fn again(s: &mut Scene, because: &str) {
    s.turn.step = json!({"step": "issue_notice", "facts": "事实", "reasons": "理由", "replaces_because": because});
}

fn preserved() -> Preservation {
    Preservation { on: date(2026, 3, 9), items: vec!["账册".into()], ..Preservation::default() }
}

fn round(s: &mut Scene) -> &mut Review {
    s.dossier.reviews.last_mut().unwrap()
}

//! 迁移表 (procedure.md §2–§3): every step, from where, by whom, under which guards, producing which documents, on which article.

use super::guards::{self as g, Guard};
use super::state::State::{self, *};
use super::step::Step;
use super::{Context, Refusal};
use crate::domain::dossier::{Dossier, Duty, Served};
use crate::domain::people::{Actor, Role};

/// What the person must be to the case besides holding the role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tie {
    /// 承办人 of it (before assignment: the one who registered it).
    Own,
    /// Never took part in its investigation.
    Apart,
    /// The reviewer of the open round.
    Reviewer,
    /// Holding the role is enough.
    Any,
}

/// One line of the table.
#[derive(Debug, PartialEq)]
pub struct Row {
    /// `T1` … of procedure.md; other steps carry their own short id.
    pub id: &'static str,
    /// Step name, with a variant behind a colon where the state it leads to depends on what is done.
    pub step: &'static str,
    pub zh: &'static str,
    /// Empty: any state that is not final.
    pub from: &'static [State],
    pub to: Option<State>,
    pub role: Role,
    pub tie: Tie,
    pub guards: &'static [&'static Guard],
    /// Form ids of the documents it produces.
    pub papers: &'static [&'static str],
    pub basis: &'static str,
}

/// States in which the officers may still add to the file.
const WORKING: &[State] = &[
    Filed,
    Investigating,
    InvestigationClosed,
    NoticeIssued,
    StatementOpen,
    HearingPending,
    HearingHeld,
    Rechecked,
    LegalReviewing,
    LegalReviewed,
    Discussed,
];
const INVESTIGATING: &[State] = &[Filed, Investigating];
const AFTER_DECISION: &[State] = &[Decided, Served, Executing, Enforcing, Closed];

macro_rules! row {
    ($id:literal, $step:literal, $zh:literal, $from:expr => $to:expr, $role:ident $tie:ident, [$($guard:ident),*], [$($paper:literal),*], $basis:literal) => {
        Row { id: $id, step: $step, zh: $zh, from: $from, to: $to, role: Role::$role, tie: Tie::$tie,
              guards: &[$(&g::$guard),*], papers: &[$($paper),*], basis: $basis }
    };
}

/// Every step there is.
#[rustfmt::skip]
pub const TABLE: &[Row] = &[
    // 立案
    row!("T1", "file", "立案", &[ClueRegistered] => Some(Filed), Head Any, [EVIDENCE, POSSIBLE, JURISDICTION, LIMITATION, NOT_SIMPLE, PRE_CHECK], ["filing_approval"], "行政处罚法54②"),
    row!("T1'", "not_file", "不予立案", &[ClueRegistered] => Some(NotFiled), Head Any, [REASON_NOT_FILED], ["not_filed_record"], "行政处罚法76②"),
    row!("T2", "assign", "指定承办人", &[Filed] => Some(Investigating), Head Any, [TWO_ASSIGNED, CERT_ASSIGNED, RECUSAL_CHECKED], [], "行政处罚法42、43"),
    row!("T2r", "assign:again", "更换承办人", WORKING => None, Head Any, [TWO_ASSIGNED, CERT_ASSIGNED, RECUSAL_CHECKED, NOT_UNDER_REVIEW], [], "行政处罚法42、43"),
    // 调查
    row!("T3a", "record_act", "调查、检查、询问", INVESTIGATING => None, Officer Own, [TWO, CERT, SHOW, RECORD_COMPLETE, ONE_INTERVIEWEE, RECUSED], ["inspection_record", "interview_record"], "行政处罚法42、55"),
    row!("T3f", "save_facts", "登记事实和证据", &[ClueRegistered, Filed, Investigating, InvestigationClosed, Rechecked, LegalReviewing, SpotFound] => None, Officer Own, [NOT_UNDER_REVIEW], [], "行政处罚法54①"),
    row!("T3g", "confirm_facts", "确认事实", &[ClueRegistered, Filed, Investigating, InvestigationClosed, Rechecked, LegalReviewing, SpotFound] => None, Officer Own, [FACTS_STATED, NOT_UNDER_REVIEW], [], "行政处罚法40"),
    row!("T3i", "identify", "核对主体身份", INVESTIGATING => None, Officer Own, [], [], "行政处罚法59①(一)"),
    row!("T3e", "check_evidence", "查证证据", INVESTIGATING => None, Officer Own, [EVIDENCE_KNOWN], ["evidence_list"], "行政处罚法46"),
    row!("T3m", "find_element", "认定构成要件", &[Investigating, InvestigationClosed, Rechecked, LegalReviewing] => None, Officer Own, [ELEMENT_KNOWN, NOT_UNDER_REVIEW], [], "行政处罚法40"),
    row!("T3p", "preserve", "先行登记保存", &[Investigating] => None, Officer Own, [], ["preservation_decision"], "行政处罚法56"),
    row!("T3q", "approve_preservation", "批准先行登记保存", &[Investigating] => None, Head Any, [], [], "行政处罚法56"),
    row!("T3d", "dispose_preservation", "处理登记保存的证据", WORKING => None, Officer Own, [PRESERVATION_APPROVED], [], "行政处罚法56"),
    row!("T3c", "coerce", "采取强制措施", &[Investigating] => None, Head Any, [COERCION_BASIS], [], "行政强制法17、18"),
    row!("T3l", "lift_coercion", "解除强制措施", &[] => None, Head Any, [], [], "行政强制法28"),
    row!("T3r", "order_rectification", "责令改正", WORKING => None, Officer Own, [RECTIFY_TERM], ["rectify_order"], "行政处罚法28①"),
    row!("T3s", "recheck_rectification", "复查改正情况", WORKING => None, Officer Own, [RECTIFY_EXPIRED], ["rectify_recheck"], "行政处罚法28①"),
    row!("R43", "request_recusal", "回避", WORKING => None, Officer Any, [], [], "行政处罚法43"),
    row!("R43d", "rule_on_recusal", "决定回避", WORKING => None, Head Any, [], ["recusal_decision"], "行政处罚法43③"),
    row!("RF", "flag_review", "标记法制审核情形", WORKING => None, Officer Any, [], [], "行政处罚法58①"),
    row!("AV", "record_av", "登记音像记录", &[] => None, Officer Own, [AV_KNOWN], [], "行政处罚法47"),
    row!("SUS", "suspend", "中止、扣除期限", WORKING => None, Head Any, [SUSPENSION_BASIS], [], "行政处罚法60"),
    row!("SH", "share", "共享案卷", &[] => None, Officer Own, [], [], "行政处罚法50"),
    // 终结与裁量
    row!("T4", "close_investigation", "调查终结", &[Investigating] => Some(InvestigationClosed), Officer Own, [FACTS_CONFIRMED, ELEMENTS, IDENTITY, GAINS, FACTORS, PRESERVED, NO_OPEN_RECUSAL], ["investigation_report"], "行政处罚法57①"),
    row!("T4n", "set_figure", "人工定值", &[InvestigationClosed, Rechecked, LegalReviewing] => None, Officer Own, [FIGURE, NOT_UNDER_REVIEW], [], "行政处罚法5②"),
    row!("T4x", "transfer", "移送司法机关", &[Investigating, InvestigationClosed, Rechecked, LegalReviewing, LegalReviewed, Discussed] => Some(Decided), Head Any, [TRANSFER], ["transfer_letter"], "行政处罚法27、82"),
    row!("T4y", "record_transfer", "登记移送", &[Decided] => None, Officer Own, [TRANSFERRED], [], "行政执法机关移送涉嫌犯罪案件的规定5②"),
    // 告知与听证
    row!("T5", "issue_notice", "事先告知", &[InvestigationClosed] => Some(NoticeIssued), Officer Own, [FACTS_CONFIRMED, CRIME, ELEMENTS_ESTABLISHED, NOTICE_CONTENT, FIGURE], ["prior_notice"], "行政处罚法44、63"),
    row!("T9b", "issue_notice:again", "重新告知", &[NoticeIssued, StatementOpen, Rechecked, LegalReviewing] => Some(NoticeIssued), Officer Own, [FACTS_CONFIRMED, NOTICE_CONTENT, FIGURE, RENOTIFY, NOT_HEAVIER, NOT_UNDER_REVIEW], ["prior_notice"], "行政处罚法44、45②"),
    row!("T6", "serve:notice", "送达告知书", &[NoticeIssued] => Some(StatementOpen), Officer Own, [SERVICE, SERVERS], ["service_receipt"], "行政处罚法44、61"),
    row!("T6s", "record_statement", "陈述申辩", &[NoticeIssued, StatementOpen, HearingPending, HearingHeld] => None, Officer Own, [], ["statement_record"], "行政处罚法45"),
    row!("T6w", "waive", "放弃陈述申辩", &[StatementOpen] => None, Officer Own, [WAIVER], [], "行政处罚法62"),
    row!("T7", "request_hearing", "要求听证", &[StatementOpen] => Some(HearingPending), Officer Own, [HEARING_IN_TIME], ["hearing_request"], "行政处罚法64(一)"),
    row!("T7l", "request_hearing:late", "逾期要求听证（记录）", &[StatementOpen, Rechecked] => None, Officer Own, [], ["hearing_request"], "行政处罚法64(一)"),
    row!("T8a", "summon_hearing", "听证通知", &[HearingPending] => None, Officer Own, [HOST, HEARING_NOTICE, HEARING_PUBLIC], ["hearing_summons"], "行政处罚法64(二)(三)(四)"),
    row!("T8", "hold_hearing", "举行听证", &[HearingPending] => Some(HearingHeld), Officer Own, [SUMMONED, HOST, HEARING_NOTICE, HEARING_PUBLIC, AGENTS, TRANSCRIPT_SIGNED], ["hearing_transcript"], "行政处罚法64"),
    row!("T9", "recheck_defence", "复核", &[StatementOpen, HearingHeld] => Some(Rechecked), Officer Own, [STATEMENT_OVER, EVERY_OPINION, TRANSCRIPT], ["recheck_opinion"], "行政处罚法45、62、65"),
    // 法制审核
    row!("T10", "submit_review", "送法制审核", &[InvestigationClosed, Rechecked] => Some(LegalReviewing), Officer Own, [SCOPE, FACTS_CONFIRMED, PACKAGE, TOLD, AFTER_HEARING], ["review_submission"], "行政处罚法58①"),
    row!("T10r", "submit_review:again", "补正后再送审", &[LegalReviewing] => None, Officer Own, [SCOPE, ROUND_ENDED, ANSWERED, FACTS_CONFIRMED, PACKAGE, TOLD, AFTER_HEARING], ["review_submission"], "行政处罚法58①"),
    row!("T10a", "accept_review", "受理审核", &[LegalReviewing] => None, Reviewer Apart, [SEPARATE, QUALIFIED, ROUND_SUBMITTED], [], "行政处罚法58②"),
    row!("T10b", "return_review", "退回补正", &[LegalReviewing] => None, Reviewer Apart, [SEPARATE, RETURN_REASON, ROUND_OPEN], [], "工作方案二(三)4"),
    row!("T10d", "reassign_review", "改派审核人", &[LegalReviewing] => None, Head Any, [SEPARATE, QUALIFIED, ROUND_OPEN], [], "工作方案二(三)1"),
    row!("T10e", "reassign_review:delegate", "委托代办审核", &[LegalReviewing] => None, Reviewer Reviewer, [SEPARATE, QUALIFIED, ROUND_OPEN], [], "工作方案二(三)1"),
    row!("T10s", "suspend_review", "审核期限扣除", &[LegalReviewing] => None, Reviewer Reviewer, [REVIEW_SUSPENSION], [], "工作方案二(三)4"),
    row!("T10m", "comment_review", "批注", &[LegalReviewing] => None, Reviewer Reviewer, [ROUND_ACCEPTED, COMMENT], [], "工作方案二(三)4"),
    row!("T10n", "settle_comment", "批注已处理", &[LegalReviewing, LegalReviewed] => None, Reviewer Reviewer, [], [], "工作方案二(三)4"),
    row!("T10x", "exclude_similar", "排除相似案例", &[LegalReviewing] => None, Reviewer Reviewer, [ROUND_ACCEPTED, EXCLUSION], [], "工作方案二(三)4"),
    row!("T10i", "include_similar", "恢复相似案例", &[LegalReviewing] => None, Reviewer Reviewer, [ROUND_ACCEPTED], [], "工作方案二(三)4"),
    row!("T11", "conclude_review:agree", "审核同意", &[LegalReviewing] => Some(LegalReviewed), Reviewer Reviewer, [SEPARATE, QUALIFIED, ROUND_ACCEPTED, CHECKLIST_ITEMS, NO_FAILED_ITEM], ["legal_review_opinion"], "行政处罚法58①"),
    row!("T11n", "conclude_review", "审核不予通过", &[LegalReviewing] => None, Reviewer Reviewer, [SEPARATE, QUALIFIED, ROUND_ACCEPTED, CHECKLIST_ITEMS, OPINION], ["legal_review_opinion"], "行政处罚法58①"),
    // 决定
    row!("T12", "discuss", "负责人集体讨论", &[InvestigationClosed, Rechecked, LegalReviewed] => Some(Discussed), Head Any, [DISCUSSION, REVIEW_FIRST], ["collective_discussion"], "行政处罚法57②"),
    row!("T13", "decide:penalty", "决定处罚", &[Rechecked, LegalReviewed, Discussed] => Some(Decided), Head Any, [CRIME, LIMITATION_DECIDED, DOUBLE_FINE, ELEMENTS_ESTABLISHED, REVIEWED, DISCUSSED, WITHIN_NOTICE, DECISION_PAPER, FIGURE], [], "行政处罚法57①(一)、59"),
    row!("T13n", "decide:no_penalty", "决定不予处罚", &[InvestigationClosed, Rechecked, LegalReviewed, Discussed] => Some(Decided), Head Any, [CRIME, GROUND, REVIEWED, DISCUSSED, EDUCATION, DECISION_PAPER], [], "行政处罚法57①(二)、33"),
    row!("T13e", "decide:not_established", "违法事实不能成立", &[InvestigationClosed, Rechecked, LegalReviewed, Discussed] => Some(Decided), Head Any, [CRIME, REASON_DECIDED, REVIEWED, DISCUSSED, DECISION_PAPER], [], "行政处罚法57①(三)"),
    row!("DOC", "add_paper", "文书入卷", &[] => None, Officer Own, [PAPER_TAKEN], [], "行政处罚法47"),
    row!("SIG", "sign", "签名", &[] => None, Officer Any, [], [], "行政处罚法52、55"),
    row!("SEA", "seal", "盖章", &[] => None, Head Any, [SEAL], [], "行政处罚法59②"),
    // 送达与执行
    row!("T14", "serve:decision", "送达决定书", &[Decided] => Some(Served), Officer Own, [NOT_TRANSFER, SEALED, SERVICE, SERVERS], ["service_receipt"], "行政处罚法61"),
    row!("SRV", "serve", "送达文书", &[] => None, Officer Own, [SERVICE, SERVERS, SERVABLE], ["service_receipt"], "行政处罚法61"),
    row!("T15", "pay", "缴款", &[Served, Executing, Enforcing] => Some(Executing), Officer Own, [DECISION_SERVED, RECEIPT, CASH], [], "行政处罚法67"),
    row!("T15p", "perform", "履行非金钱处罚", &[Served, Executing, Enforcing] => Some(Executing), Officer Own, [DECISION_SERVED], [], "行政处罚法66①"),
    row!("T15d", "defer", "申请延期、分期", &[Served, Executing, SpotFiled] => None, Officer Own, [DECISION_SERVED], [], "行政处罚法66②"),
    row!("T15e", "approve_deferral", "批准延期、分期", &[Served, Executing, SpotFiled] => None, Head Any, [DEFERRAL], ["deferral_approval"], "行政处罚法66②"),
    row!("T16", "demand", "催告", &[Served, Executing, SpotFiled] => Some(Enforcing), Officer Own, [DECISION_SERVED, OVERDUE], ["demand_letter"], "行政强制法54"),
    row!("T16c", "apply_to_court", "申请法院强制执行", &[Enforcing] => None, Head Any, [DEMANDED, COURT_WINDOW], ["court_application"], "行政处罚法72①(四)；行政强制法53、54"),
    row!("T16e", "court_ended", "法院执行完毕或者终结", &[Enforcing] => None, Officer Own, [APPLIED], [], "行政强制法53"),
    row!("REM", "record_remedy", "登记复议、诉讼", AFTER_DECISION => None, Officer Own, [], [], "行政处罚法73"),
    row!("REDO", "redo", "撤销后重作", &[Decided, Served, Executing, Enforcing] => Some(Investigating), Head Any, [REVOKED_REDO], [], "行政复议法64；行政诉讼法70"),
    row!("T17", "close", "结案", &[Decided, Served, Executing, Enforcing, SpotFiled] => Some(Closed), Head Any, [CLOSURE], ["closure_report"], "行政处罚法72"),
    row!("T18", "archive", "归档", &[Closed] => Some(Archived), Officer Own, [AUDIT, RETENTION, PAGES], ["dossier_cover", "dossier_catalogue", "dossier_note"], "行政处罚法47"),
    // 公示
    row!("P1", "prepare_publicity", "拟公示摘要", AFTER_DECISION => None, Officer Own, [PUBLICITY_PENDING, RESIDUE], ["publicity_summary"], "行政处罚法48①"),
    row!("P2s", "review_secrecy", "保密审查", AFTER_DECISION => None, Reviewer Apart, [SUMMARY], [], "政府信息公开条例17"),
    row!("P2", "approve_publicity", "批准公示", AFTER_DECISION => None, Head Any, [PUBLICITY_PENDING, SUMMARY, SECRECY, RESIDUE], [], "政府信息公开条例17"),
    row!("P2x", "exempt_publicity", "不予公开", AFTER_DECISION => None, Head Any, [PUBLICITY_PENDING, EXEMPT_REASON], [], "政府信息公开条例14～16"),
    row!("P2p", "publish", "公示", AFTER_DECISION => None, Publisher Any, [APPROVED, RESIDUE], [], "行政处罚法48①"),
    row!("P3", "withdraw_publicity", "撤回公示", AFTER_DECISION => None, Publisher Any, [PUBLISHED, OVERTURNED], [], "行政处罚法48②"),
    // 简易程序
    row!("S1", "decide_on_spot", "当场处罚", &[SpotFound] => Some(SpotDecided), Officer Any, [CRIME, LIMITATION, DOUBLE_FINE, SIMPLE, SPOT_OFFICERS, SPOT_TOLD, SPOT_DELIVERED], ["spot_decision"], "行政处罚法51、52"),
    row!("S2", "file_spot", "当场处罚备案", &[SpotDecided] => Some(SpotFiled), Officer Own, [SPOT_DECIDED], [], "行政处罚法52③"),
    row!("S3", "pay:spot", "缴款", &[SpotDecided, SpotFiled] => None, Officer Own, [RECEIPT, CASH], [], "行政处罚法67～70"),
    row!("S4", "hand_in_cash", "交存当场收缴的罚款", &[SpotDecided, SpotFiled] => None, Officer Own, [CASH_TAKEN], [], "行政处罚法71"),
];

/// The line for a step as it stands: variants are told apart by what is on file, never by what the caller claims.
pub fn row(step: &Step, before: &Dossier, ctx: &Context<'_>) -> Result<&'static Row, Refusal> {
    use crate::domain::dossier::DecisionKind as D;
    use crate::domain::legal_review::Conclusion;
    let key = match step {
        Step::Assign { .. } if before.state != Filed => "assign:again",
        Step::IssueNotice { .. } if !before.notices.is_empty() => "issue_notice:again",
        Step::Serve { service } if service.what == Served::Notice => "serve:notice",
        Step::Serve { service } if service.what == Served::Decision && before.state != SpotFiled => "serve:decision",
        Step::RequestHearing { on, .. } if g::hearing_late(before, *on, ctx) => "request_hearing:late",
        Step::SubmitReview { .. } if before.state == LegalReviewing => "submit_review:again",
        Step::ConcludeReview { conclusion: Conclusion::Agree, .. } => "conclude_review:agree",
        Step::ReassignReview { delegated: true, .. } => "reassign_review:delegate",
        Step::Decide { kind: D::Penalty, .. } => "decide:penalty",
        Step::Decide { kind: D::NoPenalty, .. } => "decide:no_penalty",
        Step::Decide { kind: D::NotEstablished, .. } => "decide:not_established",
        Step::Decide { kind: D::Transferred, .. } => "transfer",
        Step::Pay { .. } if matches!(before.state, SpotDecided | SpotFiled) => "pay:spot",
        other => other.name(),
    };
    TABLE
        .iter()
        .find(|r| r.step == key)
        .ok_or_else(|| Refusal::new("G_STEP", "没有这个步骤", "", vec![key.to_string()]))
}

impl Row {
    pub fn from_allows(&self, state: State) -> bool {
        if self.from.is_empty() { !state.is_final() } else { self.from.contains(&state) }
    }

    /// State first, then role and tie.
    pub(super) fn open_to(&self, dossier: &Dossier, ctx: &Context<'_>) -> Result<(), Refusal> {
        self.who_allows(dossier, ctx.actor)?;
        if self.from_allows(dossier.state) {
            return Ok(());
        }
        let open: Vec<&str> = self.from.iter().map(|s| s.zh()).collect();
        let missing = vec![format!("案件现在“{}”；“{}”须在：{}", dossier.state.zh(), self.zh, open.join("、"))];
        Err(Refusal::new("G_STATE", "现在不能办理这一步", self.basis, missing))
    }

    pub(super) fn who_allows(&self, dossier: &Dossier, actor: &Actor) -> Result<(), Refusal> {
        let refuse = |guard, text: String, basis| Err(Refusal::new(guard, "没有办理这一步的资格", basis, vec![text]));
        if !actor.roles.contains(&self.role) {
            return refuse("G_ROLE", format!("“{}”须由{}办理", self.zh, self.role.zh()), self.basis);
        }
        let open = dossier.review();
        match self.tie {
            Tie::Any => Ok(()),
            Tie::Own => {
                let assigned = dossier.officers().any(|p| p.id == actor.id);
                let registrar = dossier.officers().is_empty() && dossier.created_by == actor.id;
                if assigned || registrar {
                    Ok(())
                } else {
                    refuse("G_OWN", "只有本案承办人可以办理".into(), "行政处罚法42")
                }
            }
            Tie::Apart => {
                if dossier.investigated(&actor.id) || dossier.created_by == actor.id {
                    refuse("G_SEP", "审核人员不能是本案承办人".into(), "行政处罚法58；重大执法决定法制审核制度")
                } else {
                    Ok(())
                }
            }
            Tie::Reviewer => {
                let mine = open.and_then(|r| r.reviewer.as_ref()).is_some_and(|r| r.id == actor.id);
                let host = dossier.people.iter().any(|p| p.id == actor.id && p.duty == Duty::Officer);
                if host || dossier.investigated(&actor.id) {
                    refuse("G_SEP", "审核人员不能是本案承办人".into(), "行政处罚法58；重大执法决定法制审核制度")
                } else if mine {
                    Ok(())
                } else {
                    refuse("G_REVIEWER", "须由受理本次审核的审核人员办理".into(), "工作方案二(三)1")
                }
            }
        }
    }
}

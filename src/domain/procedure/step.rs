//! 步骤: what a person can do to a case, with what it needs to know. Read from the request as it is; people, days of approval and
//! everything the law computes are filled in by `apply`, never taken from the request.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::domain::case::{Case, FinalDecision};
use crate::domain::dossier::*;
use crate::domain::legal_review::{Anchor, Conclusion, FlaggedRule, ItemConclusion, Response};

/// One step. `T…`, `P…`, `S…` are the transitions of procedure.md; the rest adds to the file without moving the case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case", deny_unknown_fields)]
pub enum Step {
    // ── 线索与立案
    /// T1'.
    NotFile {
        reason: String,
        #[serde(default)]
        referred_to: Option<String>,
    },
    /// T1.
    File {
        jurisdiction: String,
        preliminary: String,
        #[serde(default)]
        pre_check: Option<String>,
    },
    /// T2. Person ids.
    Assign {
        officers: Vec<String>,
        recusal_checked: bool,
    },
    // ── 调查 (T3)
    SaveFacts {
        case: Box<Case>,
    },
    /// The officer answers for the facts as they stand.
    ConfirmFacts,
    RecordAct {
        act: Act,
    },
    Identify {
        identity: Identity,
    },
    CheckEvidence {
        check: EvidenceCheck,
    },
    FindElement {
        finding: ElementFinding,
    },
    Preserve {
        items: Vec<String>,
        on: Date,
    },
    /// By the head.
    ApprovePreservation {
        index: usize,
    },
    DisposePreservation {
        index: usize,
        on: Date,
        disposal: String,
    },
    Coerce {
        kind: String,
        on: Date,
        legal_basis: String,
    },
    LiftCoercion {
        index: usize,
        on: Date,
    },
    /// T3r.
    OrderRectification {
        on: Date,
        due: Date,
        items: Vec<String>,
    },
    RecheckRectification {
        on: Date,
        corrected: bool,
        #[serde(default)]
        note: String,
    },
    RequestRecusal {
        person: String,
        reason: String,
        on: Date,
        #[serde(default)]
        requested: bool,
    },
    /// By the head.
    RuleOnRecusal {
        index: usize,
        granted: bool,
        reason: String,
    },
    FlagReview {
        flag: FlaggedRule,
    },
    RecordAv {
        record: AvRecord,
    },
    Suspend {
        suspension: Suspension,
    },
    Share {
        person: String,
    },
    // ── 终结与裁量
    /// T4.
    CloseInvestigation {
        findings: String,
        opinion: String,
        #[serde(default)]
        gains_unknown: Option<String>,
        factors_reviewed: bool,
    },
    /// 人工定值, by a person.
    SetFigure {
        figure: FinalDecision,
    },
    /// T4x.
    Transfer {
        to: String,
        crime: String,
        reported_on: Date,
    },
    RecordTransfer {
        sent_at: Timestamp,
        #[serde(default)]
        receipt: Option<String>,
    },
    // ── 告知与听证
    /// T5, and T9b when a notice was served before.
    IssueNotice {
        facts: String,
        reasons: String,
        #[serde(default)]
        replaces_because: Option<String>,
    },
    /// 送达 of any document; T6 for the notice, T14 for the decision.
    Serve {
        service: Service,
    },
    RecordStatement {
        statement: Statement,
    },
    Waive {
        waiver: Waiver,
    },
    /// T7.
    RequestHearing {
        on: Date,
        #[serde(default)]
        oral: bool,
    },
    SummonHearing {
        summons: HearingSummons,
    },
    /// T8.
    HoldHearing {
        held: HearingHeld,
    },
    /// T9.
    RecheckDefence {
        on: Date,
        #[serde(default)]
        items: Vec<RecheckItem>,
        #[serde(default)]
        followed_transcript: bool,
    },
    // ── 法制审核
    /// T10.
    SubmitReview {
        intended: DecisionKind,
        #[serde(default)]
        complex: bool,
        #[serde(default)]
        responses: Vec<Response>,
    },
    AcceptReview,
    ReturnReview {
        because: Vec<String>,
    },
    /// T11 when the conclusion is 同意.
    ConcludeReview {
        conclusion: Conclusion,
        opinion: String,
        checklist: Vec<ItemConclusion>,
    },
    ReassignReview {
        to: String,
        reason: String,
        #[serde(default)]
        delegated: bool,
    },
    SuspendReview {
        suspension: Suspension,
    },
    /// A remark on a passage of the draft, by the reviewer of the round.
    CommentReview {
        anchor: Anchor,
        text: String,
    },
    /// By the reviewer: the remark is dealt with.
    SettleComment {
        comment: String,
    },
    /// The reviewer of the round leaves a similar case out of the comparison; it may be said again with another reason.
    ExcludeSimilar {
        /// Id of the past decision.
        precedent: String,
        #[serde(default)]
        title: String,
        reason: String,
    },
    /// It is compared again.
    IncludeSimilar {
        precedent: String,
    },
    // ── 决定
    /// T12.
    Discuss {
        discussion: Discussion,
    },
    /// T13, by the head.
    Decide {
        kind: DecisionKind,
        #[serde(default)]
        ground: Option<String>,
        reason: String,
        #[serde(default)]
        education: Option<String>,
    },
    /// 盖章 of a document.
    Seal {
        paper: String,
    },
    Sign {
        paper: String,
    },
    AddPaper {
        paper: Paper,
    },
    // ── 执行
    /// T15 with the first one.
    Pay {
        payment: Payment,
    },
    Perform {
        performed: Performed,
    },
    Defer {
        deferral: Deferral,
    },
    ApproveDeferral,
    /// T16.
    Demand {
        text: String,
        on: Date,
    },
    ApplyToCourt {
        on: Date,
        court: String,
    },
    CourtEnded {
        on: Date,
        outcome: String,
    },
    RecordRemedy {
        remedy: Remedy,
    },
    /// After 撤销重作.
    Redo {
        reason: String,
    },
    /// T17.
    Close {
        reason: ClosureReason,
        opinion: String,
    },
    /// T18.
    Archive {
        archive_no: String,
        /// Counted from the documents, whatever is said here.
        #[serde(default)]
        pages: u32,
    },
    // ── 公示
    /// P2, the summary and the secrecy review.
    PreparePublicity {
        summary: String,
    },
    ReviewSecrecy,
    ApprovePublicity,
    ExemptPublicity {
        because: String,
    },
    Publish {
        on: Date,
        channels: Vec<String>,
    },
    /// P3.
    WithdrawPublicity {
        because: String,
    },
    // ── 简易程序
    DecideOnSpot {
        spot: SpotDecision,
    },
    FileSpot {
        on: Date,
    },
    HandInCash {
        to_agency_on: Date,
        #[serde(default)]
        to_bank_on: Option<Date>,
    },
}

impl Step {
    /// Name in the table and in the record.
    pub fn name(&self) -> &'static str {
        match self {
            Self::NotFile { .. } => "not_file",
            Self::File { .. } => "file",
            Self::Assign { .. } => "assign",
            Self::SaveFacts { .. } => "save_facts",
            Self::ConfirmFacts => "confirm_facts",
            Self::RecordAct { .. } => "record_act",
            Self::Identify { .. } => "identify",
            Self::CheckEvidence { .. } => "check_evidence",
            Self::FindElement { .. } => "find_element",
            Self::Preserve { .. } => "preserve",
            Self::ApprovePreservation { .. } => "approve_preservation",
            Self::DisposePreservation { .. } => "dispose_preservation",
            Self::Coerce { .. } => "coerce",
            Self::LiftCoercion { .. } => "lift_coercion",
            Self::OrderRectification { .. } => "order_rectification",
            Self::RecheckRectification { .. } => "recheck_rectification",
            Self::RequestRecusal { .. } => "request_recusal",
            Self::RuleOnRecusal { .. } => "rule_on_recusal",
            Self::FlagReview { .. } => "flag_review",
            Self::RecordAv { .. } => "record_av",
            Self::Suspend { .. } => "suspend",
            Self::Share { .. } => "share",
            Self::CloseInvestigation { .. } => "close_investigation",
            Self::SetFigure { .. } => "set_figure",
            Self::Transfer { .. } => "transfer",
            Self::RecordTransfer { .. } => "record_transfer",
            Self::IssueNotice { .. } => "issue_notice",
            Self::Serve { .. } => "serve",
            Self::RecordStatement { .. } => "record_statement",
            Self::Waive { .. } => "waive",
            Self::RequestHearing { .. } => "request_hearing",
            Self::SummonHearing { .. } => "summon_hearing",
            Self::HoldHearing { .. } => "hold_hearing",
            Self::RecheckDefence { .. } => "recheck_defence",
            Self::SubmitReview { .. } => "submit_review",
            Self::AcceptReview => "accept_review",
            Self::ReturnReview { .. } => "return_review",
            Self::ConcludeReview { .. } => "conclude_review",
            Self::ReassignReview { .. } => "reassign_review",
            Self::SuspendReview { .. } => "suspend_review",
            Self::CommentReview { .. } => "comment_review",
            Self::SettleComment { .. } => "settle_comment",
            Self::ExcludeSimilar { .. } => "exclude_similar",
            Self::IncludeSimilar { .. } => "include_similar",
            Self::Discuss { .. } => "discuss",
            Self::Decide { .. } => "decide",
            Self::Seal { .. } => "seal",
            Self::Sign { .. } => "sign",
            Self::AddPaper { .. } => "add_paper",
            Self::Pay { .. } => "pay",
            Self::Perform { .. } => "perform",
            Self::Defer { .. } => "defer",
            Self::ApproveDeferral => "approve_deferral",
            Self::Demand { .. } => "demand",
            Self::ApplyToCourt { .. } => "apply_to_court",
            Self::CourtEnded { .. } => "court_ended",
            Self::RecordRemedy { .. } => "record_remedy",
            Self::Redo { .. } => "redo",
            Self::Close { .. } => "close",
            Self::Archive { .. } => "archive",
            Self::PreparePublicity { .. } => "prepare_publicity",
            Self::ReviewSecrecy => "review_secrecy",
            Self::ApprovePublicity => "approve_publicity",
            Self::ExemptPublicity { .. } => "exempt_publicity",
            Self::Publish { .. } => "publish",
            Self::WithdrawPublicity { .. } => "withdraw_publicity",
            Self::DecideOnSpot { .. } => "decide_on_spot",
            Self::FileSpot { .. } => "file_spot",
            Self::HandInCash { .. } => "hand_in_cash",
        }
    }
}

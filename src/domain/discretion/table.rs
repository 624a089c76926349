//! Typed form of the discretion and benchmark tables. What each field means to a lawyer: `corpus/README.md`.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::domain::assessment::Duration;
use crate::domain::law::{LawLevel, Provision};
use crate::domain::penalty::{Circumstance, Mode, PenaltyKind, Tier, vocabulary};

vocabulary! {
    /// 核实等级: only `A` may be used in a formal document.
    EvidenceGrade {
        A = "A", "已与条文逐字核对";
        S = "S", "仅见二手转载摘录，未见官方全文";
        U = "U", "未见文本";
    }
}

vocabulary! {
    /// Whether a row may be applied.
    RowStatus {
        Active = "active", "可用";
        Superseded = "superseded", "已被上位法或者新法取代，仅用于旧行为从旧兼从轻";
        OutOfJurisdiction = "out_of_jurisdiction", "县级教育体育行政部门无权处罚";
        NonPenalty = "non_penalty", "不是行政处罚依据，不得据以作出处罚决定";
        Blocked = "blocked", "未核实，不得用于正式文书";
    }
}

vocabulary! {
    /// The lowest level of agency that may act.
    PowerLevel {
        County = "county", "县级";
        Province = "province", "省级";
        Superior = "superior", "上级机关";
        Check = "check", "须查权责清单并由人确认";
    }
}

vocabulary! {
    /// The department the clause empowers.
    Authority {
        Education = "education", "教育行政部门";
        Sports = "sports", "体育行政部门";
        Hrss = "hrss", "人力资源社会保障行政部门";
        Labour = "labour", "劳动行政部门";
        PublicSecurity = "public_security", "公安机关";
        Health = "health", "卫生健康部门";
        MarketRegulation = "market_regulation", "市场监督管理部门";
        CivilAffairs = "civil_affairs", "民政部门";
        ExamAgency = "exam_agency", "教育考试机构";
        School = "school", "学校";
        Superior = "superior", "上级机关";
        CompetentAuthority = "competent_authority", "主管部门";
        LicensingAuthority = "licensing_authority", "许可机关";
        RelevantAuthority = "relevant_authority", "相关部门";
        OffcampusTrainingAuthority = "offcampus_training_authority", "校外培训主管部门";
        Other = "other", "其他有关部门";
    }
}

vocabulary! {
    /// What a fine is a multiple of; `fixed` is a sum in 元.
    Base {
        Fixed = "fixed", "定额";
        IllegalGains = "illegal_gains", "违法所得";
        ActualLoss = "actual_loss", "实际损失";
        FalseCapital = "false_capital", "虚假、抽逃出资额";
        None = "none", "无";
    }
}

/// Head of one law file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LawHead {
    pub title: String,
    pub short: String,
    pub level: LawLevel,
    /// From this day the clauses apply as tabulated; absent when not known with certainty.
    #[serde(default)]
    pub applies_from: Option<Date>,
    #[serde(default)]
    pub note: Option<String>,
}

/// 义务条 of a violation, with its own evidence grade.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DutyClause {
    pub law: String,
    pub article: u32,
    #[serde(default)]
    pub paragraph: u32,
    #[serde(default)]
    pub items: Vec<u32>,
    pub evidence: EvidenceGrade,
    #[serde(default)]
    pub note: Option<String>,
}

impl DutyClause {
    pub fn provision(&self) -> Provision {
        Provision { law: self.law.clone(), article: self.article, paragraph: self.paragraph, items: self.items.clone() }
    }
}

/// Years, from `min` to `max`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct YearSpan {
    #[serde(default)]
    pub min: Option<u32>,
    #[serde(default)]
    pub max: Option<u32>,
}

/// Condition on 违法所得 in 元: `lt`/`gt` exclude the number, `le`/`ge` include it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GainsCondition {
    #[serde(default)]
    pub lt: Option<i64>,
    #[serde(default)]
    pub le: Option<i64>,
    #[serde(default)]
    pub gt: Option<i64>,
    #[serde(default)]
    pub ge: Option<i64>,
}

/// One penalty of an outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PenaltySpec {
    pub kind: PenaltyKind,
    pub mode: Mode,
    #[serde(default)]
    pub group: Option<String>,
    #[serde(default)]
    pub base: Option<Base>,
    /// 元 for `fixed`, 倍 otherwise; absent = the clause names only an upper bound (0, not included).
    #[serde(default)]
    pub min: Option<u32>,
    #[serde(default)]
    pub max: Option<u32>,
    /// 元: a smaller base counts as this much for the fine, never for confiscation.
    #[serde(default)]
    pub base_floor: Option<u32>,
    /// 退还所收费用后没收.
    #[serde(default)]
    pub refund_first: bool,
    #[serde(default)]
    pub duration_years: Option<YearSpan>,
    #[serde(default)]
    pub permanent: bool,
    #[serde(default)]
    pub permanent_allowed: bool,
    #[serde(default)]
    pub reapply_ban_years: Option<u32>,
    /// Whom it hits when it is not the party itself.
    #[serde(default)]
    pub target: Option<String>,
}

impl PenaltySpec {
    pub fn duration(&self) -> Option<Duration> {
        let span = self.duration_years.unwrap_or(YearSpan { min: None, max: None });
        (self.duration_years.is_some() || self.permanent || self.permanent_allowed).then_some(Duration {
            min_years: span.min,
            max_years: span.max,
            permanent: self.permanent,
            permanent_allowed: self.permanent_allowed,
        })
    }
}

/// What follows under one circumstance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    pub when: Circumstance,
    #[serde(default)]
    pub also_when: Vec<Circumstance>,
    #[serde(default)]
    pub gains: Option<GainsCondition>,
    pub penalties: Vec<PenaltySpec>,
}

impl Outcome {
    pub fn covers(&self, circumstance: Circumstance) -> bool {
        self.when == circumstance || self.also_when.contains(&circumstance)
    }

    pub fn fine(&self) -> Option<&PenaltySpec> {
        self.penalties.iter().find(|p| p.kind == PenaltyKind::Fine)
    }
}

/// One row: a violation, its penalty clause and what follows from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Violation {
    pub id: String,
    pub law: String,
    pub article: u32,
    pub paragraph: u32,
    #[serde(default)]
    pub items: Vec<u32>,
    pub act: String,
    pub subject: String,
    pub authority: Vec<Authority>,
    #[serde(default)]
    pub joint_with: Vec<Authority>,
    pub level: PowerLevel,
    #[serde(default)]
    pub orders: Vec<String>,
    pub evidence: EvidenceGrade,
    pub status: RowStatus,
    #[serde(default)]
    pub note: Option<String>,
    /// 引致条款: the row whose outcomes apply.
    #[serde(default)]
    pub refer_to: Option<String>,
    /// Further clauses to cite.
    #[serde(default)]
    pub refer_also: Vec<String>,
    #[serde(default)]
    pub superseded_by: Vec<String>,
    /// First day on which the newer rows apply instead.
    #[serde(default)]
    pub superseded_from: Option<Date>,
    #[serde(default)]
    pub reject_years: Option<YearSpan>,
    #[serde(default)]
    pub duty: Vec<DutyClause>,
    #[serde(default, rename = "outcome")]
    pub outcomes: Vec<Outcome>,
}

impl Violation {
    pub fn provision(&self) -> Provision {
        Provision { law: self.law.clone(), article: self.article, paragraph: self.paragraph, items: self.items.clone() }
    }

    /// Whether the row may be used for a formal penalty document at all.
    pub fn usable(&self) -> bool {
        self.evidence == EvidenceGrade::A && self.status == RowStatus::Active
    }
}

/// Where a benchmark was published (行政处罚法34: unpublished ones are no basis).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BenchmarkSource {
    pub title: String,
    pub doc_no: String,
    pub issuer: String,
    pub published_at: Date,
    #[serde(default)]
    pub effective_at: Option<Date>,
    #[serde(default)]
    pub url: Option<String>,
}

/// A multiple in thousandths, written in data as an integer or as text such as `"2.2"`; never a float.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Milli(pub i64);

/// The part of the statutory range that a published benchmark gives to one tier: 元 for `fixed`, 倍 otherwise. Each bound says
/// whether it belongs to the tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BenchmarkRange {
    pub base: Base,
    pub min: Milli,
    pub min_incl: bool,
    pub max: Milli,
    pub max_incl: bool,
}

/// 裁量基准 of the bureau, loaded from its data directory.
#[derive(Clone, Debug, PartialEq)]
pub struct Benchmark {
    pub id: String,
    pub violation: String,
    /// Outcome it belongs to.
    pub when: Circumstance,
    pub tier: Tier,
    pub conditions_all: Vec<super::condition::Condition>,
    pub conditions_any: Vec<super::condition::Condition>,
    pub range: BenchmarkRange,
    /// 适用条件 as published, for people to read; never evaluated.
    pub text: String,
    pub source: BenchmarkSource,
    /// Whether a decision may cite it as its basis; otherwise only “参照” (default).
    pub citable: bool,
}

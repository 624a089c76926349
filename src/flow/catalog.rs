//! The vocabularies a form needs, from the rules: nothing of them is written a second time in the page.

use serde_json::{Map, Value, json};

use super::Flow;
use crate::domain::assessment::ResultCode;
use crate::domain::case::Case;
use crate::domain::discretion::table::RowStatus;
use crate::domain::law::Validity;
use crate::domain::penalty::{Circumstance, Mode, PartyKind, PenaltyKind, Tier};
use crate::error::{Class, Report, Result};

/// Chinese names of case paths, for messages about what is missing or wrong.
const PATHS: &[(&str, &str)] = &[
    ("case.case_no", "案号"),
    ("case.cause", "案由"),
    ("case.source", "案件来源"),
    ("case.filed_at", "立案日期"),
    ("case.region", "地区"),
    ("party", "当事人"),
    ("party.kind", "当事人类别"),
    ("party.name", "当事人姓名或名称"),
    ("party.uscc", "统一社会信用代码"),
    ("party.address", "当事人地址"),
    ("party.birth", "出生日期"),
    ("party.legal_representative", "法定代表人"),
    ("party.id_no", "证件号码"),
    ("officer", "执法人员"),
    ("evid", "证据"),
    ("facts.narrative", "案情叙述"),
    ("facts.violation", "违法行为"),
    ("facts.act_from", "行为开始日期"),
    ("facts.act_to", "行为终了日期"),
    ("facts.discovered_at", "发现日期"),
    ("facts.place", "地点"),
    ("facts.circumstance", "情节"),
    ("facts.factors", "裁量因素"),
    ("facts.gains", "违法所得"),
    ("facts.gains.gross_receipts_fen", "收取总额"),
    ("facts.gains.rule_citation", "违法所得计算依据"),
    ("facts.actual_loss_fen", "实际损失"),
    ("facts.false_capital_fen", "虚假或抽逃出资额"),
    ("facts.authority_basis", "职权依据"),
    ("facts.items", "具体项"),
    ("facts.rectify", "责令改正情况"),
    ("facts.rectify.ordered_at", "责令改正日期"),
    ("facts.rectify.deadline", "改正期限"),
    ("facts.rectify.rechecked_at", "复查日期"),
    ("facts.rectify.corrected", "是否改正"),
    ("facts.suspected_crime", "是否涉嫌犯罪"),
    ("facts.harmful_result", "危害后果"),
    ("procedure.notice_served_at", "告知书送达日期"),
    ("procedure.decided_at", "决定日期"),
    ("procedure.statement", "陈述申辩意见"),
    ("procedure.hearing_at", "听证日期"),
    ("procedure.statement_accepted", "是否采纳申辩"),
    ("disc.final", "人工定值"),
    ("disc.final.tier", "阶次"),
    ("disc.final.fine_fen", "罚款数额"),
    ("disc.final.kinds", "处罚种类"),
    ("disc.final.reason", "定值理由"),
];

fn pairs<T: Copy>(
    all: &[T],
    code: impl Fn(T) -> &'static str,
    zh: impl Fn(T) -> &'static str,
) -> Vec<[&'static str; 2]> {
    all.iter().map(|x| [code(*x), zh(*x)]).collect()
}

impl Flow {
    pub fn catalog(&self) -> Value {
        let violations: Vec<Value> = self
            .book
            .violations
            .iter()
            .map(|v| {
                let status_zh = match v.status {
                    RowStatus::Active => "可用",
                    RowStatus::Superseded => "旧法",
                    RowStatus::OutOfJurisdiction => "无权处罚",
                    RowStatus::NonPenalty => "非处罚",
                    RowStatus::Blocked => "未核实",
                };
                json!({ "id": v.id, "law": v.law, "article": v.article, "act": v.act, "status": v.status, "status_zh": status_zh })
            })
            .collect();
        let factors: Vec<Value> = self
            .book
            .factors
            .iter()
            .map(|f| json!({ "code": f.code, "zh": f.zh, "basis": f.basis, "needs_citation": f.needs_citation }))
            .collect();
        let samples: Vec<Value> = self
            .corpus
            .cases
            .teaching()
            .iter()
            .filter(|c| c.id.starts_with("tc-"))
            .map(|c| json!({ "id": c.id, "title": format!("{}　{}", c.id, c.title) }))
            .collect();
        let orders: Map<String, Value> = self.book.orders.iter().map(|(k, v)| (k.clone(), json!(v))).collect();
        let results: Map<String, Value> =
            ResultCode::ALL.iter().map(|r| (r.code().to_string(), json!(r.zh()))).collect();
        let validity: Map<String, Value> =
            [Validity::InForce, Validity::NotYetInForce, Validity::Repealed, Validity::Unknown]
                .iter()
                .filter_map(|v| Some((serde_json::to_value(v).ok()?.as_str()?.to_string(), json!(v.zh()))))
                .collect();
        let paths: Map<String, Value> = PATHS.iter().map(|(p, zh)| ((*p).to_string(), json!(zh))).collect();
        json!({
            "agency": self.agency.name,
            "violations": violations,
            "factors": factors,
            "kinds": pairs(PenaltyKind::ALL, PenaltyKind::code, PenaltyKind::zh),
            "tiers": pairs(Tier::ALL, Tier::code, Tier::zh),
            "circumstances": pairs(Circumstance::ALL, Circumstance::code, Circumstance::zh),
            "party_kinds": pairs(PartyKind::ALL, PartyKind::code, PartyKind::zh),
            "modes": pairs(Mode::ALL, Mode::code, Mode::zh),
            "orders": orders,
            "results": results,
            "validity": validity,
            "paths": paths,
            "samples": samples,
        })
    }

    /// A teaching case as case JSON, to try the page with.
    pub fn teaching_case(&self, id: &str) -> Result<Case> {
        let found = self.corpus.cases.teaching().iter().find(|c| c.id == id && c.id.starts_with("tc-"));
        found
            .map(crate::domain::precedent::Precedent::as_case)
            .ok_or_else(|| Report::new(Class::NotFound, "cases.not_found", "没有这个教学案例", id.to_string()))
    }
}

impl Flow {
    /// The teaching cases, for benches and workshops.
    pub fn teaching(&self) -> impl Iterator<Item = &crate::domain::precedent::Precedent> {
        self.corpus.cases.teaching().iter().filter(|c| c.label == crate::domain::precedent::TEACHING_LABEL)
    }
}

impl Flow {
    /// Acts that have teaching cases: id, act and how many, in the order of the corpus.
    pub fn teaching_acts(&self) -> Vec<(String, String, usize)> {
        let mut out: Vec<(String, String, usize)> = vec![];
        for id in self.teaching().filter_map(|p| p.facts.violation.clone()) {
            match out.iter_mut().find(|(known, ..)| *known == id) {
                Some((.., n)) => *n += 1,
                None => {
                    let act = self.book.violation(&id).map_or(id.clone(), |v| v.act.clone());
                    out.push((id, act, 1));
                }
            }
        }
        out
    }
}

//! 不予行政处罚决定书 (行政处罚法30、31、33、36、57①(二)(三)): the ground a person has chosen, its 要件, education.

use super::{FieldValue, Filler, PENDING, law};
use crate::domain::assessment::{Assessment, ClauseRole, ResultCode};
use crate::domain::case::Case;
use crate::domain::document::form::Ground;
use crate::domain::penalty::Tier;

/// The grounds a form knows that this case names: the one a person has chosen, or what the assessment says must end without a
/// penalty. `None`: nobody has chosen, and the law leaves it open.
pub fn ground(case: &Case, assessment: &Assessment) -> Option<String> {
    let chosen = case.disc.final_.as_ref().and_then(|f| f.ground.as_deref()).map(str::trim).filter(|g| !g.is_empty());
    if let Some(chosen) = chosen {
        return Some(chosen.to_string());
    }
    let has = |code: &str| assessment.factors.iter().any(|f| f.code == code);
    match assessment.result {
        ResultCode::LimitationExpired => return Some("limitation".into()),
        ResultCode::NoPenalty if has("under_14") => return Some("minor_age".into()),
        ResultCode::NoPenalty if has("incapable") => return Some("incapacity".into()),
        _ => {}
    }
    // 应当不予处罚 before 可以不予处罚.
    let all = |codes: &[&str]| codes.iter().all(|c| has(c));
    let proposed = assessment.result == ResultCode::NoPenalty
        || case.disc.final_.as_ref().is_some_and(|f| f.tier == Some(Tier::NoPenalty));
    if !proposed {
        None
    } else if has("no_fault") {
        Some("no_fault".into())
    } else if all(&["minor_violation", "timely_correction", "no_harm"]) {
        Some("minor_no_penalty".into())
    } else if all(&["first_offence", "slight_harm", "timely_correction"]) {
        Some("first_offence_no_penalty".into())
    } else {
        None
    }
}

const BASIS: &str = "行政处罚法57①(二)(三)";

impl Filler<'_> {
    fn chosen(&self) -> Option<Ground> {
        let code = ground(self.input.case, self.input.assessment)?;
        self.form.grounds.iter().find(|g| g.code == code).cloned()
    }

    /// 告知情况, where a notice had been served before the case turned out to end without a penalty.
    pub(super) fn notice_if_any(&mut self, id: &str) -> FieldValue {
        match self.input.case.procedure.notice_served_at {
            Some(_) => self.notice(id),
            None => FieldValue::default(),
        }
    }

    /// The duty that was broken; a decision without penalty applies no penalty clause.
    pub(super) fn broken_duty(&mut self, id: &str) -> FieldValue {
        let chosen = self.chosen();
        if chosen.as_ref().is_some_and(|g| g.code == "not_established") {
            return FieldValue::default();
        }
        let duties: Vec<_> = self.input.assessment.clauses.iter().filter(|c| c.role == ClauseRole::Duty).collect();
        let cited: Vec<String> = duties.iter().map(|c| law::citation(c)).collect();
        let text = if cited.is_empty() {
            self.must(id, "assessment.clauses[duty]", "违反的条款（义务条）", BASIS);
            format!("{PENDING}确认：违反的条款】")
        } else {
            cited.join("、")
        };
        let sources = cited.iter().map(|c| format!("law:{c}")).collect();
        FieldValue { text: format!("当事人的上述行为违反了{text}的规定。"), sources }
    }

    /// 法定情形, with its 要件 where there are several.
    pub(super) fn no_penalty_ground(&mut self, id: &str) -> FieldValue {
        let Some(chosen) = self.chosen() else {
            let known: Vec<&str> = self.form.grounds.iter().map(|g| g.zh.as_str()).collect();
            let what = format!("不予处罚的法定情形，由人单选：{}", known.join("；"));
            self.must(id, "disc.final.ground", what, BASIS);
            return FieldValue { text: format!("{PENDING}确认：不予处罚的法定情形】"), sources: vec![] };
        };
        let reason = self.input.case.disc.final_.as_ref().and_then(|f| f.reason.clone()).unwrap_or_default();
        for element in &chosen.elements {
            let argued = element.words.iter().any(|w| reason.contains(w.as_str()))
                || self.input.assessment.factors.iter().any(|f| element.factors.contains(&f.code) && f.text.is_some());
            if !argued {
                let what = format!("理由没有论证“{}”这一要件", element.zh);
                self.must(id, "disc.final.reason", what, &chosen.basis);
            }
        }
        if reason.trim().is_empty() {
            self.must(id, "disc.final.reason", "不予处罚的理由", BASIS);
        }
        let mut text = format!("{}规定：“{}。”", chosen.basis, chosen.says);
        if chosen.elements.len() > 1 {
            let all: Vec<&str> = chosen.elements.iter().map(|e| e.zh.as_str()).collect();
            text.push_str(&format!("适用该规定应当同时具备：{}。", all.join("；")));
        }
        FieldValue { text, sources: vec!["disc.final.ground".into(), format!("law:{}", chosen.basis)] }
    }

    /// 决定.
    pub(super) fn no_penalty_decision(&self) -> FieldValue {
        let party = super::line(&self.input.case.party.name).unwrap_or_default();
        let Some(chosen) = self.chosen() else {
            let text = format!("本机关决定对当事人{party}不予行政处罚{PENDING}法定程序后由负责人确定】。");
            return FieldValue { text, sources: vec![] };
        };
        let way = match chosen.code.as_str() {
            "not_established" => "违法事实不能成立，依据《中华人民共和国行政处罚法》第五十七条第一款第三项的规定",
            "limitation" => "本案已超过行政处罚时效，依据《中华人民共和国行政处罚法》第三十六条第一款的规定",
            _ => "",
        };
        let lead = if way.is_empty() { format!("依据{}的规定", chosen.basis) } else { way.to_string() };
        let text = format!("{lead}，本机关决定对当事人{party}不予行政处罚。");
        FieldValue { text, sources: vec!["disc.final.ground".into(), format!("law:{}", chosen.basis)] }
    }

    /// 教育 (行政处罚法33③), 监护人管教 (30), 看管和治疗 (31).
    pub(super) fn education(&mut self, id: &str) -> FieldValue {
        let text = match self.chosen() {
            Some(g) if g.educate => {
                self.check(id, "decision.education", "对当事人进行教育的记录", "行政处罚法33③");
                "依据《中华人民共和国行政处罚法》第三十三条第三款的规定，本机关对当事人进行教育，当事人应当遵守法律、法规和规章。"
            }
            Some(g) if g.code == "minor_age" => "依据《中华人民共和国行政处罚法》第三十条的规定，责令监护人加以管教。",
            Some(g) if g.code == "incapacity" => {
                "依据《中华人民共和国行政处罚法》第三十一条的规定，责令其监护人严加看管和治疗。"
            }
            _ => "",
        };
        FieldValue { text: text.into(), sources: vec!["disc.final.ground".into()] }
    }

    /// 责令改正 goes on beside a decision not to punish, unless there was nothing to correct.
    pub(super) fn orders_beside(&mut self, id: &str) -> FieldValue {
        let named = self.input.case.disc.final_.as_ref().and_then(|f| f.orders.as_ref()).is_some_and(|o| !o.is_empty());
        let none = self.chosen().is_some_and(|g| g.code == "not_established");
        if named && !none { self.orders(id) } else { FieldValue::default() }
    }
}

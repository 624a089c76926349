//! 裁量因素: what the factors found in the case do in law (行政处罚法30–34, 49). Only listed factors have an effect; an element of
//! 行政处罚法33① works only together with the others.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::domain::assessment::{FactorEffect, Notice};
use crate::domain::case::{Case, FactorFact};
use crate::domain::penalty::PartyKind;
use crate::domain::rulebook::{Effect, FactorRule, RuleBook};

use super::notice;

/// A ground for not punishing.
#[derive(Clone, Debug, PartialEq)]
pub struct Ground {
    pub zh: String,
    pub basis: String,
}

/// All factors of a case with their effect.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Factors {
    pub effects: Vec<FactorEffect>,
    /// 30, 31: decided before anything is computed.
    pub incapable: Option<Ground>,
    /// 33①前句、33②: 不予处罚.
    pub no_penalty: Option<Ground>,
    /// 33①后句: 可以不予.
    pub may_no_penalty: Option<Ground>,
    pub must_lenient: bool,
    pub may_lenient: bool,
    pub severe: bool,
    /// A minor is involved as the party.
    pub minor: bool,
    pub warnings: Vec<Notice>,
    pub missing: Vec<String>,
}

impl Factors {
    pub fn read(book: &RuleBook, case: &Case) -> Self {
        let mut out = Self::default();
        let mut codes: Vec<&str> = vec![];
        let age = out.age(case);
        for (i, fact) in case.facts.factors.iter().enumerate() {
            let Some(rule) = book.factor(&fact.code) else {
                let code: String = fact.code.chars().filter(|c| !c.is_control()).take(40).collect();
                out.warn("factor.unknown_code", format!("裁量因素代码“{code}”不在因素表中，不产生任何效果"), "");
                continue;
            };
            if codes.contains(&rule.code.as_str()) {
                out.warn("factor.repeated", format!("裁量因素“{}”重复填写，只计一次", rule.zh), "");
                continue;
            }
            if contradicts(&rule.code, age) {
                out.warn(
                    "factor.contradicts_birth",
                    format!("裁量因素“{}”与出生日期、行为日期不符，以日期计算为准", rule.zh),
                    &rule.basis,
                );
                continue;
            }
            let effective = out.usable(rule, fact, i);
            out.add(rule, fact, effective);
            if effective {
                codes.push(&rule.code);
            }
        }
        if let Some(code) = age.and_then(Age::code).filter(|code| !codes.contains(code))
            && let Some(rule) = book.factor(code)
        {
            let fact =
                FactorFact { text: Some("由出生日期和行为日期算得".into()), ..FactorFact::default() };
            out.add(rule, &fact, true);
            codes.push(code);
        }
        out.minor = codes.contains(&"under_14") || codes.contains(&"age_14_18");
        out.combine(book, case, &codes);
        out
    }

    /// A factor that needs a citation or evidence has no effect without it.
    fn usable(&mut self, rule: &FactorRule, fact: &FactorFact, i: usize) -> bool {
        if rule.needs_citation && fact.citation.as_deref().is_none_or(|c| c.trim().is_empty()) {
            self.missing.push(format!("facts.factors[{i}].citation"));
            let text = format!("“{}”须写明所依据的规定或者已公布的裁量基准，否则不生效", rule.zh);
            self.warn("factor.needs_citation", text, &rule.basis);
            return false;
        }
        if rule.needs_evidence && fact.evidence.is_empty() {
            self.missing.push(format!("facts.factors[{i}].evidence"));
            let text = format!("“{}”须由当事人举证，没有证据编号不生效", rule.zh);
            self.warn("factor.needs_evidence", text, &rule.basis);
            return false;
        }
        if rule.effect != Effect::None && fact.evidence.is_empty() {
            self.warn(
                "factor.no_evidence",
                format!("裁量因素“{}”没有对应的证据编号，说理前须补", rule.zh),
                "行政处罚法40",
            );
        }
        true
    }

    fn add(&mut self, rule: &FactorRule, fact: &FactorFact, effective: bool) {
        let effect = if effective { rule.effect } else { Effect::None };
        match effect {
            Effect::NoPenalty => {
                let ground = Some(Ground { zh: rule.zh.clone(), basis: rule.basis.clone() });
                // 30 and 31 are questions of capacity and come before the computation; 33② after it.
                if matches!(rule.code.as_str(), "under_14" | "incapable") {
                    self.incapable = ground;
                } else {
                    self.no_penalty = ground;
                }
            }
            Effect::MustLenientOrMitigated => self.must_lenient = true,
            Effect::MayLenientOrMitigated => self.may_lenient = true,
            Effect::Severe => self.severe = true,
            Effect::MayNoPenalty | Effect::Element | Effect::None => {}
        }
        let shown = if effect == Effect::Element { Effect::None } else { effect };
        let basis = match (&fact.citation, rule.needs_citation && effective) {
            (Some(citation), true) => format!("{}；{}", rule.basis, citation.trim()),
            _ => rule.basis.clone(),
        };
        self.effects.push(FactorEffect {
            code: rule.code.clone(),
            zh: rule.zh.clone(),
            effect: shown.code().into(),
            basis,
            evidence: fact.evidence.clone(),
            text: fact.text.clone(),
        });
    }

    /// 33①: every element must be there, and none contradicted by the facts.
    fn combine(&mut self, book: &RuleBook, case: &Case, codes: &[&str]) {
        let uncorrected = case.facts.rectify.as_ref().and_then(|r| r.corrected) == Some(false);
        for rule in &book.no_penalty {
            let have: Vec<&String> = rule.elements.iter().filter(|e| codes.contains(&e.as_str())).collect();
            // The element that both branches share starts neither.
            let own = have.iter().any(|e| book.no_penalty.iter().filter(|r| r.elements.contains(e)).count() == 1);
            if !own {
                continue;
            }
            let lacking: Vec<&str> = rule
                .elements
                .iter()
                .filter(|e| !have.contains(e))
                .map(|e| book.factor(e).map_or(e.as_str(), |f| f.zh.as_str()))
                .collect();
            if !lacking.is_empty() {
                let text = format!("{}的要件缺一不可，尚缺：{}", rule.zh, lacking.join("、"));
                self.warn("no_penalty.incomplete", text, &rule.basis);
                continue;
            }
            if uncorrected && rule.elements.iter().any(|e| e == "timely_correction") {
                self.warn(
                    "factor.contradiction",
                    format!("既称及时改正，复查又记为未改正，{}不成立", rule.zh),
                    &rule.basis,
                );
                continue;
            }
            let ground = Some(Ground { zh: rule.zh.clone(), basis: rule.basis.clone() });
            let effect = if rule.must { Effect::NoPenalty } else { Effect::MayNoPenalty };
            for item in self.effects.iter_mut().filter(|f| rule.elements.contains(&f.code)) {
                if item.effect != Effect::NoPenalty.code() {
                    item.effect = effect.code().into();
                }
            }
            if rule.must {
                self.no_penalty = ground;
            } else {
                self.may_no_penalty = ground;
            }
        }
    }

    fn age(&mut self, case: &Case) -> Option<Age> {
        match case.party.kind {
            Some(PartyKind::Citizen) | None => {}
            Some(PartyKind::SoleTrader | PartyKind::LegalPerson | PartyKind::OtherOrg) => return None,
        }
        let Some(birth) = case.party.birth else {
            if case.party.kind == Some(PartyKind::Citizen) {
                self.missing.push("party.birth".into());
            }
            return None;
        };
        Some(Age::on(birth, case.facts.act_end()?))
    }

    fn warn(&mut self, code: &str, text: impl Into<String>, basis: &str) {
        self.warnings.push(notice(code, text, basis));
    }

    /// 从轻 or 减轻 has a ground in law.
    pub fn any_lenient(&self) -> bool {
        self.must_lenient || self.may_lenient
    }
}

/// 周岁 on the day the act ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Age {
    Under14,
    From14To18,
    Adult,
}

impl Age {
    /// 周岁 is reached on the day after the birthday.
    fn on(birth: Date, day: Date) -> Self {
        let reached = |years: i64| birth.checked_add(years.years()).is_ok_and(|birthday| day > birthday);
        if !reached(14) {
            Self::Under14
        } else if !reached(18) {
            Self::From14To18
        } else {
            Self::Adult
        }
    }

    fn code(self) -> Option<&'static str> {
        match self {
            Self::Under14 => Some("under_14"),
            Self::From14To18 => Some("age_14_18"),
            Self::Adult => None,
        }
    }
}

fn contradicts(code: &str, age: Option<Age>) -> bool {
    match (code, age) {
        ("under_14" | "age_14_18", Some(age)) => age.code() != Some(code),
        _ => false,
    }
}

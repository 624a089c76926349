//! 处罚决定: only what a person has decided. Without a decision each item shows the statutory range and waits.

use super::{FieldValue, Filler, PENDING, months_zh};
use crate::domain::assessment::{Duration, MoneyRange, PenaltyOption};
use crate::domain::case::FinalDecision;
use crate::domain::money::Fen;
use crate::domain::penalty::{Mode, PenaltyKind};

/// 行政命令 and what they order (order_kind of the rules); not penalties (行政处罚法28①).
const ORDERS: &[(&str, &str)] = &[
    ("rectify", "责令改正违法行为"),
    ("rectify_deadline", "责令限期改正违法行为"),
    ("reorganize", "责令限期整顿"),
    ("refund", "责令退还所收费用"),
    ("return_students", "责令退回招收的学生"),
    ("stop_running", "责令停止办学（停止举办）"),
    ("close_by_deadline", "责令限期关闭"),
    ("annul_certificate", "宣布证书无效，责令收回"),
    ("cancel_admission", "责令撤销入学资格"),
    ("reject_application", "在法定期限内不受理举办申请"),
    ("stop_activity", "予以制止，责令停止"),
];

const BASIS: &str = "行政处罚法59①(三)";

/// A 行政命令 in words, by its code.
pub fn order_zh(code: &str) -> Option<&'static str> {
    ORDERS.iter().find(|(c, _)| *c == code).map(|(_, zh)| *zh)
}

impl Filler<'_> {
    pub(super) fn penalty(&mut self, id: &str) -> FieldValue {
        let items = match &self.input.case.disc.final_ {
            Some(decided) => self.decided_items(id, decided),
            None => {
                self.must(id, "disc.final", "处罚种类和数额须经法定程序后由负责人确定", BASIS);
                self.input.assessment.penalties.iter().map(open_item).collect()
            }
        };
        let party = super::line(&self.input.case.party.name).unwrap_or_default();
        let citation = self.penalty_citation();
        let mut lines = vec![format!("依据{citation}的规定，本机关决定对当事人{party}作出如下行政处罚：")];
        lines.extend(numbered(&items));
        let sources = match self.input.case.disc.final_ {
            Some(_) => vec!["disc.final".into()],
            None => vec!["assessment.penalties".into()],
        };
        FieldValue { text: lines.join("\n"), sources }
    }

    fn decided_items(&mut self, id: &str, decided: &FinalDecision) -> Vec<String> {
        let assessment = self.input.assessment;
        let kinds = kinds(decided);
        for option in assessment.penalties.iter().filter(|p| p.mode == Mode::Must && p.group.is_none()) {
            if !kinds.contains(&option.kind) && decided.tier != Some(crate::domain::penalty::Tier::Mitigated) {
                let what = format!("本条应当给予的“{}”没有列入决定", option.kind.zh());
                self.must(id, "disc.final.kinds", what, "行政处罚法38、76①(二)");
            }
        }
        let due = self.confiscation(decided);
        if due.is_some_and(|s| s > Fen::ZERO) && !kinds.contains(&PenaltyKind::ConfiscateGains) {
            self.must(id, "disc.final.kinds", "有违法所得，除依法退赔外应当没收；决定中没有列入", "行政处罚法28②");
        }
        if decided.duration_months.is_some() && !kinds.iter().any(|k| super::guard::bears_period(*k)) {
            let what = "填写了期限，但所定处罚种类都没有期限，请核对";
            self.must(id, "disc.final.duration_months", what, BASIS);
        }
        if kinds.is_empty() {
            self.must(id, "disc.final.kinds", "处罚种类", BASIS);
            return vec![format!("{PENDING}确认：处罚种类】")];
        }
        kinds.into_iter().map(|kind| self.decided_item(id, kind, decided)).collect()
    }

    fn decided_item(&mut self, id: &str, kind: PenaltyKind, decided: &FinalDecision) -> String {
        let positive = |sum: Option<Fen>| sum.filter(|s| *s > Fen::ZERO).map(Fen::formal);
        match kind {
            PenaltyKind::Fine => {
                let sum = self.need(id, "disc.final.fine_fen", "罚款数额", BASIS, positive(decided.fine_fen));
                format!("处以罚款{sum}")
            }
            PenaltyKind::ConfiscateGains => {
                let sum = positive(self.confiscation(decided));
                let sum = self.need(id, "disc.final.confiscate_fen", "没收违法所得的数额", BASIS, sum);
                format!("没收违法所得{sum}")
            }
            PenaltyKind::ConfiscateProperty => {
                self.must(id, "disc.final", "没收非法财物的清单", BASIS);
                format!("没收非法财物{PENDING}确认：财物清单】")
            }
            PenaltyKind::Warning | PenaltyKind::PublicCriticism => format!("给予{}", kind.zh()),
            _ => {
                let options = &self.input.assessment.penalties;
                let limit = options.iter().find(|p| p.kind == kind).and_then(|p| p.duration);
                let alone = options.iter().all(|p| p.duration.is_none());
                let period = match (limit, decided.duration_months.filter(|_| alone)) {
                    (Some(limit), _) => self.period(id, &limit, decided),
                    (None, Some(months)) => {
                        let what = format!("“{}”的期限没有录入法定幅度，请核对条文", kind.zh());
                        self.check(id, "disc.final.duration_months", what, BASIS);
                        format!("，期限为{}", months_zh(months))
                    }
                    (None, None) => String::new(),
                };
                format!("{}{period}", kind.zh())
            }
        }
    }

    fn period(&mut self, id: &str, limit: &Duration, decided: &FinalDecision) -> String {
        if decided.permanent == Some(true) || (limit.permanent && decided.duration_months.is_none()) {
            return "，终身有效".into();
        }
        let period = decided.duration_months.map(months_zh);
        format!("，期限为{}", self.need(id, "disc.final.duration_months", "期限", BASIS, period))
    }

    fn confiscation(&self, decided: &FinalDecision) -> Option<Fen> {
        decided.confiscate_fen.or(self.input.assessment.confiscate_fen)
    }

    pub(super) fn orders(&mut self, id: &str) -> FieldValue {
        let decided = self.input.case.disc.final_.as_ref().and_then(|d| d.orders.as_ref());
        let orders = decided.unwrap_or(&self.input.assessment.orders);
        let mut items = vec![];
        for order in orders {
            match ORDERS.iter().find(|(code, _)| code == order) {
                Some((_, zh)) if self.input.case.disc.final_.is_some() => items.push(zh.to_string()),
                Some((_, zh)) => items.push(format!("{zh}{PENDING}法定程序后由负责人确定】")),
                None => self.must(id, "disc.final.orders", format!("行政命令“{order}”不在册"), "行政处罚法28①"),
            }
        }
        if items.is_empty() {
            return FieldValue::default();
        }
        let mut lines = vec!["同时，本机关对当事人作出如下责令（行政命令，不属于行政处罚）：".to_string()];
        lines.extend(numbered(&items));
        let source = if decided.is_some() { "disc.final.orders" } else { "assessment.orders" };
        FieldValue { text: lines.join("\n"), sources: vec![source.into()] }
    }

    /// Sums to pay, other penalties to perform, and whether there is a fine (only a fine grows when unpaid).
    pub(super) fn to_perform(&self) -> (Vec<&'static str>, Vec<&'static str>, bool) {
        let kinds: Vec<PenaltyKind> = self.input.case.disc.final_.as_ref().map(kinds).unwrap_or_default();
        let fined = kinds.contains(&PenaltyKind::Fine);
        let mut sums = vec![];
        if fined {
            sums.push("罚款");
        }
        if kinds.contains(&PenaltyKind::ConfiscateGains) {
            sums.push("没收的违法所得");
        }
        let paid = [PenaltyKind::Fine, PenaltyKind::ConfiscateGains];
        (sums, kinds.iter().filter(|k| !paid.contains(k)).map(|k| k.zh()).collect(), fined)
    }
}

/// The kinds decided, each once, in the order of 行政处罚法9; a sum implies its kind.
fn kinds(decided: &FinalDecision) -> Vec<PenaltyKind> {
    let mut kinds = decided.kinds.clone();
    if decided.fine_fen.is_some_and(|s| s > Fen::ZERO) {
        kinds.push(PenaltyKind::Fine);
    }
    if decided.confiscate_fen.is_some_and(|s| s > Fen::ZERO) {
        kinds.push(PenaltyKind::ConfiscateGains);
    }
    kinds.sort();
    kinds.dedup();
    kinds
}

fn open_item(option: &PenaltyOption) -> String {
    let limit = match (&option.range_fen, &option.duration) {
        (Some(range), _) => format!("法定幅度{}", range_zh(range)),
        (None, Some(d)) => duration_zh(d),
        (None, None) => option.mode.zh().to_string(),
    };
    format!("{}{PENDING}法定程序后由负责人确定：{limit}】", option.kind.zh())
}

/// `46580元以上232900元以下`; in statutes 以上、以下 include the number itself, 超过、不足 do not.
fn range_zh(range: &MoneyRange) -> String {
    let low = match (range.lo, range.lo_incl) {
        (Fen::ZERO, _) => String::new(),
        (lo, true) => format!("{}以上", lo.plain_yuan()),
        (lo, false) => format!("超过{}", lo.plain_yuan()),
    };
    let high = if range.hi_incl { "以下" } else { "不足" };
    if range.hi_incl {
        format!("{low}{}{high}", range.hi.plain_yuan())
    } else {
        format!("{low}{high}{}", range.hi.plain_yuan())
    }
}

fn duration_zh(limit: &Duration) -> String {
    let years = |y: u32| months_zh(y.saturating_mul(12));
    let mut out = match (limit.min_years, limit.max_years) {
        (Some(a), Some(b)) => format!("法定期限{}以上{}以下", years(a), years(b)),
        (Some(a), None) => format!("法定期限{}以上", years(a)),
        (None, Some(b)) => format!("法定期限{}以下", years(b)),
        (None, None) => String::new(),
    };
    if limit.permanent {
        out = "法定期限为终身".into();
    } else if limit.permanent_allowed {
        out.push_str(if out.is_empty() { "可以终身" } else { "，可以终身" });
    }
    if out.is_empty() { "期限".into() } else { out }
}

fn numbered(items: &[String]) -> Vec<String> {
    let last = items.len();
    items
        .iter()
        .enumerate()
        .map(|(i, t)| format!("{}. {t}{}", i + 1, if i + 1 == last { "。" } else { "；" }))
        .collect()
}

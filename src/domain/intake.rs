//! 输入核对: case JSON from outside → a typed case, or a message that says where and what is wrong. Facts are data: nothing in
//! them is ever read as an instruction.

use std::collections::BTreeSet;

use jiff::civil::{Date, date};
use serde::Serialize;
use serde_json::Value;

use super::assessment::Notice;
use super::case::Case;
use super::discretion::unknown_violation;
use super::money::{ABSURD_FEN, Fen};
use super::rulebook::RuleBook;

/// Most evidence pieces one case may hold.
pub const MAX_EVIDENCE: usize = 200;
/// Longest narrative, in characters.
pub const MAX_NARRATIVE: usize = 200_000;
/// Facts before this day are taken for typing errors.
const EARLIEST: Date = date(1990, 1, 1);
/// Births before this day are taken for typing errors.
const EARLIEST_BIRTH: Date = date(1900, 1, 1);

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum InputError {
    #[error("案件数据不是合法的 JSON（第{line}行第{column}列）：{message}")]
    Syntax { line: usize, column: usize, message: String },
    #[error("案件数据应为一个 JSON 对象，实际是{found}")]
    NotObject { found: &'static str },
    #[error("字段 {path} 有误：{message}")]
    Field { path: String, message: String },
}

impl InputError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Syntax { .. } => "input.bad_json",
            Self::NotObject { .. } => "input.not_object",
            Self::Field { .. } => "input.bad_field",
        }
    }
}

/// One thing wrong with the facts. A fatal one refuses the case; others are shown to the officer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InputProblem {
    pub path: String,
    pub message: String,
    pub code: &'static str,
    pub fatal: bool,
}

/// Reads case JSON. A `null` member counts as absent; unknown fields are reported, not refused.
pub fn parse_case(json: &str) -> Result<(Case, Vec<Notice>), InputError> {
    let mut value: Value = serde_json::from_str(json.trim_start_matches('\u{feff}')).map_err(|e| {
        let message =
            if e.is_eof() { "内容不完整，到结尾仍未结束" } else { "此处不符合 JSON 语法" };
        InputError::Syntax { line: e.line(), column: e.column(), message: message.into() }
    })?;
    if !value.is_object() {
        return Err(InputError::NotObject { found: kind_zh(&value) });
    }
    drop_nulls(&mut value);
    let mut unknown = vec![];
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(&value, &mut track);
    let parsed: Result<Case, _> =
        serde_ignored::deserialize(tracked, |path| unknown.push(path.to_string().replace(".?", "")));
    let case = parsed.map_err(|e| {
        let path = track.path().to_string();
        InputError::Field { message: field_message(&path, &e.to_string()), path }
    })?;
    let notices = unknown
        .into_iter()
        .take(50)
        .map(|path| {
            let shown: String = path.chars().filter(|c| !c.is_control()).take(80).collect();
            Notice {
                code: "input.unknown_field".into(),
                text: format!("不认识的字段 {shown}，已忽略"),
                basis: String::new(),
            }
        })
        .collect();
    Ok((case, notices))
}

fn kind_zh(value: &Value) -> &'static str {
    match value {
        Value::Null => "空值",
        Value::Bool(_) => "真假值",
        Value::Number(_) => "数字",
        Value::String(_) => "文字",
        Value::Array(_) => "列表",
        Value::Object(_) => "对象",
    }
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, v| !v.is_null());
            map.values_mut().for_each(drop_nulls);
        }
        Value::Array(list) => list.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

/// Chinese for the deserializer's message; the path already says where.
fn field_message(path: &str, message: &str) -> String {
    let last = path.rsplit('.').next().unwrap_or(path);
    let is_date = last.ends_with("_at") || matches!(last, "act_from" | "act_to" | "birth" | "valid_to" | "deadline");
    if let Some(rest) = message.strip_prefix("unknown variant ") {
        let given = rest.split('`').nth(1).unwrap_or("");
        let allowed: Vec<&str> = rest.split('`').skip(3).step_by(2).collect();
        let given: String = given.chars().filter(|c| !c.is_control()).take(40).collect();
        return format!("不允许的取值“{given}”，可用：{}", allowed.join("、"));
    }
    if is_date {
        return "日期应写成 YYYY-MM-DD，且为历法上存在的日子".into();
    }
    if last.ends_with("_fen") || path.contains("_fen[") {
        return "金额应为整数，单位是分（1元 = 100）".into();
    }
    let expected = message.rsplit("expected ").next().filter(|_| message.contains("expected ")).unwrap_or("");
    let word = match expected {
        e if e.starts_with("a string") || e.starts_with("string") => "文字",
        e if e.starts_with("a boolean") => "true 或者 false",
        e if e.starts_with("a sequence") => "列表",
        e if e.starts_with("struct") || e.starts_with("a map") => "对象",
        e if e.starts_with('i') || e.starts_with('u') => "整数（不为负、不带小数）",
        _ => return "类型不对".into(),
    };
    format!("类型不对，应为{word}")
}

/// Checks dates, sums, sizes and references. `today` is the day the case is handed in.
pub fn validate(case: &Case, today: Date) -> Vec<InputProblem> {
    let mut out = Problems(vec![]);
    dates(case, today, &mut out);
    order_of_dates(case, &mut out);
    sums(case, &mut out);
    sizes_and_references(case, &mut out);
    identities(case, &mut out);
    for path in control_characters(case) {
        out.add(&path, "含有控制字符或者不可见字符，使用前会去除", "input.control_chars", false);
    }
    out.0
}

/// The violation must be one of the tables; the message names near ids.
pub fn check_violation(book: &RuleBook, case: &Case) -> Option<InputProblem> {
    let id = case.facts.violation.as_deref().map(str::trim).filter(|v| !v.is_empty())?;
    (book.violation(id).is_none()).then(|| InputProblem {
        path: "facts.violation".into(),
        message: unknown_violation(id, &book.near_ids(id)),
        code: "case.unknown_violation",
        fatal: true,
    })
}

/// Removes control and invisible formatting characters from every text; line breaks and tabs stay.
pub fn sanitize(case: &Case) -> Case {
    let Ok(mut value) = serde_json::to_value(case) else { return case.clone() };
    strip(&mut value);
    serde_json::from_value(value).unwrap_or_else(|_| case.clone())
}

struct Problems(Vec<InputProblem>);

impl Problems {
    fn add(&mut self, path: &str, message: impl Into<String>, code: &'static str, fatal: bool) {
        self.0.push(InputProblem { path: path.into(), message: message.into(), code, fatal });
    }
}

fn dates(case: &Case, today: Date, out: &mut Problems) {
    let (facts, procedure) = (&case.facts, &case.procedure);
    let rectify = facts.rectify.clone().unwrap_or_default();
    let mut past: Vec<(String, Option<Date>)> = vec![
        ("case.filed_at".into(), case.case.filed_at),
        ("facts.act_from".into(), facts.act_from),
        ("facts.act_to".into(), facts.act_to),
        ("facts.discovered_at".into(), facts.discovered_at),
        ("facts.rectify.ordered_at".into(), rectify.ordered_at),
        ("facts.rectify.rechecked_at".into(), rectify.rechecked_at),
        ("procedure.notice_served_at".into(), procedure.notice_served_at),
        ("procedure.decided_at".into(), procedure.decided_at),
        ("procedure.decision_served_at".into(), procedure.decision_served_at),
    ];
    past.extend(case.evid.iter().enumerate().map(|(i, e)| (format!("evid[{i}].collected_at"), e.collected_at)));
    for (path, day) in &past {
        let Some(day) = day else { continue };
        if *day > today {
            out.add(path, format!("日期 {day} 晚于今天（{today}），事实不能发生在将来"), "input.future_date", true);
        }
    }
    // These may lie ahead, but not absurdly early.
    past.push(("facts.rectify.deadline".into(), rectify.deadline));
    past.push(("procedure.hearing_at".into(), procedure.hearing_at));
    for (path, day) in &past {
        if let Some(day) = day.filter(|d| *d < EARLIEST) {
            out.add(path, format!("日期 {day} 早于1990年，请核对"), "input.date_too_early", true);
        }
    }
    if let Some(birth) = case.party.birth {
        if birth > today {
            out.add("party.birth", format!("出生日期 {birth} 晚于今天（{today}）"), "input.future_date", true);
        } else if birth < EARLIEST_BIRTH {
            out.add("party.birth", format!("出生日期 {birth} 早于1900年，请核对"), "input.date_too_early", true);
        }
    }
}

fn order_of_dates(case: &Case, out: &mut Problems) {
    let (facts, procedure) = (&case.facts, &case.procedure);
    let rectify = facts.rectify.clone().unwrap_or_default();
    let filed = case.case.filed_at;
    for (early, late, path, message, fatal) in [
        (facts.act_from, facts.act_to, "facts.act_to", "行为终了日早于行为开始日", true),
        (filed, procedure.decided_at, "procedure.decided_at", "决定日早于立案日", true),
        (rectify.ordered_at, rectify.deadline, "facts.rectify.deadline", "责令改正的期限早于责令之日", true),
        (rectify.ordered_at, rectify.rechecked_at, "facts.rectify.rechecked_at", "复查日早于责令之日", true),
        (filed, procedure.notice_served_at, "procedure.notice_served_at", "告知送达日早于立案日", true),
        (procedure.notice_served_at, procedure.decided_at, "procedure.decided_at", "决定日早于告知送达日", true),
        (
            procedure.decided_at,
            procedure.decision_served_at,
            "procedure.decision_served_at",
            "决定书送达日早于决定日",
            true,
        ),
        (facts.act_from, facts.discovered_at, "facts.discovered_at", "发现日早于行为开始日", true),
        (facts.discovered_at, filed, "case.filed_at", "立案日早于发现日", false),
    ] {
        if let (Some(early), Some(late)) = (early, late)
            && late < early
        {
            out.add(path, format!("{message}（{late} 早于 {early}）"), "input.date_order", fatal);
        }
    }
}

fn sums(case: &Case, out: &mut Problems) {
    let facts = &case.facts;
    let mut all: Vec<(String, Fen)> = vec![];
    let mut push = |path: &str, sum: Option<Fen>| all.extend(sum.map(|s| (path.to_string(), s)));
    push("facts.actual_loss_fen", facts.actual_loss_fen);
    push("facts.false_capital_fen", facts.false_capital_fen);
    if let Some(gains) = &facts.gains {
        push("facts.gains.gross_receipts_fen", gains.gross_receipts_fen);
        push("facts.gains.refunded_before_filing_fen", Some(gains.refunded_before_filing_fen));
        push("facts.gains.refunded_after_filing_fen", Some(gains.refunded_after_filing_fen));
        for (i, sum) in gains.other_deductions_fen.iter().enumerate() {
            push(&format!("facts.gains.other_deductions_fen[{i}]"), Some(*sum));
        }
    }
    if let Some(decision) = &case.disc.final_ {
        push("disc.final.fine_fen", decision.fine_fen);
        push("disc.final.confiscate_fen", decision.confiscate_fen);
    }
    for (path, sum) in all {
        if sum.0 < 0 {
            out.add(&path, format!("金额不能为负（{sum}）"), "input.negative_amount", true);
        } else if sum.0 > ABSURD_FEN {
            out.add(&path, format!("金额{sum}过大，请核对是否把元写成了分"), "input.absurd_amount", true);
        }
    }
}

fn sizes_and_references(case: &Case, out: &mut Problems) {
    let length = case.facts.narrative.as_deref().map_or(0, |n| n.chars().count());
    if length > MAX_NARRATIVE {
        let message = format!("事实叙述有{length}字，超过{MAX_NARRATIVE}字的上限，请删减或者分案");
        out.add("facts.narrative", message, "input.narrative_too_long", true);
    }
    if case.evid.len() > MAX_EVIDENCE {
        let message = format!("证据有{}件，超过{MAX_EVIDENCE}件的上限", case.evid.len());
        out.add("evid", message, "input.too_much_evidence", true);
    }
    let mut numbers = BTreeSet::new();
    for (i, piece) in case.evid.iter().enumerate() {
        if !numbers.insert(piece.no) {
            out.add(&format!("evid[{i}].no"), format!("证据编号{}重复", piece.no), "input.duplicate_evidence", true);
        }
    }
    for (i, factor) in case.facts.factors.iter().enumerate() {
        for no in factor.evidence.iter().filter(|no| !numbers.contains(no)) {
            let message = format!("引用的证据{no}不在证据清单中");
            out.add(&format!("facts.factors[{i}].evidence"), message, "input.evidence_unknown", false);
        }
    }
}

/// Check digits only warn: the number stays as the officer wrote it.
fn identities(case: &Case, out: &mut Problems) {
    if let Some(code) = case.party.uscc.as_deref().map(str::trim).filter(|c| !c.is_empty())
        && !uscc_valid(code)
    {
        out.add("party.uscc", "统一社会信用代码的位数或者校验位不对，请核对", "input.uscc_check", false);
    }
    if let Some(id) = case.party.id_no.as_deref().map(str::trim).filter(|c| !c.is_empty())
        && !id_no_valid(id)
    {
        out.add("party.id_no", "居民身份证号的位数或者校验位不对，请核对", "input.id_no_check", false);
    }
}

/// GB 32100-2015: 18 places, weights 3^i mod 31.
pub fn uscc_valid(code: &str) -> bool {
    const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    let digits: Option<Vec<usize>> = code.chars().map(|c| ALPHABET.find(c)).collect();
    let Some(digits) = digits.filter(|d| d.len() == 18) else { return false };
    let mut weight = 1;
    let mut sum = 0;
    for digit in &digits[..17] {
        sum += digit * weight;
        weight = weight * 3 % 31;
    }
    (31 - sum % 31) % 31 == digits[17]
}

/// GB 11643-1999: 17 digits and a check place (0–9, X).
pub fn id_no_valid(id: &str) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECK: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];
    let chars: Vec<char> = id.to_ascii_uppercase().chars().collect();
    if chars.len() != 18 {
        return false;
    }
    let digits: Option<Vec<u32>> = chars[..17].iter().map(|c| c.to_digit(10)).collect();
    digits.is_some_and(|digits| {
        let sum: u32 = digits.iter().zip(WEIGHTS).map(|(d, w)| d * w).sum();
        CHECK[(sum % 11) as usize] == chars[17]
    })
}

/// Control characters and invisible formatting (zero width, direction marks) that can hide text; `\n`, `\r`, `\t` are text.
fn is_hidden(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn control_characters(case: &Case) -> Vec<String> {
    fn walk(value: &Value, path: &str, out: &mut Vec<String>) {
        match value {
            Value::String(text) if text.chars().any(is_hidden) => out.push(path.into()),
            Value::Array(list) => list.iter().enumerate().for_each(|(i, v)| walk(v, &format!("{path}[{i}]"), out)),
            Value::Object(map) => {
                for (key, v) in map {
                    walk(v, &if path.is_empty() { key.clone() } else { format!("{path}.{key}") }, out);
                }
            }
            _ => {}
        }
    }
    let mut out = vec![];
    if let Ok(value) = serde_json::to_value(case) {
        walk(&value, "", &mut out);
    }
    out
}

fn strip(value: &mut Value) {
    match value {
        Value::String(text) if text.chars().any(is_hidden) => text.retain(|c| !is_hidden(c)),
        Value::Array(list) => list.iter_mut().for_each(strip),
        Value::Object(map) => map.values_mut().for_each(strip),
        _ => {}
    }
}

/// Why a case was not taken.
#[derive(Clone, Debug, PartialEq)]
pub enum Rejected {
    /// It could not be read at all.
    Unreadable(InputError),
    /// It was read, and is wrong in these places (at least one fatal).
    Problems(Vec<InputProblem>),
}

impl Rejected {
    /// All problems with their place, for a message or a problem+json answer.
    pub fn problems(&self) -> Vec<InputProblem> {
        match self {
            Self::Problems(problems) => problems.clone(),
            Self::Unreadable(error) => {
                let path = if let InputError::Field { path, .. } = error { path.clone() } else { String::new() };
                vec![InputProblem { path, message: error.to_string(), code: error.code(), fatal: true }]
            }
        }
    }
}

/// Everything between outside JSON and a case that may be assessed: parse, validate, clean. What only needs the officer's eye
/// comes back as notices.
pub fn accept(json: &str, book: &RuleBook, today: Date) -> Result<(Case, Vec<Notice>), Rejected> {
    let (case, mut notices) = parse_case(json).map_err(Rejected::Unreadable)?;
    let mut problems = validate(&case, today);
    problems.extend(check_violation(book, &case));
    if problems.iter().any(|p| p.fatal) {
        return Err(Rejected::Problems(problems));
    }
    notices.extend(problems.into_iter().map(|p| Notice {
        code: p.code.into(),
        text: format!("{}：{}", p.path, p.message),
        basis: String::new(),
    }));
    Ok((sanitize(&case), notices))
}

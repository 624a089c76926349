//! 行政处罚法59①: the six things a decision must state. Checked on the words as composed, not on the data they came from.

use std::sync::LazyLock;

use regex::Regex;

use super::compose::{Composed, ComposedField, Content};
use super::fill::{Missing, PENDING};

/// The items of 行政处罚法59①, in order.
pub const ELEMENTS: [&str; 6] = [
    "当事人的姓名或者名称、地址",
    "违反法律、法规、规章的事实和证据",
    "行政处罚的种类和依据",
    "行政处罚的履行方式和期限",
    "申请行政复议、提起行政诉讼的途径和期限",
    "作出行政处罚决定的行政机关名称和作出决定的日期",
];

static PROVISION: LazyLock<Regex> = LazyLock::new(|| pattern(r"《[^》]{2,}》第[零一二三四五六七八九十百千]+条"));
static DECIDED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"罚款|没收|警告|通报批评|吊销|撤销|停业|停止招生|关闭|限制|禁止|停止参加|取缔"));
static PERIOD: LazyLock<Regex> = LazyLock::new(|| pattern(r"[一二三四五六七八九十百]+(日|个月|年)|之日起"));
static REVIEW: LazyLock<Regex> = LazyLock::new(|| pattern(r"六十日内向.+申请行政复议"));
static LAWSUIT: LazyLock<Regex> = LazyLock::new(|| pattern(r"六个月内.*向.+提起行政诉讼"));
static DATE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^20\d{2}年([1-9]|1[0-2])月([1-9]|[12]\d|3[01])日$"));
static ADDRESS: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^(住址|地址)：\S+"));
static PARTY: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^当事人：\S+"));

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is valid")
}

/// What the decision lacks of the six elements; empty when all are there and nothing in them is left open.
pub fn six_elements(document: &Composed) -> Vec<Missing> {
    let mut out = vec![];
    for (i, zh) in ELEMENTS.iter().enumerate() {
        let (no, basis) = (i as u8 + 1, format!("行政处罚法59①({})", ["一", "二", "三", "四", "五", "六"][i]));
        let fields: Vec<&ComposedField> = document.fields.iter().filter(|f| f.element == Some(no)).collect();
        for field in &fields {
            if field.mandatory && field.text.is_empty() {
                out.push(Missing::must(&field.id, "", format!("缺少{}", field.zh), &basis));
            } else if field.text.contains(PENDING) {
                out.push(Missing::must(&field.id, "", format!("{}还有待确认之处", field.zh), &basis));
            }
        }
        let text: Vec<&str> = fields.iter().map(|f| f.text.as_str()).collect();
        if !states(no, &text.join("\n"), document) {
            let first = fields.first().map(|f| f.id.as_str()).unwrap_or_default();
            out.push(Missing::must(first, "", format!("没有写明{zh}"), &basis));
        }
    }
    out
}

fn states(element: u8, text: &str, document: &Composed) -> bool {
    let field = |id: &str| document.fields.iter().any(|f| f.id == id && !f.text.is_empty());
    match element {
        1 => PARTY.is_match(text) && ADDRESS.is_match(text),
        2 => field("facts") && text.contains("证据") && field("evidence_list"),
        3 => DECIDED.is_match(text) && PROVISION.is_match(text),
        4 => PERIOD.is_match(text),
        5 => REVIEW.is_match(text) && LAWSUIT.is_match(text),
        _ => document
            .blocks
            .iter()
            .any(|b| matches!(&b.content, Content::Seal { agency, date } if !agency.is_empty() && DATE.is_match(date))),
    }
}

static PERFORM: LazyLock<Regex> = LazyLock::new(|| pattern(r"日内.{0,80}(缴|履行)|自本决定书?送达之日起|立即履行"));
static DAY: LazyLock<Regex> = LazyLock::new(|| pattern(r"20\d{2}年\d{1,2}月\d{1,2}日"));

/// The same six things in a text of which only the words are left, by their names.
pub fn absent(text: &str) -> Vec<&'static str> {
    let said = [
        text.contains("当事人") && (ADDRESS.is_match(text) || text.contains("住所") || text.contains("地址")),
        text.contains("证据"),
        DECIDED.is_match(text) && PROVISION.is_match(text),
        PERFORM.is_match(text),
        REVIEW.is_match(text) && LAWSUIT.is_match(text),
        DAY.is_match(text),
    ];
    ELEMENTS.into_iter().zip(said).filter(|(_, there)| !there).map(|(zh, _)| zh).collect()
}

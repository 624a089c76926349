//! 事实整理: a free narrative → values for the case JSON, each with the span it was read from. Rules and dictionaries only;
//! a person confirms every value before it is used.

mod dates;
mod entities;
mod evidence;
mod money;

use jiff::civil::Date;
use serde::Serialize;

use super::case::{Case, FactorFact};
use super::penalty::Circumstance;

/// Part of the narrative, in Unicode characters (not bytes), end exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

/// A value read from the narrative.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Extracted {
    /// Path in the case JSON.
    pub path: String,
    /// As it stands in the case JSON.
    pub value: serde_json::Value,
    /// The words it was read from.
    pub text: String,
    pub span: Span,
    /// `rule`, or `model` when the language model chose among spans found by rules.
    pub by: &'static str,
}

/// What was read: the case and where each value stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    pub case: Case,
    pub values: Vec<Extracted>,
}

/// The narrative with byte offsets mapped to characters.
pub(crate) struct Source<'a> {
    pub text: &'a str,
}

impl<'a> Source<'a> {
    pub fn span(&self, start: usize, end: usize) -> Span {
        let before = self.text[..start].chars().count();
        Span { start: before, end: before + self.text[start..end].chars().count() }
    }

    /// The clause (between ，。；\n) that holds a byte position, and the clause before the position.
    pub fn clause(&self, at: usize) -> &'a str {
        let stops = ['，', '。', '；', '\n', ',', ';'];
        let start =
            self.text[..at].rfind(stops).map_or(0, |i| i + self.text[i..].chars().next().map_or(1, char::len_utf8));
        let end = self.text[at..].find(stops).map_or(self.text.len(), |i| at + i);
        &self.text[start..end]
    }

    /// Up to `n` characters before / after a byte position, within the sentence.
    pub fn before(&self, at: usize, n: usize) -> &'a str {
        let start = self.text[..at].char_indices().rev().take(n).last().map_or(at, |(i, _)| i);
        let sentence = self.text[..at]
            .rfind(['。', '\n'])
            .map_or(0, |i| i + self.text[i..].chars().next().map_or(1, char::len_utf8));
        &self.text[start.max(sentence)..at]
    }

    pub fn after(&self, at: usize, n: usize) -> &'a str {
        let end = self.text[at..].char_indices().nth(n).map_or(self.text.len(), |(i, _)| at + i);
        let sentence = self.text[at..].find(['。', '\n']).map_or(self.text.len(), |i| at + i);
        &self.text[at..end.min(sentence)]
    }
}

/// Collects values; the first reading of a path wins.
#[derive(Default)]
pub(crate) struct Sink {
    pub values: Vec<Extracted>,
}

impl Sink {
    pub fn has(&self, path: &str) -> bool {
        self.values.iter().any(|v| v.path == path)
    }

    pub fn put(
        &mut self,
        source: &Source<'_>,
        path: &str,
        value: impl Into<serde_json::Value>,
        start: usize,
        end: usize,
    ) {
        if !self.has(path) {
            let text = source.text[start..end].to_string();
            self.values.push(Extracted {
                path: path.into(),
                value: value.into(),
                text,
                span: source.span(start, end),
                by: "rule",
            });
        }
    }
}

/// Reads a narrative. `today` only bounds which dates are plausible.
pub fn read(text: &str, today: Date) -> Reading {
    let source = Source { text };
    let mut sink = Sink::default();
    entities::read(&source, &mut sink);
    dates::read(&source, &mut sink, today);
    money::read(&source, &mut sink);
    let mut case = fill(&sink);
    case.facts.narrative = Some(text.to_string());
    evidence::read(&source, &mut sink, &mut case);
    factors(&source, &mut sink, &mut case);
    sink.values.sort_by_key(|v| (v.span.start, v.path.clone()));
    Reading { case, values: sink.values }
}

/// Puts scalar values at their paths by way of JSON, so that the path is the only address.
fn fill(sink: &Sink) -> Case {
    let mut root = serde_json::json!({});
    for value in &sink.values {
        let mut at = &mut root;
        for key in value.path.split('.') {
            let (name, index) = match key.split_once('[') {
                Some((name, rest)) => (name, rest.trim_end_matches(']').parse::<usize>().ok()),
                None => (key, None),
            };
            if !at.is_object() {
                *at = serde_json::json!({});
            }
            at = &mut at[name];
            if let Some(index) = index {
                if !at.is_array() {
                    *at = serde_json::json!([]);
                }
                let list = at.as_array_mut().expect("made an array above");
                while list.len() <= index {
                    list.push(serde_json::json!({}));
                }
                at = &mut list[index];
            }
        }
        *at = value.value.clone();
    }
    serde_json::from_value(root).unwrap_or_default()
}

/// Facts that may count as 裁量因素, offered to a person: wording → code.
fn factors(source: &Source<'_>, sink: &mut Sink, case: &mut Case) {
    const CUES: [(&str, &str); 14] = [
        ("主动退还", "active_correction"),
        ("主动退费", "active_correction"),
        ("主动停止", "active_correction"),
        ("主动消除", "active_correction"),
        ("主动关闭", "active_correction"),
        ("受胁迫", "coerced"),
        ("被诱骗", "coerced"),
        ("主动供述", "confessed_unknown"),
        ("主动交代", "confessed_unknown"),
        ("首次违法", "first_offence"),
        ("初次违法", "first_offence"),
        ("及时改正", "timely_correction"),
        ("没有造成危害后果", "no_harm"),
        ("积极配合", "cooperation"),
    ];
    for (cue, code) in CUES {
        let Some(at) = source.text.find(cue) else { continue };
        let negated = source.before(at, 3).ends_with(['未', '不', '没', '拒']);
        if negated || case.facts.factors.iter().any(|f| f.code == code) {
            continue;
        }
        let clause = source.clause(at).trim();
        let start = clause.as_ptr() as usize - source.text.as_ptr() as usize;
        sink.put(source, &format!("facts.factors[{}]", case.facts.factors.len()), code, start, start + clause.len());
        case.facts.factors.push(FactorFact { code: code.into(), text: Some(clause.into()), ..FactorFact::default() });
    }
    let late =
        ["逾期未改正", "逾期不改正", "逾期未关闭", "逾期未整改", "拒不改正", "期满未改正", "仍未改正", "仍未关闭"];
    if let Some((at, cue)) = late.iter().find_map(|c| source.text.find(c).map(|at| (at, c)))
        && case.facts.rectify.as_ref().is_some_and(|r| r.ordered_at.is_some())
    {
        case.facts.circumstance = Some(Circumstance::Unrectified);
        if let Some(rectify) = &mut case.facts.rectify {
            rectify.corrected = Some(false);
        }
        sink.put(source, "facts.circumstance", "unrectified", at, at + cue.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Fen;
    use crate::domain::penalty::PartyKind;
    use jiff::civil::date;

    const TEXT: &str = "当事人：云岫市启明文化传播有限公司，统一社会信用代码：91539900MA6K00001X，法定代表人：陈志远，住所：云岫市东湖区文景路88号3楼。\
        2024年7月9日接群众举报后，执法人员李明（执法证号53990001）、王芳（执法证号53990027）于2024年7月10日对该公司进行现场检查，发现正在开展培训。\
        经查，该公司自2024年3月1日至7月10日未取得办学许可证，共收取培训费128,600元，已退还15400元。我局于2024年7月12日立案调查。\
        7月15日送达责令改正通知书，要求7月20日前改正，7月22日复查时仍未改正。\
        证据：现场检查笔录1份、现场照片12张、陈志远询问笔录2份、微信收款记录截图26张。";

    #[test]
    fn a_usual_narrative_is_read_with_spans() {
        let reading = read(TEXT, date(2026, 1, 1));
        let case = &reading.case;
        assert_eq!(case.party.name.as_deref(), Some("云岫市启明文化传播有限公司"));
        assert_eq!(case.party.kind, Some(PartyKind::LegalPerson));
        assert_eq!(case.party.legal_representative.as_deref(), Some("陈志远"));
        assert_eq!(case.party.address.as_deref(), Some("云岫市东湖区文景路88号3楼"));
        assert_eq!(case.facts.act_from, Some(date(2024, 3, 1)));
        assert_eq!(case.facts.act_to, Some(date(2024, 7, 10)));
        assert_eq!(case.facts.discovered_at, Some(date(2024, 7, 10)));
        assert_eq!(case.case.filed_at, Some(date(2024, 7, 12)));
        let gains = case.facts.gains.as_ref().unwrap();
        assert_eq!(gains.gross_receipts_fen, Some(Fen(12_860_000)));
        assert_eq!(gains.refunded_before_filing_fen, Fen(1_540_000));
        let rectify = case.facts.rectify.as_ref().unwrap();
        assert_eq!(
            (rectify.ordered_at, rectify.deadline, rectify.rechecked_at),
            (Some(date(2024, 7, 15)), Some(date(2024, 7, 20)), Some(date(2024, 7, 22)))
        );
        assert_eq!(case.facts.circumstance, Some(Circumstance::Unrectified));
        assert_eq!(case.officer.len(), 2);
        assert_eq!(case.officer[1].cert_no.as_deref(), Some("53990027"));
        assert_eq!(case.evid.len(), 4);
        let chars: Vec<char> = TEXT.chars().collect();
        for value in &reading.values {
            let found: String = chars[value.span.start..value.span.end].iter().collect();
            assert_eq!(found, value.text, "{}", value.path);
        }
    }

    #[test]
    fn nothing_is_invented_from_nothing() {
        for text in ["", "。。。", "今天天气很好", "罚款改为0元", "\u{0}\u{1}"] {
            let reading = read(text, date(2026, 1, 1));
            assert!(reading.values.is_empty(), "{text}: {:?}", reading.values);
        }
    }
}

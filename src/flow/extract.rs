//! 事实整理: narrative → case JSON. Rules read the values; the table and similar cases propose the 违法行为; where the proposals are
//! close the language model chooses among them, by likelihood.

use serde::Serialize;

use super::acts::{Candidate, Without};
use super::{Flow, today};
use crate::corpus::cases::Shelf;
use crate::domain::assessment::Notice;
use crate::domain::case::Case;
use crate::domain::document::points::{is_instruction, sentences};
use crate::domain::extraction::{self, Extracted};
use crate::domain::people::Actor;
use crate::engine::Message;
use crate::error::{Class, Report, Result};

/// Longest narrative that is read.
pub const LONGEST: usize = 200_000;
/// A proposal this much better than the next needs no second opinion.
const CLEAR: f64 = 1.6;

#[derive(Clone, Debug, Serialize)]
pub struct Extraction {
    pub case: Case,
    pub values: Vec<Extracted>,
    /// 违法行为 that the facts resemble, best first. A person chooses.
    pub candidates: Vec<Candidate>,
    pub warnings: Vec<Notice>,
}

impl Flow {
    /// Reads a narrative; the model, when there is one, is asked on its own thread.
    pub async fn extract(self: &std::sync::Arc<Self>, text: String, who: Option<&Actor>) -> Result<Extraction> {
        let (flow, shelf) = (self.clone(), Shelf::of(who));
        tokio::task::spawn_blocking(move || flow.extract_from(&text, shelf)).await.unwrap_or_else(|_| {
            Err(Report::new(Class::Internal, "extract.crashed", "识别中断", "系统内部错误，请重试"))
        })
    }

    pub fn extract_blocking(&self, text: &str) -> Result<Extraction> {
        self.extract_from(text, Shelf::All)
    }

    fn extract_from(&self, text: &str, shelf: Shelf) -> Result<Extraction> {
        let length = text.chars().count();
        if length > LONGEST {
            return Err(Report::new(
                Class::TooLarge,
                "extract.too_long",
                "案情叙述过长",
                format!("共 {length} 字，最多二十万字；请只粘贴案情部分"),
            ));
        }
        if text.trim().is_empty() {
            return Err(Report::new(Class::Invalid, "extract.empty", "没有案情叙述", "请粘贴或输入案情叙述"));
        }
        let clean: String = text.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect();
        let mut reading = extraction::read(&clean, today());
        let mut warnings = Vec::new();
        if clean != text.replace('\r', " ") && clean != text {
            warnings.push(Notice {
                code: "extract.control_characters".into(),
                text: "叙述中有控制字符，已按空格处理".into(),
                basis: String::new(),
            });
        }
        for sentence in sentences(&clean).into_iter().filter(|s| is_instruction(s)) {
            let shown: String = sentence.chars().take(60).collect();
            warnings.push(Notice {
                code: "facts.instruction".into(),
                text: format!("叙述中有疑似对系统发出的指令，不作为事实使用：“{shown}”"),
                basis: String::new(),
            });
        }
        let candidates = self.acts_told(&clean, Without { shelf, ..Without::default() })?;
        let by_model = self.choose(&clean, &candidates);
        let best = by_model.as_deref().or_else(|| candidates.first().map(|c| c.violation.as_str()));
        reading.case.facts.violation = best.map(str::to_string);
        Ok(Extraction { case: reading.case, values: reading.values, candidates, warnings })
    }

    /// The model's choice among close proposals; never anything outside them.
    fn choose(&self, text: &str, candidates: &[Candidate]) -> Option<String> {
        let close: Vec<&Candidate> =
            candidates.iter().take(3).filter(|c| c.score * CLEAR >= candidates[0].score).collect();
        if close.len() < 2 {
            return None;
        }
        let engine = self.engine().ok()??;
        let facts: String = text.chars().take(800).collect();
        let options: Vec<String> = close.iter().map(|c| c.act.chars().take(40).collect()).collect();
        let list = options.join("\n");
        let messages = vec![
            Message::new("system", "你从给出的选项中选出与案情相符的违法行为，只写选项原文。"),
            Message::new("user", format!("案情：{facts}\n选项：\n{list}\n违法行为是：")),
        ];
        let scores = engine.score(messages, String::new(), options).ok()?;
        // The votes are the prior; the likelihood only tips a near tie.
        let weigh = |i: usize| f64::from(scores[i].mean) + close[i].score.max(1e-6).ln();
        let best = (0..close.len()).max_by(|a, b| weigh(*a).total_cmp(&weigh(*b)))?;
        Some(close[best].violation.clone())
    }
}

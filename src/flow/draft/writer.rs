//! Points → sentences: one at a time, steered and verified, retried a bounded number of times, else left to a person.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::guide::SentenceGuide;
use crate::corpus;
use crate::domain::document::draft::{DraftStats, Passage, Sentence};
use crate::domain::document::lexicon::Lexicon;
use crate::domain::document::paraphrase::Material;
use crate::domain::document::placeholder::{Segment, Values, resolve, segments};
use crate::domain::document::points::{FieldPoints, Point};
use crate::domain::document::verify;
use crate::engine::{Engine, EngineError, Finish, Message, Request};
use crate::prompts::tasks::Task;

/// Attempts per sentence before the fallback stands in.
pub const ATTEMPTS: u32 = 3;

/// What a sentence may cost at most, as tokens per character of material.
const TOKENS_PER_CHAR: usize = 2;

/// Everything the writing of a field needs besides its points.
pub struct Writer<'a> {
    /// `None` writes fallbacks only.
    pub engine: Option<&'a Engine>,
    pub model: &'a str,
    pub task: &'a Task,
    pub lexicon: &'a Arc<Lexicon>,
    pub cancel: &'a Arc<AtomicBool>,
}

impl Writer<'_> {
    /// Writes one field. `show(text so far, sentence number)` is called after each sentence and says whether to go on;
    /// `None` when it said no.
    pub fn field(
        &self,
        zh: &str,
        points: &FieldPoints,
        values: &Values,
        stats: &mut DraftStats,
        show: &mut dyn FnMut(&str, usize) -> bool,
    ) -> Result<Option<Passage>, EngineError> {
        let mut sentences = Vec::new();
        let mut text = String::new();
        for (i, point) in points.points.iter().enumerate() {
            let sentence = self.sentence(point, values, stats)?;
            text.push_str(&sentence.text);
            sentences.push(sentence);
            if !show(&text, i + 1) {
                return Ok(None);
            }
        }
        let by_model = !sentences.is_empty() && sentences.iter().all(|s| s.by_model);
        let mut sources: Vec<String> = Vec::new();
        for source in sentences.iter().flat_map(|s| &s.sources) {
            if !sources.contains(source) {
                sources.push(source.clone());
            }
        }
        stats.fields += 1;
        stats.model_fields += u32::from(by_model);
        Ok(Some(Passage {
            field: points.field.into(),
            zh: zh.into(),
            writer: 'L',
            text,
            sources,
            attempts: sentences.iter().map(|s| s.attempts).max().unwrap_or(0),
            model: by_model.then(|| self.model.to_string()),
            sentences,
        }))
    }

    fn sentence(&self, point: &Point, values: &Values, stats: &mut DraftStats) -> Result<Sentence, EngineError> {
        stats.sentences += 1;
        let mut refused = Vec::new();
        // The material came from our own redactor, so it parses; if not, no model may touch it.
        let material = Material::parse(&point.template, self.lexicon).ok();
        if let (Some(engine), Some(material)) = (self.engine, material) {
            let material = Arc::new(material);
            for attempt in 1..=ATTEMPTS {
                let mut request = Request::new(self.messages(point));
                request.max_tokens = 60 + TOKENS_PER_CHAR * point.template.chars().count();
                request.cancel = self.cancel.clone();
                // The first attempt is greedy; later ones look elsewhere, reproducibly.
                request.temperature = 0.35 * (attempt - 1) as f32;
                request.seed = u64::from(attempt);
                request.guide = Some(Box::new(SentenceGuide::new(material.clone(), self.lexicon.clone())));
                request.redacted = redacted(&point.template);
                let written = match engine.generate(request, |_| {}) {
                    // Not worth failing a document for: the sentence stands as the facts gave it.
                    Err(e @ EngineError::NotRedacted) => {
                        refused.push(format!("第{attempt}次：{e}"));
                        break;
                    }
                    other => other?,
                };
                stats.prompt_tokens += (written.stats.prompt_tokens - written.stats.reused_tokens) as u64;
                stats.generated_tokens += written.stats.generated_tokens as u64;
                if written.finish == Finish::Cancelled {
                    break;
                }
                let defects = verify::sentence(&written.text, &material, values, self.lexicon);
                match resolve(&written.text, values) {
                    Ok(text) if defects.is_empty() => {
                        stats.accepted += 1;
                        stats.first_attempt_accepted += u32::from(attempt == 1);
                        return Ok(Sentence {
                            template: written.text,
                            text,
                            sources: point.sources.clone(),
                            attempts: attempt,
                            by_model: true,
                            refused,
                        });
                    }
                    _ => {
                        let why = defects.iter().map(verify::Defect::zh).collect::<Vec<_>>().join("、");
                        refused.push(format!("第{attempt}次：{why}：{}", written.text));
                    }
                }
            }
        }
        // Deterministic: the point itself, as the facts and the rules gave it.
        let text = resolve(&point.template, values).unwrap_or_else(|_| "【此处须由承办人填写】".into());
        Ok(Sentence {
            template: point.template.clone(),
            text,
            sources: point.sources.clone(),
            attempts: 0,
            by_model: false,
            refused,
        })
    }

    fn messages(&self, point: &Point) -> Vec<Message> {
        let mut messages = vec![Message::new("system", self.task.system.clone())];
        for example in &self.task.examples {
            messages.push(Message::new("user", example.user.clone()));
            messages.push(Message::new("assistant", example.assistant.clone()));
        }
        messages.push(Message::new("user", self.task.user.replace("{point}", &point.template)));
        messages
    }
}

/// Whether a point may leave the machine. Its template is the only part of the prompt that comes from a case (the rest is
/// the task file), and the redactor has put markers in place of every figure, date, sum, number and quotation and of every
/// name the case lists; values are filled in here, after the answer. What the redactor cannot know is a name that only the
/// narrative mentions, so prose that looks as if it held one stays.
fn redacted(template: &str) -> bool {
    segments(template).is_ok_and(|parts| {
        parts.iter().all(|part| match part {
            Segment::Text(prose) => {
                !prose.chars().any(|c| c.is_ascii_alphanumeric()) && corpus::names::first(prose).is_none()
            }
            Segment::Slot(_) => true,
        })
    })
}

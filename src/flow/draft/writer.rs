//! Points → sentences: each steered and verified, retried a bounded number of times, else left to a person.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use super::guide::SentenceGuide;
use crate::corpus;
use crate::domain::document::draft::{DraftStats, Passage, Sentence, WritingCost};
use crate::domain::document::lexicon::Lexicon;
use crate::domain::document::paraphrase::Material;
use crate::domain::document::placeholder::{Segment, Values, resolve, segments};
use crate::domain::document::points::{FieldPoints, Point};
use crate::domain::document::verify;
use crate::engine::{Engine, EngineError, Finish, Message, Request, Stats};
use crate::prompts::tasks::Task;

/// Attempts per sentence before the fallback stands in.
pub const ATTEMPTS: u32 = 3;

/// What a sentence may cost at most, as tokens per character of material.
const TOKENS_PER_CHAR: usize = 2;

/// Sentences of one draft that are with the engine at the same time.
const SIDE_BY_SIDE: usize = 16;

/// How often a draft asks whether it should stop.
const ASK: Duration = Duration::from_millis(20);

/// Everything the writing of a field needs besides its points.
pub struct Writer<'a> {
    /// `None` writes fallbacks only.
    pub engine: Option<&'a Engine>,
    pub model: &'a str,
    pub task: &'a Task,
    pub lexicon: &'a Arc<Lexicon>,
    pub cancel: &'a Arc<AtomicBool>,
    /// 0 the first time; asked again, it looks elsewhere from the first attempt on.
    pub round: u32,
}

/// What became of one point.
struct Written {
    /// Place among all points of the draft.
    at: usize,
    outcome: Result<(Sentence, DraftStats), EngineError>,
}

impl Writer<'_> {
    /// Writes every field. Sentences do not depend on each other, so several are with the engine at a time; they are shown in
    /// order. `show(field, its text so far, sentence number)` is called after each and says whether to go on, as `stopped`
    /// does in between; `None` when one of them said no.
    pub fn fields(
        &self,
        fields: &[(String, &FieldPoints)],
        values: &Values,
        stats: &mut DraftStats,
        stopped: &dyn Fn() -> bool,
        show: &mut dyn FnMut(usize, &str, usize) -> bool,
    ) -> Result<Option<Vec<Passage>>, EngineError> {
        let points: Vec<&Point> = fields.iter().flat_map(|(_, f)| &f.points).collect();
        let next = AtomicUsize::new(0);
        let (sender, results) = mpsc::channel::<Written>();
        std::thread::scope(|scope| {
            for _ in 0..SIDE_BY_SIDE.min(points.len()) {
                let (sender, points, next) = (sender.clone(), &points, &next);
                scope.spawn(move || {
                    while !self.cancel.load(Ordering::Relaxed) {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        let Some(point) = points.get(at) else { return };
                        let outcome = self.sentence(point, values);
                        if sender.send(Written { at, outcome }).is_err() {
                            return;
                        }
                    }
                });
            }
            drop(sender);
            let collected = self.collect(fields, &results, stats, stopped, show);
            // Whatever is still being written is of no use once this ends early.
            self.cancel.store(true, Ordering::Relaxed);
            collected
        })
    }

    /// Takes the sentences in as they come and puts the passages together in order.
    fn collect(
        &self,
        fields: &[(String, &FieldPoints)],
        results: &mpsc::Receiver<Written>,
        stats: &mut DraftStats,
        stopped: &dyn Fn() -> bool,
        show: &mut dyn FnMut(usize, &str, usize) -> bool,
    ) -> Result<Option<Vec<Passage>>, EngineError> {
        let mut early: BTreeMap<usize, Sentence> = BTreeMap::new();
        let (mut passages, mut at) = (Vec::with_capacity(fields.len()), 0);
        for (index, (zh, points)) in fields.iter().enumerate() {
            let (mut text, mut sentences) = (String::new(), Vec::with_capacity(points.points.len()));
            while sentences.len() < points.points.len() {
                let Some(sentence) = early.remove(&at) else {
                    match results.recv_timeout(ASK) {
                        Ok(written) => {
                            let (sentence, cost) = written.outcome?;
                            stats.add(&cost);
                            early.insert(written.at, sentence);
                        }
                        Err(RecvTimeoutError::Timeout) if !stopped() => {}
                        Err(_) => return Ok(None),
                    }
                    continue;
                };
                at += 1;
                text.push_str(&sentence.text);
                sentences.push(sentence);
                if !show(index, &text, sentences.len()) {
                    return Ok(None);
                }
            }
            passages.push(self.passage(points.field, zh, text, sentences, stats));
        }
        Ok(Some(passages))
    }

    fn passage(
        &self,
        field: &str,
        zh: &str,
        text: String,
        sentences: Vec<Sentence>,
        stats: &mut DraftStats,
    ) -> Passage {
        let by_model = !sentences.is_empty() && sentences.iter().all(|s| s.by_model);
        let mut sources: Vec<String> = Vec::new();
        for source in sentences.iter().flat_map(|s| &s.sources) {
            if !sources.contains(source) {
                sources.push(source.clone());
            }
        }
        stats.fields += 1;
        stats.model_fields += u32::from(by_model);
        Passage {
            field: field.into(),
            zh: zh.into(),
            writer: 'L',
            text,
            sources,
            attempts: sentences.iter().map(|s| s.attempts).max().unwrap_or(0),
            model: by_model.then(|| self.model.to_string()),
            sentences,
        }
    }

    fn sentence(&self, point: &Point, values: &Values) -> Result<(Sentence, DraftStats), EngineError> {
        let mut stats = DraftStats { sentences: 1, ..DraftStats::default() };
        let mut refused = Vec::new();
        // The material came from our own redactor, so it parses; if not, no model may touch it.
        let material = Material::parse(&point.template, self.lexicon).ok();
        if let (Some(engine), Some(material)) = (self.engine, material) {
            let material = Arc::new(material);
            for attempt in 1..=ATTEMPTS {
                let mut request = Request::new(self.messages(point));
                request.max_tokens = 60 + TOKENS_PER_CHAR * point.template.chars().count();
                request.cancel = self.cancel.clone();
                // The very first attempt is greedy; later ones look elsewhere, reproducibly.
                request.temperature = 0.35 * if self.round == 0 { attempt - 1 } else { attempt } as f32;
                request.seed = u64::from(self.round) * u64::from(ATTEMPTS) + u64::from(attempt);
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
                charge(&mut stats, &written.stats);
                if written.finish == Finish::Cancelled {
                    break;
                }
                let defects = verify::sentence(&written.text, &material, values, self.lexicon);
                match resolve(&written.text, values) {
                    Ok(text) if defects.is_empty() => {
                        stats.accepted += 1;
                        stats.first_attempt_accepted += u32::from(attempt == 1);
                        let sentence = Sentence {
                            template: written.text,
                            text,
                            sources: point.sources.clone(),
                            attempts: attempt,
                            by_model: true,
                            refused,
                        };
                        return Ok((sentence, stats));
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
        let sentence = Sentence {
            template: point.template.clone(),
            text,
            sources: point.sources.clone(),
            attempts: 0,
            by_model: false,
            refused,
        };
        Ok((sentence, stats))
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

/// Adds what a request cost.
fn charge(stats: &mut DraftStats, cost: &Stats) {
    stats.add(&DraftStats {
        engine: WritingCost {
            prompt_tokens: cost.prompt_tokens as u64,
            reused_tokens: cost.reused_tokens as u64,
            generated_tokens: cost.generated_tokens as u64,
            passes: cost.passes as u64,
            guessed_tokens: cost.guessed_tokens as u64,
            accepted_tokens: cost.accepted_tokens as u64,
            queue_seconds: cost.queue_seconds,
            prefill_seconds: cost.prefill_seconds,
            decode_seconds: cost.decode_seconds,
            mask_seconds: cost.mask_seconds,
        },
        ..DraftStats::default()
    });
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

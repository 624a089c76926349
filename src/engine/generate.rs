//! One request, from prompt to stop: plain sync code, testable without a thread.

use std::sync::atomic::Ordering;
use std::time::Instant;

use super::chat::Template;
use super::guide::Step;
use super::vocab::Vocab;
use super::{EngineError, Finish, Generated, Message, Request, Scored, Stats};
use crate::models::{LanguageModel, Loaded, ModelError};

/// Tokens that must all have been written before for the answer to count as a loop.
const LOOP: usize = 24;
/// Prompts are read in pieces of this size, so that cancelling works while reading.
const PIECE: usize = 256;

/// A model with its vocabulary and what its cache holds.
pub(super) struct Session {
    model: Box<dyn LanguageModel>,
    pub vocab: std::sync::Arc<Vocab>,
    template: Template,
    eos: Vec<u32>,
    /// Token ids in the cache, in order.
    held: Vec<u32>,
    /// Logits after the last of `held`.
    logits: Vec<f32>,
}

impl Session {
    pub fn new(loaded: Loaded) -> Self {
        Self {
            model: loaded.model,
            vocab: std::sync::Arc::new(Vocab::new(loaded.tokenizer)),
            template: Template::new(loaded.chat_template, loaded.bos),
            eos: loaded.eos,
            held: vec![],
            logits: vec![],
        }
    }

    /// A first short computation: a broken model shows here.
    pub fn warm_up(&mut self) -> Result<(), EngineError> {
        self.read(&[0], &|| false)?;
        self.held.clear();
        if self.logits.iter().any(|l| l.is_nan()) {
            return Err(ModelError::Compute("模型输出无效数值".into()).into());
        }
        Ok(())
    }

    /// Brings the cache to hold exactly `ids`, reusing the shared beginning. Returns how many were reused.
    fn read(&mut self, ids: &[u32], cancelled: &dyn Fn() -> bool) -> Result<usize, EngineError> {
        if ids.len() > self.model.context() {
            return Err(ModelError::ContextOverflow { needed: ids.len(), context: self.model.context() }.into());
        }
        let mut shared = self.held.iter().zip(ids).take_while(|(a, b)| a == b).count();
        if shared == ids.len() && shared == self.held.len() && !self.logits.is_empty() {
            return Ok(shared);
        }
        // The last token is read again for its logits.
        shared = self.model.keep(shared.min(ids.len().saturating_sub(1)));
        self.held.truncate(shared);
        while self.held.len() < ids.len() && !cancelled() {
            let end = (self.held.len() + PIECE).min(ids.len());
            let piece = &ids[self.held.len()..end];
            self.logits = self.model.forward(piece, self.held.len())?;
            self.held.extend_from_slice(piece);
        }
        Ok(shared)
    }

    fn append(&mut self, ids: &[u32]) -> Result<(), EngineError> {
        if !ids.is_empty() {
            self.logits = self.model.forward(ids, self.held.len())?;
            self.held.extend_from_slice(ids);
        }
        Ok(())
    }

    fn prompt(&self, messages: &[Message], prefix: &str) -> Result<Vec<u32>, EngineError> {
        let mut ids = self.vocab.encode(&self.template.render(messages)?, true)?;
        ids.extend(self.vocab.encode(prefix, false)?);
        Ok(ids)
    }

    /// Writes an answer; `on_text` gets each new piece of whole characters.
    pub fn generate(&mut self, request: &mut Request, on_text: &mut dyn FnMut(&str)) -> Result<Generated, EngineError> {
        let mut stats = Stats::default();
        let prompt = self.prompt(&request.messages, &request.prefix)?;
        stats.prompt_tokens = prompt.len();
        let cancel = request.cancel.clone();
        let cancelled = move || cancel.load(Ordering::Relaxed);
        let clock = Instant::now();
        stats.reused_tokens = self.read(&prompt, &cancelled)?;
        stats.prefill_seconds = clock.elapsed().as_secs_f64();
        let clock = Instant::now();
        let vocab = self.vocab.clone();
        if let Some(guide) = &mut request.guide {
            guide.begin(&vocab);
        }
        let mut rng = Rng(request.seed ^ 0x9E37_79B9_7F4A_7C15);
        let mut written: Vec<u8> = Vec::new();
        let mut shown = 0;
        let mut finish = Finish::Length;
        let mut produced: Vec<u32> = Vec::new();
        while produced.len() < request.max_tokens {
            if cancelled() {
                finish = Finish::Cancelled;
                break;
            }
            let whole = whole_characters(&written);
            let step = match &mut request.guide {
                // A guide is asked at character boundaries only; in between the character's bytes go on freely.
                Some(guide) if whole == written.len() => {
                    guide.step(std::str::from_utf8(&written).unwrap_or_default(), &vocab)
                }
                _ => Step::Free,
            };
            let ids = match step {
                Step::Stop => {
                    finish = Finish::Stop;
                    break;
                }
                Step::Force(text) => vocab.encode(&text, false)?,
                Step::Choose(options) => self.choose(&options)?,
                Step::Mask(set) => match pick(&self.logits, request.temperature, &mut rng, set.iter()) {
                    Some(id) => vec![id],
                    None => {
                        finish = Finish::Stop;
                        break;
                    }
                },
                Step::Free => {
                    pick(&self.logits, request.temperature, &mut rng, 0..self.logits.len() as u32).into_iter().collect()
                }
            };
            if ids.is_empty() || ids.iter().any(|id| self.eos.contains(id)) {
                finish = Finish::Stop;
                break;
            }
            for id in &ids {
                written.extend_from_slice(vocab.bytes(*id));
            }
            produced.extend_from_slice(&ids);
            let whole = whole_characters(&written);
            let text = std::str::from_utf8(&written[..whole]).unwrap_or_default();
            if let Some(at) = request.stop.iter().filter_map(|s| text.find(s.as_str())).min() {
                written.truncate(at);
                finish = Finish::Stop;
                break;
            }
            if text.len() > shown {
                on_text(&text[shown..]);
                shown = text.len();
            }
            if loops(&produced) {
                finish = Finish::Repetition;
                break;
            }
            self.append(&ids)?;
        }
        written.truncate(whole_characters(&written));
        stats.generated_tokens = produced.len();
        stats.decode_seconds = clock.elapsed().as_secs_f64();
        Ok(Generated { text: String::from_utf8(written).unwrap_or_default(), finish, stats })
    }

    /// Walks the options' tokens, at each place taking the likeliest that still leads to an option.
    fn choose(&mut self, options: &[String]) -> Result<Vec<u32>, EngineError> {
        let mut tokens = Vec::with_capacity(options.len());
        for option in options {
            tokens.push(self.vocab.encode(option, false)?);
        }
        let mut chosen: Vec<u32> = Vec::new();
        let mut logits = self.logits.clone();
        let start = self.held.len();
        loop {
            let open: Vec<&Vec<u32>> =
                tokens.iter().filter(|t| t.starts_with(&chosen) && t.len() > chosen.len()).collect();
            if open.is_empty() || (open.len() == 1 && !tokens.contains(&chosen)) {
                if let Some(only) = open.first() {
                    chosen = (*only).clone();
                }
                break;
            }
            let next: Vec<u32> = open.iter().map(|t| t[chosen.len()]).collect();
            let Some(id) = pick(&logits, 0.0, &mut Rng(0), next.into_iter()) else { break };
            chosen.push(id);
            logits = self.model.forward(&[id], start + chosen.len() - 1)?;
        }
        // The caller appends the chosen tokens; the cache goes back to where it was.
        if self.model.keep(start) != start {
            let held = std::mem::take(&mut self.held);
            self.read(&held, &|| false)?;
        }
        Ok(chosen)
    }

    /// Log-likelihood of each option after the prompt.
    pub fn score(
        &mut self,
        messages: &[Message],
        prefix: &str,
        options: &[String],
    ) -> Result<Vec<Scored>, EngineError> {
        let prompt = self.prompt(messages, prefix)?;
        let mut out = Vec::with_capacity(options.len());
        for option in options {
            self.read(&prompt, &|| false)?;
            let ids = self.vocab.encode(option, false)?;
            let mut sum = 0.0;
            for id in &ids {
                sum += log_probability(&self.logits, *id);
                self.append(&[*id])?;
            }
            out.push(Scored { sum, mean: sum / ids.len().max(1) as f32 });
        }
        Ok(out)
    }

    /// Seconds to read `prompt` arbitrary tokens and to write `count` more, for the bench.
    pub fn bench(&mut self, prompt: usize, count: usize) -> Result<(f64, f64), EngineError> {
        let id = |i: usize| (1000 + i * 7919 % 5000) as u32 % self.vocab.len() as u32;
        let ids: Vec<u32> = (0..prompt).map(id).collect();
        self.model.keep(0);
        self.held.clear();
        let clock = Instant::now();
        self.read(&ids, &|| false)?;
        let prefill = clock.elapsed().as_secs_f64();
        let clock = Instant::now();
        for i in 0..count {
            let next = (1000 + i) as u32 % self.vocab.len() as u32;
            self.append(&[next])?;
        }
        Ok((prefill, clock.elapsed().as_secs_f64()))
    }
}

/// Length of the longest prefix that is valid UTF-8.
fn whole_characters(bytes: &[u8]) -> usize {
    match std::str::from_utf8(bytes) {
        Ok(_) => bytes.len(),
        Err(e) => e.valid_up_to(),
    }
}

fn loops(produced: &[u32]) -> bool {
    let n = produced.len();
    n >= 2 * LOOP && produced[..n - 1].windows(LOOP).any(|w| w == &produced[n - LOOP..])
}

/// The likeliest of `allowed` at temperature 0, else a draw.
fn pick(logits: &[f32], temperature: f32, rng: &mut Rng, allowed: impl Iterator<Item = u32>) -> Option<u32> {
    let mut candidates: Vec<(f32, u32)> =
        allowed.filter_map(|id| logits.get(id as usize).map(|l| (*l, id))).filter(|(l, _)| !l.is_nan()).collect();
    let best = candidates.iter().copied().max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)))?;
    if temperature <= 0.0 {
        return Some(best.1);
    }
    let mut total = 0.0f64;
    for (l, _) in &mut candidates {
        *l = ((*l - best.0) / temperature).exp();
        total += f64::from(*l);
    }
    let mut left = rng.next() * total;
    for (weight, id) in &candidates {
        left -= f64::from(*weight);
        if left <= 0.0 {
            return Some(*id);
        }
    }
    Some(best.1)
}

fn log_probability(logits: &[f32], id: u32) -> f32 {
    let max = logits.iter().copied().fold(f32::MIN, f32::max);
    let sum: f32 = logits.iter().map(|l| (l - max).exp()).sum();
    logits.get(id as usize).map_or(f32::MIN, |l| l - max - sum.ln())
}

/// SplitMix64: small, seedable, the same everywhere.
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greedy_takes_the_likeliest_and_masks_hold() {
        let logits = [0.0, 3.0, 2.0, f32::NAN];
        assert_eq!(pick(&logits, 0.0, &mut Rng(1), 0..4), Some(1));
        assert_eq!(pick(&logits, 0.0, &mut Rng(1), [0, 2].into_iter()), Some(2));
        assert_eq!(pick(&logits, 0.0, &mut Rng(1), [3].into_iter()), None);
        for seed in 0..50 {
            assert_ne!(pick(&logits, 1.5, &mut Rng(seed), [0, 2].into_iter()), Some(1));
        }
    }

    #[test]
    fn a_loop_is_noticed() {
        let once: Vec<u32> = (0..30).collect();
        assert!(!loops(&once));
        let twice: Vec<u32> = once.iter().chain(&once).copied().collect();
        assert!(loops(&twice));
    }

    #[test]
    fn characters_are_not_cut() {
        let bytes = "罚款".as_bytes();
        assert_eq!(whole_characters(&bytes[..4]), 3);
        assert_eq!(whole_characters(bytes), 6);
    }
}

//! One answer in the making: what it has, what it asks of the next pass, and what it does with the result.

use std::sync::atomic::Ordering;
use std::time::Instant;

use super::guide::Step;
use super::lookup::SuffixIndex;
use super::sampling::{Rng, pick};
use super::vocab::Vocab;
use super::{EngineError, Finish, Generated, Request, Stats};
use crate::models::{LanguageModel, States};

/// Tokens that must all have been written before for the answer to count as a loop.
const LOOP: usize = 24;
/// A run of at most this many tokens, repeated without end, counts as a loop earlier.
const SHORT_LOOP: usize = 4;
/// Masks up to this size are looked up alone; beyond it, all logits are no dearer.
const SMALL_MASK: usize = 4096;

/// A request being answered.
pub struct Sequence {
    request: Request,
    /// Prompt and answer.
    history: Vec<u32>,
    prompt: usize,
    /// How much of `history` the model's cache holds.
    pub cached: usize,
    pub slot: usize,
    guess: Vec<u32>,
    index: Option<SuffixIndex>,
    choice: Option<Choice>,
    rng: Rng,
    written: Vec<u8>,
    shown: usize,
    stats: Stats,
    clock: Instant,
    on_text: Box<dyn FnMut(&str) + Send>,
}

/// One of several texts being written, token by token.
struct Choice {
    options: Vec<Vec<u32>>,
    taken: Vec<u32>,
}

impl Choice {
    /// Ids that lead on to an option; empty when one is complete. An option that is the beginning of another gives way to it.
    fn next(&self) -> Vec<u32> {
        let longer = self.options.iter().filter(|o| o.starts_with(&self.taken) && o.len() > self.taken.len());
        let mut ids: Vec<u32> = longer.map(|o| o[self.taken.len()]).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}

/// What a position's logits are taken from.
pub struct Position<'a> {
    pub model: &'a mut dyn LanguageModel,
    pub states: &'a States,
    pub row: usize,
    /// All logits of this position, when they have been computed with others'.
    pub logits: Option<&'a [f32]>,
}

enum Decision {
    Write(Vec<u32>),
    End(Finish),
}

impl Sequence {
    pub fn new(
        mut request: Request,
        prompt: Vec<u32>,
        slot: usize,
        reused: usize,
        copies: bool,
        vocab: &Vocab,
        on_text: Box<dyn FnMut(&str) + Send>,
    ) -> Self {
        if let Some(guide) = &mut request.guide {
            guide.begin(vocab);
        }
        let stats = Stats { prompt_tokens: prompt.len(), reused_tokens: reused, ..Stats::default() };
        let index = (copies && request.copying).then(|| SuffixIndex::new(&prompt));
        Self {
            rng: Rng(request.seed ^ 0x9E37_79B9_7F4A_7C15),
            prompt: prompt.len(),
            history: prompt,
            cached: reused,
            slot,
            guess: vec![],
            index,
            choice: None,
            request,
            written: vec![],
            shown: 0,
            stats,
            clock: Instant::now(),
            on_text,
        }
    }

    pub fn guided(&self) -> bool {
        self.request.guide.is_some()
    }

    pub fn cancelled(&self) -> bool {
        self.request.cancel.load(Ordering::Relaxed)
    }

    /// Prompt tokens still to be read before the answer can go on.
    pub fn unread(&self) -> usize {
        self.prompt.saturating_sub(self.cached)
    }

    /// How many prompt tokens another sequence has in common, all but the last at most: its logits are needed.
    pub fn shared_with(&self, other: &Self) -> usize {
        let prompt = &self.history[..self.prompt - 1];
        prompt.iter().zip(&other.history).take_while(|(a, b)| a == b).count()
    }

    /// The first `cached` tokens have been copied from another sequence.
    pub fn adopt(&mut self, cached: usize) {
        self.cached = cached;
        self.stats.reused_tokens = cached;
    }

    /// The next piece of the prompt, and whether the answer starts after it.
    pub fn piece(&self, most: usize) -> (&[u32], bool) {
        let end = (self.cached + most).min(self.prompt);
        (&self.history[self.cached..end], end == self.prompt)
    }

    /// Guesses at most `most` tokens ahead; the tokens to read in the next pass are then [`Self::pending`] and they.
    pub fn guess(&mut self, most: usize) {
        let left = self.request.max_tokens.saturating_sub(self.history.len() - self.prompt);
        self.guess.clear();
        if let Some(index) = &self.index {
            self.guess.extend_from_slice(index.guess(most.min(left)));
        }
    }

    /// Tokens of the next pass while the answer is being written, and how many of their states it needs.
    pub fn pending(&self) -> (Vec<u32>, usize) {
        let mut tokens = self.history[self.cached..].to_vec();
        tokens.extend_from_slice(&self.guess);
        (tokens, self.guess.len() + 1)
    }

    /// The first `count` unread prompt tokens are in the cache now.
    pub fn read(&mut self, count: usize, seconds: f64) {
        self.cached += count;
        self.stats.prefill_seconds += seconds;
        if self.unread() == 0 {
            self.guess.clear();
            self.clock = Instant::now();
        }
    }

    /// What the caches hold of this sequence.
    pub fn held(&self) -> &[u32] {
        &self.history[..self.cached]
    }

    /// Uses the states `first..` of a pass: writes one token, and one more for each guess that proves right.
    pub fn advance(
        &mut self,
        at: &mut Position<'_>,
        logits: Option<&[f32]>,
        vocab: &Vocab,
        eos: &[u32],
    ) -> Result<Option<Finish>, EngineError> {
        let (first, size) = (at.row, at.model.vocabulary());
        let (guesses, mut right) = (self.guess.len(), 0);
        self.cached = self.history.len();
        self.stats.passes += 1;
        self.stats.guessed_tokens += guesses;
        let finish = 'pass: loop {
            if self.history.len() - self.prompt >= self.request.max_tokens {
                break Some(Finish::Length);
            }
            at.row = first + right;
            let own = logits.map(|l| &l[right * size..(right + 1) * size]);
            let position = &mut Position { model: &mut *at.model, states: at.states, row: at.row, logits: own };
            let ids = match self.decide(position, vocab, eos)? {
                Decision::End(finish) => break Some(finish),
                Decision::Write(ids) => ids,
            };
            if let Some(finish) = self.write(&ids, vocab) {
                break Some(finish);
            }
            for id in ids {
                if self.guess.get(right) != Some(&id) {
                    break 'pass None;
                }
                right += 1;
                self.cached += 1;
            }
        };
        self.stats.accepted_tokens += right;
        if let Some(index) = &mut self.index {
            index.learn(guesses, right);
        }
        Ok(finish)
    }

    /// What stands next, by the guide and the model.
    fn decide(&mut self, at: &mut Position<'_>, vocab: &Vocab, eos: &[u32]) -> Result<Decision, EngineError> {
        let (temperature, whole) = (self.request.temperature, whole_characters(&self.written) == self.written.len());
        let clock = Instant::now();
        let mut step = Step::Free;
        if self.choice.is_none()
            && let Some(guide) = &mut self.request.guide
            && (whole || guide.every_token())
        {
            let text = &self.written[..whole_characters(&self.written)];
            step = guide.step(std::str::from_utf8(text).unwrap_or_default(), vocab);
        }
        if let Step::Choose(options) = &step {
            let options = options.iter().map(|o| vocab.encode(o, false)).collect::<Result<_, _>>()?;
            self.choice = Some(Choice { options, taken: vec![] });
        }
        let chosen = self.choice.as_ref().map(Choice::next);
        self.stats.mask_seconds += clock.elapsed().as_secs_f64();
        let id = match (chosen, step) {
            (Some(ids), _) => match ids[..] {
                [] => None,
                [only] => Some(only),
                _ => masked(at, &ids, 0.0, &mut self.rng)?,
            },
            (None, Step::Stop) => return Ok(Decision::End(Finish::Stop)),
            (None, Step::Force(text)) => {
                let ids = vocab.encode(&text, false)?;
                return Ok(if ids.is_empty() { Decision::End(Finish::Stop) } else { Decision::Write(ids) });
            }
            (None, Step::Mask(set)) => {
                let ids: Vec<u32> = set.iter().take_while(|id| (*id as usize) < at.model.vocabulary()).collect();
                masked(at, &ids, temperature, &mut self.rng)?
            }
            (None, Step::Free | Step::Choose(_)) => free(at, temperature, &mut self.rng)?,
        };
        let Some(id) = id.filter(|id| !eos.contains(id)) else { return Ok(Decision::End(Finish::Stop)) };
        if let Some(choice) = &mut self.choice {
            choice.taken.push(id);
            if choice.next().is_empty() {
                self.choice = None;
            }
        }
        Ok(Decision::Write(vec![id]))
    }

    /// Appends decided tokens; says whether the answer ends with them.
    fn write(&mut self, ids: &[u32], vocab: &Vocab) -> Option<Finish> {
        for id in ids {
            self.history.push(*id);
            self.written.extend_from_slice(vocab.bytes(*id));
            if let Some(index) = &mut self.index {
                index.push(*id);
            }
            if let Some(guide) = &mut self.request.guide {
                guide.accept(*id);
            }
        }
        let whole = whole_characters(&self.written);
        let text = std::str::from_utf8(&self.written[..whole]).unwrap_or_default();
        // A stop text may begin in what has been shown already; nothing of it is shown because the longest is held back.
        if let Some(at) = self.request.stop.iter().filter(|s| !s.is_empty()).filter_map(|s| text.find(s.as_str())).min()
        {
            self.written.truncate(at);
            self.show(at);
            return Some(Finish::Stop);
        }
        let back = self.request.stop.iter().map(|s| s.len().saturating_sub(1)).max().unwrap_or(0);
        let mut until = whole.saturating_sub(back);
        while !text.is_char_boundary(until) {
            until -= 1;
        }
        self.show(until);
        loops(&self.history[self.prompt..]).then_some(Finish::Repetition)
    }

    fn show(&mut self, until: usize) {
        if until > self.shown {
            (self.on_text)(std::str::from_utf8(&self.written[self.shown..until]).unwrap_or_default());
            self.shown = until;
        }
    }

    /// The finished answer.
    pub fn finish(mut self, finish: Finish, queue_seconds: f64) -> Generated {
        self.written.truncate(whole_characters(&self.written));
        self.show(self.written.len());
        self.stats.generated_tokens = self.history.len() - self.prompt;
        if self.unread() == 0 {
            self.stats.decode_seconds = self.clock.elapsed().as_secs_f64();
        }
        self.stats.queue_seconds = queue_seconds;
        Generated { text: String::from_utf8(self.written).unwrap_or_default(), finish, stats: self.stats }
    }
}

fn free(at: &mut Position<'_>, temperature: f32, rng: &mut Rng) -> Result<Option<u32>, EngineError> {
    let own;
    let logits = match at.logits {
        Some(logits) => logits,
        None => {
            own = at.model.logits(at.states, at.row..at.row + 1)?;
            &own
        }
    };
    Ok(pick(logits.iter().copied().zip(0..), temperature, rng))
}

/// `ids` is ascending.
fn masked(at: &mut Position<'_>, ids: &[u32], temperature: f32, rng: &mut Rng) -> Result<Option<u32>, EngineError> {
    let logits = match at.logits {
        Some(logits) => ids.iter().map(|id| logits[*id as usize]).collect(),
        None if ids.len() > SMALL_MASK => {
            let all = at.model.logits(at.states, at.row..at.row + 1)?;
            ids.iter().map(|id| all[*id as usize]).collect()
        }
        None => at.model.logits_of(at.states, at.row, ids)?,
    };
    Ok(pick(logits.into_iter().zip(ids.iter().copied()), temperature, rng))
}

/// Length of the longest prefix that is valid UTF-8.
fn whole_characters(bytes: &[u8]) -> usize {
    match std::str::from_utf8(bytes) {
        Ok(_) => bytes.len(),
        Err(e) => e.valid_up_to(),
    }
}

fn loops(answer: &[u32]) -> bool {
    let n = answer.len();
    let long = n >= 2 * LOOP && answer[..n - 1].windows(LOOP).any(|w| w == &answer[n - LOOP..]);
    let short =
        |period: usize| n >= LOOP && answer[n - LOOP..].iter().zip(&answer[n - LOOP + period..]).all(|(a, b)| a == b);
    long || (1..=SHORT_LOOP).any(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_is_noticed() {
        let once: Vec<u32> = (0..30).collect();
        assert!(!loops(&once));
        let twice: Vec<u32> = once.iter().chain(&once).copied().collect();
        assert!(loops(&twice));
        let stutter: Vec<u32> = (0..10).chain((0..24).map(|i| i % 3)).collect();
        assert!(loops(&stutter) && !loops(&stutter[..30]));
    }

    #[test]
    fn characters_are_not_cut() {
        let bytes = "罚款".as_bytes();
        assert_eq!(whole_characters(&bytes[..4]), 3);
        assert_eq!(whole_characters(bytes), 6);
    }

    #[test]
    fn a_choice_walks_to_one_option() {
        let choice = |taken: &[u32]| Choice { options: vec![vec![1, 2], vec![1, 3, 4]], taken: taken.to_vec() };
        assert_eq!(choice(&[]).next(), [1]);
        assert_eq!(choice(&[1]).next(), [2, 3]);
        assert_eq!(choice(&[1, 3]).next(), [4]);
        assert!(choice(&[1, 2]).next().is_empty());
    }
}

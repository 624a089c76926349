//! The model and everyone it works for: each round reads a piece of the new prompts, then writes a little of every answer.
//!
//! Prompts are read in passes of their own: many rows are computed differently from few ([`Pass`]), and an answer must not
//! depend on who else is being served.

use std::sync::Arc;
use std::time::Instant;

use super::chat::Template;
use super::sampling::log_probability;
use super::sequence::{Position, Sequence};
use super::slots::Slots;
use super::vocab::Vocab;
use super::{EngineError, Finish, Generated, Message, Request, Scored};
use crate::models::{LanguageModel, Loaded, ModelError, Pass, Segment};

/// Prompt tokens read in one round; fewer while others are writing, so that they go on.
const PIECE: usize = 512;
const PIECE_BESIDE_OTHERS: usize = 256;
/// Answers written at the same time.
pub const TOGETHER: usize = 16;
/// Rows of a writing pass: guesses are cut so that all answers together stay below it.
const ROWS: usize = 96;

/// Beginnings longer than this are worth waiting for and copying.
const WORTH_SHARING: usize = 32;

/// A model with its vocabulary and what its caches hold.
pub struct Session {
    model: Box<dyn LanguageModel>,
    pub vocab: Arc<Vocab>,
    template: Template,
    eos: Vec<u32>,
    slots: Slots,
    active: Vec<Task>,
}

/// A sequence and who waits for it.
struct Task {
    id: u64,
    sequence: Sequence,
    queue_seconds: f64,
}

/// An answer, or why there is none, and whose it is.
pub type Outcome = (u64, Result<Generated, EngineError>);

impl Session {
    pub fn new(loaded: Loaded) -> Self {
        let slots = Slots::new(loaded.model.slots());
        Self {
            model: loaded.model,
            vocab: Arc::new(Vocab::new(loaded.tokenizer, &loaded.eos)),
            template: Template::new(loaded.chat_template, loaded.bos),
            eos: loaded.eos,
            slots,
            active: vec![],
        }
    }

    /// A first short computation: a broken model shows here.
    pub fn warm_up(&mut self) -> Result<(), EngineError> {
        let segment = Segment { slot: 0, pos: 0, tokens: &[0], wanted: 1 };
        let states = self.model.forward(&[segment], Pass::Prompt)?;
        let logits = self.model.logits(&states, 0..1)?;
        self.model.keep(0, 0);
        if logits.iter().any(|l| l.is_nan()) {
            return Err(ModelError::Compute("模型输出无效数值".into()).into());
        }
        Ok(())
    }

    /// Whether another request can be taken in.
    pub fn has_room(&self) -> bool {
        self.active.len() < TOGETHER.min(self.model.slots())
    }

    pub fn idle(&self) -> bool {
        self.active.is_empty()
    }

    fn prompt(&self, messages: &[Message], prefix: &str) -> Result<Vec<u32>, EngineError> {
        let mut ids = self.vocab.encode(&self.template.render(messages)?, true)?;
        ids.extend(self.vocab.encode(prefix, false)?);
        if ids.is_empty() {
            return Err(EngineError::Template("对话为空".into()));
        }
        if ids.len() >= self.model.context() {
            return Err(ModelError::ContextOverflow { needed: ids.len() + 1, context: self.model.context() }.into());
        }
        Ok(ids)
    }

    /// Takes a request in; [`Self::has_room`] was true.
    pub fn admit(
        &mut self,
        id: u64,
        mut request: Request,
        queue_seconds: f64,
        on_text: Box<dyn FnMut(&str) + Send>,
    ) -> Result<(), EngineError> {
        let prompt = self.prompt(&request.messages, &request.prefix)?;
        request.max_tokens = request.max_tokens.min(self.model.context() - prompt.len());
        let (slot, reused) = self.slots.take(&prompt, &mut *self.model).ok_or(EngineError::Busy)?;
        let copies = self.model.slots() > 1;
        let sequence = Sequence::new(request, prompt, slot, reused, copies, &self.vocab, on_text);
        self.active.push(Task { id, sequence, queue_seconds });
        Ok(())
    }

    /// One round for everybody; returns who is done.
    pub fn round(&mut self) -> Vec<Outcome> {
        let mut done = Vec::new();
        self.drop_cancelled(&mut done);
        let result = self.read_prompts(&mut done).and_then(|()| self.write_answers(&mut done));
        if let Err(e) = result {
            // A pass failed as a whole: nobody in it can go on.
            for task in std::mem::take(&mut self.active) {
                self.slots.release(task.sequence.slot, &[]);
                self.model.keep(task.sequence.slot, 0);
                done.push((task.id, Err(e.clone())));
            }
        }
        done
    }

    fn drop_cancelled(&mut self, done: &mut Vec<Outcome>) {
        let mut at = 0;
        while at < self.active.len() {
            if self.active[at].sequence.cancelled() {
                self.end(at, Ok(Finish::Cancelled), done);
            } else {
                at += 1;
            }
        }
    }

    /// Takes `active[at]` out.
    fn end(&mut self, at: usize, how: Result<Finish, EngineError>, done: &mut Vec<Outcome>) {
        let Task { id, sequence, queue_seconds } = self.active.remove(at);
        self.slots.release(sequence.slot, sequence.held());
        done.push((id, how.map(|finish| sequence.finish(finish, queue_seconds))));
    }

    /// Beginnings that an earlier request has read, or is about to read, are not read again: returns who waits for another.
    fn share_beginnings(&mut self) -> Vec<bool> {
        let mut waits = vec![false; self.active.len()];
        if self.model.slots() == 1 {
            return waits;
        }
        for (i, waits) in waits.iter_mut().enumerate().skip(1) {
            let (earlier, rest) = self.active.split_at_mut(i);
            let own = &mut rest[0].sequence;
            if own.unread() == 0 {
                continue;
            }
            for other in earlier.iter().map(|t| &t.sequence) {
                let common = own.shared_with(other);
                let there = common.min(other.cached);
                if there > own.cached + WORTH_SHARING {
                    self.model.copy(other.slot, own.slot, there);
                    own.adopt(there);
                    self.slots.note(own.slot, own.held());
                }
                *waits |= other.unread() > 0 && common > own.cached + WORTH_SHARING;
            }
        }
        waits
    }

    /// A piece of every unread prompt in one pass; answers whose prompt is read get their first token.
    fn read_prompts(&mut self, done: &mut Vec<Outcome>) -> Result<(), EngineError> {
        let waits = self.share_beginnings();
        let writing = self.active.iter().any(|t| t.sequence.unread() == 0);
        let mut budget = match (self.model.slots(), writing) {
            // Such a model reads what comes after the first pass token by token.
            (1, _) => usize::MAX,
            (_, true) => PIECE_BESIDE_OTHERS,
            (_, false) => PIECE,
        };
        let clock = Instant::now();
        let (mut segments, mut readers) = (Vec::new(), Vec::new());
        let unread = self.active.iter().enumerate().filter(|(i, t)| t.sequence.unread() > 0 && !waits[*i]);
        for (i, task) in unread {
            let (tokens, last) = task.sequence.piece(budget);
            if tokens.is_empty() || (!segments.is_empty() && self.model.slots() == 1) {
                break;
            }
            budget -= tokens.len();
            let (slot, pos) = (task.sequence.slot, task.sequence.cached);
            segments.push(Segment { slot, pos, tokens, wanted: usize::from(last) });
            readers.push((i, tokens.len(), last));
        }
        if segments.is_empty() {
            return Ok(());
        }
        let states = self.model.forward(&segments, Pass::Prompt)?;
        let seconds = clock.elapsed().as_secs_f64() / readers.len() as f64;
        let (mut row, mut ended) = (0, Vec::new());
        for (i, count, last) in readers {
            let sequence = &mut self.active[i].sequence;
            sequence.read(count, seconds);
            if last {
                let mut at = Position { model: &mut *self.model, states: &states, row, logits: None };
                if let Some(how) = sequence.advance(&mut at, None, &self.vocab, &self.eos).transpose() {
                    ended.push((i, how));
                }
                row += 1;
            }
            self.slots.note(sequence.slot, sequence.held());
        }
        ended.into_iter().rev().for_each(|(i, how)| self.end(i, how, done));
        Ok(())
    }

    /// One pass over every answer that has begun.
    fn write_answers(&mut self, done: &mut Vec<Outcome>) -> Result<(), EngineError> {
        let mut writers: Vec<usize> =
            (0..self.active.len()).filter(|i| self.active[*i].sequence.unread() == 0).collect();
        if self.model.slots() == 1 {
            writers.truncate(1);
        }
        if writers.is_empty() {
            return Ok(());
        }
        let most = (ROWS / writers.len()).saturating_sub(1);
        let mut work = Vec::with_capacity(writers.len());
        for i in &writers {
            let sequence = &mut self.active[*i].sequence;
            sequence.guess(most);
            let (tokens, wanted) = sequence.pending();
            work.push((*i, sequence.slot, sequence.cached, tokens, wanted));
        }
        let segments: Vec<Segment<'_>> = work
            .iter()
            .map(|(_, slot, pos, tokens, wanted)| Segment { slot: *slot, pos: *pos, tokens, wanted: *wanted })
            .collect();
        let states = self.model.forward(&segments, Pass::Answer)?;
        // Free answers need every logit: all of theirs in one product.
        let all_free = writers.iter().all(|i| !self.active[*i].sequence.guided());
        let logits = if all_free { Some(self.model.logits(&states, 0..states.rows)?) } else { None };
        let (mut row, mut ended) = (0, Vec::new());
        for (i, _, _, _, wanted) in &work {
            let sequence = &mut self.active[*i].sequence;
            let size = self.model.vocabulary();
            let own = logits.as_ref().map(|l| &l[row * size..(row + wanted) * size]);
            let own_logits;
            let own = match own {
                None if !sequence.guided() => {
                    own_logits = self.model.logits(&states, row..row + wanted)?;
                    Some(&own_logits[..])
                }
                own => own,
            };
            let mut at = Position { model: &mut *self.model, states: &states, row, logits: None };
            if let Some(how) = sequence.advance(&mut at, own, &self.vocab, &self.eos).transpose() {
                ended.push((*i, how));
            }
            row += wanted;
        }
        ended.into_iter().rev().for_each(|(i, how)| self.end(i, how, done));
        Ok(())
    }

    /// Log-likelihood of each option after the prompt: the prompt is read once, then all options in as few passes as there
    /// are caches for.
    pub fn score(
        &mut self,
        messages: &[Message],
        prefix: &str,
        options: &[String],
    ) -> Result<Vec<Scored>, EngineError> {
        let prompt = self.prompt(messages, prefix)?;
        let tokens = options.iter().map(|o| self.vocab.encode(o, false)).collect::<Result<Vec<_>, _>>()?;
        let longest = tokens.iter().map(Vec::len).max().unwrap_or(0);
        if prompt.len() + longest > self.model.context() {
            let (needed, context) = (prompt.len() + longest, self.model.context());
            return Err(ModelError::ContextOverflow { needed, context }.into());
        }
        let (slot, reused) = self.slots.take(&prompt, &mut *self.model).ok_or(EngineError::Busy)?;
        let scored = self.score_in(slot, reused, &prompt, &tokens);
        self.slots.release(slot, if scored.is_ok() { &prompt } else { &[] });
        scored
    }

    fn score_in(
        &mut self,
        slot: usize,
        reused: usize,
        prompt: &[u32],
        options: &[Vec<u32>],
    ) -> Result<Vec<Scored>, EngineError> {
        let mut pos = reused;
        let mut first = vec![];
        let piece = if self.model.slots() == 1 { prompt.len() } else { PIECE };
        while pos < prompt.len() {
            let end = (pos + piece).min(prompt.len());
            let wanted = usize::from(end == prompt.len());
            let segment = Segment { slot, pos, tokens: &prompt[pos..end], wanted };
            let states = self.model.forward(&[segment], Pass::Prompt)?;
            if wanted == 1 {
                first = self.model.logits(&states, 0..1)?;
            }
            pos = end;
        }
        let mut sums: Vec<f32> =
            options.iter().map(|o| o.first().map_or(0.0, |id| log_probability(&first, *id))).collect();
        if self.model.slots() == 1 {
            for (sum, option) in sums.iter_mut().zip(options) {
                *sum += self.score_alone(prompt, option)?;
            }
        } else {
            let mut rest: Vec<usize> = (0..options.len()).filter(|i| options[*i].len() > 1).collect();
            while !rest.is_empty() {
                rest = self.score_some(slot, prompt, options, rest, &mut sums)?;
            }
        }
        let mean = |sum: f32, option: &Vec<u32>| sum / option.len().max(1) as f32;
        Ok(sums.iter().zip(options).map(|(sum, option)| Scored { sum: *sum, mean: mean(*sum, option) }).collect())
    }

    /// Scores as many of the options `rest` as fit into one pass; returns the others.
    fn score_some(
        &mut self,
        slot: usize,
        prompt: &[u32],
        options: &[Vec<u32>],
        rest: Vec<usize>,
        sums: &mut [f32],
    ) -> Result<Vec<usize>, EngineError> {
        let mut places = vec![(slot, rest[0])];
        let mut borrowed = vec![];
        let mut width = options[rest[0]].len();
        for i in &rest[1..] {
            width += options[*i].len();
            let place = if width <= PIECE && places.len() < TOGETHER {
                self.slots.take(prompt, &mut *self.model)
            } else {
                None
            };
            let Some((place, _)) = place else { break };
            // The last prompt token, too: `take` leaves it to be read again.
            self.model.copy(slot, place, prompt.len());
            borrowed.push(place);
            places.push((place, *i));
        }
        let segments: Vec<Segment<'_>> = places
            .iter()
            .map(|(slot, i)| {
                let tokens = &options[*i][..options[*i].len() - 1];
                Segment { slot: *slot, pos: prompt.len(), tokens, wanted: tokens.len() }
            })
            .collect();
        let states = self.model.forward(&segments, Pass::Answer);
        borrowed.iter().for_each(|b| self.slots.release(*b, prompt));
        let (states, mut row) = (states?, 0);
        for (_, i) in &places {
            for id in &options[*i][1..] {
                let logits = self.model.logits(&states, row..row + 1)?;
                sums[*i] += log_probability(&logits, *id);
                row += 1;
            }
        }
        Ok(rest[places.len()..].to_vec())
    }

    /// The same for a model with one cache: reads the prompt again for each option, all but its first token's share.
    fn score_alone(&mut self, prompt: &[u32], option: &[u32]) -> Result<f32, EngineError> {
        let mut sum = 0.0;
        self.model.keep(0, 0);
        self.model.forward(&[Segment { slot: 0, pos: 0, tokens: prompt, wanted: 1 }], Pass::Prompt)?;
        for (i, pair) in option.windows(2).enumerate() {
            let segment = Segment { slot: 0, pos: prompt.len() + i, tokens: &pair[..1], wanted: 1 };
            let states = self.model.forward(&[segment], Pass::Answer)?;
            sum += log_probability(&self.model.logits(&states, 0..1)?, pair[1]);
        }
        Ok(sum)
    }

    /// Seconds to read `prompt` arbitrary tokens and to write `count` more after them, for the bench.
    pub fn bench(&mut self, prompt: usize, count: usize) -> Result<(f64, f64), EngineError> {
        let size = self.vocab.len() as u32;
        let ids: Vec<u32> = (0..prompt).map(|i| (1000 + i as u32 * 7919 % 5000) % size).collect();
        self.slots.clear(&mut *self.model);
        let slot = self.slots.take(&ids, &mut *self.model).ok_or(EngineError::Busy)?.0;
        let timed = self.bench_in(slot, &ids, count);
        self.model.keep(slot, 0);
        self.slots.release(slot, &[]);
        timed
    }

    fn bench_in(&mut self, slot: usize, ids: &[u32], count: usize) -> Result<(f64, f64), EngineError> {
        let clock = Instant::now();
        let piece = if self.model.slots() == 1 { ids.len() } else { PIECE };
        for (i, tokens) in ids.chunks(piece).enumerate() {
            let states = self.model.forward(&[Segment { slot, pos: i * piece, tokens, wanted: 1 }], Pass::Prompt)?;
            if i == (ids.len() - 1) / piece {
                self.model.logits(&states, 0..1)?;
            }
        }
        let prefill = clock.elapsed().as_secs_f64();
        let clock = Instant::now();
        for i in 0..count {
            let segment = Segment { slot, pos: ids.len() + i, tokens: &ids[i % ids.len()..][..1], wanted: 1 };
            let states = self.model.forward(&[segment], Pass::Answer)?;
            self.model.logits(&states, 0..1)?;
        }
        Ok((prefill, clock.elapsed().as_secs_f64()))
    }
}

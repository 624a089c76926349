//! Texts → vectors: the encoder, shared by everyone who asks.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::vectors::{Quantised, Vectors};
use crate::models::ModelError;
use crate::models::encoder::{Encoder, QUERY_TOKENS};
pub use crate::models::encoder::{Prefixes, Side};

/// Texts per call of the encoder while many are embedded: a crash loses no more than these.
const PIECE: usize = 256;

/// Characters of a window of a long text.
const WINDOW: usize = 300;
/// Windows that are read; the decisive facts of a judgment stand before.
const MOST_WINDOWS: usize = 6;

/// A loaded encoder. Calls take turns.
pub struct Embedder {
    encoder: Mutex<Encoder>,
    width: usize,
}

impl Embedder {
    pub fn open(path: &Path, prefixes: Prefixes) -> Result<Self, ModelError> {
        let encoder = Encoder::open(path, prefixes)?;
        Ok(Self { width: encoder.width(), encoder: Mutex::new(encoder) })
    }

    /// Length of a vector.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The vector of a question, of length 1.
    pub fn query(&self, text: &str) -> Result<Vec<f32>, ModelError> {
        self.embed(Side::Query, &[text])
    }

    /// The vector of a text longer than the encoder reads: the mean of its beginning's windows, of length 1.
    pub fn narrative(&self, text: &str) -> Result<Vec<f32>, ModelError> {
        let plain: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).take(WINDOW * MOST_WINDOWS).collect();
        let windows: Vec<String> = plain.chunks(WINDOW).map(|w| w.iter().collect()).collect();
        if windows.len() < 2 {
            return self.query(text);
        }
        let pieces: Vec<&str> = windows.iter().map(String::as_str).collect();
        let mut mean = vec![0f32; self.width];
        for vector in self.embed(Side::Query, &pieces)?.chunks_exact(self.width) {
            mean.iter_mut().zip(vector).for_each(|(m, v)| *m += v);
        }
        let length = mean.iter().map(|v| v * v).sum::<f32>().sqrt().max(1e-12);
        mean.iter_mut().for_each(|v| *v /= length);
        Ok(mean)
    }

    fn embed(&self, side: Side, texts: &[&str]) -> Result<Vec<f32>, ModelError> {
        self.encoder.lock().unwrap_or_else(PoisonError::into_inner).embed(side, texts)
    }

    /// The vectors of texts, in their order: those of earlier runs from `known`, the others computed and added to it, the
    /// shortest first. `on(done, all)` hears of the computed ones.
    pub fn all(
        &self,
        side: Side,
        texts: &[String],
        known: &mut Vectors,
        on: &mut dyn FnMut(usize, usize),
    ) -> Result<Vec<Quantised>, ModelError> {
        let io = |e: std::io::Error| ModelError::Compute(format!("保存向量失败：{e}"));
        let key = |text: &String| match side {
            Side::Passage => Vectors::key(text),
            Side::Query => Vectors::key(&format!("query {QUERY_TOKENS}: {text}")),
        };
        let keys: Vec<_> = texts.iter().map(key).collect();
        let mut missing: Vec<usize> = (0..texts.len()).filter(|i| !known.has(&keys[*i])).collect();
        missing.sort_by_key(|i| (texts[*i].len(), keys[*i]));
        missing.dedup_by_key(|i| keys[*i]);
        for (at, part) in missing.chunks(PIECE).enumerate() {
            let pieces: Vec<&str> = part.iter().map(|i| texts[*i].as_str()).collect();
            let vectors = self.embed(side, &pieces)?;
            for (i, vector) in part.iter().zip(vectors.chunks_exact(self.width)) {
                known.add(keys[*i], Quantised::of(vector));
            }
            known.flush().map_err(io)?;
            on(at * PIECE + part.len(), missing.len());
        }
        let all = keys.iter().map(|k| known.get(k)).collect::<Option<Vec<_>>>();
        all.ok_or_else(|| ModelError::Compute("向量不全".into()))
    }
}

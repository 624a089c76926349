//! 条文向量: every installed article as a vector, for search by meaning.

use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::corpus;
use crate::corpus::ranking::{Similar, is_question, question_map};
use crate::engine::embedder::{Embedder, Prefixes, Side};
use crate::engine::vectors::{Matrix, QueryMap, Vectors};
use crate::settings::Settings;
use crate::setup::encoder::{self, MATRIX};
use crate::setup::{EncoderSource, HookError, sources};

/// Search by meaning: the encoder and the vectors of the installed articles.
pub struct Meaning {
    embedder: Embedder,
    map: Option<QueryMap>,
    matrix: Matrix,
    /// Whether the ranking was trained with this encoder.
    learned: bool,
}

/// The encoder that the settings name.
pub fn encoder_of(settings: &Settings) -> Option<EncoderSource> {
    let text = corpus::embedded("sources.toml")?;
    let found = sources::encoder(&text, settings.search.encoder.as_ref());
    found.inspect_err(|e| tracing::warn!("编码模型：{e}")).ok()?
}

impl Meaning {
    /// What set-up installed; none when search by meaning is switched off, was not set up, or does not fit the articles.
    pub fn open(settings: &Settings, articles: usize) -> Option<Self> {
        let source = encoder_of(settings).filter(|_| settings.search.dense)?;
        let matrix = Matrix::load(&settings.data_dir.join("index").join(MATRIX)).ok()??;
        let embedder = Embedder::open(&encoder::path(&settings.cache_dir, &source), source.prefixes()).ok()?;
        let fits = matrix.len() == articles
            && matrix.width() == embedder.width()
            && encoder::made_by(&settings.data_dir, &settings.cache_dir, &source);
        if !fits {
            tracing::warn!("条文向量与已装条文不符，只按字词检索；请运行 zhicai setup");
        }
        let learned = source.is_learned();
        let map = question_map().filter(|_| learned).and_then(|bytes| QueryMap::read(&bytes, embedder.width()));
        fits.then_some(Self { embedder, map, matrix, learned })
    }

    /// Cosine of a question with every article, by key; none when the encoder fails, which is no reason not to search.
    pub fn similarities(&self, text: &str) -> Option<Similar> {
        let mut vector = self.embedder.query(text).inspect_err(|e| tracing::warn!("编码模型：{e}")).ok()?;
        let plain = self.matrix.similarities(&vector);
        let Some(map) = self.map.as_ref().filter(|_| is_question(text)) else {
            return Some(Similar { moved: plain.clone(), plain, learned: self.learned });
        };
        map.apply(&mut vector);
        Some(Similar { plain, moved: self.matrix.similarities(&vector), learned: self.learned })
    }
}

/// Computes the vectors that are not known yet and writes those of the installed articles into the index folder. What is
/// computed is kept at once, so that an interrupted run goes on where it stopped.
pub fn articles(data_dir: &Path, model: &Path, prefixes: Prefixes, known: &Path) -> Result<Value, HookError> {
    let texts = corpus::passages(data_dir)?;
    let embedder = Embedder::open(model, prefixes)?;
    let (matrix, computed) = matrix(&embedder, Side::Passage, &texts, known)?;
    matrix.save(&data_dir.join("index").join(MATRIX))?;
    Ok(json!({ "articles": texts.len(), "computed": computed }))
}

/// The vectors of `texts` in their order, and how many had to be computed.
pub fn matrix(embedder: &Embedder, side: Side, texts: &[String], known: &Path) -> Result<(Matrix, usize), HookError> {
    let mut known = Vectors::open(known, embedder.width())?;
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}，还需约 {eta}")?;
    let bar = ProgressBar::new(0).with_style(style).with_message("计算向量");
    let mut computed = 0;
    let rows = embedder.all(side, texts, &mut known, &mut |done, all| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
        computed = done;
    })?;
    bar.finish_and_clear();
    Ok((Matrix::new(embedder.width(), rows), computed))
}

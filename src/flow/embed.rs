//! 条文向量: every installed article as a vector, for search by meaning.

use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::corpus;
use crate::engine::embedder::Embedder;
use crate::engine::vectors::{Matrix, Vectors};
use crate::setup::HookError;
use crate::setup::encoder::MATRIX;

/// Computes the vectors that are not known yet and writes those of the installed articles into the index folder. What is
/// computed is kept at once, so that an interrupted run goes on where it stopped.
pub fn articles(data_dir: &Path, model: &Path, known: &Path) -> Result<Value, HookError> {
    let texts = corpus::passages(data_dir)?;
    let embedder = Embedder::open(model)?;
    let (matrix, computed) = matrix(&embedder, &texts, known, "计算条文向量")?;
    matrix.save(&data_dir.join("index").join(MATRIX))?;
    Ok(json!({ "articles": texts.len(), "computed": computed }))
}

/// The vectors of `texts` in their order, and how many had to be computed.
pub fn matrix(embedder: &Embedder, texts: &[String], known: &Path, zh: &str) -> Result<(Matrix, usize), HookError> {
    let mut known = Vectors::open(known, embedder.width())?;
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}，还需约 {eta}")?;
    let bar = ProgressBar::new(0).with_style(style).with_message(zh.to_string());
    let mut computed = 0;
    let rows = embedder.passages(texts, &mut known, &mut |done, all| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
        computed = done;
    })?;
    bar.finish_and_clear();
    Ok((Matrix::new(embedder.width(), rows), computed))
}

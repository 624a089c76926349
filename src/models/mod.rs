//! 模型架构: one file per architecture, tensors never leave this room. The engine sees token ids going in and plain `f32`
//! logits coming out.

pub mod encoder;
pub mod gguf;
pub mod manifest;
pub mod packed;
mod stock;
mod tensors;
mod tokenizer;

use std::path::{Path, PathBuf};

use candle_core::quantized::gguf_file::Content;
pub use zhicai_kernels as kernels;

use self::gguf::GgufFile;

/// New positions of one sequence.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// Whose cache: 0 up to [`LanguageModel::slots`].
    pub slot: usize,
    /// Where the first token stands: not beyond what the slot holds. What it held from here on is overwritten.
    pub pos: usize,
    pub tokens: &'a [u32],
    /// The states of this many of the last tokens are wanted (0: only fill the cache).
    pub wanted: usize,
}

/// What a pass is for. Prompts are read in large pieces and may be computed differently from the few rows of an answer; rows of
/// one kind of pass come out the same whatever stands beside them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    Prompt,
    Answer,
}

/// What a forward pass leaves of each wanted position: enough to compute logits when they are needed.
pub struct States {
    /// Wanted positions, in the order of the batch.
    pub rows: usize,
    width: usize,
    data: Vec<f32>,
}

/// A causal language model with its own key/value caches, one per slot.
pub trait LanguageModel: Send {
    /// Reads every segment (each of another slot) in one pass.
    fn forward(&mut self, batch: &[Segment<'_>], pass: Pass) -> Result<States, ModelError>;

    /// Logits of the states `rows`: for each one `f32` per vocabulary id, row after row.
    fn logits(&mut self, states: &States, rows: std::ops::Range<usize>) -> Result<Vec<f32>, ModelError>;

    /// Logits of one state for the vocabulary ids `ids` (ascending) alone; cheaper than all of them.
    fn logits_of(&mut self, states: &States, row: usize, ids: &[u32]) -> Result<Vec<f32>, ModelError>;

    /// Forgets everything of a slot after the first `len` positions and returns how many are really kept (0 when the
    /// architecture cannot shorten its cache).
    fn keep(&mut self, slot: usize, len: usize) -> usize;

    /// Copies the first `len` positions of one slot to another, which forgets what it held.
    fn copy(&mut self, from: usize, to: usize, len: usize);

    /// Independent sequences. More than one also means: several states of a segment may be wanted, and a cache can be cut to
    /// any length. One means neither.
    fn slots(&self) -> usize;

    /// Positions that fit into a slot.
    fn context(&self) -> usize;

    /// Bytes that one position takes in a cache.
    fn position_bytes(&self) -> usize;

    /// Number of vocabulary ids.
    fn vocabulary(&self) -> usize;
}

#[derive(Clone, Debug, thiserror::Error)]
pub enum ModelError {
    #[error("找不到模型文件 {0}；请运行 zhicai setup，或用 --model none 不使用模型")]
    NotFound(PathBuf),
    #[error("{path} 不是完整的 GGUF 模型文件（{why}）；请删除后重新运行 zhicai setup")]
    Broken { path: PathBuf, why: String },
    #[error("暂不支持模型架构“{0}”；支持的架构：{list}", list = ARCHITECTURES.iter().map(|a| a.name).collect::<Vec<_>>().join("、"))]
    UnknownArchitecture(String),
    #[error("文字过长，超出模型的上下文（{needed} > {context}）")]
    ContextOverflow { needed: usize, context: usize },
    #[error("模型计算失败：{0}")]
    Compute(String),
}

impl ModelError {
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "model.not_found",
            Self::Broken { .. } => "model.broken",
            Self::UnknownArchitecture(_) => "model.unknown_architecture",
            Self::ContextOverflow { .. } => "model.context_overflow",
            Self::Compute(_) => "model.compute",
        }
    }
}

impl From<kernels::KernelError> for ModelError {
    fn from(e: kernels::KernelError) -> Self {
        Self::Compute(e.0)
    }
}

impl From<candle_core::Error> for ModelError {
    fn from(e: candle_core::Error) -> Self {
        // candle appends a backtrace; its first line says what happened.
        Self::Compute(e.to_string().lines().next().unwrap_or_default().to_string())
    }
}

/// Positions kept at most: longer prompts than this have no use in drafting and cost memory.
pub const MAX_CONTEXT: usize = 8192;

type Build = fn(Content, &mut GgufFile) -> Result<Box<dyn LanguageModel>, ModelError>;

/// An architecture under its GGUF name.
pub struct Architecture {
    pub name: &'static str,
    /// candle's own implementation.
    pub stock: Build,
    /// Our packed implementation, where there is one.
    pub packed: Option<Build>,
}

/// Every architecture, in one list.
pub const ARCHITECTURES: &[Architecture] = &[
    Architecture { name: "qwen2", stock: stock::qwen2::build, packed: Some(packed::build) },
    Architecture { name: "qwen3", stock: stock::qwen3::build, packed: Some(packed::build) },
    Architecture { name: "llama", stock: stock::llama::build, packed: Some(packed::build) },
    Architecture { name: "gemma3", stock: stock::gemma3::build, packed: Some(packed::build) },
    Architecture { name: "glm4", stock: stock::glm4::build, packed: Some(packed::build) },
    Architecture { name: "phi3", stock: stock::phi3::build, packed: Some(packed::build) },
];

/// A model ready to run, with what the engine needs to talk to it.
pub struct Loaded {
    pub model: Box<dyn LanguageModel>,
    pub tokenizer: tokenizers::Tokenizer,
    /// Text of the GGUF's chat template, if it has one.
    pub chat_template: Option<String>,
    pub bos: Option<String>,
    pub eos: Vec<u32>,
    pub name: String,
    pub architecture: String,
    /// `packed` or `candle`.
    pub path: &'static str,
}

/// Which implementation to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Implementation {
    /// Packed kernels where the architecture has them, candle otherwise.
    #[default]
    Auto,
    /// candle-transformers only.
    Candle,
}

/// Runs code of libraries that panics on shapes it does not expect: such a file is refused like any other broken one. What was
/// being built is dropped, so nothing half-made is seen afterwards.
fn guarded<T>(f: impl FnOnce() -> Result<T, ModelError>) -> Result<T, ModelError> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(f))
        .unwrap_or_else(|_| Err(ModelError::Compute("张量的形状不合架构".into())))
}

/// Opens a GGUF file.
pub fn open(path: &Path, implementation: Implementation) -> Result<Loaded, ModelError> {
    let (mut file, content) = GgufFile::open(path)?;
    let text = |key: &str| content.metadata.get(key).and_then(|v| v.to_string().ok()).cloned();
    let architecture = text("general.architecture").unwrap_or_default();
    let known = ARCHITECTURES
        .iter()
        .find(|a| a.name == architecture)
        .ok_or_else(|| ModelError::UnknownArchitecture(architecture.clone()))?;
    let broken = |why: String| ModelError::Broken { path: path.into(), why: format!("分词器：{why}") };
    let tokenizer = guarded(|| tokenizer::load(&content).map_err(ModelError::Compute)).map_err(|e| match e {
        ModelError::Compute(why) => broken(why),
        other => other,
    })?;
    let id = |key: &str| content.metadata.get(key).and_then(|v| v.to_u32().ok());
    let mut eos: Vec<u32> = id("tokenizer.ggml.eos_token_id").into_iter().collect();
    for end in ["<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<end_of_turn>", "<|end|>", "</s>"] {
        eos.extend(tokenizer.token_to_id(end));
    }
    eos.sort_unstable();
    eos.dedup();
    let bos = id("tokenizer.ggml.bos_token_id").and_then(|b| tokenizer.id_to_token(b));
    let name =
        text("general.name").unwrap_or_else(|| path.file_stem().unwrap_or_default().to_string_lossy().into_owned());
    let chat_template = text("tokenizer.chat_template");
    // A GPU is candle's; our kernels are for processors.
    let packed = known.packed.filter(|_| implementation == Implementation::Auto && !stock::device().is_cuda());
    let (build, used): (Build, _) = packed.map_or((known.stock, "candle"), |p| (p, "packed"));
    let model = guarded(|| build(content, &mut file)).map_err(|e| match e {
        ModelError::Compute(why) => ModelError::Broken { path: path.into(), why },
        other => other,
    })?;
    Ok(Loaded { model, tokenizer, chat_template, bos, eos, name, architecture, path: used })
}

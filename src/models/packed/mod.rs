//! Decoders on the packed kernels: Qwen2, Qwen2.5, Qwen3, Llama, Gemma 3, GLM-4 and Phi-3 in one forward pass that differs by `config`.
//! Many sequences share the weights: their new positions are stacked into one batch, so that every weight is read once for all.

mod build;
mod config;

use std::ops::Range;

use candle_core::quantized::gguf_file::Content;

use self::build::{Layer, Weights};
use self::config::{Config, Rotation, WIDEST_HEAD};
use super::gguf::GgufFile;
use super::kernels::pool::pool;
use super::kernels::{
    Activations, Form, KvHead, Span, attention, gate, matmul, matmul_some, padded_rows, quantize, rms_norm,
};
use super::{LanguageModel, ModelError, Pass, Segment, States};

/// Sequences whose caches are kept side by side: those being written and the prefixes kept for later.
const SLOTS: usize = 24;

/// Keys and values of one layer: `[slot][key/value head]`.
type LayerCache = Vec<Vec<KvHead>>;

struct Packed {
    config: Config,
    weights: Weights,
    /// Kept open for rows of the embedding table.
    file: GgufFile,
    /// Rotary angles of layers that see everything, and of those with a window where they differ.
    angles: Vec<(f32, f32)>,
    window_angles: Option<Vec<(f32, f32)>>,
    caches: Vec<LayerCache>,
    held: [usize; SLOTS],
    acts: Activations,
    scratch: Scratch,
    row: Vec<u8>,
}

/// Buffers of a forward pass, kept between passes.
#[derive(Default)]
struct Scratch {
    x: Vec<f32>,
    query: Vec<f32>,
    key: Vec<f32>,
    value: Vec<f32>,
    mixed: Vec<f32>,
    delta: Vec<f32>,
    gate: Vec<f32>,
    up: Vec<f32>,
}

/// Builds from a GGUF of one of the architectures above; shapes that the kernels do not have are left to candle.
pub fn build(content: Content, file: &mut GgufFile) -> Result<Box<dyn LanguageModel>, ModelError> {
    let config = Config::read(&content)?;
    if !config.fits() {
        let stock = super::ARCHITECTURES.iter().find(|a| a.name == config.architecture).map(|a| a.stock);
        return stock.ok_or_else(|| ModelError::UnknownArchitecture(config.architecture.clone()))?(content, file);
    }
    let weights = build::read(&content, file, &config)?;
    let factors = weights.rope_factors.as_deref();
    let angles = config.angles(config.base, config.scaling, factors);
    let window_angles = config.window.map(|_| config.angles(config.window_base, 1.0, factors));
    let head = || KvHead::new(config.head_dim);
    let slot = || (0..config.kv_heads).map(|_| head()).collect::<Vec<_>>();
    let caches = (0..config.blocks).map(|_| (0..SLOTS).map(|_| slot()).collect()).collect();
    Ok(Box::new(Packed {
        config,
        weights,
        file: file.reopen()?,
        angles,
        window_angles,
        caches,
        held: [0; SLOTS],
        acts: Activations::default(),
        scratch: Scratch::default(),
        row: vec![],
    }))
}

/// Rows of a flat buffer.
fn rows(data: &mut [f32], count: usize, width: usize) -> Vec<&mut [f32]> {
    data[..count * width].chunks_exact_mut(width).collect()
}

fn fit(buffer: &mut Vec<f32>, len: usize) {
    if buffer.len() < len {
        buffer.resize(len, 0.0);
    }
}

fn add(row: &mut [f32], more: &[f32]) {
    row.iter_mut().zip(more).for_each(|(x, d)| *x += d);
}

impl Packed {
    fn embed(&mut self, id: u32, at: usize) -> Result<(), ModelError> {
        let width = self.config.width;
        let out = &mut self.scratch.x[at * width..][..width];
        self.weights.embedding.row(&mut self.file, id, &mut self.row, out)?;
        if self.config.embedding_scale != 1.0 {
            out.iter_mut().for_each(|x| *x *= self.config.embedding_scale);
        }
        Ok(())
    }

    /// Room for `t` rows in every buffer.
    fn reserve(&mut self, t: usize) {
        let (config, rows) = (&self.config, padded_rows(t));
        let hidden = self.weights.layers.first().map_or(0, |l| l.gate.n);
        let (q, kv) = (config.heads * config.head_dim, config.kv_heads * config.head_dim);
        let s = &mut self.scratch;
        for (buffer, width) in [
            (&mut s.x, config.width),
            (&mut s.query, q),
            (&mut s.mixed, q),
            (&mut s.key, kv),
            (&mut s.value, kv),
            (&mut s.delta, config.width),
            (&mut s.gate, hidden),
            (&mut s.up, hidden),
        ] {
            fit(buffer, rows * width);
        }
    }
}

/// Bias, per-head norm and rotation of one row of query or key heads.
fn finish_heads(row: &mut [f32], bias: Option<&[f32]>, norm: Option<&[f32]>, angles: &[(f32, f32)], config: &Config) {
    if let Some(bias) = bias {
        add(row, bias);
    }
    let dim = config.head_dim;
    let mut normed = [0f32; WIDEST_HEAD];
    for head in row.chunks_exact_mut(dim) {
        if let Some(norm) = norm {
            rms_norm(head, norm, &mut normed[..dim], config.eps);
            head.copy_from_slice(&normed[..dim]);
        }
        match config.rotation {
            Rotation::Halves => {
                let (lo, hi) = head[..config.rotary].split_at_mut(config.rotary / 2);
                for ((a, b), (cos, sin)) in lo.iter_mut().zip(hi).zip(angles) {
                    (*a, *b) = (*a * cos - *b * sin, *b * cos + *a * sin);
                }
            }
            Rotation::Neighbours => {
                for (pair, (cos, sin)) in head.chunks_exact_mut(2).zip(angles) {
                    (pair[0], pair[1]) = (pair[0] * cos - pair[1] * sin, pair[1] * cos + pair[0] * sin);
                }
            }
        }
    }
}

/// Where each row of a batch belongs.
struct Batch<'a> {
    segments: &'a [Segment<'a>],
    /// First row of each segment.
    starts: Vec<usize>,
    /// Position of each row.
    positions: Vec<usize>,
    /// Computed as tiles of many rows, where the processor has them.
    form: Form,
}

/// One layer over the rows of a batch, `t = positions.len()`.
fn run_layer(
    layer: &Layer,
    cache: &mut LayerCache,
    batch: &Batch<'_>,
    config: &Config,
    angles: &[(f32, f32)],
    acts: &mut Activations,
    s: &mut Scratch,
) {
    let (t, width, dim, eps) = (batch.positions.len(), config.width, config.head_dim, config.eps);
    let (q_width, kv_width, half) = (config.heads * dim, config.kv_heads * dim, config.rotary / 2);
    quantize(acts, batch.form, t, width, |r, o| rms_norm(&s.x[r * width..][..width], &layer.attention_norm, o, eps));
    matmul(&mut [(&layer.query, &mut s.query), (&layer.key, &mut s.key), (&layer.value, &mut s.value)], acts);
    let at = |row: usize| &angles[batch.positions[row] * half..][..half];
    pool().each(&mut rows(&mut s.query, t, q_width), |i, row| {
        finish_heads(row, layer.query_bias.as_deref(), layer.query_norm.as_deref(), at(i), config);
    });
    pool().each(&mut rows(&mut s.key, t, kv_width), |i, row| {
        finish_heads(row, layer.key_bias.as_deref(), layer.key_norm.as_deref(), at(i), config);
    });
    if let Some(bias) = &layer.value_bias {
        rows(&mut s.value, t, kv_width).into_iter().for_each(|row| add(row, bias));
    }
    for (segment, start) in batch.segments.iter().zip(&batch.starts) {
        pool().each(&mut cache[segment.slot], |h, head| {
            head.reserve(segment.pos + segment.tokens.len());
            for i in 0..segment.tokens.len() {
                let of = |data: &[f32]| -> std::ops::Range<usize> {
                    debug_assert!(data.len() >= t * kv_width);
                    (start + i) * kv_width + h * dim..(start + i) * kv_width + (h + 1) * dim
                };
                head.store(segment.pos + i, &s.key[of(&s.key)], &s.value[of(&s.value)]);
            }
        });
    }
    let spans: Vec<Span<'_>> = batch
        .segments
        .iter()
        .zip(&batch.starts)
        .map(|(segment, start)| Span {
            row: *start,
            tokens: segment.tokens.len(),
            pos: segment.pos,
            cache: &cache[segment.slot],
            window: layer.window,
            both_ways: false,
        })
        .collect();
    attention(&s.query, &mut s.mixed, config.heads, 1.0 / (dim as f32).sqrt(), &spans);
    quantize(acts, batch.form, t, q_width, |r, o| o.copy_from_slice(&s.mixed[r * q_width..][..q_width]));
    matmul(&mut [(&layer.output, &mut s.delta)], acts);
    add_rows(&mut s.x, &s.delta, t, width, layer.after_attention.as_deref(), eps);
    quantize(acts, batch.form, t, width, |r, o| rms_norm(&s.x[r * width..][..width], &layer.ffn_norm, o, eps));
    matmul(&mut [(&layer.gate, &mut s.gate), (&layer.up, &mut s.up)], acts);
    let hidden = layer.gate.n;
    quantize(acts, batch.form, t, hidden, |r, o| {
        gate(config.gate, &s.gate[r * hidden..][..hidden], &s.up[r * hidden..][..hidden], o);
    });
    matmul(&mut [(&layer.down, &mut s.delta)], acts);
    add_rows(&mut s.x, &s.delta, t, width, layer.after_ffn.as_deref(), eps);
}

/// Adds what a half of a layer computed, normed first where the architecture says so.
fn add_rows(x: &mut [f32], delta: &[f32], t: usize, width: usize, norm: Option<&[f32]>, eps: f32) {
    pool().each(&mut rows(x, t, width), |i, row| {
        let delta = &delta[i * width..][..width];
        match norm {
            None => add(row, delta),
            Some(norm) => {
                let mut normed = vec![0f32; width];
                rms_norm(delta, norm, &mut normed, eps);
                add(row, &normed);
            }
        }
    });
}

impl LanguageModel for Packed {
    fn forward(&mut self, segments: &[Segment<'_>], pass: Pass) -> Result<States, ModelError> {
        let mut starts = Vec::with_capacity(segments.len());
        let mut positions = Vec::new();
        for segment in segments {
            let needed = segment.pos + segment.tokens.len();
            if needed > self.config.context {
                return Err(ModelError::ContextOverflow { needed, context: self.config.context });
            }
            if segment.tokens.is_empty() || segment.slot >= SLOTS || segment.pos > self.held[segment.slot] {
                return Err(ModelError::Compute("位置不连续".into()));
            }
            starts.push(positions.len());
            positions.extend(segment.pos..needed);
        }
        let t = positions.len();
        self.reserve(t);
        for (i, id) in segments.iter().flat_map(|s| s.tokens).enumerate() {
            self.embed(*id, i)?;
        }
        let form = if pass == Pass::Prompt { Form::Many } else { Form::Few };
        let batch = Batch { segments, starts, positions, form };
        for (layer, cache) in self.weights.layers.iter().zip(&mut self.caches) {
            let angles = match &self.window_angles {
                Some(angles) if layer.window != usize::MAX => angles,
                _ => &self.angles,
            };
            run_layer(layer, cache, &batch, &self.config, angles, &mut self.acts, &mut self.scratch);
        }
        let width = self.config.width;
        let mut states = States { rows: 0, width, data: vec![] };
        for (segment, start) in segments.iter().zip(&batch.starts) {
            let end = start + segment.tokens.len();
            let wanted = segment.wanted.min(segment.tokens.len());
            states.data.extend_from_slice(&self.scratch.x[(end - wanted) * width..end * width]);
            states.rows += wanted;
            self.held[segment.slot] = segment.pos + segment.tokens.len();
        }
        Ok(states)
    }

    fn logits(&mut self, states: &States, wanted: Range<usize>) -> Result<Vec<f32>, ModelError> {
        let (n, width, eps) = (self.weights.head.n, self.config.width, self.config.eps);
        let rows = wanted.len();
        let norm = &self.weights.norm;
        let row = |r: usize| &states.data[(wanted.start + r) * width..][..width];
        quantize(&mut self.acts, Form::Few, rows, width, |r, o| rms_norm(row(r), norm, o, eps));
        let mut out = vec![0f32; padded_rows(rows) * n];
        matmul(&mut [(&self.weights.head, &mut out)], &self.acts);
        let vocabulary = self.weights.embedding.vocabulary;
        if n == vocabulary {
            out.truncate(rows * n);
            return Ok(out);
        }
        Ok(out.chunks_exact(n).take(rows).flat_map(|r| r[..vocabulary].iter().copied()).collect())
    }

    fn logits_of(&mut self, states: &States, row: usize, ids: &[u32]) -> Result<Vec<f32>, ModelError> {
        let vocabulary = self.weights.embedding.vocabulary;
        if ids.iter().any(|id| *id as usize >= vocabulary) {
            return Err(ModelError::Compute("词号超出词表".into()));
        }
        let width = self.config.width;
        let state = &states.data[row * width..][..width];
        quantize(&mut self.acts, Form::Few, 1, width, |_, o| rms_norm(state, &self.weights.norm, o, self.config.eps));
        Ok(matmul_some(&self.weights.head, &self.acts, ids))
    }

    fn keep(&mut self, slot: usize, len: usize) -> usize {
        self.held[slot] = self.held[slot].min(len);
        if len == 0 {
            self.caches.iter_mut().flat_map(|layer| &mut layer[slot]).for_each(KvHead::clear);
        }
        self.held[slot]
    }

    fn copy(&mut self, from: usize, to: usize, len: usize) {
        let len = len.min(self.held[from]);
        if from == to {
            self.keep(to, len);
            return;
        }
        pool().each(&mut self.caches, |_, layer| {
            let (low, high) = layer.split_at_mut(from.max(to));
            let (source, target) = if from < to { (&low[from], &mut high[0]) } else { (&high[0], &mut low[to]) };
            for (source, target) in source.iter().zip(target) {
                target.copy_from(source, len);
            }
        });
        self.held[to] = len;
    }

    fn slots(&self) -> usize {
        SLOTS
    }

    fn context(&self) -> usize {
        self.config.context
    }

    fn position_bytes(&self) -> usize {
        self.config.blocks * self.config.kv_heads * self.config.head_dim * 2 * size_of::<f32>()
    }

    fn vocabulary(&self) -> usize {
        self.weights.embedding.vocabulary
    }
}

//! Every level against plain arithmetic, for every block type, on random and extreme values.

use candle_core::Device;
use candle_core::quantized::GgmlDType;
use candle_core::quantized::ggml_file::qtensor_from_ggml;
use half::{bf16, f16};

use super::activations::Layout;
use super::buffer::AlignedBuf;
use super::*;

const TYPES: [GgmlDType; 7] = {
    use GgmlDType::{F16, Q4_0, Q4K, Q5_0, Q5K, Q6K, Q8_0};
    [Q4_0, Q5_0, Q8_0, Q4K, Q5K, Q6K, F16]
};

struct Random(u64);

impl Random {
    fn bits(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 32) as u32
    }

    /// −1..1.
    fn float(&mut self) -> f32 {
        self.bits() as f32 / (1u32 << 31) as f32 - 1.0
    }
}

/// Blocks with any quants at all: random bytes, or the largest there are; only the scales are kept in a sensible range.
fn blocks(dtype: GgmlDType, count: usize, random: &mut Random, extreme: bool) -> Vec<u8> {
    let largest = if dtype == GgmlDType::Q8_0 { 0x80 } else { 0xff };
    let mut data = Vec::new();
    for _ in 0..count {
        let mut block: Vec<u8> =
            (0..dtype.type_size()).map(|_| if extreme { largest } else { random.bits() as u8 }).collect();
        let halves: &[usize] = match dtype {
            GgmlDType::Q4K | GgmlDType::Q5K => &[0, 2],
            GgmlDType::Q6K => &[208],
            _ => &[0],
        };
        for at in halves {
            block[*at..at + 2].copy_from_slice(&f16::from_f32(random.float() * 0.01).to_le_bytes());
        }
        data.extend(block);
    }
    data
}

/// Floats that nobody has written yet, between the start of `room` and memory that must not be touched.
fn floats(room: &mut AlignedBuf) -> &mut [f32] {
    // SAFETY: any bytes are a float, and the buffer is aligned to more than one.
    let (_, out, _) = unsafe { room.as_mut_slice().align_to_mut() };
    out.fill(f32::NAN);
    out
}

/// Activations as the kernels see them: eight bits and a scale per block, or as bf16.
fn seen(x: &[f32], layout: Layout) -> Vec<f32> {
    if layout == Layout::Wide {
        return x.iter().map(|v| bf16::from_f32(*v).to_f32()).collect();
    }
    let rounded = |block: &[f32]| -> Vec<f32> {
        let max = block.iter().fold(0f32, |m, v| m.max(v.abs()));
        let inverse = if max > 0.0 { 127.0 / max } else { 0.0 };
        block.iter().map(|v| (v * inverse).round_ties_even() * (max / 127.0)).collect()
    };
    x.chunks_exact(BLOCK).flat_map(rounded).collect()
}

/// A matrix as candle reads it, and what packing may change.
struct Reference {
    weights: Vec<Vec<f32>>,
    /// Size of the parts whose difference a weight is: itself, or scale × quant and minimum together.
    parts: Vec<Vec<f32>>,
    /// How far a packed weight may be from the one in the file.
    off: Vec<Vec<f32>>,
}

impl Reference {
    fn new(dtype: GgmlDType, data: &[u8], n: usize, k: usize) -> Self {
        let read = |data: &[u8]| {
            let whole = qtensor_from_ggml(dtype, data, vec![n, k], &Device::Cpu).unwrap();
            whole.dequantize(&Device::Cpu).unwrap().to_vec2::<f32>().unwrap()
        };
        let weights = read(data);
        let mut parts: Vec<Vec<f32>> = weights.iter().map(|row| row.iter().map(|w| w.abs()).collect()).collect();
        if matches!(dtype, GgmlDType::Q4K | GgmlDType::Q5K) {
            // Without the scale of the scales only the minima are left.
            let mut bare = data.to_vec();
            bare.chunks_exact_mut(dtype.type_size()).for_each(|block| block[..2].fill(0));
            for ((part, w), minimum) in parts.iter_mut().zip(&weights).zip(read(&bare)) {
                part.iter_mut().zip(w).zip(minimum).for_each(|((p, w), m)| *p = (w - m).abs() + m.abs());
            }
        }
        // A number rounded to f16, or 63 times one that is too small to have all its digits there.
        let half = |v: f32| v / 2048.0 + 2e-6;
        let off = parts.iter().map(|row| match dtype {
            GgmlDType::Q4_0 | GgmlDType::Q5_0 | GgmlDType::Q8_0 => vec![0.0; row.len()],
            // No kernel of its own: rounded to eight bits when packed.
            GgmlDType::F16 => {
                let step = |block: &[f32]| block.iter().fold(0f32, |m, p| m.max(*p)) / 254.0;
                row.chunks_exact(BLOCK).flat_map(|b| b.iter().map(move |p| step(b) + half(*p))).collect()
            }
            _ => row.iter().map(|p| half(*p)).collect(),
        });
        Self { off: off.collect(), weights, parts }
    }

    /// `x · wᵀ`, row after row: each number with how far from it a kernel may be.
    fn products(&self, x: &[f32], layout: Layout) -> Vec<(f64, f64)> {
        let seen = seen(x, layout);
        let k = self.weights[0].len();
        let product = |(x, row): (&[f32], usize)| {
            let (mut exact, mut bound) = (0.0, 0.0);
            for (i, x) in x.iter().enumerate() {
                let [x, w, parts, off] =
                    [*x, self.weights[row][i], self.parts[row][i], self.off[row][i]].map(f64::from);
                exact += x * w;
                // Sums and scales are floats, and tiles have weights of eight binary digits: rounding takes up to 2⁻⁸ of one.
                let rounding = parts * 3e-6 + if layout == Layout::Wide { (w.abs() + off) * 1.01 / 256.0 } else { 0.0 };
                bound += x.abs() * (off + rounding);
            }
            (exact, bound)
        };
        seen.chunks_exact(k).flat_map(|x| (0..self.weights.len()).map(move |row| (x, row))).map(product).collect()
    }
}

/// Shapes: whole blocks of every type; more columns than prompts' tiles take at once; an odd number of blocks, and padded rows.
#[test]
fn products_agree_with_a_plain_reference_for_every_block_type() {
    for (n, k, rows) in [(64, 256, &[1usize, 2, 5, 6, 7, 13, 40][..]), (32, 1280, &[1, 3, 20]), (40, 96, &[1, 4, 33])] {
        let mut random = Random(11);
        for (dtype, extreme) in TYPES.into_iter().flat_map(|t| [(t, false), (t, true)]) {
            if k % dtype.block_size() != 0 {
                continue;
            }
            let data = match dtype {
                GgmlDType::F16 => (0..n * k).flat_map(|_| f16::from_f32(random.float()).to_le_bytes()).collect(),
                _ => blocks(dtype, n * k / dtype.block_size(), &mut random, extreme),
            };
            let reference = Reference::new(dtype, &data, n, k);
            let packed = PackedWeights::pack(dtype, &data, n, k).unwrap();
            for &m in rows {
                // Extreme: every value as large as its block allows; row after row with one sign, with both, with the other.
                let mut value = |i: usize| match (extreme, i / k % 3, i % 7) {
                    (true, 1, 0..3) | (true, 2, _) => -3.0,
                    (true, ..) => 3.0,
                    (false, _, 0) => random.float() * 30.0,
                    (false, ..) => random.float(),
                };
                let x: Vec<f32> = (0..m * k).map(&mut value).collect();
                let expected = [Layout::Panels, Layout::Wide].map(|layout| reference.products(&x, layout));
                on_every_level(|level| {
                    for form in [Form::Few, Form::Many] {
                        let mut acts = Activations::default();
                        quantize(&mut acts, form, m, k, |r, o| o.copy_from_slice(&x[r * k..][..k]));
                        let mut room = AlignedBuf::new(padded_rows(m) * packed.n * size_of::<f32>());
                        let out = floats(&mut room);
                        matmul(&mut [(&packed, out)], &acts);
                        for (at, (exact, bound)) in
                            expected[usize::from(acts.layout == Layout::Wide)].iter().enumerate()
                        {
                            let (r, c) = (at / n, at % n);
                            let got = f64::from(out[r * packed.n + c]);
                            let what =
                                format!("{level:?} {form:?} {dtype:?} extreme {extreme} {n} × {k}, m {m} [{r}, {c}]");
                            assert!((got - exact).abs() <= *bound, "{what}: {got} {exact}, at most {bound} apart");
                        }
                        if m == 1 && form == Form::Few {
                            let some = matmul_some(&packed, &acts, &[0, 1, 31, packed.n as u32 - 1]);
                            assert_eq!(some, [out[0], out[1], out[31], out[packed.n - 1]], "{level:?} {dtype:?}");
                        }
                    }
                });
            }
        }
    }
}

/// What a row becomes never depends on the rows beside it, in either form.
#[test]
fn rows_are_computed_alike_in_any_company() {
    let (n, k) = (64, 512);
    let mut random = Random(5);
    let x: Vec<f32> = (0..40 * k).map(|_| random.float()).collect();
    for (dtype, form) in TYPES.into_iter().flat_map(|t| [(t, Form::Few), (t, Form::Many)]) {
        let data = match dtype {
            GgmlDType::F16 => (0..n * k).flat_map(|_| f16::from_f32(random.float()).to_le_bytes()).collect(),
            _ => blocks(dtype, n * k / dtype.block_size(), &mut random, false),
        };
        let packed = PackedWeights::pack(dtype, &data, n, k).unwrap();
        on_every_level(|level| {
            let run = |first: usize, m: usize| {
                let mut acts = Activations::default();
                quantize(&mut acts, form, m, k, |r, o| o.copy_from_slice(&x[(first + r) * k..][..k]));
                let mut out = vec![0f32; padded_rows(m) * n];
                matmul(&mut [(&packed, &mut out)], &acts);
                out[..m * n].to_vec()
            };
            let all = run(0, 40);
            for (first, count) in [(0, 1), (3, 1), (17, 1), (39, 1), (5, 6), (2, 7), (11, 16), (7, 29)] {
                let part = &all[first * n..][..count * n];
                assert_eq!(run(first, count), part, "{level:?} {form:?} {dtype:?} {first} {count}");
            }
        });
    }
}

#[test]
fn zero_and_extreme_activations_stay_finite() {
    let k = 64;
    let data = blocks(GgmlDType::Q8_0, 32 * k / 32, &mut Random(3), false);
    let packed = PackedWeights::pack(GgmlDType::Q8_0, &data, 32, k).unwrap();
    on_every_level(|level| {
        for fill in [0.0f32, 1e30, -1e30, f32::MIN_POSITIVE, -f32::MIN_POSITIVE] {
            let mut acts = Activations::default();
            quantize(&mut acts, Form::Few, 1, k, |_, o| o.fill(fill));
            let mut out = vec![f32::NAN; packed.n];
            matmul(&mut [(&packed, &mut out)], &acts);
            assert!(out.iter().all(|v| v.is_finite()), "{level:?} {fill}");
            assert!(fill != 0.0 || out.iter().all(|v| *v == 0.0), "{level:?}");
        }
    });
}

#[test]
fn norm_and_gates_agree_with_plain_arithmetic() {
    let mut random = Random(1);
    let w: Vec<f32> = (0..64).map(|_| random.float()).collect();
    for size in [2.0f32, 200.0] {
        let x: Vec<f32> = (0..64).map(|_| random.float() * size).collect();
        let near = |got: f32, expect: f32, what: String| {
            assert!((got - expect).abs() <= 1e-4 * expect.abs().max(1.0), "{what}: {got} {expect}");
        };
        on_every_level(|level| {
            let mut out = vec![0f32; 64];
            rms_norm(&x, &w, &mut out, 1e-6);
            let rms = (x.iter().map(|v| v * v).sum::<f32>() / 64.0 + 1e-6).sqrt();
            (0..64).for_each(|i| near(out[i], x[i] / rms * w[i], format!("{level:?} norm {i}")));
            gate(Gate::Silu, &x, &w, &mut out);
            (0..64).for_each(|i| near(out[i], x[i] / (1.0 + (-x[i]).exp()) * w[i], format!("{level:?} silu {i}")));
            gate(Gate::GeluTanh, &x, &w, &mut out);
            for i in 0..64 {
                let inner = (2.0 / std::f32::consts::PI).sqrt() * (x[i] + 0.044_715 * x[i].powi(3));
                near(out[i], 0.5 * x[i] * (1.0 + inner.tanh()) * w[i], format!("{level:?} gelu {i}"));
            }
        });
    }
}

/// `.ci/arm` says which level each processor it emulates must come to.
#[test]
fn the_level_in_use_is_available_and_the_expected_one() {
    assert!(level().available());
    if let Ok(expected) = std::env::var("EXPECTED_LEVEL") {
        assert_eq!(level().name(), expected);
    }
}

//! Attention of a panel of query rows over one head's cache, in f32.
#![allow(unsafe_op_in_unsafe_fn, reason = "whole bodies are kernels over raw pointers under the invariants of mod.rs")]
#![allow(clippy::needless_range_loop, reason = "indices run over several register arrays at once")]

use std::arch::x86_64::*;

use super::exp;
use crate::attention::{KvHead, Rows};

/// [`Ops::attend`](crate::Ops).
///
/// # Safety
/// The first `rows.count` pointers are valid for `head.dim` floats; the cache holds every position below the limits; `scores`
/// has a row of `stride` floats for each, `stride` a multiple of 32 not below the largest limit.
pub unsafe fn attend(rows: &Rows, head: &KvHead, scores: *mut f32, stride: usize) {
    match rows.count {
        1 => panel::<1>(rows, head, scores, stride),
        2 => panel::<2>(rows, head, scores, stride),
        3 => panel::<3>(rows, head, scores, stride),
        4 => panel::<4>(rows, head, scores, stride),
        5 => panel::<5>(rows, head, scores, stride),
        _ => panel::<6>(rows, head, scores, stride),
    }
}

/// # Safety
/// As [`attend`], with `M` rows.
#[target_feature(enable = "avx512f,avx512dq")]
unsafe fn panel<const M: usize>(rows: &Rows, head: &KvHead, scores: *mut f32, stride: usize) {
    let dim = head.dim;
    let longest = rows.limit[..M].iter().copied().max().unwrap_or(0);
    let first = rows.from[..M].iter().copied().min().unwrap_or(0) / 32;
    let pairs = longest.div_ceil(32);
    let scale = _mm512_set1_ps(rows.scale);
    let keys = head.keys.as_ptr();
    for b in first..pairs {
        let (k0, k1) = (keys.add(b * 2 * dim * 16), keys.add((b * 2 + 1) * dim * 16));
        let mut acc = [[_mm512_setzero_ps(); 2]; M];
        for d in 0..dim {
            let (a, c) = (_mm512_loadu_ps(k0.add(d * 16)), _mm512_loadu_ps(k1.add(d * 16)));
            for r in 0..M {
                let x = _mm512_set1_ps(*rows.query[r].add(d));
                acc[r][0] = _mm512_fmadd_ps(x, a, acc[r][0]);
                acc[r][1] = _mm512_fmadd_ps(x, c, acc[r][1]);
            }
        }
        for r in 0..M {
            for j in 0..2 {
                _mm512_storeu_ps(scores.add(r * stride + b * 32 + j * 16), _mm512_mul_ps(acc[r][j], scale));
            }
        }
    }
    let mut inverse = [0f32; M];
    for r in 0..M {
        let p = scores.add(r * stride);
        // Outside its own positions a row's weight is e^-huge: nothing.
        for i in (first * 32..rows.from[r]).chain(rows.limit[r]..pairs * 32) {
            *p.add(i) = -1e30;
        }
        let mut max = _mm512_set1_ps(-1e30);
        for i in (first * 32..pairs * 32).step_by(16) {
            max = _mm512_max_ps(max, _mm512_loadu_ps(p.add(i)));
        }
        let max = _mm512_set1_ps(_mm512_reduce_max_ps(max));
        let mut sum = _mm512_setzero_ps();
        for i in (first * 32..pairs * 32).step_by(16) {
            let e = exp(_mm512_sub_ps(_mm512_loadu_ps(p.add(i)), max));
            sum = _mm512_add_ps(sum, e);
            _mm512_storeu_ps(p.add(i), e);
        }
        inverse[r] = 1.0 / _mm512_reduce_add_ps(sum);
        // Exactly nothing, so that a row comes out the same whatever else its panel sees.
        for i in (first * 32..rows.from[r]).chain(rows.limit[r]..pairs * 32) {
            *p.add(i) = 0.0;
        }
    }
    for at in (0..dim / 64).map(|part| part * 64) {
        mix::<M, 4>(rows, head, scores, stride, first * 32..longest, at, &inverse);
    }
    if !dim.is_multiple_of(64) {
        mix::<M, 2>(rows, head, scores, stride, first * 32..longest, dim - 32, &inverse);
    }
}

/// Elements `at..at + 16 J` of the rows' outputs: values weighted by `scores`, divided by their sums.
///
/// # Safety
/// As [`attend`], with `M` rows.
#[target_feature(enable = "avx512f,avx512dq")]
#[inline]
unsafe fn mix<const M: usize, const J: usize>(
    rows: &Rows,
    head: &KvHead,
    scores: *const f32,
    stride: usize,
    positions: std::ops::Range<usize>,
    at: usize,
    inverse: &[f32; M],
) {
    let values = head.values.as_ptr().add(at);
    let mut acc = [[_mm512_setzero_ps(); J]; M];
    for t in positions {
        let mut v = [_mm512_setzero_ps(); J];
        for j in 0..J {
            v[j] = _mm512_loadu_ps(values.add(t * head.dim + j * 16));
        }
        for r in 0..M {
            let x = _mm512_set1_ps(*scores.add(r * stride + t));
            for j in 0..J {
                acc[r][j] = _mm512_fmadd_ps(x, v[j], acc[r][j]);
            }
        }
    }
    for r in 0..M {
        let inverse = _mm512_set1_ps(inverse[r]);
        for j in 0..J {
            _mm512_storeu_ps(rows.out[r].add(at + j * 16), _mm512_mul_ps(acc[r][j], inverse));
        }
    }
}

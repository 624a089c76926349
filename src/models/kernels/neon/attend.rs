//! Attention of a panel of query rows over one head's cache, in f32.
#![allow(unsafe_op_in_unsafe_fn, reason = "whole bodies are kernels over raw pointers under the invariants of mod.rs")]
#![allow(clippy::needless_range_loop, reason = "indices run over several register arrays at once")]

use std::arch::aarch64::*;
use std::ops::Range;

use super::exp;
use crate::TILE;
use crate::attention::{KvHead, Rows};

/// [`Ops::attend`](crate::Ops).
///
/// # Safety
/// The first `rows.count` pointers are valid for `head.dim` floats; the cache holds every position below the limits; `scores`
/// has a row of `stride` floats for each, `stride` a multiple of 32 not below the largest limit.
#[target_feature(enable = "neon")]
pub unsafe fn attend(rows: &Rows, head: &KvHead, scores: *mut f32, stride: usize) {
    match rows.count {
        1 => panel::<1, 8>(rows, head, scores, stride),
        2 => panel::<2, 8>(rows, head, scores, stride),
        3 => panel::<3, 8>(rows, head, scores, stride),
        4 => panel::<4, 4>(rows, head, scores, stride),
        5 => panel::<5, 4>(rows, head, scores, stride),
        _ => panel::<6, 4>(rows, head, scores, stride),
    }
}

/// `J` registers of positions, then of a value's elements, at once: few rows leave registers for more.
///
/// # Safety
/// As [`attend`], with `M` rows; `J` is 4 or 8.
#[target_feature(enable = "neon")]
unsafe fn panel<const M: usize, const J: usize>(rows: &Rows, head: &KvHead, scores: *mut f32, stride: usize) {
    let width = J * 4;
    let longest = rows.limit[..M].iter().copied().max().unwrap_or(0);
    let first = rows.from[..M].iter().copied().min().unwrap_or(0) / width * width;
    // The cache has room for whole pairs of blocks.
    let whole = longest.next_multiple_of(width);
    for at in (first..whole).step_by(width) {
        score::<M, J>(rows, head, scores, stride, at);
    }
    let mut inverse = [0f32; M];
    for r in 0..M {
        let p = scores.add(r * stride);
        // Outside its own positions a row's weight is e^-huge: nothing.
        for i in (first..rows.from[r]).chain(rows.limit[r]..whole) {
            *p.add(i) = -1e30;
        }
        let mut max = vdupq_n_f32(-1e30);
        for i in (first..whole).step_by(4) {
            max = vmaxq_f32(max, vld1q_f32(p.add(i)));
        }
        let max = vdupq_n_f32(vmaxvq_f32(max));
        let mut sum = vdupq_n_f32(0.0);
        for i in (first..whole).step_by(4) {
            let e = exp(vsubq_f32(vld1q_f32(p.add(i)), max));
            sum = vaddq_f32(sum, e);
            vst1q_f32(p.add(i), e);
        }
        inverse[r] = 1.0 / vaddvq_f32(sum);
        // Exactly nothing, so that a row comes out the same whatever else its panel sees.
        for i in (first..rows.from[r]).chain(rows.limit[r]..whole) {
            *p.add(i) = 0.0;
        }
    }
    for at in (0..head.dim).step_by(width) {
        mix::<M, J>(rows, head, scores, stride, first..longest, at, &inverse);
    }
}

/// The rows' scaled scores for the `4 J` positions from `at` on.
///
/// # Safety
/// As [`panel`]; `at` is a multiple of `4 J`.
#[target_feature(enable = "neon")]
#[inline]
unsafe fn score<const M: usize, const J: usize>(
    rows: &Rows,
    head: &KvHead,
    scores: *mut f32,
    stride: usize,
    at: usize,
) {
    let dim = head.dim;
    let keys = head.keys.as_ptr().add(at * dim);
    let mut acc = [[vdupq_n_f32(0.0); J]; M];
    for d in 0..dim {
        let mut k = [vdupq_n_f32(0.0); J];
        for j in 0..J {
            k[j] = vld1q_f32(keys.add(j / 4 * dim * TILE + d * TILE + j % 4 * 4));
        }
        for r in 0..M {
            let x = *rows.query[r].add(d);
            for j in 0..J {
                acc[r][j] = vfmaq_n_f32(acc[r][j], k[j], x);
            }
        }
    }
    for r in 0..M {
        for j in 0..J {
            vst1q_f32(scores.add(r * stride + at + j * 4), vmulq_n_f32(acc[r][j], rows.scale));
        }
    }
}

/// Elements `at..at + 4 J` of the rows' outputs: values weighted by `scores`, divided by their sums.
///
/// # Safety
/// As [`panel`]; `at` is a multiple of `4 J`.
#[target_feature(enable = "neon")]
#[inline]
unsafe fn mix<const M: usize, const J: usize>(
    rows: &Rows,
    head: &KvHead,
    scores: *const f32,
    stride: usize,
    positions: Range<usize>,
    at: usize,
    inverse: &[f32; M],
) {
    let values = head.values.as_ptr().add(at);
    let mut acc = [[vdupq_n_f32(0.0); J]; M];
    for t in positions {
        let mut v = [vdupq_n_f32(0.0); J];
        for j in 0..J {
            v[j] = vld1q_f32(values.add(t * head.dim + j * 4));
        }
        for r in 0..M {
            let x = *scores.add(r * stride + t);
            for j in 0..J {
                acc[r][j] = vfmaq_n_f32(acc[r][j], v[j], x);
            }
        }
    }
    for r in 0..M {
        for j in 0..J {
            vst1q_f32(rows.out[r].add(at + j * 4), vmulq_n_f32(acc[r][j], inverse[r]));
        }
    }
}

//! Dot products of one int8 vector with many, for exact search over a matrix of vectors.

use super::level;
use super::pool::pool;
use super::product::Out;

/// Rows handed out at a time.
const CHUNK: usize = 512;

/// Bytes added to each stored value, so that a row is unsigned: what the dot product instructions want.
pub const ROW_OFFSET: i32 = 128;

/// `query · row` for each row of `rows`, whose values are stored with [`ROW_OFFSET`] added; `rows.len()` is a multiple of
/// `query.len()`, which is a multiple of 64.
pub fn dot_rows(query: &[i8], rows: &[u8]) -> Vec<i32> {
    let width = query.len();
    assert!(width > 0 && width.is_multiple_of(64) && rows.len().is_multiple_of(width));
    let correction = ROW_OFFSET * query.iter().map(|q| i32::from(*q)).sum::<i32>();
    let count = rows.len() / width;
    let mut out = vec![0i32; count];
    let (to, dot) = (Out(out.as_mut_ptr().cast()), level().ops().dot_row);
    pool().run(count.div_ceil(CHUNK), |range| {
        let to = &to;
        for i in range.start * CHUNK..(range.end * CHUNK).min(count) {
            // SAFETY: both have `width` values, a multiple of 64; each index is written once (invariant 4).
            unsafe {
                *to.0.cast::<i32>().add(i) = dot(query.as_ptr(), rows.as_ptr().add(i * width), width) - correction
            }
        }
    });
    out
}

/// Plain Rust; the compiler makes vectors of it.
///
/// # Safety
/// Both pointers hold `n` values.
#[inline(always)]
pub(super) unsafe fn dot_row(query: *const i8, row: *const u8, n: usize) -> i32 {
    // SAFETY: as promised by the caller.
    let (query, row) = unsafe { (std::slice::from_raw_parts(query, n), std::slice::from_raw_parts(row, n)) };
    query.iter().zip(row).map(|(q, r)| i32::from(*q) * i32::from(*r)).sum()
}

#[cfg(test)]
mod tests {
    use super::super::on_every_level;
    use super::*;

    #[test]
    fn dot_products_are_exact_on_every_level() {
        let width = 384;
        let query: Vec<i8> = (0..width).map(|i| if i % 5 == 0 { -127 } else { (i * 37 % 255) as u8 as i8 }).collect();
        let values: Vec<i8> =
            (0..width * 1030).map(|i| if i % 7 == 0 { 127 } else { (i * 101 % 251) as u8 as i8 }).collect();
        let rows: Vec<u8> = values.iter().map(|v| (i32::from(*v) + ROW_OFFSET) as u8).collect();
        let expect: Vec<i32> = values
            .chunks_exact(width)
            .map(|row| row.iter().zip(&query).map(|(r, q)| i32::from(*r) * i32::from(*q)).sum())
            .collect();
        on_every_level(|level| assert_eq!(dot_rows(&query, &rows), expect, "{level:?}"));
    }
}

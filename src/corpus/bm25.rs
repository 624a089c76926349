//! BM25 (Robertson and Zaragoza, 2009) over one field of an index, term after term into an array of all texts.
//!
//! A question in Chinese has dozens of terms and the collections fit in memory many times over: reading every posting block
//! straight through is several times faster here than merging the lists document by document.

use tantivy::postings::BlockSegmentPostings;
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{Searcher, TERMINATED, Term};

/// `ln(1 + (n − df + ½) / (df + ½))`.
pub fn rarity(with: u64, of: u64) -> f32 {
    let (with, of) = (with as f32, of as f32);
    (1.0 + (of - with + 0.5) / (with + 0.5)).ln()
}

/// Lengths are kept in one byte; this is what each byte stands for.
fn length_of(byte: u8) -> f32 {
    tantivy::fieldnorm::FieldNormReader::id_to_fieldnorm(byte) as f32
}

/// Calls `visit(place in terms, key, share of the score)` for every text that holds a term; a term's weight multiplies its
/// share. `keys` has, for each segment, the key of each of its documents; `k1` says how soon repetition stops counting, `b` (0..1) how much long texts are held back.
pub fn each(
    searcher: &Searcher,
    field: Field,
    keys: &[Vec<u32>],
    terms: &[(String, f32)],
    (k1, b): (f32, f32),
    mut visit: impl FnMut(usize, u32, f32),
) -> tantivy::Result<()> {
    let segments = searcher.segment_readers();
    let mut inverted = Vec::with_capacity(segments.len());
    let mut tokens = 0;
    for segment in segments {
        let index = segment.inverted_index(field)?;
        tokens += index.total_num_tokens();
        inverted.push(index);
    }
    let texts = searcher.num_docs();
    let mean = (tokens as f32 / texts.max(1) as f32).max(1.0);
    let held: Vec<f32> = (0..=u8::MAX).map(|byte| k1 * (1.0 - b + b * length_of(byte) / mean)).collect();
    let lengths = segments.iter().map(|s| s.get_fieldnorms_reader(field)).collect::<tantivy::Result<Vec<_>>>()?;
    for (place, (term, weight)) in terms.iter().enumerate() {
        let term = Term::from_field_text(field, term);
        let mut lists: Vec<Option<BlockSegmentPostings>> = Vec::with_capacity(inverted.len());
        for index in &inverted {
            lists.push(index.read_block_postings(&term, IndexRecordOption::WithFreqs)?);
        }
        let holding: u64 = lists.iter().flatten().map(|l| u64::from(l.doc_freq())).sum();
        let most = weight * rarity(holding, texts) * (k1 + 1.0);
        for ((list, lengths), keys) in lists.into_iter().zip(&lengths).zip(keys) {
            let Some(mut list) = list else { continue };
            while list.block_len() > 0 {
                for (doc, count) in list.docs().iter().zip(list.freqs()) {
                    if *doc == TERMINATED {
                        break;
                    }
                    let count = *count as f32;
                    let share = most * count / (count + held[usize::from(lengths.fieldnorm_id(*doc))]);
                    visit(place, keys[*doc as usize], share);
                }
                list.advance();
            }
        }
    }
    Ok(())
}

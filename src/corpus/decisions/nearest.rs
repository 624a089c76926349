//! The nearest decisions by their words: the rarest terms of the query, block-max pruning, and the structure checked before a
//! document takes a place among the best.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};

use tantivy::columnar::Column;
use tantivy::fastfield::AliveBitSet;
use tantivy::query::{BooleanQuery, EnableScoring, Query, TermQuery};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocAddress, DocId, DocSet, Score, Searcher, SegmentReader, TERMINATED, Term};

use super::fields::{Fields, days};
use super::{DecisionQuery, Filter, Result};
use crate::corpus::tokenizer;

/// Terms of one field that a query is searched by. The rarest say most: leaving the others out loses the least of the score.
pub const MOST_TERMS: usize = 64;
/// Different tokens of one field whose frequency is looked up; the rest of a very long text is not read.
const MOST_TOKENS: usize = 1000;

/// A document and its score.
pub(super) type Hit = (DocAddress, Score);

/// The rarest terms that occur at all.
fn rarest(searcher: &Searcher, field: Field, tokens: Vec<(usize, usize, String)>) -> Result<Vec<Term>> {
    let mut seen = HashSet::new();
    let mut terms: Vec<(u64, Term)> = Vec::new();
    for (.., token) in tokens {
        if seen.len() >= MOST_TOKENS {
            break;
        }
        let term = Term::from_field_text(field, &token);
        if seen.insert(token) {
            let frequency = searcher.doc_freq(&term)?;
            if frequency > 0 {
                terms.push((frequency, term));
            }
        }
    }
    terms.sort_by_key(|(frequency, _)| *frequency);
    terms.truncate(MOST_TERMS);
    Ok(terms.into_iter().map(|(_, term)| term).collect())
}

fn query(searcher: &Searcher, fields: &Fields, text: &str) -> Result<Option<BooleanQuery>> {
    let mut terms = rarest(searcher, fields.words, tokenizer::plain_words(text))?;
    terms.extend(rarest(searcher, fields.pairs, tokenizer::pairs(text))?);
    // Plain terms, unweighed: only a union of these is pruned by blocks.
    let term = |t| Box::new(TermQuery::new(t, IndexRecordOption::WithFreqs)) as Box<dyn Query>;
    Ok((!terms.is_empty()).then(|| BooleanQuery::union(terms.into_iter().map(term).collect())))
}

/// Says of one segment's documents whether they count.
struct Gate<'a> {
    alive: Option<&'a AliveBitSet>,
    texts: Vec<(Column<u64>, u64)>,
    before: Option<(Column<i64>, i64)>,
    revoked: Option<Column<i64>>,
}

impl<'a> Gate<'a> {
    /// Nothing when no document of the segment can pass.
    fn of(filter: &Filter, segment: &'a SegmentReader) -> Result<Option<Self>> {
        let columns = segment.fast_fields();
        let wanted = [
            ("violation", filter.violation.as_deref()),
            ("article", filter.article.as_deref()),
            ("tier", filter.tier.map(|t| t.code())),
            ("region", filter.region.as_deref()),
        ];
        let mut texts = Vec::new();
        for (name, value) in wanted {
            let Some(value) = value else { continue };
            let Some(column) = columns.str(name)? else { return Ok(None) };
            let ord = column.dictionary().term_ord(value.as_bytes()).map_err(tantivy::TantivyError::from)?;
            let Some(ord) = ord else { return Ok(None) };
            texts.push((column.ords().clone(), ord));
        }
        let before = match filter.decided_before {
            Some(day) => Some((columns.i64("decided_at")?, days(day))),
            None => None,
        };
        let revoked = if filter.with_revoked { None } else { Some(columns.i64("revoked_at")?) };
        Ok(Some(Self { alive: segment.alive_bitset(), texts, before, revoked }))
    }

    fn admits(&self, doc: DocId) -> bool {
        self.alive.is_none_or(|a| a.is_alive(doc))
            && self.texts.iter().all(|(column, ord)| column.values_for_doc(doc).any(|v| v == *ord))
            && self.before.as_ref().is_none_or(|(column, day)| column.first(doc).is_some_and(|d| d < *day))
            && self.revoked.as_ref().is_none_or(|column| column.first(doc).is_none())
    }
}

/// The best documents so far. Scores are not negative, so their bits are ordered as they are.
struct Best {
    limit: usize,
    heap: BinaryHeap<Reverse<(u32, Reverse<DocAddress>)>>,
}

impl Best {
    /// What a document must exceed to take a place.
    fn threshold(&self) -> Score {
        match self.heap.peek() {
            Some(Reverse((bits, _))) if self.heap.len() >= self.limit => Score::from_bits(*bits),
            _ => Score::MIN,
        }
    }

    fn push(&mut self, address: DocAddress, score: Score) {
        self.heap.push(Reverse((score.max(0.0).to_bits(), Reverse(address))));
        if self.heap.len() > self.limit {
            self.heap.pop();
        }
    }

    fn hits(self) -> Vec<Hit> {
        let sorted = self.heap.into_sorted_vec();
        sorted.into_iter().map(|Reverse((bits, Reverse(address)))| (address, Score::from_bits(bits))).collect()
    }
}

/// The best documents of one query, best first.
pub(super) fn find(searcher: &Searcher, fields: &Fields, wanted: &DecisionQuery) -> Result<Vec<Hit>> {
    let mut best = Best { limit: wanted.limit.max(1), heap: BinaryHeap::new() };
    let weight = match query(searcher, fields, &wanted.text)? {
        Some(query) => Some(query.weight(EnableScoring::enabled_from_searcher(searcher))?),
        None => None,
    };
    for (ord, segment) in searcher.segment_readers().iter().enumerate() {
        let (Some(weight), Some(gate)) = (&weight, Gate::of(&wanted.filter, segment)?) else { continue };
        // What does not pass the gate takes no place and so does not raise the threshold; what does raises it for the
        // segments to come, too.
        let floor = best.threshold();
        weight.for_each_pruning(floor, segment, &mut |doc, score| {
            if gate.admits(doc) {
                best.push(DocAddress::new(ord as u32, doc), score);
            }
            best.threshold()
        })?;
    }
    let mut hits = best.hits();
    if hits.len() < wanted.limit {
        fill_up(searcher, fields, wanted, &mut hits)?;
    }
    Ok(hits)
}

/// Decisions under the same 违法行为 that share no word with the text: they still count as comparable.
fn fill_up(searcher: &Searcher, fields: &Fields, wanted: &DecisionQuery, hits: &mut Vec<Hit>) -> Result<()> {
    let Some(violation) = &wanted.filter.violation else { return Ok(()) };
    let term = Term::from_field_text(fields.violation, violation);
    let known: HashSet<DocAddress> = hits.iter().map(|(address, _)| *address).collect();
    for (ord, segment) in searcher.segment_readers().iter().enumerate() {
        let Some(gate) = Gate::of(&wanted.filter, segment)? else { continue };
        let index = segment.inverted_index(fields.violation)?;
        let postings = index.read_postings(&term, IndexRecordOption::Basic).map_err(tantivy::TantivyError::from)?;
        let Some(mut postings) = postings else { continue };
        let mut doc = postings.doc();
        while doc != TERMINATED && hits.len() < wanted.limit {
            let address = DocAddress::new(ord as u32, doc);
            if gate.admits(doc) && !known.contains(&address) {
                hits.push((address, 0.0));
            }
            doc = postings.advance();
        }
    }
    Ok(())
}

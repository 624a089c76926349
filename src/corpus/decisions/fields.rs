//! What the index holds of a decision: its words, its structure, and where the record lies. Records themselves are not stored.

use std::sync::LazyLock;

use jiff::civil::{Date, date};
use regex::Regex;
use sha2::{Digest, Sha256};
use tantivy::columnar::Column;
use tantivy::schema::{FAST, Field, INDEXED, IndexRecordOption, STRING, Schema, TextFieldIndexing, TextOptions};
use tantivy::{DocId, Searcher, SegmentReader, TantivyDocument, Term};

use super::Result;
use crate::corpus::cases::gains;
use crate::corpus::tokenizer::{PAIRS, PLAIN_WORDS};
use crate::domain::numerals;
use crate::domain::precedent::Precedent;

#[derive(Clone, Copy)]
pub(super) struct Fields {
    pub id: Field,
    pub words: Field,
    pub pairs: Field,
    pub violation: Field,
    article: Field,
    tier: Field,
    region: Field,
    gains: Field,
    fine: Field,
    decided: Field,
    revoked: Field,
    hash: Field,
    pub told: Field,
    pub file: Field,
    at: Field,
    length: Field,
}

/// Where a record lies and what it must be. File 0 is the teaching cases, `hash` then that of the id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub file: u64,
    pub at: u64,
    pub length: u64,
    pub hash: u64,
}

pub(super) fn schema() -> (Schema, Fields) {
    let mut b = Schema::builder();
    // No positions: BM25 does not look at them, and they would be half the index.
    let text = |name: &str| {
        TextOptions::default().set_indexing_options(
            TextFieldIndexing::default().set_tokenizer(name).set_index_option(IndexRecordOption::WithFreqs),
        )
    };
    let fields = Fields {
        id: b.add_text_field("id", STRING),
        words: b.add_text_field("words", text(PLAIN_WORDS)),
        pairs: b.add_text_field("pairs", text(PAIRS)),
        violation: b.add_text_field("violation", STRING | FAST),
        article: b.add_text_field("article", STRING | FAST),
        tier: b.add_text_field("tier", STRING | FAST),
        region: b.add_text_field("region", STRING | FAST),
        gains: b.add_i64_field("gains_fen", FAST),
        fine: b.add_i64_field("fine_fen", FAST),
        decided: b.add_i64_field("decided_at", FAST),
        revoked: b.add_i64_field("revoked_at", FAST),
        hash: b.add_u64_field("hash", FAST),
        told: b.add_u64_field("told", INDEXED),
        file: b.add_u64_field("file", FAST | INDEXED),
        at: b.add_u64_field("at", FAST),
        length: b.add_u64_field("length", FAST),
    };
    (b.build(), fields)
}

/// Days since 1970.
pub(super) fn days(day: Date) -> i64 {
    i64::from((day - date(1970, 1, 1)).get_days())
}

/// The first eight bytes of the SHA-256.
pub(super) fn hash(bytes: &[u8]) -> u64 {
    let digest = Sha256::digest(bytes);
    digest.iter().take(8).fold(0, |h, b| h << 8 | u64::from(*b))
}

/// How the index names an article: the law without 中华人民共和国, `#`, the number.
pub fn article_key(law: &str, article: u32) -> String {
    format!("{}#{article}", law.trim_start_matches("中华人民共和国"))
}

/// Articles that a decision cites by name.
fn articles(text: &str) -> Vec<String> {
    static CITED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"《([^《》]{2,60})》[^第《》。]{0,12}第([〇零一二三四五六七八九十百千\d]+)条")
            .expect("the pattern is valid")
    });
    let mut out: Vec<String> = CITED
        .captures_iter(text)
        .filter_map(|c| Some(article_key(c.get(1)?.as_str(), numerals::parse(c.get(2)?.as_str())?)))
        .collect();
    out.sort();
    out.dedup();
    out
}

/// What is searched: 案由 and narrative.
fn searched(decision: &Precedent) -> String {
    let cause = decision.case.cause.as_deref().unwrap_or_default();
    format!("{cause} {}", decision.facts.narrative.as_deref().unwrap_or_default())
}

impl Fields {
    pub fn document(&self, decision: &Precedent, place: Place) -> TantivyDocument {
        let mut doc = TantivyDocument::default();
        let text = searched(decision);
        doc.add_text(self.id, &decision.id);
        doc.add_text(self.words, &text);
        doc.add_text(self.pairs, &text);
        let last = decision.disc.final_.as_ref();
        let structure = [
            (self.violation, decision.facts.violation.as_deref()),
            (self.tier, last.and_then(|f| f.tier).map(|t| t.code())),
            (self.region, decision.case.region.as_deref()),
        ];
        for (field, value) in structure {
            if let Some(value) = value {
                doc.add_text(field, value);
            }
        }
        let reasons = [last.and_then(|f| f.reason.as_deref()), decision.reasoning.as_deref()];
        for article in articles(&reasons.map(Option::unwrap_or_default).join("。")) {
            doc.add_text(self.article, article);
        }
        let figures = [
            (self.gains, gains(decision.facts.gains.as_ref()).map(|f| f.0)),
            (self.fine, last.and_then(|f| f.fine_fen).map(|f| f.0)),
            (self.decided, decision.procedure.decided_at.map(days)),
            (self.revoked, decision.revoked_at.map(days)),
        ];
        for (field, value) in figures {
            if let Some(value) = value {
                doc.add_i64(field, value);
            }
        }
        if let Some(narrative) = &decision.facts.narrative {
            doc.add_u64(self.told, hash(narrative.as_bytes()));
        }
        for (field, value) in
            [(self.file, place.file), (self.at, place.at), (self.length, place.length), (self.hash, place.hash)]
        {
            doc.add_u64(field, value);
        }
        doc
    }
}

/// The columns that say where records of a segment lie.
pub(super) struct Places([Column<u64>; 4]);

impl Places {
    pub fn of(segment: &SegmentReader) -> Result<Self> {
        let column = |name: &str| segment.fast_fields().u64(name);
        Ok(Self([column("file")?, column("at")?, column("length")?, column("hash")?]))
    }

    pub fn get(&self, doc: DocId) -> Option<Place> {
        let [file, at, length, hash] = &self.0;
        Some(Place { file: file.first(doc)?, at: at.first(doc)?, length: length.first(doc)?, hash: hash.first(doc)? })
    }
}

/// Where the living documents with a term lie, at most `most` of them.
pub(super) fn places_of(searcher: &Searcher, term: &Term, most: usize) -> Result<Vec<Place>> {
    use tantivy::{DocSet, TERMINATED};
    let mut out = Vec::new();
    for segment in searcher.segment_readers() {
        let index = segment.inverted_index(term.field())?;
        let postings = index.read_postings(term, IndexRecordOption::Basic).map_err(tantivy::TantivyError::from)?;
        let Some(mut postings) = postings else { continue };
        let places = Places::of(segment)?;
        let mut doc = postings.doc();
        while doc != TERMINATED && out.len() < most {
            if !segment.is_deleted(doc) {
                out.extend(places.get(doc));
            }
            doc = postings.advance();
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles_are_named_alike_in_any_writing() {
        let text = "依照《中华人民共和国民办教育促进法》第六十四条、《行政处罚法》（2021年修订）第32条第一项";
        assert_eq!(articles(text), ["民办教育促进法#64", "行政处罚法#32"]);
        assert_eq!(article_key("中华人民共和国民办教育促进法", 64), "民办教育促进法#64");
    }
}

//! 按语义与字词一起检索: the learned ranking over the small database, with cosines given by hand.

use jiff::civil::date;
use zhicai::corpus::Corpus;
use zhicai::corpus::ranking::{Similar, question_map};
use zhicai::corpus::search::StatuteQuery;
use zhicai::engine::vectors::QueryMap;

use crate::statutes::installed;

#[test]
fn meaning_finds_what_words_do_not_and_dates_and_laws_still_count() {
    let (dir, _) = installed();
    let corpus = Corpus::open(dir.path()).unwrap();
    // No word in common with the article that the encoder finds near.
    let near = |id: &str| {
        let places: Vec<String> = corpus
            .laws
            .versions
            .iter()
            .flat_map(|v| v.articles.iter().map(|a| format!("{}#{}", v.id, a.number)))
            .collect();
        assert_eq!(places.len(), corpus.articles());
        let plain: Vec<f32> = places.iter().map(|p| if p.starts_with(id) { 0.95 } else { 0.70 }).collect();
        Similar { moved: plain.clone(), plain, learned: true }
    };
    let search = |text: &str, similar: Similar, as_of, law: Option<&str>| {
        let query = StatuteQuery {
            text: text.into(),
            as_of,
            law: law.map(Into::into),
            limit: 5,
            explain: true,
            similar: Some(similar),
        };
        corpus.search_statutes(&query, date(2026, 11, 23)).unwrap()
    };
    let hits = search("上网的公司要做什么", near("甲乙法"), None, None);
    assert!(hits[0].id.starts_with("甲乙法@"), "{hits:?}");
    let why = hits[0].explanation.as_ref().unwrap();
    assert!(why.description.contains("学得") && (why.details[1].value - 0.95).abs() < 1e-6, "{why:?}");
    // A repealed law is never among the hits of a day on which it does not count; the named law is the only one asked.
    let hits = search("废止的文字", near("旧法"), Some(date(2026, 11, 23)), None);
    assert!(!hits.is_empty() && hits.iter().all(|h| !h.id.starts_with("旧法@")), "{hits:?}");
    let hits = search("罚款", near("甲乙法"), None, Some("民办教育促进法"));
    assert!(!hits.is_empty() && hits.iter().all(|h| h.law == "中华人民共和国民办教育促进法"), "{hits:?}");
    assert!(hits.windows(2).all(|w| w[0].score >= w[1].score));
}

#[test]
fn the_shipped_map_fits_the_encoder() {
    assert!(QueryMap::read(&question_map().unwrap(), 384).is_some());
}

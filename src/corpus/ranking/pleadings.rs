//! Civil judgments compared with one another: by the words of what was claimed and found, by meaning, and by which
//! circumstances both have or lack (`corpus/ranking/loans.toml`). Each part is divided by its scale and they are added: no
//! weights were fitted.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;

use super::super::tokenizer;
use super::Ranked;

#[derive(Deserialize)]
struct Scale {
    body: f32,
    meaning: f32,
    flags: f32,
}

#[derive(Deserialize)]
struct File {
    #[serde(rename = "about")]
    _about: String,
    scale: Scale,
    flags: BTreeMap<String, String>,
}

struct Circumstances {
    scale: Scale,
    flags: Vec<Regex>,
}

static LOANS: LazyLock<Option<Circumstances>> = LazyLock::new(|| {
    let file: File = toml::from_str(&super::super::embedded("ranking/loans.toml")?).ok()?;
    let flags = file.flags.values().map(|f| Regex::new(f)).collect::<Result<_, _>>().ok()?;
    Some(Circumstances { scale: file.scale, flags })
});

/// What was claimed, answered and found, without the parties' particulars and without blanks.
fn body(text: &str) -> String {
    let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let at = plain.find("诉称").or_else(|| plain.find('诉')).unwrap_or(0);
    plain[at..].to_string()
}

fn counted(body: &str) -> HashMap<String, f32> {
    let mut counts = HashMap::new();
    tokenizer::pairs(body).into_iter().for_each(|(.., pair)| *counts.entry(pair).or_insert(0f32) += 1.0);
    counts
}

/// Judgments between a claimant and a defendant.
pub struct Pleadings {
    /// Pair → documents with the weight of the pair there; the weights of a document make a vector of length 1.
    postings: HashMap<String, Vec<(usize, f32)>>,
    flags: Vec<Vec<bool>>,
}

impl Pleadings {
    /// None unless most of the texts are such judgments.
    pub fn new<'a>(texts: impl Iterator<Item = &'a str> + Clone) -> Option<Self> {
        let claims = |t: &&str| t.chars().take(60).collect::<String>().contains("原告") && t.contains('诉');
        let (all, civil) = (texts.clone().count(), texts.clone().filter(claims).count());
        if 2 * civil <= all {
            return None;
        }
        let bodies: Vec<String> = texts.map(body).collect();
        let mut postings: HashMap<String, Vec<(usize, f32)>> = HashMap::new();
        for (at, body) in bodies.iter().enumerate() {
            for (pair, count) in counted(body) {
                postings.entry(pair).or_default().push((at, 1.0 + count.ln()));
            }
        }
        let mut squares = vec![0f32; all];
        for list in postings.values_mut() {
            let rarity = super::super::bm25::rarity(list.len() as u64, all as u64);
            for (at, weight) in list {
                *weight *= rarity;
                squares[*at] += *weight * *weight;
            }
        }
        let lists = postings.values_mut().flatten();
        lists.for_each(|(at, weight)| *weight /= squares[*at].sqrt().max(f32::MIN_POSITIVE));
        Some(Self { postings, flags: bodies.iter().map(|b| flags(b)).collect() })
    }

    /// Every judgment, the most comparable first; `similar` has the cosines of meaning.
    pub fn rank(&self, query: &str, similar: Option<&[f32]>) -> Vec<Ranked> {
        let query = body(query);
        let (mut words, mut square) = (vec![0f32; self.flags.len()], 0f32);
        for (pair, count) in counted(&query) {
            let Some(list) = self.postings.get(&pair) else { continue };
            let weight = (1.0 + count.ln()) * super::super::bm25::rarity(list.len() as u64, self.flags.len() as u64);
            square += weight * weight;
            list.iter().for_each(|(at, own)| words[*at] += weight * own);
        }
        let (length, own) = (square.sqrt().max(f32::MIN_POSITIVE), flags(&query));
        let mut ranked: Vec<Ranked> = Vec::with_capacity(words.len());
        for (key, (words, flags)) in words.iter().zip(&self.flags).enumerate() {
            let equal = own.iter().zip(flags).filter(|(a, b)| a == b).count() as f32 / own.len().max(1) as f32;
            let (lexical, cosine) = (words / length, similar.map_or(0.0, |s| s[key]));
            let score = LOANS
                .as_ref()
                .map_or(lexical, |l| lexical / l.scale.body + cosine / l.scale.meaning + equal / l.scale.flags);
            ranked.push(Ranked { key: key as u64, score, lexical, cosine });
        }
        ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.key.cmp(&b.key)));
        ranked
    }
}

fn flags(body: &str) -> Vec<bool> {
    LOANS.iter().flat_map(|l| &l.flags).map(|f| f.is_match(body)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circumstances_in_common_bring_judgments_together() {
        assert!(LOANS.as_ref().unwrap().flags.len() > 30);
        let texts = [
            "原告甲诉称，被告向其借款五万元，约定月利率2%，由丙提供担保，逾期未还。",
            "原告乙诉称，被告在婚姻关系存续期间借款三万元，现已离婚，应由夫妻共同归还。",
            "原告丁诉称，被告借款八万元，约定月利率1.5%，戊承担保证责任，到期未还。",
        ];
        let pleadings = Pleadings::new(texts.into_iter()).unwrap();
        let ranked = pleadings.rank(texts[0], None);
        assert_eq!(ranked.iter().map(|r| r.key).collect::<Vec<_>>(), [0, 2, 1]);
        assert!(Pleadings::new(["擅自举办民办学校", "体育场馆"].into_iter()).is_none());
        assert_eq!(pleadings.rank("", None).len(), 3);
    }
}

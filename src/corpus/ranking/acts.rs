//! Which act a narrative tells of: the words of each crime (`corpus/ranking/crimes.txt`), looked up in the text. First the act,
//! then the article, as an officer does.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::super::tokenizer;

/// The lexicon, read once.
pub static ACTS: LazyLock<Acts> =
    LazyLock::new(|| Acts::read(&super::super::embedded("ranking/crimes.txt").unwrap_or_default()));

/// Facts that the counts in the file were taken from.
const COUNTED: f32 = 500.0;
/// BM25.
const K1: f32 = 1.2;
const B: f32 = 0.75;

pub struct Acts {
    /// Article numbers of the Criminal Law, ascending.
    articles: Vec<u32>,
    /// Word, weight, places in `articles`.
    words: Vec<(String, f32, Vec<usize>)>,
    /// Character pair → place and BM25 weight.
    pairs: HashMap<String, Vec<(usize, f32)>>,
}

/// Mean 0, deviation 1.
pub fn standardised(values: &[f32]) -> Vec<f32> {
    let n = values.len().max(1) as f32;
    let mean = values.iter().sum::<f32>() / n;
    let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / n).sqrt().max(1e-6);
    values.iter().map(|v| (v - mean) / deviation).collect()
}

impl Acts {
    fn read(text: &str) -> Self {
        let mut articles = Vec::new();
        let mut listed: HashMap<&str, (f32, Vec<usize>)> = HashMap::new();
        let mut documents: Vec<HashMap<String, f32>> = Vec::new();
        for line in text.lines().filter(|l| !l.starts_with('#')) {
            let mut parts = line.split_whitespace();
            let Some(article) = parts.next().and_then(|n| n.parse().ok()) else { continue };
            let mut pairs = HashMap::new();
            for part in parts {
                let Some((word, count)) = part.rsplit_once('/') else { continue };
                let entry = listed.entry(word).or_insert_with(|| (count.parse().unwrap_or_default(), vec![]));
                entry.1.push(articles.len());
                tokenizer::pairs(word).into_iter().for_each(|p| *pairs.entry(p.2).or_insert(0.0) += 1.0);
            }
            articles.push(article);
            documents.push(pairs);
        }
        let all = articles.len() as f32;
        let mut words: Vec<(String, f32, Vec<usize>)> = listed
            .into_iter()
            .map(|(w, (count, at))| (w.into(), (COUNTED / (count + 1.0)).ln() + (all / at.len() as f32).ln(), at))
            .collect();
        words.sort_by(|a, b| a.0.cmp(&b.0));
        let length = |d: &HashMap<String, f32>| d.values().sum::<f32>();
        let mean = documents.iter().map(length).sum::<f32>() / all.max(1.0);
        let mut pairs: HashMap<String, Vec<(usize, f32)>> = HashMap::new();
        for (at, document) in documents.iter().enumerate() {
            for (pair, count) in document {
                let weight = count * (K1 + 1.0) / (count + K1 * (1.0 - B + B * length(document) / mean));
                pairs.entry(pair.clone()).or_default().push((at, weight));
            }
        }
        for places in pairs.values_mut() {
            let n = places.len() as f32;
            let idf = (1.0 + (all - n + 0.5) / (n + 0.5)).ln();
            places.iter_mut().for_each(|p| p.1 *= idf);
        }
        Self { articles, words, pairs }
    }

    /// How far a text tells of each act, in the order of the lexicon: words found and pairs in common, standardised and added.
    pub fn told(&self, text: &str) -> Vec<f32> {
        let (mut words, mut pairs) = (vec![0f32; self.articles.len()], vec![0f32; self.articles.len()]);
        for (word, weight, places) in &self.words {
            if text.contains(word.as_str()) {
                places.iter().for_each(|at| words[*at] += weight);
            }
        }
        let mut seen = HashSet::new();
        for (.., pair) in tokenizer::pairs(text) {
            if let Some(places) = self.pairs.get(&pair)
                && seen.insert(pair)
            {
                places.iter().for_each(|(at, weight)| pairs[*at] += weight);
            }
        }
        standardised(&words).into_iter().zip(standardised(&pairs)).map(|(w, p)| w + p).collect()
    }

    /// The score of an article in what [`Self::told`] gave; that of nothing told for one that is not in the lexicon.
    pub fn of_article(&self, told: &[f32], article: u32) -> f32 {
        let least = || told.iter().copied().fold(0f32, f32::min);
        self.articles.binary_search(&article).map_or_else(|_| least(), |at| told[at])
    }
}

/// Cosine of what two texts tell of.
pub fn alike(a: &[f32], b: &[f32]) -> f32 {
    let dot = |x: &[f32], y: &[f32]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f32>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt().max(1e-6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_narrative_tells_of_its_act() {
        assert!(ACTS.articles.len() > 200 && ACTS.articles.is_sorted());
        for (text, article) in [
            ("被告人王某趁人不备，潜入被害人家中，秘密窃取现金3000元及手机一部，后被抓获。", 264),
            ("被告人李某醉酒驾驶小型轿车与他人相撞，致一人当场死亡，事故认定书认定其负全部责任。", 133),
            ("被告人张某向多人贩卖甲基苯丙胺，公安机关当场查获毒品海洛因5克。", 347),
        ] {
            let told = ACTS.told(text);
            let best = (0..told.len()).max_by(|a, b| told[*a].total_cmp(&told[*b])).unwrap();
            assert_eq!(ACTS.articles[best], article, "{text}");
        }
    }
}

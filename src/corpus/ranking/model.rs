//! The learned ranking, read from a file: boosted trees and a linear model whose scores are standardised over the candidates of a
//! question and added; and how often laws and articles answered the questions they were trained on.

use std::collections::HashMap;

use serde::Deserialize;

use super::features::{BY_LENGTH, COUNT, names};

/// The trained model.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// What it was trained on and how it did: for people.
    #[serde(rename = "about")]
    _about: serde_json::Value,
    features: Vec<String>,
    trees: Vec<Tree>,
    linear: Linear,
    /// Share of the trees in the sum, 0..1.
    trees_share: f32,
    /// Gold articles per law and per `law#article` among the training questions, and in all.
    laws: HashMap<String, f32>,
    articles: HashMap<String, f32>,
    total: f32,
}

/// A node goes to `left` when its feature is at most the threshold; a negative child is the leaf `!child`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tree {
    feature: Vec<usize>,
    threshold: Vec<f32>,
    left: Vec<i32>,
    right: Vec<i32>,
    leaf: Vec<f32>,
}

/// `Σ w·z + Σ u·z` over standardised features; the second sum for long questions only: scenes are worded otherwise than questions.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Linear {
    mean: Vec<f32>,
    deviation: Vec<f32>,
    weight: Vec<f32>,
    weight_long: Vec<f32>,
    /// Characters from which on a question is long.
    long: f32,
}

impl Linear {
    fn is_sound(&self) -> bool {
        [&self.mean, &self.deviation, &self.weight, &self.weight_long].iter().all(|v| v.len() == COUNT)
            && self.deviation.iter().all(|d| *d > 0.0)
    }

    fn value(&self, row: &[f32]) -> f32 {
        let long = if row[BY_LENGTH] > self.long { 1.0 } else { 0.0 };
        let z = row.iter().zip(&self.mean).zip(&self.deviation).map(|((x, mean), deviation)| (x - mean) / deviation);
        z.zip(self.weight.iter().zip(&self.weight_long)).map(|(z, (w, u))| z * (w + long * u)).sum()
    }
}

/// Mean 0 and deviation 1; all 0 where nothing differs.
fn standardised(values: &[f32]) -> impl Iterator<Item = f32> + '_ {
    let count = values.len().max(1) as f32;
    let mean = values.iter().sum::<f32>() / count;
    let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / count).sqrt().max(1e-9);
    values.iter().map(move |v| (v - mean) / deviation)
}

impl Tree {
    fn is_sound(&self) -> bool {
        let n = self.feature.len();
        let child = |c: &i32, at: usize| match usize::try_from(*c) {
            // Children stand after their parent, so a walk ends.
            Ok(c) => c > at && c < n,
            Err(_) => (!*c as usize) < self.leaf.len(),
        };
        [self.threshold.len(), self.left.len(), self.right.len()] == [n; 3]
            && !self.leaf.is_empty()
            && self.feature.iter().all(|f| *f < COUNT)
            && (0..n).all(|at| child(&self.left[at], at) && child(&self.right[at], at))
    }

    fn value(&self, row: &[f32]) -> f32 {
        if self.feature.is_empty() {
            return self.leaf[0];
        }
        let mut at = 0usize;
        loop {
            let left = row[self.feature[at]] <= self.threshold[at];
            let child = if left { self.left[at] } else { self.right[at] };
            match usize::try_from(child) {
                Ok(next) => at = next,
                Err(_) => return self.leaf[!child as usize],
            }
        }
    }
}

impl Model {
    /// The model in `corpus/ranking/articles.json`; none when it does not fit this program's features.
    pub fn shipped() -> Option<Self> {
        Self::read(&super::super::embedded("ranking/articles.json")?)
    }

    pub fn read(text: &str) -> Option<Self> {
        let model: Self = serde_json::from_str(text).ok()?;
        let sound = model.trees.iter().all(Tree::is_sound) && model.linear.is_sound();
        (model.features == names() && sound).then_some(model)
    }

    /// How well each candidate of one question answers it, 0..1; only for comparing them.
    pub fn scores<'a>(&self, rows: impl Iterator<Item = &'a [f32]> + Clone) -> Vec<f32> {
        let trees: Vec<f32> = rows.clone().map(|row| self.trees.iter().map(|t| t.value(row)).sum()).collect();
        let linear: Vec<f32> = rows.map(|row| self.linear.value(row)).collect();
        let both = standardised(&trees).zip(standardised(&linear));
        both.map(|(t, l)| 1.0 / (1.0 + (-(self.trees_share * t + (1.0 - self.trees_share) * l)).exp())).collect()
    }

    /// `ln((n + ½) / total)` for the law.
    pub fn law_asked(&self, law: &str) -> f32 {
        ((self.laws.get(law).copied().unwrap_or_default() + 0.5) / self.total.max(1.0)).ln()
    }

    /// `ln(1 + n)` for the article.
    pub fn article_asked(&self, law: &str, article: u32) -> f32 {
        self.articles.get(&format!("{law}#{article}")).copied().unwrap_or_default().ln_1p()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_model_fits_and_a_lying_one_is_refused() {
        assert!(Model::shipped().is_some());
        let features = serde_json::to_string(&names()).unwrap();
        let (zeros, ones) = (vec![0.0; COUNT], vec![1.0; COUNT]);
        let linear = serde_json::json!({
            "mean": zeros, "deviation": ones, "weight": zeros, "weight_long": zeros, "long": 40.0
        });
        let with = |tree: &str, linear: &serde_json::Value| {
            let text = format!(
                r#"{{"about":{{}},"features":{features},"trees":[{tree}],"linear":{linear},"trees_share":1.0,"laws":{{}},"articles":{{}},"total":1}}"#
            );
            Model::read(&text)
        };
        let good = r#"{"feature":[0],"threshold":[0.5],"left":[-1],"right":[-2],"leaf":[1.0,2.0]}"#;
        let rows = [[0.5; COUNT], [0.6; COUNT]];
        let scores = with(good, &linear).unwrap().scores(rows.iter().map(|r| &r[..]));
        assert!(scores[0] < 0.5 && scores[1] > 0.5, "{scores:?}");
        for lie in [
            r#"{"feature":[99],"threshold":[0.5],"left":[-1],"right":[-2],"leaf":[1.0,2.0]}"#,
            r#"{"feature":[0],"threshold":[0.5],"left":[0],"right":[-2],"leaf":[1.0,2.0]}"#,
            r#"{"feature":[0],"threshold":[0.5],"left":[-1],"right":[-3],"leaf":[1.0,2.0]}"#,
            r#"{"feature":[0],"threshold":[],"left":[-1],"right":[-2],"leaf":[1.0,2.0]}"#,
        ] {
            assert!(with(lie, &linear).is_none(), "{lie}");
        }
        for (part, value) in [("mean", serde_json::json!([1.0])), ("deviation", serde_json::json!(vec![0.0; COUNT]))] {
            let mut lie = linear.clone();
            lie[part] = value;
            assert!(with(good, &lie).is_none(), "{part}");
        }
    }
}

//! Boosted regression trees read from a file, and how often laws and articles answered the questions they were trained on.

use std::collections::HashMap;

use serde::Deserialize;

use super::features::NAMES;

/// The trained model.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// What it was trained on and how it did: for people.
    #[serde(rename = "about")]
    _about: serde_json::Value,
    features: Vec<String>,
    trees: Vec<Tree>,
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
            && self.feature.iter().all(|f| *f < NAMES.len())
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

    fn read(text: &str) -> Option<Self> {
        let model: Self = serde_json::from_str(text).ok()?;
        (model.features == NAMES && model.trees.iter().all(Tree::is_sound)).then_some(model)
    }

    pub fn score(&self, row: &[f32]) -> f32 {
        self.trees.iter().map(|t| t.value(row)).sum()
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
        let names = serde_json::to_string(&NAMES[..]).unwrap();
        let of = |tree: &str| {
            let text = format!(
                r#"{{"about":{{}},"features":{names},"trees":[{tree}],"laws":{{}},"articles":{{}},"total":1}}"#
            );
            Model::read(&text)
        };
        let good = r#"{"feature":[0],"threshold":[0.5],"left":[-1],"right":[-2],"leaf":[1.0,2.0]}"#;
        let model = of(good).unwrap();
        assert_eq!((model.score(&[0.5; 38]), model.score(&[0.6; 38])), (1.0, 2.0));
        for lie in [
            r#"{"feature":[99],"threshold":[0.5],"left":[-1],"right":[-2],"leaf":[1.0,2.0]}"#,
            r#"{"feature":[0],"threshold":[0.5],"left":[0],"right":[-2],"leaf":[1.0,2.0]}"#,
            r#"{"feature":[0],"threshold":[0.5],"left":[-1],"right":[-3],"leaf":[1.0,2.0]}"#,
            r#"{"feature":[0],"threshold":[],"left":[-1],"right":[-2],"leaf":[1.0,2.0]}"#,
        ] {
            assert!(of(lie).is_none(), "{lie}");
        }
    }
}

//! Everyday words → the words of statutes, from `corpus/ranking/synonyms.toml`: people ask in the former, articles speak the latter.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

#[derive(Deserialize)]
struct File {
    #[serde(rename = "about")]
    _about: String,
    #[serde(flatten)]
    groups: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

/// Every pair of the file.
static SYNONYMS: LazyLock<Vec<(String, Vec<String>)>> = LazyLock::new(|| read().unwrap_or_default());

fn read() -> Option<Vec<(String, Vec<String>)>> {
    let file: File = toml::from_str(&super::super::embedded("ranking/synonyms.toml")?).ok()?;
    Some(file.groups.into_values().flatten().collect())
}

/// Statute words for the everyday words in a text, each once, without those that it has already.
pub fn expansions(text: &str) -> Vec<&'static str> {
    let mut out: Vec<&str> = Vec::new();
    for (_, words) in SYNONYMS.iter().filter(|(everyday, _)| text.contains(everyday.as_str())) {
        for word in words {
            if !text.contains(word.as_str()) && !out.contains(&word.as_str()) {
                out.push(word);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_read_and_every_entry_adds_something() {
        let all = read().unwrap();
        assert!(all.len() > 100);
        for (everyday, words) in &all {
            assert!(!everyday.trim().is_empty() && words.iter().all(|w| !w.trim().is_empty()), "{everyday}");
        }
        assert!(expansions("没有办学许可证办培训班").contains(&"擅自举办民办学校"));
        assert!(expansions("完全无关").is_empty());
    }
}

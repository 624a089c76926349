//! Which model is used when nobody names one: chosen once by the memory that is free, written down in the data directory, and
//! kept until a person chooses another at set-up.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::files::human;
use crate::models::manifest::{self, Manifest, ManifestError};

const FILE: &str = "model.json";

/// A model and the reason for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chosen {
    pub model: String,
    /// For people.
    pub why: String,
}

/// What was written down, or else what fits this machine now.
pub fn chosen(data: &Path) -> Result<Chosen, ManifestError> {
    let known = std::fs::read_to_string(data.join(FILE)).ok().and_then(|t| serde_json::from_str::<Chosen>(&t).ok());
    // A model that a newer program no longer knows is chosen anew.
    match known.filter(|c| manifest::find(&c.model).is_ok()) {
        Some(chosen) => Ok(chosen),
        None => choose(&manifest::all()?, free_memory()),
    }
}

/// Writes the choice down; a failure only means that it is made again next time.
pub fn remember(data: &Path, chosen: &Chosen) {
    let text = serde_json::to_string_pretty(chosen).unwrap_or_default();
    if let Err(e) = std::fs::create_dir_all(data).and_then(|()| std::fs::write(data.join(FILE), text)) {
        tracing::warn!(error = %e, "the choice of model was not written down");
    }
}

/// A person's choice.
pub fn by_name(model: &str) -> Chosen {
    Chosen { model: model.into(), why: "安装时指定".into() }
}

/// The most demanding default that `free` bytes of memory allow; the plain default where they are few or unknown.
pub fn choose(manifests: &[Manifest], free: Option<u64>) -> Result<Chosen, ManifestError> {
    let needs = |m: &Manifest| m.default_from_memory.filter(|needed| free.is_some_and(|free| free >= *needed));
    let larger = manifests.iter().filter_map(|m| needs(m).map(|needed| (needed, m))).max_by_key(|(needed, _)| *needed);
    let memory = free.map_or("可用内存未知".to_string(), |free| format!("可用内存 {}", human(free)));
    if let Some((needed, m)) = larger {
        let why = format!("{memory}，不少于 {}，选用{}", human(needed), m.zh);
        return Ok(Chosen { model: m.id.clone(), why });
    }
    let plain = match manifests.iter().find(|m| m.default) {
        Some(plain) => plain.clone(),
        None => manifest::default_model()?,
    };
    let next = manifests.iter().filter_map(|m| m.default_from_memory).min();
    let less = next.map_or(String::new(), |n| format!("，不足 {}", human(n)));
    Ok(Chosen {
        why: format!("{memory}{}，选用{}", if free.is_some() { less } else { String::new() }, plain.zh),
        model: plain.id,
    })
}

/// Memory that programs can still have, where the system tells.
fn free_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|l| l.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_decides_and_a_choice_is_kept() {
        let all = manifest::all().unwrap();
        let model = |free| choose(&all, free).unwrap().model;
        let gib = |n: u64| n << 30;
        assert_eq!(model(Some(gib(8))), "qwen2.5-coder-1.5b");
        assert_eq!(model(Some(gib(4))), "qwen2.5-coder-1.5b");
        assert_eq!(model(Some(gib(4) - 1)), "qwen2.5-coder-0.5b");
        assert_eq!(model(None), "qwen2.5-coder-0.5b");
        assert!(choose(&all, Some(gib(2))).unwrap().why.contains("不足"));

        let dir = tempfile::tempdir().unwrap();
        assert_eq!(chosen(dir.path()).unwrap(), choose(&all, free_memory()).unwrap());
        remember(dir.path(), &by_name("qwen3-4b"));
        assert_eq!(chosen(dir.path()).unwrap().model, "qwen3-4b");
        remember(dir.path(), &by_name("gone"));
        assert_ne!(chosen(dir.path()).unwrap().model, "gone");
    }
}

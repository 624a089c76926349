//! Files whose metadata lies: refused in words, without a panic and without the memory they ask for.

use candle_core::quantized::gguf_file::Value;
use zhicai::models::{ARCHITECTURES, Implementation, ModelError, open};

use super::tiny;

type Metadata = Vec<(String, Value)>;

fn set(list: &mut Metadata, key: &str, value: Value) {
    list.retain(|(k, _)| k != key);
    list.push((key.into(), value));
}

/// Peak resident memory in KiB, where the system tells.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").trim().parse().unwrap_or(0)
}

/// What a lie does: `None` where opening is as good an answer as refusing.
fn refused(arch: &str, key: &str, value: Value, must: bool) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("lie.gguf");
    let shown = format!("{arch} {key} = {value:?}");
    tiny::write_with(arch, &path, |list, _| set(list, key, value));
    for implementation in [Implementation::Auto, Implementation::Candle] {
        match open(&path, implementation) {
            Ok(_) => assert!(!must, "{shown} was believed"),
            Err(e) => assert!(matches!(e, ModelError::Broken { .. } | ModelError::UnknownArchitecture(_)), "{e}"),
        }
    }
}

#[test]
fn numbers_that_lie_are_refused() {
    let before = peak();
    for arch in ARCHITECTURES {
        let arch = arch.name;
        let key = |name: &str| format!("{arch}.{name}");
        for name in ["attention.head_count", "attention.head_count_kv", "embedding_length", "block_count"] {
            for lie in [0, u32::MAX, 3] {
                refused(arch, &key(name), Value::U32(lie), true);
            }
            refused(arch, &key(name), Value::String("many".into()), true);
        }
        for name in ["rope.dimension_count", "attention.key_length", "attention.sliding_window", "context_length"] {
            refused(arch, &key(name), Value::U32(0), true);
            refused(arch, &key(name), Value::U32(u32::MAX), false);
        }
        for lie in [f32::NAN, f32::INFINITY, 0.0, -1.0] {
            refused(arch, &key("rope.freq_base"), Value::F32(lie), true);
            refused(arch, &key("attention.layer_norm_rms_epsilon"), Value::F32(lie), true);
        }
        for tokens in [vec![], vec!["a".to_string(); 3], vec![String::new(); 272]] {
            let tokens = Value::Array(tokens.into_iter().map(Value::String).collect());
            refused(arch, "tokenizer.ggml.tokens", tokens, false);
        }
        refused(arch, "tokenizer.ggml.tokens", Value::U32(7), true);
        refused(arch, "tokenizer.ggml.merges", Value::Array(vec![Value::String("no such".into())]), false);
        refused(arch, "tokenizer.ggml.eos_token_id", Value::U32(u32::MAX), false);
    }
    refused("qwen2", "general.architecture", Value::U32(1), true);
    assert!(peak() < before + (256 << 10), "lies took {} KiB", peak() - before);
}

/// Byte for byte: counts, lengths and offsets that no writer would produce.
#[test]
fn counts_and_offsets_that_lie_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("lie.gguf");
    tiny::write("qwen2", &path);
    let whole = std::fs::read(&path).unwrap();
    let find = |text: &str| whole.windows(text.len()).position(|w| w == text.as_bytes()).unwrap();
    let tensor = find("blk.0.attn_q.weight") + "blk.0.attn_q.weight".len();
    let tokens = find("tokenizer.ggml.tokens") + "tokenizer.ggml.tokens".len();
    let before = peak();
    for (what, at, lies) in [
        ("tensors", 8, vec![1u64 << 40, u64::MAX]),
        ("entries", 16, vec![1 << 40, u64::MAX]),
        ("length of the first key", 24, vec![1 << 60, u64::MAX, 0xffff_ffff]),
        ("first dimension", tensor + 4, vec![0, 1, 1 << 40, u64::MAX, 1 << 20]),
        ("second dimension", tensor + 12, vec![0, 1, 1 << 40, u64::MAX, 255]),
        ("offset", tensor + 24, vec![1 << 40, u64::MAX, u64::MAX - 31, whole.len() as u64]),
        ("elements of the vocabulary", tokens + 8, vec![1 << 60, 10_000_000, u64::MAX, 1 << 32]),
        ("length of the first token", tokens + 16, vec![1 << 60, u64::MAX, 1 << 32]),
    ] {
        for lie in lies {
            let mut bytes = whole.clone();
            bytes[at..at + 8].copy_from_slice(&lie.to_le_bytes());
            std::fs::write(&path, &bytes).unwrap();
            for implementation in [Implementation::Auto, Implementation::Candle] {
                let outcome = open(&path, implementation);
                // candle notices some wrong shapes only when it computes, and says so then.
                if implementation == Implementation::Candle && what.ends_with("dimension") && outcome.is_ok() {
                    continue;
                }
                assert!(matches!(outcome, Err(ModelError::Broken { .. })), "{what} {lie}: {:?}", outcome.err());
            }
        }
    }
    assert!(peak() < before + (256 << 10), "lies took {} KiB", peak() - before);
}

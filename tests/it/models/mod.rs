//! Every architecture from a tiny synthetic file, and files that must be refused.

mod tiny;

use zhicai::models::{ARCHITECTURES, Implementation, Loaded, ModelError, open};

fn opened(arch: &str) -> (tempfile::TempDir, Loaded) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tiny.gguf");
    tiny::write(arch, &path);
    let loaded = open(&path, Implementation::Candle).unwrap_or_else(|e| panic!("{arch}: {e}"));
    (dir, loaded)
}

#[test]
fn every_architecture_computes_the_same_however_its_input_is_cut() {
    let tokens: Vec<u32> = (0..40u32).map(|i| (i * 37 + 11) % 256).collect();
    for arch in ARCHITECTURES {
        let (_dir, loaded) = opened(arch.name);
        let mut model = loaded.model;
        let whole = model.forward(&tokens, 0).unwrap();
        assert_eq!(whole.len(), tiny::VOCAB, "{}", arch.name);
        assert!(whole.iter().all(|x| x.is_finite()), "{}", arch.name);
        let close = |got: &[f32], what: &str| {
            let worst = got.iter().zip(&whole).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(worst < 5e-2, "{} {what}: logits differ by {worst}", arch.name);
        };
        close(&model.forward(&tokens, 0).unwrap(), "again from the start");
        model.forward(&tokens[..19], 0).unwrap();
        close(&model.forward(&tokens[19..], 19).unwrap(), "in two parts");
        let kept = model.keep(30);
        assert!(kept == 0 || kept == 30);
        let shorter = model.forward(&tokens[..39], 0).unwrap();
        assert_ne!(shorter, whole, "{}: the last token counts", arch.name);
    }
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("whole.gguf");
    tiny::write("qwen2", &path);
    let whole = std::fs::read(&path).unwrap();
    let cut = dir.path().join("cut.gguf");
    for length in (0..400).chain((400..whole.len() - 64).step_by(1999)) {
        std::fs::write(&cut, &whole[..length]).unwrap();
        let outcome = open(&cut, Implementation::Candle);
        assert!(matches!(outcome, Err(ModelError::Broken { .. })), "cut at {length}");
    }
}

#[test]
fn flipped_bytes_in_the_header_never_panic() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("whole.gguf");
    tiny::write("llama", &path);
    let whole = std::fs::read(&path).unwrap();
    let bad = dir.path().join("bad.gguf");
    for at in (4..3000).step_by(29) {
        for value in [0u8, 0xff, whole[at] ^ 0x80] {
            let mut bytes = whole.clone();
            bytes[at] = value;
            std::fs::write(&bad, &bytes).unwrap();
            // Refused or read: either is an answer.
            let _ = open(&bad, Implementation::Candle);
        }
    }
}

#[test]
fn unknown_architectures_and_other_files_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.gguf");
    assert!(matches!(open(&path, Implementation::Auto), Err(ModelError::NotFound(_))));
    std::fs::write(&path, b"PK not a model").unwrap();
    assert_eq!(open(&path, Implementation::Auto).err().unwrap().code(), "model.broken");
    tiny::write_with("llama", &path, |metadata, _| {
        metadata[0].1 = candle_core::quantized::gguf_file::Value::String("mamba".into());
    });
    let refused = open(&path, Implementation::Auto).err().unwrap();
    assert!(matches!(&refused, ModelError::UnknownArchitecture(a) if a == "mamba"));
    assert!(refused.to_string().contains("qwen2、qwen3、llama、gemma3、glm4、phi3"));
}

//! Every architecture from a tiny synthetic file, and files that must be refused.

mod lying;
pub(crate) mod tiny;

use zhicai::models::{ARCHITECTURES, Implementation, LanguageModel, Loaded, ModelError, Pass, Segment, open};

fn opened(arch: &str, implementation: Implementation) -> (tempfile::TempDir, Loaded) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tiny.gguf");
    tiny::write(arch, &path);
    let loaded = open(&path, implementation).unwrap_or_else(|e| panic!("{arch}: {e}"));
    (dir, loaded)
}

/// Logits after the last of `tokens`, which stand at `pos` of the first slot.
fn last(model: &mut dyn LanguageModel, tokens: &[u32], pos: usize, pass: Pass) -> Vec<f32> {
    let states = model.forward(&[Segment { slot: 0, pos, tokens, wanted: 1 }], pass).unwrap();
    model.logits(&states, 0..1).unwrap()
}

/// Root mean square of the differences. Activations are rounded to eight bits in both implementations, by different scales, so
/// single logits of random weights differ more.
fn distance(a: &[f32], b: &[f32]) -> f32 {
    (a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f32>() / a.len() as f32).sqrt()
}

fn spread(logits: &[f32]) -> f32 {
    let mean = logits.iter().sum::<f32>() / logits.len() as f32;
    (logits.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / logits.len() as f32).sqrt()
}

fn sample(n: u32) -> Vec<u32> {
    (0..n).map(|i| (i * 37 + 11) % 256).collect()
}

#[test]
fn every_architecture_computes_the_same_however_its_input_is_cut() {
    let tokens = sample(40);
    for implementation in [Implementation::Candle, Implementation::Auto] {
        for arch in ARCHITECTURES {
            let (_dir, loaded) = opened(arch.name, implementation);
            let mut model = loaded.model;
            let whole = last(&mut *model, &tokens, 0, Pass::Prompt);
            assert_eq!(whole.len(), tiny::VOCAB, "{}", arch.name);
            assert!(whole.iter().all(|x| x.is_finite()), "{}", arch.name);
            let close = |got: &[f32], what: &str| {
                let worst = distance(got, &whole);
                assert!(worst < 0.05 * spread(&whole).max(1.0), "{} {what}: logits differ by {worst}", arch.name);
            };
            close(&last(&mut *model, &tokens, 0, Pass::Prompt), "again from the start");
            model.keep(0, 0);
            last(&mut *model, &tokens[..19], 0, Pass::Prompt);
            close(&last(&mut *model, &tokens[19..], 19, Pass::Answer), "in two parts");
            let kept = model.keep(0, 30);
            assert!(kept == 0 || kept == 30);
            let shorter = last(&mut *model, &tokens[..39], 0, Pass::Prompt);
            assert!(distance(&shorter, &whole) > 0.1, "{}: the last token counts", arch.name);
        }
    }
}

#[test]
fn packed_logits_agree_with_candle() {
    let tokens = sample(90);
    for arch in ARCHITECTURES.iter().filter(|a| a.packed.is_some()) {
        let (_candle_dir, mut candle) = opened(arch.name, Implementation::Candle);
        let (_packed_dir, mut packed) = opened(arch.name, Implementation::Auto);
        assert_eq!((candle.path, packed.path), ("candle", "packed"), "{}", arch.name);
        for n in [1, 7, 64, 90] {
            for pass in [Pass::Prompt, Pass::Answer] {
                packed.model.keep(0, 0);
                candle.model.keep(0, 0);
                let expected = last(&mut *candle.model, &tokens[..n], 0, Pass::Prompt);
                let got = last(&mut *packed.model, &tokens[..n], 0, pass);
                let (worst, scale) = (distance(&got, &expected), spread(&expected));
                assert!(worst < 0.1 * scale, "{} after {n}, {pass:?}: {worst} of {scale}", arch.name);
            }
        }
    }
}

#[test]
fn an_answer_does_not_depend_on_what_stands_beside_it() {
    let tokens = sample(60);
    for arch in ARCHITECTURES.iter().filter(|a| a.packed.is_some()) {
        let (_dir, loaded) = opened(arch.name, Implementation::Auto);
        let mut model = loaded.model;
        for slot in 0..4 {
            model.forward(&[Segment { slot, pos: 0, tokens: &tokens[..30 + slot], wanted: 0 }], Pass::Prompt).unwrap();
        }
        model.copy(3, 5, 33);
        let segment = |slot: usize, n: usize| {
            let pos = if slot == 5 { 33 } else { 30 + slot };
            Segment { slot, pos, tokens: &tokens[40..40 + n], wanted: n }
        };
        for n in [1, 3, 8] {
            let alone = model.forward(&[segment(3, n)], Pass::Answer).unwrap();
            let alone = model.logits(&alone, 0..n).unwrap();
            let many = [segment(0, 2), segment(3, n), segment(1, 5), segment(5, n)];
            let states = model.forward(&many, Pass::Answer).unwrap();
            let beside = model.logits(&states, 0..states.rows).unwrap();
            let row = |from: usize| &beside[from * tiny::VOCAB..(from + n) * tiny::VOCAB];
            assert_eq!(alone, row(2), "{}: {n} tokens among others", arch.name);
            assert_eq!(alone, row(2 + n + 5), "{}: {n} tokens in a copied slot", arch.name);
            // One at a time is the same as several at once: this is what makes guessing ahead exact.
            for i in 0..n {
                let one = Segment { slot: 3, pos: 33 + i, tokens: &tokens[40 + i..41 + i], wanted: 1 };
                let states = model.forward(&[one], Pass::Answer).unwrap();
                assert_eq!(
                    model.logits(&states, 0..1).unwrap(),
                    alone[i * tiny::VOCAB..(i + 1) * tiny::VOCAB],
                    "{}: token {i} of {n}",
                    arch.name
                );
            }
            let some = [3u32, 17, 200, 271];
            let states = model.forward(&[segment(3, n)], Pass::Answer).unwrap();
            let few = model.logits_of(&states, n - 1, &some).unwrap();
            let expected: Vec<f32> = some.iter().map(|id| alone[(n - 1) * tiny::VOCAB + *id as usize]).collect();
            assert_eq!(few, expected, "{}", arch.name);
        }
    }
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("whole.gguf");
    tiny::write("qwen2", &path);
    let whole = std::fs::read(&path).unwrap();
    let cut = dir.path().join("cut.gguf");
    for length in (0..400).chain((400..whole.len() - 64).step_by(19_999)) {
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

/// For tests in other languages, which need a model that answers and is there without a download.
#[test]
#[ignore = "writes the file named by ZHICAI_TINY_OUT"]
fn a_tiny_model_is_written_for_other_programs() {
    if let Some(path) = std::env::var_os("ZHICAI_TINY_OUT") {
        tiny::write_talker(path.as_ref());
    }
}

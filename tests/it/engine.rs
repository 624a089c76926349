//! Engine against a real model file when the cache has one, and every architecture against a tiny synthetic GGUF.

use std::path::PathBuf;
use std::sync::Arc;

use proptest::prelude::*;
use zhicai::engine::{self, Engine, GrammarGuide, Guide, Message, Request, Step, TokenSet, Vocab};

use crate::models::tiny;

/// The default model, when it has been downloaded before; tests never download it themselves.
fn cached_model() -> Option<PathBuf> {
    let settings = zhicai::settings::Settings::load(None).ok()?;
    let folder = settings.cache_dir.join("models/qwen2.5-coder-0.5b");
    std::fs::read_dir(folder)
        .ok()?
        .filter_map(|e| e.ok().map(|e| e.path()))
        .find(|p| p.extension().is_some_and(|e| e == "gguf"))
}

struct OnlyThese(Vec<&'static str>);

impl Guide for OnlyThese {
    fn begin(&mut self, _: &Vocab) {}

    fn step(&mut self, written: &str, vocab: &Vocab) -> Step {
        match written.chars().count() {
            0 => Step::Force("结论：".into()),
            3 => Step::Choose(self.0.iter().map(|s| (*s).to_string()).collect()),
            n if n < 20 => Step::Mask(Arc::new(vocab.select(|p| p.chars().all(|c| "的了吗".contains(c))))),
            _ => Step::Stop,
        }
    }
}

#[test]
fn a_real_model_answers_and_obeys_its_guide() {
    let Some(path) = cached_model() else {
        eprintln!("no model in the cache: covered by the synthetic models only");
        return;
    };
    let engine = engine::open(&path).unwrap();
    let messages = vec![Message::new("system", "你是助手。"), Message::new("user", "用一句话介绍中国的首都。")];
    let mut request = Request::new(messages.clone());
    request.max_tokens = 40;
    let first = engine.generate(request, |_| {}).unwrap();
    assert!(first.text.contains("北京"), "{}", first.text);
    let mut request = Request::new(messages.clone());
    request.max_tokens = 40;
    let again = engine.generate(request, |_| {}).unwrap();
    assert_eq!(first.text, again.text);
    assert!(again.stats.reused_tokens + 1 >= again.stats.prompt_tokens, "{:?}", again.stats);

    let mut request = Request::new(messages.clone());
    request.guide = Some(Box::new(OnlyThese(vec!["从轻处罚", "从重处罚"])));
    let guided = engine.generate(request, |_| {}).unwrap();
    let rest = guided.text.strip_prefix("结论：").unwrap();
    assert!(rest.starts_with("从轻处罚") || rest.starts_with("从重处罚"), "{rest}");
    assert!(rest.chars().skip(4).all(|c| "的了吗".contains(c)), "{rest}");

    let scores = engine.score(messages, String::new(), vec!["北京".into(), "香蕉".into()]).unwrap();
    assert!(scores[0].mean > scores[1].mean);
    assert!(!TokenSet::default().contains(1));
}

/// Only these ids, so that even a model without sense repeats itself now and then.
struct Few(Vec<u32>);

impl Guide for Few {
    fn begin(&mut self, _: &Vocab) {}

    fn step(&mut self, _: &str, _: &Vocab) -> Step {
        Step::Mask(Arc::new(TokenSet::from_ids(self.0.iter().copied())))
    }

    fn every_token(&self) -> bool {
        true
    }
}

/// A request with something to copy.
fn repetitive(words: &[u8], seed: u64, temperature: f32) -> Request {
    let words: String = words.iter().map(|w| ["甲", "a", "ab", "bca", "c"][usize::from(*w) % 5]).collect();
    let mut request = Request::new(vec![Message::new("user", words.repeat(3))]);
    (request.max_tokens, request.seed, request.temperature) = (24, seed, temperature);
    if !seed.is_multiple_of(4) {
        request.guide = Some(Box::new(Few(vec![65, 66, 67])));
    }
    request
}

fn written(engine: &Engine, mut request: Request, copying: bool) -> String {
    request.copying = copying;
    engine.generate(request, |_| {}).unwrap().text
}

#[test]
fn guessing_ahead_and_company_never_change_an_answer() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tiny.gguf");
    tiny::write_talker(&path);
    let engine = engine::open(&path).unwrap();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 16,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let requests = prop::collection::vec((prop::collection::vec(any::<u8>(), 1..12), any::<u64>(), 0..3u8), 1..6);
    runner
        .run(&requests, |requests| {
            let make = |i: usize| {
                let (words, seed, heat) = &requests[i];
                repetitive(words, *seed, f32::from(*heat) * 0.4)
            };
            let alone: Vec<String> = (0..requests.len()).map(|i| written(&engine, make(i), false)).collect();
            let together: Vec<String> = std::thread::scope(|scope| {
                let (engine, make) = (&engine, &make);
                let threads: Vec<_> =
                    (0..requests.len()).map(|i| scope.spawn(move || written(engine, make(i), true))).collect();
                threads.into_iter().map(|t| t.join().unwrap()).collect()
            });
            prop_assert_eq!(alone, together);
            Ok(())
        })
        .unwrap();
    let counts: std::collections::HashMap<_, _> = engine.metrics().all().into_iter().collect();
    assert!(counts["guessed_tokens"] > 0 && counts["accepted_tokens"] > 0, "nothing was guessed: {counts:?}");
}

#[test]
fn a_real_model_fills_in_a_form() {
    let Some(path) = cached_model() else {
        eprintln!("no model in the cache: covered by the synthetic models only");
        return;
    };
    let engine = engine::open(&path).unwrap();
    let schema = serde_json::json!({
        "type": "object",
        "properties": { "当事人": { "type": "string" }, "违法所得": { "type": "integer" } },
        "required": ["当事人", "违法所得"],
        "additionalProperties": false,
    });
    let facts = "安宁市某某培训有限公司擅自办学，收取培训费46800元。请抽取当事人和违法所得（元），输出 JSON。";
    let mut request = Request::new(vec![Message::new("user", facts)]);
    request.max_tokens = 80;
    request.guide = Some(Box::new(GrammarGuide::json_schema(&schema).unwrap()));
    let answer = engine.generate(request, |_| {}).unwrap();
    let value: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
    assert_eq!(value["违法所得"], 46800, "{value}");
    eprintln!("{} {:?}", answer.text, answer.stats);
}

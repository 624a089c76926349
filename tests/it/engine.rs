//! Engine against a real model file when the cache has one, and every architecture against a tiny synthetic GGUF.

use std::path::PathBuf;
use std::sync::Arc;

use zhicai::engine::{self, Guide, Message, Request, Step, TokenSet, Vocab};

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

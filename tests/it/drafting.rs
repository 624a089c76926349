//! Points of teaching cases → sentences with the real model, when it is in the cache.
use std::sync::Arc;

use zhicai::domain::assessment::*;
use zhicai::domain::case::Case;
use zhicai::domain::document::draft::DraftStats;
use zhicai::domain::document::points;
use zhicai::domain::document::redact::Redactor;
use zhicai::flow::draft::writer::Writer;

#[derive(serde::Deserialize)]
struct File {
    precedent: Vec<P>,
}
#[derive(serde::Deserialize)]
struct P {
    id: String,
    #[serde(flatten)]
    case: Case,
}

#[test]
fn sentences() {
    let path = "/work/cache/models/qwen2.5-coder-0.5b/qwen2.5-coder-0.5b-instruct-q4_k_m.gguf";
    let engine = zhicai::engine::open(path.as_ref()).unwrap();
    let task = zhicai::prompts::tasks::task("sentence").unwrap();
    let lexicon = Arc::new(zhicai::prompts::tasks::lexicon().unwrap());
    let cancel = Arc::default();
    let writer = Writer { engine: Some(&engine), model: "m", task: &task, lexicon: &lexicon, cancel: &cancel };
    let mut stats = DraftStats::default();
    let clock = std::time::Instant::now();
    for f in ["ty113", "jy76", "wb126"] {
        let file: File =
            toml::from_str(&std::fs::read_to_string(format!("corpus/precedents/{f}.toml")).unwrap()).unwrap();
        for p in file.precedent.iter().take(3) {
            let a = Assessment {
                violation: f.into(),
                act: "x".into(),
                result: ResultCode::Range,
                clauses: vec![],
                penalties: vec![],
                orders: vec![],
                tier: Some(zhicai::domain::penalty::Tier::General),
                suggested_fen: None,
                gains_fen: None,
                confiscate_fen: None,
                factors: vec![],
                hearing: Default::default(),
                legal_review: Default::default(),
                deadlines: vec![],
                similar: Default::default(),
                warnings: vec![],
                missing: vec![],
                trace: Default::default(),
            };
            let mut r = Redactor::new(&p.case);
            let (fields, _) = points::penalty_decision(&p.case, &a, &mut r);
            for field in &fields {
                let passage = writer.field("x", field, &r.values, &mut stats, |_, _| {}).unwrap();
                println!("== {} {} model={:?}", p.id, field.field, passage.model.is_some());
                for (s, pt) in passage.sentences.iter().zip(&field.points) {
                    println!("  P {}\n  S {} [{}] {:?}", pt.template, s.template, s.attempts, s.refused);
                }
            }
        }
    }
    println!("{stats:?} {:?}", clock.elapsed());
}

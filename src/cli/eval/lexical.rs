//! `zhicai eval lexical`: the numbers of `corpus/ranking/lexical.toml`, one after the other, on questions whose answers are known.

use std::collections::HashMap;
use std::io::BufRead;
use std::path::PathBuf;
use std::process::ExitCode;

use super::{Doc, Question, failed, lines};
use crate::corpus::index::TextIndex;
use crate::corpus::ranking::Catalogue;
use crate::corpus::ranking::lexical::{LEXICAL, Lexical};
use crate::error::{Class, Report, Result};

#[derive(clap::Args, Debug)]
pub struct Args {
    /// 语料，格式同 eval retrieval
    #[arg(long)]
    corpus: PathBuf,
    /// 问题文件，可重复；与 --qrels 一一对应，各组同等看待
    #[arg(long, required = true)]
    queries: Vec<PathBuf>,
    /// 答案：qid、id、等级，以制表符分隔
    #[arg(long, required = true)]
    qrels: Vec<PathBuf>,
    /// 选定的参数写到这里
    #[arg(long)]
    out: Option<PathBuf>,
}

/// What stands above the numbers.
const HEAD: &str = "\
# 字词检索的参数。words 结巴分词，pairs 相邻两字，share 是该项在总分中的份额；expansion 是 synonyms.toml 补充之词的权重；
# levels 按效力层级加权。由 zhicai eval lexical 在公开开发集上选定，见 about；改后须重新训练 articles.json（benches/retrieval/train.py）。
";

/// Questions of one set, each with the grades of its answers by key.
type Set = Vec<(String, HashMap<u64, u32>)>;

/// What may be tried for one number.
struct Knob {
    name: &'static str,
    of: fn(&mut Lexical) -> &mut f32,
    values: &'static [f32],
}

const KNOBS: [Knob; 9] = [
    Knob { name: "expansion", of: |l| &mut l.expansion, values: &[0.0, 0.1, 0.2, 0.3, 0.45, 0.6] },
    Knob { name: "words.k1", of: |l| &mut l.words.k1, values: &[0.6, 0.9, 1.2, 1.6, 2.0] },
    Knob { name: "words.b", of: |l| &mut l.words.b, values: &[0.2, 0.35, 0.5, 0.65, 0.75, 0.85] },
    Knob { name: "pairs.k1", of: |l| &mut l.pairs.k1, values: &[0.6, 0.9, 1.2, 1.6, 2.0] },
    Knob { name: "pairs.b", of: |l| &mut l.pairs.b, values: &[0.2, 0.35, 0.5, 0.65, 0.75, 0.85] },
    Knob { name: "pairs.share", of: |l| &mut l.pairs.share, values: &[0.25, 0.35, 0.5, 0.65, 0.8, 1.0] },
    Knob {
        name: "levels.judicial_interpretation",
        of: |l| &mut l.levels.judicial_interpretation,
        values: &[0.8, 0.85, 0.9, 0.95, 1.0],
    },
    Knob { name: "levels.constitution", of: |l| &mut l.levels.constitution, values: &[0.6, 0.7, 0.8, 0.9, 1.0] },
    Knob { name: "levels.other", of: |l| &mut l.levels.other, values: &[0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 1.0] },
];

struct Bench {
    index: TextIndex,
    catalogue: Catalogue,
    sets: Vec<Set>,
}

impl Bench {
    fn open(args: &Args) -> Result<Self> {
        if args.queries.len() != args.qrels.len() {
            let detail = format!("{} 个问题文件，{} 个答案文件", args.queries.len(), args.qrels.len());
            return Err(Report::new(Class::Invalid, "eval.input", "问题与答案不成对", detail));
        }
        let docs: Vec<Doc> = lines(&args.corpus)?;
        let texts = docs.iter().enumerate().map(|(i, d)| (i as u64, d.passage().whole().into()));
        let index = TextIndex::in_memory(texts).map_err(|e| wrong(&e))?;
        let places: HashMap<&str, u64> = docs.iter().zip(0..).map(|(d, i)| (d.id.as_str(), i)).collect();
        let mut sets = Vec::new();
        for (queries, qrels) in args.queries.iter().zip(&args.qrels) {
            let mut gold: HashMap<String, HashMap<u64, u32>> = HashMap::new();
            let file = std::fs::File::open(qrels).map_err(|e| failed("读不出答案", qrels, e))?;
            for line in std::io::BufReader::new(file).lines() {
                let line = line.map_err(|e| failed("读不出答案", qrels, e))?;
                let mut parts = line.split('\t');
                if let (Some(qid), Some(id), Some(grade)) = (parts.next(), parts.next(), parts.next())
                    && let (Some(key), Ok(grade)) = (places.get(id), grade.trim().parse())
                {
                    gold.entry(qid.into()).or_default().insert(*key, grade);
                }
            }
            let questions: Vec<Question> = lines(queries)?;
            let known = questions.into_iter().filter_map(|q| Some((q.query, gold.remove(&q.qid)?)));
            sets.push(known.collect::<Set>());
        }
        Ok(Self { index, catalogue: Catalogue::new(docs.iter().map(Doc::passage)), sets })
    }

    /// Mean nDCG@10, set by set.
    fn measure(&self, with: &Lexical) -> Result<Vec<f64>> {
        self.sets
            .iter()
            .map(|set| {
                let mut sum = 0.0;
                for (question, gold) in set {
                    let scores = self.index.scores_with(question, with).map_err(|e| wrong(&e))?;
                    let found = self.catalogue.by_words(&scores, 10, with);
                    sum += ndcg(found.iter().map(|r| gold.get(&r.key).copied().unwrap_or_default()), gold);
                }
                Ok(sum / set.len().max(1) as f64)
            })
            .collect()
    }
}

fn wrong(e: &tantivy::TantivyError) -> Report {
    Report::new(Class::Internal, "eval.index", "索引没有建成", e.to_string())
}

fn gain(grades: impl Iterator<Item = u32>) -> f64 {
    grades.take(10).zip(2u32..).map(|(g, place)| f64::from((1u32 << g.min(20)) - 1) / f64::from(place).log2()).sum()
}

fn ndcg(found: impl Iterator<Item = u32>, gold: &HashMap<u64, u32>) -> f64 {
    let mut best: Vec<u32> = gold.values().copied().collect();
    best.sort_unstable_by(|a, b| b.cmp(a));
    let most = gain(best.into_iter());
    if most > 0.0 { gain(found) / most } else { 0.0 }
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let bench = Bench::open(args)?;
    let shown = |values: &[f64]| values.iter().map(|v| format!("{v:.4}")).collect::<Vec<_>>().join(" / ");
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    let plain = bench.measure(&Lexical::default())?;
    let shipped = bench.measure(&LEXICAL)?;
    eprintln!("nDCG@10：默认参数 {}，现用参数 {}", shown(&plain), shown(&shipped));
    let mut chosen = LEXICAL.clone();
    let mut best = shipped;
    // Two rounds: the second finds little more.
    for round in 1..=2 {
        for knob in &KNOBS {
            for value in knob.values {
                let mut tried = chosen.clone();
                *(knob.of)(&mut tried) = *value;
                let got = bench.measure(&tried)?;
                if mean(&got) > mean(&best) + 1e-4 {
                    (chosen, best) = (tried, got);
                }
            }
            eprintln!("第 {round} 轮 {} = {}：{}", knob.name, (knob.of)(&mut chosen), shown(&best));
        }
    }
    let counts = bench.sets.iter().map(|s| s.len().to_string()).collect::<Vec<_>>().join(" + ");
    chosen.about =
        format!("zhicai eval lexical，{counts} 个公开开发问题，nDCG@10 {}（默认参数 {}）", shown(&best), shown(&plain));
    let text =
        toml::to_string(&chosen).map_err(|e| Report::new(Class::Internal, "eval.out", "写不出", e.to_string()))?;
    let text = format!("{HEAD}{text}");
    match &args.out {
        Some(path) => std::fs::write(path, text).map_err(|e| failed("写不出", path, e))?,
        None => println!("{text}"),
    }
    Ok(ExitCode::SUCCESS)
}

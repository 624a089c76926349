//! `zhicai eval retrieval`: any corpus and questions through the analysis, scoring and ranking of `search`.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use crate::corpus::index::TextIndex;
use crate::corpus::ranking::lexical::LEXICAL;
use crate::corpus::ranking::{
    Catalogue, Narratives, Pleadings, Ranked, Similar, fused, is_question, names, question_map,
};
use crate::engine::embedder::{Embedder, Side};
use crate::engine::vectors::{Matrix, Quantised, QueryMap};
use crate::error::{Class, Report, Result};
use crate::flow::embed;
use crate::settings::Settings;
use crate::setup::encoder;

use super::{Doc, Question, failed, lines};

#[derive(clap::Args, Debug)]
pub struct Args {
    /// 语料，每行一个 JSON（id、text，可有 law、level、article、num、chapter），可为 .gz
    #[arg(long)]
    corpus: PathBuf,
    /// 问题，每行一个 JSON（qid、query），可为 .gz
    #[arg(long)]
    queries: PathBuf,
    /// 结果：qid、id、名次、得分，以制表符分隔
    #[arg(long)]
    out: PathBuf,
    #[arg(long, default_value_t = 100)]
    limit: usize,
    /// lexical 只按字词；hybrid 兼按语义（有编码模型时的默认）
    #[arg(long)]
    profile: Option<Profile>,
    /// 另外写出排序所用的各项特征，供训练
    #[arg(long)]
    features: Option<PathBuf>,
    /// 代替内置的问题向量变换（f16），供训练
    #[arg(long)]
    map: Option<PathBuf>,
    /// 代替内置的排序模型（JSON），供检验训练结果
    #[arg(long)]
    ranking: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Profile {
    Lexical,
    Hybrid,
}

/// The encoder that set-up installed, the vectors known to it, and whether the ranking was trained with it.
fn installed(settings: &Settings) -> Option<(Embedder, PathBuf, bool)> {
    let source = embed::encoder_of(settings)?;
    let embedder = Embedder::open(&encoder::path(&settings.cache_dir, &source), source.prefixes()).ok()?;
    Some((embedder, encoder::vectors(&settings.cache_dir, &source).ok()?, source.is_learned()))
}

/// Articles with the features they were ranked by.
type Rows = Vec<(usize, Vec<f32>)>;

/// What is searched.
struct Collection {
    docs: Vec<Doc>,
    index: TextIndex,
    catalogue: Option<Catalogue>,
    narratives: Option<Narratives>,
    pleadings: Option<Pleadings>,
    dense: Option<Dense>,
}

struct Dense {
    embedder: Embedder,
    map: Option<QueryMap>,
    matrix: Matrix,
    learned: bool,
}

impl Dense {
    fn similar(&self, query: &str) -> Result<Similar> {
        let wrong = |e: String| Report::new(Class::Internal, "eval.search", "检索没有完成", e);
        let mut vector = self.embedder.query(query).map_err(|e| wrong(e.to_string()))?;
        let plain = self.matrix.similarities(&vector);
        let Some(map) = self.map.as_ref().filter(|_| is_question(query)) else {
            return Ok(Similar { moved: plain.clone(), plain, learned: self.learned });
        };
        map.apply(&mut vector);
        Ok(Similar { plain, moved: self.matrix.similarities(&vector), learned: self.learned })
    }
}

impl Dense {
    /// Cosine of a judgment, read whole, with every judgment.
    fn near(&self, text: &str) -> Result<Vec<f32>> {
        let vector = self.embedder.narrative(text);
        let vector = vector.map_err(|e| Report::new(Class::Internal, "eval.search", "检索没有完成", e.to_string()))?;
        Ok(self.matrix.similarities(&vector))
    }
}

fn catalogue(docs: &[Doc], ranking: Option<&Path>) -> Result<Catalogue> {
    let passages = docs.iter().map(Doc::passage);
    let Some(path) = ranking else { return Ok(Catalogue::new(passages)) };
    let text = std::fs::read_to_string(path).map_err(|e| failed("读不出排序模型", path, e))?;
    Catalogue::ranked_by(passages, &text).ok_or_else(|| failed("排序模型不能用", path, "与本程序的特征不符"))
}

impl Collection {
    fn open(args: &Args, settings: &Settings) -> Result<Self> {
        let docs: Vec<Doc> = lines(&args.corpus)?;
        let statutes = docs.iter().any(|d| !d.law.is_empty());
        let wrong = |e: String| Report::new(Class::Internal, "eval.index", "索引没有建成", e);
        let clock = Instant::now();
        let whole = |d: &Doc| if statutes { d.passage().whole() } else { d.text.clone() };
        let texts = docs.iter().enumerate().map(|(i, d)| (i as u64, whole(d).into()));
        let index = TextIndex::in_memory(texts).map_err(|e| wrong(e.to_string()))?;
        let seconds = clock.elapsed().as_secs_f64();
        eprintln!("索引 {} 条，{seconds:.1} 秒，每秒 {:.0} 条", docs.len(), docs.len() as f64 / seconds);
        let catalogue = if statutes { Some(catalogue(&docs, args.ranking.as_deref())?) } else { None };
        let pleadings = if statutes { None } else { Pleadings::new(docs.iter().map(|d| d.text.as_str())) };
        let wanted = args.profile.map_or(settings.search.dense, |p| p == Profile::Hybrid);
        let installed = if wanted { installed(settings) } else { None };
        if wanted && installed.is_none() {
            eprintln!("没有安装编码模型，只按字词检索；请先运行 zhicai setup");
        }
        let dense = match installed {
            None => None,
            Some((embedder, known, learned)) => {
                let clock = Instant::now();
                let (matrix, computed) = if pleadings.is_some() {
                    let vectors = docs.iter().map(|d| embedder.narrative(&d.text));
                    let vectors =
                        vectors.collect::<std::result::Result<Vec<_>, _>>().map_err(|e| wrong(e.to_string()))?;
                    (Matrix::new(embedder.width(), vectors.iter().map(|v| Quantised::of(v))), docs.len())
                } else {
                    let side = if statutes { Side::Passage } else { Side::Query };
                    let short = |d: &Doc| whole(d).chars().take(crate::corpus::search::PASSAGE).collect();
                    let texts: Vec<String> = docs.iter().map(|d| if statutes { short(d) } else { whole(d) }).collect();
                    embed::matrix(&embedder, side, &texts, &known).map_err(|e| wrong(e.to_string()))?
                };
                eprintln!("向量 {} 条（新算 {computed} 条），{:.1} 秒", matrix.len(), clock.elapsed().as_secs_f64());
                let bytes = match &args.map {
                    Some(path) => Some(std::fs::read(path).map_err(|e| failed("读不出变换文件", path, e))?),
                    None => question_map(),
                };
                let map = bytes.filter(|_| learned).and_then(|b| QueryMap::read(&b, embedder.width()));
                Some(Dense { embedder, map, matrix, learned })
            }
        };
        let narratives = if statutes { None } else { Narratives::new(docs.iter().map(|d| d.text.as_str())) };
        Ok(Self { docs, index, catalogue, narratives, pleadings, dense })
    }

    /// Ranked articles or texts, and the features they were ranked by where there are any.
    fn rank(&self, query: &str, limit: usize, features: bool) -> Result<(Vec<Ranked>, Rows)> {
        let wrong = |e: String| Report::new(Class::Internal, "eval.search", "检索没有完成", e);
        let text = |i: usize| self.docs[i].text.as_str();
        match (&self.catalogue, &self.dense) {
            (Some(catalogue), Some(dense)) => {
                let similar = dense.similar(query)?;
                let scores = self.index.scores(query).map_err(|e| wrong(e.to_string()))?;
                let rows =
                    if features { catalogue.features(query, &scores, &similar, &text, &|_| true) } else { vec![] };
                Ok((catalogue.rank(query, &scores, &similar, &text, &|_| true), rows))
            }
            (Some(catalogue), None) => {
                let scores = self.index.scores(query).map_err(|e| wrong(e.to_string()))?;
                Ok((catalogue.by_words(&scores, limit, &LEXICAL), vec![]))
            }
            (None, dense) => {
                let scores = self.index.scores(query).map_err(|e| wrong(e.to_string()))?;
                if let Some(pleadings) = &self.pleadings {
                    let similar = dense.as_ref().map(|d| d.near(query)).transpose()?;
                    return Ok((pleadings.rank(query, similar.as_deref()), vec![]));
                }
                let similar = dense.as_ref().map(|d| d.similar(query)).transpose()?;
                let similar = similar.as_ref().map(|s| &s.plain[..]);
                if let Some(narratives) = &self.narratives {
                    return Ok((narratives.rank(query, similar), vec![]));
                }
                Ok((fused(&scores, similar), vec![]))
            }
        }
    }
}

pub fn run(args: &Args, settings: &Settings) -> Result<ExitCode> {
    let collection = Collection::open(args, settings)?;
    let questions: Vec<Question> = lines(&args.queries)?;
    let io = |path: &Path| {
        let path = path.to_path_buf();
        move |e: std::io::Error| failed("结果写不出", &path, e)
    };
    let create = |path: &Path| File::create(path).map(BufWriter::new).map_err(io(path));
    let mut out = create(&args.out)?;
    let mut features = args.features.as_deref().map(create).transpose()?;
    if let (Some(file), Some(path)) = (&mut features, &args.features) {
        writeln!(file, "qid\tid\t{}", names().join("\t")).map_err(io(path))?;
    }
    let mut millis = Vec::with_capacity(questions.len());
    for question in &questions {
        let clock = Instant::now();
        let (ranked, rows) = collection.rank(&question.query, args.limit, features.is_some())?;
        millis.push(clock.elapsed().as_secs_f64() * 1000.0);
        for (place, hit) in ranked.iter().take(args.limit).enumerate() {
            let id = &collection.docs[hit.key as usize].id;
            writeln!(out, "{}\t{id}\t{}\t{:.6}", question.qid, place + 1, hit.score).map_err(io(&args.out))?;
        }
        if let (Some(file), Some(path)) = (&mut features, &args.features) {
            for (key, row) in &rows {
                let mut line = format!("{}\t{}", question.qid, collection.docs[*key].id);
                for value in row {
                    let _ = write!(line, "\t{value}");
                }
                writeln!(file, "{line}").map_err(io(path))?;
            }
        }
    }
    out.flush().map_err(io(&args.out))?;
    millis.sort_by(f64::total_cmp);
    let at = |share: f64| millis.get(((millis.len() as f64 * share) as usize).min(millis.len().saturating_sub(1)));
    let (p50, p99) = (at(0.5).copied().unwrap_or_default(), at(0.99).copied().unwrap_or_default());
    eprintln!("{} 个问题；每个 p50 {p50:.1} 毫秒，p99 {p99:.1} 毫秒", questions.len());
    Ok(ExitCode::SUCCESS)
}

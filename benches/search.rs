//! What: exact search over vectors (60,000 and 1,000,000 rows of 384, mapped from a file), opening the corpus, building the statute index, and search latency (natural-language questions and citations).
//! Data: the installed statutes of the data directory named by ZHICAI_DATA (`zhicai setup` installs them); queries are made
//! from the articles' own first clauses and from a fixed list of everyday questions, so no other file is needed.
//! Run:  ZHICAI_DATA=DIR cargo bench --bench search
//! Prints one line per figure. Says so and stops when the statutes are not installed.

use std::time::{Duration, Instant};

use jiff::civil::date;
use zhicai::corpus::search::StatuteQuery;
use zhicai::corpus::{self, Corpus};
use zhicai::engine::vectors::{Matrix, Quantised};

const QUESTIONS: &[&str] = &[
    "没有办学许可证就招收学生办培训班怎么处罚",
    "学校收取费用不公示",
    "培训机构老板卷款跑路",
    "幼儿园教师体罚幼儿",
    "体育场馆经营游泳没有救生员",
    "民促法64条",
    "《行政处罚法》第三十三条第一款",
    "听证应当在几日内提出",
    "违法行为超过两年没有发现",
    "学校没有落实未成年人保护职责",
    "擅自改变民办学校名称、层次、类别和举办者",
    "用人单位招用不满十六周岁的未成年人",
];

/// Vectors of pseudo-random bytes: the cost of exact search does not depend on what they are.
fn vectors(count: usize) {
    const WIDTH: usize = 384;
    let mut state = 1u64;
    let mut byte = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    let rows = (0..count).map(|_| Quantised { scale: 1.0 / 2000.0, bytes: (0..WIDTH).map(|_| byte()).collect() });
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("vectors");
    Matrix::new(WIDTH, rows).save(&path).expect("there is room for the vectors");
    let matrix = Matrix::load(&path).expect("the file can be mapped").expect("the file is one of ours");
    let query: Vec<f32> = (0..WIDTH).map(|i| if i % 2 == 0 { 0.051 } else { -0.051 }).collect();
    let search = || {
        let start = Instant::now();
        std::hint::black_box(matrix.similarities(&query));
        start.elapsed()
    };
    for _ in 0..5 {
        search();
    }
    percentiles(&format!("exact search over {count} vectors"), (0..200).map(|_| search()).collect());
}

fn main() {
    [60_000, 1_000_000].into_iter().for_each(vectors);
    let Some(data) = std::env::var_os("ZHICAI_DATA").map(std::path::PathBuf::from) else {
        println!("ZHICAI_DATA is not set: nothing measured");
        return;
    };
    let start = Instant::now();
    let corpus = match Corpus::open(&data) {
        Ok(corpus) => corpus,
        Err(e) => {
            println!("statutes are not installed in {}: {e}", data.display());
            return;
        }
    };
    println!("open: {:.0} ms", ms(start.elapsed()));

    let mut queries: Vec<String> = QUESTIONS.iter().map(|q| (*q).to_string()).collect();
    for law in &corpus.laws.versions {
        for article in law.articles.iter().step_by(29) {
            queries.push(article.text.chars().take(40).collect());
        }
    }
    let ask = |text: &str, as_of| {
        let query = StatuteQuery { text: text.into(), as_of, limit: 10, ..StatuteQuery::default() };
        let start = Instant::now();
        let hits = corpus.search_statutes(&query, date(2026, 11, 1)).expect("the index answers");
        std::hint::black_box(hits);
        start.elapsed()
    };
    for query in queries.iter().take(200) {
        ask(query, None);
    }
    let plain = queries.iter().map(|q| ask(q, None)).collect();
    percentiles("search", plain);
    let dated = queries.iter().map(|q| ask(q, Some(date(2024, 5, 1)))).collect();
    percentiles("search with a date", dated);

    let scratch = std::env::temp_dir().join(format!("zhicai-bench-{}", std::process::id()));
    let statutes = corpus::statutes_folder(&scratch);
    std::fs::create_dir_all(&statutes).expect("the temporary folder is writable");
    for entry in std::fs::read_dir(corpus::statutes_folder(&data)).into_iter().flatten().flatten() {
        std::fs::copy(entry.path(), statutes.join(entry.file_name())).expect("there is room for a copy");
    }
    let start = Instant::now();
    let count = corpus::build_index(&scratch).expect("the index is built");
    println!("build: {count} articles in {:.2} s", start.elapsed().as_secs_f64());
    let _ = std::fs::remove_dir_all(&scratch);
}

fn ms(d: Duration) -> f64 {
    d.as_secs_f64() * 1000.0
}

fn percentiles(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |p: f64| ms(times[((times.len() - 1) as f64 * p) as usize]);
    println!("{what}: n {} p50 {:.2} ms p99 {:.2} ms max {:.2} ms", times.len(), at(0.5), at(0.99), at(1.0));
}

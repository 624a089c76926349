//! What: opening the corpus, building the statute index, and search latency (natural-language questions and citations).
//! Data: the installed statutes of the data directory named by ZHICAI_DATA (`zhicai setup` installs them); queries are made
//! from the articles' own first clauses and from a fixed list of everyday questions, so no other file is needed.
//! Run:  ZHICAI_DATA=DIR cargo bench --bench search
//! Prints one line per figure. Says so and stops when the statutes are not installed.

use std::time::{Duration, Instant};

use jiff::civil::date;
use zhicai::corpus::search::StatuteQuery;
use zhicai::corpus::{self, Corpus};

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

fn main() {
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

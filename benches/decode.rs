//! What: reading and writing speed of our kernels at every level this processor has, against candle's own quantised path.
//! How:  one process per figure, all levels in turn, five rounds, medians; the ratio is to candle's path in the same run.
//! Data: the GGUF file named by ZHICAI_MODEL.
//! Run:  ZHICAI_MODEL=FILE.gguf cargo bench --bench decode
//! Another engine: `benches/peer/compare.py`.

use std::path::PathBuf;
use std::process::Command;

use zhicai::engine;
use zhicai::models::kernels::Level;

const ROUNDS: usize = 5;
const PROMPT: usize = 256;
const WRITTEN: usize = 32;

/// One figure, in a process of its own: the level is chosen once per process.
fn measure(path: &std::path::Path) {
    let engine = engine::open(path).expect("the model opens");
    engine.bench(32, 4).expect("warms up");
    let (prefill, decode) = engine.bench(PROMPT, WRITTEN).expect("runs");
    println!("{} {}", PROMPT as f64 / prefill, WRITTEN as f64 / decode);
}

fn median(figures: &[(f64, f64)], of: fn(&(f64, f64)) -> f64) -> f64 {
    let mut sorted: Vec<f64> = figures.iter().map(of).collect();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

fn main() {
    let Some(path) = std::env::var_os("ZHICAI_MODEL").map(PathBuf::from) else {
        println!("ZHICAI_MODEL is not set: nothing measured");
        return;
    };
    if std::env::args().any(|a| a == "--one") {
        return measure(&path);
    }
    let mut sides: Vec<(&str, Vec<(f64, f64)>)> = vec![("candle", vec![])];
    sides.extend(Level::ALL.into_iter().filter(|l| l.available()).map(|l| (l.name(), vec![])));
    let itself = std::env::current_exe().expect("this program");
    for _ in 0..ROUNDS {
        for (name, figures) in &mut sides {
            let mut run = Command::new(&itself);
            run.arg("--one").env("ZHICAI_MODEL", &path);
            match *name {
                "candle" => run.env("ZHICAI_ENGINE", "candle"),
                level => run.env_remove("ZHICAI_ENGINE").env("ZHICAI_KERNELS", level),
            };
            let output = run.output().expect("runs");
            let text = String::from_utf8_lossy(&output.stdout);
            let mut numbers = text.split_whitespace().filter_map(|n| n.parse().ok());
            if let (Some(prefill), Some(decode)) = (numbers.next(), numbers.next()) {
                figures.push((prefill, decode));
            }
        }
    }
    let (prefill, decode) = (median(&sides[0].1, |f| f.0), median(&sides[0].1, |f| f.1));
    println!("tokens/s, medians of {ROUNDS}, prompt {PROMPT}, written {WRITTEN}; ratio to candle in brackets");
    for (name, figures) in &sides {
        let (p, d) = (median(figures, |f| f.0), median(figures, |f| f.1));
        println!("{name:10} read {p:7.0} ({:5.1}x)   write {d:6.1} ({:4.1}x)", p / prefill, d / decode);
    }
}

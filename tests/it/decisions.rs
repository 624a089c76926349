//! 既往案例库: what an import, a withdrawal, an interruption and a rebuild leave, seen by someone who keeps searching.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::civil::date;
use serde_json::{Value, json};
use zhicai::corpus::decisions::fictitious::Mould;
use zhicai::corpus::decisions::{
    Change, DecisionError, DecisionQuery, DecisionSearch, Filter, LocalDecisions, article_key,
};
use zhicai::corpus::precedents;
use zhicai::domain::precedent::Precedent;
use zhicai::flow::{ModelUse, retrieve::SearchRequest};
use zhicai::settings::Settings;

use crate::http::service_with;

fn teaching() -> Arc<[Precedent]> {
    precedents::teaching().unwrap().into()
}

fn open(data: &Path) -> LocalDecisions {
    LocalDecisions::open(data, teaching()).unwrap()
}

fn told(id: &str, narrative: &str) -> Precedent {
    let json = json!({
        "id": id, "label": "既往案例", "title": id, "case": { "region": "甲县" },
        "facts": { "narrative": narrative, "violation": "mb64" },
        "procedure": { "decided_at": "2024-05-01" },
        "disc": { "final": { "reason": "依照《中华人民共和国民办教育促进法》第六十四条" } },
    });
    serde_json::from_value(json).unwrap()
}

fn generated(from: u64, to: u64) -> impl Iterator<Item = Precedent> {
    let mould = Mould::new(&teaching(), 3);
    (from..to).filter_map(move |n| mould.decision(n))
}

fn near(text: &str, limit: usize) -> DecisionQuery {
    DecisionQuery { text: text.into(), limit, filter: Filter::default() }
}

fn ids(store: &dyn DecisionSearch, query: DecisionQuery) -> Vec<String> {
    store.search(&[query]).unwrap().into_iter().map(|c| c.decision.id).collect()
}

#[test]
fn an_import_takes_only_what_is_new_or_changed_and_takes_out_what_is_withdrawn() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let base = store.count().unwrap();
    assert_eq!(base, teaching().len() as u64);
    let first = store.add(&mut [told("a", "珊瑚色招牌"), told("b", "琥珀色招牌")].into_iter()).unwrap();
    assert_eq!((first.added, first.changed, first.unchanged), (2, 0, 0));
    let again = store.add(&mut [told("a", "珊瑚色招牌"), told("b", "翡翠色招牌")].into_iter()).unwrap();
    assert_eq!((again.added, again.changed, again.unchanged), (0, 1, 1));
    assert_eq!(store.count().unwrap(), base + 2);
    assert!(ids(&store, near("琥珀", 5)).is_empty(), "the former text is gone");
    assert_eq!(ids(&store, near("翡翠", 5)), ["b"]);
    assert_eq!(store.told_as("珊瑚色招牌").unwrap().as_deref(), Some("a"));

    // Within one import, too, the last line counts.
    let back = [told("a", "甲"), told("a", "珊瑚色招牌")];
    assert_eq!(store.add(&mut back.into_iter()).unwrap().changed, 2);
    assert_eq!(store.told_as("珊瑚色招牌").unwrap().as_deref(), Some("a"));

    let out = store.remove(&mut ["b".to_string(), "unknown".to_string()].into_iter()).unwrap();
    assert_eq!((out.withdrawn, out.unknown), (1, vec!["unknown".to_string()]));
    assert!(store.get("b").unwrap().is_none());
    assert!(ids(&store, near("翡翠", 5)).is_empty());
    let reserved = teaching()[0].clone();
    let id = reserved.id.clone();
    assert_eq!(store.add(&mut [reserved].into_iter()).unwrap().reserved, [id]);

    // The files say the same as the index: made anew from them, nothing is different.
    let files = std::fs::read_dir(dir.path().join("precedents")).unwrap().count();
    store.rebuild(&|_| {}).unwrap();
    assert_eq!(store.count().unwrap(), base + 1);
    assert!(store.get("b").unwrap().is_none());
    assert_eq!(store.get("a").unwrap().unwrap().facts.narrative.as_deref(), Some("珊瑚色招牌"));
    assert_eq!(store.add(&mut [told("a", "珊瑚色招牌")].into_iter()).unwrap().unchanged, 1);
    assert_eq!(std::fs::read_dir(dir.path().join("precedents")).unwrap().count(), files, "nothing new, no file");
}

#[test]
fn the_structure_narrows_and_a_revoked_decision_is_no_comparison() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut revoked = told("revoked", "珊瑚色招牌");
    revoked.revoked_at = Some(date(2025, 1, 1));
    let mut late = told("late", "珊瑚色招牌很新");
    late.procedure.decided_at = Some(date(2026, 5, 1));
    let mut other = told("other", "珊瑚色招牌在别处");
    (other.facts.violation, other.case.region) = (Some("jy75".into()), Some("乙县".into()));
    other.disc.final_ = None;
    store.add(&mut [told("a", "珊瑚色招牌"), revoked, late, other].into_iter()).unwrap();
    let with = |filter: Filter| {
        let query = DecisionQuery { text: "珊瑚色招牌".into(), filter, limit: 3 };
        ids(&store, query).into_iter().filter(|id| !id.starts_with("tc-")).collect::<BTreeSet<_>>()
    };
    let set = |ids: &[&str]| ids.iter().map(|i| i.to_string()).collect::<BTreeSet<_>>();
    assert_eq!(with(Filter::default()), set(&["a", "late", "other"]));
    assert_eq!(
        with(Filter { with_revoked: true, region: Some("甲县".into()), ..Filter::default() }),
        set(&["a", "late", "revoked"])
    );
    assert_eq!(with(Filter { violation: Some("jy75".into()), ..Filter::default() }), set(&["other"]));
    assert_eq!(with(Filter { decided_before: Some(date(2026, 1, 1)), ..Filter::default() }), set(&["a", "other"]));
    let article = article_key("中华人民共和国民办教育促进法", 64);
    assert_eq!(with(Filter { article: Some(article), ..Filter::default() }), set(&["a", "late"]));
    assert_eq!(with(Filter { violation: Some("nothing".into()), ..Filter::default() }), set(&[]));
    // No word in common, but the same act: comparable all the same.
    let filter = Filter { violation: Some("jy75".into()), ..Filter::default() };
    let found = store.search(&[DecisionQuery { text: "𠮷".into(), filter, limit: 100 }]).unwrap();
    assert!(found.iter().any(|c| c.decision.id == "other") && found.iter().all(|c| c.text == 0.0));
}

/// A limit and a filter change nothing: the best few are the head of everything, and those that pass keep their order. Short
/// queries are searched by every term, long ones in two steps, so that only their heads are compared.
#[test]
fn the_best_few_are_the_head_of_all() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.add(&mut generated(0, 1500)).unwrap();
    store.add(&mut generated(1500, 2000)).unwrap();
    assert!(store.stats().unwrap().segments > 1, "scores must agree across segments");
    let (mut longest, mut kept) = (0, 0.0);
    for (i, case) in generated(5000, 5020).enumerate() {
        let narrative = case.facts.narrative.clone().unwrap();
        let text: String = if i % 2 == 0 { narrative.chars().take(12).collect() } else { narrative };
        let filter = match i % 2 {
            0 => Filter {
                violation: (i % 3 == 0).then(|| case.facts.violation.clone()).flatten(),
                decided_before: Some(date(2024, 6, 1)),
                ..Filter::default()
            },
            _ => Filter::default(),
        };
        let ask = |filter: &Filter, limit| {
            let query = DecisionQuery { text: text.clone(), filter: filter.clone(), limit };
            store.search(&[query]).unwrap()
        };
        let everything = ask(&Filter::default(), 10_000);
        let by_hand: Vec<f32> = everything
            .iter()
            .filter(|c| filter.violation.is_none() || c.decision.facts.violation == filter.violation)
            .filter(|c| filter.decided_before.is_none_or(|d| c.decision.procedure.decided_at.is_some_and(|x| x < d)))
            .map(|c| c.text)
            .take(10)
            .collect();
        assert!(!by_hand.is_empty());
        let few: Vec<f32> = ask(&filter, 10).iter().map(|c| c.text).collect();
        assert!(few.len() >= by_hand.len() && few.len() <= 10);
        for (a, b) in by_hand.iter().zip(&few) {
            assert!((a - b).abs() < 1e-3, "{i}: {by_hand:?} {few:?}");
        }
        longest = longest.max(everything.len());
        let query = DecisionQuery { text: text.clone(), filter, limit: 200 };
        kept += store.agreement(&query, 10).unwrap().1 / 20.0;
    }
    assert!(longest > 1000, "some query must have more to leave out than it keeps: {longest}");
    assert!(kept > 0.9, "of the ten best by every term: {kept}");
}

#[test]
fn ten_thousand_open_without_reading_one() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.add(&mut generated(0, 10_000)).unwrap();
    let base = teaching().len() as u64;
    drop(store);
    let store = open(dir.path());
    assert_eq!((store.count().unwrap(), store.stats().unwrap().parsed), (base + 10_000, 0));
    let facts = generated(20_000, 20_001).next().unwrap().facts;
    let filter = Filter { violation: facts.violation.clone(), ..Filter::default() };
    let all = near(&facts.narrative.unwrap(), 50);
    let found = store.search(&[all.clone(), DecisionQuery { filter, ..all }]).unwrap();
    assert!((50..=100).contains(&found.len()));
    assert!(store.stats().unwrap().parsed <= 100, "only what was found is read");
    let once: BTreeSet<&str> = found.iter().map(|c| c.decision.id.as_str()).collect();
    assert_eq!(once.len(), found.len());
    assert!(found.windows(2).all(|w| w[0].text >= w[1].text));
    let stats = store.stats().unwrap();
    assert!(stats.index_bytes / stats.decisions < 4000, "{stats:?}");
}

#[test]
fn an_import_that_breaks_off_leaves_the_old_state_and_no_lock() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.add(&mut [told("a", "珊瑚色招牌")].into_iter()).unwrap();
    let before = store.stats().unwrap();
    let broken = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let mut rows = generated(0, 100).enumerate().map(|(i, d)| if i < 50 { d } else { panic!("the power fails") });
        store.add(&mut rows)
    }));
    assert!(broken.is_err());
    assert_eq!(store.stats().unwrap(), before);
    assert_eq!(open(dir.path()).count().unwrap(), before.decisions);
    assert_eq!(store.add(&mut generated(0, 100)).unwrap().added, 100);
}

/// Killed for real, at the moment the first lines are on disk.
#[test]
fn a_killed_import_leaves_the_old_state() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let before = store.count().unwrap();
    let rows = dir.path().join("rows.jsonl");
    let text: Vec<String> = generated(0, 20_000).map(|d| serde_json::to_string(&d).unwrap()).collect();
    std::fs::write(&rows, text.join("\n")).unwrap();
    let import = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_zhicai"));
        command.arg("--data").arg(dir.path()).args(["import", "cases"]).arg(&rows).arg("--json");
        command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
    };
    let names = || -> Vec<String> {
        let entries = std::fs::read_dir(dir.path().join("precedents")).into_iter().flatten().flatten();
        entries.filter_map(|e| e.file_name().into_string().ok()).collect()
    };
    let mut child = import();
    let started = Instant::now();
    while !names().iter().any(|n| n.starts_with(".import-")) && started.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(5));
    }
    // Meanwhile nobody else may write, and is told so; everybody may search.
    let busy = store.add(&mut [told("a", "珊瑚色招牌")].into_iter());
    assert!(matches!(&busy, Err(DecisionError::Busy(_))), "{busy:?}");
    assert!(busy.unwrap_err().to_string().contains("另一个导入或重建正在使用案例库"));
    assert!(!ids(&store, near("招收学生", 5)).is_empty());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!names().iter().any(|n| n.ends_with(".jsonl")), "killed too late for this test: {:?}", names());
    assert_eq!(store.count().unwrap(), before);
    assert_eq!(open(dir.path()).count().unwrap(), before);
    let report: Value = serde_json::from_slice(&import().wait_with_output().unwrap().stdout).unwrap();
    assert_eq!((report["accepted"].as_u64(), report["added"].as_u64()), (Some(20_000), Some(20_000)));
    assert_eq!(store.count().unwrap(), before + 20_000);
    assert!(
        !names().iter().any(|n| n.starts_with(".import-")),
        "what the killed one left is swept away: {:?}",
        names()
    );
}

#[test]
fn a_file_that_was_named_but_not_indexed_is_taken_up_by_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.add(&mut [told("a", "珊瑚色招牌")].into_iter()).unwrap();
    let line = |d: &Precedent| serde_json::to_string(d).unwrap();
    let text = format!("{}\n{}\n", line(&told("a", "翡翠色招牌")), line(&told("c", "琥珀色招牌")));
    std::fs::write(dir.path().join("precedents/imported-000002.jsonl"), text).unwrap();
    assert_eq!(ids(&store, near("珊瑚", 5)), ["a"], "who runs goes on with the old state");
    let next = open(dir.path());
    assert_eq!((ids(&next, near("翡翠", 5)), ids(&next, near("琥珀", 5))), (vec!["a".into()], vec!["c".into()]));
    assert_eq!(ids(&store, near("珊瑚", 5)), Vec::<String>::new(), "and sees the new one with its next question");
    // A line that is none: named with its place; the index stays as it was.
    std::fs::write(dir.path().join("precedents/imported-000003.jsonl"), "{\"id\":\"d\"}\nnonsense\n").unwrap();
    let busy = store.add(&mut [told("e", "丁")].into_iter());
    assert!(matches!(&busy, Err(DecisionError::Line { line: 2, .. })), "{busy:?}");
    assert_eq!(open(dir.path()).count().unwrap(), next.count().unwrap());
}

#[test]
fn files_put_there_by_hand_count_and_a_changed_one_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("precedents");
    std::fs::create_dir_all(&folder).unwrap();
    let line = |d: &Precedent| serde_json::to_string(d).unwrap() + "\n";
    let by_hand = folder.join("我们的案例.jsonl");
    std::fs::write(&by_hand, line(&told("a", "珊瑚色招牌")) + &line(&told("b", "琥珀色招牌"))).unwrap();
    let store = open(dir.path());
    assert_eq!(ids(&store, near("琥珀", 5)), ["b"]);
    store.add(&mut [told("b", "翡翠色招牌")].into_iter()).unwrap();
    std::fs::write(&by_hand, line(&told("b", "琥珀色招牌")) + &line(&told("c", "紫水晶招牌"))).unwrap();
    let moved = store.get("a");
    assert!(matches!(moved, Err(DecisionError::Moved { .. })), "{moved:?}");
    let store = open(dir.path());
    assert_eq!(ids(&store, near("翡翠", 5)), ["b"], "an import counts over a file put there by hand");
    assert_eq!(ids(&store, near("紫水晶", 5)), ["c"]);
    assert!(store.get("a").unwrap().is_none());
}

#[test]
fn a_running_service_sees_an_import_and_a_rebuild_by_another_process() {
    let service = service_with(ModelUse::default());
    let find = |text: &str| {
        let request = SearchRequest { query: text.into(), ..SearchRequest::default() };
        service.flow.search_cases(&request, None).unwrap().into_iter().map(|h| h.id).collect::<Vec<_>>()
    };
    assert!(find("紫水晶招牌").iter().all(|id| id.starts_with("tc-")));
    let rows = service.data.path().join("rows.jsonl");
    let text: Vec<String> = [told("a", "紫水晶招牌"), told("b", "紫水晶招牌旁边")]
        .iter()
        .map(|d| serde_json::to_string(d).unwrap())
        .chain([String::from("{\"id\":\"tc-mb64-01\",\"facts\":{\"narrative\":\"x\"}}"), "nonsense".into()])
        .collect();
    std::fs::write(&rows, text.join("\n")).unwrap();
    let zhicai = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_zhicai"));
        let output = command.arg("--data").arg(service.data.path()).args(args).output().unwrap();
        serde_json::from_slice::<Value>(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"))
    };
    let report = zhicai(&["import", "cases", rows.to_str().unwrap(), "--json"]);
    assert_eq!(
        (report["accepted"].as_u64(), report["refused"].as_array().map(Vec::len)),
        (Some(2), Some(2)),
        "{report}"
    );
    assert_eq!(find("紫水晶招牌")[0], "a");
    let rebuilt = zhicai(&["index", "rebuild", "--json"]);
    assert_eq!(rebuilt["decisions"]["decisions"].as_u64(), Some(teaching().len() as u64 + 2), "{rebuilt}");
    assert_eq!(rebuilt["statutes"]["articles"].as_u64(), Some(2), "{rebuilt}");
    assert_eq!(find("紫水晶招牌")[0], "a");
    std::fs::write(&rows, "{\"id\":\"a\",\"withdrawn\":true}").unwrap();
    assert_eq!(zhicai(&["import", "cases", rows.to_str().unwrap(), "--json"])["withdrawn"].as_u64(), Some(1));
    assert_eq!(find("紫水晶招牌")[0], "b");
    assert_eq!(service.flow.status().cases, teaching().len() as u64 + 1);
    let similar = |narrative: &str| {
        let json = json!({ "facts": { "narrative": narrative, "violation": "mb64" } });
        service.flow.assess(&service.flow.read_case(&json.to_string()).unwrap().0).unwrap().similar
    };
    assert!(similar("紫水晶招牌下无证办学").cases.iter().any(|c| c.id == "b"));
    assert!(similar("紫水晶招牌旁边").cases.iter().all(|c| c.id != "b"), "a decision is not its own precedent");
}

#[test]
fn no_search_fails_while_indexes_are_rebuilt_and_filled() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.add(&mut generated(0, 300)).unwrap();
    let (stop, writer) = (AtomicBool::new(false), open(dir.path()));
    let (stop, data) = (&stop, dir.path());
    let searched = std::thread::scope(|scope| {
        let searchers: Vec<_> = (0..3)
            .map(|i| {
                // One shares the writer's process and store, one opens its own every time.
                let store = if i == 0 { None } else { Some(open(data)) };
                scope.spawn(move || {
                    let mut done = 0;
                    while !stop.load(Ordering::Relaxed) {
                        let own = store.is_none().then(|| open(data));
                        let store = store.as_ref().or(own.as_ref()).unwrap();
                        let found = store.search(&[near("无证招收学生收取费用", 20)]).unwrap();
                        assert_eq!(found.len(), 20);
                        assert!(store.count().unwrap() >= 300);
                        done += 1;
                    }
                    done
                })
            })
            .collect();
        for round in 0..6u64 {
            let outcome = writer.rebuild(&|_| {}).and_then(|_| {
                writer.apply(&mut generated(300 + round * 50, 350 + round * 50).map(|d| Change::Put(Box::new(d))))
            });
            outcome.unwrap();
        }
        stop.store(true, Ordering::Relaxed);
        searchers.into_iter().map(|s| s.join().unwrap()).collect::<Vec<u32>>()
    });
    assert!(searched.iter().all(|n| *n > 3), "{searched:?}");
    assert_eq!(writer.count().unwrap(), teaching().len() as u64 + 600);
    assert_eq!(store.count().unwrap(), writer.count().unwrap());
    let generations = std::fs::read_dir(dir.path().join("index/decisions")).unwrap().flatten();
    let left = generations.filter(|e| e.path().is_dir()).count();
    assert_eq!(left, 1, "former generations are removed");
}

#[test]
fn an_index_that_cannot_be_read_is_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.add(&mut [told("a", "珊瑚色招牌")].into_iter()).unwrap();
    let folder = dir.path().join("index/decisions").join(store.stats().unwrap().generation);
    std::fs::write(folder.join("meta.json"), "nonsense").unwrap();
    assert_eq!(ids(&store, near("珊瑚", 5)), ["a"], "who runs goes on with what is open");
    assert_eq!(ids(&open(dir.path()), near("珊瑚", 5)), ["a"]);
    std::fs::remove_file(dir.path().join("index/decisions/CURRENT")).unwrap();
    assert_eq!(ids(&open(dir.path()), near("珊瑚", 5)), ["a"]);
}

#[test]
fn only_the_local_store_can_be_chosen() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("zhicai.toml");
    std::fs::write(&file, "[search]\ndecisions = \"local\"\n").unwrap();
    assert!(Settings::load(Some(dir.path())).is_ok());
    std::fs::write(&file, "[search]\ndecisions = \"opensearch\"\n").unwrap();
    let refused = Settings::load(Some(dir.path())).unwrap_err().to_string();
    assert!(refused.contains("opensearch") && refused.contains("目前只支持 \"local\""), "{refused}");
}

#[test]
fn another_version_of_the_program_brings_its_own_teaching_cases() {
    let dir = tempfile::tempdir().unwrap();
    let former = open(dir.path());
    former.add(&mut [told("a", "珊瑚色招牌")].into_iter()).unwrap();
    let generation = former.stats().unwrap().generation;
    let mut cases = vec![teaching()[1].clone()];
    cases.push(Precedent { id: "tc-new".into(), ..told("", "虎睛石招牌") });
    let next = LocalDecisions::open(dir.path(), cases.into()).unwrap();
    assert_eq!((next.count().unwrap(), next.stats().unwrap().generation), (3, generation), "without a rebuild");
    assert_eq!(ids(&next, near("虎睛石招牌", 1)), ["tc-new"]);
    assert_eq!(next.get(&teaching()[1].id).unwrap().as_ref(), Some(&teaching()[1]));
    assert!(next.get(&teaching()[0].id).unwrap().is_none());
    // Who still runs the former version goes on, without the case it does not have.
    assert_eq!(ids(&former, near("虎睛石珊瑚色招牌", 5)), ["a"]);
}

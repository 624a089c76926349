//! From a table to a proposal, through people, to rules in force.

use std::path::{Path, PathBuf};

use jiff::civil::date;
use zhicai::corpus::rules;
use zhicai::corpus::rules::proposal::{self, Adopter, Imported, Proposal, ProposalError, Published, Target, Value};
use zhicai::domain::discretion::tiers::{self, FindingKind};
use zhicai::domain::discretion::{NoTexts, assess};
use zhicai::domain::intake;
use zhicai::domain::money::Fen;
use zhicai::domain::penalty::Tier;

use super::files::{Sheet, document, table, workbook};

const AT: &str = "2025-06-01T09:00:00+08:00";

fn published() -> Published {
    Published {
        title: Some("某县教育行政处罚裁量基准".into()),
        doc_no: Some("某教规〔2025〕1号".into()),
        issuer: Some("某县教育体育局".into()),
        published_at: Some(date(2025, 1, 2)),
        effective_at: Some(date(2025, 2, 1)),
        url: None,
    }
}

/// 民办教育促进法64 with merged act, basis and a title line; full-width digits and several ways to write a span.
const HEAD: &[&str] = &["序号", "违法行为", "处罚依据", "违法程度", "适用条件", "裁量幅度", "备注"];
const ACT: &str = "违反国家规定擅自举办民办学校";
const BASIS: &str = "《中华人民共和国民办教育促进法》第六十四条";

fn book_of(rows: &[&[&str]], merged: &[&str]) -> Vec<u8> {
    workbook(&[Sheet { name: "基准", hidden: false, rows, merged }])
}

fn good() -> Vec<u8> {
    book_of(
        &[
            &["某县教育行政处罚裁量基准表"],
            HEAD,
            &["1", ACT, BASIS, "轻微", "及时改正的", "不予处罚", ""],
            &["", "", "", "较轻", "违法所得不满５万元的", "处违法所得１倍以上２倍以下罚款", ""],
            &[],
            HEAD,
            &["", "", "", "一般", "", "超过2倍不满3.5倍", "备"],
            &["", "", "", "较重", "", "3.5倍以上5倍以下", ""],
        ],
        &["A1:G1", "B3:B8", "C3:C8"],
    )
}

struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn data(&self) -> &Path {
        self.dir.path()
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.data().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn try_import(&self, name: &str, bytes: &[u8], given: &Published) -> Result<Imported, ProposalError> {
        let book = rules::load(Some(self.data())).unwrap();
        proposal::import(&self.file(name, bytes), given, &book, self.data(), AT)
    }

    fn import(&self, name: &str, bytes: &[u8]) -> (Imported, Proposal) {
        let done = self.try_import(name, bytes, &published()).unwrap();
        let held = proposal::open(self.data(), &done.proposal).unwrap();
        (done, held)
    }

    fn confirm(&self, name: &str, target: Target, set: Option<&str>, by: &str) -> Result<Vec<String>, ProposalError> {
        let book = rules::load(Some(self.data())).unwrap();
        let mut held = proposal::open(self.data(), name)?;
        let done = proposal::confirm(&mut held, &book, &target, set, by, AT)?;
        proposal::save(self.data(), &held)?;
        Ok(done)
    }

    fn adopt(
        &self,
        name: &str,
        by: &str,
        despite: Option<&str>,
    ) -> Result<zhicai::domain::rulebook::RuleBook, ProposalError> {
        let adopter =
            Adopter { by: by.into(), at: AT.into(), today: date(2025, 6, 1), despite: despite.map(str::to_string) };
        proposal::adopt(&mut proposal::open(self.data(), name)?, self.data(), &adopter)
    }
}

fn row(id: &str) -> Target {
    Target::Row(id.into())
}

fn cell(id: &str) -> Target {
    Target::Cell(id.into())
}

#[test]
fn every_cell_shows_its_place_its_words_and_its_reading() {
    let place = Place::new();
    let (done, held) = place.import("基准.xlsx", &good());
    assert_eq!((done.rows, done.excluded, done.unread), (3, 1, 0), "{done:?}");
    assert!(done.findings.is_empty(), "{:?}", done.findings);
    assert_eq!(held.rows.len(), 4, "{:?}", held.left_out);
    assert!(held.rows[0].excluded.is_some(), "不予处罚 is not for a benchmark");
    let lenient = &held.rows[1];
    let get = |role: &str| lenient.cells.iter().find(|c| c.role.code() == role).unwrap();
    let act = get("violation");
    assert_eq!((act.place.as_str(), act.merged_from.as_deref()), ("工作表“基准”B4", Some("B3:B8")));
    assert_eq!((act.original.as_str(), act.value.as_ref()), (ACT, Some(&Value::Violation { id: "mb64".into() })));
    assert_eq!((get("tier").row, get("tier").column, get("tier").merged_from.as_deref()), (4, 4, None));
    assert_eq!(get("condition").value, Some(Value::Conditions { all: vec!["gains_fen < 5000000".into()] }));
    let Some(Value::Range { base: Some(base), amount }) = &get("range").value else { panic!("{:?}", get("range")) };
    assert_eq!((base.code(), amount.to_string().as_str()), ("illegal_gains", "［1倍，2倍］"));
    // The base of 超过2倍不满3.5倍 comes from the clause.
    let Some(Value::Range { base: Some(base), amount }) = &held.rows[2].cells[4].value else { panic!() };
    assert_eq!((base.code(), amount.to_string().as_str()), ("illegal_gains", "（2倍，3.5倍）"));
    assert!(held.rows.iter().flat_map(|r| &r.cells).all(|c| c.state.code() == "unconfirmed"));
    // Nothing is in force, and the loader does not mind the folder.
    assert!(rules::load(Some(place.data())).unwrap().benchmarks.is_empty());
}

#[test]
fn adoption_waits_for_every_cell_and_for_a_second_person() {
    let place = Place::new();
    let (done, _) = place.import("基准.xlsx", &good());
    let name = done.proposal.as_str();
    let Err(ProposalError::Missing(open)) = place.adopt(name, "李四", None) else { panic!() };
    assert_eq!(open.len(), done.cells);
    assert!(open.iter().any(|l| l.contains("r2.range") && l.contains("F4")), "{open:?}");
    assert_eq!(place.confirm(name, cell("r2.violation"), None, "张 三").unwrap(), ["r2.violation"]);
    assert_eq!(place.confirm(name, cell("r2.阶次"), None, "张三").unwrap(), ["r2.tier"]);
    for id in ["r2", "r3"] {
        place.confirm(name, row(id), None, "张三").unwrap();
    }
    let Err(ProposalError::Missing(open)) = place.adopt(name, "李四", None) else { panic!() };
    assert!(open.iter().all(|l| l.starts_with("r4.")) && !open.is_empty(), "{open:?}");
    place.confirm(name, row("r4"), None, "张三").unwrap();
    assert!(matches!(place.adopt(name, "张 三", None), Err(ProposalError::Refused(m)) if m.contains("另一人")));
    assert!(!place.data().join("rules/benchmark").exists());

    let book = place.adopt(name, "李四", None).unwrap();
    let ids: Vec<&str> = book.benchmarks.iter().map(|b| b.id.as_str()).collect();
    assert_eq!(ids, [format!("{name}-r2"), format!("{name}-r3"), format!("{name}-r4")]);
    let general = &book.benchmarks[1];
    assert_eq!((general.tier, general.range.min.0, general.range.max.0), (Tier::General, 2000, 3500));
    assert_eq!((general.range.min_incl, general.range.max_incl), (false, false));
    assert_eq!(book.benchmarks[0].text, "违法所得不满５万元的");
    assert_eq!(tiers::of_book(&book), vec![]);
    // The bounds that are not included stay outside what is suggested.
    let json = r#"{"facts":{"violation":"mb64","act_from":"2025-03-01","act_to":"2025-03-20","discovered_at":"2025-03-20",
        "gains":{"gross_receipts_fen":10000000}}}"#;
    let (case, _) = intake::parse_case(json).unwrap();
    let band = assess(&book, &NoTexts, &case, date(2025, 6, 1)).suggested_fen.unwrap();
    assert_eq!((band.lo, band.lo_incl, band.hi, band.hi_incl), (Fen(20_000_000), false, Fen(35_000_000), false));
    let text = std::fs::read_to_string(place.data().join(format!("rules/benchmark/{name}.toml"))).unwrap();
    let held = proposal::open(place.data(), name).unwrap();
    for word in ["张三", "李四", AT, held.sha256.as_str(), "工作表“基准”F4"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    let last = held.rows[1].cells[0].confirmations.last().unwrap();
    assert_eq!((last.by.as_str(), last.at.as_str(), last.source_sha256.as_str()), ("张三", AT, held.sha256.as_str()));
    assert!(place.confirm(name, cell("r2.tier"), Some("从重"), "张三").is_err(), "adopted ones are closed");
    assert!(place.adopt(name, "王五", None).is_err());
}

#[test]
fn corrections_are_checked_and_recorded() {
    let place = Place::new();
    let rows: &[&[&str]] = &[
        HEAD,
        &["1", "某种没有的行为", "", "一档", "", "责令改正", ""],
        &["2", ACT, BASIS, "减轻", "", "１倍以下", ""],
    ];
    let (done, held) = place.import("a.xlsx", &book_of(rows, &[]));
    let name = done.proposal.as_str();
    assert_eq!((done.rows, done.excluded), (1, 1));
    assert!(held.rows[0].cells.iter().filter(|c| c.value.is_none()).count() >= 3);
    assert!(place.confirm(name, row("r1"), None, "张三").is_err(), "nothing was read there");
    assert!(place.confirm(name, cell("r1.tier"), None, "张三").is_err());
    for (at, set) in [
        ("r1.violation", "mb46"),
        ("r1.tier", "中等偏上"),
        ("r1.tier", "从重@情节严重"),
        ("r1.range", "五倍以上一倍以下"),
        ("r1.remark", "x"),
        ("r1.colour", "x"),
        ("r9.tier", "从轻"),
        ("tier", "从轻"),
    ] {
        assert!(place.confirm(name, cell(at), Some(set), "张三").is_err(), "{at} {set}");
    }
    assert!(place.confirm(name, cell("r1.violation"), Some("mb64"), " ").is_err(), "nobody");
    place.confirm(name, cell("r1.violation"), Some("mb64"), "张三").unwrap();
    place.confirm(name, cell("r1.tier"), Some("从重"), "张三").unwrap();
    place.confirm(name, cell("r1.range"), Some("1倍以上"), "张三").unwrap();
    // The tier of the second row was read as 减轻; corrected, the row counts again.
    place.confirm(name, cell("r2.tier"), Some("从轻"), "张三").unwrap();
    assert!(proposal::open(place.data(), name).unwrap().rows[1].excluded.is_none());
    place.confirm(name, Target::Exclude("r2".into(), "重复".into()), None, "张三").unwrap();
    let held = proposal::open(place.data(), name).unwrap();
    let words: Vec<_> = held.rows[0].cells.iter().filter_map(|c| c.confirmations.last()?.correction.clone()).collect();
    assert_eq!(words, ["mb64", "从重", "1倍以上"]);
    let same = place.adopt(name, "张三", None).expect_err("one person");
    assert!(same.to_string().contains("另一人"), "{same}");
    // An open upper bound is the law's.
    let book = place.adopt(name, "李四", None).unwrap();
    assert_eq!((book.benchmarks[0].range.min.0, book.benchmarks[0].range.max.0), (1000, 5000));
    // Another act opens what was confirmed against the first one.
    let (done, _) = place.import("b.xlsx", &good());
    place.confirm(&done.proposal, row("r2"), None, "张三").unwrap();
    place.confirm(&done.proposal, cell("r2.violation"), Some("jy76"), "张三").unwrap();
    let held = proposal::open(place.data(), &done.proposal).unwrap();
    let range = held.rows[1].cells.iter().find(|c| c.role.code() == "range").unwrap();
    assert_eq!(range.state.code(), "unconfirmed");
}

/// 体育法116: 10万元 to 50万元.
fn sums(list: &[(&str, &str)]) -> Vec<u8> {
    let act = "《体育法》第一百一十六条第一款";
    let rows: Vec<Vec<&str>> = list.iter().map(|(tier, span)| vec![act, *tier, *span]).collect();
    let mut all: Vec<&[&str]> = vec![&["处罚依据", "裁量阶次", "罚款幅度（万元）"]];
    all.extend(rows.iter().map(Vec::as_slice));
    book_of(&all, &[])
}

#[test]
fn tiers_that_do_not_fit_are_told_at_import_and_hold_up_adoption() {
    let place = Place::new();
    let wrong = sums(&[
        ("从轻", "１０万元以上二十万元以下"),
        ("一般", "20万元以上38万元以下"),
        ("从重", "40万元以上50万元以下"),
    ]);
    let (done, held) = place.import("体育.xlsx", &wrong);
    let name = done.proposal.as_str();
    let kinds: Vec<FindingKind> = done.findings.iter().map(|f| f.kind).collect();
    assert_eq!(kinds, [FindingKind::SharedBound, FindingKind::Gap], "{:?}", done.findings);
    assert!(done.findings[1].text.contains("（380000元，400000元）"), "{}", done.findings[1].text);
    for row_of in &held.rows {
        place.confirm(name, row(&row_of.id), None, "张三").unwrap();
    }
    let Err(ProposalError::Findings(found)) = place.adopt(name, "李四", None) else { panic!() };
    assert_eq!(found.len(), 2);
    let book = place.adopt(name, "李四", Some("公布的原文如此，已报请修订")).unwrap();
    let again: Vec<FindingKind> = tiers::of_book(&book).iter().map(|f| f.kind).collect();
    assert_eq!(again, kinds, "the check of the rules tells them, too");
    let held = proposal::open(place.data(), name).unwrap();
    let adoption = held.adoption.unwrap();
    assert_eq!((adoption.findings.len(), adoption.despite.as_deref()), (2, Some("公布的原文如此，已报请修订")));
}

#[test]
fn what_leaves_the_law_is_never_adopted() {
    let place = Place::new();
    let wrong = sums(&[("从轻", "10万元以上30万元以下"), ("从重", "超过30万元60万元以下")]);
    let (done, _) = place.import("体育.xlsx", &wrong);
    assert_eq!(done.findings[0].kind, FindingKind::OutOfStatute);
    for id in ["r1", "r2"] {
        place.confirm(&done.proposal, row(id), None, "张三").unwrap();
    }
    let refused = place.adopt(&done.proposal, "李四", Some("上级要求")).expect_err("60万元");
    assert!(matches!(refused, ProposalError::Rules(_)), "{refused}");
    assert!(!place.data().join(format!("rules/benchmark/{}.toml", done.proposal)).exists());
    assert!(proposal::open(place.data(), &done.proposal).unwrap().adoption.is_none());
}

#[test]
fn a_document_table_is_read_like_a_sheet() {
    let place = Place::new();
    let act = format!("v{ACT}");
    let basis = format!("v{BASIS}");
    let body = table(&[
        &["v违法行为", "v处罚依据", "3>裁量基准"],
        &["^", "^", "阶次", "适用情形", "处罚标准"],
        &["5>一、民办教育"],
        &[&act, &basis, "从轻", "初次", "违法所得一倍以上二倍以下"],
        &["^", "^", "一般", "", "二倍以上不足四倍"],
        &["^", "^", "从重", "", "四倍以上五倍以下"],
    ]);
    let (done, held) = place.import("基准.docx", &document(&body));
    assert_eq!((done.rows, done.unread), (3, 0), "{held:?}");
    assert!(held.left_out.iter().any(|n| n.why.contains("整行合并")), "{:?}", held.left_out);
    assert_eq!(done.findings.len(), 1, "{:?}", done.findings);
    assert_eq!(done.findings[0].kind, FindingKind::SharedBound);
    let act = &held.rows[2].cells[0];
    assert_eq!((act.place.as_str(), act.merged_from.as_deref()), ("表1第6行第1列", Some("第4～6行第1～1列")));
}

#[test]
fn what_the_publication_lacks_is_named_and_can_be_added_later() {
    let place = Place::new();
    // One file: a workbook made a second time carries another time of day.
    let book = good();
    let none = Published::default();
    let done = place.try_import("基准.xlsx", &book, &none).unwrap();
    for id in ["r2", "r3", "r4"] {
        place.confirm(&done.proposal, row(id), None, "张三").unwrap();
    }
    let Err(ProposalError::Missing(open)) = place.adopt(&done.proposal, "李四", None) else { panic!() };
    assert_eq!(open.len(), 4, "{open:?}");
    let again = place.try_import("基准.xlsx", &book, &published()).unwrap();
    assert!(again.again && again.proposal == done.proposal);
    place.adopt(&done.proposal, "李四", None).unwrap();
}

#[test]
fn a_changed_copy_voids_the_proposal() {
    let place = Place::new();
    let (done, _) = place.import("基准.xlsx", &good());
    std::fs::write(place.data().join(format!("rules/proposals/{}.xlsx", done.proposal)), b"other").unwrap();
    assert!(matches!(proposal::open(place.data(), &done.proposal), Err(ProposalError::Damaged(..))));
    assert!(matches!(proposal::open(place.data(), "../verified"), Err(ProposalError::NotFound(_))));
}

#[test]
fn files_without_a_benchmark_table_are_refused_with_reasons() {
    let place = Place::new();
    for (name, bytes, word) in [
        ("a.xls", vec![0xD0, 0xCF, 0x11, 0xE0], "只能读"),
        ("a.csv", b"x".to_vec(), "只能读"),
        ("b.xlsx", vec![0xD0, 0xCF, 0x11, 0xE0, 0, 0], "另存为"),
        ("c.xlsx", document(""), "缺少部件"),
        ("d.docx", good(), "缺少部件"),
        ("e.xlsx", book_of(&[&["姓名", "电话"], &["甲", "1"]], &[]), "没有找到表头"),
        ("f.docx", document(""), "没有读出"),
        ("g.xlsx", book_of(&[HEAD, &["1", ACT, BASIS, "", "", "", ""]], &[]), "没有阶次"),
    ] {
        let why = place.try_import(name, &bytes, &published()).expect_err(name).to_string();
        assert!(why.contains(word), "{name}: {why}");
    }
    assert!(proposal::list(place.data()).is_empty());
}

#[test]
fn words_of_a_cell_cannot_break_out_of_the_file() {
    let place = Place::new();
    let nasty = "\"]\nid = \"x\"\n[[benchmark]] # '''";
    let rows: &[&[&str]] = &[HEAD, &["1", ACT, BASIS, "一般", nasty, "1倍以上5倍以下", ""]];
    let (done, _) = place.import("a.xlsx", &book_of(rows, &[]));
    place.confirm(&done.proposal, row("r1"), None, "张三").unwrap();
    let book = place.adopt(&done.proposal, "李四", None).unwrap();
    assert_eq!(book.benchmarks.len(), 1);
    assert_eq!(book.benchmarks[0].text, nasty);
}

#[test]
fn the_command_line_tells_findings_and_what_is_open() {
    let place = Place::new();
    let file = place.file("体育.xlsx", &sums(&[("从轻", "10万元以上20万元以下"), ("从重", "超过25万元50万元以下")]));
    let run = |args: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_zhicai"));
        let out = command.arg("--data").arg(place.data()).args(args).output().unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        (out.status.code().unwrap(), said)
    };
    let flags = ["--title", "基准", "--doc-no", "某号", "--issuer", "某局", "--published-at", "2025-01-02"];
    let mut import = vec!["import", "benchmarks", file.to_str().unwrap()];
    import.extend(flags);
    let (code, said) = run(&import);
    assert!(code == 1 && said.contains("（200000元，250000元］ 不属于任何阶次"), "{code} {said}");
    let name = proposal::list(place.data()).remove(0);
    let (code, said) = run(&["rules", "adopt", &name, "--by", "李四"]);
    assert!(code == 2 && said.contains("r2.range"), "{code} {said}");
    assert_eq!(run(&["rules", "confirm", &name, "--row", "r1", "--by", "张三"]).0, 0);
    assert_eq!(run(&["rules", "confirm", &name, "--cell", "r2.range", "--by", "张三", "--set", "很多"]).0, 2);
    let set = ["rules", "confirm", &name, "--cell", "r2.range", "--by", "张三", "--set", "20万元以上50万元以下"];
    let (code, said) = run(&set);
    assert!(code == 0 && said.contains("都含 ［200000元，200000元］"), "{code} {said}");
    assert_eq!(run(&["rules", "confirm", &name, "--row", "r2", "--by", "张三"]).0, 0);
    assert_eq!(run(&["rules", "adopt", &name, "--by", "李四"]).0, 2);
    assert_eq!(run(&["rules", "adopt", &name, "--by", "李四", "--despite", "原文如此"]).0, 1);
    let (code, said) = run(&["rules", "check", "--json"]);
    assert_eq!(code, 1);
    let report: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&report["benchmarks"], &report["findings"][0]["kind"]), (&2.into(), &"shared_bound".into()), "{said}");
    let (code, said) = run(&["import", "benchmarks", place.file("x.txt", b"x").to_str().unwrap()]);
    assert!(code == 1 && said.contains("只能读"), "{code} {said}");
}

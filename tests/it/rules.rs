//! 规则: what the loader refuses and by what name, verification by two people, calendars, deadlines and input checks.

use jiff::civil::{Date, date};
use zhicai::corpus::rules::{self, NewVerification, RuleFile, append_verification};
use zhicai::domain::deadline::{self, Calendar, DeadlineError, WeekendOnly, WorkCalendar};
use zhicai::domain::discretion::{NoTexts, assess};
use zhicai::domain::intake::{self, Rejected};
use zhicai::domain::money::Fen;
use zhicai::domain::penalty::Tier;
use zhicai::domain::rulebook::RuleBook;

fn ours() -> RuleBook {
    rules::load(None).unwrap()
}

/// A data directory with the given files under `rules/`.
fn data(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join("rules").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    dir
}

fn refused(files: &[(&str, &str)], words: &[&str]) {
    let dir = data(files);
    let message = rules::load(Some(dir.path())).expect_err("must be refused").to_string();
    for word in words {
        assert!(message.contains(word), "“{word}” not in: {message}");
    }
}

const HEAD: &str = "[law]\ntitle = \"某条例\"\nshort = \"某条例\"\nlevel = \"local_regulation\"\n";

fn row(extra: &str) -> String {
    format!(
        "{HEAD}[[violation]]\nid = \"bd1\"\nlaw = \"某条例\"\narticle = 5\nparagraph = 1\nact = \"某行为\"\nsubject = \"学校\"\n\
         authority = [\"education\"]\nlevel = \"county\"\nevidence = \"S\"\nstatus = \"blocked\"\n{extra}"
    )
}

fn fine(spec: &str) -> String {
    row(&format!(
        "[[violation.outcome]]\nwhen = \"base\"\npenalties = [ {{ kind = \"fine\", mode = \"must\", {spec} }} ]\n"
    ))
}

#[test]
fn our_own_rules_load_whole() {
    let book = ours();
    assert_eq!(book.violations.len(), 67);
    assert_eq!(book.violations.iter().filter(|v| v.evidence.code() == "A").count(), 60);
    assert_eq!(book.blocked().len(), 7);
    assert!(book.blocked().iter().all(|b| !b.why.is_empty()));
    assert_eq!(book.calendar.years(), [2022, 2023, 2024, 2025, 2026]);
    assert!(book.deadlines.len() >= 40 && book.factors.len() == 19);
    assert!(book.factors.iter().all(|f| f.effect.code() == "none" || !f.basis.is_empty()));
    assert_eq!(book.version, ours().version);
}

#[test]
fn the_loader_names_file_entry_and_fault() {
    let d = "discretion/bd.toml";
    let cases: &[(String, &[&str])] = &[
        (fine("base = \"fixed\", min = 500, max = 100"), &["discretion/bd.toml", "bd1", "min 大于 max"]),
        (fine("base = \"fixed\""), &["bd1", "max"]),
        (fine("base = \"fixed\", max = 100, colour = 1"), &["bd1", "colour"]),
        (fine("base = \"turnover\", max = 100"), &["bd1", "turnover"]),
        (row("colour = 1\n"), &["bd1", "colour"]),
        (row("refer_to = \"nowhere\"\n"), &["bd1", "refer_to", "nowhere"]),
        (row("superseded_by = [\"nowhere\"]\n"), &["bd1", "superseded_by", "nowhere"]),
        (row("orders = [\"dance\"]\n"), &["bd1", "dance"]),
        (row("").replace("bd1", "mb64"), &["mb64", "重复"]),
        (row("").replace("[\"education\"]", "[\"ministry_of_magic\"]"), &["bd1", "ministry_of_magic"]),
        (
            row("[[violation.outcome]]\nwhen = \"base\"\npenalties = [ { kind = \"flogging\", mode = \"must\" } ]\n"),
            &["bd1", "flogging"],
        ),
        (
            row("[[violation.outcome]]\nwhen = \"base\"\npenalties = [ { kind = \"warning\", mode = \"one_of\" } ]\n"),
            &["bd1", "group"],
        ),
        ("[law".into(), &["discretion/bd.toml", "TOML"]),
    ];
    for (text, words) in cases {
        refused(&[(d, text)], words);
    }
    refused(&[("surprise.toml", "a = 1")], &["surprise.toml"]);
    refused(
        &[("calendar/2027.toml", "year = 2028\nsource=\"s\"\ndoc_no=\"d\"\nholidays=[]\nworkdays=[]\n")],
        &["2027"],
    );
    let wrong_day = "year = 2027\nsource=\"s\"\ndoc_no=\"d\"\nholidays=[]\nworkdays=[\"2027-01-04\"]\n";
    refused(&[("calendar/2027.toml", wrong_day)], &["2027-01-04", "不是周六、周日"]);
    refused(
        &[("hearing.toml", "threshold_citizen_yuan=-5\nthreshold_org_yuan=-1\nbasis=\"x\"")],
        &["hearing.toml", "-1"],
    );
}

fn benchmark(tier: &str, base: &str, min: &str, max: &str, published: &str, conditions: &str) -> String {
    format!(
        "[[benchmark]]\nid = \"b1\"\nviolation = \"mb64\"\ntier = \"{tier}\"\nconditions_all = [{conditions}]\n\
         range = {{ base = \"{base}\", min = {min}, max = {max} }}\n\
         source = {{ title = \"某基准\", doc_no = \"某号\", issuer = \"某局\", published_at = \"{published}\", effective_at = \"\", url = \"\" }}\n"
    )
}

#[test]
fn benchmarks_outside_the_statutory_range_or_unpublished_are_refused() {
    let f = "benchmark/mb64.toml";
    let day = "2025-01-01";
    refused(&[(f, &benchmark("lenient", "illegal_gains", "1", "6", day, ""))], &["b1", "法定幅度"]);
    refused(&[(f, &benchmark("lenient", "illegal_gains", "0", "2", day, ""))], &["b1", "法定幅度"]);
    refused(&[(f, &benchmark("lenient", "fixed", "1", "2", day, ""))], &["b1", "法定幅度"]);
    refused(&[(f, &benchmark("lenient", "illegal_gains", "2", "1", day, ""))], &["b1", "min 大于 max"]);
    refused(&[(f, &benchmark("lenient", "illegal_gains", "1.5", "2", day, ""))], &["b1", "整数"]);
    refused(&[(f, &benchmark("lenient", "illegal_gains", "1", "2", "", ""))], &["b1", "公布"]);
    refused(&[(f, &benchmark("mitigated", "illegal_gains", "1", "2", day, ""))], &["b1", "减轻"]);
    refused(&[(f, &benchmark("lenient", "illegal_gains", "1", "2", day, "\"情节较轻\""))], &["b1", "情节较轻"]);
}

#[test]
fn a_published_benchmark_replaces_the_default_split_and_its_conditions_set_the_tier() {
    let text = benchmark("Lenient", "illegal_gains", "1", "\"1.5\"", "2025-01-01", "\"gains_fen < 5000000\"");
    let dir = data(&[("benchmark/mb64.toml", &text)]);
    let book = rules::load(Some(dir.path())).unwrap();
    let json = r#"{"facts":{"violation":"mb64","act_from":"2025-09-01","act_to":"2025-12-20","discovered_at":"2025-12-20",
        "gains":{"gross_receipts_fen":4658000}}}"#;
    let (case, _) = intake::parse_case(json).unwrap();
    let a = assess(&book, &NoTexts, &case, date(2026, 3, 2));
    assert_eq!(a.tier, Some(Tier::Lenient));
    let band = a.suggested_fen.unwrap();
    assert_eq!((band.lo, band.hi), (Fen(4_658_000), Fen(6_987_000)));
    assert!(!a.warnings.iter().any(|w| w.code == "tier.default_split"));
    // Before it was published it does not count.
    let before = assess(&book, &NoTexts, &case, date(2024, 12, 31));
    assert_eq!(before.tier, Some(Tier::General));
}

fn verification(id: &str, by: &[&str]) -> NewVerification {
    NewVerification {
        violation: id.into(),
        by: by.iter().map(|s| s.to_string()).collect(),
        title: "校外培训行政处罚暂行办法".into(),
        doc_no: "中华人民共和国教育部令第53号".into(),
        published_at: date(2023, 8, 23),
        article: None,
        paragraph: None,
        verified_at: "2026-03-02T09:00:00+08:00".into(),
        today: date(2026, 3, 2),
    }
}

#[test]
fn two_named_people_unblock_a_row_and_the_record_is_appended() {
    let dir = data(&[]);
    let book = ours();
    for by in [&["张三"][..], &["张三", " 张 三 "], &["张三", ""], &[]] {
        assert!(append_verification(&book, dir.path(), &verification("xw18", by)).is_err(), "{by:?}");
    }
    assert!(!dir.path().join("rules/verified.toml").exists(), "nothing is written when refused");
    let two = ["张三", "李“四”\n"];
    for id in ["mb64", "ty118-2", "mb63", "nothing", "xw-misc"] {
        assert!(append_verification(&book, dir.path(), &verification(id, &two)).is_err(), "{id}");
    }
    // 条号未核实: the number must be given.
    assert!(append_verification(&book, dir.path(), &verification("xw19", &two)).is_err());
    append_verification(&book, dir.path(), &verification("xw18", &two)).unwrap();
    let first = std::fs::read_to_string(dir.path().join("rules/verified.toml")).unwrap();
    let loaded = rules::load(Some(dir.path())).unwrap();
    assert!(loaded.violation("xw18").unwrap().usable());
    assert_eq!(loaded.blocked().len(), 6);
    assert_eq!(loaded.verifications[0].by, ["张三", "李“四”"]);
    let numbered = NewVerification { article: Some(21), paragraph: Some(1), ..verification("xw19", &two) };
    append_verification(&loaded, dir.path(), &numbered).unwrap();
    let second = std::fs::read_to_string(dir.path().join("rules/verified.toml")).unwrap();
    assert!(second.starts_with(&first), "earlier records stay as they were");
    let loaded = rules::load(Some(dir.path())).unwrap();
    assert_eq!(loaded.violation("xw19").unwrap().article, 21);
    // A second verification of a row that is no longer blocked is refused.
    assert!(append_verification(&loaded, dir.path(), &verification("xw18", &two)).is_err());
}

#[test]
fn a_row_edited_after_its_verification_is_blocked_again() {
    let text = fine("base = \"fixed\", max = 100");
    let dir = data(&[("discretion/bd.toml", &text)]);
    let book = rules::load(Some(dir.path())).unwrap();
    append_verification(&book, dir.path(), &verification("bd1", &["张三", "李四"])).unwrap();
    assert!(rules::load(Some(dir.path())).unwrap().violation("bd1").unwrap().usable());
    std::fs::write(dir.path().join("rules/discretion/bd.toml"), text.replace("100", "100000")).unwrap();
    assert!(!rules::load(Some(dir.path())).unwrap().violation("bd1").unwrap().usable());
}

#[test]
fn a_bureaus_own_row_is_blocked_whatever_it_says_of_itself() {
    let text = fine("base = \"fixed\", max = 100").replace("\"S\"", "\"A\"").replace("\"blocked\"", "\"active\"");
    let dir = data(&[("discretion/bd.toml", &text)]);
    assert!(!rules::load(Some(dir.path())).unwrap().violation("bd1").unwrap().usable());
}

#[test]
fn a_forged_record_with_one_person_stops_the_loading() {
    let text = "[[verification]]\nviolation = \"xw18\"\nby = [\"张三\", \"张三\"]\nverified_at = \"2026-03-02T09:00:00+08:00\"\n\
        row_sha256 = \"00\"\nsource = { title = \"t\", doc_no = \"d\", published_at = \"2023-08-23\" }\n";
    refused(&[("verified.toml", text)], &["verified.toml", "xw18", "两名"]);
}

#[test]
fn build_takes_the_files_it_is_given() {
    let one = RuleFile { name: "factors.toml".into(), text: String::new(), overlay: false };
    assert_eq!(rules::build(&[one]).unwrap_err().code(), "rules.missing_file");
}

fn due(id: &str, from: Date) -> Date {
    deadline::due(ours().deadline(id).unwrap(), from, &WeekendOnly).unwrap()
}

#[test]
fn deadline_vectors_on_a_weekend_calendar() {
    assert_eq!(due("FILE_TO_DECIDE", date(2026, 3, 2)), date(2026, 5, 31));
    assert_eq!(due("HEARING_REQUEST", date(2026, 3, 6)), date(2026, 3, 13));
    assert_eq!(due("EVIDENCE_PRESERVE_DISPOSE", date(2026, 3, 5)), date(2026, 3, 16));
    assert_eq!(due("HEARING_NOTIFY_BEFORE", date(2026, 3, 26)), date(2026, 3, 17));
    assert_eq!(due("SERVE_DECISION", date(2026, 3, 18)), date(2026, 3, 27));
    assert_eq!(due("PUBLISH_PENALTY_LICENCE", date(2026, 3, 18)), date(2026, 3, 27));
    assert_eq!(due("PUBLISH_OTHER", date(2026, 3, 2)), date(2026, 3, 30));
    assert_eq!(due("PAY_FINE", date(2026, 3, 10)), date(2026, 3, 25));
    assert_eq!(due("RECONSIDERATION", date(2026, 3, 11)), date(2026, 5, 11));
    assert_eq!(due("LITIGATION_DIRECT", date(2026, 3, 10)), date(2026, 9, 10));
    assert_eq!(due("LITIGATION_DIRECT", date(2026, 8, 31)), date(2027, 3, 1));
    assert_eq!(due("DEMAND_BEFORE_COURT", date(2026, 3, 2)), date(2026, 3, 16));
    assert_eq!(due("LIMITATION_NORMAL", date(2024, 3, 10)), date(2026, 3, 10));
    // 时效末日 on a Saturday does not run on.
    assert_eq!(due("LIMITATION_NORMAL", date(2024, 3, 14)), date(2026, 3, 14));
    assert_eq!(due("LIMITATION_NORMAL", date(2024, 2, 29)), date(2026, 2, 28));
}

#[test]
fn late_fee_is_three_percent_a_day_up_to_the_fine() {
    let book = ours();
    let rule = book.deadline("LATE_FEE").unwrap();
    let (rate, cap) = (rule.rate_per_day_bp.unwrap(), rule.cap_bp.unwrap());
    let fee = |days| deadline::late_fee(Fen(3_000_000), days, rate, cap).unwrap();
    assert_eq!(fee(16), Fen(1_440_000));
    assert_eq!(fee(33), Fen(2_970_000));
    assert_eq!(fee(34), Fen(3_000_000));
    assert_eq!(fee(100_000), Fen(3_000_000));
    assert_eq!(fee(0), Fen::ZERO);
}

#[test]
fn real_calendars_know_holidays_and_make_up_days_and_refuse_other_years() {
    let book = ours();
    let working = |d: Date| book.calendar.is_working_day(d).unwrap();
    assert!(!working(date(2025, 1, 28)) && !working(date(2025, 2, 4)) && working(date(2025, 2, 5)));
    assert!(working(date(2025, 1, 26)) && working(date(2025, 10, 11)) && !working(date(2025, 10, 8)));
    assert!(!working(date(2026, 2, 23)) && working(date(2026, 2, 28)) && working(date(2024, 10, 12)));
    assert!(matches!(
        book.calendar.is_working_day(date(2027, 1, 4)),
        Err(DeadlineError::CalendarMissing { year: 2027 })
    ));
    // Five working days from Friday 2026-09-18: the 20th is worked, the 25th is off.
    let due = deadline::due(book.deadline("HEARING_REQUEST").unwrap(), date(2026, 9, 18), &book.calendar).unwrap();
    assert_eq!(due, date(2026, 9, 24));
    // A party's period into a year without a calendar refuses instead of leaving out only weekends.
    let rule = book.deadline("LITIGATION_DIRECT").unwrap();
    assert!(deadline::due(rule, date(2026, 8, 31), &book.calendar).is_err());
    assert!(deadline::due(book.deadline("TRANSFER_SEND").unwrap(), date(2026, 8, 31), &book.calendar).is_err());
    assert_eq!(Calendar::default().years(), Vec::<i16>::new());
}

fn fatal(json: &str) -> Vec<(String, &'static str)> {
    match intake::accept(json, &ours(), date(2026, 3, 2)) {
        Ok(_) => vec![],
        Err(rejected) => rejected.problems().into_iter().filter(|p| p.fatal).map(|p| (p.path, p.code)).collect(),
    }
}

#[test]
fn bad_input_is_refused_with_its_place() {
    let one = |json: &str, path: &str, code: &str| {
        let got = fatal(json);
        assert!(got.iter().any(|(p, c)| p == path && *c == code), "{json}: {got:?}");
    };
    one("{\"facts\": {", "", "input.bad_json");
    one("[]", "", "input.not_object");
    one(r#"{"facts":{"act_from":"2025-02-30"}}"#, "facts.act_from", "input.bad_field");
    one(r#"{"facts":{"circumstance":"terrible"}}"#, "facts.circumstance", "input.bad_field");
    one(r#"{"facts":{"gains":{"gross_receipts_fen":1.5}}}"#, "facts.gains.gross_receipts_fen", "input.bad_field");
    one(r#"{"facts":{"gains":{"gross_receipts_fen":1e30}}}"#, "facts.gains.gross_receipts_fen", "input.bad_field");
    one(r#"{"evid":[{"no":-1}]}"#, "evid[0].no", "input.bad_field");
    one(r#"{"facts":{"gains":{"gross_receipts_fen":-1}}}"#, "facts.gains.gross_receipts_fen", "input.negative_amount");
    one(
        r#"{"facts":{"gains":{"other_deductions_fen":[1,-1]}}}"#,
        "facts.gains.other_deductions_fen[1]",
        "input.negative_amount",
    );
    one(r#"{"disc":{"final":{"fine_fen":9000000000000000000}}}"#, "disc.final.fine_fen", "input.absurd_amount");
    one(r#"{"facts":{"act_from":"2026-03-03"}}"#, "facts.act_from", "input.future_date");
    one(r#"{"facts":{"act_from":"1889-03-03"}}"#, "facts.act_from", "input.date_too_early");
    one(r#"{"facts":{"act_from":"2025-03-03","act_to":"2025-03-01"}}"#, "facts.act_to", "input.date_order");
    one(
        r#"{"case":{"filed_at":"2025-03-03"},"procedure":{"decided_at":"2025-03-01"}}"#,
        "procedure.decided_at",
        "input.date_order",
    );
    one(r#"{"evid":[{"no":1},{"no":1}]}"#, "evid[1].no", "input.duplicate_evidence");
    one(r#"{"facts":{"violation":"mb46"}}"#, "facts.violation", "case.unknown_violation");
    let many: Vec<String> = (0..201).map(|i| format!("{{\"no\":{i}}}")).collect();
    one(&format!("{{\"evid\":[{}]}}", many.join(",")), "evid", "input.too_much_evidence");
    one(
        &format!("{{\"facts\":{{\"narrative\":\"{}\"}}}}", "长".repeat(200_001)),
        "facts.narrative",
        "input.narrative_too_long",
    );
    let Err(Rejected::Unreadable(e)) =
        intake::accept(r#"{"facts":{"circumstance":"terrible"}}"#, &ours(), date(2026, 3, 2))
    else {
        panic!("must be refused")
    };
    assert!(e.to_string().contains("terrible") && e.to_string().contains("unrectified"), "{e}");
}

#[test]
fn what_is_only_odd_is_reported_and_cleaned() {
    let json = r#"{"colour":1,"party":{"kind":"citizen","uscc":"123","id_no":"110101199003070000","name":"张\u0000三\u202e"},"officer":null,
        "facts":{"violation":"wb126","hue":2,"factors":[{"code":"cooperation","evidence":[9]}]},
        "procedure":{"hearing_at":"2026-04-01"},"officer":[{"valid_to":"2030-01-01"}]}"#;
    let (case, notices) = intake::accept(json, &ours(), date(2026, 3, 2)).unwrap();
    assert_eq!(case.party.name.as_deref(), Some("张三"));
    let codes: Vec<&str> = notices.iter().map(|n| n.code.as_str()).collect();
    for code in [
        "input.unknown_field",
        "input.uscc_check",
        "input.id_no_check",
        "input.control_chars",
        "input.evidence_unknown",
    ] {
        assert!(codes.contains(&code), "{code} in {codes:?}");
    }
    let text: String = notices.iter().map(|n| n.text.clone()).collect();
    assert!(text.contains("facts.hue") && text.contains("party.name"), "{text}");
}

#[test]
fn check_digits() {
    assert!(intake::id_no_valid("11010519491231002X") && !intake::id_no_valid("110105194912310021"));
    assert!(intake::uscc_valid("91350100M000100Y43") && !intake::uscc_valid("91350100M000100Y44"));
    assert!(!intake::uscc_valid("９１３５") && !intake::id_no_valid(""));
}

#[test]
fn the_command_prints_chinese_and_answers_bad_input_with_two() {
    use zhicai::cli::assess::{Args, plain, run};
    use zhicai::settings::{Agency, Hub, Remote, Settings};
    let dir = data(&[]);
    let settings = Settings {
        data_dir: dir.path().into(),
        cache_dir: dir.path().into(),
        agency: Agency::default(),
        hub: Hub::default(),
        remote: Remote::default(),
        search: zhicai::settings::Search { dense: false, ..Default::default() },
        access: Default::default(),
        oidc: Default::default(),
        store: Default::default(),
    };
    let code = |text: &str, json: bool| {
        let path = dir.path().join("case.json");
        std::fs::write(&path, text).unwrap();
        match run(Args { case: path, json }, &settings) {
            Ok(code) => format!("{code:?}"),
            Err(report) => format!("{:?}", std::process::ExitCode::from(report.exit_code())),
        }
    };
    let is = |n: u8| format!("{:?}", std::process::ExitCode::from(n));
    let good = r#"{"facts":{"violation":"mb64","gains":{"gross_receipts_fen":4658000}}}"#;
    assert_eq!(code(good, false), is(0));
    assert_eq!(code(good, true), is(0));
    assert_eq!(code("{", true), is(2));
    assert_eq!(code(r#"{"facts":{"violation":"mb46"}}"#, false), is(2));
    let absent = Args { case: dir.path().join("none.json"), json: false };
    assert_eq!(run(absent, &settings).unwrap_err().exit_code(), 2);
    let (case, _) = intake::accept(good, &ours(), date(2026, 3, 2)).unwrap();
    let text = plain(&assess(&ours(), &NoTexts, &case, date(2026, 3, 2)), &ours());
    for words in ["已得出法定幅度", "第六十四条第一款", "46580元", "232900元", "最终数额由人确定", "缺少：facts.act_to"]
    {
        assert!(text.contains(words), "{words} not in\n{text}");
    }
}

mod fuzz {
    use super::*;
    use proptest::prelude::*;

    const WHOLE: &str = r#"{"case":{"filed_at":"2026-01-05"},"party":{"kind":"citizen","birth":"2009-01-01"},"facts":{"violation":"gw31",
        "act_from":"2025-09-01","act_to":"2025-12-20","discovered_at":"2025-12-20","circumstance":"base","items":[1],
        "factors":[{"code":"active_correction","evidence":[1]}],"gains":{"gross_receipts_fen":500000,"other_deductions_fen":[0]},
        "rectify":{"ordered_at":"2025-12-22","corrected":false}},"evid":[{"no":1}],"disc":{"final":{"fine_fen":1,"kinds":["fine"]}}}"#;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1500))]

        /// Nothing panics on input: cut, spliced and overwritten JSON is either refused with words or assessed.
        #[test]
        fn damaged_json_never_panics(
            from in 0..WHOLE.len(), cut in 0usize..40,
            put in prop::sample::select(vec![
                "", "null", "-1", "9223372036854775807", "\"9999-12-31\"", "\"-009999-01-01\"", "[]", "{}", "true", "1e400",
                "\"\\u0000\"", "\"智\"",
            ]),
        ) {
            let to = (from + cut).min(WHOLE.len());
            let text = format!("{}{put}{}", &WHOLE[..from], &WHOLE[to..]);
            if let Ok((case, _)) = intake::parse_case(&text) {
                // Even a case that would be refused must not bring the engine down.
                let today = date(2026, 3, 2);
                let _ = (intake::validate(&case, today), assess(ours_once(), &NoTexts, &case, today));
            }
        }
    }

    fn ours_once() -> &'static RuleBook {
        static BOOK: std::sync::OnceLock<RuleBook> = std::sync::OnceLock::new();
        BOOK.get_or_init(ours)
    }

    #[test]
    fn extreme_dates_and_sums_do_not_panic() {
        for value in ["9999-12-31", "-9999-01-01", "2024-02-29"] {
            for field in ["act_from", "act_to", "discovered_at"] {
                let json = format!(
                    r#"{{"facts":{{"violation":"mb64","{field}":"{value}","gains":{{"gross_receipts_fen":9223372036854775807}}}},
                    "party":{{"kind":"citizen","birth":"{value}"}},"case":{{"filed_at":"{value}"}},
                    "procedure":{{"notice_served_at":"{value}","decided_at":"{value}","hearing_at":"{value}"}}}}"#
                );
                if let Ok((case, _)) = intake::parse_case(&json) {
                    let a = assess(ours_once(), &NoTexts, &case, date(2026, 3, 2));
                    assert!(a.suggested_fen.is_none());
                }
            }
        }
    }
}

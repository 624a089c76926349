//! 法律文本: a small database of the source's shape → versions, 款 and 项, validity on a day, and what is reported.

use std::path::Path;

use jiff::civil::date;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use zhicai::corpus::statutes::{ImportReport, import_laws_db};
use zhicai::corpus::{self, Corpus, CorpusError};
use zhicai::domain::law::{Provision, Validity};
use zhicai::store::laws_db;

/// A database with the two tables of the source, filled by `rows` (SQL statements).
pub fn database(path: &Path, rows: &[&str]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
        let schema = [
            "create table laws (law_id text primary key, law_name text not null, doc_type text, level text, issuing_body text,
             publish_date text, effective_date text, version_date text, status text, law_department text)",
            "create table articles (id integer primary key, law_id text not null, law_name text not null, law_department text,
             level text, status text, chapter text, section text, article_no text, article_no_arabic integer,
             article_text text, char_count integer)",
        ];
        for statement in schema.iter().chain(rows) {
            sqlx::query(statement).execute(&pool).await.unwrap();
        }
        pool.close().await;
    });
}

const ROWS: &[&str] = &[
    "insert into laws values ('a1','中华人民共和国民办教育促进法','法律','法律','全国人民代表大会常务委员会','2018-12-29','2003-09-01','2018-12-29','现行有效','行政法')",
    "insert into laws values ('b1','中华人民共和国某某法','法律','法律',null,'2009-08-27','1996-01-01','2009-08-27','历史版本','行政法')",
    "insert into laws values ('b2','中华人民共和国某某法','法律','法律',null,'2025-09-12','2026-03-01','2025-09-12','现行有效','行政法')",
    "insert into laws values ('c1','中华人民共和国旧法','法律','法律',null,'1990-01-01','1990-02-01','1990-01-01','已废止','行政法')",
    "insert into laws values ('d1','中华人民共和国甲乙法','法律','法律',null,'2025-10-28','2017-06-01','2025-10-28','现行有效','行政法')",
    "insert into laws values ('d2','全国人民代表大会常务委员会关于修改《中华人民共和国甲乙法》的决定','修改决定','法律',null,'2025-10-28','2026-01-01','2025-10-28','现行有效','行政法')",
    "insert into articles values (1,'a1','','','','','第九章 法律责任',null,'第六十二条',62,'民办学校有下列行为之一的，责令限期改正：' || char(10) || '（一）擅自分立、合并民办学校的；' || char(10) || '（二）擅自改变民办学校名称的。',0)",
    "insert into articles values (2,'a1','','','','','第九章 法律责任',null,'第六十四条',64,'违反国家有关规定擅自举办民办学校的，对举办者处违法所得一倍以上五倍以下罚款。',0)",
    "insert into articles values (3,'b1','','','','',null,null,'第一条',1,'旧文：受理期限为七日。',0)",
    "insert into articles values (4,'b2','','','','',null,null,'第一条',1,'新文：受理期限为五日。' || char(10) || '第二款的文字。',0)",
    "insert into articles values (5,'b2','','','','',null,null,'第一条之一',1,'加写的一条。',0)",
    "insert into articles values (6,'c1','','','','',null,null,'第一条',1,'已经废止的文字。',0)",
    "insert into articles values (7,'d1','','','','',null,null,'第一条',1,'网络运营者的义务。',0)",
    "insert into articles values (8,'d2','','','','',null,null,'全文',null,'决定的全文。',0)",
    "insert into articles values (9,'d2','','','','',null,null,'附件',3,'附件文字。',0)",
    "insert into articles values (10,'zz','','','','',null,null,'第一条',1,'没有主人的条文。',0)",
];

/// A data directory with the small database installed and indexed.
pub fn installed() -> (tempfile::TempDir, ImportReport) {
    let dir = tempfile::tempdir().unwrap();
    let db = dir.path().join("laws.db");
    database(&db, ROWS);
    let rows = laws_db::read(&db).unwrap();
    let report = import_laws_db(rows, "test", &corpus::statutes_folder(dir.path())).unwrap();
    corpus::build_index(dir.path()).unwrap();
    (dir, report)
}

#[test]
fn every_row_is_taken_doubted_or_refused() {
    let (_dir, report) = installed();
    assert_eq!((report.laws, report.articles), (6, 9));
    let doubts: Vec<&str> = report.half_parsed.iter().map(|n| n.row.as_str()).collect();
    assert!(doubts.contains(&"articles.id=9"), "{:?}", report.half_parsed);
    assert_eq!(report.refused.len(), 1, "{:?}", report.refused);
    assert!(report.refused[0].row.contains("zz"));
}

#[test]
fn the_text_of_the_day() {
    let (dir, _) = installed();
    let corpus = Corpus::open(dir.path()).unwrap();
    let at = |law: &str, article, paragraph, items: &[u32], day| {
        corpus.lookup(&Provision { law: law.into(), article, paragraph, items: items.to_vec() }, day)
    };
    let state = at("民促法", 62, 1, &[2], date(2024, 5, 1));
    assert_eq!(state.version.as_deref(), Some("民办教育促进法@2018-12-29"));
    assert_eq!(state.validity, Validity::InForce);
    assert_eq!(state.text.unwrap(), "民办学校有下列行为之一的，责令限期改正：\n（二）擅自改变民办学校名称的。");
    assert_eq!(at("民办教育促进法", 62, 1, &[3], date(2024, 5, 1)).text, None, "there is no third item");

    // Before the version held: an earlier text existed and is not held; before the law itself: it was not in force.
    assert_eq!(at("民促法", 64, 0, &[], date(2010, 1, 1)).validity, Validity::Unknown);
    assert_eq!(at("民促法", 64, 0, &[], date(2003, 8, 31)).validity, Validity::NotYetInForce);

    // Two versions: each on its own days, to the day.
    let old = at("某某法", 1, 0, &[], date(2026, 2, 28));
    assert_eq!((old.validity, old.text.unwrap().starts_with("旧文")), (Validity::InForce, true));
    let new = at("某某法", 1, 2, &[], date(2026, 3, 1));
    assert_eq!((new.validity, new.text.as_deref()), (Validity::InForce, Some("第二款的文字。")));

    assert_eq!(at("旧法", 1, 0, &[], date(2020, 1, 1)).validity, Validity::Repealed);
    let none = at("没有这部法", 1, 0, &[], date(2020, 1, 1));
    assert_eq!((none.version, none.validity, none.text), (None, Validity::Unknown, None));
}

#[test]
fn an_amendment_starts_on_the_day_its_decision_names() {
    let (dir, _) = installed();
    let corpus = Corpus::open(dir.path()).unwrap();
    let law = corpus.laws.versions_of("中华人民共和国甲乙法").next().unwrap();
    assert_eq!(law.effective_from, Some(date(2026, 1, 1)));
    assert_eq!(law.validity_on(date(2025, 12, 1)), Validity::Unknown, "the earlier text is not held");
}

#[test]
fn a_law_whose_first_day_is_not_known_is_unknown_before_the_text_held() {
    let (dir, _) = installed();
    let corpus = Corpus::open(dir.path()).unwrap();
    // 某某法 may have been new in 1996 or not: the source's 施行日 is that of the last full revision.
    let before = corpus.lookup(&Provision::new("某某法", 1), date(1990, 1, 1));
    assert_eq!(before.validity, Validity::Unknown);
}

#[test]
fn missing_and_foreign_databases_are_refused_in_words() {
    let dir = tempfile::tempdir().unwrap();
    let error = Corpus::open(dir.path()).err().expect("nothing is installed");
    assert!(matches!(error, CorpusError::Statutes(_)), "{error}");
    assert_eq!(error.code(), "statutes.not_installed");
    assert!(error.to_string().contains("zhicai setup"));
    assert!(laws_db::read(&dir.path().join("none.db")).is_err());
    let garbage = dir.path().join("garbage.db");
    std::fs::write(&garbage, b"not a database at all, but long enough to look like one").unwrap();
    assert!(laws_db::read(&garbage).is_err());
}

//! The lists beside the cases decide who sees a case and what is due: a change to them shows, though no event names them.

use std::path::Path;

use sqlx::{Connection, Executor};
use zhicai::flow::record;
use zhicai::store::verify::{Place, Wanted, verify};

use super::tamper::open;
use super::world::{World, copy_record};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_list_is_found() {
    let world = World::new().await;
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = (world.dir().to_path_buf(), dir.path().join("copy"));
    tokio::task::spawn_blocking(move || record::back_up(&from, &to, true).unwrap()).await.unwrap();
    let look = |dir: &Path| {
        let dir = dir.to_path_buf();
        tokio::task::spawn_blocking(move || verify(&Place::of(&dir), &Wanted::default()).unwrap())
    };
    let no = &world.case_no;
    for (sql, code, row) in [
        ("UPDATE cases SET party = party", None, "cases"),
        ("INSERT INTO case_people VALUES ('{no}', 'stranger', 'shared')", Some("list.changed"), "case_people"),
        ("DELETE FROM case_people WHERE tie = 'creator'", Some("list.changed"), "case_people"),
        (
            "INSERT INTO case_fines VALUES ('{no}', '某', 'x', NULL, NULL, '2026-01-01')",
            Some("list.changed"),
            "case_fines",
        ),
        (
            "INSERT INTO case_reviews VALUES ('r', '{no}', 1, 'concluded', NULL, '2026-01-01', NULL, NULL)",
            Some("list.changed"),
            "case_reviews",
        ),
        (
            "INSERT INTO case_dues VALUES ('{no}', 9, 'd', 'd', '2030-01-01', '', 'head')",
            Some("list.changed"),
            "case_dues",
        ),
        ("UPDATE cases SET party = party || '甲'", Some("list.changed"), "cases"),
        ("UPDATE cases SET next_due = '2031-01-01'", Some("list.changed"), "cases"),
        ("UPDATE cases SET dues = '[]' || ' '", Some("row.changed"), "cases"),
        ("UPDATE doc_numbers SET subject = 'case:x'", Some("row.changed"), "doc_numbers"),
    ] {
        let changed = tempfile::tempdir().unwrap();
        copy_record(&dir.path().join("copy"), changed.path());
        let mut conn = open(&changed.path().join("zhicai.db")).await;
        conn.execute(sql.replace("{no}", no).as_str()).await.unwrap();
        conn.close().await.unwrap();
        let found = look(changed.path()).await.unwrap();
        let told = found
            .faults
            .iter()
            .any(|f| Some(f.code) == code && f.row.as_deref().is_some_and(|r| r.split(':').next() == Some(row)));
        assert_eq!((found.ok, told), (code.is_none(), code.is_some()), "{sql}: {:#?}", found.faults);
    }
    let strange = tempfile::tempdir().unwrap();
    copy_record(&dir.path().join("copy"), strange.path());
    let mut conn = open(&strange.path().join("zhicai.db")).await;
    conn.execute("INSERT INTO case_people VALUES ('2020-0001', 'stranger', 'shared')").await.unwrap();
    conn.close().await.unwrap();
    let found = look(strange.path()).await.unwrap();
    assert_eq!(found.faults[0].row.as_deref(), Some("case_people:2020-0001"), "{:#?}", found.faults);
}

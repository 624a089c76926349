//! Databases of earlier versions, saved as they were (`schema/make.py`), opened by this program.

use std::fs;
use std::path::Path;

use sqlx::{Connection, Executor, Row};
use zhicai::store::cases::Sight;
use zhicai::store::verify::{Place, Verified, Wanted, verify};
use zhicai::store::{self, Answer, Done, Once, StoreError};

use super::chain::event;
use super::tamper::open;

const CONTENT: &[u8] = b"%PDF-1.7\nold\n%%EOF\n";

/// A data directory with the saved database of that version.
async fn saved(version: u32) -> tempfile::TempDir {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/record/schema");
    let dir = tempfile::tempdir().unwrap();
    fs::copy(folder.join("record.key"), dir.path().join("record.key")).unwrap();
    let dump = fs::read_to_string(folder.join(format!("v{version}.sql"))).unwrap();
    let database = dir.path().join("zhicai.db");
    fs::File::create(&database).unwrap();
    let mut conn = open(&database).await;
    conn.execute(sqlx::raw_sql(&dump)).await.unwrap();
    conn.close().await.unwrap();
    let digest = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(CONTENT));
    let shelf = dir.path().join("attachments").join(&digest[..2]);
    fs::create_dir_all(&shelf).unwrap();
    fs::write(shelf.join(digest), CONTENT).unwrap();
    dir
}

async fn look(dir: &Path) -> Verified {
    let dir = dir.to_path_buf();
    tokio::task::spawn_blocking(move || verify(&Place::of(&dir), &Wanted::default()).unwrap()).await.unwrap()
}

#[tokio::test]
async fn every_earlier_version_is_upgraded_with_its_record_unbroken() {
    for version in [1, 2, 5, 6] {
        let dir = saved(version).await;
        // As it is, without an upgrade: an old backup can be verified.
        let old = look(dir.path()).await;
        assert!(old.ok, "v{version}: {:#?}", old.faults);
        assert_eq!((old.files, old.checkpoints), (1, 1));
        let (reader, writer) = store::open(dir.path()).await.unwrap();
        let opened = usize::from(version >= 3);
        assert_eq!(reader.events_of_case("2026-0001").await.unwrap().len(), 4 + opened);
        let case = reader.case("2026-0001", &Sight::system()).await.unwrap();
        assert_eq!(case.map(|c| c.dossier.created_by), (opened > 0).then(|| "p1".into()));
        let files = reader.attachments_of("2026-0001").await.unwrap();
        assert_eq!((files[0].name.as_str(), files[0].size), ("旧合同.pdf", CONTENT.len() as u64));
        let people = reader.people().await.unwrap();
        assert_eq!(people.len(), usize::from(version >= 2));
        assert!(people.iter().all(|p| p.login == "zhangsan" && p.certs.len() == 1));
        // What was answered before is answered again, and the record goes on where it stood.
        let digest = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(b"request"));
        let once = Once { actor_id: "p1".into(), key: "k1".into(), digest };
        let repeated = writer.commit_once(once, event("2026-01-06T10:00:00Z", "x.y"), (), |_| panic!("done twice"));
        assert_eq!(repeated.await.unwrap(), Done::Repeated(Answer { status: 201, body: "{}".into() }));
        let next = writer.commit(event("2026-01-06T10:00:00Z", "case.read"), ()).await.unwrap();
        assert_eq!(next.seq, old.events + 1);
        writer.close().await.unwrap();
        let new = look(dir.path()).await;
        assert!(new.ok, "v{version}: {:#?}", new.faults);
        assert_eq!((new.record, new.events), (old.record, old.events + 1));
    }
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_refused_untouched() {
    let dir = saved(2).await;
    let database = dir.path().join("zhicai.db");
    let mut conn = open(&database).await;
    conn.execute("INSERT INTO schema_versions VALUES (999, 'later', 'x', '2027-01-01T00:00:00.000+08:00')")
        .await
        .unwrap();
    conn.close().await.unwrap();
    let before = fs::read(&database).unwrap();
    assert_eq!(store::open(dir.path()).await.err(), Some(StoreError::NewerSchema(999)));
    let mut conn = open(&database).await;
    let tables = conn.fetch_all("SELECT name FROM sqlite_master WHERE name = 'cases'").await.unwrap();
    let versions: i64 = conn.fetch_one("SELECT COUNT(*) FROM schema_versions").await.unwrap().get(0);
    assert!(tables.is_empty() && versions == 3);
    conn.close().await.unwrap();
    assert!(before.len() as u64 == fs::metadata(&database).unwrap().len());
    let dir = dir.path().to_path_buf();
    let looked = tokio::task::spawn_blocking(move || verify(&Place::of(&dir), &Wanted::default()));
    assert_eq!(looked.await.unwrap().err(), Some(StoreError::NewerSchema(999)));
}

//! A thousand changes by somebody who has the files but not the key: all found, and the place is told.

use std::fs;
use std::path::{Path, PathBuf};

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{ConnectOptions, Connection, Row};
use zhicai::domain::process_record::Event;
use zhicai::flow::record;
use zhicai::store::verify::{Place, Verified, Wanted, verify};

use super::world::{PDF, PNG, World, copy_record};

const CHANGES: u64 = 1000;
const EVENTS: &str = "seq, algorithm, prev, at, actor_id, actor_name, action, case_no, subject, version, origin, detail, seals, hash, signature";

/// xorshift64*: the same changes in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % n
    }

    fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

/// What a change touched, as the report must name it.
#[derive(Debug)]
enum Touched {
    Event(i64),
    Checkpoint,
    Head,
    Row(&'static str),
    File(String),
}

pub(super) async fn open(database: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(database).foreign_keys(false).pragma("synchronous", "OFF");
    options.connect().await.unwrap()
}

/// Does it as an attacker would: the triggers are taken away and put back as they were.
pub(super) async fn without_triggers(conn: &mut SqliteConnection) -> Vec<String> {
    let rows = sqlx::query("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetch_all(&mut *conn).await;
    let mut texts = vec![];
    for row in rows.unwrap() {
        sqlx::query(&format!("DROP TRIGGER {}", row.get::<String, _>(0))).execute(&mut *conn).await.unwrap();
        texts.push(row.get::<String, _>(1));
    }
    texts
}

pub(super) async fn put_back(conn: &mut SqliteConnection, triggers: &[String]) {
    for text in triggers {
        sqlx::query(text).execute(&mut *conn).await.unwrap();
    }
}

/// A record with more than a hundred events, so that it has a checkpoint on the way.
async fn bureau() -> tempfile::TempDir {
    let world = World::new().await;
    for (name, content) in [("照片.png", PNG), ("合同.pdf", PDF)] {
        assert_eq!(world.upload(&world.officer, name, content).await.status, 201);
    }
    for _ in 0..110 {
        assert_eq!(world.get(&world.head, &format!("/api/v1/cases/{}", world.case_no)).await.status, 200);
    }
    let dir = tempfile::tempdir_in(if Path::new("/dev/shm").is_dir() { "/dev/shm" } else { "/tmp" }).unwrap();
    // A copy that is whole in one file; the live one has its newest part beside it.
    let (from, to) = (world.dir().to_path_buf(), dir.path().join("copy"));
    tokio::task::spawn_blocking(move || record::back_up(&from, &to, true).unwrap()).await.unwrap();
    copy_record(&dir.path().join("copy"), dir.path());
    std::fs::remove_dir_all(dir.path().join("copy")).unwrap();
    dir
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_changes_are_all_found() {
    let original = bureau().await;
    let before = look(original.path());
    assert!(before.ok && before.events > 120 && before.files == 2 && before.checkpoints >= 1, "{before:#?}");
    let halves = [0, 1].map(|half| {
        let original = original.path().to_path_buf();
        tokio::spawn(async move {
            let mut missed = vec![];
            for n in (0..CHANGES).filter(|n| n % 2 == half) {
                missed.extend(one(&original, n).await);
            }
            missed
        })
    });
    for half in halves {
        let missed = half.await.unwrap();
        assert!(missed.is_empty(), "{} not found: {missed:#?}", missed.len());
    }
}

/// Makes the change of that number in a copy; returns what was not found or found elsewhere.
async fn one(original: &Path, n: u64) -> Option<String> {
    let dir = tempfile::tempdir_in(original.parent().unwrap()).unwrap();
    copy_record(original, dir.path());
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ (n + 1).wrapping_mul(0xd134_2543_de82_ef95));
    let (touched, what) = match n % 10 {
        8 => change_file(dir.path(), &mut dice),
        _ => change_database(&dir.path().join("zhicai.db"), n, &mut dice).await,
    };
    let place = dir.path().to_path_buf();
    let found = tokio::task::spawn_blocking(move || look(&place)).await.unwrap();
    let named = match &touched {
        Touched::Event(seq) => found.faults.iter().any(|f| f.seq.is_some_and(|s| (s - seq).abs() <= 1)),
        Touched::Checkpoint => found.faults.iter().any(|f| f.code.starts_with("checkpoint.")),
        Touched::Head => found.faults.iter().any(|f| f.code.starts_with("head.")),
        Touched::Row(table) => {
            let of_table = |row: &String| row.starts_with(&format!("{table}:"));
            found.faults.iter().any(|f| f.row.as_ref().is_some_and(of_table))
        }
        Touched::File(file) => found.faults.iter().any(|f| f.file.as_ref() == Some(file)),
    };
    let fine = !found.ok && named && found.faults.iter().all(|f| f.message.chars().any(|c| c >= '\u{4e00}'));
    (!fine).then(|| format!("{n} {touched:?} {what}: {:?}", found.faults.iter().take(5).collect::<Vec<_>>()))
}

fn look(dir: &Path) -> Verified {
    let dir = dir.to_path_buf();
    std::thread::spawn(move || verify(&Place::of(&dir), &Wanted::default()).unwrap()).join().unwrap()
}

async fn change_database(database: &Path, n: u64, dice: &mut Dice) -> (Touched, String) {
    let mut conn = open(database).await;
    let triggers = without_triggers(&mut conn).await;
    let done = match n % 10 {
        0..=2 => change_event(&mut conn, dice).await,
        3 => delete_event(&mut conn, dice).await,
        4 => swap_events(&mut conn, dice).await,
        5 => insert_event(&mut conn, dice).await,
        6 => change_ends(&mut conn, dice).await,
        7 => rewrite_event(&mut conn, dice).await,
        _ => change_row(&mut conn, dice).await,
    };
    put_back(&mut conn, &triggers).await;
    conn.close().await.unwrap();
    done
}

async fn event(conn: &mut SqliteConnection, seq: i64) -> Event {
    let row = sqlx::query(&format!("SELECT {EVENTS} FROM events WHERE seq = ?")).bind(seq).fetch_one(conn).await;
    from(&row.unwrap())
}

fn from(r: &SqliteRow) -> Event {
    Event {
        seq: r.get(0),
        algorithm: r.get(1),
        prev: r.get(2),
        at: r.get(3),
        actor_id: r.get(4),
        actor_name: r.get(5),
        action: r.get(6),
        case_no: r.get(7),
        subject: r.get(8),
        version: r.get(9),
        origin: r.get(10),
        detail: r.get(11),
        seals: r.get(12),
        hash: r.get(13),
        signature: r.get(14),
    }
}

async fn write(conn: &mut SqliteConnection, verb: &str, e: &Event) {
    let sql = format!("{verb} INTO events ({EVENTS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    sqlx::query(&sql)
        .bind(e.seq)
        .bind(&e.algorithm)
        .bind(&e.prev)
        .bind(&e.at)
        .bind(&e.actor_id)
        .bind(&e.actor_name)
        .bind(&e.action)
        .bind(&e.case_no)
        .bind(&e.subject)
        .bind(e.version)
        .bind(&e.origin)
        .bind(&e.detail)
        .bind(&e.seals)
        .bind(&e.hash)
        .bind(&e.signature)
        .execute(conn)
        .await
        .unwrap();
}

async fn last(conn: &mut SqliteConnection) -> i64 {
    sqlx::query("SELECT MAX(seq) FROM events").fetch_one(conn).await.unwrap().get(0)
}

/// Changes one bit of a value, or what kind of value it is; tells what it did.
async fn change_value(
    conn: &mut SqliteConnection,
    table: &str,
    key: (&str, &str),
    column: &str,
    dice: &mut Dice,
) -> String {
    let (key_column, key) = key;
    let sql =
        format!("SELECT CAST({column} AS BLOB), typeof({column}) FROM {table} WHERE CAST({key_column} AS TEXT) = ?");
    let row = sqlx::query(&sql).bind(key).fetch_one(&mut *conn).await.unwrap();
    let (value, kind): (Option<Vec<u8>>, String) = (row.get(0), row.get(1));
    let value = value.unwrap_or_default();
    let set = |what: &str| format!("UPDATE {table} SET {column} = {what} WHERE CAST({key_column} AS TEXT) = ?");
    let (sql, bytes) = match kind.as_str() {
        "null" => (set("CAST(? AS TEXT)"), if column == "version" { b"1".to_vec() } else { vec![] }),
        "integer" => (set("? + 0"), vec![]),
        // The same letters, but not as text.
        _ if dice.below(12) == 0 => (set("?"), value.clone()),
        _ => {
            let mut bytes = value.clone();
            match bytes.len() {
                0 => bytes.push(b'x'),
                len => match dice.below(8) {
                    0 => {
                        bytes.remove(dice.below(len));
                    }
                    1 => bytes.insert(dice.below(len), b' '),
                    _ => bytes[dice.below(len)] ^= 1 << dice.below(8),
                },
            }
            (set("CAST(? AS TEXT)"), bytes)
        }
    };
    let query = sqlx::query(&sql);
    let query = match kind.as_str() {
        "integer" => {
            let number: i64 = String::from_utf8(value).unwrap().parse().unwrap();
            query.bind(number ^ (1 << dice.below(3)))
        }
        _ => query.bind(bytes.clone()),
    };
    query.bind(key).execute(conn).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
    format!("{table}.{column} of {key} ({kind}) to {:?}", String::from_utf8_lossy(&bytes))
}

async fn change_event(conn: &mut SqliteConnection, dice: &mut Dice) -> (Touched, String) {
    let last = last(conn).await;
    let seq = 1 + dice.below(last as usize) as i64;
    let columns: Vec<&str> = EVENTS.split(", ").collect();
    match *dice.of(&columns) {
        "seq" => {
            let goal = last + 1 + dice.below(50) as i64;
            sqlx::query("UPDATE events SET seq = ? WHERE seq = ?").bind(goal).bind(seq).execute(conn).await.unwrap();
            (Touched::Event(seq), format!("renumbered to {goal}"))
        }
        column => {
            let what = change_value(conn, "events", ("seq", &seq.to_string()), column, dice).await;
            (Touched::Event(seq), what)
        }
    }
}

async fn delete_event(conn: &mut SqliteConnection, dice: &mut Dice) -> (Touched, String) {
    let last = last(conn).await;
    let (seq, many) = match dice.below(4) {
        0 => (last, 1),
        1 => (last - 1, 2),
        _ => (1 + dice.below(last as usize) as i64, 1),
    };
    sqlx::query("DELETE FROM events WHERE seq >= ? AND seq < ?")
        .bind(seq)
        .bind(seq + many)
        .execute(&mut *conn)
        .await
        .unwrap();
    if seq + many > last {
        // The head is made to fit as far as that goes without the key.
        let sql = "UPDATE record_head SET size = ?, last_hash = (SELECT hash FROM events WHERE seq = ?)";
        sqlx::query(sql).bind(seq - 1).bind(seq - 1).execute(&mut *conn).await.unwrap();
        sqlx::query("DELETE FROM checkpoints WHERE size >= ?").bind(seq).execute(conn).await.unwrap();
        return (Touched::Head, format!("cut off from {seq}"));
    }
    (Touched::Event(seq), "deleted".into())
}

async fn swap_events(conn: &mut SqliteConnection, dice: &mut Dice) -> (Touched, String) {
    let last = last(conn).await as usize;
    let a = 1 + dice.below(last - 1) as i64;
    let b = a + 1 + dice.below(last - a as usize) as i64;
    let (mut x, mut y) = (event(conn, a).await, event(conn, b).await);
    std::mem::swap(&mut x.seq, &mut y.seq);
    if dice.below(2) == 0 {
        // Links and hashes are made to fit their new places.
        std::mem::swap(&mut x.prev, &mut y.prev);
        (x.hash, y.hash) = (x.computed_hash(), y.computed_hash());
    }
    for e in [&x, &y] {
        sqlx::query("DELETE FROM events WHERE seq = ?").bind(e.seq).execute(&mut *conn).await.unwrap();
    }
    write(conn, "INSERT", &x).await;
    write(conn, "INSERT", &y).await;
    (Touched::Event(a), format!("swapped with {b}"))
}

async fn insert_event(conn: &mut SqliteConnection, dice: &mut Dice) -> (Touched, String) {
    let last = last(conn).await;
    let mut forged = event(conn, 1 + dice.below(last as usize) as i64).await;
    forged.actor_name = "别人".into();
    let kind = dice.below(4);
    match kind {
        // At the end, chained and hashed, with the head made to fit but for its signature.
        0 | 1 => {
            let end = event(conn, last).await;
            (forged.seq, forged.prev, forged.at) = (last + 1, end.hash, end.at);
        }
        // Before the beginning.
        2 => (forged.seq, forged.prev) = (-(dice.below(3) as i64), "0".repeat(64)),
        // Far behind the end.
        _ => forged.seq = if dice.below(2) == 0 { i64::MAX } else { last + 2 + dice.below(1000) as i64 },
    }
    forged.hash = forged.computed_hash();
    write(conn, "INSERT", &forged).await;
    if kind == 1 {
        let sql = "UPDATE record_head SET size = ?, last_hash = ?";
        sqlx::query(sql).bind(forged.seq).bind(&forged.hash).execute(conn).await.unwrap();
    }
    (Touched::Event(forged.seq), format!("inserted, kind {kind}"))
}

/// Changes an event and makes everything after it fit: hashes, links, head. Only the signatures cannot be made.
async fn rewrite_event(conn: &mut SqliteConnection, dice: &mut Dice) -> (Touched, String) {
    let last = last(conn).await;
    let first = 1 + dice.below(last as usize) as i64;
    let mut prev = None;
    for seq in first..=last {
        let mut e = event(conn, seq).await;
        match &prev {
            None => e.actor_name = "另一个人".into(),
            Some(hash) => e.prev.clone_from(hash),
        }
        e.hash = e.computed_hash();
        prev = Some(e.hash.clone());
        write(conn, "REPLACE", &e).await;
    }
    sqlx::query("UPDATE record_head SET last_hash = ?").bind(prev).execute(conn).await.unwrap();
    (Touched::Event(first), "rewritten to the end".into())
}

async fn change_ends(conn: &mut SqliteConnection, dice: &mut Dice) -> (Touched, String) {
    let sizes: Vec<i64> = sqlx::query("SELECT size FROM checkpoints ORDER BY size")
        .fetch_all(&mut *conn)
        .await
        .unwrap()
        .iter()
        .map(|r| r.get(0))
        .collect();
    match dice.below(8) {
        0 => {
            sqlx::query("DELETE FROM checkpoints WHERE size = ?").bind(sizes[0]).execute(conn).await.unwrap();
            (Touched::Checkpoint, "deleted".into())
        }
        1 => {
            sqlx::query("DELETE FROM record_head").execute(conn).await.unwrap();
            (Touched::Head, "deleted".into())
        }
        2 | 3 => {
            let column = *dice.of(&["size", "last_hash", "frontier", "signature", "id"]);
            (Touched::Head, change_value(conn, "record_head", ("id", "1"), column, dice).await)
        }
        4 => {
            let sql = "INSERT INTO checkpoints SELECT size + 1, root, last_hash, at, signature FROM checkpoints WHERE size = ?";
            sqlx::query(sql).bind(sizes[0]).execute(conn).await.unwrap();
            (Touched::Checkpoint, "inserted".into())
        }
        _ => {
            let size = *dice.of(&sizes);
            let column = *dice.of(&["size", "root", "last_hash", "at", "signature"]);
            let what = change_value(conn, "checkpoints", ("size", &size.to_string()), column, dice).await;
            (Touched::Checkpoint, what)
        }
    }
}

/// Sealed tables, their key, and the columns a seal covers.
const ROWS: &[(&str, &str, &[&str])] = &[
    (
        "people",
        "id",
        &["login", "name", "roles", "legal_qualification", "disabled", "password_hash", "version", "changed_at"],
    ),
    ("certificates", "cert_no", &["person_id", "place", "issuer", "region", "categories", "valid_from", "valid_to"]),
    ("tokens", "id", &["person_id", "name", "hash", "scopes", "created_at", "expires_at", "revoked_at"]),
    ("cases", "case_no", &["version", "state", "teaching", "created_by", "dossier"]),
    ("attachments", "id", &["sha256", "size", "media_type", "name", "kind", "case_no", "uploaded_by", "uploaded_at"]),
    ("attachment_evidence", "id", &["evidence_no"]),
];

async fn change_row(conn: &mut SqliteConnection, dice: &mut Dice) -> (Touched, String) {
    let (table, key, columns) = *dice.of(ROWS);
    let keys: Vec<String> = sqlx::query(&format!("SELECT {key} FROM {table} ORDER BY {key}"))
        .fetch_all(&mut *conn)
        .await
        .unwrap()
        .iter()
        .map(|r| r.get(0))
        .collect();
    let one = dice.of(&keys).clone();
    let what = match dice.below(6) {
        0 => {
            sqlx::query(&format!("DELETE FROM {table} WHERE {key} = ?")).bind(&one).execute(conn).await.unwrap();
            format!("deleted {one}")
        }
        1 => {
            // A row under another key.
            let sql = format!("UPDATE {table} SET {key} = {key} || 'x' WHERE {key} = ?");
            sqlx::query(&sql).bind(&one).execute(conn).await.unwrap();
            format!("renamed {one}")
        }
        _ => {
            let column = columns[dice.below(columns.len())];
            change_value(conn, table, (key, &one), column, dice).await
        }
    };
    (Touched::Row(table), what)
}

fn change_file(dir: &Path, dice: &mut Dice) -> (Touched, String) {
    let mut files: Vec<PathBuf> = fs::read_dir(dir.join("attachments"))
        .unwrap()
        .flatten()
        .flat_map(|shelf| fs::read_dir(shelf.path()).unwrap().flatten().map(|f| f.path()).collect::<Vec<_>>())
        .collect();
    files.sort();
    assert_eq!(files.len(), 2);
    let file = dice.of(&files).clone();
    let mut bytes = fs::read(&file).unwrap();
    let at = dice.below(bytes.len());
    let what = match dice.below(6) {
        0 => {
            fs::remove_file(&file).unwrap();
            "removed".into()
        }
        1 => {
            fs::write(&file, &bytes[..at]).unwrap();
            format!("cut to {at}")
        }
        2 => {
            bytes.push(0);
            fs::write(&file, bytes).unwrap();
            "longer".into()
        }
        3 => {
            // Each under the other's name.
            let other = files.iter().find(|f| **f != file).unwrap();
            let theirs = fs::read(other).unwrap();
            fs::write(other, &bytes).unwrap();
            fs::write(&file, theirs).unwrap();
            "swapped".into()
        }
        _ => {
            bytes[at] ^= 1 << dice.below(8);
            fs::write(&file, bytes).unwrap();
            format!("a bit of byte {at}")
        }
    };
    let shown = file.strip_prefix(dir).unwrap().to_string_lossy().into_owned();
    (Touched::File(shown), what)
}

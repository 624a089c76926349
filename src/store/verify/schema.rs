//! Whether the database has exactly the tables and triggers that its versions made, and is sound as a file.

use sqlx::Row as _;

use super::fault::Faults;
use crate::store::error::StoreError;
use crate::store::migrations;
use crate::store::sqlite::{self, Connection};

/// Compares; returns the names of the tables there are. A database of a newer program cannot be judged and is an error.
pub(super) async fn check(conn: &mut Connection, faults: &mut Faults) -> Result<Vec<String>, StoreError> {
    match sqlite::damage(conn).await {
        Ok(found) => {
            found.into_iter().for_each(|line| faults.database("database.damaged", format!("文件损坏：{line}")))
        }
        Err(e) => faults.database("database.damaged", format!("无法自检：{e}")),
    }
    let present = sqlite::schema(conn).await?;
    let versions = versions(conn, faults).await?;
    let mut blank = sqlite::connect_memory().await?;
    migrations::make(&mut blank, &versions).await?;
    let expected = sqlite::schema(&mut blank).await?;
    for object in &expected {
        let [kind, name, ..] = object;
        match present.iter().find(|o| o[0] == *kind && o[1] == *name) {
            None => faults.database("schema.missing", format!("缺少{}{name}", zh(kind))),
            Some(found) if found != object => faults.database("schema.changed", format!("{}{name}被改动", zh(kind))),
            Some(_) => {}
        }
    }
    for [kind, name, ..] in present.iter().filter(|o| !expected.iter().any(|e| e[..2] == o[..2])) {
        faults.database("schema.added", format!("多出{}{name}", zh(kind)));
    }
    Ok(present.into_iter().filter(|o| o[0] == "table").map(|[_, name, ..]| name).collect())
}

/// The versions the database says it went through, which must be the first of those known.
async fn versions(conn: &mut Connection, faults: &mut Faults) -> Result<Vec<i64>, StoreError> {
    let known = migrations::known();
    let read = sqlx::query("SELECT version, name, sha256, at FROM schema_versions ORDER BY version").fetch_all(conn);
    let rows = match read.await {
        Ok(rows) => rows,
        Err(e) => {
            faults.database("schema.versions", format!("升级记录无法读取：{e}"));
            return Ok(known.into_iter().map(|k| k.0).collect());
        }
    };
    let mut versions = vec![];
    for row in rows {
        let parts = (row.try_get::<i64, _>(0), row.try_get::<String, _>(1), row.try_get::<String, _>(2));
        let (Ok(version), Ok(name), Ok(digest)) = parts else {
            faults.database("schema.versions", "升级记录无法读取".into());
            continue;
        };
        match known.iter().find(|k| k.0 == version) {
            None if version > known.last().map_or(0, |k| k.0) => return Err(StoreError::NewerSchema(version)),
            None => faults.database("schema.versions", format!("没有第{version}号升级")),
            Some(k) if k.1 != name || k.2 != digest => {
                faults.database("schema.versions", format!("第{version}号升级的记录被改动"));
                versions.push(version);
            }
            Some(_) => versions.push(version),
        }
        if row.try_get::<String, _>(3).ok().and_then(|at| at.parse::<jiff::Timestamp>().ok()).is_none() {
            faults.database("schema.versions", format!("第{version}号升级的时间无法读取"));
        }
    }
    if versions.iter().zip(&known).any(|(v, k)| *v != k.0) || versions.is_empty() {
        faults.database("schema.versions", "升级记录有缺漏".into());
    }
    Ok(versions)
}

fn zh(kind: &str) -> &'static str {
    match kind {
        "table" => "表",
        "index" => "索引",
        "trigger" => "触发器",
        "view" => "视图",
        _ => "对象",
    }
}

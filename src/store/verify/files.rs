//! The files of the dossiers: there, of the recorded size and content; and none that nobody recorded.

use std::collections::HashMap;
use std::path::Path;

use sqlx::Row as _;

use super::fault::Faults;
use crate::store::attachments::{self, FOLDER};
use crate::store::sqlite::Connection;

/// Strays told one by one; more are counted.
const NAMED: usize = 20;

#[derive(Default)]
pub(super) struct Files {
    pub files: usize,
    pub bytes: u64,
}

pub(super) async fn check(conn: &mut Connection, dir: &Path, faults: &mut Faults, warnings: &mut Vec<String>) -> Files {
    // Whoever removed the whole table is told so elsewhere.
    let Ok(rows) = sqlx::query("SELECT sha256, size FROM attachments ORDER BY sha256").fetch_all(conn).await else {
        return Files::default();
    };
    let (mut checked, mut total) = (HashMap::<String, ()>::new(), Files::default());
    for row in rows {
        let (Ok(sha256), Ok(size)) = (row.try_get::<String, _>(0), row.try_get::<i64, _>(1)) else { continue };
        if !attachments::is_digest(&sha256) || checked.contains_key(&sha256) {
            continue;
        }
        let path = attachments::path(dir, &sha256);
        let shown = attachments::relative(&sha256);
        match attachments::measure(&path) {
            Ok((found, bytes)) => {
                total.files += 1;
                total.bytes += bytes;
                if i64::try_from(bytes) != Ok(size) {
                    faults.file("file.size", &shown, &format!("应为{size}字节，实为{bytes}字节（被截短或加长）"));
                } else if found != sha256 {
                    faults.file("file.changed", &shown, "内容与记录的摘要不符（被改动）");
                }
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                faults.file("file.missing", &shown, "缺失（被删除）");
            }
            Err(e) => faults.file("file.unreadable", &shown, &format!("无法读取：{e}")),
        }
        checked.insert(sha256, ());
    }
    let mut strays = strays(&dir.join(FOLDER), &checked);
    strays.sort();
    let count = strays.len();
    for stray in strays.iter().take(NAMED) {
        warnings.push(format!("文件 {FOLDER}/{stray} 没有任何案件引用（上传未完成所留，可忽略）"));
    }
    if count > NAMED {
        warnings.push(format!("另有 {} 个没有案件引用的文件", count - NAMED));
    }
    total
}

/// Everything below the folder that no row names.
fn strays(folder: &Path, known: &HashMap<String, ()>) -> Vec<String> {
    let mut strays = vec![];
    let Ok(shelves) = std::fs::read_dir(folder) else { return strays };
    for shelf in shelves.flatten() {
        let name = shelf.file_name().to_string_lossy().into_owned();
        let Ok(files) = std::fs::read_dir(shelf.path()) else {
            strays.push(name);
            continue;
        };
        for file in files.flatten() {
            let file = file.file_name().to_string_lossy().into_owned();
            if !(known.contains_key(&file) && file.starts_with(&name)) {
                strays.push(format!("{name}/{file}"));
            }
        }
    }
    strays
}

//! The rows that events seal: each as its last seal says, none without a seal, none gone.

use std::collections::HashMap;

use tokio_stream::StreamExt as _;

use super::events::Sealed;
use super::fault::Faults;
use crate::store::seals::{TABLES, Table};
use crate::store::sqlite::{self, Connection};

/// Compares all sealed tables there are; returns the number of rows.
pub(super) async fn check(
    conn: &mut Connection,
    tables: &[String],
    mut seals: HashMap<String, Sealed>,
    faults: &mut Faults,
) -> usize {
    let mut rows = 0;
    let present: Vec<&Table> = TABLES.iter().filter(|t| tables.iter().any(|name| name == t.name)).collect();
    for table in &present {
        rows += table_rows(conn, table, &mut seals, faults).await;
    }
    let mut gone: Vec<(&String, &Sealed)> = seals.iter().filter(|(_, s)| s.digest.is_some() && !s.seen).collect();
    gone.sort_by_key(|(_, s)| s.seq);
    for (table_key, sealed) in gone {
        let name = table_key.split_once(':').map_or("", |(name, _)| name);
        // Seals of other things than rows are looked at where those things are.
        if TABLES.iter().any(|t| t.name == name) {
            faults.row("row.missing", table_key, &format!("缺失（第{}号事件时还在，被删除）", sealed.seq));
        }
    }
    rows
}

async fn table_rows(
    conn: &mut Connection,
    table: &Table,
    seals: &mut HashMap<String, Sealed>,
    faults: &mut Faults,
) -> usize {
    let numbers = match sqlite::whole_numbers(conn, table.name).await {
        Ok(numbers) => numbers,
        Err(e) => {
            faults.database("database.damaged", format!("表{}无法读取：{e}", table.name));
            return 0;
        }
    };
    let columns: Vec<&str> = std::iter::once(table.key).chain(table.columns.iter().copied()).collect();
    let sql = table.select_raw();
    let mut rows = sqlx::query(&sql).fetch(conn);
    let mut count = 0;
    while let Some(row) = rows.next().await {
        let row = match row {
            Ok(row) => row,
            Err(e) => {
                faults.database("database.damaged", format!("表{}读到中途出错：{e}", table.name));
                break;
            }
        };
        count += 1;
        let Ok((key, digest)) = table.digest(&row) else {
            faults.row("row.unreadable", &format!("{}:?", table.name), "无法读取（编码被改）");
            continue;
        };
        let table_key = format!("{}:{key}", table.name);
        for (i, column) in columns.iter().enumerate() {
            if !sqlite::of_kind(&row, columns.len() + i, numbers.contains(*column)) {
                faults.row("row.kind", &table_key, &format!("{column} 的类型被改"));
            }
        }
        match seals.get_mut(&table_key) {
            None => faults.row("row.unsealed", &table_key, "没有任何事件写下过它（被插入）"),
            Some(sealed) if sealed.seen => faults.row("row.twice", &table_key, "出现两次（被插入）"),
            Some(sealed) => {
                sealed.seen = true;
                match sealed.digest {
                    None => {
                        let what = format!("第{}号事件已移除，却又出现", sealed.seq);
                        faults.row("row.unsealed", &table_key, &what);
                    }
                    Some(expected) if hex::encode(expected) != digest => {
                        let what = format!("与第{}号事件写下的不符（被改动）", sealed.seq);
                        faults.row("row.changed", &table_key, &what);
                    }
                    Some(_) => {}
                }
            }
        }
    }
    count
}

//! What is wrong, and where.

use serde::Serialize;

/// Faults listed; more are counted.
const LISTED: usize = 1000;

/// One thing that is not as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Stable code such as `event.hash`.
    pub code: &'static str,
    /// Number of the event, for a fault of an event, the head or a checkpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<i64>,
    /// `<table>:<key>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<String>,
    /// Path in the data directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The whole of it in Chinese, place included.
    pub message: String,
}

#[derive(Default)]
pub(super) struct Faults {
    list: Vec<Fault>,
    total: usize,
}

impl Faults {
    pub fn event(&mut self, code: &'static str, seq: i64, what: &str) {
        self.add(Fault { code, seq: Some(seq), row: None, file: None, message: format!("第{seq}号事件：{what}") });
    }

    pub fn checkpoint(&mut self, code: &'static str, size: i64, what: &str) {
        self.add(Fault {
            code,
            seq: Some(size),
            row: None,
            file: None,
            message: format!("第{size}号事件处的检查点：{what}"),
        });
    }

    pub fn head(&mut self, code: &'static str, size: Option<i64>, what: &str) {
        self.add(Fault { code, seq: size, row: None, file: None, message: format!("签名的记录末尾：{what}") });
    }

    pub fn row(&mut self, code: &'static str, table_key: &str, what: &str) {
        let message = format!("数据 {table_key}：{what}");
        self.add(Fault { code, seq: None, row: Some(table_key.into()), file: None, message });
    }

    pub fn file(&mut self, code: &'static str, file: &str, what: &str) {
        let message = format!("文件 {file}：{what}");
        self.add(Fault { code, seq: None, row: None, file: Some(file.into()), message });
    }

    pub fn database(&mut self, code: &'static str, what: String) {
        self.add(Fault { code, seq: None, row: None, file: None, message: format!("数据库：{what}") });
    }

    fn add(&mut self, fault: Fault) {
        self.total += 1;
        if self.list.len() < LISTED {
            self.list.push(fault);
        }
    }

    pub fn total(&self) -> usize {
        self.total
    }

    pub fn into_list(self) -> (Vec<Fault>, usize) {
        (self.list, self.total)
    }
}

//! What can go wrong in the store, in words a person can act on.

/// Stable codes, Chinese messages.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    #[error("{subject}已被他人修改（现为第{current}版），请核对双方内容后重新保存")]
    StaleVersion { subject: String, current: i64 },
    #[error("找不到{0}")]
    NotFound(String),
    #[error("{0}已存在")]
    Exists(String),
    /// A change refuses by a rule of its own.
    #[error("{message}")]
    Refused { code: &'static str, message: String },
    #[error("同一 Idempotency-Key 已用于另一个请求，请换一个")]
    KeyReused,
    #[error("磁盘空间不足，没有保存；请清理磁盘后重试")]
    DiskFull,
    #[error("数据库正忙，没有保存；请稍后重试")]
    Busy,
    #[error("数据库文件损坏，不能使用：{0}；请从备份恢复")]
    Corrupt(String),
    #[error("数据库由更新版本的程序写成（第{0}号升级），请使用更新版本的程序")]
    NewerSchema(i64),
    #[error(
        "全过程记录与其签名不符（第{seq}号事件处：{why}），不再写入；请运行 zhicai verify-record 查明，并从备份恢复"
    )]
    RecordBroken { seq: i64, why: String },
    #[error("找不到记录的签名密钥 {0}；请把备份中的 record.key 放回数据目录")]
    NoKey(String),
    #[error("无法读写 {path}：{why}")]
    Io { path: String, why: String },
    #[error("数据库正在关闭")]
    Closed,
    #[error("数据库操作没有完成：{0}")]
    Sql(String),
}

impl StoreError {
    /// Stable code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::StaleVersion { .. } => "store.stale_version",
            Self::NotFound(_) => "store.not_found",
            Self::Exists(_) => "store.exists",
            Self::Refused { code, .. } => code,
            Self::KeyReused => "store.key_reused",
            Self::DiskFull => "store.disk_full",
            Self::Busy => "store.busy",
            Self::Corrupt(_) => "store.corrupt",
            Self::NewerSchema(_) => "store.newer_schema",
            Self::RecordBroken { .. } => "store.record_broken",
            Self::NoKey(_) => "store.no_key",
            Self::Io { .. } => "store.io",
            Self::Closed => "store.closed",
            Self::Sql(_) => "store.sql",
        }
    }

    /// An error of the file system; a full disk is told as such.
    pub fn io(path: &std::path::Path, e: &std::io::Error) -> Self {
        if e.kind() == std::io::ErrorKind::StorageFull || e.kind() == std::io::ErrorKind::QuotaExceeded {
            return Self::DiskFull;
        }
        Self::Io { path: path.display().to_string(), why: e.to_string() }
    }
}

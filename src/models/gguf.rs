//! Reading GGUF: refuses a cut, foreign or lying file before anything is trusted or allocated by what it claims.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use candle_core::quantized::gguf_file::{Content, Value};

use super::{MAX_CONTEXT, ModelError};

/// Elements of all arrays together: several times what the largest vocabularies need. Each becomes many bytes in memory.
const MAX_ELEMENTS: u64 = 1 << 22;
/// The longest text in the metadata; chat templates are the longest in use.
const MAX_STRING: u64 = 1 << 20;
const MAX_NAME: u64 = 65_535;

/// An open GGUF file.
pub struct GgufFile {
    pub path: PathBuf,
    reader: BufReader<File>,
}

impl Read for GgufFile {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        self.reader.read(buf)
    }
}

impl Seek for GgufFile {
    fn seek(&mut self, pos: SeekFrom) -> std::io::Result<u64> {
        self.reader.seek(pos)
    }
}

impl GgufFile {
    /// A second handle with its own position.
    pub fn reopen(&self) -> Result<Self, ModelError> {
        let broken = |e: std::io::Error| ModelError::Broken { path: self.path.clone(), why: e.to_string() };
        let file = File::open(&self.path).map_err(broken)?;
        // Small reads at far places: what a buffer would read ahead is never used.
        Ok(Self { path: self.path.clone(), reader: BufReader::with_capacity(0, file) })
    }

    /// Reads the header and checks that every tensor lies inside the file.
    pub fn open(path: &Path) -> Result<(Self, Content), ModelError> {
        let broken = |why: String| ModelError::Broken { path: path.into(), why };
        let file = File::open(path).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => ModelError::NotFound(path.into()),
            _ => broken(e.to_string()),
        })?;
        let length = file.metadata().map_err(|e| broken(e.to_string()))?.len();
        let mut reader = BufReader::with_capacity(1 << 20, file);
        let mut magic = [0u8; 4];
        reader.read_exact(&mut magic).map_err(|_| broken("文件过短".into()))?;
        if &magic != b"GGUF" {
            return Err(broken("文件头不是 GGUF".into()));
        }
        header_is_sane(&mut reader, length).map_err(broken)?;
        reader.seek(SeekFrom::Start(0)).map_err(|e| broken(e.to_string()))?;
        let mut content =
            Content::read(&mut reader).map_err(|e| broken(e.to_string().lines().next().unwrap_or_default().into()))?;
        let mut total = 0u64;
        for (name, info) in &content.tensor_infos {
            let elements = info.shape.elem_count() as u64;
            let (block, bytes) = (info.ggml_dtype.block_size() as u64, info.ggml_dtype.type_size() as u64);
            let end = elements
                .checked_div(block)
                .and_then(|n| n.checked_mul(bytes))
                .and_then(|n| n.checked_add(content.tensor_data_offset))
                .and_then(|n| n.checked_add(info.offset));
            if end.is_none_or(|end| end > length) {
                return Err(broken(format!("张量 {name} 不完整，文件可能被截断")));
            }
            // Tensors that share bytes would take more memory than the file has.
            total += elements / block * bytes;
            if total > length {
                return Err(broken("张量相互重叠".into()));
            }
        }
        shape_is_sane(&mut content).map_err(broken)?;
        Ok((Self { path: path.into(), reader }, content))
    }
}

/// Checks the numbers that sizes are computed from, and takes the context down to what is ever used: some implementations
/// allocate by it.
fn shape_is_sane(content: &mut Content) -> Result<(), String> {
    let Some(Value::String(architecture)) = content.metadata.get("general.architecture").cloned() else {
        return Err("没有写明架构".into());
    };
    let number = |key: &str| content.metadata.get(&format!("{architecture}.{key}")).map(|v| v.to_u32());
    let within = |key: &str, most: u32| match number(key) {
        None => Ok(None),
        Some(Ok(n)) if (1..=most).contains(&n) => Ok(Some(n)),
        Some(_) => Err(format!("元数据 {architecture}.{key} 有误")),
    };
    let heads = within("attention.head_count", 1024)?;
    let shared = within("attention.head_count_kv", 1024)?;
    if let (Some(heads), Some(shared)) = (heads, shared)
        && !heads.is_multiple_of(shared)
    {
        return Err("注意力头数有误".into());
    }
    for (key, most) in [
        ("embedding_length", 1 << 16),
        ("block_count", 1024),
        ("feed_forward_length", 1 << 20),
        ("attention.key_length", 1 << 12),
        ("attention.value_length", 1 << 12),
        ("rope.dimension_count", 1 << 12),
        ("attention.sliding_window", u32::MAX),
    ] {
        within(key, most)?;
    }
    let table = content.tensor_infos.get("token_embd.weight").map(|t| t.shape.dims().to_vec());
    if let (Some(Ok(width)), Some([_, columns])) = (number("embedding_length"), table.as_deref())
        && width as usize != *columns
    {
        return Err("词表的形状与元数据不符".into());
    }
    if let Some(context) = within("context_length", u32::MAX)? {
        let used = context.min(MAX_CONTEXT as u32);
        content.metadata.insert(format!("{architecture}.context_length"), Value::U32(used));
    }
    for key in ["rope.freq_base", "rope.local_freq_base", "attention.layer_norm_rms_epsilon"] {
        let value = content.metadata.get(&format!("{architecture}.{key}")).map(|v| v.to_f32());
        if value.is_some_and(|v| !v.is_ok_and(|v| v.is_finite() && v > 0.0)) {
            return Err(format!("元数据 {architecture}.{key} 有误"));
        }
    }
    Ok(())
}

/// Walks the metadata with bounds, so that a corrupt length cannot ask for unbounded memory.
fn header_is_sane(reader: &mut BufReader<File>, length: u64) -> Result<(), String> {
    let mut walk = Walk { reader, left: length, elements: MAX_ELEMENTS };
    let cut = || "文件被截断".to_string();
    let version = walk.u32().ok_or_else(cut)?;
    if !(2..=3).contains(&version) {
        return Err(format!("不支持的 GGUF 版本 {version}"));
    }
    let tensors = walk.u64().ok_or_else(cut)?;
    let entries = walk.u64().ok_or_else(cut)?;
    if tensors > 100_000 || entries > 100_000 {
        return Err("文件头数目异常".into());
    }
    for _ in 0..entries {
        let key = walk.key().ok_or_else(cut)?;
        let kind = walk.u32().ok_or_else(cut)?;
        if key == "general.alignment" {
            // A zero here would be divided by.
            if kind != 4 || walk.u32().ok_or_else(cut)? == 0 {
                return Err("对齐值有误".into());
            }
            continue;
        }
        walk.value(kind, 0).ok_or_else(cut)?;
    }
    for _ in 0..tensors {
        walk.string(MAX_NAME).ok_or_else(cut)?;
        let dims = walk.u32().filter(|d| *d <= 8).ok_or_else(cut)?;
        let mut elements = 1u64;
        for _ in 0..dims {
            elements = walk
                .u64()
                .and_then(|d| elements.checked_mul(d))
                .filter(|n| (1..1 << 40).contains(n))
                .ok_or("张量形状异常")?;
        }
        walk.skip(4 + 8).ok_or_else(cut)?;
    }
    Ok(())
}

struct Walk<'a> {
    reader: &'a mut BufReader<File>,
    left: u64,
    /// Array elements that may still come.
    elements: u64,
}

impl Walk<'_> {
    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let mut buf = [0u8; N];
        self.left = self.left.checked_sub(N as u64)?;
        self.reader.read_exact(&mut buf).ok()?;
        Some(buf)
    }

    fn u32(&mut self) -> Option<u32> {
        self.bytes().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.bytes().map(u64::from_le_bytes)
    }

    fn skip(&mut self, n: u64) -> Option<()> {
        self.left = self.left.checked_sub(n)?;
        self.reader.seek_relative(i64::try_from(n).ok()?).ok()
    }

    /// A short string, read.
    fn key(&mut self) -> Option<String> {
        let n = self.u64().filter(|n| *n <= MAX_NAME)?;
        self.left = self.left.checked_sub(n)?;
        let mut buf = vec![0u8; usize::try_from(n).ok()?];
        self.reader.read_exact(&mut buf).ok()?;
        String::from_utf8(buf).ok()
    }

    fn string(&mut self, most: u64) -> Option<()> {
        let n = self.u64().filter(|n| *n <= most)?;
        self.skip(n)
    }

    fn value(&mut self, kind: u32, depth: u32) -> Option<()> {
        match kind {
            0 | 1 | 7 => self.skip(1),
            2 | 3 => self.skip(2),
            4..=6 => self.skip(4),
            10..=12 => self.skip(8),
            8 => self.string(MAX_STRING),
            9 if depth < 2 => {
                let inner = self.u32()?;
                let n = self.u64()?;
                self.elements = self.elements.checked_sub(n)?;
                (0..n).try_for_each(|_| self.value(inner, depth + 1))
            }
            _ => None,
        }
    }
}

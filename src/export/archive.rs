//! 归档包: one zip that opens anywhere and is checked with `sha256sum` alone. The manifest names what the dossier holds (texts,
//! pages, files, events) and nothing that depends on how a version of the program draws a page, so that it stays the same for as
//! long as the file is kept; its digest stands in the dossier, and so in the record.

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::PathBuf;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::{ExportError, Label, docx};
use crate::domain::document::compose::{Block, Composed, Content};
use crate::domain::document::form::Writer;
use crate::domain::document::papers::Entry;
use crate::domain::dossier::{ArchivedFile, Dossier, Paper};

/// Names this kind of package.
pub const FORMAT: &str = "zhicai-archive-1";
const EVENTS: &str = "记录/events.jsonl";

/// Everything the package is made from.
pub struct Package {
    pub dossier: Dossier,
    pub agency: String,
    /// Documents in the order of the dossier.
    pub entries: Vec<Entry>,
    /// Events of the case up to the checkpoint, one JSON per line.
    pub events: String,
    /// Proofs that these events are in the record, one JSON per line.
    pub proofs: String,
    pub public_key: String,
    /// Where the content of each file lies.
    pub sources: Vec<PathBuf>,
}

#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error(transparent)]
    Export(#[from] ExportError),
    #[error("附件“{0}”不在或者不能读取")]
    Absent(String),
    #[error("附件“{0}”与入卷时不同")]
    Changed(String),
    #[error("归档包与归档时的清单不同")]
    Manifest,
}

impl ArchiveError {
    pub fn code(&self) -> &'static str {
        match self {
            Self::Export(e) => e.code(),
            Self::Absent(_) => "archive.file_absent",
            Self::Changed(_) => "archive.file_changed",
            Self::Manifest => "archive.changed",
        }
    }
}

impl From<std::io::Error> for ArchiveError {
    fn from(e: std::io::Error) -> Self {
        Self::Export(e.into())
    }
}

impl From<zip::result::ZipError> for ArchiveError {
    fn from(e: zip::result::ZipError) -> Self {
        Self::Export(e.into())
    }
}

/// A name that every system takes: no reserved characters, no device names, not too long.
pub fn safe_name(text: &str) -> String {
    let kept: String = text
        .chars()
        .map(|c| if c.is_control() || "<>:\"/\\|?*".contains(c) { '_' } else { c })
        .filter(|c| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{feff}'))
        .collect();
    // Bytes, not characters, are what a file system counts.
    let (stem, ending) = match kept.rsplit_once('.').filter(|(_, e)| is_ending(e)) {
        Some((stem, ending)) => (stem.to_string(), format!(".{ending}")),
        None => (kept, String::new()),
    };
    let stem: String = stem.chars().take(48).collect();
    let stem = stem.trim_matches(['.', ' ']);
    format!("{}{ending}", if stem.is_empty() { "未命名" } else { stem })
}

/// `pdf`, `docx`: what follows the last dot, when it is short and plain.
fn is_ending(text: &str) -> bool {
    (1..=5).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric())
}

fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

impl Package {
    fn paper(&self, id: &str) -> Option<&Paper> {
        self.dossier.documents.iter().find(|p| p.id == id)
    }

    fn newest(&self, kind: &str) -> Option<&Paper> {
        self.dossier.paper(kind)
    }

    /// Cover and catalogue, then what they list, then 备考表, each under its name in the package.
    fn documents(&self) -> Vec<(String, &Paper, Option<&Entry>)> {
        let wide = (self.entries.len() + 3).to_string().len().max(2);
        let mut out: Vec<(&Paper, Option<&Entry>, &str)> = vec![];
        out.extend(self.newest("dossier_cover").map(|p| (p, None, "封面")));
        out.extend(self.newest("dossier_catalogue").map(|p| (p, None, "卷内目录")));
        for entry in &self.entries {
            out.extend(self.paper(&entry.paper).map(|p| (p, Some(entry), entry.title.as_str())));
        }
        out.extend(self.newest("dossier_note").map(|p| (p, None, "备考表")));
        let named = |(i, (p, e, title)): (usize, _)| (format!("{i:0wide$}-{}", safe_name(title)), p, e);
        out.into_iter().enumerate().map(named).collect()
    }

    /// manifest.json.
    pub fn manifest(&self) -> String {
        let archive = self.dossier.archive.clone().unwrap_or_default();
        let document = |(name, paper, entry): (String, &Paper, Option<&Entry>)| {
            let pages = entry.map_or(Value::Null, |e| json!([e.from, e.to]));
            let mut out = json!({
                "name": name, "kind": paper.kind, "title": paper.title, "doc_no": paper.doc_no, "on": paper.on,
                "pages": pages, "sealed": paper.sealed, "signed_by": paper.signed_by, "replaced": paper.void,
            });
            let key = if paper.attached { "file_sha256" } else { "text_sha256" };
            out[key] = json!(paper.sha256);
            out
        };
        let documents: Vec<Value> = self.documents().into_iter().map(document).collect();
        let value = json!({
            "format": FORMAT, "agency": self.agency, "case_no": self.dossier.case_no, "archive_no": archive.archive_no,
            "archived_on": archive.on, "retention_years": archive.retention_years, "pages": archive.pages,
            "documents": documents, "files": archive.files,
            "record": { "events": EVENTS, "sha256": digest(self.events.as_bytes()), "checkpoint": archive.checkpoint,
                        "public_key": self.public_key },
        });
        let text = serde_json::to_string_pretty(&value).unwrap_or_default();
        text + "\n"
    }

    /// sha256 of the manifest: what the dossier keeps.
    pub fn manifest_sha256(&self) -> String {
        digest(self.manifest().as_bytes())
    }

    /// Writes the zip. Every file is looked at on the way: what is not what it was makes the whole fail.
    pub fn write(&self, out: impl Write + Seek) -> Result<(), ArchiveError> {
        let manifest = self.manifest();
        let kept = self.dossier.archive.as_ref().map(|a| a.manifest.as_str()).unwrap_or_default();
        if digest(manifest.as_bytes()) != kept {
            return Err(ArchiveError::Manifest);
        }
        let mut zip = ZipWriter::new(out);
        let mut sums = String::new();
        let mut put = |zip: &mut ZipWriter<_>, name: &str, bytes: &[u8]| -> Result<(), ArchiveError> {
            zip.start_file(name, options(bytes.len() as u64, CompressionMethod::Deflated))?;
            zip.write_all(bytes)?;
            sums.push_str(&format!("{}  {name}\n", digest(bytes)));
            Ok(())
        };
        put(&mut zip, "README.txt", self.readme().as_bytes())?;
        for (name, paper, entry) in self.documents() {
            if paper.attached {
                continue;
            }
            if crate::domain::digest(&paper.text) != paper.sha256 {
                return Err(ArchiveError::Changed(paper.title.clone()));
            }
            let document = composed(paper, &self.agency);
            let bytes = docx::write_from(&document, &Label::SignedOff, entry.map(|e| e.from))?;
            put(&mut zip, &format!("{name}.docx"), &bytes)?;
            put(&mut zip, &format!("文本/{name}.txt"), paper.text.as_bytes())?;
        }
        put(&mut zip, EVENTS, self.events.as_bytes())?;
        put(&mut zip, "记录/proofs.jsonl", self.proofs.as_bytes())?;
        if let Some(checkpoint) = self.dossier.archive.as_ref().and_then(|a| a.checkpoint.as_ref()) {
            let text = serde_json::to_string_pretty(checkpoint).unwrap_or_default() + "\n";
            put(&mut zip, "记录/checkpoint.json", text.as_bytes())?;
        }
        put(&mut zip, "记录/public_key.txt", format!("{}\n", self.public_key).as_bytes())?;
        put(&mut zip, "manifest.json", manifest.as_bytes())?;
        let files = self.dossier.archive.iter().flat_map(|a| &a.files);
        for (file, source) in files.zip(&self.sources) {
            copy(&mut zip, file, source)?;
            sums.push_str(&format!("{}  {}\n", file.sha256, file.path));
        }
        zip.start_file("SHA256SUMS", options(sums.len() as u64, CompressionMethod::Deflated))?;
        zip.write_all(sums.as_bytes())?;
        zip.finish()?;
        Ok(())
    }

    fn readme(&self) -> String {
        let archive = self.dossier.archive.clone().unwrap_or_default();
        format!(
            "行政处罚案卷归档包\r\n\
             \r\n\
             机关：{}\r\n案号：{}\r\n归档号：{}\r\n归档日期：{}\r\n共{}页\r\n\
             \r\n\
             一、里面有什么\r\n\
             00、01：封面和卷内目录；其后按卷内目录的顺序是各份文书（.docx，页码连续编排）；最后是备考表。\r\n\
             文本：各份文书的文字，其 sha256 就是系统记录中该文书的摘要。\r\n\
             附件：证据等电子文件，按原样收入。\r\n\
             记录：本案的全过程记录（events.jsonl，每行一个事件）、每个事件在总记录中的存在证明（proofs.jsonl）、签名检查点和公钥。\r\n\
             manifest.json：归档清单。它的 sha256 在归档时写入案卷和全过程记录：\r\n\
             {}\r\n\
             \r\n\
             二、怎样核对（不需要本系统）\r\n\
             1. 解压后在本目录运行 sha256sum -c SHA256SUMS（Linux、macOS 用 shasum -a 256 -c SHA256SUMS），应全部显示 OK。\r\n\
             \x20  Windows 可对单个文件运行 certutil -hashfile 文件名 SHA256，与 SHA256SUMS 中的值比较。\r\n\
             2. manifest.json 中 text_sha256 是“文本”中同名文件的摘要，file_sha256、files 是附件的摘要。\r\n\
             3. events.jsonl 每个事件的 hash 由前一事件的 hash 和本事件各栏计算（SHA-256），并有 Ed25519 签名；\r\n\
             \x20  proofs.jsonl 按 RFC 6962 的方法，证明事件包含在 checkpoint.json 的树根之中；checkpoint.json 的签名用 public_key.txt 验证。\r\n\
             4. 归档这一事件本身发生在清单之后，记在系统的全过程记录中，其中有上面的清单摘要。\r\n",
            self.agency, self.dossier.case_no, archive.archive_no, archive.on, archive.pages, archive.manifest,
        )
    }
}

/// A fixed time: the bytes depend on the content only.
fn options(size: u64, method: CompressionMethod) -> SimpleFileOptions {
    SimpleFileOptions::default()
        .compression_method(method)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644)
        .large_file(size >= u64::from(u32::MAX))
}

fn copy<W: Write + Seek>(zip: &mut ZipWriter<W>, file: &ArchivedFile, source: &PathBuf) -> Result<(), ArchiveError> {
    let absent = |_| ArchiveError::Absent(file.title.clone());
    let mut from = File::open(source).map_err(absent)?;
    zip.start_file(file.path.as_str(), options(file.size, CompressionMethod::Stored))?;
    let (mut hasher, mut buffer, mut size) = (Sha256::new(), vec![0; 1 << 16], 0u64);
    loop {
        let n = from.read(&mut buffer).map_err(absent)?;
        if n == 0 {
            break;
        }
        hasher.update(&buffer[..n]);
        zip.write_all(&buffer[..n])?;
        size += n as u64;
    }
    if hex::encode(hasher.finalize()) != file.sha256 || size != file.size {
        return Err(ArchiveError::Changed(file.title.clone()));
    }
    Ok(())
}

/// A document of the dossier as it is exported.
pub fn composed(paper: &Paper, agency: &str) -> Composed {
    let contents = match paper.blocks.is_empty() {
        true => crate::domain::document::papers::blocks_of(&paper.text, agency, &paper.title),
        false => paper.blocks.clone(),
    };
    let block = |content: Content| Block { content, field: None, writer: Writer::D, model: None, sources: vec![] };
    Composed {
        kind: paper.kind.clone(),
        zh: paper.title.clone(),
        agency: agency.to_string(),
        doc_no: paper.doc_no.clone(),
        blocks: contents.into_iter().map(block).collect(),
        fields: vec![],
        missing: vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::safe_name;

    #[test]
    fn names_are_safe_everywhere() {
        for (given, kept) in [
            ("询问笔录（张某）", "询问笔录（张某）"),
            ("a/b\\c:d*e?f\"g<h>i|j\u{1}k.pdf", "a_b_c_d_e_f_g_h_i_j_k.pdf"),
            ("../../etc/passwd", "_.._etc_passwd"),
            (" . ", "未命名"),
            ("..", "未命名"),
            (".pdf", "未命名.pdf"),
            ("照片\u{202e}fdp.exe", "照片fdp.exe"),
        ] {
            assert_eq!(safe_name(given), kept, "{given:?}");
        }
        assert!(safe_name(&"字".repeat(300)).len() <= 150);
    }
}

//! What a file is, told by its content. Packages are unpacked into nowhere to learn what they would become.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use zip::ZipArchive;

use super::not_allowed;
use crate::domain::attachment::{DOCX, Media, OFD, Sniffed, TEXT, TextScan, XLSX, sniff};
use crate::error::{Class, Report, Result};
use crate::flow::report;
use crate::store::StoreError;

/// Members of a package.
const MOST_MEMBERS: usize = 10_000;
/// A package may unpack to this much whatever its size …
const FREE_BYTES: u64 = 64 << 20;
/// … and above it to no more than that many times its size …
const MOST_RATIO: u64 = 100;
/// … and never to more than this.
const MOST_BYTES: u64 = 1 << 30;

/// The kind of the file, or why it does not come in. Blocks.
pub(super) fn media(path: &Path) -> Result<Media> {
    let io = |e: std::io::Error| report::store(StoreError::io(path, &e));
    let mut head = Vec::new();
    File::open(path).and_then(|f| f.take(64).read_to_end(&mut head)).map_err(io)?;
    match sniff(&head) {
        Sniffed::Known(media) => Ok(media),
        Sniffed::Package => package(path),
        Sniffed::Unmarked => {
            let (mut file, mut scan, mut buffer) =
                (File::open(path).map_err(io)?, TextScan::default(), vec![0; 1 << 16]);
            loop {
                match file.read(&mut buffer).map_err(io)? {
                    0 => break,
                    n => scan.push(&buffer[..n]),
                }
            }
            if scan.is_text() {
                Ok(TEXT)
            } else {
                Err(not_allowed("attachment.type", "从内容看不是可接受的文件类型"))
            }
        }
    }
}

fn package(path: &Path) -> Result<Media> {
    let damaged =
        || Report::new(Class::Invalid, "attachment.damaged_package", "文件已损坏", "文件包不完整，请重新导出后上传");
    let bomb = || {
        let detail = "文件解开后大得反常（压缩炸弹），没有保存";
        Report::new(Class::Invalid, "attachment.bomb", "文件不安全", detail)
    };
    let file = File::open(path).map_err(|e| report::store(StoreError::io(path, &e)))?;
    let packed = file.metadata().map_err(|e| report::store(StoreError::io(path, &e)))?.len();
    let limit = FREE_BYTES.max(packed.saturating_mul(MOST_RATIO)).min(MOST_BYTES);
    let mut archive = ZipArchive::new(file).map_err(|_| damaged())?;
    if archive.len() > MOST_MEMBERS {
        return Err(bomb());
    }
    let (mut left, mut kind, mut macros) = (limit, None, false);
    for i in 0..archive.len() {
        let member = archive.by_index(i).map_err(|_| damaged())?;
        let name = member.name().map_err(|_| damaged())?.to_string();
        if !stays_inside(&name) {
            let detail = format!("文件包内有越出目录的文件名 {name:?}，没有保存");
            return Err(Report::new(Class::Invalid, "attachment.traversal", "文件不安全", detail));
        }
        match name.as_str() {
            "word/document.xml" => kind = Some(DOCX),
            "xl/workbook.xml" => kind = Some(XLSX),
            "OFD.xml" => kind = Some(OFD),
            _ => macros |= name.ends_with("vbaProject.bin"),
        }
        let read = std::io::copy(&mut member.take(left.saturating_add(1)), &mut std::io::sink());
        left = left.checked_sub(read.map_err(|_| damaged())?).ok_or_else(bomb)?;
    }
    match kind {
        _ if macros => Err(not_allowed("attachment.macros", "文件带有宏，请另存为不带宏的格式")),
        Some(media) => Ok(media),
        None => Err(not_allowed("attachment.type", "压缩包请解开后逐个上传")),
    }
}

/// Whether a member's name leads nowhere but into the folder it is unpacked in.
fn stays_inside(name: &str) -> bool {
    !name.starts_with(['/', '\\']) && !name.contains(['\0', ':']) && name.split(['/', '\\']).all(|part| part != "..")
}

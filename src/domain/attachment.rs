//! 附件: what a file of the dossier is, told by its content, and the name it is shown with.

use serde::{Deserialize, Serialize};

use super::penalty::vocabulary;

vocabulary! {
    /// What a file is kept for.
    AttachmentKind {
        Evidence = "evidence", "证据材料";
        Av = "av", "音像记录";
        Document = "document", "文书";
        Identity = "identity", "身份证明";
        Other = "other", "其他";
    }
}

/// A file of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// UUIDv4.
    pub id: String,
    /// Of the content.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
    pub media_type: String,
    /// For people; never a path.
    pub name: String,
    pub kind: AttachmentKind,
    pub case_no: String,
    /// Person id.
    pub uploaded_by: String,
    /// RFC 3339.
    pub uploaded_at: String,
    /// 证据编号.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence_no: Option<u32>,
}

/// A kind of file that is taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Media {
    pub mime: &'static str,
    /// Endings a name may keep; the first is added where none of them is there.
    pub endings: &'static [&'static str],
}

pub const PDF: Media = Media { mime: "application/pdf", endings: &["pdf"] };
pub const PNG: Media = Media { mime: "image/png", endings: &["png"] };
pub const JPEG: Media = Media { mime: "image/jpeg", endings: &["jpg", "jpeg"] };
pub const MP4: Media = Media { mime: "video/mp4", endings: &["mp4", "m4v"] };
pub const MOV: Media = Media { mime: "video/quicktime", endings: &["mov"] };
pub const AVI: Media = Media { mime: "video/x-msvideo", endings: &["avi"] };
pub const M4A: Media = Media { mime: "audio/mp4", endings: &["m4a"] };
pub const MP3: Media = Media { mime: "audio/mpeg", endings: &["mp3"] };
pub const WAV: Media = Media { mime: "audio/wav", endings: &["wav"] };
pub const TEXT: Media = Media { mime: "text/plain", endings: &["txt", "csv", "log"] };
pub const DOCX: Media =
    Media { mime: "application/vnd.openxmlformats-officedocument.wordprocessingml.document", endings: &["docx"] };
pub const XLSX: Media =
    Media { mime: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", endings: &["xlsx"] };
pub const OFD: Media = Media { mime: "application/ofd", endings: &["ofd"] };

/// What people are told they may send.
pub const ALLOWED_ZH: &str = "pdf、docx、xlsx、ofd、jpg、png、mp4、mov、avi、m4a、mp3、wav、txt（UTF-8 或 GB18030）";

/// What the first bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sniffed {
    Known(Media),
    /// A package whose members must be looked at.
    Package,
    /// Perhaps text: all of it must be looked at.
    Unmarked,
}

/// Reads the first bytes (a dozen are enough).
pub fn sniff(head: &[u8]) -> Sniffed {
    let at = |from: usize, mark: &[u8]| head.get(from..from + mark.len()) == Some(mark);
    let known = if at(0, b"%PDF-") {
        PDF
    } else if at(0, b"\x89PNG\r\n\x1a\n") {
        PNG
    } else if at(0, b"\xff\xd8\xff") {
        JPEG
    } else if at(0, b"RIFF") && at(8, b"WAVE") {
        WAV
    } else if at(0, b"RIFF") && at(8, b"AVI ") {
        AVI
    } else if at(0, b"ID3") || matches!(head, [0xff, 0xfa | 0xfb | 0xf2 | 0xf3, ..]) {
        MP3
    } else if at(4, b"ftyp") {
        match head.get(8..12) {
            Some(b"qt  ") => MOV,
            Some(b"M4A " | b"M4B ") => M4A,
            Some(b"isom" | b"iso2" | b"iso3" | b"iso4" | b"iso5" | b"iso6" | b"mp41" | b"mp42" | b"avc1" | b"M4V ") => {
                MP4
            }
            _ => return Sniffed::Unmarked,
        }
    } else if at(0, b"PK\x03\x04") {
        return Sniffed::Package;
    } else {
        return Sniffed::Unmarked;
    };
    Sniffed::Known(known)
}

/// Whether bytes that come piece by piece are text in UTF-8 or GB18030, without control characters.
#[derive(Clone, Debug)]
pub struct TextScan {
    utf8: bool,
    /// Bytes of an unfinished character.
    rest: Vec<u8>,
    gb: Gb,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gb {
    Start,
    Second,
    Third,
    Fourth,
    No,
}

impl Default for TextScan {
    fn default() -> Self {
        Self { utf8: true, rest: vec![], gb: Gb::Start }
    }
}

impl TextScan {
    pub fn push(&mut self, bytes: &[u8]) {
        if bytes.iter().any(|b| (*b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r' | 0x0c)) || *b == 0x7f) {
            (self.utf8, self.gb) = (false, Gb::No);
            return;
        }
        if self.utf8 {
            self.rest.extend_from_slice(bytes);
            match std::str::from_utf8(&self.rest) {
                Ok(_) => self.rest.clear(),
                Err(e) if e.error_len().is_none() => {
                    self.rest.drain(..e.valid_up_to());
                }
                Err(_) => self.utf8 = false,
            }
        }
        for b in bytes {
            self.gb = match (self.gb, *b) {
                (Gb::Start, 0..=0x7f) => Gb::Start,
                (Gb::Start, 0x81..=0xfe) => Gb::Second,
                (Gb::Second, 0x30..=0x39) => Gb::Third,
                (Gb::Second, 0x40..=0x7e | 0x80..=0xfe) => Gb::Start,
                (Gb::Third, 0x81..=0xfe) => Gb::Fourth,
                (Gb::Fourth, 0x30..=0x39) => Gb::Start,
                _ => Gb::No,
            };
        }
    }

    pub fn is_text(&self) -> bool {
        (self.utf8 && self.rest.is_empty()) || self.gb == Gb::Start
    }
}

/// Longest name, in bytes; file systems end at 255.
const NAME_BYTES: usize = 200;

/// The name as it is shown: without folders, without characters that cannot be seen or turn the writing round, of bounded length,
/// and with an ending that fits the content.
pub fn display_name(given: &str, media: &Media) -> String {
    let base = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let seen = base.chars().filter(|c| !unseen(*c)).map(|c| if "<>:\"|?*".contains(c) { '_' } else { c });
    let mut name: String = seen.collect::<String>().trim_matches(|c: char| c == '.' || c.is_whitespace()).to_string();
    if name.is_empty() {
        name = "未命名".into();
    }
    let ending = name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase()).unwrap_or_default();
    let fits = media.endings.contains(&ending.as_str());
    let (stem, ending) = match name.rsplit_once('.') {
        Some((stem, ending)) if fits && !stem.is_empty() => (stem.to_string(), ending.to_string()),
        _ => (name, media.endings[0].to_string()),
    };
    let mut stem = stem;
    while stem.len() + ending.len() + 1 > NAME_BYTES {
        stem.pop();
    }
    format!("{stem}.{ending}")
}

/// Control and format characters: nothing is seen of them but what they do to others.
fn unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_harmless() {
        for (given, shown) in [
            ("现场照片.jpg", "现场照片.jpg"),
            ("../../etc/passwd", "passwd.jpg"),
            ("C:\\Windows\\a.JPEG", "a.JPEG"),
            ("合同\u{202e}gpj.exe", "合同gpj.exe.jpg"),
            ("a\0b\n.jpg", "ab.jpg"),
            (" .. ", "未命名.jpg"),
            ("", "未命名.jpg"),
            (".jpg", "jpg.jpg"),
            ("<img src=x>.png", "_img src=x_.png.jpg"),
        ] {
            assert_eq!(display_name(given, &JPEG), shown, "{given:?}");
        }
        let long = display_name(&format!("{}.jpg", "证".repeat(300)), &JPEG);
        assert!(long.len() <= NAME_BYTES && long.ends_with("证.jpg"), "{long}");
    }

    #[test]
    fn text_is_known_across_pieces() {
        let scan = |pieces: &[&[u8]]| {
            let mut scan = TextScan::default();
            pieces.iter().for_each(|p| scan.push(p));
            scan.is_text()
        };
        let words = "询问笔录\r\n第一页".as_bytes();
        for cut in 0..words.len() {
            assert!(scan(&[&words[..cut], &words[cut..]]), "{cut}");
        }
        // 笔录 in GB18030.
        assert!(scan(&[&[0xb1, 0xca, 0xc2], &[0xbc, b'1']]));
        assert!(!scan(&[b"MZ\x90\x00\x03"]) && !scan(&[&[0xb1]]) && !scan(&[&[0xff, 0xff]]));
    }
}

//! 题库表 files: bytes → rows. UTF-8 with or without its mark, or GB18030, which spreadsheets here still write.

/// Larger files are refused before they are looked at.
pub const MOST_BYTES: usize = 1 << 20;
/// Rows and cells of a row that are read.
const MOST_ROWS: usize = 1_000;
const MOST_CELLS: usize = 40;

/// The rows of a CSV file, each with its cells. The error says in Chinese what is wrong with the file.
pub fn rows(bytes: &[u8]) -> Result<Vec<Vec<String>>, String> {
    if bytes.len() > MOST_BYTES {
        return Err("文件超过1 MB".into());
    }
    let text = decoded(bytes)?;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut out = vec![];
    for record in reader.records() {
        let record = record.map_err(|e| format!("不是合法的 CSV：{e}"))?;
        if out.len() >= MOST_ROWS {
            return Err(format!("超过{MOST_ROWS}行"));
        }
        // The reader skips blank lines; rows keep the numbers that a spreadsheet shows.
        let at = record.position().map_or(0, |p| usize::try_from(p.byte()).unwrap_or(0));
        for _ in 0..blank_lines(&text, at).min(MOST_ROWS - out.len()) {
            out.push(vec![]);
        }
        out.push(record.iter().take(MOST_CELLS).map(str::to_string).collect());
    }
    Ok(out)
}

/// Empty lines at a place where a line begins; the second half of a CRLF before it is none.
fn blank_lines(text: &str, at: usize) -> usize {
    let (before, rest) = (text.get(..at).unwrap_or_default(), text.get(at..).unwrap_or_default());
    let ends = rest.chars().take_while(|c| matches!(c, '\r' | '\n')).filter(|c| *c == '\n').count();
    ends - usize::from(before.ends_with('\r') && rest.starts_with('\n'))
}

fn decoded(bytes: &[u8]) -> Result<String, String> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(text.trim_start_matches('\u{feff}').to_string());
    }
    let (text, broken) = encoding_rs::GB18030.decode_without_bom_handling(bytes);
    match broken {
        true => Err("编码既不是 UTF-8 也不是 GB18030，请在表格软件中另存为“CSV UTF-8”".into()),
        false => Ok(text.into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_encodings_are_read_and_others_are_not() {
        let text = "题型,题干,答案\n\n单选,\"谁, 何时\",A\n";
        let (gb, _, _) = encoding_rs::GB18030.encode(text);
        let crlf = text.replace('\n', "\r\n").into_bytes();
        for bytes in [text.as_bytes().to_vec(), format!("\u{feff}{text}").into_bytes(), gb.into_owned(), crlf] {
            let rows = rows(&bytes).unwrap();
            assert_eq!(rows[0], ["题型", "题干", "答案"]);
            assert_eq!(rows[2], ["单选", "谁, 何时", "A"], "the line keeps its number");
        }
        assert!(rows(b"\xff\xff\xff").unwrap_err().contains("编码"));
        assert!(rows(&vec![b'a'; MOST_BYTES + 1]).unwrap_err().contains("1 MB"));
    }
}

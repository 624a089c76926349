//! Server-sent events, read from whatever a server sends: any line ends, comments, pieces cut anywhere, bounded lines.

use std::io::{BufRead, BufReader, Read};

/// A longer line or event is no answer of a language model.
const LONGEST: usize = 1 << 20;

/// The `data` of each event, in order.
pub struct Events<R> {
    from: BufReader<R>,
    /// The last line ended with CR: an LF that follows belongs to it.
    after_cr: bool,
    first: bool,
}

#[derive(Debug)]
pub enum SseError {
    Io(std::io::Error),
    TooLong,
    NotText,
}

impl<R: Read> Events<R> {
    pub fn new(from: R) -> Self {
        Self { from: BufReader::new(from), after_cr: false, first: true }
    }

    /// The next event that has data; `None` at the end. An event without its closing blank line was cut off and does not
    /// count.
    pub fn next(&mut self) -> Result<Option<String>, SseError> {
        let mut data: Option<String> = None;
        while let Some(mut line) = self.line()? {
            if std::mem::take(&mut self.first)
                && let Some(rest) = line.strip_prefix('\u{feff}')
            {
                line = rest.to_string();
            }
            if line.is_empty() {
                match data.take() {
                    Some(data) => return Ok(Some(data)),
                    None => continue,
                }
            }
            // Comments (an empty field name) and fields other than data say nothing to us.
            let (field, value) = line.split_once(':').unwrap_or((&line, ""));
            if field == "data" {
                let value = value.strip_prefix(' ').unwrap_or(value);
                match &mut data {
                    Some(data) if data.len() + value.len() >= LONGEST => return Err(SseError::TooLong),
                    Some(data) => {
                        data.push('\n');
                        data.push_str(value);
                    }
                    None => data = Some(value.to_string()),
                }
            }
        }
        Ok(None)
    }

    fn line(&mut self) -> Result<Option<String>, SseError> {
        let mut line = Vec::new();
        loop {
            let buffer = match self.from.fill_buf() {
                Ok(buffer) => buffer,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(SseError::Io(e)),
            };
            if buffer.is_empty() {
                return Ok(None);
            }
            if std::mem::take(&mut self.after_cr) && buffer[0] == b'\n' {
                self.from.consume(1);
                continue;
            }
            let end = buffer.iter().position(|b| matches!(b, b'\n' | b'\r'));
            let taken = end.unwrap_or(buffer.len());
            if line.len() + taken > LONGEST {
                return Err(SseError::TooLong);
            }
            line.extend_from_slice(&buffer[..taken]);
            match end {
                Some(end) => {
                    self.after_cr = buffer[end] == b'\r';
                    self.from.consume(end + 1);
                    return String::from_utf8(line).map(Some).map_err(|_| SseError::NotText);
                }
                None => self.from.consume(taken),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one to three bytes at a time.
    struct Drip<'a>(&'a [u8], usize);

    impl Read for Drip<'_> {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            self.1 += 1;
            let n = (self.1 % 3 + 1).min(self.0.len()).min(into.len());
            into[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    fn all(text: &str) -> Vec<String> {
        let mut events = Events::new(Drip(text.as_bytes(), 0));
        let mut out = vec![];
        while let Some(event) = events.next().unwrap() {
            out.push(event);
        }
        out
    }

    #[test]
    fn events_survive_line_ends_comments_and_cuts() {
        let text = "\u{feff}: hello\n\ndata: 罚\ndata:款\n\nevent: x\nid: 1\n\ndata:  二\n\n";
        for line_end in ["\n", "\r\n", "\r"] {
            assert_eq!(all(&text.replace('\n', line_end)), ["罚\n款", " 二"], "{line_end:?}");
        }
        assert_eq!(all("data: a\n\ndata: cut"), ["a"]);
        assert_eq!(all("data: a\n\ndata: cut\n"), ["a"]);
        assert_eq!(all("data\n\n"), [""]);
        assert!(all("").is_empty());
    }

    #[test]
    fn endless_lines_and_other_encodings_are_refused() {
        let long = format!("data: {}", "x".repeat(LONGEST));
        assert!(matches!(Events::new(long.as_bytes()).next(), Err(SseError::TooLong)));
        let many = format!("data: {}\n", "x".repeat(1000)).repeat(2000);
        assert!(matches!(Events::new(many.as_bytes()).next(), Err(SseError::TooLong)));
        assert!(matches!(Events::new(&b"data: \xff\n\n"[..]).next(), Err(SseError::NotText)));
    }
}

//! 自动编号: numbers that the word processor makes (`第%1条`, `%1、`), so that they stand in the text.

use std::collections::{BTreeMap, BTreeSet};

use quick_xml::Reader;
use quick_xml::events::Event;

use super::{attribute, damaged};
use crate::corpus::reading::ReadError;
use crate::domain::numerals::to_han;

/// One level of a list.
#[derive(Clone, Debug, Default)]
struct Level {
    start: u32,
    format: String,
    /// `第%1条`.
    text: String,
}

/// Every list of a document, and how far each has counted.
#[derive(Debug, Default)]
pub struct Numbering {
    lists: BTreeMap<String, Vec<Level>>,
    /// numId → list.
    numbers: BTreeMap<String, String>,
    /// Where a numId begins anew.
    restarts: BTreeMap<(String, usize), u32>,
    counts: BTreeMap<String, Vec<Option<u32>>>,
    met: BTreeSet<String>,
}

const LEVELS: usize = 9;

impl Numbering {
    /// Reads `word/numbering.xml`.
    pub fn read(xml: &str) -> Result<Self, ReadError> {
        let mut reader = Reader::from_str(xml);
        let mut out = Self::default();
        let (mut list, mut number, mut level) = (String::new(), String::new(), 0);
        loop {
            match reader.read_event().map_err(damaged)? {
                Event::Start(e) | Event::Empty(e) => {
                    let value = |name| attribute(&e, name).unwrap_or_default();
                    let place = || value("ilvl").parse::<usize>().unwrap_or(0).min(LEVELS - 1);
                    match e.local_name().as_ref() {
                        "abstractNum" => {
                            list = value("abstractNumId");
                            out.lists.insert(list.clone(), vec![Level::default(); LEVELS]);
                        }
                        "num" => (list, number) = (String::new(), value("numId")),
                        "abstractNumId" => drop(out.numbers.insert(number.clone(), value("val"))),
                        "lvl" | "lvlOverride" => level = place(),
                        "startOverride" => {
                            if let Ok(start) = value("val").parse() {
                                out.restarts.insert((number.clone(), level), start);
                            }
                        }
                        tag @ ("start" | "numFmt" | "lvlText") => {
                            if let Some(found) = out.lists.get_mut(&list).and_then(|l| l.get_mut(level)) {
                                match tag {
                                    "start" => found.start = value("val").parse().unwrap_or(1),
                                    "numFmt" => found.format = value("val"),
                                    _ => found.text = value("val"),
                                }
                            }
                        }
                        _ => {}
                    }
                }
                Event::Eof => return Ok(out),
                _ => {}
            }
        }
    }

    /// Counts one paragraph; its number as printed, or `None` where the list or its way of writing is not known.
    pub fn next(&mut self, number: &str, level: usize) -> Option<String> {
        let list = self.numbers.get(number)?;
        let levels = self.lists.get(list)?;
        let own = levels.get(level)?;
        let counts = self.counts.entry(list.clone()).or_insert_with(|| vec![None; LEVELS]);
        if self.met.insert(number.to_string()) {
            for (at, count) in counts.iter_mut().enumerate() {
                if let Some(start) = self.restarts.get(&(number.to_string(), at)) {
                    *count = start.checked_sub(1);
                }
            }
        }
        let count = counts.get_mut(level)?;
        *count = Some(count.map_or(own.start, |c| c.saturating_add(1)));
        counts.iter_mut().skip(level + 1).for_each(|c| *c = None);
        let mut out = String::new();
        let mut parts = own.text.split('%');
        out.push_str(parts.next()?);
        for part in parts {
            let at = part.chars().next()?.to_digit(10)?.checked_sub(1)? as usize;
            let value = (*counts.get(at)?).or(Some(levels.get(at)?.start))?;
            out.push_str(&written(value, &levels.get(at)?.format)?);
            out.extend(part.chars().skip(1));
        }
        // 第一章 is told from its heading by a blank.
        out.push_str(if out.ends_with(['、', '）', ')']) { "" } else { " " });
        (!out.trim().is_empty()).then_some(out)
    }
}

fn written(value: u32, format: &str) -> Option<String> {
    match format {
        "decimal" => Some(value.to_string()),
        "chineseCounting" | "chineseCountingThousand" | "japaneseCounting" | "taiwaneseCountingThousand" => {
            Some(to_han(value))
        }
        _ => None,
    }
}

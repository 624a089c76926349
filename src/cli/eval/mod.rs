//! `zhicai eval`: measures the search on any corpus and questions, and chooses its numbers.

mod acts;
mod lexical;
mod retrieval;

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::ExitCode;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::corpus::ranking::Passage;
use crate::domain::law::LawLevel;
use crate::error::{Class, Report, Result};
use crate::settings::Settings;

#[derive(clap::Subcommand, Debug)]
pub enum Command {
    /// 检索：写出每个问题的前若干条
    Retrieval(retrieval::Args),
    /// 从案情到条文：先定违法行为再查表，与直接检索比较
    Acts(acts::Args),
    /// 选定字词检索的参数（BM25、份额、层级系数），写成 lexical.toml
    Lexical(lexical::Args),
}

pub fn run(command: Command, settings: &Settings) -> Result<ExitCode> {
    match command {
        Command::Retrieval(args) => retrieval::run(&args, settings),
        Command::Acts(args) => acts::run(&args, settings),
        Command::Lexical(args) => lexical::run(&args),
    }
}

#[derive(Deserialize)]
struct Doc {
    id: String,
    text: String,
    #[serde(default)]
    law: String,
    #[serde(default)]
    level: String,
    #[serde(default)]
    num: Option<u32>,
    #[serde(default)]
    chapter: Option<String>,
}

#[derive(Deserialize)]
struct Question {
    qid: String,
    query: String,
}

impl Doc {
    fn passage(&self) -> Passage<'_> {
        Passage {
            law: self.law.strip_prefix("中华人民共和国").unwrap_or(&self.law),
            level: level(&self.level),
            article: self.num.unwrap_or_default(),
            chapter: self.chapter.as_deref().unwrap_or_default(),
            text: &self.text,
        }
    }
}

fn level(zh: &str) -> LawLevel {
    use LawLevel::{AdminRegulation, Constitution, JudicialInterpretation, MinistryRule, NormativeDoc, Statute};
    let known = [Constitution, Statute, AdminRegulation, JudicialInterpretation, MinistryRule];
    known.into_iter().find(|l| l.zh() == zh).unwrap_or(NormativeDoc)
}

fn failed(what: &str, path: &Path, why: impl std::fmt::Display) -> Report {
    Report::new(Class::Invalid, "eval.input", what, format!("{}：{why}", path.display()))
}

fn lines<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>> {
    let wrong = |why: String| failed("读不出评测用的文件", path, why);
    let file = File::open(path).map_err(|e| wrong(e.to_string()))?;
    let zipped = path.extension().is_some_and(|e| e == "gz");
    let reader: Box<dyn Read> = if zipped { Box::new(flate2::read::MultiGzDecoder::new(file)) } else { Box::new(file) };
    let mut out = Vec::new();
    for (number, line) in BufReader::new(reader).lines().enumerate() {
        let line = line.map_err(|e| wrong(e.to_string()))?;
        if !line.trim().is_empty() {
            out.push(serde_json::from_str(&line).map_err(|e| wrong(format!("第 {} 行：{e}", number + 1)))?);
        }
    }
    Ok(out)
}

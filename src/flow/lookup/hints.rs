//! What helps when a question finds little: the law it may have meant, the article that exists.

use jiff::civil::Date;
use serde::Serialize;

use crate::corpus::Corpus;
use crate::corpus::citation::{self, State};

/// A way on, in words, with where it leads.
#[derive(Clone, Debug, Serialize)]
pub struct Hint {
    pub text: String,
    /// What to ask instead, or the law to open.
    pub ask: Option<String>,
    pub law: Option<String>,
    /// Address of the article in the law.
    pub article: Option<String>,
}

impl Hint {
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ask: None, law: None, article: None }
    }

    fn ask(text: impl Into<String>, ask: impl Into<String>) -> Self {
        Self { ask: Some(ask.into()), ..Self::text(text) }
    }
}

/// Longer questions are narratives, not names.
const SHORT: usize = 40;

/// What a short question may have meant that was not found as it stands.
pub fn of(corpus: &Corpus, question: &str, day: Date) -> Vec<Hint> {
    let mut out = vec![];
    if question.is_empty() || question.chars().count() > SHORT {
        return out;
    }
    if let Some(title) = corpus.laws.title_of(question) {
        let first = corpus.laws.on(title, day).and_then(|(law, _)| law.articles.first());
        out.push(Hint {
            law: Some(title.to_string()),
            article: first.map(crate::corpus::statutes::Article::address),
            ..Hint::text(format!("打开《{title}》"))
        });
        return out;
    }
    let findings = corpus.cite_check(question, day);
    for finding in findings.iter().filter(|f| matches!(f.state, State::NotFound | State::UnknownLaw)) {
        let why = finding.message.split('；').next().unwrap_or_default();
        match &finding.nearest {
            Some(nearest) => out.push(Hint::ask(format!("{why}。相近的是{nearest}"), nearest.clone())),
            None => out.push(Hint::text(why)),
        }
    }
    let named = question.trim_matches(['《', '》']);
    if findings.is_empty()
        && looks_like_law(named)
        && let Some(title) = citation::law_like(named, &corpus.laws)
    {
        out.push(Hint::ask(format!("没有安装“{named}”。您要找的是不是《{title}》"), title));
    }
    out
}

fn looks_like_law(name: &str) -> bool {
    let long_enough = name.chars().count() >= 3;
    long_enough && ["法", "条例", "规定", "办法", "细则"].iter().any(|end| name.ends_with(end))
}

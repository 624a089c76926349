//! 文号、金额、目录、书写 (documents.md §0).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::check::{Fault, at, fault};
use super::{Look, Severity};
use crate::domain::document::doc_no::DocNo;
use crate::domain::dossier::Paper;
use crate::domain::money::Fen;

static MONEY: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"人民币([零壹贰叁肆伍陆柒捌玖拾佰仟万亿元角分整]+)（[￥¥]([0-9,]+(?:\.[0-9]{1,2})?)）"));
static PADDED: LazyLock<Regex> = LazyLock::new(|| pattern(r"20\d{2}年(?:0\d月|\d{1,2}月0\d日)"));
static BRACKET: LazyLock<Regex> = LazyLock::new(|| pattern(r"字\s*[\[【（(]20\d{2}[\]】）)]"));
static HALF: LazyLock<Regex> = LazyLock::new(|| pattern(r"\p{Han}[(][^()]*[)]|\p{Han}[,;:?!]\p{Han}"));
static MARKDOWN: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)\*\*|^#{1,6} |\{\{"));

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is valid")
}

fn current<'a>(look: &Look<'a>) -> impl Iterator<Item = (String, &'a Paper)> + use<'a> {
    let all = look.dossier.documents.iter().enumerate();
    all.filter(|(_, p)| !p.void).map(|(i, p)| (format!("documents.{i}"), p))
}

/// N01.
pub(super) fn numbered(look: &Look<'_>) -> Vec<Fault> {
    let mut out = vec![];
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for (place, p) in current(look) {
        let Some(no) = p.doc_no.as_deref().map(str::trim).filter(|n| !n.is_empty()) else { continue };
        if let Err(why) = DocNo::read(no) {
            out.push(at(&place, format!("{}：{why}", p.title)));
        }
        // A receipt or an annex may carry the number of what it belongs to.
        if let Some(other) = seen.insert(no.into(), p.kind.clone()).filter(|k| *k != p.kind) {
            out.push(at(&place, format!("{}的文号{no}与另一文书（{other}）重复", p.title)));
        }
    }
    let d = look.dossier;
    if let Some(decision) = &d.decision
        && let Some(paper) = d.paper(crate::domain::procedure::guards::decision_paper(decision.kind))
        && let (Some(a), Some(b)) = (&decision.doc_no, &paper.doc_no)
        && a != b
    {
        out.push(at("decision", format!("决定的文号{a}与决定书的文号{b}不一致")));
    }
    out
}

/// N02. In the decision itself it weighs more.
pub(super) fn amounts(look: &Look<'_>) -> Vec<Fault> {
    let mut out = vec![];
    for (place, p) in current(look) {
        for c in MONEY.captures_iter(&p.text) {
            let Some(sum) = fen(&c[2]) else { continue };
            if sum.capital() != c[1] {
                let f = at(&place, format!("{}：大写“{}”与小写{}不一致", p.title, &c[1], &c[2]));
                out.push(if p.kind == "penalty_decision" { f.heavier(Severity::Major) } else { f });
            }
        }
    }
    out
}

fn fen(text: &str) -> Option<Fen> {
    let text = text.replace(',', "");
    let (yuan, cents) = text.split_once('.').unwrap_or((&text, ""));
    let cents: i64 = format!("{cents:0<2}").parse().ok()?;
    Fen::from_yuan(yuan.parse().ok()?)?.checked_add(Fen(cents))
}

/// N03.
pub(super) fn catalogued(look: &Look<'_>) -> Vec<Fault> {
    let d = look.dossier;
    let Some(archive) = &d.archive else { return vec![] };
    let mut out = vec![];
    if archive.archive_no.trim().is_empty() {
        out.push(fault("没有归档号"));
    }
    if archive.pages == 0 {
        out.push(fault("卷内没有编页码"));
    }
    for (kind, zh) in [("dossier_cover", "卷宗封面"), ("dossier_catalogue", "卷内目录"), ("dossier_note", "备考表")]
    {
        if d.paper(kind).is_none() {
            out.push(at("documents", format!("没有{zh}")));
        }
    }
    out
}

/// N04.
pub(super) fn written(look: &Look<'_>) -> Vec<Fault> {
    let rules: [(&LazyLock<Regex>, &str); 4] = [
        (&PADDED, "月、日前面不补零"),
        (&BRACKET, "文号的年份应当用六角括号〔〕"),
        (&HALF, "汉字之间应当用全角标点"),
        (&MARKDOWN, "有排版标记残留"),
    ];
    let mut out = vec![];
    for (place, p) in current(look) {
        for (rule, what) in rules {
            if let Some(m) = rule.find(&p.text) {
                let seen: String = m.as_str().chars().take(20).collect();
                out.push(at(&place, format!("{}：{what}（“{seen}”）", p.title)));
            }
        }
    }
    out
}

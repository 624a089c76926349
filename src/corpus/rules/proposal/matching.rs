//! Which row of the rule tables a published row is about: by the clause it cites, then by the words of the act.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;

use crate::corpus::tokenizer;
use crate::domain::discretion::table::Violation;
use crate::domain::law::Provision;
use crate::domain::numerals;
use crate::domain::rulebook::RuleBook;

static PLACE: LazyLock<Regex> = LazyLock::new(|| {
    let n = "[〇零一二三四五六七八九十百千0-9０-９]+";
    Regex::new(&format!("第({n})条(?:第({n})款)?(?:第?[（(]?({n})[）)]?项)?")).expect("the pattern is valid")
});

/// Words in common that make two acts the same without a clause.
const ALIKE: f64 = 0.4;

/// What was found.
pub(super) struct Match {
    pub id: Option<String>,
    /// Why a person should look twice.
    pub doubt: Option<String>,
}

/// Every clause that a text cites of a law in the tables, in order.
pub(super) fn citations(text: &str, book: &RuleBook) -> Vec<Provision> {
    let names = book.laws.values().flat_map(|law| {
        let plain = law.title.strip_prefix("中华人民共和国").unwrap_or(&law.title);
        [law.title.as_str(), plain, law.short.as_str()].map(|name| (name, law.title.as_str()))
    });
    // Where each law is named; of names inside each other the longest.
    let mut named: Vec<(usize, usize, &str)> = names
        .filter(|(name, _)| !name.is_empty())
        .flat_map(|(name, title)| text.match_indices(name).map(move |(at, _)| (at, at + name.len(), title)))
        .collect();
    named.sort_by_key(|n| (n.0, std::cmp::Reverse(n.1)));
    let mut laws: Vec<(usize, usize, &str)> = vec![];
    for name in named {
        if laws.last().is_none_or(|l| name.0 >= l.1) {
            laws.push(name);
        }
    }
    let number = |c: &regex::Captures<'_>, i| c.get(i).and_then(|m| numerals::parse(m.as_str()));
    PLACE
        .captures_iter(text)
        .filter_map(|c| {
            let at = c.get(0)?.start();
            let law = laws.iter().rev().find(|l| l.1 <= at)?;
            // A law that is not in the tables may stand between.
            let between = text.get(law.1..at)?;
            if between.trim_start_matches('》').contains('《') {
                return None;
            }
            let items = number(&c, 3).into_iter().collect();
            Some(Provision { law: law.2.into(), article: number(&c, 1)?, paragraph: number(&c, 2).unwrap_or(0), items })
        })
        .collect()
}

/// Finds the row for what the cells 违法行为 and 处罚依据 say.
pub(super) fn violation(act: &str, basis: &str, book: &RuleBook) -> Match {
    let exact = act.trim();
    if let Some(row) = book.violation(exact) {
        return found(row, None);
    }
    let mut cited = citations(basis, book);
    cited.extend(citations(act, book));
    let fits = |v: &&Violation| {
        cited.iter().any(|p| {
            v.law == p.law
                && v.article == p.article
                && (p.paragraph == 0 || v.paragraph == 0 || v.paragraph == p.paragraph)
                && (p.items.is_empty() || v.items.is_empty() || p.items.iter().any(|i| v.items.contains(i)))
        })
    };
    let by_clause: Vec<&Violation> = book.violations.iter().filter(fits).collect();
    let words = pairs(act);
    let rank = |rows: Vec<&'_ Violation>| {
        let mut scored: Vec<(f64, String)> =
            rows.into_iter().map(|v| (alike(&words, &pairs(&v.act)), v.id.clone())).collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        scored
    };
    let pick = |id: &str| book.violation(id);
    match by_clause.as_slice() {
        [one] => found(one, None),
        [] => {
            let scored = rank(book.violations.iter().filter(|v| v.usable()).collect());
            let near: Vec<&str> = scored.iter().take(3).filter(|s| s.0 > 0.0).map(|s| s.1.as_str()).collect();
            match scored.as_slice() {
                [(best, id), (second, _), ..] if *best >= ALIKE && best - second > 0.1 => pick(id).map_or_else(
                    || nothing(&near),
                    |row| {
                        found(row, Some(format!("依据中没有表内条款，仅按行为文字匹配；相近的有 {}", near.join("、"))))
                    },
                ),
                _ => nothing(&near),
            }
        }
        several => {
            let scored = rank(several.to_vec());
            let ids: Vec<&str> = scored.iter().take(5).map(|s| s.1.as_str()).collect();
            match scored.as_slice() {
                [(best, id), (second, _), ..] if best > second => pick(id).map_or_else(
                    || nothing(&ids),
                    |row| found(row, Some(format!("同一条款有几个违法行为（{}），按行为文字取第一个", ids.join("、")))),
                ),
                _ => nothing(&ids),
            }
        }
    }
}

fn found(row: &Violation, doubt: Option<String>) -> Match {
    let unusable = (!row.usable()).then(|| format!("条目 {} 的状态是“{}”", row.id, row.status.zh()));
    let doubts: Vec<String> = doubt.into_iter().chain(unusable).collect();
    Match { id: Some(row.id.clone()), doubt: (!doubts.is_empty()).then(|| doubts.join("；")) }
}

fn nothing(near: &[&str]) -> Match {
    let near = if near.is_empty() { String::new() } else { format!("；相近的有 {}", near.join("、")) };
    Match {
        id: None, doubt: Some(format!("没有找到对应的违法行为条目，须以 --set 写明代码{near}"))
    }
}

fn pairs(text: &str) -> HashSet<String> {
    tokenizer::pairs(text).into_iter().map(|p| p.2).collect()
}

/// Shared pairs of characters, twice, of all pairs: 1 for the same text.
fn alike(a: &HashSet<String>, b: &HashSet<String>) -> f64 {
    let all = a.len() + b.len();
    if all == 0 { 0.0 } else { 2.0 * a.intersection(b).count() as f64 / all as f64 }
}

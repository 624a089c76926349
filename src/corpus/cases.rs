//! 相似案例: past decisions found by the words of their facts and by their structure, each with the reason in words.

use std::borrow::Cow;
use std::path::Path;

use jiff::civil::Date;
use serde::Serialize;

use super::index::TextIndex;
use super::{CorpusError, precedents};
use crate::domain::case::GainsFacts;
use crate::domain::money::Fen;
use crate::domain::penalty::Tier;
use crate::domain::precedent::Precedent;

/// Imported decisions live in `<data>/precedents/*.jsonl`.
pub const FOLDER: &str = "precedents";

/// All past decisions, teaching and imported.
pub struct CaseBook {
    cases: Vec<Precedent>,
    index: TextIndex,
}

/// What to compare with. Fields that are absent do not count.
#[derive(Clone, Debug, Default)]
pub struct CaseQuery {
    pub text: String,
    pub violation: Option<String>,
    pub tier: Option<Tier>,
    pub gains_fen: Option<Fen>,
    pub region: Option<String>,
    /// Factor codes of the case at hand.
    pub factors: Vec<String>,
    pub exclude_id: Option<String>,
    pub limit: usize,
}

/// One comparable decision.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CaseHit {
    pub id: String,
    pub title: String,
    pub label: String,
    pub region: String,
    pub violation: String,
    pub tier: Option<Tier>,
    pub fine_fen: Option<Fen>,
    pub gains_fen: Option<Fen>,
    pub decided_at: Option<Date>,
    pub score: f64,
    /// 为什么相似.
    pub why: String,
    pub snippet: String,
}

/// 违法所得 of a past decision by its line items.
pub fn gains(facts: Option<&GainsFacts>) -> Option<Fen> {
    let g = facts?;
    let deductions: i64 = g.other_deductions_fen.iter().map(|f| f.0).sum();
    let gross = g.gross_receipts_fen?;
    Some(Fen(gross.0.saturating_sub(g.refunded_before_filing_fen.0).saturating_sub(deductions)))
}

impl CaseBook {
    pub fn open(data_dir: &Path) -> Result<Self, CorpusError> {
        let mut cases = precedents::teaching()?;
        let folder = data_dir.join(FOLDER);
        if let Ok(entries) = std::fs::read_dir(&folder) {
            let mut paths: Vec<_> =
                entries.flatten().map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "jsonl")).collect();
            paths.sort();
            for path in paths {
                let file = path.display().to_string();
                let text = std::fs::read_to_string(&path)
                    .map_err(|e| CorpusError::File { file: file.clone(), why: e.to_string() })?;
                for (i, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
                    let case: Precedent = serde_json::from_str(line)
                        .map_err(|e| CorpusError::File {
                            file: file.clone(), why: format!("第 {} 行：{e}", i + 1)
                        })?;
                    if !cases.iter().any(|c| c.id == case.id) {
                        cases.push(case);
                    }
                }
            }
        }
        Self::new(cases)
    }

    pub fn new(cases: Vec<Precedent>) -> Result<Self, CorpusError> {
        let text = |c: &Precedent| {
            format!(
                "{} {}",
                c.case.cause.as_deref().unwrap_or_default(),
                c.facts.narrative.as_deref().unwrap_or_default()
            )
        };
        let index = TextIndex::in_memory(cases.iter().enumerate().map(|(i, c)| (i as u64, Cow::Owned(text(c)))))?;
        Ok(Self { cases, index })
    }

    pub fn all(&self) -> &[Precedent] {
        &self.cases
    }

    pub fn get(&self, id: &str) -> Option<&Precedent> {
        self.cases.iter().find(|c| c.id == id)
    }

    /// The most similar decisions, best first.
    pub fn search(&self, query: &CaseQuery) -> Result<Vec<CaseHit>, CorpusError> {
        let found = self.index.search(&query.text, self.cases.len().max(1))?;
        let top = found.first().map_or(1.0, |h| h.score.max(f32::EPSILON));
        let mut text_scores = vec![0.0f64; self.cases.len()];
        for hit in &found {
            if let Some(slot) = text_scores.get_mut(hit.key as usize) {
                *slot = f64::from(hit.score / top);
            }
        }
        let mut hits: Vec<CaseHit> = self
            .cases
            .iter()
            .zip(text_scores)
            .filter(|(c, _)| query.exclude_id.as_deref() != Some(c.id.as_str()))
            .filter_map(|(c, text)| compare(query, c, text))
            .collect();
        hits.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.id.cmp(&b.id)));
        hits.truncate(query.limit.clamp(1, 200));
        Ok(hits)
    }
}

/// Weights of the parts; they sum to 1. The same 违法行为 counts most: 同案同罚 means the same clause first.
const TEXT: f64 = 0.35;
const VIOLATION: f64 = 0.35;
const TIER: f64 = 0.08;
const GAINS: f64 = 0.10;
const FACTORS: f64 = 0.08;
const REGION: f64 = 0.04;

fn compare(query: &CaseQuery, case: &Precedent, text: f64) -> Option<CaseHit> {
    let last = case.disc.final_.as_ref();
    let own_gains = gains(case.facts.gains.as_ref());
    let violation = case.facts.violation.clone().unwrap_or_default();
    let (mut score, mut why) = (TEXT * text, Vec::new());
    let same = query.violation.as_ref().is_some_and(|v| *v == violation);
    if same {
        score += VIOLATION;
        let name = case.case.cause.as_deref().unwrap_or_default().trim_start_matches("涉嫌");
        why.push(format!("同为{}", if name.is_empty() { "同一违法行为" } else { name }));
    }
    let tier = last.and_then(|f| f.tier);
    if query.tier.is_some() && query.tier == tier {
        score += TIER;
        why.push(format!("同为{}", query.tier.map_or("", Tier::zh)));
    }
    if let (Some(a), Some(b)) = (query.gains_fen.filter(|g| g.0 > 0), own_gains.filter(|g| g.0 > 0)) {
        // A factor of ten apart counts nothing.
        let distance = ((a.0 as f64).log10() - (b.0 as f64).log10()).abs();
        score += GAINS * (1.0 - distance).max(0.0);
        if distance < 0.3 {
            why.push(format!("违法所得规模相近（{}）", b.plain_yuan()));
        }
    }
    let codes: Vec<&str> = case.facts.factors.iter().map(|f| f.code.as_str()).collect();
    let shared: Vec<&str> = query.factors.iter().map(String::as_str).filter(|f| codes.contains(f)).collect();
    if !shared.is_empty() {
        score += FACTORS * shared.len() as f64 / query.factors.len().max(codes.len()) as f64;
        let notes: Vec<&str> = case
            .facts
            .factors
            .iter()
            .filter(|f| shared.contains(&f.code.as_str()))
            .filter_map(|f| f.text.as_deref())
            .take(1)
            .collect();
        if let Some(note) = notes.first() {
            why.push(format!("有相同情节（{}）", note.chars().take(24).collect::<String>()));
        }
    }
    if query.region.is_some() && query.region == case.case.region {
        score += REGION;
        why.push("同一地区".into());
    }
    if text > 0.5 {
        why.push("事实表述相近".into());
    }
    let narrative = case.facts.narrative.as_deref().unwrap_or_default();
    (score > 0.0).then(|| CaseHit {
        id: case.id.clone(),
        title: case.title.clone(),
        label: case.label.clone(),
        region: case.case.region.clone().unwrap_or_default(),
        violation,
        tier,
        fine_fen: last.and_then(|f| f.fine_fen),
        gains_fen: own_gains,
        decided_at: case.procedure.decided_at,
        score,
        why: if why.is_empty() { "事实有相同用语".into() } else { why.join("；") },
        snippet: narrative.chars().take(120).collect(),
    })
}

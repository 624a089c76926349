//! 入卷: a draft whose every passage a person answers for becomes a document of the file, with its 文号.
//!
//! The draft is closed to changes first (state `filing`), then the step is taken, then the draft is told which document it became.
//! Where that is cut short, the file itself says whether the document is in it.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;
use serde_json::json;

use super::runner::by_system;
use super::{draft_event, facts, not_now, own, refused};
use crate::domain::digest;
use crate::domain::document::doc_no::{CODES, DocNo};
use crate::domain::document::draft::Draft;
use crate::domain::document::passage::DraftState;
use crate::domain::dossier::{Dossier, MachinePassage, Paper};
use crate::domain::procedure::{Refusal, Step, guards};
use crate::error::{Class, Report, Result};
use crate::flow::cases::{Asking, steps};
use crate::flow::{Flow, report};
use crate::store::cases::{Sight, Stored};
use crate::store::drafts::{BeginFiling, DraftRow, EndFiling, Numbering, PassageRow};

/// Characters of a line and lines of a page (GB/T 9704).
const LINE: usize = 28;
const PAGE: usize = 22;

/// A draft in the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Filed {
    pub id: String,
    pub case_no: String,
    pub kind: String,
    /// Id of the document.
    pub paper: String,
    pub doc_no: Option<String>,
    /// sha256 of its text.
    pub sha256: String,
    /// Version of the case after it.
    pub case_version: i64,
}

impl Flow {
    /// Puts a draft into the file. Asking twice gives the same answer and one document. `version` of the draft, where given, must be
    /// the one that was looked at.
    pub async fn file_draft(&self, ask: &Asking, id: &str, version: Option<i64>) -> Result<Filed> {
        let (mut stored, mut draft, mut passages) = self.seen_draft(&ask.actor, id).await?;
        own(&stored.dossier, &ask.actor)?;
        let busy = || not_now(DraftState::Filing, "再次入卷");
        let _mark = self.runner.begin_filing(id).ok_or_else(busy)?;
        if draft.state == DraftState::Filing {
            self.settle(&draft).await?;
            (stored, draft, passages) = self.seen_draft(&ask.actor, id).await?;
        }
        if draft.state == DraftState::Filed {
            return filed(&stored, &draft).ok_or_else(|| not_now(draft.state, "再次入卷"));
        }
        if draft.state != DraftState::Done {
            return Err(not_now(draft.state, "入卷"));
        }
        if let Some(seen) = version.filter(|v| *v != draft.version) {
            let detail = format!("您看到的是第{seen}版，现在已是第{}版，请重新核对", draft.version);
            return Err(Report::new(Class::Conflict, "store.stale_version", "已被他人修改", detail)
                .missing(vec![format!("version={}", draft.version)]));
        }
        self.may_be_filed(&stored.dossier, &draft, &passages)?;
        let numbering = self.numbering(&stored.dossier, &draft, ask.today())?;
        let change = BeginFiling { id: id.into(), version: draft.version, numbering };
        let event = draft_event(ask, "draft.filing", &draft);
        draft.doc_no = self.writer().await?.commit(event, change).await.map_err(refused)?.output;
        let filed_as = self.put_into_file(ask, &draft, &passages).await;
        let (action, detail) = match &filed_as {
            Ok(paper) => ("draft.filed", json!({ "paper": paper, "doc_no": draft.doc_no })),
            Err(r) => ("draft.filing_refused", json!({ "code": r.code, "detail": r.detail })),
        };
        let change = EndFiling { id: id.into(), paper: filed_as.as_ref().ok().cloned() };
        let ended = self.writer().await?.commit(draft_event(ask, action, &draft).detail(detail), change).await;
        filed_as?;
        ended.map_err(refused)?;
        let (stored, draft, _) = self.seen_draft(&ask.actor, id).await?;
        filed(&stored, &draft).ok_or_else(|| not_now(draft.state, "入卷"))
    }

    /// Everything that keeps a draft out of the file, asked before it gets a number.
    fn may_be_filed(&self, dossier: &Dossier, draft: &DraftRow, passages: &[PassageRow]) -> Result<()> {
        let stale = self.stale(draft, dossier, &digest(&facts(dossier)));
        if !stale.is_empty() {
            let detail = format!("{}；请重新起草，已有人负责且内容未变的段落会沿用", stale.join("、"));
            return Err(Report::new(Class::Conflict, "draft.stale", "草稿已过时", detail)
                .missing(stale.into_iter().map(String::from).collect()));
        }
        let open = passages.iter().filter(|p| p.taken_by.is_none());
        let missing: Vec<String> = open.map(|p| format!("“{}”没有人确认负责", p.zh)).collect();
        if !missing.is_empty() {
            let guard = &guards::PAPER_TAKEN;
            return Err(steps::refused(Refusal::new(guard.id, guard.zh, guard.basis, missing)));
        }
        let bare = passages.iter().filter(|p| p.vouch.is_none() && !p.unsupported.is_empty());
        let missing: Vec<String> = bare.map(|p| format!("“{}”：{}", p.zh, p.unsupported.join("、"))).collect();
        if !missing.is_empty() {
            let detail = format!("案卷中找不到这些内容的来源，请改正，或者写明保留的理由：{}", missing.join("；"));
            return Err(Report::new(Class::Refused, "draft.unsupported", "有内容没有来源", detail)
                .basis("行政处罚法40、46③")
                .missing(missing));
        }
        if dossier.paper(&draft.kind).is_some_and(|p| p.sealed) && dossier.decision.is_some() {
            let detail = "卷中的文书已经盖章，不能替换";
            return Err(Report::new(Class::Conflict, "draft.sealed", "文书已盖章", detail));
        }
        Ok(())
    }

    /// How the document is numbered; one that replaces another before it went out keeps its number.
    fn numbering(&self, dossier: &Dossier, draft: &DraftRow, today: Date) -> Result<Option<Numbering>> {
        let form = self.prompts.form(&draft.kind).map_err(report::prompts)?;
        if !CODES.contains(&form.code.as_str()) {
            return Ok(None);
        }
        let (prefix, decided) = (self.agency.doc_no_prefix.clone(), dossier.decision.as_ref());
        let year = decided.map_or(today, |d| d.made_on).year();
        // Told before a number is given: a prefix that cannot be read back would spoil every number.
        DocNo::new(&prefix, &form.code, year, 1, true).map_err(|e| {
            Report::new(Class::Missing, e.code(), "不能给出文号", format!("{e}；请管理员在设置中填写机关代字"))
        })?;
        let before = dossier.paper(&draft.kind).filter(|p| !p.sealed).and_then(|p| p.doc_no.clone());
        let keep = before.filter(|no| {
            DocNo::parse(no, &prefix).is_ok_and(|known| {
                known.code == form.code
                    && (known.year == year || decided.is_some_and(|d| d.doc_no.as_ref() == Some(no)))
            })
        });
        Ok(Some(Numbering { prefix, code: form.code.clone(), year, keep }))
    }

    /// Takes the step, and says under which id the document stands in the file.
    async fn put_into_file(&self, ask: &Asking, draft: &DraftRow, passages: &[PassageRow]) -> Result<String> {
        let made = self.compose_draft(&self.material_of(draft)?, passages)?;
        let step = Step::AddPaper { paper: paper(&made, draft, passages) };
        // The request may be repeated; the step must not be answered in its stead.
        let ask = Asking { once: None, ..ask.clone() };
        self.take_now(&ask, &draft.case_no, ask.today(), &step).await?;
        let stored = self.stored(&ask.actor, &draft.case_no).await?;
        let lost = || Report::new(Class::Internal, "draft.paper_lost", "文书没有入卷", "请重新入卷");
        standing(&stored.dossier, draft, &made.text).map(|p| p.id.clone()).ok_or_else(lost)
    }

    /// As [`Flow::settle`], unless the draft is being put into the file right now.
    pub(super) async fn settle_filing(&self, draft: &DraftRow) -> Result<()> {
        match self.runner.begin_filing(&draft.id) {
            Some(_mark) => self.settle(draft).await,
            None => Ok(()),
        }
    }

    /// Ends a filing that was cut short: the file says whether the document is in it.
    async fn settle(&self, draft: &DraftRow) -> Result<()> {
        let reader = self.reader().await?;
        let Some((draft, passages)) = reader.draft(&draft.id).await.map_err(report::store)? else { return Ok(()) };
        if draft.state != DraftState::Filing {
            return Ok(());
        }
        let Some(stored) = reader.case(&draft.case_no, &Sight::system()).await.map_err(report::store)? else {
            return Ok(());
        };
        let made = self.material_of(&draft).and_then(|m| self.compose_draft(&m, &passages));
        let found = made.ok().and_then(|made| standing(&stored.dossier, &draft, &made.text).map(|p| p.id.clone()));
        let action = if found.is_some() { "draft.filed" } else { "draft.filing_refused" };
        let event = by_system(action, &draft.id).detail(json!({ "paper": found, "code": "draft.interrupted" }));
        self.writer().await?.commit(event, EndFiling { id: draft.id, paper: found }).await.map_err(refused)?;
        Ok(())
    }
}

/// The document of that kind, number and text that is in the file.
fn standing<'a>(dossier: &'a Dossier, draft: &DraftRow, text: &str) -> Option<&'a Paper> {
    let sha256 = digest(text);
    dossier.documents.iter().rev().find(|p| p.kind == draft.kind && p.doc_no == draft.doc_no && p.sha256 == sha256)
}

fn filed(Stored { dossier, version }: &Stored, draft: &DraftRow) -> Option<Filed> {
    let id = draft.paper.clone()?;
    let paper = dossier.documents.iter().find(|p| p.id == id)?;
    Some(Filed {
        id: draft.id.clone(),
        case_no: draft.case_no.clone(),
        kind: draft.kind.clone(),
        paper: id,
        doc_no: paper.doc_no.clone(),
        sha256: paper.sha256.clone(),
        case_version: *version,
    })
}

/// The document with the words people and machine put in, and who answers for those of the machine.
fn paper(made: &Draft, draft: &DraftRow, passages: &[PassageRow]) -> Paper {
    let machine = passages.iter().filter_map(|p| {
        let written = p.machine.as_ref()?;
        Some(MachinePassage {
            field: p.field.clone(),
            model: written.model.clone().unwrap_or_else(|| "none".into()),
            text_sha256: written.output_sha256.clone(),
            treatment: p.treatment.code().into(),
            taken_by: p.taken_by.as_ref().map(|t| t.name.clone()),
        })
    });
    let words: BTreeMap<String, String> = passages.iter().map(|p| (p.field.clone(), p.text.clone())).collect();
    let lines: usize = made.text.lines().map(|l| l.chars().count().div_ceil(LINE).max(1)).sum();
    Paper {
        kind: draft.kind.clone(),
        title: made.composed.zh.clone(),
        doc_no: draft.doc_no.clone(),
        text: made.text.clone(),
        blocks: made.composed.blocks.iter().map(|b| b.content.clone()).collect(),
        pages: u32::try_from(lines.div_ceil(PAGE)).unwrap_or(1),
        passages: words,
        machine: machine.collect(),
        ..Paper::default()
    }
}

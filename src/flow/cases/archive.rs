//! 归档: documents in their order, pages, cover, catalogue, 备考表 and the manifest; the package is made anew whenever it is asked
//! for and must be the one that was archived.

use std::fs::File;

use jiff::civil::Date;
use serde_json::json;

use super::Asking;
use super::products::{Making, place};
use crate::domain::document::fill::date_zh;
use crate::domain::document::papers::{Binding, Entry, Subject};
use crate::domain::dossier::{ArchivedFile, Dossier, Paper};
use crate::domain::process_record::Event;
use crate::domain::process_record::exported::{INCLUSION_FORMAT, InclusionProof};
use crate::error::{Class, Report, Result};
use crate::export;
use crate::export::archive::{ArchiveError, Package, safe_name};
use crate::flow::{Flow, report};
use crate::store::attachments;

/// Proving every event reads the hashes once per event; a record longer than that gets the proof of the newest only.
const PROVEN: i64 = 4_000_000;

impl Flow {
    /// T18. Pages are counted, never taken from the request.
    pub(super) async fn bind(&self, dossier: &mut Dossier, ask: &Asking, day: Date) -> Result<()> {
        let (reader, writer) = (self.reader().await?, self.writer().await?);
        let checkpoint = writer.checkpoint().await.map_err(report::store)?;
        let rows = reader.attachments_of(&dossier.case_no).await.map_err(report::store)?;
        let mut files = vec![];
        for (i, row) in rows.iter().enumerate() {
            let no = row.evidence_no.map(|n| format!("，证据{n}")).unwrap_or_default();
            files.push(ArchivedFile {
                path: format!("附件/{:02}-{}", i + 1, safe_name(&row.name)),
                title: format!("{}（{}{no}）", row.name, row.kind.zh()),
                sha256: row.sha256.clone(),
                size: row.size,
            });
        }
        let entries = self.entries(dossier);
        let pages = entries.last().map_or(0, |e| e.to);
        let Some(archive) = dossier.archive.as_mut() else { return Ok(()) };
        archive.pages = pages;
        archive.files = files;
        archive.checkpoint = Some(checkpoint);
        let binding = Binding {
            archive_no: archive.archive_no.clone(),
            retention_years: archive.retention_years,
            by: archive.by.clone(),
            files: archive.files.iter().map(|f| (f.path.clone(), f.title.clone())).collect(),
            entries,
            pages,
        };
        for kind in ["dossier_cover", "dossier_catalogue", "dossier_note"] {
            let making = Making { subject: Subject::default(), on: day, binding: Some(&binding) };
            let paper = self.make_paper(dossier, kind, making)?;
            place(dossier, paper);
        }
        let package = self.package(dossier.clone()).await?;
        let manifest = package.manifest_sha256();
        if let Some(archive) = dossier.archive.as_mut() {
            archive.manifest = manifest;
        }
        // What cannot be put together today could not be later: a file that is gone or broken is told now.
        let mut trial = package;
        trial.dossier = dossier.clone();
        let looked = tokio::task::spawn_blocking(move || trial.write(tempfile::tempfile()?));
        looked.await.map_err(|_| interrupted())?.map_err(told)?;
        let _ = ask;
        Ok(())
    }

    /// The documents in the order of the dossier, with continuous pages. Cover, catalogue and 备考表 are not counted.
    fn entries(&self, dossier: &Dossier) -> Vec<Entry> {
        let order = &self.prompts.papers.order;
        let draft =
            |p: &Paper| ["penalty_decision", "no_penalty_decision", "publicity_summary"].contains(&p.kind.as_str());
        let bound = |p: &&Paper| {
            let front = p.kind.starts_with("dossier_");
            // A draft that never went out and was replaced is no document of the case.
            !front && (!p.void || p.sealed || !draft(p))
        };
        let mut papers: Vec<&Paper> = dossier.documents.iter().filter(bound).collect();
        // Within a kind in the order in which they came.
        papers.sort_by_key(|p| order.rank(&p.kind));
        let mut last = 0;
        let mut entry = |p: &Paper| {
            let pages = if p.attached { p.pages.max(1) } else { counted(p, &self.agency.name) };
            let from = last + 1;
            last += pages;
            Entry {
                paper: p.id.clone(),
                title: p.title.clone(),
                doc_no: p.doc_no.clone().unwrap_or_default(),
                on: p.on.map(date_zh).unwrap_or_default(),
                from,
                to: last,
                note: if p.void { "已被替代".into() } else { String::new() },
            }
        };
        papers.into_iter().map(&mut entry).collect()
    }

    /// Everything the package is made from, as the dossier says.
    async fn package(&self, dossier: Dossier) -> Result<Package> {
        let reader = self.reader().await?;
        let archive = dossier.archive.clone().ok_or_else(not_archived)?;
        let checkpoint = archive.checkpoint.clone().ok_or_else(not_archived)?;
        let public_key = reader.public_key().await.map_err(report::store)?;
        let events = reader.events_of_case(&dossier.case_no).await.map_err(report::store)?;
        let events: Vec<Event> = events.into_iter().filter(|e| e.seq <= checkpoint.size).collect();
        let lines = |e: &Event| serde_json::to_string(e).unwrap_or_default() + "\n";
        let cheap = checkpoint.size.saturating_mul(events.len() as i64) <= PROVEN;
        let proven: Vec<&Event> = if cheap { events.iter().collect() } else { events.last().into_iter().collect() };
        let mut proofs = String::new();
        for event in proven {
            let (event, path) = reader.inclusion(event.seq, checkpoint.size).await.map_err(report::store)?;
            let proof = InclusionProof {
                format: INCLUSION_FORMAT.into(),
                public_key: public_key.clone(),
                event,
                path,
                checkpoint: checkpoint.clone(),
            };
            proofs.push_str(&serde_json::to_string(&proof).unwrap_or_default());
            proofs.push('\n');
        }
        let sources = archive.files.iter().map(|f| attachments::path(&self.settings.data_dir, &f.sha256)).collect();
        Ok(Package {
            entries: self.entries(&dossier),
            events: events.iter().map(lines).collect(),
            agency: self.agency_info().name,
            dossier,
            proofs,
            public_key,
            sources,
        })
    }

    /// Name and content of the archived package; reading it is on record.
    pub async fn case_archive(&self, ask: &Asking, case_no: &str) -> Result<(String, File)> {
        let stored = self.stored(&ask.actor, case_no).await?;
        if stored.dossier.archive.is_none() {
            return Err(not_archived());
        }
        let name = format!("{}.zip", safe_name(&format!("案卷-{case_no}")));
        let manifest = stored.dossier.archive.as_ref().map(|a| a.manifest.clone());
        let package = self.package(stored.dossier).await?;
        let made = tokio::task::spawn_blocking(move || -> std::result::Result<File, ArchiveError> {
            let mut file = tempfile::tempfile()?;
            package.write(&mut file)?;
            std::io::Seek::rewind(&mut file)?;
            Ok(file)
        });
        let file = made.await.map_err(|_| interrupted())?.map_err(told)?;
        let event = ask.event("archive.read", case_no).version(stored.version);
        let event = event.detail(json!({ "manifest": manifest }));
        self.writer().await?.commit(event, ()).await.map_err(report::store)?;
        Ok((name, file))
    }
}

/// Pages of a document as it stands, counted from its blocks.
fn counted(paper: &Paper, agency: &str) -> u32 {
    let blocks: Vec<_> = export::archive::composed(paper, agency).blocks.into_iter().map(|b| b.content).collect();
    export::pages::count(&blocks)
}

fn not_archived() -> Report {
    Report::new(Class::NotFound, "archive.none", "本案还没有归档", "归档之后才有归档包")
}

fn interrupted() -> Report {
    Report::new(Class::Internal, "archive.interrupted", "没有完成", "归档包没有制作完，请重试")
}

fn told(e: ArchiveError) -> Report {
    let class = match &e {
        ArchiveError::Export(_) => Class::Internal,
        _ => Class::Conflict,
    };
    Report::new(class, e.code(), "归档包不能制作", format!("{e}；请核验记录（zhicai verify-record）并从备份恢复"))
}

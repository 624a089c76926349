//! 用例: load, decide, save; one file per step. The only holder of corpus, rules, prompts and engine.

pub mod acts;
mod assess;
pub mod attachments;
pub mod cases;
mod catalog;
mod cite;
pub mod completions;
pub mod draft;
pub mod embed;
pub mod extract;
pub mod jobs;
pub mod lookup;
pub mod people;
pub mod record;
pub mod report;
pub mod retrieve;
mod status;
pub mod workshops;

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use jiff::civil::Date;
use tokio::sync::OnceCell;

use self::acts::Acts;
use self::completions::Running;
use self::embed::Meaning;
use self::jobs::Jobs;
use crate::corpus::{Corpus, rules};
use crate::domain::document::lexicon::Lexicon;
use crate::domain::rulebook::RuleBook;
use crate::engine::{self, Engine};
use crate::error::{Report, Result};
use crate::prompts::Prompts;
use crate::prompts::tasks::{self, Task};
use crate::settings::{self, Agency, Settings};
use crate::store::{self, Reader, Writer};

/// The steps of a case, ready to be called.
pub struct Flow {
    corpus: Corpus,
    settings: Settings,
    /// Filled once it is set up, which may be while the service runs.
    meaning: OnceLock<Meaning>,
    book: RuleBook,
    /// The table of acts, made when the first facts come.
    acts: OnceLock<Acts>,
    prompts: Prompts,
    sentence: Task,
    lexicon: Arc<Lexicon>,
    model: Model,
    agency: Agency,
    jobs: Jobs,
    runner: cases::drafts::Runner,
    answers: Running,
    accounts: people::Accounts,
    classes: workshops::Classes,
    store: OnceCell<(Reader, Writer)>,
    /// Held by the one verification that runs.
    verifying: tokio::sync::Mutex<()>,
}

/// The language model: none, or opened when it is first needed or warmed up in the background.
struct Model {
    id: Option<String>,
    path: Option<PathBuf>,
    remote: Option<settings::Remote>,
    engine: OnceLock<std::result::Result<Option<Engine>, Report>>,
}

/// Which model a flow may use.
#[derive(Clone, Debug, Default)]
pub struct ModelUse {
    /// Id or file name shown to people; `None` drafts with fixed text only.
    pub id: Option<String>,
    pub path: Option<PathBuf>,
    /// A model server instead of a file, when a person asked for it.
    pub remote: Option<settings::Remote>,
}

impl Flow {
    /// Opens everything but the model, which is opened when it is first needed.
    pub fn open(settings: &Settings, model: ModelUse) -> Result<Self> {
        Ok(Self {
            corpus: Corpus::open_with(&settings.data_dir, settings.search.decisions).map_err(report::corpus)?,
            settings: settings.clone(),
            meaning: OnceLock::new(),
            book: rules::load(Some(&settings.data_dir)).map_err(report::rules)?,
            acts: OnceLock::new(),
            prompts: Prompts::load().map_err(report::prompts)?,
            sentence: tasks::task("sentence").map_err(report::tasks)?,
            lexicon: Arc::new(tasks::lexicon().map_err(report::tasks)?),
            model: Model { id: model.id, path: model.path, remote: model.remote, engine: OnceLock::new() },
            agency: settings.agency.clone(),
            jobs: Jobs::default(),
            runner: cases::drafts::Runner::default(),
            answers: Running::default(),
            accounts: people::Accounts::default(),
            classes: workshops::Classes::default(),
            store: OnceCell::new(),
            verifying: tokio::sync::Mutex::default(),
        })
    }

    /// The case store, opened when it is first needed, inside the runtime that will serve it.
    async fn store(&self) -> Result<&(Reader, Writer)> {
        self.store.get_or_try_init(|| store::open(&self.settings.data_dir)).await.map_err(report::store)
    }

    async fn reader(&self) -> Result<&Reader> {
        Ok(&self.store().await?.0)
    }

    async fn writer(&self) -> Result<&Writer> {
        Ok(&self.store().await?.1)
    }

    /// Finishes what is being written and closes the store, if it was opened.
    pub async fn close_store(&self) -> Result<()> {
        match self.store.get() {
            Some((_, writer)) => writer.close().await.map_err(report::store),
            None => Ok(()),
        }
    }

    /// What was set for this run.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The engine, or `None` when none is wanted. Blocks while the model loads.
    pub fn engine(&self) -> Result<Option<&Engine>> {
        let open = || match (&self.model.remote, &self.model.path) {
            (Some(remote), _) => Some(engine::connect(remote)),
            (None, path) => path.as_deref().map(engine::open),
        };
        match self.model.engine.get_or_init(|| open().transpose().map_err(report::engine)) {
            Ok(engine) => Ok(engine.as_ref()),
            Err(report) => Err(report.clone()),
        }
    }

    /// Search by meaning, where it is set up. Blocks while the encoder loads.
    pub fn meaning(&self) -> Option<&Meaning> {
        if self.meaning.get().is_none()
            && let Some(meaning) = Meaning::open(&self.settings, self.corpus.articles())
        {
            let _ = self.meaning.set(meaning);
        }
        self.meaning.get()
    }

    /// Name of the model in use.
    pub fn model_id(&self) -> Option<&str> {
        self.model.id.as_deref()
    }

    /// The rules in force.
    pub fn book(&self) -> &RuleBook {
        &self.book
    }

    /// Ends running drafts and answers, for shutdown; drafts of cases go on at the next start.
    pub fn stop(&self) {
        self.runner.stop();
        self.jobs.cancel_all();
        self.answers.cancel_all();
        self.classes.stop();
    }
}

/// Today in the legal time of the country, wherever the machine stands: read here and passed down.
pub fn today() -> Date {
    jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(8))).date()
}

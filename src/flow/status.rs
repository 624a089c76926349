//! What is installed and running, for probes and the page head.

use serde::Serialize;

use super::Flow;
use crate::domain::penalty::Tier;

#[derive(Debug, Serialize)]
pub struct Status {
    pub statutes: Option<Installed>,
    pub cases: u64,
    pub model: Option<ModelStatus>,
    pub rules: String,
    pub violations: usize,
    pub tiers: usize,
    /// Whether the bureau's own sign-in service can be used.
    pub oidc: bool,
}

#[derive(Debug, Serialize)]
pub struct Installed {
    pub laws: usize,
    pub articles: usize,
}

#[derive(Debug, Serialize)]
pub struct ModelStatus {
    pub id: String,
    /// `packed`, `candle`, `remote`, or null while it has not been loaded.
    pub implementation: Option<&'static str>,
    pub error: Option<String>,
}

impl Flow {
    pub fn status(&self) -> Status {
        let versions = &self.corpus.laws.versions;
        let articles = versions.iter().map(|v| v.articles.len()).sum();
        let loaded = self.model.engine.get();
        Status {
            statutes: (!versions.is_empty()).then_some(Installed { laws: versions.len(), articles }),
            cases: self.corpus.cases.decisions().count().unwrap_or_default(),
            model: self.model_id().map(|id| ModelStatus {
                id: id.to_string(),
                implementation: loaded
                    .and_then(|l| l.as_ref().ok()?.as_ref())
                    .map(crate::engine::Engine::implementation),
                error: loaded.and_then(|l| l.as_ref().err()).map(ToString::to_string),
            }),
            rules: self.book.version.clone(),
            violations: self.book.violations.len(),
            tiers: Tier::ALL.len(),
            oidc: self.offers_oidc(),
        }
    }

    /// Prometheus text.
    pub fn metrics(&self) -> String {
        let (waiting, jobs) = self.jobs.counts();
        let mut out = format!(
            "# TYPE zhicai_drafts_waiting gauge\nzhicai_drafts_waiting {waiting}\n# TYPE zhicai_drafts gauge\nzhicai_drafts {jobs}\n"
        );
        if let Some(Ok(Some(engine))) = self.model.engine.get() {
            for (name, value) in engine.metrics().all() {
                out.push_str(&format!("# TYPE zhicai_model_{name}_total counter\nzhicai_model_{name}_total {value}\n"));
            }
        }
        out
    }
}

//! Forms of the documents that steps produce: `prompts/papers/*.md`, and the order of the dossier. A field says how its value is
//! written in a template of its own; what a template may name is known before the first case is filled.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::value::Value as Given;
use minijinja::{Environment, UndefinedBehavior};
use serde::Deserialize;
use serde_json::Value;

use super::blocks::{BlockSet, syntax};
use super::load::{self, Source};
use super::{Prompts, PromptsError};
use crate::domain::document::fill::{BlockValues, Blocks, FieldValue, PENDING};
use crate::domain::document::form::Form;
use crate::domain::document::papers::{CELL, Templates, known_paths};
use crate::domain::procedure::TABLE;

/// One group of the dossier with the kinds in it, in order.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BindingPart {
    pub zh: String,
    pub kinds: Vec<String>,
}

/// 卷内顺序.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BindingOrder {
    pub source: String,
    pub part: Vec<BindingPart>,
}

impl BindingOrder {
    /// Place of a kind; what is not listed comes last.
    pub fn rank(&self, kind: &str) -> (usize, usize) {
        let found = self.part.iter().enumerate().find_map(|(i, p)| {
            let at = p.kinds.iter().position(|k| k == kind)?;
            Some((i, at))
        });
        found.unwrap_or((self.part.len(), 0))
    }
}

/// All forms of step documents, compiled.
pub struct PaperSet {
    forms: BTreeMap<String, Form>,
    environment: Environment<'static>,
    pub order: BindingOrder,
}

fn template(form: &str, field: &str) -> String {
    format!("{form}/{field}")
}

/// `value | need('文号')`: the value, or a visible gap.
fn need(value: Given, zh: String) -> String {
    match written(&value) {
        Some(text) => text,
        None => format!("{PENDING}确认：{zh}】"),
    }
}

fn written(value: &Given) -> Option<String> {
    if value.is_undefined() || value.is_none() {
        return None;
    }
    let text = value.to_string();
    (!text.trim().is_empty()).then_some(text)
}

/// `value | bare('证明')`: without that word in front and without the full stop.
fn bare(value: Given, word: String) -> String {
    let text = written(&value).unwrap_or_default();
    text.trim_start_matches(word.as_str()).trim_end_matches(['。', '；']).to_string()
}

/// `row(a, b, …)`: one row of a table.
fn row(cells: minijinja::value::Rest<Given>) -> String {
    let text = |c: &Given| written(c).unwrap_or_default().replace(['\n', CELL], " ");
    // A row whose last cell is empty must still be a row of as many cells.
    cells.iter().map(text).collect::<Vec<_>>().join(&CELL.to_string())
}

impl PaperSet {
    pub(super) fn load(files: &[Source], blocks: &BlockSet) -> Result<Self, PromptsError> {
        let mut environment = Environment::new();
        environment.set_syntax(syntax());
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        environment.add_filter("need", need);
        environment.add_filter("bare", bare);
        environment.add_function("row", row);
        let known = known_paths();
        let (mut forms, mut order) = (BTreeMap::new(), BindingOrder::default());
        for file in files {
            if file.path.ends_with(".toml") {
                order = toml::from_str(&file.text).map_err(|e| file.invalid(e.to_string()))?;
                continue;
            }
            let form = load::form(file, |id| blocks.contains(id))?;
            if form.model_may_write || form.fields.iter().all(|f| !f.mandatory) {
                return Err(file.invalid("环节文书不得由模型起草，且须有必备项"));
            }
            for field in &form.fields {
                let Some(text) = &field.text else { continue };
                let name = template(&form.id, &field.id);
                let added = environment.add_template_owned(name.clone(), text.clone());
                added.map_err(|e| file.invalid(format!("字段{}：{e}", field.id)))?;
                let compiled = environment.get_template(&name).map_err(|e| file.invalid(e.to_string()))?;
                let named: BTreeSet<String> = compiled.undeclared_variables(true).into_iter().collect();
                if let Some(path) = named.iter().find(|p| *p != "row" && !known.contains(*p)) {
                    return Err(file.invalid(format!("字段{}的模板引用了没有的值“{path}”", field.id)));
                }
            }
            forms.insert(form.id.clone(), form);
        }
        let mut seen = BTreeSet::new();
        if let Some(kind) = order.part.iter().flat_map(|p| &p.kinds).find(|k| !seen.insert(k.as_str())) {
            let message = format!("“{kind}”出现多次");
            return Err(PromptsError::Invalid { path: "papers/order.toml".into(), message });
        }
        Ok(Self { forms, environment, order })
    }

    /// Every document that a step produces has a form, and a place in the dossier.
    pub(super) fn check_complete(&self) -> Result<(), PromptsError> {
        for kind in TABLE.iter().flat_map(|row| row.papers) {
            let Some(form) = self.forms.get(*kind) else {
                return Err(PromptsError::Invalid {
                    path: format!("papers/{kind}.md"),
                    message: "环节产出的文书没有式样".into(),
                });
            };
            let bound = kind.starts_with("dossier_") || self.order.rank(kind).0 < self.order.part.len();
            if !bound {
                return Err(PromptsError::Invalid {
                    path: "papers/order.toml".into(),
                    message: format!("《{}》（{kind}）没有卷内位置", form.zh),
                });
            }
        }
        Ok(())
    }

    pub fn form(&self, kind: &str) -> Result<&Form, PromptsError> {
        self.forms.get(kind).ok_or_else(|| PromptsError::UnknownKind {
            kind: kind.chars().take(60).collect(),
            known: self.forms.keys().cloned().collect::<Vec<_>>().join("、"),
        })
    }

    pub fn forms(&self) -> impl Iterator<Item = &Form> {
        self.forms.values()
    }
}

/// JSON as the templates see it.
fn given(value: &Value) -> Given {
    match value {
        Value::Null => Given::from(()),
        Value::Bool(b) => Given::from(*b),
        Value::Number(n) => n.as_i64().map_or_else(|| Given::from(n.as_f64().unwrap_or_default()), Given::from),
        Value::String(s) => Given::from(s.as_str()),
        Value::Array(list) => list.iter().map(given).collect::<Vec<Given>>().into(),
        Value::Object(map) => {
            map.iter().map(|(k, v)| (k.clone(), given(v))).collect::<BTreeMap<String, Given>>().into()
        }
    }
}

/// Blocks and field templates together: what filling a step document needs.
pub struct PaperTemplates<'a>(pub &'a Prompts);

impl Blocks for PaperTemplates<'_> {
    fn render(&self, id: &str, values: &BlockValues) -> Result<FieldValue, String> {
        self.0.blocks.render(id, values)
    }
}

impl Templates for PaperTemplates<'_> {
    fn field(&self, form: &str, field: &str, values: &Value) -> Result<String, String> {
        let compiled = self.0.papers.environment.get_template(&template(form, field)).map_err(|e| e.to_string())?;
        compiled.render(given(values)).map_err(|e| format!("{e:#}"))
    }
}

//! Forms of steps: `forms.toml` with the options and the values of one case filled in. Which steps are open, and what they need, the
//! procedure says.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::vocabularies;
use crate::domain::dossier::Dossier;
use crate::domain::people::{Person, Role};
use crate::flow::cases::{CaseView, OpenStep};

/// The form of a step as the file has it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Spec {
    section: String,
    note: Option<String>,
    /// The fields of another step come after its own.
    like: Option<String>,
    /// What constants of those fields are here.
    values: BTreeMap<String, Value>,
    fields: Vec<Field>,
}

/// One field.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Field {
    path: String,
    zh: String,
    kind: String,
    need: bool,
    hint: Option<String>,
    from: Option<String>,
    value: Option<Value>,
    rows: Vec<Field>,
}

#[derive(Deserialize)]
struct File {
    step: BTreeMap<String, Spec>,
}

static SPECS: LazyLock<BTreeMap<String, Spec>> =
    LazyLock::new(|| toml::from_str::<File>(include_str!("../forms.toml")).map(|f| f.step).unwrap_or_default());

/// A choice.
#[derive(Clone, Debug, Serialize)]
pub struct Choice {
    pub code: String,
    pub zh: String,
    pub on: bool,
}

/// A field as the template draws it.
#[derive(Clone, Debug, Serialize)]
pub struct FieldView {
    pub path: String,
    pub zh: String,
    pub hint: Option<String>,
    pub need: bool,
    /// How it is drawn: line, text, date, datetime, bool, choice, choices, rows.
    pub draw: &'static str,
    /// How its text becomes JSON.
    pub kind: String,
    pub value: Value,
    pub choices: Vec<Choice>,
    pub rows: Vec<Vec<FieldView>>,
    /// An empty row to add more by.
    pub blank: Vec<FieldView>,
}

/// A step that may be taken now, with its form.
#[derive(Clone, Debug, Serialize)]
pub struct StepView {
    /// Unique on the page.
    pub key: String,
    /// What the interface calls it.
    pub step: String,
    pub section: String,
    pub zh: &'static str,
    pub basis: &'static str,
    pub guards: Vec<&'static str>,
    /// It brings the case to another state.
    pub moves: bool,
    pub note: Option<String>,
    pub fields: Vec<FieldView>,
}

/// What fields are filled from.
pub struct Ground<'a> {
    pub case: &'a CaseView,
    pub people: &'a [Person],
    /// Code and name of the elements of the act.
    pub elements: &'a [(String, String)],
    pub today: String,
    data: Value,
}

impl<'a> Ground<'a> {
    pub fn new(case: &'a CaseView, people: &'a [Person], elements: &'a [(String, String)], today: String) -> Self {
        let data = json!({ "dossier": case.dossier });
        Self { case, people, elements, today, data }
    }

    fn dossier(&self) -> &Dossier {
        &self.case.dossier
    }
}

fn spec(step: &str) -> Option<&'static Spec> {
    SPECS.get(step).or_else(|| SPECS.get(step.split(':').next().unwrap_or(step)))
}

/// The forms of the steps that are open, in the order of the procedure; of two that the service tells apart by itself, one.
pub fn steps(ground: &Ground<'_>) -> Vec<StepView> {
    let mut out: Vec<StepView> = vec![];
    for open in &ground.case.steps {
        let Some(spec) = spec(open.step) else { continue };
        let own = SPECS.contains_key(open.step);
        let base = open.step.split(':').next().unwrap_or(open.step).to_string();
        if !own && out.iter().any(|s| s.step == base) {
            continue;
        }
        out.push(view(ground, open, spec, base));
    }
    out
}

fn view(ground: &Ground<'_>, open: &OpenStep, spec: &Spec, step: String) -> StepView {
    let mut fields: Vec<Field> = spec.fields.clone();
    if let Some(other) = spec.like.as_deref().and_then(|l| SPECS.get(l)) {
        let more = other.fields.iter().filter(|f| !spec.fields.iter().any(|own| own.path == f.path));
        fields.extend(more.cloned().map(|mut f| {
            if let Some(value) = spec.values.get(&f.path) {
                f.value = Some(value.clone());
            }
            f
        }));
    }
    StepView {
        key: open.step.replace(':', "-"),
        step,
        section: spec.section.clone(),
        zh: open.zh,
        basis: open.basis,
        guards: open.guards.clone(),
        moves: open.to.is_some(),
        note: spec.note.clone(),
        fields: fields.iter().map(|f| field(ground, f)).collect(),
    }
}

fn field(ground: &Ground<'_>, f: &Field) -> FieldView {
    let d = ground.dossier();
    let found = f.from.as_deref().and_then(|p| ground.data.pointer(p)).filter(|v| !v.is_null()).cloned();
    let mut value = found.or_else(|| f.value.clone()).unwrap_or(Value::Null);
    let (kind, name) = f.kind.split_once(':').unwrap_or((f.kind.as_str(), ""));
    if kind == "date" && f.need && value.is_null() && matches!(f.path.as_str(), "on" | "service.sent_on") {
        value = json!(ground.today);
    }
    let on = |code: &str| match &value {
        Value::Array(many) => many.iter().any(|v| v == code),
        other => other == code,
    };
    let choice = |code: String, zh: String, on: bool| Choice { code, zh, on };
    let mut rows = vec![];
    let (draw, choices): (&'static str, Vec<Choice>) = match kind {
        "text" | "lines" => ("text", vec![]),
        "date" => ("date", vec![]),
        "datetime" => ("datetime", vec![]),
        "bool" => ("bool", vec![]),
        "const" => ("const", vec![]),
        "vocab" | "vocabs" => {
            let all = vocabularies::of(name).into_iter().map(|(c, zh)| choice(c.into(), zh.into(), on(c))).collect();
            (if kind == "vocab" { "choice" } else { "choices" }, all)
        }
        "person" | "people" => {
            let role = Role::from_code(name);
            let able = ground.people.iter().filter(|p| !p.disabled && role.is_none_or(|r| p.roles.contains(&r)));
            let own = |id: &str| kind == "people" && d.officers().any(|o| o.id == id);
            let all = able.map(|p| choice(p.id.clone(), p.name.clone(), own(&p.id))).collect();
            (if kind == "person" { "choice" } else { "choices" }, all)
        }
        "evidence" | "evidence_no" => {
            let zh = |e: &crate::domain::case::Evidence| format!("{} {}", e.no, e.title.clone().unwrap_or_default());
            let all = d.case.evid.iter().map(|e| choice(e.no.to_string(), zh(e), false)).collect();
            (if kind == "evidence_no" { "choice" } else { "choices" }, all)
        }
        "element" => {
            ("choice", ground.elements.iter().map(|(code, zh)| choice(code.clone(), zh.clone(), false)).collect())
        }
        "paper" => {
            let live = d.documents.iter().filter(|p| !p.void);
            ("choice", live.map(|p| choice(p.id.clone(), p.title.clone(), false)).collect())
        }
        "act" => ("choice", recorded(d)),
        "index" => ("choice", listed(d, name)),
        "statements" => {
            rows = d.statements.iter().enumerate().map(|(i, s)| answer(ground, i, &s.text)).collect();
            ("rows", vec![])
        }
        "rows" => {
            rows = vec![f.rows.iter().map(|r| field(ground, r)).collect()];
            ("rows", vec![])
        }
        _ => ("line", vec![]),
    };
    if kind == "money"
        && let Some(fen) = value.as_i64()
    {
        value = json!(crate::domain::money::Fen(fen).plain_yuan());
    }
    FieldView {
        path: f.path.clone(),
        zh: f.zh.clone(),
        hint: f.hint.clone(),
        need: f.need,
        draw,
        kind: kind.into(),
        value,
        choices,
        rows,
        blank: if kind == "rows" { f.rows.iter().map(|r| field(ground, r)).collect() } else { vec![] },
    }
}

/// One statement of the party, to be answered.
fn answer(ground: &Ground<'_>, index: usize, text: &str) -> Vec<FieldView> {
    let made = |path: &str, zh: String, kind: &str, value: Option<Value>| {
        let need = kind == "line";
        field(ground, &Field { path: path.into(), zh, kind: kind.into(), need, value, ..Field::default() })
    };
    vec![
        made("statement", String::new(), "const", Some(json!(index))),
        made("accepted", format!("采纳：{text}"), "bool", None),
        made("reason", "理由".into(), "line", None),
    ]
}

/// What a recording may belong to.
fn recorded(d: &Dossier) -> Vec<Choice> {
    let choice = |code: String, zh: String| Choice { code, zh, on: false };
    let mut out: Vec<Choice> = d
        .acts
        .iter()
        .enumerate()
        .map(|(i, a)| choice(format!("act:{i}"), format!("{} {}", a.kind.zh(), a.place)))
        .collect();
    let served = d.services.iter().enumerate();
    out.extend(served.map(|(i, s)| choice(format!("service:{i}"), format!("送达{}", s.what.zh()))));
    out.extend((0..d.preservations.len()).map(|i| choice(format!("preservation:{i}"), format!("登记保存{}", i + 1))));
    out.extend((0..d.coercive.len()).map(|i| choice(format!("coercive:{i}"), format!("强制措施{}", i + 1))));
    if d.hearing.is_some() {
        out.push(choice("hearing".into(), "听证".into()));
    }
    out
}

/// Items of a list of the file, by their place in it.
fn listed(d: &Dossier, name: &str) -> Vec<Choice> {
    let texts: Vec<String> = match name {
        "preservations" => d.preservations.iter().map(|p| format!("{} {}", p.on, p.items.join("、"))).collect(),
        "coercive" => d.coercive.iter().map(|c| format!("{} {}", c.on, c.legal_basis)).collect(),
        "recusals" => d.recusals.iter().map(|r| format!("{} {}", r.on, r.reason)).collect(),
        _ => vec![],
    };
    texts.into_iter().enumerate().map(|(i, zh)| Choice { code: i.to_string(), zh, on: false }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::procedure::TABLE;

    /// Steps that have a place of their own instead of a form.
    const ELSEWHERE: &[&str] =
        &["save_facts", "comment_review", "settle_comment", "exclude_similar", "include_similar", "conclude_review"];

    #[test]
    fn every_step_of_the_table_has_a_form_or_a_place() {
        for row in TABLE {
            let base = row.step.split(':').next().unwrap();
            assert!(spec(row.step).is_some() || ELSEWHERE.contains(&base), "{} has no form", row.step);
        }
        for name in SPECS.keys() {
            assert!(
                TABLE.iter().any(|r| r.step == name || r.step.split(':').next() == Some(name)),
                "{name} is no step"
            );
        }
    }

    #[test]
    fn every_vocabulary_that_a_form_names_is_there() {
        for (step, spec) in SPECS.iter() {
            for f in &spec.fields {
                if let Some((kind, name)) = f.kind.split_once(':')
                    && kind.starts_with("vocab")
                {
                    assert!(!vocabularies::of(name).is_empty(), "{step}: {name}");
                }
            }
        }
    }
}

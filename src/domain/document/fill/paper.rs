//! Documents that steps produce: shared blocks by the same functions as decisions, everything else by the templates of the form.

use serde_json::Value;

use super::{BlockValues, FieldValue, FillError, FillInput, Filled, Filler, PENDING, date_zh, line};
use crate::domain::document::compose::clean;
use crate::domain::document::form::{Field, Form};
use crate::domain::document::papers::{CELL, PaperInput, Templates, harmless};

/// Fills a form of `prompts/papers/`. Nothing is drafted by a model here.
pub fn fill_paper(
    form: &Form,
    templates: &dyn Templates,
    input: &FillInput<'_>,
    paper: &PaperInput<'_>,
    values: &Value,
) -> Result<Filled, FillError> {
    let mut filler = Filler { input: *input, form, blocks: templates, missing: vec![] };
    let doc_no = Some(paper.doc_no.to_string()).filter(|no| !no.is_empty());
    let mut filled = Filled { agency: input.agency.name.clone(), doc_no, ..Filled::default() };
    for field in &form.fields {
        let mut value = match (&field.text, field.id.as_str()) {
            (Some(_), _) => {
                let text = templates.field(&form.id, &field.id, values);
                let text = text.map_err(|message| FillError::Block { block: field.id.clone(), message })?;
                FieldValue { text: clean(&text), sources: vec![field.path.clone()] }
            }
            (None, "head") => filler.paper_head(field, paper)?,
            (None, "seal") => filler.paper_seal(field, paper)?,
            (None, _) => {
                let value = filler.value(&field.id, field.block.as_deref())?;
                FieldValue { text: harmless(&value.text), ..value }
            }
        };
        if field.mandatory && blank(&value.text) {
            let zh = &field.zh;
            value.text = format!("{zh}：{PENDING}确认：{zh}】");
            filler.must(&field.id, &field.path, format!("缺少{zh}"), &field.basis);
        } else if field.text.is_some() {
            for what in gaps(&value.text) {
                filler.must(&field.id, &field.path, what, &field.basis);
            }
        }
        filled.fields.insert(field.id.clone(), value);
    }
    filled.missing = filler.missing;
    Ok(filled)
}

/// Nothing but separators.
fn blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || c == CELL)
}

/// What the visible gaps of a text ask for.
fn gaps(text: &str) -> Vec<String> {
    let open = format!("{PENDING}确认：");
    text.split(&open).skip(1).filter_map(|rest| rest.split_once('】')).map(|(what, _)| what.to_string()).collect()
}

impl Filler<'_> {
    fn paper_head(&mut self, field: &Field, paper: &PaperInput<'_>) -> Result<FieldValue, FillError> {
        let agency = line(&Some(self.input.agency.name.clone()));
        let agency = self.need(&field.id, "agency.name", "机关名称", &field.basis, agency);
        let doc_no = paper.doc_no.to_string();
        let values = BlockValues::from([("agency", agency), ("title", self.form.zh.clone()), ("doc_no", doc_no)]);
        self.render(field.block.as_deref(), &values)
    }

    /// Under the date of the document: it is not the decision that ends the case.
    fn paper_seal(&mut self, field: &Field, paper: &PaperInput<'_>) -> Result<FieldValue, FillError> {
        let agency =
            line(&Some(self.input.agency.name.clone())).unwrap_or_else(|| format!("{PENDING}确认：机关名称】"));
        let values = BlockValues::from([("agency", agency), ("date", date_zh(paper.day))]);
        self.render(field.block.as_deref(), &values)
    }
}

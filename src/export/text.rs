//! Plain text: the words of the document, and above them the label while it is a draft.

use super::Label;
use crate::domain::document::compose::Composed;

pub fn write(document: &Composed, label: &Label) -> String {
    match label.visible() {
        Some(words) => format!("【{words}】\n\n{}", document.text()),
        None => document.text(),
    }
}

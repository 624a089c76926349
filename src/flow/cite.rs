//! 引用核对.

use jiff::civil::Date;

use super::{Flow, today};
use crate::corpus::citation::Finding;
use crate::error::{Class, Report, Result};

impl Flow {
    /// Every citation in a text as of a day (today when none is given).
    pub fn cite_check(&self, text: &str, as_of: Option<Date>) -> Result<Vec<Finding>> {
        if text.chars().count() > 500_000 {
            return Err(Report::new(Class::TooLarge, "cite.too_long", "文字过长", "一次最多核对五十万字"));
        }
        Ok(self.corpus.cite_check(text, as_of.unwrap_or_else(today)))
    }
}

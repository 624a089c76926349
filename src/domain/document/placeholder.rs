//! 占位符 `{{fact:…}}` `{{law:…}}` `{{amt:…}}`: the only way a value reaches a passage. The model writes the marker, code
//! writes the value.

use serde::{Deserialize, Serialize};

/// What a marker stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Value {
    /// The text that replaces the marker.
    pub text: String,
    /// Where it comes from: a path of the case JSON, optionally with a byte span (`facts.narrative[12..33]`), or an article.
    pub source: String,
}

/// Markers and their values, in order of first appearance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Values(Vec<(String, Value)>);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceholderError {
    #[error("占位符没有写完：{0}")]
    Malformed(String),
    #[error("占位符没有对应的值：{{{{{0}}}}}")]
    Unknown(String),
}

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment<'a> {
    Text(&'a str),
    /// The name between the braces, e.g. `fact:日期1`.
    Slot(&'a str),
}

impl Values {
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v))
    }

    /// Sets a value under a name of the caller's choice; an existing one is replaced.
    pub fn set(&mut self, name: impl Into<String>, text: impl Into<String>, source: impl Into<String>) {
        let (name, value) = (name.into(), Value { text: text.into(), source: source.into() });
        match self.0.iter_mut().find(|(n, _)| *n == name) {
            Some(slot) => slot.1 = value,
            None => self.0.push((name, value)),
        }
    }

    /// Adds a value under the next free number of `stem` (`fact:日期` → `fact:日期1`), or returns the name it already has.
    pub fn number(&mut self, stem: &str, text: &str, source: &str) -> String {
        let same = |(n, v): &&(String, Value)| n.starts_with(stem) && v.text == text;
        if let Some((name, _)) = self.0.iter().find(same) {
            return name.clone();
        }
        let digits = |n: &str| n.strip_prefix(stem).is_some_and(|r| r.chars().all(|c| c.is_ascii_digit()));
        let name = format!("{stem}{}", self.0.iter().filter(|(n, _)| digits(n)).count() + 1);
        self.set(name.clone(), text, source);
        name
    }

    pub fn extend(&mut self, other: &Values) {
        for (name, value) in &other.0 {
            self.set(name.clone(), value.text.clone(), value.source.clone());
        }
    }
}

/// Splits a template into text and markers.
pub fn segments(template: &str) -> Result<Vec<Segment<'_>>, PlaceholderError> {
    let (mut out, mut rest) = (Vec::new(), template);
    while let Some(open) = rest.find("{{") {
        if open > 0 {
            out.push(Segment::Text(&rest[..open]));
        }
        let body = &rest[open + 2..];
        let close = body.find("}}").ok_or_else(|| PlaceholderError::Malformed(body.chars().take(20).collect()))?;
        let name = &body[..close];
        if name.is_empty() || name.contains('{') || name.contains('\n') || name.len() > 60 {
            return Err(PlaceholderError::Malformed(name.chars().take(20).collect()));
        }
        out.push(Segment::Slot(name));
        rest = &body[close + 2..];
    }
    if rest.contains("}}") {
        return Err(PlaceholderError::Malformed(rest.chars().take(20).collect()));
    }
    if !rest.is_empty() {
        out.push(Segment::Text(rest));
    }
    Ok(out)
}

/// The marker names of a template, in order.
pub fn names(template: &str) -> Result<Vec<&str>, PlaceholderError> {
    Ok(segments(template)?
        .into_iter()
        .filter_map(|s| match s {
            Segment::Slot(name) => Some(name),
            Segment::Text(_) => None,
        })
        .collect())
}

/// Replaces every marker; fails on an unknown one, so that nothing unresolved reaches a document.
pub fn resolve(template: &str, values: &Values) -> Result<String, PlaceholderError> {
    let mut out = String::with_capacity(template.len());
    for segment in segments(template)? {
        match segment {
            Segment::Text(text) => out.push_str(text),
            Segment::Slot(name) => {
                out.push_str(&values.get(name).ok_or_else(|| PlaceholderError::Unknown(name.into()))?.text);
            }
        }
    }
    Ok(out)
}

/// Text from people may contain braces of its own; they must not be read as markers.
pub fn neutralise(text: &str) -> String {
    text.replace("{{", "｛｛").replace("}}", "｝｝")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_filled_and_unknown_markers_refused() {
        let mut values = Values::default();
        let name = values.number("fact:日期", "2024年3月4日", "facts.narrative[0..13]");
        assert_eq!(name, "fact:日期1");
        assert_eq!(values.number("fact:日期", "2024年3月4日", "elsewhere"), "fact:日期1");
        assert_eq!(values.number("fact:日期", "2024年3月5日", "x"), "fact:日期2");
        assert_eq!(resolve("于{{fact:日期1}}检查", &values).unwrap(), "于2024年3月4日检查");
        assert_eq!(resolve("{{fact:日期9}}", &values), Err(PlaceholderError::Unknown("fact:日期9".into())));
        assert!(resolve("于{{fact:日期1检查", &values).is_err());
        assert!(resolve("于fact:日期1}}检查", &values).is_err());
    }

    #[test]
    fn braces_in_the_facts_do_not_become_markers() {
        let text = neutralise("招牌写着{{amt:罚款}}");
        assert!(names(&text).unwrap().is_empty());
    }
}

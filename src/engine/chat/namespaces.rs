//! A namespace that holds itself is printed without end, and the stack with it. Namespaces are the only values of a template
//! that can change after they were made, so it is enough that none is ever used as a value: it is made by
//! `set name = namespace(…)`, and afterwards only its members are spoken of.
//!
//! The whole source is searched, texts and comments included: what is code and what is not can be disguised, a name cannot. A
//! template that happens to use such a name as a word is refused without need, which costs less.

use regex::Regex;

/// Whether no namespace is used as a value.
pub fn are_kept_apart(source: &str) -> bool {
    let pattern = |text: &str| Regex::new(text).ok();
    let (Some(word), Some(made)) = (pattern(r"\bnamespace\b"), pattern(r"\bset\s+(\w+)\s*=\s*namespace\s*\(")) else {
        return false;
    };
    let names: Vec<&str> = made.captures_iter(source).filter_map(|c| c.get(1)).map(|m| m.as_str()).collect();
    if word.find_iter(source).count() != names.len() {
        return false;
    }
    names.iter().all(|name| {
        let name = regex::escape(name);
        let all = pattern(&format!(r"\b{name}\b"));
        // Made, a member of it, or a member of something else that is called the same.
        let harmless = pattern(&format!(r"(\bset\s+{name}\s*=\s*namespace\b|\.{name}\b|\b{name}\s*\.\s*\w)"));
        all.zip(harmless)
            .is_some_and(|(all, harmless)| all.find_iter(source).count() == harmless.find_iter(source).count())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces_are_for_their_members() {
        for fine in [
            "{% for m in messages %}{{ m.content }}{% endfor %}",
            "{%- set ns = namespace(a=1, last=messages|length - 1) -%}{%- set ns.a = ns.a + 1 -%}{{ ns.a }}",
            "{% set ns = namespace(found=false) %}{% if not ns.found and x == 'n' %}{% set ns.found = true %}{% endif %}",
        ] {
            assert!(are_kept_apart(fine), "{fine}");
        }
        for bad in [
            "{% set x = namespace() %}{% set x.s = x %}",
            "{% set x = namespace() %}{% set y = x %}{% set x.s = y %}",
            "{% set x = namespace(s=namespace()) %}",
            "{% set x = namespace() %}{% set x.s = [x] %}",
            "{% set n = namespace %}{% set x = n() %}",
            "{{ f(namespace()) }}",
            "{% set x = namespace() %}{% for x in [1] %}{{ x }}{% endfor %}",
            "{# {{ ' #}{% set x = namespace() %}{% set x.s = x %}{{ x.s }}{# ' }} #}",
            r"{{ '\'' }}{% set x = namespace() %}{% set x.s = x %}{{ x.s ~ '' }}",
            "{% raw %}{{ ' {% endraw %}{% set x = namespace() %}{% set x.s = x %}{{ x.s }}{# ' }} #}",
        ] {
            assert!(!are_kept_apart(bad), "{bad}");
        }
    }
}

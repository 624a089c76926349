//! A namespace that holds itself is printed without end, and the stack with it. Namespaces are the only values of a template
//! that can change after they were made, so it is enough that none is ever used as a value: it is made by
//! `set name = namespace(…)`, and afterwards only its members are spoken of.

use std::collections::HashSet;

/// Words and signs of the code of a template, texts left out.
fn code(source: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = source;
    while let Some(open) = rest.find("{{").into_iter().chain(rest.find("{%")).min() {
        rest = &rest[open + 2..];
        // Until the block ends, be it in a text or not: reading on too far only means being stricter.
        while !rest.is_empty() && !rest.starts_with("}}") && !rest.starts_with("%}") {
            let first = rest.chars().next().unwrap_or_default();
            let length = match first {
                '\'' | '"' => rest[1..].find(first).map_or(rest.len(), |end| end + 2),
                c if c.is_alphanumeric() || c == '_' => {
                    rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
                }
                c => c.len_utf8(),
            };
            if !first.is_whitespace() {
                out.push(&rest[..length]);
            }
            rest = &rest[length..];
        }
    }
    out
}

/// Whether no namespace is used as a value.
pub fn are_kept_apart(source: &str) -> bool {
    if !source.contains("namespace") {
        return true;
    }
    let code = code(source);
    let made = |at: usize| at >= 3 && code[at - 3] == "set" && code[at - 1] == "=" && code.get(at + 1) == Some(&"(");
    let mut names = HashSet::new();
    for at in (0..code.len()).filter(|at| code[*at] == "namespace") {
        if !made(at) {
            return false;
        }
        names.insert(code[at - 2]);
    }
    let member = |at: usize| at > 0 && code[at - 1] == ".";
    let used = (0..code.len()).filter(|at| names.contains(code[*at]) && !member(*at));
    used.into_iter().all(|at| match code.get(at + 1) {
        Some(&".") => true,
        Some(&"=") => at > 0 && code[at - 1] == "set" && code.get(at + 2) == Some(&"namespace"),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces_are_for_their_members() {
        for fine in [
            "{% for m in messages %}{{ m.content }}{% endfor %}",
            "{%- set ns = namespace(a=1, last=messages|length - 1) -%}{%- set ns.a = ns.a + 1 -%}{{ ns.a }} namespace ns",
            "{% set ns = namespace(found=false) %}{% if not ns.found and x == 'ns' %}{% set ns.found = true %}{% endif %}",
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
        ] {
            assert!(!are_kept_apart(bad), "{bad}");
        }
    }
}

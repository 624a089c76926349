//! Why no penalty: 要件 by 要件 from the person's reason and the findings, then what remains of the reason.

use super::{FieldPoints, NO_PENALTY, Point, Suspicious, close, is_instruction, laws, sentences, text};
use crate::domain::assessment::{Assessment, ClauseRole};
use crate::domain::case::Case;
use crate::domain::document::fill::ground;
use crate::domain::document::form::Form;
use crate::domain::document::redact::Redactor;

pub(super) fn reasons(
    form: &Form,
    case: &Case,
    assessment: &Assessment,
    redactor: &mut Redactor,
    suspicious: &mut Suspicious,
) -> FieldPoints {
    let mut points = vec![];
    let code = ground(case, assessment);
    let chosen = code.and_then(|code| form.grounds.iter().find(|g| g.code == code));
    let cause = text(&case.case.cause).unwrap_or(&assessment.act).trim_start_matches("涉嫌").to_string();
    redactor.values.set("fact:违法行为", cause, "case.cause");
    match chosen.map(|g| g.code.as_str()) {
        Some("not_established") => points.push(Point {
            template: "经调查，现有证据不能证明当事人实施了{{fact:违法行为}}的违法行为。".into(),
            sources: vec!["case.cause".into()],
        }),
        _ => {
            if let Some((markers, sources)) = laws(assessment, ClauseRole::Duty, "义务条", redactor) {
                let template = format!("当事人的上述行为违反了{markers}的规定，属于{{{{fact:违法行为}}}}的违法行为。");
                points.push(Point { template, sources });
            }
        }
    }
    let mut left: Vec<String> = vec![];
    for sentence in case.disc.final_.as_ref().and_then(|f| text(&f.reason)).map(sentences).unwrap_or_default() {
        if is_instruction(&sentence) {
            suspicious.0.push(sentence);
        } else {
            left.push(sentence);
        }
    }
    for (i, element) in chosen.into_iter().flat_map(|g| &g.elements).enumerate() {
        let name = redactor.values.number("fact:要件", &element.zh, "disc.final.ground");
        for factor in assessment.factors.iter().filter(|f| element.factors.contains(&f.code)) {
            let Some(found) = text(&factor.text) else { continue };
            if is_instruction(found) {
                suspicious.0.push(found.to_string());
                continue;
            }
            let stated = redactor.redact(found.trim_end_matches('。'), "facts.factors");
            let mut sources: Vec<String> = factor.evidence.iter().map(|no| format!("E{no}")).collect();
            sources.push("facts.factors".into());
            points.push(Point { template: close(format!("关于{{{{{name}}}}}，{stated}")), sources });
        }
        // One sentence argues one 要件: the first whose words it has.
        let later: Vec<&str> = chosen
            .into_iter()
            .flat_map(|g| &g.elements)
            .skip(i + 1)
            .flat_map(|e| e.words.iter().map(String::as_str))
            .collect();
        let about = |s: &String| element.words.iter().any(|w| s.contains(w.as_str()));
        let (mine, rest): (Vec<String>, Vec<String>) = left.into_iter().partition(about);
        left = rest;
        for sentence in mine {
            let also = later.iter().any(|w| sentence.contains(w));
            let redacted = redactor.redact(&sentence, "disc.final.reason");
            let lead = if also { String::new() } else { format!("关于{{{{{name}}}}}，") };
            points.push(Point {
                template: close(format!("{lead}{redacted}")),
                sources: vec!["disc.final.reason".into()],
            });
        }
    }
    for sentence in left {
        let redacted = redactor.redact(&sentence, "disc.final.reason");
        points.push(Point { template: close(redacted), sources: vec!["disc.final.reason".into()] });
    }
    FieldPoints { field: NO_PENALTY, points }
}

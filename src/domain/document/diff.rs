//! 对照: what changed between two texts, in runs a person can read. Sentences that stayed are found first, then characters
//! within those that changed, so that a moved comma does not make a paragraph look rewritten.

use serde::Serialize;

/// What happened to a run of characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    Same,
    Del,
    Ins,
}

/// A run of characters with one fate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Run {
    pub op: Op,
    pub text: String,
}

/// Cells of the comparison table, at most; beyond it a stretch is shown as replaced whole.
const CELLS: usize = 4_000_000;

/// The runs from one text to the other: all but the insertions give `from`, all but the deletions give `to`. Neighbouring runs
/// differ in kind, and a deletion stands before the insertion that replaces it.
pub fn diff(from: &str, to: &str) -> Vec<Run> {
    let (a, b) = (sentences(from), sentences(to));
    let mut runs = Vec::new();
    let (mut i, mut j) = (0, 0);
    let end = (a.len(), b.len());
    for (x, y) in common(&a, &b).into_iter().chain([end]) {
        characters(&a[i..x].concat(), &b[j..y].concat(), &mut runs);
        if (x, y) != end {
            runs.push(Run { op: Op::Same, text: a[x].to_string() });
        }
        (i, j) = (x + 1, y + 1);
    }
    readable(&runs)
}

fn sentences(text: &str) -> Vec<&str> {
    text.split_inclusive(['。', '；', '！', '？', '\n']).collect()
}

fn characters(from: &str, to: &str, runs: &mut Vec<Run>) {
    let (a, b): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let head = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let tail = a[head..].iter().rev().zip(b[head..].iter().rev()).take_while(|(x, y)| x == y).count();
    let (middle_a, middle_b) = (&a[head..a.len() - tail], &b[head..b.len() - tail]);
    let mut add = |op, chars: &[char]| {
        if !chars.is_empty() {
            runs.push(Run { op, text: chars.iter().collect() });
        }
    };
    add(Op::Same, &a[..head]);
    let (mut i, mut j) = (0, 0);
    for (x, y) in common(middle_a, middle_b) {
        add(Op::Del, &middle_a[i..x]);
        add(Op::Ins, &middle_b[j..y]);
        add(Op::Same, &middle_a[x..=x]);
        (i, j) = (x + 1, y + 1);
    }
    add(Op::Del, &middle_a[i..]);
    add(Op::Ins, &middle_b[j..]);
    add(Op::Same, &a[a.len() - tail..]);
}

/// Places of a longest common subsequence, in order; none where the table would be too large.
fn common<T: PartialEq>(a: &[T], b: &[T]) -> Vec<(usize, usize)> {
    let width = b.len() + 1;
    if (a.len() + 1).saturating_mul(width) > CELLS {
        return vec![];
    }
    // Its values stay below the square root of CELLS.
    let mut longest = vec![0u16; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            longest[i * width + j] = if a[i] == b[j] {
                longest[(i + 1) * width + j + 1] + 1
            } else {
                longest[(i + 1) * width + j].max(longest[i * width + j + 1])
            };
        }
    }
    let (mut out, mut i, mut j) = (vec![], 0, 0);
    while i < a.len() && j < b.len() {
        if a[i] == b[j] {
            out.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if longest[(i + 1) * width + j] >= longest[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    out
}

/// Joins runs of one kind; a single character that stayed between changes is part of the change.
fn readable(runs: &[Run]) -> Vec<Run> {
    let joined = joined(runs.iter().map(|r| (r.op, r.text.as_str())));
    let changed = |i: Option<usize>| i.and_then(|i| joined.get(i)).is_some_and(|r| r.op != Op::Same);
    let mut parts = Vec::with_capacity(joined.len());
    for (i, run) in joined.iter().enumerate() {
        let island = run.op == Op::Same
            && run.text.chars().nth(1).is_none()
            && changed(i.checked_sub(1))
            && changed(i.checked_add(1));
        if island {
            parts.extend([(Op::Del, run.text.as_str()), (Op::Ins, run.text.as_str())]);
        } else {
            parts.push((run.op, run.text.as_str()));
        }
    }
    self::joined(parts)
}

fn joined<'a>(parts: impl IntoIterator<Item = (Op, &'a str)>) -> Vec<Run> {
    let (mut out, mut del, mut ins) = (Vec::<Run>::new(), String::new(), String::new());
    let flush = |out: &mut Vec<Run>, del: &mut String, ins: &mut String| {
        for (op, text) in [(Op::Del, std::mem::take(del)), (Op::Ins, std::mem::take(ins))] {
            if !text.is_empty() {
                out.push(Run { op, text });
            }
        }
    };
    for (op, text) in parts {
        match op {
            Op::Del => del.push_str(text),
            Op::Ins => ins.push_str(text),
            Op::Same => {
                flush(&mut out, &mut del, &mut ins);
                match out.last_mut() {
                    Some(last) if last.op == Op::Same => last.text.push_str(text),
                    _ => out.push(Run { op, text: text.to_string() }),
                }
            }
        }
    }
    flush(&mut out, &mut del, &mut ins);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(from: &str, to: &str) -> String {
        let runs = diff(from, to);
        let side = |left_out: Op| runs.iter().filter(|r| r.op != left_out).map(|r| r.text.as_str()).collect::<String>();
        assert_eq!((side(Op::Ins).as_str(), side(Op::Del).as_str()), (from, to));
        assert!(runs.windows(2).all(|w| w[0].op != w[1].op), "{runs:?}");
        let mark = |r: &Run| match r.op {
            Op::Same => r.text.clone(),
            Op::Del => format!("[-{}]", r.text),
            Op::Ins => format!("[+{}]", r.text),
        };
        runs.iter().map(mark).collect()
    }

    #[test]
    fn changes_read_as_a_person_made_them() {
        for (from, to, expected) in [
            ("", "", ""),
            ("", "新写。", "[+新写。]"),
            ("原文。", "", "[-原文。]"),
            ("原文。", "原文。", "原文。"),
            ("当事人未取得许可证。", "当事人未取得办学许可证。", "当事人未取得[+办学]许可证。"),
            ("收取费用46580元。", "收取费用45000元。", "收取费用4[-658][+500]0元。"),
            ("甲一。乙二。丙三。", "甲一。丙三。", "甲一。[-乙二。]丙三。"),
            ("甲一。丙三。", "甲一。乙二。丙三。", "甲一。[+乙二。]丙三。"),
            ("学生三十人在场", "教师五人到场", "[-学生三十人在][+教师五人到]场"),
        ] {
            assert_eq!(shown(from, to), expected);
        }
    }

    #[test]
    fn any_two_texts_can_be_put_together_again() {
        let mut state = 7u64;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        for _ in 0..400 {
            let mut text =
                || (0..random(40)).map(|_| ['甲', '乙', '。', '1', '\n'][random(5) as usize]).collect::<String>();
            let (from, to) = (text(), text());
            shown(&from, &to);
        }
    }

    #[test]
    fn texts_too_long_to_compare_are_shown_as_replaced() {
        let (from, to) = ("甲乙".repeat(3000), "丙丁".repeat(3000));
        let runs = diff(&from, &to);
        assert_eq!(runs.iter().map(|r| r.op).collect::<Vec<_>>(), [Op::Del, Op::Ins]);
        assert_eq!(runs[1].text, to);
    }
}

//! The score of a case: 条款 30 %, 阶次 20 %, 种类 20 %, 数额 20 %, 因素 10 %. What the law leaves open in a case is not counted, and its
//! share goes to the rest. Distances from the benchmark and from the class are told, the latter without counting.

use super::score::{Part, Peers, Score, Verdict};
use super::{Answer, CaseQuestion};
use crate::domain::assessment::MoneyRange;
use crate::domain::discretion::range::show;
use crate::domain::money::Fen;
use crate::domain::penalty::{PenaltyKind, Tier};

/// A part before it is weighed: its share and how much of it was got, in hundredths.
struct Judged {
    code: &'static str,
    zh: &'static str,
    share: u32,
    got: u32,
    text: String,
}

pub fn score(case: &CaseQuestion, points: u32, answer: &Answer, peers: Peers) -> Score {
    let judged: Vec<Judged> = [articles, tier, kinds, amount, factors].iter().filter_map(|f| f(case, answer)).collect();
    let shares: u32 = judged.iter().map(|j| j.share).sum::<u32>().max(1);
    let of = points * 10;
    let mut parts: Vec<Part> = judged
        .into_iter()
        .map(|j| Part {
            code: j.code,
            zh: j.zh,
            verdict: match j.got {
                0 => Verdict::Wrong,
                100.. => Verdict::Right,
                _ => Verdict::Partly,
            },
            got: (of * j.share * j.got.min(100)).div_ceil(shares * 100).min(of),
            of: of * j.share / shares,
            text: j.text,
        })
        .collect();
    // The shares may not divide the points; what is left over belongs to the first part.
    let rest = of - parts.iter().map(|p| p.of).sum::<u32>().min(of);
    if let Some(first) = parts.first_mut() {
        first.of += rest;
        if first.verdict == Verdict::Right {
            first.got = first.of;
        }
    }
    for part in &mut parts {
        part.got = part.got.min(part.of);
    }
    let got = parts.iter().map(|p| p.got).sum();
    parts.extend(against_class(answer, peers));
    Score { got, of, parts }
}

fn articles(case: &CaseQuestion, answer: &Answer) -> Option<Judged> {
    let right = &case.key.articles;
    if right.is_empty() {
        return None;
    }
    let named = |places: Vec<usize>| {
        places.iter().filter_map(|p| case.articles.get(*p)).cloned().collect::<Vec<_>>().join("、")
    };
    let hit: Vec<usize> = answer.articles.iter().filter(|a| right.contains(a)).copied().collect();
    let missing: Vec<usize> = right.iter().filter(|a| !answer.articles.contains(a)).copied().collect();
    let extra: Vec<usize> = answer.articles.iter().filter(|a| !right.contains(a)).copied().collect();
    // One too many costs half of one that is right.
    let halves = (2 * hit.len()).saturating_sub(extra.len());
    let got = u32::try_from(100 * halves / (2 * right.len())).unwrap_or(0);
    let mut text = vec![];
    if !hit.is_empty() {
        text.push(format!("选对：{}", named(hit)));
    }
    if !missing.is_empty() {
        text.push(format!("遗漏：{}", named(missing)));
    }
    if !extra.is_empty() {
        text.push(format!("不适用：{}", named(extra)));
    }
    Some(Judged { code: "articles", zh: "条款", share: 30, got, text: text.join("；") })
}

/// Beside the right tier counts half.
fn tier(case: &CaseQuestion, answer: &Answer) -> Option<Judged> {
    let (right, given) = (case.key.tier?, answer.tier?);
    let place = |tier: Tier| Tier::ALL.iter().position(|t| *t == tier).unwrap_or_default();
    let apart = place(right).abs_diff(place(given));
    let text = match apart {
        0 => format!("阶次为{}，正确", right.zh()),
        _ => format!("按本案因素应为{}，您选{}", right.zh(), given.zh()),
    };
    let got = match apart {
        0 => 100,
        // 不予处罚 is not a lighter penalty but none.
        1 if right != Tier::NoPenalty && given != Tier::NoPenalty => 50,
        _ => 0,
    };
    Some(Judged { code: "tier", zh: "阶次", share: 20, got, text })
}

fn kinds(case: &CaseQuestion, answer: &Answer) -> Option<Judged> {
    let (key, given) = (&case.key, &answer.kinds);
    let names = |kinds: &[PenaltyKind]| kinds.iter().map(|k| k.zh()).collect::<Vec<_>>().join("、");
    // 减轻 may leave out a kind that is otherwise to be given.
    let lighter = key.may_mitigate && answer.tier == Some(Tier::Mitigated);
    let missing: Vec<PenaltyKind> = key.required.iter().filter(|k| !given.contains(k) && !lighter).copied().collect();
    let extra: Vec<PenaltyKind> = given.iter().filter(|k| !key.allowed.contains(k)).copied().collect();
    let mut wrong = missing.len() + extra.len();
    let mut text = vec![];
    if !missing.is_empty() {
        text.push(format!("应当给予而没有：{}", names(&missing)));
    }
    if !extra.is_empty() {
        text.push(format!("本条本档没有：{}", names(&extra)));
    }
    for group in &key.one_of {
        let taken = group.iter().filter(|k| given.contains(k)).count();
        if taken > 1 || (taken == 0 && !lighter) {
            wrong += 1;
            text.push(format!("{}应当择一，您选了{taken}种", names(group)));
        }
    }
    if text.is_empty() {
        let said = if given.is_empty() {
            "不给予处罚，符合结论".to_string()
        } else {
            format!("{}，合法", names(given))
        };
        text.push(said);
    }
    let got = 100u32.saturating_sub(50 * u32::try_from(wrong).unwrap_or(2));
    Some(Judged { code: "kinds", zh: "处罚种类", share: 20, got, text: text.join("；") })
}

/// In the suggested part of the lawful range whole, elsewhere in the range three fifths, outside nothing.
fn amount(case: &CaseQuestion, answer: &Answer) -> Option<Judged> {
    let key = &case.key;
    let judged = |got, text| Some(Judged { code: "amount", zh: "数额", share: 20, got, text });
    let fine_due = key.required.contains(&PenaltyKind::Fine);
    let Some(sum) = answer.fine_fen else {
        return match (key.ranges.is_empty(), fine_due) {
            (true, _) => judged(100, format!("不得罚款（{}），没有罚款，正确", key.result.zh())),
            (false, true) => judged(0, format!("应当罚款，法定幅度{}", spans(&key.ranges))),
            (false, false) => judged(100, "可以不罚款".into()),
        };
    };
    if key.ranges.is_empty() {
        return judged(0, format!("不得罚款（{}），您写了{sum}", key.result.zh()));
    }
    let distance = key.suggested.map(|band| from_band(sum, &band, &key.ranges)).unwrap_or_default();
    if key.ranges.iter().any(|r| r.contains(sum)) {
        let lawful = format!("{sum}在法定幅度{}之内", spans(&key.ranges));
        return match &key.suggested {
            Some(band) if band.contains(sum) => judged(100, format!("{lawful}，也在建议幅度{}之内", show(band))),
            Some(band) => judged(60, format!("{lawful}，但在建议幅度{}之外：{distance}", show(band))),
            None => judged(100, lawful),
        };
    }
    let below = key.ranges.iter().all(|r| sum < r.lo);
    if below && key.may_mitigate && answer.tier == Some(Tier::Mitigated) {
        let text = format!("{sum}低于法定下限，有减轻的法定情形，可以减轻；减轻须集体讨论并写明理由");
        return judged(if key.tier == Some(Tier::Mitigated) { 100 } else { 60 }, text);
    }
    let text = format!(
        "{sum}不在法定幅度{}之内{}",
        spans(&key.ranges),
        if distance.is_empty() { String::new() } else { format!("；{distance}") }
    );
    judged(0, text)
}

fn spans(ranges: &[MoneyRange]) -> String {
    ranges.iter().map(show).collect::<Vec<_>>().join("或者")
}

/// How far a sum is from the suggested part, in 元 and in hundredths of the lawful range.
fn from_band(sum: Fen, band: &MoneyRange, ranges: &[MoneyRange]) -> String {
    let (gap, word) = match sum < band.lo {
        true => (band.lo.0 - sum.0, "低"),
        false => (sum.0 - band.hi.0, "高"),
    };
    if gap <= 0 {
        return String::new();
    }
    let width = ranges.iter().map(|r| r.hi.0 - r.lo.0).max().filter(|w| *w > 0);
    let share =
        width.map(|w| format!("，相当于法定幅度的{}%", (i128::from(gap) * 100 / i128::from(w)))).unwrap_or_default();
    format!("比建议幅度{word}{}{share}", Fen(gap))
}

/// Counted as found: ticked, or named in the reason.
fn factors(case: &CaseQuestion, answer: &Answer) -> Option<Judged> {
    let key = &case.key.factors;
    let found = |code: &str, zh: &str| answer.factors.iter().any(|f| f == code) || answer.reason.contains(zh);
    let missing: Vec<&str> = key.iter().filter(|f| !found(&f.code, &f.zh)).map(|f| f.zh.as_str()).collect();
    let wrong = |code: &str| answer.factors.iter().any(|c| c == code) && !key.iter().any(|f| f.code == code);
    let extra: Vec<&str> = case.factors.iter().filter(|f| wrong(&f.code)).map(|f| f.zh.as_str()).collect();
    let mut text = vec![];
    if !missing.is_empty() {
        text.push(format!("遗漏因素：{}", missing.join("、")));
    }
    if !extra.is_empty() {
        text.push(format!("本案没有：{}", extra.join("、")));
    }
    if text.is_empty() {
        text.push(if key.is_empty() { "本案没有裁量因素，正确".into() } else { "因素齐全".to_string() });
    }
    let all = key.len().max(1);
    let halves = (2 * (all - missing.len().min(all))).saturating_sub(extra.len());
    let got = u32::try_from(100 * halves / (2 * all)).unwrap_or(0);
    Some(Judged { code: "factors", zh: "因素", share: 10, got, text: text.join("；") })
}

fn against_class(answer: &Answer, peers: Peers) -> Option<Part> {
    let (sum, median) = (answer.fine_fen?, peers.median_fen.filter(|_| peers.fined > 1)?);
    let told = match sum.0 - median.0 {
        0 => "与您相同".to_string(),
        gap if gap > 0 => format!("您高出{}", Fen(gap)),
        gap => format!("您低{}", Fen(-gap)),
    };
    let text = format!("全班{}人写了罚款，中位数{median}，{told}", peers.fined);
    Some(Part { code: "peers", zh: "与全班", verdict: Verdict::Told, got: 0, of: 0, text })
}

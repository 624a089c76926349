//! Dates and their roles, told by the words around them.

use std::sync::LazyLock;

use jiff::civil::Date;
use regex::Regex;

use super::{Sink, Source};
use crate::domain::numerals;

static DATE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:(?P<y>\d{4}|[〇零一二三四五六七八九]{4})\s*年\s*)?(?P<m>\d{1,2}|[一二三四五六七八九十]{1,2})\s*月\s*(?P<d>\d{1,2}|[一二三四五六七八九十]{1,3})\s*[日号]|(?P<iy>\d{4})[-/.](?P<im>\d{1,2})[-/.](?P<id>\d{1,2})")
        .expect("the pattern is valid")
});

struct Mention {
    date: Date,
    start: usize,
    end: usize,
}

/// All dates in order; one without a year takes the year of the date before it.
fn mentions(text: &str, today: Date) -> Vec<Mention> {
    let mut year: Option<i16> = None;
    let mut out = Vec::new();
    for found in DATE.captures_iter(text) {
        let number = |name: &str| found.name(name).and_then(|m| numerals::parse(m.as_str()));
        if let Some(y) = number("y").or(number("iy")) {
            year = i16::try_from(y).ok();
        }
        let (Some(y), Some(m), Some(d)) = (year, number("m").or(number("im")), number("d").or(number("id"))) else {
            continue;
        };
        let (Ok(m), Ok(d)) = (i8::try_from(m), i8::try_from(d)) else { continue };
        let Ok(date) = Date::new(y, m, d) else { continue };
        if date.year() < 1900 || date > today {
            continue;
        }
        let whole = found.get(0).expect("group 0 always takes part");
        out.push(Mention { date, start: whole.start(), end: whole.end() });
    }
    out
}

pub(super) fn read(source: &Source<'_>, sink: &mut Sink, today: Date) {
    let all = mentions(source.text, today);
    let mut reported: Option<&Mention> = None;
    for (i, m) in all.iter().enumerate() {
        let (before, clause, after) = (source.before(m.start, 16), source.clause(m.start), source.after(m.end, 24));
        let here = |words: &[&str]| words.iter().any(|w| clause.contains(w));
        let follows = |words: &[&str]| words.iter().any(|w| after.contains(w));
        let range_end = i > 0 && range_between(source.text[all[i - 1].end..m.start].trim()) && {
            let opened = source.span(all[i - 1].start, all[i - 1].end);
            sink.values.iter().any(|v| v.path == "facts.act_from" && v.span == opened)
        };
        let mut put = |path: &str| sink.put(source, path, m.date.to_string(), m.start, m.end);
        if after.starts_with("出生") || before.ends_with("出生日期：") || before.ends_with("出生于") {
            put("party.birth");
        } else if here(&["责令"]) && follows(&["责令"]) {
            put("facts.rectify.ordered_at");
        } else if (after.starts_with('前')
            || after.starts_with("之前")
            || before.ends_with("限于")
            || before.ends_with("期限至"))
            && (here(&["改正", "整改", "关闭", "停止", "退"]) || before.contains("要求"))
        {
            put("facts.rectify.deadline");
        } else if here(&["复查", "回访"]) {
            put("facts.rectify.rechecked_at");
        } else if here(&["立案"]) && follows(&["立案"]) {
            put("case.filed_at");
        } else if here(&["事先告知", "告知书"]) && follows(&["告知"]) {
            put("procedure.notice_served_at");
        } else if here(&["处罚决定"]) && follows(&["决定"]) {
            put("procedure.decided_at");
        } else if starts_range(before, after, all.get(i + 1).map(|n| source.text[m.end..n.start].trim())) {
            put("facts.act_from");
        } else if range_end {
            put("facts.act_to");
        } else if follows(&["检查", "巡查", "核查", "发现", "查获", "查实"]) || here(&["现场检查", "进行检查"])
        {
            put("facts.discovered_at");
        } else if follows(&["举报", "投诉", "反映", "移送", "转办", "转来"]) {
            reported = reported.or(Some(m));
        }
    }
    if let Some(m) = reported {
        sink.put(source, "facts.discovered_at", m.date.to_string(), m.start, m.end);
    }
}

/// `自…起`, `自…至…`, `从…开始`, or a date directly followed by 至 and another date.
fn starts_range(before: &str, after: &str, to_next: Option<&str>) -> bool {
    let led = before.ends_with('自') || before.ends_with('从') || before.ends_with("自从");
    let opened = after.starts_with('起') || after.starts_with("开始") || after.starts_with("以来");
    led || opened || to_next.is_some_and(range_between)
}

fn range_between(text: &str) -> bool {
    matches!(text, "至" | "到" | "—" | "－" | "-" | "～" | "~" | "起至" | "开始至" | "起到")
}

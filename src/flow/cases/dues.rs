//! 到期事项 of a person, or of all a head sees; grouped by when, and as an iCalendar feed (RFC 5545).

use jiff::civil::{Date, Weekday};
use jiff::{Timestamp, ToSpan};
use serde::Serialize;

use crate::domain::deadline::Origin;
use crate::domain::dues::PARTY;
use crate::domain::people::Actor;
use crate::domain::procedure::guards::day_of;
use crate::error::Result;
use crate::flow::{Flow, report};
use crate::store::cases::{DueRow, Sight};

/// How far ahead the feed looks.
const AHEAD_DAYS: i64 = 366;

/// Open deadlines by when they are due; each list earliest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DueList {
    pub today: Date,
    /// Before today: the bureau is late.
    pub overdue: Vec<DueItem>,
    pub due_today: Vec<DueItem>,
    /// After today, up to Sunday.
    pub this_week: Vec<DueItem>,
    /// After this week, within thirty days.
    pub later: Vec<DueItem>,
    /// Before today, and nobody is late by law: periods of the party that have run out, days the bureau set itself.
    pub passed: Vec<DueItem>,
}

/// A line of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DueItem {
    #[serde(flatten)]
    pub row: DueRow,
    /// See [`Due::advisory`](crate::domain::dues::Due::advisory).
    pub advisory: bool,
}

impl DueList {
    fn of(rows: Vec<DueItem>, today: Date) -> Self {
        let sunday = today.nth_weekday(1, Weekday::Monday).and_then(|d| d.yesterday()).unwrap_or(today);
        let mut out = Self { today, ..Self::default() };
        for row in rows {
            let list = match row.row.due.parse::<Date>() {
                Ok(day) if day < today && (row.advisory || row.row.owner == PARTY) => &mut out.passed,
                Ok(day) if day < today => &mut out.overdue,
                Ok(day) if day == today => &mut out.due_today,
                Ok(day) if day <= sunday => &mut out.this_week,
                _ => &mut out.later,
            };
            list.push(row);
        }
        out
    }
}

impl Flow {
    /// `mine`: only cases the person belongs to; otherwise all in sight.
    pub async fn due_list(&self, actor: &Actor, mine: bool, today: Date) -> Result<DueList> {
        let to = today.checked_add(30.days()).unwrap_or(today);
        let rows = self.dues_up_to(actor, mine, to).await?;
        let own = |id: &str| self.book().deadline(id).is_some_and(|r| r.kind == Origin::Config);
        let rows = rows.into_iter().map(|row| DueItem { advisory: own(&row.id), row }).collect();
        Ok(DueList::of(rows, today))
    }

    /// The same as a calendar that other programs subscribe to.
    pub async fn due_calendar(&self, actor: &Actor, mine: bool, now: Timestamp) -> Result<String> {
        let today = day_of(now);
        let to = today.checked_add(AHEAD_DAYS.days()).unwrap_or(today);
        Ok(calendar(&self.dues_up_to(actor, mine, to).await?, now))
    }

    async fn dues_up_to(&self, actor: &Actor, mine: bool, to: Date) -> Result<Vec<DueRow>> {
        self.reader().await?.dues(&Sight::of(actor), mine, to).await.map_err(report::store)
    }
}

fn calendar(rows: &[DueRow], now: Timestamp) -> String {
    let stamp = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    let mut lines = vec![
        "BEGIN:VCALENDAR".to_string(),
        "VERSION:2.0".into(),
        "PRODID:-//zhicai//dues//ZH".into(),
        "CALSCALE:GREGORIAN".into(),
        "X-WR-CALNAME:智裁·到期事项".into(),
    ];
    for row in rows {
        let Ok(day) = row.due.parse::<Date>() else { continue };
        let next = day.tomorrow().unwrap_or(day);
        let plain = |d: Date| d.strftime("%Y%m%d").to_string();
        let uid = crate::domain::digest(&format!("{}\n{}\n{}", row.case_no, row.id, row.due));
        lines.push("BEGIN:VEVENT".into());
        lines.push(format!("UID:{}@zhicai", &uid[..32]));
        lines.push(format!("DTSTAMP:{stamp}"));
        lines.push(format!("DTSTART;VALUE=DATE:{}", plain(day)));
        lines.push(format!("DTEND;VALUE=DATE:{}", plain(next)));
        lines.push(format!("SUMMARY:{}", escaped(&format!("{}（{}）", row.zh, row.case_no))));
        lines.push(format!("DESCRIPTION:{}", escaped(&format!("{}\n依据：{}", row.cause, row.basis))));
        lines.push("TRANSP:TRANSPARENT".into());
        lines.push("END:VEVENT".into());
    }
    lines.push("END:VCALENDAR".into());
    lines.iter().map(|l| folded(l)).collect()
}

/// TEXT of RFC 5545 §3.3.11; control characters fall away.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// Lines of at most 75 octets (§3.1), never cut inside a character.
fn folded(line: &str) -> String {
    let (mut out, mut width) = (String::with_capacity(line.len() + 8), 0);
    for c in line.chars() {
        if width + c.len_utf8() > 75 {
            out.push_str("\r\n ");
            width = 1;
        }
        out.push(c);
        width += c.len_utf8();
    }
    out.push_str("\r\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(due: &str, cause: &str) -> DueRow {
        DueRow {
            case_no: "2026-0001".into(),
            party: "某公司".into(),
            cause: cause.into(),
            id: "SERVE_DECISION".into(),
            zh: "决定书送达".into(),
            due: due.into(),
            basis: "行政处罚法61、85".into(),
            owner: "officer".into(),
        }
    }

    #[test]
    fn days_fall_into_their_groups() {
        // A Wednesday.
        let today: Date = "2026-11-25".parse().unwrap();
        let item = |day: &str| DueItem { row: row(day, "案由"), advisory: false };
        let mut rows = ["2026-11-24", "2026-11-25", "2026-11-29", "2026-11-30"].map(item).to_vec();
        let mut ours = item("2026-11-23");
        ours.advisory = true;
        let mut theirs = item("2026-11-24");
        theirs.row.owner = PARTY.into();
        rows.extend([ours, theirs]);
        let list = DueList::of(rows, today);
        let days = |l: &[DueItem]| l.iter().map(|r| r.row.due.clone()).collect::<Vec<_>>();
        assert_eq!(days(&list.passed), ["2026-11-23", "2026-11-24"]);
        assert_eq!(days(&list.overdue), ["2026-11-24"]);
        assert_eq!(days(&list.due_today), ["2026-11-25"]);
        assert_eq!(days(&list.this_week), ["2026-11-29"]);
        assert_eq!(days(&list.later), ["2026-11-30"]);
        let sunday = DueList::of(vec![item("2026-11-30")], "2026-11-29".parse().unwrap());
        assert_eq!(days(&sunday.later), ["2026-11-30"]);
    }

    #[test]
    fn the_feed_folds_long_lines_and_escapes_what_people_wrote() {
        let text = calendar(
            &[row("2026-11-25", &format!("一;二,三\\四\nEND:VCALENDAR {}", "长".repeat(60)))],
            Timestamp::UNIX_EPOCH,
        );
        assert!(text.split("\r\n").all(|l| l.len() <= 75), "{text}");
        assert_eq!(text.matches("\r\nEND:VCALENDAR").count(), 1);
        let joined = text.replace("\r\n ", "");
        assert!(joined.contains("DESCRIPTION:一\\;二\\,三\\\\四\\nEND:VCALENDAR 长"), "{joined}");
        assert!(joined.contains("DTSTART;VALUE=DATE:20261125\r\nDTEND;VALUE=DATE:20261126"));
    }
}

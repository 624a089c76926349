//! 期限: a rule row plus a working-day calendar → the day something is due (procedure of 行政处罚法85, 民诉法85, 民法典201–203).
//!
//! Promises: the starting day is never counted; months and years end on the corresponding day or the month's last one; a party's
//! period that ends on a day off runs on to the next working day, an agency's does not (finish early); a calendar year that is not
//! on record refuses instead of guessing.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

use super::money::Fen;

/// Unit of a period: 工作日, 自然日, 月, 年, 小时.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    #[serde(rename = "wd")]
    WorkingDay,
    #[serde(rename = "cd")]
    CalendarDay,
    #[serde(rename = "month")]
    Month,
    #[serde(rename = "year")]
    Year,
    #[serde(rename = "hour")]
    Hour,
}

/// Whose period it is: only a party's is extended past a day off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Agency,
    Party,
}

/// Where the length comes from: statute, work plan, or a local setting that a person must confirm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    Statutory,
    Plan,
    Config,
}

/// Counted forward from the trigger, or back from it (听证前七日通知).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    #[default]
    After,
    Before,
}

fn yes() -> bool {
    true
}

/// One row of `deadlines.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub id: String,
    pub zh: String,
    /// Name of the day it starts from; absent for fixed days of the year.
    #[serde(default)]
    pub trigger: Option<String>,
    #[serde(default)]
    pub len: Option<u32>,
    pub unit: Unit,
    pub side: Side,
    pub kind: Origin,
    #[serde(default)]
    pub direction: Direction,
    pub basis: String,
    #[serde(default)]
    pub note: Option<String>,
    /// A further period that may be granted once, in the same unit.
    #[serde(default)]
    pub extend_len: Option<u32>,
    /// 加处罚款 per day, in 万分率 of the fine.
    #[serde(default)]
    pub rate_per_day_bp: Option<u32>,
    /// Ceiling of 加处罚款, in 万分率 of the fine.
    #[serde(default)]
    pub cap_bp: Option<u32>,
    /// `MM-DD`, for yearly duties.
    #[serde(default)]
    pub fixed_mmdd: Option<String>,
    #[serde(default)]
    pub year_offset: Option<i16>,
    /// False where a party-side period must not run on past a day off (处罚时效).
    #[serde(default = "yes")]
    pub roll: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeadlineError {
    #[error("缺少{year}年工作日历，不能计算工作日；请按国务院当年放假安排录入 calendar/{year}.toml")]
    CalendarMissing { year: i16 },
    #[error("期限 {id} 以小时计，须提供起算的钟点，不能只按日期计算")]
    HourNeedsTime { id: String },
    #[error("期限 {id} 没有规定长度，不能按起算日计算")]
    NoLength { id: String },
    #[error("期限 {id} 的计算结果超出可表示的日期")]
    OutOfRange { id: String },
    #[error("加处罚款的计算溢出：罚款数额或者逾期日数过大")]
    LateFeeOverflow,
}

impl DeadlineError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::CalendarMissing { .. } => "deadline.calendar_missing",
            Self::HourNeedsTime { .. } => "deadline.hour_needs_time",
            Self::NoLength { .. } => "deadline.no_length",
            Self::OutOfRange { .. } => "deadline.out_of_range",
            Self::LateFeeOverflow => "deadline.late_fee_overflow",
        }
    }
}

/// Says which days are working days; may refuse.
pub trait WorkCalendar {
    fn is_working_day(&self, day: Date) -> Result<bool, DeadlineError>;
}

fn is_weekend(day: Date) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// Saturdays and Sundays only. For tests of the arithmetic; never used for real deadlines, which need the year's notice.
#[derive(Clone, Copy, Debug, Default)]
pub struct WeekendOnly;

impl WorkCalendar for WeekendOnly {
    fn is_working_day(&self, day: Date) -> Result<bool, DeadlineError> {
        Ok(!is_weekend(day))
    }
}

/// A run of days off with its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HolidayRun {
    pub from: Date,
    pub to: Date,
    pub zh: String,
}

/// One year of the State Council's arrangement (`calendar/<year>.toml`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarYear {
    pub year: i16,
    pub source: String,
    pub doc_no: String,
    pub holidays: Vec<HolidayRun>,
    /// 调休上班: weekend days that are worked.
    pub workdays: Vec<Date>,
}

impl CalendarYear {
    /// What is wrong with the year's data, if anything: days outside the year, runs backwards, make-up days that are no weekend.
    pub fn defect(&self) -> Option<String> {
        for run in &self.holidays {
            if run.from > run.to {
                return Some(format!("{}的起止日期颠倒", run.zh));
            }
            if run.from.year() != self.year || run.to.year() != self.year {
                return Some(format!("{}不在{}年内", run.zh, self.year));
            }
        }
        for day in &self.workdays {
            if day.year() != self.year {
                return Some(format!("调休上班日 {day} 不在{}年内", self.year));
            }
            if !is_weekend(*day) {
                return Some(format!("调休上班日 {day} 不是周六、周日"));
            }
            if self.holidays.iter().any(|r| r.from <= *day && *day <= r.to) {
                return Some(format!("{day} 既列为放假又列为上班"));
            }
        }
        None
    }
}

/// The working-day calendar on record, year by year.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Calendar {
    years: BTreeMap<i16, (BTreeSet<Date>, BTreeSet<Date>)>,
}

impl Calendar {
    /// Takes a year that has no `defect`.
    pub fn add(&mut self, year: &CalendarYear) {
        let mut off = BTreeSet::new();
        for run in &year.holidays {
            let mut day = run.from;
            while day <= run.to {
                off.insert(day);
                match day.tomorrow() {
                    Ok(next) => day = next,
                    Err(_) => break,
                }
            }
        }
        self.years.insert(year.year, (off, year.workdays.iter().copied().collect()));
    }

    /// Years on record.
    pub fn years(&self) -> Vec<i16> {
        self.years.keys().copied().collect()
    }
}

impl WorkCalendar for Calendar {
    fn is_working_day(&self, day: Date) -> Result<bool, DeadlineError> {
        let Some((off, on)) = self.years.get(&day.year()) else {
            return Err(DeadlineError::CalendarMissing { year: day.year() });
        };
        Ok(!off.contains(&day) && (on.contains(&day) || !is_weekend(day)))
    }
}

/// The last day of the period that starts on `from` (not counted).
pub fn due(rule: &Rule, from: Date, calendar: &dyn WorkCalendar) -> Result<Date, DeadlineError> {
    let len = rule.len.ok_or_else(|| DeadlineError::NoLength { id: rule.id.clone() })?;
    let out_of_range = || DeadlineError::OutOfRange { id: rule.id.clone() };
    let sign: i64 = if rule.direction == Direction::Before { -1 } else { 1 };
    let amount = sign * i64::from(len);
    let end = match rule.unit {
        Unit::WorkingDay => {
            // A working-day period ends on a working day by construction, so nothing rolls.
            let (mut day, mut left) = (from, len);
            while left > 0 {
                day = day.checked_add(sign.days()).map_err(|_| out_of_range())?;
                if calendar.is_working_day(day)? {
                    left -= 1;
                }
            }
            return Ok(day);
        }
        Unit::CalendarDay => from.checked_add(amount.days()),
        Unit::Month => from.checked_add(amount.months()),
        Unit::Year => from.checked_add(amount.years()),
        Unit::Hour => return Err(DeadlineError::HourNeedsTime { id: rule.id.clone() }),
    }
    .map_err(|_| out_of_range())?;
    if rule.side == Side::Party && rule.roll && rule.direction == Direction::After {
        return next_working_day(end, calendar).map_err(|e| match e {
            DeadlineError::OutOfRange { .. } => out_of_range(),
            other => other,
        });
    }
    Ok(end)
}

/// `day` itself, or the first working day after it (末日遇法定休假日顺延).
pub fn next_working_day(mut day: Date, calendar: &dyn WorkCalendar) -> Result<Date, DeadlineError> {
    while !calendar.is_working_day(day)? {
        day = day.tomorrow().map_err(|_| DeadlineError::OutOfRange { id: day.to_string() })?;
    }
    Ok(day)
}

/// Working days strictly after `from` up to and including `to`; 0 when `to` is not later.
pub fn working_days_between(from: Date, to: Date, calendar: &dyn WorkCalendar) -> Result<u32, DeadlineError> {
    let (mut day, mut count) = (from, 0);
    while day < to {
        day = day.tomorrow().map_err(|_| DeadlineError::OutOfRange { id: day.to_string() })?;
        if calendar.is_working_day(day)? {
            count += 1;
        }
    }
    Ok(count)
}

/// 加处罚款 (行政处罚法72①(一), 行政强制法45): `rate_bp` 万分率 of the fine for every day late, not compounded, at most `cap_bp`.
/// `days_late` must already leave out the days of 复议 and 诉讼 (行政处罚法73③).
pub fn late_fee(fine: Fen, days_late: u32, rate_bp: u32, cap_bp: u32) -> Result<Fen, DeadlineError> {
    let overflow = || DeadlineError::LateFeeOverflow;
    let fine = i128::from(fine.0);
    // Per day first, in whole 分 downwards: 逐日乘, in the party's favour.
    let per_day = fine * i128::from(rate_bp) / 10_000;
    let cap = fine * i128::from(cap_bp) / 10_000;
    let sum = per_day.checked_mul(i128::from(days_late)).ok_or_else(overflow)?.min(cap);
    i64::try_from(sum).map(Fen).map_err(|_| overflow())
}

//! Cron expressions: the one dialect of the product (platform spec 7.3, quality-platform D.8.1). Pure; no clock.
//!
//! Five fields; `*`, lists, `a-b`, `a-b/n`, `*/n`, `n/m`; month and day names; day of week 0-7; `@hourly` ... `@reboot`.
//! Day of month and day of week, when both exclude something, match either.

mod next;
mod readable;

use std::fmt;
use std::str::FromStr;

pub(crate) use readable::readable;

/// Why an expression is refused. The texts are part of the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CronError {
    FieldCount(usize),
    OutOfRange {
        field: &'static str,
        value: u32,
        min: u32,
        max: u32,
    },
    Step {
        field: &'static str,
        value: String,
    },
    Value {
        field: &'static str,
        value: String,
    },
    Range {
        field: &'static str,
        value: String,
    },
    Alias(String),
    /// No match within four years.
    Never,
}

impl fmt::Display for CronError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FieldCount(n) => write!(f, "Invalid cron expression: expected 5 fields, got {n}"),
            Self::OutOfRange { field, value, min, max } => write!(f, "Value out of range in {field} field: {value} (valid: {min}-{max})"),
            Self::Step { field, value } => write!(f, "Invalid step value in {field} field: {value}"),
            Self::Value { field, value } => write!(f, "Invalid value in {field} field: {value}"),
            Self::Range { field, value } => write!(f, "Invalid range in {field} field: {value}"),
            Self::Alias(word) => write!(f, "Invalid cron expression: unknown alias {word}"),
            Self::Never => f.write_str("Invalid cron expression: no match within 4 years"),
        }
    }
}

impl std::error::Error for CronError {}

/// A compiled expression. Bit n of a set = value n.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cron {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    /// 0 = Sunday ... 6 = Saturday.
    weekdays: u64,
    /// `@reboot`: runs when the process starts and at no time of day.
    reboot: bool,
}

struct Field {
    name: &'static str,
    min: u32,
    max: u32,
    names: &'static [&'static str],
    /// The value of the first name.
    first: u32,
}

const MONTH_NAMES: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAY_NAMES: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

const FIELDS: [Field; 5] = [
    Field { name: "minute", min: 0, max: 59, names: &[], first: 0 },
    Field { name: "hour", min: 0, max: 23, names: &[], first: 0 },
    Field { name: "day of month", min: 1, max: 31, names: &[], first: 1 },
    Field { name: "month", min: 1, max: 12, names: &MONTH_NAMES, first: 1 },
    Field { name: "day of week", min: 0, max: 7, names: &DAY_NAMES, first: 0 },
];

/// Bits `min..=max`.
const fn span(min: u32, max: u32) -> u64 {
    (u64::MAX >> (63 - max)) & (u64::MAX << min)
}

impl FromStr for Cron {
    type Err = CronError;
    fn from_str(text: &str) -> Result<Self, CronError> {
        let text = text.trim();
        let expanded = if text.starts_with('@') { alias(text)? } else { text };
        if expanded.is_empty() && !text.is_empty() {
            return Ok(Self { minutes: 0, hours: 0, days: 0, months: 0, weekdays: 0, reboot: true });
        }
        let parts: Vec<&str> = expanded.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = parts[..] else { return Err(CronError::FieldCount(parts.len())) };
        let [f0, f1, f2, f3, f4] = &FIELDS;
        let week = f4.parse(weekday)?;
        Ok(Self {
            minutes: f0.parse(minute)?,
            hours: f1.parse(hour)?,
            days: f2.parse(day)?,
            months: f3.parse(month)?,
            // 7 is Sunday too.
            weekdays: (week | (week >> 7)) & span(0, 6),
            reboot: false,
        })
    }
}

/// The five fields of an alias; empty for `@reboot`.
fn alias(word: &str) -> Result<&'static str, CronError> {
    Ok(match word.to_ascii_lowercase().as_str() {
        "@hourly" => "0 * * * *",
        "@daily" | "@midnight" => "0 0 * * *",
        "@weekly" => "0 0 * * 0",
        "@monthly" => "0 0 1 * *",
        "@yearly" | "@annually" => "0 0 1 1 *",
        "@reboot" => "",
        _ => return Err(CronError::Alias(word.to_owned())),
    })
}

impl Field {
    fn parse(&self, text: &str) -> Result<u64, CronError> {
        text.split(',').try_fold(0, |set, item| Ok(set | self.item(item)?))
    }

    fn item(&self, item: &str) -> Result<u64, CronError> {
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => (range, Some(self.step(step)?)),
            None => (item, None),
        };
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (self.min, self.max),
            Some((a, b)) => {
                let (from, to) = (self.value(a)?, self.value(b)?);
                // `SAT-SUN`, `5-0`: Sunday ends a week as well as it begins one.
                let to = if self.max == 7 && to == 0 && from > 0 { 7 } else { to };
                if from > to {
                    return Err(CronError::Range { field: self.name, value: range.to_owned() });
                }
                (from, to)
            }
            None => {
                let from = self.value(range)?;
                (from, if step.is_some() { self.max } else { from })
            }
        };
        let step = usize::try_from(step.unwrap_or(1)).unwrap_or(usize::MAX);
        // `*/2` in the day of week counts 0, 2, 4, 6: the second Sunday (7) must not add day 0 of an odd step.
        let to = if self.max == 7 && range == "*" { 6 } else { to };
        Ok((from..=to).step_by(step).fold(0, |set, n| set | 1 << n))
    }

    fn step(&self, text: &str) -> Result<u32, CronError> {
        let bad = || CronError::Step { field: self.name, value: text.to_owned() };
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let n: u32 = text.parse().ok().filter(|_| digits).ok_or_else(bad)?;
        if n == 0 { Err(bad()) } else { Ok(n) }
    }

    fn value(&self, text: &str) -> Result<u32, CronError> {
        let named = self.names.iter().position(|n| n.eq_ignore_ascii_case(text)).and_then(|i| u32::try_from(i).ok());
        if let Some(i) = named {
            return Ok(self.first + i);
        }
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let value: u32 =
            text.parse().ok().filter(|_| digits).ok_or_else(|| CronError::Value { field: self.name, value: text.to_owned() })?;
        if (self.min..=self.max).contains(&value) {
            return Ok(value);
        }
        Err(CronError::OutOfRange { field: self.name, value, min: self.min, max: self.max })
    }
}

impl Cron {
    pub const fn is_reboot(&self) -> bool {
        self.reboot
    }
    /// Runs in every hour: such expressions follow UTC spacing through clock changes.
    const fn every_hour(&self) -> bool {
        self.hours == span(0, 23)
    }
    /// The wall time is one the expression names; a slot moved out of a gap is not.
    pub(crate) fn names_wall(&self, wall: chrono::NaiveDateTime) -> bool {
        use chrono::Timelike;
        self.matches_day(wall.date()) && self.hours >> wall.hour() & 1 == 1 && self.minutes >> wall.minute() & 1 == 1
    }
    fn matches_day(&self, date: chrono::NaiveDate) -> bool {
        use chrono::Datelike;
        let has = |set: u64, n: u32| set >> n & 1 == 1;
        let (by_day, by_week) = (has(self.days, date.day()), has(self.weekdays, date.weekday().num_days_from_sunday()));
        let (any_day, any_week) = (self.days == span(1, 31), self.weekdays == span(0, 6));
        has(self.months, date.month()) && if any_day || any_week { by_day && by_week } else { by_day || by_week }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        text.parse::<Cron>().unwrap_err().to_string()
    }

    #[test]
    fn documented_errors_have_their_exact_texts() {
        assert_eq!(error("* * *"), "Invalid cron expression: expected 5 fields, got 3");
        assert_eq!(error("0 24 * * *"), "Value out of range in hour field: 24 (valid: 0-23)");
        assert_eq!(error("*/0 * * * *"), "Invalid step value in minute field: 0");
        assert_eq!(error(""), "Invalid cron expression: expected 5 fields, got 0");
        assert_eq!(error("* * * * 8"), "Value out of range in day of week field: 8 (valid: 0-7)");
        assert_eq!(error("* * * FOO *"), "Invalid value in month field: FOO");
        assert_eq!(error("5-1 * * * *"), "Invalid range in minute field: 5-1");
        assert_eq!(error("+5 * * * *"), "Invalid value in minute field: +5");
        assert_eq!(error("@often"), "Invalid cron expression: unknown alias @often");
    }

    #[test]
    fn equal_spellings_compile_to_the_same_sets() {
        let same = |a: &str, b: &str| assert_eq!(a.parse::<Cron>().unwrap(), b.parse::<Cron>().unwrap(), "{a} / {b}");
        same("@daily", "0 0 * * *");
        same("@Weekly", "0 0 * * SUN");
        same("0 0 * * 7", "0 0 * * 0");
        same("0 0 * jan-Mar mon,FRI", "0 0 * 1-3 1,5");
        same("*/15 * * * *", "0,15,30,45 * * * *");
        same("5/20 * * * *", "5,25,45 * * * *");
        same("0-12/3 * * * *", "0,3,6,9,12 * * * *");
        same("0 0 * * SAT-SUN", "0 0 * * 6,0");
        same("0 0 * * */7", "0 0 * * 0");
        same("0 0 * * 5-7", "0 0 * * 5,6,0");
        same("  1  2  3  4  5  ", "1 2 3 4 5");
        assert!("@reboot".parse::<Cron>().unwrap().is_reboot());
    }
}

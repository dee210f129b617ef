//! Prices of energy by wall clock (power spec D.6). First matching period wins; a period that wraps over midnight
//! belongs to the day it starts on; a repeated hour is priced by its wall clock.

use argos_kernel::{AppError, FieldError, Result};
use chrono::{DateTime, Datelike, Days, NaiveDate, Timelike};
use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const RATE_LEAST: f64 = -10.0;
const PERIODS_MAX: usize = 50;

/// A tariff in force from one moment on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tariff {
    pub currency: String,
    pub base_rate: f64,
    #[serde(default)]
    pub standing_per_day: f64,
    #[serde(default)]
    pub periods: Vec<Period>,
    /// RFC 3339; now when absent.
    #[serde(default)]
    pub valid_from: Option<String>,
}

/// A price for some hours of some days.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Period {
    #[serde(default)]
    pub name: String,
    pub rate: f64,
    /// `mon` ... `sun`; every day when empty.
    #[serde(default)]
    pub days: Vec<String>,
    /// 1-12; every month when empty.
    #[serde(default)]
    pub months: Vec<u32>,
    /// `HH:MM`.
    pub start: String,
    /// `HH:MM`; before `start` it wraps over midnight, equal to it is the whole day.
    pub end: String,
}

fn minutes(text: &str) -> Option<u32> {
    let (h, m) = text.split_once(':')?;
    let (h, m) = (h.parse::<u32>().ok()?, m.parse::<u32>().ok()?);
    (h < 24 && m < 60 && text.len() == 5).then_some(h * 60 + m)
}

impl Tariff {
    /// A flat price.
    pub fn flat(currency: impl Into<String>, rate: f64) -> Self {
        Self { currency: currency.into(), base_rate: rate, standing_per_day: 0.0, periods: Vec::new(), valid_from: None }
    }

    /// Every fault with its field.
    pub fn check(&self) -> Result<()> {
        let mut faults = Vec::new();
        let mut add = |field: String, text: &str| {
            let mut fault = FieldError::new("", text);
            fault.loc = std::iter::once("body".to_owned()).chain(field.split('.').map(str::to_owned)).collect();
            faults.push(fault);
        };
        if self.currency.len() != 3 || !self.currency.bytes().all(|b| b.is_ascii_uppercase()) {
            add("currency".to_owned(), "currency must be an ISO 4217 code such as EUR");
        }
        if !(self.base_rate.is_finite() && self.base_rate >= 0.0) {
            add("base_rate".to_owned(), "base_rate must be 0 or more");
        }
        if !(self.standing_per_day.is_finite() && self.standing_per_day >= 0.0) {
            add("standing_per_day".to_owned(), "standing_per_day must be 0 or more");
        }
        if self.periods.len() > PERIODS_MAX {
            add("periods".to_owned(), "at most 50 periods");
        }
        for (i, p) in self.periods.iter().enumerate() {
            if !(p.rate.is_finite() && p.rate >= RATE_LEAST) {
                add(format!("periods.{i}.rate"), "rate must be -10 or more");
            }
            if p.days.iter().any(|d| !DAYS.contains(&d.as_str())) {
                add(format!("periods.{i}.days"), "days must be mon, tue, wed, thu, fri, sat or sun");
            }
            if p.months.iter().any(|m| !(1..=12).contains(m)) {
                add(format!("periods.{i}.months"), "months must be 1 to 12");
            }
            for (name, text) in [("start", &p.start), ("end", &p.end)] {
                if minutes(text).is_none() {
                    add(format!("periods.{i}.{name}"), "must be a time as HH:MM");
                }
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(AppError::invalid(faults)) }
    }

    /// The price of one kWh at an instant.
    pub fn rate_at(&self, at_us: i64, zone: Tz) -> f64 {
        let local = DateTime::from_timestamp_micros(at_us).unwrap_or_default().with_timezone(&zone);
        let minute = local.hour() * 60 + local.minute();
        let today = local.date_naive();
        self.periods.iter().find(|p| p.covers(today, minute)).map_or(self.base_rate, |p| p.rate)
    }
}

impl Period {
    fn covers(&self, today: NaiveDate, minute: u32) -> bool {
        let (Some(start), Some(end)) = (minutes(&self.start), minutes(&self.end)) else { return false };
        let runs_on = |day: NaiveDate| {
            let name = DAYS.get(day.weekday().num_days_from_monday() as usize).copied().unwrap_or_default();
            (self.days.is_empty() || self.days.iter().any(|d| d == name)) && (self.months.is_empty() || self.months.contains(&day.month()))
        };
        match start.cmp(&end) {
            std::cmp::Ordering::Equal => runs_on(today),
            std::cmp::Ordering::Less => (start..end).contains(&minute) && runs_on(today),
            std::cmp::Ordering::Greater if minute >= start => runs_on(today),
            std::cmp::Ordering::Greater => minute < end && today.checked_sub_days(Days::new(1)).is_some_and(runs_on),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;

    fn night() -> Tariff {
        let period = Period {
            name: "night".to_owned(),
            rate: 0.15,
            days: vec!["mon".to_owned()],
            months: Vec::new(),
            start: "22:00".to_owned(),
            end: "06:00".to_owned(),
        };
        Tariff { periods: vec![period], ..Tariff::flat("EUR", 0.30) }
    }

    fn at(zone: Tz, day: u32, hour: u32, minute: u32) -> i64 {
        zone.with_ymd_and_hms(2026, 3, day, hour, minute, 0).earliest().unwrap().timestamp_micros()
    }

    #[test]
    fn period_over_midnight_belongs_to_the_day_it_starts_on() {
        let zone = chrono_tz::Europe::Berlin;
        // 2 March 2026 is a Monday.
        let rate = |day, hour, minute| night().rate_at(at(zone, day, hour, minute), zone);
        assert_eq!((rate(2, 21, 59), rate(2, 22, 0), rate(3, 5, 59), rate(3, 6, 0)), (0.30, 0.15, 0.15, 0.30));
        assert_eq!((rate(2, 3, 0), rate(3, 23, 0)), (0.30, 0.30), "Sunday's night and Tuesday's are not named");
    }

    #[test]
    fn wall_clock_decides_on_days_of_the_time_change() {
        let zone = chrono_tz::Europe::Berlin;
        let mut tariff = night();
        tariff.periods[0].days.clear();
        tariff.periods[0].start = "03:00".to_owned();
        tariff.periods[0].end = "04:00".to_owned();
        // 29 March 2026: 02:00 becomes 03:00; the hour before 03:00 is 01:00.
        let change = at(zone, 29, 3, 0);
        assert_eq!((tariff.rate_at(change - 1, zone), tariff.rate_at(change, zone)), (0.30, 0.15));
    }

    #[test]
    fn faults_name_their_fields() {
        let mut tariff = night();
        tariff.currency = "euro".to_owned();
        tariff.periods[0].end = "24:00".to_owned();
        tariff.periods[0].rate = -11.0;
        let fields: Vec<String> = tariff.check().unwrap_err().fields().iter().map(|f| f.loc.join(".")).collect();
        assert_eq!(fields, ["body.currency", "body.periods.0.rate", "body.periods.0.end"]);
    }
}

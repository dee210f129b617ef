//! When an expression fires next in a time zone.
//!
//! Clock changes: a wall time that does not exist runs at the first instant after the gap; a wall time that exists
//! twice runs once, the first time; expressions with every hour follow UTC, so `*/15 * * * *` keeps its quarter hours.

use argos_kernel::Timestamp;
use chrono::{DateTime, Days, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::Tz;

use super::{Cron, CronError};

/// An expression without a match in this many years is invalid.
const YEARS_MAX: u64 = 4;
const DAYS_MAX: u64 = YEARS_MAX * 366;
/// A gap in local time is at most a day (Samoa, 2011); two leave room.
const GAP_MINUTES_MAX: i64 = 2 * 24 * 60;

impl Cron {
    /// The first time strictly after `after`; `None` when there is none within four years (or for `@reboot`).
    pub fn next_after(&self, zone: Tz, after: Timestamp) -> Option<Timestamp> {
        if self.reboot {
            return None;
        }
        let after = after.datetime();
        let found = if self.every_hour() { self.next_by_utc(zone, after) } else { self.next_by_wall(zone, after) };
        found.map(|t| Timestamp::from_secs(t.timestamp()))
    }

    /// The next `count` times after `after`.
    pub fn upcoming(&self, zone: Tz, after: Timestamp, count: usize) -> Vec<Timestamp> {
        std::iter::successors(self.next_after(zone, after), |t| self.next_after(zone, *t)).take(count).collect()
    }

    /// Refuses an expression that does not fire within four years of `now`.
    pub fn check(&self, zone: Tz, now: Timestamp) -> Result<(), CronError> {
        if self.reboot || self.next_after(zone, now).is_some() { Ok(()) } else { Err(CronError::Never) }
    }

    fn next_by_wall(&self, zone: Tz, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        // A day earlier, because a time in a gap may belong to the day before its instant.
        let first = after.with_timezone(&zone).date_naive().checked_sub_days(Days::new(1))?;
        for n in 0..=DAYS_MAX + 2 {
            let date = first.checked_add_days(Days::new(n))?;
            if !self.matches_day(date) {
                continue;
            }
            // Instants never go back while the wall times go on, so the first late enough is the answer.
            if let Some(t) = self.times(date).filter_map(|wall| instant(zone, wall)).find(|t| *t > after) {
                return Some(t);
            }
        }
        None
    }

    /// The wall times of a day, ascending.
    fn times(&self, date: NaiveDate) -> impl Iterator<Item = NaiveDateTime> {
        let (hours, minutes) = (self.hours, self.minutes);
        let hours = (0..24).filter(move |h| hours >> h & 1 == 1);
        hours.flat_map(move |h| {
            let minutes = (0..60).filter(move |m| minutes >> m & 1 == 1);
            minutes.filter_map(move |m| NaiveTime::from_hms_opt(h, m, 0)).map(move |t| date.and_time(t))
        })
    }

    fn next_by_utc(&self, zone: Tz, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut t = after.with_second(0)?.with_nanosecond(0)? + TimeDelta::minutes(1);
        let end = after + TimeDelta::days(i64::try_from(DAYS_MAX).ok()?);
        while t <= end {
            let local = t.with_timezone(&zone);
            if !self.matches_day(local.date_naive()) {
                let midnight = local.date_naive().checked_add_days(Days::new(1))?.and_time(NaiveTime::MIN);
                // Always forward, whatever the zone does at midnight.
                t = instant(zone, midnight).filter(|m| *m > t).unwrap_or(t + TimeDelta::minutes(1));
                continue;
            }
            let minute = local.minute();
            if self.minutes >> minute & 1 == 1 {
                return Some(t);
            }
            // To the next matching minute, but never over a quarter of an hour UTC: clocks change there.
            let wait = (1..60).find(|k| self.minutes >> ((minute + k) % 60) & 1 == 1)?;
            t += TimeDelta::minutes(i64::from(wait.min(15 - t.minute() % 15)));
        }
        None
    }
}

/// When the wall clock of `zone` shows `wall`: the first time if twice, the first instant after the gap if never.
fn instant(zone: Tz, wall: NaiveDateTime) -> Option<DateTime<Utc>> {
    (0..GAP_MINUTES_MAX).find_map(|k| match zone.from_local_datetime(&(wall + TimeDelta::minutes(k))) {
        LocalResult::Single(t) | LocalResult::Ambiguous(t, _) => Some(t.with_timezone(&Utc)),
        LocalResult::None => None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }
    fn next(cron: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
        let cron: Cron = cron.parse().unwrap();
        cron.upcoming(zone.parse().unwrap(), at(after), count).into_iter().map(Timestamp::rfc3339).collect()
    }

    #[test]
    fn gap_runs_at_the_first_instant_after_it() {
        // Madrid 2026-03-29: 02:00 becomes 03:00 (01:00Z).
        assert_eq!(next("30 2 * * *", "Europe/Madrid", "2026-03-28T12:00:00Z", 2), ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]);
        // Two times in one gap are one run.
        assert_eq!(next("10,40 2 * * *", "Europe/Madrid", "2026-03-28T12:00:00Z", 2), ["2026-03-29T01:00:00Z", "2026-03-30T00:10:00Z"]);
        assert_eq!(next("30 2 8 3 *", "America/New_York", "2026-01-01T00:00:00Z", 1), ["2026-03-08T07:00:00Z"]);
    }

    #[test]
    fn repeated_hour_runs_once_and_every_hour_follows_utc() {
        // Madrid 2026-10-25: 03:00 becomes 02:00 (01:00Z); 02:30 is 00:30Z first.
        assert_eq!(next("30 2 * * *", "Europe/Madrid", "2026-10-24T12:00:00Z", 2), ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]);
        assert_eq!(
            next("30 * * * *", "Europe/Madrid", "2026-10-25T00:00:00Z", 3),
            ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:30:00Z"]
        );
        assert_eq!(next("30 * * * *", "Europe/Madrid", "2026-03-29T00:00:00Z", 2), ["2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"]);
    }

    #[test]
    fn rare_days_are_found_and_impossible_ones_are_invalid() {
        assert_eq!(next("0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", 1), ["2028-02-29T00:00:00Z"]);
        assert_eq!(next("0 * 29 2 *", "UTC", "2026-01-01T00:00:00Z", 1), ["2028-02-29T00:00:00Z"]);
        // Friday or the 13th.
        assert_eq!(
            next("0 0 13 * FRI", "UTC", "2026-03-10T00:00:00Z", 3),
            ["2026-03-13T00:00:00Z", "2026-03-20T00:00:00Z", "2026-03-27T00:00:00Z"]
        );
        for never in ["0 0 30 2 *", "* * 31 4 *"] {
            let cron: Cron = never.parse().unwrap();
            assert_eq!(cron.check(Tz::UTC, at("2026-01-01T00:00:00Z")), Err(CronError::Never));
        }
        // A whole day that Samoa skipped: its run moves to the first instant after.
        assert_eq!(next("0 12 30 12 *", "Pacific/Apia", "2011-12-29T00:00:00Z", 1), ["2011-12-30T10:00:00Z"]);
    }

    /// Minute by minute, straight from the rules, sharing no code with the engine but the parsed sets.
    fn naive(cron: &Cron, zone: Tz, from: DateTime<Utc>, minutes: i64) -> Vec<i64> {
        let hit = |l: NaiveDateTime| cron.matches_day(l.date()) && cron.hours >> l.hour() & 1 == 1 && cron.minutes >> l.minute() & 1 == 1;
        let local = |t: DateTime<Utc>| t.with_timezone(&zone).naive_local();
        let mut seen = std::collections::HashSet::new();
        // What was on the clock in the three hours before counts as shown already.
        seen.extend((1..=180).map(|k| local(from - TimeDelta::minutes(k))));
        let mut out = Vec::new();
        for k in 0..minutes {
            let t = from + TimeDelta::minutes(k);
            let (now, before) = (local(t), local(t - TimeDelta::minutes(1)));
            let fresh = seen.insert(now);
            let mut fires = hit(now) && (fresh || cron.every_hour());
            if !cron.every_hour() {
                let mut skipped = before + TimeDelta::minutes(1);
                while skipped < now {
                    fires |= hit(skipped);
                    skipped += TimeDelta::minutes(1);
                }
            }
            if fires {
                out.push(t.timestamp());
            }
        }
        out
    }

    fn field(min: u32, max: u32) -> impl Strategy<Value = String> {
        prop_oneof![
            4 => Just("*".to_owned()),
            3 => (min..=max).prop_map(|n| n.to_string()),
            2 => (min..=max, min..=max).prop_map(|(a, b)| format!("{a},{b}")),
            2 => (min..=max, min..=max, 1..9_u32).prop_map(|(a, b, n)| format!("{}-{}/{n}", a.min(b), a.max(b))),
            1 => (1..40_u32).prop_map(|n| format!("*/{n}")),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(160))]
        #[test]
        fn engine_agrees_with_the_naive_model_through_clock_changes(
            minute in field(0, 59), hour in field(0, 23), day in field(1, 31), weekday in field(0, 7),
            zone in prop_oneof![Just("Europe/Madrid"), Just("America/New_York"), Just("Australia/Lord_Howe"), Just("Pacific/Chatham"), Just("UTC")],
            start in prop_oneof![Just("2026-03-07T00:00:00Z"), Just("2026-03-28T00:00:00Z"), Just("2026-04-04T00:00:00Z"), Just("2026-09-26T00:00:00Z"), Just("2026-10-03T00:00:00Z"), Just("2026-10-24T00:00:00Z"), Just("2026-10-31T12:00:00Z")],
        ) {
            let cron: Cron = format!("{minute} {hour} {day} * {weekday}").parse().unwrap();
            let zone: Tz = zone.parse().unwrap();
            let from = at(start);
            let minutes = 3 * 24 * 60;
            let expected = naive(&cron, zone, from.datetime(), minutes);
            let mut got = Vec::new();
            let mut t = Timestamp::from_secs(from.secs() - 1);
            while let Some(n) = cron.next_after(zone, t).filter(|n| n.secs() < from.secs() + minutes * 60) {
                prop_assert!(n > t);
                got.push(n.secs());
                t = n;
            }
            prop_assert_eq!(got, expected);
        }

        #[test]
        fn any_text_parses_or_is_refused_without_panic(text in "[-0-9*/,@A-Za-z ]{0,24}") {
            if let Ok(cron) = text.parse::<Cron>() {
                let after = at("2026-01-01T00:00:30Z");
                if let Some(t) = cron.next_after(Tz::Europe__Madrid, after) {
                    prop_assert!(t > after && t.secs() % 60 == 0);
                }
            }
        }
    }
}

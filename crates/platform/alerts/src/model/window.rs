//! Maintenance windows and silences (platform spec 5.6): one row kind. A window is one-off or recurring; a silence is a
//! one-off window over matchers with origin `silence`. Pure: the time and the default zone are given.

use argos_jobs::Cron;
use argos_kernel::Timestamp;
use chrono_tz::Tz;

use crate::model::matcher::{Matcher, Target, covers};
use crate::model::rule::Autonomy;

/// The origin of a silence.
pub(crate) const SILENCE: &str = "silence";
pub(crate) const HEAL_ACTIONS: [&str; 4] = ["suppress", "suppress_all", "queue", "notify_only"];

/// A period, start and end.
pub(crate) type Period = (Timestamp, Timestamp);

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Window {
    pub(crate) id: i64,
    pub(crate) uid: String,
    pub(crate) name: String,
    /// A cron expression; absent = one-off.
    pub(crate) schedule: Option<String>,
    pub(crate) duration_min: i64,
    pub(crate) start: Option<Timestamp>,
    pub(crate) end: Option<Timestamp>,
    /// IANA name; absent = `system.timezone`.
    pub(crate) timezone: Option<String>,
    /// Empty = everything.
    pub(crate) scope: Vec<String>,
    pub(crate) matchers: Vec<Matcher>,
    pub(crate) suppress_alerts: bool,
    pub(crate) suppress_shutdown: bool,
    pub(crate) override_autonomy: Option<Autonomy>,
    pub(crate) auto_close_alerts: bool,
    pub(crate) heal_action: Option<String>,
    pub(crate) reason: String,
    pub(crate) enabled: bool,
    pub(crate) created_by: String,
    pub(crate) origin: String,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

impl Window {
    pub(crate) fn new(origin: &str, created_by: &str, now: Timestamp) -> Self {
        Self {
            id: 0,
            uid: String::new(),
            name: String::new(),
            schedule: None,
            duration_min: 60,
            start: None,
            end: None,
            timezone: None,
            scope: Vec::new(),
            matchers: Vec::new(),
            suppress_alerts: true,
            suppress_shutdown: false,
            override_autonomy: None,
            auto_close_alerts: false,
            heal_action: None,
            reason: String::new(),
            enabled: true,
            created_by: created_by.to_owned(),
            origin: origin.to_owned(),
            created_at: now,
            updated_at: now,
        }
    }
    pub(crate) fn is_silence(&self) -> bool {
        self.origin == SILENCE
    }
    pub(crate) fn covers(&self, target: Target<'_>) -> bool {
        covers(&self.scope, &self.matchers, target)
    }
    /// Whether it covers work that is no alert: words that name rules say nothing of it.
    pub(crate) fn covers_work(&self, target: Target<'_>) -> bool {
        let words: Vec<String> = self.scope.iter().filter(|w| !w.starts_with("rule:") && !w.starts_with("group:")).cloned().collect();
        (self.scope.is_empty() || !words.is_empty()) && covers(&words, &self.matchers, target)
    }
}

/// A window with its expression read, and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    pub(crate) window: Window,
    cron: Option<Cron>,
    zone: Tz,
    standing: Option<Standing>,
}

/// The answer of [`Planned::at`] and how long it holds.
#[derive(Clone, Copy, Debug)]
struct Standing {
    period: Option<Period>,
    from: Timestamp,
    until: Timestamp,
}

impl Planned {
    /// A stored expression or zone that cannot be read makes a window that is never active.
    pub(crate) fn new(window: Window, default_zone: Tz) -> Self {
        let cron = window.schedule.as_deref().and_then(|s| s.parse().ok());
        let zone = window.timezone.as_deref().and_then(|z| z.parse().ok()).unwrap_or(default_zone);
        Self { window, cron, zone, standing: None }
    }

    fn duration_s(&self) -> i64 {
        self.window.duration_min * 60
    }

    /// The period in which `now` lies, if the window is active. `[start, end)`; overlapping fires make one period.
    pub(crate) fn at(&mut self, now: Timestamp) -> Option<Period> {
        if !self.window.enabled {
            return None;
        }
        if let Some(s) = self.standing.filter(|s| s.from <= now && now < s.until) {
            return s.period;
        }
        let period = self.period_at(now);
        let far = now.plus_secs(366 * 86_400);
        let until = period.map_or_else(|| self.next_start(now).unwrap_or(far).min(far), |(_, end)| end);
        self.standing = Some(Standing { period, from: now, until });
        period
    }

    fn period_at(&self, now: Timestamp) -> Option<Period> {
        if self.window.schedule.is_none() {
            return self.one_off().filter(|(a, b)| *a <= now && now < *b);
        }
        let cron = self.cron.as_ref()?;
        let first = cron.next_after(self.zone, now.minus_secs(self.duration_s())).filter(|t| *t <= now)?;
        let mut last = first;
        while let Some(next) = cron.next_after(self.zone, last).filter(|t| *t <= now) {
            last = next;
        }
        Some((first, last.plus_secs(self.duration_s())))
    }

    fn one_off(&self) -> Option<Period> {
        Some((self.window.start?, self.window.end?))
    }

    /// The next time it begins, after `now`.
    pub(crate) fn next_start(&self, now: Timestamp) -> Option<Timestamp> {
        if !self.window.enabled {
            return None;
        }
        match (&self.window.schedule, &self.cron) {
            (None, _) => self.one_off().map(|(a, _)| a).filter(|a| *a > now),
            (Some(_), Some(cron)) => cron.next_after(self.zone, now),
            (Some(_), None) => None,
        }
    }

    /// Periods that touch `[from, to)`, at most `max`, ascending.
    pub(crate) fn between(&self, from: Timestamp, to: Timestamp, max: usize) -> Vec<Period> {
        if !self.window.enabled {
            return Vec::new();
        }
        if self.window.schedule.is_none() {
            return self.one_off().filter(|(a, b)| *a < to && *b > from).into_iter().collect();
        }
        let Some(cron) = &self.cron else { return Vec::new() };
        let starts =
            std::iter::successors(cron.next_after(self.zone, from.minus_secs(self.duration_s())), |t| cron.next_after(self.zone, *t));
        starts.take_while(|t| *t < to).take(max).map(|t| (t, t.plus_secs(self.duration_s()))).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }
    fn weekly(schedule: &str, minutes: i64, zone: &str) -> Planned {
        let window = Window {
            schedule: Some(schedule.to_owned()),
            duration_min: minutes,
            timezone: Some(zone.to_owned()),
            ..Window::new("ops", "ada", Timestamp::default())
        };
        Planned::new(window, Tz::UTC)
    }

    #[test]
    fn recurring_window_holds_its_duration_by_the_clock_of_its_zone() {
        let mut w = weekly("0 3 * * 0", 90, "Europe/Berlin");
        // Sunday 2026-11-22, winter time: 03:00 is 02:00 UTC.
        assert_eq!(w.at(at("2026-11-22T01:59:59Z")), None);
        let inside = Some((at("2026-11-22T02:00:00Z"), at("2026-11-22T03:30:00Z")));
        assert_eq!(w.at(at("2026-11-22T02:00:00Z")), inside);
        assert_eq!(w.at(at("2026-11-22T03:29:59Z")), inside);
        assert_eq!(w.at(at("2026-11-22T03:30:00Z")), None);
        assert_eq!(w.next_start(at("2026-11-22T03:30:00Z")), Some(at("2026-11-29T02:00:00Z")));
        // The Sunday the clocks go forward has 03:00 at 01:00 UTC, and summer time from then on.
        assert_eq!(w.next_start(at("2027-03-27T12:00:00Z")), Some(at("2027-03-28T01:00:00Z")));
    }

    #[test]
    fn window_in_the_hour_that_does_not_exist_or_exists_twice_runs_once() {
        let w = weekly("30 2 * * *", 30, "Europe/Berlin");
        let spring = w.between(at("2027-03-28T00:00:00Z"), at("2027-03-28T22:00:00Z"), 10);
        assert_eq!(spring, [(at("2027-03-28T01:00:00Z"), at("2027-03-28T01:30:00Z"))]);
        let autumn = w.between(at("2027-10-30T22:30:00Z"), at("2027-10-31T22:30:00Z"), 10);
        assert_eq!(autumn, [(at("2027-10-31T00:30:00Z"), at("2027-10-31T01:00:00Z"))]);
    }

    #[test]
    fn one_off_window_is_active_between_its_ends_and_never_when_disabled() {
        let (start, end) = (Timestamp::from_secs(100), Timestamp::from_secs(200));
        let window = Window { start: Some(start), end: Some(end), ..Window::new("ops", "ada", start) };
        let mut w = Planned::new(window.clone(), Tz::UTC);
        assert_eq!([99, 100, 199, 200].map(|s| w.at(Timestamp::from_secs(s)).is_some()), [false, true, true, false]);
        assert_eq!(w.next_start(Timestamp::from_secs(50)), Some(start));
        assert_eq!(Planned::new(Window { enabled: false, ..window }, Tz::UTC).at(start), None);
    }

    proptest! {
        /// Asking in any order gives what a fresh look gives: the remembered answer is never stale.
        #[test]
        fn remembered_standing_equals_a_fresh_look(times in prop::collection::vec(0_i64..40 * 86_400, 1..40), minutes in 1_i64..3000) {
            let mut w = weekly("15 */7 * * 1-5", minutes, "America/New_York");
            let base = at("2026-10-20T00:00:00Z");
            for t in times {
                let now = base.plus_secs(t);
                prop_assert_eq!(w.at(now).is_some(), w.period_at(now).is_some());
                prop_assert_eq!(w.period_at(now).is_some(), !w.between(now, now.plus_secs(1), 5).is_empty());
            }
        }
    }
}

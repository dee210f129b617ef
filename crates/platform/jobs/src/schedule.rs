//! What a schedule is, and the pure decision what to do about a slot that is due. No clock, no SQL statements.

use std::str::FromStr;

use argos_kernel::{AppError, Result, Timestamp, Uid};
use argos_store::{Row, StoreError};
use chrono_tz::Tz;
use serde_json::Value;

use crate::cron::Cron;
use crate::hold::HoldPolicy;

/// A slot this late was missed rather than delayed.
const LATE_S: i64 = 30;
const JITTER_S_MAX: i64 = 600;
/// Slots looked at when a catch-up is chosen; a minute schedule with a grace of two months.
const CATCH_UP_SLOTS_MAX: usize = 100_000;

/// What happens when the run before is still active.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Overlap {
    #[default]
    Skip,
    /// One run waits, further ones are skipped.
    Queue,
    /// The active run is cancelled.
    Replace,
    Allow,
}

/// What happens to slots missed while nobody was there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Misfire {
    /// The newest of them runs, if it is within the grace.
    #[default]
    RunOnce,
    Skip,
}

impl Overlap {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::Queue => "queue",
            Self::Replace => "replace",
            Self::Allow => "allow",
        }
    }
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Skip, Self::Queue, Self::Replace, Self::Allow].into_iter().find(|o| o.as_str() == word)
    }
}

impl Misfire {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RunOnce => "run_once",
            Self::Skip => "skip",
        }
    }
    pub fn parse(word: &str) -> Option<Self> {
        [Self::RunOnce, Self::Skip].into_iter().find(|m| m.as_str() == word)
    }
}

/// What a caller says about a schedule.
#[derive(Clone, Debug, PartialEq)]
pub struct ScheduleSpec {
    pub name: String,
    /// The kind of job a slot queues.
    pub job_kind: String,
    pub payload: Value,
    pub cron: String,
    /// IANA name; `None` = `system.timezone`.
    pub timezone: Option<String>,
    pub enabled: bool,
    pub overlap: Overlap,
    pub misfire: Misfire,
    /// How late a missed slot may still be caught up, in seconds.
    pub grace_s: i64,
    /// A random delay of up to this many seconds spreads the load, 0-600.
    pub jitter_s: i64,
    /// No slot after this time.
    pub until: Option<Timestamp>,
    pub organization_id: Option<i64>,
    pub project_id: Option<i64>,
}

impl ScheduleSpec {
    /// Enabled, in the system's zone, with the documented defaults.
    pub fn new(name: impl Into<String>, job_kind: impl Into<String>, cron: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            job_kind: job_kind.into(),
            payload: Value::Object(serde_json::Map::new()),
            cron: cron.into(),
            timezone: None,
            enabled: true,
            overlap: Overlap::default(),
            misfire: Misfire::default(),
            grace_s: 3_600,
            jitter_s: 0,
            until: None,
            organization_id: None,
            project_id: None,
        }
    }

    /// Checks every field; 400 with the documented text and `field`.
    pub fn check(&self, system_zone: Tz, now: Timestamp) -> Result<(Cron, Tz)> {
        let bad = |field: &str, text: String| AppError::bad_request(text).code("invalid_schedule").with("field", field);
        let cron: Cron = self.cron.parse().map_err(|e: crate::CronError| bad("cron", e.to_string()))?;
        let zone = self.zone(system_zone).map_err(|name| bad("timezone", format!("Unknown timezone: {name}")))?;
        cron.check(zone, now).map_err(|e| bad("cron", e.to_string()))?;
        if !(0..=JITTER_S_MAX).contains(&self.jitter_s) {
            return Err(bad("jitter_s", format!("jitter_s must be between 0 and {JITTER_S_MAX}")));
        }
        if self.grace_s < 0 {
            return Err(bad("grace_s", "grace_s must not be negative".to_owned()));
        }
        Ok((cron, zone))
    }

    /// The zone it runs in; the error is the unknown name.
    pub(crate) fn zone(&self, system_zone: Tz) -> Result<Tz, String> {
        self.timezone.as_ref().map_or(Ok(system_zone), |name| Tz::from_str(name).map_err(|_| name.clone()))
    }
}

/// A stored schedule.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    pub id: i64,
    pub uid: Uid,
    pub spec: ScheduleSpec,
    /// The next slot; `None` when disabled, past its end, or `@reboot`.
    pub next_run_at: Option<Timestamp>,
    /// The slot plus its jitter.
    pub due_at: Option<Timestamp>,
    /// The last slot that ran, or when it was run by hand.
    pub last_run_at: Option<Timestamp>,
    /// State of the last run, or `skipped`.
    pub last_state: Option<String>,
    /// Why the last slot was skipped; `maintenance` when a window held it.
    pub skip_reason: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// Its runs wait until somebody decided. Not part of the spec: a setting that defines the rest leaves it alone.
    pub approval: Option<HoldPolicy>,
    pub created_by: Option<String>,
    /// It is resumed then.
    pub paused_until: Option<Timestamp>,
    /// Sealed settings of its runs.
    pub(crate) secrets_enc: Option<String>,
}

impl Schedule {
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        let (payload, overlap, misfire): (String, String, String) = (row.get(4)?, row.get(12)?, row.get(13)?);
        let spec = ScheduleSpec {
            name: row.get(2)?,
            job_kind: row.get(3)?,
            payload: serde_json::from_str(&payload).map_err(|_| StoreError::Column { index: 4, wanted: "JSON" })?,
            cron: row.get(5)?,
            timezone: row.get(6)?,
            enabled: row.get(7)?,
            overlap: Overlap::parse(&overlap).ok_or(StoreError::Column { index: 12, wanted: "an overlap policy" })?,
            misfire: Misfire::parse(&misfire).ok_or(StoreError::Column { index: 13, wanted: "a misfire policy" })?,
            grace_s: row.get(14)?,
            jitter_s: row.get(15)?,
            until: row.get(16)?,
            organization_id: row.get(17)?,
            project_id: row.get(21)?,
        };
        Ok(Self {
            id: row.get(0)?,
            uid: row.get(1)?,
            spec,
            next_run_at: row.get(8)?,
            due_at: row.get(9)?,
            last_run_at: row.get(10)?,
            last_state: row.get(11)?,
            created_at: row.get(18)?,
            updated_at: row.get(19)?,
            approval: match row.get::<Option<String>>(20)? {
                Some(text) => {
                    Some(serde_json::from_str(&text).map_err(|_| StoreError::Column { index: 20, wanted: "an approval policy" })?)
                }
                None => None,
            },
            created_by: row.get(22)?,
            paused_until: row.get(23)?,
            secrets_enc: row.get(24)?,
            skip_reason: row.get(25)?,
        })
    }
}

/// What to do about a slot whose time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    Run(Timestamp),
    Skip(&'static str),
}

/// Only the newest missed slot, and only within the grace, is caught up (platform spec 7.3).
pub(crate) fn judge(spec: &ScheduleSpec, cron: &Cron, zone: Tz, slot: Timestamp, due: Timestamp, now: Timestamp) -> Slot {
    if now.secs_since(due) <= LATE_S {
        return Slot::Run(slot);
    }
    let grace = Timestamp::minus_secs(now, spec.grace_s.saturating_add(1));
    let from = slot.minus_secs(1).max(grace);
    let missed = std::iter::successors(cron.next_after(zone, from), |t| cron.next_after(zone, *t));
    let within = |t: &Timestamp| *t <= now && spec.until.is_none_or(|u| *t <= u);
    match missed.take(CATCH_UP_SLOTS_MAX).take_while(within).last() {
        None => Slot::Skip("missed by more than its grace"),
        Some(newest) if spec.misfire == Misfire::RunOnce || now.secs_since(newest) <= LATE_S => Slot::Run(newest),
        Some(_) => Slot::Skip("missed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(misfire: Misfire, grace_s: i64, slot: &str, now: &str) -> String {
        let t = |text: &str| Timestamp::parse_rfc3339(text).unwrap();
        let spec = ScheduleSpec { misfire, grace_s, ..ScheduleSpec::new("n", "k", "0 * * * *") };
        let cron: Cron = spec.cron.parse().unwrap();
        match judge(&spec, &cron, Tz::UTC, t(slot), t(slot), t(now)) {
            Slot::Run(at) => at.rfc3339(),
            Slot::Skip(why) => why.to_owned(),
        }
    }

    #[test]
    fn missed_slots_are_caught_up_once_and_within_grace_only() {
        let on_time = "2026-01-01T10:00:02Z";
        let slot = "2026-01-01T10:00:00Z";
        assert_eq!(verdict(Misfire::RunOnce, 3600, slot, on_time), slot);
        assert_eq!(verdict(Misfire::Skip, 3600, slot, on_time), slot);
        // Down for five hours: the newest of six slots.
        assert_eq!(verdict(Misfire::RunOnce, 3600, slot, "2026-01-01T15:20:00Z"), "2026-01-01T15:00:00Z");
        assert_eq!(verdict(Misfire::Skip, 3600, slot, "2026-01-01T15:20:00Z"), "missed");
        assert_eq!(verdict(Misfire::Skip, 3600, slot, "2026-01-01T15:00:10Z"), "2026-01-01T15:00:00Z");
        assert_eq!(verdict(Misfire::RunOnce, 600, slot, "2026-01-01T15:20:00Z"), "missed by more than its grace");
        // The grace ends to the second.
        assert_eq!(verdict(Misfire::RunOnce, 1200, slot, "2026-01-01T10:20:00Z"), slot);
        assert_eq!(verdict(Misfire::RunOnce, 1199, slot, "2026-01-01T10:20:00Z"), "missed by more than its grace");
    }

    #[test]
    fn bad_fields_are_named() {
        let t = Timestamp::from_secs(1_750_000_000);
        let field = |s: ScheduleSpec| {
            let e = s.check(Tz::UTC, t).unwrap_err();
            (e.extra()["field"].as_str().unwrap().to_owned(), e.message().to_owned())
        };
        let base = || ScheduleSpec::new("n", "k", "0 3 * * *");
        assert_eq!(field(ScheduleSpec { cron: "0 24 * * *".into(), ..base() }).1, "Value out of range in hour field: 24 (valid: 0-23)");
        assert_eq!(field(ScheduleSpec { cron: "0 0 31 2 *".into(), ..base() }).0, "cron");
        assert_eq!(field(ScheduleSpec { timezone: Some("Mars/Base".into()), ..base() }).1, "Unknown timezone: Mars/Base");
        assert_eq!(field(ScheduleSpec { jitter_s: 601, ..base() }).0, "jitter_s");
        assert_eq!(field(ScheduleSpec { grace_s: -1, ..base() }).0, "grace_s");
    }
}

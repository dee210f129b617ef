//! What a client sees of a schedule.

use argos_kernel::Timestamp;
use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::Serialize;

use crate::hold::HoldPolicy;
use crate::schedule::{Misfire, Overlap, Schedule};
use crate::scheduler::Schedules;

/// Slots shown ahead.
const AHEAD: usize = 5;

#[derive(Serialize, JsonSchema)]
pub(crate) struct SchedulesView {
    pub(crate) items: Vec<ScheduleView>,
    /// The zone of schedules without one of their own.
    pub(crate) timezone: String,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct ScheduleView {
    pub(crate) id: i64,
    pub(crate) uid: String,
    pub(crate) name: String,
    /// Kind of the job a slot queues.
    pub(crate) kind: String,
    pub(crate) cron: String,
    /// Null = the zone of the instance.
    pub(crate) timezone: Option<String>,
    pub(crate) enabled: bool,
    pub(crate) next_run_at: Option<String>,
    pub(crate) last_run_at: Option<String>,
    /// State of the last run, or `skipped`; null before the first.
    pub(crate) last_state: Option<String>,
    /// Why the last slot was skipped: `maintenance` or a phrase; null when it was run.
    pub(crate) skip_reason: Option<String>,
    pub(crate) overlap: Overlap,
    pub(crate) misfire: Misfire,
    pub(crate) grace_s: i64,
    pub(crate) jitter_s: i64,
    pub(crate) until: Option<String>,
    /// The setting that defines it; null when it is changed here.
    pub(crate) managed_by: Option<&'static str>,
    /// The next slots, clock changes counted in.
    pub(crate) upcoming: Vec<String>,
    /// Its runs wait until somebody decided; null = they start by themselves.
    pub(crate) approval: Option<HoldPolicy>,
    /// The expression in words.
    pub(crate) readable: String,
    /// A person made it and may remove it.
    pub(crate) removable: bool,
}

/// A kind of work that a person may put on a schedule.
#[derive(Serialize, JsonSchema)]
pub(crate) struct KindView {
    pub(crate) kind: String,
    pub(crate) description: &'static str,
}

pub(crate) fn view(schedules: &Schedules, s: Schedule) -> ScheduleView {
    let zone = s.spec.zone(schedules.zone()).map_or_else(|name| name, |z: Tz| z.name().to_owned());
    let time = |t: Option<Timestamp>| t.map(Timestamp::rfc3339);
    ScheduleView {
        upcoming: schedules.upcoming(&s.spec, AHEAD).into_iter().map(Timestamp::rfc3339).collect(),
        managed_by: schedules.managed_by(&s.spec.job_kind),
        readable: crate::cron::readable(&s.spec.cron, &zone),
        removable: is_offered(schedules, &s.spec.job_kind),
        id: s.id,
        uid: s.uid.to_string(),
        name: s.spec.name,
        kind: s.spec.job_kind,
        cron: s.spec.cron,
        timezone: s.spec.timezone,
        enabled: s.spec.enabled,
        next_run_at: time(s.next_run_at),
        last_run_at: time(s.last_run_at),
        last_state: s.last_state,
        skip_reason: s.skip_reason,
        overlap: s.spec.overlap,
        misfire: s.spec.misfire,
        grace_s: s.spec.grace_s,
        jitter_s: s.spec.jitter_s,
        until: time(s.spec.until),
        approval: s.approval,
    }
}

pub(crate) fn is_offered(schedules: &Schedules, kind: &str) -> bool {
    schedules.jobs().schedulable().iter().any(|(name, _)| name == kind)
}

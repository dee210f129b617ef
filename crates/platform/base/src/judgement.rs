//! When a part of the platform counts as healthy. Pure: numbers in, a status and a sentence out.

use crate::ComponentStatus;

/// A job that waits this long, or a delivery, is too late.
const LATE_S: i64 = 600;
/// A schedule starts within seconds.
const SCHEDULE_LATE_S: i64 = 60;
/// Events a consumer may be behind.
const BEHIND_MAX: i64 = 10_000;
/// A backup older than this is stale (edge spec dashboard).
const BACKUP_STALE_S: i64 = 48 * 3_600;

/// What is said about a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) status: ComponentStatus,
    pub(crate) detail: Option<String>,
}

/// The newest backup.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backup {
    pub(crate) age_s: i64,
    /// Unknown until it was verified.
    pub(crate) verified: Option<bool>,
    /// Unknown without a target.
    pub(crate) copied: Option<bool>,
}

impl Said {
    fn of(status: ComponentStatus, detail: impl Into<String>) -> Self {
        Self { status, detail: Some(detail.into()) }
    }
    pub(crate) fn healthy(detail: impl Into<String>) -> Self {
        Self::of(ComponentStatus::Healthy, detail)
    }
    pub(crate) fn unknown(detail: impl Into<String>) -> Self {
        Self::of(ComponentStatus::Unknown, detail)
    }
    fn good_if(good: bool, detail: impl Into<String>) -> Self {
        Self::of(if good { ComponentStatus::Healthy } else { ComponentStatus::Degraded }, detail)
    }
}

pub(crate) fn jobs(queued: i64, running: i64, oldest_s: i64) -> Said {
    let mut text = format!("{running} running, {queued} waiting");
    if oldest_s > LATE_S {
        text.push_str(&format!(", the oldest for {} minutes", oldest_s / 60));
    }
    Said::good_if(oldest_s <= LATE_S, text)
}

pub(crate) fn scheduler(runs: bool, lag_s: i64, schedules: usize) -> Said {
    if !runs {
        return Said::of(ComponentStatus::Disabled, "this process does not lead");
    }
    let text =
        if lag_s > SCHEDULE_LATE_S { format!("a schedule is {lag_s} seconds late") } else { format!("{schedules} scheduled, none late") };
    Said::good_if(lag_s <= SCHEDULE_LATE_S, text)
}

pub(crate) fn lag(worst: Option<(i64, String)>) -> Said {
    match worst {
        None => Said::healthy("no consumer"),
        Some((behind, consumer)) if behind > BEHIND_MAX => Said::good_if(false, format!("{consumer} is {behind} events behind")),
        Some((behind, _)) => Said::healthy(format!("at most {behind} events behind")),
    }
}

pub(crate) fn notifications(channels: usize, pending: i64, oldest_s: Option<i64>, failed: i64) -> Said {
    if channels == 0 && pending == 0 {
        return Said::of(ComponentStatus::Disabled, "no channel is switched on");
    }
    let late = oldest_s.is_some_and(|s| s > LATE_S);
    Said::good_if(!late && failed == 0, format!("{pending} waiting, {failed} failed within the hour"))
}

pub(crate) fn backups(enabled: bool, newest: Option<Backup>, up_s: i64) -> Said {
    match newest {
        Some(b) if b.verified == Some(false) => Said::of(ComponentStatus::Unhealthy, "the newest backup does not restore"),
        Some(b) if enabled && b.age_s > BACKUP_STALE_S => Said::good_if(false, format!("the newest is {} hours old", b.age_s / 3_600)),
        Some(b) if b.copied == Some(false) => Said::good_if(false, "the newest was not copied to its target"),
        Some(b) if b.age_s < 3_600 => Said::healthy("the newest is less than an hour old"),
        Some(b) => Said::healthy(format!("the newest is {} hours old", b.age_s / 3_600)),
        None if !enabled => Said::of(ComponentStatus::Disabled, "no schedule and no backup"),
        None if up_s > BACKUP_STALE_S => Said::good_if(false, "there is none"),
        None => Said::unknown("there is none yet"),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share in percent")]
pub(crate) fn disk(free: u64, total: u64) -> Said {
    if total == 0 {
        return Said::unknown("the file system does not say");
    }
    let share = free as f64 / total as f64 * 100.0;
    let status = match share {
        s if s < 2.0 => ComponentStatus::Unhealthy,
        s if s < 10.0 => ComponentStatus::Degraded,
        _ => ComponentStatus::Healthy,
    };
    Said::of(status, format!("{share:.0} % free"))
}

pub(crate) fn dropping(dropped: u64, what: &str) -> Said {
    Said::good_if(
        dropped == 0,
        if dropped == 0 { "nothing dropped".to_owned() } else { format!("{dropped} {what} dropped since the start") },
    )
}

/// Lines that the store does not take, and why.
pub(crate) fn not_stored(why: String) -> Said {
    Said::of(ComponentStatus::Unhealthy, why)
}

pub(crate) fn vault(failures: u64) -> Said {
    Said::good_if(failures == 0, if failures == 0 { "every secret opens".to_owned() } else { format!("{failures} secrets did not open") })
}

/// Judged by its last use.
pub(crate) fn model(on: Option<bool>, answered_last: Option<bool>) -> Said {
    match on {
        Some(true) => match answered_last {
            Some(true) => Said::healthy("it answered the last question"),
            Some(false) => Said::good_if(false, "it did not answer the last question"),
            None => Said::unknown("switched on; told when it is used"),
        },
        Some(false) => Said::of(ComponentStatus::Disabled, "switched off"),
        None => Said::unknown("its setting cannot be read"),
    }
}

/// Judged by its last use, as nobody asks a mail server for nothing.
pub(crate) fn mail_server(host: Option<&str>, took_last: Option<bool>) -> Said {
    match host {
        Some("") => Said::of(ComponentStatus::Disabled, "not configured"),
        Some(_) => match took_last {
            Some(true) => Said::healthy("it took the last mail"),
            Some(false) => Said::good_if(false, "it did not take the last mail"),
            None => Said::unknown("told when it is used"),
        },
        None => Said::unknown("its setting cannot be read"),
    }
}

pub(crate) fn tasks(all: usize, waiting: &[&str]) -> Said {
    let text = if waiting.is_empty() { format!("{all} run") } else { format!("failed and waiting: {}", waiting.join(", ")) };
    Said::good_if(waiting.is_empty(), text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    #[test]
    fn backup_is_judged_by_its_proof_its_age_and_its_copy() {
        let b = |age_s, verified, copied| Some(Backup { age_s, verified, copied });
        let status = |enabled, newest, up| backups(enabled, newest, up).status;
        assert_eq!(status(true, b(DAY, Some(true), None), 9), ComponentStatus::Healthy);
        assert_eq!(status(true, b(3 * DAY, Some(true), None), 9), ComponentStatus::Degraded);
        assert_eq!(status(false, b(3 * DAY, Some(true), None), 9), ComponentStatus::Healthy);
        assert_eq!(status(true, b(5, Some(false), Some(true)), 9), ComponentStatus::Unhealthy);
        assert_eq!(status(true, b(5, Some(true), Some(false)), 9), ComponentStatus::Degraded);
        assert_eq!(status(true, None, 60), ComponentStatus::Unknown);
        assert_eq!(status(true, None, 3 * DAY), ComponentStatus::Degraded);
        assert_eq!(status(false, None, 3 * DAY), ComponentStatus::Disabled);
    }

    #[test]
    fn what_is_not_configured_is_disabled_and_what_was_not_asked_is_unknown() {
        assert_eq!(mail_server(Some(""), Some(true)).status, ComponentStatus::Disabled);
        assert_eq!(mail_server(Some("mail.lan"), None).status, ComponentStatus::Unknown);
        assert_eq!(mail_server(Some("mail.lan"), Some(true)).status, ComponentStatus::Healthy);
        assert_eq!(mail_server(Some("mail.lan"), Some(false)).status, ComponentStatus::Degraded);
        assert_eq!(model(Some(false), Some(true)).status, ComponentStatus::Disabled);
        assert_eq!(model(Some(true), None).status, ComponentStatus::Unknown);
        assert_eq!(model(Some(true), Some(false)).status, ComponentStatus::Degraded);
        assert_eq!(notifications(0, 0, None, 0).status, ComponentStatus::Disabled);
        assert_eq!(disk(0, 0).status, ComponentStatus::Unknown);
    }

    #[test]
    fn lateness_and_losses_degrade() {
        assert_eq!(jobs(3, 1, 601).status, ComponentStatus::Degraded);
        assert_eq!(jobs(3, 1, 600).status, ComponentStatus::Healthy);
        assert_eq!(scheduler(true, 61, 2).status, ComponentStatus::Degraded);
        assert_eq!(scheduler(false, 900, 2).status, ComponentStatus::Disabled);
        assert_eq!(lag(Some((10_001, "alerts".to_owned()))).status, ComponentStatus::Degraded);
        assert_eq!(notifications(1, 2, Some(5), 1).status, ComponentStatus::Degraded);
        assert_eq!(dropping(1, "lines").status, ComponentStatus::Degraded);
        assert_eq!(disk(1, 100).status, ComponentStatus::Unhealthy);
        assert_eq!(disk(5, 100).status, ComponentStatus::Degraded);
        assert_eq!(tasks(4, &["a"]).status, ComponentStatus::Degraded);
    }
}

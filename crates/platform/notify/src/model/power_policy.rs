//! When an event of the power part is told to its own channels (power spec D.7): switches, cooldown per device and
//! event, and recoveries only of what was told. Pure.

use std::borrow::Cow;
use std::collections::BTreeMap;

use argos_events::{Event, Source};
use argos_kernel::{Severity, Timestamp};

/// The settings `power.alert.*`, asked for every batch of events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PowerPolicy {
    pub cooldown_s: i64,
    pub recovery_cooldown_s: i64,
    pub on_battery: bool,
    pub on_battery_low: bool,
    pub on_device_offline: bool,
    pub recoveries: bool,
    /// By event type without its prefix; instead of the severity of the kind.
    pub severities: BTreeMap<String, Severity>,
}

impl Default for PowerPolicy {
    fn default() -> Self {
        Self {
            cooldown_s: 3_600,
            recovery_cooldown_s: 300,
            on_battery: true,
            on_battery_low: true,
            on_device_offline: true,
            recoveries: true,
            severities: BTreeMap::new(),
        }
    }
}

const PAIRS: [(&str, &str); 8] = [
    ("on_battery", "power_restored"),
    ("battery_low", "power_restored"),
    ("shutdown_initiated", "power_restored"),
    ("device_offline", "device_online"),
    ("overload", "overload_cleared"),
    ("voltage_abnormal", "voltage_normal"),
    ("device_alarm", "device_alarm_cleared"),
    ("monitoring_failed", "monitoring_recovered"),
];

/// An event about the same device that the channel was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) event: i64,
    pub(crate) at: Timestamp,
    pub(crate) severity: Severity,
}

/// What happened before to the same device, and what the channel was told of it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Before {
    /// The same event, sent or waiting.
    pub(crate) same: Option<Told>,
    /// Of an end: the newest of its problems, sent or waiting.
    pub(crate) problem: Option<Told>,
    /// Of a problem: the event that ended it last, whether or not this channel hears of ends.
    pub(crate) end: Option<i64>,
}

/// The events the judgement about `kind` looks at besides itself.
pub(crate) fn counterparts(kind: &str) -> Vec<&'static str> {
    let ends = PAIRS.iter().filter(|(problem, _)| *problem == kind).map(|(_, end)| *end);
    ends.chain(PAIRS.iter().filter(|(_, end)| *end == kind).map(|(problem, _)| *problem)).collect()
}

pub(crate) fn is_recovery(kind: &str) -> bool {
    PAIRS.iter().any(|(_, end)| *end == kind)
}

impl PowerPolicy {
    /// The event with the severity the operator gives its kind.
    pub(crate) fn graded<'e>(&self, event: &'e Event) -> Cow<'e, Event> {
        let bare = event.kind.strip_prefix("power.").unwrap_or(&event.kind);
        match self.severities.get(bare).filter(|s| event.source == Source::Power && **s != event.severity) {
            Some(severity) => Cow::Owned(Event { severity: *severity, ..event.clone() }),
            None => Cow::Borrowed(event),
        }
    }

    /// Why an event is not told; `None` = it is.
    pub(crate) fn withholds(&self, kind: &str, severity: Severity, before: Before, now: Timestamp) -> Option<&'static str> {
        let off = match kind {
            "shutdown_initiated" | "fsd" => return None,
            "on_battery" => !self.on_battery,
            "battery_low" => !self.on_battery_low,
            "device_offline" => !self.on_device_offline,
            // What people set up is in the record; an alert it becomes only for who raised its severity.
            "config_changed" => severity == Severity::Info,
            kind => is_recovery(kind) && !self.recoveries,
        };
        if off {
            return Some("disabled");
        }
        let within = |told: &Told, seconds: i64| now.secs_since(told.at) < seconds;
        if is_recovery(kind) {
            let open = before.problem.is_some_and(|problem| before.same.is_none_or(|end| problem.event > end.event));
            if !open {
                return Some("duplicate");
            }
            return before.same.filter(|told| within(told, self.recovery_cooldown_s)).map(|_| "cooldown");
        }
        let running = before.same.filter(|told| within(told, self.cooldown_s) && severity <= told.severity);
        running.filter(|told| before.end.is_none_or(|end| end < told.event)).map(|_| "cooldown")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(10_000);

    fn told(event: i64, ago: i64) -> Option<Told> {
        Some(Told { event, at: NOW.minus_secs(ago), severity: Severity::Error })
    }

    fn judged(kind: &str, severity: Severity, same: Option<Told>, end: Option<i64>) -> Option<&'static str> {
        PowerPolicy::default().withholds(kind, severity, Before { same, problem: None, end }, NOW)
    }

    fn judged_end(same: Option<Told>, problem: Option<Told>) -> Option<&'static str> {
        PowerPolicy::default().withholds("power_restored", Severity::Info, Before { same, problem, end: None }, NOW)
    }

    #[test]
    fn problem_is_told_again_after_its_end_its_cooldown_or_when_it_got_worse() {
        assert_eq!(judged("on_battery", Severity::Error, None, None), None);
        assert_eq!(judged("on_battery", Severity::Error, told(1, 60), None), Some("cooldown"));
        assert_eq!(judged("on_battery", Severity::Error, told(1, 60), Some(2)), None, "the mains were back in between");
        assert_eq!(judged("on_battery", Severity::Error, told(3, 60), Some(2)), Some("cooldown"));
        assert_eq!(judged("on_battery", Severity::Error, told(1, 3_601), None), None);
        assert_eq!(judged("on_battery", Severity::Critical, told(1, 60), None), None);
        assert_eq!(judged("shutdown_initiated", Severity::Critical, told(1, 1), None), None);
    }

    #[test]
    fn end_is_told_once_and_only_of_a_problem_that_was_told() {
        assert_eq!(judged_end(None, None), Some("duplicate"));
        assert_eq!(judged_end(None, told(1, 60)), None);
        assert_eq!(judged_end(told(2, 400), told(1, 900)), Some("duplicate"));
        assert_eq!(judged_end(told(2, 200), told(3, 10)), Some("cooldown"));
        assert_eq!(judged_end(told(2, 400), told(3, 10)), None);
    }

    #[test]
    fn switched_off_kinds_are_withheld() {
        let off = PowerPolicy { on_battery: false, recoveries: false, ..PowerPolicy::default() };
        assert_eq!(off.withholds("on_battery", Severity::Error, Before::default(), NOW), Some("disabled"));
        assert_eq!(
            off.withholds("device_online", Severity::Info, Before { problem: told(1, 1), ..Before::default() }, NOW),
            Some("disabled")
        );
        assert_eq!(off.withholds("device_offline", Severity::Critical, Before::default(), NOW), None);
        assert_eq!(off.withholds("config_changed", Severity::Info, Before::default(), NOW), Some("disabled"));
        assert_eq!(off.withholds("config_changed", Severity::Warning, Before::default(), NOW), None, "its severity was raised");
        assert_eq!(counterparts("power_restored"), ["on_battery", "battery_low", "shutdown_initiated"]);
        assert_eq!(counterparts("device_offline"), ["device_online"]);
    }
}

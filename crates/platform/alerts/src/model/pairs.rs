//! Pairs of event kinds that open and close an alert without a written rule (platform spec 5.3), as far as both kinds
//! of the pair are published today.

use argos_kernel::Severity;

/// One pair. The subject of the event tells instances apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EventPair {
    pub(crate) opens: &'static str,
    /// Opens it later, when the opening event says that it must last first (`debounce_seconds` in its data).
    pub(crate) confirms: Option<&'static str>,
    pub(crate) closes: &'static [&'static str],
    /// First part of the `rule_id` shown in histories: `endpoint_down:<name>`.
    pub(crate) rule_prefix: &'static str,
    pub(crate) severity: Severity,
    /// What availability summaries count it for.
    pub(crate) source_type: Option<&'static str>,
}

pub(crate) const PAIRS: &[EventPair] = &[
    EventPair {
        opens: "endpoint.down",
        confirms: None,
        closes: &["endpoint.up"],
        rule_prefix: "endpoint_down",
        severity: Severity::Critical,
        source_type: Some("service"),
    },
    EventPair {
        opens: "agent.offline",
        confirms: None,
        closes: &["agent.online"],
        rule_prefix: "agent_offline",
        severity: Severity::Error,
        source_type: Some("agent"),
    },
    EventPair {
        opens: "system.health_degraded",
        confirms: None,
        closes: &["system.health_restored"],
        rule_prefix: "health_degraded",
        severity: Severity::Critical,
        source_type: None,
    },
    EventPair {
        opens: "schedule.failed",
        confirms: None,
        closes: &["schedule.recovered"],
        rule_prefix: "schedule_failed",
        severity: Severity::Warning,
        source_type: None,
    },
    EventPair {
        opens: "power.on_battery",
        confirms: Some("power.on_battery_lasts"),
        closes: &["power.power_restored"],
        rule_prefix: "on_battery",
        severity: Severity::Error,
        source_type: None,
    },
    EventPair {
        opens: "power.battery_low",
        confirms: None,
        closes: &["power.battery_recovered", "power.power_restored"],
        rule_prefix: "battery_low",
        severity: Severity::Critical,
        source_type: None,
    },
    EventPair {
        opens: "power.shutdown_initiated",
        confirms: None,
        closes: &["power.shutdown_cleared", "power.power_restored"],
        rule_prefix: "shutdown_initiated",
        severity: Severity::Critical,
        source_type: None,
    },
    EventPair {
        opens: "power.device_offline",
        confirms: None,
        closes: &["power.device_online"],
        rule_prefix: "device_offline",
        severity: Severity::Critical,
        source_type: None,
    },
    EventPair {
        opens: "power.overload",
        confirms: None,
        closes: &["power.overload_cleared"],
        rule_prefix: "overload",
        severity: Severity::Error,
        source_type: None,
    },
    EventPair {
        opens: "power.voltage_abnormal",
        confirms: None,
        closes: &["power.voltage_normal"],
        rule_prefix: "voltage_abnormal",
        severity: Severity::Warning,
        source_type: None,
    },
    EventPair {
        opens: "power.device_alarm",
        confirms: None,
        closes: &["power.device_alarm_cleared"],
        rule_prefix: "device_alarm",
        severity: Severity::Warning,
        source_type: None,
    },
];

/// What an event does to the firing of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    Opens,
    Confirms,
    Closes,
}

/// The pairs a kind turns; one event may close several.
pub(crate) fn of(kind: &str) -> impl Iterator<Item = (&'static EventPair, Turn)> {
    PAIRS.iter().filter_map(move |p| {
        let turn = match kind {
            k if k == p.opens => Turn::Opens,
            k if Some(k) == p.confirms => Turn::Confirms,
            k if p.closes.contains(&k) => Turn::Closes,
            _ => return None,
        };
        Some((p, turn))
    })
}

#[cfg(test)]
mod tests {
    use argos_events::Kinds;

    use super::*;

    #[test]
    fn every_pair_is_registered_as_opening_and_closing_kind() {
        let kinds = Kinds::with(&[]);
        for pair in PAIRS {
            assert_eq!(kinds.find(pair.closes[0]).unwrap().resolves, Some(pair.opens));
            assert!(std::iter::once(pair.opens).chain(pair.confirms).chain(pair.closes.iter().copied()).all(|k| kinds.find(k).is_some()));
        }
        let turns = |kind: &str| of(kind).map(|(p, turn)| (p.opens, turn)).collect::<Vec<_>>();
        assert_eq!(turns("endpoint.down"), [("endpoint.down", Turn::Opens)]);
        assert_eq!(turns("power.on_battery_lasts"), [("power.on_battery", Turn::Confirms)]);
        let closed = ["power.on_battery", "power.battery_low", "power.shutdown_initiated"].map(|opens| (opens, Turn::Closes));
        assert_eq!(turns("power.power_restored"), closed);
        assert!(turns("system.started").is_empty());
    }
}

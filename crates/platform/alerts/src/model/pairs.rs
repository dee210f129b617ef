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
    /// When both are one kind: the severity of the event that opens and of the one that closes.
    pub(crate) apart: Option<(Severity, Severity)>,
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
        apart: None,
        rule_prefix: "endpoint_down",
        severity: Severity::Critical,
        source_type: Some("service"),
    },
    EventPair {
        opens: "agent.offline",
        confirms: None,
        closes: &["agent.online"],
        apart: None,
        rule_prefix: "agent_offline",
        severity: Severity::Error,
        source_type: Some("agent"),
    },
    EventPair {
        opens: "system.health_degraded",
        confirms: None,
        closes: &["system.health_restored"],
        apart: None,
        rule_prefix: "health_degraded",
        severity: Severity::Critical,
        source_type: None,
    },
    EventPair {
        opens: "schedule.failed",
        confirms: None,
        closes: &["schedule.recovered"],
        apart: None,
        rule_prefix: "schedule_failed",
        severity: Severity::Warning,
        source_type: None,
    },
    EventPair {
        opens: "power.on_battery",
        confirms: Some("power.on_battery_lasts"),
        closes: &["power.power_restored"],
        apart: None,
        rule_prefix: "on_battery",
        severity: Severity::Error,
        source_type: None,
    },
    EventPair {
        opens: "power.battery_low",
        confirms: None,
        closes: &["power.battery_recovered", "power.power_restored"],
        apart: None,
        rule_prefix: "battery_low",
        severity: Severity::Critical,
        source_type: None,
    },
    EventPair {
        opens: "power.shutdown_initiated",
        confirms: None,
        closes: &["power.shutdown_cleared", "power.power_restored"],
        apart: None,
        rule_prefix: "shutdown_initiated",
        severity: Severity::Critical,
        source_type: None,
    },
    EventPair {
        opens: "power.device_offline",
        confirms: None,
        closes: &["power.device_online"],
        apart: None,
        rule_prefix: "device_offline",
        severity: Severity::Critical,
        source_type: None,
    },
    EventPair {
        opens: "power.overload",
        confirms: None,
        closes: &["power.overload_cleared"],
        apart: None,
        rule_prefix: "overload",
        severity: Severity::Error,
        source_type: None,
    },
    EventPair {
        opens: "power.voltage_abnormal",
        confirms: None,
        closes: &["power.voltage_normal"],
        apart: None,
        rule_prefix: "voltage_abnormal",
        severity: Severity::Warning,
        source_type: None,
    },
    EventPair {
        opens: "power.device_alarm",
        confirms: None,
        closes: &["power.device_alarm_cleared"],
        apart: None,
        rule_prefix: "device_alarm",
        severity: Severity::Warning,
        source_type: None,
    },
    EventPair {
        opens: "edge.target_unhealthy",
        confirms: None,
        closes: &["edge.target_recovered"],
        apart: None,
        rule_prefix: "target_unhealthy",
        severity: Severity::Error,
        source_type: None,
    },
    EventPair {
        opens: "edge.crowdsec_down",
        confirms: None,
        closes: &["edge.crowdsec_recovered"],
        apart: None,
        rule_prefix: "crowdsec_down",
        severity: Severity::Error,
        source_type: None,
    },
    EventPair {
        opens: "edge.cert_renewal_failed",
        confirms: None,
        closes: &["edge.cert_issued", "edge.cert_renewed", "edge.cert_not_needed"],
        apart: None,
        rule_prefix: "cert_renewal_failed",
        severity: Severity::Error,
        source_type: None,
    },
    EventPair {
        opens: "node.connection",
        confirms: None,
        closes: &["node.connection"],
        apart: Some((Severity::Critical, Severity::Info)),
        rule_prefix: "node_lost",
        severity: Severity::Critical,
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
pub(crate) fn of(kind: &str, severity: Severity) -> impl Iterator<Item = (&'static EventPair, Turn)> {
    PAIRS.iter().filter_map(move |p| {
        let turn = match kind {
            k if k == p.opens && p.apart.is_some() => match p.apart {
                Some((opens, _)) if severity == opens => Turn::Opens,
                Some((_, closes)) if severity == closes => Turn::Closes,
                _ => return None,
            },
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
            if pair.apart.is_none() {
                assert_eq!(kinds.find(pair.closes[0]).unwrap().resolves, Some(pair.opens));
            }
            assert!(std::iter::once(pair.opens).chain(pair.confirms).chain(pair.closes.iter().copied()).all(|k| kinds.find(k).is_some()));
        }
        let turned = |kind: &str, severity| of(kind, severity).map(|(p, turn)| (p.opens, turn)).collect::<Vec<_>>();
        let turns = |kind: &str| turned(kind, Severity::Info);
        assert_eq!(turns("endpoint.down"), [("endpoint.down", Turn::Opens)]);
        assert_eq!(turns("power.on_battery_lasts"), [("power.on_battery", Turn::Confirms)]);
        let closed = ["power.on_battery", "power.battery_low", "power.shutdown_initiated"].map(|opens| (opens, Turn::Closes));
        assert_eq!(turns("power.power_restored"), closed);
        assert_eq!(turns("edge.cert_not_needed"), [("edge.cert_renewal_failed", Turn::Closes)]);
        assert!(turns("system.started").is_empty());
        assert_eq!(turned("node.connection", Severity::Critical), [("node.connection", Turn::Opens)]);
        assert_eq!(turned("node.connection", Severity::Info), [("node.connection", Turn::Closes)]);
        // A clock that is off is said under the same kind.
        assert!(turned("node.connection", Severity::Warning).is_empty());
    }
}

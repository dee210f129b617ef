//! Pairs of event kinds that open and close an alert without a written rule (platform spec 5.3), as far as both kinds
//! of the pair are published today.

use argos_kernel::Severity;

/// One pair. The subject of the event tells instances apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EventPair {
    pub(crate) opens: &'static str,
    pub(crate) closes: &'static str,
    /// First part of the `rule_id` shown in histories: `endpoint_down:<name>`.
    pub(crate) rule_prefix: &'static str,
    pub(crate) severity: Severity,
    /// What availability summaries count it for.
    pub(crate) source_type: Option<&'static str>,
}

pub(crate) const PAIRS: &[EventPair] = &[
    EventPair {
        opens: "endpoint.down",
        closes: "endpoint.up",
        rule_prefix: "endpoint_down",
        severity: Severity::Critical,
        source_type: Some("service"),
    },
    EventPair {
        opens: "agent.offline",
        closes: "agent.online",
        rule_prefix: "agent_offline",
        severity: Severity::Error,
        source_type: Some("agent"),
    },
    EventPair {
        opens: "system.health_degraded",
        closes: "system.health_restored",
        rule_prefix: "health_degraded",
        severity: Severity::Critical,
        source_type: None,
    },
    EventPair {
        opens: "power.on_battery",
        closes: "power.power_restored",
        rule_prefix: "on_battery",
        severity: Severity::Error,
        source_type: None,
    },
    EventPair {
        opens: "power.device_offline",
        closes: "power.device_online",
        rule_prefix: "device_offline",
        severity: Severity::Critical,
        source_type: None,
    },
    EventPair {
        opens: "power.overload",
        closes: "power.overload_cleared",
        rule_prefix: "overload",
        severity: Severity::Error,
        source_type: None,
    },
    EventPair {
        opens: "power.voltage_abnormal",
        closes: "power.voltage_normal",
        rule_prefix: "voltage_abnormal",
        severity: Severity::Warning,
        source_type: None,
    },
    EventPair {
        opens: "power.device_alarm",
        closes: "power.device_alarm_cleared",
        rule_prefix: "device_alarm",
        severity: Severity::Warning,
        source_type: None,
    },
];

/// The pair this kind opens or closes; `true` = opens.
pub(crate) fn find(kind: &str) -> Option<(&'static EventPair, bool)> {
    PAIRS.iter().find_map(|p| match kind {
        k if k == p.opens => Some((p, true)),
        k if k == p.closes => Some((p, false)),
        _ => None,
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
            assert_eq!(kinds.find(pair.closes).unwrap().resolves, Some(pair.opens));
            assert!(kinds.find(pair.opens).is_some());
        }
        assert!(find("endpoint.down").unwrap().1 && !find("endpoint.up").unwrap().1);
        assert!(find("system.started").is_none());
    }
}

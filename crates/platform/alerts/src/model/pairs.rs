//! Pairs of event kinds that open and close an alert without a written rule (platform spec 5.3), as far as both kinds
//! of the pair are published today.

use argos_kernel::Severity::{self, Critical, Error, Info, Warning};

/// One pair. The subject of the event tells instances apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EventPair {
    pub(crate) opens: &'static str,
    /// Opens it later, when the opening event says that it must last first (`debounce_seconds` in its data).
    pub(crate) confirms: Option<&'static str>,
    pub(crate) closes: &'static [&'static str],
    /// When both are one kind: the severity of the event that opens and of the one that closes.
    pub(crate) apart: Option<(Severity, Severity)>,
    /// A member of the data that tells instances of one subject apart.
    pub(crate) by: Option<&'static str>,
    /// First part of the `rule_id` shown in histories: `endpoint_down:<name>`.
    pub(crate) rule_prefix: &'static str,
    pub(crate) severity: Severity,
    /// What availability summaries count it for.
    pub(crate) source_type: Option<&'static str>,
    /// It ends by itself after so many seconds: what it is about may go without a word.
    pub(crate) lasts_s: Option<i64>,
}

impl EventPair {
    const fn new(opens: &'static str, closes: &'static [&'static str], rule_prefix: &'static str, severity: Severity) -> Self {
        Self { opens, confirms: None, closes, apart: None, by: None, rule_prefix, severity, source_type: None, lasts_s: None }
    }
    const fn confirmed_by(mut self, kind: &'static str) -> Self {
        self.confirms = Some(kind);
        self
    }
    /// Both are one kind; it closes with `severity`.
    const fn closed_with(mut self, severity: Severity) -> Self {
        self.apart = Some((self.severity, severity));
        self
    }
    const fn for_each(mut self, member: &'static str) -> Self {
        self.by = Some(member);
        self
    }
    const fn counted_for(mut self, source_type: &'static str) -> Self {
        self.source_type = Some(source_type);
        self
    }
    const fn at_most(mut self, seconds: i64) -> Self {
        self.lasts_s = Some(seconds);
        self
    }
}

/// People are told at most a month before a certificate ends; a site that is removed meanwhile says nothing more.
const CERTIFICATE_S: i64 = 45 * 86_400;

pub(crate) const PAIRS: &[EventPair] = &[
    EventPair::new("endpoint.down", &["endpoint.up"], "endpoint_down", Critical).counted_for("service"),
    EventPair::new("agent.offline", &["agent.online"], "agent_offline", Error).counted_for("agent"),
    EventPair::new("system.health_degraded", &["system.health_restored"], "health_degraded", Critical),
    EventPair::new("schedule.failed", &["schedule.recovered"], "schedule_failed", Warning),
    EventPair::new("schedule.run.failed", &["schedule.run.recovered", "schedule.recovered"], "schedule_run_failed", Warning),
    EventPair::new("power.on_battery", &["power.power_restored"], "on_battery", Error).confirmed_by("power.on_battery_lasts"),
    EventPair::new("power.battery_low", &["power.battery_recovered", "power.power_restored"], "battery_low", Critical),
    EventPair::new("power.shutdown_initiated", &["power.shutdown_cleared", "power.power_restored"], "shutdown_initiated", Critical),
    EventPair::new("power.device_offline", &["power.device_online"], "device_offline", Critical),
    EventPair::new("power.overload", &["power.overload_cleared"], "overload", Error),
    EventPair::new("power.voltage_abnormal", &["power.voltage_normal"], "voltage_abnormal", Warning),
    EventPair::new("power.device_alarm", &["power.device_alarm_cleared"], "device_alarm", Warning),
    EventPair::new("edge.target_unhealthy", &["edge.target_recovered"], "target_unhealthy", Error),
    EventPair::new("edge.crowdsec_down", &["edge.crowdsec_recovered"], "crowdsec_down", Error),
    EventPair::new("edge.appsec_unavailable", &["edge.appsec_recovered"], "appsec_unavailable", Warning),
    EventPair::new("edge.cert_renewal_failed", RENEWED, "cert_renewal_failed", Error),
    EventPair::new("edge.cert_expiring_soon", RENEWED, "cert_expiring", Warning).at_most(CERTIFICATE_S),
    EventPair::new("edge.manual_cert_expiring_soon", &["edge.manual_cert_replaced"], "manual_cert_expiring", Warning)
        .at_most(CERTIFICATE_S),
    EventPair::new("node.connection", &["node.connection"], "node_lost", Critical).closed_with(Info),
    EventPair::new("node.tunnel", &["node.tunnel"], "tunnel_failed", Warning).closed_with(Info).for_each("tunnel_id"),
];

/// A new certificate of an authority, or none wanted any more.
const RENEWED: &[&str] = &["edge.cert_issued", "edge.cert_renewed", "edge.cert_not_needed"];

/// The pair that this kind opens.
pub(crate) fn opened_by(kind: &str) -> Option<&'static EventPair> {
    PAIRS.iter().find(|p| p.opens == kind)
}

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
            // One kind may end several; each is registered as the end of something.
            assert!(pair.apart.is_some() || pair.closes.iter().all(|k| kinds.find(k).unwrap().resolves.is_some()), "{}", pair.opens);
            assert!(std::iter::once(pair.opens).chain(pair.confirms).chain(pair.closes.iter().copied()).all(|k| kinds.find(k).is_some()));
        }
        let turned = |kind: &str, severity| of(kind, severity).map(|(p, turn)| (p.opens, turn)).collect::<Vec<_>>();
        let turns = |kind: &str| turned(kind, Severity::Info);
        assert_eq!(turns("endpoint.down"), [("endpoint.down", Turn::Opens)]);
        assert_eq!(turns("power.on_battery_lasts"), [("power.on_battery", Turn::Confirms)]);
        let closed = ["power.on_battery", "power.battery_low", "power.shutdown_initiated"].map(|opens| (opens, Turn::Closes));
        assert_eq!(turns("power.power_restored"), closed);
        let renewed = ["edge.cert_renewal_failed", "edge.cert_expiring_soon"].map(|opens| (opens, Turn::Closes));
        assert_eq!(turns("edge.cert_not_needed"), renewed);
        assert_eq!(turned("node.tunnel", Severity::Warning), [("node.tunnel", Turn::Opens)]);
        assert!(turns("system.started").is_empty());
        assert_eq!(turned("node.connection", Severity::Critical), [("node.connection", Turn::Opens)]);
        assert_eq!(turned("node.connection", Severity::Info), [("node.connection", Turn::Closes)]);
        // A clock that is off is said under the same kind.
        assert!(turned("node.connection", Severity::Warning).is_empty());
    }
}

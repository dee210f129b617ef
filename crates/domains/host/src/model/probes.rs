//! What slow probes found out: services, containers, addresses that were pinged. They run beside the tick and their
//! last answer is part of the snapshot.

use argos_hostinfo::container::Container;
use argos_hostinfo::systemd::Unit;
use schemars::JsonSchema;
use serde::Serialize;

/// A watched service as the snapshot shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct ServiceView {
    pub(crate) name: String,
    /// systemd's active state, `timer-active`, `not-found` or `error`.
    pub(crate) status: String,
    pub(crate) is_user: bool,
    pub(crate) active: bool,
    pub(crate) user: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) memory_bytes: Option<u64>,
}

impl ServiceView {
    pub(crate) fn bare(name: &str, status: &str) -> Self {
        let (name, status) = (name.to_owned(), status.to_owned());
        Self { name, status, is_user: false, active: false, user: false, description: None, memory_bytes: None }
    }
    /// From a unit; `timer_active` when the unit rests but its timer runs.
    pub(crate) fn of(unit: &Unit, is_user: bool, timer_active: bool) -> Self {
        let status = if !unit.exists() {
            "not-found"
        } else if unit.active != "active" && timer_active {
            "timer-active"
        } else {
            unit.active.as_str()
        };
        Self {
            name: unit.name.trim_end_matches(".service").to_owned(),
            status: status.to_owned(),
            is_user,
            active: unit.active == "active" || status == "timer-active",
            user: is_user,
            description: Some(unit.description.clone()).filter(|d| !d.is_empty()),
            memory_bytes: unit.memory_bytes,
        }
    }
}

/// A container of the local runtime.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct ContainerView {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) image: String,
    pub(crate) state: String,
    pub(crate) status: String,
}

impl From<Container> for ContainerView {
    fn from(c: Container) -> Self {
        Self { id: c.id, name: c.name, image: c.image, state: c.state, status: c.status }
    }
}

/// An address that was pinged.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct RadarView {
    pub(crate) ip: String,
    pub(crate) host: String,
    /// `Up`, `Down`, or `Unknown` when this machine has no way to ping.
    pub(crate) status: String,
    pub(crate) up: Option<bool>,
    pub(crate) ms: Option<f64>,
    pub(crate) latency_ms: Option<f64>,
}

impl RadarView {
    pub(crate) fn new(ip: &str, reached: Option<bool>, ms: Option<f64>) -> Self {
        let status = match reached {
            Some(true) => "Up",
            Some(false) => "Down",
            None => "Unknown",
        };
        Self { ip: ip.to_owned(), host: ip.to_owned(), status: status.to_owned(), up: reached, ms, latency_ms: ms }
    }
}

/// Reachability of the two configured addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct NetHealth {
    /// `Up`, `Down` or null when it is not configured or cannot be told.
    pub(crate) wan: Option<String>,
    pub(crate) lan: Option<String>,
    pub(crate) configured: bool,
}

/// The newest answers of all slow probes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Probes {
    pub(crate) services: Vec<ServiceView>,
    pub(crate) containers: Vec<ContainerView>,
    pub(crate) radar: Vec<RadarView>,
    pub(crate) net_health: NetHealth,
}

/// The round-trip time in `ping`'s output, milliseconds.
pub(crate) fn ping_ms(output: &str) -> Option<f64> {
    let (_, rest) = output.split_once("time=")?;
    rest.split(|c: char| !(c.is_ascii_digit() || c == '.')).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ping_output_yields_the_round_trip_time() {
        assert_eq!(ping_ms("64 bytes from 1.1.1.1: icmp_seq=1 ttl=57 time=11.3 ms"), Some(11.3));
        assert_eq!(ping_ms("1 packets transmitted, 0 received"), None);
    }

    #[test]
    fn resting_unit_with_running_timer_is_timer_active() {
        let unit = Unit { name: "backup.service".to_owned(), load: "loaded".to_owned(), active: "inactive".to_owned(), ..Unit::default() };
        let view = ServiceView::of(&unit, false, true);
        assert_eq!((view.status.as_str(), view.active, view.name.as_str()), ("timer-active", true, "backup"));
    }
}

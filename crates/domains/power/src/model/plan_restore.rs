//! The way back of a plan: when hosts are started again, what wakes each, and how it is seen whether one is there.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a host comes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Wake {
    pub kind: WakeKind,
    /// For wake-on-LAN: `aa:bb:cc:dd:ee:ff`.
    #[serde(default)]
    pub mac: String,
    /// Where the wake-on-LAN packet is sent.
    #[serde(default = "broadcast")]
    pub broadcast: String,
    #[serde(default = "wake_port")]
    pub port: u16,
    /// The device whose outlet is switched on.
    #[serde(default)]
    pub device_id: String,
    #[serde(default)]
    pub outlet: String,
}

impl Wake {
    /// What is done, for people.
    pub fn command_text(&self) -> String {
        match self.kind {
            WakeKind::Wol => format!("wake-on-LAN {} to {}:{}", self.mac, self.broadcast, self.port),
            WakeKind::Redfish => "ComputerSystem.Reset On".to_owned(),
            WakeKind::Ipmi => "chassis power on".to_owned(),
            WakeKind::Guest => "start the guest".to_owned(),
            WakeKind::Outlet => format!("outlet {} of {} on", self.outlet, self.device_id),
        }
    }
}

fn broadcast() -> String {
    "255.255.255.255".to_owned()
}
fn wake_port() -> u16 {
    9
}

/// What wakes a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WakeKind {
    Wol,
    /// The management controller of a `redfish` step.
    Redfish,
    /// The management controller of an `ipmi` step.
    Ipmi,
    /// The hypervisor of a `guest` step.
    Guest,
    /// An outlet that feeds the host.
    Outlet,
}

/// When and how hosts are started again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Restore {
    /// By itself; somebody may always ask for it.
    pub enabled: bool,
    /// The mains must be good this long.
    pub stable_seconds: i64,
    pub min_charge_percent: f64,
    /// Between two orders.
    pub delay_seconds: i64,
    /// How long a host may take until it answers.
    pub boot_timeout_seconds: i64,
    /// Also hosts this run did not shut down.
    pub all: bool,
}

impl Default for Restore {
    fn default() -> Self {
        Self { enabled: true, stable_seconds: 60, min_charge_percent: 50.0, delay_seconds: 30, boot_timeout_seconds: 600, all: false }
    }
}

/// How it is seen whether a host is there: it is off when the check fails, and back when it answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HostCheck {
    pub kind: CheckKind,
    /// The host of the step when empty.
    #[serde(default)]
    pub host: String,
    /// For `tcp`.
    #[serde(default)]
    pub port: Option<u16>,
    /// For `http`: any answer below 500 counts.
    #[serde(default)]
    pub url: String,
}

/// What is asked of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckKind {
    /// An ICMP echo.
    Ping,
    Tcp,
    Http,
}

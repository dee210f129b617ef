//! A shutdown plan as it is stored: what feeds it, when it acts, what it does in which order, and how things come back
//! (power spec D.8). Secrets of its steps stay sealed beside it; their members are blank here.

use std::collections::BTreeMap;

use argos_kernel::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The group of a source that names none.
pub const DEFAULT_GROUP: &str = "default";

/// A stored plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub id: i64,
    /// Never reused; the secrets are sealed for it.
    pub uid: String,
    pub name: String,
    pub enabled: bool,
    /// Only an armed plan acts by itself.
    pub armed: bool,
    pub body: PlanBody,
    pub secrets_enc: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Plan {
    /// The place its secrets are sealed for.
    pub fn aad(uid: &str) -> String {
        format!("power_shutdown_plans.secrets_enc:{uid}")
    }
}

/// What a plan consists of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct PlanBody {
    pub sources: Vec<PlanSource>,
    pub groups: Vec<PlanGroup>,
    pub triggers: Triggers,
    pub phases: Vec<Phase>,
    pub restore: Restore,
    pub on_power_return: OnPowerReturn,
    /// Act only on paper: steps are logged, hosts see a login at most.
    pub dry_run: bool,
}

/// A UPS the plan watches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanSource {
    pub device_id: String,
    /// Redundant supplies stand in one group; `default` when absent.
    #[serde(default = "default_group")]
    pub group: String,
}

fn default_group() -> String {
    DEFAULT_GROUP.to_owned()
}

/// How many sources of a group must be healthy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanGroup {
    pub name: String,
    #[serde(default = "one")]
    pub min_healthy: i64,
}

fn one() -> i64 {
    1
}

/// When a source is critical. A limit of null or 0 is off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Triggers {
    /// T1: the UPS, or somebody at our NUT server, ordered a forced shutdown.
    pub fsd: bool,
    /// T2: on battery and low.
    pub low_battery: bool,
    pub lb_hold_seconds: i64,
    /// T3.
    pub battery_percent: Option<f64>,
    /// T4.
    pub runtime_seconds: Option<f64>,
    /// T5.
    pub percent_per_minute: Option<f64>,
    /// T6.
    pub on_battery_seconds: i64,
    /// T7: polls that failed in a row after the UPS was on battery.
    pub lost_polls: i64,
    /// T3 to T5 are not judged this long after the mains failed.
    pub stabilise_seconds: i64,
    /// Between the trigger and the first phase.
    pub grace_seconds: i64,
}

impl Default for Triggers {
    fn default() -> Self {
        Self {
            fsd: true,
            low_battery: true,
            lb_hold_seconds: 0,
            battery_percent: Some(20.0),
            runtime_seconds: Some(600.0),
            percent_per_minute: None,
            on_battery_seconds: 900,
            lost_polls: 3,
            stabilise_seconds: 30,
            grace_seconds: 0,
        }
    }
}

/// What happens to a running plan when the mains come back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnPowerReturn {
    /// Finish the current phase, skip the later ones, restore.
    #[default]
    CancelRemaining,
    Continue,
}

/// Steps that run at the same time. Phases run in ascending order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Phase {
    pub order: i64,
    #[serde(default)]
    pub name: String,
    /// The phase ends when its hosts no longer answer, at most this long after the last step; null asks nothing.
    #[serde(default)]
    pub verify_seconds: Option<i64>,
    pub actions: Vec<Step>,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// Given by the server; send it back to keep the step's secrets.
    #[serde(default)]
    pub id: String,
    #[serde(default)]
    pub name: String,
    /// All tries together.
    #[serde(default = "sixty")]
    pub timeout_seconds: i64,
    #[serde(default = "one")]
    pub retries: i64,
    #[serde(default)]
    pub on_failure: OnFailure,
    #[serde(flatten)]
    pub action: Action,
    /// How the host comes back; nothing when absent.
    #[serde(default)]
    pub restore: Option<Wake>,
    /// Secret members that are stored.
    #[serde(default)]
    pub secrets_set: Vec<String>,
}

fn sixty() -> i64 {
    60
}

/// Whether a failed step ends the plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    #[default]
    Continue,
    Abort,
}

/// What a step does. Members that hold secrets are blank wherever they are read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Action {
    /// Runs a command on a host.
    Ssh {
        host: String,
        #[serde(default = "ssh_port")]
        port: u16,
        user: String,
        #[serde(default = "poweroff")]
        command: String,
        /// The pinned fingerprint; learnt when the plan is saved or tested.
        #[serde(default)]
        host_key: Option<String>,
        #[serde(default)]
        password: String,
        /// A private key in any usual format.
        #[serde(default)]
        key: String,
        #[serde(default)]
        passphrase: String,
    },
    /// Sends an HTTP request.
    Http {
        url: String,
        #[serde(default = "post")]
        method: String,
        #[serde(default)]
        headers: BTreeMap<String, String>,
        #[serde(default)]
        body: String,
        /// Any 2xx when absent.
        #[serde(default)]
        expected_status: Option<u16>,
    },
    /// Tells a receiver about the run, signed when a secret is set.
    Webhook {
        url: String,
        #[serde(default)]
        secret: String,
    },
    /// Asks a management controller for a graceful shutdown.
    Redfish {
        /// `https://bmc.example`.
        url: String,
        user: String,
        #[serde(default)]
        password: String,
        #[serde(default = "yes")]
        tls_verify: bool,
        /// Turns the host off when it has not gone by itself within the timeout.
        #[serde(default)]
        force: bool,
    },
    /// Orders a forced shutdown at the NUT servers of the sources and waits for their clients to leave.
    NutFsd {
        #[serde(default = "hostsync")]
        hostsync_seconds: i64,
    },
    /// The same at our own NUT server.
    FacadeFsd {
        #[serde(default = "hostsync")]
        hostsync_seconds: i64,
    },
    /// Turns the UPSes off until the mains are back.
    UpsOff {
        /// The sources when empty.
        #[serde(default)]
        device_ids: Vec<String>,
        #[serde(default = "shutdown_return")]
        command: String,
        #[serde(default = "off_delay")]
        delay_seconds: i64,
    },
    /// Halts this machine with the command of the service's own configuration.
    Local {},
}

fn ssh_port() -> u16 {
    22
}
fn poweroff() -> String {
    "sudo -n systemctl poweroff".to_owned()
}
fn post() -> String {
    "POST".to_owned()
}
fn yes() -> bool {
    true
}
fn hostsync() -> i64 {
    15
}
fn shutdown_return() -> String {
    "shutdown.return".to_owned()
}
fn off_delay() -> i64 {
    20
}

impl Action {
    pub const KINDS: [&'static str; 8] = ["ssh", "http", "webhook", "redfish", "nut_fsd", "facade_fsd", "ups_off", "local"];
    /// Kinds that are documented and whose part of the product does not stand yet.
    pub const LATER: [&'static str; 4] = ["agent", "guest", "proxmox", "ipmi"];

    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Ssh { .. } => "ssh",
            Self::Http { .. } => "http",
            Self::Webhook { .. } => "webhook",
            Self::Redfish { .. } => "redfish",
            Self::NutFsd { .. } => "nut_fsd",
            Self::FacadeFsd { .. } => "facade_fsd",
            Self::UpsOff { .. } => "ups_off",
            Self::Local {} => "local",
        }
    }

    /// Members of a kind that are never shown again.
    pub fn secret_members(kind: &str) -> &'static [&'static str] {
        match kind {
            "ssh" => &["password", "key", "passphrase"],
            "http" => &["headers"],
            "webhook" => &["secret"],
            "redfish" => &["password"],
            _ => &[],
        }
    }

    /// After such a step there is no way back: everybody was told, or the power goes.
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::NutFsd { .. } | Self::FacadeFsd { .. } | Self::UpsOff { .. } | Self::Local {})
    }

    /// The host it acts on, for people.
    pub fn target(&self) -> String {
        match self {
            Self::Ssh { host, port, user, .. } => format!("{user}@{host}:{port}"),
            Self::Http { url, .. } | Self::Webhook { url, .. } | Self::Redfish { url, .. } => without_userinfo(url),
            Self::NutFsd { .. } => "the NUT servers of the sources".to_owned(),
            Self::FacadeFsd { .. } => "our NUT server".to_owned(),
            Self::UpsOff { device_ids, .. } if device_ids.is_empty() => "the sources".to_owned(),
            Self::UpsOff { device_ids, .. } => device_ids.join(", "),
            Self::Local {} => "this machine".to_owned(),
        }
    }

    /// Exactly what is done, for the dry run and the record. Never holds a secret.
    pub fn command_text(&self) -> String {
        match self {
            Self::Ssh { command, .. } => command.clone(),
            Self::Http { url, method, .. } => format!("{method} {}", without_userinfo(url)),
            Self::Webhook { url, .. } => format!("POST {}", without_userinfo(url)),
            Self::Redfish { .. } => "ComputerSystem.Reset GracefulShutdown".to_owned(),
            Self::NutFsd { hostsync_seconds } => format!("FSD upstream, wait up to {hostsync_seconds} s for the clients"),
            Self::FacadeFsd { hostsync_seconds } => format!("FSD, wait up to {hostsync_seconds} s for the clients"),
            Self::UpsOff { command, delay_seconds, .. } => format!("{command} after {delay_seconds} s"),
            Self::Local {} => "the halt command of the service".to_owned(),
        }
    }

    /// Two plans whose steps have the same key act on the same host in the same way and share the result.
    pub fn share_key(&self) -> Option<String> {
        match self {
            Self::Ssh { host, port, command, .. } => Some(format!("ssh|{}|{port}|{command}", host.to_lowercase())),
            Self::Redfish { url, .. } => Some(format!("redfish|{}", url.to_lowercase())),
            _ => None,
        }
    }
}

fn without_userinfo(url: &str) -> String {
    match (url.find("://"), url.find('@')) {
        (Some(scheme), Some(at)) if !url.get(scheme + 3..at).unwrap_or("/").contains('/') => {
            format!("{}{}", url.get(..scheme + 3).unwrap_or_default(), url.get(at + 1..).unwrap_or_default())
        }
        _ => url.to_owned(),
    }
}

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

impl PlanBody {
    /// Phases in the order they run; phases of one order run as one.
    pub fn orders(&self) -> Vec<i64> {
        let mut orders: Vec<i64> = self.phases.iter().map(|p| p.order).collect();
        orders.sort_unstable();
        orders.dedup();
        orders
    }

    /// The steps of an order.
    pub fn steps_of(&self, order: i64) -> impl Iterator<Item = (&Phase, &Step)> {
        self.phases.iter().filter(move |p| p.order == order).flat_map(|p| p.actions.iter().map(move |s| (p, s)))
    }

    pub fn steps(&self) -> impl Iterator<Item = (&Phase, &Step)> {
        self.phases.iter().flat_map(|p| p.actions.iter().map(move |s| (p, s)))
    }

    pub fn find_step(&self, id: &str) -> Option<(&Phase, &Step)> {
        self.steps().find(|(_, s)| s.id == id)
    }

    /// How many sources of this group must be healthy.
    pub fn min_healthy(&self, group: &str) -> i64 {
        self.groups.iter().find(|g| g.name == group).map_or(1, |g| g.min_healthy)
    }
}

//! A shutdown plan as it is stored: what feeds it, when it acts, what it does in which order, and how things come back
//! (power spec D.8). Secrets of its steps stay sealed beside it; their members are blank here.

use argos_kernel::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use super::plan_action::{Action, GuestKind, ProxmoxApi};
pub use super::plan_restore::{CheckKind, HostCheck, Restore, Wake, WakeKind};

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
    /// How it is seen whether the host is there; by its kind when absent (the port of SSH, the controller's word).
    #[serde(default)]
    pub check: Option<HostCheck>,
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

    /// Whether it needs this device, as a source or in a step.
    pub fn uses(&self, device_id: &str) -> bool {
        let by_step = |s: &Step| {
            let off = matches!(&s.action, Action::UpsOff { device_ids, .. } if device_ids.iter().any(|d| d == device_id));
            off || s.restore.as_ref().is_some_and(|w| w.kind == WakeKind::Outlet && w.device_id == device_id)
        };
        self.sources.iter().any(|s| s.device_id == device_id) || self.steps().any(|(_, s)| by_step(s))
    }

    pub fn find_step(&self, id: &str) -> Option<(&Phase, &Step)> {
        self.steps().find(|(_, s)| s.id == id)
    }

    /// How many sources of this group must be healthy.
    pub fn min_healthy(&self, group: &str) -> i64 {
        self.groups.iter().find(|g| g.name == group).map_or(1, |g| g.min_healthy)
    }
}

//! Everything that is wanted, as one value: what the tables say, and what is kept of the last good state.

use serde::{Deserialize, Serialize};

use super::delivery::Delivery;
use super::group::{Target, TargetGroup};
use super::host::Host;
use super::obstacle::Obstacle;
use super::rule::Rule;
use super::security::Security;

/// The wanted state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Desired {
    pub(crate) groups: Vec<TargetGroup>,
    pub(crate) targets: Vec<Target>,
    pub(crate) hosts: Vec<Host>,
    pub(crate) rules: Vec<Rule>,
    /// By host.
    pub(crate) security: Vec<(i64, Security)>,
    /// By host. A state that was kept before there was any has none.
    #[serde(default)]
    pub(crate) delivery: Vec<(i64, Delivery)>,
    /// Of a state that is served: what of it is not as it was wanted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) obstacles: Vec<Obstacle>,
}

impl Desired {
    pub(crate) fn group(&self, id: i64) -> Option<&TargetGroup> {
        self.groups.iter().find(|g| g.id == id)
    }
    /// The backends of a pool that are switched on.
    pub(crate) fn live_targets(&self, group_id: i64) -> impl Iterator<Item = &Target> {
        self.targets.iter().filter(move |t| t.group_id == group_id && t.enabled)
    }
    /// Sites that are switched on.
    pub(crate) fn live_hosts(&self) -> impl Iterator<Item = &Host> {
        self.hosts.iter().filter(|h| h.enabled)
    }
}

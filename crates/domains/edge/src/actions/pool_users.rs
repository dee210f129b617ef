//! Which sites use which pool: by default, or by rules. A rule that is off counts: it keeps its pool from being deleted.

use std::collections::{BTreeMap, BTreeSet};

use argos_kernel::Result;

use crate::model::host::Host;
use crate::model::rule::Rule;
use crate::service::Edge;
use crate::store::{hosts, rules};

/// A site that sends requests to a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PoolUser {
    pub(crate) host_id: i64,
    pub(crate) domain: String,
    /// Whatever no rule decides goes there.
    pub(crate) is_default: bool,
    /// Priorities of the rules that forward there.
    pub(crate) rules: Vec<i64>,
    /// Requests go there now: by default, or by a rule that is on.
    pub(crate) is_live: bool,
}

/// The users of every pool, sites in the order given.
fn users(all: &[Host], rules: &[Rule]) -> BTreeMap<i64, Vec<PoolUser>> {
    let mut out: BTreeMap<i64, Vec<PoolUser>> = BTreeMap::new();
    for host in all {
        let (mut own, mut live) = (BTreeMap::from([(host.target_group_id, Vec::new())]), BTreeSet::from([host.target_group_id]));
        for rule in rules.iter().filter(|r| r.host_id == host.id) {
            let Some(group) = rule.action.group() else { continue };
            own.entry(group).or_default().push(rule.priority);
            if rule.enabled {
                live.insert(group);
            }
        }
        for (group, rules) in own {
            let (is_default, is_live) = (group == host.target_group_id, live.contains(&group));
            let user = PoolUser { host_id: host.id, domain: host.domain.clone(), is_default, rules, is_live };
            out.entry(group).or_default().push(user);
        }
    }
    out
}

impl Edge {
    pub(crate) async fn pool_users(&self) -> Result<BTreeMap<i64, Vec<PoolUser>>> {
        let db = &self.platform.store.state;
        Ok(users(&hosts::list(db).await?, &rules::list(db).await?))
    }
}

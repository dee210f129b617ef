//! Use cases: load, decide, write, record, commit, apply.

pub(crate) mod appsec;
mod appsec_mode;
pub(crate) mod attacks;
pub(crate) mod audit_sources;
pub(crate) mod bans;
pub(crate) mod blame;
pub(crate) mod bursts;
pub(crate) mod caddy;
mod caddy_certificates;
pub(crate) mod certificates;
pub(crate) mod countries;
pub(crate) mod crowdsec;
pub(crate) mod dashboard;
pub(crate) mod delivery;
pub(crate) mod desk;
pub(crate) mod dns_providers;
mod drift;
pub(crate) mod enforcement;
mod engine_log;
pub(crate) mod groups;
pub(crate) mod health;
pub(crate) mod hosts;
mod kept;
mod machine_account;
pub(crate) mod manual_certificates;
mod panel_site;
pub(crate) mod pool_users;
pub(crate) mod portable;
mod portable_lists;
mod portable_protection;
pub(crate) mod probe;
pub(crate) mod probe_site;
pub(crate) mod protection;
pub(crate) mod reconcile;
pub(crate) mod replay;
pub(crate) mod rule_trial;
pub(crate) mod rules;
pub(crate) mod self_check;
pub(crate) mod traffic;
pub(crate) mod undo;
mod undo_certificates;
pub(crate) mod whitelist;

use argos_audit::{Category, Entry, Mutation};
use argos_kernel::{Actor, AppError, Result};
use argos_store::StoreError;

use crate::service::Edge;
use crate::store;

/// A written change and whether the data plane serves it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Done<T> {
    pub(crate) value: T,
    pub(crate) applied: bool,
}

fn entry(action: &str, alias: &str, kind: &str, id: i64) -> Entry {
    Entry::new(action, Category::Config).alias(alias).target(kind, id)
}

/// The documented 409 of a name that is taken.
fn taken(error: StoreError, columns: &[(&str, &str)]) -> AppError {
    match &error {
        StoreError::Unique(found) => match columns.iter().find(|(prefix, _)| found.starts_with(prefix)) {
            Some((_, text)) => AppError::conflict(*text).code("already_exists"),
            None => error.into(),
        },
        _ => error.into(),
    }
}

const GROUP_TAKEN: (&str, &str) = ("edge_target_groups.", "target group name already exists");
const TARGET_TAKEN: (&str, &str) = ("edge_targets.", "target already exists in this group");
const DOMAIN_TAKEN: (&str, &str) = ("edge_hosts.", "domain already exists");
const PRIORITY_TAKEN: (&str, &str) = ("edge_rules.", "priority already taken");
const EXCLUSION_TAKEN: (&str, &str) = ("edge_exclusions.", "exclusion already exists");

impl Edge {
    /// Begins a change of what is served. They go one after the other: what is judged inside stays as it was judged.
    async fn begin(&self, actor: &Actor) -> Result<Mutation> {
        let mut m = self.platform.audit.begin(actor).await?;
        store::revision::lock(&mut m).await?;
        Ok(m)
    }

    /// Commits a change of what is served and has the data plane follow; whether it does. A refusal of the engine does not
    /// undo the write, and one of something else does not concern it.
    async fn finish(&self, mut m: Mutation, entry: Entry) -> Result<bool> {
        store::revision::bump(&mut m).await?;
        let known = self.standing().obstacles;
        m.commit(entry).await?;
        Ok(self.reconcile(false).await && self.standing().obstacles.iter().all(|obstacle| known.contains(obstacle)))
    }
}

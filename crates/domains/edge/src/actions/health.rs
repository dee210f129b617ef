//! Health of backends: what the engine sees, told once, and shown.

use std::collections::HashMap;
use std::sync::PoisonError;

use argos_events::{NewEvent, Source};
use argos_kernel::{Result, Severity, Timestamp};
use argos_proxy::{Health, HealthChange, TargetStatus};
use serde_json::json;

use crate::model::group::Target;
use crate::service::Edge;
use crate::store::groups;
use crate::store::states::{self, Left, Told};

/// A backend with what is known of it.
pub(crate) struct TargetHealth {
    pub(crate) target: Target,
    pub(crate) live: Option<TargetStatus>,
    pub(crate) told: Option<Told>,
}

impl TargetHealth {
    /// `healthy`, `unhealthy` or `unknown`.
    pub(crate) fn word(&self) -> &'static str {
        let seen = self.live.as_ref().filter(|_| self.target.enabled);
        match seen.map(|live| (live.health, live.requests > 0, self.told.as_ref().is_some_and(|t| t.unhealthy))) {
            None => "unknown",
            Some((Health::Unhealthy, ..) | (_, _, true)) => "unhealthy",
            Some((Health::Healthy, ..) | (Health::Unknown, true, false)) => "healthy",
            Some((Health::Unknown, false, false)) => "unknown",
        }
    }
}

impl Edge {
    pub(crate) async fn target_health(&self) -> Result<Vec<TargetHealth>> {
        let db = &self.platform.store.state;
        let number = |id: u64| i64::try_from(id).unwrap_or(0);
        let seen = self.caddy.as_ref().map_or_else(|| self.plane.statuses(), |caddy| caddy.observed().statuses.clone());
        let mut live: HashMap<i64, TargetStatus> = seen.into_iter().map(|s| (number(s.target_id), s)).collect();
        let mut told: HashMap<i64, Told> = states::list(db).await?.into_iter().map(|t| (t.target_id, t)).collect();
        let targets = groups::targets(db).await?.into_iter();
        Ok(targets.map(|t| TargetHealth { live: live.remove(&t.id), told: told.remove(&t.id), target: t }).collect())
    }

    /// Takes back what was told of backends that are well, though no change of theirs was seen: the process that saw them
    /// fail is gone, or their check was taken away. And tells of those that are not what could not be told when it was seen;
    /// never of others, where another process may see them well.
    pub(crate) async fn settle_health(&self) -> Result<()> {
        for health in self.target_health().await? {
            let is_told = health.told.is_some_and(|told| told.unhealthy);
            let Some(live) = health.live.filter(|_| health.target.enabled || is_told) else { continue };
            let has_answered = live.requests > live.failures;
            let (health_now, reason) = match live.health {
                Health::Unhealthy if !is_told && self.is_untold(live.target_id) => {
                    let seen = live.probe.and_then(|probe| probe.error);
                    (Health::Unhealthy, seen.unwrap_or_else(|| "it does not answer".to_owned()))
                }
                Health::Healthy if is_told => (Health::Healthy, "it answers".to_owned()),
                Health::Unknown if is_told && has_answered => (Health::Healthy, "it answers".to_owned()),
                _ => continue,
            };
            let target = health.target.address().into();
            let (pool_id, target_id) = (live.pool_id, live.target_id);
            self.tell_health(&HealthChange { pool_id, target_id, target, health: health_now, reason }).await?;
        }
        for left in states::left(&self.platform.store.state).await? {
            self.forget_health(left).await?;
        }
        Ok(())
    }

    /// Ends the problem of a backend that was removed or switched off.
    async fn forget_health(&self, left: Left) -> Result<()> {
        let mut tx = self.platform.store.state.begin().await?;
        if !states::forget(&mut tx, left.target_id).await? {
            return Ok(());
        }
        if left.unhealthy {
            let name = left.address.clone().unwrap_or_else(|| format!("backend {}", left.target_id));
            let text = format!("{name} was {}", if left.address.is_some() { "switched off" } else { "removed" });
            let event =
                NewEvent::new(Source::Edge, "edge.target_recovered", text).data(json!({ "target_id": left.target_id, "error": null }));
            self.platform.events.publish(&mut tx, event.subject("edge_target", left.target_id, name)).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    fn is_untold(&self, target_id: u64) -> bool {
        self.untold.lock().unwrap_or_else(PoisonError::into_inner).contains(&target_id)
    }

    /// Remembers a change and publishes its event, unless somebody did already. What is bad and could not be told is told when
    /// it is settled.
    pub(crate) async fn tell_health(&self, change: &HealthChange) -> Result<()> {
        let told = self.tell_change(change).await;
        let mut untold = self.untold.lock().unwrap_or_else(PoisonError::into_inner);
        if told.is_err() && change.health == Health::Unhealthy {
            untold.insert(change.target_id);
        } else {
            untold.remove(&change.target_id);
        }
        told
    }

    async fn tell_change(&self, change: &HealthChange) -> Result<()> {
        let unhealthy = match change.health {
            Health::Unhealthy => true,
            Health::Healthy => false,
            Health::Unknown => return Ok(()),
        };
        let (Ok(group_id), Ok(target_id)) = (i64::try_from(change.pool_id), i64::try_from(change.target_id)) else { return Ok(()) };
        let mut tx = self.platform.store.state.begin().await?;
        // What is seen of one that is switched off by now is nobody's problem.
        let known = groups::find_target(&mut tx, group_id, target_id).await?.filter(|target| target.enabled);
        let (Some(target), Some(group)) = (known, groups::find_in(&mut tx, group_id).await?) else { return Ok(()) };
        if states::is_unhealthy(&mut tx, target_id).await? == unhealthy {
            return Ok(());
        }
        let now: Timestamp = self.platform.clock.now();
        states::put(&mut tx, target_id, unhealthy, &change.reason, now).await?;
        let sites = groups::sites(&mut tx, group_id).await?;
        let (kind, word) = if unhealthy { ("edge.target_unhealthy", "unhealthy") } else { ("edge.target_recovered", "healthy again") };
        let text = format!("{} of pool {} is {word}: {}", change.target, group.name, change.reason);
        let line = format!("health: {text}");
        let data = json!({
            "target_group_id": group_id, "target_group": group.name, "target_id": target_id, "host": target.host, "port": target.port,
            "error": unhealthy.then_some(&change.reason), "sites": sites,
        });
        let event = NewEvent::new(Source::Edge, kind, text).subject("edge_target", target_id, change.target.as_ref()).data(data);
        self.platform.events.publish(&mut tx, event).await?;
        tx.commit().await?;
        self.say(if unhealthy { Severity::Error } else { Severity::Info }, None, line);
        self.changed();
        Ok(())
    }
}

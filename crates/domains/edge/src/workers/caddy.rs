//! Watches an external Caddy: it serves what is wanted, also after its restart, and its backends are told of when they
//! fail and recover. One process of all does it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use argos_caddy::{Judgement, Upstream};
use argos_kernel::{Result, Shutdown};
use argos_platform::ComponentStatus;
use argos_proxy::{Health, HealthChange, Probe, TargetStatus};

use crate::caddy::Caddy;
use crate::model::group::Target;
use crate::service::Edge;
use crate::store::groups;

/// How often what runs is compared with what is wanted ...
const COMPARE: Duration = Duration::from_secs(30);
/// ... and while Caddy does not answer.
const AWAY: Duration = Duration::from_secs(3);
const LOOK: Duration = Duration::from_secs(5);
/// How long a complaint of the checker counts, unless it asks less often.
const WINDOW_S: i64 = 90;
/// Attempts that must fail in a row before it is told.
const DOWN_AFTER: u32 = 2;

const COMPONENT: &str = "caddy";

/// Keeps Caddy at what is wanted.
pub(crate) async fn watch(edge: Arc<Edge>, stop: Shutdown) -> Result<()> {
    let Some(caddy) = &edge.caddy else { return Ok(()) };
    let mut failures = 0;
    loop {
        let pause = match edge.compare_caddy(caddy).await {
            Ok(()) => {
                failures = 0;
                edge.platform.health.report(COMPONENT, ComponentStatus::Healthy, None, None);
                COMPARE
            }
            Err(why) => {
                failures += 1;
                if failures == DOWN_AFTER {
                    tracing::warn!(why, "Caddy is not reached");
                    edge.platform.health.report(COMPONENT, ComponentStatus::Unhealthy, None, Some(why));
                    edge.changed();
                }
                AWAY
            }
        };
        if !stop.sleep(pause).await {
            return Ok(());
        }
    }
}

/// Looks how backends are and tells what changed.
pub(crate) async fn health(edge: Arc<Edge>, stop: Shutdown) -> Result<()> {
    let Some(caddy) = &edge.caddy else { return Ok(()) };
    let mut last: HashMap<i64, Health> = HashMap::new();
    while stop.sleep(LOOK).await {
        // An unreachable Caddy says nothing about backends.
        let Ok(listed) = caddy.admin().upstreams().await else { continue };
        let statuses = observe(&edge, caddy, &listed).await?;
        for (status, target, reason) in &statuses {
            let before = last.insert(target.id, status.health);
            if before == Some(status.health) || status.health == Health::Unknown {
                continue;
            }
            let change = HealthChange {
                pool_id: status.pool_id,
                target_id: status.target_id,
                target: target.address().into(),
                health: status.health,
                reason: reason.clone(),
            };
            edge.tell_health(&change).await?;
        }
        last.retain(|id, _| statuses.iter().any(|(_, target, _)| target.id == *id));
        caddy.observed().statuses = statuses.into_iter().map(|(status, ..)| status).collect();
    }
    Ok(())
}

async fn observe(edge: &Edge, caddy: &Caddy, listed: &[Upstream]) -> Result<Vec<(TargetStatus, Target, String)>> {
    let db = &edge.platform.store.state;
    let windows: HashMap<i64, i64> = groups::list(db).await?.into_iter().map(|g| (g.id, window_s(&g.spec))).collect();
    let targets = groups::targets(db).await?;
    let by_address: HashMap<&str, &Upstream> = listed.iter().map(|up| (up.address.as_str(), up)).collect();
    let now = edge.platform.clock.now().micros();
    let mut observed = caddy.observed();
    observed.book.forget_before(now - windows.values().max().unwrap_or(&WINDOW_S) * 1_000_000);
    let number = |id: i64| u64::try_from(id).unwrap_or(0);
    let status = |target: Target| {
        let address = target.address();
        let up = by_address.get(address.as_str()).copied();
        let window = windows.get(&target.group_id).unwrap_or(&WINDOW_S) * 1_000_000;
        let (health, probe, reason) = match observed.book.judge(&address, up, now, window) {
            Judgement::Healthy => (Health::Healthy, None, "it answers".to_owned()),
            Judgement::Unknown => (Health::Unknown, None, String::new()),
            Judgement::Unhealthy(seen) => {
                let age = Duration::from_micros(u64::try_from(now - seen.at).unwrap_or(0));
                (Health::Unhealthy, Some(Probe { age, status: seen.status, error: Some(seen.error.clone()) }), seen.error)
            }
        };
        let status = TargetStatus {
            pool_id: number(target.group_id),
            target_id: number(target.id),
            health,
            in_flight: up.map_or(0, |up| u32::try_from(up.num_requests).unwrap_or(u32::MAX)),
            requests: 0,
            failures: up.map_or(0, |up| up.fails),
            probe,
        };
        (status, target, reason)
    };
    Ok(targets.into_iter().filter(|t| t.enabled).map(status).collect())
}

/// A checker that asks every five minutes complains every five minutes.
fn window_s(spec: &crate::model::group::GroupSpec) -> i64 {
    WINDOW_S.max(spec.health_check_interval_seconds + spec.health_check_timeout_seconds + 30)
}

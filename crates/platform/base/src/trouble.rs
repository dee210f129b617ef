//! Components that fail, told as events: once when one was seen failing twice in a row, once when it is well again (edge
//! spec D7). What judges itself reports once and not with every look, so looks are counted here, not reports.
//! What was told is read back from the events, so a restart neither tells it again nor forgets to end it.

use std::collections::HashMap;
use std::time::Duration;

use argos_events::{Filter, NewEvent, Pattern, Source};
use argos_kernel::{Result, Timestamp};
use serde_json::json;
use tokio::time::Instant;

use crate::{ComponentStatus, Platform};

const EVERY: Duration = Duration::from_secs(15);
const LOOKS: u32 = 2;
/// A component that comes and goes is told no more often.
const QUIET_S: i64 = 300;
const FAILS: &str = "system.health_degraded";
const IS_WELL: &str = "system.health_restored";
/// Told by an event of its own.
const TOLD_ELSEWHERE: [&str; 1] = ["crowdsec"];
/// More components than there are.
const EVENTS_MAX: i64 = 500;

/// What was last told of a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Told {
    fails: bool,
    at: Timestamp,
}

/// What is known of a component.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Known {
    told: Option<Told>,
    /// Looks in a row at which it failed.
    failing: u32,
}

/// Starts the worker. One process tells.
pub(crate) fn start(platform: &Platform) {
    let p = platform.clone();
    platform.tasks.supervise("health-events", move |stop| {
        let p = p.clone();
        async move {
            let (mut known, began) = (last_told(&p).await?, Instant::now());
            loop {
                tell(&p, &mut known, began.elapsed()).await?;
                if !stop.sleep(EVERY).await {
                    return Ok(());
                }
            }
        }
    });
}

/// By component, the newest first.
async fn last_told(p: &Platform) -> Result<HashMap<String, Known>> {
    let kinds = vec![Pattern::Prefix("system.health_".to_owned())];
    let filter = Filter { kinds, subject_type: Some("component".to_owned()), ..Filter::default() };
    let mut known = HashMap::new();
    for event in p.events.list(&filter, None, EVENTS_MAX).await? {
        if let Some(component) = event.subject_id {
            let told = Some(Told { fails: event.kind == FAILS, at: event.created_at });
            known.entry(component).or_insert(Known { told, failing: 0 });
        }
    }
    Ok(known)
}

/// `looked`: for how long.
async fn tell(p: &Platform, known: &mut HashMap<String, Known>, looked: Duration) -> Result<()> {
    let (now, all) = (p.clock.now(), p.health.list());
    for component in all.iter().filter(|c| !TOLD_ELSEWHERE.contains(&c.name.as_str())) {
        let own = known.entry(component.name.clone()).or_default();
        own.failing = if component.status == ComponentStatus::Unhealthy { own.failing.saturating_add(1) } else { 0 };
        if let Some(fails) = news(component.status, *own, now) {
            publish(p, &component.name, fails, component.detail.as_deref().unwrap_or_default()).await?;
            own.told = Some(Told { fails, at: now });
        }
    }
    // One that nothing reports any more, after everything had time to report: what only a leader runs began with this.
    let is_long_up = looked.as_secs() > QUIET_S.unsigned_abs();
    let is_there = |name: &str| all.iter().any(|c| c.name == name);
    for (name, own) in known.iter_mut().filter(|(name, own)| is_long_up && own.told.is_some_and(|t| t.fails) && !is_there(name)) {
        publish(p, name, false, "it is not there any more").await?;
        own.told = Some(Told { fails: false, at: now });
    }
    Ok(())
}

async fn publish(p: &Platform, component: &str, fails: bool, why: &str) -> Result<()> {
    let (kind, word) = if fails { (FAILS, "failed twice in a row") } else { (IS_WELL, "is well again") };
    let text = if why.is_empty() { format!("{component} {word}") } else { format!("{component} {word}: {why}") };
    let data = json!({ "component": component, "error": fails.then_some(why) });
    p.events.announce(NewEvent::new(Source::Platform, kind, text).subject("component", component, component).data(data)).await?;
    Ok(())
}

/// Whether there is something to tell of it: that it fails, or that it does no more.
fn news(status: ComponentStatus, known: Known, now: Timestamp) -> Option<bool> {
    let is_well = matches!(status, ComponentStatus::Healthy | ComponentStatus::Disabled);
    match known.told {
        Some(Told { fails: true, .. }) => is_well.then_some(false),
        Some(Told { fails: false, at }) if now.secs_since(at) < QUIET_S => None,
        _ => (known.failing >= LOOKS).then_some(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn component_is_told_when_it_failed_twice_and_when_it_is_well_again() {
        use ComponentStatus::{Degraded, Disabled, Healthy, Unhealthy, Unknown};
        let now = Timestamp::from_secs(1_000);
        let of = |status, failing, told: Option<(bool, i64)>| {
            let told = told.map(|(fails, ago)| Told { fails, at: now.minus_secs(ago) });
            news(status, Known { told, failing }, now)
        };
        assert_eq!((of(Unhealthy, 1, None), of(Unhealthy, 2, None), of(Degraded, 0, None)), (None, Some(true), None));
        assert_eq!((of(Healthy, 0, None), of(Unhealthy, 9, Some((true, 5)))), (None, None));
        assert_eq!((of(Healthy, 0, Some((true, 5))), of(Disabled, 0, Some((true, 5)))), (Some(false), Some(false)));
        // Neither says that it is well.
        assert_eq!((of(Unknown, 0, Some((true, 5))), of(Degraded, 0, Some((true, 5)))), (None, None));
        // Coming and going is told once in five minutes.
        assert_eq!((of(Unhealthy, 2, Some((false, 299))), of(Unhealthy, 40, Some((false, 300)))), (None, Some(true)));
    }
}

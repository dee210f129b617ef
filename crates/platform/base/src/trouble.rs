//! Components that fail, told as events: once when one failed twice in a row, once when it is well again (edge spec D7).
//! What was told is read back from the events, so a restart neither tells it again nor forgets to end it.

use std::collections::HashMap;
use std::time::Duration;

use argos_events::{Filter, NewEvent, Pattern, Source};
use argos_kernel::{Result, Timestamp};
use serde_json::json;

use crate::{Component, ComponentStatus, Platform};

const EVERY: Duration = Duration::from_secs(15);
const FAILURES: u64 = 2;
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

/// Starts the worker. One process tells.
pub(crate) fn start(platform: &Platform) {
    let p = platform.clone();
    platform.tasks.supervise("health-events", move |stop| {
        let p = p.clone();
        async move {
            let mut told = last_told(&p).await?;
            loop {
                tell(&p, &mut told).await?;
                if !stop.sleep(EVERY).await {
                    return Ok(());
                }
            }
        }
    });
}

/// By component, the newest first.
async fn last_told(p: &Platform) -> Result<HashMap<String, Told>> {
    let kinds = vec![Pattern::Prefix("system.health_".to_owned())];
    let filter = Filter { kinds, subject_type: Some("component".to_owned()), ..Filter::default() };
    let mut told = HashMap::new();
    for event in p.events.list(&filter, None, EVENTS_MAX).await? {
        if let Some(component) = event.subject_id {
            told.entry(component).or_insert(Told { fails: event.kind == FAILS, at: event.created_at });
        }
    }
    Ok(told)
}

async fn tell(p: &Platform, told: &mut HashMap<String, Told>) -> Result<()> {
    let (now, all) = (p.clock.now(), p.health.list());
    for component in all.iter().filter(|c| !TOLD_ELSEWHERE.contains(&c.name.as_str())) {
        let Some(fails) = news(component, told.get(&component.name).copied(), now) else { continue };
        let why = component.detail.clone().unwrap_or_default();
        publish(p, &component.name, fails, &why).await?;
        told.insert(component.name.clone(), Told { fails, at: now });
    }
    // One that nothing reports any more, after everything had time to report.
    let is_long_up = i64::try_from(p.uptime().as_secs()).is_ok_and(|s| s > QUIET_S);
    let is_gone = |name: &String| !all.iter().any(|c| c.name == *name);
    let gone: Vec<String> = told.iter().filter(|(name, t)| is_long_up && t.fails && is_gone(name)).map(|(name, _)| name.clone()).collect();
    for name in gone {
        publish(p, &name, false, "it is not there any more").await?;
        told.insert(name, Told { fails: false, at: now });
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
fn news(c: &Component, told: Option<Told>, now: Timestamp) -> Option<bool> {
    let fails = c.status == ComponentStatus::Unhealthy && c.failures >= FAILURES;
    let is_well = matches!(c.status, ComponentStatus::Healthy | ComponentStatus::Disabled);
    match told {
        Some(Told { fails: true, .. }) => is_well.then_some(false),
        Some(Told { fails: false, at }) if now.secs_since(at) < QUIET_S => None,
        _ => fails.then_some(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn component(status: ComponentStatus, failures: u64) -> Component {
        Component { name: "database".to_owned(), status, last_ok: None, failures, latency_ms: None, detail: None }
    }

    #[test]
    fn component_is_told_when_it_failed_twice_and_when_it_is_well_again() {
        use ComponentStatus::{Degraded, Disabled, Healthy, Unhealthy, Unknown};
        let now = Timestamp::from_secs(1_000);
        let of = |status, failures, told: Option<(bool, i64)>| {
            news(&component(status, failures), told.map(|(fails, ago)| Told { fails, at: now.minus_secs(ago) }), now)
        };
        assert_eq!((of(Unhealthy, 1, None), of(Unhealthy, 2, None), of(Degraded, 9, None)), (None, Some(true), None));
        assert_eq!((of(Healthy, 0, None), of(Unhealthy, 9, Some((true, 5)))), (None, None));
        assert_eq!((of(Healthy, 0, Some((true, 5))), of(Disabled, 0, Some((true, 5)))), (Some(false), Some(false)));
        // Neither says that it is well.
        assert_eq!((of(Unknown, 3, Some((true, 5))), of(Degraded, 3, Some((true, 5)))), (None, None));
        // Coming and going is told once in five minutes.
        assert_eq!((of(Unhealthy, 2, Some((false, 299))), of(Unhealthy, 40, Some((false, 300)))), (None, Some(true)));
    }
}

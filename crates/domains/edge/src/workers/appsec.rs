//! Looks whether the firewall of CrowdSec listens, and tells people once when it does not any more. One process of all does it.

use std::sync::Arc;
use std::time::Duration;

use argos_events::{Filter, NewEvent, Source};
use argos_kernel::{Result, Shutdown, Timestamp};
use argos_platform::ComponentStatus;
use serde_json::json;

use crate::service::Edge;

/// How often is looked, and how often while it does not listen.
const PAUSE: Duration = Duration::from_secs(300);
const AWAY: Duration = Duration::from_secs(30);
/// How often where requests of other processes may have got no word: only those of this one wake it.
const BESIDE: Duration = Duration::from_secs(60);
/// A firewall that comes and goes is told once in this time.
const APART_S: i64 = 60;

const COMPONENT: &str = "appsec";

pub(crate) async fn run(edge: Arc<Edge>, stop: Shutdown) -> Result<()> {
    let mut settings = edge.platform.settings.watch();
    let mut memory = Memory::default();
    loop {
        settings.mark_unchanged();
        let pause = edge.look_at_firewall(&mut memory).await?;
        tokio::select! {
            () = stop.wait() => return Ok(()),
            // A request got no word: what was seen a moment ago is old.
            () = edge.crowdsec.look.notified() => edge.crowdsec.firewalls.forget().await,
            changed = settings.changed() => if changed.is_err() { return Ok(()) },
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// What is remembered between two looks.
#[derive(Default)]
struct Memory {
    /// The listener, and whether it answered as far as people know.
    last: Option<(String, bool)>,
    told_at: Option<Timestamp>,
}

impl Memory {
    /// Whether people are told of this look: the same listener answered before, and nobody was told a moment ago.
    fn is_news(&mut self, url: &str, is_up: bool, now: Timestamp) -> bool {
        let was_up = self.last.as_ref().is_some_and(|(last, up)| last == url && *up);
        let is_due = self.told_at.is_none_or(|at| now.secs_since(at) >= APART_S);
        let is_news = was_up && !is_up && is_due;
        // One that may not be told yet is told when its time comes.
        self.last = Some((url.to_owned(), is_up || (was_up && !is_due)));
        if is_news {
            self.told_at = Some(now);
        }
        is_news
    }
}

impl Edge {
    async fn look_at_firewall(&self, memory: &mut Memory) -> Result<Duration> {
        let health = &self.platform.health;
        let place = match self.firewall_place() {
            Ok(Some(place)) => place,
            unasked => {
                memory.last = None;
                self.tell_firewall_is_back("").await?;
                let why = unasked.err().map(|error| format!("it is not asked: {}", error.message()));
                let status = if why.is_some() { ComponentStatus::Degraded } else { ComponentStatus::Disabled };
                health.report(COMPONENT, status, None, why);
                return Ok(PAUSE);
            }
        };
        let trouble = self.firewall_trouble(&place).await?;
        let now = self.platform.clock.now();
        if memory.is_news(&place.url, trouble.is_none(), now) {
            let why = trouble.clone().unwrap_or_default();
            let is_open = self.passes_unseen()?;
            let then = if is_open { "requests pass unseen" } else { "requests are refused" };
            let event =
                NewEvent::new(Source::Edge, "edge.appsec_unavailable", format!("The application firewall does not answer, {then}: {why}"));
            let event =
                event.subject("component", COMPONENT, "AppSec").data(json!({ "url": place.url, "error": why, "fail_open": is_open }));
            let mut tx = self.platform.store.state.begin().await?;
            self.platform.events.publish(&mut tx, event).await?;
            tx.commit().await?;
        }
        if trouble.is_none() {
            self.tell_firewall_is_back(&place.url).await?;
        }
        let status = match (&trouble, self.is_firewall_chosen()?) {
            (None, _) => ComponentStatus::Healthy,
            (Some(_), true) => ComponentStatus::Degraded,
            (Some(_), false) => ComponentStatus::Disabled,
        };
        let pause = match trouble {
            Some(_) => AWAY,
            None if self.has_peers() => BESIDE,
            None => PAUSE,
        };
        health.report(COMPONENT, status, None, trouble);
        Ok(pause)
    }

    /// Ends what was told of a firewall that did not answer, also before this start; `url` is empty when it is not asked any more.
    async fn tell_firewall_is_back(&self, url: &str) -> Result<()> {
        let events = &self.platform.events;
        let last = Filter {
            subject_type: Some("component".to_owned()),
            subject_id: Some(COMPONENT.to_owned()),
            kinds: vec![events.kinds().pattern("edge.appsec_*")],
            ..Filter::default()
        };
        let last = events.list(&last, None, 1).await?.pop();
        if last.is_none_or(|e| e.kind != "edge.appsec_unavailable") {
            return Ok(());
        }
        let text = if url.is_empty() { "The application firewall is not asked any more" } else { "The application firewall answers again" };
        let event = NewEvent::new(Source::Edge, "edge.appsec_recovered", text).subject("component", COMPONENT, "AppSec");
        events.announce(event.data(json!({ "url": url }))).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn firewall_that_goes_away_is_told_once_a_minute() {
        let (mut memory, start) = (Memory::default(), Timestamp::from_secs(1_000));
        let mut look = |url: &str, is_up, after| memory.is_news(url, is_up, start.plus_secs(after));
        assert!(!look("a", false, 0), "it never answered");
        assert!(!look("a", true, 1) && look("a", false, 2) && !look("a", false, 3));
        assert!(!look("a", true, 4) && !look("a", false, 5), "so soon again");
        assert!(!look("a", false, 40) && look("a", false, 63) && !look("a", false, 130), "it stayed away");
        assert!(!look("a", true, 131) && !look("b", false, 132), "another listener");
        assert!(!look("b", true, 133) && look("b", false, 134));
    }
}

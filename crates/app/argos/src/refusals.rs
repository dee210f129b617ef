//! Callers that are refused again and again, told as `security.access_denied`: one who was answered 403 five times within
//! ten minutes, at most once an hour. What is counted lives in memory and is small, so a restart begins anew.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use argos_audit::RequestLog;
use argos_events::{Events, NewEvent, Source};
use argos_kernel::{CredentialKind, Tasks};
use argos_web::{Answered, Listener};
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::Instant;

const TIMES: u32 = 5;
const WITHIN: Duration = Duration::from_secs(600);
const QUIET: Duration = Duration::from_secs(3600);
/// Callers that are remembered. With more, the ones that were refused longest ago are forgotten.
const CALLERS_MAX: usize = 1_000;
const WAITING_MAX: usize = 64;

/// How a caller fared.
#[derive(Clone, Copy, Debug)]
struct Fared {
    since: Instant,
    times: u32,
    told: Option<Instant>,
}

#[derive(Default)]
struct Callers(HashMap<String, Fared>);

impl Callers {
    /// Counts a refusal; how many there were, when it is to be told.
    fn refused(&mut self, who: &str, now: Instant) -> Option<u32> {
        if !self.0.contains_key(who) && self.0.len() >= CALLERS_MAX {
            let oldest = self.0.iter().min_by_key(|(_, f)| f.since).map(|(who, _)| who.clone());
            oldest.and_then(|who| self.0.remove(&who));
        }
        let own = self.0.entry(who.to_owned()).or_insert(Fared { since: now, times: 0, told: None });
        if now.duration_since(own.since) > WITHIN {
            (own.since, own.times) = (now, 0);
        }
        own.times += 1;
        let is_quiet = own.told.is_some_and(|at| now.duration_since(at) < QUIET);
        if own.times < TIMES || is_quiet {
            return None;
        }
        let times = own.times;
        (own.told, own.since, own.times) = (Some(now), now, 0);
        Some(times)
    }
}

/// Hears of answered requests for the log of programs, and counts refusals.
pub(crate) struct Refusals {
    log: RequestLog,
    callers: Mutex<Callers>,
    sender: mpsc::Sender<(Answered, u32)>,
}

impl Refusals {
    /// The listener, with the worker that tells.
    pub(crate) fn start(log: RequestLog, events: Events, tasks: &Tasks) -> Arc<Self> {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        let receiver = Arc::new(tokio::sync::Mutex::new(receiver));
        tasks.supervise("refusals", move |stop| {
            let (events, receiver) = (events.clone(), Arc::clone(&receiver));
            async move {
                let mut receiver = receiver.lock().await;
                loop {
                    let next = tokio::select! {
                        () = stop.wait() => return Ok(()),
                        next = receiver.recv() => next,
                    };
                    let Some((request, times)) = next else { return Ok(()) };
                    events.announce(event_of(&request, times)).await?;
                }
            }
        });
        Arc::new(Self { log, callers: Mutex::default(), sender })
    }
}

fn event_of(request: &Answered, times: u32) -> NewEvent {
    let (who, ip) = (&request.actor.name, request.actor.ip.as_deref());
    let text = format!("{who} was refused {times} times within ten minutes, last at {}", request.operation);
    let data = json!({ "username": who, "ip": ip, "operation": request.operation, "times": times });
    NewEvent::new(Source::Platform, "security.access_denied", text).subject("caller", who.as_str(), who.as_str()).data(data)
}

impl Listener for Refusals {
    fn wants(&self, credential: CredentialKind, method: &str, status: u16) -> bool {
        status == 403 || self.log.wants(credential, method, status)
    }

    fn answered(&self, request: Answered) {
        if request.status == 403 {
            // Anonymous callers share a name and not an address.
            let who = format!("{} {}", request.actor.name, request.actor.ip.as_deref().unwrap_or_default());
            let told = self.callers.lock().unwrap_or_else(PoisonError::into_inner).refused(&who, Instant::now());
            if let Some(times) = told
                && self.sender.try_send((request.clone(), times)).is_err()
            {
                tracing::warn!(caller = who, times, "a caller that is refused again and again could not be told");
            }
        }
        if self.log.wants(request.actor.credential, &request.method, request.status) {
            self.log.answered(request);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caller_is_told_at_the_fifth_refusal_within_ten_minutes_and_once_an_hour() {
        let (mut callers, start) = (Callers::default(), Instant::now());
        let at = |s: u64| start + Duration::from_secs(s);
        assert!((0..4).all(|s| callers.refused("ann", at(s)).is_none()));
        assert_eq!(callers.refused("bob", at(4)), None, "each is counted alone");
        assert_eq!(callers.refused("ann", at(5)), Some(5));
        assert!((6..60).all(|s| callers.refused("ann", at(s)).is_none()), "it was told just now");
        assert!((0..9).all(|n| callers.refused("slow", at(n * 200)).is_none()), "never five within ten minutes");
        let again = (0..5).filter_map(|s| callers.refused("ann", at(4_000 + s))).collect::<Vec<_>>();
        assert_eq!(again, [5]);
    }

    #[test]
    fn many_callers_do_not_grow_what_is_remembered() {
        let (mut callers, start) = (Callers::default(), Instant::now());
        for n in 0..CALLERS_MAX as u64 + 50 {
            callers.refused(&n.to_string(), start + Duration::from_millis(n));
        }
        assert_eq!(callers.0.len(), CALLERS_MAX);
    }
}

//! What this process tells of itself: that it started and stops, which other processes of the same store come and go, and
//! where stored secrets cannot be read. What was told is read back from the events, so a restart tells nothing again.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use argos_events::{Events, Filter, NewEvent, Pattern, Source};
use argos_kernel::Result;
use argos_platform::Platform;
use argos_settings::boot::Boot;
use argos_store::{Engine, replica_name};
use serde_json::json;

use crate::routes::health::VERSION;

const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Looks in a row at which a process is missing before it is lost: its session comes back within seconds.
const MISSES: u32 = 4;
/// A stop does not wait for a store that does not answer.
const STOP_LIMIT: Duration = Duration::from_secs(2);
/// A process that starts within this tells nothing that was told already.
const SECRET_QUIET_S: i64 = 24 * 3600;
const EVENTS_MAX: i64 = 500;
/// Characters of a host's name, which leaves room for a process id in [`replica_name`].
const HOST_MAX: usize = 36;

/// What this process is called among those of one store: `replica.id`, else the host's name with the process id, which
/// several processes of one host do not share.
pub(crate) fn own_name(boot: &Boot) -> String {
    let given = boot.text("replica.id").filter(|id| !id.is_empty() && id != "hostname");
    given.map_or_else(|| name_on(&rustix::system::uname().nodename().to_string_lossy(), std::process::id()), |id| replica_name(&id))
}

/// As the store shows it: a long host name must not cut the process id away.
fn name_on(host: &str, pid: u32) -> String {
    let host: String = host.chars().take(HOST_MAX).collect();
    replica_name(&format!("{host}-{pid}"))
}

pub(crate) async fn started(p: &Platform) -> Result<()> {
    let name = own_name(&p.settings.boot());
    let event = NewEvent::new(Source::Platform, "system.started", format!("Argos {VERSION} is ready"));
    p.events.announce(event.subject("replica", name.as_str(), name.as_str()).data(json!({ "version": VERSION, "replica": name }))).await?;
    Ok(())
}

pub(crate) async fn stopping(p: &Platform, restarts: bool) {
    let name = own_name(&p.settings.boot());
    let text = if restarts { "Argos starts anew" } else { "Argos was told to stop" };
    let event = NewEvent::new(Source::Platform, "system.stopping", text).subject("replica", name.as_str(), name.as_str());
    let telling = p.events.announce(event.data(json!({ "replica": name, "restarts": restarts })));
    match tokio::time::timeout(STOP_LIMIT, telling).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => tracing::warn!(?error, "the stop was not told"),
        Err(_) => tracing::warn!("the stop was not told: the store does not answer"),
    }
}

/// Tells of places whose secrets cannot be opened. Each process: what one may read the other may not.
pub(crate) fn follow_secrets(p: &Platform) {
    let platform = p.clone();
    p.tasks.supervise("secret-events", move |stop| {
        let p = platform.clone();
        async move {
            let (mut places, mut known) = (p.vault.unreadable(), BTreeSet::new());
            loop {
                let now: Vec<String> = places.borrow_and_update().difference(&known).cloned().collect();
                for place in now {
                    tell_unreadable(&p, &place).await?;
                    known.insert(place);
                }
                tokio::select! {
                    () = stop.wait() => return Ok(()),
                    changed = places.changed() => if changed.is_err() { return Ok(()) },
                }
            }
        }
    });
}

async fn tell_unreadable(p: &Platform, place: &str) -> Result<()> {
    let filter = Filter {
        kinds: vec![Pattern::Exact("secret.unreadable".to_owned())],
        subject_type: Some("secret".to_owned()),
        subject_id: Some(place.to_owned()),
        from: Some(p.clock.now().minus_secs(SECRET_QUIET_S)),
        ..Filter::default()
    };
    if !p.events.list(&filter, None, 1).await?.is_empty() {
        return Ok(());
    }
    let text = format!("A stored secret of {place} cannot be opened with the keys of this instance");
    let event = NewEvent::new(Source::Platform, "secret.unreadable", text).subject("secret", place, place);
    p.events.announce(event.data(json!({ "where": place }))).await?;
    Ok(())
}

/// Tells which processes come and go. The leader does, also of the one that led before.
pub(crate) fn follow_replicas(p: &Platform) {
    if p.store.engine() == Engine::Sqlite {
        return;
    }
    let platform = p.clone();
    p.tasks.supervise("replica-events", move |stop| {
        let p = platform.clone();
        async move {
            let (mut there, mut missed) = (last_told(&p).await?, BTreeMap::new());
            loop {
                let present: BTreeSet<String> = p.store.state.replicas().await?.into_iter().collect();
                for (name, joined) in news(&there, &present, &mut missed) {
                    // Who said that he goes is not lost.
                    if joined || !said_goodbye(&p.events, &name).await? {
                        tell_replica(&p, &name, joined).await?;
                    }
                    if joined {
                        there.insert(name)
                    } else {
                        there.remove(&name)
                    };
                }
                if !stop.sleep(LOOK_EVERY).await {
                    return Ok(());
                }
            }
        }
    });
}

/// Who came and did not go, by what was told.
async fn last_told(p: &Platform) -> Result<BTreeSet<String>> {
    let mut newest: BTreeMap<String, bool> = BTreeMap::new();
    let filter = Filter { subject_type: Some("replica".to_owned()), ..Filter::default() };
    for event in p.events.list(&filter, None, EVENTS_MAX).await? {
        let stays = match event.kind.as_str() {
            "replica.joined" => true,
            "replica.lost" | "system.stopping" => false,
            _ => continue,
        };
        if let Some(name) = event.subject_id {
            newest.entry(name).or_insert(stays);
        }
    }
    Ok(newest.into_iter().filter_map(|(name, stays)| stays.then_some(name)).collect())
}

/// Whether the last that a process said of itself is that it goes.
async fn said_goodbye(events: &Events, name: &str) -> Result<bool> {
    let filter = Filter { subject_type: Some("replica".to_owned()), subject_id: Some(name.to_owned()), ..Filter::default() };
    let told = events.list(&filter, None, EVENTS_MAX).await?;
    let own = told.iter().find(|e| matches!(e.kind.as_str(), "system.started" | "system.stopping"));
    Ok(own.is_some_and(|e| e.kind == "system.stopping"))
}

/// Who is to be told as come (`true`) or gone, and how often those that are missing were missed.
fn news(there: &BTreeSet<String>, present: &BTreeSet<String>, missed: &mut BTreeMap<String, u32>) -> Vec<(String, bool)> {
    missed.retain(|name, _| there.contains(name) && !present.contains(name));
    let mut news: Vec<(String, bool)> = present.difference(there).map(|name| (name.clone(), true)).collect();
    for name in there.difference(present) {
        let times = missed.entry(name.clone()).or_insert(0);
        *times += 1;
        if *times >= MISSES {
            news.push((name.clone(), false));
        }
    }
    news
}

async fn tell_replica(p: &Platform, name: &str, joined: bool) -> Result<()> {
    let (kind, word) = if joined { ("replica.joined", "joined") } else { ("replica.lost", "does not answer any more") };
    let event = NewEvent::new(Source::Platform, kind, format!("The process {name} {word}"));
    p.events.announce(event.subject("replica", name, name).data(json!({ "replica": name }))).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use argos_kernel::{SystemClock, SystemRng};

    use super::*;

    #[test]
    fn name_of_a_process_on_a_host_with_a_long_name_keeps_its_id_and_is_as_the_store_shows_it() {
        let host = "a-pod-of-a-deployment-with-a-very-long-name-7f9c";
        let (one, two) = (name_on(host, 4_000_000_001), name_on(host, 4_000_000_002));
        assert!(one != two && one.ends_with("-4000000001"), "{one} {two}");
        assert_eq!(replica_name(&one), one);
        assert_eq!(name_on("b", 7), "b-7");
    }

    #[tokio::test]
    async fn process_said_goodbye_when_its_own_newest_word_is_that_it_stops() {
        for t in argos_store::testing::each_engine(&crate::boot::migrations(&crate::domains())).await {
            let events = Events::new(t.store.state.clone(), Arc::new(SystemClock), Arc::new(SystemRng::default()));
            let said = [
                ("system.started", false),
                ("replica.joined", false),
                ("system.stopping", true),
                ("replica.joined", true),
                // It came back before the leader missed it, so that nobody told that it joined.
                ("system.started", false),
                ("system.stopping", true),
            ];
            for (kind, gone) in said {
                events.announce(NewEvent::new(Source::Platform, kind, kind).subject("replica", "b", "b")).await.unwrap();
                assert_eq!(said_goodbye(&events, "b").await.unwrap(), gone, "{kind}");
            }
            assert!(!said_goodbye(&events, "c").await.unwrap(), "another one said nothing");
        }
    }

    #[test]
    fn process_is_told_when_it_comes_and_when_it_was_missed_often_enough() {
        let set = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<BTreeSet<_>>();
        let mut missed = BTreeMap::new();
        assert_eq!(news(&set(&[]), &set(&["a", "b"]), &mut missed), [("a".to_owned(), true), ("b".to_owned(), true)]);
        let there = set(&["a", "b"]);
        for _ in 1..MISSES {
            assert!(news(&there, &set(&["a"]), &mut missed).is_empty());
        }
        // It came back in time: the count begins anew.
        assert!(news(&there, &set(&["a", "b"]), &mut missed).is_empty() && missed.is_empty());
        let told: Vec<_> = (0..MISSES).flat_map(|_| news(&there, &set(&["a"]), &mut missed)).collect();
        assert_eq!(told, [("b".to_owned(), false)]);
    }
}

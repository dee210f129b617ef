//! Listens to CrowdSec in one process of all, and hands what was heard to the data plane in every process.
//!
//! Changes are asked for every few seconds and the whole list now and then, because changes stay silent about the shorter
//! of two decisions. While CrowdSec is away nothing is forgotten: bans end when they were meant to.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use argos_crowdsec::{Decision, LapiError};
use argos_events::{NewEvent, Source};
use argos_kernel::{Actor, Result, Shutdown, Timestamp};
use argos_platform::ComponentStatus;
use argos_settings::Write;
use serde_json::json;

use crate::crowdsec::Connection;
use crate::model::ban::{BAN, Ban};
use crate::service::Edge;
use crate::store::bans;

/// How often changes are asked for.
const PAUSE: Duration = Duration::from_secs(10);
/// How often the whole list is asked for, and how often when it is long.
const WHOLE_S: i64 = 30;
const WHOLE_LONG_S: i64 = 600;
/// From how many decisions a list is long.
const LONG: usize = 10_000;
/// How often the account is tried.
const ACCOUNT_S: i64 = 300;
/// How often banned countries are compared with what lasts.
const COMPARE_S: i64 = 30;
/// Attempts that must fail in a row before somebody is told.
const DOWN_AFTER: i64 = 3;
/// Messages about single bans at one time.
const TOLD_MAX: usize = 20;
/// Two readings of one end differ by the time the answer took.
const SAME_MICROS: i64 = 2_000_000;
/// How often every process looks for what another one heard.
const LOOK: Duration = Duration::from_secs(2);

const COMPONENT: &str = "crowdsec";

/// What the listener remembers between two looks.
#[derive(Default)]
struct Memory {
    whole_at: Option<Timestamp>,
    account_at: Option<Timestamp>,
    compared_at: Option<Timestamp>,
    /// The length of the list.
    count: usize,
}

/// Runs in one process.
pub(crate) async fn listen(edge: Arc<Edge>, stop: Shutdown) -> Result<()> {
    let mut settings = edge.platform.settings.watch();
    let mut memory = Memory::default();
    let (mut last, mut refused, mut verified) = (None, None, false);
    loop {
        settings.mark_unchanged();
        // Bans are heard with or without it.
        if let Err(error) = edge.import_machine_account(&mut refused).await {
            tracing::warn!(?error, "the machine account in the shared directory could not be taken");
        }
        let connection = edge.crowdsec_connection()?;
        let place = (
            connection.url.clone(),
            connection.key.as_ref().map(|k| k.reveal().clone()),
            connection.account.as_ref().map(|(user, password)| (user.clone(), password.reveal().clone())),
        );
        if last.as_ref().is_some_and(|l| *l != place) {
            memory = Memory::default();
        }
        last = Some(place);
        edge.listen_once(&connection, &mut memory, &mut verified).await?;
        let now = edge.platform.clock.now();
        if memory.compared_at.is_none_or(|at| now.secs_since(at) >= COMPARE_S) {
            memory.compared_at = Some(now);
            edge.compare_countries().await?;
        }
        tokio::select! {
            () = stop.wait() => return Ok(()),
            () = edge.crowdsec.ask.notified() => memory = Memory::default(),
            changed = settings.changed() => if changed.is_err() { return Ok(()) },
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

/// Runs in every process with a data plane.
pub(crate) async fn enforce(edge: Arc<Edge>, stop: Shutdown) -> Result<()> {
    let (mut settings, mut changed) = (edge.platform.settings.watch(), edge.crowdsec.changed.subscribe());
    let mut served = None;
    loop {
        let revision = bans::exchange(&edge.platform.store.state).await?.revision;
        let next = edge.enforce_bans().await;
        served = Some(revision).max(served);
        loop {
            let now = edge.platform.clock.now();
            let left = next.map_or(i64::MAX, |at| at.micros().saturating_sub(now.micros()).max(0));
            let pause = LOOK.min(Duration::from_micros(u64::try_from(left).unwrap_or(u64::MAX)));
            tokio::select! {
                () = stop.wait() => return Ok(()),
                is_open = settings.changed() => { if is_open.is_err() { return Ok(()) } break }
                is_open = changed.changed() => { if is_open.is_err() { return Ok(()) } break }
                () = tokio::time::sleep(pause) => {}
            }
            let is_over = next.is_some_and(|at| at <= edge.platform.clock.now());
            if is_over || served != Some(bans::exchange(&edge.platform.store.state).await?.revision) {
                break;
            }
        }
    }
}

/// What one look brought.
#[derive(Default)]
struct Heard {
    put: Vec<Ban>,
    gone: Vec<i64>,
    /// Those nobody knew before.
    new: Vec<Ban>,
    total: usize,
}

/// Compares the whole list with what is kept.
fn compare_whole(list: Vec<Decision>, kept: &HashMap<i64, Timestamp>, now: Timestamp) -> Heard {
    let mut heard = Heard::default();
    let mut seen = HashSet::with_capacity(list.len());
    for ban in list.into_iter().filter_map(|d| Ban::of(d, now)) {
        seen.insert(ban.id);
        match kept.get(&ban.id) {
            Some(until) if (until.micros() - ban.until.micros()).abs() <= SAME_MICROS => {}
            Some(_) => heard.put.push(ban),
            None => {
                heard.new.push(ban.clone());
                heard.put.push(ban);
            }
        }
    }
    heard.total = seen.len();
    heard.gone = kept.keys().filter(|id| !seen.contains(id)).copied().collect();
    heard
}

/// Compares changes with what is kept.
fn compare_changes(new: Vec<Decision>, deleted: &[Decision], kept: &HashMap<i64, Timestamp>, now: Timestamp) -> Heard {
    let mut heard = compare_whole(new, kept, now);
    heard.gone = deleted.iter().map(|d| d.id).filter(|id| kept.contains_key(id)).collect();
    heard.total = (kept.len() + heard.new.len()).saturating_sub(heard.gone.len());
    heard
}

impl Edge {
    /// `verified`: the account was judged since this process leads.
    async fn listen_once(&self, connection: &Connection, memory: &mut Memory, verified: &mut bool) -> Result<()> {
        if !connection.is_wired() {
            self.note_configured(false).await?;
            let before = bans::exchange(&self.platform.store.state).await?;
            if before.source.is_some() || before.failures > 0 {
                let mut tx = self.platform.store.state.begin().await?;
                bans::forget(&mut tx).await?;
                // The problem that it is away ends with it.
                if before.failures >= DOWN_AFTER {
                    let text = "CrowdSec is not asked any more".to_owned();
                    self.platform.events.publish(&mut tx, event("edge.crowdsec_recovered", text)).await?;
                }
                tx.commit().await?;
                self.crowdsec.bans_changed();
            }
            *memory = Memory::default();
            self.platform.health.report(COMPONENT, ComponentStatus::Disabled, None, None);
            return Ok(());
        }
        match self.hear(connection, memory).await? {
            Ok(()) => self.note_account(connection, memory, verified).await,
            Err(error) => self.note_silence(&error).await,
        }
    }

    /// One look at CrowdSec. The outer error is ours, the inner one its.
    async fn hear(&self, connection: &Connection, memory: &mut Memory) -> Result<Result<(), LapiError>> {
        let db = &self.platform.store.state;
        let Some(bouncer) = self.crowdsec.bouncer(connection) else { return Ok(Ok(())) };
        let _turn = self.crowdsec.turn.lock().await;
        let exchange = bans::exchange(db).await?;
        let is_first = exchange.source.as_deref() != Some(connection.url.as_str());
        let now = self.platform.clock.now();
        let pause = if memory.count > LONG { WHOLE_LONG_S } else { WHOLE_S };
        let is_whole = is_first || memory.whole_at.is_none_or(|at| now.secs_since(at) >= pause);
        // Changes are asked for in any case: what they tell is counted from the last time they were.
        let changes = match bouncer.changes().await {
            Ok(changes) => changes,
            Err(error) => return Ok(Err(error)),
        };
        let heard = if is_whole {
            let list = match bouncer.list().await {
                Ok(list) => list,
                Err(error) => return Ok(Err(error)),
            };
            memory.whole_at = Some(now);
            let elsewhere = list.iter().filter(|decision| !decision.is_of_addresses()).count();
            if is_first && elsewhere > 0 {
                tracing::warn!(elsewhere, "decisions about countries or networks are not enforced; ban a country here instead");
            }
            compare_whole(list, &bans::ends(db).await?, now)
        } else if changes.new.is_empty() && changes.deleted.is_empty() {
            Heard { total: memory.count, ..Heard::default() }
        } else {
            compare_changes(changes.new, &changes.deleted, &bans::ends(db).await?, now)
        };
        memory.count = heard.total;
        if !heard.put.is_empty() || !heard.gone.is_empty() {
            bans::change(db, &heard.put, &heard.gone).await?;
            self.crowdsec.bans_changed();
        }
        self.note_heard(connection, &heard, is_first, exchange.failures).await?;
        Ok(Ok(()))
    }

    async fn note_heard(&self, connection: &Connection, heard: &Heard, is_first: bool, failures: i64) -> Result<()> {
        let db = &self.platform.store.state;
        let events = &self.platform.events;
        let mut tx = db.begin().await?;
        bans::heard(&mut tx, &connection.url, self.platform.clock.now()).await?;
        if failures >= DOWN_AFTER {
            let text = "CrowdSec answers again".to_owned();
            events.publish(&mut tx, event("edge.crowdsec_recovered", text).data(json!({ "lapi_url": connection.url }))).await?;
        }
        if !is_first && (!heard.new.is_empty() || !heard.gone.is_empty()) {
            for ban in heard.new.iter().filter(|ban| ban.kind == BAN && !ban.is_bulk()).take(TOLD_MAX) {
                let text = format!("{} was banned: {}", ban.value, ban.scenario);
                let data = json!({ "ip": ban.value, "scope": ban.scope, "origin": ban.origin, "scenario": ban.scenario, "until": ban.until.rfc3339() });
                events.publish(&mut tx, event("edge.threat_ip_banned", text).data(data)).await?;
            }
            let (added, removed) = (heard.new.len(), heard.gone.len());
            let text = format!("The bans of CrowdSec changed: {added} new, {removed} gone");
            let data = json!({ "added_count": added, "removed_count": removed, "total": heard.total });
            events.publish(&mut tx, event("edge.threat_intel_updated", text).data(data)).await?;
        }
        tx.commit().await?;
        if is_first {
            bans::purge(db, self.platform.clock.now()).await?;
        }
        self.note_configured(true).await
    }

    /// Whether a key is set up that CrowdSec took.
    async fn note_configured(&self, is_configured: bool) -> Result<()> {
        if self.platform.settings.bool("crowdsec.bouncer_configured")? != is_configured {
            let write = Write::json("crowdsec.bouncer_configured", is_configured).by_owner();
            self.platform.settings.set_many(&Actor::system(), &[write]).await?;
        }
        Ok(())
    }

    async fn note_silence(&self, error: &LapiError) -> Result<()> {
        let text = error.to_string();
        let mut tx = self.platform.store.state.begin().await?;
        let failures = bans::failed(&mut tx, &text).await?;
        if failures == DOWN_AFTER {
            let message = format!("CrowdSec does not answer; the bans heard last go on: {text}");
            self.platform.events.publish(&mut tx, event("edge.crowdsec_down", message).data(json!({ "error": text }))).await?;
        }
        tx.commit().await?;
        let status = if failures >= DOWN_AFTER { ComponentStatus::Unhealthy } else { ComponentStatus::Degraded };
        self.platform.health.report(COMPONENT, status, None, Some(text));
        Ok(())
    }

    /// Tries the account now and then, and says how CrowdSec stands.
    async fn note_account(&self, connection: &Connection, memory: &mut Memory, verified: &mut bool) -> Result<()> {
        let now = self.platform.clock.now();
        let db = &self.platform.store.state;
        if let Some((user, _)) = &connection.account
            && memory.account_at.is_none_or(|at| now.secs_since(at) >= ACCOUNT_S)
        {
            memory.account_at = Some(now);
            let tried = self.crowdsec.machine(connection)?.login().await;
            let before = bans::exchange(db).await?.machine_ok;
            let is_ok = match tried {
                Ok(_) => Some(true),
                Err(LapiError::Refused) => Some(false),
                Err(_) => None,
            };
            // One that is refused at the start is left over from another CrowdSec; later a new one may be on its way.
            let is_left_over = is_ok == Some(false) && !*verified && !self.is_account_given();
            *verified |= is_ok.is_some();
            if let Some(is_ok) = is_ok.filter(|ok| before != Some(*ok)) {
                let mut tx = db.begin().await?;
                bans::machine(&mut tx, Some(is_ok)).await?;
                if !is_ok {
                    let text = "CrowdSec does not accept the machine credentials".to_owned();
                    let data = json!({ "machine_user": user });
                    self.platform.events.publish(&mut tx, event("edge.crowdsec_creds_stale", text).data(data)).await?;
                }
                tx.commit().await?;
            }
            if is_left_over {
                self.forget_account(&Actor::system(), user).await?;
            }
        }
        let is_refused = connection.account.is_some() && bans::exchange(db).await?.machine_ok == Some(false);
        let (status, detail) = if is_refused {
            (ComponentStatus::Degraded, Some("the machine credentials are not accepted".to_owned()))
        } else {
            (ComponentStatus::Healthy, None)
        };
        self.platform.health.report(COMPONENT, status, None, detail);
        Ok(())
    }
}

fn event(kind: &str, text: String) -> NewEvent {
    NewEvent::new(Source::Edge, kind, text).subject("component", COMPONENT, "CrowdSec")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decision(id: i64, value: &str, duration: &str) -> Decision {
        Decision {
            id,
            origin: "cscli".to_owned(),
            kind: BAN.to_owned(),
            scope: "Ip".to_owned(),
            value: value.to_owned(),
            scenario: "manual".to_owned(),
            duration: duration.to_owned(),
        }
    }

    #[test]
    fn whole_list_replaces_what_is_kept_and_changes_add_to_it() {
        let now = Timestamp::from_secs(1_000);
        let kept: HashMap<i64, Timestamp> = [(1, Timestamp::from_secs(4_601)), (2, Timestamp::from_secs(4_600))].into();
        let heard = compare_whole(vec![decision(1, "203.0.113.1", "1h"), decision(3, "203.0.113.3", "2h")], &kept, now);
        let ids = |bans: &[Ban]| bans.iter().map(|b| b.id).collect::<Vec<_>>();
        assert_eq!(
            (ids(&heard.put), ids(&heard.new), heard.gone, heard.total),
            (vec![3], vec![3], vec![2], 2),
            "a second more or less is none"
        );

        let gone = [decision(2, "203.0.113.2", "-1s"), decision(9, "203.0.113.9", "-1s")];
        let heard = compare_changes(vec![decision(1, "203.0.113.1", "4h"), decision(3, "203.0.113.3", "2h")], &gone, &kept, now);
        assert_eq!(
            (ids(&heard.put), ids(&heard.new), heard.gone, heard.total),
            (vec![1, 3], vec![3], vec![2], 2),
            "an end that moved is written"
        );
    }
}

//! Outlets: kept as last seen, told when one changes, switched by people. A switched outlet is read again before
//! anybody is told that it worked; a protected one is never switched.

use std::sync::Arc;
use std::time::Duration;

use argos_audit::{Category, Entry, Status};
use argos_events::{NewEvent, Source};
use argos_jobs::{JobContext, KindSpec, NewJob, Restart, Verdict};
use argos_kernel::{Actor, AppError, ErrorKind, Result, Severity, Timestamp};
use argos_powermib::Command;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::control::{Request, agent_refusal};
use super::devices::not_found;
use crate::model::device::{Device, Poller};
use crate::model::outlet::{Outlet, OutletState, Switch};
use crate::service::{Live, Power};
use crate::store::outlets::{self, Mark};
use crate::workers::pollers::orders;

/// The device must show the new state within this time.
const CONFIRM: Duration = Duration::from_secs(5);
const LOOK_AGAIN: Duration = Duration::from_millis(400);
/// The longest wait before a switch.
pub(crate) const DELAY_MAX_S: i64 = 3_600;
/// Jobs that switch an outlet later.
pub(super) const JOB: &str = "power.outlet";

fn no_outlet() -> AppError {
    AppError::not_found("The device has no such outlet.").code("outlet_not_found")
}

fn protected(live: &Live, outlet: &Outlet) -> AppError {
    let text = format!("{} is protected; take the protection off first.", name(live, outlet));
    AppError::conflict(text).code("outlet_protected")
}

/// What people call an outlet.
fn name(live: &Live, outlet: &Outlet) -> String {
    let label = live.marks.get(&outlet.id).and_then(|m| m.label.clone()).or_else(|| outlet.name.clone());
    label.map_or_else(|| format!("outlet {}", outlet.id), |label| format!("outlet {} ({label})", outlet.id))
}

fn changed_event(live: &Live, outlet: &Outlet, from: OutletState, actor: Option<&str>) -> NewEvent {
    let by = actor.map_or_else(String::new, |actor| format!(", by {actor}"));
    let text = format!("{}: {} is {}{by}", live.device.name, name(live, outlet), outlet.state.as_str());
    NewEvent::new(Source::Power, "power.outlet_changed", text).subject("power_device", &live.device.id, &live.device.name).data(json!({
        "outlet": outlet.id,
        "name": outlet.name,
        "from": from.as_str(),
        "to": outlet.state.as_str(),
        "actor": actor,
    }))
}

impl Power {
    /// Keeps the outlets of a poll; says what changed since the last one.
    pub(crate) async fn keep_outlets(&self, live: &Live, now: &[Outlet], store: bool, at: Timestamp) -> Result<()> {
        let before = |id: &str| live.outlets.iter().find(|o| o.id == id);
        let both = |o: &&Outlet| {
            o.state != OutletState::Unknown && before(&o.id).is_some_and(|b| b.state != o.state && b.state != OutletState::Unknown)
        };
        let turned: Vec<&Outlet> = now.iter().filter(both).collect();
        let same_set = now.len() == live.outlets.len() && now.iter().all(|o| before(&o.id).is_some());
        let due = store && !now.is_empty();
        if turned.is_empty() && same_set && !due {
            return Ok(());
        }
        let mut tx = self.platform.store.state.begin().await?;
        outlets::put(&mut tx, &live.device.id, now, at).await?;
        for outlet in turned {
            let from = before(&outlet.id).map_or(OutletState::Unknown, |o| o.state);
            let actor = self.lives().get(&live.device.id).and_then(|l| l.switching.get(&outlet.id).cloned());
            self.platform.events.publish(&mut tx, changed_event(live, outlet, from, actor.as_deref())).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Writes what people say about an outlet.
    pub(crate) async fn mark_outlet(&self, actor: &Actor, id: &str, outlet: &str, change: impl FnOnce(&mut Mark)) -> Result<()> {
        let _turn = self.writing.lock().await;
        let live = self.find_live(id).ok_or_else(not_found)?;
        let found = live.outlets.iter().find(|o| o.id == outlet).ok_or_else(no_outlet)?;
        let before = live.marks.get(outlet).cloned().unwrap_or_default();
        let mut mark = before.clone();
        change(&mut mark);
        let mut m = self.platform.audit.begin(actor).await?;
        outlets::mark(&mut m, id, outlet, &mark).await?;
        let shown = |m: &Mark| json!({ "label": m.label, "protected": m.protected });
        let entry = Entry::new("power_outlet.update", Category::Config).target("power_device", id);
        let text = format!("{} of {}: protected {}", name(&live, found), live.device.name, mark.protected);
        m.commit(entry.describe(text).before(shown(&before)).after(shown(&mark))).await?;
        if let Some(live) = self.lives().get_mut(id) {
            live.marks.insert(outlet.to_owned(), mark);
        }
        self.changed();
        Ok(())
    }

    /// What may be switched: the live device and its outlet.
    pub(super) fn switchable(&self, id: &str, outlet: &str) -> Result<(Live, Outlet)> {
        let live = self.find_live(id).ok_or_else(not_found)?;
        let found = live.outlets.iter().find(|o| o.id == outlet).cloned().ok_or_else(no_outlet)?;
        if live.marks.get(outlet).is_some_and(|m| m.protected) {
            return Err(protected(&live, &found));
        }
        if !found.switchable {
            return Err(AppError::conflict("This outlet cannot be switched.").code("not_controllable"));
        }
        Ok((live, found))
    }

    /// What switching over means for an outlet now.
    pub(crate) fn opposite(&self, id: &str, outlet: &str) -> Result<Switch> {
        match self.switchable(id, outlet)?.1.state {
            OutletState::On => Ok(Switch::Off),
            OutletState::Off => Ok(Switch::On),
            OutletState::Unknown => Err(AppError::conflict("The outlet's state is not known; say on or off.").code("state_unknown")),
        }
    }

    /// Switches an outlet and waits until the device shows it.
    pub(crate) async fn switch_outlet(self: &Arc<Self>, actor: &Actor, id: &str, outlet: &str, switch: Switch) -> Result<()> {
        let (live, found) = self.switchable(id, outlet)?;
        let what = format!("{} {}", name(&live, &found), switch.as_str());
        let entry = |status: Status, text: String| {
            Entry::new("power_outlet.switch", Category::Safety)
                .target("power_device", id)
                .describe(text)
                .status(status)
                .severity(Severity::Warning)
                .after(json!({ "outlet": outlet, "request": switch.as_str() }))
        };
        let m = self.platform.audit.begin(actor).await?;
        m.commit(entry(Status::Pending, format!("{}: {what} asked", live.device.name))).await?;
        self.expect_switch(id, outlet, Some(&actor.name));
        let outcome = async {
            self.tell_outlet(&live.device, outlet, switch).await?;
            self.confirm(&live.device, outlet, switch).await
        }
        .await;
        self.expect_switch(id, outlet, None);
        let m = self.platform.audit.begin(actor).await?;
        match &outcome {
            Ok(()) => m.commit(entry(Status::Success, format!("{}: {what} done", live.device.name))).await?,
            Err(e) => m.commit(entry(Status::Failure, format!("{}: {what} failed: {}", live.device.name, e.message()))).await?,
        }
        outcome
    }

    fn expect_switch(&self, id: &str, outlet: &str, actor: Option<&str>) {
        if let Some(live) = self.lives().get_mut(id) {
            match actor {
                Some(actor) => drop(live.switching.insert(outlet.to_owned(), actor.to_owned())),
                None => drop(live.switching.remove(outlet)),
            }
        }
    }

    async fn tell_outlet(&self, device: &Device, outlet: &str, switch: Switch) -> Result<()> {
        if device.poller == Poller::Snmp {
            let how = match switch {
                Switch::On => argos_powermib::Switch::On,
                Switch::Off => argos_powermib::Switch::Off,
                Switch::Cycle => argos_powermib::Switch::Cycle,
            };
            return self.tell_snmp(device, &Command::Outlet(outlet.to_owned(), how)).await.map_err(agent_refusal);
        }
        if device.poller == Poller::Redfish {
            let state = match switch {
                Switch::On => "On",
                Switch::Off => "Off",
                Switch::Cycle => "PowerCycle",
            };
            let told = self.tell_redfish(device, outlet, state).await;
            return told.map_err(|why| AppError::new(ErrorKind::Upstream, why).code("device_refused"));
        }
        let run = async |switch: Switch| self.send(device, &Request::Run { command: switch.nut_command(outlet), value: None }).await;
        let knows = |command: &str| {
            let details = self.lives().get(&device.id).and_then(|l| l.details.clone());
            details.is_some_and(|d| d.commands.iter().any(|(name, _)| name == command))
        };
        if switch == Switch::Cycle && !knows(&Switch::Cycle.nut_command(outlet)) {
            run(Switch::Off).await?;
            tokio::time::sleep(Duration::from_secs(3)).await;
            return run(Switch::On).await.map(drop);
        }
        run(switch).await.map(drop)
    }

    /// Reads the device until it shows what was asked. An outlet that is cycled may take longer; then what it does is
    /// told by the next polls.
    async fn confirm(self: &Arc<Self>, device: &Device, outlet: &str, switch: Switch) -> Result<()> {
        let until = Instant::now() + CONFIRM;
        loop {
            self.poll_now(&device.id, until).await;
            let live = self.find_live(&device.id).ok_or_else(not_found)?;
            let state = live.outlets.iter().find(|o| o.id == outlet).map(|o| o.state);
            if state == Some(switch.goal()) {
                return Ok(());
            }
            if Instant::now() + LOOK_AGAIN >= until {
                if switch == Switch::Cycle {
                    return Ok(());
                }
                let now = state.unwrap_or_default().as_str();
                let text = format!("The device took the command, but after {} s the outlet is {now}.", CONFIRM.as_secs());
                return Err(AppError::new(ErrorKind::UpstreamTimeout, text).code("not_confirmed"));
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Has the poller of a device read it now.
    pub(crate) async fn poll_now(&self, id: &str, until: Instant) {
        let sender = orders(self).into_iter().find(|order| order.devices.iter().any(|d| d == id)).map(|order| order.sender);
        let Some(sender) = sender else { return };
        let (reply, answer) = oneshot::channel();
        let asked = async { if sender.send(reply).await.is_ok() { answer.await.ok() } else { None } };
        // A device that is slow is simply asked again until the time is up.
        drop(tokio::time::timeout_at(until, asked).await);
    }

    /// Switches an outlet later; the job's id.
    pub(crate) async fn switch_later(&self, actor: &Actor, id: &str, outlet: &str, switch: Switch, delay_s: i64) -> Result<i64> {
        let (live, found) = self.switchable(id, outlet)?;
        let at = self.platform.clock.now().plus_secs(delay_s);
        let payload = json!({ "device_id": id, "outlet": outlet, "state": switch.as_str(), "actor": actor.name });
        let mut m = self.platform.audit.begin(actor).await?;
        let job = self.platform.jobs.enqueue(&mut m, NewJob::new(JOB).payload(payload.clone()).run_at(at).trigger("api").by(actor)).await?;
        let text = format!("{}: {} {} in {delay_s} s", live.device.name, name(&live, &found), switch.as_str());
        let entry = Entry::new("power_outlet.schedule", Category::Safety).target("power_device", id).severity(Severity::Warning);
        m.commit(entry.describe(text).after(payload)).await?;
        Ok(job)
    }

    /// Registers the job that switches later. It is never repeated: an outlet is not switched twice.
    pub(crate) fn register_outlet_job(self: &Arc<Self>) {
        let spec = KindSpec { restart: Restart::Fail("Argos stopped while the outlet was switched"), ..KindSpec::new("power") };
        let power = Arc::clone(self);
        self.platform.jobs.register(JOB, spec, move |ctx: JobContext| -> argos_web::BoxFuture<'static, Verdict> {
            let power = Arc::clone(&power);
            Box::pin(async move {
                let text = |name: &str| ctx.job().payload.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
                let Ok(switch) = serde_json::from_value::<Switch>(json!(text("state"))) else { return Verdict::fail("unknown state") };
                let actor = Actor { name: text("actor"), ..Actor::system() };
                match power.switch_outlet(&actor, &text("device_id"), &text("outlet"), switch).await {
                    Ok(()) => Verdict::done(),
                    Err(error) => Verdict::fail(error.message()),
                }
            })
        });
    }
}

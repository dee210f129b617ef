//! The way back: once the mains are good, hosts this run turned off are woken in reverse order. Mains lost again stop
//! it; what is not woken yet waits for the next time.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use argos_kernel::{Actor, AppError, Result};
use serde_json::{Map, Value, json};
use tokio::net::UdpSocket;
use tokio::time::Instant;

use super::shutdown_checks::is_visible;
use super::shutdown_kinds::{Said, words};
use super::shutdown_runs::{run_entry, run_event, run_not_found};
use super::shutdown_steps::members;
use crate::model::plan::{Step, Wake, WakeKind};
use crate::model::plan_run::{Direction, Mode, Run, RunState, StepRow, StepState};
use crate::model::wake::{magic_packet, parse_mac};
use crate::service::Power;
use crate::store::plan_runs::{self, Outcome};

/// A wake-on-LAN packet gets no answer, so it is sent more than once.
const PACKETS: usize = 3;
const BETWEEN: Duration = Duration::from_millis(200);
const LOOK: Duration = Duration::from_secs(1);

impl Power {
    /// Why the restore of a run still waits; `None`: the mains are good for long enough and the batteries are charged.
    pub(crate) fn restore_waits_for(&self, run: &Run) -> Option<String> {
        let rule = &run.body.restore;
        let mut waits = None;
        for source in &run.body.sources {
            let Some(live) = self.find_live(&source.device_id) else { return Some(format!("{} is gone", source.device_id)) };
            let name = &live.device.name;
            let good = live.device.enabled && live.polled && live.state.missed == 0;
            let Some((_, s)) = live.latest.filter(|_| good) else {
                waits.get_or_insert(format!("{name} does not answer"));
                continue;
            };
            let flags = s.flags();
            if !flags.on_mains() || flags.has("LB") {
                waits.get_or_insert(format!("{name} is not on good mains"));
            }
        }
        let stable = self.shutdown.good_for(run.id, "restore", waits.is_none());
        if waits.is_some() {
            return waits;
        }
        if stable.unwrap_or(0) < rule.stable_seconds {
            return Some(format!("the mains are good for {} of {} s", stable.unwrap_or(0), rule.stable_seconds));
        }
        run.body.sources.iter().find_map(|source| {
            let live = self.find_live(&source.device_id)?;
            let charge = live.latest.as_ref().and_then(|(_, s)| s.battery_percent);
            let enough = rule.min_charge_percent <= 0.0 || charge.is_some_and(|c| c >= rule.min_charge_percent);
            let now = charge.map_or_else(|| "an unknown charge".to_owned(), |c| format!("{c:.0} %"));
            (!enough).then(|| format!("{} has {now} of {:.0} %", live.device.name, rule.min_charge_percent))
        })
    }

    /// Somebody asks for the restore; with `force` it does not wait for the gate.
    pub(crate) async fn ask_for_restore(self: &Arc<Self>, actor: &Actor, id: i64, force: bool) -> Result<()> {
        let run = plan_runs::find(&self.platform.store.state, id).await?.ok_or_else(run_not_found)?;
        if !run.state.waits() || run.mode != Mode::Real {
            return Err(AppError::conflict("Only a run that is over and not restored can be restored.").code("not_restorable"));
        }
        let mut m = self.platform.audit.begin(actor).await?;
        plan_runs::want_restore(&mut m, id, true).await?;
        m.commit(run_entry("restore", &run, format!("Restore of {} asked for by {}", run.plan_name, actor.name))).await?;
        if force {
            self.begin_restore(actor, &run).await?;
        }
        self.shutdown.kick.notify_one();
        self.changed();
        Ok(())
    }

    /// Writes the steps of the way back and opens it.
    pub(crate) async fn begin_restore(self: &Arc<Self>, actor: &Actor, run: &Run) -> Result<()> {
        let mut m = self.platform.audit.begin(actor).await?;
        let rows = plan_runs::steps_in(&mut m, run.id).await?;
        let down = |id: &str| rows.iter().any(|r| r.step_id == id && r.direction == Direction::Shutdown && r.ordered);
        for order in run.body.orders().into_iter().rev() {
            let wakes = |s: &Step| s.restore.is_some() && (run.body.restore.all || down(&s.id));
            for step in run.body.steps_of(order).map(|(_, s)| s).filter(|s| wakes(s)).collect::<Vec<_>>() {
                plan_runs::insert_step(&mut m, &StepRow::pending(run.id, Direction::Restore, order, step)).await?;
            }
        }
        if !plan_runs::advance(&mut m, run.id, run.state, RunState::Restoring, None).await? {
            return Ok(());
        }
        let text = format!("The hosts of shutdown plan {} are started again", run.plan_name);
        self.platform.events.publish(&mut m, run_event("power.restore_started", run, text.clone(), json!({})).actor(actor)).await?;
        m.commit(run_entry("restore_start", run, text)).await?;
        self.shutdown.forget_run(run.id);
        for source in &run.body.sources {
            self.latch(&source.device_id, false, &run.plan_name).await?;
        }
        self.changed();
        Ok(())
    }

    fn on_battery_again(&self, run: &Run) -> bool {
        run.body.sources.iter().filter_map(|s| self.find_live(&s.device_id)).any(|l| l.state.on_battery)
    }

    /// Wakes what is left to wake, order by order.
    pub(crate) async fn restore_hosts(self: &Arc<Self>, run: &Run) -> Result<()> {
        let db = &self.platform.store.state;
        let secrets = self.plan_secrets(&run.plan_uid, run.secrets_enc.as_deref())?;
        let mut orders: Vec<i64> = Vec::new();
        for row in plan_runs::steps(db, run.id).await?.iter().filter(|r| r.direction == Direction::Restore && !r.is_over()) {
            if !orders.contains(&row.phase) {
                orders.push(row.phase);
            }
        }
        orders.sort_unstable_by(|a, b| b.cmp(a));
        for (position, order) in orders.into_iter().enumerate() {
            if position > 0 && !self.pause(run, run.body.restore.delay_seconds).await? {
                return Ok(());
            }
            let steps: Vec<_> = run.body.steps_of(order).collect();
            let waking = steps.iter().map(|(_, step)| self.wake_host(run, step, &secrets));
            for outcome in futures_util::future::join_all(waking).await {
                outcome?;
            }
            if !self.may_go_on(run).await? {
                return Ok(());
            }
        }
        let now = self.platform.clock.now();
        let mut m = self.platform.audit.begin(&Actor::system()).await?;
        if plan_runs::advance(&mut m, run.id, RunState::Restoring, RunState::Restored, Some(now)).await? {
            let text = format!("The hosts of shutdown plan {} were started again", run.plan_name);
            self.platform.events.publish(&mut m, run_event("power.restore_done", run, text.clone(), json!({}))).await?;
            m.commit(run_entry("restore_end", run, text)).await?;
        }
        self.changed();
        Ok(())
    }

    /// Whether the way back is still open; closes it when a source runs on battery again.
    async fn may_go_on(&self, run: &Run) -> Result<bool> {
        let state = plan_runs::find(&self.platform.store.state, run.id).await?.map(|r| r.state);
        if state != Some(RunState::Restoring) {
            return Ok(false);
        }
        if !self.on_battery_again(run) {
            return Ok(true);
        }
        let mut m = self.platform.audit.begin(&Actor::system()).await?;
        if plan_runs::advance(&mut m, run.id, RunState::Restoring, RunState::Halted, None).await? {
            m.commit(run_entry("restore_stop", run, format!("The mains are gone again: {} stops starting hosts", run.plan_name))).await?;
        }
        self.changed();
        Ok(false)
    }

    async fn pause(&self, run: &Run, seconds: i64) -> Result<bool> {
        let until = Instant::now() + Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
        while Instant::now() < until {
            tokio::time::sleep(LOOK.min(until.saturating_duration_since(Instant::now()))).await;
            if !self.may_go_on(run).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn wake_host(self: &Arc<Self>, run: &Run, step: &Step, secrets: &Map<String, Value>) -> Result<()> {
        let db = &self.platform.store.state;
        let Some(row) = plan_runs::find_step(db, run.id, Direction::Restore, &step.id).await? else { return Ok(()) };
        let Some(wake) = step.restore.as_ref().filter(|_| !row.is_over()) else { return Ok(()) };
        plan_runs::begin_step(db, row.id, self.platform.clock.now()).await?;
        let own = members(secrets, step);
        let said = match wake.kind {
            WakeKind::Wol => send_packet(wake).await,
            WakeKind::Redfish => self.redfish_on(step, own).await,
            WakeKind::Ipmi => self.ipmi_on(step, own).await,
            WakeKind::Guest => self.guest_on(step, own).await,
            WakeKind::Outlet => self.outlet_on(&wake.device_id, &wake.outlet).await,
        };
        let row = &row;
        let end = |state: StepState, text: String| async move {
            self.finish_step(run, row, Outcome { state, result: &text, ordered: false }).await
        };
        let said = match said {
            Ok(said) => said,
            Err(error) => return end(StepState::Failed, error).await,
        };
        if !is_visible(step) {
            return end(StepState::Done, said).await;
        }
        let limit = run.body.restore.boot_timeout_seconds;
        let until = Instant::now() + Duration::from_secs(u64::try_from(limit).unwrap_or(0));
        loop {
            if self.is_up(step, own).await == Some(true) {
                return end(StepState::Done, format!("{said}; it answers")).await;
            }
            if Instant::now() >= until {
                return end(StepState::Failed, format!("{said}; no answer after {limit} s")).await;
            }
            if self.on_battery_again(run) {
                // Left as it is: the next restore wakes it again.
                return Ok(());
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

async fn send_packet(wake: &Wake) -> Said {
    let mac = parse_mac(&wake.mac).ok_or("the address of the network card is not one")?;
    let ip: IpAddr = wake.broadcast.parse().map_err(words)?;
    let own = if ip.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let socket = UdpSocket::bind(own).await.map_err(words)?;
    socket.set_broadcast(true).map_err(words)?;
    for n in 0..PACKETS {
        if n > 0 {
            tokio::time::sleep(BETWEEN).await;
        }
        socket.send_to(&magic_packet(mac), SocketAddr::new(ip, wake.port)).await.map_err(words)?;
    }
    Ok("wake-on-LAN sent".to_owned())
}

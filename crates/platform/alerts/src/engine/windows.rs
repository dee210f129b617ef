//! Maintenance windows and silences in memory, and what they withhold at a time. Rebuilt when the store changed.

use argos_events::{NewEvent, Source};
use argos_kernel::{Result, Severity, Timestamp};
use argos_store::{Database, Tx};
use chrono_tz::Tz;
use serde_json::{Value, json};

use crate::Alerts;
use crate::model::matcher::Target;
use crate::model::rule::Autonomy;
use crate::model::state::Withheld;
use crate::model::window::{Period, Planned, Window};
use crate::store::windows;

/// A name as labels: its prefix is the label.
fn named(name: &str) -> Value {
    let (kind, value) = name.split_once(':').unwrap_or(("host", name));
    json!({ kind: value })
}

#[derive(Default)]
pub(crate) struct Windows {
    planned: Vec<Planned>,
    stamp: Option<((i64, i64, i64), Tz)>,
}

impl Windows {
    pub(crate) async fn refresh(&mut self, db: &Database, zone: Tz) -> Result<()> {
        let stamp = (windows::stamp(db).await?, zone);
        if self.stamp != Some(stamp) {
            self.planned = windows::list(db).await?.into_iter().map(|w| Planned::new(w, zone)).collect();
            self.stamp = Some(stamp);
        }
        Ok(())
    }
    /// Windows that are active now with their period, newest first.
    pub(crate) fn active(&mut self, now: Timestamp) -> Vec<(Window, Period)> {
        self.planned.iter_mut().filter_map(|p| p.at(now).map(|period| (p.window.clone(), period))).collect()
    }
}

/// What the active windows do to one alert.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Effects {
    pub(crate) withheld: Option<Withheld>,
    pub(crate) autonomy: Option<Autonomy>,
    pub(crate) auto_close: bool,
    /// What becomes of the action of its rule; nothing = it is taken.
    pub(crate) heal: Option<Heal>,
}

/// What maintenance does to actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heal {
    /// Not taken.
    Left,
    /// Taken when the last of the windows ends, if the alert is still there.
    At(Timestamp),
}

pub(crate) fn effects(active: &[(Window, Period)], target: Target<'_>) -> Effects {
    let mut out = Effects::default();
    for (window, (_, end)) in active.iter().filter(|(w, _)| w.covers(target)) {
        if window.suppress_alerts {
            // Maintenance is the stronger word: it also explains the figures of availability.
            let word = if window.is_silence() { Withheld::Silenced } else { Withheld::Maintenance };
            out.withheld = if out.withheld == Some(Withheld::Maintenance) { out.withheld } else { Some(word) };
        }
        out.autonomy = out.autonomy.or(window.override_autonomy);
        out.auto_close |= window.auto_close_alerts;
        let heal = match window.heal_action.as_deref() {
            None => None,
            Some("queue") => Some(Heal::At(*end)),
            Some(_) => Some(Heal::Left),
        };
        // The stronger word counts, and the later end.
        out.heal = match (out.heal, heal) {
            (Some(Heal::Left), _) | (_, Some(Heal::Left)) => Some(Heal::Left),
            (Some(Heal::At(a)), Some(Heal::At(b))) => Some(Heal::At(a.max(b))),
            (a, b) => a.or(b),
        };
    }
    out
}

impl Alerts {
    /// Tells the parts that act on maintenance (shutdown plans, healing, schedules): what begins or ends, and what it
    /// withholds. Silences concern alerts only and are not told.
    pub(crate) async fn announce_period(&self, tx: &mut Tx, w: &Window, kind: &str, until: Option<Timestamp>) -> Result<()> {
        if w.is_silence() {
            return Ok(());
        }
        let text = if until.is_some() { format!("Maintenance began: {}", w.name) } else { format!("Maintenance ended: {}", w.name) };
        let data = json!({
            "window_id": w.id, "uid": w.uid, "name": w.name, "scope": w.scope, "matchers": w.matchers, "until": until.map(Timestamp::rfc3339),
            "suppress_alerts": w.suppress_alerts, "suppress_shutdown": w.suppress_shutdown, "heal_action": w.heal_action,
            "override_autonomy": w.override_autonomy.map(Autonomy::as_str), "reason": w.reason,
        });
        let event = NewEvent::new(Source::Ops, kind, text).subject("maintenance_window", w.id, w.name.as_str()).data(data);
        self.0.events.publish(tx, event).await?;
        Ok(())
    }

    /// Whether a shutdown of `name` (`device:ups-1`, `tag:rack`, a bare name) is held back now; who decides one asks.
    pub async fn shutdown_suppressed(&self, name: &str) -> Result<bool> {
        let active = self.active_windows(self.0.clock.now()).await?;
        let labels = named(name);
        let host = self.host_name();
        let target = Target { rule_id: "", group: "", severity: Severity::Critical, labels: &labels, host: host.as_deref() };
        Ok(active.iter().any(|(w, _)| w.suppress_shutdown && w.covers(target)))
    }

    /// Whether windows hold what is due by the clock: their autonomy is `disabled` and they cover one of `labels`, the
    /// spellings under which the schedule is known (`schedule`, `kind`, `project`, `service`). Silences hold nothing.
    pub async fn holds_schedule(&self, labels: &[Value]) -> Result<bool> {
        let active = self.active_windows(self.0.clock.now()).await?;
        let host = self.host_name();
        let is_covered = |w: &Window| {
            let target = |labels| Target { rule_id: "", group: "", severity: Severity::Info, labels, host: host.as_deref() };
            labels.iter().any(|labels| w.covers_work(target(labels)))
        };
        Ok(active.iter().any(|(w, _)| !w.is_silence() && w.override_autonomy == Some(Autonomy::Disabled) && is_covered(w)))
    }

    /// What healing of `name` shall do now: `suppress`, `suppress_all`, `queue`, `notify_only`; nothing = as usual.
    pub async fn heal_action(&self, name: &str) -> Result<Option<String>> {
        let active = self.active_windows(self.0.clock.now()).await?;
        let labels = named(name);
        let host = self.host_name();
        let target = Target { rule_id: "", group: "", severity: Severity::Critical, labels: &labels, host: host.as_deref() };
        Ok(active.iter().find(|(w, _)| w.heal_action.is_some() && w.covers(target)).and_then(|(w, _)| w.heal_action.clone()))
    }

    /// Windows that are active now with their period. Must not be called inside a transaction: it waits for the engine.
    pub(crate) async fn active_windows(&self, now: Timestamp) -> Result<Vec<(Window, Period)>> {
        let mut core = self.0.core.lock().await;
        core.windows.refresh(&self.0.db, self.zone()).await?;
        Ok(core.windows.active(now))
    }

    /// Records the periods that began or ended since the last look.
    pub(crate) async fn sync_periods(&self, now: Timestamp) -> Result<()> {
        let mut all = Windows::default();
        all.refresh(&self.0.db, self.zone()).await?;
        let active = all.active(now);
        let open = windows::open_periods(&self.0.db).await?;
        let begun: Vec<&(Window, Period)> = active.iter().filter(|(w, _)| !open.contains(&w.id)).collect();
        let ended: Vec<i64> = open.iter().copied().filter(|id| active.iter().all(|(w, _)| w.id != *id)).collect();
        if begun.is_empty() && ended.is_empty() {
            return Ok(());
        }
        let mut tx = self.0.db.begin().await?;
        for id in ended {
            let window = all.planned.iter().find(|p| p.window.id == id).map(|p| p.window.clone());
            let planned_end = all.planned.iter().find(|p| p.window.id == id).and_then(|p| p.window.end).filter(|e| *e < now);
            windows::end_period(&mut tx, id, planned_end.unwrap_or(now)).await?;
            if let Some(window) = window {
                self.announce_period(&mut tx, &window, "maintenance.ended", None).await?;
            }
        }
        for (window, (start, end)) in begun {
            // A window made in the middle of its period counts from when it was made.
            windows::begin_period(&mut tx, window, (*start).max(window.updated_at.min(now))).await?;
            self.announce_period(&mut tx, window, "maintenance.started", Some(*end)).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

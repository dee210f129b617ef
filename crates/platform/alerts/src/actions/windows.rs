//! Maintenance windows and silences: create, change, remove, and see what they cover.

use argos_audit::{Category, Entry};
use argos_events::{NewEvent, Source};
use argos_kernel::{Actor, AppError, Result, Timestamp, Uid};
use argos_store::Tx;
use argos_web::Caller;
use serde_json::{Map, Value, json};

use crate::Alerts;
use crate::model::attention::OpenFiring;
use crate::model::matcher::Target;
use crate::model::window::{Planned, SILENCE, Window};
use crate::model::window_fields::{apply, to_json};
use crate::store::{firings, windows};

const WINDOWS_MAX: usize = 2_000;

pub(crate) fn not_found() -> AppError {
    AppError::not_found("maintenance window not found")
}

fn bad(text: String) -> AppError {
    AppError::bad_request(text).code("invalid_window")
}

/// What a window or a silence covers, for its preview.
pub(crate) struct Coverage {
    /// Open alerts it would keep quiet.
    pub(crate) alerts: Vec<OpenFiring>,
    /// Rules by id and title that could not notify.
    pub(crate) rules: Vec<(String, String)>,
    /// The next periods.
    pub(crate) upcoming: Vec<(Timestamp, Timestamp)>,
}

/// A period of a maintenance window.
#[derive(Clone, Debug)]
pub struct MaintenancePeriod {
    pub window_id: i64,
    pub name: String,
    pub start: Timestamp,
    pub end: Timestamp,
    pub recurring: bool,
    pub suppress_alerts: bool,
}

impl Alerts {
    /// Periods of all maintenance windows that touch `[from, to)`, in their order; at most 200 of each.
    pub async fn maintenance_between(&self, from: Timestamp, to: Timestamp) -> Result<Vec<MaintenancePeriod>> {
        let mut periods = Vec::new();
        for p in self.windows().await?.iter().filter(|p| !p.window.is_silence()) {
            let w = &p.window;
            let period = |(start, end): (Timestamp, Timestamp)| MaintenancePeriod {
                window_id: w.id,
                name: w.name.clone(),
                start,
                end,
                recurring: w.schedule.is_some(),
                suppress_alerts: w.suppress_alerts,
            };
            // What would have been before the window was made was not.
            periods.extend(p.between(from, to, 200).into_iter().filter(|(_, end)| *end > w.created_at).map(period));
        }
        periods.sort_by_key(|p| (p.start, p.window_id));
        Ok(periods)
    }

    /// Every window, newest first.
    pub(crate) async fn windows(&self) -> Result<Vec<Planned>> {
        let zone = self.zone();
        Ok(windows::list(&self.0.db).await?.into_iter().map(|w| Planned::new(w, zone)).collect())
    }

    /// A window of `origin` from the members a client sent.
    pub(crate) fn read_window(&self, actor: &Actor, origin: &str, input: &Map<String, Value>) -> Result<Window> {
        let now = self.0.clock.now();
        let mut window = Window::new(origin, &actor.name, now);
        apply(&mut window, input, self.zone(), now).map_err(bad)?;
        if origin == SILENCE && window.scope.is_empty() && window.matchers.is_empty() {
            return Err(bad("A silence needs a matcher or a scope".to_owned()));
        }
        if window.end.is_some_and(|end| end <= now) && window.schedule.is_none() {
            return Err(bad("The window is over already".to_owned()));
        }
        window.uid = Uid::mint(&*self.0.clock, &*self.0.rng).to_string();
        Ok(window)
    }

    pub(crate) async fn create_window(&self, actor: &Actor, mut window: Window) -> Result<i64> {
        if windows::list(&self.0.db).await?.len() >= WINDOWS_MAX {
            return Err(bad(format!("There are already {WINDOWS_MAX} windows")));
        }
        let mut change = self.0.audit.begin(actor).await?;
        window.id = windows::insert(&mut change, &window).await?;
        self.window_event(&mut change, actor, &window, "create").await?;
        let what = if window.is_silence() { "silence.create" } else { "maintenance_window.create" };
        let entry = Entry::new(what, Category::Config).target("maintenance_window", window.id);
        change.commit(entry.describe(format!("Created: {}", window.name)).after(self.document(&window))).await?;
        self.sync_periods(self.0.clock.now()).await?;
        Ok(window.id)
    }

    pub(crate) async fn update_window(&self, actor: &Actor, id: i64, input: &Map<String, Value>) -> Result<()> {
        let now = self.0.clock.now();
        let mut change = self.0.audit.begin(actor).await?;
        let before = windows::find(&mut change, id).await?.ok_or_else(not_found)?;
        let mut window = before.clone();
        apply(&mut window, input, self.zone(), now).map_err(bad)?;
        window.updated_at = now;
        windows::update(&mut change, &window).await?;
        // What was active under the old terms ends here; the new terms begin a period of their own.
        if windows::end_period(&mut change, id, now).await? {
            self.announce_period(&mut change, &before, "maintenance.ended", None).await?;
        }
        self.window_event(&mut change, actor, &window, "update").await?;
        let entry = Entry::new("maintenance_window.update", Category::Config).target("maintenance_window", id);
        let entry = entry.describe(format!("Changed: {}", window.name)).before(self.document(&before)).after(self.document(&window));
        change.commit(entry).await?;
        self.sync_periods(now).await
    }

    /// `allowed` limits which windows this route may end. The token takes it back for a minute.
    pub(crate) async fn delete_window(&self, actor: &Actor, id: i64, allowed: impl Fn(&Window) -> bool) -> Result<Option<String>> {
        let now = self.0.clock.now();
        let mut change = self.0.audit.begin(actor).await?;
        let window = windows::find(&mut change, id).await?.filter(allowed).ok_or_else(not_found)?;
        windows::delete(&mut change, id).await?;
        if windows::end_period(&mut change, id, now).await? {
            self.announce_period(&mut change, &window, "maintenance.ended", None).await?;
        }
        self.window_event(&mut change, actor, &window, "delete").await?;
        let what = if window.is_silence() { "silence.delete" } else { "maintenance_window.delete" };
        let entry = Entry::new(what, Category::Config).target("maintenance_window", id);
        let undo = self.offer_window(&mut change, actor, &window).await?;
        change.commit(entry.describe(format!("Removed: {}", window.name)).before(self.document(&window))).await?;
        Ok(undo)
    }

    /// Open alerts that the caller may know of and rules a window would cover, and when it would be active.
    pub(crate) async fn window_coverage(&self, caller: &Caller, window: Window) -> Result<Coverage> {
        let host = self.host_name();
        let alerts: Vec<OpenFiring> =
            self.firings_for(caller).await?.into_iter().filter(|f| covers_firing(&window, f, host.as_deref())).collect();
        let none = json!({});
        let covers_rule = |r: &crate::AlertRule| {
            let target = Target { rule_id: &r.id, group: &r.group, severity: r.severity, labels: &none, host: host.as_deref() };
            r.is_active() && (window.covers(target) || alerts.iter().any(|f| f.rule_id == r.id))
        };
        let rules = self.list_rules().await?.iter().filter(|r| covers_rule(r)).map(|r| (r.id.clone(), r.title().to_owned())).collect();
        let now = self.0.clock.now();
        let upcoming = Planned::new(window, self.zone()).between(now, now.plus_secs(366 * 86_400), 5);
        Ok(Coverage { alerts, rules, upcoming })
    }

    fn document(&self, window: &Window) -> Value {
        to_json(&mut Planned::new(window.clone(), self.zone()), self.0.clock.now())
    }

    async fn window_event(&self, tx: &mut Tx, actor: &Actor, window: &Window, verb: &str) -> Result<()> {
        let event = NewEvent::new(Source::Platform, "config_change", format!("Maintenance window {}: {verb}", window.name))
            .subject("maintenance_window", window.id, window.name.as_str())
            .data(json!({ "object": "maintenance_window", "id": window.id, "action": verb }))
            .actor(actor);
        self.0.events.publish(tx, event).await?;
        Ok(())
    }

    /// Whether alerts about `name` (`agent:web-1`, `service:nginx`, a bare name) are in maintenance; other parts ask.
    pub async fn in_maintenance(&self, name: &str) -> Result<bool> {
        let (kind, value) = name.split_once(':').unwrap_or(("host", name));
        let labels = json!({ kind: value });
        let host = self.host_name();
        let target = Target { rule_id: "", group: "", severity: argos_kernel::Severity::Info, labels: &labels, host: host.as_deref() };
        let active = self.active_windows(self.0.clock.now()).await?;
        Ok(active.iter().any(|(w, _)| !w.is_silence() && w.covers(target)))
    }
}

pub(crate) fn covers_firing(window: &Window, f: &OpenFiring, host: Option<&str>) -> bool {
    window.covers(Target { rule_id: &f.rule_id, group: &f.group, severity: f.severity, labels: &f.labels, host })
}

/// An alert a window or a silence keeps quiet now.
pub(crate) struct Quiet {
    pub(crate) firing_id: i64,
    /// silenced or maintenance
    pub(crate) why: &'static str,
    pub(crate) until: Timestamp,
}

pub(crate) async fn quiet_by(alerts: &Alerts) -> Result<Vec<Quiet>> {
    let now = alerts.0.clock.now();
    let (active, host) = (alerts.active_windows(now).await?, alerts.host_name());
    let mut out = Vec::new();
    for f in firings::all_open(&alerts.0.db).await? {
        let covering = active.iter().filter(|(w, _)| w.suppress_alerts && covers_firing(w, &f, host.as_deref()));
        if let Some((w, (_, until))) = covering.max_by_key(|(w, (_, until))| (!w.is_silence(), *until)) {
            out.push(Quiet { firing_id: f.id, why: if w.is_silence() { "silenced" } else { "maintenance" }, until: *until });
        }
    }
    Ok(out)
}

//! Maintenance windows and silences in the section `alerts` of the configuration document. A window is known by its uid,
//! so that a second import changes nothing; a document written by hand may leave it out and names the window by its name.
//! What is over already is not carried.

use argos_audit::{Mutation, SectionPlan};
use argos_kernel::{AppError, Result, Timestamp, Uid};
use serde_json::{Map, Value, json};

use crate::Alerts;
use crate::model::rule::Autonomy;
use crate::model::window::{SILENCE, Window};
use crate::model::window_fields::apply;
use crate::store::windows;

/// Members of a window in the document.
const MEMBERS: [&str; 18] = [
    "uid",
    "name",
    "origin",
    "schedule",
    "duration_min",
    "start",
    "end",
    "timezone",
    "scope",
    "matchers",
    "suppress_alerts",
    "suppress_shutdown",
    "override_autonomy",
    "auto_close_alerts",
    "heal_action",
    "reason",
    "enabled",
    "created_by",
];
const WINDOWS_MAX: usize = 2_000;

pub(super) fn document(w: &Window) -> Value {
    json!({
        "uid": w.uid, "name": w.name, "origin": w.origin, "schedule": w.schedule, "duration_min": w.duration_min,
        "start": w.start.map(Timestamp::rfc3339), "end": w.end.map(Timestamp::rfc3339), "timezone": w.timezone, "scope": w.scope,
        "matchers": w.matchers, "suppress_alerts": w.suppress_alerts, "suppress_shutdown": w.suppress_shutdown,
        "override_autonomy": w.override_autonomy.map(Autonomy::as_str), "auto_close_alerts": w.auto_close_alerts,
        "heal_action": w.heal_action, "reason": w.reason, "enabled": w.enabled, "created_by": w.created_by,
    })
}

pub(super) fn is_over(w: &Window, now: Timestamp) -> bool {
    w.schedule.is_none() && w.end.is_some_and(|end| end <= now)
}

fn called(w: &Window) -> String {
    format!("{} {}", if w.is_silence() { "silence" } else { "window" }, w.name)
}

impl Alerts {
    /// A window that was deleted, as it was; it is not there any more.
    pub(super) fn read_removed(&self, map: &Map<String, Value>) -> Result<Window> {
        let (window, _) = self.read_document(map, &[]).map_err(|text| AppError::bad_request(text).code("invalid_window"))?;
        Ok(window)
    }

    fn read_document(&self, map: &Map<String, Value>, existing: &[Window]) -> Result<(Window, Option<i64>), String> {
        let now = self.0.clock.now();
        let text = |key: &str| map.get(key).and_then(Value::as_str);
        if let Some(unknown) = map.keys().find(|k| !MEMBERS.contains(&k.as_str())) {
            return Err(format!("unknown member {unknown}"));
        }
        let uid = match text("uid") {
            Some(given) => Some(given.parse::<Uid>().map_err(|_| "Invalid uid".to_owned())?.to_string()),
            None => None,
        };
        let origin = text("origin").unwrap_or("import");
        if origin.is_empty() || origin.len() > 64 {
            return Err("Invalid origin".to_owned());
        }
        let same_name = |w: &&Window| Some(w.name.as_str()) == text("name") && w.is_silence() == (origin == SILENCE);
        let known = match &uid {
            Some(uid) => existing.iter().find(|w| w.uid == *uid),
            None => existing.iter().find(same_name),
        };
        let mut window = Window::new(origin, text("created_by").unwrap_or("import"), now);
        apply(&mut window, map, self.zone(), now)?;
        if window.is_silence() && window.scope.is_empty() && window.matchers.is_empty() {
            return Err("A silence needs a matcher or a scope".to_owned());
        }
        window.uid = uid.unwrap_or_else(|| known.map_or_else(|| Uid::mint(&*self.0.clock, &*self.0.rng).to_string(), |w| w.uid.clone()));
        if let Some(known) = known {
            (window.id, window.created_at) = (known.id, known.created_at);
        }
        Ok((window, known.map(|w| w.id)))
    }

    /// Writes the windows inside `change`. `replace`: those that the document does not name go.
    pub(super) async fn import_windows(&self, change: &mut Mutation, list: &[Value], replace: bool, plan: &mut SectionPlan) -> Result<()> {
        let now = self.0.clock.now();
        let existing = windows::list_in(change).await?;
        let mut wanted: Vec<(Window, Option<i64>)> = Vec::new();
        for (at, value) in list.iter().enumerate() {
            let read =
                value.as_object().ok_or_else(|| "it must be a mapping".to_owned()).and_then(|map| self.read_document(map, &existing));
            match read {
                Err(why) => plan.faults.push(format!("windows[{at}]: {why}")),
                Ok((window, _)) if wanted.iter().any(|(w, _)| w.uid == window.uid) => {
                    plan.faults.push(format!("windows[{at}]: {} is there twice", window.name));
                }
                Ok((window, _)) if is_over(&window, now) => {
                    plan.warnings.push(format!("{}: it is over already and left out", called(&window)));
                }
                Ok(read) => wanted.push(read),
            }
        }
        let stays = |w: &Window| !replace || is_over(w, now);
        let kept = existing.iter().filter(|w| stays(w) && wanted.iter().all(|(n, _)| n.uid != w.uid)).count();
        if kept + wanted.len() > WINDOWS_MAX {
            plan.faults.push(format!("windows: there may be {WINDOWS_MAX}"));
        }
        if !plan.faults.is_empty() {
            return Ok(());
        }
        let gone: Vec<&Window> = existing.iter().filter(|w| !stays(w) && wanted.iter().all(|(n, _)| n.uid != w.uid)).collect();
        for (mut window, id) in wanted {
            let before = existing.iter().find(|w| Some(w.id) == id);
            match before {
                Some(before) if document(before) == document(&window) => plan.unchanged += 1,
                Some(before) => {
                    window.updated_at = now;
                    windows::update(change, &window).await?;
                    self.end_now(change, before).await?;
                    plan.updates.push(called(&window));
                }
                None => {
                    windows::insert(change, &window).await?;
                    plan.creates.push(called(&window));
                }
            }
        }
        for window in gone {
            windows::delete(change, window.id).await?;
            self.end_now(change, window).await?;
            plan.removes.push(called(window));
        }
        Ok(())
    }

    /// What was active under the old terms ends here.
    async fn end_now(&self, change: &mut Mutation, window: &Window) -> Result<()> {
        if windows::end_period(change, window.id, self.0.clock.now()).await? {
            self.announce_period(change, window, "maintenance.ended", None).await?;
        }
        Ok(())
    }
}

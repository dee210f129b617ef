//! `/api/healing/maintenance*`: windows that hold healing back.

use argos_kernel::{AppError, Result, Timestamp};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::windows::{SavedView, StatusView, id_of};
use crate::Alerts;
use crate::model::window::{HEAL_ACTIONS, Planned};
use crate::model::window_fields::duration_s;

pub(super) fn declare(routes: Routes<Alerts>) -> Routes<Alerts> {
    routes
        .get("/api/healing/maintenance", "alerts.list_heal_windows", "Windows that hold healing back.", list_heal)
        .reply::<Vec<HealWindowView>>()
        .post("/api/healing/maintenance", "alerts.create_heal_window", "Hold healing of a target back for a while.", create_heal)
        .body::<HealBody>()
        .reply::<SavedView>()
        .delete("/api/healing/maintenance/{id}", "alerts.end_heal_window", "End a healing window.", delete_heal)
        .reply::<StatusView>()
}

#[derive(JsonSchema, Deserialize)]
struct HealBody {
    #[serde(default)]
    target: String,
    /// `2h30m`, `45m`, `90s`.
    #[serde(default)]
    duration: String,
    #[serde(default)]
    reason: String,
    /// suppress, suppress_all, queue or notify_only
    #[serde(default)]
    action: Option<String>,
    #[serde(default)]
    cron: Option<String>,
}

#[derive(JsonSchema, Serialize)]
struct HealWindowView {
    id: i64,
    target: String,
    cron_expr: Option<String>,
    duration_s: i64,
    reason: String,
    action: String,
    /// 1 or 0
    active: u8,
    created_by: String,
    created_at: i64,
    expires_at: Option<i64>,
    next_start: Option<i64>,
}

async fn list_heal(alerts: Alerts, req: Req) -> Result<Reply> {
    let now = req.cx().now();
    let mut all = alerts.windows().await?;
    all.retain(|p| p.window.heal_action.is_some() && p.window.enabled);
    let view = |p: &mut Planned| {
        let active = p.at(now).is_some();
        let w = &p.window;
        (active || w.schedule.is_some()).then(|| HealWindowView {
            id: w.id,
            target: if w.scope.is_empty() { "all".to_owned() } else { w.scope.join(",") },
            cron_expr: w.schedule.clone(),
            duration_s: match (w.start, w.end) {
                (Some(a), Some(b)) if w.schedule.is_none() => b.secs_since(a),
                _ => w.duration_min * 60,
            },
            reason: w.reason.clone(),
            action: w.heal_action.clone().unwrap_or_default(),
            active: u8::from(active),
            created_by: w.created_by.clone(),
            created_at: w.created_at.secs(),
            expires_at: w.end.filter(|_| w.schedule.is_none()).map(Timestamp::secs),
            next_start: p.next_start(now).map(Timestamp::secs),
        })
    };
    Ok(Reply::json(&all.iter_mut().filter_map(view).collect::<Vec<_>>()))
}

async fn create_heal(alerts: Alerts, mut req: Req) -> Result<Reply> {
    let body: HealBody = req.json().await?;
    let bad = |field: &str, text: &str| AppError::bad_request(text).code("invalid_field").with("field", field);
    if body.target.trim().is_empty() || body.duration.trim().is_empty() {
        return Err(bad("target", "target and duration are required"));
    }
    let seconds = duration_s(&body.duration).filter(|s| *s <= 366 * 86_400);
    let seconds = seconds.ok_or_else(|| bad("duration", "duration must look like 2h30m, 45m or 90s"))?;
    let action = body.action.unwrap_or_else(|| "suppress".to_owned());
    if !HEAL_ACTIONS.contains(&action.as_str()) {
        return Err(bad("action", "action must be suppress, suppress_all, queue or notify_only"));
    }
    let now = req.cx().now().secs();
    let minutes = (seconds + 59) / 60;
    let target = body.target.trim();
    let scope = if target.eq_ignore_ascii_case("all") { json!([]) } else { json!([target]) };
    let mut input = json!({ "name": format!("healing: {target}"), "scope": scope, "reason": body.reason, "heal_action": action, "suppress_alerts": false });
    let more = match body.cron.filter(|c| !c.trim().is_empty()) {
        Some(cron) => json!({ "schedule": cron, "duration_min": minutes }),
        None => json!({ "one_off_start": now, "one_off_end": now + seconds }),
    };
    if let (Value::Object(input), Value::Object(more)) = (&mut input, more) {
        input.extend(more);
    }
    let Value::Object(input) = input else { return Err(bad("target", "not an object")) };
    let actor = req.cx().actor();
    let window = alerts.read_window(&actor, "healing", &input)?;
    let id = alerts.create_window(&actor, window).await?;
    Ok(Reply::json(&SavedView { id, status: "created" }))
}

async fn delete_heal(alerts: Alerts, req: Req) -> Result<Reply> {
    alerts.delete_window(&req.cx().actor(), id_of(&req)?, |w| w.heal_action.is_some()).await?;
    Ok(Reply::json(&StatusView { status: "ended" }))
}

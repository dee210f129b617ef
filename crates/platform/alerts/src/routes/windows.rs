//! `/api/maintenance-windows*`, `/api/healing/maintenance*` and `/api/silences*`: three views of one table.

use argos_kernel::{AppError, Result, Timestamp};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::Alerts;
use crate::actions::windows::not_found;
use crate::model::matcher::Matcher;
use crate::model::window::{HEAL_ACTIONS, Planned, SILENCE, Window};
use crate::model::window_fields::{duration_s, to_json};

pub(super) fn declare(routes: Routes<Alerts>) -> Routes<Alerts> {
    let routes = routes
        .get("/api/maintenance-windows", "alerts.list_windows", "Maintenance windows, newest first.", list)
        .reply::<Vec<WindowView>>()
        .get("/api/maintenance-windows/active", "alerts.active_windows", "Maintenance windows that are active now.", active)
        .reply::<Vec<WindowView>>()
        .get("/api/maintenance-windows/calendar", "alerts.window_calendar", "Periods of all windows within a stretch of time.", calendar)
        .param("from", "Unix seconds, now when absent")
        .param("days", "1 to 92, 31 when absent")
        .reply::<Vec<PeriodView>>()
        .post("/api/maintenance-windows/preview", "alerts.preview_window", "What a window would cover, and when.", preview)
        .body::<WindowBody>()
        .reply::<CoverageView>()
        .post("/api/maintenance-windows", "alerts.create_window", "Plan maintenance, once or recurring.", create)
        .body::<WindowBody>()
        .reply::<SavedView>()
        .put("/api/maintenance-windows/{id}", "alerts.update_window", "Change some fields of a maintenance window.", update)
        .body::<WindowBody>()
        .reply::<StatusView>()
        .delete("/api/maintenance-windows/{id}", "alerts.delete_window", "Remove a maintenance window.", delete)
        .reply::<StatusView>();
    routes
        .get("/api/healing/maintenance", "alerts.list_heal_windows", "Windows that hold healing back.", list_heal)
        .reply::<Vec<HealWindowView>>()
        .post("/api/healing/maintenance", "alerts.create_heal_window", "Hold healing of a target back for a while.", create_heal)
        .body::<HealBody>()
        .reply::<SavedView>()
        .delete("/api/healing/maintenance/{id}", "alerts.end_heal_window", "End a healing window.", delete_heal)
        .reply::<StatusView>()
        .get("/api/silences", "alerts.list_silences", "Silences, newest first.", list_silences)
        .reply::<Vec<WindowView>>()
        .post("/api/silences", "alerts.create_silence", "Keep channels quiet about what the matchers cover.", create_silence)
        .body::<SilenceBody>()
        .reply::<SavedView>()
        .post("/api/silences/preview", "alerts.preview_silence", "What a silence would cover.", preview_silence)
        .body::<SilenceBody>()
        .reply::<CoverageView>()
        .delete("/api/silences/{id}", "alerts.delete_silence", "End a silence.", delete_silence)
        .reply::<StatusView>()
}

#[derive(JsonSchema, Serialize)]
struct WindowView {
    id: i64,
    uid: String,
    name: String,
    /// Cron expression; null = one-off.
    schedule: Option<String>,
    duration_min: i64,
    duration_minutes: i64,
    /// Unix seconds.
    one_off_start: Option<i64>,
    one_off_end: Option<i64>,
    start_ts: Option<i64>,
    end_ts: Option<i64>,
    /// IANA name; null = `system.timezone`.
    timezone: Option<String>,
    /// recurring or one_off
    #[serde(rename = "type")]
    kind: String,
    scope: Vec<String>,
    matchers: Vec<Matcher>,
    suppress_alerts: bool,
    suppress_shutdown: bool,
    override_autonomy: Option<String>,
    auto_close_alerts: bool,
    heal_action: Option<String>,
    reason: String,
    enabled: bool,
    created_by: String,
    origin: String,
    created_at: i64,
    active: bool,
    active_since: Option<i64>,
    active_until: Option<i64>,
    next_start: Option<i64>,
}

/// Members of a window; on a change all are optional.
#[derive(JsonSchema, Deserialize)]
#[expect(dead_code, reason = "documents the shape; bodies are read member by member")]
struct WindowBody {
    name: Option<String>,
    schedule: Option<String>,
    /// 1 to 43200.
    duration_min: Option<i64>,
    one_off_start: Option<i64>,
    one_off_end: Option<i64>,
    timezone: Option<String>,
    scope: Option<Vec<String>>,
    matchers: Option<Vec<Matcher>>,
    suppress_alerts: Option<bool>,
    suppress_shutdown: Option<bool>,
    override_autonomy: Option<String>,
    auto_close_alerts: Option<bool>,
    heal_action: Option<String>,
    reason: Option<String>,
    enabled: Option<bool>,
}

#[derive(JsonSchema, Deserialize)]
struct SilenceBody {
    #[serde(default)]
    matchers: Vec<Matcher>,
    #[serde(default)]
    scope: Vec<String>,
    /// `2h30m`, `45m`; or `ends_at`.
    #[serde(default)]
    duration: String,
    /// Unix seconds.
    #[serde(default)]
    ends_at: Option<i64>,
    #[serde(default)]
    reason: String,
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

#[derive(JsonSchema, Serialize)]
struct SavedView {
    id: i64,
    status: &'static str,
}

#[derive(JsonSchema, Serialize)]
struct StatusView {
    status: &'static str,
}

#[derive(JsonSchema, Serialize)]
struct PeriodView {
    window_id: i64,
    name: String,
    start: i64,
    end: i64,
    recurring: bool,
    suppress_alerts: bool,
}

#[derive(JsonSchema, Serialize)]
struct CoverageView {
    /// Open alerts it would keep quiet.
    alerts: Vec<CoveredAlert>,
    /// Rules that could not notify.
    rules: Vec<CoveredRule>,
    upcoming: Vec<Upcoming>,
}

#[derive(JsonSchema, Serialize)]
struct CoveredAlert {
    firing_id: i64,
    rule_id: String,
    severity: &'static str,
    message: String,
}

#[derive(JsonSchema, Serialize)]
struct CoveredRule {
    id: String,
    name: String,
}

#[derive(JsonSchema, Serialize)]
struct Upcoming {
    start: i64,
    end: i64,
}

async fn rows(alerts: &Alerts, now: Timestamp, wanted: impl Fn(&Window) -> bool, active: bool) -> Result<Reply> {
    let mut all = alerts.windows().await?;
    all.retain(|p| wanted(&p.window));
    let views: Vec<Value> = all.iter_mut().filter_map(|p| (!active || p.at(now).is_some()).then(|| to_json(p, now))).collect();
    Ok(Reply::json(&views).total_count(i64::try_from(views.len()).unwrap_or(i64::MAX)))
}

async fn list(alerts: Alerts, req: Req) -> Result<Reply> {
    rows(&alerts, req.cx().now(), |w| !w.is_silence(), false).await
}

async fn active(alerts: Alerts, req: Req) -> Result<Reply> {
    rows(&alerts, req.cx().now(), |w| !w.is_silence(), true).await
}

async fn list_silences(alerts: Alerts, req: Req) -> Result<Reply> {
    rows(&alerts, req.cx().now(), Window::is_silence, false).await
}

async fn calendar(alerts: Alerts, req: Req) -> Result<Reply> {
    const LATEST: i64 = 253_000_000_000;
    let q = req.query();
    let from = Timestamp::from_secs(q.int_clamped("from", req.cx().now().secs(), 0, LATEST)?);
    let to = from.plus_secs(q.int_clamped("days", 31, 1, 92)? * 86_400);
    let mut periods: Vec<PeriodView> = Vec::new();
    for p in alerts.windows().await?.iter().filter(|p| !p.window.is_silence()) {
        let w = &p.window;
        let view = |(start, end): (Timestamp, Timestamp)| PeriodView {
            window_id: w.id,
            name: w.name.clone(),
            start: start.secs(),
            end: end.secs(),
            recurring: w.schedule.is_some(),
            suppress_alerts: w.suppress_alerts,
        };
        // What would have been before the window was made was not.
        periods.extend(p.between(from, to, 200).into_iter().filter(|(_, end)| *end > w.created_at).map(view));
    }
    periods.sort_by_key(|p| (p.start, p.window_id));
    Ok(Reply::json(&periods))
}

fn coverage_view(c: crate::actions::windows::Coverage) -> Reply {
    let alert =
        |f: crate::OpenFiring| CoveredAlert { firing_id: f.id, rule_id: f.rule_id, severity: f.severity.ops_word(), message: f.message };
    Reply::json(&CoverageView {
        alerts: c.alerts.into_iter().map(alert).collect(),
        rules: c.rules.into_iter().map(|(id, name)| CoveredRule { id, name }).collect(),
        upcoming: c.upcoming.into_iter().map(|(a, b)| Upcoming { start: a.secs(), end: b.secs() }).collect(),
    })
}

async fn preview(alerts: Alerts, mut req: Req) -> Result<Reply> {
    let mut input: Map<String, Value> = req.json().await?;
    if input.get("name").is_none_or(|n| n.as_str().is_none_or(str::is_empty)) {
        input.insert("name".to_owned(), json!("preview"));
    }
    let window = alerts.read_window(&req.cx().actor(), "ops", &input)?;
    Ok(coverage_view(alerts.window_coverage(window).await?))
}

async fn create(alerts: Alerts, mut req: Req) -> Result<Reply> {
    let input: Map<String, Value> = req.json().await?;
    let actor = req.cx().actor();
    let window = alerts.read_window(&actor, "ops", &input)?;
    let id = alerts.create_window(&actor, window).await?;
    Ok(Reply::json(&SavedView { id, status: "ok" }))
}

/// An id of the path; one that is no number names nothing.
fn id_of(req: &Req) -> Result<i64> {
    req.param("id").parse().map_err(|_| not_found())
}

async fn update(alerts: Alerts, mut req: Req) -> Result<Reply> {
    let id = id_of(&req)?;
    let input: Map<String, Value> = req.json().await?;
    alerts.update_window(&req.cx().actor(), id, &input).await?;
    Ok(Reply::json(&StatusView { status: "ok" }))
}

async fn delete(alerts: Alerts, req: Req) -> Result<Reply> {
    alerts.delete_window(&req.cx().actor(), id_of(&req)?, |w| !w.is_silence()).await?;
    Ok(Reply::json(&StatusView { status: "ok" }))
}

/// A silence as a window of one period.
fn silence_of(alerts: &Alerts, req: &Req, body: &SilenceBody) -> Result<Window> {
    let now = req.cx().now();
    let bad = |text: &str| AppError::bad_request(text).code("invalid_field").with("field", "duration");
    let end = match (body.ends_at, duration_s(&body.duration)) {
        (Some(at), _) => at,
        (None, Some(seconds)) => now.secs().saturating_add(seconds),
        (None, None) => return Err(bad("duration must look like 2h30m, 45m or 90s")),
    };
    if end <= now.secs() || end - now.secs() > 366 * 86_400 {
        return Err(bad("a silence ends within a year from now"));
    }
    let said = body.matchers.iter().map(|m| format!("{} {}", m.label, m.value)).chain(body.scope.iter().cloned());
    let name: String = said.collect::<Vec<_>>().join(", ").chars().take(120).collect();
    let input = json!({
        "name": if name.is_empty() { "silence".to_owned() } else { name }, "one_off_start": now.secs(), "one_off_end": end,
        "matchers": body.matchers, "scope": body.scope, "reason": body.reason,
    });
    let Value::Object(input) = input else { return Err(bad("not an object")) };
    let mut window = alerts.read_window(&req.cx().actor(), SILENCE, &input)?;
    // It holds from this instant, not from the start of the second.
    window.start = Some(now);
    Ok(window)
}

async fn create_silence(alerts: Alerts, mut req: Req) -> Result<Reply> {
    let body: SilenceBody = req.json().await?;
    let window = silence_of(&alerts, &req, &body)?;
    let id = alerts.create_window(&req.cx().actor(), window).await?;
    Ok(Reply::json(&SavedView { id, status: "ok" }))
}

async fn preview_silence(alerts: Alerts, mut req: Req) -> Result<Reply> {
    let body: SilenceBody = req.json().await?;
    let window = silence_of(&alerts, &req, &body)?;
    Ok(coverage_view(alerts.window_coverage(window).await?))
}

async fn delete_silence(alerts: Alerts, req: Req) -> Result<Reply> {
    alerts.delete_window(&req.cx().actor(), id_of(&req)?, Window::is_silence).await?;
    Ok(Reply::json(&StatusView { status: "ok" }))
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

//! `/api/maintenance-windows*`: the full view of maintenance, and what the other views of the table share with it.

use argos_kernel::{Result, Timestamp};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::Alerts;
use crate::actions::windows::{MaintenancePeriod, not_found};
use crate::model::matcher::Matcher;
use crate::model::window::Window;
use crate::model::window_fields::to_json;

pub(super) fn declare(routes: Routes<Alerts>) -> Routes<Alerts> {
    routes
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
        .reply::<DeletedView>()
}

#[derive(JsonSchema, Serialize)]
pub(super) struct WindowView {
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

#[derive(JsonSchema, Serialize)]
pub(super) struct SavedView {
    pub(super) id: i64,
    pub(super) status: &'static str,
}

#[derive(JsonSchema, Serialize)]
pub(super) struct StatusView {
    pub(super) status: &'static str,
}

/// What was deleted, and how it comes back.
#[derive(JsonSchema, Serialize)]
pub(super) struct DeletedView {
    pub(super) status: &'static str,
    /// For `/api/ui/undo/{token}` within a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) undo: Option<String>,
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

impl From<MaintenancePeriod> for PeriodView {
    fn from(p: MaintenancePeriod) -> Self {
        Self {
            window_id: p.window_id,
            name: p.name,
            start: p.start.secs(),
            end: p.end.secs(),
            recurring: p.recurring,
            suppress_alerts: p.suppress_alerts,
        }
    }
}

#[derive(JsonSchema, Serialize)]
pub(super) struct CoverageView {
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

pub(super) async fn rows(alerts: &Alerts, now: Timestamp, wanted: impl Fn(&Window) -> bool, active: bool) -> Result<Reply> {
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

async fn calendar(alerts: Alerts, req: Req) -> Result<Reply> {
    const LATEST: i64 = 253_000_000_000;
    let q = req.query();
    let from = Timestamp::from_secs(q.int_clamped("from", req.cx().now().secs(), 0, LATEST)?);
    let to = from.plus_secs(q.int_clamped("days", 31, 1, 92)? * 86_400);
    let periods: Vec<PeriodView> = alerts.maintenance_between(from, to).await?.into_iter().map(PeriodView::from).collect();
    Ok(Reply::json(&periods))
}

pub(super) fn coverage_view(c: crate::actions::windows::Coverage) -> Reply {
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
    Ok(coverage_view(alerts.window_coverage(&req.cx().caller, window).await?))
}

async fn create(alerts: Alerts, mut req: Req) -> Result<Reply> {
    let input: Map<String, Value> = req.json().await?;
    let actor = req.cx().actor();
    let window = alerts.read_window(&actor, "ops", &input)?;
    let id = alerts.create_window(&actor, window).await?;
    Ok(Reply::json(&SavedView { id, status: "ok" }))
}

/// An id of the path; one that is no number names nothing.
pub(super) fn id_of(req: &Req) -> Result<i64> {
    req.param("id").parse().map_err(|_| not_found())
}

async fn update(alerts: Alerts, mut req: Req) -> Result<Reply> {
    let id = id_of(&req)?;
    let input: Map<String, Value> = req.json().await?;
    alerts.update_window(&req.cx().actor(), id, &input).await?;
    Ok(Reply::json(&StatusView { status: "ok" }))
}

async fn delete(alerts: Alerts, req: Req) -> Result<Reply> {
    let undo = alerts.delete_window(&req.cx().actor(), id_of(&req)?, |w| !w.is_silence()).await?;
    Ok(Reply::json(&DeletedView { status: "ok", undo }))
}

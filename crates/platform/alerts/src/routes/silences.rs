//! `/api/silences*`: windows of one period over matchers, with what they would cover.

use argos_kernel::{AppError, Result};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::windows::{CoverageView, DeletedView, SavedView, WindowView, coverage_view, id_of, rows};
use crate::Alerts;
use crate::model::matcher::Matcher;
use crate::model::window::{SILENCE, Window};
use crate::model::window_fields::duration_s;

pub(super) fn declare(routes: Routes<Alerts>) -> Routes<Alerts> {
    routes
        .get("/api/silences", "alerts.list_silences", "Silences, newest first.", list_silences)
        .reply::<Vec<WindowView>>()
        .post("/api/silences", "alerts.create_silence", "Keep channels quiet about what the matchers cover.", create_silence)
        .body::<SilenceBody>()
        .reply::<SavedView>()
        .post("/api/silences/preview", "alerts.preview_silence", "What a silence would cover.", preview_silence)
        .body::<SilenceBody>()
        .reply::<CoverageView>()
        .delete("/api/silences/{id}", "alerts.delete_silence", "End a silence.", delete_silence)
        .reply::<DeletedView>()
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

async fn list_silences(alerts: Alerts, req: Req) -> Result<Reply> {
    rows(&alerts, req.cx().now(), Window::is_silence, false).await
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
    Ok(coverage_view(alerts.window_coverage(&req.cx().caller, window).await?))
}

async fn delete_silence(alerts: Alerts, req: Req) -> Result<Reply> {
    let undo = alerts.delete_window(&req.cx().actor(), id_of(&req)?, Window::is_silence).await?;
    Ok(Reply::json(&DeletedView { status: "ok", undo }))
}

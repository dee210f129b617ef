//! Cron expressions for people: common ones, and whether one holds.

use std::sync::Arc;

use argos_kernel::{Result, Timestamp};
use argos_web::{Reply, Req, Routes};
use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::Serialize;

use super::routes::Service;
use crate::cron::Cron;

/// Slots shown ahead.
const AHEAD: usize = 5;

pub(super) fn declare(routes: Routes<Arc<Service>>) -> Routes<Arc<Service>> {
    routes
        .get("/api/v1/schedules/presets", "test_schedules.presets", "Common expressions.", presets)
        .reply::<PresetsView>()
        .post("/api/v1/schedules/validate-cron", "test_schedules.validate_cron", "Whether an expression holds, and when it runs.", validate)
        .param("cron_expression", "the expression")
        .param("timezone", "IANA name, default UTC")
        .reply::<CronView>()
}

#[derive(Serialize, JsonSchema)]
struct Preset {
    name: &'static str,
    cron: &'static str,
    description: &'static str,
}

#[derive(Serialize, JsonSchema)]
struct PresetsView {
    presets: Vec<Preset>,
}

#[derive(Serialize, JsonSchema)]
struct CronView {
    valid: bool,
    error: Option<String>,
    readable: Option<String>,
    next_runs: Vec<String>,
}

async fn presets(_: Arc<Service>, _: Req) -> Result<Reply> {
    let preset = |(name, cron, description)| Preset { name, cron, description };
    let all = [
        ("Every 15 minutes", "*/15 * * * *", "Four times an hour"),
        ("Hourly", "0 * * * *", "At the start of every hour"),
        ("Every 6 hours", "0 */6 * * *", "Four times a day"),
        ("Daily at midnight", "0 0 * * *", "Once a day, at 00:00"),
        ("Daily at 9 AM", "0 9 * * *", "Once a day, at 09:00"),
        ("Weekdays at 9 AM", "0 9 * * 1-5", "Monday to Friday, at 09:00"),
        ("Weekly on Monday", "0 0 * * 1", "Once a week, Monday at 00:00"),
        ("Monthly", "0 0 1 * *", "On the first day of the month, at 00:00"),
    ];
    Ok(Reply::json(&PresetsView { presets: all.map(preset).into() }))
}

async fn validate(_: Arc<Service>, req: Req) -> Result<Reply> {
    let (q, now) = (req.query(), req.cx().now());
    let (text, name) = (q.text("cron_expression").unwrap_or_default(), q.filled("timezone").unwrap_or("UTC"));
    let refused = |error: String| CronView { valid: false, error: Some(error), readable: None, next_runs: Vec::new() };
    let answer = match (name.parse::<Tz>(), text.parse::<Cron>()) {
        (Err(_), _) => refused(format!("Unknown timezone: {name}")),
        (_, Err(error)) => refused(error.to_string()),
        (Ok(zone), Ok(cron)) => match cron.check(zone, now) {
            Err(error) => refused(error.to_string()),
            Ok(()) => CronView {
                valid: true,
                error: None,
                readable: Some(crate::cron::readable(text, name)),
                next_runs: cron.upcoming(zone, now, AHEAD).into_iter().map(Timestamp::rfc3339).collect(),
            },
        },
    };
    Ok(Reply::json(&answer))
}

//! `/api/maintenance*`: windows about power devices, once or weekly. Times are RFC 3339.

use argos_kernel::{AppError, FieldError, Result, Timestamp};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::Alerts;
use crate::actions::windows::not_found;
use crate::model::window::{Planned, Window};

const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

pub(super) fn declare(routes: Routes<Alerts>) -> Routes<Alerts> {
    routes
        .get("/api/maintenance", "alerts.list_power_windows", "Windows that concern power devices, newest first.", list)
        .reply::<Vec<PowerWindowView>>()
        .post("/api/maintenance", "alerts.create_power_window", "Plan maintenance of power devices, once or weekly.", create)
        .body::<PowerWindowBody>()
        .created::<PowerWindowView>()
        .delete("/api/maintenance/{id}", "alerts.delete_power_window", "Remove a window of power devices.", delete)
}

/// A rule of the week.
#[derive(Clone, Debug, JsonSchema, Serialize, Deserialize, PartialEq)]
struct Weekly {
    /// sun, mon, tue, wed, thu, fri, sat
    days: Vec<String>,
    /// `HH:MM` in the zone of the window.
    start: String,
    /// 1 to 43200.
    duration_minutes: i64,
}

#[derive(JsonSchema, Serialize)]
struct PowerWindowView {
    id: i64,
    name: String,
    device_ids: Vec<String>,
    tags: Vec<String>,
    /// Null for a weekly window.
    starts_at: Option<String>,
    ends_at: Option<String>,
    /// Null for a window that is once, or follows another rule than the week.
    weekly: Option<Weekly>,
    /// The expression it follows; null = once.
    schedule: Option<String>,
    /// IANA name; null = the zone of the instance.
    timezone: Option<String>,
    /// alerts, shutdown, both or none
    suppress: &'static str,
    reason: String,
    enabled: bool,
    active: bool,
    next_start: Option<String>,
}

/// A window; without devices and tags it covers all. Either both times or a weekly rule.
#[derive(JsonSchema, Deserialize)]
struct PowerWindowBody {
    name: String,
    #[serde(default)]
    device_ids: Vec<String>,
    #[serde(default)]
    tags: Vec<String>,
    starts_at: Option<String>,
    ends_at: Option<String>,
    weekly: Option<Weekly>,
    timezone: Option<String>,
    /// alerts (default), shutdown or both
    suppress: Option<String>,
    #[serde(default)]
    reason: String,
}

/// Windows over everything count: they cover the devices too.
fn concerns_power(w: &Window) -> bool {
    !w.is_silence() && w.matchers.is_empty() && w.scope.iter().all(|s| s.starts_with("device:") || s.starts_with("tag:"))
}

fn scoped(w: &Window, kind: &str) -> Vec<String> {
    w.scope.iter().filter_map(|s| s.strip_prefix(kind).map(str::to_owned)).collect()
}

/// The weekly rule an expression stands for.
fn weekly_of(schedule: &str, duration_minutes: i64) -> Option<Weekly> {
    let parts: Vec<&str> = schedule.split_whitespace().collect();
    let [minute, hour, "*", "*", days] = parts[..] else { return None };
    let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
    let names = days.split(',').map(|d| DAYS.get(d.parse::<usize>().ok()? % 7).map(|n| (*n).to_owned())).collect::<Option<Vec<_>>>()?;
    Some(Weekly { days: names, start: format!("{hour:02}:{minute:02}"), duration_minutes })
}

/// The expression of a weekly rule; the member at fault otherwise.
fn schedule_of(weekly: &Weekly) -> Result<String, (&'static str, &'static str)> {
    let clock = weekly.start.split_once(':').and_then(|(h, m)| Some((h.parse::<u32>().ok()?, m.parse::<u32>().ok()?)));
    let (hour, minute) = clock.filter(|(h, m)| *h < 24 && *m < 60).ok_or(("weekly.start", "must be HH:MM"))?;
    let number = |d: &String| DAYS.iter().position(|n| n.eq_ignore_ascii_case(d));
    let mut days = weekly.days.iter().map(number).collect::<Option<Vec<_>>>().ok_or(("weekly.days", "must be sun, mon ... sat"))?;
    days.sort_unstable();
    days.dedup();
    if days.is_empty() {
        return Err(("weekly.days", "must name a day"));
    }
    let days: Vec<String> = days.iter().map(usize::to_string).collect();
    Ok(format!("{minute} {hour} * * {}", days.join(",")))
}

fn view(mut p: Planned, now: Timestamp) -> PowerWindowView {
    let (active, next) = (p.at(now).is_some(), p.next_start(now));
    let w = p.window;
    let once = |t: Option<Timestamp>| t.filter(|_| w.schedule.is_none()).map(Timestamp::rfc3339);
    PowerWindowView {
        id: w.id,
        device_ids: scoped(&w, "device:"),
        tags: scoped(&w, "tag:"),
        starts_at: once(w.start),
        ends_at: once(w.end),
        weekly: w.schedule.as_deref().and_then(|s| weekly_of(s, w.duration_min)),
        suppress: match (w.suppress_alerts, w.suppress_shutdown) {
            (true, true) => "both",
            (true, false) => "alerts",
            (false, true) => "shutdown",
            (false, false) => "none",
        },
        next_start: next.map(Timestamp::rfc3339),
        name: w.name,
        schedule: w.schedule,
        timezone: w.timezone,
        reason: w.reason,
        enabled: w.enabled,
        active,
    }
}

async fn list(alerts: Alerts, req: Req) -> Result<Reply> {
    let now = req.cx().now();
    let all = alerts.windows().await?.into_iter().filter(|p| concerns_power(&p.window));
    Ok(Reply::json(&all.map(|p| view(p, now)).collect::<Vec<_>>()))
}

fn fault(field: &str, text: &str) -> AppError {
    AppError::invalid(vec![FieldError::new(field, text)])
}

/// The members of the full view.
fn translated(body: &PowerWindowBody) -> Result<Map<String, Value>> {
    let (alerts, shutdown) = match body.suppress.as_deref().unwrap_or("alerts") {
        "alerts" => (true, false),
        "shutdown" => (false, true),
        "both" => (true, true),
        _ => return Err(fault("suppress", "must be alerts, shutdown or both")),
    };
    let scope: Vec<String> =
        body.device_ids.iter().map(|d| format!("device:{d}")).chain(body.tags.iter().map(|t| format!("tag:{t}"))).collect();
    let mut out = json!({
        "name": body.name, "scope": scope, "suppress_alerts": alerts, "suppress_shutdown": shutdown, "timezone": body.timezone,
        "reason": body.reason,
    });
    let time = |field: &str, text: &Option<String>| match text.as_deref().map(Timestamp::parse_rfc3339) {
        Some(Some(t)) => Ok(t.secs()),
        Some(None) => Err(fault(field, "must be an RFC 3339 time")),
        None => Err(fault(field, "is required without a weekly rule")),
    };
    let more = match &body.weekly {
        Some(weekly) => {
            let schedule = schedule_of(weekly).map_err(|(field, text)| fault(field, text))?;
            json!({ "schedule": schedule, "duration_min": weekly.duration_minutes })
        }
        None => json!({ "one_off_start": time("starts_at", &body.starts_at)?, "one_off_end": time("ends_at", &body.ends_at)? }),
    };
    if let (Value::Object(out), Value::Object(more)) = (&mut out, more) {
        out.extend(more);
    }
    match out {
        Value::Object(out) => Ok(out),
        _ => Err(fault("name", "not an object")),
    }
}

async fn create(alerts: Alerts, mut req: Req) -> Result<Reply> {
    let body: PowerWindowBody = req.json().await?;
    let (actor, input) = (req.cx().actor(), translated(&body)?);
    let window = alerts.read_window(&actor, "power", &input).map_err(|e| fault("window", e.message()))?;
    let id = alerts.create_window(&actor, window).await?;
    let made = alerts.windows().await?.into_iter().find(|p| p.window.id == id).ok_or_else(not_found)?;
    Ok(Reply::created(&view(made, req.cx().now())))
}

async fn delete(alerts: Alerts, req: Req) -> Result<Reply> {
    let id = req.param("id").parse().map_err(|_| not_found())?;
    alerts.delete_window(&req.cx().actor(), id, concerns_power).await?;
    Ok(Reply::no_content())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn weekly_rule_names_its_fault() {
        let rule = |days: &[&str], start: &str| Weekly {
            days: days.iter().map(|d| (*d).to_owned()).collect(),
            start: start.to_owned(),
            duration_minutes: 60,
        };
        assert_eq!(schedule_of(&rule(&["Sat", "mon"], "03:30")).unwrap(), "30 3 * * 1,6");
        assert_eq!(schedule_of(&rule(&[], "03:30")).unwrap_err().0, "weekly.days");
        assert_eq!(schedule_of(&rule(&["noday"], "03:30")).unwrap_err().0, "weekly.days");
        assert_eq!(schedule_of(&rule(&["mon"], "24:00")).unwrap_err().0, "weekly.start");
        assert_eq!(weekly_of("*/5 * * * *", 60), None);
        assert_eq!(weekly_of("0 3 1 * 2", 60), None);
    }

    proptest! {
        #[test]
        fn weekly_rule_comes_back_as_it_was_given(days in prop::collection::btree_set(0_usize..7, 1..7), h in 0_u32..24, m in 0_u32..60, len in 1_i64..43_200) {
            let weekly = Weekly { days: days.iter().map(|d| DAYS[*d].to_owned()).collect(), start: format!("{h:02}:{m:02}"), duration_minutes: len };
            let text = schedule_of(&weekly).unwrap();
            prop_assert!(text.parse::<argos_jobs::Cron>().is_ok());
            prop_assert_eq!(weekly_of(&text, len), Some(weekly));
        }

        #[test]
        fn any_text_is_refused_or_read(days in prop::collection::vec(".{0,4}", 0..3), start in ".{0,6}", schedule in ".{0,20}") {
            drop(schedule_of(&Weekly { days, start, duration_minutes: 1 }));
            drop(weekly_of(&schedule, 1));
        }
    }
}

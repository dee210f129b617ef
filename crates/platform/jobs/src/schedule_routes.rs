//! The one list of schedules: look, change, pause, resume, run now. A schedule that a setting defines is changed there.

use std::sync::Arc;

use argos_audit::{Audit, Category, Entry};
use argos_kernel::{AppError, Result, Role, Timestamp};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::schedule::{Misfire, Overlap, Schedule, ScheduleSpec};
use crate::scheduler::Schedules;

/// Slots shown ahead.
const AHEAD: usize = 5;

struct Service {
    schedules: Schedules,
    audit: Audit,
}

/// The routes of the clockwork.
pub fn schedule_routes(schedules: Schedules, audit: Audit) -> Routes {
    Routes::new(Arc::new(Service { schedules, audit }))
        .get("/api/schedules", "schedules.list", "Everything that runs by the clock.", list)
        .reply::<SchedulesView>()
        .param("kind", "exact job kind")
        .get("/api/schedules/{id}", "schedules.get", "One schedule.", get)
        .reply::<ScheduleView>()
        .patch("/api/schedules/{id}", "schedules.patch", "Change when and how it runs.", patch)
        .body::<PatchSchedule>()
        .reply::<ScheduleView>()
        .post("/api/schedules/{id}/pause", "schedules.pause", "Stop it until it is resumed.", pause)
        .reply::<ScheduleView>()
        .post("/api/schedules/{id}/resume", "schedules.resume", "Plan it again from now.", resume)
        .reply::<ScheduleView>()
        .post("/api/schedules/{id}/trigger", "schedules.trigger", "Run it now; works while it is paused.", trigger)
        .reply::<Triggered>()
        .done()
}

#[derive(Serialize, JsonSchema)]
struct SchedulesView {
    items: Vec<ScheduleView>,
    /// The zone of schedules without one of their own.
    timezone: String,
}

#[derive(Serialize, JsonSchema)]
struct ScheduleView {
    id: i64,
    uid: String,
    name: String,
    /// Kind of the job a slot queues.
    kind: String,
    cron: String,
    /// Null = the zone of the instance.
    timezone: Option<String>,
    enabled: bool,
    next_run_at: Option<String>,
    last_run_at: Option<String>,
    /// State of the last run, or `skipped`; null before the first.
    last_state: Option<String>,
    overlap: Overlap,
    misfire: Misfire,
    grace_s: i64,
    jitter_s: i64,
    until: Option<String>,
    /// The setting that defines it; null when it is changed here.
    managed_by: Option<&'static str>,
    /// The next slots, clock changes counted in.
    upcoming: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
struct Triggered {
    job_id: i64,
}

/// Members that change; absent ones stay.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
struct PatchSchedule {
    cron: Option<String>,
    /// IANA name; empty = the zone of the instance.
    timezone: Option<String>,
    enabled: Option<bool>,
    overlap: Option<Overlap>,
    misfire: Option<Misfire>,
    grace_s: Option<i64>,
    jitter_s: Option<i64>,
}

fn view(service: &Service, s: Schedule) -> ScheduleView {
    let time = |t: Option<Timestamp>| t.map(Timestamp::rfc3339);
    ScheduleView {
        upcoming: service.schedules.upcoming(&s.spec, AHEAD).into_iter().map(Timestamp::rfc3339).collect(),
        managed_by: service.schedules.managed_by(&s.spec.job_kind),
        id: s.id,
        uid: s.uid.to_string(),
        name: s.spec.name,
        kind: s.spec.job_kind,
        cron: s.spec.cron,
        timezone: s.spec.timezone,
        enabled: s.spec.enabled,
        next_run_at: time(s.next_run_at),
        last_run_at: time(s.last_run_at),
        last_state: s.last_state,
        overlap: s.spec.overlap,
        misfire: s.spec.misfire,
        grace_s: s.spec.grace_s,
        jitter_s: s.spec.jitter_s,
        until: time(s.spec.until),
    }
}

/// Schedules of organizations are shown by the quality views; here only to the owner.
fn is_visible(req: &Req, s: &Schedule) -> bool {
    s.spec.organization_id.is_none() || req.cx().caller.role == Some(Role::Owner)
}

async fn list(service: Arc<Service>, req: Req) -> Result<Reply> {
    let all = service.schedules.list(req.query().filled("kind")).await?;
    let items = all.into_iter().filter(|s| is_visible(&req, s)).map(|s| view(&service, s)).collect();
    Ok(Reply::json(&SchedulesView { items, timezone: service.schedules.zone().name().to_owned() }))
}

async fn find(service: &Service, req: &Req) -> Result<Schedule> {
    let absent = || AppError::not_found("Schedule not found");
    let id = req.param("id").parse().map_err(|_| absent())?;
    service.schedules.find(id).await?.filter(|s| is_visible(req, s)).ok_or_else(absent)
}

async fn get(service: Arc<Service>, req: Req) -> Result<Reply> {
    let schedule = find(&service, &req).await?;
    Ok(Reply::json(&view(&service, schedule)))
}

async fn patch(service: Arc<Service>, mut req: Req) -> Result<Reply> {
    let schedule = find(&service, &req).await?;
    let body: PatchSchedule = req.json().await?;
    let old = schedule.spec.clone();
    let spec = ScheduleSpec {
        cron: body.cron.unwrap_or(old.cron),
        timezone: body.timezone.map_or(old.timezone, |z| Some(z).filter(|z| !z.is_empty())),
        enabled: body.enabled.unwrap_or(old.enabled),
        overlap: body.overlap.unwrap_or(old.overlap),
        misfire: body.misfire.unwrap_or(old.misfire),
        grace_s: body.grace_s.unwrap_or(old.grace_s),
        jitter_s: body.jitter_s.unwrap_or(old.jitter_s),
        ..schedule.spec.clone()
    };
    change(&service, &req, &schedule, spec, "schedule.update").await
}

async fn pause(service: Arc<Service>, req: Req) -> Result<Reply> {
    let schedule = find(&service, &req).await?;
    let spec = ScheduleSpec { enabled: false, ..schedule.spec.clone() };
    change(&service, &req, &schedule, spec, "schedule.pause").await
}

async fn resume(service: Arc<Service>, req: Req) -> Result<Reply> {
    let schedule = find(&service, &req).await?;
    let spec = ScheduleSpec { enabled: true, ..schedule.spec.clone() };
    change(&service, &req, &schedule, spec, "schedule.resume").await
}

async fn change(service: &Service, req: &Req, schedule: &Schedule, spec: ScheduleSpec, action: &'static str) -> Result<Reply> {
    if let Some(setting) = service.schedules.managed_by(&schedule.spec.job_kind) {
        let text = format!("This schedule is set by {setting}; change it there");
        return Err(AppError::conflict(text).code("schedule_managed").with("setting", setting));
    }
    let shown = |s: &ScheduleSpec| json!({ "cron": s.cron, "timezone": s.timezone, "enabled": s.enabled, "overlap": s.overlap, "misfire": s.misfire, "grace_s": s.grace_s, "jitter_s": s.jitter_s });
    let mut tx = service.audit.begin(&req.cx().actor()).await?;
    service.schedules.replace(&mut tx, schedule.id, &spec).await?;
    let entry = Entry::new(action, Category::Config).target("schedule", schedule.id).describe(format!("Schedule {} changed", spec.name));
    tx.commit(entry.before(shown(&schedule.spec)).after(shown(&spec))).await?;
    let now = service.schedules.find(schedule.id).await?.ok_or_else(|| AppError::not_found("Schedule not found"))?;
    Ok(Reply::json(&view(service, now)))
}

async fn trigger(service: Arc<Service>, req: Req) -> Result<Reply> {
    let schedule = find(&service, &req).await?;
    let actor = req.cx().actor();
    let mut tx = service.audit.begin(&actor).await?;
    let job_id = service.schedules.trigger(&mut tx, schedule.id, &actor).await?;
    let text = format!("Schedule {} run by hand", schedule.spec.name);
    tx.commit(Entry::new("schedule.trigger", Category::Action).target("schedule", schedule.id).describe(text)).await?;
    Ok(Reply::json(&Triggered { job_id }))
}

//! The one list of schedules: look, change, pause, resume, run now. A schedule that a setting defines is changed there.

use std::sync::Arc;

use argos_audit::{Audit, Category, Entry};
use argos_kernel::{AppError, Result, Role, Timestamp};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::hold::HoldPolicy;
use crate::schedule::{Misfire, Overlap, Schedule, ScheduleSpec};
use crate::schedule_preview::{PreviewView, preview};
use crate::schedule_view::{KindView, ScheduleView, SchedulesView, is_offered, view};
use crate::scheduler::Schedules;
use crate::undo;

pub(crate) const NAME_MAX: usize = 100;

pub(crate) struct Service {
    pub(crate) schedules: Schedules,
    pub(crate) audit: Audit,
}

/// The routes of the clockwork.
pub fn schedule_routes(schedules: Schedules, audit: Audit) -> Routes {
    let service = Arc::new(Service { schedules, audit });
    undo::register(&service);
    Routes::new(service)
        .get("/api/schedules", "schedules.list", "Everything that runs by the clock.", list)
        .reply::<SchedulesView>()
        .param("kind", "exact job kind")
        .post("/api/schedules", "schedules.create", "Run one of the offered kinds by the clock.", create)
        .body::<NewSchedule>()
        .created::<ScheduleView>()
        .get("/api/schedules/kinds", "schedules.kinds", "What can be put on a schedule.", kinds)
        .reply::<Vec<KindView>>()
        .get("/api/schedules/preview", "schedules.preview", "When an expression would run, clock changes marked.", show_preview)
        .param("cron", "the expression")
        .param("timezone", "IANA name; absent = the zone of the instance")
        .param("count", "1-50, default 5")
        .reply::<PreviewView>()
        .get("/api/schedules/{id}", "schedules.get", "One schedule.", get)
        .reply::<ScheduleView>()
        .patch("/api/schedules/{id}", "schedules.patch", "Change when and how it runs.", patch)
        .body::<PatchSchedule>()
        .reply::<ScheduleView>()
        .delete("/api/schedules/{id}", "schedules.delete", "Remove a schedule; its jobs stay.", remove)
        .put("/api/schedules/{id}/approval", "schedules.set_approval", "Let its runs wait until somebody decided.", set_approval)
        .body::<HoldPolicy>()
        .reply::<ScheduleView>()
        .delete("/api/schedules/{id}/approval", "schedules.remove_approval", "Let its runs start by themselves.", remove_approval)
        .reply::<ScheduleView>()
        .post("/api/schedules/{id}/pause", "schedules.pause", "Stop it until it is resumed.", pause)
        .reply::<ScheduleView>()
        .post("/api/schedules/{id}/resume", "schedules.resume", "Plan it again from now.", resume)
        .reply::<ScheduleView>()
        .post("/api/schedules/{id}/trigger", "schedules.trigger", "Run it now; works while it is paused.", trigger)
        .reply::<Triggered>()
        .done()
}

/// A new schedule; absent members have their documented defaults.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewSchedule {
    /// 1-100 characters.
    name: String,
    /// One of the offered kinds.
    kind: String,
    #[serde(default)]
    payload: Option<Value>,
    cron: String,
    timezone: Option<String>,
    #[serde(default = "yes")]
    enabled: bool,
    #[serde(default)]
    overlap: Overlap,
    #[serde(default)]
    misfire: Misfire,
    grace_s: Option<i64>,
    jitter_s: Option<i64>,
    /// RFC 3339; no slot after this time.
    until: Option<String>,
    approval: Option<HoldPolicy>,
}

const fn yes() -> bool {
    true
}

#[derive(Serialize, JsonSchema)]
struct Triggered {
    job_id: i64,
}

/// Members that change; absent ones stay.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
struct PatchSchedule {
    /// 1-100 characters.
    name: Option<String>,
    cron: Option<String>,
    /// IANA name; empty = the zone of the instance.
    timezone: Option<String>,
    enabled: Option<bool>,
    overlap: Option<Overlap>,
    misfire: Option<Misfire>,
    grace_s: Option<i64>,
    jitter_s: Option<i64>,
    /// RFC 3339; empty = without an end.
    until: Option<String>,
}

fn bad(field: &str, text: String) -> AppError {
    AppError::bad_request(text).code("invalid_schedule").with("field", field)
}

fn name_of(text: &str) -> Result<String> {
    let name = text.trim();
    if name.is_empty() || name.chars().count() > NAME_MAX {
        return Err(bad("name", format!("name must be 1 to {NAME_MAX} characters")));
    }
    Ok(name.to_owned())
}

/// The end a client names; empty = none.
fn until_of(text: &str) -> Result<Option<Timestamp>> {
    if text.is_empty() {
        return Ok(None);
    }
    Timestamp::parse_rfc3339(text).map(Some).ok_or_else(|| bad("until", "until must be an RFC 3339 time".to_owned()))
}

/// Those of an organization are for its members who see tests there, and for the owner of the instance.
fn is_visible(req: &Req, s: &Schedule) -> bool {
    holds(req, s, "test:read")
}

/// Whether the caller holds a permission where the schedule belongs; what is the instance's asks only for that of the route.
fn holds(req: &Req, s: &Schedule, permission: &str) -> bool {
    let (Some(organization), caller) = (s.spec.organization_id, &req.cx().caller) else { return true };
    let member = caller.memberships.iter().find(|m| m.organization_id == organization);
    caller.role == Some(Role::Owner) || member.is_some_and(|m| m.grants.has(permission))
}

fn require(req: &Req, s: &Schedule, permission: &str) -> Result<()> {
    if holds(req, s, permission) {
        return Ok(());
    }
    Err(AppError::forbidden(format!("Permission denied: {permission}")).code("permission_denied").with("permission", permission))
}

/// An audit row about a schedule, shown to its organization too.
fn entry(action: &'static str, category: Category, s: &Schedule) -> Entry {
    let entry = Entry::new(action, category).target("schedule", s.id);
    match s.spec.organization_id {
        Some(organization) => entry.organization(organization),
        None => entry,
    }
}

async fn list(service: Arc<Service>, req: Req) -> Result<Reply> {
    let all = service.schedules.list(req.query().filled("kind")).await?;
    let items = all.into_iter().filter(|s| is_visible(&req, s)).map(|s| view(&service.schedules, s)).collect();
    Ok(Reply::json(&SchedulesView { items, timezone: service.schedules.zone().name().to_owned() }))
}

async fn find(service: &Service, req: &Req) -> Result<Schedule> {
    let absent = || AppError::not_found("Schedule not found");
    let id = req.param("id").parse().map_err(|_| absent())?;
    service.schedules.find(id).await?.filter(|s| is_visible(req, s)).ok_or_else(absent)
}

async fn get(service: Arc<Service>, req: Req) -> Result<Reply> {
    let schedule = find(&service, &req).await?;
    Ok(Reply::json(&view(&service.schedules, schedule)))
}

async fn kinds(service: Arc<Service>, _: Req) -> Result<Reply> {
    let all = service.schedules.jobs().schedulable().into_iter();
    Ok(Reply::json(&all.map(|(kind, description)| KindView { kind, description }).collect::<Vec<_>>()))
}

async fn show_preview(service: Arc<Service>, req: Req) -> Result<Reply> {
    let q = req.query();
    let count = usize::try_from(q.int_clamped("count", 5, 1, 50)?).unwrap_or(5);
    Ok(Reply::json(&preview(q.text("cron").unwrap_or_default(), q.filled("timezone"), service.schedules.zone(), req.cx().now(), count)?))
}

async fn create(service: Arc<Service>, mut req: Req) -> Result<Reply> {
    let body: NewSchedule = req.json().await?;
    let name = name_of(&body.name)?;
    let until = body.until.as_deref().map_or(Ok(None), until_of)?;
    if !is_offered(&service.schedules, &body.kind) {
        return Err(bad("kind", format!("kind `{}` cannot be put on a schedule", body.kind)));
    }
    let payload = body.payload.unwrap_or_else(|| json!({}));
    service.schedules.jobs().check_payload(&body.kind, &payload)?;
    body.approval.as_ref().map_or(Ok(()), HoldPolicy::check)?;
    let spec = ScheduleSpec::new(name, body.kind, body.cron);
    let spec = ScheduleSpec {
        payload,
        timezone: body.timezone.filter(|z| !z.is_empty()),
        enabled: body.enabled,
        overlap: body.overlap,
        misfire: body.misfire,
        grace_s: body.grace_s.unwrap_or(spec.grace_s),
        jitter_s: body.jitter_s.unwrap_or(spec.jitter_s),
        until,
        ..spec
    };
    let mut tx = service.audit.begin(&req.cx().actor()).await?;
    let id = service.schedules.create(&mut tx, &spec).await?;
    service.schedules.set_approval(&mut tx, id, body.approval.as_ref()).await?;
    let entry = Entry::new("schedule.create", Category::Config).target("schedule", id).describe(format!("Schedule {} created", spec.name));
    let approval = json!(body.approval);
    tx.commit(entry.after(json!({ "kind": spec.job_kind, "cron": spec.cron, "timezone": spec.timezone, "approval": approval }))).await?;
    let made = service.schedules.find(id).await?.ok_or_else(|| AppError::not_found("Schedule not found"))?;
    Ok(Reply::created(&view(&service.schedules, made)))
}

async fn remove(service: Arc<Service>, req: Req) -> Result<Reply> {
    let schedule = find(&service, &req).await?;
    if !is_offered(&service.schedules, &schedule.spec.job_kind) {
        let text = "This schedule belongs to the product and cannot be removed; pause it instead";
        return Err(AppError::conflict(text).code("schedule_managed"));
    }
    require(&req, &schedule, "test:write")?;
    let mut tx = service.audit.begin(&req.cx().actor()).await?;
    undo::offer(&mut tx, &schedule).await?;
    service.schedules.remove(&mut tx, schedule.id).await?;
    let text = format!("Schedule {} removed", schedule.spec.name);
    tx.commit(entry("schedule.delete", Category::Config, &schedule).describe(text)).await?;
    Ok(Reply::no_content())
}

async fn set_approval(service: Arc<Service>, mut req: Req) -> Result<Reply> {
    let schedule = find(&service, &req).await?;
    let policy: HoldPolicy = req.json().await?;
    change_approval(&service, &req, &schedule, Some(policy)).await
}

async fn remove_approval(service: Arc<Service>, req: Req) -> Result<Reply> {
    let schedule = find(&service, &req).await?;
    change_approval(&service, &req, &schedule, None).await
}

async fn change_approval(service: &Service, req: &Req, schedule: &Schedule, policy: Option<HoldPolicy>) -> Result<Reply> {
    require(req, schedule, "test:write")?;
    let mut tx = service.audit.begin(&req.cx().actor()).await?;
    undo::offer(&mut tx, schedule).await?;
    service.schedules.set_approval(&mut tx, schedule.id, policy.as_ref()).await?;
    let what = if policy.is_some() { "asks before it runs" } else { "runs without asking" };
    let entry = entry("schedule.approval", Category::Security, schedule);
    let entry = entry.describe(format!("Schedule {} {what}", schedule.spec.name));
    tx.commit(entry.before(json!({ "approval": schedule.approval })).after(json!({ "approval": policy }))).await?;
    let now = service.schedules.find(schedule.id).await?.ok_or_else(|| AppError::not_found("Schedule not found"))?;
    Ok(Reply::json(&view(&service.schedules, now)))
}

async fn patch(service: Arc<Service>, mut req: Req) -> Result<Reply> {
    let schedule = find(&service, &req).await?;
    let body: PatchSchedule = req.json().await?;
    let is_ours = schedule.spec.organization_id.is_none() && !is_offered(&service.schedules, &schedule.spec.job_kind);
    if is_ours && body.name.as_ref().is_some_and(|name| *name != schedule.spec.name) {
        return Err(AppError::conflict("This schedule belongs to the product and keeps its name")
            .code("schedule_managed")
            .with("field", "name"));
    }
    let old = schedule.spec.clone();
    let spec = ScheduleSpec {
        name: body.name.as_deref().map_or(Ok(old.name), name_of)?,
        until: body.until.as_deref().map_or(Ok(old.until), until_of)?,
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
    require(req, schedule, "test:write")?;
    let shown = |s: &ScheduleSpec| json!({ "name": s.name, "until": s.until.map(Timestamp::rfc3339), "cron": s.cron, "timezone": s.timezone, "enabled": s.enabled, "overlap": s.overlap, "misfire": s.misfire, "grace_s": s.grace_s, "jitter_s": s.jitter_s });
    let mut tx = service.audit.begin(&req.cx().actor()).await?;
    undo::offer(&mut tx, schedule).await?;
    service.schedules.replace(&mut tx, schedule.id, &spec).await?;
    let entry = entry(action, Category::Config, schedule).describe(format!("Schedule {} changed", spec.name));
    tx.commit(entry.before(shown(&schedule.spec)).after(shown(&spec))).await?;
    let now = service.schedules.find(schedule.id).await?.ok_or_else(|| AppError::not_found("Schedule not found"))?;
    Ok(Reply::json(&view(&service.schedules, now)))
}

async fn trigger(service: Arc<Service>, req: Req) -> Result<Reply> {
    let schedule = find(&service, &req).await?;
    require(&req, &schedule, "test:execute")?;
    let actor = req.cx().actor();
    let mut tx = service.audit.begin(&actor).await?;
    let job_id = service.schedules.trigger(&mut tx, schedule.id, &actor).await?;
    let text = format!("Schedule {} run by hand", schedule.spec.name);
    tx.commit(entry("schedule.trigger", Category::Action, &schedule).describe(text)).await?;
    Ok(Reply::json(&Triggered { job_id }))
}

//! Schedules of test runs: list, make, change, pause, resume, run now, remove.

use std::sync::Arc;

use argos_audit::{Audit, Category, Entry};
use argos_kernel::{AppError, FieldError, Result, Timestamp, Uid};
use argos_vault::Vault;
use argos_web::{Organizations, ProjectRef, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::TEST_RUN;
use super::change::{HIDDEN, judged, schedule_variables, seal, spec_of, variables};
use super::fields::{Run, Timing};
use super::view::{RunStats, ScheduleView, run_word};
use crate::job::{JobFilter, State};
use crate::schedule::{Overlap, Schedule, ScheduleSpec};
use crate::scheduler::Schedules;
use crate::undo;

const AHEAD: usize = 5;

pub(super) struct Service {
    pub(super) schedules: Schedules,
    pub(super) audit: Audit,
    pub(super) vault: Vault,
    pub(super) organizations: Arc<dyn Organizations>,
}

/// The quality part's views of schedules and jobs.
pub fn quality_routes(schedules: Schedules, audit: Audit, vault: Vault, organizations: Arc<dyn Organizations>) -> Routes {
    let routes = Routes::new(Arc::new(Service { schedules, audit, vault, organizations }))
        .get("/api/v1/schedules", "test_schedules.list", "Schedules of test runs, newest first.", list)
        .param("project_id", "schedules of one project")
        .param("enabled", "true or false")
        .param("tags", "comma list, any of them")
        .param("page", "default 1")
        .param("per_page", "1-100, default 20")
        .reply::<SchedulesView>()
        .post("/api/v1/schedules", "test_schedules.create", "Run tests by the clock.", create)
        .body::<ScheduleBody>()
        .created::<ScheduleView>()
        .get("/api/v1/schedules/{id}", "test_schedules.get", "One schedule of test runs.", get)
        .reply::<ScheduleView>()
        .put("/api/v1/schedules/{id}", "test_schedules.update", "Change members of a schedule; absent ones stay.", update)
        .body::<ScheduleBody>()
        .reply::<ScheduleView>()
        .delete("/api/v1/schedules/{id}", "test_schedules.delete", "Remove a schedule; its runs stay, an active one is cancelled.", remove)
        .reply::<DoneView>()
        .post("/api/v1/schedules/{id}/pause", "test_schedules.pause", "Pause it, for good or until a time.", pause)
        .body::<PauseBody>()
        .reply::<ScheduleView>()
        .post("/api/v1/schedules/{id}/resume", "test_schedules.resume", "Plan it again from now.", resume)
        .reply::<ScheduleView>()
        .post("/api/v1/schedules/{id}/trigger", "test_schedules.trigger", "Run it now; works while it is paused.", trigger)
        .param("force", "run although the run before is still active")
        .body::<TriggerBody>()
        .reply::<TriggeredView>();
    super::runs::declare(super::expressions::declare(routes)).done()
}

#[derive(Serialize, JsonSchema)]
struct SchedulesView {
    schedules: Vec<ScheduleView>,
    total: usize,
    page: i64,
    per_page: i64,
}

/// Members of a schedule. New ones need `project_id`, `name`, `cron_expression` and `app_url`.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "documents the body; it is read member by member")]
struct ScheduleBody {
    project_id: Option<String>,
    #[serde(flatten)]
    timing: Timing,
    #[serde(flatten)]
    run: Run,
    /// Sealed; a hidden value (`***`) keeps the stored one.
    environment_variables: Option<std::collections::BTreeMap<String, String>>,
}

#[derive(Serialize, JsonSchema)]
struct DoneView {
    success: bool,
    message: &'static str,
    schedule_id: String,
}

#[derive(Deserialize, JsonSchema, Default)]
struct PauseBody {
    reason: Option<String>,
    /// RFC 3339; it resumes then.
    until: Option<String>,
}

#[derive(Deserialize, JsonSchema, Default)]
struct TriggerBody {
    test_ids: Option<Vec<String>>,
    app_url: Option<String>,
    environment_variables: Option<Value>,
}

#[derive(Serialize, JsonSchema)]
struct TriggeredView {
    success: bool,
    message: &'static str,
    run_id: String,
    schedule_id: String,
    started_at: String,
}

pub(super) fn fault(field: &str, text: impl Into<String>) -> AppError {
    AppError::invalid(vec![FieldError::new(field, text)])
}

fn absent() -> AppError {
    AppError::not_found("Schedule not found")
}

/// 409 until something here runs tests.
fn needs_tests(service: &Service) -> Result<()> {
    if service.schedules.jobs().registered(TEST_RUN).is_some() {
        return Ok(());
    }
    Err(AppError::conflict("Nothing on this server runs tests, so no test run can be scheduled").code("test_runs_unavailable"))
}

impl Schedule {
    fn timing(&self) -> Timing {
        let s = &self.spec;
        Timing {
            name: s.name.clone(),
            cron_expression: s.cron.clone(),
            timezone: s.timezone.clone().unwrap_or_else(|| "UTC".to_owned()),
            enabled: s.enabled,
            overlap_policy: s.overlap,
            misfire_policy: s.misfire,
            misfire_grace_seconds: s.grace_s,
            jitter_seconds: s.jitter_s,
        }
    }
}

fn view(service: &Service, s: &Schedule, stats: &RunStats, projects: &[ProjectRef]) -> Result<ScheduleView> {
    let timing = s.timing();
    let run: Run = serde_json::from_value(s.spec.payload.clone()).map_err(AppError::internal)?;
    let time = |t: Option<Timestamp>| t.map(Timestamp::rfc3339);
    let project = projects.iter().find(|p| Some(p.id) == s.spec.project_id).map(|p| p.uid.to_string());
    let hidden = schedule_variables(&service.vault, s)?.into_iter().map(|(name, _)| (name, Value::from(HIDDEN))).collect();
    Ok(ScheduleView {
        id: s.uid.to_string(),
        project_id: project,
        environment_variables: hidden,
        cron_readable: crate::cron::readable(&timing.cron_expression, &timing.timezone),
        status: stats.word(s.spec.enabled),
        next_run_at: time(s.next_run_at),
        last_run_at: time(s.last_run_at),
        last_run_status: stats.last().map(run_word),
        run_count: stats.all,
        success_count: stats.passed,
        failure_count: stats.failed,
        avg_duration_seconds: stats.seconds(),
        success_rate: stats.success_rate(),
        next_runs: service.schedules.upcoming(&s.spec, AHEAD).into_iter().map(Timestamp::rfc3339).collect(),
        created_at: s.created_at.rfc3339(),
        updated_at: s.updated_at.rfc3339(),
        created_by: s.created_by.clone(),
        timing,
        run,
    })
}

async fn shown(service: &Service, uid: Uid) -> Result<ScheduleView> {
    let s = service.schedules.find_uid(uid).await?.ok_or_else(absent)?;
    let organization = s.spec.organization_id.unwrap_or_default();
    let stats = RunStats::of(service.schedules.jobs().database(), &[s.id]).await?.remove(&s.id).unwrap_or_default();
    view(service, &s, &stats, &service.organizations.projects_of(organization).await?)
}

async fn list(service: Arc<Service>, req: Req) -> Result<Reply> {
    let (organization, q) = (service.organizations.organization_of(&req).await?, req.query());
    let project = match q.filled("project_id") {
        Some(text) => Some(service.organizations.project_named(&req, text).await?.id),
        None => None,
    };
    let enabled = match q.filled("enabled") {
        None => None,
        Some("true") => Some(true),
        Some("false") => Some(false),
        Some(_) => return Err(fault("enabled", "enabled must be true or false")),
    };
    let (page, per_page) = (q.int_clamped("page", 1, 1, 1_000_000)?, q.int_clamped("per_page", 20, 1, 100)?);
    let tags = q.list("tags");
    let tagged =
        |s: &Schedule| tags.is_empty() || s.spec.payload["tags"].as_array().into_iter().flatten().any(|t| tags.iter().any(|w| t == w));
    let mut all = service.schedules.of_organization(TEST_RUN, organization).await?;
    all.retain(|s| project.is_none_or(|p| s.spec.project_id == Some(p)) && enabled.is_none_or(|e| s.spec.enabled == e) && tagged(s));
    let total = all.len();
    let skip = usize::try_from((page - 1) * per_page).unwrap_or(usize::MAX);
    let slice: Vec<Schedule> = all.into_iter().skip(skip).take(usize::try_from(per_page).unwrap_or(100)).collect();
    let ids: Vec<i64> = slice.iter().map(|s| s.id).collect();
    let stats = RunStats::of(service.schedules.jobs().database(), &ids).await?;
    let (projects, none) = (service.organizations.projects_of(organization).await?, RunStats::default());
    let schedules = slice.iter().map(|s| view(&service, s, stats.get(&s.id).unwrap_or(&none), &projects)).collect::<Result<_>>()?;
    Ok(Reply::json(&SchedulesView { schedules, total, page, per_page }))
}

/// The schedule a path names, in the organization the request acts in.
pub(super) async fn named(service: &Service, req: &Req) -> Result<Schedule> {
    let organization = service.organizations.organization_of(req).await?;
    let uid = req.param("id").parse().map_err(|_| absent())?;
    let found = service.schedules.find_uid(uid).await?;
    found.filter(|s| s.spec.job_kind == TEST_RUN && s.spec.organization_id == Some(organization)).ok_or_else(absent)
}

async fn get(service: Arc<Service>, req: Req) -> Result<Reply> {
    let s = named(&service, &req).await?;
    Ok(Reply::json(&shown(&service, s.uid).await?))
}

async fn create(service: Arc<Service>, mut req: Req) -> Result<Reply> {
    let organization = service.organizations.organization_of(&req).await?;
    needs_tests(&service)?;
    let body: Map<String, Value> = req.json().await?;
    let (timing, run) = judged(&service, &Timing::default(), &Run::default(), &body, req.cx().now())?;
    let text = body.get("project_id").and_then(Value::as_str).ok_or_else(|| fault("project_id", "project_id is required"))?;
    let project = service.organizations.project_named(&req, text).await?;
    if project.organization_id != organization {
        return Err(AppError::not_found("Project not found"));
    }
    let secrets = variables(&Map::new(), &body)?;
    let (name, spec) = (timing.name.clone(), spec_of(timing, &run, Some(project.id), Some(organization)));
    let mut tx = service.audit.begin(&req.cx().actor()).await?;
    let id = service.schedules.create(&mut tx, &spec).await?;
    let made = service.schedules.find_in(&mut tx, id).await?.ok_or_else(absent)?;
    let sealed = seal(&service, made.uid, &secrets)?;
    service.schedules.own(&mut tx, id, Some(&req.cx().caller.username), sealed.as_deref()).await?;
    let entry = Entry::new("schedule.create", Category::Config).organization(organization).target("schedule", made.uid);
    tx.commit(entry.describe(format!("Test schedule {name} created")).after(json!({ "cron": spec.cron, "timezone": spec.timezone })))
        .await?;
    Ok(Reply::created(&shown(&service, made.uid).await?))
}

async fn update(service: Arc<Service>, mut req: Req) -> Result<Reply> {
    let id = named(&service, &req).await?.id;
    let body: Map<String, Value> = req.json().await?;
    let mut tx = service.audit.begin(&req.cx().actor()).await?;
    // Absent members stay as they are now, not as they were when the request came.
    let found = service.schedules.lock(&mut tx, id).await?.ok_or_else(absent)?;
    undo::offer(&mut tx, &found).await?;
    let stored: Run = serde_json::from_value(found.spec.payload.clone()).map_err(AppError::internal)?;
    let (timing, run) = judged(&service, &found.timing(), &stored, &body, req.cx().now())?;
    let sealed = seal(&service, found.uid, &variables(&schedule_variables(&service.vault, &found)?, &body)?)?;
    let spec = spec_of(timing, &run, found.spec.project_id, found.spec.organization_id);
    service.schedules.replace(&mut tx, found.id, &spec).await?;
    service.schedules.own(&mut tx, found.id, None, sealed.as_deref()).await?;
    tx.commit(entry_of("schedule.update", &found, "changed")).await?;
    Ok(Reply::json(&shown(&service, found.uid).await?))
}

fn entry_of(action: &'static str, s: &Schedule, verb: &str) -> Entry {
    let entry = Entry::new(action, Category::Config).target("schedule", s.uid).describe(format!("Test schedule {} {verb}", s.spec.name));
    match s.spec.organization_id {
        Some(organization) => entry.organization(organization),
        None => entry,
    }
}

async fn remove(service: Arc<Service>, req: Req) -> Result<Reply> {
    let found = named(&service, &req).await?;
    let active = vec![State::Queued, State::Running, State::Waiting];
    let filter = JobFilter { states: active, schedule_id: Some(found.id), organizations: true, ..JobFilter::default() };
    let runs = service.schedules.jobs().list(&filter, argos_kernel::PageRequest { limit: 200, offset: 0 }).await?;
    let mut tx = service.audit.begin(&req.cx().actor()).await?;
    for run in runs.items {
        // It may have ended since it was listed.
        if let Err(error) = service.schedules.jobs().cancel(&mut tx, run.id).await
            && error.kind() != argos_kernel::ErrorKind::Conflict
        {
            return Err(error);
        }
    }
    undo::offer(&mut tx, &found).await?;
    service.schedules.remove(&mut tx, found.id).await?;
    tx.commit(entry_of("schedule.delete", &found, "removed")).await?;
    Ok(Reply::json(&DoneView { success: true, message: "Schedule deleted", schedule_id: found.uid.to_string() }))
}

async fn pause(service: Arc<Service>, mut req: Req) -> Result<Reply> {
    let found = named(&service, &req).await?;
    let body: PauseBody = req.json_or_default().await?;
    let until = body.until.as_deref().map(|t| Timestamp::parse_rfc3339(t).ok_or_else(|| fault("until", "until must be an RFC 3339 time")));
    let until = until.transpose()?;
    if until.is_some_and(|t| t <= req.cx().now()) {
        return Err(fault("until", "until must lie in the future"));
    }
    let reason = body.reason.unwrap_or_default();
    let mut tx = service.audit.begin(&req.cx().actor()).await?;
    let found = service.schedules.lock(&mut tx, found.id).await?.ok_or_else(absent)?;
    undo::offer(&mut tx, &found).await?;
    service.schedules.replace(&mut tx, found.id, &ScheduleSpec { enabled: false, ..found.spec.clone() }).await?;
    service.schedules.resume_at(&mut tx, found.id, until).await?;
    let facts = json!({ "reason": reason, "until": until.map(Timestamp::rfc3339) });
    tx.commit(entry_of("schedule.pause", &found, "paused").after(facts)).await?;
    Ok(Reply::json(&shown(&service, found.uid).await?))
}

async fn resume(service: Arc<Service>, req: Req) -> Result<Reply> {
    let found = named(&service, &req).await?;
    let mut tx = service.audit.begin(&req.cx().actor()).await?;
    let found = service.schedules.lock(&mut tx, found.id).await?.ok_or_else(absent)?;
    undo::offer(&mut tx, &found).await?;
    service.schedules.replace(&mut tx, found.id, &ScheduleSpec { enabled: true, ..found.spec.clone() }).await?;
    tx.commit(entry_of("schedule.resume", &found, "resumed")).await?;
    Ok(Reply::json(&shown(&service, found.uid).await?))
}

async fn trigger(service: Arc<Service>, mut req: Req) -> Result<Reply> {
    let found = named(&service, &req).await?;
    needs_tests(&service)?;
    let body: TriggerBody = req.json_or_default().await?;
    if body.environment_variables.is_some_and(|v| !v.is_null()) {
        return Err(fault("environment_variables", "environment_variables are set on the schedule, not on a single run"));
    }
    let (mut payload, mut faults) = (found.spec.payload.clone(), Vec::new());
    let changes = [("test_ids", body.test_ids.map(Value::from)), ("app_url", body.app_url.map(Value::from))];
    for (name, value) in changes {
        if let Some(value) = value {
            payload[name] = value;
        }
    }
    let run: Run = serde_json::from_value(payload.clone()).map_err(AppError::internal)?;
    run.check(&mut faults);
    if !faults.is_empty() {
        return Err(AppError::invalid(faults));
    }
    let (actor, force) = (req.cx().actor(), req.query().flag("force"));
    let mut tx = service.audit.begin(&actor).await?;
    if found.spec.overlap == Overlap::Skip && !force && service.schedules.is_active(&mut tx, found.id).await? {
        return Err(AppError::conflict("The previous run is still in progress").code("run_in_progress"));
    }
    let mut wanted = found.clone();
    wanted.spec.payload = payload;
    // What has to be decided is asked of the plan that will run.
    let job = service.schedules.job_of(&wanted)?.trigger("manual").by(&actor);
    let id = service.schedules.run_now(&mut tx, &found, job).await?;
    let job = service.schedules.jobs().find_in(&mut tx, id).await?.ok_or_else(absent)?;
    tx.commit(entry_of("schedule.trigger", &found, "run by hand")).await?;
    Ok(Reply::json(&TriggeredView {
        success: true,
        message: "Test run started",
        run_id: job.uid.to_string(),
        schedule_id: found.uid.to_string(),
        started_at: job.created_at.rfc3339(),
    }))
}

//! Explorations: asked for, listed, paused, resumed, stopped and removed.

use argos_identity::Project;
use argos_kernel::{AppError, PageRequest, Result};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use crate::actions::tests::fault;
use crate::discovery::actions::input::StartBody;
use crate::discovery::model::{Discovery, Status};
use crate::discovery::store::sessions;
use crate::discovery::view::SessionView;
use crate::model::settings::is_web_address;
use crate::routes::Service;

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .post("/api/v1/discovery/sessions", "discovery.start", "Explore a website.", start)
        .body::<StartBody>()
        .reply::<SessionView>()
        .get("/api/v1/discovery/sessions", "discovery.list", "Explorations, newest first.", list)
        .param("project_id", "those of one project")
        .param("status", "pending, running, paused, completed, failed, cancelled")
        .param("limit", "1-200, default 50")
        .param("offset", "explorations to skip")
        .reply::<SessionsView>()
        .get("/api/v1/discovery/sessions/{id}", "discovery.get", "One exploration.", get)
        .reply::<SessionView>()
        .delete(
            "/api/v1/discovery/sessions/{id}",
            "discovery.delete",
            "Remove an exploration with its pages and flows; tests stay.",
            remove,
        )
        .reply::<RemovedView>()
        .post("/api/v1/discovery/sessions/{id}/stop", "discovery.stop", "End an exploration; what it found stays.", stop)
        .reply::<StoppedView>()
        .post("/api/v1/discovery/sessions/{id}/cancel", "discovery.cancel", "The same.", stop)
        .reply::<StoppedView>()
        .post("/api/v1/discovery/sessions/{id}/pause", "discovery.pause", "Let an exploration rest after the page it is at.", pause)
        .reply::<MovedView>()
        .post("/api/v1/discovery/sessions/{id}/resume", "discovery.resume", "Go on where it rested, also after a restart.", resume)
        .reply::<MovedView>()
}

#[derive(Serialize, JsonSchema)]
struct SessionsView {
    sessions: Vec<SessionView>,
    total: i64,
}

#[derive(Serialize, JsonSchema)]
struct RemovedView {
    success: bool,
    message: &'static str,
    flows_deleted: i64,
}

#[derive(Serialize, JsonSchema)]
struct StoppedView {
    success: bool,
    session_id: String,
    status: Status,
    message: &'static str,
    pages_discovered: i64,
    flows_discovered: i64,
}

#[derive(Serialize, JsonSchema)]
struct MovedView {
    success: bool,
    session_id: String,
    status: Status,
    message: &'static str,
}

/// Where to begin: what was given, else the address of the project.
pub(super) fn address(given: Option<&str>, project: &Project) -> Result<String> {
    let url = given.map(str::trim).filter(|u| !u.is_empty()).or(project.fields.app_url.as_deref());
    let url = url.ok_or_else(|| fault("app_url", "app_url is required: the project has no address"))?;
    if is_web_address(url) {
        Ok(url.to_owned())
    } else {
        Err(fault("app_url", "app_url must be an http or https address without credentials"))
    }
}

async fn start(testing: Service, mut req: Req) -> Result<Reply> {
    let body: StartBody = req.json().await?;
    if body.project_id.is_empty() {
        return Err(fault("project_id", "project_id is required"));
    }
    let access = testing.project_for(&req, &body.project_id).await?;
    let (wanted, auth) = body.read()?;
    let app_url = address(body.app_url.as_deref(), &access.project)?;
    let session = testing.start_discovery(req.cx(), &access.project, &app_url, wanted, auth).await?;
    Ok(Reply::json(&SessionView::of(session)))
}

pub(super) fn status_of(text: Option<&str>) -> Result<Option<Status>> {
    text.map(|word| Status::parse(word).ok_or_else(|| fault("status", format!("unknown status `{word}`")))).transpose()
}

async fn list(testing: Service, req: Req) -> Result<Reply> {
    let q = req.query();
    let (organization_id, project_id) = match q.filled("project_id") {
        Some(text) => {
            let access = testing.project_for(&req, text).await?;
            (access.project.organization_id, Some(access.project.id))
        }
        None => (testing.platform.identity.organization_of(&req).await?.organization.id, None),
    };
    let filter = sessions::Filter { organization_id, project_id, status: status_of(q.filled("status"))? };
    let page = PageRequest { limit: q.int_clamped("limit", 50, 1, 200)?, offset: q.int_clamped("offset", 0, 0, i64::MAX)? };
    let found = sessions::list(&testing.platform.store.state, &filter, page).await?;
    let sessions = found.items.into_iter().map(SessionView::of).collect();
    Ok(Reply::json(&SessionsView { sessions, total: found.total }).total_count(found.total))
}

async fn get(testing: Service, req: Req) -> Result<Reply> {
    let (session, _) = testing.discovery_named(&req, req.param("id")).await?;
    Ok(Reply::json(&SessionView::of(session)))
}

async fn remove(testing: Service, req: Req) -> Result<Reply> {
    let (session, _) = testing.discovery_named(&req, req.param("id")).await?;
    let flows_deleted = testing.delete_discovery(req.cx(), &session).await?;
    Ok(Reply::json(&RemovedView { success: true, message: "The exploration was removed", flows_deleted }))
}

async fn stop(testing: Service, req: Req) -> Result<Reply> {
    let (session, _) = testing.discovery_named(&req, req.param("id")).await?;
    let ended = testing.stop_discovery(req.cx(), &session).await?;
    Ok(Reply::json(&StoppedView {
        success: true,
        session_id: ended.uid.to_string(),
        status: ended.status,
        message: "The exploration was stopped; what it found stays",
        pages_discovered: ended.found.pages,
        flows_discovered: ended.found.flows,
    }))
}

fn moved(d: &Discovery, message: &'static str) -> Result<Reply, AppError> {
    Ok(Reply::json(&MovedView { success: true, session_id: d.uid.to_string(), status: d.status, message }))
}

async fn pause(testing: Service, req: Req) -> Result<Reply> {
    let (session, _) = testing.discovery_named(&req, req.param("id")).await?;
    moved(&testing.pause_discovery(req.cx(), &session).await?, "The exploration rests after the page it is at")
}

async fn resume(testing: Service, req: Req) -> Result<Reply> {
    let (session, _) = testing.discovery_named(&req, req.param("id")).await?;
    moved(&testing.resume_discovery(req.cx(), &session).await?, "The exploration goes on")
}

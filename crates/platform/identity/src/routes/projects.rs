//! `/api/v1/projects`: the rows of projects, their settings and who has a role in one.

use argos_kernel::{AppError, PageRequest, Result, Timestamp};
use argos_web::{Pager, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::organizations::Said;
use crate::actions::{OrganizationAccess, SettingsView, one_fault};
use crate::model::project::{self, Project, ProjectMember};
use crate::model::project_settings;
use crate::service::{Identity, ProjectFigures};

pub(super) fn routes(identity: &Identity) -> Routes<Identity> {
    Routes::new(identity.clone())
        .get("/api/v1/projects", "projects.list", "Projects, newest first; of all one's organizations unless one is named.", list)
        .param("is_active", "true or false")
        .reply::<Vec<ProjectLine>>()
        .post("/api/v1/projects", "projects.create", "Make a project.", create)
        .body::<ProjectBody>()
        .reply::<ProjectView>()
        .get("/api/v1/organizations/{id}/projects", "projects.list_of", "Projects of one organization, newest first.", list_of)
        .param("is_active", "true or false")
        .reply::<Vec<ProjectLine>>()
        .post("/api/v1/organizations/{id}/projects", "projects.create_in", "Make a project in it.", create_in)
        .body::<ProjectBody>()
        .created::<ProjectView>()
        .get("/api/v1/projects/{id}", "projects.get", "One project.", get)
        .reply::<ProjectView>()
        .put("/api/v1/projects/{id}", "projects.update", "Change members of it; null and absent ones stay.", put)
        .body::<ProjectBody>()
        .reply::<ProjectView>()
        .delete("/api/v1/projects/{id}", "projects.delete", "Delete it with everything in it.", delete)
        .reply::<Said>()
        .get("/api/v1/projects/{id}/settings", "projects.get_settings", "Its settings; secrets show as masks.", get_settings)
        .put("/api/v1/projects/{id}/settings", "projects.update_settings", "Merge into them; null deletes.", put_settings)
        .get("/api/v1/projects/{id}/members", "projects.list_members", "Who has a role in it.", members)
        .reply::<Vec<ProjectMemberView>>()
        .put("/api/v1/projects/{id}/members/{user_id}", "projects.put_member", "Give somebody a role in it.", put_member)
        .body::<RoleBody>()
        .reply::<Said>()
        .delete("/api/v1/projects/{id}/members/{user_id}", "projects.remove_member", "Take the role away.", remove_member)
        .reply::<Said>()
}

#[derive(Serialize, JsonSchema)]
pub(super) struct ProjectLine {
    id: String,
    /// Absent where the routes of `/api/v1/orgs` name it `org_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) organization_id: Option<String>,
    name: String,
    description: Option<String>,
    app_url: Option<String>,
    is_active: bool,
    test_count: i64,
    last_run_at: Option<String>,
    created_at: String,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct ProjectView {
    id: String,
    /// Absent where the routes of `/api/v1/orgs` name it `org_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) organization_id: Option<String>,
    name: String,
    description: Option<String>,
    app_url: Option<String>,
    codebase_path: Option<String>,
    repository_url: Option<String>,
    settings: Map<String, Value>,
    is_active: bool,
    test_count: i64,
    last_run_at: Option<String>,
    created_at: String,
    updated_at: String,
}

impl ProjectView {
    fn of(p: Project, figures: ProjectFigures) -> Self {
        Self {
            id: p.uid.to_string(),
            organization_id: Some(p.organization_uid.to_string()),
            name: p.fields.name,
            description: p.fields.description,
            app_url: p.fields.app_url,
            codebase_path: p.fields.codebase_path,
            repository_url: p.fields.repository_url,
            settings: p.settings,
            is_active: p.is_active,
            test_count: figures.tests,
            last_run_at: figures.last_run_at.map(Timestamp::rfc3339),
            created_at: p.created_at.rfc3339(),
            updated_at: p.updated_at.rfc3339(),
        }
    }
}

impl ProjectLine {
    fn of((p, figures): (Project, ProjectFigures)) -> Self {
        Self {
            id: p.uid.to_string(),
            organization_id: Some(p.organization_uid.to_string()),
            name: p.fields.name,
            description: p.fields.description,
            app_url: p.fields.app_url,
            is_active: p.is_active,
            test_count: figures.tests,
            last_run_at: figures.last_run_at.map(Timestamp::rfc3339),
            created_at: p.created_at.rfc3339(),
        }
    }
}

/// The documented members, for the published document; a body is read member by member.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "describes the body")]
pub(super) struct ProjectBody {
    name: Option<String>,
    description: Option<String>,
    app_url: Option<String>,
    codebase_path: Option<String>,
    repository_url: Option<String>,
    settings: Option<Map<String, Value>>,
    is_active: Option<bool>,
}

#[derive(Serialize, JsonSchema)]
struct ProjectMemberView {
    user_id: String,
    username: String,
    display_name: String,
    /// maintainer, developer or viewer.
    role: &'static str,
    added_at: String,
}

impl ProjectMemberView {
    fn of(m: ProjectMember) -> Self {
        Self {
            user_id: m.user_uid.to_string(),
            username: m.username,
            display_name: m.display_name,
            role: project::role_word(m.role),
            added_at: m.added_at.rfc3339(),
        }
    }
}

#[derive(Deserialize, JsonSchema)]
struct RoleBody {
    /// maintainer, developer or viewer.
    role: String,
}

/// A project as it is shown.
pub(super) async fn view_of(identity: &Identity, project: Project) -> Result<ProjectView> {
    let figures = identity.project_figures(&[project.id]).await?.first().copied().unwrap_or_default();
    Ok(ProjectView::of(project, figures))
}

async fn one(identity: &Identity, project: Project) -> Result<Reply> {
    Ok(Reply::json(&view_of(identity, project).await?))
}

/// A page of projects, newest first, and how many there are.
pub(super) async fn shown(identity: &Identity, mut list: Vec<Project>, page: &PageRequest) -> Result<(Vec<ProjectLine>, i64)> {
    let total = i64::try_from(list.len()).unwrap_or(i64::MAX);
    list.sort_by_key(|p| std::cmp::Reverse((p.created_at, p.id)));
    let skip = usize::try_from(page.offset).unwrap_or(usize::MAX);
    let take = usize::try_from(page.limit).unwrap_or(0);
    let list: Vec<Project> = list.into_iter().skip(skip).take(take).collect();
    let ids: Vec<i64> = list.iter().map(|p| p.id).collect();
    let figures = identity.project_figures(&ids).await?;
    Ok((list.into_iter().zip(figures).map(ProjectLine::of).collect(), total))
}

async fn page_of(identity: &Identity, list: Vec<Project>, page: &PageRequest) -> Result<Reply> {
    let (lines, total) = shown(identity, list, page).await?;
    Ok(Reply::json(&lines).total_count(total))
}

/// The page and the filter of a list.
pub(super) fn asked(req: &Req) -> Result<(PageRequest, Option<bool>)> {
    let is_active = match req.query().filled("is_active") {
        None => None,
        Some("true" | "1") => Some(true),
        Some("false" | "0") => Some(false),
        Some(_) => return Err(one_fault(argos_kernel::FieldError::new("is_active", "is_active must be true or false"))),
    };
    Ok((Pager::limit_offset(req.query(), 100, 500)?, is_active))
}

async fn list(identity: Identity, req: Req) -> Result<Reply> {
    let (page, is_active) = asked(&req)?;
    let of: Vec<OrganizationAccess> = if Identity::names_an_organization(&req) {
        vec![identity.organization_of(&req).await?]
    } else {
        let all = identity.visible_organizations(req.cx()).await?;
        all.into_iter().filter(|access| access.has("project:read")).collect()
    };
    let mut list = Vec::new();
    for access in of {
        list.extend(identity.projects_of(access.organization.id, is_active).await?);
    }
    page_of(&identity, list, &page).await
}

async fn list_of(identity: Identity, req: Req) -> Result<Reply> {
    let (page, is_active) = asked(&req)?;
    let access = identity.organization_named(&req, req.param("id")).await?;
    page_of(&identity, identity.projects_of(access.organization.id, is_active).await?, &page).await
}

async fn create(identity: Identity, mut req: Req) -> Result<Reply> {
    let access = identity.organization_of(&req).await?;
    let body: Map<String, Value> = req.json().await?;
    one(&identity, identity.create_project(req.cx(), &access, &body).await?).await
}

async fn create_in(identity: Identity, mut req: Req) -> Result<Reply> {
    let access = identity.organization_named(&req, req.param("id")).await?;
    let body: Map<String, Value> = req.json().await?;
    let made = identity.create_project(req.cx(), &access, &body).await?;
    Ok(Reply::created(&view_of(&identity, made).await?))
}

/// The project of the path, once the route's permission is held in it.
pub(super) async fn project_of(identity: &Identity, req: &Req) -> Result<Project> {
    let access = identity.project_named(req, req.param("id")).await?;
    access.require(req.cx().rule().permission())?;
    Ok(access.project)
}

async fn get(identity: Identity, req: Req) -> Result<Reply> {
    one(&identity, project_of(&identity, &req).await?).await
}

async fn put(identity: Identity, mut req: Req) -> Result<Reply> {
    let project = project_of(&identity, &req).await?;
    let body: Map<String, Value> = req.json().await?;
    let settings = project_settings::named_in(&body).map_err(AppError::invalid)?;
    if settings.is_some() {
        identity.project_named(&req, req.param("id")).await?.require("project:manage_settings")?;
    }
    let project = identity.change_project(req.cx(), &project, &body).await?;
    if let Some(patch) = settings {
        identity.change_project_settings(req.cx(), &project, patch).await?;
    }
    one(&identity, project_of(&identity, &req).await?).await
}

async fn delete(identity: Identity, req: Req) -> Result<Reply> {
    let access = identity.project_named(&req, req.param("id")).await?;
    access.require("project:delete")?;
    identity.delete_project(req.cx(), &access).await?;
    Ok(Said::reply(format!("Project '{}' has been deleted", access.project.fields.name)))
}

fn settings_reply(project: &Project, view: &SettingsView) -> Reply {
    Reply::json(&json!({ "project_id": project.uid, "settings": view.settings, "updated_at": view.updated_at.rfc3339() }))
}

async fn get_settings(identity: Identity, req: Req) -> Result<Reply> {
    let project = project_of(&identity, &req).await?;
    let view = identity.project_settings(&project).await?;
    Ok(settings_reply(&project, &view))
}

async fn put_settings(identity: Identity, mut req: Req) -> Result<Reply> {
    let project = project_of(&identity, &req).await?;
    let body: Map<String, Value> = req.json().await?;
    // Clients send the object as it is shown, or its members alone.
    let patch = match body.get("settings") {
        Some(Value::Object(inner)) if body.len() == 1 || body.contains_key("project_id") => inner,
        _ => &body,
    };
    let view = identity.change_project_settings(req.cx(), &project, patch).await?;
    Ok(settings_reply(&project, &view))
}

async fn members(identity: Identity, req: Req) -> Result<Reply> {
    let project = project_of(&identity, &req).await?;
    let list = identity.project_members(project.id).await?;
    let views: Vec<ProjectMemberView> = list.into_iter().map(ProjectMemberView::of).collect();
    Ok(Reply::json(&views))
}

async fn put_member(identity: Identity, mut req: Req) -> Result<Reply> {
    let project = project_of(&identity, &req).await?;
    let body: RoleBody = req.json().await?;
    let role = project::parse_role(&body.role).map_err(one_fault)?;
    let user = identity.user_by_id(req.param("user_id")).await.map_err(|_| AppError::not_found("Member not found"))?;
    identity.put_project_member(req.cx(), &project, &user, role).await?;
    Ok(Said::reply(format!("{} is {} now", user.username, project::role_word(role))))
}

async fn remove_member(identity: Identity, req: Req) -> Result<Reply> {
    let project = project_of(&identity, &req).await?;
    let user = identity.user_by_id(req.param("user_id")).await.map_err(|_| AppError::not_found("Member not found"))?;
    identity.remove_project_member(req.cx(), &project, &user).await?;
    Ok(Said::reply("Member removed"))
}

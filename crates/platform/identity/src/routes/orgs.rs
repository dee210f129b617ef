//! `/api/v1/orgs`: organizations and their projects as the command-line clients read them. The rows are those of
//! `/api/v1/organizations`; a project names its organization `org_id`.

use argos_kernel::Result;
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::projects::{ProjectBody, ProjectLine, ProjectView, asked, project_of, shown, view_of};
use crate::model::organization;
use crate::service::Identity;

pub(super) fn routes(identity: &Identity) -> Routes<Identity> {
    Routes::new(identity.clone())
        .get("/api/v1/orgs", "orgs.list", "Organizations the caller belongs to, newest first.", list)
        .reply::<Vec<OrgLine>>()
        .get("/api/v1/orgs/{org_id}", "orgs.get", "One organization.", get)
        .reply::<OrgView>()
        .get("/api/v1/orgs/{org_id}/projects", "orgs.list_projects", "Its projects, newest first.", list_projects)
        .param("is_active", "true or false")
        .reply::<Vec<OrgProjectLine>>()
        .post("/api/v1/orgs/{org_id}/projects", "orgs.create_project", "Make a project in it.", create_project)
        .body::<ProjectBody>()
        .created::<OrgProjectView>()
        .get("/api/v1/orgs/{org_id}/projects/{id}", "orgs.get_project", "One of its projects.", get_project)
        .reply::<OrgProjectView>()
}

#[derive(Serialize, JsonSchema)]
struct OrgLine {
    id: String,
    name: String,
    slug: String,
    plan: String,
    logo_url: Option<String>,
    member_count: i64,
    /// The caller's.
    role: &'static str,
}

#[derive(Serialize, JsonSchema)]
struct OrgView {
    id: String,
    name: String,
    slug: String,
    plan: String,
    ai_budget_daily: f64,
    ai_budget_monthly: f64,
    settings: Map<String, Value>,
    features: Map<String, Value>,
    logo_url: Option<String>,
    domain: Option<String>,
    member_count: i64,
    created_at: String,
    updated_at: String,
}

#[derive(Serialize, JsonSchema)]
struct OrgProjectLine {
    org_id: String,
    #[serde(flatten)]
    project: ProjectLine,
}

#[derive(Serialize, JsonSchema)]
struct OrgProjectView {
    org_id: String,
    #[serde(flatten)]
    project: ProjectView,
}

impl OrgProjectView {
    fn of(mut project: ProjectView) -> Self {
        Self { org_id: project.organization_id.take().unwrap_or_default(), project }
    }
}

async fn list(identity: Identity, req: Req) -> Result<Reply> {
    let list = identity.visible_organizations(req.cx()).await?.into_iter().filter(|access| access.has("org:read"));
    let views: Vec<OrgLine> = list
        .map(|access| OrgLine {
            role: access.role.as_str(),
            id: access.organization.uid.to_string(),
            name: access.organization.name,
            slug: access.organization.slug,
            plan: access.organization.plan,
            logo_url: access.organization.logo_url,
            member_count: access.organization.member_count,
        })
        .collect();
    let total = i64::try_from(views.len()).unwrap_or(i64::MAX);
    Ok(Reply::json(&views).total_count(total))
}

async fn get(identity: Identity, req: Req) -> Result<Reply> {
    let org = identity.organization_named(&req, req.param("org_id")).await?.organization;
    let mut features = organization::feature_defaults();
    features.extend(org.features);
    Ok(Reply::json(&OrgView {
        id: org.uid.to_string(),
        name: org.name,
        slug: org.slug,
        plan: org.plan,
        ai_budget_daily: org.ai_budget_daily,
        ai_budget_monthly: org.ai_budget_monthly,
        settings: org.settings,
        features,
        logo_url: org.logo_url,
        domain: org.domain,
        member_count: org.member_count,
        created_at: org.created_at.rfc3339(),
        updated_at: org.updated_at.rfc3339(),
    }))
}

async fn list_projects(identity: Identity, req: Req) -> Result<Reply> {
    let (page, is_active) = asked(&req)?;
    let access = identity.organization_named(&req, req.param("org_id")).await?;
    let (lines, total) = shown(&identity, identity.projects_of(access.organization.id, is_active).await?, &page).await?;
    let of = |mut project: ProjectLine| OrgProjectLine { org_id: project.organization_id.take().unwrap_or_default(), project };
    Ok(Reply::json(&lines.into_iter().map(of).collect::<Vec<_>>()).total_count(total))
}

async fn create_project(identity: Identity, mut req: Req) -> Result<Reply> {
    let access = identity.organization_named(&req, req.param("org_id")).await?;
    let body: Map<String, Value> = req.json().await?;
    let made = identity.create_project(req.cx(), &access, &body).await?;
    Ok(Reply::created(&OrgProjectView::of(view_of(&identity, made).await?)))
}

async fn get_project(identity: Identity, req: Req) -> Result<Reply> {
    let access = identity.organization_named(&req, req.param("org_id")).await?;
    let project = project_of(&identity, &req).await?;
    if project.organization_id != access.organization.id {
        return Err(crate::actions::project_not_found());
    }
    Ok(Reply::json(&OrgProjectView::of(view_of(&identity, project).await?)))
}

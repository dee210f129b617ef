//! In which organization a request acts and what its caller may do there. Every handler of a route whose permission is
//! an organization's asks here: the web kit only knows that the caller holds it somewhere.

use argos_audit::{Category, Entry};
use argos_kernel::{AppError, CredentialKind, Result, Role, Uid};
use argos_web::{Membership, OpCx, Req};

use super::Document;
use crate::model::organization::Organization;
use crate::model::permission::{Grants, OrgRole};
use crate::model::project::Project;
use crate::service::{Identity, web_grants};
use crate::store::{organizations, projects};

/// An organization, and what the caller may do in it.
#[derive(Clone, Debug)]
pub struct OrganizationAccess {
    pub organization: Organization,
    pub role: OrgRole,
    grants: argos_web::Grants,
}

impl OrganizationAccess {
    /// 403 `Permission denied: <permission>` unless held in this organization.
    pub fn require(&self, permission: &str) -> Result<()> {
        if self.grants.has(permission) { Ok(()) } else { Err(denied(permission)) }
    }
    pub fn has(&self, permission: &str) -> bool {
        self.grants.has(permission)
    }
}

/// A project, and what the caller may do in it: what the organization gives and what the project adds.
#[derive(Clone, Debug)]
pub struct ProjectAccess {
    pub project: Project,
    /// The role in the organization.
    pub role: OrgRole,
    organization: argos_web::Grants,
    added: Grants,
}

impl ProjectAccess {
    /// 403 `Permission denied: <permission>` unless held in this project.
    pub fn require(&self, permission: &str) -> Result<()> {
        let held = self.organization.has(permission) || self.added.has(permission);
        if held { Ok(()) } else { Err(denied(permission)) }
    }
}

fn denied(permission: &str) -> AppError {
    AppError::forbidden(format!("Permission denied: {permission}")).code("permission_denied").with("permission", permission)
}

fn organization_not_found() -> AppError {
    AppError::not_found("Organization not found")
}

pub(crate) fn project_not_found() -> AppError {
    AppError::not_found("Project not found")
}

impl Identity {
    /// The organization a path names by number, uid or the word `default`; 404 when it is none of the caller's.
    /// The permission of the route is judged in it.
    pub async fn organization_named(&self, req: &Req, text: &str) -> Result<OrganizationAccess> {
        let found = self.find_organization(text).await?;
        let access = found.and_then(|o| access_to(req.cx(), o)).ok_or_else(organization_not_found)?;
        self.judged(req, access).await
    }

    /// The organization of a request whose path names none: `X-Organization-ID`, `org_id`, the credential's own, the one
    /// the profile names, the default one, the only one.
    pub async fn organization_of(&self, req: &Req) -> Result<OrganizationAccess> {
        let cx = req.cx();
        let refused = || AppError::forbidden("Access denied to this organization").code("organization_denied");
        if let Some(text) = named_by(req) {
            let found = self.find_organization(text).await?;
            return self.judged(req, found.and_then(|o| access_to(cx, o)).ok_or_else(refused)?).await;
        }
        let text = "Organization context required. Provide X-Organization-ID header or org_id query param.";
        let needed = || AppError::bad_request(text).code("organization_required");
        let id = self.own_organization(cx).await?.ok_or_else(needed)?;
        let found = organizations::find(&self.0.db, organizations::By::Id(id)).await?;
        self.judged(req, found.and_then(|o| access_to(cx, o)).ok_or_else(needed)?).await
    }

    /// Whether the request itself names an organization.
    pub(crate) fn names_an_organization(req: &Req) -> bool {
        named_by(req).is_some()
    }

    /// The project a path names; 404 when it is of no organization of the caller's. Permissions are the handler's to demand.
    pub async fn project_named(&self, req: &Req, text: &str) -> Result<ProjectAccess> {
        let by = match (text.parse::<i64>(), text.parse::<Uid>()) {
            (Ok(id), _) => projects::By::Id(id),
            (_, Ok(uid)) => projects::By::Uid(uid),
            _ => return Err(project_not_found()),
        };
        let cx = req.cx();
        let project = projects::find(&self.0.db, by).await?.ok_or_else(project_not_found)?;
        let organization = organizations::find(&self.0.db, organizations::By::Id(project.organization_id)).await?;
        let access = organization.and_then(|o| access_to(cx, o)).ok_or_else(project_not_found)?;
        let added = match cx.caller.user_id {
            Some(user_id) => projects::role_of(&self.0.db, project.id, user_id).await?,
            None => None,
        };
        let added = added.map_or(Grants::EMPTY, Grants::of_org_role);
        Ok(ProjectAccess { project, role: access.role, organization: access.grants, added })
    }

    /// The organizations a list is of: the one the request names, else every one in which the caller holds the permission
    /// of the route. At least one, or the error that says why there is none.
    pub async fn organizations_readable(&self, req: &Req) -> Result<Vec<i64>> {
        if !Self::names_an_organization(req) {
            let permission = req.cx().rule().permission();
            let all = self.visible_organizations(req.cx()).await?;
            let ids: Vec<i64> = all.into_iter().filter(|a| a.has(permission)).map(|a| a.organization.id).collect();
            if !ids.is_empty() {
                return Ok(ids);
            }
        }
        Ok(vec![self.organization_of(req).await?.organization.id])
    }

    /// Organizations the caller may read, newest first; the instance's owner sees every one.
    pub(crate) async fn visible_organizations(&self, cx: &OpCx) -> Result<Vec<OrganizationAccess>> {
        let list = match cx.caller.user_id {
            Some(_) if overrides(cx) => organizations::every(&self.0.db).await?,
            Some(user_id) => organizations::of_user(&self.0.db, user_id).await?,
            None => self.organizations_of_key(cx).await?,
        };
        Ok(list.into_iter().filter_map(|o| access_to(cx, o)).collect())
    }

    async fn organizations_of_key(&self, cx: &OpCx) -> Result<Vec<Organization>> {
        let mut list = Vec::new();
        for membership in cx.caller.memberships.iter() {
            list.extend(organizations::find(&self.0.db, organizations::By::Id(membership.organization_id)).await?);
        }
        Ok(list)
    }

    pub(crate) async fn find_organization(&self, text: &str) -> Result<Option<Organization>> {
        let by = match (text, text.parse::<i64>(), text.parse::<Uid>()) {
            ("default", _, _) => organizations::By::Default,
            (_, Ok(id), _) => organizations::By::Id(id),
            (_, _, Ok(uid)) => organizations::By::Uid(uid),
            _ => return Ok(None),
        };
        Ok(organizations::find(&self.0.db, by).await?)
    }

    /// The organization somebody acts in without saying so.
    pub(crate) async fn own_organization(&self, cx: &OpCx) -> Result<Option<i64>> {
        let mine: &[Membership] = &cx.caller.memberships;
        if let [only] = mine {
            return Ok(Some(only.organization_id));
        }
        if let Some(user_id) = cx.caller.user_id {
            let profile = self.document(user_id, Document::Profile).await?.map(|(map, _)| map).unwrap_or_default();
            let chosen = profile.get("default_organization_id").and_then(serde_json::Value::as_str);
            let chosen = chosen.and_then(|text| text.parse::<Uid>().ok());
            if let Some(found) = mine.iter().find(|m| Some(m.organization_uid) == chosen) {
                return Ok(Some(found.organization_id));
            }
        }
        let default = mine.iter().find(|m| m.is_default).or_else(|| mine.first()).map(|m| m.organization_id);
        match default {
            None if overrides(cx) => Ok(organizations::default_id(&self.0.db).await?),
            found => Ok(found),
        }
    }

    /// Judges the route's permission, and puts it on record when the instance's owner changes something as no member.
    async fn judged(&self, req: &Req, access: OrganizationAccess) -> Result<OrganizationAccess> {
        let cx = req.cx();
        match cx.rule().permission() {
            "self" | "public" => {}
            permission => access.require(permission)?,
        }
        let is_member = cx.caller.memberships.iter().any(|m| m.organization_id == access.organization.id);
        if !is_member && !req.method().is_safe() {
            let entry = Entry::new("org.override", Category::Security)
                .organization(access.organization.id)
                .target("organization", access.organization.uid)
                .describe(format!("{} acts in {} as the instance's owner", cx.caller.username, access.organization.name));
            self.0.audit.note(&cx.actor(), entry).await?;
        }
        Ok(access)
    }
}

fn named_by(req: &Req) -> Option<&str> {
    let header = req.header("x-organization-id").map(str::trim).filter(|t| !t.is_empty());
    header.or_else(|| req.query().filled("org_id"))
}

/// The instance's owner acts as an owner in every organization; a key never does.
fn overrides(cx: &OpCx) -> bool {
    cx.caller.role == Some(Role::Owner) && cx.caller.credential != CredentialKind::ApiKey
}

fn access_to(cx: &OpCx, organization: Organization) -> Option<OrganizationAccess> {
    if overrides(cx) {
        return Some(OrganizationAccess { organization, role: OrgRole::Owner, grants: web_grants(Grants::of_org_role(OrgRole::Owner)) });
    }
    let membership = cx.caller.memberships.iter().find(|m| m.organization_id == organization.id)?;
    let role = OrgRole::parse(membership.role)?;
    Some(OrganizationAccess { role, grants: membership.grants.clone(), organization })
}

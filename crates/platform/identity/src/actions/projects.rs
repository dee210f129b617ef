//! Making, changing and deleting projects, and who has a role in one.

use argos_audit::{Category, Entry};
use argos_kernel::{AppError, Result};
use argos_web::OpCx;
use serde_json::{Map, Value, json};

use super::organization_access::project_not_found;
use super::{OrganizationAccess, ProjectAccess};
use crate::model::organization::feature_defaults;
use crate::model::permission::OrgRole;
use crate::model::project::{self, Project, ProjectFields, ProjectMember};
use crate::model::project_settings;
use crate::model::user::User;
use crate::service::Identity;
use crate::store::{members, projects};

fn facts(fields: &ProjectFields, is_active: bool) -> Value {
    json!({
        "name": fields.name, "description": fields.description, "app_url": fields.app_url,
        "codebase_path": fields.codebase_path, "repository_url": fields.repository_url, "is_active": is_active,
    })
}

impl Identity {
    pub(crate) async fn create_project(&self, cx: &OpCx, access: &OrganizationAccess, body: &Map<String, Value>) -> Result<Project> {
        let org = &access.organization;
        let mut fields = ProjectFields::default();
        fields.apply(body).map_err(AppError::invalid)?;
        let patch = project_settings::named_in(body).map_err(AppError::invalid)?.cloned().unwrap_or_default();
        let made = project_settings::merge(Map::new(), Map::new(), &patch).map_err(AppError::invalid)?;
        let (uid, now) = (self.mint(), self.now());
        let secrets = self.sealed_secrets(uid, &made.secrets)?;
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        if self.policy().enforce_plan_limits {
            let features = feature_defaults();
            let max = org.features.get("max_projects").or_else(|| features.get("max_projects")).and_then(Value::as_i64);
            if max.is_some_and(|max| max >= 0) && projects::count(&mut change, org.id).await? >= max.unwrap_or(0) {
                return Err(AppError::bad_request("The plan of this organization allows no more projects").code("max_projects"));
            }
        }
        let row = projects::NewProject {
            uid,
            organization_id: org.id,
            fields: &fields,
            settings: Value::Object(made.plain).to_string(),
            created_by: &cx.caller.username,
            now,
        };
        let id = projects::insert(&mut change, &row).await?;
        if secrets.is_some() {
            projects::put_settings(&mut change, id, &row.settings, secrets.as_deref(), now).await?;
        }
        let entry = Entry::new("project.create", Category::Data)
            .organization(org.id)
            .target("project", uid)
            .describe(format!("Project {} created in {}", fields.name, org.name))
            .after(facts(&fields, true));
        change.commit(entry).await?;
        projects::find(&self.0.db, projects::By::Id(id)).await?.ok_or_else(project_not_found)
    }

    /// Newest first.
    pub async fn projects_of(&self, organization_id: i64, is_active: Option<bool>) -> Result<Vec<Project>> {
        Ok(projects::of_organization(&self.0.db, organization_id, is_active).await?)
    }

    pub(crate) async fn change_project(&self, cx: &OpCx, old: &Project, body: &Map<String, Value>) -> Result<Project> {
        let mut fields = old.fields.clone();
        fields.apply(body).map_err(AppError::invalid)?;
        let is_active = project::active_in(body).map_err(AppError::invalid)?.unwrap_or(old.is_active);
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        if !projects::update(&mut change, old.id, &fields, is_active, self.now()).await? {
            return Err(project_not_found());
        }
        let entry = Entry::new("project.update", Category::Data)
            .organization(old.organization_id)
            .target("project", old.uid)
            .describe(format!("Project {} changed", fields.name))
            .before(facts(&old.fields, old.is_active))
            .after(facts(&fields, is_active));
        change.commit(entry).await?;
        projects::find(&self.0.db, projects::By::Id(old.id)).await?.ok_or_else(project_not_found)
    }

    /// Deletes a project with everything in it; the organization's owner does.
    pub(crate) async fn delete_project(&self, cx: &OpCx, access: &ProjectAccess) -> Result<()> {
        let project = &access.project;
        if access.role != OrgRole::Owner {
            return Err(AppError::forbidden("Only an owner of the organization may delete a project").code("role_too_low"));
        }
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        self.end_project_runs(&mut change, project.id).await?;
        if !projects::delete(&mut change, project.id).await? {
            return Err(project_not_found());
        }
        self.evict_on_commit(&mut change);
        let entry = Entry::new("project.delete", Category::Data)
            .organization(project.organization_id)
            .target("project", project.uid)
            .describe(format!("Project {} deleted", project.fields.name))
            .before(facts(&project.fields, project.is_active));
        change.commit(entry).await
    }

    pub(crate) async fn project_members(&self, project_id: i64) -> Result<Vec<ProjectMember>> {
        Ok(projects::members(&self.0.db, project_id).await?)
    }

    /// Gives a member of the organization a role in the project.
    pub(crate) async fn put_project_member(&self, cx: &OpCx, project: &Project, user: &User, role: OrgRole) -> Result<()> {
        if members::role_of(&self.0.db, project.organization_id, user.id).await?.is_none() {
            return Err(AppError::bad_request("Only members of the organization can have a role in its projects").with("field", "user_id"));
        }
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        projects::put_member(&mut change, project.id, user.id, role, self.now()).await?;
        self.evict_on_commit(&mut change);
        let entry = Entry::new("project.member_set", Category::Security)
            .organization(project.organization_id)
            .target("project", project.uid)
            .describe(format!("{} is {} in {}", user.username, project::role_word(role), project.fields.name))
            .after(json!({ "user": user.username, "role": project::role_word(role) }));
        change.commit(entry).await
    }

    pub(crate) async fn remove_project_member(&self, cx: &OpCx, project: &Project, user: &User) -> Result<()> {
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        if !projects::remove_member(&mut change, project.id, user.id).await? {
            return Err(AppError::not_found("Member not found"));
        }
        self.evict_on_commit(&mut change);
        let entry = Entry::new("project.member_remove", Category::Security)
            .organization(project.organization_id)
            .target("project", project.uid)
            .describe(format!("{} has no role in {} any more", user.username, project.fields.name));
        change.commit(entry).await
    }
}

//! The settings of a project: plain values as they are, secrets sealed and never shown.

use argos_audit::{Category, Entry};
use argos_kernel::{AppError, Result, Secret, Timestamp, Uid};
use argos_web::OpCx;
use serde_json::{Map, Value};

use super::organization_access::project_not_found;
use crate::model::organization::MemberStatus;
use crate::model::permission::Grants;
use crate::model::project::Project;
use crate::model::project_settings::{self, Merged};
use crate::service::Identity;
use crate::store::{members, projects};

/// What is shown of a project's settings, and when they changed.
pub(crate) struct SettingsView {
    pub(crate) settings: Map<String, Value>,
    pub(crate) updated_at: Timestamp,
}

/// The settings of a project for whoever works for it: only what is stored, secrets open.
pub struct ProjectValues {
    pub settings: Map<String, Value>,
    /// `secrets` and `http_credentials`.
    pub secrets: Secret<Map<String, Value>>,
}

impl Identity {
    /// For work that no request asks for; who may see them was judged when the work was asked for.
    pub async fn project_values(&self, project: &Project) -> Result<ProjectValues> {
        let (merged, _) = self.opened(projects::settings_of(&self.0.db, project.id).await?, project)?;
        Ok(ProjectValues { settings: merged.plain, secrets: Secret::new(merged.secrets) })
    }

    /// A project without a caller; who may see it was judged before.
    pub async fn project_by_id(&self, id: i64) -> Result<Option<Project>> {
        Ok(projects::find(&self.0.db, projects::By::Id(id)).await?)
    }

    /// The same by its public id, inside a transaction.
    pub async fn project_in(&self, tx: &mut argos_store::Tx, uid: Uid) -> Result<Option<Project>> {
        Ok(projects::find_in(tx, uid).await?)
    }

    /// Active people of a project's organization who hold `permission` in it, by the organization or by the project: number
    /// of the user and name.
    pub async fn project_people(&self, project: &Project, permission: &str) -> Result<Vec<(i64, String)>> {
        let mut able = Vec::new();
        for member in members::list(&self.0.db, project.organization_id).await? {
            let (Some(user_id), Some(username), MemberStatus::Active) = (member.user_id, member.username, member.status) else { continue };
            let mut may = Grants::of_org_role(member.role).has(permission);
            if !may {
                let own = projects::role_of(&self.0.db, project.id, user_id).await?;
                may = own.is_some_and(|role| Grants::of_org_role(role).has(permission));
            }
            if may {
                able.push((user_id, username));
            }
        }
        Ok(able)
    }

    /// Whether more than one organization shares this installation.
    pub async fn is_shared(&self) -> Result<bool> {
        Ok(crate::store::organizations::every(&self.0.db).await?.len() > 1)
    }

    pub(crate) async fn project_settings(&self, project: &Project) -> Result<SettingsView> {
        let (merged, updated_at) = self.opened(projects::settings_of(&self.0.db, project.id).await?, project)?;
        Ok(SettingsView { settings: project_settings::view(&merged.plain, &merged.secrets), updated_at })
    }

    /// Merges a partial update into the settings.
    pub(crate) async fn change_project_settings(&self, cx: &OpCx, project: &Project, patch: &Map<String, Value>) -> Result<SettingsView> {
        let now = self.now();
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        let (old, _) = self.opened(projects::settings(&mut change, project.id).await?, project)?;
        let before = project_settings::view(&old.plain, &old.secrets);
        let new = project_settings::merge(old.plain, old.secrets, patch).map_err(AppError::invalid)?;
        let after = project_settings::view(&new.plain, &new.secrets);
        let sealed = self.sealed_secrets(project.uid, &new.secrets)?;
        projects::put_settings(&mut change, project.id, &Value::Object(new.plain).to_string(), sealed.as_deref(), now).await?;
        let entry = Entry::new("project.settings_change", Category::Config)
            .organization(project.organization_id)
            .target("project", project.uid)
            .describe(format!("Settings of project {} changed", project.fields.name))
            .before(Value::Object(before))
            .after(Value::Object(after.clone()));
        change.commit(entry).await?;
        Ok(SettingsView { settings: after, updated_at: now })
    }

    fn opened(&self, stored: Option<projects::StoredSettings>, project: &Project) -> Result<(Merged, Timestamp)> {
        let stored = stored.ok_or_else(project_not_found)?;
        let secrets = match stored.secrets_enc {
            Some(sealed) => {
                let open = self.0.vault.open(&aad(project.uid), &sealed)?;
                serde_json::from_slice(open.reveal()).map_err(AppError::internal)?
            }
            None => Map::new(),
        };
        Ok((Merged { plain: stored.settings, secrets }, stored.updated_at))
    }

    pub(crate) fn sealed_secrets(&self, project: Uid, secrets: &Map<String, Value>) -> Result<Option<String>> {
        if secrets.is_empty() {
            return Ok(None);
        }
        let text = serde_json::to_vec(secrets).map_err(AppError::internal)?;
        Ok(Some(self.0.vault.seal(&aad(project), &text)?))
    }
}

/// The place the secrets are sealed for.
pub(super) fn aad(project: Uid) -> String {
    format!("projects.secrets_enc:{project}")
}

//! The projects of an organization in the configuration document.

use argos_audit::{Mutation, SectionPlan};
use argos_kernel::{Result, Uid};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::portable::{MemberDoc, faults};
use crate::model::organization::Organization;
use crate::model::permission::OrgRole;
use crate::model::project::{Project, ProjectFields, ProjectMember, parse_role, role_word};
use crate::model::project_settings::merge;
use crate::service::Identity;
use crate::store::{members, projects, users};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProjectDoc {
    #[serde(default)]
    uid: Option<String>,
    name: String,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    app_url: Option<String>,
    #[serde(default)]
    codebase_path: Option<String>,
    #[serde(default)]
    repository_url: Option<String>,
    #[serde(default = "yes")]
    is_active: bool,
    /// What differs from what counts everywhere, without secrets.
    #[serde(default)]
    settings: Map<String, Value>,
    /// `ENC:` and what only this installation opens.
    #[serde(default)]
    secrets: Option<String>,
    /// Absent = nothing is said of them.
    #[serde(default)]
    members: Option<Vec<MemberDoc>>,
}

const fn yes() -> bool {
    true
}

pub(super) fn project_document(project: &Project, stored: Option<projects::StoredSettings>, people: &[ProjectMember]) -> ProjectDoc {
    let fields = project.fields.clone();
    let sealed = stored.and_then(|s| s.secrets_enc);
    ProjectDoc {
        uid: Some(project.uid.to_string()),
        name: fields.name,
        description: fields.description,
        app_url: fields.app_url,
        codebase_path: fields.codebase_path,
        repository_url: fields.repository_url,
        is_active: project.is_active,
        settings: project.settings.clone(),
        secrets: sealed.map(|blob| format!("ENC:{blob}")),
        members: Some(people.iter().map(|m| MemberDoc { user: m.username.clone(), role: role_word(m.role).to_owned() }).collect()),
    }
}

/// One of the document, judged.
struct Wanted {
    uid: Option<Uid>,
    fields: ProjectFields,
    is_active: bool,
    settings: Map<String, Value>,
    /// Sealed, when the document brings what can be opened here.
    secrets: Option<String>,
    brings_unreadable: bool,
    places: Option<Vec<(String, OrgRole)>>,
}

/// The uid that a project of the document names, if it names one.
pub(super) fn uid_of(value: &Value) -> Option<Uid> {
    value.get("uid")?.as_str()?.parse().ok()
}

impl Identity {
    fn judge_project(&self, value: &Value) -> Result<Wanted, String> {
        let doc: ProjectDoc = serde_json::from_value(value.clone()).map_err(|e| e.to_string())?;
        let name = &doc.name;
        let told = |why: String| format!("project {name}: {why}");
        let uid = doc.uid.as_deref().map(str::parse::<Uid>).transpose().map_err(|_| told("uid is none".to_owned()))?;
        let mut fields = ProjectFields::default();
        let body = json!({
            "name": doc.name, "description": doc.description, "app_url": doc.app_url, "codebase_path": doc.codebase_path,
            "repository_url": doc.repository_url,
        });
        fields.apply(body.as_object().unwrap_or(&Map::new())).map_err(|all| told(faults(&all)))?;
        let merged = merge(Map::new(), Map::new(), &doc.settings).map_err(|all| told(faults(&all)))?;
        if !merged.secrets.is_empty() {
            return Err(told("settings holds secrets in clear; they travel sealed, as `secrets`".to_owned()));
        }
        let role_in = |place: &MemberDoc| {
            let role = parse_role(&place.role).map_err(|fault| told(format!("{}: {}", place.user, fault.msg)))?;
            Ok::<_, String>((place.user.clone(), role))
        };
        let places = doc.members.as_ref().map(|all| all.iter().map(role_in).collect::<Result<_, _>>()).transpose()?;
        let secrets = uid.and_then(|uid| self.sealed_here(uid, doc.secrets.as_deref()));
        let brings_unreadable = doc.secrets.is_some() && secrets.is_none();
        Ok(Wanted { uid, fields, is_active: doc.is_active, settings: merged.plain, secrets, brings_unreadable, places })
    }

    /// The inner error is a fault of the document.
    pub(super) async fn import_projects(
        &self,
        change: &mut Mutation,
        org: &Organization,
        wanted: &[Value],
        replace: bool,
        plan: &mut SectionPlan,
    ) -> Result<Result<(), String>> {
        let existing = projects::of_organization_in(change, org.id).await?;
        let mut named: Vec<i64> = Vec::new();
        for value in wanted {
            let wanted = match self.judge_project(value) {
                Ok(wanted) => wanted,
                Err(why) => return Ok(Err(why)),
            };
            let before = match wanted.uid {
                Some(uid) => existing.iter().find(|p| p.uid == uid),
                None => existing.iter().find(|p| p.fields.name == wanted.fields.name),
            };
            if before.is_some_and(|p| named.contains(&p.id)) {
                return Ok(Err(format!("project {} is there twice", wanted.fields.name)));
            }
            if let (None, Some(uid)) = (before, wanted.uid)
                && projects::uid_is_taken(change, uid).await?
            {
                return Ok(Err(format!(
                    "project {}: its uid belongs to a project of another organization, or of one that was deleted and is not purged yet",
                    wanted.fields.name
                )));
            }
            named.push(self.import_project(change, org, wanted, before, replace, plan).await?);
        }
        if replace {
            for gone in existing.iter().filter(|p| !named.contains(&p.id)) {
                self.end_project_runs(change, gone.id).await?;
                projects::delete(change, gone.id).await?;
                plan.removes.push(format!("project {} of {}, with everything in it", gone.fields.name, org.name));
            }
        }
        Ok(Ok(()))
    }

    /// The id of the project.
    async fn import_project(
        &self,
        change: &mut Mutation,
        org: &Organization,
        wanted: Wanted,
        before: Option<&Project>,
        replace: bool,
        plan: &mut SectionPlan,
    ) -> Result<i64> {
        let (now, name) = (self.now(), format!("project {} of {}", wanted.fields.name, org.name));
        let settings = Value::Object(wanted.settings.clone()).to_string();
        let id = match before {
            Some(project) => project.id,
            None => {
                let uid = wanted.uid.unwrap_or_else(|| self.mint());
                let by = change.actor().name.clone();
                let row = projects::NewProject {
                    uid,
                    organization_id: org.id,
                    fields: &wanted.fields,
                    settings: settings.clone(),
                    created_by: &by,
                    now,
                };
                projects::insert(change, &row).await?
            }
        };
        let stored = projects::settings(change, id).await?;
        let kept = stored.as_ref().and_then(|s| s.secrets_enc.clone());
        if wanted.brings_unreadable {
            let then = if kept.is_some() { "it keeps those it has here" } else { "it has none" };
            plan.warnings.push(format!("{name}: its secrets cannot be read here; {then}"));
        }
        let secrets = wanted.secrets.clone().or_else(|| kept.clone());
        let fields_differ = before.is_none_or(|p| p.fields != wanted.fields || p.is_active != wanted.is_active);
        let settings_differ = stored.is_none_or(|s| s.settings != wanted.settings) || secrets != kept;
        if fields_differ {
            projects::update(change, id, &wanted.fields, wanted.is_active, now).await?;
        }
        if settings_differ {
            projects::put_settings(change, id, &settings, secrets.as_deref(), now).await?;
        }
        let moved = match &wanted.places {
            Some(places) => self.import_project_places(change, org, id, places, replace, (&name, plan)).await?,
            None => false,
        };
        match before {
            None => plan.creates.push(name),
            Some(_) if fields_differ || settings_differ || moved => plan.updates.push(name),
            Some(_) => plan.unchanged += 1,
        }
        Ok(id)
    }

    async fn import_project_places(
        &self,
        change: &mut Mutation,
        org: &Organization,
        project: i64,
        wanted: &[(String, OrgRole)],
        replace: bool,
        (name, plan): (&str, &mut SectionPlan),
    ) -> Result<bool> {
        let there = projects::members_in(change, project).await?;
        let (mut moved, mut kept) = (false, Vec::new());
        for (user, role) in wanted {
            let found = users::lock(change, users::By::Name(user)).await?.map(|(user, _)| user.id);
            let belongs = match found {
                Some(id) => members::by_user(change, org.id, id).await?.is_some(),
                None => false,
            };
            let Some(id) = found.filter(|_| belongs) else {
                plan.warnings.push(format!("{name}: {user} does not belong to the organization"));
                continue;
            };
            kept.push(id);
            if there.iter().find(|m| m.user_id == id).is_none_or(|m| m.role != *role) {
                projects::put_member(change, project, id, *role, self.now()).await?;
                plan.updates.push(format!("{user} is {} in {name}", role_word(*role)));
                moved = true;
            }
        }
        for gone in there.iter().filter(|m| replace && !kept.contains(&m.user_id)) {
            projects::remove_member(change, project, gone.user_id).await?;
            plan.removes.push(format!("{} from {name}", gone.username));
            moved = true;
        }
        Ok(moved)
    }
}

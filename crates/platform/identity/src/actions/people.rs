//! People as a configuration document carries them: who they are, never how they prove it. Imported accounts arrive
//! inactive and without a password; accounts that exist are left as they are.

use argos_audit::{Category, Entry, Mutation};
use argos_kernel::{Result, Role};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Authority;
use crate::model::user;
use crate::service::Identity;
use crate::store::users;

/// One account of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Person {
    pub username: String,
    #[serde(default)]
    pub display_name: Option<String>,
    #[serde(default)]
    pub email: Option<String>,
    /// viewer, operator, admin or owner.
    pub role: String,
    #[serde(default)]
    pub is_active: bool,
}

/// What an import of people would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PeoplePlan {
    /// User names that are added, inactive.
    pub creates: Vec<String>,
    /// User names that are left alone, because they exist.
    pub existing: Vec<String>,
    /// `username: why` of those that cannot be added. Nothing is written while there is one.
    pub faults: Vec<String>,
}

impl Identity {
    /// Every account, by name.
    pub async fn people(&self) -> Result<Vec<Person>> {
        let mut all: Vec<Person> = self
            .every_user()
            .await?
            .into_iter()
            .map(|u| Person {
                username: u.username,
                display_name: Some(u.display_name),
                email: u.email,
                role: u.role.as_str().to_owned(),
                is_active: u.is_active,
            })
            .collect();
        all.sort_by(|a, b| a.username.cmp(&b.username));
        Ok(all)
    }

    /// Judges people without adding them. Nobody is added above the role of the one who imports.
    pub async fn plan_people(&self, by: &Authority, people: &[Person]) -> Result<PeoplePlan> {
        let mut plan = PeoplePlan::default();
        for person in people {
            let name = person.username.as_str();
            let judged = match person.role.parse::<Role>() {
                Err(()) => Err(format!("unknown role {}", person.role)),
                Ok(role) => user::check_username(name)
                    .and_then(|()| person.display_name.as_deref().map_or(Ok(()), user::check_display_name))
                    .and_then(|()| person.email.as_deref().map_or(Ok(()), user::check_email))
                    .and_then(|()| by.may_give(role))
                    .map_err(|e| e.message().to_owned()),
            };
            match judged {
                _ if users::find(&self.0.db, users::By::Name(name)).await?.is_some() => plan.existing.push(name.to_owned()),
                Err(why) => plan.faults.push(format!("{name}: {why}")),
                Ok(()) if plan.creates.iter().any(|n| n.eq_ignore_ascii_case(name)) => plan.faults.push(format!("{name}: is named twice")),
                Ok(()) => plan.creates.push(name.to_owned()),
            }
        }
        Ok(plan)
    }

    /// Adds the people of a plan inside `change`; the audit entries to commit with it.
    pub async fn add_people_in(&self, change: &mut Mutation, people: &[Person], plan: &PeoplePlan) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for person in people.iter().filter(|p| plan.creates.contains(&p.username)) {
            let role = person.role.parse::<Role>().unwrap_or(Role::Viewer);
            let row = users::NewUser {
                uid: self.mint(),
                username: &person.username,
                display_name: person.display_name.as_deref().unwrap_or(&person.username),
                email: person.email.as_deref(),
                password_hash: None,
                role,
                is_temporary: false,
                expires_at: None,
                allowed_node_ids: None,
                must_change_password: true,
                created_via: "import",
            };
            let mut added = self.insert_user(change, &row).await?;
            added.is_active = false;
            users::update(change, &added, self.now()).await?;
            let entry = Entry::new("user.import", Category::Security).target("user", &person.username);
            let text = format!("User {} imported as {role}, inactive", person.username);
            entries.push(entry.describe(text).after(json!({ "username": person.username, "role": role, "is_active": false })));
        }
        Ok(entries)
    }
}

//! Making, changing and deleting accounts. The last active owner stays an active owner; nobody touches or makes an
//! account above their own role; owners are changed only after a step-up.

use argos_audit::{Category, Entry, Mutation};
use argos_kernel::{AppError, Result, Role, Secret, Timestamp};
use argos_store::{StoreError, Tx};
use serde_json::{Value, json};

use super::{Authority, user_event};
use crate::model::organization::MemberStatus;
use crate::model::permission::{Grants, OrgRole};
use crate::model::user::{self, User};
use crate::service::Identity;
use crate::store::{members, organizations, sessions, users};

/// An account to be made.
#[derive(Clone)]
pub struct NewAccount {
    pub username: String,
    /// `None` = the user name.
    pub display_name: Option<String>,
    pub email: Option<String>,
    pub password: Secret<String>,
    pub role: Role,
    pub is_temporary: bool,
    pub expires_at: Option<Timestamp>,
    pub allowed_node_ids: Option<Vec<String>>,
    /// The user interface asks for a new password at the next sign-in.
    pub must_change_password: bool,
}

impl NewAccount {
    /// An account with nothing but the necessary.
    pub fn new(username: &str, password: Secret<String>, role: Role) -> Self {
        Self {
            username: username.to_owned(),
            display_name: None,
            email: None,
            password,
            role,
            is_temporary: false,
            expires_at: None,
            allowed_node_ids: None,
            must_change_password: false,
        }
    }
}

/// What of an account changes; `None` = stays.
#[derive(Clone, Default)]
pub struct UserChange {
    pub display_name: Option<String>,
    pub email: Option<Option<String>>,
    pub role: Option<Role>,
    pub is_temporary: Option<bool>,
    pub expires_at: Option<Option<Timestamp>>,
    pub allowed_node_ids: Option<Option<Vec<String>>>,
    pub is_active: Option<bool>,
    pub password: Option<Secret<String>>,
    pub must_change_password: Option<bool>,
}

pub(crate) fn last_owner() -> AppError {
    AppError::conflict("The last active owner cannot be removed, demoted or disabled").code("last_owner")
}

fn taken(error: StoreError) -> AppError {
    if error.is_unique("users.username_key") {
        return AppError::conflict("User already exists").code("user_exists").with("field", "username");
    }
    error.into()
}

/// What audit keeps of an account.
fn facts(user: &User) -> Value {
    json!({
        "username": user.username,
        "display_name": user.display_name,
        "email": user.email,
        "role": user.role,
        "is_active": user.is_active,
        "is_temporary": user.is_temporary,
        "expires_at": user.expires_at.map(Timestamp::rfc3339),
        "allowed_node_ids": user.allowed_node_ids,
        "must_change_password": user.must_change_password,
    })
}

impl Identity {
    /// Makes an account; 409 when the name is taken, whatever its case.
    pub async fn create_user(&self, by: &Authority, new: NewAccount) -> Result<User> {
        user::check_username(&new.username)?;
        let display_name = new.display_name.clone().unwrap_or_else(|| new.username.clone());
        user::check_display_name(&display_name)?;
        if let Some(email) = &new.email {
            user::check_email(email)?;
        }
        user::check_node_ids(new.allowed_node_ids.as_deref().unwrap_or_default())?;
        self.check_password(new.password.reveal())?;
        by.may_give(new.role)?;
        let hash = self.0.hasher.hash(new.password.reveal()).await?;
        let mut change = self.0.audit.begin(&by.actor).await?;
        let row = users::NewUser {
            uid: self.mint(),
            username: &new.username,
            display_name: &display_name,
            email: new.email.as_deref(),
            password_hash: Some(hash),
            role: new.role,
            is_temporary: new.is_temporary,
            expires_at: new.expires_at,
            allowed_node_ids: new.allowed_node_ids.as_deref(),
            must_change_password: new.must_change_password,
            created_via: "local",
        };
        let user = self.insert_user(&mut change, &row).await?;
        let event = user_event("auth.user_changed", format!("User {} was created", user.username), &user, &by.actor);
        self.0.events.publish(&mut change, event.data(json!({ "username": user.username, "change": "created" }))).await?;
        let entry = Entry::new("user.create", Category::Security)
            .alias("user_add")
            .target("user", &user.username)
            .describe(format!("User {} created as {}", user.username, user.role))
            .after(facts(&user));
        change.commit(entry).await?;
        Ok(user)
    }

    /// Writes the row and, while the setting says so, the membership in the default organization.
    pub(crate) async fn insert_user(&self, change: &mut Mutation, row: &users::NewUser<'_>) -> Result<User> {
        let now = self.now();
        let id = users::insert(change, row, now).await.map_err(taken)?;
        let organization = organizations::ensure_default(change, self.mint(), now).await?;
        if self.policy().auto_join_default {
            members::join(change, self.mint(), organization, id, OrgRole::default_for(row.role), now).await?;
        }
        let found = users::lock(change, users::By::Id(id)).await?;
        Ok(found.ok_or(StoreError::NoRow)?.0)
    }

    /// Changes an account. A change of password, role, scope or activity ends its other sessions.
    pub async fn change_user(&self, by: &Authority, id: i64, wanted: UserChange) -> Result<User> {
        if let Some(password) = &wanted.password {
            self.check_password(password.reveal())?;
        }
        let hash = match &wanted.password {
            Some(password) => Some(self.0.hasher.hash(password.reveal()).await?),
            None => None,
        };
        let mut change = self.0.audit.begin(&by.actor).await?;
        let owners = users::lock_owners(&mut change).await?;
        let found = users::lock(&mut change, users::By::Id(id)).await?;
        let (old, _) = found.ok_or_else(|| AppError::not_found("User not found"))?;
        let new = applied(&old, &wanted)?;
        let rights = hash.is_some()
            || new.role != old.role
            || new.is_active != old.is_active
            || new.expires_at != old.expires_at
            || new.allowed_node_ids != old.allowed_node_ids;
        by.may_change(&old, &new, rights)?;
        let was_owner = old.role == Role::Owner && old.is_active && old.expires_at.is_none();
        let stays_owner = new.role == Role::Owner && new.is_active && new.expires_at.is_none();
        if was_owner && !stays_owner && owners == [id] {
            return Err(last_owner());
        }
        let now = self.now();
        users::update(&mut change, &new, now).await?;
        if let Some(hash) = &hash {
            users::set_password(&mut change, id, hash, new.must_change_password, now).await?;
        }
        if hash.is_none() && new.must_change_password != old.must_change_password {
            users::set_must_change(&mut change, id, new.must_change_password).await?;
        }
        if new.role != old.role && old.org_role == Some(OrgRole::default_for(old.role)) {
            let organization = organizations::ensure_default(&mut change, self.mint(), now).await?;
            members::join(&mut change, self.mint(), organization, id, OrgRole::default_for(new.role), now).await?;
        }
        if rights {
            let except = by.session_id.filter(|_| by.user_id == Some(id));
            sessions::revoke_user(&mut change, id, except, now, "rights changed").await?;
        }
        self.evict_on_commit(&mut change);
        let event = user_event("auth.user_changed", format!("User {} was changed", new.username), &new, &by.actor);
        self.0.events.publish(&mut change, event.data(json!({ "username": new.username, "change": "updated" }))).await?;
        let entry = Entry::new("user.update", Category::Security)
            .alias("user_update")
            .target("user", &new.username)
            .describe(describe(&old, &new, hash.is_some()))
            .before(facts(&old))
            .after(facts(&new));
        change.commit(entry).await?;
        Ok(User { updated_at: now, ..new })
    }

    /// Deletes an account with its sessions, keys and documents; audit and events keep the name.
    pub async fn delete_user(&self, by: &Authority, id: i64) -> Result<()> {
        let mut change = self.0.audit.begin(&by.actor).await?;
        let owners = users::lock_owners(&mut change).await?;
        let found = users::lock(&mut change, users::By::Id(id)).await?;
        let (user, _) = found.ok_or_else(|| AppError::not_found("User not found"))?;
        by.may_change(&user, &user, true)?;
        if user.role == Role::Owner && owners == [id] {
            return Err(last_owner());
        }
        users::delete(&mut change, id).await?;
        self.evict_on_commit(&mut change);
        let event = user_event("auth.user_changed", format!("User {} was deleted", user.username), &user, &by.actor);
        self.0.events.publish(&mut change, event.data(json!({ "username": user.username, "change": "deleted" }))).await?;
        let entry = Entry::new("user.delete", Category::Security)
            .alias("user_remove")
            .target("user", &user.username)
            .describe(format!("User {} deleted", user.username))
            .before(facts(&user));
        change.commit(entry).await
    }

    /// Whether an active person may read what belongs to this organization or node.
    pub async fn may_read(&self, user_id: i64, organization: Option<i64>, node: Option<&str>) -> Result<bool> {
        let found = users::find(&self.0.db, users::By::Id(user_id)).await?;
        let Some(user) = found.map(|(user, _)| user).filter(|u| u.may_sign_in(self.now())) else { return Ok(false) };
        let in_scope = match (&user.allowed_node_ids, node) {
            (Some(allowed), Some(node)) => allowed.iter().any(|n| n == node),
            _ => true,
        };
        let belongs = match organization {
            Some(id) if user.role != Role::Owner => members::role_of(&self.0.db, id, user_id).await?.is_some(),
            _ => true,
        };
        Ok(in_scope && belongs)
    }

    /// The active members of an organization who hold this permission everywhere in it: what they are told is of any project.
    pub async fn members_who_may(&self, organization: i64, permission: &str) -> Result<Vec<i64>> {
        let mut able = Vec::new();
        // Nobody is told of one that was deleted.
        if organizations::find(&self.0.db, organizations::By::Id(organization)).await?.is_none() {
            return Ok(able);
        }
        for member in members::list(&self.0.db, organization).await? {
            let holds = member.status == MemberStatus::Active && Grants::of_org_role(member.role).has(permission);
            let Some(user_id) = member.user_id.filter(|_| holds) else { continue };
            let found = users::find(&self.0.db, users::By::Id(user_id)).await?;
            able.extend(found.filter(|(user, _)| user.may_sign_in(self.now())).map(|_| user_id));
        }
        Ok(able)
    }

    /// Where an active person may be written to. Nobody sets the own address: it comes from an administrator, an
    /// invitation or an identity provider.
    pub async fn address_of(&self, user_id: i64) -> Result<Option<String>> {
        let found = users::find(&self.0.db, users::By::Id(user_id)).await?;
        let user = found.map(|(user, _)| user).filter(|u| u.may_sign_in(self.now()));
        Ok(user.and_then(|u| u.email))
    }

    /// Active people whose role gives every one of these permissions, read inside `tx`: name and role.
    pub async fn people_who_may(&self, tx: &mut Tx, permissions: &[&str]) -> Result<Vec<(String, Role)>> {
        let people = users::acting(tx, self.now()).await?.into_iter();
        let able = people.filter(|u| permissions.iter().all(|p| u.grants().has(p)));
        Ok(able.map(|u| (u.username, u.role)).collect())
    }

    /// The account of this name; 404 `User not found`.
    pub async fn user_by_name(&self, username: &str) -> Result<User> {
        let found = users::find(&self.0.db, users::By::Name(username)).await?;
        Ok(found.ok_or_else(|| AppError::not_found("User not found"))?.0)
    }

    /// The account a path names by number or uid; 404 `User not found`.
    pub(crate) async fn user_by_id(&self, text: &str) -> Result<User> {
        let by = match (text.parse::<i64>(), text.parse()) {
            (Ok(id), _) => users::By::Id(id),
            (_, Ok(uid)) => users::By::Uid(uid),
            _ => return Err(AppError::not_found("User not found")),
        };
        Ok(users::find(&self.0.db, by).await?.ok_or_else(|| AppError::not_found("User not found"))?.0)
    }

    /// Accounts, newest first.
    pub async fn users(&self, limit: i64, offset: i64) -> Result<Vec<User>> {
        Ok(users::list(&self.0.db, limit, offset).await?)
    }

    pub async fn user_count(&self) -> Result<i64> {
        Ok(users::count(&self.0.db).await?)
    }

    /// Sessions open now, for self-observation.
    pub async fn open_sessions(&self) -> Result<i64> {
        Ok(sessions::open(&self.0.db, self.now()).await?)
    }
}

impl Authority {
    /// 403 for a role above one's own.
    pub(super) fn may_give(&self, role: Role) -> Result<()> {
        if role == Role::Owner {
            return self.over_owners();
        }
        if role > self.role {
            return Err(AppError::forbidden(format!("Only {role} and above may give the role {role}")).code("role_too_low"));
        }
        Ok(())
    }

    /// Whether `old` may become `new`, as far as roles go. Owners may always edit themselves without changing rights.
    fn may_change(&self, old: &User, new: &User, rights: bool) -> Result<()> {
        if self.user_id == Some(old.id) && !rights {
            return Ok(());
        }
        if old.role == Role::Owner || new.role == Role::Owner {
            return self.over_owners();
        }
        self.may_give(old.role.max(new.role))
    }
}

/// The account as it will be.
fn applied(old: &User, wanted: &UserChange) -> Result<User> {
    let mut new = old.clone();
    if let Some(name) = &wanted.display_name {
        user::check_display_name(name)?;
        new.display_name.clone_from(name);
    }
    if let Some(email) = &wanted.email {
        if let Some(email) = email {
            user::check_email(email)?;
        }
        new.email_verified &= *email == old.email;
        new.email.clone_from(email);
    }
    if let Some(nodes) = &wanted.allowed_node_ids {
        user::check_node_ids(nodes.as_deref().unwrap_or_default())?;
        new.allowed_node_ids.clone_from(nodes);
    }
    new.role = wanted.role.unwrap_or(old.role);
    new.is_temporary = wanted.is_temporary.unwrap_or(old.is_temporary);
    new.expires_at = wanted.expires_at.unwrap_or(old.expires_at);
    new.is_active = wanted.is_active.unwrap_or(old.is_active);
    // A password that somebody else set is as good as a new one unless that is said.
    new.must_change_password = wanted.must_change_password.unwrap_or(old.must_change_password && wanted.password.is_none());
    Ok(new)
}

fn describe(old: &User, new: &User, password: bool) -> String {
    let mut parts = Vec::new();
    if old.role != new.role {
        parts.push(format!("role {} -> {}", old.role, new.role));
    }
    if old.is_active != new.is_active {
        parts.push(if new.is_active { "enabled".to_owned() } else { "disabled".to_owned() });
    }
    if password {
        parts.push("password".to_owned());
    }
    let what = if parts.is_empty() { "details".to_owned() } else { parts.join(", ") };
    format!("User {} changed: {what}", new.username)
}

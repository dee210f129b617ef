//! Making, rotating and ending API keys. A key never gets more than its maker has.

use argos_audit::{Category, Entry};
use argos_events::{NewEvent, Source};
use argos_kernel::{AppError, Result, Role, Secret, Timestamp, Uid};
use serde_json::json;

use super::{Authority, OrganizationAccess};
use crate::model::api_key::{self, ApiKey};
use crate::model::permission::{Grants, OrgRole};
use crate::model::scope;
use crate::service::Identity;
use crate::store::api_keys;

/// A key to be made.
#[derive(Clone)]
pub struct NewApiKey {
    pub name: String,
    /// `None` = the instance owns it.
    pub owner_id: Option<i64>,
    pub organization_id: Option<i64>,
    pub role_cap: Role,
    pub scopes: Vec<String>,
    pub expires_at: Option<Timestamp>,
    /// Which view makes it: `quality`, `ops`, `power`, `cli`.
    pub origin: &'static str,
}

fn key_hash_text(key: &str) -> String {
    argos_kernel::hex(&api_key::hash(key))
}

impl Identity {
    /// Makes a key; its text is returned this once.
    pub async fn create_key(&self, by: &Authority, new: NewApiKey) -> Result<(ApiKey, Secret<String>)> {
        let name = api_key::check_name(&new.name)?.to_owned();
        self.check_scopes(&new.scopes)?;
        if new.role_cap > by.role {
            return Err(AppError::forbidden("A key cannot have a role above your own").code("role_too_low"));
        }
        self.insert_key(by, NewApiKey { name, ..new }, None).await
    }

    fn check_scopes(&self, scopes: &[String]) -> Result<()> {
        let implies = self.policy().write_implies_execute;
        if scopes.is_empty() || scopes.len() > 100 {
            return Err(AppError::bad_request("scopes must hold 1-100 entries").with("field", "scopes"));
        }
        match scopes.iter().find(|s| scope::expand(s, implies).is_none()) {
            Some(bad) => Err(AppError::bad_request(format!("Invalid scope: {bad}")).code("invalid_scope").with("field", "scopes")),
            None => Ok(()),
        }
    }

    /// 403 unless the caller holds, on the instance or in this organization, what each scope stands for.
    pub(crate) fn may_hand_out(&self, access: &OrganizationAccess, cx: &argos_web::OpCx, scopes: &[String]) -> Result<()> {
        let implies = self.policy().write_implies_execute;
        for word in scopes {
            let wanted = match word.as_str() {
                "admin" => Grants::of_org_role(OrgRole::Admin),
                other => scope::expand(other, implies).unwrap_or(Grants::EMPTY),
            };
            if let Some(missing) = wanted.names().into_iter().find(|name| !cx.has(name) && !access.has(name)) {
                let text = format!("You cannot grant the scope {word}: {missing} is not yours");
                return Err(AppError::forbidden(text).code("scope_too_wide").with("scope", word.as_str()));
            }
        }
        Ok(())
    }

    async fn insert_key(&self, by: &Authority, new: NewApiKey, rotated: Option<(&ApiKey, Timestamp)>) -> Result<(ApiKey, Secret<String>)> {
        let (text, now) = (api_key::new_key(&*self.0.rng), self.now());
        let mut change = self.0.audit.begin(&by.actor).await?;
        let row = api_keys::NewKey {
            uid: self.mint(),
            name: &new.name,
            key_hash: key_hash_text(text.reveal()),
            key_prefix: api_key::prefix_of(text.reveal()),
            owner_id: new.owner_id,
            organization_id: new.organization_id,
            role_cap: new.role_cap,
            scopes: &new.scopes,
            node_ids: None,
            created_by: &by.actor.name,
            created_at: now,
            expires_at: new.expires_at,
            rotated_from: rotated.map(|(old, _)| old.id),
            origin: new.origin,
        };
        let id = api_keys::insert(&mut change, row).await?;
        if let Some((old, ends_at)) = rotated {
            // Of two who rotate it at once, or of one who ends it meanwhile, the first one counts.
            if !api_keys::replace(&mut change, old.id, ends_at).await? {
                return Err(already_revoked());
            }
            self.evict_on_commit(&mut change);
        }
        let verb = if rotated.is_some() { "rotate" } else { "create" };
        let mut entry = Entry::new(format!("api_key.{verb}"), Category::Security)
            .alias(if rotated.is_some() { "api_key_rotate" } else { "api_key_create" })
            .target("api_key", &new.name)
            .describe(format!("API key {} {verb}d", new.name))
            .after(json!({ "name": new.name, "role": new.role_cap, "scopes": new.scopes, "origin": new.origin }));
        if let Some(organization) = new.organization_id {
            entry = entry.organization(organization);
        }
        change.commit(entry).await?;
        let key = api_keys::find(&self.0.db, api_keys::By::Id(id)).await?.ok_or_else(key_not_found)?;
        Ok((key, text))
    }

    /// Ends a key now; 400 when it has ended.
    pub async fn revoke_key(&self, by: &Authority, key: &ApiKey) -> Result<()> {
        let mut change = self.0.audit.begin(&by.actor).await?;
        if key.revoked_at.is_some() || !api_keys::revoke(&mut change, key.id, self.now()).await? {
            return Err(already_revoked());
        }
        self.evict_on_commit(&mut change);
        let entry = Entry::new("api_key.revoke", Category::Security)
            .alias("api_key_delete")
            .target("api_key", &key.name)
            .describe(format!("API key {} revoked", key.name));
        change.commit(entry).await
    }

    /// A new key in the place of an old one, which ends after `grace_s`. Whoever rotates a key learns its text, so it has to
    /// be theirs or the instance's, and not above them.
    pub(crate) async fn rotate_key(&self, by: &Authority, old: &ApiKey, grace_s: i64) -> Result<(ApiKey, Secret<String>)> {
        let now = self.now();
        if old.role_cap > by.role {
            return Err(AppError::forbidden("A key cannot have a role above your own").code("role_too_low"));
        }
        if old.owner_id.is_some() && old.owner_id != by.user_id {
            return Err(AppError::forbidden("Only the owner of a key may rotate it").code("not_key_owner"));
        }
        if !old.is_active(now) {
            return Err(already_revoked());
        }
        let name: String = format!("{} (rotated)", old.name).chars().take(100).collect();
        let origin = match old.origin.as_str() {
            "ops" => "ops",
            "power" => "power",
            "cli" => "cli",
            _ => "quality",
        };
        let new = NewApiKey {
            name,
            owner_id: old.owner_id,
            organization_id: old.organization_id,
            role_cap: old.role_cap,
            scopes: old.scopes.clone(),
            expires_at: old.expires_at,
            origin,
        };
        self.insert_key(by, new, Some((old, now.plus_secs(grace_s)))).await
    }

    /// Keys of the two origins that are not revoked, newest first.
    pub(crate) async fn keys_of(&self, origin: &str, or: &str) -> Result<Vec<ApiKey>> {
        Ok(api_keys::of_origins(&self.0.db, origin, or, self.now()).await?)
    }

    /// Keys of an organization, newest first.
    pub(crate) async fn organization_keys(&self, organization_id: i64, include_revoked: bool) -> Result<Vec<ApiKey>> {
        Ok(api_keys::of_organization(&self.0.db, organization_id, include_revoked, self.now()).await?)
    }

    /// The key of this organization a path names; 404 otherwise.
    pub(crate) async fn organization_key(&self, organization_id: i64, uid: &str) -> Result<ApiKey> {
        let uid: Uid = uid.parse().map_err(|_| key_not_found())?;
        let key = api_keys::find(&self.0.db, api_keys::By::Uid(uid)).await?;
        key.filter(|k| k.organization_id == Some(organization_id)).ok_or_else(key_not_found)
    }

    /// The instance's key with this short id or uid; 404 otherwise.
    pub(crate) async fn instance_key(&self, id: &str) -> Result<ApiKey> {
        let by = id.parse::<Uid>().map_or(api_keys::By::Short(id), api_keys::By::Uid);
        let key = api_keys::find(&self.0.db, by).await?;
        key.filter(|k| k.organization_id.is_none()).ok_or_else(key_not_found)
    }

    /// Every key ever made, for the command line.
    pub async fn every_key(&self) -> Result<Vec<ApiKey>> {
        Ok(api_keys::every(&self.0.db).await?)
    }

    /// Announces keys that end within a day or seven, each time once whichever process looks.
    pub async fn warn_of_expiring_keys(&self) -> Result<()> {
        let now = self.now();
        // The nearer one first: who hears that it ends within a day need not hear of seven.
        for days in [1_i64, 7] {
            for key in api_keys::expiring(&self.0.db, now, days).await? {
                let text = if days == 1 { "within a day".to_owned() } else { format!("in {days} days") };
                let event = NewEvent::new(Source::Platform, "api_key.expiring", format!("API key {} ends {text}", key.name))
                    .subject("api_key", key.uid, key.name.as_str())
                    .data(json!({ "name": key.name, "expires_at": key.expires_at.map(Timestamp::rfc3339), "days": days }));
                let mut tx = self.0.db.begin().await?;
                if api_keys::warned(&mut tx, key.id, days).await? {
                    self.0.events.publish(&mut tx, event).await?;
                    tx.commit().await?;
                }
            }
        }
        Ok(())
    }

    /// Writes what keys were used for since the last call. Runs every minute.
    pub(crate) async fn write_key_uses(&self) -> Result<()> {
        let now = self.now();
        for (id, requests) in self.0.cache.take_uses() {
            // 0 is the built-in key, which has no row.
            if id > 0 {
                api_keys::note_use(&self.0.db, id, now, requests).await?;
            }
        }
        Ok(())
    }
}

fn already_revoked() -> AppError {
    AppError::bad_request("Key is already revoked").code("already_revoked")
}

fn key_not_found() -> AppError {
    AppError::not_found("API key not found")
}

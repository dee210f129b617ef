//! What goes with a user or an organization, told before either is deleted. It reads and changes nothing.

use argos_kernel::{Result, Timestamp, Uid};
use argos_web::{Caller, Consequence};

use crate::service::Identity;
use crate::store::{api_keys, members, organizations, passkeys, projects, tool_accounts, users};

/// An account somebody connected at another tool, without its tokens.
#[derive(Clone, Debug)]
pub struct KeptAccount {
    pub platform: String,
    /// As the tool calls it.
    pub name: Option<String>,
    pub connected_at: Timestamp,
    /// When its token ends, where the tool says so.
    pub expires_at: Option<Timestamp>,
    /// It is renewed by itself.
    pub renews: bool,
}

impl Identity {
    /// The accounts a person connected.
    pub async fn kept_accounts(&self, user_id: i64) -> Result<Vec<KeptAccount>> {
        let kept = tool_accounts::of_user(&self.0.db, user_id).await?.into_iter().map(|a| KeptAccount {
            platform: a.platform,
            name: a.account_name,
            connected_at: a.connected_at,
            expires_at: a.token_expires_at,
            renews: a.refresh_at.is_some(),
        });
        Ok(kept.collect())
    }

    /// What a user takes along: none when there is no such user.
    pub async fn consequences_of_user(&self, uid: Uid) -> Result<Vec<Consequence>> {
        let (db, now) = (&self.0.db, self.now());
        let Some((user, _)) = users::find(db, users::By::Uid(uid)).await? else { return Ok(Vec::new()) };
        let keys = api_keys::of_owner(db, user.id).await?;
        let live = keys.into_iter().filter(|k| k.revoked_at.is_none_or(|at| at > now) && k.expires_at.is_none_or(|at| at > now));
        let mut organizations: Vec<i64> = members::standing_of(db, user.id).await?.into_iter().map(|s| s.organization_id).collect();
        organizations.sort_unstable();
        organizations.dedup();
        let found = [
            Consequence::counted("sessions", self.live_sessions(Some(user.id)).await?.len()),
            Consequence::named("api_keys", live.map(|k| k.name)),
            Consequence::counted("passkeys", passkeys::list(db, user.id).await?.len()),
            Consequence::counted("memberships", organizations.len()),
            Consequence::named("tool_accounts", tool_accounts::of_user(db, user.id).await?.into_iter().map(|a| a.platform)),
        ];
        Ok(found.into_iter().flatten().collect())
    }

    /// What an organization takes along; none for a caller who may not delete it, so that nobody counts another's.
    pub async fn consequences_of_organization(&self, caller: &Caller, uid: Uid) -> Result<Vec<Consequence>> {
        let own = caller.memberships.iter().find(|m| m.organization_uid == uid);
        if !own.is_some_and(|m| m.grants.has("org:delete")) {
            return Ok(Vec::new());
        }
        let db = &self.0.db;
        let Some(org) = organizations::find(db, organizations::By::Uid(uid)).await? else { return Ok(Vec::new()) };
        let people = members::list(db, org.id).await?;
        let found = [
            Consequence::counted("members", people.len()),
            Consequence::named("projects", projects::of_organization(db, org.id, None).await?.into_iter().map(|p| p.fields.name)),
            Consequence::named("api_keys", api_keys::of_organization(db, org.id, false, self.now()).await?.into_iter().map(|k| k.name)),
        ];
        Ok(found.into_iter().flatten().collect())
    }
}

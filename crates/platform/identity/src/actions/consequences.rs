//! What goes with a user or an organization, told before either is deleted. It reads and changes nothing.

use argos_kernel::{Result, Uid};
use argos_web::{Caller, Consequence};

use crate::service::Identity;
use crate::store::{api_keys, members, organizations, passkeys, projects, tool_accounts, users};

impl Identity {
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

//! Listing and ending sessions, and the one-time tokens of sockets and streams.

use argos_audit::{Category, Entry};
use argos_kernel::{AppError, Result, Role, Secret, Timestamp, Uid, hex};
use argos_web::OpCx;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Authority, user_event};
use crate::model::session::Session;
use crate::model::user::User;
use crate::service::Identity;
use crate::store::{ephemeral, sessions, users};

/// The place a socket token is sealed for.
const WS_AAD: &str = "ephemeral.data_enc:ws_token";

/// On whose behalf a socket token speaks.
#[derive(Serialize, Deserialize)]
pub(crate) struct WsGrant {
    pub(crate) session_uid: Option<Uid>,
    pub(crate) api_key_id: Option<i64>,
}

impl Identity {
    /// Live sessions with the name and role of their user; those past their idle limit are not live.
    pub(crate) async fn live_sessions(&self, user_id: Option<i64>) -> Result<Vec<(Session, String, Role)>> {
        let (now, lifetimes) = (self.now(), self.policy().lifetimes);
        let mut list = sessions::list(&self.0.db, user_id, now).await?;
        list.retain(|(s, _, _)| s.ends_at(&lifetimes) > now);
        Ok(list)
    }

    /// When somebody was last seen; `None` = never, as far as sessions are kept.
    pub(crate) async fn last_active_at(&self, user_id: i64) -> Result<Option<Timestamp>> {
        Ok(sessions::last_seen(&self.0.db, user_id).await?)
    }

    /// The addresses that live sessions of a user come from.
    pub async fn session_addresses(&self, user_id: i64) -> Result<Vec<std::net::IpAddr>> {
        let live = self.live_sessions(Some(user_id)).await?;
        Ok(live.iter().filter_map(|(session, _, _)| session.client_ip.as_deref()?.parse().ok()).collect())
    }

    /// The addresses that anybody's live sessions come from.
    pub async fn signed_in_addresses(&self) -> Result<std::collections::BTreeSet<std::net::IpAddr>> {
        let live = self.live_sessions(None).await?;
        Ok(live.iter().filter_map(|(session, _, _)| session.client_ip.as_deref()?.parse().ok()).collect())
    }

    /// Signs out: the session of this request ends. Nothing happens without one.
    pub(crate) async fn logout(&self, cx: &OpCx) -> Result<()> {
        let Some(session_id) = cx.caller.session_id else { return Ok(()) };
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        if !sessions::revoke(&mut change, session_id, self.now(), "logout").await? {
            return Ok(());
        }
        self.evict_on_commit(&mut change);
        let entry = Entry::new("auth.logout", Category::Auth).alias("logout").target("user", &cx.caller.username);
        change.commit(entry).await
    }

    /// Ends the sessions whose token starts with these characters; false when there are none.
    pub(crate) async fn revoke_by_prefix(&self, cx: &OpCx, prefix: &str) -> Result<bool> {
        let prefix: String = prefix.trim().trim_end_matches('…').trim_end_matches("...").chars().take(8).collect();
        if prefix.len() < 8 {
            return Err(AppError::bad_request("prefix must have at least 8 characters").with("field", "prefix"));
        }
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        let ended = sessions::revoke_prefix(&mut change, &prefix, self.now(), "revoked by an administrator").await?;
        if ended == 0 {
            return Ok(false);
        }
        self.evict_on_commit(&mut change);
        let entry = Entry::new("session.revoke", Category::Security).alias("session_revoke").target("session", &prefix);
        change.commit(entry.describe(format!("Session {prefix}… ended"))).await?;
        Ok(true)
    }

    /// Ends one session by its public id: one's own, or anybody's with `users:manage`.
    pub(crate) async fn revoke_session(&self, cx: &OpCx, uid: Uid) -> Result<()> {
        let of = if cx.has("users:manage") { None } else { Some(cx.user_id()?) };
        let list = self.live_sessions(of).await?;
        let (session, username, _) =
            list.into_iter().find(|(s, _, _)| s.uid == uid).ok_or_else(|| AppError::not_found("Session not found"))?;
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        sessions::revoke(&mut change, session.id, self.now(), "revoked").await?;
        self.evict_on_commit(&mut change);
        let entry = Entry::new("session.revoke", Category::Security).alias("session_revoke").target("session", uid);
        change.commit(entry.describe(format!("A session of {username} ended"))).await
    }

    /// Ends the sessions of a user but `except`; how many it were.
    pub(crate) async fn revoke_all(&self, by: &Authority, user: &User, except: Option<i64>) -> Result<u64> {
        let mut change = self.0.audit.begin(&by.actor).await?;
        users::lock(&mut change, users::By::Id(user.id)).await?;
        let ended = sessions::revoke_user(&mut change, user.id, except, self.now(), "all sessions ended").await?;
        self.evict_on_commit(&mut change);
        let event = user_event("security.session_revoked", format!("{ended} sessions of {} ended", user.username), user, &by.actor);
        self.0.events.publish(&mut change, event.data(json!({ "username": user.username, "sessions": ended }))).await?;
        let entry = Entry::new("session.revoke", Category::Security).alias("session_revoke_all").target("user", &user.username);
        change.commit(entry.after(json!({ "sessions": ended }))).await?;
        Ok(ended)
    }

    /// A token that opens one socket or stream within 30 s as the caller of this request.
    pub(crate) async fn new_ws_token(&self, cx: &OpCx) -> Result<Secret<String>> {
        let token = format!("ws_{}", hex(&self.0.rng.bytes::<24>()));
        let grant = WsGrant { session_uid: cx.caller.session_uid, api_key_id: cx.caller.api_key_id.filter(|id| *id > 0) };
        // Keys of the environment and tokens of other issuers have no row that such a token could stand for.
        if grant.session_uid.is_none() && grant.api_key_id.is_none() {
            return Err(AppError::forbidden("User session required").code("user_session_required"));
        }
        let data = serde_json::to_vec(&grant).map_err(AppError::internal)?;
        let sealed = self.0.vault.seal(WS_AAD, &data)?;
        ephemeral::insert(&self.0.db, ephemeral::Kind::WsToken, &self.token_hash_text(&token), &sealed, self.now()).await?;
        Ok(Secret::new(token))
    }

    /// Uses a socket token up; `None` when it is unknown, used or too old.
    pub(crate) async fn take_ws_token(&self, token: &str) -> Result<Option<WsGrant>> {
        let mut tx = self.0.db.begin().await?;
        let hash = self.token_hash_text(token);
        let Some(sealed) = ephemeral::take(&mut tx, ephemeral::Kind::WsToken, &hash, self.now()).await? else { return Ok(None) };
        tx.commit().await?;
        let data = self.0.vault.open(WS_AAD, &sealed)?;
        serde_json::from_slice(data.reveal()).map(Some).map_err(AppError::internal)
    }

    /// Accounts whose time is over stay as inactive rows without sessions. Runs every minute.
    pub(crate) async fn close_expired_accounts(&self) -> Result<()> {
        let now = self.now();
        for user in users::expired(&self.0.db, now).await? {
            let actor = argos_kernel::Actor::system();
            let mut change = self.0.audit.begin(&actor).await?;
            // Another replica may have closed it, or somebody prolonged it.
            let found = users::lock(&mut change, users::By::Id(user.id)).await?;
            let due = |user: &User| user.is_active && user.expires_at.is_some_and(|at| at <= now);
            let Some((user, _)) = found.filter(|(user, _)| due(user)) else { continue };
            let closed = User { is_active: false, ..user };
            users::update(&mut change, &closed, now).await?;
            sessions::revoke_user(&mut change, closed.id, None, now, "account expired").await?;
            self.evict_on_commit(&mut change);
            let event = user_event("auth.user_changed", format!("The account {} expired", closed.username), &closed, &actor);
            self.0.events.publish(&mut change, event.data(json!({ "username": closed.username, "change": "expired" }))).await?;
            change.commit(Entry::new("user.expire", Category::Security).target("user", &closed.username)).await?;
        }
        Ok(())
    }
}

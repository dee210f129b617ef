//! The device flow (RFC 8628): a device asks, a person approves in a browser, the device fetches its tokens.

use argos_audit::{Category, Entry};
use argos_kernel::{AppError, Result, hex};
use argos_web::OpCx;
use serde_json::json;

use super::TokenPair;
use crate::model::{constant_time, device_code};
use crate::service::Identity;
use crate::store::device_grants::{self, Grant, Status};
use crate::store::users;

/// What a device is told.
pub(crate) struct DeviceCode {
    pub(crate) device_code: String,
    pub(crate) user_code: String,
}

/// A grant that waits for a person.
pub(crate) struct Pending {
    pub(crate) user_code: String,
    pub(crate) client_id: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) client_ip: Option<String>,
    pub(crate) expires_in_s: i64,
    /// What a decision made with a cookie has to send back.
    pub(crate) csrf_token: String,
}

/// How often a user code that is taken is drawn again.
const DRAWS_MAX: u32 = 5;

impl Identity {
    pub(crate) async fn device_authorize(&self, cx: &OpCx, client_id: &str, scope: &str) -> Result<DeviceCode> {
        if !device_code::client_id_fits(client_id) {
            return Err(oauth("invalid_client", "client_id must be 1-64 characters"));
        }
        let scopes = device_code::parse_scopes(scope).map_err(|bad| oauth("invalid_scope", &format!("unknown scope {bad}")))?;
        if scopes.is_empty() {
            return Err(oauth("invalid_scope", "scope is empty"));
        }
        let (now, ip) = (self.now(), cx.client_ip_text());
        let device = device_code::new_device_code(&*self.0.rng);
        for _ in 0..DRAWS_MAX {
            let user_code = device_code::new_user_code(&*self.0.rng);
            let new = device_grants::NewGrant {
                uid: self.mint(),
                device_code_hash: self.token_hash_text(&device),
                user_code: &user_code,
                client_id,
                scopes: &scopes,
                client_ip: ip.as_deref(),
                poll_interval_s: device_code::POLL_INTERVAL_S,
                now,
                expires_at: now.plus_secs(device_code::LIFETIME_S),
            };
            match device_grants::insert(&self.0.db, new).await {
                Ok(()) => return Ok(DeviceCode { device_code: device, user_code }),
                Err(error) if error.is_unique("device_grants.user_code") => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(AppError::unavailable("No free user code, please try again"))
    }

    /// The tokens of an approved grant, once.
    pub(crate) async fn device_token(&self, cx: &OpCx, device_code: &str, client_id: &str) -> Result<TokenPair> {
        let now = self.now();
        let found = device_grants::by_device_code(&self.0.db, &self.token_hash_text(device_code)).await?;
        let grant = found.ok_or_else(|| oauth("invalid_grant", "the device code is not known"))?;
        if grant.client_id != client_id {
            return Err(oauth("invalid_client", "the device code belongs to another client"));
        }
        if grant.status == Status::Exchanged {
            return Err(oauth("invalid_grant", "the device code was used"));
        }
        if grant.expires_at <= now {
            return Err(oauth("expired_token", "the device code expired"));
        }
        if grant.status == Status::Denied {
            return Err(oauth("access_denied", "the request was denied"));
        }
        self.pace(&grant).await?;
        let (Status::Approved, Some(user_id)) = (grant.status, grant.user_id) else {
            return Err(oauth("authorization_pending", "nobody approved the request yet"));
        };
        let found = users::find(&self.0.db, users::By::Id(user_id)).await?;
        let (user, _) = found.filter(|(u, _)| u.may_sign_in(now)).ok_or_else(|| oauth("access_denied", "the account is closed"))?;
        let mut change = self.0.audit.begin(&self.actor_of(cx, &user)).await?;
        self.hold(&mut change, &user).await.map_err(|_| oauth("access_denied", "the account was changed"))?;
        if !device_grants::exchange(&mut change, grant.id).await? {
            return Err(oauth("invalid_grant", "the device code was used"));
        }
        let pair = self.open_device_pair(&mut change, cx, &user, &grant.scopes).await?;
        let entry = Entry::new("auth.device_token", Category::Auth)
            .target("user", &user.username)
            .describe(format!("{} signed in as {}", grant.client_id, user.username))
            .after(json!({ "client_id": grant.client_id, "scopes": grant.scopes }));
        change.commit(entry).await?;
        Ok(pair)
    }

    /// A device that asks too often is told so, and has to wait longer from then on.
    async fn pace(&self, grant: &Grant) -> Result<()> {
        let now = self.now();
        let hasty = grant.last_polled_at.is_some_and(|at| now.secs_since(at) < grant.poll_interval_s);
        let interval_s = grant.poll_interval_s + if hasty { device_code::POLL_INTERVAL_S } else { 0 };
        device_grants::note_poll(&self.0.db, grant.id, now, interval_s).await?;
        if hasty { Err(oauth("slow_down", "polled too often").with("interval", interval_s)) } else { Ok(()) }
    }

    /// The grant behind a typed code, for the person who decides.
    pub(crate) async fn device_pending(&self, cx: &OpCx, typed: &str) -> Result<Pending> {
        let grant = self.device_grant(cx, typed).await?;
        Ok(Pending {
            csrf_token: self.device_csrf(cx, &grant),
            expires_in_s: grant.expires_at.secs_since(self.now()),
            user_code: grant.user_code,
            client_id: grant.client_id,
            scopes: grant.scopes,
            client_ip: grant.client_ip,
        })
    }

    /// Approves or denies. `csrf` is asked for when the decision comes with a cookie.
    pub(crate) async fn device_decide(&self, cx: &OpCx, typed: &str, approve: bool, csrf: Option<&str>) -> Result<()> {
        let user_id = cx.user_id()?;
        self.require_unscoped(cx).await?;
        let grant = self.device_grant(cx, typed).await?;
        let expected = self.device_csrf(cx, &grant);
        let by_cookie = cx.caller.credential == argos_kernel::CredentialKind::Cookie;
        if by_cookie && !csrf.is_some_and(|sent| constant_time::equal(sent.as_bytes(), expected.as_bytes())) {
            return Err(AppError::forbidden("CSRF token missing or wrong").code("csrf_failed"));
        }
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        if !device_grants::decide(&mut change, grant.id, user_id, approve).await? {
            return Err(AppError::not_found("Device code not found"));
        }
        let action = if approve { "auth.device_approve" } else { "auth.device_deny" };
        let entry = Entry::new(action, Category::Security)
            .target("device", &grant.client_id)
            .after(json!({ "client_id": grant.client_id, "scopes": grant.scopes, "device_ip": grant.client_ip }));
        change.commit(entry).await
    }

    /// A grant nobody decided about. Guessing is slow: five wrong codes lock the address for a quarter of an hour.
    async fn device_grant(&self, cx: &OpCx, typed: &str) -> Result<Grant> {
        let (now, ip) = (self.now(), cx.counted_network());
        if let Some(left) = ip.as_deref().and_then(|ip| self.0.device_codes.blocked_s(ip, now)) {
            return Err(AppError::rate_limited("Too many wrong codes. Try again later.", left));
        }
        let found = match device_code::normal_user_code(typed) {
            Some(code) => device_grants::by_user_code(&self.0.db, &code).await?,
            None => None,
        };
        let Some(grant) = found.filter(|g| g.status == Status::Pending) else {
            if let Some(ip) = ip {
                self.0.device_codes.note(&ip, now);
            }
            return Err(AppError::not_found("Device code not found").code("device_code_not_found"));
        };
        if grant.expires_at <= now {
            return Err(AppError::bad_request("Device code expired").code("device_code_expired"));
        }
        Ok(grant)
    }

    /// Belongs to one session and one grant, which is decided about once.
    fn device_csrf(&self, cx: &OpCx, grant: &Grant) -> String {
        let session = cx.caller.session_uid.map(|uid| uid.to_string()).unwrap_or_default();
        hex(&self.token_hash(&format!("device-approval:{}:{session}", grant.uid))[..16])
    }
}

/// An error in the words of RFC 6749 and RFC 8628.
pub(crate) fn oauth(code: &'static str, description: &str) -> AppError {
    AppError::bad_request(code)
        .code(code)
        .with("detail", json!({ "error": code, "error_description": description }))
        .with("error_description", description)
}

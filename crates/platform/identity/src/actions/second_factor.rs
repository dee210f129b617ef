//! Enrolling, proving and removing the second factor: one-time codes and recovery codes (platform spec 1.5, 3.9).

use argos_audit::{Category, Entry};
use argos_kernel::{AppError, Result};
use argos_store::Tx;
use argos_web::OpCx;
use serde_json::json;

use super::limits::Refused;
use super::{Authority, user_event};
use crate::model::limiter::Family;
use crate::model::password::Verdict;
use crate::model::user::{User, UserSecrets};
use crate::model::{recovery, totp};
use crate::service::Identity;
use crate::store::{passkeys, sessions, users};

/// A typed second factor that fits, not yet spent.
pub(crate) enum Proof {
    /// The time step of an accepted code.
    Step(i64),
    /// The sealed recovery set before and after burning one code.
    Recovery { old: String, new: String },
}

/// What an enrolment shows once.
pub(crate) struct Enrolment {
    pub(crate) secret: String,
    pub(crate) uri: String,
    pub(crate) recovery_codes: Vec<String>,
}

fn secret_aad(user: &User) -> String {
    format!("users.totp_secret_enc:{}", user.uid)
}

fn recovery_aad(user: &User) -> String {
    format!("users.recovery_enc:{}", user.uid)
}

fn wrong_code() -> AppError {
    AppError::unauthenticated("invalid code").code("invalid_code")
}

fn already_enabled() -> AppError {
    AppError::conflict("2FA is already enabled").code("totp_enabled")
}

fn not_enabled() -> AppError {
    AppError::conflict("2FA is not enabled").code("totp_not_enabled")
}

impl Identity {
    /// The step of a right, unused code.
    pub(crate) fn judge_code(&self, user: &User, secrets: &UserSecrets, typed: &str) -> Result<Option<Proof>> {
        let Some(sealed) = &secrets.totp_secret_enc else { return Ok(None) };
        let secret = self.0.vault.open(&secret_aad(user), sealed)?;
        Ok(totp::accept(secret.reveal(), typed, self.now(), secrets.totp_last_step).map(Proof::Step))
    }

    /// A code or a recovery code.
    fn judge_any(&self, user: &User, secrets: &UserSecrets, typed: &str) -> Result<Option<Proof>> {
        if totp::parse_code(typed).is_some() {
            return self.judge_code(user, secrets, typed);
        }
        let codes = self.recovery_codes(user, secrets)?;
        recovery::burn(&codes, typed).map(|rest| self.recovery_proof(user, secrets, &rest)).transpose()
    }

    /// The codes that are left.
    pub(crate) fn recovery_codes(&self, user: &User, secrets: &UserSecrets) -> Result<Vec<String>> {
        let Some(sealed) = &secrets.recovery_enc else { return Ok(Vec::new()) };
        let plain = self.0.vault.open(&recovery_aad(user), sealed)?;
        serde_json::from_slice(plain.reveal()).map_err(AppError::internal)
    }

    fn seal_recovery(&self, user: &User, codes: &[String]) -> Result<String> {
        let plain = serde_json::to_vec(codes).map_err(AppError::internal)?;
        self.0.vault.seal(&recovery_aad(user), &plain)
    }

    pub(crate) fn recovery_proof(&self, user: &User, secrets: &UserSecrets, rest: &[String]) -> Result<Proof> {
        let old = secrets.recovery_enc.clone().unwrap_or_default();
        Ok(Proof::Recovery { old, new: self.seal_recovery(user, rest)? })
    }

    /// Uses a proof up; false when somebody else was faster.
    pub(crate) async fn spend(&self, tx: &mut Tx, user: &User, proof: Proof) -> Result<bool> {
        Ok(match proof {
            Proof::Step(step) => users::use_step(tx, user.id, step).await?,
            Proof::Recovery { old, new } => users::swap_recovery(tx, user.id, &old, &new).await?,
        })
    }

    /// Hands out a secret and recovery codes; a second call before the first code overwrites them.
    pub(crate) async fn totp_setup(&self, cx: &OpCx) -> Result<Enrolment> {
        self.require_unscoped(cx).await?;
        let (user, _) = self.account(cx.user_id()?).await?;
        if user.has_2fa() {
            return Err(already_enabled());
        }
        let secret = totp::generate(&*self.0.rng);
        let recovery_codes = recovery::generate(&*self.0.rng);
        let bytes = totp::decode_secret(&secret).unwrap_or_default();
        let sealed = self.0.vault.seal(&secret_aad(&user), &bytes)?;
        let sealed_codes = self.seal_recovery(&user, &recovery_codes)?;
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        if !users::pend_totp(&mut change, user.id, &sealed, &sealed_codes, self.now()).await? {
            return Err(already_enabled());
        }
        let entry = Entry::new("auth.mfa_setup", Category::Auth).alias("totp_setup").target("user", &user.username);
        change.commit(entry).await?;
        let uri = totp::provisioning_uri(&self.policy().totp_issuer, &user.username, &secret);
        Ok(Enrolment { secret, uri, recovery_codes })
    }

    /// Turns the pending enrolment on with its first code. `secret`, when given, must be the pending one.
    pub(crate) async fn totp_activate(&self, cx: &OpCx, family: Family, secret: Option<&str>, code: &str) -> Result<()> {
        let (user, secrets) = self.account(cx.user_id()?).await?;
        let _place = self.gate(cx, family, Some(user.id)).await?;
        if user.has_2fa() {
            return Err(already_enabled());
        }
        let Some(sealed) = &secrets.totp_secret_enc else {
            return Err(AppError::bad_request("no pending setup").code("no_pending_setup"));
        };
        let pending = self.0.vault.open(&secret_aad(&user), sealed)?;
        let same = secret.is_none_or(|s| totp::decode_secret(s).is_some_and(|s| s == *pending.reveal()));
        let step = totp::accept(pending.reveal(), code, self.now(), None).filter(|_| same);
        let Some(step) = step else {
            self.refuse(cx, refusal(&user, "/api/auth/totp/activate", "totp_activate_failed")).await?;
            return Err(match family {
                Family::Ops => AppError::bad_request("Invalid TOTP code").code("invalid_code"),
                _ => wrong_code(),
            });
        };
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        if !users::enable_totp(&mut change, user.id, step, self.now()).await? {
            return Err(already_enabled());
        }
        if let Some(session_id) = cx.caller.session_id {
            sessions::unlock(&mut change, session_id).await?;
        }
        let now = self.now();
        sessions::revoke_user(&mut change, user.id, cx.caller.session_id, now, "second factor enabled").await?;
        self.evict_on_commit(&mut change);
        let event = user_event("auth.user_changed", format!("{} turned two-factor sign-in on", user.username), &user, &cx.actor());
        self.0.events.publish(&mut change, event.data(json!({ "username": user.username, "change": "totp_enabled" }))).await?;
        change.commit(Entry::new("auth.mfa_enable", Category::Security).alias("totp_enabled").target("user", &user.username)).await
    }

    /// Own removal with password and code.
    pub(crate) async fn totp_disable_proved(&self, cx: &OpCx, password: &str, code: &str) -> Result<()> {
        let (user, secrets) = self.account(cx.user_id()?).await?;
        let _place = self.gate(cx, Family::Edge, Some(user.id)).await?;
        if !user.has_2fa() {
            return Err(not_enabled());
        }
        let verdict = self.0.hasher.verify(password, secrets.password_hash.clone()).await?;
        let proof = self.judge_any(&user, &secrets, code)?;
        if verdict == Verdict::Wrong || proof.is_none() {
            self.refuse(cx, refusal(&user, "/api/auth/totp/disable", "totp_disable_failed")).await?;
            return Err(AppError::unauthenticated("invalid password or code").code("invalid_credentials"));
        }
        self.remove_totp(&Authority::of(cx), &user).await
    }

    /// Removal without a proof: by an administrator for somebody, by oneself after a step-up, or by the command line.
    pub async fn totp_disable_for(&self, by: &Authority, username: &str) -> Result<()> {
        let found = users::find(&self.0.db, users::By::Name(username)).await?;
        let (user, _) = found.ok_or_else(|| AppError::not_found("User not found"))?;
        if user.role == argos_kernel::Role::Owner && by.user_id != Some(user.id) {
            by.over_owners()?;
        }
        by.proved()?;
        self.remove_totp(by, &user).await
    }

    async fn remove_totp(&self, by: &Authority, user: &User) -> Result<()> {
        let own = by.user_id == Some(user.id);
        let mut change = self.0.audit.begin(&by.actor).await?;
        // Two factors removed at once must not leave none.
        users::lock(&mut change, users::By::Id(user.id)).await?;
        // A passkey is a second factor as well.
        if own && self.policy().require_2fa && passkeys::list_in(&mut change, user.id).await?.is_empty() {
            return Err(AppError::conflict("Two-factor sign-in is required here").code("totp_required"));
        }
        if !users::disable_totp(&mut change, user.id, self.now()).await? {
            return Err(not_enabled());
        }
        let except = by.session_id.filter(|_| own);
        sessions::revoke_user(&mut change, user.id, except, self.now(), "second factor disabled").await?;
        self.evict_on_commit(&mut change);
        let event = user_event("auth.user_changed", format!("Two-factor sign-in of {} was turned off", user.username), user, &by.actor);
        self.0.events.publish(&mut change, event.data(json!({ "username": user.username, "change": "totp_disabled" }))).await?;
        change.commit(Entry::new("auth.mfa_disable", Category::Security).alias("totp_disabled").target("user", &user.username)).await
    }

    /// A new set of recovery codes against the password; the old set is dead.
    pub(crate) async fn regenerate_recovery(&self, cx: &OpCx, password: &str) -> Result<Vec<String>> {
        let (user, secrets) = self.account(cx.user_id()?).await?;
        let _place = self.gate(cx, Family::Edge, None).await?;
        if !user.has_2fa() {
            return Err(not_enabled());
        }
        if secrets.password_hash.is_none() {
            return Err(AppError::bad_request("this account has no password").code("no_password"));
        }
        if self.0.hasher.verify(password, secrets.password_hash).await? == Verdict::Wrong {
            let refused = Refused {
                username: &user.username,
                route: "/api/auth/totp/recovery/regenerate",
                code_of: None,
                alias: "recovery_codes_refused",
            };
            self.refuse(cx, refused).await?;
            return Err(AppError::unauthenticated("invalid password").code("invalid_credentials"));
        }
        let codes = recovery::generate(&*self.0.rng);
        let sealed = self.seal_recovery(&user, &codes)?;
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        self.hold(&mut change, &user).await?;
        users::set_recovery(&mut change, user.id, &sealed, self.now()).await?;
        let entry =
            Entry::new("auth.mfa_recovery_codes", Category::Security).alias("recovery_codes_regenerated").target("user", &user.username);
        change.commit(entry).await?;
        Ok(codes)
    }

    /// Proves the signed-in user again; the stamp lasts ten minutes.
    pub(crate) async fn step_up(&self, cx: &OpCx, password: Option<&str>, code: Option<&str>) -> Result<()> {
        let (user, secrets) = self.account(cx.user_id()?).await?;
        let session_id = cx.caller.session_id.ok_or_else(|| AppError::forbidden("User session required").code("user_session_required"))?;
        let _place = self.gate(cx, Family::Edge, code.map(|_| user.id)).await?;
        let mut proof = None;
        let right = match (password, code) {
            (Some(password), _) => self.0.hasher.verify(password, secrets.password_hash.clone()).await? != Verdict::Wrong,
            (None, Some(code)) if user.has_2fa() => {
                proof = self.judge_any(&user, &secrets, code)?;
                proof.is_some()
            }
            (None, Some(_)) => return Err(not_enabled()),
            (None, None) => return Err(AppError::bad_request("password or code is required").with("field", "password")),
        };
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        let spent = match proof {
            Some(proof) => self.spend(&mut change, &user, proof).await?,
            None => right,
        };
        if !spent {
            drop(change);
            let code_of = (password.is_none()).then_some(user.id);
            self.refuse(cx, Refused { username: &user.username, route: "/api/auth/step-up", code_of, alias: "step_up_failed" }).await?;
            return Err(super::invalid_credentials());
        }
        sessions::step_up(&mut change, session_id, self.now()).await?;
        self.evict_on_commit(&mut change);
        change.commit(Entry::new("auth.step_up", Category::Security).target("user", &user.username)).await
    }
}

fn refusal<'a>(user: &'a User, route: &'static str, alias: &'static str) -> Refused<'a> {
    Refused { username: &user.username, route, code_of: Some(user.id), alias }
}

//! Signing in with a password: ban, user or dummy hash, password, active, second factor, session - in this order,
//! with the same text and time for every failure (platform spec 1.4).

use std::sync::atomic::Ordering;

use argos_audit::{Category, Entry, Mutation};
use argos_kernel::{AppError, Result, Secret, Uid};
use argos_web::OpCx;
use serde_json::json;

use super::limits::Refused;
use super::{invalid_credentials, user_event};
use crate::model::limiter::Family;
use crate::model::password::Verdict;
use crate::model::session::{self, SessionKind};
use crate::model::user::{User, UserSecrets};
use crate::service::Identity;
use crate::store::{passkeys, sessions, users};

/// Sessions of everybody together.
pub(crate) const SESSIONS_MAX: i64 = 10_000;

/// One try to sign in.
pub(crate) struct LoginRequest<'a> {
    pub(crate) family: Family,
    pub(crate) route: &'static str,
    pub(crate) kind: SessionKind,
    pub(crate) username: Option<&'a str>,
    /// A verified address, where the route takes one instead of the name.
    pub(crate) email: Option<&'a str>,
    pub(crate) password: &'a str,
    pub(crate) code: Option<&'a str>,
}

/// How a session came to be.
#[derive(Clone, Copy)]
pub(crate) struct How {
    pub(crate) kind: SessionKind,
    pub(crate) route: &'static str,
    /// `password`, `totp`, `recovery`.
    pub(crate) methods: &'static [&'static str],
}

/// A session that was just opened. The token is shown once.
pub(crate) struct SignedIn {
    pub(crate) user: User,
    /// The public id of the session.
    pub(crate) uid: Uid,
    pub(crate) token: Secret<String>,
    pub(crate) csrf: String,
    /// Seconds until the session ends whatever happens.
    pub(crate) lifetime_s: i64,
    /// It may only set up a second factor.
    pub(crate) setup_only: bool,
}

pub(crate) enum LoginOutcome {
    SignedIn(Box<SignedIn>),
    /// The password was right; the challenge takes the code.
    CodeWanted {
        username: String,
        challenge_id: String,
        /// What may follow: `totp`, `recovery`, `passkey`.
        methods: Vec<&'static str>,
    },
}

impl Identity {
    pub(crate) async fn login(&self, cx: &OpCx, request: LoginRequest<'_>) -> Result<LoginOutcome> {
        let _place = self.gate(cx, request.family, None).await?;
        let typed = request.username.or(request.email).unwrap_or_default();
        self.delay(typed).await?;
        let found = match (request.username, request.email) {
            (Some(name), _) => users::find(&self.0.db, users::By::Name(name)).await?,
            (None, Some(email)) => users::find(&self.0.db, users::By::Email(email)).await?,
            (None, None) => None,
        };
        let stored = found.as_ref().and_then(|(_, secrets)| secrets.password_hash.clone());
        let verdict = self.0.hasher.verify(request.password, stored).await?;
        let refused = Refused { username: typed, route: request.route, code_of: None, alias: "failed_login" };
        let directorys = found.as_ref().is_none_or(|(user, _)| user.created_via == "ldap" && !user.has_password);
        let admitted = match found.filter(|_| verdict != Verdict::Wrong) {
            None if directorys => self.by_directory(cx, typed, request.password).await?,
            admitted => admitted,
        };
        let Some((user, secrets)) = admitted else {
            self.refuse(cx, refused).await?;
            return Err(invalid_credentials());
        };
        if !user.may_sign_in(self.now()) {
            self.refuse(cx, refused).await?;
            return Err(match (request.family, user.is_active) {
                (Family::Nodes, false) => AppError::unauthenticated("Account is disabled").code("account_disabled"),
                (Family::Nodes, true) => AppError::unauthenticated("Account has expired").code("account_expired"),
                _ => invalid_credentials(),
            });
        }
        let rehash = if verdict == Verdict::RightButOld { Some(self.0.hasher.hash(request.password).await?) } else { None };
        let by_passkey = !passkeys::list(&self.0.db, user.id).await?.is_empty();
        // A passkey alone becomes the second step only where there has to be one.
        let second_step = user.has_2fa() || (by_passkey && self.policy().require_2fa);
        if !second_step {
            let mut change = self.0.audit.begin(&self.actor_of(cx, &user)).await?;
            self.hold(&mut change, &user).await?;
            self.upgrade_hash(&mut change, &user, &secrets, rehash).await?;
            let how = How { kind: request.kind, route: request.route, methods: &["password"] };
            let opened = self.open_session(&mut change, cx, &user, how).await?;
            return self.finish_login(change, opened, "login").await;
        }
        match request.code.map(str::trim).filter(|c| !c.is_empty()) {
            None => {
                let mut methods = if user.has_2fa() { vec!["totp", "recovery"] } else { Vec::new() };
                methods.extend(by_passkey.then_some("passkey"));
                self.challenge(cx, user, &secrets, rehash, &request, methods).await
            }
            Some(code) => self.login_with_code(cx, user, &secrets, rehash, &request, code).await,
        }
    }

    /// The password was right and a code is missing.
    async fn challenge(
        &self,
        cx: &OpCx,
        user: User,
        secrets: &UserSecrets,
        rehash: Option<String>,
        request: &LoginRequest<'_>,
        methods: Vec<&'static str>,
    ) -> Result<LoginOutcome> {
        let challenge_id = self.new_challenge(&user).await?;
        let mut change = self.0.audit.begin(&self.actor_of(cx, &user)).await?;
        self.upgrade_hash(&mut change, &user, secrets, rehash).await?;
        self.note_success(&mut change, cx, &user.username, request.route, "password").await?;
        let entry = Entry::new("auth.totp_challenge", Category::Auth)
            .alias("login_totp_challenge")
            .target("user", &user.username)
            .describe(format!("{} has to give a second factor", user.username));
        change.commit(entry).await?;
        Ok(LoginOutcome::CodeWanted { username: user.username, challenge_id, methods })
    }

    /// Password and code in one request, as the ops and nodes routes take them.
    async fn login_with_code(
        &self,
        cx: &OpCx,
        user: User,
        secrets: &UserSecrets,
        rehash: Option<String>,
        request: &LoginRequest<'_>,
        code: &str,
    ) -> Result<LoginOutcome> {
        self.gate_code(cx, request.family, user.id).await?;
        let proof = self.judge_code(&user, secrets, code)?;
        let mut change = self.0.audit.begin(&self.actor_of(cx, &user)).await?;
        self.hold(&mut change, &user).await?;
        let spent = match proof {
            Some(proof) => self.spend(&mut change, &user, proof).await?,
            None => false,
        };
        if !spent {
            drop(change);
            let refused = Refused { username: &user.username, route: request.route, code_of: Some(user.id), alias: "failed_login" };
            self.refuse(cx, refused).await?;
            return Err(AppError::unauthenticated("Invalid 2FA code").code("invalid_code"));
        }
        self.upgrade_hash(&mut change, &user, secrets, rehash).await?;
        let how = How { kind: request.kind, route: request.route, methods: &["password", "totp"] };
        let opened = self.open_session(&mut change, cx, &user, how).await?;
        self.finish_login(change, opened, "totp_login_success").await
    }

    async fn upgrade_hash(&self, change: &mut Mutation, user: &User, secrets: &UserSecrets, new: Option<String>) -> Result<()> {
        if let (Some(old), Some(new)) = (&secrets.password_hash, new) {
            users::rehash(change, user.id, old, &new).await?;
        }
        Ok(())
    }

    /// Writes a new session with a fresh token; the oldest beyond the caps go.
    pub(crate) async fn open_session(&self, change: &mut Mutation, cx: &OpCx, user: &User, how: How) -> Result<SignedIn> {
        let (now, policy) = (self.now(), self.policy());
        let token = session::new_token(&*self.0.rng);
        let uid = self.mint();
        let lifetime_s = policy.lifetimes.absolute_s(how.kind);
        // Other providers ask for a second factor themselves.
        let by_password = how.methods.first() == Some(&"password");
        let setup_only = by_password && how.methods.len() == 1 && policy.require_2fa && !user.has_2fa();
        let methods: Vec<String> = how.methods.iter().map(|m| (*m).to_owned()).collect();
        let ip = cx.client_ip_text();
        let agent = cx.client.user_agent.as_deref().map(session::cut_user_agent);
        let row = sessions::NewSession {
            uid,
            user_id: user.id,
            kind: how.kind,
            token_hash: self.token_hash_text(token.reveal()),
            prefix: session::prefix_of(token.reveal()),
            auth_methods: &methods,
            setup_only,
            client_ip: ip.as_deref(),
            xff_chain: cx.client.xff_chain.as_deref(),
            user_agent: agent.as_deref(),
            now,
            expires_at: now.plus_secs(lifetime_s),
            family: None,
            scopes: None,
            stepped_up: true,
        };
        sessions::insert(change, row).await?;
        if sessions::trim(change, user.id, policy.sessions_per_user, SESSIONS_MAX).await? > 0 {
            self.evict_on_commit(change);
        }
        users::note_sign_in(change, user.id, now).await?;
        let kind = if methods.len() > 1 { "totp" } else { "password" };
        self.note_success(change, cx, &user.username, how.route, kind).await?;
        Ok(SignedIn { user: user.clone(), uid, token, csrf: self.csrf_token(uid), lifetime_s, setup_only })
    }

    /// Records the sign-in and makes it durable.
    pub(crate) async fn finish_login(&self, mut change: Mutation, opened: SignedIn, alias: &str) -> Result<LoginOutcome> {
        let actor = change.actor().clone();
        let facts = json!({ "username": opened.user.username, "ip": actor.ip, "user_agent": actor.user_agent });
        let event = user_event("auth.login", format!("{} signed in", opened.user.username), &opened.user, &actor).data(facts.clone());
        self.0.events.publish(&mut change, event).await?;
        let entry = Entry::new("auth.login", Category::Auth)
            .alias(alias)
            .target("user", &opened.user.username)
            .describe(format!("{} signed in", opened.user.username))
            .after(facts);
        change.commit(entry).await?;
        self.remove_first_run_file().await;
        Ok(LoginOutcome::SignedIn(Box::new(opened)))
    }

    /// The file of the first run has served its purpose once somebody signed in.
    async fn remove_first_run_file(&self) {
        if !self.0.first_run_file.swap(false, Ordering::Relaxed) {
            return;
        }
        let path = self.first_run_path();
        match tokio::fs::remove_file(&path).await {
            Ok(()) => tracing::info!("the file of the first-run password was removed"),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => tracing::warn!(%error, "the file of the first-run password could not be removed"),
        }
    }

    /// The caller of a login route as records name it: the user, from this address.
    pub(crate) fn actor_of(&self, cx: &OpCx, user: &User) -> argos_kernel::Actor {
        argos_kernel::Actor { id: Some(user.id), name: user.username.clone(), role: Some(user.role), ..cx.actor() }
    }
}

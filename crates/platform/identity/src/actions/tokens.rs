//! Signed tokens: handing out a pair, exchanging a refresh token, ending a family whose token was used twice
//! (platform spec 1.6).

use argos_audit::{Category, Entry, Mutation, Status};
use argos_events::{NewEvent, Source};
use argos_kernel::{AppError, CredentialKind, Result, Secret, Severity, Uid, hex};
use argos_web::OpCx;
use serde_json::json;

use super::login::{SESSIONS_MAX, SignedIn};
use crate::model::jwt::{Parts, TokenType};
use crate::model::session::{self, Session, SessionKind};
use crate::model::user::User;
use crate::service::Identity;
use crate::store::{sessions, users};

/// The mark of a token that came from a device grant.
const DEVICE: &str = "device";

/// An access token and what renews it. Shown once.
pub(crate) struct TokenPair {
    pub(crate) access: Secret<String>,
    pub(crate) refresh: Secret<String>,
    pub(crate) expires_in_s: i64,
    pub(crate) scopes: Option<Vec<String>>,
}

/// What every token of a family has in common.
struct Line<'a> {
    family: Uid,
    methods: &'a [String],
    scopes: Option<&'a [String]>,
    setup_only: bool,
    stepped_up: bool,
}

impl Identity {
    /// Adds a pair of tokens to a session that was just opened; they end with it.
    pub(crate) async fn add_tokens(&self, cx: &OpCx, opened: &SignedIn) -> Result<TokenPair> {
        let mut change = self.0.audit.begin(&self.actor_of(cx, &opened.user)).await?;
        self.hold(&mut change, &opened.user).await?;
        let family = self.mint();
        sessions::join_family(&mut change, opened.uid, family).await?;
        let methods = ["password".to_owned()];
        let line = Line { family, methods: &methods, scopes: None, setup_only: opened.setup_only, stepped_up: true };
        let pair = self.open_pair(&mut change, cx, &opened.user, &line).await?;
        change.commit(Entry::new("auth.token_issue", Category::Auth).target("user", &opened.user.username)).await?;
        Ok(pair)
    }

    /// The first pair of an approved device.
    pub(crate) async fn open_device_pair(&self, change: &mut Mutation, cx: &OpCx, user: &User, scopes: &[String]) -> Result<TokenPair> {
        let methods = [DEVICE.to_owned()];
        let line = Line { family: self.mint(), methods: &methods, scopes: Some(scopes), setup_only: false, stepped_up: false };
        self.open_pair(change, cx, user, &line).await
    }

    /// A new access token for a refresh token. The refresh token is replaced; a device keeps its own unless
    /// `auth.device_refresh_rotation`. `device_only` refuses the tokens of people.
    pub(crate) async fn refresh(&self, cx: &OpCx, token: &str, device_only: bool) -> Result<TokenPair> {
        let now = self.now();
        let claims = self.0.signer.verify(token, TokenType::Refresh, now).ok_or_else(invalid_grant)?;
        let hash = self.token_hash_text(token);
        let Some(session) = sessions::by_hash(&self.0.db, &hash, now).await?.filter(|s| s.kind == SessionKind::JwtRefresh) else {
            // We signed it and it is not over: it was exchanged before, or its family was ended.
            self.end_family(cx, claims.fam, claims.sub).await?;
            return Err(invalid_grant());
        };
        let device = session.auth_methods.iter().any(|m| m == DEVICE);
        if device_only && !device {
            return Err(invalid_grant());
        }
        let found = users::find(&self.0.db, users::By::Id(session.user_id)).await?;
        let (user, _) = found.filter(|(user, _)| user.may_sign_in(now)).ok_or_else(invalid_grant)?;
        let keep = device && !self.policy().device_refresh_rotation;
        let mut change = self.0.audit.begin(&self.actor_of(cx, &user)).await?;
        self.hold(&mut change, &user).await.map_err(|_| invalid_grant())?;
        // A logout that came first counts.
        if keep && !sessions::renew(&mut change, session.id, now).await? {
            return Err(invalid_grant());
        }
        if !keep && !sessions::retire(&mut change, session.id, now).await? {
            drop(change);
            self.end_family(cx, claims.fam, claims.sub).await?;
            return Err(invalid_grant());
        }
        let line = Line {
            family: session.family.unwrap_or(claims.fam),
            methods: &session.auth_methods,
            scopes: session.scopes.as_deref(),
            setup_only: session.setup_only,
            stepped_up: false,
        };
        let pair = if keep {
            let (access, expires_in_s) = self.open_token(&mut change, cx, &user, &line, TokenType::Access).await?;
            TokenPair { access, refresh: Secret::new(token.to_owned()), expires_in_s, scopes: session.scopes.clone() }
        } else {
            self.open_pair(&mut change, cx, &user, &line).await?
        };
        change.commit(Entry::new("auth.token_refresh", Category::Auth).target("user", &user.username)).await?;
        Ok(pair)
    }

    /// The session of a presented access token.
    pub(crate) async fn session_of_jwt(&self, token: &str) -> Result<Option<Session>> {
        let now = self.now();
        if self.0.signer.verify(token, TokenType::Access, now).is_none() {
            return Ok(None);
        }
        let found = sessions::by_hash(&self.0.db, &self.token_hash_text(token), now).await?;
        Ok(found.filter(|s| s.kind == SessionKind::JwtAccess))
    }

    /// 403 for a token that was limited to scopes: it may not change how its user signs in, nor hand its rights on.
    pub(crate) async fn require_unscoped(&self, cx: &OpCx) -> Result<()> {
        if cx.caller.credential != CredentialKind::Jwt {
            return Ok(());
        }
        // Tokens of foreign issuers have no session here and are always limited.
        let session = match cx.caller.session_uid {
            Some(uid) => sessions::by_uid(&self.0.db, uid, self.now()).await?,
            None => None,
        };
        match session {
            Some(session) if session.scopes.is_none() => Ok(()),
            _ => Err(AppError::forbidden("A token limited to scopes may not do this").code("scope_too_narrow")),
        }
    }

    async fn open_pair(&self, change: &mut Mutation, cx: &OpCx, user: &User, line: &Line<'_>) -> Result<TokenPair> {
        let (refresh, _) = self.open_token(change, cx, user, line, TokenType::Refresh).await?;
        let (access, expires_in_s) = self.open_token(change, cx, user, line, TokenType::Access).await?;
        if sessions::trim(change, user.id, self.policy().sessions_per_user, SESSIONS_MAX).await? > 0 {
            self.evict_on_commit(change);
        }
        Ok(TokenPair { access, refresh, expires_in_s, scopes: line.scopes.map(<[String]>::to_vec) })
    }

    /// One signed token and the seconds it lives.
    async fn open_token(
        &self,
        change: &mut Mutation,
        cx: &OpCx,
        user: &User,
        line: &Line<'_>,
        kind: TokenType,
    ) -> Result<(Secret<String>, i64)> {
        let (now, uid) = (self.now(), self.mint());
        let row_kind = if kind == TokenType::Access { SessionKind::JwtAccess } else { SessionKind::JwtRefresh };
        let lifetime_s = self.policy().lifetimes.absolute_s(row_kind);
        let expires_at = now.plus_secs(lifetime_s);
        let parts = Parts { user: user.uid, session: uid, family: line.family, kind, issued_at: now, expires_at, scopes: line.scopes };
        let token = Secret::new(self.0.signer.sign(&parts).map_err(AppError::internal)?);
        let hash = self.token_hash(token.reveal());
        let ip = cx.client_ip_text();
        let agent = cx.client.user_agent.as_deref().map(session::cut_user_agent);
        let row = sessions::NewSession {
            uid,
            user_id: user.id,
            kind: row_kind,
            token_hash: hex(&hash),
            // Every signed token starts alike, so that the list shows the start of its hash.
            prefix: hex(&hash[..4]),
            auth_methods: line.methods,
            setup_only: line.setup_only,
            client_ip: ip.as_deref(),
            xff_chain: cx.client.xff_chain.as_deref(),
            user_agent: agent.as_deref(),
            now,
            expires_at,
            family: Some(line.family),
            scopes: line.scopes,
            stepped_up: line.stepped_up && kind == TokenType::Access,
        };
        sessions::insert(change, row).await?;
        Ok((token, lifetime_s))
    }

    /// A refresh token came a second time: one of the two who hold it is a thief.
    async fn end_family(&self, cx: &OpCx, family: Uid, user: Uid) -> Result<()> {
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        users::lock(&mut change, users::By::Uid(user)).await?;
        let ended = sessions::revoke_family(&mut change, family, self.now(), "refresh token used twice").await?;
        if ended == 0 {
            return Ok(());
        }
        self.evict_on_commit(&mut change);
        let event = NewEvent::new(Source::Platform, "security.session_revoked", "A refresh token was used twice; its tokens were ended")
            .severity(Severity::Warning)
            .subject("user", user, user.to_string())
            .data(json!({ "user": user, "sessions": ended }));
        self.0.events.publish(&mut change, event).await?;
        let entry = Entry::new("auth.token_reuse", Category::Security)
            .target("user", user)
            .describe("A refresh token was used twice; its tokens were ended")
            .after(json!({ "sessions": ended }))
            .status(Status::Failure)
            .severity(Severity::Warning);
        change.commit(entry).await
    }
}

fn invalid_grant() -> AppError {
    AppError::unauthenticated("The refresh token is not valid").code("invalid_grant")
}

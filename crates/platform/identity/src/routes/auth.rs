//! Browser sign-in: `/api/auth/login`, its second step, logout, who am I, and which sign-in methods there are.

use argos_kernel::{AppError, Result, Role};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::refuse_cross_site;
use crate::actions::{LoginOutcome, LoginRequest, SignedIn};
use crate::model::limiter::Family;
use crate::model::session::SessionKind;
use crate::service::Identity;

pub(super) fn routes(identity: &Identity) -> Routes<Identity> {
    Routes::new(identity.clone())
        .post("/api/auth/login", "auth.login", "Sign in with a password.", login)
        .body::<LoginBody>()
        .reply::<LoginReply>()
        .post("/api/auth/totp/verify", "auth.verify_totp", "Finish signing in with a code.", verify)
        .body::<VerifyBody>()
        .reply::<LoginReply>()
        .post("/api/auth/totp/recovery", "auth.use_recovery_code", "Finish signing in with a recovery code.", recover)
        .body::<RecoveryBody>()
        .reply::<LoginReply>()
        .post("/api/auth/logout", "auth.logout", "End this session.", logout)
        .get("/api/auth/me", "auth.get_me", "Who is signed in.", me)
        .reply::<LoginReply>()
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LoginBody {
    username: String,
    password: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct VerifyBody {
    challenge_id: String,
    code: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RecoveryBody {
    challenge_id: String,
    recovery_code: String,
}

/// A finished sign-in, or what is still missing for it.
#[derive(Default, Serialize, JsonSchema)]
pub(super) struct LoginReply {
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requires_totp: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    challenge_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    methods: Option<Vec<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_codes_remaining: Option<usize>,
    /// Only the second factor can be set up with this session.
    #[serde(skip_serializing_if = "Option::is_none")]
    requires_2fa_setup: Option<bool>,
}

impl LoginReply {
    pub(super) fn of(opened: &SignedIn) -> Self {
        Self {
            username: Some(opened.user.username.clone()),
            role: Some(opened.user.role),
            requires_2fa_setup: opened.setup_only.then_some(true),
            ..Self::default()
        }
    }
}

fn required(fields: &[(&str, &str)]) -> Result<()> {
    match fields.iter().find(|(_, value)| value.trim().is_empty()) {
        Some((name, _)) => Err(AppError::bad_request(format!("{name} is required")).code("invalid_field").with("field", *name)),
        None => Ok(()),
    }
}

async fn login(identity: Identity, mut req: Req) -> Result<Reply> {
    refuse_cross_site(&req)?;
    let body: LoginBody = req.json().await?;
    required(&[("username", &body.username), ("password", &body.password)])?;
    let request = LoginRequest {
        family: Family::Edge,
        route: "/api/auth/login",
        kind: SessionKind::Web,
        username: Some(&body.username),
        email: None,
        password: &body.password,
        code: None,
    };
    match identity.login(req.cx(), request).await? {
        LoginOutcome::SignedIn(opened) => Ok(identity.set_cookies(req.cx(), Reply::json(&LoginReply::of(&opened)), &opened)),
        LoginOutcome::CodeWanted { challenge_id, methods, .. } => Ok(Reply::json(&LoginReply {
            requires_totp: Some(true),
            challenge_id: Some(challenge_id),
            methods: Some(methods),
            ..LoginReply::default()
        })),
    }
}

async fn verify(identity: Identity, mut req: Req) -> Result<Reply> {
    refuse_cross_site(&req)?;
    let body: VerifyBody = req.json().await?;
    required(&[("challenge_id", &body.challenge_id), ("code", &body.code)])?;
    let opened = identity.verify_challenge(req.cx(), &body.challenge_id, &body.code).await?;
    Ok(identity.set_cookies(req.cx(), Reply::json(&LoginReply::of(&opened)), &opened))
}

async fn recover(identity: Identity, mut req: Req) -> Result<Reply> {
    refuse_cross_site(&req)?;
    let body: RecoveryBody = req.json().await?;
    required(&[("challenge_id", &body.challenge_id), ("recovery_code", &body.recovery_code)])?;
    let (opened, left) = identity.recover_challenge(req.cx(), &body.challenge_id, &body.recovery_code).await?;
    let view = LoginReply { recovery_codes_remaining: Some(left), ..LoginReply::of(&opened) };
    Ok(identity.set_cookies(req.cx(), Reply::json(&view), &opened))
}

async fn logout(identity: Identity, req: Req) -> Result<Reply> {
    identity.logout(req.cx()).await?;
    Ok(identity.clear_cookies(req.cx(), Reply::no_content()))
}

async fn me(_: Identity, req: Req) -> Result<Reply> {
    let caller = &req.cx().caller;
    let view = LoginReply { username: Some(caller.username.clone()), role: caller.role, ..LoginReply::default() };
    Ok(Reply::json(&view))
}

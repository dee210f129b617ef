//! Sign-in for header tokens: `/api/login`, `/api/logout` and one-time socket tokens.

use argos_kernel::{AppError, Result};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{StatusOk, refuse_cross_site};
use crate::actions::{LoginOutcome, LoginRequest};
use crate::model::limiter::Family;
use crate::model::session::SessionKind;
use crate::service::Identity;

pub(super) fn routes(identity: &Identity) -> Routes<Identity> {
    Routes::new(identity.clone())
        .post("/api/login", "auth.login_token", "Sign in and get a token.", login)
        .body::<LoginBody>()
        .reply::<TokenView>()
        .post("/api/logout", "auth.logout_token", "End the session of the token.", logout)
        .reply::<StatusOk>()
        .post("/api/ws-token", "auth.create_ws_token", "A one-time token for a socket or stream.", ws_token)
        .reply::<WsTokenView>()
}

#[derive(Deserialize, JsonSchema)]
struct LoginBody {
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: String,
    totp_code: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct TokenView {
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    /// An owner shows as `admin`.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    username: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    requires_2fa: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requires_2fa_setup: Option<bool>,
}

#[derive(Serialize, JsonSchema)]
struct WsTokenView {
    token: String,
    /// Seconds.
    expires_in: u32,
}

async fn login(identity: Identity, mut req: Req) -> Result<Reply> {
    refuse_cross_site(&req)?;
    let body: LoginBody = req.json().await?;
    let request = LoginRequest {
        family: Family::Ops,
        route: "/api/login",
        kind: SessionKind::Token,
        username: Some(&body.username),
        email: None,
        password: &body.password,
        code: body.totp_code.as_deref(),
    };
    let outcome = identity.login(req.cx(), request).await.map_err(in_ops_words)?;
    Ok(Reply::json(&match outcome {
        LoginOutcome::SignedIn(opened) => TokenView {
            token: Some(opened.token.reveal().clone()),
            role: Some(opened.user.role.ops_word()),
            username: opened.user.username.clone(),
            requires_2fa: None,
            requires_2fa_setup: opened.setup_only.then_some(true),
        },
        LoginOutcome::CodeWanted { username, .. } => {
            TokenView { token: None, role: None, username, requires_2fa: Some(true), requires_2fa_setup: None }
        }
    }))
}

fn in_ops_words(error: AppError) -> AppError {
    if error.code_str() == "invalid_credentials" {
        return AppError::unauthenticated("Invalid credentials").code("invalid_credentials");
    }
    error
}

/// Works without a credential too; a foreign page cannot sign anybody out.
async fn logout(identity: Identity, req: Req) -> Result<Reply> {
    refuse_cross_site(&req)?;
    identity.logout(req.cx()).await?;
    Ok(identity.clear_cookies(req.cx(), Reply::json(&StatusOk::OK)))
}

async fn ws_token(identity: Identity, req: Req) -> Result<Reply> {
    let token = identity.new_ws_token(req.cx()).await?;
    Ok(Reply::json(&WsTokenView { token: token.into_inner(), expires_in: 30 }))
}

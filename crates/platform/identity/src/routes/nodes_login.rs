//! Sign-in of the nodes routes: an envelope with `success`, a form variant, logout and who am I.

use argos_kernel::{AppError, ErrorKind, Result};
use argos_web::{Query, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::node_users::UserInfo;
use super::refuse_cross_site;
use crate::actions::{LoginOutcome, LoginRequest, SignedIn};
use crate::model::limiter::Family;
use crate::model::session::SessionKind;
use crate::service::Identity;

pub(super) fn routes(identity: &Identity) -> Routes<Identity> {
    Routes::new(identity.clone())
        .post("/api/v1/auth/login", "auth.login_session", "Sign in; answers an envelope and cookies.", login)
        .body::<LoginBody>()
        .reply::<LoginView>()
        .post("/api/v1/auth/login-form", "auth.login_form", "Sign in from a plain HTML form.", login_form)
        .post("/api/v1/auth/logout", "auth.logout_session", "End this session.", logout)
}

#[derive(Deserialize, JsonSchema)]
struct LoginBody {
    username: Option<String>,
    email: Option<String>,
    #[serde(default)]
    password: String,
    totp: Option<String>,
    totp_code: Option<String>,
    /// Also answer the token, for clients that send it in a header.
    #[serde(default)]
    tokens: bool,
}

#[derive(Serialize, JsonSchema)]
struct LoginView {
    success: bool,
    csrf_token: String,
    user: UserInfo,
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    /// Seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requires_2fa_setup: Option<bool>,
}

const USERNAME_BYTES_MAX: usize = 64;
const EMAIL_BYTES_MAX: usize = 254;
const PASSWORD_BYTES_MAX: usize = 128;

/// The failure envelope around any error.
fn enveloped(error: AppError) -> AppError {
    let error = match error.code_str() {
        "invalid_credentials" => AppError::unauthenticated("Invalid credentials").code("invalid_credentials"),
        _ => error,
    };
    error.with("success", false).with("csrf_token", Value::Null).with("user", Value::Null)
}

async fn try_login(identity: &Identity, req: &Req, body: &LoginBody, route: &'static str) -> Result<Box<SignedIn>> {
    refuse_cross_site(req)?;
    let too_long = |text: &Option<String>, max| text.as_ref().is_some_and(|t| t.len() > max);
    if too_long(&body.username, USERNAME_BYTES_MAX) || too_long(&body.email, EMAIL_BYTES_MAX) || body.password.len() > PASSWORD_BYTES_MAX {
        return Err(AppError::bad_request("Invalid credentials").code("invalid_field"));
    }
    let request = LoginRequest {
        family: Family::Nodes,
        route,
        kind: SessionKind::Token,
        username: body.username.as_deref(),
        email: body.email.as_deref(),
        password: &body.password,
        code: body.totp.as_deref().or(body.totp_code.as_deref()),
    };
    match identity.login(req.cx(), request).await? {
        LoginOutcome::SignedIn(opened) => Ok(opened),
        LoginOutcome::CodeWanted { challenge_id, .. } => Err(AppError::unauthenticated("2FA code required")
            .code("totp_required")
            .with("requires_totp", true)
            .with("challenge_id", challenge_id)),
    }
}

async fn login(identity: Identity, mut req: Req) -> Result<Reply> {
    let body: LoginBody = req.json().await.map_err(enveloped)?;
    let opened = try_login(&identity, &req, &body, "/api/v1/auth/login").await.map_err(enveloped)?;
    let pair = match body.tokens || body.email.is_some() {
        true => Some(identity.add_tokens(req.cx(), &opened).await?),
        false => None,
    };
    let view = LoginView {
        success: true,
        csrf_token: opened.csrf.clone(),
        user: UserInfo::of(&opened.user),
        error: None,
        token_type: pair.as_ref().map(|_| "Bearer"),
        expires_in: pair.as_ref().map(|p| p.expires_in_s),
        access_token: pair.as_ref().map(|p| p.access.reveal().clone()),
        refresh_token: pair.as_ref().map(|p| p.refresh.reveal().clone()),
        requires_2fa_setup: opened.setup_only.then_some(true),
    };
    Ok(identity.set_cookies(req.cx(), Reply::json(&view), &opened))
}

async fn login_form(identity: Identity, mut req: Req) -> Result<Reply> {
    let raw = req.bytes().await?;
    let form = Query::parse(Some(&String::from_utf8_lossy(&raw)));
    let text = |name: &str| form.text(name).map(str::to_owned);
    let body = LoginBody {
        username: text("username"),
        email: None,
        password: text("password").unwrap_or_default(),
        totp: text("totp"),
        totp_code: text("totp_code"),
        tokens: false,
    };
    match try_login(&identity, &req, &body, "/api/v1/auth/login-form").await {
        Ok(opened) => {
            let next = form.text("next").or_else(|| req.query().text("next")).filter(|n| is_local_path(n));
            let reply = Reply::redirect(303, next.unwrap_or("/dashboard"));
            Ok(identity.set_cookies(req.cx(), reply, &opened))
        }
        Err(error) => {
            let word = match error.kind() {
                ErrorKind::RateLimited => "rate_limited",
                ErrorKind::Unauthenticated if error.code_str() == "totp_required" => "totp",
                ErrorKind::Unauthenticated | ErrorKind::BadRequest | ErrorKind::Forbidden => "invalid",
                _ => "internal",
            };
            if word == "internal" {
                tracing::error!(error = ?error, "a form login failed");
            }
            Ok(Reply::redirect(303, &format!("/login?error={word}")))
        }
    }
}

/// A path on this host: browsers read `//x` and `/\x` as another host.
fn is_local_path(text: &str) -> bool {
    text.starts_with('/') && !text.starts_with("//") && text.len() <= 2048 && text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
}

async fn logout(identity: Identity, req: Req) -> Result<Reply> {
    identity.logout(req.cx()).await?;
    Ok(identity.clear_cookies(req.cx(), Reply::json(&json!({ "success": true }))))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::is_local_path;

    #[test]
    fn next_stays_on_this_host() {
        for good in ["/", "/dashboard", "/a/b?c=d#e"] {
            assert!(is_local_path(good), "{good}");
        }
        for bad in ["", "//evil", "/\\evil", "https://evil", "dashboard", "/a b", "/a\r\nset-cookie: x", "/\tx"] {
            assert!(!is_local_path(bad), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn accepted_paths_are_plain_absolute_paths(text in "[/\\\\a-z:\\s]{0,12}") {
            if is_local_path(&text) {
                prop_assert!(text.starts_with('/') && !text.starts_with("//") && !text.contains('\\'));
            }
        }
    }
}

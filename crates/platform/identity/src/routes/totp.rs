//! The second factor of the signed-in user: set up, activate, disable, recovery codes (platform spec 1.5, 3.9).

use argos_kernel::{AppError, CredentialKind, Result, Timestamp};
use argos_web::{Reply, Req, Routes};
use data_encoding::BASE64;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Done, StatusOk};
use crate::actions::Authority;
use crate::model::limiter::Family;
use crate::model::qr;
use crate::service::Identity;

pub(super) fn routes(identity: &Identity) -> Routes<Identity> {
    Routes::new(identity.clone())
        .post("/api/auth/totp/setup", "auth.setup_totp", "Hand out a secret and recovery codes, once.", setup)
        .reply::<SetupView>()
        .post("/api/auth/totp/activate", "auth.activate_totp", "Turn the second factor on with its first code.", activate)
        .body::<ActivateBody>()
        .post("/api/auth/totp/enable", "auth.enable_totp", "The same, naming the secret.", enable)
        .body::<EnableBody>()
        .reply::<StatusOk>()
        .post("/api/auth/totp/disable", "auth.disable_totp", "Turn the second factor off.", disable)
        .body::<DisableBody>()
        .reply::<Done>()
        .get("/api/auth/totp/status", "auth.get_totp_status", "The state of the second factor.", status)
        .reply::<StatusView>()
        .post("/api/auth/totp/recovery/regenerate", "auth.regenerate_recovery_codes", "A new set of recovery codes.", regenerate)
        .body::<PasswordBody>()
}

#[derive(Serialize, JsonSchema)]
struct SetupView {
    /// Base32, 32 characters.
    secret: String,
    otpauth_url: String,
    /// The same text.
    provisioning_uri: String,
    qr_png_base64: String,
    recovery_codes: Vec<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ActivateBody {
    code: String,
}

#[derive(Deserialize, JsonSchema)]
struct EnableBody {
    #[serde(default)]
    secret: String,
    #[serde(default)]
    code: String,
}

#[derive(Default, Deserialize, JsonSchema)]
struct DisableBody {
    username: Option<String>,
    password: Option<String>,
    code: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PasswordBody {
    password: String,
}

#[derive(Serialize, JsonSchema)]
struct StatusView {
    enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    enabled_at: Option<String>,
    setup_pending: bool,
    recovery_codes_remaining: usize,
}

async fn setup(identity: Identity, req: Req) -> Result<Reply> {
    let made = identity.totp_setup(req.cx()).await?;
    let view = SetupView {
        qr_png_base64: BASE64.encode(&qr::png(&made.uri)?),
        secret: made.secret,
        otpauth_url: made.uri.clone(),
        provisioning_uri: made.uri,
        recovery_codes: made.recovery_codes,
    };
    Ok(Reply::json(&view))
}

async fn activate(identity: Identity, mut req: Req) -> Result<Reply> {
    let body: ActivateBody = req.json().await?;
    identity.totp_activate(req.cx(), Family::Edge, None, &body.code).await?;
    Ok(Reply::json(&json!({ "ok": true })))
}

async fn enable(identity: Identity, mut req: Req) -> Result<Reply> {
    let body: EnableBody = req.json().await?;
    identity.totp_activate(req.cx(), Family::Ops, Some(&body.secret), &body.code).await?;
    Ok(Reply::json(&StatusOk::OK))
}

/// The body decides: a user name = somebody, password and code = oneself, neither = oneself after a step-up.
async fn disable(identity: Identity, mut req: Req) -> Result<Reply> {
    let empty = req.header("content-length").is_none_or(|n| n == "0") && req.header("transfer-encoding").is_none();
    let body: DisableBody = match req.json().await {
        Ok(body) => body,
        Err(_) if empty => DisableBody::default(),
        Err(e) => return Err(e),
    };
    let cx = req.cx();
    match (body.username, body.password, body.code) {
        (Some(username), _, _) => {
            cx.require("users:manage")?;
            identity.totp_disable_for(&Authority::of(cx), &username).await?;
        }
        (None, Some(password), Some(code)) if !password.is_empty() && !code.trim().is_empty() => {
            identity.totp_disable_proved(cx, &password, &code).await?;
        }
        (None, None, None) if cx.caller.credential != CredentialKind::Cookie => {
            cx.require("users:manage")?;
            identity.totp_disable_for(&Authority::of(cx), &cx.caller.username).await?;
        }
        _ => return Err(AppError::bad_request("password and code are required").code("invalid_field").with("field", "password")),
    }
    Ok(Reply::json(&Done::OK))
}

async fn status(identity: Identity, req: Req) -> Result<Reply> {
    let (user, secrets) = identity.account(req.cx().user_id()?).await?;
    let codes = if user.has_2fa() { identity.recovery_codes(&user, &secrets)?.len() } else { 0 };
    Ok(Reply::json(&StatusView {
        enabled: user.has_2fa(),
        enabled_at: user.totp_enabled_at.map(Timestamp::rfc3339),
        setup_pending: user.totp_pending,
        recovery_codes_remaining: codes,
    }))
}

async fn regenerate(identity: Identity, mut req: Req) -> Result<Reply> {
    let body: PasswordBody = req.json().await?;
    let codes = identity.regenerate_recovery(req.cx(), &body.password).await?;
    Ok(Reply::json(&json!({ "codes": codes })))
}

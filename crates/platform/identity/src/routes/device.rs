//! The device flow: the routes devices poll, and those of the person who approves.

use argos_kernel::{AppError, Result};
use argos_web::{OpCx, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::device_page;
use super::form::Form;
use super::tokens::TokenView;
use crate::actions::{DeviceCode, Pending, oauth};
use crate::model::device_code;
use crate::service::Identity;

/// Clients that name none.
const DEFAULT_CLIENT: &str = "argus-mcp";
const DEFAULT_SCOPE: &str = "read write";
const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";

pub(super) fn routes(identity: &Identity) -> Routes<Identity> {
    Routes::new(identity.clone())
        .post("/api/v1/auth/device/authorize", "auth.device_authorize", "Start a device sign-in.", authorize)
        .reply::<DeviceView>()
        .post("/api/v1/auth/device/token", "auth.device_token", "Fetch the tokens of an approved device.", token)
        .reply::<TokenView>()
        .post("/api/v1/auth/device/refresh", "auth.device_refresh", "A new access token for a device.", refresh)
        .reply::<TokenView>()
        .get("/api/v1/auth/device/verify", "auth.device_form", "The form that takes the code.", form)
        .param("code", "the code, to fill it in")
        .post("/api/v1/auth/device/verify", "auth.device_verify", "What a code stands for, to be confirmed.", verify)
        .reply::<PendingView>()
        .post("/api/v1/auth/device/approve", "auth.device_approve", "Approve or deny a device.", approve)
        .reply::<DecisionView>()
}

#[derive(Serialize, JsonSchema)]
struct DeviceView {
    device_code: String,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: String,
    /// Seconds.
    expires_in: i64,
    interval: i64,
}

/// What a person decides about.
#[derive(Serialize, JsonSchema)]
struct PendingView {
    user_code: String,
    client_id: String,
    scopes: Vec<String>,
    client_ip: Option<String>,
    expires_in: i64,
    csrf_token: String,
}

impl PendingView {
    fn of(p: Pending) -> Self {
        Self {
            user_code: p.user_code,
            client_id: p.client_id,
            scopes: p.scopes,
            client_ip: p.client_ip,
            expires_in: p.expires_in_s,
            csrf_token: p.csrf_token,
        }
    }
}

#[derive(Serialize, JsonSchema)]
struct DecisionView {
    /// approved or denied
    status: &'static str,
}

async fn authorize(identity: Identity, mut req: Req) -> Result<Reply> {
    let form = Form::read(&mut req).await?;
    let client_id = form.text("client_id").unwrap_or(DEFAULT_CLIENT);
    let DeviceCode { device_code, user_code } =
        identity.device_authorize(req.cx(), client_id, form.text("scope").unwrap_or(DEFAULT_SCOPE)).await?;
    let uri = format!("{}/device", identity.public_base(req.cx()));
    Ok(Reply::json(&DeviceView {
        verification_uri_complete: format!("{uri}?code={user_code}"),
        verification_uri: uri,
        device_code,
        user_code,
        expires_in: device_code::LIFETIME_S,
        interval: device_code::POLL_INTERVAL_S,
    }))
}

async fn token(identity: Identity, mut req: Req) -> Result<Reply> {
    let form = Form::read(&mut req).await?;
    if form.text("grant_type") != Some(GRANT_TYPE) {
        return Err(oauth("unsupported_grant_type", "grant_type must be the device code grant"));
    }
    let code = form.text("device_code").ok_or_else(|| oauth("invalid_request", "device_code is required"))?;
    let pair = identity.device_token(req.cx(), code, form.text("client_id").unwrap_or(DEFAULT_CLIENT)).await?;
    Ok(Reply::json(&TokenView::of(pair)))
}

async fn refresh(identity: Identity, mut req: Req) -> Result<Reply> {
    let form = Form::read(&mut req).await?;
    if form.text("grant_type") != Some("refresh_token") {
        return Err(oauth("unsupported_grant_type", "grant_type must be refresh_token"));
    }
    let token = form.text("refresh_token").ok_or_else(|| oauth("invalid_request", "refresh_token is required"))?;
    let pair = identity.refresh(req.cx(), token, true).await.map_err(|error| {
        if error.code_str() == "invalid_grant" { oauth("invalid_grant", "the refresh token is not valid") } else { error }
    })?;
    Ok(Reply::json(&TokenView::of(pair)))
}

async fn form(_: Identity, req: Req) -> Result<Reply> {
    Ok(device_page::code_form(req.query().text("code").unwrap_or_default(), None))
}

fn wants_json(req: &Req) -> bool {
    req.header("accept").is_some_and(|a| a.contains("application/json"))
}

async fn verify(identity: Identity, mut req: Req) -> Result<Reply> {
    let form = Form::read(&mut req).await?;
    let code = form.text("user_code").unwrap_or_default().to_owned();
    if signed_in(req.cx()).is_err() {
        if wants_json(&req) {
            return Err(AppError::unauthenticated("Authentication required"));
        }
        return Ok(device_page::sign_in_first(&code));
    }
    let found = identity.device_pending(req.cx(), &code).await;
    if wants_json(&req) {
        return Ok(Reply::json(&PendingView::of(found?)));
    }
    match found {
        Ok(pending) => Ok(device_page::confirmation(&pending)),
        Err(error) if matches!(error.code_str(), "device_code_not_found" | "device_code_expired") => {
            Ok(device_page::code_form(&code, Some(error.message())).status(400))
        }
        Err(error) => Err(error),
    }
}

async fn approve(identity: Identity, mut req: Req) -> Result<Reply> {
    let form = Form::read(&mut req).await?;
    let code = form.text("user_code").ok_or_else(|| AppError::bad_request("user_code is required").with("field", "user_code"))?;
    let approve = !matches!(form.text("approve"), Some("false" | "0" | "no"));
    identity.device_decide(req.cx(), code, approve, form.text("csrf_token")).await?;
    let status = if approve { "approved" } else { "denied" };
    Ok(Reply::json(&json!({ "status": status })))
}

/// A person who may decide: signed in, and not only to set up a second factor.
fn signed_in(cx: &OpCx) -> Result<i64> {
    if cx.caller.needs_2fa_setup {
        return Err(AppError::forbidden("Set up a second factor first").code("totp_setup_required"));
    }
    if cx.caller.must_change_password {
        return Err(AppError::forbidden("Choose a new password first").code("password_change_required"));
    }
    cx.user_id()
}

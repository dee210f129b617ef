//! Single sign-on with OpenID Connect: the round trip of a browser, the settings, and the exchange codes of clients.

use argos_kernel::{AppError, ErrorKind, Result};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::refuse_cross_site;
use super::tokens::{host_of, safe_target, without_port};
use crate::sign_on::{Failed, Metadata, OidcChange, SignOn, unreachable};

/// Marks the browser that left for the provider, so that only it may come back.
pub(super) const BROWSER_COOKIE: &str = "argos_sign_on";
pub(super) const BROWSER_COOKIE_S: u32 = 600;

pub(super) fn routes(sign_on: &SignOn) -> Routes<SignOn> {
    Routes::new(sign_on.clone())
        .get("/api/auth/oidc/available", "auth.get_oidc_available", "Whether single sign-on is configured.", available)
        .get("/api/auth/oidc/login", "auth.start_oidc", "Leave for the identity provider.", login)
        .param("rd", "where to go afterwards; absent = an exchange code is handed out")
        .get("/api/auth/oidc/callback", "auth.finish_oidc", "Come back from the identity provider.", callback)
        .post("/api/auth/oidc/exchange", "auth.exchange_oidc", "A header token for an exchange code.", exchange)
        .body::<CodeBody>()
        .reply::<ExchangeView>()
        .post("/api/auth/exchange", "auth.exchange_code", "The same, under its older name.", exchange)
        .body::<CodeBody>()
        .reply::<ExchangeView>()
        .get("/api/auth/oidc/status", "auth.get_oidc_status", "The settings of single sign-on.", status)
        .reply::<StatusView>()
        .put("/api/auth/oidc/config", "auth.put_oidc_config", "Change the settings of single sign-on.", config)
        .body::<OidcChange>()
        .reply::<StatusView>()
        .post("/api/auth/oidc/test", "auth.test_oidc", "Ask an issuer for its endpoints.", probe)
        .body::<TestBody>()
        .reply::<Metadata>()
}

#[derive(Default, Deserialize, JsonSchema)]
struct CodeBody {
    #[serde(default)]
    code: String,
}

#[derive(Serialize, JsonSchema)]
struct ExchangeView {
    token: String,
    /// An owner shows as `admin`.
    role: &'static str,
    username: String,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TestBody {
    /// Absent = the saved one.
    issuer_url: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct StatusView {
    enabled: bool,
    issuer_url: Option<String>,
    client_id: Option<String>,
    client_secret_set: bool,
    display_name: String,
    /// Separated by blanks.
    scopes: String,
    cookie_parent_domain: Option<String>,
    auto_provision: bool,
    default_role: &'static str,
    require_email_verified: bool,
    allowed_emails: Vec<String>,
    allowed_domains: Vec<String>,
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
    userinfo_endpoint: Option<String>,
    jwks_uri: Option<String>,
    /// What the provider has to know of us.
    redirect_uri: String,
}

async fn available(sign_on: SignOn, _: Req) -> Result<Reply> {
    Ok(Reply::json(&json!({ "enabled": sign_on.oidc_config()?.is_available() })))
}

/// The mark of this browser, kept while it fits so that two tabs do not disturb each other.
pub(super) fn browser_mark(sign_on: &SignOn, req: &Req) -> String {
    let kept = req.cookie(BROWSER_COOKIE).filter(|c| c.len() == 43 && c.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)));
    kept.map_or_else(|| crate::model::external::new_state(&*sign_on.0.identity.0.rng), str::to_owned)
}

pub(super) fn known_mark(req: &Req) -> Option<&str> {
    req.cookie(BROWSER_COOKIE)
}

/// A redirect that leaves the mark behind.
pub(super) fn leave(req: &Req, status: u16, url: &str, mark: &str) -> Reply {
    let secure = if req.cx().client.https { "; Secure" } else { "" };
    let cookie = format!("{BROWSER_COOKIE}={mark}; HttpOnly; SameSite=Lax; Path=/api/auth; Max-Age={BROWSER_COOKIE_S}{secure}");
    Reply::redirect(status, url).header("set-cookie", &cookie)
}

async fn login(sign_on: SignOn, req: Req) -> Result<Reply> {
    let mark = browser_mark(&sign_on, &req);
    let rd = req.query().text("rd").map(|wanted| own_target(&sign_on, &req, wanted));
    let url = sign_on.oidc_start(req.cx(), rd.as_deref(), &mark).await?;
    Ok(leave(&req, 302, &url, &mark))
}

pub(super) fn own_target(sign_on: &SignOn, req: &Req, wanted: &str) -> String {
    let policy = sign_on.0.identity.policy();
    let own = policy.public_url.as_deref().and_then(host_of).unwrap_or_else(|| without_port(&req.cx().client.host));
    safe_target(wanted, own, policy.cookie_domain.as_deref()).to_owned()
}

async fn callback(sign_on: SignOn, req: Req) -> Result<Reply> {
    sign_on.ready()?;
    let query = req.query();
    let landed = match (query.filled("error"), query.filled("state"), query.filled("code")) {
        (Some(error), state, _) => {
            if let Some(state) = state {
                sign_on.forget_state(state).await?;
            }
            Err(Failed(error_word(error)))
        }
        (None, Some(state), Some(code)) => sign_on.oidc_finish(req.cx(), (state, code, query.filled("iss")), known_mark(&req)).await?,
        _ => Err(Failed("state_not_found".to_owned())),
    };
    match landed {
        Ok(landed) => {
            let identity = &sign_on.0.identity;
            let target = match landed.rd {
                Some(rd) => rd,
                None => format!("/#oidc_code={}", identity.new_exchange_code(landed.opened.user.id).await?),
            };
            Ok(identity.set_cookies(req.cx(), Reply::redirect(302, &target), &landed.opened))
        }
        Err(Failed(reason)) => failure(&req, &reason),
    }
}

/// Browsers go back to the login page; clients that ask for JSON get a status.
pub(super) fn failure(req: &Req, reason: &str) -> Result<Reply> {
    if !req.header("accept").is_some_and(|a| a.contains("application/json")) {
        return Ok(Reply::redirect(302, &format!("/login?oidc_error={reason}")));
    }
    let error = match reason {
        "not_allowed" | "no_auto_provision" => AppError::forbidden("This account may not sign in here"),
        "callback" => AppError::new(ErrorKind::Upstream, "The identity provider could not be used"),
        "email_unverified" => AppError::bad_request("The provider vouches for no e-mail address"),
        "state_not_found" => AppError::bad_request("Invalid or expired state"),
        _ => AppError::bad_request("Sign-in failed"),
    };
    Err(error.code(format!("oidc_{reason}")))
}

/// A provider's error code as part of an address: only what the standard allows in one.
pub(super) fn error_word(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(64).collect()
}

async fn exchange(sign_on: SignOn, mut req: Req) -> Result<Reply> {
    refuse_cross_site(&req)?;
    let body: CodeBody = req.json().await?;
    if body.code.trim().is_empty() {
        return Err(AppError::bad_request("code is required").code("invalid_field").with("field", "code"));
    }
    let opened = sign_on.0.identity.redeem_exchange_code(req.cx(), body.code.trim(), "/api/auth/oidc/exchange").await?;
    Ok(Reply::json(&ExchangeView {
        token: opened.token.reveal().clone(),
        role: opened.user.role.ops_word(),
        username: opened.user.username.clone(),
    }))
}

async fn status(sign_on: SignOn, req: Req) -> Result<Reply> {
    view(&sign_on, &req)
}

fn view(sign_on: &SignOn, req: &Req) -> Result<Reply> {
    let config = sign_on.oidc_config()?;
    Ok(Reply::json(&StatusView {
        enabled: config.enabled,
        issuer_url: config.issuer_url,
        client_id: config.client_id,
        client_secret_set: config.client_secret.is_some(),
        display_name: config.display_name,
        scopes: config.scopes,
        cookie_parent_domain: config.cookie_parent_domain,
        auto_provision: config.admission.auto_provision,
        default_role: config.default_role.as_str(),
        require_email_verified: config.admission.require_email_verified,
        allowed_emails: config.admission.allowed_emails,
        allowed_domains: config.admission.allowed_domains,
        authorization_endpoint: config.endpoints.authorization,
        token_endpoint: config.endpoints.token,
        userinfo_endpoint: config.endpoints.userinfo,
        jwks_uri: config.endpoints.jwks_uri,
        redirect_uri: sign_on.redirect_uri(req.cx()),
    }))
}

async fn config(sign_on: SignOn, mut req: Req) -> Result<Reply> {
    let change: OidcChange = req.json().await?;
    sign_on.change_oidc(req.cx(), change).await?;
    view(&sign_on, &req)
}

async fn probe(sign_on: SignOn, mut req: Req) -> Result<Reply> {
    let empty = req.header("content-length").is_none_or(|n| n == "0") && req.header("transfer-encoding").is_none();
    let body: TestBody = if empty { TestBody::default() } else { req.json().await? };
    let given = body.issuer_url.map(|u| u.trim().to_owned()).filter(|u| !u.is_empty());
    let Some(issuer) = given.or(sign_on.oidc_config()?.issuer_url) else {
        return Err(AppError::bad_request("issuer_url is required").code("invalid_field").with("field", "issuer_url"));
    };
    Ok(Reply::json(&sign_on.0.providers.discover(&issuer).await.map_err(unreachable)?))
}

//! Renewing signed tokens, and where a page may lead after sign-in.

use argos_kernel::{AppError, Result};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::form::Form;
use super::refuse_cross_site;
use crate::actions::TokenPair;
use crate::service::Identity;

pub(super) fn routes(identity: &Identity) -> Routes<Identity> {
    Routes::new(identity.clone())
        .post("/api/v1/auth/refresh", "auth.refresh_token", "A new access token for a refresh token, which is replaced.", refresh)
        .reply::<TokenView>()
        .get("/api/auth/safe-redirect", "auth.get_safe_redirect", "Where a page may lead after sign-in.", safe_redirect)
        .param("rd", "the wanted address")
}

/// A pair of tokens as OAuth clients read it.
#[derive(Serialize, JsonSchema)]
pub(super) struct TokenView {
    access_token: String,
    token_type: &'static str,
    /// Seconds.
    expires_in: i64,
    refresh_token: String,
    /// Separated by blanks.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
}

impl TokenView {
    pub(super) fn of(pair: TokenPair) -> Self {
        Self {
            access_token: pair.access.into_inner(),
            token_type: "Bearer",
            expires_in: pair.expires_in_s,
            refresh_token: pair.refresh.into_inner(),
            scope: pair.scopes.map(|s| s.join(" ")),
        }
    }
}

async fn refresh(identity: Identity, mut req: Req) -> Result<Reply> {
    refuse_cross_site(&req)?;
    let form = Form::read(&mut req).await?;
    let token =
        form.text("refresh_token").ok_or_else(|| AppError::bad_request("refresh_token is required").with("field", "refresh_token"))?;
    let pair = identity.refresh(req.cx(), token, false).await?;
    Ok(Reply::json(&TokenView::of(pair)))
}

async fn safe_redirect(identity: Identity, req: Req) -> Result<Reply> {
    let policy = identity.policy();
    let own = policy.public_url.as_deref().and_then(host_of).map(str::to_owned);
    let host = own.as_deref().unwrap_or_else(|| without_port(&req.cx().client.host));
    let wanted = req.query().text("rd").unwrap_or_default();
    Ok(Reply::json(&json!({ "url": safe_target(wanted, host, policy.cookie_domain.as_deref()) })))
}

/// The address when a browser may be sent there after sign-in: a path of ours, our own host, or a host that shares
/// our cookies; else `/`.
pub(super) fn safe_target<'a>(wanted: &'a str, own_host: &str, cookie_domain: Option<&str>) -> &'a str {
    let dirty = wanted.bytes().any(|b| b < 0x21 || b == 0x7f || b == b'\\') || wanted.to_ascii_lowercase().contains("%5c");
    if wanted.is_empty() || dirty || wanted.len() > 4096 {
        return "/";
    }
    if wanted.starts_with('/') {
        return if wanted.starts_with("//") { "/" } else { wanted };
    }
    let Some(host) = host_of(wanted).map(str::to_ascii_lowercase) else { return "/" };
    let shares_cookies = cookie_domain.is_some_and(|domain| {
        let domain = domain.trim_start_matches('.').to_ascii_lowercase();
        !domain.is_empty() && (host == domain || host.strip_suffix(&domain).is_some_and(|rest| rest.ends_with('.')))
    });
    if host.eq_ignore_ascii_case(own_host) || shares_cookies { wanted } else { "/" }
}

/// The host of an http(s) address without user and port.
pub(super) fn host_of(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return None;
    }
    let authority = rest.split(['/', '?', '#']).next()?;
    // A user part only serves to hide the real host.
    let host = without_port(authority);
    (!authority.contains('@') && !host.is_empty()).then_some(host)
}

pub(super) fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) && !host.ends_with(':') => host,
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::safe_target;

    #[test]
    fn own_paths_and_hosts_are_followed() {
        for good in [
            "/",
            "/a?b=c#d",
            "https://argos.example.org/x",
            "http://argos.example.org:8443",
            "https://example.org",
            "https://app.example.org/y",
        ] {
            assert_eq!(safe_target(good, "argos.example.org", Some(".example.org")), good);
        }
        assert_eq!(safe_target("https://app.example.org", "argos.example.org", None), "/");
    }

    #[test]
    fn foreign_and_odd_addresses_lead_home() {
        for bad in [
            "",
            "//evil",
            "/\\evil",
            "/%5Cevil",
            "/a b",
            "/a\r\nb",
            "/\u{7f}",
            "javascript:alert(1)",
            "ftp://argos.example.org",
            "https://evilexample.org",
            "https://example.org.evil",
            "https://example.org@evil",
            "https://user@argos.example.org",
            "dashboard",
            "https://",
        ] {
            assert_eq!(safe_target(bad, "argos.example.org", Some("example.org")), "/", "{bad}");
        }
    }

    proptest! {
        #[test]
        fn accepted_addresses_are_paths_or_end_in_our_domain(text in "[a-z:/\\\\.@%5cC#? -]{0,30}") {
            let target = safe_target(&text, "own.test", None);
            prop_assert!(target == "/" || target.starts_with('/') && !target.starts_with("//") || target.contains("://own.test"));
        }
    }
}

//! How a credential reaches the authenticator: extraction order, kinds by form, and the CSRF rule
//! (platform spec 1.3). The authenticator itself is the identity crate's.

use std::sync::Arc;

use argos_kernel::{AppError, BoxFuture, Result};
use http::{HeaderMap, Method, Uri};

use crate::query::Query;
use crate::{Caller, ClientInfo};

/// How often an open stream or socket checks its credential; revocation must act within 30 s.
pub(crate) const CREDENTIAL_CHECK: std::time::Duration = std::time::Duration::from_secs(20);

/// Where a credential was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    Header,
    Cookie,
    /// `?token=` on streams, sockets and downloads.
    Query,
}

/// A presented credential, by its form.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Presented {
    /// 64 hexadecimal characters.
    Session { token: String, source: Source },
    /// Three dot-separated parts.
    Jwt { token: String, source: Source },
    /// `argus_sk_...`, `svc_...`, or anything sent as `X-API-Key` or `Authorization: ApiKey`.
    ApiKey { key: String, source: Source },
    /// A one-time socket token (query only).
    WsToken { token: String },
}

impl Presented {
    pub fn source(&self) -> Source {
        match self {
            Self::Session { source, .. } | Self::Jwt { source, .. } | Self::ApiKey { source, .. } => *source,
            Self::WsToken { .. } => Source::Query,
        }
    }
}

/// Why a credential was not accepted.
pub enum AuthFailure {
    /// Unknown, expired or revoked: 401.
    Invalid,
    /// The store is away or the address is blocked: answered as it is.
    Error(AppError),
}

/// Recognises callers. Implemented by the identity crate.
pub trait Authenticator: Send + Sync + 'static {
    /// A recently verified credential, without any I/O.
    fn cached(&self, presented: &Presented) -> Option<Arc<Caller>>;
    /// Verifies against the store.
    fn authenticate<'a>(&'a self, presented: &'a Presented, client: &'a ClientInfo) -> BoxFuture<'a, Result<Arc<Caller>, AuthFailure>>;
    /// Whether what vouched for a caller still does: its session or key. Asked for callers whose credential could be
    /// shown only once.
    /// An authenticator without such credentials has nothing to refuse.
    fn still_valid<'a>(&'a self, _caller: &'a Caller) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async { Ok(true) })
    }
}

/// A credential that an open stream lives by.
pub(crate) struct CredentialWatch {
    pub(crate) authenticator: Arc<dyn Authenticator>,
    pub(crate) presented: Presented,
    pub(crate) client: Arc<ClientInfo>,
    pub(crate) caller: Arc<Caller>,
}

impl CredentialWatch {
    /// Resolves when the credential is no longer accepted. A store that is away says nothing about it.
    pub(crate) async fn refused(self, every: std::time::Duration) {
        loop {
            tokio::time::sleep(every).await;
            if self.is_refused().await {
                return;
            }
        }
    }

    async fn is_refused(&self) -> bool {
        if matches!(self.presented, Presented::WsToken { .. }) {
            return matches!(self.authenticator.still_valid(&self.caller).await, Ok(false));
        }
        matches!(self.authenticator.authenticate(&self.presented, &self.client).await, Err(AuthFailure::Invalid))
    }
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|v| v.to_str().ok()).map(str::trim).filter(|v| !v.is_empty())
}

fn by_form(text: &str, source: Source) -> Presented {
    if text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
        Presented::Session { token: text.to_ascii_lowercase(), source }
    } else if text.starts_with("argus_sk_") || text.starts_with("svc_") {
        Presented::ApiKey { key: text.to_owned(), source }
    } else if text.split('.').count() == 3 {
        Presented::Jwt { token: text.to_owned(), source }
    } else if source == Source::Query {
        Presented::WsToken { token: text.to_owned() }
    } else {
        Presented::ApiKey { key: text.to_owned(), source }
    }
}

/// The first credential present decides; there is no fall-through to the next.
pub(crate) fn extract(headers: &HeaderMap, uri: &Uri, query_allowed: bool) -> Option<Presented> {
    for name in ["x-api-key", "x-argus-api-key"] {
        if let Some(key) = header(headers, name) {
            return Some(Presented::ApiKey { key: key.to_owned(), source: Source::Header });
        }
    }
    if let Some((scheme, value)) = header(headers, "authorization").and_then(|v| v.split_once(' ')) {
        let value = value.trim();
        if scheme.eq_ignore_ascii_case("bearer") {
            return Some(by_form(value, Source::Header));
        }
        if scheme.eq_ignore_ascii_case("apikey") {
            return Some(Presented::ApiKey { key: value.to_owned(), source: Source::Header });
        }
    }
    if let Some(token) = cookie(headers, "argos_session") {
        return Some(Presented::Session { token: token.to_owned(), source: Source::Cookie });
    }
    if query_allowed && let Some(token) = Query::parse(uri.query()).text("token") {
        return Some(by_form(token, Source::Query));
    }
    None
}

/// The value of one cookie.
pub(crate) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let all = headers.get_all("cookie").iter().filter_map(|v| v.to_str().ok());
    all.flat_map(|v| v.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(n, _)| *n == name)
        .map(|(_, v)| v.trim_matches('"'))
}

/// A cookie-authenticated unsafe request must prove it comes from our own page.
pub(crate) fn csrf_ok(method: &Method, headers: &HeaderMap, caller: &Caller) -> bool {
    if method.is_safe() || caller.credential != argos_kernel::CredentialKind::Cookie {
        return true;
    }
    let expected = caller.csrf_token.as_deref().unwrap_or_default();
    match header(headers, "x-csrf-token") {
        Some(sent) => !expected.is_empty() && constant_time_eq(sent.as_bytes(), expected.as_bytes()),
        None => header(headers, "sec-fetch-site") == Some("same-origin"),
    }
}

fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0_u8, |acc, (x, y)| acc | (x ^ y)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(n, v)| (http::HeaderName::from_static(n), v.parse().unwrap())).collect()
    }

    #[test]
    fn the_first_credential_in_order_decides() {
        let token = "a".repeat(64);
        let h = headers(&[("cookie", &format!("x=1; argos_session={token}")), ("x-api-key", "k1")]);
        assert!(matches!(extract(&h, &Uri::from_static("/"), false), Some(Presented::ApiKey { key, .. }) if key == "k1"));
        let h = headers(&[("cookie", &format!("argos_session={token}")), ("authorization", "Bearer a.b.c")]);
        assert!(matches!(extract(&h, &Uri::from_static("/"), false), Some(Presented::Jwt { .. })));
        let h = headers(&[("cookie", &format!("argos_session={token}"))]);
        assert!(matches!(extract(&h, &Uri::from_static("/"), false), Some(Presented::Session { source: Source::Cookie, .. })));
    }

    #[test]
    fn query_tokens_count_only_where_allowed() {
        let uri = Uri::from_static("/api/stream?token=abc");
        assert!(extract(&HeaderMap::new(), &uri, false).is_none());
        assert!(matches!(extract(&HeaderMap::new(), &uri, true), Some(Presented::WsToken { .. })));
    }

    #[test]
    fn csrf_needs_the_token_or_a_same_origin_fetch() {
        let caller = Caller { credential: argos_kernel::CredentialKind::Cookie, csrf_token: Some("t".repeat(32)), ..Caller::anonymous() };
        assert!(csrf_ok(&Method::GET, &HeaderMap::new(), &caller));
        assert!(!csrf_ok(&Method::POST, &HeaderMap::new(), &caller));
        assert!(csrf_ok(&Method::POST, &headers(&[("x-csrf-token", &"t".repeat(32))]), &caller));
        assert!(csrf_ok(&Method::POST, &headers(&[("sec-fetch-site", "same-origin")]), &caller));
        let wrong = headers(&[("x-csrf-token", "no"), ("sec-fetch-site", "same-origin")]);
        assert!(!csrf_ok(&Method::POST, &wrong, &caller));
    }
}

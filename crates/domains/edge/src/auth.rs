//! Forward authentication with the sessions of Argos: who a request to a protected site comes from. The same judgement
//! serves the embedded data plane and, over `/api/auth/forward`, other proxies. Sessions are believed as long as the
//! identity crate believes them without asking the store, so a sign-out counts at once.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use argos_identity::Identity;
use argos_kernel::Result;
use argos_platform::Platform;
use argos_proxy::{Admittance, AuthCache, Facts, ForwardAuth, Pending, Reply};
use argos_settings::Settings;
use argos_web::{AuthFailure, Authenticator, Caller, ClientInfo, Presented, Source};
use http::header::{COOKIE, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use tokio::time::Instant;

use crate::model::compile::IDENTITY_HEADERS;
use crate::model::host::Host;
use crate::model::sign_in::{Obstacle, obstacles};

/// What people read at a protected site while nobody said where they sign in.
const NO_SIGN_IN: &str = include_str!("auth_no_sign_in.html");
const SESSION_COOKIE: &str = "argos_session";
/// How long name and mail of somebody are believed.
const FRESH: Duration = Duration::from_secs(30);
const PEOPLE_MAX: usize = 10_000;

/// What backends are told: header and value.
pub(crate) type Told = Vec<(HeaderName, HeaderValue)>;

/// What somebody's backends are told, by user, and since when.
type People = Mutex<HashMap<i64, (Instant, Told)>>;

/// Judges by sessions.
pub(crate) struct SessionAuth {
    identity: Identity,
    settings: Settings,
    /// Where the store may be asked; the engine's threads run nothing else.
    runtime: tokio::runtime::Handle,
    people: Arc<People>,
}

impl fmt::Debug for SessionAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionAuth")
    }
}

/// The session cookie's value.
fn token(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|v| v.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs
        .find(|(name, _)| *name == SESSION_COOKIE)
        .map(|(_, value)| value)
        .filter(|v| v.len() == 64 && v.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Every byte that has a meaning in an address, escaped: the whole is one value of a query.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// The address a browser wanted. Anything that does not begin with a slash is no path.
pub(crate) fn original(proto: &str, host: &str, uri: &str) -> String {
    let proto = if proto == "http" { "http" } else { "https" };
    let uri = if uri.starts_with('/') { uri } else { "/" };
    format!("{proto}://{host}{uri}")
}

impl SessionAuth {
    pub(crate) fn new(platform: &Platform) -> Self {
        Self {
            identity: platform.identity.clone(),
            settings: platform.settings.clone(),
            runtime: tokio::runtime::Handle::current(),
            people: Arc::default(),
        }
    }

    /// The name of Argos itself.
    pub(crate) fn panel_host(&self) -> Option<String> {
        let base = self.base();
        let (_, rest) = base.split_once("://")?;
        let host = rest.split(['/', ':']).next().unwrap_or_default();
        Some(host.to_lowercase()).filter(|h| !h.is_empty())
    }

    /// Where Argos is reached; empty when nobody said it.
    fn base(&self) -> String {
        let boot = self.settings.boot();
        let panel = boot.text("edge.panel_domain").filter(|d| !d.is_empty()).map(|d| format!("https://{d}"));
        let public = || self.settings.opt_text("http.public_url").ok().flatten().map(|u| u.trim_end_matches('/').to_owned());
        panel.or_else(public).unwrap_or_default()
    }

    /// What keeps people from signing in to a site.
    pub(crate) fn obstacles(&self, host: &Host) -> Vec<Obstacle> {
        let cookie = self.settings.opt_text("oidc.cookie_parent_domain").ok().flatten().unwrap_or_default();
        obstacles(host, &self.base(), self.panel_host().as_deref(), cookie.trim_start_matches('.'))
    }

    /// Where somebody without a session signs in and comes back from.
    pub(crate) fn login(&self, original: &str) -> String {
        format!("{}/login?rd={}", self.base(), escape(original))
    }

    /// What is known without asking the store.
    fn known(&self, presented: &Presented) -> Option<Told> {
        let caller = self.identity.cached(presented)?;
        let id = caller.user_id.filter(|_| may_pass(&caller))?;
        let people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        people.get(&id).filter(|(since, _)| since.elapsed() < FRESH).map(|(_, told)| told.clone())
    }

    /// Who the request comes from; `None` has to sign in.
    pub(crate) async fn judge(&self, headers: &HeaderMap) -> Result<Option<Told>> {
        let Some(token) = token(headers) else { return Ok(None) };
        let presented = Presented::Session { token: token.to_owned(), source: Source::Cookie };
        if let Some(told) = self.known(&presented) {
            return Ok(Some(told));
        }
        ask(self.identity.clone(), Arc::clone(&self.people), presented).await
    }

    fn refusal(&self, facts: &Facts<'_>) -> Admittance {
        // A relative address would lead back to this site, and so on for ever.
        if self.base().is_empty() {
            let mut page = Reply::text(StatusCode::UNAUTHORIZED, NO_SIGN_IN);
            page.content_type = HeaderValue::from_static("text/html; charset=utf-8");
            return Admittance::Refuse(page);
        }
        // The `Host` header still has the port.
        let host = facts.headers.get(HOST).and_then(|h| h.to_str().ok()).unwrap_or(facts.host);
        let query = facts.query.map(|q| format!("?{q}")).unwrap_or_default();
        let login = self.login(&original(facts.scheme(), host, &format!("{}{query}", facts.raw_path)));
        let location = HeaderValue::from_str(&login).unwrap_or_else(|_| HeaderValue::from_static("/login"));
        Admittance::Refuse(Reply::redirect(StatusCode::FOUND, location))
    }
}

/// A session that still owes something may not use sites.
fn may_pass(caller: &Caller) -> bool {
    !caller.needs_2fa_setup && !caller.must_change_password
}

async fn ask(identity: Identity, people: Arc<People>, presented: Presented) -> Result<Option<Told>> {
    let client = ClientInfo { ip: None, xff_chain: None, https: true, host: String::new(), user_agent: None };
    let caller = match identity.authenticate(&presented, &client).await {
        Ok(caller) => caller,
        Err(AuthFailure::Invalid) => return Ok(None),
        Err(AuthFailure::Error(error)) => return Err(error),
    };
    let Some(id) = caller.user_id.filter(|_| may_pass(&caller)) else { return Ok(None) };
    let user = identity.user_by_name(&caller.username).await?;
    let provider = if user.created_via == "oidc" { "oidc" } else { "local" };
    let values =
        [Some(user.username.as_str()), user.email.as_deref(), Some(user.display_name.as_str()).filter(|n| !n.is_empty()), Some(provider)];
    let named = IDENTITY_HEADERS.into_iter().zip(values);
    let told: Told =
        named.filter_map(|(name, value)| Some((HeaderName::from_static(name), HeaderValue::from_bytes(value?.as_bytes()).ok()?))).collect();
    let mut people = people.lock().unwrap_or_else(PoisonError::into_inner);
    if people.len() >= PEOPLE_MAX {
        people.clear();
    }
    people.insert(id, (Instant::now(), told.clone()));
    Ok(Some(told))
}

/// Whether a page's script asked, or something that no browser repeats after a sign-in: a redirect to a page would end as
/// an error of another origin, or lose what was sent.
pub(crate) fn is_script(method: &str, headers: &HeaderMap) -> bool {
    let is_cors = headers.get("sec-fetch-mode").is_some_and(|mode| mode == "cors");
    !matches!(method, "GET" | "HEAD") || is_cors || headers.contains_key("x-requested-with")
}

/// What a script is told instead of being redirected.
pub(crate) const UNAUTHORIZED: &str = r#"{"error":"unauthorized"}"#;

/// The same judgement for sites that want their scripts told so.
#[derive(Debug)]
pub(crate) struct ForScripts(pub(crate) Arc<SessionAuth>);

impl ForwardAuth for ForScripts {
    fn credential<'a>(&self, headers: &'a HeaderMap) -> Option<&'a [u8]> {
        self.0.credential(headers)
    }

    fn decide(&self, facts: &Facts<'_>) -> Pending<Admittance> {
        if !is_script(facts.method.as_str(), facts.headers) {
            return self.0.decide(facts);
        }
        let mut told = Reply::text(StatusCode::UNAUTHORIZED, UNAUTHORIZED);
        told.content_type = HeaderValue::from_static("application/json");
        self.0.decide_or(facts, Admittance::Refuse(told))
    }

    /// The identity crate remembers, and forgets at a sign-out.
    fn cache(&self) -> Option<&AuthCache> {
        None
    }
}

impl ForwardAuth for SessionAuth {
    fn credential<'a>(&self, headers: &'a HeaderMap) -> Option<&'a [u8]> {
        token(headers).map(str::as_bytes)
    }

    fn decide(&self, facts: &Facts<'_>) -> Pending<Admittance> {
        self.decide_or(facts, self.refusal(facts))
    }

    /// The identity crate remembers, and forgets at a sign-out.
    fn cache(&self) -> Option<&AuthCache> {
        None
    }
}

impl SessionAuth {
    fn decide_or(&self, facts: &Facts<'_>, refusal: Admittance) -> Pending<Admittance> {
        let Some(token) = token(facts.headers) else { return Box::pin(std::future::ready(refusal)) };
        let presented = Presented::Session { token: token.to_owned(), source: Source::Cookie };
        if let Some(told) = self.known(&presented) {
            return Box::pin(std::future::ready(Admittance::Admit(told)));
        }
        // On the runtime of the store's connections, not on the engine's thread.
        let asked = self.runtime.spawn(ask(self.identity.clone(), Arc::clone(&self.people), presented));
        Box::pin(async move {
            match asked.await {
                Ok(Ok(Some(told))) => Admittance::Admit(told),
                Ok(Ok(None)) => refusal,
                Ok(Err(_)) | Err(_) => {
                    Admittance::Refuse(Reply::text(StatusCode::SERVICE_UNAVAILABLE, "sign-in cannot be checked right now\n"))
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn session_is_found_among_other_cookies() {
        let mut headers = HeaderMap::new();
        let session = "a1".repeat(32);
        headers.append(COOKIE, HeaderValue::from_static("x=1; argos_session_old=2"));
        assert_eq!(token(&headers), None);
        headers.append(COOKIE, HeaderValue::from_str(&format!("y=2; {SESSION_COOKIE}={session}")).unwrap());
        assert_eq!(token(&headers), Some(session.as_str()));
        headers.insert(COOKIE, HeaderValue::from_static("argos_session=short"));
        assert_eq!(token(&headers), None);
    }

    #[test]
    fn scripts_are_told_from_people_who_follow_a_link() {
        let headers = |pairs: &[(&'static str, &'static str)]| {
            pairs.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v))).collect::<HeaderMap>()
        };
        let (none, page) = (headers(&[]), headers(&[("sec-fetch-mode", "navigate")]));
        assert!(!is_script("GET", &none) && !is_script("HEAD", &none) && !is_script("GET", &page));
        assert!(is_script("POST", &page) && is_script("GET", &headers(&[("sec-fetch-mode", "cors")])));
        assert!(is_script("GET", &headers(&[("x-requested-with", "XMLHttpRequest")])));
    }

    #[test]
    fn original_address_keeps_its_query_as_one_value() {
        let address = original("https", "app.test:8443", "/a?b=1&c=2");
        assert_eq!(address, "https://app.test:8443/a?b=1&c=2");
        assert_eq!(escape(&address), "https%3A%2F%2Fapp.test%3A8443%2Fa%3Fb%3D1%26c%3D2");
        assert_eq!(original("", "a.test", "//evil"), "https://a.test//evil");
        assert_eq!(original("ftp", "a.test", "evil"), "https://a.test/");
    }

    proptest! {
        #[test]
        fn escaped_text_is_one_value(text in ".{0,60}") {
            let safe = |b: u8| b.is_ascii_alphanumeric() || b"-._~%".contains(&b);
            prop_assert!(escape(&text).bytes().all(safe));
        }
    }
}

//! What a live browser holds of its sign-ins (cookies, headers, and what the origins of its open tabs stored), so that a
//! picture can be taken beside it without touching it. Values never leave the process. Databases of a page stay behind.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use argos_cdp::protocol::network::{Cookie, CookieParam};
use argos_cdp::{CdpError, Context, Page};
use argos_kernel::{AppError, Result};
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::timeout;

use super::live::Session;

/// How long a document may take to tell what it stored.
const TELLING: Duration = Duration::from_secs(5);
/// Of everything that is stored.
const STORED_BYTES_MAX: usize = 4 << 20;

const READ: &str = "(() => { const all = (s) => Array.from({ length: s.length }, (_, i) => [s.key(i), s.getItem(s.key(i))]); \
                    try { return { origin: location.origin, local: all(localStorage), session: all(sessionStorage) } } catch { return null } })()";

/// What one origin stored.
#[derive(Clone, Deserialize, Serialize)]
struct Kept {
    #[serde(skip_serializing)]
    origin: String,
    local: Vec<(String, String)>,
    session: Vec<(String, String)>,
}

/// A copy of the sign-ins of a live browser.
pub(crate) struct SignedIn {
    /// The headers its pages are made to send.
    pub(crate) headers: BTreeMap<String, String>,
    cookies: Vec<CookieParam>,
    script: Option<String>,
}

impl std::fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Every value is as good as a password.
        f.debug_struct("SignedIn").field("cookies", &self.cookies.len()).finish_non_exhaustive()
    }
}

impl SignedIn {
    /// Reads a session; it stays as it is.
    pub(crate) async fn of(session: &Session) -> Result<Self> {
        let gone = |e: CdpError| AppError::conflict(format!("The browser of session_id does not answer: {e}")).code("session_gone");
        let shown = session.page();
        let context = shown.context();
        let cookies = context.cookies().await.map_err(gone)?.into_iter().map(given).collect();
        // The tab that is shown speaks first: of an origin in several tabs, its own storage counts.
        let others = context.pages().into_iter().filter(|page| page.target_id() != shown.target_id());
        let tabs: Vec<Page> = std::iter::once(shown.clone()).chain(others).collect();
        let mut kept: Vec<Kept> = Vec::new();
        let mut seen = HashSet::new();
        for one in join_all(tabs.iter().map(stored)).await.into_iter().flatten() {
            if seen.insert(one.origin.clone()) {
                kept.push(one);
            }
        }
        let entries = kept.iter().flat_map(|k| k.local.iter().chain(&k.session));
        if entries.map(|(name, value)| name.len() + value.len()).sum::<usize>() > STORED_BYTES_MAX {
            let text = format!("The pages of session_id store more than {} MiB", STORED_BYTES_MAX >> 20);
            return Err(AppError::bad_request(text).code("session_too_large").with("field", "session_id"));
        }
        Ok(Self { headers: context.extra_headers().clone(), cookies, script: script(&kept) })
    }

    /// Gives a context without pages the same sign-ins.
    pub(crate) async fn give(&self, context: &Context) -> Result<(), CdpError> {
        if let Some(script) = &self.script {
            context.add_init_script(script);
        }
        if self.cookies.is_empty() { Ok(()) } else { context.set_cookies(self.cookies.clone()).await }
    }
}

/// A document that stands still (a dialog is open) or has no storage tells nothing.
async fn stored(page: &Page) -> Option<Kept> {
    let frame = page.main_frame();
    timeout(TELLING, frame.evaluate_apart::<Option<Kept>>(READ)).await.ok()?.ok()?
}

/// A cookie as it is given to another context.
fn given(cookie: Cookie) -> CookieParam {
    CookieParam {
        name: cookie.name,
        value: cookie.value,
        url: None,
        domain: Some(cookie.domain),
        path: Some(cookie.path),
        secure: Some(cookie.secure),
        http_only: Some(cookie.http_only),
        same_site: cookie.same_site,
        // One of the session has no end.
        expires: Some(cookie.expires).filter(|_| !cookie.session),
    }
}

/// The script that gives each origin what it stored, before its own scripts run, unless it is there already.
fn script(kept: &[Kept]) -> Option<String> {
    let kept: serde_json::Map<String, Value> =
        kept.iter().filter(|k| !k.local.is_empty() || !k.session.is_empty()).map(|k| (k.origin.clone(), serde_json::json!(k))).collect();
    if kept.is_empty() {
        return None;
    }
    let kept = Value::Object(kept);
    Some(format!(
        "(() => {{ const kept = {kept}[location.origin]; if (!kept) return; const fill = (s, all) => {{ for (const [name, value] of all) \
         if (s.getItem(name) === null) s.setItem(name, value); }}; try {{ fill(localStorage, kept.local); fill(sessionStorage, kept.session); }} \
         catch {{ /* no storage here */ }} }})();"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookie_of_the_session_gets_no_end_and_another_keeps_its_own() {
        let cookie = |session, expires| Cookie {
            name: "sid".into(),
            value: "v".into(),
            domain: "shop.test".into(),
            path: "/a".into(),
            expires,
            http_only: true,
            secure: false,
            session,
            same_site: Some("Lax".into()),
        };
        let short = given(cookie(true, -1.0));
        assert_eq!((short.expires, short.http_only, short.domain.as_deref()), (None, Some(true), Some("shop.test")));
        assert_eq!(given(cookie(false, 2e9)).expires, Some(2e9));
    }

    #[test]
    fn script_holds_what_each_origin_stored_and_debug_shows_none_of_it() {
        let kept = Kept { origin: "https://shop.test".into(), local: vec![("token\"".into(), "a'b</script>".into())], session: Vec::new() };
        let empty = Kept { origin: "https://other.test".into(), local: Vec::new(), session: Vec::new() };
        let text = script(&[kept, empty]).unwrap();
        assert!(text.contains(r#"[["token\"","a'b</script>"]]"#) && !text.contains("other.test"), "{text}");
        assert!(script(&[]).is_none());
        let held =
            SignedIn { headers: BTreeMap::from([("authorization".into(), "Bearer x".into())]), cookies: Vec::new(), script: Some(text) };
        assert_eq!(format!("{held:?}"), "SignedIn { cookies: 0, .. }");
    }
}

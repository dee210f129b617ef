//! The firewall of CrowdSec (AppSec) in front of every site of the built-in engine: each request is told to the listener of
//! the wanted mode, and its word counts. When it gives none, the setting decides whether requests pass; a firewall that does
//! not answer at all is left alone for a while, so that it does not hold every request up.

use std::collections::hash_map::DefaultHasher;
use std::fmt::{self, Write as _};
use std::hash::{Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use argos_crowdsec::{Inspected, Word};
use argos_kernel::{Result, Secret};
use argos_proxy::{Facts, Filter, Inspection, Reply, Verdict, Want};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, COOKIE};
use http::{HeaderMap, StatusCode, Version};
use tokio::sync::Notify;

use crate::crowdsec::{Connection, CrowdSec};
use crate::gate::Gate;
use crate::model::compile::RESERVED_COOKIES;
use crate::service::Edge;

/// Bytes of a body that are told.
const BODY_BYTES_MAX: usize = 512 << 10;
/// Longest wait of a client for a word.
const WAIT: Duration = Duration::from_secs(2);
/// Longest wait of whoever looks at it for people.
const LOOK: Duration = Duration::from_secs(5);

/// A listener of it, with the key.
pub(crate) struct Place {
    pub(crate) url: String,
    pub(crate) key: Secret<String>,
}

impl Place {
    /// The listener and a mark of the key: what was learned with another key says nothing about this one.
    pub(crate) fn mark(&self) -> (String, u64) {
        let mut hasher = DefaultHasher::new();
        self.key.reveal().hash(&mut hasher);
        (self.url.clone(), hasher.finish())
    }
}

impl Edge {
    /// Whether somebody serves sites, here or in another process: the one that leads need not be one that serves.
    pub(crate) fn is_served(&self) -> bool {
        self.is_serving() || self.has_peers()
    }

    /// The listener of the wanted mode; `None` = it is switched off.
    pub(crate) fn firewall_url(&self, connection: &Connection) -> Result<Option<String>> {
        let settings = &self.platform.settings;
        let listener = match settings.text("appsec.mode")?.as_str() {
            "block" => Some("appsec.block_url"),
            "detect" => Some("appsec.detect_url"),
            _ => None,
        };
        let host =
            connection.url.rsplit_once(':').filter(|(head, _)| head.contains("://")).map_or(connection.url.as_str(), |(head, _)| head);
        let url = listener.and_then(|key| settings.boot().text(key));
        // A bare port is one of the machine that CrowdSec runs on.
        Ok(url.map(|url| if url.starts_with(':') { format!("{host}{url}") } else { url }))
    }

    /// Where the firewall is asked; `None` when CrowdSec is not set up, the firewall is switched off or nobody serves sites.
    pub(crate) fn firewall_place(&self) -> Result<Option<Place>> {
        let settings = &self.platform.settings;
        // What is switched off needs no key: one that cannot be opened is nothing to it.
        if settings.text("appsec.mode")? == "disabled" || !self.is_served() || !Connection::is_set_up(settings)? {
            return Ok(None);
        }
        let connection = Connection::of_bouncer(settings)?;
        let url = self.firewall_url(&connection)?;
        Ok(url.zip(connection.key).map(|(url, key)| Place { url, key }))
    }

    /// Whether requests can be told to it at all: by a Caddy, or by the built-in engine once CrowdSec is set up.
    pub(crate) fn has_firewall(&self) -> Result<bool> {
        Ok(self.caddy.is_some() || (self.is_served() && Connection::is_set_up(&self.platform.settings)?))
    }

    /// Whether somebody ever said what the firewall shall do. CrowdSec may have none, which is no fault until then.
    pub(crate) fn is_firewall_chosen(&self) -> Result<bool> {
        Ok(self.platform.settings.opt_text("appsec.last_mode_change_at")?.is_some())
    }

    /// Whether requests pass while it gives no word.
    pub(crate) fn passes_unseen(&self) -> Result<bool> {
        Ok(!self.is_firewall_chosen()? || self.platform.settings.bool("appsec.fail_open")?)
    }

    /// What the built-in engine asks about every request, and why it does not ask where it should. Sites are not given up for
    /// a firewall that cannot be asked: the setting decides, as it does for one that does not answer.
    pub(crate) fn firewall(&self) -> (Option<Arc<dyn Filter>>, Option<String>) {
        let is_open = self.passes_unseen().unwrap_or(true);
        match self.firewall_place() {
            Ok(None) => (None, None),
            Ok(Some(place)) => {
                let (way, look) = (Arc::clone(&self.crowdsec), Arc::clone(&self.crowdsec.look));
                let (runtime, gate) = (tokio::runtime::Handle::current(), self.crowdsec.gate(&place.mark()));
                (Some(Arc::new(Firewall { way, place: Arc::new(place), is_open, gate, look, runtime })), None)
            }
            Err(error) => {
                let why = format!("the firewall of CrowdSec is not asked: {}", error.message());
                let shut: Option<Arc<dyn Filter>> = if is_open { None } else { Some(Arc::new(Shut)) };
                (shut, Some(why))
            }
        }
    }

    /// Why the firewall does not answer; `None` when it does. Looked at most every half minute.
    pub(crate) async fn firewall_trouble(&self, place: &Place) -> Result<Option<String>> {
        let look = async { Ok(self.crowdsec.firewall(&place.url, &place.key).probe(LOOK).await.err().map(|error| error.to_string())) };
        Ok((*self.crowdsec.firewalls.of(place.mark(), look).await?).clone())
    }
}

/// Stands in for a firewall that cannot be asked where nothing may pass unseen.
#[derive(Debug)]
struct Shut;

impl Filter for Shut {
    fn want(&self, _: &Facts<'_>) -> Want {
        Want::Nothing(without_a_word(false))
    }

    fn inspect(&self, _: &Facts<'_>, _: &Bytes) -> Inspection {
        Inspection::Now(without_a_word(false))
    }
}

struct Firewall {
    way: Arc<CrowdSec>,
    place: Arc<Place>,
    /// Requests pass while it gives no word.
    is_open: bool,
    gate: Arc<Gate>,
    look: Arc<Notify>,
    /// Where the client of the product lives; the threads of the engine run nothing else.
    runtime: tokio::runtime::Handle,
}

impl fmt::Debug for Firewall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Firewall({})", self.place.url)
    }
}

fn without_a_word(is_open: bool) -> Verdict {
    if is_open {
        return Verdict::Pass;
    }
    Verdict::Refuse(Reply::text(StatusCode::SERVICE_UNAVAILABLE, "the application firewall does not answer\n"))
}

/// Headers as it is told them: a session of Argos is nobody else's business.
fn told_headers(headers: &HeaderMap) -> Vec<(String, Vec<u8>)> {
    let mut out = Vec::with_capacity(headers.len());
    for (name, value) in headers {
        let value = if *name == COOKIE { without_session(value.as_bytes()) } else { value.as_bytes().to_vec() };
        if !value.is_empty() || *name != COOKIE {
            out.push((name.as_str().to_owned(), value));
        }
    }
    out
}

/// A gRPC call may stream both ways and send nothing more before it is answered; its frames are no text to a firewall anyway.
/// Clients may claim to make one anywhere: where no backend speaks HTTP/2 there is none.
fn body_wanted(facts: &Facts<'_>) -> usize {
    let kind = facts.headers.get(CONTENT_TYPE).map_or(&b""[..], |kind| kind.as_bytes());
    let is_call = facts.to_h2 && facts.version == Version::HTTP_2 && kind.starts_with(b"application/grpc");
    if is_call { 0 } else { BODY_BYTES_MAX }
}

/// Path and query as backends get them, written so that every firewall can read them and none takes them for something else:
/// to its parser two slashes at the begin name a host, and a `%` without two digits makes all of it unreadable, which would
/// be a way past it. Both mean the same to those who are not so strict.
fn told_uri(path: &str, query: Option<&str>) -> String {
    let mut out = String::with_capacity(path.len() + query.map_or(0, str::len) + 2);
    out.push('/');
    push_readable(&mut out, path.trim_start_matches('/'));
    if let Some(query) = query {
        out.push('?');
        push_readable(&mut out, query);
    }
    out
}

fn push_readable(out: &mut String, text: &str) {
    for (at, c) in text.char_indices() {
        let is_escape = || matches!(text.as_bytes().get(at + 1..at + 3), Some([a, b]) if a.is_ascii_hexdigit() && b.is_ascii_hexdigit());
        match c {
            '%' if !is_escape() => out.push_str("%25"),
            c if c.is_ascii_control() => drop(write!(out, "%{:02X}", u32::from(c))),
            c => out.push(c),
        }
    }
}

fn without_session(cookies: &[u8]) -> Vec<u8> {
    let is_session = |pair: &&[u8]| {
        let name = pair.split(|b| *b == b'=').next().unwrap_or_default().trim_ascii();
        RESERVED_COOKIES.iter().any(|reserved| reserved.as_bytes() == name)
    };
    let kept: Vec<&[u8]> = cookies.split(|b| *b == b';').filter(|pair| !is_session(pair)).collect();
    kept.join(&b";"[..]).trim_ascii().to_vec()
}

impl Filter for Firewall {
    fn want(&self, facts: &Facts<'_>) -> Want {
        // Uploads are not held back for one that nobody asks.
        if self.gate.rests(Instant::now()) { Want::Nothing(without_a_word(self.is_open)) } else { Want::Body(body_wanted(facts)) }
    }

    fn inspect(&self, facts: &Facts<'_>, body: &Bytes) -> Inspection {
        let is_open = self.is_open;
        if !self.gate.may_ask(Instant::now()) {
            return Inspection::Now(without_a_word(is_open));
        }
        let told = Inspected {
            client: facts.client.to_canonical().to_string(),
            host: facts.host.to_owned(),
            method: facts.method.to_string(),
            uri: told_uri(facts.sent_path, facts.query),
            version: match facts.version {
                Version::HTTP_2 => "20",
                Version::HTTP_10 => "10",
                _ => "11",
            },
            headers: told_headers(facts.headers),
            // Shared with the request, which counts it.
            body: body.clone(),
        };
        let (way, place, gate, look) = (Arc::clone(&self.way), Arc::clone(&self.place), Arc::clone(&self.gate), Arc::clone(&self.look));
        let runtime = self.runtime.clone();
        let asked = self.runtime.spawn(async move {
            match way.firewall(&place.url, &place.key).judge(told, WAIT).await {
                Ok(word) => {
                    gate.answered();
                    Some(word)
                }
                Err(error) => {
                    tracing::debug!(%error, "the application firewall has no word for a request");
                    if gate.missed() {
                        // Nobody waits for it.
                        runtime.spawn(async move {
                            let found = way.firewall(&place.url, &place.key).probe(WAIT).await;
                            if gate.looked(found.is_ok(), Instant::now()) {
                                tracing::warn!(error = ?found.err(), is_open, "the application firewall does not answer");
                                look.notify_one();
                            }
                        });
                    }
                    None
                }
            }
        });
        Inspection::Later(Box::pin(async move {
            match asked.await {
                Ok(Some(Word::Pass)) => Verdict::Pass,
                Ok(Some(Word::Refuse(status))) => {
                    Verdict::Refuse(Reply::text(StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN), "forbidden\n"))
                }
                Ok(None) | Err(_) => without_a_word(is_open),
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bodies_are_told_but_those_of_calls_that_stream() {
        let wanted = |version, kind: &'static str, to_h2| {
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, http::HeaderValue::from_static(kind))]);
            let (client, method) = (std::net::IpAddr::from([127, 0, 0, 1]), http::Method::POST);
            let facts = Facts {
                host_id: 1,
                host: "app.test",
                tls: true,
                client,
                version,
                method: &method,
                path: "/",
                raw_path: "/",
                sent_path: "/",
                query: None,
                headers: &headers,
                to_h2,
            };
            body_wanted(&facts)
        };
        assert_eq!(wanted(Version::HTTP_2, "application/grpc+proto", true), 0);
        assert_eq!(wanted(Version::HTTP_11, "application/grpc", true), BODY_BYTES_MAX, "not by a mere claim");
        assert_eq!(wanted(Version::HTTP_2, "application/grpc", false), BODY_BYTES_MAX, "no backend takes such a call");
        assert_eq!(wanted(Version::HTTP_2, "application/json", true), BODY_BYTES_MAX);
    }

    #[test]
    fn address_is_told_so_that_it_can_be_read() {
        for (path, query, told) in [
            ("/rpc2", Some("user=root"), "/rpc2?user=root"),
            ("//evil/rpc2", None, "/evil/rpc2"),
            ("//[x", None, "/[x"),
            ("/%zz/%4/%", Some("%%41"), "/%25zz/%254/%25?%25%41"),
            ("/ä%c3%a4\u{7f}", Some(""), "/ä%c3%a4%7F?"),
        ] {
            assert_eq!(told_uri(path, query), told, "{path}");
        }
    }

    proptest! {
        #[test]
        fn any_address_is_told_readable(path in "/[ -~\\x7fä%/]{0,30}", query in proptest::option::of("[ -~%]{0,20}")) {
            let told = told_uri(&path, query.as_deref());
            prop_assert!(told.starts_with('/') && !told.starts_with("//") && !told.chars().any(|c| c.is_ascii_control()), "{}", told);
            for (at, _) in told.match_indices('%') {
                let digits = told.as_bytes().get(at + 1..at + 3).unwrap_or_default();
                prop_assert!(digits.len() == 2 && digits.iter().all(u8::is_ascii_hexdigit), "{}", told);
            }
        }
    }

    #[test]
    fn session_of_argos_is_not_told() {
        for (cookies, told) in [
            ("argos_session=abc", ""),
            ("a=1; argos_session=abc; b=2", "a=1; b=2"),
            ("argos_session=abc; a=1", "a=1"),
            ("argos_session2=x", "argos_session2=x"),
        ] {
            assert_eq!(String::from_utf8(without_session(cookies.as_bytes())).unwrap(), told, "{cookies}");
        }
    }
}

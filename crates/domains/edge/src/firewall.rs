//! The firewall of CrowdSec (AppSec) in front of every site of the built-in engine: each request is told to the listener of
//! the wanted mode, and its word counts. When it gives none, the setting decides whether requests pass; then it is left alone
//! for a while, so that a firewall that hangs does not hold every request up.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use argos_crowdsec::{Inspected, Word};
use argos_kernel::{Result, Secret};
use argos_proxy::{Facts, Filter, Inspection, Reply, Verdict};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, COOKIE};
use http::{HeaderMap, StatusCode, Version};
use tokio::sync::Notify;

use crate::crowdsec::{Connection, CrowdSec};
use crate::model::compile::RESERVED_COOKIES;
use crate::service::Edge;

/// Bytes of a body that are told.
const BODY_BYTES_MAX: usize = 512 << 10;
/// Longest wait of a client for a word.
const WAIT: Duration = Duration::from_secs(2);
/// How long it is left alone after it gave none.
const REST: Duration = Duration::from_secs(5);

/// A listener of it, with the key.
pub(crate) struct Place {
    pub(crate) url: String,
    pub(crate) key: Secret<String>,
}

impl Edge {
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

    /// Where the firewall is asked; `None` when CrowdSec is not set up or the firewall is switched off.
    pub(crate) fn firewall_place(&self) -> Result<Option<Place>> {
        let connection = self.crowdsec_connection()?;
        let url = self.firewall_url(&connection)?.filter(|_| connection.is_wired());
        Ok(url.zip(connection.key).map(|(url, key)| Place { url, key }))
    }

    /// Whether requests can be told to it at all: by a Caddy, or by the built-in engine once CrowdSec is set up.
    pub(crate) fn has_firewall(&self) -> Result<bool> {
        Ok(self.caddy.is_some() || (self.plane.is_wanted() && self.crowdsec_connection()?.is_wired()))
    }

    /// What the built-in engine asks about every request.
    pub(crate) fn firewall(&self) -> Result<Option<Arc<dyn Filter>>> {
        let Some(place) = self.firewall_place()? else { return Ok(None) };
        let is_open = self.platform.settings.bool("appsec.fail_open")?;
        let (way, look) = (Arc::clone(&self.crowdsec), Arc::clone(&self.crowdsec.look));
        let runtime = tokio::runtime::Handle::current();
        let gate = self.crowdsec.gate(&place.url);
        Ok(Some(Arc::new(Firewall { way, place: Arc::new(place), is_open, gate, look, runtime })))
    }

    /// Why the firewall does not answer; `None` when it does. Looked at most every half minute.
    pub(crate) async fn firewall_trouble(&self, place: &Place) -> Result<Option<String>> {
        let look = async { Ok(self.crowdsec.firewall(&place.url, &place.key).probe().await.err().map(|error| error.to_string())) };
        Ok((*self.crowdsec.firewalls.of(place.url.clone(), look).await?).clone())
    }
}

/// Whether it is asked, by what became of the last requests.
#[derive(Debug, Default)]
pub(crate) struct Gate(Mutex<Option<Instant>>);

impl Gate {
    /// After a rest one request asks for all.
    fn may_ask(&self, now: Instant) -> bool {
        let mut rests = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match *rests {
            Some(until) if now < until => false,
            Some(_) => {
                *rests = Some(now + REST);
                true
            }
            None => true,
        }
    }

    fn answered(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Whether it answered before.
    fn failed(&self, now: Instant) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).replace(now + REST).is_none()
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
fn body_wanted(facts: &Facts<'_>) -> usize {
    let kind = facts.headers.get(CONTENT_TYPE).map_or(&b""[..], |kind| kind.as_bytes());
    if facts.version == Version::HTTP_2 && kind.starts_with(b"application/grpc") { 0 } else { BODY_BYTES_MAX }
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
    fn body_bytes_max(&self, facts: &Facts<'_>) -> usize {
        body_wanted(facts)
    }

    fn inspect(&self, facts: &Facts<'_>, body: &Bytes) -> Inspection {
        let is_open = self.is_open;
        if !self.gate.may_ask(Instant::now()) {
            return Inspection::Now(without_a_word(is_open));
        }
        let query = facts.query.map(|q| format!("?{q}")).unwrap_or_default();
        let told = Inspected {
            client: facts.client.to_canonical().to_string(),
            host: facts.host.to_owned(),
            method: facts.method.to_string(),
            uri: format!("{}{query}", facts.raw_path),
            version: match facts.version {
                Version::HTTP_2 => "20",
                Version::HTTP_10 => "10",
                _ => "11",
            },
            headers: told_headers(facts.headers),
            body: body.to_vec(),
        };
        let (way, place, gate, look) = (Arc::clone(&self.way), Arc::clone(&self.place), Arc::clone(&self.gate), Arc::clone(&self.look));
        let asked = self.runtime.spawn(async move {
            match way.firewall(&place.url, &place.key).judge(told, WAIT).await {
                Ok(word) => {
                    gate.answered();
                    Some(word)
                }
                Err(error) => {
                    if gate.failed(Instant::now()) {
                        tracing::warn!(%error, is_open, "the application firewall gives no word");
                        look.notify_one();
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
    use super::*;

    #[test]
    fn firewall_without_a_word_is_asked_by_one_request_after_a_rest() {
        let (gate, start) = (Gate::default(), Instant::now());
        assert!(gate.may_ask(start) && gate.may_ask(start), "as many as come while it answers");
        assert!(gate.failed(start) && !gate.failed(start), "told once");
        assert!(!gate.may_ask(start + REST / 2));
        assert!(gate.may_ask(start + REST) && !gate.may_ask(start + REST), "one asks for all");
        gate.answered();
        assert!(gate.may_ask(start) && gate.may_ask(start));
    }

    #[test]
    fn bodies_are_told_but_those_of_calls_that_stream() {
        let wanted = |version, kind: &'static str| {
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
                query: None,
                headers: &headers,
            };
            body_wanted(&facts)
        };
        assert_eq!(wanted(Version::HTTP_2, "application/grpc+proto"), 0);
        assert_eq!(wanted(Version::HTTP_11, "application/grpc"), BODY_BYTES_MAX, "not by a mere claim");
        assert_eq!(wanted(Version::HTTP_2, "application/json"), BODY_BYTES_MAX);
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

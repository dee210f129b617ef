//! The application firewall of CrowdSec (AppSec): it is told a request of somebody and says whether it may pass.

use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;

use crate::bouncer::malformed;
use crate::error::LapiError;
use crate::transport::{HttpRequest, Transport};

/// What it is told beside the headers of the request itself.
const OWN: &str = "x-crowdsec-appsec-";
/// Headers between the client and the proxy: the exchange with the firewall has its own.
const OF_THE_HOP: [&str; 10] =
    ["host", "connection", "content-length", "transfer-encoding", "te", "trailer", "upgrade", "keep-alive", "proxy-connection", "expect"];
/// What a look at the firewall asks for, and as whom: without them it would log an error or see an attack.
const PROBE: &str = "/.well-known/argos-appsec-healthcheck";
const PROBE_AGENT: &str = "argos-panel/healthcheck";
/// Its word is a line.
const BYTES_MAX: usize = 64 << 10;

/// A request as the firewall is told it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inspected {
    /// The client's address.
    pub client: String,
    /// The requested name.
    pub host: String,
    /// Its method.
    pub method: String,
    /// Path and query as they came.
    pub uri: String,
    /// `10`, `11`, `20`.
    pub version: &'static str,
    /// Headers as they came; those that belong to the connection are left out.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, or its begin.
    pub body: Bytes,
}

/// Its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// The request may go on.
    Pass,
    /// It must not; the client gets this status, 400-599.
    Refuse(u16),
}

#[derive(Deserialize)]
struct Said {
    action: String,
    #[serde(default)]
    http_status: u16,
}

/// A listener of the firewall.
pub struct AppSec<'a, T: Transport + ?Sized> {
    transport: &'a T,
    url: &'a str,
    key: &'a str,
}

impl<'a, T: Transport + ?Sized> AppSec<'a, T> {
    /// `url` is the address of the listener; the key is that of the bouncer.
    pub fn new(transport: &'a T, url: &'a str, key: &'a str) -> Self {
        Self { transport, url: url.trim_end_matches('/'), key }
    }

    fn request(&self, told: Inspected, timeout: Duration) -> HttpRequest {
        let mut request = HttpRequest::new(if told.body.is_empty() { "GET" } else { "POST" }, format!("{}/", self.url));
        (request.timeout, request.bytes_max) = (timeout, BYTES_MAX);
        request.credential = Some(("x-crowdsec-appsec-api-key", self.key.to_owned()));
        // A client that speaks of itself like this must not be believed.
        request.headers = told.headers;
        request.headers.retain(|(name, _)| {
            let name = name.to_ascii_lowercase();
            !name.starts_with(OWN) && !OF_THE_HOP.contains(&name.as_str())
        });
        let agent = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("user-agent")).map(|(_, value)| value.clone());
        let mut tell = |name: &str, value: Vec<u8>| request.headers.push((format!("{OWN}{name}"), value));
        tell("ip", told.client.into_bytes());
        tell("uri", told.uri.into_bytes());
        tell("host", told.host.into_bytes());
        tell("verb", told.method.into_bytes());
        tell("http-version", told.version.as_bytes().to_vec());
        if let Some(agent) = agent {
            tell("user-agent", agent);
        }
        request.body = Some(told.body).filter(|body| !body.is_empty());
        request
    }

    /// Asks for its word about a request. Nothing but a clear word lets it pass; what to do without one is the owner's.
    ///
    /// # Errors
    /// `Refused` when it does not know the key, else when no word came.
    pub async fn judge(&self, told: Inspected, timeout: Duration) -> Result<Word, LapiError> {
        let answer = self.transport.send(self.request(told, timeout)).await.map_err(LapiError::Unreachable)?;
        if !matches!(answer.status, 200..=299 | 403) {
            return Err(LapiError::of(&answer).unwrap_or(LapiError::Status(answer.status, String::new())));
        }
        let said: Said = serde_json::from_slice(&answer.body).map_err(malformed)?;
        match said.action.as_str() {
            "allow" if answer.status != 403 => Ok(Word::Pass),
            // A captcha is nothing we can show, so who should solve one does not pass.
            "ban" | "captcha" => Ok(Word::Refuse(Some(said.http_status).filter(|s| (400..=599).contains(s)).unwrap_or(403))),
            _ => Err(LapiError::Malformed("its action is not known".to_owned())),
        }
    }

    /// Looks whether it listens and would judge for this key. What it says of the look itself does not count: a rule may match.
    ///
    /// # Errors
    /// `Refused` when it does not know the key, else when nothing answers there, something that knows no such address, or
    /// something that is broken.
    pub async fn probe(&self, timeout: Duration) -> Result<(), LapiError> {
        let told = Inspected {
            client: "127.0.0.1".to_owned(),
            host: "argos-panel.local".to_owned(),
            method: "GET".to_owned(),
            uri: PROBE.to_owned(),
            version: "11",
            headers: vec![("user-agent".to_owned(), PROBE_AGENT.as_bytes().to_vec())],
            body: Bytes::new(),
        };
        let answer = self.transport.send(self.request(told, timeout)).await.map_err(LapiError::Unreachable)?;
        match answer.status {
            404 => Err(LapiError::Status(404, "no firewall listens there".to_owned())),
            401 => Err(LapiError::Refused),
            status @ 500.. => Err(LapiError::Status(status, String::new())),
            _ => Ok(()),
        }
    }
}

//! What the rules of a host would do with a request that was made up: for people who change them. Nothing is sent.

use std::net::IpAddr;

use http::{HeaderMap, Method, Uri, Version};

use crate::request::Facts;
use crate::snapshot::Snapshot;

/// A request that was made up.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The name that is asked for, without a port.
    pub host: String,
    /// Whether it comes over TLS.
    pub tls: bool,
    /// Who asks.
    pub client: IpAddr,
    /// Method.
    pub method: Method,
    /// Path and query as a client would send them.
    pub target: String,
    /// Headers.
    pub headers: HeaderMap,
}

/// What would become of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The rule that wins; `None` = none matches, and the host does what it does otherwise.
    pub rule_id: Option<u64>,
    /// The path as rules compare it.
    pub path: String,
    /// The path as backends get it, unless a rule rewrites it.
    pub sent_path: String,
}

impl Snapshot {
    /// The rule that would decide about a request.
    ///
    /// # Errors
    /// In words, when no host serves the name, or the request would be refused as no valid one.
    pub fn try_rules(&self, trial: &Trial) -> Result<Found, &'static str> {
        let host = trial.host.to_ascii_lowercase();
        let found = self.hosts.find(&host).ok_or("no host serves this name")?;
        let uri: Uri = trial.target.parse().map_err(|_| "this is no path")?;
        if uri.authority().is_some() || !uri.path().starts_with('/') {
            return Err("a path begins with /");
        }
        let sent = crate::path::sent(uri.path()).map_err(|_| "a request for this path is refused")?;
        let path = crate::path::seen(&sent).map_err(|_| "a request for this path is refused")?;
        let facts = Facts {
            host_id: found.id,
            host: &host,
            tls: trial.tls,
            client: trial.client,
            version: Version::HTTP_11,
            method: &trial.method,
            path: &path,
            raw_path: uri.path(),
            sent_path: &sent,
            query: uri.query(),
            headers: &trial.headers,
            to_h2: found.to_h2,
        };
        let rule_id = found.rules.iter().find(|rule| rule.matches(&facts)).map(|rule| rule.id);
        Ok(Found { rule_id, path: path.to_string(), sent_path: sent.to_string() })
    }
}

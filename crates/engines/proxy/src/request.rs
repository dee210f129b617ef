//! What rules, limits and filters may ask about a request.

use std::net::IpAddr;

use http::{HeaderMap, Method, Version};

/// Facts of a request, gathered once.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The owner's number of the host.
    pub host_id: u64,
    /// The requested name, lower case, without port.
    pub host: &'a str,
    /// Whether it came over TLS (or a trusted proxy says so).
    pub tls: bool,
    /// The client's address, after trusted proxies.
    pub client: IpAddr,
    /// The version it came in.
    pub version: Version,
    /// Method.
    pub method: &'a Method,
    /// The path decoded and normalised: what rules compare.
    pub path: &'a str,
    /// The path as it came.
    pub raw_path: &'a str,
    /// The path as backends get it unless a rule rewrites it: as it came, dot segments resolved.
    pub sent_path: &'a str,
    /// The query as it came.
    pub query: Option<&'a str>,
    /// Headers.
    pub headers: &'a HeaderMap,
    /// Whether the host has a pool that speaks HTTP/2: without one no call can stream both ways.
    pub to_h2: bool,
}

impl Facts<'_> {
    /// `http` or `https`.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        if self.tls { "https" } else { "http" }
    }
}

//! Looking before publishing: does the backend answer, and where does the name lead. Nothing is stored.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use argos_kernel::Result;
use argos_net::{Class, Request, Tls};

use crate::model::bad;
use crate::model::name::{is_backend, is_domain};
use crate::service::Edge;

const PATIENCE: Duration = Duration::from_secs(5);
const ADDRESSES_MAX: usize = 16;

/// What a backend answered.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: Option<u16>,
    pub(crate) millis: u64,
    pub(crate) error: Option<String>,
}

impl Edge {
    /// Asks a backend for a path, as its health check would.
    pub(crate) async fn probe_backend(&self, https: bool, host: &str, port: u16, path: &str, verify: bool) -> Result<Answer> {
        let host = host.trim().to_ascii_lowercase();
        if !is_backend(&host) {
            return Err(bad("host", "host must be an IP address or a host name"));
        }
        if !path.starts_with('/') {
            return Err(bad("path", "path must start with /"));
        }
        let bracketed = if host.contains(':') { format!("[{host}]") } else { host };
        let url = format!("{}://{bracketed}:{port}{path}", if https { "https" } else { "http" });
        let mut request = Request::get(Class::Integration, url).timeout(PATIENCE);
        if !verify {
            request = request.tls(Tls::Insecure);
        }
        let began = Instant::now();
        let outcome = self.platform.net.send(request).await;
        let millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(match outcome {
            Ok(response) => Answer { status: Some(response.status), millis, error: None },
            Err(error) => Answer { status: None, millis, error: Some(error.to_string()) },
        })
    }

    /// The addresses a domain leads to; empty when it leads nowhere yet.
    pub(crate) async fn resolve(&self, domain: &str) -> Result<Vec<IpAddr>> {
        let name = domain.strip_prefix("*.").unwrap_or(domain);
        if !is_domain(name) {
            return Err(bad("domain", "domain must be a DNS name, as app.example.org"));
        }
        let found = tokio::time::timeout(PATIENCE, tokio::net::lookup_host((name, 443))).await;
        let mut addresses: Vec<IpAddr> = found.ok().and_then(Result::ok).into_iter().flatten().map(|a| a.ip()).collect();
        addresses.sort_unstable();
        addresses.dedup();
        addresses.truncate(ADDRESSES_MAX);
        Ok(addresses)
    }
}

//! `/api/ui/edge/probe`: the live checks of a site that is about to be published.

use argos_kernel::Result;
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Service;
use crate::actions::probe::Answer;

pub(super) fn routes(edge: Service) -> Routes {
    Routes::new(edge)
        .post("/api/ui/edge/probe", "edge.probe", "Ask a backend, and look up where a domain leads.", probe)
        .body::<ProbeBody>()
        .reply::<ProbeView>()
        .done()
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ProbeBody {
    #[serde(default)]
    domain: Option<String>,
    #[serde(default)]
    backend: Option<BackendBody>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct BackendBody {
    /// http (default) or https
    #[serde(default)]
    protocol: Option<String>,
    host: String,
    port: u16,
    /// `/` when absent.
    #[serde(default)]
    path: Option<String>,
    /// False takes any certificate.
    #[serde(default)]
    verify_tls: Option<bool>,
}

#[derive(Serialize, JsonSchema)]
struct ProbeView {
    /// Null when no domain was given.
    dns: Option<DnsView>,
    /// Null when no backend was given.
    backend: Option<BackendView>,
}

#[derive(Serialize, JsonSchema)]
struct DnsView {
    /// Empty: the name leads nowhere yet.
    addresses: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
struct BackendView {
    /// Null when there was no answer.
    status: Option<u16>,
    millis: u64,
    error: Option<String>,
}

async fn probe(edge: Service, mut req: Req) -> Result<Reply> {
    let body: ProbeBody = req.json().await?;
    let dns = match body.domain.as_deref().map(str::trim).filter(|d| !d.is_empty()) {
        Some(domain) => {
            let found = edge.resolve(&domain.to_ascii_lowercase()).await?;
            Some(DnsView { addresses: found.iter().map(ToString::to_string).collect() })
        }
        None => None,
    };
    let backend = match &body.backend {
        Some(b) => {
            let https = b.protocol.as_deref() == Some("https");
            let path = b.path.as_deref().unwrap_or("/");
            let Answer { status, millis, error } = edge.probe_backend(https, &b.host, b.port, path, b.verify_tls.unwrap_or(true)).await?;
            Some(BackendView { status, millis, error })
        }
        None => None,
    };
    Ok(Reply::json(&ProbeView { dns, backend }))
}

//! `/api/ui/edge/probe`: the live checks of a site that is about to be published.

use argos_kernel::{Result, Timestamp};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Service, time};
use crate::actions::probe::{Answer, Lead};
use crate::actions::probe_site::SiteAnswer;
use crate::model::certificate::days_left;

pub(super) fn routes(edge: Service) -> Routes {
    Routes::new(edge)
        .post("/api/ui/edge/probe", "edge.probe", "Ask a backend or a published site, and look where a domain leads.", probe)
        .body::<ProbeBody>()
        .reply::<ProbeView>()
        .done()
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ProbeBody {
    #[serde(default)]
    domain: Option<String>,
    /// Also shows a proof as for an authority, and asks for it by the domain.
    #[serde(default)]
    challenge: bool,
    #[serde(default)]
    backend: Option<BackendBody>,
    /// A published site, which is asked through the own listener.
    #[serde(default)]
    host_id: Option<i64>,
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
    /// Null when no domain was given.
    listeners: Option<ListenersView>,
    /// Null when it was not asked for, for a wildcard, and while no listener of the built-in engine is open.
    challenge: Option<BackendView>,
    /// Null when no backend was given.
    backend: Option<BackendView>,
    /// Null when no site was given.
    site: Option<SiteView>,
}

#[derive(Serialize, JsonSchema)]
struct DnsView {
    /// Empty: the name leads nowhere yet.
    addresses: Vec<String>,
    /// Whether it leads to this machine; null when that cannot be told.
    is_here: Option<bool>,
    /// Those addresses that are not known to be this machine's.
    elsewhere: Vec<String>,
    /// The public address of this machine, as it was found last.
    public_address: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct ListenersView {
    /// Null: nothing listens for plain requests.
    http: Option<ListenerView>,
    /// Null: nothing listens for TLS.
    https: Option<ListenerView>,
}

#[derive(Serialize, JsonSchema)]
struct ListenerView {
    address: String,
    /// Null when the address names none.
    port: Option<u16>,
    /// It opens with the first site.
    is_open: bool,
}

#[derive(Serialize, JsonSchema)]
struct BackendView {
    /// Null when there was no answer.
    status: Option<u16>,
    millis: u64,
    error: Option<String>,
    /// It was reached, and its certificate is what is wrong.
    is_untrusted: bool,
}

#[derive(Serialize, JsonSchema)]
struct SiteView {
    url: String,
    /// False when it cannot be asked from here: `error` says why, and nothing is known about the site.
    is_asked: bool,
    /// Null when there was no answer.
    status: Option<u16>,
    millis: u64,
    error: Option<String>,
    /// Whether visitors trust the certificate; null without TLS or without an answer.
    is_trusted: Option<bool>,
    /// What it showed; null without TLS.
    certificate: Option<ShownCertificate>,
}

#[derive(Serialize, JsonSchema)]
struct ShownCertificate {
    issuer: String,
    not_after: String,
    days_left: i64,
    is_self_signed: bool,
    /// Whether it is for the name that was asked.
    covers: bool,
}

fn dns_view(lead: &Lead) -> DnsView {
    let texts = |all: &[std::net::IpAddr]| all.iter().map(ToString::to_string).collect();
    DnsView {
        is_here: lead.is_here(),
        addresses: texts(&lead.addresses),
        elsewhere: texts(&lead.elsewhere),
        public_address: lead.public.map(|ip| ip.to_string()),
    }
}

fn backend_view(answer: Answer) -> BackendView {
    let Answer { status, millis, error, is_untrusted } = answer;
    BackendView { status, millis, error, is_untrusted }
}

fn site_view(found: SiteAnswer, now: Timestamp) -> SiteView {
    let SiteAnswer { url, is_asked, answer, is_trusted, certificate } = found;
    let host = url.split("://").nth(1).unwrap_or_default().trim_end_matches('/').to_owned();
    let certificate = certificate.map(|c| {
        let not_after = Timestamp::from_secs(c.not_after);
        ShownCertificate {
            covers: c.covers(&host),
            is_self_signed: c.is_self_signed(),
            issuer: c.issuer_name,
            not_after: time(not_after),
            days_left: days_left(not_after, now),
        }
    });
    SiteView { url, is_asked, status: answer.status, millis: answer.millis, error: answer.error, is_trusted, certificate }
}

fn listener_view(edge: &Service, tls: bool) -> Option<ListenerView> {
    let (address, is_open) = edge.listener(tls)?;
    let port = address.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    Some(ListenerView { address, port, is_open })
}

async fn probe(edge: Service, mut req: Req) -> Result<Reply> {
    let body: ProbeBody = req.json().await?;
    let mut view = ProbeView { dns: None, listeners: None, challenge: None, backend: None, site: None };
    if let Some(domain) = body.domain.as_deref().map(str::trim).filter(|d| !d.is_empty()).map(str::to_ascii_lowercase) {
        view.dns = Some(dns_view(&edge.resolve(&domain).await?));
        view.listeners = Some(ListenersView { http: listener_view(&edge, false), https: listener_view(&edge, true) });
        if body.challenge {
            view.challenge = edge.try_challenge(&domain).await?.map(backend_view);
        }
    }
    if let Some(b) = &body.backend {
        let https = b.protocol.as_deref() == Some("https");
        let path = b.path.as_deref().unwrap_or("/");
        let answer = edge.probe_backend(https, &b.host, b.port, path, b.verify_tls.unwrap_or(true)).await?;
        view.backend = Some(backend_view(answer));
    }
    if let Some(host) = body.host_id {
        view.site = Some(site_view(edge.probe_site(host).await?, req.cx().now()));
    }
    Ok(Reply::json(&view))
}

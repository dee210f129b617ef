//! `/api/certs`: certificates of authorities.

use argos_kernel::{Result, Timestamp};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Service, id, time};
use crate::actions::certificates::Standing;
use crate::model::certificate::{days_left, status};

pub(super) fn routes(edge: Service) -> Routes {
    Routes::new(edge)
        .get("/api/certs", "edge.list_certificates", "The certificate of every enabled site that has it from an authority.", list)
        .reply::<Vec<CertificateView>>()
        .post("/api/certs/{host_id}/renew", "edge.renew_certificate", "Look at a certificate now; renew it when it is due.", renew)
        .param("force", "`true` renews a certificate that is not due")
        .reply::<RenewalQueued>()
        .done()
}

#[derive(Serialize, JsonSchema)]
struct CertificateView {
    domain: String,
    host_id: i64,
    /// Empty while there is none.
    issuer: String,
    not_after: Option<String>,
    last_checked_at: String,
    days_left: Option<i64>,
    /// ok, warning, critical, expired, unknown
    status: &'static str,
    next_renewal_estimate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_renewal_event: Option<CertificateEvent>,
    challenge: String,
    /// Directory of the authority that would be asked.
    authority: String,
    dns_provider: Option<String>,
    not_before: Option<String>,
    fingerprint_sha256: Option<String>,
    /// Failed attempts in a row.
    failures: i64,
    /// Why the last attempt failed: a word for programs; null when it did not.
    error_code: Option<String>,
    /// When a failed attempt is repeated.
    next_attempt_at: Option<String>,
    /// An order is under way.
    ordering: bool,
    /// What happened in the newest order.
    steps: Vec<CertificateStep>,
}

#[derive(Serialize, JsonSchema)]
struct CertificateEvent {
    timestamp: String,
    message: String,
    success: bool,
}

#[derive(Serialize, JsonSchema)]
struct CertificateStep {
    at: String,
    /// order, proof, proven, finalize
    step: String,
    detail: String,
}

#[derive(Serialize, JsonSchema)]
struct RenewalQueued {
    queued: bool,
    domain: String,
    message: &'static str,
}

fn view(edge: &Service, standing: Standing, now: Timestamp) -> CertificateView {
    let Standing { host, issued, attempt, order, steps } = standing;
    let days = issued.as_ref().map(|c| days_left(c.not_after, now));
    let failed = attempt.as_ref().filter(|a| !a.ok);
    CertificateView {
        authority: edge.acme_directory(&host.spec),
        dns_provider: (host.spec.tls_challenge == "dns").then(|| host.spec.tls_dns_provider.clone()),
        host_id: host.id,
        issuer: issued.as_ref().map(|c| c.issuer.clone()).unwrap_or_default(),
        not_after: issued.as_ref().map(|c| time(c.not_after)),
        not_before: issued.as_ref().map(|c| time(c.not_before)),
        fingerprint_sha256: issued.as_ref().map(|c| c.fingerprint.clone()),
        last_checked_at: time(now),
        days_left: days,
        status: days.map_or("unknown", status),
        next_renewal_estimate: issued.as_ref().map(|c| time(c.renew_at)),
        failures: attempt.as_ref().map_or(0, |a| a.failures),
        error_code: failed.map(|a| a.code.clone()),
        next_attempt_at: failed.and_then(|a| a.next_at).map(time),
        last_renewal_event: attempt.map(|a| CertificateEvent { timestamp: time(a.at), message: a.message, success: a.ok }),
        challenge: host.spec.tls_challenge,
        ordering: order.is_some(),
        steps: steps.into_iter().map(|s| CertificateStep { at: time(s.at), step: s.step, detail: s.detail }).collect(),
        domain: host.domain,
    }
}

async fn list(edge: Service, req: Req) -> Result<Reply> {
    let now = req.cx().now();
    let views: Vec<CertificateView> = edge.list_certificates().await?.into_iter().map(|s| view(&edge, s, now)).collect();
    Ok(Reply::json(&views))
}

async fn renew(edge: Service, req: Req) -> Result<Reply> {
    let host_id = id(&req, "host_id")?;
    let is_demanded = req.query().flag("force");
    let (domain, message) = edge.renew_certificate(&req.cx().actor(), host_id, is_demanded).await?;
    Ok(Reply::json(&RenewalQueued { queued: true, domain, message }).status(202))
}

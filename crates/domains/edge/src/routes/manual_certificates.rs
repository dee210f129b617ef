//! `/api/manual-certs`: uploaded certificates. Keys go in and never come out.

use argos_kernel::{AppError, ErrorKind, Result, Timestamp};
use argos_web::{MultipartForm, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use super::hosts::{HostView, shown as host_view};
use super::{Service, id, time, told};
use crate::model::certificate::{days_left, status};
use crate::model::manual_certificate::Upload;
use crate::store::manual_certificates::Manual;

const FORM_MAX: usize = 256 << 10;
const PART_MAX: usize = 64 << 10;

pub(super) fn routes(edge: Service) -> Routes {
    Routes::new(edge)
        .get("/api/manual-certs", "edge.list_manual_certificates", "Every uploaded certificate.", list)
        .reply::<Vec<ManualCertificateView>>()
        .get("/api/manual-certs/{host_id}", "edge.get_manual_certificate", "The uploaded certificate of a site.", get)
        .reply::<ManualCertificateView>()
        .post("/api/manual-certs/{host_id}", "edge.upload_manual_certificate", "Upload a certificate and serve the site with it.", upload)
        .reply::<CertificateUploadedView>()
        .body_limit(FORM_MAX)
        .delete("/api/manual-certs/{host_id}", "edge.delete_manual_certificate", "Remove an uploaded certificate.", remove)
        .param("revert", "auto (default) or none: the mode of the site afterwards")
        .reply::<CertificateRemovedView>()
        .post("/api/manual-certs/{host_id}/check", "edge.check_manual_certificate", "What would become of an upload.", check)
        .reply::<CertificateCheckView>()
        .body_limit(FORM_MAX)
        .get("/api/manual-certs/{host_id}/download", "edge.download_manual_certificate", "The certificate and its chain as PEM.", download)
        .done()
}

#[derive(Serialize, JsonSchema)]
struct ManualCertificateView {
    host_id: i64,
    domain: String,
    issuer: String,
    subject_cn: String,
    sans: Vec<String>,
    not_before: String,
    not_after: String,
    days_left: i64,
    status: &'static str,
    fingerprint_sha256: String,
    uploaded_at: String,
    uploaded_by: String,
    has_chain: bool,
}

#[derive(Serialize, JsonSchema)]
struct CertificateUploadedView {
    cert: ManualCertificateView,
    warnings: Vec<String>,
    host: HostView,
}

#[derive(Serialize, JsonSchema)]
struct CertificateRemovedView {
    ok: bool,
    host: HostView,
}

#[derive(Serialize, JsonSchema)]
struct CertificateCheckView {
    /// Whether it would be taken.
    ok: bool,
    /// Why not, and which part is at fault.
    error: Option<String>,
    field: Option<String>,
    warnings: Vec<String>,
    /// What the certificate says; null when it cannot be read or is refused.
    cert: Option<CertificateFoundView>,
}

#[derive(Serialize, JsonSchema)]
struct CertificateFoundView {
    issuer: String,
    subject_cn: String,
    sans: Vec<String>,
    not_before: String,
    not_after: String,
    days_left: i64,
    fingerprint_sha256: String,
    has_chain: bool,
}

fn view(c: &Manual, domain: &str, now: Timestamp) -> ManualCertificateView {
    let days = days_left(c.not_after, now);
    ManualCertificateView {
        host_id: c.host_id,
        domain: domain.to_owned(),
        issuer: c.issuer.clone(),
        subject_cn: c.subject_cn.clone(),
        sans: c.sans.clone(),
        not_before: time(c.not_before),
        not_after: time(c.not_after),
        days_left: days,
        status: status(days),
        fingerprint_sha256: c.fingerprint.clone(),
        uploaded_at: time(c.uploaded_at),
        uploaded_by: c.uploaded_by.clone(),
        has_chain: !c.chain_pem.is_empty(),
    }
}

/// The parts of an upload, as files or as text.
fn parts(form: &MultipartForm) -> Result<Upload> {
    let text = |name: &str| {
        let Some(field) = form.field(name) else { return Ok(String::new()) };
        if field.data.len() > PART_MAX {
            return Err(crate::model::bad(name, format!("{name} must be at most 64 KiB")));
        }
        String::from_utf8(field.data.to_vec()).map_err(|_| crate::model::bad(name, format!("{name} is not PEM text")))
    };
    Ok(Upload { cert_pem: text("cert_pem")?, key_pem: text("key_pem")?, chain_pem: text("chain_pem")? })
}

async fn list(edge: Service, req: Req) -> Result<Reply> {
    let now = req.cx().now();
    let views: Vec<ManualCertificateView> = edge.list_manual_certificates().await?.iter().map(|(c, domain)| view(c, domain, now)).collect();
    Ok(Reply::json(&views))
}

async fn get(edge: Service, req: Req) -> Result<Reply> {
    let (certificate, domain) = edge.get_manual_certificate(id(&req, "host_id")?).await?;
    Ok(Reply::json(&view(&certificate, &domain, req.cx().now())))
}

async fn upload(edge: Service, mut req: Req) -> Result<Reply> {
    let host_id = id(&req, "host_id")?;
    let parts = parts(&req.multipart().await?)?;
    let done = edge.put_manual_certificate(&req.cx().actor(), host_id, &parts).await?;
    let kept = done.value;
    let cert = view(&kept.certificate, &kept.host.domain, req.cx().now());
    let host = host_view(&edge, host_id).await?;
    Ok(told(Reply::json(&CertificateUploadedView { cert, warnings: kept.warnings, host }), done.applied))
}

async fn remove(edge: Service, req: Req) -> Result<Reply> {
    let host_id = id(&req, "host_id")?;
    let revert = req.query().filled("revert").unwrap_or_default().to_owned();
    let done = edge.remove_manual_certificate(&req.cx().actor(), host_id, &revert).await?;
    Ok(told(Reply::json(&CertificateRemovedView { ok: true, host: host_view(&edge, done.value.id).await? }), done.applied))
}

async fn check(edge: Service, mut req: Req) -> Result<Reply> {
    let host_id = id(&req, "host_id")?;
    let parts = parts(&req.multipart().await?)?;
    let now = req.cx().now();
    let refused = |e: &AppError| CertificateCheckView {
        ok: false,
        error: Some(e.message().to_owned()),
        field: e.extra().get("field").and_then(|f| f.as_str()).map(str::to_owned),
        warnings: Vec::new(),
        cert: None,
    };
    let found = match edge.check_manual_certificate(host_id, &parts).await {
        Ok((judged, _)) => {
            let leaf = &judged.leaf;
            let cert = CertificateFoundView {
                issuer: leaf.issuer_name.clone(),
                subject_cn: leaf.common_name.clone().unwrap_or_default(),
                sans: leaf.names.clone(),
                not_before: time(Timestamp::from_secs(leaf.not_before)),
                not_after: time(Timestamp::from_secs(leaf.not_after)),
                days_left: days_left(Timestamp::from_secs(leaf.not_after), now),
                fingerprint_sha256: leaf.fingerprint_sha256.clone(),
                has_chain: !judged.chain_pem.is_empty(),
            };
            CertificateCheckView { ok: true, error: None, field: None, warnings: judged.warnings, cert: Some(cert) }
        }
        Err(error) if error.kind() == ErrorKind::BadRequest => refused(&error),
        Err(error) => return Err(error),
    };
    Ok(Reply::json(&found))
}

async fn download(edge: Service, req: Req) -> Result<Reply> {
    let host_id = id(&req, "host_id")?;
    let (certificate, _) = edge.get_manual_certificate(host_id).await?;
    let text = certificate.cert_pem + &certificate.chain_pem;
    Ok(Reply::bytes("application/x-pem-file", text).attachment(&format!("manual-cert-{host_id}.pem")))
}

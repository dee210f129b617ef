//! The certificate of our own HTTPS listener: what it says, and a new one that serves from the next connection on
//! (nodes spec C.5). The key never leaves its file.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use argos_audit::{Category, Entry};
use argos_kernel::{AppError, Result, Timestamp};
use argos_platform::{OwnCertificate, Platform};
use argos_settings::boot::Boot;
use argos_tls::Certificate;
use argos_web::{Reply, Req, Routes, ServerTls};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Longest PEM text, in bytes.
const PEM_MAX: usize = 64 << 10;

/// The files of the certificate in use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TlsPlace {
    pub(crate) cert: PathBuf,
    pub(crate) key: PathBuf,
    /// We made it ourselves.
    pub(crate) own: bool,
}

impl TlsPlace {
    /// Where a certificate given over HTTP is kept.
    pub(crate) fn uploaded(dir: &Path) -> Self {
        Self { cert: dir.join("tls/uploaded.crt"), key: dir.join("tls/uploaded.key"), own: false }
    }
}

struct Shared {
    platform: Platform,
    /// `None` without an HTTPS listener.
    listener: Option<ServerTls>,
    place: RwLock<TlsPlace>,
    data_dir: PathBuf,
    behind_proxy: bool,
}

/// The certificate of this process. Clones share it.
#[derive(Clone)]
pub(crate) struct Tls(Arc<Shared>);

impl Tls {
    pub(crate) fn new(platform: Platform, boot: &Boot, listener: Option<ServerTls>, place: TlsPlace) -> Self {
        let behind_proxy = boot.text("https.mode").as_deref() == Some("behind_proxy");
        Self(Arc::new(Shared { platform, listener, place: RwLock::new(place), data_dir: boot.data_dir(), behind_proxy }))
    }

    fn place(&self) -> TlsPlace {
        self.0.place.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What a client of the listener meets.
    pub(crate) fn describe(&self) -> Option<OwnCertificate> {
        let certificate = self.0.listener.as_ref()?.certificate();
        Some(OwnCertificate {
            self_signed: self.is_self_signed(),
            fingerprint: certificate.fingerprint_colons(),
            not_before: Timestamp::from_secs(certificate.not_before),
            not_after: Timestamp::from_secs(certificate.not_after),
            subject: certificate.common_name.unwrap_or(certificate.subject),
        })
    }

    pub(crate) fn is_self_signed(&self) -> bool {
        self.0.listener.is_some() && self.place().own
    }

    /// Reads the files again, for whoever renews them beside us.
    pub(crate) fn reload(&self) {
        let Some(listener) = &self.0.listener else { return };
        let place = self.place();
        let read = |path: &Path| std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()));
        let fresh = read(&place.cert).and_then(|cert| ServerTls::from_pem(&cert, &read(&place.key)?));
        match fresh {
            Ok(fresh) => listener.replace(&fresh),
            Err(error) => tracing::error!(error, "the certificate was not read again"),
        }
    }

    /// Where an upload goes: over the files the configuration names, else beside our own.
    fn target(&self) -> TlsPlace {
        let place = self.place();
        if place.own || place.cert.as_os_str().is_empty() { TlsPlace::uploaded(&self.0.data_dir) } else { place }
    }
}

/// The routes of the certificate.
pub(crate) fn routes(tls: Tls) -> Routes {
    Routes::new(tls)
        .get("/api/v1/settings/tls", "tls.get", "The certificate of the HTTPS listener.", get)
        .reply::<TlsView>()
        .post("/api/v1/settings/tls/upload", "tls.upload", "A new certificate and key, served at once.", upload)
        .body_limit(4 * PEM_MAX)
        .body::<Upload>()
        .reply::<Uploaded>()
        .done()
}

#[derive(Serialize, JsonSchema)]
struct TlsView {
    cert_path: String,
    key_path: String,
    is_self_signed: bool,
    subject: Option<String>,
    issuer: Option<String>,
    not_before: Option<String>,
    not_after: Option<String>,
    sans: Vec<String>,
    /// `aa:bb:...`
    fingerprint_sha256: Option<String>,
    /// `direct` or `behind_proxy`
    mode: &'static str,
    /// There is an HTTPS listener.
    listening: bool,
}

#[derive(Deserialize, JsonSchema)]
struct Upload {
    cert_pem: String,
    key_pem: String,
}

#[derive(Serialize, JsonSchema)]
struct Uploaded {
    success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    restart_required: bool,
}

async fn get(tls: Tls, _req: Req) -> Result<Reply> {
    let (place, info) = (tls.place(), tls.0.listener.as_ref().map(ServerTls::certificate));
    let of = |read: fn(&Certificate) -> String| info.as_ref().map(read);
    Ok(Reply::json(&TlsView {
        cert_path: place.cert.display().to_string(),
        key_path: place.key.display().to_string(),
        is_self_signed: info.as_ref().is_some_and(Certificate::is_self_signed),
        subject: of(|i| i.subject.clone()),
        issuer: of(|i| i.issuer.clone()),
        not_before: of(|i| Timestamp::from_secs(i.not_before).rfc3339()),
        not_after: of(|i| Timestamp::from_secs(i.not_after).rfc3339()),
        fingerprint_sha256: of(Certificate::fingerprint_colons),
        sans: info.map(|i| i.names).unwrap_or_default(),
        mode: if tls.0.behind_proxy { "behind_proxy" } else { "direct" },
        listening: tls.0.listener.is_some(),
    }))
}

async fn upload(tls: Tls, mut req: Req) -> Result<Reply> {
    if tls.0.behind_proxy {
        return Err(AppError::conflict("TLS is ended by the proxy (https.mode is behind_proxy)").code("behind_proxy"));
    }
    let body: Upload = req.json().await?;
    for (field, text) in [("cert_pem", &body.cert_pem), ("key_pem", &body.key_pem)] {
        if text.len() > PEM_MAX {
            return Err(AppError::bad_request(format!("{field} must be at most 64 KB")).code("invalid_field").with("field", field));
        }
    }
    let refuse = |error: String| Ok(Reply::json(&Uploaded { success: false, message: None, error: Some(error), restart_required: false }));
    let fresh = match ServerTls::from_pem(body.cert_pem.as_bytes(), body.key_pem.as_bytes()) {
        Ok(fresh) => fresh,
        Err(error) => return refuse(error),
    };
    let info = fresh.certificate();
    let not_after = Timestamp::from_secs(info.not_after);
    if not_after <= req.cx().now() {
        return refuse(format!("the certificate expired at {}", not_after.rfc3339()));
    }
    let target = tls.target();
    let change = tls.0.platform.audit.begin(&req.cx().actor()).await?;
    keep(&target, &body).map_err(AppError::internal)?;
    let entry = Entry::new("tls.upload", Category::Security)
        .target("certificate", "https")
        .describe(format!("Certificate of the HTTPS listener replaced: {}", info.subject))
        .after(serde_json::json!({ "subject": info.subject, "not_after": not_after.rfc3339(), "fingerprint": info.fingerprint_colons() }));
    change.commit(entry).await?;
    if let Some(listener) = &tls.0.listener {
        listener.replace(&fresh);
    }
    *tls.0.place.write().unwrap_or_else(PoisonError::into_inner) = target;
    let message = Some("Certificate installed; new connections use it");
    Ok(Reply::json(&Uploaded { success: true, message, error: None, restart_required: false }))
}

/// Both files beside the old ones first, then both names: a failure in writing leaves the old pair.
fn keep(place: &TlsPlace, body: &Upload) -> std::io::Result<()> {
    let mut written = Vec::new();
    for (path, text) in [(&place.key, &body.key_pem), (&place.cert, &body.cert_pem)] {
        if let Some(dir) = path.parent() {
            std::fs::create_dir_all(dir)?;
        }
        let mut fresh = path.as_os_str().to_owned();
        fresh.push(".new");
        let mut file = std::fs::OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&fresh)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        written.push((fresh, path));
    }
    written.into_iter().try_for_each(|(fresh, path)| std::fs::rename(fresh, path))
}

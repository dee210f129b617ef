//! Uploaded certificates: judged, kept with a sealed key, served at once.

use argos_audit::{Category, Entry};
use argos_events::{NewEvent, Source};
use argos_kernel::{Actor, AppError, Result};
use serde_json::json;

use super::Done;
use super::hosts::no_host;
use crate::certificates::manual_aad;
use crate::model::host::{Host, TlsMode};
use crate::model::manual_certificate::{Judged, Upload, judge};
use crate::service::Edge;
use crate::store::hosts::{self, Wanted};
use crate::store::manual_certificates::{self, Manual};

fn no_certificate() -> AppError {
    AppError::not_found("certificate not found")
}

/// A kept certificate and what its owner should know.
pub(crate) struct Kept {
    pub(crate) certificate: Manual,
    pub(crate) host: Host,
    pub(crate) warnings: Vec<String>,
}

impl Edge {
    pub(crate) async fn list_manual_certificates(&self) -> Result<Vec<(Manual, String)>> {
        let db = &self.platform.store.state;
        let sites = hosts::list(db).await?;
        let rows = manual_certificates::list(db).await?;
        let named = |c: Manual| sites.iter().find(|h| h.id == c.host_id).map(|h| (c, h.domain.clone()));
        Ok(rows.into_iter().filter_map(named).collect())
    }

    pub(crate) async fn get_manual_certificate(&self, host_id: i64) -> Result<(Manual, String)> {
        let db = &self.platform.store.state;
        let host = hosts::find(db, host_id).await?.ok_or_else(no_host)?;
        let row = manual_certificates::find(db, host_id).await?.ok_or_else(no_certificate)?;
        Ok((row, host.domain))
    }

    /// What would become of an upload; nothing is kept.
    pub(crate) async fn check_manual_certificate(&self, host_id: i64, upload: &Upload) -> Result<(Judged, Host)> {
        let host = hosts::find(&self.platform.store.state, host_id).await?.ok_or_else(no_host)?;
        Ok((judge(upload, &host.domain, self.platform.clock.now())?, host))
    }

    /// Keeps an upload and serves the site with it. The site becomes manual in the same transaction.
    pub(crate) async fn put_manual_certificate(&self, actor: &Actor, host_id: i64, upload: &Upload) -> Result<Done<Kept>> {
        let now = self.platform.clock.now();
        let mut m = self.begin(actor).await?;
        let mut host = hosts::find_in(&mut m, host_id).await?.ok_or_else(no_host)?;
        let judged = judge(upload, &host.domain, now)?;
        let leaf = &judged.leaf;
        let certificate = Manual {
            host_id,
            key_enc: self.platform.vault.seal(&manual_aad(&host_id.to_string()), upload.key_pem.as_bytes())?,
            fingerprint: leaf.fingerprint_sha256.clone(),
            issuer: leaf.issuer_name.clone(),
            subject_cn: leaf.common_name.clone().unwrap_or_default(),
            sans: leaf.names.clone(),
            not_before: argos_kernel::Timestamp::from_secs(leaf.not_before),
            not_after: argos_kernel::Timestamp::from_secs(leaf.not_after),
            uploaded_at: now,
            uploaded_by: actor.name.clone(),
            told_days: None,
            cert_pem: judged.cert_pem,
            chain_pem: judged.chain_pem,
        };
        manual_certificates::put(&mut m, &certificate).await?;
        self.tell_replaced(&mut m, &host, "has a new uploaded certificate").await?;
        let before = host.spec.tls_mode;
        host.spec.tls_mode = TlsMode::Manual;
        write(&mut m, &host, now).await?;
        let entry = Entry::new("manual_certificate.upload", Category::Config)
            .alias("upload")
            .target("host", host_id)
            .describe(format!("Certificate of {} uploaded, valid until {}", host.domain, certificate.not_after.rfc3339()))
            .before(json!({ "tls_mode": before.as_str() }))
            .after(json!({ "tls_mode": "manual", "fingerprint_sha256": certificate.fingerprint, "issuer": certificate.issuer }));
        let applied = self.finish(m, entry).await?;
        let warnings = judged.warnings;
        Ok(Done { value: Kept { certificate, host, warnings }, applied })
    }

    /// Ends what was told of the certificate before.
    async fn tell_replaced(&self, tx: &mut argos_store::Tx, host: &Host, what: &str) -> Result<()> {
        let event = NewEvent::new(Source::Edge, "edge.manual_cert_replaced", format!("{} {what}", host.domain))
            .subject("host", host.id, host.domain.as_str())
            .data(json!({ "host_id": host.id, "host_domain": host.domain }));
        self.platform.events.publish(tx, event).await?;
        Ok(())
    }

    async fn judge_tls(&self, host: &Host) -> Result<()> {
        host.spec.check(&host.domain)?;
        self.require_dns(&host.spec).await
    }

    /// Takes an uploaded certificate away; the site goes back to `auto` or `none`.
    pub(crate) async fn remove_manual_certificate(&self, actor: &Actor, host_id: i64, revert: &str) -> Result<Done<Host>> {
        let mode = match revert {
            "" | "auto" => TlsMode::Auto,
            "none" => TlsMode::None,
            _ => return Err(crate::model::bad("revert", "revert must be auto or none")),
        };
        let now = self.platform.clock.now();
        let mut m = self.begin(actor).await?;
        let mut host = hosts::find_in(&mut m, host_id).await?.ok_or_else(no_host)?;
        if !manual_certificates::delete(&mut m, host_id).await? {
            return Err(no_certificate());
        }
        self.tell_replaced(&mut m, &host, "has no uploaded certificate any more").await?;
        if host.spec.tls_mode == TlsMode::Manual {
            host.spec.tls_mode = mode;
            // A site that could not be made like this would wait for its certificate for ever.
            if let Err(error) = self.judge_tls(&host).await {
                let text = format!("the site cannot have a certificate from an authority yet: {}; or use revert=none", error.message());
                return Err(crate::model::bad("revert", text));
            }
            write(&mut m, &host, now).await?;
        }
        let entry = Entry::new("manual_certificate.delete", Category::Config)
            .alias("delete")
            .target("host", host_id)
            .describe(format!("Uploaded certificate of {} removed", host.domain))
            .after(json!({ "tls_mode": host.spec.tls_mode.as_str() }));
        let applied = self.finish(m, entry).await?;
        Ok(Done { value: host, applied })
    }
}

async fn write(tx: &mut argos_store::Tx, host: &Host, now: argos_kernel::Timestamp) -> Result<()> {
    let wanted = Wanted { domain: &host.domain, target_group_id: host.target_group_id, enabled: host.enabled, spec: &host.spec };
    Ok(hosts::update(tx, host.id, &wanted, now).await?)
}

//! Certificates in an offer to put their site back: their keys stay sealed.

use argos_kernel::{Result, Timestamp};
use serde_json::{Value, json};

use super::undo::unreadable;
use crate::store::certificates::Issued;
use crate::store::manual_certificates::Manual;

pub(super) fn kept_manual(c: &Manual) -> Value {
    json!({ "cert_pem": c.cert_pem, "key_enc": c.key_enc, "chain_pem": c.chain_pem, "fingerprint": c.fingerprint, "issuer": c.issuer,
        "subject_cn": c.subject_cn, "sans": c.sans, "uploaded_by": c.uploaded_by, "told_days": c.told_days,
        "not_before": c.not_before.micros(), "not_after": c.not_after.micros(), "uploaded_at": c.uploaded_at.micros() })
}

pub(super) fn kept_issued(c: &Issued) -> Value {
    json!({ "domain": c.domain, "directory": c.directory, "chain_pem": c.chain_pem, "key_enc": c.key_enc, "fingerprint": c.fingerprint,
        "issuer": c.issuer, "told_days": c.told_days, "not_before": c.not_before.micros(), "not_after": c.not_after.micros(),
        "renew_at": c.renew_at.micros(), "ari_at": c.ari_at.map(Timestamp::micros), "issued_at": c.issued_at.micros() })
}

fn text(kept: &Value, name: &str) -> Result<String> {
    kept[name].as_str().map(str::to_owned).ok_or_else(unreadable)
}

fn time(kept: &Value, name: &str) -> Result<Timestamp> {
    kept[name].as_i64().map(Timestamp::from_micros).ok_or_else(unreadable)
}

pub(super) fn read_manual(host_id: i64, c: &Value) -> Result<Manual> {
    Ok(Manual {
        host_id,
        cert_pem: text(c, "cert_pem")?,
        key_enc: text(c, "key_enc")?,
        chain_pem: text(c, "chain_pem")?,
        fingerprint: text(c, "fingerprint")?,
        issuer: text(c, "issuer")?,
        subject_cn: text(c, "subject_cn")?,
        sans: serde_json::from_value(c["sans"].clone()).map_err(|_| unreadable())?,
        not_before: time(c, "not_before")?,
        not_after: time(c, "not_after")?,
        uploaded_at: time(c, "uploaded_at")?,
        uploaded_by: text(c, "uploaded_by")?,
        told_days: c["told_days"].as_i64(),
    })
}

pub(super) fn read_issued(host_id: i64, c: &Value) -> Result<Issued> {
    Ok(Issued {
        host_id,
        domain: text(c, "domain")?,
        directory: text(c, "directory")?,
        chain_pem: text(c, "chain_pem")?,
        key_enc: text(c, "key_enc")?,
        fingerprint: text(c, "fingerprint")?,
        issuer: text(c, "issuer")?,
        not_before: time(c, "not_before")?,
        not_after: time(c, "not_after")?,
        renew_at: time(c, "renew_at")?,
        ari_at: c["ari_at"].as_i64().map(Timestamp::from_micros),
        issued_at: time(c, "issued_at")?,
        told_days: c["told_days"].as_i64(),
    })
}

//! A certificate nobody vouches for: good enough to encrypt until a real one is there.

use std::net::IpAddr;

use rcgen::{CertificateParams, DnType, KeyPair, SanType};
use time::OffsetDateTime;

/// A new ECDSA P-256 certificate and its key in PEM for these names and addresses, the first one as common name.
///
/// # Errors
/// When one of them is neither a DNS name nor an address, or the times are outside the calendar.
pub fn self_signed(names: &[String], valid_from_unix_s: i64, valid_days: i64) -> Result<(String, String), String> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, names.first().map_or("argos", String::as_str));
    for name in names {
        params.subject_alt_names.push(match name.parse::<IpAddr>() {
            Ok(ip) => SanType::IpAddress(ip),
            Err(_) => SanType::DnsName(name.as_str().try_into().map_err(|_| format!("{name} is no DNS name"))?),
        });
    }
    let at = |unix_s: i64| OffsetDateTime::from_unix_timestamp(unix_s).map_err(|e| e.to_string());
    params.not_before = at(valid_from_unix_s)?;
    params.not_after = at(valid_from_unix_s.saturating_add(valid_days.saturating_mul(86_400)))?;
    let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).map_err(|e| e.to_string())?;
    let certificate = params.self_signed(&key).map_err(|e| e.to_string())?;
    Ok((certificate.pem(), key.serialize_pem()))
}

//! TLS for our own listener: a given certificate, or a self-signed one for a first start.

use std::net::IpAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::CertificateInfo;

/// The TLS configuration of a listener and what its certificate says. Clones share it, so a replaced certificate is
/// the one of the next connection everywhere.
#[derive(Clone)]
pub struct ServerTls(Arc<ArcSwap<Held>>);

struct Held {
    config: Arc<rustls::ServerConfig>,
    info: CertificateInfo,
}

impl ServerTls {
    /// Shakes hands on a connection of another protocol.
    pub async fn accept<S>(&self, stream: S) -> std::io::Result<tokio_rustls::server::TlsStream<S>>
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    {
        tokio_rustls::TlsAcceptor::from(self.config()).accept(stream).await
    }

    /// Builds from PEM texts; the error names the half that is wrong.
    pub fn from_pem(certificate: &[u8], key: &[u8]) -> Result<Self, String> {
        let chain: Vec<CertificateDer<'static>> =
            CertificateDer::pem_slice_iter(certificate).collect::<Result<_, _>>().map_err(|e| format!("certificate: {e}"))?;
        let leaf = chain.first().ok_or("no certificate found")?;
        let info = CertificateInfo::of_der(leaf).ok_or("the certificate cannot be read")?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| "no private key found".to_owned())?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| e.to_string())?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(|e| match e {
                rustls::Error::InconsistentKeys(_) => "key does not match certificate".to_owned(),
                other => format!("certificate and key: {other}"),
            })?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self(Arc::new(ArcSwap::from_pointee(Held { config: Arc::new(config), info }))))
    }

    /// Takes over the certificate and key of `other`; open connections keep theirs.
    pub fn replace(&self, other: &Self) {
        self.0.store(other.0.load_full());
    }
    /// What the certificate in use says.
    pub fn info(&self) -> CertificateInfo {
        self.0.load().info.clone()
    }
    pub(crate) fn config(&self) -> Arc<rustls::ServerConfig> {
        Arc::clone(&self.0.load().config)
    }
}

/// A new ECDSA P-256 certificate and key in PEM for these names.
pub fn self_signed(names: &[String], valid_from_unix_s: i64, valid_days: i64) -> Result<(String, String), String> {
    let mut params = rcgen::CertificateParams::default();
    params.distinguished_name.push(rcgen::DnType::CommonName, names.first().map_or("argos", String::as_str));
    for name in names {
        let san = match name.parse::<IpAddr>() {
            Ok(ip) => rcgen::SanType::IpAddress(ip),
            Err(_) => rcgen::SanType::DnsName(name.as_str().try_into().map_err(|_| format!("{name} is no DNS name"))?),
        };
        params.subject_alt_names.push(san);
    }
    let from = calendar_date(valid_from_unix_s);
    let until = calendar_date(valid_from_unix_s + valid_days * 86_400);
    params.not_before = rcgen::date_time_ymd(from.0, from.1, from.2);
    params.not_after = rcgen::date_time_ymd(until.0, until.1, until.2);
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).map_err(|e| e.to_string())?;
    let cert = params.self_signed(&key).map_err(|e| e.to_string())?;
    Ok((cert.pem(), key.serialize_pem()))
}

/// Year, month, day of a Unix time.
fn calendar_date(unix_s: i64) -> (i32, u8, u8) {
    let text = argos_kernel::Timestamp::from_secs(unix_s).rfc3339();
    let mut parts = text.split(['-', 'T']);
    let mut next = || parts.next().unwrap_or_default().to_owned();
    (next().parse().unwrap_or(1970), next().parse().unwrap_or(1), next().parse().unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn self_signed_certificate_makes_a_server_configuration() {
        let (cert, key) = self_signed(&["localhost".to_owned(), "127.0.0.1".to_owned()], 1_700_000_000, 825).unwrap();
        let tls = ServerTls::from_pem(cert.as_bytes(), key.as_bytes()).unwrap();
        assert_eq!(tls.info().fingerprint.len(), 95);
        let fault = |cert: &[u8], key: &[u8]| ServerTls::from_pem(cert, key).err();
        assert_eq!(fault(b"junk", key.as_bytes()).as_deref(), Some("no certificate found"));
        assert_eq!(fault(cert.as_bytes(), b"junk").as_deref(), Some("no private key found"));
        let (other, other_key) = self_signed(&["other".to_owned()], 1_700_000_000, 9).unwrap();
        assert_eq!(fault(cert.as_bytes(), other_key.as_bytes()).as_deref(), Some("key does not match certificate"));
        tls.replace(&ServerTls::from_pem(other.as_bytes(), other_key.as_bytes()).unwrap());
        assert!(tls.clone().info().subject.contains("CN=other"));
    }
}

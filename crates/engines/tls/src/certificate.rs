//! What people and renewals want to know of a certificate. Signatures are not judged here.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use data_encoding::HEXLOWER;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::FromDer;
use x509_parser::x509::X509Name;

/// The readable part of a certificate. Times are seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// `O=..., CN=...`
    pub subject: String,
    pub issuer: String,
    /// The subject's common name.
    pub common_name: Option<String>,
    /// What people call the issuer: its organization, else its common name, else all of it.
    pub issuer_name: String,
    pub not_before: i64,
    pub not_after: i64,
    /// DNS names (lower case) and addresses it is valid for.
    pub names: Vec<String>,
    /// SHA-256 of the whole, lower hex.
    pub fingerprint_sha256: String,
    /// Whether it may issue others.
    pub is_authority: bool,
    /// The content of the serial number, sign byte included.
    pub serial: Vec<u8>,
    /// The key identifier of its issuer.
    pub authority_key_id: Option<Vec<u8>>,
    subject_der: Vec<u8>,
    issuer_der: Vec<u8>,
}

impl Certificate {
    /// Reads the DER of a certificate; `None` when it is none.
    #[must_use]
    pub fn of_der(der: &[u8]) -> Option<Self> {
        let (rest, read) = X509Certificate::from_der(der).ok()?;
        if !rest.is_empty() {
            return None;
        }
        let (subject, issuer) = (read.subject(), read.issuer());
        let authority_key_id = read.extensions().iter().find_map(|extension| match extension.parsed_extension() {
            ParsedExtension::AuthorityKeyIdentifier(id) => id.key_identifier.as_ref().map(|id| id.0.to_vec()),
            _ => None,
        });
        Some(Self {
            subject: subject.to_string(),
            issuer: issuer.to_string(),
            common_name: common_name(subject),
            issuer_name: organization(issuer).or_else(|| common_name(issuer)).unwrap_or_else(|| issuer.to_string()),
            not_before: read.validity().not_before.timestamp(),
            not_after: read.validity().not_after.timestamp(),
            names: names(&read),
            fingerprint_sha256: HEXLOWER.encode(ring::digest::digest(&ring::digest::SHA256, der).as_ref()),
            is_authority: read.is_ca(),
            serial: read.raw_serial().to_vec(),
            authority_key_id,
            subject_der: subject.as_raw().to_vec(),
            issuer_der: issuer.as_raw().to_vec(),
        })
    }

    /// The fingerprint as `aa:bb:...`.
    #[must_use]
    pub fn fingerprint_colons(&self) -> String {
        let pairs: Vec<&str> = self.fingerprint_sha256.as_bytes().chunks(2).filter_map(|pair| std::str::from_utf8(pair).ok()).collect();
        pairs.join(":")
    }

    #[must_use]
    pub fn is_self_signed(&self) -> bool {
        self.subject_der == self.issuer_der
    }

    /// Whether `issuer` is the one this certificate names as its issuer.
    #[must_use]
    pub fn is_issued_by(&self, issuer: &Self) -> bool {
        self.issuer_der == issuer.subject_der
    }

    /// Whether it is valid for this host name or wildcard.
    #[must_use]
    pub fn covers(&self, host: &str) -> bool {
        self.names.iter().any(|name| covers(name, host))
    }
}

/// Whether a name of a certificate holds for a host (RFC 6125: a wildcard stands for exactly one whole label).
#[must_use]
pub fn covers(name: &str, host: &str) -> bool {
    if name.eq_ignore_ascii_case(host) {
        return true;
    }
    match (name.strip_prefix("*."), host.split_once('.')) {
        (Some(parent), Some((label, rest))) => !label.is_empty() && label != "*" && rest.eq_ignore_ascii_case(parent),
        _ => false,
    }
}

fn common_name(name: &X509Name<'_>) -> Option<String> {
    name.iter_common_name().next().and_then(|value| value.as_str().ok()).map(str::to_owned)
}

fn organization(name: &X509Name<'_>) -> Option<String> {
    name.iter_organization().next().and_then(|value| value.as_str().ok()).map(str::to_owned)
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else {
        return Vec::new();
    };
    let text = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
        GeneralName::IPAddress(bytes) => address(bytes).map(|ip| ip.to_string()),
        _ => None,
    };
    extension.value.general_names.iter().filter_map(text).collect()
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = || <[u8; 4]>::try_from(bytes).map(|b| IpAddr::from(Ipv4Addr::from(b)));
    v4().or_else(|_| <[u8; 16]>::try_from(bytes).map(|b| IpAddr::from(Ipv6Addr::from(b)))).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;

    use super::*;

    fn sample() -> Vec<u8> {
        let names = ["Box.lan".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
        let (cert, _) = crate::self_signed(&names, 1_700_000_000, 825).unwrap();
        CertificateDer::from_pem_slice(cert.as_bytes()).unwrap().to_vec()
    }

    #[test]
    fn certificate_tells_its_names_and_times() {
        let read = Certificate::of_der(&sample()).unwrap();
        assert!(read.subject == "CN=Box.lan" && read.is_self_signed() && read.is_issued_by(&read), "{read:?}");
        assert_eq!(read.names, ["box.lan", "127.0.0.1", "::1"]);
        assert_eq!((read.not_before, read.not_after), (1_700_000_000, 1_700_000_000 + 825 * 86_400));
        assert_eq!((read.fingerprint_sha256.len(), read.fingerprint_colons().len()), (64, 95));
        assert_eq!((read.common_name.as_deref(), read.issuer_name.as_str()), (Some("Box.lan"), "Box.lan"));
        let mut longer = sample();
        longer.push(0);
        assert_eq!(Certificate::of_der(&longer), None);
    }

    #[test]
    fn wildcard_covers_exactly_one_label() {
        assert!(covers("app.test", "APP.test") && covers("*.test", "app.test") && covers("*.app.test", "*.app.test"));
        for (name, host) in [("*.test", "a.b.test"), ("*.test", "test"), ("*.test", ".test"), ("a.test", "b.test"), ("*.test", "*.test.x")]
        {
            assert!(!covers(name, host), "{name} {host}");
        }
        assert!(!covers("*.app.test", "*.x.app.test"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_certificate_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            drop(Certificate::of_der(&bytes));
        }

        #[test]
        fn damaged_certificate_does_not_panic(at in 0_usize..400, byte in any::<u8>()) {
            let mut der = sample();
            if let Some(place) = der.get_mut(at) {
                *place = byte;
            }
            drop(Certificate::of_der(&der));
        }
    }
}

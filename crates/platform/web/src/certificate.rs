//! What people want to know of a certificate: names, times, fingerprint. A small reader of DER that never trusts a
//! length and knows nothing of signatures; verification is rustls' business.

use std::net::{Ipv4Addr, Ipv6Addr};

use argos_kernel::{Timestamp, hex};

/// The readable part of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateInfo {
    /// `CN=..., O=...`
    pub subject: String,
    pub issuer: String,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    /// DNS names and addresses.
    pub names: Vec<String>,
    /// SHA-256 of the whole, as `aa:bb:...`.
    pub fingerprint: String,
}

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OID: u8 = 0x06;
const OCTETS: u8 = 0x04;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;
const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 0x11];

/// One element: its tag, its content, what follows.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        n if *n < 0x80 => (usize::from(*n), rest),
        n => {
            let count = usize::from(n & 0x7f);
            if !(1..=4).contains(&count) || rest.len() < count {
                return None;
            }
            let (head, tail) = rest.split_at(count);
            (head.iter().fold(0_usize, |sum, b| (sum << 8) | usize::from(*b)), tail)
        }
    };
    (rest.len() >= length).then(|| rest.split_at(length)).map(|(content, tail)| (*tag, content, tail))
}

/// The content of the next element, which must have this tag.
fn expect<'a>(bytes: &mut &'a [u8], tag: u8) -> Option<&'a [u8]> {
    let (found, content, rest) = element(bytes)?;
    *bytes = rest;
    (found == tag).then_some(content)
}

fn elements(mut bytes: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || {
        let (tag, content, rest) = element(bytes)?;
        bytes = rest;
        Some((tag, content))
    })
}

fn attribute(oid: &[u8]) -> Option<&'static str> {
    Some(match oid {
        [0x55, 0x04, 0x03] => "CN",
        [0x55, 0x04, 0x06] => "C",
        [0x55, 0x04, 0x07] => "L",
        [0x55, 0x04, 0x08] => "ST",
        [0x55, 0x04, 0x0a] => "O",
        [0x55, 0x04, 0x0b] => "OU",
        _ => return None,
    })
}

/// A distinguished name as text; attributes without a common short name are left out.
fn name(bytes: &[u8]) -> String {
    let mut parts = Vec::new();
    for (tag, set) in elements(bytes) {
        if tag != SET {
            continue;
        }
        for (_, pair) in elements(set) {
            let mut rest = pair;
            let label = expect(&mut rest, OID).and_then(attribute);
            if let (Some(label), Some((_, value, _))) = (label, element(rest)) {
                parts.push(format!("{label}={}", String::from_utf8_lossy(value)));
            }
        }
    }
    parts.join(", ")
}

/// `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`.
fn time(tag: u8, content: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(content).ok()?.strip_suffix('Z')?;
    let full = match tag {
        UTC_TIME => format!("{}{text}", if text.get(..2)?.parse::<u8>().ok()? < 50 { "20" } else { "19" }),
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    let part = |from: usize, to: usize| full.get(from..to);
    let text = format!("{}-{}-{}T{}:{}:{}Z", part(0, 4)?, part(4, 6)?, part(6, 8)?, part(8, 10)?, part(10, 12)?, part(12, 14)?);
    Timestamp::parse_rfc3339(&text)
}

fn alt_names(extensions: &[u8]) -> Option<Vec<String>> {
    let (_, list, _) = element(extensions)?;
    for (_, extension) in elements(list) {
        let mut rest = extension;
        if expect(&mut rest, OID)? != SUBJECT_ALT_NAME {
            continue;
        }
        let value = elements(rest).find(|(tag, _)| *tag == OCTETS)?.1;
        let (_, names, _) = element(value)?;
        let read = |(tag, content): (u8, &[u8])| match (tag & 0x1f, content.len()) {
            (2, _) => Some(String::from_utf8_lossy(content).into_owned()),
            (7, 4) => <[u8; 4]>::try_from(content).ok().map(|b| Ipv4Addr::from(b).to_string()),
            (7, 16) => <[u8; 16]>::try_from(content).ok().map(|b| Ipv6Addr::from(b).to_string()),
            _ => None,
        };
        return Some(elements(names).filter_map(read).collect());
    }
    None
}

impl CertificateInfo {
    /// Reads the DER of a certificate; `None` when it is none.
    pub fn of_der(der: &[u8]) -> Option<Self> {
        let mut whole = der;
        let mut certificate = expect(&mut whole, SEQUENCE)?;
        let mut body = expect(&mut certificate, SEQUENCE)?;
        if element(body)?.0 == VERSION {
            expect(&mut body, VERSION)?;
        }
        expect(&mut body, 0x02)?;
        expect(&mut body, SEQUENCE)?;
        let issuer = expect(&mut body, SEQUENCE)?;
        let validity = expect(&mut body, SEQUENCE)?;
        let subject = expect(&mut body, SEQUENCE)?;
        let mut times = elements(validity).map(|(tag, content)| time(tag, content));
        let (not_before, not_after) = (times.next()??, times.next()??);
        let names = elements(body).find(|(tag, _)| *tag == EXTENSIONS).and_then(|(_, content)| alt_names(content)).unwrap_or_default();
        let digest = hex(ring::digest::digest(&ring::digest::SHA256, der).as_ref());
        let pairs: Vec<&str> = (0..digest.len() / 2).filter_map(|i| digest.get(i * 2..i * 2 + 2)).collect();
        Some(Self { subject: name(subject), issuer: name(issuer), not_before, not_after, names, fingerprint: pairs.join(":") })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;

    use super::*;

    fn sample() -> Vec<u8> {
        let names = ["box.lan".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
        let (cert, _) = crate::self_signed(&names, 1_700_000_000, 825).unwrap();
        CertificateDer::from_pem_slice(cert.as_bytes()).unwrap().to_vec()
    }

    #[test]
    fn certificate_tells_its_names_and_times() {
        let info = CertificateInfo::of_der(&sample()).unwrap();
        assert!(info.subject.contains("CN=box.lan") && info.subject == info.issuer, "{info:?}");
        assert_eq!(info.names, ["box.lan", "127.0.0.1", "::1"]);
        assert_eq!(
            (info.not_before.rfc3339(), info.not_after.rfc3339()),
            ("2023-11-14T00:00:00Z".to_owned(), "2026-02-16T00:00:00Z".to_owned())
        );
        assert_eq!(info.fingerprint.len(), 95);
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_certificate_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            drop(CertificateInfo::of_der(&bytes));
        }

        #[test]
        fn damaged_certificate_does_not_panic(at in 0_usize..300, byte in any::<u8>()) {
            let mut der = sample();
            if let Some(place) = der.get_mut(at) {
                *place = byte;
            }
            drop(CertificateInfo::of_der(&der));
        }
    }
}

//! What somebody uploads: judged before anything is kept (edge spec D6). Pure.

use argos_kernel::{Result, Timestamp};
use argos_tls::{Certificate, Chain, ChainError};

use super::bad;
use super::certificate::days_left;

/// Least life of a certificate that is taken, in days, and the life below which somebody is warned.
const DAYS_MIN: i64 = 7;
const DAYS_WARN: i64 = 30;

/// A pair as uploaded.
#[derive(Default)]
pub(crate) struct Upload {
    pub(crate) cert_pem: String,
    pub(crate) key_pem: String,
    pub(crate) chain_pem: String,
}

/// What is worth keeping of a good one.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) leaf: Certificate,
    /// The leaf alone, as given.
    pub(crate) cert_pem: String,
    /// What stands above it.
    pub(crate) chain_pem: String,
    pub(crate) warnings: Vec<String>,
}

/// Judges a pair for a domain.
pub(crate) fn judge(upload: &Upload, domain: &str, now: Timestamp) -> Result<Judged> {
    for (field, text) in [("cert_pem", &upload.cert_pem), ("key_pem", &upload.key_pem)] {
        if text.trim().is_empty() {
            return Err(bad(field, format!("{field} is empty")));
        }
    }
    let mut chain = Chain::from_pem(upload.cert_pem.as_bytes()).map_err(|e| bad("cert_pem", format!("cert_pem: {e}")))?;
    if !upload.chain_pem.trim().is_empty() {
        let above = Chain::from_pem(upload.chain_pem.as_bytes()).map_err(|e| bad("chain_pem", format!("chain_pem: {e}")))?;
        chain.extend(above);
    }
    chain.certified(upload.key_pem.as_bytes()).map_err(|e| match e {
        ChainError::KeyMismatch => bad("key_pem", "the private key does not belong to the certificate"),
        ChainError::NoKey => bad("key_pem", "key_pem: no private key found; an encrypted key must be decrypted first"),
        other => bad("cert_pem", other.to_string()),
    })?;
    if !chain.is_in_order() {
        return Err(bad("chain_pem", "the chain is not in order: each certificate must be issued by the next one"));
    }
    let leaf = chain.leaf().clone();
    let (from, until) = (Timestamp::from_secs(leaf.not_before), Timestamp::from_secs(leaf.not_after));
    if from > now {
        return Err(bad("cert_pem", format!("the certificate is not valid before {}", from.rfc3339())));
    }
    if until <= now {
        return Err(bad("cert_pem", format!("the certificate expired at {}", until.rfc3339())));
    }
    let days = days_left(until, now);
    if days < DAYS_MIN {
        return Err(bad("cert_pem", format!("the certificate ends in {days} days; at least {DAYS_MIN} are needed")));
    }
    if !leaf.covers(domain) {
        let names = if leaf.names.is_empty() { "no name".to_owned() } else { leaf.names.join(", ") };
        return Err(bad("cert_pem", format!("the certificate does not cover {domain}; it is for {names}")));
    }
    let mut warnings = Vec::new();
    if days < DAYS_WARN {
        warnings.push(format!("the certificate ends in {days} days"));
    }
    if chain.certificates().len() == 1 && !leaf.is_self_signed() {
        warnings.push("no chain: some clients will not trust the certificate without its intermediate".to_owned());
    }
    if leaf.is_self_signed() {
        warnings.push("self-signed: browsers will warn".to_owned());
    }
    let (cert_pem, chain_pem) = (pem(chain.der().iter().take(1)), pem(chain.der().iter().skip(1)));
    Ok(Judged { leaf, cert_pem, chain_pem, warnings })
}

/// Blocks of 64 columns, as every tool reads them.
fn pem<'a>(certificates: impl Iterator<Item = &'a rustls::pki_types::CertificateDer<'a>>) -> String {
    let mut text = String::new();
    for der in certificates {
        let body = data_encoding::BASE64.encode(der);
        text.push_str("-----BEGIN CERTIFICATE-----\n");
        for line in body.as_bytes().chunks(64) {
            text.push_str(&String::from_utf8_lossy(line));
            text.push('\n');
        }
        text.push_str("-----END CERTIFICATE-----\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_750_000_000;

    fn pair(name: &str, from: i64, days: i64) -> Upload {
        let (cert_pem, key_pem) = argos_tls::self_signed(&[name.to_owned()], from, days).unwrap();
        Upload { cert_pem, key_pem, chain_pem: String::new() }
    }

    fn fault(upload: &Upload, domain: &str) -> (String, String) {
        let error = judge(upload, domain, Timestamp::from_secs(NOW)).unwrap_err();
        (error.extra()["field"].as_str().unwrap().to_owned(), error.message().to_owned())
    }

    #[test]
    fn good_pair_is_kept_as_it_is_served() {
        let judged = judge(&pair("*.app.test", NOW - 10, 90), "a.app.test", Timestamp::from_secs(NOW)).unwrap();
        assert_eq!(judged.warnings, ["self-signed: browsers will warn"]);
        assert!(judged.chain_pem.is_empty() && Chain::from_pem(judged.cert_pem.as_bytes()).unwrap().leaf() == &judged.leaf);
        assert_eq!(
            judge(&pair("a.test", NOW, 20), "a.test", Timestamp::from_secs(NOW)).unwrap().warnings[0],
            "the certificate ends in 20 days"
        );
    }

    #[test]
    fn each_fault_is_named_with_its_field() {
        let other = pair("a.test", NOW, 90);
        for (upload, field, text) in [
            (Upload::default(), "cert_pem", "empty"),
            (Upload { key_pem: " ".to_owned(), ..pair("a.test", NOW, 90) }, "key_pem", "empty"),
            (Upload { cert_pem: "junk".to_owned(), ..pair("a.test", NOW, 90) }, "cert_pem", "no certificate found"),
            (Upload { key_pem: "junk".to_owned(), ..pair("a.test", NOW, 90) }, "key_pem", "no private key found"),
            (Upload { key_pem: other.key_pem.clone(), ..pair("a.test", NOW, 90) }, "key_pem", "does not belong"),
            (pair("a.test", NOW + 100, 90), "cert_pem", "not valid before"),
            (pair("a.test", NOW - 100 * 86_400, 90), "cert_pem", "expired"),
            (pair("a.test", NOW - 85 * 86_400, 90), "cert_pem", "ends in 5 days"),
            (pair("b.test", NOW, 90), "cert_pem", "does not cover a.test; it is for b.test"),
            (Upload { chain_pem: other.key_pem.clone(), ..pair("a.test", NOW, 90) }, "chain_pem", "only CERTIFICATE blocks"),
            (Upload { chain_pem: pair("x.test", NOW, 90).cert_pem, ..pair("a.test", NOW, 90) }, "chain_pem", "not in order"),
        ] {
            let (said_field, said) = fault(&upload, "a.test");
            assert!(said_field == field && said.contains(text), "{said_field}: {said}, wanted {field}: {text}");
        }
    }
}

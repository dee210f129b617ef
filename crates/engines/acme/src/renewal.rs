//! When the authority wants a certificate replaced (ARI, RFC 9773).

use argos_tls::Certificate;
use chrono::DateTime;
use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;

use crate::error::AcmeError;
use crate::retry::RetryAfter;

/// The window in which to renew, in seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenewalInfo {
    pub start: i64,
    pub end: i64,
    /// A page that tells people why.
    pub explanation: Option<String>,
    /// When to ask again.
    pub retry_after: Option<RetryAfter>,
}

/// The name of a certificate at its authority; `None` when it does not say which key signed it.
#[must_use]
pub fn certificate_id(certificate: &Certificate) -> Option<String> {
    let key = certificate.authority_key_id.as_ref()?;
    Some(format!("{}.{}", BASE64URL_NOPAD.encode(key), BASE64URL_NOPAD.encode(&certificate.serial)))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    suggested_window: Window,
    #[serde(rename = "explanationURL")]
    explanation: Option<String>,
}

#[derive(Deserialize)]
struct Window {
    start: String,
    end: String,
}

impl RenewalInfo {
    pub(crate) fn parse(body: &[u8], retry_after: Option<RetryAfter>) -> Result<Self, AcmeError> {
        let bad = |what: &str| AcmeError::Protocol(format!("no renewal window: {what}"));
        let wire: Wire = serde_json::from_slice(body).map_err(|_| bad("not the documented JSON"))?;
        let at = |text: &str| DateTime::parse_from_rfc3339(text).map(|at| at.timestamp()).map_err(|_| bad("not a time"));
        let (start, end) = (at(&wire.suggested_window.start)?, at(&wire.suggested_window.end)?);
        // RFC 9773 4.2: such a window must be ignored.
        if end <= start {
            return Err(bad("it ends before it starts"));
        }
        let explanation = wire.explanation.filter(|url| url.starts_with("https://"));
        Ok(Self { start, end, explanation, retry_after })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn window_is_read_and_a_reversed_one_refused() {
        let text =
            r#"{"suggestedWindow":{"start":"2025-01-02T04:00:00Z","end":"2025-01-03T04:00:00Z"},"explanationURL":"https://ca.test/why"}"#;
        let read = RenewalInfo::parse(text.as_bytes(), Some(RetryAfter::Seconds(21_600))).unwrap();
        assert_eq!((read.start, read.end), (1_735_790_400, 1_735_876_800));
        assert_eq!(read.explanation.as_deref(), Some("https://ca.test/why"));
        let reversed = text.replace("2025-01-03", "2024-01-03");
        assert!(RenewalInfo::parse(reversed.as_bytes(), None).is_err());
        assert_eq!(RenewalInfo::parse(text.replace("https://ca", "javascript:").as_bytes(), None).unwrap().explanation, None);
    }

    #[test]
    fn certificate_without_an_issuers_key_has_no_name() {
        let (pem, _) = argos_tls::self_signed(&["a.test".to_owned()], 1_700_000_000, 9).unwrap();
        let mut certificate = argos_tls::Chain::from_pem(pem.as_bytes()).unwrap().leaf().clone();
        assert_eq!(certificate_id(&certificate), None);
        // The example of RFC 9773 4.1.
        certificate.authority_key_id = Some(data_encoding::HEXLOWER.decode(b"69885b6b87464041e1b37b847bd0ae2cde01c8d4").unwrap());
        certificate.serial = vec![0x00, 0x87, 0x65, 0x43, 0x21];
        assert_eq!(certificate_id(&certificate).as_deref(), Some("aYhba4dGQEHhs3uEe9CuLN4ByNQ.AIdlQyE"));
    }

    proptest! {
        #[test]
        fn any_text_is_a_window_or_an_error(text in ".{0,120}", start in ".{0,24}") {
            drop(RenewalInfo::parse(text.as_bytes(), None));
            drop(RenewalInfo::parse(serde_json::json!({"suggestedWindow": {"start": start, "end": start}}).to_string().as_bytes(), None));
        }
    }
}

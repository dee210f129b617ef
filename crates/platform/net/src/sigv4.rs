//! AWS Signature Version 4. Pure: time and payload hash come in.

use argos_kernel::{Secret, Timestamp, hex};
use ring::{digest, hmac};

/// What is signed.
pub struct Unsigned<'a> {
    pub method: &'a str,
    /// Host with its port when it is not the default one.
    pub host: &'a str,
    /// Encoded path.
    pub path: &'a str,
    /// Names and values, not encoded.
    pub query: &'a [(&'a str, &'a str)],
    /// SHA-256 of the body in hexadecimal.
    pub payload_hash: &'a str,
}

/// Who signs, where and when.
pub struct Signer<'a> {
    pub access_key_id: &'a str,
    pub secret: &'a Secret<String>,
    pub region: &'a str,
    pub service: &'a str,
    pub at: Timestamp,
}

/// The query as it is signed and sent.
pub fn canonical_query(query: &[(&str, &str)]) -> String {
    let mut pairs: Vec<(String, String)> = query.iter().map(|(n, v)| (encode(n, false), encode(v, false))).collect();
    pairs.sort_unstable();
    pairs.into_iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("&")
}

/// Percent-encodes all but unreserved characters; keeps `/` when it separates.
pub fn encode(text: &str, keep_slash: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || (keep_slash && byte == b'/') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// SHA-256 in hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// `20260101T000000Z`
pub fn amz_date(at: Timestamp) -> String {
    at.datetime().format("%Y%m%dT%H%M%SZ").to_string()
}

/// The value of the header `Authorization`.
pub fn authorization(signer: &Signer<'_>, request: &Unsigned<'_>) -> String {
    let date = amz_date(signer.at);
    let day = date.get(..8).unwrap_or_default();
    let signed_headers = "host;x-amz-content-sha256;x-amz-date";
    let canonical = format!(
        "{}\n{}\n{}\nhost:{}\nx-amz-content-sha256:{}\nx-amz-date:{date}\n\n{signed_headers}\n{}",
        request.method,
        request.path,
        canonical_query(request.query),
        request.host,
        request.payload_hash,
        request.payload_hash
    );
    let scope = format!("{day}/{}/{}/aws4_request", signer.region, signer.service);
    let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", sha256_hex(canonical.as_bytes()));
    let mac = |key: &[u8], data: &str| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), data.as_bytes());
    let day_key = mac(format!("AWS4{}", signer.secret.reveal()).as_bytes(), day);
    let region_key = mac(day_key.as_ref(), signer.region);
    let service_key = mac(region_key.as_ref(), signer.service);
    let signing_key = mac(service_key.as_ref(), "aws4_request");
    let signature = hex(mac(signing_key.as_ref(), &to_sign).as_ref());
    format!("AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={signed_headers}, Signature={signature}", signer.access_key_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example "GET Bucket Lifecycle" of the S3 documentation.
    #[test]
    fn documented_example_is_signed_as_documented() {
        let secret = Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned());
        let at = Timestamp::parse_rfc3339("2013-05-24T00:00:00Z").unwrap();
        let signer = Signer { access_key_id: "AKIAIOSFODNN7EXAMPLE", secret: &secret, region: "us-east-1", service: "s3", at };
        let empty = sha256_hex(b"");
        let request = Unsigned {
            method: "GET",
            host: "examplebucket.s3.amazonaws.com",
            path: "/",
            query: &[("lifecycle", "")],
            payload_hash: &empty,
        };
        let header = authorization(&signer, &request);
        assert!(header.ends_with("Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"), "{header}");
    }

    #[test]
    fn query_is_sorted_and_encoded() {
        assert_eq!(canonical_query(&[("prefix", "a b/"), ("list-type", "2")]), "list-type=2&prefix=a%20b%2F");
        assert_eq!(encode("argos/ü.gz", true), "argos/%C3%BC.gz");
    }
}

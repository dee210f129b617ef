//! Signatures of outbound webhooks (platform spec 14): HMAC-SHA256 over the body, and over `<timestamp>.<body>`.

use argos_kernel::hex;
use ring::hmac;

/// `sha256=<hex HMAC(body)>`
pub(crate) fn of_body(secret: &str, body: &str) -> String {
    sign(secret, &[body])
}

/// `sha256=<hex HMAC("<timestamp>.<body>")>`
pub(crate) fn of_timed_body(secret: &str, timestamp: i64, body: &str) -> String {
    sign(secret, &[&timestamp.to_string(), ".", body])
}

fn sign(secret: &str, parts: &[&str]) -> String {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()));
    parts.iter().for_each(|p| context.update(p.as_bytes()));
    format!("sha256={}", hex(context.sign().as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2.
    #[test]
    fn signature_matches_the_rfc_vector() {
        let expected = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(of_body("Jefe", "what do ya want for nothing?"), expected);
        assert_eq!(of_timed_body("k", 12, "b"), of_body("k", "12.b"));
    }
}

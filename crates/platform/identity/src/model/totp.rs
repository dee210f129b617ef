//! Time-based one-time passwords: RFC 6238 over RFC 4226 with HMAC-SHA1, 6 digits, 30 s, one step of drift each way.
//! A step that was accepted once is never accepted again; the caller stores it.

use argos_kernel::{Rng, Timestamp};
use data_encoding::BASE32_NOPAD;

use super::constant_time;

const STEP_S: i64 = 30;
const DRIFT_STEPS: i64 = 1;
const SECRET_BYTES: usize = 20;

/// A fresh 20-byte secret as 32 characters of base32.
pub fn generate(rng: &dyn Rng) -> String {
    BASE32_NOPAD.encode(&rng.bytes::<SECRET_BYTES>())
}

/// The bytes behind a base32 secret; upper or lower case, spaces and padding ignored.
pub fn decode_secret(text: &str) -> Option<Vec<u8>> {
    let cleaned: String = text.chars().filter(|c| !c.is_whitespace() && *c != '=').collect();
    BASE32_NOPAD.decode(cleaned.to_ascii_uppercase().as_bytes()).ok().filter(|b| !b.is_empty())
}

/// The step a moment falls into.
pub const fn step_of(now: Timestamp) -> i64 {
    now.secs().div_euclid(STEP_S)
}

/// The code of one step (RFC 4226 5.3).
pub fn code(secret: &[u8], step: i64) -> String {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = ring::hmac::sign(&key, &step.to_be_bytes());
    let bytes = tag.as_ref();
    let offset = usize::from(bytes[bytes.len() - 1] & 0x0F);
    let word = [bytes[offset] & 0x7F, bytes[offset + 1], bytes[offset + 2], bytes[offset + 3]];
    format!("{:06}", u32::from_be_bytes(word) % 1_000_000)
}

/// Six digits after trimming, or nothing.
pub fn parse_code(input: &str) -> Option<&str> {
    let trimmed = input.trim();
    (trimmed.len() == 6 && trimmed.bytes().all(|b| b.is_ascii_digit())).then_some(trimmed)
}

/// The step whose code this is, if it is within the drift and later than `last_step`.
pub fn accept(secret: &[u8], input: &str, now: Timestamp, last_step: Option<i64>) -> Option<i64> {
    let typed = parse_code(input)?;
    let current = step_of(now);
    let mut accepted = None;
    // Every candidate is computed, whichever fits.
    for step in current - DRIFT_STEPS..=current + DRIFT_STEPS {
        if constant_time::equal(code(secret, step).as_bytes(), typed.as_bytes()) && last_step.is_none_or(|l| step > l) {
            accepted = Some(step);
        }
    }
    accepted
}

/// The `otpauth://` URI (Key Uri Format) that authenticator apps scan.
pub fn provisioning_uri(issuer: &str, username: &str, secret: &str) -> String {
    let (issuer, username) = (percent_encode(issuer), percent_encode(username));
    format!("otpauth://totp/{issuer}:{username}?algorithm=SHA1&digits=6&issuer={issuer}&period=30&secret={secret}")
}

/// RFC 3986: everything but the unreserved characters.
fn percent_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push_str(&data_encoding::HEXUPPER.encode(&[byte]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RFC_SECRET: &[u8] = b"12345678901234567890";

    /// RFC 6238 appendix B, cut to six digits.
    #[test]
    fn code_matches_the_vectors_of_the_rfc() {
        for (time, expected) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code(RFC_SECRET, step_of(Timestamp::from_secs(time))), expected);
        }
    }

    #[test]
    fn accept_takes_one_step_of_drift_and_no_step_twice() {
        let now = Timestamp::from_secs(1_111_111_111);
        let step = step_of(now);
        for drift in [-1, 0, 1] {
            assert_eq!(accept(RFC_SECRET, &code(RFC_SECRET, step + drift), now, None), Some(step + drift));
        }
        for drift in [-2, 2] {
            assert_eq!(accept(RFC_SECRET, &code(RFC_SECRET, step + drift), now, None), None);
        }
        let typed = format!("  {} ", code(RFC_SECRET, step));
        assert_eq!(accept(RFC_SECRET, &typed, now, Some(step - 1)), Some(step));
        assert_eq!(accept(RFC_SECRET, &typed, now, Some(step)), None);
    }

    #[test]
    fn uri_escapes_issuer_and_account() {
        let uri = provisioning_uri("My House", "a@b", "ABC");
        assert_eq!(uri, "otpauth://totp/My%20House:a%40b?algorithm=SHA1&digits=6&issuer=My%20House&period=30&secret=ABC");
    }

    #[test]
    fn secrets_decode_whatever_case_and_spacing() {
        let text = BASE32_NOPAD.encode(RFC_SECRET);
        assert_eq!(decode_secret(&text.to_lowercase()).as_deref(), Some(RFC_SECRET));
        assert_eq!(decode_secret(&format!("{} ==", &text)).as_deref(), Some(RFC_SECRET));
        assert_eq!(decode_secret("!!"), None);
    }

    proptest! {
        #[test]
        fn accept_of_any_text_never_panics_and_needs_six_digits(input in ".{0,12}", at in 0_i64..4_000_000_000) {
            let accepted = accept(RFC_SECRET, &input, Timestamp::from_secs(at), None);
            prop_assert!(accepted.is_none() || parse_code(&input).is_some());
            let _ = decode_secret(&input);
        }
    }
}

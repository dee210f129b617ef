//! Artifacts: what a run leaves as evidence. Their ids, how long they stay, and the signature of an address that needs
//! no credential. Pure.

use argos_kernel::{Timestamp, hex};
use ring::hmac;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::test::words;

/// How long a signed address is good.
pub const SIGNED_S: i64 = 900;

/// What an artifact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Screenshot,
    Video,
    Html,
    Json,
    Log,
    Trace,
    /// What a test downloaded or uploads.
    File,
}

words!(Kind: Screenshot = "screenshot", Video = "video", Html = "html", Json = "json", Log = "log", Trace = "trace", File = "file");

/// A stored artifact; its bytes lie in the file of their digest.
#[derive(Clone, Debug, PartialEq)]
pub struct Artifact {
    pub id: String,
    pub organization_id: i64,
    pub kind: Kind,
    pub content_type: String,
    pub sha256: String,
    pub size_bytes: i64,
    pub metadata: serde_json::Value,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// `screenshot_0123456789abcdef_20300101_120000`. The hash is of the content and of where it belongs, so that equal
/// pictures of two runs are two artifacts.
pub fn id(kind: Kind, sha256: &str, place: &str, at: Timestamp) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, format!("{sha256}:{place}").as_bytes());
    let short: String = hex(digest.as_ref()).chars().take(16).collect();
    format!("{}_{short}_{}", kind.as_str(), at.datetime().format("%Y%m%d_%H%M%S"))
}

fn key(secret: &[u8]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, secret)
}

fn signed_text(id: &str, expires_s: i64) -> String {
    format!("{id}.{expires_s}")
}

/// The address under which everybody may fetch an artifact until it expires.
pub fn signed_path(secret: &[u8], id: &str, now: Timestamp) -> String {
    // Whole minutes, so that a page that asks again gets the same address and its cached picture.
    let expires_s = (now.secs() / 60 + 1) * 60 + SIGNED_S;
    let tag = hmac::sign(&key(secret), signed_text(id, expires_s).as_bytes());
    format!("/api/v1/media/{id}?exp={expires_s}&sig={}", hex(tag.as_ref()))
}

/// Whether a signature is ours and its time is not over.
pub fn is_signed(secret: &[u8], id: &str, exp: &str, sig: &str, now: Timestamp) -> bool {
    let (Ok(expires_s), Ok(tag)) = (exp.parse::<i64>(), data_encoding::HEXLOWER_PERMISSIVE.decode(sig.as_bytes())) else { return false };
    now.secs() <= expires_s && hmac::verify(&key(secret), signed_text(id, expires_s).as_bytes(), &tag).is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_893_456_000);

    fn parts(path: &str) -> (String, String) {
        let query = path.split_once('?').unwrap().1;
        let (exp, sig) = query.split_once('&').unwrap();
        (exp.trim_start_matches("exp=").to_owned(), sig.trim_start_matches("sig=").to_owned())
    }

    #[test]
    fn id_has_the_documented_form() {
        let id = id(Kind::Screenshot, "ab", "run", NOW);
        assert!(id.starts_with("screenshot_") && id.ends_with("_20300101_000000"), "{id}");
        assert_eq!(id.split('_').nth(1).unwrap().len(), 16);
    }

    #[test]
    fn signed_address_is_good_until_it_expires_and_for_its_artifact_alone() {
        let (exp, sig) = parts(&signed_path(b"secret", "a", NOW));
        assert!(is_signed(b"secret", "a", &exp, &sig, NOW.plus_secs(SIGNED_S)));
        assert!(!is_signed(b"secret", "a", &exp, &sig, NOW.plus_secs(SIGNED_S + 61)));
        assert!(!is_signed(b"secret", "b", &exp, &sig, NOW) && !is_signed(b"other", "a", &exp, &sig, NOW));
        let later = (exp.parse::<i64>().unwrap() + 60).to_string();
        assert!(!is_signed(b"secret", "a", &later, &sig, NOW));
    }

    proptest! {
        #[test]
        fn foreign_signature_is_never_good(exp in "\\PC{0,20}", sig in "\\PC{0,80}") {
            prop_assert!(!is_signed(b"secret", "a", &exp, &sig, NOW));
        }
    }
}

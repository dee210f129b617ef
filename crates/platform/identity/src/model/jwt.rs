//! Our own signed tokens: HS256 (RFC 7515, 7519). A token names its session row, which decides whether it still
//! lives; roles and memberships are never read from it.

use argos_kernel::{Timestamp, Uid, hex};
use data_encoding::BASE64URL_NOPAD;
use ring::hmac;
use serde::{Deserialize, Serialize};

const ISSUER: &str = "argos";
const AUDIENCE: &str = "argos-api";
/// Longer texts are not tokens of ours.
const TOKEN_BYTES_MAX: usize = 8192;

/// What a token may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenType {
    Access,
    Refresh,
}

/// The claims of a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    pub iss: String,
    pub aud: String,
    /// The user.
    pub sub: Uid,
    /// The session row.
    pub jti: Uid,
    /// The family of the session row.
    pub fam: Uid,
    #[serde(rename = "type")]
    pub kind: TokenType,
    /// Unix seconds.
    pub iat: i64,
    pub exp: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
}

/// What a token is made of.
pub struct Parts<'a> {
    pub user: Uid,
    pub session: Uid,
    pub family: Uid,
    pub kind: TokenType,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
    pub scopes: Option<&'a [String]>,
}

#[derive(Serialize, Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    typ: String,
    #[serde(default)]
    kid: String,
}

/// Signs and verifies with one key.
pub struct Signer {
    key: hmac::Key,
    kid: String,
}

impl Signer {
    pub fn new(secret: &[u8]) -> Self {
        let digest = ring::digest::digest(&ring::digest::SHA256, secret);
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, secret), kid: hex(&digest.as_ref()[..4]) }
    }

    pub fn sign(&self, parts: &Parts<'_>) -> Result<String, serde_json::Error> {
        let header = Header { alg: "HS256".to_owned(), typ: "JWT".to_owned(), kid: self.kid.clone() };
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: parts.user,
            jti: parts.session,
            fam: parts.family,
            kind: parts.kind,
            iat: parts.issued_at.secs(),
            exp: parts.expires_at.secs(),
            scopes: parts.scopes.map(<[String]>::to_vec),
        };
        let part = |json: Vec<u8>| BASE64URL_NOPAD.encode(&json);
        let signed = format!("{}.{}", part(serde_json::to_vec(&header)?), part(serde_json::to_vec(&claims)?));
        let tag = hmac::sign(&self.key, signed.as_bytes());
        Ok(format!("{signed}.{}", BASE64URL_NOPAD.encode(tag.as_ref())))
    }

    /// The claims of a token this server signed for itself, expired or not.
    pub fn read(&self, token: &str) -> Option<Claims> {
        if token.len() > TOKEN_BYTES_MAX {
            return None;
        }
        let (signed, tag) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        hmac::verify(&self.key, signed.as_bytes(), &BASE64URL_NOPAD.decode(tag.as_bytes()).ok()?).ok()?;
        let header: Header = serde_json::from_slice(&BASE64URL_NOPAD.decode(header.as_bytes()).ok()?).ok()?;
        let claims: Claims = serde_json::from_slice(&BASE64URL_NOPAD.decode(claims.as_bytes()).ok()?).ok()?;
        (header.alg == "HS256" && header.kid == self.kid && claims.iss == ISSUER && claims.aud == AUDIENCE).then_some(claims)
    }

    /// The claims of a token that is valid now.
    pub fn verify(&self, token: &str, kind: TokenType, now: Timestamp) -> Option<Claims> {
        self.read(token).filter(|claims| claims.kind == kind && claims.exp > now.secs())
    }
}

#[cfg(test)]
mod tests {
    use argos_kernel::{ManualClock, SeededRng};
    use proptest::prelude::*;

    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    fn token(signer: &Signer) -> String {
        let uid = Uid::mint(&ManualClock::at(at(1000)), &SeededRng::new(1));
        let parts = Parts {
            user: uid,
            session: uid,
            family: uid,
            kind: TokenType::Access,
            issued_at: at(1000),
            expires_at: at(2000),
            scopes: Some(&["read".to_owned()]),
        };
        signer.sign(&parts).unwrap()
    }

    #[test]
    fn token_is_valid_until_it_expires_and_only_for_its_type() {
        let signer = Signer::new(b"0123456789abcdef0123456789abcdef");
        let text = token(&signer);
        assert_eq!(signer.verify(&text, TokenType::Access, at(1999)).unwrap().scopes, Some(vec!["read".to_owned()]));
        assert!(signer.verify(&text, TokenType::Access, at(2000)).is_none());
        assert!(signer.verify(&text, TokenType::Refresh, at(1500)).is_none());
        assert!(signer.read(&text).is_some());
    }

    #[test]
    fn token_of_another_key_or_algorithm_is_refused() {
        let (one, other) = (Signer::new(&[1; 32]), Signer::new(&[2; 32]));
        let text = token(&one);
        assert!(other.read(&text).is_none());
        let (_, rest) = text.split_once('.').unwrap();
        let none = BASE64URL_NOPAD.encode(br#"{"alg":"none"}"#);
        assert!(one.read(&format!("{none}.{rest}")).is_none());
        let (claims, _) = rest.split_once('.').unwrap();
        assert!(one.read(&format!("{none}.{claims}.")).is_none());
    }

    proptest! {
        #[test]
        fn changed_token_is_refused(position in 0_usize..200, replacement in proptest::char::range('A', 'z')) {
            let signer = Signer::new(&[7; 32]);
            let text = token(&signer);
            let mut chars: Vec<char> = text.chars().collect();
            let at = position % chars.len();
            prop_assume!(chars[at] != replacement);
            chars[at] = replacement;
            let changed: String = chars.into_iter().collect();
            prop_assert!(signer.read(&changed).is_none());
        }

        #[test]
        fn any_text_is_read_without_panic(text in "\\PC{0,300}") {
            prop_assert!(Signer::new(&[7; 32]).read(&text).is_none());
        }
    }
}

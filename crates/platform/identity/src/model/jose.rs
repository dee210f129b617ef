//! Tokens signed by others: compact JWS with RS256 or ES256, keys from a JWK set (RFC 7515, 7517, 7518). `none` and
//! symmetric algorithms do not exist here.

use data_encoding::BASE64URL_NOPAD;
use ring::signature::{self, RsaPublicKeyComponents, UnparsedPublicKey};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Longer texts are not read.
const TOKEN_BYTES_MAX: usize = 64 << 10;
/// How far the clocks of two machines may be apart.
pub const SKEW_S: i64 = 60;

/// A set of public keys.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct KeySet {
    #[serde(default)]
    pub keys: Vec<Jwk>,
}

/// One public key; members of kinds we do not use are ignored.
#[derive(Clone, Debug, Deserialize)]
pub struct Jwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    alg: Option<String>,
    n: Option<String>,
    e: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<Value>,
}

/// A token taken apart; nothing in it is believed yet.
pub struct Unverified<'a> {
    header: Header,
    signed: &'a str,
    signature: Vec<u8>,
    claims: Map<String, Value>,
}

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Malformed,
    Algorithm,
    /// The set has no such key; a fresher one may.
    UnknownKey,
    Signature,
    Issuer,
    Audience,
    Expired,
    Nonce,
    Subject,
}

fn decode(text: &str) -> Option<Vec<u8>> {
    BASE64URL_NOPAD.decode(text.as_bytes()).ok()
}

impl<'a> Unverified<'a> {
    pub fn parse(token: &'a str) -> Result<Self, Fault> {
        let parts = || {
            let (signed, tag) = token.rsplit_once('.')?;
            let (header, claims) = signed.split_once('.')?;
            let header: Header = serde_json::from_slice(&decode(header)?).ok()?;
            let claims: Map<String, Value> = serde_json::from_slice(&decode(claims)?).ok()?;
            Some(Self { header, signed, signature: decode(tag)?, claims })
        };
        if token.len() > TOKEN_BYTES_MAX {
            return Err(Fault::Malformed);
        }
        parts().ok_or(Fault::Malformed)
    }

    /// Who claims to have signed it: only to choose the keys to check with.
    pub fn issuer(&self) -> Option<&str> {
        self.claims.get("iss").and_then(Value::as_str)
    }

    /// What the token says without anybody vouching for it.
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.claims.get(name)
    }

    /// Whether its audience names `client`.
    pub fn is_meant_for(&self, client: &str) -> bool {
        match self.claims.get("aud") {
            Some(Value::String(one)) => one == client,
            Some(Value::Array(all)) => all.iter().any(|a| a == client),
            _ => false,
        }
    }

    /// The claims, once a key of the set has signed them.
    pub fn verify(self, keys: &KeySet) -> Result<Claims, Fault> {
        let (kty, algorithm) = match self.header.alg.as_str() {
            "RS256" => ("RSA", "RS256"),
            "ES256" => ("EC", "ES256"),
            _ => return Err(Fault::Algorithm),
        };
        // An extension we must understand and do not (RFC 7515 4.1.11).
        if self.header.crit.is_some() {
            return Err(Fault::Algorithm);
        }
        let fits = |key: &&Jwk| {
            key.kty == kty
                && key.usage.as_deref().is_none_or(|u| u == "sig")
                && key.alg.as_deref().is_none_or(|a| a == algorithm)
                && (self.header.kid.is_none() || key.kid.is_none() || key.kid == self.header.kid)
        };
        let mut candidates = keys.keys.iter().filter(fits).peekable();
        if candidates.peek().is_none() {
            return Err(Fault::UnknownKey);
        }
        if candidates.any(|key| key.has_signed(self.signed.as_bytes(), &self.signature)) {
            Ok(Claims(self.claims))
        } else {
            Err(Fault::Signature)
        }
    }
}

impl Jwk {
    fn has_signed(&self, message: &[u8], tag: &[u8]) -> bool {
        let member = |m: &Option<String>| m.as_deref().and_then(decode);
        if self.kty == "RSA" {
            let (Some(n), Some(e)) = (member(&self.n), member(&self.e)) else { return false };
            return RsaPublicKeyComponents { n, e }.verify(&signature::RSA_PKCS1_2048_8192_SHA256, message, tag).is_ok();
        }
        let (Some(x), Some(y), Some("P-256")) = (member(&self.x), member(&self.y), self.crv.as_deref()) else { return false };
        if x.len() != 32 || y.len() != 32 {
            return false;
        }
        let point = [&[4_u8][..], &x, &y].concat();
        UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point).verify(message, tag).is_ok()
    }
}

/// Claims whose signature was right.
pub struct Claims(Map<String, Value>);

impl Claims {
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }
    pub fn into_map(self) -> Map<String, Value> {
        self.0
    }

    /// Issuer, audience, time and subject (OpenID Connect Core 3.1.3.7).
    pub fn check(&self, issuer: &str, audience: Option<&str>, now_s: i64) -> Result<(), Fault> {
        if self.text("iss") != Some(issuer) {
            return Err(Fault::Issuer);
        }
        if let Some(audience) = audience {
            let (listed, several) = match self.get("aud") {
                Some(Value::String(one)) => (one == audience, false),
                Some(Value::Array(all)) => (all.iter().any(|a| a == audience), all.len() > 1),
                _ => (false, false),
            };
            let party = self.text("azp");
            if !listed || party.is_some_and(|p| p != audience) || (several && party.is_none()) {
                return Err(Fault::Audience);
            }
        }
        self.check_time(now_s)
    }

    /// Issuer, audience, time and subject of an access token; the second at which it ends. With `audiences` the token
    /// has to name one of them; without, it may name none, but never only somebody else's: `own` then is ours.
    pub fn check_access(&self, issuer: &str, audiences: &[String], own: &str, now_s: i64) -> Result<i64, Fault> {
        if self.text("iss") != Some(issuer) {
            return Err(Fault::Issuer);
        }
        let named: Vec<&str> = match self.get("aud") {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
            Some(_) => return Err(Fault::Audience),
            None => Vec::new(),
        };
        let fits = if audiences.is_empty() {
            self.get("aud").is_none() || named.contains(&own)
        } else {
            named.iter().any(|name| audiences.iter().any(|a| a == name))
        };
        if !fits {
            return Err(Fault::Audience);
        }
        self.check_time(now_s)?;
        Ok(self.get("exp").and_then(Value::as_i64).unwrap_or(now_s))
    }

    fn check_time(&self, now_s: i64) -> Result<(), Fault> {
        let time = |name: &str| self.get(name).and_then(Value::as_i64);
        let too_old = time("exp").is_none_or(|exp| exp <= now_s - SKEW_S);
        let too_young = ["iat", "nbf"].iter().any(|name| time(name).is_some_and(|at| at > now_s + SKEW_S));
        if too_old || too_young {
            return Err(Fault::Expired);
        }
        if self.text("sub").is_none_or(|sub| sub.is_empty() || sub.len() > 255) {
            return Err(Fault::Subject);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ring::rand::SystemRandom;
    use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
    use serde_json::json;

    use super::*;

    struct Issuer {
        pair: EcdsaKeyPair,
    }

    impl Issuer {
        fn new() -> Self {
            let rng = SystemRandom::new();
            let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &rng).unwrap();
            Self { pair: EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der.as_ref(), &rng).unwrap() }
        }
        fn keys(&self, kid: &str) -> KeySet {
            let point = self.pair.public_key().as_ref();
            let part = |range: std::ops::Range<usize>| BASE64URL_NOPAD.encode(&point[range]);
            serde_json::from_value(json!({"keys": [
                {"kty": "oct", "k": "AA", "kid": kid},
                {"kty": "EC", "crv": "P-256", "kid": kid, "use": "sig", "x": part(1..33), "y": part(33..65)},
            ]}))
            .unwrap()
        }
        fn sign(&self, header: &Value, claims: &Value) -> String {
            let part = |v: &Value| BASE64URL_NOPAD.encode(v.to_string().as_bytes());
            let signed = format!("{}.{}", part(header), part(claims));
            let tag = self.pair.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
            format!("{signed}.{}", BASE64URL_NOPAD.encode(tag.as_ref()))
        }
    }

    fn claims() -> Value {
        json!({"iss": "https://idp", "aud": "argos", "sub": "7", "exp": 2000, "iat": 1000})
    }

    #[test]
    fn right_token_is_believed_and_each_wrong_part_is_named() {
        let (idp, thief) = (Issuer::new(), Issuer::new());
        let header = json!({"alg": "ES256", "kid": "a"});
        let token = idp.sign(&header, &claims());
        let believed = Unverified::parse(&token).unwrap().verify(&idp.keys("a")).unwrap_or_else(|f| panic!("{f:?}"));
        assert_eq!(believed.check("https://idp", Some("argos"), 1500), Ok(()));
        assert_eq!(believed.check("https://other", Some("argos"), 1500), Err(Fault::Issuer));
        assert_eq!(believed.check("https://idp", Some("else"), 1500), Err(Fault::Audience));
        assert_eq!(believed.check("https://idp", Some("argos"), 2060), Err(Fault::Expired));
        assert_eq!(believed.check("https://idp", Some("argos"), 900), Err(Fault::Expired));
        let fault = |token: &str, keys: &KeySet| Unverified::parse(token).and_then(|t| t.verify(keys)).err();
        assert_eq!(fault(&token, &thief.keys("a")), Some(Fault::Signature));
        assert_eq!(fault(&token, &idp.keys("b")), Some(Fault::UnknownKey));
        assert_eq!(fault(&idp.sign(&json!({"alg": "none"}), &claims()), &idp.keys("a")), Some(Fault::Algorithm));
        assert_eq!(fault(&idp.sign(&json!({"alg": "HS256", "kid": "a"}), &claims()), &idp.keys("a")), Some(Fault::Algorithm));
        assert_eq!(fault(&idp.sign(&json!({"alg": "ES256", "crit": ["x"]}), &claims()), &idp.keys("a")), Some(Fault::Algorithm));
        assert_eq!(fault("a.b", &idp.keys("a")), Some(Fault::Malformed));
    }

    #[test]
    fn several_audiences_need_the_authorized_party() {
        let mut both = claims();
        both["aud"] = json!(["argos", "other"]);
        let check = |v: &Value| Claims(v.as_object().unwrap().clone()).check("https://idp", Some("argos"), 1500);
        assert_eq!(check(&both), Err(Fault::Audience));
        both["azp"] = json!("argos");
        assert_eq!(check(&both), Ok(()));
        both["azp"] = json!("other");
        assert_eq!(check(&both), Err(Fault::Audience));
    }

    #[test]
    fn access_token_is_meant_for_us_or_for_nobody_in_particular() {
        let check = |aud: Value, audiences: &[&str]| {
            let mut map = claims().as_object().unwrap().clone();
            map.remove("aud");
            if !aud.is_null() {
                map.insert("aud".to_owned(), aud);
            }
            let audiences: Vec<String> = audiences.iter().map(|a| (*a).to_owned()).collect();
            Claims(map).check_access("https://idp", &audiences, "argos-api", 1500)
        };
        assert_eq!(check(Value::Null, &[]), Ok(2000));
        assert_eq!(check(json!(["x", "argos-api"]), &[]), Ok(2000));
        assert_eq!(check(json!("another-app"), &[]), Err(Fault::Audience));
        assert_eq!(check(json!(7), &[]), Err(Fault::Audience));
        assert_eq!(check(json!("house"), &["house"]), Ok(2000));
        assert_eq!(check(Value::Null, &["house"]), Err(Fault::Audience));
        assert_eq!(check(json!("argos-api"), &["house"]), Err(Fault::Audience));
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_without_panic(text in "[A-Za-z0-9_.-]{0,200}") {
            if let Ok(token) = Unverified::parse(&text) {
                prop_assert!(token.verify(&KeySet::default()).is_err());
            }
        }
    }
}

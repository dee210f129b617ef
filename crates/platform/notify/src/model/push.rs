//! Web push: the payload encrypted for one browser (RFC 8291, RFC 8188) and the instance's signature (VAPID, RFC 8292).

use data_encoding::BASE64URL_NOPAD;
use http::Uri;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use ring::{aead, agreement, hkdf};
use serde_json::json;

/// The record size announced; one record holds everything.
const RECORD_SIZE: u32 = 4_096;
/// So that the record fits: 4096 less header, tag and delimiter.
pub(crate) const PAYLOAD_MAX: usize = 3_900;
/// Seconds a push service may keep the message.
pub(crate) const TTL_S: u32 = 86_400;
/// RFC 8292: at most 24 h.
const TOKEN_LIFE_S: i64 = 12 * 3_600;

/// What a browser gave when it subscribed, decoded and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BrowserKeys {
    /// An uncompressed P-256 point.
    public: Vec<u8>,
    auth: Vec<u8>,
}

impl BrowserKeys {
    /// The error names the member at fault.
    pub(crate) fn parse(p256dh: &str, auth: &str) -> Result<Self, &'static str> {
        let decode = |text: &str| BASE64URL_NOPAD.decode(text.trim_end_matches('=').replace('+', "-").replace('/', "_").as_bytes()).ok();
        let public = decode(p256dh).filter(|k| k.len() == 65 && k.first() == Some(&4)).ok_or("p256dh_key")?;
        let auth = decode(auth).filter(|k| k.len() == 16).ok_or("auth_key")?;
        Ok(Self { public, auth })
    }
}

/// The body of a push request (`Content-Encoding: aes128gcm`).
pub(crate) fn encrypt(keys: &BrowserKeys, payload: &[u8], salt: [u8; 16]) -> Result<Vec<u8>, &'static str> {
    const FAILED: &str = "the message could not be encrypted";
    if payload.len() > PAYLOAD_MAX {
        return Err("the message is too long");
    }
    let rng = SystemRandom::new();
    let own = agreement::EphemeralPrivateKey::generate(&agreement::ECDH_P256, &rng).map_err(|_| FAILED)?;
    let own_public = own.compute_public_key().map_err(|_| FAILED)?.as_ref().to_vec();
    let peer = agreement::UnparsedPublicKey::new(&agreement::ECDH_P256, &keys.public);
    let info = [b"WebPush: info\0".as_slice(), &keys.public, &own_public].concat();
    let material: [u8; 32] = agreement::agree_ephemeral(own, &peer, |secret| derived(&keys.auth, secret, &info))
        .map_err(|_| "the browser's key is not valid")?
        .ok_or(FAILED)?;
    let key: [u8; 16] = derived(&salt, &material, b"Content-Encoding: aes128gcm\0").ok_or(FAILED)?;
    let nonce: [u8; 12] = derived(&salt, &material, b"Content-Encoding: nonce\0").ok_or(FAILED)?;
    let sealing = aead::LessSafeKey::new(aead::UnboundKey::new(&aead::AES_128_GCM, &key).map_err(|_| FAILED)?);
    // 2 marks the last record.
    let mut record = [payload, &[2]].concat();
    sealing.seal_in_place_append_tag(aead::Nonce::assume_unique_for_key(nonce), aead::Aad::empty(), &mut record).map_err(|_| FAILED)?;
    let mut out = salt.to_vec();
    out.extend(RECORD_SIZE.to_be_bytes());
    out.push(u8::try_from(own_public.len()).map_err(|_| FAILED)?);
    out.extend(own_public);
    out.extend(record);
    Ok(out)
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

fn derived<const N: usize>(salt: &[u8], material: &[u8], info: &[u8]) -> Option<[u8; N]> {
    let mut out = [0_u8; N];
    let key = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(material);
    key.expand(&[info], Length(N)).ok()?.fill(&mut out).ok()?;
    Some(out)
}

/// The instance's key pair as the settings keep it: private PKCS#8 and public point, both base64url.
pub(crate) fn generate_keys() -> Result<(String, String), &'static str> {
    const FAILED: &str = "the push key pair could not be made";
    let rng = SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &rng).map_err(|_| FAILED)?;
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &rng).map_err(|_| FAILED)?;
    Ok((BASE64URL_NOPAD.encode(document.as_ref()), BASE64URL_NOPAD.encode(pair.public_key().as_ref())))
}

/// `Authorization` of a push request to `endpoint`.
pub(crate) fn authorization(private: &str, endpoint: &str, contact: &str, now_s: i64) -> Result<String, &'static str> {
    const UNREADABLE: &str = "the push key pair cannot be read";
    let rng = SystemRandom::new();
    let document = BASE64URL_NOPAD.decode(private.as_bytes()).map_err(|_| UNREADABLE)?;
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &document, &rng).map_err(|_| UNREADABLE)?;
    let uri: Uri = endpoint.parse().map_err(|_| "the endpoint is not a URL")?;
    let audience = format!("{}://{}", uri.scheme_str().unwrap_or("https"), uri.authority().map_or("", |a| a.as_str()));
    let head = BASE64URL_NOPAD.encode(br#"{"typ":"JWT","alg":"ES256"}"#);
    let claims = json!({ "aud": audience, "exp": now_s + TOKEN_LIFE_S, "sub": format!("mailto:{contact}") }).to_string();
    let signed = format!("{head}.{}", BASE64URL_NOPAD.encode(claims.as_bytes()));
    let signature = pair.sign(&rng, signed.as_bytes()).map_err(|_| UNREADABLE)?;
    let public = BASE64URL_NOPAD.encode(pair.public_key().as_ref());
    Ok(format!("vapid t={signed}.{}, k={public}", BASE64URL_NOPAD.encode(signature.as_ref())))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    use super::*;

    /// A browser's side of RFC 8291: its key pair and how it reads a body.
    struct Browser {
        private: agreement::EphemeralPrivateKey,
        public: Vec<u8>,
        auth: [u8; 16],
    }

    impl Browser {
        fn new() -> Self {
            let private = agreement::EphemeralPrivateKey::generate(&agreement::ECDH_P256, &SystemRandom::new()).unwrap();
            let public = private.compute_public_key().unwrap().as_ref().to_vec();
            Self { private, public, auth: [7; 16] }
        }
        fn keys(&self) -> BrowserKeys {
            BrowserKeys::parse(&BASE64URL_NOPAD.encode(&self.public), &BASE64URL_NOPAD.encode(&self.auth)).unwrap()
        }
        fn read(self, body: &[u8]) -> Vec<u8> {
            let (salt, rest) = body.split_at(16);
            assert_eq!((&rest[..4], rest[4]), (4_096_u32.to_be_bytes().as_slice(), 65));
            let (sender, record) = rest[5..].split_at(65);
            let info = [b"WebPush: info\0".as_slice(), &self.public, sender].concat();
            let peer = agreement::UnparsedPublicKey::new(&agreement::ECDH_P256, sender.to_vec());
            let material: [u8; 32] = agreement::agree_ephemeral(self.private, &peer, |s| derived(&self.auth, s, &info)).unwrap().unwrap();
            let key: [u8; 16] = derived(salt, &material, b"Content-Encoding: aes128gcm\0").unwrap();
            let nonce: [u8; 12] = derived(salt, &material, b"Content-Encoding: nonce\0").unwrap();
            let opening = aead::LessSafeKey::new(aead::UnboundKey::new(&aead::AES_128_GCM, &key).unwrap());
            let mut record = record.to_vec();
            let plain = opening.open_in_place(aead::Nonce::assume_unique_for_key(nonce), aead::Aad::empty(), &mut record).unwrap();
            assert_eq!(plain.last(), Some(&2));
            plain[..plain.len() - 1].to_vec()
        }
    }

    #[test]
    fn browser_reads_what_was_encrypted_for_it_and_no_other_can() {
        let browser = Browser::new();
        let body = encrypt(&browser.keys(), b"{\"title\":\"x\"}", [9; 16]).unwrap();
        assert_eq!(browser.read(&body), b"{\"title\":\"x\"}");
        assert_eq!(encrypt(&Browser::new().keys(), &[0; PAYLOAD_MAX + 1], [0; 16]), Err("the message is too long"));
    }

    /// RFC 5869 test case 1 through the same function that makes every key here.
    #[test]
    fn derivation_matches_the_rfc_vector() {
        let salt: Vec<u8> = (0..=12).collect();
        let info: Vec<u8> = (0xf0..=0xf9).collect();
        let out: [u8; 42] = derived(&salt, &[0x0b; 22], &info).unwrap();
        assert_eq!(argos_kernel::hex(&out), "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
    }

    #[test]
    fn authorization_is_a_token_the_public_key_verifies() {
        let (private, public) = generate_keys().unwrap();
        assert_eq!(public.len(), 87);
        let header = authorization(&private, "https://push.test:8443/abc?d=1", "ops@x.test", 1_000).unwrap();
        let (token, key) = header.strip_prefix("vapid t=").unwrap().split_once(", k=").unwrap();
        assert_eq!(key, public);
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let point = BASE64URL_NOPAD.decode(key.as_bytes()).unwrap();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
            .verify(signed.as_bytes(), &BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap())
            .unwrap();
        let claims = BASE64URL_NOPAD.decode(signed.split_once('.').unwrap().1.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(claims).unwrap(), r#"{"aud":"https://push.test:8443","exp":44200,"sub":"mailto:ops@x.test"}"#);
    }

    proptest! {
        #[test]
        fn any_keys_are_usable_or_refused(a in "[A-Za-z0-9_=+/-]{0,90}|\\PC{0,20}", b in "[A-Za-z0-9_-]{0,24}", point in prop::collection::vec(any::<u8>(), 64)) {
            let shaped = BASE64URL_NOPAD.encode(&[[4_u8].as_slice(), &point].concat());
            for key in [a, shaped] {
                if let Ok(keys) = BrowserKeys::parse(&key, &b) {
                    let _outcome = encrypt(&keys, b"x", [0; 16]).is_ok();
                }
            }
        }
    }
}

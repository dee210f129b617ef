//! Passkeys: WebAuthn level 2 without attestation. Client data, authenticator data and COSE keys are read and judged
//! here; the ceremony's secrets are the caller's. Pure.

use data_encoding::BASE64URL_NOPAD;
use minicbor::Decoder;
use minicbor::data::Type;
use ring::digest;
use ring::signature::{self, RsaPublicKeyComponents, UnparsedPublicKey};
use serde::Deserialize;

/// Largest parts we read; authenticators send far less.
const PART_BYTES_MAX: usize = 16 << 10;
const CREDENTIAL_ID_MAX: usize = 1023;
const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const BACKED_UP: u8 = 0x10;
const ATTESTED: u8 = 0x40;
/// ES256, EdDSA, RS256 (RFC 9053), best first.
pub const ALGORITHMS: [i64; 3] = [-7, -8, -257];

/// Why a ceremony is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Malformed,
    /// Made for another ceremony.
    Purpose,
    Challenge,
    Origin,
    RelyingParty,
    /// The authenticator did not check who is there.
    NotVerified,
    Algorithm,
    Signature,
}

type Judged<T> = Result<T, Fault>;

/// What the browser signed together with the authenticator's data.
#[derive(Deserialize)]
pub struct ClientData {
    #[serde(rename = "type")]
    purpose: String,
    pub challenge: String,
    origin: String,
    #[serde(default, rename = "crossOrigin")]
    cross_origin: bool,
}

impl ClientData {
    pub fn parse(raw: &[u8]) -> Judged<Self> {
        if raw.len() > PART_BYTES_MAX {
            return Err(Fault::Malformed);
        }
        serde_json::from_slice(raw).map_err(|_| Fault::Malformed)
    }

    /// `purpose` is `webauthn.create` or `webauthn.get`.
    pub fn check(&self, purpose: &str, challenge: &str, origin: &str) -> Judged<()> {
        if self.purpose != purpose {
            return Err(Fault::Purpose);
        }
        if self.challenge != challenge {
            return Err(Fault::Challenge);
        }
        if self.cross_origin || !self.origin.eq_ignore_ascii_case(origin) {
            return Err(Fault::Origin);
        }
        Ok(())
    }
}

/// The authenticator's side.
pub struct AuthenticatorData<'a> {
    flags: u8,
    pub sign_count: u32,
    /// Only of a registration.
    pub attested: Option<Attested<'a>>,
}

/// A new credential.
pub struct Attested<'a> {
    pub aaguid: &'a [u8],
    pub credential_id: &'a [u8],
    /// The COSE key as it came.
    pub key: &'a [u8],
}

impl<'a> AuthenticatorData<'a> {
    /// Reads the data and checks relying party, presence and verification.
    pub fn judge(raw: &'a [u8], rp_id: &str) -> Judged<Self> {
        let (rp_hash, rest) = raw.split_at_checked(32).ok_or(Fault::Malformed)?;
        if raw.len() > PART_BYTES_MAX {
            return Err(Fault::Malformed);
        }
        let (flags, rest) = rest.split_first().ok_or(Fault::Malformed)?;
        let (count, rest) = rest.split_first_chunk::<4>().ok_or(Fault::Malformed)?;
        if rp_hash != digest::digest(&digest::SHA256, rp_id.as_bytes()).as_ref() {
            return Err(Fault::RelyingParty);
        }
        if flags & USER_PRESENT == 0 || flags & USER_VERIFIED == 0 {
            return Err(Fault::NotVerified);
        }
        let attested = if flags & ATTESTED == 0 { None } else { Some(Attested::parse(rest)?) };
        Ok(Self { flags: *flags, sign_count: u32::from_be_bytes(*count), attested })
    }

    /// The credential is kept by more than one device.
    pub fn is_backed_up(&self) -> bool {
        self.flags & BACKED_UP != 0
    }
}

impl<'a> Attested<'a> {
    fn parse(raw: &'a [u8]) -> Judged<Self> {
        let (aaguid, rest) = raw.split_at_checked(16).ok_or(Fault::Malformed)?;
        let (length, rest) = rest.split_first_chunk::<2>().ok_or(Fault::Malformed)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (credential_id, rest) = rest.split_at_checked(length).ok_or(Fault::Malformed)?;
        if credential_id.is_empty() || length > CREDENTIAL_ID_MAX {
            return Err(Fault::Malformed);
        }
        // Extensions may follow the key.
        let mut decoder = Decoder::new(rest);
        decoder.skip().map_err(|_| Fault::Malformed)?;
        let key = rest.get(..decoder.position()).ok_or(Fault::Malformed)?;
        Ok(Self { aaguid, credential_id, key })
    }
}

/// The authenticator data inside an attestation object. The attestation itself is not asked for and not believed.
pub fn attestation_auth_data(raw: &[u8]) -> Judged<Vec<u8>> {
    let parse = || -> Result<Option<Vec<u8>>, minicbor::decode::Error> {
        let mut decoder = Decoder::new(raw);
        let Some(members) = decoder.map()? else { return Ok(None) };
        let mut found = None;
        for _ in 0..members {
            if decoder.str()? == "authData" {
                found = Some(decoder.bytes()?.to_vec());
            } else {
                decoder.skip()?;
            }
        }
        Ok(found)
    };
    if raw.len() > PART_BYTES_MAX {
        return Err(Fault::Malformed);
    }
    parse().ok().flatten().ok_or(Fault::Malformed)
}

/// A public key of one of the three algorithms we ask for (RFC 9053).
#[derive(Debug, PartialEq, Eq)]
pub enum PublicKey {
    /// The uncompressed point.
    P256(Vec<u8>),
    Ed25519(Vec<u8>),
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
}

/// The integer and byte string members of a COSE key; others are no business of ours.
#[derive(Default)]
struct Members {
    kty: Option<i64>,
    alg: Option<i64>,
    curve: Option<i64>,
    minus1: Option<Vec<u8>>,
    minus2: Option<Vec<u8>>,
    minus3: Option<Vec<u8>>,
}

impl Members {
    fn parse(raw: &[u8]) -> Result<Self, minicbor::decode::Error> {
        let mut decoder = Decoder::new(raw);
        let count = decoder.map()?.ok_or_else(|| minicbor::decode::Error::message("a map of unknown length"))?;
        let mut members = Self::default();
        for _ in 0..count {
            let label = decoder.i64()?;
            match (label, decoder.datatype()?) {
                (1, _) => members.kty = Some(decoder.i64()?),
                (3, _) => members.alg = Some(decoder.i64()?),
                (-1, Type::Bytes) => members.minus1 = Some(decoder.bytes()?.to_vec()),
                (-1, _) => members.curve = Some(decoder.i64()?),
                (-2, Type::Bytes) => members.minus2 = Some(decoder.bytes()?.to_vec()),
                (-3, Type::Bytes) => members.minus3 = Some(decoder.bytes()?.to_vec()),
                _ => decoder.skip()?,
            }
        }
        Ok(members)
    }
}

impl PublicKey {
    pub fn parse(cose: &[u8]) -> Judged<Self> {
        let m = Members::parse(cose).map_err(|_| Fault::Malformed)?;
        match (m.kty, m.alg, m.curve, m.minus1, m.minus2, m.minus3) {
            (Some(2), Some(-7), Some(1), None, Some(x), Some(y)) if x.len() == 32 && y.len() == 32 => {
                Ok(Self::P256([&[4_u8][..], &x, &y].concat()))
            }
            (Some(1), Some(-8), Some(6), None, Some(x), None) if x.len() == 32 => Ok(Self::Ed25519(x)),
            (Some(3), Some(-257), None, Some(n), Some(e), None) => Ok(Self::Rsa { n, e }),
            _ => Err(Fault::Algorithm),
        }
    }

    /// Checks the signature over the authenticator data and the hash of the client data.
    pub fn verify(&self, auth_data: &[u8], client_data: &[u8], tag: &[u8]) -> Judged<()> {
        let message = [auth_data, digest::digest(&digest::SHA256, client_data).as_ref()].concat();
        let right = match self {
            Self::P256(point) => UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_ASN1, point).verify(&message, tag).is_ok(),
            Self::Ed25519(key) => UnparsedPublicKey::new(&signature::ED25519, key).verify(&message, tag).is_ok(),
            Self::Rsa { n, e } => RsaPublicKeyComponents { n, e }.verify(&signature::RSA_PKCS1_2048_8192_SHA256, &message, tag).is_ok(),
        };
        if right { Ok(()) } else { Err(Fault::Signature) }
    }
}

/// base64url without padding, as browsers send it; padding is forgiven.
pub fn decode(text: &str) -> Judged<Vec<u8>> {
    BASE64URL_NOPAD.decode(text.trim_end_matches('=').as_bytes()).map_err(|_| Fault::Malformed)
}

pub fn encode(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

/// A counter that does not grow is a copied authenticator; both zero = it does not count.
pub fn counter_fits(stored: i64, sent: u32) -> bool {
    (stored == 0 && sent == 0) || i64::from(sent) > stored
}

/// The host that passkeys belong to, without its port; `None` for addresses, which cannot have any.
pub fn rp_id_of(base_url: &str) -> Option<String> {
    let authority = base_url.split_once("://")?.1.split('/').next()?;
    if authority.starts_with('[') {
        return None;
    }
    let host = authority.split(':').next()?.to_ascii_lowercase();
    (!host.is_empty() && host.parse::<std::net::IpAddr>().is_err()).then_some(host)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ring::rand::SystemRandom;
    use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};

    use super::*;

    fn auth_data(flags: u8, rest: &[u8]) -> Vec<u8> {
        let hash = digest::digest(&digest::SHA256, b"localhost");
        [hash.as_ref(), &[flags], &7_u32.to_be_bytes(), rest].concat()
    }

    fn cose_p256(point: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut e = minicbor::Encoder::new(&mut out);
        e.map(5).unwrap().i64(1).unwrap().i64(2).unwrap().i64(3).unwrap().i64(-7).unwrap().i64(-1).unwrap().i64(1).unwrap();
        e.i64(-2).unwrap().bytes(&point[1..33]).unwrap().i64(-3).unwrap().bytes(&point[33..65]).unwrap();
        out
    }

    #[test]
    fn registration_yields_the_key_and_its_signature_is_checked() {
        let rng = SystemRandom::new();
        let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &rng).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, der.as_ref(), &rng).unwrap();
        let cose = cose_p256(pair.public_key().as_ref());
        let data = auth_data(0x45, &[&[9_u8; 16][..], &[0, 4], b"cred", &cose, &[0xa0]].concat());
        let mut object = Vec::new();
        let mut e = minicbor::Encoder::new(&mut object);
        e.map(3).unwrap().str("fmt").unwrap().str("none").unwrap().str("attStmt").unwrap().map(0).unwrap();
        e.str("authData").unwrap().bytes(&data).unwrap();
        assert_eq!(attestation_auth_data(&object).unwrap(), data);
        let read = AuthenticatorData::judge(&data, "localhost").unwrap_or_else(|f| panic!("{f:?}"));
        let attested = read.attested.unwrap();
        assert_eq!((attested.credential_id, attested.key), (&b"cred"[..], &cose[..]));
        let key = PublicKey::parse(attested.key).unwrap();
        let login = auth_data(0x05, &[]);
        let client = br#"{"type":"webauthn.get"}"#;
        let message = [&login[..], digest::digest(&digest::SHA256, client).as_ref()].concat();
        let tag = pair.sign(&rng, &message).unwrap();
        assert_eq!(key.verify(&login, client, tag.as_ref()), Ok(()));
        assert_eq!(key.verify(&login, b"{}", tag.as_ref()), Err(Fault::Signature));
    }

    #[test]
    fn ed25519_keys_are_read() {
        let der = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let pair = Ed25519KeyPair::from_pkcs8(der.as_ref()).unwrap();
        let mut cose = Vec::new();
        let mut e = minicbor::Encoder::new(&mut cose);
        e.map(4).unwrap().i64(1).unwrap().i64(1).unwrap().i64(3).unwrap().i64(-8).unwrap().i64(-1).unwrap().i64(6).unwrap();
        e.i64(-2).unwrap().bytes(pair.public_key().as_ref()).unwrap();
        let message = [&b"data"[..], digest::digest(&digest::SHA256, b"client").as_ref()].concat();
        let key = PublicKey::parse(&cose).unwrap();
        assert_eq!(key.verify(b"data", b"client", pair.sign(&message).as_ref()), Ok(()));
    }

    #[test]
    fn wrong_party_unverified_person_and_foreign_client_data_are_refused() {
        let fault = |flags, rp| AuthenticatorData::judge(&auth_data(flags, &[]), rp).err();
        assert_eq!(fault(0x05, "localhost"), None);
        assert_eq!(fault(0x05, "evil.example"), Some(Fault::RelyingParty));
        assert_eq!(fault(0x01, "localhost"), Some(Fault::NotVerified));
        let raw = br#"{"type":"webauthn.get","challenge":"abc","origin":"https://a.example"}"#;
        let data = ClientData::parse(raw).unwrap_or_else(|f| panic!("{f:?}"));
        assert_eq!(data.check("webauthn.get", "abc", "https://a.example"), Ok(()));
        assert_eq!(data.check("webauthn.create", "abc", "https://a.example"), Err(Fault::Purpose));
        assert_eq!(data.check("webauthn.get", "abd", "https://a.example"), Err(Fault::Challenge));
        assert_eq!(data.check("webauthn.get", "abc", "https://b.example"), Err(Fault::Origin));
    }

    #[test]
    fn counters_grow_and_hosts_are_names() {
        assert!(counter_fits(0, 0) && counter_fits(3, 4) && !counter_fits(3, 3) && !counter_fits(3, 0));
        assert_eq!(rp_id_of("https://Argos.Example:8443/x"), Some("argos.example".to_owned()));
        assert_eq!((rp_id_of("http://127.0.0.1:80"), rp_id_of("http://[::1]:80")), (None, None));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(raw in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(attestation_auth_data(&raw).is_err() && PublicKey::parse(&raw).is_err() && ClientData::parse(&raw).is_err());
            let attested = [&auth_data(0x45, &[])[..], &raw].concat();
            prop_assert!(AuthenticatorData::judge(&attested, "other").is_err());
            if let Ok(data) = AuthenticatorData::judge(&attested, "localhost") {
                prop_assert!(data.attested.is_some());
            }
        }
    }
}

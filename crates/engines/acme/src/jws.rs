//! Signed requests (RFC 8555 6.2): flattened JSON web signatures.

use data_encoding::BASE64URL_NOPAD;
use ring::hmac;
use serde_json::{Value, json};

use crate::account::{AccountKey, ExternalAccount};
use crate::error::AcmeError;

/// How a request names the account.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Signer<'a> {
    /// By the whole public key: before there is an account.
    Key,
    /// By its address.
    Account(&'a str),
}

/// The body of a request. Without a payload it only reads (POST-as-GET).
pub(crate) fn signed(key: &AccountKey, signer: Signer<'_>, nonce: &str, url: &str, payload: Option<&Value>) -> Result<Vec<u8>, AcmeError> {
    let mut header = json!({"alg": "ES256", "nonce": nonce, "url": url});
    match signer {
        Signer::Key => header["jwk"] = key.jwk(),
        Signer::Account(address) => header["kid"] = json!(address),
    }
    let body = flattened(&header, payload, |input| key.sign(input))?;
    Ok(body.to_string().into_bytes())
}

/// Proof that whoever holds the external account's secret wants this key bound to it.
pub(crate) fn binding(key: &AccountKey, external: &ExternalAccount, url: &str) -> Result<Value, AcmeError> {
    let header = json!({"alg": "HS256", "kid": external.key_id, "url": url});
    let secret = hmac::Key::new(hmac::HMAC_SHA256, &external.mac_key);
    flattened(&header, Some(&key.jwk()), |input| Ok(hmac::sign(&secret, input).as_ref().to_vec()))
}

fn flattened(header: &Value, payload: Option<&Value>, sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, AcmeError>) -> Result<Value, AcmeError> {
    let protected = BASE64URL_NOPAD.encode(header.to_string().as_bytes());
    let payload = payload.map(|value| BASE64URL_NOPAD.encode(value.to_string().as_bytes())).unwrap_or_default();
    let signature = sign(format!("{protected}.{payload}").as_bytes())?;
    Ok(json!({"protected": protected, "payload": payload, "signature": BASE64URL_NOPAD.encode(&signature)}))
}

#[cfg(test)]
mod tests {
    use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    use super::*;

    fn opened(text: &Value) -> Value {
        serde_json::from_slice(&BASE64URL_NOPAD.decode(text.as_str().unwrap().as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn signature_holds_for_header_and_payload() {
        let key = AccountKey::from_pkcs8(&AccountKey::generate().unwrap()).unwrap();
        let body = signed(&key, Signer::Account("https://ca/acct/1"), "n1", "https://ca/order", Some(&json!({"a": 1}))).unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            opened(&body["protected"]),
            json!({"alg": "ES256", "nonce": "n1", "url": "https://ca/order", "kid": "https://ca/acct/1"})
        );
        assert_eq!(opened(&body["payload"]), json!({"a": 1}));
        let input = format!("{}.{}", body["protected"].as_str().unwrap(), body["payload"].as_str().unwrap());
        let signature = BASE64URL_NOPAD.decode(body["signature"].as_str().unwrap().as_bytes()).unwrap();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.public_key()).verify(input.as_bytes(), &signature).unwrap();
        let reading: Value = serde_json::from_slice(&signed(&key, Signer::Key, "n", "u", None).unwrap()).unwrap();
        assert_eq!((reading["payload"].as_str(), opened(&reading["protected"])["jwk"].clone()), (Some(""), key.jwk()));
    }

    #[test]
    fn binding_is_signed_by_the_shared_secret() {
        let key = AccountKey::from_pkcs8(&AccountKey::generate().unwrap()).unwrap();
        let external = ExternalAccount { key_id: "kid-1".to_owned(), mac_key: b"secret".to_vec() };
        let bound = binding(&key, &external, "https://ca/new-acct").unwrap();
        assert_eq!((opened(&bound["protected"])["kid"].clone(), opened(&bound["payload"])), (json!("kid-1"), key.jwk()));
        let input = format!("{}.{}", bound["protected"].as_str().unwrap(), bound["payload"].as_str().unwrap());
        let mac = BASE64URL_NOPAD.decode(bound["signature"].as_str().unwrap().as_bytes()).unwrap();
        hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, b"secret"), input.as_bytes(), &mac).unwrap();
    }
}

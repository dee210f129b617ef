//! The two primitives everything here is made of: HKDF-SHA256 (RFC 5869) and AES-256-GCM (NIST SP 800-38D) with a
//! random 96-bit nonce in front and the 128-bit tag behind the ciphertext. No I/O, no formats.

use argos_kernel::{Rng, Secret};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, KeyType, Salt};

use crate::VaultError;

struct Len32;

impl KeyType for Len32 {
    fn len(&self) -> usize {
        32
    }
}

/// HKDF-SHA256 with 32 bytes of output.
pub(crate) fn hkdf(salt: &[u8], ikm: &[u8], info: &[u8]) -> Secret<[u8; 32]> {
    let mut out = [0_u8; 32];
    let prk = Salt::new(HKDF_SHA256, salt).extract(ikm);
    prk.expand(&[info], Len32).and_then(|okm| okm.fill(&mut out)).expect("32 bytes are within HKDF-SHA256's output limit");
    Secret::new(out)
}

pub(crate) fn aead_key(key: &Secret<[u8; 32]>) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.reveal()).expect("the key has 32 bytes"))
}

/// nonce || ciphertext || tag
pub(crate) fn seal(key: &LessSafeKey, rng: &dyn Rng, aad: &[u8], plain: &[u8]) -> Vec<u8> {
    let nonce: [u8; NONCE_LEN] = rng.bytes();
    let mut sealed = plain.to_vec();
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), &mut sealed)
        .expect("a secret is far below AES-GCM's length limit");
    let mut out = nonce.to_vec();
    out.append(&mut sealed);
    out
}

/// Opens what [`seal`] made.
pub(crate) fn open(key: &LessSafeKey, aad: &[u8], blob: &[u8]) -> Result<Secret<Vec<u8>>, VaultError> {
    let (nonce, body) = blob.split_at_checked(NONCE_LEN).ok_or(VaultError::Malformed)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| VaultError::Malformed)?;
    let mut body = body.to_vec();
    let length = key.open_in_place(nonce, Aad::from(aad), &mut body).map_err(|_| VaultError::Unreadable)?.len();
    // One copy of the plain text, not two.
    body.truncate(length);
    Ok(Secret::new(body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use argos_kernel::hex;

    /// RFC 5869, test case 1, first 32 bytes of the output.
    #[test]
    fn hkdf_matches_the_rfc_vector() {
        let salt = data_encoding::HEXLOWER.decode(b"000102030405060708090a0b0c").unwrap();
        let info = data_encoding::HEXLOWER.decode(b"f0f1f2f3f4f5f6f7f8f9").unwrap();
        let okm = hkdf(&salt, &[0x0b; 22], &info);
        assert_eq!(hex(okm.reveal()), "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
    }
}

//! Read-only import of blobs other installations wrote: `argos1:` (edge spec E, no AAD, the 64-hex master key is the
//! key itself) and `v1:` without a key id (nodes spec E.9: the derived key, AAD `<table>.<column>:<row id>`).
//! Nothing is ever sealed in these formats.

use argos_kernel::Secret;

use crate::{MasterKey, VaultError, cipher};

/// Opens a blob of a foreign installation with that installation's master key.
pub fn open_foreign(master: &MasterKey, aad: &str, blob: &str) -> Result<Secret<Vec<u8>>, VaultError> {
    let decode = |text: &str| data_encoding::BASE64.decode(text.as_bytes()).map_err(|_| VaultError::Malformed);
    if let Some(body) = blob.strip_prefix("argos1:") {
        let raw = master.raw().ok_or(VaultError::Unreadable)?;
        return cipher::open(&cipher::aead_key(&raw), b"", &decode(body)?);
    }
    match blob.strip_prefix("v1:") {
        Some(body) if !body.contains(':') => cipher::open(&cipher::aead_key(&master.kek()), aad.as_bytes(), &decode(body)?),
        _ => Err(VaultError::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use argos_kernel::SeededRng;

    fn master() -> MasterKey {
        MasterKey::parse(&"0123456789abcdef".repeat(4)).unwrap()
    }

    #[test]
    fn argos1_blob_opens_with_the_hex_key_and_without_aad() {
        let raw = cipher::aead_key(&master().raw().unwrap());
        let blob = cipher::seal(&raw, &SeededRng::new(3), b"", b"cf-token");
        let text = format!("argos1:{}", data_encoding::BASE64.encode(&blob));
        assert_eq!(open_foreign(&master(), "ignored", &text).unwrap().reveal(), b"cf-token");
        let other = MasterKey::parse(&"f".repeat(64)).unwrap();
        assert!(matches!(open_foreign(&other, "", &text), Err(VaultError::Unreadable)));
    }

    #[test]
    fn v1_blob_without_kid_is_bound_to_its_place() {
        let key = cipher::aead_key(&master().kek());
        let blob = cipher::seal(&key, &SeededRng::new(4), b"nodes.secret:7", b"s3cr3t");
        let text = format!("v1:{}", data_encoding::BASE64.encode(&blob));
        assert_eq!(open_foreign(&master(), "nodes.secret:7", &text).unwrap().reveal(), b"s3cr3t");
        assert!(matches!(open_foreign(&master(), "nodes.secret:8", &text), Err(VaultError::Unreadable)));
    }

    #[test]
    fn texts_of_other_formats_are_malformed() {
        for text in ["", "plain", "ENC:abcd", "v1:kid:YWJj", "argos1:%%", "v1:YQ=="] {
            assert!(matches!(open_foreign(&master(), "", text), Err(VaultError::Malformed)), "{text}");
        }
    }
}

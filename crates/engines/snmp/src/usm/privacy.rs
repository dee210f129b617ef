//! Encryption: CBC-DES (RFC 3414 section 8) and CFB128-AES with 128, 192 and 256 bits (RFC 3826 and its longer cousins).
//! The block modes are written out here: they are a few lines each.

use aes::cipher::{Block, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Aes192, Aes256};
use des::Des;

use crate::error::Malformed;

/// Privacy protocols.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrivacyProtocol {
    /// CBC-DES.
    Des,
    /// CFB128-AES-128.
    Aes128,
    /// CFB128-AES-192.
    Aes192,
    /// CFB128-AES-256.
    Aes256,
}

impl PrivacyProtocol {
    /// Bytes of key material: for DES the key and the part that makes initialisation vectors.
    pub(crate) fn key_len(self) -> usize {
        match self {
            Self::Des | Self::Aes128 => 16,
            Self::Aes192 => 24,
            Self::Aes256 => 32,
        }
    }
}

/// What makes two messages with the same key differ.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Salt {
    /// Boot count of the agent.
    pub(crate) boots: u32,
    /// Clock of the agent.
    pub(crate) time: u32,
    /// Our counter; DES uses its lower half.
    pub(crate) counter: u64,
}

const WRONG_KEY: &str = "invariant: keys are cut to the length of their cipher";

/// Encrypts a scoped PDU; returns the ciphertext and the privacy parameters of the message.
pub(crate) fn encrypt(protocol: PrivacyProtocol, key: &[u8], salt: Salt, plain: &[u8]) -> (Vec<u8>, [u8; 8]) {
    let mut data = plain.to_vec();
    if protocol == PrivacyProtocol::Des {
        let mut parameters = [0; 8];
        parameters[..4].copy_from_slice(&salt.boots.to_be_bytes());
        parameters[4..].copy_from_slice(&salt.counter.to_be_bytes()[4..]);
        data.resize(data.len().next_multiple_of(8), 0);
        let cipher = Des::new_from_slice(&key[..8]).expect(WRONG_KEY);
        let mut previous = des_vector(key, parameters);
        for chunk in data.chunks_exact_mut(8) {
            chunk.iter_mut().zip(previous).for_each(|(byte, other)| *byte ^= other);
            let mut block = Block::<Des>::default();
            block.copy_from_slice(chunk);
            cipher.encrypt_block(&mut block);
            chunk.copy_from_slice(&block);
            previous.copy_from_slice(&block);
        }
        return (data, parameters);
    }
    let parameters = salt.counter.to_be_bytes();
    aes(protocol, key, aes_vector(salt, parameters), &mut data, true);
    (data, parameters)
}

/// Decrypts a scoped PDU with the privacy parameters of its message.
pub(crate) fn decrypt(
    protocol: PrivacyProtocol,
    key: &[u8],
    salt: Salt,
    parameters: &[u8],
    encrypted: &[u8],
) -> Result<Vec<u8>, Malformed> {
    let parameters: [u8; 8] = parameters.try_into().map_err(|_| Malformed("the privacy parameters are not eight bytes"))?;
    let mut data = encrypted.to_vec();
    if protocol == PrivacyProtocol::Des {
        if !data.len().is_multiple_of(8) {
            return Err(Malformed("encrypted data is no multiple of eight bytes"));
        }
        let cipher = Des::new_from_slice(&key[..8]).expect(WRONG_KEY);
        let mut previous = des_vector(key, parameters);
        for chunk in data.chunks_exact_mut(8) {
            let mut block = Block::<Des>::default();
            block.copy_from_slice(chunk);
            let mut next = [0; 8];
            next.copy_from_slice(chunk);
            cipher.decrypt_block(&mut block);
            chunk.iter_mut().zip(block.iter().zip(previous)).for_each(|(byte, (plain, other))| *byte = plain ^ other);
            previous = next;
        }
        return Ok(data);
    }
    aes(protocol, key, aes_vector(salt, parameters), &mut data, false);
    Ok(data)
}

/// The second half of the key mixed with the salt of the message.
fn des_vector(key: &[u8], parameters: [u8; 8]) -> [u8; 8] {
    let mut vector = parameters;
    vector.iter_mut().zip(&key[8..16]).for_each(|(byte, other)| *byte ^= other);
    vector
}

fn aes_vector(salt: Salt, parameters: [u8; 8]) -> [u8; 16] {
    let mut vector = [0; 16];
    vector[..4].copy_from_slice(&salt.boots.to_be_bytes());
    vector[4..8].copy_from_slice(&salt.time.to_be_bytes());
    vector[8..].copy_from_slice(&parameters);
    vector
}

fn aes(protocol: PrivacyProtocol, key: &[u8], vector: [u8; 16], data: &mut [u8], encrypting: bool) {
    match protocol {
        PrivacyProtocol::Aes192 => cfb(&Aes192::new_from_slice(key).expect(WRONG_KEY), vector, data, encrypting),
        PrivacyProtocol::Aes256 => cfb(&Aes256::new_from_slice(key).expect(WRONG_KEY), vector, data, encrypting),
        PrivacyProtocol::Des | PrivacyProtocol::Aes128 => cfb(&Aes128::new_from_slice(key).expect(WRONG_KEY), vector, data, encrypting),
    }
}

/// Cipher feedback with whole blocks; the last one may be short.
fn cfb<C: BlockCipherEncrypt>(cipher: &C, vector: [u8; 16], data: &mut [u8], encrypting: bool) {
    let mut feedback = vector;
    for chunk in data.chunks_mut(16) {
        let mut mask = Block::<C>::default();
        mask.copy_from_slice(&feedback);
        cipher.encrypt_block(&mut mask);
        if !encrypting {
            feedback[..chunk.len()].copy_from_slice(chunk);
        }
        chunk.iter_mut().zip(mask.iter()).for_each(|(byte, mask)| *byte ^= mask);
        if encrypting {
            feedback[..chunk.len()].copy_from_slice(chunk);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{PrivacyProtocol, Salt, cfb, decrypt, encrypt};
    use aes::Aes128;
    use aes::cipher::KeyInit;

    #[test]
    fn cfb_of_the_nist_example_gives_its_ciphertext() {
        // NIST SP 800-38A, F.3.13, first two blocks.
        let key = [0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c];
        let vector = std::array::from_fn(|at| at as u8);
        let mut data = [
            0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40, 0x9f, 0x96, 0xe9, 0x3d, 0x7e, 0x11, 0x73, 0x93, 0x17, 0x2a, 0xae, 0x2d, 0x8a, 0x57, 0x1e,
            0x03, 0xac, 0x9c, 0x9e, 0xb7, 0x6f, 0xac, 0x45, 0xaf, 0x8e, 0x51,
        ];
        cfb(&Aes128::new_from_slice(&key).unwrap(), vector, &mut data, true);
        let wanted = [
            0x3b, 0x3f, 0xd9, 0x2e, 0xb7, 0x2d, 0xad, 0x20, 0x33, 0x34, 0x49, 0xf8, 0xe8, 0x3c, 0xfb, 0x4a, 0xc8, 0xa6, 0x45, 0x37, 0xa0,
            0xb3, 0xa9, 0x3f, 0xcd, 0xe3, 0xcd, 0xad, 0x9f, 0x1c, 0xe5, 0x8b,
        ];
        assert_eq!(data, wanted);
    }

    #[test]
    fn encrypted_text_decrypts_to_itself_under_every_protocol() {
        let key: Vec<u8> = (1..=32).collect();
        let salt = Salt { boots: 7, time: 99, counter: 0x0102_0304_0506_0708 };
        let plain = b"thirty-three bytes, not a multiple";
        for protocol in [PrivacyProtocol::Des, PrivacyProtocol::Aes128, PrivacyProtocol::Aes192, PrivacyProtocol::Aes256] {
            let key = &key[..protocol.key_len()];
            let (encrypted, parameters) = encrypt(protocol, key, salt, plain);
            assert_ne!(encrypted[..plain.len()], plain[..], "{protocol:?}");
            let back = decrypt(protocol, key, salt, &parameters, &encrypted).unwrap();
            assert_eq!(back[..plain.len()], plain[..], "{protocol:?}");
        }
    }

    #[test]
    fn des_data_of_odd_length_is_refused() {
        let salt = Salt { boots: 0, time: 0, counter: 0 };
        assert!(decrypt(PrivacyProtocol::Des, &[1; 16], salt, &[0; 8], &[0; 9]).is_err());
        assert!(decrypt(PrivacyProtocol::Aes128, &[1; 16], salt, &[0; 7], &[0; 16]).is_err());
    }
}

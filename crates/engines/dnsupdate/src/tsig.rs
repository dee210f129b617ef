//! Signatures of messages by a shared key (RFC 8945).

use std::fmt;
use std::str::FromStr;

use ring::hmac;

use crate::message::{Message, RecordType, put, word};
use crate::name::Name;

const ANY: u16 = 255;
/// Seconds that the two clocks may differ.
const FUDGE_S: u16 = 300;

/// How a signature is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    Sha256,
    Sha384,
    Sha512,
}

/// A key that the server knows too.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    pub name: Name,
    pub algorithm: Algorithm,
    pub secret: Vec<u8>,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({}, {:?})", self.name, self.algorithm)
    }
}

impl FromStr for Algorithm {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "hmac-sha256" => Ok(Self::Sha256),
            "hmac-sha384" => Ok(Self::Sha384),
            "hmac-sha512" => Ok(Self::Sha512),
            _ => Err(format!("{text} is none of hmac-sha256, hmac-sha384, hmac-sha512")),
        }
    }
}

impl Algorithm {
    const fn hmac(self) -> hmac::Algorithm {
        match self {
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha384 => hmac::HMAC_SHA384,
            Self::Sha512 => hmac::HMAC_SHA512,
        }
    }

    /// Its name on the wire.
    const fn wire(self) -> &'static [u8] {
        match self {
            Self::Sha256 => b"\x0bhmac-sha256\0",
            Self::Sha384 => b"\x0bhmac-sha384\0",
            Self::Sha512 => b"\x0bhmac-sha512\0",
        }
    }
}

/// The part of a signature that is signed itself.
fn variables(key: &Key, time: &[u8], fudge: u16, error: u16, other: &[u8]) -> Vec<u8> {
    let mut text = key.name.wire().to_vec();
    put(&mut text, &[ANY, 0, 0]);
    text.extend_from_slice(key.algorithm.wire());
    text.extend_from_slice(time);
    put(&mut text, &[fudge, error, u16::try_from(other.len()).unwrap_or(u16::MAX)]);
    text.extend_from_slice(other);
    text
}

/// Appends the signature and returns it, to check the answer's with.
pub(crate) fn sign(message: &mut Vec<u8>, key: &Key, now_unix_s: u64) -> Vec<u8> {
    let time: Vec<u8> = now_unix_s.to_be_bytes().into_iter().skip(2).collect();
    let mut signed = message.clone();
    signed.extend(variables(key, &time, FUDGE_S, 0, &[]));
    let mac = hmac::sign(&hmac::Key::new(key.algorithm.hmac(), &key.secret), &signed).as_ref().to_vec();

    let mut data = key.algorithm.wire().to_vec();
    data.extend_from_slice(&time);
    put(&mut data, &[FUDGE_S, u16::try_from(mac.len()).unwrap_or(u16::MAX)]);
    data.extend_from_slice(&mac);
    put(&mut data, &[word(message, 0).unwrap_or_default(), 0, 0]);

    message.extend_from_slice(key.name.wire());
    put(message, &[RecordType::Tsig as u16, ANY, 0, 0, u16::try_from(data.len()).unwrap_or(u16::MAX)]);
    message.extend_from_slice(&data);
    set_additional(message, 1);
    mac
}

/// The number of additional records in the header.
fn set_additional(message: &mut [u8], count: u16) {
    if let Some(place) = message.get_mut(10..12) {
        place.copy_from_slice(&count.to_be_bytes());
    }
}

/// Whether an answer is signed by the key, for our question, about now.
pub(crate) fn verify(answer: &[u8], read: &Message, key: &Key, request_mac: &[u8], now_unix_s: u64) -> bool {
    judged(answer, read, key, request_mac, now_unix_s).unwrap_or(false)
}

fn judged(answer: &[u8], read: &Message, key: &Key, request_mac: &[u8], now_unix_s: u64) -> Option<bool> {
    let record = read.tsig.as_ref().filter(|record| record.name == key.name)?;
    let (_, at) = Name::read(&record.data, 0)?;
    let time = record.data.get(at..at + 6)?;
    let (fudge, length) = (word(&record.data, at + 6)?, usize::from(word(&record.data, at + 8)?));
    let mac = record.data.get(at + 10..at + 10 + length)?;
    let after = at + 10 + length;
    let (error, other) = (word(&record.data, after + 2)?, record.data.get(after + 6..)?);
    let said = time.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    if said.abs_diff(now_unix_s) > u64::from(fudge) {
        return Some(false);
    }
    let mut signed = u16::try_from(request_mac.len()).ok()?.to_be_bytes().to_vec();
    signed.extend_from_slice(request_mac);
    let mut bare = answer.get(..record.start)?.to_vec();
    let additional = word(&bare, 10)?.checked_sub(1)?;
    set_additional(&mut bare, additional);
    signed.extend(bare);
    signed.extend(variables(key, time, fudge, error, other));
    Some(hmac::verify(&hmac::Key::new(key.algorithm.hmac(), &key.secret), &signed, mac).is_ok())
}

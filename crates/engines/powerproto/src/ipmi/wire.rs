//! The bytes of an RMCP+ session: the handshake that proves a password to both sides, keys from it, sealed messages.
//! No input or output.

use aes::Aes128;
use aes::cipher::{Block, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use hmac::{Hmac, Mac};
use sha1::Sha1;
use sha2::Sha256;

use super::{CipherSuite, Error, Level, Login};

/// RMCP version 6, no acknowledgement, class IPMI.
const RMCP: [u8; 4] = [0x06, 0x00, 0xFF, 0x07];
const RMCP_PLUS: u8 = 0x06;
const ENCRYPTED_AND_SIGNED: u8 = 0xC0;
/// From the authentication type to the length of the payload.
const HEADER: usize = 12;
/// The user is looked up by the name alone, whatever the privilege.
const BY_NAME: u8 = 0x10;
const LONG_ENOUGH: &str = "invariant: HMAC gives at least 16 bytes";

fn mac(suite: CipherSuite, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    macro_rules! with {
        ($hash:ty) => {{
            let mut mac = Hmac::<$hash>::new_from_slice(key).expect("HMAC takes keys of any length");
            parts.iter().for_each(|part| mac.update(part));
            mac.finalize().into_bytes().to_vec()
        }};
    }
    match suite {
        CipherSuite::Three => with!(Sha1),
        CipherSuite::Seventeen => with!(Sha256),
    }
}

/// Looks at every byte, so that the time tells nothing.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |difference, (x, y)| difference | (x ^ y)) == 0
}

/// A packet outside of a session.
fn plain(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap_or(u16::MAX).to_le_bytes();
    [&RMCP[..], &[RMCP_PLUS, kind], &[0; 8], &length, payload].concat()
}

/// Whether a datagram carries this kind of payload, whatever flags stand beside it.
pub(super) fn is_payload(bytes: &[u8], kind: u8) -> bool {
    bytes.get(..6).is_some_and(|head| head[..4] == RMCP && head[4] == RMCP_PLUS && head[5] & 0x3F == kind)
}

fn payload(bytes: &[u8]) -> Option<&[u8]> {
    let length = u16::from_le_bytes(bytes.get(14..16)?.try_into().ok()?);
    bytes.get(16..16 + usize::from(length))
}

/// The steps before a session stands.
pub(super) struct Handshake {
    login: Login,
    role: u8,
    own_session: [u8; 4],
    own_random: [u8; 16],
    session: [u8; 4],
    random: [u8; 16],
    guid: [u8; 16],
}

impl Handshake {
    pub(super) fn new(login: &Login, level: Level, random: [u8; 20]) -> Result<Self, Error> {
        if login.username.len() > 16 || login.password.len() > 20 {
            return Err(Error::Authentication("IPMI takes names of 16 and passwords of 20 bytes at most"));
        }
        let (mut own_session, mut own_random) = ([0; 4], [0; 16]);
        own_session.copy_from_slice(&random[..4]);
        own_random.copy_from_slice(&random[4..]);
        // Zero is no session.
        own_session[0] |= 1;
        let (login, role) = (login.clone(), BY_NAME | level as u8);
        Ok(Self { login, role, own_session, own_random, session: [0; 4], random: [0; 16], guid: [0; 16] })
    }

    pub(super) fn open_session(&self) -> Vec<u8> {
        let (auth, integrity) = match self.login.suite {
            CipherSuite::Three => (1, 1),
            CipherSuite::Seventeen => (3, 4),
        };
        let algorithm = |kind: u8, number: u8| [kind, 0, 0, 8, number, 0, 0, 0];
        let wanted = [algorithm(0, auth), algorithm(1, integrity), algorithm(2, 1)].concat();
        plain(0x10, &[&[0; 4][..], &self.own_session, &wanted].concat())
    }

    pub(super) fn session_opened(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let answer = self.checked(bytes, 4)?;
        let id = answer.get(8..12).ok_or(Error::Malformed("the answer to a session request is longer"))?;
        self.session.copy_from_slice(id);
        Ok(())
    }

    /// The payload of an answer that is for us and says yes. `at`: where our session stands in it.
    fn checked<'a>(&self, bytes: &'a [u8], at: usize) -> Result<&'a [u8], Error> {
        let answer = payload(bytes).ok_or(Error::Malformed("an answer without payload"))?;
        match answer.get(1) {
            Some(0) => {}
            Some(0x0D) => return Err(Error::Authentication("the management controller does not know the user")),
            Some(0x09 | 0x0A) => return Err(Error::Authentication("the user may not open such a session")),
            Some(0x0F) => return Err(Error::Authentication("the password is wrong")),
            Some(code) => return Err(Error::Session(*code)),
            None => return Err(Error::Malformed("an answer without a status")),
        }
        if answer.get(at..at + 4) != Some(&self.own_session[..]) {
            return Err(Error::Malformed("the answer is for another session"));
        }
        Ok(answer)
    }

    fn role_and_name(&self) -> Vec<u8> {
        let name = self.login.username.as_bytes();
        [&[self.role, u8::try_from(name.len()).unwrap_or(0)][..], name].concat()
    }

    pub(super) fn rakp1(&self) -> Vec<u8> {
        let name = self.login.username.as_bytes();
        let length = u8::try_from(name.len()).unwrap_or(0);
        plain(0x12, &[&[0; 4][..], &self.session, &self.own_random, &[self.role, 0, 0, length], name].concat())
    }

    /// Takes the controller's challenge, if it proves that it knows the password.
    pub(super) fn challenged(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let answer = self.checked(bytes, 4)?;
        let short = Error::Malformed("the controller's challenge is longer");
        let (Some(random), Some(guid), Some(proof)) = (answer.get(8..24), answer.get(24..40), answer.get(40..)) else { return Err(short) };
        self.random.copy_from_slice(random);
        self.guid.copy_from_slice(guid);
        let said = [&self.own_session[..], &self.session, &self.own_random, &self.random, &self.guid, &self.role_and_name()].concat();
        let wanted = mac(self.login.suite, self.login.password.as_bytes(), &[&said]);
        if same(&wanted, proof) { Ok(()) } else { Err(Error::Authentication("the password is wrong")) }
    }

    pub(super) fn rakp3(&self) -> Vec<u8> {
        let said = [&self.random[..], &self.own_session, &self.role_and_name()].concat();
        let proof = mac(self.login.suite, self.login.password.as_bytes(), &[&said]);
        plain(0x14, &[&[0; 4][..], &self.session, &proof].concat())
    }

    /// The keys of the session, if the controller has the same.
    pub(super) fn agreed(&self, bytes: &[u8]) -> Result<Keys, Error> {
        let answer = self.checked(bytes, 4)?;
        let suite = self.login.suite;
        let shared = mac(suite, self.login.password.as_bytes(), &[&self.own_random, &self.random, &self.role_and_name()]);
        let keys = Keys::new(suite, &shared, self.session, self.own_session);
        let mut wanted = mac(suite, &shared, &[&self.own_random, &self.session, &self.guid]);
        wanted.truncate(keys.signature_len());
        if same(&wanted, answer.get(8..).unwrap_or_default()) { Ok(keys) } else { Err(Error::Authentication("the session's keys differ")) }
    }
}

/// What seals and opens the messages of a session.
pub(super) struct Keys {
    suite: CipherSuite,
    integrity: Vec<u8>,
    cipher: Aes128,
    session: [u8; 4],
    own_session: [u8; 4],
}

impl Keys {
    fn new(suite: CipherSuite, shared: &[u8], session: [u8; 4], own_session: [u8; 4]) -> Self {
        let secret = mac(suite, shared, &[&[2; 20]]);
        let cipher = Aes128::new_from_slice(secret.get(..16).expect(LONG_ENOUGH)).expect(LONG_ENOUGH);
        Self { suite, integrity: mac(suite, shared, &[&[1; 20]]), cipher, session, own_session }
    }

    pub(super) fn managed_session(&self) -> u32 {
        u32::from_le_bytes(self.session)
    }

    fn signature_len(&self) -> usize {
        if self.suite == CipherSuite::Three { 12 } else { 16 }
    }

    fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        let mut signature = mac(self.suite, &self.integrity, &[bytes]);
        signature.truncate(self.signature_len());
        signature
    }

    /// Encrypts and signs a message.
    pub(super) fn seal(&self, sequence: u32, message: &[u8]) -> Vec<u8> {
        // The vector need only be different each time: signed number of the packet, encrypted.
        let mut vector = Block::<Aes128>::default();
        vector[..8].copy_from_slice(&[self.own_session, sequence.to_le_bytes()].concat());
        self.cipher.encrypt_block(&mut vector);
        let encrypted = self.encrypt(&vector, message);
        let length = u16::try_from(encrypted.len()).unwrap_or(u16::MAX).to_le_bytes();
        let mut signed = [&[RMCP_PLUS, ENCRYPTED_AND_SIGNED][..], &self.session, &sequence.to_le_bytes(), &length, &encrypted].concat();
        let padding = (4 - (signed.len() + 2) % 4) % 4;
        signed.extend(std::iter::repeat_n(0xFF, padding));
        signed.extend([u8::try_from(padding).unwrap_or(0), 0x07]);
        let signature = self.sign(&signed);
        [&RMCP[..], &signed, &signature].concat()
    }

    fn encrypt(&self, vector: &Block<Aes128>, message: &[u8]) -> Vec<u8> {
        let mut data = message.to_vec();
        let padding = (16 - (data.len() + 1) % 16) % 16;
        data.extend((1..=padding).map(|n| u8::try_from(n).unwrap_or(0)));
        data.push(u8::try_from(padding).unwrap_or(0));
        let mut out = vector.to_vec();
        let mut previous = *vector;
        for chunk in data.chunks_exact(16) {
            previous.iter_mut().zip(chunk).for_each(|(byte, plain)| *byte ^= plain);
            self.cipher.encrypt_block(&mut previous);
            out.extend_from_slice(&previous);
        }
        out
    }

    /// The message in a datagram that is signed for this session.
    pub(super) fn open(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let signed_len = bytes.len().checked_sub(RMCP.len() + self.signature_len())?;
        let (signed, signature) = bytes.strip_prefix(&RMCP)?.split_at_checked(signed_len)?;
        let for_us = signed.get(..6)? == [&[RMCP_PLUS, ENCRYPTED_AND_SIGNED][..], &self.own_session].concat();
        if !for_us || !same(&self.sign(signed), signature) {
            return None;
        }
        let length = u16::from_le_bytes(signed.get(10..HEADER)?.try_into().ok()?);
        let (vector, encrypted) = signed.get(HEADER..HEADER + usize::from(length))?.split_at_checked(16)?;
        if !encrypted.len().is_multiple_of(16) {
            return None;
        }
        let mut out = Vec::with_capacity(encrypted.len());
        for (before, chunk) in std::iter::once(vector).chain(encrypted.chunks_exact(16)).zip(encrypted.chunks_exact(16)) {
            let mut block = Block::<Aes128>::default();
            block.copy_from_slice(chunk);
            self.cipher.decrypt_block(&mut block);
            out.extend(block.iter().zip(before).map(|(byte, other)| byte ^ other));
        }
        let padding = usize::from(out.pop()?);
        out.truncate(out.len().checked_sub(padding)?);
        Some(out)
    }
}

fn checksum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)).wrapping_neg()
}

/// A request to the controller itself (address 0x20) from a remote console (0x81).
pub(super) fn request(function: u8, command: u8, number: u8, data: &[u8]) -> Vec<u8> {
    let to = [0x20, function << 2];
    let body = [&[0x81, number << 2, command][..], data].concat();
    [&to[..], &[checksum(&to)], &body, &[checksum(&body)]].concat()
}

/// Completion code and data of the response to a request.
pub(super) fn response(message: &[u8], function: u8, command: u8, number: u8) -> Option<Vec<u8>> {
    let (head, rest) = message.split_at_checked(3)?;
    let (body, sum) = rest.split_at_checked(rest.len().checked_sub(1)?)?;
    let fits = head[0] == 0x81
        && head[1] == (function | 1) << 2
        && checksum(&head[..2]) == head[2]
        && sum == [checksum(body)]
        && body.get(1).is_some_and(|n| n >> 2 == number)
        && body.get(2) == Some(&command);
    fits.then(|| body.get(3..).unwrap_or_default().to_vec())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys(suite: CipherSuite, session: [u8; 4], own: [u8; 4]) -> Keys {
        Keys::new(suite, b"a shared secret of both", session, own)
    }

    #[test]
    fn request_has_the_checksums_of_the_standard() {
        // Get Device ID as published in many traces.
        assert_eq!(request(0x06, 0x01, 1, &[]), [0x20, 0x18, 0xC8, 0x81, 0x04, 0x01, 0x7A]);
        assert_eq!(response(&[0x81, 0x1C, 0x63, 0x20, 0x04, 0x01, 0x00, 0xAA, 0x31], 0x06, 0x01, 1), Some(vec![0, 0xAA]));
        assert_eq!(response(&[0x81, 0x1C, 0x63, 0x20, 0x08, 0x01, 0x00, 0xAA, 0x2D], 0x06, 0x01, 1), None, "of another request");
    }

    #[test]
    fn controller_that_does_not_know_the_password_is_refused() {
        let login = Login { username: "admin".to_owned(), password: "secret".to_owned(), suite: CipherSuite::Three };
        let mut handshake = Handshake::new(&login, Level::User, [7; 20]).unwrap();
        let challenge = |proof: &[u8]| plain(0x13, &[&[0; 4][..], &[7, 7, 7, 7], &[9; 32], proof].concat());
        assert!(matches!(handshake.challenged(&challenge(&[0; 20])), Err(Error::Authentication(_))));
        let said = [&[7, 7, 7, 7][..], &[0; 4], &[7; 16], &[9; 32], &[0x12, 5], b"admin"].concat();
        let proof = mac(CipherSuite::Three, b"secret", &[&said]);
        handshake.challenged(&challenge(&proof)).unwrap();
        let unknown = plain(0x13, &[0, 0x0D, 0, 0, 7, 7, 7, 7]);
        assert!(handshake.challenged(&unknown).unwrap_err().to_string().contains("does not know the user"));
        let long = Login { username: "n".repeat(17), ..Login::default() };
        assert!(Handshake::new(&long, Level::User, [0; 20]).is_err());
    }

    proptest! {
        #[test]
        fn sealed_message_is_opened_by_the_other_side_only(message in prop::collection::vec(any::<u8>(), 0..80), sequence in 1_u32.., bent in 0_usize..200) {
            for suite in [CipherSuite::Three, CipherSuite::Seventeen] {
                let sealed = keys(suite, [1, 2, 3, 4], [5, 6, 7, 8]).seal(sequence, &message);
                let other = keys(suite, [5, 6, 7, 8], [1, 2, 3, 4]);
                prop_assert_eq!(other.open(&sealed), Some(message.clone()));
                let mut changed = sealed;
                if let Some(byte) = changed.get_mut(bent) {
                    *byte ^= 1;
                    prop_assert_eq!(other.open(&changed), None);
                }
            }
        }

        #[test]
        fn any_datagram_is_judged_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..120), head in any::<bool>()) {
            let datagram = if head { [&RMCP[..], &bytes].concat() } else { bytes };
            let keys = keys(CipherSuite::Seventeen, [1; 4], [2; 4]);
            drop(keys.open(&datagram));
            drop(response(&datagram, 6, 1, 1));
            let mut handshake = Handshake::new(&Login::default(), Level::User, [3; 20]).unwrap();
            drop((handshake.session_opened(&datagram), handshake.challenged(&datagram)));
            drop(handshake.agreed(&datagram));
        }
    }
}

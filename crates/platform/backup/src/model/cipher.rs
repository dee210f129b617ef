//! Passphrase encryption of an archive: Argon2id gives the key, AES-256-GCM seals pieces of 64 KiB. The number of a
//! piece and whether it is the last are part of its nonce, so pieces cannot be dropped, swapped or cut off.

use std::io::{self, Read, Write};

use argon2::{Algorithm, Argon2, Params, Version};
use argos_kernel::{Rng, Secret};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

/// First bytes of an encrypted archive.
pub(crate) const MAGIC: &[u8; 10] = b"argos-enc1";
const SALT: usize = 16;
const PREFIX: usize = 7;
const HEADER: usize = MAGIC.len() + SALT + PREFIX;
const PIECE: usize = 64 << 10;
const TAG: usize = 16;
const MEMORY_KIB: u32 = 64 << 10;
const PASSES: u32 = 3;

fn bad(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}

fn key(passphrase: &Secret<String>, salt: &[u8]) -> io::Result<LessSafeKey> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, Some(32)).map_err(|e| io::Error::other(e.to_string()))?;
    let mut bytes = [0_u8; 32];
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon.hash_password_into(passphrase.reveal().as_bytes(), salt, &mut bytes).map_err(|e| io::Error::other(e.to_string()))?;
    let key = UnboundKey::new(&AES_256_GCM, &bytes).map_err(|_| io::Error::other("no key"))?;
    Ok(LessSafeKey::new(key))
}

fn nonce(prefix: &[u8], number: u32, last: bool) -> Nonce {
    let mut bytes = [0_u8; 12];
    bytes[..PREFIX].copy_from_slice(prefix);
    bytes[PREFIX..11].copy_from_slice(&number.to_be_bytes());
    bytes[11] = u8::from(last);
    Nonce::assume_unique_for_key(bytes)
}

/// Seals what is written to it. [`Sealer::finish`] must be called.
pub(crate) struct Sealer<W: Write> {
    out: W,
    key: LessSafeKey,
    header: Vec<u8>,
    number: u32,
    piece: Vec<u8>,
}

impl<W: Write> Sealer<W> {
    pub(crate) fn new(mut out: W, passphrase: &Secret<String>, rng: &dyn Rng) -> io::Result<Self> {
        let mut header = MAGIC.to_vec();
        header.extend_from_slice(&rng.bytes::<SALT>());
        header.extend_from_slice(&rng.bytes::<PREFIX>());
        let key = key(passphrase, &header[MAGIC.len()..MAGIC.len() + SALT])?;
        out.write_all(&header)?;
        Ok(Self { out, key, header, number: 0, piece: Vec::with_capacity(PIECE + TAG) })
    }

    fn seal(&mut self, last: bool) -> io::Result<()> {
        let nonce = nonce(&self.header[MAGIC.len() + SALT..], self.number, last);
        self.key.seal_in_place_append_tag(nonce, Aad::from(&self.header), &mut self.piece).map_err(|_| io::Error::other("not sealed"))?;
        self.out.write_all(&self.piece)?;
        self.piece.clear();
        self.number = self.number.checked_add(1).ok_or_else(|| io::Error::other("the archive is too large to encrypt"))?;
        Ok(())
    }

    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.seal(true)?;
        Ok(self.out)
    }
}

impl<W: Write> Write for Sealer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // The last piece is sealed by `finish`: a full one waits until more comes.
        if self.piece.len() == PIECE {
            self.seal(false)?;
        }
        let taken = bytes.len().min(PIECE - self.piece.len());
        self.piece.extend_from_slice(bytes.get(..taken).unwrap_or_default());
        Ok(taken)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Opens what a [`Sealer`] wrote.
pub(crate) struct Opener<R: Read> {
    input: R,
    key: LessSafeKey,
    header: Vec<u8>,
    number: u32,
    /// Sealed bytes read ahead: whether a piece is the last shows only when nothing follows it.
    ahead: Vec<u8>,
    plain: Vec<u8>,
    read: usize,
    ended: bool,
}

impl<R: Read> Opener<R> {
    pub(crate) fn new(mut input: R, passphrase: &Secret<String>) -> io::Result<Self> {
        let mut header = vec![0_u8; HEADER];
        input.read_exact(&mut header).map_err(|_| bad("the encrypted archive is too short"))?;
        if !header.starts_with(MAGIC) {
            return Err(bad("this is no encrypted backup"));
        }
        let key = key(passphrase, &header[MAGIC.len()..MAGIC.len() + SALT])?;
        Ok(Self { input, key, header, number: 0, ahead: Vec::new(), plain: Vec::new(), read: 0, ended: false })
    }

    fn next_piece(&mut self) -> io::Result<()> {
        let wanted = PIECE + TAG + 1;
        let missing = wanted - self.ahead.len();
        (&mut self.input).take(missing as u64).read_to_end(&mut self.ahead)?;
        let last = self.ahead.len() < wanted;
        let rest = if last { Vec::new() } else { self.ahead.split_off(PIECE + TAG) };
        let mut piece = std::mem::replace(&mut self.ahead, rest);
        let nonce = nonce(&self.header[MAGIC.len() + SALT..], self.number, last);
        let opened = self.key.open_in_place(nonce, Aad::from(&self.header), &mut piece);
        let length = opened.map_err(|_| bad("the passphrase is wrong or the archive is damaged"))?.len();
        piece.truncate(length);
        self.plain = piece;
        self.read = 0;
        self.number = self.number.checked_add(1).ok_or_else(|| bad("the encrypted archive is too long"))?;
        self.ended = last;
        Ok(())
    }
}

impl<R: Read> Read for Opener<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.read == self.plain.len() {
            if self.ended {
                return Ok(0);
            }
            self.next_piece()?;
        }
        let rest = self.plain.get(self.read..).unwrap_or_default();
        let count = rest.len().min(out.len());
        out[..count].copy_from_slice(&rest[..count]);
        self.read += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use argos_kernel::SeededRng;
    use proptest::prelude::*;

    use super::*;

    fn pass(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }
    fn seal(plain: &[u8]) -> Vec<u8> {
        let mut sealer = Sealer::new(Vec::new(), &pass("correct horse"), &SeededRng::new(3)).unwrap();
        sealer.write_all(plain).unwrap();
        sealer.finish().unwrap()
    }
    fn open(sealed: &[u8], word: &str) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        Opener::new(sealed, &pass(word))?.read_to_end(&mut out)?;
        Ok(out)
    }

    #[test]
    fn sealed_archive_of_any_length_opens_with_its_passphrase_only() {
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE] {
            let plain: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
            let sealed = seal(&plain);
            assert_eq!(open(&sealed, "correct horse").unwrap(), plain, "{length}");
            assert!(open(&sealed, "wrong horse").is_err());
            assert!(length == 0 || !sealed.windows(plain.len().min(40)).any(|w| w == &plain[..plain.len().min(40)] && plain.len() > 8));
        }
    }

    #[test]
    fn sealed_archive_that_was_cut_swapped_or_changed_does_not_open() {
        let sealed = seal(&vec![7_u8; 2 * PIECE + 10]);
        let piece = PIECE + TAG;
        assert!(open(&sealed[..HEADER + piece], "correct horse").is_err(), "cut at a piece");
        assert!(open(&sealed[..sealed.len() - 1], "correct horse").is_err());
        let mut swapped = sealed[..HEADER].to_vec();
        swapped.extend_from_slice(&sealed[HEADER + piece..HEADER + 2 * piece]);
        swapped.extend_from_slice(&sealed[HEADER..HEADER + piece]);
        swapped.extend_from_slice(&sealed[HEADER + 2 * piece..]);
        assert!(open(&swapped, "correct horse").is_err());
        let mut changed = sealed.clone();
        changed[HEADER + 5] ^= 1;
        assert!(open(&changed, "correct horse").is_err());
        let mut longer = sealed;
        longer.push(0);
        assert!(open(&longer, "correct horse").is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]
        #[test]
        fn any_bytes_open_to_an_error_and_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), magic in any::<bool>()) {
            let mut input = if magic { MAGIC.to_vec() } else { Vec::new() };
            input.extend(bytes);
            prop_assert!(open(&input, "x").is_err());
        }
    }
}

//! The master key: its rules, the key derived from it, and the file it lives in when no environment gives it.
//! The key file is written once with mode 0600; replacing it is staged, so that a crash leaves a usable key.

use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use argos_kernel::{Rng, Secret, hex};

use crate::{VaultError, cipher};

const WEAK_WORDS: [&str; 4] = ["change-me", "default", "secret", "password"];

/// A master key that passed the rules: at least 32 characters and no word of a sample configuration.
#[derive(Clone, PartialEq, Eq)]
pub struct MasterKey(Secret<String>);

impl MasterKey {
    /// Surrounding white space (the newline of a key file) does not belong to the key.
    pub fn parse(text: &str) -> Result<Self, VaultError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(VaultError::WeakMasterKey("it is empty"));
        }
        if text.chars().count() < 32 {
            return Err(VaultError::WeakMasterKey("it is shorter than 32 characters"));
        }
        let lower = text.to_ascii_lowercase();
        if WEAK_WORDS.iter().any(|w| lower.contains(w)) {
            return Err(VaultError::WeakMasterKey("it contains change-me, default, secret or password"));
        }
        Ok(Self(Secret::new(text.to_owned())))
    }

    /// 64 random hexadecimal characters.
    pub fn generate(rng: &dyn Rng) -> Self {
        Self(Secret::new(hex(&rng.bytes::<32>())))
    }

    /// The key-encryption key: HKDF-SHA256 over the ASCII bytes (nodes spec E.9).
    pub(crate) fn kek(&self) -> Secret<[u8; 32]> {
        cipher::hkdf(b"argos-master-key-v1", self.0.reveal().as_bytes(), b"aes-256-gcm-encryption")
    }

    /// The 32 bytes a 64-hex master key spells; the key of `argos1:` blobs.
    pub(crate) fn raw(&self) -> Option<Secret<[u8; 32]>> {
        let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(self.0.reveal().as_bytes()).ok()?;
        bytes.try_into().ok().map(Secret::new)
    }

    /// A short name of the key that reveals nothing about it: backups carry it to recognise their key.
    pub fn fingerprint(&self) -> String {
        let print = cipher::hkdf(b"argos-master-key-v1", self.0.reveal().as_bytes(), b"fingerprint");
        hex(&print.reveal()[..8])
    }

    /// The key's text, for the one who writes it down (`argos master-key rotate`).
    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }
}

/// `<data-dir>/master.key`, with `master.key.next` beside it while a rotation is under way.
#[derive(Clone, Debug)]
pub struct KeyFile {
    path: PathBuf,
    next: PathBuf,
}

impl KeyFile {
    pub fn in_dir(data_dir: &Path) -> Self {
        Self { path: data_dir.join("master.key"), next: data_dir.join("master.key.next") }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether there is a key, current or staged.
    pub fn exists(&self) -> bool {
        self.path.exists() || self.next.exists()
    }

    /// Reads the key, or makes one. The flag is true when the file was created just now.
    pub fn read_or_create(&self, rng: &dyn Rng) -> Result<(MasterKey, bool), VaultError> {
        if let Some(key) = self.read(&self.path)? {
            return Ok((key, false));
        }
        let key = MasterKey::generate(rng);
        match write_new(&self.path, &key) {
            Ok(()) => {}
            // Another process of the same installation was faster; its key counts.
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {
                return self.read(&self.path)?.map(|k| (k, false)).ok_or(VaultError::WrongMasterKey);
            }
            Err(cause) => return Err(VaultError::KeyFile { path: self.path.clone(), cause }),
        }
        tracing::warn!(path = %self.path.display(), "a master key was created; back it up: without it no stored secret can be read");
        Ok((key, true))
    }

    /// The key of an unfinished rotation.
    pub fn staged(&self) -> Result<Option<MasterKey>, VaultError> {
        self.read(&self.next)
    }

    /// Writes the next key beside the current one, before the store is re-wrapped.
    pub fn stage(&self, key: &MasterKey) -> Result<(), VaultError> {
        let failed = |cause| VaultError::KeyFile { path: self.next.clone(), cause };
        match std::fs::remove_file(&self.next) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(failed(e)),
            _ => write_new(&self.next, key).map_err(failed),
        }
    }

    /// Makes the staged key the current one, after the store is re-wrapped.
    pub fn promote(&self) -> Result<(), VaultError> {
        std::fs::rename(&self.next, &self.path).map_err(|cause| VaultError::KeyFile { path: self.next.clone(), cause })
    }

    pub(crate) fn current(&self) -> Result<Option<MasterKey>, VaultError> {
        self.read(&self.path)
    }

    fn read(&self, path: &Path) -> Result<Option<MasterKey>, VaultError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(VaultError::KeyFile { path: path.to_owned(), cause }),
        };
        if let Ok(meta) = std::fs::metadata(path)
            && meta.permissions().mode() & 0o077 != 0
        {
            tracing::warn!(path = %path.display(), "the master key file can be read by others; set its mode to 0600");
        }
        MasterKey::parse(&text).map(Some)
    }
}

fn write_new(path: &Path, key: &MasterKey) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(key.reveal().as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use argos_kernel::SeededRng;

    #[test]
    fn kek_matches_the_documented_vector() {
        let key = MasterKey::parse(&"0123456789abcdef".repeat(4)).unwrap();
        assert_eq!(hex(key.kek().reveal()), "627d6fa5c0040ba5cc3538ce636d2c63d6b09189bdf425f1e9917893da39a318");
    }

    #[test]
    fn master_keys_that_break_a_rule_are_refused() {
        for weak in ["", "   \n", "short", &"a".repeat(31)] {
            assert!(MasterKey::parse(weak).is_err(), "{weak:?}");
        }
        for word in WEAK_WORDS {
            let text = format!("{}{}{}", "x".repeat(20), word.to_uppercase(), "y".repeat(20));
            assert!(MasterKey::parse(&text).is_err(), "{text}");
        }
        assert!(MasterKey::parse(&format!("{}\n", "a".repeat(32))).is_ok());
    }

    #[test]
    fn key_file_is_created_once_with_mode_0600_and_survives_a_rotation() {
        let dir = tempfile::tempdir().unwrap();
        let file = KeyFile::in_dir(dir.path());
        let rng = SeededRng::new(1);
        let (first, created) = file.read_or_create(&rng).unwrap();
        assert!(created);
        assert_eq!(std::fs::metadata(file.path()).unwrap().permissions().mode() & 0o777, 0o600);
        let (again, created) = file.read_or_create(&rng).unwrap();
        assert!(!created && again == first);
        let next = MasterKey::generate(&rng);
        file.stage(&next).unwrap();
        assert!(file.staged().unwrap() == Some(next.clone()));
        file.promote().unwrap();
        assert!(file.staged().unwrap().is_none());
        assert!(file.read_or_create(&rng).unwrap().0 == next);
        assert_ne!(first.fingerprint(), next.fingerprint());
    }
}

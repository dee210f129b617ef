//! The vault itself: the data keys in memory, and sealing and opening with them.
//!
//! A blob is `v1:<kid>:` + base64(nonce || ciphertext || tag), AES-256-GCM, bound by its AAD to the column and row it
//! belongs to. Another process may add a data key (`argos vault rekey`); [`Vault::start`] notices within two seconds.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use argos_kernel::{Clock, Result, Rng, Secret, Tasks, hex};
use argos_store::{Database, StoreError, Tx, args};
use ring::aead::LessSafeKey;
use tokio::sync::watch;

use crate::{KeyFile, MasterKey, Redactor, VaultError, cipher, store};

/// How often the data keys are compared with the store.
const REFRESH: Duration = Duration::from_secs(2);

/// More columns than hold secrets.
const PLACES_MAX: usize = 100;

/// The data keys as last read. Replaced as a whole, never changed in place.
struct Keys {
    active: String,
    by_kid: HashMap<String, Arc<LessSafeKey>>,
    root: Secret<[u8; 32]>,
}

struct Inner {
    db: Database,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    kek: RwLock<Secret<[u8; 32]>>,
    /// Names the master key in force ([`MasterKey::fingerprint`]).
    fingerprint: RwLock<String>,
    key_file: Option<KeyFile>,
    keys: RwLock<Arc<Keys>>,
    /// Held while the keys are read again: a slow reader must not put back what was in force before a faster one.
    refreshing: tokio::sync::Mutex<()>,
    failures: AtomicU64,
    /// `<table>.<column>` of what could not be opened since the start; at most [`PLACES_MAX`].
    unreadable: watch::Sender<BTreeSet<String>>,
    redactor: Redactor,
}

/// Seals and opens secrets. Clones share the keys.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

/// One row of `vault_keys`.
pub(crate) struct KeyRow {
    pub(crate) kid: String,
    pub(crate) wrapped: String,
    pub(crate) state: String,
}

impl Vault {
    /// Opens with a master key given by the environment. Makes the first data key of an empty store.
    pub async fn unlock(db: &Database, master: &MasterKey, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> Result<Self, VaultError> {
        Self::unlock_with(db, master, None, clock, rng).await
    }

    /// Opens with the key file, creating it when absent, and finishes a rotation that a crash interrupted.
    pub async fn unlock_from_file(db: &Database, file: &KeyFile, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> Result<Self, VaultError> {
        // A new key could open nothing of an existing vault: a lost file is refused, not replaced.
        if !file.exists() && !list(db).await?.is_empty() {
            return Err(VaultError::WrongMasterKey);
        }
        let (master, _) = file.read_or_create(&*rng)?;
        let opened = Self::unlock_with(db, &master, Some(file.clone()), Arc::clone(&clock), Arc::clone(&rng)).await;
        let (Err(VaultError::WrongMasterKey), Some(staged)) = (&opened, file.staged()?) else {
            return opened;
        };
        let vault = Self::unlock_with(db, &staged, Some(file.clone()), clock, rng).await?;
        file.promote()?;
        tracing::warn!("an interrupted master key rotation was finished");
        Ok(vault)
    }

    async fn unlock_with(
        db: &Database,
        master: &MasterKey,
        key_file: Option<KeyFile>,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
    ) -> Result<Self, VaultError> {
        let kek = master.kek();
        let mut rows = list(db).await?;
        for state in ["active", "signing"] {
            if !rows.iter().any(|r| r.state == state) {
                // An existing key proves the master key before another one is wrapped with it.
                if let Some(known) = rows.first() {
                    unwrap(&kek, known)?;
                }
                create_key(db, &kek, state, &*clock, &*rng).await?;
                rows = list(db).await?;
            }
        }
        let keys = read_keys(&kek, &rows, None)?;
        Ok(Self(Arc::new(Inner {
            db: db.clone(),
            clock,
            rng,
            kek: RwLock::new(kek),
            fingerprint: RwLock::new(master.fingerprint()),
            key_file,
            keys: RwLock::new(Arc::new(keys)),
            refreshing: tokio::sync::Mutex::new(()),
            failures: AtomicU64::new(0),
            unreadable: watch::Sender::new(BTreeSet::new()),
            redactor: Redactor::new(),
        })))
    }

    /// Seals `plain` for the place `aad` = `<table>.<column>:<uid>`.
    pub fn seal(&self, aad: &str, plain: &[u8]) -> Result<String> {
        let keys = self.keys();
        let key = keys.by_kid.get(&keys.active).ok_or_else(|| VaultError::UnknownKey(keys.active.clone()))?;
        let blob = cipher::seal(key, &*self.0.rng, aad.as_bytes(), plain);
        Ok(format!("v1:{}:{}", keys.active, data_encoding::BASE64.encode(&blob)))
    }

    /// Opens a blob at the place it was sealed for. A blob that cannot be opened is a 503 `secret_unreadable`.
    pub fn open_blob(&self, aad: &str, blob: &str) -> Result<Secret<Vec<u8>>, VaultError> {
        let opened = self.try_open(aad, blob);
        if let Err(error) = &opened {
            self.0.failures.fetch_add(1, Ordering::Relaxed);
            tracing::error!(place = aad, %error, "stored secret cannot be read");
            let place = aad.split(':').next().unwrap_or(aad);
            self.0.unreadable.send_if_modified(|all| all.len() < PLACES_MAX && all.insert(place.to_owned()));
        }
        opened
    }

    /// Where secrets were that could not be opened since the start, as `<table>.<column>`, and when that changes.
    pub fn unreadable(&self) -> watch::Receiver<BTreeSet<String>> {
        self.0.unreadable.subscribe()
    }

    /// Opens a blob that came from outside, maybe from another installation: that it cannot be read is no fault here.
    pub fn try_open(&self, aad: &str, blob: &str) -> Result<Secret<Vec<u8>>, VaultError> {
        let (kid, body) = split(blob)?;
        let body = data_encoding::BASE64.decode(body.as_bytes()).map_err(|_| VaultError::Malformed)?;
        let keys = self.keys();
        let key = keys.by_kid.get(kid).ok_or_else(|| VaultError::UnknownKey(kid.to_owned()))?;
        cipher::open(key, aad.as_bytes(), &body)
    }

    /// [`Vault::open_blob`] with the error every route shows.
    pub fn open(&self, aad: &str, blob: &str) -> Result<Secret<Vec<u8>>> {
        Ok(self.open_blob(aad, blob)?)
    }

    /// Like [`Vault::open`], for text.
    pub fn open_text(&self, aad: &str, blob: &str) -> Result<Secret<String>> {
        let bytes = self.open_blob(aad, blob)?.into_inner();
        Ok(Secret::new(String::from_utf8(bytes).map_err(|_| VaultError::Unreadable)?))
    }

    /// The blob sealed again with the active key, or `None` when it is already.
    pub fn reseal(&self, aad: &str, blob: &str) -> Result<Option<String>> {
        let (kid, _) = split(blob)?;
        if kid == self.keys().active {
            return Ok(None);
        }
        self.seal(aad, self.open_blob(aad, blob)?.reveal()).map(Some)
    }

    /// A signing key for one purpose (`session`, `csrf`, `jwt`, `ws`, `hook`, `media`), the same on every replica
    /// and after every rotation of the master key or the data keys.
    pub fn derive(&self, purpose: &str) -> Secret<[u8; 32]> {
        cipher::hkdf(b"argos-derived-key-v1", self.keys().root.reveal(), purpose.as_bytes())
    }

    /// A short name of the master key in force that reveals nothing about it.
    pub fn fingerprint(&self) -> String {
        self.0.fingerprint.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// [`Vault::derive`] over the keys of another store, e.g. an unpacked backup. `WrongMasterKey` when the master key
    /// in force does not open them.
    pub async fn derive_of(&self, other: &Database, purpose: &str) -> Result<Secret<[u8; 32]>, VaultError> {
        let kek = self.0.kek.read().unwrap_or_else(PoisonError::into_inner).clone();
        let keys = read_keys(&kek, &list(other).await?, None)?;
        Ok(cipher::hkdf(b"argos-derived-key-v1", keys.root.reveal(), purpose.as_bytes()))
    }

    /// Wraps the keys of another store, made under the master key `old`, with the one in force. The number of keys.
    pub async fn adopt(&self, other: &Database, old: &MasterKey) -> Result<u64, VaultError> {
        let (old, new) = (old.kek(), self.0.kek.read().unwrap_or_else(PoisonError::into_inner).clone());
        let mut tx = other.begin().await?;
        let mut count = 0;
        for row in list_in(&mut tx).await? {
            let key = unwrap(&old, &row)?;
            count += tx.exec(store::REWRAP, args![wrap(&new, &*self.0.rng, &row.kid, key.reveal()), &row.kid]).await?;
        }
        tx.commit().await?;
        Ok(count)
    }

    /// Names the installation a store belongs to: its signing key stays the same for life. `None` before the first start.
    pub async fn installation_of(store: &Database) -> Result<Option<String>, VaultError> {
        Ok(list(store).await?.into_iter().find(|r| r.state == "signing").map(|r| r.kid))
    }

    /// Forgets the keys of another store: what they sealed is lost. For backups whose master key is lost.
    pub async fn discard_keys_of(other: &Database) -> Result<u64, VaultError> {
        Ok(other.exec(store::FORGET_ALL, args![]).await?)
    }

    /// The redactor all writers of records share.
    pub fn redactor(&self) -> &Redactor {
        &self.0.redactor
    }

    /// Blobs that could not be opened since start.
    pub fn failures(&self) -> u64 {
        self.0.failures.load(Ordering::Relaxed)
    }

    /// The id of the key that seals now.
    pub fn active_kid(&self) -> String {
        self.keys().active.clone()
    }

    /// Keeps the data keys in step with what other processes do to them.
    pub fn start(&self, tasks: &Tasks) {
        let vault = self.clone();
        tasks.supervise("vault.refresh", move |stop| {
            let vault = vault.clone();
            async move {
                while stop.sleep(REFRESH).await {
                    vault.refresh().await?;
                }
                Ok(())
            }
        });
    }

    /// Reads the data keys again; keys already known need no unwrapping.
    pub async fn refresh(&self) -> Result<(), VaultError> {
        let _alone = self.0.refreshing.lock().await;
        let rows = list(&self.0.db).await?;
        let before = self.keys();
        let kek = self.0.kek.read().unwrap_or_else(PoisonError::into_inner).clone();
        let keys = match read_keys(&kek, &rows, Some(&before)) {
            // The key file may have been replaced by a rotation beside this process.
            Err(VaultError::WrongMasterKey) => {
                let newer = self.0.key_file.as_ref().map(KeyFile::current).transpose()?.flatten();
                let newer = newer.ok_or(VaultError::WrongMasterKey)?;
                let kek = newer.kek();
                let keys = read_keys(&kek, &rows, Some(&before))?;
                *self.0.kek.write().unwrap_or_else(PoisonError::into_inner) = kek;
                *self.0.fingerprint.write().unwrap_or_else(PoisonError::into_inner) = newer.fingerprint();
                keys
            }
            other => other?,
        };
        *self.0.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
        Ok(())
    }

    /// Adds the data key that will seal next, so that every process can open with it before one seals with it. Nothing
    /// happens while a generation is under way: a next key waits, or values of a retired one are left.
    pub(crate) async fn begin_generation(&self) -> Result<(), VaultError> {
        let kek = self.0.kek.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut tx = self.0.db.begin().await?;
        if list_in(&mut tx).await?.iter().all(|r| r.state != "next" && r.state != "retired") {
            let kid = hex(&self.0.rng.bytes::<4>());
            let key = Secret::new(self.0.rng.bytes::<32>());
            let wrapped = wrap(&kek, &*self.0.rng, &kid, key.reveal());
            tx.exec(store::INSERT, args![kid, wrapped, "next", self.0.clock.now()]).await?;
            tx.commit().await?;
        }
        self.refresh().await
    }

    /// Keys that seal no more and may still be needed to open.
    pub async fn retired_kids(&self) -> Result<Vec<String>, VaultError> {
        Ok(list(&self.0.db).await?.into_iter().filter(|r| r.state == "retired").map(|r| r.kid).collect())
    }

    /// `<table>.<column>` (count) of every place in the store that holds a value of a key.
    pub(crate) async fn values_sealed_with(&self, kid: &str) -> Result<Vec<String>, VaultError> {
        let found = self.0.db.columns_holding(&format!("v1:{kid}:")).await?;
        Ok(found.into_iter().map(|h| format!("{}.{} ({})", h.table, h.column, h.values)).collect())
    }

    /// Retires the active key and activates the next one.
    pub(crate) async fn activate_next(&self) -> Result<(), VaultError> {
        let mut tx = self.0.db.begin().await?;
        let rows = list_in(&mut tx).await?;
        if let Some(next) = rows.iter().find(|r| r.state == "next") {
            tx.exec(store::RETIRE_ACTIVE, args![]).await?;
            tx.exec(store::SET_STATE, args!["active", &next.kid]).await?;
            tx.commit().await?;
        }
        self.refresh().await
    }

    /// Deletes these retired keys; only after everything is sealed with the active one, which has to be `active` still.
    pub(crate) async fn forget_retired(&self, active: &str, retired: &[String]) -> Result<u64, VaultError> {
        let mut tx = self.0.db.begin().await?;
        let mut gone = 0;
        if list_in(&mut tx).await?.iter().any(|r| r.state == "active" && r.kid == active) {
            for kid in retired {
                gone += tx.exec(store::FORGET, args![kid.as_str()]).await?;
            }
            tx.commit().await?;
        }
        self.refresh().await?;
        Ok(gone)
    }

    fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.0.keys.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// `v1:<kid>:<base64>`
fn split(blob: &str) -> Result<(&str, &str), VaultError> {
    blob.strip_prefix("v1:").and_then(|rest| rest.split_once(':')).ok_or(VaultError::Malformed)
}

fn wrap_aad(kid: &str) -> String {
    format!("vault_keys.wrapped:{kid}")
}

pub(crate) fn wrap(kek: &Secret<[u8; 32]>, rng: &dyn Rng, kid: &str, key: &[u8]) -> String {
    data_encoding::BASE64.encode(&cipher::seal(&cipher::aead_key(kek), rng, wrap_aad(kid).as_bytes(), key))
}

/// The data key of a row. Any failure means another master key: rows are never written otherwise.
pub(crate) fn unwrap(kek: &Secret<[u8; 32]>, row: &KeyRow) -> Result<Secret<[u8; 32]>, VaultError> {
    let wrapped = data_encoding::BASE64.decode(row.wrapped.as_bytes()).map_err(|_| VaultError::Malformed)?;
    let key = cipher::open(&cipher::aead_key(kek), wrap_aad(&row.kid).as_bytes(), &wrapped).map_err(|_| VaultError::WrongMasterKey)?;
    key.into_inner().try_into().map(Secret::new).map_err(|_| VaultError::Malformed)
}

async fn create_key(db: &Database, kek: &Secret<[u8; 32]>, state: &str, clock: &dyn Clock, rng: &dyn Rng) -> Result<(), VaultError> {
    let kid = hex(&rng.bytes::<4>());
    let key = Secret::new(rng.bytes::<32>());
    let wrapped = wrap(kek, rng, &kid, key.reveal());
    match db.exec(store::INSERT, args![kid, wrapped, state, clock.now()]).await {
        // Another replica made the same step first; its key counts.
        Err(StoreError::Unique(_)) => Ok(()),
        other => other.map(drop).map_err(VaultError::from),
    }
}

fn read_keys(kek: &Secret<[u8; 32]>, rows: &[KeyRow], known: Option<&Keys>) -> Result<Keys, VaultError> {
    let (mut active, mut root) = (None, known.map(|k| k.root.clone()));
    let mut by_kid = HashMap::new();
    for row in rows {
        if row.state == "signing" {
            if root.is_none() {
                root = Some(unwrap(kek, row)?);
            }
            continue;
        }
        let key = match known.and_then(|k| k.by_kid.get(&row.kid)) {
            Some(key) => Arc::clone(key),
            None => Arc::new(cipher::aead_key(&unwrap(kek, row)?)),
        };
        by_kid.insert(row.kid.clone(), key);
        if row.state == "active" {
            active = Some(row.kid.clone());
        }
    }
    match (active, root) {
        (Some(active), Some(root)) => Ok(Keys { active, by_kid, root }),
        _ => Err(VaultError::UnknownKey("active".to_owned())),
    }
}

async fn list(db: &Database) -> Result<Vec<KeyRow>, VaultError> {
    let rows = db.query(store::LIST, args![]).await?;
    rows.iter().map(key_row).collect()
}

pub(crate) async fn list_in(tx: &mut Tx) -> Result<Vec<KeyRow>, VaultError> {
    let rows = tx.query(store::LIST, args![]).await?;
    rows.iter().map(key_row).collect()
}

fn key_row(row: &argos_store::Row) -> Result<KeyRow, VaultError> {
    Ok(KeyRow { kid: row.get(0)?, wrapped: row.get(1)?, state: row.get(2)? })
}

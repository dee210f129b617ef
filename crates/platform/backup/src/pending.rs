//! A staged restore between two starts. The flag file `.restore_pending` names the prepared databases; the next start
//! swaps them in before it opens the store, and keeps what was there. Every step can be cut off and repeated: kill -9
//! at any moment leaves either the old store or the new one, and the next start finishes.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use argos_kernel::Timestamp;
use argos_store::{Migration, Part, Store, StoreError, transfer};
use argos_vault::Vault;
use serde::{Deserialize, Serialize};

use crate::file_set::swap_folder;
use crate::model::archive::create_private;
use crate::model::metadata::{STATE_FILE, TELEMETRY_FILE};

/// Prefix of the directory with the prepared databases.
pub(crate) const PAYLOAD: &str = ".restore-";
const FLAG: &str = ".restore_pending";
const REPORT: &str = ".restore_report";

/// The content of the flag file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// Directory of the prepared databases.
    pub path: String,
    /// File name of the archive.
    pub backup: String,
    pub staged_at: String,
    pub staged_by: String,
    pub parts: Vec<String>,
    /// Stem of the name under which the replaced files are kept.
    pub kept_as: String,
    /// Files are being moved: one that is missing in `path` is in place already.
    #[serde(default)]
    pub moving: bool,
    #[serde(default)]
    pub without_secrets: bool,
    /// Folders of other parts that the payload puts back.
    #[serde(default)]
    pub folders: Vec<Folder>,
}

/// A folder beside the databases: its name in the payload and its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folder {
    pub name: String,
    pub dir: String,
}

/// What the start that applied it tells the server it becomes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub pending: Pending,
    /// Sessions and keys revoked since the backup, revoked again.
    pub revoked: u64,
    /// Why the restore was given up; the old store was kept.
    pub fault: Option<String>,
}

/// The store a restore goes to.
pub enum Target<'a> {
    /// The directory of `argos.db`.
    Sqlite(&'a Path),
    /// An open store; its rows are replaced in one transaction.
    Postgres(&'a Store),
}

pub fn is_pending(data_dir: &Path) -> bool {
    data_dir.join(FLAG).exists()
}

pub(crate) fn write(data_dir: &Path, pending: &Pending) -> io::Result<()> {
    write_durably(data_dir, FLAG, &serde_json::to_vec_pretty(pending)?)
}

fn write_durably(dir: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let partial = dir.join(format!("{name}.partial"));
    let mut file = create_private(&partial)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&partial, dir.join(name))?;
    fs::File::open(dir)?.sync_all()
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Reads the report of an applied restore; it stays until it is forgotten.
pub(crate) fn take_report(data_dir: &Path) -> io::Result<Option<Report>> {
    match fs::read(data_dir.join(REPORT)) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

pub(crate) fn forget_report(data_dir: &Path) -> io::Result<()> {
    remove(&data_dir.join(REPORT))
}

/// Applies a staged restore; call it under the lock of the data directory, before the store is opened for use. A
/// payload that cannot be used clears the flag: the old data stays. An error means that the start must not go on.
pub async fn apply(data_dir: &Path, target: Target<'_>, migrations: &[Migration], now: Timestamp) -> io::Result<Option<Report>> {
    let bytes = match fs::read(data_dir.join(FLAG)) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            sweep(data_dir)?;
            return Ok(None);
        }
        Err(e) => return Err(e),
    };
    let Ok(pending) = serde_json::from_slice::<Pending>(&bytes) else {
        tracing::error!("the flag of a staged restore cannot be read; the restore is given up");
        remove(&data_dir.join(FLAG))?;
        sweep(data_dir)?;
        return Ok(None);
    };
    let outcome = match target {
        Target::Sqlite(dir) => swap_files(data_dir, dir, &pending, now).await,
        Target::Postgres(store) => replace_rows(data_dir, store, &pending, migrations, now).await,
    };
    if outcome.is_ok() {
        for folder in &pending.folders {
            let (new, live) = (Path::new(&pending.path).join(&folder.name), Path::new(&folder.dir));
            swap_folder(&new, live, &data_dir.join(format!("{}-{}", pending.kept_as, folder.name)))?;
        }
    }
    let report = match outcome {
        Ok(revoked) => Report { pending, revoked, fault: None },
        Err(Fault::Payload(fault)) => {
            tracing::error!(fault, "the staged restore cannot be used; the old data stays");
            Report { pending, revoked: 0, fault: Some(fault) }
        }
        Err(Fault::Io(e)) => return Err(e),
    };
    write_durably(data_dir, REPORT, &serde_json::to_vec_pretty(&report)?)?;
    remove(&data_dir.join(FLAG))?;
    fs::File::open(data_dir)?.sync_all()?;
    sweep(data_dir)?;
    Ok(Some(report))
}

enum Fault {
    /// The prepared databases are no good.
    Payload(String),
    /// The file system or the server failed: try again at the next start.
    Io(io::Error),
}

impl From<io::Error> for Fault {
    fn from(e: io::Error) -> Self {
        Self::Io(e)
    }
}

fn payload(e: StoreError) -> Fault {
    match e {
        StoreError::Full | StoreError::ReadOnly => Fault::Io(io::Error::other(e.to_string())),
        other => Fault::Payload(other.to_string()),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "called from map_err")]
fn server(e: StoreError) -> Fault {
    Fault::Io(io::Error::other(e.to_string()))
}

/// Removes payloads that no flag names any more.
fn sweep(data_dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(data_dir)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(PAYLOAD) && entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

async fn open_payload(pending: &Pending) -> Result<Store, Fault> {
    let dir = PathBuf::from(&pending.path);
    if !dir.join(STATE_FILE).is_file() {
        return Err(Fault::Payload("the prepared database is missing".to_owned()));
    }
    Store::open_sqlite(&dir).await.map_err(payload)
}

async fn swap_files(data_dir: &Path, dir: &Path, pending: &Pending, now: Timestamp) -> Result<u64, Fault> {
    let mut revoked = 0;
    if !pending.moving {
        let prepared = open_payload(pending).await?;
        if dir.join(STATE_FILE).is_file() {
            // A live store that cannot be read has nothing to carry over: it may be the reason for the restore.
            match Store::open_sqlite(dir).await {
                Ok(live) => {
                    revoked = carry(&live, &prepared, now).await;
                    live.close().await;
                }
                Err(error) => tracing::warn!(%error, "the store that is replaced cannot be read; no revocation is carried over"),
            }
        }
        prepared.close().await;
        write(data_dir, &Pending { moving: true, ..pending.clone() })?;
    }
    for (part, name) in [(Part::Telemetry, TELEMETRY_FILE), (Part::State, STATE_FILE)] {
        if pending.parts.iter().any(|p| p == part.as_str()) {
            swap(&PathBuf::from(&pending.path).join(name), &dir.join(name), &dir.join(kept_name(pending, part)))?;
        }
    }
    fs::File::open(dir)?.sync_all()?;
    Ok(revoked)
}

/// `pre-restore-<ts>.db`, `pre-restore-<ts>-telemetry.db`
fn kept_name(pending: &Pending, part: Part) -> String {
    match part {
        Part::State => format!("{}.db", pending.kept_as),
        Part::Telemetry => format!("{}-telemetry.db", pending.kept_as),
    }
}

/// Moves `live` away to `kept` and `new` to `live`; a step that was made already is passed over.
fn swap(new: &Path, live: &Path, kept: &Path) -> io::Result<()> {
    let with = |path: &Path, ending: &str| PathBuf::from(format!("{}{ending}", path.display()));
    if !new.exists() {
        return Ok(());
    }
    // The write-ahead log belongs to its file and must never meet another.
    if with(live, "-wal").exists() && live.exists() {
        fs::rename(with(live, "-wal"), with(kept, "-wal"))?;
    }
    remove(&with(live, "-shm"))?;
    if live.exists() && !kept.exists() {
        fs::rename(live, kept)?;
    }
    match fs::rename(new, live) {
        // The data directory and the database may lie on different file systems.
        Err(e) if e.kind() == io::ErrorKind::CrossesDevices => {
            let partial = with(live, ".restoring");
            fs::copy(new, &partial)?;
            fs::File::open(&partial)?.sync_all()?;
            fs::rename(&partial, live)?;
            fs::remove_file(new)
        }
        other => other,
    }
}

/// Revokes in the restored store what was revoked after the backup, when both are the same installation.
async fn carry(live: &Store, prepared: &Store, now: Timestamp) -> u64 {
    let (here, there) = (Vault::installation_of(&live.state).await, Vault::installation_of(&prepared.state).await);
    if !matches!((here, there), (Ok(Some(here)), Ok(Some(there))) if here == there) {
        return 0;
    }
    match argos_identity::carry_revocations(&live.state, &prepared.state, now).await {
        Ok(revoked) => revoked,
        Err(error) => {
            tracing::warn!(%error, "revocations since the backup were not carried over");
            0
        }
    }
}

async fn replace_rows(data_dir: &Path, live: &Store, pending: &Pending, migrations: &[Migration], now: Timestamp) -> Result<u64, Fault> {
    let prepared = open_payload(pending).await?;
    let fresh = live.migrate(migrations, now).await.map_err(|e| Fault::Io(io::Error::other(e.to_string())))?;
    drop(fresh);
    keep_rows(data_dir, live, pending, migrations, now).await?;
    let revoked = carry(live, &prepared, now).await;
    let parts: Vec<Part> = pending.parts.iter().filter_map(|p| Part::parse(p)).collect();
    let copied = async {
        let mut reading = prepared.reading().await.map_err(payload)?;
        let mut load = live.load(&parts).await.map_err(server)?;
        transfer::copy(&mut reading, &mut load, &parts, |_| {}).await.map_err(payload)?;
        load.commit().await.map_err(server)
    };
    let outcome = copied.await;
    prepared.close().await;
    outcome.map(|()| revoked)
}

/// PostgreSQL has no file to put aside: its rows are kept as an SQLite file in the data directory.
async fn keep_rows(data_dir: &Path, live: &Store, pending: &Pending, migrations: &[Migration], now: Timestamp) -> Result<(), Fault> {
    let kept = data_dir.join(kept_name(pending, Part::State));
    if kept.exists() {
        return Ok(());
    }
    let scratch = PathBuf::from(&pending.path).join("kept");
    if scratch.exists() {
        fs::remove_dir_all(&scratch)?;
    }
    fs::create_dir_all(&scratch)?;
    let copy = Store::open_sqlite(&scratch).await.map_err(server)?;
    let copied = async {
        copy.migrate(migrations, now).await.map_err(|e| Fault::Io(io::Error::other(e.to_string())))?;
        let mut reading = live.reading().await.map_err(server)?;
        let mut load = copy.load(&[Part::State]).await.map_err(server)?;
        transfer::copy(&mut reading, &mut load, &[Part::State], |_| {}).await.map_err(server)?;
        load.commit().await.map_err(server)
    };
    let outcome = copied.await;
    copy.close().await;
    outcome?;
    fs::rename(scratch.join(STATE_FILE), kept)?;
    fs::File::open(data_dir)?.sync_all()?;
    Ok(())
}

//! Evidence on disk: a file per content, a row per artifact. A file is written before its row and removed after its
//! last one, so a row never points at nothing.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use argos_backup::{FileSet, NamesIn};
use argos_kernel::{AppError, ErrorKind, Result, Timestamp, Uid, hex};
use argos_store::Tx;
use serde_json::Value;

use crate::model::artifact::{self, Artifact, Kind};
use crate::model::run::Run;
use crate::service::Testing;
use crate::store::artifacts;

/// Larger evidence is not kept.
pub(crate) const BYTES_MAX: usize = 200 << 20;

/// What is to be kept.
pub(crate) struct Evidence {
    pub(crate) kind: Kind,
    pub(crate) content_type: &'static str,
    pub(crate) metadata: Value,
    /// The setting that says for how many days.
    pub(crate) retention: &'static str,
}

/// Whose evidence it is: a run's, or an exploration's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owner {
    pub(crate) uid: Uid,
    pub(crate) organization_id: i64,
    pub(crate) project_id: i64,
}

impl Owner {
    fn of(run: &Run) -> Self {
        Self { uid: run.uid, organization_id: run.organization_id, project_id: run.project_id }
    }
}

pub(crate) fn not_found() -> AppError {
    AppError::not_found("Artifact not found")
}

pub(crate) fn too_large() -> AppError {
    AppError::new(ErrorKind::TooLarge, format!("it is larger than {} MiB", BYTES_MAX >> 20))
}

fn io(what: &str, error: &std::io::Error) -> AppError {
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            AppError::unavailable("the disk is full").caused_by(format!("{what}: {error}"))
        }
        _ => AppError::internal(format!("{what}: {error}")),
    }
}

/// Where the content of this digest lies below the directory of artifacts.
fn place_of(sha256: &str) -> String {
    format!("{}/{sha256}", sha256.get(..2).unwrap_or("__"))
}

/// Makes a file as young as a new one.
async fn touch(file: &Path, now: Timestamp) -> std::io::Result<()> {
    let file = tokio::fs::File::options().write(true).open(file).await?.into_std().await;
    let now = SystemTime::UNIX_EPOCH + Duration::from_micros(u64::try_from(now.micros()).unwrap_or(0));
    tokio::task::spawn_blocking(move || file.set_modified(now)).await.map_err(std::io::Error::other)?
}

impl Testing {
    pub(crate) fn file_of(&self, sha256: &str) -> PathBuf {
        self.artifacts_dir().join(place_of(sha256))
    }

    /// The files of the artifacts, for the backup: whatever a row has.
    pub(crate) fn evidence(&self) -> FileSet {
        let named: NamesIn =
            |db| Box::pin(async move { Ok(artifacts::contents(&db).await?.iter().map(|sha256| place_of(sha256)).collect()) });
        FileSet { name: "artifacts", dir: self.artifacts_dir(), restored: true, named: Some(named) }
    }

    /// Writes the file; the row is the caller's to insert with [`Testing::note_artifact`].
    pub(crate) async fn keep_file(&self, run: &Run, place: &str, bytes: &[u8], evidence: Evidence, now: Timestamp) -> Result<Artifact> {
        self.keep_file_of(&Owner::of(run), place, bytes, evidence, now).await
    }

    /// The same for any owner; the row is inserted with [`Testing::note_artifact_of`].
    pub(crate) async fn keep_file_of(
        &self,
        owner: &Owner,
        place: &str,
        bytes: &[u8],
        evidence: Evidence,
        now: Timestamp,
    ) -> Result<Artifact> {
        self.keep_bytes(owner.organization_id, &format!("{}:{place}", owner.uid), bytes, evidence, now).await
    }

    /// The same for what belongs to no run; `place` says where it belongs.
    pub(crate) async fn keep_bytes(
        &self,
        organization_id: i64,
        place: &str,
        bytes: &[u8],
        evidence: Evidence,
        now: Timestamp,
    ) -> Result<Artifact> {
        if bytes.len() > BYTES_MAX {
            return Err(too_large());
        }
        let sha256 = hex(ring::digest::digest(&ring::digest::SHA256, bytes).as_ref());
        let file = self.file_of(&sha256);
        let is_there = tokio::fs::metadata(&file).await.is_ok_and(|m| m.len() == bytes.len() as u64);
        if is_there {
            // The sweep takes old files that nobody has: this one is about to get a row.
            touch(&file, now).await.map_err(|e| io("touch an artifact", &e))?;
        } else {
            let dir = file.parent().ok_or_else(|| AppError::internal("the artifact has no directory"))?;
            tokio::fs::create_dir_all(dir).await.map_err(|e| io("create a directory for artifacts", &e))?;
            let part = dir.join(format!("{sha256}.{}", hex(&self.platform.rng.bytes::<6>())));
            let written = match tokio::fs::write(&part, bytes).await {
                Ok(()) => tokio::fs::rename(&part, &file).await,
                Err(error) => Err(error),
            };
            if let Err(error) = written {
                // A disk that is full has no room for halves.
                drop(tokio::fs::remove_file(&part).await);
                return Err(io("write an artifact", &error));
            }
        }
        let days = self.settings().i64(evidence.retention)?;
        Ok(Artifact {
            id: artifact::id(evidence.kind, &sha256, place, now),
            organization_id,
            kind: evidence.kind,
            content_type: evidence.content_type.to_owned(),
            sha256,
            size_bytes: i64::try_from(bytes.len()).unwrap_or(i64::MAX),
            metadata: evidence.metadata,
            created_at: now,
            expires_at: now.plus_secs(days.saturating_mul(86_400)),
        })
    }

    pub(crate) async fn note_artifact(&self, tx: &mut Tx, run: &Run, artifact: &Artifact) -> Result<()> {
        self.note_artifact_of(tx, &Owner::of(run), artifact).await
    }

    pub(crate) async fn note_artifact_of(&self, tx: &mut Tx, owner: &Owner, artifact: &Artifact) -> Result<()> {
        Ok(artifacts::insert(tx, artifact, owner.project_id, &owner.uid.to_string()).await?)
    }

    /// Of any organization; the caller judges.
    pub(crate) async fn artifact(&self, id: &str) -> Result<Artifact> {
        artifacts::find(&self.platform.store.state, id).await?.ok_or_else(not_found)
    }

    pub(crate) async fn artifact_bytes(&self, artifact: &Artifact) -> Result<Vec<u8>> {
        match tokio::fs::read(self.file_of(&artifact.sha256)).await {
            Ok(bytes) => Ok(bytes),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Err(not_found()),
            Err(e) => Err(io("read an artifact", &e)),
        }
    }

    /// The address of an artifact that needs no credential for a quarter of an hour.
    pub(crate) fn signed(&self, id: &str) -> String {
        artifact::signed_path(self.media_secret().reveal(), id, self.platform.clock.now())
    }

    /// Removes files no artifact has any more and that are older than an hour: a younger one may be about to get its row.
    pub(crate) async fn sweep_files(&self) -> Result<u64> {
        let mut gone = 0;
        let Ok(mut dirs) = tokio::fs::read_dir(self.artifacts_dir()).await else { return Ok(0) };
        while let Ok(Some(dir)) = dirs.next_entry().await {
            let Ok(mut files) = tokio::fs::read_dir(dir.path()).await else { continue };
            while let Ok(Some(file)) = files.next_entry().await {
                let written = file.metadata().await.and_then(|m| m.modified()).ok();
                let fresh = written.and_then(|t| t.elapsed().ok()).is_none_or(|age| age.as_secs() < 3_600);
                let name = file.file_name().to_string_lossy().into_owned();
                let sha256 = name.split('.').next().unwrap_or_default();
                if !fresh && (name.contains('.') || !artifacts::is_used(&self.platform.store.state, sha256).await?) {
                    gone += u64::from(tokio::fs::remove_file(file.path()).await.is_ok());
                }
            }
        }
        Ok(gone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn file_that_is_used_again_is_as_young_as_a_new_one() {
        let path = std::env::temp_dir().join(format!("argos-touch-{}", std::process::id()));
        let file = std::fs::File::create(&path).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        touch(&path, Timestamp::from_secs(1_700_000_000)).await.unwrap();
        let modified = std::fs::metadata(&path).unwrap().modified().unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(modified.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs(), 1_700_000_000);
        assert!(touch(&path, Timestamp::from_secs(1)).await.is_err());
    }
}

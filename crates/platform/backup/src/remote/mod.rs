//! Copies of archives away from this machine: to a bucket, or to a directory reached over SFTP. What is sent there is
//! the finished archive; nothing is ever restored from there by itself.

mod s3;
mod sftp;

use std::path::Path;

use argos_jobs::JobContext;
use argos_kernel::{AppError, Result};
use tokio::io::AsyncReadExt;

use crate::actions::create::show;
use crate::backups::{Backups, io_error};
use crate::model::target::Target;
use crate::store::{self, Backup};

/// Archives travel in pieces of this size; S3 wants at least 5 MiB.
const PART_BYTES: usize = 8 << 20;
const PROBE: &str = "argos-write-test";

impl Backups {
    /// Copies an archive to the target, when there is one, and records how it ended.
    pub(crate) async fn copy_away(&self, backup: &Backup, ctx: Option<&JobContext>) -> Result<()> {
        let db = &self.p().store.state;
        let target = match self.target() {
            Ok(None) => return Ok(()),
            Ok(Some(target)) => target,
            Err(error) => {
                store::remote(db, backup.id, "", Some(error.message())).await?;
                return Err(error);
            }
        };
        show(ctx, "upload", None).await;
        let sent = self.send(&target, &backup.filename, &self.path_of(backup)).await;
        store::remote(db, backup.id, &place_of(&target, backup), sent.as_ref().err().map(AppError::message)).await?;
        sent
    }

    async fn send(&self, target: &Target, name: &str, path: &Path) -> Result<()> {
        match target {
            Target::S3(bucket) => self.bucket(bucket).put(name, path).await,
            Target::Sftp(to) => sftp::Directory::open(&self.p().net, to).await?.put(name, path).await,
        }
    }

    fn bucket<'a>(&'a self, target: &'a crate::model::target::S3Target) -> s3::Bucket<'a> {
        s3::Bucket { target, net: &self.p().net, clock: &*self.p().clock }
    }

    /// Deletes the copy. One that lies at a target that is no longer set stays there.
    pub(crate) async fn remove_remote(&self, backup: &Backup) -> Result<()> {
        let Some(target) = self.target()? else { return Ok(()) };
        if backup.remote_place.as_deref() != Some(place_of(&target, backup).as_str()) {
            return Ok(());
        }
        match &target {
            Target::S3(bucket) => self.bucket(bucket).remove(&backup.filename).await,
            Target::Sftp(to) => sftp::Directory::open(&self.p().net, to).await?.remove(&backup.filename).await,
        }
    }

    /// Writes, reads and deletes a small object: does the target work? Its name when it does.
    pub(crate) async fn test_target(&self) -> Result<String> {
        let target = self.target()?.ok_or_else(|| AppError::bad_request("No backup target is set").code("no_backup_target"))?;
        let content = self.p().clock.now().rfc3339().into_bytes();
        let back = match &target {
            Target::S3(bucket) => self.bucket(bucket).probe(PROBE, content.clone()).await?,
            Target::Sftp(to) => sftp::Directory::open(&self.p().net, to).await?.probe(PROBE, &content).await?,
        };
        if back != content {
            return Err(AppError::unavailable("The target gave back something else than was written").code("backup_target_failed"));
        }
        Ok(target.name())
    }
}

fn place_of(target: &Target, backup: &Backup) -> String {
    format!("{}{}", target.name(), backup.filename)
}

fn failed(why: &str) -> AppError {
    AppError::unavailable(format!("The backup target answered: {}", why.trim())).code("backup_target_failed")
}

/// The next piece of an archive; empty at its end.
async fn read_part(file: &mut tokio::fs::File) -> Result<Vec<u8>> {
    let mut part = Vec::with_capacity(PART_BYTES);
    file.take(PART_BYTES as u64).read_to_end(&mut part).await.map_err(io_error("reading the archive"))?;
    Ok(part)
}

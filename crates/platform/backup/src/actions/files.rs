//! The backup directory: scratch room, uploads, removal, and keeping rows and files in step.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use argos_audit::{Category, Entry};
use argos_kernel::{Actor, AppError, Result, Rng, Uid, hex};

use crate::backups::{Backups, aside, io_error};
use crate::model::{archive, retention};
use crate::store::{self, Backup};

/// Prefix of everything in the backup directory that is only a means.
pub(crate) const SCRATCH: &str = ".argos-";

/// A private directory of one piece of work. [`Scratch::remove`] when done; what a crash leaves, the next start removes.
pub(crate) struct Scratch {
    pub(crate) path: PathBuf,
}

impl Scratch {
    pub(crate) async fn make(dir: &Path, what: &str, rng: &dyn Rng) -> Result<Self> {
        use std::os::unix::fs::DirBuilderExt;
        let path = dir.join(format!("{SCRATCH}{what}-{}", hex(&rng.bytes::<6>())));
        let made = path.clone();
        aside(move || std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&made), "making room for the backup").await?;
        Ok(Self { path })
    }
    pub(crate) async fn remove(self) {
        if let Err(error) = tokio::fs::remove_dir_all(&self.path).await {
            tracing::warn!(%error, path = %self.path.display(), "scratch room was not removed");
        }
    }
}

/// The names a file in the backup directory may have to count as an archive.
fn is_archive(name: &str) -> bool {
    name.starts_with("argos-backup-") && (name.ends_with(".tar.gz") || name.ends_with(".tar.gz.enc"))
}

impl Backups {
    /// Newest first.
    pub async fn list(&self, limit: i64) -> Result<Vec<Backup>> {
        Ok(store::list(&self.p().store.state, limit).await?)
    }

    pub async fn find(&self, id: i64) -> Result<Backup> {
        store::get(&self.p().store.state, id).await?.ok_or_else(|| AppError::not_found("Backup not found"))
    }

    pub(crate) fn path_of(&self, backup: &Backup) -> PathBuf {
        // Names come from rows that this crate wrote, never from requests.
        self.p().dir.join(&backup.filename)
    }

    /// Deletes archive and row; an archive that is gone already is fine. The copy at the target goes too.
    pub async fn delete(&self, actor: &Actor, id: i64) -> Result<()> {
        let backup = self.find(id).await?;
        let mut change = self.p().audit.begin(actor).await?;
        store::delete(&mut change, id).await?;
        let entry =
            Entry::new("backup.delete", Category::Data).target("backup", id).describe(format!("Backup {} deleted", backup.filename));
        change.commit(entry).await?;
        match tokio::fs::remove_file(self.path_of(&backup)).await {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(io_error("deleting the archive")(e)),
            _ => {}
        }
        if backup.remote_state.as_deref() == Some("uploaded")
            && let Err(error) = self.remove_remote(&backup).await
        {
            tracing::warn!(?error, file = backup.filename, "the copy at the target was not deleted");
        }
        Ok(())
    }

    /// Deletes what the retention does not keep; the number deleted.
    pub(crate) async fn purge(&self) -> Result<usize> {
        let p = self.p();
        let all: Vec<_> = self.list(100_000).await?.into_iter().map(|b| (b.id, b.created_at)).collect();
        let expired = retention::expired(&all, p.settings.i64("backup.retention_days")?, p.clock.now());
        for id in &expired {
            self.delete(&Self::system(), *id).await?;
        }
        Ok(expired.len())
    }

    /// After a start: scratch room of a dead process goes, unknown archives get a row, rows without archive go.
    pub(crate) async fn reconcile(&self) -> Result<()> {
        let p = self.p();
        let dir = p.dir.clone();
        let names = aside(
            move || {
                std::fs::create_dir_all(&dir)?;
                let mut names = Vec::new();
                for entry in std::fs::read_dir(&dir)? {
                    let entry = entry?;
                    let name = entry.file_name().to_string_lossy().into_owned();
                    if name.starts_with(SCRATCH) {
                        std::fs::remove_dir_all(entry.path()).or_else(|_| std::fs::remove_file(entry.path()))?;
                    } else if is_archive(&name) && entry.file_type()?.is_file() {
                        names.push(name);
                    }
                }
                Ok(names)
            },
            "reading the backup directory",
        );
        let names: HashSet<String> = names.await?.into_iter().collect();
        let rows = self.list(100_000).await?;
        for lost in rows.iter().filter(|b| !names.contains(&b.filename)) {
            let mut change = p.audit.begin(&Self::system()).await?;
            store::delete(&mut change, lost.id).await?;
            let text = format!("{} is gone from the backup directory", lost.filename);
            change.commit(Entry::new("backup.forget", Category::Data).target("backup", lost.id).describe(text)).await?;
        }
        let known: HashSet<&str> = rows.iter().map(|b| b.filename.as_str()).collect();
        for name in names.iter().filter(|n| !known.contains(n.as_str())) {
            match self.describe_file(name, "orphan", Some("recovered during reconcile")).await {
                Ok(found) => drop(self.adopt(&Self::system(), found, "backup.recover").await?),
                Err(error) => tracing::warn!(?error, file = name, "an unknown archive cannot be read"),
            }
        }
        Ok(())
    }

    /// Takes a file that was just written into the backup directory as a backup.
    pub async fn adopt_upload(&self, actor: &Actor, upload: PathBuf) -> Result<Backup> {
        let p = self.p();
        let at = p.clock.now();
        let (dir, stem) = (p.dir.clone(), format!("argos-backup-{}", at.datetime().format("%Y%m%d-%H%M%S")));
        let unique = hex(&p.rng.bytes::<3>());
        let work = move || {
            let encrypted = archive::is_encrypted(&upload)?;
            if !encrypted {
                archive::read_metadata(&upload, None)?;
            }
            let name = format!("{stem}-upload-{unique}.tar.gz{}", if encrypted { ".enc" } else { "" });
            std::fs::rename(&upload, dir.join(&name))?;
            std::fs::File::open(&dir)?.sync_all()?;
            Ok(name)
        };
        let name = aside(work, "reading the uploaded archive").await?;
        let mut found = self.describe_file(&name, "uploaded", None).await?;
        "uploaded".clone_into(&mut found.kind);
        self.adopt(actor, found, "backup.upload").await
    }

    async fn adopt(&self, actor: &Actor, mut backup: Backup, action: &str) -> Result<Backup> {
        actor.name.clone_into(&mut backup.trigger_name);
        backup.trigger_user_id = actor.id;
        let mut change = self.p().audit.begin(actor).await?;
        if let Some(id) = store::insert(&mut change, &backup).await? {
            backup.id = id;
            let text = format!("Backup {} added", backup.filename);
            change.commit(Entry::new(action, Category::Data).target("backup", id).describe(text)).await?;
        }
        Ok(backup)
    }

    /// A row for an archive, as far as it can be read without knowing its passphrase.
    async fn describe_file(&self, name: &str, kind: &str, note: Option<&str>) -> Result<Backup> {
        let p = self.p();
        let (path, passphrase) = (p.dir.join(name), self.passphrase()?);
        let work = move || {
            let encrypted = archive::is_encrypted(&path)?;
            let metadata = archive::read_metadata(&path, passphrase.as_ref()).ok();
            Ok((archive::sum_of(&path)?, encrypted, metadata, std::fs::metadata(&path)?))
        };
        let (sum, encrypted, metadata, file) = aside(work, "reading the archive").await?;
        let modified = std::os::unix::fs::MetadataExt::mtime(&file);
        let m = metadata.as_ref();
        Ok(Backup {
            id: 0,
            uid: Uid::mint(&*p.clock, &*p.rng),
            filename: name.to_owned(),
            size_bytes: i64::try_from(sum.bytes).unwrap_or(i64::MAX),
            sha256: sum.sha256,
            kind: m.map_or(kind, |m| m.kind.as_str()).to_owned(),
            trigger_user_id: None,
            trigger_name: "system".to_owned(),
            created_at: m.and_then(crate::Metadata::created).unwrap_or_else(|| argos_kernel::Timestamp::from_secs(modified)),
            note: m.map_or_else(|| note.map(str::to_owned), |m| m.note.clone()),
            encrypted,
            engine: m.map(|m| m.engine.clone()),
            version: m.map(|m| m.version.clone()),
            key_fingerprint: m.map(|m| m.key_fingerprint.clone()),
            row_count: m.and_then(|m| i64::try_from(m.rows()).ok()),
            verify_state: None,
            verified_at: None,
            verify_detail: None,
            remote_state: None,
            remote_place: None,
            remote_error: None,
        })
    }

    /// A path in the backup directory for an upload under way.
    pub(crate) async fn upload_room(&self) -> Result<Scratch> {
        Scratch::make(&self.p().dir, "upload", &*self.p().rng).await
    }
}

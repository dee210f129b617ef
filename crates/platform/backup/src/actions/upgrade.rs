//! The backup that is made before the first step of an upgrade: of the store as the older binary left it. It holds the
//! databases; the files beside them are not touched by an upgrade and stay where they are.
//!
//! Only what the oldest schema has may be asked here: nothing was migrated yet.

use argos_kernel::Result;

use crate::actions::create::Wanted;
use crate::actions::files::{SCRATCH, Scratch};
use crate::backups::{Backups, aside};
use crate::store::Backup;

/// The kind of such a backup.
pub(crate) const UPGRADE: &str = "upgrade";
const ROOM: &str = "upgrade";

impl Backups {
    /// Writes the archive. It gets its row by [`Backups::record_upgrade`] when the tables are those that this binary
    /// knows; after a crash in between the next start finds the file by itself.
    pub async fn create_before_upgrade(&self, note: String) -> Result<Backup> {
        let p = self.p();
        let (dir, room) = (p.dir.clone(), format!("{SCRATCH}{ROOM}-"));
        // An upgrade that was killed while it copied would else fill the disk, attempt by attempt.
        let sweep = move || {
            std::fs::create_dir_all(&dir)?;
            for entry in std::fs::read_dir(&dir)? {
                let entry = entry?;
                if entry.file_name().to_string_lossy().starts_with(&room) {
                    std::fs::remove_dir_all(entry.path())?;
                }
            }
            Ok(())
        };
        aside(sweep, "clearing the backup directory").await?;
        let scratch = Scratch::make(&p.dir, ROOM, &*p.rng).await?;
        let wanted = Wanted { kind: UPGRADE.to_owned(), note: Some(note), user_id: None, by: None };
        let made = self.write(&wanted, None, &scratch).await;
        scratch.remove().await;
        made
    }

    /// Whether an archive of this name is in the backup directory.
    pub fn has_file(&self, filename: &str) -> bool {
        self.p().dir.join(filename).is_file()
    }

    /// Gives the archive its row, audit row and event.
    pub async fn record_upgrade(&self, made: Backup) -> Result<Backup> {
        let wanted = Wanted { kind: UPGRADE.to_owned(), ..Wanted::default() };
        self.record(made, &wanted).await
    }

    /// Copies it to the target, if there is one; a failure is in its row.
    pub async fn copy_upgrade(&self, backup: &Backup) {
        if let Err(error) = self.copy_away(backup, None).await {
            tracing::warn!(?error, "the backup was not copied to its target");
        }
    }
}

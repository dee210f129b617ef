//! Staging a restore: everything is checked and prepared while the old store still serves; the next start swaps.

use std::path::{Path, PathBuf};

use argos_audit::{Category, Entry};
use argos_events::{NewEvent, Source};
use argos_kernel::{Actor, AppError, Result, Secret, hex};
use argos_store::transfer;
use argos_vault::{MasterKey, Vault};
use serde_json::json;

use crate::actions::verify::{Unpacked, compare_tables};
use crate::backups::{Backups, aside};
use crate::model::metadata::{Metadata, TableEntry};
use crate::pending::{self, Folder, Pending};
use crate::store::Backup;

/// Uploaded archives unpack to at most this (edge spec D9).
const UPLOAD_UNPACKED_MAX: u64 = 2 << 30;

/// How much a stored archive may unpack to: what somebody brought is not trusted to be small.
pub(crate) fn unpacked_max(backup: &Backup) -> u64 {
    if backup.kind == "uploaded" { UPLOAD_UNPACKED_MAX } else { u64::MAX }
}

/// What the operator agreed to or brought along.
#[derive(Clone, Default)]
pub struct Consent {
    pub passphrase: Option<Secret<String>>,
    /// The master key the backup was made under, when it is another.
    pub archive_key: Option<MasterKey>,
    /// Restore although its secrets cannot be read: they are emptied.
    pub without_secrets: bool,
}

/// A restore that the next start applies.
#[derive(Clone, Debug)]
pub struct Staged {
    pub warnings: Vec<String>,
}

impl Backups {
    /// Stages a stored backup.
    pub async fn restore(&self, actor: &Actor, id: i64, consent: Consent) -> Result<(Backup, Staged)> {
        let backup = self.find(id).await?;
        let (path, limit) = (self.path_of(&backup), unpacked_max(&backup));
        let staged = self.stage(actor, &path, &backup.filename, Some(backup.sha256.clone()), consent, limit).await?;
        Ok((backup, staged))
    }

    /// Stages an archive from anywhere; the command line calls it.
    pub async fn restore_file(&self, actor: &Actor, path: &Path, consent: Consent) -> Result<Staged> {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        self.stage(actor, path, &name, None, consent, u64::MAX).await
    }

    async fn stage(
        &self,
        actor: &Actor,
        path: &Path,
        name: &str,
        sha256: Option<String>,
        consent: Consent,
        bytes_max: u64,
    ) -> Result<Staged> {
        let p = self.p();
        let _turn = self.0.scratch.lock().await;
        if pending::is_pending(&p.data_dir) {
            return Err(AppError::conflict("A restore is already pending; restart to apply it").code("restore_pending"));
        }
        self.refuse_beside_others().await?;
        let passphrase = match consent.passphrase.clone() {
            Some(given) => Some(given),
            None => self.passphrase()?,
        };
        let now = p.clock.now();
        let stamp = format!("{}-{}", now.datetime().format("%Y%m%d-%H%M%S"), hex(&p.rng.bytes::<2>()));
        let dir = p.data_dir.join(format!("{}{stamp}", pending::PAYLOAD));
        make_private(&dir).await?;
        let prepared = match self.unpack(path, passphrase, sha256, &dir, bytes_max).await {
            Ok(unpacked) => {
                let prepared = self.prepare(&unpacked, &consent).await;
                unpacked.store.close().await;
                prepared.map(|warnings| (warnings, unpacked.metadata))
            }
            Err(error) => Err(error),
        };
        let (warnings, metadata) = match prepared {
            Ok(prepared) => prepared,
            Err(error) => {
                drop(tokio::fs::remove_dir_all(&dir).await);
                return Err(error);
            }
        };
        let flag = Pending {
            path: dir.display().to_string(),
            backup: name.to_owned(),
            staged_at: now.rfc3339(),
            staged_by: actor.name.clone(),
            parts: metadata.parts().iter().map(|part| part.as_str().to_owned()).collect(),
            kept_as: format!("pre-restore-{stamp}"),
            moving: false,
            without_secrets: consent.without_secrets,
            folders: self.folders_of(&metadata),
        };
        self.audit_staging(actor, &flag, &warnings).await?;
        let place = p.data_dir.clone();
        aside(move || pending::write(&place, &flag), "staging the restore").await?;
        Ok(Staged { warnings })
    }

    /// 409 while several servers share the database: the rows would be replaced beneath what the others remember and do.
    /// The start that applies a restore looks once more.
    async fn refuse_beside_others(&self) -> Result<()> {
        let db = &self.p().store.state;
        if db.processes().await? <= 1 {
            return Ok(());
        }
        let names = db.replicas().await?;
        let text = format!(
            "Several servers share this database ({}); stop all but the one that restores, then restore, then start them again",
            names.join(", ")
        );
        Err(AppError::conflict(text).code("other_replicas").with("replicas", names))
    }

    /// The folders of the archive that somebody here wants back.
    fn folders_of(&self, metadata: &Metadata) -> Vec<Folder> {
        let sets = self.file_sets().into_iter().filter(|s| s.restored);
        let held = sets.filter(|s| metadata.files.iter().any(|f| f.name.split_once('/').is_some_and(|(folder, _)| folder == s.name)));
        held.map(|s| Folder { name: s.name.to_owned(), dir: s.dir.display().to_string() }).collect()
    }

    async fn audit_staging(&self, actor: &Actor, flag: &Pending, warnings: &[String]) -> Result<()> {
        let entry = Entry::new("backup.restore", Category::Security)
            .alias("restore")
            .target("backup", flag.backup.clone())
            .describe(format!("Restore of {} staged; the next start applies it", flag.backup))
            .after(json!({ "kept_as": flag.kept_as, "without_secrets": flag.without_secrets, "warnings": warnings }));
        self.p().audit.note(actor, entry).await
    }

    /// Proves the rows, settles the secrets, brings the schema up. The warnings to show.
    async fn prepare(&self, unpacked: &Unpacked, consent: &Consent) -> Result<Vec<String>> {
        let p = self.p();
        let parts = unpacked.metadata.parts();
        let found = transfer::digests(&mut unpacked.store.reading().await?, &parts).await?;
        let found: Vec<TableEntry> = found.into_iter().map(TableEntry::from).collect();
        compare_tables(&unpacked.metadata.tables, &found)?;
        let mut same_key = unpacked.signed.is_some();
        if let (false, Some(old)) = (same_key, &consent.archive_key) {
            let wrong = |_| {
                AppError::bad_request("this is not the master key of the backup").code("wrong_archive_key").with("field", "archive_key")
            };
            p.vault.adopt(&unpacked.store.state, old).await.map_err(wrong)?;
            let key = p.vault.derive_of(&unpacked.store.state, "backup").await?;
            if !unpacked.metadata.is_signed_by(&key) {
                return Err(AppError::bad_request("the signature of the archive is wrong").code("bad_signature"));
            }
            same_key = true;
        }
        let mut told = self.warnings(same_key, &unpacked.metadata);
        if !same_key {
            if !consent.without_secrets {
                let text = "The backup was made under another master key. Give that key, or restore without secrets.";
                let error = AppError::conflict(text).code("foreign_master_key");
                return Err(error.with("key_fingerprint", unpacked.metadata.key_fingerprint.clone()));
            }
            let factors = argos_identity::drop_second_factors(&unpacked.store.state).await?;
            for emptied in unpacked.store.empty_sealed().await? {
                told.push(format!("{}.{}: {} secrets emptied", emptied.table, emptied.column, emptied.values));
            }
            if factors > 0 {
                told.push(format!("{factors} users lost their second factor"));
            }
            Vault::discard_keys_of(&unpacked.store.state).await?;
        }
        unpacked.store.migrate(&p.migrations, p.clock.now()).await.map_err(AppError::internal)?;
        self.compare_named(unpacked).await?;
        Ok(told)
    }

    /// Ends the process after the documented moment, so that the next start applies the restore. Whoever asks for another
    /// one until then is told that this one is pending.
    pub(crate) fn restart_soon(&self, tasks: &argos_kernel::Tasks) {
        let backups = self.clone();
        tasks.once("backup.restart", async move {
            tokio::time::sleep(std::time::Duration::from_millis(800)).await;
            backups.restart();
        });
    }

    /// Tells of a restore that this start applied, or gave up.
    pub(crate) async fn report_restore(&self) -> Result<()> {
        let p = self.p();
        let Some(report) = pending::take_report(&p.data_dir).map_err(|e| AppError::internal(format!("restore report: {e}")))? else {
            return Ok(());
        };
        let (kind, text) = match &report.fault {
            None => ("backup.restored", format!("The instance was restored from {}", report.pending.backup)),
            Some(fault) => ("backup.failed", format!("The restore of {} was given up: {fault}", report.pending.backup)),
        };
        let data = json!({
            "file": report.pending.backup,
            "kept_as": report.pending.kept_as,
            "revoked": report.revoked,
            "error": report.fault,
        });
        let actor = Actor { name: report.pending.staged_by.clone(), ..Self::system() };
        let mut change = p.audit.begin(&actor).await?;
        let event = NewEvent::new(Source::Platform, kind, text.clone()).subject("backup", 0, report.pending.backup.as_str());
        p.events.publish(&mut change, event.data(data.clone())).await?;
        let action = if report.fault.is_none() { "backup.restored" } else { "backup.restore_failed" };
        change.commit(Entry::new(action, Category::Security).target("backup", report.pending.backup).describe(text).after(data)).await?;
        pending::forget_report(&p.data_dir).map_err(|e| AppError::internal(format!("restore report: {e}")))
    }
}

async fn make_private(dir: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    let path: PathBuf = dir.to_owned();
    aside(move || std::fs::DirBuilder::new().mode(0o700).create(path), "making room for the restore").await
}

//! Proving that an archive restores: it is unpacked into scratch room, its files and its signature are checked, the
//! databases are opened, and every table is digested row by row and compared with what was read at the time.

use std::path::Path;

use argos_audit::{Category, Entry};
use argos_events::{NewEvent, Source};
use argos_jobs::{JobContext, NewJob, Verdict};
use argos_kernel::{Actor, AppError, Result, Secret};
use argos_store::{Store, transfer};
use serde_json::json;

use crate::actions::create::show;
use crate::actions::files::Scratch;
use crate::backups::{Backups, aside};
use crate::model::archive;
use crate::model::metadata::{FORMAT, Metadata, TableEntry, schema_of};
use crate::store::{self, Verified};

/// An archive unpacked into scratch room, checked as far as files go.
pub(crate) struct Unpacked {
    pub(crate) metadata: Metadata,
    pub(crate) store: Store,
    /// Whether the signature was made by a key the master key in force opens; unknown under another master key.
    pub(crate) signed: Option<bool>,
}

impl Backups {
    /// Queues a verification; the job's id.
    pub async fn request_verification(&self, actor: &Actor, id: i64) -> Result<i64> {
        let backup = self.find(id).await?;
        let mut change = self.p().audit.begin(actor).await?;
        let job = NewJob::new("backup.verify").payload(json!({ "backup_id": id })).trigger("api").by(actor);
        let job = self.p().jobs.enqueue(&mut change, job).await?;
        let text = format!("Verification of {} requested", backup.filename);
        change.commit(Entry::new("backup.verify", Category::Data).target("backup", id).describe(text)).await?;
        Ok(job)
    }

    pub(crate) async fn run_verification(&self, ctx: JobContext) -> Verdict {
        let Some(id) = ctx.job().payload["backup_id"].as_i64() else { return Verdict::fail("no backup is named") };
        match self.verify(id, Some(&ctx)).await {
            Ok(verdict) if verdict.ok => Verdict::Done(json!({ "backup_id": id, "ok": true, "detail": verdict.detail })),
            Ok(verdict) => Verdict::fail(verdict.detail),
            Err(error) => Verdict::fail(error.message().to_owned()),
        }
    }

    /// Verifies a stored backup now: whether it restores, and what was found.
    pub async fn verify_now(&self, id: i64) -> Result<(bool, String)> {
        let verdict = self.verify(id, None).await?;
        Ok((verdict.ok, verdict.detail))
    }

    /// Verifies a stored backup and records the verdict.
    pub(crate) async fn verify(&self, id: i64, ctx: Option<&JobContext>) -> Result<Verified> {
        let p = self.p();
        let backup = self.find(id).await?;
        show(ctx, "verify", None).await;
        let (path, limit) = (self.path_of(&backup), super::restore::unpacked_max(&backup));
        let verdict = match self.verify_file(&path, self.passphrase()?, Some(backup.sha256.clone()), limit).await {
            Ok(verdict) => verdict,
            Err(error) => Verified { ok: false, at: p.clock.now(), detail: error.message().to_owned() },
        };
        let mut change = p.audit.begin(&Self::system()).await?;
        store::verified(&mut change, id, &verdict).await?;
        if !verdict.ok {
            let text = format!("{} does not restore: {}", backup.filename, verdict.detail);
            let event = NewEvent::new(Source::Platform, "backup.failed", text).subject("backup", id, backup.filename.as_str());
            p.events.publish(&mut change, event.data(json!({ "error": verdict.detail, "file": backup.filename }))).await?;
        }
        let entry = Entry::new("backup.verified", Category::Data).target("backup", id).describe(verdict.detail.clone());
        change.commit(entry.after(json!({ "ok": verdict.ok }))).await?;
        Ok(verdict)
    }

    /// Restores an archive into scratch room, of at most `bytes_max` bytes, and compares it with its own description.
    pub(crate) async fn verify_file(
        &self,
        path: &Path,
        passphrase: Option<Secret<String>>,
        sha256: Option<String>,
        bytes_max: u64,
    ) -> Result<Verified> {
        let scratch = Scratch::make(&self.p().dir, "verify", &*self.p().rng).await?;
        let unpacked = self.unpack(path, passphrase, sha256, &scratch.path, bytes_max).await;
        let verdict = match unpacked {
            Ok(unpacked) => {
                let compared = self.compare(&unpacked).await;
                unpacked.store.close().await;
                match compared {
                    Ok(detail) => Ok(Verified { ok: true, at: self.p().clock.now(), detail }),
                    Err(error) => Ok(Verified { ok: false, at: self.p().clock.now(), detail: error.message().to_owned() }),
                }
            }
            Err(error) => Err(error),
        };
        scratch.remove().await;
        verdict
    }

    /// Unpacks into `dir`, checks files, format and age, and opens the databases.
    pub(crate) async fn unpack(
        &self,
        path: &Path,
        passphrase: Option<Secret<String>>,
        sha256: Option<String>,
        dir: &Path,
        bytes_max: u64,
    ) -> Result<Unpacked> {
        let p = self.p();
        let (path, place) = (path.to_owned(), dir.to_owned());
        let work = move || {
            if let Some(wanted) = sha256
                && archive::sum_of(&path)?.sha256 != wanted
            {
                return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, "the archive has changed: its checksum differs"));
            }
            archive::unpack(&path, passphrase.as_ref(), &place, bytes_max)
        };
        let metadata = aside(work, "unpacking the archive").await?;
        let newer = metadata.newer_than(&p.migrations);
        if metadata.format > FORMAT || !newer.is_empty() {
            let what = if newer.is_empty() { format!("format {}", metadata.format) } else { newer.join(", ") };
            return Err(AppError::bad_request(format!("The backup was made by a newer version ({what})")).code("newer_schema"));
        }
        let broken = |e: argos_store::StoreError| {
            AppError::bad_request(format!("the database in the archive cannot be opened: {e}")).code("bad_archive")
        };
        let store = Store::open_sqlite(dir).await.map_err(broken)?;
        if let Some(fault) = store.integrity(transfer::Depth::Rows).await.map_err(broken)? {
            return Err(AppError::bad_request(format!("the database in the archive is damaged: {fault}")).code("bad_archive"));
        }
        let signed = match p.vault.derive_of(&store.state, "backup").await {
            Ok(key) => Some(metadata.is_signed_by(&key)),
            Err(_) => None,
        };
        if signed == Some(false) {
            return Err(AppError::bad_request("the signature of the archive is wrong").code("bad_signature"));
        }
        Ok(Unpacked { metadata, store, signed })
    }

    /// Digests every table and compares, brings the schema up and looks for the files that the rows name; a text that says
    /// what was compared.
    async fn compare(&self, unpacked: &Unpacked) -> Result<String> {
        let p = self.p();
        let parts = unpacked.metadata.parts();
        let found = transfer::digests(&mut unpacked.store.reading().await?, &parts).await?;
        let found: Vec<TableEntry> = found.into_iter().map(TableEntry::from).collect();
        compare_tables(&unpacked.metadata.tables, &found)?;
        let rows: u64 = found.iter().map(|t| t.rows).sum();
        let signature = match unpacked.signed {
            Some(_) => "signature good",
            None => "signature not checked: another master key",
        };
        // A copy of this very schema is read as it is: the indexes it lacks are for one that lives.
        if unpacked.metadata.schema != schema_of(&p.migrations) {
            unpacked.store.migrate(&p.migrations, p.clock.now()).await.map_err(AppError::internal)?;
        }
        let named = match self.compare_named(unpacked).await? {
            0 => String::new(),
            n => format!("; {n} files of its rows"),
        };
        Ok(format!("{} tables, {rows} rows equal; {signature}{named}{}", found.len(), unpacked.metadata.losses()))
    }
}

pub(crate) fn compare_tables(wanted: &[TableEntry], found: &[TableEntry]) -> Result<()> {
    let fault = |text: String| AppError::bad_request(text).code("bad_archive");
    for table in wanted {
        match found.iter().find(|f| f.part == table.part && f.table == table.table) {
            None => return Err(fault(format!("table {} is missing", table.table))),
            Some(f) if f.rows != table.rows => {
                return Err(fault(format!("table {} has {} rows instead of {}", table.table, f.rows, table.rows)));
            }
            // Without a digest the sum of the file has said it.
            Some(f) if table.digest.is_some() && f.digest != table.digest => {
                return Err(fault(format!("rows of table {} differ", table.table)));
            }
            Some(_) => {}
        }
    }
    match found.iter().find(|f| !wanted.iter().any(|w| w.part == f.part && w.table == f.table)) {
        Some(extra) => Err(fault(format!("table {} is not described", extra.table))),
        None => Ok(()),
    }
}

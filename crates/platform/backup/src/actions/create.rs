//! Making a backup: copy the databases, describe them, pack, prove that the archive restores, record, copy away.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use argos_audit::{Category, Entry};
use argos_events::{NewEvent, Source};
use argos_jobs::{JobContext, NewJob, Verdict};
use argos_kernel::{Actor, AppError, Result, Secret, Timestamp, Uid};
use argos_store::transfer::{self, Depth, Table, TableDigest};
use argos_store::{Engine, Part, Store, StoreError};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::oneshot;

use crate::JOB_KIND;
use crate::actions::files::Scratch;
use crate::actions::upgrade::UPGRADE;
use crate::backups::{Backups, aside};
use crate::model::archive::{self, Contents, Sum};
use crate::model::metadata::{FORMAT, Metadata, STATE_FILE, TELEMETRY_FILE, TableEntry, parts_named, schema_of};
use crate::named_files::Carried;
use crate::store::{self, Backup, Verified};

/// What the job is told.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) note: Option<String>,
    #[serde(default)]
    pub(crate) user_id: Option<i64>,
    #[serde(default)]
    pub(crate) by: Option<String>,
}

/// The databases as files, and what they hold: read row by row, or still to be counted in the copies.
struct Copied {
    files: Vec<(String, PathBuf)>,
    tables: Tables,
    /// Files that the copied state names.
    named: Carried,
}

enum Tables {
    Read(Vec<TableDigest>),
    /// The copies, opened; looked through while they are packed.
    In(Store),
}

impl Backups {
    /// Queues a backup; the job's id.
    pub async fn request(&self, actor: &Actor, note: Option<String>) -> Result<i64> {
        let wanted = Wanted { kind: "manual".to_owned(), note, user_id: actor.id, by: Some(actor.name.clone()) };
        let payload = serde_json::to_value(&wanted).map_err(AppError::internal)?;
        let mut change = self.p().audit.begin(actor).await?;
        let job = self.p().jobs.enqueue(&mut change, NewJob::new(JOB_KIND).payload(payload).trigger("api").by(actor)).await?;
        change.commit(Entry::new("backup.create", Category::Data).target("job", job).describe("Backup requested")).await?;
        Ok(job)
    }

    pub(crate) async fn run_job(&self, ctx: JobContext) -> Verdict {
        let wanted: Wanted = serde_json::from_value(ctx.job().payload.clone()).unwrap_or_default();
        match self.create(&wanted, Some(&ctx)).await {
            Ok(backup) => Verdict::Done(json!({ "backup_id": backup.id, "filename": backup.filename, "size_bytes": backup.size_bytes })),
            Err(error) => {
                let text = error.message().to_owned();
                tracing::error!(?error, "a backup failed");
                let event = NewEvent::new(Source::Platform, "backup.failed", format!("The backup failed: {text}"));
                if let Err(error) = self.p().events.announce(event.data(json!({ "error": text, "kind": wanted.kind }))).await {
                    tracing::error!(?error, "the failed backup was not announced");
                }
                Verdict::fail(text)
            }
        }
    }

    /// Makes a backup now. The command line calls it without a job.
    pub async fn create_now(&self, note: Option<String>) -> Result<Backup> {
        self.create(&Wanted { kind: "manual".to_owned(), note, user_id: None, by: Some("cli".to_owned()) }, None).await
    }

    pub(crate) async fn create(&self, wanted: &Wanted, ctx: Option<&JobContext>) -> Result<Backup> {
        let p = self.p();
        let scratch = Scratch::make(&p.dir, "work", &*p.rng).await?;
        let made = self.write(wanted, ctx, &scratch).await;
        scratch.remove().await;
        let backup = self.record(made?, wanted).await?;
        if let Err(error) = self.copy_away(&backup, ctx).await {
            tracing::warn!(?error, "the backup was not copied to its target");
        }
        if wanted.kind == "scheduled" {
            self.purge().await?;
        }
        store::get(&p.store.state, backup.id).await?.ok_or_else(|| AppError::not_found("Backup not found"))
    }

    /// The finished archive in its place, and the row that it deserves.
    pub(crate) async fn write(&self, wanted: &Wanted, ctx: Option<&JobContext>, scratch: &Scratch) -> Result<Backup> {
        let p = self.p();
        let created_at = p.clock.now();
        let telemetry = p.settings.bool("backup.include_telemetry")?;
        show(ctx, "copy", None).await;
        let folder = scratch.path.join("files");
        self.hold_named(&folder).await?;
        let mut copied = self.copy(&scratch.path, telemetry, ctx).await?;
        stopped(ctx)?;
        let (mut files, left_out) = self.copy_files(&folder).await?;
        copied.named.left_out.extend(left_out);
        files.append(&mut copied.named.files);
        show(ctx, "pack", None).await;
        let passphrase = self.passphrase()?;
        let encrypted = passphrase.is_some();
        let partial = scratch.path.join("archive.partial");
        let draft = self.draft(wanted, created_at, &mut copied.named);
        let (packed, metadata) = self.pack(&partial, draft, copied, files, ctx).await?;
        stopped(ctx)?;
        show(ctx, "verify", None).await;
        let verdict = self.prove(&partial, passphrase, &metadata).await?;
        let filename = self.publish(&partial, created_at, encrypted).await?;
        let Sum { bytes, sha256 } = packed;
        let row_count = i64::try_from(metadata.rows()).ok();
        Ok(Backup {
            id: 0,
            uid: Uid::mint(&*p.clock, &*p.rng),
            filename,
            size_bytes: i64::try_from(bytes).unwrap_or(i64::MAX),
            sha256,
            kind: if matches!(wanted.kind.as_str(), "scheduled" | UPGRADE) { wanted.kind.clone() } else { "manual".to_owned() },
            trigger_user_id: wanted.user_id,
            trigger_name: wanted.by.clone().unwrap_or_else(|| "system".to_owned()),
            created_at,
            note: wanted.note.clone(),
            encrypted,
            engine: Some(metadata.engine),
            version: Some(metadata.version),
            key_fingerprint: Some(metadata.key_fingerprint),
            row_count,
            verify_state: Some(verdict.word().to_owned()),
            verified_at: Some(verdict.at),
            verify_detail: Some(verdict.detail),
            remote_state: None,
            remote_place: None,
            remote_error: None,
        })
    }

    /// Copies of the databases below `dir`, in one consistent view each (one for both on PostgreSQL).
    async fn copy(&self, dir: &Path, telemetry: bool, ctx: Option<&JobContext>) -> Result<Copied> {
        let p = self.p();
        let mut parts = vec![Part::State];
        parts.extend(telemetry.then_some(Part::Telemetry));
        let folder = dir.join("files");
        let (tables, named) = match p.store.engine() {
            Engine::Sqlite => {
                p.store.state.copy_to(&dir.join(STATE_FILE)).await?;
                if telemetry {
                    p.store.telemetry.copy_to(&dir.join(TELEMETRY_FILE)).await?;
                }
                let copy = Store::open_sqlite(dir).await?;
                let named = self.named_files(&copy.state, &folder).await?;
                (Tables::In(copy), named)
            }
            Engine::Postgres => {
                let copy = Store::open_sqlite(dir).await?;
                copy.migrate(&p.migrations, p.clock.now()).await.map_err(AppError::internal)?;
                let (mut reading, mut load) = (p.store.reading().await?, copy.load(&parts).await?);
                load.defer_indexes().await?;
                let done = Arc::new(AtomicU64::new(0));
                let counter = Arc::clone(&done);
                let work = async {
                    let tables =
                        transfer::copy(&mut reading, &mut load, &parts, move |rows| counter.store(rows, Ordering::Relaxed)).await?;
                    load.commit().await?;
                    Ok::<_, StoreError>(tables)
                };
                tokio::pin!(work);
                let tables = loop {
                    tokio::select! {
                        done = &mut work => break done?,
                        () = tokio::time::sleep(std::time::Duration::from_secs(1)) => {
                            stopped(ctx)?;
                            show(ctx, "copy", Some(done.load(Ordering::Relaxed))).await;
                        }
                    }
                };
                let named = self.named_files(&copy.state, &folder).await?;
                copy.close().await;
                (Tables::Read(tables), named)
            }
        };
        let mut files = vec![(STATE_FILE.to_owned(), dir.join(STATE_FILE))];
        files.extend(telemetry.then(|| (TELEMETRY_FILE.to_owned(), dir.join(TELEMETRY_FILE))));
        Ok(Copied { files, tables, named })
    }

    /// The description without what only packing tells: files, tables, signature.
    fn draft(&self, wanted: &Wanted, created_at: Timestamp, named: &mut Carried) -> Metadata {
        let p = self.p();
        Metadata {
            format: FORMAT,
            version: p.version.to_owned(),
            created_at: created_at.rfc3339(),
            kind: wanted.kind.clone(),
            note: wanted.note.clone(),
            engine: if p.store.engine() == Engine::Sqlite { "sqlite".to_owned() } else { "postgres".to_owned() },
            schema: schema_of(&p.migrations),
            key_fingerprint: p.vault.fingerprint(),
            files: Vec::new(),
            tables: Vec::new(),
            carried: std::mem::take(&mut named.sets),
            missing: std::mem::take(&mut named.missing),
            left_out: std::mem::take(&mut named.left_out),
            hmac: String::new(),
        }
    }

    /// Packs the copies and looks them through at the same time. The copies are only read from here on.
    async fn pack(
        &self,
        partial: &Path,
        draft: Metadata,
        copied: Copied,
        mut more: Vec<(String, PathBuf)>,
        ctx: Option<&JobContext>,
    ) -> Result<(Sum, Metadata)> {
        let p = self.p();
        let (tell, told) = oneshot::channel::<Vec<TableEntry>>();
        let (key, at, passphrase) = (p.vault.derive("backup"), p.clock.now(), self.passphrase()?);
        let (partial, rng, signal) = (partial.to_owned(), Arc::clone(&p.rng), ctx.cloned());
        let mut files = copied.files;
        let parts = parts_named(|name| files.iter().any(|(n, _)| n == name));
        files.append(&mut more);
        let packing = move || {
            let (mut told, mut draft) = (Some(told), Some(draft));
            let mut describe = |files| {
                let tables = told.take().and_then(|t| t.blocking_recv().ok());
                let (Some(tables), Some(mut m)) = (tables, draft.take()) else {
                    return Err(std::io::Error::other("the tables of the copy could not be read"));
                };
                (m.files, m.tables) = (files, tables);
                m.sign(&key);
                Ok(m)
            };
            let cancelled = || signal.as_ref().is_some_and(JobContext::is_cancelled);
            let contents = Contents { files, passphrase, at, describe: &mut describe, stopped: &cancelled };
            archive::pack(&partial, contents, &*rng)
        };
        let reading = async {
            match copied.tables {
                Tables::Read(tables) => Ok((None, tell.send(tables.into_iter().map(TableEntry::from).collect()).is_ok())),
                Tables::In(copy) => {
                    // Closing may write to the copy, which is being packed: it is left as it is.
                    if let Some(fault) = copy.integrity(Depth::Pages).await? {
                        return Err(AppError::internal(format!("the database is damaged: {fault}")));
                    }
                    let counts = transfer::counts(&mut copy.reading().await?, &parts).await?;
                    let entry = |(table, rows): (Table, u64)| TableEntry {
                        part: table.part.as_str().to_owned(),
                        table: table.name,
                        rows,
                        digest: None,
                    };
                    Ok((Some(copy), tell.send(counts.into_iter().map(entry).collect()).is_ok()))
                }
            }
        };
        let (packed, read) = tokio::join!(aside(packing, "writing the archive"), reading);
        if let (Some(copy), _) = read? {
            copy.close().await;
        }
        packed
    }

    /// Proves a new archive: it unpacks to exactly the bytes of the copies, which were looked through.
    async fn prove(&self, partial: &Path, passphrase: Option<Secret<String>>, wanted: &Metadata) -> Result<Verified> {
        let path = partial.to_owned();
        let found = aside(move || archive::check(&path, passphrase.as_ref()), "reading the new archive").await;
        let found = found.map_err(|e| AppError::internal(format!("the new archive does not restore: {}", e.message())))?;
        if found != *wanted || !found.is_signed_by(&self.p().vault.derive("backup")) {
            return Err(AppError::internal("the new archive does not restore: its description differs"));
        }
        let (tables, rows, files, losses) = (found.tables.len(), found.rows(), found.files.len(), found.losses());
        let detail = format!("{tables} tables, {rows} rows, {files} files equal; signature good{losses}");
        Ok(Verified { ok: true, at: self.p().clock.now(), detail })
    }

    /// Gives the finished archive its name: `-1` to `-100` when it is taken.
    async fn publish(&self, partial: &Path, at: Timestamp, encrypted: bool) -> Result<String> {
        let stem = format!("argos-backup-{}", at.datetime().format("%Y%m%d-%H%M%S"));
        let ending = if encrypted { ".tar.gz.enc" } else { ".tar.gz" };
        let (dir, partial) = (self.p().dir.clone(), partial.to_owned());
        let work = move || {
            for n in 0..=100 {
                let name = if n == 0 { format!("{stem}{ending}") } else { format!("{stem}-{n}{ending}") };
                // A hard link refuses a name that is taken; a rename would replace it.
                match std::fs::hard_link(&partial, dir.join(&name)) {
                    Ok(()) => {
                        std::fs::remove_file(&partial)?;
                        std::fs::File::open(&dir)?.sync_all()?;
                        return Ok(name);
                    }
                    Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
                    Err(e) => return Err(e),
                }
            }
            Err(std::io::Error::other("a hundred backups of this second exist"))
        };
        aside(work, "naming the archive").await
    }

    pub(crate) async fn record(&self, mut backup: Backup, wanted: &Wanted) -> Result<Backup> {
        let p = self.p();
        let actor = match &wanted.by {
            Some(name) => Actor { id: wanted.user_id, name: name.clone(), ..Self::system() },
            None => Self::system(),
        };
        let mut change = p.audit.begin(&actor).await?;
        backup.id = store::insert(&mut change, &backup).await?.ok_or_else(|| AppError::conflict("The backup is recorded already"))?;
        let text = format!("Backup {} written", backup.filename);
        let event = NewEvent::new(Source::Platform, "backup.completed", text.clone())
            .subject("backup", backup.id, backup.filename.as_str())
            .data(json!({ "file": backup.filename, "size_bytes": backup.size_bytes, "kind": backup.kind }));
        p.events.publish(&mut change, event).await?;
        let after = json!({ "filename": backup.filename, "size_bytes": backup.size_bytes, "sha256": backup.sha256, "kind": backup.kind });
        change.commit(Entry::new("backup.complete", Category::Data).target("backup", backup.id).describe(text).after(after)).await?;
        Ok(backup)
    }
}

/// What the page shows while it runs.
pub(crate) async fn show(ctx: Option<&JobContext>, phase: &str, rows: Option<u64>) {
    if let Some(ctx) = ctx {
        if rows.is_none() {
            ctx.say(phase);
        }
        ctx.progress(json!({ "phase": phase, "rows": rows })).await;
    }
}

fn stopped(ctx: Option<&JobContext>) -> Result<()> {
    match ctx {
        Some(ctx) if ctx.is_cancelled() => Err(AppError::conflict("The backup was cancelled").code("cancelled")),
        _ => Ok(()),
    }
}

//! The handle: what the parts of this crate share, and how it starts.

use std::path::PathBuf;
use std::sync::{Arc, RwLock};

use argos_audit::Audit;
use argos_events::Events;
use argos_jobs::{Announce, Jobs, KindSpec, Restart, ScheduleSpec, Schedules};
use argos_kernel::{Actor, AppError, Clock, Result, Rng, Secret, Shutdown, Tasks};
use argos_net::Net;
use argos_settings::Settings;
use argos_store::{Migration, Store};
use argos_vault::Vault;

use crate::JOB_KIND;
use crate::file_set::FileSet;
use crate::model::target::{self, Target};

/// The name under which the schedule of backups is listed.
pub(crate) const SCHEDULE_NAME: &str = "Instance backup";
const INTERRUPTED: &str = "The server stopped during the backup";

/// What backups are built from.
#[derive(Clone)]
pub struct BackupParts {
    pub store: Store,
    /// Every migration of the product: an archive may be older than the binary, never newer.
    pub migrations: Arc<[Migration]>,
    pub clock: Arc<dyn Clock>,
    pub rng: Arc<dyn Rng>,
    pub vault: Vault,
    pub settings: Settings,
    pub net: Net,
    pub events: Events,
    pub audit: Audit,
    pub jobs: Jobs,
    pub schedules: Schedules,
    pub data_dir: PathBuf,
    /// Where the archives lie.
    pub dir: PathBuf,
    pub version: &'static str,
}

pub(crate) struct Inner {
    pub(crate) parts: BackupParts,
    restart: Shutdown,
    /// One verification, preview or staging at a time: each needs the disk space of the whole store.
    pub(crate) scratch: tokio::sync::Mutex<()>,
    pub(crate) file_sets: RwLock<Vec<FileSet>>,
}

/// A handle to the backups of this instance. Clones share it.
#[derive(Clone)]
pub struct Backups(pub(crate) Arc<Inner>);

impl Backups {
    pub fn new(parts: BackupParts) -> Self {
        let backups =
            Self(Arc::new(Inner { parts, restart: Shutdown::new(), scratch: tokio::sync::Mutex::new(()), file_sets: RwLock::default() }));
        let spec = KindSpec { restart: Restart::Fail(INTERRUPTED), announce: Announce::Never, ..KindSpec::new("backup") };
        let maker = backups.clone();
        backups.p().jobs.register(
            JOB_KIND,
            spec,
            move |ctx: argos_jobs::JobContext| -> argos_web::BoxFuture<'static, argos_jobs::Verdict> {
                let maker = maker.clone();
                Box::pin(async move { maker.run_job(ctx).await })
            },
        );
        let checker = backups.clone();
        let spec = KindSpec { restart: Restart::Requeue, announce: Announce::Never, ..KindSpec::new("backup") };
        let verify = move |ctx: argos_jobs::JobContext| -> argos_web::BoxFuture<'static, argos_jobs::Verdict> {
            let checker = checker.clone();
            Box::pin(async move { checker.run_verification(ctx).await })
        };
        backups.p().jobs.register("backup.verify", spec, verify);
        backups.p().schedules.set_managed(JOB_KIND, "backup.schedule");
        backups
    }

    pub(crate) fn p(&self) -> &BackupParts {
        &self.0.parts
    }

    /// Puts files and rows in step, reports a restore that this start applied, and follows the schedule's settings.
    pub fn start(&self, tasks: &Tasks) {
        let backups = self.clone();
        tasks.supervise("backup.follow-settings", move |stop| {
            let backups = backups.clone();
            async move {
                // Who reads that the restore is done finds the archives beside the restored rows; a backup directory that
                // cannot be read must not keep the report back.
                let in_step = backups.reconcile().await;
                backups.report_restore().await?;
                in_step?;
                let mut changes = backups.p().settings.watch();
                loop {
                    backups.sync_schedule().await?;
                    tokio::select! {
                        () = stop.wait() => return Ok(()),
                        changed = changes.changed() => if changed.is_err() { return Ok(()) },
                    }
                }
            }
        });
    }

    /// Resolves when a staged restore asks for a restart of the process.
    pub async fn restart_wanted(&self) {
        self.0.restart.wait().await;
    }
    pub(crate) fn restart(&self) {
        self.0.restart.trigger();
    }

    pub(crate) fn passphrase(&self) -> Result<Option<Secret<String>>> {
        self.p().settings.secret("backup.passphrase")
    }
    /// Whether copies go to another place; a setting that cannot be used names none.
    pub fn has_target(&self) -> bool {
        self.target().is_ok_and(|target| target.is_some())
    }
    pub(crate) fn target(&self) -> Result<Option<Target>> {
        target::parse(&self.p().settings.json("backup.target")?)
    }

    /// One schedule of the product's clockwork, as the settings say.
    async fn sync_schedule(&self) -> Result<()> {
        let p = self.p();
        let (enabled, cron) = (p.settings.bool("backup.enabled")?, p.settings.text("backup.schedule")?);
        let wanted = ScheduleSpec {
            enabled,
            payload: serde_json::json!({ "kind": "scheduled" }),
            // A backup missed while the machine was off is made when it is on again.
            grace_s: 24 * 3600,
            ..ScheduleSpec::new(SCHEDULE_NAME, JOB_KIND, cron)
        };
        let present = p.schedules.list(Some(JOB_KIND)).await?;
        let mut tx = p.store.state.begin().await?;
        match present.first() {
            Some(s) if s.spec == wanted => return Ok(()),
            Some(s) => p.schedules.replace(&mut tx, s.id, &wanted).await?,
            None => drop(p.schedules.create(&mut tx, &wanted).await?),
        }
        tx.commit().await?;
        Ok(())
    }

    pub(crate) fn system() -> Actor {
        Actor::system()
    }
}

/// A failure of the file system, told to the operator; the path stays in the log.
pub(crate) fn io_error(what: &str) -> impl Fn(std::io::Error) -> AppError + '_ {
    move |e| match e.kind() {
        // A damaged compressed stream is an invalid input to those who unpack it.
        std::io::ErrorKind::InvalidData | std::io::ErrorKind::InvalidInput | std::io::ErrorKind::UnexpectedEof => {
            AppError::bad_request(e.to_string()).code("bad_archive")
        }
        std::io::ErrorKind::PermissionDenied if e.raw_os_error().is_none() => {
            AppError::bad_request(e.to_string()).code("passphrase_needed").with("field", "passphrase")
        }
        std::io::ErrorKind::StorageFull => AppError::new(argos_kernel::ErrorKind::Unavailable, "The disk is full").code("disk_full"),
        _ => {
            tracing::error!(error = %e, "{what} failed");
            AppError::internal(format!("{what}: {e}"))
        }
    }
}

/// Runs blocking work aside.
pub(crate) async fn aside<T: Send + 'static>(work: impl FnOnce() -> std::io::Result<T> + Send + 'static, what: &str) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await.map_err(AppError::internal)?;
    done.map_err(io_error(what))
}

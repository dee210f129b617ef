//! What the routes answer.

use argos_kernel::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::store::Backup;

/// One backup.
#[derive(Serialize, JsonSchema)]
pub(crate) struct BackupView {
    id: i64,
    filename: String,
    size_bytes: i64,
    /// Hexadecimal.
    sha256: String,
    /// `manual`, `scheduled`, `upgrade` (made before the first step of one), `uploaded` or `orphan`.
    kind: String,
    trigger_user_id: Option<i64>,
    created_at: String,
    note: Option<String>,
    uid: String,
    trigger_name: String,
    encrypted: bool,
    /// Engine, version and rows as the archive tells them; null when it cannot be read.
    engine: Option<String>,
    version: Option<String>,
    row_count: Option<i64>,
    /// `ok` or `failed`; null until it was verified.
    verify_state: Option<String>,
    verified_at: Option<String>,
    verify_detail: Option<String>,
    /// `uploaded` or `failed`; null without a target.
    remote_state: Option<String>,
    remote_place: Option<String>,
    remote_error: Option<String>,
}

impl From<Backup> for BackupView {
    fn from(b: Backup) -> Self {
        Self {
            id: b.id,
            filename: b.filename,
            size_bytes: b.size_bytes,
            sha256: b.sha256,
            kind: b.kind,
            trigger_user_id: b.trigger_user_id,
            created_at: b.created_at.rfc3339(),
            note: b.note,
            uid: b.uid.to_string(),
            trigger_name: b.trigger_name,
            encrypted: b.encrypted,
            engine: b.engine,
            version: b.version,
            row_count: b.row_count,
            verify_state: b.verify_state,
            verified_at: b.verified_at.map(Timestamp::rfc3339),
            verify_detail: b.verify_detail,
            remote_state: b.remote_state,
            remote_place: b.remote_place,
            remote_error: b.remote_error,
        }
    }
}

/// A job that was queued.
#[derive(Serialize, JsonSchema)]
pub(crate) struct JobStarted {
    pub(crate) job_id: i64,
}

/// A staged restore.
#[derive(Serialize, JsonSchema)]
pub(crate) struct RestoreReply {
    pub(crate) scheduled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) backup: Option<BackupView>,
    pub(crate) warnings: Vec<String>,
    pub(crate) message: String,
}

/// The page's head.
#[derive(Serialize, JsonSchema)]
pub(crate) struct StatusView {
    pub(crate) enabled: bool,
    pub(crate) schedule: String,
    pub(crate) retention_days: i64,
    pub(crate) include_telemetry: bool,
    pub(crate) encrypted: bool,
    /// RFC 3339; null while the schedule is off.
    pub(crate) next_run_at: Option<String>,
    pub(crate) last_backup_at: Option<String>,
    /// `ok`, `stale` (older than 48 hours) or `missing`.
    pub(crate) last_backup_status: &'static str,
    /// When the newest backup last proved that it restores; null when no backup did.
    pub(crate) last_good_at: Option<String>,
    /// A backup that failed after the newest good one, and why.
    pub(crate) last_failed_at: Option<String>,
    pub(crate) last_error: Option<String>,
    /// Where copies go; null without a target.
    pub(crate) target: Option<String>,
    /// Why the target's setting cannot be used.
    pub(crate) target_error: Option<String>,
    /// The backup or verification that runs or waits now.
    pub(crate) running_job_id: Option<i64>,
    /// The next start applies a restore.
    pub(crate) restore_pending: bool,
    /// Free space where backups lie; null when unknown.
    pub(crate) free_bytes: Option<u64>,
    /// Size of the databases a backup copies.
    pub(crate) database_bytes: i64,
}

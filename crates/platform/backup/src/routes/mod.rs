//! The HTTP side of backups (edge spec C15, and what the page needs besides).

mod manage;
pub(crate) mod portable;
mod restore;
mod view;

use std::sync::Arc;

use argos_kernel::Tasks;
use argos_web::Routes;

use crate::actions::preview::Preview;
use crate::backups::Backups;
use view::{BackupView, JobStarted, RestoreReply, StatusView};

/// Uploaded archives (edge spec C15).
const UPLOAD_MAX: usize = (500 << 20) + (64 << 10);

pub(crate) struct Service {
    pub(crate) backups: Backups,
    pub(crate) tasks: Tasks,
}

/// All routes of this crate.
pub fn routes(backups: Backups, tasks: Tasks) -> Routes {
    Routes::new(Arc::new(Service { backups, tasks }))
        .get("/api/backups", "backups.list", "Backups of this instance, newest first.", manage::list)
        .param("limit", "1-1000, default 100")
        .reply::<Vec<BackupView>>()
        .post("/api/backups", "backups.create", "Make a backup and wait for it.", manage::create)
        .param("wait", "false: answer 202 with the job at once")
        .body::<manage::CreateBackup>()
        .created::<BackupView>()
        .get("/api/backups/status", "backups.status", "Schedule, target, space, and what runs now.", manage::status)
        .reply::<StatusView>()
        .post("/api/backups/target/test", "backups.test_target", "Write, read and delete a test object at the target.", manage::test_target)
        .reply::<manage::TargetTested>()
        .post("/api/backups/upload", "backups.upload", "Add an archive (multipart `file`) without restoring it.", restore::upload)
        .body_limit(UPLOAD_MAX)
        .created::<BackupView>()
        .post(
            "/api/backups/upload-and-restore",
            "backups.upload_and_restore",
            "Restore an uploaded archive (multipart `file`, `confirm`).",
            restore::upload_and_restore,
        )
        .body_limit(UPLOAD_MAX)
        .reply::<RestoreReply>()
        .get("/api/backups/{id}", "backups.get", "One backup.", manage::get)
        .reply::<BackupView>()
        .delete("/api/backups/{id}", "backups.delete", "Delete a backup.", manage::delete)
        .get("/api/backups/{id}/download", "backups.download", "The archive.", manage::download)
        .post(
            "/api/backups/{id}/verify",
            "backups.verify",
            "Restore into scratch room and compare row by row; answers the job.",
            manage::verify,
        )
        .reply::<JobStarted>()
        .post("/api/backups/{id}/preview", "backups.preview", "What a restore would change.", restore::preview)
        .body::<restore::PreviewBody>()
        .reply::<Preview>()
        .post("/api/backups/{id}/restore", "backups.restore", "Stage a restore and restart.", restore::restore)
        .body::<restore::RestoreBody>()
        .reply::<RestoreReply>()
        .done()
}

//! Preview, upload, restore. Restoring asks for a fresh proof of identity.

use std::sync::Arc;

use argos_kernel::{AppError, Result, Secret};
use argos_vault::MasterKey;
use argos_web::{MultipartForm, Reply, Req};
use schemars::JsonSchema;
use serde::Deserialize;

use super::Service;
use super::view::{BackupView, RestoreReply};
use crate::actions::restore::{Consent, Staged};
use crate::store::Backup;

const MESSAGE: &str = "Restore scheduled; the server restarts now";

#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreviewBody {
    /// Of an encrypted archive; the setting `backup.passphrase` when absent.
    #[serde(default)]
    passphrase: Option<String>,
}

#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct RestoreBody {
    #[serde(default)]
    confirm: bool,
    #[serde(default)]
    passphrase: Option<String>,
    /// The master key the backup was made under, when it is another.
    #[serde(default)]
    archive_key: Option<String>,
    /// Restore although its secrets cannot be read; they are emptied.
    #[serde(default)]
    without_secrets: bool,
}

fn consent(passphrase: Option<String>, archive_key: Option<&str>, without_secrets: bool) -> Result<Consent> {
    let wrong = |e| AppError::bad_request(format!("archive_key: {e}")).code("invalid_field").with("field", "archive_key");
    let archive_key = archive_key.filter(|k| !k.trim().is_empty()).map(MasterKey::parse).transpose().map_err(wrong)?;
    let passphrase = passphrase.filter(|p| !p.is_empty()).map(Secret::new);
    Ok(Consent { passphrase, archive_key, without_secrets })
}

fn unconfirmed() -> AppError {
    AppError::bad_request("confirm must be true").code("confirmation_required").with("field", "confirm")
}

pub(crate) async fn preview(service: Arc<Service>, mut req: Req) -> Result<Reply> {
    let id = req.param_as("id")?;
    let body: PreviewBody = req.json().await?;
    Ok(Reply::json(&service.backups.preview(id, body.passphrase.filter(|p| !p.is_empty()).map(Secret::new)).await?))
}

pub(crate) async fn restore(service: Arc<Service>, mut req: Req) -> Result<Reply> {
    let id = req.param_as("id")?;
    let body: RestoreBody = req.json().await?;
    if !body.confirm {
        return Err(unconfirmed());
    }
    req.cx().require_step_up()?;
    let consent = consent(body.passphrase, body.archive_key.as_deref(), body.without_secrets)?;
    let (backup, staged) = service.backups.restore(&req.cx().actor(), id, consent).await?;
    Ok(scheduled(&service, Some(backup), staged))
}

pub(crate) async fn upload(service: Arc<Service>, mut req: Req) -> Result<Reply> {
    let (backup, _) = receive(&service, &mut req).await?;
    Ok(Reply::created(&BackupView::from(backup)))
}

pub(crate) async fn upload_and_restore(service: Arc<Service>, mut req: Req) -> Result<Reply> {
    req.cx().require_step_up()?;
    let (backup, form) = receive(&service, &mut req).await?;
    let text = |name: &str| form.field(name).map(|f| String::from_utf8_lossy(&f.data).into_owned());
    let is = |name: &str| text(name).is_some_and(|t| t == "true" || t == "1" || t == "on");
    let staged = async {
        if !is("confirm") {
            return Err(unconfirmed());
        }
        let consent = consent(text("passphrase"), text("archive_key").as_deref(), is("without_secrets"))?;
        service.backups.restore(&req.cx().actor(), backup.id, consent).await
    };
    match staged.await {
        Ok((_, staged)) => Ok(scheduled(&service, None, staged)),
        Err(error) => {
            // What could not be restored was only brought for this; it does not stay in the list.
            service.backups.delete(&req.cx().actor(), backup.id).await?;
            Err(error)
        }
    }
}

async fn receive(service: &Service, req: &mut Req) -> Result<(Backup, MultipartForm)> {
    let room = service.backups.upload_room().await?;
    let path = room.path.join("upload");
    let received = async {
        let form = req.multipart_to_file("file", &path).await?;
        let form = form.ok_or_else(|| AppError::bad_request("file is missing").code("invalid_field").with("field", "file"))?;
        let backup = service.backups.adopt_upload(&req.cx().actor(), path.clone()).await?;
        Ok((backup, form))
    };
    let outcome = received.await;
    room.remove().await;
    outcome
}

fn scheduled(service: &Service, backup: Option<Backup>, staged: Staged) -> Reply {
    service.backups.restart_soon(&service.tasks);
    let reply =
        RestoreReply { scheduled: true, backup: backup.map(BackupView::from), warnings: staged.warnings, message: MESSAGE.to_owned() };
    Reply::json(&reply).status(202)
}

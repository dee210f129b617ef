//! `/api/admin/ssh-keys`: the `authorized_keys` of the service account.

use argos_kernel::{AppError, Result};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::StatusOk;
use crate::service::Identity;

pub(super) fn routes(identity: &Identity) -> Routes<Identity> {
    Routes::new(identity.clone())
        .get("/api/admin/ssh-keys", "admin.list_ssh_keys", "SSH keys that may sign in as the service account.", list)
        .reply::<Vec<SshKeyLine>>()
        .post("/api/admin/ssh-keys", "admin.add_ssh_key", "Add a key.", add)
        .body::<AddBody>()
        .reply::<StatusOk>()
        .delete("/api/admin/ssh-keys/{key_id}", "admin.remove_ssh_key", "Remove a key by its place in the list.", remove)
        .reply::<StatusOk>()
}

#[derive(Serialize, JsonSchema)]
struct SshKeyLine {
    /// The place among the key lines, from 0.
    id: usize,
    #[serde(rename = "type")]
    kind: String,
    comment: String,
    /// The first 20 characters of the blob and `...`.
    fingerprint: String,
    /// As `ssh-keygen -l` shows it; null for a line of another form.
    sha256: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
struct AddBody {
    #[serde(default)]
    key: String,
}

async fn list(identity: Identity, _: Req) -> Result<Reply> {
    let keys = identity.ssh_keys().await?;
    let views: Vec<SshKeyLine> = keys
        .into_iter()
        .enumerate()
        .map(|(id, k)| SshKeyLine {
            id,
            fingerprint: format!("{}...", k.blob.chars().take(20).collect::<String>()),
            kind: k.kind,
            comment: k.comment,
            sha256: Some(k.sha256).filter(|s| !s.is_empty()),
        })
        .collect();
    Ok(Reply::json(&views))
}

async fn add(identity: Identity, mut req: Req) -> Result<Reply> {
    let body: AddBody = req.json().await?;
    identity.add_ssh_key(&req.cx().actor(), &body.key).await?;
    Ok(Reply::json(&StatusOk::OK))
}

async fn remove(identity: Identity, req: Req) -> Result<Reply> {
    let index = req.param("key_id").parse().map_err(|_| AppError::not_found("SSH key not found"))?;
    identity.remove_ssh_key(&req.cx().actor(), index).await?;
    Ok(Reply::json(&StatusOk::OK))
}

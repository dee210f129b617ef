//! The vault as its card in the settings shows it, and the start of a re-encryption.

use argos_jobs::{Job, State};
use argos_kernel::{Result, Timestamp};
use argos_platform::Platform;
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::rekey;

pub(crate) fn routes(platform: Platform) -> Routes {
    Routes::new(platform)
        .get("/api/system/vault", "vault.get", "The master key's fingerprint, the data keys and the last re-encryption.", get)
        .reply::<VaultView>()
        .post("/api/system/vault/rekey", "vault.rekey", "Seal every secret again with a new data key.", start)
        .reply::<Started>()
        .done()
}

#[derive(Serialize, JsonSchema)]
struct VaultView {
    /// A short name of the master key that reveals nothing about it.
    fingerprint: String,
    /// The data key that seals now.
    active_key: String,
    /// Older data keys that values are still sealed with: a re-encryption was begun and not finished.
    retired_keys: Vec<String>,
    /// Sealed values that could not be opened since the start.
    unreadable: u64,
    /// The newest re-encryption; null when there was none.
    rekey: Option<RekeyView>,
}

#[derive(Serialize, JsonSchema)]
struct RekeyView {
    job_id: i64,
    state: &'static str,
    started_by: String,
    created_at: String,
    finished_at: Option<String>,
    /// `owner`, `done`, `of` and `resealed` while it runs.
    progress: Option<Value>,
    /// `resealed` by column and `keys_forgotten`.
    result: Option<Value>,
    error: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Started {
    job_id: i64,
}

impl RekeyView {
    fn of(job: Job) -> Self {
        Self {
            job_id: job.id,
            state: job.state.as_str(),
            started_by: job.triggered_by,
            created_at: job.created_at.rfc3339(),
            finished_at: job.finished_at.map(Timestamp::rfc3339),
            progress: job.progress.filter(|_| job.state == State::Running),
            result: job.result,
            error: job.error,
        }
    }
}

async fn get(p: Platform, _: Req) -> Result<Reply> {
    Ok(Reply::json(&VaultView {
        fingerprint: p.vault.fingerprint(),
        active_key: p.vault.active_kid(),
        retired_keys: p.vault.retired_kids().await?,
        unreadable: p.vault.failures(),
        rekey: rekey::newest(&p).await?.map(RekeyView::of),
    }))
}

async fn start(p: Platform, req: Req) -> Result<Reply> {
    let cx = req.cx();
    cx.require_step_up()?;
    let job_id = rekey::start(&p, &cx.actor()).await?;
    Ok(Reply::json(&Started { job_id }).status(202))
}

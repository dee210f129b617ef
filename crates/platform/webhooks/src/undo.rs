//! Putting endpoints back as they were before they were changed or deleted: under their number, address and secret. What
//! had come to a deleted one is not brought back.

use argos_audit::Mutation;
use argos_kernel::{AppError, Result, Timestamp, Uid};
use argos_web::OpCx;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Webhooks;
use crate::endpoints::{entry, taken};
use crate::store::{self, Endpoint};

const ENDPOINT: &str = "webhook_endpoint.put_back";

/// An endpoint as it was; its secret stays sealed for its uid.
#[derive(Serialize, Deserialize)]
struct Kept {
    id: i64,
    uid: Uid,
    hook_id: String,
    name: String,
    source: String,
    verify_mode: String,
    secret_enc: String,
    /// With its end in microseconds since 1970.
    previous: Option<(String, i64)>,
    enabled: bool,
    trigger_count: i64,
    rejected: i64,
    last_triggered: Option<i64>,
    created_at: i64,
    organization_id: Option<i64>,
    project_id: Option<i64>,
}

impl Webhooks {
    pub(crate) fn offer_undos(&self) {
        self.0.audit.undo_by(ENDPOINT, &self.0, |own, cx, kept| Box::pin(async move { Self(own).put_back(&cx, kept).await }));
    }

    pub(crate) async fn offer(&self, change: &mut Mutation, e: &Endpoint) -> Result<()> {
        let kept = Kept {
            id: e.id,
            uid: e.uid,
            hook_id: e.hook_id.clone(),
            name: e.name.clone(),
            source: e.source.clone(),
            verify_mode: e.verify_mode.clone(),
            secret_enc: e.secret_enc.clone(),
            previous: e.previous.clone().map(|(secret, until)| (secret, until.micros())),
            enabled: e.enabled,
            trigger_count: e.trigger_count,
            rejected: e.rejected,
            last_triggered: e.last_triggered.map(Timestamp::micros),
            created_at: e.created_at.micros(),
            organization_id: e.organization_id,
            project_id: e.project_id,
        };
        change.offer_undo(ENDPOINT, &format!("webhook_endpoint:{}", e.id), &json!(kept)).await
    }

    async fn put_back(&self, cx: &OpCx, kept: Value) -> Result<()> {
        let kept: Kept = serde_json::from_value(kept).map_err(AppError::internal)?;
        cx.require_where(kept.organization_id, "webhooks:manage", "integration:configure")?;
        let endpoint = Endpoint {
            id: kept.id,
            uid: kept.uid,
            hook_id: kept.hook_id,
            name: kept.name,
            source: kept.source,
            verify_mode: kept.verify_mode,
            secret_enc: kept.secret_enc,
            previous: kept.previous.map(|(secret, until)| (secret, Timestamp::from_micros(until))),
            enabled: kept.enabled,
            trigger_count: kept.trigger_count,
            rejected: kept.rejected,
            last_triggered: kept.last_triggered.map(Timestamp::from_micros),
            created_at: Timestamp::from_micros(kept.created_at),
            organization_id: kept.organization_id,
            project_id: kept.project_id,
        };
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        match store::find_uid_in(&mut change, endpoint.uid).await? {
            Some(_) => store::update(&mut change, endpoint.id, &endpoint.name, endpoint.enabled).await?,
            None => store::restore(&mut change, &endpoint).await.map_err(taken)?,
        }
        change.commit(entry("restore", &endpoint, format!("Webhook {} put back", endpoint.name))).await
    }
}

//! Putting schedules back as they were before they were changed, paused or removed: under their number, so that their runs
//! are theirs again. The next slot is planned from now; runs that were cancelled with it stay cancelled.

use std::sync::Arc;

use argos_audit::{Category, Entry, Mutation};
use argos_kernel::{AppError, Result, Timestamp, Uid};
use argos_web::OpCx;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::hold::HoldPolicy;
use crate::schedule::{Misfire, Overlap, Schedule, ScheduleSpec};
use crate::schedule_routes::Service;

const SCHEDULE: &str = "schedule.put_back";

/// A schedule as it was; its secrets stay sealed for its uid. Times are microseconds since 1970.
#[derive(Serialize, Deserialize)]
struct Kept {
    id: i64,
    uid: Uid,
    name: String,
    job_kind: String,
    payload: Value,
    cron: String,
    timezone: Option<String>,
    enabled: bool,
    overlap: Overlap,
    misfire: Misfire,
    grace_s: i64,
    jitter_s: i64,
    until: Option<i64>,
    organization_id: Option<i64>,
    project_id: Option<i64>,
    approval: Option<HoldPolicy>,
    created_by: Option<String>,
    paused_until: Option<i64>,
    secrets_enc: Option<String>,
}

/// Offers to take a change of a schedule back; inside its transaction.
pub(crate) async fn offer(change: &mut Mutation, s: &Schedule) -> Result<()> {
    let spec = s.spec.clone();
    let kept = Kept {
        id: s.id,
        uid: s.uid,
        name: spec.name,
        job_kind: spec.job_kind,
        payload: spec.payload,
        cron: spec.cron,
        timezone: spec.timezone,
        enabled: spec.enabled,
        overlap: spec.overlap,
        misfire: spec.misfire,
        grace_s: spec.grace_s,
        jitter_s: spec.jitter_s,
        until: spec.until.map(Timestamp::micros),
        organization_id: spec.organization_id,
        project_id: spec.project_id,
        approval: s.approval.clone(),
        created_by: s.created_by.clone(),
        paused_until: s.paused_until.map(Timestamp::micros),
        secrets_enc: s.secrets_enc.clone(),
    };
    change.offer_undo(SCHEDULE, &format!("schedule:{}", s.id), &json!(kept)).await
}

/// Registers how a schedule is put back.
pub(crate) fn register(service: &Arc<Service>) {
    service.audit.undo_by(SCHEDULE, service, |service, cx, kept| Box::pin(async move { service.put_back(&cx, kept).await }));
}

impl Service {
    async fn put_back(&self, cx: &OpCx, kept: Value) -> Result<()> {
        let kept: Kept = serde_json::from_value(kept).map_err(AppError::internal)?;
        cx.require_where(kept.organization_id, "automations:manage", "test:write")?;
        let spec = ScheduleSpec {
            name: kept.name,
            job_kind: kept.job_kind,
            payload: kept.payload,
            cron: kept.cron,
            timezone: kept.timezone,
            enabled: kept.enabled,
            overlap: kept.overlap,
            misfire: kept.misfire,
            grace_s: kept.grace_s,
            jitter_s: kept.jitter_s,
            until: kept.until.map(Timestamp::from_micros),
            organization_id: kept.organization_id,
            project_id: kept.project_id,
        };
        let mut change = self.audit.begin(&cx.actor()).await?;
        if self.schedules.lock(&mut change, kept.id).await?.is_some() {
            self.schedules.replace(&mut change, kept.id, &spec).await?;
        } else {
            self.schedules.restore(&mut change, kept.id, kept.uid, &spec).await?;
        }
        self.schedules.own(&mut change, kept.id, kept.created_by.as_deref(), kept.secrets_enc.as_deref()).await?;
        self.schedules.set_approval(&mut change, kept.id, kept.approval.as_ref()).await?;
        if !spec.enabled {
            self.schedules.resume_at(&mut change, kept.id, kept.paused_until.map(Timestamp::from_micros)).await?;
        }
        let entry = Entry::new("schedule.restore", Category::Config).target("schedule", kept.id);
        let entry = entry.describe(format!("Schedule {} put back", spec.name));
        change
            .commit(match spec.organization_id {
                Some(organization) => entry.organization(organization),
                None => entry,
            })
            .await
    }
}

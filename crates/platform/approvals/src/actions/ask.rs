//! The question, recorded with the job that waits; and taken back when the job is cancelled.

use argos_events::{NewEvent, Source};
use argos_jobs::{Gate, Held, OnTimeout};
use argos_kernel::{AppError, Result, Severity, Uid};
use argos_store::{StoreError, Tx};
use argos_web::BoxFuture;
use serde_json::json;

use crate::model::{Approval, Status};
use crate::{Approvals, store};

impl Gate for Approvals {
    fn ask<'a>(&'a self, tx: &'a mut Tx, held: Held<'a>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let (now, hold) = (self.0.clock.now(), held.hold);
            let waits = hold.policy.on_timeout == OnTimeout::Wait;
            let mut payload = held.payload.clone();
            // A job that is repeated carries the decision of the first time.
            payload.as_object_mut().map(|p| p.shift_remove("approval"));
            let mut approval = Approval {
                id: 0,
                uid: Uid::mint(&*self.0.clock, &*self.0.rng),
                kind: hold.kind.clone(),
                status: Status::Pending,
                job_id: held.job_id,
                schedule_id: held.schedule_id,
                trigger: held.trigger.to_owned(),
                action_type: held.job_kind.to_owned(),
                action_params: payload,
                description: hold.description.clone(),
                target: hold.target.clone(),
                thread_id: hold.thread_id.clone(),
                organization_id: held.organization_id,
                project_id: held.project_id,
                required_permission: hold.permission.clone(),
                policy: hold.policy.clone(),
                modifiable: hold.modifiable.clone(),
                changes: None,
                risk: hold.risk.clone(),
                evidence: hold.evidence.clone(),
                denied_runs: hold.denied_runs,
                stage: "operator".to_owned(),
                defers: 0,
                comment: None,
                requested_at: now,
                requested_by: held.triggered_by.to_owned(),
                decided_at: None,
                decided_by: None,
                self_approved: false,
                escalate_at: hold.policy.escalate_s.map(|s| now.plus_secs(s)),
                expires_at: (!waits).then(|| now.plus_secs(hold.policy.timeout_s)),
            };
            approval.id = store::insert(tx, &approval).await.map_err(|e| match e {
                StoreError::Unique(_) => AppError::conflict("An approval is already pending").code("approval_pending"),
                other => other.into(),
            })?;
            if approval.organization_id.is_none() {
                let people = self.0.people.approvers(tx, &approval.required_permission).await?;
                if approval.asked(&people).next().is_none() {
                    return self.end_without_approver(tx, &mut approval).await;
                }
            }
            self.announce_request(tx, &approval).await
        })
    }

    fn withdraw<'a>(&'a self, tx: &'a mut Tx, job_id: i64) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let Some(id) = store::withdraw(tx, job_id, self.0.clock.now()).await? else { return Ok(()) };
            let Some(approval) = store::lock(tx, id).await? else { return Ok(()) };
            self.announce_end(tx, &approval, "approval.decided", "its job was cancelled").await
        })
    }
}

impl Approvals {
    /// Asks people: the notifier puts it into their inbox.
    pub(crate) async fn announce_request(&self, tx: &mut Tx, a: &Approval) -> Result<()> {
        let escalated = a.stage == "admin";
        let text = if escalated { format!("[ESCALATED] {}", a.description) } else { a.description.clone() };
        let data = json!({
            "approval_id": a.id, "uid": a.uid, "kind": a.kind, "action": a.action_type, "target": a.target, "requested_by": a.requested_by,
            "expires_at": a.expires_at.map(argos_kernel::Timestamp::rfc3339), "stage": a.stage, "quorum": a.policy.quorum,
            "action_url": format!("/inbox/approvals?id={}", a.id),
        });
        let mut event = NewEvent::new(Source::Ops, "approval.requested", text).subject("approval", a.id, a.description.as_str()).data(data);
        if escalated {
            event = event.severity(Severity::Error);
        }
        (event.organization_id, event.project_id) = (a.organization_id, a.project_id);
        event.actor = Some(a.requested_by.clone());
        self.0.events.publish(tx, event).await?;
        Ok(())
    }

    /// Nobody could ever decide: it is refused at once, loudly, instead of waiting for its deadline.
    async fn end_without_approver(&self, tx: &mut Tx, a: &mut Approval) -> Result<()> {
        let why = format!("nobody may approve it; it takes {}", a.required_permission);
        self.end(tx, a, Status::Denied, None, Some(&why), None).await?;
        let text = format!("{}: refused, {why}", a.description);
        let event = NewEvent::new(Source::Ops, "approval.nobody", text).subject("approval", a.id, a.description.as_str());
        self.0.events.publish(tx, event.data(json!({ "approval_id": a.id, "permission": a.required_permission }))).await?;
        Ok(())
    }

    /// Says how it ended.
    pub(crate) async fn announce_end(&self, tx: &mut Tx, a: &Approval, kind: &str, how: &str) -> Result<()> {
        let data = json!({
            "approval_id": a.id, "uid": a.uid, "kind": a.kind, "action": a.action_type, "target": a.target, "status": a.status.as_str(),
            "decided_by": a.decided_by, "comment": a.comment,
        });
        let text = format!("{}: {how}", a.description);
        let mut event = NewEvent::new(Source::Ops, kind, text).subject("approval", a.id, a.description.as_str()).data(data);
        (event.organization_id, event.project_id) = (a.organization_id, a.project_id);
        event.actor.clone_from(&a.decided_by);
        self.0.events.publish(tx, event).await?;
        Ok(())
    }
}

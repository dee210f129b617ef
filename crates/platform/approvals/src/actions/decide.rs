//! Somebody decides: consent, refusal, delay. One winner, whoever decides at the same time.

use argos_audit::{Category, Entry};
use argos_kernel::{AppError, CredentialKind, Result, Severity, Timestamp};
use argos_store::Tx;
use argos_web::OpCx;
use serde_json::{Map, Value, json};

use crate::model::{Approval, DEFER_S, DEFERS_MAX, Decision, Status, changes, merged};
use crate::store::Decided;
use crate::{Approvals, store};

/// What somebody says.
pub(crate) struct Word {
    pub(crate) decision: Decision,
    pub(crate) comment: Option<String>,
    pub(crate) modifications: Option<Value>,
    /// The documented name of the audit row, where a route has one of its own.
    pub(crate) audit_alias: &'static str,
    /// For whoever does the work: `approve_all` ...
    pub(crate) option: Option<String>,
}

impl Approvals {
    /// Decides, as the caller. 403 for who may not, 400 `Approval already <status>` for who comes late.
    pub(crate) async fn decide(&self, cx: &OpCx, id: i64, word: &Word) -> Result<Approval> {
        let (now, name) = (self.0.clock.now(), cx.caller.username.as_str());
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        let mut a = store::lock(&mut change, id).await?.ok_or_else(absent)?;
        if a.status != Status::Pending {
            return Err(already(a.status));
        }
        judge(cx, &a, word.decision)?;
        let comment = word.comment.as_deref().map(str::trim).filter(|c| !c.is_empty());
        match word.decision {
            Decision::Defer => {
                if a.defers >= DEFERS_MAX {
                    return Err(AppError::bad_request(format!("Approval was already deferred {DEFERS_MAX} times")).code("defer_limit"));
                }
                let later = |t: Option<Timestamp>| t.map(|t| t.plus_secs(DEFER_S));
                store::defer(&mut change, id, later(a.expires_at), later(a.escalate_at), comment).await?;
            }
            Decision::Deny => {
                self.end(&mut change, &mut a, Status::Denied, Some(name), comment, word.option.as_deref()).await?;
            }
            Decision::Approve => {
                if let Some(new) = changes(word.modifications.clone(), &a.modifiable)? {
                    let all: Map<String, Value> = a.changes.clone().unwrap_or_default().into_iter().chain(new).collect();
                    let checked = merged(&a.action_params, Some(&all), Value::Null);
                    self.0.jobs.check_payload(&a.action_type, &checked)?;
                    store::change(&mut change, id, Value::Object(all.clone()).to_string()).await?;
                    a.changes = Some(all);
                }
                if !store::vote(&mut change, id, name, comment, now).await? {
                    return Err(AppError::bad_request("You have already approved this request").code("already_voted"));
                }
                let votes = store::votes_in(&mut change, id).await?;
                if i64::try_from(votes.len()).unwrap_or(i64::MAX) >= a.policy.quorum {
                    self.end(&mut change, &mut a, Status::Approved, Some(name), comment, word.option.as_deref()).await?;
                }
            }
        }
        let facts = json!({
            "decision": word.decision.word(), "status": a.status.as_str(), "action": a.action_type, "job_id": a.job_id, "comment": comment,
            "modified": a.changes, "self_approved": a.self_approved, "quorum": a.policy.quorum,
        });
        let text = format!("{}: {} by {name}", a.description, word.decision.word());
        let mut entry = Entry::new("approval.decide", Category::Action).alias(word.audit_alias).target("approval", id).trigger("approval");
        if let Some(organization) = a.organization_id {
            entry = entry.organization(organization);
        }
        let level = if a.self_approved { Severity::Warning } else { Severity::Info };
        change.commit(entry.describe(text).after(facts).severity(level)).await?;
        self.find(store::By::Id(id)).await?.ok_or_else(absent)
    }

    /// Writes the end of a question and what it means for the job, inside `tx`. False when somebody else was first.
    pub(crate) async fn end(
        &self,
        tx: &mut Tx,
        a: &mut Approval,
        status: Status,
        by: Option<&str>,
        comment: Option<&str>,
        option: Option<&str>,
    ) -> Result<bool> {
        let at = self.0.clock.now();
        a.self_approved = status == Status::Approved && by == Some(a.requested_by.as_str());
        let changes = a.changes.as_ref().filter(|_| status.is_yes()).map(|c| Value::Object(c.clone()).to_string());
        if !store::decide(tx, a.id, &Decided { status, at, by, comment, changes, self_approved: a.self_approved }).await? {
            return Ok(false);
        }
        (a.status, a.decided_at, a.decided_by) = (status, Some(at), by.map(str::to_owned));
        if let Some(comment) = comment {
            a.comment = Some(comment.to_owned());
        }
        let decision = json!({ "id": a.id, "status": status.as_str(), "decided_by": by, "comment": comment, "option": option });
        let moved = if status.is_yes() || a.denied_runs {
            let payload = merged(&a.action_params, a.changes.as_ref().filter(|_| status.is_yes()), decision);
            let people = if a.organization_id.is_none() { self.0.people.approvers(tx, &a.required_permission).await? } else { Vec::new() };
            let from = at.plus_secs(a.second_thoughts_s(&people));
            if status.is_yes() {
                self.0.jobs.release(tx, a.job_id, &payload, from).await?
            } else {
                self.0.jobs.release_refused(tx, a.job_id, &payload, from).await?
            }
        } else {
            let reason = comment.map(|c| format!(": {c}")).unwrap_or_default();
            let why = match status {
                Status::Expired => "Nobody decided in time".to_owned(),
                _ => format!("Denied by {}{reason}", by.unwrap_or("system")),
            };
            self.0.jobs.refuse(tx, a.job_id, &why).await?
        };
        if !moved {
            // Cancelling a job takes its question back in the same transaction, so this is never met in order.
            return Err(AppError::conflict("The job does not wait any more").code("job_not_waiting"));
        }
        let (kind, how) = match status {
            Status::Expired => ("approval.expired", "nobody decided in time".to_owned()),
            Status::AutoApproved => ("approval.decided", "approved, because nobody decided in time".to_owned()),
            other => ("approval.decided", format!("{} by {}", other.as_str(), by.unwrap_or("system"))),
        };
        self.announce_end(tx, a, kind, &how).await?;
        Ok(true)
    }

    pub(crate) async fn find(&self, by: store::By<'_>) -> Result<Option<Approval>> {
        Ok(store::find(&self.0.db, by).await?)
    }
}

/// An API key decides only with the exact scope; a bundle or `*` was never meant as a consent.
fn exact_scope(cx: &OpCx, a: &Approval) -> Result<()> {
    let wanted = if a.organization_id.is_some() { "healing:approve" } else { "approvals:decide" };
    if cx.caller.credential != CredentialKind::ApiKey || cx.caller.key_scopes.iter().any(|s| s == wanted) {
        return Ok(());
    }
    let text = format!("An API key decides only with the scope {wanted}");
    Err(AppError::forbidden(text).code("exact_scope_required").with("permission", wanted))
}

/// Who may: an approver the policy names, holding the right the action itself needs.
fn judge(cx: &OpCx, a: &Approval, decision: Decision) -> Result<()> {
    exact_scope(cx, a)?;
    if !a.may_be_decided_by(&cx.caller.username) {
        return Err(AppError::forbidden("You are not among the approvers of this request").code("not_an_approver"));
    }
    if decision == Decision::Approve && !holds(cx, a) {
        let text = format!("Permission denied: {}", a.required_permission);
        return Err(AppError::forbidden(text).code("permission_denied").with("permission", a.required_permission.as_str()));
    }
    Ok(())
}

/// Whether the caller's consent would count.
pub(crate) fn may_decide(cx: &OpCx, a: &Approval) -> bool {
    judge(cx, a, Decision::Approve).is_ok()
}

/// Whether the caller may refuse it or put it off.
pub(crate) fn may_deny(cx: &OpCx, a: &Approval) -> bool {
    judge(cx, a, Decision::Deny).is_ok()
}

/// Whether the caller could do by hand what is asked for.
fn holds(cx: &OpCx, a: &Approval) -> bool {
    let Some(organization) = a.organization_id else { return cx.has(&a.required_permission) };
    let member = cx.caller.memberships.iter().find(|m| m.organization_id == organization);
    cx.caller.role == Some(argos_kernel::Role::Owner) || member.is_some_and(|m| m.grants.has(&a.required_permission))
}

pub(crate) fn absent() -> AppError {
    AppError::not_found("Approval not found")
}

pub(crate) fn already(status: Status) -> AppError {
    AppError::bad_request(format!("Approval already {}", status.as_str())).code("approval_decided").with("status", status.as_str())
}

//! `/api/v1/approvals*`: runs of an organization that wait for a decision, by their thread.

use std::sync::Arc;
use std::time::Duration;

use argos_jobs::State;
use argos_kernel::{AppError, ErrorKind, Result, Timestamp};
use argos_web::{ProjectRef, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::actions::Word;
use crate::model::{Approval, Decision, Status};
use crate::{Approvals, store};

/// `wait` answers at the latest then.
const WAIT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(250);

pub(super) fn declare(routes: Routes<Arc<Approvals>>) -> Routes<Arc<Approvals>> {
    routes
        .get("/api/v1/approvals/pending", "approvals.threads", "Runs that wait for a decision, oldest first.", pending)
        .param("project_id", "runs of one project")
        .param("approval_type", "healing or test_plan")
        .reply::<Vec<PendingView>>()
        .post("/api/v1/approvals/{thread_id}/approve", "approvals.approve_thread", "Let a paused run go on.", approve)
        .body::<ApproveBody>()
        .reply::<AnswerView>()
        .post("/api/v1/approvals/{thread_id}/reject", "approvals.reject_thread", "Refuse what a paused run would do.", reject)
        .body::<RejectBody>()
        .reply::<AnswerView>()
        .post(
            "/api/v1/approvals/{thread_id}/modify",
            "approvals.modify_thread",
            "Change what a paused run would do, and let it go on.",
            modify,
        )
        .body::<ModifyBody>()
        .reply::<AnswerView>()
}

#[derive(Serialize, JsonSchema)]
struct PendingView {
    thread_id: String,
    paused_at: String,
    paused_before: Option<String>,
    state_summary: Value,
    action_description: String,
    created_at: String,
    approval_type: &'static str,
    options: Vec<String>,
    project_id: Option<String>,
    expires_at: Option<String>,
    failures: Value,
    fixes: Value,
}

#[derive(Deserialize, JsonSchema)]
struct ApproveBody {
    reason: Option<String>,
    /// approve_all or approve_critical
    decision: Option<String>,
    modifications: Option<Value>,
    /// Waits up to 30 s for the run to end or pause again.
    #[serde(default)]
    wait: bool,
}

#[derive(Deserialize, JsonSchema)]
struct RejectBody {
    reason: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
struct ModifyBody {
    modifications: Value,
    reason: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct AnswerView {
    status: &'static str,
    thread_id: String,
    message: String,
    result: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    modified_keys: Vec<String>,
}

fn type_of(kind: &str) -> &'static str {
    match kind {
        "test_healing" => "healing",
        "test_plan" => "test_plan",
        _ => "unknown",
    }
}

fn view(a: &Approval, projects: &[ProjectRef]) -> PendingView {
    let part = |name: &str| a.evidence.get(name).cloned();
    let list = |name: &str| part(name).filter(Value::is_array).unwrap_or_else(|| json!([]));
    let options = list("options").as_array().into_iter().flatten().filter_map(|o| o.as_str().map(str::to_owned)).collect();
    PendingView {
        thread_id: a.thread_id.clone().unwrap_or_default(),
        paused_at: a.requested_at.rfc3339(),
        paused_before: part("paused_before").and_then(|p| p.as_str().map(str::to_owned)),
        state_summary: part("state_summary").unwrap_or_default(),
        action_description: a.description.clone(),
        created_at: a.requested_at.rfc3339(),
        approval_type: type_of(&a.kind),
        options,
        project_id: projects.iter().find(|p| Some(p.id) == a.project_id).map(|p| p.uid.to_string()),
        expires_at: a.expires_at.map(Timestamp::rfc3339),
        failures: list("failures"),
        fixes: list("fixes"),
    }
}

fn is_thread(a: &Approval, organization: i64) -> bool {
    a.kind.starts_with("test_") && a.thread_id.is_some() && a.organization_id == Some(organization)
}

async fn pending(approvals: Arc<Approvals>, req: Req) -> Result<Reply> {
    let organization = approvals.0.people.organization_of(&req).await?;
    let project = match req.query().filled("project_id") {
        Some(text) => Some(approvals.0.people.project_named(&req, text).await?.id),
        None => None,
    };
    let wanted = req.query().filled("approval_type");
    let open = store::threads(&approvals.0.db, organization).await?.into_iter();
    let open = open.filter(|a| is_thread(a, organization) && project.is_none_or(|p| a.project_id == Some(p)));
    let projects = approvals.0.people.projects_of(organization).await?;
    Ok(Reply::json(&open.filter(|a| wanted.is_none_or(|t| t == type_of(&a.kind))).map(|a| view(&a, &projects)).collect::<Vec<_>>()))
}

async fn named(approvals: &Approvals, req: &Req) -> Result<Approval> {
    let organization = approvals.0.people.organization_of(req).await?;
    let found = approvals.find(store::By::Thread(req.param("thread_id"))).await?;
    let found = found.filter(|a| is_thread(a, organization));
    let found = found.ok_or_else(|| AppError::not_found("No pending action for this thread"))?;
    if found.status == Status::Pending { Ok(found) } else { Err(late(found.status)) }
}

fn late(status: Status) -> AppError {
    AppError::conflict(format!("Approval already {}", word_of(status))).code("approval_decided").with("status", word_of(status))
}

/// The words of this view.
fn word_of(status: Status) -> &'static str {
    match status {
        Status::Denied => "rejected",
        Status::AutoApproved => "approved",
        Status::Cancelled => "aborted",
        other => other.as_str(),
    }
}

async fn decide(approvals: &Approvals, req: &Req, found: &Approval, word: &Word) -> Result<Approval> {
    // Who loses the race gets 409 here, 400 in the other view.
    approvals.decide(req.cx(), found.id, word).await.map_err(|e| match (e.kind(), e.extra().get("status").and_then(Value::as_str)) {
        (ErrorKind::BadRequest, Some(status)) => Status::parse(status).map_or(e, late),
        _ => e,
    })
}

async fn approve(approvals: Arc<Approvals>, mut req: Req) -> Result<Reply> {
    let found = named(&approvals, &req).await?;
    let body: ApproveBody = req.json().await?;
    let option = body.decision.unwrap_or_else(|| "approve_all".to_owned());
    if !["approve_all", "approve_critical"].contains(&option.as_str()) {
        let text = "decision must be approve_all or approve_critical";
        return Err(AppError::bad_request(text).code("invalid_decision").with("field", "decision"));
    }
    let word = Word {
        decision: Decision::Approve,
        comment: body.reason,
        modifications: body.modifications,
        audit_alias: "approval.approve",
        option: Some(option),
    };
    let done = decide(&approvals, &req, &found, &word).await?;
    let result = if body.wait { follow(&approvals, done.job_id).await? } else { None };
    Ok(answer(&done, "approved", result))
}

async fn reject(approvals: Arc<Approvals>, mut req: Req) -> Result<Reply> {
    let found = named(&approvals, &req).await?;
    let body: RejectBody = req.json().await?;
    let word = Word { decision: Decision::Deny, comment: body.reason, modifications: None, audit_alias: "approval.reject", option: None };
    let done = decide(&approvals, &req, &found, &word).await?;
    Ok(answer(&done, "rejected", None))
}

async fn modify(approvals: Arc<Approvals>, mut req: Req) -> Result<Reply> {
    let found = named(&approvals, &req).await?;
    let body: ModifyBody = req.json().await?;
    if body.modifications.as_object().is_none_or(serde_json::Map::is_empty) {
        return Err(AppError::bad_request("modifications must not be empty").code("invalid_modifications").with("field", "modifications"));
    }
    let word = Word {
        decision: Decision::Approve,
        comment: body.reason,
        modifications: Some(body.modifications),
        audit_alias: "approval.modify",
        option: None,
    };
    let done = decide(&approvals, &req, &found, &word).await?;
    Ok(answer(&done, "modified", None))
}

fn answer(a: &Approval, status: &'static str, result: Option<Value>) -> Reply {
    let message = if a.status == Status::Pending {
        format!("Recorded; {} people must approve", a.policy.quorum)
    } else {
        match status {
            "rejected" => "Action rejected",
            "modified" => "Action modified and approved",
            _ => "Action approved",
        }
        .to_owned()
    };
    let modified_keys = if status == "modified" { a.modified_keys().into_iter().map(str::to_owned).collect() } else { Vec::new() };
    Reply::json(&AnswerView { status, thread_id: a.thread_id.clone().unwrap_or_default(), message, result, modified_keys })
}

/// Waits until the run has ended or waits again; null when it does neither in time.
async fn follow(approvals: &Approvals, job_id: i64) -> Result<Option<Value>> {
    let until = tokio::time::Instant::now() + WAIT;
    while tokio::time::Instant::now() < until {
        let Some(job) = approvals.0.jobs.find(&job_id.to_string()).await? else { return Ok(None) };
        if job.state.is_final() || job.state == State::Waiting {
            let mut result = job.result.unwrap_or_else(|| json!({}));
            if let Some(map) = result.as_object_mut() {
                map.insert("completed".to_owned(), json!(job.state == State::Succeeded));
                if let Some(error) = job.error {
                    map.insert("error".to_owned(), json!(error));
                }
            }
            return Ok(Some(result));
        }
        tokio::time::sleep(POLL).await;
    }
    Ok(None)
}

//! `/api/approvals*` and `/api/runs/{run_id}/approve`: every kind the caller may see. Times are Unix seconds.

use std::sync::Arc;

use argos_audit::redact_names;
use argos_jobs::{Job, State};
use argos_kernel::{AppError, Result, Timestamp};
use argos_web::{OpCx, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::actions::{Word, absent, is_visible, may_decide, seen};
use crate::model::{Approval, Decision, Status, Vote};
use crate::{Approvals, store};

pub(super) fn declare(routes: Routes<Arc<Approvals>>) -> Routes<Arc<Approvals>> {
    routes
        .get("/api/approvals", "approvals.list", "Decisions asked for, newest first.", list)
        .param("status", "pending (default), all, approved, denied, auto_approved, expired, cancelled")
        .param("limit", "1-500, default 100")
        .param("offset", "rows to skip")
        .reply::<Vec<ApprovalView>>()
        .get("/api/approvals/count", "approvals.count", "How many decisions are open.", count)
        .reply::<CountView>()
        .get("/api/approvals/{approval_id}", "approvals.get", "One decision, with who consented and what became of it.", get)
        .reply::<ApprovalView>()
        .post("/api/approvals/{approval_id}/decide", "approvals.decide", "Approve, deny or put off.", decide)
        .body::<DecideBody>()
        .reply::<DecidedView>()
        .post("/api/runs/{run_id}/approve", "approvals.approve_run", "Let a run that waits for a decision start.", approve_run)
        .reply::<OkView>()
}

#[derive(Serialize, JsonSchema)]
struct VoteView {
    username: String,
    comment: Option<String>,
    at: i64,
}

/// A decision asked for.
#[derive(Serialize, JsonSchema)]
struct ApprovalView {
    id: i64,
    uid: String,
    /// What asks: `automation`, a schedule whose work is to be decided first. Other parts may hold their work under words of their own.
    kind: String,
    status: &'static str,
    /// One sentence: what will be done.
    description: String,
    /// The schedule, automation or rule that asks.
    automation_id: Option<String>,
    /// The job that waits.
    run_id: i64,
    trigger: String,
    trigger_source: String,
    action_type: String,
    action_params: Value,
    target: Option<String>,
    requested_at: i64,
    requested_by: String,
    decided_at: Option<i64>,
    decided_by: Option<String>,
    /// When it approves itself; null when it does not.
    auto_approve_at: Option<i64>,
    auto_approve_after: Option<i64>,
    expires_at: Option<i64>,
    /// `deny`, `approve` or `wait`.
    on_timeout: argos_jobs::OnTimeout,
    stage: String,
    defers: i64,
    comment: Option<String>,
    risk: Option<String>,
    evidence: Option<Value>,
    /// Null = unknown.
    reversible: Option<bool>,
    required_permission: String,
    approvers: Vec<String>,
    quorum: i64,
    votes: Vec<VoteView>,
    modifiable: Vec<String>,
    modified_keys: Vec<String>,
    self_approved: bool,
    thread_id: Option<String>,
    /// Whether the caller may approve it.
    decidable: bool,
    /// State of the job: `waiting`, `running`, `succeeded` ...; null when it is gone.
    run_state: Option<State>,
    /// What the job answered; null before it has.
    result: Option<Value>,
    error: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct CountView {
    count: i64,
}

/// A decision. `modifications` changes members of the action that may be changed, and approves.
#[derive(Deserialize, JsonSchema)]
struct DecideBody {
    /// approved/approve, denied/deny, deferred/defer
    #[serde(default)]
    decision: String,
    comment: Option<String>,
    modifications: Option<Value>,
}

#[derive(Serialize, JsonSchema)]
struct DecidedView {
    status: &'static str,
    decision: &'static str,
    /// Where the question stands now: `pending` while more consents are needed.
    approval_status: &'static str,
    consents: usize,
    quorum: i64,
}

#[derive(Serialize, JsonSchema)]
struct OkView {
    status: &'static str,
}

/// Renders a page: votes and jobs are asked for once.
async fn views(approvals: &Approvals, cx: &OpCx, page: Vec<Approval>) -> Result<Vec<ApprovalView>> {
    let ids: Vec<i64> = page.iter().map(|a| a.id).collect();
    let mut votes = store::votes_of_many(&approvals.0.db, &ids).await?;
    let runs: Vec<i64> = page.iter().map(|a| a.job_id).collect();
    let mut jobs = approvals.0.jobs.find_many(&runs).await?;
    let one = |a: Approval| {
        let (consents, job) = (votes.remove(&a.id).unwrap_or_default(), jobs.remove(&a.job_id));
        view(cx, a, consents, job)
    };
    Ok(page.into_iter().map(one).collect())
}

fn view(cx: &OpCx, a: Approval, votes: Vec<Vote>, job: Option<Job>) -> ApprovalView {
    let decidable = a.status == Status::Pending && may_decide(cx, &a);
    let seconds = |t: Option<Timestamp>| t.map(Timestamp::secs);
    let mut params = a.action_params.clone();
    for (key, value) in a.changes.iter().flatten() {
        params[key] = value.clone();
    }
    redact_names(&mut params);
    ApprovalView {
        id: a.id,
        uid: a.uid.to_string(),
        status: a.status.as_str(),
        automation_id: a.schedule_id.map(|id| id.to_string()),
        run_id: a.job_id,
        trigger_source: a.kind.clone(),
        action_type: a.action_type.clone(),
        action_params: params,
        requested_at: a.requested_at.secs(),
        decided_at: seconds(a.decided_at),
        auto_approve_at: seconds(a.auto_approve_at()),
        auto_approve_after: seconds(a.auto_approve_at()),
        expires_at: seconds(a.expires_at),
        on_timeout: a.policy.on_timeout,
        modified_keys: a.modified_keys().into_iter().map(str::to_owned).collect(),
        votes: votes.into_iter().map(|v| VoteView { username: v.username, comment: v.comment, at: v.at.secs() }).collect(),
        evidence: Some(a.evidence).filter(|e| !e.is_null()),
        kind: a.kind,
        description: a.description,
        trigger: a.trigger,
        target: a.target,
        requested_by: a.requested_by,
        decided_by: a.decided_by,
        stage: a.stage,
        defers: a.defers,
        comment: a.comment,
        risk: a.risk,
        reversible: None,
        required_permission: a.required_permission,
        approvers: a.policy.approvers,
        quorum: a.policy.quorum,
        modifiable: a.modifiable,
        self_approved: a.self_approved,
        thread_id: a.thread_id,
        decidable,
        run_state: job.as_ref().map(|j| j.state),
        error: job.as_ref().and_then(|j| j.error.clone()),
        result: job.and_then(|j| j.result),
    }
}

async fn list(approvals: Arc<Approvals>, req: Req) -> Result<Reply> {
    let q = req.query();
    let status =
        match q.filled("status").unwrap_or("pending") {
            "all" => None,
            word => Some(Status::parse(word).ok_or_else(|| {
                AppError::bad_request(format!("unknown status `{word}`")).code("invalid_parameter").with("field", "status")
            })?),
        };
    let (limit, offset) = (q.int_clamped("limit", 100, 1, 500)?, q.int_clamped("offset", 0, 0, i64::MAX)?);
    let page = store::list(&approvals.0.db, status, seen(req.cx()).as_deref(), limit, offset).await?;
    Ok(Reply::json(&views(&approvals, req.cx(), page).await?))
}

async fn count(approvals: Arc<Approvals>, req: Req) -> Result<Reply> {
    Ok(Reply::json(&CountView { count: store::open(&approvals.0.db, seen(req.cx()).as_deref()).await? }))
}

async fn named(approvals: &Approvals, req: &Req) -> Result<Approval> {
    let text = req.param("approval_id");
    let by = match (text.parse::<i64>(), text.parse()) {
        (Ok(id), _) => store::By::Id(id),
        (_, Ok(uid)) => store::By::Uid(uid),
        _ => return Err(absent()),
    };
    approvals.find(by).await?.filter(|a| is_visible(req.cx(), a)).ok_or_else(absent)
}

async fn get(approvals: Arc<Approvals>, req: Req) -> Result<Reply> {
    let approval = named(&approvals, &req).await?;
    let one = views(&approvals, req.cx(), vec![approval]).await?.pop().ok_or_else(absent)?;
    Ok(Reply::json(&one))
}

async fn decide(approvals: Arc<Approvals>, mut req: Req) -> Result<Reply> {
    let found = named(&approvals, &req).await?;
    let body: DecideBody = req.json().await?;
    let decision = Decision::parse(&body.decision).ok_or_else(|| {
        AppError::bad_request("decision must be approved, denied or deferred").code("invalid_decision").with("field", "decision")
    })?;
    if body.modifications.is_some() && decision != Decision::Approve {
        let text = "modifications go with decision approved only";
        return Err(AppError::bad_request(text).code("invalid_modifications").with("field", "modifications"));
    }
    let word = Word { decision, comment: body.comment, modifications: body.modifications, audit_alias: "approval_decide", option: None };
    let now = approvals.decide(req.cx(), found.id, &word).await?;
    let consents = store::votes(&approvals.0.db, now.id).await?.len();
    Ok(Reply::json(&DecidedView {
        status: "ok",
        decision: decision.word(),
        approval_status: now.status.as_str(),
        consents,
        quorum: now.policy.quorum,
    }))
}

async fn approve_run(approvals: Arc<Approvals>, req: Req) -> Result<Reply> {
    let gone = || AppError::not_found("Run not found");
    let job = approvals.0.jobs.find(req.param("run_id")).await?.ok_or_else(gone)?;
    let approval = approvals.find(store::By::Job(job.id)).await?;
    if approval.as_ref().is_some_and(|a| !is_visible(req.cx(), a)) || (approval.is_none() && job.organization_id.is_some()) {
        return Err(gone());
    }
    let open = approval.filter(|a| a.status == Status::Pending && job.state == State::Waiting);
    let open = open.ok_or_else(|| AppError::bad_request("Run is not pending approval").code("run_not_pending"))?;
    let word = Word { decision: Decision::Approve, comment: None, modifications: None, audit_alias: "run_approve", option: None };
    approvals.decide(req.cx(), open.id, &word).await?;
    Ok(Reply::json(&OkView { status: "ok" }))
}

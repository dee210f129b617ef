//! `/api/v1/healing/suggestions`: what waits for a decision, why, and the decisions.

use argos_kernel::{AppError, PageRequest, Result, Timestamp};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Service;
use super::healing_view::{HistoryView, SuggestionFull, SuggestionView};
use crate::actions::heal_review::Reviewer;
use crate::actions::tests::fault;
use crate::model::healing::{KeptPattern, Scope, Suggestion, SuggestionStatus};
use crate::service::Testing;
use crate::store::patterns;
use crate::store::suggestions::{self, Filter};

/// Longest note of a decision.
const NOTE_MAX: usize = 2_000;
const BULK_MAX: usize = 100;
const PATTERNS_MAX: i64 = 1_000;

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .get("/api/v1/healing/suggestions", "healing.list", "What healing proposes, the surest first.", list)
        .param("project_id", "of one project")
        .param("test_id", "of one test")
        .param("run_id", "last seen in this run")
        .param("status", "pending (default), applied, auto_applied, rejected, expired, superseded, all")
        .param("fix_type", "update_selector, increase_timeout, update_assertion")
        .param("min_confidence", "0-1")
        .param("limit", "1-500, default 50")
        .param("offset", "suggestions to skip")
        .reply::<SuggestionsView>()
        .get("/api/v1/healing/suggestions/{id}", "healing.get", "One proposal with its candidates and pictures.", get)
        .reply::<SuggestionFull>()
        .post("/api/v1/healing/suggestions/{id}/apply", "healing.apply", "Put a proposal into its test, as a new version.", apply)
        .body::<ApplyBody>()
        .reply::<AppliedView>()
        .post("/api/v1/healing/suggestions/{id}/reject", "healing.reject", "Refuse a proposal; it is not made again for 30 days.", reject)
        .body::<RejectBody>()
        .reply::<DecidedView>()
        .post("/api/v1/healing/suggestions/{id}/undo", "healing.undo", "Take a decision back, with what it changed.", undo)
        .reply::<DecidedView>()
        .post("/api/v1/healing/suggestions/bulk", "healing.bulk", "Decide several proposals; some may fail.", bulk)
        .body::<BulkBody>()
        .reply::<BulkView>()
        .get("/api/v1/healing/history/{test_id}", "healing.history", "What healing proposed for a test, newest first.", history)
        .param("limit", "1-200, default 50")
        .param("offset", "entries to skip")
        .reply::<HistoryView>()
}

#[derive(Serialize, JsonSchema)]
struct SuggestionsView {
    suggestions: Vec<SuggestionView>,
    total: i64,
    limit: i64,
    offset: i64,
}

#[derive(Deserialize, JsonSchema, Default)]
#[serde(default)]
struct ApplyBody {
    scope: Scope,
    note: Option<String>,
}

#[derive(Deserialize, JsonSchema, Default)]
#[serde(default)]
struct RejectBody {
    reason: Option<String>,
    /// The page is wrong, not the test.
    mark_as_bug: bool,
}

#[derive(Serialize, JsonSchema)]
struct AppliedView {
    success: bool,
    message: String,
    suggestion_id: String,
    status: SuggestionStatus,
    test_id: String,
    test_version: Option<i64>,
    /// Ids of the tests that have a new version.
    updated_tests: Vec<String>,
    applied_at: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct DecidedView {
    success: bool,
    message: String,
    suggestion_id: String,
    status: SuggestionStatus,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Decision {
    Apply,
    Reject,
}

#[derive(Deserialize, JsonSchema)]
struct BulkBody {
    /// 1-100 ids.
    suggestion_ids: Vec<String>,
    action: Decision,
    #[serde(default)]
    note: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct BulkView {
    success: bool,
    /// Ids of the proposals that were decided.
    decided: Vec<String>,
    failed: Vec<Value>,
    decided_count: usize,
    failed_count: usize,
}

impl AppliedView {
    fn of(s: &Suggestion) -> Self {
        let own = s.details.taken.iter().find(|t| t.test == s.test_uid);
        Self {
            success: true,
            message: format!("The test uses {} now", s.new_value),
            suggestion_id: s.uid.to_string(),
            status: s.status,
            test_id: s.test_uid.to_string(),
            test_version: own.map(|t| t.after),
            updated_tests: s.details.taken.iter().map(|t| t.test.to_string()).collect(),
            applied_at: s.reviewed_at.map(Timestamp::rfc3339),
        }
    }
}

impl DecidedView {
    fn of(s: &Suggestion, message: &str) -> Self {
        Self { success: true, message: message.to_owned(), suggestion_id: s.uid.to_string(), status: s.status }
    }
}

/// A note of a decision, or the fault of its field.
fn noted(field: &str, note: Option<String>) -> Result<Option<String>> {
    let long = note.as_ref().is_some_and(|n| n.chars().count() > NOTE_MAX);
    if long { Err(fault(field, format!("{field} must be at most {NOTE_MAX} characters"))) } else { Ok(note.filter(|n| !n.is_empty())) }
}

/// Patterns beside which proposals are shown.
pub(super) async fn patterns_of(testing: &Testing, organization: i64, project: Option<i64>) -> Result<Vec<KeptPattern>> {
    let page = PageRequest { limit: PATTERNS_MAX, offset: 0 };
    Ok(patterns::list(&testing.platform.store.state, organization, project, 0.0, page).await?.items)
}

async fn list(testing: Service, req: Req) -> Result<Reply> {
    let q = req.query();
    let mut filter = Filter::default();
    if let Some(text) = q.filled("test_id") {
        let (test, _) = testing.test_named(&req, text).await?;
        (filter.organization_id, filter.project_id, filter.test_id) = (test.organization_id, Some(test.project_id), Some(test.id));
    } else if let Some(text) = q.filled("project_id") {
        let access = testing.project_for(&req, text).await?;
        (filter.organization_id, filter.project_id) = (access.project.organization_id, Some(access.project.id));
    } else {
        filter.organization_id = testing.platform.identity.organization_of(&req).await?.organization.id;
    }
    filter.run = match q.filled("run_id") {
        None => None,
        Some(text) => Some(testing.run_named(&req, text).await?.uid),
    };
    filter.status = match q.filled("status").unwrap_or("pending") {
        "all" => None,
        word => {
            let unknown = || fault("status", format!("status must be one of {} or all", SuggestionStatus::WORDS.trim()));
            Some(SuggestionStatus::parse(word).ok_or_else(unknown)?)
        }
    };
    filter.fix_type = q.filled("fix_type").map(str::to_owned);
    filter.min_confidence = super::healing_figures::share(q, "min_confidence")?;
    let page = PageRequest { limit: q.int_clamped("limit", 50, 1, 500)?, offset: q.int_clamped("offset", 0, 0, 1_000_000)? };
    let found = suggestions::list(&testing.platform.store.state, &filter, page).await?;
    let known = patterns_of(&testing, filter.organization_id, filter.project_id).await?;
    let suggestions = found.items.into_iter().map(|s| SuggestionView::of(&testing, s, &known)).collect();
    Ok(Reply::json(&SuggestionsView { suggestions, total: found.total, limit: page.limit, offset: page.offset }).total_count(found.total))
}

async fn get(testing: Service, req: Req) -> Result<Reply> {
    let (found, _) = testing.suggestion_named(&req, req.param("id")).await?;
    let known = patterns_of(&testing, found.organization_id, Some(found.project_id)).await?;
    Ok(Reply::json(&SuggestionFull::of(&testing, found, &known)))
}

async fn apply(testing: Service, mut req: Req) -> Result<Reply> {
    let (found, _) = testing.suggestion_named(&req, req.param("id")).await?;
    let body: ApplyBody = req.json_or_default().await?;
    let note = noted("note", body.note)?;
    testing.require_approver(req.cx(), &found).await?;
    let applied = testing.apply_suggestion(&Reviewer::of(req.cx()), found.uid, body.scope, note).await?;
    Ok(Reply::json(&AppliedView::of(&applied)))
}

async fn reject(testing: Service, mut req: Req) -> Result<Reply> {
    let (found, _) = testing.suggestion_named(&req, req.param("id")).await?;
    let body: RejectBody = req.json_or_default().await?;
    let reason = noted("reason", body.reason)?;
    testing.require_approver(req.cx(), &found).await?;
    let rejected = testing.reject_suggestion(&Reviewer::of(req.cx()), found.uid, reason, body.mark_as_bug).await?;
    Ok(Reply::json(&DecidedView::of(&rejected, "The suggestion was rejected")))
}

async fn undo(testing: Service, req: Req) -> Result<Reply> {
    let (found, _) = testing.suggestion_named(&req, req.param("id")).await?;
    testing.require_approver(req.cx(), &found).await?;
    let again = testing.undo_suggestion(&Reviewer::of(req.cx()), found.uid).await?;
    Ok(Reply::json(&DecidedView::of(&again, "The decision was taken back")))
}

async fn bulk(testing: Service, mut req: Req) -> Result<Reply> {
    let body: BulkBody = req.json().await?;
    if !(1..=BULK_MAX).contains(&body.suggestion_ids.len()) {
        return Err(fault("suggestion_ids", format!("suggestion_ids must name 1-{BULK_MAX} suggestions")));
    }
    let (note, by) = (noted("note", body.note)?, Reviewer::of(req.cx()));
    let (mut decided, mut failed) = (Vec::new(), Vec::new());
    for id in &body.suggestion_ids {
        let outcome = async {
            let (found, _) = testing.suggestion_named(&req, id).await?;
            testing.require_approver(req.cx(), &found).await?;
            match body.action {
                Decision::Apply => testing.apply_suggestion(&by, found.uid, Scope::Test, note.clone()).await,
                Decision::Reject => testing.reject_suggestion(&by, found.uid, note.clone(), false).await,
            }
        };
        match outcome.await {
            Ok(_) => decided.push(id.clone()),
            Err(error) if error.kind() == argos_kernel::ErrorKind::Internal => return Err::<_, AppError>(error),
            Err(error) => failed.push(json!({ "id": id, "error": error.message() })),
        }
    }
    let (decided_count, failed_count) = (decided.len(), failed.len());
    Ok(Reply::json(&BulkView { success: failed.is_empty(), decided, failed, decided_count, failed_count }))
}

async fn history(testing: Service, req: Req) -> Result<Reply> {
    let (test, _) = testing.test_named(&req, req.param("test_id")).await?;
    let q = req.query();
    let page = PageRequest { limit: q.int_clamped("limit", 50, 1, 200)?, offset: q.int_clamped("offset", 0, 0, 1_000_000)? };
    let found = suggestions::of_test(&testing.platform.store.state, test.id, page).await?;
    Ok(Reply::json(&HistoryView::of(&test, found)))
}

//! `/api/v1/healing/organizations/{org}/..`: help with a failure somebody describes, what waits for approval, and what
//! people say of patterns.

use std::time::Instant;

use argos_kernel::{AppError, PageRequest, Result, Uid};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Service;
use super::healing_view::SuggestionView;
use super::view::said;
use crate::actions::heal_help::{Ground, How, Similar};
use crate::actions::tests::fault;
use crate::model::advice::{Fix, From};
use crate::model::diagnosis::Asked;
use crate::model::healing::SuggestionStatus;
use crate::service::Testing;
use crate::store::patterns;
use crate::store::suggestions::{self, Filter};

const MESSAGE_MAX: usize = 10_000;
const WORD_MAX: usize = 100;
const SELECTOR_MAX: usize = 2_000;
const CONTEXT_MAX: usize = 20_000;
const SIMILAR_MAX: usize = 10;

pub(super) fn routes(testing: Service) -> Routes<Service> {
    const BASE: &str = "of one project";
    Routes::new(testing)
        .get(
            "/api/v1/healing/organizations/{org}/pending-approvals",
            "healing.pending",
            "Proposals that wait for somebody, the surest first.",
            pending,
        )
        .param("project_id", BASE)
        .param("limit", "1-500, default 50")
        .param("offset", "proposals to skip")
        .reply::<PendingView>()
        .post(
            "/api/v1/healing/organizations/{org}/approve/{pattern_id}",
            "healing.approve_pattern",
            "Say that a pattern is right.",
            approve,
        )
        .post("/api/v1/healing/organizations/{org}/reject/{pattern_id}", "healing.reject_pattern", "Say that a pattern is wrong.", reject)
        .post("/api/v1/healing/organizations/{org}/suggest", "healing.suggest", "What may help against a failure.", suggest)
        .param("project_id", BASE)
        .body::<AskBody>()
        .reply::<AdviceView>()
        .post("/api/v1/healing/organizations/{org}/analyze-root-cause", "healing.analyze", "What a failure probably means.", analyze)
        .param("project_id", BASE)
        .body::<AskBody>()
        .reply::<AnalysisView>()
        .post("/api/v1/healing/organizations/{org}/similar-errors", "healing.similar", "Failures of before that read alike.", similar)
        .param("project_id", BASE)
        .body::<AskBody>()
        .reply::<SimilarView>()
}

#[derive(Deserialize, JsonSchema, Default)]
#[serde(default)]
struct AskBody {
    /// 1-10000 characters
    error_message: String,
    /// A code like `element_not_found`.
    error_type: Option<String>,
    selector: Option<String>,
    /// What else is known of it.
    context: Option<Map<String, Value>>,
    /// Patterns of before are not looked at.
    skip_cache: bool,
    /// A model is asked even where rules are sure; without one nothing changes.
    force_llm: bool,
}

impl AskBody {
    fn read(&self) -> Result<Asked> {
        let length = |text: Option<&str>, field: &str, max: usize| match text {
            Some(t) if t.chars().count() > max => Err(fault(field, format!("{field} must be at most {max} characters"))),
            other => Ok(other.unwrap_or_default().trim().to_owned()),
        };
        if self.error_message.trim().is_empty() {
            return Err(fault("error_message", "error_message is required"));
        }
        let context = self.context.clone().unwrap_or_default();
        length(Some(&Value::Object(context.clone()).to_string()), "context", CONTEXT_MAX)?;
        Ok(Asked {
            message: length(Some(&self.error_message), "error_message", MESSAGE_MAX)?,
            error_type: length(self.error_type.as_deref(), "error_type", WORD_MAX)?,
            selector: length(self.selector.as_deref(), "selector", SELECTOR_MAX)?,
            context,
        })
    }
}

#[derive(Serialize, JsonSchema)]
struct PendingView {
    pending: Vec<SuggestionView>,
    total: i64,
    message: String,
}

#[derive(Serialize, JsonSchema)]
struct FixView {
    fix_type: String,
    old_value: Option<String>,
    /// Null where only the kind of the fix is known.
    new_value: Option<String>,
    confidence: f64,
    explanation: String,
    /// Of the pattern, 0-1.
    success_rate: Option<f64>,
    pattern_id: Option<String>,
}

impl FixView {
    fn of(fix: Fix) -> Self {
        let pattern = fix.pattern.as_ref();
        Self {
            success_rate: pattern.map(crate::model::healing::KeptPattern::confidence),
            pattern_id: pattern.map(|p| p.uid.to_string()),
            fix_type: fix.fix_type,
            old_value: fix.old_value,
            new_value: fix.new_value,
            confidence: fix.confidence,
            explanation: fix.explanation,
        }
    }
}

#[derive(Serialize, JsonSchema)]
struct AdviceView {
    suggestions: Vec<FixView>,
    /// Where the surest came from: cache = a pattern of this selector, vector = patterns like it, rules, llm
    source: &'static str,
    latency_ms: u64,
    confidence: f64,
    intent: &'static str,
    cached: bool,
    metadata: Value,
}

#[derive(Serialize, JsonSchema)]
struct AnalysisView {
    root_cause: String,
    category: &'static str,
    confidence: f64,
    evidence: Vec<Value>,
    suggested_actions: Vec<String>,
    source: &'static str,
    latency_ms: u64,
    metadata: Value,
}

#[derive(Serialize, JsonSchema)]
struct SimilarLine {
    error_message: String,
    error_type: Option<String>,
    test_id: String,
    test_name: String,
    /// The last run that ended so.
    run_id: String,
    /// 0-1
    similarity: f64,
    /// How often it came among the last failures.
    times: i64,
    last_seen_at: String,
}

#[derive(Serialize, JsonSchema)]
struct SimilarView {
    similar_errors: Vec<SimilarLine>,
    count: usize,
    source: &'static str,
    latency_ms: u64,
    confidence: f64,
}

/// Whose knowledge a request asks: the organization of the path, or one project of it.
async fn ground(testing: &Testing, req: &Req) -> Result<Ground> {
    let organization_id = testing.platform.identity.organization_named(req, req.param("org")).await?.organization.id;
    let project_id = match req.query().filled("project_id") {
        None => None,
        Some(text) => {
            let access = testing.project_for(req, text).await?;
            if access.project.organization_id != organization_id {
                return Err(AppError::not_found("Project not found"));
            }
            Some(access.project.id)
        }
    };
    Ok(Ground { organization_id, project_id })
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

async fn pending(testing: Service, req: Req) -> Result<Reply> {
    let (at, q) = (ground(&testing, &req).await?, req.query());
    let page = PageRequest { limit: q.int_clamped("limit", 50, 1, 500)?, offset: q.int_clamped("offset", 0, 0, 1_000_000)? };
    let filter = Filter {
        organization_id: at.organization_id,
        project_id: at.project_id,
        status: Some(SuggestionStatus::Pending),
        ..Filter::default()
    };
    let found = suggestions::list(&testing.platform.store.state, &filter, page).await?;
    let known = super::healing::patterns_of(&testing, at.organization_id, at.project_id).await?;
    let message = match found.total {
        0 => "Nothing waits for a decision".to_owned(),
        1 => "One suggestion waits for a decision".to_owned(),
        n => format!("{n} suggestions wait for a decision"),
    };
    let pending = found.items.into_iter().map(|s| SuggestionView::of(&testing, s, &known)).collect();
    Ok(Reply::json(&PendingView { pending, total: found.total, message }).total_count(found.total))
}

async fn judge(testing: &Testing, req: &Req, right: bool) -> Result<Reply> {
    let absent = || AppError::not_found("Pattern not found");
    let at = ground(testing, req).await?;
    let uid: Uid = req.param("pattern_id").parse().map_err(|_| absent())?;
    let found = patterns::find(&testing.platform.store.state, uid).await?.ok_or_else(absent)?;
    let access = testing.platform.identity.project_named(req, &found.project_id.to_string()).await.map_err(|_| absent())?;
    if access.project.organization_id != at.organization_id {
        return Err(absent());
    }
    access.require(req.cx().rule().permission())?;
    testing.judge_pattern(req.cx(), &found, at.organization_id, right).await?;
    Ok(Reply::json(&said(if right { "The pattern was approved" } else { "The pattern was rejected" })))
}

async fn approve(testing: Service, req: Req) -> Result<Reply> {
    judge(&testing, &req, true).await
}

async fn reject(testing: Service, req: Req) -> Result<Reply> {
    judge(&testing, &req, false).await
}

async fn suggest(testing: Service, mut req: Req) -> Result<Reply> {
    let began = Instant::now();
    let at = ground(&testing, &req).await?;
    let body: AskBody = req.json().await?;
    let asked = body.read()?;
    let how = How { skip_patterns: body.skip_cache, force_model: body.force_llm };
    let advice = testing.advise(req.cx(), at, &asked, how).await?;
    let confidence = advice.fixes.first().map_or(0.0, |f| f.confidence);
    Ok(Reply::json(&AdviceView {
        suggestions: advice.fixes.into_iter().map(FixView::of).collect(),
        source: advice.from.as_str(),
        latency_ms: millis(began),
        confidence,
        intent: advice.cause.intent,
        cached: advice.from == From::Pattern,
        metadata: json!({ "category": advice.cause.category, "model": advice.model }),
    }))
}

async fn analyze(testing: Service, mut req: Req) -> Result<Reply> {
    let began = Instant::now();
    let at = ground(&testing, &req).await?;
    let body: AskBody = req.json().await?;
    let found = testing.analyze(req.cx(), at, &body.read()?, body.force_llm).await?;
    Ok(Reply::json(&AnalysisView {
        root_cause: found.root_cause,
        category: found.cause.category,
        confidence: found.confidence,
        evidence: found.evidence,
        suggested_actions: found.actions,
        source: found.from.as_str(),
        latency_ms: millis(began),
        metadata: json!({ "model": found.model }),
    }))
}

async fn similar(testing: Service, mut req: Req) -> Result<Reply> {
    let began = Instant::now();
    let at = ground(&testing, &req).await?;
    let body: AskBody = req.json().await?;
    let found = testing.similar_failures(at, &body.read()?, SIMILAR_MAX).await?;
    let line = |s: Similar| SimilarLine {
        error_message: s.failure.error_message,
        error_type: s.failure.error_code,
        test_id: s.failure.test_uid.to_string(),
        test_name: s.failure.test_name,
        run_id: s.failure.run_uid.to_string(),
        similarity: s.similarity,
        times: s.times,
        last_seen_at: s.failure.completed_at.rfc3339(),
    };
    let similar_errors: Vec<SimilarLine> = found.into_iter().map(line).collect();
    Ok(Reply::json(&SimilarView {
        count: similar_errors.len(),
        source: "vector",
        latency_ms: millis(began),
        confidence: similar_errors.first().map_or(0.0, |s| s.similarity),
        similar_errors,
    }))
}

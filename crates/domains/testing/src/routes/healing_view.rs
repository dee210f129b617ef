//! How proposals of healing are shown.

use argos_kernel::{Page, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::model::healing::{KeptPattern, Suggestion, SuggestionStatus, pattern_fingerprint};
use crate::model::test::Test;
use crate::service::Testing;

/// A proposal as lists show it.
#[derive(Serialize, JsonSchema)]
pub(super) struct SuggestionView {
    id: String,
    project_id: String,
    test_id: String,
    test_name: String,
    run_id: String,
    /// `setup`, `steps`, `teardown` or `assertions`.
    phase: String,
    step_index: i64,
    failure_type: String,
    fix_type: String,
    old_value: String,
    new_value: String,
    confidence: f64,
    runner_up_confidence: Option<f64>,
    strategy: String,
    explanation: String,
    /// What speaks for it: attributes with their weight and likeness.
    evidence: Vec<Value>,
    requires_review: bool,
    status: SuggestionStatus,
    page_url: Option<String>,
    /// The page with the replacement.
    screenshot_url: Option<String>,
    /// The step when it last passed.
    before_screenshot_url: Option<String>,
    /// Where the replacement is in the picture, and the size of the view: CSS pixels.
    area: Option<[f64; 4]>,
    view: Option<[u32; 2]>,
    /// Of the pattern, from 0 to 1; unknown until somebody decided.
    success_rate: Option<f64>,
    pattern_id: Option<String>,
    times_seen: i64,
    times_used: i64,
    created_at: String,
    reviewed_by: Option<String>,
    reviewed_at: Option<String>,
    note: Option<String>,
    mark_as_bug: bool,
}

impl SuggestionView {
    pub(super) fn of(testing: &Testing, s: Suggestion, patterns: &[KeptPattern]) -> Self {
        let name = pattern_fingerprint(&s.old_value, &s.error_type);
        let is_it = |p: &&KeptPattern| p.project_id == s.project_id && p.fingerprint == name && p.healed == s.new_value;
        let pattern = patterns.iter().find(is_it);
        let signed = |id: &Option<String>| id.as_deref().map(|id| testing.signed(id));
        let d = s.details;
        let best = d.candidates.iter().find(|c| c.get("selector").and_then(Value::as_str) == Some(&s.new_value));
        Self {
            id: s.uid.to_string(),
            project_id: s.project_uid.to_string(),
            test_id: s.test_uid.to_string(),
            test_name: s.test_name,
            run_id: s.run_uid.to_string(),
            phase: s.phase,
            step_index: s.step_index,
            failure_type: s.failure_type,
            fix_type: s.fix_type,
            confidence: s.confidence,
            runner_up_confidence: d.runner_up,
            strategy: d.strategy,
            explanation: d.explanation,
            evidence: best.and_then(|c| c.get("parts")).and_then(Value::as_array).cloned().unwrap_or_default(),
            requires_review: s.status == SuggestionStatus::Pending,
            status: s.status,
            page_url: d.page_url,
            screenshot_url: signed(&d.after),
            before_screenshot_url: signed(&d.before),
            area: d.area,
            view: d.view,
            success_rate: pattern.map(KeptPattern::confidence),
            pattern_id: pattern.map(|p| p.uid.to_string()),
            times_seen: s.times_seen,
            times_used: s.times_used,
            created_at: s.created_at.rfc3339(),
            reviewed_by: s.reviewed_by,
            reviewed_at: s.reviewed_at.map(Timestamp::rfc3339),
            note: s.note,
            mark_as_bug: d.mark_as_bug,
            old_value: s.old_value,
            new_value: s.new_value,
        }
    }
}

/// A proposal with everything that is known of it.
#[derive(Serialize, JsonSchema)]
pub(super) struct SuggestionFull {
    #[serde(flatten)]
    line: SuggestionView,
    /// The best candidates: selector, score, attributes, parts.
    candidates: Vec<Value>,
    /// What the element looked like when its step last passed.
    fingerprint: Option<Value>,
    screenshot_artifact_id: Option<String>,
    before_screenshot_artifact_id: Option<String>,
    /// Tests that took it, with their versions before and after.
    taken: Vec<Value>,
}

impl SuggestionFull {
    pub(super) fn of(testing: &Testing, s: Suggestion, patterns: &[KeptPattern]) -> Self {
        let d = s.details.clone();
        Self {
            line: SuggestionView::of(testing, s, patterns),
            candidates: d.candidates,
            fingerprint: d.fingerprint,
            screenshot_artifact_id: d.after,
            before_screenshot_artifact_id: d.before,
            taken: d
                .taken
                .iter()
                .map(|t| json!({ "test_id": t.test.to_string(), "before_version": t.before, "after_version": t.after }))
                .collect(),
        }
    }
}

#[derive(Serialize, JsonSchema)]
struct HistoryLine {
    id: String,
    run_id: String,
    step_index: i64,
    original_selector: String,
    healed_selector: String,
    failure_type: String,
    fix_type: String,
    confidence: f64,
    strategy: String,
    status: SuggestionStatus,
    applied_by: Option<String>,
    created_at: String,
}

/// What healing proposed for a test.
#[derive(Serialize, JsonSchema)]
pub(super) struct HistoryView {
    test_id: String,
    history: Vec<HistoryLine>,
    total: i64,
}

impl HistoryView {
    pub(super) fn of(test: &Test, found: Page<Suggestion>) -> Self {
        let line = |s: Suggestion| HistoryLine {
            id: s.uid.to_string(),
            run_id: s.run_uid.to_string(),
            step_index: s.step_index,
            applied_by: s.reviewed_by.filter(|_| s.status.is_in_the_test()),
            original_selector: s.old_value,
            healed_selector: s.new_value,
            failure_type: s.failure_type,
            fix_type: s.fix_type,
            confidence: s.confidence,
            strategy: s.details.strategy,
            status: s.status,
            created_at: s.created_at.rfc3339(),
        };
        Self { test_id: test.uid.to_string(), history: found.items.into_iter().map(line).collect(), total: found.total }
    }
}

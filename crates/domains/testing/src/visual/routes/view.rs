//! What is shown of pictures. Their bytes are shown as signed addresses.

use argos_kernel::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::service::Testing;
use crate::visual::model::difference::Difference;
use crate::visual::model::record::{Baseline, BaselineVersion, Comparison, Day, Snapshot, Status, Taken};
use crate::visual::model::shown::Shown;
use crate::visual::model::wanted::{Region, Viewport};

#[derive(Serialize, JsonSchema)]
pub(super) struct SnapshotView {
    pub(super) id: String,
    project_id: String,
    url: String,
    screenshot_url: String,
    viewport: Viewport,
    browser: String,
    captured_at: String,
    metadata: Value,
}

impl SnapshotView {
    pub(super) fn of(testing: &Testing, s: Snapshot) -> Self {
        Self {
            id: s.uid.to_string(),
            project_id: s.project_uid.to_string(),
            screenshot_url: testing.signed(&s.picture),
            url: s.url,
            viewport: s.viewport,
            browser: s.browser,
            captured_at: s.captured_at.rfc3339(),
            metadata: s.metadata,
        }
    }
}

#[derive(Serialize, JsonSchema)]
pub(super) struct BaselineView {
    id: String,
    name: String,
    url: String,
    project_id: String,
    /// The test whose step compares with it; none for baselines of pages.
    test_id: Option<String>,
    /// None while nobody has approved a picture.
    screenshot_url: Option<String>,
    /// 0 while nobody has approved a picture.
    version: i64,
    status: &'static str,
    browser: String,
    viewport: Viewport,
    branch: String,
    ignore_regions: Vec<Region>,
    /// How its pictures are taken.
    taken: Taken,
    threshold: Option<f64>,
    threshold_percentage: Option<f64>,
    created_by: String,
    created_at: String,
    updated_at: String,
}

impl BaselineView {
    pub(super) fn of(testing: &Testing, b: Baseline) -> Self {
        Self {
            id: b.uid.to_string(),
            project_id: b.project_uid.to_string(),
            test_id: b.test_uid.map(|t| t.to_string()),
            screenshot_url: b.picture.as_deref().map(|p| testing.signed(p)),
            version: b.version,
            status: if b.version == 0 { "pending" } else { "active" },
            name: b.name,
            url: b.url,
            browser: b.browser,
            viewport: b.viewport,
            branch: b.branch,
            ignore_regions: b.ignore_regions,
            taken: b.taken,
            threshold: b.tolerance.map(|t| t.threshold),
            threshold_percentage: b.tolerance.map(|t| t.threshold_percentage),
            created_by: b.created_by,
            created_at: b.created_at.rfc3339(),
            updated_at: b.updated_at.rfc3339(),
        }
    }
}

pub(super) fn version_view(testing: &Testing, v: &BaselineVersion) -> Value {
    json!({
        "version": v.version, "screenshot_url": testing.signed(&v.picture), "note": v.note, "taken": v.taken, "created_by": v.created_by,
        "created_at": v.created_at.rfc3339(),
    })
}

/// A comparison. Numbers are null when there was nothing to compare with.
#[derive(Serialize, JsonSchema)]
pub(super) struct ComparisonView {
    id: String,
    project_id: String,
    baseline_id: Option<String>,
    baseline_version: i64,
    /// The snapshot, when there is one.
    current_id: Option<String>,
    run_id: Option<String>,
    test_id: Option<String>,
    name: String,
    url: String,
    browser: String,
    viewport: Viewport,
    branch: String,
    status: Status,
    /// A newer comparison took its place in the queue.
    superseded: bool,
    #[serde(rename = "match")]
    matches: Option<bool>,
    match_percentage: Option<f64>,
    has_regressions: bool,
    differences: Vec<Difference>,
    summary: String,
    /// Always null: comparing asks no model; `ai/explain` does, on request.
    ai_analysis: Option<Value>,
    /// What asking a model cost; comparing asks none.
    cost_usd: f64,
    diff_pixel_count: Option<u64>,
    diff_percentage: Option<f64>,
    ssim: Option<f64>,
    algorithm: &'static str,
    threshold: f64,
    threshold_percentage: f64,
    warnings: Vec<String>,
    baseline_url: Option<String>,
    current_url: String,
    diff_image_url: Option<String>,
    /// How much each pixel differs; null where nothing does.
    heatmap_url: Option<String>,
    /// Both pictures in one; null where there was nothing to compare with.
    side_by_side_url: Option<String>,
    /// Of the current picture, in device pixels.
    width: u32,
    height: u32,
    /// Device pixels for one CSS pixel: boxes of differences are CSS pixels.
    scale: f64,
    lcp_delta: Option<f64>,
    cls_delta: Option<f64>,
    notes: Option<String>,
    reviewed_by: Option<String>,
    reviewed_at: Option<String>,
    compared_at: String,
}

impl ComparisonView {
    pub(super) fn of(testing: &Testing, c: Comparison) -> Self {
        let shown = |what: Shown| what.is_of(&c).then(|| testing.signed(&what.id(c.uid)));
        let (heatmap_url, side_by_side_url) = (shown(Shown::Heatmap), shown(Shown::SideBySide));
        let m = c.measured;
        let signed = |id: &Option<String>| id.as_deref().map(|id| testing.signed(id));
        Self {
            id: c.uid.to_string(),
            project_id: c.project_uid.to_string(),
            baseline_id: c.baseline.map(|b| b.to_string()),
            baseline_version: c.baseline_version,
            current_id: c.current.map(|s| s.to_string()),
            run_id: c.run_uid.map(|r| r.to_string()),
            test_id: c.test_uid.map(|t| t.to_string()),
            name: c.name,
            url: c.url,
            browser: c.browser,
            viewport: c.viewport,
            branch: c.branch,
            status: c.status,
            superseded: c.superseded,
            matches: m.matches,
            match_percentage: m.match_percentage,
            has_regressions: m.differences.iter().any(|d| d.is_regression),
            differences: m.differences,
            summary: m.summary,
            ai_analysis: None,
            cost_usd: 0.0,
            diff_pixel_count: m.diff_pixel_count,
            diff_percentage: m.diff_percentage,
            ssim: m.ssim,
            algorithm: "yiq",
            threshold: m.threshold,
            threshold_percentage: m.threshold_percentage,
            warnings: m.warnings,
            baseline_url: signed(&c.before),
            current_url: testing.signed(&c.after),
            diff_image_url: signed(&c.difference),
            heatmap_url,
            side_by_side_url,
            width: m.width,
            height: m.height,
            scale: m.scale,
            lcp_delta: m.lcp_delta,
            cls_delta: m.cls_delta,
            notes: c.notes,
            reviewed_by: c.reviewed_by,
            reviewed_at: c.reviewed_at.map(Timestamp::rfc3339),
            compared_at: c.compared_at.rfc3339(),
        }
    }
}

/// What the comparisons of a day came to.
#[derive(Serialize, JsonSchema)]
pub(super) struct DayView {
    /// Such as `2030-01-31`, in UTC.
    date: String,
    total_comparisons: i64,
    matches: i64,
    mismatches: i64,
    approved: i64,
    rejected: i64,
    pending: i64,
    avg_match_percentage: Option<f64>,
    min_match_percentage: Option<f64>,
    max_match_percentage: Option<f64>,
}

impl DayView {
    pub(super) fn of(d: &Day) -> Self {
        Self {
            date: Timestamp::from_secs(d.day.saturating_mul(86_400)).datetime().format("%Y-%m-%d").to_string(),
            total_comparisons: d.total,
            matches: d.matches,
            mismatches: d.mismatches,
            approved: d.approved,
            rejected: d.rejected,
            pending: d.pending,
            // Four decimals, as each comparison has them.
            avg_match_percentage: d.average.map(|n| (n * 10_000.0).round() / 10_000.0),
            min_match_percentage: d.lowest,
            max_match_percentage: d.highest,
        }
    }
}

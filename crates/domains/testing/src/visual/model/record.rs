//! Snapshots, baselines and comparisons as they are kept.

use argos_kernel::{Timestamp, Uid};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::difference::Difference;
use super::layout::Rect;
use super::wanted::{Region, Tolerance, Viewport};
use crate::model::test::words;

/// The branch whose baselines serve branches that have none of their own.
pub const DEFAULT_BRANCH: &str = "main";

/// A picture of a page with what the browser said of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    pub uid: Uid,
    pub organization_id: i64,
    pub project_id: i64,
    pub project_uid: Uid,
    pub name: Option<String>,
    pub url: String,
    pub browser: String,
    pub viewport: Viewport,
    /// The artifact of the picture, and of what the browser said.
    pub picture: String,
    pub facts: String,
    pub metadata: Value,
    pub captured_at: Timestamp,
}

/// How a picture of an address is taken, so that the next one can be taken alike.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Taken {
    /// All of the page instead of what is in view.
    pub full_page: bool,
    /// What they select is painted over.
    pub mask_selectors: Vec<String>,
    /// What they select is not shown.
    pub hide_selectors: Vec<String>,
    /// With the sign-ins of a live browser, which are not kept: without one the next picture would be of something else.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(skip)]
    pub signed_in: bool,
}

impl Taken {
    /// As the metadata of a snapshot tell it.
    pub fn of_metadata(metadata: &Value) -> Self {
        serde_json::from_value(metadata.clone()).unwrap_or_default()
    }
}

/// What a picture should look like. Version 0: nobody has approved one yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Baseline {
    pub id: i64,
    pub uid: Uid,
    pub organization_id: i64,
    pub project_id: i64,
    pub project_uid: Uid,
    /// The test whose step compares with it; none for baselines of pages.
    pub test_uid: Option<Uid>,
    pub name: String,
    pub url: String,
    pub browser: String,
    pub viewport: Viewport,
    pub branch: String,
    pub version: i64,
    pub picture: Option<String>,
    pub facts: Option<String>,
    pub ignore_regions: Vec<Region>,
    /// `None` = what the project says.
    pub tolerance: Option<Tolerance>,
    pub taken: Taken,
    pub created_by: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A picture that was, or is, approved.
#[derive(Clone, Debug, PartialEq)]
pub struct BaselineVersion {
    pub version: i64,
    pub picture: String,
    pub facts: Option<String>,
    /// How it was taken; `None` = nobody wrote it down.
    pub taken: Option<Taken>,
    pub note: String,
    pub created_by: String,
    pub created_at: Timestamp,
}

/// Where a comparison stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Passed,
    PendingReview,
    Approved,
    /// By the project's rule (`visual.auto_approve`); the baseline stays as it is.
    AutoApproved,
    Rejected,
    Error,
}

words!(Status: Passed = "passed", PendingReview = "pending_review", Approved = "approved", AutoApproved = "auto_approved", Rejected = "rejected", Error = "error");

/// What whoever compared says of the change, for a model that explains it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChangeStory {
    pub context: Option<String>,
    pub pr_description: Option<String>,
    /// Its beginning.
    pub git_diff: Option<String>,
}

impl ChangeStory {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What a comparison found. Without a baseline nothing was compared and the numbers are unknown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Measured {
    pub matches: Option<bool>,
    pub match_percentage: Option<f64>,
    pub diff_pixel_count: Option<u64>,
    pub diff_percentage: Option<f64>,
    pub ssim: Option<f64>,
    pub threshold: f64,
    pub threshold_percentage: f64,
    pub differences: Vec<Difference>,
    pub summary: String,
    pub warnings: Vec<String>,
    pub lcp_delta: Option<f64>,
    pub cls_delta: Option<f64>,
    /// Of the current picture, in device pixels.
    pub width: u32,
    pub height: u32,
    /// Device pixels for one CSS pixel, to lay boxes over the picture.
    pub scale: f64,
    /// What nobody compared, in CSS pixels; `None` = nobody wrote it down.
    pub ignored: Option<Vec<Rect>>,
    /// How the current picture was taken; `None` where the step of a test says it each time.
    pub taken: Option<Taken>,
    #[serde(skip_serializing_if = "ChangeStory::is_empty")]
    pub story: ChangeStory,
}

/// A comparison, and the decision about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    pub id: i64,
    pub uid: Uid,
    pub organization_id: i64,
    pub project_id: i64,
    pub project_uid: Uid,
    /// None when a snapshot was compared with a snapshot.
    pub baseline: Option<Uid>,
    pub baseline_id: Option<i64>,
    pub baseline_version: i64,
    pub name: String,
    pub url: String,
    pub browser: String,
    pub viewport: Viewport,
    pub branch: String,
    pub run_uid: Option<Uid>,
    pub test_uid: Option<Uid>,
    pub status: Status,
    /// A newer comparison with the same baseline took its place in the queue.
    pub superseded: bool,
    /// None when there was nothing to compare with.
    pub before: Option<String>,
    pub after: String,
    pub after_facts: Option<String>,
    pub difference: Option<String>,
    pub current: Option<Uid>,
    pub measured: Measured,
    pub notes: Option<String>,
    pub reviewed_by: Option<String>,
    pub reviewed_at: Option<Timestamp>,
    pub compared_at: Timestamp,
}

/// What the comparisons of one day came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Day {
    /// Days since 1970 in UTC.
    pub day: i64,
    pub total: i64,
    pub matches: i64,
    pub mismatches: i64,
    pub approved: i64,
    pub rejected: i64,
    pub pending: i64,
    pub average: Option<f64>,
    pub lowest: Option<f64>,
    pub highest: Option<f64>,
}

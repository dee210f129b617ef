//! What an exploration is asked for, where it stands and what it found. Pure.

use std::collections::BTreeMap;

use argos_kernel::{Timestamp, Uid};
use argos_sitegraph::{Flow, PageSeen, Strategy};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::test::words;

/// Where an exploration stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Pending,
    Running,
    /// It goes on when somebody says so.
    Paused,
    Completed,
    Failed,
    Cancelled,
}

words!(Status: Pending = "pending", Running = "running", Paused = "paused", Completed = "completed", Failed = "failed", Cancelled = "cancelled");

impl Status {
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

/// How far a site is looked into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The start and what it links to; nothing is touched.
    QuickScan,
    #[default]
    StandardCrawl,
    /// Menus, tabs, folds and buttons that no word speaks against are tried too.
    DeepAnalysis,
    /// Only addresses that say one of the words.
    Focused,
    /// Standard, and it must have an account.
    Authenticated,
    /// Standard; the addresses that scripts ask are what matters.
    ApiFirst,
    /// Standard, to be compared with the exploration before.
    Diff,
    /// Deep.
    Autonomous,
}

impl Mode {
    pub const WORDS: [(&'static str, Self); 14] = [
        ("standard_crawl", Self::StandardCrawl),
        ("standard", Self::StandardCrawl),
        ("quick_scan", Self::QuickScan),
        ("quick", Self::QuickScan),
        ("deep_analysis", Self::DeepAnalysis),
        ("deep", Self::DeepAnalysis),
        ("focused", Self::Focused),
        ("focused_scan", Self::Focused),
        ("authenticated", Self::Authenticated),
        ("authenticated_scan", Self::Authenticated),
        ("api_first", Self::ApiFirst),
        ("diff", Self::Diff),
        ("diff_scan", Self::Diff),
        ("autonomous", Self::Autonomous),
    ];

    pub fn parse(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(name, _)| *name == word).map(|(_, m)| *m)
    }
    pub fn as_str(self) -> &'static str {
        Self::WORDS.iter().find(|(_, m)| *m == self).map_or("standard_crawl", |(name, _)| name)
    }
    /// Whether controls of a page are tried.
    pub const fn touches(self) -> bool {
        matches!(self, Self::DeepAnalysis | Self::Autonomous)
    }
}

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wanted {
    pub mode: Mode,
    pub strategy: Strategy,
    pub max_pages: i64,
    pub max_depth: i64,
    pub include_patterns: Vec<String>,
    pub exclude_patterns: Vec<String>,
    pub focus_areas: Vec<String>,
    pub capture_screenshots: bool,
    /// For one page to load.
    pub timeout_seconds: u64,
    pub execution_context: String,
    pub respect_robots: bool,
    /// The kind of account; its words are sealed apart.
    pub auth_type: Option<String>,
    /// The exploration a `diff` is compared with.
    pub compared_with: Option<String>,
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            mode: Mode::default(),
            strategy: Strategy::default(),
            max_pages: 50,
            max_depth: 3,
            include_patterns: Vec::new(),
            exclude_patterns: Vec::new(),
            focus_areas: Vec::new(),
            capture_screenshots: true,
            timeout_seconds: 30,
            execution_context: "dashboard".to_owned(),
            respect_robots: true,
            compared_with: None,
            auth_type: None,
        }
    }
}

impl Wanted {
    /// Clicks from the start that are followed.
    pub fn depth(&self) -> i64 {
        if self.mode == Mode::QuickScan { self.max_depth.min(1) } else { self.max_depth }
    }
}

/// An account the exploration was given; only sealed on disk.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Auth {
    /// basic, bearer, cookie, form, header or oauth.
    #[serde(rename = "type")]
    pub kind: String,
    pub credentials: BTreeMap<String, String>,
    pub login_url: Option<String>,
    /// Steps of the step model; without, the form of the page is found.
    pub login_steps: Vec<Value>,
    /// Part of an address or a selector by which signing in is known to have worked.
    pub success_indicator: Option<String>,
    pub custom_headers: BTreeMap<String, String>,
}

impl Auth {
    /// The first of these that was given.
    pub fn one(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|n| self.credentials.get(*n)).map(String::as_str).filter(|t| !t.is_empty())
    }
    pub fn user(&self) -> Option<&str> {
        self.one(&["username", "email", "user", "login"])
    }
    pub fn password(&self) -> Option<&str> {
        self.one(&["password", "pass"])
    }
    pub fn token(&self) -> Option<&str> {
        self.one(&["token", "access_token", "bearer"])
    }
}

/// The place the account of an exploration is sealed for.
pub fn auth_place(uid: &str) -> String {
    format!("testing_discoveries.auth_enc:{uid}")
}

/// What was found so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    pub pages: i64,
    pub flows: i64,
    pub elements: i64,
    pub forms: i64,
    pub errors: i64,
    /// Addresses that wait.
    pub queued: i64,
    /// Milliseconds of work, pauses left out.
    pub active_ms: i64,
}

/// A stored exploration.
#[derive(Clone, Debug, PartialEq)]
pub struct Discovery {
    pub id: i64,
    pub uid: Uid,
    pub job_id: i64,
    pub organization_id: i64,
    pub project_id: i64,
    pub project_uid: Uid,
    pub status: Status,
    /// `exploring`, `flows`, `verifying` or `done`.
    pub phase: String,
    pub app_url: String,
    pub wanted: Wanted,
    pub auth_enc: Option<String>,
    pub robots: Option<Value>,
    pub found: Found,
    pub current_url: Option<String>,
    pub current_depth: Option<i64>,
    pub coverage_score: Option<f64>,
    pub error: Option<String>,
    pub created_by: String,
    pub created_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub completed_at: Option<Timestamp>,
}

impl Discovery {
    /// 0 to 100.
    pub fn progress(&self) -> f64 {
        if self.status == Status::Completed {
            return 100.0;
        }
        let whole = (self.found.pages + self.found.queued).min(self.wanted.max_pages);
        #[expect(clippy::cast_precision_loss, reason = "at most 500 pages")]
        let share = |n: i64, of: i64| if of > 0 { (n as f64 * 1_000.0 / of as f64).round() / 10.0 } else { 0.0 };
        share(self.found.pages, whole).min(100.0)
    }

    /// Seconds until the frontier is empty, by the pace so far; unknown before the first page and when it does not run.
    pub fn remaining_s(&self) -> Option<i64> {
        let left = (self.wanted.max_pages - self.found.pages).min(self.found.queued).max(0);
        (self.status == Status::Running && self.found.pages > 0).then(|| left * self.found.active_ms / self.found.pages / 1_000)
    }
}

/// Where an address stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AddressState {
    Queued,
    Visited,
    /// Left out, with its reason.
    Refused,
    /// It could not be opened.
    Failed,
}

words!(AddressState: Queued = "queued", Visited = "visited", Refused = "refused", Failed = "failed");

/// An address that was met.
#[derive(Clone, Debug, PartialEq)]
pub struct Address {
    pub url: String,
    pub depth: i64,
    pub seq: i64,
    pub state: AddressState,
    pub reason: Option<String>,
    /// What the link says.
    pub label: String,
    pub from_url: Option<String>,
}

/// A request that went wrong.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FailedRequest {
    pub method: String,
    pub url: String,
    pub kind: String,
    pub status: Option<i64>,
    pub error: Option<String>,
}

/// An address that a script of the page asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Endpoint {
    pub method: String,
    pub url: String,
    pub status: Option<i64>,
}

/// What a page said and asked besides what it shows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Findings {
    pub console_errors: Vec<String>,
    pub failed_requests: Vec<FailedRequest>,
    pub endpoints: Vec<Endpoint>,
    /// Controls that were tried, and those left alone with the reason.
    pub tried: Vec<String>,
    pub left_alone: Vec<String>,
}

/// A page that was visited.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    pub id: i64,
    pub uid: Uid,
    pub position: i64,
    pub url: String,
    pub title: String,
    pub page_type: String,
    pub depth: i64,
    pub status_code: Option<i64>,
    pub structure_hash: String,
    pub load_time_ms: i64,
    pub requires_auth: bool,
    pub screenshot: Option<String>,
    pub elements_count: i64,
    pub forms_count: i64,
    pub links_count: i64,
    pub seen: PageSeen,
    pub findings: Findings,
    pub discovered_at: Timestamp,
}

/// How running a way ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Validation {
    pub success: bool,
    pub steps_executed: i64,
    pub steps_passed: i64,
    pub steps_failed: i64,
    pub duration_ms: i64,
    pub errors: Vec<String>,
    /// Artifacts.
    pub screenshots: Vec<String>,
    pub validated_at: String,
}

/// A way that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredFlow {
    pub id: i64,
    pub uid: Uid,
    pub discovery_id: i64,
    pub position: i64,
    pub flow: Flow,
    /// Whether it ran to its end; unknown before it was run.
    pub validated: Option<bool>,
    pub validation: Option<Validation>,
    pub test_uid: Option<Uid>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_clients_name_a_mode_and_come_back_in_its_own_word() {
        for (word, mode) in Mode::WORDS {
            assert_eq!(Mode::parse(word), Some(mode));
            assert_eq!(Mode::parse(mode.as_str()), Some(mode));
        }
        assert_eq!(Mode::parse("sideways"), None);
        assert!(Mode::Autonomous.touches() && !Mode::StandardCrawl.touches());
        assert_eq!(Wanted { mode: Mode::QuickScan, max_depth: 5, ..Wanted::default() }.depth(), 1);
    }
}

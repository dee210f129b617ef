//! Why a step failed: a code from a closed list, and words a person can act upon.

use argos_cdp::CdpError;
use serde::Serialize;

/// The kinds of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    ElementNotFound,
    StrictModeViolation,
    NotActionable,
    Timeout,
    NavigationError,
    AssertionFailed,
    UnresolvedVariable,
    BrowserCrashed,
    BlockedUrl,
    Cancelled,
    ScriptError,
    InstructionNotUnderstood,
}

impl ErrorCode {
    pub fn name(self) -> &'static str {
        match self {
            Self::ElementNotFound => "element_not_found",
            Self::StrictModeViolation => "strict_mode_violation",
            Self::NotActionable => "not_actionable",
            Self::Timeout => "timeout",
            Self::NavigationError => "navigation_error",
            Self::AssertionFailed => "assertion_failed",
            Self::UnresolvedVariable => "unresolved_variable",
            Self::BrowserCrashed => "browser_crashed",
            Self::BlockedUrl => "blocked_url",
            Self::Cancelled => "cancelled",
            Self::ScriptError => "script_error",
            Self::InstructionNotUnderstood => "instruction_not_understood",
        }
    }
}

/// A failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub code: ErrorCode,
    pub message: String,
    /// Descriptions of the elements that were meant, when there were several.
    pub candidates: Vec<String>,
    /// Something happened to the page: it must not happen once more.
    pub(crate) acted: bool,
}

impl Failure {
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), candidates: Vec::new(), acted: false }
    }

    pub(crate) fn script(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::ScriptError, message)
    }

    pub(crate) fn assertion(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::AssertionFailed, message)
    }

    pub(crate) fn unresolved(name: &str) -> Self {
        Self::new(ErrorCode::UnresolvedVariable, format!("nothing has the variable {name}"))
    }

    /// The element was not there or not ready, so nothing happened to the page and another try changes nothing twice.
    pub(crate) fn is_before_the_act(&self) -> bool {
        !self.acted && matches!(self.code, ErrorCode::ElementNotFound | ErrorCode::StrictModeViolation | ErrorCode::NotActionable)
    }

    /// There was no such element at all.
    pub(crate) fn is_unfound(&self) -> bool {
        !self.acted && self.code == ErrorCode::ElementNotFound
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<CdpError> for Failure {
    fn from(error: CdpError) -> Self {
        let message = error.to_string();
        let code = match &error {
            CdpError::NotFound { .. } => ErrorCode::ElementNotFound,
            CdpError::Ambiguous { .. } => ErrorCode::StrictModeViolation,
            CdpError::NotActionable { .. } | CdpError::Unheeded { .. } => ErrorCode::NotActionable,
            CdpError::Timeout { .. } => ErrorCode::Timeout,
            CdpError::Navigation { .. } => ErrorCode::NavigationError,
            CdpError::Blocked { .. } => ErrorCode::BlockedUrl,
            CdpError::Launch(_) | CdpError::BrowserGone(_) | CdpError::TargetCrashed { .. } | CdpError::Overloaded => {
                ErrorCode::BrowserCrashed
            }
            CdpError::TargetClosed { .. }
            | CdpError::Protocol { .. }
            | CdpError::Unreadable { .. }
            | CdpError::Script(_)
            | CdpError::Invalid(_) => ErrorCode::ScriptError,
        };
        let acted = matches!(error, CdpError::Unheeded { .. });
        let candidates = if let CdpError::Ambiguous { candidates, .. } = error { candidates } else { Vec::new() };
        Self { code, message, candidates, acted }
    }
}

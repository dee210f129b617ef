//! Why an order came to nothing, as people read it and programs sort it.

use argos_acme::{AcmeError, Problem, RetryAfter};
use argos_kernel::AppError;

/// A failed attempt.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) code: String,
    pub(super) text: String,
    pub(super) retry_after: Option<RetryAfter>,
    /// What the authority knows of us is gone: the order is begun anew at once.
    pub(super) lost: Lost,
    /// The process ends; nothing failed.
    pub(super) is_stopping: bool,
}

/// What the authority has forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    Nothing,
    Order,
    Account,
}

impl Failure {
    pub(super) fn of(code: &str, text: impl Into<String>) -> Self {
        Self { code: code.to_owned(), text: text.into(), retry_after: None, lost: Lost::Nothing, is_stopping: false }
    }

    pub(super) fn stopping() -> Self {
        Self { is_stopping: true, ..Self::of("stopping", "the process ends") }
    }

    pub(super) fn problem(problem: &Problem) -> Self {
        let lost = match (problem.code(), problem.status) {
            ("accountDoesNotExist", _) => Lost::Account,
            // An order that is not there (any more).
            (_, Some(404)) => Lost::Order,
            _ => Lost::Nothing,
        };
        let code = if problem.code().is_empty() { "refused" } else { problem.code() };
        Self { retry_after: problem.retry_after, lost, ..Self::of(code, problem.to_string()) }
    }

    /// Whether a new attempt may use the order of this one.
    pub(super) fn keeps_order(&self) -> bool {
        self.is_stopping || matches!(self.code.as_str(), "unreachable" | "internal" | "dns_provider" | "no_listener")
    }
}

impl From<AcmeError> for Failure {
    fn from(error: AcmeError) -> Self {
        match &error {
            AcmeError::Problem(problem) => Self::problem(problem),
            AcmeError::Transport(why) => Self::of("unreachable", format!("the certificate authority cannot be reached: {why}")),
            AcmeError::Protocol(_) => Self::of("protocol", error.to_string()),
            AcmeError::Key(_) => Self::of("internal", error.to_string()),
        }
    }
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        tracing::error!(?error, "an order cannot go on");
        Self::of("internal", error.message().to_owned())
    }
}

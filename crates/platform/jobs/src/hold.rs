//! Jobs that wait for a decision: what is asked for, and the gate that records the question.
//!
//! The question is stored in the transaction that stores the job. It must never be possible to run a held job without
//! the gate: repeating one holds it again.

use std::sync::Arc;

use argos_kernel::{AppError, Result};
use argos_store::Tx;
use argos_web::BoxFuture;
use serde_json::Value;

const QUORUM_MAX: i64 = 10;
const TIMEOUT_S: (i64, i64) = (60, 604_800);
const APPROVERS_MAX: usize = 50;

/// What happens when nobody decided in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnTimeout {
    #[default]
    Deny,
    Approve,
    /// The question stays open.
    Wait,
}

/// Who decides, and by when.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HoldPolicy {
    /// So many people must approve, 1-10; one refusal ends it.
    pub quorum: i64,
    /// User names that may decide; empty = everybody who may decide at all.
    pub approvers: Vec<String>,
    /// Seconds until it runs out, 60-604800.
    pub timeout_s: i64,
    pub on_timeout: OnTimeout,
    /// After so many seconds without a decision administrators are asked too.
    pub escalate_s: Option<i64>,
}

impl Default for HoldPolicy {
    fn default() -> Self {
        Self { quorum: 1, approvers: Vec::new(), timeout_s: 3_600, on_timeout: OnTimeout::Deny, escalate_s: None }
    }
}

impl HoldPolicy {
    /// 400 naming the field.
    pub fn check(&self) -> Result<()> {
        let bad = |field: &str, text: String| {
            Err(AppError::bad_request(text).code("invalid_approval").with("field", format!("approval.{field}")))
        };
        if !(1..=QUORUM_MAX).contains(&self.quorum) {
            return bad("quorum", format!("approval.quorum must be between 1 and {QUORUM_MAX}"));
        }
        if self.approvers.len() > APPROVERS_MAX || self.approvers.iter().any(|a| a.trim().is_empty() || a.len() > 200) {
            return bad("approvers", format!("approval.approvers must be a list of at most {APPROVERS_MAX} user names"));
        }
        if !self.approvers.is_empty() && i64::try_from(self.approvers.len()).unwrap_or(i64::MAX) < self.quorum {
            return bad("approvers", "approval.approvers names fewer people than approval.quorum asks for".to_owned());
        }
        if !(TIMEOUT_S.0..=TIMEOUT_S.1).contains(&self.timeout_s) {
            return bad("timeout_s", format!("approval.timeout_s must be between {} and {}", TIMEOUT_S.0, TIMEOUT_S.1));
        }
        if self.escalate_s.is_some_and(|s| s < TIMEOUT_S.0 || s >= self.timeout_s) {
            return bad("escalate_s", format!("approval.escalate_s must be at least {} and less than approval.timeout_s", TIMEOUT_S.0));
        }
        Ok(())
    }
}

/// What a job waits for. Stored with the job, so that repeating it asks again.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Hold {
    /// What asks (platform spec 7.4): `automation` for schedules; work of quality that waits in a thread begins with `test_`.
    pub kind: String,
    /// One sentence: what will be done.
    pub description: String,
    /// The right the action itself needs: nobody approves what they may not do themselves.
    pub permission: String,
    pub policy: HoldPolicy,
    /// Members of the payload that whoever approves may change.
    pub modifiable: Vec<String>,
    pub target: Option<String>,
    /// The thread of a paused run; one question per thread.
    pub thread_id: Option<String>,
    /// `low`, `medium`, `high`.
    pub risk: Option<String>,
    /// What the decision rests on.
    pub evidence: Value,
    /// A refused job runs all the same and reads the refusal in `payload.approval`; else it is cancelled.
    pub denied_runs: bool,
}

impl Hold {
    pub fn new(kind: &str, description: impl Into<String>, permission: &str, policy: HoldPolicy) -> Self {
        Self {
            kind: kind.to_owned(),
            description: description.into(),
            permission: permission.to_owned(),
            policy,
            modifiable: Vec::new(),
            target: None,
            thread_id: None,
            risk: None,
            evidence: Value::Null,
            denied_runs: false,
        }
    }
}

/// Says from the payload of a job what has to be decided before it runs.
pub(crate) type AskFirst = Arc<dyn Fn(&Value) -> Result<Option<Hold>> + Send + Sync>;

/// A held job, as the gate learns of it.
pub struct Held<'a> {
    pub job_id: i64,
    pub job_kind: &'a str,
    pub payload: &'a Value,
    pub trigger: &'a str,
    pub triggered_by: &'a str,
    pub schedule_id: Option<i64>,
    pub organization_id: Option<i64>,
    pub project_id: Option<i64>,
    pub hold: &'a Hold,
}

/// Keeps the questions. It stands above this crate, so it comes in as a trait.
pub trait Gate: Send + Sync + 'static {
    /// Records the question inside the transaction that stored the job.
    fn ask<'a>(&'a self, tx: &'a mut Tx, held: Held<'a>) -> BoxFuture<'a, Result<()>>;
    /// The job was cancelled: the question, if it is open, has no object any more.
    fn withdraw<'a>(&'a self, tx: &'a mut Tx, job_id: i64) -> BoxFuture<'a, Result<()>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_policy_is_refused_naming_the_field() {
        let field = |p: HoldPolicy| p.check().unwrap_err().extra()["field"].as_str().unwrap().to_owned();
        let base = HoldPolicy::default;
        assert!(base().check().is_ok());
        assert_eq!(field(HoldPolicy { quorum: 0, ..base() }), "approval.quorum");
        assert_eq!(field(HoldPolicy { quorum: 2, approvers: vec!["ada".into()], ..base() }), "approval.approvers");
        assert_eq!(field(HoldPolicy { approvers: vec![" ".into()], ..base() }), "approval.approvers");
        assert_eq!(field(HoldPolicy { timeout_s: 59, ..base() }), "approval.timeout_s");
        assert_eq!(field(HoldPolicy { escalate_s: Some(3_600), ..base() }), "approval.escalate_s");
        assert!(HoldPolicy { escalate_s: Some(600), ..base() }.check().is_ok());
    }
}

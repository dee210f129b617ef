//! What an approval is, in the words of each view, and the pure rules of a decision. No SQL, no HTTP.

mod decision;

use argos_jobs::{HoldPolicy, OnTimeout};
use argos_kernel::{Timestamp, Uid};
use serde_json::{Map, Value};

pub(crate) use decision::{Decision, changes, merged};

/// How often a decision may be put off, and by how much.
pub(crate) const DEFERS_MAX: i64 = 3;
pub(crate) const DEFER_S: i64 = 1_800;
const SECOND_THOUGHTS_S: i64 = 300;

/// Where an approval stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Pending,
    Approved,
    Denied,
    /// Nobody decided and the policy says yes.
    AutoApproved,
    /// Nobody decided and the policy says no.
    Expired,
    /// What was asked for is gone.
    Cancelled,
}

impl Status {
    pub const ALL: [Self; 6] = [Self::Pending, Self::Approved, Self::Denied, Self::AutoApproved, Self::Expired, Self::Cancelled];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::AutoApproved => "auto_approved",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
        }
    }
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == word)
    }
    /// The action may be done.
    pub(crate) const fn is_yes(self) -> bool {
        matches!(self, Self::Approved | Self::AutoApproved)
    }
}

/// Somebody who may decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approver {
    pub username: String,
    /// An administrator or the owner.
    pub is_admin: bool,
}

/// One consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vote {
    pub username: String,
    pub comment: Option<String>,
    pub at: Timestamp,
}

/// A stored approval.
#[derive(Clone, Debug, PartialEq)]
pub struct Approval {
    pub id: i64,
    pub uid: Uid,
    pub kind: String,
    pub status: Status,
    pub job_id: i64,
    pub schedule_id: Option<i64>,
    pub trigger: String,
    pub action_type: String,
    pub action_params: Value,
    pub description: String,
    pub target: Option<String>,
    pub thread_id: Option<String>,
    pub organization_id: Option<i64>,
    pub project_id: Option<i64>,
    pub required_permission: String,
    pub policy: HoldPolicy,
    pub modifiable: Vec<String>,
    /// Members of the payload that were changed with the consent.
    pub changes: Option<Map<String, Value>>,
    pub risk: Option<String>,
    pub evidence: Value,
    pub denied_runs: bool,
    /// `operator`, then `admin`.
    pub stage: String,
    pub defers: i64,
    pub comment: Option<String>,
    pub requested_at: Timestamp,
    pub requested_by: String,
    pub decided_at: Option<Timestamp>,
    pub decided_by: Option<String>,
    pub self_approved: bool,
    pub escalate_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
}

impl Approval {
    /// When it approves itself.
    pub fn auto_approve_at(&self) -> Option<Timestamp> {
        self.expires_at.filter(|_| self.policy.on_timeout == OnTimeout::Approve)
    }
    /// What never ends is not put off, nor anything for ever.
    pub fn can_be_deferred(&self) -> bool {
        self.defers < DEFERS_MAX && self.expires_at.is_some()
    }
    pub(crate) fn may_be_decided_by(&self, username: &str) -> bool {
        self.policy.approvers.is_empty() || self.policy.approvers.iter().any(|a| a == username)
    }
    /// Those of `people` who are asked.
    pub(crate) fn asked<'a>(&'a self, people: &'a [Approver]) -> impl Iterator<Item = &'a Approver> {
        people.iter().filter(|p| self.may_be_decided_by(&p.username))
    }
    /// How long an action waits after it was approved, still to be cancelled: nobody but one administrator could
    /// look at it again.
    pub(crate) fn second_thoughts_s(&self, people: &[Approver]) -> i64 {
        let alone = matches!(people, [one] if one.is_admin);
        if alone && self.risk.as_deref() == Some("high") { SECOND_THOUGHTS_S } else { 0 }
    }
    pub(crate) fn modified_keys(&self) -> Vec<&str> {
        self.changes.as_ref().map(|c| c.keys().map(String::as_str).collect()).unwrap_or_default()
    }
}

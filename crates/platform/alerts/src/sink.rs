//! What alerting hands to whoever tells people: the notifier implements this. It is called inside the transaction of
//! the firing, so a firing and its inbox row and queued messages exist together or not at all.

use argos_kernel::{Severity, Timestamp};
use argos_store::{StoreError, Tx};
use argos_web::BoxFuture;

use crate::model::rule::ChannelRef;

/// What became of a firing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FiringChange {
    Fired,
    /// Still firing after the cooldown.
    Reminder,
    /// An escalation tier, counted from 1.
    Escalated {
        step: usize,
    },
    Resolved,
}

impl FiringChange {
    /// The kind of the event that reports it; a reminder has no event of its own.
    pub const fn event_kind(self) -> &'static str {
        match self {
            Self::Fired | Self::Reminder => "alert.firing",
            Self::Escalated { .. } => "alert.escalated",
            Self::Resolved => "alert.resolved",
        }
    }
}

/// One thing to tell.
#[derive(Clone, Debug)]
pub struct FiringNotice {
    pub change: FiringChange,
    pub firing_id: i64,
    /// Stable over the life of the firing.
    pub firing_uid: String,
    /// The event of this change; `None` for reminders.
    pub event_id: Option<i64>,
    pub rule_id: String,
    pub rule_name: String,
    pub severity: Severity,
    /// With its documented prefix (`[ESCALATED]`, `[RESOLVED]`, `[APPROVAL NEEDED]`).
    pub message: String,
    pub value: Option<f64>,
    pub labels: serde_json::Value,
    /// Empty = enabled channels with `broadcast`.
    pub channels: Vec<ChannelRef>,
    /// Why channels shall not hear of it (`cooldown`, `duplicate`): they get suppressed rows.
    pub withheld: Option<&'static str>,
    /// Whose matter it is; nothing = the instance's.
    pub organization_id: Option<i64>,
    pub at: Timestamp,
}

/// Receives notices inside the transaction that makes them true.
pub trait FiringSink: Send + Sync + 'static {
    fn deliver<'a>(&'a self, tx: &'a mut Tx, notice: &'a FiringNotice) -> BoxFuture<'a, Result<(), StoreError>>;
}

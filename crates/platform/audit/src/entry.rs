//! What a caller says about one change: the `Entry` of an audit row. Pure data; who, when and the hash are added
//! when it is recorded. It must never carry a secret: before and after pass the redactor on their way in.

use argos_kernel::{Severity, Timestamp};
use serde_json::Value;

/// Which shelf a row belongs to (platform spec 12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Category {
    Auth,
    Config,
    Data,
    Action,
    Security,
    /// Acts on the physical world (shutdown, outlets, device SET, FSD): kept five years.
    Safety,
}

impl Category {
    pub const ALL: [Self; 6] = [Self::Auth, Self::Config, Self::Data, Self::Action, Self::Security, Self::Safety];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Config => "config",
            Self::Data => "data",
            Self::Action => "action",
            Self::Security => "security",
            Self::Safety => "safety",
        }
    }
}

/// How it ended, as far as it is known when the row is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    #[default]
    Success,
    Failure,
    /// Asked for; the outcome is a later row.
    Pending,
}

impl Status {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Pending => "pending",
        }
    }
}

/// One audit row before it is written. Build it with [`Entry::new`] and the setters.
#[derive(Clone, Debug)]
#[must_use]
pub struct Entry {
    pub(crate) action: String,
    pub(crate) category: Category,
    pub(crate) alias: Option<String>,
    pub(crate) organization_id: Option<i64>,
    pub(crate) target_type: Option<String>,
    pub(crate) target_id: Option<String>,
    pub(crate) trigger_type: Option<String>,
    pub(crate) description: String,
    pub(crate) before: Option<Value>,
    pub(crate) after: Option<Value>,
    pub(crate) status: Status,
    pub(crate) severity: Severity,
    pub(crate) duration_ms: Option<i64>,
    pub(crate) at: Option<Timestamp>,
}

impl Entry {
    /// `action` is the canonical dotted name `<kind>.<verb>`, e.g. `user.create`.
    pub fn new(action: impl Into<String>, category: Category) -> Self {
        let action = action.into();
        debug_assert!(action.contains('.'), "audit action `{action}` is not <kind>.<verb>");
        Self {
            action,
            category,
            alias: None,
            organization_id: None,
            target_type: None,
            target_id: None,
            trigger_type: None,
            description: String::new(),
            before: None,
            after: None,
            status: Status::Success,
            severity: Severity::Info,
            duration_ms: None,
            at: None,
        }
    }
    /// The name a part documents for this action, e.g. `user_add`; its view shows and filters it.
    pub fn alias(mut self, alias: impl Into<String>) -> Self {
        self.alias = Some(alias.into());
        self
    }
    #[expect(clippy::needless_pass_by_value, reason = "ids are numbers or short texts, given as literals")]
    pub fn target(mut self, kind: impl Into<String>, id: impl ToString) -> Self {
        self.target_type = Some(kind.into());
        self.target_id = Some(id.to_string());
        self
    }
    pub const fn organization(mut self, id: i64) -> Self {
        self.organization_id = Some(id);
        self
    }
    /// One sentence for people; the `details` of the ops view.
    pub fn describe(mut self, text: impl Into<String>) -> Self {
        self.description = text.into();
        self
    }
    /// The object before the change. Redacted when it is recorded.
    pub fn before(mut self, value: Value) -> Self {
        self.before = Some(value);
        self
    }
    /// The object after the change, or the facts of an action. Redacted when it is recorded.
    pub fn after(mut self, value: Value) -> Self {
        self.after = Some(value);
        self
    }
    /// What set an action off: `manual`, `workflow`, `approval`, `healing_pipeline`, `rollback` ...
    pub fn trigger(mut self, trigger: impl Into<String>) -> Self {
        self.trigger_type = Some(trigger.into());
        self
    }
    pub const fn status(mut self, status: Status) -> Self {
        self.status = status;
        self
    }
    pub const fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }
    pub const fn duration_ms(mut self, ms: i64) -> Self {
        self.duration_ms = Some(ms);
        self
    }
    /// When it happened, for rows that are written later.
    pub const fn at(mut self, at: Timestamp) -> Self {
        self.at = Some(at);
        self
    }
    pub fn action(&self) -> &str {
        &self.action
    }
}

//! Typed links between things. A link reads from left to right: `container runs_on machine`, `machine fed_by ups`.

use argos_kernel::Timestamp;
use argos_store::{FromValue, Value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a link says: the first thing ... the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LinkType {
    /// A pool serves a site.
    Serves,
    RunsOn,
    FedBy,
    CheckedBy,
    ProtectedBy,
    /// A disk carries a filesystem.
    Carries,
    DependsOn,
}

impl LinkType {
    pub const ALL: [Self; 7] =
        [Self::Serves, Self::RunsOn, Self::FedBy, Self::CheckedBy, Self::ProtectedBy, Self::Carries, Self::DependsOn];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Serves => "serves",
            Self::RunsOn => "runs_on",
            Self::FedBy => "fed_by",
            Self::CheckedBy => "checked_by",
            Self::ProtectedBy => "protected_by",
            Self::Carries => "carries",
            Self::DependsOn => "depends_on",
        }
    }
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.as_str() == word)
    }
    /// Which end suffers when the other one is in trouble: `Some(true)` = the first from the second.
    pub(crate) const fn first_suffers(self) -> Option<bool> {
        match self {
            Self::RunsOn | Self::FedBy | Self::DependsOn => Some(true),
            Self::Serves | Self::Carries => Some(false),
            Self::CheckedBy | Self::ProtectedBy => None,
        }
    }
}

impl From<LinkType> for Value {
    fn from(t: LinkType) -> Self {
        Self::Text(t.as_str().to_owned())
    }
}
impl FromValue for LinkType {
    const NAME: &'static str = "a link type";
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Text(t) => Self::parse(t),
            _ => None,
        }
    }
}

/// A link as a domain reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLink {
    pub from: String,
    pub link: LinkType,
    pub to: String,
    /// Why it is believed: one sentence.
    pub evidence: String,
    pub guess: bool,
}

impl NewLink {
    pub fn new(from: impl Into<String>, link: LinkType, to: impl Into<String>, evidence: impl Into<String>) -> Self {
        Self { from: from.into(), link, to: to.into(), evidence: evidence.into(), guess: false }
    }
    /// Not known for certain; shown dotted.
    #[must_use]
    pub fn guessed(mut self) -> Self {
        self.guess = true;
        self
    }
}

/// A stored link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) id: i64,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) link: LinkType,
    pub(crate) evidence: String,
    pub(crate) guess: bool,
    /// The source that reports it, or `person`.
    pub(crate) origin: String,
    pub(crate) hidden_by: Option<String>,
    pub(crate) created_at: Timestamp,
}

impl Link {
    /// The end whose trouble explains the other's: (suffering, cause).
    pub(crate) fn suffering(&self) -> Option<(&str, &str)> {
        self.link.first_suffers().map(|first| if first { (&*self.from, &*self.to) } else { (&*self.to, &*self.from) })
    }
}

//! The eight states of the interface, and their order. Domains translate their own vocabulary; nothing here guesses.

use argos_store::{FromValue, Value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Critical,
    Warning,
    Unknown,
    Pending,
    Maintenance,
    Info,
    Paused,
    Ok,
}

impl Status {
    /// Worst first.
    pub const ALL: [Self; 8] =
        [Self::Critical, Self::Warning, Self::Unknown, Self::Pending, Self::Maintenance, Self::Info, Self::Paused, Self::Ok];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Warning => "warning",
            Self::Unknown => "unknown",
            Self::Pending => "pending",
            Self::Maintenance => "maintenance",
            Self::Info => "info",
            Self::Paused => "paused",
            Self::Ok => "ok",
        }
    }
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == word)
    }
    /// 0 for the worst.
    pub fn rank(self) -> i64 {
        Self::ALL.iter().position(|s| *s == self).and_then(|n| i64::try_from(n).ok()).unwrap_or(i64::MAX)
    }
    /// Wants attention now.
    pub const fn is_trouble(self) -> bool {
        matches!(self, Self::Critical | Self::Warning)
    }
    /// The state of a share that fills up, in percent; unknown stays unknown.
    pub fn of_fill(percent: Option<f64>, warning: f64, critical: f64) -> Self {
        match percent {
            None => Self::Unknown,
            Some(p) if p >= critical => Self::Critical,
            Some(p) if p >= warning => Self::Warning,
            Some(_) => Self::Ok,
        }
    }
}

impl From<Status> for Value {
    fn from(s: Status) -> Self {
        Self::Text(s.as_str().to_owned())
    }
}
impl FromValue for Status {
    const NAME: &'static str = "a status";
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Text(t) => Self::parse(t),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_ordered_worst_first_and_read_back() {
        assert!(Status::Critical.rank() < Status::Unknown.rank() && Status::Unknown.rank() < Status::Ok.rank());
        assert!(Status::ALL.into_iter().all(|s| Status::parse(s.as_str()) == Some(s)));
        assert_eq!(Status::of_fill(None, 80.0, 90.0), Status::Unknown);
        assert_eq!(Status::of_fill(Some(85.0), 80.0, 90.0), Status::Warning);
    }
}

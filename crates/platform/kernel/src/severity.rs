//! One scale of importance for events, alerts, incidents and logs (platform spec 0.6).

use std::fmt;
use std::str::FromStr;

/// `debug < info < warning < error < critical`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Debug,
    #[default]
    Info,
    Warning,
    Error,
    Critical,
}

impl Severity {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
        }
    }
    /// The word the ops routes show: error is `danger`, debug is `info`.
    pub const fn ops_word(self) -> &'static str {
        match self {
            Self::Error => "danger",
            Self::Debug => "info",
            other => other.as_str(),
        }
    }
    /// Reads any documented spelling; an unknown word is `Info` (platform spec 0.6).
    pub fn parse_lenient(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "debug" => Self::Debug,
            "warning" | "warn" | "minor" | "medium" | "normal" => Self::Warning,
            "error" | "danger" | "fatal" | "major" | "high" => Self::Error,
            "critical" | "urgent" => Self::Critical,
            _ => Self::Info,
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Severity {
    type Err = ();
    fn from_str(word: &str) -> Result<Self, ()> {
        [Self::Debug, Self::Info, Self::Warning, Self::Error, Self::Critical].into_iter().find(|s| s.as_str() == word).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities_are_ordered_and_read_documented_aliases() {
        assert!(Severity::Warning < Severity::Error);
        assert_eq!(Severity::parse_lenient("danger"), Severity::Error);
        assert_eq!(Severity::parse_lenient("minor"), Severity::Warning);
        assert_eq!(Severity::parse_lenient("whatever"), Severity::Info);
        assert_eq!(Severity::Error.ops_word(), "danger");
    }
}

//! Faults of a configuration: every one found, each with its place.

use std::fmt;

/// What a fault keeps from being served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// All of it: listeners and limits are everybody's.
    #[default]
    Whole,
    /// The pool with this id.
    Pool(u64),
    /// The host with this id.
    Host(u64),
}

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Without which the configuration would not have it.
    pub part: Part,
    /// Where, as `hosts[app.example.org].rules[3].matchers[0]`.
    pub place: String,
    /// What is wrong.
    pub message: String,
}

/// A configuration that cannot be served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError(pub Vec<Fault>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, fault) in self.0.iter().enumerate() {
            let separator = if n == 0 { "" } else { "; " };
            write!(f, "{separator}{}: {}", fault.place, fault.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

/// Collects faults.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    pub(crate) found: Vec<Fault>,
    /// What is looked at.
    pub(crate) part: Part,
}

impl Faults {
    pub(crate) fn add(&mut self, place: &str, message: impl Into<String>) {
        self.found.push(Fault { part: self.part, place: place.to_owned(), message: message.into() });
    }

    /// The value, or a fault and `None`.
    pub(crate) fn check<T>(&mut self, place: &str, result: Result<T, impl Into<String>>) -> Option<T> {
        result.map_err(|message| self.add(place, message)).ok()
    }

    pub(crate) fn require(&mut self, place: &str, holds: bool, message: &str) {
        if !holds {
            self.add(place, message);
        }
    }
}

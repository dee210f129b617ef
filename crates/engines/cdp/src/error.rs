//! What can go wrong with a browser, a page or an element, said in words a person can act upon.

use std::fmt;
use std::time::Duration;

/// Why a call, a navigation or an action did not succeed. Cheap to clone: one failure may end many waiting calls.
#[derive(Clone, Debug, PartialEq)]
pub enum CdpError {
    /// The browser did not start.
    Launch(String),
    /// The browser is gone: closed, killed or crashed. Holds how it ended and the last it said.
    BrowserGone(String),
    /// The page, frame or worker was closed.
    TargetClosed {
        method: String,
    },
    /// Its renderer crashed.
    TargetCrashed {
        method: String,
    },
    Timeout {
        what: String,
        after: Duration,
    },
    /// The browser refused the call.
    Protocol {
        method: String,
        code: i64,
        message: String,
    },
    /// The answer has not the form that was expected.
    Unreadable {
        method: String,
        why: String,
    },
    /// A script of the page, or one that was evaluated in it, threw.
    Script(String),
    Navigation {
        url: String,
        reason: String,
    },
    /// The guard of the context refused the address.
    Blocked {
        url: String,
        reason: String,
    },
    NotFound {
        locator: String,
        after: Duration,
    },
    /// The locator names several elements where one is meant.
    Ambiguous {
        locator: String,
        count: usize,
        candidates: Vec<String>,
    },
    /// The element is there but cannot be acted upon; `why` names what is missing or what covers it.
    NotActionable {
        locator: String,
        why: String,
        after: Duration,
    },
    /// It was acted upon, and the page did not do what follows from it.
    Unheeded {
        locator: String,
        why: String,
        after: Duration,
    },
    /// The caller gave something that cannot be meant.
    Invalid(String),
    /// The browser takes no messages: its queue is full.
    Overloaded,
}

impl CdpError {
    /// Whether the page or browser is lost, so that only a new one helps.
    pub fn is_fatal(&self) -> bool {
        matches!(self, Self::BrowserGone(_) | Self::TargetClosed { .. } | Self::TargetCrashed { .. } | Self::Overloaded)
    }

    pub(crate) fn timeout(what: impl Into<String>, after: Duration) -> Self {
        Self::Timeout { what: what.into(), after }
    }

    /// The document in which a script ran went away under it.
    pub fn is_context_lost(&self) -> bool {
        const TEXTS: [&str; 6] = [
            "Execution context was destroyed",
            "Cannot find context",
            "Inspected target navigated or closed",
            "uniqueContextId not found",
            "Promise was collected",
            "Could not find object with given id",
        ];
        matches!(self, Self::Protocol { message, .. } if TEXTS.iter().any(|text| message.contains(text)))
    }
}

impl fmt::Display for CdpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Launch(why) => write!(f, "the browser did not start: {why}"),
            Self::BrowserGone(how) => write!(f, "the browser is gone: {how}"),
            Self::TargetClosed { method } => write!(f, "{method}: the page was closed"),
            Self::TargetCrashed { method } => write!(f, "{method}: the page crashed"),
            Self::Timeout { what, after } => write!(f, "{what} took longer than {} ms", after.as_millis()),
            Self::Protocol { method, code, message } => write!(f, "{method} was refused: {message} ({code})"),
            Self::Unreadable { method, why } => write!(f, "the answer to {method} cannot be read: {why}"),
            Self::Script(text) => write!(f, "the script failed: {text}"),
            Self::Navigation { url, reason } => write!(f, "{url} cannot be opened: {reason}"),
            Self::Blocked { url, reason } => write!(f, "{url} is blocked: {reason}"),
            Self::NotFound { locator, after } => write!(f, "no element is {locator} after {} ms", after.as_millis()),
            Self::Ambiguous { locator, count, candidates } => {
                write!(f, "{locator} names {count} elements: {}", candidates.join(", "))
            }
            Self::NotActionable { locator, why, after } | Self::Unheeded { locator, why, after } => {
                write!(f, "{locator} is there, but after {} ms it still {why}", after.as_millis())
            }
            Self::Invalid(why) => f.write_str(why),
            Self::Overloaded => f.write_str("the browser takes no more messages"),
        }
    }
}

impl std::error::Error for CdpError {}

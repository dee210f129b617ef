//! Why a text is no condition, in the words the API documents.

use std::fmt;

/// The kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// Nothing but white space.
    Required,
    /// Longer than [`crate::MAX_LENGTH`] bytes.
    TooLong,
    /// Parentheses nested deeper than [`crate::MAX_DEPTH`].
    TooDeep,
    /// The fragment between the neighbouring AND/OR does not parse.
    Fragment,
}

/// A refused condition; `Display` is the documented response text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// The kind of fault.
    pub kind: ParseErrorKind,
    /// The offending piece of the text, as written; empty unless the kind is [`ParseErrorKind::Fragment`].
    pub fragment: String,
    /// Byte offset of the fault in the text.
    pub at: usize,
    /// What was expected there, for people.
    pub expected: &'static str,
}

impl ParseError {
    pub(crate) const fn plain(kind: ParseErrorKind, expected: &'static str) -> Self {
        Self { kind, fragment: String::new(), at: 0, expected }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ParseErrorKind::Required => f.write_str("Condition is required"),
            ParseErrorKind::TooLong => write!(f, "Condition is longer than {} characters", crate::MAX_LENGTH),
            ParseErrorKind::TooDeep => {
                write!(f, "Condition nests parentheses deeper than {} levels", crate::MAX_DEPTH)
            }
            ParseErrorKind::Fragment => {
                write!(f, "Invalid condition fragment: '{}' — expected 'metric operator number' (e.g. cpuPercent > 90)", self.fragment)
            }
        }
    }
}

impl std::error::Error for ParseError {}

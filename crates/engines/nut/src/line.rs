//! Lines and words (RFC 9271 4.2): words are split by blanks; a value stands in double quotes, in which only `\"` and
//! `\\` are escapes. Never guesses: an open quote is an error.

use std::fmt;

/// Longest line that is accepted, without its end.
pub const LINE_BYTES_MAX: usize = 64 << 10;
const NAME_CHARS_MAX: usize = 64;

/// Why a line is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineError {
    /// A quote was opened and never closed.
    OpenQuote,
    TooLong,
    /// CR, LF or NUL in something that shall be sent.
    LineBreak,
    /// A name holds something else than letters, digits, dot, dash and underscore.
    BadName,
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OpenQuote => "a quote is not closed",
            Self::TooLong => "the line is too long",
            Self::LineBreak => "a value may not hold line breaks",
            Self::BadName => "a name may hold letters, digits, dots, dashes and underscores only",
        })
    }
}

impl std::error::Error for LineError {}

/// The words of a line, unquoted. Control characters are dropped.
pub fn split(line: &str) -> Result<Vec<String>, LineError> {
    if line.len() > LINE_BYTES_MAX {
        return Err(LineError::TooLong);
    }
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                let into = word.get_or_insert_default();
                quoted(&mut chars, into)?;
            }
            c if c.is_ascii_whitespace() => words.extend(word.take()),
            c if c.is_control() => {}
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

fn quoted(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, into: &mut String) -> Result<(), LineError> {
    while let Some(c) = chars.next() {
        match c {
            '"' => return Ok(()),
            '\\' => match chars.next_if(|next| matches!(next, '"' | '\\')) {
                Some(escaped) => into.push(escaped),
                None => into.push('\\'),
            },
            c if c.is_control() => {}
            c => into.push(c),
        }
    }
    Err(LineError::OpenQuote)
}

/// The value in quotes, as it stands on a line.
pub fn quote(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 2);
    out.push('"');
    for c in value.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}

/// Whether the text may name a UPS, a variable or a command.
pub fn is_name(text: &str) -> bool {
    (1..=NAME_CHARS_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

pub(crate) fn name(text: &str) -> Result<&str, LineError> {
    if is_name(text) { Ok(text) } else { Err(LineError::BadName) }
}

pub(crate) fn value(text: &str) -> Result<String, LineError> {
    if text.chars().any(|c| matches!(c, '\r' | '\n' | '\0')) { Err(LineError::LineBreak) } else { Ok(quote(text)) }
}

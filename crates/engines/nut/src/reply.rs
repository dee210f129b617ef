//! Answers: collected line by line for the request they belong to, and rendered for the server's side. An `ERR` line
//! is a whole answer, also to a `LIST`. No I/O.

use std::fmt;

use crate::command::Command;
use crate::error::{ErrorToken, NutError};
use crate::line::{LineError, quote, split};

/// Most rows of one list.
pub const LIST_LINES_MAX: usize = 5_000;
const LIST_BYTES_MAX: usize = 1 << 20;

/// A whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// `OK ...`: the words behind it.
    Ok(Vec<String>),
    /// `VAR ups name "value"` and its likes: the words behind the repeated request.
    Row(Vec<String>),
    /// A bare line (`VER`, `NETVER`, `HELP`, `GET TRACKING`).
    Text(String),
    /// The rows of a list, each without the words that repeat the request.
    List(Vec<Vec<String>>),
    Refused(NutError),
}

/// Why an answer is not one: the connection is of no more use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplyError {
    Line(LineError),
    /// Another answer than the one to this request.
    Unexpected(String),
    TooLarge,
}

impl fmt::Display for ReplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(e) => write!(f, "{e}"),
            Self::Unexpected(line) => write!(f, "unexpected answer: {line}"),
            Self::TooLarge => f.write_str("the list is too large"),
        }
    }
}

/// Collects the answer to one request.
#[derive(Debug)]
pub struct Collector {
    command: Command,
    /// Words a row begins with, e.g. `VAR rack1`.
    prefix: Vec<String>,
    begun: bool,
    rows: Vec<Vec<String>>,
    bytes: usize,
}

impl Collector {
    pub fn new(command: &Command) -> Self {
        let line = command.line().unwrap_or_default();
        let words = split(&line).unwrap_or_default();
        let prefix = words.get(1..).unwrap_or_default().to_vec();
        Self { command: command.clone(), prefix, begun: false, rows: Vec::new(), bytes: 0 }
    }

    /// Takes one line without its end; `Some` when the answer is complete.
    pub fn feed(&mut self, line: &str) -> Result<Option<Reply>, ReplyError> {
        let unexpected = || ReplyError::Unexpected(line.chars().filter(|c| !c.is_control()).take(80).collect());
        if matches!(self.command, Command::Ver | Command::NetVer | Command::Help) && !line.starts_with("ERR ") {
            return Ok(Some(Reply::Text(line.chars().filter(|c| !c.is_control()).collect())));
        }
        let words = split(line).map_err(ReplyError::Line)?;
        let first = words.first().map(String::as_str).unwrap_or_default();
        if first == "ERR" {
            return Ok(Some(Reply::Refused(NutError::of(words.get(1..).unwrap_or_default()))));
        }
        if self.command.is_list() {
            return self.feed_list(words, line.len()).ok_or_else(unexpected)?;
        }
        if matches!(self.command, Command::GetTracking(_)) {
            return Ok(Some(Reply::Text(first.to_owned())));
        }
        if matches!(self.command.verb().split_once(' '), Some(("GET", _))) {
            let rest = words.strip_prefix(self.prefix.as_slice()).ok_or_else(unexpected)?;
            return Ok(Some(Reply::Row(rest.to_vec())));
        }
        match words.split_first() {
            Some((ok, rest)) if ok == "OK" => Ok(Some(Reply::Ok(rest.to_vec()))),
            _ => Err(unexpected()),
        }
    }

    /// `None`: the line does not belong here.
    fn feed_list(&mut self, mut words: Vec<String>, bytes: usize) -> Option<Result<Option<Reply>, ReplyError>> {
        let is = |head: [&str; 2]| words.len() >= 2 && words.iter().zip(head).all(|(w, h)| w == h) && words.get(2..) == Some(&self.prefix);
        if !self.begun {
            return is(["BEGIN", "LIST"]).then(|| {
                self.begun = true;
                Ok(None)
            });
        }
        if is(["END", "LIST"]) {
            return Some(Ok(Some(Reply::List(std::mem::take(&mut self.rows)))));
        }
        if !words.starts_with(&self.prefix) {
            return None;
        }
        self.bytes += bytes;
        if self.rows.len() >= LIST_LINES_MAX || self.bytes > LIST_BYTES_MAX {
            return Some(Err(ReplyError::TooLarge));
        }
        words.drain(..self.prefix.len());
        self.rows.push(words);
        Some(Ok(None))
    }
}

/// `ERR <token>`.
pub fn render_error(token: ErrorToken) -> String {
    format!("ERR {}", token.as_str())
}

/// A row: the words as they are, then the values in quotes.
pub fn render_row(words: &[&str], values: &[&str]) -> String {
    let quoted = values.iter().map(|v| quote(&v.chars().filter(|c| !c.is_control()).collect::<String>()));
    words.iter().map(|w| (*w).to_owned()).chain(quoted).collect::<Vec<_>>().join(" ")
}

/// A list block around finished rows; `what` repeats the request, e.g. `VAR rack1`.
pub fn render_list(what: &str, rows: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut lines = vec![format!("BEGIN LIST {what}")];
    lines.extend(rows);
    lines.push(format!("END LIST {what}"));
    lines
}

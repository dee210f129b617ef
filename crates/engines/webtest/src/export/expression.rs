//! What an address or a text is matched with, as the source of a regular expression: by the same rules as the runner's
//! own patterns, with the variables left to be put in when the code runs.

use super::writer::{Part, parts};
use crate::pattern;

/// A piece of the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Source(String),
    /// The value of a variable, which is meant as it is.
    Literal(String),
    /// The value of a variable, which is part of the expression.
    Variable(String),
}

/// An expression to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expression {
    pub(crate) pieces: Vec<Piece>,
    pub(crate) any_case: bool,
}

/// A pattern of an address: an expression between slashes, a glob over all of it, or a part of it.
pub(crate) fn address(text: &str) -> Expression {
    if pattern::is_expression(text) {
        return regex(text);
    }
    if !parts(text).iter().any(|part| matches!(part, Part::Text(text) if text.contains('*'))) {
        return literal(text);
    }
    // A glob that begins with a slash is of the path; what follows the path may follow.
    let of_path = text.starts_with('/');
    let mut pieces = vec![Piece::Source(if of_path { "^[^:]+://[^/]+" } else { "^" }.to_owned())];
    let glob = |text: &str| escaped(text).replace("\\*\\*", ".*").replace("\\*", "[^/]*");
    pieces.extend(cut(text, glob, Piece::Literal));
    pieces.push(Piece::Source(if of_path { "(?:[?#].*)?$" } else { "$" }.to_owned()));
    Expression { pieces, any_case: false }
}

/// A part of a text, as it is.
pub(crate) fn literal(text: &str) -> Expression {
    Expression { pieces: cut(text, escaped, Piece::Literal), any_case: false }
}

/// What a claim names, with or without slashes.
pub(crate) fn regex(text: &str) -> Expression {
    let (body, any_case) = pattern::body(text);
    Expression { pieces: cut(body, str::to_owned, Piece::Variable), any_case }
}

/// All of these classes among those of an element.
pub(crate) fn classes(text: &str) -> Expression {
    if parts(text).iter().any(|part| matches!(part, Part::Variable(_))) {
        return literal(text);
    }
    let each = text.split_whitespace().map(|class| format!("(?=(?:.*\\s)?{}(?:\\s|$))", escaped(class)));
    Expression { pieces: vec![Piece::Source(format!("^{}", each.collect::<String>()))], any_case: false }
}

fn cut(text: &str, source: impl Fn(&str) -> String, variable: impl Fn(String) -> Piece) -> Vec<Piece> {
    parts(text)
        .into_iter()
        .map(|part| match part {
            Part::Text(text) => Piece::Source(source(&text)),
            Part::Variable(name) => variable(name),
        })
        .collect()
}

/// Signs that mean themselves outside brackets are left, so that an address can be read.
fn escaped(text: &str) -> String {
    regex::escape(text).replace("\\-", "-").replace("\\&", "&").replace("\\#", "#").replace("\\~", "~")
}

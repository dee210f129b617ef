//! Text to nodes.

use super::functions::Function;

const DEPTH_MAX: usize = 16;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Text(String),
    Emit(Pipeline),
    If { test: Pipeline, then: Vec<Node>, otherwise: Vec<Node> },
    Range { over: Pipeline, body: Vec<Node>, otherwise: Vec<Node> },
}

/// Commands joined by `|`; each but the first gets the value before it as its last argument.
pub(super) type Pipeline = Vec<Command>;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Command {
    Value(Operand),
    Call(Function, Vec<Operand>),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operand {
    /// `.` and the members after it.
    Path(Vec<String>),
    Literal(serde_json::Value),
    Nested(Pipeline),
}

/// A piece of the template: text, or what stands between the braces.
enum Piece {
    Text(String),
    Action(String),
}

pub(super) fn parse(text: &str) -> Result<Vec<Node>, String> {
    let pieces = split(text)?;
    let mut rest = pieces.into_iter().peekable();
    let (nodes, stop) = block(&mut rest, 0)?;
    match stop {
        None => Ok(nodes),
        Some(word) => Err(format!("{{{{ {word} }}}} without a beginning")),
    }
}

fn split(text: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let (mut rest, mut trim) = (text, false);
    while let Some((before, after)) = rest.split_once("{{") {
        let (inside, next) = action_end(after).ok_or("{{ without }}")?;
        let trim_left = inside.starts_with('-') && inside.chars().nth(1).is_some_and(char::is_whitespace);
        let mut before = if trim { before.trim_start() } else { before };
        if trim_left {
            before = before.trim_end();
        }
        if !before.is_empty() {
            pieces.push(Piece::Text(before.to_owned()));
        }
        let mut inside = inside.strip_prefix('-').filter(|_| trim_left).unwrap_or(inside);
        trim = inside.ends_with('-') && inside.chars().rev().nth(1).is_some_and(char::is_whitespace);
        inside = inside.strip_suffix('-').filter(|_| trim).unwrap_or(inside);
        let inside = inside.trim();
        if !(inside.starts_with("/*") && inside.ends_with("*/")) {
            pieces.push(Piece::Action(inside.to_owned()));
        }
        rest = next;
    }
    let rest = if trim { rest.trim_start() } else { rest };
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_owned()));
    }
    Ok(pieces)
}

/// The inside of an action and what follows `}}`, which does not count inside quotes.
fn action_end(text: &str) -> Option<(&str, &str)> {
    let (mut quoted, mut escaped) = (false, false);
    for (i, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '}' if !quoted && text.get(i..)?.starts_with("}}") => return Some((text.get(..i)?, text.get(i + 2..)?)),
            _ => {}
        }
    }
    // An open quote: the fault is told where the action is read.
    text.split_once("}}")
}

type Pieces = std::iter::Peekable<std::vec::IntoIter<Piece>>;

/// Nodes up to `end`, `else` or the end of the text; the word that stopped it.
fn block(pieces: &mut Pieces, depth: usize) -> Result<(Vec<Node>, Option<String>), String> {
    if depth > DEPTH_MAX {
        return Err(format!("nested deeper than {DEPTH_MAX}"));
    }
    let mut nodes = Vec::new();
    while let Some(piece) = pieces.next() {
        let action = match piece {
            Piece::Text(text) => {
                nodes.push(Node::Text(text));
                continue;
            }
            Piece::Action(action) => action,
        };
        let (word, rest) = action.split_once(char::is_whitespace).unwrap_or((&action, ""));
        match word {
            "end" | "else" => return Ok((nodes, Some(action))),
            "if" => nodes.push(condition(rest, pieces, depth)?),
            "range" => {
                let over = pipeline(rest)?;
                let (body, otherwise) = branches(pieces, depth)?;
                nodes.push(Node::Range { over, body, otherwise });
            }
            _ => nodes.push(Node::Emit(pipeline(&action)?)),
        }
    }
    Ok((nodes, None))
}

fn condition(test: &str, pieces: &mut Pieces, depth: usize) -> Result<Node, String> {
    let test = pipeline(test)?;
    let (then, otherwise) = branches(pieces, depth)?;
    Ok(Node::If { test, then, otherwise })
}

fn branches(pieces: &mut Pieces, depth: usize) -> Result<(Vec<Node>, Vec<Node>), String> {
    let (then, stop) = block(pieces, depth + 1)?;
    let stop = stop.ok_or("if or range without {{ end }}")?;
    let Some(rest) = stop.strip_prefix("else").map(str::trim) else { return Ok((then, Vec::new())) };
    if let Some(test) = rest.strip_prefix("if ") {
        // `else if` shares the end of the whole.
        return Ok((then, vec![condition(test, pieces, depth + 1)?]));
    }
    let (otherwise, stop) = block(pieces, depth + 1)?;
    if stop.as_deref() != Some("end") {
        return Err("else without {{ end }}".to_owned());
    }
    Ok((then, otherwise))
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Pipe,
    Open,
    Close,
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut out = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            c if c.is_whitespace() => {}
            '|' => out.push(Token::Pipe),
            '(' => out.push(Token::Open),
            ')' => out.push(Token::Close),
            '"' => {
                let mut quoted = String::new();
                loop {
                    match chars.next().ok_or("a quote is not closed")? {
                        '"' => break,
                        '\\' => match chars.next().ok_or("a quote is not closed")? {
                            'n' => quoted.push('\n'),
                            't' => quoted.push('\t'),
                            other => quoted.push(other),
                        },
                        other => quoted.push(other),
                    }
                }
                out.push(Token::Text(quoted));
            }
            first => {
                let mut word = String::from(first);
                while let Some(c) = chars.next_if(|c| !c.is_whitespace() && !['|', '(', ')', '"'].contains(c)) {
                    word.push(c);
                }
                out.push(Token::Word(word));
            }
        }
    }
    Ok(out)
}

fn pipeline(text: &str) -> Result<Pipeline, String> {
    let mut list = tokens(text)?.into_iter().peekable();
    let pipeline = commands(&mut list, 0)?;
    if list.next().is_some() {
        return Err("a closing parenthesis too many".to_owned());
    }
    Ok(pipeline)
}

type Tokens = std::iter::Peekable<std::vec::IntoIter<Token>>;

fn commands(list: &mut Tokens, depth: usize) -> Result<Pipeline, String> {
    if depth > DEPTH_MAX {
        return Err(format!("nested deeper than {DEPTH_MAX}"));
    }
    let mut pipeline = vec![command(list, depth)?];
    while list.next_if_eq(&Token::Pipe).is_some() {
        let next = command(list, depth)?;
        if matches!(next, Command::Value(_)) {
            return Err("a function is expected after |".to_owned());
        }
        pipeline.push(next);
    }
    Ok(pipeline)
}

fn command(list: &mut Tokens, depth: usize) -> Result<Command, String> {
    let function = match list.peek() {
        Some(Token::Word(word)) if word.starts_with(|c: char| c.is_ascii_alphabetic()) && !matches!(word.as_str(), "true" | "false") => {
            Some(Function::named(word).ok_or_else(|| format!("unknown function {}", word.escape_debug()))?)
        }
        _ => None,
    };
    if function.is_some() {
        list.next();
    }
    let mut operands = Vec::new();
    while !matches!(list.peek(), None | Some(Token::Pipe | Token::Close)) {
        operands.push(operand(list, depth)?);
    }
    match (function, operands.len()) {
        (Some(function), _) => Ok(Command::Call(function, operands)),
        (None, 0) => Err("an empty action".to_owned()),
        (None, 1) => Ok(Command::Value(operands.remove(0))),
        (None, _) => Err("several values without a function".to_owned()),
    }
}

fn operand(list: &mut Tokens, depth: usize) -> Result<Operand, String> {
    match list.next() {
        Some(Token::Text(text)) => Ok(Operand::Literal(text.into())),
        Some(Token::Open) => {
            let inner = commands(list, depth + 1)?;
            list.next_if_eq(&Token::Close).ok_or("a closing parenthesis is missing")?;
            Ok(Operand::Nested(inner))
        }
        Some(Token::Word(word)) => match word.strip_prefix('.') {
            Some("") => Ok(Operand::Path(Vec::new())),
            Some(path) => {
                let parts: Vec<String> = path.split('.').map(str::to_owned).collect();
                if parts.iter().any(String::is_empty) {
                    Err(format!("{} is no field", word.escape_debug()))
                } else {
                    Ok(Operand::Path(parts))
                }
            }
            None => match word.as_str() {
                "true" => Ok(Operand::Literal(true.into())),
                "false" => Ok(Operand::Literal(false.into())),
                number => number
                    .parse::<i64>()
                    .map(|n| Operand::Literal(n.into()))
                    .map_err(|_| format!("{} is not understood", word.escape_debug())),
            },
        },
        _ => Err("a value is expected".to_owned()),
    }
}

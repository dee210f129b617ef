//! The language of selectors, read into parts: CSS (with `:has-text("…")` and `:visible`), XPath, `text=`, `role=`,
//! `label=`, `placeholder=`, `testid=`, `alt=`, `title=`, `id=`, `name=`, `nth=`, joined by ` >> `; `frame=` goes into a
//! frame. A quoted text is meant exactly, an unquoted one as a part in any case.

use std::fmt;

use serde::Serialize;

use crate::error::CdpError;

const SELECTOR_BYTES_MAX: usize = 10_000;
const PARTS_MAX: usize = 50;
const TEST_IDS: [&str; 5] = ["data-testid", "data-test-id", "data-test", "data-cy", "data-qa"];

/// One step of a selector, as the script in the page takes it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Part {
    Css {
        value: String,
    },
    /// A word: CSS, else an id for tests, else a text.
    Bare {
        value: String,
    },
    Xpath {
        value: String,
    },
    Text {
        value: String,
        exact: bool,
    },
    HasText {
        value: String,
    },
    Visible,
    Nth {
        index: i64,
    },
    Label {
        value: String,
        exact: bool,
    },
    Attribute {
        names: Vec<String>,
        value: String,
        exact: bool,
    },
    /// Asked of the accessibility tree, not of the script.
    Role(Role),
}

/// A role with a name and states.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Role {
    pub(crate) role: String,
    pub(crate) name: Option<(String, bool)>,
    /// Property of the accessibility tree and its value.
    pub(crate) states: Vec<(String, String)>,
}

/// A selector that was read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Selector {
    text: String,
    /// The frames to go through, outermost first.
    pub(crate) frames: Vec<Vec<Part>>,
    pub(crate) parts: Vec<Part>,
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Selector {
    pub(crate) fn parse(text: &str) -> Result<Self, CdpError> {
        if text.len() > SELECTOR_BYTES_MAX {
            return Err(CdpError::Invalid(format!("the selector has more than {SELECTOR_BYTES_MAX} bytes")));
        }
        let mut selector = Self { text: text.to_owned(), frames: Vec::new(), parts: Vec::new() };
        for segment in segments(text) {
            let segment = segment.trim();
            if segment.is_empty() {
                return Err(CdpError::Invalid(format!("the selector {text:?} has an empty part")));
            }
            if let Some(frame) = segment.strip_prefix("frame=") {
                let mut way = std::mem::take(&mut selector.parts);
                part(unquoted(frame).0.as_str(), &mut way)?;
                selector.frames.push(way);
            } else {
                part(segment, &mut selector.parts)?;
            }
        }
        if selector.parts.is_empty() {
            // A frame alone is meant as the document's root in it.
            selector.parts.push(Part::Css { value: ":root".to_owned() });
        }
        if selector.parts.len() + selector.frames.len() > PARTS_MAX {
            return Err(CdpError::Invalid(format!("the selector has more than {PARTS_MAX} parts")));
        }
        Ok(selector)
    }

    pub(crate) fn has_role(&self) -> bool {
        self.frames.iter().flatten().chain(&self.parts).any(|part| matches!(part, Part::Role(_)))
    }

    /// The same with `part` at its end.
    pub(crate) fn with(&self, part: Part, text: &str) -> Self {
        let mut selector = self.clone();
        selector.parts.push(part);
        selector.text = format!("{} >> {text}", self.text);
        selector
    }

    /// The other selector inside this one.
    pub(crate) fn within(&self, mut inner: Self) -> Self {
        let mut selector = self.clone();
        selector.text = format!("{} >> {}", self.text, inner.text);
        if inner.frames.is_empty() {
            selector.parts.append(&mut inner.parts);
        } else {
            let mut frames = inner.frames;
            selector.parts.append(&mut frames[0]);
            frames[0] = std::mem::take(&mut selector.parts);
            selector.frames.append(&mut frames);
            selector.parts = inner.parts;
        }
        selector
    }
}

/// What of a selector leads into frames, with the joint behind it, and what names the element there.
pub fn frame_way(text: &str) -> (&str, &str) {
    let (mut at, mut way) = (0, 0);
    for segment in segments(text) {
        at += segment.len() + 2;
        if segment.trim().starts_with("frame=") {
            way = at;
        }
    }
    // No joint is behind the last one.
    text.split_at(way.min(text.len()))
}

/// Splits at `>>` outside quotes. A quote opens only where a value begins, so that `text=Don't` is one.
fn segments(text: &str) -> Vec<String> {
    let mut segments = vec![String::new()];
    let mut quote = None;
    let mut before = ' ';
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        let current = segments.len() - 1;
        match quote {
            Some(_) if c == '\\' => {
                segments[current].push(c);
                segments[current].extend(characters.next());
                continue;
            }
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if (c == '"' || c == '\'') && (segments[current].trim().is_empty() || "=([,".contains(before)) => quote = Some(c),
            None if c == '>' && characters.peek() == Some(&'>') => {
                characters.next();
                segments.push(String::new());
                before = ' ';
                continue;
            }
            None => {}
        }
        if !c.is_whitespace() {
            before = c;
        }
        segments[current].push(c);
    }
    segments
}

fn part(segment: &str, parts: &mut Vec<Part>) -> Result<(), CdpError> {
    let attribute = |names: &[&str], value: &str, always: bool| {
        let (value, quoted) = unquoted(value);
        Part::Attribute { names: names.iter().map(|&name| name.to_owned()).collect(), value, exact: always || quoted }
    };
    if segment.starts_with("//") || segment.starts_with("(//") || segment.starts_with("..") {
        parts.push(Part::Xpath { value: segment.to_owned() });
        return Ok(());
    }
    if segment.starts_with('"') && segment.len() > 1 && segment.ends_with('"') {
        parts.push(Part::Text { value: unquoted(segment).0, exact: true });
        return Ok(());
    }
    let known = segment.split_once('=').map(|(engine, value)| (engine.trim(), value.trim()));
    parts.push(match known {
        Some(("css", value)) => return css(value, parts, false),
        Some(("xpath", value)) => Part::Xpath { value: value.to_owned() },
        Some(("text", value)) => {
            let (value, exact) = unquoted(value);
            Part::Text { value, exact }
        }
        Some(("label", value)) => {
            let (value, exact) = unquoted(value);
            Part::Label { value, exact }
        }
        Some(("role", value)) => Part::Role(role(value)?),
        Some(("placeholder", value)) => attribute(&["placeholder"], value, false),
        Some(("alt", value)) => attribute(&["alt"], value, false),
        Some(("title", value)) => attribute(&["title"], value, false),
        Some(("id", value)) => attribute(&["id"], value, true),
        Some(("name", value)) => attribute(&["name"], value, true),
        Some(("testid", value)) => attribute(&TEST_IDS, value, true),
        Some(("nth", value)) => Part::Nth { index: value.parse().map_err(|_| CdpError::Invalid(format!("nth={value} is no number")))? },
        _ => return css(segment, parts, true),
    });
    Ok(())
}

/// The text without its quotes, and whether it had them.
fn unquoted(text: &str) -> (String, bool) {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            let mut value = String::new();
            let mut characters = inner.chars();
            while let Some(c) = characters.next() {
                value.extend(if c == '\\' { characters.next() } else { Some(c) });
            }
            return (value, true);
        }
    }
    (text.to_owned(), false)
}

/// CSS with the two words of ours, cut where they stand.
fn css(selector: &str, parts: &mut Vec<Part>, may_be_word: bool) -> Result<(), CdpError> {
    let word = |text: &str| text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-' || c == ' ' || !c.is_ascii());
    if may_be_word && word(selector) {
        parts.push(Part::Bare { value: selector.to_owned() });
        return Ok(());
    }
    let mut rest = selector;
    while let Some((at, ours)) = first_of_ours(rest) {
        let (before, after) = (rest.get(..at).unwrap_or_default(), rest.get(at..).unwrap_or_default());
        push_css(before, parts);
        rest = if ours == ":visible" {
            parts.push(Part::Visible);
            after.get(ours.len()..).unwrap_or_default()
        } else {
            let (value, after) = argument(after.get(ours.len()..).unwrap_or_default())
                .ok_or_else(|| CdpError::Invalid(format!("{selector:?}: {ours} has no closing parenthesis")))?;
            parts.push(Part::HasText { value });
            after
        };
    }
    if !rest.trim().is_empty() {
        push_css(rest, parts);
    }
    Ok(())
}

fn push_css(text: &str, parts: &mut Vec<Part>) {
    let text = text.trim();
    let value = match text.chars().next() {
        None => {
            // `:visible` alone, or right after another word of ours.
            if !matches!(parts.last(), Some(Part::HasText { .. } | Part::Visible)) {
                parts.push(Part::Css { value: "*".to_owned() });
            }
            return;
        }
        Some('>' | '+' | '~') => format!(":scope {text}"),
        Some(_) if text.ends_with(['>', '+', '~']) => format!("{text} *"),
        Some(_) => text.to_owned(),
    };
    parts.push(Part::Css { value });
}

fn first_of_ours(text: &str) -> Option<(usize, &'static str)> {
    [":has-text(", ":visible"].into_iter().filter_map(|ours| Some((text.find(ours)?, ours))).min()
}

/// The argument up to its parenthesis, and what follows.
fn argument(text: &str) -> Option<(String, &str)> {
    let trimmed = text.trim_start();
    if let Some(quote) = trimmed.chars().next().filter(|c| *c == '"' || *c == '\'') {
        let mut value = String::new();
        let mut characters = trimmed.char_indices().skip(1);
        while let Some((at, c)) = characters.next() {
            if c == '\\' {
                value.extend(characters.next().map(|(_, escaped)| escaped));
            } else if c == quote {
                let after = trimmed.get(at + 1..)?.trim_start().strip_prefix(')')?;
                return Some((value, after));
            } else {
                value.push(c);
            }
        }
        return None;
    }
    let (value, after) = text.split_once(')')?;
    Some((value.trim().to_owned(), after))
}

/// `button[name="Save"][checked]`: a name in quotes is exact, unless an `i` follows or it is given with `*=`.
fn role(text: &str) -> Result<Role, CdpError> {
    let invalid = || CdpError::Invalid(format!("role={text} cannot be read; it looks like role=button[name=\"Save\"]"));
    let (name, mut rest) = text.find('[').map_or((text, ""), |at| text.split_at(at));
    let mut role = Role { role: name.trim().to_owned(), name: None, states: Vec::new() };
    if role.role.is_empty() || !role.role.chars().all(|c| c.is_ascii_alphanumeric()) {
        return Err(invalid());
    }
    while let Some(inner) = rest.trim_start().strip_prefix('[') {
        let end = bracket_end(inner).ok_or_else(invalid)?;
        let (condition, after) = (inner.get(..end).ok_or_else(invalid)?, inner.get(end + 1..).ok_or_else(invalid)?);
        rest = after;
        match condition.split_once('=') {
            None => role.states.push((condition.trim().to_owned(), "true".to_owned())),
            Some((key, value)) => {
                let (key, part) = key.trim().strip_suffix('*').map_or((key.trim(), false), |key| (key.trim(), true));
                let value = value.trim();
                let (value, any_case) = value
                    .strip_suffix(" i")
                    .or_else(|| value.strip_suffix("\"i").map(|_| value.trim_end_matches('i')))
                    .map_or((value, false), |value| (value.trim(), true));
                let (value, quoted) = unquoted(value);
                if key == "name" {
                    role.name = Some((value, quoted && !any_case && !part));
                } else {
                    role.states.push((key.to_owned(), value));
                }
            }
        }
    }
    if rest.trim().is_empty() { Ok(role) } else { Err(invalid()) }
}

/// Where the bracket closes, outside quotes.
fn bracket_end(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut characters = text.char_indices();
    while let Some((at, c)) = characters.next() {
        match quote {
            Some(_) if c == '\\' => {
                characters.next();
            }
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c == ']' => return Some(at),
            None => {}
        }
    }
    None
}

#[cfg(test)]
#[path = "selector_tests.rs"]
mod tests;

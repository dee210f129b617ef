//! The cursor over the text: words, names, numbers, strings, durations and operators, one at a time.
//!
//! Selectors are free text between brackets, so tokens depend on where the parser stands; hence no token list. Offsets
//! are byte offsets on character boundaries. Must never panic on any text.

use crate::ast::Op;
use crate::error::{ParseError, ParseErrorKind};
use crate::metric::{MetricRef, Segment, is_word_byte};
use std::time::Duration;

/// Longest selector or string, in bytes; names of hosts, mounts and event kinds are far shorter.
const MAX_TEXT: usize = 256;

/// Words that join conditions are no names.
const RESERVED: [&str; 3] = ["AND", "OR", "NOT"];

/// Where and what went wrong; becomes a [`ParseError`] once the whole text is at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) at: usize,
    pub(crate) expected: &'static str,
    pub(crate) too_deep: bool,
}

impl Fault {
    pub(crate) fn in_text(self, text: &str) -> ParseError {
        if self.too_deep {
            return ParseError { at: self.at, ..ParseError::plain(ParseErrorKind::TooDeep, self.expected) };
        }
        ParseError { kind: ParseErrorKind::Fragment, fragment: fragment(text, self.at).to_owned(), at: self.at, expected: self.expected }
    }
}

/// The piece around `at` between the neighbouring ` AND ` / ` OR ` that stand outside quotes.
fn fragment(text: &str, at: usize) -> &str {
    let (mut start, mut end) = (0, text.len());
    let mut quote: Option<char> = None;
    let mut word_start = 0;
    let mut separator = |from: usize, to: usize| {
        if !matches!(text.get(from..to), Some("AND" | "OR")) || from == 0 || to == text.len() {
            return;
        }
        if to <= at {
            start = to;
        } else if from >= at && from < end {
            end = from;
        }
    };
    for (i, c) in text.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c.is_whitespace() => {
                separator(word_start, i);
                word_start = i + c.len_utf8();
            }
            None => {}
        }
    }
    text.get(start..end).unwrap_or(text).trim()
}

pub(crate) struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(crate) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(crate) const fn fault(&self, expected: &'static str) -> Fault {
        Fault { at: self.at, expected, too_deep: false }
    }

    pub(crate) const fn too_deep(&self) -> Fault {
        Fault { at: self.at, expected: "fewer parentheses", too_deep: true }
    }

    pub(crate) const fn at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    pub(crate) fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// Skips space, then takes `mark` if it comes next.
    pub(crate) fn take(&mut self, mark: char) -> bool {
        self.skip_space();
        let found = self.rest().starts_with(mark);
        if found {
            self.at += mark.len_utf8();
        }
        found
    }

    pub(crate) fn need(&mut self, mark: char, expected: &'static str) -> Result<(), Fault> {
        if self.take(mark) { Ok(()) } else { Err(self.fault(expected)) }
    }

    /// Skips space, then takes the keyword if it stands there as a whole word.
    pub(crate) fn keyword(&mut self, word: &str) -> bool {
        self.skip_space();
        let found = self.peek_word() == word;
        if found {
            self.at += word.len();
        }
        found
    }

    /// The word at the cursor, empty if there is none.
    pub(crate) fn peek_word(&self) -> &'a str {
        let rest = self.rest();
        let len = rest.bytes().take_while(|b| is_word_byte(*b)).count();
        rest.get(..len).unwrap_or_default()
    }

    /// Takes the word at the cursor if an opening parenthesis follows it.
    pub(crate) fn call(&mut self) -> Option<&'a str> {
        self.skip_space();
        let word = self.peek_word();
        let after = self.rest().get(word.len()..).unwrap_or_default().trim_start();
        if word.is_empty() || !after.starts_with('(') {
            return None;
        }
        self.at = self.text.len() - after.len() + 1;
        Some(word)
    }

    fn word(&mut self) -> Result<String, Fault> {
        let word = self.peek_word();
        if word.is_empty() || RESERVED.contains(&word) {
            return Err(self.fault("a metric name"));
        }
        self.at += word.len();
        Ok(word.to_owned())
    }

    /// A metric name, old spellings included.
    pub(crate) fn metric(&mut self) -> Result<MetricRef, Fault> {
        self.skip_space();
        let mut segments = match self.flat()? {
            Some(segments) => segments,
            None => vec![Segment::Word(self.word()?)],
        };
        loop {
            if self.rest().starts_with('.') {
                self.at += 1;
                segments.push(Segment::Word(self.word()?));
            } else if self.rest().starts_with('[') {
                self.at += 1;
                segments.push(Segment::Selector(self.selector()?));
            } else if self.rest().starts_with(':') && segments.len() == 1 {
                self.at += 1;
                segments.push(Segment::Selector(self.label()?));
            } else {
                return Ok(MetricRef::from_segments(segments));
            }
        }
    }

    /// `flat['name']`: the name is what the quotes hold. Anything else after `flat` is an ordinary name.
    fn flat(&mut self) -> Result<Option<Vec<Segment>>, Fault> {
        let Some(after) = self.rest().strip_prefix("flat[") else {
            return Ok(None);
        };
        if !after.trim_start().starts_with(['\'', '"']) {
            return Ok(None);
        }
        let opened = self.fault("a metric name in quotes");
        self.at += "flat[".len();
        let inner = self.selector()?;
        let mut lexer = Lexer::new(&inner);
        // Not recursive: a wrapped wrapping is nothing anybody wrote.
        if lexer.rest().trim_start().starts_with("flat[") {
            return Err(opened);
        }
        let metric = lexer.metric().map_err(|_| opened)?;
        lexer.skip_space();
        if lexer.at_end() { Ok(Some(metric.segments().to_vec())) } else { Err(opened) }
    }

    /// After `[`: quoted, or everything up to `]`.
    fn selector(&mut self) -> Result<String, Fault> {
        self.skip_space();
        let selector = if self.rest().starts_with(['"', '\'']) {
            self.string()?
        } else {
            let rest = self.rest();
            let end = rest.find(']').ok_or_else(|| self.fault("a closing bracket"))?;
            self.at += end;
            rest.get(..end).unwrap_or_default().trim().to_owned()
        };
        self.need(']', "a closing bracket")?;
        if selector.is_empty() || selector.len() > MAX_TEXT {
            return Err(self.fault("a selector of 1 to 256 bytes"));
        }
        Ok(selector)
    }

    /// After `:` (old form `service_status:nginx`).
    fn label(&mut self) -> Result<String, Fault> {
        let rest = self.rest();
        let len = rest.bytes().take_while(|b| is_word_byte(*b) || b".-@/".contains(b)).count();
        if len == 0 || len > MAX_TEXT {
            return Err(self.fault("a name after the colon"));
        }
        self.at += len;
        Ok(rest.get(..len).unwrap_or_default().to_owned())
    }

    /// A string in single or double quotes; a backslash takes the next character as it is.
    pub(crate) fn string(&mut self) -> Result<String, Fault> {
        self.skip_space();
        let open = self.fault("a text in quotes");
        let mut chars = self.rest().char_indices();
        let Some((_, quote @ ('"' | '\''))) = chars.next() else {
            return Err(open);
        };
        let mut out = String::new();
        while let Some((i, c)) = chars.next() {
            if c == quote {
                self.at += i + c.len_utf8();
                return Ok(out);
            }
            let c = if c == '\\' { chars.next().ok_or(open)?.1 } else { c };
            out.push(c);
            if out.len() > MAX_TEXT {
                return Err(Fault { expected: "a text of at most 256 bytes", ..open });
            }
        }
        Err(open)
    }

    pub(crate) fn starts_string(&mut self) -> bool {
        self.skip_space();
        self.rest().starts_with(['"', '\''])
    }

    /// Optional minus, digits with at most one point, optional exponent; finite; not glued to a word.
    pub(crate) fn number(&mut self) -> Result<f64, Fault> {
        self.skip_space();
        let bytes = self.rest().as_bytes();
        let digits = |from: usize| bytes.iter().skip(from).take_while(|b| b.is_ascii_digit()).count();
        let mut len = usize::from(bytes.first() == Some(&b'-'));
        let whole = digits(len);
        len += whole;
        let mut part = 0;
        if bytes.get(len) == Some(&b'.') {
            part = digits(len + 1);
            len += 1 + part;
        }
        if whole + part == 0 {
            return Err(self.fault("a number"));
        }
        if matches!(bytes.get(len), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(len + 1), Some(b'+' | b'-')));
            let exponent = digits(len + 1 + sign);
            if exponent > 0 {
                len += 1 + sign + exponent;
            }
        }
        let text = self.rest().get(..len).unwrap_or_default();
        let glued = bytes.get(len).is_some_and(|b| is_word_byte(*b) || *b == b'.');
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() && !glued => {
                self.at += len;
                Ok(number)
            }
            _ => Err(self.fault("a number")),
        }
    }

    /// `30s`, `5m`, `1h`, `2d`; from one second to the longest window.
    pub(crate) fn duration(&mut self) -> Result<Duration, Fault> {
        self.skip_space();
        let word = self.peek_word();
        let fault = self.fault("a duration such as 30s, 5m, 1h or 2d");
        let digits = word.trim_end_matches(|c: char| !c.is_ascii_digit());
        let unit = match word.get(digits.len()..) {
            Some("s") => 1,
            Some("m") => 60,
            Some("h") => 3600,
            Some("d") => 86_400,
            _ => return Err(fault),
        };
        let count: u64 = digits.parse().map_err(|_| fault)?;
        let over = Duration::from_secs(count.checked_mul(unit).ok_or(fault)?);
        if over.is_zero() || over > crate::MAX_WINDOW {
            return Err(fault);
        }
        self.at += word.len();
        Ok(over)
    }

    pub(crate) fn op(&mut self) -> Option<Op> {
        self.skip_space();
        let rest = self.rest();
        // Two-character operators first: `>=` begins with `>`.
        let (op, len) = [
            (">=", Op::GreaterOrEqual),
            ("<=", Op::LessOrEqual),
            ("==", Op::Equal),
            ("!=", Op::NotEqual),
            (">", Op::Greater),
            ("<", Op::Less),
        ]
        .iter()
        .find(|(mark, _)| rest.starts_with(mark))
        .map(|(mark, op)| (*op, mark.len()))?;
        self.at += len;
        Some(op)
    }
}

//! Names of metrics inside conditions: words, dots and selectors, such as `disks[/].percent` or `agents[web-1].online`.
//!
//! What a name means (which series, which label a selector picks) is the caller's business.

use crate::error::ParseError;
use crate::lexer::Lexer;
use std::fmt;

/// One step of a metric name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Segment {
    /// `[A-Za-z0-9_]+`.
    Word(String),
    /// Text between brackets: an index, a mount point, a host. Never empty.
    Selector(String),
}

/// A metric as a condition names it. The first segment is always a word.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MetricRef {
    segments: Vec<Segment>,
}

impl MetricRef {
    /// Reads a name such as `disks[/].percent`.
    ///
    /// # Errors
    /// The text is not exactly one metric name.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let mut lexer = Lexer::new(text);
        lexer.skip_space();
        let metric = lexer.metric().map_err(|fault| fault.in_text(text))?;
        lexer.skip_space();
        if lexer.at_end() { Ok(metric) } else { Err(lexer.fault("the end of the name").in_text(text)) }
    }

    pub(crate) const fn from_segments(segments: Vec<Segment>) -> Self {
        Self { segments }
    }

    /// The steps of the name.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The first word.
    #[must_use]
    pub fn root(&self) -> &str {
        self.words().next().unwrap_or_default()
    }

    /// The words without selectors.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().filter_map(|s| match s {
            Segment::Word(word) => Some(word.as_str()),
            Segment::Selector(_) => None,
        })
    }

    /// The selectors without words.
    pub fn selectors(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().filter_map(|s| match s {
            Segment::Selector(selector) => Some(selector.as_str()),
            Segment::Word(_) => None,
        })
    }

    /// The words joined by dots, selectors left out: `disks[/].percent` is `disks.percent`.
    #[must_use]
    pub fn name(&self) -> String {
        self.words().collect::<Vec<_>>().join(".")
    }

    /// The same name with every word put through `rename` (say, [`camel_to_snake`]); selectors stay. Words that would
    /// not be words any more are kept.
    #[must_use]
    pub fn map_words(&self, mut rename: impl FnMut(&str) -> String) -> Self {
        let segments = self.segments.iter().map(|segment| match segment {
            Segment::Word(word) => {
                let new = rename(word);
                let valid = !new.is_empty() && new.bytes().all(is_word_byte);
                Segment::Word(if valid { new } else { word.clone() })
            }
            Segment::Selector(_) => segment.clone(),
        });
        Self { segments: segments.collect() }
    }
}

impl fmt::Display for MetricRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, segment) in self.segments.iter().enumerate() {
            match segment {
                Segment::Word(word) if i == 0 => f.write_str(word)?,
                Segment::Word(word) => write!(f, ".{word}")?,
                Segment::Selector(selector) if plain_selector(selector) => {
                    write!(f, "[{selector}]")?;
                }
                Segment::Selector(selector) => {
                    f.write_str("[")?;
                    write_quoted(f, selector)?;
                    f.write_str("]")?;
                }
            }
        }
        Ok(())
    }
}

pub(crate) const fn is_word_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}

/// Whether a selector reads back unchanged without quotes.
fn plain_selector(selector: &str) -> bool {
    selector.trim() == selector && !selector.starts_with(['"', '\'']) && !selector.contains(']')
}

pub(crate) fn write_quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str("\"")?;
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            f.write_str("\\")?;
        }
        write!(f, "{c}")?;
    }
    f.write_str("\"")
}

/// `cpuPercent` becomes `cpu_percent`, `netRxBytes` becomes `net_rx_bytes`, `HTTPErrors` becomes `http_errors`; snake
/// case passes unchanged.
#[must_use]
pub fn camel_to_snake(word: &str) -> String {
    let mut out = String::with_capacity(word.len() + 4);
    let mut previous: Option<char> = None;
    let mut rest = word.chars().peekable();
    while let Some(c) = rest.next() {
        if c.is_ascii_uppercase() {
            let after_lower = previous.is_some_and(|p| p.is_ascii_lowercase() || p.is_ascii_digit());
            let ends_acronym = previous.is_some_and(|p| p.is_ascii_uppercase()) && rest.peek().is_some_and(char::is_ascii_lowercase);
            if after_lower || ends_acronym {
                out.push('_');
            }
        }
        out.push(c.to_ascii_lowercase());
        previous = Some(c);
    }
    out
}

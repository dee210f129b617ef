//! What every channel says about an event: a title, a line, a colour, and the key that joins a problem with its end.

use argos_kernel::Severity;
use serde_json::Value;

use crate::model::envelope::Envelope;

/// An event in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    /// `argos: <type>` is for machines; this is for people.
    pub(crate) title: String,
    /// The text; never empty.
    pub(crate) line: String,
    pub(crate) host: Option<String>,
    /// It tells that a problem is over.
    pub(crate) is_over: bool,
    /// Equal for a problem and its end.
    pub(crate) problem: String,
}

impl Message {
    pub(crate) fn of(e: &Envelope) -> Self {
        let data = |key: &str| e.data.get(key).and_then(Value::as_str).filter(|t| !t.is_empty());
        let word = word(e.severity);
        let is_over = ["resolved", "recovered", "_restored", "_online", "_cleared"].iter().any(|end| e.kind.ends_with(end));
        let what = data("rule_name").map_or_else(|| e.kind.clone(), str::to_owned);
        let title = if is_over { format!("Resolved: {what}") } else { format!("[{word}] {what}") };
        let line = if e.message.trim().is_empty() { e.kind.clone() } else { e.message.clone() };
        let subject =
            data("firing_uid").map_or_else(|| format!("{}:{}", root(&e.kind), e.host_domain.as_deref().unwrap_or("-")), str::to_owned);
        Self { title, line, host: e.host_domain.clone(), is_over, problem: format!("argos:{subject}") }
    }
}

/// The kind without what tells the beginning from the end.
fn root(kind: &str) -> &str {
    let ends =
        ["_recovered", "_unhealthy", "_restored", "_online", "_offline", "_cleared", ".resolved", ".firing", ".recovered", ".failed"];
    ends.iter().find_map(|e| kind.strip_suffix(e)).unwrap_or(kind)
}

pub(crate) const fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "CRIT",
        Severity::Error => "ERR",
        Severity::Warning => "WARN",
        Severity::Info | Severity::Debug => "INFO",
    }
}

/// Green, red, yellow, blue of the documented palette.
pub(crate) const fn colour(severity: Severity, is_over: bool) -> u32 {
    match severity {
        _ if is_over => 0x0036_a64f,
        Severity::Critical | Severity::Error => 0x00dc_3545,
        Severity::Warning => 0x00ff_c107,
        Severity::Info | Severity::Debug => 0x0017_a2b8,
    }
}

pub(crate) const fn power_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::Error => "high",
        Severity::Warning => "medium",
        Severity::Info | Severity::Debug => "low",
    }
}

pub(crate) const fn quality_priority(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "urgent",
        Severity::Error => "high",
        Severity::Warning => "normal",
        Severity::Info | Severity::Debug => "low",
    }
}

/// At most `max` characters, the last an ellipsis when something is missing.
pub(crate) fn cut(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let mut out: String = text.chars().take(max.saturating_sub(1)).collect();
    out.push('…');
    out
}

/// Pieces of at most `max` characters, split at line ends where there are some.
pub(crate) fn split(text: &str, max: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut piece = String::new();
    let mut length = 0;
    for line in text.split_inclusive('\n') {
        let count = line.chars().count();
        if length > 0 && length + count > max {
            pieces.push(std::mem::take(&mut piece));
            length = 0;
        }
        for c in line.chars() {
            if length == max {
                pieces.push(std::mem::take(&mut piece));
                length = 0;
            }
            piece.push(c);
            length += 1;
        }
    }
    if !piece.is_empty() || pieces.is_empty() {
        pieces.push(piece);
    }
    pieces
}

pub(crate) fn escape_html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pieces_join_to_the_text_and_none_is_too_long(text in "\\PC{0,200}|[ab\n]{0,200}", max in 1_usize..40) {
            let pieces = split(&text, max);
            prop_assert_eq!(pieces.concat(), text.clone());
            prop_assert!(pieces.iter().all(|p| p.chars().count() <= max));
            prop_assert!(cut(&text, max).chars().count() <= max);
        }
    }
}

//! What a person writes to include or exclude addresses: a glob over path and query, or a regular expression between
//! slashes. Both run in time linear in the address.

use regex::{Regex, RegexBuilder};

const BYTES_MAX: usize = 300;
const PROGRAM_BYTES_MAX: usize = 1 << 20;

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    regex: Regex,
    /// It names a host, so it sees the whole address.
    whole: bool,
}

impl Pattern {
    /// Reads `*.pdf`, `/admin/*`, `https://docs.example/*` or `/^\/v\d+/`; the error is a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() || text.len() > BYTES_MAX {
            return Err(format!("a pattern has 1 to {BYTES_MAX} characters"));
        }
        let inner = text.strip_prefix('/').and_then(|t| t.strip_suffix('/')).filter(|t| !t.is_empty() && !t.contains('*'));
        let inner =
            inner.or_else(|| text.strip_prefix('/').and_then(|t| t.strip_suffix('/')).filter(|t| t.starts_with('^') || t.contains(".*")));
        let source = match inner {
            Some(regex) => regex.to_owned(),
            None => format!("^{}$", glob(text)),
        };
        let regex = RegexBuilder::new(&source).size_limit(PROGRAM_BYTES_MAX).build().map_err(|e| format!("{text} is no pattern: {e}"))?;
        Ok(Self { text: text.to_owned(), regex, whole: text.contains("://") })
    }

    /// Whether it means an address in its normal form.
    pub fn is_match(&self, url: &str) -> bool {
        if self.whole { self.regex.is_match(url) } else { self.regex.is_match(&crate::path_of(url)) }
    }

    pub fn text(&self) -> &str {
        &self.text
    }
}

fn glob(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '*' => out.push_str(".*"),
            '?' => out.push('.'),
            other => out.push_str(&regex::escape(&other.to_string())),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Pattern;

    #[test]
    fn globs_and_expressions_see_path_and_query() {
        let cases = [
            ("*.pdf", "https://s.example/a/b.pdf", true),
            ("/admin/*", "https://s.example/admin/x?y=1", true),
            ("/admin/*", "https://s.example/administrator", false),
            ("/a?c", "https://s.example/abc", true),
            ("https://s.example/a*", "https://s.example/abc", true),
            ("/^\\/v\\d+$/", "https://s.example/v12", true),
            ("/users/", "https://s.example/all-users", true),
        ];
        for (pattern, url, expected) in cases {
            assert_eq!(Pattern::parse(pattern).map(|p| p.is_match(url)), Ok(expected), "{pattern} {url}");
        }
        assert!(Pattern::parse("/(/").is_err() && Pattern::parse("").is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_a_pattern_or_a_refusal(text in "\\PC{0,80}", url in "\\PC{0,80}") {
            if let Ok(pattern) = Pattern::parse(&text) {
                pattern.is_match(&url);
            }
        }
    }
}

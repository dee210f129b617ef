//! What an address or a text is compared with: a regular expression between slashes, a glob, or a part of it. Regular
//! expressions take time linear in the text.

use regex::{Regex, RegexBuilder};

/// Most memory a compiled expression may take.
const REGEX_BYTES_MAX: usize = 1 << 20;

/// A pattern that was read.
#[derive(Clone, Debug)]
pub(crate) enum Pattern {
    Regex(Regex),
    /// From its first slash on the path is meant, else the whole address.
    Glob(Regex, bool),
    Part(String),
}

/// An expression in the linear-time engine; the error names it.
pub(crate) fn regex(text: &str) -> Result<Regex, String> {
    let (body, any_case) = body(text);
    RegexBuilder::new(body)
        .case_insensitive(any_case)
        .size_limit(REGEX_BYTES_MAX)
        .build()
        .map_err(|error| format!("{text} is no regular expression: {}", error.to_string().lines().last().unwrap_or_default()))
}

/// What stands between the slashes, or all of it without; and whether case does not count.
pub(crate) fn body(text: &str) -> (&str, bool) {
    match text.strip_prefix('/').and_then(|rest| rest.rsplit_once('/')) {
        Some((body, flags)) if flags.chars().all(|c| "gimsuy".contains(c)) => (body, flags.contains('i')),
        _ => (text, false),
    }
}

/// `/path/` is a path, `/\d+/` an expression: what no path has tells them apart.
pub(crate) fn is_expression(text: &str) -> bool {
    let delimited = text.len() > 2
        && text.starts_with('/')
        && text.rsplit_once('/').is_some_and(|(body, flags)| !body.is_empty() && flags.chars().all(|c| c == 'i'));
    delimited && text.contains(['\\', '^', '$', '(', '[', '+', '|'])
}

impl Pattern {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if is_expression(text) {
            return regex(text).map(Self::Regex);
        }
        if text.contains('*') {
            return Ok(Self::Glob(glob(text)?, text.starts_with('/')));
        }
        Ok(Self::Part(text.to_owned()))
    }

    pub(crate) fn matches(&self, url: &str) -> bool {
        match self {
            Self::Regex(regex) => regex.is_match(url),
            Self::Glob(regex, of_path) => {
                let text = if *of_path { path(url) } else { url };
                regex.is_match(text) || *of_path && regex.is_match(text.split(['?', '#']).next().unwrap_or_default())
            }
            Self::Part(part) => url.contains(part.as_str()),
        }
    }
}

/// From the first slash after the host on.
pub(crate) fn path(url: &str) -> &str {
    let after = url.find("://").map_or(0, |at| at + 3);
    url.get(after..).and_then(|rest| rest.find('/').and_then(|at| rest.get(at..))).unwrap_or("/")
}

fn glob(text: &str) -> Result<Regex, String> {
    let mut pattern = String::from("^");
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '*' if rest.peek() == Some(&'*') => {
                rest.next();
                pattern.push_str(".*");
            }
            '*' => pattern.push_str("[^/]*"),
            '?' => pattern.push_str("\\?"),
            c => pattern.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
    }
    pattern.push('$');
    regex(&pattern)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Pattern;

    #[test]
    fn patterns_match_addresses() {
        let url = "http://shop.test/orders/17?page=2";
        for (text, expected) in [
            ("/orders/", true),
            ("orders/17", true),
            ("/\\/orders\\/\\d+/", true),
            ("/ORDERS\\//i", true),
            ("/orders/*", true),
            ("**/orders/*", true),
            ("**/orders/**", true),
            ("/*", false),
            ("http://shop.test/**", true),
            ("/^orders/", false),
            ("/users/**", false),
        ] {
            assert_eq!(Pattern::parse(text).unwrap().matches(url), expected, "{text}");
        }
        assert!(Pattern::parse("/(/").is_err());
    }

    proptest! {
        #[test]
        fn any_pattern_is_read_or_refused(text in any::<String>(), url in any::<String>()) {
            if let Ok(pattern) = Pattern::parse(&text) {
                pattern.matches(&url);
            }
        }
    }
}

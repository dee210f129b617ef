//! The filter of the Things page: `kind:machine status:-ok tag:prod "text"`. A token that means nothing is an error that
//! names it, never dropped.

use argos_kernel::{AppError, Result};

use super::status::Status;

/// What the list shows. Empty lists = any.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Filter {
    pub(crate) kinds: Vec<String>,
    pub(crate) not_kinds: Vec<String>,
    pub(crate) statuses: Vec<Status>,
    pub(crate) tags: Vec<String>,
    /// Substrings, all of them wanted; at most four count.
    pub(crate) texts: Vec<String>,
}

fn bad(token: &str) -> AppError {
    AppError::bad_request(format!("q: `{token}` is not understood")).code("invalid_parameter").with("field", "q").with("token", token)
}

impl Filter {
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut filter = Self::default();
        for token in tokens(text) {
            let (name, value) = match token.split_once(':') {
                Some((name @ ("kind" | "status" | "tag"), value)) if !token.starts_with('"') => (name, value),
                _ => {
                    filter.texts.push(super::words::normal(token.trim_matches('"')));
                    continue;
                }
            };
            let (negated, value) = value.strip_prefix('-').map_or((false, value), |v| (true, v));
            let words: Vec<&str> = value.split(',').filter(|w| !w.is_empty()).collect();
            match name {
                _ if words.is_empty() => return Err(bad(token)),
                "kind" if negated => filter.not_kinds.extend(words.iter().map(|w| (*w).to_owned())),
                "kind" => filter.kinds.extend(words.iter().map(|w| (*w).to_owned())),
                "status" => filter.narrow(&words, negated).ok_or_else(|| bad(token))?,
                _ if negated => return Err(bad(token)),
                _ => filter.tags.extend(words.iter().map(|w| (*w).to_owned())),
            }
        }
        filter.texts.retain(|t| !t.is_empty());
        filter.texts.truncate(4);
        Ok(filter)
    }

    /// Several status tokens narrow each other.
    fn narrow(&mut self, words: &[&str], negated: bool) -> Option<()> {
        let named: Vec<Status> = words.iter().map(|w| Status::parse(w)).collect::<Option<_>>()?;
        let before: Vec<Status> = if self.statuses.is_empty() { Status::ALL.to_vec() } else { self.statuses.clone() };
        self.statuses = before.into_iter().filter(|s| named.contains(s) != negated).collect();
        Some(())
    }
}

/// Blank-separated, with quoted texts kept whole.
fn tokens(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '"' => rest.char_indices().skip(1).find(|(_, c)| *c == '"').map_or(rest.len(), |(at, _)| at + 1),
            _ => rest.find(char::is_whitespace).unwrap_or(rest.len()),
        };
        let (token, more) = rest.split_at_checked(end).unwrap_or((rest, ""));
        out.push(token);
        rest = more.trim_start();
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tokens_filter_and_what_means_nothing_is_named() {
        let f = Filter::parse(r#"kind:machine,ups status:-ok tag:prod Web "rack  one""#).unwrap();
        assert_eq!(
            (f.kinds, f.tags, f.texts),
            (vec!["machine".to_owned(), "ups".to_owned()], vec!["prod".to_owned()], vec!["web".to_owned(), "rack one".to_owned()])
        );
        assert_eq!(f.statuses.len(), 7);
        for bad in ["status:blue", "status:", "tag:-x"] {
            assert!(Filter::parse(bad).unwrap_err().message().contains(bad), "{bad}");
        }
        assert_eq!(Filter::parse("10.0.0.1:80").unwrap().texts, ["10.0.0.1:80"]);
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_refused_without_loss_of_control(text in ".{0,200}") {
            if let Ok(f) = Filter::parse(&text) { prop_assert!(f.texts.len() <= 4); }
        }
    }
}

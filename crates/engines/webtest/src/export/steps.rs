//! A selector as a way of CSS and XPath, for tools that know nothing else.

use super::selector::{self, Part};
use super::xpath;

/// One turn of the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    Css(String),
    Xpath(String),
    Nth(i64),
    Frame(String),
}

/// The way to an element.
pub(crate) fn way(selector: &str) -> Vec<Turn> {
    selector::parse(selector)
        .iter()
        .map(|part| match part {
            Part::Css(css) => has_text(css),
            Part::TestId(id) => Turn::Css(selector::test_id_css(id)),
            Part::Nth(index) => Turn::Nth(*index),
            Part::Frame(css) => Turn::Frame(css.clone()),
            other => Turn::Xpath(xpath::of(other).unwrap_or_default()),
        })
        .collect()
}

/// `li:has-text("x")` is no CSS; with a plain tag before it, it is said in XPath.
fn has_text(css: &str) -> Turn {
    let found = css.split_once(":has-text(").and_then(|(tag, rest)| Some((tag, rest.strip_suffix(')')?)));
    match found {
        Some((tag, text)) if tag.chars().all(|c| c.is_ascii_alphanumeric()) => {
            Turn::Xpath(xpath::containing(if tag.is_empty() { "*" } else { tag }, text.trim_matches(['"', '\''])))
        }
        _ => Turn::Css(css.replace(":visible", "")),
    }
}

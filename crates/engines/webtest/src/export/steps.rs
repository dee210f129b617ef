//! A selector as a way of CSS, XPath and filters, for tools that know nothing else.

use super::selector::{self, Part};
use super::xpath;

/// One turn of the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    Css(String),
    /// As the test has it.
    Xpath(String),
    /// Made here: variables stand in it without quotes.
    Made(String),
    /// Those that contain a text, in any case.
    Text(String),
    Visible,
    Nth(i64),
    Frame(String),
}

/// The way to an element in a frame.
pub(crate) fn way_in(selector: &str, frame: Option<&str>) -> Vec<Turn> {
    let frame = frame.map(|frame| way(&format!("frame={}", frame.trim_start_matches("frame="))));
    frame.into_iter().flatten().chain(way(selector)).collect()
}

/// The way to an element.
pub(crate) fn way(selector: &str) -> Vec<Turn> {
    let turns = selector::parse(selector).into_iter().map(|part| match part {
        Part::Css(css) => in_turns(&css),
        Part::TestId(id) => vec![Turn::Css(selector::test_id_css(&id))],
        Part::Nth(index) => vec![Turn::Nth(index)],
        Part::Frame(css) => vec![Turn::Frame(css)],
        Part::Xpath(path) if path.starts_with("//") => vec![Turn::Xpath(format!(".{path}"))],
        Part::Xpath(path) => vec![Turn::Xpath(path)],
        other => vec![Turn::Made(xpath::of(&other).unwrap_or_default())],
    });
    turns.flatten().collect()
}

/// CSS is cut where the two words stand that no browser knows: `:has-text("…")` and `:visible`.
fn in_turns(css: &str) -> Vec<Turn> {
    let mut turns = Vec::new();
    let mut rest = css;
    while let Some((at, word)) = [":has-text(", ":visible"].into_iter().filter_map(|word| Some((rest.find(word)?, word))).min() {
        let (before, after) = rest.split_at_checked(at).unwrap_or((rest, ""));
        let after = after.get(word.len()..).unwrap_or_default();
        let (turn, after) = match (word, argument(after)) {
            (":visible", _) => (Turn::Visible, after),
            (_, Some((text, after))) => (Turn::Text(text), after),
            // It cannot be read; the browser will say so.
            (_, None) => break,
        };
        turns.extend(css_turn(before, turns.is_empty()));
        turns.push(turn);
        rest = after;
    }
    turns.extend(css_turn(rest, turns.is_empty()));
    turns
}

fn css_turn(css: &str, first: bool) -> Option<Turn> {
    let css = css.trim();
    match css.chars().next() {
        None => first.then(|| Turn::Css("*".to_owned())),
        Some('>' | '+' | '~') => Some(Turn::Css(format!(":scope {css}"))),
        Some(_) if css.ends_with(['>', '+', '~']) => Some(Turn::Css(format!("{css} *"))),
        Some(_) => Some(Turn::Css(css.to_owned())),
    }
}

/// The argument up to its parenthesis, and what follows.
fn argument(text: &str) -> Option<(String, &str)> {
    let trimmed = text.trim_start();
    let Some(quote) = trimmed.chars().next().filter(|c| *c == '"' || *c == '\'') else {
        return text.split_once(')').map(|(text, rest)| (text.trim().to_owned(), rest));
    };
    let mut value = String::new();
    let mut characters = trimmed.char_indices().skip(1);
    while let Some((at, c)) = characters.next() {
        if c == '\\' {
            value.extend(characters.next().map(|(_, c)| c));
        } else if c == quote {
            return Some((value, trimmed.get(at + 1..)?.trim_start().strip_prefix(')')?));
        } else {
            value.push(c);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Turn, way_in};

    #[test]
    fn words_that_are_no_css_become_filters() {
        let css = |css: &str| Turn::Css(css.to_owned());
        let text = |text: &str| Turn::Text(text.to_owned());
        assert_eq!(
            way_in("div.card:has-text(\"it's )\") > a:visible", None),
            [css("div.card"), text("it's )"), css(":scope > a"), Turn::Visible]
        );
        assert_eq!(way_in("css=:visible", Some("frame=#a >> frame=#b")).len(), 4);
        assert_eq!(
            way_in("li:has-text(Row 5) >> nth=-1", Some("#a")),
            [Turn::Frame("#a".to_owned()), css("li"), text("Row 5"), Turn::Nth(-1)]
        );
        assert_eq!(way_in("li:has-text(\"x", None), [css("li:has-text(\"x")]);
    }
}

//! What became of a selector in the sources of an application: the value it names, the line of a commit in which that value
//! became another one, and values that look like it. Pure; the texts come from git.

use argos_webtest::heal::spelling;

/// Lines that differ in more than the value say nothing of it.
const SAME_LINE: f64 = 0.6;
/// Values that are spelt less alike are others.
const ALIKE: f64 = 0.7;
const ALIKE_MAX: f64 = 0.9;
/// How sure a commit is.
const COMMIT: f64 = 0.99;
const VALUE_CHARS_MAX: usize = 100;
const FOUND_MAX: usize = 5;
/// Attributes that hold test ids.
const TEST_IDS: [&str; 5] = ["data-testid", "data-test-id", "data-test", "data-cy", "data-qa"];

/// The value a selector names an element by, and the attributes that hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub attributes: Vec<String>,
    pub value: String,
}

/// A selector that may have taken the place of another.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub selector: String,
    pub confidence: f64,
    pub by_commit: bool,
    pub evidence: String,
}

/// Whether a value can stand in a selector as it is.
fn is_plain(value: &str) -> bool {
    let count = value.chars().count();
    (1..=VALUE_CHARS_MAX).contains(&count) && value.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | ':' | '.' | '/' | ' '))
}

/// What a selector names its element by; `None` for those that name no attribute of the source.
pub fn named(selector: &str) -> Option<Named> {
    let selector = selector.trim();
    let of = |attributes: &[&str], value: &str| {
        let value = value.trim().trim_matches(['"', '\'']);
        is_plain(value).then(|| Named { attributes: attributes.iter().map(|a| (*a).to_owned()).collect(), value: value.to_owned() })
    };
    if selector.contains(">>") {
        return None;
    }
    if let Some(id) = selector.strip_prefix('#') {
        let whole = id.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
        return of(&["id"], id).filter(|_| whole);
    }
    match selector.split_once('=') {
        Some(("testid", value)) => return of(&TEST_IDS, value),
        Some(("id", value)) => return of(&["id"], value),
        Some(("name", value)) => return of(&["name"], value),
        _ => {}
    }
    let (before, inner) = selector.split_once('[')?;
    let (attribute, value) = inner.strip_suffix(']')?.split_once('=')?;
    let is_attribute = attribute.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') && !before.contains('=');
    of(&[attribute], value).filter(|_| is_attribute && !inner.contains("]["))
}

/// The value of an attribute on a line, as markup and its templates write it.
fn value_on<'l>(line: &'l str, attribute: &str) -> Option<&'l str> {
    let mut rest = line;
    while let Some(at) = rest.find(attribute) {
        let before = rest.get(..at)?.chars().next_back();
        let after = rest.get(at + attribute.len()..)?;
        let is_whole = before.is_none_or(|c| !c.is_alphanumeric() && c != '-' && c != '_');
        if is_whole && let Some(value) = after.trim_start().strip_prefix('=') {
            let value = value.trim_start().trim_start_matches('{');
            let quote = value.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'));
            if let Some(found) = quote.and_then(|quote| value.get(1..)?.split(quote).next()) {
                return Some(found);
            }
        }
        rest = after;
    }
    None
}

/// What every commit is headed by in the text that is read: asked of git as its format.
pub const FORMAT: &str = "--format=%x00%H%x1f%an%x1f%s";

/// Values that took the place of the one that is named, newest commit first. `log`: commits with [`FORMAT`], each with its
/// differences without context.
pub fn replaced_in(log: &str, selector: &str, named: &Named) -> Vec<Found> {
    let mut found = Vec::new();
    for commit in log.split('\0').filter(|c| !c.trim().is_empty()) {
        let (head, body) = commit.split_once('\n').unwrap_or((commit, ""));
        let mut parts = head.split('\u{1f}');
        let (sha, author, message) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let mut file = "";
        let (mut gone, mut come): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
        for line in body.lines().chain(["@@"]) {
            if let Some(name) = line.strip_prefix("+++ ") {
                file = name.strip_prefix("b/").unwrap_or(name);
            } else if line.starts_with("@@") {
                for (attribute, value) in changes(&gone, &come, named) {
                    let evidence = format!(
                        "commit {} of {author}, “{message}”, in {file}: {attribute} {} became {value}",
                        sha.get(..10).unwrap_or(sha),
                        named.value
                    );
                    push(&mut found, selector, named, value, (COMMIT, true), evidence);
                }
                (gone, come) = (Vec::new(), Vec::new());
            } else if let Some(line) = line.strip_prefix('-').filter(|l| !l.starts_with("-- ")) {
                gone.push(line);
            } else if let Some(line) = line.strip_prefix('+') {
                come.push(line);
            }
        }
    }
    found.truncate(FOUND_MAX);
    found
}

/// Attributes and their new values where lines of one place differ in little else.
fn changes<'l>(gone: &[&str], come: &[&'l str], named: &Named) -> Vec<(String, &'l str)> {
    let mut found = Vec::new();
    for attribute in &named.attributes {
        for old in gone.iter().filter(|l| value_on(l, attribute) == Some(named.value.as_str())) {
            let blank = old.replacen(&named.value, "", 1);
            let other = |line: &&'l str| {
                let value = value_on(line, attribute).filter(|v| *v != named.value)?;
                let likeness = spelling(&blank, &line.replacen(value, "", 1));
                (likeness >= SAME_LINE).then_some((likeness, value))
            };
            if let Some((_, value)) = come.iter().filter_map(other).max_by(|a, b| a.0.total_cmp(&b.0)) {
                found.push((attribute.clone(), value));
            }
        }
    }
    found
}

/// Values of the sources that are spelt like the one that is named. `lines`: what the sources say of its attributes.
pub fn alike_in(lines: &str, selector: &str, named: &Named) -> Vec<Found> {
    let mut near: Vec<(f64, &str)> = Vec::new();
    for line in lines.lines() {
        let values = named.attributes.iter().filter_map(|attribute| value_on(line, attribute));
        for value in values.filter(|v| *v != named.value) {
            let likeness = spelling(value, &named.value);
            if likeness >= ALIKE && !near.iter().any(|(_, known)| *known == value) {
                near.push((likeness, value));
            }
        }
    }
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut found = Vec::new();
    for (likeness, value) in near.into_iter().take(FOUND_MAX) {
        let evidence = format!("the sources have {value}, which is spelt like {}", named.value);
        push(&mut found, selector, named, value, ((likeness + 0.1).min(ALIKE_MAX), false), evidence);
    }
    found
}

fn push(found: &mut Vec<Found>, selector: &str, named: &Named, value: &str, (confidence, by_commit): (f64, bool), evidence: String) {
    let new = selector.replacen(&named.value, value, 1);
    if is_plain(value) && new != selector && !found.iter().any(|known| known.selector == new) {
        found.push(Found { selector: new, confidence, by_commit, evidence });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn selector_names_the_attributes_that_hold_its_value() {
        let is = |selector: &str, attribute: &str, value: &str| {
            let found = named(selector).unwrap_or_else(|| panic!("{selector}"));
            assert!(found.attributes.iter().any(|a| a == attribute) && found.value == value, "{selector}: {found:?}");
        };
        is("#save", "id", "save");
        is("testid=buy-now", "data-cy", "buy-now");
        is("button[data-qa=\"x y\"]", "data-qa", "x y");
        is("[name='mail']", "name", "mail");
        for none in ["text=Save", "role=button[name=\"Save\"]", "#a > b", "//button", ".btn", "a[href=\"x\"][id=\"y\"]", "#a >> #b", ""] {
            assert_eq!(named(none), None, "{none}");
        }
    }

    #[test]
    fn commit_that_renamed_a_value_is_found_and_one_that_removed_it_is_not() {
        let log = "\0aaaabbbbccccdddd\u{1f}Ada\u{1f}Name the button for what it does\n\ndiff --git a/src/form.html b/src/form.html\n--- a/src/form.html\n+++ b/src/form.html\n@@ -3 +3 @@\n-  <button id=\"save\" class=\"b\">Save</button>\n+  <button id=\"store-profile\" class=\"b\">Save</button>\n\0eeee\u{1f}Bob\u{1f}Drop it\n\n--- a/x.html\n+++ b/x.html\n@@ -9 +8,0 @@\n-<i id=\"save\"></i>\n";
        let found = replaced_in(log, "#save", &named("#save").unwrap());
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].selector.as_str(), found[0].confidence, found[0].by_commit), ("#store-profile", 0.99, true));
        assert!(found[0].evidence.contains("aaaabbbbcc of Ada") && found[0].evidence.contains("src/form.html"), "{}", found[0].evidence);
    }

    #[test]
    fn value_that_is_spelt_alike_is_less_sure() {
        let lines = "id=\"save-button\"\nid='save-butto'\nid=\"cancel\"\nidle=\"save-buttom\"\n";
        let found = alike_in(lines, "#save-buttn", &named("#save-buttn").unwrap());
        let selectors: Vec<&str> = found.iter().map(|f| f.selector.as_str()).collect();
        assert_eq!(selectors, ["#save-button", "#save-butto"], "{found:?}");
        assert!(found.iter().all(|f| f.confidence <= 0.9 && !f.by_commit), "{found:?}");
    }

    proptest! {
        #[test]
        fn any_text_of_git_gives_plain_selectors_or_none(log in "[\\x00-\\x7f\\n+@\"= -]{0,300}", id in "[a-z-]{1,12}") {
            let selector = format!("#{id}");
            if let Some(name) = named(&selector) {
                for found in replaced_in(&log, &selector, &name).into_iter().chain(alike_in(&log, &selector, &name)) {
                    prop_assert!(found.selector.starts_with('#') && found.selector != selector && found.selector.strip_prefix('#').is_some_and(is_plain));
                }
            }
        }
    }
}

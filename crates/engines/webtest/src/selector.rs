//! Selectors for an element that is known by its looks, the steadiest first. Rules only: who uses one makes sure in the
//! page or the recorded document that it names one element.

use serde::Serialize;

use crate::heal::Fingerprint;
use crate::text::collapsed;

/// Alternatives beside the first.
pub const ALTERNATIVES_MAX: usize = 5;
/// Longest text a selector is made of.
const TEXT_CHARS_MAX: usize = 80;

/// A selector and how steady its kind is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RankedSelector {
    pub selector: String,
    /// `testid`, `id`, `role`, `name`, `label`, `placeholder`, `text`, `class`, `path`.
    pub strategy: &'static str,
    pub confidence: f64,
}

/// Every selector the looks of an element give, the steadiest first.
pub fn ranked(element: &Fingerprint) -> Vec<RankedSelector> {
    let mut found = Vec::new();
    let mut add = |strategy, confidence, selector: Option<String>| {
        if let Some(selector) = selector {
            found.push(RankedSelector { selector, strategy, confidence });
        }
    };
    let tag = element.tag.as_deref().unwrap_or("*");
    let named = element.accessible_name.as_deref().filter(|name| name.chars().count() <= TEXT_CHARS_MAX);
    add("testid", 0.95, element.testid.as_deref().map(|id| format!("testid={}", quoted(id))));
    add("id", 0.90, element.id.as_deref().filter(|id| !is_generated(id)).map(|id| format!("id={}", quoted(id))));
    add("role", 0.88, element.role.as_ref().zip(named).map(|(role, name)| format!("role={role}[name={}]", quoted(name))));
    add("name", 0.85, element.name.as_deref().filter(|name| !is_generated(name)).map(|name| format!("{tag}[name={}]", css_quoted(name))));
    let is_field = matches!(tag, "input" | "select" | "textarea");
    add("label", 0.80, named.filter(|_| is_field).map(|name| format!("label={}", quoted(name))));
    add("placeholder", 0.80, element.placeholder.as_deref().map(|text| format!("placeholder={}", quoted(text))));
    let text = element.text.as_deref().map(collapsed).filter(|text| !text.is_empty() && text.chars().count() <= TEXT_CHARS_MAX);
    add("text", 0.70, text.map(|text| format!("text={}", quoted(&text))));
    add("class", 0.50, classes(element).map(|classes| format!("{tag}{classes}")));
    // Our selectors take a path that begins with one slash for CSS.
    let path = element.id_xpath.as_ref().or(element.xpath.as_ref());
    add(
        "path",
        0.30,
        path.map(|path| if path.starts_with('/') && !path.starts_with("//") { format!("xpath={path}") } else { path.clone() }),
    );
    found
}

/// The same, with those of the kinds in `strategies` first, in its order: `id`, `data-testid`, `role`, `text` (what people
/// read: text, label, placeholder) and `css` (name and classes). Kinds that are not named follow, the steadiest first.
pub fn preferred(element: &Fingerprint, strategies: &[String]) -> Vec<RankedSelector> {
    let mut found = ranked(element);
    let place = |strategy: &str| {
        let kind = match strategy {
            "testid" => "data-testid",
            "label" | "placeholder" => "text",
            "name" | "class" => "css",
            other => other,
        };
        strategies.iter().position(|wanted| wanted == kind).unwrap_or(strategies.len())
    };
    // Stable: within a kind the steadiest stays first.
    found.sort_by_key(|selector| place(selector.strategy));
    found
}

fn classes(element: &Fingerprint) -> Option<String> {
    let plain = |class: &&str| {
        !is_generated(class)
            && class.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
            && !class.starts_with(|c: char| c.is_ascii_digit() || c == '-')
    };
    let classes: String = element.class.as_deref()?.split_whitespace().filter(plain).take(3).map(|class| format!(".{class}")).collect();
    (!classes.is_empty()).then_some(classes)
}

/// An id a program made: it is another one the next time.
pub fn is_generated(id: &str) -> bool {
    let digits = id.chars().filter(char::is_ascii_digit).count();
    let hexadecimal = id
        .split(['-', '_'])
        .any(|part| part.len() >= 8 && part.chars().all(|c| c.is_ascii_hexdigit()) && part.chars().any(|c| c.is_ascii_digit()));
    digits >= 4 || id.contains(':') || hexadecimal || id.is_empty()
}

/// In double quotes, for our own selectors.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// In double quotes, for CSS.
pub(crate) fn css_quoted(text: &str) -> String {
    quoted(text).replace('\n', "\\a ")
}

#[cfg(test)]
mod tests {
    use super::{is_generated, preferred, ranked};
    use crate::heal::Fingerprint;

    #[test]
    fn steadiest_selector_comes_first() {
        let some = |text: &str| Some(text.to_owned());
        let element = Fingerprint {
            tag: some("button"),
            id: some("r1:2"),
            testid: some("save"),
            role: some("button"),
            accessible_name: some("Save \"all\""),
            name: some("save"),
            text: some(" Save \"all\" "),
            class: some("btn css-1a2b3c4d btn-primary 3x"),
            xpath: some("/html/body/button"),
            ..Fingerprint::default()
        };
        let found: Vec<_> = ranked(&element).into_iter().map(|r| r.selector).collect();
        assert_eq!(
            found,
            [
                "testid=\"save\"",
                "role=button[name=\"Save \\\"all\\\"\"]",
                "button[name=\"save\"]",
                "text=\"Save \\\"all\\\"\"",
                "button.btn.btn-primary",
                "xpath=/html/body/button",
            ]
        );
        for (id, generated) in [
            ("email", false),
            ("item-42", false),
            ("ember1234", true),
            (":r0:", true),
            ("a-deadbeef1", true),
            ("decade-facade", false),
            ("", true),
        ] {
            assert_eq!(is_generated(id), generated, "{id}");
        }
    }

    #[test]
    fn preferred_kinds_come_first_and_nothing_is_lost() {
        let some = |text: &str| Some(text.to_owned());
        let element = Fingerprint {
            tag: some("input"),
            id: some("mail"),
            testid: some("m"),
            role: some("textbox"),
            accessible_name: some("Mail"),
            name: some("mail"),
            placeholder: some("you@"),
            xpath: some("/html/body/input"),
            ..Fingerprint::default()
        };
        let order = |wanted: &[&str]| {
            let wanted: Vec<String> = wanted.iter().map(|w| (*w).to_owned()).collect();
            preferred(&element, &wanted).into_iter().map(|r| r.strategy).collect::<Vec<_>>()
        };
        assert_eq!(order(&[]), ["testid", "id", "role", "name", "label", "placeholder", "path"]);
        assert_eq!(order(&["text", "css"]), ["label", "placeholder", "name", "testid", "id", "role", "path"]);
        assert_eq!(order(&["id", "data-testid", "role", "text", "css"]), ["id", "testid", "role", "label", "placeholder", "name", "path"]);
    }
}

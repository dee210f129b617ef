//! Whether an element that somebody pointed at in a picture may be the one a step means. A model may be wrong, and a page may
//! say things to it: what is pointed at counts only where the step's own words, or what is known of its element, agree.

use super::Fingerprint;
use super::similarity::{MARGIN, destructive_words, role_class, role_fits, similarity};
use crate::plan::Action;
use crate::words;

/// Likeness with what is known of the element, below which it is another one.
const LIKENESS_MIN: f64 = 0.35;
/// A shorter word says nothing of an element, and a part of a word only when it is longer.
const WORD_MIN: usize = 3;
const PART_MIN: usize = 4;
/// A control that says more is none.
const LABEL_CHARS_MAX: usize = 80;
/// Words of selectors and of how people write steps, which every element could have.
const COMMON: [&str; 37] = [
    "the", "and", "for", "with", "into", "button", "btn", "link", "field", "input", "click", "tap", "press", "fill", "type", "select",
    "check", "hover", "element", "div", "span", "form", "css", "xpath", "text", "role", "name", "label", "testid", "data", "test", "nth",
    "body", "main", "has", "not", "page",
];

/// What a step looks for.
#[derive(Clone, Copy, Debug)]
pub struct Sought<'a> {
    pub action: Action,
    /// Its selector and what its author wrote about it.
    pub says: &'a str,
    /// What its element looked like when it was there.
    pub known: Option<&'a Fingerprint>,
}

/// Why the element is not what is looked for; `None` when it may be. `others` is everything that can be seen of the page.
pub fn objection(sought: Sought<'_>, found: &Fingerprint, others: &[Fingerprint]) -> Option<&'static str> {
    if sought.known.is_none() && is_ground(found) {
        return Some("it is a part of the page and no control");
    }
    let said = |text: Option<String>| destructive_words(&Fingerprint { text, ..Fingerprint::default() });
    let mut meant = said(Some(sought.says.to_owned()));
    meant.extend(sought.known.map(destructive_words).unwrap_or_default());
    let mut does = destructive_words(found);
    if found.accessible_name.is_none() && found.text.is_none() {
        // Without words of its own only the address of a link says what it does.
        does.extend(said(found.href.clone()));
    }
    if does.iter().any(|word| !meant.contains(word)) {
        return Some("it destroys something that the step does not speak of");
    }
    if !role_fits(sought.action, found) {
        return Some("the step cannot be done to such an element");
    }
    match sought.known {
        Some(known) if role_class(known) != role_class(found) => Some("it is used in another way than the element was"),
        Some(known) => {
            let likeness = similarity(known, found);
            let rival = others.iter().filter(|other| other.xpath != found.xpath).map(|other| similarity(known, other)).fold(0.0, f64::max);
            if likeness < LIKENESS_MIN {
                Some("it does not look like the element did")
            } else if rival >= likeness + MARGIN {
                Some("something else looks more like the element did")
            } else {
                None
            }
        }
        None if shares_a_word(sought.says, found) => None,
        None => Some("it has no word in common with the step"),
    }
}

/// What stands behind the controls: it says what all of them say.
fn is_ground(found: &Fingerprint) -> bool {
    let is_page = matches!(found.tag.as_deref(), Some("html" | "body"));
    let is_long = found.text.as_ref().is_some_and(|text| text.chars().count() > LABEL_CHARS_MAX);
    is_page || (role_class(found) == "other" && is_long)
}

/// Whether what the step says and what the element is called have a word in common.
fn shares_a_word(says: &str, found: &Fingerprint) -> bool {
    let names = [&found.accessible_name, &found.text, &found.placeholder, &found.title, &found.alt, &found.id, &found.name, &found.testid];
    let called: Vec<String> = names.into_iter().flatten().flat_map(|name| words(name)).collect();
    let squashed = called.concat();
    let counts = |word: &&String| word.chars().count() >= WORD_MIN && !COMMON.contains(&word.as_str());
    words(says).iter().filter(counts).any(|word| called.contains(word) || (word.chars().count() >= PART_MIN && squashed.contains(word)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn element(tag: &str, role: &str, name: &str) -> Fingerprint {
        let some = |text: &str| Some(text.to_owned());
        Fingerprint {
            tag: some(tag),
            role: some(role),
            accessible_name: some(name),
            text: some(name),
            xpath: some(name),
            ..Fingerprint::default()
        }
    }

    fn pressed(says: &str, found: &Fingerprint) -> Option<&'static str> {
        objection(Sought { action: Action::Click, says, known: None }, found, &[])
    }

    #[test]
    fn nothing_is_destroyed_that_the_step_does_not_speak_of() {
        let delete = element("button", "button", "Delete account");
        assert!(pressed("#account-save save the account", &delete).is_some_and(|why| why.contains("destroys")));
        assert!(pressed("#cancel-account", &delete).is_some(), "another word for it is not the same");
        assert_eq!(pressed("#account-delete", &delete), None);
        let mut icon = element("a", "link", "x");
        (icon.accessible_name, icon.text, icon.testid) = (None, None, Some("account".to_owned()));
        icon.href = Some("/account/delete".to_owned());
        assert!(pressed("#account", &icon).is_some_and(|why| why.contains("destroys")), "an icon is what its address does");
        let known = element("button", "button", "Save account");
        let says = Sought { action: Action::Click, says: "#save", known: Some(&known) };
        assert!(objection(says, &delete, &[]).is_some_and(|why| why.contains("destroys")));
    }

    #[test]
    fn element_must_have_a_word_of_the_step_or_look_like_what_is_known() {
        assert_eq!(pressed("#sign-in-now", &element("button", "button", "Sign on")), None);
        assert_eq!(pressed("label=E-mail", &element("input", "textbox", "Email")), None, "a part of a longer word");
        assert!(pressed("#button click the link", &element("button", "button", "Click the button link")).is_some());
        let ground = element("div", "", &"Sign in or make a new account. ".repeat(3));
        assert!(pressed("#sign-in", &ground).is_some_and(|why| why.contains("no control")));
        assert!(pressed("#sign-in", &element("body", "", "Sign in")).is_some_and(|why| why.contains("no control")));
        assert!(pressed("#checkout", &element("button", "button", "Send")).is_some_and(|why| why.contains("no word")));
        let known = element("button", "button", "Go");
        let sought = Sought { action: Action::Click, says: "#go", known: Some(&known) };
        assert_eq!(objection(sought, &element("button", "button", "Go!"), &[]), None);
        assert!(objection(sought, &element("button", "button", "Elsewhere"), std::slice::from_ref(&known)).is_some());
        assert!(objection(sought, &element("input", "checkbox", "Go"), &[]).is_some_and(|why| why.contains("another way")));
    }

    #[test]
    fn step_can_be_done_to_what_is_pointed_at() {
        let of = |action, found: &Fingerprint| objection(Sought { action, says: "#terms", known: None }, found, &[]);
        assert!(of(Action::Fill, &element("button", "button", "Terms")).is_some());
        assert!(of(Action::Check, &element("a", "link", "Terms")).is_some());
        assert!(of(Action::Select, &element("input", "combobox", "Terms")).is_some());
        assert_eq!(of(Action::Check, &element("input", "checkbox", "Terms")), None);
        assert_eq!(of(Action::Select, &element("select", "combobox", "Terms")), None);
    }

    proptest! {
        #[test]
        fn whatever_a_page_calls_it_a_harmless_step_destroys_nothing(before in "[a-z ]{0,12}", word in prop::sample::select(vec!["Delete", "log out", "REMOVE", "Pay", "Cancel"])) {
            let found = element("button", "button", &format!("{before} {word}"));
            let why = pressed(&format!("#{before} save"), &found);
            prop_assert!(why.is_some() || before.contains(&word.to_lowercase()));
        }
    }
}

//! Whether an element that somebody pointed at in a picture may be the one a step means. A model may be wrong, and a page may
//! say things to it: what is pointed at counts only where the step's own words, or what is known of its element, agree.

use std::collections::BTreeSet;

use super::Fingerprint;
use super::danger::dangers;
use super::similarity::{MARGIN, role_class, role_fits, similarity, told};
use crate::plan::Action;
use crate::words;

/// Likeness with what is known of the element, below which it is another one; as sure as healing is without a wish.
const LIKENESS_MIN: f64 = 0.70;
/// A shorter word says nothing of an element.
const WORD_CHARS_MIN: usize = 3;
/// Words of a description that the element must have, where its name in the step has none of them.
const DESCRIBED_MIN: usize = 2;
/// A control that says more is none.
const LABEL_CHARS_MAX: usize = 80;
/// Words of selectors and of how people write steps, which every element could have.
const COMMON: &str = "the and for with into onto your you our from this that these those its his her their all any new old out off \
    now here there more less open close show hide view see use get set add put make choose pick enter write first last next prev child \
    parent button btn link field input textarea click tap press fill type select option check uncheck hover element item list row cell \
    div span form img svg icon label css xpath text role name testid data test nth body main has not page aria href value placeholder \
    title alt src class contains starts ends equals exact selector visible hidden enabled disabled checked only root scope frame iframe \
    http https www com html los las del una con para por sus esta este der die das und mit les des une avec pour";

/// What a step looks for.
#[derive(Clone, Copy, Debug)]
pub struct Sought<'a> {
    pub action: Action,
    /// What the step calls it: its selector, or the words of its sentence.
    pub named: &'a str,
    /// What else its author wrote about it, without what is written into it.
    pub described: &'a str,
    /// What its element looked like when it was there.
    pub known: Option<&'a Fingerprint>,
}

/// Why the element is not what is looked for; `None` when it may be. `more` is what its attributes say, `others` everything that
/// can be seen of the page.
pub fn objection(sought: Sought<'_>, found: &Fingerprint, more: &[&str], others: &[Fingerprint]) -> Option<&'static str> {
    if matches!(found.tag.as_deref(), Some("iframe" | "frame" | "fencedframe" | "embed" | "object")) {
        return Some("it is a frame that cannot be looked into");
    }
    if sought.known.is_none() && is_ground(found) {
        return Some("it is a part of the page and no control");
    }
    // A link that shows the orders does not order.
    let weak = found.role.as_deref() != Some("link");
    let mut meant = dangers([sought.named, sought.described], true);
    meant.extend(sought.known.map(|known| dangers(told(known), true)).unwrap_or_default());
    if dangers(told(found).chain(more.iter().copied()), weak).iter().any(|word| !meant.contains(word)) {
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
        None if is_spoken_of(sought, found) => None,
        None => Some("it has no word in common with the step"),
    }
}

/// What stands behind the controls: it says what all of them say.
fn is_ground(found: &Fingerprint) -> bool {
    let is_page = matches!(found.tag.as_deref(), Some("html" | "body"));
    let is_long = found.text.as_ref().is_some_and(|text| text.chars().count() > LABEL_CHARS_MAX);
    is_page || (role_class(found) == "other" && is_long)
}

/// Whether the element is called by a word of its name in the step, or by several of what else the step says.
fn is_spoken_of(sought: Sought<'_>, found: &Fingerprint) -> bool {
    let names = [&found.accessible_name, &found.text, &found.placeholder, &found.title, &found.alt, &found.id, &found.name, &found.testid];
    let called: BTreeSet<String> = names.into_iter().flatten().flat_map(|name| words(name)).collect();
    let shared = |text: &str| {
        let telling = |word: &String| {
            let is_common = COMMON.split_whitespace().any(|common| common == word.as_str());
            word.chars().count() >= WORD_CHARS_MIN && !is_common && !word.chars().all(char::is_numeric)
        };
        words(text).into_iter().filter(telling).filter(|word| called.contains(word)).collect::<BTreeSet<_>>().len()
    };
    shared(sought.named) > 0 || shared(sought.described) >= DESCRIBED_MIN
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

    fn sought<'a>(named: &'a str, described: &'a str) -> Sought<'a> {
        Sought { action: Action::Click, named, described, known: None }
    }

    fn pressed(named: &str, found: &Fingerprint) -> Option<&'static str> {
        objection(sought(named, ""), found, &[], &[])
    }

    #[test]
    fn nothing_is_destroyed_that_the_step_does_not_speak_of() {
        let delete = element("button", "button", "Delete account");
        let button = |text: &str| element("button", "button", text);
        let destroys = |why: Option<&'static str>| why.is_some_and(|why| why.contains("destroys"));
        assert!(destroys(objection(sought("#account-save", "save the account"), &delete, &[], &[])));
        assert!(pressed("#cancel-account", &delete).is_some(), "another word for it is not the same");
        assert_eq!(pressed("#account-delete", &delete), None);
        for text in ["Eliminar cuenta", "Terminate cuenta", "Cuenta löschen", "Disable cuenta", "Send cuenta"] {
            assert!(destroys(pressed("#guardar-cuenta", &button(text))), "{text}");
        }
        let mut account = element("a", "link", "Account");
        account.href = Some("/account/delete".to_owned());
        assert!(destroys(pressed("#account", &account)), "an address says what it does, whatever its link says");
        let mut icon = element("button", "button", "x");
        (icon.accessible_name, icon.text, icon.name) = (None, None, Some("delete_account".to_owned()));
        assert!(destroys(pressed("#account", &icon)));
        assert!(destroys(objection(sought("#account", ""), &button("Account"), &["/account/erase"], &[])), "nor what its attributes say");
        let known = button("Save account");
        let says = Sought { known: Some(&known), ..sought("#save", "") };
        assert!(destroys(objection(says, &delete, &[], &[])));
        assert_eq!(pressed("#order-details", &element("a", "link", "Order details")), None, "a link shows something");
    }

    #[test]
    fn element_must_have_a_word_of_the_step_or_look_like_what_is_known() {
        assert_eq!(pressed("#sign-in-now", &element("button", "button", "Sign on")), None);
        for (named, says) in
            [("#button click the link", "Click the button link"), ("#count", "Account"), ("li:first-child > a", "First steps")]
        {
            assert!(pressed(named, &element("button", "button", says)).is_some_and(|why| why.contains("no word")), "{named}");
        }
        let upgrade = element("button", "button", "Upgrade your plan");
        assert!(objection(sought("#profile", "Open your profile"), &upgrade, &[], &[]).is_some());
        assert!(objection(sought("#b7", "Choose another plan"), &upgrade, &[], &[]).is_some(), "one word of many");
        assert_eq!(objection(sought("#b7", "Upgrade to the larger plan"), &upgrade, &[], &[]), None);
        let ground = element("div", "", &"Sign in or make a new account. ".repeat(3));
        assert!(pressed("#sign-in", &ground).is_some_and(|why| why.contains("no control")));
        assert!(pressed("#sign-in", &element("body", "", "Sign in")).is_some_and(|why| why.contains("no control")));
        assert!(pressed("#payment-info", &element("iframe", "", "Secure payment frame")).is_some_and(|why| why.contains("frame")));
        let known = element("button", "button", "Go");
        let sought = Sought { known: Some(&known), ..sought("#go", "") };
        assert_eq!(objection(sought, &element("button", "button", "Go!"), &[], &[]), None);
        assert!(objection(sought, &element("button", "button", "Elsewhere"), &[], &[]).is_some_and(|why| why.contains("does not look")));
        assert!(objection(sought, &element("input", "checkbox", "Go"), &[], &[]).is_some_and(|why| why.contains("another way")));
    }

    #[test]
    fn step_can_be_done_to_what_is_pointed_at() {
        let of = |action, found: &Fingerprint| objection(Sought { action, ..sought("#terms", "") }, found, &[], &[]);
        assert!(of(Action::Fill, &element("button", "button", "Terms")).is_some());
        assert!(of(Action::Check, &element("a", "link", "Terms")).is_some());
        assert!(of(Action::Select, &element("input", "combobox", "Terms")).is_some());
        assert_eq!(of(Action::Check, &element("input", "checkbox", "Terms")), None);
        assert_eq!(of(Action::Select, &element("select", "combobox", "Terms")), None);
    }

    proptest! {
        #[test]
        fn whatever_a_page_calls_it_a_harmless_step_destroys_nothing(
            before in "[a-z ]{0,12}",
            word in prop::sample::select(vec!["Delete", "log out", "REMOVE", "Pay", "Cancel", "Eliminar", "Terminate", "Löschen"]),
        ) {
            let found = element("button", "button", &format!("{before} {word}"));
            let why = pressed(&format!("#{before} save"), &found);
            prop_assert!(why.is_some() || before.contains(&word.to_lowercase()));
        }
    }
}

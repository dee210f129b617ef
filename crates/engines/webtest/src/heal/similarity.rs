//! How much two elements look alike, and which of several is the one that is looked for.

use serde::Serialize;

use super::Fingerprint;
use super::danger::dangers;
use crate::plan::Action;
use crate::text::collapsed;

/// Two candidates closer than this cannot be told apart.
pub const MARGIN: f64 = 0.10;
/// Confidence of a choice that could as well be another.
pub const UNSURE: f64 = 0.69;
/// Distance in pixels beyond which a place says nothing.
const FAR: f64 = 100.0;

/// One attribute of the likeness of two elements.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Part {
    pub attribute: &'static str,
    pub weight: f64,
    /// From 0, nothing alike, to 1, the same.
    pub score: f64,
}

/// The likeness of two elements from 0 to 1, over what is known of the first.
pub fn similarity(known: &Fingerprint, candidate: &Fingerprint) -> f64 {
    let parts = parts(known, candidate);
    let weights: f64 = parts.iter().map(|part| part.weight).sum();
    if weights > 0.0 { parts.iter().map(|part| part.weight * part.score).sum::<f64>() / weights } else { 0.0 }
}

/// What the likeness of two elements is made of: every attribute the first is known to have.
pub fn parts(known: &Fingerprint, candidate: &Fingerprint) -> Vec<Part> {
    let mut parts = Parts(Vec::new());
    let same = |a: &str, b: &str| f64::from(u8::from(a == b));
    parts.text("testid", 2.0, known.testid.as_ref(), candidate.testid.as_ref(), same);
    parts.text("tag", 1.5, known.tag.as_ref(), candidate.tag.as_ref(), same);
    parts.text("id", 1.5, known.id.as_ref(), candidate.id.as_ref(), same);
    parts.text("name", 1.5, known.name.as_ref(), candidate.name.as_ref(), same);
    parts.text("accessible_name", 1.5, known.accessible_name.as_ref(), candidate.accessible_name.as_ref(), spelling);
    parts.text("text", 1.5, known.text.as_ref(), candidate.text.as_ref(), spelling);
    parts.text("neighbour_text", 1.5, known.neighbour_text.as_ref(), candidate.neighbour_text.as_ref(), shared_words);
    parts.text("role", 1.0, known.role.as_ref(), candidate.role.as_ref(), same);
    parts.text("placeholder", 1.0, known.placeholder.as_ref(), candidate.placeholder.as_ref(), spelling);
    parts.text("class", 0.5, known.class.as_ref(), candidate.class.as_ref(), shared_words);
    parts.text("type", 0.5, known.kind.as_ref(), candidate.kind.as_ref(), same);
    for (attribute, known, candidate) in [
        ("href", &known.href, &candidate.href),
        ("alt", &known.alt, &candidate.alt),
        ("title", &known.title, &candidate.title),
        ("xpath", &known.xpath, &candidate.xpath),
        ("id_xpath", &known.id_xpath, &candidate.id_xpath),
    ] {
        parts.text(attribute, 0.5, known.as_ref(), candidate.as_ref(), spelling);
    }
    parts.add("is_button", 0.5, known.is_button, candidate.is_button, |a, b| f64::from(u8::from(a == b)));
    parts.add("location", 0.5, known.location, candidate.location, |a, b| (1.0 - (a.0 - b.0).hypot(a.1 - b.1) / FAR).max(0.0));
    parts.add("area", 0.5, area(known), area(candidate), ratio);
    parts.add("aspect", 0.5, aspect(known), aspect(candidate), ratio);
    parts.0
}

struct Parts(Vec<Part>);

impl Parts {
    /// What the first has counts; what the second lacks of it is worth nothing.
    fn add<T>(&mut self, attribute: &'static str, weight: f64, known: Option<T>, candidate: Option<T>, like: impl Fn(T, T) -> f64) {
        if let Some(known) = known {
            let score = candidate.map_or(0.0, |candidate| like(known, candidate));
            self.0.push(Part { attribute, weight, score });
        }
    }

    fn text(
        &mut self,
        attribute: &'static str,
        weight: f64,
        known: Option<&String>,
        candidate: Option<&String>,
        like: impl Fn(&str, &str) -> f64,
    ) {
        self.add(attribute, weight, known, candidate, |a, b| like(a, b));
    }
}

fn area(element: &Fingerprint) -> Option<f64> {
    Some(element.width? * element.height?).filter(|area| *area > 0.0)
}

fn aspect(element: &Fingerprint) -> Option<f64> {
    Some(element.width? / element.height?).filter(|aspect| aspect.is_finite() && *aspect > 0.0)
}

fn ratio(a: f64, b: f64) -> f64 {
    a.min(b) / a.max(b)
}

fn shared_words(a: &str, b: &str) -> f64 {
    let words = |text: &str| text.to_lowercase().split_whitespace().map(str::to_owned).collect::<std::collections::BTreeSet<_>>();
    let (a, b) = (words(a), words(b));
    let union = a.union(&b).count();
    if union == 0 { 1.0 } else { count(a.intersection(&b).count()) / count(union) }
}

/// 1 for the same text, less for each letter that differs.
pub fn spelling(a: &str, b: &str) -> f64 {
    let letters = |text: &str| collapsed(text).to_lowercase().chars().take(300).collect::<Vec<_>>();
    let (a, b) = (letters(a), letters(b));
    let longest = a.len().max(b.len());
    if longest == 0 { 1.0 } else { 1.0 - count(distance(&a, &b)) / count(longest) }
}

/// Insertions, deletions and replacements between two texts.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.iter().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let replaced = corner + usize::from(left != right);
            corner = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(corner + 1);
        }
    }
    row[b.len()]
}

fn count(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// The best of several candidates.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    pub index: usize,
    pub confidence: f64,
    pub runner_up: Option<f64>,
    /// Index and score of all that were in question, the best first.
    pub scores: Vec<(usize, f64)>,
}

/// Chooses the candidate most like `known`; those of another role, and destructive ones where none was meant, are out.
pub fn choose(known: &Fingerprint, candidates: &[Fingerprint]) -> Option<Choice> {
    let mut scores: Vec<(usize, f64)> = candidates
        .iter()
        .enumerate()
        .filter(|(_, candidate)| may_stand_for(known, candidate))
        .map(|(index, candidate)| (index, similarity(known, candidate)))
        .collect();
    scores.sort_by(|a, b| b.1.total_cmp(&a.1));
    let (index, best) = *scores.first()?;
    let runner_up = scores.get(1).map(|(_, score)| *score);
    let unsure = runner_up.is_some_and(|second| best - second < MARGIN);
    Some(Choice { index, confidence: if unsure { best.min(UNSURE) } else { best }, runner_up, scores })
}

/// Whether one element may be put in the place of another at all: it is used in the same way, and it destroys nothing
/// unless the other did.
pub fn may_stand_for(known: &Fingerprint, candidate: &Fingerprint) -> bool {
    role_class(known) == role_class(candidate) && (is_destructive(known) || !is_destructive(candidate))
}

/// Whether two elements say the same to a person, numbers apart, of which none is another message than some; not of those that
/// say nothing. What a test only looks at could be told from nothing else: a message that something failed looks like the one
/// that it went well.
pub fn says_the_same(known: &Fingerprint, found: &Fingerprint) -> bool {
    let words = |text: &Option<String>| {
        let mut plain = String::new();
        for c in collapsed(text.as_deref().unwrap_or_default()).to_lowercase().chars() {
            match (c, plain.chars().last()) {
                ('1'..='9', Some('0' | '1')) => {
                    plain.pop();
                    plain.push('1');
                }
                ('0', Some('0' | '1')) => {}
                ('1'..='9', _) => plain.push('1'),
                _ => plain.push(c),
            }
        }
        plain
    };
    let said = |of: &Fingerprint| [&of.text, &of.accessible_name, &of.placeholder].map(words);
    let (before, now) = (said(known), said(found));
    before == now && before.iter().any(|text| text.chars().any(char::is_alphabetic))
}

/// Things that are used in the same way.
pub(super) fn role_class(element: &Fingerprint) -> &'static str {
    match element.role.as_deref().unwrap_or_default() {
        "button" | "link" | "menuitem" | "tab" => "press",
        "textbox" | "searchbox" | "combobox" | "spinbutton" => "write",
        "checkbox" | "radio" | "switch" => "check",
        "option" => "option",
        "slider" => "slide",
        _ => "other",
    }
}

/// What it says and what it is called in the document: an icon has no other words.
pub(super) fn told(element: &Fingerprint) -> impl Iterator<Item = &str> {
    let Fingerprint { accessible_name, text, title, testid, id, name, alt, href, .. } = element;
    [accessible_name, text, title, testid, id, name, alt, href].into_iter().flatten().map(String::as_str)
}

fn is_destructive(element: &Fingerprint) -> bool {
    !dangers(told(element), false).is_empty()
}

/// Whether an action can be done to such an element at all.
pub(super) fn role_fits(action: Action, element: &Fingerprint) -> bool {
    let class = role_class(element);
    match action {
        Action::Fill | Action::Type | Action::Clear => class == "write",
        Action::Check | Action::Uncheck => class == "check",
        Action::Select => element.tag.as_deref() == Some("select"),
        Action::Upload => element.kind.as_deref() == Some("file"),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Fingerprint, UNSURE, choose, similarity, spelling};

    fn button(id: &str, text: &str, x: f64) -> Fingerprint {
        let some = |text: &str| Some(text.to_owned());
        Fingerprint {
            tag: some("button"),
            id: some(id),
            role: some("button"),
            accessible_name: some(text),
            text: some(text),
            location: Some((x, 10.0)),
            width: Some(80.0),
            height: Some(20.0),
            is_button: Some(true),
            class: some("btn"),
            xpath: some("/html/body/button"),
            ..Fingerprint::default()
        }
    }

    #[test]
    fn nothing_destructive_stands_for_something_harmless() {
        let save = button("save", "Save", 10.0);
        for (id, text) in [
            ("x", "Delete\u{2026}"),
            ("x", "Delete, forever"),
            ("x", "Sign-out"),
            ("deleteAccount", ""),
            ("x", "Remove(3)"),
            ("x", "Eliminar cuenta"),
            ("x", "Terminate account"),
        ] {
            assert!(!super::may_stand_for(&save, &button(id, text, 10.0)), "{id} {text}");
        }
        assert!(super::may_stand_for(&save, &button("store", "Payload\u{2026}", 10.0)));
        assert!(super::may_stand_for(&button("rm", "Remove", 10.0), &button("x", "Delete", 10.0)));
    }

    #[test]
    fn numbers_may_differ_in_what_says_the_same_and_nothing_else() {
        let says = |a: &str, b: &str| super::says_the_same(&button("a", a, 1.0), &button("b", b, 2.0));
        assert!(says("Order 41 was placed", "order  1057 was placed") && !says("Order 41 was placed", "Order 41 was not placed"));
        assert!(!says("0 errors found", "12 errors found") && says("105 seats left", "20 seats left"), "none is another message");
        assert!(!says("", "") && !says("41", "42"), "what says nothing cannot be told apart");
    }

    #[test]
    fn renamed_element_is_found_and_equal_ones_are_not_told_apart() {
        let known = button("save", "Save", 10.0);
        assert!((similarity(&known, &known) - 1.0).abs() < 1e-9);
        let renamed = choose(&known, &[button("btn-7", "Save", 12.0), button("back", "Abort", 300.0)]).unwrap();
        let told = super::parts(&known, &button("btn-7", "Save", 12.0));
        let id = told.iter().find(|part| part.attribute == "id").unwrap();
        assert!(id.score.abs() < 1e-9 && told.iter().all(|part| part.attribute != "href"), "{told:?}");
        assert!(renamed.index == 0 && renamed.confidence >= 0.70 && renamed.runner_up.unwrap() < 0.6, "{renamed:?}");
        let tie = choose(&known, &[button("a", "Save", 12.0), button("b", "Save", 14.0)]).unwrap();
        assert!(tie.confidence <= UNSURE);
        let mut field = button("save", "Save", 10.0);
        field.role = Some("textbox".to_owned());
        assert_eq!(choose(&known, &[field, button("x", "Delete all", 10.0)]), None);
        assert!(choose(&button("d", "Delete", 1.0), &[button("x", "Delete all", 1.0)]).is_some());
    }

    #[test]
    fn spelling_tells_letters_in_another_order_apart() {
        assert!((spelling("Kitten", "sitting") - 4.0 / 7.0).abs() < 1e-9);
        assert!(spelling("#abc", "#cab") < 0.6);
        assert!((spelling("  Save  all ", "save all") - 1.0).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn any_likeness_is_between_nothing_and_all(a in ".{0,30}", b in ".{0,30}", x in -1e6..1e6f64, w in 0.0..1e4f64) {
            let mut one = button(&a, &b, x);
            one.width = Some(w);
            let score = similarity(&one, &button(&b, &a, 0.0));
            prop_assert!((0.0..=1.0 + 1e-9).contains(&score), "{}", score);
        }
    }
}

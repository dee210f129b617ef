//! Words for an element of a page: what of a sentence names it, and how well they name each element there is. Pure.

use argos_kernel::FieldError;
use argos_webtest::heal::spelling;
use argos_webtest::{Seen, grammar};

/// Below it words are not the name of an element.
pub const LIKENESS_MIN: f64 = 0.6;
pub const WORDS_MAX: usize = 1_000;

/// How well words name an element: 1 when they are its name.
pub fn likeness(words: &str, seen: &Seen) -> f64 {
    let (look, said) = (&seen.look, words.to_lowercase());
    let names = [&look.accessible_name, &look.text, &look.placeholder, &look.title, &look.alt, &look.name, &look.testid];
    let fits = |name: &String| {
        let name = name.to_lowercase();
        // A name among other words of the sentence.
        let within = name.chars().count() >= 3 && said.contains(&name);
        spelling(&said, &name).max(if within { 0.9 } else { 0.0 })
    };
    names.into_iter().flatten().map(fits).fold(0.0, f64::max)
}

/// What is looked for: the element of a sentence, else its words.
pub fn words_of(instruction: Option<&str>) -> Result<Option<String>, FieldError> {
    let Some(text) = instruction.map(str::trim).filter(|t| !t.is_empty()) else { return Ok(None) };
    if text.chars().count() > WORDS_MAX {
        return Err(FieldError::new("instruction", format!("instruction must be at most {WORDS_MAX} characters")));
    }
    Ok(Some(grammar::parse(text).and_then(|i| i.phrase).map_or_else(|| text.to_owned(), |phrase| phrase.words)))
}

#[cfg(test)]
mod tests {
    use argos_webtest::heal::Fingerprint;
    use proptest::prelude::*;

    use super::*;

    fn button(name: &str) -> Seen {
        Seen { look: Fingerprint { accessible_name: Some(name.to_owned()), ..Fingerprint::default() }, ..Seen::default() }
    }

    #[test]
    fn words_name_what_is_called_so_and_what_a_sentence_is_about() {
        assert_eq!(words_of(Some("click the Sign in button")).unwrap().as_deref(), Some("Sign in"));
        assert_eq!(words_of(Some(" the way out ")).unwrap().as_deref(), Some("the way out"));
        assert!(words_of(None).unwrap().is_none() && words_of(Some("  ")).unwrap().is_none());
        assert!(words_of(Some(&"x".repeat(WORDS_MAX + 1))).is_err());
        assert!(likeness("sign in", &button("Sign in")) > 0.99 && likeness("the sign in thing", &button("Sign in")) >= 0.9);
        assert!(likeness("sign in", &button("Basket")) < LIKENESS_MIN);
    }

    proptest! {
        #[test]
        fn any_likeness_is_a_share(words in "\\PC{0,40}", name in "\\PC{0,40}") {
            prop_assert!((0.0..=1.0 + 1e-9).contains(&likeness(&words, &button(&name))));
        }
    }
}

//! Which tests a change of the sources most likely touches: those that name what the changed files are called after. Pure.

use std::collections::BTreeSet;

use serde_json::Value;

use super::test::Document;

/// Words of paths and pages that say nothing of what is in them.
const COMMON: &str = "src app apps lib libs web www client server backend frontend public static assets page component view views screen \
    route router index main mod module package packages test tests spec util utils helper common shared core style \
    styles template templates tsx jsx html css scss vue svelte java php json yaml yml http https com the and goto click \
    fill assert button";

fn is_common(word: &str) -> bool {
    COMMON.split(' ').any(|common| common == word)
}

/// The words of a text, lower case: parts of camel case apart, plurals as their singular.
fn words(text: &str, into: &mut BTreeSet<String>) {
    let mut word = String::new();
    let mut was_lower = false;
    for c in text.chars().chain(std::iter::once(' ')) {
        if !c.is_alphanumeric() || (c.is_uppercase() && was_lower) {
            let whole = std::mem::take(&mut word);
            let singular = whole.strip_suffix('s').filter(|w| w.chars().count() > 2).unwrap_or(&whole).to_owned();
            if singular.chars().count() > 2 && !is_common(&singular) && !is_common(&whole) {
                into.insert(singular);
            }
        }
        was_lower = c.is_lowercase() || c.is_numeric();
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
    }
}

/// The words that paths of changed files are made of.
pub fn words_of_files(files: &[String]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for file in files {
        words(file, &mut found);
    }
    found
}

/// How many of the words a test has in its name, its tags, its description, or what its steps go to and act on.
pub fn touched(document: &Document, changed: &BTreeSet<String>) -> usize {
    let mut own = BTreeSet::new();
    words(&document.name, &mut own);
    words(&document.tags.join(" "), &mut own);
    words(document.description.as_deref().unwrap_or_default(), &mut own);
    for step in ["setup", "steps"].into_iter().flat_map(|list| document.list(list)) {
        if let Some(target) = step.get("target").and_then(Value::as_str) {
            words(target, &mut own);
        }
    }
    own.intersection(changed).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn document(name: &str, target: &str) -> Document {
        let steps = json!({ "steps": [{ "action": "goto", "target": target }] });
        Document { name: name.into(), definition: steps.as_object().cloned().unwrap(), ..Document::default() }
    }

    #[test]
    fn test_that_names_what_changed_is_touched_and_others_are_not() {
        let changed = words_of_files(&["src/components/CheckoutForm.tsx".into(), "app/views/orders/index.html".into()]);
        assert_eq!(changed.iter().map(String::as_str).collect::<Vec<_>>(), ["checkout", "form", "order"]);
        assert_eq!(touched(&document("Buy", "/checkout?step=1"), &changed), 1);
        assert_eq!(touched(&document("Order form", "/orders"), &changed), 2);
        assert_eq!(touched(&document("Sign in", "/login"), &changed), 0);
        assert!(words_of_files(&["src/index.ts".into(), "README.md".into()]).contains("readme"));
    }

    proptest! {
        #[test]
        fn any_path_gives_words_that_are_no_common_ones(path in "\\PC{0,80}") {
            for word in words_of_files(&[path]) {
                prop_assert!(word.chars().count() > 2 && !is_common(&word));
            }
        }
    }
}

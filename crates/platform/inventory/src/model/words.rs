//! The words a thing is found by, and the order of hits. A word begins at every letter or digit that follows something
//! else, and goes on to the next blank: `web-1.example.com` is found by `web-1`, `1.ex` and `example`.

use super::status::Status;
use super::thing::Thing;

/// Longer words are found by their beginning.
const WORD_MAX: usize = 40;
const WORDS_MAX: usize = 60;

/// Lower case, single blanks.
pub(crate) fn normal(text: &str) -> String {
    text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The words of a normal text, each once.
pub(crate) fn words(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for part in text.split(' ') {
        let mut inside = false;
        for (at, c) in part.char_indices() {
            if c.is_alphanumeric() && !inside {
                let word: String = part.get(at..).unwrap_or_default().chars().take(WORD_MAX).collect();
                if !out.contains(&word) {
                    out.push(word);
                }
            }
            inside = c.is_alphanumeric();
        }
        if out.len() >= WORDS_MAX {
            break;
        }
    }
    out
}

/// The words of a query, longest first: the longest narrows most. At most four count.
pub(crate) fn query_words(text: &str) -> Vec<String> {
    let text = normal(text);
    let mut out: Vec<String> = text
        .split(' ')
        .map(|w| w.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|w| !w.is_empty())
        .map(|w| w.chars().take(WORD_MAX).collect())
        .collect();
    out.sort_by_key(|w: &String| std::cmp::Reverse(w.chars().count()));
    out.truncate(4);
    out
}

/// The first word above every word that begins with `word`.
pub(crate) fn word_end(word: &str) -> String {
    format!("{word}\u{10ffff}")
}

/// Sorts best first: the name itself, names that begin with it, names with it at a word's beginning, the rest; then
/// things in trouble; then short names.
pub(crate) fn order(query: &str, hits: &mut [Thing]) {
    let query = normal(query);
    hits.sort_by_cached_key(|t| {
        let name = normal(&t.name);
        let nearness = if name == query {
            0
        } else if name.starts_with(&query) {
            1
        } else if words(&name).iter().any(|w| w.starts_with(&query)) {
            2
        } else {
            3
        };
        let rank = if t.status.is_trouble() { t.status.rank() } else { Status::Ok.rank() };
        (nearness, rank, name.chars().count(), name)
    });
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_begin_at_every_separator_and_keep_what_follows() {
        assert_eq!(
            words("web-1.example.com 10.0.0.7"),
            ["web-1.example.com", "1.example.com", "example.com", "com", "10.0.0.7", "0.0.7", "0.7", "7"]
        );
        assert_eq!(words("/var/lib"), ["var/lib", "lib"]);
    }

    #[test]
    fn query_words_come_longest_first_without_marks_around() {
        assert_eq!(query_words("  UPS  (rack-1) a b c"), ["rack-1", "ups", "a", "b"]);
        assert!(query_words(" - ").is_empty());
    }

    proptest! {
        #[test]
        fn any_text_yields_few_words_that_occur_in_it(text in ".{0,400}") {
            let text = normal(&text);
            let all = words(&text);
            prop_assert!(all.iter().all(|w| text.contains(w.as_str()) && w.chars().count() <= WORD_MAX));
            for w in query_words(&text) { prop_assert!(text.contains(&w)); }
        }
    }
}

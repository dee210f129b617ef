//! Which texts resemble a question, by the words they share. Pure.

use std::collections::HashMap;

/// How well known terms weigh against long texts.
const K1: f64 = 1.2;
const B: f64 = 0.75;
/// Words of a text that are compared.
const WORDS_MAX: usize = 400;

/// The words of a text as they are compared: lower case, numbers made alike.
pub fn words(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| !c.is_alphanumeric()).filter(|w| w.chars().count() > 1);
    let alike = |w: &str| if w.chars().all(|c| c.is_ascii_digit()) { "0".to_owned() } else { w.to_lowercase() };
    parts.map(alike).take(WORDS_MAX).collect()
}

/// How often each word is in a text: counted once, since each is asked for by every word of the question.
struct Counted {
    times: HashMap<String, f64>,
    length: f64,
}

impl Counted {
    #[expect(clippy::cast_precision_loss, reason = "a count of words")]
    fn of(words: Vec<String>) -> Self {
        let (mut times, length) = (HashMap::new(), words.len() as f64);
        for word in words {
            *times.entry(word).or_insert(0.0) += 1.0;
        }
        Self { times, length }
    }
}

/// How alike each text is to the question by BM25, 1 = as the question itself; the likest first, those without a common
/// word left out.
#[expect(clippy::cast_precision_loss, reason = "counts of words")]
pub fn alike(question: &str, texts: &[String]) -> Vec<(usize, f64)> {
    let mut wanted = words(question);
    wanted.sort_unstable();
    wanted.dedup();
    let asked = words(question);
    let all: Vec<Counted> = texts.iter().map(|t| Counted::of(words(t))).collect();
    let count = all.len() as f64;
    let mean = (all.iter().map(|d| d.length).sum::<f64>() / count.max(1.0)).max(1.0);
    let rarity: Vec<(&String, f64)> = wanted
        .iter()
        .map(|w| {
            let n = all.iter().filter(|d| d.times.contains_key(w)).count() as f64;
            (w, (1.0 + (count - n + 0.5) / (n + 0.5)).ln())
        })
        .collect();
    let score = |doc: &Counted| -> f64 {
        let long = K1 * (1.0 - B + B * doc.length / mean);
        let one = |(word, rare): &(&String, f64)| {
            let n = doc.times.get(*word).copied().unwrap_or(0.0);
            rare * n * (K1 + 1.0) / (n + long)
        };
        rarity.iter().map(one).sum()
    };
    let own = score(&Counted::of(asked));
    if own <= 0.0 {
        return Vec::new();
    }
    let mut found: Vec<(usize, f64)> =
        all.iter().enumerate().map(|(i, d)| (i, (score(d) / own).clamp(0.0, 1.0))).filter(|(_, s)| *s > 0.0).collect();
    found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_same_words_are_the_likest_and_numbers_do_not_matter() {
        let texts = ["element #pay was not found in 5000 ms", "expected total to be 3", "browser is gone"].map(str::to_owned);
        let found = alike("element #pay was not found in 30000 ms", &texts);
        assert_eq!(found.first().map(|(i, s)| (*i, *s > 0.99)), Some((0, true)), "{found:?}");
        assert!(found.iter().all(|(i, _)| *i != 1 && *i != 2), "{found:?}");
        assert!(alike("", &texts).is_empty() && alike("x", &[]).is_empty());
    }

    proptest! {
        #[test]
        fn likeness_is_a_share_whatever_is_compared(question in "\\PC{0,80}", texts in proptest::collection::vec("\\PC{0,80}", 0..6)) {
            for (index, share) in alike(&question, &texts) {
                prop_assert!(index < texts.len() && (0.0..=1.0).contains(&share));
            }
        }
    }
}

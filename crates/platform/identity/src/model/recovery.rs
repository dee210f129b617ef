//! Recovery codes: ten one-time substitutes for the second factor, each 5 random bytes as `xxxx-xxxx` in lower-case
//! base32. Input ignores case, dashes and spaces.

use argos_kernel::Rng;
use data_encoding::BASE32_NOPAD;

use super::constant_time;

pub const COUNT: usize = 10;

/// A fresh set.
pub fn generate(rng: &dyn Rng) -> Vec<String> {
    (0..COUNT)
        .map(|_| {
            let text = BASE32_NOPAD.encode(&rng.bytes::<5>()).to_ascii_lowercase();
            let (left, right) = text.split_at(4);
            format!("{left}-{right}")
        })
        .collect()
}

/// The stored form of what somebody typed: only letters and digits, lower case.
pub fn normalise(input: &str) -> String {
    input.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).take(64).collect()
}

/// The set without the code that was typed; `None` when it is not in the set.
pub fn burn(codes: &[String], input: &str) -> Option<Vec<String>> {
    let typed = normalise(input);
    let mut found = None;
    for (index, code) in codes.iter().enumerate() {
        if constant_time::equal(normalise(code).as_bytes(), typed.as_bytes()) {
            found = Some(index);
        }
    }
    let found = found?;
    Some(codes.iter().enumerate().filter(|(i, _)| *i != found).map(|(_, c)| c.clone()).collect())
}

#[cfg(test)]
mod tests {
    use argos_kernel::SystemRng;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn codes_have_the_documented_form_and_burn_once() {
        let codes = generate(&SystemRng::default());
        assert_eq!(codes.len(), 10);
        for code in &codes {
            assert_eq!((code.len(), code.find('-')), (9, Some(4)), "{code}");
        }
        let typed = codes[3].to_uppercase().replace('-', "  ");
        let rest = burn(&codes, &typed).unwrap();
        assert_eq!(rest.len(), 9);
        assert_eq!(burn(&rest, &typed), None);
    }

    proptest! {
        #[test]
        fn burn_of_any_text_takes_at_most_one_code(input in ".{0,40}") {
            let codes = vec!["abcd-efgh".to_owned(), "2345-6723".to_owned()];
            prop_assert!(burn(&codes, &input).is_none_or(|rest| rest.len() == 1));
        }
    }
}

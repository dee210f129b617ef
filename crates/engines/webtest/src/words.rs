//! The words of a label or a name, for lists of words that speak against a thing.

/// Characters that are looked at.
const CHARS_MAX: usize = 2_000;

/// Lower-case words; `deleteUser`, `delete-user` and `delete_user` are two.
pub fn words(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut was_lower = false;
    for c in text.chars().take(CHARS_MAX) {
        let ends = !c.is_alphanumeric() || (c.is_uppercase() && was_lower);
        if ends && !word.is_empty() {
            out.push(std::mem::take(&mut word));
        }
        was_lower = c.is_lowercase();
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
    }
    if !word.is_empty() {
        out.push(word);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn names_and_labels_fall_into_words() {
        assert_eq!(words("deleteUser, forever\u{2026}"), ["delete", "user", "forever"]);
        assert_eq!(words("sign-out_now(3)"), ["sign", "out", "now", "3"]);
        assert!(words("\u{2026} --").is_empty());
    }
}

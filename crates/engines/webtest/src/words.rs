//! The words of a label or a name, for lists of words that speak against a thing.

/// Characters that are looked at.
const CHARS_MAX: usize = 2_000;

/// Lower-case words; `deleteUser`, `delete-user` and `delete_user` are two, `SIGNOut` and `delete1` as well.
pub fn words(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut before: Option<char> = None;
    let mut chars = text.chars().take(CHARS_MAX).peekable();
    while let Some(c) = chars.next() {
        let begins = before.is_some_and(|b| {
            let capital = c.is_uppercase() && (b.is_lowercase() || chars.peek().is_some_and(|next| next.is_lowercase()));
            capital || c.is_numeric() != b.is_numeric()
        });
        if (begins || !c.is_alphanumeric()) && !word.is_empty() {
            out.push(std::mem::take(&mut word));
        }
        before = Some(c);
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
        assert_eq!(words("btn2Delete SIGNOut delete1 DELETE"), ["btn", "2", "delete", "sign", "out", "delete", "1", "delete"]);
    }
}

//! How a stored secret looks from outside, and which texts coming in mean "keep what is stored" (platform spec 10.3).
//! Each route family has its own word; on input any family's word is understood.

/// The route families by their documented mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// `__UNCHANGED__`, or empty when nothing is stored.
    Edge,
    /// Always empty; the view lists set secrets beside it in `secrets_set`.
    Power,
    /// `***`, or empty when nothing is stored.
    Ops,
    /// `***` in node configurations.
    Nodes,
    /// `••••` and the last four characters.
    Quality,
}

/// The text a view shows for a secret; `stored` is its value, when there is one.
pub fn mask(family: Family, stored: Option<&str>) -> String {
    let Some(value) = stored.filter(|v| !v.is_empty()) else {
        return String::new();
    };
    match family {
        Family::Edge => "__UNCHANGED__".to_owned(),
        Family::Power => String::new(),
        Family::Ops | Family::Nodes => "***".to_owned(),
        Family::Quality => mask_bullets(value),
    }
}

/// `••••` and the last four characters. A value under 12 characters shows none of them: four would be too much of it.
pub fn mask_bullets(value: &str) -> String {
    format!("••••{}", tail(value))
}

/// `sk-…wxyz`: first three and last four characters of an API key of at least 12.
pub fn mask_key(value: &str) -> String {
    let tail = tail(value);
    if tail.is_empty() {
        return "***".to_owned();
    }
    let head: String = value.chars().take(3).collect();
    format!("{head}…{tail}")
}

fn tail(value: &str) -> String {
    let count = value.chars().count();
    if count < 12 { String::new() } else { value.chars().skip(count - 4).collect() }
}

/// True for every text a view shows instead of a secret. An empty text is not one: only some families read it so.
pub fn is_placeholder(text: &str) -> bool {
    if matches!(text, "__UNCHANGED__" | "***") || text.starts_with("•••") {
        return true;
    }
    // `sk-…wxyz`, see [`mask_key`].
    let chars: Vec<char> = text.chars().collect();
    chars.len() == 8 && chars[3] == '…'
}

/// What the writer of a secret member wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretInput<'a> {
    Keep,
    Set(&'a str),
}

/// Reads a secret member. `None` (absent) and placeholders keep; a placeholder with nothing stored is an error text
/// for the 400 or 422 of the family. `empty_keeps`: the power and OIDC routes read `""` as "keep".
pub fn secret_input(value: Option<&str>, stored: bool, empty_keeps: bool) -> Result<SecretInput<'_>, &'static str> {
    match value {
        None => Ok(SecretInput::Keep),
        Some("") if empty_keeps => Ok(SecretInput::Keep),
        Some(text) if is_placeholder(text) && stored => Ok(SecretInput::Keep),
        Some(text) if is_placeholder(text) => Err("a placeholder was given but no secret is stored"),
        Some(text) => Ok(SecretInput::Set(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn masks_are_the_documented_words() {
        let v = Some("abcdefgh-secret-1234");
        assert_eq!(mask(Family::Edge, v), "__UNCHANGED__");
        assert_eq!(mask(Family::Power, v), "");
        assert_eq!(mask(Family::Ops, v), "***");
        assert_eq!(mask(Family::Nodes, v), "***");
        assert_eq!(mask(Family::Quality, v), "••••1234");
        assert_eq!(mask_key("sk-ant-0123456789wxyz"), "sk-…wxyz");
        for family in [Family::Edge, Family::Power, Family::Ops, Family::Nodes, Family::Quality] {
            assert_eq!(mask(family, None), "");
            assert_eq!(mask(family, Some("")), "");
        }
    }

    #[test]
    fn short_secrets_show_no_character() {
        assert_eq!(mask_bullets("hunter2"), "••••");
        assert_eq!(mask_key("hunter2"), "***");
    }

    #[test]
    fn placeholder_without_a_stored_secret_is_refused() {
        assert_eq!(secret_input(Some("***"), true, false), Ok(SecretInput::Keep));
        assert!(secret_input(Some("***"), false, false).is_err());
        assert_eq!(secret_input(None, false, false), Ok(SecretInput::Keep));
        assert_eq!(secret_input(Some(""), true, true), Ok(SecretInput::Keep));
        assert_eq!(secret_input(Some(""), true, false), Ok(SecretInput::Set("")));
        assert_eq!(secret_input(Some("new"), true, false), Ok(SecretInput::Set("new")));
    }

    proptest! {
        #[test]
        fn every_mask_of_a_secret_is_read_back_as_a_placeholder(secret in "[ -~]{1,64}") {
            for family in [Family::Edge, Family::Ops, Family::Nodes, Family::Quality] {
                prop_assert!(is_placeholder(&mask(family, Some(&secret))));
            }
            prop_assert!(is_placeholder(&mask_key(&secret)));
        }

        #[test]
        fn printable_ascii_is_a_placeholder_only_when_it_is_one_of_the_words(text in "[ -~]{0,40}") {
            prop_assert_eq!(is_placeholder(&text), text == "***" || text == "__UNCHANGED__");
        }
    }
}

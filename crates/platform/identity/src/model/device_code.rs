//! Codes of the device flow (RFC 8628): what the device keeps and what a person types. Pure.

use argos_kernel::Rng;
use data_encoding::BASE64URL_NOPAD;

use super::scope;

/// How long a grant waits for its approval.
pub const LIFETIME_S: i64 = 600;
/// Seconds between two polls, at first; each hasty poll adds as much.
pub const POLL_INTERVAL_S: i64 = 5;
/// No vowel pairs to read out wrongly, no I and no O.
const LETTERS: &[u8; 24] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
const CLIENT_ID_MAX: usize = 64;

/// 32 random bytes as text.
pub fn new_device_code(rng: &dyn Rng) -> String {
    BASE64URL_NOPAD.encode(&rng.bytes::<32>())
}

/// `XXXX-XXXX`.
pub fn new_user_code(rng: &dyn Rng) -> String {
    let mut letters = String::with_capacity(9);
    while letters.len() < 9 {
        for byte in rng.bytes::<16>() {
            // 240 is the largest multiple of 24 in a byte: every letter is equally likely.
            if byte < 240 && letters.len() < 9 {
                letters.push(char::from(LETTERS[usize::from(byte) % LETTERS.len()]));
                if letters.len() == 4 {
                    letters.push('-');
                }
            }
        }
    }
    letters
}

/// A typed code in its stored form: case, dashes and blanks do not matter.
pub fn normal_user_code(typed: &str) -> Option<String> {
    let letters: String = typed.chars().filter(|c| *c != '-' && !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).collect();
    let fits = letters.len() == 8 && letters.bytes().all(|b| LETTERS.contains(&b));
    let (first, last) = letters.split_at_checked(4)?;
    fits.then(|| format!("{first}-{last}"))
}

/// The scopes of a request, or the first that is not one.
pub fn parse_scopes(text: &str) -> Result<Vec<String>, String> {
    let mut scopes: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        if scope::expand(word, false).is_none() {
            return Err(word.to_owned());
        }
        if !scopes.iter().any(|s| s == word) {
            scopes.push(word.to_owned());
        }
    }
    Ok(scopes)
}

/// 1-64 characters without control characters.
pub fn client_id_fits(id: &str) -> bool {
    !id.is_empty() && id.chars().count() <= CLIENT_ID_MAX && !id.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use argos_kernel::SeededRng;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn user_codes_are_read_without_case_and_dash() {
        let code = new_user_code(&SeededRng::new(3));
        assert_eq!(code.len(), 9);
        assert_eq!(normal_user_code(&code.to_lowercase().replace('-', " ")), Some(code));
        for bad in ["", "ABCD-EFG", "ABCD-EFGI", "ABCDEFGHJ", "ABCD-EFG1", "äBCDEFG"] {
            assert_eq!(normal_user_code(bad), None, "{bad}");
        }
    }

    #[test]
    fn unknown_scopes_are_named() {
        assert_eq!(parse_scopes("read  write read").unwrap(), ["read", "write"]);
        assert_eq!(parse_scopes("read everything"), Err("everything".to_owned()));
    }

    proptest! {
        #[test]
        fn accepted_codes_have_the_stored_form(text in "\\PC{0,20}") {
            if let Some(code) = normal_user_code(&text) {
                prop_assert_eq!(code.len(), 9);
                prop_assert_eq!(normal_user_code(&code), Some(code));
            }
        }
    }
}

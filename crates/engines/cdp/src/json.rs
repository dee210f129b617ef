//! Reading JSON that a page may have shaped: JavaScript strings may hold half a surrogate pair, which JSON carries as an
//! escape and no Rust string can hold. Such halves become U+FFFD instead of losing the whole message.

use std::borrow::Cow;

use serde::de::DeserializeOwned;

/// Parses, and once more with mended escapes when that fails.
///
/// # Errors
/// What is wrong with the text when it is no JSON of that shape.
pub fn parse<T: DeserializeOwned>(text: &str) -> Result<T, serde_json::Error> {
    serde_json::from_str(text).or_else(|error| match mend(text) {
        Cow::Borrowed(_) => Err(error),
        Cow::Owned(mended) => serde_json::from_str(&mended),
    })
}

/// The text with every escape of half a surrogate pair replaced.
fn mend(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut halves = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            at += 1;
            continue;
        }
        match unit(bytes, at) {
            Some(0xD800..=0xDBFF) if matches!(unit(bytes, at + 6), Some(0xDC00..=0xDFFF)) => at += 12,
            Some(0xD800..=0xDFFF) => {
                halves.push(at);
                at += 6;
            }
            _ => at += 2,
        }
    }
    if halves.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut mended = bytes.to_vec();
    for half in halves {
        mended[half + 2..half + 6].copy_from_slice(b"fffd");
    }
    // Only ASCII was replaced by ASCII.
    String::from_utf8(mended).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// The code unit of a `\uXXXX` escape that begins at `at`.
fn unit(bytes: &[u8], at: usize) -> Option<u16> {
    let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::{mend, parse};

    #[test]
    fn half_a_surrogate_pair_becomes_the_replacement_character() {
        assert_eq!(parse::<String>(r#""a\ud83dz""#).unwrap(), "a\u{FFFD}z");
        assert_eq!(parse::<String>(r#""\ud83d\ude00 \udc00""#).unwrap(), "\u{1F600} \u{FFFD}");
        assert_eq!(parse::<String>(r#""\\ud83d""#).unwrap(), r"\ud83d");
        assert!(parse::<String>("\"").is_err());
    }

    proptest! {
        #[test]
        fn any_utf16_string_is_read_as_its_lossy_text(units in prop::collection::vec(prop_oneof![any::<u16>(), 0xD7F0_u16..0xE010, 0x20_u16..0x7F], 0..40)) {
            let json: String = units.iter().map(|u| format!("\\u{u:04x}")).collect();
            prop_assert_eq!(parse::<String>(&format!("\"{json}\"")).unwrap(), String::from_utf16_lossy(&units));
        }

        #[test]
        fn any_text_is_mended_without_a_panic_and_valid_json_is_untouched(text in ".{0,60}", value in any::<String>()) {
            let _same = mend(&text);
            let json = Value::String(value).to_string();
            prop_assert_eq!(&*mend(&json), &json);
        }
    }
}

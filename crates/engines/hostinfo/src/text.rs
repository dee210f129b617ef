//! Scanning of byte text, the one way all parsers here read a line.
//!
//! Kernel files are bytes, not UTF-8: a process may name itself anything. Nothing in this module
//! panics or guesses: what is not a number is `None`.

use std::str::FromStr;

/// Lines without their terminator; a last empty line is not reported.
pub(crate) fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let body = text.strip_suffix(b"\n").unwrap_or(text);
    let empty = body.is_empty();
    body.split(|&byte| byte == b'\n').filter(move |_| !empty)
}

/// Fields separated by runs of ASCII white space.
pub(crate) fn fields(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(u8::is_ascii_whitespace).filter(|field| !field.is_empty())
}

/// A number written in decimal, white space around it ignored.
pub(crate) fn number<T: FromStr>(field: &[u8]) -> Option<T> {
    std::str::from_utf8(field.trim_ascii()).ok()?.parse().ok()
}

/// A finite decimal fraction; `nan` and `inf` are not readings.
pub(crate) fn decimal(field: &[u8]) -> Option<f64> {
    number::<f64>(field).filter(|value| value.is_finite())
}

/// An unsigned number in hexadecimal, with or without `0x`.
pub(crate) fn hexadecimal(field: &[u8]) -> Option<u64> {
    let digits = field.trim_ascii();
    let digits = digits.strip_prefix(b"0x").unwrap_or(digits);
    if digits.first().is_none_or(|byte| !byte.is_ascii_hexdigit()) {
        return None;
    }
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// The two sides of the first `separator`, both trimmed.
pub(crate) fn pair(line: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = line.iter().position(|&byte| byte == separator)?;
    let (key, rest) = line.split_at(at);
    Some((key.trim_ascii(), rest.get(1..)?.trim_ascii()))
}

/// Trimmed text, `None` when nothing is left; bytes outside UTF-8 become the replacement character.
pub(crate) fn words(field: &[u8]) -> Option<String> {
    let trimmed = field.trim_ascii();
    (!trimmed.is_empty()).then(|| String::from_utf8_lossy(trimmed).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_terminated_text_have_no_empty_tail() {
        assert_eq!(lines(b"a\n\nb\n").collect::<Vec<_>>(), [&b"a"[..], b"", b"b"]);
        assert_eq!(lines(b"").count(), 0);
    }

    #[test]
    fn numbers_outside_their_type_are_none() {
        assert_eq!(number::<u8>(b" 255\n"), Some(255));
        assert_eq!(number::<u8>(b"256"), None);
        assert_eq!(decimal(b"nan"), None);
        assert_eq!(decimal(b"1e999"), None);
        assert_eq!(hexadecimal(b"0x1F"), Some(31));
        assert_eq!(hexadecimal(b"+1"), None);
        assert_eq!(hexadecimal(b""), None);
    }

    #[test]
    fn pair_splits_at_the_first_separator() {
        assert_eq!(pair(b"A = b=c ", b'='), Some((&b"A"[..], &b"b=c"[..])));
        assert_eq!(pair(b"none", b'='), None);
    }
}

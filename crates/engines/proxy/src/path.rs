//! Request paths: what rules see (decoded, without dot segments and doubled slashes) and what backends get (as sent, but
//! with dot segments resolved).
//!
//! Rules and backends must not disagree about where a request goes. A path that climbs above the root, or hides a
//! control character, is refused.

use std::borrow::Cow;

/// Why a path is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadPath;

/// The path as rules see it. Takes what `sent` returned: rules must judge what the backend gets.
pub(crate) fn seen(raw: &str) -> Result<Cow<'_, str>, BadPath> {
    if !raw.starts_with('/') {
        return Err(BadPath);
    }
    if is_plain(raw.as_bytes()) {
        return Ok(Cow::Borrowed(raw));
    }
    let decoded = decode(raw.as_bytes())?;
    let text = String::from_utf8_lossy(&decoded);
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = text.split(['/', '\\']).skip(1).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            ".." => {
                kept.pop().ok_or(BadPath)?;
                if last {
                    kept.push("");
                }
            }
            "." | "" if last => kept.push(""),
            "." | "" => {}
            // A dot segment to backends that cut parameters off (`/a/..;x/b`), a name to all others.
            name if matches!(name.split_once(';'), Some(("." | "..", _))) => return Err(BadPath),
            name => kept.push(name),
        }
    }
    Ok(Cow::Owned(format!("/{}", kept.join("/"))))
}

/// The path as backends get it: dot segments, also encoded ones, are resolved; all else stays as sent.
pub(crate) fn sent(raw: &str) -> Result<Cow<'_, str>, BadPath> {
    if !raw.starts_with('/') {
        return Err(BadPath);
    }
    let may_have_dots = raw.bytes().any(|b| matches!(b, b'.' | b'%'));
    if !may_have_dots || !raw.split('/').any(|segment| dots(segment) > 0) {
        return Ok(Cow::Borrowed(raw));
    }
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = raw.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match dots(segment) {
            2 => {
                kept.pop().ok_or(BadPath)?;
                if last {
                    kept.push("");
                }
            }
            1 if last => kept.push(""),
            1 => {}
            _ => kept.push(segment),
        }
    }
    Ok(Cow::Owned(format!("/{}", kept.join("/"))))
}

/// 1 for `.`, 2 for `..`, dots encoded or not; 0 for other segments.
fn dots(segment: &str) -> usize {
    let (mut rest, mut count) = (segment.as_bytes(), 0);
    while count < 3 {
        rest = match rest {
            [] => return count,
            [b'.', rest @ ..] | [b'%', b'2', b'e' | b'E', rest @ ..] => rest,
            _ => return 0,
        };
        count += 1;
    }
    0
}

/// Nothing to decode, no dot segment, no empty segment, no backslash.
fn is_plain(path: &[u8]) -> bool {
    let mut before = 0;
    path.iter().all(|b| {
        let plain = *b != b'%' && *b != b'\\' && !(before == b'/' && matches!(b, b'/' | b'.'));
        before = *b;
        plain
    })
}

/// Percent-decoding once. A `%` without two digits stays; control characters are refused.
fn decode(raw: &[u8]) -> Result<Vec<u8>, BadPath> {
    let mut decoded = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let [first, tail @ ..] = rest {
        let (byte, tail) = match (first, tail) {
            (b'%', [a, b, after @ ..]) => match (hex(*a), hex(*b)) {
                (Some(a), Some(b)) => (a << 4 | b, after),
                _ => (b'%', tail),
            },
            _ => (*first, tail),
        };
        if byte < 0x20 || byte == 0x7f {
            return Err(BadPath);
        }
        decoded.push(byte);
        rest = tail;
    }
    Ok(decoded)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|v| u8::try_from(v).ok())
}

/// Decodes a part of a query: `+` is a space.
pub(crate) fn decode_form(part: &str) -> Cow<'_, str> {
    if !part.bytes().any(|b| b == b'%' || b == b'+') {
        return Cow::Borrowed(part);
    }
    let mut decoded = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let [first, tail @ ..] = rest {
        let (byte, tail) = match (first, tail) {
            (b'+', _) => (b' ', tail),
            (b'%', [a, b, after @ ..]) => match (hex(*a), hex(*b)) {
                (Some(a), Some(b)) => (a << 4 | b, after),
                _ => (b'%', tail),
            },
            _ => (*first, tail),
        };
        decoded.push(byte);
        rest = tail;
    }
    Cow::Owned(String::from_utf8_lossy(&decoded).into_owned())
}

#[cfg(test)]
mod tests {
    use super::{BadPath, seen, sent};
    use proptest::prelude::*;

    #[test]
    fn paths_are_seen_and_sent_as_described() {
        let ok = |raw: &str, as_seen: &str, as_sent: &str| {
            assert_eq!(seen(&sent(raw).unwrap()).as_deref(), Ok(as_seen), "seen {raw}");
            assert_eq!(sent(raw).as_deref(), Ok(as_sent), "sent {raw}");
        };
        ok("/", "/", "/");
        ok("/a/b.html", "/a/b.html", "/a/b.html");
        ok("//a///b/", "/a/b/", "//a///b/");
        ok("/a/./b/../c", "/a/c", "/a/c");
        ok("/a/..", "/", "/");
        ok("/a%2fb/..", "/", "/");
        ok("/a//../b", "/a/b", "/a/b");
        ok("/a/.", "/a/", "/a/");
        ok("/a/%2e%2E/admin", "/admin", "/admin");
        ok("/x/..%2fadmin", "/admin", "/x/..%2fadmin");
        ok("/x\\..\\admin", "/admin", "/x\\..\\admin");
        ok("/%61dmin", "/admin", "/%61dmin");
        ok("/a%2520b", "/a%20b", "/a%2520b");
        ok("/100%", "/100%", "/100%");
        ok("/...", "/...", "/...");
        ok("/a;x=1/..a;/b", "/a;x=1/..a;/b", "/a;x=1/..a;/b");
        ok("/.well-known/x", "/.well-known/x", "/.well-known/x");
        for bad in ["/..", "/a/../../b", "/%2e%2e/b"] {
            assert_eq!(seen(bad), Err(BadPath), "{bad}");
            assert_eq!(sent(bad), Err(BadPath), "{bad}");
        }
        for bad in ["/a%00b", "/a%0d%0ab", "/%7f", "*", "", "/..%2f..", "/a/..;/b", "/a/..;x=1/b", "/a/%2e%2e%3b/b", "/a/.;"] {
            assert_eq!(seen(bad), Err(BadPath), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_sent_path_has_no_dot_segments(raw in "/([a/.%2eEfF\\\\]|%2e|/\\.\\.){0,20}") {
            if let Ok(path) = sent(&raw) {
                prop_assert!(path.split('/').all(|s| super::dots(s) == 0), "{}", path);
                prop_assert!(sent(&path).as_deref() == Ok(&path));
            }
        }

        #[test]
        fn a_seen_path_has_no_dot_segments(raw in "/.{0,30}") {
            if let Ok(path) = seen(&raw) {
                prop_assert!(path.starts_with('/'));
                prop_assert!(!path.split('/').any(|s| s == "." || s == ".."));
                prop_assert!(!path.contains("//"));
            }
        }
    }
}

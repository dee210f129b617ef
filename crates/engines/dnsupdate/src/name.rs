//! Names of the DNS: lower case, in text without the last dot, on the wire as labels with their lengths.

use std::fmt;
use std::str::FromStr;

/// Bytes of a name on the wire (RFC 1035 2.3.4).
const NAME_MAX: usize = 255;
/// Pointers followed in one name; more is a loop.
const POINTERS_MAX: usize = 16;

/// A name in canonical form.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name(Vec<u8>);

/// A text that is no name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameError(pub String);

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is no DNS name", self.0)
    }
}

impl std::error::Error for NameError {}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let bad = || NameError(text.to_owned());
        let mut wire = Vec::new();
        for label in text.strip_suffix('.').unwrap_or(text).split('.') {
            let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
            if label.is_empty() || !label.bytes().all(plain) {
                return Err(bad());
            }
            wire.push(u8::try_from(label.len()).ok().filter(|length| *length < 64).ok_or_else(bad)?);
            wire.extend(label.bytes().map(|b| b.to_ascii_lowercase()));
        }
        wire.push(0);
        if wire.len() > NAME_MAX { Err(bad()) } else { Ok(Self(wire)) }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.as_slice();
        let mut first = true;
        while let Some((label, next)) = split(rest) {
            if !first {
                f.write_str(".")?;
            }
            first = false;
            f.write_str(&String::from_utf8_lossy(label))?;
            rest = next;
        }
        Ok(())
    }
}

/// The first label and what follows it; `None` at the root.
fn split(wire: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = wire.split_first()?;
    if *length == 0 {
        return None;
    }
    rest.split_at_checked(usize::from(*length))
}

impl Name {
    pub(crate) fn wire(&self) -> &[u8] {
        &self.0
    }

    /// The name one label above; `None` for a top-level name.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let (_, rest) = split(&self.0)?;
        (rest.len() > 1).then(|| Self(rest.to_vec()))
    }

    /// Whether it is `zone` or below it.
    #[must_use]
    pub fn is_in(&self, zone: &Self) -> bool {
        let mut name = Some(self.clone());
        while let Some(candidate) = name {
            if candidate == *zone {
                return true;
            }
            name = candidate.parent();
        }
        false
    }

    /// Reads a name, compressed or not, and where it ends.
    pub(crate) fn read(message: &[u8], start: usize) -> Option<(Self, usize)> {
        let (mut wire, mut at, mut end, mut pointers) = (Vec::new(), start, None, 0);
        loop {
            let length = usize::from(*message.get(at)?);
            match length {
                0 => {
                    wire.push(0);
                    return (wire.len() <= NAME_MAX).then(|| (Self(wire), end.unwrap_or(at + 1)));
                }
                1..=63 => {
                    wire.push(*message.get(at)?);
                    wire.extend(message.get(at + 1..at + 1 + length)?.iter().map(u8::to_ascii_lowercase));
                    at += 1 + length;
                }
                0xc0.. => {
                    let low = usize::from(*message.get(at + 1)?);
                    end.get_or_insert(at + 2);
                    pointers += 1;
                    at = (length & 0x3f) << 8 | low;
                }
                _ => return None,
            }
            if wire.len() > NAME_MAX || pointers > POINTERS_MAX {
                return None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_lower_case_and_know_what_is_above() {
        let name: Name = "_acme-challenge.App.Example.org.".parse().unwrap();
        assert_eq!(name.to_string(), "_acme-challenge.app.example.org");
        assert!(name.is_in(&"example.ORG".parse().unwrap()) && !name.is_in(&"ample.org".parse().unwrap()));
        assert_eq!(name.parent().unwrap().to_string(), "app.example.org");
        assert_eq!("org".parse::<Name>().unwrap().parent(), None);
        let long = format!("{}.org", "a".repeat(64));
        for bad in ["", ".", "a..b", "a b.org", "*.a.org", &long, &"a.".repeat(200)] {
            assert!(bad.parse::<Name>().is_err(), "{bad}");
        }
    }

    #[test]
    fn pointers_are_followed_and_loops_end() {
        let message = [3, b'o', b'r', b'g', 0, 1, b'A', 0xc0, 0, 0xc0, 9];
        assert_eq!(Name::read(&message, 5), Some(("a.org".parse().unwrap(), 9)));
        assert_eq!(Name::read(&message, 9), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_name_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..80), at in 0_usize..90) {
            drop(Name::read(&bytes, at));
        }

        #[test]
        fn text_of_a_name_is_that_name(text in "[a-z0-9_]{1,20}(\\.[a-z0-9-]{1,20}){0,5}") {
            let name: Name = text.parse().unwrap();
            prop_assert_eq!(name.to_string(), text);
            prop_assert_eq!(Name::read(name.wire(), 0).unwrap().0, name);
        }
    }
}

//! Object identifiers: their text form, their order (the order of a walk) and the subtree test.

use std::fmt;
use std::str::FromStr;

/// Most components an identifier may have (RFC 3416 section 4.1).
const MAX_COMPONENTS: usize = 128;

/// An object identifier.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Oid(Vec<u32>);

impl Oid {
    /// Makes an identifier from its components.
    #[must_use]
    pub fn new(components: &[u32]) -> Self {
        Self(components.to_vec())
    }

    /// An identifier in a subtree.
    #[must_use]
    pub fn joined(base: &[u32], tail: &[u32]) -> Self {
        Self([base, tail].concat())
    }

    /// The components.
    #[must_use]
    pub fn components(&self) -> &[u32] {
        &self.0
    }

    /// This identifier with more components behind it.
    #[must_use]
    pub fn child(&self, more: &[u32]) -> Self {
        Self::joined(&self.0, more)
    }

    /// Whether it equals `root` or lies below it.
    #[must_use]
    pub fn is_under(&self, root: &[u32]) -> bool {
        self.0.starts_with(root)
    }

    /// The components behind `root`: the row index of a table cell. `None` outside the subtree.
    #[must_use]
    pub fn index_under(&self, root: &[u32]) -> Option<&[u32]> {
        self.0.strip_prefix(root)
    }
}

impl From<&[u32]> for Oid {
    fn from(components: &[u32]) -> Self {
        Self::new(components)
    }
}

impl<const N: usize> From<[u32; N]> for Oid {
    fn from(components: [u32; N]) -> Self {
        Self(components.to_vec())
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, component) in self.0.iter().enumerate() {
            write!(f, "{}{component}", if position == 0 { "" } else { "." })?;
        }
        Ok(())
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Oid({self})")
    }
}

/// Why a text is no object identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OidError(&'static str);

impl fmt::Display for OidError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for OidError {}

impl FromStr for Oid {
    type Err = OidError;

    /// Reads dotted decimal, with or without a leading dot. The limits of BER hold: first component 0 to 2, second below
    /// 40 under 0 and 1.
    fn from_str(text: &str) -> Result<Self, OidError> {
        let text = text.strip_prefix('.').unwrap_or(text);
        let components = text
            .split('.')
            .map(|part| {
                let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
                digits.then(|| part.parse().ok()).flatten().ok_or(OidError("an object identifier is numbers below 2^32 with dots between"))
            })
            .collect::<Result<Vec<u32>, _>>()?;
        match components.as_slice() {
            [0 | 1, second, ..] if *second >= 40 => Err(OidError("the second number is below 40 under 0 and 1")),
            [first, _, ..] if *first > 2 => Err(OidError("the first number is 0, 1 or 2")),
            [2, second, ..] if *second > u32::MAX - 80 => Err(OidError("the second number is too large")),
            all if all.len() < 2 => Err(OidError("an object identifier has at least two numbers")),
            all if all.len() > MAX_COMPONENTS => Err(OidError("an object identifier has at most 128 numbers")),
            _ => Ok(Self(components)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Oid;

    #[test]
    fn oid_in_dotted_text_returns_unchanged() {
        for text in ["1.3.6.1.2.1.1.2.0", "0.0", "2.999.4294967295"] {
            assert_eq!(text.parse::<Oid>().unwrap().to_string(), text);
        }
        assert_eq!(".1.3.6".parse::<Oid>().unwrap(), Oid::from([1, 3, 6]));
    }

    #[test]
    fn oid_of_wrong_text_is_refused() {
        for text in ["", ".", "1", "1..3", "3.1", "1.40", "1.3.x", "1.3.4294967296", "1.3.+6", "1.3.6."] {
            assert!(text.parse::<Oid>().is_err(), "{text}");
        }
    }

    #[test]
    fn oid_order_is_the_order_of_a_walk() {
        let mut oids = ["1.3.10", "1.3.9.1", "1.3.9", "1.3.9.0"].map(|text| text.parse::<Oid>().unwrap());
        oids.sort();
        assert_eq!(oids.map(|oid| oid.to_string()), ["1.3.9", "1.3.9.0", "1.3.9.1", "1.3.10"]);
    }

    #[test]
    fn oid_index_is_what_stands_behind_the_column() {
        let cell = Oid::from([1, 3, 6, 7, 2]);
        assert_eq!(cell.index_under(&[1, 3, 6]), Some(&[7, 2][..]));
        assert_eq!(cell.index_under(&[1, 3, 7]), None);
    }
}

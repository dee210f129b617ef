//! `Uid`: the public identity of a row, a UUID version 7 (RFC 9562 5.7), so it sorts by creation time.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::{Clock, Rng};

/// A UUIDv7. Lists and URLs show it in the usual hyphenated lower-case form.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid(Uuid);

impl Uid {
    /// Makes a new id from the injected clock and random source.
    pub fn mint(clock: &dyn Clock, rng: &dyn Rng) -> Self {
        let millis = u64::try_from(clock.now().millis()).unwrap_or(0);
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &rng.bytes::<10>()).into_uuid())
    }
    /// The last 12 hexadecimal digits: the short id some documented views show.
    pub fn short(self) -> String {
        self.0.simple().to_string().split_off(20)
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.hyphenated())
    }
}

impl fmt::Debug for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Uid {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self)
    }
}

impl serde::Serialize for Uid {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Uid {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ManualClock, SeededRng, Timestamp};

    #[test]
    fn uids_minted_later_sort_later_and_parse_back() {
        let clock = ManualClock::at(Timestamp::from_secs(1_700_000_000));
        let rng = SeededRng::new(7);
        let a = Uid::mint(&clock, &rng);
        clock.advance_secs(1);
        let b = Uid::mint(&clock, &rng);
        assert!(a < b);
        assert_eq!(a.to_string().parse::<Uid>().unwrap(), a);
        assert_eq!(a.to_string().as_bytes()[14], b'7');
        assert_eq!(a.short().len(), 12);
    }
}

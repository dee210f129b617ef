//! Reads the entries of an archive of requests one after the other: such an archive is far larger than any one of them.

use std::fmt;
use std::io::{self, Read};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

type Each<'a> = &'a mut dyn FnMut(usize, Value);

/// Hands each entry of `{"log":{"entries":[..]}}` over with its place.
pub(super) fn entries(content: impl Read, each: Each<'_>) -> io::Result<()> {
    let mut reader = serde_json::Deserializer::from_reader(content);
    Place { below: &["log", "entries"], each }.deserialize(&mut reader).map_err(io::Error::from)
}

/// The list below these names; everything beside them is passed over.
struct Place<'a> {
    below: &'static [&'static str],
    each: Each<'a>,
}

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<(), D::Error> {
        if self.below.is_empty() { value.deserialize_seq(self) } else { value.deserialize_map(self) }
    }
}

impl<'de> Visitor<'de> for Place<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an archive of requests")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(name) = map.next_key::<String>()? {
            match self.below.split_first() {
                Some((first, below)) if *first == name => map.next_value_seed(Place { below, each: &mut *self.each })?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<(), S::Error> {
        let mut n = 0;
        while let Some(entry) = list.next_element()? {
            (self.each)(n, entry);
            n += 1;
        }
        Ok(())
    }
}

//! Address ranges: one range, and a set of very many with a lookup in a few steps.
//!
//! A set is sorted, disjoint intervals per family; IPv4 has an index by its upper 16 bits in front, so that a lookup in
//! half a million ranges is one table read and a short binary search.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// An address range in CIDR notation; a bare address is a range of one. IPv4-mapped IPv6 counts as IPv4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Prefix {
    first: IpAddr,
    length: u8,
}

impl Prefix {
    /// The range that holds `address`, with that many leading bits fixed. `None` when there are too many.
    #[must_use]
    pub fn new(address: IpAddr, length: u8) -> Option<Self> {
        match address {
            IpAddr::V4(v4) if length <= 32 => Some(Self { first: IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() & mask4(length))), length }),
            IpAddr::V6(v6) if length >= 96 && v6.to_ipv4_mapped().is_some() => Self::new(v6.to_ipv4_mapped()?.into(), length - 96),
            IpAddr::V6(v6) if length <= 128 => Some(Self { first: IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & mask6(length))), length }),
            _ => None,
        }
    }

    /// Its first and last address as numbers, IPv4 as IPv4-mapped IPv6. An IPv6 range around `::ffff:0:0/96` so also
    /// spans the IPv4 addresses, which it does not contain.
    #[must_use]
    pub fn span(&self) -> (u128, u128) {
        match self.first {
            IpAddr::V4(first) => {
                let low = first.to_ipv6_mapped().to_bits();
                (low, low | u128::from(!mask4(self.length)))
            }
            IpAddr::V6(first) => (first.to_bits(), first.to_bits() | !mask6(self.length)),
        }
    }

    /// Whether it is one address.
    #[must_use]
    pub fn is_single(&self) -> bool {
        self.length == if self.first.is_ipv4() { 32 } else { 128 }
    }

    /// How many leading bits are fixed.
    #[must_use]
    pub fn length(&self) -> u8 {
        self.length
    }

    /// Its first address.
    #[must_use]
    pub fn first(&self) -> IpAddr {
        self.first
    }

    /// Whether the address lies in it.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.first, address.to_canonical()) {
            (IpAddr::V4(first), IpAddr::V4(a)) => a.to_bits() & mask4(self.length) == first.to_bits(),
            (IpAddr::V6(first), IpAddr::V6(a)) => a.to_bits() & mask6(self.length) == first.to_bits(),
            _ => false,
        }
    }
}

impl From<IpAddr> for Prefix {
    fn from(address: IpAddr) -> Self {
        let first = address.to_canonical();
        Self { first, length: if first.is_ipv4() { 32 } else { 128 } }
    }
}

impl FromStr for Prefix {
    type Err = BadPrefix;

    fn from_str(text: &str) -> Result<Self, BadPrefix> {
        let parsed = match text.split_once('/') {
            None => text.parse::<IpAddr>().ok().map(Self::from),
            Some((address, length)) if length.len() <= 3 && length.bytes().all(|b| b.is_ascii_digit()) => {
                address.parse().ok().zip(length.parse().ok()).and_then(|(address, length)| Self::new(address, length))
            }
            Some(_) => None,
        };
        parsed.ok_or(BadPrefix)
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.length)
    }
}

/// The text is no address and no range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadPrefix;

impl fmt::Display for BadPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an IP address or CIDR range")
    }
}

impl std::error::Error for BadPrefix {}

fn mask4(length: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0)
}

fn mask6(length: u8) -> u128 {
    u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0)
}

/// A fixed set of ranges.
#[derive(Clone, Debug, Default)]
pub struct PrefixSet {
    v4: Vec<(u32, u32)>,
    /// For each value of the upper 16 bits the first interval that ends at or after it; one more entry at the end.
    index: Vec<u32>,
    v6: Vec<(u128, u128)>,
}

impl PrefixSet {
    /// How many disjoint intervals it came down to.
    #[must_use]
    pub fn intervals(&self) -> usize {
        self.v4.len() + self.v6.len()
    }

    /// What is left when the addresses of another set are taken out.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let v4 = cut(&self.v4, &other.v4, |n| n.checked_add(1), |n| n.checked_sub(1));
        let v6 = cut(&self.v6, &other.v6, |n| n.checked_add(1), |n| n.checked_sub(1));
        Self { index: index_of(&v4), v4, v6 }
    }

    /// Whether it holds the address.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match address.to_canonical() {
            IpAddr::V4(a) => {
                let a = a.to_bits();
                let upper = (a >> 16) as usize;
                let (Some(&from), Some(&to)) = (self.index.get(upper), self.index.get(upper + 1)) else { return false };
                // The interval that covers `a` may be the first one of the next block too.
                let block = self.v4.get(from as usize..self.v4.len().min(to as usize + 1)).unwrap_or_default();
                let at = block.partition_point(|(_, last)| *last < a);
                block.get(at).is_some_and(|(first, _)| *first <= a)
            }
            IpAddr::V6(a) => {
                let a = a.to_bits();
                let at = self.v6.partition_point(|(_, last)| *last < a);
                self.v6.get(at).is_some_and(|(first, _)| *first <= a)
            }
        }
    }
}

impl FromIterator<Prefix> for PrefixSet {
    fn from_iter<I: IntoIterator<Item = Prefix>>(prefixes: I) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for prefix in prefixes {
            match prefix.first {
                IpAddr::V4(first) => v4.push((first.to_bits(), first.to_bits() | !mask4(prefix.length))),
                IpAddr::V6(first) => v6.push((first.to_bits(), first.to_bits() | !mask6(prefix.length))),
            }
        }
        let v4 = disjoint(v4, |last| last.checked_add(1));
        Self { index: index_of(&v4), v4, v6: disjoint(v6, |last| last.checked_add(1)) }
    }
}

/// Where the intervals of each block of 65536 addresses begin; nothing for no intervals.
fn index_of(v4: &[(u32, u32)]) -> Vec<u32> {
    let mut index = Vec::new();
    if !v4.is_empty() {
        let mut at = 0;
        for upper in 0..=u32::from(u16::MAX) {
            while v4.get(at).is_some_and(|(_, last)| *last < upper << 16) {
                at += 1;
            }
            index.push(u32::try_from(at).unwrap_or(u32::MAX));
        }
        index.push(u32::try_from(v4.len()).unwrap_or(u32::MAX));
    }
    index
}

/// Takes the sorted intervals `holes` out of the sorted intervals `all`.
fn cut<T: Ord + Copy>(all: &[(T, T)], holes: &[(T, T)], next: impl Fn(T) -> Option<T>, previous: impl Fn(T) -> Option<T>) -> Vec<(T, T)> {
    let mut left = Vec::with_capacity(all.len());
    let mut at = 0;
    for &(first, last) in all {
        while holes.get(at).is_some_and(|(_, end)| *end < first) {
            at += 1;
        }
        let mut from = Some(first);
        for &(hole, end) in holes.iter().skip(at).take_while(|(hole, _)| *hole <= last) {
            if let Some(start) = from
                && hole > start
                && let Some(before) = previous(hole)
            {
                left.push((start, before));
            }
            from = next(end).filter(|after| *after <= last);
            if from.is_none() {
                break;
            }
        }
        if let Some(start) = from {
            left.push((start, last));
        }
    }
    left
}

/// Sorts intervals and joins those that overlap or touch.
fn disjoint<T: Ord + Copy>(mut intervals: Vec<(T, T)>, next: impl Fn(T) -> Option<T>) -> Vec<(T, T)> {
    intervals.sort_unstable();
    let mut joined: Vec<(T, T)> = Vec::with_capacity(intervals.len());
    for (first, last) in intervals {
        match joined.last_mut() {
            Some(previous) if next(previous.1).is_none_or(|after| first <= after) => previous.1 = previous.1.max(last),
            _ => joined.push((first, last)),
        }
    }
    joined.shrink_to_fit();
    joined
}

#[cfg(test)]
mod tests {
    use super::{Prefix, PrefixSet};
    use proptest::prelude::*;
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    fn prefix(text: &str) -> Prefix {
        text.parse().unwrap()
    }

    #[test]
    fn prefix_texts_are_read_or_refused() {
        assert_eq!(prefix("10.1.2.3/8").to_string(), "10.0.0.0/8");
        assert_eq!(prefix("10.1.2.3").to_string(), "10.1.2.3/32");
        assert_eq!(prefix("::ffff:10.1.2.3").to_string(), "10.1.2.3/32");
        assert_eq!(prefix("::ffff:10.1.2.3/104").to_string(), "10.0.0.0/8");
        assert_eq!(prefix("2001:db8::1/32").to_string(), "2001:db8::/32");
        for bad in ["", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/", "10.0.0.0/+8", "x", "10.0.0.0/8/8"] {
            assert!(bad.parse::<Prefix>().is_err(), "{bad}");
        }
    }

    #[test]
    fn whole_families_and_mapped_addresses_are_found() {
        let set: PrefixSet = [prefix("0.0.0.0/0")].into_iter().collect();
        assert!(set.contains("255.255.255.255".parse().unwrap()));
        assert!(set.contains("::ffff:1.2.3.4".parse().unwrap()));
        assert!(!set.contains("::1".parse().unwrap()));
        assert!(!PrefixSet::default().contains("1.2.3.4".parse().unwrap()));
        let set: PrefixSet = [prefix("::/0")].into_iter().collect();
        assert!(set.contains("ffff::".parse().unwrap()));
        assert!(!set.contains("1.2.3.4".parse().unwrap()));
    }

    fn any_prefix() -> impl Strategy<Value = Prefix> {
        prop_oneof![
            (any::<u32>(), 0u8..=32)
                .prop_map(|(bits, length)| Prefix::new(Ipv4Addr::from_bits(bits & 0x0103_03ff).into(), length).unwrap()),
            (any::<u128>(), 0u8..=128)
                .prop_map(|(bits, length)| Prefix::new(Ipv6Addr::from_bits(bits & (7 << 120 | 0xff)).into(), length).unwrap()),
        ]
    }

    fn any_address() -> impl Strategy<Value = IpAddr> {
        prop_oneof![
            any::<u32>().prop_map(|bits| Ipv4Addr::from_bits(bits & 0x0103_03ff).into()),
            any::<u128>().prop_map(|bits| Ipv6Addr::from_bits(bits & (7 << 120 | 0xff)).into()),
        ]
    }

    proptest! {
        #[test]
        fn a_set_holds_what_its_ranges_hold(
            prefixes in prop::collection::vec(any_prefix(), 0..20),
            addresses in prop::collection::vec(any_address(), 1..40),
        ) {
            let set: PrefixSet = prefixes.iter().copied().collect();
            for address in addresses {
                prop_assert_eq!(set.contains(address), prefixes.iter().any(|p| p.contains(address)), "{}", address);
            }
        }

        #[test]
        fn a_difference_holds_what_only_the_first_set_holds(
            all in prop::collection::vec(any_prefix(), 0..12),
            holes in prop::collection::vec(any_prefix(), 0..12),
            addresses in prop::collection::vec(any_address(), 1..40),
        ) {
            let all: PrefixSet = all.into_iter().collect();
            let ends = holes.iter().filter(|h| h.is_single()).map(Prefix::first);
            let holes: PrefixSet = holes.iter().copied().collect();
            let left = all.without(&holes);
            for address in addresses.into_iter().chain(ends) {
                prop_assert_eq!(left.contains(address), all.contains(address) && !holes.contains(address), "{}", address);
            }
        }

        #[test]
        fn a_span_holds_what_its_range_holds(prefix in any_prefix(), address in any_address()) {
            let (low, high) = prefix.span();
            let bits = match address {
                IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
                IpAddr::V6(v6) => v6.to_bits(),
            };
            let is_held = prefix.contains(address);
            // The one exception of the documentation.
            let is_over_mapped = prefix.first().is_ipv6() && address.is_ipv4() && prefix.length() < 96;
            prop_assert!((low..=high).contains(&bits) == is_held || is_over_mapped && !is_held);
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,40}") {
            if let Ok(prefix) = text.parse::<Prefix>() {
                prop_assert_eq!(prefix.to_string().parse::<Prefix>(), Ok(prefix));
            }
        }
    }
}

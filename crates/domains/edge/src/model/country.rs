//! Countries as lists of ranges: merged without loss, widened only when they are too many to be enforced.

use std::net::{IpAddr, Ipv6Addr};

use argos_crowdsec::GoDuration;
use argos_kernel::Result;
use argos_proxy::Prefix;

use super::bad;
use super::ban::HOURS_MAX;

/// Ranges of a country that are taken as they are.
const EXACT_MAX: usize = 20_000;
/// Ranges it comes down to when they are more.
const BUDGET: usize = 200;
/// The widest ranges that are made: /16, and /28 of IPv6.
const FLOOR_V4: u8 = 16;
const FLOOR_V6: u8 = 28;

/// Two letters, upper-cased.
pub(crate) fn code(text: &str) -> Result<String> {
    let code = text.trim().to_ascii_uppercase();
    let is_code = code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase());
    if is_code { Ok(code) } else { Err(bad("cc", "cc must be a country code of two letters")) }
}

/// Whole hours of a duration as Go writes it.
pub(crate) fn hours(text: &str) -> Result<u32> {
    if text.trim().is_empty() {
        return Err(bad("duration", "duration is required"));
    }
    let duration: GoDuration = text.trim().parse().map_err(|e: argos_crowdsec::BadDuration| bad("duration", format!("duration is {e}")))?;
    let hours = u32::try_from(duration.secs() / 3_600).unwrap_or(0);
    if (1..=HOURS_MAX).contains(&hours) { Ok(hours) } else { Err(bad("duration", format!("duration must be 1h to {HOURS_MAX}h"))) }
}

/// The fewest ranges that hold exactly the same addresses.
pub(crate) fn merged(ranges: &[Prefix]) -> Vec<Prefix> {
    let mut spans: Vec<(u128, u128)> = ranges.iter().map(Prefix::span).collect();
    spans.sort_unstable();
    let mut joined: Vec<(u128, u128)> = Vec::with_capacity(spans.len());
    for (low, high) in spans {
        match joined.last_mut() {
            Some(last) if last.1.checked_add(1).is_none_or(|next| low <= next) => last.1 = last.1.max(high),
            _ => joined.push((low, high)),
        }
    }
    joined.into_iter().flat_map(|(low, high)| split(low, high)).collect()
}

/// The ranges of an interval.
fn split(mut low: u128, high: u128) -> Vec<Prefix> {
    let mut out = Vec::new();
    loop {
        let wide = (high - low).checked_add(1).map_or(128, u128::ilog2);
        let bits = low.trailing_zeros().min(wide);
        out.extend(u8::try_from(128 - bits).ok().and_then(|length| Prefix::new(Ipv6Addr::from_bits(low).into(), length)));
        let next = 1_u128.checked_shl(bits).and_then(|size| low.checked_add(size));
        match next {
            Some(next) if next <= high => low = next,
            _ => return out,
        }
    }
}

/// What is enforced for a country: its own ranges, or fewer and wider ones when they are too many.
pub(crate) fn rolled_up(ranges: &[Prefix]) -> Vec<Prefix> {
    let exact = merged(ranges);
    if exact.len() <= EXACT_MAX {
        return exact;
    }
    let (v4, v6): (Vec<Prefix>, Vec<Prefix>) = exact.into_iter().partition(|p| p.first().is_ipv4());
    let share = |other: &[Prefix]| if other.is_empty() { BUDGET } else { BUDGET / 2 };
    let mut out = widened(&v4, 32, FLOOR_V4, share(&v6));
    out.extend(widened(&v6, 128, FLOOR_V6, share(&v4)));
    out
}

/// Masks ranges ever wider until they fit or the floor is reached.
fn widened(ranges: &[Prefix], longest: u8, floor: u8, budget: usize) -> Vec<Prefix> {
    let mut found = ranges.to_vec();
    for length in (floor..=longest).rev() {
        found = ranges.iter().filter_map(|p| Prefix::new(p.first(), p.length().min(length))).collect();
        found.sort_unstable_by_key(Prefix::span);
        found.dedup();
        if found.len() <= budget {
            break;
        }
    }
    found
}

/// Whether what is live differs from what was ordered by more than ends and duplicates explain.
pub(crate) fn has_drifted(ordered: i64, live: i64) -> bool {
    ordered > 0 && (ordered - live).abs() > (ordered / 100).max(1)
}

/// A range of a database.
pub(crate) fn range((address, length): (IpAddr, u8)) -> Option<Prefix> {
    Prefix::new(address, length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ranges(texts: &[&str]) -> Vec<Prefix> {
        texts.iter().map(|t| t.parse().unwrap()).collect()
    }

    fn texts(ranges: &[Prefix]) -> Vec<String> {
        ranges.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn siblings_are_joined_and_what_is_held_is_dropped() {
        let found = merged(&ranges(&[
            "198.51.100.128/25",
            "198.51.100.0/25",
            "198.51.100.7/32",
            "2001:db8::/33",
            "2001:db8:8000::/33",
            "10.0.0.1/32",
        ]));
        assert_eq!(texts(&found), ["10.0.0.1/32", "198.51.100.0/24", "2001:db8::/32"]);
        assert_eq!(texts(&merged(&ranges(&["0.0.0.0/0"]))), ["0.0.0.0/0"]);
        assert_eq!(texts(&merged(&ranges(&["::/0"]))), ["::/0"]);
    }

    #[test]
    fn very_many_ranges_are_widened_to_the_floor_at_most() {
        let many: Vec<Prefix> = (0..25_000_u32).map(|n| Prefix::new(std::net::Ipv4Addr::from_bits(n << 9).into(), 24).unwrap()).collect();
        let found = rolled_up(&many);
        assert!(found.len() <= BUDGET, "{}", found.len());
        assert!(many.iter().all(|p| found.iter().any(|f| f.contains(p.first()))), "nobody gets lost");
        let few: Vec<Prefix> = many.iter().take(1_000).copied().collect();
        assert_eq!(rolled_up(&few).len(), 1_000, "few are exact");
    }

    #[test]
    fn codes_and_durations_are_judged() {
        assert_eq!(code(" br ").unwrap(), "BR");
        assert!(code("BRA").is_err() && code("B1").is_err() && code("").is_err());
        assert_eq!((hours("168h").unwrap(), hours("90m").unwrap()), (168, 1));
        assert!(hours("").is_err() && hours("59m").is_err() && hours("7d").is_err() && hours("9000h").is_err());
        assert!(has_drifted(1_000, 980) && !has_drifted(1_000, 990) && !has_drifted(0, 5) && !has_drifted(3, 2));
    }

    proptest! {
        #[test]
        fn merged_ranges_hold_the_same_addresses(
            parts in prop::collection::vec((any::<u32>(), 16_u8..=32), 1..12),
            addresses in prop::collection::vec(any::<u32>(), 1..40),
        ) {
            let all: Vec<Prefix> = parts.iter().map(|(bits, n)| Prefix::new(std::net::Ipv4Addr::from_bits(bits & 0x0103_ffff).into(), *n).unwrap()).collect();
            let found = merged(&all);
            prop_assert!(found.len() <= all.len());
            for bits in addresses {
                let address: IpAddr = std::net::Ipv4Addr::from_bits(bits & 0x0103_ffff).into();
                prop_assert_eq!(found.iter().any(|p| p.contains(address)), all.iter().any(|p| p.contains(address)));
            }
        }
    }
}

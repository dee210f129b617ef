//! Limits: requests per window and key, and requests in progress at one time.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::{HeaderName, StatusCode};

use crate::request::Facts;

/// Requests allowed per window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// How many in one window; all of them may come at once.
    pub requests: u32,
    /// The window.
    pub window: Duration,
    /// Whose requests are counted together.
    pub key: RateKey,
    /// The answer's status when there are more.
    pub status: StatusCode,
}

/// Whose requests are counted together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RateKey {
    /// Those of a client address; an IPv6 network of 64 bits counts as one client.
    Ip,
    /// Those with the same value of a header; those without it count together.
    Header(HeaderName),
    /// All.
    Global,
}

/// Keys remembered per host; beyond it some are forgotten.
const KEYS_MAX: usize = 100_000;

/// Counts requests in fixed time and space per key: the generic cell rate algorithm.
#[derive(Debug)]
pub(crate) struct Limiter {
    pub(crate) limit: RateLimit,
    start: Instant,
    hasher: RandomState,
    shards: [Mutex<HashMap<u64, u64>>; 16],
}

impl Limiter {
    pub(crate) fn new(limit: RateLimit) -> Self {
        Self { limit, start: Instant::now(), hasher: RandomState::new(), shards: Default::default() }
    }

    /// Counts a request; `Err` says when the next one is allowed.
    pub(crate) fn admit(&self, facts: &Facts<'_>, now: Instant) -> Result<(), Duration> {
        let key = match &self.limit.key {
            RateKey::Ip => self.hasher.hash_one(network(facts.client)),
            RateKey::Header(name) => self.hasher.hash_one(facts.headers.get(name).map(http::HeaderValue::as_bytes)),
            RateKey::Global => 0,
        };
        self.admit_key(key, now)
    }

    fn admit_key(&self, key: u64, now: Instant) -> Result<(), Duration> {
        let now = nanos(now.saturating_duration_since(self.start));
        let window = nanos(self.limit.window);
        let step = (window / u64::from(self.limit.requests.max(1))).max(1);
        let shard = usize::try_from(key % 16).unwrap_or(0);
        let Some(shard) = self.shards.get(shard) else { return Ok(()) };
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        // The time at which everything counted so far is used up.
        let busy_until = shard.get(&key).copied().unwrap_or(0).max(now);
        let wait = (busy_until + step).saturating_sub(now + window);
        if wait > 0 {
            return Err(Duration::from_nanos(wait));
        }
        if shard.len() >= KEYS_MAX / 16 && !shard.contains_key(&key) {
            shard.retain(|_, busy| *busy > now);
            if shard.len() >= KEYS_MAX / 16 {
                // A flood of new keys, all of them busy: every second one makes room.
                let mut keep = false;
                shard.retain(|_, _| {
                    keep = !keep;
                    keep
                });
            }
        }
        shard.insert(key, busy_until + step);
        Ok(())
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX / 4)
}

/// The address, or the network of an IPv6 address: a client there has 2^64 addresses.
pub(crate) fn network(address: IpAddr) -> (u8, u64) {
    match address.to_canonical() {
        IpAddr::V4(v4) => (4u8, u64::from(v4.to_bits())),
        IpAddr::V6(v6) => (6u8, u64::try_from(v6.to_bits() >> 64).unwrap_or(0)),
    }
}

/// Places for requests in progress.
#[derive(Debug)]
pub(crate) struct Slots {
    max: u32,
    taken: AtomicU32,
}

impl Slots {
    pub(crate) fn new(max: u32) -> Arc<Self> {
        Arc::new(Self { max, taken: AtomicU32::new(0) })
    }

    pub(crate) fn max(&self) -> u32 {
        self.max
    }

    /// A place, until it is dropped.
    pub(crate) fn take(self: &Arc<Self>) -> Option<Slot> {
        if self.taken.fetch_add(1, Ordering::Relaxed) < self.max {
            return Some(Slot(Arc::clone(self)));
        }
        self.taken.fetch_sub(1, Ordering::Relaxed);
        None
    }
}

/// A taken place.
#[derive(Debug)]
pub(crate) struct Slot(Arc<Slots>);

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::{Limiter, RateKey, RateLimit, Slots};
    use http::StatusCode;
    use proptest::prelude::*;
    use std::time::Duration;

    fn limiter(requests: u32, seconds: u64) -> Limiter {
        let window = Duration::from_secs(seconds);
        Limiter::new(RateLimit { requests, window, key: RateKey::Global, status: StatusCode::TOO_MANY_REQUESTS })
    }

    #[test]
    fn a_burst_of_the_limit_passes_and_the_next_waits() {
        let limiter = limiter(5, 10);
        let now = limiter.start + Duration::from_secs(1);
        for n in 0..5 {
            assert_eq!(limiter.admit_key(1, now), Ok(()), "{n}");
        }
        assert_eq!(limiter.admit_key(1, now), Err(Duration::from_secs(2)));
        assert_eq!(limiter.admit_key(2, now), Ok(()), "another key");
        assert_eq!(limiter.admit_key(1, now + Duration::from_secs(2)), Ok(()));
        assert!(limiter.admit_key(1, now + Duration::from_secs(2)).is_err());
    }

    #[test]
    fn a_flood_of_keys_stays_bounded() {
        let limiter = limiter(1, 10);
        for key in 0..300_000 {
            assert_eq!(limiter.admit_key(key, limiter.start), Ok(()));
        }
        let held: usize = limiter.shards.iter().map(|s| s.lock().unwrap().len()).sum();
        assert!(held <= super::KEYS_MAX, "{held}");
    }

    #[test]
    fn slots_are_given_back_when_dropped() {
        let slots = Slots::new(2);
        let (a, b) = (slots.take(), slots.take());
        assert!(a.is_some() && b.is_some() && slots.take().is_none());
        drop(a);
        assert!(slots.take().is_some());
    }

    proptest! {
        #[test]
        fn no_window_admits_more_than_twice_the_limit(gaps in prop::collection::vec(0u64..3_000, 1..200), requests in 1u32..10) {
            let limiter = limiter(requests, 10);
            let mut now = limiter.start;
            let mut admitted = Vec::new();
            for gap in gaps {
                now += Duration::from_millis(gap);
                if limiter.admit_key(7, now).is_ok() {
                    admitted.push(now);
                }
            }
            for from in &admitted {
                let within = admitted.iter().filter(|t| **t >= *from && **t < *from + Duration::from_secs(10)).count();
                prop_assert!(within <= 2 * requests as usize);
            }
        }
    }
}

//! Counters that need not survive a restart: attempts per minute and address, how many of them are judged at once, and
//! bad API keys per address. Each is bounded: whoever can choose addresses cannot make it grow.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use argos_kernel::{AppError, Result, Timestamp};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

const MINUTE_S: i64 = 60;
/// Bad keys of one address within [`BAD_KEY_WINDOW_S`] that block it for [`BAD_KEY_BLOCK_S`].
const BAD_KEYS: u32 = 20;
const BAD_KEY_WINDOW_S: i64 = 300;
const BAD_KEY_BLOCK_S: i64 = 60;
/// Above this, windows that are over are dropped, and then the older half.
const ADDRESSES_MAX: usize = 10_000;

/// Keeps a map of addresses below its limit: first what is over goes, then the older half, so that the work is rare.
fn make_room<T>(map: &mut HashMap<String, T>, is_over: impl Fn(&T) -> bool, since: impl Fn(&T) -> Timestamp) {
    if map.len() < ADDRESSES_MAX {
        return;
    }
    map.retain(|_, entry| !is_over(entry));
    if map.len() < ADDRESSES_MAX / 2 {
        return;
    }
    let mut starts: Vec<Timestamp> = map.values().map(&since).collect();
    let middle = starts.len() / 2;
    let (_, median, _) = starts.select_nth_unstable(middle);
    let median = *median;
    map.retain(|_, entry| since(entry) > median);
}

/// An attempt that may be judged now. The next one of its address waits until this is dropped.
#[must_use = "the place is free again when it is dropped"]
pub(crate) struct Place {
    _permit: Option<OwnedSemaphorePermit>,
}

impl Place {
    /// Of a caller without an address.
    pub(crate) fn uncounted() -> Self {
        Self { _permit: None }
    }
}

/// How many attempts of one address are judged at the same time: no more than may fail before it is banned, however many
/// arrive at once.
#[derive(Default)]
pub(crate) struct Places(Mutex<HashMap<String, Arc<Semaphore>>>);

impl Places {
    pub(crate) async fn take(&self, address: &str, at_once: usize) -> Result<Place> {
        let line = {
            let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if lines.len() >= ADDRESSES_MAX {
                lines.retain(|_, line| Arc::strong_count(line) > 1);
            }
            Arc::clone(lines.entry(address.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(at_once))))
        };
        let permit = line.acquire_owned().await.map_err(AppError::internal)?;
        Ok(Place { _permit: Some(permit) })
    }
}

/// Fixed windows of one minute per address and route class.
#[derive(Default)]
pub(crate) struct MinuteWindows(Mutex<HashMap<String, (Timestamp, i64)>>);

impl MinuteWindows {
    /// Counts an attempt; the seconds to wait when there were `limit` before it.
    pub(crate) fn take(&self, address: &str, class: bool, limit: i64, now: Timestamp) -> Option<u64> {
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        make_room(&mut windows, |(start, _)| now.secs_since(*start) >= MINUTE_S, |(start, _)| *start);
        let (start, count) = windows.entry(format!("{}:{address}", u8::from(class))).or_insert((now, 0));
        if now.secs_since(*start) >= MINUTE_S || now < *start {
            (*start, *count) = (now, 0);
        }
        if *count >= limit {
            return Some(u64::try_from(MINUTE_S - now.secs_since(*start)).unwrap_or(1).max(1));
        }
        *count += 1;
        None
    }
}

#[derive(Clone, Copy)]
struct Bad {
    start: Timestamp,
    count: u32,
    blocked_until: Option<Timestamp>,
}

/// What a bad key did to its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadKey {
    Counted,
    /// This one was one too many: the address waits from now on.
    Blocked,
}

/// Wrong guesses per address within a window; one too many blocks the address for a while.
pub(crate) struct BadKeys {
    guesses: u32,
    window_s: i64,
    block_s: i64,
    bad: Mutex<HashMap<String, Bad>>,
}

impl Default for BadKeys {
    fn default() -> Self {
        Self::of(BAD_KEYS, BAD_KEY_WINDOW_S, BAD_KEY_BLOCK_S)
    }
}

impl BadKeys {
    pub(crate) fn of(guesses: u32, window_s: i64, block_s: i64) -> Self {
        Self { guesses, window_s, block_s, bad: Mutex::default() }
    }

    /// Seconds the address still has to wait.
    pub(crate) fn blocked_s(&self, address: &str, now: Timestamp) -> Option<u64> {
        let bad = self.bad.lock().unwrap_or_else(PoisonError::into_inner);
        let left = bad.get(address)?.blocked_until?.secs_since(now);
        u64::try_from(left).ok().filter(|s| *s > 0)
    }

    pub(crate) fn note(&self, address: &str, now: Timestamp) -> BadKey {
        let mut all = self.bad.lock().unwrap_or_else(PoisonError::into_inner);
        make_room(&mut all, |b| now.secs_since(b.start) >= self.window_s, |b| b.start);
        let bad = all.entry(address.to_owned()).or_insert(Bad { start: now, count: 0, blocked_until: None });
        if now.secs_since(bad.start) >= self.window_s {
            *bad = Bad { start: now, count: 0, blocked_until: None };
        }
        bad.count += 1;
        if bad.count < self.guesses {
            return BadKey::Counted;
        }
        *bad = Bad { start: now, count: 0, blocked_until: Some(now.plus_secs(self.block_s)) };
        BadKey::Blocked
    }
}

/// The bans somebody ran into.
#[derive(Default)]
pub(crate) struct NotedBans(Mutex<HashSet<(String, Timestamp)>>);

impl NotedBans {
    /// True the first time this address runs into this ban.
    pub(crate) fn is_new(&self, address: &str, until: Timestamp) -> bool {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.len() > ADDRESSES_MAX {
            noted.clear();
        }
        noted.insert((address.to_owned(), until))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    #[test]
    fn minute_windows_refuse_until_the_minute_is_over() {
        let windows = MinuteWindows::default();
        for _ in 0..5 {
            assert_eq!(windows.take("a", true, 5, at(100)), None);
        }
        assert_eq!(windows.take("a", true, 5, at(130)), Some(30));
        assert_eq!(windows.take("a", false, 5, at(130)), None);
        assert_eq!(windows.take("b", true, 5, at(130)), None);
        assert_eq!(windows.take("a", true, 5, at(160)), None);
    }

    #[test]
    fn guesses_from_endless_addresses_stay_within_bounds() {
        let bad = BadKeys::default();
        for n in 0..50_000_i64 {
            bad.note(&format!("a{n}"), Timestamp::from_micros(n));
        }
        let kept = bad.bad.lock().unwrap().len();
        assert!((1..=ADDRESSES_MAX).contains(&kept), "{kept}");
        assert!(bad.bad.lock().unwrap().contains_key("a49999"), "the newest stays");
    }

    #[tokio::test]
    async fn places_of_an_address_are_as_many_as_said_and_free_again() {
        let places = Places::default();
        let first = places.take("a", 1).await.unwrap();
        assert!(tokio::time::timeout(std::time::Duration::ZERO, places.take("a", 1)).await.is_err());
        drop(places.take("b", 1).await.unwrap());
        drop(first);
        drop(places.take("a", 1).await.unwrap());
    }

    #[test]
    fn ban_is_new_once_per_address() {
        let noted = NotedBans::default();
        assert!(noted.is_new("a", at(1)) && noted.is_new("b", at(1)) && noted.is_new("a", at(2)));
        assert!(!noted.is_new("a", at(1)));
    }

    #[test]
    fn twenty_bad_keys_block_the_address_for_a_minute() {
        let bad = BadKeys::default();
        for _ in 0..19 {
            assert_eq!(bad.note("a", at(0)), BadKey::Counted);
        }
        assert_eq!(bad.blocked_s("a", at(0)), None);
        assert_eq!(bad.note("a", at(1)), BadKey::Blocked);
        assert_eq!(bad.blocked_s("a", at(2)), Some(59));
        assert_eq!(bad.blocked_s("b", at(2)), None);
        assert_eq!(bad.blocked_s("a", at(61)), None);
    }
}

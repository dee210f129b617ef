//! Forward authentication: the owner decides who a request comes from, the engine remembers it for a moment.
//!
//! The cache is the owner's to empty: logout must count at once.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::filter::{Pending, Reply};
use crate::request::Facts;

/// Who may use a host.
pub trait ForwardAuth: Send + Sync + fmt::Debug {
    /// The credential of a request, as a session cookie's value; equal credentials get equal admissions. `None` is never remembered.
    fn credential<'a>(&self, headers: &'a HeaderMap) -> Option<&'a [u8]>;

    /// Decides. Takes what it needs out of `facts` before it waits for anything.
    fn decide(&self, facts: &Facts<'_>) -> Pending<Admittance>;

    /// Where admissions are remembered; `None` asks every time.
    fn cache(&self) -> Option<&AuthCache>;
}

/// What forward authentication says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admittance {
    /// The request goes on with these headers set; only reserved headers of the host should be named.
    Admit(Vec<(HeaderName, HeaderValue)>),
    /// This is its answer.
    Refuse(Reply),
}

/// The headers of an admission.
pub(crate) type Identity = Vec<(HeaderName, HeaderValue)>;

/// Admissions by host and credential, for a short time.
#[derive(Debug)]
pub struct AuthCache {
    ttl: Duration,
    entries_max: usize,
    entries: Mutex<HashMap<Box<[u8]>, Vec<Entry>>>,
    /// Counts evictions: a decision that began before one is not remembered.
    evictions: AtomicU64,
}

#[derive(Debug)]
struct Entry {
    host: u64,
    until: Instant,
    identity: Identity,
}

impl AuthCache {
    /// An empty cache of so many credentials.
    #[must_use]
    pub fn new(ttl: Duration, entries_max: usize) -> Self {
        Self { ttl, entries_max, entries: Mutex::default(), evictions: AtomicU64::new(0) }
    }

    /// Forgets a credential, on logout.
    pub fn evict(&self, credential: &[u8]) {
        let mut entries = self.lock();
        self.evictions.fetch_add(1, Ordering::Relaxed);
        entries.remove(credential);
    }

    /// Forgets everything, as when rights changed.
    pub fn clear(&self) {
        let mut entries = self.lock();
        self.evictions.fetch_add(1, Ordering::Relaxed);
        entries.clear();
    }

    pub(crate) fn evictions(&self) -> u64 {
        self.evictions.load(Ordering::Relaxed)
    }

    pub(crate) fn find(&self, host: u64, credential: &[u8], now: Instant) -> Option<Identity> {
        self.lock().get(credential)?.iter().find(|e| e.host == host && e.until > now).map(|e| e.identity.clone())
    }

    pub(crate) fn remember(&self, host: u64, credential: &[u8], identity: &Identity, evictions: u64, now: Instant) {
        let mut entries = self.lock();
        if self.evictions() != evictions {
            return;
        }
        if entries.len() >= self.entries_max && !entries.contains_key(credential) {
            entries.retain(|_, hosts| hosts.iter().any(|e| e.until > now));
            if entries.len() >= self.entries_max {
                return;
            }
        }
        let hosts = entries.entry(credential.into()).or_default();
        hosts.retain(|e| e.host != host && e.until > now);
        hosts.push(Entry { host, until: now + self.ttl, identity: identity.clone() });
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Box<[u8]>, Vec<Entry>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::AuthCache;
    use std::time::{Duration, Instant};

    #[test]
    fn admissions_end_with_time_eviction_or_another_host() {
        let cache = AuthCache::new(Duration::from_secs(30), 2);
        let now = Instant::now();
        cache.remember(1, b"a", &Vec::new(), 0, now);
        assert!(cache.find(1, b"a", now).is_some());
        assert!(cache.find(2, b"a", now).is_none());
        assert!(cache.find(1, b"a", now + Duration::from_secs(30)).is_none());
        cache.evict(b"a");
        assert!(cache.find(1, b"a", now).is_none());
        cache.remember(1, b"a", &Vec::new(), 0, now);
        assert!(cache.find(1, b"a", now).is_none(), "decided before the eviction");
    }

    #[test]
    fn a_full_cache_keeps_what_is_valid_and_drops_what_is_not() {
        let cache = AuthCache::new(Duration::from_secs(30), 1);
        let now = Instant::now();
        cache.remember(1, b"a", &Vec::new(), 0, now);
        cache.remember(1, b"b", &Vec::new(), 0, now);
        assert!(cache.find(1, b"a", now).is_some() && cache.find(1, b"b", now).is_none());
        let later = now + Duration::from_secs(31);
        cache.remember(1, b"b", &Vec::new(), 0, later);
        assert!(cache.find(1, b"b", later).is_some());
    }
}

//! Callers verified within the last seconds, so that a busy client costs no query per request. Memory only: any
//! revocation or change of rights empties it, and other replicas are at most [`FRESH_S`] behind.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use argos_kernel::Timestamp;
use argos_web::Caller;

/// How long a verified caller is believed without asking the store.
const FRESH_S: i64 = 5;
/// More entries than this are dropped at once; they come back with the next request.
const ENTRIES_MAX: usize = 20_000;

/// The keyed hash of a credential, and whether it came as a cookie (which needs CSRF).
pub(crate) type CacheKey = ([u8; 32], bool);

struct Entry {
    caller: Arc<Caller>,
    since: Timestamp,
    until: Timestamp,
}

/// The state of the cache before the store was asked. What was read before an eviction is never put in after it.
#[derive(Clone, Copy)]
pub(crate) struct Generation(u64);

#[derive(Default)]
pub(crate) struct CallerCache {
    entries: RwLock<HashMap<CacheKey, Entry>>,
    generation: AtomicU64,
    /// Requests per API key since they were last written.
    uses: Mutex<HashMap<i64, i64>>,
}

impl CallerCache {
    pub(crate) fn get(&self, key: &CacheKey, now: Timestamp) -> Option<Arc<Caller>> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.get(key).filter(|e| e.since <= now && now < e.until)?;
        let caller = Arc::clone(&entry.caller);
        drop(entries);
        if let Some(id) = caller.api_key_id {
            self.count_use(id);
        }
        Some(caller)
    }

    /// Call before reading the store.
    pub(crate) fn generation(&self) -> Generation {
        Generation(self.generation.load(Ordering::SeqCst))
    }

    /// Remembers a caller until the credential ends, at most [`FRESH_S`].
    pub(crate) fn put(&self, read_at: Generation, key: CacheKey, caller: Arc<Caller>, now: Timestamp, ends_at: Timestamp) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        if self.generation.load(Ordering::SeqCst) != read_at.0 {
            return;
        }
        if entries.len() >= ENTRIES_MAX {
            entries.clear();
        }
        entries.insert(key, Entry { caller, since: now, until: now.plus_secs(FRESH_S).min(ends_at) });
    }

    /// Forgets everybody: rights or sessions changed.
    pub(crate) fn evict(&self) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        self.generation.fetch_add(1, Ordering::SeqCst);
        entries.clear();
    }

    pub(crate) fn count_use(&self, api_key_id: i64) {
        *self.uses.lock().unwrap_or_else(PoisonError::into_inner).entry(api_key_id).or_default() += 1;
    }

    /// The uses counted since the last call.
    pub(crate) fn take_uses(&self) -> Vec<(i64, i64)> {
        self.uses.lock().unwrap_or_else(PoisonError::into_inner).drain().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    fn caller() -> Arc<Caller> {
        Arc::new(Caller { api_key_id: Some(7), ..Caller::anonymous() })
    }

    #[test]
    fn entries_live_five_seconds_and_never_longer_than_the_credential() {
        let cache = CallerCache::default();
        cache.put(cache.generation(), ([1; 32], false), caller(), at(100), at(1000));
        cache.put(cache.generation(), ([2; 32], false), caller(), at(100), at(102));
        assert!(cache.get(&([1; 32], false), at(104)).is_some());
        assert!(cache.get(&([1; 32], true), at(104)).is_none(), "a cookie is another caller");
        assert!(cache.get(&([1; 32], false), at(105)).is_none());
        assert!(cache.get(&([1; 32], false), at(99)).is_none(), "the clock went back");
        assert!(cache.get(&([2; 32], false), at(102)).is_none());
        assert_eq!(cache.take_uses(), [(7, 1)]);
    }

    #[test]
    fn what_was_read_before_an_eviction_is_not_remembered_after_it() {
        let cache = CallerCache::default();
        let before = cache.generation();
        cache.evict();
        cache.put(before, ([1; 32], false), caller(), at(0), at(1000));
        assert!(cache.get(&([1; 32], false), at(1)).is_none());
    }
}

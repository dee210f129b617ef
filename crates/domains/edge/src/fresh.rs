//! Figures over many rows, kept for half a minute: whoever asks meanwhile gets what was counted.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use argos_kernel::Result;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// What was counted a moment ago, by what was asked.
pub(crate) struct Fresh<K, V> {
    age_max: Duration,
    kept: Mutex<HashMap<K, (Instant, Arc<V>)>>,
}

impl<K, V> Default for Fresh<K, V> {
    fn default() -> Self {
        Self { age_max: Duration::from_secs(30), kept: Mutex::default() }
    }
}

impl<K, V> Fresh<K, V> {
    /// Kept for so long.
    pub(crate) fn lasting(age_max: Duration) -> Self {
        Self { age_max, kept: Mutex::default() }
    }
}

impl<K: Eq + Hash, V> Fresh<K, V> {
    /// Has everything counted again.
    pub(crate) async fn forget(&self) {
        self.kept.lock().await.clear();
    }

    /// The answer of a moment ago, or a new one. One is counted at a time.
    pub(crate) async fn of(&self, key: K, count: impl Future<Output = Result<V>>) -> Result<Arc<V>> {
        let mut kept = self.kept.lock().await;
        if let Some((_, found)) = kept.get(&key).filter(|(at, _)| at.elapsed() < self.age_max) {
            return Ok(Arc::clone(found));
        }
        let found = Arc::new(count.await?);
        kept.retain(|_, (at, _)| at.elapsed() < self.age_max);
        kept.insert(key, (Instant::now(), Arc::clone(&found)));
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn answer_is_counted_again_when_it_is_old_and_never_kept_when_counting_failed() {
        let fresh = Fresh::default();
        assert!(fresh.of("a", async { Err(argos_kernel::AppError::conflict("no")) }).await.is_err());
        let mut got = Vec::new();
        for (key, n) in [("a", 1), ("a", 2), ("b", 3)] {
            got.push(*fresh.of(key, async move { Ok(n) }).await.unwrap());
        }
        assert_eq!(got, [1, 1, 3]);
        let old = Fresh { age_max: Duration::ZERO, kept: fresh.kept };
        assert_eq!(*old.of("a", async { Ok(4) }).await.unwrap(), 4);
    }
}

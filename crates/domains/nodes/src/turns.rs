//! Locks by name: who waits for one name holds nobody up who waits for another.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};

use tokio::sync::OwnedMutexGuard;

use crate::service::hold;

/// Locks that are forgotten once nobody holds them or waits.
#[derive(Default)]
pub(crate) struct Turns(Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>);

impl Turns {
    pub(crate) async fn take(&self, name: &str) -> OwnedMutexGuard<()> {
        let lock = {
            let mut all = hold(&self.0);
            all.retain(|_, lock| lock.strong_count() > 0);
            let standing = all.get(name).and_then(Weak::upgrade);
            standing.unwrap_or_else(|| {
                let lock = Arc::default();
                all.insert(name.to_owned(), Arc::downgrade(&lock));
                lock
            })
        };
        lock.lock_owned().await
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn one_name_waits_and_another_does_not() {
        let turns = Turns::default();
        let first = turns.take("a").now_or_never();
        assert!(first.is_some() && turns.take("a").now_or_never().is_none() && turns.take("b").now_or_never().is_some());
        drop(first);
        assert!(turns.take("a").now_or_never().is_some());
        assert_eq!(hold(&turns.0).len(), 1, "those nobody holds are forgotten");
    }
}

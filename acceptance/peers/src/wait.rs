//! Waiting for a level, never for an amount of time: a condition is polled until it holds, and a
//! wait that ends in vain says what it waited for.

use std::time::{Duration, Instant};

/// Time between the first two looks at a condition; it grows, so that a wait on a slow machine does not use up the
/// requests a minute that whoever looks is allowed.
const POLL: Duration = Duration::from_millis(20);
const POLL_MOST: Duration = Duration::from_millis(200);

/// A condition that comes late on a machine that does much else is no fault, so no wait gives up sooner. Limits of a
/// specification below a minute are therefore not tested by waiting.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Polls `condition` until it is true.
///
/// # Panics
/// After `limit`, a minute at least, naming `what` was awaited.
#[track_caller]
pub fn wait_until(what: &str, limit: Duration, mut condition: impl FnMut() -> bool) {
    wait_for(what, limit, || condition().then_some(()));
}

/// Polls `probe` until it yields a value.
///
/// # Panics
/// After `limit`, a minute at least, naming `what` was awaited.
#[track_caller]
pub fn wait_for<T>(what: &str, limit: Duration, mut probe: impl FnMut() -> Option<T>) -> T {
    let limit = limit.max(PATIENCE);
    try_wait_for(limit, &mut probe).unwrap_or_else(|| panic!("waited {limit:?} in vain for: {what}"))
}

/// Polls `probe` until it yields a value, `None` after `limit`.
pub fn try_wait_for<T>(limit: Duration, mut probe: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + limit;
    let mut pause = POLL;
    loop {
        if let Some(value) = probe() {
            return Some(value);
        }
        if Instant::now() >= deadline {
            return None;
        }
        std::thread::sleep(pause);
        pause = (pause * 21 / 20).min(POLL_MOST);
    }
}

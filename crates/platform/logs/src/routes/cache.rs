//! A few rendered answers kept for seconds: figures over many lines are asked for by several widgets at once.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

const ANSWERS_MAX: usize = 64;
/// No answer is kept longer than this, whatever its reader accepts.
const AGE_MAX: Duration = Duration::from_secs(30);

#[derive(Default)]
pub(super) struct Cache(Mutex<HashMap<String, (Instant, Bytes)>>);

impl Cache {
    /// The answer if it is younger than `fresh`.
    pub(super) fn get(&self, key: &str, fresh: Duration) -> Option<Bytes> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(key).filter(|(at, _)| at.elapsed() < fresh).map(|(_, body)| body.clone())
    }

    pub(super) fn put(&self, key: String, body: Bytes) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, (at, _)| at.elapsed() < AGE_MAX);
        if all.len() >= ANSWERS_MAX {
            all.clear();
        }
        all.insert(key, (Instant::now(), body));
    }
}

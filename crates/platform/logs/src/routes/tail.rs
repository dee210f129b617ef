//! The live tail of one client, in the documented frames, and the limit of three tails per user.

use std::collections::HashMap;
use std::io::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use argos_kernel::{AppError, Result};
use bytes::Bytes;
use futures_util::Stream;

use crate::tail::Tail;

const TAILS_PER_USER: usize = 3;
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Who has how many tails open.
#[derive(Default)]
pub(super) struct Tails(Arc<Mutex<HashMap<String, usize>>>);

/// One open tail; dropping it frees the place.
pub(super) struct Seat {
    tails: Arc<Mutex<HashMap<String, usize>>>,
    user: String,
}

impl Tails {
    pub(super) fn take(&self, user: &str) -> Result<Seat> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(user.to_owned()).or_default();
        if *count >= TAILS_PER_USER {
            return Err(AppError::rate_limited("Too many log streams", 30).code("too_many_streams").with("limit", TAILS_PER_USER));
        }
        *count += 1;
        Ok(Seat { tails: Arc::clone(&self.0), user: user.to_owned() })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.tails.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.user) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                open.remove(&self.user);
            }
        }
    }
}

/// `: connected` at once, then each new line; a comment when nothing else was for a while.
pub(super) fn frames(tail: Tail, seat: Seat) -> impl Stream<Item = Result<Bytes, Error>> + Send + 'static {
    let hello = futures_util::stream::once(async { Ok(Bytes::from_static(b": connected\n\n")) });
    let lines = futures_util::stream::unfold((tail, seat), |(mut tail, seat)| async move {
        let frame = match tokio::time::timeout(HEARTBEAT, tail.next()).await {
            Ok(Ok(lines)) => Bytes::from(lines.into_iter().map(crate::LogEntry::frames).collect::<String>()),
            Ok(Err(error)) => {
                tracing::warn!(?error, "log stream ended");
                return None;
            }
            Err(_) => Bytes::from_static(b": heartbeat\n\n"),
        };
        Some((Ok(frame), (tail, seat)))
    });
    futures_util::StreamExt::chain(hello, lines)
}

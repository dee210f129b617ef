//! The moment until which something is waited for, and how long that was.

use std::time::Duration;

use tokio::time::Instant;

use crate::error::CdpError;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    at: Instant,
    pub(crate) after: Duration,
}

impl Deadline {
    pub(crate) fn within(after: Duration) -> Self {
        Self { at: Instant::now() + after, after }
    }

    pub(crate) fn left(&self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    /// Waits for `work`; when the moment comes first, `what` took too long.
    pub(crate) async fn wait<T>(&self, what: &str, work: impl Future<Output = T>) -> Result<T, CdpError> {
        tokio::time::timeout_at(self.at, work).await.map_err(|_| CdpError::timeout(what, self.after))
    }
}

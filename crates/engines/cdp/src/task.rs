//! The background tasks of this crate: the two ends of the pipe and what an event makes necessary. Each ends by itself
//! when its connection does, so nobody has to join them.

use std::future::Future;

#[expect(clippy::disallowed_methods, reason = "an engine knows no supervisor; these end with the connection they belong to")]
pub(crate) fn spawn(work: impl Future<Output = ()> + Send + 'static) {
    drop(tokio::spawn(work));
}

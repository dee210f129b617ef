//! Who may be asked: a decision of the caller for every request a context makes, redirects included, before it leaves.
//! It sees addresses, not connections: a name may resolve otherwise a moment later, and WebSockets and WebRTC do not
//! pass here. Where that matters the context needs a proxy that judges the connection.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

type Decision = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// Judges the address of a request; the error says why it is refused.
#[derive(Clone)]
pub struct Guard(Arc<dyn Fn(String) -> Decision + Send + Sync>);

impl Guard {
    pub fn new<F, D>(decide: F) -> Self
    where
        F: Fn(String) -> D + Send + Sync + 'static,
        D: Future<Output = Result<(), String>> + Send + 'static,
    {
        Self(Arc::new(move |url| Box::pin(decide(url))))
    }

    pub(crate) fn decide(&self, url: &str) -> Decision {
        (self.0)(url.to_owned())
    }
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Guard")
    }
}

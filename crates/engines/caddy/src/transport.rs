//! What the client needs of its owner: one HTTP exchange. The owner judges addresses, caps sizes and times.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// A boxed future of a transport.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A request to the admin API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRequest {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Where to.
    pub url: String,
    /// Headers beside those of the body.
    pub headers: Vec<(&'static str, &'static str)>,
    /// JSON. It may hold credentials, so it is never shown.
    pub body: Option<String>,
    /// Longest wait for the whole answer.
    pub timeout: Duration,
    /// Largest answer.
    pub bytes_max: usize,
}

/// Its answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpResponse {
    /// Status.
    pub status: u16,
    /// Body.
    pub body: Vec<u8>,
}

/// Carries requests. The error says in words for people why no answer came.
pub trait Transport: Send + Sync {
    /// One exchange.
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, String>>;
}

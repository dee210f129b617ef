//! What the client needs of its owner: one HTTP exchange. The owner judges addresses, caps sizes and times.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;

/// A boxed future of a transport.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A request to the local API.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// `GET`, `POST` or `DELETE`.
    pub method: &'static str,
    /// Where to.
    pub url: String,
    /// The header with the credential, if it needs one. Never shown.
    pub credential: Option<(&'static str, String)>,
    /// Others, names as they are sent; empty = what calls of the local API need.
    pub headers: Vec<(String, Vec<u8>)>,
    /// JSON, unless there are headers that say otherwise.
    pub body: Option<Bytes>,
    /// Longest wait for the whole answer.
    pub timeout: Duration,
    /// Largest answer.
    pub bytes_max: usize,
}

impl HttpRequest {
    pub(crate) fn new(method: &'static str, url: String) -> Self {
        Self { method, url, credential: None, headers: Vec::new(), body: None, timeout: Duration::from_secs(10), bytes_max: 4 << 20 }
    }
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

/// Percent-encodes a value of a query.
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

//! What a caller asks of the client and what it gets back.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{AllowEntry, Class, NetError, Tls};

/// Whole exchange, name resolution included, unless the caller says otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);
const RESPONSE_BYTES: usize = 1 << 20;

/// One outbound request.
#[derive(Clone)]
pub struct Request {
    pub(crate) class: Class,
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) timeout: Duration,
    pub(crate) bytes_max: usize,
    pub(crate) redirects: u8,
    pub(crate) https_only: bool,
    pub(crate) tls: Tls,
    pub(crate) extra_allow: Vec<AllowEntry>,
    pub(crate) invalid: Option<String>,
}

impl Request {
    pub fn new(class: Class, method: Method, url: impl Into<String>) -> Self {
        Self {
            class,
            method,
            url: url.into(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            timeout: TIMEOUT,
            bytes_max: RESPONSE_BYTES,
            redirects: 0,
            https_only: false,
            tls: Tls::Verify,
            extra_allow: Vec::new(),
            invalid: None,
        }
    }
    pub fn get(class: Class, url: impl Into<String>) -> Self {
        Self::new(class, Method::GET, url)
    }
    pub fn post(class: Class, url: impl Into<String>) -> Self {
        Self::new(class, Method::POST, url)
    }
    /// A bad name or value is reported when the request is sent.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            (Ok(name), Ok(value)) => {
                self.headers.insert(name, value);
            }
            _ => self.invalid = Some(format!("bad header {name}")),
        }
        self
    }
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }
    #[must_use]
    pub fn body(mut self, content_type: &str, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.header("content-type", content_type)
    }
    /// These as well, several of one name included.
    #[must_use]
    pub fn headers(mut self, headers: impl IntoIterator<Item = (HeaderName, HeaderValue)>) -> Self {
        for (name, value) in headers {
            self.headers.append(name, value);
        }
        self
    }
    /// A body of which the headers say what it is, or nobody.
    #[must_use]
    pub fn raw_body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }
    #[must_use]
    pub fn json<T: Serialize + ?Sized>(mut self, value: &T) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => self.body("application/json", body),
            Err(e) => {
                self.invalid = Some(format!("the body is not JSON: {e}"));
                self
            }
        }
    }
    /// The whole exchange, from name resolution to the last byte.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
    /// Largest response body.
    #[must_use]
    pub fn bytes_max(mut self, bytes: usize) -> Self {
        self.bytes_max = bytes;
        self
    }
    /// Follows up to `count` redirects (at most 3) of the same scheme, each judged anew. The default is none.
    #[must_use]
    pub fn follow_redirects(mut self, count: u8) -> Self {
        self.redirects = count.min(3);
        self
    }
    /// Refuses http, except while `net.allow_private_targets` is on.
    #[must_use]
    pub fn https_only(mut self, only: bool) -> Self {
        self.https_only = only;
        self
    }
    #[must_use]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = tls;
        self
    }
    /// Targets this request may reach besides `net.outbound_allow` (a project's `allowed_hosts`).
    #[must_use]
    pub fn also_allow(mut self, entries: Vec<AllowEntry>) -> Self {
        self.extra_allow = entries;
        self
    }
}

/// A whole response within the limits.
#[derive(Clone)]
pub struct Response {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Response {
    /// The response when its status is 2xx, else [`NetError::Status`].
    pub fn success(self) -> Result<Self, NetError> {
        if (200..300).contains(&self.status) { Ok(self) } else { Err(NetError::Status(self.status)) }
    }
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }
    pub fn content_type(&self) -> Option<&str> {
        self.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok())
    }
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
    /// The body as JSON. The error says where it fails, not what stood there.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, NetError> {
        serde_json::from_slice(&self.body)
            .map_err(|e| NetError::Protocol(format!("the response is not the expected JSON (line {}, column {})", e.line(), e.column())))
    }
}

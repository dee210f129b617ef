//! Calling the assembled web kit in process, without a socket: what route tests use.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt;
use serde_json::Value;

use crate::body::RequestBody;
use crate::web::Web;

/// A caller of routes: an address and the headers it always sends.
#[derive(Clone)]
pub struct TestClient {
    web: Arc<Web>,
    ip: IpAddr,
    headers: Vec<(String, String)>,
}

/// A whole reply.
#[derive(Debug)]
pub struct TestReply {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub body: Bytes,
}

impl TestReply {
    /// The body as JSON; `null` when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }
    /// The value of a cookie this reply sets.
    pub fn set_cookie(&self, name: &str) -> Option<String> {
        let all = self.headers.get_all("set-cookie").iter().filter_map(|v| v.to_str().ok());
        all.filter_map(|v| v.split(';').next()?.split_once('=')).find(|(n, _)| *n == name).map(|(_, v)| v.to_owned())
    }
}

impl TestClient {
    pub fn new(web: Arc<Web>) -> Self {
        Self { web, ip: IpAddr::from([127, 0, 0, 1]), headers: Vec::new() }
    }
    /// The same caller from another address.
    #[must_use]
    pub fn from_ip(&self, ip: &str) -> Self {
        let mut other = self.clone();
        other.ip = ip.parse().unwrap_or(other.ip);
        other
    }
    /// The same caller with one more header on every request.
    #[must_use]
    pub fn with_header(&self, name: &str, value: &str) -> Self {
        let mut other = self.clone();
        other.headers.push((name.to_owned(), value.to_owned()));
        other
    }
    #[must_use]
    pub fn bearer(&self, token: &str) -> Self {
        self.with_header("authorization", &format!("Bearer {token}"))
    }
    pub async fn get(&self, path: &str) -> TestReply {
        self.call("GET", path, None).await
    }
    pub async fn post(&self, path: &str, body: Value) -> TestReply {
        self.call("POST", path, Some(body.to_string().into())).await
    }
    pub async fn put(&self, path: &str, body: Value) -> TestReply {
        self.call("PUT", path, Some(body.to_string().into())).await
    }
    pub async fn patch(&self, path: &str, body: Value) -> TestReply {
        self.call("PATCH", path, Some(body.to_string().into())).await
    }
    pub async fn delete(&self, path: &str) -> TestReply {
        self.call("DELETE", path, None).await
    }
    /// Any request; streams are read to their end, so use [`TestClient::open`] for endless ones.
    pub async fn call(&self, method: &str, path: &str, body: Option<Bytes>) -> TestReply {
        let (status, headers, body) = self.open(method, path, body).await;
        let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        TestReply { status, headers, body }
    }
    /// A request whose body is left to the caller.
    pub async fn open(&self, method: &str, path: &str, body: Option<Bytes>) -> (u16, http::HeaderMap, crate::ReplyBody) {
        let mut request = Request::builder().method(method).uri(path).header("host", "argos.test");
        if body.is_some() && !self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let (parts, ()) = request.body(()).expect("a test writes valid requests").into_parts();
        let response = self.web.handle(parts, RequestBody::Given(body), Some(self.ip), false, None).await;
        let (parts, body) = response.into_parts();
        (parts.status.as_u16(), parts.headers, body)
    }
}

/// The frames of a live stream, one by one: a piece of the body may hold several.
pub struct Frames {
    body: crate::ReplyBody,
    rest: String,
}

impl Frames {
    pub fn of(body: crate::ReplyBody) -> Self {
        Self { body, rest: String::new() }
    }
    /// The next frame with its empty line.
    ///
    /// # Panics
    /// When none comes within ten seconds.
    pub async fn next(&mut self) -> String {
        loop {
            if let Some(end) = self.rest.find("\n\n") {
                return self.rest.drain(..end + 2).collect();
            }
            let piece = tokio::time::timeout(std::time::Duration::from_secs(10), self.body.frame()).await;
            let piece = piece.expect("a frame within ten seconds").expect("the stream goes on").expect("the stream is sound");
            self.rest.push_str(std::str::from_utf8(&piece.into_data().unwrap_or_default()).expect("frames are UTF-8"));
        }
    }
}

//! What a handler receives: the operation context, decoded path parameters, the query and the body.

use std::str::FromStr;
use std::sync::Mutex;

use argos_kernel::{AppError, FieldError, Result, Tasks};
use bytes::Bytes;
use futures_util::Stream;
use http::{HeaderMap, Method, Uri};
use serde::de::DeserializeOwned;

use crate::body::{RequestBody, too_large};
use crate::family::Family;
use crate::multipart::{self, MultipartForm};
use crate::query::Query;
use crate::rate::Knock;
use crate::reply::Reply;
use crate::streams::StreamPlace;
use crate::websocket::{self, WebSocket};
use crate::{OpCx, auth};

/// JSON nested deeper than this is refused before it is parsed.
const JSON_DEPTH_MAX: usize = 64;

/// One request on its way to its handler. The credential, the permission and the rate are already judged.
pub struct Req {
    pub(crate) cx: OpCx,
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) params: Vec<(String, String)>,
    pub(crate) query: Query,
    pub(crate) body: Mutex<Option<RequestBody>>,
    pub(crate) body_limit: usize,
    pub(crate) upgrade: Mutex<Option<hyper::upgrade::OnUpgrade>>,
    pub(crate) watch: Mutex<Option<crate::auth::CredentialWatch>>,
    /// Held by the socket this request becomes.
    pub(crate) place: Mutex<Option<StreamPlace>>,
    pub(crate) tasks: Tasks,
    /// Of a socket that proves itself.
    pub(crate) knock: Option<Knock>,
}

impl Req {
    pub fn cx(&self) -> &OpCx {
        &self.cx
    }
    pub fn family(&self) -> Family {
        self.cx.rule.family
    }
    pub fn method(&self) -> &Method {
        &self.method
    }
    pub fn path(&self) -> &str {
        self.uri.path()
    }
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }
    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }
    pub fn cookie(&self, name: &str) -> Option<&str> {
        auth::cookie(&self.headers, name)
    }
    pub fn query(&self) -> &Query {
        &self.query
    }
    /// A decoded path segment; the name is the declaration's.
    pub fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.as_str())
    }
    /// A typed path segment. Malformed is 400 in the edge family, 404 elsewhere (platform spec 3.1).
    pub fn param_as<T: FromStr>(&self, name: &str) -> Result<T> {
        self.param(name).parse().map_err(|_| match self.family() {
            Family::Edge => AppError::bad_request(format!("invalid {name}")).code("invalid_id").with("field", name),
            _ => AppError::not_found("Not found"),
        })
    }
    /// The raw body, at most the route's limit.
    pub async fn bytes(&mut self) -> Result<Bytes> {
        match self.take_body() {
            Some(mut body) => body.read(self.body_limit).await,
            None => Ok(Bytes::new()),
        }
    }
    /// The body as JSON under the family's rules: parse faults and bad fields answer with the documented status and
    /// name the field. An empty body counts as `{}` in the ops family. Unknown members are refused only by types
    /// that derive `deny_unknown_fields`.
    pub async fn json<T: DeserializeOwned>(&mut self) -> Result<T> {
        let raw = self.bytes().await?;
        self.parsed(raw)
    }
    /// The same, or the default when there is no body.
    pub async fn json_or_default<T: DeserializeOwned + Default>(&mut self) -> Result<T> {
        let raw = self.bytes().await?;
        if raw.iter().all(u8::is_ascii_whitespace) { Ok(T::default()) } else { self.parsed(raw) }
    }
    fn parsed<T: DeserializeOwned>(&self, raw: Bytes) -> Result<T> {
        let family = self.family();
        let raw = if raw.iter().all(u8::is_ascii_whitespace) && family == Family::Ops { Bytes::from_static(b"{}") } else { raw };
        if depth_above(&raw, JSON_DEPTH_MAX) {
            return Err(bad_json(family).with("reason", "nested too deeply"));
        }
        if escapes_nul(&raw) {
            return Err(AppError::bad_request("A text may not hold the character NUL").code("invalid_character"));
        }
        let mut de = serde_json::Deserializer::from_slice(&raw);
        let value = serde_path_to_error::deserialize(&mut de).map_err(|e| bad_field(family, &e))?;
        de.end().map_err(|_| bad_json(family))?;
        Ok(value)
    }
    /// A multipart form, at most the route's limit in all.
    pub async fn multipart(&mut self) -> Result<MultipartForm> {
        let content_type = self.header("content-type").unwrap_or_default().to_owned();
        match self.take_body() {
            Some(body) => multipart::read(&content_type, body, self.body_limit).await,
            None => Err(AppError::bad_request("A multipart form is expected")),
        }
    }
    /// A multipart form whose member `file` is written to `path` as it comes: for uploads that do not fit in memory.
    /// `None` when the form has no such member.
    pub async fn multipart_to_file(&mut self, file: &str, path: &std::path::Path) -> Result<Option<MultipartForm>> {
        let content_type = self.header("content-type").unwrap_or_default().to_owned();
        match self.take_body() {
            Some(body) => multipart::save(&content_type, body, self.body_limit, file, path).await,
            None => Err(AppError::bad_request("A multipart form is expected")),
        }
    }
    /// Accepts a WebSocket; it is closed with 4401 once its credential is no longer accepted. `serve` runs as a tracked task until it returns. Messages above `max_message` bytes close it.
    pub fn websocket<F, Fut>(&mut self, max_message: usize, serve: F) -> Result<Reply>
    where
        F: FnOnce(WebSocket) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let upgrade = self.upgrade.lock().ok().and_then(|mut u| u.take());
        let watch = self.watch.lock().ok().and_then(|mut w| w.take());
        let place = self.place.lock().ok().and_then(|mut p| p.take());
        let serve = move |socket| async move {
            serve(socket).await;
            drop(place);
        };
        websocket::accept(&self.headers, (upgrade, watch), &self.tasks, max_message, serve)
    }

    /// The body in pieces as they come, at most the route's limit: for what is handed on without being kept.
    pub fn pieces(&mut self) -> impl Stream<Item = Result<Bytes>> + Send + 'static {
        self.take_body().unwrap_or(RequestBody::Given(None)).into_stream(self.body_limit)
    }
    /// The length the client declared, in bytes.
    pub fn declared_length(&self) -> Option<u64> {
        self.header("content-length").and_then(|v| v.parse().ok())
    }
    /// The allowance of a peer that proves who it is after its socket stands. A handler that never asks pays with the
    /// address too: the request drops it.
    pub fn knock(&mut self) -> Option<Knock> {
        self.knock.take()
    }

    fn take_body(&mut self) -> Option<RequestBody> {
        self.body.lock().ok().and_then(|mut b| b.take())
    }

    /// 413 before anything else when the length is declared and too large.
    pub(crate) fn refuse_declared_length(headers: &HeaderMap, limit: usize) -> Result<()> {
        let declared = headers.get("content-length").and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<u64>().ok());
        if declared.is_some_and(|n| n > limit as u64) { Err(too_large(limit)) } else { Ok(()) }
    }
}

fn bad_json(family: Family) -> AppError {
    if family == Family::Quality {
        let mut e = FieldError::new("", family.bad_json());
        e.loc = vec!["body".to_owned()];
        e.kind = "json_invalid".to_owned();
        return AppError::invalid(vec![e]);
    }
    AppError::bad_request(family.bad_json()).code("invalid_json")
}

fn bad_field(family: Family, error: &serde_path_to_error::Error<serde_json::Error>) -> AppError {
    let inner = error.inner();
    if !inner.is_data() {
        return bad_json(family);
    }
    let path = error.path().to_string();
    // serde names a missing or unknown member only in its text.
    let text = inner.to_string();
    let text = text.split(" at line ").next().unwrap_or_default();
    let named = text.split('`').nth(1).filter(|_| text.starts_with("missing field") || text.starts_with("unknown field"));
    let field = match (path.as_str(), named) {
        (".", Some(name)) => name.to_owned(),
        (".", None) => String::new(),
        (path, Some(name)) if text.starts_with("missing field") => format!("{path}.{name}"),
        (path, _) => path.to_owned(),
    };
    if family.lists_fields() {
        let mut e = FieldError::new("", text);
        e.loc = std::iter::once("body").chain(field.split('.').filter(|s| !s.is_empty())).map(str::to_owned).collect();
        e.kind = if text.starts_with("missing field") { "missing".to_owned() } else { "type_error".to_owned() };
        return AppError::invalid(vec![e]);
    }
    let message = if field.is_empty() || named.is_some() { text.to_owned() } else { format!("{field}: {text}") };
    AppError::bad_request(message).code("invalid_field").with("field", field)
}

/// Whether a string of the document holds an escaped NUL, which no database text can keep.
fn escapes_nul(raw: &[u8]) -> bool {
    let mut i = 0;
    while let Some(at) = raw.get(i..).and_then(|rest| rest.iter().position(|b| *b == b'\\')) {
        let escape = i + at;
        if raw.get(escape + 1..escape + 6).is_some_and(|e| e == b"u0000") {
            return true;
        }
        // The character after a backslash is escaped, be it a backslash itself.
        i = escape + 2;
    }
    false
}

/// Counts brackets outside strings, so that a bomb is refused without recursion.
fn depth_above(raw: &[u8], max: usize) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for b in raw {
        match b {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                if depth > max {
                    return true;
                }
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize, Debug)]
    struct Body {
        #[expect(dead_code, reason = "only its parsing matters")]
        interval: i64,
    }

    fn fail(family: Family, text: &str) -> AppError {
        let mut de = serde_json::Deserializer::from_str(text);
        bad_field(family, &serde_path_to_error::deserialize::<_, Body>(&mut de).unwrap_err())
    }

    #[test]
    fn bad_fields_are_named_in_each_family() {
        let e = fail(Family::Edge, r#"{"interval":"x"}"#);
        assert_eq!(e.kind().status(), 400);
        assert_eq!(e.extra()["field"], "interval");
        let e = fail(Family::Quality, "{}");
        assert_eq!(e.kind().status(), 422);
        assert_eq!(e.fields()[0].loc, ["body", "interval"]);
        assert_eq!(fail(Family::Ops, "{").message(), "Invalid JSON");
    }

    #[test]
    fn escaped_nul_is_found_and_an_escaped_backslash_is_not_one() {
        assert!(escapes_nul(br#"{"a":"x\u0000"}"#) && escapes_nul(br#"["\\\u0000"]"#));
        assert!(!escapes_nul(br#"{"a":"\\u0000"}"#) && !escapes_nul(b"{}"));
    }

    #[test]
    fn depth_counts_brackets_outside_strings_only() {
        assert!(!depth_above(br#"{"a":"[[[[[[\"[[["}"#, 2));
        assert!(depth_above("[".repeat(65).as_bytes(), 64));
        assert!(!depth_above(format!("{}{}", "[".repeat(64), "]".repeat(64)).as_bytes(), 64));
    }
}

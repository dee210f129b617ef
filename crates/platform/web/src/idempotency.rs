//! `Idempotency-Key` (platform spec 3.8): a POST repeated by the same caller with the same body gets the stored reply.
//! Where replies are kept is the store's; this part only decides what is kept. Public routes and senders that prove
//! themselves to the handler are left alone.

use argos_kernel::{AppError, Result};
use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode, header};

use crate::access::AccessRule;
use crate::body::ReplyBody;
use crate::{Caller, Reply};
use argos_kernel::BoxFuture;

const KEY_MAX: usize = 128;
/// Larger replies are not kept; the request then runs again.
const REPLY_BYTES_MAX: usize = 256 * 1024;
/// Larger bodies are not held in memory for the comparison.
const BODY_BYTES_MAX: usize = 10 << 20;
pub(crate) const REPLAYED: &str = "idempotency-replayed";

/// One POST with a key.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Who asks.
    pub principal: String,
    /// Path and query.
    pub route: String,
    pub key: String,
    pub body: Bytes,
}

/// A reply as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptReply {
    pub status: u16,
    pub content_type: Option<String>,
    pub body: Vec<u8>,
}

/// What the store knows of an attempt.
#[derive(Debug)]
pub enum Seen {
    /// Nothing: it is marked as running now.
    New,
    Kept(KeptReply),
    /// The same key came with another body.
    OtherBody,
    /// The first request has not been answered yet.
    Running,
}

/// Keeps replies for 24 hours.
pub trait ReplayStore: Send + Sync + 'static {
    fn begin<'a>(&'a self, attempt: &'a Attempt) -> BoxFuture<'a, Result<Seen>>;
    /// Keeps the reply of an attempt that was new; `None` forgets the attempt.
    fn end<'a>(&'a self, attempt: &'a Attempt, reply: Option<KeptReply>) -> BoxFuture<'a, Result<()>>;
}

/// The key of a request that takes part. A key that is too long or not plain text is 400.
pub(crate) fn key_of(
    rule: &AccessRule,
    method: &Method,
    headers: &http::HeaderMap,
    caller: &Caller,
    body_limit: usize,
) -> Result<Option<String>> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    if *method != Method::POST || caller.is_anonymous() || rule.is_public() || rule.proves_itself() || body_limit > BODY_BYTES_MAX {
        return Ok(None);
    }
    match value.to_str().map(str::trim) {
        Ok(key) if !key.is_empty() && key.len() <= KEY_MAX => Ok(Some(key.to_owned())),
        _ => Err(AppError::bad_request(format!("Idempotency-Key must be 1-{KEY_MAX} characters")).code("invalid_idempotency_key")),
    }
}

/// What is kept of a reply; `None` = nothing, so that the request can be tried again.
pub(crate) fn kept(reply: &Reply) -> Option<KeptReply> {
    let again = reply.status.is_server_error()
        || matches!(reply.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS);
    let ReplyBody::Full(bytes) = &reply.body else { return None };
    let body = bytes.as_ref().map(|b| b.to_vec()).unwrap_or_default();
    if again || body.len() > REPLY_BYTES_MAX || reply.headers.contains_key(header::SET_COOKIE) {
        return None;
    }
    let content_type = reply.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).map(str::to_owned);
    Some(KeptReply { status: reply.status.as_u16(), content_type, body })
}

/// The reply again, marked as such.
pub(crate) fn replayed(kept: KeptReply) -> Reply {
    let mut reply = Reply::new(kept.status);
    if let Some(value) = kept.content_type.and_then(|t| HeaderValue::try_from(t).ok()) {
        reply.headers.insert(header::CONTENT_TYPE, value);
    }
    reply.headers.insert(REPLAYED, HeaderValue::from_static("true"));
    reply.body = ReplyBody::Full(Some(kept.body.into()));
    reply
}

/// 409 for a key that cannot be honoured.
pub(crate) fn conflict(seen: &Seen) -> AppError {
    match seen {
        Seen::OtherBody => AppError::conflict("This Idempotency-Key was used with another body").code("idempotency_key_reused"),
        _ => AppError::conflict("A request with this Idempotency-Key is still running").code("idempotency_key_running"),
    }
}

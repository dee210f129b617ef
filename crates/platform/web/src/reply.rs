//! What a handler answers.

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::auth::{CREDENTIAL_CHECK, CredentialWatch};
use crate::body::{Held, ReplyBody};
use crate::sse::{SseEvent, sse_stream};
use crate::streams::StreamPlace;

/// A response before the web kit adds its own headers.
pub struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: ReplyBody,
}

impl Reply {
    pub fn new(status: u16) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, headers: http::HeaderMap::new(), body: ReplyBody::Full(None) }
    }
    /// 200 with any content.
    pub fn bytes(content_type: &'static str, bytes: impl Into<Bytes>) -> Self {
        let mut reply = Self::new(200);
        reply.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        reply.body = ReplyBody::Full(Some(bytes.into()));
        reply
    }
    /// 200 JSON. A value that cannot be serialised is a defect and answers 500.
    pub fn json<T: Serialize + ?Sized>(value: &T) -> Self {
        match serde_json::to_vec(value) {
            Ok(bytes) => Self::raw_json(bytes),
            Err(error) => {
                tracing::error!(%error, "a reply could not be serialised");
                Self::new(500)
            }
        }
    }
    /// 200 with JSON text made earlier.
    pub fn raw_json(bytes: impl Into<Bytes>) -> Self {
        Self::bytes("application/json", bytes)
    }
    /// 201 JSON.
    pub fn created<T: Serialize + ?Sized>(value: &T) -> Self {
        Self::json(value).status(201)
    }
    pub fn no_content() -> Self {
        Self::new(204)
    }
    pub fn text(text: impl Into<String>) -> Self {
        Self::bytes("text/plain; charset=utf-8", text.into())
    }
    pub fn html(text: impl Into<String>) -> Self {
        Self::bytes("text/html; charset=utf-8", text.into())
    }
    /// A CSV download.
    pub fn csv(file_name: &str, text: impl Into<String>) -> Self {
        Self::bytes("text/csv; charset=utf-8", text.into()).attachment(file_name)
    }
    pub fn redirect(status: u16, location: &str) -> Self {
        Self::new(status).header("location", location)
    }
    /// Server-sent events with heartbeat comments; ends with the stream.
    pub fn sse(events: impl Stream<Item = SseEvent> + Send + 'static) -> Self {
        let mut reply = Self::new(200).header("content-type", "text/event-stream").header("cache-control", "no-cache");
        reply.headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
        reply.body = ReplyBody::Stream(Box::pin(sse_stream(events).map(Ok)));
        reply
    }
    /// A body made piece by piece.
    pub fn stream(content_type: &'static str, pieces: impl Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static) -> Self {
        let mut reply = Self::bytes(content_type, Bytes::new());
        reply.body = ReplyBody::Stream(Box::pin(pieces));
        reply
    }
    /// Ends an event stream once its credential is refused; any other reply stays as it is.
    pub(crate) fn while_valid(mut self, watch: Option<CredentialWatch>) -> Self {
        let streams = self.headers.get(header::CONTENT_TYPE).is_some_and(|v| v == "text/event-stream");
        if let (true, Some(watch), ReplyBody::Stream(_)) = (streams, watch, &self.body)
            && let ReplyBody::Stream(stream) = std::mem::replace(&mut self.body, ReplyBody::Full(None))
        {
            self.body = ReplyBody::Stream(Box::pin(stream.take_until(Box::pin(watch.refused(CREDENTIAL_CHECK)))));
        }
        self
    }
    /// Holds the place of an event stream until it ends.
    pub(crate) fn in_place(mut self, place: Option<StreamPlace>) -> Self {
        if let (Some(place), ReplyBody::Stream(_)) = (place, &self.body)
            && let ReplyBody::Stream(stream) = std::mem::replace(&mut self.body, ReplyBody::Full(None))
        {
            self.body = ReplyBody::Stream(Box::pin(Held { stream, _place: place }));
        }
        self
    }
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        self
    }
    /// Sets a header; a value with line breaks or a bad name is dropped and logged.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            (Ok(name), Ok(value)) => {
                // Several cookies are several headers.
                if name == header::SET_COOKIE {
                    self.headers.append(name, value);
                } else {
                    self.headers.insert(name, value);
                }
            }
            _ => tracing::error!(name, "a reply header was not valid"),
        }
        self
    }
    /// `Content-Disposition: attachment` with a quoted file name.
    #[must_use]
    pub fn attachment(self, file_name: &str) -> Self {
        let safe: String = file_name.chars().map(|c| if c.is_ascii_graphic() && c != '"' && c != '\\' { c } else { '_' }).collect();
        self.header("content-disposition", &format!("attachment; filename=\"{safe}\""))
    }
    #[must_use]
    pub fn total_count(self, total: i64) -> Self {
        self.header("x-total-count", &total.to_string())
    }
    pub fn status_code(&self) -> u16 {
        self.status.as_u16()
    }
}

//! Answers the proxy gives itself.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, LOCATION, RETRY_AFTER};
use http::{Response, StatusCode};

use crate::body::AnswerBody;
use crate::filter::Reply;
use crate::report::Outcome;
use crate::snapshot::Host;

/// An answer in place of a backend's, and why.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) reply: Reply,
    pub(crate) outcome: Outcome,
    pub(crate) retry_after_s: Option<u64>,
    /// The connection is not usable for another request.
    pub(crate) close: bool,
}

impl Refusal {
    pub(crate) fn text(status: StatusCode, outcome: Outcome, text: &'static str) -> Box<Self> {
        Self::reply(Reply::text(status, Bytes::from_static(text.as_bytes())), outcome)
    }

    pub(crate) fn reply(reply: Reply, outcome: Outcome) -> Box<Self> {
        Box::new(Self { reply, outcome, retry_after_s: None, close: false })
    }

    pub(crate) fn bad_request(text: &'static str) -> Box<Self> {
        Self::text(StatusCode::BAD_REQUEST, Outcome::BadRequest, text).closing()
    }

    pub(crate) fn upstream(status: StatusCode, text: &'static str) -> Box<Self> {
        Self::text(status, Outcome::UpstreamFailed, text)
    }

    /// The client's connection ends with this answer.
    pub(crate) fn closing(mut self: Box<Self>) -> Box<Self> {
        self.close = true;
        self
    }

    /// Another try is welcome after so many seconds.
    pub(crate) fn retry_after(mut self: Box<Self>, seconds: u64) -> Box<Self> {
        self.retry_after_s = Some(seconds);
        self
    }

    /// The answer, with the host's own page where it has one. What a rule or a hook says stays as it is.
    pub(crate) fn into_response(self, host: Option<&Host>) -> Response<AnswerBody> {
        let own = !matches!(self.outcome, Outcome::Answered | Outcome::Filtered | Outcome::NotAuthenticated);
        let page = host.filter(|_| own).and_then(|h| h.error_pages.get(&self.reply.status));
        let (content_type, body) = page.cloned().unwrap_or((self.reply.content_type, self.reply.body));
        let is_empty = body.is_empty();
        let mut response = Response::new(AnswerBody::full(body));
        *response.status_mut() = self.reply.status;
        let headers = response.headers_mut();
        if !is_empty {
            headers.insert(CONTENT_TYPE, content_type);
        }
        if let Some(location) = self.reply.location {
            headers.insert(LOCATION, location);
        }
        if let Some(seconds) = self.retry_after_s {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.close {
            headers.insert(http::header::CONNECTION, HeaderValue::from_static("close"));
        }
        if self.reply.status.is_server_error() {
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        response
    }
}

//! A request on its way to a backend over HTTP/1.1: what is still to be written, in as few writes as there can be.

use std::io::IoSlice;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use http::Request;
use http_body::Body as _;
use tokio::io::AsyncWrite as _;

use crate::body::RequestBody;
use crate::h1::{self, Length, Outgoing};
use crate::stream::Stream;

/// What is to be sent.
pub(crate) struct Sending {
    /// A head, the line of a chunk, the end of the body: written before `data`.
    lines: Outgoing,
    data: Bytes,
    body: RequestBody,
    length: Length,
    is_body_over: bool,
    is_chunk_open: bool,
    /// Something was written, or taken from the body: nobody can send the request again.
    has_begun: bool,
    /// Bytes of the body moved since somebody last looked.
    has_moved: bool,
    is_broken: bool,
}

/// Who broke it off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    Client,
    Backend,
}

impl Sending {
    /// Nothing to send.
    pub(crate) fn nothing() -> Self {
        Self {
            lines: Outgoing::default(),
            data: Bytes::new(),
            body: RequestBody::Empty,
            length: Length::None,
            is_body_over: true,
            is_chunk_open: false,
            has_begun: false,
            has_moved: false,
            is_broken: false,
        }
    }

    /// Begins a request; its body is taken until `give_back`.
    pub(crate) fn begin(&mut self, request: &mut Request<RequestBody>) {
        self.body = std::mem::replace(request.body_mut(), RequestBody::Empty);
        self.length = match &self.body {
            RequestBody::Empty => Length::None,
            body => body.size_hint().exact().map_or(Length::Chunked, Length::Known),
        };
        self.is_body_over = self.length == Length::None;
        (self.is_chunk_open, self.has_begun, self.has_moved) = (false, false, false);
        h1::write_head(&mut self.lines, request, self.length);
    }

    /// Hands the body back when nothing of the request was sent. Says whether it did.
    pub(crate) fn give_back(&mut self, request: &mut Request<RequestBody>) -> bool {
        if !self.has_begun {
            *request.body_mut() = std::mem::replace(&mut self.body, RequestBody::Empty);
        }
        !self.has_begun
    }

    /// Whether all that the client gave so far was sent, and more of the body is to come.
    pub(crate) fn waits_for_client(&self) -> bool {
        !self.is_body_over && self.lines.is_empty() && self.data.is_empty()
    }

    /// Whether everything was sent.
    pub(crate) fn is_done(&self) -> bool {
        self.is_body_over && self.lines.is_empty() && self.data.is_empty()
    }

    /// Whether bytes of the body moved since the last time this was asked.
    pub(crate) fn has_moved(&mut self) -> bool {
        std::mem::take(&mut self.has_moved)
    }

    /// Sends what can be sent. Says once who broke it off.
    pub(crate) fn poll(&mut self, stream: &mut Stream, cx: &mut Context<'_>) -> Option<Broken> {
        if self.is_broken || self.is_done() {
            return None;
        }
        let Poll::Ready(Err(broken)) = self.poll_send(stream, cx) else { return None };
        self.is_broken = true;
        Some(broken)
    }

    fn poll_send(&mut self, stream: &mut Stream, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        loop {
            // The head waits for the first bytes of the body, if they are there: most requests are one write.
            if self.data.is_empty() && !self.is_body_over && self.take(cx)?.is_pending() && self.lines.is_empty() {
                ready!(Pin::new(&mut *stream).poll_flush(cx)).map_err(|_| Broken::Backend)?;
                return Poll::Pending;
            }
            if self.lines.is_empty() && self.data.is_empty() {
                if self.is_body_over {
                    return Pin::new(stream).poll_flush(cx).map_err(|_| Broken::Backend);
                }
                continue;
            }
            let written = if self.data.is_empty() {
                ready!(Pin::new(&mut *stream).poll_write(cx, self.lines.rest()))
            } else {
                ready!(Pin::new(&mut *stream).poll_write_vectored(cx, &[IoSlice::new(self.lines.rest()), IoSlice::new(&self.data)]))
            };
            match written {
                Ok(0) | Err(_) => return Poll::Ready(Err(Broken::Backend)),
                Ok(written) => self.advance(written),
            }
        }
    }

    fn advance(&mut self, written: usize) {
        self.has_begun = true;
        let lines = written.min(self.lines.len());
        self.lines.advance(lines);
        self.data.advance(written - lines);
        // The end of a body in chunks is a line: the backend has the whole request only then.
        self.has_moved |= written > lines || self.is_body_over && self.length == Length::Chunked;
    }

    /// Takes the next part of the body.
    fn take(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        self.has_begun = true;
        let frame = frame.transpose().map_err(|_| Broken::Client)?;
        let trailers = match frame.map(http_body::Frame::into_data) {
            Some(Ok(data)) => return Poll::Ready(self.put(data)),
            Some(Err(frame)) => frame.into_trailers().ok(),
            None => None,
        };
        self.is_body_over = true;
        match self.length {
            Length::Chunked => {
                self.end_chunk();
                h1::write_trailers(&mut self.lines, trailers.as_ref());
            }
            // The client sent less than it announced: the backend must not take what follows for the rest.
            Length::Known(1..) => return Poll::Ready(Err(Broken::Client)),
            Length::Known(0) | Length::None => {}
        }
        Poll::Ready(Ok(()))
    }

    fn put(&mut self, data: Bytes) -> Result<(), Broken> {
        match &mut self.length {
            _ if data.is_empty() => return Ok(()),
            Length::Known(left) => {
                *left = left.checked_sub(data.len() as u64).ok_or(Broken::Client)?;
                // A body that is told to be complete needs no other look.
                self.is_body_over = *left == 0;
            }
            Length::Chunked => {
                self.end_chunk();
                h1::write_chunk_size(&mut self.lines, data.len());
                self.is_chunk_open = true;
            }
            Length::None => return Err(Broken::Client),
        }
        self.data = data;
        Ok(())
    }

    fn end_chunk(&mut self) {
        if std::mem::take(&mut self.is_chunk_open) {
            self.lines.put(b"\r\n");
        }
    }
}

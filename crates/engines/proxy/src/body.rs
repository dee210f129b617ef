//! Bodies in both directions, streamed. A request body counts what it hands over and stops at its limit; an answer's body
//! carries what must happen when it ends: its connection is kept, its access record is written.

use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderName;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep};

use crate::access::Ticket;
use crate::activity::Answering;
use crate::compress::Compressed;
use crate::flight::Flight;
use crate::inbound::Inbound;
use crate::snapshot::Host;
use crate::wire_body::WireBody;

/// What became of a request body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Upload {
    /// Nothing was taken from it: the request may be sent again.
    Untouched,
    /// Some of it was sent.
    Begun,
    /// It is larger than the host allows.
    TooLarge,
    /// The client paused for too long.
    TimedOut,
    /// The client broke off or sent nonsense.
    Broken,
}

/// A request body on its way to a backend.
pub(crate) enum RequestBody {
    Empty,
    Streamed(Box<Streamed>),
}

pub(crate) struct Streamed {
    inbound: Inbound,
    left: u64,
    pause_max: Duration,
    /// Made at the first pause, and reset at the others.
    pause: Option<Pin<Box<Sleep>>>,
    is_waiting: bool,
    state: Rc<Cell<Upload>>,
    /// Headers of the host that no client may send, in trailers either.
    reserved: Arc<[HeaderName]>,
}

impl RequestBody {
    pub(crate) fn new(inbound: Inbound, host: &Host, pause_max: Duration, state: &Rc<Cell<Upload>>) -> Self {
        if inbound.is_end_stream() {
            return Self::Empty;
        }
        let left = host.body_bytes_max.unwrap_or(u64::MAX);
        let (state, reserved) = (Rc::clone(state), Arc::clone(&host.reserved_headers));
        Self::Streamed(Box::new(Streamed { inbound, left, pause_max, pause: None, is_waiting: false, state, reserved }))
    }
}

/// A request body cannot go on; `Upload` says why.
#[derive(Debug)]
pub(crate) struct BadUpload;

impl fmt::Display for BadUpload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the request body ended early")
    }
}

impl std::error::Error for BadUpload {}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BadUpload;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BadUpload>>> {
        match self.get_mut() {
            Self::Empty => Poll::Ready(None),
            Self::Streamed(streamed) => streamed.poll(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Streamed(streamed) => streamed.inbound.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Streamed(streamed) => streamed.inbound.size_hint(),
        }
    }
}

impl Streamed {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BadUpload>>> {
        let fail = |state: Upload| {
            self.state.set(state);
            Poll::Ready(Some(Err(BadUpload)))
        };
        if self.state.get() == Upload::Untouched {
            self.state.set(Upload::Begun);
        }
        match self.inbound.poll_frame(cx) {
            Poll::Ready(Some(Ok(mut frame))) => {
                self.is_waiting = false;
                if let Some(data) = frame.data_ref() {
                    match self.left.checked_sub(data.len() as u64) {
                        Some(left) => self.left = left,
                        None => return fail(Upload::TooLarge),
                    }
                } else if let Some(trailers) = frame.trailers_mut() {
                    crate::headers::clean_trailers(trailers, &self.reserved);
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(_))) => fail(Upload::Broken),
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => {
                let pause = self.pause.get_or_insert_with(|| Box::pin(tokio::time::sleep(self.pause_max)));
                if !std::mem::replace(&mut self.is_waiting, true) {
                    pause.as_mut().reset(Instant::now() + self.pause_max);
                }
                if pause.as_mut().poll(cx).is_ready() { fail(Upload::TimedOut) } else { Poll::Pending }
            }
        }
    }
}

/// The answer could not be read to its end.
#[derive(Debug)]
pub(crate) struct BadAnswer(pub(crate) &'static str);

impl fmt::Display for BadAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for BadAnswer {}

/// An answer's body.
pub(crate) struct AnswerBody {
    pub(crate) source: Source,
    pub(crate) ticket: Option<Box<Ticket>>,
    /// Tells an HTTP/2 connection whether its client takes what it asked for.
    pub(crate) answering: Option<Answering>,
}

/// Where an answer's body comes from.
pub(crate) enum Source {
    Full(Option<Bytes>),
    Wire(Box<WireBody>),
    H2(Box<H2Body>),
    Compressed(Box<Compressed>),
}

/// A body over HTTP/2; backends that fall silent are given up.
pub(crate) struct H2Body {
    pub(crate) incoming: Incoming,
    pub(crate) pause_max: Duration,
    pub(crate) pause: Option<Pin<Box<Sleep>>>,
    pub(crate) flight: Flight,
}

impl AnswerBody {
    pub(crate) fn full(bytes: Bytes) -> Self {
        Self { source: Source::Full((!bytes.is_empty()).then_some(bytes)), ticket: None, answering: None }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = BadAnswer;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BadAnswer>>> {
        let this = self.get_mut();
        let frame = this.source.poll_frame(cx);
        if let Some(answering) = &mut this.answering {
            answering.polled(frame.is_ready());
        }
        match &frame {
            Poll::Ready(Some(Ok(frame))) => {
                let record = this.ticket.as_mut().and_then(|ticket| ticket.record.as_mut());
                if let (Some(record), Some(data)) = (record, frame.data_ref()) {
                    record.bytes += data.len() as u64;
                }
                if this.source.is_end_stream() {
                    this.finish();
                }
            }
            Poll::Ready(None) => this.finish(),
            Poll::Ready(Some(Err(_))) => this.ticket = None,
            Poll::Pending => {}
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.source.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        match &self.source {
            Source::Full(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |b| b.len() as u64)),
            Source::Wire(body) => body.size_hint(),
            Source::H2(body) => body.incoming.size_hint(),
            Source::Compressed(_) => SizeHint::default(),
        }
    }
}

impl AnswerBody {
    /// Whether it stands ready as a whole.
    pub(crate) fn is_ready(&self) -> bool {
        matches!(self.source, Source::Full(_))
    }

    /// The answer is complete: the record is written as it stands.
    pub(crate) fn finish(&mut self) {
        if let Some(mut ticket) = self.ticket.take() {
            ticket.complete = true;
        }
    }
}

impl Drop for AnswerBody {
    fn drop(&mut self) {
        // A body without bytes is never polled.
        if self.source.is_end_stream() {
            self.finish();
        }
    }
}

impl Source {
    pub(crate) fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BadAnswer>>> {
        match self {
            Self::Full(bytes) => Poll::Ready(bytes.take().map(|b| Ok(Frame::data(b)))),
            Self::Wire(body) => body.poll_frame(cx),
            Self::H2(body) => body.poll_frame(cx),
            Self::Compressed(body) => body.poll_frame(cx),
        }
    }

    pub(crate) fn is_end_stream(&self) -> bool {
        match self {
            Self::Full(bytes) => bytes.is_none(),
            Self::Wire(body) => body.is_end_stream(),
            Self::H2(body) => body.incoming.is_end_stream(),
            Self::Compressed(_) => false,
        }
    }
}

impl H2Body {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BadAnswer>>> {
        match Pin::new(&mut self.incoming).poll_frame(cx) {
            Poll::Ready(frame) => {
                self.pause = None;
                Poll::Ready(frame.map(|outcome| match outcome {
                    Ok(mut frame) => {
                        if let Some(trailers) = frame.trailers_mut() {
                            crate::headers::clean_trailers(trailers, &[]);
                        }
                        Ok(frame)
                    }
                    Err(_) => {
                        self.flight.failed("broke off its answer");
                        Err(BadAnswer("the backend broke off"))
                    }
                }))
            }
            Poll::Pending => {
                let pause = self.pause.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(Instant::now() + self.pause_max)));
                if pause.as_mut().poll(cx).is_ready() {
                    self.flight.failed("fell silent within its answer");
                    return Poll::Ready(Some(Err(BadAnswer("the backend fell silent"))));
                }
                Poll::Pending
            }
        }
    }
}

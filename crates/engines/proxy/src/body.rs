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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Upload {
    /// Nothing was taken from it: the request may be sent again.
    #[default]
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

/// How a request body gets on, for whoever waits for the answer.
#[derive(Default)]
pub(crate) struct Progress {
    upload: Cell<Upload>,
    /// When a part of it was last taken, its end among them.
    moved_at: Cell<Option<Instant>>,
    waits_for_client: Cell<bool>,
}

impl Progress {
    pub(crate) fn upload(&self) -> Upload {
        self.upload.get()
    }

    pub(crate) fn moved_at(&self) -> Option<Instant> {
        self.moved_at.get()
    }

    /// Whether the backend would take more than the client gave so far.
    pub(crate) fn waits_for_client(&self) -> bool {
        self.waits_for_client.get()
    }
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
    progress: Rc<Progress>,
    /// Headers of the host that no client may send, in trailers either.
    reserved: Arc<[HeaderName]>,
}

impl RequestBody {
    pub(crate) fn new(inbound: Inbound, host: &Host, pause_max: Duration, progress: &Rc<Progress>) -> Self {
        if inbound.is_end_stream() {
            return Self::Empty;
        }
        let left = host.body_bytes_max.unwrap_or(u64::MAX);
        let (progress, reserved) = (Rc::clone(progress), Arc::clone(&host.reserved_headers));
        Self::Streamed(Box::new(Streamed { inbound, left, pause_max, pause: None, is_waiting: false, progress, reserved }))
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

impl Drop for Streamed {
    fn drop(&mut self) {
        self.progress.waits_for_client.set(false);
    }
}

impl Streamed {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BadUpload>>> {
        let fail = |state: Upload| {
            self.progress.upload.set(state);
            Poll::Ready(Some(Err(BadUpload)))
        };
        if self.progress.upload() == Upload::Untouched {
            self.progress.upload.set(Upload::Begun);
        }
        let part = self.inbound.poll_frame(cx);
        self.progress.waits_for_client.set(part.is_pending());
        if part.is_ready() {
            self.progress.moved_at.set(Some(Instant::now()));
        }
        match part {
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
                    self.flight.late("fell silent within its answer", self.pause_max, self.flight.pool.config.answer_timeout);
                    return Poll::Ready(Some(Err(BadAnswer("the backend fell silent"))));
                }
                Poll::Pending
            }
        }
    }
}

//! An HTTP/1.1 connection to a backend, driven by the request that uses it: no task of its own, so no wake-up between
//! tasks. While it is kept idle nobody polls it; it is looked at before it is used again.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::time::{Instant, Sleep};

use crate::body::{BadAnswer, RequestBody};
use crate::flight::Flight;
use crate::stream::Stream;
use crate::worker::Worker;

/// A connection.
pub(crate) struct Wire {
    sender: SendRequest<RequestBody>,
    connection: Pin<Box<dyn Future<Output = Result<(), hyper::Error>>>>,
    is_closed: bool,
    /// Reset for every request, which is cheaper than a new timer.
    deadline: Pin<Box<Sleep>>,
    pub(crate) is_reused: bool,
    pub(crate) idle_since: Instant,
}

/// Why there is no answer.
pub(crate) enum NoAnswer {
    /// Nothing of the request was sent; here it is again.
    Unsent(Box<Request<RequestBody>>),
    /// The connection ended before a byte of the answer.
    Closed,
    /// The answer took too long.
    TimedOut,
    /// The answer was no HTTP.
    Bad,
}

impl Wire {
    /// Prepares a connected stream.
    pub(crate) async fn new(stream: Stream) -> Result<Box<Self>, hyper::Error> {
        let mut builder = http1::Builder::new();
        builder.max_buf_size(64 << 10);
        let (sender, connection) = builder.handshake(TokioIo::new(stream)).await?;
        let deadline = Box::pin(tokio::time::sleep(Duration::from_secs(3600)));
        let connection = Box::pin(connection.with_upgrades());
        Ok(Box::new(Self { sender, connection, is_closed: false, deadline, is_reused: false, idle_since: Instant::now() }))
    }

    fn drive(&mut self, cx: &mut Context<'_>) {
        if !self.is_closed && self.connection.as_mut().poll(cx).is_ready() {
            self.is_closed = true;
        }
    }

    /// Whether another request can be sent.
    pub(crate) fn is_usable(&mut self) -> bool {
        self.drive(&mut Context::from_waker(Waker::noop()));
        !self.is_closed && self.sender.is_ready()
    }

    /// Sends a request and waits for the head of the answer.
    pub(crate) async fn send(&mut self, request: Request<RequestBody>, wait_max: Duration) -> Result<Response<Incoming>, NoAnswer> {
        let mut answer = pin!(self.sender.try_send_request(request));
        self.deadline.as_mut().reset(Instant::now() + wait_max);
        poll_fn(|cx| {
            // The connection first: it sends, reads and then has the answer ready.
            self.drive(cx);
            if let Poll::Ready(answer) = answer.as_mut().poll(cx) {
                return Poll::Ready(answer.map_err(|mut e| match e.take_message() {
                    Some(request) => NoAnswer::Unsent(Box::new(request)),
                    None if e.error().is_incomplete_message() || e.error().is_canceled() || is_reset(e.error()) => NoAnswer::Closed,
                    None => NoAnswer::Bad,
                }));
            }
            self.deadline.as_mut().poll(cx).map(|()| Err(NoAnswer::TimedOut))
        })
        .await
    }

    /// Drives the connection until it is handed over after a 101.
    pub(crate) async fn hand_over(mut self: Box<Self>) {
        poll_fn(|cx| {
            self.drive(cx);
            if self.is_closed { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

/// Whether the peer reset the connection or had closed it.
fn is_reset(error: &hyper::Error) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected};
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if let Some(io) = cause.downcast_ref::<std::io::Error>() {
            return matches!(io.kind(), BrokenPipe | ConnectionReset | ConnectionAborted | NotConnected);
        }
        source = cause.source();
    }
    false
}

/// The body of an answer, which drives its connection and hands it back at the end.
pub(crate) struct WireBody {
    incoming: Incoming,
    /// Read before the head was passed on.
    ahead: Option<Bytes>,
    wire: Option<Box<Wire>>,
    pause_max: Duration,
    is_waiting: bool,
    worker: Rc<Worker>,
    flight: Flight,
}

impl WireBody {
    pub(crate) fn new(incoming: Incoming, wire: Box<Wire>, pause_max: Duration, worker: Rc<Worker>, flight: Flight) -> Self {
        let mut body = Self { incoming, ahead: None, wire: Some(wire), pause_max, is_waiting: false, worker, flight };
        if body.incoming.is_end_stream() {
            body.give_back();
        }
        body
    }

    /// The whole body, when it is there already. Most small answers come in one piece with their head.
    pub(crate) fn take_small(&mut self, cx: &mut Context<'_>) -> Option<Bytes> {
        if self.incoming.is_end_stream() {
            return Some(Bytes::new());
        }
        if let Poll::Ready(Some(Ok(frame))) = self.poll_frame(cx)
            && let Ok(data) = frame.into_data()
        {
            if self.incoming.is_end_stream() {
                return Some(data);
            }
            self.ahead = Some(data);
        }
        None
    }

    pub(crate) fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BadAnswer>>> {
        if let Some(data) = self.ahead.take() {
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        let mut frame = Pin::new(&mut self.incoming).poll_frame(cx);
        if frame.is_pending()
            && let Some(wire) = &mut self.wire
        {
            wire.drive(cx);
            frame = Pin::new(&mut self.incoming).poll_frame(cx);
        }
        match frame {
            Poll::Ready(Some(Ok(mut frame))) => {
                self.is_waiting = false;
                if let Some(trailers) = frame.trailers_mut() {
                    crate::headers::clean_trailers(trailers, &[]);
                }
                if self.incoming.is_end_stream() {
                    self.give_back();
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(_))) => {
                self.flight.failed("broke off its answer");
                Poll::Ready(Some(Err(BadAnswer("the backend broke off"))))
            }
            Poll::Ready(None) => {
                self.give_back();
                Poll::Ready(None)
            }
            Poll::Pending => self.wait(cx),
        }
    }

    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BadAnswer>>> {
        let Some(wire) = &mut self.wire else { return Poll::Pending };
        if !self.is_waiting {
            self.is_waiting = true;
            wire.deadline.as_mut().reset(Instant::now() + self.pause_max);
        }
        if wire.deadline.as_mut().poll(cx).is_ready() {
            self.flight.failed("fell silent within its answer");
            return Poll::Ready(Some(Err(BadAnswer("the backend fell silent"))));
        }
        Poll::Pending
    }

    fn give_back(&mut self) {
        if let Some(wire) = self.wire.take() {
            self.worker.keep(&self.flight, wire);
        }
    }

    pub(crate) fn is_end_stream(&self) -> bool {
        self.ahead.is_none() && self.incoming.is_end_stream()
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        let mut hint = self.incoming.size_hint();
        if let (Some(data), Some(rest)) = (&self.ahead, hint.exact()) {
            hint = SizeHint::with_exact(rest + data.len() as u64);
        }
        hint
    }
}

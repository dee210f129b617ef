//! An HTTP/1.1 connection to a backend, driven by the request that uses it: no task of its own, so no wake-up between
//! tasks. While it is kept idle nobody polls it; it is looked at before it is used again.

use std::future::{Future as _, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, Request, StatusCode};
use tokio::io::{AsyncRead as _, AsyncReadExt as _, ReadBuf};
use tokio::time::{Instant, Sleep};

use crate::body::RequestBody;
use crate::h1::{self, BadChunk, BadHead, Chunked, Framing, Head, Lines, Part};
use crate::sending::Sending;
use crate::stream::Stream;

/// Room to read a head, and a body that is long.
const ROOM: usize = 8 << 10;
const ROOM_LONG: usize = 64 << 10;
/// Interim answers before the real one.
const INTERIM_MAX: u32 = 16;

/// A connection.
pub(crate) struct Wire {
    stream: Stream,
    read: BytesMut,
    lines: Lines,
    sending: Sending,
    body: Decoder,
    /// Whether the backend lets another request follow.
    keeps_alive: bool,
    /// Reset for every request, which is cheaper than a new timer.
    deadline: Pin<Box<Sleep>>,
    pub(crate) is_reused: bool,
    pub(crate) idle_since: std::time::Instant,
}

/// Reads the body of an answer.
enum Decoder {
    Length(u64),
    Chunked(Chunked),
    Close,
    End,
}

/// The head of an answer; its body is read from the wire.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// Bytes of the body, when the head tells.
    pub(crate) length: Option<u64>,
    /// Whether it has headers of one hop.
    pub(crate) has_hop: bool,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// Nothing of the request was sent; it may be sent again as it is.
    Unsent,
    /// The connection ended before a byte of the answer.
    Closed,
    /// The answer took too long.
    TimedOut,
    /// The answer was no HTTP.
    Bad,
    /// The answer's length can be read in more than one way.
    Ambiguous,
}

/// A piece of an answer's body.
pub(crate) enum Piece {
    Data(Bytes),
    Trailers(HeaderMap),
    End,
}

/// The backend broke off, or sent another body than its head announced.
#[derive(Debug)]
pub(crate) struct BrokenOff;

impl From<BadChunk> for BrokenOff {
    fn from(_: BadChunk) -> Self {
        Self
    }
}

impl From<io::Error> for BrokenOff {
    fn from(_: io::Error) -> Self {
        Self
    }
}

impl Wire {
    pub(crate) fn new(stream: Stream) -> Box<Self> {
        Box::new(Self {
            stream,
            read: BytesMut::new(),
            lines: Lines::new(),
            sending: Sending::nothing(),
            body: Decoder::End,
            keeps_alive: true,
            deadline: Box::pin(tokio::time::sleep(Duration::from_secs(3600))),
            is_reused: false,
            idle_since: std::time::Instant::now(),
        })
    }

    /// Whether the exchange is over on both sides and the backend lets another one follow.
    pub(crate) fn is_done(&self) -> bool {
        self.keeps_alive && self.read.is_empty() && self.sending.is_done() && self.is_end()
    }

    /// Whether another request can be sent: a backend that closed, or said something unasked, is not asked again.
    pub(crate) fn is_usable(&mut self) -> bool {
        let mut byte = [0u8; 1];
        let mut byte = ReadBuf::new(&mut byte);
        let mut cx = Context::from_waker(Waker::noop());
        self.is_done() && Pin::new(&mut self.stream).poll_read(&mut cx, &mut byte).is_pending()
    }

    /// Sends a request and waits for the head of the answer. The request stays the caller's; its body is taken unless
    /// nothing could be sent. `now` may be a moment ago.
    pub(crate) async fn send(
        &mut self,
        request: &mut Request<RequestBody>,
        now: std::time::Instant,
        wait_max: Duration,
    ) -> Result<Answer, NoAnswer> {
        let is_head = request.method() == Method::HEAD;
        self.sending.begin(request);
        self.deadline.as_mut().reset(Instant::from_std(now) + wait_max);
        let mut interim = 0;
        let outcome = poll_fn(|cx| {
            // A backend may answer before it has read everything; so one that takes no more is still heard.
            let broken = self.sending.poll(&mut self.stream, cx);
            match self.poll_head(is_head, &mut interim, cx) {
                Poll::Pending => {}
                ready => return ready,
            }
            if broken.is_some() {
                return Poll::Ready(Err(NoAnswer::Closed));
            }
            // The time for the answer begins when the body is with the backend.
            if self.sending.has_moved() {
                self.deadline.as_mut().reset(Instant::now() + wait_max);
            }
            while self.deadline.as_mut().poll(cx).is_ready() {
                // It waits for the client, who has a time of its own.
                if !self.sending.waits_for_client() {
                    return Poll::Ready(Err(NoAnswer::TimedOut));
                }
                self.deadline.as_mut().reset(Instant::now() + wait_max);
            }
            Poll::Pending
        })
        .await;
        let head = outcome.map_err(|failure| {
            self.keeps_alive = false;
            let is_unsent = self.sending.give_back(request) && failure == NoAnswer::Closed;
            if is_unsent { NoAnswer::Unsent } else { failure }
        })?;
        self.keeps_alive &= head.keeps_alive;
        let length = if let Framing::Length(length) = head.framing { Some(length) } else { None };
        self.body = match head.framing {
            Framing::Length(0) => Decoder::End,
            Framing::Length(length) => Decoder::Length(length),
            Framing::Chunked => Decoder::Chunked(Chunked::new()),
            Framing::Close => Decoder::Close,
        };
        Ok(Answer { status: head.status, headers: head.headers, length, has_hop: head.has_hop })
    }

    fn poll_head(&mut self, is_head: bool, interim: &mut u32, cx: &mut Context<'_>) -> Poll<Result<Head, NoAnswer>> {
        loop {
            let parsed = if self.read.is_empty() { Ok(None) } else { h1::parse(&mut self.read, is_head, &mut self.lines) };
            match parsed {
                Ok(Some(head)) if head.status.is_informational() && head.status != StatusCode::SWITCHING_PROTOCOLS => {
                    *interim += 1;
                    if *interim > INTERIM_MAX {
                        return Poll::Ready(Err(NoAnswer::Bad));
                    }
                }
                Ok(Some(head)) => return Poll::Ready(Ok(head)),
                Err(BadHead::Ambiguous) => return Poll::Ready(Err(NoAnswer::Ambiguous)),
                Err(BadHead::Invalid) => return Poll::Ready(Err(NoAnswer::Bad)),
                Ok(None) => match ready!(self.poll_read(ROOM, cx)) {
                    Ok(1..) => {}
                    Ok(0) | Err(_) if !self.read.is_empty() => return Poll::Ready(Err(NoAnswer::Bad)),
                    Ok(0) | Err(_) => return Poll::Ready(Err(NoAnswer::Closed)),
                },
            }
        }
    }

    /// The next piece of the answer's body. What is left of the request goes on meanwhile.
    pub(crate) fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Result<Piece, BrokenOff>> {
        // Whoever breaks off the request, the answer to it has begun.
        self.keeps_alive &= self.sending.poll(&mut self.stream, cx).is_none();
        loop {
            match &mut self.body {
                Decoder::End => return Poll::Ready(Ok(Piece::End)),
                Decoder::Length(left) if !self.read.is_empty() => {
                    let taken = usize::try_from(*left).unwrap_or(usize::MAX).min(self.read.len());
                    *left -= taken as u64;
                    if *left == 0 {
                        self.body = Decoder::End;
                    }
                    return Poll::Ready(Ok(Piece::Data(self.read.split_to(taken).freeze())));
                }
                Decoder::Close if !self.read.is_empty() => return Poll::Ready(Ok(Piece::Data(self.read.split().freeze()))),
                Decoder::Chunked(chunked) => {
                    let part = chunked.next(&mut self.read)?;
                    if chunked.is_end() {
                        self.body = Decoder::End;
                    }
                    match part {
                        Part::Data(data) => return Poll::Ready(Ok(Piece::Data(data))),
                        Part::Trailers(trailers) => return Poll::Ready(Ok(Piece::Trailers(trailers))),
                        Part::End => continue,
                        Part::More => {}
                    }
                }
                Decoder::Length(_) | Decoder::Close => {}
            }
            if ready!(self.poll_read(ROOM_LONG, cx))? == 0 {
                if !matches!(self.body, Decoder::Close) {
                    return Poll::Ready(Err(BrokenOff));
                }
                self.body = Decoder::End;
            }
        }
    }

    /// Whether the answer's body was read to its end.
    pub(crate) fn is_end(&self) -> bool {
        matches!(self.body, Decoder::End)
    }

    /// Sets the time by which the next piece must be there; `poll_late` tells when it is over.
    pub(crate) fn wait(&mut self, pause_max: Duration) {
        self.deadline.as_mut().reset(Instant::now() + pause_max);
    }

    pub(crate) fn poll_late(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.deadline.as_mut().poll(cx)
    }

    /// The stream after a 101, and what the backend already said on it.
    pub(crate) fn into_stream(self) -> (Stream, Bytes) {
        (self.stream, self.read.freeze())
    }

    fn poll_read(&mut self, room: usize, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        // What was read is shared by those it was handed to: room is made seldom, and then enough of it.
        if self.read.capacity() - self.read.len() < room / 8 {
            self.read.reserve(room);
        }
        pin!(self.stream.read_buf(&mut self.read)).poll(cx)
    }
}

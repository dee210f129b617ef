//! The client's end of an HTTP/1.1 connection: what was read of it, how far the body of the request in progress is, and
//! what is still to be written. One task drives it; the loop over requests and the body of a request share it.

use std::cell::RefCell;
use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes, BytesMut};
use http_body::{Frame, SizeHint};
use tokio::io::{AsyncRead as _, AsyncReadExt as _, AsyncWrite as _, ReadBuf};
use tokio::sync::oneshot;

use crate::body::BadUpload;
use crate::h1::{Asked, BadRequest, BodyLength, Chunked, HeadLimits, Lines, Outgoing, Part, parse_request};
use crate::stream::Stream;

/// Room to read a head, and a body that is long.
const ROOM: usize = 8 << 10;
const ROOM_LONG: usize = 64 << 10;
/// A part of an answer so small is copied behind its head: the system takes one piece cheaper than several.
const COPIED_MAX: usize = 1 << 10;
/// Bytes of a body nobody wants that are read over, so that the connection can be kept.
const SKIPPED_MAX: usize = 64 << 10;

/// The stream after a change of protocol, and what the client already said on it.
pub(crate) type Raw = (Stream, Bytes);

/// The client's end.
pub(crate) struct Front {
    stream: Stream,
    read: BytesMut,
    lines: Lines,
    body: Rest,
    /// Counts the requests: a body that outlives its request must not read the next one.
    number: u64,
    wants_continue: bool,
    /// Written in this order.
    head: Outgoing,
    data: Bytes,
    tail: &'static [u8],
    /// A part of the answer waits among the bytes of `head`.
    is_copied: bool,
    /// Gets the raw connection when the answer that switches protocols is written.
    successor: Option<oneshot::Sender<Raw>>,
}

/// What is left of the body of the request in progress.
enum Rest {
    Length(u64),
    Chunked(Chunked),
    End,
    /// It broke off, or was in no known coding: nothing behind it can be read.
    Broken,
    /// The answer began before the client was told to send it: what comes next may be the body, or may be a request, so
    /// neither is read.
    Uninvited,
}

/// What comes on a connection.
#[expect(clippy::large_enum_variant, reason = "it is taken apart at once, and one allocation per request is one too many")]
pub(crate) enum Next {
    Head(Asked),
    /// The client ended it.
    Closed,
    Bad(BadRequest),
}

impl Front {
    pub(crate) fn new(stream: Stream) -> Self {
        Self {
            stream,
            read: BytesMut::new(),
            lines: Lines::new(),
            body: Rest::End,
            number: 0,
            wants_continue: false,
            head: Outgoing::default(),
            data: Bytes::new(),
            tail: b"",
            is_copied: false,
            successor: None,
        }
    }

    /// Waits for the next request.
    pub(crate) fn poll_next(&mut self, limits: HeadLimits, cx: &mut Context<'_>) -> Poll<Next> {
        loop {
            let parsed = if self.read.is_empty() { Ok(None) } else { parse_request(&mut self.read, limits, &mut self.lines) };
            match parsed {
                Ok(Some(asked)) => {
                    self.number += 1;
                    self.wants_continue = asked.wants_continue;
                    self.body = match asked.length {
                        BodyLength::Known(0) => Rest::End,
                        BodyLength::Known(length) => Rest::Length(length),
                        BodyLength::Chunked => Rest::Chunked(Chunked::new()),
                    };
                    return Poll::Ready(Next::Head(asked));
                }
                Err(bad) => {
                    self.body = Rest::Broken;
                    return Poll::Ready(Next::Bad(bad));
                }
                Ok(None) => match ready!(self.poll_read(ROOM, cx)) {
                    Ok(1..) => {}
                    Ok(0) | Err(_) => return Poll::Ready(Next::Closed),
                },
            }
        }
    }

    /// Whether a part of a head is here.
    pub(crate) fn has_begun(&self) -> bool {
        !self.read.is_empty()
    }

    /// Whether the body of the request in progress was read to its end.
    pub(crate) fn is_body_over(&self) -> bool {
        matches!(self.body, Rest::End)
    }

    /// Whether the client is gone. Not known while more of it waits to be read.
    pub(crate) fn is_gone(&mut self, cx: &mut Context<'_>) -> bool {
        self.is_body_over() && self.read.is_empty() && matches!(self.poll_read(ROOM, cx), Poll::Ready(Ok(0) | Err(_)))
    }

    fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BadUpload>>> {
        if std::mem::take(&mut self.wants_continue) && self.read.is_empty() {
            self.head.put(b"HTTP/1.1 100 Continue\r\n\r\n");
        }
        if !self.head.is_empty() && matches!(self.poll_write(cx), Poll::Ready(Err(_))) {
            self.body = Rest::Broken;
        }
        loop {
            let room = match &mut self.body {
                Rest::End => return Poll::Ready(None),
                Rest::Broken => return Poll::Ready(Some(Err(BadUpload))),
                // Whoever waits for it goes with the answer.
                Rest::Uninvited => return Poll::Pending,
                Rest::Length(left) if !self.read.is_empty() => {
                    let taken = usize::try_from(*left).unwrap_or(usize::MAX).min(self.read.len());
                    *left -= taken as u64;
                    if *left == 0 {
                        self.body = Rest::End;
                    }
                    return Poll::Ready(Some(Ok(Frame::data(self.read.split_to(taken).freeze()))));
                }
                Rest::Length(left) => usize::try_from(*left).unwrap_or(usize::MAX).clamp(ROOM, ROOM_LONG),
                Rest::Chunked(chunked) => {
                    let part = chunked.next(&mut self.read);
                    if chunked.is_end() {
                        self.body = Rest::End;
                    }
                    match part {
                        Ok(Part::Data(data)) => return Poll::Ready(Some(Ok(Frame::data(data)))),
                        Ok(Part::Trailers(trailers)) => return Poll::Ready(Some(Ok(Frame::trailers(trailers)))),
                        Ok(Part::More) => ROOM_LONG,
                        Ok(Part::End) => continue,
                        Err(_) => {
                            self.body = Rest::Broken;
                            continue;
                        }
                    }
                }
            };
            if !matches!(ready!(self.poll_read(room, cx)), Ok(1..)) {
                self.body = Rest::Broken;
            }
        }
    }

    /// The final answer begins: nobody is told to go on with the body any more, and what is here of it is read over. Says
    /// whether the body is over.
    pub(crate) fn skip_body(&mut self, cx: &mut Context<'_>) -> bool {
        if self.is_body_over() {
            return true;
        }
        // Whoever still reads it must not take what is left for all of it.
        self.number += 1;
        // A client that was not told to go on may send the body, or may not: what comes next cannot be known.
        if std::mem::take(&mut self.wants_continue) {
            self.body = Rest::Broken;
        }
        let mut skipped = 0;
        while !self.is_body_over() && skipped < SKIPPED_MAX {
            let Poll::Ready(Some(Ok(frame))) = self.poll_body(cx) else { break };
            skipped += frame.data_ref().map_or(0, Bytes::len);
        }
        self.is_body_over()
    }

    /// The final answer begins.
    pub(crate) fn begin_answer(&mut self) -> &mut Outgoing {
        if std::mem::take(&mut self.wants_continue) && !self.is_body_over() {
            self.body = Rest::Uninvited;
        }
        &mut self.head
    }

    /// Whether the last part of the answer is written, all but its head.
    pub(crate) fn has_room(&self) -> bool {
        self.data.is_empty() && self.tail.is_empty() && !self.is_copied
    }

    /// Puts a part of the answer behind its head or the line of a chunk.
    pub(crate) fn put(&mut self, data: Bytes, tail: &'static [u8]) {
        if data.len() <= COPIED_MAX {
            self.head.put(&data);
            self.head.put(tail);
            self.is_copied = true;
        } else {
            (self.data, self.tail) = (data, tail);
        }
    }

    /// What is written before the next part.
    pub(crate) fn line(&mut self) -> &mut Outgoing {
        &mut self.head
    }

    /// Writes what was put.
    pub(crate) fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.head.is_empty() || !self.data.is_empty() || !self.tail.is_empty() {
            let stream = Pin::new(&mut self.stream);
            let written = if self.data.is_empty() && self.tail.is_empty() {
                ready!(stream.poll_write(cx, self.head.rest()))?
            } else {
                let parts = [IoSlice::new(self.head.rest()), IoSlice::new(&self.data), IoSlice::new(self.tail)];
                ready!(stream.poll_write_vectored(cx, &parts))?
            };
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            let of_head = written.min(self.head.len());
            self.head.advance(of_head);
            let of_data = (written - of_head).min(self.data.len());
            self.data.advance(of_data);
            self.tail = self.tail.get(written - of_head - of_data..).unwrap_or_default();
        }
        self.is_copied = false;
        Poll::Ready(Ok(()))
    }

    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    /// Ends our direction.
    pub(crate) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    /// Whether nothing more of the client is here.
    pub(crate) fn is_quiet(&self) -> bool {
        self.is_body_over() && self.read.is_empty()
    }

    /// Reads on until the client ends its direction too.
    pub(crate) fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.read.clear();
        let mut buffer = [0u8; 4 << 10];
        loop {
            let mut over = ReadBuf::new(&mut buffer);
            match ready!(Pin::new(&mut self.stream).poll_read(cx, &mut over)) {
                Ok(()) if !over.filled().is_empty() => {}
                _ => return Poll::Ready(()),
            }
        }
    }

    /// Who gets the raw connection, when protocols were switched.
    pub(crate) fn take_successor(&mut self) -> Option<oneshot::Sender<Raw>> {
        self.successor.take()
    }

    pub(crate) fn into_raw(self) -> Raw {
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

/// The body of a client's request over HTTP/1.1, and the way to its connection.
pub(crate) struct FrontBody {
    front: Rc<RefCell<Front>>,
    number: u64,
    is_over: bool,
}

impl FrontBody {
    /// Of the request whose head was read last.
    pub(crate) fn new(front: &Rc<RefCell<Front>>) -> Self {
        let (number, is_over) = (front.borrow().number, front.borrow().is_body_over());
        Self { front: Rc::clone(front), number, is_over }
    }

    pub(crate) fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BadUpload>>> {
        let mut front = self.front.borrow_mut();
        if self.is_over {
            return Poll::Ready(None);
        }
        if front.number != self.number {
            return Poll::Ready(Some(Err(BadUpload)));
        }
        let frame = front.poll_body(cx);
        self.is_over = front.is_body_over();
        frame
    }

    pub(crate) fn is_end_stream(&self) -> bool {
        self.is_over
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        match self.front.borrow().body {
            _ if self.is_over => SizeHint::with_exact(0),
            Rest::Length(left) => SizeHint::with_exact(left),
            Rest::Chunked(_) | Rest::Broken | Rest::Uninvited | Rest::End => SizeHint::default(),
        }
    }

    /// Asks for the raw connection after the answer to this request.
    pub(crate) fn succeed(self) -> oneshot::Receiver<Raw> {
        let (sender, receiver) = oneshot::channel();
        self.front.borrow_mut().successor = Some(sender);
        receiver
    }
}

//! The body of an answer over HTTP/1.1: drives its connection and hands it back at the end.

use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Frame, SizeHint};

use crate::body::BadAnswer;
use crate::flight::Flight;
use crate::wire::{Piece, Wire};
use crate::worker::Worker;

pub(crate) struct WireBody {
    /// Gone when the answer is over.
    wire: Option<Box<Wire>>,
    /// Read before the head was passed on.
    ahead: Option<Option<Result<Frame<Bytes>, BadAnswer>>>,
    /// Bytes still to come, when the head told.
    left: Option<u64>,
    pause_max: Duration,
    is_waiting: bool,
    worker: Rc<Worker>,
    flight: Flight,
}

impl WireBody {
    pub(crate) fn new(wire: Box<Wire>, length: Option<u64>, pause_max: Duration, worker: Rc<Worker>, flight: Flight) -> Self {
        let mut body = Self { wire: Some(wire), ahead: None, left: length, pause_max, is_waiting: false, worker, flight };
        body.give_back_at_end();
        body
    }

    /// The whole body, when it is there already. Most small answers come in one piece with their head.
    pub(crate) fn take_small(&mut self, cx: &mut Context<'_>) -> Option<Bytes> {
        if self.wire.is_none() {
            return Some(Bytes::new());
        }
        let Poll::Ready(mut frame) = self.poll_frame(cx) else { return None };
        if let Some(Ok(data)) = &mut frame
            && let Some(data) = data.data_mut()
        {
            if self.wire.is_none() {
                return Some(std::mem::take(data));
            }
            self.left = self.left.map(|left| left + data.len() as u64);
        }
        self.ahead = Some(frame);
        None
    }

    pub(crate) fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BadAnswer>>> {
        if let Some(frame) = self.ahead.take() {
            let data = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref()).map_or(0, Bytes::len);
            self.left = self.left.map(|left| left.saturating_sub(data as u64));
            return Poll::Ready(frame);
        }
        let Some(wire) = &mut self.wire else { return Poll::Ready(None) };
        let piece = wire.poll_piece(cx);
        if piece.is_ready() {
            self.is_waiting = false;
            self.give_back_at_end();
        }
        match piece {
            Poll::Ready(Ok(Piece::Data(data))) => {
                self.left = self.left.map(|left| left.saturating_sub(data.len() as u64));
                Poll::Ready(Some(Ok(Frame::data(data))))
            }
            Poll::Ready(Ok(Piece::Trailers(mut trailers))) => {
                crate::headers::clean_trailers(&mut trailers, &[]);
                Poll::Ready(Some(Ok(Frame::trailers(trailers))))
            }
            Poll::Ready(Ok(Piece::End)) => Poll::Ready(None),
            Poll::Ready(Err(_)) => {
                self.flight.failed("broke off its answer");
                Poll::Ready(Some(Err(BadAnswer("the backend broke off"))))
            }
            Poll::Pending => self.wait(cx),
        }
    }

    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BadAnswer>>> {
        let Some(wire) = &mut self.wire else { return Poll::Pending };
        if !self.is_waiting {
            self.is_waiting = true;
            wire.wait(self.pause_max);
        }
        if wire.poll_late(cx).is_ready() {
            self.flight.late("fell silent within its answer", self.pause_max, self.flight.pool.config.answer_timeout);
            return Poll::Ready(Some(Err(BadAnswer("the backend fell silent"))));
        }
        Poll::Pending
    }

    fn give_back_at_end(&mut self) {
        if let Some(wire) = self.wire.take_if(|wire| wire.is_end()) {
            self.worker.keep(&self.flight, wire);
        }
    }

    pub(crate) fn is_end_stream(&self) -> bool {
        self.ahead.is_none() && self.wire.is_none()
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

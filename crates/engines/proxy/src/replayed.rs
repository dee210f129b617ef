//! A request body whose begin was read before it was known whether the request goes on: the begin is kept and comes again,
//! the rest follows from the client.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body::{Frame, SizeHint};

use crate::body::BadUpload;
use crate::inbound::Inbound;

/// Why the begin of a body could not be read.
#[derive(Debug)]
pub(crate) enum NoBody {
    /// The client paused for too long.
    TimedOut,
    /// It broke off or sent nonsense.
    Broken,
}

/// A body with what was read of it.
pub(crate) struct Replayed {
    read: VecDeque<Frame<Bytes>>,
    rest: Inbound,
}

impl Replayed {
    /// Reads until `wanted` bytes are there or the body ends, and shows them. Each pause of the client may last `pause_max`.
    pub(crate) async fn read(mut rest: Inbound, wanted: usize, pause_max: Duration) -> Result<(Self, Bytes), NoBody> {
        let (mut read, mut shown) = (VecDeque::new(), BytesMut::new());
        while shown.len() < wanted && !rest.is_end_stream() {
            let next = tokio::time::timeout(pause_max, poll_fn(|cx| rest.poll_frame(cx))).await;
            let Some(frame) = next.map_err(|_| NoBody::TimedOut)?.transpose().map_err(|_| NoBody::Broken)? else { break };
            if let Some(data) = frame.data_ref() {
                shown.extend_from_slice(&data[..data.len().min(wanted - shown.len())]);
            }
            read.push_back(frame);
        }
        Ok((Self { read, rest }, shown.freeze()))
    }

    pub(crate) fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BadUpload>>> {
        match self.read.pop_front() {
            Some(frame) => Poll::Ready(Some(Ok(frame))),
            None if self.rest.is_end_stream() => Poll::Ready(None),
            None => self.rest.poll_frame(cx),
        }
    }

    pub(crate) fn is_end_stream(&self) -> bool {
        self.read.is_empty() && self.rest.is_end_stream()
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        let kept = self.read.iter().filter_map(|frame| frame.data_ref()).map(|data| data.len() as u64).sum::<u64>();
        let (mut hint, rest) = (SizeHint::new(), self.rest.size_hint());
        hint.set_lower(kept.saturating_add(rest.lower()));
        // Trailers need a body without a declared length.
        let has_trailers = self.read.iter().any(Frame::is_trailers);
        if let Some(upper) = rest.upper().filter(|_| !has_trailers) {
            hint.set_upper(kept.saturating_add(upper));
        }
        hint
    }
}

//! A request body whose begin was read before it was known whether the request goes on: the begin is kept and comes again,
//! the rest follows from the client. It is kept as one piece, whatever pieces it came in: a frame is a hundred times as
//! large as the one byte that a client may put into it.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body::{Frame, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::body::BadUpload;
use crate::inbound::Inbound;

/// Why the begin of a body could not be read.
#[derive(Debug)]
pub(crate) enum NoBody {
    /// The client paused for too long.
    TimedOut,
    /// It broke off or sent nonsense.
    Broken,
    /// All requests together hold as much as they may.
    NoRoom,
}

/// Room is given out in pieces of so many bytes.
pub(crate) const PIECE: usize = 4 << 10;
/// How long a request waits for room.
const WAIT: Duration = Duration::from_secs(2);

/// Room for so many bytes.
pub(crate) fn room(bytes: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new((bytes / PIECE).min(Semaphore::MAX_PERMITS)))
}

/// Takes what is missing for so many bytes. Only what came is counted, so that nobody takes room by a mere announcement.
async fn grow(taken: &mut Option<OwnedSemaphorePermit>, room: &Arc<Semaphore>, bytes: usize) -> Result<(), NoBody> {
    let missing = bytes.div_ceil(PIECE).saturating_sub(taken.as_ref().map_or(0, OwnedSemaphorePermit::num_permits));
    if missing == 0 {
        return Ok(());
    }
    let more = Arc::clone(room).acquire_many_owned(u32::try_from(missing).unwrap_or(u32::MAX));
    let more = tokio::time::timeout(WAIT, more).await.map_err(|_| NoBody::NoRoom)?.map_err(|_| NoBody::NoRoom)?;
    match taken {
        Some(taken) => taken.merge(more),
        None => *taken = Some(more),
    }
    Ok(())
}

/// A body with what was read of it.
pub(crate) struct Replayed {
    begin: Bytes,
    /// What came right behind it.
    trailers: Option<Frame<Bytes>>,
    rest: Inbound,
    /// Given back as soon as the begin went on.
    taken: Option<OwnedSemaphorePermit>,
}

impl Replayed {
    /// Reads until `wanted` bytes are there or the body ends, and shows them. Each pause of the client may last `pause_max`,
    /// all of it twice as long: what is held is room that others want.
    pub(crate) async fn read(rest: Inbound, wanted: usize, pause_max: Duration, room: &Arc<Semaphore>) -> Result<(Self, Bytes), NoBody> {
        tokio::time::timeout(pause_max * 2, Self::collect(rest, wanted, pause_max, room)).await.map_err(|_| NoBody::TimedOut)?
    }

    async fn collect(mut rest: Inbound, wanted: usize, pause_max: Duration, room: &Arc<Semaphore>) -> Result<(Self, Bytes), NoBody> {
        let (mut begin, mut trailers, mut taken) = (BytesMut::new(), None, None);
        while begin.len() < wanted && trailers.is_none() && !rest.is_end_stream() {
            let next = tokio::time::timeout(pause_max, poll_fn(|cx| rest.poll_frame(cx))).await;
            let Some(frame) = next.map_err(|_| NoBody::TimedOut)?.transpose().map_err(|_| NoBody::Broken)? else { break };
            match frame.into_data() {
                Ok(data) => {
                    grow(&mut taken, room, begin.len() + data.len()).await?;
                    begin.extend_from_slice(&data);
                }
                Err(frame) => trailers = Some(frame),
            }
        }
        let begin = begin.freeze();
        let shown = begin.slice(..begin.len().min(wanted));
        Ok((Self { begin, trailers, rest, taken }, shown))
    }

    pub(crate) fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BadUpload>>> {
        if !self.begin.is_empty() {
            self.taken = None;
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.begin)))));
        }
        match self.trailers.take() {
            Some(frame) => Poll::Ready(Some(Ok(frame))),
            None if self.rest.is_end_stream() => Poll::Ready(None),
            None => self.rest.poll_frame(cx),
        }
    }

    pub(crate) fn is_end_stream(&self) -> bool {
        self.begin.is_empty() && self.trailers.is_none() && self.rest.is_end_stream()
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        let (mut hint, rest, kept) = (SizeHint::new(), self.rest.size_hint(), self.begin.len() as u64);
        hint.set_lower(kept.saturating_add(rest.lower()));
        // Trailers need a body without a declared length.
        if let Some(upper) = rest.upper().filter(|_| self.trailers.is_none()) {
            hint.set_upper(kept.saturating_add(upper));
        }
        hint
    }
}

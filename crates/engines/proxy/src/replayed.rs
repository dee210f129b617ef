//! A request body whose begin was read before it was known whether the request goes on: the begin is kept and comes again,
//! the rest follows from the client. It is kept as one piece, whatever pieces it came in: a frame is a hundred times as
//! large as the one byte that a client may put into it.

use std::collections::HashMap;
use std::future::poll_fn;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body::{Frame, SizeHint};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

use crate::body::BadUpload;
use crate::inbound::Inbound;
use crate::limit::network;

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

/// Longest pause of a client that holds room which others want.
const PAUSE_HOLDING: Duration = Duration::from_secs(10);
/// A client may hold this part of the room.
const SHARES: usize = 8;
/// Bytes that it may hold at least.
const SHARE_MIN: usize = 1 << 20;

/// Who shares a part of the room.
type Client = (u8, u64);

/// Room for what requests hold, and the part of it that each client may take.
#[derive(Debug)]
pub(crate) struct Room {
    all: Arc<Semaphore>,
    share: usize,
    /// Shares of the clients that send bodies now.
    clients: Mutex<HashMap<Client, Arc<Semaphore>>>,
}

impl Room {
    /// Room for so many bytes.
    pub(crate) fn new(bytes: usize) -> Arc<Self> {
        let pieces = (bytes / PIECE).min(Semaphore::MAX_PERMITS);
        let share = (pieces / SHARES).max(SHARE_MIN / PIECE).min(pieces);
        Arc::new(Self { all: Arc::new(Semaphore::new(pieces)), share, clients: Mutex::default() })
    }

    /// Nothing yet of the room, and of the share of this client; `None` = whoever it is may take all of it.
    pub(crate) fn taken_by(self: &Arc<Self>, client: Option<IpAddr>) -> Taken {
        let share = client.map(|address| {
            let client = network(address);
            let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
            (client, Arc::clone(clients.entry(client).or_insert_with(|| Arc::new(Semaphore::new(self.share)))))
        });
        Taken { room: Arc::clone(self), share, own: None, all: None }
    }
}

/// What a request took of the room, until it is dropped.
#[derive(Debug)]
pub(crate) struct Taken {
    room: Arc<Room>,
    share: Option<(Client, Arc<Semaphore>)>,
    /// Of its client's share.
    own: Option<OwnedSemaphorePermit>,
    all: Option<OwnedSemaphorePermit>,
}

impl Taken {
    /// Takes what is missing for so many bytes. Only what came is counted, so that nobody takes room by a mere announcement.
    async fn grow(&mut self, bytes: usize) -> Result<(), NoBody> {
        let missing = bytes.div_ceil(PIECE).saturating_sub(self.all.as_ref().map_or(0, OwnedSemaphorePermit::num_permits));
        if missing == 0 {
            return Ok(());
        }
        let count = u32::try_from(missing).unwrap_or(u32::MAX);
        let both = async {
            // Its own first: who waits for that takes nothing from others.
            let own = match &self.share {
                Some((_, share)) => Some(Arc::clone(share).acquire_many_owned(count).await?),
                None => None,
            };
            Ok::<_, AcquireError>((own, Arc::clone(&self.room.all).acquire_many_owned(count).await?))
        };
        let (own, all) = tokio::time::timeout(WAIT, both).await.map_err(|_| NoBody::NoRoom)?.map_err(|_| NoBody::NoRoom)?;
        if let Some(own) = own {
            join(&mut self.own, own);
        }
        join(&mut self.all, all);
        Ok(())
    }
}

fn join(taken: &mut Option<OwnedSemaphorePermit>, more: OwnedSemaphorePermit) {
    match taken {
        Some(taken) => taken.merge(more),
        None => *taken = Some(more),
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        (self.own, self.all) = (None, None);
        let Some((client, share)) = self.share.take() else { return };
        let mut clients = self.room.clients.lock().unwrap_or_else(PoisonError::into_inner);
        drop(share);
        // Only the list has it: no other request of this client.
        if clients.get(&client).is_some_and(|share| Arc::strong_count(share) == 1) {
            clients.remove(&client);
        }
    }
}

/// A body with what was read of it.
pub(crate) struct Replayed {
    begin: Bytes,
    /// What came right behind it.
    trailers: Option<Frame<Bytes>>,
    rest: Inbound,
    /// Given back as soon as the begin went on.
    taken: Option<Taken>,
}

impl Replayed {
    /// Reads until `wanted` bytes are there or the body ends, and shows them. Each pause of the client may last `pause_max`,
    /// once something is held ten seconds at most, all of it twice as long as `pause_max`: what is held is room that others
    /// want.
    pub(crate) async fn read(rest: Inbound, wanted: usize, pause_max: Duration, taken: Taken) -> Result<(Self, Bytes), NoBody> {
        tokio::time::timeout(pause_max * 2, Self::collect(rest, wanted, pause_max, taken)).await.map_err(|_| NoBody::TimedOut)?
    }

    async fn collect(mut rest: Inbound, wanted: usize, pause_max: Duration, mut taken: Taken) -> Result<(Self, Bytes), NoBody> {
        let (mut begin, mut trailers) = (BytesMut::new(), None);
        while begin.len() < wanted && trailers.is_none() && !rest.is_end_stream() {
            let pause = if begin.is_empty() { pause_max } else { pause_max.min(PAUSE_HOLDING) };
            let next = tokio::time::timeout(pause, poll_fn(|cx| rest.poll_frame(cx))).await;
            let Some(frame) = next.map_err(|_| NoBody::TimedOut)?.transpose().map_err(|_| NoBody::Broken)? else { break };
            match frame.into_data() {
                Ok(data) => {
                    taken.grow(begin.len() + data.len()).await?;
                    begin.extend_from_slice(&data);
                }
                Err(frame) => trailers = Some(frame),
            }
        }
        let begin = begin.freeze();
        let shown = begin.slice(..begin.len().min(wanted));
        Ok((Self { begin, trailers, rest, taken: Some(taken) }, shown))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_has_its_share_of_the_room_and_leaves_the_rest_to_others() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let room = Room::new(16 << 20);
            let by = |address: &str| room.taken_by(Some(address.parse().unwrap()));
            let (mut first, mut second, mut other) = (by("2001:db8::1"), by("2001:db8::2"), by("192.0.2.2"));
            first.grow(1 << 20).await.unwrap();
            first.grow(2 << 20).await.unwrap();
            let soon = Duration::from_millis(50);
            assert!(tokio::time::timeout(soon, second.grow(1)).await.is_err(), "one network is one client");
            assert!(other.grow(2 << 20).await.is_ok(), "another client");
            assert!(tokio::time::timeout(soon, other.grow((2 << 20) + 1)).await.is_err());
            let mut proxy = room.taken_by(None);
            assert!(proxy.grow(12 << 20).await.is_ok(), "one that speaks for many");
            drop(first);
            assert!(second.grow(1).await.is_ok(), "what is given back");
            drop((second, other, proxy));
            assert!(room.clients.lock().unwrap().is_empty() && room.all.available_permits() * PIECE == 16 << 20, "nothing stays behind");
            assert_eq!((Room::new(128 << 20).share, Room::new(PIECE).share), ((16 << 20) / PIECE, 1));
        });
    }
}

//! The live stream of one client: replay after its last id, then what comes. It pulls at the client's pace, from what
//! all streams share or, when it is behind, from the store; a slow client holds nobody up and nothing is queued for it.

use argos_kernel::{Result, Tasks};
use argos_web::SseEvent;
use bytes::Bytes;
use futures_util::Stream;
use tokio::sync::watch;

use crate::events::Events;
use crate::filter::Filter;
use crate::tail::{Chunk, Turn};

/// A client that was away longer gets the newest this many ids (at least 1000 are promised).
const REPLAY_IDS_MAX: i64 = 10_000;
const BATCH: i64 = 200;

struct Follower {
    events: Events,
    news: watch::Receiver<i64>,
    after: i64,
    filter: Filter,
    hello: Option<SseEvent>,
}

/// Begins after `last` (else with the next event). The first frame, `ready`, tells the position and is sent at once.
pub(super) async fn follow(
    events: &Events,
    tasks: &Tasks,
    filter: Filter,
    last: Option<i64>,
) -> Result<impl Stream<Item = SseEvent> + Send + 'static> {
    let newest = events.newest().await?;
    // An id from before a restore may lie in the future: then there is nothing to replay.
    let after = last.map_or(newest, |id| id.clamp((newest - REPLAY_IDS_MAX).max(0), newest));
    let hello = SseEvent::json(&serde_json::json!({ "position": after })).event("ready");
    let news = events.tail().subscribe(events, tasks);
    let follower = Follower { events: events.clone(), news, after, filter, hello: Some(hello) };
    Ok(futures_util::stream::unfold(follower, |mut f| async move {
        if let Some(hello) = f.hello.take() {
            return Some((hello, f));
        }
        match f.next().await {
            Ok(frames) => frames.map(|frames| (SseEvent::frames(frames), f)),
            Err(error) => {
                // The client reconnects with its last id and misses nothing.
                tracing::warn!(?error, "event stream ended");
                None
            }
        }
    }))
}

impl Follower {
    /// Waits for wanted frames after the last one; `None` at the end of the process.
    async fn next(&mut self) -> Result<Option<Bytes>> {
        loop {
            self.news.mark_unchanged();
            let (frames, upto) = match self.events.tail().after(self.after, &self.filter) {
                Turn::Frames(frames, upto) => (frames, upto),
                Turn::Behind => self.read_on().await?,
                Turn::Nothing => match self.news.changed().await {
                    Ok(()) => continue,
                    Err(_) => return Ok(None),
                },
            };
            self.after = upto;
            if !frames.is_empty() {
                return Ok(Some(frames));
            }
        }
    }

    /// The next events from the store.
    async fn read_on(&self) -> Result<(Bytes, i64)> {
        let mut window = self.events.window();
        let batch = window.next(self.after, BATCH).await?;
        let chunks = Chunk::of(batch);
        let frames: Vec<u8> = chunks.iter().flat_map(|c| c.after(self.after, &self.filter)).collect();
        Ok((frames.into(), chunks.last().map_or(self.after, |c| c.upto())))
    }
}

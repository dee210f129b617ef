//! The live stream of one client: replay after its last id, then what comes. It pulls at the client's pace, from what
//! all streams share or, when it is behind, from the store; a slow client holds nobody up and nothing is queued for it.

use std::collections::VecDeque;
use std::sync::Arc;

use argos_kernel::Result;
use argos_web::SseEvent;
use futures_util::Stream;

use crate::events::Events;
use crate::filter::Filter;
use crate::reader::{HOLE_RETRY, Window};
use crate::tail::{Live, Turn};

/// A client that was away longer gets the newest this many ids (at least 1000 are promised).
const REPLAY_IDS_MAX: i64 = 10_000;
const BATCH: i64 = 200;

struct Follower {
    events: Events,
    window: Window,
    after: i64,
    filter: Filter,
    ready: VecDeque<SseEvent>,
}

/// Begins after `last` (else with the next event). The first frame, `ready`, tells the position and is sent at once.
pub(super) async fn follow(events: &Events, filter: Filter, last: Option<i64>) -> Result<impl Stream<Item = SseEvent> + Send + 'static> {
    let newest = events.newest().await?;
    // An id from before a restore may lie in the future: then there is nothing to replay.
    let after = last.map_or(newest, |id| id.clamp((newest - REPLAY_IDS_MAX).max(0), newest));
    let hello = SseEvent::json(&serde_json::json!({ "position": after })).event("ready");
    let follower = Follower { events: events.clone(), window: events.window(), after, filter, ready: VecDeque::from([hello]) };
    Ok(futures_util::stream::unfold(follower, |mut f| async move {
        loop {
            if let Some(frame) = f.ready.pop_front() {
                return Some((frame, f));
            }
            match f.next().await {
                Ok(batch) => {
                    f.after = batch.last().map_or(f.after, |l| l.event.id);
                    let wanted = batch.iter().filter(|l| f.filter.matches(&l.event));
                    f.ready.extend(wanted.map(|l| l.frame.clone()));
                }
                Err(error) => {
                    // The client reconnects with its last id and misses nothing.
                    tracing::warn!(?error, "event stream ended");
                    return None;
                }
            }
        }
    }))
}

impl Follower {
    /// Waits for the events after the last one.
    async fn next(&mut self) -> Result<Vec<Arc<Live>>> {
        let mut retry = HOLE_RETRY;
        loop {
            self.window.mark();
            let blocked = match self.events.tail().after(self.after).await? {
                Turn::Events(events) => return Ok(events),
                Turn::Nothing(blocked) => blocked,
                Turn::Behind => {
                    let (batch, blocked) = self.window.read(self.after, BATCH).await?;
                    if !batch.is_empty() {
                        return Ok(batch.into_iter().map(Live::of).collect());
                    }
                    blocked
                }
            };
            self.window.rest(blocked, &mut retry).await;
        }
    }
}

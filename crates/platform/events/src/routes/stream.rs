//! The live stream of one client: replay after its last id, then what comes. It pulls from the store at the client's
//! pace, so a slow client holds nobody up and nothing is queued for it.

use std::collections::VecDeque;

use argos_kernel::Result;
use argos_web::SseEvent;
use futures_util::Stream;

use crate::events::Events;
use crate::filter::Filter;
use crate::reader::Reader;
use crate::view::EventView;

/// A client that was away longer gets the newest this many ids (at least 1000 are promised).
const REPLAY_IDS_MAX: i64 = 10_000;
const BATCH: i64 = 200;

struct Follower {
    reader: Reader,
    filter: Filter,
    ready: VecDeque<SseEvent>,
}

/// Begins after `last` (else with the next event). The first frame, `ready`, tells the position and is sent at once.
pub(super) async fn follow(events: &Events, filter: Filter, last: Option<i64>) -> Result<impl Stream<Item = SseEvent> + Send + 'static> {
    let newest = events.newest().await?;
    // An id from before a restore may lie in the future: then there is nothing to replay.
    let after = last.map_or(newest, |id| id.clamp((newest - REPLAY_IDS_MAX).max(0), newest));
    let hello = SseEvent::json(&serde_json::json!({ "position": after })).event("ready");
    let follower = Follower { reader: events.reader(after), filter, ready: VecDeque::from([hello]) };
    Ok(futures_util::stream::unfold(follower, |mut f| async move {
        loop {
            if let Some(frame) = f.ready.pop_front() {
                return Some((frame, f));
            }
            match f.reader.next_batch(BATCH).await {
                Ok(batch) => {
                    let wanted = batch.into_iter().filter(|e| f.filter.matches(e));
                    f.ready.extend(wanted.map(|e| SseEvent::json(&EventView::from(e.clone())).id(e.id).event("event")));
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

//! The newest events, read and rendered once for every live stream: a thousand clients are one reader of the store. Who
//! falls behind what is kept here reads the store at his own pace, so nobody holds anybody up and nothing is lost.

use std::collections::VecDeque;
use std::sync::Arc;

use argos_kernel::Result;
use argos_web::SseEvent;
use tokio::sync::Mutex;

use crate::event::Event;
use crate::reader::Window;
use crate::view::EventView;

/// Events kept here.
const KEPT: usize = 8_192;
/// Events one turn hands out or reads.
const TURN: usize = 512;

/// An event with its frame.
pub(crate) struct Live {
    pub(crate) event: Event,
    pub(crate) frame: SseEvent,
}

impl Live {
    pub(crate) fn of(event: Event) -> Arc<Self> {
        let frame = SseEvent::json(&EventView::from(event.clone())).id(event.id).event("event").framed();
        Arc::new(Self { event, frame })
    }
}

/// What a stream that stands after some id gets.
pub(crate) enum Turn {
    Events(Vec<Arc<Live>>),
    /// It has everything; `true` = a hole in the ids is waited for.
    Nothing(bool),
    /// It is further behind than what is kept.
    Behind,
}

struct Kept {
    window: Window,
    items: VecDeque<Arc<Live>>,
    /// Every event after this id, up to `upto`, is in `items`.
    after: i64,
    upto: i64,
}

pub(crate) struct Tail(Mutex<Kept>);

impl Tail {
    pub(crate) fn new(window: Window) -> Self {
        Self(Mutex::new(Kept { window, items: VecDeque::new(), after: 0, upto: 0 }))
    }

    /// The events after `id`, as many as fit into one turn.
    pub(crate) async fn after(&self, id: i64) -> Result<Turn> {
        let mut kept = self.0.lock().await;
        let kept = &mut *kept;
        if kept.items.is_empty() && id > kept.upto {
            (kept.after, kept.upto) = (id, id);
        }
        if id < kept.after {
            return Ok(Turn::Behind);
        }
        let mut blocked = false;
        // Whoever reads on by itself may be ahead of what is kept.
        while kept.upto <= id {
            let (batch, hole) = kept.window.read(kept.upto, i64::try_from(TURN).unwrap_or(i64::MAX)).await?;
            let Some(last) = batch.last() else {
                blocked = hole;
                break;
            };
            kept.upto = last.id;
            kept.items.extend(batch.into_iter().map(Live::of));
        }
        while kept.items.len() > KEPT {
            if let Some(old) = kept.items.pop_front() {
                kept.after = old.event.id;
            }
        }
        let from = kept.items.partition_point(|l| l.event.id <= id);
        let events: Vec<Arc<Live>> = kept.items.iter().skip(from).take(TURN).cloned().collect();
        Ok(if events.is_empty() { Turn::Nothing(blocked) } else { Turn::Events(events) })
    }
}

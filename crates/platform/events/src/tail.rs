//! The newest events, read and rendered once for all live streams: a thousand clients are one reader of the store, and
//! those that want the same get the same bytes. One worker reads while anybody follows; streams look here and wait for
//! nothing but news, so a client that stands still holds nobody up. Who is behind what is kept reads the store himself.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use argos_kernel::{Result, Shutdown, Tasks};
use argos_web::SseEvent;
use bytes::Bytes;
use tokio::sync::{Notify, watch};

use crate::event::Event;
use crate::events::Events;
use crate::filter::Filter;
use crate::reader::HOLE_RETRY;
use crate::view::EventView;

/// Frames kept here.
const KEPT_BYTES: usize = 4 << 20;
/// A slow client holds on to one of these: there may be a thousand such clients.
const CHUNK_BYTES: usize = 64 << 10;
/// Events read at a time.
const TURN: i64 = 512;
/// What comes this soon after other events goes out together with what follows it.
const GATHER: Duration = Duration::from_millis(25);
/// Selections of one chunk that are kept; more are made anew for each stream.
const SELECTIONS_MAX: usize = 32;

/// Events in a row with their frames.
pub(crate) struct Chunk {
    /// Each with the place where its frame begins.
    events: Vec<(Event, usize)>,
    frames: Bytes,
    selections: Mutex<Vec<(Filter, Bytes)>>,
}

impl Chunk {
    /// The events in chunks whose frames have about [`CHUNK_BYTES`].
    pub(crate) fn of(events: Vec<Event>) -> Vec<Arc<Self>> {
        let (mut made, mut part, mut frames) = (Vec::new(), Vec::new(), Vec::new());
        for event in events {
            let frame = SseEvent::json(&EventView::from(event.clone())).id(event.id).event("event").frame();
            if !part.is_empty() && frames.len() + frame.len() > CHUNK_BYTES {
                made.push((std::mem::take(&mut part), std::mem::take(&mut frames)));
            }
            part.push((event, frames.len()));
            frames.extend_from_slice(&frame);
        }
        if !part.is_empty() {
            made.push((part, frames));
        }
        let whole = made.into_iter();
        whole.map(|(events, frames)| Arc::new(Self { events, frames: frames.into(), selections: Mutex::default() })).collect()
    }

    /// The id of its last event.
    pub(crate) fn upto(&self) -> i64 {
        self.events.last().map_or(0, |(e, _)| e.id)
    }

    /// The frames after `id` that are wanted: the same bytes for everybody who wants the same.
    pub(crate) fn after(&self, id: i64, filter: &Filter) -> Bytes {
        let from = self.events.partition_point(|(e, _)| e.id <= id);
        if from > 0 {
            return self.select(from, filter);
        }
        let mut known = self.selections.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, frames)) = known.iter().find(|(f, _)| f == filter) {
            return frames.clone();
        }
        let frames = self.select(0, filter);
        if known.len() < SELECTIONS_MAX {
            known.push((filter.clone(), frames.clone()));
        }
        frames
    }

    fn select(&self, from: usize, filter: &Filter) -> Bytes {
        let left = self.events.get(from..).unwrap_or_default();
        let wanted = left.iter().filter(|(e, _)| filter.matches(e)).count();
        if wanted == left.len() {
            return left.first().map_or_else(Bytes::new, |(_, begin)| self.frames.slice(*begin..));
        }
        let ends = left.iter().skip(1).map(|(_, begin)| *begin).chain([self.frames.len()]);
        let mut out = Vec::new();
        for ((event, begin), end) in left.iter().zip(ends) {
            if filter.matches(event) {
                out.extend_from_slice(self.frames.get(*begin..end).unwrap_or_default());
            }
        }
        out.into()
    }
}

/// What a stream that stands after some id gets.
pub(crate) enum Turn {
    /// The wanted frames up to this id; there may be none.
    Frames(Bytes, i64),
    /// It has everything that was read.
    Nothing,
    /// It is further behind than what is kept.
    Behind,
}

#[derive(Default)]
struct Ring {
    chunks: VecDeque<Arc<Chunk>>,
    bytes: usize,
    /// Every event after this id that was read is in `chunks`.
    after: i64,
}

pub(crate) struct Tail {
    ring: RwLock<Ring>,
    /// The last id that was read: wakes the streams once for all that came together.
    upto: watch::Sender<i64>,
    arrived: Notify,
    started: OnceLock<()>,
}

impl Tail {
    pub(crate) fn new() -> Self {
        Self { ring: RwLock::default(), upto: watch::channel(0).0, arrived: Notify::new(), started: OnceLock::new() }
    }

    /// Hears whenever there is more for [`Tail::after`].
    pub(crate) fn subscribe(&self, events: &Events, tasks: &Tasks) -> watch::Receiver<i64> {
        let heard = self.upto.subscribe();
        self.arrived.notify_one();
        self.started.get_or_init(|| {
            let events = events.clone();
            tasks.supervise("event-streams", move |stop| {
                let events = events.clone();
                async move { events.tail().keep(&events, &stop).await }
            });
        });
        heard
    }

    /// The frames after `id`, as many as stand together.
    pub(crate) fn after(&self, id: i64, filter: &Filter) -> Turn {
        let chunk = {
            let ring = self.ring.read().unwrap_or_else(PoisonError::into_inner);
            if id < ring.after {
                return Turn::Behind;
            }
            ring.chunks.get(ring.chunks.partition_point(|c| c.upto() <= id)).cloned()
        };
        chunk.map_or(Turn::Nothing, |c| Turn::Frames(c.after(id, filter), c.upto()))
    }

    /// Reads for as long as anybody follows.
    async fn keep(&self, events: &Events, stop: &Shutdown) -> Result<()> {
        let (mut window, mut retry) = (events.window(), HOLE_RETRY);
        let mut at = self.begin(events.newest().await?);
        loop {
            if self.upto.receiver_count() == 0 {
                tokio::select! {
                    () = stop.wait() => return Ok(()),
                    () = self.arrived.notified() => {}
                }
                at = self.begin(events.newest().await?);
                continue;
            }
            window.mark();
            let (batch, blocked) = window.read(at, TURN).await?;
            let Some(last) = batch.last() else {
                tokio::select! {
                    () = stop.wait() => return Ok(()),
                    () = window.rest(blocked, &mut retry) => continue,
                }
            };
            let is_all = i64::try_from(batch.len()).is_ok_and(|n| n < TURN);
            (at, retry) = (last.id, HOLE_RETRY);
            self.append(Chunk::of(batch), at);
            if is_all && !stop.sleep(GATHER).await {
                return Ok(());
            }
        }
    }

    /// Forgets what was kept. Streams that stand before `id` read on by themselves up to it.
    fn begin(&self, id: i64) -> i64 {
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Ring { after: id, ..Ring::default() };
        self.upto.send_replace(id);
        id
    }

    fn append(&self, chunks: Vec<Arc<Chunk>>, upto: i64) {
        let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        ring.bytes += chunks.iter().map(|c| c.frames.len()).sum::<usize>();
        ring.chunks.extend(chunks);
        while ring.bytes > KEPT_BYTES && ring.chunks.len() > 1 {
            if let Some(old) = ring.chunks.pop_front() {
                ring.bytes -= old.frames.len();
                ring.after = old.upto();
            }
        }
        drop(ring);
        self.upto.send_replace(upto);
    }
}

#[cfg(test)]
mod tests {
    use argos_kernel::{ManualClock, SeededRng, Severity, Timestamp, Uid};

    use super::*;
    use crate::event::Source;

    fn event(id: i64, severity: Severity, message: String) -> Event {
        let at = Timestamp::from_secs(1_750_000_000);
        Event {
            id,
            uid: Uid::mint(&ManualClock::at(at), &SeededRng::new(1)),
            source: Source::Ops,
            kind: "alert.firing".to_owned(),
            severity,
            subject_type: None,
            subject_id: None,
            subject_name: None,
            organization_id: None,
            project_id: None,
            node_uid: None,
            message,
            data: serde_json::json!({}),
            dedup_key: None,
            correlation_id: None,
            actor: None,
            event_time: None,
            created_at: at,
            repeat_count: 1,
            last_at: at,
            acknowledged_by: None,
            acknowledged_by_uid: None,
            acknowledged_at: None,
            note: None,
        }
    }

    fn ids(frames: &Bytes) -> Vec<i64> {
        let text = std::str::from_utf8(frames).unwrap();
        text.lines().filter_map(|line| line.strip_prefix("id: ")?.parse().ok()).collect()
    }

    fn frames(turn: Turn) -> (Bytes, i64) {
        match turn {
            Turn::Frames(frames, upto) => (frames, upto),
            Turn::Nothing | Turn::Behind => panic!("frames were due"),
        }
    }

    #[test]
    fn streams_that_want_the_same_get_the_same_bytes_and_others_theirs() {
        let errors = Filter { severities: vec![Severity::Error], ..Filter::default() };
        let tail = Tail::new();
        let all = (1..=6).map(|id| event(id, if id % 2 == 0 { Severity::Error } else { Severity::Info }, format!("event {id}")));
        tail.append(Chunk::of(all.collect()), 6);
        let (whole, upto) = frames(tail.after(0, &Filter::default()));
        assert_eq!((ids(&whole), upto), (vec![1, 2, 3, 4, 5, 6], 6));
        assert_eq!(whole.as_ptr(), frames(tail.after(0, &Filter::default())).0.as_ptr());
        let (some, upto) = frames(tail.after(0, &errors));
        assert_eq!((ids(&some), upto), (vec![2, 4, 6], 6));
        assert_eq!(some.as_ptr(), frames(tail.after(0, &errors.clone())).0.as_ptr());
        // Who stands in the middle gets the rest, without a copy where it is wanted whole.
        let (rest, _) = frames(tail.after(4, &Filter::default()));
        assert_eq!((ids(&rest), rest.as_ptr()), (vec![5, 6], whole.slice(whole.len() - rest.len()..).as_ptr()));
        assert_eq!(ids(&frames(tail.after(4, &errors)).0), [6]);
        assert!(matches!(tail.after(6, &errors), Turn::Nothing));
    }

    #[test]
    fn old_frames_are_forgotten_by_their_bytes_and_who_stands_there_is_behind() {
        let tail = Tail::new();
        for part in 0..20 {
            let events = (1..=40).map(|n| event(part * 40 + n, Severity::Info, "x".repeat(8_000))).collect();
            tail.append(Chunk::of(events), (part + 1) * 40);
        }
        let ring = tail.ring.read().unwrap();
        assert!(ring.bytes <= KEPT_BYTES && ring.bytes > KEPT_BYTES - 2 * CHUNK_BYTES, "{}", ring.bytes);
        assert!(ring.chunks.iter().all(|c| c.frames.len() <= CHUNK_BYTES));
        let after = ring.after;
        drop(ring);
        assert!(matches!(tail.after(after - 1, &Filter::default()), Turn::Behind));
        let mut at = after;
        while let Turn::Frames(frames, upto) = tail.after(at, &Filter::default()) {
            assert_eq!(ids(&frames), (at + 1..=upto).collect::<Vec<_>>());
            at = upto;
        }
        assert_eq!(at, 800);
    }
}

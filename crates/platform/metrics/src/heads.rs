//! The open end of every series in memory, and the points that are not in the write-ahead table yet.

use argos_tschunk::{Appended, Head, Point};

use crate::registry::SeriesId;
use crate::wal::WalPoint;

/// A head holds at most this many points before it must be sealed.
const HEAD_MAX: usize = 7_200;
/// A head this long is worth a chunk.
pub(crate) const SEAL_AT: usize = 1_440;
/// Points that may wait for the write-ahead table; above it the oldest are forgotten there (not in memory).
const PENDING_MAX: usize = 1_000_000;

#[derive(Default)]
pub(crate) struct Heads {
    open: Vec<Open>,
    pub(crate) pending: Vec<WalPoint>,
    pub(crate) appended: u64,
    pub(crate) dropped: u64,
}

pub(crate) struct Open {
    pub(crate) row: i64,
    head: Head,
    /// The last point of the newest sealed chunk: the reading before the first increment of a counter.
    pub(crate) previous: Option<Point>,
    pub(crate) newest: Option<Point>,
}

/// Points taken out of a head to be sealed.
pub(crate) struct Drained {
    pub(crate) id: SeriesId,
    pub(crate) row: i64,
    pub(crate) points: Vec<Point>,
    pub(crate) previous: Option<Point>,
}

impl Heads {
    pub(crate) fn open(&mut self, row: i64) {
        self.open.push(Open { row, head: Head::new(HEAD_MAX), previous: None, newest: None });
    }

    /// Takes a point in; it is visible to queries at once.
    pub(crate) fn append(&mut self, id: SeriesId, point: Point, durable: bool) {
        let Some(open) = self.open.get_mut(id.index()) else { return };
        if open.head.append(point) == Appended::Full {
            self.dropped += 1;
            return;
        }
        if open.newest.is_none_or(|n| point.t >= n.t) {
            open.newest = Some(point);
        }
        self.appended += 1;
        if durable {
            if self.pending.len() >= PENDING_MAX {
                let half = PENDING_MAX / 2;
                self.pending.drain(..half);
                self.dropped += half as u64;
            }
            self.pending.push(WalPoint { row: open.row, t: point.t, v: point.v });
        }
    }

    pub(crate) fn get(&self, id: SeriesId) -> Option<&Open> {
        self.open.get(id.index())
    }
    pub(crate) fn set_previous(&mut self, id: SeriesId, point: Option<Point>) {
        if let Some(open) = self.open.get_mut(id.index()) {
            open.previous = point;
        }
    }
    pub(crate) fn points(&self) -> usize {
        self.open.iter().map(|o| o.head.len()).sum()
    }

    /// Empties heads that are long or old enough, at most `max` of them.
    pub(crate) fn drain(&mut self, older_than: i64, max: usize) -> Vec<Drained> {
        let mut out = Vec::new();
        for (index, open) in self.open.iter_mut().enumerate() {
            if out.len() >= max {
                break;
            }
            if open.head.is_empty() || (open.head.len() < SEAL_AT && open.head.oldest().is_none_or(|t| t >= older_than)) {
                continue;
            }
            let points = open.head.drain();
            let previous = std::mem::replace(&mut open.previous, points.last().copied());
            let id = SeriesId(u32::try_from(index).unwrap_or(u32::MAX));
            out.push(Drained { id, row: open.row, points, previous });
        }
        out
    }

    /// Puts drained points back after a failed seal.
    pub(crate) fn restore(&mut self, drained: &[Drained]) {
        for d in drained {
            for p in &d.points {
                self.append(d.id, *p, false);
            }
            self.set_previous(d.id, d.previous);
        }
    }
}

impl Open {
    pub(crate) fn range(&self, from: i64, to: i64) -> Vec<Point> {
        self.head.range(from, to)
    }
    pub(crate) fn oldest(&self) -> Option<i64> {
        self.head.oldest()
    }
}

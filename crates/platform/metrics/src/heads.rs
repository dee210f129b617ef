//! The open end of every series in memory, and the points that are not in the write-ahead table yet. It knows in which
//! write-ahead row the oldest unsealed point of each series is, so that older rows can go. It does no I/O.

use std::collections::HashMap;
use std::sync::Arc;

use argos_tschunk::{Appended, Head, Point, ascending};

use crate::registry::SeriesId;
use crate::store::points::Mark;
use crate::wal::WalPoint;

/// A head holds at most this many points before it must be sealed.
const HEAD_MAX: usize = 7_200;
/// A head this long is worth a chunk.
pub(crate) const SEAL_AT: usize = 1_440;
/// Points that may wait for the write-ahead table; above it the oldest are forgotten there (not in memory).
const PENDING_MAX: usize = 1_000_000;
/// Sealed points this young stay in memory, for conditions.
pub(crate) const TAIL_US: i64 = 15 * 60 * 1_000_000;
/// But no more than this many of a series.
const TAIL_MAX: usize = 256;

#[derive(Default)]
pub(crate) struct Heads {
    open: Vec<Open>,
    pending: Vec<WalPoint>,
    /// Rows and sealings up to here are taken in. Pending points will be in a later row.
    mark: Mark,
    /// Rows below this one are gone from the write-ahead table.
    trimmed: i64,
    ripe: bool,
    appended: u64,
    dropped: u64,
}

/// One series' points that are not in a chunk yet.
pub(crate) struct Open {
    pub(crate) row: i64,
    head: Head,
    /// Taken out of the head to become a chunk; readable here until the chunk is.
    sealing: Arc<[Point]>,
    /// The youngest sealed points.
    tail: Vec<Point>,
    /// No point later than this is in a chunk only.
    evicted: i64,
    /// The latest reading in a chunk: where the first increment of a counter starts.
    previous: Option<Point>,
    newest: Option<Point>,
    /// The write-ahead row of the oldest point here.
    logged_from: Option<i64>,
}

/// Points taken out of a head to be sealed.
pub(crate) struct Drained {
    pub(crate) id: SeriesId,
    pub(crate) row: i64,
    pub(crate) points: Arc<[Point]>,
    pub(crate) previous: Option<Point>,
    logged_from: Option<i64>,
}

/// What one transaction makes durable: chunks, the points that were still pending, and which rows may go.
pub(crate) struct Batch {
    pub(crate) drained: Vec<Drained>,
    pub(crate) pending: Vec<WalPoint>,
    /// The row of the pending points; everything drained is in rows up to it.
    pub(crate) seq: i64,
    /// Rows below this one hold sealed points only.
    pub(crate) keep_from: i64,
    /// Whether there are such rows.
    pub(crate) trims: bool,
    /// Where the next drain goes on; `None` after the last head.
    pub(crate) next: Option<usize>,
}

impl Heads {
    pub(crate) fn mark(&self) -> Mark {
        self.mark
    }

    /// Everything up to the mark is taken in.
    pub(crate) fn heard(&mut self, mark: Mark) {
        self.mark = mark;
    }

    pub(crate) fn open(&mut self, row: i64, last: Option<Point>) {
        self.open.push(Open {
            row,
            head: Head::new(HEAD_MAX),
            sealing: Arc::default(),
            tail: Vec::new(),
            evicted: last.map_or(i64::MIN, |p| p.t),
            previous: last,
            newest: last,
            logged_from: None,
        });
    }

    /// Takes a point in; it is visible to queries at once. `false` when it was refused: outside `0..=until`, or the
    /// head is full.
    pub(crate) fn append(&mut self, id: SeriesId, point: Point, until: i64) -> bool {
        let seq = self.mark.last + 1;
        let Some(open) = self.open.get_mut(id.index()) else { return false };
        if point.t < 0 || point.t > until || !open.take(point, seq) {
            self.dropped += 1;
            return false;
        }
        self.ripe |= open.head.len() == SEAL_AT;
        self.appended += 1;
        if self.pending.len() >= PENDING_MAX {
            let half = PENDING_MAX / 2;
            self.pending.drain(..half);
            self.dropped += half as u64;
        }
        self.pending.push(WalPoint { row: open.row, t: point.t, v: point.v });
        true
    }

    /// Takes in what write-ahead row `seq` holds.
    pub(crate) fn replay(&mut self, id: SeriesId, point: Point, seq: i64) {
        if let Some(open) = self.open.get_mut(id.index())
            && !open.take(point, seq)
        {
            self.dropped += 1;
        }
    }

    pub(crate) fn get(&self, id: SeriesId) -> Option<&Open> {
        self.open.get(id.index())
    }

    /// Whether a head has become worth a chunk since the last call.
    pub(crate) fn take_ripe(&mut self) -> bool {
        std::mem::take(&mut self.ripe)
    }

    /// Points in memory that are in no chunk.
    pub(crate) fn points(&self) -> usize {
        self.open.iter().map(|o| o.head.len() + o.sealing.len()).sum()
    }
    pub(crate) fn pending(&self) -> usize {
        self.pending.len()
    }
    pub(crate) fn appended(&self) -> u64 {
        self.appended
    }
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The pending points and the number their row gets unless another process is first.
    pub(crate) fn take_pending(&mut self) -> (i64, Vec<WalPoint>) {
        (self.mark.last + 1, std::mem::take(&mut self.pending))
    }

    /// The row of this number is in the store.
    pub(crate) fn wrote(&mut self, seq: i64) {
        self.mark.last = seq;
    }

    /// Puts points back that could not be written.
    pub(crate) fn put_back(&mut self, mut pending: Vec<WalPoint>) {
        pending.append(&mut self.pending);
        self.pending = pending;
    }

    /// Takes at most `max` heads that are long or old enough, beginning with the head number `from`.
    pub(crate) fn drain(&mut self, from: usize, older_than: i64, max: usize) -> Batch {
        let mut drained = Vec::new();
        let mut next = None;
        for (index, open) in self.open.iter_mut().enumerate().skip(from) {
            if drained.len() >= max {
                next = Some(index);
                break;
            }
            let due = open.head.len() >= SEAL_AT || open.head.oldest().is_some_and(|t| t < older_than);
            if due && !open.head.is_empty() && open.sealing.is_empty() {
                let id = SeriesId(u32::try_from(index).unwrap_or(u32::MAX));
                drained.push(open.drain(id));
            }
        }
        let seq = self.mark.last + 1;
        let (pending, later) = if drained.is_empty() { (Vec::new(), seq) } else { (std::mem::take(&mut self.pending), seq + 1) };
        let keep_from = self.open.iter().filter_map(|o| o.logged_from).min().unwrap_or(later);
        Batch { drained, pending, seq, keep_from, trims: keep_from > self.trimmed, next }
    }

    /// The batch is in the store.
    pub(crate) fn sealed(&mut self, batch: &Batch) {
        self.trimmed = self.trimmed.max(batch.keep_from);
        self.mark = Mark { last: batch.seq, sealed: batch.seq };
        for d in &batch.drained {
            if let Some(open) = self.open.get_mut(d.id.index()) {
                open.sealed();
            }
        }
    }

    /// Others sealed these series, by stored id and up to this reading. What is open of them is forgotten but for the
    /// points that are in no row yet; those of later rows are to be taken in again.
    pub(crate) fn settle(&mut self, settled: &HashMap<i64, (SeriesId, Option<Point>)>) {
        for (id, last) in settled.values() {
            if let Some(open) = self.open.get_mut(id.index()) {
                open.settle(*last);
            }
        }
        let seq = self.mark.last + 1;
        for p in &self.pending {
            let open = settled.get(&p.row).and_then(|(id, _)| self.open.get_mut(id.index()));
            if open.is_some_and(|open| !open.take(Point::new(p.t, p.v), seq)) {
                self.dropped += 1;
            }
        }
    }

    /// The batch is not in the store: everything goes back to where it was.
    pub(crate) fn restore(&mut self, batch: Batch) {
        self.put_back(batch.pending);
        for d in batch.drained {
            if let Some(open) = self.open.get_mut(d.id.index()) {
                self.dropped += open.restore(&d);
            }
        }
    }
}

impl Open {
    fn take(&mut self, point: Point, seq: i64) -> bool {
        if self.head.append(point) == Appended::Full {
            return false;
        }
        // Rows of other processes are taken in after younger points of this one.
        self.logged_from = Some(self.logged_from.map_or(seq, |from| from.min(seq)));
        if self.newest.is_none_or(|n| point.t >= n.t) {
            self.newest = Some(point);
        }
        true
    }

    fn drain(&mut self, id: SeriesId) -> Drained {
        let points: Arc<[Point]> = self.head.drain().into();
        self.sealing = Arc::clone(&points);
        Drained { id, row: self.row, points, previous: self.previous, logged_from: self.logged_from.take() }
    }

    fn sealed(&mut self) {
        let sealed = std::mem::take(&mut self.sealing);
        self.previous = later(self.previous, sealed.last().copied());
        let young = self.previous.map_or(i64::MIN, |p| p.t.saturating_sub(TAIL_US));
        let (old, recent) = sealed.split_at(sealed.len().saturating_sub(TAIL_MAX));
        let mut tail = std::mem::take(&mut self.tail);
        tail.extend_from_slice(recent);
        let mut tail = ascending(tail);
        let too_old = tail.partition_point(|p| p.t < young).max(tail.len().saturating_sub(TAIL_MAX));
        let gone = old.last().map(|p| p.t).max(tail.drain(..too_old).next_back().map(|p| p.t));
        self.evicted = self.evicted.max(gone.unwrap_or(i64::MIN));
        tail.shrink_to_fit();
        self.tail = tail;
    }

    /// Another process made chunks of what is here, up to this reading.
    fn settle(&mut self, last: Option<Point>) {
        self.sealing = self.head.drain().into();
        self.logged_from = None;
        self.sealed();
        self.previous = last;
        self.newest = later(last, self.newest);
        // A chunk may hold points that never were in this memory.
        self.evicted = self.evicted.max(last.map_or(i64::MIN, |p| p.t));
    }

    /// How many points found no room any more.
    fn restore(&mut self, drained: &Drained) -> u64 {
        self.sealing = Arc::default();
        let newer = self.head.drain();
        let all = drained.points.iter().copied().chain(newer);
        self.logged_from = [self.logged_from, drained.logged_from].into_iter().flatten().min();
        all.map(|p| u64::from(self.head.append(p) == Appended::Full)).sum()
    }

    /// Unsealed points in `[from, to)`, ascending.
    pub(crate) fn range(&self, from: i64, to: i64) -> Vec<Point> {
        let inside = |list: &[Point]| slice(list, from, to).to_vec();
        let mut points = inside(&self.sealing);
        points.extend(self.head.range(from, to));
        ascending(points)
    }

    /// Points in memory in `[from, to)`, sealed or not, ascending.
    pub(crate) fn recent(&self, from: i64, to: i64) -> Vec<Point> {
        let mut points = slice(&self.tail, from, to).to_vec();
        points.extend(self.range(from, to));
        ascending(points)
    }

    /// From this time on every point is in memory.
    pub(crate) fn complete_from(&self) -> i64 {
        self.evicted.saturating_add(1)
    }

    /// The latest reading in a chunk.
    pub(crate) fn previous(&self) -> Option<Point> {
        self.previous
    }

    /// The reading with the latest time, wherever it is.
    pub(crate) fn newest(&self) -> Option<Point> {
        self.newest
    }
}

/// The part of an ascending list in `[from, to)`.
fn slice(list: &[Point], from: i64, to: i64) -> &[Point] {
    let low = list.partition_point(|p| p.t < from);
    let high = list.partition_point(|p| p.t < to).max(low);
    list.get(low..high).unwrap_or_default()
}

/// The later of two readings; of equal times the second.
pub(crate) fn later(a: Option<Point>, b: Option<Point>) -> Option<Point> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if b.t >= a.t { b } else { a }),
        (a, b) => a.or(b),
    }
}

//! The open head of a series: points as they arrive, not yet compressed.
//!
//! Appending in time order is two pushes. Points out of order are accepted anywhere within the head and sorted when it is
//! read or sealed; of several points with one time the one that came last wins. The head never grows past its limit.

use crate::chunk::{EncodeError, MAX_POINTS, encode};
use crate::{Point, ascending};

/// What became of an appended point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// Later than everything before it.
    InOrder,
    /// Not later than the newest point; will be sorted in (or replace its twin).
    OutOfOrder,
    /// The head is at its limit: seal it, then append again. The point was not taken.
    Full,
}

/// Mutable, bounded buffer of points of one series.
#[derive(Debug, Clone)]
pub struct Head {
    times: Vec<i64>,
    values: Vec<f64>,
    newest: i64,
    limit: usize,
    sorted: bool,
}

impl Default for Head {
    fn default() -> Self {
        Self::new(MAX_POINTS)
    }
}

impl Head {
    /// A head of at most `limit` points (clamped to 1..=[`MAX_POINTS`]).
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { times: Vec::new(), values: Vec::new(), newest: i64::MIN, limit: limit.clamp(1, MAX_POINTS), sorted: true }
    }

    /// Takes one point.
    #[inline]
    pub fn append(&mut self, point: Point) -> Appended {
        if self.times.len() >= self.limit {
            return self.append_full(point);
        }
        let in_order = point.t > self.newest || self.times.is_empty();
        self.times.push(point.t);
        self.values.push(point.v);
        if in_order {
            self.newest = point.t;
            Appended::InOrder
        } else {
            self.sorted = false;
            Appended::OutOfOrder
        }
    }

    /// A full head may hold twins; dropping them makes room.
    #[cold]
    fn append_full(&mut self, point: Point) -> Appended {
        self.settle();
        if self.times.len() < self.limit {
            return self.append(point);
        }
        if let Ok(at) = self.times.binary_search(&point.t) {
            self.values[at] = point.v;
            return Appended::OutOfOrder;
        }
        Appended::Full
    }

    /// Points held, twins included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether nothing is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// Whether the next point with a new time would be refused.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.times.len() >= self.limit
    }

    /// Newest time, microseconds UTC.
    #[must_use]
    pub fn newest(&self) -> Option<i64> {
        (!self.is_empty()).then_some(self.newest)
    }

    /// Oldest time, microseconds UTC.
    #[must_use]
    pub fn oldest(&self) -> Option<i64> {
        if self.sorted { self.times.first().copied() } else { self.times.iter().min().copied() }
    }

    /// The points with `from <= t < to`, ascending, without twins.
    #[must_use]
    pub fn range(&self, from: i64, to: i64) -> Vec<Point> {
        let points = || self.times.iter().zip(&self.values).map(|(&t, &v)| Point { t, v });
        if self.sorted {
            let low = self.times.partition_point(|&t| t < from);
            let high = self.times.partition_point(|&t| t < to).max(low);
            return points().skip(low).take(high - low).collect();
        }
        ascending(points().filter(|p| from <= p.t && p.t < to).collect())
    }

    /// All points, ascending, without twins.
    #[must_use]
    pub fn points(&self) -> Vec<Point> {
        let points = self.times.iter().zip(&self.values).map(|(&t, &v)| Point { t, v }).collect();
        if self.sorted { points } else { ascending(points) }
    }

    /// Empties the head and hands its points over, ascending, without twins.
    pub fn drain(&mut self) -> Vec<Point> {
        self.settle();
        let points = self.points();
        self.times.clear();
        self.values.clear();
        self.newest = i64::MIN;
        points
    }

    /// Compresses the points into a chunk and empties the head; `None` when there are none.
    ///
    /// # Errors
    /// None in practice: a head is bounded and sorted; the codec's refusals are passed on.
    pub fn seal(&mut self) -> Result<Option<Vec<u8>>, EncodeError> {
        let points = self.drain();
        if points.is_empty() { Ok(None) } else { encode(&points).map(Some) }
    }

    /// Sorts and drops twins in place.
    fn settle(&mut self) {
        if self.sorted {
            return;
        }
        let points = self.points();
        self.times.clear();
        self.values.clear();
        self.times.extend(points.iter().map(|p| p.t));
        self.values.extend(points.iter().map(|p| p.v));
        self.sorted = true;
    }
}

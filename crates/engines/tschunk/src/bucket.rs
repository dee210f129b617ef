//! Rollup buckets: what is kept of the points between `start` and `start + step`, and how partial buckets join.
//!
//! Bucket start = `floor(t / step) * step`. A gauge bucket describes the values. A counter bucket describes the
//! *increments* between consecutive readings (resets detected), attributed to the later reading's time, so that summing
//! `sum` over buckets gives the total increase whatever the step; only `last` stays the absolute reading.
//! Must never invent a value: a bucket with `count == 0` has no min, max or average.

use crate::Point;

/// A positive bucket width in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Step(i64);

impl Step {
    /// One minute.
    pub const MINUTE: Self = Self(60_000_000);
    /// One hour.
    pub const HOUR: Self = Self(3_600_000_000);

    /// `None` unless positive.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Option<Self> {
        if micros > 0 { Some(Self(micros)) } else { None }
    }

    /// `None` for zero seconds.
    #[must_use]
    pub const fn from_secs(seconds: u32) -> Option<Self> {
        Self::from_micros(seconds as i64 * 1_000_000)
    }

    /// Width in microseconds.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Start of the bucket that holds `t`, also for times before 1970.
    #[must_use]
    pub const fn floor(self, t: i64) -> i64 {
        t.div_euclid(self.0).saturating_mul(self.0)
    }
}

/// How the numbers of a series are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A level that moves freely; each value stands for itself.
    Gauge,
    /// A total since some start; it only grows, and a smaller value means it began again from zero.
    Counter,
}

/// Summary of the samples in `[start, start + step)`.
///
/// `min`, `max` and `sum` have no meaning while `count` is 0 (they are 0.0 then); use the accessors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    /// Microseconds UTC; for a single sample its own time.
    pub start: i64,
    /// Smallest value (gauge) or increment (counter).
    pub min: f64,
    /// Largest value or increment.
    pub max: f64,
    /// Sum of the values, or the increase.
    pub sum: f64,
    /// Number of values or increments.
    pub count: u32,
    /// Latest value, for counters the absolute reading; NaN if there was none.
    pub last: f64,
    /// Time of `last`, microseconds UTC.
    pub last_at: i64,
    /// Counters: microseconds covered by the increments (the divisor of a rate). Gauges: 0.
    pub span_us: i64,
}

impl Bucket {
    /// The summary of one gauge value.
    #[must_use]
    pub const fn gauge(point: Point) -> Self {
        let Point { t, v } = point;
        Self { start: t, min: v, max: v, sum: v, count: 1, last: v, last_at: t, span_us: 0 }
    }

    /// The summary of one counter reading, given the reading before it.
    ///
    /// Increment = `v - previous` if not negative, else `v` (the counter restarted from zero). The first reading of a
    /// counter has no increment: `count` is 0.
    #[must_use]
    pub fn counter(point: Point, previous: Option<Point>) -> Self {
        let Point { t, v } = point;
        let mut bucket = Self { start: t, min: 0.0, max: 0.0, sum: 0.0, count: 0, last: v, last_at: t, span_us: 0 };
        if let Some(previous) = previous {
            let increment = if v >= previous.v { v - previous.v } else { v };
            bucket.min = increment;
            bucket.max = increment;
            bucket.sum = increment;
            bucket.count = 1;
            bucket.span_us = t.saturating_sub(previous.t);
        }
        bucket
    }

    /// Mean value, or mean increment; `None` without samples.
    #[must_use]
    pub fn avg(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / f64::from(self.count))
    }

    /// Smallest value or increment.
    #[must_use]
    pub fn min(&self) -> Option<f64> {
        (self.count > 0).then_some(self.min)
    }

    /// Largest value or increment.
    #[must_use]
    pub fn max(&self) -> Option<f64> {
        (self.count > 0).then_some(self.max)
    }

    /// Latest value.
    #[must_use]
    pub fn last(&self) -> Option<f64> {
        (!self.last.is_nan()).then_some(self.last)
    }

    /// Takes another summary in; `start` stays. Of two last values the later counts, at equal times the other's.
    pub fn absorb(&mut self, other: &Self) {
        if other.count > 0 {
            if self.count == 0 {
                (self.min, self.max, self.sum) = (other.min, other.max, other.sum);
            } else {
                self.min = self.min.min(other.min);
                self.max = self.max.max(other.max);
                self.sum = clean(self.sum + other.sum);
            }
            self.count = self.count.saturating_add(other.count);
        }
        self.span_us = self.span_us.saturating_add(other.span_us);
        if self.last.is_nan() || (!other.last.is_nan() && other.last_at >= self.last_at) {
            self.last = other.last;
            self.last_at = other.last_at;
        }
    }
}

/// Sums of decimals drift by rounding (0.1 + 0.2 = 0.30000000000000004), which would cost the chunk codec eight bytes a
/// sum. A sum within two units in the last place of a decimal with four digits becomes that decimal; the error stays
/// within that of the addition itself.
fn clean(sum: f64) -> f64 {
    let near = (sum * 1e4).round() / 1e4;
    if near.is_finite() && (near - sum).abs() <= 2.0 * f64::EPSILON * sum.abs() { near } else { sum }
}

/// Each point as a bucket of its own, ready for [`crate::resample()`]; NaN points are left out.
///
/// `previous` is the counter reading before the first point, if known; gauges ignore it.
pub fn samples(points: &[Point], kind: Kind, previous: Option<Point>) -> impl Iterator<Item = Bucket> + '_ {
    let mut previous = previous.filter(|p| !p.v.is_nan());
    points.iter().filter(|p| !p.v.is_nan()).map(move |&point| match kind {
        Kind::Gauge => Bucket::gauge(point),
        Kind::Counter => Bucket::counter(point, previous.replace(point)),
    })
}

/// Aggregates ascending points into buckets of `step`, ascending; empty buckets are absent.
#[must_use]
pub fn rollup(points: &[Point], kind: Kind, step: Step, previous: Option<Point>) -> Vec<Bucket> {
    collect(samples(points, kind, previous), step)
}

/// Aggregates ascending buckets into wider ones. Exact when `step` is a multiple of theirs.
#[must_use]
pub fn coarsen(buckets: &[Bucket], step: Step) -> Vec<Bucket> {
    collect(buckets.iter().copied(), step)
}

fn collect(samples: impl Iterator<Item = Bucket>, step: Step) -> Vec<Bucket> {
    let mut out: Vec<Bucket> = Vec::new();
    for mut sample in samples {
        sample.start = step.floor(sample.start);
        match out.last_mut() {
            Some(open) if open.start == sample.start => open.absorb(&sample),
            _ => out.push(sample),
        }
    }
    out
}

/// Joins two ascending lists of buckets of the same step; buckets with the same start are absorbed into one.
#[must_use]
pub fn merge(left: &[Bucket], right: &[Bucket]) -> Vec<Bucket> {
    let mut out: Vec<Bucket> = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    loop {
        let next = match (left.peek(), right.peek()) {
            (Some(l), Some(r)) if r.start < l.start => right.next(),
            (Some(_), _) => left.next(),
            (None, _) => right.next(),
        };
        let Some(next) = next else { return out };
        match out.last_mut() {
            Some(open) if open.start == next.start => open.absorb(next),
            _ => out.push(*next),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clean_of_decimal_sums_removes_rounding_noise() {
        assert_eq!(clean(0.1 + 0.2).to_bits(), 0.3_f64.to_bits());
        assert_eq!(clean(1.0 / 3.0).to_bits(), (1.0_f64 / 3.0).to_bits());
        assert_eq!(clean(f64::INFINITY), f64::INFINITY);
        assert!(clean(f64::NAN).is_nan());
        assert_eq!(clean(1e300), 1e300);
    }

    #[test]
    fn floor_of_times_before_1970_goes_down() {
        assert_eq!(Step::MINUTE.floor(-1), -60_000_000);
        assert_eq!(Step::MINUTE.floor(59_999_999), 0);
        assert_eq!(Step::from_micros(0), None);
    }

    #[test]
    fn counter_first_reading_has_no_increment() {
        let first = Bucket::counter(Point::new(5, 100.0), None);
        assert_eq!((first.count, first.avg(), first.last()), (0, None, Some(100.0)));
    }
}

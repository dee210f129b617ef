//! What is counted per route, for self-observation, and who else hears of an answered request.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use argos_kernel::{Actor, CredentialKind};

/// Upper bounds of the latency histogram in microseconds.
const BOUNDS_US: [u64; 8] = [250, 1_000, 5_000, 25_000, 100_000, 500_000, 2_500_000, 10_000_000];

/// One answered request.
#[derive(Clone, Debug)]
pub struct Answered {
    pub actor: Actor,
    pub method: String,
    pub route: &'static str,
    pub operation: &'static str,
    pub status: u16,
    pub took: Duration,
}

/// Keeps records of requests. It must return at once.
pub trait Listener: Send + Sync + 'static {
    /// Asked first: most requests are nobody's business.
    fn wants(&self, credential: CredentialKind, method: &str, status: u16) -> bool;
    fn answered(&self, request: Answered);
}

#[derive(Default)]
pub(crate) struct RouteCounters {
    classes: [AtomicU64; 6],
    sum_us: AtomicU64,
    buckets: [AtomicU64; 9],
}

/// Totals of one route since start.
#[derive(Clone, Debug)]
pub struct RouteStats {
    pub method: String,
    pub path: &'static str,
    pub operation: &'static str,
    /// Replies by status class; index 2 is 2xx.
    pub by_class: [u64; 6],
    pub sum_us: u64,
    /// Cumulative counts with their upper bounds in microseconds; the last bound is infinite (`None`).
    pub buckets: Vec<(Option<u64>, u64)>,
}

impl RouteCounters {
    pub(crate) fn note(&self, status: u16, took: Duration) {
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        if let Some(class) = self.classes.get(usize::from(status / 100)) {
            class.fetch_add(1, Ordering::Relaxed);
        }
        self.sum_us.fetch_add(us, Ordering::Relaxed);
        let slot = BOUNDS_US.iter().position(|b| us <= *b).unwrap_or(BOUNDS_US.len());
        if let Some(bucket) = self.buckets.get(slot) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
    }
    pub(crate) fn stats(&self, method: &str, path: &'static str, operation: &'static str) -> RouteStats {
        let mut total = 0;
        let buckets = self.buckets.iter().enumerate().map(|(i, b)| {
            total += b.load(Ordering::Relaxed);
            (BOUNDS_US.get(i).copied(), total)
        });
        RouteStats {
            method: method.to_owned(),
            path,
            operation,
            buckets: buckets.collect(),
            by_class: std::array::from_fn(|i| self.classes.get(i).map_or(0, |c| c.load(Ordering::Relaxed))),
            sum_us: self.sum_us.load(Ordering::Relaxed),
        }
    }
}

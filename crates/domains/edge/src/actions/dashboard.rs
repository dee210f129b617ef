//! What was counted of the traffic of a time, by all processes together.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use argos_kernel::{AppError, Result};

use crate::model::origin::Origins;
use crate::model::traffic::{Figures, HOUR_S, MINUTE_S};
use crate::service::Edge;
use crate::store;
use crate::store::traffic::{Live, Stored};

/// A documented range: its word, its length and its buckets in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) word: &'static str,
    pub(crate) granularity: &'static str,
    pub(crate) seconds: i64,
    pub(crate) bucket: i64,
}

const RANGES: [Range; 4] = [
    Range { word: "1h", granularity: "1m", seconds: 3_600, bucket: 60 },
    Range { word: "6h", granularity: "5m", seconds: 21_600, bucket: 300 },
    Range { word: "24h", granularity: "15m", seconds: 86_400, bucket: 900 },
    Range { word: "7d", granularity: "1h", seconds: 604_800, bucket: 3_600 },
];

/// Different paths counted at most.
const PATHS_MAX: usize = 20_000;

/// How far back refusals are shown as of now.
const QUARTER_S: i64 = 900;

impl Range {
    pub(crate) fn parse(word: Option<&str>) -> Result<Self> {
        let word = word.unwrap_or("24h");
        let found = RANGES.into_iter().find(|r| r.word == word);
        found.ok_or_else(|| AppError::bad_request("range must be 1h, 6h, 24h or 7d").code("invalid_field").with("field", "range"))
    }

    /// The first second of each of its buckets, oldest first; the last one is still filling.
    pub(crate) fn buckets(self, now_s: i64) -> impl Iterator<Item = i64> {
        let (last, count) = (now_s - now_s.rem_euclid(self.bucket), self.seconds / self.bucket);
        (0..count).map(move |n| last - (count - 1 - n) * self.bucket)
    }
}

/// Traffic of a range.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    /// Every bucket of the range by its first second, the empty ones too.
    pub(crate) buckets: BTreeMap<i64, Figures>,
    pub(crate) hosts: HashMap<String, u64>,
    pub(crate) paths: HashMap<(String, String), u64>,
    pub(crate) origins: Origins,
    pub(crate) bytes: u64,
}

impl Traffic {
    fn add(&mut self, range: Range, Stored { key, figures, .. }: Stored) {
        if let Some(bucket) = self.buckets.get_mut(&(key.at_s - key.at_s.rem_euclid(range.bucket))) {
            bucket.join_counts(&figures);
        }
        self.origins.join(&figures.detail.origins);
        self.bytes += figures.bytes;
        if key.domain.is_empty() {
            return;
        }
        *self.hosts.entry(key.domain.clone()).or_default() += figures.requests();
        for (path, n) in figures.detail.paths {
            let named = (key.domain.clone(), path);
            if self.paths.len() < PATHS_MAX || self.paths.contains_key(&named) {
                *self.paths.entry(named).or_default() += n;
            }
        }
    }
}

/// What goes on at a site.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Now {
    pub(crate) requests_per_second: f64,
    /// Turned away within a quarter of an hour.
    pub(crate) refused: u64,
}

/// Counts of a day.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Day {
    pub(crate) requests: u64,
    pub(crate) blocked: u64,
    pub(crate) errors: u64,
}

impl Edge {
    /// Counted at most every half minute, whoever asks: a week may be half a million rows.
    pub(crate) async fn traffic_of(&self, range: Range, host: Option<i64>) -> Result<Arc<Traffic>> {
        self.traffic_counted.of((range.word, host), self.count_traffic(range, host)).await
    }

    async fn count_traffic(&self, range: Range, host: Option<i64>) -> Result<Traffic> {
        let now = self.platform.clock.now().secs();
        let mut out = Traffic { buckets: range.buckets(now).map(|at| (at, Figures::default())).collect(), ..Traffic::default() };
        let from = out.buckets.keys().next().copied().unwrap_or(now);
        let name = self.platform.logs.site_names(host.as_slice()).pop().unwrap_or_default();
        let of = host.map(|id| (id, name.as_str()));
        // An hour at a time: what is named one by one in a week need not be in memory at once.
        for hour in (from - from.rem_euclid(HOUR_S)..=now).step_by(3_600) {
            for one in store::traffic::between(&self.platform.store.telemetry, hour.max(from), hour + HOUR_S, of).await? {
                out.add(range, one);
            }
        }
        out.hosts.retain(|_, n| *n > 0);
        Ok(out)
    }

    /// Requests of the last 24 hours.
    pub(crate) async fn day(&self) -> Result<Day> {
        let from = self.platform.clock.now().minus_secs(86_400).secs();
        let (requests, blocked, errors) = store::traffic::sum(&self.platform.store.telemetry, from - from.rem_euclid(MINUTE_S)).await?;
        let number = |n: i64| u64::try_from(n).unwrap_or(0);
        Ok(Day { requests: number(requests), blocked: number(blocked), errors: number(errors) })
    }

    /// What goes on at each site now.
    pub(crate) async fn live_traffic(&self) -> Result<HashMap<i64, Now>> {
        let now = self.platform.clock.now().secs();
        let minutes = store::traffic::live(&self.platform.store.telemetry, now - QUARTER_S).await?;
        Ok(live(&minutes, now))
    }
}

/// The requests of the last sixty seconds are those of this minute, and of the one before it the share that is as young.
#[expect(clippy::cast_precision_loss, reason = "requests of a minute")]
fn live(minutes: &[Live], now_s: i64) -> HashMap<i64, Now> {
    let mut out: HashMap<i64, Now> = HashMap::new();
    for minute in minutes {
        let own = out.entry(minute.host_id).or_default();
        let age = now_s - minute.at_s;
        let share = (2 * MINUTE_S - age).clamp(0, MINUTE_S) as f64 / MINUTE_S as f64;
        own.requests_per_second += minute.requests as f64 * share / MINUTE_S as f64;
        own.refused += u64::try_from(minute.refused).unwrap_or(0);
    }
    out.values_mut().for_each(|own| own.requests_per_second = (own.requests_per_second * 10.0).ceil() / 10.0);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::traffic::Key;

    #[test]
    fn rate_of_now_is_that_of_the_last_sixty_seconds() {
        let minute = |at_s, requests| Live { host_id: 1, at_s, requests, refused: 1 };
        let found = live(&[minute(0, 900), minute(840, 60), minute(900, 30)], 915)[&1];
        assert_eq!(found, Now { requests_per_second: 1.3, refused: 3 }, "30 of this minute and three quarters of 60");
    }

    #[test]
    fn buckets_cover_the_range_up_to_now() {
        let range = Range::parse(Some("6h")).unwrap();
        let all: Vec<i64> = range.buckets(1_700_000_123).collect();
        assert_eq!((all.len(), all.last(), all[71] - all[70]), (72, Some(&1_700_000_100), 300));
    }

    #[test]
    fn paths_are_counted_up_to_a_number_and_requests_all_of_them() {
        let (range, mut out) = (Range::parse(None).unwrap(), Traffic::default());
        for n in 0..PATHS_MAX + 10 {
            let mut figures = Figures { classes: [1, 0, 0, 0, 0], ..Figures::default() };
            figures.detail.paths = HashMap::from([(format!("/{n}"), 1), ("/0".to_owned(), 1)]);
            let key = Key { at_s: 0, host_id: 1, domain: "a.test".to_owned() };
            out.add(range, Stored { part: n.to_string(), key, figures });
        }
        let first = out.paths[&("a.test".to_owned(), "/0".to_owned())];
        assert_eq!((out.paths.len(), first, out.hosts["a.test"]), (PATHS_MAX, PATHS_MAX as u64 + 10, PATHS_MAX as u64 + 10));
    }

    #[test]
    fn only_documented_ranges_are_taken() {
        assert_eq!(Range::parse(None).unwrap().word, "24h");
        assert_eq!(Range::parse(Some("7d")).unwrap().bucket, 3_600);
        assert!(Range::parse(Some("2h")).is_err());
    }
}

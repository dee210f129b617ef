//! What the log rows of the data plane say about a time: traffic, refusals, slow answers.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use argos_kernel::{AppError, Result, Timestamp};
use argos_logs::{LogEntry, LogFilter, Order, Source};

use crate::model::origin::Origins;
use crate::service::Edge;

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
/// Answer times kept per bucket for its percentiles; beyond it every second one is left out.
const TIMES_MAX: usize = 4_000;
/// Different paths counted at most.
const PATHS_MAX: usize = 20_000;

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

/// Answers and times of a bucket.
#[derive(Debug, Default)]
pub(crate) struct Bucket {
    pub(crate) classes: [u64; 4],
    times: Vec<f64>,
    answers: u64,
    stride: u64,
}

impl Bucket {
    fn add(&mut self, entry: &LogEntry) {
        let class = usize::try_from(entry.status.unwrap_or(0) / 100 - 2).ok();
        if let Some(count) = class.and_then(|c| self.classes.get_mut(c)) {
            *count += 1;
        }
        let Some(ms) = entry.duration_ms else { return };
        self.answers += 1;
        if self.answers.is_multiple_of(1 << self.stride) {
            self.times.push(ms);
        }
        if self.times.len() > TIMES_MAX {
            let mut keep = false;
            self.times.retain(|_| {
                keep = !keep;
                keep
            });
            self.stride += 1;
        }
    }

    /// The answer time that this share of the answers kept, in milliseconds; `None` without answers.
    pub(crate) fn percentile(&self, percent: usize) -> Option<f64> {
        let mut sorted = self.times.clone();
        sorted.sort_by(f64::total_cmp);
        let at = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
        sorted.get(at).copied()
    }

    pub(crate) fn answers(&self) -> u64 {
        self.answers
    }
}

/// Traffic of a range.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    /// Every bucket of the range by its first second, the empty ones too.
    pub(crate) buckets: BTreeMap<i64, Bucket>,
    pub(crate) hosts: HashMap<String, u64>,
    pub(crate) paths: HashMap<(String, String), u64>,
    pub(crate) origins: Origins,
    pub(crate) bytes: i64,
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
        let mut out = Traffic { buckets: range.buckets(now).map(|at| (at, Bucket::default())).collect(), ..Traffic::default() };
        let filter = LogFilter {
            from: out.buckets.keys().next().copied().map(Timestamp::from_secs),
            sources: vec![Source::CaddyAccess],
            host_names: self.platform.logs.site_names(host.as_slice()),
            host_ids: host.into_iter().collect(),
            ..LogFilter::default()
        };
        let visit = |entry: LogEntry| {
            let at = entry.at.secs();
            if let Some(bucket) = out.buckets.get_mut(&(at - at.rem_euclid(range.bucket))) {
                bucket.add(&entry);
            }
            out.origins.add(&entry);
            out.bytes += entry.size_bytes.unwrap_or(0);
            let Some(domain) = entry.host_domain else { return true };
            *out.hosts.entry(domain.clone()).or_default() += 1;
            if let Some(path) = entry.path {
                let key = (domain, path);
                if out.paths.len() < PATHS_MAX || out.paths.contains_key(&key) {
                    *out.paths.entry(key).or_default() += 1;
                }
            }
            true
        };
        self.platform.logs.walk(&filter, Order::Oldest, visit).await?;
        Ok(out)
    }

    /// Requests of the last 24 hours.
    pub(crate) async fn day(&self) -> Result<Day> {
        let from = self.platform.clock.now().minus_secs(86_400);
        let of = |statuses: Vec<(i64, i64)>| LogFilter {
            from: Some(from),
            sources: vec![Source::CaddyAccess],
            statuses,
            ..LogFilter::default()
        };
        let logs = &self.platform.logs;
        let number = |n: i64| u64::try_from(n).unwrap_or(0);
        Ok(Day {
            requests: number(logs.count(&of(Vec::new())).await?),
            blocked: number(logs.count(&of(vec![(403, 403), (429, 429)])).await?),
            errors: number(logs.count(&of(vec![(500, 599)])).await?),
        })
    }
}

#[cfg(test)]
mod tests {
    use argos_kernel::Severity;

    use super::*;

    #[test]
    fn percentiles_are_answer_times_that_were_measured() {
        let mut bucket = Bucket::default();
        assert_eq!(bucket.percentile(50), None);
        for n in 1..=100 {
            let mut entry = LogEntry::new(Source::CaddyAccess, Timestamp::from_secs(0), Severity::Info, "");
            (entry.status, entry.duration_ms) = (Some(if n > 90 { 502 } else { 200 }), Some(f64::from(n)));
            bucket.add(&entry);
        }
        assert_eq!((bucket.percentile(50), bucket.percentile(95), bucket.percentile(99)), (Some(50.0), Some(95.0), Some(99.0)));
        assert_eq!((bucket.classes, bucket.answers()), ([90, 0, 0, 10], 100));
    }

    #[test]
    fn buckets_cover_the_range_up_to_now() {
        let range = Range::parse(Some("6h")).unwrap();
        let all: Vec<i64> = range.buckets(1_700_000_123).collect();
        assert_eq!((all.len(), all.last(), all[71] - all[70]), (72, Some(&1_700_000_100), 300));
    }

    #[test]
    fn only_documented_ranges_are_taken() {
        assert_eq!(Range::parse(None).unwrap().word, "24h");
        assert_eq!(Range::parse(Some("7d")).unwrap().bucket, 3_600);
        assert!(Range::parse(Some("2h")).is_err());
    }
}

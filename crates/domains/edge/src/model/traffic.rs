//! Live traffic in memory: requests per site in buckets of ten seconds over the last quarter of an hour. What lasts is in
//! the log rows and the metrics.

use std::collections::{BTreeMap, VecDeque};

use argos_proxy::{AccessRecord, Outcome};

use super::durations::Durations;

/// Seconds of a bucket.
pub(crate) const BUCKET_S: i64 = 10;
const BUCKETS_MAX: usize = 90;
/// Figures of so many seconds ago were read late.
const LATE_S: i64 = 60;

/// What happened within a bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) requests: u64,
    /// Answers by class: 2xx, 3xx, 4xx, 5xx.
    pub(crate) classes: [u64; 4],
    /// Refused by a limit, a ban, the network gate or the firewall.
    pub(crate) blocked: u64,
    pub(crate) limited: u64,
    /// Refused or noted by the firewall.
    pub(crate) filtered: u64,
    pub(crate) bytes: u64,
    pub(crate) micros: u64,
}

impl Tally {
    fn add(&mut self, record: &AccessRecord) {
        self.requests += 1;
        let class = usize::from(record.status.as_u16() / 100).saturating_sub(2);
        if let Some(count) = self.classes.get_mut(class) {
            *count += 1;
        }
        let refused = [Outcome::Banned, Outcome::NotAdmitted, Outcome::RateLimited, Outcome::Filtered];
        self.blocked += u64::from(refused.contains(&record.outcome));
        self.limited += u64::from(record.outcome == Outcome::RateLimited);
        self.filtered += u64::from(record.outcome == Outcome::Filtered);
        self.bytes += record.bytes;
        self.micros = self.micros.saturating_add(u64::try_from(record.duration.as_micros()).unwrap_or(0));
    }

    pub(crate) fn join(&mut self, other: &Self) {
        self.requests += other.requests;
        self.classes.iter_mut().zip(other.classes).for_each(|(mine, theirs)| *mine += theirs);
        self.blocked += other.blocked;
        self.limited += other.limited;
        self.filtered += other.filtered;
        self.bytes += other.bytes;
        self.micros = self.micros.saturating_add(other.micros);
    }
}

/// The buckets of every site, oldest first; its totals since this process began; and how long its answers took lately.
#[derive(Debug, Default)]
pub(crate) struct Traffic(BTreeMap<i64, Site>);

#[derive(Debug, Default)]
struct Site {
    line: VecDeque<(i64, Tally)>,
    total: Tally,
    durations: VecDeque<(i64, Durations)>,
}

/// Buckets whose durations are known one by one: that which goes on, the last, and one for who comes late.
const DURATIONS_MAX: usize = 3;

impl Traffic {
    /// Counts a finished request in the bucket of this second.
    pub(crate) fn add(&mut self, record: &AccessRecord, now_s: i64) {
        let Some(host) = record.host_id.and_then(|id| i64::try_from(id).ok()) else { return };
        let mut one = Tally::default();
        one.add(record);
        self.join(host, now_s, now_s, &one);
    }

    /// Counts figures that belong to this second, which may be a moment ago. What is older than the buckets is left out; what
    /// was read late did not happen now, and is left out of the total, whose growth is a rate.
    pub(crate) fn join(&mut self, host: i64, at_s: i64, now_s: i64, tally: &Tally) {
        let bucket = at_s - at_s.rem_euclid(BUCKET_S);
        let site = self.0.entry(host).or_default();
        if now_s - at_s <= LATE_S {
            site.total.join(tally);
        }
        if tally.requests == 1 {
            if site.durations.back().is_none_or(|(at, _)| *at < bucket) {
                site.durations.push_back((bucket, Durations::default()));
                if site.durations.len() > DURATIONS_MAX {
                    site.durations.pop_front();
                }
            }
            if let Some((_, durations)) = site.durations.iter_mut().rev().find(|(at, _)| *at == bucket) {
                durations.add(tally.micros);
            }
        }
        let line = &mut site.line;
        if line.back().is_none_or(|(at, _)| *at < bucket) {
            line.push_back((bucket, Tally::default()));
            if line.len() > BUCKETS_MAX {
                line.pop_front();
            }
        }
        if let Some((_, sum)) = line.iter_mut().rev().find(|(at, _)| *at == bucket) {
            sum.join(tally);
        }
    }

    /// What happened at a site in the bucket that began at this second.
    pub(crate) fn bucket(&self, host: i64, at: i64) -> Option<(Tally, Option<&Durations>)> {
        let site = self.0.get(&host)?;
        let tally = site.line.iter().rev().find(|(t, _)| *t == at).map(|(_, tally)| *tally)?;
        Some((tally, site.durations.iter().find(|(t, _)| *t == at).map(|(_, d)| d)))
    }

    /// What happened at a site since this process began.
    pub(crate) fn total(&self, host: i64) -> Tally {
        self.0.get(&host).map(|s| s.total).unwrap_or_default()
    }

    /// What happened at a site from this second on.
    pub(crate) fn since(&self, host: i64, from: i64) -> Tally {
        let mut sum = Tally::default();
        let line = self.0.get(&host).into_iter().flat_map(|s| &s.line);
        line.filter(|(at, _)| *at >= from).for_each(|(_, tally)| sum.join(tally));
        sum
    }

    /// Forgets sites that are gone.
    pub(crate) fn retain(&mut self, known: impl Fn(i64) -> bool) {
        self.0.retain(|host, _| known(*host));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_late_is_no_traffic_of_now() {
        let (mut traffic, now) = (Traffic::default(), 1_000_000);
        let one = Tally { requests: 1, ..Tally::default() };
        for ago in [3_600, 600, 30, 0] {
            traffic.join(1, now - ago, now, &one);
        }
        assert_eq!(traffic.total(1).requests, 2, "the rate of now");
        assert_eq!(traffic.since(1, now - 900).requests, 3, "the quarter of an hour");
    }
}

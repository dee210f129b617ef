//! Traffic of a site within a minute or an hour, counted from the lines that are stored: answers by class, refusals, bytes,
//! how long answers took, where requests came from, what they asked for. Pure.
//!
//! Each process counts in parts of its own, which are added up by whoever reads: nobody writes over another one's part, and
//! what a process counted stays when it dies.

use std::collections::HashMap;

use argos_logs::{LogEntry, Source};
use serde::{Deserialize, Serialize};

use super::access;
use super::durations::Durations;
use super::origin::Origins;

pub(crate) const MINUTE_S: i64 = 60;
pub(crate) const HOUR_S: i64 = 3_600;
/// Different paths counted in a part. More come only from scanners.
const PATHS_MAX: usize = 500;
/// Paths longer than this are counted under no name.
const PATH_BYTES_MAX: usize = 200;
/// Names that belong to no site: clients may send any to an external proxy.
const STRANGERS_MAX: usize = 200;
/// A part that was not counted in for so long is closed: its minute begins another one if more comes.
pub(crate) const OPEN_S: i64 = 300;
/// Open parts at most.
const OPEN_MAX: usize = 5_000;

/// Whose traffic, and when it began.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) at_s: i64,
    /// 0 = no known site.
    pub(crate) host_id: i64,
    /// Empty = no name.
    pub(crate) domain: String,
}

/// What happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    /// Answers by class: 2xx, 3xx, 4xx, 5xx, any other.
    pub(crate) classes: [u64; 5],
    /// Status 403 or 429.
    pub(crate) forbidden: u64,
    /// Turned away by a limit, a ban, the network gate or the firewall.
    pub(crate) refused: u64,
    /// Refused or noted by the firewall.
    pub(crate) filtered: u64,
    pub(crate) bytes: u64,
    pub(crate) micros: u64,
    pub(crate) times: Durations,
    pub(crate) detail: Detail,
}

/// What is named one by one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Detail {
    pub(crate) paths: HashMap<String, u64>,
    pub(crate) origins: Origins,
}

impl Detail {
    /// With the paths that were asked for most.
    pub(crate) fn with_paths(&self, most: usize) -> Self {
        let mut all: Vec<_> = self.paths.iter().collect();
        all.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
        Self { paths: all.into_iter().take(most).map(|(path, n)| (path.clone(), *n)).collect(), origins: self.origins.clone() }
    }
}

impl Figures {
    pub(crate) fn requests(&self) -> u64 {
        self.classes.iter().sum()
    }

    /// Counts a request, or what the firewall of an external proxy found.
    fn add(&mut self, line: &LogEntry) {
        self.count(line);
        let named = line.path.as_deref().filter(|path| path.len() <= PATH_BYTES_MAX && line.source != Source::WafAudit);
        let Some(path) = named.filter(|_| line.host_domain.is_some()) else { return };
        let paths = &mut self.detail.paths;
        if let Some(n) = paths.get_mut(path) {
            *n += 1;
        } else if paths.len() < PATHS_MAX {
            paths.insert(path.to_owned(), 1);
        }
    }

    /// As `add`, without the path.
    fn count(&mut self, line: &LogEntry) {
        if line.source == Source::WafAudit {
            // One of the built-in engine is counted by the line of its request.
            self.filtered += u64::from(!access::is_refusal(line));
            return;
        }
        let status = line.status.unwrap_or(0);
        let class = usize::try_from(status / 100 - 2).unwrap_or(4).min(4);
        if let Some(count) = self.classes.get_mut(class) {
            *count += 1;
        }
        self.forbidden += u64::from(matches!(status, 403 | 429));
        self.refused += u64::from(access::is_turned_away(&line.message));
        self.filtered += u64::from(access::is_filtered(&line.message));
        self.bytes += line.size_bytes.and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
        if let Some(ms) = line.duration_ms {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast to the nearest")]
            let micros = (ms * 1_000.0) as u64;
            self.micros = self.micros.saturating_add(micros);
            self.times.add(micros);
        }
        self.detail.origins.add(line);
    }

    pub(crate) fn join(&mut self, other: &Self) {
        self.join_counts(other);
        for (path, n) in &other.detail.paths {
            *self.detail.paths.entry(path.clone()).or_default() += n;
        }
        self.detail.origins.join(&other.detail.origins);
    }

    /// As `join`, without what is named one by one.
    pub(crate) fn join_counts(&mut self, other: &Self) {
        self.classes.iter_mut().zip(other.classes).for_each(|(mine, theirs)| *mine += theirs);
        self.forbidden += other.forbidden;
        self.refused += other.refused;
        self.filtered += other.filtered;
        self.bytes += other.bytes;
        self.micros = self.micros.saturating_add(other.micros);
        self.times.join(&other.times);
    }

    /// What came since these figures of the same part, without what is named one by one.
    pub(crate) fn since(&self, before: &Self) -> Self {
        let mut classes = self.classes;
        classes.iter_mut().zip(before.classes).for_each(|(now, then)| *now = now.saturating_sub(then));
        Self {
            classes,
            forbidden: self.forbidden.saturating_sub(before.forbidden),
            refused: self.refused.saturating_sub(before.refused),
            filtered: self.filtered.saturating_sub(before.filtered),
            bytes: self.bytes.saturating_sub(before.bytes),
            micros: self.micros.saturating_sub(before.micros),
            times: self.times.since(&before.times),
            detail: Detail::default(),
        }
    }
}

/// A part of this process, written as a row of its own.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) id: String,
    pub(crate) figures: Figures,
    used_s: i64,
}

/// The parts this process counts in.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    open: HashMap<Key, Part>,
    /// Counted, and on their way to the store.
    pending: HashMap<Key, Part>,
    /// Of lines that found no room on their way to the store: they are counted though they are not kept.
    missed: HashMap<Key, Figures>,
    carried: HashMap<Key, Figures>,
}

/// Where a line is counted; `None` = nowhere.
fn key(line: &LogEntry) -> Option<Key> {
    let counts = line.source == Source::CaddyAccess || (line.source == Source::WafAudit && line.host_id.is_some());
    let at = line.at.secs();
    let domain = line.host_domain.clone().unwrap_or_default();
    counts.then(|| Key { at_s: at - at.rem_euclid(MINUTE_S), host_id: line.host_id.unwrap_or(0), domain })
}

/// Counts a line of before anybody counted, by how many seconds it is counted in: an hour before `hours_before_s`, else a minute.
pub(crate) fn count_old(all: &mut HashMap<(i64, Key), Figures>, line: &LogEntry, hours_before_s: i64) {
    let Some(mut key) = key(line) else { return };
    let seconds = if key.at_s < hours_before_s { HOUR_S } else { MINUTE_S };
    key.at_s -= key.at_s.rem_euclid(seconds);
    if key.host_id == 0 && all.len() >= OPEN_MAX {
        key.domain.clear();
    }
    all.entry((seconds, key)).or_default().add(line);
}

impl Parts {
    /// Counts lines that are about to be stored; the parts they change. What was counted before and not stored is void.
    pub(crate) fn count(
        &mut self,
        lines: &[LogEntry],
        now_s: i64,
        mut mint: impl FnMut() -> String,
    ) -> impl Iterator<Item = (&Key, &Part)> {
        self.open.retain(|_, part| now_s - part.used_s < OPEN_S);
        if self.open.len() > OPEN_MAX {
            self.open.clear();
        }
        for (key, figures) in self.missed.drain() {
            self.carried.entry(key).or_default().join(&figures);
        }
        self.pending.clear();
        let strangers = self.open.keys().filter(|key| key.host_id == 0).count();
        for line in lines {
            let Some(mut key) = key(line) else { continue };
            let is_new = key.host_id == 0 && !self.open.contains_key(&key) && !self.pending.contains_key(&key);
            if is_new && strangers + self.pending.len() >= STRANGERS_MAX {
                key.domain.clear();
            }
            self.part(key, now_s, &mut mint).add(line);
        }
        let carried = std::mem::take(&mut self.carried);
        for (key, figures) in &carried {
            self.part(key.clone(), now_s, &mut mint).join(figures);
        }
        self.carried = carried;
        self.pending.iter()
    }

    /// The part that a line is counted in, as it will be stored.
    fn part(&mut self, key: Key, now_s: i64, mint: &mut impl FnMut() -> String) -> &mut Figures {
        let open = &self.open;
        let part = self.pending.entry(key).or_insert_with_key(|key| {
            let new = || Part { id: mint(), figures: Figures::default(), used_s: now_s };
            open.get(key).cloned().unwrap_or_else(new)
        });
        part.used_s = now_s;
        &mut part.figures
    }

    /// What was counted last is stored.
    pub(crate) fn stored(&mut self) {
        self.open.extend(self.pending.drain());
        self.carried.clear();
    }

    /// Counts a line that will never be stored; it goes to the store with the next ones that are. The store may be away for
    /// hours: no path is kept of it, and beyond a number it is counted by the hour and of no name.
    pub(crate) fn miss(&mut self, line: &LogEntry) {
        let Some(mut key) = key(line) else { return };
        if self.missed.len() + self.carried.len() >= OPEN_MAX && !self.missed.contains_key(&key) {
            key.at_s -= key.at_s.rem_euclid(HOUR_S);
            key.domain.clear();
        }
        self.missed.entry(key).or_default().count(line);
    }
}

#[cfg(test)]
mod tests {
    use argos_kernel::{Severity, Timestamp};
    use proptest::prelude::*;

    use super::*;

    fn line(at_s: i64, status: i64, path: &str) -> LogEntry {
        let mut line = LogEntry::new(Source::CaddyAccess, Timestamp::from_secs(at_s), Severity::Info, "GET / -> 200");
        (line.status, line.path, line.duration_ms, line.size_bytes) = (Some(status), Some(path.to_owned()), Some(10.0), Some(5));
        (line.host_id, line.host_domain) = (Some(1), Some("a.test".to_owned()));
        line
    }

    /// Ids of parts, one after the other.
    fn mint(next: &mut u32) -> impl FnMut() -> String {
        move || {
            *next += 1;
            next.to_string()
        }
    }

    #[test]
    fn lines_that_were_not_stored_are_counted_once_when_they_are() {
        let (mut parts, mut n) = (Parts::default(), 0);
        let lines = [line(60, 200, "/a"), line(119, 429, "/b")];
        parts.miss(&line(61, 500, "/c"));
        assert_eq!(parts.count(&lines, 120, mint(&mut n)).count(), 1);
        let again: Vec<(i64, u64)> =
            parts.count(&lines, 120, mint(&mut n)).map(|(key, part)| (key.at_s, part.figures.requests())).collect();
        assert_eq!(again, [(60, 3)]);
        parts.stored();
        let more: Vec<_> = parts.count(&lines[..1], 121, mint(&mut n)).map(|(_, part)| (part.id.clone(), part.figures.clone())).collect();
        assert_eq!((more[0].0.as_str(), more[0].1.classes, more[0].1.forbidden, more[0].1.bytes), ("2", [2, 0, 1, 1, 0], 1, 20));
        parts.stored();
        let id = parts.count(&lines[..1], 121 + OPEN_S, mint(&mut n)).next().map(|(_, part)| (part.id.clone(), part.figures.requests()));
        assert_eq!(id, Some(("3".to_owned(), 1)), "a closed part is not opened again");
    }

    #[test]
    fn lines_of_a_long_outage_are_counted_within_bounds() {
        let (mut parts, mut n) = (Parts::default(), 0);
        let minutes = i64::try_from(OPEN_MAX * 3).unwrap();
        for at in 0..minutes {
            parts.miss(&line(at * 60, 200, &format!("/{at}")));
            if at % 1_000 == 0 {
                // The store refuses again.
                assert!(parts.count(&[], at * 60, mint(&mut n)).count() <= OPEN_MAX * 2);
            }
        }
        let found: Vec<(u64, usize)> =
            parts.count(&[], 0, mint(&mut n)).map(|(_, part)| (part.figures.requests(), part.figures.detail.paths.len())).collect();
        assert!(found.len() < OPEN_MAX + OPEN_MAX * 2 / 60 + 10, "{}", found.len());
        assert_eq!(found.iter().map(|(requests, _)| *requests).sum::<u64>(), u64::try_from(minutes).unwrap());
        assert!(found.iter().all(|(_, paths)| *paths == 0));
    }

    #[test]
    fn names_of_strangers_are_counted_together_beyond_a_number() {
        let (mut parts, mut n) = (Parts::default(), 0);
        let strange = |n: usize| {
            let mut line = line(60, 200, "/");
            (line.host_id, line.host_domain) = (None, Some(format!("{n}.test")));
            line
        };
        let lines: Vec<LogEntry> = (0..STRANGERS_MAX * 2).map(strange).collect();
        let found: Vec<u64> = parts.count(&lines, 60, mint(&mut n)).map(|(_, part)| part.figures.requests()).collect();
        assert_eq!((found.len(), found.iter().sum::<u64>()), (STRANGERS_MAX + 1, lines.len() as u64));
    }

    #[test]
    fn lines_of_before_are_counted_by_the_hour_and_the_young_ones_by_the_minute() {
        let mut all = HashMap::new();
        for at in [10, 70, 3_599, 3_600, 7_201, 7_259, 7_260] {
            count_old(&mut all, &line(at, 200, "/a"), 7_200);
        }
        let mut found: Vec<_> = all.iter().map(|((seconds, key), figures)| (*seconds, key.at_s, figures.requests())).collect();
        found.sort_unstable();
        assert_eq!(found, [(MINUTE_S, 7_200, 2), (MINUTE_S, 7_260, 1), (HOUR_S, 0, 3), (HOUR_S, 3_600, 1)]);
    }

    #[test]
    fn findings_of_a_firewall_are_no_requests() {
        let mut finding = line(60, 403, "/");
        finding.source = Source::WafAudit;
        let mut figures = Figures::default();
        figures.add(&finding);
        assert_eq!((figures.requests(), figures.filtered), (0, 1));
    }

    proptest! {
        #[test]
        fn any_lines_in_any_batches_add_up(statuses in prop::collection::vec((0..400_i64, -9..700_i64), 1..60), size in 1..9_usize) {
            let (mut parts, mut n, mut all) = (Parts::default(), 0, HashMap::new());
            let lines: Vec<LogEntry> = statuses.iter().map(|(at, status)| line(*at, *status, "/")).collect();
            for batch in lines.chunks(size) {
                for (key, part) in parts.count(batch, 400, mint(&mut n)) {
                    all.insert(part.id.clone(), (key.clone(), part.figures.clone()));
                }
                parts.stored();
            }
            let mut sum = Figures::default();
            all.values().for_each(|(_, figures)| sum.join(figures));
            prop_assert_eq!(sum.requests(), lines.len() as u64);
            prop_assert_eq!(sum.since(&Figures::default()).requests(), lines.len() as u64);
        }
    }
}

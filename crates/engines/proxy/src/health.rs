//! Whether a backend is fit: what probes and real requests say, and what follows. No I/O here.

use std::str::FromStr;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use http::{Method, StatusCode};

/// Regular probes of a pool's backends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveCheck {
    /// Path and query asked for.
    pub path: String,
    /// GET, HEAD or POST.
    pub method: Method,
    /// The statuses of a healthy backend.
    pub expect: ExpectStatus,
    /// Time between two probes of a backend.
    pub interval: Duration,
    /// Longest wait for a probe's answer.
    pub timeout: Duration,
    /// Failed probes in a row that make it unhealthy.
    pub fails: u32,
    /// Good probes in a row that make it healthy again.
    pub passes: u32,
}

/// Judging by real requests: too many failures put a backend aside for a while, each time for longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassiveCheck {
    /// Failures within `window` that put it aside.
    pub fails: u32,
    /// The time they are counted in.
    pub window: Duration,
    /// How long it is put aside the first time; doubled each time it fails again at once, up to 10 times as long.
    pub eject: Duration,
}

impl Default for PassiveCheck {
    fn default() -> Self {
        Self { fails: 3, window: Duration::from_secs(30), eject: Duration::from_secs(30) }
    }
}

/// A list of status codes and ranges, as `200,204` or `200-299`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectStatus(Vec<(u16, u16)>);

impl ExpectStatus {
    /// Whether the status is one of them.
    #[must_use]
    pub fn accepts(&self, status: StatusCode) -> bool {
        self.0.iter().any(|(from, to)| (*from..=*to).contains(&status.as_u16()))
    }
}

impl FromStr for ExpectStatus {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let code = |text: &str| {
            let text = text.trim();
            let digits = text.len() == 3 && text.bytes().all(|b| b.is_ascii_digit());
            let code = digits.then(|| text.parse::<u16>().ok()).flatten().filter(|code| (100..=599).contains(code));
            code.ok_or_else(|| format!("`{text}` is no status code between 100 and 599"))
        };
        let range = |token: &str| match token.split_once('-') {
            None => code(token).map(|code| (code, code)),
            Some((from, to)) => match (code(from)?, code(to)?) {
                (from, to) if from <= to => Ok((from, to)),
                _ => Err(format!("the range `{}` ends before it begins", token.trim())),
            },
        };
        text.split(',').map(range).collect::<Result<_, _>>().map(Self)
    }
}

/// The state of a backend, shared by all threads. Times are milliseconds of the engine's clock.
#[derive(Debug, Default)]
pub(crate) struct Condition {
    /// 0 = not probed yet, 1 = healthy, 2 = unhealthy, by probes.
    probed: AtomicU8,
    /// Probes in a row that disagree with the state.
    disagreeing: AtomicU32,
    /// Put aside until then by failed requests.
    ejected_until_ms: AtomicU64,
    /// How often in a row it was put aside.
    ejections: AtomicU32,
    /// Failures counted since `window_from_ms`.
    failures: AtomicU32,
    window_from_ms: AtomicU64,
    /// When it came back, for slow start; 0 = never away.
    recovered_ms: AtomicU64,
}

/// What probes say about a backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// Not probed yet, or not at all.
    Unknown,
    /// Fit.
    Healthy,
    /// Not fit.
    Unhealthy,
}

impl Condition {
    pub(crate) fn health(&self, now_ms: u64) -> Health {
        match self.probed.load(Ordering::Relaxed) {
            2 => Health::Unhealthy,
            _ if self.ejected_until_ms.load(Ordering::Relaxed) > now_ms => Health::Unhealthy,
            1 => Health::Healthy,
            _ => Health::Unknown,
        }
    }

    /// Whether requests may go there.
    pub(crate) fn is_fit(&self, now_ms: u64) -> bool {
        self.probed.load(Ordering::Relaxed) != 2 && self.ejected_until_ms.load(Ordering::Relaxed) <= now_ms
    }

    /// Its share in 1/256 while it starts slowly.
    pub(crate) fn share(&self, now_ms: u64, slow_start_ms: u64) -> u32 {
        let recovered = self.recovered_ms.load(Ordering::Relaxed).max(self.ejected_until_ms.load(Ordering::Relaxed));
        let age = now_ms.saturating_sub(recovered);
        if recovered == 0 || age >= slow_start_ms {
            return 256;
        }
        u32::try_from(age * 256 / slow_start_ms.max(1)).unwrap_or(256).max(8)
    }

    /// Takes a probe's result; says the new state when it changed.
    pub(crate) fn probed(&self, good: bool, check: &ActiveCheck, now_ms: u64) -> Option<Health> {
        let before = self.probed.load(Ordering::Relaxed);
        let agrees = good == (before != 2) && before != 0;
        if agrees {
            self.disagreeing.store(0, Ordering::Relaxed);
            return None;
        }
        // The first probe of all decides at once when it is good; a failed one is counted as any other.
        let needed = match (before, good) {
            (0, true) => 1,
            (_, true) => check.passes,
            (_, false) => check.fails,
        };
        if self.disagreeing.fetch_add(1, Ordering::Relaxed) + 1 < needed.max(1) {
            return None;
        }
        self.disagreeing.store(0, Ordering::Relaxed);
        self.probed.store(if good { 1 } else { 2 }, Ordering::Relaxed);
        if good && before == 2 {
            self.recovered_ms.store(now_ms.max(1), Ordering::Relaxed);
            self.ejected_until_ms.store(0, Ordering::Relaxed);
        }
        (before != 0 || !good).then_some(if good { Health::Healthy } else { Health::Unhealthy })
    }

    pub(crate) fn forget_probes(&self) {
        self.probed.store(0, Ordering::Relaxed);
        self.disagreeing.store(0, Ordering::Relaxed);
    }

    /// A request was answered; whether that ends a time of being put aside.
    pub(crate) fn answered(&self) -> bool {
        if self.failures.load(Ordering::Relaxed) != 0 {
            self.failures.store(0, Ordering::Relaxed);
        }
        self.ejections.load(Ordering::Relaxed) != 0 && self.ejections.swap(0, Ordering::Relaxed) != 0
    }

    /// A request failed; whether that put the backend aside.
    pub(crate) fn failed(&self, check: &PassiveCheck, now_ms: u64) -> bool {
        if !self.is_fit(now_ms) {
            return false;
        }
        let window = millis(check.window);
        if now_ms.saturating_sub(self.window_from_ms.load(Ordering::Relaxed)) > window {
            self.window_from_ms.store(now_ms, Ordering::Relaxed);
            self.failures.store(0, Ordering::Relaxed);
        }
        let ejections = self.ejections.load(Ordering::Relaxed);
        // One that was just put aside has to prove itself: its first failure counts for all.
        let needed = if ejections > 0 { 1 } else { check.fails.max(1) };
        if self.failures.fetch_add(1, Ordering::Relaxed) + 1 < needed {
            return false;
        }
        self.failures.store(0, Ordering::Relaxed);
        self.ejections.store(ejections.saturating_add(1), Ordering::Relaxed);
        let eject = millis(check.eject);
        let time = eject.saturating_mul(1 << ejections.min(4)).min(eject.saturating_mul(10));
        self.ejected_until_ms.store(now_ms + time, Ordering::Relaxed);
        true
    }
}

pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX / 2)
}

#[cfg(test)]
mod tests {
    use super::{ActiveCheck, Condition, ExpectStatus, Health, PassiveCheck};
    use http::{Method, StatusCode};
    use proptest::prelude::*;
    use std::time::Duration;

    fn check() -> ActiveCheck {
        let expect = "200".parse().unwrap();
        let second = Duration::from_secs(1);
        ActiveCheck { path: "/".to_owned(), method: Method::GET, expect, interval: second, timeout: second, fails: 2, passes: 3 }
    }

    #[test]
    fn expectations_are_read_or_refused_with_a_reason() {
        let list: ExpectStatus = "200, 204,301 - 308".parse().unwrap();
        for (status, accepted) in [(200, true), (201, false), (204, true), (300, false), (305, true)] {
            assert_eq!(list.accepts(StatusCode::from_u16(status).unwrap()), accepted, "{status}");
        }
        for (bad, part) in [("", "``"), ("200,", "``"), ("99", "`99`"), ("600", "`600`"), ("300-200", "ends before"), ("+20", "`+20`")] {
            assert!(bad.parse::<ExpectStatus>().unwrap_err().contains(part), "{bad}");
        }
    }

    #[test]
    fn probes_change_the_state_after_enough_in_a_row() {
        let (condition, check) = (Condition::default(), check());
        assert_eq!(condition.health(0), Health::Unknown);
        assert_eq!(condition.probed(true, &check, 1), None);
        assert_eq!(condition.health(0), Health::Healthy);
        assert_eq!(condition.probed(false, &check, 1), None);
        assert_eq!(condition.probed(true, &check, 1), None, "the row is broken");
        assert_eq!(condition.probed(false, &check, 1), None);
        assert_eq!(condition.probed(false, &check, 1), Some(Health::Unhealthy));
        assert!(!condition.is_fit(9));
        assert_eq!((condition.probed(true, &check, 5), condition.probed(true, &check, 6)), (None, None));
        assert_eq!(condition.probed(true, &check, 1000), Some(Health::Healthy));
        assert_eq!(condition.share(1500, 1000), 128, "half of its slow start is over");
        assert_eq!(condition.share(2000, 1000), 256);
    }

    #[test]
    fn failed_requests_put_a_backend_aside_longer_each_time() {
        let (condition, check) = (Condition::default(), PassiveCheck::default());
        assert!(!condition.failed(&check, 100) && !condition.failed(&check, 200));
        assert!(condition.failed(&check, 300));
        assert!(!condition.is_fit(300) && !condition.is_fit(30_299) && condition.is_fit(30_300));
        assert!(condition.failed(&check, 30_300), "the first failure after it");
        assert!(!condition.is_fit(90_299) && condition.is_fit(90_300), "twice as long");
        assert!(condition.answered(), "it is back");
        assert!(!condition.answered(), "and that is told once");
        assert!(!condition.failed(&check, 90_301), "an answer clears the past");
    }

    #[test]
    fn failures_far_apart_do_not_add_up() {
        let (condition, check) = (Condition::default(), PassiveCheck::default());
        for n in 1..10 {
            assert!(!condition.failed(&check, n * 31_000));
        }
    }

    proptest! {
        #[test]
        fn any_expectation_is_read_or_refused(text in "[0-9 ,x-]{0,20}") {
            if let Ok(list) = text.parse::<ExpectStatus>() {
                prop_assert!((100..600).any(|c| list.accepts(StatusCode::from_u16(c).unwrap())));
            }
        }
    }
}

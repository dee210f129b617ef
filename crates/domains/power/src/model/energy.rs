//! Energy from samples (power spec D.5): trapezoids between samples that are close enough, or the differences of the
//! device's own counter; both cut where an hour or a price ends. Pure.

use std::collections::VecDeque;

use chrono_tz::Tz;

use super::tariff::Tariff;

const SECOND_US: i64 = 1_000_000;
const MINUTE_US: i64 = 60 * SECOND_US;
/// Length of a bucket.
pub const HOUR_US: i64 = 3_600 * SECOND_US;

/// Power at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub at_us: i64,
    pub watts: f64,
}

/// Energy of a part of one hour under one price.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slice {
    /// Start of its UTC hour, microseconds.
    pub bucket_us: i64,
    pub wh: f64,
    pub cost: f64,
    pub seconds: f64,
}

/// Whether the time between two samples counts.
pub fn joins(from: Point, to: Point, max_gap_us: i64) -> bool {
    let gap = to.at_us - from.at_us;
    gap > 0 && gap <= max_gap_us
}

/// The trapezoid between two samples, cut at hours and at changes of price.
pub fn slices(from: Point, to: Point, tariff: &Tariff, zone: Tz) -> Vec<Slice> {
    let total = seconds(to.at_us - from.at_us);
    let watts_at = |at: i64| from.watts + (to.watts - from.watts) * seconds(at - from.at_us) / total;
    let mut out = Vec::new();
    let mut start = from.at_us;
    while start < to.at_us {
        let rate = tariff.rate_at(start, zone);
        let end = next_cut(start, to.at_us, tariff, zone, rate);
        let span = seconds(end - start);
        let wh = f64::midpoint(watts_at(start), watts_at(end)) * span / 3600.0;
        out.push(Slice { bucket_us: start.div_euclid(HOUR_US) * HOUR_US, wh, cost: wh / 1000.0 * rate, seconds: span });
        start = end;
    }
    out
}

/// Prices change on whole minutes only, so the walk from minute to minute finds every change.
fn next_cut(start: i64, end: i64, tariff: &Tariff, zone: Tz, rate: f64) -> i64 {
    let hour = (start.div_euclid(HOUR_US) + 1) * HOUR_US;
    let last = hour.min(end);
    if tariff.periods.is_empty() {
        return last;
    }
    let mut minute = (start.div_euclid(MINUTE_US) + 1) * MINUTE_US;
    while minute < last {
        #[expect(clippy::float_cmp, reason = "the same number from the same list")]
        if tariff.rate_at(minute, zone) != rate {
            return minute;
        }
        minute += MINUTE_US;
    }
    last
}

#[expect(clippy::cast_precision_loss, reason = "microseconds of at most some days")]
fn seconds(us: i64) -> f64 {
    us as f64 / SECOND_US as f64
}

/// Hours that a peak is remembered.
const PEAK_HOURS: i64 = 24;

/// The most a meter saw in the last 24 hours, by hour.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Peak(VecDeque<(i64, f64)>);

impl Peak {
    /// Takes a reading. Readings of the past are older than the newest hour and count for that one.
    pub fn note(&mut self, at_us: i64, watts: f64) {
        let hour = at_us.div_euclid(HOUR_US);
        match self.0.back_mut() {
            Some((last, most)) if *last >= hour => *most = most.max(watts),
            _ => self.0.push_back((hour, watts)),
        }
        while self.0.front().is_some_and(|(first, _)| hour - first >= PEAK_HOURS) {
            self.0.pop_front();
        }
    }

    pub fn watts(&self, now_us: i64) -> Option<f64> {
        let since = now_us.div_euclid(HOUR_US) - PEAK_HOURS;
        self.0.iter().filter(|(hour, _)| *hour > since).map(|(_, watts)| *watts).reduce(f64::max)
    }
}

/// The mean power above which a step of a counter is a mistake.
pub fn counter_bound(rated_watts: Option<f64>, peak_watts: Option<f64>) -> f64 {
    rated_watts.map(|w| w * 1.5).or_else(|| peak_watts.map(|w| w * 3.0)).map_or(500.0, |w| w.max(500.0))
}

/// A step of the device's own counter: kWh to add, and whether something is missing.
pub fn counter_step(last_kwh: f64, now_kwh: f64, elapsed_us: i64, bound_watts: f64, unit_kwh: Option<f64>) -> (f64, bool) {
    let hours = seconds(elapsed_us) / 3600.0;
    let plausible = |kwh: f64| hours > 0.0 && kwh * 1000.0 / hours <= bound_watts;
    if now_kwh >= last_kwh {
        let step = now_kwh - last_kwh;
        return if step <= 100.0 || plausible(step) { (step, false) } else { (0.0, true) };
    }
    if let Some(unit) = unit_kwh {
        let span = 4_294_967_296.0 * unit;
        if last_kwh >= span * 0.99 && now_kwh <= span * 0.01 {
            return (now_kwh + span - last_kwh, false);
        }
    }
    if plausible(now_kwh) { (now_kwh, false) } else { (0.0, true) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tariff::Period;

    fn p(s: i64, watts: f64) -> Point {
        Point { at_us: s * SECOND_US, watts }
    }

    #[test]
    fn documented_samples_make_the_documented_energy() {
        let points = [p(0, 100.0), p(300, 200.0), p(600, 200.0), p(7200, 300.0), p(7500, 300.0)];
        let flat = Tariff::flat("USD", 0.30);
        let mut wh = 0.0;
        let mut cost = 0.0;
        for pair in points.windows(2).filter(|w| joins(w[0], w[1], 900 * SECOND_US)) {
            for slice in slices(pair[0], pair[1], &flat, Tz::UTC) {
                wh += slice.wh;
                cost += slice.cost;
            }
        }
        assert!((wh - 54.166_666_7).abs() < 1e-6 && (cost - 0.016_25).abs() < 1e-9, "{wh} {cost}");
    }

    #[test]
    fn segment_over_a_price_change_is_cut_there() {
        let night = Period {
            name: String::new(),
            rate: 0.15,
            days: Vec::new(),
            months: Vec::new(),
            start: "22:00".to_owned(),
            end: "06:00".to_owned(),
        };
        let tariff = Tariff { periods: vec![night], ..Tariff::flat("USD", 0.30) };
        let base = 20_000 * 86_400;
        let cut = slices(p(base + 21 * 3600 + 58 * 60, 400.0), p(base + 22 * 3600 + 3 * 60, 600.0), &tariff, Tz::UTC);
        assert_eq!(cut.len(), 2);
        assert!((cut[0].wh - 14.666_667).abs() < 1e-5 && (cut[1].wh - 27.0).abs() < 1e-9);
        assert!((cut.iter().map(|s| s.cost).sum::<f64>() - 0.008_45).abs() < 1e-9);
        assert_ne!(cut[0].bucket_us, cut[1].bucket_us);
    }

    #[test]
    fn gaps_and_clocks_that_go_back_join_nothing() {
        assert!(joins(p(0, 1.0), p(900, 1.0), 900 * SECOND_US));
        assert!(!joins(p(0, 1.0), p(901, 1.0), 900 * SECOND_US));
        assert!(!joins(p(10, 1.0), p(10, 1.0), 900 * SECOND_US) && !joins(p(10, 1.0), p(5, 1.0), 900 * SECOND_US));
    }

    #[test]
    fn counter_survives_reset_and_wrap_without_jumps() {
        let step = 12 * MINUTE_US;
        let near = |a: (f64, bool), kwh: f64, partial: bool| assert!((a.0 - kwh).abs() < 1e-6 && a.1 == partial, "{a:?}");
        near(counter_step(1234.5, 1236.0, step, 1500.0, None), 1.5, false);
        near(counter_step(1236.0, 0.2, step, 1500.0, None), 0.2, false);
        near(counter_step(1236.0, 900.0, step, 1500.0, None), 0.0, true);
        near(counter_step(4_294_967_200.0, 300.0, step, 500.0, Some(1.0)), 396.0, false);
    }

    #[test]
    fn bound_of_a_counter_follows_the_nameplate_else_the_peak_of_a_day() {
        let mut peak = Peak::default();
        peak.note(0, 900.0);
        peak.note(2 * HOUR_US, 400.0);
        peak.note(HOUR_US, 500.0);
        assert_eq!(peak.watts(3 * HOUR_US), Some(900.0));
        assert_eq!(peak.watts(25 * HOUR_US), Some(500.0), "the first hour is a day ago; a late reading counts for the newest hour");
        assert_eq!(peak.watts(60 * HOUR_US), None);
        assert!((counter_bound(Some(1000.0), Some(900.0)) - 1500.0).abs() < f64::EPSILON);
        assert!((counter_bound(None, Some(900.0)) - 2700.0).abs() < f64::EPSILON);
        assert!((counter_bound(None, Some(10.0)) - 500.0).abs() < f64::EPSILON && (counter_bound(None, None) - 500.0).abs() < f64::EPSILON);
    }

    proptest::proptest! {
        #[test]
        fn slices_hold_the_whole_trapezoid(from in 0_i64..4_000_000, gap in 1_i64..90_000, a in 0.0..5000.0_f64, b in 0.0..5000.0_f64) {
            let (from, to) = (p(from, a), p(from + gap, b));
            let cut = slices(from, to, &Tariff::flat("USD", 0.1), Tz::UTC);
            let wh: f64 = cut.iter().map(|s| s.wh).sum();
            let whole = (a + b) / 2.0 * gap as f64 / 3600.0;
            proptest::prop_assert!((wh - whole).abs() <= 1e-6 * whole.max(1.0));
            let covered: f64 = cut.iter().map(|s| s.seconds).sum();
            proptest::prop_assert!((covered - gap as f64).abs() < 1e-3);
            proptest::prop_assert!(cut.iter().all(|s| s.seconds <= 3600.0 && s.bucket_us % HOUR_US == 0));
        }
    }
}

//! What can be said of a device over time (power spec D.9): the health of its battery out of the outages it went
//! through, the quality of what it is fed, and how long it was on mains and answering. What is not known is `None`.

use chrono::NaiveDate;

use super::snapshot::Snapshot;

/// An outage that has ended, as far as it says something about the battery.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Discharge {
    /// Seconds of the Unix epoch.
    pub at_s: i64,
    pub seconds: f64,
    pub battery_start: f64,
    pub battery_end: f64,
    /// Highest load in percent.
    pub load: Option<f64>,
}

/// What is known of a battery.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BatteryHealth {
    /// 0 to 1.
    pub ratio: Option<f64>,
    /// `low` below two observations, `medium` below five, else `high`; `None` without any.
    pub confidence: Option<&'static str>,
    /// From full to empty at the usual load.
    pub full_runtime_seconds: Option<f64>,
    pub observations: usize,
    /// What the ratio rests on.
    pub basis: Vec<&'static str>,
}

const MIN_SECONDS: f64 = 60.0;
const MIN_DROP: f64 = 5.0;
/// How strongly a battery suffers from load.
const PEUKERT: f64 = 1.15;
const BASELINE_S: i64 = 30 * 86_400;
const LATEST: usize = 5;
const WORN: f64 = 0.3;

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    if values.len() % 2 == 1 { Some(upper) } else { values.get(middle - 1).map(|lower| f64::midpoint(*lower, upper)) }
}

/// Judges a battery by its discharges, oldest first. `replace`: the device asks for a new one; `failed`: its last test failed.
pub fn battery_health(discharges: &[Discharge], replace: bool, failed: bool) -> BatteryHealth {
    let usable: Vec<&Discharge> =
        discharges.iter().filter(|d| d.seconds >= MIN_SECONDS && d.battery_start - d.battery_end >= MIN_DROP).collect();
    let first = usable.first().map_or(0, |d| d.at_s);
    let early = usable.iter().filter(|d| d.at_s - first <= BASELINE_S);
    let reference = median(early.clone().filter_map(|d| d.load).filter(|l| *l > 0.0).collect());
    let runtime = |d: &Discharge| {
        let full = d.seconds / ((d.battery_start - d.battery_end) / 100.0);
        match (d.load, reference) {
            (Some(load), Some(usual)) if load > 0.0 => full * (load / usual).powf(PEUKERT),
            _ => full,
        }
    };
    let baseline = median(early.map(|d| runtime(d)).collect());
    let latest: Vec<f64> = usable.iter().rev().take(LATEST).map(|d| runtime(d)).collect();
    let now = median(latest);
    let mut health = BatteryHealth {
        ratio: now.zip(baseline).map(|(now, then)| (now / then).clamp(0.0, 1.0)),
        confidence: match usable.len() {
            0 => None,
            1 => Some("low"),
            2..LATEST => Some("medium"),
            _ => Some("high"),
        },
        full_runtime_seconds: now,
        observations: usable.len(),
        basis: if usable.is_empty() { Vec::new() } else { vec!["outages"] },
    };
    for (told, word) in [(replace, "replace_flag"), (failed, "failed_test")] {
        if told {
            health.ratio = Some(health.ratio.unwrap_or(WORN).min(WORN));
            health.basis.push(word);
        }
    }
    health
}

/// Whether the words of `ups.test.result` mean that a test found the battery bad.
pub fn is_failed_test(result: &str) -> bool {
    let words = result.to_ascii_lowercase();
    ["fail", "bad", "error", "warning"].iter().any(|w| words.contains(w)) && !words.contains("no error")
}

/// A date as UPSes write it.
pub fn date(text: &str) -> Option<NaiveDate> {
    let text = text.trim();
    // Only the form tells a two-digit year from one of four digits.
    let forms = if text.len() == 8 { &["%m/%d/%y", "%Y%m%d"][..] } else { &["%Y/%m/%d", "%Y-%m-%d", "%m/%d/%Y", "%d.%m.%Y"][..] };
    forms.iter().find_map(|form| NaiveDate::parse_from_str(text, form).ok())
}

/// One part of the quality of supply.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    pub name: &'static str,
    pub weight: f64,
    /// 0 to 1.
    pub share: f64,
}

/// The parts of the quality that are known.
pub fn quality_parts(s: &Snapshot, nominal_voltage: Option<f64>) -> Vec<Part> {
    // Full up to `good`, nothing from `bad` on, straight in between.
    let falling = |value: f64, good: f64, bad: f64| ((bad - value) / (bad - good)).clamp(0.0, 1.0);
    let volts = s.extras.input_voltage.or(s.voltage);
    let deviation = volts.zip(nominal_voltage.filter(|n| *n > 0.0)).map(|(v, n)| (v - n).abs() / n * 100.0);
    [
        ("voltage", 30.0, deviation.map(|d| falling(d, 5.0, 15.0))),
        ("battery", 25.0, s.battery_percent.map(|b| (b / 100.0).clamp(0.0, 1.0))),
        ("load", 20.0, s.load_percent.map(|l| falling(l, 60.0, 100.0))),
        ("runtime", 15.0, s.runtime_seconds.map(|r| falling(-r, -1_800.0, -300.0))),
        ("temperature", 10.0, s.temperature_c.map(|t| falling(t, 25.0, 50.0))),
    ]
    .into_iter()
    .filter_map(|(name, weight, share)| Some(Part { name, weight, share: share? }))
    .collect()
}

/// 0 to 100 over the known parts; `None` when nothing is known.
pub fn quality_score(parts: &[Part]) -> Option<f64> {
    let weight: f64 = parts.iter().map(|p| p.weight).sum();
    let score: f64 = parts.iter().map(|p| p.weight * p.share).sum();
    (weight > 0.0).then(|| score / weight * 100.0)
}

/// Percent of the time between two moments outside the given intervals, which may overlap. `None` for no time at all.
pub fn availability(from_s: i64, to_s: i64, bad: &[(i64, i64)]) -> Option<f64> {
    if to_s <= from_s {
        return None;
    }
    let mut clipped: Vec<(i64, i64)> = bad.iter().map(|(a, b)| ((*a).max(from_s), (*b).min(to_s))).filter(|(a, b)| b > a).collect();
    clipped.sort_unstable();
    let (mut lost, mut seen) = (0, from_s);
    for (begin, end) in clipped {
        lost += (end - begin.max(seen)).max(0);
        seen = seen.max(end);
    }
    #[expect(clippy::cast_precision_loss, reason = "seconds of at most years")]
    let share = 1.0 - lost as f64 / (to_s - from_s) as f64;
    Some(share * 100.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::snapshot::Extras;

    const DAY: i64 = 86_400;

    fn discharge(day: i64, seconds: f64, drop: f64, load: Option<f64>) -> Discharge {
        Discharge { at_s: day * DAY, seconds, battery_start: 100.0, battery_end: 100.0 - drop, load }
    }

    #[test]
    fn battery_that_lasts_half_as_long_at_the_same_load_is_half_as_good() {
        let then = discharge(0, 600.0, 20.0, Some(40.0));
        let now: Vec<Discharge> = (0..5).map(|n| discharge(400 + n, 300.0, 20.0, Some(40.0))).collect();
        let health = battery_health(&[vec![then], now].concat(), false, false);
        assert_eq!((health.ratio, health.full_runtime_seconds, health.confidence), (Some(0.5), Some(1500.0), Some("high")));
        let heavier = battery_health(&[then, discharge(400, 300.0, 20.0, Some(80.0))], false, false);
        assert!(heavier.full_runtime_seconds.unwrap() > 3_000.0 && heavier.ratio == Some(1.0), "twice the load explains it: {heavier:?}");
    }

    #[test]
    fn nothing_is_said_without_a_discharge_that_tells_something() {
        let short = [discharge(0, 59.0, 20.0, None), discharge(1, 600.0, 4.9, None)];
        assert_eq!(battery_health(&short, false, false), BatteryHealth::default());
        let asked = battery_health(&short, true, false);
        assert_eq!((asked.ratio, asked.confidence, asked.basis.as_slice()), (Some(0.3), None, &["replace_flag"][..]));
        let once = battery_health(&[discharge(0, 600.0, 20.0, None)], false, true);
        assert_eq!((once.ratio, once.confidence, once.basis.as_slice()), (Some(0.3), Some("low"), &["outages", "failed_test"][..]));
    }

    #[test]
    fn quality_leaves_out_what_is_missing_and_scales_the_rest() {
        let extras = Extras { input_voltage: Some(230.0 * 1.10), ..Extras::default() };
        let s = Snapshot { battery_percent: Some(100.0), load_percent: Some(80.0), extras, ..Snapshot::default() };
        let parts = quality_parts(&s, Some(230.0));
        assert_eq!(
            parts.iter().map(|p| (p.name, (p.share * 100.0).round())).collect::<Vec<_>>(),
            [("voltage", 50.0), ("battery", 100.0), ("load", 50.0)]
        );
        assert_eq!(quality_score(&parts).map(f64::round), Some(((15.0 + 25.0 + 10.0) / 75.0 * 100.0_f64).round()));
        assert_eq!(quality_score(&quality_parts(&Snapshot::default(), None)), None);
        let ends = Snapshot { runtime_seconds: Some(300.0), temperature_c: Some(20.0), ..Snapshot::default() };
        assert_eq!(quality_parts(&ends, None).iter().map(|p| p.share).collect::<Vec<_>>(), [0.0, 1.0]);
    }

    #[test]
    fn availability_counts_overlapping_losses_once() {
        assert_eq!(availability(0, 100, &[(-10, 10), (5, 20), (90, 200)]), Some(70.0));
        assert_eq!((availability(0, 100, &[]), availability(5, 5, &[])), (Some(100.0), None));
    }

    #[test]
    fn dates_and_test_results_are_read_as_devices_write_them() {
        for text in ["2021/09/25", "09/25/21", "09/25/2021", "2021-09-25", "20210925", "25.09.2021"] {
            assert_eq!(date(text), NaiveDate::from_ymd_opt(2021, 9, 25), "{text}");
        }
        assert_eq!((date(""), date("never"), date("2021/13/01")), (None, None, None));
        assert!(
            is_failed_test("Done and error")
                && is_failed_test("Test failed")
                && !is_failed_test("Done and passed")
                && !is_failed_test("No error")
        );
    }

    proptest! {
        #[test]
        fn shares_stay_within_their_bounds(v in -1e6..1e6_f64, b in -10.0..200.0_f64, l in 0.0..1000.0_f64, text in "\\PC{0,20}") {
            let extras = Extras { input_voltage: Some(v), ..Extras::default() };
            let s = Snapshot { battery_percent: Some(b), load_percent: Some(l), runtime_seconds: Some(l), temperature_c: Some(v), extras, ..Snapshot::default() };
            let score = quality_score(&quality_parts(&s, Some(230.0))).unwrap();
            prop_assert!((0.0..=100.0).contains(&score), "{}", score);
            prop_assert!(date(&text).is_none() || text.contains(|c: char| c.is_ascii_digit()));
        }

        #[test]
        fn health_is_a_share(days in prop::collection::vec((0_i64..2_000, 0.0..1e5_f64, 0.0..100.0_f64, 0.0..150.0_f64), 0..20)) {
            let all: Vec<Discharge> = days.iter().map(|(d, s, drop, load)| discharge(*d, *s, *drop, Some(*load))).collect();
            let health = battery_health(&all, false, false);
            prop_assert!(health.ratio.is_none_or(|r| (0.0..=1.0).contains(&r)));
            prop_assert_eq!(health.ratio.is_some(), health.observations > 0);
        }
    }
}

//! How often a rule would have fired: the real state machine over stored points. Windows, forecasts, z-scores and
//! anomalies are answered from the points as they stood at each moment; too few points are unknown, never normal.

use std::collections::BTreeMap;
use std::time::Duration;

use argos_condition::{MetricRef, Metrics, Truth, WindowFunction};
use argos_kernel::Timestamp;
use argos_tschunk::{Point, RobustConfig, RobustScore};

use crate::model::instance::Instance;
use crate::model::series::{How, RESULT_GONE_S};
use crate::model::state::{Effect, Hold, Phase, RuleState, Seen, Timing, step};

/// Points of each metric as it is shown ([`Instance::name_of`]) in seconds, ascending, and the times of each event kind.
#[derive(Clone, Debug, Default)]
pub(crate) struct Past {
    pub(crate) points: BTreeMap<String, Vec<(i64, f64)>>,
    pub(crate) events: BTreeMap<String, Vec<i64>>,
    pub(crate) step_s: i64,
}

/// One stretch in which the rule would have been firing.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Interval {
    pub(crate) from: i64,
    /// `None` = still firing at the end.
    pub(crate) to: Option<i64>,
    /// The largest value behind the condition meanwhile.
    pub(crate) peak: Option<f64>,
}

/// What learning what is normal looks back on.
pub(crate) const NORMAL_S: i64 = 6 * 3600;

/// What one instance would have done.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) intervals: Vec<Interval>,
    /// Evaluations, and those in which the condition could not be judged.
    pub(crate) steps: i64,
    pub(crate) unknown: i64,
}

/// Runs one instance from `from` to `to`.
pub(crate) fn run(instance: &Instance, timing: &Timing, past: &Past, from: i64, to: i64) -> Outcome {
    let timing = Timing { cooldown_s: 0, escalation_s: Vec::new(), ..timing.clone() };
    let (mut state, mut out, mut outcome) = (RuleState::default(), Vec::<Interval>::new(), Outcome::default());
    let mut at = from;
    while at <= to {
        let verdict = instance.judge(&Moment { past, instance, at });
        outcome.steps += 1;
        outcome.unknown += i64::from(verdict.truth == Truth::Unknown);
        let seen = Seen { truth: verdict.truth, clear: verdict.clear, hold: Hold::default() };
        let (next, effects) = step(&state, seen, Timestamp::from_secs(at), &timing);
        for effect in effects {
            match effect {
                Effect::Fire { .. } => out.push(Interval { from: at, to: None, peak: None }),
                Effect::Resolve { .. } => drop(out.last_mut().map(|i| i.to = Some(at))),
                _ => {}
            }
        }
        if let (Phase::Firing(_), Truth::True, Some(open)) = (&next.phase, verdict.truth, out.last_mut()) {
            open.peak = [open.peak, verdict.value].into_iter().flatten().reduce(f64::max);
        }
        state = next;
        at += past.step_s;
    }
    Outcome { intervals: out, ..outcome }
}

/// The past as it looked at one time.
struct Moment<'a> {
    past: &'a Past,
    instance: &'a Instance,
    at: i64,
}

impl Moment<'_> {
    /// Points in `(at - seconds, at]`; `None` when the metric has none at all.
    fn within(&self, metric: &MetricRef, seconds: i64) -> Option<&[(i64, f64)]> {
        let all = self.past.points.get(&self.instance.name_of(metric)).filter(|p| !p.is_empty())?;
        let start = all.partition_point(|(t, _)| *t <= self.at - seconds);
        let end = all.partition_point(|(t, _)| *t <= self.at);
        all.get(start..end)
    }
}

impl Moment<'_> {
    fn how(&self, metric: &MetricRef) -> How {
        self.instance.bound(metric).map_or(How::Level, |b| b.how)
    }
    /// The newest value against what came before it; nothing without a value now.
    fn score(&self, metric: &MetricRef) -> Option<RobustScore> {
        self.value(metric)?;
        let values: Vec<f64> = self.within(metric, NORMAL_S)?.iter().map(|(_, v)| *v).collect();
        let (last, before) = values.split_last()?;
        argos_tschunk::robust_score(before, *last, &RobustConfig::trailing(360))
    }
}

fn seconds(over: Duration) -> i64 {
    i64::try_from(over.as_secs()).unwrap_or(i64::MAX / 2)
}

impl Metrics for Moment<'_> {
    fn value(&self, metric: &MetricRef) -> Option<f64> {
        // A result is true until the next.
        let back = if self.how(metric) == How::Result { RESULT_GONE_S } else { 2 * self.past.step_s };
        self.within(metric, back)?.last().map(|(_, v)| *v)
    }
    fn text(&self, _: &MetricRef) -> Option<String> {
        None
    }
    #[expect(clippy::cast_precision_loss, reason = "counts and seconds of at most a week")]
    fn window(&self, function: WindowFunction, metric: &MetricRef, over: Duration) -> Option<f64> {
        let points = self.within(metric, seconds(over).max(self.past.step_s))?;
        let values = || points.iter().map(|(_, v)| *v);
        if self.how(metric) == How::Counter {
            // Each point is the increase per second of its step.
            let mean = values().sum::<f64>() / points.len() as f64;
            match function {
                WindowFunction::Rate if !points.is_empty() => return Some(mean),
                WindowFunction::Sum | WindowFunction::Delta if !points.is_empty() => {
                    return Some(mean * points.len() as f64 * self.past.step_s as f64);
                }
                _ => {}
            }
        }
        let ((first_at, first), (last_at, last)) = (*points.first()?, *points.last()?);
        match function {
            WindowFunction::Avg => Some(values().sum::<f64>() / points.len() as f64),
            WindowFunction::Min => values().reduce(f64::min),
            WindowFunction::Max => values().reduce(f64::max),
            WindowFunction::Sum => Some(values().sum()),
            WindowFunction::Last => Some(last),
            WindowFunction::Rate => (last_at > first_at).then(|| (last - first) / (last_at - first_at) as f64),
            WindowFunction::Delta => Some(last - first),
            WindowFunction::Count => Some(points.len() as f64),
        }
    }
    fn forecast(&self, metric: &MetricRef, ahead: Duration) -> Option<f64> {
        let points = self.within(metric, NORMAL_S)?;
        let line = argos_tschunk::trend(&points.iter().map(|(t, v)| Point::new(t * 1_000_000, *v)).collect::<Vec<_>>())?;
        Some(line.at((self.at + seconds(ahead)).saturating_mul(1_000_000)))
    }
    fn zscore(&self, metric: &MetricRef) -> Option<f64> {
        self.score(metric).map(|s| s.score)
    }
    fn absent(&self, metric: &MetricRef, over: Duration) -> Option<bool> {
        self.within(metric, seconds(over).max(self.past.step_s)).map(<[_]>::is_empty)
    }
    fn anomaly(&self, metric: &MetricRef) -> Option<bool> {
        self.score(metric).map(|s| s.anomalous)
    }
    fn event_count(&self, kind: &str, over: Option<Duration>) -> Option<u64> {
        let back = over.map_or(self.past.step_s, seconds);
        let times = self.past.events.get(kind).map_or(&[][..], Vec::as_slice);
        Some(times.iter().filter(|t| **t > self.at - back && **t <= self.at).count() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::instance::instances;
    use crate::model::rule::AlertRule;
    use crate::model::series::Catalogue;
    use crate::values::NameIndex;

    fn intervals(condition: &str, for_s: i64, values: &[f64]) -> Vec<Interval> {
        outcome(condition, for_s, values).intervals
    }
    fn outcome(condition: &str, for_s: i64, values: &[f64]) -> Outcome {
        let rule = AlertRule { for_s, ..AlertRule::new("p", condition) }.compile().unwrap();
        let points = values.iter().enumerate().map(|(i, v)| (i64::try_from(i).unwrap() * 60, *v)).collect();
        let past = Past {
            points: BTreeMap::from([("cpu_percent".to_owned(), points)]),
            events: BTreeMap::from([("boom".to_owned(), vec![130])]),
            step_s: 60,
        };
        let one = instances(&rule, &NameIndex::default(), &Catalogue::default());
        run(&one[0], &rule.timing, &past, 0, i64::try_from(values.len()).unwrap() * 60 - 60)
    }

    #[test]
    fn past_is_judged_by_the_real_state_machine() {
        let cpu = [10.0, 95.0, 97.0, 20.0, 30.0, 40.0, 92.0, 93.0];
        let expected = [Interval { from: 60, to: Some(240), peak: Some(97.0) }, Interval { from: 360, to: None, peak: Some(93.0) }];
        assert_eq!(intervals("cpuPercent > 90", 0, &cpu), expected);
        assert_eq!(intervals("cpuPercent > 90", 120, &cpu), []);
        assert_eq!(intervals("avg(cpu_percent, 3m) > 60", 0, &cpu)[0].from, 120);
        assert_eq!(intervals("nothing > 1", 0, &cpu), []);
        assert_eq!(intervals(r#"event("boom", 1m)"#, 0, &cpu), [Interval { from: 180, to: Some(300), peak: None }]);
    }

    #[test]
    fn unusual_values_are_found_once_enough_of_the_past_is_known() {
        let mut cpu: Vec<f64> = (0..40).map(|i| 20.0 + f64::from(i % 4)).collect();
        cpu[5] = 90.0;
        cpu[30] = 90.0;
        let found = outcome("anomaly(cpu_percent)", 0, &cpu);
        assert_eq!(found.intervals.iter().map(|i| i.from / 60).collect::<Vec<_>>(), [30], "the fifth minute knows too little");
        assert_eq!((found.steps, found.unknown), (40, 10));
        assert_eq!(intervals("zscore(cpu_percent) > 3", 0, &cpu)[0].from, 30 * 60);
        assert_eq!(outcome("anomaly(cpu_percent) OR cpu_percent > 80", 0, &cpu).intervals[0].from, 5 * 60, "what is known decides");
    }

    #[test]
    fn forecast_and_rate_are_judged_as_they_stood_at_each_moment() {
        let disk: Vec<f64> = (0..60).map(f64::from).collect();
        // One per minute: at minute n the line reaches n + 30 half an hour later.
        assert_eq!(intervals("forecast(cpu_percent, 30m) >= 60", 0, &disk)[0].from, 30 * 60);
        assert!(intervals("rate(cpu_percent, 10m) > 0.02", 0, &disk).is_empty());
        assert_eq!(intervals("rate(cpu_percent, 10m) > 0.01", 0, &disk).len(), 1);
    }
}

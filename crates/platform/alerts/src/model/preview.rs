//! How often a rule would have fired: the real state machine over stored points. Forecasts, z-scores and anomalies
//! are unknown here; everything else is answered from the points.

use std::collections::BTreeMap;
use std::time::Duration;

use argos_condition::{MetricRef, Metrics, Truth, WindowFunction};
use argos_kernel::Timestamp;

use crate::model::instance::Instance;
use crate::model::state::{Effect, Hold, Phase, RuleState, Seen, Timing, step};

/// Points of each metric (canonical text) in seconds, ascending, and the times of each event kind.
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

/// Runs one instance from `from` to `to`.
pub(crate) fn run(instance: &Instance, timing: &Timing, past: &Past, from: i64, to: i64) -> Vec<Interval> {
    let timing = Timing { cooldown_s: 0, escalation_s: Vec::new(), ..timing.clone() };
    let (mut state, mut out) = (RuleState::default(), Vec::<Interval>::new());
    let mut at = from;
    while at <= to {
        let verdict = instance.judge(&Moment { past, at });
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
    out
}

/// The past as it looked at one time.
struct Moment<'a> {
    past: &'a Past,
    at: i64,
}

impl Moment<'_> {
    /// Points in `(at - seconds, at]`; `None` when the metric has none at all.
    fn within(&self, metric: &MetricRef, seconds: i64) -> Option<&[(i64, f64)]> {
        let all = self.past.points.get(&metric.to_string()).filter(|p| !p.is_empty())?;
        let start = all.partition_point(|(t, _)| *t <= self.at - seconds);
        let end = all.partition_point(|(t, _)| *t <= self.at);
        all.get(start..end)
    }
}

fn seconds(over: Duration) -> i64 {
    i64::try_from(over.as_secs()).unwrap_or(i64::MAX / 2)
}

impl Metrics for Moment<'_> {
    fn value(&self, metric: &MetricRef) -> Option<f64> {
        self.within(metric, 2 * self.past.step_s)?.last().map(|(_, v)| *v)
    }
    fn text(&self, _: &MetricRef) -> Option<String> {
        None
    }
    #[expect(clippy::cast_precision_loss, reason = "counts and seconds of at most a week")]
    fn window(&self, function: WindowFunction, metric: &MetricRef, over: Duration) -> Option<f64> {
        let points = self.within(metric, seconds(over).max(self.past.step_s))?;
        let values = || points.iter().map(|(_, v)| *v);
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
    fn forecast(&self, _: &MetricRef, _: Duration) -> Option<f64> {
        None
    }
    fn zscore(&self, _: &MetricRef) -> Option<f64> {
        None
    }
    fn absent(&self, metric: &MetricRef, over: Duration) -> Option<bool> {
        self.within(metric, seconds(over).max(self.past.step_s)).map(<[_]>::is_empty)
    }
    fn anomaly(&self, _: &MetricRef) -> Option<bool> {
        None
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
    use crate::values::NameIndex;

    fn intervals(condition: &str, for_s: i64, values: &[f64]) -> Vec<Interval> {
        let rule = AlertRule { for_s, ..AlertRule::new("p", condition) }.compile().unwrap();
        let points = values.iter().enumerate().map(|(i, v)| (i64::try_from(i).unwrap() * 60, *v)).collect();
        let past = Past {
            points: BTreeMap::from([("cpu_percent".to_owned(), points)]),
            events: BTreeMap::from([("boom".to_owned(), vec![130])]),
            step_s: 60,
        };
        let one = instances(&rule, &NameIndex::default());
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
}

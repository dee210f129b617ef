//! Trying a rule on the stored past.

use argos_condition::Condition;
use argos_events::Filter;
use argos_kernel::{AppError, Result, Timestamp};

use crate::Alerts;
use crate::model::instance::{Instance, instances};
use crate::model::metric::{is_wild, worst_of};
use crate::model::preview::{Interval, NORMAL_S, Outcome, Past, run};
use crate::model::rule::{AlertRule, Compiled};
use crate::values::NameIndex;

/// Evaluations of one preview.
const STEPS_MAX: i64 = 2_000;
/// Events of one kind looked at.
const EVENTS_MAX: i64 = 10_000;

/// What a preview found.
pub(crate) struct Preview {
    pub(crate) step_s: i64,
    /// Label value and interval, by start.
    pub(crate) intervals: Vec<(Option<String>, Interval)>,
    pub(crate) unknown_metrics: Vec<String>,
    /// Seconds in which no instance could be judged, of all seconds looked at.
    pub(crate) unknown_s: i64,
    pub(crate) total_s: i64,
    /// The stored points of the metrics behind the condition, for a chart.
    pub(crate) curves: Vec<Curve>,
}

/// One line of the chart.
pub(crate) struct Curve {
    pub(crate) metric: String,
    pub(crate) points: Vec<(i64, f64)>,
}

/// Lines of a chart, and points of a line.
const CURVES_MAX: usize = 6;
const CURVE_POINTS_MAX: usize = 500;

impl Alerts {
    pub(crate) async fn preview(&self, condition: &str, clear: Option<String>, for_s: i64, hours: i64) -> Result<Preview> {
        let rule = AlertRule { clear_condition: clear, for_s, ..AlertRule::new("preview", condition) };
        let rule = rule.compile().map_err(|text| AppError::bad_request(text).code("invalid_rule"))?;
        let now = self.0.clock.now();
        let seconds = hours * 3600;
        let step_s = (seconds / STEPS_MAX + 59) / 60 * 60;
        let step_s = step_s.max(60);
        let (to, from) = (now.secs() / step_s * step_s, (now.secs() - seconds) / step_s * step_s);
        let live = self.live();
        let empty = NameIndex::default();
        let index = live.as_ref().map_or(&empty, |l| &*l.index);
        let all = instances(&rule, index);
        let past = self.past(&rule, &all, index, Timestamp::from_secs(from), now, step_s).await?;
        let (mut intervals, mut unknown_steps, mut total_steps) = (Vec::new(), i64::MAX, 0);
        for instance in &all {
            let Outcome { intervals: found, steps, unknown } = run(instance, &rule.timing, &past, from, to);
            unknown_steps = unknown_steps.min(unknown);
            total_steps = total_steps.max(steps);
            intervals.extend(found.into_iter().map(|i| (instance.label.as_ref().map(|l| l.value.clone()), i)));
        }
        intervals.sort_by_key(|(_, i)| i.from);
        let curves = curves(past, from);
        let unknown_metrics = self.unknown_metrics(&rule);
        // Without any instance nothing was judged at all.
        let total_steps = if all.is_empty() { (to - from) / step_s } else { total_steps };
        let (unknown_s, total_s) = (unknown_steps.min(total_steps) * step_s, total_steps * step_s);
        Ok(Preview { step_s, intervals, unknown_metrics, unknown_s, total_s, curves })
    }

    async fn past(
        &self,
        rule: &Compiled,
        all: &[Instance],
        index: &NameIndex,
        from: Timestamp,
        to: Timestamp,
        step_s: i64,
    ) -> Result<Past> {
        let mut past = Past { step_s, ..Past::default() };
        let longest = rule.condition.longest_window().max(rule.clear.as_ref().and_then(Condition::longest_window));
        let back = longest.map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX)).max(NORMAL_S).max(2 * step_s);
        let start = from.minus_secs(back);
        let kinds: Vec<&str> = rule.condition.events().into_iter().chain(rule.clear.iter().flat_map(|c| c.events())).collect();
        for kind in kinds {
            let filter = Filter { from: Some(start), kinds: vec![self.0.events.kinds().pattern(kind)], ..Filter::default() };
            let times = self.0.events.list(&filter, None, EVENTS_MAX).await?.iter().rev().map(|e| e.created_at.secs()).collect();
            past.events.insert(kind.to_owned(), times);
        }
        let metrics: Vec<_> = all.iter().flat_map(Instance::metrics).collect();
        if metrics.is_empty() {
            return Ok(past);
        }
        let history = self.0.history.get().ok_or_else(|| AppError::unavailable("Metric history is not available"))?;
        for metric in metrics.into_iter().filter(|m| !is_wild(m)) {
            let key = metric.to_string();
            if past.points.contains_key(&key) {
                continue;
            }
            let name = index.resolve(metric);
            let mut points = history.points(&name.name, name.selector.as_deref(), start, to, step_s).await?;
            if let (true, Some(of)) = (points.is_empty() && name.selector.is_none(), worst_of(&name.name)) {
                for (_, each) in index.instances_of(of) {
                    points.extend(history.points(&each.name, each.selector.as_deref(), start, to, step_s).await?);
                }
            }
            past.points.insert(key, by_second(points, step_s));
        }
        Ok(past)
    }
}

/// What a chart shows: inside the range, thinned to the largest of each stretch.
fn curves(past: Past, from: i64) -> Vec<Curve> {
    let thin = |points: Vec<(i64, f64)>| {
        let inside: Vec<(i64, f64)> = points.into_iter().filter(|(t, _)| *t >= from).collect();
        let width = inside.len().div_ceil(CURVE_POINTS_MAX).max(1);
        inside.chunks(width).filter_map(|c| c.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1))).collect::<Vec<_>>()
    };
    let all = past.points.into_iter().map(|(metric, points)| Curve { metric, points: thin(points) });
    all.filter(|c| !c.points.is_empty()).take(CURVES_MAX).collect()
}

/// Points in seconds, ascending; of several within one step the largest (they are instances of a worst-of metric).
fn by_second(points: Vec<(Timestamp, f64)>, step_s: i64) -> Vec<(i64, f64)> {
    let mut all: Vec<(i64, f64)> =
        points.into_iter().filter(|(_, v)| v.is_finite()).map(|(t, v)| (t.secs() / step_s * step_s, v)).collect();
    all.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)));
    all.dedup_by_key(|(t, _)| *t);
    all
}

//! Trying a rule on the stored past.

use argos_condition::Condition;
use argos_events::Filter;
use argos_kernel::{AppError, Result, Timestamp};

use crate::Alerts;
use crate::alerts::Live;
use crate::model::instance::{Instance, Silent, instances};
use crate::model::preview::{Interval, NORMAL_S, Outcome, Past, run};
use crate::model::rule::{AlertRule, Compiled};
use crate::model::series::{How, RESULT_GONE_S};
use crate::values::{NameIndex, Reading, questions};

/// Evaluations of one preview.
const STEPS_MAX: i64 = 2_000;
/// Steps of what is read: the range and what its longest window looks back on.
const READ_MAX: i64 = 90_000;
/// Events of one kind looked at.
const EVENTS_MAX: i64 = 10_000;

/// What a preview found.
pub(crate) struct Preview {
    pub(crate) step_s: i64,
    /// Label value and interval, by start.
    pub(crate) intervals: Vec<(Option<String>, Interval)>,
    pub(crate) silent: Vec<Silent>,
    /// What the condition reads and says now, of each instance.
    pub(crate) now: Vec<Present>,
    /// How many instances there are; of more than [`INSTANCES_MAX`] only the first were looked at.
    pub(crate) instances: usize,
    /// Seconds in which no instance could be judged, of all seconds looked at.
    pub(crate) unknown_s: i64,
    pub(crate) total_s: i64,
    /// The stored points of the metrics behind the condition, for a chart.
    pub(crate) curves: Vec<Curve>,
}

/// One instance at this moment.
pub(crate) struct Present {
    pub(crate) label: Option<String>,
    pub(crate) value: Option<f64>,
    /// Nothing = it cannot be told.
    pub(crate) holds: Option<bool>,
}

/// One line of the chart.
pub(crate) struct Curve {
    pub(crate) metric: String,
    pub(crate) points: Vec<(i64, f64)>,
}

/// Lines of a chart, and points of a line.
const CURVES_MAX: usize = 6;
/// Instances whose past is looked at.
const INSTANCES_MAX: usize = 100;
const CURVE_POINTS_MAX: usize = 500;

impl Alerts {
    /// `may_see` = whether the caller belongs to an organization.
    pub(crate) async fn preview(
        &self,
        condition: &str,
        clear: Option<String>,
        for_s: i64,
        hours: i64,
        may_see: impl Fn(&str) -> bool,
    ) -> Result<Preview> {
        let rule = AlertRule { clear_condition: clear, for_s, ..AlertRule::new("preview", condition) };
        self.sensible(&rule).map_err(super::rules::bad)?;
        let rule = rule.compile().map_err(super::rules::bad)?;
        let now = self.0.clock.now();
        let seconds = hours * 3600;
        let wanted_s = (seconds / STEPS_MAX).max((seconds + longest_s(&rule)) / READ_MAX);
        let step_s = ((wanted_s + 59) / 60 * 60).max(60);
        let (to, from) = (now.secs() / step_s * step_s, (now.secs() - seconds) / step_s * step_s);
        let live = self.live();
        let empty = NameIndex::default();
        let index = live.as_ref().map_or(&empty, |l| &*l.index);
        let mut all = instances(&rule, index, &self.catalogue());
        if !all.iter().all(|i| i.is_seen(&may_see)) {
            return Err(AppError::not_found("Nothing of this name is known").code("unknown_metric").with("field", "condition"));
        }
        let count = all.len();
        all.truncate(INSTANCES_MAX);
        let past = self.past(&rule, &all, Timestamp::from_secs(from), now, step_s).await?;
        let (mut intervals, mut unknown_steps, mut total_steps) = (Vec::new(), i64::MAX, 0);
        let mut fired = Vec::new();
        for instance in &all {
            let Outcome { intervals: found, steps, unknown } = run(instance, &rule.timing, &past, from, to);
            unknown_steps = unknown_steps.min(unknown);
            total_steps = total_steps.max(steps);
            if !found.is_empty() {
                fired.extend(instance.metrics().map(|m| instance.name_of(m)));
            }
            intervals.extend(found.into_iter().map(|i| (instance.place.shown.clone(), i)));
        }
        let present = self.present(&rule, &all, live.as_ref(), now).await?;
        intervals.sort_by_key(|(_, i)| i.from);
        let curves = curves(past, &fired, from);
        let silent = self.silent(&rule);
        // Without any instance nothing was judged at all.
        let total_steps = if all.is_empty() { (to - from) / step_s } else { total_steps };
        let (unknown_s, total_s) = (unknown_steps.min(total_steps) * step_s, total_steps * step_s);
        Ok(Preview { step_s, intervals, silent, now: present, instances: count, unknown_s, total_s, curves })
    }

    /// What each instance reads and says now.
    pub(crate) async fn present(&self, rule: &Compiled, all: &[Instance], live: Option<&Live>, now: Timestamp) -> Result<Vec<Present>> {
        let (counts, empty, stored) = (self.count_events(rule, now).await?, NameIndex::default(), self.0.stored.get());
        if let Some(stored) = stored {
            stored.load(&questions(all), now).await;
        }
        let (values, index) = (live.map(|l| &*l.values), live.map_or(&empty, |l| &*l.index));
        let reading = Reading { values, index, stored, events: &counts, now };
        let one = |i: &Instance| {
            let verdict = i.judge(&reading.of(i));
            Present { label: i.place.shown.clone(), value: verdict.value, holds: verdict.truth.known() }
        };
        Ok(all.iter().map(one).collect())
    }

    async fn past(&self, rule: &Compiled, all: &[Instance], from: Timestamp, to: Timestamp, step_s: i64) -> Result<Past> {
        let mut past = Past { step_s, ..Past::default() };
        let back = longest_s(rule).max(NORMAL_S).max(2 * step_s);
        let start = from.minus_secs(back);
        let kinds: Vec<&str> = rule.condition.events().into_iter().chain(rule.clear.iter().flat_map(|c| c.events())).collect();
        for kind in kinds {
            let filter = Filter {
                from: Some(start),
                kinds: vec![self.0.events.kinds().pattern(kind)],
                scope: self.event_scope(),
                ..Filter::default()
            };
            let times = self.0.events.list(&filter, None, EVENTS_MAX).await?.iter().rev().map(|e| e.created_at.secs()).collect();
            past.events.insert(kind.to_owned(), times);
        }
        let Some(stored) = self.0.stored.get() else { return Ok(past) };
        for instance in all {
            for bound in instance.metrics().filter_map(|m| instance.bound(m)) {
                if past.points.contains_key(&bound.name) {
                    continue;
                }
                let mut points = stored.past(bound, start, to, step_s).await?;
                let oldest = from.minus_secs(RESULT_GONE_S);
                if bound.how == How::Result && oldest < start {
                    let is_older = |(t, _): &(i64, f64)| points.first().is_none_or(|(first, _)| t < first);
                    let before = stored.before(bound, oldest, start).await?.filter(is_older);
                    points.splice(0..0, before);
                }
                past.points.insert(bound.name.clone(), points);
            }
        }
        Ok(past)
    }
}

/// The longest look back (or ahead) of the rule.
fn longest_s(rule: &Compiled) -> i64 {
    let longest = rule.condition.longest_window().max(rule.clear.as_ref().and_then(Condition::longest_window));
    longest.map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX / 4))
}

/// What a chart shows: inside the range, thinned to the largest of each stretch; those that fired first.
fn curves(past: Past, fired: &[String], from: i64) -> Vec<Curve> {
    let thin = |points: Vec<(i64, f64)>| {
        let inside: Vec<(i64, f64)> = points.into_iter().filter(|(t, _)| *t >= from).collect();
        let width = inside.len().div_ceil(CURVE_POINTS_MAX).max(1);
        inside.chunks(width).filter_map(|c| c.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1))).collect::<Vec<_>>()
    };
    let mut all: Vec<(String, Vec<(i64, f64)>)> = past.points.into_iter().collect();
    all.sort_by_key(|(name, _)| !fired.contains(name));
    let lines = all.into_iter().map(|(metric, points)| Curve { metric, points: thin(points) });
    lines.filter(|c| !c.points.is_empty()).take(CURVES_MAX).collect()
}

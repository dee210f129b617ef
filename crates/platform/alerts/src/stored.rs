//! Answers of the stored series to conditions: present values from memory, questions about the past read before an
//! evaluation and kept for as long as they hardly change. It owns no number; the metrics do.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use argos_condition::WindowFunction;
use argos_kernel::Timestamp;
use argos_metrics::{Function, Metrics, Point, SeriesId};

use crate::model::series::{Bound, Catalogue, How, RESULT_GONE_S, over, over_bins};

/// A question about the past or the future of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Ask {
    Window { function: WindowFunction, over: Duration },
    Forecast { ahead: Duration },
    Zscore,
    Anomaly,
}

pub(crate) type Question = (SeriesId, How, Ask);

/// A level without a point for so long is not known any more.
pub(crate) const STALE_S: i64 = 300;
/// The rate of a counter is that of the last minute.
const RATE_S: i64 = 60;
/// The past that tells what is normal, and where it leads.
const NORMAL_S: i64 = 6 * 3600;
const MINUTE_US: i64 = 60 * 1_000_000;
/// Longer windows are answered by the minute, and those of more than days by the hour.
const POINTS_S: i64 = 900;
const MINUTES_S: i64 = 2 * 86_400;
/// An answer that is read from the store is good for so long at most.
const KEEP_MAX_S: i64 = 300;
const KEEP_NORMAL_S: i64 = 30;
/// The catalogue is made anew after this time though no series came: some fall silent for good.
const CATALOGUE_S: i64 = 3_600;
const INCOMPLETE_S: i64 = 15;
/// Nobody asks any more.
const FORGET_S: i64 = 900;

struct Answer {
    value: Option<f64>,
    good_until: Timestamp,
    asked_at: Timestamp,
}

/// What is known of the names, and when it is looked at again: things go, and only time tells.
struct Known {
    series: usize,
    until: Timestamp,
    catalogue: Arc<Catalogue>,
}

pub(crate) struct Stored {
    metrics: Metrics,
    /// The public id of the organization that the instance belongs to.
    house: OnceLock<String>,
    known: Mutex<Option<Known>>,
    answers: Mutex<HashMap<(SeriesId, Ask), Answer>>,
}

fn hold<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(PoisonError::into_inner)
}

fn seconds(d: Duration) -> i64 {
    i64::try_from(d.as_secs()).unwrap_or(i64::MAX / 4_000_000)
}

impl Stored {
    pub(crate) fn new(metrics: Metrics) -> Self {
        Self { metrics, house: OnceLock::new(), known: Mutex::default(), answers: Mutex::default() }
    }

    /// From now on its series are seen too.
    pub(crate) fn set_house(&self, organization: String) -> Result<(), String> {
        self.house.set(organization)?;
        *hold(&self.known) = None;
        Ok(())
    }

    /// Every series by name; the same object while nothing changed.
    pub(crate) fn catalogue(&self, now: Timestamp) -> Arc<Catalogue> {
        let series = self.metrics.series_count();
        let mut known = hold(&self.known);
        if let Some(k) = known.as_ref().filter(|k| k.series == series && now < k.until) {
            return Arc::clone(&k.catalogue);
        }
        let (all, house) = (self.metrics.catalogue(), self.house.get().map(String::as_str));
        // One that has no point yet is waited for.
        let good_s = if all.iter().all(|(.., newest)| newest.is_some()) { CATALOGUE_S } else { INCOMPLETE_S };
        let catalogue = Arc::new(Catalogue::new(all, house, now));
        *known = Some(Known { series, until: now.plus_secs(good_s), catalogue: Arc::clone(&catalogue) });
        catalogue
    }

    /// When the youngest point of these came.
    pub(crate) fn newest_at(&self, bound: &Bound) -> Option<Timestamp> {
        bound.ids.iter().filter_map(|id| self.metrics.newest_of(*id)).map(|(at, _)| at).max()
    }

    /// The present value; nothing when the series is silent.
    pub(crate) fn value(&self, bound: &Bound, now: Timestamp) -> Option<f64> {
        let one = |id: &SeriesId| match bound.how {
            How::Result => self.metrics.newest_of(*id).filter(|(at, _)| now.secs_since(*at) <= RESULT_GONE_S).map(|(_, v)| v),
            How::Level => self.metrics.newest_of(*id).filter(|(at, _)| now.secs_since(*at) <= STALE_S).map(|(_, v)| v),
            How::Counter => {
                let points = self.metrics.recent_of(*id, RATE_S * 2, now);
                over(&points, now.minus_secs(RATE_S).micros(), How::Counter, WindowFunction::Rate)
            }
        };
        bound.ids.iter().filter_map(one).reduce(|a, b| bound.join.of(a, b))
    }

    /// Whether nothing came within the time; unknown when nothing ever did.
    pub(crate) fn absent(&self, bound: &Bound, within: Duration, now: Timestamp) -> Option<bool> {
        self.newest_at(bound).map(|at| now.secs_since(at) > seconds(within))
    }

    /// The answer that was read last.
    pub(crate) fn answer(&self, bound: &Bound, ask: Ask) -> Option<f64> {
        let answers = hold(&self.answers);
        let one = |id: &SeriesId| answers.get(&(*id, ask)).and_then(|a| a.value);
        bound.ids.iter().filter_map(one).reduce(|a, b| bound.join.of(a, b))
    }

    /// Reads what will be asked and is not known well enough any more.
    pub(crate) async fn load(&self, questions: &[Question], now: Timestamp) {
        let mut seen = HashSet::with_capacity(questions.len());
        let open: Vec<Question> = {
            let mut answers = hold(&self.answers);
            let is_open = |(id, _, ask): &Question| match answers.get_mut(&(*id, *ask)) {
                Some(known) if now < known.good_until && now >= known.asked_at => {
                    known.asked_at = now;
                    false
                }
                _ => true,
            };
            questions.iter().copied().filter(|(id, _, ask)| seen.insert((*id, *ask))).filter(is_open).collect()
        };
        for (id, how, ask) in open {
            let value = match self.read(id, how, ask, now).await {
                Ok(value) => value.filter(|v| v.is_finite()),
                Err(error) => {
                    tracing::warn!(?error, "an alert rule's question about the past could not be answered");
                    None
                }
            };
            let good_s = match ask {
                Ask::Window { over, .. } if seconds(over) <= POINTS_S => 0,
                Ask::Window { over, .. } => (seconds(over) / 60).clamp(0, KEEP_MAX_S),
                _ => KEEP_NORMAL_S,
            };
            hold(&self.answers).insert((id, ask), Answer { value, good_until: now.plus_secs(good_s), asked_at: now });
        }
        hold(&self.answers).retain(|_, a| now.secs_since(a.asked_at) <= FORGET_S);
    }

    async fn read(&self, id: SeriesId, how: How, ask: Ask, now: Timestamp) -> argos_kernel::Result<Option<f64>> {
        match ask {
            Ask::Window { function, over: within } if seconds(within) <= POINTS_S => {
                let within = seconds(within);
                let points = self.metrics.points_of(id, within, now).await?;
                Ok(over(&points, now.minus_secs(within).micros(), how, function))
            }
            Ask::Window { function, over: within } => {
                let step = bin_of(within);
                let from = now.minus_secs(seconds(within));
                let bins = self.bins(id, from, now, seconds(step) * 1_000_000, per_bin(how, function)).await?;
                Ok(over_bins(&bins, step, how, function))
            }
            Ask::Forecast { ahead } => {
                let points = self.normal(id, how, now).await?;
                Ok(argos_tschunk::trend(&points).map(|line| line.at(now.plus_secs(seconds(ahead)).micros())))
            }
            Ask::Zscore | Ask::Anomaly => {
                let points = self.normal(id, how, now).await?;
                let values: Vec<f64> = points.iter().map(|p| p.v).collect();
                let Some((last, before)) = values.split_last() else { return Ok(None) };
                let score = argos_tschunk::robust_score(before, *last, &argos_tschunk::RobustConfig::trailing(360));
                Ok(score.map(|s| if ask == Ask::Zscore { s.score } else { f64::from(u8::from(s.anomalous)) }))
            }
        }
    }

    async fn normal(&self, id: SeriesId, how: How, now: Timestamp) -> argos_kernel::Result<Vec<Point>> {
        let function = if how == How::Counter { Function::Rate } else { Function::Avg };
        let bins = self.bins(id, now.minus_secs(NORMAL_S), now, MINUTE_US, function).await?;
        Ok(bins.into_iter().map(|(t, v)| Point::new(t, v)).collect())
    }

    /// Bins that hold something, by their start in microseconds.
    async fn bins(
        &self,
        id: SeriesId,
        from: Timestamp,
        to: Timestamp,
        step_us: i64,
        function: Function,
    ) -> argos_kernel::Result<Vec<(i64, f64)>> {
        let found = self.metrics.query_of(&[id], from.micros(), to.micros().saturating_add(1), step_us, function).await?;
        let values = found.series.into_iter().next().map(|s| s.values).unwrap_or_default();
        Ok(found.starts.into_iter().zip(values).filter_map(|(t, v)| v.map(|v| (t, v))).collect())
    }

    /// The newest value of a metric before a time, and when its hour began.
    pub(crate) async fn before(&self, bound: &Bound, from: Timestamp, to: Timestamp) -> argos_kernel::Result<Option<(i64, f64)>> {
        let mut newest: Option<(i64, f64)> = None;
        for id in &bound.ids {
            let bins = self.bins(*id, from, to, 3_600 * 1_000_000, Function::Last).await?;
            let Some((t, v)) = bins.into_iter().rfind(|(t, _)| *t < to.micros()).map(|(t, v)| (t.div_euclid(1_000_000), v)) else {
                continue;
            };
            newest = Some(newest.map_or((t, v), |(known_t, known)| (known_t.max(t), bound.join.of(known, v))));
        }
        Ok(newest)
    }

    /// The past of what a metric means, about one point for each step, in seconds.
    pub(crate) async fn past(&self, bound: &Bound, from: Timestamp, to: Timestamp, step_s: i64) -> argos_kernel::Result<Vec<(i64, f64)>> {
        let mut all: HashMap<i64, f64> = HashMap::new();
        for id in &bound.ids {
            let function = if bound.how == How::Counter { Function::Rate } else { Function::Avg };
            for (t, v) in self.bins(*id, from, to, step_s * 1_000_000, function).await? {
                all.entry(t.div_euclid(1_000_000)).and_modify(|known| *known = bound.join.of(*known, v)).or_insert(v);
            }
        }
        let mut points: Vec<(i64, f64)> = all.into_iter().collect();
        points.sort_by_key(|(t, _)| *t);
        Ok(points)
    }
}

/// The bins that a long window is answered from.
fn bin_of(within: Duration) -> Duration {
    Duration::from_secs(if seconds(within) <= MINUTES_S { 60 } else { 3_600 })
}

/// What a bin of a long window holds, so that the bins together answer the question.
fn per_bin(how: How, function: WindowFunction) -> Function {
    match function {
        WindowFunction::Count => Function::Count,
        // The newest bin is not over yet: its rate is that of the time it covers.
        WindowFunction::Min | WindowFunction::Max | WindowFunction::Last if how == How::Counter => Function::Rate,
        _ if how == How::Counter => Function::Increase,
        WindowFunction::Avg => Function::Avg,
        WindowFunction::Min => Function::Min,
        WindowFunction::Max => Function::Max,
        WindowFunction::Sum => Function::Sum,
        WindowFunction::Last | WindowFunction::Rate | WindowFunction::Delta => Function::Last,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longest_window_that_can_be_written_is_answered_from_few_bins() {
        let bins = |within: Duration| seconds(within) / seconds(bin_of(within)) + 2;
        assert!(bins(argos_condition::MAX_WINDOW) < 10_000);
        assert_eq!(bin_of(Duration::from_secs(86_400)), Duration::from_secs(60));
    }
}

//! What the history views share: names, ranges, steps, and the values of one documented name on a time axis.

use argos_kernel::{Result, Timestamp};
use argos_web::Query;

use crate::names::{DocumentedName, documented};
use crate::query::join;
use crate::{Metrics, QueryError};

/// A documented name on whole bins, empty ones included.
pub(crate) struct Axis {
    /// Start of each bin, Unix seconds, and its value, not rounded.
    bins: Vec<(i64, Option<f64>)>,
}

impl Axis {
    /// The bins of `step_s` from `hours` ago until now. 400 for an unknown name; a documented name without any series
    /// yet has empty bins.
    pub(crate) async fn of(metrics: &Metrics, name: &str, tag: Option<&str>, hours: i64, step_s: i64, now: Timestamp) -> Result<Self> {
        let mut wanted = resolve(name)?;
        if let (Some(tag), Some(label)) = (tag, wanted.tag) {
            wanted.labels.insert(label.to_owned(), tag.to_owned());
        }
        let (from, to) = (now.minus_secs(hours * 3600), Timestamp::from_micros(now.micros().saturating_add(1)));
        let how = |a, b| wanted.join.of(a, b);
        let bins = match metrics.query(wanted.metric, &wanted.labels, from.micros(), to.micros(), step_s * 1_000_000, wanted.value).await {
            Ok(result) => result.starts.iter().map(|t| t.div_euclid(1_000_000)).zip(join(&result, how)).collect(),
            Err(QueryError::UnknownMetric(_)) => {
                let first = from.secs().div_euclid(step_s) * step_s;
                (0..).map(|i| first + i * step_s).take_while(|t| *t <= now.secs()).map(|t| (t, None)).collect()
            }
            Err(e) => return Err(e.into()),
        };
        Ok(Self { bins })
    }

    /// Every bin.
    pub(crate) fn bins(&self) -> impl Iterator<Item = (i64, Option<f64>)> + '_ {
        self.bins.iter().copied()
    }

    /// The bins that hold something.
    pub(crate) fn filled(&self) -> Vec<(i64, f64)> {
        self.bins.iter().filter_map(|(t, v)| v.map(|v| (*t, v))).collect()
    }
}

/// 400 unless the name is documented.
pub(crate) fn resolve(name: &str) -> Result<DocumentedName> {
    documented(name).ok_or_else(|| QueryError::UnknownMetric(name.to_owned()).into())
}

/// `range`, or its alias `range_h`, in hours.
pub(crate) fn hours(q: &Query, default: i64) -> Result<i64> {
    let name = if q.filled("range").is_none() && q.filled("range_h").is_some() { "range_h" } else { "range" };
    q.int_clamped(name, default, 1, 8760)
}

/// Coarser tiers for longer ranges (ops spec D.3): seconds up to an hour, minutes up to a week, hours beyond.
pub(crate) fn documented_step(hours: i64, step_s: i64) -> i64 {
    let tier_s = if hours <= 1 {
        1
    } else if hours <= 168 {
        60
    } else {
        3600
    };
    step_s.max(tier_s)
}

pub(crate) fn round(value: f64, places: i32) -> f64 {
    let unit = 10_f64.powi(places);
    let rounded = (value * unit).round() / unit;
    // Beyond 2^53 / unit there is nothing behind the point to round.
    if rounded.is_finite() { rounded } else { value }
}

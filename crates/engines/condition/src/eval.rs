//! Three-valued evaluation (Kleene's strong logic) over whatever stands behind [`Metrics`].

use crate::ast::{Comparison, Condition, Expr, Literal, Op, Value, WindowFunction};
use crate::metric::MetricRef;
use std::ops::Not;
use std::time::Duration;

/// True, false, or not to be told from what is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Truth {
    /// Holds.
    True,
    /// Does not hold.
    False,
    /// Depends on something unknown.
    Unknown,
}

impl Truth {
    /// `Some(true)`, `Some(false)` or `None`.
    #[must_use]
    pub const fn known(self) -> Option<bool> {
        match self {
            Self::True => Some(true),
            Self::False => Some(false),
            Self::Unknown => None,
        }
    }

    /// True if it holds for certain; how alerts read a condition.
    #[must_use]
    pub const fn is_true(self) -> bool {
        matches!(self, Self::True)
    }
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

impl From<Option<bool>> for Truth {
    fn from(value: Option<bool>) -> Self {
        value.map_or(Self::Unknown, Self::from)
    }
}

impl Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
        }
    }
}

/// What a condition can ask. `None` always means "not known": no such metric, no data, not numeric.
pub trait Metrics {
    /// Current value.
    fn value(&self, metric: &MetricRef) -> Option<f64>;

    /// Current value as text, for comparison with strings.
    fn text(&self, metric: &MetricRef) -> Option<String>;

    /// A function over the last `over`.
    fn window(&self, function: WindowFunction, metric: &MetricRef, over: Duration) -> Option<f64>;

    /// Value expected after `ahead`.
    fn forecast(&self, metric: &MetricRef, ahead: Duration) -> Option<f64>;

    /// Distance of the current value from normal, in standard deviations.
    fn zscore(&self, metric: &MetricRef) -> Option<f64>;

    /// Whether the metric had no sample within `over`; `None` if there is no such metric at all.
    fn absent(&self, metric: &MetricRef, over: Duration) -> Option<bool>;

    /// Whether the current value is an anomaly.
    fn anomaly(&self, metric: &MetricRef) -> Option<bool>;

    /// Events of the kind within `over`, or in the current evaluation.
    fn event_count(&self, kind: &str, over: Option<Duration>) -> Option<u64>;
}

impl Condition {
    /// Evaluates; stops at the first part that settles an AND or OR.
    pub fn evaluate(&self, metrics: &(impl Metrics + ?Sized)) -> Truth {
        self.root.evaluate(metrics)
    }

    /// The number behind the verdict, for a message: of the first numeric comparison that holds, else of the first one.
    pub fn reading(&self, metrics: &(impl Metrics + ?Sized)) -> Option<f64> {
        let mut comparisons: Vec<&Comparison> = Vec::new();
        self.root.visit(&mut |expr| {
            if let Expr::Compare(comparison) = expr {
                comparisons.push(comparison);
            }
        });
        let holding = comparisons.iter().find(|c| c.evaluate(metrics).is_true() && c.value.read(metrics).is_some());
        holding.or(comparisons.first()).and_then(|c| c.value.read(metrics))
    }
}

impl Expr {
    fn evaluate(&self, metrics: &(impl Metrics + ?Sized)) -> Truth {
        match self {
            Self::Or(parts) => settle(parts, metrics, Truth::True),
            Self::And(parts) => settle(parts, metrics, Truth::False),
            Self::Not(inner) => !inner.evaluate(metrics),
            Self::Compare(comparison) => comparison.evaluate(metrics),
            Self::Absent { metric, over } => metrics.absent(metric, *over).into(),
            Self::Anomaly(metric) => metrics.anomaly(metric).into(),
            Self::Event { kind, over, count } => {
                let (op, least) = count.unwrap_or((Op::Greater, 0.0));
                metrics.event_count(kind, *over).map(|n| op.holds(n as f64, least)).into()
            }
        }
    }
}

/// AND is settled by the first false part, OR by the first true one; else one unknown part makes the whole unknown.
fn settle(parts: &[Expr], metrics: &(impl Metrics + ?Sized), settling: Truth) -> Truth {
    let mut result = !settling;
    for part in parts {
        let truth = part.evaluate(metrics);
        if truth == settling {
            return settling;
        }
        if truth == Truth::Unknown {
            result = Truth::Unknown;
        }
    }
    result
}

impl Comparison {
    fn evaluate(&self, metrics: &(impl Metrics + ?Sized)) -> Truth {
        let equal = |same: bool| same == (self.op == Op::Equal);
        match &self.literal {
            Literal::Number(number) => self.value.read(metrics).map(|v| self.op.holds(v, *number)).into(),
            Literal::Bool(wanted) => self.value.read(metrics).map(|v| equal((v != 0.0) == *wanted)).into(),
            Literal::Text(wanted) => metrics.text(self.value.metric()).map(|text| equal(text == *wanted)).into(),
        }
    }
}

impl Value {
    /// The number, unless unknown; NaN is no number.
    fn read(&self, metrics: &(impl Metrics + ?Sized)) -> Option<f64> {
        let value = match self {
            Self::Metric(metric) => metrics.value(metric),
            Self::Window { function, metric, over } => metrics.window(*function, metric, *over),
            Self::Forecast { metric, ahead } => metrics.forecast(metric, *ahead),
            Self::Zscore(metric) => metrics.zscore(metric),
        };
        value.filter(|v| !v.is_nan())
    }
}

impl Op {
    /// Applies the operator; `==` is exact.
    #[must_use]
    pub fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Greater => left > right,
            Self::Less => left < right,
            Self::GreaterOrEqual => left >= right,
            Self::LessOrEqual => left <= right,
            Self::Equal => left == right,
            Self::NotEqual => left != right,
        }
    }
}

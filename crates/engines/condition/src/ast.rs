//! The parsed condition and its canonical text.
//!
//! `Display` prints what parses back to an equal tree: single spaces, double quotes, only the parentheses that are
//! needed, durations in the largest unit that fits exactly.

use crate::metric::{MetricRef, write_quoted};
use std::fmt::{self, Display as _};
use std::time::Duration;

/// A parsed condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    pub(crate) root: Expr,
}

/// A node of the tree; depth is bounded by the parser.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// At least two parts, any of which suffices.
    Or(Vec<Expr>),
    /// At least two parts, all of which are needed.
    And(Vec<Expr>),
    /// The contrary.
    Not(Box<Expr>),
    /// `value op literal`.
    Compare(Comparison),
    /// No sample of the metric within the time.
    Absent {
        /// What should have reported.
        metric: MetricRef,
        /// How long it may be silent.
        over: Duration,
    },
    /// The metric's newest value is an anomaly.
    Anomaly(MetricRef),
    /// Events of a kind happened.
    Event {
        /// Event kind, as recorded.
        kind: String,
        /// Within this time; without it, in the current evaluation.
        over: Option<Duration>,
        /// How the count compares; without it, at least one.
        count: Option<(Op, f64)>,
    },
}

/// `value op literal`.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Left side.
    pub value: Value,
    /// Operator; `==` or `!=` when the literal is no number.
    pub op: Op,
    /// Right side.
    pub literal: Literal,
}

/// The left side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Current value.
    Metric(MetricRef),
    /// A function over the past.
    Window {
        /// Which function.
        function: WindowFunction,
        /// Of what.
        metric: MetricRef,
        /// How far back.
        over: Duration,
    },
    /// Expected value after a time, by the trend.
    Forecast {
        /// Of what.
        metric: MetricRef,
        /// How far ahead.
        ahead: Duration,
    },
    /// Distance of the current value from normal, in standard deviations.
    Zscore(MetricRef),
}

/// Functions over a stretch of the past.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WindowFunction {
    /// Mean.
    Avg,
    /// Smallest.
    Min,
    /// Largest.
    Max,
    /// Total.
    Sum,
    /// Latest.
    Last,
    /// Change per second.
    Rate,
    /// Newest minus oldest.
    Delta,
    /// Number of samples.
    Count,
}

impl WindowFunction {
    /// Every function with its name.
    pub const ALL: [(Self, &'static str); 8] = [
        (Self::Avg, "avg"),
        (Self::Min, "min"),
        (Self::Max, "max"),
        (Self::Sum, "sum"),
        (Self::Last, "last"),
        (Self::Rate, "rate"),
        (Self::Delta, "delta"),
        (Self::Count, "count"),
    ];

    pub(crate) fn named(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, name)| *name == word).map(|(function, _)| *function)
    }
}

impl fmt::Display for WindowFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::ALL.iter().find(|(function, _)| function == self).map_or("", |(_, name)| name);
        f.write_str(name)
    }
}

/// Comparison operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Op {
    /// `>`
    Greater,
    /// `<`
    Less,
    /// `>=`
    GreaterOrEqual,
    /// `<=`
    LessOrEqual,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Greater => ">",
            Self::Less => "<",
            Self::GreaterOrEqual => ">=",
            Self::LessOrEqual => "<=",
            Self::Equal => "==",
            Self::NotEqual => "!=",
        })
    }
}

/// The right side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// Finite number.
    Number(f64),
    /// Text; compared with text metrics.
    Text(String),
    /// Compared with numbers as "not zero".
    Bool(bool),
}

impl Condition {
    /// The tree.
    #[must_use]
    pub const fn expr(&self) -> &Expr {
        &self.root
    }

    /// The metrics named, each once, in order of appearance.
    #[must_use]
    pub fn metrics(&self) -> Vec<&MetricRef> {
        let mut found: Vec<&MetricRef> = Vec::new();
        self.root.visit(&mut |expr| {
            let metric = match expr {
                Expr::Compare(comparison) => comparison.value.metric(),
                Expr::Absent { metric, .. } | Expr::Anomaly(metric) => metric,
                _ => return,
            };
            if !found.contains(&metric) {
                found.push(metric);
            }
        });
        found
    }

    /// The event kinds named, each once, in order of appearance.
    #[must_use]
    pub fn events(&self) -> Vec<&str> {
        let mut found: Vec<&str> = Vec::new();
        self.root.visit(&mut |expr| {
            if let Expr::Event { kind, .. } = expr
                && !found.contains(&kind.as_str())
            {
                found.push(kind);
            }
        });
        found
    }

    /// The longest look back (or ahead) of any function, for loading data once.
    #[must_use]
    pub fn longest_window(&self) -> Option<Duration> {
        let mut longest = None;
        self.root.visit(&mut |expr| {
            let over = match expr {
                Expr::Compare(Comparison { value: Value::Window { over, .. }, .. }) | Expr::Absent { over, .. } => Some(*over),
                Expr::Compare(Comparison { value: Value::Forecast { ahead, .. }, .. }) => Some(*ahead),
                Expr::Event { over, .. } => *over,
                _ => None,
            };
            longest = longest.max(over);
        });
        longest
    }

    /// The same condition with metrics renamed: `alias` answers the canonical name of an alias, `None` to keep a name.
    #[must_use]
    pub fn with_aliases(mut self, mut alias: impl FnMut(&MetricRef) -> Option<MetricRef>) -> Self {
        self.root.rename(&mut alias);
        self
    }
}

impl Value {
    /// The metric it is about.
    #[must_use]
    pub const fn metric(&self) -> &MetricRef {
        match self {
            Self::Metric(metric) | Self::Window { metric, .. } | Self::Forecast { metric, .. } | Self::Zscore(metric) => metric,
        }
    }

    const fn metric_mut(&mut self) -> &mut MetricRef {
        match self {
            Self::Metric(metric) | Self::Window { metric, .. } | Self::Forecast { metric, .. } | Self::Zscore(metric) => metric,
        }
    }
}

impl Expr {
    /// Calls `see` on every node, parents first, left to right.
    pub(crate) fn visit<'a>(&'a self, see: &mut impl FnMut(&'a Self)) {
        see(self);
        match self {
            Self::Or(parts) | Self::And(parts) => parts.iter().for_each(|part| part.visit(see)),
            Self::Not(inner) => inner.visit(see),
            _ => {}
        }
    }

    fn rename(&mut self, alias: &mut impl FnMut(&MetricRef) -> Option<MetricRef>) {
        let metric = match self {
            Self::Or(parts) | Self::And(parts) => {
                parts.iter_mut().for_each(|part| part.rename(alias));
                return;
            }
            Self::Not(inner) => return inner.rename(alias),
            Self::Compare(comparison) => comparison.value.metric_mut(),
            Self::Absent { metric, .. } | Self::Anomaly(metric) => metric,
            Self::Event { .. } => return,
        };
        if let Some(canonical) = alias(metric) {
            *metric = canonical;
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.fmt(f)
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Or(parts) => join(f, parts, " OR ", |part| matches!(part, Self::Or(_))),
            Self::And(parts) => join(f, parts, " AND ", |part| matches!(part, Self::Or(_) | Self::And(_))),
            Self::Not(inner) if matches!(**inner, Self::Or(_) | Self::And(_) | Self::Not(_)) => {
                write!(f, "NOT ({inner})")
            }
            Self::Not(inner) => write!(f, "NOT {inner}"),
            Self::Compare(Comparison { value, op, literal }) => write!(f, "{value} {op} {literal}"),
            Self::Absent { metric, over } => write!(f, "absent({metric}, {})", Span(*over)),
            Self::Anomaly(metric) => write!(f, "anomaly({metric})"),
            Self::Event { kind, over, count } => {
                f.write_str("event(")?;
                write_quoted(f, kind)?;
                if let Some(over) = over {
                    write!(f, ", {}", Span(*over))?;
                }
                f.write_str(")")?;
                count.map_or(Ok(()), |(op, n)| write!(f, " {op} {n}"))
            }
        }
    }
}

fn join(f: &mut fmt::Formatter<'_>, parts: &[Expr], word: &str, wrap: impl Fn(&Expr) -> bool) -> fmt::Result {
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            f.write_str(word)?;
        }
        if wrap(part) {
            write!(f, "({part})")?;
        } else {
            part.fmt(f)?;
        }
    }
    Ok(())
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Metric(metric) => metric.fmt(f),
            Self::Window { function, metric, over } => write!(f, "{function}({metric}, {})", Span(*over)),
            Self::Forecast { metric, ahead } => write!(f, "forecast({metric}, {})", Span(*ahead)),
            Self::Zscore(metric) => write!(f, "zscore({metric})"),
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => write_quoted(f, text),
            Self::Bool(value) => value.fmt(f),
        }
    }
}

/// A duration as conditions write it; whole seconds.
struct Span(Duration);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        for (unit, letter) in [(86_400, 'd'), (3600, 'h'), (60, 'm')] {
            if seconds > 0 && seconds.is_multiple_of(unit) {
                return write!(f, "{}{letter}", seconds / unit);
            }
        }
        write!(f, "{seconds}s")
    }
}

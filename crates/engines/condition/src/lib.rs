//! The one condition language: alerts, workflow conditions, gates, healing and automations all parse and evaluate it here.
//!
//! ```text
//! expr  := and { " OR " and }        and := term { " AND " term }
//! term  := [ "NOT " ] ( "(" expr ")" | cmp | call )
//! cmp   := value op literal          op  := > < >= <= == !=        literal := number | "string" | true | false
//! value := metric | avg|min|max|sum|last|rate|delta|count "(" metric "," dur ")" | forecast(metric,dur) | zscore(metric)
//! call  := absent(metric,dur) | event("kind"[,dur]) [op n] | anomaly(metric)
//! metric := word { "." word | "[" selector "]" }                   dur := 30s | 5m | 1h | 2d
//! ```
//!
//! AND binds tighter than OR. Strings and booleans compare with `==` and `!=` only. Old spellings still read:
//! `flat['cpuPercent']` is `cpuPercent`, `service_status:nginx` is `service_status[nginx]`.
//!
//! Evaluation is three-valued (Kleene): a comparison whose metric is unknown is [`Truth::Unknown`], never false; what
//! unknown means is decided by the caller. This crate knows no metric names, no clock and no storage: all of that stands
//! behind [`Metrics`]. Must never panic or recurse without bound on any input. Tests: `tests/it`.

mod ast;
mod error;
mod eval;
mod lexer;
mod metric;
mod parser;

pub use ast::{Comparison, Condition, Expr, Literal, Op, Value, WindowFunction};
pub use error::{ParseError, ParseErrorKind};
pub use eval::{Metrics, Truth};
pub use metric::{MetricRef, Segment, camel_to_snake};
pub use parser::{MAX_DEPTH, MAX_LENGTH, MAX_WINDOW, parse};

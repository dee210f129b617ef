//! Properties over generated trees and arbitrary text.

use argos_condition::{
    Comparison, Expr, Literal, MAX_LENGTH, MetricRef, Metrics, Op, ParseErrorKind, Segment, Truth, Value, WindowFunction, parse,
};
use proptest::prelude::*;
use std::time::Duration;

fn metric() -> impl Strategy<Value = MetricRef> {
    let selector = prop_oneof!["[0-9]{1,2}", "/[a-z/]{0,8}", "[a-z][a-z0-9.-]{0,8}", "[ -~äß]{1,6}",];
    ("[a-zA-Z_][a-zA-Z0-9_]{0,8}", proptest::option::of(selector), proptest::option::of("[a-z0-9_]{1,6}"))
        .prop_map(|(root, selector, field)| {
            let mut text = root;
            if let Some(selector) = selector {
                text.push_str(&format!("[\"{}\"]", selector.replace('\\', "\\\\").replace('"', "\\\"")));
            }
            if let Some(field) = field {
                text.push('.');
                text.push_str(&field);
            }
            text
        })
        .prop_filter_map("reserved word", |text| MetricRef::parse(&text).ok())
}

fn duration() -> impl Strategy<Value = Duration> {
    prop_oneof![1_u64..100_000, (1_u64..400).prop_map(|d| d * 86_400)].prop_map(Duration::from_secs)
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![Just(Op::Greater), Just(Op::Less), Just(Op::GreaterOrEqual), Just(Op::LessOrEqual), Just(Op::Equal), Just(Op::NotEqual),]
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![-1e6_f64..1e6, (-1000_i32..1000).prop_map(|k| f64::from(k) / 10.0), Just(1e21), Just(-0.0)]
}

fn window_function() -> impl Strategy<Value = WindowFunction> {
    (0..WindowFunction::ALL.len()).prop_map(|i| WindowFunction::ALL[i].0)
}

fn leaf() -> impl Strategy<Value = Expr> {
    let compare = |value, op, literal| Expr::Compare(Comparison { value, op, literal });
    let equality = prop_oneof![Just(Op::Equal), Just(Op::NotEqual)];
    let plain = prop_oneof!["[ -~äß\n]{0,12}".prop_map(Literal::Text), any::<bool>().prop_map(Literal::Bool)];
    prop_oneof![
        (metric(), op(), number()).prop_map(move |(m, op, n)| compare(Value::Metric(m), op, Literal::Number(n))),
        (metric(), equality, plain).prop_map(move |(m, op, literal)| compare(Value::Metric(m), op, literal)),
        (window_function(), metric(), duration(), op(), number())
            .prop_map(move |(function, metric, over, op, n)| { compare(Value::Window { function, metric, over }, op, Literal::Number(n)) }),
        (metric(), duration(), op(), number()).prop_map(move |(metric, ahead, op, n)| compare(
            Value::Forecast { metric, ahead },
            op,
            Literal::Number(n)
        )),
        (metric(), op(), number()).prop_map(move |(m, op, n)| compare(Value::Zscore(m), op, Literal::Number(n))),
        (metric(), duration()).prop_map(|(metric, over)| Expr::Absent { metric, over }),
        metric().prop_map(Expr::Anomaly),
        ("[a-z._\"\\\\]{1,10}", proptest::option::of(duration()), proptest::option::of((op(), number())))
            .prop_map(|(kind, over, count)| Expr::Event { kind, over, count }),
    ]
}

fn expr() -> impl Strategy<Value = Expr> {
    leaf().prop_recursive(5, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Expr::Or),
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Expr::And),
            inner.prop_map(|e| Expr::Not(Box::new(e))),
        ]
    })
}

/// Text made of the grammar's own pieces: gets much further into the parser than random characters.
fn token_soup() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "cpuPercent",
        "disks[0]",
        "[",
        "]",
        "(",
        ")",
        ".",
        ",",
        ":",
        " AND ",
        " OR ",
        "NOT ",
        ">",
        "<=",
        "==",
        "5",
        "-1.5",
        "1e3",
        "5m",
        "\"x\"",
        "'y'",
        "\"",
        "'",
        "\\",
        "true",
        "avg(",
        "event(",
        "absent(",
        "flat['a']",
        "flat[",
        " ",
        "é",
        "\u{2003}",
        "\0",
    ]);
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// The text is either a condition whose canonical form is a fixed point, or an error with a text.
fn settled(text: &str) -> Result<(), TestCaseError> {
    match parse(text) {
        Ok(condition) => {
            let canonical = condition.to_string();
            if canonical.len() <= MAX_LENGTH {
                prop_assert_eq!(parse(&canonical).map(|c| c.to_string()), Ok(canonical));
            }
        }
        Err(error) => {
            prop_assert!(error.at <= text.len());
            prop_assert!(!error.to_string().is_empty());
            prop_assert!(error.kind != ParseErrorKind::Fragment || text.contains(&error.fragment));
        }
    }
    Ok(())
}

/// Each metric is known or not, true or not, by its name alone.
struct ByName;

fn by_name(metric: &MetricRef) -> Option<f64> {
    let sum: u32 = metric.to_string().bytes().map(u32::from).sum();
    (!sum.is_multiple_of(3)).then(|| f64::from(sum % 7))
}

impl Metrics for ByName {
    fn value(&self, metric: &MetricRef) -> Option<f64> {
        by_name(metric)
    }
    fn text(&self, metric: &MetricRef) -> Option<String> {
        by_name(metric).map(|v| v.to_string())
    }
    fn window(&self, _: WindowFunction, metric: &MetricRef, _: Duration) -> Option<f64> {
        by_name(metric)
    }
    fn forecast(&self, metric: &MetricRef, _: Duration) -> Option<f64> {
        by_name(metric)
    }
    fn zscore(&self, metric: &MetricRef) -> Option<f64> {
        by_name(metric)
    }
    fn absent(&self, metric: &MetricRef, _: Duration) -> Option<bool> {
        by_name(metric).map(|v| v > 3.0)
    }
    fn anomaly(&self, metric: &MetricRef) -> Option<bool> {
        by_name(metric).map(|v| v > 3.0)
    }
    fn event_count(&self, kind: &str, _: Option<Duration>) -> Option<u64> {
        Some(kind.len() as u64)
    }
}

/// Kleene logic by numbers: false 0, unknown 1, true 2; leaves are asked of the engine itself.
fn model(expr: &Expr) -> u8 {
    match expr {
        Expr::Or(parts) => parts.iter().map(model).max().unwrap_or(0),
        Expr::And(parts) => parts.iter().map(model).min().unwrap_or(2),
        Expr::Not(inner) => 2 - model(inner),
        leaf => match parse(&leaf.to_string()).expect("canonical").evaluate(&ByName) {
            Truth::False => 0,
            Truth::Unknown => 1,
            Truth::True => 2,
        },
    }
}

proptest! {
    #[test]
    fn parse_of_printed_tree_gives_the_tree_back(expr in expr()) {
        let text = expr.to_string();
        prop_assume!(text.len() <= MAX_LENGTH);
        let condition = parse(&text).map_err(|e| TestCaseError::fail(format!("{text}: {e}")))?;
        prop_assert_eq!(condition.expr(), &expr);
    }

    #[test]
    fn parse_of_arbitrary_text_never_panics(text in any::<String>()) {
        settled(&text)?;
    }

    #[test]
    fn parse_of_token_soup_never_panics(text in token_soup()) {
        settled(&text)?;
    }

    #[test]
    fn parse_of_damaged_condition_never_panics(expr in expr(), at in any::<prop::sample::Index>(), c in any::<char>()) {
        let mut text: Vec<char> = expr.to_string().chars().collect();
        let at = at.index(text.len());
        text[at] = c;
        settled(&text.into_iter().collect::<String>())?;
    }

    #[test]
    fn evaluate_of_any_tree_equals_the_number_model(expr in expr()) {
        let text = expr.to_string();
        prop_assume!(text.len() <= MAX_LENGTH);
        let expected = [Truth::False, Truth::Unknown, Truth::True][usize::from(model(&expr))];
        prop_assert_eq!(parse(&text).expect("canonical").evaluate(&ByName), expected);
    }

    #[test]
    fn metric_ref_of_printed_name_gives_the_name_back(metric in metric()) {
        prop_assert_eq!(MetricRef::parse(&metric.to_string()), Ok(metric.clone()));
        prop_assert!(matches!(metric.segments()[0], Segment::Word(_)));
    }
}

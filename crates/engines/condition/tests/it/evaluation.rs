//! Three-valued evaluation against a fixed world.

use argos_condition::{MetricRef, Metrics, Truth, WindowFunction, parse};
use std::time::Duration;

/// Known: `a`=5, `b`=0, `disks[/].percent`=91, text `state`="on"; everything else is unknown.
struct World;

impl Metrics for World {
    fn value(&self, metric: &MetricRef) -> Option<f64> {
        match metric.to_string().as_str() {
            "a" => Some(5.0),
            "b" => Some(0.0),
            "disks[/].percent" => Some(91.0),
            "broken" => Some(f64::NAN),
            _ => None,
        }
    }

    fn text(&self, metric: &MetricRef) -> Option<String> {
        (metric.root() == "state").then(|| "on".to_owned())
    }

    fn window(&self, function: WindowFunction, metric: &MetricRef, over: Duration) -> Option<f64> {
        let value = self.value(metric)?;
        Some(match function {
            WindowFunction::Avg => value / 2.0,
            WindowFunction::Count => over.as_secs() as f64,
            _ => value,
        })
    }

    fn forecast(&self, metric: &MetricRef, ahead: Duration) -> Option<f64> {
        Some(self.value(metric)? + ahead.as_secs_f64() / 3600.0)
    }

    fn zscore(&self, metric: &MetricRef) -> Option<f64> {
        self.value(metric).map(|v| v - 1.0)
    }

    fn absent(&self, metric: &MetricRef, over: Duration) -> Option<bool> {
        self.value(metric).map(|_| over < Duration::from_mins(1))
    }

    fn anomaly(&self, metric: &MetricRef) -> Option<bool> {
        self.value(metric).map(|v| v > 90.0)
    }

    fn event_count(&self, kind: &str, over: Option<Duration>) -> Option<u64> {
        match kind {
            "seen" => Some(if over.is_some() { 3 } else { 1 }),
            "never" => Some(0),
            _ => None,
        }
    }
}

fn check(text: &str, expected: Truth) {
    assert_eq!(parse(text).expect(text).evaluate(&World), expected, "{text}");
}

#[test]
fn evaluate_of_comparisons() {
    for text in [
        "a > 4",
        "a >= 5",
        "a <= 5",
        "a < 6",
        "a == 5",
        "a != 4",
        "a == true",
        "b == false",
        "b != true",
        "disks[/].percent > 90",
        "state == \"on\"",
        "state != 'off'",
        "avg(a, 5m) == 2.5",
        "count(a, 90s) == 90",
        "forecast(a, 2h) == 7",
        "zscore(a) == 4",
        "absent(a, 30s)",
        "NOT absent(a, 5m)",
        "anomaly(disks[/].percent)",
        "event(\"seen\")",
        "event(\"seen\", 1h) == 3",
        "event(\"seen\") == 1",
        "NOT event(\"never\")",
    ] {
        check(text, Truth::True);
    }
    for text in ["a > 5", "a == 4", "a == false", "b == true", "state == \"off\"", "event(\"never\")", "anomaly(a)"] {
        check(text, Truth::False);
    }
}

#[test]
fn evaluate_of_unknown_is_unknown_whatever_the_operator() {
    for text in [
        "x > 1",
        "x <= 1",
        "x != 1",
        "x == true",
        "x == \"on\"",
        "a == \"5\"",
        "avg(x, 5m) > 1",
        "forecast(x, 1h) > 1",
        "zscore(x) > 1",
        "absent(x, 5m)",
        "anomaly(x)",
        "event(\"what\")",
        "broken > 1",
        "broken != 1",
        "state > 1",
        "disks[/home].percent > 1",
        "NOT x > 1",
    ] {
        check(text, Truth::Unknown);
    }
}

#[test]
fn evaluate_follows_kleene_tables() {
    let atoms = [("a > 1", Truth::True), ("a > 9", Truth::False), ("x > 1", Truth::Unknown)];
    let rank = |t: Truth| match t {
        Truth::False => 0,
        Truth::Unknown => 1,
        Truth::True => 2,
    };
    for (left, l) in atoms {
        for (right, r) in atoms {
            // Kleene: AND is the lesser, OR the greater of false < unknown < true.
            let (least, most) = if rank(l) < rank(r) { (l, r) } else { (r, l) };
            check(&format!("{left} AND {right}"), least);
            check(&format!("{left} OR {right}"), most);
            check(&format!("NOT ({left} AND {right})"), !least);
        }
    }
}

#[test]
fn evaluate_of_mixed_operators_binds_and_tighter() {
    check("a > 1 OR b > 1 AND x > 1", Truth::True);
    check("(a > 1 OR b > 1) AND b > 1", Truth::False);
}

#[test]
fn reading_is_the_number_behind_the_verdict() {
    let reading = |text: &str| parse(text).expect(text).reading(&World);
    assert_eq!(reading("a > 9 OR disks[/].percent > 90"), Some(91.0));
    assert_eq!(reading("a > 9"), Some(5.0));
    assert_eq!(reading("avg(a, 5m) > 1"), Some(2.5));
    assert_eq!(reading("x > 9"), None);
    assert_eq!(reading("anomaly(a)"), None);
}

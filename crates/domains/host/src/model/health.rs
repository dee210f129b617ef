//! The health score of this machine (ops spec D.6): starts at 100, each finding takes its documented share.

use schemars::JsonSchema;
use serde::Serialize;

use super::snapshot::Snapshot;

/// One judged aspect.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Check {
    pub(crate) name: String,
    /// ok, warning, critical or unknown
    pub(crate) status: &'static str,
    /// What was measured; null when it is not known.
    pub(crate) value: Option<f64>,
    pub(crate) deduction: i64,
}

fn check(name: impl Into<String>, value: Option<f64>, critical: (f64, i64), warning: (f64, i64), inclusive: bool) -> Check {
    let above = |v: f64, limit: f64| if inclusive { v >= limit } else { v > limit };
    let (status, deduction) = match value {
        None => ("unknown", 0),
        Some(v) if above(v, critical.0) => ("critical", critical.1),
        Some(v) if above(v, warning.0) => ("warning", warning.1),
        Some(_) => ("ok", 0),
    };
    Check { name: name.into(), status, value, deduction }
}

/// Score, grade and the checks behind them. Unknown values take nothing and are listed as unknown; with neither
/// processor nor memory known there is no score.
pub(crate) fn judge(s: &Snapshot) -> (Option<i64>, &'static str, Vec<Check>) {
    let mut checks =
        vec![check("CPU", s.cpu_percent, (90.0, 30), (75.0, 10), false), check("Memory", s.mem_percent, (90.0, 25), (80.0, 10), false)];
    for d in &s.disks {
        checks.push(check(format!("Disk {}", d.mount), d.percent.map(f64::from), (95.0, 20), (85.0, 5), true));
    }
    checks.push(check("CPU temperature", s.cpu_temp, (85.0, 15), (70.0, 5), false));
    for service in s.services.iter().filter(|s| s.status == "failed") {
        checks.push(Check { name: format!("Service {}", service.name), status: "critical", value: None, deduction: 10 });
    }
    let alerts = i64::try_from(s.alerts.len()).unwrap_or(5);
    #[expect(clippy::cast_precision_loss, reason = "a handful of alerts")]
    let value = alerts as f64;
    let status = if alerts == 0 { "ok" } else { "warning" };
    checks.push(Check { name: "Active alerts".to_owned(), status, value: Some(value), deduction: (3 * alerts).min(15) });
    if s.cpu_percent.is_none() && s.mem_percent.is_none() {
        return (None, "N/A", checks);
    }
    let score = (100 - checks.iter().map(|c| c.deduction).sum::<i64>()).max(0);
    (Some(score), grade(score), checks)
}

/// A from 90, B from 75, C from 60, D from 40, else F.
pub(crate) fn grade(score: i64) -> &'static str {
    match score {
        90.. => "A",
        75.. => "B",
        60.. => "C",
        40.. => "D",
        _ => "F",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deductions_follow_the_table() {
        assert_eq!(check("CPU", Some(90.0), (90.0, 30), (75.0, 10), false).deduction, 10);
        assert_eq!(check("CPU", Some(90.1), (90.0, 30), (75.0, 10), false).deduction, 30);
        assert_eq!(check("Disk", Some(95.0), (95.0, 20), (85.0, 5), true).deduction, 20);
        assert_eq!(check("Temp", None, (85.0, 15), (70.0, 5), false).status, "unknown");
    }

    #[test]
    fn grades_change_at_their_limits() {
        assert_eq!([90, 89, 75, 60, 40, 39].map(grade), ["A", "B", "B", "C", "D", "F"]);
    }
}

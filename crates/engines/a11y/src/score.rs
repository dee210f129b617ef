//! What issues weigh: severity by deficit where something was measured, by impact elsewhere; the score; the level.

use std::collections::HashMap;

use crate::report::{Compliance, Issue, Level, Severity};

pub(crate) const IMPACTS: [&str; 4] = ["critical", "serious", "moderate", "minor"];

/// The most one rule takes from the score.
const RULE_MAX: u32 = 30;

fn is_contrast(rule: &str) -> bool {
    rule.starts_with("color-contrast")
}

fn is_target(rule: &str) -> bool {
    rule.starts_with("target-size")
}

/// Contrast weighs by how much is missing, the size of a target by its share of what is required.
pub(crate) fn severity(rule: &str, impact: &str, measured: Option<f64>, required: Option<f64>) -> Severity {
    match (measured, required) {
        (Some(is), Some(wanted)) if is_contrast(rule) => match wanted - is {
            deficit if deficit > 2.0 => Severity::Critical,
            deficit if deficit > 1.0 => Severity::Major,
            _ => Severity::Minor,
        },
        (Some(is), Some(wanted)) if is_target(rule) && wanted > 0.0 => match is / wanted {
            share if share < 0.5 => Severity::Critical,
            share if share < 0.75 => Severity::Major,
            _ => Severity::Minor,
        },
        _ => match impact {
            "critical" => Severity::Critical,
            "serious" => Severity::Major,
            _ => Severity::Minor,
        },
    }
}

fn points(issue: &Issue) -> u32 {
    if is_contrast(&issue.rule_id) {
        return match issue.severity {
            Severity::Critical => 15,
            Severity::Major => 10,
            Severity::Minor => 5,
        };
    }
    if is_target(&issue.rule_id) {
        return match issue.severity {
            Severity::Critical => 10,
            Severity::Major => 5,
            Severity::Minor => 3,
        };
    }
    match issue.impact.as_str() {
        "critical" => 25,
        "serious" => 15,
        "moderate" => 5,
        _ => 2,
    }
}

/// 100 less what each issue costs.
pub(crate) fn score(issues: &[Issue]) -> u32 {
    let mut rules: HashMap<&str, u32> = HashMap::new();
    for issue in issues {
        let sum = rules.entry(&issue.rule_id).or_default();
        *sum = (*sum + points(issue)).min(RULE_MAX);
    }
    100_u32.saturating_sub(rules.values().sum())
}

/// The highest level, not above the one asked for, with no critical or major issue at or below it.
pub(crate) fn compliance(issues: &[Issue], wanted: Level) -> Compliance {
    let broken = |level| issues.iter().any(|issue| issue.level == Some(level) && issue.severity >= Severity::Major);
    if broken(Level::A) {
        Compliance::None
    } else if wanted == Level::A || broken(Level::Aa) {
        Compliance::A
    } else if wanted == Level::Aa || broken(Level::Aaa) {
        Compliance::Aa
    } else {
        Compliance::Aaa
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measured_rules_weigh_by_what_is_missing() {
        let of = |rule, is, wanted| severity(rule, "serious", Some(is), Some(wanted));
        assert_eq!(of("color-contrast", 2.0, 4.5), Severity::Critical);
        assert_eq!(of("color-contrast", 3.2, 4.5), Severity::Major);
        assert_eq!(of("color-contrast", 4.0, 4.5), Severity::Minor);
        assert_eq!(of("target-size", 11.0, 24.0), Severity::Critical);
        assert_eq!(of("target-size-enhanced", 40.0, 44.0), Severity::Minor);
        assert_eq!(severity("color-contrast", "serious", None, None), Severity::Major);
    }
}

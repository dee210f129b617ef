//! Which differences a project approves by rule, so that nobody is asked. Pure.

use serde_json::{Map, Value};

use super::difference::{DIFFERENCES_MAX, Kind};
use super::record::Measured;

/// `visual.auto_approve` of a project.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AutoApprove {
    #[default]
    Off,
    /// Only what changes with each visit differs.
    Dynamic,
    /// Nothing that differs looks like a regression.
    NoRegressions,
}

impl AutoApprove {
    /// As the settings of a project say.
    pub fn of(settings: &Map<String, Value>) -> Self {
        match settings.get("visual").and_then(|v| v.get("auto_approve")).and_then(Value::as_str) {
            Some("dynamic") => Self::Dynamic,
            Some("no_regressions") => Self::NoRegressions,
            _ => Self::Off,
        }
    }

    /// Whether it takes what differs. A first picture, a difference that no element explains and a list that is not whole are
    /// a person's to judge.
    pub fn takes(self, m: &Measured) -> bool {
        let judged = m.matches.is_some() && (1..DIFFERENCES_MAX).contains(&m.differences.len());
        judged
            && match self {
                Self::Off => false,
                Self::Dynamic => m.differences.iter().all(|d| d.kind == Kind::Dynamic),
                Self::NoRegressions => m.differences.iter().all(|d| !d.is_regression && (d.element.is_some() || d.kind == Kind::Dynamic)),
            }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::difference::{Difference, Severity};
    use super::*;

    fn measured(kinds: &[(Kind, bool)]) -> Measured {
        let difference = |(kind, is_regression): &(Kind, bool)| Difference {
            id: "diff_0".into(),
            kind: *kind,
            severity: Severity::Minor,
            description: String::new(),
            location: String::new(),
            element: Some("#buy".into()),
            expected: None,
            actual: None,
            is_regression: *is_regression,
            bounds_baseline: None,
            bounds_current: None,
            confidence: 1.0,
        };
        Measured { matches: Some(false), differences: kinds.iter().map(difference).collect(), ..Measured::default() }
    }

    #[test]
    fn rule_takes_what_it_names_and_nothing_unjudged() {
        let dynamic = measured(&[(Kind::Dynamic, false)]);
        let style = measured(&[(Kind::Dynamic, false), (Kind::Style, false)]);
        let broken = measured(&[(Kind::Missing, true)]);
        let taken = |rule: AutoApprove| [&dynamic, &style, &broken].map(|m| rule.takes(m));
        assert_eq!(taken(AutoApprove::Off), [false, false, false]);
        assert_eq!(taken(AutoApprove::Dynamic), [true, false, false]);
        assert_eq!(taken(AutoApprove::NoRegressions), [true, true, false]);
        let first = Measured { matches: None, ..dynamic };
        assert!(!AutoApprove::NoRegressions.takes(&first) && !AutoApprove::NoRegressions.takes(&measured(&[])));
        let mut area = style.clone();
        area.differences.iter_mut().for_each(|d| d.element = None);
        assert!(!AutoApprove::NoRegressions.takes(&area), "no element explains the style");
        area.differences.truncate(1);
        assert!(AutoApprove::NoRegressions.takes(&area), "what changes with each visit needs no element");
        let many = measured(&[(Kind::Dynamic, false); DIFFERENCES_MAX]);
        assert!(!AutoApprove::Dynamic.takes(&many), "what was cut off is unknown");
    }

    #[test]
    fn rule_is_read_from_the_settings() {
        let of = |visual: Value| AutoApprove::of(json!({ "visual": visual }).as_object().unwrap());
        assert_eq!((of(json!({ "auto_approve": "dynamic" })), of(json!({}))), (AutoApprove::Dynamic, AutoApprove::Off));
    }
}

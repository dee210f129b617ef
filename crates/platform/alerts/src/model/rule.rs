//! An alert rule and its compiled form. Ranges and texts of its fields stand in `rule_fields`.

use argos_condition::{Condition, Expr, Literal};
use argos_kernel::{Severity, Timestamp};
use serde_json::{Map, Value, json};

use crate::model::metric::{canonical_condition, is_wild};
use crate::model::state::Timing;

/// How far a rule may go by itself (platform spec 5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Autonomy {
    /// Runs the action.
    Execute,
    /// Asks before it runs the action.
    Approve,
    /// Never acts.
    Notify,
    /// The rule is not evaluated.
    Disabled,
}

impl Autonomy {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Execute => "execute",
            Self::Approve => "approve",
            Self::Notify => "notify",
            Self::Disabled => "disabled",
        }
    }
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Execute, Self::Approve, Self::Notify, Self::Disabled].into_iter().find(|a| a.as_str() == word)
    }
}

/// A channel as a rule names it: by id, name or type.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum ChannelRef {
    Id(i64),
    Name(String),
}

/// One escalation tier.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct EscalationTier {
    /// Minutes after the start of the firing.
    pub delay_minutes: f64,
    #[serde(default)]
    pub channels: Vec<ChannelRef>,
}

/// A rule as it is stored and shown.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertRule {
    pub id: String,
    pub name: String,
    /// As written; compiled with canonical metric names.
    pub condition: String,
    /// Ends a firing; without it two false evaluations do.
    pub clear_condition: Option<String>,
    pub for_s: i64,
    pub severity: Severity,
    /// `{value}` and `{label}` are filled in.
    pub message: String,
    /// Empty = enabled channels with `broadcast`.
    pub channels: Vec<ChannelRef>,
    pub cooldown_s: i64,
    pub group: String,
    /// Labels that keep the incidents of a group apart.
    pub group_by: Vec<String>,
    /// Rules whose alerts explain this one: while one of them fires, this one is folded under it.
    pub depends_on: Vec<String>,
    pub escalation: Vec<EscalationTier>,
    pub escalation_chain: Value,
    pub autonomy: Autonomy,
    /// Minutes.
    pub auto_approve_timeout: i64,
    pub circuit_break_after: i64,
    pub max_retries: i64,
    pub action: Option<Value>,
    pub scope: Value,
    pub enabled: bool,
    pub builtin: bool,
    pub origin: String,
    /// Members this product does not know, kept as they came.
    pub extra: Map<String, Value>,
    pub updated_at: Timestamp,
}

impl AlertRule {
    /// A rule with the documented defaults.
    pub fn new(id: impl Into<String>, condition: impl Into<String>) -> Self {
        let condition = condition.into();
        Self {
            id: id.into(),
            name: String::new(),
            message: condition.clone(),
            condition,
            clear_condition: None,
            for_s: 0,
            severity: Severity::Warning,
            channels: Vec::new(),
            cooldown_s: 300,
            group: String::new(),
            group_by: Vec::new(),
            depends_on: Vec::new(),
            escalation: Vec::new(),
            escalation_chain: json!([]),
            autonomy: Autonomy::Execute,
            auto_approve_timeout: 15,
            circuit_break_after: 5,
            max_retries: 3,
            action: None,
            scope: json!([]),
            enabled: true,
            builtin: false,
            origin: "ops".to_owned(),
            extra: Map::new(),
            updated_at: Timestamp::default(),
        }
    }
    /// What people call it.
    pub fn title(&self) -> &str {
        if self.name.is_empty() { &self.message } else { &self.name }
    }
    pub fn is_active(&self) -> bool {
        self.enabled && self.autonomy != Autonomy::Disabled
    }
    /// Parses the conditions; the error is the documented text of a 400.
    pub(crate) fn compile(&self) -> Result<Compiled, String> {
        let parse = |text: &str| text.parse::<Condition>().map(canonical_condition).map_err(|e| e.to_string());
        let condition = parse(&self.condition)?;
        let clear = self.clear_condition.as_deref().filter(|c| !c.trim().is_empty()).map(parse).transpose();
        let clear = clear.map_err(|text| format!("Invalid clear_condition: {text}"))?;
        let mut tiers = self.escalation.clone();
        tiers.sort_by(|a, b| a.delay_minutes.total_cmp(&b.delay_minutes));
        #[expect(clippy::cast_possible_truncation, reason = "minutes are bounded by the field check")]
        let escalation_s = tiers.iter().map(|t| (t.delay_minutes * 60.0).round() as i64).collect();
        let metrics = condition.metrics().into_iter().chain(clear.iter().flat_map(|c| c.metrics()));
        Ok(Compiled {
            wild: metrics.into_iter().any(is_wild),
            timing: Timing { for_s: self.for_s, cooldown_s: self.cooldown_s, escalation_s },
            tiers,
            condition,
            clear,
            rule: self.clone(),
        })
    }
}

/// A rule ready to be evaluated.
#[derive(Clone, Debug)]
pub(crate) struct Compiled {
    pub(crate) rule: AlertRule,
    pub(crate) condition: Condition,
    pub(crate) clear: Option<Condition>,
    pub(crate) timing: Timing,
    /// Escalation tiers by delay.
    pub(crate) tiers: Vec<EscalationTier>,
    /// Judged once per instance (`disks[*].percent`).
    pub(crate) wild: bool,
}

impl Compiled {
    pub(crate) fn has_events(&self) -> bool {
        !self.condition.events().is_empty() || self.clear.as_ref().is_some_and(|c| !c.events().is_empty())
    }
}

/// The first circle of `depends_on` that goes through `changed`: rules in a circle would keep each other quiet.
pub(crate) fn circle(changed: &AlertRule, all: &[AlertRule]) -> Option<String> {
    let on = |id: &str| {
        if id == changed.id { changed.depends_on.as_slice() } else { all.iter().find(|r| r.id == id).map_or(&[][..], |r| &r.depends_on) }
    };
    let mut waiting: Vec<&str> = changed.depends_on.iter().map(String::as_str).collect();
    let mut seen = std::collections::HashSet::new();
    while let Some(id) = waiting.pop() {
        if on(id).contains(&changed.id) {
            return Some(format!("Invalid depends_on: {} depends on itself by way of {id}", changed.id));
        }
        if seen.insert(id) {
            waiting.extend(on(id).iter().map(String::as_str));
        }
    }
    None
}

/// Whether two conditions differ in nothing but their numbers: what may be changed on a built-in rule.
pub(crate) fn same_but_thresholds(a: &Condition, b: &Condition) -> bool {
    blanked(a.expr().clone()) == blanked(b.expr().clone())
}

fn blanked(expr: Expr) -> Expr {
    match expr {
        Expr::Or(parts) => Expr::Or(parts.into_iter().map(blanked).collect()),
        Expr::And(parts) => Expr::And(parts.into_iter().map(blanked).collect()),
        Expr::Not(inner) => Expr::Not(Box::new(blanked(*inner))),
        Expr::Compare(mut comparison) => {
            if let Literal::Number(number) = &mut comparison.literal {
                *number = 0.0;
            }
            Expr::Compare(comparison)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compiled_rule_has_canonical_names_and_ordered_tiers() {
        let mut rule = AlertRule::new("r1", "cpuPercent > 90");
        let tier = |m: f64| EscalationTier { delay_minutes: m, channels: Vec::new() };
        rule.escalation = vec![tier(10.0), tier(0.5)];
        let compiled = rule.compile().unwrap();
        assert_eq!(compiled.condition.to_string(), "cpu_percent > 90");
        assert_eq!(compiled.timing.escalation_s, [30, 600]);
        assert!(!compiled.wild && !compiled.has_events());
        assert!(AlertRule::new("r2", "disks[*].percent >= 90").compile().unwrap().wild);
        assert!(AlertRule::new("r3", r#"event("login_failed", 5m) > 3"#).compile().unwrap().has_events());
        assert_eq!(AlertRule::new("r4", " ").compile().unwrap_err(), "Condition is required");
    }

    #[test]
    fn thresholds_are_the_numbers_of_comparisons_only() {
        let c = |t: &str| t.parse::<Condition>().unwrap();
        assert!(same_but_thresholds(&c("cpu > 90"), &c("cpu > 75")));
        assert!(!same_but_thresholds(&c("cpu > 90"), &c("cpu >= 90")));
        assert!(!same_but_thresholds(&c("cpu > 90"), &c("mem > 90")));
        assert!(!same_but_thresholds(&c("cpu > 90"), &c("cpu > 90 AND mem > 1")));
    }
}

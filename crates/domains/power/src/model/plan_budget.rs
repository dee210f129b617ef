//! Whether a plan fits into what its triggers leave, and what else about it deserves a warning. Pure.

use schemars::JsonSchema;
use serde::Serialize;

use super::plan::{Action, PlanBody};

/// Added to what the phases may take.
pub const MARGIN_SECONDS: i64 = 60;

/// One stretch of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PhaseBudget {
    pub order: i64,
    pub seconds: i64,
}

/// Needed against left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Budget {
    pub phases: Vec<PhaseBudget>,
    pub grace_seconds: i64,
    pub margin_seconds: i64,
    /// All of it.
    pub needed_seconds: i64,
    /// The least the triggers leave; null when nothing says so.
    pub left_seconds: Option<i64>,
    /// Null when what is left is unknown.
    pub fits: Option<bool>,
}

/// What is known of a source.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Charge {
    pub battery_percent: Option<f64>,
    pub runtime_seconds: Option<f64>,
}

/// Seconds an order may take: its slowest step, the wait of a forced shutdown, and the check that its hosts are gone.
fn order_seconds(body: &PlanBody, order: i64) -> i64 {
    let of_step = |action: &Action, timeout: i64| match action {
        Action::NutFsd { hostsync_seconds } | Action::FacadeFsd { hostsync_seconds } => timeout.max(*hostsync_seconds),
        _ => timeout,
    };
    let steps = body.steps_of(order).map(|(_, s)| of_step(&s.action, s.timeout_seconds)).max().unwrap_or(0);
    let verify = body.phases.iter().filter(|p| p.order == order).filter_map(|p| p.verify_seconds).max().unwrap_or(0);
    steps + verify
}

/// What every order may take, in the order they run.
pub fn phases(body: &PlanBody) -> Vec<PhaseBudget> {
    body.orders().into_iter().map(|order| PhaseBudget { order, seconds: order_seconds(body, order) }).collect()
}

/// The budget of a plan with what its sources say now.
pub fn budget(body: &PlanBody, charges: &[Charge]) -> Budget {
    let phases = phases(body);
    let grace_seconds = body.triggers.grace_seconds;
    let needed_seconds = phases.iter().map(|p| p.seconds).sum::<i64>() + grace_seconds + MARGIN_SECONDS;
    let by_runtime = body.triggers.runtime_seconds.filter(|s| *s > 0.0);
    let by_charge = body.triggers.battery_percent.filter(|p| *p > 0.0).and_then(|limit| {
        // A battery's runtime at the limit, from what it says of itself now.
        let at_limit = |c: &Charge| {
            let (percent, runtime) = (c.battery_percent.filter(|p| *p > 0.0)?, c.runtime_seconds.filter(|s| *s > 0.0)?);
            Some(runtime / percent * limit.min(percent))
        };
        charges.iter().filter_map(at_limit).reduce(f64::min)
    });
    let left = match (by_runtime, by_charge) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    #[expect(clippy::cast_possible_truncation, reason = "seconds of a battery")]
    let left_seconds = left.map(|s| s.floor() as i64);
    Budget {
        phases,
        grace_seconds,
        margin_seconds: MARGIN_SECONDS,
        needed_seconds,
        left_seconds,
        fits: left_seconds.map(|l| needed_seconds < l),
    }
}

/// What deserves a warning before the plan is armed.
pub fn warnings(body: &PlanBody, budget: &Budget) -> Vec<String> {
    let mut out = Vec::new();
    if budget.fits == Some(false) {
        let left = budget.left_seconds.unwrap_or_default();
        out.push(format!("plan needs {} s, trigger leaves {left} s", budget.needed_seconds));
    }
    if budget.left_seconds.is_none() && !body.phases.is_empty() {
        out.push(format!("plan needs {} s; what its triggers leave is not known", budget.needed_seconds));
    }
    let t = &body.triggers;
    let by_value = [t.battery_percent, t.runtime_seconds, t.percent_per_minute].iter().flatten().any(|v| *v > 0.0);
    if !(t.low_battery || by_value || t.on_battery_seconds > 0) {
        out.push("no trigger judges the battery: only a forced shutdown or lost contact starts this plan".to_owned());
    }
    if t.lost_polls == 0 {
        out.push("contact lost on battery never starts this plan".to_owned());
    }
    for (_, step) in body.steps() {
        match &step.action {
            Action::Ssh { host_key: None, host, .. } => {
                out.push(format!("the host key of {host} is not pinned yet; test the plan while the host is up"));
            }
            Action::Ssh { .. } if step.secrets_set.is_empty() => {
                out.push(format!("{} has neither a password nor a key", step.action.target()));
            }
            Action::Proxmox { .. } | Action::Guest { .. } if step.secrets_set.is_empty() => {
                out.push(format!("{} has no API token", step.action.target()));
            }
            Action::UpsOff { command, .. } if command.contains("stayoff") => {
                out.push("the UPS stays off when the mains return".to_owned());
            }
            _ => {}
        }
    }
    let last = body.orders().last().copied();
    let early = |(phase, step): (&super::plan::Phase, &super::plan::Step)| {
        matches!(step.action, Action::UpsOff { .. } | Action::Local {}) && Some(phase.order) != last
    };
    if body.steps().any(early) {
        out.push("the UPS or this machine goes off before the last phase".to_owned());
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn body(value: serde_json::Value) -> PlanBody {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn phases_hostsync_and_margin_are_held_against_the_least_of_both_triggers() {
        let ssh = |seconds: i64| json!({"kind": "ssh", "host": "h", "user": "u", "timeout_seconds": seconds, "host_key": "SHA256:x", "secrets_set": ["key"]});
        let plan = body(json!({
            "triggers": {"battery_percent": 20, "runtime_seconds": 600, "grace_seconds": 10},
            "phases": [
                {"order": 20, "verify_seconds": 30, "actions": [ssh(100)]},
                {"order": 10, "actions": [ssh(60), ssh(90)]},
                {"order": 30, "actions": [{"kind": "facade_fsd", "timeout_seconds": 5}]},
            ],
        }));
        let full = Charge { battery_percent: Some(100.0), runtime_seconds: Some(1500.0) };
        let b = budget(&plan, &[full]);
        assert_eq!((b.needed_seconds, b.left_seconds, b.fits), (90 + 130 + 15 + 10 + 60, Some(300), Some(false)));
        assert_eq!(warnings(&plan, &b), ["plan needs 305 s, trigger leaves 300 s"]);
        assert_eq!(budget(&plan, &[]).left_seconds, Some(600));
        assert!(warnings(&plan, &budget(&plan, &[])).is_empty());
    }

    #[test]
    fn unknown_remaining_time_is_said_and_never_counts_as_enough() {
        let plan = body(json!({
            "triggers": {"runtime_seconds": null},
            "phases": [{"order": 1, "actions": [{"kind": "local"}]}, {"order": 2, "actions": [{"kind": "ups_off", "command": "shutdown.stayoff"}]}],
        }));
        let b = budget(&plan, &[Charge { battery_percent: Some(80.0), runtime_seconds: None }]);
        assert_eq!((b.left_seconds, b.fits), (None, None));
        assert_eq!(warnings(&plan, &b).len(), 3);
    }
}

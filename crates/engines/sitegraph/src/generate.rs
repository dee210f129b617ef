//! The test a way makes, in the step model.

use serde_json::{Map, Value, json};

use crate::flow::{Flow, FlowStep};

/// A step as a test has it; `None` for an action nobody knows.
pub fn step_json(step: &FlowStep) -> Value {
    let mut out = Map::new();
    out.insert("action".to_owned(), step.action.clone().into());
    let mut put = |name: &str, value: Option<&String>| {
        if let Some(value) = value {
            out.insert(name.to_owned(), value.clone().into());
        }
    };
    if step.action == "assert" {
        let claim = step.expected_result.as_deref().and_then(|t| t.split(' ').next()).unwrap_or("no_console_errors");
        let claim = claim.to_owned();
        put("assertion_type", Some(&claim));
        put("target", step.target.as_ref());
        put("expected", step.value.as_ref());
    } else {
        put("target", step.target.as_ref());
        put("value", step.value.as_ref());
    }
    put("description", step.description.as_ref());
    out.into()
}

/// The document of the test: steps, and with `assertions` what is claimed. Without, the claims are left out.
pub fn document(flow: &Flow, assertions: bool) -> Value {
    let steps: Vec<Value> = flow.steps.iter().filter(|s| assertions || s.action != "assert").map(step_json).collect();
    json!({ "name": flow.name, "steps": steps })
}

#[cfg(test)]
mod tests {
    use argos_webtest::Plan;

    use super::*;
    use crate::flow::Kind;

    #[test]
    fn document_is_a_plan_the_runner_reads_and_claims_stay_claims() {
        let step = |action: &str, target: Option<&str>, value: Option<&str>, expected: Option<&str>| FlowStep {
            action: action.into(),
            target: target.map(str::to_owned),
            value: value.map(str::to_owned),
            expected_result: expected.map(str::to_owned),
            ..FlowStep::default()
        };
        let flow = Flow {
            name: "Sign in".into(),
            description: String::new(),
            kind: Kind::Authentication,
            priority: 1,
            start_url: "https://s.example/login".into(),
            steps: vec![
                step("goto", Some("/login"), None, None),
                step("fill", Some("#email"), Some("{{test_email}}"), None),
                step("press_key", Some("#email"), Some("Enter"), None),
                step("assert", None, Some("/login"), Some("not_url_contains /login")),
                step("assert", Some("role=heading[name=\"A b\"]"), None, Some("element_visible role=heading[name=\"A b\"]")),
            ],
            pages: Vec::new(),
            success_criteria: Vec::new(),
            confidence: 0.9,
            harmless: false,
        };
        let plan = Plan::parse(&document(&flow, true)).unwrap();
        let claims: Vec<_> = plan.steps.iter().filter_map(|s| s.assertion.as_ref()).map(|a| (a.claim.name(), a.not)).collect();
        assert_eq!(claims, [("url_contains", true), ("element_visible", false)]);
        assert_eq!(Plan::parse(&document(&flow, false)).unwrap().steps.len(), 3);
    }
}

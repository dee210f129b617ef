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

/// The same test with its values named: what is put into a field stands among the variables, where it can be changed.
pub fn parameterized(mut document: Value) -> Value {
    let mut variables = Map::new();
    for step in document.get_mut("steps").and_then(Value::as_array_mut).into_iter().flatten() {
        let fills = matches!(step["action"].as_str(), Some("fill" | "type" | "select"));
        let Some(value) = step["value"].as_str().filter(|value| fills && !value.is_empty() && !value.contains("{{")) else { continue };
        let (word, value) = (variable_of(step["target"].as_str().unwrap_or_default()), Value::from(value));
        let mut names = (1_u32..).map(|n| if n == 1 { word.clone() } else { format!("{word}_{n}") });
        let name = names.find(|name| variables.get(name).is_none_or(|known| *known == value)).unwrap_or_default();
        step["value"] = format!("{{{{{name}}}}}").into();
        variables.insert(name, value);
    }
    if let (Some(fields), false) = (document.as_object_mut(), variables.is_empty()) {
        fields.insert("variables".to_owned(), variables.into());
    }
    document
}

/// What a field is called, as the name of a variable.
fn variable_of(target: &str) -> String {
    let said = target.rsplit(['=', '#']).next().unwrap_or_default();
    let words = said.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).take(4);
    let name = words.collect::<Vec<_>>().join("_").to_ascii_lowercase();
    match name.chars().next() {
        None => "value".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("value_{name}"),
        Some(_) => name,
    }
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

    #[test]
    fn values_get_the_names_of_their_fields_and_what_varies_stays() {
        let fill = |target: &str, value: &str| json!({ "action": "fill", "target": target, "value": value });
        let given = json!({ "name": "n", "steps": [
            { "action": "goto", "target": "/", "value": "/x" }, fill("label=Your name", "Ada"), fill("#email", "{{test_email}}"),
            fill("role=textbox[name=\"Your name\"]", "Ada"), fill("label=Your name", "Bob"), fill("名", "x"), fill("#2", ""),
        ]});
        let made = parameterized(given.clone());
        let values: Vec<_> = made["steps"].as_array().unwrap().iter().map(|step| step["value"].as_str().unwrap()).collect();
        assert_eq!(values, ["/x", "{{your_name}}", "{{test_email}}", "{{your_name}}", "{{your_name_2}}", "{{value}}", ""]);
        assert_eq!(made["variables"], json!({ "your_name": "Ada", "your_name_2": "Bob", "value": "x" }));
        let plain = json!({ "name": "n", "steps": [given["steps"][0]] });
        assert_eq!(parameterized(plain.clone()), plain);
    }
}

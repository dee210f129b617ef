use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Action, Claim, Condition, Place, Plan, Problem};

fn problems(doc: &Value) -> Vec<(String, &'static str)> {
    let mut found: Vec<_> = Plan::parse(doc).unwrap_err().iter().map(|problem| (problem.to_string(), problem.kind)).collect();
    found.sort();
    found
}

#[test]
fn aliases_are_resolved_and_unknown_fields_kept() {
    let doc = json!({
        "name": "Sign in",
        "steps": [
            { "action": "navigate", "url": "/login" },
            { "action": "dblclick", "selector": "#a", "timeout_ms": 100, "color": "red" },
            { "action": "press", "key": "Enter" },
            { "action": "verify", "type": "contains", "selector": "h1", "value": "Hello", "soft": true },
            { "action": "fill", "locator": "#b", "text": "x", "if": "plan == 'pro'" },
            { "action": "click", "target": "#c", "if": { "type": "visible", "target": "#c" } },
            { "action": "set_variable", "target": "n", "value": 3 },
            "click the Save button",
        ],
        "assertions": [{ "assertion_type": "url_contains", "value": "/dash" }],
        "config": { "timeout_ms": 60000, "viewport": { "width": 800, "height": 600 }, "color": 1 },
    });
    let plan = Plan::parse(&doc).unwrap();
    assert_eq!(plan.steps[0].target.as_deref(), Some("/login"));
    assert_eq!((plan.steps[1].action, plan.steps[1].timeout_ms), (Action::DoubleClick, Some(100)));
    assert_eq!(plan.steps[2].value, Some(json!("Enter")));
    assert_eq!(plan.steps[3].assertion.as_ref().unwrap().claim, Claim::TextContains);
    assert_eq!(plan.steps[4].condition, Some(Condition::Filter("plan == 'pro'".to_owned())));
    assert_eq!(plan.steps[6].save_as.as_deref(), Some("n"));
    assert_eq!((plan.steps[7].action, plan.steps[7].value.clone()), (Action::Instruction, Some(json!("click the Save button"))));
    let canonical = plan.to_json();
    assert_eq!(canonical["steps"][1], json!({ "action": "double_click", "target": "#a", "timeout": 100, "color": "red" }));
    assert_eq!(
        canonical["steps"][3],
        json!({ "action": "assert", "assertion_type": "text_contains", "target": "h1", "expected": "Hello", "soft": true })
    );
    assert_eq!(canonical["config"], json!({ "timeout_ms": 60000, "viewport": { "width": 800, "height": 600 }, "color": 1 }));
    assert_eq!(Plan::parse(&canonical).unwrap(), plan);
}

#[test]
fn cookies_and_headers_are_objects_however_they_were_written() {
    let doc = json!({ "steps": [
        { "action": "set_cookie", "value": "{\"name\":\"lang\",\"value\":\"es\"}" },
        { "action": "set_headers", "value": " {\"x-stage\": \"blue\"} " },
        { "action": "set_cookie", "target": "lang", "value": "es" },
        { "action": "set_cookie", "options": { "name": "lang", "value": "es" } },
        { "action": "set_cookie", "value": "{{cookie}}" },
        { "action": "set_headers", "value": "{{headers}}" },
        { "action": "set_headers" },
        { "action": "set_variable", "save_as": "raw", "value": "{\"name\":1}" },
    ] });
    let plan = Plan::parse(&doc).unwrap();
    assert_eq!(plan.steps[0].value, Some(json!({ "name": "lang", "value": "es" })));
    assert_eq!(plan.steps[1].value, Some(json!({ "x-stage": "blue" })));
    assert_eq!(plan.steps[2].value, Some(json!("es")));
    // Of all other actions a text stays one.
    assert_eq!(plan.steps[7].value, Some(json!("{\"name\":1}")));
    assert_eq!(Plan::parse(&plan.to_json()).unwrap(), plan);
    let bad = json!({ "steps": [
        { "action": "set_cookie", "value": "es" },
        { "action": "set_cookie", "value": { "value": "es" } },
        { "action": "set_cookie", "value": { "name": "", "value": "es" } },
        { "action": "set_cookie" },
        { "action": "set_headers", "value": "x-stage: blue" },
        { "action": "set_headers", "value": ["x-stage"] },
        { "action": "set_headers", "value": "a {{headers}}" },
    ] });
    let found = Plan::parse(&bad).unwrap_err();
    let places: Vec<_> = found.iter().map(|problem| (problem.loc[1].clone(), problem.loc[2].clone(), problem.kind)).collect();
    assert_eq!(places, (0..7).map(|step| (Place::Index(step), "value".into(), "value_error")).collect::<Vec<_>>());
}

#[test]
fn every_problem_is_named_with_its_place() {
    let doc = json!({
        "steps": [
            { "action": "explode" },
            { "target": "#a" },
            { "action": "click" },
            { "action": "fill", "target": "#a" },
            { "action": "assert", "type": "looks_nice" },
            { "action": "extract", "target": "#a", "save_as": "no spaces" },
            { "action": "click", "target": "#a", "optional": "yes", "timeout": -1, "if": "a ==" },
            7,
        ],
        "teardown": "none",
        "config": { "retries": 99, "viewport": "big" },
    });
    let expected = [
        ("config.retries: Input should be a number from 0 to 10", "int_type"),
        ("config.viewport: Input should be {\"width\":1280,\"height\":720}, each from 1 to 10000", "value_error"),
        ("steps.0.action: Unknown action: explode", "enum"),
        ("steps.1.action: Field required", "missing"),
        ("steps.2.target: Field required", "missing"),
        ("steps.3.value: Field required", "missing"),
        ("steps.4.type: Unknown assertion type: looks_nice", "enum"),
        ("steps.5.save_as: A variable has letters, digits and underscores", "value_error"),
        ("steps.6.if: \"a ==\" cannot be read: a value is missing", "value_error"),
        ("steps.6.optional: Input should be true or false", "bool_type"),
        ("steps.6.timeout: Input should be milliseconds from 0 to 3600000", "int_type"),
        ("steps.7: Input should be an object or an instruction", "dict_type"),
        ("teardown: Input should be a list", "list_type"),
    ];
    let expected: Vec<_> = expected.iter().map(|(text, kind)| ((*text).to_owned(), *kind)).collect();
    assert_eq!(problems(&doc), expected);
    let first = Plan::parse(&json!({ "steps": [{ "action": "explode" }] })).unwrap_err();
    assert_eq!(
        first,
        [Problem {
            loc: vec![Place::from("steps"), Place::from(0), Place::from("action")],
            msg: "Unknown action: explode".to_owned(),
            kind: "enum"
        }]
    );
    assert_eq!(serde_json::to_value(&first[0]).unwrap()["loc"], json!(["steps", 0, "action"]));
}

#[test]
fn too_many_steps_are_refused() {
    let steps: Vec<_> = (0..501).map(|_| json!({ "action": "reload" })).collect();
    assert_eq!(problems(&json!({ "steps": steps })), [("steps: List should have at most 500 items".to_owned(), "too_long")]);
}

fn any_json() -> impl Strategy<Value = Value> {
    let names = prop_oneof![
        Just("action"),
        Just("target"),
        Just("value"),
        Just("type"),
        Just("steps"),
        Just("if"),
        Just("timeout"),
        Just("options"),
        Just("save_as"),
        Just("config"),
        Just("assertions"),
        Just("execution"),
        Just("click"),
        Just("x")
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        prop_oneof![Just("click"), Just("assert"), Just("count"), Just("goto"), Just("evaluate")].prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((names.clone(), inner), 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_document_is_read_or_refused_and_its_canonical_form_is_stable(doc in any_json()) {
        if let Ok(plan) = Plan::parse(&doc) {
            prop_assert_eq!(Plan::parse(&plan.to_json()).unwrap(), plan);
        }
        if let Ok(plan) = Plan::parse(&json!({ "steps": [doc] })) {
            prop_assert_eq!(Plan::parse(&plan.to_json()).unwrap(), plan);
        }
    }
}

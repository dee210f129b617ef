//! Elements that changed: found again in their own document or not at all, and also those a test only looks at.

use argos_webtest::heal::{HealPolicy, Healing, KnownElement};
use argos_webtest::{ErrorCode, Outcome, RunOptions, Status, StepStatus};
use serde_json::{Value, json};

use crate::{Stage, passed};

/// How runs are done by somebody who saw the elements of a test when it passed on the page as it was.
async fn knowing(stage: &Stage, first: &Value) -> RunOptions {
    let mut options = RunOptions { heal: Some(HealPolicy::default()), ..stage.options() };
    let before = stage.run_with(first, &options).await;
    passed(&before);
    let known = before.fingerprints.into_iter().map(|f| KnownElement { selector: f.selector, fingerprint: f.fingerprint }).collect();
    options.heal = Some(HealPolicy { fingerprints: known, ..HealPolicy::default() });
    options
}

fn goto(page: &str, mode: &str) -> Value {
    json!({ "action": "goto", "target": format!("/{page}.html?mode={mode}") })
}

/// A step on the page as it was has the usual time; one that looks for what is gone gives up early.
fn early(mode: &str, timeout_ms: u64, mut step: Value) -> Value {
    if mode != "first" {
        step["timeout"] = json!(timeout_ms);
    }
    step
}

fn healings(outcome: &Outcome) -> Vec<&Healing> {
    outcome.step_results.iter().filter_map(|step| step.healing.as_ref()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn element_in_a_frame_is_healed_in_its_own_document_or_not_at_all() {
    let stage = Stage::new().await;
    let inside = "frame=iframe[id=\"profile\"] >> ";
    let plan = |mode: &str| {
        // A button of the page around it looks just the same.
        let save = |more: Value| {
            let mut step = json!({ "action": "click", "target": "#save", "execution": { "retries": 0 }, "continue_on_failure": true });
            step.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            early(mode, 1500, step)
        };
        let ways = [
            vec![save(json!({ "target": format!("{inside}#save") }))],
            vec![save(json!({ "frame": "#profile" }))],
            vec![
                json!({ "action": "switch_frame", "target": "#profile" }),
                save(json!({})),
                json!({ "action": "switch_frame", "target": "main" }),
            ],
        ];
        let said = [
            json!({ "action": "assert", "type": "text_equals", "target": "frame=#profile >> #log", "expected": "Save profile of" }),
            json!({ "action": "assert", "type": "text_equals", "target": "#log", "expected": "" }),
        ];
        let said = if mode == "bare" { &[] } else { said.as_slice() };
        let steps: Vec<Value> = ways.iter().flat_map(|way| [&[goto("heal-frames", mode)], way.as_slice(), said].concat()).collect();
        json!({ "steps": steps })
    };
    let options = knowing(&stage, &plan("first")).await;
    let outcome = stage.run_with(&plan("renamed"), &options).await;
    passed(&outcome);
    let found = healings(&outcome);
    let values: Vec<_> = found.iter().map(|healing| (healing.used, healing.new_value.clone().unwrap_or_default())).collect();
    assert_eq!(values, [inside, "", ""].map(|way| (true, format!("{way}id=\"btn-store\""))));
    // The picture shows the view of the page; the frame stands below the button outside.
    assert!(found.iter().all(|healing| healing.area.is_some_and(|[_, top, ..]| top > 100.0)), "{found:?}");

    let gone = stage.run_with(&plan("bare"), &options).await;
    let failed: Vec<_> = gone.step_results.iter().filter_map(|step| step.error_code).collect();
    assert_eq!((gone.status, failed), (Status::Failed, vec![ErrorCode::ElementNotFound; 3]), "{:?}", gone.error_message);
    assert!(healings(&gone).iter().all(|healing| !healing.used), "{:?}", healings(&gone));
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn element_a_test_only_looks_at_is_healed_when_it_says_the_same() {
    let stage = Stage::new().await;
    let looks = |mode: &str| {
        json!({ "steps": [
            goto("heal-claims", mode),
            early(mode, 1500, json!({ "action": "wait_for_selector", "target": "#placed" })),
            early(mode, 1500, json!({ "action": "extract", "target": "#street", "value": "value", "save_as": "street" })),
        ]})
    };
    let options = knowing(&stage, &looks("first")).await;
    let outcome = stage.run_with(&looks("renamed"), &options).await;
    passed(&outcome);
    let statuses: Vec<_> = outcome.step_results.iter().map(|step| step.status).collect();
    assert_eq!(statuses, [StepStatus::Passed, StepStatus::Healed, StepStatus::Healed]);
    assert!(outcome.healed && outcome.saved["street"] == "Gran Vía 1");
    let outcome = stage.run_with(&looks("failed"), &options).await;
    assert_eq!((outcome.status, outcome.error_code), (Status::Failed, Some(ErrorCode::ElementNotFound)), "it says something else");
    assert!(!healings(&outcome)[0].used);
    // What may be absent is not looked for.
    let banner = json!({ "steps": [
        goto("heal-claims", "renamed"), { "action": "wait_for_selector", "target": "#placed", "timeout": 500, "optional": true },
    ]});
    let outcome = stage.run_with(&banner, &options).await;
    passed(&outcome);
    assert!(healings(&outcome).is_empty() && !outcome.healed, "{:?}", outcome.step_results[1]);
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn claim_whose_element_is_gone_fails_and_what_may_have_taken_its_place_is_proposed() {
    let stage = Stage::new().await;
    let claim = |kind: &str, expected: Value| json!({ "type": kind, "target": "#placed", "expected": expected });
    let claims = [
        ("renamed", vec![claim("element_visible", Value::Null), claim("text_contains", json!("was placed"))]),
        // What failed has these words too.
        (
            "failed",
            vec![claim("element_visible", Value::Null), claim("text_contains", json!("order")), claim("text_matches", json!("order \\d+"))],
        ),
    ];
    let proposes = |healing: &Healing| !healing.used && healing.new_value.as_deref() == Some("id=\"order-state\"");

    let steps = |mode: Option<&str>| {
        let mut steps = Vec::new();
        for (page, claims) in &claims {
            let mode = mode.unwrap_or(page);
            steps.push(goto("heal-claims", mode));
            steps.extend(claims.iter().map(|claim| {
                let mut step = early(mode, 500, claim.clone());
                step["action"] = json!("assert");
                step["continue_on_failure"] = json!(true);
                step
            }));
        }
        json!({ "steps": steps })
    };
    let options = knowing(&stage, &steps(Some("first"))).await;
    let outcome = stage.run_with(&steps(None), &options).await;
    assert_eq!((outcome.status, outcome.healed), (Status::Failed, false));
    let failed: Vec<_> = outcome.step_results.iter().filter_map(|step| step.error_code).collect();
    assert_eq!(failed, [ErrorCode::AssertionFailed; 5]);
    let found = healings(&outcome);
    assert!(found.len() == 5 && found.iter().all(|healing| proposes(healing)), "{found:?}");

    let ends = |mode: &str, claims: &[Value]| {
        let claims: Vec<Value> = claims.iter().map(|claim| early(mode, 500, claim.clone())).collect();
        json!({ "steps": [goto("heal-claims", mode)], "assertions": claims })
    };
    let options = knowing(&stage, &ends("first", &claims[0].1)).await;
    for (mode, claims) in &claims {
        let outcome = stage.run_with(&ends(mode, claims), &options).await;
        assert_eq!(
            (outcome.status, outcome.error_code, outcome.healed),
            (Status::Failed, Some(ErrorCode::AssertionFailed), false),
            "{mode}"
        );
        let found = &outcome.claim_healings;
        assert!(found.iter().map(|(place, _)| *place).eq(0..claims.len()), "{mode}: {found:?}");
        assert!(found.iter().all(|(_, healing)| proposes(healing)), "{mode}: {found:?}");
        assert!(outcome.assertion_results.iter().all(|result| !result.passed && result.target.as_deref() == Some("#placed")));
    }
    // Where the element is there and says something else, nothing is looked for.
    let says = json!({ "steps": [goto("heal-claims", "first")], "assertions": [
        { "type": "text_contains", "target": "#placed", "expected": "was sent", "timeout": 500 }] });
    let outcome = stage.run_with(&says, &options).await;
    assert!(outcome.status == Status::Failed && outcome.claim_healings.is_empty(), "{:?}", outcome.claim_healings);
    // What is to be gone is never looked for, nor what is counted.
    let gone = [("element_hidden", Value::Null), ("element_not_exists", Value::Null), ("count", json!("0"))]
        .map(|(kind, expected)| json!({ "action": "assert", "type": kind, "target": "#placed", "expected": expected }));
    let steps = [&[goto("heal-claims", "renamed")], gone.as_slice()].concat();
    let gone = json!({ "steps": steps });
    let options = RunOptions { heal: Some(HealPolicy::default()), ..stage.options() };
    let outcome = stage.run_with(&gone, &options).await;
    passed(&outcome);
    assert!(healings(&outcome).is_empty() && outcome.fingerprints.is_empty(), "{:?}", outcome.fingerprints);
    stage.browser.close().await;
}

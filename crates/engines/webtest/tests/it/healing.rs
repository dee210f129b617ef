//! Elements that changed: found again in their own document or not at all, and also those a test only looks at.

use argos_webtest::heal::{HealPolicy, Healing, KnownElement};
use argos_webtest::{ErrorCode, Outcome, RunOptions, Status, StepStatus};
use serde_json::{Value, json};

use crate::{Stage, passed};

/// Does the test on the page as it was, then on the page as it is, knowing what was seen before.
async fn then_and_now(stage: &Stage, plan: impl Fn(&str) -> Value, mode: &str) -> Outcome {
    let mut options = RunOptions { heal: Some(HealPolicy::default()), ..stage.options() };
    let before = stage.run_with(&plan("first"), &options).await;
    passed(&before);
    let known = before.fingerprints.into_iter().map(|f| KnownElement { selector: f.selector, fingerprint: f.fingerprint }).collect();
    options.heal = Some(HealPolicy { fingerprints: known, ..HealPolicy::default() });
    stage.run_with(&plan(mode), &options).await
}

fn goto(page: &str, mode: &str) -> Value {
    json!({ "action": "goto", "target": format!("/{page}.html?mode={mode}") })
}

fn healings(outcome: &Outcome) -> Vec<&Healing> {
    outcome.step_results.iter().filter_map(|step| step.healing.as_ref()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn element_in_a_frame_is_healed_in_its_own_document_or_not_at_all() {
    let stage = Stage::new().await;
    // A button of the page around it looks just the same.
    let save = |more: Value| {
        let mut step = json!({ "action": "click", "target": "#save", "timeout": 3000, "execution": { "retries": 0 } });
        step.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        step
    };
    let inside = "frame=iframe[id=\"profile\"] >> ";
    let ways: [(Vec<Value>, &str); 3] = [
        (vec![save(json!({ "target": format!("{inside}#save") }))], inside),
        (vec![save(json!({ "frame": "#profile" }))], ""),
        (
            vec![
                json!({ "action": "switch_frame", "target": "#profile" }),
                save(json!({})),
                json!({ "action": "switch_frame", "target": "main" }),
            ],
            "",
        ),
    ];
    for (steps, way) in &ways {
        let plan = |mode: &str| {
            let all: Vec<Value> = std::iter::once(goto("heal-frames", mode)).chain(steps.clone()).collect();
            json!({ "steps": all, "assertions": [
                { "type": "text_equals", "target": "frame=#profile >> #log", "expected": "Save profile of" },
                { "type": "text_equals", "target": "#log", "expected": "" },
            ]})
        };
        let outcome = then_and_now(&stage, plan, "renamed").await;
        passed(&outcome);
        let found = healings(&outcome);
        assert_eq!(found.len(), 1, "{steps:?}");
        assert!(found[0].used && found[0].new_value == Some(format!("{way}id=\"btn-store\"")), "{:?}", found[0]);
        // The picture shows the view of the page; the frame stands below the button outside.
        assert!(found[0].area.is_some_and(|[_, top, ..]| top > 100.0), "{:?}", found[0].area);

        let gone = then_and_now(&stage, plan, "bare").await;
        assert_eq!((gone.status, gone.error_code), (Status::Failed, Some(ErrorCode::ElementNotFound)), "{:?}", gone.error_message);
        assert!(healings(&gone).iter().all(|healing| !healing.used), "{:?}", healings(&gone));
    }
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn element_a_test_only_looks_at_is_healed_when_it_says_the_same() {
    let stage = Stage::new().await;
    let looks = |mode: &str| {
        json!({ "steps": [
            goto("heal-claims", mode),
            { "action": "wait_for_selector", "target": "#placed", "timeout": 3000 },
            { "action": "extract", "target": "#street", "value": "value", "save_as": "street", "timeout": 3000 },
        ]})
    };
    let outcome = then_and_now(&stage, looks, "renamed").await;
    passed(&outcome);
    let statuses: Vec<_> = outcome.step_results.iter().map(|step| step.status).collect();
    assert_eq!(statuses, [StepStatus::Passed, StepStatus::Healed, StepStatus::Healed]);
    assert!(outcome.healed && outcome.saved["street"] == "Gran Vía 1");
    let outcome = then_and_now(&stage, looks, "failed").await;
    assert_eq!((outcome.status, outcome.error_code), (Status::Failed, Some(ErrorCode::ElementNotFound)), "it says something else");
    assert!(!healings(&outcome)[0].used);
    // What may be absent is not looked for.
    let banner = |mode: &str| json!({ "steps": [goto("heal-claims", mode), { "action": "wait_for_selector", "target": "#placed", "timeout": 500, "optional": true }] });
    let outcome = then_and_now(&stage, banner, "renamed").await;
    passed(&outcome);
    assert!(healings(&outcome).is_empty() && !outcome.healed, "{:?}", outcome.step_results[1]);
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn claim_whose_element_is_gone_fails_and_what_may_have_taken_its_place_is_proposed() {
    let stage = Stage::new().await;
    let claims = [
        ("element_visible", Value::Null, "renamed"),
        ("element_visible", Value::Null, "failed"),
        ("text_contains", json!("was placed"), "renamed"),
        // What failed has this word too.
        ("text_contains", json!("order"), "failed"),
        ("text_matches", json!("order \\d+"), "failed"),
    ];
    for (kind, expected, mode) in claims {
        let claim = json!({ "type": kind, "target": "#placed", "expected": expected, "timeout": 500 });
        let step = {
            let mut step = claim.clone();
            step["action"] = json!("assert");
            step
        };
        let outcome = then_and_now(&stage, |mode| json!({ "steps": [goto("heal-claims", mode), step] }), mode).await;
        assert_eq!(
            (outcome.status, outcome.error_code, outcome.healed),
            (Status::Failed, Some(ErrorCode::AssertionFailed), false),
            "{kind}"
        );
        let found = healings(&outcome);
        assert!(!found[0].used && found[0].new_value.as_deref() == Some("id=\"order-state\""), "{kind}: {found:?}");

        let outcome = then_and_now(&stage, |mode| json!({ "steps": [goto("heal-claims", mode)], "assertions": [claim] }), mode).await;
        assert_eq!(
            (outcome.status, outcome.error_code, outcome.healed),
            (Status::Failed, Some(ErrorCode::AssertionFailed), false),
            "{kind}"
        );
        let (place, found) = &outcome.claim_healings[0];
        assert!(*place == 0 && !found.used && found.new_value.as_deref() == Some("id=\"order-state\""), "{kind}: {found:?}");
        assert_eq!((outcome.assertion_results[0].target.as_deref(), outcome.assertion_results[0].passed), (Some("#placed"), false));
    }
    // Where the element is there and says something else, nothing is looked for.
    let says = |mode: &str| {
        let expected = if mode == "first" { "was placed" } else { "was sent" };
        json!({ "steps": [goto("heal-claims", "first")], "assertions": [
            { "type": "text_contains", "target": "#placed", "expected": expected, "timeout": 500 }] })
    };
    let outcome = then_and_now(&stage, says, "other").await;
    assert!(outcome.status == Status::Failed && outcome.claim_healings.is_empty(), "{:?}", outcome.claim_healings);
    // What is to be gone is never looked for, nor what is counted.
    for (kind, expected) in [("element_hidden", Value::Null), ("element_not_exists", Value::Null), ("count", json!("0"))] {
        let gone = json!({ "steps": [goto("heal-claims", "renamed"), { "action": "assert", "type": kind, "target": "#placed", "expected": expected }] });
        let options = RunOptions { heal: Some(HealPolicy::default()), ..stage.options() };
        let outcome = stage.run_with(&gone, &options).await;
        passed(&outcome);
        assert!(healings(&outcome).is_empty() && outcome.fingerprints.is_empty(), "{kind}");
    }
    stage.browser.close().await;
}

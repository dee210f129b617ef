//! Elements that changed: found again in their own document or not at all, and also those a test only looks at.

use std::collections::BTreeMap;
use std::time::Duration;

use argos_webtest::heal::{HealPolicy, Healing, KnownElement};
use argos_webtest::{ErrorCode, Outcome, Phase, RunOptions, Status, StepStatus};
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
            { "action": "assert", "type": "element_visible", "target": "#placed", "timeout": 3000 },
            { "action": "extract", "target": "#street", "value": "value", "save_as": "street", "timeout": 3000 },
        ], "assertions": [
            { "type": "text_contains", "target": "#placed", "expected": "was placed", "timeout": 3000 },
            { "type": "value_equals", "target": "#street", "expected": "Gran Vía 1", "timeout": 3000 },
        ]})
    };
    let outcome = then_and_now(&stage, looks, "renamed").await;
    passed(&outcome);
    let statuses: Vec<_> = outcome.step_results.iter().map(|step| step.status).collect();
    use StepStatus::{Healed, Passed};
    assert_eq!(statuses, [Passed, Healed, Healed, Healed]);
    assert!(outcome.healed && outcome.saved["street"] == "Gran Vía 1");
    let (places, ends): (Vec<_>, Vec<_>) =
        outcome.claim_healings.iter().map(|(place, h)| (*place, h.new_value.as_deref().unwrap())).unzip();
    assert_eq!((places, ends), (vec![0, 1], vec!["id=\"order-state\"", "id=\"address-line\""]));
    assert!(outcome.fingerprints.iter().any(|f| f.phase == Phase::Assertions && f.selector == "#street"));
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn message_that_says_something_else_is_proposed_and_proves_nothing() {
    let stage = Stage::new().await;
    let claim = |kind: &'static str, expected: Value| {
        move |mode: &str| {
            json!({ "steps": [goto("heal-claims", mode),
                { "action": "assert", "type": kind, "target": "#placed", "expected": expected, "timeout": 3000 }] })
        }
    };
    let outcome = then_and_now(&stage, claim("element_visible", Value::Null), "failed").await;
    assert_eq!((outcome.status, outcome.error_code), (Status::Failed, Some(ErrorCode::AssertionFailed)));
    let found = healings(&outcome);
    assert!(!found[0].used && found[0].new_value.as_deref() == Some("id=\"order-state\""), "{found:?}");
    // Words are judged by the claim itself: what took its place does not say them.
    let outcome = then_and_now(&stage, claim("text_contains", json!("was placed")), "failed").await;
    assert_eq!((outcome.status, outcome.error_code), (Status::Failed, Some(ErrorCode::AssertionFailed)));
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn time_that_is_proposed_follows_how_long_the_step_waited_before() {
    let stage = Stage::new().await;
    let waits = BTreeMap::from([("#late".to_owned(), vec![9_000; 20])]);
    let policy = HealPolicy { late_max: Duration::from_secs(60), waits, ..HealPolicy::default() };
    let options = RunOptions { heal: Some(policy), ..stage.options() };
    // The page is at work until its element comes.
    let late = "void (fetch('/never').catch(() => 0), setTimeout(() => document.body.insertAdjacentHTML('beforeend', '<p id=late>Late</p>'), 6000))";
    let plan = json!({ "steps": [
        { "action": "goto", "target": "/login.html" },
        { "action": "evaluate", "value": late },
        { "action": "hover", "target": "#late", "timeout": 500, "execution": { "retries": 0 } },
    ]});
    let outcome = stage.run_with(&plan, &options).await;
    passed(&outcome);
    let found = healings(&outcome);
    assert_eq!((found[0].fix_type.as_str(), found[0].failure_type.as_str()), ("increase_timeout", "timing_issue"));
    // 9 s and a fifth more, for the lightest page four fifths of it: more than the 6 s it took now.
    let proposed: u64 = found[0].new_value.as_deref().unwrap().parse().unwrap();
    assert!((9_000..=22_000).contains(&proposed) && proposed % 1_000 == 0, "{proposed}");
    stage.browser.close().await;
}

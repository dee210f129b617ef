//! Instructions in plain English, and elements that changed.

use argos_webtest::heal::{HealPolicy, KnownElement};
use argos_webtest::{ErrorCode, Status, StepStatus};
use serde_json::json;

use crate::{Stage, passed};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sentences_are_done_on_the_page() {
    let stage = Stage::new().await;
    let outcome = stage
        .run(&json!({ "steps": [
            "go to /login.html",
            "type \"ana@example.org\" into the E-mail field",
            "fill Password with correct horse",
            "check Remember me",
            "click the Sign in button",
            "verify URL contains /dashboard",
            "should see Signed in as ana",
            "click Shop",
            "enter ban in Find a product",
            "click 'Add to cart'",
            "verify that Cart (1) is visible",
            "click the Cartt (1) link",
            "verify the total contains 1.50",
        ]}))
        .await;
    passed(&outcome);
    assert_eq!(outcome.step_results[4].resolved_selector.as_deref(), Some("role=button[name=\"Sign in\"]"));
    let looked = json!({ "steps": [{ "action": "goto", "target": "/login.html", "execution": { "use_vision": true } }] });
    assert!(stage.run(&looked).await.step_results[0].warnings.is_empty(), "what has no element is looked for nowhere");
    let outcome = stage.run(&json!({ "steps": ["go to /shop.html", "wait for Banana", "click Add to cart"] })).await;
    assert_eq!((outcome.status, outcome.error_code), (Status::Failed, Some(ErrorCode::StrictModeViolation)));
    assert_eq!(outcome.step_results[2].candidates.len(), 8);
    stage.browser.close().await;
}

/// Quality scenarios 8 (what is gone with a failing server) and 9.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn renamed_element_is_healed_and_a_bug_is_not() {
    let stage = Stage::new().await;
    let plan = |mode: &str| {
        json!({ "steps": [
            { "action": "goto", "target": format!("/heal.html?mode={mode}") },
            { "action": "fill", "target": "label=Name", "value": "Ana" },
            // What is to be found has the usual time; what is not is given up early.
            { "action": "click", "target": "#save", "timeout": if mode == "first" { 20_000 } else { 2000 }, "execution": { "retries": 0 } },
            { "action": "assert", "type": "text_equals", "target": "#log", "expected": "Save profile of Ana" },
        ]})
    };
    let mut options = stage.options();
    options.heal = Some(HealPolicy::default());
    let first = stage.run_with(&plan("first"), &options).await;
    passed(&first);
    assert_eq!(first.fingerprints.len(), 3, "those two steps act on and the one that is looked at");
    let known =
        first.fingerprints.iter().map(|kept| KnownElement { selector: kept.selector.clone(), fingerprint: kept.fingerprint.clone() });
    options.heal = Some(HealPolicy { fingerprints: known.collect(), ..HealPolicy::default() });

    let healed = stage.run_with(&plan("renamed"), &options).await;
    passed(&healed);
    let healing = healed.step_results[2].healing.as_ref().unwrap();
    assert!(healed.healed && healed.step_results[2].status == StepStatus::Healed);
    assert_eq!(
        (healing.strategy.as_str(), healing.fix_type.as_str(), healing.old_value.as_str()),
        ("similarity", "update_selector", "#save")
    );
    assert!(healing.confidence >= 0.70 && healing.new_value.is_some(), "{healing:?}");

    let twins = stage.run_with(&plan("twins"), &options).await;
    let healing = twins.step_results[2].healing.as_ref().unwrap();
    assert!(twins.status == Status::Failed && !healing.used && healing.confidence <= 0.69, "{healing:?}");

    let gone = stage.run_with(&plan("gone"), &options).await;
    let healing = gone.step_results[2].healing.as_ref().unwrap();
    assert_eq!(
        (gone.status, gone.error_code, healing.failure_type.as_str(), healing.used),
        (Status::Failed, Some(ErrorCode::ElementNotFound), "real_bug", false)
    );
    stage.browser.close().await;
}

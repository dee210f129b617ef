//! The login and the shop, as their users go through them.

use argos_peers::fixture_site::{PASSWORD, USER};
use argos_webtest::{ErrorCode, RunEvent, Status, StepStatus};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::{Heard, Stage, passed};

fn login(password: &str) -> serde_json::Value {
    json!({
        "name": "Sign in",
        "steps": [
            { "action": "goto", "url": "/login.html" },
            { "action": "fill", "selector": "label=E-mail", "value": USER },
            { "action": "fill", "selector": "testid=password", "value": password },
            { "action": "click", "selector": "role=button[name=\"Sign in\"]" },
            { "action": "assert", "type": "url_contains", "value": "/dashboard" },
            { "action": "assert", "type": "text_contains", "target": "#who", "value": USER },
        ],
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn login_passes_with_the_right_password_and_fails_with_a_wrong_one() {
    let stage = Stage::new().await;
    let heard = Heard::default();
    let plan = argos_webtest::Plan::parse(&login("{{secrets.password}}")).unwrap();
    let mut options = stage.options();
    options.variables.secrets.insert("password".to_owned(), PASSWORD.to_owned());
    let outcome = argos_webtest::run(&stage.browser, &plan, &options, &heard, &CancellationToken::new()).await;
    passed(&outcome);
    assert_eq!(outcome.step_results.len(), 6);
    assert_eq!(outcome.assertion_results.len(), 2);
    assert!(outcome.evidence.final_screenshot.as_ref().unwrap().bytes.starts_with(&[0xFF, 0xD8]));
    let kept = format!("{:?} {:?} {}", outcome.step_results, heard.0.lock().unwrap(), outcome.evidence.har.as_ref().unwrap());
    assert!(kept.contains("/api/login") && !kept.contains(PASSWORD), "a secret left the run");
    let finished = heard.0.lock().unwrap().iter().filter(|event| matches!(event, RunEvent::StepFinished(_))).count();
    assert_eq!(finished, 6);

    let mut wrong = login("wrong");
    // The page has its time until it knows; what never comes after that need not be waited for.
    let steps = wrong["steps"].as_array_mut().unwrap();
    steps[4]["timeout"] = json!(500);
    steps.insert(4, json!({ "action": "wait_for_response", "target": "/api/login" }));
    let outcome = stage.run(&wrong).await;
    assert_eq!(
        (outcome.status, outcome.error_code, outcome.failed_step_index),
        (Status::Failed, Some(ErrorCode::AssertionFailed), Some(5))
    );
    assert!(outcome.evidence.failure_screenshot.is_some() && outcome.evidence.failure_dom.unwrap().contains("Sign in"));
    let statuses: Vec<_> = outcome.step_results.iter().map(|result| result.status).collect();
    assert_eq!(statuses, [[StepStatus::Passed; 5].as_slice(), &[StepStatus::Failed, StepStatus::Skipped]].concat());
    assert_eq!(outcome.network_failures[0].status, Some(401));
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_step_has_its_picture_also_one_that_leads_to_another_page() {
    let stage = Stage::new().await;
    let plan = argos_webtest::Plan::parse(&login(PASSWORD)).unwrap();
    let options = argos_webtest::RunOptions { screenshots: argos_webtest::ScreenshotMode::EveryStep, ..stage.options() };
    for _ in 0..5 {
        let outcome = argos_webtest::run(&stage.browser, &plan, &options, &Heard::default(), &CancellationToken::new()).await;
        passed(&outcome);
        let pictures: Vec<bool> = outcome.step_results.iter().map(|result| result.has_screenshot).collect();
        assert_eq!(pictures, [true; 6]);
    }
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn order_is_placed_with_values_taken_from_the_page() {
    let stage = Stage::new().await;
    let outcome = stage
        .run(&json!({
            "steps": [
                { "action": "goto", "target": "/shop.html" },
                { "action": "wait_for_response", "url": "/api/products", "save_as": "products" },
                { "action": "fill", "target": "placeholder=Find a product", "value": "ap" },
                { "action": "assert", "type": "count", "target": "#products li", "expected": 2 },
                { "action": "click", "target": "testid=product-1 >> role=button" },
                { "action": "assert", "type": "text_equals", "target": "testid=cart-count", "expected": "1" },
                { "action": "extract", "target": "testid=product-1 >> .price", "save_as": "price" },
                { "action": "click", "target": "#to-cart" },
                { "action": "assert", "type": "text_equals", "target": "#total", "expected": "{{price}}" },
                { "action": "click", "target": "text=\"Checkout\" >> nth=0", "if": "price > 0" },
                { "action": "fill", "target": "label=Name", "value": "{{products.body.0.name}} O'Neil" },
                { "action": "fill", "target": "label=Address", "value": "{{random_string}}" },
                { "action": "select", "target": "label=Country", "value": "Spain" },
                { "action": "fill", "target": "label=Delivery", "value": "{{date}}" },
                { "action": "check", "target": "label=I accept the terms" },
                { "action": "click", "target": "role=button[name=\"Place order\"]" },
                { "action": "click", "target": "#never", "if": "price > 99" },
            ],
            "assertions": [
                { "type": "visible", "target": "text=Thank you" },
                { "type": "text_matches", "target": "#number", "expected": "^Order \\d{4} of 1 items$" },
                { "type": "no_console_errors" },
                { "type": "response_status", "target": "/api/orders", "expected": 200 },
                { "type": "response_json", "target": "/api/orders", "expected": "name=Apple O'Neil" },
                { "type": "url_equals", "expected": "/shop.html" },
                { "type": "performance", "expected": "lcp_ms<60000" },
            ],
        }))
        .await;
    passed(&outcome);
    assert_eq!(outcome.saved["price"], "1.00");
    assert_eq!(outcome.step_results[16].status, StepStatus::Skipped);
    assert!(outcome.assertion_results.iter().all(|result| result.passed));
    stage.browser.close().await;
}

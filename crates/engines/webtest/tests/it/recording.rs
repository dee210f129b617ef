//! A visit recorded in a real browser becomes a test that passes unedited.

use std::time::Duration;

use argos_cdp::{ContextOptions, LoadState};
use argos_peers::fixture_site::{PASSWORD, USER};
use argos_webtest::record::{ConvertOptions, Live, convert};
use serde_json::{Value, json};

use crate::{Stage, passed};

const LIMIT: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn visit_that_is_recorded_passes_as_a_test() {
    let stage = Stage::new().await;
    let page = stage.browser.new_context(ContextOptions::default()).await.unwrap().new_page().await.unwrap();
    let mut live = Live::begin(&page).await.unwrap();
    page.goto(&stage.site.url("/login.html"), LoadState::Load, LIMIT).await.unwrap();
    let find = |selector: &str| page.locator(selector).unwrap();
    find("#email").type_text(USER, Duration::ZERO, LIMIT).await.unwrap();
    find("#password").type_text(PASSWORD, Duration::ZERO, LIMIT).await.unwrap();
    find("#remember").click(&argos_cdp::ClickOptions::default(), LIMIT).await.unwrap();
    find("#password").press("Enter", LIMIT).await.unwrap();
    page.wait_for_url(|url| url.contains("/dashboard"), LIMIT).await.unwrap();
    // The document it came to has told of itself.
    let mut events: Vec<Value> = Vec::new();
    let arrived =
        |events: &[Value]| events.iter().any(|e| e["type"] == 4 && e["data"]["href"].as_str().is_some_and(|h| h.contains("/dashboard")));
    while !arrived(&events) {
        events.extend(tokio::time::timeout(LIMIT, live.next()).await.unwrap().unwrap());
    }
    assert!(!json!(events).to_string().contains(PASSWORD), "the password left the page");
    let converted = convert(&events, &ConvertOptions { include_waits: false, ..ConvertOptions::default() });
    let actions: Vec<_> = converted.steps.iter().map(|s| s.step.action.name()).collect();
    assert_eq!(actions, ["goto", "fill", "fill", "check", "press_key", "wait_for_url"], "{:#?}", converted.steps);
    let steps: Vec<Value> = converted.steps.iter().map(|s| s.step.to_json()).collect();
    let assertions: Vec<Value> = converted.assertions.iter().map(argos_webtest::plan::Assertion::to_json).collect();
    let mut options = stage.options();
    options.variables.run = converted.values.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    options.variables.run.insert("test_password".to_owned(), json!(PASSWORD));
    passed(&stage.run_with(&json!({ "steps": steps, "assertions": assertions }), &options).await);
    stage.browser.close().await;
}

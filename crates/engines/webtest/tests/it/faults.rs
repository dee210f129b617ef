//! Pages that mean no good: a run says what happened, ends in its time, and the next one is not touched.

use std::sync::Arc;
use std::time::Duration;

use argos_cdp::{Guard, Page};
use argos_peers::fixture_site::HUGE_BYTES;
use argos_webtest::{CheckInput, CheckVerdict, Checks, ErrorCode, Later, Observer, Plan, RunEvent, RunOptions, Status};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::{Heard, Stage, passed};

/// Crashes the renderer in the middle of a test.
struct Crasher;

impl Checks for Crasher {
    fn visual<'a>(&'a self, page: &'a Page, _: CheckInput) -> Later<'a, Result<CheckVerdict, String>> {
        Box::pin(async move {
            page.crash().await.map_err(|e| e.to_string())?;
            Ok(CheckVerdict { passed: true, ..CheckVerdict::default() })
        })
    }

    fn accessibility<'a>(&'a self, page: &'a Page, input: CheckInput) -> Later<'a, Result<CheckVerdict, String>> {
        self.visual(page, input)
    }
}

fn script(text: &str) -> Value {
    json!({ "action": "evaluate", "value": text })
}

fn page() -> Value {
    json!({ "action": "goto", "target": "/login.html" })
}

/// The browser still does what a test wants of it.
async fn next_test_passes(stage: &Stage) {
    passed(&stage.run(&json!({ "steps": [page(), { "action": "click", "target": "#submit" }] })).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn page_that_never_loads_fails_its_step_when_its_time_is_over() {
    let stage = Stage::new().await;
    let never = json!({ "steps": [{ "action": "goto", "target": "/never", "timeout": 1000 }, page()] });
    let outcome = stage.run(&never).await;
    assert_eq!((outcome.status, outcome.error_code, outcome.failed_step_index), (Status::Failed, Some(ErrorCode::Timeout), Some(0)));
    assert!(outcome.error_message.as_ref().is_some_and(|why| why.contains("1000 ms")), "{:?}", outcome.error_message);
    next_test_passes(&stage).await;
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn storm_of_alerts_is_ended_and_harms_no_other_test() {
    let stage = Stage::new().await;
    let storm = json!({ "steps": [page(), script("void setTimeout(() => { for (;;) alert('again'); }, 0)"), { "action": "click", "target": "#submit" }] });
    let heard = Heard::default();
    let options = RunOptions { test_timeout: Duration::from_secs(60), ..stage.options() };
    let outcome = argos_webtest::run(&stage.browser, &Plan::parse(&storm).unwrap(), &options, &heard, &CancellationToken::new()).await;
    // What runs in a page that never stops asking is ended, ours too where it meets it; the browser stays.
    assert_ne!(outcome.error_code, Some(ErrorCode::BrowserCrashed), "{:?}", outcome.error_message);
    let alerts = heard.0.lock().unwrap().iter().filter(|event| matches!(event, RunEvent::Dialog { kind, .. } if kind == "alert")).count();
    // So many follow one input; the click is another.
    assert!((20..=60).contains(&alerts), "{alerts} alerts were answered");
    next_test_passes(&stage).await;
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn document_that_grows_without_end_is_used_and_what_is_kept_of_it_has_an_end() {
    let stage = Stage::new().await;
    let grows = "void setInterval(() => { for (let n = 0; n < 100; n++) document.body.append(Object.assign(document.createElement('p'), { textContent: 'more' })); }, 20)";
    let grown = json!({ "steps": [
        page(), script(grows),
        { "action": "fill", "target": "#email", "value": "ana@example.org" },
        { "action": "assert", "type": "value_equals", "target": "#email", "expected": "ana@example.org" },
        { "action": "assert", "type": "title_equals", "expected": "Nothing", "timeout": 2000 },
    ]});
    let outcome = stage.run(&grown).await;
    assert_eq!((outcome.error_code, outcome.failed_step_index), (Some(ErrorCode::AssertionFailed), Some(4)), "{:?}", outcome.error_message);
    let dom = outcome.evidence.failure_dom.unwrap();
    assert!(dom.contains("<p>more</p>") && dom.len() <= 2 << 20, "{} bytes", dom.len());
    next_test_passes(&stage).await;
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answer_of_fifty_megabytes_is_read_by_the_page_and_kept_nowhere() {
    let stage = Stage::new().await;
    let huge = json!({ "steps": [
        page(),
        { "action": "evaluate", "value": "fetch('/huge').then((answer) => answer.text()).then((text) => text.length)", "save_as": "length" },
        { "action": "wait_for_response", "target": "/huge", "save_as": "answer" },
    ]});
    let outcome = stage.run(&huge).await;
    passed(&outcome);
    assert_eq!((&outcome.saved["length"], &outcome.saved["answer"]["body"]), (&json!(HUGE_BYTES), &Value::Null));
    assert!(outcome.evidence.har.unwrap().to_string().len() < 1 << 20);
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn windows_over_windows_are_bounded_and_go_with_the_test_that_opened_them() {
    let stage = Stage::new().await;
    let windows = json!({ "steps": [
        page(), script("void (() => { for (let n = 0; n < 26; n++) open('/login.html?window'); })()"),
        { "action": "switch_tab", "value": "5" }, { "action": "click", "target": "#submit" },
        { "action": "switch_tab", "value": "21", "timeout": 2000 },
    ]});
    let outcome = stage.run(&windows).await;
    assert_eq!((outcome.error_code, outcome.failed_step_index), (Some(ErrorCode::Timeout), Some(4)), "{:?}", outcome.error_message);
    let targets = stage.browser.session().call_raw("Target.getTargets", &json!({}), Duration::from_secs(60)).await.unwrap();
    assert!(!targets.to_string().contains("login.html"), "{targets}");
    next_test_passes(&stage).await;
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn renderer_that_crashes_ends_its_test_as_a_crash_and_no_other() {
    let stage = Stage::new().await;
    let options = RunOptions { checks: Some(Arc::new(Crasher)), ..stage.options() };
    let crash = json!({ "steps": [page(), { "action": "visual_check" }, { "action": "click", "target": "#submit" }] });
    let outcome = stage.run_with(&crash, &options).await;
    assert_eq!((outcome.status, outcome.error_code), (Status::Error, Some(ErrorCode::BrowserCrashed)), "{:?}", outcome.error_message);
    next_test_passes(&stage).await;
    stage.browser.close().await;
}

/// Tells when the second step begins.
struct Began(CancellationToken);

impl Observer for Began {
    fn on(&self, event: RunEvent) {
        if matches!(event, RunEvent::StepStarted { index: 1, .. }) {
            self.0.cancel();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_that_is_killed_ends_its_test_as_a_crash() {
    let stage = Stage::new().await;
    let plan =
        json!({ "steps": [page(), { "action": "wait_for_selector", "target": "#never", "timeout": 600_000 }, { "action": "reload" }] });
    let (plan, options, began) = (Plan::parse(&plan).unwrap(), stage.options(), Began(CancellationToken::new()));
    let cancel = CancellationToken::new();
    let ((), outcome) = tokio::join!(
        async {
            began.0.cancelled().await;
            stage.browser.kill().await;
        },
        argos_webtest::run(&stage.browser, &plan, &options, &began, &cancel),
    );
    assert_eq!((outcome.status, outcome.error_code), (Status::Error, Some(ErrorCode::BrowserCrashed)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redirect_to_a_private_address_is_blocked_however_the_page_comes_there() {
    let stage = Stage::new().await;
    let mut options = stage.options();
    options.guard =
        Some(Guard::new(|url: String| async move { if url.contains("169.254.") { Err("link-local".to_owned()) } else { Ok(()) } }));
    let goto = |target: &str| json!({ "action": "goto", "target": target });
    let place = "http://169.254.169.254/latest";
    for steps in [
        json!([goto(place)]),
        json!([goto("/redirect?to=http%3A%2F%2F169.254.169.254%2F")]),
        json!([page(), script(&format!("void (location.href = '{place}')")), { "action": "hover", "target": "#submit", "timeout": 2000 }, { "action": "wait_for_url", "value": "/nowhere", "timeout": 3000 }]),
        json!([page(), script(&format!("document.body.insertAdjacentHTML('beforeend', '<a id=away href={place}>Away</a>'); 0")), { "action": "click", "target": "#away" }, { "action": "wait_for_url", "value": "/nowhere", "timeout": 3000 }]),
    ] {
        let outcome = stage.run_with(&json!({ "steps": steps }), &options).await;
        assert_eq!(
            (outcome.status, outcome.error_code),
            (Status::Failed, Some(ErrorCode::BlockedUrl)),
            "{steps}: {:?}",
            outcome.error_message
        );
    }
    // A picture from there is refused as well, which is no fault of the page.
    let picture = json!({ "steps": [page(), script(&format!("new Promise((done) => {{ const i = new Image(); i.onerror = () => done(1); i.src = '{place}'; }})")), { "action": "hover", "target": "#submit" }] });
    passed(&stage.run_with(&picture, &options).await);
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn test_of_ten_thousand_steps_is_refused_and_one_of_the_most_there_may_be_is_done() {
    let steps = |count: usize| {
        let steps: Vec<Value> = (0..count).map(|n| json!({ "action": "set_variable", "save_as": "last", "value": n })).collect();
        json!({ "steps": steps })
    };
    let problems = Plan::parse(&steps(10_000)).unwrap_err();
    assert_eq!(problems.iter().map(ToString::to_string).collect::<Vec<_>>(), ["steps: List should have at most 500 items"]);
    let stage = Stage::new().await;
    let outcome = stage.run(&steps(500)).await;
    passed(&outcome);
    assert_eq!((outcome.step_results.len(), &outcome.saved["last"]), (500, &json!(499)));
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn download_is_kept_under_a_name_of_ours() {
    let stage = Stage::new().await;
    let dir = tempfile::tempdir().unwrap();
    let options = RunOptions { out_dir: Some(dir.path().to_owned()), ..stage.options() };
    let steps = json!({ "steps": [
        { "action": "goto", "target": "/files.html" },
        { "action": "evaluate", "value": "document.querySelector('#report').href = '/hostile-name'" },
        { "action": "download", "target": "#report", "save_as": "file" },
    ]});
    let outcome = stage.run_with(&steps, &options).await;
    passed(&outcome);
    assert!(outcome.network_failures.is_empty(), "{:?}", outcome.network_failures);
    let kept = &outcome.evidence.downloads[0];
    assert_eq!((kept.path.parent(), std::fs::read(&kept.path).unwrap().as_slice()), (Some(dir.path()), b"#!/bin/sh\n".as_slice()));
    assert!(!kept.name.contains(['/', '\\', '\u{202e}']), "{}", kept.name);
    stage.browser.close().await;
}

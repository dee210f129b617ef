//! Pages that mean no good: a run says what happened, ends in its time, and the next one is not touched.

use std::sync::Arc;
use std::time::Duration;

use argos_cdp::Page;
use argos_peers::fixture_site::HUGE_BYTES;
use argos_webtest::{CheckInput, CheckVerdict, Checks, ErrorCode, Later, RunOptions, Status};
use serde_json::{Value, json};

use crate::{Stage, passed};

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_pages_end_their_own_test_and_no_other() {
    let stage = Stage::new().await;
    let options = RunOptions { checks: Some(Arc::new(Crasher)), ..stage.options() };
    let script = |text: &str| json!({ "action": "evaluate", "value": text });
    let page = json!({ "action": "goto", "target": "/login.html" });

    // An address that never answers.
    let never = json!({ "steps": [{ "action": "goto", "target": "/never", "timeout": 1000 }] });
    let outcome = stage.run_with(&never, &options).await;
    assert_eq!(outcome.status, Status::Failed, "{:?}", outcome.error_message);
    assert!(matches!(outcome.error_code, Some(ErrorCode::Timeout | ErrorCode::NavigationError)), "{:?}", outcome.error_code);

    // A document that grows for ever can be used, and what is kept of it has an end.
    let grows = "void setInterval(() => { for (let n = 0; n < 100; n++) document.body.append(Object.assign(document.createElement('p'), { textContent: 'more' })); }, 20)";
    let grown = json!({ "steps": [
        page, script(grows),
        { "action": "fill", "target": "#email", "value": "ana@example.org" },
        { "action": "assert", "type": "value_equals", "target": "#email", "expected": "ana@example.org" },
        { "action": "assert", "type": "title_equals", "expected": "Nothing", "timeout": 2000 },
    ]});
    let outcome = stage.run_with(&grown, &options).await;
    assert_eq!((outcome.error_code, outcome.failed_step_index), (Some(ErrorCode::AssertionFailed), Some(4)), "{:?}", outcome.error_message);
    assert!(outcome.evidence.failure_dom.is_some_and(|dom| dom.contains("<p>more</p>")));

    // A long answer is read by the page; its text is kept nowhere.
    let huge = json!({ "steps": [
        page,
        { "action": "evaluate", "value": "fetch('/huge').then((answer) => answer.text()).then((text) => text.length)", "save_as": "length" },
        { "action": "wait_for_response", "target": "/huge", "save_as": "answer" },
    ]});
    let outcome = stage.run_with(&huge, &options).await;
    passed(&outcome);
    assert_eq!((&outcome.saved["length"], &outcome.saved["answer"]["body"]), (&json!(HUGE_BYTES), &Value::Null));
    assert!(outcome.evidence.har.unwrap().to_string().len() < 1 << 20);

    // Windows over windows go with the test that opened them.
    let windows = json!({ "steps": [page, script("void (() => { for (let n = 0; n < 20; n++) open('/login.html'); })()"), { "action": "click", "target": "#submit" }] });
    passed(&stage.run_with(&windows, &options).await);

    // A renderer that dies takes its test along, as a crash.
    let crash = json!({ "steps": [page, { "action": "visual_check" }, { "action": "click", "target": "#submit" }] });
    let outcome = stage.run_with(&crash, &options).await;
    assert_eq!((outcome.status, outcome.error_code), (Status::Error, Some(ErrorCode::BrowserCrashed)), "{:?}", outcome.error_message);

    // A storm of dialogs that leaves no time for anything else.
    let storm = json!({ "steps": [page, script("void setTimeout(() => { for (;;) alert('again'); }, 0)"), { "action": "click", "target": "#submit" }] });
    let outcome = stage.run_with(&storm, &RunOptions { test_timeout: Duration::from_secs(20), ..options.clone() }).await;
    // What runs in a page that never stops asking is ended, ours too where it meets it.
    let told = matches!(outcome.error_code, Some(ErrorCode::Timeout | ErrorCode::NotActionable | ErrorCode::ScriptError));
    let sound = if outcome.status == Status::Passed { outcome.error_code.is_none() } else { told };
    assert!(sound, "{:?} {:?} {:?}", outcome.status, outcome.error_code, outcome.error_message);

    passed(&stage.run_with(&json!({ "steps": [page, { "action": "click", "target": "#submit" }] }), &options).await);
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

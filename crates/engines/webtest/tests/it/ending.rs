//! How runs end: softly, too late, cancelled, with the browser, and what they leave.

use std::time::Duration;

use argos_webtest::{ErrorCode, Observer, RunEvent, ScreenshotMode, Status, StepStatus, TraceMode};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::{Stage, passed};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn soft_and_optional_failures_let_a_test_go_on() {
    let stage = Stage::new().await;
    let outcome = stage
        .run(&json!({
            "setup": [{ "action": "goto", "target": "/login.html" }],
            "steps": [
                { "action": "click", "target": "#nothing", "timeout": 200, "optional": true },
                { "action": "assert", "type": "visible", "target": "#error", "timeout": 200, "soft": true },
                { "action": "assert", "type": "visible", "target": "#error", "not": true },
                { "action": "click", "target": "#late", "timeout": 200 },
                { "action": "click", "target": "#submit" },
            ],
            "teardown": [{ "action": "goto", "target": "/dashboard.html" }, { "action": "click", "target": "#none", "timeout": 200 }, { "action": "set_variable", "save_as": "tidy", "value": true }],
        }))
        .await;
    assert_eq!(
        (outcome.status, outcome.error_code, outcome.failed_step_index),
        (Status::Failed, Some(ErrorCode::ElementNotFound), Some(3))
    );
    use StepStatus::{Failed, Passed, Skipped};
    let statuses: Vec<_> = outcome.step_results.iter().map(|result| result.status).collect();
    assert_eq!(statuses, [Passed, Failed, Failed, Passed, Failed, Skipped, Passed, Failed, Passed]);
    assert_eq!(outcome.saved["tidy"], true);
    let soft = json!({ "steps": [{ "action": "goto", "target": "/login.html" }, { "action": "assert", "type": "title_equals", "expected": "X", "soft": true, "timeout": 100 }, { "action": "hover", "target": "#submit" }] });
    let outcome = stage.run(&soft).await;
    assert_eq!((outcome.status, outcome.failed_step_index, outcome.step_results[2].status), (Status::Failed, Some(1), Passed));
    stage.browser.close().await;
}

/// Cancels the run when its first step has begun.
struct Canceller(CancellationToken);

impl Observer for Canceller {
    fn on(&self, event: RunEvent) {
        if matches!(event, RunEvent::StepStarted { index: 1, .. }) {
            self.0.cancel();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn run_ends_when_it_is_cancelled_or_takes_too_long() {
    let stage = Stage::new().await;
    let endless = json!({ "steps": [{ "action": "goto", "target": "/login.html" }, { "action": "wait_for_selector", "target": "#never", "timeout": 600_000 }, { "action": "reload" }] });
    let plan = argos_webtest::Plan::parse(&endless).unwrap();
    let cancel = CancellationToken::new();
    let outcome = argos_webtest::run(&stage.browser, &plan, &stage.options(), &Canceller(cancel.clone()), &cancel).await;
    assert_eq!((outcome.status, outcome.error_code), (Status::Cancelled, Some(ErrorCode::Cancelled)));

    let mut options = stage.options();
    // Long enough for the first step on a busy machine.
    options.test_timeout = Duration::from_secs(5);
    let outcome = stage.run_with(&endless, &options).await;
    assert_eq!((outcome.status, outcome.error_code, outcome.failed_step_index), (Status::Failed, Some(ErrorCode::Timeout), Some(1)));
    assert_eq!((outcome.step_results[1].status, outcome.step_results[2].status), (StepStatus::Failed, StepStatus::Skipped));

    let foreign = stage.run(&json!({ "config": { "browser": "firefox" }, "steps": ["go to /login.html"] })).await;
    let why = "the test asks for firefox, and only chromium is there";
    assert_eq!((foreign.status, foreign.error_message.as_deref()), (Status::Error, Some(why)));
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn run_may_be_done_by_any_thread() {
    fn sendable<T: Send>(future: T) -> T {
        future
    }
    let stage = Stage::new().await;
    let plan = argos_webtest::Plan::parse(&json!({ "steps": ["go to /login.html"] })).unwrap();
    let (options, cancel) = (stage.options(), CancellationToken::new());
    let outcome = sendable(argos_webtest::run(&stage.browser, &plan, &options, &argos_webtest::Silent, &cancel)).await;
    passed(&outcome);
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::disallowed_methods, reason = "a reader of the archive that is not ours")]
async fn trace_and_film_are_left_and_the_film_plays() {
    let stage = Stage::new().await;
    let dir = tempfile::tempdir().unwrap();
    let mut options = stage.options();
    options.out_dir = Some(dir.path().to_owned());
    options.trace = TraceMode::On;
    options.record_video = true;
    options.screenshots = ScreenshotMode::EveryStep;
    options.assets = Some(dir.path().to_owned());
    let plan = json!({ "steps": [
        { "action": "goto", "target": "/shop.html" },
        { "action": "click", "target": "testid=product-2 >> role=button" },
        { "action": "click", "target": "#to-cart" },
        { "action": "wait", "value": "600 ms" },
        { "action": "goto", "target": "/trusted.html" },
        { "action": "goto", "target": "/closed.html" },
        { "action": "assert", "type": "text_equals", "target": "#log", "expected": "", "frame": "iframe[title=Inside]" },
    ]});
    let outcome = stage.run_with(&plan, &options).await;
    passed(&outcome);
    assert!(outcome.step_results.iter().all(|result| result.has_screenshot));
    let names = std::process::Command::new("python3")
        .args(["-c", "import sys,zipfile,json;z=zipfile.ZipFile(sys.argv[1]);assert z.testzip() is None;t=json.loads(z.read('trace.json'));assert b'Your cart' in z.read(t['steps'][2]['after']);n=json.loads(z.read(t['steps'][0]['accessibility']))['nodes'];assert n[0]['role']=='RootWebArea' and any(x['role']=='searchbox' for x in n), n;assert b'Inside the note' in z.read(t['steps'][4]['after']);f=[x['name'] for x in json.loads(z.read(t['steps'][6]['accessibility']))['nodes'] if x['role']=='frame'];assert any(x.endswith('/closed.html?inside') for x in f), f;c=z.read(t['steps'][6]['after']).decode();assert 'closed root</output>' in c and 'closed root?inside' in c and c.count('Kept twice</b>')==1 and 'Kept twice&lt;/b&gt;' in c and 'never told' not in c and 'Too large' in c, c;print(len(t['steps']), *sorted(z.namelist()))"])
        .arg(outcome.evidence.trace.as_ref().unwrap())
        .output()
        .unwrap();
    let (names, said) = (String::from_utf8(names.stdout).unwrap(), String::from_utf8_lossy(&names.stderr));
    assert!(said.is_empty(), "{said}");
    assert!(
        names.starts_with("7 axtree/000.json")
            && names.contains("axtree/006.json console.json dom/000-after.html dom/000-before.html")
            && names.contains("screenshots/003.jpg"),
        "{names}"
    );

    // The browser itself is asked whether it can play the film.
    assert_eq!(outcome.evidence.video_mime, Some("video/webm"));
    let mut again = stage.options();
    again.assets = Some(dir.path().to_owned());
    let play = json!({ "steps": [
        { "action": "goto", "target": "/player.html" },
        { "action": "upload", "target": "#film", "value": "video.webm" },
        { "action": "assert", "type": "text_matches", "target": "#log", "expected": "^1280x720 \\d" },
        { "action": "extract", "target": "#log", "save_as": "seen" },
    ]});
    let played = stage.run_with(&play, &again).await;
    passed(&played);
    let seconds: f64 = played.saved["seen"].as_str().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    assert!(seconds >= 0.6, "{seconds}");
    stage.browser.close().await;
}

//! Steps in a page that somebody else keeps, and the element a person points at.

use std::path::PathBuf;

use argos_cdp::{ContextOptions, LoadState, Page, Viewport};
use argos_peers::fixture_site::USER;
use argos_webtest::{ErrorCode, Guest, Outcome, Plan, RunOptions, Silent, Status, observe, pick, run_in};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::{Stage, passed};

async fn at(stage: &Stage, page: &Page, path: &str) {
    page.goto(&stage.site.url(path), LoadState::Load, std::time::Duration::from_secs(60)).await.unwrap();
}

async fn page_of(stage: &Stage, downloads_dir: Option<PathBuf>) -> Page {
    let options = ContextOptions { viewport: Some(Viewport::desktop(1000, 800)), downloads_dir, ..ContextOptions::default() };
    stage.browser.new_context(options).await.unwrap().new_page().await.unwrap()
}

/// The middle of an element, from the view of the page.
async fn middle(page: &Page, expression: &str) -> (f64, f64) {
    let of = format!("(() => {{ const b = {expression}.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; }})()");
    page.evaluate(&of).await.unwrap()
}

/// Does steps where a guest stands, who then stands where they ended.
async fn on(stage: &Stage, guest: &mut Guest, options: &RunOptions, steps: Value) -> Outcome {
    let plan = Plan::parse(&Value::Object([("steps".to_owned(), steps)].into_iter().collect())).unwrap();
    let (outcome, left) = run_in(&stage.browser, guest, &plan, options, &Silent, &CancellationToken::new()).await;
    *guest = left;
    outcome
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn steps_begin_where_a_page_stands_and_leave_it_open() {
    let stage = Stage::new().await;
    let page = page_of(&stage, None).await;
    at(&stage, &page, "/login.html").await;
    let (mut guest, options) = (Guest::new(&page), stage.options());
    let first = json!([
        { "action": "fill", "target": "label=E-mail", "value": USER },
        { "action": "extract", "target": "#email", "options": { "kind": "value" }, "value": "value", "save_as": "mail" },
        { "action": "evaluate", "value": "console.error('of the first'); fetch('/api/me').then(() => 0)" },
    ]);
    let first = on(&stage, &mut guest, &options, first).await;
    passed(&first);
    assert_eq!(first.saved["mail"], USER);
    assert!(first.console_errors.iter().any(|error| error.text == "of the first") && first.network_failures.len() == 1);
    // What the first call did is still there, and a failure leaves the page too. What went wrong then is not told again.
    let second = json!([
        { "action": "assert", "type": "value_equals", "target": "#email", "value": "{{mail}}" },
        { "action": "assert", "type": "no_console_errors" },
        { "action": "click", "target": "#nothing", "timeout": 200 },
    ]);
    let second = on(&stage, &mut guest, &options, second).await;
    assert_eq!((second.status, second.failed_step_index), (Status::Failed, Some(2)), "{:?}", second.error_message);
    assert!(second.console_errors.is_empty() && second.network_failures.is_empty(), "{second:?}");
    // An answer counts from the step before on, not one of long ago.
    let third = on(&stage, &mut guest, &options, json!([{ "action": "wait_for_response", "target": "/api/me", "timeout": 500 }])).await;
    assert_eq!(third.error_code, Some(ErrorCode::Timeout), "{:?}", third.error_message);
    assert!(!page.is_closed() && page.url().ends_with("/login.html"));
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_steps_saved_of_a_secret_is_whole_for_the_next_steps_only() {
    let stage = Stage::new().await;
    let page = page_of(&stage, None).await;
    at(&stage, &page, "/login.html").await;
    let (mut guest, mut options) = (Guest::new(&page), stage.options());
    options.variables.secrets.insert("token".to_owned(), "s3cret-token".to_owned());
    let saves = json!([{ "action": "set_variable", "save_as": "auth", "value": "Bearer {{secrets.token}}" }]);
    let first = on(&stage, &mut guest, &options, saves).await;
    passed(&first);
    assert_eq!((&first.saved["auth"], &guest.saved()["auth"]), (&json!("Bearer ***"), &json!("Bearer s3cret-token")));
    let uses = json!([
        { "action": "fill", "target": "#email", "value": "{{auth}}" },
        { "action": "assert", "type": "value_equals", "target": "#email", "value": "Bearer {{secrets.token}}" },
    ]);
    let second = on(&stage, &mut guest, &options, uses).await;
    passed(&second);
    assert!(!format!("{second:?} {guest:?}").contains("s3cret-token"), "a secret left");
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guest_stands_in_the_tab_and_the_frame_where_the_last_steps_ended() {
    let stage = Stage::new().await;
    let page = page_of(&stage, None).await;
    at(&stage, &page, "/frames.html").await;
    let (mut guest, options) = (Guest::new(&page), stage.options());
    let headers = json!({ "action": "set_headers", "value": { "x-kept": "yes" } });
    passed(&on(&stage, &mut guest, &options, json!([headers, { "action": "switch_frame", "target": "#outer" }])).await);
    passed(
        &on(
            &stage,
            &mut guest,
            &options,
            json!([{ "action": "hover", "target": "button" }, { "action": "switch_frame", "target": "main" }]),
        )
        .await,
    );
    let outside = on(&stage, &mut guest, &options, json!([{ "action": "switch_frame", "target": "#outer" }, { "action": "switch_frame", "target": "parent" }, { "action": "hover", "target": "iframe#outer" }])).await;
    passed(&outside);

    // Another tab stays the current one, with the headers that were set; tabs keep their places.
    passed(&on(&stage, &mut guest, &options, json!([{ "action": "new_tab", "target": "/login.html" }])).await);
    let urls = |guest: &Guest| guest.tabs().iter().map(Page::url).collect::<Vec<_>>();
    assert!(guest.page().unwrap().url().ends_with("/login.html") && urls(&guest)[0].ends_with("/frames.html"), "{:?}", urls(&guest));
    let echo = json!([
        { "action": "fill", "target": "#email", "value": USER },
        { "action": "evaluate", "value": "fetch('/api/echo').then((answer) => answer.text())", "save_as": "echo" },
    ]);
    let echo = on(&stage, &mut guest, &options, echo).await;
    passed(&echo);
    assert!(echo.saved["echo"].to_string().contains("x-kept"), "{}", echo.saved["echo"]);
    // A window that was opened meanwhile is a tab as well.
    guest.page().unwrap().evaluate::<Value>("void open('/dashboard.html')").await.unwrap();
    let switched = json!([
        { "action": "switch_tab", "value": "dashboard" },
        { "action": "switch_tab", "value": "0" },
        { "action": "hover", "target": "iframe#outer" },
        { "action": "switch_tab", "value": "2" },
        { "action": "close_tab" },
    ]);
    passed(&on(&stage, &mut guest, &options, switched).await);
    assert_eq!((guest.tabs().len(), page.is_closed()), (2, false));
    // Where the current one is closed by somebody else the newest is meant.
    guest.page().unwrap().close().await.unwrap();
    assert!(guest.page().unwrap().url().ends_with("/frames.html"));
    passed(&on(&stage, &mut guest, &options, json!([{ "action": "hover", "target": "iframe#outer" }])).await);
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn download_of_a_guest_lies_where_the_context_was_told() {
    let stage = Stage::new().await;
    let dir = tempfile::tempdir().unwrap();
    let page = page_of(&stage, Some(dir.path().to_owned())).await;
    at(&stage, &page, "/files.html").await;
    let steps = json!([{ "action": "download", "target": "#report", "save_as": "file" }]);
    let outcome = on(&stage, &mut Guest::new(&page), &stage.options(), steps.clone()).await;
    passed(&outcome);
    let kept = &outcome.evidence.downloads[0];
    assert_eq!((kept.path.parent(), std::fs::metadata(&kept.path).unwrap().len()), (Some(dir.path()), kept.bytes));
    let nowhere = page_of(&stage, None).await;
    at(&stage, &nowhere, "/files.html").await;
    let refused = on(&stage, &mut Guest::new(&nowhere), &stage.options(), steps).await;
    assert_eq!(refused.error_message.as_deref(), Some("download: the run keeps no files"));
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn element_under_a_place_has_selectors_that_name_it_alone() {
    let stage = Stage::new().await;
    let page = page_of(&stage, None).await;
    at(&stage, &page, "/login.html").await;
    let (x, y) = middle(&page, "document.getElementById('submit')").await;
    let button = pick(&page, x, y).await.unwrap().unwrap();
    let all: Vec<_> = button.selectors.iter().map(|s| s.selector.as_str()).collect();
    assert_eq!((all[0], button.look.role.as_deref()), ("id=\"submit\"", Some("button")), "{all:?}");
    assert!(all.contains(&"role=button[name=\"Sign in\"]"), "{all:?}");
    // A password is never read.
    page.evaluate::<Value>("document.getElementById('password').value = 'hunter22'").await.unwrap();
    let (x, y) = middle(&page, "document.getElementById('password')").await;
    let field = pick(&page, x, y).await.unwrap().unwrap();
    assert_eq!((field.selectors[0].selector.as_str(), &field.value), ("testid=\"password\"", &None));
    let seen = observe(&page, 100).await.unwrap();
    assert_eq!(seen.len(), 4, "{seen:?}");
    assert!(!format!("{seen:?}").contains("hunter22") && seen.iter().all(|s| !s.selectors.is_empty()));
    assert_eq!(observe(&page, 2).await.unwrap().len(), 2);

    // Through frames and open shadow roots; what is found there is found again by its selector.
    at(&stage, &page, "/frames.html").await;
    let inner = "document.getElementById('outer').contentDocument";
    page.wait_for_function(&format!("{inner}?.querySelector('button')"), std::time::Duration::from_secs(60)).await.unwrap();
    let (left, top) = middle(&page, &format!("{inner}.querySelector('button')")).await;
    let (dx, dy): (f64, f64) = page.evaluate("(() => { const f = document.getElementById('outer'), b = f.getBoundingClientRect(); return [b.x + f.clientLeft, b.y + f.clientTop]; })()").await.unwrap();
    let framed = pick(&page, left + dx, top + dy).await.unwrap().unwrap();
    let selector = &framed.selectors[0].selector;
    assert!(selector.starts_with("frame=iframe[id=\"outer\"] >> "), "{selector}");
    assert_eq!(page.locator(selector).unwrap().count().await.unwrap(), 1);
    at(&stage, &page, "/shadow.html").await;
    let (x, y) = middle(&page, "document.querySelector('x-card').shadowRoot.querySelector('button')").await;
    let shadowed = pick(&page, x, y).await.unwrap().unwrap();
    assert_eq!(shadowed.selectors[0].selector, "role=button[name=\"Send\"]");
    assert!(pick(&page, 5_000.0, 5_000.0).await.unwrap().is_none(), "outside of the view");
    stage.browser.close().await;
}

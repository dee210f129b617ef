//! Steps in a page that somebody else keeps, and the element a person points at.

use argos_cdp::{ContextOptions, LoadState, Page, Viewport};
use argos_peers::fixture_site::USER;
use argos_webtest::{Plan, Silent, Status, observe, pick, run_in};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::{Stage, passed};

async fn at(stage: &Stage, page: &Page, path: &str) {
    page.goto(&stage.site.url(path), LoadState::Load, std::time::Duration::from_secs(60)).await.unwrap();
}

async fn page_of(stage: &Stage) -> Page {
    let options = ContextOptions { viewport: Some(Viewport::desktop(1000, 800)), ..ContextOptions::default() };
    stage.browser.new_context(options).await.unwrap().new_page().await.unwrap()
}

/// The middle of an element, from the view of the page.
async fn middle(page: &Page, expression: &str) -> (f64, f64) {
    let of = format!("(() => {{ const b = {expression}.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; }})()");
    page.evaluate(&of).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn steps_begin_where_a_page_stands_and_leave_it_open() {
    let stage = Stage::new().await;
    let page = page_of(&stage).await;
    at(&stage, &page, "/login.html").await;
    let run = async |steps: Value| {
        let plan = Plan::parse(&json!({ "steps": steps })).unwrap();
        run_in((&stage.browser, &page), &plan, &stage.options(), &Silent, &CancellationToken::new()).await.0
    };
    let first = run(json!([
        { "action": "fill", "target": "label=E-mail", "value": USER },
        { "action": "extract", "target": "#email", "options": { "kind": "value" }, "value": "value", "save_as": "mail" },
    ]))
    .await;
    passed(&first);
    assert_eq!(first.saved["mail"], USER);
    // What the first call did is still there, and a failure leaves the page too.
    let second = run(json!([{ "action": "assert", "type": "value_equals", "target": "#email", "value": USER }, { "action": "click", "target": "#nothing", "timeout": 200 }])).await;
    assert_eq!((second.status, second.failed_step_index), (Status::Failed, Some(1)), "{:?}", second.error_message);
    assert!(!page.is_closed() && page.url().ends_with("/login.html"));
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_steps_saved_of_a_secret_is_whole_for_the_next_steps_only() {
    let stage = Stage::new().await;
    let page = page_of(&stage).await;
    at(&stage, &page, "/login.html").await;
    let mut options = stage.options();
    options.variables.secrets.insert("token".to_owned(), "s3cret-token".to_owned());
    let saves = json!({ "steps": [{ "action": "set_variable", "save_as": "auth", "value": "Bearer {{secrets.token}}" }] });
    let plan = Plan::parse(&saves).unwrap();
    let (first, kept) = run_in((&stage.browser, &page), &plan, &options, &Silent, &CancellationToken::new()).await;
    passed(&first);
    assert_eq!((&first.saved["auth"], &kept["auth"]), (&json!("Bearer ***"), &json!("Bearer s3cret-token")));
    options.variables.set = kept;
    let uses = json!({ "steps": [
        { "action": "fill", "target": "#email", "value": "{{auth}}" },
        { "action": "assert", "type": "value_equals", "target": "#email", "value": "Bearer {{secrets.token}}" },
    ] });
    let plan = Plan::parse(&uses).unwrap();
    let (second, _) = run_in((&stage.browser, &page), &plan, &options, &Silent, &CancellationToken::new()).await;
    passed(&second);
    assert!(!format!("{second:?}").contains("s3cret-token"), "a secret left");
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn element_under_a_place_has_selectors_that_name_it_alone() {
    let stage = Stage::new().await;
    let page = page_of(&stage).await;
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

//! A visit recorded in a real browser becomes a test that passes unedited.

use std::time::Duration;

use argos_cdp::{ContextOptions, LoadState, Target};
use argos_peers::fixture_site::{PASSWORD, USER};
use argos_webtest::record::{ConvertOptions, Live, PAGE, TabTurn, convert, turn_to_tab};
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_done_in_shadow_roots_and_frames_is_recorded_and_passes_as_a_test() {
    let stage = Stage::new().await;
    let page = stage.browser.new_context(ContextOptions::default()).await.unwrap().new_page().await.unwrap();
    let mut live = Live::begin(&page).await.unwrap();
    page.goto(&stage.site.url("/parts.html?late"), LoadState::Load, LIMIT).await.unwrap();
    page.evaluate::<Value>("defineLines(); null").await.unwrap();
    let find = |selector: &str| page.locator(selector).unwrap();
    let click = async |selector: &str| find(selector).click(&argos_cdp::ClickOptions::default(), LIMIT).await.unwrap();
    find("#milk >> label=Amount").type_text("3", Duration::ZERO, LIMIT).await.unwrap();
    click("#milk >> role=checkbox").await;
    click("#milk >> role=button").await;
    find("frame=#outer >> #note").type_text("outside", Duration::ZERO, LIMIT).await.unwrap();
    click("frame=#outer >> role=button").await;
    find("frame=#outer >> frame=#deep >> #note").type_text("within", Duration::ZERO, LIMIT).await.unwrap();
    click("frame=#outer >> frame=#deep >> role=button").await;
    click("#tea >> role=button").await;
    let mut events: Vec<Value> = Vec::new();
    let clicks = |events: &[Value]| events.iter().filter(|e| e["data"]["source"] == 2 && e["data"]["type"] == 2).count();
    while clicks(&events) < 5 {
        events.extend(tokio::time::timeout(LIMIT, live.next()).await.unwrap().unwrap());
    }
    let converted = convert(&events, &ConvertOptions { include_waits: false, ..ConvertOptions::default() });
    let line = |step: &argos_webtest::plan::Step| {
        let value = step.value.as_ref().and_then(Value::as_str).unwrap_or_default();
        format!("{} {} {value}", step.action, step.target.as_deref().unwrap_or_default()).trim().to_owned()
    };
    let lines: Vec<String> = converted.steps[1..].iter().map(|recorded| line(&recorded.step)).collect();
    let (outer, deep) = ("frame=iframe[id=\"outer\"]", "frame=iframe[id=\"deep\"]");
    assert_eq!(
        lines,
        [
            "fill id=\"milk\" >> role=textbox[name=\"Amount\"] 3".to_owned(),
            "check id=\"milk\" >> role=checkbox[name=\"Gift\"]".to_owned(),
            "click id=\"milk\" >> css=x-send >> role=button[name=\"Add\"]".to_owned(),
            format!("fill {outer} >> id=\"note\" outside"),
            format!("click {outer} >> role=button[name=\"Save\"]"),
            format!("fill {outer} >> {deep} >> id=\"note\" within"),
            format!("click {outer} >> {deep} >> role=button[name=\"Save\"]"),
            "click id=\"tea\" >> css=x-send >> role=button[name=\"Add\"]".to_owned(),
        ],
        "{:#?}",
        converted.warnings
    );
    let mut steps: Vec<Value> = converted.steps.iter().map(|s| s.step.to_json()).collect();
    steps[0]["target"] = json!("/parts.html");
    let says = |target: &str, text: &str| json!({ "type": "text_equals", "target": target, "expected": text });
    let assertions = [
        says("#said", "milk 3 true. tea false."),
        says("frame=#outer >> #log", "saved outside"),
        says("frame=#outer >> frame=#deep >> #log", "saved within"),
    ];
    passed(&stage.run(&json!({ "steps": steps, "assertions": assertions })).await);
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_dragged_chosen_and_scrolled_within_is_recorded_and_passes_as_a_test() {
    let stage = Stage::new().await;
    let page = stage.browser.new_context(ContextOptions::default()).await.unwrap().new_page().await.unwrap();
    let mut live = Live::begin(&page).await.unwrap();
    page.goto(&stage.site.url("/record.html"), LoadState::Load, LIMIT).await.unwrap();
    let files = tempfile::tempdir().unwrap();
    let note = files.path().join("note.txt");
    std::fs::write(&note, "hello").unwrap();
    let find = |selector: &str| page.locator(selector).unwrap();
    find("#card").drag_to(&Target::Element(find("#bin")), LIMIT).await.unwrap();
    find("#handle").drag_to(&Target::Offset(60.0, 0.0), LIMIT).await.unwrap();
    // A hand that slips while it presses presses all the same, and what was let go nowhere is dropped nowhere.
    find("#wide").drag_to(&Target::Offset(80.0, 5.0), LIMIT).await.unwrap();
    let nowhere = "card.dispatchEvent(new DragEvent('dragstart', { bubbles: true, dataTransfer: new DataTransfer() })); \
                   card.dispatchEvent(new DragEvent('dragend', { bubbles: true })); \
                   const given = new DataTransfer(); given.items.add(new File(['x'], 'x.txt')); \
                   bin.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: given })); dropped.textContent = 'dropped card'; null";
    page.evaluate::<Value>(nowhere).await.unwrap();
    find("#files").upload(std::slice::from_ref(&note), LIMIT).await.unwrap();
    find("#list").scroll_by(0.0, 240.0, LIMIT).await.unwrap();
    let mut events: Vec<Value> = Vec::new();
    while !events.iter().any(|event| event["data"]["source"] == 3) {
        events.extend(tokio::time::timeout(LIMIT, live.next()).await.unwrap().unwrap());
    }
    let options = ConvertOptions { include_waits: false, include_scrolls: true, ..ConvertOptions::default() };
    let converted = convert(&events, &options);
    let steps: Vec<Value> = converted.steps.iter().map(|s| s.step.to_json()).collect();
    let written: Vec<_> = steps[1..].iter().map(|step| [&step["action"], &step["target"], &step["value"]]).collect();
    let (card, bin, handle) = (r#"id="card""#, r#"id="bin""#, r#"id="handle""#);
    assert_eq!(
        json!(written),
        json!([
            ["drag", card, bin],
            ["drag", handle, "60,0"],
            ["click", r#"id="wide""#, null],
            ["upload", r#"id="files""#, "{{test_file}}"],
            ["scroll", r#"id="list""#, "0,240"],
        ])
    );
    assert!(converted.warnings.iter().any(|warning| warning.contains("project's files")), "{:?}", converted.warnings);
    assert!(converted.warnings.iter().any(|warning| warning.contains("from outside the page")), "{:?}", converted.warnings);
    assert_eq!(converted.values["test_file"], "note.txt");
    let mut run = stage.options();
    run.assets = Some(files.path().to_owned());
    run.variables.run = converted.values.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let says = |target: &str, text: &str| json!({ "type": "text_equals", "target": target, "expected": text });
    let assertions = [
        says("#dropped", "dropped card"),
        says("#slid", "slid 60px"),
        says("#pressed", "pressed"),
        says("#sent", "note.txt:hello"),
        says("#seen", "seen 240"),
    ];
    passed(&stage.run_with(&json!({ "steps": steps, "assertions": assertions }), &run).await);
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn window_that_a_page_opens_is_recorded_and_passes_as_a_test() {
    let stage = Stage::new().await;
    let context = stage.browser.new_context(ContextOptions::default()).await.unwrap();
    let page = context.new_page().await.unwrap();
    let mut live = Live::begin(&page).await.unwrap();
    page.goto(&stage.site.url("/windows.html"), LoadState::Load, LIMIT).await.unwrap();
    let click = async |page: &argos_cdp::Page, selector: &str| {
        page.locator(selector).unwrap().click(&argos_cdp::ClickOptions::default(), LIMIT).await.unwrap();
    };
    let popup = page.expect_popup();
    click(&page, "#open").await;
    let window = context.page(&popup.within(LIMIT).await.unwrap()).await.unwrap();
    let mut inside = Live::begin_tab(&window, 1).await.unwrap();
    window.locator("label=Card").unwrap().type_text("4242", Duration::ZERO, LIMIT).await.unwrap();
    click(&window, "#pay").await;
    click(&page, "#thank").await;
    let mut events: Vec<Value> = Vec::new();
    let clicks = |events: &[Value]| events.iter().filter(|e| e["data"]["source"] == 2 && e["data"]["type"] == 2).count();
    while clicks(&events) < 1 {
        events.extend(tokio::time::timeout(LIMIT, live.next()).await.unwrap().unwrap());
    }
    events.push(turn_to_tab(TabTurn { tab: 1, by_person: false, closed: false }, 0.0));
    while let Some(more) = tokio::time::timeout(LIMIT, inside.next()).await.unwrap() {
        events.extend(more);
    }
    events.push(turn_to_tab(TabTurn { tab: 1, by_person: false, closed: true }, 0.0));
    events.push(turn_to_tab(TabTurn { tab: 0, by_person: false, closed: false }, 0.0));
    while clicks(&events) < 3 {
        events.extend(tokio::time::timeout(LIMIT, live.next()).await.unwrap().unwrap());
    }
    let converted = convert(&events, &ConvertOptions { include_waits: false, ..ConvertOptions::default() });
    let actions: Vec<_> = converted.steps.iter().map(|s| s.step.action.name()).collect();
    assert_eq!(actions, ["goto", "click", "switch_tab", "fill", "click", "switch_tab", "click"], "{:#?}", converted.steps);
    let steps: Vec<Value> = converted.steps.iter().map(|s| s.step.to_json()).collect();
    let said = json!([{ "type": "text_equals", "target": "#log", "expected": "paid by 4242, thanks" }]);
    passed(&stage.run(&json!({ "steps": steps, "assertions": said })).await);
    stage.browser.close().await;
}

/// What a page sends, told by a network of its own: the first part stays under way while the tab is hidden, and a beacon takes
/// only one part.
const HIDDEN_TAB: &str = "(async () => {
  const sent = [], beacons = [], done = [];
  window.fetch = (_, { body }) => new Promise((resolve) => { sent.push(JSON.parse(body)); done.push(resolve); });
  navigator.sendBeacon = (_, body) => { beacons.push(JSON.parse(body)); return beacons.length === 1; };
  Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' });
  history.replaceState(null, '', `?state=${'x'.repeat(20000)}`);
  let emit = null;
  window.argosRecorder = (options) => { emit = options.emit; return { stop() {} }; };
  const turn = () => new Promise((resolve) => setTimeout(resolve, 0));
  argosRecord({ send: '/nowhere', uploadEveryMs: 1e8, uploadEvents: 1 });
  emit([{ type: 3, n: 1 }]);
  emit([{ type: 3, n: 2 }]);
  await turn();
  document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
  for (let n = 0; n < 4; n++) { done.splice(0).forEach((resolve) => resolve()); await turn(); }
  const kept = JSON.parse(sessionStorage.getItem('argos-recording'));
  return { sent: sent.map((part) => part.events[0].n), beacons: beacons.map((part) => part.events[0].n), session: sent[0].session_id,
    metadata: JSON.stringify(sent[0].metadata).length, kept: kept.session };
})()";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn page_that_records_itself_loses_no_part_and_shares_no_session_with_a_window_it_opened() {
    let stage = Stage::new().await;
    let context = stage.browser.new_context(ContextOptions::default()).await.unwrap();
    let page = context.new_page().await.unwrap();
    let arrive = async |name: &str| {
        page.goto(&stage.site.url("/login.html"), LoadState::Load, LIMIT).await.unwrap();
        let named = format!("{PAGE};window.name = window.name || {name:?}; null");
        page.evaluate::<Value>(&named).await.unwrap();
        page.evaluate::<Value>(HIDDEN_TAB).await.unwrap()
    };
    let first = arrive("").await;
    assert_eq!((&first["sent"], &first["beacons"]), (&json!([1, 2]), &json!([1, 2])), "{first}");
    assert!(first["metadata"].as_u64().unwrap() < 8_000, "{first}");
    assert_eq!(first["session"], first["kept"]);
    // The next document of the tab goes on with its session.
    assert_eq!(arrive("").await["session"], first["session"]);
    // A window that was opened with a name has a copy of the storage and not the name.
    page.evaluate::<Value>("window.name = 'checkout'; null").await.unwrap();
    let opened = arrive("checkout").await;
    assert_ne!(opened["session"], first["session"]);
    assert_eq!(arrive("checkout").await["session"], opened["session"], "it keeps its own");
    stage.browser.close().await;
}

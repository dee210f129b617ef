//! Every action, each on the page made for it.

use std::sync::Arc;

use argos_webtest::{ApiRequest, ApiResponse, ErrorCode, HttpClient, Later, Plan, PlanResolver, Status};
use serde_json::{Value, json};

use crate::{Stage, passed};

fn said(selector: &str, text: &str) -> Value {
    json!({ "action": "assert", "type": "text_equals", "target": selector, "expected": text })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn elements_are_reached_through_frames_shadows_and_long_lists() {
    let stage = Stage::new().await;
    let plans = [
        json!([
            { "action": "goto", "target": "/frames.html" },
            { "action": "fill", "target": "label=Note", "value": "one", "frame": "#outer" },
            { "action": "click", "target": "frame=#outer >> text=Save" },
            { "action": "switch_frame", "target": "#outer" },
            said("#log", "saved one"),
            { "action": "switch_frame", "target": "#deep" },
            { "action": "fill", "target": "#note", "value": "two" },
            { "action": "click", "target": "role=button" },
            { "action": "evaluate", "value": "document.title + ' ' + note.value", "save_as": "deep" },
            said("#log", "saved two"),
            { "action": "switch_frame", "target": "parent" },
            said("#log", "saved one"),
            { "action": "switch_frame", "target": "main" },
            said("h1", "Outer"),
        ]),
        json!([
            { "action": "goto", "target": "/shadow.html" },
            { "action": "type", "target": "label=Inside", "value": "abc", "options": { "delay": 0 } },
            { "action": "press_key", "target": "label=Inside", "value": "Backspace" },
            { "action": "click", "target": "x-card button" },
            said("#log", "sent ab"),
        ]),
        json!([
            { "action": "goto", "target": "/list.html" },
            { "action": "scroll", "target": "#list", "value": "0,150000" },
            { "action": "click", "target": "text=\"Row 5004\"" },
            said("#log", "Row 5004"),
            { "action": "scroll", "target": "#list", "value": "bottom" },
            { "action": "click", "target": "text=\"Row 9999\"" },
            { "action": "scroll", "target": "#list", "value": "top" },
            { "action": "assert", "type": "visible", "target": "text=\"Row 0\"" },
            { "action": "assert", "type": "count", "target": "#list button", "expected": "<30" },
        ]),
        json!([
            { "action": "goto", "target": "/spa/home" },
            { "action": "click", "target": "text=Users" },
            { "action": "wait_for_url", "value": "**/spa/users" },
            { "action": "assert", "type": "count", "target": "li", "expected": 2 },
            { "action": "click", "target": "text=Late" },
            { "action": "click", "target": "role=button[name=\"Work\"]" },
            said("button", "Done"),
            { "action": "go_back" },
            { "action": "assert", "type": "title_equals", "expected": "SPA users" },
            { "action": "go_forward" },
            { "action": "wait_for_function", "value": "document.querySelector('h1')?.textContent === 'Late'" },
            { "action": "reload", "options": { "wait_until": "domcontentloaded" } },
            { "action": "wait_for_selector", "target": "h1" },
            { "action": "assert", "type": "element_not_exists", "target": "#nothing" },
            { "action": "assert", "type": "hidden", "target": "#nothing" },
            { "action": "assert", "type": "visible", "target": "#nothing", "not": true },
            { "action": "assert", "type": "not_element_visible", "target": "#nothing" },
        ]),
        json!([
            { "action": "goto", "target": "/drag.html" },
            { "action": "drag", "target": "#card", "value": "#bin" },
            said("#log", "dropped card"),
            { "action": "hover", "target": "#bin" },
            { "action": "set_viewport", "value": "375x667" },
            { "action": "evaluate", "value": "innerWidth", "save_as": "width" },
            { "action": "assert", "type": "css", "target": "#bin", "expected": "width=120px" },
        ]),
    ];
    for steps in plans {
        passed(&stage.run(&json!({ "steps": steps })).await);
    }
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dialogs_tabs_and_files_are_handled() {
    let stage = Stage::new().await;
    let outcome = stage
        .run(&json!({ "steps": [
            { "action": "goto", "target": "/dialogs.html" },
            { "action": "click", "target": "#confirm" },
            said("#log", "no"),
            { "action": "accept_dialog" },
            { "action": "click", "target": "#confirm" },
            said("#log", "yes"),
            { "action": "click", "target": "#prompt" },
            { "action": "accept_dialog", "value": "Ana", "options": { "message": "Name?" }, "save_as": "asked" },
            said("#log", "name Ana"),
            { "action": "click", "target": "#confirm" },
            { "action": "dismiss_dialog" },
            said("#log", "no"),
            // An answer no dialog came for does not hold against what is said next.
            { "action": "accept_dialog" },
            { "action": "click", "target": "#confirm" },
            { "action": "dismiss_dialog" },
            said("#log", "no"),
            { "action": "click", "target": "#popup" },
            { "action": "switch_tab", "value": "new" },
            { "action": "assert", "type": "url_contains", "expected": "/dashboard" },
            { "action": "close_tab" },
            said("#log", "no"),
            { "action": "new_tab", "url": "/drag.html" },
            said("h1, #bin", "Bin"),
            { "action": "switch_tab", "value": "Dialogs" },
            { "action": "click", "target": "#alert" },
            { "action": "set_cookie", "value": { "name": "kind", "value": "test" } },
            { "action": "evaluate", "value": "document.cookie", "save_as": "cookie" },
            { "action": "clear_storage" },
            { "action": "evaluate", "value": "document.cookie", "save_as": "none" },
        ]}))
        .await;
    passed(&outcome);
    assert_eq!(
        (&outcome.saved["asked"], &outcome.saved["cookie"], &outcome.saved["none"]),
        (&json!("Name?"), &json!("kind=test"), &json!(""))
    );

    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a.txt"), "alpha").unwrap();
    let mut options = stage.options();
    options.assets = Some(dir.path().to_owned());
    options.out_dir = Some(dir.path().to_owned());
    let files = json!({ "steps": [
        { "action": "goto", "target": "/files.html" },
        { "action": "upload", "target": "label=Files", "value": ["a.txt"] },
        said("#log", "a.txt:alpha"),
        { "action": "download", "target": "#report", "value": "report.*", "save_as": "file" },
    ]});
    let outcome = stage.run_with(&files, &options).await;
    passed(&outcome);
    let kept = &outcome.evidence.downloads[0];
    assert_eq!((kept.name.as_str(), std::fs::read_to_string(&kept.path).unwrap().as_str()), ("report.csv", "fruit,price\nApple,1.20\n"));
    for (name, why) in [("../a.txt", "leads out"), ("b.txt", "is not one of")] {
        let steps =
            json!({ "steps": [{ "action": "goto", "target": "/files.html" }, { "action": "upload", "target": "#files", "value": name }] });
        let outcome = stage.run_with(&steps, &options).await;
        assert!(outcome.error_message.as_ref().unwrap().contains(why), "{:?}", outcome.error_message);
    }
    stage.browser.close().await;
}

struct Api(String);

impl HttpClient for Api {
    fn request(&self, request: ApiRequest) -> Later<'_, Result<ApiResponse, String>> {
        let answer = json!({ "asked": format!("{} {}", request.method, request.url.replace(&self.0, "")), "body": request.body.map(|b| String::from_utf8(b).unwrap()) });
        Box::pin(async move {
            Ok(ApiResponse { status: 201, headers: vec![("X-Kind".to_owned(), "test".to_owned())], body: answer.to_string().into_bytes() })
        })
    }
}

struct Plans;

impl PlanResolver for Plans {
    fn plan<'a>(&'a self, name: &'a str) -> Later<'a, Result<Plan, String>> {
        let plan = match name {
            "open" => Ok(
                json!({ "name": "Open", "variables": { "where": "/network.html" }, "steps": [{ "action": "goto", "target": "{{where}}" }, { "action": "set_variable", "save_as": "opened", "value": "{{where}}" }] }),
            ),
            "endless" => Ok(json!({ "steps": [{ "action": "run_test", "value": "endless" }] })),
            _ => Err("there is no such test".to_owned()),
        };
        Box::pin(async move { plan.map(|doc| Plan::parse(&doc).unwrap()) })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_are_made_up_sent_and_read() {
    let stage = Stage::new().await;
    let mut options = stage.options();
    options.http = Some(Arc::new(Api(stage.site.url(""))));
    options.plans = Some(Arc::new(Plans));
    let outcome = stage
        .run_with(
            &json!({ "steps": [
                { "action": "run_test", "value": "open" },
                { "action": "assert", "type": "url_contains", "expected": "{{opened}}" },
                { "action": "mock_route", "target": "**/api/me", "options": { "status": 203, "json": { "email": "made@up" } } },
                { "action": "click", "target": "#load" },
                said("#log", "203 {\"email\":\"made@up\"}"),
                { "action": "mock_route", "target": "/api/me", "options": { "abort": true } },
                { "action": "click", "target": "#load" },
                said("#log", "failed"),
                { "action": "click", "target": "#flaky" },
                { "action": "wait_for_response", "target": "/api/flaky", "options": { "status": 200 } },
                { "action": "assert", "type": "text_matches", "target": "#log", "expected": "worked after \\d" },
                { "action": "evaluate", "value": "Promise.all([fetch('/login.html'), fetch('/shop.html')]).then(() => 2)" },
                { "action": "wait_for_response", "target": "/login.html" },
                { "action": "wait_for_response", "target": "/shop.html" },
                { "action": "set_headers", "value": { "x-tenant": "blue" } },
                { "action": "goto", "target": "/api/echo" },
                { "action": "extract", "value": "json", "save_as": "echo" },
                { "action": "set_headers", "value": { "x-tenant": null } },
                { "action": "goto", "target": "/api/echo" },
                { "action": "extract", "value": "json", "save_as": "bare" },
                { "action": "goto", "target": "/frames.html" },
                { "action": "evaluate", "value": "new Promise((done) => { const frame = document.createElement('iframe'); frame.onload = () => done(1); frame.src = '/missing.html'; document.body.append(frame); })" },
                { "action": "assert", "type": "response_status", "expected": 200 },
                { "action": "api_request", "url": "/api/orders", "value": { "items": [1] }, "options": { "expect_status": 201 }, "save_as": "order" },
                { "action": "screenshot", "value": "full" },
            ]}),
            &options,
        )
        .await;
    passed(&outcome);
    assert_eq!(outcome.saved["echo"]["headers"]["x-tenant"], "blue");
    assert!(outcome.saved["bare"]["headers"].get("x-tenant").is_none(), "{}", outcome.saved["bare"]);
    assert_eq!(outcome.saved["order"]["json"], json!({ "asked": "POST /api/orders", "body": "{\"items\":[1]}" }));
    assert_eq!(outcome.saved["order"]["headers"]["x-kind"], "test");

    let refused = [
        (json!({ "action": "run_test", "value": "endless" }), ErrorCode::ScriptError, "more than 5 deep"),
        (json!({ "action": "run_test", "value": "other" }), ErrorCode::ScriptError, "there is no such test"),
        (json!({ "action": "goto", "target": "file:///etc/passwd" }), ErrorCode::BlockedUrl, "only http and https"),
        (json!({ "action": "goto", "target": "http://127.0.0.1:1/" }), ErrorCode::NavigationError, "cannot be opened"),
        (json!({ "action": "click", "target": "{{nobody}}" }), ErrorCode::UnresolvedVariable, "nobody"),
        (json!({ "action": "click", "target": "#nothing", "timeout": 300 }), ErrorCode::ElementNotFound, "#nothing"),
        (json!({ "action": "evaluate", "value": "nothing.there" }), ErrorCode::ScriptError, "nothing is not defined"),
        (json!({ "action": "wait_for_url", "value": "/never", "timeout": 300 }), ErrorCode::Timeout, "not /never"),
        (json!("make it nice"), ErrorCode::InstructionNotUnderstood, "not understood"),
        (json!({ "action": "assert", "type": "visible", "target": "#nothing", "timeout": 300 }), ErrorCode::AssertionFailed, "#nothing"),
    ];
    for (step, code, words) in refused {
        let outcome = stage.run_with(&json!({ "steps": [step] }), &options).await;
        let message = outcome.error_message.unwrap_or_default();
        assert_eq!((outcome.status, outcome.error_code), (Status::Failed, Some(code)), "{step}: {message}");
        assert!(message.contains(words), "{step}: {message}");
    }
    stage.browser.close().await;
}

/// Quality scenarios 6 and 7.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn actions_wait_for_their_element_and_say_what_is_in_the_way() {
    let stage = Stage::new().await;
    let page = |body: &str| {
        let script = format!("void (document.body.innerHTML = {})", Value::from(format!("<p id=log>-</p>{body}")));
        json!([{ "action": "goto", "target": "/drag.html" }, { "action": "evaluate", "value": script }])
    };
    let with = |body: &str, steps: Value| {
        let all: Vec<Value> = [page(body), steps].iter().flat_map(|list| list.as_array().cloned().unwrap()).collect();
        json!({ "steps": all })
    };
    let button = "<button id=go onclick=\"log.textContent += 'x'\">Go</button>";
    let clicked = json!([{ "action": "click", "target": "#go" }, said("#log", "-x")]);
    for (name, more) in [
        ("delayed", "go.hidden = true; setTimeout(() => { go.hidden = false; }, 1000)"),
        ("animated", "go.animate([{ transform: 'translateX(300px)' }, { transform: 'none' }], { duration: 800 })"),
        (
            "overlaid",
            "document.body.append(Object.assign(document.createElement('div'), { id: 'veil', style: 'position:fixed;inset:0' })); setTimeout(() => veil.remove(), 800)",
        ),
        ("disabled", "go.disabled = true; setTimeout(() => { go.disabled = false; }, 800)"),
    ] {
        let begin = json!([{ "action": "evaluate", "value": format!("void (() => {{ {more} }})()") }]);
        let steps: Vec<Value> = [&begin, &clicked].iter().flat_map(|list| list.as_array().cloned().unwrap()).collect();
        let outcome = stage.run(&with(button, json!(steps))).await;
        assert_eq!(outcome.status, Status::Passed, "{name}: {:?}", outcome.error_message);
    }

    let covered = format!("{button}<div id=veil class=cookie style=\"position:fixed;inset:0\"></div>");
    let outcome =
        stage.run(&with(&covered, json!([{ "action": "click", "target": "#go", "timeout": 1000, "execution": { "retries": 0 } }]))).await;
    let message = outcome.error_message.unwrap_or_default();
    assert_eq!(outcome.error_code, Some(ErrorCode::NotActionable), "{message}");
    assert!(message.contains("<div id=\"veil\" class=\"cookie\""), "the cover is named: {message}");

    let twice = "<section aria-label=One><button onclick=\"log.textContent += 1\">Save</button></section><section role=region aria-label=Two><button onclick=\"log.textContent += 2\">Save</button></section>";
    let outcome = stage.run(&with(twice, json!([{ "action": "click", "target": "text=Save", "execution": { "retries": 0 } }]))).await;
    assert_eq!((outcome.error_code, outcome.step_results[2].candidates.len()), (Some(ErrorCode::StrictModeViolation), 2));
    let chain = json!([{ "action": "click", "target": "role=region[name=\"Two\"] >> role=button[name=\"Save\"]" }, said("#log", "-2")]);
    passed(&stage.run(&with(twice, chain)).await);
    stage.browser.close().await;
}

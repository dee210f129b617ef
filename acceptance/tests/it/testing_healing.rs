//! Quality scenarios 8 and 14: an element that changed is found again, and a recorded visit becomes a test.

use std::time::{Duration, Instant};

use argos_peers::fixture_site::{PASSWORD, USER};
use argos_peers::websocket::Frame;
use argos_peers::{WebSocket, wait_until};
use serde_json::{Value, json};

use crate::testing_runs::Shop;

const SOON: Duration = Duration::from_secs(60);

/// Quality scenario 8; the button that is gone with a failing server, and scenario 9, are in the runner's `words`.
#[test]
fn element_whose_id_changed_is_found_again_and_the_step_says_so() {
    let shop = Shop::open();
    let rename = "document.querySelector('button').id = '{{button}}'";
    let steps = json!([
        {"action": "goto", "target": "/login.html"},
        {"action": "evaluate", "value": rename},
        {"action": "fill", "target": "#email", "value": USER},
        {"action": "fill", "target": "#password", "value": PASSWORD},
        {"action": "hover", "target": "#submit"},
        {"action": "click", "target": "#submit"},
        {"action": "assert", "assertion_type": "url_contains", "value": "/dashboard"},
    ]);
    let id = shop.test("Sign in by id", &steps);
    let before = shop.run(&id, &json!({"variables": {"button": "submit"}, "screenshot_mode": "on"}));
    assert_eq!((&before["status"], &before["healed"]), (&json!("passed"), &json!(false)), "{before}");
    let after = shop.run(&id, &json!({"variables": {"button": "send"}}));
    assert_eq!((&after["status"], &after["healed"]), (&json!("passed"), &json!(true)), "{after}");
    let step = &after["step_results"][4];
    assert_eq!((&step["status"], &step["healing"]["old_value"]), (&json!("healed"), &json!("#submit")), "{step}");
    assert!(step["healing"]["confidence"].as_f64().is_some_and(|c| c >= 0.7), "{step}");
    let strict = shop.run(&id, &json!({"variables": {"button": "send"}, "self_heal": false}));
    assert_eq!((&strict["status"], &strict["error_code"]), (&json!("failed"), &json!("element_not_found")), "{strict}");

    let owner = &shop.stage.owner;
    let waiting = owner.get(&format!("/api/v1/healing/suggestions?test_id={id}")).expect_status(200).json();
    let s = &waiting["suggestions"][0];
    assert_eq!(
        (&waiting["total"], &s["old_value"], &s["fix_type"]),
        (&json!(2), &json!("#submit"), &json!("update_selector")),
        "{waiting}"
    );
    let url = format!("/api/v1/healing/suggestions/{}", s["id"].as_str().unwrap());
    let whole = owner.get(&url).expect_status(200).json();
    for picture in ["screenshot_url", "before_screenshot_url"] {
        let seen = shop.stage.anonymous().get(whole[picture].as_str().unwrap_or_default()).expect_status(200);
        assert!(seen.header("content-type").is_some_and(|t| t.starts_with("image/")), "{picture}");
    }
    let parts = whole["evidence"].as_array().unwrap();
    assert!(parts.iter().any(|p| p["attribute"] == "id" && p["score"] == 0.0) && whole["fingerprint"]["id"] == "submit", "{whole}");

    // It waits in the inbox beside everything else, and is decided there by the same people.
    let inbox = owner.get("/api/ui/inbox?kind=test_fix").expect_status(200).json();
    assert_eq!(inbox["counts"], json!([{"kind": "test_fix", "count": 2}]), "{inbox}");
    let decide = format!("/api/ui/inbox/test_fix%3A{}/decide", s["id"].as_str().unwrap());
    let (no, viewer) = (json!({"word": "deny", "comment": "not sure"}), shop.stage.person("vera", "viewer"));
    assert_eq!(viewer.post(&decide, no.clone()).status, 404, "who does not see it where it is kept does not decide it here");
    assert_eq!(owner.post(&decide, no).expect_status(200).json()["state"], "rejected");
    let again = shop.run(&id, &json!({"variables": {"button": "send"}}));
    assert_ne!(again["step_results"][4]["healing"]["new_value"], s["new_value"], "what was refused is not used: {again}");
    owner.post(&format!("{url}/undo"), json!({})).expect_status(200);
    let applied = owner.post(&format!("{url}/apply"), json!({"note": "renamed on purpose"})).expect_status(200).json();
    assert_eq!((&applied["status"], &applied["test_version"]), (&json!("applied"), &json!(2)), "{applied}");
    assert_eq!(owner.post(&format!("{url}/apply"), json!({})).status, 409);
    let open = owner.get("/api/v1/healing/organizations/default/pending-approvals").expect_status(200).json();
    assert_eq!(open["total"], 0, "what was done by it for the other step waits for nobody: {open}");
    let failure = json!({"error_message": "#submit was not found", "error_type": "element_not_found", "selector": "#submit"});
    let help = owner.post("/api/v1/healing/organizations/default/suggest", failure.clone()).expect_status(200).json();
    assert_eq!((&help["source"], &help["suggestions"][0]["new_value"]), (&json!("cache"), &s["new_value"]), "{help}");
    let alike = owner.post("/api/v1/healing/organizations/default/similar-errors", failure).expect_status(200).json();
    assert_eq!(alike["similar_errors"][0]["test_id"], json!(id), "the strict run failed so: {alike}");
    let mended = shop.run(&id, &json!({"variables": {"button": "send"}}));
    assert_eq!((&mended["status"], &mended["healed"]), (&json!("passed"), &json!(false)), "{mended}");
    let stats = owner.get("/api/v1/healing/stats").expect_status(200).json();
    assert_eq!(
        (&stats["total_heals_applied"], &stats["total_patterns"], &stats["heals_last_24h"]),
        (&json!(1), &json!(1), &json!(1)),
        "{stats}"
    );

    owner.post(&format!("{url}/undo"), json!({})).expect_status(200);
    let test = owner.get(&format!("/api/v1/tests/{id}")).expect_status(200).json();
    assert_eq!((&test["version"], &test["steps"][4]["target"]), (&json!(3), &json!("#submit")), "{test}");
    let by_itself = json!({"auto_apply": true, "require_approval": false, "min_confidence_auto": 0.5});
    owner.put(&format!("/api/v1/healing/config?project_id={}", shop.project), by_itself).expect_status(200);
    let held = shop.run(&id, &json!({"variables": {"button": "send"}}));
    assert_eq!((&held["status"], &held["healed"]), (&json!("passed"), &json!(true)), "{held}");
    let test = owner.get(&format!("/api/v1/tests/{id}")).expect_status(200).json();
    assert_eq!(test["version"], 3, "what a person took back stays taken back: {test}");
    let told = || owner.get("/api/ui/timeline?kind=healing.healed").expect_status(200).text();
    assert!(told().contains("#submit") && !told().contains("and the test was changed"), "{}", told());
    let free = shop.test("Only look", &json!([steps[0], steps[1], steps[4]]));
    for button in ["submit", "send"] {
        let ran = shop.run(&free, &json!({"variables": {"button": button}}));
        assert_eq!(ran["status"], "passed", "{ran}");
    }
    let test = owner.get(&format!("/api/v1/tests/{free}")).expect_status(200).json();
    assert_ne!(test["steps"][2]["target"], "#submit", "it went in by itself: {test}");
    assert!(told().contains("Only look") && told().contains("and the test was changed"), "{}", told());
    let back = json!({"inherit": ["auto_apply", "require_approval"]});
    let config = owner.put(&format!("/api/v1/healing/config?project_id={}", shop.project), back).expect_status(200).json();
    assert_eq!(
        (&config["own_fields"], &config["inherited"], &config["auto_apply"]),
        (&json!(["min_confidence_auto"]), &json!({"min_confidence_auto": 0.95}), &json!(false)),
        "{config}"
    );
    let refused = owner.put("/api/v1/healing/config", json!({"min_confidence_auto": 2}));
    assert_eq!((refused.status, refused.json()["detail"][0]["loc"].clone()), (422, json!(["body", "min_confidence_auto"])));
    owner.put(&format!("/api/v1/healing/config?project_id={}", shop.project), json!({"enabled": false})).expect_status(200);
    let off = shop.run(&id, &json!({"variables": {"button": "send"}}));
    assert_eq!((&off["status"], &off["step_results"][4]["healing"]), (&json!("failed"), &Value::Null), "{off}");
}

/// What a visitor does on the sign-in page, as a recorder sends it.
fn recorded(site: &str) -> Vec<Value> {
    let field = |id: i64, name: &str, kind: &str, value: &str| {
        json!({"id": id, "type": 2, "tagName": "input", "childNodes": [],
               "attributes": {"id": name, "name": name, "type": kind, "data-testid": name, "value": value}})
    };
    let button = json!({"id": 6, "type": 2, "tagName": "button", "attributes": {"type": "submit"},
                        "childNodes": [{"id": 7, "type": 3, "textContent": "Sign in"}]});
    let body = json!({"id": 3, "type": 2, "tagName": "body", "attributes": {},
                      "childNodes": [field(4, "email", "email", ""), field(5, "password", "password", PASSWORD), button]});
    let html = json!({"id": 2, "type": 2, "tagName": "html", "attributes": {}, "childNodes": [body]});
    let input = |at: i64, id: i64, text: &str| json!({"type": 3, "timestamp": at, "data": {"source": 5, "id": id, "text": text, "isChecked": false}});
    vec![
        json!({"type": 4, "timestamp": 1000, "data": {"href": format!("{site}/login.html"), "width": 1280, "height": 720}}),
        json!({"type": 2, "timestamp": 1001, "data": {"node": {"id": 1, "type": 0, "childNodes": [html]}}}),
        input(1500, 4, USER),
        input(1900, 5, PASSWORD),
        json!({"type": 3, "timestamp": 2200, "data": {"source": 2, "type": 2, "id": 6, "x": 1, "y": 1}}),
        json!({"type": 4, "timestamp": 2600, "data": {"href": format!("{site}/dashboard.html"), "width": 1280, "height": 720}}),
    ]
}

/// Waits for a state of a live session that holds.
fn told(socket: &mut WebSocket, what: &str, holds: impl Fn(&Value) -> bool) {
    let mut last = Value::Null;
    let deadline = Instant::now() + SOON;
    while Instant::now() < deadline {
        match socket.next(SOON) {
            Frame::Text(text) => last = serde_json::from_str(&text).unwrap(),
            // Pictures come all the time.
            Frame::Binary(_) | Frame::Ping => continue,
            other => panic!("{what}: {other:?}"),
        }
        if holds(&last) {
            return;
        }
    }
    panic!("{what}: {last}");
}

#[test]
fn what_was_done_last_in_a_live_browser_is_in_its_recording() {
    let shop = Shop::open();
    let owner = &shop.stage.owner;
    let body = json!({"name": "Live", "url": shop.site.url("/login.html"), "launch_browser": true});
    let begun = owner.post("/api/v1/recording/sessions", body).expect_status(200).json();
    let bearer = format!("Bearer {}", owner.bearer().unwrap());
    let live = begun["live_url"].as_str().unwrap();
    let mut socket = WebSocket::open(shop.stage.argos.address(), live, &[("Authorization", &bearer)]).unwrap();
    told(&mut socket, "the page", |state| state["url"].as_str().is_some_and(|url| url.ends_with("/login.html")));
    for touch in [json!({"type": "key", "key": "Tab"}), json!({"type": "text", "text": USER}), json!({"type": "key", "key": "Tab"})] {
        socket.send(&touch.to_string()).unwrap();
    }
    told(&mut socket, "the step that was typed", |state| state["steps"].to_string().contains("test_email"));
    // Nobody waits for this one to be shown.
    socket.send(&json!({"type": "text", "text": PASSWORD}).to_string()).unwrap();
    socket.send(&json!({"type": "key", "key": "Enter"}).to_string()).unwrap();
    let closing = format!("/api/v1/browser/sessions/{}", begun["browser_session_id"].as_str().unwrap());
    wait_until("the last key to be taken", SOON, || owner.get(&closing).json()["actions_count"] == 5);
    owner.delete(&closing).expect_status(200);
    owner.delete(&closing).expect_status(200);
    let session = format!("/api/v1/recording/sessions/{}", begun["id"].as_str().unwrap());
    let kept = owner.get(&format!("{session}?include_events=1")).expect_status(200).json();
    assert_eq!(kept["status"], "completed", "{}", kept["status"]);
    assert!(
        kept["events"].to_string().contains("argos.key") && !kept.to_string().contains(PASSWORD),
        "the last key is kept, the password is not"
    );
}

/// Quality scenario 14.
#[test]
fn recording_of_a_visit_becomes_a_test_that_passes_and_holds_no_password() {
    let shop = Shop::open();
    let owner = &shop.stage.owner;
    let events = recorded(shop.site.url("").trim_end_matches('/'));
    let (first, rest) = events.split_at(3);
    let begun = owner.post("/api/v1/recording/sessions", json!({"name": "Visit"})).expect_status(200).json();
    let session = format!("/api/v1/recording/sessions/{}", begun["id"].as_str().unwrap());
    owner.post(&format!("{session}/events"), json!({"events": first, "sequence": 1})).expect_status(200);
    owner.post(&format!("{session}/events"), json!({"events": first, "sequence": 1})).expect_status(200);
    let whole = owner.post(&format!("{session}/events"), json!({"events": rest, "sequence": 2, "final": true})).expect_status(200).json();
    assert_eq!((&whole["events_count"], &whole["status"]), (&json!(6), &json!("completed")), "{whole}");
    assert_eq!(owner.post(&format!("{session}/events"), json!({"events": rest})).status, 409);
    let kept = owner.get(&format!("{session}?include_events=1")).expect_status(200).text();
    assert!(kept.contains(USER) && !kept.contains(PASSWORD), "the password was kept");

    let converted = owner.post(&format!("{session}/convert"), json!({"save": true, "include_waits": false})).expect_status(200).json();
    assert_eq!(converted["test"]["steps"][0]["target"], "/login.html", "{converted}");
    let id = converted["test"]["id"].as_str().unwrap();
    let ran = shop.run(id, &json!({"variables": {"test_password": PASSWORD}}));
    assert_eq!(ran["status"], "passed", "{ran}");

    let snippet = owner.post("/api/v1/recording/snippet", json!({})).expect_status(200).json();
    let text = snippet["snippet"].as_str().unwrap();
    let token = text.split("?ut=").nth(1).unwrap().split('"').next().unwrap();
    let page = json!({"session_id": "page-1", "sequence": 1, "events": first, "metadata": {"title": "Sign in"}});
    assert_eq!(shop.stage.anonymous().post("/api/v1/recording/beacon", page.clone()).status, 401);
    let sent = shop.stage.anonymous().post(&format!("/api/v1/recording/beacon?ut={token}"), page).expect_status(200).json();
    assert_eq!((&sent["events_count"], &sent["success"]), (&json!(3), &json!(true)), "{sent}");
    let list = owner.get("/api/v1/recording/recordings").expect_status(200).json();
    assert_eq!((&list["total"], &list["recordings"][0]["source"]), (&json!(2), &json!("snippet")), "{list}");
    let script = shop.stage.anonymous().get("/recorder.js").expect_status(200);
    assert_eq!(script.header("cross-origin-resource-policy"), Some("cross-origin"));
    owner.delete(&format!("/api/v1/recording/{}", begun["id"].as_str().unwrap())).expect_status(200);
    assert_eq!(owner.get(&session).status, 404);
}

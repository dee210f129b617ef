//! Quality scenario 14 from end to end: the snippet stands in a page of somebody else, a visitor's browser loads it and sends
//! what is done there, and what came becomes a test that passes as it is.

use argos_peers::fixture_site::PASSWORD;
use argos_peers::wait_until;
use serde_json::{Value, json};

use crate::stage::Stage;
use crate::testing_runs::{PATIENCE, Shop, config};

/// A form that lets nobody on who did not fill it right, so that a test which passes did the very same.
fn form(snippet: &str) -> String {
    format!(
        r#"<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Join</title>{snippet}</head><body><h1>Join us</h1>
<form id="join">
<label>Name <input id="name" name="name"></label>
<label>Password <input id="password" name="password" type="password" autocomplete="new-password"></label>
<label>Plan <select id="plan" name="plan"><option value="free">Free</option><option value="team">Team</option></select></label>
<label><input id="terms" name="terms" type="checkbox"> I agree</label>
<label>Code <input id="code" name="code"></label>
<button id="send">Join</button><p id="error" role="alert"></p>
</form>
<script>
document.getElementById('join').addEventListener('submit', (event) => {{
  event.preventDefault();
  const sent = Object.fromEntries(new FormData(event.target));
  const wrong = Object.entries({{ name: 'Ada', password: '{PASSWORD}', plan: 'team', terms: 'on', code: 'K7' }}).find(([name, value]) => sent[name] !== value);
  if (wrong) document.getElementById('error').textContent = `${{wrong[0]}} is not right`;
  else location.assign('/joined');
}});
</script></body></html>"#
    )
}

/// A visitor's browser: driven by a server of its own, since none lets its browsers reach itself.
struct Visitor {
    stage: Stage,
    actions: String,
}

impl Visitor {
    fn at(url: &str) -> Self {
        let stage = Stage::on(config());
        let session = stage.owner.post("/api/v1/browser/sessions", json!({ "url": url })).expect_status(200).json();
        let actions = format!("/api/v1/browser/sessions/{}/actions", session["session_id"].as_str().unwrap());
        Self { stage, actions }
    }

    #[track_caller]
    fn does(&self, steps: &Value) {
        let done = self.stage.owner.post(&self.actions, json!({ "steps": steps })).expect_status(200).json();
        assert_eq!(done["success"], true, "{done}");
    }
}

#[test]
fn snippet_in_a_foreign_page_records_a_visit_that_becomes_a_test_that_passes() {
    let shop = Shop::open();
    let owner = &shop.stage.owner;
    let made = owner.post("/api/v1/recording/snippet", json!({"project_id": shop.project})).expect_status(200).json();
    let snippet = made["snippet"].as_str().unwrap();
    shop.site.put("/join", &form(snippet));
    let joined = format!(
        r#"<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Joined</title>{snippet}</head><body><h1>Welcome</h1></body></html>"#
    );
    shop.site.put("/joined", &joined);

    let visitor = Visitor::at(&shop.site.url("/join"));
    let records = json!({"action": "wait_for_function", "value": "typeof window.argusStopRecording === 'function'", "timeout": 30_000});
    visitor.does(&json!([
        records,
        {"action": "click", "target": "#name"},
        {"action": "type", "target": "#name", "value": "Ada"},
        {"action": "type", "target": "#password", "value": PASSWORD},
        {"action": "select", "target": "#plan", "value": "team"},
        {"action": "check", "target": "#terms"},
        {"action": "type", "target": "#code", "value": "K7"},
        {"action": "press_key", "value": "Enter"},
        {"action": "wait_for_url", "value": "**/joined"},
        records,
        {"action": "evaluate", "value": "window.argusStopRecording().then(() => true)"},
    ]));

    let mut recording = Value::Null;
    wait_until("the recording to be complete", PATIENCE, || {
        recording = owner.get("/api/v1/recording/recordings").expect_status(200).json()["recordings"][0].clone();
        recording["status"] == "completed"
    });
    assert_eq!((&recording["source"], &recording["project_id"]), (&json!("snippet"), &json!(shop.project)), "{recording}");
    let session = format!("/api/v1/recording/sessions/{}", recording["id"].as_str().unwrap());
    let kept = owner.get(&format!("{session}?include_events=1")).expect_status(200).text();
    assert!(kept.contains("Ada") && !kept.contains(PASSWORD), "the password was sent");

    let converted = owner.post(&format!("{session}/convert"), json!({"save": true, "include_waits": false})).expect_status(200).json();
    let did: Vec<&str> = converted["test"]["steps"].as_array().unwrap().iter().filter_map(|s| s["action"].as_str()).collect();
    for action in ["goto", "fill", "select", "check", "press_key"] {
        assert!(did.contains(&action), "{action} is missing: {converted}");
    }
    let ran = shop.run(converted["test"]["id"].as_str().unwrap(), &json!({"variables": {"test_password": PASSWORD}}));
    assert_eq!((&ran["status"], &ran["healed"]), (&json!("passed"), &json!(false)), "{ran}");
    let wrong = shop.run(converted["test"]["id"].as_str().unwrap(), &json!({"variables": {"test_password": "another"}}));
    assert_eq!(wrong["status"], "failed", "what the visitor reached is asserted: {wrong}");
}

//! A browser that a program drives: steps with the values of the project, the element at a place, the video of it all; and
//! calls that look at a page once.

use argos_peers::fixture_site::{PASSWORD, USER};
use serde_json::json;

use crate::testing_runs::Shop;

#[test]
fn browser_is_driven_by_steps_and_leaves_its_video() {
    let shop = Shop::open();
    let owner = &shop.stage.owner;
    let settings = json!({"secrets": {"password": PASSWORD}, "environments": {"stage": {"who": USER}}});
    owner.put(&format!("/api/v1/projects/{}/settings", shop.project), settings).expect_status(200);
    let homeless = owner.post("/api/v1/browser/sessions", json!({"record_video": true}));
    assert!(homeless.status == 422 && homeless.text().contains("record_video"), "{}", homeless.text());
    let body = json!({"project_id": shop.project, "url": shop.site.url("/login.html"), "record_video": true});
    let session = owner.post("/api/v1/browser/sessions", body).expect_status(200).json();
    assert_eq!(session["record_video"], true, "{session}");
    let path = format!("/api/v1/browser/sessions/{}", session["session_id"].as_str().unwrap());
    let actions = format!("{path}/actions");
    let wrong = owner.post(&actions, json!({"steps": [{"action": "jump"}]}));
    assert!(wrong.status == 422 && wrong.text().contains("steps"), "{}", wrong.text());
    assert_eq!(owner.post(&actions, json!({})).status, 422);

    // Values of the environment, secrets, and what a call saved for the next one.
    let steps = json!([
        {"action": "fill", "target": "#email", "value": "{{who}}"},
        {"action": "fill", "target": "#password", "value": "{{secrets.password}}"},
        {"action": "set_variable", "save_as": "lands", "value": "/dashboard"},
    ]);
    let done = owner.post(&actions, json!({"steps": steps, "environment": "stage", "screenshot": true})).expect_status(200);
    assert!(!done.text().contains(PASSWORD), "a secret left");
    let done = done.json();
    assert_eq!((&done["success"], &done["steps"][1]["status"]), (&json!(true), &json!("passed")), "{done}");
    assert!(done["steps"][0]["screenshot"].is_string(), "{done}");
    let rest = json!({"steps": ["click the Sign in button", {"action": "assert", "type": "url_contains", "value": "{{lands}}"}]});
    let rest = owner.post(&actions, rest).expect_status(200).json();
    assert_eq!((&rest["success"], &rest["steps"][0]["actions"][0]["action"]), (&json!(true), &json!("click")), "{rest}");
    assert!(rest["url"].as_str().unwrap().contains("/dashboard"), "{rest}");

    // A failure stops the list and says why; the page stays, and so does what is under a place of it.
    let failed = json!({"steps": [{"action": "click", "target": "#nowhere"}, {"action": "reload"}], "timeout": 300});
    let failed = owner.post(&actions, failed).expect_status(200).json();
    let codes = (failed["success"].clone(), failed["steps"].as_array().map(Vec::len), failed["steps"][0]["error_code"].clone());
    assert_eq!(codes, (json!(false), Some(1), json!("element_not_found")), "{failed}");
    owner.post(&actions, json!({"steps": [{"action": "goto", "target": "/login.html"}]})).expect_status(200);
    let seen = json!({"url": shop.site.url("/login.html"), "session_id": session["session_id"], "instruction": "click the Sign in button"});
    let seen = owner.post("/api/v1/browser/observe", seen).expect_status(200).json();
    let button = &seen["elements"][0];
    assert_eq!((&button["selector"], &button["name"]), (&json!("id=\"submit\""), &json!("Sign in")), "{seen}");
    let b = |name: &str| button["bounds"][name].as_f64().unwrap();
    let place = json!({"x": b("x") + b("width") / 2.0, "y": b("y") + b("height") / 2.0});
    let picked = owner.post(&format!("{path}/pick"), place).expect_status(200).json();
    assert_eq!((&picked["found"], &picked["selector"]), (&json!(true), &button["selector"]), "{picked}");
    assert_eq!(owner.post(&format!("{path}/pick"), json!({"x": -1, "y": 0})).status, 422);

    secrets_stay_inside(&shop, session["session_id"].as_str().unwrap());

    let closed = owner.delete(&path).expect_status(200).json();
    let again = owner.delete(&path).expect_status(200).json();
    assert_eq!((&again["video_artifact_id"], &again["duration_ms"]), (&closed["video_artifact_id"], &closed["duration_ms"]), "{closed}");
    assert_eq!(closed["video_artifact_id"], closed["videoArtifactId"]);
    let video = shop.stage.anonymous().get(closed["recording_url"].as_str().expect("a video")).expect_status(200);
    assert_eq!(video.header("content-type"), Some("video/webm"));
    assert_eq!(owner.post(&actions, json!({"steps": ["reload"]})).status, 404);
    let place = format!("/api/v1/artifacts/videos/{}", closed["video_artifact_id"].as_str().unwrap());
    let bytes = owner.get(&place).expect_status(200);
    assert_eq!((bytes.header("content-type"), bytes.body == video.body), (Some("video/webm"), true), "the video by its own route");
    let address = owner.get(&format!("{place}/url")).expect_status(200).json();
    assert_eq!((&address["artifact_id"], &address["expires_in"]), (&closed["video_artifact_id"], &json!(900)), "{address}");
    assert_eq!(shop.stage.anonymous().get(address["url"].as_str().unwrap()).status, 200);
    let measured = owner.get("/api/v1/browser/status").expect_status(200).json()["metrics"]["avg_action_ms"].clone();
    assert!(measured.as_f64().is_some_and(|ms| ms > 0.0), "steps were done: {measured}");

    // One call, one browser.
    let url = shop.site.url("/login.html");
    let words = json!({"project_id": shop.project, "url": url, "record_video": true, "verbose": true, "timeout": 5000,
                       "steps": [format!("type {USER} into the E-mail field"), "type wrong into the Password field", "click Sign in", "should see Nothing at all"]});
    let tested = owner.post("/api/v1/browser/test", words).expect_status(200).json();
    let stopped = (tested["success"].clone(), tested["steps"].as_array().map(Vec::len), tested["steps"][3]["success"].clone());
    assert_eq!(stopped, (json!(false), Some(4), json!(false)), "{}", tested["error"]);
    assert!(tested["recording_url"].is_string() && tested["final_screenshot"].is_string(), "{}", tested["error"]);
    assert_eq!(tested["network_failures"][0]["status"], 401, "{}", tested["network_failures"]);
    let acted = owner.post("/api/v1/browser/act", json!({"url": url, "instruction": "check Remember me"})).expect_status(200).json();
    let action = &acted["actions"][0];
    assert_eq!(
        (&acted["success"], &action["action"], &action["success"]),
        (&json!(true), &json!("check"), &json!(true)),
        "{}",
        acted["error"]
    );
    let refused = owner.post("/api/v1/browser/act", json!({"url": "http://169.254.169.254/", "instruction": "reload"}));
    assert_eq!((refused.status, &refused.json()["code"]), (400, &json!("blocked_url")), "{}", refused.text());
    assert_eq!(owner.post("/api/v1/browser/observe", json!({"url": "file:///etc/passwd"})).status, 422);
    argos_peers::wait_until("every browser to be given back", crate::testing_runs::PATIENCE, || {
        owner.get("/api/v1/browser/status").json()["active_sessions"] == 0
    });

    // Nobody else has one, whatever he may in an organization of his own.
    let session = owner.post("/api/v1/browser/sessions", json!({"project_id": shop.project})).expect_status(200).json();
    let path = format!("/api/v1/browser/sessions/{}", session["session_id"].as_str().unwrap());
    let sam = shop.stage.person("sam", "viewer");
    let elsewhere = sam.post("/api/v1/organizations", json!({"name": "Elsewhere"})).expect_status(200).json();
    let own = sam.with_header("X-Organization-ID", elsewhere["id"].as_str().unwrap());
    let key = own.post("/api/v1/api-keys", json!({"name": "own", "scopes": ["admin"]})).json();
    let other = shop.stage.anonymous().with_header("X-API-Key", key["key"].as_str().unwrap_or_else(|| panic!("{key}")));
    for call in ["actions", "pick"] {
        let answer = other.post(&format!("{path}/{call}"), json!({"x": 1, "y": 1, "steps": ["reload"]}));
        assert_eq!(answer.status, 404, "{call}: {}", answer.text());
    }
    owner.delete(&path).expect_status(200);
}

/// What was saved of a secret is whole for the next call; nothing that is told of the page shows it.
fn secrets_stay_inside(shop: &Shop, session: &str) {
    let (owner, path) = (&shop.stage.owner, format!("/api/v1/browser/sessions/{session}"));
    let actions = format!("{path}/actions");
    let saves = json!({"steps": [{"action": "set_variable", "save_as": "auth", "value": "Bearer {{secrets.password}}"}]});
    owner.post(&actions, saves).expect_status(200);
    let uses = json!({"steps": [
        {"action": "fill", "target": "#email", "value": "{{auth}}"},
        {"action": "assert", "type": "value_equals", "target": "#email", "value": "Bearer {{secrets.password}}"},
    ]});
    let used = owner.post(&actions, uses).expect_status(200);
    assert!(used.json()["success"] == true && !used.text().contains(PASSWORD), "{}", used.text());
    let seen = json!({"url": shop.site.url("/login.html"), "session_id": session});
    let seen = owner.post("/api/v1/browser/observe", seen).expect_status(200);
    assert!(seen.text().contains("Bearer ***") && !seen.text().contains(PASSWORD), "{}", seen.text());
    let keyed = json!({"steps": [{"action": "goto", "target": "/login.html?key={{secrets.password}}"}]});
    for answer in [owner.post(&actions, keyed).expect_status(200), owner.get(&path).expect_status(200)] {
        assert!(answer.text().contains("?key=***"), "{}", answer.text());
    }
}

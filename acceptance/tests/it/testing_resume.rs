//! A run whose server is killed is interrupted, and a new one does what it did not get to.

use argos_peers::EventStream;
use argos_peers::argos::ADMIN_PASSWORD;
use argos_peers::fixture_site::PASSWORD;
use serde_json::{Value, json};

use crate::stage::Stage;
use crate::testing_runs::{PATIENCE, Shop, ended, sign_in};

/// What clients call threads mostly looks like an id.
const THREAD: &str = "6f1c2a34-9d0e-4b7a-8c11-5e2f70b1a942";

/// Quality scenario 18, the server.
#[test]
fn server_that_is_killed_leaves_an_interrupted_run_and_goes_on() {
    let shop = Shop::open();
    let done = shop.test("Sign in first", &sign_in(PASSWORD));
    let slow = json!([{"action": "goto", "target": "/login.html"}, {"action": "wait", "value": 240_000}]);
    let [slow, last] = [("Slow", slow), ("Last", sign_in(PASSWORD))].map(|(name, steps)| shop.test(name, &steps));
    // Begun by a client that follows it and says what it calls it; the project is the only one there is.
    let token = shop.stage.argos.login("admin", ADMIN_PASSWORD);
    let bearer = format!("Bearer {token}");
    let anyone = shop.stage.anonymous();
    let body = json!({"app_url": shop.site.url(""), "thread_id": THREAD, "test_ids": [done, slow, last], "retries": 0});
    let mut stream = EventStream::open(anyone.request("POST", "/api/v1/stream/test").header("Authorization", &bearer).json(&body));
    let first = stream.next_event(PATIENCE);
    let start: Value = serde_json::from_str(&first.data).unwrap();
    assert_eq!((first.kind.as_deref(), &start["thread_id"]), (Some("start"), &json!(THREAD)), "{start}");
    drop(stream);
    let run = start["run_id"].as_str().unwrap().to_owned();
    let resume = format!("/api/v1/runs/{run}/resume");
    argos_peers::wait_until("the first test to end", PATIENCE, || {
        shop.stage.owner.get(&format!("/api/v1/runs/{run}")).expect_status(200).json()["passed_tests"] == 1
    });
    assert_eq!(shop.stage.owner.post(&resume, json!({})).status, 409, "it goes on");
    let thread = |shop: &Shop, of: &str| shop.stage.owner.get(&format!("/api/v1/stream/status/{of}")).expect_status(200).json();
    let now = thread(&shop, THREAD);
    assert_eq!((&now["run_id"], &now["current_phase"], &now["found"]), (&json!(run), &json!("executing"), &json!(true)), "{now}");
    assert_eq!((&now["state_summary"]["passed"], &now["state_summary"]["total_tests"]), (&json!(1), &json!(3)), "{now}");
    let left = |dir: &std::path::Path| {
        let all = std::fs::read_dir(dir.join("browser")).into_iter().flatten().flatten();
        all.filter(|e| e.file_name().to_string_lossy().starts_with("run-")).count()
    };
    argos_peers::wait_until("an attempt to have its directory", PATIENCE, || left(shop.stage.argos.data_dir()) > 0);
    let Shop { stage, site, project } = shop;
    let argos = stage.argos.kill9().restart();
    let shop = Shop { stage: Stage::of(argos), site, project };
    let cut = ended(&shop.stage.owner, &run);
    assert_eq!((&cut["status"], &cut["error"]), (&json!("error"), &json!("interrupted")), "{cut}");
    argos_peers::wait_until("what the killed process left to be swept", PATIENCE, || left(shop.stage.argos.data_dir()) == 0);
    let over = thread(&shop, &run);
    assert_eq!((&over["current_phase"], &over["state_summary"]["error"]), (&json!("failed"), &json!("interrupted")), "{over}");
    // What it did not get to is done by a new run.
    let quick = json!({"steps": [{"action": "goto", "target": "/login.html"}]});
    shop.stage.owner.put(&format!("/api/v1/tests/{slow}"), quick).expect_status(200);
    let next = shop.stage.owner.post(&resume, json!({})).expect_status(200).json();
    let next = ended(&shop.stage.owner, next["run_id"].as_str().unwrap());
    assert_eq!(
        (&next["status"], &next["total_tests"], &next["ci_metadata"]["resumed_from"]),
        (&json!("passed"), &json!(2), &json!(run)),
        "{next}"
    );
    let results = format!("/api/v1/runs/{}/results", next["id"].as_str().unwrap());
    let results = shop.stage.owner.get(&results).expect_status(200).json();
    assert_eq!((&results["results"][0]["test_id"], &results["results"][1]["test_id"]), (&json!(slow), &json!(last)), "{results}");
    let whole = format!("/api/v1/stream/resume/{run}");
    let token = shop.stage.argos.login("admin", ADMIN_PASSWORD);
    let anyone = shop.stage.anonymous();
    let request = anyone.request("POST", &whole).header("Authorization", &format!("Bearer {token}"));
    let mut stream = EventStream::open(request.json(&json!({"tests": "all"})));
    let first = stream.next_event(PATIENCE);
    assert_eq!(first.kind.as_deref(), Some("resume"));
    assert!(first.data.contains(&run), "{}", first.data);
    loop {
        let event = stream.next_event(PATIENCE);
        if event.kind.as_deref() == Some("complete") {
            assert!(event.data.contains("\"passed\":3"), "{}", event.data);
            break;
        }
    }
    // The newest of the thread is meant; it has ended, and the next one is ended by its name.
    let cancel = &format!("/api/v1/stream/cancel/{THREAD}");
    assert_eq!(shop.stage.owner.delete(cancel).status, 400);
    let slowly = json!({"steps": [{"action": "goto", "target": "/login.html"}, {"action": "wait", "value": 240_000}]});
    shop.stage.owner.put(&format!("/api/v1/tests/{slow}"), slowly).expect_status(200);
    let request = anyone.request("POST", &format!("/api/v1/stream/resume/{THREAD}")).header("Authorization", &bearer);
    let mut stream = EventStream::open(request.json(&json!({"tests": "all"})));
    while stream.next_event(PATIENCE).kind.as_deref() != Some("step_started") {}
    let ended = shop.stage.owner.delete(cancel).expect_status(200).json();
    assert_eq!(
        (&ended["success"], &ended["thread_id"], &ended["message"]),
        (&json!(true), &json!(THREAD), &json!("Run cancelled")),
        "{ended}"
    );
    while stream.next_event(PATIENCE).kind.as_deref() != Some("complete") {}
    assert_eq!(thread(&shop, THREAD)["status"], "cancelled");
    assert_eq!(shop.stage.owner.get("/api/v1/stream/status/nobody").status, 404);
    let none = shop.stage.owner.post(&format!("/api/v1/runs/{}/resume", next["id"].as_str().unwrap()), json!({}));
    assert_eq!((none.status, none.json()["code"] == "nothing_left"), (400, true), "{}", none.text());
}

//! Quality scenarios 4, 5 and 17-19: tests of a shop, run in a real Chromium by the real binary.

use std::time::Duration;

use argos_peers::argos::ADMIN_PASSWORD;
use argos_peers::fixture_site::{PASSWORD, USER};
use argos_peers::{ArgosConfig, Chromium, Client, EventStream, FixtureSite};
use serde_json::{Value, json};

use crate::stage::Stage;

/// How long a run may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

/// A server that finds the browser, with a project for the fixture site.
pub(crate) struct Shop {
    pub(crate) stage: Stage,
    pub(crate) site: FixtureSite,
    pub(crate) project: String,
}

pub(crate) fn config() -> ArgosConfig {
    let chromium = Chromium::find().unwrap();
    let config = ArgosConfig::new().env("ARGOS_HTTP_RATE_LIMITING", "false").env("BROWSER_PATH", &chromium.path.display().to_string());
    // What is not there is waited for before it is healed or fails; half a minute each is what people want, not a suite.
    config.env("ARGOS_QUALITY_DEFAULT_TIMEOUT_MS", "5000")
}

impl Shop {
    pub(crate) fn open() -> Self {
        Self::on(config())
    }

    pub(crate) fn on(config: ArgosConfig) -> Self {
        let (stage, site) = (Stage::on(config), FixtureSite::start());
        let body = json!({"name": "Shop", "app_url": site.url("")});
        let project = stage.owner.post("/api/v1/projects", body).expect_status(200).json();
        let project = project["id"].as_str().unwrap().to_owned();
        Self { stage, site, project }
    }

    pub(crate) fn test(&self, name: &str, steps: &Value) -> String {
        let body = json!({"project_id": self.project, "name": name, "steps": steps});
        let made = self.stage.owner.post("/api/v1/tests", body).expect_status(200).json();
        made["id"].as_str().unwrap().to_owned()
    }

    /// Runs one test and waits for its result.
    pub(crate) fn run(&self, test: &str, more: &Value) -> Value {
        let mut body = json!({"wait": true, "retries": 0});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.stage.owner.post(&format!("/api/v1/tests/{test}/run"), body).expect_status(200).json()
    }

    /// Starts a test that by itself outlasts every wait here; the run that is under way with it.
    fn begin_slow(&self) -> String {
        let test = self.test("Slow", &json!([{"action": "goto", "target": "/login.html"}, {"action": "wait", "value": 240_000}]));
        let started = self.stage.owner.post(&format!("/api/v1/tests/{test}/run"), json!({})).expect_status(200).json();
        let run = started["run_id"].as_str().unwrap().to_owned();
        argos_peers::wait_until("the run to begin", PATIENCE, || {
            let progress = &self.stage.owner.get(&format!("/api/v1/status/{run}")).json()["progress"];
            progress["current_test"] == "Slow" && progress["current_step"] == "wait"
        });
        run
    }
}

pub(crate) fn sign_in(password: &str) -> Value {
    json!([
        {"action": "goto", "target": "/login.html"},
        {"action": "fill", "target": "#email", "value": USER},
        {"action": "fill", "target": "#password", "value": password},
        {"action": "click", "target": "role=button[name=\"Sign in\"]"},
        {"action": "assert", "assertion_type": "url_contains", "value": "/dashboard", "timeout": 3000},
    ])
}

pub(crate) fn ended(owner: &Client, run: &str) -> Value {
    let mut last = Value::Null;
    argos_peers::wait_until("the run to end", PATIENCE, || {
        last = owner.get(&format!("/api/v1/runs/{run}")).expect_status(200).json();
        !matches!(last["status"].as_str(), Some("pending" | "running"))
    });
    last
}

/// Quality scenario 5.
#[test]
fn sign_in_passes_and_a_wrong_password_fails_with_a_picture() {
    let shop = Shop::open();
    let good = shop.run(&shop.test("Sign in", &sign_in(PASSWORD)), &json!({"screenshot_mode": "on"}));
    assert_eq!((&good["status"], &good["steps_failed"], &good["flaky"]), (&json!("passed"), &json!(0), &json!(false)), "{good}");
    assert!(good["step_results"].as_array().unwrap().iter().all(|s| s["screenshot_url"].is_string()), "{good}");
    let id = shop.test("Wrong password", &sign_in("wrong"));
    let bad = shop.run(&id, &json!({}));
    assert_eq!(
        (&bad["status"], &bad["error_code"], &bad["failed_step_index"]),
        (&json!("failed"), &json!("assertion_failed"), &json!(4)),
        "{bad}"
    );
    let picture = shop.stage.anonymous().get(bad["failure_screenshot_url"].as_str().unwrap()).expect_status(200);
    assert!(picture.header("content-type").is_some_and(|t| t.starts_with("image/")), "the address is signed");
    let forged = bad["failure_screenshot_url"].as_str().unwrap().replace("exp=1", "exp=2");
    assert_eq!(shop.stage.anonymous().get(&forged).status, 403);
    let history = shop.stage.owner.get(&format!("/api/v1/tests/{id}/history")).expect_status(200).json();
    assert_eq!((&history["total"], &history["stats"]["pass_rate"]), (&json!(1), &json!(0.0)), "{history}");
    let project = shop.stage.owner.get(&format!("/api/v1/projects/{}", shop.project)).expect_status(200).json();
    assert_eq!((&project["test_count"], project["last_run_at"].is_string()), (&json!(2), true), "{project}");
    let run = bad["run_id"].as_str().unwrap();
    let junit = shop.stage.owner.get(&format!("/api/v1/runs/{run}/junit.xml")).expect_status(200).text();
    assert!(junit.contains("failures=\"1\"") && junit.contains("<failure type=\"assertion_failed\""), "{junit}");
}

/// Quality scenario 17, the stream.
#[test]
fn stream_that_connects_late_hears_everything_once_and_ends() {
    let shop = Shop::open();
    let done = shop.run(&shop.test("Sign in", &sign_in(PASSWORD)), &json!({}));
    let run = done["run_id"].as_str().unwrap();
    let token = shop.stage.argos.login("admin", ADMIN_PASSWORD);
    let anonymous = shop.stage.anonymous();
    let path = format!("/api/v1/stream/test/{run}?token={token}");
    let mut seen = Vec::new();
    let mut stream = EventStream::open(anonymous.request("GET", &path));
    assert_eq!(stream.head.status, 200);
    loop {
        let event = stream.next_event(Duration::from_secs(5));
        seen.push((event.id.clone().unwrap(), event.kind.clone().unwrap()));
        if event.kind.as_deref() == Some("complete") {
            let data: Value = serde_json::from_str(&event.data).unwrap();
            assert_eq!((&data["status"], &data["passed"]), (&json!("passed"), &json!(1)));
            break;
        }
    }
    assert_eq!(stream.next(Duration::from_secs(5)), argos_peers::sse::Item::End);
    let count = |name: &str| seen.iter().filter(|(_, kind)| kind == name).count();
    assert_eq!((count("start"), count("step_completed"), count("test_result"), count("complete")), (1, 5, 1, 1), "{seen:?}");
    let ids: Vec<u64> = seen.iter().map(|(id, _)| id.parse().unwrap()).collect();
    assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
    let middle = &seen[seen.len() / 2].0;
    let mut again = EventStream::open(anonymous.request("GET", &path).header("Last-Event-ID", middle));
    assert_eq!(again.next_event(Duration::from_secs(5)).id.as_deref(), Some(seen[seen.len() / 2 + 1].0.as_str()));
    let unknown = anonymous.get(&format!("/api/v1/stream/test/0198f2b0-0000-7000-8000-000000000000?token={token}"));
    assert_eq!(unknown.status, 404);
}

/// Quality scenario 4.
#[test]
fn streams_have_a_limit_of_their_own_and_lists_go_on() {
    let chromium = Chromium::find().unwrap();
    let shop = Shop::on(ArgosConfig::new().env("BROWSER_PATH", &chromium.path.display().to_string()));
    let done = shop.run(&shop.test("Page", &json!([{"action": "goto", "target": "/login.html"}])), &json!({}));
    let stream = format!("/api/v1/stream/test/{}", done["run_id"].as_str().unwrap());
    // The run is over, so each stream ends by itself. Tokens come back with time: a slow machine gets more than five.
    let mut served = 0;
    let refused = loop {
        let answer = shop.stage.owner.get(&stream);
        if answer.status == 429 {
            break answer;
        }
        answer.expect_status(200);
        served += 1;
        assert!(served < 60, "nobody counts streams");
    };
    assert!(served >= 5, "only {served} streams were opened");
    assert_eq!((refused.header("x-ratelimit-limit"), refused.header("x-ratelimit-remaining")), (Some("5"), Some("0")));
    assert!(refused.header("retry-after").is_some_and(|s| s.parse::<u32>().is_ok_and(|s| s >= 1)), "{}", refused.text());
    shop.stage.owner.get("/api/v1/tests").expect_status(200);
}

/// Quality scenario 17, the end.
#[test]
fn run_that_is_cancelled_ends_and_so_does_its_browser_context() {
    let shop = Shop::open();
    let run = shop.begin_slow();
    shop.stage.owner.post(&format!("/api/v1/cancel/{run}"), json!({"reason": "enough"})).expect_status(200);
    assert_eq!(ended(&shop.stage.owner, &run)["status"], "cancelled");
    argos_peers::wait_until("the job to be cancelled like its run", PATIENCE, || {
        let status = shop.stage.owner.get(&format!("/api/v1/status/{run}")).expect_status(200).json();
        assert!(status["status"] != "completed" && status["status"] != "failed", "{status}");
        status["status"] == "cancelled"
    });
    argos_peers::wait_until("the browser to be free", PATIENCE, || {
        shop.stage.owner.get("/api/v1/browser/status").json()["active_sessions"] == 0
    });
    let again = shop.stage.owner.post(&format!("/api/v1/cancel/{run}"), json!({}));
    assert_eq!(again.status, 400, "{}", again.text());
}

#[test]
fn time_of_a_run_wins_over_the_time_of_its_test() {
    let shop = Shop::open();
    let steps = json!([{"action": "goto", "target": "/login.html"}, {"action": "wait", "value": 60000}]);
    let body = json!({"project_id": shop.project, "name": "Slow", "steps": steps, "config": {"timeout_ms": 50000, "retries": 0}});
    let made = shop.stage.owner.post("/api/v1/tests", body).expect_status(200).json();
    let result = shop.run(made["id"].as_str().unwrap(), &json!({"timeout_ms": 3000}));
    assert_eq!((&result["status"], &result["error_code"]), (&json!("failed"), &json!("timeout")), "{result}");
    assert!(result["error_message"].as_str().is_some_and(|m| m.contains("3000 ms")), "{result}");
}

#[test]
fn server_that_is_stopped_tells_its_run_interrupted_and_no_browser_crashed() {
    let shop = Shop::open();
    let run = shop.begin_slow();
    let Shop { stage, site: _site, .. } = shop;
    let stage = Stage::of(stage.argos.stop().restart());
    let last = ended(&stage.owner, &run);
    assert_eq!((&last["status"], &last["error"]), (&json!("error"), &json!("interrupted")), "{last}");
    let results = stage.owner.get(&format!("/api/v1/runs/{run}/results")).expect_status(200).json();
    assert_eq!(results["results"][0]["error_code"], "cancelled", "{results}");
    assert_eq!(stage.owner.get(&format!("/api/v1/status/{run}")).expect_status(200).json()["status"], "failed");
}

/// Quality scenario 18, the browser; the server is killed in `testing_resume`.
#[test]
fn killed_browser_is_replaced_and_the_attempt_repeated() {
    let shop = Shop::open();
    let id = shop.test("Patient", &json!([{"action": "goto", "target": "/login.html"}, {"action": "wait", "value": 20000}]));
    let started = shop.stage.owner.post(&format!("/api/v1/tests/{id}/run"), json!({"retries": 0})).expect_status(200).json();
    let run = started["run_id"].as_str().unwrap();
    let mut browser = None;
    argos_peers::wait_until("the browser to start", PATIENCE, || {
        browser = child_of(shop.stage.argos.pid());
        browser.is_some() && shop.stage.owner.get("/api/v1/browser/status").json()["running"] == 1
    });
    assert!(std::process::Command::new("kill").args(["-9", &browser.unwrap().to_string()]).status().unwrap().success());
    let last = ended(&shop.stage.owner, run);
    assert_eq!((&last["status"], &last["flaky_tests"]), (&json!("passed"), &json!(1)), "{last}");
    let results = shop.stage.owner.get(&format!("/api/v1/runs/{run}/results")).expect_status(200).json();
    let earlier = results["results"][0]["earlier_attempts"].as_array().unwrap().clone();
    let codes: Vec<&Value> = earlier.iter().map(|a| &a["error_code"]).collect();
    assert_eq!(codes, [&json!("browser_crashed")], "{results}");
}

#[test]
fn browser_that_hangs_is_killed_and_the_attempt_repeated_with_another() {
    let shop = Shop::open();
    let open = json!({"action": "goto", "target": "/login.html"});
    let id = shop.test("Hung", &json!([open, {"action": "wait", "value": 10000}, open]));
    let started = shop.stage.owner.post(&format!("/api/v1/tests/{id}/run"), json!({"retries": 0})).expect_status(200).json();
    let run = started["run_id"].as_str().unwrap();
    let mut browser = None;
    argos_peers::wait_until("the browser to start", PATIENCE, || {
        browser = child_of(shop.stage.argos.pid());
        browser.is_some() && shop.stage.owner.get("/api/v1/browser/status").json()["running"] == 1
    });
    // It lives and does nothing more.
    assert!(std::process::Command::new("kill").args(["-STOP", &browser.unwrap().to_string()]).status().unwrap().success());
    let last = ended(&shop.stage.owner, run);
    assert_eq!((&last["status"], &last["flaky_tests"]), (&json!("passed"), &json!(1)), "{last}");
    let results = shop.stage.owner.get(&format!("/api/v1/runs/{run}/results")).expect_status(200).json();
    let earlier = &results["results"][0]["earlier_attempts"][0];
    assert_eq!(earlier["error_code"], "browser_crashed", "{results}");
    assert!(earlier["error_message"].as_str().is_some_and(|why| why.contains("it answered nothing for 15 seconds")), "{earlier}");
}

/// The browser a process started.
fn child_of(pid: u32) -> Option<u32> {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).ok()?;
    let children = tasks.flatten().filter_map(|t| std::fs::read_to_string(t.path().join("children")).ok());
    children
        .flat_map(|c| c.split_whitespace().filter_map(|p| p.parse().ok()).collect::<Vec<u32>>())
        .find(|child| std::fs::read_to_string(format!("/proc/{child}/cmdline")).is_ok_and(|line| line.contains("remote-debugging-pipe")))
}

/// Quality scenario 19.
#[test]
fn address_of_the_cloud_and_our_own_port_are_never_reached() {
    let shop = Shop::open();
    let meta = shop.test("Metadata", &json!([{"action": "goto", "target": "/"}]));
    let result = shop.run(&meta, &json!({"app_url": "http://169.254.169.254"}));
    assert_eq!((&result["status"], &result["error_code"]), (&json!("failed"), &json!("blocked_url")), "{result}");
    let own = shop.run(&meta, &json!({"app_url": shop.stage.argos.base()}));
    assert_eq!(own["error_code"], "blocked_url", "{own}");
    // Sockets pass no judge of requests: the browser's way itself refuses them.
    let place = shop.stage.argos.base().replace("http://", "ws://");
    let script = format!(
        "new Promise((ok, no) => {{ const s = new WebSocket('{place}/ws'); s.onopen = () => ok('open'); s.onerror = () => no(new Error('no socket')); }})"
    );
    let socket = shop.test("Socket", &json!([{"action": "goto", "target": "/login.html"}, {"action": "evaluate", "value": script}]));
    let refused = shop.run(&socket, &json!({}));
    assert_eq!((&refused["status"], &refused["failed_step_index"]), (&json!("failed"), &json!(1)), "{refused}");
    let why = refused["step_results"][1]["error"].as_str().unwrap();
    assert!(why.contains("was refused: the target is this server itself"), "{refused}");
}

/// Of quality scenario 2: a key that may write makes a test and runs it.
#[test]
fn run_of_a_selection_counts_its_tests_and_a_shard_takes_its_part() {
    let shop = Shop::open();
    let open = |path: &str| json!([{"action": "goto", "target": path}]);
    for (name, tags) in [("A", json!(["smoke"])), ("B", json!(["smoke"])), ("C", json!([]))] {
        let body = json!({"project_id": shop.project, "name": name, "tags": tags, "steps": open("/login.html")});
        shop.stage.owner.post("/api/v1/tests", body).expect_status(200);
    }
    let start = |more: Value| {
        let mut body = json!({"project_id": shop.project, "tags": ["smoke"], "parallel": 2});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        shop.stage.owner.post("/api/v1/run", body)
    };
    let run = start(json!({})).expect_status(200).json();
    let last = ended(&shop.stage.owner, run["run_id"].as_str().unwrap());
    assert_eq!((&last["status"], &last["total_tests"], &last["passed_tests"]), (&json!("passed"), &json!(2), &json!(2)), "{last}");
    let path = format!("/api/v1/status/{}", run["job_id"].as_str().unwrap());
    let mut status = Value::Null;
    argos_peers::wait_until("the job to end after its run", PATIENCE, || {
        status = shop.stage.owner.get(&path).expect_status(200).json();
        status["status"] == "completed"
    });
    assert_eq!(status["result"]["summary"]["passed"], 2, "{status}");
    let progress = &status["progress"];
    assert_eq!((&progress["percent"], &progress["tests_completed"]), (&json!(100), &json!(2)), "{status}");
    assert!(progress["current_test"].is_null() && progress["current_step"].is_null(), "{status}");
    let done = shop.stage.owner.get("/api/v1/jobs?status=completed").expect_status(200).json();
    assert_eq!((&done["total"], &done["jobs"][0]["job_id"]), (&json!(1), &run["job_id"]), "{done}");
    let same = format!("/api/v1/jobs/{}", run["job_id"].as_str().unwrap());
    assert_eq!(shop.stage.owner.get(&same).expect_status(200).json(), status);
    let part = start(json!({"shard": {"index": 2, "total": 2}})).expect_status(200).json();
    assert_eq!(ended(&shop.stage.owner, part["run_id"].as_str().unwrap())["total_tests"], 1);
    let events = shop.stage.owner.get("/api/ui/timeline?kind=test.run.passed").expect_status(200).json();
    let event = events["items"].as_array().and_then(|all| all.first()).unwrap_or_else(|| panic!("{events}"));
    assert_eq!((&event["data"]["project"], &event["data"]["passed"]), (&json!("Shop"), &json!(1)), "{event}");
    let foreign = "0198f2b0-0000-7000-8000-000000000000";
    let unknown = start(json!({"tags": [], "test_ids": [foreign]}));
    assert_eq!((unknown.status, &unknown.json()["missing"]), (404, &json!([foreign])), "{}", unknown.text());
    let none = start(json!({"tags": ["nothing"]}));
    assert_eq!((none.status, none.json()["code"].clone()), (400, json!("nothing_selected")));
    // A key that may write makes a test and runs it.
    let organization = shop.stage.owner.get("/api/v1/organizations").expect_status(200).json()[0]["id"].as_str().unwrap().to_owned();
    let keys = format!("/api/v1/api-keys/organizations/{organization}/keys");
    let key = shop.stage.owner.post(&keys, json!({"name": "ci", "scopes": ["read", "write"]})).json();
    let ci = shop.stage.anonymous().with_header("X-API-Key", key["key"].as_str().unwrap_or_else(|| panic!("{key}")));
    let body = json!({"project_id": shop.project, "name": "By key", "steps": [{"action": "goto", "target": "/login.html"}]});
    let made = ci.post("/api/v1/tests", body).expect_status(200).json();
    let ran = ci.post(&format!("/api/v1/tests/{}/run", made["id"].as_str().unwrap()), json!({"wait": true})).expect_status(200).json();
    assert_eq!(ran["status"], "passed", "{ran}");
}

#[test]
fn run_of_a_schedule_uses_what_the_schedule_says_and_one_without_tests_does_not_pass() {
    let shop = Shop::open();
    let steps = json!([
        {"action": "goto", "target": "/login.html"},
        {"action": "fill", "target": "#email", "value": "{{WHO}}"},
        {"action": "assert", "target": "#email", "assertion_type": "value_equals", "value": "hidden-name@shop.example"},
        {"action": "assert", "target": "#email", "assertion_type": "value_equals", "value": "nobody", "timeout": 500},
    ]);
    let id = shop.test("Who", &steps);
    let run = |more: &Value| {
        let mut body = json!({"project_id": shop.project, "name": "Nightly", "cron_expression": "0 3 1 1 *", "app_url": shop.site.url(""),
            "environment_variables": {"WHO": "hidden-name@shop.example"}});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let made = shop.stage.owner.post("/api/v1/schedules", body).expect_status(201).json();
        let path = format!("/api/v1/schedules/{}/trigger", made["id"].as_str().unwrap());
        let started = shop.stage.owner.post(&path, json!({})).expect_status(200).json()["run_id"].as_str().unwrap().to_owned();
        argos_peers::wait_until("the run to be made", PATIENCE, || shop.stage.owner.get(&format!("/api/v1/runs/{started}")).status == 200);
        ended(&shop.stage.owner, &started)
    };
    let gone = "0198f2b0-0000-7000-8000-000000000000";
    let last = run(&json!({"test_ids": [id, gone]}));
    assert_eq!((&last["status"], &last["failed_tests"], &last["skipped_tests"]), (&json!("failed"), &json!(1), &json!(1)), "{last}");
    let results = shop.stage.owner.get(&format!("/api/v1/runs/{}/results", last["id"].as_str().unwrap())).expect_status(200);
    assert_eq!(results.json()["results"][0]["failed_step_index"], 3, "{}", results.text());
    assert!(!results.text().contains("hidden-name"), "a sealed variable is shown: {}", results.text());
    let nothing = run(&json!({"test_filter": {"tags": ["nowhere"], "priority": []}}));
    assert_eq!((&nothing["status"], &nothing["error"]), (&json!("error"), &json!("No tests matched")), "{nothing}");
}

#[test]
fn project_that_is_deleted_ends_its_runs_and_takes_its_schedules_along() {
    let shop = Shop::open();
    let run = shop.begin_slow();
    let nightly = json!({"project_id": shop.project, "name": "Nightly", "cron_expression": "0 3 1 1 *", "app_url": shop.site.url("")});
    let schedule = shop.stage.owner.post("/api/v1/schedules", nightly).expect_status(201).json()["id"].as_str().unwrap().to_owned();
    shop.stage.owner.delete(&format!("/api/v1/projects/{}", shop.project)).expect_status(200);
    argos_peers::wait_until("the browser to be free", PATIENCE, || {
        shop.stage.owner.get("/api/v1/browser/status").json()["active_sessions"] == 0
    });
    assert_eq!(shop.stage.owner.get(&format!("/api/v1/runs/{run}")).status, 404);
    assert_eq!(shop.stage.owner.post(&format!("/api/v1/schedules/{schedule}/trigger"), json!({})).status, 404);
    assert!(!shop.stage.owner.get("/api/schedules").expect_status(200).text().contains("Nightly"));
}

#[test]
fn missing_browser_is_told_with_the_way_to_get_one() {
    let shop = Shop::on(ArgosConfig::new().env("BROWSER_PATH", "/nowhere/chromium"));
    let id = shop.test("Any", &json!([{"action": "goto", "target": "/"}]));
    let refused = shop.stage.owner.post(&format!("/api/v1/tests/{id}/run"), json!({}));
    assert_eq!((refused.status, refused.json()["code"].clone()), (503, json!("browser_not_available")), "{}", refused.text());
    let health = shop.stage.owner.get("/api/v1/browser/health").expect_status(200).json();
    assert_eq!(health["healthy"], false);
    drop(shop.site);
}

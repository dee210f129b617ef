//! Quality scenario 10: a site is explored, rests, survives `kill -9` twice, and nothing on it was touched that must not be.

use std::time::Duration;

use argos_peers::argos::ADMIN_PASSWORD;
use argos_peers::fixture_site::{PASSWORD, USER};
use argos_peers::{ArgosConfig, Chromium, Client, EventStream, FixtureSite};
use serde_json::{Value, json};

use crate::stage::Stage;

/// How long an exploration may take; on PostgreSQL the lease of a dead process ends only after a minute.
const PATIENCE: Duration = Duration::from_secs(300);
const PAGES: i64 = 14;

fn session(owner: &Client, id: &str) -> Value {
    owner.get(&format!("/api/v1/discovery/sessions/{id}")).expect_status(200).json()
}

fn until(owner: &Client, id: &str, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
    let mut last = Value::Null;
    argos_peers::wait_until(what, PATIENCE, || {
        last = session(owner, id);
        assert_ne!(last["status"], "failed", "{last}");
        holds(&last)
    });
    last
}

fn pages_of(owner: &Client, id: &str) -> Vec<Value> {
    let all = owner.get(&format!("/api/v1/discovery/sessions/{id}/pages?limit=500")).expect_status(200).json();
    all.as_array().unwrap().clone()
}

/// Quality scenario 10.
#[test]
fn site_is_explored_through_two_crashes_and_nothing_on_it_is_touched() {
    let chromium = Chromium::find().unwrap();
    let config = ArgosConfig::new().env("ARGOS_HTTP_RATE_LIMITING", "false").env("BROWSER_PATH", &chromium.path.display().to_string());
    let (stage, site) = (Stage::on(config), FixtureSite::start());
    let start = site.url("/explore/index.html");
    let project = stage.owner.post("/api/v1/projects", json!({"name": "Shop", "app_url": site.url("")})).expect_status(200).json();
    let body = json!({
        "project_id": project["id"], "app_url": start, "mode": "deep_analysis", "max_depth": 5,
        "auth_config": {"type": "form", "credentials": {"username": USER, "password": PASSWORD}, "login_url": site.url("/explore/login.html")},
    });
    let preview = stage.owner.post("/api/v1/discovery/preview", body.clone()).expect_status(200).json();
    assert_eq!((&preview["ready"], &preview["robots"]["disallow"]), (&json!(true), &json!(["/explore/private.html"])), "{preview}");
    let blocked =
        stage.owner.post("/api/v1/discovery/sessions", json!({"project_id": project["id"], "app_url": "http://169.254.169.254/"}));
    assert_eq!((blocked.status, blocked.json()["code"].clone()), (400, json!("blocked_url")), "{}", blocked.text());

    let made = stage.owner.post("/api/v1/discovery/sessions", body).expect_status(200).json();
    assert!(!made.to_string().contains(PASSWORD), "the account is never shown");
    let id = made["id"].as_str().unwrap().to_owned();
    until(&stage.owner, &id, "the first pages", |s| s["pages_found"].as_i64() >= Some(2));
    stage.owner.post(&format!("/api/v1/discovery/sessions/{id}/pause"), json!({})).expect_status(200);
    let again = stage.owner.post(&format!("/api/v1/discovery/sessions/{id}/pause"), json!({}));
    assert_eq!((again.status, again.json()["code"].clone()), (400, json!("wrong_state")));
    let stage = Stage::of(stage.argos.kill9().restart());
    let rested = session(&stage.owner, &id);
    assert_eq!(rested["status"], "paused", "{rested}");
    let before = pages_of(&stage.owner, &id);
    stage.owner.post(&format!("/api/v1/discovery/sessions/{id}/resume"), json!({})).expect_status(200);
    let more = i64::try_from(before.len()).unwrap() + 2;
    until(&stage.owner, &id, "more pages", |s| s["pages_found"].as_i64() >= Some(more));
    // Nobody resumes it this time.
    let stage = Stage::of(stage.argos.kill9().restart());
    let owner = &stage.owner;
    let done = until(owner, &id, "the end", |s| s["status"] == "completed");

    let pages = pages_of(owner, &id);
    let name = |p: &Value| p["url"].as_str().unwrap().rsplit("/explore/").next().unwrap().to_owned();
    let mut names: Vec<String> = pages.iter().map(name).collect();
    names.sort();
    assert_eq!((done["pages_found"].as_i64(), names.len()), (Some(PAGES), 14), "{names:?}");
    let kind = |of: &str| pages.iter().find(|p| name(p) == of).map(|p| p["page_type"].clone()).unwrap_or_default();
    for (of, expected) in [
        ("login.html", "auth_login"),
        ("missing.html", "error"),
        ("products.html", "list"),
        ("contact.html", "form"),
        ("dashboard.html", "dashboard"),
        ("app.html#/users", "other"),
        ("offers.html", "other"),
    ] {
        assert_eq!(kind(of), expected, "{of}: {names:?}");
    }
    assert!(pages.iter().all(|p| p["screenshot_url"].is_string()), "every page has its picture");
    let picture = stage.anonymous().get(pages[0]["screenshot_url"].as_str().unwrap()).expect_status(200);
    assert_eq!(picture.header("content-type"), Some("image/webp"));
    assert_eq!(site.touched(), [] as [&str; 0], "nothing was deleted, sent or signed out");

    let found = owner.get(&format!("/api/v1/discovery/sessions/{id}/findings")).expect_status(200).json();
    let reason = |end: &str| {
        let out = found["left_out"].as_array().unwrap();
        out.iter().find(|a| a["url"].as_str().unwrap().ends_with(end)).map(|a| a["reason"].clone()).unwrap_or_default()
    };
    assert_eq!((reason("delete?id=1"), reason("logout")), (json!("dangerous"), json!("dangerous")), "{found}");
    assert_eq!((reason("private.html"), reason("terms.pdf")), (json!("robots"), json!("not_a_page")), "{found}");
    assert_eq!(found["broken_links"][0]["status"], 404, "{found}");
    assert!(found["console_errors"].to_string().contains("picture of the cherry"), "{found}");
    assert!(found["left_alone"].to_string().contains("Delete all"), "{found}");

    let flows = owner.get(&format!("/api/v1/discovery/sessions/{id}/flows")).expect_status(200).json();
    let of = |category: &str| {
        flows.as_array().unwrap().iter().find(|f| f["category"] == category).unwrap_or_else(|| panic!("no {category}: {flows}"))
    };
    for (category, validated) in
        [("authentication", json!(true)), ("navigation", json!(true)), ("search", json!(true)), ("form", Value::Null)]
    {
        assert_eq!(of(category)["validated"], validated, "{category}: {}", of(category));
    }
    let unrun = of("form")["id"].as_str().unwrap();
    let off = owner.post(&format!("/api/v1/discovery/flows/{unrun}/generate-test"), json!({})).expect_status(200).json();
    assert_eq!(off["test"]["is_active"], false, "nobody saw it run: {off}");
    let sign_in = of("authentication")["id"].as_str().unwrap();
    let test = owner.post(&format!("/api/v1/discovery/flows/{sign_in}/generate-test"), json!({})).expect_status(200).json();
    assert!(test["test"]["code"].as_str().unwrap().contains("page.goto") && !test.to_string().contains(PASSWORD), "{test}");
    let test = test["test"]["id"].as_str().unwrap();
    let run = json!({"wait": true, "retries": 0, "variables": {"test_email": USER, "test_password": PASSWORD}});
    let result = owner.post(&format!("/api/v1/tests/{test}/run"), run).expect_status(200).json();
    assert_eq!(result["status"], "passed", "{result}");

    diff_is_compared_with_the_exploration_of_its_site(owner, &project["id"], &start, &id);
    let token = stage.argos.login("admin", ADMIN_PASSWORD);
    let mut stream = EventStream::open(stage.anonymous().request("GET", &format!("/api/v1/stream/discovery/{id}?token={token}")));
    let mut seen = Vec::new();
    while seen.last().is_none_or(|kind| kind != "complete") {
        seen.push(stream.next_event(Duration::from_secs(30)).kind.unwrap());
    }
    assert_eq!((seen[0].as_str(), seen.iter().filter(|k| *k == "complete").count()), ("start", 1), "{seen:?}");
    assert!(seen.iter().any(|k| k == "paused") || seen.iter().any(|k| k == "resumed"), "{seen:?}");
    stranger_finds_nothing(&stage);
    let gone = owner.delete(&format!("/api/v1/discovery/sessions/{id}"));
    assert_eq!(gone.status, 200, "{}", gone.text());
    assert_eq!(owner.get(&format!("/api/v1/discovery/sessions/{id}")).status, 404);
}

#[test]
fn exploration_that_cannot_see_the_site_fails_and_says_why() {
    let chromium = Chromium::find().unwrap();
    let config = ArgosConfig::new().env("ARGOS_HTTP_RATE_LIMITING", "false").env("BROWSER_PATH", &chromium.path.display().to_string());
    let (stage, site) = (Stage::on(config), FixtureSite::start());
    let project = stage.owner.post("/api/v1/projects", json!({"name": "Shop", "app_url": site.url("")})).expect_status(200).json();
    let closed = format!("http://127.0.0.1:{}/", argos_peers::free_port());
    let start = site.url("/explore/index.html");
    let account =
        json!({"type": "form", "credentials": {"username": USER, "password": "wrong"}, "login_url": site.url("/explore/login.html")});
    for (app_url, auth, why) in [(closed, Value::Null, "could not be seen"), (start, account, "Signing in did not work")] {
        let mut body = json!({"project_id": project["id"], "app_url": app_url, "mode": "quick_scan"});
        if !auth.is_null() {
            body["auth_config"] = auth;
        }
        let made = stage.owner.post("/api/v1/discovery/sessions", body).expect_status(200).json();
        let id = made["id"].as_str().unwrap();
        let ended = argos_peers::wait_for("the exploration to end", PATIENCE, || {
            let now = session(&stage.owner, id);
            (!matches!(now["status"].as_str(), Some("pending" | "running"))).then_some(now)
        });
        assert_eq!((&ended["status"], &ended["pages_found"]), (&json!("failed"), &json!(0)), "{ended}");
        assert!(ended["error"].to_string().contains(why), "{why}: {ended}");
    }
}

fn diff_is_compared_with_the_exploration_of_its_site(owner: &Client, project: &Value, start: &str, before: &str) {
    let diff = |app_url: &str| {
        let body = json!({"project_id": project, "app_url": app_url, "mode": "diff", "max_pages": 1});
        owner.post("/api/v1/discovery/sessions", body)
    };
    let elsewhere = diff(&format!("http://localhost:{}/", argos_peers::free_port()));
    assert_eq!((elsewhere.status, elsewhere.json()["code"].clone()), (400, json!("nothing_to_compare")), "{}", elsewhere.text());
    let later = diff(start).expect_status(200).json();
    assert_eq!(later["compared_with"], json!(before), "{later}");
    let later = later["id"].as_str().unwrap();
    until(owner, later, "the exploration to be compared", |s| s["status"] == "completed");
    let compare = format!("/api/v1/discovery/projects/{}/compare?session_id_2={later}", project.as_str().unwrap());
    let change = owner.get(&compare).expect_status(200).json();
    assert_eq!((&change["session_1_id"], &change["new_pages"]), (&json!(before), &json!([])), "{change}");
}

/// What belongs to another organization is not there.
fn stranger_finds_nothing(stage: &Stage) {
    let acme = stage.owner.post("/api/v1/organizations", json!({"name": "Acme"})).expect_status(200).json();
    let projects = format!("/api/v1/organizations/{}/projects", acme["id"].as_str().unwrap());
    let theirs = stage.owner.post(&projects, json!({"name": "Theirs"})).expect_status(201).json();
    // More than one organization closes this machine, unless a project opens it.
    let settings = format!("/api/v1/projects/{}/settings", theirs["id"].as_str().unwrap());
    stage.owner.put(&settings, json!({"allowed_hosts": ["127.0.0.1"]})).expect_status(200);
    let body = json!({"project_id": theirs["id"], "app_url": "http://127.0.0.1:1/"});
    let made = stage.owner.post("/api/v1/discovery/sessions", body).expect_status(200).json();
    let id = made["id"].as_str().unwrap();
    let mia = stage.person("mia", "viewer");
    for path in ["", "/pages", "/graph", "/findings", "/flows", "/screenshots", "/stream"] {
        let stranger = mia.get(&format!("/api/v1/discovery/sessions/{id}{path}"));
        assert_eq!(stranger.status, 404, "{path}: {}", stranger.text());
    }
}

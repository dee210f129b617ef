//! What a project, a person and a call say of runs has an effect or is refused with its name.

use argos_peers::fixture_site::PASSWORD;
use argos_peers::model_server::{ModelServer, Script};
use serde_json::{Value, json};

use crate::testing_runs::{Shop, config};

#[test]
fn what_is_said_of_a_run_counts_or_is_refused_and_named() {
    // The machine is somewhere else than the pages it opens.
    let shop = Shop::on(config().env("TZ", "Asia/Tokyo"));
    let owner = &shop.stage.owner;
    let settings = |body: Value| owner.put(&format!("/api/v1/projects/{}/settings", shop.project), body).expect_status(200);
    let zone = json!([
        {"action": "goto", "target": "/login.html"},
        {"action": "assert", "type": "title_contains", "value": "Sign in"},
        {"action": "evaluate", "value": "document.title = Intl.DateTimeFormat().resolvedOptions().timeZone"},
        {"action": "assert", "type": "title_equals", "value": "{{zone}}"},
    ]);
    let zone = shop.test("Zone", &zone);
    let in_zone = |zone_name: &str| shop.run(&zone, &json!({"variables": {"zone": zone_name}}))["status"].clone();
    assert_eq!(in_zone("UTC"), "passed", "the documented zone holds where the project says nothing");
    settings(json!({"timezone": "America/Lima"}));
    assert_eq!(in_zone("America/Lima"), "passed");
    settings(json!({"timezone": null}));

    // A change of the sources puts first what it touches, before the weightier.
    let low = json!({"project_id": shop.project, "name": "Orders", "priority": "low", "steps": [{"action": "goto", "target": "/orders"}]});
    owner.post("/api/v1/tests", low).expect_status(200);
    let first = |more: Value| {
        let mut body = json!({"project_id": shop.project});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        owner.post("/api/v1/run/preview", body)
    };
    let name = |more: Value| first(more).expect_status(200).json()["tests"][0]["name"].clone();
    assert_eq!(name(json!({})), "Zone");
    assert_eq!(name(json!({"changed_files": ["src/pages/OrdersPage.tsx"], "max_tests": 1})), "Orders");
    let refused = |reply: argos_peers::Response, field: &str| {
        assert_eq!((reply.status, reply.json()["detail"][0]["loc"][1].clone()), (422, json!(field)), "{}", reply.text());
    };
    refused(first(json!({"changed_files": ["a".repeat(501)]})), "changed_files");
    for path in ["/etc", "../..", "nowhere"] {
        let started = owner.post("/api/v1/run", json!({"project_id": shop.project, "codebase_path": path})).expect_status(200).json();
        assert!(started["message"].as_str().unwrap().contains("codebase_path"), "{started}");
    }
    let steps: Vec<Value> = (0..10_000).map(|n| json!({"action": "click", "target": format!("#b{n}")})).collect();
    refused(owner.post("/api/v1/tests", json!({"project_id": shop.project, "name": "Long", "steps": steps})), "steps");

    // Which browser, and how long a step waits: the call, then the project, then the person.
    let wait = || first(json!({})).expect_status(200).json()["manner"]["default_timeout_ms"].clone();
    owner.put("/api/v1/users/me/test-defaults", json!({"default_timeout": 9000})).expect_status(200);
    assert_eq!(wait(), 9000);
    settings(json!({"default_timeout_ms": 4000}));
    assert_eq!(wait(), 4000);
    settings(json!({"default_timeout_ms": null, "default_browser": "firefox"}));
    let rows = json!({"project_id": shop.project, "name": "Rows", "steps": [{"action": "goto", "target": "{{where}}"}], "data_source_type": "csv",
                      "data_source_config": {"content": "where\n/login.html\n"}});
    let rows = owner.post("/api/v1/parameterized/tests", rows).expect_status(201).json();
    let rows = format!("/api/v1/parameterized/tests/{}/execute", rows["id"].as_str().unwrap());
    let run = |message: &str| {
        owner.post("/api/v1/stream/chat", json!({"message": message, "thread_id": "choices", "project_id": shop.project})).text()
    };
    assert!(run("run test Zone").contains("browser_not_available"), "the same when it is asked for in words");
    for reply in [first(json!({})), owner.post(&format!("/api/v1/tests/{zone}/run"), json!({})), owner.post(&rows, json!({}))] {
        let told = reply.json();
        assert_eq!(
            (reply.status, &told["code"], &told["field"]),
            (400, &json!("browser_not_available"), &json!("default_browser")),
            "{told}"
        );
    }
    assert_eq!(first(json!({"browser": "chromium"})).status, 200, "the call wins");
    settings(json!({"default_browser": null}));
    owner.put("/api/v1/users/me/test-defaults", json!({"default_browser": "webkit"})).expect_status(200);
    first(json!({})).expect_status(200);
    let started = owner.post(&format!("/api/v1/tests/{zone}/run"), json!({})).expect_status(200).json();
    assert!(started["message"].as_str().unwrap().contains("webkit"), "{started}");
    let said = run("run test Zone");
    assert!(said.contains("is queued") && said.contains("webkit"), "{said}");
    settings(json!({"default_browser": "chromium"}));
    let started = owner.post(&format!("/api/v1/tests/{zone}/run"), json!({})).expect_status(200).json();
    assert!(!started["message"].as_str().unwrap().contains("webkit"), "the project wins over the person: {started}");
}

#[test]
fn preferences_of_the_profile_and_of_notifications_are_the_same_document() {
    let shop = Shop::open();
    let owner = &shop.stage.owner;
    let (profile, document) = ("/api/v1/users/me/preferences", "/api/v1/notifications/preferences");
    let of = |path: &str| owner.get(path).expect_status(200).json();
    let shown = |name: &str| of(profile)["notification_preferences"][name].clone();
    assert_eq!((shown("email_test_failures"), shown("slack_notifications")), (json!(true), json!(false)));

    let flat = json!({"email_test_failures": false, "in_app_test_completions": false, "daily_digest": true, "theme": "dark"});
    let put = owner.put(profile, flat).expect_status(200).json();
    assert_eq!((&put["notification_preferences"]["email_test_failures"], &put["theme"]), (&json!(false), &json!("dark")), "{put}");
    let kept = of(document);
    let has = |list: &str, kind: &str| kept[list].as_array().unwrap().contains(&json!(kind));
    assert!(!has("email_types", "failure") && has("email_types", "quality") && !has("in_app_types", "test_result"), "{kept}");
    assert_eq!((&kept["email_frequency"], shown("daily_digest")), (&json!("instant"), json!(true)), "a digest holds back no letter");

    owner.put(document, json!({"email_frequency": "weekly", "in_app_enabled": false})).expect_status(200);
    assert_eq!(
        (shown("email_weekly_digest"), shown("daily_digest"), shown("in_app_notifications")),
        (json!(true), json!(true), json!(false))
    );
    let me = owner.get("/api/v1/users/me").expect_status(200).json();
    assert_eq!(me["notification_preferences"], of(profile)["notification_preferences"]);

    // A whole profile comes back as it is; what is wrong is refused, and nothing with it is kept.
    owner.put(profile, json!({"notification_preferences": of(profile)["notification_preferences"]})).expect_status(200);
    assert_eq!(of(document)["email_frequency"], "weekly");
    for (field, wrong) in [
        ("alert_threshold", json!({"alert_threshold": 101, "theme": "light"})),
        ("slack_notifications", json!({"slack_notifications": true, "theme": "light"})),
        ("weekly_report", json!({"weekly_report": 1})),
    ] {
        let reply = owner.put(profile, wrong);
        assert_eq!((reply.status, reply.json()["detail"][0]["loc"][1].clone()), (422, json!(field)), "{}", reply.text());
    }
    assert_eq!(of(profile)["theme"], "dark");
    owner.put(document, json!({"slack_channel": "#tests"})).expect_status(200);
    owner.put(profile, json!({"slack_notifications": true})).expect_status(200);
    assert_eq!(of(document)["slack_enabled"], true);
}

#[test]
fn model_that_explains_a_change_hears_what_is_said_of_it() {
    let server = ModelServer::start();
    let config = config()
        .env("ARGOS_LLM_ENABLED", "true")
        .env("ARGOS_LLM_PROVIDER", "openai")
        .env("ARGOS_AI_BASE_URL_OPENAI", &server.url())
        .env("ARGOS_LLM_API_KEY", "sk-test-abcdefghijklmnop-4712")
        .env("ARGOS_LLM_MODEL", "own-model");
    let shop = Shop::on(config);
    let owner = &shop.stage.owner;
    owner.put(&format!("/api/v1/projects/{}/settings", shop.project), json!({"llm": {"enabled": true}})).expect_status(200);
    let page = shop.site.url("/visual.html");
    let made = json!({"project_id": shop.project, "name": "Disc", "url": page});
    let made = owner.post("/api/v1/visual/baselines", made).expect_status(200).json();
    let compare = |more: Value| {
        let mut body = json!({"baseline_id": made["id"], "current_url": format!("{page}?color=%23c80000")});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        owner.post("/api/v1/visual/compare", body)
    };
    assert_eq!(compare(json!({"pr_description": "x".repeat(10_001)})).status, 422);
    let story = json!({"context": "spring sale", "pr_description": "Redder discs", "git_diff": "-color: green\n+color: firebrick"});
    let compared = compare(story).expect_status(200).json();
    assert!(server.asked().is_empty(), "comparing asks no model");
    server.then([Script::Say("no".to_owned())]);
    let explained = owner.post(&format!("/api/v1/visual/ai/explain?comparison_id={}", compared["id"].as_str().unwrap()), json!({}));
    assert_eq!(explained.expect_status(200).json()["source"], "rules", "an answer that cannot be read changes nothing");
    let asked = server.asked()[0].body.to_string();
    for said in ["spring sale", "Redder discs", "+color: firebrick"] {
        assert!(asked.contains(said), "{said} was not heard: {asked}");
    }
    assert!(!asked.contains(PASSWORD));
}

#[test]
fn differences_that_a_project_approves_by_rule_wait_for_nobody() {
    let shop = Shop::open();
    let owner = &shop.stage.owner;
    let settings = |visual: Value| owner.put(&format!("/api/v1/projects/{}/settings", shop.project), json!({ "visual": visual }));
    settings(json!({"sensitivity": "high"})).expect_status(200);
    let page = shop.site.url("/visual.html");
    let made =
        owner.post("/api/v1/visual/baselines", json!({"project_id": shop.project, "name": "Box", "url": page})).expect_status(200).json();
    let compare = |color: &str| {
        let body = json!({"baseline_id": made["id"], "current_url": format!("{page}?color=%23{color}")});
        let compared = owner.post("/api/v1/visual/compare", body).expect_status(200).json();
        assert_eq!(compared["match"], false, "{compared}");
        (compared["status"].clone(), compared["has_regressions"].clone())
    };
    let (pale, red) = ("f0f0f0", "c80000");
    assert_eq!(compare(pale), (json!("pending_review"), json!(false)), "nobody said a rule");
    let wrong = settings(json!({"auto_approve": "everything"}));
    assert_eq!((wrong.status, wrong.json()["detail"][0]["loc"][1].clone()), (422, json!("visual")), "{}", wrong.text());
    settings(json!({"auto_approve": "dynamic"})).expect_status(200);
    assert_eq!(compare(pale).0, "pending_review", "it does not change with each visit");
    settings(json!({"auto_approve": "no_regressions"})).expect_status(200);
    assert_eq!(compare(pale).0, "auto_approved");
    assert_eq!(compare(red), (json!("pending_review"), json!(true)), "a regression is a person's to judge");
    let steps = |color: &str| json!([{"action": "goto", "target": format!("/visual.html?color=%23{color}")}, {"action": "visual_check", "name": "step"}]);
    let test = shop.test("Box", &steps("ffffff"));
    shop.run(&test, &json!({}));
    let waiting = format!("/api/v1/visual/comparisons?queue=true&project_id={}", shop.project);
    let queue = owner.get(&waiting).expect_status(200).json();
    let first = queue["comparisons"].as_array().unwrap().iter().find(|c| c["test_id"] == test.as_str()).unwrap().clone();
    owner.post(&format!("/api/v1/visual/comparisons/{}/approve", first["id"].as_str().unwrap()), json!({})).expect_status(200);
    owner.put(&format!("/api/v1/tests/{test}"), json!({"steps": steps(pale)})).expect_status(200);
    let ran = shop.run(&test, &json!({}));
    assert_eq!((&ran["status"], &ran["step_results"][1]["check"]["status"]), (&json!("passed"), &json!("auto_approved")), "{ran}");
}

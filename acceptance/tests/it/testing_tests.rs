//! The quality part C5: tests are made, changed with versions, copied, changed in bulk and seen by nobody else.

use argos_peers::{ArgosConfig, Client};
use serde_json::{Value, json};

use crate::stage::Stage;

fn stage() -> (Stage, String) {
    let stage = Stage::on(ArgosConfig::new().env("ARGOS_HTTP_RATE_LIMITING", "false"));
    let project = stage.owner.post("/api/v1/projects", json!({"name": "Shop"})).expect_status(200).json();
    let id = project["id"].as_str().unwrap().to_owned();
    (stage, id)
}

fn make(stage: &Stage, project: &str, more: &Value) -> Value {
    let mut body = json!({"project_id": project, "name": "Login", "steps": [{"action": "navigate", "url": "/"}]});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    stage.owner.post("/api/v1/tests", body).expect_status(200).json()
}

#[test]
fn test_keeps_each_version_and_refuses_a_change_of_an_older_one() {
    let (stage, project) = stage();
    let made = make(&stage, &project, &json!({"tags": ["smoke"]}));
    assert_eq!((&made["version"], &made["steps"][0]["action"]), (&json!(1), &json!("goto")), "{made}");
    let path = format!("/api/v1/tests/{}", made["id"].as_str().unwrap());
    let changed = stage.owner.put(&path, json!({"name": "Sign in", "expected_version": 1})).expect_status(200).json();
    assert_eq!((&changed["version"], &changed["tags"]), (&json!(2), &json!(["smoke"])));
    let stale = stage.owner.put(&path, json!({"name": "Other", "expected_version": 1}));
    assert_eq!((stale.status, stale.json()["code"].clone()), (409, json!("stale_version")));
    assert_eq!(stage.owner.get(&format!("{path}?version=1")).expect_status(200).json()["name"], "Login");
    let versions = stage.owner.get(&format!("{path}/versions")).expect_status(200).json();
    assert_eq!((versions.as_array().unwrap().len(), &versions[0]["summary"]), (2, &json!("name")));
    let restored = stage.owner.post(&format!("{path}/versions/1/restore"), json!({})).expect_status(200).json();
    assert_eq!((&restored["name"], &restored["version"]), (&json!("Login"), &json!(3)));
    let copy = stage.owner.post(&format!("{path}/duplicate"), json!({})).expect_status(200).json();
    assert_eq!((&copy["name"], &copy["version"]), (&json!("Login (copy)"), &json!(1)));
    stage.owner.delete(&path).expect_status(200);
    assert_eq!(stage.owner.get(&path).status, 404);
}

#[test]
fn unknown_action_is_refused_with_its_place() {
    let (stage, project) = stage();
    let body = json!({"project_id": project, "name": "X", "steps": [{"action": "reload"}, {"action": "fly"}]});
    let refused = stage.owner.post("/api/v1/tests", body.clone());
    assert_eq!(refused.status, 422, "{}", refused.text());
    let detail = refused.json()["detail"].clone();
    assert_eq!(detail[0]["loc"], json!(["body", "steps", 1, "action"]), "{detail}");
    let judged = stage.owner.post("/api/v1/tests/validate", body).expect_status(200).json();
    assert_eq!((&judged["valid"], &judged["errors"][0]["loc"]), (&json!(false), &json!(["body", "steps", 1, "action"])));
}

#[test]
fn list_is_filtered_and_bulk_changes_say_what_failed() {
    let (stage, project) = stage();
    let one = make(&stage, &project, &json!({"name": "Login 100%", "tags": ["auth"]}));
    let two = make(&stage, &project, &json!({"name": "Cart", "priority": "high"}));
    let ids = json!([one["id"], two["id"], "0198f2b0-0000-7000-8000-000000000000"]);
    let bulk = stage.owner.post("/api/v1/tests/bulk-update", json!({"test_ids": ids, "tags_add": ["nightly"], "is_active": false}));
    let bulk = bulk.expect_status(200).json();
    assert_eq!(
        (&bulk["updated_count"], &bulk["failed_count"], &bulk["failed"][0]["error"]),
        (&json!(2), &json!(1), &json!("Test not found"))
    );
    let before = |id: &Value, tags: Value, priority: &str| json!({"id": id, "is_active": true, "priority": priority, "tags": tags});
    let had = json!([before(&one["id"], json!(["auth"]), "medium"), before(&two["id"], json!([]), "high")]);
    assert_eq!(bulk["before"], had, "what each was is told by who changed it");
    let names = |query: &str| {
        let page = stage.owner.get(&format!("/api/v1/tests?{query}")).expect_status(200).json();
        page["tests"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("search=100%25"), ["Login 100%"]);
    assert_eq!(names("tags=auth,none&is_active=false"), ["Login 100%"]);
    assert_eq!(names(&format!("project_id={project}&priority=high")), ["Cart"]);
    assert_eq!(names("is_active=true"), [] as [&str; 0]);
    let gone = stage.owner.post("/api/v1/tests/bulk-delete", json!({"test_ids": ids})).expect_status(200).json();
    assert_eq!((&gone["deleted_count"], names("").len()), (&json!(2), 0));
}

/// Quality scenarios 2 and 3; the walk over every route with an id is in `access`, a revoked key in `api_keys`.
#[test]
fn read_key_reads_and_does_not_write_and_a_stranger_finds_nothing() {
    let (stage, project) = stage();
    make(&stage, &project, &json!({}));
    let organization = stage.owner.get("/api/v1/organizations").expect_status(200).json()[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/api-keys/organizations/{organization}/keys");
    let key = stage.owner.post(&path, json!({"name": "ci", "scopes": ["read"]})).json();
    let key = key["key"].as_str().unwrap_or_else(|| panic!("{key}")).to_owned();
    let ci = stage.anonymous().with_header("X-API-Key", &key);
    assert_eq!(ci.get("/api/v1/tests").expect_status(200).json()["total"], 1);
    let refused = ci.post("/api/v1/tests", json!({"project_id": project, "name": "X"}));
    assert_eq!((refused.status, refused.json()["detail"].clone()), (403, json!("Permission denied: test:write")));
    let acme = stage.owner.post("/api/v1/organizations", json!({"name": "Acme"})).expect_status(200).json();
    let projects = format!("/api/v1/organizations/{}/projects", acme["id"].as_str().unwrap());
    let theirs = stage.owner.post(&projects, json!({"name": "Theirs"})).expect_status(201).json();
    let id = make(&stage, theirs["id"].as_str().unwrap(), &json!({}))["id"].as_str().unwrap().to_owned();
    let mia = stage.person("mia", "viewer");
    for path in ["", "/versions", "/history", "/results"] {
        let stranger = mia.get(&format!("/api/v1/tests/{id}{path}"));
        assert_eq!(stranger.status, 404, "{path}: {}", stranger.text());
    }
}

#[test]
fn test_is_written_as_code_for_each_tool_and_a_foreign_language_is_refused() {
    let (stage, project) = stage();
    let made = make(&stage, &project, &json!({"name": "It's \"new\""}));
    let id = made["id"].clone();
    let formats = stage.owner.get("/api/v1/export/formats").expect_status(200).json();
    assert!(formats["total"].as_u64().is_some_and(|n| n >= 4), "{formats}");
    for tool in ["playwright", "cypress", "selenium", "puppeteer"] {
        let done = stage.owner.post(&format!("/api/v1/export/{tool}"), json!({"test_id": id})).expect_status(200).json();
        assert_eq!((&done["success"], &done["framework"]), (&json!(true), &json!(tool)), "{done}");
        assert!(!done["code"].as_str().unwrap().is_empty() && !done["filename"].as_str().unwrap().is_empty(), "{done}");
    }
    let cobol = stage.owner.post("/api/v1/export/cypress", json!({"test_id": id, "language": "cobol"}));
    assert_eq!((cobol.status, cobol.json()["code"].clone()), (400, json!("language_not_offered")), "{}", cobol.text());
    let both = stage.owner.post("/api/v1/export/playwright", json!({"test_ids": [id, id]})).expect_status(200).json();
    assert_eq!(both["files"].as_array().map(Vec::len), Some(2), "{both}");
    let zip = stage.owner.post("/api/v1/export/playwright", json!({"test_ids": [id, id], "output_format": "zip"})).expect_status(200);
    assert_eq!((zip.header("content-type"), zip.body.starts_with(b"PK")), (Some("application/zip"), true));
    assert!(zip.header("content-disposition").is_some_and(|name| name.contains("playwright-tests.zip")));
}

#[test]
fn chat_does_commands_with_the_rights_of_its_person_and_can_be_heard_again() {
    let (stage, project) = stage();
    make(&stage, &project, &json!({"name": "Sign in", "tags": ["smoke"]}));
    let say = |client: &Client, thread: &str, message: &str| {
        client.post("/api/v1/stream/chat", json!({"message": message, "thread_id": thread, "project_id": project}))
    };
    let listed = say(&stage.owner, "t1", "please list tests tag smoke").expect_status(200).text();
    for part in [
        "event: ack",
        "event: tool_call",
        "listTests",
        "event: tool_result",
        "test_list",
        "Sign in",
        "event: complete",
        "\"is_fallback\":false",
    ] {
        assert!(listed.contains(part), "{part}: {listed}");
    }
    let lost = say(&stage.owner, "t1", "rn tst sign in").expect_status(200).text();
    assert!(lost.contains("\"is_fallback\":true") && lost.contains("run test") && lost.contains("\"message_count\":4"), "{lost}");
    assert!(!lost.contains("listTests"), "only this turn: {lost}");
    let made = say(&stage.owner, "t1", "create test: go to /login.html; click Sign in").expect_status(200).text();
    assert!(made.contains("test_preview"), "{made}");
    assert_eq!(stage.owner.get("/api/v1/tests").expect_status(200).json()["total"], 2);

    let all = stage.owner.get("/api/v1/stream/chat/t1").expect_status(200).text();
    assert_eq!((all.matches("event: ack").count(), all.matches("event: complete").count()), (3, 3), "{all}");
    let last = all.lines().filter_map(|l| l.strip_prefix("id: ").or_else(|| l.strip_prefix("id:"))).next_back().unwrap().trim().to_owned();
    let rest = stage.owner.request("GET", "/api/v1/stream/chat/t1").header("Last-Event-ID", &last).send().expect_status(200).text();
    assert!(!rest.contains("event: ack"), "{rest}");
    assert_eq!(stage.owner.get("/api/v1/stream/chat/none").status, 404);
    let mia = stage.person("mia", "viewer");
    assert!([403, 404].contains(&mia.get("/api/v1/stream/chat/t1").status), "a thread is its person's");
    assert_eq!(say(&mia, "t1", "help").status, 403);
    for (thread, message, field) in [("", "help", "thread_id"), ("t2", " ", "message")] {
        let refused = say(&stage.owner, thread, message);
        assert!(refused.status == 422 && refused.text().contains(field), "{}", refused.text());
    }
}

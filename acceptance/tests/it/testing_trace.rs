//! What a run will be before it starts, and what its trace tells of it afterwards, part by part and to its own people alone.

use argos_peers::fixture_site::{PASSWORD, USER};
use argos_peers::{Client, FixtureSite};
use serde_json::json;

use crate::faults::{SmallDisk, skip};
use crate::stage::Stage;
use crate::testing_runs::{Shop, config};

/// A project of an organization that not everybody belongs to, opened for the fixture site.
fn project_apart(owner: &Client, site: &FixtureSite) -> String {
    let acme = owner.post("/api/v1/organizations", json!({"name": "Acme"})).expect_status(200).json();
    let projects = format!("/api/v1/organizations/{}/projects", acme["id"].as_str().unwrap());
    let made = owner.post(&projects, json!({"name": "Apart", "app_url": site.url("")})).expect_status(201).json();
    let id = made["id"].as_str().unwrap().to_owned();
    let settings = json!({"allowed_hosts": ["127.0.0.1"], "retries": 0, "secrets": {"password": PASSWORD}, "base_url": {"staging": site.url("/login.html")}});
    owner.put(&format!("/api/v1/projects/{id}/settings"), settings).expect_status(200);
    id
}

fn told_before(owner: &Client, project: &str, test: &str) {
    let of = owner.get(&format!("/api/v1/projects/{project}/run-settings")).expect_status(200).json();
    assert_eq!((&of["inherited"]["retries"], &of["effective"]["retries"]), (&json!(2), &json!(0)), "{of}");
    assert!(of["own"].as_array().unwrap().contains(&json!("retries")) && !of.to_string().contains(PASSWORD), "{of}");
    let body = json!({"project_id": project, "environment": "staging", "trace": "on", "retries": 3, "parallel": 4});
    let plan = owner.post("/api/v1/run/preview", body).expect_status(200).json();
    assert_eq!((&plan["total"], &plan["tests"][0]["id"], &plan["manner"]["retries"]), (&json!(1), &json!(test), &json!(3)), "{plan}");
    assert!(plan["app_url"].as_str().is_some_and(|url| url.ends_with("/login.html")) && plan["manner"]["trace"] == "on", "{plan}");
    let none = owner.post("/api/v1/run/preview", json!({"project_id": project, "tags": ["nothing"]}));
    assert_eq!((none.status, none.json()["code"].clone()), (400, json!("nothing_selected")));
    let runs = owner.get(&format!("/api/v1/runs?project_id={project}")).expect_status(200).json();
    assert_eq!(runs["total"], 0, "a preview starts nothing");
}

#[test]
fn trace_is_told_part_by_part_and_to_its_own_organization_alone() {
    let (stage, site) = (Stage::on(config()), FixtureSite::start());
    let owner = &stage.owner;
    let project = project_apart(owner, &site);
    let steps = json!([
        {"action": "goto", "target": "/login.html"},
        {"action": "fill", "target": "#email", "value": USER},
        {"action": "fill", "target": "#password", "value": "{{password}}"},
        {"action": "click", "target": "role=button[name=\"Sign in\"]"},
        {"action": "assert", "assertion_type": "url_contains", "value": "/dashboard", "timeout": 3000},
    ]);
    let made = owner.post("/api/v1/tests", json!({"project_id": project, "name": "Sign in", "steps": steps})).expect_status(200).json();
    let test = made["id"].as_str().unwrap();
    told_before(owner, &project, test);

    let run = owner
        .post(&format!("/api/v1/tests/{test}/run"), json!({"wait": true, "trace": "on", "screenshot_mode": "on"}))
        .expect_status(200)
        .json();
    assert_eq!(run["status"], "passed", "{run}");
    let trace = format!("/api/v1/artifacts/{}/trace", run["trace_artifact_id"].as_str().unwrap());
    let told = owner.get(&format!("{trace}?limit=2&offset=1")).expect_status(200).json();
    assert_eq!((&told["total"], told["steps"].as_array().map(Vec::len)), (&json!(5), Some(2)), "{told}");
    assert_eq!(told["steps"][0]["result"]["action"], "fill", "{told}");

    let part = |name: &str| owner.get(&format!("{trace}/part?name={name}"));
    let document = part(told["steps"][1]["after"].as_str().unwrap()).expect_status(200);
    assert_eq!(
        (document.header("content-type"), document.header("x-frame-options")),
        (Some("text/html; charset=utf-8"), Some("SAMEORIGIN"))
    );
    assert!(document.header("content-security-policy").is_some_and(|policy| policy.starts_with("sandbox; default-src 'none'")));
    let text = document.text();
    assert!(text.contains(&format!("value=\"{USER}\"")) && !text.contains(PASSWORD) && !text.contains("<script"), "{text}");
    let picture = part(told["steps"][1]["screenshot"].as_str().unwrap()).expect_status(200);
    assert_eq!(picture.header("content-type"), Some("image/jpeg"));
    let tree = part(told["steps"][0]["accessibility"].as_str().unwrap()).expect_status(200).json();
    let field = tree["nodes"].as_array().unwrap().iter().find(|node| node["role"] == "textbox" && node["value"] == USER);
    assert!(field.is_some() && !tree.to_string().contains(PASSWORD), "{tree}");
    let pages = [&told["steps"][0]["page"], &told["steps"][1]["page"]];
    assert!(pages[0].is_string() && pages[0] != pages[1], "the second field was filled in between: {pages:?}");
    for name in ["trace.json", "network.har", "axtree/tree.json", "dom/../trace.json", "dom/999-after.html", ""] {
        assert_eq!(part(name).status, 404, "{name}");
    }

    let requests = owner.get(&format!("{trace}/requests?q=LOGIN.html&kind=document&step=0")).expect_status(200).json();
    let first = &requests["requests"][0];
    assert_eq!((&first["method"], &first["status"], &first["step"]), (&json!("GET"), &json!(200), &json!(0)), "{requests}");
    assert!(requests["all"].as_u64() >= requests["total"].as_u64() && requests["kept"] == true, "{requests}");
    let one = owner.get(&format!("{trace}/requests/{}", first["n"])).expect_status(200).json();
    assert_eq!(one["request"]["url"], first["url"], "{one}");
    assert_eq!(owner.get(&format!("{trace}/requests/99999")).status, 404);
    let began = first["started_ms"].as_f64().unwrap().floor();
    let of =
        |span: &str| owner.get(&format!("{trace}/requests?q=login.html&kind=document&{span}")).expect_status(200).json()["total"].clone();
    assert_eq!((of(&format!("from_ms={began}&to_ms={}", began + 1.0)), of(&format!("to_ms={}", began - 1.0))), (json!(1), json!(0)));
    owner.get(&format!("{trace}/console")).expect_status(200);

    // A picture is no trace, and to others nothing of it is there.
    let screenshot = run["step_results"][0]["screenshot"].as_str().unwrap();
    assert_eq!(owner.get(&format!("/api/v1/artifacts/{screenshot}/trace")).status, 404);
    let mia = stage.person("mia", "viewer");
    for path in ["", "/requests", "/requests/0", "/console", "/part?name=dom/000-after.html"] {
        let stranger = mia.get(&format!("{trace}{path}"));
        assert_eq!(stranger.status, 404, "{path}: {}", stranger.text());
    }
    assert_eq!(mia.get(&format!("/api/v1/projects/{project}/run-settings")).status, 404);
}

#[test]
fn run_whose_evidence_finds_no_room_keeps_its_results_and_says_so() {
    let config = config();
    let artifacts = config.scratch().join("own").join("artifacts");
    let disk = match SmallDisk::mount(&artifacts, "8k") {
        Ok(disk) => disk,
        Err(reason) => return skip(&reason),
    };
    let shop = Shop::on(config.data_dir(artifacts.parent().unwrap()));
    let test = shop.test("Look", &json!([{"action": "goto", "target": "/shop.html"}, {"action": "screenshot"}]));
    let run = shop.run(&test, &json!({"trace": "on", "screenshot_mode": "on"}));
    assert_eq!((&run["status"], run["step_results"].as_array().map(Vec::len)), (&json!("passed"), Some(2)), "{run}");
    let said = run["warnings"].as_array().unwrap();
    for what in ["picture of a step", "trace"] {
        let text = format!("The {what} was not kept: the disk is full");
        assert!(said.contains(&json!(text)), "{what}: {said:?}");
    }
    assert!(run["trace_artifact_id"].is_null() && run["final_screenshot_url"].is_null(), "{run}");
    // With room again the next run keeps what it shows.
    drop(disk);
    let run = shop.run(&test, &json!({"screenshot_mode": "on"}));
    assert!(run["step_results"][1]["screenshot_url"].is_string() && run["warnings"] == json!([]), "{run}");
}

//! Quality scenario 16: a test that is run with each row of its data.

use argos_peers::fixture_site::{PASSWORD, USER};
use serde_json::{Value, json};

use crate::testing_runs::Shop;

/// Signs in with what a row says and lands where it says.
fn sign_in() -> Value {
    json!([
        {"action": "goto", "target": "/login.html"},
        {"action": "fill", "target": "#email", "value": "{{email}}"},
        {"action": "fill", "target": "#password", "value": "{{password}}"},
        {"action": "click", "target": "role=button[name=\"Sign in\"]"},
        {"action": "assert", "assertion_type": "url_contains", "value": "{{lands}}", "timeout": 3000},
    ])
}

/// Quality scenario 16.
#[test]
fn three_rows_of_which_one_is_wrong_pass_twice_and_name_the_wrong_one() {
    let shop = Shop::open();
    let owner = &shop.stage.owner;
    let csv = format!("email,password,lands,use\n{USER},{PASSWORD},/dashboard,yes\n{USER},wrong,/dashboard,yes\n{USER},x,/nowhere,no\n");
    let source = json!({"content": csv, "filter": "use"});
    let body = json!({"project_id": shop.project, "name": "Sign in", "steps": sign_in(), "data_source_type": "csv",
                      "data_source_config": source, "iteration_mode": "parallel", "max_parallel": 2});
    let test = owner.post("/api/v1/parameterized/tests", body).expect_status(201).json();
    let path = format!("/api/v1/parameterized/tests/{}", test["id"].as_str().unwrap());
    let refused = json!({"values": {"email": USER, "password": "wrong", "lands": "/login"}, "name": "Refused"});
    owner.post(&format!("{path}/parameter-sets"), refused).expect_status(201);
    let skipped = json!({"values": {}, "name": "Later", "skip": true, "skip_reason": "not yet"});
    owner.post(&format!("{path}/parameter-sets"), skipped).expect_status(201);

    // Three rows, the one that is kept with the test first: parallel, and in their order.
    let dry = owner.post(&format!("{path}/execute?dry_run=1"), json!({})).expect_status(200).json();
    assert_eq!((&dry["status"], &dry["total_iterations"], &dry["result_id"]), (&json!("dry_run"), &json!(4), &Value::Null), "{dry}");
    let done = owner.post(&format!("{path}/execute"), json!({"retry_failed_iterations": 0})).expect_status(200).json();
    let counts = ["status", "passed", "failed", "skipped", "error"].map(|name| done[name].clone());
    assert_eq!(counts, [json!("failed"), json!(2), json!(1), json!(1), json!(0)], "{done}");
    let rows = done["iteration_results"].as_array().unwrap();
    let shown: Vec<_> = rows.iter().map(|r| (r["parameter_set_name"].as_str().unwrap(), r["status"].as_str().unwrap())).collect();
    assert_eq!(shown, [("Refused", "passed"), ("Later", "skipped"), ("row 1", "passed"), ("row 2", "failed")]);
    let first = &done["failure_summary"]["first_failure"];
    assert_eq!((&first["parameter_set"], &first["iteration_index"]), (&json!("row 2"), &json!(3)), "{done}");
    assert_eq!(done["failure_summary"]["error_groups"][0]["parameter_sets"], json!(["row 2"]));
    assert!(rows[3]["error_screenshot_url"].is_string() && rows[2]["step_results"].as_array().is_some_and(|s| s.len() == 5), "{done}");

    // It is a run like others: kept, and what failed of it can be run again.
    let run = done["result_id"].as_str().unwrap();
    let results = owner.get(&format!("{path}/results")).expect_status(200).json();
    assert_eq!((&results["total"], &results["results"][0]["result_id"]), (&json!(1), &json!(run)), "{results}");
    let names = owner.get(&format!("/api/v1/runs/{run}/results")).expect_status(200).json();
    assert_eq!(names["results"][3]["test_name"], "Sign in [row_2]", "{names}");
    let again = owner.post(&format!("/api/v1/runs/{run}/resume"), json!({"tests": "failed"})).expect_status(200).json();
    let again = again["run_id"].as_str().unwrap();
    let mut ended = Value::Null;
    argos_peers::wait_until("the rows to be run again", std::time::Duration::from_secs(180), || {
        ended = owner.get(&format!("/api/v1/runs/{again}")).expect_status(200).json();
        !matches!(ended["status"].as_str(), Some("pending" | "running"))
    });
    assert_eq!((&ended["failed_tests"], &ended["skipped_tests"], &ended["total_tests"]), (&json!(1), &json!(1), &json!(2)), "{ended}");

    // The rows are known before anything is run, and go with the test when it leaves.
    let asked = json!({"test": {"name": "Sign in", "steps": sign_in(), "parameter_sets": [{"email": "a", "odd": 1}]}});
    let judged = owner.post("/api/v1/parameterized/validate", asked.clone()).expect_status(200).json();
    assert_eq!(
        (&judged["valid"], &judged["missing_parameters"], &judged["unused_parameters"]),
        (&json!(false), &json!(["lands", "password"]), &json!(["odd"]))
    );
    let expanded = owner.post("/api/v1/parameterized/expand", asked).expect_status(200).json();
    assert_eq!(expanded["expanded_tests"][0]["steps"][1]["value"], "a", "{expanded}");
    let code = owner.post("/api/v1/export/playwright", json!({"parameterized_test_id": test["id"]})).expect_status(200).json();
    assert!(code["code"].as_str().unwrap().contains("for (const row of rows) {"), "{code}");
    let generate = |body: Value| owner.post("/api/v1/export/parameterized/generate", body);
    let code = generate(json!({"parameterized_test_id": test["id"], "language": "python"})).expect_status(200).json();
    assert_eq!((&code["parameter_count"], &code["framework"], &code["language"]), (&json!(4), &json!("playwright"), &json!("python")));
    assert!(code["parameter_names"].as_array().unwrap().contains(&json!("lands")) && code["filename"].as_str().unwrap().ends_with(".py"));
    let rowless = generate(json!({"test": {"name": "Sign in", "steps": sign_in()}}));
    assert_eq!((rowless.status, &rowless.json()["code"]), (400, &json!("no_parameter_sets")), "{}", rowless.text());
    assert_eq!(generate(json!({"framework": "cobol", "parameterized_test_id": test["id"]})).status, 400);
    // The same for tests that are given, named by language and framework.
    let given = json!({"id": "t-1", "name": "Sign in", "steps": sign_in()});
    let export = |what: &str, body: Value| owner.post(&format!("/api/v1/export/{what}"), body);
    let whole = export("generate", json!({"test": given, "framework": "puppeteer", "language": "javascript"})).expect_status(200).json();
    let lines = whole["code"].as_str().unwrap().lines().count();
    let seen = export("preview", json!({"test": given, "framework": "puppeteer", "language": "javascript"})).expect_status(200).json();
    assert_eq!((&seen["framework"], &seen["line_count"]), (&json!("puppeteer"), &json!(lines)), "{seen}");
    assert!(whole["code"].as_str().unwrap().starts_with(seen["preview"].as_str().unwrap().lines().next().unwrap()));
    let many = export("bulk", json!({"tests": [given, given], "framework": "selenium"})).expect_status(200).json();
    assert_eq!((&many["total_tests"], &many["files"][1]["test_id"]), (&json!(2), &json!("t-1")), "{many}");
    let names =
        |many: &Value| many["files"].as_array().unwrap().iter().map(|f| f["filename"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(names(&many), ["test_sign_in.py", "test_sign_in_2.py", "requirements.txt"]);
    let alone = json!({"tests": [given, given], "framework": "selenium-java", "page_object": true, "include_shared_utils": false});
    let alone = export("bulk", alone).expect_status(200).json();
    assert_eq!(names(&alone), ["SignInTest.java", "SignIn2Test.java"]);
    assert!(alone["files"][1]["code"].as_str().unwrap().contains("private final class Elements {"), "{alone}");
    let odd = export("generate", json!({"test": given, "base_url": "shop.test"}));
    assert_eq!((odd.status, odd.text().contains("base_url must begin with")), (422, true), "{}", odd.text());
    assert_eq!([export("generate", json!({})).status, export("bulk", json!({"tests": []})).status], [422, 422]);
    // A source that asks an address is a project's, and of those who may configure what it talks to.
    let asking = json!({"name": "Asks", "steps": sign_in(), "data_source": {"type": "api", "url": shop.site.url("/rows.json")}});
    let homeless = export("generate", json!({"test": asking}));
    assert_eq!((homeless.status, homeless.text().contains("an api source is a project's")), (422, true), "{}", homeless.text());
    let mut asking = asking;
    asking["project_id"] = json!(shop.project);
    let member = shop.stage.person("mia", "operator");
    for (what, body) in
        [("generate", json!({"test": asking})), ("bulk", json!({"tests": [asking]})), ("playwright", json!({"test": asking}))]
    {
        let refused = member.post(&format!("/api/v1/export/{what}"), body);
        assert_eq!((refused.status, refused.text().contains("integration:configure")), (403, true), "{what}: {}", refused.text());
    }
    let offered = owner.get("/api/v1/export/languages").expect_status(200).json();
    assert_eq!((&offered["total"], &offered["languages"][0]["name"]), (&json!(4), &json!("TypeScript")), "{offered}");
    assert_eq!(shop.stage.anonymous().get(&path).status, 401);
    owner.delete(&path).expect_status(204);
    assert_eq!(owner.get(&path).status, 404);
}

//! Quality scenario 20: a language model that talks nonsense changes no result of a test, one that helps is told with what it
//! cost, and its limits end the asking and not the run.

use argos_peers::fixture_site::{PASSWORD, USER};
use argos_peers::model_server::{Asked, ModelServer, Script};
use serde_json::{Value, json};

use crate::testing_runs::{Shop, config, sign_in};

const KEY: &str = "sk-test-abcdefghijklmnop-4712";

/// A shop whose server may ask a model that costs a tenth of a dollar for what it reads and nothing for what it says.
fn shop(server: &ModelServer) -> Shop {
    let config = config()
        .env("ARGOS_LLM_ENABLED", "true")
        .env("ARGOS_LLM_PROVIDER", "openai")
        .env("ARGOS_AI_BASE_URL_OPENAI", &server.url())
        .env("ARGOS_LLM_API_KEY", KEY)
        .env("ARGOS_LLM_MODEL", "own-model")
        .env("ARGOS_LLM_PRICE_INPUT", "1000")
        .env("ARGOS_LLM_PRICE_OUTPUT", "0");
    Shop::on(config)
}

fn allow(shop: &Shop, llm: &Value) {
    let path = format!("/api/v1/projects/{}/settings", shop.project);
    shop.stage.owner.put(&path, json!({ "llm": llm })).expect_status(200);
}

/// What a result says that must be the same with and without a model.
fn told(result: &Value) -> Value {
    let steps: Vec<Value> =
        result["step_results"].as_array().unwrap().iter().map(|s| json!([s["action"], s["status"], s["error_code"]])).collect();
    json!([result["status"], result["error_code"], result["failed_step_index"], steps])
}

fn warnings(result: &Value, step: usize) -> String {
    result["step_results"][step]["warnings"].to_string()
}

#[test]
fn model_that_talks_nonsense_changes_no_result_and_one_that_helps_is_told() {
    let server = ModelServer::start();
    let shop = shop(&server);
    let odd = shop.test("Odd words", &json!([{"action": "goto", "target": "/login.html"}, "please have the sign-in thing pushed down"]));
    // Neither its id nor its name is left: only likeness finds it, which is where a model is asked.
    let rename = "(b => { b.id = '{{button}}'; if (b.id === 'send') b.textContent = 'Sign on'; })(document.querySelector('button'))";
    let renamed = json!([
        {"action": "goto", "target": "/login.html"},
        {"action": "evaluate", "value": rename},
        {"action": "hover", "target": "#submit"},
    ]);
    let other = shop.test("Renamed too", &renamed);
    let renamed = shop.test("Renamed", &renamed);
    let plain = shop.test("Sign in", &sign_in(PASSWORD));
    let wrong = shop.test("Wrong password", &sign_in("wrong"));
    let run = |id: &str, button: &str| shop.run(id, &json!({"variables": {"button": button}}));
    run(&renamed, "submit");

    // Without a model: the project lets none hear of it.
    let before: Vec<Value> = [&odd, &plain, &wrong].map(|id| run(id, "submit")).into();
    assert_eq!(
        (&before[0]["error_code"], &before[0]["total_estimated_cost"]),
        (&json!("instruction_not_understood"), &json!(0.0)),
        "{}",
        before[0]
    );
    assert!(server.asked().is_empty(), "nobody was to be asked");

    // With one that answers nonsense.
    allow(&shop, &json!({"enabled": true, "model": "own-model"}));
    server.then([Script::Garbage, Script::Say("certainly, boss".to_owned())]);
    for _ in 0..2 {
        let now = run(&odd, "submit");
        assert_eq!(told(&now), told(&before[0]), "{now}");
        assert!(warnings(&now, 1).contains("model"), "{now}");
    }
    for (id, before) in [(&plain, &before[1]), (&wrong, &before[2])] {
        let now = run(id, "submit");
        assert_eq!((told(&now), &now["execution_mode"]), (told(before), &json!("standard")), "{now}");
    }
    server.then([Script::Say("{\"best\":7,\"confidence\":1}".to_owned())]);
    let healed = run(&renamed, "send");
    assert_eq!((&healed["status"], &healed["healed"]), (&json!("passed"), &json!(true)), "rules are as sure as without it: {healed}");

    // With one that helps: it is told, counted, and asked for the model the project named, with no more than it needs.
    let asked = server.asked().len();
    server.then([Script::Say("{\"sentence\":\"click the Sign in button\"}".to_owned())]);
    let helped = run(&odd, "submit");
    assert_eq!((&helped["status"], &helped["execution_mode"]), (&json!("passed"), &json!("hybrid")), "{helped}");
    assert!(warnings(&helped, 1).contains("click the Sign in button"), "{helped}");
    // A hundred tokens at a thousand dollars for a million.
    assert_eq!((&helped["step_results"][1]["estimated_cost"], &helped["total_estimated_cost"]), (&json!(0.1), &json!(0.1)), "{helped}");
    let status = format!("/api/v1/stream/status/{}", helped["run_id"].as_str().unwrap());
    assert_eq!(shop.stage.owner.get(&status).expect_status(200).json()["state_summary"]["total_cost"], 0.1);
    let question = server.asked()[asked].body.to_string();
    assert!(question.contains("own-model") && question.contains("Sign in") && question.contains("Remember me"), "{question}");

    // A model that takes another one for the element: nothing is put in its place.
    run(&other, "submit");
    server.then([Script::Say("{\"best\":null,\"confidence\":0.9}".to_owned())]);
    let doubted = run(&other, "send");
    assert_eq!((&doubted["status"], &doubted["healed"]), (&json!("failed"), &json!(false)), "{doubted}");

    // Spent: the model is not asked any more, and the run goes on without it.
    shop.stage.owner.put("/api/settings/quality.cost_limit_per_test", json!({"value": "0.05"})).expect_status(200);
    let twice =
        shop.test("Odd words twice", &json!([{"action": "goto", "target": "/login.html"}, "is there that thing", "and another thing"]));
    let asked = server.asked().len();
    server.then([Script::Say("{\"sentence\":\"verify Remember me is visible\"}".to_owned())]);
    let spent = run(&twice, "submit");
    assert_eq!((&spent["failed_step_index"], &spent["error_code"]), (&json!(2), &json!("instruction_not_understood")), "{spent}");
    assert!(warnings(&spent, 2).contains("The test's budget is spent") && server.asked().len() == asked + 1, "{spent}");
}

#[test]
fn test_is_written_by_a_model_that_saw_the_page_and_by_sentences_where_it_talks_nonsense() {
    let server = ModelServer::start();
    let shop = shop(&server);
    allow(&shop, &json!({"enabled": true}));
    let describe = |text: &str| {
        let body =
            json!({"project_id": shop.project, "description": text, "app_url": shop.site.url("/login.html"), "context": "members only"});
        shop.stage.owner.post("/api/v1/tests/create", body).expect_status(200).json()
    };
    let steps = json!([{"action": "goto", "target": "/login.html"}, {"action": "fill", "target": "label=\"E-mail\"", "value": USER},
                       {"action": "fill", "target": "label=\"Password\"", "value": PASSWORD}, {"action": "click", "target": "role=button[name=\"Sign in\"]"}]);
    let written = json!({"name": "Members sign in", "steps": steps, "assertions": [{"type": "url_contains", "expected": "/dashboard"}]});
    server.then([Script::Say(format!("Here it is: {written}"))]);
    let made = describe("A member can sign in");
    let asked = server.asked().remove(0).body.to_string();
    assert!(asked.contains("members only") && asked.contains("Sign in") && asked.contains("E-mail"), "{asked}");
    assert_eq!((&made["test"]["name"], &made["test"]["source"]), (&json!("Members sign in"), &json!("generated")), "{made}");
    assert!(made["original_nlp_output"].as_str().is_some_and(|o| o.starts_with("Here it is")), "{made}");
    let ran = shop.run(made["test"]["id"].as_str().unwrap(), &json!({}));
    assert_eq!(ran["status"], "passed", "{ran}");

    server.then([Script::Say(json!({"steps": [{"action": "evaluate", "value": "fetch('/steal')"}]}).to_string())]);
    let refused = describe("Click Sign in");
    let steps = refused["test"]["steps"].as_array().unwrap();
    assert!(steps.len() == 2 && steps.iter().all(|s| s["action"] != "evaluate"), "{refused}");
    assert!(refused["warnings"].to_string().contains("no test"), "{refused}");
}

/// The words of a question and the bytes of its picture, as the chat format has them.
fn shown(asked: &Asked) -> (String, String) {
    let parts = &asked.body["messages"][1]["content"];
    let text = parts[1]["text"].as_str().unwrap_or_else(|| panic!("no words: {parts}")).to_owned();
    (text, parts[0]["image_url"]["url"].as_str().unwrap_or_else(|| panic!("no picture: {parts}")).to_owned())
}

#[test]
fn element_that_a_model_sees_in_a_picture_is_used_where_the_step_agrees_and_nothing_else_is() {
    let server = ModelServer::start();
    let shop = shop(&server);
    let point = |x: u32, y: u32| Script::Say(format!("It is there: {{\"x\":{x},\"y\":{y},\"confidence\":0.95}}"));
    let press = |target: &str| {
        json!([{"action": "goto", "target": "/sight.html"},
               {"action": "click", "target": target, "timeout": 500, "execution": {"retries": 0, "use_vision": true}},
               {"action": "assert", "type": "text_equals", "target": "#log", "expected": "Sign in;"}])
    };
    let (right, wrong) = (shop.test("Seen", &press("#sign-in-now")), shop.test("Not meant", &press("#sign-in-to-account")));
    let run = |id: &str| shop.run(id, &json!({"retries": 0, "viewport": {"width": 1280, "height": 720}}));

    // No model may hear of the project: the step fails as it would, and says why nothing was looked at.
    let alone = run(&right);
    assert_eq!(
        (&alone["status"], &alone["error_code"], &alone["total_vision_attempts"]),
        (&json!("failed"), &json!("element_not_found"), &json!(0)),
        "{alone}"
    );
    assert!(warnings(&alone, 1).contains("did not help") && server.asked().is_empty(), "{alone}");

    allow(&shop, &json!({"enabled": true, "model": "own-model"}));
    server.then([point(200, 120)]);
    let seen = run(&right);
    let step = &seen["step_results"][1];
    assert_eq!(
        (&seen["status"], &seen["execution_mode"], &step["mode_used"], &step["fallback_level"]),
        (&json!("passed"), &json!("vision"), &json!("vision"), &json!("vision_fallback")),
        "{seen}"
    );
    assert_eq!(
        (&seen["total_vision_attempts"], &seen["vision_fallback_count"], &step["vision_attempts"], &step["fallback_triggered"]),
        (&json!(1), &json!(1), &json!(1), &json!(true)),
        "{seen}"
    );
    assert!((seen["fallback_rate"].as_f64().unwrap() - 1.0 / 3.0).abs() < 1e-9, "{seen}");
    // A hundred tokens at a thousand dollars for a million.
    assert_eq!(
        (&step["estimated_cost"], &seen["total_estimated_cost"], &step["vision"]["cost_usd"]),
        (&json!(0.1), &json!(0.1), &json!(0.1)),
        "{seen}"
    );
    assert_eq!((&step["vision"]["at"], &step["vision"]["area"]), (&json!([200.0, 120.0]), &json!([100.0, 100.0, 200.0, 40.0])), "{step}");
    let (text, picture) = shown(&server.asked()[0]);
    assert!(text.contains("1280 pixels wide and 720 pixels high") && text.contains("#sign-in-now"), "{text}");
    assert!(picture.starts_with("data:image/jpeg;base64,/9j/"), "{}", &picture[..40]);
    let kept = shop.stage.owner.get(step["vision_picture_url"].as_str().unwrap()).expect_status(200);
    assert!(kept.body.starts_with(b"\xFF\xD8"), "what it was shown is kept");

    // Nothing there; a button that destroys something; an answer that is none; one that points outside.
    let cases = [
        (&right, Script::Say("{\"x\":null,\"y\":null,\"confidence\":0.9}".to_owned()), "sees no such element"),
        (&wrong, point(500, 120), "destroys something"),
        (&right, Script::Say("left of the middle".to_owned()), "could not be read"),
        (&right, point(5000, 120), "sees no such element"),
        (&right, Script::Fail(400), "HTTP 400"),
    ];
    for (test, script, why) in cases {
        server.then([script]);
        let refused = run(test);
        let step = &refused["step_results"][1];
        assert_eq!(
            (&refused["status"], &refused["error_code"], &step["mode_used"]),
            (&json!("failed"), &json!("element_not_found"), &json!("dom")),
            "{refused}"
        );
        assert_eq!((&refused["total_vision_attempts"], &refused["vision_fallback_count"]), (&json!(1), &json!(0)), "{why}: {refused}");
        assert!(warnings(&refused, 1).contains(why) && step["vision"]["why_not"].as_str().unwrap().contains(why), "{why}: {refused}");
    }
    // A run may leave it out of a test that says nothing, and a word that is none is refused by name.
    let body = json!({"execution_mode": "psychic"});
    let error = shop.stage.owner.post(&format!("/api/v1/tests/{right}/run"), body).expect_status(422).json();
    assert!(error.to_string().contains("execution_mode"), "{error}");

    // A model that is known to look at no pictures is not asked.
    allow(&shop, &json!({"enabled": true, "provider": "ollama", "model": "llama3.2"}));
    let asked = server.asked().len();
    let blind = run(&right);
    assert!(warnings(&blind, 1).contains("llama3.2 takes no pictures") && server.asked().len() == asked, "{blind}");
}

//! Nodes scenario 19: proposals of a model in fences, raw or in prose are read and checked; plain sentences need no model.

use argos_peers::model_server::{ModelServer, Script};
use argos_peers::{ArgosConfig, Client, MediaNode};
use serde_json::{Value, json};

use crate::node_link::{register, wait_status};
use crate::stage::{Stage, assert_error};

fn generate(who: &Client, prompt: &str, node: Option<&str>) -> argos_peers::Response {
    who.post("/api/v1/ai/generate-config", json!({ "prompt": prompt, "node_id": node }))
}

fn flow(port: u32) -> Value {
    json!({ "id": "f1", "name": "F1", "input": { "type": "udp", "bind_addr": format!("127.0.0.1:{port}") }, "outputs": [] })
}

#[test]
fn proposals_are_read_from_fences_flows_and_prose_and_bad_ones_are_marked() {
    let server = ModelServer::start();
    let config = ArgosConfig::new().env("ARGOS_LLM_ENABLED", "true").env("ARGOS_LLM_PROVIDER", "openai");
    let stage = Stage::on(config.env("ARGOS_AI_BASE_URL_OPENAI", &server.url()).env("ARGOS_LLM_API_KEY", "sk-test-abcdefghijklmnop-4711"));
    let (id, token) = register(&stage.owner, "edge-1", "edge");
    let edge = MediaNode::edge(stage.argos.address(), &token);
    edge.set_config("inputs", json!([{ "id": "i", "name": "I", "type": "srt", "passphrase": "very-secret-1" }]));
    edge.set_config("flows", json!([{ "id": "old", "name": "Old", "input_ids": ["i"], "output_ids": [] }]));
    wait_status(&stage.owner, &id, "online");
    let fenced = format!("```json\n{}\n```", json!({ "action": "create_flow", "flow": flow(5600), "message": "m" }));
    let say = |text: String| Script::Say(text);
    server.then([say(fenced), say(flow(5601).to_string()), say("I would rather not.".to_owned()), say(flow(70_000).to_string())]);
    let answer = generate(&stage.owner, "a flow please", Some(&id)).expect_status(200).json();
    assert_eq!(
        (&answer["success"], &answer["config"]["action"], &answer["validation"]["valid"]),
        (&json!(true), &json!("create_flow"), &json!(true))
    );
    let asked = server.asked().remove(0).body.to_string();
    assert!(asked.contains("Old") && !asked.contains("very-secret-1"), "flows are sent along without secrets: {asked}");
    let raw = generate(&stage.owner, "another", Some(&id)).expect_status(200).json();
    assert_eq!((&raw["config"]["action"], &raw["config"]["message"]), (&json!("create_flow"), &json!("Generated flow configuration")));
    let prose = generate(&stage.owner, "hm", None).expect_status(200).json();
    assert_eq!(prose["config"], json!({ "action": "info", "message": "I would rather not." }));
    let bad = generate(&stage.owner, "a bad one", Some(&id)).expect_status(200).json();
    assert_eq!((&bad["validation"]["valid"], bad["validation"]["errors"].as_array().unwrap().len()), (&json!(false), 1));
    assert!(edge.config()["flows"].as_array().unwrap().len() == 1, "nothing is applied by itself");
    // Questions come with what the person may see of the fleet.
    server.then([say("All is well.".to_owned()), say("Look at the clock.".to_owned())]);
    let said = stage.owner.post("/api/v1/ai/query", json!({ "query": "how is the fleet?" })).expect_status(200).json();
    assert_eq!(said, json!({ "success": true, "response": "All is well." }));
    stage.owner.post("/api/v1/ai/analyze", json!({ "description": "odd", "node_id": id })).expect_status(200);
    let asked: Vec<String> = server.asked().iter().map(|a| a.body.to_string()).collect();
    let [query, analyze] = asked.last_chunk().unwrap();
    assert!(query.contains("edge-1") && query.contains("Node connected to manager") && !query.contains("asked_about"), "{query}");
    assert!(analyze.contains("asked_about") && !analyze.contains("very-secret-1"), "{analyze}");
}

#[test]
fn plain_sentence_is_built_without_a_model_and_other_words_need_one() {
    let stage = Stage::start();
    let built = generate(&stage.owner, "srt listener 9000 to udp 239.1.1.1:5000", None).expect_status(200).json();
    assert_eq!((&built["source"], &built["validation"]["valid"]), (&json!("builder"), &json!(true)));
    assert_eq!(built["config"]["flow"]["input"], json!({ "type": "srt", "mode": "listener", "local_addr": "0.0.0.0:9000" }));
    let refused = assert_error(&generate(&stage.owner, "make it nicer", None), 400, "llm_not_configured");
    assert_eq!(refused["success"], false);
    assert_eq!(generate(&stage.owner, &"x".repeat(10_001), None).status, 400);
}

//! Proposals of an assistant: read from whatever a model answered, checked before anybody may apply them, and built from
//! plain sentences without a model. Nothing here applies anything.

use serde_json::{Map, Value, json};

use crate::cut;
use crate::flow::{check, find_flow};

const ACTIONS_MAX: usize = 20;
/// What every tunnel needs.
const TUNNEL: [&str; 7] = ["name", "protocol", "mode", "ingress_node_id", "ingress_listen_port", "egress_node_id", "egress_forward_addr"];

/// What a model must know of the envelope.
pub const RULES: &str = "Answer with one JSON object and nothing else: {\"action\": A, \"message\": one sentence for people, ...}. \
A is create_flow {flow}, update_flow {flow: complete, with the same id}, delete_flow, start_flow, stop_flow or restart_flow {flow_id}, \
add_output {flow_id, output: {type, id, name, ...}}, remove_output {flow_id, output_id}, \
create_tunnel {tunnel: {name, protocol tcp|udp, mode relay|direct, ingress_node_id, ingress_listen_port, egress_node_id, egress_forward_addr, \
relay_node_id or relay_addr in mode relay, egress_peer_addr in mode direct}} between two edges, delete_tunnel {tunnel_id}, info {}, or multiple {actions: [envelopes without nesting, at most 20]}. \
A flow is {id, name, input: {type, ...}, outputs: [{type, id, name, ...}]}. Input types: udp and rtp {bind_addr}, srt {mode caller|listener|rendezvous, \
local_addr for listener, remote_addr for caller}, rist {bind_addr, even port}, rtmp {listen_addr}, rtsp {rtsp_url}, test_pattern {}. \
Output types: udp and rtp {dest_addr}, srt as the input, rist {remote_addr, even port}, rtmp {dest_url, stream_key}, hls {ingest_url}. Addresses are literal IP:port.";

/// The envelope in an answer; prose becomes an `info`.
#[must_use]
pub fn read(answer: &str) -> Value {
    let text = answer.trim();
    let inner = text.strip_prefix("```").and_then(|rest| rest.split_once('\n')).map_or(text, |(_, rest)| rest);
    let inner = inner.trim_end().strip_suffix("```").unwrap_or(inner).trim();
    match serde_json::from_str::<Value>(inner) {
        Ok(value) if value.get("action").is_some_and(Value::is_string) => value,
        Ok(value) if value.get("id").is_some() && value.get("input").is_some() => {
            json!({ "action": "create_flow", "flow": value, "message": "Generated flow configuration" })
        }
        Ok(value) if value.is_object() || value.is_array() => value,
        _ => json!({ "action": "info", "message": cut(text, 20_000) }),
    }
}

/// What is wrong with an envelope; empty = it may be offered.
#[must_use]
pub fn judge(envelope: &Value, config: Option<&Value>, capabilities: &[String]) -> Vec<String> {
    let mut errors = Vec::new();
    if envelope.get("action").and_then(Value::as_str) == Some("multiple") {
        let actions = envelope.get("actions").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        if actions.is_empty() || actions.len() > ACTIONS_MAX {
            errors.push(format!("actions must hold 1 to {ACTIONS_MAX} envelopes"));
        }
        for (index, action) in actions.iter().take(ACTIONS_MAX).enumerate() {
            one(action, config, capabilities, &format!("actions[{index}]."), &mut errors);
        }
        return errors;
    }
    one(envelope, config, capabilities, "", &mut errors);
    errors
}

fn one(envelope: &Value, config: Option<&Value>, capabilities: &[String], at: &str, errors: &mut Vec<String>) {
    let Some(action) = envelope.get("action").and_then(Value::as_str) else {
        return errors.push(format!("{at}action is missing"));
    };
    let needs: &[&str] = match action {
        "create_flow" | "update_flow" => &["flow"],
        "delete_flow" | "start_flow" | "stop_flow" | "restart_flow" => &["flow_id"],
        "add_output" => &["flow_id", "output"],
        "remove_output" => &["flow_id", "output_id"],
        "create_tunnel" => &["tunnel"],
        "delete_tunnel" => &["tunnel_id"],
        "info" => &["message"],
        other => return errors.push(format!("{at}action '{}' is not known", cut(other, 64))),
    };
    let missing: Vec<_> = needs.iter().filter(|name| envelope.get(**name).is_none_or(Value::is_null)).collect();
    errors.extend(missing.iter().map(|name| format!("{at}{name} is missing")));
    if let Some(tunnel) = envelope.get("tunnel").filter(|_| action == "create_tunnel") {
        let way: &[&str] = match tunnel.get("mode").and_then(Value::as_str) {
            Some("direct") => &["egress_peer_addr"],
            _ if tunnel.get("relay_addr").is_some() => &[],
            _ => &["relay_node_id"],
        };
        let absent = |name: &&&str| tunnel.get(**name).is_none_or(Value::is_null);
        errors.extend(TUNNEL.iter().chain(way).filter(absent).map(|name| format!("{at}tunnel.{name} is missing")));
    }
    if let Some(flow) = envelope.get("flow").filter(|_| action.ends_with("_flow")) {
        errors.extend(check(flow, None, capabilities).errors.into_iter().map(|e| format!("{at}flow.{}: {}", e.path, e.message)));
        let id = flow.get("id").and_then(Value::as_str).unwrap_or_default();
        let known = config.map(|c| find_flow(c, id).is_some());
        match (action, known) {
            ("create_flow", Some(true)) => errors.push(format!("{at}flow '{id}' is on the node already")),
            ("update_flow", Some(false)) => errors.push(format!("{at}flow '{id}' is not on the node")),
            _ => {}
        }
    }
    if let (Some(id), Some(config)) = (envelope.get("flow_id").and_then(Value::as_str), config) {
        match find_flow(config, id) {
            None => errors.push(format!("{at}flow '{}' is not on the node", cut(id, 64))),
            Some(flow) if action == "remove_output" => {
                let output = envelope.get("output_id").and_then(Value::as_str).unwrap_or_default();
                let listed = |list: &str, of: fn(&Value) -> Option<&str>| {
                    flow.get(list).and_then(Value::as_array).is_some_and(|l| l.iter().filter_map(of).any(|own| own == output))
                };
                if !listed("output_ids", Value::as_str) && !listed("outputs", |o| o.get("id").and_then(Value::as_str)) {
                    errors.push(format!("{at}output '{}' is not in flow '{id}'", cut(output, 64)));
                }
            }
            Some(_) => {}
        }
    }
}

/// Builds a flow from a sentence such as "srt listener 9000 to udp 239.1.1.1:5000 and rtmp://live/app key abc": the first
/// part is the input, the others are outputs. `None` when it is not understood.
#[must_use]
pub fn build(sentence: &str) -> Option<Value> {
    let lower = sentence.trim().trim_end_matches('.').to_owned();
    let (source, targets) = ["->", "→", " to ", " TO ", " To "].iter().find_map(|word| lower.split_once(word))?;
    let input = part(source, true)?;
    let mut outputs = Vec::new();
    for (index, text) in targets.split([',', ';']).flat_map(|t| t.split(" and ")).filter(|t| !t.trim().is_empty()).enumerate() {
        let mut output = part(text, false)?;
        output.insert("id".to_owned(), json!(format!("out{}", index + 1)));
        let kind = output.get("type").and_then(Value::as_str).unwrap_or_default().to_uppercase();
        output.insert("name".to_owned(), json!(format!("{kind} {}", index + 1)));
        outputs.push(Value::Object(output));
    }
    let kind = input.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    let port = |v: &Value| v.as_str()?.rsplit_once(':')?.1.parse::<u16>().ok();
    let tail = input.values().find_map(port).map(|port| port.to_string()).unwrap_or_default();
    let id = if tail.is_empty() { kind.clone() } else { format!("{kind}-{tail}") };
    for output in &mut outputs {
        if let Some(own) = output.get("id").and_then(Value::as_str).map(|own| format!("{id}-{own}")) {
            output["id"] = json!(own);
        }
    }
    if outputs.is_empty() {
        return None;
    }
    let flow = json!({ "id": id, "name": format!("{} {tail}", kind.to_uppercase()).trim(), "input": input, "outputs": outputs });
    Some(json!({ "action": "create_flow", "flow": flow, "message": "Built from your words" }))
}

/// One end: the words may stand in any order.
fn part(text: &str, is_input: bool) -> Option<Map<String, Value>> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let has = |word: &str| words.iter().any(|w| w.eq_ignore_ascii_case(word));
    let url = words.iter().find(|w| w.contains("://"));
    let kinds = ["srt", "udp", "rtp", "rist", "rtmp", "rtsp", "hls"];
    let kind = match url {
        Some(url) if url.starts_with("http") => "hls",
        Some(url) => {
            kinds.into_iter().find(|k| url.strip_prefix(k).is_some_and(|rest| rest.starts_with("://") || rest.starts_with("s://")))?
        }
        None if has("test") && is_input => "test_pattern",
        None => kinds.into_iter().find(|k| has(k))?,
    };
    let address = words.iter().find_map(|w| match w.parse::<std::net::SocketAddr>() {
        Ok(address) => Some(address.to_string()),
        Err(_) => w.parse::<u16>().ok().filter(|p| *p > 0).map(|port| format!("0.0.0.0:{port}")),
    });
    let mut out = Map::new();
    let mut put = |name: &str, value: &str| drop(out.insert(name.to_owned(), json!(value)));
    put("type", kind);
    match (kind, is_input) {
        ("test_pattern", _) => {}
        ("srt", _) => {
            let address = address?;
            let wide = address.starts_with("0.0.0.0");
            let mode = if has("listener") || (wide && !has("caller")) { "listener" } else { "caller" };
            put("mode", mode);
            put(if mode == "listener" { "local_addr" } else { "remote_addr" }, &address);
        }
        ("rtmp", true) => put("listen_addr", &address?),
        ("rtsp", true) => put("rtsp_url", url?),
        ("udp" | "rtp" | "rist", true) => put("bind_addr", &address?),
        ("udp" | "rtp", false) => put("dest_addr", address.as_deref().filter(|a| !a.starts_with("0.0.0.0"))?),
        ("rist", false) => put("remote_addr", address.as_deref().filter(|a| !a.starts_with("0.0.0.0"))?),
        ("rtmp", false) => {
            put("dest_url", url?);
            let key = words.iter().position(|w| w.eq_ignore_ascii_case("key")).and_then(|at| words.get(at + 1));
            put("stream_key", key?);
        }
        ("hls", false) => put("ingest_url", url?),
        _ => return None,
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn flow(port: u32) -> Value {
        json!({ "id": "f", "name": "F", "input": { "type": "udp", "bind_addr": format!("127.0.0.1:{port}") }, "outputs": [] })
    }

    #[test]
    fn a_tunnel_that_lacks_an_end_is_marked() {
        let tunnel = json!({ "name": "t", "protocol": "udp", "mode": "relay", "ingress_node_id": "a", "ingress_listen_port": 9000, "egress_node_id": "b",
            "egress_forward_addr": "127.0.0.1:9100", "relay_node_id": "r" });
        let judged = |tunnel: &Value| judge(&json!({ "action": "create_tunnel", "tunnel": tunnel }), None, &[]);
        assert!(judged(&tunnel).is_empty());
        let mut direct = tunnel;
        (direct["mode"], direct["egress_node_id"]) = (json!("direct"), Value::Null);
        assert_eq!(judged(&direct), ["tunnel.egress_node_id is missing", "tunnel.egress_peer_addr is missing"]);
        assert_eq!(judged(&json!(7)).len(), 8);
    }

    #[test]
    fn fences_raw_flows_and_prose_are_read() {
        let fenced = format!("```json\n{}\n```", json!({ "action": "create_flow", "flow": flow(1) }));
        assert_eq!(read(&fenced)["action"], "create_flow");
        assert_eq!(
            read(&flow(1).to_string()),
            json!({ "action": "create_flow", "flow": flow(1), "message": "Generated flow configuration" })
        );
        assert_eq!(read("I cannot do that."), json!({ "action": "info", "message": "I cannot do that." }));
    }

    #[test]
    fn bad_ports_unknown_actions_and_absent_flows_are_found() {
        let bad = json!({ "action": "create_flow", "flow": flow(70_000) });
        assert_eq!(judge(&bad, None, &[]).len(), 1);
        assert!(judge(&json!({ "action": "explode" }), None, &[])[0].contains("not known"));
        let config = json!({ "flows": [{ "id": "f", "output_ids": ["o"] }] });
        let of = |action: &str| judge(&json!({ "action": action, "flow_id": "f", "output_id": "x" }), Some(&config), &[]);
        assert_eq!((of("stop_flow").len(), of("remove_output").len()), (0, 1));
        let many = json!({ "action": "multiple", "actions": [{ "action": "info", "message": "m" }, { "action": "delete_flow", "flow_id": "gone" }] });
        assert_eq!(judge(&many, Some(&config), &[]), ["actions[1].flow 'gone' is not on the node"]);
    }

    #[test]
    fn plain_sentences_build_valid_flows() {
        for text in [
            "SRT listener 9000 to udp 239.1.1.1:5000",
            "udp 5000 -> srt caller 203.0.113.7:9000, rtmp://live.example.com/app key abc",
            "test pattern to rtp 10.0.0.1:5004",
        ] {
            let built = build(text).unwrap();
            assert_eq!(judge(&built, None, &[]), Vec::<String>::new(), "{text}: {built}");
        }
        assert_eq!(build("udp 5000 -> srt caller 203.0.113.7:9000").unwrap()["flow"]["outputs"][0]["mode"], "caller");
        assert_eq!(build("srt listener 9400 to udp 239.1.1.7:5000").unwrap()["flow"]["id"], "srt-9400");
        assert!(build("make me a coffee to go").is_none() && build("why is it slow").is_none());
    }

    proptest! {
        #[test]
        fn any_answer_is_an_envelope_and_any_sentence_is_tried(text in ".{0,80}") {
            let envelope = read(&text);
            drop(judge(&envelope, Some(&envelope), &[]));
            drop(build(&text));
        }
    }
}

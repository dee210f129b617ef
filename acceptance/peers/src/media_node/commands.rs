//! What the scripted edge and relay do when they are told something.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::State;

pub(super) type Done = Result<Value, (&'static str, String)>;

pub(super) fn relay(s: &mut State, action: &Value) -> Done {
    let id = action["tunnel_id"].as_str().unwrap_or_default().to_owned();
    match action["type"].as_str().unwrap_or_default() {
        "list_tunnels" => Ok(s.authorized.keys().map(|id| json!({ "tunnel_id": id, "status": "active" })).collect()),
        "list_edges" => Ok(json!([])),
        "disconnect_edge" => Err(("not_connected", format!("Edge '{}' is not connected", action["edge_id"].as_str().unwrap_or_default()))),
        "authorize_tunnel" => {
            s.authorized.insert(id, action.clone());
            Ok(Value::Null)
        }
        "revoke_tunnel" => {
            s.authorized.remove(&id);
            Ok(Value::Null)
        }
        "close_tunnel" => Err(("not_found", format!("Tunnel '{id}' not found"))),
        "rotate_secret" => {
            s.disk.secret = action["new_secret"].as_str().map(str::to_owned);
            // Its known defect: the registering process writes what it started with, so the id is lost.
            if let Some(token) = &s.registered_with {
                (s.disk.node_id, s.disk.token) = (None, Some(token.clone()));
            }
            Ok(Value::Null)
        }
        other => Err(("unknown_action", format!("Unknown relay command: {other}"))),
    }
}

/// Takes a binary chunk (nodes spec E.5): two marks, the length of the header, the header, the bytes.
pub(super) fn media_chunk(media: &mut BTreeMap<String, Vec<u8>>, bytes: &[u8]) -> Value {
    let head = || -> Option<(Value, &[u8])> {
        let (length, rest) = bytes.strip_prefix(&[0xbc, 1])?.split_first_chunk::<4>()?;
        let (head, data) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        Some((serde_json::from_slice(head).ok()?, data))
    };
    let Some((head, data)) = head() else {
        return json!({ "type": "command_ack", "payload": { "command_id": "unknown", "success": false } });
    };
    let file = media.entry(head["name"].as_str().unwrap_or_default().to_owned()).or_default();
    if head["chunk_index"] == 0 {
        file.clear();
    }
    file.extend_from_slice(data);
    let data = json!({ "received_bytes": file.len(), "total_bytes": head["total_bytes"] });
    json!({ "type": "command_ack", "payload": { "command_id": head["command_id"], "success": true, "data": data } })
}

fn put(config: &mut Value, list: &str, item: &Value) {
    let Some(all) = config[list].as_array_mut() else { return };
    match all.iter_mut().find(|old| old["id"] == item["id"]) {
        Some(old) => *old = item.clone(),
        None => all.push(item.clone()),
    }
}

fn remove(config: &mut Value, list: &str, id: &Value) -> bool {
    let Some(all) = config[list].as_array_mut() else { return false };
    let before = all.len();
    all.retain(|old| &old["id"] != id);
    all.len() < before
}

pub(super) fn edge(s: &mut State, action: &Value) -> Done {
    let kind = action["type"].as_str().unwrap_or_default();
    let config = &mut s.disk.config;
    let assigned = |config: &Value, ids: &str, id: &Value| items(config, "flows").any(|f| items(f, ids).any(|own| own == id));
    match kind {
        "create_input" | "update_input" => {
            let input = &action["input"];
            let taken = items(config, "inputs")
                .any(|i| i["id"] != input["id"] && !input["bind_addr"].is_null() && i["bind_addr"] == input["bind_addr"]);
            if taken {
                return Err(("port_conflict", format!("{} is used by another input", input["bind_addr"])));
            }
            put(config, "inputs", input);
        }
        "create_output" | "update_output" => put(config, "outputs", &action["output"]),
        "delete_input" if assigned(config, "input_ids", &action["input_id"]) => {
            return Err(("invalid_value", "The input is assigned".to_owned()));
        }
        "delete_output" if assigned(config, "output_ids", &action["output_id"]) => {
            return Err(("invalid_value", "The output is assigned".to_owned()));
        }
        "delete_input" => drop(remove(config, "inputs", &action["input_id"])),
        "delete_output" => drop(remove(config, "outputs", &action["output_id"])),
        "create_flow" | "update_flow" => {
            let mut flow: Map<String, Value> = action["flow"].as_object().cloned().unwrap_or_default();
            // A current edge says yes to embedded parts and starts the flow without them.
            flow.remove("input");
            flow.remove("inputs");
            flow.remove("outputs");
            flow.entry("input_ids").or_insert(json!([]));
            flow.entry("output_ids").or_insert(json!([]));
            put(config, "flows", &Value::Object(flow));
        }
        "delete_flow" => {
            if !remove(config, "flows", &action["flow_id"]) {
                return Err(("unknown_flow", "Unknown flow".to_owned()));
            }
        }
        "start_flow" | "stop_flow" | "restart_flow" => {
            let all = config["flows"].as_array_mut().into_iter().flatten().find(|f| f["id"] == action["flow_id"]);
            match all {
                Some(flow) => flow["enabled"] = json!(kind != "stop_flow"),
                None => return Err(("unknown_flow", "Unknown flow".to_owned())),
            }
        }
        "add_output" | "remove_output" => {
            let id = if kind == "add_output" { action["output"]["id"].clone() } else { action["output_id"].clone() };
            let Some(flow) = config["flows"].as_array_mut().into_iter().flatten().find(|f| f["id"] == action["flow_id"]) else {
                return Err(("unknown_flow", "Unknown flow".to_owned()));
            };
            let Some(ids) = flow["output_ids"].as_array_mut() else { return Err(("invalid_value", "no outputs".to_owned())) };
            ids.retain(|own| *own != id);
            if kind == "add_output" {
                ids.push(id);
                put(config, "outputs", &action["output"]);
            } else {
                remove(config, "outputs", &id);
            }
        }
        "create_tunnel" => put(config, "tunnels", &action["tunnel"]),
        "delete_tunnel" => drop(remove(config, "tunnels", &action["tunnel_id"])),
        "update_config" => *config = action["config"].clone(),
        "rotate_secret" => s.disk.secret = action["new_secret"].as_str().map(str::to_owned),
        other => return Err(("unknown_action", format!("Unknown action: {other}"))),
    }
    Ok(Value::Null)
}

pub(super) fn items<'a>(config: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    config[name].as_array().into_iter().flatten()
}

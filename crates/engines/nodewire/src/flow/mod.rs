//! Flow configurations of both generations: which one a node speaks, the joined view people and models see, the check
//! before anything is sent, and the translation into what the node understands.

mod batch;
mod check;
mod inner;
mod plan;
mod ports;
mod secrets;
pub(crate) mod types;

use serde_json::{Map, Value, json};

pub use batch::{Batch, Wanted, batch};
pub use check::{Issue, Report, check};
pub use plan::{Part, Plan, Step, plan_delete, plan_put};
pub use ports::port_user;
pub use secrets::{released, restore_flow};

pub(crate) use check::walk;
pub use inner::climbing_name;
pub(crate) use inner::{disk_names, sources};

/// How a node writes its flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// A flow embeds one input and its outputs.
    One,
    /// Inputs and outputs stand on their own, a flow names them.
    Two,
}

impl Generation {
    /// By the version in the configuration, else by what the node says it can.
    #[must_use]
    pub fn of(config: Option<&Value>, capabilities: &[String]) -> Self {
        let optional_input = capabilities.iter().any(|c| c == "optional-input");
        match config.map(|c| c.get("version").and_then(Value::as_i64)) {
            Some(Some(2..)) => Self::Two,
            Some(_) => Self::One,
            None if optional_input => Self::Two,
            None => Self::One,
        }
    }
}

pub(crate) fn items<'a>(config: &'a Value, name: &str) -> &'a [Value] {
    config.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

pub(crate) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

pub(crate) fn names<'a>(flow: &'a Value, list: &str) -> impl Iterator<Item = &'a str> {
    items(flow, list).iter().filter_map(Value::as_str)
}

pub(crate) fn find<'a>(config: &'a Value, list: &str, id: &str) -> Option<&'a Value> {
    items(config, list).iter().find(|item| text(item, "id") == id)
}

/// A flow as the configuration has it.
#[must_use]
pub fn find_flow<'a>(config: &'a Value, id: &str) -> Option<&'a Value> {
    find(config, "flows", id)
}

/// Every flow with its inputs and outputs inside, in one form for both generations.
#[must_use]
pub fn joined(config: &Value) -> Vec<Value> {
    let join = |flow: &Value| {
        let mut out: Map<String, Value> = flow.as_object().cloned().unwrap_or_default();
        let mut embed = |list: &str, ids: &str, single: Option<&str>| {
            let mut all: Vec<Value> = names(flow, ids).filter_map(|id| find(config, list, id).cloned()).collect();
            all.extend(single.and_then(|name| flow.get(name)).filter(|i| i.is_object()).cloned());
            all.extend(items(flow, list).iter().cloned());
            drop(out.insert(list.to_owned(), Value::Array(all)));
            // Beside the parts themselves the ids would keep a part that somebody took out of the list.
            drop(out.remove(ids));
        };
        embed("inputs", "input_ids", Some("input"));
        embed("outputs", "output_ids", None);
        out.remove("input");
        Value::Object(out)
    };
    items(config, "flows").iter().filter(|f| f.is_object()).map(join).collect()
}

/// Where the flows of a node listen and send, for pickers.
#[must_use]
pub fn endpoints(config: &Value) -> Vec<Value> {
    let pick = |value: &Value, names: &[&str]| {
        let members = names.iter().filter_map(|name| Some(((*name).to_owned(), value.get(*name)?.clone())));
        Value::Object(members.collect())
    };
    let of = |flow: Value| {
        let input =
            items(&flow, "inputs").first().map(|i| pick(i, &["type", "mode", "local_addr", "bind_addr", "remote_addr", "listen_addr"]));
        let outputs = items(&flow, "outputs").iter();
        let outputs: Vec<Value> =
            outputs.map(|o| pick(o, &["type", "id", "name", "mode", "local_addr", "remote_addr", "dest_addr"])).collect();
        json!({ "flow_id": text(&flow, "id"), "flow_name": text(&flow, "name"), "enabled": flow.get("enabled").and_then(Value::as_bool).unwrap_or(true),
            "input": input, "outputs": outputs })
    };
    joined(config).into_iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generation_is_that_of_the_configuration_then_of_the_capabilities() {
        let can = ["optional-input".to_owned()];
        assert_eq!(Generation::of(Some(&json!({ "version": 2 })), &[]), Generation::Two);
        assert_eq!(Generation::of(Some(&json!({})), &can), Generation::One);
        assert_eq!(Generation::of(None, &can), Generation::Two);
        assert_eq!(Generation::of(None, &[]), Generation::One);
    }

    #[test]
    fn joined_flows_look_alike_in_both_generations() {
        let two = json!({ "version": 2, "inputs": [{ "id": "i" }], "outputs": [{ "id": "o" }],
            "flows": [{ "id": "f", "input_ids": ["i", "gone"], "output_ids": ["o"] }] });
        let one = json!({ "flows": [{ "id": "f", "input": { "id": "i" }, "outputs": [{ "id": "o" }] }] });
        for config in [two, one] {
            let flow = joined(&config).remove(0);
            assert_eq!(flow, json!({ "id": "f", "inputs": [{ "id": "i" }], "outputs": [{ "id": "o" }] }));
        }
    }

    #[test]
    fn endpoints_show_addresses_and_no_secret() {
        let config = json!({ "flows": [{ "id": "f", "name": "F", "input": { "type": "srt", "mode": "listener", "local_addr": "0.0.0.0:1", "passphrase": "x" },
            "outputs": [{ "type": "udp", "id": "o", "name": "O", "dest_addr": "127.0.0.1:2", "dscp": 1 }] }] });
        assert_eq!(
            endpoints(&config),
            [json!({ "flow_id": "f", "flow_name": "F", "enabled": true,
            "input": { "type": "srt", "mode": "listener", "local_addr": "0.0.0.0:1" },
            "outputs": [{ "type": "udp", "id": "o", "name": "O", "dest_addr": "127.0.0.1:2" }] })]
        );
    }
}

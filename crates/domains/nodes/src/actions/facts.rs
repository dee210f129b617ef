//! What a model is told when somebody asks about the media: the nodes he may see, what happened lately, and the figures of
//! the one he asks about. Configurations stay out of it, and whatever is named like a secret is blanked.

use std::sync::{Arc, Weak};

use argos_events::{Filter, Scope, Source, node_event};
use argos_kernel::{BoxFuture, Result};
use argos_llm::FleetFacts;
use argos_nodewire::{driver_metrics, redact};
use argos_web::Caller;
use serde_json::{Map, Value, json};

use crate::service::{Nodes, hold};
use crate::store::nodes;

/// Parts of the room of a question, in hundredths, and the most each is given, in characters.
const ASKED: (usize, usize) = (40, 16_000);
const NODES: (usize, usize) = (30, 12_000);
const EVENTS: (usize, usize) = (30, 12_000);
const EVENTS_MAX: i64 = 50;
/// The id of a node and the names of what is told of it, in characters.
const LEAST: usize = 200;

/// It does not keep the domain alive: the platform holds it, and the domain the platform.
pub(crate) struct Facts(Weak<Nodes>);

impl Facts {
    pub(crate) fn new(nodes: &Arc<Nodes>) -> Self {
        Self(Arc::downgrade(nodes))
    }
}

impl FleetFacts for Facts {
    fn facts<'a>(&'a self, caller: &'a Caller, node: Option<&'a str>, room: usize) -> BoxFuture<'a, Result<String>> {
        Box::pin(async move {
            match self.0.upgrade() {
                Some(nodes) => nodes.facts(caller, node, room).await,
                None => Ok(String::new()),
            }
        })
    }
}

/// Rows as they stand in a list of at most `chars` characters, and how many found no room.
fn fitting(rows: impl Iterator<Item = Value>, chars: usize) -> (Vec<Value>, usize) {
    let (mut kept, mut left_out, mut room) = (Vec::new(), 0, chars);
    for row in rows {
        let size = row.to_string().chars().count() + 1;
        if left_out == 0 && size <= room {
            room -= size;
            kept.push(row);
        } else {
            left_out += 1;
        }
    }
    (kept, left_out)
}

/// What matters of a flow when its figures are too many.
fn short_flow(flow: &Value) -> Value {
    let end = |of: &Value| {
        json!({ "state": of.get("state"), "bitrate_bps": of.get("bitrate_bps"), "packets_lost": of.get("packets_lost"),
        "packets_received": of.get("packets_received"), "rtt_ms": of.pointer("/srt_stats/rtt_ms") })
    };
    let outputs = flow.get("outputs").and_then(Value::as_array).into_iter().flatten();
    json!({ "flow_id": flow.get("flow_id"), "state": flow.get("state"), "health": flow.get("health"), "health_reasons": flow.get("health_reasons"),
        "input": flow.get("input").map(end), "outputs": outputs.map(end).collect::<Vec<_>>() })
}

/// The node somebody asks about, without its secrets: all it says, or what matters of it when that is too much. At most
/// `chars` characters, which are no less than [`LEAST`].
fn asked_about(id: &str, stats: Option<&Value>, health: Option<&Value>, chars: usize) -> Value {
    let size = |value: &Value| value.to_string().chars().count();
    let mut whole = json!({ "id": id, "stats": stats, "health": health });
    redact(&mut whole);
    if size(&whole) <= chars {
        return whole;
    }
    let word = |name: &str| whole.pointer(&format!("/health/{name}"));
    let state = json!({ "status": word("status"), "version": word("version"), "system_resources": word("system_resources") });
    // The node says how long it is, so it is measured like the rest.
    let state = Some(state).filter(|state| health.is_some() && size(state) <= (chars - LEAST) / 3);
    let room = chars - LEAST - state.as_ref().map_or(0, size);
    let flows = whole.pointer("/stats/flows").and_then(Value::as_array).into_iter().flatten();
    let (flows, left_out) = fitting(flows.map(short_flow), room);
    json!({ "id": id, "flows": flows, "flows_left_out": left_out, "health_left_out": health.is_some() && state.is_none(), "health": state })
}

impl Nodes {
    async fn facts(&self, caller: &Caller, node: Option<&str>, room: usize) -> Result<String> {
        let sees = |id: &str| caller.allowed_node_ids.as_ref().is_none_or(|own| own.iter().any(|o| o == id));
        let may = |permission: &str| caller.grants.has(permission);
        let part = |(hundredths, most): (usize, usize)| (room * hundredths / 100).min(most);
        let mut out = Map::new();
        let asked = node.filter(|id| may("nodes:read") && sees(id) && part(ASKED) >= LEAST);
        if let Some(session) = asked.and_then(|id| self.session(id)) {
            let told = hold(&session.told);
            let about = asked_about(&session.node_id, told.stats.as_deref(), told.health.as_deref(), part(ASKED));
            out.insert("asked_about".to_owned(), about);
        }
        if may("nodes:read") {
            let all = nodes::list(&self.platform.store.state).await?;
            let listed = all.iter().filter(|n| sees(&n.id)).map(|n| {
                let mut row = json!({ "id": n.id, "name": n.name, "device_type": n.device_type, "status": self.status_of(n) });
                if let Some(session) = self.session(&n.id) {
                    let told = hold(&session.told);
                    let figures = driver_metrics(&session.device_type, told.stats.as_deref(), told.health.as_deref()).metrics;
                    row["figures"] = figures.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect::<Map<_, _>>().into();
                }
                redact(&mut row);
                row
            });
            let (rows, left_out) = fitting(listed, part(NODES));
            out.insert("nodes".to_owned(), rows.into());
            out.insert("nodes_left_out".to_owned(), left_out.into());
        }
        if may("events:read") {
            let scope = Scope { nodes: caller.allowed_node_ids.clone(), organizations: false, house: None };
            let filter = Filter { sources: vec![Source::Nodes], scope, ..Filter::default() };
            let latest = self.platform.events.list(&filter, None, EVENTS_MAX).await?;
            let shown = latest.iter().filter_map(node_event).map(|mut event| {
                redact(&mut event);
                event
            });
            let (rows, left_out) = fitting(shown, part(EVENTS));
            out.insert("latest_events".to_owned(), rows.into());
            out.insert("latest_events_left_out".to_owned(), left_out.into());
        }
        Ok(Value::Object(out).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_node_is_told_by_its_flows_and_whole_rows_only() {
        let counters: Map<String, Value> = (0..200).map(|n| (format!("counter_{n}"), json!(n))).collect();
        let flow = |n: usize| json!({ "flow_id": format!("f{n}"), "state": "Running", "input": { "bitrate_bps": n, "srt_stats": { "rtt_ms": 41, "all": counters } } });
        let stats = json!({ "flows": (0..200).map(flow).collect::<Vec<_>>() });
        let about = asked_about("n", Some(&stats), Some(&json!({ "status": "ok" })), 16_000);
        assert!(about.to_string().chars().count() <= 16_000);
        assert_eq!((&about["flows"][3]["flow_id"], &about["flows"][3]["input"]["rtt_ms"]), (&json!("f3"), &json!(41)));
        let told = about["flows"].as_array().unwrap().len();
        assert_eq!(about["flows_left_out"], json!(200 - told));
        let small = json!({ "flows": [flow(1)] });
        assert_eq!(asked_about("n", Some(&small), None, 16_000)["stats"], small);
    }

    #[test]
    fn whatever_a_node_says_of_itself_finds_room_or_is_left_out() {
        let id = "a".repeat(36);
        let stats = json!({ "flows": (0..50).map(|n| json!({ "flow_id": n, "state": "Running" })).collect::<Vec<_>>() });
        for long in [10, 500, 5_000, 250_000] {
            let health = json!({ "status": "ok", "community": 7, "system_resources": { "x": "y".repeat(long) } });
            for chars in [LEAST, 300, 1_000, 2_500, 16_000] {
                let about = asked_about(&id, Some(&stats), Some(&health), chars);
                assert!(about.to_string().chars().count() <= chars, "{long} {chars}");
                assert_eq!(about["health_left_out"].as_bool(), about.get("flows").map(|_| about["health"].is_null()));
            }
        }
        let about = asked_about(
            &id,
            Some(&stats),
            Some(&json!({ "status": "ok", "huge": "y".repeat(20_000), "system_resources": { "cpu": 4 } })),
            2_500,
        );
        assert_eq!(about["health"], json!({ "status": "ok", "version": null, "system_resources": { "cpu": 4 } }));
        assert!(about["flows"].as_array().unwrap().len() > 5);
    }

    #[test]
    fn a_list_ends_before_the_row_that_does_not_fit() {
        let (kept, left_out) = fitting((0..10).map(|n| json!(format!("row {n}"))), 27);
        assert_eq!((kept.len(), left_out), (3, 7));
    }
}

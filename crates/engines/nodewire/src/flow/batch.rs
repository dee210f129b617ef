//! Several flows changed together: each is judged and planned against what the node will have once the ones before it are
//! through. So an input or output can move from one flow to another.

use serde_json::Value;

use super::check::{Report, check, owner};
use super::plan::{Part, Plan, plan_delete, plan_put};
use super::{Generation, items, names, text};

/// What is wanted of the flows of a node.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Flows as they shall be, of either generation.
    pub flows: &'a [Value],
    /// Ids of flows that shall go.
    pub remove: &'a [String],
}

/// What came out, in the order in which it is sent.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// By flow id; one whose steps cannot be made has an error.
    pub reports: Vec<(String, Report)>,
    pub plan: Plan,
}

impl Batch {
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.reports.iter().all(|(_, report)| report.is_valid())
    }
}

/// Judges and plans. Removals come first, then flows that take nothing from another one, then those that do. `ours`: the
/// inputs and outputs that go with their flow.
#[must_use]
pub fn batch(
    config: &Value,
    generation: Generation,
    capabilities: &[String],
    wanted: Wanted<'_>,
    ours: impl Fn(Part, &str) -> bool,
) -> Batch {
    let mut work = config.clone();
    let mut out = Batch::default();
    let mut take = |work: &mut Value, plan: Plan| {
        plan.steps.iter().for_each(|step| follow(work, &step.action));
        out.plan.steps.extend(plan.steps);
        out.plan.created.extend(plan.created);
    };
    for id in wanted.remove {
        let plan = plan_delete(&work, id, &ours);
        take(&mut work, plan);
    }
    let (givers, takers): (Vec<&Value>, Vec<&Value>) = wanted.flows.iter().partition(|flow| !takes(&work, flow));
    for flow in givers.into_iter().chain(takers) {
        let mut report = check(flow, Some(&work), capabilities);
        match plan_put(&work, generation, flow) {
            Ok(plan) => take(&mut work, plan),
            Err(issue) => report.errors.push(issue),
        }
        out.reports.push((text(flow, "id").to_owned(), report));
    }
    out
}

/// Whether a flow names an input or output that another flow has.
fn takes(config: &Value, flow: &Value) -> bool {
    let id = text(flow, "id");
    [("input_ids", "inputs"), ("output_ids", "outputs")].into_iter().any(|(ids, list)| {
        let inside = items(flow, list).iter().map(|item| text(item, "id"));
        names(flow, ids).chain(inside).any(|end| owner(config, ids, end).is_some_and(|other| other != id))
    })
}

/// What a configuration is after a node did as it was told.
fn follow(config: &mut Value, action: &Value) {
    let Some((verb, noun)) = text(action, "type").split_once('_') else { return };
    let list = match noun {
        "input" => "inputs",
        "output" => "outputs",
        "flow" => "flows",
        _ => return,
    };
    let Some(members) = config.as_object_mut() else { return };
    let all = members.entry(list).or_insert_with(|| Value::Array(Vec::new()));
    let Some(all) = all.as_array_mut() else { return };
    if verb == "delete" {
        let id = text(action, &format!("{noun}_id"));
        return all.retain(|item| text(item, "id") != id);
    }
    let Some(item) = action.get(noun) else { return };
    match all.iter_mut().find(|old| text(old, "id") == text(item, "id")) {
        Some(old) => old.clone_from(item),
        None => all.push(item.clone()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn config() -> Value {
        json!({ "version": 2, "inputs": [{ "id": "i", "name": "I", "type": "udp", "bind_addr": "127.0.0.1:5600" }, { "id": "j", "name": "J", "type": "udp", "bind_addr": "127.0.0.1:5700" }],
            "outputs": [{ "id": "o", "name": "O", "type": "udp", "dest_addr": "127.0.0.1:1" }],
            "flows": [{ "id": "a", "name": "A", "enabled": true, "input_ids": ["i"], "output_ids": ["o"] }, { "id": "b", "name": "B", "enabled": true, "input_ids": ["j"], "output_ids": [] }] })
    }
    fn plan(flows: &[Value], remove: &[String]) -> (Batch, Vec<String>) {
        let made = batch(&config(), Generation::Two, &[], Wanted { flows, remove }, |_, id| id != "j");
        let words = made.plan.steps.iter().map(|s| {
            let id = s
                .action
                .as_object()
                .unwrap()
                .iter()
                .find(|(name, _)| name.ends_with("_id"))
                .map_or_else(|| s.action["output"]["id"].clone(), |(_, id)| id.clone());
            format!("{} {}", text(&s.action, "type"), id.as_str().unwrap_or_default())
        });
        let words = words.collect();
        (made, words)
    }

    #[test]
    fn an_output_moves_when_its_flow_gave_it_up_whatever_the_order() {
        let c = config();
        let giver = json!({ "id": "a", "name": "A", "enabled": true, "inputs": [c["inputs"][0]], "outputs": [] });
        let taker = json!({ "id": "b", "name": "B", "enabled": true, "inputs": [c["inputs"][1]], "outputs": [c["outputs"][0]] });
        let (made, words) = plan(&[taker, giver], &[]);
        assert_eq!(words, ["update_flow a", "delete_output o", "create_output o", "update_flow b"]);
        assert!(made.is_valid(), "{:?}", made.reports);
        assert_eq!(made.plan.created, [(Part::Output, "o".to_owned())]);
    }

    #[test]
    fn a_removed_flow_frees_its_port_and_what_somebody_else_made_stays() {
        let port = json!({ "id": "c", "name": "C", "inputs": [{ "id": "c-in", "name": "C", "type": "udp", "bind_addr": "127.0.0.1:5600" }], "outputs": [] });
        let (made, words) = plan(std::slice::from_ref(&port), &["a".to_owned()]);
        assert_eq!(made.reports[0].1, Report::default());
        assert_eq!(words[..3], ["delete_flow a", "delete_output o", "delete_input i"]);
        let (made, _) = plan(std::slice::from_ref(&port), &["b".to_owned()]);
        assert_eq!(made.reports[0].1.warnings.len(), 1, "the port is still taken");
    }

    proptest! {
        #[test]
        fn any_wish_is_planned_or_refused(id in "[ab]{0,2}", kind in "[a-z]{0,5}", list in "(inputs|outputs|input_ids|flows)") {
            let flow = json!({ "id": id, list: [{ "id": "o", "type": kind }, 7, null] });
            drop(batch(&config(), Generation::Two, &[], Wanted { flows: &[flow], remove: &[id] }, |_, _| true));
        }
    }
}

//! What a node must be told, step by step, so that a flow becomes what somebody wrote. A current node takes a flow with
//! embedded parts, says yes, and starts it empty; so each part is sent as a step of its own, with the step that takes it
//! back.

use serde_json::{Map, Value, json};

use super::check::{Issue, owner};
use super::{Generation, find, items, names, text};

/// One command, awaited before the next; `undo` takes it back.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub action: Value,
    pub undo: Option<Value>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    pub steps: Vec<Step>,
    /// Inputs and outputs that are ours once the plan is through: they go with their flow.
    pub created: Vec<(Part, String)>,
}

/// Which list an id stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Input,
    Output,
}

impl Part {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Output => "output",
        }
    }
    pub(super) const fn list(self) -> &'static str {
        match self {
            Self::Input => "inputs",
            Self::Output => "outputs",
        }
    }
    pub(super) const fn ids(self) -> &'static str {
        match self {
            Self::Input => "input_ids",
            Self::Output => "output_ids",
        }
    }
    fn action(self, verb: &str, id: &str, item: Option<&Value>) -> Value {
        let mut out = Map::new();
        out.insert("type".to_owned(), json!(format!("{verb}_{}", self.as_str())));
        if verb != "create" {
            out.insert(format!("{}_id", self.as_str()), json!(id));
        }
        if let Some(item) = item {
            out.insert(self.as_str().to_owned(), item.clone());
        }
        Value::Object(out)
    }
}

fn embeds(flow: &Value) -> bool {
    ["input", "inputs", "outputs"].iter().any(|name| flow.get(name).is_some_and(|v| v.is_object() || v.is_array()))
}

fn put(verb: &str, id: &str, flow: &Value) -> Value {
    json!({ "type": format!("{verb}_flow"), "flow_id": id, "flow": flow })
}

/// The plan that creates a flow, or changes the one with its id.
pub fn plan_put(config: &Value, generation: Generation, flow: &Value) -> Result<Plan, Issue> {
    let id = text(flow, "id").to_owned();
    if id.is_empty() {
        return Err(Issue::new("id", "id is missing"));
    }
    let before = find(config, "flows", &id);
    let verb = if before.is_some() { "update" } else { "create" };
    let undo = before.map_or_else(|| json!({ "type": "delete_flow", "flow_id": id }), |old| put("update", &id, old));
    let whole = |flow: Value| Step { action: put(verb, &id, &flow), undo: Some(undo.clone()) };
    match generation {
        Generation::One => Ok(Plan { steps: vec![whole(fold(flow)?)], created: Vec::new() }),
        Generation::Two if !embeds(flow) => Ok(Plan { steps: vec![whole(flow.clone())], created: Vec::new() }),
        Generation::Two => unfold(config, flow, before, whole),
    }
}

/// A flow for a node that wants its parts inside.
fn fold(flow: &Value) -> Result<Value, Issue> {
    let mut out = flow.as_object().cloned().unwrap_or_default();
    let inputs = items(flow, "inputs");
    if out.get("input").is_none_or(Value::is_null) {
        match inputs {
            [one] => drop(out.insert("input".to_owned(), one.clone())),
            [] => return Err(Issue::new("input", "This node needs a flow with its input inside")),
            _ => return Err(Issue::new("inputs", "This node takes exactly one input per flow")),
        }
    } else if !inputs.is_empty() {
        return Err(Issue::new("inputs", "This node takes exactly one input per flow"));
    }
    for name in ["inputs", "input_ids", "output_ids"] {
        out.remove(name);
    }
    Ok(Value::Object(out))
}

fn unfold(config: &Value, flow: &Value, before: Option<&Value>, whole: impl FnOnce(Value) -> Step) -> Result<Plan, Issue> {
    let id = text(flow, "id");
    let mut plan = Plan::default();
    let mut inner = flow.as_object().cloned().unwrap_or_default();
    let single = inner.remove("input").filter(Value::is_object);
    let mut kept: Vec<(Part, Vec<String>)> = Vec::new();
    for part in [Part::Input, Part::Output] {
        let list = inner.remove(part.list());
        let given: Vec<Value> = match (part, single.clone()) {
            (Part::Input, Some(one)) => vec![one],
            _ => list.and_then(|l| l.as_array().cloned()).unwrap_or_default(),
        };
        let mut ids: Vec<String> = names(flow, part.ids()).map(str::to_owned).collect();
        for (index, item) in given.into_iter().enumerate() {
            let chosen = choose_id(config, (id, text(flow, "name")), part, index, item)?;
            step(&mut plan, config, part, &chosen.0, &chosen.1);
            if !ids.contains(&chosen.0) {
                ids.push(chosen.0);
            }
        }
        inner.insert(part.ids().to_owned(), json!(ids));
        kept.push((part, ids));
    }
    inner.entry("enabled").or_insert(json!(true));
    plan.steps.push(whole(Value::Object(inner)));
    for (part, ids) in kept {
        let dropped = before.into_iter().flat_map(|b| names(b, part.ids())).filter(|old| !ids.iter().any(|i| i == old));
        for old in dropped {
            let undo = find(config, part.list(), old).map(|item| part.action("create", old, Some(item)));
            plan.steps.push(Step { action: part.action("delete", old, None), undo });
        }
    }
    Ok(plan)
}

/// The id an embedded part gets. One that another flow has is prefixed with the flow's.
pub(super) fn chosen_id(config: &Value, flow: &str, part: Part, (index, item): (usize, &Value)) -> String {
    let suffix = match (part, index) {
        (Part::Input, 0) => "in".to_owned(),
        (Part::Input, n) => format!("in{}", n + 1),
        (Part::Output, n) => format!("out{}", n + 1),
    };
    let prefixed = |tail: &str| {
        let room = 63_usize.saturating_sub(tail.chars().count());
        format!("{}-{tail}", flow.chars().take(room).collect::<String>())
    };
    let given = Some(text(item, "id")).filter(|t| !t.is_empty()).map(str::to_owned);
    let id = given.unwrap_or_else(|| prefixed(&suffix));
    if owner(config, part.ids(), &id).is_some_and(|other| other != flow) { prefixed(&id.chars().take(40).collect::<String>()) } else { id }
}

/// The id and name an embedded part gets.
fn choose_id(config: &Value, (flow, flow_name): (&str, &str), part: Part, index: usize, item: Value) -> Result<(String, Value), Issue> {
    let id = chosen_id(config, flow, part, (index, &item));
    let Value::Object(mut item) = item else {
        return Err(Issue::new(format!("{}[{index}]", part.list()), "An object is expected"));
    };
    item.insert("id".to_owned(), json!(id));
    if item.get("name").and_then(Value::as_str).is_none_or(str::is_empty) {
        item.insert("name".to_owned(), json!(format!("{} {}", if flow_name.is_empty() { flow } else { flow_name }, part.as_str())));
    }
    Ok((id, Value::Object(item)))
}

fn step(plan: &mut Plan, config: &Value, part: Part, id: &str, item: &Value) {
    match find(config, part.list(), id) {
        // Told again the node restarts it, so only what changed is told.
        Some(same) if same == item => {}
        Some(old) => {
            let (action, undo) = (part.action("update", id, Some(item)), part.action("update", id, Some(old)));
            plan.steps.push(Step { action, undo: Some(undo) });
        }
        None => {
            plan.created.push((part, id.to_owned()));
            plan.steps.push(Step { action: part.action("create", id, Some(item)), undo: Some(part.action("delete", id, None)) });
        }
    }
}

/// The plan that removes a flow, and the parts of it that `ours` says we made.
#[must_use]
pub fn plan_delete(config: &Value, flow_id: &str, ours: impl Fn(Part, &str) -> bool) -> Plan {
    let before = find(config, "flows", flow_id);
    let undo = before.map(|old| put("create", flow_id, old));
    let mut plan = Plan { steps: vec![Step { action: json!({ "type": "delete_flow", "flow_id": flow_id }), undo }], created: Vec::new() };
    for part in [Part::Output, Part::Input] {
        for id in before.into_iter().flat_map(|b| names(b, part.ids())).filter(|id| ours(part, id)) {
            let undo = find(config, part.list(), id).map(|item| part.action("create", id, Some(item)));
            plan.steps.push(Step { action: part.action("delete", id, None), undo });
        }
    }
    plan
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn empty() -> Value {
        json!({ "version": 2, "inputs": [], "outputs": [], "flows": [] })
    }
    fn words(plan: &Plan) -> Vec<String> {
        plan.steps.iter().map(|s| text(&s.action, "type").to_owned()).collect()
    }
    fn legacy() -> Value {
        json!({ "id": "f1", "name": "F1", "input": { "type": "udp", "bind_addr": "127.0.0.1:5600" },
            "outputs": [{ "type": "udp", "id": "o1", "name": "O1", "dest_addr": "127.0.0.1:5601" }] })
    }

    #[test]
    fn embedded_parts_become_steps_of_their_own() {
        let plan = plan_put(&empty(), Generation::Two, &legacy()).unwrap();
        assert_eq!(words(&plan), ["create_input", "create_output", "create_flow"]);
        assert_eq!(
            plan.steps[0].action["input"],
            json!({ "id": "f1-in", "name": "F1 input", "type": "udp", "bind_addr": "127.0.0.1:5600" })
        );
        assert_eq!(
            plan.steps[2].action["flow"],
            json!({ "id": "f1", "name": "F1", "enabled": true, "input_ids": ["f1-in"], "output_ids": ["o1"] })
        );
        assert_eq!(plan.steps[0].undo, Some(json!({ "type": "delete_input", "input_id": "f1-in" })));
        assert_eq!(plan.created, [(Part::Input, "f1-in".to_owned()), (Part::Output, "o1".to_owned())]);
    }

    #[test]
    fn an_update_tells_what_changed_and_drops_what_is_gone() {
        let config = json!({ "version": 2, "inputs": [{ "id": "f1-in", "name": "F1 input", "type": "udp", "bind_addr": "127.0.0.1:5600" }],
            "outputs": [{ "id": "old", "name": "Old", "type": "udp", "dest_addr": "127.0.0.1:1" }],
            "flows": [{ "id": "f1", "name": "F1", "input_ids": ["f1-in"], "output_ids": ["old"] }] });
        let plan = plan_put(&config, Generation::Two, &legacy()).unwrap();
        assert_eq!(words(&plan), ["create_output", "update_flow", "delete_output"]);
        assert_eq!(plan.steps[1].undo.as_ref().unwrap()["flow"]["output_ids"], json!(["old"]));
        assert_eq!(plan.steps[2].undo.as_ref().unwrap()["output"]["id"], "old");
    }

    #[test]
    fn an_output_id_of_another_flow_is_prefixed() {
        let config = json!({ "version": 2, "inputs": [], "outputs": [{ "id": "o1" }], "flows": [{ "id": "x", "output_ids": ["o1"] }] });
        let plan = plan_put(&config, Generation::Two, &legacy()).unwrap();
        assert_eq!(plan.steps[2].action["flow"]["output_ids"], json!(["f1-o1"]));
    }

    #[test]
    fn old_nodes_get_one_folded_flow_with_one_input() {
        let flow = json!({ "id": "f", "name": "F", "inputs": [{ "type": "udp" }], "outputs": [], "input_ids": [] });
        let plan = plan_put(&json!({}), Generation::One, &flow).unwrap();
        assert_eq!(
            plan.steps[0].action,
            json!({ "type": "create_flow", "flow_id": "f", "flow": { "id": "f", "name": "F", "input": { "type": "udp" }, "outputs": [] } })
        );
        let two = json!({ "id": "f", "inputs": [{}, {}] });
        assert_eq!(plan_put(&json!({}), Generation::One, &two).unwrap_err().path, "inputs");
    }

    #[test]
    fn references_pass_as_they_are_and_a_removal_takes_our_parts_along() {
        let flow = json!({ "id": "f", "name": "F", "input_ids": ["i"], "output_ids": ["o", "p"] });
        let plan = plan_put(&empty(), Generation::Two, &flow).unwrap();
        assert_eq!(plan.steps[0].action["flow"], flow);
        let config = json!({ "inputs": [{ "id": "i" }], "outputs": [{ "id": "o" }], "flows": [flow] });
        let plan = plan_delete(&config, "f", |_, id| id != "p");
        assert_eq!(words(&plan), ["delete_flow", "delete_output", "delete_input"]);
        assert_eq!(plan.steps[1].action["output_id"], "o");
    }

    proptest! {
        #[test]
        fn ids_of_parts_stay_within_their_length(id in "[a-zäö]{1,64}", other in "[a-z]{1,64}") {
            let config = json!({ "outputs": [{ "id": other }], "flows": [{ "id": "zz", "output_ids": [other] }] });
            let flow = json!({ "id": id, "name": "F", "input": { "type": "udp" }, "outputs": [{ "id": other, "type": "udp" }] });
            let plan = plan_put(&config, Generation::Two, &flow).unwrap();
            prop_assert!(plan.created.iter().all(|(_, part)| part.chars().count() <= 64));
        }
    }
}

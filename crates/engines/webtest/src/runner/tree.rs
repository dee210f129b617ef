//! What a screen reader would have of the page, as lines of a tree: how deep, which role, which name, in which state.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use argos_cdp::protocol::dom::AxNode;
use serde_json::{Map, Value, json};

use super::Runner;
use crate::text::collapsed;

/// Lines of one tree.
const LINES_MAX: usize = 2_000;
/// Frames of a page whose trees are told.
const FRAMES_MAX: usize = 20;
/// What a page and a frame of it may take to tell its tree.
const TREE_TIMEOUT: Duration = Duration::from_secs(3);
const FRAME_TIMEOUT: Duration = Duration::from_secs(1);
/// Properties that are told where they are more than false.
const STATES: [&str; 11] =
    ["checked", "disabled", "expanded", "focused", "invalid", "level", "modal", "pressed", "readonly", "required", "selected"];
/// What has no meaning of its own.
const PLUMBING: [&str; 4] = ["InlineTextBox", "LineBreak", "generic", "none"];

impl Runner<'_> {
    /// The trees of the current tab and its frames, secrets taken out; worth no failure.
    pub(super) async fn tree(&mut self) -> Option<Value> {
        let page = self.stage.page()?;
        let mut lines = Vec::new();
        outline(&page.main_frame().accessibility_tree(TREE_TIMEOUT).await.ok()?, 0, &mut lines);
        let mut frames: Vec<_> = page.frames().into_iter().filter(|frame| frame.parent().is_some()).collect();
        // A document without an address of its own may never tell, and keeps the others waiting: those come last.
        frames.sort_by_key(|frame| (frame.url().starts_with("about:"), frame.url(), frame.id().to_owned()));
        for frame in frames.into_iter().take(FRAMES_MAX) {
            if self.silent_frames.contains(frame.id()) {
                continue;
            }
            // One that is silent would be at every step.
            let Ok(nodes) = frame.accessibility_tree(FRAME_TIMEOUT).await else {
                self.silent_frames.insert(frame.id().to_owned());
                continue;
            };
            lines.push(json!({ "level": 0, "role": "frame", "name": frame.url() }));
            outline(&nodes, 1, &mut lines);
        }
        let truncated = lines.len() > LINES_MAX;
        lines.truncate(LINES_MAX);
        Some(self.redactor.clean_value(&json!({ "nodes": lines, "truncated": truncated })))
    }
}

/// Adds the lines of a tree whose root comes first; what says nothing is left out and what is in it takes its place.
fn outline(nodes: &[AxNode], level: usize, lines: &mut Vec<Value>) {
    let by_id: HashMap<&str, &AxNode> = nodes.iter().map(|node| (node.node_id.as_str(), node)).collect();
    let mut seen = HashSet::new();
    let mut stack: Vec<(&AxNode, usize, &str)> = nodes.first().map(|root| (root, level, "")).into_iter().collect();
    while let Some((node, level, above)) = stack.pop() {
        // One line more than there may be tells that there are more.
        if lines.len() > LINES_MAX || !seen.insert(node.node_id.as_str()) {
            continue;
        }
        let (mut level, mut above) = (level, above);
        if says_something(node, above) {
            lines.push(line(node, level));
            level += 1;
            above = node.name_text();
        }
        stack.extend(node.child_ids.iter().rev().filter_map(|id| by_id.get(id.as_str())).map(|child| (*child, level, above)));
    }
}

/// Not when it only repeats the name of what it is in.
fn says_something(node: &AxNode, above: &str) -> bool {
    let role = node.role_text();
    let repeats = role == "StaticText" && collapsed(node.name_text()) == collapsed(above);
    !node.ignored && !role.is_empty() && !repeats && (!PLUMBING.contains(&role) || (role == "generic" && !node.name_text().is_empty()))
}

fn line(node: &AxNode, level: usize) -> Value {
    let value = node.value.as_ref().and_then(|value| value.value.clone()).filter(|value| value.as_str() != Some(""));
    let is_so = |value: &&Value| !matches!(value, Value::Null | Value::Bool(false)) && value.as_str() != Some("false");
    let states: Map<String, Value> =
        STATES.iter().filter_map(|name| Some(((*name).to_owned(), node.property(name).filter(is_so)?.clone()))).collect();
    let mut line = json!({ "level": level, "role": node.role_text(), "name": node.name_text() });
    if let Some(value) = value {
        line["value"] = value;
    }
    if !states.is_empty() {
        line["states"] = states.into();
    }
    line
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn node(id: &str, role: &str, name: &str, children: &[&str]) -> AxNode {
        let node = json!({
            "nodeId": id, "ignored": role == "ignored", "role": { "value": role }, "name": { "value": name }, "childIds": children,
            "properties": [{ "name": "disabled", "value": { "value": role == "button" } }, { "name": "checked", "value": { "value": "false" } }],
        });
        serde_json::from_value(node).unwrap()
    }

    #[test]
    fn tree_tells_roles_names_and_states_without_what_says_nothing() {
        let nodes = [
            node("1", "RootWebArea", "Shop", &["2", "5"]),
            node("2", "generic", "", &["3"]),
            node("3", "button", "Add", &["4"]),
            node("4", "StaticText", " Add ", &[]),
            node("5", "ignored", "", &["6"]),
            node("6", "StaticText", "2 items", &["7"]),
            node("7", "InlineTextBox", "2 items", &[]),
        ];
        let mut lines = Vec::new();
        outline(&nodes, 0, &mut lines);
        let expected = json!([
            { "level": 0, "role": "RootWebArea", "name": "Shop" },
            { "level": 1, "role": "button", "name": "Add", "states": { "disabled": true } },
            { "level": 1, "role": "StaticText", "name": "2 items" },
        ]);
        assert_eq!(Value::from(lines), expected);
    }

    proptest! {
        #[test]
        fn any_tree_has_an_end(edges in prop::collection::vec(prop::collection::vec(0_usize..8, 0..6), 1..8), roles in "[a-z]{0,3}") {
            let nodes: Vec<AxNode> = edges.iter().enumerate().map(|(id, children)| {
                let children: Vec<String> = children.iter().map(usize::to_string).collect();
                node(&id.to_string(), &roles, "n", &children.iter().map(String::as_str).collect::<Vec<_>>())
            }).collect();
            let mut lines = Vec::new();
            outline(&nodes, 0, &mut lines);
            prop_assert!(lines.len() <= nodes.len());
        }
    }
}

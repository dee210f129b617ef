//! Takes passwords out of events before anybody keeps them, and counts what a person did. Whoever recorded may have
//! masked them already; this does not rely on it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::tabs::tab_of;

const MASK: &str = "***";

/// Takes the passwords out of events. `fields` are the nodes that are known to hold one: given by the events before, and
/// kept up with these.
pub fn mask(events: &mut [Value], fields: &mut BTreeSet<i64>) {
    for event in events {
        let kind = event.get("type").and_then(Value::as_i64);
        let Some(data) = event.get_mut("data") else { continue };
        match kind {
            Some(2) => {
                // The other tabs still show what they show.
                let tab = data.get("node").and_then(|node| node.get("id")).and_then(Value::as_i64).map_or(0, tab_of);
                fields.retain(|id| tab_of(*id) != tab);
                if let Some(node) = data.get_mut("node") {
                    look(node, fields);
                }
            }
            Some(3) => change(data, fields),
            _ => {}
        }
    }
}

fn change(data: &mut Value, fields: &mut BTreeSet<i64>) {
    let source = data.get("source").and_then(Value::as_i64);
    if source == Some(5) && data.get("id").and_then(Value::as_i64).is_some_and(|id| fields.contains(&id)) {
        hide(data.get_mut("text"));
    }
    if source != Some(0) {
        return;
    }
    for add in data.get_mut("adds").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(node) = add.get_mut("node") {
            look(node, fields);
        }
    }
    for change in data.get_mut("attributes").and_then(Value::as_array_mut).into_iter().flatten() {
        let id = change.get("id").and_then(Value::as_i64);
        let Some(attributes) = change.get_mut("attributes") else { continue };
        if is_secret(attributes) {
            fields.extend(id);
        }
        if id.is_some_and(|id| fields.contains(&id)) {
            hide(attributes.get_mut("value"));
        }
    }
}

/// Looks through a tree without recursion: its depth is the sender's choice.
fn look(root: &mut Value, fields: &mut BTreeSet<i64>) {
    let mut waiting = vec![root];
    while let Some(node) = waiting.pop() {
        let id = node.get("id").and_then(Value::as_i64);
        if node.get("attributes").is_some_and(is_secret) {
            fields.extend(id);
            hide(node.get_mut("attributes").and_then(|a| a.get_mut("value")));
        } else if let Some(id) = id {
            fields.remove(&id);
        }
        if let Some(children) = node.get_mut("childNodes").and_then(Value::as_array_mut) {
            waiting.extend(children.iter_mut());
        }
    }
}

fn is_secret(attributes: &Value) -> bool {
    let text = |name: &str| attributes.get(name).and_then(Value::as_str).unwrap_or_default().to_lowercase();
    text("type") == "password" || text("autocomplete").contains("password") || text("autocomplete").starts_with("cc-")
}

fn hide(value: Option<&mut Value>) {
    if let Some(value) = value.filter(|value| value.as_str().is_some_and(|text| !text.is_empty())) {
        *value = Value::from(MASK);
    }
}

/// How often a person did something in these events; what is typed into one field counts once. `last` is the field that
/// was typed into last, kept from one call to the next.
pub fn interactions(events: &[Value], last: &mut Option<i64>) -> usize {
    let mut count = 0;
    for data in events.iter().filter(|e| e.get("type").and_then(Value::as_i64) == Some(3)).filter_map(|e| e.get("data")) {
        let int = |name: &str| data.get(name).and_then(Value::as_i64);
        match (int("source"), int("type")) {
            (Some(2), Some(2..=4)) => {
                *last = None;
                count += 1;
            }
            (Some(5), _) if *last != int("id") => {
                *last = int("id");
                count += 1;
            }
            _ => {}
        }
    }
    count
}

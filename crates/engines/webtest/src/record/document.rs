//! The document of a recording, kept up with its snapshots and mutations: enough of it to name an element and to see
//! whether a selector names it alone.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::heal::Fingerprint;
use crate::selector::{RankedSelector, ranked};
use crate::text::collapsed;

/// Nodes that are kept; what comes after is not named.
const NODES_MAX: usize = 200_000;
/// Depth to which a tree is followed.
const DEPTH_MAX: usize = 500;
const TEXT_CHARS_MAX: usize = 200;

#[derive(Clone, Debug, Default)]
struct Node {
    parent: Option<i64>,
    children: Vec<i64>,
    /// Empty for what is no element.
    tag: String,
    attributes: Map<String, Value>,
    text: String,
}

/// The document at one moment.
#[derive(Debug, Default)]
pub(crate) struct Document {
    nodes: HashMap<i64, Node>,
}

impl Document {
    /// Takes the whole document.
    pub(crate) fn snapshot(&mut self, root: &Value) {
        self.nodes.clear();
        self.insert(root, None, None, 0);
    }

    fn insert(&mut self, node: &Value, parent: Option<i64>, before: Option<i64>, depth: usize) {
        let Some(id) = node.get("id").and_then(Value::as_i64) else { return };
        if depth > DEPTH_MAX || self.nodes.len() >= NODES_MAX || self.nodes.contains_key(&id) {
            return;
        }
        let text = |name: &str| node.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let attributes = node.get("attributes").and_then(Value::as_object).cloned().unwrap_or_default();
        self.nodes
            .insert(id, Node { parent, children: Vec::new(), tag: text("tagName").to_lowercase(), attributes, text: text("textContent") });
        if let Some(siblings) = parent.and_then(|parent| self.nodes.get_mut(&parent)).map(|parent| &mut parent.children) {
            let at = before.and_then(|before| siblings.iter().position(|child| *child == before)).unwrap_or(siblings.len());
            siblings.insert(at, id);
        }
        for child in node.get("childNodes").and_then(Value::as_array).into_iter().flatten() {
            self.insert(child, Some(id), None, depth + 1);
        }
    }

    /// Takes a change of the document.
    pub(crate) fn mutate(&mut self, data: &Value) {
        let list = |name: &str| data.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        for removed in list("removes") {
            if let Some(id) = removed.get("id").and_then(Value::as_i64) {
                self.remove(id);
            }
        }
        // A node may stand before the one it is put beside; those wait for the others.
        let mut waiting = list("adds");
        loop {
            let (ready, later): (Vec<_>, Vec<_>) = waiting
                .into_iter()
                .partition(|add| add.get("parentId").and_then(Value::as_i64).is_some_and(|parent| self.nodes.contains_key(&parent)));
            for add in &ready {
                let (parent, next) = (add.get("parentId").and_then(Value::as_i64), add.get("nextId").and_then(Value::as_i64));
                if let Some(node) = add.get("node") {
                    self.insert(node, parent, next, 0);
                }
            }
            if ready.is_empty() || later.is_empty() {
                break;
            }
            waiting = later;
        }
        for change in list("attributes") {
            let node = change.get("id").and_then(Value::as_i64).and_then(|id| self.nodes.get_mut(&id));
            if let (Some(node), Some(Value::Object(attributes))) = (node, change.get("attributes")) {
                for (name, value) in attributes {
                    match value {
                        Value::Null => drop(node.attributes.shift_remove(name)),
                        value => drop(node.attributes.insert(name.clone(), value.clone())),
                    }
                }
            }
        }
        for change in list("texts") {
            if let Some(node) = change.get("id").and_then(Value::as_i64).and_then(|id| self.nodes.get_mut(&id)) {
                node.text = change.get("value").and_then(Value::as_str).unwrap_or_default().to_owned();
            }
        }
    }

    fn remove(&mut self, id: i64) {
        let mut waiting = vec![id];
        if let Some(siblings) = self.nodes.get(&id).and_then(|node| node.parent).and_then(|parent| self.nodes.get_mut(&parent)) {
            siblings.children.retain(|child| *child != id);
        }
        while let Some(id) = waiting.pop() {
            if let Some(node) = self.nodes.remove(&id) {
                waiting.extend(node.children);
            }
        }
    }

    pub(crate) fn tag(&self, id: i64) -> &str {
        self.nodes.get(&id).map_or("", |node| node.tag.as_str())
    }

    pub(crate) fn attribute(&self, id: i64, name: &str) -> Option<&str> {
        self.nodes.get(&id)?.attributes.get(name)?.as_str().filter(|value| !value.is_empty())
    }

    /// The text in a node, its blanks joined. What stands in a field is no text of what is around it.
    pub(crate) fn text(&self, id: i64) -> String {
        let mut text = String::new();
        let mut waiting = vec![id];
        while let Some((at, node)) = waiting.pop().and_then(|at| Some((at, self.nodes.get(&at)?))) {
            if text.len() > TEXT_CHARS_MAX * 8 {
                break;
            }
            let is_field = at != id && matches!(node.tag.as_str(), "select" | "textarea");
            if !is_field && !matches!(node.tag.as_str(), "script" | "style") {
                text.push_str(&node.text);
                waiting.extend(node.children.iter().rev());
            }
        }
        collapsed(&text).chars().take(TEXT_CHARS_MAX).collect()
    }

    /// The element a person meant: the nearest thing around it that is used.
    pub(crate) fn meant(&self, id: i64) -> i64 {
        let mut at = Some(id);
        while let Some(node) = at.and_then(|id| self.nodes.get(&id)) {
            let used = matches!(node.tag.as_str(), "a" | "button" | "input" | "select" | "textarea" | "summary" | "label" | "option");
            if used || node.attributes.contains_key("role") || node.attributes.contains_key("onclick") {
                return at.unwrap_or(id);
            }
            at = node.parent;
        }
        if self.tag(id).is_empty() { self.nodes.get(&id).and_then(|node| node.parent).unwrap_or(id) } else { id }
    }

    /// The label of a field: around it, or naming it.
    pub(crate) fn label(&self, id: i64) -> Option<String> {
        let named = self.attribute(id, "id").and_then(|wanted| {
            self.nodes
                .iter()
                .find(|(_, node)| node.tag == "label" && node.attributes.get("for").and_then(Value::as_str) == Some(wanted))
                .map(|(id, _)| *id)
        });
        let mut at = self.nodes.get(&id).and_then(|node| node.parent);
        let mut around = None;
        while let Some(outer) = at {
            let node = self.nodes.get(&outer)?;
            if node.tag == "label" {
                around = Some(outer);
                break;
            }
            at = node.parent;
        }
        named.or(around).map(|label| self.text(label)).filter(|text| !text.is_empty())
    }

    /// What an element looks like.
    pub(crate) fn looks(&self, id: i64) -> Fingerprint {
        let attribute = |name: &str| self.attribute(id, name).map(str::to_owned);
        let tag = self.tag(id).to_owned();
        let kind = attribute("type");
        let is_field = matches!(tag.as_str(), "input" | "select" | "textarea");
        let text = Some(self.text(id)).filter(|text| !text.is_empty() && !is_field);
        let role = attribute("role").or_else(|| role_of(&tag, kind.as_deref()).map(str::to_owned));
        let button_value = attribute("value").filter(|_| matches!(kind.as_deref(), Some("submit" | "button" | "reset")));
        let name = attribute("aria-label")
            .or_else(|| self.label(id))
            .or(button_value)
            .or_else(|| text.clone())
            .or_else(|| attribute("placeholder"));
        Fingerprint {
            testid: ["data-testid", "data-test-id", "data-test", "data-cy", "data-qa"].into_iter().find_map(attribute),
            id: attribute("id"),
            name: attribute("name"),
            class: attribute("class"),
            placeholder: attribute("placeholder"),
            href: attribute("href"),
            title: attribute("title"),
            alt: attribute("alt"),
            xpath: Some(self.path(id)),
            accessible_name: name,
            is_button: Some(role.as_deref() == Some("button")),
            role,
            text,
            kind,
            tag: Some(tag),
            ..Fingerprint::default()
        }
    }

    fn path(&self, id: i64) -> String {
        let mut way = String::new();
        let mut at = Some(id);
        while let Some((here, node)) = at.and_then(|id| Some((id, self.nodes.get(&id)?))) {
            if !node.tag.is_empty() {
                let siblings = node.parent.and_then(|parent| self.nodes.get(&parent)).map_or(&[][..], |parent| parent.children.as_slice());
                let same: Vec<_> = siblings.iter().filter(|child| self.tag(**child) == node.tag).collect();
                let place = same.iter().position(|child| **child == here).unwrap_or(0) + 1;
                way = if same.len() > 1 { format!("/{}[{place}]{way}", node.tag) } else { format!("/{}{way}", node.tag) };
            }
            at = node.parent;
        }
        format!("/{way}")
    }

    /// The steadiest selector that names this element alone.
    pub(crate) fn selector(&self, id: i64) -> Option<RankedSelector> {
        let wanted = self.looks(id);
        let others: Vec<Fingerprint> = self
            .nodes
            .keys()
            .filter(|other| **other != id && !self.tag(**other).is_empty() && self.may_be_like(**other, &wanted))
            .map(|other| self.looks(*other))
            .collect();
        ranked(&wanted).into_iter().find(|candidate| {
            let same = |other: &Fingerprint| ranked(other).iter().any(|theirs| theirs.selector == candidate.selector);
            candidate.strategy == "path" || !others.iter().any(same)
        })
    }

    /// Spares the full look at what shares nothing with the element.
    fn may_be_like(&self, id: i64, wanted: &Fingerprint) -> bool {
        let same = |name: &str, value: &Option<String>| value.as_deref().is_some_and(|value| self.attribute(id, name) == Some(value));
        self.tag(id) == wanted.tag.as_deref().unwrap_or_default()
            || same("id", &wanted.id)
            || same("name", &wanted.name)
            || same("data-testid", &wanted.testid)
            || wanted.text.as_ref().is_some_and(|text| self.text(id) == *text)
    }
}

fn role_of(tag: &str, kind: Option<&str>) -> Option<&'static str> {
    Some(match (tag, kind) {
        ("a", _) => "link",
        ("button", _) | ("input", Some("submit" | "button" | "reset" | "image")) => "button",
        ("input", Some("checkbox")) => "checkbox",
        ("input", Some("radio")) => "radio",
        ("input", Some("number")) => "spinbutton",
        ("input", Some("range")) => "slider",
        ("input", Some("search")) => "searchbox",
        // Nobody calls these by a role.
        ("input", Some("date" | "time" | "datetime-local" | "month" | "week" | "color" | "file" | "password" | "hidden")) => return None,
        ("input" | "textarea", _) => "textbox",
        ("select", _) => "combobox",
        ("h1" | "h2" | "h3" | "h4" | "h5" | "h6", _) => "heading",
        ("img", _) => "img",
        _ => return None,
    })
}

//! The document of a recording, kept up with its snapshots and mutations: enough of it to name an element and to see
//! whether a selector names it alone.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::heal::Fingerprint;
use crate::selector::{RankedSelector, css_quoted, is_generated, ranked};
use crate::text::collapsed;

/// Nodes that are kept; what comes after is not named.
const NODES_MAX: usize = 200_000;
/// Depth to which a tree is followed.
const DEPTH_MAX: usize = 500;
const TEXT_CHARS_MAX: usize = 200;
const HEADING_CHARS_MAX: usize = 80;
/// Frames in frames and hosts in hosts; what is deeper is not named.
const NESTED_MAX: usize = 10;

#[derive(Clone, Debug, Default)]
struct Node {
    parent: Option<i64>,
    children: Vec<i64>,
    /// Empty for what is no element.
    tag: String,
    attributes: Map<String, Value>,
    text: String,
    /// Of the page or of a frame.
    is_document: bool,
    /// At the top of a shadow root: its parent is the host.
    is_shadow: bool,
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
        let (tag, text) = (text("tagName").to_lowercase(), text("textContent"));
        let is_document = node.get("type").and_then(Value::as_i64) == Some(0) && tag.is_empty();
        let is_shadow = node.get("isShadow").and_then(Value::as_bool).unwrap_or(false) && parent.is_some();
        self.nodes.insert(id, Node { parent, children: Vec::new(), tag, attributes, text, is_document, is_shadow });
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

    /// The page itself, as far as it is known.
    pub(crate) fn is_page(&self, id: i64) -> bool {
        let is_root = |node: &Node| matches!(node.tag.as_str(), "" | "html" | "body");
        self.nodes.is_empty() || self.nodes.get(&id).is_some_and(is_root) && self.frame(id).is_none()
    }

    pub(crate) fn tag(&self, id: i64) -> &str {
        self.nodes.get(&id).map_or("", |node| node.tag.as_str())
    }

    pub(crate) fn attribute(&self, id: i64, name: &str) -> Option<&str> {
        self.nodes.get(&id)?.attributes.get(name)?.as_str().filter(|value| !value.is_empty())
    }

    /// How far it was scrolled when it was written, as recordings have it.
    pub(crate) fn scrolled(&self, id: i64) -> Option<f64> {
        self.nodes.get(&id)?.attributes.get("rr_scrollTop").and_then(Value::as_f64)
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
            if !is_field && !node.is_document && !matches!(node.tag.as_str(), "script" | "style") {
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
            at = node.parent.filter(|_| !node.is_document);
        }
        if self.tag(id).is_empty() { self.nodes.get(&id).and_then(|node| node.parent).unwrap_or(id) } else { id }
    }

    /// What the page is called in itself: the text of its one first-level heading, unless it is marked as hidden.
    pub(crate) fn heading(&self) -> Option<String> {
        let mut all = self.nodes.iter().filter(|(id, node)| node.tag == "h1" && self.frame(**id).is_none());
        let id = all.next().filter(|_| all.next().is_none()).map(|(id, _)| *id)?;
        let mut at = Some(id);
        while let Some(node) = at.and_then(|id| self.nodes.get(&id)) {
            let hidden = |name: &str| node.attributes.get(name).is_some_and(|value| name != "aria-hidden" || value == "true");
            if hidden("hidden")
                || hidden("aria-hidden")
                || hidden("inert")
                || matches!(node.tag.as_str(), "template" | "noscript" | "dialog")
            {
                return None;
            }
            at = node.parent;
        }
        Some(self.text(id)).filter(|text| !text.is_empty() && text.chars().count() <= HEADING_CHARS_MAX)
    }

    /// The label of a field: around it, or naming it.
    pub(crate) fn label(&self, id: i64) -> Option<String> {
        let named = self.attribute(id, "id").and_then(|wanted| {
            self.nodes
                .iter()
                .filter(|(_, node)| node.tag == "label" && node.attributes.get("for").and_then(Value::as_str) == Some(wanted))
                .map(|(label, _)| *label)
                .find(|label| self.root(*label) == self.root(id))
        });
        let above = |node: &Node| node.parent.filter(|_| !node.is_shadow && !node.is_document);
        let mut at = self.nodes.get(&id).and_then(above);
        let mut around = None;
        while let Some(outer) = at {
            let node = self.nodes.get(&outer)?;
            if node.tag == "label" {
                around = Some(outer);
                break;
            }
            at = above(node);
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

    /// The way from the top of its document, or in CSS from that of its shadow root.
    fn path(&self, id: i64) -> String {
        let (way, is_shadow) = (self.way(id), self.root(id).1);
        let part = |&(tag, place, many): &(&str, usize, bool)| if many { format!("{tag}[{place}]") } else { tag.to_owned() };
        // A tag alone would be taken for a word.
        if is_shadow { format!("css={}", css_path(&way)) } else { format!("//{}", way.iter().map(part).collect::<Vec<_>>().join("/")) }
    }

    /// Tags from the top of its root down, the place of each among its like, and whether there are others.
    fn way(&self, id: i64) -> Vec<(&str, usize, bool)> {
        let mut way = Vec::new();
        let mut at = Some(id);
        while let Some((here, node)) = at.and_then(|id| Some((id, self.nodes.get(&id)?))) {
            if !node.tag.is_empty() {
                let siblings = node.parent.and_then(|parent| self.nodes.get(&parent)).map_or(&[][..], |parent| parent.children.as_slice());
                let like =
                    |child: &&i64| self.nodes.get(child).is_some_and(|other| other.tag == node.tag && other.is_shadow == node.is_shadow);
                let same: Vec<_> = siblings.iter().filter(like).collect();
                way.push((node.tag.as_str(), same.iter().position(|child| **child == here).unwrap_or(0) + 1, same.len() > 1));
            }
            at = node.parent.filter(|_| !node.is_shadow && !node.is_document);
        }
        way.reverse();
        way
    }

    /// The document or the shadow root (known by its host, and true) a node is in.
    fn root(&self, id: i64) -> (Option<i64>, bool) {
        let mut at = id;
        while let Some(node) = self.nodes.get(&at) {
            match node.parent {
                Some(host) if node.is_shadow => return (Some(host), true),
                Some(parent) if !node.is_document => at = parent,
                _ => return (Some(at), false),
            }
        }
        (None, false)
    }

    /// The frame whose document a node is in; `None` in the page's own.
    fn frame(&self, id: i64) -> Option<i64> {
        let mut at = id;
        loop {
            match self.root(at) {
                (Some(host), true) => at = host,
                (Some(document), false) => return self.nodes.get(&document)?.parent,
                (None, _) => return None,
            }
        }
    }

    /// The steadiest selector that names this element alone, with the frames on the way to it.
    pub(crate) fn selector(&self, id: i64) -> Option<RankedSelector> {
        let mut found = self.within_frame(id, NESTED_MAX)?;
        let mut at = id;
        for _ in 0..=NESTED_MAX {
            let Some(frame) = self.frame(at) else { return Some(found) };
            let (way, confidence) = self.frame_selector(frame)?;
            found.selector = format!("frame={way} >> {}", found.selector);
            found.confidence = found.confidence.min(confidence);
            at = frame;
        }
        None
    }

    /// CSS for the element of a frame: that is what every language a test is exported to knows of frames.
    fn frame_selector(&self, frame: i64) -> Option<(String, f64)> {
        let tag = &self.nodes.get(&frame)?.tag;
        let document = self.frame(frame);
        let alone = |name: &str, value: &str| {
            let like = |(other, node): (&i64, &Node)| {
                *other != frame && node.tag == *tag && self.attribute(*other, name) == Some(value) && self.frame(*other) == document
            };
            !self.nodes.iter().any(like)
        };
        let steady = [("data-testid", 0.95), ("id", 0.9), ("name", 0.85), ("title", 0.8), ("src", 0.6)];
        let named = steady.into_iter().find_map(|(name, confidence)| {
            let value = self.attribute(frame, name).filter(|value| !is_generated(value) || name == "src")?;
            alone(name, value).then(|| (format!("{tag}[{name}={}]", css_quoted(value)), confidence))
        });
        Some(named.unwrap_or_else(|| {
            let siblings = self.nodes.iter().filter(|(other, node)| node.tag == *tag && self.frame(**other) == document).count();
            if siblings > 1 { (css_path(&self.way(frame)), 0.3) } else { (tag.clone(), 0.5) }
        }))
    }

    fn within_frame(&self, id: i64, hosts: usize) -> Option<RankedSelector> {
        let wanted = self.looks(id);
        let frame = self.frame(id);
        let others: Vec<(i64, Fingerprint)> = self
            .nodes
            .keys()
            .filter(|other| **other != id && !self.tag(**other).is_empty() && self.may_be_like(**other, &wanted))
            .filter(|other| self.frame(**other) == frame)
            .map(|other| (*other, self.looks(*other)))
            .collect();
        let is_named_by = |other: &Fingerprint, selector: &str| ranked(other).iter().any(|theirs| theirs.selector == selector);
        let host = match self.root(id) {
            (Some(host), true) => Some(host),
            _ => None,
        };
        let candidates = ranked(&wanted);
        let alone = |candidate: &&RankedSelector| !others.iter().any(|(_, other)| is_named_by(other, &candidate.selector));
        let found = candidates.iter().find(|candidate| candidate.strategy != "path" && alone(candidate));
        let Some(host) = host else { return found.or_else(|| candidates.iter().find(|candidate| candidate.strategy == "path")).cloned() };
        if let Some(found) = found.filter(|found| found.confidence > 0.5) {
            return Some(found.clone());
        }
        // The same again in every host of its kind: the host tells them apart.
        let outer = self.within_frame(host, hosts.checked_sub(1)?)?;
        let inside: Vec<&Fingerprint> = others.iter().filter(|(other, _)| self.is_below(*other, host)).map(|(_, looks)| looks).collect();
        let found = candidates
            .iter()
            .find(|candidate| candidate.strategy == "path" || !inside.iter().any(|other| is_named_by(other, &candidate.selector)))?;
        let (selector, confidence) = (format!("{} >> {}", outer.selector, found.selector), found.confidence.min(outer.confidence));
        Some(RankedSelector { selector, confidence, ..found.clone() })
    }

    fn is_below(&self, id: i64, above: i64) -> bool {
        let mut at = Some(id);
        while let Some(here) = at {
            if here == above {
                return true;
            }
            at = self.nodes.get(&here).and_then(|node| node.parent);
        }
        false
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

fn css_path(way: &[(&str, usize, bool)]) -> String {
    let part = |&(tag, place, many): &(&str, usize, bool)| if many { format!("{tag}:nth-of-type({place})") } else { tag.to_owned() };
    way.iter().map(part).collect::<Vec<_>>().join(" > ")
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

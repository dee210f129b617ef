//! Roles and names, as the browser's own accessibility tree has them: what a screen reader would hear. The tree is asked
//! from outside; what it names is handed to the script in the page, which goes on from there.

use std::time::Duration;

use serde_json::Value;

use super::selector::{Part, Role};
use super::{Locator, Point, await_change, lost};
use crate::deadline::Deadline;
use crate::error::CdpError;
use crate::page::{Frame, Handle, Lost};
use crate::protocol::dom::{AxNode, QueryAxTree, ResolveNode};
use crate::protocol::runtime::Argument;

/// Elements of one role that are looked at.
const NODES_MAX: usize = 200;
/// What a question to the tree may take when no time is left to wait.
const QUERY_MIN: Duration = Duration::from_secs(5);

impl Locator {
    /// Resolves the parts up to the last role to elements; the rest is left to the script. Without a role everything is.
    /// When nothing has the role, waits for it if that is what is `wanted`.
    pub(super) async fn resolve_roles(
        &self,
        frame: &Frame,
        parts: &[Part],
        wanted: bool,
        deadline: &Deadline,
    ) -> Result<(Option<Handle>, Vec<Part>), Lost> {
        let Some(last) = parts.iter().rposition(|part| matches!(part, Part::Role(_))) else { return Ok((None, parts.to_vec())) };
        let (with_roles, rest) = parts.split_at(last + 1);
        // The tree of a frame that is out of view is not made up to date, and the question would wait for that.
        if frame.parent().is_some() {
            self.to_page(frame, Point::default(), false, deadline).await.map_err(Lost::For)?.ok();
        }
        loop {
            let (elements, count) = self.elements(frame, with_roles, deadline).await?;
            if count > 0 || !wanted || deadline.left().is_zero() {
                return Ok((Some(elements), rest.to_vec()));
            }
            await_change(frame, deadline).await.map_err(Lost::For)?;
        }
    }

    async fn elements(&self, frame: &Frame, parts: &[Part], deadline: &Deadline) -> Result<(Handle, usize), Lost> {
        let mut scopes = frame.handle("function () { return [document]; }", None, Vec::new(), deadline).await?;
        let mut count = 1;
        let mut script = Vec::new();
        for part in parts {
            match part {
                Part::Role(role) => {
                    if !script.is_empty() {
                        scopes = self.find(frame, &scopes, std::mem::take(&mut script), deadline).await?;
                    }
                    (scopes, count) = by_role(frame, &scopes, role, deadline).await?;
                }
                other => script.push(other.clone()),
            }
        }
        Ok((scopes, count))
    }

    async fn find(&self, frame: &Frame, scopes: &Handle, parts: Vec<Part>, deadline: &Deadline) -> Result<Handle, Lost> {
        let parts = serde_json::to_value(parts).map_err(|error| Lost::For(CdpError::Invalid(error.to_string())))?;
        let function = "function (parts) { return argos.find(parts, this); }";
        frame.handle(function, Some(&scopes.object_id), vec![Argument::Value(parts)], deadline).await.map_err(|lost| match lost {
            Lost::For(CdpError::Script(text)) => Lost::For(CdpError::Invalid(format!("{self}: {text}"))),
            other => other,
        })
    }
}

/// The elements with the role inside the scopes.
async fn by_role(frame: &Frame, scopes: &Handle, role: &Role, deadline: &Deadline) -> Result<(Handle, usize), Lost> {
    // One scope is the rule; several are asked through what they have in common, then sorted out.
    let root = frame
        .handle("function () { return this.length === 1 ? this[0] : document; }", Some(&scopes.object_id), Vec::new(), deadline)
        .await?;
    let query = QueryAxTree { object_id: Some(root.object_id.clone()), accessible_name: None, role: Some(role.role.clone()) };
    let nodes = root.session.call_within(&query, deadline.left().max(QUERY_MIN)).await.map_err(|error| lost(error, root.context_id))?.nodes;
    let wanted: Vec<i64> =
        nodes.iter().filter(|node| is_wanted(node, role)).filter_map(|node| node.backend_dom_node_id).take(NODES_MAX).collect();
    let mut calls = Vec::new();
    for id in wanted {
        let resolve = ResolveNode { backend_node_id: Some(id), execution_context_id: Some(root.context_id) };
        calls.push(root.session.submit(&resolve).map_err(Lost::For)?);
    }
    let mut handles = Vec::new();
    for call in calls {
        match call.within(crate::session::CALL_TIMEOUT).await {
            Ok(resolved) => handles.extend(resolved.object.object_id.map(|object_id| Handle {
                session: root.session.clone(),
                object_id,
                context_id: root.context_id,
            })),
            // Gone between the two calls.
            Err(CdpError::Protocol { message, .. }) if message.contains("node") => {}
            Err(error) => return Err(lost(error, root.context_id)),
        }
    }
    let count = handles.len();
    let mut arguments: Vec<Argument> = handles.iter().map(|handle| Argument::ObjectId(handle.object_id.clone())).collect();
    arguments.insert(0, Argument::ObjectId(scopes.object_id.clone()));
    let function = "function (scopes, ...found) { return argos.among(found, scopes); }";
    let elements = frame.handle(function, Some(&root.object_id), arguments, deadline).await?;
    Ok((elements, count))
}

fn is_wanted(node: &AxNode, role: &Role) -> bool {
    if node.ignored || node.role_text() != role.role {
        return false;
    }
    let named = role.name.as_ref().is_none_or(|(name, exact)| {
        let found = collapsed(node.name_text());
        if *exact { found == collapsed(name) } else { found.to_lowercase().contains(&collapsed(name).to_lowercase()) }
    });
    named && role.states.iter().all(|(state, value)| text_of(node.property(state)) == *value)
}

fn collapsed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A state as text; one that the node does not have is false.
fn text_of(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => "false".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::is_wanted;
    use crate::locator::selector::Role;
    use crate::protocol::dom::AxNode;

    fn node() -> AxNode {
        serde_json::from_value(json!({
            "nodeId": "1", "ignored": false, "role": {"type": "role", "value": "checkbox"},
            "name": {"type": "computedString", "value": "Send  me\nnews"},
            "properties": [{"name": "checked", "value": {"type": "tristate", "value": "true"}}, {"name": "level", "value": {"type": "integer", "value": 2}}],
            "future": 1
        }))
        .unwrap()
    }

    fn role(name: Option<(&str, bool)>, states: &[(&str, &str)]) -> Role {
        Role {
            role: "checkbox".to_owned(),
            name: name.map(|(name, exact)| (name.to_owned(), exact)),
            states: states.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect(),
        }
    }

    #[test]
    fn node_is_judged_by_name_and_states() {
        assert!(is_wanted(&node(), &role(None, &[])));
        assert!(is_wanted(&node(), &role(Some(("Send me news", true)), &[("checked", "true"), ("level", "2")])));
        assert!(is_wanted(&node(), &role(Some(("SEND", false)), &[("disabled", "false")])));
        assert!(!is_wanted(&node(), &role(Some(("Send me", true)), &[])));
        assert!(!is_wanted(&node(), &role(None, &[("checked", "false")])));
        assert!(!is_wanted(&AxNode { ignored: true, ..node() }, &role(None, &[])));
    }
}

//! Commands: judged before they are sent, waited for, and recorded without what they carry.

use std::sync::Arc;
use std::time::Duration;

use argos_audit::{Category, Entry, Status};
use argos_kernel::{Actor, AppError, ErrorKind, Result};
use argos_nodewire::{Ack, DriverRole, driver, redact};
use argos_web::Message;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::model::node::Node;
use crate::service::{Nodes, Session, hold};

/// How long a slow command may take.
const SLOW: Duration = Duration::from_secs(60);
/// Largest action, in bytes.
pub(crate) const ACTION_BYTES: usize = 50 << 10;

/// What a command brought.
pub(crate) struct Outcome {
    pub(crate) command_id: String,
    pub(crate) data: Option<Value>,
}

impl Outcome {
    /// For people: what a node answers may carry its secrets, whatever it was asked.
    pub(crate) fn redacted(mut self) -> Self {
        self.data.iter_mut().for_each(redact);
        self
    }
}

fn bad(text: impl Into<String>, field: &str) -> AppError {
    AppError::bad_request(text).code("invalid_action").with("field", field)
}

pub(crate) fn too_large(text: &str) -> AppError {
    AppError::new(ErrorKind::TooLarge, text)
}

/// The node's own refusal.
fn refused(ack: &Ack) -> AppError {
    let text = ack.error.clone().filter(|e| !e.is_empty()).unwrap_or_else(|| "The node refused the command".to_owned());
    let code = ack.error_code.clone().unwrap_or_else(|| "node_refused".to_owned());
    AppError::new(ErrorKind::Invalid, text).code(code).with("refused_by_node", true)
}

/// Whether an error is the node's word, not the link's.
pub(crate) fn is_refusal(error: &AppError) -> bool {
    error.extra().contains_key("refused_by_node")
}

/// Why a node did not answer.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) enum LinkFault {
    Busy,
    Gone,
    Timeout,
}

impl LinkFault {
    pub(crate) fn error(self, limit: Duration) -> AppError {
        match self {
            Self::Busy => AppError::unavailable("The node does not keep up with its commands").code("node_busy"),
            Self::Gone => AppError::new(ErrorKind::Upstream, "Node disconnected before acknowledging command").code("node_disconnected"),
            Self::Timeout => {
                let text = format!("Command timed out waiting for node response ({}s)", limit.as_secs());
                AppError::new(ErrorKind::UpstreamTimeout, text).code("node_timeout")
            }
        }
    }
}

/// Takes the waiter of a command away.
struct Forgotten<'a>(&'a Session, &'a str);

impl Drop for Forgotten<'_> {
    fn drop(&mut self) {
        hold(&self.0.waiting).acks.remove(self.1);
    }
}

impl From<TrySendError<Message>> for LinkFault {
    fn from(refused: TrySendError<Message>) -> Self {
        match refused {
            TrySendError::Full(_) => Self::Busy,
            TrySendError::Closed(_) => Self::Gone,
        }
    }
}

impl Nodes {
    /// Sends one action and waits for its answer; the waiter stands before the frame leaves.
    pub(crate) async fn ask(&self, session: &Session, action: &Value, limit: Duration) -> Result<Outcome> {
        let command_id = self.random_uuid();
        let frame = argos_nodewire::command(&self.now().rfc3339(), &command_id, action);
        let answer = self.ask_with(session, &command_id, Message::text(frame), limit).await;
        let kind = action.get("type").and_then(Value::as_str).unwrap_or_default();
        let changes = driver(&session.device_type).and_then(|d| d.find(kind)).is_none_or(|c| c.changes_config);
        // One whose answer is lost may have been carried out.
        if changes && answer.as_ref().err().is_none_or(|error| !is_refusal(error)) {
            let mut told = hold(&session.told);
            told.set_config(None);
            if session.there.is_some() {
                // Whatever number it has over there, it is another one.
                told.config_number = u64::MAX;
            }
        }
        Ok(Outcome { command_id, data: answer?.data })
    }

    /// Sends a message that is answered under this id.
    pub(super) async fn ask_with(&self, session: &Session, command_id: &str, message: Message, limit: Duration) -> Result<Ack> {
        let ack = match &session.there {
            None => self.exchange(session, command_id, message, limit).await.map_err(|fault| fault.error(limit))?,
            Some(_) => self.ask_there(session, command_id, message, limit).await?,
        };
        if ack.success { Ok(ack) } else { Err(refused(&ack)) }
    }

    /// Sends a message to a node of this process and waits for the answer under this id.
    pub(crate) async fn exchange(&self, session: &Session, command_id: &str, message: Message, limit: Duration) -> Result<Ack, LinkFault> {
        let (sender, answer) = oneshot::channel();
        hold(&session.waiting).acks.insert(command_id.to_owned(), sender);
        // Also when whoever asked is dropped.
        let _forgotten = Forgotten(session, command_id);
        session.out.try_send(message)?;
        match timeout(limit, answer).await {
            Ok(answer) => answer.map_err(|_| LinkFault::Gone),
            Err(_) => Err(LinkFault::Timeout),
        }
    }

    /// The configuration as the node has it, with its secrets. Its answer carries no id, so it is for the first who waits.
    pub(crate) async fn config(&self, session: &Session, refresh: bool, limit: Duration) -> Result<Arc<Value>> {
        if let Some(known) = hold(&session.told).config.clone().filter(|_| !refresh) {
            return Ok(known);
        }
        if session.there.is_some() {
            return self.config_there(session, refresh, limit).await;
        }
        let (sender, answer) = oneshot::channel();
        // Each asks for himself: an answer that was under way may be older than what he wants to know.
        {
            let mut waiting = hold(&session.waiting);
            waiting.configs.retain(|w| !w.is_closed());
            waiting.configs.push_back(sender);
        }
        let frame = argos_nodewire::command(&self.now().rfc3339(), &self.random_uuid(), &json!({ "type": "get_config" }));
        session.out.try_send(Message::text(frame)).map_err(|refused| LinkFault::from(refused).error(limit))?;
        match timeout(limit, answer).await {
            Ok(answer) => answer.map_err(|_| LinkFault::Gone.error(limit)),
            Err(_) => Err(LinkFault::Timeout.error(limit)),
        }
    }

    pub(crate) fn command_limit(&self) -> Result<Duration> {
        self.seconds("command_timeout_secs")
    }

    /// A command somebody gave. `may_manage`: he may give those of administrators.
    pub(crate) async fn command(
        self: &Arc<Self>,
        actor: &Actor,
        node: &Node,
        action: Value,
        (passthrough, may_manage): (bool, bool),
    ) -> Result<Outcome> {
        let Some(kind) = action.get("type").and_then(Value::as_str).filter(|t| t.len() <= 64).map(str::to_owned) else {
            return Err(bad("action.type is missing", "action.type"));
        };
        if action.to_string().len() > ACTION_BYTES {
            return Err(too_large("The action is larger than 50 KB"));
        }
        let known = driver(&node.device_type).and_then(|d| d.find(&kind));
        let denied = || {
            AppError::forbidden("This command needs the right to manage nodes").code("permission_denied").with("permission", "nodes:manage")
        };
        match known {
            None if passthrough && !may_manage => return Err(denied()),
            None if passthrough => {}
            None => {
                let text = format!("Unknown command for a node of type {}: {kind}", node.device_type);
                return Err(bad(text, "action.type"));
            }
            Some(command) => {
                if command.role == DriverRole::Admin && !may_manage {
                    return Err(denied());
                }
                if command.own_route {
                    return Err(bad(format!("{kind} has a route of its own"), "action.type"));
                }
                if let Some(missing) = command.missing(&action) {
                    return Err(bad(format!("Missing parameter: {missing}"), &format!("action.{missing}")));
                }
                if let Some(fault) = command.fault(&action) {
                    return Err(bad(fault.message, &format!("action.{}", fault.path)));
                }
            }
        }
        let limit = if known.is_some_and(|c| c.slow) { SLOW } else { self.command_limit()? };
        let text = |name: &str| action.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        match kind.as_str() {
            "create_flow" | "update_flow" if known.is_some() => {
                let mut flow = action.get("flow").cloned().unwrap_or_default();
                if let (Some(members), true) = (flow.as_object_mut(), !text("flow_id").is_empty()) {
                    members.insert("id".to_owned(), json!(text("flow_id")));
                }
                self.put_flow(actor, node, flow, kind == "create_flow").await
            }
            "delete_flow" if known.is_some() => self.remove_flow(actor, node, &text("flow_id")).await,
            "update_config" if known.is_some() => self.replace_config(actor, node, action.get("config").cloned().unwrap_or_default()).await,
            "get_config" => {
                let session = self.connected(&node.id)?;
                let mut config = (*self.config(&session, true, limit).await?).clone();
                redact(&mut config);
                Ok(Outcome { command_id: self.random_uuid(), data: Some(config) })
            }
            _ => {
                let session = self.connected(&node.id)?;
                let action = self.with_secrets(&session, action).await?;
                let done = self.ask(&session, &action, limit).await;
                self.note_command(actor, node, &action, done.as_ref().err()).await?;
                done
            }
        }
    }

    /// Puts back the secrets of an input or output that somebody got blanked.
    async fn with_secrets(&self, session: &Session, mut action: Value) -> Result<Value> {
        if !action.to_string().contains(argos_nodewire::MASK) {
            return Ok(action);
        }
        let config = self.config(session, false, self.command_limit()?).await?;
        let known = |member: &str, list: &str| {
            let id = action.get(member).and_then(|m| m.get("id")).or_else(|| action.get(format!("{member}_id")))?;
            let of = |holder: &Value| holder.get(list)?.as_array()?.iter().find(|item| item.get("id") == Some(id)).cloned();
            // A node of the first generation has them inside its flows.
            let flow = || argos_nodewire::flow::find_flow(&config, action.get("flow_id")?.as_str()?);
            of(&config).or_else(|| of(flow()?))
        };
        let original = json!({ "input": known("input", "inputs"), "output": known("output", "outputs") });
        argos_nodewire::restore(&mut action, &original).map_err(|path| unknown_secret(&format!("action.{path}")))?;
        Ok(action)
    }

    /// The audit row of a command: its type and the ids in it, never what it carries.
    pub(crate) async fn note_command(&self, actor: &Actor, node: &Node, action: &Value, error: Option<&AppError>) -> Result<()> {
        let mut after = json!({ "type": action.get("type") });
        let ids = ["flow_id", "input_id", "output_id", "tunnel_id", "edge_id", "flow_group_id", "recording_id", "clip_id", "name"];
        if let (Some(out), Some(members)) = (after.as_object_mut(), action.as_object()) {
            out.extend(ids.iter().filter_map(|id| Some(((*id).to_owned(), members.get(*id)?.clone()))));
            for member in ["flow", "input", "output", "tunnel"] {
                if let Some(id) = members.get(member).and_then(|m| m.get("id")) {
                    out.insert(format!("{member}_id"), id.clone());
                }
            }
            if let Some(error) = error {
                out.insert("error".to_owned(), json!(error.code_str()));
            }
        }
        let kind = action.get("type").and_then(Value::as_str).unwrap_or_default();
        let entry = Entry::new("node.command", Category::Action).target("node", &node.id).describe(format!("Node {}: {kind}", node.name));
        let status = if error.is_none() { Status::Success } else { Status::Failure };
        self.platform.audit.note(actor, entry.after(after).status(status)).await
    }
}

pub(crate) fn unknown_secret(path: &str) -> AppError {
    bad(format!("{path}: the secret behind *** is not known; write it again"), path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_node_answers_is_shown_without_its_secrets() {
        let data = Some(json!({ "input": { "id": "i", "passphrase": "secret" } }));
        let shown = Outcome { command_id: "c".to_owned(), data }.redacted();
        assert_eq!(shown.data, Some(json!({ "input": { "id": "i", "passphrase": "***" } })));
    }
}

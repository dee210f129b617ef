//! Whole configurations: read, replaced, and the versions one can go back to. A version is sealed, because an edge sends
//! the keys of its flows along.

use std::sync::Arc;
use std::time::Duration;

use argos_audit::{Category, Entry};
use argos_kernel::{Actor, AppError, ErrorKind, Result};
use argos_nodewire::{redact, restore};
use serde_json::{Value, json};

use super::commands::{Outcome, is_refusal, too_large, unknown_secret};
use crate::model::node::{Node, config_place};
use crate::service::{Nodes, Session};
use crate::store::parts::{self, Version};
use crate::store::tunnels;

/// Largest configuration that is sent, in bytes.
pub(crate) const CONFIG_BYTES: usize = 100 << 10;
/// Versions kept of each node.
const VERSIONS: i64 = 20;
/// How long a reader waits for a node.
pub(crate) const READ_WAIT: Duration = Duration::from_secs(3);

fn has_tunnel(config: &Value, id: &str) -> bool {
    let all = config.get("tunnels").and_then(Value::as_array);
    all.is_some_and(|list| list.iter().any(|t| t.get("id").and_then(Value::as_str) == Some(id)))
}

/// Gives a configuration the tunnels of another, none when that has none.
fn take_tunnels(config: &mut Value, of: &Value) {
    if let Some(members) = config.as_object_mut() {
        members.remove("tunnels");
        members.extend(of.get("tunnels").map(|tunnels| ("tunnels".to_owned(), tunnels.clone())));
    }
}

impl Nodes {
    /// The configuration for people: redacted, and 404 when the node does not answer in time.
    pub(crate) async fn shown_config(&self, node: &Node, refresh: bool) -> Result<Value> {
        let session = self.connected(&node.id)?;
        let config = self.config(&session, refresh, READ_WAIT).await.map_err(|e| match e.kind() {
            ErrorKind::UpstreamTimeout => AppError::not_found("The node did not send its configuration in time").code("node_timeout"),
            _ => e,
        })?;
        let mut config = (*config).clone();
        redact(&mut config);
        Ok(config)
    }

    /// Sends a whole configuration. Blanked secrets are put back first; tunnels of ours must stay in it.
    pub(crate) async fn replace_config(self: &Arc<Self>, actor: &Actor, node: &Node, config: Value) -> Result<Outcome> {
        self.send_config(actor, node, config, false).await
    }

    /// `tunnels_of_now`: the tunnels the node has stay as they are, whatever the configuration says.
    async fn send_config(self: &Arc<Self>, actor: &Actor, node: &Node, mut config: Value, tunnels_of_now: bool) -> Result<Outcome> {
        if !config.is_object() {
            return Err(AppError::bad_request("The configuration must be an object").code("invalid_field").with("field", "config"));
        }
        // What the node had before it may have again, whatever its size.
        if !tunnels_of_now && config.to_string().len() > CONFIG_BYTES {
            return Err(too_large("The configuration is larger than 100 KB"));
        }
        if let Some(fault) = argos_nodewire::flow::climbing_name(&config).filter(|_| !tunnels_of_now) {
            return Err(AppError::bad_request(fault.message).code("invalid_field").with("field", format!("config.{}", fault.path)));
        }
        let session = self.connected(&node.id)?;
        let turn = self.turn_of(&session).await?;
        let limit = self.command_limit()?;
        let before = self.config(&session, true, limit).await?;
        if tunnels_of_now {
            take_tunnels(&mut config, &before);
        }
        restore(&mut config, &before).map_err(|path| unknown_secret(&path))?;
        let ours = tunnels::of_node(&self.platform.store.state, &node.id).await?;
        let mut ours = ours.iter().filter(|t| !t.is_disabled() && t.relay_node_id.as_deref() != Some(&node.id));
        // One that the node was not told of yet cannot be cut.
        if let Some(lost) = ours.find(|t| has_tunnel(&before, &t.id) && !has_tunnel(&config, &t.id)) {
            let text = format!("The configuration lacks tunnel '{}' ({}), which would cut it", lost.name, lost.id);
            return Err(AppError::new(ErrorKind::Invalid, text).code("tunnel_missing"));
        }
        // Kept before the node hears of the new one: whatever becomes of this process, there is a way back.
        let db = &self.platform.store.state;
        let mut tx = db.begin().await?;
        let kept = self.keep_version(&mut tx, actor, node, &before, "update_config").await?;
        tx.commit().await?;
        let action = json!({ "type": "update_config", "config": config });
        let done = self.ask(&session, &action, limit).await;
        match &done {
            Ok(_) => {
                let entry = Entry::new("node.config.update", Category::Config).target("node", &node.id);
                let entry = entry.describe(format!("Node {}: whole configuration replaced", node.name));
                self.platform.audit.note(actor, entry).await?;
            }
            Err(error) => {
                if is_refusal(error) {
                    // Nothing was replaced.
                    parts::drop_version(db, &kept).await?;
                }
                self.note_command(actor, node, &action, Some(error)).await?;
            }
        }
        drop(turn);
        if done.as_ref().err().is_none_or(|error| !is_refusal(error)) {
            // One that it was told of meanwhile, or that stood there as it was before, is told again; what it has is skipped.
            let (nodes, id) = (Arc::clone(self), node.id.clone());
            self.platform.tasks.once("node-config", async move {
                if let Err(error) = nodes.reset_tunnels_of(&id, true).await {
                    tracing::error!(%error, node = id, "the tunnels of a node were not told again");
                }
            });
        }
        done
    }

    /// Keeps a configuration that is about to be, or was, replaced; the id of the version.
    pub(super) async fn keep_version(
        &self,
        tx: &mut argos_store::Tx,
        actor: &Actor,
        node: &Node,
        config: &Value,
        reason: &str,
    ) -> Result<String> {
        let id = self.random_uuid();
        let config_enc = self.platform.vault.seal(&config_place(&id), config.to_string().as_bytes())?;
        let version = Version { id, reason: reason.to_owned(), actor: actor.name.clone(), at: self.now(), config_enc };
        parts::keep_version(tx, &node.id, &version, VERSIONS).await?;
        Ok(version.id)
    }

    pub(crate) fn open_version(&self, version: &Version) -> Result<Value> {
        let text = self.platform.vault.open_text(&config_place(&version.id), &version.config_enc)?;
        serde_json::from_str(text.reveal()).map_err(AppError::internal)
    }

    /// Goes back to a kept version.
    pub(crate) async fn restore_version(self: &Arc<Self>, actor: &Actor, node: &Node, id: &str) -> Result<Outcome> {
        let all = parts::versions(&self.platform.store.state, &node.id).await?;
        let version = all.iter().find(|v| v.id == id).ok_or_else(|| AppError::not_found("Version not found"))?;
        // Tunnels are ours to tell: those of now stay.
        self.send_config(actor, node, self.open_version(version)?, true).await
    }

    /// The configuration of a session when it is known, without asking.
    pub(crate) fn known_config(session: &Session) -> Option<Arc<Value>> {
        crate::service::hold(&session.told).config.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restored_configuration_has_the_tunnels_of_now_and_none_when_there_are_none() {
        let old = || json!({ "flows": [], "tunnels": [{ "id": "gone" }] });
        let mut config = old();
        take_tunnels(&mut config, &json!({ "tunnels": [{ "id": "now" }] }));
        assert!(has_tunnel(&config, "now") && !has_tunnel(&config, "gone"));
        let mut config = old();
        take_tunnels(&mut config, &json!({ "flows": [] }));
        assert_eq!(config, json!({ "flows": [] }));
    }
}

//! Whole configurations: read, replaced, and the versions one can go back to. A version is sealed, because an edge sends
//! the keys of its flows along.

use std::sync::Arc;
use std::time::Duration;

use argos_audit::{Category, Entry};
use argos_kernel::{Actor, AppError, ErrorKind, Result};
use argos_nodewire::{redact, restore};
use serde_json::{Value, json};

use super::commands::{Outcome, too_large, unknown_secret};
use crate::model::node::{Node, config_place};
use crate::service::{Nodes, Session};
use crate::store::parts::{self, Version};
use crate::store::tunnels;

/// Largest configuration that is sent, in bytes.
pub(crate) const CONFIG_BYTES: usize = 100 << 10;
/// Versions kept of each node.
const VERSIONS: i64 = 20;
/// How long a reader waits for a node.
const READ_WAIT: Duration = Duration::from_secs(3);

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
    pub(crate) async fn replace_config(self: &Arc<Self>, actor: &Actor, node: &Node, mut config: Value) -> Result<Outcome> {
        if !config.is_object() {
            return Err(AppError::bad_request("The configuration must be an object").code("invalid_field").with("field", "config"));
        }
        if config.to_string().len() > CONFIG_BYTES {
            return Err(too_large("The configuration is larger than 100 KB"));
        }
        let session = self.connected(&node.id)?;
        let _turn = session.changing.lock().await;
        let limit = self.command_limit()?;
        let before = self.config(&session, true, limit).await?;
        restore(&mut config, &before).map_err(|path| unknown_secret(&path))?;
        let has = |id: &str| {
            config
                .get("tunnels")
                .and_then(Value::as_array)
                .is_some_and(|l| l.iter().any(|t| t.get("id").and_then(Value::as_str) == Some(id)))
        };
        let ours = tunnels::of_node(&self.platform.store.state, &node.id).await?;
        let lost = ours.iter().filter(|t| !t.is_disabled() && t.relay_node_id.as_deref() != Some(&node.id)).find(|t| !has(&t.id));
        if let Some(lost) = lost {
            let text = format!("The configuration lacks tunnel '{}' ({}), which would cut it", lost.name, lost.id);
            return Err(AppError::new(ErrorKind::Invalid, text).code("tunnel_missing"));
        }
        let done = self.ask(&session, &json!({ "type": "update_config", "config": config }), limit).await?;
        let mut m = self.platform.audit.begin(actor).await?;
        self.keep_version(&mut m, actor, node, &before, "update_config").await?;
        let entry = Entry::new("node.config.update", Category::Config).target("node", &node.id);
        m.commit(entry.describe(format!("Node {}: whole configuration replaced", node.name))).await?;
        Ok(done)
    }

    /// Keeps a configuration that is about to be, or was, replaced.
    pub(super) async fn keep_version(
        &self,
        tx: &mut argos_store::Tx,
        actor: &Actor,
        node: &Node,
        config: &Value,
        reason: &str,
    ) -> Result<()> {
        let id = self.random_uuid();
        let config_enc = self.platform.vault.seal(&config_place(&id), config.to_string().as_bytes())?;
        let version = Version { id, reason: reason.to_owned(), actor: actor.name.clone(), at: self.now(), config_enc };
        Ok(parts::keep_version(tx, &node.id, &version, VERSIONS).await?)
    }

    pub(crate) fn open_version(&self, version: &Version) -> Result<Value> {
        let text = self.platform.vault.open_text(&config_place(&version.id), &version.config_enc)?;
        serde_json::from_str(text.reveal()).map_err(AppError::internal)
    }

    /// Goes back to a kept version.
    pub(crate) async fn restore_version(self: &Arc<Self>, actor: &Actor, node: &Node, id: &str) -> Result<Outcome> {
        let all = parts::versions(&self.platform.store.state, &node.id).await?;
        let version = all.iter().find(|v| v.id == id).ok_or_else(|| AppError::not_found("Version not found"))?;
        let mut config = self.open_version(version)?;
        // Tunnels are ours to tell: those of now stay.
        let session = self.connected(&node.id)?;
        let now = self.config(&session, true, self.command_limit()?).await?;
        if let (Some(members), Some(tunnels)) = (config.as_object_mut(), now.get("tunnels")) {
            members.insert("tunnels".to_owned(), tunnels.clone());
        }
        self.replace_config(actor, node, config).await
    }

    /// The configuration of a session when it is known, without asking.
    pub(crate) fn known_config(session: &Session) -> Option<Arc<Value>> {
        crate::service::hold(&session.told).config.clone()
    }
}

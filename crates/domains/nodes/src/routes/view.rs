//! A node as clients see it. The registration token is never in it.

use argos_kernel::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::model::node::Node;
use crate::service::{Nodes, hold};

#[derive(Serialize, JsonSchema)]
pub(super) struct NodeView {
    id: String,
    name: String,
    description: Option<String>,
    /// `edge` or `relay`.
    device_type: String,
    /// `pending`, `online`, `offline`, `degraded`, `error`.
    status: String,
    /// RFC 3339.
    last_seen_at: Option<String>,
    last_health: Option<Value>,
    software_version: Option<String>,
    metadata: Value,
    expires_at: Option<String>,
    expired: bool,
    created_at: String,
    updated_at: String,
    protocol_version: Option<i64>,
    capabilities: Vec<String>,
    /// `nat`, `public`, `unknown`.
    network_type: String,
    connected_at: Option<String>,
    remote_addr: Option<String>,
    /// `pending` while a new secret waits for the restart of the node.
    rotation: Option<&'static str>,
}

impl NodeView {
    pub(super) fn of(nodes: &Nodes, node: Node) -> Self {
        let session = nodes.session(&node.id);
        let status = nodes.status_of(&node);
        let (mut health, mut seen, mut capabilities) = (node.last_health.clone(), node.last_seen_at, node.capabilities.clone());
        let mut version = node.software_version.clone();
        if let Some(session) = &session {
            let told = hold(&session.told);
            health = told.health.as_deref().cloned().or(health);
            seen = Some(told.seen_at);
            capabilities.clone_from(&told.capabilities);
            version = told.software_version.clone().or(version);
        }
        Self {
            status,
            last_seen_at: seen.map(Timestamp::rfc3339),
            last_health: health,
            software_version: version,
            expired: node.is_expired(nodes.now()),
            expires_at: node.expires_at.map(Timestamp::rfc3339),
            created_at: node.created_at.rfc3339(),
            updated_at: node.updated_at.rfc3339(),
            protocol_version: session.as_ref().and_then(|s| s.protocol_version).or(node.protocol_version),
            capabilities,
            connected_at: session.as_ref().map(|s| s.connected_at().rfc3339()),
            remote_addr: session.as_ref().and_then(|s| s.remote()).map(|ip| ip.to_string()),
            rotation: node.pending_secret_enc.is_some().then_some("pending"),
            id: node.id,
            name: node.name,
            description: node.description,
            device_type: node.device_type,
            metadata: node.metadata,
            network_type: node.network_type,
        }
    }
}

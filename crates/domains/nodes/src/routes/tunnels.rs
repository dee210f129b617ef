//! Tunnels between edges. Their keys are never shown.

use std::collections::HashMap;
use std::sync::Arc;

use argos_kernel::Result;
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Service, node, object, out_of_scope, sees_tunnel};
use crate::actions::tunnels::not_found;
use crate::model::tunnel::Tunnel;
use crate::service::{Nodes, hold};
use crate::store;

pub(super) fn routes(nodes: Service) -> Routes {
    Routes::new(nodes)
        .get("/api/v1/tunnels", "nodes.list_tunnels", "Every tunnel in scope, newest first.", list)
        .reply::<TunnelsView>()
        .post("/api/v1/tunnels", "nodes.create_tunnel", "Create a tunnel and tell its relay and edges.", create)
        .body::<TunnelBody>()
        .reply::<TunnelView>()
        .get("/api/v1/tunnels/{id}", "nodes.get_tunnel", "One tunnel.", get)
        .reply::<TunnelView>()
        .put("/api/v1/tunnels/{id}", "nodes.update_tunnel", "Change, disable or enable a tunnel.", update)
        .body::<TunnelBody>()
        .reply::<TunnelView>()
        .delete("/api/v1/tunnels/{id}", "nodes.remove_tunnel", "Remove a tunnel everywhere.", remove)
        .reply::<DeletedView>()
        .post("/api/v1/tunnels/{id}/rekey", "nodes.rekey_tunnel", "Give a tunnel new keys.", rekey)
        .reply::<TunnelView>()
        .get("/api/v1/nodes/{id}/tunnels", "nodes.tunnels_of_node", "Tunnels in which a node takes part.", of_node)
        .reply::<TunnelsView>()
        .done()
}

/// Members as a client writes them.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "documents the body; its members are read one by one")]
struct TunnelBody {
    name: Option<String>,
    /// `tcp` or `udp`.
    protocol: Option<String>,
    /// `relay` or `direct`.
    mode: Option<String>,
    /// `quic` (default) or `udp`.
    transport: Option<String>,
    /// Where traffic enters.
    ingress_node_id: Option<String>,
    ingress_listen_port: Option<u16>,
    /// Where traffic leaves.
    egress_node_id: Option<String>,
    /// IP:port.
    egress_forward_addr: Option<String>,
    /// Direct mode: host:port where the exit edge is reached.
    egress_peer_addr: Option<String>,
    relay_addr: Option<String>,
    relay_addr_backup: Option<String>,
    relay_node_id: Option<String>,
    associated_flow_ids: Option<Vec<String>>,
    /// Changes only: `active` or `disabled`.
    status: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct TunnelsView {
    tunnels: Vec<TunnelView>,
}

#[derive(Serialize, JsonSchema)]
struct DeletedView {
    deleted: bool,
}

#[derive(Serialize, JsonSchema)]
struct TunnelView {
    id: String,
    name: String,
    protocol: String,
    mode: String,
    transport: String,
    ingress_node_id: String,
    ingress_node_name: Option<String>,
    ingress_listen_port: u16,
    egress_node_id: String,
    egress_node_name: Option<String>,
    egress_forward_addr: String,
    egress_peer_addr: Option<String>,
    relay_addr: Option<String>,
    relay_addr_backup: Option<String>,
    relay_node_id: Option<String>,
    relay_node_name: Option<String>,
    /// `pending`, `active`, `error`, `disabled`.
    status: String,
    associated_flow_ids: Option<Vec<String>>,
    /// `pending`, `pushed`, `failed`; so are the next two.
    ingress_push_status: String,
    egress_push_status: String,
    relay_push_status: Option<String>,
    ingress_push_error: Option<String>,
    egress_push_error: Option<String>,
    relay_push_error: Option<String>,
    /// What the nodes say of it now.
    ingress_state: Option<String>,
    egress_state: Option<String>,
    relay_state: Option<String>,
    created_at: String,
    updated_at: String,
    /// Legs that were not told, in words.
    warnings: Vec<String>,
}

/// What a node says of one tunnel in its figures.
fn state_on(nodes: &Nodes, node: &str, (id, state): (&str, &str), tunnel: &str) -> Option<String> {
    let stats = hold(&nodes.session(node)?.told).stats.clone()?;
    let rows = stats.get("tunnels")?.as_array()?;
    let row = rows.iter().find(|r| r.get(id).and_then(Value::as_str) == Some(tunnel))?;
    row.get(state).and_then(Value::as_str).map(str::to_owned)
}

fn view(nodes: &Nodes, names: &HashMap<String, String>, t: Tunnel) -> TunnelView {
    let mut warnings = Vec::new();
    if !t.is_disabled() {
        let legs = [
            ("Ingress node not configured", Some(&t.ingress)),
            ("Egress node not configured", Some(&t.egress)),
            ("Relay not authorized", t.relay.as_ref()),
        ];
        for (what, leg) in legs.into_iter().filter_map(|(what, leg)| Some((what, leg?))).filter(|(_, leg)| !leg.is_pushed()) {
            warnings.push(format!("{what}: {}", leg.error.as_deref().unwrap_or("waiting")));
        }
    }
    let name = |id: &str| names.get(id).cloned();
    TunnelView {
        ingress_node_name: name(&t.ingress_node_id),
        egress_node_name: name(&t.egress_node_id),
        relay_node_name: t.relay_node_id.as_deref().and_then(name),
        ingress_state: state_on(nodes, &t.ingress_node_id, ("id", "state"), &t.id),
        egress_state: state_on(nodes, &t.egress_node_id, ("id", "state"), &t.id),
        relay_state: t.relay_node_id.as_deref().and_then(|n| state_on(nodes, n, ("tunnel_id", "status"), &t.id)),
        ingress_push_status: t.ingress.status,
        egress_push_status: t.egress.status,
        ingress_push_error: t.ingress.error,
        egress_push_error: t.egress.error,
        relay_push_error: t.relay.as_ref().and_then(|l| l.error.clone()),
        relay_push_status: t.relay.map(|l| l.status),
        created_at: t.created_at.rfc3339(),
        updated_at: t.updated_at.rfc3339(),
        id: t.id,
        name: t.name,
        protocol: t.protocol,
        mode: t.mode,
        transport: t.transport,
        ingress_node_id: t.ingress_node_id,
        ingress_listen_port: t.ingress_listen_port,
        egress_node_id: t.egress_node_id,
        egress_forward_addr: t.egress_forward_addr,
        egress_peer_addr: t.egress_peer_addr,
        relay_addr: t.relay_addr,
        relay_addr_backup: t.relay_addr_backup,
        relay_node_id: t.relay_node_id,
        status: t.status,
        associated_flow_ids: t.associated_flow_ids,
        warnings,
    }
}

impl Nodes {
    /// Shows a tunnel that changed to whoever looks. With several processes each follows the table instead.
    pub(crate) async fn show_tunnel(&self, tunnel: &Tunnel) {
        if self.is_alone() {
            self.show_tunnels(std::slice::from_ref(tunnel)).await;
        }
    }

    pub(crate) async fn show_tunnels(&self, all: &[Tunnel]) {
        if all.is_empty() || !self.has_listeners() {
            return;
        }
        let Ok(names) = names(self).await else { return };
        for tunnel in all {
            if let Ok(summary) = serde_json::to_value(view(self, &names, tunnel.clone())) {
                self.tell_tunnel(tunnel, &summary);
            }
        }
    }
}

async fn names(nodes: &Nodes) -> Result<HashMap<String, String>> {
    let all = store::nodes::list(&nodes.platform.store.state).await?;
    Ok(all.into_iter().map(|n| (n.id, n.name)).collect())
}

async fn shown(nodes: &Nodes, all: Vec<Tunnel>, req: &Req) -> Result<Reply> {
    let names = names(nodes).await?;
    let seen = all.into_iter().filter(|t| sees_tunnel(&req.cx().caller, t));
    Ok(Reply::json(&TunnelsView { tunnels: seen.map(|t| view(nodes, &names, t)).collect() }))
}

/// The tunnel of the path, when all of its nodes are in scope.
async fn in_scope(nodes: &Nodes, req: &Req) -> Result<Tunnel> {
    let tunnel = store::tunnels::find(&nodes.platform.store.state, req.param("id")).await?.ok_or_else(not_found)?;
    if sees_tunnel(&req.cx().caller, &tunnel) { Ok(tunnel) } else { Err(out_of_scope()) }
}

async fn list(nodes: Service, req: Req) -> Result<Reply> {
    let all = store::tunnels::list(&nodes.platform.store.state).await?;
    shown(&nodes, all, &req).await
}

async fn of_node(nodes: Service, req: Req) -> Result<Reply> {
    let node = node(&nodes, &req).await?;
    let all = store::tunnels::of_node(&nodes.platform.store.state, &node.id).await?;
    shown(&nodes, all, &req).await
}

async fn get(nodes: Service, req: Req) -> Result<Reply> {
    let tunnel = in_scope(&nodes, &req).await?;
    Ok(Reply::json(&view(&nodes, &names(&nodes).await?, tunnel)))
}

async fn create(nodes: Service, mut req: Req) -> Result<Reply> {
    let body = object(&mut req).await?;
    for member in ["ingress_node_id", "egress_node_id", "relay_node_id"] {
        if body.get(member).and_then(Value::as_str).is_some_and(|id| !super::sees(&req.cx().caller, id)) {
            return Err(out_of_scope());
        }
    }
    let (actor, all) = (req.cx().actor(), Arc::clone(&nodes));
    let tunnel = nodes.to_the_end(async move { all.create_tunnel(&actor, &body).await }).await?;
    Ok(Reply::json(&view(&nodes, &names(&nodes).await?, tunnel)))
}

async fn update(nodes: Service, mut req: Req) -> Result<Reply> {
    let body = object(&mut req).await?;
    in_scope(&nodes, &req).await?;
    let (actor, all, id) = (req.cx().actor(), Arc::clone(&nodes), req.param("id").to_owned());
    let tunnel = nodes.to_the_end(async move { all.update_tunnel(&actor, &id, &body).await }).await?;
    Ok(Reply::json(&view(&nodes, &names(&nodes).await?, tunnel)))
}

async fn remove(nodes: Service, req: Req) -> Result<Reply> {
    in_scope(&nodes, &req).await?;
    let (actor, all, id) = (req.cx().actor(), Arc::clone(&nodes), req.param("id").to_owned());
    nodes.to_the_end(async move { all.remove_tunnel(&actor, &id).await }).await?;
    Ok(Reply::json(&DeletedView { deleted: true }))
}

async fn rekey(nodes: Service, req: Req) -> Result<Reply> {
    in_scope(&nodes, &req).await?;
    let (actor, all, id) = (req.cx().actor(), Arc::clone(&nodes), req.param("id").to_owned());
    let tunnel = nodes.to_the_end(async move { all.rekey_tunnel(&actor, &id).await }).await?;
    Ok(Reply::json(&view(&nodes, &names(&nodes).await?, tunnel)))
}

//! The register of nodes: list, get, create, change, remove; tokens, secrets, figures and pictures.

use std::sync::Arc;

use argos_kernel::{AppError, Result, Timestamp};
use argos_nodewire::{EDGE, RELAY};
use argos_web::{Reply, Req, Routes};
use futures_util::{StreamExt, stream};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::view::NodeView;
use super::{Service, node, object, sees};
use crate::actions::READ_WAIT;
use crate::service::{Nodes, hold};
use crate::store;

/// Nodes asked for their configuration at the same time.
const ASKED_MAX: usize = 32;

pub(super) fn routes(nodes: Service) -> Routes {
    Routes::new(nodes)
        .get("/api/v1/nodes", "nodes.list", "Every node in scope, by name.", list)
        .param("device_type", "edge or relay")
        .param("status", "pending, online, offline, degraded or error")
        .param("q", "text in name or description")
        .reply::<Vec<NodeView>>()
        .post("/api/v1/nodes", "nodes.create", "Register a node; its token is shown once.", create)
        .body::<NodeBody>()
        .created::<CreatedView>()
        .get("/api/v1/device-types", "nodes.device_types", "Kinds of nodes and the commands they understand.", device_types)
        .reply::<DeviceTypesView>()
        .get("/api/v1/nodes/endpoints", "nodes.endpoints", "Where the flows of connected edges listen and send.", endpoints)
        .reply::<Vec<EndpointsView>>()
        .get("/api/v1/nodes/{id}", "nodes.get", "One node.", get)
        .reply::<NodeView>()
        .put("/api/v1/nodes/{id}", "nodes.update", "Change a node; absent members stay, null clears.", update)
        .body::<NodeBody>()
        .reply::<NodeView>()
        .delete("/api/v1/nodes/{id}", "nodes.remove", "Remove a node and its tunnels.", remove)
        .post("/api/v1/nodes/{id}/token", "nodes.renew_token", "A new registration token; the node must register anew.", renew_token)
        .reply::<TokenView>()
        .post("/api/v1/nodes/{id}/rotate-secret", "nodes.rotate_secret", "Give the node a new secret.", rotate)
        .reply::<RotationView>()
        .get("/api/v1/nodes/{id}/stats", "nodes.stats", "The last figures of a node.", stats)
        .reply::<StatsView>()
        .get(
            "/api/v1/nodes/{id}/thumbnails/{flow_id}",
            "nodes.thumbnail",
            "The last picture of a flow, or of one of its inputs.",
            thumbnail,
        )
        .param("input_id", "the picture of this input")
        .done()
}

/// Members as a client writes them.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "documents the body; its members are read one by one")]
struct NodeBody {
    name: Option<String>,
    description: Option<String>,
    /// `edge` (default) or `relay`; fixed once the node is there.
    device_type: Option<String>,
    /// RFC 3339, in the future.
    expires_at: Option<String>,
    /// `nat`, `public`, `unknown`.
    network_type: Option<String>,
    metadata: Option<Value>,
}

#[derive(Serialize, JsonSchema)]
struct CreatedView {
    #[serde(flatten)]
    node: NodeView,
    /// Shown once.
    registration_token: String,
    connect: ConnectView,
}

/// What to write into the configuration of the node.
#[derive(Serialize, JsonSchema)]
struct ConnectView {
    url: String,
    accept_self_signed_cert: bool,
    cert_fingerprint: Option<String>,
    config_snippet: Value,
}

#[derive(Serialize, JsonSchema)]
struct TokenView {
    registration_token: String,
    connect: ConnectView,
}

#[derive(Serialize, JsonSchema)]
struct RotationView {
    /// `pending` until the node comes back with its new secret.
    rotation: &'static str,
}

#[derive(Serialize, JsonSchema)]
struct DeviceTypesView {
    device_types: Vec<DeviceTypeView>,
}

#[derive(Serialize, JsonSchema)]
struct DeviceTypeView {
    device_type: &'static str,
    display_name: &'static str,
    supported_commands: Vec<CommandView>,
}

#[derive(Serialize, JsonSchema)]
struct CommandView {
    name: &'static str,
    description: &'static str,
    /// `operator` or `admin`.
    requires_role: &'static str,
}

#[derive(Serialize, JsonSchema)]
struct EndpointsView {
    node_id: String,
    node_name: String,
    flows: Vec<Value>,
}

#[derive(Serialize, JsonSchema)]
struct StatsView {
    stats: Option<Value>,
    health: Option<Value>,
    received_at: Option<String>,
}

/// The host of an authority, without its port; an IPv6 address keeps its brackets.
fn host_of(authority: &str) -> &str {
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    authority
        .rsplit_once(':')
        .filter(|(host, port)| is_port(port) && (host.ends_with(']') || !host.contains(':')))
        .map_or(authority, |(host, _)| host)
}

/// The snippet for a node that is to connect to where this request came to.
fn connect(nodes: &Nodes, req: &Req, token: &str) -> Result<ConnectView> {
    let certificate = nodes.platform.listeners.certificate();
    let public = nodes.platform.settings.opt_text("http.public_url")?;
    let client = &req.cx().client;
    let authority = match (&public, client.https, nodes.platform.listeners.get("https")) {
        (Some(url), _, _) if url.starts_with("https://") => url.trim_start_matches("https://").trim_end_matches('/').to_owned(),
        (_, false, Some(https)) => {
            format!("{}:{}", host_of(&client.host), https.port())
        }
        _ => client.host.clone(),
    };
    // Whatever name leads here, nodes meet our certificate.
    let own = certificate.as_ref().is_some_and(|c| c.self_signed);
    let url = format!("wss://{authority}/ws/node");
    let config_snippet =
        json!({ "manager": { "enabled": true, "urls": [url], "registration_token": token, "accept_self_signed_cert": own } });
    Ok(ConnectView { url, accept_self_signed_cert: own, cert_fingerprint: certificate.map(|c| c.fingerprint), config_snippet })
}

async fn list(nodes: Service, req: Req) -> Result<Reply> {
    let q = req.query();
    let (kind, status, text) = (q.filled("device_type"), q.filled("status"), q.filled("q").map(str::to_lowercase));
    let all = store::nodes::list(&nodes.platform.store.state).await?;
    let has = |t: &Option<String>, needle: &str| t.as_deref().is_some_and(|t| t.to_lowercase().contains(needle));
    let mut views: Vec<NodeView> = Vec::new();
    for node in all.into_iter().filter(|n| sees(&req.cx().caller, &n.id) && kind.is_none_or(|k| n.device_type == k)) {
        let found = text.as_deref().is_none_or(|t| node.name.to_lowercase().contains(t) || has(&node.description, t));
        if found && status.is_none_or(|s| nodes.status_of(&node) == s) {
            views.push(NodeView::of(&nodes, node));
        }
    }
    let total = i64::try_from(views.len()).unwrap_or(i64::MAX);
    Ok(Reply::json(&views).total_count(total))
}

async fn get(nodes: Service, req: Req) -> Result<Reply> {
    let node = node(&nodes, &req).await?;
    Ok(Reply::json(&NodeView::of(&nodes, node)))
}

async fn create(nodes: Service, mut req: Req) -> Result<Reply> {
    let body = object(&mut req).await?;
    let (node, registration_token) = nodes.create_node(&req.cx().actor(), &body).await?;
    let connect = connect(&nodes, &req, &registration_token)?;
    Ok(Reply::created(&CreatedView { node: NodeView::of(&nodes, node), registration_token, connect }))
}

async fn update(nodes: Service, mut req: Req) -> Result<Reply> {
    let body = object(&mut req).await?;
    node(&nodes, &req).await?;
    let node = nodes.update_node(&req.cx().actor(), req.param("id"), &body).await?;
    Ok(Reply::json(&NodeView::of(&nodes, node)))
}

async fn remove(nodes: Service, req: Req) -> Result<Reply> {
    node(&nodes, &req).await?;
    let (actor, all, id) = (req.cx().actor(), Arc::clone(&nodes), req.param("id").to_owned());
    nodes.to_the_end(async move { all.remove_node(&actor, &id).await }).await?;
    Ok(Reply::no_content())
}

async fn renew_token(nodes: Service, req: Req) -> Result<Reply> {
    node(&nodes, &req).await?;
    let registration_token = nodes.renew_token(&req.cx().actor(), req.param("id")).await?;
    let connect = connect(&nodes, &req, &registration_token)?;
    Ok(Reply::json(&TokenView { registration_token, connect }))
}

async fn rotate(nodes: Service, req: Req) -> Result<Reply> {
    let node = node(&nodes, &req).await?;
    let (actor, all) = (req.cx().actor(), Arc::clone(&nodes));
    let rotation = nodes.to_the_end(async move { all.rotate_secret(&actor, &node.id).await }).await?;
    Ok(Reply::json(&RotationView { rotation }))
}

async fn device_types(_nodes: Service, _req: Req) -> Result<Reply> {
    let of = |driver: &argos_nodewire::Driver| DeviceTypeView {
        device_type: driver.device_type,
        display_name: driver.display_name,
        supported_commands: driver
            .commands
            .iter()
            .map(|c| CommandView { name: c.name, description: c.about, requires_role: c.role.as_str() })
            .collect(),
    };
    Ok(Reply::json(&DeviceTypesView { device_types: vec![of(&EDGE), of(&RELAY)] }))
}

async fn endpoints(nodes: Service, req: Req) -> Result<Reply> {
    let edges = nodes.sessions().into_iter().filter(|s| s.device_type == "edge" && sees(&req.cx().caller, &s.node_id));
    let until = tokio::time::Instant::now() + READ_WAIT;
    let asked = edges.map(|session| {
        let nodes = Arc::clone(&nodes);
        async move {
            // What is known, or what the node says in time: one that was changed is asked again.
            let asked = tokio::time::timeout_at(until, nodes.config(&session, false, READ_WAIT)).await;
            let config = asked.ok().and_then(Result::ok);
            let flows = config.as_deref().map(argos_nodewire::flow::endpoints).unwrap_or_default();
            EndpointsView { node_id: session.node_id.clone(), node_name: session.name(), flows }
        }
    });
    let mut views: Vec<EndpointsView> = stream::iter(asked).buffer_unordered(ASKED_MAX).collect().await;
    views.sort_by(|a, b| a.node_name.cmp(&b.node_name).then_with(|| a.node_id.cmp(&b.node_id)));
    Ok(Reply::json(&views))
}

async fn stats(nodes: Service, req: Req) -> Result<Reply> {
    let node = node(&nodes, &req).await?;
    let view = match nodes.session(&node.id) {
        Some(session) => {
            let told = hold(&session.told);
            let value = |v: &Option<std::sync::Arc<Value>>| v.as_deref().cloned();
            StatsView { stats: value(&told.stats), health: value(&told.health), received_at: told.stats_at.map(Timestamp::rfc3339) }
        }
        None => StatsView { stats: None, health: node.last_health, received_at: node.last_seen_at.map(Timestamp::rfc3339) },
    };
    if view.stats.is_none() && view.health.is_none() {
        return Err(AppError::not_found("The node has sent no figures yet").code("no_stats"));
    }
    Ok(Reply::json(&view))
}

async fn thumbnail(nodes: Service, req: Req) -> Result<Reply> {
    let node = node(&nodes, &req).await?;
    let key = (req.param("flow_id").to_owned(), req.query().filled("input_id").map(str::to_owned));
    let picture = match nodes.session(&node.id) {
        Some(session) => nodes.picture(&session, key).await?,
        None => None,
    };
    let picture = picture.ok_or_else(|| AppError::not_found("No picture yet").code("no_thumbnail"))?;
    let etag = format!("\"{}\"", picture.at.micros());
    if req.header("if-none-match") == Some(etag.as_str()) {
        return Ok(Reply::new(304).header("etag", &etag));
    }
    let modified = picture.at.datetime().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let reply = Reply::bytes("image/jpeg", picture.jpeg.to_vec()).header("etag", &etag).header("last-modified", &modified);
    Ok(reply.header("cache-control", "private, no-cache"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_of_an_authority_is_without_its_port() {
        let all = ["argos.example", "argos.example:8443", "[::1]", "[::1]:8443", "10.0.0.1:80"];
        assert_eq!(all.map(host_of), ["argos.example", "argos.example", "[::1]", "[::1]", "10.0.0.1"]);
    }
}

//! The map of the media, and where people put its nodes.

use std::collections::BTreeMap;

use argos_kernel::{AppError, Result};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Service, sees, sees_tunnel};
use crate::model::topology::{Place, map};
use crate::service::hold;
use crate::store::{self, views};

const POSITIONS_BYTES: usize = 50 << 10;
const COORDINATE_MAX: f64 = 1e7;

pub(super) fn routes(nodes: Service) -> Routes {
    Routes::new(nodes)
        .get("/api/v1/topology", "nodes.topology", "Nodes, the strangers they speak to, and what connects them.", topology)
        .reply::<TopologyView>()
        .get("/api/v1/topology/positions", "nodes.positions", "Where the caller put the nodes of the map.", positions)
        .param("view", "graph (default) or flow")
        .reply::<PositionsView>()
        .put("/api/v1/topology/positions", "nodes.put_positions", "Keep where nodes of the map stand.", put_positions)
        .body::<PositionsBody>()
        .body_limit(POSITIONS_BYTES)
        .delete("/api/v1/topology/positions", "nodes.clear_positions", "Forget where nodes of the map stand.", clear_positions)
        .param("view", "graph (default) or flow")
        .done()
}

#[derive(Serialize, JsonSchema)]
struct TopologyView {
    nodes: Vec<TopologyNodeView>,
    externals: Vec<ExternalView>,
    links: Vec<LinkView>,
}

#[derive(Serialize, JsonSchema)]
struct TopologyNodeView {
    id: String,
    name: String,
    device_type: String,
    status: String,
}

#[derive(Serialize, JsonSchema)]
struct ExternalView {
    /// `ext_<protocol>:<address>`
    id: String,
    label: String,
    protocol: String,
    /// `source` or `destination`.
    side: &'static str,
}

#[derive(Serialize, JsonSchema)]
struct LinkView {
    from: String,
    to: String,
    /// `flow` or `tunnel`.
    kind: &'static str,
    label: String,
    /// `active`, `idle` or `recovering`.
    state: &'static str,
    bitrate_bps: Option<f64>,
}

#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy)]
struct Position {
    x: f64,
    y: f64,
}

#[derive(Serialize, JsonSchema)]
struct PositionsView {
    positions: BTreeMap<String, Position>,
}

#[derive(Deserialize, JsonSchema)]
struct PositionsBody {
    /// `graph` or `flow`.
    view: String,
    positions: BTreeMap<String, Position>,
}

fn view_word(given: Option<&str>) -> Result<&'static str> {
    match given {
        None | Some("graph") => Ok("graph"),
        Some("flow") => Ok("flow"),
        Some(_) => Err(AppError::bad_request("view must be graph or flow").code("invalid_parameter").with("field", "view")),
    }
}

async fn topology(nodes: Service, req: Req) -> Result<Reply> {
    let caller = &req.cx().caller;
    let all = store::nodes::list(&nodes.platform.store.state).await?;
    let seen: Vec<_> = all.into_iter().filter(|n| sees(caller, &n.id)).collect();
    let live: Vec<_> = seen
        .iter()
        .map(|n| {
            let session = nodes.session(&n.id);
            let stats = session.as_ref().and_then(|s| hold(&s.told).stats.clone());
            (n, stats, session.and_then(|s| s.remote()).map(|ip| ip.to_string()))
        })
        .collect();
    let places: Vec<Place<'_>> =
        live.iter().map(|(n, stats, remote_ip)| Place { id: &n.id, remote_ip: remote_ip.clone(), stats: stats.as_deref() }).collect();
    let mut tunnels = store::tunnels::list(&nodes.platform.store.state).await?;
    tunnels.retain(|t| sees_tunnel(caller, t));
    let drawn = map(&places, &tunnels);
    let node = |n: &crate::model::node::Node| TopologyNodeView {
        id: n.id.clone(),
        name: n.name.clone(),
        device_type: n.device_type.clone(),
        status: nodes.status_of(n),
    };
    let externals = drawn.externals.into_iter().map(|e| ExternalView { id: e.id, label: e.label, protocol: e.protocol, side: e.side });
    let links = drawn.links.into_iter().map(|l| LinkView {
        from: l.from,
        to: l.to,
        kind: l.kind,
        label: l.label,
        state: l.state,
        bitrate_bps: l.bitrate_bps,
    });
    Ok(Reply::json(&TopologyView { nodes: seen.iter().map(node).collect(), externals: externals.collect(), links: links.collect() }))
}

async fn positions(nodes: Service, req: Req) -> Result<Reply> {
    let view = view_word(req.query().filled("view"))?;
    let all = views::positions(&nodes.platform.store.state, req.cx().user_id()?, view).await?;
    let positions = all.into_iter().map(|(id, x, y)| (id, Position { x, y })).collect();
    Ok(Reply::json(&PositionsView { positions }))
}

async fn put_positions(nodes: Service, mut req: Req) -> Result<Reply> {
    let body: PositionsBody = req.json().await?;
    let view = view_word(Some(&body.view))?;
    let odd =
        |id: &str, p: &Position| id.is_empty() || id.chars().count() > 256 || !(p.x.abs() <= COORDINATE_MAX && p.y.abs() <= COORDINATE_MAX);
    if body.positions.iter().any(|(id, p)| odd(id, p)) {
        return Err(AppError::bad_request("positions must hold ids and coordinates").code("invalid_field").with("field", "positions"));
    }
    let all: Vec<_> = body.positions.into_iter().map(|(id, p)| (id, p.x, p.y)).collect();
    views::put_positions(&nodes.platform.store.state, req.cx().user_id()?, view, &all).await?;
    Ok(Reply::no_content())
}

async fn clear_positions(nodes: Service, req: Req) -> Result<Reply> {
    let view = view_word(req.query().filled("view"))?;
    views::clear_positions(&nodes.platform.store.state, req.cx().user_id()?, view).await?;
    Ok(Reply::no_content())
}

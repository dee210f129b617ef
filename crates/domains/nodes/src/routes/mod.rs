//! The routes of the nodes part, one file per group (nodes spec C).

mod assistant;
mod changes;
mod dashboard;
mod nodes;
mod topology;
mod tunnels;
mod view;
mod views;

use std::sync::Arc;

use argos_kernel::{AppError, Result};
use argos_web::{Caller, Req, Routes};
use serde_json::{Map, Value};

use crate::model::node::Node;
use crate::model::tunnel::Tunnel;
use crate::service::Nodes;
use crate::store;

pub(crate) type Service = Arc<Nodes>;

pub(crate) fn routes(nodes: &Service) -> Routes {
    let n = || Arc::clone(nodes);
    Routes::new(())
        .join(nodes::routes(n()))
        .join(changes::routes(n()))
        .join(assistant::routes(n()))
        .join(tunnels::routes(n()))
        .join(topology::routes(n()))
        .join(views::routes(n()))
        .join(dashboard::routes(n()))
        .join(Routes::new(n()).socket("/ws/node", "nodes.link", "The link of a node; its first frame proves who it is.", crate::link::open))
        .done()
}

fn out_of_scope() -> AppError {
    AppError::forbidden("This node is outside your scope").code("node_out_of_scope")
}

fn sees(caller: &Caller, id: &str) -> bool {
    caller.allowed_node_ids.as_ref().is_none_or(|ids| ids.iter().any(|own| own == id))
}

fn sees_tunnel(caller: &Caller, t: &Tunnel) -> bool {
    t.members().all(|id| sees(caller, id))
}

/// The node of the path, within the caller's scope.
async fn node(nodes: &Service, req: &Req) -> Result<Node> {
    let id = req.param("id");
    let node = store::nodes::find(&nodes.platform.store.state, id).await?.ok_or_else(crate::actions::nodes::not_found)?;
    if sees(&req.cx().caller, id) { Ok(node) } else { Err(out_of_scope()) }
}

/// A body that must be an object.
async fn object(req: &mut Req) -> Result<Map<String, Value>> {
    match req.json::<Value>().await? {
        Value::Object(members) => Ok(members),
        _ => Err(AppError::bad_request("An object is expected").code("invalid_body")),
    }
}

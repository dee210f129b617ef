//! The share of the nodes in the lists that every part has one in: what nodes and tunnels prove themselves with.

use argos_kernel::Result;
use argos_platform::{Credential, DeskPart, Renewal};
use argos_store::Database;
use argos_web::{BoxFuture, Consequence, Judged, Req};

use crate::store::{nodes, tunnels};

pub(crate) struct NodesDesk(pub(crate) Database);

impl DeskPart for NodesDesk {
    fn kind(&self) -> &'static str {
        "nodes"
    }

    fn credentials<'a>(&'a self, req: &'a Req) -> BoxFuture<'a, Result<Vec<Credential>>> {
        Box::pin(async move {
            let caller = &req.cx().caller;
            if !caller.grants.has("nodes:manage") {
                return Ok(Vec::new());
            }
            let sees = |id: &str| caller.allowed_node_ids.as_ref().is_none_or(|own| own.iter().any(|o| o == id));
            let all: Vec<_> = nodes::list(&self.0).await?.into_iter().filter(|n| sees(&n.id)).collect();
            let named = |id: &str| all.iter().find(|n| n.id == id).map(|n| n.name.clone());
            let mut found = Vec::new();
            for tunnel in tunnels::list(&self.0).await? {
                let ends = [Some(&tunnel.ingress_node_id), Some(&tunnel.egress_node_id), tunnel.relay_node_id.as_ref()];
                // Who may not see an end may not see the tunnel.
                let Some(used_by) = ends.into_iter().flatten().map(|id| named(id)).collect::<Option<Vec<_>>>() else { continue };
                found.push(Credential {
                    used_by,
                    created_at: Some(tunnel.created_at),
                    ..Credential::new("tunnel_key", tunnel.name, Renewal::Rotate, "/media/tunnels")
                });
            }
            for node in all.iter().filter(|n| n.secret_enc.is_some()) {
                found.push(Credential {
                    created_at: node.registered_at,
                    changed_at: node.secret_at,
                    expires_at: node.expires_at,
                    last_used_at: node.last_seen_at,
                    ..Credential::new("node_secret", node.name.clone(), Renewal::Rotate, format!("/media/nodes/{}", node.id))
                });
            }
            Ok(found)
        })
    }

    fn foresees<'a>(&'a self, req: &'a Req, change: &'a Judged) -> BoxFuture<'a, Result<Vec<Consequence>>> {
        Box::pin(async move {
            let (caller, id) = (&req.cx().caller, change.param("id"));
            if !["nodes.remove", "nodes.rotate_secret"].contains(&change.operation)
                || caller.allowed_node_ids.as_ref().is_some_and(|own| own.iter().all(|o| o != id))
            {
                return Ok(Vec::new());
            }
            let Some(node) = nodes::find(&self.0, id).await? else { return Ok(Vec::new()) };
            let online = Consequence::named("node_connected", (node.status == "online").then(|| node.name.clone()));
            let tunnels = match change.operation {
                "nodes.remove" => tunnels::of_node(&self.0, id).await?,
                _ => Vec::new(),
            };
            Ok(online.into_iter().chain(Consequence::named("tunnels", tunnels.into_iter().map(|t| t.name))).collect())
        })
    }
}

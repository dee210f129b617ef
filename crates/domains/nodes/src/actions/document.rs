//! Nodes, tunnels and templates in the document of the nodes interface. No secret goes out; what comes in gets new tokens
//! and new keys. What is here already wins, by id and then by name.

use std::sync::{Arc, Weak};

use argos_audit::Mutation;
use argos_backup::{NodesData, NodesPart, NodesTaken};
use argos_kernel::{AppError, Result, Timestamp};
use argos_web::BoxFuture;
use serde_json::{Map, Value, json};

use crate::link::hash_of;
use crate::model::node::Node;
use crate::model::tunnel::Tunnel;
use crate::service::Nodes;
use crate::store::views::{self, Template};
use crate::store::{nodes, tunnels};

/// The part as the document knows it. It does not keep the domain alive: the platform holds it, and the domain the platform.
#[derive(Clone)]
pub(crate) struct NodesSection(Weak<Nodes>);

impl NodesSection {
    pub(crate) fn new(nodes: &Arc<Nodes>) -> Self {
        Self(Arc::downgrade(nodes))
    }
    fn nodes(&self) -> Result<Arc<Nodes>> {
        self.0.upgrade().ok_or_else(|| AppError::internal("the nodes domain has ended"))
    }
}

impl NodesPart for NodesSection {
    fn export(&self) -> BoxFuture<'_, Result<NodesData>> {
        Box::pin(async move { self.nodes()?.export_all().await })
    }
    fn import<'a>(&'a self, change: &'a mut Mutation, wanted: &'a NodesData, replace: bool) -> BoxFuture<'a, Result<NodesTaken>> {
        Box::pin(async move { self.nodes()?.import_all(change, wanted, replace).await })
    }
    fn committed(&self, taken: &NodesTaken) {
        let Ok(nodes) = self.nodes() else { return };
        taken.removed.iter().for_each(|id| nodes.put_out(id));
        nodes.changed();
    }
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// An id as it came, when it is one.
fn id_of(value: &Value) -> Option<String> {
    let id = text(value, "id");
    let shape = id.len() == 36 && id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    shape.then(|| id.to_ascii_lowercase())
}

fn node_document(n: &Node) -> Value {
    json!({ "id": n.id, "name": n.name, "description": n.description, "device_type": n.device_type, "status": n.status,
        "software_version": n.software_version, "metadata": n.metadata, "network_type": n.network_type,
        "expires_at": n.expires_at.map(Timestamp::rfc3339) })
}

fn tunnel_document(t: &Tunnel) -> Value {
    json!({ "id": t.id, "name": t.name, "protocol": t.protocol, "mode": t.mode, "transport": t.transport, "ingress_node_id": t.ingress_node_id,
        "ingress_listen_port": t.ingress_listen_port, "egress_node_id": t.egress_node_id, "egress_forward_addr": t.egress_forward_addr,
        "egress_peer_addr": t.egress_peer_addr, "relay_addr": t.relay_addr, "relay_addr_backup": t.relay_addr_backup,
        "relay_node_id": t.relay_node_id, "status": t.status, "associated_flow_ids": t.associated_flow_ids })
}

impl Nodes {
    async fn export_all(&self) -> Result<NodesData> {
        let db = &self.platform.store.state;
        let template = |t: Template| json!({ "id": t.id, "name": t.name, "description": t.description, "category": t.category, "template": t.template });
        Ok(NodesData {
            nodes: nodes::list(db).await?.iter().map(node_document).collect(),
            tunnels: tunnels::list(db).await?.iter().map(tunnel_document).collect(),
            templates: views::templates(db).await?.into_iter().map(template).collect(),
        })
    }

    async fn import_all(&self, change: &mut Mutation, wanted: &NodesData, replace: bool) -> Result<NodesTaken> {
        let mut taken = NodesTaken::default();
        if replace {
            taken.removed = self.clear_others(change, wanted).await?;
        }
        let now = self.now();
        let mut here = nodes::list_in(change).await?;
        for value in &wanted.nodes {
            let mut body = object(value);
            // A time that passed since would refuse the whole document.
            let over = |t: &str| Timestamp::parse_rfc3339(t).is_some_and(|at| at <= now);
            if body.get("expires_at").and_then(Value::as_str).is_some_and(over) {
                taken.skipped.push(("node", text(value, "id").to_owned(), "its time is over".to_owned()));
                continue;
            }
            if let Some(same) = here.iter().find(|n| n.id == text(value, "id") || n.name == text(value, "name")) {
                taken.skipped.push(("node", same.id.clone(), "exists".to_owned()));
                continue;
            }
            body.retain(|_, v| !v.is_null());
            let token = self.random_uuid();
            let id = id_of(value).unwrap_or_else(|| self.random_uuid());
            let node = Node::create(id, hash_of(&token), &body, now)?;
            nodes::insert(change, &node).await?;
            taken.nodes += 1;
            taken.tokens.push(json!({ "node_id": node.id, "name": node.name, "registration_token": token }));
            here.push(node);
        }
        self.import_tunnels(change, wanted, &here, &mut taken).await?;
        let mut known = views::templates_in(change).await?;
        for value in &wanted.templates {
            let (id, name) = (id_of(value).unwrap_or_else(|| self.random_uuid()), text(value, "name"));
            if name.is_empty() || name.chars().count() > 128 || !value.get("template").is_some_and(Value::is_object) {
                let error = AppError::bad_request("A template needs a name and an object").code("invalid_field");
                return Err(error.with("field", "data.config_templates"));
            }
            if known.iter().any(|t| t.id == id || t.name == name) {
                taken.skipped.push(("config_template", id, "exists".to_owned()));
                continue;
            }
            let cut = |member: &str, max: usize| text(value, member).chars().take(max).collect::<String>();
            let template = Template {
                id,
                name: name.to_owned(),
                description: cut("description", 512),
                category: cut("category", 64),
                template: value.get("template").cloned().unwrap_or_default(),
                created_by: change.actor().name.clone(),
                created_at: now,
            };
            views::put_template(change, &template).await?;
            taken.templates += 1;
            known.push(template);
        }
        Ok(taken)
    }

    async fn import_tunnels(&self, change: &mut Mutation, wanted: &NodesData, here: &[Node], taken: &mut NodesTaken) -> Result<()> {
        let mut known = tunnels::list_in(change).await?;
        for value in &wanted.tunnels {
            let id = id_of(value).unwrap_or_else(|| self.random_uuid());
            if known.iter().any(|t| t.id == id || t.name == text(value, "name")) {
                taken.skipped.push(("tunnel", id, "exists".to_owned()));
                continue;
            }
            let mut tunnel = Tunnel::create(id.clone(), self.new_keys(&id)?, &object(value), self.now())?;
            if !tunnel.members().all(|member| here.iter().any(|n| n.id == member)) {
                taken.skipped.push(("tunnel", id, "its nodes are not here".to_owned()));
                continue;
            }
            tunnel.refuse_strange_members(&here)?;
            if tunnel.relay_node_id.is_some() && tunnel.relay_addr.is_none() {
                // Only a relay that is connected could say it.
                let error = AppError::bad_request(format!("relay_addr of tunnel '{}' is missing", tunnel.name)).code("invalid_field");
                return Err(error.with("field", "data.tunnels.relay_addr"));
            }
            if text(value, "status") == "disabled" {
                "disabled".clone_into(&mut tunnel.status);
            }
            if tunnel.same_port(&known).is_some() {
                taken.skipped.push(("tunnel", id, "its port is used by another tunnel".to_owned()));
                continue;
            }
            tunnels::put(change, &tunnel).await?;
            if !tunnel.is_disabled() {
                for member in tunnel.members() {
                    tunnels::unbury(change, &tunnel.id, member).await?;
                }
            }
            taken.tunnels += 1;
            known.push(tunnel);
        }
        Ok(())
    }

    /// Removes what the document does not name; the nodes that went.
    async fn clear_others(&self, change: &mut Mutation, wanted: &NodesData) -> Result<Vec<String>> {
        let named = |list: &[Value], id: &str| list.iter().any(|v| text(v, "id") == id);
        let gone: Vec<Node> = nodes::list_in(change).await?.into_iter().filter(|n| !named(&wanted.nodes, &n.id)).collect();
        for tunnel in tunnels::list_in(change).await? {
            if !named(&wanted.tunnels, &tunnel.id) || tunnel.members().any(|m| gone.iter().any(|n| n.id == m)) {
                tunnels::delete(change, &tunnel.id).await?;
                self.end_trouble(change, &tunnel, None).await?;
                for node in tunnel.members() {
                    tunnels::bury(change, &tunnel.id, node, self.now()).await?;
                }
            }
        }
        for node in &gone {
            self.forget(change, node).await?;
        }
        for template in views::templates_in(change).await? {
            if !named(&wanted.templates, &template.id) {
                views::delete_template(change, &template.id).await?;
            }
        }
        Ok(gone.into_iter().map(|node| node.id).collect())
    }
}

//! Registering, changing and removing nodes.

use std::collections::HashMap;
use std::sync::Arc;

use argos_audit::{Category, Entry};
use argos_events::{NewEvent, Source};
use argos_kernel::{Actor, AppError, Result, Severity};
use argos_store::Tx;
use futures_util::future::join_all;
use serde_json::{Map, Value, json};

use crate::link::hash_of;
use crate::model::node::Node;
use crate::service::{Nodes, hold};
use crate::store::{links, nodes, parts, tunnels, views};

/// Most nodes there may be.
const NODES_MAX: usize = 10_000;

pub(crate) fn not_found() -> AppError {
    AppError::not_found("Node not found").code("node_not_found")
}

pub(super) fn entry(action: &str, node: &Node) -> Entry {
    let after = json!({ "id": node.id, "name": node.name, "device_type": node.device_type, "expires_at": node.expires_at.map(argos_kernel::Timestamp::rfc3339),
        "network_type": node.network_type });
    let text = format!("Node {} ({}): {}", node.name, node.id, action.trim_start_matches("node."));
    Entry::new(action, Category::Config).target("node", &node.id).describe(text).after(after)
}

impl Nodes {
    /// Removes a node and all that is kept of it; the problem that it is lost ends with it. Its tunnels are whoever removes it
    /// to see to.
    pub(super) async fn forget(&self, tx: &mut Tx, node: &Node) -> Result<()> {
        nodes::delete(tx, &node.id).await?;
        tunnels::forget_node(tx, &node.id).await?;
        parts::forget_node(tx, &node.id).await?;
        views::forget_positions(tx, &node.id).await?;
        links::forget_node(tx, &node.id).await?;
        let event = NewEvent::new(Source::Nodes, "node.connection", "Node removed").severity(Severity::Info);
        self.platform.events.publish(tx, event.subject("node", &node.id, &node.name).node(&node.id)).await?;
        Ok(())
    }

    /// What this process still has of a node that was removed.
    pub(super) fn put_out(self: &Arc<Self>, id: &str) {
        if let Some(session) = self.session(id) {
            self.end(&session, (4001, "node removed"));
        }
        hold(&self.series).remove(id);
    }

    /// A new node and its registration token, which is not kept.
    pub(crate) async fn create_node(&self, actor: &Actor, body: &Map<String, Value>) -> Result<(Node, String)> {
        let (id, token) = (self.random_uuid(), self.random_uuid());
        let node = Node::create(id, hash_of(&token), body, self.now())?;
        if nodes::list(&self.platform.store.state).await?.len() >= NODES_MAX {
            return Err(AppError::conflict(format!("There are {NODES_MAX} nodes already")).code("too_many_nodes"));
        }
        let mut m = self.platform.audit.begin(actor).await?;
        nodes::insert(&mut m, &node).await?;
        m.commit(entry("node.create", &node)).await?;
        self.changed();
        Ok((node, token))
    }

    pub(crate) async fn update_node(&self, actor: &Actor, id: &str, body: &Map<String, Value>) -> Result<Node> {
        let mut m = self.platform.audit.begin(actor).await?;
        let mut node = nodes::find_in(&mut m, id).await?.ok_or_else(not_found)?;
        node.change(body, self.now())?;
        nodes::update(&mut m, &node).await?;
        m.commit(entry("node.update", &node)).await?;
        if let Some(session) = self.session(id) {
            hold(&session.node_name).clone_from(&node.name);
        }
        self.changed();
        Ok(node)
    }

    /// A new registration token: the node must register anew.
    pub(crate) async fn renew_token(self: &Arc<Self>, actor: &Actor, id: &str) -> Result<String> {
        let token = self.random_uuid();
        let mut m = self.platform.audit.begin(actor).await?;
        let node = nodes::find_in(&mut m, id).await?.ok_or_else(not_found)?;
        nodes::renew_token(&mut m, id, &hash_of(&token), self.now()).await?;
        m.commit(entry("node.token", &node)).await?;
        if let Some(session) = self.session(id) {
            self.end(&session, (4002, "token regenerated"));
        }
        self.changed();
        Ok(token)
    }

    /// Removes a node; its tunnels go too, on every node that has them.
    pub(crate) async fn remove_node(self: &Arc<Self>, actor: &Actor, id: &str) -> Result<()> {
        let mut ids: Vec<String> = tunnels::of_node(&self.platform.store.state, id).await?.into_iter().map(|t| t.id).collect();
        // In one order, so that two removals never wait for each other. What is being told is told first, then taken back.
        ids.sort();
        let mut turns = HashMap::new();
        for id in ids {
            turns.insert(id.clone(), self.turns.take(&id).await);
        }
        let writing = self.tunnels.lock().await;
        let now = self.now();
        let mut m = self.platform.audit.begin(actor).await?;
        let node = nodes::find_in(&mut m, id).await?.ok_or_else(not_found)?;
        let affected = tunnels::of_node_in(&mut m, id).await?;
        for tunnel in &affected {
            tunnels::delete(&mut m, &tunnel.id).await?;
            self.end_trouble(&mut m, tunnel, None).await?;
            for other in tunnel.members().filter(|other| *other != id) {
                tunnels::bury(&mut m, &tunnel.id, other, now).await?;
            }
        }
        self.forget(&mut m, &node).await?;
        let gone: Vec<&str> = affected.iter().map(|t| t.id.as_str()).collect();
        m.commit(entry("node.delete", &node).before(json!({ "tunnels": gone }))).await?;
        self.put_out(id);
        drop(writing);
        let (held, late): (Vec<_>, Vec<_>) = affected.iter().partition(|t| turns.contains_key(&t.id));
        let held: Vec<_> = held.into_iter().filter_map(|t| Some((t, turns.remove(&t.id)?))).collect();
        join_all(held.into_iter().map(async |(tunnel, turn)| self.withdraw(&turn, tunnel, Some(id)).await)).await;
        // Those that came into being meanwhile have their turns only now: whoever holds one while he waits for another may
        // wait for ever.
        drop(turns);
        for tunnel in late {
            let turn = self.turns.take(&tunnel.id).await;
            self.withdraw(&turn, tunnel, Some(id)).await;
        }
        for tunnel in &affected {
            self.mark_failed_legs(tunnel).await;
        }
        self.changed();
        Ok(())
    }
}

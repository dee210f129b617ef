//! What a model is told when somebody asks about the media: the nodes he may see, what happened lately, and the figures of
//! the one he asks about. Configurations stay out of it, and whatever is named like a secret is blanked.

use std::sync::{Arc, Weak};

use argos_events::{Filter, Scope, Source, node_event};
use argos_kernel::{BoxFuture, Result};
use argos_llm::FleetFacts;
use argos_nodewire::{driver_metrics, redact};
use argos_web::Caller;
use serde_json::{Map, Value, json};

use crate::service::{Nodes, hold};
use crate::store::nodes;

/// Longest text that is sent, in characters.
const NODES_MAX: usize = 200;
const EVENTS_MAX: i64 = 50;

/// It does not keep the domain alive: the platform holds it, and the domain the platform.
pub(crate) struct Facts(Weak<Nodes>);

impl Facts {
    pub(crate) fn new(nodes: &Arc<Nodes>) -> Self {
        Self(Arc::downgrade(nodes))
    }
}

impl FleetFacts for Facts {
    fn facts<'a>(&'a self, caller: &'a Caller, node: Option<&'a str>, room: usize) -> BoxFuture<'a, Result<String>> {
        Box::pin(async move {
            match self.0.upgrade() {
                Some(nodes) => nodes.facts(caller, node, room).await,
                None => Ok(String::new()),
            }
        })
    }
}

impl Nodes {
    async fn facts(&self, caller: &Caller, node: Option<&str>, room: usize) -> Result<String> {
        let sees = |id: &str| caller.allowed_node_ids.as_ref().is_none_or(|own| own.iter().any(|o| o == id));
        let may = |permission: &str| caller.grants.has(permission);
        let mut out = Map::new();
        if may("nodes:read") {
            let all = nodes::list(&self.platform.store.state).await?;
            let listed = all.iter().filter(|n| sees(&n.id)).take(NODES_MAX).map(|n| {
                let mut row = json!({ "id": n.id, "name": n.name, "device_type": n.device_type, "status": self.status_of(n) });
                if let Some(session) = self.session(&n.id) {
                    let told = hold(&session.told);
                    let figures = driver_metrics(&session.device_type, told.stats.as_deref(), told.health.as_deref()).metrics;
                    row["figures"] = figures.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect::<Map<_, _>>().into();
                }
                row
            });
            out.insert("nodes".to_owned(), listed.collect());
        }
        if may("events:read") {
            let scope = Scope { nodes: caller.allowed_node_ids.clone(), organizations: false };
            let filter = Filter { sources: vec![Source::Nodes], scope, ..Filter::default() };
            let latest = self.platform.events.list(&filter, None, EVENTS_MAX).await?;
            out.insert("latest_events".to_owned(), latest.iter().filter_map(node_event).collect());
        }
        if let Some(session) = node.filter(|id| may("nodes:read") && sees(id)).and_then(|id| self.session(id)) {
            let told = hold(&session.told);
            out.insert(
                "asked_about".to_owned(),
                json!({ "id": session.node_id, "stats": told.stats.as_deref(), "health": told.health.as_deref() }),
            );
        }
        let mut facts = Value::Object(out);
        redact(&mut facts);
        Ok(facts.to_string().chars().take(room).collect())
    }
}

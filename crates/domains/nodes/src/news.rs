//! What dashboards hear between two states of the fleet: events, pictures, tunnels. Each is rendered once for everybody;
//! a reader that lags misses the oldest and never holds anything up.

use std::sync::Arc;

use argos_events::node_event;
use argos_kernel::{Result, Shutdown};
use argos_web::Caller;
use serde_json::{Value, json};

use crate::model::tunnel::Tunnel;
use crate::service::Nodes;

/// Messages a reader may lag behind.
pub(crate) const NEWS_KEPT: usize = 256;
/// Events read at once.
const BATCH: i64 = 100;

/// One message and who may hear it.
pub(crate) struct News {
    pub(crate) text: String,
    /// All of these must be in the reader's scope.
    nodes: Vec<String>,
    /// The permission that shows the same over HTTP.
    needs: &'static str,
    /// The number of open alarms may have changed.
    pub(crate) alarms: bool,
}

impl News {
    pub(crate) fn is_for(&self, caller: &Caller) -> bool {
        let sees = |id: &String| caller.allowed_node_ids.as_ref().is_none_or(|own| own.contains(id));
        caller.grants.has(self.needs) && self.nodes.iter().all(sees)
    }
}

impl Nodes {
    /// Whether anybody would hear it.
    pub(crate) fn has_listeners(&self) -> bool {
        self.news.receiver_count() > 0
    }

    fn tell(&self, news: News) {
        // Without a reader nobody needs to hear it.
        drop(self.news.send(Arc::new(news)));
    }

    pub(crate) fn tell_picture(&self, node: &str, flow: &str, input: Option<&str>, etag: &str) {
        if !self.has_listeners() {
            return;
        }
        let mut message = json!({ "type": "thumbnail", "node_id": node, "flow_id": flow, "etag": etag });
        if let Some(input) = input {
            message["input_id"] = json!(input);
        }
        self.tell(News { text: message.to_string(), nodes: vec![node.to_owned()], needs: "nodes:read", alarms: false });
    }

    /// `summary`: the tunnel as lists show it.
    pub(crate) fn tell_tunnel(&self, tunnel: &Tunnel, summary: &Value) {
        let text = json!({ "type": "tunnel", "tunnel": summary }).to_string();
        self.tell(News { text, nodes: tunnel.members().map(str::to_owned).collect(), needs: "nodes:operate", alarms: false });
    }

    /// Follows the event record for dashboards, in every process.
    pub(crate) async fn follow_events(&self, stop: Shutdown) -> Result<()> {
        let mut reader = self.platform.events.reader(self.platform.events.newest().await?);
        loop {
            let batch = tokio::select! {
                batch = reader.next_batch(BATCH) => batch?,
                () = stop.wait() => return Ok(()),
            };
            for event in batch.iter().filter(|_| self.has_listeners()) {
                let Some(shown) = node_event(event) else { continue };
                let text = json!({ "type": "event", "event": shown }).to_string();
                let nodes = event.node_uid.iter().cloned().collect();
                self.tell(News { text, nodes, needs: "events:read", alarms: true });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use argos_web::Grants;

    use super::*;

    #[test]
    fn news_of_other_nodes_or_without_the_permission_are_not_heard() {
        let news = |nodes: &[&str]| News {
            text: String::new(),
            nodes: nodes.iter().map(|n| (*n).to_owned()).collect(),
            needs: "nodes:operate",
            alarms: false,
        };
        let caller = |grants: &[&'static str], scope: Option<&[&str]>| Caller {
            grants: Grants::new(grants.iter().copied()),
            allowed_node_ids: scope.map(|ids| ids.iter().map(|id| (*id).to_owned()).collect()),
            ..Caller::anonymous()
        };
        assert!(news(&["a", "b"]).is_for(&caller(&["nodes:operate"], None)));
        assert!(!news(&["a", "b"]).is_for(&caller(&["nodes:operate"], Some(&["a"]))));
        assert!(news(&["a"]).is_for(&caller(&["nodes:operate"], Some(&["a"]))) && news(&[]).is_for(&caller(&["nodes:operate"], Some(&[]))));
        assert!(!news(&["a"]).is_for(&caller(&["nodes:read"], None)));
    }
}

//! What dashboards hear between two states of the fleet: events, pictures, tunnels. Each is rendered once for everybody;
//! a reader that lags misses the oldest and never holds anything up.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use argos_events::node_event;
use argos_kernel::{Result, Shutdown};
use argos_web::Caller;
use serde_json::{Value, json};

use crate::model::tunnel::Tunnel;
use crate::service::Nodes;
use crate::store::tunnels;

/// Messages a reader may lag behind.
pub(crate) const NEWS_KEPT: usize = 256;
/// Events read at once.
const BATCH: i64 = 100;
/// How long tunnels that change together have to come to rest.
const REST: Duration = Duration::from_millis(200);
/// A signal may be lost; so often the tunnels are looked at by themselves.
const LOOK: Duration = Duration::from_secs(30);

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

    /// Follows the table of tunnels for dashboards, where other processes write it too.
    pub(crate) async fn follow_tunnels(&self, stop: Shutdown) -> Result<()> {
        let mut changed = self.platform.signals.subscribe("nodes.tunnels");
        let mut known = HashMap::new();
        drop(differing(&mut known, tunnels::list(&self.platform.store.state).await?));
        loop {
            tokio::select! {
                () = stop.wait() => return Ok(()),
                _ = changed.changed() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
            if !stop.sleep(REST).await {
                return Ok(());
            }
            changed.mark_unchanged();
            let other = differing(&mut known, tunnels::list(&self.platform.store.state).await?);
            self.show_tunnels(&other).await;
        }
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

/// Those that are not as they were known, which they are from now on.
fn differing(known: &mut HashMap<String, Tunnel>, now: Vec<Tunnel>) -> Vec<Tunnel> {
    let other = now.iter().filter(|t| known.get(&t.id) != Some(t)).cloned().collect();
    *known = now.into_iter().map(|t| (t.id.clone(), t)).collect();
    other
}

#[cfg(test)]
mod tests {
    use argos_kernel::Timestamp;
    use argos_web::Grants;

    use super::*;

    #[test]
    fn tunnel_is_news_when_it_is_another_one_than_before() {
        let body = json!({ "name": "t", "protocol": "udp", "mode": "direct", "ingress_node_id": "a", "ingress_listen_port": 9000,
            "egress_node_id": "b", "egress_forward_addr": "127.0.0.1:9100", "egress_peer_addr": "203.0.113.7:4500" });
        let tunnel =
            |id: &str| Tunnel::create(id.to_owned(), "sealed".to_owned(), body.as_object().unwrap(), Timestamp::from_secs(1)).unwrap();
        let (first, mut second) = (tunnel("t1"), tunnel("t2"));
        let mut known = HashMap::new();
        let ids = |known: &mut _, all: &[&Tunnel]| {
            differing(known, all.iter().map(|t| (*t).clone()).collect()).into_iter().map(|t| t.id).collect::<Vec<_>>()
        };
        assert_eq!(ids(&mut known, &[&first]), ["t1"]);
        assert_eq!(ids(&mut known, &[&first, &second]), ["t2"]);
        "active".clone_into(&mut second.status);
        assert_eq!(ids(&mut known, &[&first, &second]), ["t2"]);
        assert!(ids(&mut known, &[&first]).is_empty() && known.len() == 1);
    }

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

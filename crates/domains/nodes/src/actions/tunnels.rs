//! Tunnels as people write them: created, changed, removed, given new keys. `telling` has the nodes hear of it.

use std::sync::Arc;

use argos_audit::{Category, Entry};
use argos_events::{NewEvent, Source};
use argos_kernel::{Actor, AppError, Result, Severity};
use argos_nodewire::TunnelSpec;
use argos_store::Tx;
use serde_json::{Map, Value, json};

use crate::model::node::Node;
use crate::model::tunnel::{Leg, Tunnel, secrets_place};
use crate::service::{Nodes, hold};
use crate::store::{nodes, tunnels};

pub(crate) fn not_found() -> AppError {
    AppError::not_found("Tunnel not found").code("tunnel_not_found")
}

fn bad(field: &str, text: impl Into<String>) -> AppError {
    AppError::bad_request(text).code("invalid_field").with("field", field)
}

fn entry(action: &str, t: &Tunnel) -> Entry {
    let after = json!({ "id": t.id, "name": t.name, "mode": t.mode, "protocol": t.protocol, "ingress_node_id": t.ingress_node_id,
        "ingress_listen_port": t.ingress_listen_port, "egress_node_id": t.egress_node_id, "egress_forward_addr": t.egress_forward_addr,
        "relay_node_id": t.relay_node_id, "status": t.status });
    Entry::new(action, Category::Config)
        .target("tunnel", &t.id)
        .describe(format!("Tunnel {}: {}", t.name, action.trim_start_matches("tunnel.")))
        .after(after)
}

/// The secrets of a tunnel, opened. No `Debug`.
struct Keys {
    key: String,
    bind: String,
    psk: String,
}

impl Nodes {
    pub(super) fn new_keys(&self, id: &str) -> Result<String> {
        let random = || argos_kernel::hex(&self.platform.rng.bytes::<32>());
        let all = json!({ "key": random(), "bind": random(), "psk": random() });
        self.platform.vault.seal(&secrets_place(id), all.to_string().as_bytes())
    }

    fn keys(&self, t: &Tunnel) -> Result<Keys> {
        let text = self.platform.vault.open_text(&secrets_place(&t.id), &t.secrets_enc)?;
        let all: Value = serde_json::from_str(text.reveal()).map_err(AppError::internal)?;
        let member = |name: &str| all.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Keys { key: member("key"), bind: member("bind"), psk: member("psk") })
    }

    /// What the three nodes are told of a tunnel: relay, ingress, egress.
    pub(super) fn actions_of(&self, t: &Tunnel) -> Result<[Value; 3]> {
        let keys = self.keys(t)?;
        let relays = t.relay_addrs();
        let spec = TunnelSpec {
            id: &t.id,
            name: &t.name,
            protocol: &t.protocol,
            native_udp: t.transport == "udp",
            ingress_listen_port: t.ingress_listen_port,
            egress_forward_addr: &t.egress_forward_addr,
            peer_addr: t.egress_peer_addr.as_deref(),
            relay_addrs: &relays,
            key: &keys.key,
            bind_secret: &keys.bind,
            psk: &keys.psk,
        };
        Ok([spec.for_relay(), spec.for_ingress(), spec.for_egress()])
    }

    /// The nodes a tunnel names, judged.
    async fn judge_members(&self, t: &mut Tunnel) -> Result<()> {
        let db = &self.platform.store.state;
        let find = async |field: &str, id: &str| -> Result<Node> {
            nodes::find(db, id).await?.ok_or_else(|| bad(field, format!("{field}: there is no such node")))
        };
        let ends = [find("ingress_node_id", &t.ingress_node_id).await?, find("egress_node_id", &t.egress_node_id).await?];
        let relay = match &t.relay_node_id {
            Some(id) => Some(find("relay_node_id", id).await?),
            None => None,
        };
        t.refuse_strange_members(&ends.iter().chain(&relay))?;
        if t.transport == "udp" {
            let can = |node: &Node, word: &str| {
                self.session(&node.id).map_or_else(|| node.capabilities.clone(), |s| s.capabilities()).iter().any(|c| c == word)
            };
            let able = ends.iter().all(|n| can(n, "native-udp-tunnel")) && relay.as_ref().is_none_or(|n| can(n, "udp-relay"));
            if !able {
                return Err(bad("transport", "transport udp: not all of the nodes say that they can do it"));
            }
        }
        if let (None, Some(relay)) = (&t.relay_addr, &relay) {
            t.relay_addr = Some(
                self.relay_address(relay)
                    .ok_or_else(|| bad("relay_addr", "relay_addr: the relay did not say where it is reached; give its address"))?,
            );
        }
        Ok(())
    }

    /// Where a relay is reached, as it says itself or as we see it.
    pub(crate) fn relay_address(&self, relay: &Node) -> Option<String> {
        let session = self.session(&relay.id);
        let live = session.as_ref().and_then(|s| hold(&s.told).health.clone());
        let health = live.as_deref().or(relay.last_health.as_ref())?;
        if let Some(public) = health.get("public_quic_addr").and_then(Value::as_str).filter(|a| !a.is_empty()) {
            return Some(public.to_owned());
        }
        let own: std::net::SocketAddr = health.get("quic_addr").and_then(Value::as_str)?.parse().ok()?;
        if !own.ip().is_unspecified() {
            return Some(own.to_string());
        }
        session.and_then(|s| s.remote()).map(|ip| std::net::SocketAddr::new(ip, own.port()).to_string())
    }

    /// Refuses a port on which a flow of the entry node listens, as far as its configuration is known; else the node refuses it.
    fn refuse_port_of_a_flow(&self, t: &Tunnel) -> Result<()> {
        let config = self.session(&t.ingress_node_id).and_then(|session| Self::known_config(&session));
        match config.and_then(|config| argos_nodewire::flow::port_user(&config, &t.protocol, t.ingress_listen_port)) {
            Some(flow) => Err(bad(
                "ingress_listen_port",
                format!("ingress_listen_port: port {} is used by flow '{flow}' on this node", t.ingress_listen_port),
            )),
            None => Ok(()),
        }
    }

    pub(crate) async fn create_tunnel(self: &Arc<Self>, actor: &Actor, body: &Map<String, Value>) -> Result<Tunnel> {
        let id = self.random_uuid();
        let mut tunnel = Tunnel::create(id.clone(), self.new_keys(&id)?, body, self.now())?;
        self.judge_members(&mut tunnel).await?;
        self.refuse_port_of_a_flow(&tunnel)?;
        {
            let _turn = self.tunnels.lock().await;
            let mut m = self.platform.audit.begin(actor).await?;
            port_is_free(&tunnels::list_in(&mut m).await?, &tunnel)?;
            tunnels::put(&mut m, &tunnel).await?;
            m.commit(entry("tunnel.create", &tunnel)).await?;
        }
        self.push(&id).await
    }

    pub(crate) async fn update_tunnel(self: &Arc<Self>, actor: &Actor, id: &str, body: &Map<String, Value>) -> Result<Tunnel> {
        let turn = self.turns.take(id).await;
        let (tunnel, must_tell, was_disabled) = {
            let _turn = self.tunnels.lock().await;
            let mut m = self.platform.audit.begin(actor).await?;
            let mut tunnel = tunnels::find_in(&mut m, id).await?.ok_or_else(not_found)?;
            let before = tunnel.clone();
            let was_disabled = tunnel.is_disabled();
            let port_before = tunnel.ingress_listen_port;
            let must_tell = tunnel.change(body, self.now())?;
            if tunnel.ingress_listen_port != port_before {
                self.refuse_port_of_a_flow(&tunnel)?;
            }
            port_is_free(&tunnels::list_in(&mut m).await?, &tunnel)?;
            if must_tell {
                tunnel.reset();
            }
            for node in tunnel.members() {
                if tunnel.is_disabled() {
                    tunnels::bury(&mut m, id, node, self.now()).await?;
                } else if was_disabled {
                    tunnels::unbury(&mut m, id, node).await?;
                }
            }
            if !was_disabled && (must_tell || tunnel.is_disabled()) {
                self.end_trouble(&mut m, &before, None).await?;
            }
            tunnels::put(&mut m, &tunnel).await?;
            m.commit(entry("tunnel.update", &tunnel)).await?;
            (tunnel, must_tell, was_disabled)
        };
        self.changed();
        if tunnel.is_disabled() {
            if !was_disabled {
                self.withdraw(&turn, &tunnel, None).await;
                self.mark_failed_legs(&tunnel).await;
            }
            self.show_tunnel(&tunnel).await;
            return Ok(tunnel);
        }
        if must_tell {
            return self.push_in_turn(&turn, id).await;
        }
        self.show_tunnel(&tunnel).await;
        Ok(tunnel)
    }

    pub(crate) async fn remove_tunnel(self: &Arc<Self>, actor: &Actor, id: &str) -> Result<()> {
        let turn = self.turns.take(id).await;
        let tunnel = {
            let _turn = self.tunnels.lock().await;
            let mut m = self.platform.audit.begin(actor).await?;
            let tunnel = tunnels::find_in(&mut m, id).await?.ok_or_else(not_found)?;
            tunnels::delete(&mut m, id).await?;
            self.end_trouble(&mut m, &tunnel, None).await?;
            for node in tunnel.members() {
                tunnels::bury(&mut m, id, node, self.now()).await?;
            }
            m.commit(entry("tunnel.delete", &tunnel)).await?;
            tunnel
        };
        self.withdraw(&turn, &tunnel, None).await;
        self.mark_failed_legs(&tunnel).await;
        self.changed();
        Ok(())
    }

    /// Ends what was told of legs that could not be set up, of one node or of all: they are not wanted any more, or are told
    /// anew. A tunnel that is disabled has nothing open.
    pub(super) async fn end_trouble(&self, tx: &mut Tx, t: &Tunnel, of: Option<&str>) -> Result<()> {
        let relay = t.relay_node_id.as_deref().zip(t.relay.as_ref());
        let legs = [(t.ingress_node_id.as_str(), &t.ingress), (t.egress_node_id.as_str(), &t.egress)].into_iter().chain(relay);
        let is_open = |node: &str, leg: &Leg| leg.status == "failed" && !t.is_disabled() && of.is_none_or(|of| of == node);
        for (node, _) in legs.filter(|(node, leg)| is_open(node, leg)) {
            let name = self.session(node).map_or_else(|| node.to_owned(), |s| s.name());
            let text = format!("What was wrong with tunnel {} on the node is past: it is told anew, or not wanted any more", t.name);
            let event = NewEvent::new(Source::Nodes, "node.tunnel", text).severity(Severity::Info).subject("node", node, name).node(node);
            self.platform.events.publish(tx, event.data(json!({ "tunnel_id": t.id, "tunnel_name": t.name }))).await?;
        }
        Ok(())
    }

    /// New secrets, told to relay and edges.
    pub(crate) async fn rekey_tunnel(self: &Arc<Self>, actor: &Actor, id: &str) -> Result<Tunnel> {
        let turn = self.turns.take(id).await;
        {
            let _turn = self.tunnels.lock().await;
            let mut m = self.platform.audit.begin(actor).await?;
            let mut tunnel = tunnels::find_in(&mut m, id).await?.ok_or_else(not_found)?;
            if tunnel.is_disabled() {
                return Err(AppError::new(argos_kernel::ErrorKind::Invalid, "The tunnel is disabled").code("tunnel_disabled"));
            }
            self.end_trouble(&mut m, &tunnel, None).await?;
            tunnel.secrets_enc = self.new_keys(id)?;
            tunnel.updated_at = self.now();
            tunnel.reset();
            tunnels::put(&mut m, &tunnel).await?;
            m.commit(entry("tunnel.rekey", &tunnel)).await?;
        }
        self.push_in_turn(&turn, id).await
    }
}

fn port_is_free(all: &[Tunnel], t: &Tunnel) -> Result<()> {
    match t.same_port(all) {
        Some(other) => Err(bad(
            "ingress_listen_port",
            format!("ingress_listen_port: port {} is used by tunnel '{}' on this node", t.ingress_listen_port, other.name),
        )),
        None => Ok(()),
    }
}

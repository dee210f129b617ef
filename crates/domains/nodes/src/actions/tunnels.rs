//! Tunnels: written here, told to their relay and both edges, and told again until all of them know.

use std::sync::Arc;

use argos_audit::{Category, Entry};
use argos_events::{NewEvent, Source};
use argos_kernel::{Actor, AppError, Result, Severity};
use argos_nodewire::TunnelSpec;
use serde_json::{Map, Value, json};

use super::commands::is_refusal;
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
    fn actions_of(&self, t: &Tunnel) -> Result<[Value; 3]> {
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
        let find = async |field: &str, id: &str, kind: &str| -> Result<Node> {
            let node = nodes::find(db, id).await?.ok_or_else(|| bad(field, format!("{field}: there is no such node")))?;
            if node.device_type != kind {
                return Err(bad(field, format!("{field}: a node of type {kind} is needed, {} is {}", node.name, node.device_type)));
            }
            Ok(node)
        };
        let ends = [find("ingress_node_id", &t.ingress_node_id, "edge").await?, find("egress_node_id", &t.egress_node_id, "edge").await?];
        let relay = match &t.relay_node_id {
            Some(id) => Some(find("relay_node_id", id, "relay").await?),
            None => None,
        };
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
        session.and_then(|s| s.remote).map(|ip| std::net::SocketAddr::new(ip, own.port()).to_string())
    }

    pub(crate) async fn create_tunnel(self: &Arc<Self>, actor: &Actor, body: &Map<String, Value>) -> Result<Tunnel> {
        let id = self.random_uuid();
        let mut tunnel = Tunnel::create(id.clone(), self.new_keys(&id)?, body, self.now())?;
        self.judge_members(&mut tunnel).await?;
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
        let (tunnel, must_tell, was_disabled) = {
            let _turn = self.tunnels.lock().await;
            let mut m = self.platform.audit.begin(actor).await?;
            let mut tunnel = tunnels::find_in(&mut m, id).await?.ok_or_else(not_found)?;
            let was_disabled = tunnel.is_disabled();
            let must_tell = tunnel.change(body, self.now())?;
            port_is_free(&tunnels::list_in(&mut m).await?, &tunnel)?;
            if must_tell {
                tunnel.reset();
            }
            for node in [&tunnel.ingress_node_id, &tunnel.egress_node_id] {
                if tunnel.is_disabled() {
                    tunnels::bury(&mut m, id, node, self.now()).await?;
                } else if was_disabled {
                    tunnels::unbury_in(&mut m, id, node).await?;
                }
            }
            tunnels::put(&mut m, &tunnel).await?;
            m.commit(entry("tunnel.update", &tunnel)).await?;
            (tunnel, must_tell, was_disabled)
        };
        self.changed();
        if tunnel.is_disabled() {
            if !was_disabled {
                self.withdraw(&tunnel, None).await;
            }
            return Ok(tunnel);
        }
        if must_tell { self.push(id).await } else { Ok(tunnel) }
    }

    pub(crate) async fn remove_tunnel(self: &Arc<Self>, actor: &Actor, id: &str) -> Result<()> {
        let tunnel = {
            let _turn = self.tunnels.lock().await;
            let mut m = self.platform.audit.begin(actor).await?;
            let tunnel = tunnels::find_in(&mut m, id).await?.ok_or_else(not_found)?;
            tunnels::delete(&mut m, id).await?;
            for node in [&tunnel.ingress_node_id, &tunnel.egress_node_id] {
                tunnels::bury(&mut m, id, node, self.now()).await?;
            }
            m.commit(entry("tunnel.delete", &tunnel)).await?;
            tunnel
        };
        self.withdraw(&tunnel, None).await;
        self.changed();
        Ok(())
    }

    /// New secrets, told to relay and edges.
    pub(crate) async fn rekey_tunnel(self: &Arc<Self>, actor: &Actor, id: &str) -> Result<Tunnel> {
        {
            let _turn = self.tunnels.lock().await;
            let mut m = self.platform.audit.begin(actor).await?;
            let mut tunnel = tunnels::find_in(&mut m, id).await?.ok_or_else(not_found)?;
            if tunnel.is_disabled() {
                return Err(AppError::new(argos_kernel::ErrorKind::Invalid, "The tunnel is disabled").code("tunnel_disabled"));
            }
            tunnel.secrets_enc = self.new_keys(id)?;
            tunnel.updated_at = self.now();
            tunnel.reset();
            tunnels::put(&mut m, &tunnel).await?;
            m.commit(entry("tunnel.rekey", &tunnel)).await?;
        }
        self.push(id).await
    }

    /// Has a tunnel removed wherever it may be; nodes that are away hear of it when they are back.
    pub(crate) async fn withdraw(&self, t: &Tunnel, except: Option<&str>) {
        let limit = self.command_limit().unwrap_or(std::time::Duration::from_secs(10));
        for node in [&t.ingress_node_id, &t.egress_node_id].into_iter().filter(|n| Some(n.as_str()) != except) {
            if let Some(session) = self.session(node)
                && let Err(error) = self.deliver_tombstones(&session).await
            {
                tracing::info!(%error, node, "a tunnel is not removed on a node yet");
            }
        }
        let Some(session) = t.relay_node_id.as_ref().filter(|n| Some(n.as_str()) != except).and_then(|n| self.session(n)) else { return };
        for kind in ["revoke_tunnel", "close_tunnel"] {
            match self.ask(&session, &json!({ "type": kind, "tunnel_id": t.id }), limit).await {
                Err(error) if !is_refusal(&error) => tracing::info!(%error, tunnel = t.id, "a relay was not told"),
                _ => {}
            }
        }
    }

    /// Tells every leg that does not know yet. Relay first: it refuses edges of a tunnel it does not know.
    pub(crate) async fn push(&self, id: &str) -> Result<Tunnel> {
        let _turn = self.tunnels.lock().await;
        let db = &self.platform.store.state;
        let mut t = tunnels::find(db, id).await?.ok_or_else(not_found)?;
        if t.is_disabled() {
            return Ok(t);
        }
        let before = t.clone();
        let [relay, ingress, egress] = self.actions_of(&t)?;
        if let (Some(leg), Some(node)) = (&mut t.relay, &t.relay_node_id) {
            self.push_leg(leg, node, &relay).await?;
        }
        self.push_leg(&mut t.ingress, &t.ingress_node_id, &ingress).await?;
        self.push_leg(&mut t.egress, &t.egress_node_id, &egress).await?;
        t.settle();
        let mut tx = db.begin().await?;
        tunnels::keep_legs(&mut tx, &t).await?;
        let told: [(&str, &Leg, &Leg); 2] =
            [(&t.ingress_node_id, &before.ingress, &t.ingress), (&t.egress_node_id, &before.egress, &t.egress)];
        let relay_leg = t.relay_node_id.as_deref().zip(before.relay.as_ref()).zip(t.relay.as_ref()).map(|((n, b), l)| (n, b, l));
        for (node, before, now) in told.into_iter().chain(relay_leg) {
            let failed = now.status == "failed";
            if failed == (before.status == "failed") || (!failed && !now.is_pushed()) {
                continue;
            }
            let (severity, text) = match &now.error {
                Some(why) if failed => (Severity::Warning, format!("Tunnel {} was not set up on the node: {why}", t.name)),
                _ => (Severity::Info, format!("Tunnel {} is set up on the node again", t.name)),
            };
            let name = self.session(node).map_or_else(|| node.to_owned(), |s| s.name());
            let event = NewEvent::new(Source::Nodes, "node.tunnel", text).severity(severity).subject("node", node, name).node(node);
            self.platform.events.publish(&mut tx, event.data(json!({ "tunnel_id": t.id, "tunnel_name": t.name }))).await?;
        }
        tx.commit().await?;
        self.mark_failed_legs().await?;
        self.changed();
        Ok(t)
    }

    async fn push_leg(&self, leg: &mut Leg, node: &str, action: &Value) -> Result<()> {
        if leg.is_pushed() {
            return Ok(());
        }
        let Some(session) = self.session(node) else {
            *leg = Leg { status: "pending".to_owned(), error: Some("Node is not connected".to_owned()) };
            return Ok(());
        };
        *leg = match self.ask(&session, action, self.command_limit()?).await {
            Ok(_) => Leg { status: "pushed".to_owned(), error: None },
            Err(error) => Leg { status: "failed".to_owned(), error: Some(error.message().chars().take(500).collect()) },
        };
        Ok(())
    }

    /// What is to be told to or about a node.
    pub(crate) async fn push_tunnels_of(&self, node: &str) -> Result<()> {
        for tunnel in tunnels::of_node(&self.platform.store.state, node).await? {
            if !tunnel.is_disabled() && tunnel.status != "active" {
                self.push(&tunnel.id).await?;
            }
        }
        Ok(())
    }

    /// Tries again wherever a node that does not know is connected.
    pub(crate) async fn push_all(&self) -> Result<()> {
        for session in self.sessions() {
            self.deliver_tombstones(&session).await.unwrap_or_default();
        }
        for t in tunnels::list(&self.platform.store.state).await? {
            let legs = [
                Some((&t.ingress, t.ingress_node_id.as_str())),
                Some((&t.egress, t.egress_node_id.as_str())),
                t.relay.as_ref().zip(t.relay_node_id.as_deref()),
            ];
            let open = legs.iter().flatten().any(|(leg, node)| !leg.is_pushed() && self.session(node).is_some());
            if open && !t.is_disabled() {
                self.push(&t.id).await?;
            }
        }
        Ok(())
    }

    async fn mark_failed_legs(&self) -> Result<()> {
        let all = tunnels::list(&self.platform.store.state).await?;
        let failed = |node: &str| {
            all.iter().any(|t| {
                (t.ingress.status == "failed" && t.ingress_node_id == node)
                    || (t.egress.status == "failed" && t.egress_node_id == node)
                    || t.relay.as_ref().is_some_and(|l| l.status == "failed") && t.relay_node_id.as_deref() == Some(node)
            })
        };
        for session in self.sessions() {
            hold(&session.told).leg_failed = failed(&session.node_id);
        }
        Ok(())
    }
}

fn port_is_free(all: &[Tunnel], t: &Tunnel) -> Result<()> {
    let same = |o: &&Tunnel| {
        o.id != t.id
            && o.ingress_node_id == t.ingress_node_id
            && o.ingress_listen_port == t.ingress_listen_port
            && o.protocol == t.protocol
            && !o.is_disabled()
    };
    match all.iter().find(same) {
        Some(other) if !t.is_disabled() => Err(bad(
            "ingress_listen_port",
            format!("ingress_listen_port: port {} is used by tunnel '{}' on this node", t.ingress_listen_port, other.name),
        )),
        _ => Ok(()),
    }
}

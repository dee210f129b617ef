//! A tunnel between two edges, as it is written by people and pushed to nodes.

use std::net::SocketAddr;

use argos_kernel::{AppError, Result, Timestamp};
use serde_json::{Map, Value};

use super::node::Node;

/// One of the three places a tunnel must be told to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Leg {
    /// `pending`, `pushed`, `failed`.
    pub(crate) status: String,
    pub(crate) error: Option<String>,
}

impl Leg {
    pub(crate) fn pending() -> Self {
        Self { status: "pending".to_owned(), error: None }
    }
    pub(crate) fn is_pushed(&self) -> bool {
        self.status == "pushed"
    }
}

/// What became of the legs that were told; `None` = nothing new.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Legs {
    pub(crate) ingress: Option<Leg>,
    pub(crate) egress: Option<Leg>,
    pub(crate) relay: Option<Leg>,
}

#[derive(Clone, PartialEq)]
pub(crate) struct Tunnel {
    pub(crate) id: String,
    pub(crate) name: String,
    /// `tcp` or `udp`.
    pub(crate) protocol: String,
    /// `relay` or `direct`.
    pub(crate) mode: String,
    /// `quic` or `udp`.
    pub(crate) transport: String,
    pub(crate) ingress_node_id: String,
    pub(crate) ingress_listen_port: u16,
    pub(crate) egress_node_id: String,
    pub(crate) egress_forward_addr: String,
    pub(crate) egress_peer_addr: Option<String>,
    pub(crate) relay_addr: Option<String>,
    pub(crate) relay_addr_backup: Option<String>,
    pub(crate) relay_node_id: Option<String>,
    /// Key, bind secret and pre-shared key, sealed together.
    pub(crate) secrets_enc: String,
    /// `pending`, `active`, `error`, `disabled`.
    pub(crate) status: String,
    pub(crate) associated_flow_ids: Option<Vec<String>>,
    pub(crate) ingress: Leg,
    pub(crate) egress: Leg,
    pub(crate) relay: Option<Leg>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

pub(crate) fn secrets_place(id: &str) -> String {
    format!("node_tunnels.secrets_enc:{id}")
}

fn bad(field: &str, text: impl Into<String>) -> AppError {
    AppError::bad_request(text).code("invalid_field").with("field", field)
}

fn text<'a>(body: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(t)) => Ok(Some(t.trim()).filter(|t| !t.is_empty())),
        Some(_) => Err(bad(name, format!("{name} must be text"))),
    }
}

fn required<'a>(body: &'a Map<String, Value>, name: &str) -> Result<&'a str> {
    text(body, name)?.ok_or_else(|| bad(name, format!("{name} is missing")))
}

fn word(body: &Map<String, Value>, name: &str, words: &[&str], fallback: Option<&str>) -> Result<String> {
    let given = match (text(body, name)?, fallback) {
        (Some(given), _) => given,
        (None, Some(fallback)) => fallback,
        (None, None) => return Err(bad(name, format!("{name} is missing"))),
    };
    if !words.contains(&given) {
        return Err(bad(name, format!("{name} must be {}", words.join(" or "))));
    }
    Ok(given.to_owned())
}

/// `host:port` with a port above 0.
pub(crate) fn host_port(name: &str, given: &str) -> Result<String> {
    let port = given.rsplit_once(':').filter(|(host, _)| !host.is_empty() && host.len() <= 255 && !host.contains(char::is_whitespace));
    let port = port.and_then(|(_, port)| port.parse::<u16>().ok()).filter(|p| *p > 0);
    port.map(|_| given.to_owned()).ok_or_else(|| bad(name, format!("{name} must be host:port")))
}

fn forward_addr(given: &str) -> Result<String> {
    let address = given.parse::<SocketAddr>().ok().filter(|a| a.port() > 0);
    address.map(|_| given.to_owned()).ok_or_else(|| bad("egress_forward_addr", "egress_forward_addr must be IP:port"))
}

fn port(body: &Map<String, Value>) -> Result<u16> {
    let given = body.get("ingress_listen_port").and_then(Value::as_u64).and_then(|p| u16::try_from(p).ok()).filter(|p| *p > 0);
    given.ok_or_else(|| bad("ingress_listen_port", "ingress_listen_port must be a port from 1 to 65535"))
}

fn name_of(given: &str) -> Result<String> {
    if given.is_empty() || given.chars().count() > 128 || given.chars().any(char::is_control) {
        return Err(bad("name", "name must have 1 to 128 characters and no control characters"));
    }
    Ok(given.to_owned())
}

fn flows(body: &Map<String, Value>) -> Result<Option<Vec<String>>> {
    match body.get("associated_flow_ids") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(ids)) if ids.len() <= 100 && ids.iter().all(Value::is_string) => {
            Ok(Some(ids.iter().filter_map(Value::as_str).map(str::to_owned).collect()))
        }
        Some(_) => Err(bad("associated_flow_ids", "associated_flow_ids must be a list of flow ids")),
    }
}

impl Tunnel {
    /// A tunnel nobody was told of. The nodes it names are judged by the caller.
    pub(crate) fn create(id: String, secrets_enc: String, body: &Map<String, Value>, now: Timestamp) -> Result<Self> {
        let mode = word(body, "mode", &["relay", "direct"], None)?;
        let protocol = word(body, "protocol", &["tcp", "udp"], None)?;
        let transport = word(body, "transport", &["quic", "udp"], Some("quic"))?;
        if transport == "udp" && protocol != "udp" {
            return Err(bad("transport", "transport udp goes only with protocol udp"));
        }
        let address = |name: &str| text(body, name)?.map(|t| host_port(name, t)).transpose();
        let relayed = mode == "relay";
        let relay_node_id = text(body, "relay_node_id")?.filter(|_| relayed).map(str::to_owned);
        let tunnel = Self {
            name: name_of(required(body, "name")?)?,
            ingress_node_id: required(body, "ingress_node_id")?.to_owned(),
            ingress_listen_port: port(body)?,
            egress_node_id: required(body, "egress_node_id")?.to_owned(),
            egress_forward_addr: forward_addr(required(body, "egress_forward_addr")?)?,
            egress_peer_addr: address("egress_peer_addr")?,
            relay_addr: address("relay_addr")?.filter(|_| relayed),
            relay_addr_backup: address("relay_addr_backup")?.filter(|_| relayed),
            status: "pending".to_owned(),
            associated_flow_ids: flows(body)?,
            ingress: Leg::pending(),
            egress: Leg::pending(),
            relay: relay_node_id.as_ref().map(|_| Leg::pending()),
            relay_node_id,
            id,
            protocol,
            mode,
            transport,
            secrets_enc,
            created_at: now,
            updated_at: now,
        };
        if relayed && tunnel.relay_addr.is_none() && tunnel.relay_node_id.is_none() {
            return Err(bad("relay_addr", "relay mode needs relay_addr or relay_node_id"));
        }
        if !relayed && tunnel.egress_peer_addr.is_none() {
            return Err(bad("egress_peer_addr", "direct mode needs egress_peer_addr"));
        }
        if tunnel.ingress_node_id == tunnel.egress_node_id {
            return Err(bad("egress_node_id", "The two ends must be different nodes"));
        }
        Ok(tunnel)
    }

    /// Takes over what may change later; whether the nodes must hear of it.
    pub(crate) fn change(&mut self, body: &Map<String, Value>, now: Timestamp) -> Result<bool> {
        let before = self.clone();
        if let Some(name) = text(body, "name")? {
            self.name = name_of(name)?;
        }
        if let Some(status) = text(body, "status")? {
            match status {
                "disabled" => "disabled".clone_into(&mut self.status),
                "active" if self.status == "disabled" => "pending".clone_into(&mut self.status),
                "active" => {}
                _ => return Err(bad("status", "status must be active or disabled")),
            }
        }
        if let Some(address) = text(body, "relay_addr")?.filter(|_| self.mode == "relay") {
            self.relay_addr = Some(host_port("relay_addr", address)?);
        }
        if let Some(address) = text(body, "egress_peer_addr")? {
            self.egress_peer_addr = Some(host_port("egress_peer_addr", address)?);
        }
        if let Some(address) = text(body, "egress_forward_addr")? {
            self.egress_forward_addr = forward_addr(address)?;
        }
        if body.get("ingress_listen_port").is_some_and(|p| !p.is_null()) {
            self.ingress_listen_port = port(body)?;
        }
        if body.contains_key("associated_flow_ids") {
            self.associated_flow_ids = flows(body)?;
        }
        self.updated_at = now;
        let pushed = |t: &Self| {
            (
                t.name.clone(),
                t.status == "disabled",
                t.relay_addr.clone(),
                t.egress_peer_addr.clone(),
                t.egress_forward_addr.clone(),
                t.ingress_listen_port,
            )
        };
        Ok(pushed(&before) != pushed(self))
    }

    pub(crate) fn is_disabled(&self) -> bool {
        self.status == "disabled"
    }

    /// Every leg is told again.
    pub(crate) fn reset(&mut self) {
        (self.ingress, self.egress) = (Leg::pending(), Leg::pending());
        self.relay = self.relay_node_id.as_ref().map(|_| Leg::pending());
        if !self.is_disabled() {
            "pending".clone_into(&mut self.status);
        }
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = &str> {
        [Some(self.ingress_node_id.as_str()), Some(self.egress_node_id.as_str()), self.relay_node_id.as_deref()].into_iter().flatten()
    }

    /// Refuses members whose type does not fit their part.
    pub(crate) fn refuse_strange_members<'a>(&self, known: &(impl IntoIterator<Item = &'a Node> + Clone)) -> Result<()> {
        let parts = [
            ("ingress_node_id", Some(&self.ingress_node_id), "edge"),
            ("egress_node_id", Some(&self.egress_node_id), "edge"),
            ("relay_node_id", self.relay_node_id.as_ref(), "relay"),
        ];
        for (field, id, kind) in parts {
            let node = id.and_then(|id| known.clone().into_iter().find(|n| &n.id == id));
            if let Some(node) = node.filter(|n| n.device_type != kind) {
                return Err(bad(field, format!("{field}: a node of type {kind} is needed, {} is {}", node.name, node.device_type)));
            }
        }
        Ok(())
    }

    /// The tunnel that uses its port already; none while it is disabled.
    pub(crate) fn same_port<'a>(&self, all: &'a [Self]) -> Option<&'a Self> {
        let same = |o: &&Self| {
            o.id != self.id
                && o.ingress_node_id == self.ingress_node_id
                && o.ingress_listen_port == self.ingress_listen_port
                && o.protocol == self.protocol
                && !o.is_disabled()
        };
        all.iter().find(same).filter(|_| !self.is_disabled())
    }

    pub(crate) fn relay_addrs(&self) -> Vec<String> {
        [&self.relay_addr, &self.relay_addr_backup].into_iter().flatten().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn body() -> Map<String, Value> {
        json!({ "name": "t", "protocol": "udp", "mode": "relay", "ingress_node_id": "a", "ingress_listen_port": 9000, "egress_node_id": "b",
            "egress_forward_addr": "127.0.0.1:9100", "relay_addr": "r:4433", "relay_node_id": "r" })
        .as_object()
        .unwrap()
        .clone()
    }
    fn create(body: &Map<String, Value>) -> Result<Tunnel> {
        Tunnel::create("t".to_owned(), String::new(), body, Timestamp::from_secs(1))
    }

    #[test]
    fn bad_members_are_named() {
        let fault = |name: &str, value: Value| {
            let mut body = body();
            body.insert(name.to_owned(), value);
            create(&body).err().map(|e| e.extra()["field"].as_str().unwrap().to_owned())
        };
        for (name, value) in [
            ("egress_forward_addr", json!("host:1")),
            ("ingress_listen_port", json!(0)),
            ("relay_addr", json!("nope")),
            ("egress_node_id", json!("a")),
            ("mode", json!("x")),
            ("name", json!("")),
            ("transport", json!("tcp")),
        ] {
            assert_eq!(fault(name, value).as_deref(), Some(name));
        }
        let mut direct = body();
        direct.insert("mode".to_owned(), json!("direct"));
        assert_eq!(create(&direct).err().unwrap().extra()["field"], "egress_peer_addr");
    }

    #[test]
    fn only_what_its_nodes_must_hear_is_told_again() {
        let mut t = create(&body()).unwrap();
        assert_eq!(t.status, "pending");
        "active".clone_into(&mut t.status);
        assert!(!t.change(json!({ "status": "active" }).as_object().unwrap(), Timestamp::from_secs(2)).unwrap());
        assert!(t.change(json!({ "status": "disabled" }).as_object().unwrap(), Timestamp::from_secs(2)).unwrap());
        t.reset();
        assert_eq!(t.status, "disabled");
    }

    #[test]
    fn members_of_the_wrong_type_and_ports_that_are_taken_are_found() {
        let mut t = create(&body()).unwrap();
        let node = |id: &str, kind: &str| {
            let body = json!({ "name": id, "device_type": kind });
            Node::create(id.to_owned(), String::new(), body.as_object().unwrap(), Timestamp::from_secs(1)).unwrap()
        };
        t.refuse_strange_members(&&[node("a", "edge"), node("b", "edge"), node("r", "relay")]).unwrap();
        let fault = t.refuse_strange_members(&&[node("a", "edge"), node("b", "edge"), node("r", "edge")]).unwrap_err();
        assert_eq!(fault.extra()["field"], "relay_node_id");
        let mut other = t.clone();
        "u".clone_into(&mut other.id);
        assert_eq!(t.same_port(&[t.clone(), other.clone()]).map(|o| o.id.as_str()), Some("u"));
        "disabled".clone_into(&mut t.status);
        assert!(t.same_port(&[other]).is_none());
    }

    proptest! {
        #[test]
        fn any_address_is_judged(text in ".{0,40}") {
            drop((host_port("x", &text), forward_addr(&text)));
        }
    }
}

//! The two halves of a tunnel as its edges want them, and the tokens its relay lets them in with.
//!
//! Words are inverted on the wire: where traffic enters (our ingress) the edge's direction is `egress`. The same tunnel
//! always gives the same bytes, because an edge restarts a tunnel that changed and cuts live media.

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value, json};
use sha2::Sha256;

/// A tunnel with its secrets. It has no `Debug`.
pub struct TunnelSpec<'a> {
    pub id: &'a str,
    pub name: &'a str,
    /// `tcp` or `udp`.
    pub protocol: &'a str,
    /// `udp` for the native plane of relays.
    pub native_udp: bool,
    pub ingress_listen_port: u16,
    pub egress_forward_addr: &'a str,
    /// Direct mode: where the exit edge is reached.
    pub peer_addr: Option<&'a str>,
    /// Relay mode: one or two addresses.
    pub relay_addrs: &'a [String],
    pub key: &'a str,
    pub bind_secret: &'a str,
    pub psk: &'a str,
}

/// What a relay is told so that it lets both edges in.
#[derive(Clone, PartialEq, Eq)]
pub struct Tokens {
    pub ingress: String,
    pub egress: String,
}

/// Lower-case HMAC-SHA256 of `<tunnel id>:<direction>` under the ASCII bytes of the secret.
#[must_use]
pub fn bind_token(secret: &str, tunnel_id: &str, direction: &str) -> String {
    // HMAC takes keys of any length, so this cannot fail.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(format!("{tunnel_id}:{direction}").as_bytes());
    HEXLOWER.encode(&mac.finalize().into_bytes())
}

impl TunnelSpec<'_> {
    fn common(&self, direction: &str, local_addr: &str) -> Map<String, Value> {
        let mut out = Map::new();
        let mut put = |name: &str, value: Value| drop(out.insert(name.to_owned(), value));
        put("id", json!(self.id));
        put("name", json!(self.name));
        put("enabled", json!(true));
        put("protocol", json!(self.protocol));
        put("direction", json!(direction));
        put("local_addr", json!(local_addr));
        put("tunnel_encryption_key", json!(self.key));
        put("tunnel_bind_secret", json!(self.bind_secret));
        if self.native_udp {
            put("transport", json!("udp"));
        }
        match self.relay_addrs.first() {
            Some(first) => {
                put("mode", json!("relay"));
                put("relay_addrs", json!(self.relay_addrs));
                put("relay_addr", json!(first));
            }
            None => {
                put("mode", json!("direct"));
                put("tunnel_psk", json!(self.psk));
            }
        }
        out
    }

    /// `create_tunnel` for the edge where traffic enters.
    #[must_use]
    pub fn for_ingress(&self) -> Value {
        let mut out = self.common("egress", &format!("0.0.0.0:{}", self.ingress_listen_port));
        if let (None, Some(peer)) = (self.relay_addrs.first(), self.peer_addr) {
            out.insert("peer_addr".to_owned(), json!(peer));
        }
        json!({ "type": "create_tunnel", "tunnel": out })
    }

    /// `create_tunnel` for the edge where traffic leaves.
    #[must_use]
    pub fn for_egress(&self) -> Value {
        let mut out = self.common("ingress", self.egress_forward_addr);
        if let (None, Some((_, port))) = (self.relay_addrs.first(), self.peer_addr.and_then(|p| p.rsplit_once(':'))) {
            out.insert("direct_listen_addr".to_owned(), json!(format!("0.0.0.0:{port}")));
        }
        json!({ "type": "create_tunnel", "tunnel": out })
    }

    /// `authorize_tunnel` for the relay.
    #[must_use]
    pub fn for_relay(&self) -> Value {
        let tokens = self.tokens();
        json!({ "type": "authorize_tunnel", "tunnel_id": self.id, "ingress_token": tokens.ingress, "egress_token": tokens.egress })
    }

    #[must_use]
    pub fn tokens(&self) -> Tokens {
        let token = |direction| bind_token(self.bind_secret, self.id, direction);
        Tokens { ingress: token("ingress"), egress: token("egress") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    const ID: &str = "550e8400-e29b-41d4-a716-446655440000";

    fn spec(relays: &[String]) -> TunnelSpec<'_> {
        TunnelSpec {
            id: ID,
            name: "t",
            protocol: "udp",
            native_udp: false,
            ingress_listen_port: 9000,
            egress_forward_addr: "127.0.0.1:9100",
            peer_addr: Some("203.0.113.7:4500"),
            relay_addrs: relays,
            key: SECRET,
            bind_secret: SECRET,
            psk: SECRET,
        }
    }

    #[test]
    fn bind_tokens_are_those_of_the_documented_vector() {
        assert_eq!(bind_token(SECRET, ID, "ingress"), "f6da8fd4e5bba9aae8d6149258704eace5876239deab4b2cf36430f7ba129913");
        assert_eq!(bind_token(SECRET, ID, "egress"), "070cea2e0cbf2199a0deb182bee806efccb169bf186150b1de59fcc2fae8579b");
    }

    #[test]
    fn directions_are_inverted_and_relay_addresses_go_to_both() {
        let relays = ["r:4433".to_owned(), "s:4433".to_owned()];
        let (entry, exit) = (spec(&relays).for_ingress(), spec(&relays).for_egress());
        assert_eq!((&entry["tunnel"]["direction"], &entry["tunnel"]["local_addr"]), (&json!("egress"), &json!("0.0.0.0:9000")));
        assert_eq!((&exit["tunnel"]["direction"], &exit["tunnel"]["local_addr"]), (&json!("ingress"), &json!("127.0.0.1:9100")));
        assert_eq!((&exit["tunnel"]["relay_addr"], &entry["tunnel"]["relay_addrs"]), (&json!("r:4433"), &json!(relays)));
        assert!(entry["tunnel"].get("tunnel_psk").is_none() && entry["tunnel"].get("peer_addr").is_none());
    }

    #[test]
    fn direct_tunnels_name_the_peer_on_one_side_and_the_port_on_the_other() {
        let (entry, exit) = (spec(&[]).for_ingress(), spec(&[]).for_egress());
        assert_eq!(entry["tunnel"]["peer_addr"], "203.0.113.7:4500");
        assert_eq!(exit["tunnel"]["direct_listen_addr"], "0.0.0.0:4500");
        assert_eq!((&exit["tunnel"]["mode"], &exit["tunnel"]["tunnel_psk"]), (&json!("direct"), &json!(SECRET)));
    }
}

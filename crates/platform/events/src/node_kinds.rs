//! Kinds of media edges and relays (nodes spec D.13). Categories of nodes are an open list; those of our own have a line each.

use argos_kernel::Severity::{Info, Warning};

use crate::event::Source::Nodes;
use crate::kinds::{Kind, Retention};

const fn kind(kind: &'static str, severity: argos_kernel::Severity, about: &'static str, sample: &'static str) -> Kind {
    Kind { retention: Retention::Nodes, ..Kind::new(kind, Nodes, severity, about, sample) }
}

/// Every kind the domain nodes publishes; what nodes send themselves falls into the last.
pub const NODES: &[Kind] = &[
    kind("node.connection", Info, "A node connected, or was lost (critical).", "{}"),
    kind("node.compatibility", Warning, "A node speaks another protocol version.", r#"{"node":1,"manager":4}"#),
    kind("node.auth", Warning, "Wrong credentials locked an address out.", r#"{"ip":"192.0.2.7"}"#),
    kind("node.tunnel", Warning, "A tunnel was not set up, or is again.", r#"{"tunnel_id":"0b0e7f0a-7d6c-4a39-b7c1-0c2a0f5f9a10"}"#),
    kind("node.node_reregistered", Warning, "A node came back with its used registration token.", "{}"),
    kind("node.secret_rotation", Info, "A node uses its new secret.", "{}"),
    kind("node.*", Info, "What a node said; the word is its category.", r#"{"error_code":"port_conflict","flow_id":"f1"}"#),
];

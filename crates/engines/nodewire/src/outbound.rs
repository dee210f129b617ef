//! Frames to a node. `auth_error` has its message at the top level, as the clients read it.

use serde_json::{Value, json};

/// New credentials for a node that came with its token.
#[must_use]
pub fn register_ack(at: &str, node_id: &str, node_secret: &str) -> String {
    json!({ "type": "register_ack", "timestamp": at, "payload": { "node_id": node_id, "node_secret": node_secret } }).to_string()
}

#[must_use]
pub fn auth_ok(at: &str) -> String {
    json!({ "type": "auth_ok", "timestamp": at }).to_string()
}

#[must_use]
pub fn auth_error(message: &str) -> String {
    json!({ "type": "auth_error", "message": message }).to_string()
}

#[must_use]
pub fn ping(at: &str) -> String {
    json!({ "type": "ping", "timestamp": at, "payload": null }).to_string()
}

#[must_use]
pub fn command(at: &str, command_id: &str, action: &Value) -> String {
    json!({ "type": "command", "timestamp": at, "payload": { "command_id": command_id, "action": action } }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auth_error_carries_its_message_at_the_top() {
        let frame: Value = serde_json::from_str(&auth_error("Node has expired")).unwrap();
        assert_eq!(frame, json!({ "type": "auth_error", "message": "Node has expired" }));
    }
}

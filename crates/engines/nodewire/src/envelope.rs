//! Frames from a node: `{"type","timestamp","payload"}`. Missing timestamps, unknown types and unknown members are
//! tolerated; nesting and sizes are not.

use serde_json::{Map, Value};

use crate::{DEPTH_MAX, cut};

/// Longest version text that is kept.
const VERSION_CHARS: usize = 256;

/// Why a frame is not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    NotJson,
    NotAnEnvelope,
    TooDeep,
}

/// One frame after the handshake.
#[derive(Clone, Debug, PartialEq)]
pub struct Inbound {
    pub kind: String,
    /// As the node wrote it.
    pub timestamp: Option<String>,
    pub payload: Value,
}

impl Inbound {
    /// Reads one text frame. NUL goes from every text in it: no store takes it.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let mut frame = Self::as_sent(text)?;
        // In JSON it stands only in this spelling.
        if text.contains("\\u0000") {
            frame.kind.retain(|c| c != '\0');
            scrub(&mut frame.payload);
        }
        Ok(frame)
    }

    fn as_sent(text: &str) -> Result<Self, Fault> {
        let mut members = object(text)?;
        let Some(Value::String(kind)) = members.remove("type") else { return Err(Fault::NotAnEnvelope) };
        let timestamp = match members.remove("timestamp") {
            Some(Value::String(text)) => Some(cut(&text, 64)),
            _ => None,
        };
        Ok(Self { kind, timestamp, payload: members.remove("payload").unwrap_or(Value::Null) })
    }
}

/// Takes NUL out of every text and name.
fn scrub(value: &mut Value) {
    match value {
        Value::String(text) => text.retain(|c| c != '\0'),
        Value::Array(items) => items.iter_mut().for_each(scrub),
        Value::Object(members) => {
            let odd: Vec<String> = members.keys().filter(|name| name.contains('\0')).cloned().collect();
            for name in odd {
                if let Some(member) = members.remove(&name) {
                    members.insert(name.replace('\0', ""), member);
                }
            }
            members.values_mut().for_each(scrub);
        }
        _ => {}
    }
}

fn object(text: &str) -> Result<Map<String, Value>, Fault> {
    let value: Value = serde_json::from_str(text).map_err(|_| Fault::NotJson)?;
    if deeper_than(&value, DEPTH_MAX) {
        return Err(Fault::TooDeep);
    }
    match value {
        Value::Object(members) => Ok(members),
        _ => Err(Fault::NotAnEnvelope),
    }
}

/// Whether a value nests deeper than `max`.
fn deeper_than(value: &Value, max: usize) -> bool {
    match value {
        Value::Array(items) => max == 0 || items.iter().any(|v| deeper_than(v, max - 1)),
        Value::Object(members) => max == 0 || members.values().any(|v| deeper_than(v, max - 1)),
        _ => false,
    }
}

/// What a node proves itself with.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    Token(String),
    Secret {
        node_id: String,
        secret: String,
    },
    /// A node id without its secret, a secret without its id, or nothing.
    Incomplete(&'static str),
}

/// The first frame of a connection. It is never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Auth {
    pub credential: Credential,
    pub software_version: Option<String>,
    pub protocol_version: Option<i64>,
}

impl Auth {
    /// Reads the first frame; `None` when it is not an `auth`. A member with NUL proves nothing, so it counts as missing.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let frame = Inbound::as_sent(text).ok()?;
        if frame.kind != "auth" {
            return None;
        }
        let payload = frame.payload.as_object()?;
        let is_sane = |text: &&str| !text.is_empty() && text.len() <= 1_024 && !text.contains('\0');
        let member = |name: &str| payload.get(name).and_then(Value::as_str).filter(is_sane).map(str::to_owned);
        // A node that has both prefers its secret.
        let credential = match (member("node_id"), member("node_secret"), member("registration_token")) {
            (Some(node_id), Some(secret), _) => Credential::Secret { node_id, secret },
            (_, _, Some(token)) => Credential::Token(token),
            (Some(_), None, None) => Credential::Incomplete("Missing node_secret in auth payload"),
            (None, _, None) => Credential::Incomplete("Missing node_id in auth payload"),
        };
        let software_version = payload.get("software_version").and_then(Value::as_str).map(|v| cut(v, VERSION_CHARS));
        Some(Self { credential, software_version, protocol_version: payload.get("protocol_version").and_then(Value::as_i64) })
    }
}

/// The answer to a command.
#[derive(Clone, Debug, PartialEq)]
pub struct Ack {
    pub command_id: String,
    pub success: bool,
    pub data: Option<Value>,
    pub error: Option<String>,
    pub error_code: Option<String>,
}

impl Ack {
    #[must_use]
    pub fn parse(payload: Value) -> Option<Self> {
        let Value::Object(mut members) = payload else { return None };
        let text = |value: Option<Value>, max: usize| match value {
            Some(Value::String(text)) => Some(cut(&text, max)),
            _ => None,
        };
        Some(Self {
            command_id: text(members.remove("command_id"), 64)?,
            success: members.get("success").and_then(Value::as_bool)?,
            error: text(members.remove("error"), 2_000),
            error_code: text(members.remove("error_code"), 128),
            data: members.remove("data").filter(|d| !d.is_null()),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn auth_prefers_the_secret_and_names_what_is_missing() {
        let auth = |payload: Value| Auth::parse(&json!({ "type": "auth", "payload": payload }).to_string());
        let both = auth(json!({ "node_id": "n", "node_secret": "s", "registration_token": "t", "protocol_version": 4 })).unwrap();
        assert!(both.credential == Credential::Secret { node_id: "n".into(), secret: "s".into() } && both.protocol_version == Some(4));
        assert!(auth(json!({ "registration_token": "t", "hostname": "x" })).unwrap().credential == Credential::Token("t".into()));
        let missing = |payload: Value| match auth(payload).unwrap().credential {
            Credential::Incomplete(text) => text,
            _ => "complete",
        };
        assert_eq!(missing(json!({})), "Missing node_id in auth payload");
        assert_eq!(missing(json!({ "node_id": "n" })), "Missing node_secret in auth payload");
        assert_eq!(missing(json!({ "node_id": "n", "node_secret": "s\0" })), "Missing node_secret in auth payload");
        assert!(
            auth(json!({ "node_id": "n\0", "node_secret": "s", "registration_token": "t" })).unwrap().credential
                == Credential::Token("t".into())
        );
        assert!(Auth::parse(r#"{"type":"health","payload":{}}"#).is_none() && Auth::parse("{").is_none());
    }

    #[test]
    fn frames_without_timestamp_or_with_unknown_members_are_read() {
        let frame = Inbound::parse(r#"{"payload":{"a":1},"type":"news","x":2}"#).unwrap();
        assert_eq!((frame.kind.as_str(), frame.timestamp, frame.payload), ("news", None, json!({ "a": 1 })));
        assert_eq!(Inbound::parse("[]"), Err(Fault::NotAnEnvelope));
        assert_eq!(Inbound::parse(r#"{"type":1}"#), Err(Fault::NotAnEnvelope));
    }

    #[test]
    fn deep_frames_are_refused() {
        let nested = |depth: usize| format!(r#"{{"type":"x","payload":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
        assert!(Inbound::parse(&nested(63)).is_ok());
        assert_eq!(Inbound::parse(&nested(64)), Err(Fault::TooDeep));
        assert_eq!(Inbound::parse(&nested(1_000)), Err(Fault::NotJson));
    }

    #[test]
    fn acks_with_a_null_error_are_successes() {
        let ack = Ack::parse(json!({ "command_id": "c", "success": true, "error": null, "data": null })).unwrap();
        assert_eq!(ack, Ack { command_id: "c".into(), success: true, data: None, error: None, error_code: None });
        assert!(Ack::parse(json!({ "success": true })).is_none() && Ack::parse(json!([])).is_none());
    }

    proptest! {
        #[test]
        fn no_nul_of_a_node_comes_through(name in "[a-z\0]{1,6}", text in "[a-z\0]{0,6}", depth in 0_usize..4) {
            let inner = (0..depth).fold(json!({ name: text }), |inner, _| json!([inner, text]));
            let frame = Inbound::parse(&json!({ "type": "health", "timestamp": text, "payload": inner }).to_string()).unwrap();
            prop_assert!(!frame.payload.to_string().contains("\\u0000") && !frame.timestamp.unwrap_or_default().contains('\0'));
        }
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,200}") {
            drop((Inbound::parse(&text), Auth::parse(&text)));
        }
        #[test]
        fn any_payload_is_an_ack_or_not(text in r#"\{"(command_id|success)":("[a-z]*"|true|null|[0-9])(,"(success|error)":(true|"[^"\\]*"))?\}"#) {
            if let Ok(value) = serde_json::from_str(&text) {
                drop(Ack::parse(value));
            }
        }
    }
}

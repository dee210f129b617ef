//! Secrets in configurations of nodes: blanked before anybody sees them, and put back when a client sends the blanked
//! text again.

use serde_json::Value;

/// What stands in place of a secret.
pub const MASK: &str = "***";

const NAMES: &[&str] = &[
    "node_secret",
    "registration_token",
    "passphrase",
    "password",
    "stream_key",
    "bearer_token",
    "auth_token",
    "api_token",
    "setup_token",
    "tunnel_encryption_key",
    "tunnel_bind_secret",
    "tunnel_psk",
    "encryption_key",
    "token_secret",
    "jwt_secret",
    "client_secret",
    "tls_key_pem",
    "community",
    "new_secret",
    "ingress_token",
    "egress_token",
];

fn is_secret(name: &str, parent: &str) -> bool {
    NAMES.contains(&name) || (name == "key" && parent == "encryption")
}

/// Blanks every secret member that says something. The registration token of a relay goes away altogether: it is
/// consumed, and shows nothing but that it leaked.
pub fn redact(value: &mut Value) {
    walk(value, "");
}

fn walk(value: &mut Value, parent: &str) {
    match value {
        Value::Object(members) => {
            members.remove("registration_token");
            for (name, member) in members.iter_mut() {
                if is_secret(name, parent) {
                    if !matches!(member, Value::Null) && member.as_str() != Some("") {
                        *member = Value::String(MASK.to_owned());
                    }
                } else {
                    walk(member, name);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, parent)),
        _ => {}
    }
}

/// A secret and where it stands. It has no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Hidden {
    /// As `inputs[0].passphrase`.
    pub path: String,
    pub value: String,
}

/// Every secret that `redact` blanks and a person can read: texts that are not empty.
#[must_use]
pub fn hidden(value: &Value) -> Vec<Hidden> {
    let mut out = Vec::new();
    gather(value, "", "", &mut out);
    out
}

fn gather(value: &Value, parent: &str, path: &str, out: &mut Vec<Hidden>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let here = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                match member.as_str().filter(|text| !text.is_empty() && *text != MASK) {
                    Some(text) if is_secret(name, parent) && name != "registration_token" => {
                        out.push(Hidden { path: here, value: text.to_owned() });
                    }
                    _ if is_secret(name, parent) => {}
                    _ => gather(member, name, &here, out),
                }
            }
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| gather(item, parent, &format!("{path}[{index}]"), out));
        }
        _ => {}
    }
}

/// Puts the originals back where a client left the mask; the path of the first mask whose original is not known.
/// Items of lists are matched by their `id`, else by their place.
pub fn restore(value: &mut Value, original: &Value) -> Result<(), String> {
    put_back(value, Some(original), "", "")
}

fn put_back(value: &mut Value, original: Option<&Value>, parent: &str, path: &str) -> Result<(), String> {
    match value {
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                let here = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                let known = original.and_then(|o| o.get(name));
                if is_secret(name, parent) {
                    if member.as_str() == Some(MASK) {
                        let known = known.filter(|k| k.as_str() != Some(MASK) && !k.is_null()).ok_or(here)?;
                        *member = known.clone();
                    }
                } else {
                    put_back(member, known, name, &here)?;
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                let id = item.get("id").cloned();
                let same = |o: &&Value| id.is_some() && o.get("id") == id.as_ref();
                let known = original.and_then(Value::as_array);
                let known = known.and_then(|list| if id.is_some() { list.iter().find(same) } else { list.get(index) });
                put_back(item, known, parent, &format!("{path}[{index}]"))?;
            }
        }
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn config() -> Value {
        json!({ "api_token": "t", "registration_token": "r", "inputs": [{ "id": "a", "passphrase": "pa" }, { "id": "b", "passphrase": "pb" }],
            "outputs": [{ "id": "o", "encryption": { "key": "00", "key_id": "1" }, "key": "plain" }], "manager": { "node_secret": "" } })
    }

    #[test]
    fn secrets_are_blanked_and_the_consumed_token_is_gone() {
        let mut c = config();
        redact(&mut c);
        assert_eq!(c["api_token"], MASK);
        assert!(c.get("registration_token").is_none());
        assert_eq!(c["inputs"][1]["passphrase"], MASK);
        assert_eq!((&c["outputs"][0]["encryption"]["key"], &c["outputs"][0]["key"]), (&json!(MASK), &json!("plain")));
        assert_eq!(c["manager"]["node_secret"], "");
    }

    #[test]
    fn masks_are_put_back_by_id_and_unknown_ones_are_named() {
        let mut edited = config();
        redact(&mut edited);
        edited["inputs"].as_array_mut().unwrap().swap(0, 1);
        restore(&mut edited, &config()).unwrap();
        assert_eq!(edited["inputs"][0], json!({ "id": "b", "passphrase": "pb" }));
        let mut new = json!({ "inputs": [{ "id": "c", "passphrase": MASK }] });
        assert_eq!(restore(&mut new, &config()), Err("inputs[0].passphrase".to_owned()));
    }

    #[test]
    fn hidden_names_what_redact_blanks_but_the_consumed_token() {
        let paths: Vec<_> = hidden(&config()).into_iter().map(|h| format!("{}={}", h.path, h.value)).collect();
        assert_eq!(paths, ["api_token=t", "inputs[0].passphrase=pa", "inputs[1].passphrase=pb", "outputs[0].encryption.key=00"]);
        let mut shown = config();
        redact(&mut shown);
        assert!(hidden(&shown).is_empty());
    }

    proptest! {
        #[test]
        fn what_is_redacted_comes_back(secret in "[a-z]{1,12}", name in "[a-z]{1,8}") {
            let original = json!({ "list": [{ "id": name, "password": secret }] });
            let mut shown = original.clone();
            redact(&mut shown);
            prop_assert_ne!(&shown, &original);
            restore(&mut shown, &original).unwrap();
            prop_assert_eq!(shown, original);
        }
    }
}

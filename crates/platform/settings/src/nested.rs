//! Secrets inside structured values (platform spec 10.2, 10.3): finding them by member name at any depth, masking
//! them on the way out, and putting the stored ones back where a placeholder comes in.

use argos_kernel::Secret;
use argos_vault::{is_placeholder, is_secret_field};
use serde_json::Value;

/// A member whose name matches token, key, pass, secret, credential or auth holds a secret.
pub(crate) fn is_secret_member(name: &str) -> bool {
    const PARTS: [&str; 4] = ["token", "secret", "credential", "passw"];
    const WORDS: [&str; 8] = ["key", "keys", "apikey", "pass", "auth", "pwd", "psk", "passphrase"];
    // `tokenName` and the like say something about a secret and are shown.
    let lower = name.to_ascii_lowercase();
    if is_secret_field(name) {
        return true;
    }
    if ["name", "id", "type", "url"].iter().any(|fact| lower.ends_with(fact)) {
        return false;
    }
    PARTS.iter().any(|p| lower.contains(p)) || words(name).iter().any(|w| WORDS.contains(&w.as_str()))
}

fn words(name: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    for c in name.chars() {
        if c.is_uppercase() || !c.is_alphanumeric() {
            out.push(String::new());
        }
        if let (true, Some(word)) = (c.is_alphanumeric(), out.last_mut()) {
            word.extend(c.to_lowercase());
        }
    }
    out
}

/// Every non-empty secret text in the value.
pub(crate) fn secrets(value: &Value) -> Vec<Secret<String>> {
    let mut found = Vec::new();
    collect(value, false, &mut found);
    found
}

fn collect(value: &Value, secret: bool, found: &mut Vec<Secret<String>>) {
    match value {
        Value::String(text) if secret && !text.is_empty() => found.push(Secret::new(text.clone())),
        Value::Array(items) => items.iter().for_each(|v| collect(v, secret, found)),
        Value::Object(members) => members.iter().for_each(|(k, v)| collect(v, secret || is_secret_member(k), found)),
        _ => {}
    }
}

/// Replaces every non-empty secret text by `word`.
pub(crate) fn mask(value: &mut Value, word: &str) {
    mask_in(value, false, word);
}

fn mask_in(value: &mut Value, secret: bool, word: &str) {
    match value {
        Value::String(text) if secret && !text.is_empty() => word.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(|v| mask_in(v, secret, word)),
        Value::Object(members) => members.iter_mut().for_each(|(k, v)| mask_in(v, secret || is_secret_member(k), word)),
        _ => {}
    }
}

/// Puts stored secrets where the incoming value holds placeholders. Entries of arrays are matched by their `id` or
/// `name`, else by position. A placeholder with nothing stored is an error naming the place.
pub(crate) fn restore(incoming: &mut Value, stored: Option<&Value>) -> Result<(), String> {
    restore_at(incoming, stored, false, "")
}

fn restore_at(incoming: &mut Value, stored: Option<&Value>, secret: bool, path: &str) -> Result<(), String> {
    match incoming {
        Value::String(text) if secret && is_placeholder(text) => match stored {
            Some(Value::String(old)) if !old.is_empty() => {
                old.clone_into(text);
                Ok(())
            }
            _ => Err(format!("{path} is a placeholder but no secret is stored")),
        },
        Value::Array(items) => items.iter_mut().enumerate().try_for_each(|(i, item)| {
            let old = stored.and_then(Value::as_array).and_then(|old| partner(item, i, old));
            restore_at(item, old, secret, &format!("{path}[{i}]"))
        }),
        Value::Object(members) => members.iter_mut().try_for_each(|(k, v)| {
            let place = if path.is_empty() { k.clone() } else { format!("{path}.{k}") };
            restore_at(v, stored.and_then(|s| s.get(k)), secret || is_secret_member(k), &place)
        }),
        _ => Ok(()),
    }
}

fn partner<'s>(item: &Value, position: usize, stored: &'s [Value]) -> Option<&'s Value> {
    for name in ["id", "name"] {
        if let Some(own) = item.get(name) {
            return stored.iter().find(|s| s.get(name) == Some(own));
        }
    }
    stored.get(position)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn masked_value_posted_back_keeps_the_stored_secrets() {
        let stored = json!({"email": {"server": "mx", "password": "hunter2hunter2"}, "push": [{"id": 1, "token": "aaaa"}, {"id": 2, "token": "bbbb"}]});
        let mut shown = stored.clone();
        mask(&mut shown, "***");
        assert_eq!(shown["email"], json!({"server": "mx", "password": "***"}));
        shown["push"].as_array_mut().unwrap().swap(0, 1);
        shown["email"]["server"] = json!("mx2");
        restore(&mut shown, Some(&stored)).unwrap();
        assert_eq!(shown["email"], json!({"server": "mx2", "password": "hunter2hunter2"}));
        assert_eq!(shown["push"], json!([{"id": 2, "token": "bbbb"}, {"id": 1, "token": "aaaa"}]));
    }

    #[test]
    fn placeholder_with_nothing_stored_names_its_place() {
        let mut incoming = json!({"email": {"password": "***"}});
        assert_eq!(restore(&mut incoming, None), Err("email.password is a placeholder but no secret is stored".to_owned()));
        let mut plain = json!({"note": "***"});
        assert_eq!(restore(&mut plain, None), Ok(()));
    }

    #[test]
    fn member_names_are_judged_as_the_pattern_says() {
        for name in ["app_token", "userKey", "password", "clientSecret", "auth", "pushoverAppToken", "credentials", "smtp_pass", "api_key"]
        {
            assert!(is_secret_member(name), "{name}");
        }
        for name in ["server", "author", "keyboard", "monkey", "compass", "clientId", "proxmoxTokenName", "enabled"] {
            assert!(!is_secret_member(name), "{name}");
        }
    }

    fn documents() -> impl Strategy<Value = Value> {
        let leaf =
            prop_oneof![any::<bool>().prop_map(|b| json!(b)), "[a-z]{0,6}".prop_map(|s| json!(s)), any::<i32>().prop_map(|n| json!(n))];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
                proptest::collection::btree_map(prop_oneof!["[a-c]", Just("token".to_owned()), Just("password".to_owned())], inner, 0..4)
                    .prop_map(|m| Value::Object(m.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn mask_hides_every_secret_and_restore_undoes_it(document in documents()) {
            let mut shown = document.clone();
            mask(&mut shown, "***");
            prop_assert!(secrets(&shown).iter().all(|s| s.reveal() == "***"));
            restore(&mut shown, Some(&document)).unwrap();
            prop_assert_eq!(shown, document);
        }
    }
}

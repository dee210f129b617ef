//! Keeps secrets out of logs, audit rows, events, job output and prompts: by the value of every secret in use (eight
//! characters or more) and by field name. Writers call it before they write; nothing is unredacted later.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use aho_corasick::{AhoCorasick, MatchKind};
use argos_kernel::Secret;
use serde_json::Value;

/// What stands in a record where a secret stood.
pub const REDACTED: &str = "***";

/// Shorter values would blank out ordinary words.
const MIN_LEN: usize = 8;

#[derive(Default)]
struct Inner {
    by_owner: Mutex<BTreeMap<String, BTreeSet<String>>>,
    matcher: RwLock<Option<Arc<AhoCorasick>>>,
}

/// The set of secret values in use. Clones share it.
#[derive(Clone, Default)]
pub struct Redactor(Arc<Inner>);

impl Redactor {
    pub fn new() -> Self {
        Self::default()
    }

    /// Replaces the secrets of one owner (`settings`, `integrations` ...).
    pub fn set(&self, owner: &str, secrets: impl IntoIterator<Item = Secret<String>>) {
        let mut values = BTreeSet::new();
        for secret in secrets {
            let text = secret.reveal();
            if text.len() >= MIN_LEN {
                values.extend(spellings(text));
            }
        }
        let mut owners = self.0.by_owner.lock().unwrap_or_else(PoisonError::into_inner);
        if owners.get(owner) == Some(&values) {
            return;
        }
        owners.insert(owner.to_owned(), values);
        let all: BTreeSet<&str> = owners.values().flatten().map(String::as_str).collect();
        let matcher = if all.is_empty() {
            None
        } else {
            let built = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(all);
            Some(Arc::new(built.expect("the secrets of one installation are far below the automaton's limit")))
        };
        *self.0.matcher.write().unwrap_or_else(PoisonError::into_inner) = matcher;
    }

    /// The text without any secret in use.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let matcher = self.0.matcher.read().unwrap_or_else(PoisonError::into_inner).clone();
        match matcher {
            Some(m) if m.is_match(text) => {
                let replacements = vec![REDACTED; m.patterns_len()];
                Cow::Owned(m.replace_all(text, &replacements))
            }
            _ => Cow::Borrowed(text),
        }
    }

    /// Redacts a JSON document in place, by field name and by value.
    pub fn json(&self, value: &mut Value) {
        self.walk(value, false);
    }

    fn walk(&self, value: &mut Value, secret: bool) {
        match value {
            Value::String(text) if secret && !text.is_empty() => REDACTED.clone_into(text),
            Value::String(text) => {
                if let Cow::Owned(clean) = self.text(text) {
                    *text = clean;
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|v| self.walk(v, secret)),
            Value::Object(members) => members.iter_mut().for_each(|(k, v)| self.walk(v, secret || is_secret_field(k))),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// The value as it stands in plain text, in JSON and in a URL.
fn spellings(text: &str) -> impl Iterator<Item = String> {
    let json = serde_json::to_string(text).map(|quoted| quoted.trim_matches('"').to_owned()).unwrap_or_default();
    let mut percent = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            percent.push(char::from(byte));
        } else {
            percent.push('%');
            percent.push_str(&data_encoding::HEXUPPER.encode(&[byte]));
        }
    }
    [text.to_owned(), json, percent].into_iter().filter(|s| s.len() >= MIN_LEN)
}

/// True when a member of this name holds a secret: a word like password, token or api_key, but not the facts about
/// one (`token_type`, `max_tokens`, `secrets_set`, `key_id`).
pub fn is_secret_field(name: &str) -> bool {
    let words = words(name);
    let Some(last) = words.last().map(String::as_str) else {
        return false;
    };
    const FACTS: [&str; 16] =
        ["id", "type", "name", "url", "uri", "at", "set", "count", "length", "ttl", "expires", "prefix", "hours", "days", "ref", "limit"];
    if FACTS.contains(&last) {
        return false;
    }
    const SECRETS: [&str; 17] = [
        "password",
        "passwd",
        "pass",
        "passphrase",
        "pwd",
        "secret",
        "secrets",
        "token",
        "credential",
        "credentials",
        "authorization",
        "cookie",
        "psk",
        "apikey",
        "passcode",
        "otp",
        "community",
    ];
    if words.iter().any(|w| SECRETS.contains(&w.as_str())) {
        return true;
    }
    const KEYS: [&str; 12] =
        ["api", "private", "access", "secret", "encryption", "signing", "master", "stream", "auth", "agent", "user", "tls"];
    (last == "key" || last == "keys") && words.len() > 1 && KEYS.contains(&words[words.len() - 2].as_str())
}

/// `proxmoxTokenValue` and `proxmox_token_value` are both [proxmox, token, value].
fn words(name: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut fresh = true;
    let mut lower_before = false;
    for c in name.chars() {
        if !c.is_alphanumeric() {
            fresh = true;
            continue;
        }
        if fresh || (c.is_uppercase() && lower_before) {
            out.push(String::new());
            fresh = false;
        }
        lower_before = c.is_lowercase() || c.is_numeric();
        if let Some(word) = out.last_mut() {
            word.extend(c.to_lowercase());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn secrets(values: &[&str]) -> Vec<Secret<String>> {
        values.iter().map(|v| Secret::new((*v).to_owned())).collect()
    }

    #[test]
    fn secret_values_vanish_in_plain_json_and_url_spelling() {
        let r = Redactor::new();
        r.set("settings", secrets(&["p\"ss wörd!", "short"]));
        assert_eq!(r.text("login p\"ss wörd! failed"), "login *** failed");
        assert_eq!(r.text(r#"{"p":"p\"ss wörd!"}"#), r#"{"p":"***"}"#);
        assert_eq!(r.text("?p=p%22ss%20w%C3%B6rd%21&x"), "?p=***&x");
        assert_eq!(r.text("short stays"), "short stays");
        r.set("settings", secrets(&[]));
        assert_eq!(r.text("p\"ss wörd!"), "p\"ss wörd!");
    }

    #[test]
    fn owners_do_not_drop_each_others_secrets() {
        let r = Redactor::new();
        r.set("a", secrets(&["secret-of-a"]));
        r.set("b", secrets(&["secret-of-b"]));
        r.set("a", secrets(&[]));
        assert_eq!(r.text("secret-of-a secret-of-b"), "secret-of-a ***");
    }

    #[test]
    fn json_is_redacted_by_field_name_at_any_depth() {
        let r = Redactor::new();
        let mut v = json!({"user": "bob", "client_secret": "x", "nested": [{"apiKey": "y", "max_tokens": 5}],
            "credentials": {"login": "a", "n": 3}, "token_type": "Bearer", "key": "metrics.raw_days", "password": ""});
        r.json(&mut v);
        assert_eq!(
            v,
            json!({"user": "bob", "client_secret": "***", "nested": [{"apiKey": "***", "max_tokens": 5}],
            "credentials": {"login": "***", "n": 3}, "token_type": "Bearer", "key": "metrics.raw_days", "password": ""})
        );
    }

    #[test]
    fn field_names_are_judged_by_their_words() {
        for name in [
            "password",
            "piholePass",
            "hassToken",
            "proxmoxTokenValue",
            "client_secret",
            "n8nApiKey",
            "Authorization",
            "privateKey",
            "bind_password",
        ] {
            assert!(is_secret_field(name), "{name}");
        }
        for name in [
            "key",
            "keyboard",
            "author",
            "tokens_used",
            "proxmoxTokenName",
            "token_url",
            "key_id",
            "passed",
            "compass",
            "monkey",
            "secret_set",
        ] {
            assert!(!is_secret_field(name), "{name}");
        }
    }

    proptest! {
        #[test]
        fn no_secret_survives_in_any_text(secret in "[a-zA-Z0-9+/=-]{8,40}", before in "[ -~]{0,30}", after in "[ -~]{0,30}") {
            let r = Redactor::new();
            r.set("x", secrets(&[&secret]));
            let text = format!("{before}{secret}{after}");
            let clean = r.text(&text);
            prop_assert!(!clean.contains(&secret));
        }
    }
}

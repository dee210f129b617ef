//! The configuration of a webhook channel (platform spec 6.2), its request and its faults in the words of a 400.

use std::collections::BTreeMap;

use argos_vault::{Family, SecretInput, mask, secret_input};
use http::{HeaderName, HeaderValue, Method, Uri};
use serde_json::{Map, Value, json};

use crate::model::signature;

const URL_MAX: usize = 2_048;
const HEADERS_MAX: usize = 32;
/// Set by the exchange itself, or by us to mean something.
const RESERVED_HEADERS: [&str; 5] = ["host", "content-length", "transfer-encoding", "connection", "content-type"];

/// Whom to call and how. `headers` and `secret` are secret.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Webhook {
    pub(crate) url: String,
    pub(crate) method: String,
    pub(crate) content_type: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) secret: String,
    /// 2: `X-Argos-Signature` itself covers the time.
    pub(crate) signature_version: u8,
}

/// An HTTP request before it is sent.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) content_type: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Webhook {
    /// Reads what a client sent; placeholders and absent secrets keep what is stored.
    pub(crate) fn read(input: &Map<String, Value>, stored: Option<&Self>) -> Result<Self, String> {
        const KNOWN: [&str; 7] = ["url", "method", "content_type", "headers", "secret", "signature_version", "template"];
        if let Some(unknown) = input.keys().find(|k| !KNOWN.contains(&k.as_str())) {
            return Err(format!("config.{unknown} is not known for webhook channels"));
        }
        let text = |key: &str, default: &str| match input.get(key) {
            None | Some(Value::Null) => Ok(stored.map_or_else(|| default.to_owned(), |s| s.plain(key).to_owned())),
            Some(Value::String(t)) => Ok(t.trim().to_owned()),
            Some(_) => Err(format!("config.{key} must be a string")),
        };
        let or = |text: String, default: &str| if text.is_empty() { default.to_owned() } else { text };
        let hook = Self {
            url: text("url", "")?,
            method: or(text("method", "POST")?, "POST").to_ascii_uppercase(),
            content_type: or(text("content_type", "application/json")?, "application/json"),
            headers: read_headers(input.get("headers"), stored)?,
            secret: read_secret(input.get("secret"), stored)?,
            signature_version: match input.get("signature_version") {
                None | Some(Value::Null) => stored.map_or(1, |s| s.signature_version),
                Some(v) => v
                    .as_u64()
                    .and_then(|n| u8::try_from(n).ok())
                    .filter(|n| [1, 2].contains(n))
                    .ok_or("config.signature_version must be 1 or 2")?,
            },
        };
        hook.check()?;
        Ok(hook)
    }

    fn plain(&self, key: &str) -> &str {
        match key {
            "url" => &self.url,
            "method" => &self.method,
            _ => &self.content_type,
        }
    }

    fn check(&self) -> Result<(), String> {
        if self.url.is_empty() {
            return Err("config.url is required".to_owned());
        }
        let uri: Uri = self.url.parse().map_err(|_| "config.url is not a valid URL")?;
        let web = uri.scheme_str().is_some_and(|s| ["http", "https"].contains(&s)) && uri.host().is_some_and(|h| !h.is_empty());
        if !web || self.url.len() > URL_MAX {
            return Err("config.url must be an http or https URL".to_owned());
        }
        if !["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&self.method.as_str()) {
            return Err("config.method must be GET, POST, PUT, PATCH or DELETE".to_owned());
        }
        if HeaderValue::try_from(&self.content_type).is_err() {
            return Err("config.content_type is not valid".to_owned());
        }
        if self.headers.len() > HEADERS_MAX {
            return Err(format!("config.headers has more than {HEADERS_MAX} entries"));
        }
        for (name, value) in &self.headers {
            let valid = HeaderName::try_from(name.as_str()).is_ok() && HeaderValue::try_from(value.as_str()).is_ok();
            if !valid || RESERVED_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
                return Err(format!("config.headers: {} cannot be sent", name.escape_debug()));
            }
        }
        Ok(())
    }

    /// What readers see: secrets stand as the placeholder of the edge family.
    pub(crate) fn view(&self) -> Value {
        let headers = if self.headers.is_empty() { None } else { Some("set") };
        json!({
            "url": self.url, "method": self.method, "content_type": self.content_type, "headers": mask(Family::Edge, headers),
            "secret": mask(Family::Edge, Some(&self.secret)), "signature_version": self.signature_version,
        })
    }

    /// Texts that must not appear in any record.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &String> {
        self.headers.values().chain(std::iter::once(&self.secret))
    }

    /// The request of one attempt. `delivery` is stable over all attempts.
    pub(crate) fn prepare(&self, body: String, event_type: &str, delivery: &str, timestamp_s: i64) -> Prepared {
        let mut headers: Vec<(String, String)> = self.headers.iter().map(|(n, v)| (n.clone(), v.clone())).collect();
        let mut add = |name: &str, value: String| headers.push((name.to_owned(), value));
        add("user-agent", "argos-edge/notifications".to_owned());
        add("x-argos-event", event_type.to_owned());
        add("x-argos-delivery", delivery.to_owned());
        add("x-argos-timestamp", timestamp_s.to_string());
        if !self.secret.is_empty() {
            let timed = signature::of_timed_body(&self.secret, timestamp_s, &body);
            let plain = if self.signature_version == 2 { timed.clone() } else { signature::of_body(&self.secret, &body) };
            for name in ["x-argos-signature", "x-noba-signature", "x-argus-signature"] {
                add(name, plain.clone());
            }
            add("x-argos-signature-v2", timed);
        }
        let method = self.method.parse().unwrap_or(Method::POST);
        Prepared { method, url: self.url.clone(), content_type: self.content_type.clone(), headers, body }
    }
}

fn read_headers(input: Option<&Value>, stored: Option<&Webhook>) -> Result<BTreeMap<String, String>, String> {
    let kept = || stored.map(|s| s.headers.clone()).unwrap_or_default();
    match input {
        None | Some(Value::Null) => Ok(kept()),
        Some(Value::String(text)) => match secret_input(Some(text), stored.is_some_and(|s| !s.headers.is_empty()), false) {
            Ok(SecretInput::Keep) => Ok(kept()),
            Ok(SecretInput::Set("")) => Ok(BTreeMap::new()),
            Ok(SecretInput::Set(_)) => Err("config.headers must be an object".to_owned()),
            Err(why) => Err(format!("config.headers: {why}")),
        },
        Some(Value::Object(map)) => map
            .iter()
            .map(|(name, value)| {
                let text = value.as_str().ok_or_else(|| format!("config.headers.{} must be a string", name.escape_debug()))?;
                let before = stored.and_then(|s| s.headers.get(name));
                match secret_input(Some(text), before.is_some(), false) {
                    Ok(SecretInput::Keep) => Ok((name.clone(), before.cloned().unwrap_or_default())),
                    Ok(SecretInput::Set(text)) => Ok((name.clone(), text.to_owned())),
                    Err(why) => Err(format!("config.headers: {why}")),
                }
            })
            .collect(),
        Some(_) => Err("config.headers must be an object".to_owned()),
    }
}

fn read_secret(input: Option<&Value>, stored: Option<&Webhook>) -> Result<String, String> {
    let before = stored.map(|s| s.secret.as_str()).filter(|s| !s.is_empty());
    let text = match input {
        None | Some(Value::Null) => None,
        Some(Value::String(t)) => Some(t.as_str()),
        Some(_) => return Err("config.secret must be a string".to_owned()),
    };
    match secret_input(text, before.is_some(), false) {
        Ok(SecretInput::Keep) => Ok(before.unwrap_or_default().to_owned()),
        Ok(SecretInput::Set(text)) => Ok(text.to_owned()),
        Err(why) => Err(format!("config.secret: {why}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &Value, stored: Option<&Webhook>) -> Result<Webhook, String> {
        Webhook::read(input.as_object().unwrap(), stored)
    }
    fn full() -> Webhook {
        read(&json!({"url": "https://x.test/h", "headers": {"X-Key": "abc"}, "secret": "s3cret"}), None).unwrap()
    }

    #[test]
    fn defaults_are_the_documented_ones_and_secrets_are_masked() {
        let hook = read(&json!({"url": "http://x.test"}), None).unwrap();
        assert_eq!((hook.method.as_str(), hook.content_type.as_str(), hook.signature_version), ("POST", "application/json", 1));
        assert_eq!((hook.view()["headers"].as_str(), hook.view()["secret"].as_str()), (Some(""), Some("")));
        assert_eq!((full().view()["headers"].as_str(), full().view()["secret"].as_str()), (Some("__UNCHANGED__"), Some("__UNCHANGED__")));
    }

    #[test]
    fn whole_view_sent_back_keeps_every_secret() {
        let stored = full();
        assert_eq!(read(&stored.view(), Some(&stored)).unwrap(), stored);
        assert_eq!(read(&json!({"url": "https://y.test"}), Some(&stored)).unwrap().secret, "s3cret");
        let cleared = read(&json!({"secret": "", "headers": ""}), Some(&stored)).unwrap();
        assert_eq!((cleared.secret.as_str(), cleared.headers.len(), cleared.url.as_str()), ("", 0, "https://x.test/h"));
        let one = read(&json!({"headers": {"X-Key": "***", "X-New": "n"}}), Some(&stored)).unwrap();
        assert_eq!((one.headers["X-Key"].as_str(), one.headers["X-New"].as_str()), ("abc", "n"));
    }

    #[test]
    fn faulty_configurations_are_named() {
        for (input, text) in [
            (json!({}), "config.url is required"),
            (json!({"url": "ftp://x"}), "config.url must be an http or https URL"),
            (json!({"url": "http://x", "method": "BREW"}), "config.method must be GET, POST, PUT, PATCH or DELETE"),
            (json!({"url": "http://x", "headers": {"a": "b\r\nc"}}), "config.headers: a cannot be sent"),
            (json!({"url": "http://x", "headers": {"Host": "b"}}), "config.headers: Host cannot be sent"),
            (json!({"url": "http://x", "secret": "__UNCHANGED__"}), "config.secret: a placeholder was given but no secret is stored"),
            (json!({"url": "http://x", "signature_version": 3}), "config.signature_version must be 1 or 2"),
            (json!({"url": "http://x", "tpyo": 3}), "config.tpyo is not known for webhook channels"),
        ] {
            assert_eq!(read(&input, None).unwrap_err(), text, "{input}");
        }
    }

    #[test]
    fn prepared_request_carries_the_documented_headers() {
        let header = |p: &Prepared, name: &str| p.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
        let p = full().prepare("{}".to_owned(), "alert.firing", "d-1", 1_700_000_000);
        assert_eq!(header(&p, "x-argos-event").as_deref(), Some("alert.firing"));
        assert_eq!(header(&p, "x-argos-delivery").as_deref(), Some("d-1"));
        assert_eq!(header(&p, "x-argos-timestamp").as_deref(), Some("1700000000"));
        assert_eq!(header(&p, "x-argos-signature"), Some(signature::of_body("s3cret", "{}")));
        assert_eq!(header(&p, "x-noba-signature"), header(&p, "x-argos-signature"));
        assert_eq!(header(&p, "x-argos-signature-v2"), Some(signature::of_timed_body("s3cret", 1_700_000_000, "{}")));
        let v2 = Webhook { signature_version: 2, ..full() }.prepare("{}".to_owned(), "t", "d", 5);
        assert_eq!(header(&v2, "x-argos-signature"), header(&v2, "x-argos-signature-v2"));
        let bare = Webhook { secret: String::new(), ..full() }.prepare("{}".to_owned(), "t", "d", 5);
        assert_eq!(header(&bare, "x-argos-signature"), None);
    }
}

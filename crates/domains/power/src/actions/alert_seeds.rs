//! Alert providers from the environment (power spec D.10): each complete set becomes one provider at the first start,
//! and none ever again, so that a provider somebody removed stays removed.

use std::sync::Arc;

use argos_kernel::{Actor, Result};
use argos_notify::OwnChannel;
use serde_json::{Map, Value, json};

use crate::model::alert_provider::read;
use crate::service::Power;
use crate::store::marks;

const MARK: &str = "alert_providers_seeded";

/// What a set of variables says as a provider; `None`: it is not complete.
fn provider(kind: &str, given: &Value) -> Option<Value> {
    let text = |name: &str| given.get(name).and_then(Value::as_str).map(str::trim).filter(|t| !t.is_empty());
    let mut out = Map::new();
    out.insert("type".to_owned(), json!(kind));
    match kind {
        "webhook" | "apprise" => {
            let url = given.as_str().map(str::trim).filter(|t| !t.is_empty())?;
            out.insert("url".to_owned(), json!(url));
        }
        "gotify" => {
            out.insert("url".to_owned(), json!(text("url")?));
            out.insert("token".to_owned(), json!(text("token")?));
            let priority = given.get("priority").and_then(|p| p.as_i64().or_else(|| p.as_str()?.trim().parse().ok()));
            out.insert("priority".to_owned(), json!(priority.unwrap_or(0)));
        }
        "ntfy" => {
            out.insert("url".to_owned(), json!(text("url")?));
            out.insert("topic".to_owned(), json!(text("topic")?));
            for name in ["token", "priority", "tags"] {
                if let Some(value) = text(name) {
                    out.insert(name.to_owned(), json!(value));
                }
            }
        }
        _ => return None,
    }
    Some(Value::Object(out))
}

impl Power {
    /// Creates the providers of the environment, once in the life of the installation.
    pub(crate) async fn seed_alert_providers(self: &Arc<Self>) -> Result<()> {
        let db = &self.platform.store.state;
        if marks::is_set(db, MARK).await? {
            return Ok(());
        }
        let boot = self.settings().boot();
        let mut wanted: Vec<OwnChannel> = Vec::new();
        for kind in ["webhook", "gotify", "ntfy", "apprise"] {
            let Some(given) = boot.value(&format!("power.alert.seed_{kind}")).and_then(|v| provider(kind, &v)) else { continue };
            match read(wanted.len(), &given) {
                Ok(own) => match self.judge_address(wanted.len(), &own).await? {
                    None => wanted.push(own),
                    Some(fault) => tracing::error!(kind, why = fault.msg, "the alert provider of the environment is refused"),
                },
                Err(fault) => tracing::error!(kind, why = fault.msg, "the alert provider of the environment is refused"),
            }
        }
        // Somebody set up providers already: theirs stay alone.
        if !wanted.is_empty() && self.platform.notify.own_channels("power").await?.is_empty() {
            let made = self.platform.notify.replace_own_channels(&Actor::system(), "power", &wanted).await;
            made.map_err(|refused| refused.error)?;
            tracing::info!(count = wanted.len(), "alert providers of the environment created");
        }
        Ok(marks::set(db, MARK, self.platform.clock.now()).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_complete_sets_become_providers() {
        assert_eq!(provider("webhook", &json!("https://h")), Some(json!({"type": "webhook", "url": "https://h"})));
        assert_eq!(provider("webhook", &json!(" ")), None);
        assert_eq!(provider("gotify", &json!({"url": "https://g"})), None);
        let gotify = provider("gotify", &json!({"url": "https://g", "token": "t", "priority": "7"}));
        assert_eq!(gotify, Some(json!({"type": "gotify", "url": "https://g", "token": "t", "priority": 7})));
        assert_eq!(provider("ntfy", &json!({"url": "https://n", "token": "t"})), None);
        let ntfy = provider("ntfy", &json!({"url": "https://n", "topic": "ups", "tags": "a,b", "token": ""}));
        assert_eq!(ntfy, Some(json!({"type": "ntfy", "url": "https://n", "topic": "ups", "tags": "a,b"})));
        assert_eq!(provider("fax", &json!({})), None);
    }
}

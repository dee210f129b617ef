//! Has the server ask an address in every way there is, as each class of what it asks.

use std::time::Duration;

use argos_peers::wait_for;
use serde_json::{Value, json};

use crate::stage::Stage;

/// Channels with the field that holds their address; `{}` stands for it.
pub(crate) const CHANNELS: [(&str, &str, &str); 9] = [
    ("webhook", "url", r#"{"url":"{}"}"#),
    ("slack", "webhook_url", r#"{"webhook_url":"{}"}"#),
    ("discord", "webhook_url", r#"{"webhook_url":"{}"}"#),
    ("teams", "webhook_url", r#"{"webhook_url":"{}"}"#),
    ("gotify", "url", r#"{"url":"{}","app_token":"abcdef"}"#),
    ("ntfy", "url", r#"{"url":"{}","topic":"t"}"#),
    ("apprise", "url", r#"{"url":"{}"}"#),
    ("email", "smtp_host", r#"{"smtp_host":"{host}","smtp_port":{port},"security":"none","from":"a@example.org","to":["b@example.org"]}"#),
    ("mqtt", "broker", r#"{"broker":"mqtt://{authority}","topic":"t"}"#),
];

/// Vendors whose address a setting gives, and a channel that leads there.
const VENDORS: [(&str, &str, &str); 4] = [
    ("slack", "slack.api", r#"{"bot_token":"xoxb-1-2-abcdefgh","channel":"ops"}"#),
    ("pushover", "pushover.api", r#"{"app_token":"abcdefghij","user_key":"klmnopqrst"}"#),
    ("pagerduty", "pagerduty.api", r#"{"routing_key":"0123456789abcdef0123456789abcdef"}"#),
    ("opsgenie", "opsgenie.api", r#"{"api_key":"0123456789abcdef"}"#),
];
const TELEGRAM: &str = r#"{"bot_token":"1:abcdefgh","chat_id":"7"}"#;

/// Keys of a browser (RFC 8291, 5).
const BROWSER_KEYS: (&str, &str) =
    ("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4", "BTBZMqHH6r4Tts7J_aSIgg");

/// Has the server ask an address in every way there is; what it said of each.
pub(crate) struct Asking<'a> {
    pub(crate) stage: &'a Stage,
    /// Leaves out what speaks another language: it would wait for a greeting.
    pub(crate) http_only: bool,
    pub(crate) said: Vec<(String, String)>,
}

impl Asking<'_> {
    fn note(&mut self, way: &str, said: String) {
        self.said.push((way.to_owned(), said));
    }
    /// What was said against it; `None` = it is set.
    fn set(&self, key: &str, value: impl Into<Value>) -> Option<String> {
        let value: Value = value.into();
        let answer = self.stage.owner.put(&format!("/api/settings/{key}"), json!({ "value": value }));
        (answer.status != 200).then(|| answer.text())
    }
    /// Sets an address and has it asked; what is refused is not asked, or the one before would be.
    fn set_and_post(&mut self, way: &str, (key, url): (&str, &str), path: &str, body: Value) {
        let said = match self.set(key, url) {
            Some(refused) => refused,
            None => self.post(path, body),
        };
        self.note(way, said);
    }
    fn post(&self, path: &str, body: Value) -> String {
        self.stage.owner.post(path, body).text()
    }

    /// As classes that may not ask this machine: identity providers, channels, hooks, addresses of people's keys.
    pub(crate) fn strictly(&mut self, url: &str) {
        let authority = url.split("://").nth(1).unwrap_or_default().split('/').next().unwrap_or_default().to_owned();
        let (host, port) =
            authority.rsplit_once(':').filter(|(_, p)| p.bytes().all(|b| b.is_ascii_digit())).unwrap_or((authority.as_str(), "80"));
        let http_only = self.http_only;
        for (kind, field, config) in CHANNELS.into_iter().filter(|(kind, ..)| !http_only || !matches!(*kind, "email" | "mqtt")) {
            let config = config.replace("{}", url).replace("{host}", host).replace("{port}", port).replace("{authority}", &authority);
            let config: Value = serde_json::from_str(&config).expect("a configuration");
            let said = crate::security_ssrf::tried(&self.stage.owner, kind, &config).to_string();
            self.note(&format!("channel {kind}.{field}"), said);
        }
        for (kind, key, config) in VENDORS {
            let config: Value = serde_json::from_str(config).expect("a configuration");
            let said = match self.set(key, url) {
                Some(refused) => refused,
                None => crate::security_ssrf::tried(&self.stage.owner, kind, &config).to_string(),
            };
            self.note(&format!("vendor {kind}"), said);
        }
        if !http_only {
            let said = match self.set("mqtt.url", format!("mqtt://{authority}")) {
                Some(refused) => refused,
                None => crate::security_ssrf::tried(&self.stage.owner, "mqtt", &json!({"topic": "t"})).to_string(),
            };
            self.note("broker", said);
        }
        // One is enough: each takes a turn of the rules, and all of them end in the same client.
        if self.said.iter().all(|(way, _)| way != "rule_action") {
            self.rule_action(url);
        }
        let said = self.post("/api/auth/oidc/test", json!({"issuer_url": url}));
        self.note("oidc", said);
        if !http_only {
            self.set_and_post("ldap", ("ldap.url", &format!("ldap://{authority}")), "/api/auth/ldap/test", json!({"username": "ada"}));
        }
        let social = json!({"github": {"clientId": "social", "clientSecret": "s", "baseUrl": url}});
        let said = match self.set("social.providers", social) {
            Some(refused) => refused,
            None => self.post("/api/auth/social/github/test", json!({})),
        };
        self.note("social", said);
        for (key, value) in [("client_id", "c"), ("client_secret", "s"), ("authorize_url", "https://example.org/a"), ("token_url", url)] {
            drop(self.set(&format!("oauth.github.{key}"), value));
        }
        let begun = self.stage.owner.get("/api/v1/oauth/github/authorize").expect_status(200).json();
        let state = begun["state"].as_str().unwrap_or_default().to_owned();
        let back = self.stage.owner.get(&format!("/api/v1/oauth/github/callback?code=c&state={state}"));
        self.note("oauth", back.header("location").unwrap_or_default().to_owned());
        self.post("/api/settings", json!({"automations": [{"id": "h", "name": "h", "url": url}]}));
        let said = self.post("/api/webhook", json!({"id": "h"}));
        self.note("hook", said);
        let key = json!({"provider": "openai_compatible", "api_key": "sk-own-abcdefghijklmnop", "base_url": url});
        for path in ["/api/v1/users/me/provider-keys", "/api/v1/ai/organization-keys"] {
            let said = self.post(path, key.clone());
            let tried = self.post(&format!("{path}/openai_compatible/validate"), json!({}));
            self.note("model_key", format!("{said}{tried}"));
        }
        // Browsers are reached by https alone.
        let endpoint = url.replacen("http://", "https://", 1);
        let subscribe = json!({"endpoint": endpoint, "p256dh_key": BROWSER_KEYS.0, "auth_key": BROWSER_KEYS.1});
        let subscribed = self.stage.owner.post("/api/push/subscribe", subscribe);
        let said = if subscribed.status < 300 {
            crate::security_ssrf::tried(&self.stage.owner, "browser_push", &json!({})).to_string()
        } else {
            subscribed.text()
        };
        drop(self.stage.owner.request("DELETE", "/api/push/subscribe").json(&json!({"endpoint": endpoint})).send());
        self.note("push", said);
        let plan = |kind: &str| json!({"name": "x", "phases": [{"order": 1, "actions": [{"kind": kind, "url": url}]}]});
        for kind in ["http", "webhook"] {
            let answer = self.stage.owner.post("/api/shutdown/plans", plan(kind));
            let id = answer.json()["id"].as_i64();
            let tried = id.map(|id| self.post(&format!("/api/shutdown/plans/{id}/test"), json!({}))).unwrap_or_default();
            if let Some(id) = id {
                drop(self.stage.owner.delete(&format!("/api/shutdown/plans/{id}")));
            }
            self.note("shutdown", format!("{}{tried}", answer.text()));
        }
    }

    /// What an alert rule calls when it fires; how that went stands in its incident.
    fn rule_action(&mut self, url: &str) {
        let owner = &self.stage.owner;
        let id = format!("calls{}", self.said.len());
        let action = json!({"type": "webhook", "params": {"url": url}});
        let rule = json!({"id": id, "condition": "mem_percent > 0", "message": id, "action": action, "max_retries": 0});
        owner.post("/api/alert-rules", rule).expect_status(200);
        let said = wait_for("what came of the action", Duration::from_secs(60), || {
            let all = owner.get("/api/incidents?hours=1&limit=200").expect_status(200).json();
            let incident = all.as_array()?.iter().find(|i| i["title"].as_str().is_some_and(|t| t.ends_with(&id)))?["id"].clone();
            let room = owner.get(&format!("/api/incidents/{incident}/messages")).expect_status(200).json();
            let lines = room["messages"].as_array()?.iter().filter_map(|m| m["message"].as_str());
            lines.filter(|l| l.starts_with("Action done") || l.starts_with("Action failed")).map(str::to_owned).next()
        });
        drop(owner.delete(&format!("/api/alert-rules/{id}")));
        self.note("rule_action", json!({"success": said.starts_with("Action done"), "said": said}).to_string());
    }

    /// The address that only a variable gives.
    pub(crate) fn since_the_start(&mut self) {
        let telegram: Value = serde_json::from_str(TELEGRAM).expect("a configuration");
        let said = crate::security_ssrf::tried(&self.stage.owner, "telegram", &telegram).to_string();
        self.note("vendor telegram", said);
    }

    /// As classes that may ask this machine, whose models, exporters and storage often stand beside it.
    pub(crate) fn leniently(&mut self, url: &str) {
        let authority = url.split("://").nth(1).unwrap_or_default().trim_end_matches('/').to_owned();
        for key in ["ai.base_url.openai", "llm.base_url"] {
            drop(self.set("ai.base_url.openai", ""));
            self.set_and_post("model", (key, url), "/api/ai/test", json!({}));
        }
        for (exporter, key) in [("influxdb", "power.influx.url"), ("loki", "power.loki.url")] {
            self.set_and_post("exporter", (key, url), &format!("/api/exporters/{exporter}/test"), json!({}));
        }
        let connection = json!({"lapi_url": url, "bouncer_api_key": "0123456789abcdef", "machine_user": "m", "machine_password": "p"});
        drop(self.stage.owner.put("/api/crowdsec/connection", connection));
        let said = self.post("/api/crowdsec/test", json!({}));
        self.note("crowdsec", said);
        let target = json!({"type": "s3", "endpoint": url, "bucket": "b", "access_key_id": "a", "secret_access_key": "s"}).to_string();
        self.set_and_post("backup", ("backup.target", &target), "/api/backups/target/test", json!({}));
        let (host, port) =
            authority.rsplit_once(':').filter(|(_, p)| p.bytes().all(|b| b.is_ascii_digit())).unwrap_or((authority.as_str(), "80"));
        let backend = json!({"backend": {"host": host.trim_matches(['[', ']']), "port": port.parse::<u16>().unwrap_or(80), "path": "/"}});
        let said = self.post("/api/ui/edge/probe", backend);
        self.note("probe", said);
    }
}

//! Cloudflare's API, version 4.

use argos_net::{Class, Method, Net, Request, Response};
use serde_json::{Value, json};

use super::{Change, TTL_S, zones};
use crate::model::dns_provider::Credentials;

pub(crate) const API: &str = "https://api.cloudflare.com/client/v4";
/// The record is there already.
const IDENTICAL: i64 = 81_058;

pub(super) struct Account<'a> {
    net: &'a Net,
    api: &'a str,
    token: &'a str,
}

impl<'a> Account<'a> {
    pub(super) fn new(net: &'a Net, credentials: &'a Credentials) -> Self {
        let of = |key: &str| credentials.get(key).map(String::as_str);
        Self { net, api: of("api_url").unwrap_or(API).trim_end_matches('/'), token: of("api_token").unwrap_or_default() }
    }

    pub(super) async fn change(&self, change: Change, record: &str, text: &str) -> Result<(), String> {
        let zone = self.zone(record).await?;
        let records = format!("/zones/{zone}/dns_records");
        let content = format!("\"{text}\"");
        match change {
            Change::Add => {
                let body = json!({"type": "TXT", "name": record, "content": content, "ttl": TTL_S});
                match self.call(Method::POST, &records, Some(&body)).await {
                    Err((codes, _)) if codes.contains(&IDENTICAL) => Ok(()),
                    outcome => outcome.map(drop).map_err(|(_, text)| text),
                }
            }
            Change::Remove => {
                let found = self.call(Method::GET, &format!("{records}?type=TXT&name={record}"), None).await.map_err(|(_, text)| text)?;
                let ours = |r: &&Value| r["content"].as_str().is_some_and(|c| c.trim_matches('"') == text);
                for id in found.as_array().into_iter().flatten().filter(ours).filter_map(|r| r["id"].as_str()) {
                    self.call(Method::DELETE, &format!("{records}/{id}"), None).await.map_err(|(_, text)| text)?;
                }
                Ok(())
            }
        }
    }

    async fn zone(&self, record: &str) -> Result<String, String> {
        for name in zones(record) {
            let found = self.call(Method::GET, &format!("/zones?name={name}"), None).await.map_err(|(_, text)| text)?;
            let safe = |id: &&str| !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric());
            if let Some(id) = found[0]["id"].as_str().filter(safe) {
                return Ok(id.to_owned());
            }
        }
        Err(format!("Cloudflare knows no zone for {record}, or the token may not see it"))
    }

    /// The member `result`, or the codes and words of the refusal.
    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, (Vec<i64>, String)> {
        let mut request = Request::new(Class::Integration, method, format!("{}{path}", self.api)).bearer(self.token).https_only(true);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer: Response = self.net.send(request).await.map_err(|e| (Vec::new(), format!("Cloudflare cannot be reached: {e}")))?;
        let document: Value = answer.json().unwrap_or(Value::Null);
        if (200..300).contains(&answer.status) && document["success"] == true {
            return Ok(document["result"].clone());
        }
        let errors = document["errors"].as_array().cloned().unwrap_or_default();
        let words: Vec<&str> = errors.iter().filter_map(|e| e["message"].as_str()).collect();
        let said = if words.is_empty() { format!("HTTP {}", answer.status) } else { words.join("; ") };
        Err((errors.iter().filter_map(|e| e["code"].as_i64()).collect(), format!("Cloudflare refused: {said}")))
    }
}

//! `POST /api/webhook`: a person fires one of the hooks the setting `ops.automations` lists. Not retried, not stored: who
//! fires it sees what came of it.

use std::time::Duration;

use argos_audit::{Category, Entry, Status};
use argos_kernel::{Actor, AppError, ErrorKind, Result};
use argos_net::{Class, Method, NetError, Request};
use serde_json::{Map, Value, json};

use crate::Webhooks;

const TIMEOUT: Duration = Duration::from_secs(8);
const RESPONSE_BYTES_MAX: usize = 64 << 10;
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// One hook of the setting.
#[derive(Debug, PartialEq)]
struct Hook {
    name: String,
    url: String,
    method: String,
    headers: Map<String, Value>,
    body: Value,
}

fn bad(field: &str, text: &str) -> AppError {
    AppError::bad_request(text).code("invalid_hook").with("field", field)
}

/// The hook of this id; 404 when the list has none, 400 when what it says cannot be sent.
fn find(list: &Value, id: &str) -> Result<Hook> {
    let named = |h: &&Value| h["id"].as_str() == Some(id) || h["id"].as_i64().is_some_and(|n| id.parse() == Ok(n));
    let hook = list.as_array().into_iter().flatten().find(named).ok_or_else(|| AppError::not_found("Webhook not found"))?;
    let url = hook["url"].as_str().unwrap_or_default().trim().to_owned();
    if !url.starts_with("http://") && !url.starts_with("https://") {
        return Err(bad("url", "The URL must begin with http:// or https://"));
    }
    let method = hook["method"].as_str().filter(|m| !m.is_empty()).unwrap_or("POST").to_ascii_uppercase();
    if !METHODS.contains(&method.as_str()) {
        return Err(bad("method", "The method must be GET, POST, PUT, PATCH or DELETE"));
    }
    Ok(Hook {
        name: hook["name"].as_str().unwrap_or(id).to_owned(),
        url,
        method,
        headers: hook["headers"].as_object().cloned().unwrap_or_default(),
        body: hook["body"].clone(),
    })
}

impl Webhooks {
    /// 404 when there is no such hook, 400 when what it says cannot be sent.
    pub fn check_hook(&self, id: &str) -> Result<()> {
        find(&(self.0.hooks)()?, id).map(drop)
    }

    /// Whether the receiver said yes. 502 when it could not be reached.
    pub async fn fire(&self, actor: &Actor, id: &str) -> Result<bool> {
        let hook = find(&(self.0.hooks)()?, id)?;
        let method = Method::from_bytes(hook.method.as_bytes()).map_err(AppError::internal)?;
        let mut request = Request::new(Class::Automation, method, hook.url.clone()).timeout(TIMEOUT).bytes_max(RESPONSE_BYTES_MAX);
        for (name, value) in &hook.headers {
            request = request.header(name, value.as_str().unwrap_or_default());
        }
        let request = match &hook.body {
            Value::Null => request,
            Value::String(text) => request.body("text/plain; charset=utf-8", text.clone()),
            document => request.json(document),
        };
        let outcome = match self.0.net.send(request).await {
            Ok(response) => Ok((200..300).contains(&response.status)),
            // It was received; only its answer is too long for us.
            Err(NetError::TooLarge(_)) => Ok(true),
            Err(error @ (NetError::Blocked(_) | NetError::InvalidUrl | NetError::Request(_))) => Err(bad("url", &error.to_string())),
            Err(error) => Err(AppError::new(ErrorKind::Upstream, format!("Webhook failed: {error}")).code("webhook_failed")),
        };
        let went = matches!(outcome, Ok(true));
        let entry = Entry::new("webhook.fire", Category::Action).alias("webhook").target("webhook", id).trigger("manual");
        let entry = entry.describe(format!("Webhook {} fired", hook.name)).after(json!({ "name": hook.name, "success": went }));
        let change = self.0.audit.begin(actor).await?;
        change.commit(entry.status(if went { Status::Success } else { Status::Failure })).await?;
        outcome
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hook_is_found_by_its_id_and_judged_before_it_is_sent() {
        let list = json!([
            {"id": "a1", "name": "Door", "url": "https://door.test/open", "method": "put", "headers": {"X-Key": "1"}, "body": {"on": true}},
            {"id": 7, "url": "ftp://x"}, {"id": "b", "url": "http://x", "method": "BREW"}
        ]);
        let door = find(&list, "a1").unwrap();
        assert_eq!((door.name.as_str(), door.method.as_str(), &door.body["on"]), ("Door", "PUT", &json!(true)));
        assert_eq!(find(&list, "7").unwrap_err().extra()["field"], "url");
        assert_eq!(find(&list, "b").unwrap_err().extra()["field"], "method");
        assert_eq!(find(&list, "none").unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(find(&Value::Null, "a1").unwrap_err().kind(), ErrorKind::NotFound);
    }

    proptest! {
        #[test]
        fn any_list_is_read_or_refused(id in ".{0,6}", url in ".{0,20}", method in ".{0,6}") {
            let list = json!([{ "id": id.clone(), "url": url, "method": method, "headers": [1] }]);
            if let Ok(hook) = find(&list, &id) {
                prop_assert!(hook.url.starts_with("http"));
                prop_assert!(METHODS.contains(&hook.method.as_str()));
            }
        }
    }
}

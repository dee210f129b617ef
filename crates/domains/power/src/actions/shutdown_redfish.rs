//! A host through its management controller: graceful off, off by force when it may, and on again.

use std::time::Duration;

use argos_net::{Class, Method, Request as Http, Tls};
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::shutdown_kinds::{Did, Fault, Said, text, words};
use crate::model::plan::{Action, Step};
use crate::service::Power;

/// How often the controller is asked whether the host is off.
const LOOK: Duration = Duration::from_secs(2);
/// What is kept back for the order by force.
const FORCE: Duration = Duration::from_secs(5);

fn request(step: &Step, secrets: &Map<String, Value>, method: Method, path: &str) -> Result<Http, String> {
    let Action::Redfish { url, user, tls_verify, .. } = &step.action else { return Err("not a redfish step".to_owned()) };
    let password = text(secrets, "password").unwrap_or_default();
    let basic = data_encoding::BASE64.encode(format!("{user}:{password}").as_bytes());
    let request = Http::new(Class::Integration, method, format!("{}{path}", url.trim_end_matches('/')));
    Ok(request.header("authorization", &format!("Basic {basic}")).tls(if *tls_verify { Tls::Verify } else { Tls::Insecure }))
}

impl Power {
    async fn redfish_get(&self, step: &Step, secrets: &Map<String, Value>, path: &str) -> Result<Value, String> {
        let response = self.platform.net.send(request(step, secrets, Method::GET, path)?).await.map_err(words)?;
        response.success().map_err(words)?.json().map_err(words)
    }

    /// The path of the first system and its power state.
    pub(crate) async fn redfish_system(&self, step: &Step, secrets: &Map<String, Value>) -> Result<(String, String), String> {
        let list = self.redfish_get(step, secrets, "/redfish/v1/Systems").await?;
        let path = list.pointer("/Members/0/@odata.id").and_then(Value::as_str).filter(|p| p.starts_with('/'));
        let path = path.ok_or("the controller lists no system")?.to_owned();
        let system = self.redfish_get(step, secrets, &path).await?;
        let state = system.get("PowerState").and_then(Value::as_str).unwrap_or("unknown").to_owned();
        Ok((path, state))
    }

    async fn redfish_reset(&self, step: &Step, secrets: &Map<String, Value>, path: &str, kind: &str) -> Said {
        let target = format!("{}/Actions/ComputerSystem.Reset", path.trim_end_matches('/'));
        let order = request(step, secrets, Method::POST, &target)?.json(&json!({ "ResetType": kind }));
        let response = self.platform.net.send(order).await.map_err(words)?;
        response.success().map(|r| format!("{kind}: HTTP {}", r.status)).map_err(words)
    }

    /// Orders a graceful shutdown; with `force`, the power goes when the host has not gone by itself in time.
    pub(crate) async fn redfish_off(&self, step: &Step, secrets: &Map<String, Value>, force: bool, left: Duration) -> Did {
        let until = Instant::now() + left.saturating_sub(FORCE);
        let (path, state) = self.redfish_system(step, secrets).await?;
        if state == "Off" {
            return Ok("was off already".to_owned());
        }
        let said = self.redfish_reset(step, secrets, &path, "GracefulShutdown").await?;
        if !force {
            return Ok(said);
        }
        while Instant::now() < until {
            // A controller that is busy for a moment says nothing about the host.
            if self.redfish_system(step, secrets).await.is_ok_and(|(_, state)| state == "Off") {
                return Ok("off".to_owned());
            }
            tokio::time::sleep(LOOK).await;
        }
        self.redfish_reset(step, secrets, &path, "ForceOff").await.map_err(Fault::after_told)
    }

    pub(crate) async fn redfish_on(&self, step: &Step, secrets: &Map<String, Value>) -> Said {
        let (path, state) = self.redfish_system(step, secrets).await?;
        if state == "On" {
            return Ok("was on already".to_owned());
        }
        self.redfish_reset(step, secrets, &path, "On").await
    }
}

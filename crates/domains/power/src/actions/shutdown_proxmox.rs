//! Proxmox VE through its API with a token: a node is asked to shut down, a guest is shut down and watched until it has
//! stopped, and started again on the way back.

use std::time::Duration;

use argos_net::{Class, Method, Request as Http, Response, Tls};
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::shutdown_kinds::{Did, Fault, Said, text, words};
use crate::model::plan::{Action, Step};
use crate::service::Power;

/// How often a guest is asked whether it has stopped.
const LOOK: Duration = Duration::from_secs(1);
/// What is kept back of a step's time for the hard stop.
const FORCE: Duration = Duration::from_secs(5);

fn request(step: &Step, secrets: &Map<String, Value>, method: Method, path: &str) -> Result<Http, String> {
    let api = step.action.proxmox().ok_or("not a step of a hypervisor")?;
    let token = text(secrets, "token").ok_or("no API token is stored")?;
    let url = format!("{}/api2/json{path}", api.url.trim_end_matches('/'));
    let tls = if api.tls_verify { Tls::Verify } else { Tls::Insecure };
    Ok(Http::new(Class::Integration, method, url).header("authorization", &format!("PVEAPIToken={}={token}", api.token_id)).tls(tls))
}

/// The answer's `data`; a refusal in words.
fn data(response: &Response, path: &str) -> Result<Value, String> {
    match response.status {
        200..=299 => {}
        401 => return Err("the API token is not accepted".to_owned()),
        403 => return Err(format!("the API token may not do this ({path})")),
        // A missing guest is a 500 there, and its reason is in the status line, which is not kept.
        500 | 596 => {
            return Err(format!(
                "the hypervisor refused {path} (HTTP {}): is the name of the node right, does the guest exist?",
                response.status
            ));
        }
        other => return Err(format!("HTTP {other}")),
    }
    let mut answer: Value = response.json().map_err(words)?;
    Ok(answer.get_mut("data").map(Value::take).unwrap_or_default())
}

/// The path of a guest below the API.
fn guest_path(action: &Action) -> Option<String> {
    let Action::Guest { api, vmid, guest, .. } = action else { return None };
    Some(format!("/nodes/{}/{}/{vmid}", api.node, guest.as_str()))
}

impl Power {
    async fn proxmox_get(&self, step: &Step, secrets: &Map<String, Value>, path: &str) -> Result<Value, String> {
        let response = self.platform.net.send(request(step, secrets, Method::GET, path)?).await.map_err(words)?;
        data(&response, path)
    }

    async fn proxmox_post(&self, step: &Step, secrets: &Map<String, Value>, path: &str, form: &str) -> Result<Value, String> {
        let order = request(step, secrets, Method::POST, path)?.body("application/x-www-form-urlencoded", form.to_owned());
        let response = self.platform.net.send(order).await.map_err(words)?;
        data(&response, path)
    }

    /// `running`, `stopped` or another word of the hypervisor.
    pub(crate) async fn guest_status(&self, step: &Step, secrets: &Map<String, Value>) -> Said {
        let path = guest_path(&step.action).ok_or("not a guest")?;
        let current = self.proxmox_get(step, secrets, &format!("{path}/status/current")).await?;
        current
            .get("status")
            .and_then(Value::as_str)
            .map(str::to_owned)
            .ok_or_else(|| "the hypervisor does not say how the guest is".to_owned())
    }

    /// Whether the token is let in, may do what is asked, and whether its node or guest is there.
    pub(crate) async fn check_proxmox(&self, step: &Step, secrets: &Map<String, Value>) -> Said {
        let api = step.action.proxmox().ok_or("not a step of a hypervisor")?;
        let (place, privilege, state) = match &step.action {
            Action::Guest { vmid, .. } => (format!("/vms/{vmid}"), "VM.PowerMgmt", self.guest_status(step, secrets).await?),
            _ => {
                self.proxmox_get(step, secrets, &format!("/nodes/{}/status", api.node)).await?;
                (format!("/nodes/{}", api.node), "Sys.PowerMgmt", "the node is there".to_owned())
            }
        };
        let granted = self.proxmox_get(step, secrets, &format!("/access/permissions?path={place}")).await?;
        let may = granted.get(&place).and_then(|rights| rights.get(privilege)).is_some_and(|right| *right != 0);
        if may { Ok(format!("the token may, {state}")) } else { Err(format!("the API token lacks {privilege} on {place}")) }
    }

    /// Asks the node to shut down; the hypervisor stops its guests first, in their own order.
    pub(crate) async fn proxmox_off(&self, step: &Step, secrets: &Map<String, Value>) -> Said {
        let api = step.action.proxmox().ok_or("not a step of a hypervisor")?;
        self.proxmox_post(step, secrets, &format!("/nodes/{}/status", api.node), "command=shutdown").await?;
        Ok(format!("{} shuts down", api.node))
    }

    /// Shuts a guest down and waits until it has stopped; with `force` it is stopped hard shortly before its time is over.
    pub(crate) async fn guest_off(&self, step: &Step, secrets: &Map<String, Value>, force: bool, left: Duration) -> Did {
        let path = guest_path(&step.action).ok_or("not a guest")?;
        if self.guest_status(step, secrets).await? == "stopped" {
            return Ok("was stopped already".to_owned());
        }
        let until = Instant::now() + left;
        // The hypervisor itself stops a guest hard that has not gone by then.
        let form = format!("timeout={}&forceStop={}", left.saturating_sub(FORCE).as_secs().max(1), i32::from(force));
        self.proxmox_post(step, secrets, &format!("{path}/status/shutdown"), &form).await?;
        while Instant::now() + LOOK < until {
            // An answer that fails once is no news of the guest.
            if self.guest_status(step, secrets).await.is_ok_and(|status| status == "stopped") {
                return Ok("stopped".to_owned());
            }
            tokio::time::sleep(LOOK).await;
        }
        Err(Fault::after_told("the guest still runs"))
    }

    pub(crate) async fn guest_on(&self, step: &Step, secrets: &Map<String, Value>) -> Said {
        let path = guest_path(&step.action).ok_or("not a guest")?;
        if self.guest_status(step, secrets).await? == "running" {
            return Ok("was running already".to_owned());
        }
        self.proxmox_post(step, secrets, &format!("{path}/status/start"), "").await?;
        Ok("started".to_owned())
    }
}

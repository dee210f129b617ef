//! What each kind of step really does, and how it is checked without doing it. Every failure is a sentence for people;
//! no secret gets into one.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use argos_audit::{Category, Entry};
use argos_events::{NewEvent, Source};
use argos_kernel::{Actor, Severity};
use argos_net::{Class, Method, Request as Http};
use argos_nut::{Client, ClientError};
use argos_ssh::{Credential, Exit, HostKey, Limits, PrivateKey, Session, Target};
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::shutdown_checks::host_and_port;
use crate::model::device::{Device, Poller};
use crate::model::plan::{Action, Step};
use crate::model::plan_run::Run;
use crate::service::Power;
use crate::store::states;

/// The wait for clients of a NUT server looks this often.
const LOGINS: Duration = Duration::from_millis(250);

pub(crate) type Said = Result<String, String>;

/// Why a step did not work out.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) text: String,
    /// Its host may have been told before, so it is one of those that come back.
    pub(crate) told: bool,
}

impl Fault {
    pub(crate) fn after_told(why: impl std::fmt::Display) -> Self {
        Self { text: why.to_string(), told: true }
    }
}

impl From<String> for Fault {
    fn from(text: String) -> Self {
        Self { text, told: false }
    }
}

impl From<&str> for Fault {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

pub(crate) type Did = Result<String, Fault>;

pub(crate) fn text<'a>(secrets: &'a Map<String, Value>, member: &str) -> Option<&'a str> {
    secrets.get(member).and_then(Value::as_str).filter(|t| !t.is_empty())
}

pub(crate) fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}

impl Power {
    /// The halt command, from the service's own configuration only.
    pub(crate) fn halt_command(&self) -> Option<String> {
        self.settings().boot().text("local_halt_command").filter(|t| !t.trim().is_empty())
    }

    pub(crate) async fn perform(self: &Arc<Self>, run: &Run, step: &Step, secrets: &Map<String, Value>, left: Duration) -> Did {
        match &step.action {
            Action::Ssh { command, .. } => {
                let session = self.log_in(step, secrets).await?;
                let output = session.exec(command, left).await.map_err(Fault::after_told)?;
                match output.exit {
                    Exit::Status(0) => Ok("exit 0".to_owned()),
                    Exit::Closed => Ok("the host closed the connection".to_owned()),
                    Exit::Status(code) => Err(format!("exit {code}: {}", String::from_utf8_lossy(&output.stderr).trim()).into()),
                    Exit::Signal(name) => Err(Fault::after_told(format!("the command was ended by {name}"))),
                    Exit::Unknown => Err(Fault::after_told("the host did not say how the command ended")),
                }
            }
            Action::Http { url, method, body, expected_status, .. } => {
                let method = Method::from_bytes(method.as_bytes()).map_err(words)?;
                let mut request = Http::new(Class::Admin, method, url).timeout(left);
                for (name, value) in secrets.get("headers").and_then(Value::as_object).into_iter().flatten() {
                    request = request.header(name, value.as_str().unwrap_or_default());
                }
                if !body.is_empty() {
                    let kind = if serde_json::from_str::<Value>(body).is_ok() { "application/json" } else { "text/plain" };
                    request = request.body(kind, body.clone());
                }
                Ok(expect_status(self.platform.net.send(request).await.map_err(words)?.status, *expected_status)?)
            }
            Action::Webhook { url, .. } => {
                let body = json!({ "event": "shutdown", "plan": run.plan_name, "run_id": run.id, "trigger": run.trigger, "reason": run.reason,
                    "started_at": run.started_at.rfc3339(), "sources": run.body.sources.iter().map(|s| &s.device_id).collect::<Vec<_>>() });
                let body = body.to_string();
                let mut request = Http::post(Class::Admin, url).timeout(left);
                if let Some(secret) = text(secrets, "secret") {
                    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
                    let tag: String = ring::hmac::sign(&key, body.as_bytes()).as_ref().iter().map(|b| format!("{b:02x}")).collect();
                    request = request.header("x-argos-signature", &format!("sha256={tag}"));
                }
                Ok(expect_status(self.platform.net.send(request.body("application/json", body)).await.map_err(words)?.status, None)?)
            }
            Action::Redfish { force, .. } => self.redfish_off(step, secrets, *force, left).await,
            Action::Ipmi { force, .. } => self.ipmi_off(step, secrets, *force, left).await,
            Action::Proxmox { .. } => Ok(self.proxmox_off(step, secrets).await?),
            Action::Guest { force, .. } => self.guest_off(step, secrets, *force, left).await,
            Action::NutFsd { hostsync_seconds } => self.force_upstream(run, *hostsync_seconds).await,
            Action::FacadeFsd { hostsync_seconds } => Ok(self.force_facade(run, *hostsync_seconds).await?),
            Action::UpsOff { device_ids, outlets, .. } if !outlets.is_empty() => {
                Ok(self.turn_outlets_off(run, device_ids, outlets).await?)
            }
            Action::UpsOff { device_ids, command, delay_seconds, .. } => {
                Ok(self.turn_off(run, device_ids, command, *delay_seconds).await?)
            }
            Action::Local {} => Ok(self.halt(left).await?),
        }
    }

    /// Reachability and credentials of a step, without doing it.
    pub(crate) async fn check_step(self: &Arc<Self>, run: &Run, step: &Step, secrets: &Map<String, Value>) -> Said {
        match &step.action {
            Action::Ssh { .. } => {
                let session = self.log_in(step, secrets).await?;
                session.close().await;
                Ok("login works".to_owned())
            }
            Action::Http { url, .. } | Action::Webhook { url, .. } => {
                self.platform.net.check_url(Class::Admin, url, &[]).await.map_err(words)?;
                let (host, port) = host_and_port(url).ok_or("the URL has no host")?;
                self.platform.net.connect(Class::Admin, &host, port).await.map_err(words)?;
                Ok("reachable".to_owned())
            }
            Action::Redfish { .. } => {
                let (_, system) = self.redfish_system(step, secrets).await?;
                Ok(format!("login works, {system}"))
            }
            Action::Ipmi { .. } => self.check_ipmi(step, secrets).await,
            Action::Proxmox { .. } | Action::Guest { .. } => self.check_proxmox(step, secrets).await,
            Action::NutFsd { .. } => {
                for device in self.nut_sources(run)? {
                    let mut client = Client::connect(&self.target_of(&device).map_err(|e| e.message().to_owned())?).await.map_err(words)?;
                    client.primary(device.ups_name()).await.map_err(|e| format!("{}: {e}", device.name))?;
                    client.logout().await;
                }
                Ok("accepted as primary".to_owned())
            }
            Action::FacadeFsd { .. } => {
                self.facade_is_on()?;
                Ok(format!("{} clients are logged in", self.facade_clients(run)))
            }
            Action::UpsOff { device_ids, outlets, command, .. } => self.check_off(run, device_ids, outlets, command),
            Action::Local {} => self.halt_command().map(|_| "a halt command is configured".to_owned()).ok_or_else(no_halt_command),
        }
    }

    async fn log_in(&self, step: &Step, secrets: &Map<String, Value>) -> Result<Session, String> {
        let Action::Ssh { host, port, user, host_key, .. } = &step.action else { return Err("not an ssh step".to_owned()) };
        let pinned = host_key.clone().ok_or("the host key is not pinned; test the plan while the host is up")?;
        let credential = match (text(secrets, "key"), text(secrets, "password")) {
            (Some(key), _) => Credential::Key(PrivateKey::parse(key, text(secrets, "passphrase")).map_err(words)?),
            (None, Some(password)) => Credential::Password(password.to_owned()),
            (None, None) => return Err("neither a password nor a key is stored".to_owned()),
        };
        let stream = self.platform.net.connect(Class::Integration, host, *port).await.map_err(words)?;
        let target = Target {
            host: host.clone(),
            port: *port,
            user: user.clone(),
            credential,
            host_key: HostKey::Pinned(pinned),
            limits: Limits::default(),
        };
        Session::connect_over(stream, &target).await.map_err(words)
    }

    fn nut_sources(&self, run: &Run) -> Result<Vec<Device>, String> {
        let found = run.body.sources.iter().filter_map(|s| self.find_live(&s.device_id)).map(|l| l.device);
        let nut: Vec<Device> = found.filter(|d| d.poller == Poller::Nut).collect();
        if nut.is_empty() { Err("no source is read from a NUT server".to_owned()) } else { Ok(nut) }
    }

    /// As a primary: forced shutdown at every server, then wait until only we are left. One that cannot be told does not
    /// keep the others from it.
    async fn force_upstream(&self, run: &Run, hostsync: i64) -> Did {
        let (mut told, mut faults) = (Vec::new(), Vec::new());
        for device in self.nut_sources(run)? {
            match self.order_upstream(&device).await {
                Ok(client) => told.push((device, client)),
                Err(error) => faults.push(format!("{}: {error}", device.name)),
            }
        }
        let until = Instant::now() + Duration::from_secs(u64::try_from(hostsync).unwrap_or(0));
        let any = !told.is_empty();
        let mut left = 0;
        for (device, mut client) in told {
            // The poller of the device may hold a login of its own.
            let ours = 1 + u32::from(device.connection_config.get("login").is_some_and(|v| v == true));
            // A server that is gone has nobody to wait for.
            while let Ok(logins) = client.number_of_logins(device.ups_name()).await
                && logins > ours
            {
                if Instant::now() >= until {
                    left += logins - ours;
                    break;
                }
                tokio::time::sleep(LOGINS).await;
            }
            client.logout().await;
        }
        match (faults.is_empty(), left) {
            (false, _) => Err(Fault { text: faults.join("; "), told: any }),
            (true, 0) => Ok("every client has left".to_owned()),
            (true, left) => Ok(format!("{left} clients were still there after {hostsync} s")),
        }
    }

    async fn order_upstream(&self, device: &Device) -> Result<Client, String> {
        let target = self.target_of(device).map_err(|e| e.message().to_owned())?;
        let ordered = async {
            let mut client = Client::connect(&target).await?;
            let ups = device.ups_name();
            client.login(ups).await?;
            client.primary(ups).await?;
            client.force_shutdown(ups).await?;
            Ok::<_, ClientError>(client)
        };
        ordered.await.map_err(words)
    }

    /// Nobody can be told by a server that is off.
    fn facade_is_on(&self) -> Result<(), String> {
        let on = self.settings().bool("nut_server.enabled").unwrap_or(false);
        if on { Ok(()) } else { Err("our NUT server is switched off".to_owned()) }
    }

    fn facade_names(&self, run: &Run) -> Vec<String> {
        let mine = |id: &str| run.body.sources.iter().any(|s| s.device_id == id);
        self.served().into_iter().filter(|s| mine(&s.id)).map(|s| s.ups).collect()
    }

    fn facade_clients(&self, run: &Run) -> usize {
        let names = self.facade_names(run);
        self.shutdown.logins.lock().unwrap_or_else(PoisonError::into_inner).values().filter(|(ups, _)| names.contains(ups)).count()
    }

    /// Latches the forced shutdown at our own NUT server and waits for its clients to leave.
    async fn force_facade(self: &Arc<Self>, run: &Run, hostsync: i64) -> Said {
        self.facade_is_on()?;
        for source in &run.body.sources {
            self.latch(&source.device_id, true, &run.plan_name).await.map_err(|e| e.message().to_owned())?;
        }
        let until = Instant::now() + Duration::from_secs(u64::try_from(hostsync).unwrap_or(0));
        loop {
            match self.facade_clients(run) {
                0 => return Ok("every client has left".to_owned()),
                left if Instant::now() >= until => return Ok(format!("{left} clients were still there after {hostsync} s")),
                _ => tokio::time::sleep(LOGINS).await,
            }
        }
    }

    /// Sets or clears the forced shutdown of a device at our own NUT server.
    pub(crate) async fn latch(self: &Arc<Self>, id: &str, on: bool, plan: &str) -> argos_kernel::Result<()> {
        // A save of all states between the write and the memory would put the old latch back.
        let _turn = self.remembering.lock().await;
        let Some(live) = self.find_live(id).filter(|l| l.state.forced != on) else { return Ok(()) };
        let mut state = live.state.clone();
        state.forced = on;
        state.shutdown_latched |= on;
        let mut m = self.platform.audit.begin(&Actor::system()).await?;
        states::put(&mut m, id, &state, self.platform.clock.now()).await?;
        let name = &live.device.name;
        if on {
            let event = NewEvent::new(Source::Power, "power.fsd", format!("{name} was ordered to shut down by the plan {plan}"));
            let data = json!({ "flag": "FSD", "actor": format!("plan:{plan}") });
            self.platform.events.publish(&mut m, event.subject("power_device", id, name).data(data)).await?;
        }
        let verb = if on { "power_device.fsd" } else { "power_device.fsd_clear" };
        let word = if on { "ordered" } else { "cleared" };
        let entry = Entry::new(verb, Category::Safety).target("power_device", id).severity(Severity::Critical);
        m.commit(entry.describe(format!("Forced shutdown of what hangs on {name} {word} by the plan {plan}"))).await?;
        if let Some(live) = self.lives().get_mut(id) {
            live.state.forced = on;
            live.state.shutdown_latched |= on;
        }
        self.changed();
        Ok(())
    }

    async fn halt(&self, left: Duration) -> Said {
        let command = self.halt_command().ok_or_else(no_halt_command)?;
        let words_of = argos_nut::split(&command).map_err(words)?;
        let (program, arguments) = words_of.split_first().ok_or_else(no_halt_command)?;
        let limits = argos_net::process::Limits { timeout: left, output_bytes: 4_096 };
        let output = argos_net::process::run(program, arguments.iter().map(String::as_str), limits).await.map_err(words)?;
        if output.success() { Ok("exit 0".to_owned()) } else { Err(format!("exit {:?}: {}", output.status, output.stderr_text().trim())) }
    }
}

fn no_halt_command() -> String {
    "this machine has no halt command in its service configuration".to_owned()
}

fn expect_status(status: u16, expected: Option<u16>) -> Said {
    let fine = expected.map_or((200..300).contains(&status), |wanted| wanted == status);
    if fine { Ok(format!("HTTP {status}")) } else { Err(format!("HTTP {status}")) }
}

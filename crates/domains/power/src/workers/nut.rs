//! One task per NUT server and credentials: it watches every UPS there on one connection. A server that hangs delays
//! only its own UPSes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use argos_kernel::{AppError, Result, Timestamp};
use argos_net::Tls;
use argos_nut::{Client, ClientError, ErrorToken, Target, TlsMode};
use tokio::time::Instant;

use super::pollers::{self, Polled, Run, Watched};
use crate::model::device::Device;
use crate::model::reading::Variables;
use crate::model::sample::Sample;
use crate::service::{Details, Power};

/// Names of variables and commands are read again after this time.
const DETAILS_S: i64 = 6 * 3_600;

/// Starts the task of a server, named after one of its UPSes.
pub(crate) fn start(power: &Arc<Power>, device: &Device, run: Run) {
    let name = format!("power-nut {}:{} {}", device.host, device.port, device.id);
    let own = Arc::clone(power);
    power.platform.tasks.supervise(name, move |_| {
        let server = Server { power: Arc::clone(&own), key: run.key.clone(), client: None, details_at: BTreeMap::new() };
        pollers::watch(Arc::clone(&own), server, run.clone())
    });
}

struct Server {
    power: Arc<Power>,
    key: String,
    client: Option<Client>,
    details_at: BTreeMap<String, Timestamp>,
}

impl Server {
    fn devices(&self) -> Vec<Device> {
        self.power.lives().values().filter(|l| l.poller_key.as_deref() == Some(&self.key)).map(|l| l.device.clone()).collect()
    }

    /// Faster while anything runs on battery, by its own wish otherwise.
    async fn poll_all(&mut self, store: bool) -> Result<Vec<Polled>> {
        let mut polled = Vec::new();
        let mut broken: Option<String> = None;
        for device in self.devices() {
            let started = Instant::now();
            let read = match &broken {
                // The connection just failed twice; the others there need not wait for it again.
                Some(error) => Err(error.clone()),
                None => self.read_twice(&device).await.map_err(|e| {
                    if !e.is_refusal() {
                        broken = Some(e.to_string());
                    }
                    e.to_string()
                }),
            };
            // A driver that starts has nothing to say yet; a server shows this also for one that hangs.
            let starting = |v: &Variables| v.get("ups.status").is_some_and(|s| s.split_whitespace().any(|flag| flag == "WAIT"));
            let read = match read {
                Ok(variables) if variables.is_empty() || starting(&variables) => Err("the driver has no data yet".to_owned()),
                other => other,
            };
            let error = match read {
                Ok(variables) => {
                    self.power.observe(&device.id, self.sample(&device, variables), store).await.err().map(|e| format!("{e:?}"))
                }
                Err(error) => {
                    self.power.observe_failure(&device.id, &error).await?;
                    Some(error)
                }
            };
            let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            polled.push(Polled { device_id: device.id, took_ms, error });
        }
        Ok(polled)
    }

    fn sample(&self, device: &Device, variables: Variables) -> Sample {
        let details = self.power.lives().get(&device.id).and_then(|l| l.details.clone());
        let commands: Vec<String> = details.iter().flat_map(|d| d.commands.iter().map(|(name, _)| name.clone())).collect();
        Sample::from_nut(variables, &commands)
    }

    /// One retry on a fresh connection, for a server that was restarted meanwhile.
    async fn read_twice(&mut self, device: &Device) -> Result<Variables, ClientError> {
        let kept = self.client.is_some();
        match self.read(device).await {
            Err(e) if kept && !e.is_refusal() => self.read(device).await,
            other => other,
        }
    }

    async fn read(&mut self, device: &Device) -> Result<Variables, ClientError> {
        let mut client = match self.client.take() {
            Some(client) => client,
            None => {
                let target = self.power.target_of(device).map_err(|e| ClientError::Invalid(e.message().to_owned()))?;
                let mut client = Client::connect(&target).await?;
                if device.connection_config.get("login").is_some_and(|v| v == true) {
                    client.login(device.ups_name()).await?;
                }
                client
            }
        };
        let read = client.list_vars(device.ups_name()).await;
        match &read {
            Ok(_) => self.read_details(&mut client, device).await?,
            Err(e) if !e.is_refusal() => return read.map(|l| l.into_iter().collect()),
            Err(e) if e.token() == Some(ErrorToken::AccessDenied) => return read.map(|l| l.into_iter().collect()),
            Err(_) => {}
        }
        self.client = Some(client);
        read.map(|list| list.into_iter().collect())
    }

    async fn read_details(&mut self, client: &mut Client, device: &Device) -> Result<(), ClientError> {
        let now = self.power.platform.clock.now();
        if self.details_at.get(&device.id).is_some_and(|at| now.secs_since(*at) < DETAILS_S) {
            return Ok(());
        }
        let ups = device.ups_name();
        let writable = client.list_writable(ups).await.map(|l| l.into_iter().map(|(name, _)| name).collect());
        let writable = forgiving(writable)?;
        let mut commands = Vec::new();
        for command in forgiving(client.list_commands(ups).await)? {
            let text = forgiving(client.command_description(ups, &command).await)?;
            commands.push((command, if text == "Unavailable" { String::new() } else { text }));
        }
        self.details_at.insert(device.id.clone(), now);
        if let Some(live) = self.power.lives().get_mut(&device.id) {
            live.details = Some(Arc::new(Details { writable, commands }));
        }
        Ok(())
    }
}

impl Watched for Server {
    async fn poll(&mut self, store: bool) -> Result<Vec<Polled>> {
        self.poll_all(store).await
    }
    fn period(&self) -> Result<Duration> {
        let devices = self.devices();
        pollers::period(&self.power, devices.iter())
    }
    async fn close(&mut self) {
        if let Some(client) = self.client.take() {
            client.logout().await;
        }
    }
}

/// A refusal is "nothing there"; a broken connection is an error.
fn forgiving<T: Default>(outcome: Result<T, ClientError>) -> Result<T, ClientError> {
    match outcome {
        Err(e) if e.is_refusal() => Ok(T::default()),
        other => other,
    }
}

impl Power {
    /// How to reach the NUT server of a device.
    pub(crate) fn target_of(&self, device: &Device) -> Result<Target> {
        let text = |name: &str| device.connection_text(name).map(str::to_owned);
        let tls = match device.connection_text("tls") {
            Some("require") => TlsMode::Require,
            Some("prefer") => TlsMode::Prefer,
            _ => TlsMode::Off,
        };
        let tls_config = if tls == TlsMode::Off {
            None
        } else {
            let trust = text("tls_ca").map_or(Tls::Verify, |pem| Tls::WithAuthority(pem.into()));
            Some(argos_net::tls_client_config(&trust).map_err(|e| AppError::bad_request(e.to_string()))?)
        };
        let username = text("username");
        Ok(Target {
            host: device.host.clone(),
            port: device.port,
            password: if username.is_some() { self.secret(device, "password")?.map(argos_kernel::Secret::into_inner) } else { None },
            username,
            tls,
            tls_config,
            server_name: text("tls_server_name"),
            ..Target::default()
        })
    }
}

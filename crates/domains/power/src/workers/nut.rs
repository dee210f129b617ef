//! One task per NUT server and credentials: it watches every UPS there on one connection. A server that hangs delays
//! only its own UPSes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use argos_kernel::{AppError, Result, Timestamp};
use argos_net::Tls;
use argos_nut::{Client, ClientError, Limits, Target, TlsMode};
use tokio::time::Instant;

use super::pollers::{self, Met, Polled, Run, Watched};
use crate::model::device::Device;
use crate::model::reading::Variables;
use crate::model::sample::Sample;
use crate::model::state::Failure;
use crate::service::{Details, Live, Power};

/// Names of variables and commands are read again after this time.
const DETAILS_S: i64 = 6 * 3_600;
/// UPSes that are asked for in one go: few enough that their answers fit into the buffers of the connection.
const TOGETHER: usize = 16;

/// Starts the task of a server, named after one of its UPSes.
pub(crate) fn start(power: &Arc<Power>, device: &Device, run: Run) {
    let name = format!("power-nut {}:{} {}", device.host, device.port, device.id);
    let own = Arc::clone(power);
    power.platform.tasks.supervise(name, move |_| {
        let server =
            Server { power: Arc::clone(&own), key: run.key.clone(), client: None, details_at: BTreeMap::new(), met: Met::default() };
        pollers::watch(Arc::clone(&own), server, run.clone())
    });
}

struct Server {
    power: Arc<Power>,
    key: String,
    client: Option<Client>,
    details_at: BTreeMap<String, Timestamp>,
    met: Met,
}

type Read = Result<Variables, Failure>;

impl Server {
    fn devices(&self) -> Vec<Device> {
        self.power.lives().values().filter(|l| l.poller_key.as_deref() == Some(&self.key)).map(|l| l.device.clone()).collect()
    }

    async fn poll_all(&mut self, store: bool) -> Result<Vec<Polled>> {
        let devices = self.devices();
        let mut polled = Vec::with_capacity(devices.len());
        let mut broken: Option<Failure> = None;
        let (mut met, mut all_refused) = (Met::Answers, !devices.is_empty());
        for group in devices.chunks(TOGETHER) {
            let started = Instant::now();
            let read = match &broken {
                // The connection just failed twice; the others there need not wait for it again.
                Some(failure) => vec![Err(failure.clone()); group.len()],
                None => self.read_twice(group).await.unwrap_or_else(|error| {
                    met = match self.met {
                        Met::Silence(times) => Met::Silence(times.saturating_add(1)),
                        _ => Met::Silence(0),
                    };
                    let failure = Failure { refused: error.is_denied(), text: error.to_string() };
                    vec![Err(broken.insert(failure).clone()); group.len()]
                }),
            };
            let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            for (device, read) in group.iter().zip(read) {
                all_refused &= read.as_ref().is_err_and(|failure| failure.refused);
                let error = self.take(device, read, store).await?;
                polled.push(Polled { device_id: device.id.clone(), took_ms, error });
            }
        }
        self.met = if all_refused { Met::Refusal } else { met };
        Ok(polled)
    }

    /// Hands over what was read of a device; the error, if any.
    async fn take(&mut self, device: &Device, read: Read, store: bool) -> Result<Option<String>> {
        // A driver that starts has nothing to say yet; a server shows this also for one that hangs.
        let starting = |v: &Variables| v.get("ups.status").is_some_and(|s| s.split_whitespace().any(|flag| flag == "WAIT"));
        let failure = match read {
            Ok(variables) if variables.is_empty() || starting(&variables) => Failure::from("the driver has no data yet".to_owned()),
            Ok(variables) => {
                let observed = self.power.observe(&device.id, self.sample(device, variables), store).await;
                return Ok(observed.err().map(|e| format!("{e:?}")));
            }
            Err(failure) => failure,
        };
        self.power.observe_failure(&device.id, &failure).await?;
        Ok(Some(failure.text))
    }

    fn sample(&self, device: &Device, variables: Variables) -> Sample {
        let details = self.power.lives().get(&device.id).and_then(|l| l.details.clone());
        let commands: Vec<String> = details.iter().flat_map(|d| d.commands.iter().map(|(name, _)| name.clone())).collect();
        Sample::from_nut(variables, &commands)
    }

    /// One retry on a fresh connection, for a server that was restarted meanwhile.
    async fn read_twice(&mut self, group: &[Device]) -> Result<Vec<Read>, ClientError> {
        let kept = self.client.is_some();
        match self.read(group).await {
            Err(e) if kept && !e.is_denied() => self.read(group).await,
            other => other,
        }
    }

    /// What each of the devices says, asked for in one go. The error is that of the connection, which is given up then.
    async fn read(&mut self, group: &[Device]) -> Result<Vec<Read>, ClientError> {
        let mut client = match self.client.take() {
            Some(client) => client,
            None => self.connect(group).await?,
        };
        let asked: Vec<&Device> = group.iter().filter(|d| argos_nut::is_name(d.ups_name())).collect();
        let names: Vec<&str> = asked.iter().map(|d| d.ups_name()).collect();
        let all = client.list_vars_of(&names).await?;
        for (device, _) in asked.iter().zip(&all).filter(|(_, read)| read.is_ok()) {
            self.read_details(&mut client, device).await?;
        }
        self.client = Some(client);
        let mut all = all.into_iter().map(|read| match read {
            Ok(variables) => Ok(variables.into_iter().collect()),
            Err(refused) => {
                let error = ClientError::Refused(refused);
                Err(Failure { text: error.to_string(), refused: error.is_denied() })
            }
        });
        let nameless = || Err(Failure::from("the name of the UPS holds characters that NUT does not know".to_owned()));
        let of = |d: &Device| if argos_nut::is_name(d.ups_name()) { all.next().unwrap_or_else(nameless) } else { nameless() };
        Ok(group.iter().map(of).collect())
    }

    /// Connects, and holds a login for the first of the UPSes there that wants one and has it.
    async fn connect(&mut self, group: &[Device]) -> Result<Client, ClientError> {
        let Some(first) = group.first() else { return Err(ClientError::Invalid("nobody to ask for".to_owned())) };
        let target = self.power.target_of(first).map_err(|e| ClientError::Invalid(e.message().to_owned()))?;
        let mut client = Client::connect(&target).await?;
        for device in group.iter().filter(|d| d.connection_config.get("login").is_some_and(|v| v == true)) {
            match client.login(device.ups_name()).await {
                Err(e) if e.is_refusal() && !e.is_denied() => {}
                other => {
                    other?;
                    break;
                }
            }
        }
        Ok(client)
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
        let given_up = |l: &Live| !l.state.on_battery && (l.state.offline || l.state.refused);
        let lives = self.power.lives();
        let own = lives.values().filter(|l| l.poller_key.as_deref() == Some(&self.key));
        let watch = pollers::period(&self.power, own.clone().map(|l| &l.device))?;
        let patient = own.clone().all(given_up);
        Ok(pollers::pause(watch, self.met, patient, &*self.power.platform.rng))
    }
    fn wake(&mut self) {
        // The server has given us up meanwhile; nobody must wait for its silence.
        (self.client, self.met) = (None, Met::default());
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
        let reply_s = u64::try_from(self.settings().i64("power.nut_reply_timeout_seconds")?).unwrap_or(10);
        Ok(Target {
            host: device.host.clone(),
            port: device.port,
            password: if username.is_some() { self.secret(device, "password")?.map(argos_kernel::Secret::into_inner) } else { None },
            username,
            tls,
            tls_config,
            server_name: text("tls_server_name"),
            limits: Limits { reply: Duration::from_secs(reply_s), ..Limits::default() },
        })
    }
}

//! One task per NUT server and credentials: it watches every UPS there on one connection. A server that hangs delays
//! only its own UPSes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use argos_kernel::{AppError, Result, Shutdown, Timestamp};
use argos_net::Tls;
use argos_nut::{Client, ClientError, ErrorToken, Target, TlsMode};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::actions::energy::Prices;
use crate::model::device::{Device, Poller};
use crate::model::reading::Variables;
use crate::service::{Details, Power};

/// While a UPS runs on battery it is asked this often.
const BATTERY_WATCH: Duration = Duration::from_secs(2);
/// Names of variables and commands are read again after this time.
const DETAILS_S: i64 = 6 * 3_600;

/// The outcome of one device in a cycle.
#[derive(Clone, Debug)]
pub(crate) struct Polled {
    pub(crate) device_id: String,
    pub(crate) took_ms: u64,
    pub(crate) error: Option<String>,
}

impl Polled {
    /// A device whose poller did not answer before the cycle's deadline.
    pub(crate) fn unanswered(device_id: String, waited: Duration) -> Self {
        let took_ms = u64::try_from(waited.as_millis()).unwrap_or(u64::MAX);
        Self { device_id, took_ms, error: Some(format!("no answer within {} s", waited.as_secs())) }
    }
}

/// Asks a poller for a poll that is stored.
pub(crate) type Order = oneshot::Sender<Vec<Polled>>;

struct Poll {
    orders: mpsc::Sender<Order>,
    stop: Shutdown,
}

/// The pollers that run, by what tells servers apart, and the prices they meter with.
#[derive(Default)]
pub(crate) struct Pollers {
    running: Mutex<BTreeMap<String, Poll>>,
    prices: Mutex<Option<Arc<Prices>>>,
}

fn lock<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pollers {
    pub(crate) fn prices(&self) -> Option<Arc<Prices>> {
        lock(&self.prices).clone()
    }
    pub(crate) fn set_prices(&self, prices: Arc<Prices>) {
        *lock(&self.prices) = Some(prices);
    }
}

/// What tells NUT connections apart. Never logged: it holds the sealed password.
fn key(device: &Device) -> Option<String> {
    let wanted = device.enabled && device.poller == Poller::Nut;
    let config = |name| device.connection_text(name).unwrap_or_default();
    // Two devices with one password are sealed differently, so they get connections of their own.
    let sealed = device.secrets_enc.as_deref().unwrap_or_default();
    wanted.then(|| {
        let tls = [config("tls"), config("tls_ca"), config("tls_server_name")].join("|");
        format!("{}|{}|{}|{tls}|{sealed}", device.host, device.port, config("username"))
    })
}

/// Where each running poller takes orders, with the devices it answers for.
pub(crate) fn orders(power: &Power) -> Vec<(Vec<String>, mpsc::Sender<Order>)> {
    let mut devices: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for live in power.lives().values() {
        if let Some(key) = key(&live.device) {
            devices.entry(key).or_default().push(live.device.id.clone());
        }
    }
    let running = lock(&power.pollers.running);
    running.iter().map(|(key, poll)| (devices.remove(key).unwrap_or_default(), poll.orders.clone())).collect()
}

/// Starts the pollers that are missing and stops those nobody needs.
pub(crate) fn reconcile(power: &Arc<Power>) -> Result<()> {
    let wanted: BTreeMap<String, String> = power
        .lives()
        .values()
        .filter_map(|l| Some((key(&l.device)?, format!("power-nut {}:{} {}", l.device.host, l.device.port, l.device.id))))
        .collect();
    let mut running = lock(&power.pollers.running);
    running.retain(|key, poll| {
        let keep = wanted.contains_key(key);
        if !keep {
            poll.stop.trigger();
        }
        keep
    });
    for (key, name) in wanted {
        if running.contains_key(&key) {
            continue;
        }
        let (orders, inbox) = mpsc::channel(4);
        let stop = power.platform.tasks.shutdown().child();
        let (own, own_stop, inbox, own_key) = (Arc::clone(power), stop.clone(), Arc::new(tokio::sync::Mutex::new(inbox)), key.clone());
        power.platform.tasks.supervise(name, move |_| {
            let server = Server { power: Arc::clone(&own), key: own_key.clone(), client: None, details_at: BTreeMap::new() };
            watch(server, own_stop.clone(), Arc::clone(&inbox))
        });
        running.insert(key, Poll { orders, stop });
    }
    Ok(())
}

struct Server {
    power: Arc<Power>,
    key: String,
    client: Option<Client>,
    details_at: BTreeMap<String, Timestamp>,
}

async fn watch(mut server: Server, stop: Shutdown, inbox: Arc<tokio::sync::Mutex<mpsc::Receiver<Order>>>) -> Result<()> {
    let mut inbox = inbox.lock().await;
    loop {
        let started = Instant::now();
        if !server.power.settings().bool("power.scanning_disabled")? {
            server.poll(false).await?;
        }
        let next = started + server.period()?;
        loop {
            tokio::select! {
                () = stop.wait() => {
                    if let Some(client) = server.client.take() {
                        client.logout().await;
                    }
                    return Ok(());
                }
                Some(order) = inbox.recv() => {
                    let polled = server.poll(true).await?;
                    // The cycle may have given up waiting.
                    drop(order.send(polled));
                }
                () = tokio::time::sleep_until(next) => break,
            }
        }
    }
}

impl Server {
    fn devices(&self) -> Vec<Device> {
        self.power.lives().values().filter(|l| key(&l.device).as_deref() == Some(&self.key)).map(|l| l.device.clone()).collect()
    }

    /// Faster while anything runs on battery, by its own wish otherwise.
    fn period(&self) -> Result<Duration> {
        let lives = self.power.lives();
        let own = lives.values().filter(|l| key(&l.device).as_deref() == Some(&self.key));
        let wish = own.filter_map(|l| l.device.poll_seconds).min();
        let seconds = wish.map_or_else(|| self.power.settings().i64("power.status_poll_seconds"), Ok)?;
        let period = Duration::from_secs(u64::try_from(seconds).unwrap_or(5).max(1));
        let battery = lives.values().any(|l| l.device.enabled && l.state.on_battery);
        Ok(if battery { period.min(BATTERY_WATCH) } else { period })
    }

    async fn poll(&mut self, store: bool) -> Result<Vec<Polled>> {
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
                Ok(variables) => self.power.observe(&device.id, variables, store).await.err().map(|e| format!("{e:?}")),
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

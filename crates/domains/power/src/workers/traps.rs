//! Receives SNMP traps and informs of known devices. A trap that comes from the device's address with its community or keys
//! makes its poller ask at once and is told as an event; nothing in it is believed. What floods is asked once every few
//! seconds.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use argos_events::{NewEvent, Source};
use argos_kernel::{AppError, Result, Shutdown};
use argos_snmp::{Credentials, Heard, LocalEngine, Trap, TrapReader};
use serde_json::json;
use tokio::net::UdpSocket;
use tokio::time::Instant;

use crate::model::device::{Device, Poller};
use crate::model::{snmp, trap};
use crate::service::Power;

/// Largest trap that is read; agents keep them within a datagram of the network.
const DATAGRAM_MAX: usize = 8_192;
/// A device that floods is asked this often.
const ASK_EVERY: Duration = Duration::from_secs(2);
/// The same trap of a device is told this often.
const TELL_EVERY: Duration = Duration::from_secs(60);
/// Names of hosts are looked up again after this time.
const LOOK_UP_EVERY: Duration = Duration::from_secs(300);
/// Datagrams that are looked at in a second; a flood costs no more than that.
const READ_PER_SECOND: u32 = 100;
/// The device must answer within this time; the next trap waits for nothing.
const PATIENCE: Duration = Duration::from_secs(30);

/// Binds what the settings say; an address that is taken ends the attempt with its name.
pub(crate) async fn run(power: Arc<Power>, stop: Shutdown) -> Result<()> {
    let Some(listen) = power.settings().boot().listener("power.snmp.trap_listen") else {
        stop.wait().await;
        return Ok(());
    };
    let socket = UdpSocket::bind((listen.bind_host(), listen.port)).await;
    let socket = socket.map_err(|e| AppError::internal(format!("power.snmp.trap_listen {listen}: {e}")))?;
    tracing::info!(address = %listen, "SNMP traps are taken");
    let own = (LocalEngine::new(power.platform.rng.bytes()), Instant::now());
    let mut house = House { power, own, known: BTreeMap::new(), looked_up: BTreeMap::new() };
    let mut buffer = vec![0; DATAGRAM_MAX];
    let (mut second, mut read) = (Instant::now(), 0_u32);
    loop {
        let (size, from) = tokio::select! {
            () = stop.wait() => return Ok(()),
            received = socket.recv_from(&mut buffer) => match received {
                Ok(received) => received,
                Err(error) => {
                    tracing::warn!(%error, "a trap could not be received");
                    stop.sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        if second.elapsed() >= Duration::from_secs(1) {
            (second, read) = (Instant::now(), 0);
        }
        read += 1;
        if read > READ_PER_SECOND {
            continue;
        }
        if let Some(answer) = house.take(buffer.get(..size).unwrap_or_default(), from).await?
            && let Err(error) = socket.send_to(&answer, from).await
        {
            tracing::debug!(%from, %error, "an inform could not be answered");
        }
    }
}

/// What is kept of a device that may send traps.
struct Sender {
    credentials: Credentials,
    reader: TrapReader,
    asked: Option<Instant>,
    told: BTreeMap<String, Instant>,
}

struct House {
    power: Arc<Power>,
    /// Whom informs of v3 are sent to, and since when.
    own: (LocalEngine, Instant),
    known: BTreeMap<String, Sender>,
    looked_up: BTreeMap<String, (Instant, Vec<IpAddr>)>,
}

impl House {
    /// The answer that is waited for.
    async fn take(&mut self, bytes: &[u8], from: SocketAddr) -> Result<Option<Vec<u8>>> {
        let mut answer = None;
        if self.power.settings().bool("power.scanning_disabled")? {
            return Ok(answer);
        }
        let devices: Vec<Device> = {
            let lives = self.power.lives();
            let asked = lives.values().filter(|l| l.device.enabled && l.device.poller == Poller::Snmp);
            asked.map(|l| l.device.clone()).collect()
        };
        self.known.retain(|id, _| devices.iter().any(|d| d.id == *id));
        let mut taken = false;
        for device in devices {
            if !self.addresses(&device.host).await.contains(&from.ip().to_canonical()) {
                continue;
            }
            // Several devices behind one address may have the same credentials.
            match self.read(&device, bytes) {
                Some(Heard::Trap(trap)) => {
                    taken = true;
                    self.act(&device, &trap).await?;
                    answer = answer.or(trap.answer);
                }
                Some(Heard::Answer(bytes)) => {
                    taken = true;
                    answer = answer.or(Some(bytes));
                }
                Some(Heard::Nothing) | None => {}
            }
        }
        if !taken {
            tracing::debug!(%from, "a trap of no known device, or with other credentials");
        }
        Ok(answer)
    }

    /// The addresses of a host; none while its name cannot be resolved.
    async fn addresses(&mut self, host: &str) -> Vec<IpAddr> {
        if let Ok(address) = host.parse::<IpAddr>() {
            return vec![address.to_canonical()];
        }
        if let Some((at, found)) = self.looked_up.get(host)
            && at.elapsed() < LOOK_UP_EVERY
        {
            return found.clone();
        }
        let found: Vec<IpAddr> = match tokio::net::lookup_host((host, 0)).await {
            Ok(found) => found.map(|a| a.ip().to_canonical()).collect(),
            Err(_) => Vec::new(),
        };
        self.looked_up.insert(host.to_owned(), (Instant::now(), found.clone()));
        found
    }

    fn read(&mut self, device: &Device, bytes: &[u8]) -> Option<Heard> {
        let defaults = self.power.snmp_defaults().ok()?;
        let secrets = self.power.secrets_of(device).ok()?;
        let credentials = snmp::credentials(device, &secrets, &defaults, false).ok()?;
        if self.known.get(&device.id).is_none_or(|sender| sender.credentials != credentials) {
            let reader = TrapReader::new(credentials.clone()).ok()?;
            self.known.insert(device.id.clone(), Sender { credentials, reader, asked: None, told: BTreeMap::new() });
        }
        let (engine, since) = &self.own;
        Some(self.known.get(&device.id)?.reader.read(bytes, engine, since.elapsed()))
    }

    async fn act(&mut self, device: &Device, trap: &Trap) -> Result<()> {
        let Some(sender) = self.known.get_mut(&device.id) else { return Ok(()) };
        let (oid, now) = (trap.oid.to_string(), Instant::now());
        if sender.asked.is_none_or(|at| now - at >= ASK_EVERY) {
            sender.asked = Some(now);
            let (power, id) = (Arc::clone(&self.power), device.id.clone());
            let asking = async move { power.poll_now(&id, now + PATIENCE).await };
            self.power.platform.tasks.once("power-trap-poll", asking);
        }
        sender.told.retain(|_, at| now - *at < TELL_EVERY);
        if sender.told.contains_key(&oid) || sender.told.len() >= 16 {
            return Ok(());
        }
        sender.told.insert(oid.clone(), now);
        let name = trap::name(&oid);
        let text = format!("{} sent the trap {}", device.name, name.map_or_else(|| oid.clone(), |name| name.replace('_', " ")));
        let event = NewEvent::new(Source::Power, "power.snmp_trap", text).subject("power_device", &device.id, &device.name);
        self.power.platform.events.announce(event.data(json!({ "oid": oid, "trap": name }))).await?;
        Ok(())
    }
}

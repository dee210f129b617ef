//! The broker: one session with a last will. It holds the state of every device, retained, and is told events as they
//! come. After a break everything is published anew; a device that is gone takes its retained messages with it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use argos_kernel::{Actor, Backoff, Result, Shutdown};
use argos_mqtt::{Broker, Connect, Message, Session};
use argos_net::{Class, Tls};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::{BATCH, Failure, IDLE, RETRY_FIRST, RETRY_MAX, required, trim, unreadable, wait_retry};
use crate::model::device::Device;
use crate::model::export::home_assistant::{Topics, outlet_states, read_command, state};
use crate::model::export::{Body, Exporter};
use crate::model::outlet::Outlet;
use crate::service::{Live, Power, status_word};
use crate::store::export_queue::{self, mqtt_devices};
use crate::store::outlets::Mark;

const KEEP_ALIVE_S: u16 = 60;
const PING: Duration = Duration::from_secs(25);
const TIMEOUT: Duration = Duration::from_secs(10);
/// Changes of one moment are published together.
const GATHER: Duration = Duration::from_millis(500);

/// Outlets that are switched at the same time; a flood of commands is refused.
const SWITCHING_MAX: usize = 8;

/// A stream to a broker, encrypted or not.
trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

type Open = Session<Box<dyn Wire>>;

/// What a session was opened with; another one is opened when it changes.
#[derive(Clone, PartialEq, Eq)]
struct Target {
    broker: Broker,
    topics: Topics,
    /// Outlets may be switched from the broker.
    switches: bool,
}

fn target(power: &Power) -> Result<Target, Failure> {
    let s = power.settings();
    let text = |key: &str| s.opt_text(key).map_err(|e| unreadable(&e));
    let url = required(text("mqtt.url")?, "mqtt.url")?;
    let mut broker = Broker::parse(&url).ok_or_else(|| Failure::Later("mqtt.url must look like mqtt://host:1883".to_owned()))?;
    if let Some(user) = text("mqtt.username")? {
        let password = s.secret("mqtt.password").map_err(|e| unreadable(&e))?;
        broker.login = Some((user, password.map(argos_kernel::Secret::into_inner).unwrap_or_default()));
    }
    let topic = |key: &str| {
        let topic = required(text(key)?, key)?;
        if argos_mqtt::is_topic(&topic) { Ok(topic) } else { Err(Failure::Later(format!("{key} cannot be published under"))) }
    };
    let switches = s.bool("mqtt.outlet_switches").map_err(|e| unreadable(&e))?;
    Ok(Target { broker, topics: Topics { base: topic("mqtt.base_topic")?, discovery: topic("mqtt.discovery_prefix")? }, switches })
}

async fn open(power: &Power, target: &Target, will: bool) -> Result<Open, Failure> {
    let (net, broker) = (&power.platform.net, &target.broker);
    let exchange = async {
        let later = |e: argos_net::NetError| Failure::Later(e.to_string());
        let stream = net.connect(Class::Integration, &broker.host, broker.port).await.map_err(later)?;
        let stream: Box<dyn Wire> =
            if broker.tls { Box::new(net.encrypt(&broker.host, stream, &Tls::Verify).await.map_err(later)?) } else { Box::new(stream) };
        let availability = target.topics.availability();
        // Two installations at one broker must not throw each other out.
        let client_id = format!("argos-{}", argos_kernel::hex(&power.platform.rng.bytes::<6>()));
        let connect = Connect {
            client_id: &client_id,
            login: broker.login.as_ref().map(|(u, p)| (u.as_str(), p.as_str())),
            keep_alive_seconds: KEEP_ALIVE_S,
            will: will.then_some((availability.as_str(), b"offline".as_slice())),
        };
        Session::open(stream, &connect).await.map_err(|e| Failure::Later(e.to_string()))
    };
    tokio::time::timeout(TIMEOUT, exchange).await.unwrap_or_else(|_| Err(Failure::Later("the broker does not answer".to_owned())))
}

/// Connects and says goodbye.
pub(super) async fn attempt(power: &Power) -> Result<(), Failure> {
    let target = target(power)?;
    let session = open(power, &target, false).await?;
    session.close().await.map_err(|e| Failure::Later(e.to_string()))
}

pub(super) async fn run(power: Arc<Power>, stop: Shutdown) -> Result<()> {
    let mut changes = power.settings().watch();
    let mut backoff = Backoff::new(RETRY_FIRST, RETRY_MAX);
    let db = power.platform.store.telemetry.clone();
    loop {
        changes.mark_unchanged();
        if !power.exports_to(Exporter::Mqtt)? {
            export_queue::remove(&db, Exporter::Mqtt, i64::MAX).await?;
            if !wait_retry(&mut changes, IDLE, &stop).await {
                return Ok(());
            }
            continue;
        }
        let started = Instant::now();
        let ended = match target(&power) {
            Ok(target) => match open(&power, &target, true).await {
                Ok(session) => Broadcast::new(Arc::clone(&power), session, target).serve(&stop).await?,
                Err(failure) => Err(failure),
            },
            Err(failure) => Err(failure),
        };
        if stop.is_triggered() {
            return Ok(());
        }
        let Err(failure) = ended else { continue };
        tracing::warn!(exporter = "mqtt", error = failure.text(), "power exporter");
        power.exporters.failed(Exporter::Mqtt, failure.text(), power.platform.clock.now());
        trim(&power, Exporter::Mqtt).await?;
        if started.elapsed() > RETRY_MAX {
            backoff.reset();
        }
        if !wait_retry(&mut changes, backoff.next(&*power.platform.rng), &stop).await {
            return Ok(());
        }
    }
}

/// An open session and what the broker was told in it.
struct Broadcast {
    power: Arc<Power>,
    session: Open,
    target: Target,
    states: BTreeMap<String, Value>,
    configs: BTreeMap<String, Option<Value>>,
    /// States of outlets, by their topic.
    outlets: BTreeMap<String, Value>,
    announced: BTreeSet<String>,
    turns: Arc<Semaphore>,
}

/// A device as it is published.
struct Now {
    device: Device,
    state: Value,
    outlets: Arc<Vec<Outlet>>,
    marks: BTreeMap<String, Mark>,
}

impl Broadcast {
    fn new(power: Arc<Power>, session: Open, target: Target) -> Self {
        Self {
            power,
            session,
            target,
            states: BTreeMap::new(),
            configs: BTreeMap::new(),
            outlets: BTreeMap::new(),
            announced: BTreeSet::new(),
            turns: Arc::new(Semaphore::new(SWITCHING_MAX)),
        }
    }

    /// Until the process stops or other settings hold (`Ok`), or the broker is lost. The outer error is the store's.
    async fn serve(mut self, stop: &Shutdown) -> Result<Result<(), Failure>> {
        let mut settings = self.power.settings().watch();
        let mut changes = self.power.changes.subscribe();
        self.announced = mqtt_devices::list(&self.power.platform.store.state).await?.into_iter().collect();
        let availability = self.target.topics.availability();
        if let Err(failure) = self.publish(&availability, b"online", true).await {
            return Ok(Err(failure));
        }
        if self.target.switches
            && let Err(error) = self.session.subscribe(&self.target.topics.commands()).await
        {
            return Ok(Err(Failure::Later(error.to_string())));
        }
        let mut pinged = Instant::now();
        loop {
            if let Err(failure) = self.tell().await? {
                return Ok(Err(failure));
            }
            if pinged.elapsed() >= PING {
                pinged = Instant::now();
                if let Err(failure) = self.ping().await {
                    return Ok(Err(failure));
                }
            }
            let kick = self.power.exporters.kick(Exporter::Mqtt);
            tokio::select! {
                () = stop.wait() => {
                    self.end(&availability).await;
                    return Ok(Ok(()));
                }
                changed = settings.changed() => {
                    let same = self.power.exports_to(Exporter::Mqtt)? && target(&self.power).is_ok_and(|t| t == self.target);
                    if changed.is_err() || !same {
                        self.end(&availability).await;
                        return Ok(Ok(()));
                    }
                }
                changed = changes.changed() => if changed.is_ok() { tokio::time::sleep(GATHER).await; },
                () = kick.notified() => {}
                message = self.session.receive(), if self.target.switches => match message {
                    Ok(message) => self.obey(&message),
                    Err(error) => return Ok(Err(Failure::Later(error.to_string()))),
                },
                () = tokio::time::sleep_until(pinged + PING) => {}
            }
        }
    }

    async fn end(mut self, availability: &str) {
        if self.publish(availability, b"offline", true).await.is_ok() {
            drop(self.session.close().await);
        }
    }

    async fn publish(&mut self, topic: &str, payload: &[u8], retain: bool) -> Result<(), Failure> {
        let sent = tokio::time::timeout(TIMEOUT, self.session.publish(topic, payload, retain)).await;
        let sent = sent.map_err(|_| Failure::Later("the broker does not answer".to_owned()))?;
        sent.map_err(|e| Failure::Later(e.to_string()))
    }

    async fn ping(&mut self) -> Result<(), Failure> {
        let answered = tokio::time::timeout(TIMEOUT, self.session.ping()).await;
        let answered = answered.map_err(|_| Failure::Later("the broker does not answer".to_owned()))?;
        answered.map_err(|e| Failure::Later(e.to_string()))
    }

    fn now(&self) -> Vec<Now> {
        let lives = self.power.lives();
        let of = |l: &Live| {
            let online = matches!(status_word(l), "online" | "stale");
            let total = &l.energy.total;
            let kwh = (total.last_updated.micros() > 0).then_some(total.kwh);
            let state = state(l.latest.as_ref().map(|(_, s)| s), online, l.state.on_battery, kwh);
            Now { device: l.device.clone(), state, outlets: Arc::clone(&l.outlets), marks: l.marks.clone() }
        };
        // Of a device nobody asked yet nothing is known.
        lives.values().filter(|l| status_word(l) != "unknown").map(of).collect()
    }

    /// Publishes what is new: gone devices, discovery, states, waiting events.
    async fn tell(&mut self) -> Result<Result<(), Failure>> {
        let gone: Vec<String> = {
            let lives = self.power.lives();
            self.announced.iter().filter(|id| !lives.contains_key(*id)).cloned().collect()
        };
        for id in gone {
            let prefix = self.target.topics.switch_prefix(&id);
            let switches: Vec<String> = self.configs.keys().filter(|topic| topic.starts_with(&prefix)).cloned().collect();
            for topic in self.target.topics.retained(&id).into_iter().chain(switches) {
                if let Err(failure) = self.publish(&topic, b"", true).await {
                    return Ok(Err(failure));
                }
                self.configs.remove(&topic);
            }
            self.states.remove(&id);
            self.outlets.remove(&self.target.topics.outlets(&id));
            self.announced.remove(&id);
            mqtt_devices::delete(&self.power.platform.store.state, &id).await?;
        }
        for now in self.now() {
            if let Err(failure) = self.tell_outlets(&now).await {
                return Ok(Err(failure));
            }
            if self.states.get(&now.device.id) == Some(&now.state) {
                continue;
            }
            if self.announced.insert(now.device.id.clone()) {
                mqtt_devices::put(&self.power.platform.store.state, &now.device.id).await?;
            }
            if let Err(failure) = self.tell_device(now).await {
                return Ok(Err(failure));
            }
        }
        self.tell_events().await
    }

    /// Publishes a discovery message that is new; nothing instead of one takes it away.
    async fn configure(&mut self, topic: String, config: Option<Value>) -> Result<(), Failure> {
        if self.configs.get(&topic) != Some(&config) {
            let text = config.as_ref().map(Value::to_string).unwrap_or_default();
            self.publish(&topic, text.as_bytes(), true).await?;
            self.configs.insert(topic, config);
        }
        Ok(())
    }

    async fn tell_outlets(&mut self, now: &Now) -> Result<(), Failure> {
        if now.outlets.is_empty() {
            return Ok(());
        }
        let free = |o: &&Outlet| self.target.switches && !now.marks.get(&o.id).is_some_and(|m| m.protected);
        let label = |o: &Outlet| now.marks.get(&o.id).and_then(|m| m.label.as_deref());
        let (may, must_not): (Vec<&Outlet>, Vec<&Outlet>) = now.outlets.iter().partition(free);
        for (outlets, offered) in [(may, true), (must_not, false)] {
            let named: Vec<(&Outlet, Option<&str>)> = outlets.iter().map(|o| (*o, label(o))).collect();
            for (topic, config) in self.target.topics.switches(&now.device, &named, offered) {
                self.configure(topic, config).await?;
            }
        }
        let (topic, states) = (self.target.topics.outlets(&now.device.id), outlet_states(&now.outlets));
        if self.outlets.get(&topic) != Some(&states) {
            self.publish(&topic, states.to_string().as_bytes(), true).await?;
            self.outlets.insert(topic, states);
        }
        Ok(())
    }

    /// Switches an outlet as a message asks, under the rules of every other request: confirmed, never a protected outlet,
    /// audited, read again. A message the broker kept is old and asks for nothing.
    fn obey(&self, message: &Message) {
        let refused = |why: &str| tracing::warn!(topic = message.topic, why, "a command over MQTT was refused");
        if message.retained {
            return refused("it was retained");
        }
        let Some((spelled, outlet)) = self.target.topics.addressed(&message.topic) else { return refused("no such topic") };
        let found = self.power.lives().keys().find(|id| Topics::is_of(spelled, id)).cloned();
        let Some(id) = found else { return refused("no such device") };
        let switch = match read_command(&message.payload, &id) {
            Ok(switch) => switch,
            Err(why) => return refused(why),
        };
        let Ok(turn) = Arc::clone(&self.turns).try_acquire_owned() else { return refused("too many at once") };
        let (power, outlet) = (Arc::clone(&self.power), outlet.to_owned());
        self.power.platform.tasks.once("power-mqtt-switch", async move {
            let _turn = turn;
            let actor = Actor { name: "mqtt".to_owned(), ..Actor::system() };
            if let Err(error) = power.switch_outlet(&actor, &id, &outlet, switch).await {
                tracing::warn!(device = id, outlet, error = error.message(), "a command over MQTT was not carried out");
            }
        });
    }

    async fn tell_device(&mut self, now: Now) -> Result<(), Failure> {
        for (topic, config) in self.target.topics.discovery(&now.device, &now.state) {
            self.configure(topic, Some(config)).await?;
        }
        let topic = self.target.topics.state(&now.device.id);
        self.publish(&topic, now.state.to_string().as_bytes(), true).await?;
        self.power.exporters.delivered(Exporter::Mqtt, 1, self.power.platform.clock.now());
        self.states.insert(now.device.id, now.state);
        Ok(())
    }

    async fn tell_events(&mut self) -> Result<Result<(), Failure>> {
        let db = self.power.platform.store.telemetry.clone();
        loop {
            let batch = export_queue::head(&db, Exporter::Mqtt, BATCH).await?;
            let Some((last, _)) = batch.last() else { return Ok(Ok(())) };
            let last = *last;
            for (_, point) in &batch {
                let Body::Event(event) = &point.body else { continue };
                let topic = self.target.topics.event(&point.device_id);
                if let Err(failure) = self.publish(&topic, event.to_string().as_bytes(), false).await {
                    return Ok(Err(failure));
                }
                self.power.exporters.delivered(Exporter::Mqtt, 1, self.power.platform.clock.now());
            }
            export_queue::remove(&db, Exporter::Mqtt, last).await?;
        }
    }
}

//! Who polls what: one task per NUT server, one per device that is read otherwise. A task that hangs delays only its
//! own devices; a device that is changed gets a new task.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use argos_kernel::{Result, Rng, Shutdown};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::{nut, solo};
use crate::actions::metering::Prices;
use crate::model::device::{Device, DeviceType, Poller};
use crate::service::Power;

/// While a UPS runs on battery it is asked this often.
const BATTERY_WATCH: Duration = Duration::from_secs(2);
/// PDUs, sensors and what is read over HTTP.
const SLOW_WATCH: Duration = Duration::from_secs(60);
/// Whoever refuses the credentials is asked this often.
const REFUSED_WATCH: Duration = Duration::from_secs(60);
/// A server that has been gone for long is asked this often.
const LOST_WATCH: Duration = Duration::from_secs(60);
/// The first polls of many devices are spread over this time.
const SPREAD_MS: u64 = 2_000;

/// A clock that is this far ahead of the time that passed was not only set right.
const SLEPT_US: i64 = 60_000_000;

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

/// Where a poller takes its orders; kept over a restart of the poller.
pub(crate) type Inbox = Arc<tokio::sync::Mutex<mpsc::Receiver<Order>>>;

/// The right to ask an agent.
pub(crate) type Turn = Arc<tokio::sync::Mutex<()>>;

struct Poll {
    orders: mpsc::Sender<Order>,
    stop: Shutdown,
}

/// The pollers that run, by what tells them apart, and the prices they meter with.
#[derive(Default)]
pub(crate) struct Pollers {
    running: Mutex<BTreeMap<String, Poll>>,
    prices: Mutex<Option<Arc<Prices>>>,
    /// One question at a time to one agent, whoever asks.
    agents: Mutex<BTreeMap<(String, u16), Turn>>,
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
    /// The turn to ask an agent; hold it while asking.
    pub(crate) fn agent(&self, device: &Device) -> Turn {
        Arc::clone(lock(&self.agents).entry((device.host.clone(), device.port)).or_default())
    }
}

/// What a poller task does; the loop around it is the same for all.
pub(crate) trait Watched: Send {
    /// Polls its devices; `store`: a row for the record is due.
    fn poll(&mut self, store: bool) -> impl Future<Output = Result<Vec<Polled>>> + Send;
    /// The time from one poll to the next.
    fn period(&self) -> Result<Duration>;
    /// Gives up what does not outlive a sleep of this machine.
    fn wake(&mut self) {}
    /// Says goodbye.
    fn close(&mut self) -> impl Future<Output = ()> + Send;
}

/// What tells pollers apart. Never logged: it holds sealed secrets.
pub(crate) fn key(device: &Device) -> Option<String> {
    if !device.enabled {
        return None;
    }
    let sealed = device.secrets_enc.as_deref().unwrap_or_default();
    if device.poller == Poller::Nut {
        let config = |name| device.connection_text(name).unwrap_or_default();
        // Two devices with one password are sealed differently, so they get connections of their own.
        let tls = [config("tls"), config("tls_ca"), config("tls_server_name")].join("|");
        return Some(format!("nut|{}|{}|{}|{tls}|{sealed}", device.host, device.port, config("username")));
    }
    let config = serde_json::to_string(&device.connection_config).unwrap_or_default();
    Some(format!("{}|{}|{}|{}|{config}|{sealed}", device.poller.as_str(), device.id, device.host, device.port))
}

/// Where a running poller takes orders, the devices it answers for, and the host it asks.
pub(crate) struct Ordered {
    pub(crate) host: String,
    pub(crate) devices: Vec<String>,
    pub(crate) sender: mpsc::Sender<Order>,
}

/// Every running poller.
pub(crate) fn orders(power: &Power) -> Vec<Ordered> {
    let mut devices: BTreeMap<Arc<str>, (String, Vec<String>)> = BTreeMap::new();
    for live in power.lives().values() {
        if let Some(key) = &live.poller_key {
            let (_, ids) = devices.entry(Arc::clone(key)).or_insert_with(|| (live.device.host.clone(), Vec::new()));
            ids.push(live.device.id.clone());
        }
    }
    let running = lock(&power.pollers.running);
    let of = |(key, poll): (&String, &Poll)| {
        let (host, devices) = devices.remove(key.as_str()).unwrap_or_default();
        Ordered { host, devices, sender: poll.orders.clone() }
    };
    running.iter().map(of).collect()
}

/// Starts the pollers that are missing and stops those nobody needs.
pub(crate) fn reconcile(power: &Arc<Power>) -> Result<()> {
    let wanted: BTreeMap<String, Device> =
        power.lives().values().filter_map(|l| Some((l.poller_key.as_ref()?.to_string(), l.device.clone()))).collect();
    let mut running = lock(&power.pollers.running);
    running.retain(|key, poll| {
        let keep = wanted.contains_key(key);
        if !keep {
            poll.stop.trigger();
        }
        keep
    });
    lock(&power.pollers.agents).retain(|_, turn| Arc::strong_count(turn) > 1);
    let many = wanted.len() > 8;
    for (key, device) in wanted {
        if running.contains_key(&key) {
            continue;
        }
        let (orders, inbox) = mpsc::channel(4);
        let stop = power.platform.tasks.shutdown().child();
        let run =
            Run { key: key.clone(), stop: stop.clone(), inbox: Arc::new(tokio::sync::Mutex::new(inbox)), delay: delay(&device, many) };
        match device.poller {
            Poller::Nut => nut::start(power, &device, run),
            _ => solo::start(power, &device, run),
        }
        running.insert(key, Poll { orders, stop });
    }
    Ok(())
}

/// Many devices are not asked in the same moment.
fn delay(device: &Device, many: bool) -> Duration {
    let mixed = device.id.bytes().fold(0_u64, |h, b| h.wrapping_mul(31).wrapping_add(u64::from(b)));
    Duration::from_millis(if many { mixed % SPREAD_MS } else { 0 })
}

/// What a poller task is started with.
#[derive(Clone)]
pub(crate) struct Run {
    pub(crate) key: String,
    pub(crate) stop: Shutdown,
    pub(crate) inbox: Inbox,
    pub(crate) delay: Duration,
}

/// The loop of every poller: watch, and poll for the record when it is ordered.
pub(crate) async fn watch(power: Arc<Power>, mut watched: impl Watched, run: Run) -> Result<()> {
    let mut inbox = run.inbox.lock().await;
    if !run.stop.sleep(run.delay).await {
        return Ok(());
    }
    let clock = &power.platform.clock;
    let (mut wall, mut steady) = (clock.now(), Instant::now());
    loop {
        let started = Instant::now();
        let now = clock.now();
        if has_slept(now.micros() - wall.micros(), started - steady) {
            watched.wake();
        }
        (wall, steady) = (now, started);
        if !power.settings().bool("power.scanning_disabled")? {
            let polled = watched.poll(false).await?;
            count(&power, &polled);
            // What did not answer just now is not made to wait for once more by a cycle that came meanwhile.
            while polled.iter().all(|p| p.error.is_some()) {
                let Ok(order) = inbox.try_recv() else { break };
                drop(order.send(polled.clone()));
            }
        }
        let next = started + watched.period()?;
        loop {
            tokio::select! {
                () = run.stop.wait() => {
                    watched.close().await;
                    return Ok(());
                }
                Some(order) = inbox.recv() => {
                    let polled = watched.poll(true).await?;
                    count(&power, &polled);
                    // The cycle may have given up waiting.
                    drop(order.send(polled));
                }
                () = tokio::time::sleep_until(next) => break,
            }
        }
    }
}

/// Whether this machine was suspended between two looks: its clock went on, the time of its processes did not.
fn has_slept(wall_us: i64, steady: Duration) -> bool {
    wall_us.saturating_sub(i64::try_from(steady.as_micros()).unwrap_or(i64::MAX)) > SLEPT_US
}

fn count(power: &Power, polled: &[Polled]) {
    let mut lives = power.lives();
    for p in polled {
        let Some(live) = lives.get_mut(&p.device_id) else { continue };
        *(if p.error.is_none() { &mut live.polls.ok } else { &mut live.polls.failed }) += 1;
        live.polls.seconds += Duration::from_millis(p.took_ms).as_secs_f64();
    }
}

/// How often devices are watched that share a poller: the shortest wish; faster while a UPS runs on battery.
pub(crate) fn period<'a>(power: &Power, devices: impl Iterator<Item = &'a Device> + Clone) -> Result<Duration> {
    let fast =
        |d: &Device| matches!(d.poller, Poller::Nut) || (d.kind == DeviceType::Ups && !matches!(d.poller, Poller::Http | Poller::Redfish));
    let quick = devices.clone().any(fast);
    let wish = devices.filter_map(|d| d.poll_seconds).min();
    let period = match wish {
        Some(seconds) => Duration::from_secs(u64::try_from(seconds).unwrap_or(5).max(1)),
        None if quick => Duration::from_secs(u64::try_from(power.settings().i64("power.status_poll_seconds")?).unwrap_or(5).max(1)),
        None => SLOW_WATCH,
    };
    Ok(if quick && power.is_on_battery() { period.min(BATTERY_WATCH) } else { period })
}

/// What the last poll of a poller met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Met {
    #[default]
    Answers,
    /// Nobody may come in with these credentials.
    Refusal,
    /// Nobody is there, so often in a row.
    Silence(u32),
}

/// The time to the next poll. While a device there ran on battery when it was last heard, or is not yet told to be
/// offline, the watch goes on as if nothing had happened: plans and events depend on it.
pub(crate) fn pause(watch: Duration, met: Met, patient: bool, rng: &dyn Rng) -> Duration {
    let wait = match met {
        Met::Refusal if patient => REFUSED_WATCH,
        Met::Silence(times) if patient => watch.saturating_mul(1_u32.checked_shl(times.min(16)).unwrap_or(u32::MAX)).min(LOST_WATCH),
        _ => return watch,
    };
    // A fifth more or less, so that many do not come at once.
    wait.mul_f64(0.8).saturating_add(Duration::from_millis(rng.below(u64::try_from(wait.as_millis() * 2 / 5).unwrap_or(0) + 1)))
}

#[cfg(test)]
mod tests {
    use argos_kernel::SeededRng;

    use super::*;

    const WATCH: Duration = Duration::from_secs(5);

    #[test]
    fn lost_server_is_asked_more_and_more_rarely_but_never_less_than_once_a_minute() {
        let rng = SeededRng::new(7);
        let waits: Vec<f64> = (0..8).map(|n| pause(WATCH, Met::Silence(n), true, &rng).as_secs_f64()).collect();
        for (wait, wanted) in waits.iter().zip([5.0, 10.0, 20.0, 40.0, 60.0, 60.0, 60.0, 60.0]) {
            assert!((wanted * 0.8..=wanted * 1.2).contains(wait), "{waits:?}");
        }
        assert!(waits.windows(2).skip(4).any(|w| (w[0] - w[1]).abs() > 0.01), "they differ: {waits:?}");
    }

    #[test]
    fn clock_that_ran_ahead_by_more_than_a_minute_tells_of_a_sleep() {
        for (wall_s, steady_s, slept) in [(5, 5, false), (65, 5, false), (66, 5, true), (-3_600, 5, false), (3_605, 3_600, false)] {
            assert_eq!(has_slept(wall_s * 1_000_000, Duration::from_secs(steady_s)), slept, "{wall_s} {steady_s}");
        }
    }

    #[test]
    fn watch_goes_on_while_something_depends_on_it() {
        let rng = SeededRng::new(7);
        for met in [Met::Answers, Met::Refusal, Met::Silence(9)] {
            assert_eq!(pause(WATCH, met, false, &rng), WATCH);
        }
        assert_eq!(pause(WATCH, Met::Answers, true, &rng), WATCH);
        assert!(pause(WATCH, Met::Refusal, true, &rng) >= Duration::from_secs(48));
    }
}

//! What one thread owns: its connections to backends, its batch of access records, its view of the snapshot. Nothing of
//! it is shared with other threads but `Shared`.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use hyper::client::conn::http2;
use rustls::sign::CertifiedKey;

use crate::batch::Batches;
use crate::body::{Progress, RequestBody};
use crate::clients::Clients;
use crate::crew::Crew;
use crate::drain::{Drain, Open};
use crate::flight::Flight;
use crate::moment::Moment;
use crate::pool::{Target, mix};
use crate::prefix::PrefixSet;
use crate::reach::may_be_backend;
use crate::report::{AccessRecord, Reporter};
use crate::snapshot::Snapshot;
use crate::tls::ClientTls;
use crate::wire::Wire;

/// What all threads share.
pub(crate) struct Shared {
    pub(crate) snapshot: ArcSwap<Snapshot>,
    /// Counts the swaps; read for every request instead of the pointer itself.
    pub(crate) generation: AtomicU64,
    pub(crate) bans: ArcSwap<PrefixSet>,
    /// Token -> key authorization, served below `/.well-known/acme-challenge/`.
    pub(crate) http_challenges: ArcSwap<HashMap<String, String>>,
    /// Name -> certificate for `acme-tls/1`.
    pub(crate) alpn_challenges: ArcSwap<HashMap<String, Arc<CertifiedKey>>>,
    pub(crate) reporter: Reporter,
    pub(crate) started: Instant,
    pub(crate) connections: AtomicUsize,
    pub(crate) clients: Arc<Clients>,
    pub(crate) crew: Arc<Crew>,
    /// Connections turned away because there were too many, of all clients or of their own.
    pub(crate) turned_away: AtomicU64,
    pub(crate) client_tls: ClientTls,
}

impl Shared {
    pub(crate) fn now_ms(&self) -> u64 {
        crate::health::millis(self.started.elapsed())
    }
}

/// What one thread owns.
pub(crate) struct Worker {
    pub(crate) shared: Arc<Shared>,
    snapshot: RefCell<(u64, View)>,
    idle: RefCell<HashMap<u64, Idle, BuildHasherDefault<OwnKey>>>,
    h2: RefCell<HashMap<u64, http2::SendRequest<RequestBody>>>,
    batches: Batches,
    names: RefCell<HashMap<String, (Instant, Vec<IpAddr>)>>,
    lot: Cell<u64>,
    pub(crate) drain: Rc<Drain>,
    /// The second in which banned clients were greeted last, and how many.
    greeted: Cell<(u64, u32)>,
    date: Cell<[u8; 29]>,
    /// The clock of this thread.
    pub(crate) moment: Moment,
    /// What requests without a body have become of it, all together.
    pub(crate) no_upload: Rc<Progress>,
}

/// A thread's hold on the snapshot: counting within the thread leaves alone the counter all threads share.
pub(crate) type View = Rc<Arc<Snapshot>>;

/// Idle connections to one backend. They move between owners often, and a pointer moves cheaper.
type Idle = Vec<Box<Wire>>;

/// Keys of backends are numbers we count up ourselves: nobody can make them collide.
#[derive(Default)]
struct OwnKey(u64);

impl Hasher for OwnKey {
    fn finish(&self) -> u64 {
        mix(self.0)
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte)));
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

/// How long a resolved name is believed.
const NAME_TTL: Duration = Duration::from_secs(10);

/// The time of the machine as HTTP writes it.
#[expect(clippy::disallowed_methods, reason = "an engine has no clock of its owner, and a date says what the machine believes")]
fn date_now() -> [u8; 29] {
    let text = httpdate::fmt_http_date(std::time::SystemTime::now());
    text.as_bytes().try_into().unwrap_or(*b"Thu, 01 Jan 1970 00:00:00 GMT")
}

impl Worker {
    pub(crate) fn new(shared: Arc<Shared>, seed: u64) -> Rc<Self> {
        let generation = shared.generation.load(Ordering::Acquire);
        let snapshot = RefCell::new((generation, Rc::new(shared.snapshot.load_full())));
        let (idle, h2, names) = Default::default();
        Rc::new(Self {
            shared,
            snapshot,
            idle,
            h2,
            batches: Batches::new(),
            names,
            lot: Cell::new(seed),
            drain: Rc::default(),
            greeted: Cell::default(),
            date: Cell::new(date_now()),
            moment: Moment::new(),
            no_upload: Rc::default(),
        })
    }

    /// Milliseconds since the engine began, a moment ago.
    pub(crate) fn now_ms(&self) -> u64 {
        crate::health::millis(self.moment.last().saturating_duration_since(self.shared.started))
    }

    /// The snapshot for one request, without touching a counter other threads touch.
    pub(crate) fn snapshot(&self) -> View {
        let generation = self.shared.generation.load(Ordering::Acquire);
        let mut held = self.snapshot.borrow_mut();
        if held.0 != generation {
            *held = (generation, Rc::new(self.shared.snapshot.load_full()));
        }
        Rc::clone(&held.1)
    }

    /// Whether a banned client gets its handshake, so that it can be told why. Only a few per second do: a flood is not worth it.
    pub(crate) fn greets_banned(&self) -> bool {
        const PER_SECOND: u32 = 10;
        let now_s = self.shared.now_ms() / 1_000;
        let (second, count) = self.greeted.get();
        let count = if second == now_s { count + 1 } else { 1 };
        self.greeted.set((now_s, count));
        count <= PER_SECOND
    }

    /// The date for answers that have none, not older than the last `set_date`.
    pub(crate) fn date(&self) -> [u8; 29] {
        self.date.get()
    }

    pub(crate) fn set_date(&self) {
        self.date.set(date_now());
    }

    /// Counts a connection or a tunnel while it lasts.
    pub(crate) fn open(&self) -> Open {
        self.drain.open()
    }

    /// A random number, good enough to spread load.
    pub(crate) fn lot(&self) -> u64 {
        self.lot.set(self.lot.get().wrapping_add(0x9e37_79b9_7f4a_7c15));
        mix(self.lot.get())
    }

    /// A kept connection that is still open, the one used last first.
    pub(crate) fn take(&self, flight: &Flight) -> Option<Box<Wire>> {
        let mut idle = self.idle.borrow_mut();
        let wires = idle.get_mut(&flight.target.key)?;
        while let Some(mut wire) = wires.pop() {
            if self.moment.last().saturating_duration_since(wire.idle_since) < flight.pool.config.idle_timeout && wire.is_usable() {
                return Some(wire);
            }
        }
        None
    }

    /// Keeps a connection whose exchange is over.
    pub(crate) fn keep(&self, flight: &Flight, mut wire: Box<Wire>) {
        if !wire.is_done() {
            return;
        }
        wire.is_reused = true;
        wire.idle_since = self.moment.last();
        let mut idle = self.idle.borrow_mut();
        let wires = idle.entry(flight.target.key).or_default();
        if wires.len() < flight.pool.config.idle_max {
            wires.push(wire);
        }
    }

    pub(crate) fn h2(&self, key: u64) -> Option<http2::SendRequest<RequestBody>> {
        self.h2.borrow().get(&key).filter(|sender| !sender.is_closed()).cloned()
    }

    pub(crate) fn keep_h2(&self, key: u64, sender: http2::SendRequest<RequestBody>) {
        self.h2.borrow_mut().insert(key, sender);
    }

    /// Drops connections that backends closed, that idled too long, or whose backend is gone from the configuration.
    pub(crate) fn sweep(&self) {
        let snapshot = self.snapshot();
        let known: HashMap<u64, Duration> =
            snapshot.pools.values().flat_map(|pool| pool.targets.iter().map(|t| (t.key, pool.config.idle_timeout))).collect();
        self.idle.borrow_mut().retain(|key, wires| {
            let Some(timeout) = known.get(key) else { return false };
            wires.retain_mut(|wire| wire.idle_since.elapsed() < *timeout && wire.is_usable());
            !wires.is_empty()
        });
        self.h2.borrow_mut().retain(|key, sender| known.contains_key(key) && !sender.is_closed());
        self.names.borrow_mut().retain(|_, (since, _)| since.elapsed() < NAME_TTL);
    }

    /// The addresses of a backend.
    pub(crate) async fn resolve(&self, target: &Target) -> std::io::Result<Vec<SocketAddr>> {
        if let Ok(address) = target.host.parse::<IpAddr>() {
            return reachable(vec![address], target.port);
        }
        let known = self.names.borrow().get(&target.host).filter(|(since, _)| since.elapsed() < NAME_TTL).map(|(_, a)| a.clone());
        let addresses = match known {
            Some(addresses) => addresses,
            None => {
                let found: Vec<IpAddr> = tokio::net::lookup_host((target.host.as_str(), target.port)).await?.map(|a| a.ip()).collect();
                self.names.borrow_mut().insert(target.host.clone(), (Instant::now(), found.clone()));
                found
            }
        };
        reachable(addresses, target.port)
    }

    /// Adds a record to the batch, and hands the batch over when it is full.
    pub(crate) fn log(&self, record: AccessRecord) {
        if let Some(batch) = self.batches.add(record) {
            self.shared.reporter.access(batch);
        }
    }

    /// Hands over what was logged.
    pub(crate) fn flush(&self) {
        if let Some(batch) = self.batches.rest() {
            self.shared.reporter.access(batch);
        }
    }
}

/// The addresses that a backend may have; an error where there is none.
fn reachable(addresses: Vec<IpAddr>, port: u16) -> std::io::Result<Vec<SocketAddr>> {
    let allowed: Vec<SocketAddr> = addresses.into_iter().filter(|ip| may_be_backend(*ip)).map(|ip| SocketAddr::new(ip, port)).collect();
    if allowed.is_empty() {
        return Err(std::io::Error::new(std::io::ErrorKind::PermissionDenied, "leads to no address that a backend may have"));
    }
    Ok(allowed)
}

impl Drop for Worker {
    /// Requests that were cut off hold it: it goes after the last of their records was written.
    fn drop(&mut self) {
        self.flush();
    }
}

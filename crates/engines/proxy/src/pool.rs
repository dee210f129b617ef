//! A compiled pool: its backends with their live state, and the choice among them.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use http::{HeaderValue, Uri};
use rustls::pki_types::ServerName;

use crate::config::{Algorithm, PoolConfig, Protocol, TargetConfig};
use crate::health::Condition;
use crate::report::Probe;

/// A compiled pool.
#[derive(Debug)]
pub(crate) struct Pool {
    pub(crate) config: PoolConfig,
    pub(crate) targets: Vec<Arc<Target>>,
    /// Positions in `targets`, each as often as its weight says, well mixed.
    turns: Vec<u16>,
    turn: AtomicUsize,
}

/// A backend and its live state, which outlives a reload while address and protocol stay the same.
#[derive(Debug)]
pub(crate) struct Target {
    /// Unique in the process: the key of kept connections.
    pub(crate) key: u64,
    pub(crate) id: u64,
    pub(crate) pool: u64,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) protocol: Protocol,
    /// `host:port`, as records show it.
    pub(crate) name: Arc<str>,
    /// The same as a `Host` header.
    pub(crate) authority: HeaderValue,
    /// Scheme and authority for HTTP/2 requests.
    pub(crate) base: Uri,
    /// The name in its certificate.
    pub(crate) server_name: ServerName<'static>,
    pub(crate) weight: AtomicU32,
    pub(crate) condition: Condition,
    pub(crate) in_flight: AtomicU32,
    pub(crate) requests: AtomicU64,
    pub(crate) failures: AtomicU64,
    /// The last probe.
    probe: Mutex<Option<Seen>>,
}

/// When a probe ended, its status, why it was no good one.
type Seen = (Instant, Option<u16>, Option<String>);

static KEYS: AtomicU64 = AtomicU64::new(1);

impl Target {
    /// `None` when host and port make no authority.
    pub(crate) fn new(pool: &PoolConfig, target: &TargetConfig) -> Option<Self> {
        let bracketed = if target.host.contains(':') { format!("[{}]", target.host) } else { target.host.clone() };
        let name = format!("{bracketed}:{}", target.port);
        let scheme = if pool.protocol.tls().is_some() { "https" } else { "http" };
        let standard = target.port == if pool.protocol.tls().is_some() { 443 } else { 80 };
        let authority = if standard { bracketed } else { name.clone() };
        Some(Self {
            key: KEYS.fetch_add(1, Ordering::Relaxed),
            id: target.id,
            pool: pool.id,
            host: target.host.clone(),
            port: target.port,
            protocol: pool.protocol,
            base: Uri::builder().scheme(scheme).authority(authority.as_str()).path_and_query("/").build().ok()?,
            authority: HeaderValue::from_str(&authority).ok()?,
            name: name.into(),
            server_name: ServerName::try_from(target.host.clone()).ok()?,
            weight: AtomicU32::new(u32::from(target.weight)),
            condition: Condition::default(),
            in_flight: AtomicU32::new(0),
            requests: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            probe: Mutex::default(),
        })
    }

    /// Whether its state may go on serving for what is wanted now.
    pub(crate) fn is_same(&self, pool: &PoolConfig, target: &TargetConfig) -> bool {
        self.pool == pool.id
            && self.host == target.host
            && self.port == target.port
            && self.protocol == pool.protocol
            && self.id == target.id
    }

    /// Remembers what a probe saw.
    pub(crate) fn probed(&self, status: Option<u16>, error: Option<String>) {
        *self.probe.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), status, error));
    }

    /// Forgets what probes said, with the check that asked.
    pub(crate) fn forget_probes(&self) {
        self.condition.forget_probes();
        *self.probe.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// What the last probe saw.
    pub(crate) fn probe(&self) -> Option<Probe> {
        let last = self.probe.lock().unwrap_or_else(PoisonError::into_inner).clone();
        last.map(|(at, status, error)| Probe { age: at.elapsed(), status, error })
    }

    fn weight(&self) -> u32 {
        self.weight.load(Ordering::Relaxed)
    }

    /// The value of a sticky cookie: does not tell the address.
    pub(crate) fn token(&self) -> String {
        format!("{:016x}", mix(fnv(self.name.as_bytes())))
    }
}

/// Who asks, for the choice of a backend.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asker<'a> {
    pub(crate) client: IpAddr,
    /// The sticky cookie's value.
    pub(crate) token: Option<&'a str>,
    /// Keys of backends that already failed this request.
    pub(crate) tried: &'a [u64],
    pub(crate) now_ms: u64,
    /// A random number.
    pub(crate) lot: u64,
}

impl Pool {
    pub(crate) fn new(config: PoolConfig, targets: Vec<Arc<Target>>) -> Self {
        let turns = turns(&targets.iter().map(|t| t.weight()).collect::<Vec<_>>());
        Self { config, targets, turns, turn: AtomicUsize::new(0) }
    }

    /// The backend for a request, or `None` when none is fit.
    pub(crate) fn choose(&self, asker: &Asker<'_>) -> Option<&Arc<Target>> {
        let slow_start = crate::health::millis(self.config.slow_start);
        let fit = |target: &&Arc<Target>| target.condition.is_fit(asker.now_ms) && !asker.tried.contains(&target.key);
        if let Some(token) = asker.token
            && let Some(target) = self.targets.iter().filter(fit).find(|t| t.token() == token)
        {
            return Some(target);
        }
        // A backend in slow start stands back for most of its turns, unless nobody else is there.
        let steps_forward = |target: &&Arc<Target>, lot: u64| {
            let share = target.condition.share(asker.now_ms, slow_start);
            share >= 256 || u64::from(share) > lot % 256
        };
        let share = |target: &Arc<Target>| u64::from(target.weight()) * u64::from(target.condition.share(asker.now_ms, slow_start));
        match self.config.algorithm {
            Algorithm::RoundRobin => {
                let len = self.turns.len();
                let at = self.turn.fetch_add(1, Ordering::Relaxed);
                let order = (0..len).filter_map(|n| self.targets.get(usize::from(*self.turns.get((at + n) % len)?)));
                let mut standing_back = None;
                for target in order.filter(fit) {
                    if slow_start == 0 || steps_forward(&target, mix(asker.lot ^ target.key)) {
                        return Some(target);
                    }
                    standing_back = standing_back.or(Some(target));
                }
                standing_back
            }
            Algorithm::LeastConn => self.targets.iter().filter(fit).min_by(|a, b| {
                // Compares (in flight + 1) / share without dividing.
                let load = |t: &Arc<Target>| u64::from(t.in_flight.load(Ordering::Relaxed)) + 1;
                let order = (load(a) * share(b)).cmp(&(load(b) * share(a)));
                order.then_with(|| mix(asker.lot ^ a.key).cmp(&mix(asker.lot ^ b.key)))
            }),
            Algorithm::IpHash => {
                let client = client_hash(asker.client);
                let score = |target: &Arc<Target>| {
                    // Weighted rendezvous: a backend more or less moves only its own clients.
                    #[expect(clippy::cast_precision_loss, reason = "a share of the hash space")]
                    let unit = (mix(client ^ fnv(target.name.as_bytes())) >> 11) as f64 / (1u64 << 53) as f64;
                    -f64::from(target.weight()) / unit.max(f64::MIN_POSITIVE).ln()
                };
                self.targets.iter().filter(fit).max_by(|a, b| score(a).total_cmp(&score(b)))
            }
            Algorithm::Random => {
                let total: u64 = self.targets.iter().filter(fit).map(share).sum();
                let mut left = mix(asker.lot) % total.max(1);
                self.targets.iter().filter(fit).find(|target| {
                    let share = share(target);
                    let chosen = left < share;
                    left = left.saturating_sub(share);
                    chosen
                })
            }
        }
    }
}

/// The order of a smooth weighted round robin, worked out once: of weights 3 and 1 it is a a b a.
fn turns(weights: &[u32]) -> Vec<u16> {
    let divisor = weights.iter().copied().fold(0, gcd).max(1);
    let weights: Vec<i64> = weights.iter().map(|w| i64::from(w / divisor)).collect();
    let total: i64 = weights.iter().sum();
    let mut current = vec![0i64; weights.len()];
    let mut order = Vec::new();
    for _ in 0..total {
        current.iter_mut().zip(&weights).for_each(|(c, w)| *c += w);
        let Some(at) = (0..current.len()).max_by_key(|at| (current.get(*at).copied(), std::cmp::Reverse(*at))) else { break };
        if let Some(c) = current.get_mut(at) {
            *c -= total;
        }
        order.push(u16::try_from(at).unwrap_or(u16::MAX));
    }
    order
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn client_hash(address: IpAddr) -> u64 {
    match address.to_canonical() {
        IpAddr::V4(v4) => fnv(&v4.octets()),
        IpAddr::V6(v6) => fnv(v6.octets().get(..8).unwrap_or_default()),
    }
}

/// FNV-1a: the same in every process, so that hashing clients survives a restart.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, b| (hash ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3))
}

/// The finaliser of splitmix64.
pub(crate) fn mix(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
#[path = "pool_tests.rs"]
mod tests;

//! The running engine: threads, listeners, swaps of the snapshot, the end.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Instant;

use arc_swap::ArcSwap;
use rustls::RootCertStore;
use rustls::sign::CertifiedKey;
use tokio::sync::{mpsc, watch};

use crate::config::{Config, ListenerConfig};
use crate::crew::Crew;
use crate::error::ConfigError;
use crate::prefix::PrefixSet;
use crate::report::{self, Reports, TargetStatus};
use crate::snapshot::Snapshot;
use crate::thread::{self, Command};
use crate::tls;
use crate::worker::Shared;

/// What stays as it is while the engine runs.
#[derive(Clone, Debug)]
pub struct Options {
    /// Threads that serve; each has its own sockets and connections.
    pub threads: usize,
    /// Who may sign certificates of backends.
    pub roots: RootCertStore,
}

/// The running engine. Dropping it ends it at once; `stop` ends it gracefully.
pub struct Proxy {
    shared: Arc<Shared>,
    generation: watch::Sender<u64>,
    workers: Vec<(mpsc::Sender<Command>, JoinHandle<()>)>,
    checker: Option<JoinHandle<()>>,
    listening: Mutex<Vec<Listening>>,
}

/// A bound listener.
struct Listening {
    id: u64,
    config: ListenerConfig,
    address: SocketAddr,
}

/// Why the engine does not start, or does not take a configuration.
#[derive(Debug)]
pub enum StartError {
    /// The configuration is not sound.
    Config(ConfigError),
    /// A listener's address cannot be had.
    Bind(SocketAddr, io::Error),
    /// TLS cannot be set up.
    Tls(rustls::Error),
    /// A thread cannot be started, or ended early.
    Thread(io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            // People read this; the number of the system's error tells them nothing.
            Self::Bind(address, error) if error.raw_os_error().is_some() => write!(f, "cannot listen on {address}: {}", error.kind()),
            Self::Bind(address, error) => write!(f, "cannot listen on {address}: {error}"),
            Self::Tls(error) => write!(f, "TLS: {error}"),
            Self::Thread(error) => write!(f, "thread: {error}"),
        }
    }
}

impl std::error::Error for StartError {}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy").field("threads", &self.workers.len()).finish_non_exhaustive()
    }
}

impl Proxy {
    /// Compiles the configuration, binds its listeners and starts to serve.
    ///
    /// # Errors
    /// When the configuration is not sound or a listener's address cannot be had.
    pub fn start(config: &Config, options: &Options) -> Result<(Self, Reports), StartError> {
        let snapshot = Snapshot::compile(config, None).map_err(StartError::Config)?;
        let (reporter, reports) = report::channels();
        let (crew, guests) = Crew::new(options.threads.max(1));
        let shared = Arc::new(Shared {
            snapshot: ArcSwap::from_pointee(snapshot),
            generation: AtomicU64::new(1),
            bans: ArcSwap::default(),
            http_challenges: ArcSwap::default(),
            alpn_challenges: ArcSwap::default(),
            reporter,
            started: Instant::now(),
            connections: AtomicUsize::new(0),
            clients: Arc::default(),
            crew,
            turned_away: AtomicU64::new(0),
            client_tls: tls::ClientTls::new(options.roots.clone()).map_err(StartError::Tls)?,
        });
        let acceptor = tls::acceptor(&shared).map_err(StartError::Tls)?;
        let (generation, follow) = watch::channel(1);
        let mut proxy = Self { shared: Arc::clone(&shared), generation, workers: Vec::new(), checker: None, listening: Mutex::default() };
        for (n, guests) in guests.into_iter().enumerate() {
            let worker = thread::serve(n, Arc::clone(&shared), acceptor.clone(), guests).map_err(StartError::Thread)?;
            proxy.workers.push(worker);
        }
        proxy.checker = Some(thread::check(shared, follow).map_err(StartError::Thread)?);
        proxy.listen(&config.listeners)?;
        Ok((proxy, reports))
    }

    /// Takes a new configuration. New listeners are bound first; then the snapshot is swapped in one step; requests in
    /// progress end with the one they began with. When something fails, everything stays as it was.
    ///
    /// # Errors
    /// As `start`.
    pub fn reload(&self, config: &Config) -> Result<(), StartError> {
        let snapshot = Snapshot::compile(config, Some(&self.shared.snapshot.load())).map_err(StartError::Config)?;
        let mut bound = Vec::new();
        let (kept, wanted) = self.compare(&config.listeners);
        for listener in &wanted {
            bound.push(self.bind(listener)?);
        }
        self.shared.snapshot.store(Arc::new(snapshot));
        self.shared.generation.fetch_add(1, Ordering::Release);
        self.generation.send_modify(|n| *n += 1);
        self.apply(&kept, bound)
    }

    /// Replaces the banned addresses.
    pub fn set_bans(&self, bans: PrefixSet) {
        self.shared.bans.store(Arc::new(bans));
    }

    /// Replaces the answers below `/.well-known/acme-challenge/`: token -> key authorization.
    pub fn set_http_challenges(&self, challenges: HashMap<String, String>) {
        self.shared.http_challenges.store(Arc::new(challenges));
    }

    /// Replaces the certificates for `acme-tls/1`, by name.
    pub fn set_alpn_challenges(&self, challenges: HashMap<String, Arc<CertifiedKey>>) {
        self.shared.alpn_challenges.store(Arc::new(challenges));
    }

    /// Where it listens: the listeners of the first configuration in its order, then what reloads added.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.listening().iter().map(|l| l.address).collect()
    }

    /// The open listeners with the addresses they are bound to.
    #[must_use]
    pub fn listeners(&self) -> Vec<(ListenerConfig, SocketAddr)> {
        self.listening().iter().map(|l| (l.config.clone(), l.address)).collect()
    }

    /// The state of every backend.
    #[must_use]
    pub fn statuses(&self) -> Vec<TargetStatus> {
        let now_ms = self.shared.now_ms();
        let snapshot = self.shared.snapshot.load();
        let targets = snapshot.pools.values().flat_map(|pool| &pool.targets);
        targets
            .map(|t| TargetStatus {
                pool_id: t.pool,
                target_id: t.id,
                health: t.condition.health(now_ms),
                in_flight: t.in_flight.load(Ordering::Relaxed),
                requests: t.requests.load(Ordering::Relaxed),
                failures: t.failures.load(Ordering::Relaxed),
                probe: t.probe(),
            })
            .collect()
    }

    /// Client connections that are open.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// Client connections that were turned away because there were too many, of all clients or of one.
    #[must_use]
    pub fn turned_away(&self) -> u64 {
        self.shared.turned_away.load(Ordering::Relaxed)
    }

    /// Stops accepting, lets requests in progress end within the drain timeout, and waits for that. Blocks.
    pub fn stop(mut self) {
        for (commands, _) in &self.workers {
            // A thread that is gone has nothing to drain.
            drop(commands.try_send(Command::Drain));
        }
        self.end();
    }

    fn end(&mut self) {
        self.generation.send_modify(|n| *n = 0);
        for (commands, thread) in self.workers.drain(..) {
            drop(commands);
            // A thread that panicked was reported by its own message.
            drop(thread.join());
        }
        if let Some(checker) = self.checker.take() {
            drop(checker.join());
        }
    }

    fn listening(&self) -> std::sync::MutexGuard<'_, Vec<Listening>> {
        self.listening.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listen(&self, listeners: &[ListenerConfig]) -> Result<(), StartError> {
        let bound = listeners.iter().map(|l| self.bind(l)).collect::<Result<Vec<_>, _>>()?;
        self.apply(&[], bound)
    }

    /// The ids of listeners that stay, and the configurations of those to be opened.
    fn compare(&self, wanted: &[ListenerConfig]) -> (Vec<u64>, Vec<ListenerConfig>) {
        let listening = self.listening();
        let (mut kept, mut new) = (Vec::new(), Vec::new());
        for config in wanted {
            match listening.iter().find(|l| l.config == *config && !kept.contains(&l.id)) {
                Some(same) => kept.push(same.id),
                None => new.push(config.clone()),
            }
        }
        (kept, new)
    }

    /// A socket for each thread, all on one address.
    fn bind(&self, config: &ListenerConfig) -> Result<(ListenerConfig, SocketAddr, Vec<TcpListener>), StartError> {
        let failed = |error| StartError::Bind(config.address, error);
        let first = thread::bind(config.address).map_err(failed)?;
        let address = first.local_addr().map_err(failed)?;
        let mut sockets = vec![first];
        for _ in 1..self.workers.len() {
            sockets.push(thread::bind(address).map_err(failed)?);
        }
        Ok((config.clone(), address, sockets))
    }

    /// Opens what was bound and closes what is not kept.
    fn apply(&self, kept: &[u64], bound: Vec<(ListenerConfig, SocketAddr, Vec<TcpListener>)>) -> Result<(), StartError> {
        static IDS: AtomicU64 = AtomicU64::new(1);
        let gone = |_| StartError::Thread(io::Error::other("a thread does not take commands"));
        let mut listening = self.listening();
        let before: Vec<u64> = listening.iter().map(|l| l.id).collect();
        for (config, address, sockets) in bound {
            let id = IDS.fetch_add(1, Ordering::Relaxed);
            for ((commands, _), socket) in self.workers.iter().zip(sockets) {
                commands.try_send(Command::Listen(id, config.clone(), socket)).map_err(gone)?;
            }
            listening.push(Listening { id, config, address });
        }
        let mut closed = Vec::new();
        listening.retain(|l| {
            let stays = kept.contains(&l.id) || !before.contains(&l.id);
            if !stays {
                closed.push(l.id);
            }
            stays
        });
        for id in closed {
            for (commands, _) in &self.workers {
                commands.try_send(Command::Close(id)).map_err(gone)?;
            }
        }
        Ok(())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        for (commands, _) in &self.workers {
            drop(commands.try_send(Command::Stop));
        }
        self.end();
    }
}

//! The domain as one value: the platform it stands on, and what is connected right now. It must never hold a lock across
//! an await.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use argos_kernel::{AppError, Result, Tasks, Timestamp};
use argos_nodewire::{Ack, Health};
use argos_platform::Platform;
use argos_web::Message;
use serde_json::Value;
use tokio::sync::{Semaphore, broadcast, mpsc, oneshot, watch};

use crate::actions::points::Series;
use crate::elsewhere::Elsewhere;
use crate::link::Doorway;
use crate::model::lockout::Lockout;
use crate::model::node::Node;
use crate::model::rivals::Rivals;
use crate::news::{NEWS_KEPT, News};
use crate::sessions::Sessions;
use crate::traffic::Traffic;
use crate::turns::Turns;

/// Pictures kept of one node; beyond it new ones of unknown flows are dropped.
const THUMBNAILS_MAX: usize = 128;

/// A lock that a panic elsewhere does not spoil.
pub(crate) fn hold<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The last picture of a flow or input.
#[derive(Clone)]
pub(crate) struct Picture {
    pub(crate) jpeg: Arc<[u8]>,
    pub(crate) at: Timestamp,
}

/// What a connected node told so far.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) stats: Option<Arc<Value>>,
    pub(crate) stats_at: Option<Timestamp>,
    pub(crate) health: Option<Arc<Value>>,
    /// Changed since it was written to the table.
    pub(crate) unwritten: bool,
    pub(crate) software_version: Option<String>,
    pub(crate) capabilities: Vec<String>,
    pub(crate) process_started_at: Option<Timestamp>,
    /// As the node sent it, with its secrets: it is shown only after redaction.
    pub(crate) config: Option<Arc<Value>>,
    /// Another one with every other configuration, also with one that is not known any more.
    pub(crate) config_number: u64,
    pub(crate) pictures: BTreeMap<(String, Option<String>), Picture>,
    pub(crate) leg_failed: bool,
    pub(crate) seen_at: Timestamp,
    pub(crate) skew_told_at: Option<Timestamp>,
    pub(crate) points_at: Option<Timestamp>,
    /// What dashboards show of it; gone with every change.
    pub(crate) pieces: Pieces,
}

/// A node as dashboards show it, and when it was rendered.
pub(crate) type Piece = Option<(Timestamp, Arc<str>)>;

/// In full, and without the rows that stand in the figures as well.
#[derive(Default)]
pub(crate) struct Pieces {
    pub(crate) full: Piece,
    pub(crate) lean: Piece,
}

impl Told {
    pub(crate) fn health_word(&self) -> Health {
        argos_nodewire::health_of(self.health.as_deref(), self.stats.as_deref(), self.leg_failed)
    }
    pub(crate) fn set_config(&mut self, config: Option<Arc<Value>>) {
        self.config_number = self.config_number.wrapping_add(1);
        self.config = config;
    }
    pub(crate) fn keep_picture(&mut self, key: (String, Option<String>), picture: Picture) -> bool {
        let room = self.pictures.len() < THUMBNAILS_MAX || self.pictures.contains_key(&key);
        if room {
            self.pieces = Pieces::default();
            self.pictures.insert(key, picture);
        }
        room
    }
}

/// Who waits for what from a node.
#[derive(Default)]
pub(crate) struct Waiting {
    pub(crate) acks: HashMap<String, oneshot::Sender<Ack>>,
    /// In the order they asked: each answer is for the first who still waits.
    pub(crate) configs: VecDeque<oneshot::Sender<Arc<Value>>>,
}

/// Why a session is ended from outside.
pub(crate) type CloseReason = (u16, &'static str);

/// One authenticated connection, or the mirror of one that another process has.
pub(crate) struct Session {
    /// The process that has it; `None` for this one.
    pub(crate) there: Option<String>,
    /// Its number among all connections of the node, given by the store; 0 before it is given, and with one process.
    pub(crate) seq: AtomicI64,
    pub(crate) node_id: String,
    pub(crate) node_name: Mutex<String>,
    pub(crate) device_type: String,
    pub(crate) number: u64,
    pub(crate) met: Mutex<(Timestamp, Option<IpAddr>)>,
    /// When the registration token it was let in under was made; with a newer one it is revoked.
    pub(crate) enrolled_at: Option<Timestamp>,
    pub(crate) protocol_version: Option<i64>,
    pub(crate) out: mpsc::Sender<Message>,
    pub(crate) close: watch::Sender<Option<CloseReason>>,
    pub(crate) told: Mutex<Told>,
    pub(crate) waiting: Mutex<Waiting>,
    /// One multi-step change at a time.
    pub(crate) changing: Arc<tokio::sync::Mutex<()>>,
    /// One file on its way at a time.
    pub(crate) uploading: Arc<tokio::sync::Mutex<()>>,
    /// What of it has series; held while its figures are kept.
    pub(crate) points: Arc<tokio::sync::Mutex<Series>>,
    /// Tunnels that are told to it at the same time.
    pub(crate) telling: Semaphore,
}

/// Frames that wait for a node; beyond it a command is refused.
const QUEUE: usize = 64;
/// Tunnels that are told to a node at the same time; less than `QUEUE`, so that its other commands find a place.
const TELLING_MAX: usize = 16;

impl Session {
    /// A session of this process, its frames and the wish to end it.
    pub(crate) fn new(
        node: &Node,
        now: Timestamp,
        remote: Option<IpAddr>,
        protocol_version: Option<i64>,
        told: Told,
    ) -> (Self, mpsc::Receiver<Message>, watch::Receiver<Option<CloseReason>>) {
        let (out, queue) = mpsc::channel(QUEUE);
        let (close, closing) = watch::channel(None);
        let session = Self {
            there: None,
            seq: AtomicI64::default(),
            node_id: node.id.clone(),
            node_name: Mutex::new(node.name.clone()),
            device_type: node.device_type.clone(),
            number: 0,
            met: Mutex::new((now, remote)),
            enrolled_at: node.token_at,
            protocol_version,
            out,
            close,
            told: Mutex::new(told),
            waiting: Mutex::default(),
            changing: Arc::default(),
            uploading: Arc::default(),
            points: Arc::default(),
            telling: Semaphore::new(TELLING_MAX),
        };
        (session, queue, closing)
    }

    pub(crate) fn connected_at(&self) -> Timestamp {
        hold(&self.met).0
    }
    pub(crate) fn remote(&self) -> Option<IpAddr> {
        hold(&self.met).1
    }
    /// For a mirror: when and from where the node came over there.
    pub(crate) fn meet(&self, at: Timestamp, remote: Option<IpAddr>) {
        *hold(&self.met) = (at, remote);
    }
    pub(crate) fn name(&self) -> String {
        hold(&self.node_name).clone()
    }
    pub(crate) fn end(&self, reason: CloseReason) {
        self.close.send_replace(Some(reason));
    }
    pub(crate) fn capabilities(&self) -> Vec<String> {
        hold(&self.told).capabilities.clone()
    }
}

/// The domain. One per process.
pub struct Nodes {
    pub(crate) platform: Platform,
    sessions: Sessions,
    numbers: AtomicU64,
    pub(crate) lockout: Mutex<Lockout>,
    pub(crate) rivals: Mutex<Rivals>,
    pub(crate) doorway: Doorway,
    /// Grows with every change worth showing.
    pub(crate) changes: watch::Sender<u64>,
    /// Grows when a node comes or goes.
    pub(crate) arrivals: watch::Sender<u64>,
    /// One writer of tunnels at a time; never held while a node is asked.
    pub(crate) tunnels: tokio::sync::Mutex<()>,
    /// Who tells, changes or removes a tunnel has its turn, by its id. Taken before `tunnels`.
    pub(crate) turns: Turns,
    /// What dashboards hear beside the state; a reader that lags misses the oldest.
    pub(crate) news: broadcast::Sender<Arc<News>>,
    pub(crate) traffic: Traffic,
    pub(crate) elsewhere: Elsewhere,
    /// What has series, by node: a node that comes again and again gets no more than one that stays.
    pub(crate) series: Mutex<HashMap<String, Arc<tokio::sync::Mutex<Series>>>>,
}

impl Nodes {
    pub(crate) fn new(platform: &Platform) -> Self {
        Self {
            platform: platform.clone(),
            sessions: Sessions::default(),
            numbers: AtomicU64::new(1),
            lockout: Mutex::default(),
            rivals: Mutex::default(),
            doorway: Doorway::default(),
            changes: watch::channel(0).0,
            arrivals: watch::channel(0).0,
            tunnels: tokio::sync::Mutex::default(),
            turns: Turns::default(),
            news: broadcast::channel(NEWS_KEPT).0,
            traffic: Traffic::default(),
            series: Mutex::default(),
            elsewhere: Elsewhere::new(argos_nodewire::uuid4(platform.rng.bytes())),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.platform.clock.now()
    }
    pub(crate) fn random_uuid(&self) -> String {
        argos_nodewire::uuid4(self.platform.rng.bytes())
    }
    pub(crate) fn seconds(&self, key: &str) -> Result<Duration> {
        Ok(Duration::from_secs(u64::try_from(self.platform.settings.i64(key)?).unwrap_or_default()))
    }

    /// Runs a change to its end, whether or not whoever asked for it still waits: a request is dropped with its connection,
    /// and a change that was dropped half-way would be neither taken back nor recorded.
    pub(crate) async fn to_the_end<T: Send + 'static>(&self, change: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
        run_to_the_end(&self.platform.tasks, change).await
    }

    pub(crate) fn changed(&self) {
        self.changes.send_modify(|n| *n = n.wrapping_add(1));
    }

    /// Here, or the mirror of one elsewhere.
    pub(crate) fn session(&self, node: &str) -> Option<Arc<Session>> {
        self.sessions.get(node)
    }
    /// Of the nodes that are connected to this process.
    pub(crate) fn own_session(&self, node: &str) -> Option<Arc<Session>> {
        self.session(node).filter(|s| s.there.is_none())
    }
    pub(crate) fn sessions(&self) -> Vec<Arc<Session>> {
        self.sessions.all()
    }
    pub(crate) fn own_sessions(&self) -> Vec<Arc<Session>> {
        self.sessions.own()
    }
    pub(crate) fn connections(&self) -> usize {
        self.sessions.count_own()
    }
    /// 502 when the node is not connected.
    pub(crate) fn connected(&self, node: &str) -> Result<Arc<Session>> {
        self.session(node).ok_or_else(|| not_connected(node))
    }

    /// Makes a session the one of its node; the one before, which is told that it is superseded.
    pub(crate) fn enter(&self, session: Session) -> (Arc<Session>, Option<Arc<Session>>) {
        let points = Arc::clone(hold(&self.series).entry(session.node_id.clone()).or_default());
        let session = Arc::new(Session { number: self.numbers.fetch_add(1, Ordering::Relaxed), points, ..session });
        let before = self.sessions.enter(&session);
        self.arrived();
        (session, before)
    }

    /// Shows a session of another process, unless this one has a newer.
    pub(crate) fn mirror(&self, session: Arc<Session>) {
        if self.sessions.mirror(session) {
            self.arrived();
        }
    }

    pub(crate) fn drop_mirrors(&self, gone: impl Fn(&Session) -> bool) {
        if self.sessions.drop_mirrors(gone) {
            self.arrived();
        }
    }

    /// Takes a session out, unless a newer one took its place; whether it was the one of its node.
    pub(crate) fn leave(&self, session: &Session) -> bool {
        let own = self.sessions.leave(session);
        *hold(&session.waiting) = Waiting::default();
        self.arrived();
        own
    }

    /// A node came or went.
    fn arrived(&self) {
        self.arrivals.send_modify(|n| *n = n.wrapping_add(1));
        self.changed();
    }

    /// The status to show: of the connection while there is one, else what is stored.
    pub(crate) fn status_of(&self, node: &Node) -> String {
        match self.session(&node.id) {
            Some(session) => hold(&session.told).health_word().as_str().to_owned(),
            None if matches!(node.status.as_str(), "online" | "degraded" | "error") && self.is_alone() => "offline".to_owned(),
            None => node.status.clone(),
        }
    }

    /// With the embedded database there is one process, so what it does not hold is not connected.
    pub(crate) fn is_alone(&self) -> bool {
        self.platform.store.engine() == argos_store::Engine::Sqlite
    }
}

async fn run_to_the_end<T: Send + 'static>(tasks: &Tasks, change: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
    let (tell, outcome) = oneshot::channel();
    // Nobody may be there any more to hear it.
    tasks.once("node-change", async move { drop(tell.send(change.await)) });
    outcome.await.map_err(|_| AppError::internal("the change of a node ended early"))?
}

pub(crate) fn not_connected(node: &str) -> AppError {
    AppError::new(argos_kernel::ErrorKind::Upstream, format!("Node {node} is not connected")).code("node_not_connected")
}

#[cfg(test)]
mod tests {
    use argos_kernel::{SeededRng, Shutdown, SystemClock};
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_change_goes_on_when_nobody_waits_for_it() {
        let tasks = Tasks::new(Arc::new(SystemClock), Arc::new(SeededRng::new(1)), Shutdown::new());
        let (answer, waits) = oneshot::channel::<()>();
        let (done, seen) = oneshot::channel();
        let change = async move {
            drop(waits.await);
            assert!(done.send("recorded").is_ok());
            Ok(())
        };
        let mut asked = Box::pin(run_to_the_end(&tasks, change));
        assert!(asked.as_mut().now_or_never().is_none());
        drop(asked);
        answer.send(()).unwrap();
        assert_eq!(seen.await, Ok("recorded"));
        let refused = run_to_the_end::<()>(&tasks, async { Err(AppError::not_found("gone")) }).await;
        assert_eq!(refused.unwrap_err().message(), "gone");
    }
}

//! The socket extensions connect to: who is connected, what was asked of each and waits for its answer. Lives in this process
//! only.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use argos_kernel::{AppError, ErrorKind, Result, Shutdown, Timestamp, Uid, hex};
use argos_web::{CloseFrame, Message};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Map, Value};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_util::sync::CancellationToken;

use super::recording::Recording;
use super::store::{self, Standing};
use super::wire::{self, ConsoleLine, Heard};
use crate::service::Testing;

/// The name of the listener.
pub(crate) const LISTENER: &str = "extension";
const ENABLED: &str = "quality.extension_bridge";
const PORT: &str = "quality.extension_bridge_port";
const HANDSHAKE: Duration = Duration::from_secs(10);
/// One request.
const ANSWER: Duration = Duration::from_secs(30);
/// Whoever does not read for so long is let go.
const UNREAD: Duration = Duration::from_secs(10);
/// How long the port is left alone that could not be had.
const AGAIN: Duration = Duration::from_secs(5);
/// How long nobody is accepted when the system could not.
const ACCEPT_AGAIN: Duration = Duration::from_millis(50);
/// At once, from the first byte on.
const CONNECTIONS_MAX: usize = 16;
/// Extensions that wait for a decision.
const WAITING_MAX: i64 = 20;
const REQUESTS_MAX: usize = 32;
/// A picture of a large screen.
const MESSAGE_MAX: usize = 32 << 20;
/// Of one that nobody approved: it greets, and nothing else of it is kept.
const STRANGER_MESSAGE_MAX: usize = 64 << 10;
const LINES_MAX: usize = 200;

/// What is asked of an extension.
struct Asked {
    action: String,
    tab: Option<i64>,
    params: Map<String, Value>,
    answer: oneshot::Sender<Result<Value, String>>,
}

/// An extension that is connected.
pub(crate) struct Connected {
    number: u64,
    approved: AtomicBool,
    asked: mpsc::Sender<Asked>,
    stop: CancellationToken,
    pub(crate) since: Timestamp,
    told: Mutex<Told>,
    /// What is recorded in one of its tabs.
    pub(super) recording: Mutex<Option<Recording>>,
}

#[derive(Clone, Default)]
pub(crate) struct Told {
    pub(crate) capabilities: Vec<String>,
    /// The newest last.
    pub(crate) console: VecDeque<ConsoleLine>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Connected {
    pub(crate) fn told(&self) -> Told {
        lock(&self.told).clone()
    }

    pub(super) fn is_over(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Waits until it is gone.
    pub(super) async fn over(&self) {
        self.stop.cancelled().await;
    }

    /// Asks for one thing; the error says why it was not done.
    pub(crate) async fn ask(&self, action: &str, tab: Option<i64>, params: Map<String, Value>) -> Result<Value> {
        if !self.approved.load(Ordering::Acquire) {
            return Err(AppError::conflict("The extension is not approved").code("extension_not_approved"));
        }
        let gone = || AppError::unavailable("The extension is not connected any more").code("extension_gone");
        let (answer, said) = oneshot::channel();
        let asked = Asked { action: action.to_owned(), tab, params, answer };
        self.asked.try_send(asked).map_err(|e| match e {
            mpsc::error::TrySendError::Full(_) => AppError::rate_limited("The extension has too much to do", 1).code("extension_busy"),
            mpsc::error::TrySendError::Closed(_) => gone(),
        })?;
        match timeout(ANSWER, said).await {
            Err(_) => Err(AppError::new(ErrorKind::UpstreamTimeout, "The extension did not answer within 30 s").code("extension_timeout")),
            Ok(Err(_)) => Err(gone()),
            Ok(Ok(said)) => said.map_err(|why| AppError::new(ErrorKind::Upstream, why).code("extension_refused")),
        }
    }
}

/// The connected extensions, by their row.
#[derive(Default)]
pub(crate) struct Bridge {
    connected: Mutex<HashMap<Uid, Arc<Connected>>>,
    next: AtomicU64,
    /// Why nobody listens.
    problem: Mutex<Option<String>>,
}

impl Bridge {
    pub(crate) fn find(&self, uid: Uid) -> Option<Arc<Connected>> {
        lock(&self.connected).get(&uid).cloned()
    }

    pub(crate) fn problem(&self) -> Option<String> {
        lock(&self.problem).clone()
    }

    /// Somebody decided: who was denied or forgotten is let go.
    pub(super) fn decided(&self, uid: Uid, approved: bool) {
        if let Some(connected) = self.find(uid) {
            connected.approved.store(approved, Ordering::Release);
            if !approved {
                connected.stop.cancel();
            }
        }
    }

    fn forget(&self, uid: Uid, number: u64) {
        let mut connected = lock(&self.connected);
        if connected.get(&uid).is_some_and(|c| c.number == number) {
            connected.remove(&uid);
        }
    }
}

/// Listens while the setting says so.
pub(crate) async fn run(testing: Arc<Testing>, stop: Shutdown) -> Result<()> {
    let mut changes = testing.settings().watch();
    loop {
        let mut again = None;
        if testing.settings().bool(ENABLED)? {
            let port = u16::try_from(testing.settings().i64(PORT)?).unwrap_or(0);
            match TcpListener::bind(("127.0.0.1", port)).await {
                Ok(listener) => {
                    if !serve(&testing, listener, port, &mut changes, &stop).await? {
                        return Ok(());
                    }
                    continue;
                }
                Err(error) => {
                    *lock(&testing.bridge.problem) = Some(format!("127.0.0.1:{port} cannot be listened on: {error}"));
                    again = Some(AGAIN);
                }
            }
        } else {
            *lock(&testing.bridge.problem) = None;
        }
        tokio::select! {
            () = stop.wait() => return Ok(()),
            changed = changes.changed() => if changed.is_err() { return Ok(()) },
            () = tokio::time::sleep(again.unwrap_or_default()), if again.is_some() => {}
        }
    }
}

/// Serves until the process ends, then it is false, or until the settings say something else than when `changes` was looked at.
async fn serve(
    testing: &Arc<Testing>,
    listener: TcpListener,
    port: u16,
    changes: &mut watch::Receiver<u64>,
    stop: &Shutdown,
) -> Result<bool> {
    let address = listener.local_addr().map_err(AppError::internal)?;
    testing.platform.listeners.set(LISTENER, address);
    *lock(&testing.bridge.problem) = None;
    tracing::info!(%address, "browser extensions may connect");
    let own = CancellationToken::new();
    let _ended = own.clone().drop_guard();
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        tokio::select! {
            () = stop.wait() => return Ok(false),
            changed = changes.changed() => {
                if changed.is_err() {
                    return Ok(false);
                }
                let same = testing.settings().bool(ENABLED)? && testing.settings().i64(PORT)? == i64::from(port);
                if !same {
                    return Ok(true);
                }
            }
            accepted = listener.accept() => {
                let stream = match accepted {
                    Ok((stream, _)) => stream,
                    Err(error) => {
                        tracing::warn!(%error, "accept failed");
                        if !stop.sleep(ACCEPT_AGAIN).await {
                            return Ok(false);
                        }
                        continue;
                    }
                };
                let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
                let (testing, stop) = (Arc::clone(testing), own.child_token());
                testing.clone().platform.tasks.once("browser-extension", async move {
                    greet(&testing, stream, stop).await;
                    drop(place);
                });
            }
        }
    }
}

/// The origin an extension says it is of; anything else is refused.
#[expect(clippy::result_large_err, reason = "the library wants the whole answer")]
fn origin_of(request: &Request, response: Response, origin: &mut String) -> std::result::Result<Response, ErrorResponse> {
    let said = request.headers().get("origin").and_then(|v| v.to_str().ok()).unwrap_or_default();
    if wire::is_extension(said) {
        said.trim_end_matches('/').clone_into(origin);
        return Ok(response);
    }
    let mut refused = ErrorResponse::new(Some("Only extensions of a browser may connect".to_owned()));
    *refused.status_mut() = tokio_tungstenite::tungstenite::http::StatusCode::FORBIDDEN;
    Err(refused)
}

async fn greet(testing: &Arc<Testing>, stream: TcpStream, stop: CancellationToken) {
    let config = WebSocketConfig::default().max_message_size(Some(MESSAGE_MAX)).max_frame_size(Some(MESSAGE_MAX));
    let mut origin = String::new();
    #[expect(clippy::result_large_err, reason = "the library wants the whole answer")]
    let check = |request: &Request, response: Response| origin_of(request, response, &mut origin);
    let accepted = timeout(HANDSHAKE, tokio_tungstenite::accept_hdr_async_with_config(stream, check, Some(config))).await;
    let Ok(Ok(mut socket)) = accepted else { return };
    let (db, now) = (&testing.platform.store.state, testing.platform.clock.now());
    let uid = Uid::mint(&*testing.platform.clock, &*testing.platform.rng);
    let known = match store::seen(db, uid, &origin, WAITING_MAX, now).await {
        Ok(known) => known.filter(|e| e.standing != Standing::Denied),
        Err(error) => {
            tracing::warn!(?error, "who an extension is could not be looked up");
            None
        }
    };
    let Some(known) = known else {
        let refused = CloseFrame { code: 4403.into(), reason: "denied".into() };
        drop(timeout(UNREAD, socket.close(Some(refused))).await);
        return;
    };
    let (asked, waiting) = mpsc::channel(REQUESTS_MAX);
    let connected = Arc::new(Connected {
        number: testing.bridge.next.fetch_add(1, Ordering::Relaxed),
        approved: AtomicBool::new(known.standing == Standing::Approved),
        asked,
        stop,
        since: now,
        told: Mutex::default(),
        recording: Mutex::default(),
    });
    // The newest connection of an extension counts: its service worker may have been started anew.
    if let Some(before) = lock(&testing.bridge.connected).insert(known.uid, Arc::clone(&connected)) {
        before.stop.cancel();
    }
    // Somebody may have decided between the look and now.
    match store::find(db, known.uid).await {
        // Never back: whoever approves after the look has told the connection already.
        Ok(Some(e)) if e.standing == Standing::Approved => connected.approved.store(true, Ordering::Release),
        Ok(Some(e)) if e.standing == Standing::Pending => {}
        _ => connected.stop.cancel(),
    }
    tracing::info!(origin, approved = connected.approved.load(Ordering::Relaxed), "a browser extension connected");
    converse(testing, &connected, &mut socket, waiting).await;
    connected.stop.cancel();
    testing.bridge.forget(known.uid, connected.number);
    drop(timeout(UNREAD, socket.close(None)).await);
}

/// Requests out, answers in, until one side has enough.
async fn converse(testing: &Testing, connected: &Connected, socket: &mut WebSocketStream<TcpStream>, mut asked: mpsc::Receiver<Asked>) {
    let mut open: HashMap<String, oneshot::Sender<Result<Value, String>>> = HashMap::new();
    let shutdown = testing.platform.tasks.shutdown().clone();
    loop {
        tokio::select! {
            () = connected.stop.cancelled() => return,
            () = shutdown.wait() => return,
            next = asked.recv() => {
                let Some(next) = next else { return };
                // Nobody waits for these any more.
                open.retain(|_, answer| !answer.is_closed());
                let id = hex(&testing.platform.rng.bytes::<8>());
                let text = wire::request(&id, &next.action, next.tab, &next.params);
                open.insert(id, next.answer);
                if !matches!(timeout(UNREAD, socket.send(Message::text(text))).await, Ok(Ok(()))) {
                    return;
                }
            }
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => take(connected, &mut open, &text),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {}
            },
        }
    }
}

fn take(connected: &Connected, open: &mut HashMap<String, oneshot::Sender<Result<Value, String>>>, text: &str) {
    // What is parsed takes many times its room.
    if text.len() > STRANGER_MESSAGE_MAX && !connected.approved.load(Ordering::Acquire) {
        connected.stop.cancel();
        return;
    }
    match wire::heard(text) {
        Some(Heard::Hello { capabilities }) => lock(&connected.told).capabilities = capabilities,
        Some(Heard::Answer { id, said }) => {
            if let Some(answer) = open.remove(&id) {
                // Who asked may have left.
                drop(answer.send(said));
            }
        }
        // What a browser nobody approved shows is not kept.
        Some(Heard::Console(line)) if connected.approved.load(Ordering::Acquire) => {
            let mut told = lock(&connected.told);
            if told.console.len() >= LINES_MAX {
                told.console.pop_front();
            }
            told.console.push_back(line);
        }
        Some(Heard::Console(_)) | None => {}
    }
}

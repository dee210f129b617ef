//! One pipe to one browser: numbers the calls, hands answers to who waits and events to the session they belong to.
//! Events reach a session's [`Sink`] on the reading task, in order and before any later answer, so state kept by a sink
//! is never behind what a call returned. A sink must not wait. Every queue here is bounded: the calls to be written (a
//! browser that does not read refuses new ones) and each stream of events (a slow reader loses the oldest and is told).

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use serde_json::value::RawValue;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::{broadcast, mpsc, oneshot, watch};

use crate::error::CdpError;
use crate::session::{Ended, Event, Session, SessionState};
use crate::task;
use crate::wire::{self, Incoming};

/// Calls that wait to be written.
const OUTBOX_MAX: usize = 8192;
/// Events a reader may be behind before the oldest are dropped for it.
const EVENTS_MAX: usize = 1024;

/// Takes the events of sessions. Called on the reading task: must be quick and must not wait.
pub(crate) trait Sink: Send + Sync {
    fn on_event(self: Arc<Self>, session: &Session, method: &str, params: &str);
    /// The session ended; no event follows.
    fn on_end(self: Arc<Self>, session: &Session, ended: Ended);
}

pub(crate) type Answer = Result<Box<RawValue>, CdpError>;

struct Call {
    session: Option<Arc<str>>,
    method: String,
    answer: oneshot::Sender<Answer>,
}

#[derive(Default)]
struct Table {
    calls: HashMap<u64, Call>,
    sessions: HashMap<Arc<str>, Arc<SessionState>>,
    /// How the browser ended.
    gone: Option<String>,
}

/// The state both ends of the pipe share.
pub(crate) struct Connection {
    outbox: mpsc::Sender<Vec<u8>>,
    last_id: AtomicU64,
    table: Mutex<Table>,
    root: Arc<SessionState>,
    gone: watch::Sender<bool>,
    unreadable: AtomicU64,
}

impl Connection {
    /// Starts to read and write. `obituary` is asked once the pipe ended and says how the browser did.
    pub(crate) fn start<R, W, O>(reader: R, mut writer: W, obituary: O) -> Arc<Self>
    where
        R: AsyncRead + Unpin + Send + 'static,
        W: AsyncWrite + Unpin + Send + 'static,
        O: Future<Output = String> + Send + 'static,
    {
        let (outbox, mut queue) = mpsc::channel::<Vec<u8>>(OUTBOX_MAX);
        let connection = Arc::new(Self {
            outbox,
            last_id: AtomicU64::new(0),
            table: Mutex::default(),
            root: Arc::new(SessionState::new(None, broadcast::channel(EVENTS_MAX).0)),
            gone: watch::Sender::new(false),
            unreadable: AtomicU64::new(0),
        });
        let mut gone = connection.gone.subscribe();
        task::spawn(async move {
            let mut batch = Vec::new();
            loop {
                tokio::select! {
                    taken = queue.recv_many(&mut batch, 64) => if taken == 0 { break },
                    _ = gone.wait_for(|gone| *gone) => break,
                }
                // The reading end notices a broken pipe and tells everybody.
                if writer.write_all(&batch.concat()).await.is_err() || writer.flush().await.is_err() {
                    break;
                }
                batch.clear();
            }
        });
        let reading = Arc::downgrade(&connection);
        task::spawn(async move {
            let mut reader = BufReader::with_capacity(64 << 10, reader);
            let mut buffer = Vec::new();
            let broken = loop {
                match wire::read(&mut reader, &mut buffer).await {
                    Ok(true) => match reading.upgrade() {
                        Some(connection) => connection.receive(&buffer),
                        None => return,
                    },
                    Ok(false) => break None,
                    Err(error) => break Some(error.to_string()),
                }
                // What a huge picture needed is not kept.
                if buffer.capacity() > 8 << 20 {
                    buffer = Vec::new();
                }
            };
            let how = obituary.await;
            if let Some(connection) = reading.upgrade() {
                connection.end(&broken.map_or(how.clone(), |broken| format!("{broken}; {how}")));
            }
        });
        connection
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session of the browser itself.
    pub(crate) fn root(self: &Arc<Self>) -> Session {
        Session::new(self.clone(), self.root.clone())
    }

    /// Resolves when the browser is gone.
    pub(crate) fn watch_end(&self) -> watch::Receiver<bool> {
        self.gone.subscribe()
    }

    pub(crate) fn gone(&self) -> Option<CdpError> {
        self.table().gone.clone().map(CdpError::BrowserGone)
    }

    /// Messages that were no protocol messages.
    pub(crate) fn unreadable(&self) -> u64 {
        self.unreadable.load(Ordering::Relaxed)
    }

    /// Opens the session the browser just announced, so that its first event finds its sink.
    pub(crate) fn open_session(self: &Arc<Self>, id: &str, sink: Weak<dyn Sink>) -> Session {
        let id: Arc<str> = id.into();
        let state = Arc::new(SessionState::new(Some(id.clone()), broadcast::channel(EVENTS_MAX).0));
        state.set_sink(sink);
        self.table().sessions.insert(id, state.clone());
        Session::new(self.clone(), state)
    }

    /// Ends a session: what waits for it fails, its sink hears of it.
    pub(crate) fn end_session(self: &Arc<Self>, id: &str, ended: Ended) {
        let (state, calls) = {
            let mut table = self.table();
            // A crashed target keeps its session until it is detached or comes back.
            let state = if ended == Ended::Crashed { table.sessions.get(id).cloned() } else { table.sessions.remove(id) };
            let ids: Vec<u64> =
                table.calls.iter().filter(|(_, call)| call.session.as_deref() == Some(id)).map(|(number, _)| *number).collect();
            (state, ids.into_iter().filter_map(|number| table.calls.remove(&number)).collect::<Vec<_>>())
        };
        if let Some(state) = &state {
            state.end(ended);
        }
        for call in calls {
            call.answer.send(Err(ended.error(&call.method))).ok();
        }
        if let Some(state) = state
            && let Some(sink) = state.sink()
        {
            sink.on_end(&Session::new(self.clone(), state), ended);
        }
    }

    /// Queues a call; its answer comes through the channel.
    pub(crate) fn submit<P: serde::Serialize>(
        &self,
        session: &SessionState,
        method: &str,
        params: &P,
    ) -> Result<(u64, oneshot::Receiver<Answer>), CdpError> {
        let (answer, receiver) = oneshot::channel();
        let id = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        let bytes = wire::encode(id, session.id(), method, params)
            .map_err(|error| CdpError::Invalid(format!("{method}: the parameters are no JSON: {error}")))?;
        {
            let mut table = self.table();
            if let Some(how) = &table.gone {
                return Err(CdpError::BrowserGone(how.clone()));
            }
            if let Some(ended) = session.ended() {
                return Err(ended.error(method));
            }
            table.calls.insert(id, Call { session: session.shared_id(), method: method.to_owned(), answer });
        }
        if let Err(error) = self.outbox.try_send(bytes) {
            self.forget(id);
            return Err(match error {
                mpsc::error::TrySendError::Full(_) => CdpError::Overloaded,
                mpsc::error::TrySendError::Closed(_) => {
                    self.gone().unwrap_or_else(|| CdpError::BrowserGone("its pipe is closed".to_owned()))
                }
            });
        }
        Ok((id, receiver))
    }

    /// Nobody waits for this answer any more.
    pub(crate) fn forget(&self, id: u64) {
        self.table().calls.remove(&id);
    }

    fn receive(self: &Arc<Self>, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        let Ok(message) = serde_json::from_str::<Incoming<'_>>(&text) else {
            self.unreadable.fetch_add(1, Ordering::Relaxed);
            return;
        };
        match (message.id, &message.method) {
            (Some(id), _) => self.answer(id, message),
            (None, Some(method)) => {
                let state = match &message.session_id {
                    Some(id) => self.table().sessions.get(id.as_str()).cloned(),
                    None => Some(self.root.clone()),
                };
                // Events of a session that just ended may still be in the pipe.
                if let Some(state) = state {
                    self.dispatch(state, method, message.params.map_or("{}", RawValue::get));
                }
            }
            (None, None) => {
                self.unreadable.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    fn answer(&self, id: u64, message: Incoming<'_>) {
        let Some(call) = self.table().calls.remove(&id) else { return };
        let answer = match (message.error, message.result) {
            (Some(refusal), _) => {
                let message = match refusal.data.as_ref().and_then(serde_json::Value::as_str) {
                    Some(data) => format!("{}: {data}", refusal.message),
                    None => refusal.message,
                };
                // The browser noticed before its event told us.
                if message.contains("Session with given id not found") {
                    Err(Ended::Closed.error(&call.method))
                } else {
                    Err(CdpError::Protocol { method: call.method, code: refusal.code, message })
                }
            }
            (None, Some(result)) => Ok(result.to_owned()),
            (None, None) => Err(CdpError::Unreadable { method: call.method, why: "neither a result nor an error".to_owned() }),
        };
        // Whoever asked may have gone.
        call.answer.send(answer).ok();
    }

    fn dispatch(self: &Arc<Self>, state: Arc<SessionState>, method: &str, params: &str) {
        state.publish(|| Event::new(method, params));
        let session = Session::new(self.clone(), state);
        if method == "Inspector.targetCrashed" {
            if let Some(id) = session.id() {
                self.end_session(id, Ended::Crashed);
            }
            return;
        }
        if let Some(sink) = session.state().sink() {
            sink.on_event(&session, method, params);
        }
    }

    fn end(self: &Arc<Self>, how: &str) {
        let (calls, sessions) = {
            let mut table = self.table();
            table.gone = Some(how.to_owned());
            (std::mem::take(&mut table.calls), std::mem::take(&mut table.sessions))
        };
        for (_, call) in calls {
            call.answer.send(Err(CdpError::BrowserGone(how.to_owned()))).ok();
        }
        for state in sessions.into_values().chain([self.root.clone()]) {
            state.end(Ended::Closed);
            if let Some(sink) = state.sink() {
                sink.on_end(&Session::new(self.clone(), state), Ended::Closed);
            }
        }
        self.gone.send_replace(true);
    }
}

#[cfg(test)]
#[path = "connection_tests.rs"]
mod tests;

//! One session: the browser itself, a page, a frame in a process of its own or a worker. Calls go out in the order they
//! are submitted; each has a time limit and fails with the name of its method.

use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::sync::{broadcast, oneshot};

use crate::connection::{Answer, Connection, Sink};
use crate::error::CdpError;
use crate::json;
use crate::protocol::{EventKind, Method};

/// How long a call may take unless its caller says otherwise.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    Closed,
    Crashed,
}

impl Ended {
    pub(crate) fn error(self, method: &str) -> CdpError {
        match self {
            Self::Closed => CdpError::TargetClosed { method: method.to_owned() },
            Self::Crashed => CdpError::TargetCrashed { method: method.to_owned() },
        }
    }
}

/// An event as the browser sent it.
#[derive(Clone, Debug)]
pub struct Event {
    pub method: String,
    /// The parameters, JSON.
    pub params: String,
}

impl Event {
    pub(crate) fn new(method: &str, params: &str) -> Self {
        Self { method: method.to_owned(), params: params.to_owned() }
    }

    /// The event as `E`, when it is one and can be read.
    pub fn read<E: EventKind>(&self) -> Option<E> {
        (self.method == E::NAME).then(|| json::parse(&self.params).ok()).flatten()
    }
}

/// Raw events of one session from the moment it was asked for.
pub struct Events(broadcast::Receiver<Arc<Event>>);

impl Events {
    /// The next event; how many were lost when the reader was too slow; `None` when the session ended.
    pub async fn next(&mut self) -> Option<Result<Arc<Event>, u64>> {
        match self.0.recv().await {
            Ok(event) => Some(Ok(event)),
            Err(broadcast::error::RecvError::Lagged(lost)) => Some(Err(lost)),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

pub(crate) struct SessionState {
    id: Option<Arc<str>>,
    /// Taken away at the end, which ends the streams.
    events: Mutex<Option<broadcast::Sender<Arc<Event>>>>,
    sink: OnceLock<Weak<dyn Sink>>,
    ended: OnceLock<Ended>,
}

impl SessionState {
    pub(crate) fn new(id: Option<Arc<str>>, events: broadcast::Sender<Arc<Event>>) -> Self {
        Self { id, events: Mutex::new(Some(events)), sink: OnceLock::new(), ended: OnceLock::new() }
    }

    pub(crate) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    pub(crate) fn shared_id(&self) -> Option<Arc<str>> {
        self.id.clone()
    }

    pub(crate) fn set_sink(&self, sink: Weak<dyn Sink>) {
        // The first stays: a session has one owner.
        self.sink.set(sink).ok();
    }

    pub(crate) fn sink(&self) -> Option<Arc<dyn Sink>> {
        self.sink.get().and_then(Weak::upgrade)
    }

    pub(crate) fn ended(&self) -> Option<Ended> {
        self.ended.get().copied()
    }

    pub(crate) fn end(&self, ended: Ended) {
        self.ended.set(ended).ok();
        if ended == Ended::Closed {
            self.events.lock().unwrap_or_else(PoisonError::into_inner).take();
        }
    }

    /// Makes the event only when somebody reads.
    pub(crate) fn publish(&self, event: impl FnOnce() -> Event) {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = events.as_ref()
            && sender.receiver_count() > 0
        {
            sender.send(Arc::new(event())).ok();
        }
    }
}

/// A handle to a session; clones are the same session.
#[derive(Clone)]
pub struct Session {
    connection: Arc<Connection>,
    state: Arc<SessionState>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("id", &self.id()).finish_non_exhaustive()
    }
}

impl Session {
    pub(crate) fn new(connection: Arc<Connection>, state: Arc<SessionState>) -> Self {
        Self { connection, state }
    }

    pub(crate) fn state(&self) -> &SessionState {
        &self.state
    }

    pub(crate) fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }

    /// The browser's name for it; the browser's own session has none.
    pub fn id(&self) -> Option<&str> {
        self.state.id()
    }

    pub fn ended(&self) -> Option<Ended> {
        self.state.ended()
    }

    /// Calls and waits for the answer, at most [`CALL_TIMEOUT`].
    pub async fn call<M: Method>(&self, params: &M) -> Result<M::Reply, CdpError> {
        self.submit(params)?.within(CALL_TIMEOUT).await
    }

    pub async fn call_within<M: Method>(&self, params: &M, limit: Duration) -> Result<M::Reply, CdpError> {
        self.submit(params)?.within(limit).await
    }

    /// Sends now, so that several calls go out in order before the first is answered.
    pub fn submit<M: Method>(&self, params: &M) -> Result<Pending<M>, CdpError> {
        Ok(Pending { raw: self.submit_raw(M::NAME, params)?, method: std::marker::PhantomData })
    }

    /// Any method by name, for what the typed subset does not know.
    pub async fn call_raw(&self, method: &str, params: &impl Serialize, limit: Duration) -> Result<Value, CdpError> {
        let answer = self.submit_raw(method, params)?.within(limit).await?;
        read_answer(method, &answer)
    }

    /// Sends and wants no answer. A lost session is no error here: its end is told elsewhere.
    pub(crate) fn send<M: Method>(&self, params: &M) {
        drop(self.submit_raw(M::NAME, params));
    }

    pub(crate) fn submit_raw(&self, method: &str, params: &impl Serialize) -> Result<RawPending, CdpError> {
        let (id, answer) = self.connection.submit(&self.state, method, params)?;
        Ok(RawPending { connection: self.connection.clone(), id, method: method.to_owned(), answer: Some(answer) })
    }

    /// Raw events from now on; empty once the session ended.
    pub fn events(&self) -> Events {
        let events = self.state.events.lock().unwrap_or_else(PoisonError::into_inner);
        Events(events.as_ref().map_or_else(|| broadcast::channel(1).1, broadcast::Sender::subscribe))
    }
}

fn read_answer<T: serde::de::DeserializeOwned>(method: &str, answer: &RawValue) -> Result<T, CdpError> {
    json::parse(answer.get()).map_err(|error| CdpError::Unreadable { method: method.to_owned(), why: error.to_string() })
}

/// A call that was sent. Dropping it forgets the answer, not the call.
pub struct Pending<M> {
    raw: RawPending,
    method: std::marker::PhantomData<fn() -> M>,
}

impl<M: Method> Pending<M> {
    pub async fn within(self, limit: Duration) -> Result<M::Reply, CdpError> {
        read_answer(M::NAME, &self.raw.within(limit).await?)
    }
}

pub(crate) struct RawPending {
    connection: Arc<Connection>,
    id: u64,
    method: String,
    answer: Option<oneshot::Receiver<Answer>>,
}

impl RawPending {
    pub(crate) async fn within(mut self, limit: Duration) -> Answer {
        let Some(answer) = self.answer.take() else { return Err(CdpError::Overloaded) };
        match tokio::time::timeout(limit, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(Ended::Closed.error(&self.method)),
            Err(_) => Err(CdpError::timeout(self.method.clone(), limit)),
        }
    }
}

impl Drop for RawPending {
    fn drop(&mut self) {
        // Also when the waiting was given up in the middle.
        self.connection.forget(self.id);
    }
}

//! What a page asked of the network and what came back, in order and bounded: the oldest exchanges go first and are
//! counted. Only a record: it decides nothing (that is `interception`).

use std::collections::{HashMap, VecDeque};

use tokio::time::Instant;

use crate::protocol::network::{LoadingFailed, LoadingFinished, RequestInfo, RequestWillBeSent, ResponseInfo, ResponseReceived};
use crate::session::Session;

/// Exchanges kept for a page unless its context says otherwise.
const EXCHANGES_MAX: usize = 5000;

/// One request and its answer; every hop of a redirect is one.
#[derive(Clone, Debug)]
pub struct Exchange {
    pub request_id: String,
    /// The document it belongs to; the document's own request has the same id.
    pub loader_id: String,
    pub frame_id: Option<String>,
    /// `Document`, `Script`, `XHR`, `Fetch`, ..
    pub kind: String,
    pub request: RequestInfo,
    pub response: Option<ResponseInfo>,
    /// Why there is no complete answer.
    pub failure: Option<String>,
    /// Seconds since the epoch.
    pub started_at: f64,
    /// Seconds on the browser's steady clock.
    pub sent: f64,
    pub received: Option<f64>,
    pub finished: Option<f64>,
    /// Bytes on the wire.
    pub encoded_bytes: Option<f64>,
    pub(crate) session: Session,
}

impl Exchange {
    pub fn url(&self) -> &str {
        &self.request.url
    }

    pub fn status(&self) -> Option<i64> {
        self.response.as_ref().map(|response| response.status)
    }

    /// It is the request of a document, not of something in it.
    pub fn is_document(&self) -> bool {
        self.kind == "Document" && self.request_id == self.loader_id
    }

    /// It holds a connection open by design, so that waiting for its end means nothing.
    fn is_endless(&self) -> bool {
        matches!(self.kind.as_str(), "EventSource" | "WebSocket" | "Ping" | "Prefetch")
    }
}

type Key = (Option<String>, String);

/// The exchanges of one page.
pub(crate) struct NetworkLog {
    exchanges: VecDeque<Exchange>,
    /// Number of the exchange an open request is at, counted from the first ever.
    open: HashMap<Key, u64>,
    /// What is under way, with its frame and document.
    waiting: HashMap<Key, (Option<String>, String)>,
    dropped: u64,
    max: usize,
    /// Since when nothing is under way.
    idle_since: Option<Instant>,
}

impl NetworkLog {
    pub(crate) fn new(max: Option<usize>) -> Self {
        let max = max.unwrap_or(EXCHANGES_MAX).max(1);
        Self {
            exchanges: VecDeque::new(),
            open: HashMap::new(),
            waiting: HashMap::new(),
            dropped: 0,
            max,
            idle_since: Some(Instant::now()),
        }
    }

    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        self.exchanges.iter().cloned().collect()
    }

    pub(crate) fn last_started(&self) -> Option<f64> {
        self.exchanges.iter().map(|exchange| exchange.started_at).reduce(f64::max)
    }

    /// When the newest of them was sent, on the browser's clock.
    pub(crate) fn last_sent(&self) -> Option<f64> {
        self.exchanges.back().map(|exchange| exchange.sent)
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }

    pub(crate) fn idle_since(&self) -> Option<Instant> {
        self.idle_since
    }

    /// The last answer for the document a loader brought.
    pub(crate) fn document(&self, loader_id: &str) -> Option<Exchange> {
        self.exchanges.iter().rev().find(|e| e.request_id == loader_id && e.response.is_some()).cloned()
    }

    pub(crate) fn clear(&mut self) {
        self.dropped += self.exchanges.len() as u64;
        self.exchanges.clear();
    }

    /// The exchange that begins; with it the one a redirect ended.
    pub(crate) fn sent(&mut self, session: &Session, event: RequestWillBeSent) -> (Exchange, Option<Exchange>) {
        let key = key(session, &event.request_id);
        let redirected = event.redirect_response.and_then(|response| {
            let exchange = self.open_exchange(&key)?;
            exchange.response = Some(response);
            exchange.received = Some(event.timestamp);
            exchange.finished = Some(event.timestamp);
            Some(exchange.clone())
        });
        let exchange = Exchange {
            request_id: event.request_id,
            loader_id: event.loader_id,
            frame_id: event.frame_id,
            kind: event.kind.unwrap_or_else(|| "Other".to_owned()),
            request: event.request,
            response: None,
            failure: None,
            started_at: event.wall_time,
            sent: event.timestamp,
            received: None,
            finished: None,
            encoded_bytes: None,
            session: session.clone(),
        };
        if !exchange.is_endless() {
            self.waiting.insert(key.clone(), (exchange.frame_id.clone(), exchange.loader_id.clone()));
            self.idle_since = None;
        }
        self.exchanges.push_back(exchange.clone());
        if self.exchanges.len() > self.max {
            self.exchanges.pop_front();
            self.dropped += 1;
        }
        self.open.insert(key, self.dropped + self.exchanges.len() as u64 - 1);
        (exchange, redirected)
    }

    pub(crate) fn received(&mut self, session: &Session, event: ResponseReceived) -> Option<Exchange> {
        let key = key(session, &event.request_id);
        // The end of a fetch is only told once the page has read the body, which it may never do.
        if event.kind == "Fetch" {
            self.waiting.remove(&key);
            self.note_idle();
        }
        let exchange = self.open_exchange(&key)?;
        exchange.response = Some(event.response);
        exchange.received = Some(event.timestamp);
        if !event.kind.is_empty() {
            exchange.kind = event.kind;
        }
        Some(exchange.clone())
    }

    pub(crate) fn finished(&mut self, session: &Session, event: &LoadingFinished) -> Option<Exchange> {
        self.close(&key(session, &event.request_id), |exchange| {
            exchange.finished = Some(event.timestamp);
            exchange.encoded_bytes = Some(event.encoded_data_length);
        })
    }

    pub(crate) fn failed(&mut self, session: &Session, event: &LoadingFailed) -> Option<Exchange> {
        self.close(&key(session, &event.request_id), |exchange| {
            exchange.finished = Some(event.timestamp);
            exchange.failure = Some(event.error_text.clone());
        })
    }

    /// What a session asked for will not be answered any more.
    pub(crate) fn session_ended(&mut self, session: &Session) {
        let id = session.id().map(str::to_owned);
        self.waiting.retain(|key, _| key.0 != id);
        self.open.retain(|key, _| key.0 != id);
        self.note_idle();
    }

    /// A frame has a new document: what the old one asked for is not waited for. The browser does not always say that it
    /// gave up a navigation that was overtaken.
    pub(crate) fn committed(&mut self, frame_id: &str, is_main: bool, loader_id: &str) {
        self.waiting.retain(|_, (frame, loader)| loader == loader_id || (!is_main && frame.as_deref() != Some(frame_id)));
        self.note_idle();
    }

    pub(crate) fn frame_gone(&mut self, frame_id: &str) {
        self.waiting.retain(|_, (frame, _)| frame.as_deref() != Some(frame_id));
        self.note_idle();
    }

    fn close(&mut self, key: &Key, change: impl FnOnce(&mut Exchange)) -> Option<Exchange> {
        let closed = self.open_exchange(key).map(|exchange| {
            change(exchange);
            exchange.clone()
        });
        self.open.remove(key);
        self.waiting.remove(key);
        self.note_idle();
        closed
    }

    fn note_idle(&mut self) {
        if self.waiting.is_empty() && self.idle_since.is_none() {
            self.idle_since = Some(Instant::now());
        }
    }

    fn open_exchange(&mut self, key: &Key) -> Option<&mut Exchange> {
        let number = *self.open.get(key)?;
        let index = usize::try_from(number.checked_sub(self.dropped)?).ok()?;
        self.exchanges.get_mut(index)
    }
}

fn key(session: &Session, request_id: &str) -> Key {
    (session.id().map(str::to_owned), request_id.to_owned())
}

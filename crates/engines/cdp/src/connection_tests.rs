//! The connection against a peer that is a piece of memory: what Chromium never does on demand.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, ReadHalf, WriteHalf, duplex, split};

use super::{Connection, Sink};
use crate::error::CdpError;
use crate::protocol::browser::GetVersion;
use crate::session::{Ended, Events, Session};

struct Peer {
    reader: BufReader<ReadHalf<DuplexStream>>,
    writer: WriteHalf<DuplexStream>,
}

impl Peer {
    async fn read(&mut self) -> Value {
        let mut bytes = Vec::new();
        self.reader.read_until(0, &mut bytes).await.unwrap();
        bytes.pop();
        serde_json::from_slice(&bytes).unwrap()
    }

    async fn write(&mut self, value: Value) {
        self.writer.write_all(format!("{value}\0").as_bytes()).await.unwrap();
    }
}

fn pair() -> (Arc<Connection>, Peer) {
    let (near, far) = duplex(1 << 16);
    let (near_reader, near_writer) = split(near);
    let (reader, writer) = split(far);
    let connection = Connection::start(near_reader, near_writer, async { "killed by signal 9".to_owned() });
    (connection, Peer { reader: BufReader::new(reader), writer })
}

#[derive(Default)]
struct Seen {
    methods: Mutex<Vec<String>>,
    ended: AtomicUsize,
}

impl Sink for Seen {
    fn on_event(self: Arc<Self>, _: &Session, method: &str, _: &str) {
        self.methods.lock().unwrap().push(method.to_owned());
    }
    fn on_end(self: Arc<Self>, _: &Session, _: Ended) {
        self.ended.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn answers_out_of_order_reach_who_asked() {
    let (connection, mut peer) = pair();
    let root = connection.root();
    let first = root.submit(&GetVersion {}).unwrap();
    let second = root.submit(&GetVersion {}).unwrap();
    let (a, b) = (peer.read().await["id"].clone(), peer.read().await["id"].clone());
    peer.write(json!({"id": b, "result": {"product": "B", "new": 1}})).await;
    peer.write(json!({"id": a, "result": {"product": "A"}})).await;
    assert_eq!(first.within(Duration::from_secs(5)).await.unwrap().product, "A");
    assert_eq!(second.within(Duration::from_secs(5)).await.unwrap().product, "B");
}

#[tokio::test]
async fn refusal_names_its_method_and_garbage_is_skipped() {
    let (connection, mut peer) = pair();
    let root = connection.root();
    let call = root.submit(&GetVersion {}).unwrap();
    let id = peer.read().await["id"].clone();
    peer.writer.write_all(b"garbage\0{}\0[1]\0").await.unwrap();
    peer.write(json!({"id": 999, "result": {}})).await;
    peer.write(json!({"id": id, "error": {"code": -32602, "message": "Invalid parameters", "data": "url: string expected"}})).await;
    let error = call.within(Duration::from_secs(5)).await.unwrap_err();
    assert_eq!(error.to_string(), "Browser.getVersion was refused: Invalid parameters: url: string expected (-32602)");
    assert_eq!(connection.unreadable(), 3);
}

/// A session whose events somebody hears.
fn heard(connection: &Arc<Connection>) -> (Arc<Seen>, Session, Events) {
    let seen = Arc::new(Seen::default());
    let sink: Arc<dyn Sink> = seen.clone();
    let session = connection.open_session("S", Arc::downgrade(&sink));
    let raw = session.events();
    (seen, session, raw)
}

#[tokio::test]
async fn events_reach_the_sink_before_the_answer_that_follows() {
    let (connection, mut peer) = pair();
    let (seen, session, mut raw) = heard(&connection);
    let call = session.submit(&GetVersion {}).unwrap();
    let id = peer.read().await["id"].clone();
    peer.write(json!({"method": "A.one", "params": {"x": "y"}, "sessionId": "S"})).await;
    peer.write(json!({"method": "A.foreign", "params": {}, "sessionId": "T"})).await;
    peer.write(json!({"method": "A.two", "sessionId": "S"})).await;
    peer.write(json!({"id": id, "result": {}, "sessionId": "S"})).await;
    call.within(Duration::from_secs(5)).await.unwrap();
    assert_eq!(*seen.methods.lock().unwrap(), ["A.one", "A.two"]);
    assert_eq!(raw.next().await.unwrap().unwrap().params, r#"{"x":"y"}"#);
}

#[tokio::test]
async fn ended_session_fails_what_waits_and_what_comes_after() {
    let (connection, mut peer) = pair();
    let (seen, session, mut raw) = heard(&connection);
    let call = session.submit(&GetVersion {}).unwrap();
    peer.read().await;
    connection.end_session("S", Ended::Closed);
    let closed = CdpError::TargetClosed { method: "Browser.getVersion".to_owned() };
    assert_eq!(call.within(Duration::from_secs(5)).await.unwrap_err(), closed);
    assert_eq!(session.call(&GetVersion {}).await.unwrap_err(), closed);
    assert!(raw.next().await.is_none());
    assert_eq!(seen.ended.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn crash_of_the_target_is_told_apart_from_its_end() {
    let (connection, mut peer) = pair();
    let seen = Arc::new(Seen::default());
    let sink: Arc<dyn Sink> = seen.clone();
    let session = connection.open_session("S", Arc::downgrade(&sink));
    let call = session.submit(&GetVersion {}).unwrap();
    peer.read().await;
    peer.write(json!({"method": "Inspector.targetCrashed", "params": {}, "sessionId": "S"})).await;
    assert!(matches!(call.within(Duration::from_secs(5)).await.unwrap_err(), CdpError::TargetCrashed { .. }));
    assert_eq!(session.ended(), Some(Ended::Crashed));
}

#[tokio::test]
async fn closed_pipe_tells_everybody_how_the_browser_ended() {
    let (connection, peer) = pair();
    let call = connection.root().submit(&GetVersion {}).unwrap();
    let mut gone = connection.watch_end();
    drop(peer);
    let gone_error = CdpError::BrowserGone("killed by signal 9".to_owned());
    assert_eq!(call.within(Duration::from_secs(5)).await.unwrap_err(), gone_error);
    gone.wait_for(|gone| *gone).await.unwrap();
    assert_eq!(connection.root().call(&GetVersion {}).await.unwrap_err(), gone_error);
}

#[tokio::test]
async fn browser_that_does_not_read_refuses_calls_instead_of_filling_memory() {
    let (connection, _peer) = pair();
    let root = connection.root();
    let mut error = None;
    // The duplex holds 64 KiB, the queue 8192 calls; nobody reads.
    for _ in 0..40_000 {
        match root.submit(&GetVersion {}) {
            Ok(pending) => drop(pending),
            Err(e) => {
                error = Some(e);
                break;
            }
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(error, Some(CdpError::Overloaded));
}

#[tokio::test]
async fn call_without_an_answer_times_out_by_name() {
    let (connection, _peer) = pair();
    let error = connection.root().call_within(&GetVersion {}, Duration::ZERO).await.unwrap_err();
    assert_eq!(error.to_string(), "Browser.getVersion took longer than 0 ms");
}

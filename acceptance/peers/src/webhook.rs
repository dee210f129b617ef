//! An HTTP/1.1 receiver inside the test process: it records what is posted to it and can be told
//! to fail.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::loopback::Loopback;
use crate::wait::wait_until;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Received {
    /// Method.
    pub method: String,
    /// Request target with its query.
    pub target: String,
    /// Headers with their names as sent.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
    /// When it was complete.
    pub at: Instant,
    /// The status it was answered with.
    pub answered: u16,
}

impl Received {
    /// First value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body as JSON, `Null` when it is something else.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

#[derive(Debug, Default)]
struct State {
    received: Vec<Received>,
    failures: Vec<u16>,
    failing_word: String,
    /// Where every request is sent on to, instead of an answer.
    redirect: Option<String>,
}

/// The receiver; it stops when dropped.
#[derive(Debug)]
pub struct WebhookReceiver {
    listener: Loopback,
    state: Arc<Mutex<State>>,
}

impl WebhookReceiver {
    /// Starts a receiver on a free loopback port.
    ///
    /// # Panics
    /// When no port can be bound.
    #[must_use]
    pub fn start() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        Self { listener: Loopback::start(move |stream, _| serve(&stream, &shared)), state }
    }

    /// A receiver that answers every request with a redirect.
    ///
    /// # Panics
    /// When no port can be bound.
    #[must_use]
    pub fn redirecting(to: &str) -> Self {
        let receiver = Self::start();
        lock(&receiver.state).redirect = Some(to.to_owned());
        receiver
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.listener.address
    }

    /// `http://127.0.0.1:PORT/path`.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.listener.address)
    }

    /// Answers the next `count` requests with `status`.
    pub fn fail_next(&self, count: usize, status: u16) {
        self.fail_next_about("", count, status);
    }

    /// Answers the next `count` requests whose body contains `word` with `status`; others are not touched.
    pub fn fail_next_about(&self, word: &str, count: usize, status: u16) {
        let mut state = lock(&self.state);
        state.failures = vec![status; count];
        word.clone_into(&mut state.failing_word);
    }

    /// Everything received so far.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        lock(&self.state).received.clone()
    }

    /// Waits until at least `count` requests have come and returns all.
    ///
    /// # Panics
    /// When they do not come within `limit`.
    #[track_caller]
    #[must_use]
    pub fn wait_received(&self, count: usize, limit: Duration) -> Vec<Received> {
        wait_until(&format!("{count} requests at the webhook receiver"), limit, || lock(&self.state).received.len() >= count);
        self.received()
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(stream: &TcpStream, state: &Mutex<State>) {
    drop(stream.set_read_timeout(Some(Duration::from_secs(30))));
    let mut reader = BufReader::new(stream);
    while let Some(mut request) = read_request(&mut reader) {
        let (status, redirect) = {
            let mut state = lock(state);
            let redirect = state.redirect.clone();
            let concerned = String::from_utf8_lossy(&request.body).contains(&state.failing_word);
            let good = if redirect.is_some() { 302 } else { 200 };
            let status = if concerned { state.failures.pop().unwrap_or(good) } else { good };
            request.answered = status;
            state.received.push(request);
            (status, redirect.map_or_else(String::new, |to| format!("Location: {to}\r\n")))
        };
        let answer = format!("HTTP/1.1 {status} Answer\r\nContent-Type: text/plain\r\n{redirect}Content-Length: 2\r\n\r\nok");
        let mut writer = stream;
        if writer.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

pub(crate) fn read_request(reader: &mut impl BufRead) -> Option<Received> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|count| *count > 0)?;
    let mut parts = line.split_whitespace();
    let (method, target) = (parts.next()?.to_owned(), parts.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':')?;
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    let named = |wanted: &str| headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, v)| v.clone());
    let mut body = Vec::new();
    if let Some(length) = named("content-length").and_then(|value| value.parse::<usize>().ok()) {
        body.resize(length, 0);
        reader.read_exact(&mut body).ok()?;
    } else if named("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
        loop {
            let mut size = String::new();
            reader.read_line(&mut size).ok()?;
            let size = usize::from_str_radix(size.trim(), 16).ok()?;
            let mut chunk = vec![0; size + 2];
            reader.read_exact(&mut chunk).ok()?;
            if size == 0 {
                break;
            }
            body.extend_from_slice(&chunk[..size]);
        }
    }
    Some(Received { method, target, headers, body, at: Instant::now(), answered: 0 })
}

//! The applications that tests of web pages are run against: the files of the engine's fixtures folder, and the few
//! answers they ask a server for. Each connection has a thread; it stops when dropped.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

/// Longest request body that is read.
const BODY_BYTES_MAX: usize = 8 << 20;
/// The length of the answer of `/huge`.
pub const HUGE_BYTES: usize = 50 << 20;
/// Who may sign in.
pub const USER: &str = "ana@example.org";
/// Their password.
pub const PASSWORD: &str = "correct horse";

#[derive(Default)]
struct State {
    orders: AtomicUsize,
    /// Requests to `/api/flaky`.
    flaky: AtomicUsize,
    signed_in: Mutex<Option<String>>,
    /// What of the site to be explored must never be asked: method and target of each request.
    touched: Mutex<Vec<String>>,
    /// Documents that a test put there, by path.
    put: Mutex<Vec<(String, String)>>,
}

impl State {
    /// What a test put at a path last.
    fn document(&self, path: &str) -> Option<Vec<u8>> {
        let put = self.put.lock().unwrap_or_else(PoisonError::into_inner);
        put.iter().rev().find(|(at, _)| at == path).map(|(_, document)| document.clone().into_bytes())
    }
}

/// The server.
pub struct FixtureSite {
    address: SocketAddr,
    stopping: Arc<AtomicBool>,
    state: Arc<State>,
}

impl std::fmt::Debug for FixtureSite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FixtureSite({})", self.address)
    }
}

struct Asked {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

struct Reply {
    status: &'static str,
    kind: &'static str,
    headers: String,
    body: Vec<u8>,
}

impl FixtureSite {
    /// Starts it on a free port of the loopback interface.
    ///
    /// # Panics
    /// When no port can be bound.
    #[must_use]
    pub fn start() -> Self {
        Self::start_at(0)
    }

    /// Starts it on `port`.
    ///
    /// # Panics
    /// When the port cannot be bound.
    #[must_use]
    pub fn start_at(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).expect("the port is free");
        let address = listener.local_addr().expect("a bound listener has an address");
        let stopping = Arc::new(AtomicBool::new(false));
        let (stop, state) = (stopping.clone(), Arc::new(State::default()));
        let shared = state.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stop.load(Ordering::SeqCst) {
                    break;
                }
                let state = state.clone();
                std::thread::spawn(move || serve(&stream, &state));
            }
        });
        Self { address, stopping, state: shared }
    }

    /// The address of a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Serves a document of the test's own at a path.
    pub fn put(&self, path: &str, document: &str) {
        self.state.put.lock().unwrap_or_else(PoisonError::into_inner).push((path.to_owned(), document.to_owned()));
    }

    /// What was asked of the places below `/explore/api/` that delete, send or sign out.
    #[must_use]
    pub fn touched(&self) -> Vec<String> {
        self.state.touched.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where the files are.
    #[must_use]
    pub fn folder() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/engines/webtest/fixtures")
    }
}

impl Drop for FixtureSite {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for a connection.
        drop(TcpStream::connect(self.address));
    }
}

fn serve(stream: &TcpStream, state: &State) {
    let mut reader = BufReader::new(stream);
    while let Some(asked) = read(&mut reader) {
        if asked.target == "/never" {
            // No answer at all, until the other side gives up.
            continue;
        }
        let Some(reply) = answer(&asked, state) else { return };
        let head = format!(
            "HTTP/1.1 {}\r\ncontent-type: {}\r\ncontent-length: {}\r\ncache-control: no-store\r\n{}\r\n",
            reply.status,
            reply.kind,
            reply.body.len(),
            reply.headers
        );
        let mut writer = stream;
        if writer.write_all(head.as_bytes()).and_then(|()| writer.write_all(&reply.body)).is_err() {
            return;
        }
    }
}

fn read(reader: &mut impl BufRead) -> Option<Asked> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut words = line.split(' ').map(str::to_owned);
    let (method, target) = (words.next()?, words.next()?);
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) => headers.push((name.to_lowercase(), value.trim().to_owned())),
            None => break,
        }
    }
    let length = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
    let mut body = vec![0; usize::min(length, BODY_BYTES_MAX)];
    reader.read_exact(&mut body).ok()?;
    Some(Asked { method, target, headers, body })
}

fn json_reply(status: &'static str, value: &Value) -> Reply {
    Reply { status, kind: "application/json", headers: String::new(), body: value.to_string().into_bytes() }
}

/// `None` breaks the connection.
fn answer(asked: &Asked, state: &State) -> Option<Reply> {
    let path = asked.target.split(['?', '#']).next().unwrap_or("/");
    let sent: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    if let Some(body) = state.document(path) {
        return Some(Reply { status: "200 OK", kind: "text/html; charset=utf-8", headers: String::new(), body });
    }
    Some(match path {
        "/api/login" if sent["email"] == USER && sent["password"] == PASSWORD => {
            *state.signed_in.lock().unwrap_or_else(PoisonError::into_inner) = Some(USER.to_owned());
            let mut reply = json_reply("200 OK", &json!({ "email": USER }));
            reply.headers = "set-cookie: session=fixture; Path=/; HttpOnly\r\n".to_owned();
            reply
        }
        "/api/login" => json_reply("401 Unauthorized", &json!({ "error": "wrong e-mail or password" })),
        "/api/me" if header(asked, "cookie").contains("session=fixture") => json_reply("200 OK", &json!({ "email": USER })),
        "/api/me" => json_reply("401 Unauthorized", &json!({ "error": "not signed in" })),
        _ if path.starts_with("/explore/api/") => {
            let request = format!("{} {}", asked.method, asked.target);
            state.touched.lock().unwrap_or_else(PoisonError::into_inner).push(request);
            json_reply("200 OK", &json!({ "ok": true }))
        }
        "/api/products" => json_reply("200 OK", &products()),
        "/api/orders" => {
            let number = 1000 + state.orders.fetch_add(1, Ordering::SeqCst);
            json_reply("200 OK", &json!({ "number": number, "items": sent["items"], "name": sent["name"] }))
        }
        // Every third answer is good.
        "/api/flaky" if state.flaky.fetch_add(1, Ordering::SeqCst) % 3 != 2 => {
            json_reply("503 Service Unavailable", &json!({ "error": "try again" }))
        }
        "/api/flaky" => json_reply("200 OK", &json!({ "ok": true })),
        "/api/broken" => json_reply("500 Internal Server Error", &json!({ "error": "broken" })),
        "/api/break" => return None,
        "/api/echo" => {
            let headers: serde_json::Map<String, Value> =
                asked.headers.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
            json_reply("200 OK", &json!({ "method": asked.method, "headers": headers, "json": sent }))
        }
        "/favicon.ico" => Reply { status: "204 No Content", kind: "image/png", headers: String::new(), body: Vec::new() },
        "/redirect" => {
            let to = asked.target.split_once("to=").map(|(_, to)| to.replace("%3A", ":").replace("%2F", "/")).unwrap_or_default();
            Reply { status: "302 Found", kind: "text/plain", headers: format!("location: {to}\r\n"), body: Vec::new() }
        }
        "/huge" => Reply { status: "200 OK", kind: "text/plain", headers: String::new(), body: vec![b'x'; HUGE_BYTES] },
        "/hostile-name" => Reply {
            status: "200 OK",
            kind: "application/octet-stream",
            headers:
                "content-disposition: attachment; filename=\"..%2F..%2Fetc/passwd\"; filename*=UTF-8''..%2F..%2Fevil%E2%80%AEgpj.sh\r\n"
                    .to_owned(),
            body: b"#!/bin/sh\n".to_vec(),
        },
        "/report.csv" => Reply {
            status: "200 OK",
            kind: "text/csv",
            headers: "content-disposition: attachment; filename=\"report.csv\"\r\n".to_owned(),
            body: b"fruit,price\nApple,1.20\n".to_vec(),
        },
        _ if path.starts_with("/spa/") => file("/spa.html"),
        _ => file(path),
    })
}

fn header<'a>(asked: &'a Asked, name: &str) -> &'a str {
    asked.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
}

fn products() -> Value {
    let names = ["Apple", "Banana", "Cherry", "Date", "Elderberry", "Fig", "Grape", "Lemon"];
    let price = |index: usize| f64::from(u32::try_from(index).unwrap_or_default()) * 0.5 + 1.0;
    names.iter().enumerate().map(|(index, name)| json!({ "id": index + 1, "name": name, "price": price(index) })).collect()
}

fn file(path: &str) -> Reply {
    let relative = Path::new(path.trim_start_matches('/'));
    let relative = if relative.as_os_str().is_empty() { Path::new("login.html") } else { relative };
    let inside = relative.components().all(|part| matches!(part, Component::Normal(_)));
    let kind = match relative.extension().and_then(|end| end.to_str()) {
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        Some("png") => "image/png",
        _ => "text/html; charset=utf-8",
    };
    match inside.then(|| std::fs::read(FixtureSite::folder().join(relative))) {
        Some(Ok(body)) => Reply { status: "200 OK", kind, headers: String::new(), body },
        _ => Reply { status: "404 Not Found", kind: "text/plain", headers: String::new(), body: b"not here".to_vec() },
    }
}

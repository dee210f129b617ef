//! A proxy on a free port, a scripted backend that remembers every byte of what it got, and raw exchanges.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use argos_proxy::{Config, HostConfig, ListenerConfig, Options, PoolConfig, Proxy, Reports, TargetConfig};
use rustls::RootCertStore;

pub(crate) const LIMIT: Duration = Duration::from_secs(20);

/// A running proxy.
pub(crate) struct Stage {
    pub(crate) proxy: Proxy,
    pub(crate) reports: Reports,
    pub(crate) address: SocketAddr,
}

impl Stage {
    pub(crate) fn start(config: &Config) -> Self {
        Self::trusting(RootCertStore::empty(), config)
    }

    /// Backends with certificates of these authorities are believed.
    pub(crate) fn trusting(roots: RootCertStore, config: &Config) -> Self {
        let options = Options { threads: 2, roots };
        let (proxy, reports) = Proxy::start(config, &options).unwrap();
        let address = proxy.addresses()[0];
        Self { proxy, reports, address }
    }

    /// `app.test` in front of one backend.
    pub(crate) fn before(port: u16) -> Self {
        Self::start(&config(port))
    }

    /// Sends a GET for `app.test` with these header lines and returns the whole answer.
    pub(crate) fn get(&self, path: &str, headers: &str) -> String {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n{headers}\r\n"))
    }

    /// Sends bytes on a connection of their own and returns all that comes back.
    pub(crate) fn send(&self, bytes: impl AsRef<[u8]>) -> String {
        exchange(self.address, bytes.as_ref())
    }
}

pub(crate) fn listener() -> ListenerConfig {
    ListenerConfig { address: "127.0.0.1:0".parse().unwrap(), tls: false, proxy_protocol: Vec::new() }
}

pub(crate) fn pool(port: u16) -> PoolConfig {
    PoolConfig::new(1, "backends", vec![TargetConfig::new(1, "127.0.0.1", port)])
}

pub(crate) fn config(port: u16) -> Config {
    Config { listeners: vec![listener()], pools: vec![pool(port)], hosts: vec![HostConfig::new(7, "app.test", 1)], ..Config::default() }
}

pub(crate) fn exchange(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    // The proxy may answer and close before it has read everything.
    drop(stream.write_all(bytes));
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer));
    String::from_utf8_lossy(&answer).into_owned()
}

/// Reads until the bytes end so, and returns them.
pub(crate) fn read_until(stream: &mut TcpStream, end: &[u8]) -> Vec<u8> {
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    let (mut read, mut byte) = (Vec::new(), [0u8]);
    while !read.ends_with(end) && matches!(stream.read(&mut byte), Ok(1)) {
        read.push(byte[0]);
    }
    read
}

/// The status of a raw answer, 0 when there is none.
pub(crate) fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0)
}

/// The body of a raw answer.
pub(crate) fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

/// A backend that answers as its script says.
pub(crate) struct Backend {
    pub(crate) port: u16,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Backend {
    /// `script` gets the head of a request and the connection behind it; the connection goes on while it says so.
    pub(crate) fn start(script: impl Fn(&str, &mut TcpStream) -> bool + Send + Sync + 'static) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (heads, script) = (Arc::clone(&seen), Arc::new(script));
        std::thread::spawn(move || {
            for stream in socket.incoming().map_while(Result::ok) {
                let (heads, script) = (Arc::clone(&heads), Arc::clone(&script));
                std::thread::spawn(move || converse(stream, &heads, &*script));
            }
        });
        Self { port, seen }
    }

    /// Answers every request with 200 and a short body, and keeps the connection.
    pub(crate) fn simple() -> Self {
        Self::start(|_, stream| stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").is_ok())
    }

    /// Takes every request and answers none.
    pub(crate) fn silent() -> Self {
        Self::start(|_, stream| {
            drop(read_until(stream, b"never"));
            false
        })
    }

    /// The heads of all requests so far, in lower case.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    /// The head of the only request.
    pub(crate) fn only(&self) -> String {
        let seen = self.seen();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen[0].clone()
    }
}

fn converse(mut stream: TcpStream, heads: &Mutex<Vec<String>>, script: &dyn Fn(&str, &mut TcpStream) -> bool) {
    loop {
        let mut head = Vec::new();
        let mut byte = [0u8];
        while !head.ends_with(b"\r\n\r\n") {
            match stream.read(&mut byte) {
                Ok(1) => head.push(byte[0]),
                _ => return,
            }
        }
        let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
        heads.lock().unwrap().push(head.clone());
        if !script(&head, &mut stream) {
            return;
        }
    }
}

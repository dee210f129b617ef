//! What the contests share: the engine as a process, nginx with the same certificate, a client that speaks TLS.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use argos_peers::{Nginx, wait_for};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};
use tempfile::TempDir;

use super::serve::HOST;
use crate::{Outcome, process};

/// Threads of each contestant.
pub(super) const THREADS: usize = 2;

/// A certificate for the name that is asked for, in files.
pub(super) struct Pair {
    dir: TempDir,
}

impl Pair {
    pub(super) fn new() -> Outcome<Self> {
        let dir = TempDir::new()?;
        let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?;
        let (certificate, key) = argos_tls::self_signed(&[HOST.to_owned()], now - 60, 30)?;
        std::fs::write(dir.path().join("cert.pem"), certificate)?;
        std::fs::write(dir.path().join("key.pem"), key)?;
        Ok(Self { dir })
    }

    pub(super) fn certificate(&self) -> PathBuf {
        self.dir.path().join("cert.pem")
    }

    pub(super) fn key(&self) -> PathBuf {
        self.dir.path().join("key.pem")
    }
}

/// The engine in a process of its own; a line to it is a reload.
pub(super) struct Ours {
    child: Child,
    input: Option<ChildStdin>,
    pub(super) plain: SocketAddr,
    pub(super) tls: SocketAddr,
}

impl Ours {
    pub(super) fn start(backend: u16, pair: &Pair) -> Outcome<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["proxy.serve", &backend.to_string(), &THREADS.to_string()]).arg(pair.certificate()).arg(pair.key());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        let mut address = || -> Outcome<SocketAddr> { Ok(lines.next().ok_or("it does not tell where it listens")??.parse()?) };
        let (plain, tls) = (address()?, address()?);
        Ok(Self { input: child.stdin.take(), child, plain, tls })
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(super) fn reload(&mut self) -> Outcome {
        Ok(self.input.as_mut().ok_or("no input")?.write_all(b"reload\n")?)
    }

    pub(super) fn stop(mut self) -> Outcome {
        drop(self.input.take());
        let end = self.child.wait()?;
        if end.success() { Ok(()) } else { Err(format!("the engine ended with {end}").into()) }
    }
}

/// nginx as a proxy on one port, plain or with TLS.
pub(super) fn nginx(backend: u16, tls: Option<&Pair>) -> Nginx {
    let path = |path: &Path| path.display().to_string();
    let secure = tls.map(|pair| {
        let (certificate, key) = (path(&pair.certificate()), path(&pair.key()));
        // Every handshake is a full one on both sides.
        format!("ssl_certificate {certificate}; ssl_certificate_key {key}; ssl_session_tickets off; ssl_session_cache off; ")
    });
    let listen = if tls.is_some() { "ssl reuseport" } else { "reuseport" };
    Nginx::start(THREADS, |port, _| {
        format!(
            "keepalive_requests 1000000000;\nupstream backend {{ server 127.0.0.1:{backend}; keepalive 64; keepalive_requests 1000000000; }}\n\
             server {{ listen 127.0.0.1:{port} {listen}; server_name {HOST}; {} location / {{ proxy_pass http://backend; proxy_http_version 1.1; \
             proxy_set_header Connection \"\"; proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto $scheme; \
             proxy_set_header X-Forwarded-Host $http_host; proxy_max_temp_file_size 0; }} }}",
            secure.clone().unwrap_or_default()
        )
    })
}

pub(super) fn cpu(pids: &[u32]) -> Outcome<Duration> {
    pids.iter().map(|pid| process::cpu_time(*pid)).sum()
}

/// A server and its workers. It listens before it has them all, and the work of one that is missed would not be counted.
pub(super) fn family(pid: u32) -> Outcome<Vec<u32>> {
    let children = format!("/proc/{pid}/task/{pid}/children");
    wait_for("the workers of the server", Duration::from_secs(10), || {
        let found = std::fs::read_to_string(&children).ok()?;
        let workers: Vec<u32> = found.split_whitespace().filter_map(|child| child.parse().ok()).collect();
        (workers.len() == THREADS).then(|| Ok(std::iter::once(pid).chain(workers).collect()))
    })
}

/// A client that takes any certificate and resumes nothing.
pub(super) fn client() -> Outcome<Arc<ClientConfig>> {
    let builder = ClientConfig::builder_with_provider(argos_tls::provider()).with_safe_default_protocol_versions()?;
    let any = Arc::<argos_tls::AnyCertificate>::default();
    let mut config = builder.dangerous().with_custom_certificate_verifier(any).with_no_client_auth();
    config.resumption = rustls::client::Resumption::disabled();
    Ok(Arc::new(config))
}

/// A new connection with TLS on which one request was answered with 200.
pub(super) fn ask(address: SocketAddr, config: &Arc<ClientConfig>) -> Outcome<TcpStream> {
    let mut socket = TcpStream::connect(address)?;
    socket.set_nodelay(true)?;
    let mut session = ClientConnection::new(Arc::clone(config), ServerName::try_from(HOST)?)?;
    let mut stream = rustls::Stream::new(&mut session, &mut socket);
    stream.write_all(format!("GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n").as_bytes())?;
    let mut answer = Vec::new();
    let mut piece = [0; 1_024];
    while !answer.ends_with(b"xx") {
        let read = stream.read(&mut piece)?;
        if read == 0 {
            return Err("the connection ended before its answer".into());
        }
        answer.extend_from_slice(&piece[..read]);
    }
    if !answer.starts_with(b"HTTP/1.1 200") {
        return Err(format!("an answer is {}", String::from_utf8_lossy(&answer)).into());
    }
    Ok(socket)
}

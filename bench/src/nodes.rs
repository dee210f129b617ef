//! Media nodes: many of them connected to the real binary, each sending its figures once a second, while one dashboard and
//! one reader of the API look on. The nodes are lean tasks of this process, so they cost it little; a node that the server
//! drops ends the run.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use argos_peers::{ArgosConfig, Client, Database};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::{Outcome, process, report};

const NODES: usize = 3_000;
const FLOWS: usize = 4;
const LENGTH: Duration = Duration::from_secs(30);
/// Nodes that knock at the same time; the server lets two hundred wait.
const AT_ONCE: usize = 64;

/// One masked text frame; the mask is zero, so the bytes are those of the text.
fn frame(text: &str) -> Vec<u8> {
    let mut out = vec![0x81];
    match text.len() {
        n @ 0..=125 => out.push(0x80 | u8::try_from(n).unwrap_or_default()),
        n => {
            out.push(0xff);
            out.extend_from_slice(&(n as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(text.as_bytes());
    out
}

async fn open(address: SocketAddr, path: &str, header: &str) -> Result<TcpStream, String> {
    let mut stream = TcpStream::connect(address).await.map_err(|e| e.to_string())?;
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{header}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.map_err(|e| e.to_string())?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.map_err(|e| e.to_string())?);
    }
    if head.starts_with(b"HTTP/1.1 101") { Ok(stream) } else { Err(String::from_utf8_lossy(&head).into_owned()) }
}

fn stats() -> String {
    let flow = |n: usize| {
        json!({ "flow_id": format!("f{n}"), "flow_name": format!("Flow {n}"), "state": "Running", "health": "Healthy", "outputs": [],
            "input": { "input_type": "srt", "bitrate_bps": 2_000_000, "packets_lost": 1, "packets_received": 999, "srt_stats": { "rtt_ms": 41 } } })
    };
    json!({ "type": "stats", "payload": { "flows": (0..FLOWS).map(flow).collect::<Vec<_>>(), "uptime_secs": 60 } }).to_string()
}

/// One node: comes with its token and sends figures until it is told to end.
async fn node(
    address: SocketAddr,
    number: usize,
    token: String,
    door: Arc<Semaphore>,
    mut end: watch::Receiver<bool>,
) -> Result<(), String> {
    let forwarded = format!("X-Forwarded-For: 10.{}.{}.{}", number >> 16, (number >> 8) & 255, number & 255);
    let mut stream = {
        let _place = door.acquire().await.map_err(|e| e.to_string())?;
        let mut stream = open(address, "/ws/node", &forwarded).await?;
        let auth = json!({ "type": "auth", "payload": { "registration_token": token, "protocol_version": 4 } }).to_string();
        stream.write_all(&frame(&auth)).await.map_err(|e| e.to_string())?;
        let mut first = [0; 512];
        let count = stream.read(&mut first).await.map_err(|e| e.to_string())?;
        if !first.get(..count).is_some_and(|f| f.windows(12).any(|w| w == b"register_ack")) {
            return Err("a node was refused".to_owned());
        }
        stream
    };
    let figures = frame(&stats());
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    let mut heard = [0; 2_048];
    loop {
        tokio::select! {
            _ = tick.tick() => stream.write_all(&figures).await.map_err(|e| e.to_string())?,
            count = stream.read(&mut heard) => if matches!(count, Ok(0) | Err(_)) { return Err("a node was dropped".to_owned()) },
            _ = end.changed() => return Ok(()),
        }
    }
}

/// Counts the bytes of one dashboard.
async fn dashboard(address: SocketAddr, bearer: String, seen: Arc<AtomicU64>) -> Result<(), String> {
    let mut stream = open(address, "/ws/dashboard", &format!("Authorization: Bearer {bearer}")).await?;
    let mut buffer = vec![0; 1 << 16];
    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
        seen.fetch_add(count as u64, Ordering::Relaxed);
    }
    Ok(())
}

fn read_api(client: &Client, path: &str) -> Vec<f64> {
    let (began, mut took) = (Instant::now(), Vec::new());
    while began.elapsed() < LENGTH {
        let asked = Instant::now();
        client.get(path).expect_status(200);
        took.push(asked.elapsed().as_secs_f64() * 1_000.0);
        std::thread::sleep(Duration::from_millis(50));
    }
    took.sort_by(f64::total_cmp);
    took
}

pub(crate) fn run() -> Outcome {
    let config = ArgosConfig::with_database(Database::Sqlite).env("ARGOS_HTTP_RATE_LIMITING", "false");
    let argos = config.env("ARGOS_TRUSTED_PROXIES", "127.0.0.1").try_start().map_err(|e| e.to_string())?;
    let (client, address) = (argos.admin(), argos.address());
    let mut tokens = Vec::with_capacity(NODES);
    let mut first = String::new();
    for n in 0..NODES {
        let made = client.post("/api/v1/nodes", json!({ "name": format!("node {n:04}") })).expect_status(201).json();
        first = made["id"].as_str().unwrap_or_default().to_owned();
        tokens.push(made["registration_token"].as_str().unwrap_or_default().to_owned());
    }
    let before = process::rss_mib(argos.pid())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let (end_all, end) = watch::channel(false);
    let (seen, door) = (Arc::new(AtomicU64::new(0)), Arc::new(Semaphore::new(AT_ONCE)));
    let mut nodes = JoinSet::new();
    let began = Instant::now();
    for (number, token) in tokens.into_iter().enumerate() {
        nodes.spawn_on(node(address, number, token, Arc::clone(&door), end.clone()), runtime.handle());
    }
    let online = || client.get("/api/v1/nodes?status=online").expect_status(200).json().as_array().map_or(0, Vec::len);
    while online() < NODES {
        if began.elapsed() > Duration::from_secs(180) {
            return Err(format!("only {} of {NODES} nodes are online", online()).into());
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    report::figure("nodes.enrol", began.elapsed().as_secs_f64(), "s until 3000 nodes were online");
    let bearer = client.bearer().unwrap_or_default().to_owned();
    let looking = runtime.spawn(dashboard(address, bearer, Arc::clone(&seen)));
    let (cpu, bytes) = (process::cpu_time(argos.pid())?, seen.load(Ordering::Relaxed));
    let took = read_api(&client, &format!("/api/v1/nodes/{first}"));
    let cpu = process::cpu_time(argos.pid())?.saturating_sub(cpu);
    let at = |share: usize| took.get(took.len() * share / 100).copied().unwrap_or_default();
    report::figure("nodes.api_p50", at(50), "ms for one node while 3000 send once a second");
    report::figure("nodes.api_p95", at(95), "ms of the same");
    report::figure("nodes.cpu", cpu.as_secs_f64() / LENGTH.as_secs_f64(), "cores");
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let rate = (seen.load(Ordering::Relaxed) - bytes) as f64 / LENGTH.as_secs_f64() / 1e6;
    report::figure("nodes.dashboard", rate, "MB/s to one dashboard");
    report::figure("nodes.memory", process::rss_mib(argos.pid())? - before, "MiB more than before they connected");
    if online() < NODES {
        return Err(format!("only {} of {NODES} nodes stayed online", online()).into());
    }
    end_all.send_replace(true);
    runtime.block_on(async {
        while let Some(ended) = nodes.join_next().await {
            ended.map_err(|e| e.to_string())??;
        }
        Ok::<(), String>(())
    })?;
    looking.abort();
    argos.stop();
    Ok(())
}

//! Media nodes: three thousand of them connected to the real binary over TLS, each sending its figures once a second and its
//! health every fifteen, while one dashboard, one reader of the API and one person who gives commands look on; then the
//! server is restarted. The nodes are lean tasks of this process. A node that the server drops ends the run, and so does a
//! frame that the server did not count.

mod board;
mod device;
mod link;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use argos_peers::{Argos, ArgosConfig, Client, Database};
use serde_json::json;
use tokio::runtime::Runtime;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::{Outcome, process, report};
use device::{Fleet, Phase};

const NODES: usize = 3_000;
const LENGTH: Duration = Duration::from_secs(45);
/// Nodes that enrol at the same time; the server judges twenty of one address at once and lets a thousand of it wait.
const AT_ONCE: usize = 64;
const PATIENCE: Duration = Duration::from_secs(180);

/// What is asked of the server meanwhile.
struct Asked {
    /// Milliseconds, ascending.
    reads: Vec<f64>,
    commands: Vec<f64>,
}

fn at(sorted: &[f64], percent: usize) -> f64 {
    sorted.get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

/// Reads nodes and gives commands in turn, each to another node.
fn ask(client: &Client, ids: &[String]) -> Asked {
    let (began, mut reads, mut commands) = (Instant::now(), Vec::new(), Vec::new());
    let took = |asked: Instant| asked.elapsed().as_secs_f64() * 1_000.0;
    for id in ids.iter().step_by(7).cycle() {
        if began.elapsed() >= LENGTH {
            break;
        }
        let asked = Instant::now();
        client.get(&format!("/api/v1/nodes/{id}")).expect_status(200);
        reads.push(took(asked));
        let asked = Instant::now();
        client.post(&format!("/api/v1/nodes/{id}/command"), json!({ "action": { "type": "list_media" } })).expect_status(200);
        commands.push(took(asked));
        std::thread::sleep(Duration::from_millis(25));
    }
    Asked { reads: sorted(reads), commands: sorted(commands) }
}

fn start() -> Result<Argos, String> {
    let config = ArgosConfig::with_database(Database::Sqlite).arg("--tls-listen=127.0.0.1:0");
    let config = config.env("ARGOS_HTTP_RATE_LIMITING", "false").env("ARGOS_TRUSTED_PROXIES", "127.0.0.1");
    config.try_start().map_err(|e| e.to_string())
}

fn https(argos: &Argos) -> Result<SocketAddr, String> {
    argos.ready()["https"].as_str().and_then(|a| a.parse().ok()).ok_or_else(|| "no HTTPS listener".to_owned())
}

fn until(what: &str, done: impl Fn() -> bool) -> Result<Duration, String> {
    let began = Instant::now();
    while !done() {
        if began.elapsed() > PATIENCE {
            return Err(format!("not in {} s: {what}", PATIENCE.as_secs()));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(began.elapsed())
}

fn online(client: &Client) -> usize {
    client.get("/api/v1/nodes?status=online").expect_status(200).json().as_array().map_or(0, Vec::len)
}

/// Frames of nodes that the server took in, by its own figures.
fn taken(client: &Client) -> u64 {
    let text = client.get("/metrics").expect_status(200).text();
    let count = |line: &str| line.strip_prefix("argos_nodes_frames_total ").and_then(|n| n.parse::<f64>().ok());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
    text.lines().find_map(count).map_or(0, |n| n as u64)
}

pub(crate) fn run() -> Outcome {
    let argos = start()?;
    let client = argos.admin();
    let (mut tokens, mut ids) = (Vec::with_capacity(NODES), Vec::with_capacity(NODES));
    for n in 0..NODES {
        let made = client.post("/api/v1/nodes", json!({ "name": format!("node {n:04}") })).expect_status(201).json();
        ids.push(made["id"].as_str().unwrap_or_default().to_owned());
        tokens.push(made["registration_token"].as_str().unwrap_or_default().to_owned());
    }
    let before = process::rss_mib(argos.pid())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let fleet = Arc::new(Fleet {
        tls: link::trusting(&std::fs::read(argos.data_dir().join("tls/self-signed.crt"))?)?,
        address: watch::channel(https(&argos)?).0,
        phase: watch::channel(Phase::Live).0,
        door: Semaphore::new(AT_ONCE),
        clock: Instant::now(),
        proven: AtomicUsize::new(0),
        sent: AtomicU64::new(0),
        refused: AtomicU64::new(0),
        stalled_us: AtomicU64::new(0),
    });
    let mut nodes = JoinSet::new();
    let began = Instant::now();
    for (number, token) in tokens.into_iter().enumerate() {
        nodes.spawn_on(device::run(Arc::clone(&fleet), number, token), runtime.handle());
    }
    until("all are online", || online(&client) == NODES)?;
    report::figure("nodes.enrol", began.elapsed().as_secs_f64(), "s until 3000 nodes were online");
    load(&argos, &client, &runtime, &fleet, &ids)?;
    report::figure("nodes.memory", process::rss_mib(argos.pid())? - before, "MiB more than before they connected");
    // The server counts what it reads, so it has the last one soon after it was sent.
    fleet.phase.send_replace(Phase::Quiet);
    let all = || fleet.sent.load(Ordering::Relaxed);
    until("every frame is counted", || taken(&client) == all())?;
    report::figure("nodes.frames", count(all()), "frames sent and taken in, none dropped");
    if online(&client) < NODES {
        return Err(format!("only {} of {NODES} nodes stayed online", online(&client)).into());
    }
    let argos = restart(argos, &fleet)?;
    swap(&argos, &runtime, &fleet)?;
    fleet.phase.send_replace(Phase::End);
    runtime.block_on(async {
        while let Some(ended) = nodes.join_next().await {
            ended.map_err(|e| e.to_string())??;
        }
        Ok::<(), String>(())
    })?;
    argos.stop();
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a count")]
fn count(n: u64) -> f64 {
    n as f64
}

fn load(argos: &Argos, client: &Client, runtime: &Runtime, fleet: &Arc<Fleet>, ids: &[String]) -> Outcome {
    let seen = board::Shared::default();
    let bearer = client.bearer().unwrap_or_default().to_owned();
    let looking = runtime.spawn(board::watch(argos.address(), bearer, Arc::clone(fleet), NODES, Arc::clone(&seen)));
    until("the dashboard shows the figures of all", || seen.lock().is_ok_and(|s| s.whole > 0))?;
    let (cpu, _before) = (process::cpu_time(argos.pid())?, board::take(&seen));
    let asked = ask(client, ids);
    let cpu = process::cpu_time(argos.pid())?.saturating_sub(cpu);
    let seen = board::take(&seen);
    looking.abort();
    if seen.short > 0 || seen.ages.is_empty() {
        return Err(format!("{} frames of the dashboard lacked nodes", seen.short).into());
    }
    let ages = sorted(seen.ages);
    report::figure("nodes.api_p50", at(&asked.reads, 50), "ms for one node while 3000 send once a second");
    report::figure("nodes.api_p95", at(&asked.reads, 95), "ms of the same");
    report::figure("nodes.command_p50", at(&asked.commands, 50), "ms for a command to a node and back");
    report::figure("nodes.command_p99", at(&asked.commands, 99), "ms of the same");
    report::figure("nodes.cpu", cpu.as_secs_f64() / LENGTH.as_secs_f64(), "cores");
    report::figure("nodes.dashboard", count(seen.bytes as u64) / LENGTH.as_secs_f64() / 1e6, "MB/s to one dashboard");
    report::figure("nodes.age_p50", at(&ages, 50), "ms old are the figures on a dashboard");
    report::figure("nodes.age_max", ages.last().copied().unwrap_or_default(), "ms the oldest of them");
    let stalled = count(fleet.stalled_us.load(Ordering::Relaxed)) / 1_000.0;
    report::figure("nodes.stalled", stalled, "ms the longest that a node waited to get rid of a frame");
    Ok(())
}

/// Another certificate while all are connected: none is dropped, and who comes then is shown the new one.
fn swap(argos: &Argos, runtime: &Runtime, fleet: &Fleet) -> Result<(), String> {
    fleet.phase.send_replace(Phase::Live);
    let dir = tempfile::tempdir().map_err(|e| e.to_string())?;
    let file = |name: &str| dir.path().join(name);
    let words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=swapped -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE";
    let mut openssl = std::process::Command::new("openssl");
    let made = openssl.args(words.split(' ')).arg("-out").arg(file("crt")).arg("-keyout").arg(file("key")).output();
    if !made.map_err(|e| e.to_string())?.status.success() {
        return Err("openssl made no certificate".to_owned());
    }
    let read = |name: &str| std::fs::read_to_string(file(name)).map_err(|e| e.to_string());
    let (cert, key) = (read("crt")?, read("key")?);
    let (sent, address) = (fleet.sent.load(Ordering::Relaxed), https(argos)?);
    let answer = argos.admin().post("/api/v1/settings/tls/upload", json!({ "cert_pem": cert, "key_pem": key })).expect_status(200).json();
    if answer["success"] != true {
        return Err(format!("the certificate was refused: {answer}"));
    }
    let tls = link::trusting(cert.as_bytes())?;
    runtime.block_on(link::Link::open(address, Some(&tls), "/ws/node", ""))?;
    // Each of them says something on its connection of before.
    until("all speak on", || fleet.sent.load(Ordering::Relaxed) >= sent + 3 * NODES as u64)?;
    let kept = fleet.proven.load(Ordering::Relaxed);
    report::figure("nodes.swap", count(kept as u64), "of 3000 nodes stayed connected while the certificate was replaced");
    if kept == NODES { Ok(()) } else { Err("nodes were dropped".to_owned()) }
}

/// Every node dials again five seconds after the goodbye, all of them at once.
fn restart(argos: Argos, fleet: &Fleet) -> Result<Argos, String> {
    fleet.phase.send_replace(Phase::Restart);
    let stopped = argos.stop();
    let began = Instant::now();
    let argos = stopped.config.try_start().map_err(|e| e.to_string())?;
    let ready = Instant::now();
    fleet.refused.store(0, Ordering::Relaxed);
    fleet.address.send_replace(https(&argos)?);
    until("all are back", || fleet.proven.load(Ordering::Relaxed) == NODES)?;
    report::figure("nodes.back", began.elapsed().as_secs_f64(), "s until all had proved themselves again, from the start of the server");
    report::figure("nodes.back_ready", ready.elapsed().as_secs_f64(), "s of the same, from its ready line");
    report::figure("nodes.back_refused", count(fleet.refused.load(Ordering::Relaxed)), "attempts that failed meanwhile");
    Ok(argos)
}

//! The engine, nginx and Caddy in turn in front of one nginx that answers 64 bytes: requests a second, processor time
//! for each request, and the 99th percentile of the answer times, with both cores full and at a rate that leaves room.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use argos_peers::{packages, process as peer};
use tempfile::TempDir;

use super::serve::HOST;
use super::stage::{self, Ours, Pair, THREADS};
use crate::{Outcome, report};

/// Length of one run, after a shorter one to warm up.
const SECONDS: u32 = 10;
const CONNECTIONS: u32 = 32;
/// Requests a second of each connection in the run that leaves room: 16 000 together.
const STEADY_EACH: u32 = 500;

/// What a run showed.
struct Figures {
    per_second: f64,
    cpu_us: f64,
    p99_us: f64,
    /// At a rate that leaves room.
    steady_p99_us: f64,
}

/// What wrk says of one run.
pub(super) struct Load {
    pub(super) requests: f64,
    pub(super) p99_us: f64,
}

pub(super) fn run(backend: u16) -> Outcome {
    let pair = Pair::new()?;
    let process = Ours::start(backend, &pair)?;
    let ours = measure("argos", &[process.pid()], process.plain.port())?;
    process.stop()?;
    report::figure("proxy.per_second", ours.per_second, "1/s");
    let nginx = stage::nginx(backend, None);
    let theirs = measure("nginx", &stage::family(nginx.pid())?, nginx.port())?;
    report::against("proxy.cpu_per_request", ours.cpu_us, "us", "nginx", theirs.cpu_us);
    report::against("proxy.p99", ours.p99_us, "us", "nginx", theirs.p99_us);
    report::against("proxy.steady_p99", ours.steady_p99_us, "us", "nginx", theirs.steady_p99_us);
    drop(nginx);
    match caddy(backend) {
        Ok((mut child, port, dir)) => {
            let theirs = measure("caddy", &[child.id()], port);
            child.kill()?;
            child.wait()?;
            drop(dir);
            let theirs = theirs?;
            report::against("proxy.cpu_per_request", ours.cpu_us, "us", "caddy", theirs.cpu_us);
            report::against("proxy.p99", ours.p99_us, "us", "caddy", theirs.p99_us);
            report::against("proxy.steady_p99", ours.steady_p99_us, "us", "caddy", theirs.steady_p99_us);
        }
        Err(error) => report::problem(&format!("proxy: without Caddy: {error}")),
    }
    Ok(())
}

/// Loads one contestant with wrk; every answer must be a 200.
fn measure(name: &str, pids: &[u32], port: u16) -> Outcome<Figures> {
    load(name, port, 2)?;
    let before = stage::cpu(pids)?;
    let Load { requests, p99_us } = load(name, port, SECONDS)?;
    let used = stage::cpu(pids)?.saturating_sub(before);
    let cpu_us = used.as_secs_f64() * 1e6 / requests;
    Ok(Figures { per_second: requests / f64::from(SECONDS), cpu_us, p99_us, steady_p99_us: steady(name, port)? })
}

/// The 99th percentile of the answer times at a fixed rate.
fn steady(name: &str, port: u16) -> Outcome<f64> {
    let h2load = packages::require("h2load", &["nghttp2-client"], || peer::find_program(&["h2load"], &[]))?;
    let dir = TempDir::new()?;
    let log = dir.path().join("requests.tsv");
    let (url, place) = (format!("http://{HOST}:{port}/"), format!("--connect-to=127.0.0.1:{port}"));
    let (connections, rate) = (format!("-c{CONNECTIONS}"), format!("--rps={STEADY_EACH}"));
    let (length, file) = (format!("-D{SECONDS}"), format!("--log-file={}", log.display()));
    peer::run(&h2load, &["--h1", "-t2", &connections, &rate, &length, "--warm-up-time=2", &file, &place, &url], &[])?;
    let mut times = Vec::new();
    for line in std::fs::read_to_string(&log)?.lines() {
        let mut fields = line.split('\t').skip(1);
        if fields.next() != Some("200") {
            return Err(format!("{name} answered {line}").into());
        }
        times.push(fields.next().ok_or("h2load tells no time")?.trim().parse::<u32>()?);
    }
    let asked = CONNECTIONS * STEADY_EACH * SECONDS;
    if times.len() * 10 < asked as usize * 9 {
        return Err(format!("{name} answered {} of {asked} requests", times.len()).into());
    }
    times.sort_unstable();
    Ok(f64::from(times[times.len() * 99 / 100]))
}

/// A time as wrk writes it.
pub(super) fn micros(text: &str) -> Outcome<f64> {
    let units = [("us", 1.0), ("ms", 1e3), ("s", 1e6)];
    let found = units.iter().find_map(|(unit, factor)| Some(text.strip_suffix(unit)?.parse::<f64>().ok()? * factor));
    found.ok_or_else(|| format!("wrk says {text} for a time").into())
}

/// One run of wrk.
pub(super) fn load(name: &str, port: u16, seconds: u32) -> Outcome<Load> {
    let wrk = packages::require("wrk", &["wrk"], || peer::find_program(&["wrk"], &[]))?;
    let (url, host) = (format!("http://127.0.0.1:{port}/"), format!("Host: {HOST}"));
    let out = peer::run(&wrk, &["-t2", &format!("-c{CONNECTIONS}"), &format!("-d{seconds}s"), "--latency", "-H", &host, &url], &[])?;
    if out.contains("Non-2xx") || out.contains("Socket errors") {
        return Err(format!("{name}: {out}").into());
    }
    let line = out.lines().find(|l| l.contains(" requests in ")).ok_or("wrk tells no requests")?;
    let requests: f64 = line.split_whitespace().next().ok_or("wrk tells no requests")?.parse()?;
    if requests < 1.0 {
        return Err(format!("{name} answered nothing").into());
    }
    let p99 = out.lines().find_map(|l| l.trim().strip_prefix("99%")).ok_or("wrk tells no 99th percentile")?;
    Ok(Load { requests, p99_us: micros(p99.trim())? })
}

fn caddy(backend: u16) -> Outcome<(Child, u16, TempDir)> {
    let program = packages::require("caddy", &["caddy"], || peer::find_program(&["caddy"], &[]))?;
    let (dir, port) = (TempDir::new()?, argos_peers::free_port());
    let file = dir.path().join("Caddyfile");
    std::fs::write(
        &file,
        format!("{{\n admin off\n}}\nhttp://{HOST}:{port} {{\n bind 127.0.0.1\n reverse_proxy 127.0.0.1:{backend}\n}}\n"),
    )?;
    let mut command = Command::new(program);
    command.args(["run", "--adapter", "caddyfile", "--config"]).arg(&file).env("HOME", dir.path()).env("GOMAXPROCS", THREADS.to_string());
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let until = Instant::now() + Duration::from_secs(10);
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        if Instant::now() > until {
            return Err("it does not listen".into());
        }
        std::thread::yield_now();
    }
    Ok((child, port, dir))
}

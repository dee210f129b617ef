//! The engine, nginx and Caddy before one nginx that answers 64 bytes: requests a second, processor time for each request, and
//! the 99th percentile of the answer times, with both cores full and at a rate that leaves room. All are up; each round asks
//! one after the other, and the middle one of the rounds counts: the percentile of one run of nginx may be thrice that of the
//! next.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use argos_peers::{packages, process as peer};
use tempfile::TempDir;

use super::serve::HOST;
use super::stage::{self, Ours, Pair, THREADS};
use crate::{Outcome, report};

const ROUNDS: usize = 5;
/// Length of one run, after a shorter one to warm up.
const SECONDS: u32 = 4;
const CONNECTIONS: u32 = 32;
/// Requests a second of each connection in the run that leaves room: 16 000 together.
const STEADY_EACH: u32 = 500;

/// Who is asked, and what its runs showed.
struct Contestant {
    name: &'static str,
    port: u16,
    pids: Vec<u32>,
    per_second: Vec<f64>,
    cpu_us: Vec<f64>,
    p99_us: Vec<f64>,
    /// At a rate that leaves room.
    steady_p99_us: Vec<f64>,
}

/// What wrk says of one run.
pub(super) struct Load {
    pub(super) requests: f64,
    pub(super) p99_us: f64,
}

pub(super) fn run(backend: u16) -> Outcome {
    let pair = Pair::new()?;
    let process = Ours::start(backend, &pair)?;
    let nginx = stage::nginx(backend, None);
    let mut all = vec![
        Contestant::new("argos", process.plain.port(), vec![process.pid()]),
        Contestant::new("nginx", nginx.port(), stage::family(nginx.pid())?),
    ];
    let caddy = match caddy(backend) {
        Ok(caddy) => Some(caddy),
        Err(error) => {
            report::problem(&format!("proxy: without Caddy: {error}"));
            None
        }
    };
    if let Some(caddy) = &caddy {
        all.push(Contestant::new("caddy", caddy.1, vec![caddy.0.id()]));
    }
    let ended = (0..ROUNDS).try_for_each(|_| all.iter_mut().try_for_each(Contestant::measure));
    if let Some((mut child, ..)) = caddy {
        child.kill()?;
        child.wait()?;
    }
    ended?;
    process.stop()?;
    let mut figures = all.iter_mut().map(Contestant::medians);
    let Some((_, ours)) = figures.next() else { return Ok(()) };
    if let Some(per_second) = ours[0] {
        report::figure("proxy.per_second", per_second, "1/s");
    }
    for (name, theirs) in figures {
        for (n, what) in ["cpu_per_request", "p99", "steady_p99"].iter().enumerate() {
            match (ours[n + 1], theirs[n + 1]) {
                (Some(ours), Some(theirs)) => report::against(&format!("proxy.{what}"), ours, "us", name, theirs),
                _ => report::problem(&format!("proxy.{what}: no figure beside {name}")),
            }
        }
    }
    Ok(())
}

impl Contestant {
    fn new(name: &'static str, port: u16, pids: Vec<u32>) -> Self {
        Self { name, port, pids, per_second: vec![], cpu_us: vec![], p99_us: vec![], steady_p99_us: vec![] }
    }

    /// Loads it with wrk, then at a fixed rate; every answer must be a 200.
    fn measure(&mut self) -> Outcome {
        load(self.name, self.port, 1)?;
        let before = stage::cpu(&self.pids)?;
        let Load { requests, p99_us } = load(self.name, self.port, SECONDS)?;
        let used = stage::cpu(&self.pids)?.saturating_sub(before);
        self.per_second.push(requests / f64::from(SECONDS));
        self.cpu_us.push(used.as_secs_f64() * 1e6 / requests);
        self.p99_us.push(p99_us);
        self.steady_p99_us.extend(steady(self.name, self.port)?);
        Ok(())
    }

    /// Of each figure the middle one, where every round has one.
    fn medians(&mut self) -> (&'static str, [Option<f64>; 4]) {
        let Self { per_second, cpu_us, p99_us, steady_p99_us, .. } = self;
        (self.name, [per_second, cpu_us, p99_us, steady_p99_us].map(|figures| (figures.len() == ROUNDS).then(|| report::median(figures))))
    }
}

/// The 99th percentile of the answer times at a fixed rate; none when it does not keep up with that rate.
fn steady(name: &str, port: u16) -> Outcome<Option<f64>> {
    let h2load = packages::require("h2load", &["nghttp2-client"], || peer::find_program(&["h2load"], &[]))?;
    let dir = TempDir::new()?;
    let log = dir.path().join("requests.tsv");
    let (url, place) = (format!("http://{HOST}:{port}/"), format!("--connect-to=127.0.0.1:{port}"));
    let (connections, rate) = (format!("-c{CONNECTIONS}"), format!("--rps={STEADY_EACH}"));
    let (length, file) = (format!("-D{SECONDS}"), format!("--log-file={}", log.display()));
    peer::run(&h2load, &["--h1", "-t2", &connections, &rate, &length, "--warm-up-time=1", &file, &place, &url], &[])?;
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
        report::problem(&format!("proxy: {name} answered {} of {asked} requests", times.len()));
        return Ok(None);
    }
    times.sort_unstable();
    Ok(Some(f64::from(times[times.len() * 99 / 100])))
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

//! Full TLS handshakes of the engine and of nginx, each with a small request behind it, and what ten thousand connections
//! cost that say nothing more.

use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

use argos_peers::Nginx;

use super::stage::{self, Ours, Pair};
use crate::{Outcome, process, report};

/// Handshakes of a round, by so many clients at one time.
const HANDSHAKES: usize = 3_000;
const CLIENTS: usize = 4;
/// Runs of each, in turn; the cheapest counts.
const ROUNDS: usize = 3;
const IDLE: usize = 10_000;

#[derive(Clone, Copy)]
struct Cost {
    cpu_us: f64,
    per_second: f64,
}

pub(crate) fn run(backend: u16) -> Outcome {
    let pair = Pair::new()?;
    let ours = Ours::start(backend, &pair)?;
    let nginx = stage::nginx(backend, Some(&pair));
    let (mut best, mut theirs): (Option<Cost>, Option<Cost>) = (None, None);
    for _ in 0..ROUNDS {
        keep(&mut theirs, measure(at(&nginx), &stage::family(nginx.pid())?)?);
        keep(&mut best, measure(ours.tls, &[ours.pid()])?);
    }
    if let (Some(ours), Some(theirs)) = (best, theirs) {
        report::against("proxy.tls_handshake_cpu", ours.cpu_us, "us", "nginx", theirs.cpu_us);
        report::against("proxy.tls_handshakes", ours.per_second, "1/s", "nginx", theirs.per_second);
    }
    drop(nginx);
    ours.stop()?;
    idle(backend, &pair)
}

fn at(nginx: &Nginx) -> SocketAddr {
    ([127, 0, 0, 1], nginx.port()).into()
}

fn keep(best: &mut Option<Cost>, cost: Cost) {
    if best.is_none_or(|b| cost.cpu_us < b.cpu_us) {
        *best = Some(cost);
    }
}

fn measure(address: SocketAddr, pids: &[u32]) -> Outcome<Cost> {
    let config = stage::client()?;
    let (before, start) = (stage::cpu(pids)?, Instant::now());
    std::thread::scope(|scope| -> Outcome {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                let config = &config;
                scope.spawn(move || {
                    (0..HANDSHAKES / CLIENTS).try_for_each(|_| stage::ask(address, config).map(drop).map_err(|e| e.to_string()))
                })
            })
            .collect();
        clients.into_iter().try_for_each(|client| Ok(client.join().map_err(|_| "a client panicked")??))
    })?;
    let (used, took) = (stage::cpu(pids)?.saturating_sub(before), start.elapsed());
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let count = HANDSHAKES as f64;
    Ok(Cost { cpu_us: used.as_secs_f64() * 1e6 / count, per_second: count / took.as_secs_f64() })
}

/// A fresh process, so that nothing but the connections counts.
fn idle(backend: u16, pair: &Pair) -> Outcome {
    let ours = Ours::start(backend, pair)?;
    let config = stage::client()?;
    let mut open: Vec<TcpStream> = Vec::with_capacity(IDLE);
    for _ in 0..IDLE {
        open.push(stage::ask(ours.tls, &config)?);
    }
    report::figure("proxy.idle_tls_10000", process::rss_mib(ours.pid())?, "MiB");
    // All of them were still there.
    let mut alive = 0;
    for connection in &open {
        connection.set_nonblocking(true)?;
        let mut byte = [0];
        // What it says at most is a key for a later visit, never an end.
        alive += usize::from(!matches!(connection.peek(&mut byte), Ok(0)));
    }
    if alive != IDLE {
        return Err(format!("only {alive} of {IDLE} connections stayed").into());
    }
    drop(open);
    ours.stop()
}

//! A long answer through the engine and through nginx: processor time, time, and the memory it takes meanwhile.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use argos_peers::Nginx;

use super::serve::HOST;
use super::stage::{self, Ours, Pair};
use crate::{Outcome, process, report};

const BYTES: u64 = 1 << 30;
/// Runs of each, in turn; the cheapest counts.
const ROUNDS: usize = 3;

#[derive(Clone, Copy)]
struct Cost {
    cpu: Duration,
    took: Duration,
    /// Resident memory at most, MiB; of the first process.
    rss_mib: f64,
}

pub(crate) fn run() -> Outcome {
    // A sparse file: the disk has no part in it.
    let backend = Nginx::start(1, |port, dir| {
        let file = std::fs::File::create(dir.join("long")).and_then(|file| file.set_len(BYTES));
        format!("sendfile on;\nserver {{ listen 127.0.0.1:{port}; root {}; # {file:?}\n }}", dir.display())
    });
    let pair = Pair::new()?;
    let ours = Ours::start(backend.port(), &pair)?;
    let nginx = stage::nginx(backend.port(), None);
    let before = process::rss_mib(ours.pid())?;
    let (mut best, mut theirs): (Option<Cost>, Option<Cost>) = (None, None);
    for _ in 0..ROUNDS {
        keep(&mut theirs, measure(([127, 0, 0, 1], nginx.port()).into(), &stage::family(nginx.pid())?)?);
        keep(&mut best, measure(ours.plain, &[ours.pid()])?);
    }
    if let (Some(ours), Some(theirs)) = (best, theirs) {
        report::against("proxy.stream_1gb_cpu", ours.cpu.as_secs_f64() * 1e3, "ms", "nginx", theirs.cpu.as_secs_f64() * 1e3);
        report::against("proxy.stream_1gb", rate(ours), "MB/s", "nginx", rate(theirs));
        report::figure("proxy.stream_1gb_memory", ours.rss_mib - before, "MiB");
    }
    ours.stop()
}

fn rate(cost: Cost) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "shown with four digits")]
    let megabytes = BYTES as f64 / 1e6;
    megabytes / cost.took.as_secs_f64()
}

fn keep(best: &mut Option<Cost>, cost: Cost) {
    let rss_mib = best.map_or(cost.rss_mib, |b| b.rss_mib.max(cost.rss_mib));
    let cheapest = best.filter(|b| b.cpu <= cost.cpu).unwrap_or(cost);
    *best = Some(Cost { rss_mib, ..cheapest });
}

fn measure(address: SocketAddr, pids: &[u32]) -> Outcome<Cost> {
    let (before, start) = (stage::cpu(pids)?, Instant::now());
    let first = *pids.first().ok_or("no process")?;
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(format!("GET /long HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n").as_bytes())?;
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    if !head.starts_with(b"HTTP/1.1 200") {
        return Err(String::from_utf8_lossy(&head).into_owned().into());
    }
    let (mut piece, mut got, mut rss_mib, mut look) = (vec![0; 256 << 10], 0, 0.0_f64, 0);
    loop {
        let read = stream.read(&mut piece)?;
        if read == 0 {
            break;
        }
        got += read as u64;
        if got >= look {
            rss_mib = rss_mib.max(process::rss_mib(first)?);
            look += BYTES / 64;
        }
    }
    if got != BYTES {
        return Err(format!("{got} of {BYTES} bytes came").into());
    }
    Ok(Cost { cpu: stage::cpu(pids)?.saturating_sub(before), took: start.elapsed(), rss_mib })
}

//! How long the binary takes to be ready, and what it costs when nobody asks it anything.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use argos_peers::{ArgosConfig, Database, argos};

use crate::{Outcome, process, report};

const ROUNDS: usize = 5;
const IDLE: Duration = Duration::from_secs(60);

pub(crate) fn run() -> Outcome {
    let binary: PathBuf = argos::binary();
    report::figure("start.binary", process::file_mib(&binary)?, "MiB");
    let (mut empty, mut existing) = (Vec::new(), Vec::new());
    let mut last = None;
    for _ in 0..ROUNDS {
        let (took, server) = timed(ArgosConfig::with_database(Database::Sqlite))?;
        empty.push(took);
        let (took, server) = timed(server.stop().config)?;
        existing.push(took);
        last = Some(server);
    }
    report::figure("start.ready_empty", median_ms(empty), "ms");
    report::figure("start.ready_existing", median_ms(existing), "ms");
    if let Some(server) = last {
        let pid = server.pid();
        let (before, began) = (process::cpu_time(pid)?, Instant::now());
        std::thread::sleep(IDLE);
        let used = process::cpu_time(pid)?.saturating_sub(before);
        report::figure("start.idle_cpu", used.as_secs_f64() / began.elapsed().as_secs_f64() * 100.0, "% of a core");
        report::figure("start.idle_rss", process::rss_mib(pid)?, "MiB");
        server.stop();
    }
    Ok(())
}

/// From the start of the process to its ready line.
fn timed(config: ArgosConfig) -> Outcome<(Duration, argos_peers::Argos)> {
    let began = Instant::now();
    let server = config.try_start().map_err(|e| e.to_string())?;
    Ok((began.elapsed(), server))
}

fn median_ms(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times.get(times.len() / 2).map_or(f64::NAN, |t| t.as_secs_f64() * 1e3)
}

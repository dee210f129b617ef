//! Reloads while requests go on: none may fail, over plain connections and over new ones with TLS.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::contest;
use super::stage::{self, Ours, Pair};
use crate::{Outcome, report};

const SECONDS: u32 = 10;
const PAUSE: Duration = Duration::from_millis(20);

pub(crate) fn run(backend: u16) -> Outcome {
    let pair = Pair::new()?;
    let mut ours = Ours::start(backend, &pair)?;
    let config = stage::client()?;
    let (tls, plain) = (ours.tls, ours.plain.port());
    let (over, handshakes) = (AtomicBool::new(false), AtomicU64::new(0));
    let (reloads, load) = std::thread::scope(|scope| -> Outcome<(u32, contest::Load)> {
        let visitor = scope.spawn(|| -> Result<(), String> {
            while !over.load(Ordering::SeqCst) {
                stage::ask(tls, &config).map_err(|e| e.to_string())?;
                handshakes.fetch_add(1, Ordering::SeqCst);
            }
            Ok(())
        });
        // wrk says so when an answer is none or no 200.
        let load = scope.spawn(move || contest::load("argos", plain, SECONDS).map_err(|e| e.to_string()));
        let (mut reloads, until) = (0, Instant::now() + Duration::from_secs(u64::from(SECONDS)));
        while Instant::now() < until {
            ours.reload()?;
            reloads += 1;
            std::thread::sleep(PAUSE);
        }
        let load = load.join().map_err(|_| "the load panicked")?;
        over.store(true, Ordering::SeqCst);
        visitor.join().map_err(|_| "the visitor panicked")??;
        Ok((reloads, load?))
    })?;
    ours.stop()?;
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let handshakes = handshakes.into_inner() as f64;
    report::figure("proxy.reload_reloads", f64::from(reloads), "reloads");
    report::figure("proxy.reload_requests", load.requests + handshakes, "requests, none failed");
    report::figure("proxy.reload_p99", load.p99_us / 1e3, "ms");
    Ok(())
}

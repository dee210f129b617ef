//! `GET /api/stats` with a session on the real binary, beside a server of the same stack that only answers.

use std::time::Duration;

use argos_peers::{ArgosConfig, Database};

use crate::{Outcome, hello, load, report};

const CONNECTIONS: usize = 16;
const LENGTH: Duration = Duration::from_secs(5);
/// Runs of each, in turn; the best counts, so that a neighbour's burst of work does not.
const ROUNDS: usize = 3;

pub(crate) fn run() -> Outcome {
    let config = ArgosConfig::with_database(Database::Sqlite).env("ARGOS_HTTP_RATE_LIMITING", "false");
    let argos = config.try_start().map_err(|e| e.to_string())?;
    let token = argos.login("admin", argos_peers::argos::ADMIN_PASSWORD);
    let stats = argos.anonymous().with_bearer(&token).get("/api/stats").expect_status(200);
    // The peer answers with as many bytes.
    let hello = hello::start(stats.body.clone().into())?;
    let bearer = format!("Bearer {token}");
    let (mut ours, mut theirs) = (None, None);
    for _ in 0..ROUNDS {
        better(&mut theirs, load::run(hello, "/", &[], CONNECTIONS, LENGTH)?);
        better(&mut ours, load::run(argos.address(), "/api/stats", &[("Authorization", &bearer)], CONNECTIONS, LENGTH)?);
    }
    if let (Some(ours), Some(theirs)) = (ours, theirs) {
        report::against("api.stats", ours.per_second, "requests/s", "hello-world", theirs.per_second);
        report::against("api.stats_p50", ours.p50_ms, "ms", "hello-world", theirs.p50_ms);
        report::against("api.stats_p99", ours.p99_ms, "ms", "hello-world", theirs.p99_ms);
    }
    argos.stop();
    Ok(())
}

fn better(best: &mut Option<load::Load>, run: load::Load) {
    if best.as_ref().is_none_or(|b| run.per_second > b.per_second) {
        *best = Some(run);
    }
}

//! A backup of a store of a gigabyte while the server serves: how fast it is written and proven, and what callers notice.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use argos_kernel::Secret;
use argos_peers::{ArgosConfig, Client, Database, PostgresDatabase};
use argos_store::Store;
use serde_json::json;

use crate::{Outcome, report};

const WANTED_BYTES: i64 = 1_000_000_000;
const ROWS_PER_STEP: u32 = 40_000;
const LIMIT: Duration = Duration::from_secs(900);

pub(crate) fn run() -> Outcome {
    measure("backup.sqlite", Database::Sqlite)?;
    match PostgresDatabase::on_shared_server() {
        Ok(database) => measure("backup.postgres", Database::Postgres(database)),
        Err(e) => {
            report::problem(&format!("backup.postgres: {e}; run it as `argos-peers with-postgres argos-bench backup`"));
            Ok(())
        }
    }
}

fn measure(name: &str, database: Database) -> Outcome {
    let url = match &database {
        Database::Sqlite => None,
        Database::Postgres(d) => Some(d.url()),
    };
    let config = ArgosConfig::with_database(database).env("ARGOS_HTTP_RATE_LIMITING", "false");
    // The first start makes the schema.
    let stopped = config.try_start().map_err(|e| e.to_string())?.stop();
    let runtime = tokio::runtime::Runtime::new()?;
    let bytes = runtime.block_on(fill(stopped.config.dir(), url))?;
    let argos = stopped.restart();
    let client = argos.admin();
    let quiet = latencies(&client, Duration::from_secs(3), &AtomicBool::new(false));
    let (done, began) = (AtomicBool::new(false), Instant::now());
    let (took, busy) = std::thread::scope(|scope| {
        let serving = scope.spawn(|| latencies(&client, LIMIT, &done));
        let took = back_up(&client, began);
        done.store(true, Ordering::SeqCst);
        (took, serving.join().unwrap_or_default())
    });
    let (seconds, archive) = took?;
    #[expect(clippy::cast_precision_loss, reason = "megabytes")]
    let (mb, archive_mb) = (bytes as f64 / 1e6, archive as f64 / 1e6);
    report::figure(&format!("{name}.store"), mb, "MB");
    report::figure(&format!("{name}.rate"), mb / seconds, "MB/s written and proven, while serving");
    report::figure(&format!("{name}.seconds"), seconds, "s");
    report::figure(&format!("{name}.archive"), archive_mb, "MB");
    report::figure(&format!("{name}.latency_quiet"), percentile(quiet, 95), "ms, 95th percentile of /api/alert-rules");
    report::figure(&format!("{name}.latency_busy"), percentile(busy, 95), "ms, the same during the backup");
    argos.stop();
    Ok(())
}

/// Fills the log store with lines as a proxy writes them until the databases hold a gigabyte; their size.
async fn fill(dir: &Path, url: Option<String>) -> Outcome<i64> {
    let store = match url {
        None => Store::open_sqlite(dir).await?,
        Some(url) => Store::open_postgres(&Secret::new(url)).await?,
    };
    let rows = match store.engine() {
        argos_store::Engine::Sqlite => {
            format!("with recursive n (i) as (select 1 union all select i + 1 from n where i < {ROWS_PER_STEP}) select i from n")
        }
        argos_store::Engine::Postgres => format!("select i from generate_series(1, {ROWS_PER_STEP}) i"),
    };
    let table = if store.engine() == argos_store::Engine::Sqlite { "log_entries" } else { "telemetry.log_entries" };
    let mut step: i64 = 0;
    loop {
        let mut bytes = store.telemetry.size_bytes().await?;
        if store.engine() == argos_store::Engine::Sqlite {
            bytes += store.state.size_bytes().await?;
        }
        if bytes >= WANTED_BYTES {
            store.close().await;
            return Ok(bytes);
        }
        let at = format!("1790000000000000 + ({step} * {ROWS_PER_STEP} + i) * 1000");
        let script = format!(
            "insert into {table} (at, stream, source, level, remote_ip, method, path, status, duration_ms, size_bytes, user_agent, message, raw)
             select {at}, 'caddy_access', 'caddy_access', 'info', '10.1.' || (i % 250) || '.' || (i % 199), 'GET',
               '/shop/article/' || (i * 7919 % 100003) || '/reviews', 200 + (i % 5) * 100, i % 900 * 0.7, i * 31 % 50000,
               'Mozilla/5.0 (X11; Linux x86_64; rv:' || (100 + i % 40) || '.0) Gecko/20100101 Firefox/' || (100 + i % 40) || '.0', 'handled request ' || i,
               '{{\"ts\":' || ({at}) || ',\"host\":\"shop-' || (i % 17) || '.example.com\",\"upstream\":\"10.0.0.' || (i % 30) || ':8080\",\"id\":\"' || (i * 2654435761 % 4294967291) || '\"}}'
             from ({rows}) lines"
        );
        store.telemetry.script(&script).await?;
        step += 1;
    }
}

/// Seconds until the archive is written, proven and listed, and its size.
fn back_up(client: &Client, began: Instant) -> Result<(f64, i64), String> {
    let job = client.post("/api/backups?wait=false", json!({})).expect_status(202).json()["job_id"].clone();
    loop {
        let seen = client.get(&format!("/api/jobs/{job}")).expect_status(200).json();
        match seen["state"].as_str() {
            Some("succeeded") => return Ok((began.elapsed().as_secs_f64(), seen["result"]["size_bytes"].as_i64().unwrap_or_default())),
            Some("queued" | "running") if began.elapsed() < LIMIT => std::thread::sleep(Duration::from_millis(20)),
            other => return Err(format!("the backup ended as {other:?}: {}", seen["error"])),
        }
    }
}

/// Milliseconds of one request after another until `done` or the time is up.
fn latencies(client: &Client, limit: Duration, done: &AtomicBool) -> Vec<f64> {
    let (began, mut all) = (Instant::now(), Vec::new());
    while began.elapsed() < limit && !done.load(Ordering::SeqCst) {
        let asked = Instant::now();
        client.get("/api/alert-rules").expect_status(200);
        all.push(asked.elapsed().as_secs_f64() * 1e3);
        std::thread::sleep(Duration::from_millis(5));
    }
    all
}

fn percentile(mut all: Vec<f64>, p: usize) -> f64 {
    all.sort_unstable_by(f64::total_cmp);
    all.get((all.len() * p / 100).min(all.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

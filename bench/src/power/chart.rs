//! Two years of fifty devices in the store, charted by the binary: one device as its page asks, and all of them at once.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use argos_kernel::{Clock, ManualClock, SystemClock, Timestamp};
use argos_metrics::{Kind, Labels, Metrics, Retention, SeriesId, SeriesSpec};
use argos_peers::{ArgosConfig, Client, Database};
use argos_store::Store;
use serde_json::{Value, json};

use crate::{Outcome, report};

const DEVICES: usize = 50;
const FIELDS: [(&str, &str); 4] = [("power_watts", "W"), ("load_percent", "%"), ("voltage", "V"), ("battery_percent", "%")];
const DAY_S: i64 = 86_400;
const DAYS: i64 = 730;
/// A point every quarter of an hour; what a chart of two years shows are hours anyway.
const EVERY_S: i64 = 900;
/// Days handed over at once.
const BATCH_DAYS: i64 = 10;
const ROUNDS: usize = 20;

pub(crate) fn run() -> Outcome {
    let config = ArgosConfig::with_database(Database::Sqlite).env("NUT_AUTO_DISCOVER", "false").env("NUT_PORT", "9");
    let argos = config.env("ARGOS_HTTP_RATE_LIMITING", "false").try_start().map_err(|e| e.to_string())?;
    let all: Vec<Value> = (0..DEVICES).map(device).collect();
    argos.admin().put("/api/devices", json!(all)).expect_status(200);
    let config = argos.stop().config;
    let end = SystemClock.now().secs() / DAY_S * DAY_S;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let points = runtime.block_on(fill(config.dir(), end))?;
    drop(runtime);
    report::figure("power.chart_points", points, "points");
    let argos = config.try_start().map_err(|e| e.to_string())?;
    let owner = argos.admin();
    let (from, to) = (Timestamp::from_secs(end - DAYS * DAY_S).rfc3339(), Timestamp::from_secs(end).rfc3339());
    let fields = FIELDS.map(|(name, _)| name).join(",");
    let one = format!("/api/snapshots/series?device_id=ups-7&fields={fields}&from={from}&to={to}");
    report::figure("power.chart", median_ms(&owner, &one, full_of_bins)?, "ms");
    let span = format!("from={}&to={end}&step={}", end - DAYS * DAY_S, 2 * DAY_S);
    let fleet = format!("/api/metrics/query?metric=power_power_watts&{span}");
    report::figure("power.chart_of_all", median_ms(&owner, &fleet, full_of_devices)?, "ms");
    argos.stop();
    Ok(())
}

fn device(n: usize) -> Value {
    // Never asked: only its past is of interest.
    json!({"id": format!("ups-{n}"), "name": format!("UPS {n}"), "type": "ups", "poller": "apcupsd", "host": "127.0.0.1", "enabled": false})
}

/// Writes the points as the domain does, and gives up what is no longer kept.
async fn fill(dir: &Path, end: i64) -> Outcome<f64> {
    let store = Store::open_sqlite(dir).await?;
    let clock = ManualClock::at(Timestamp::from_secs(end - DAYS * DAY_S));
    let metrics = Metrics::open(&store, Arc::new(clock.clone())).await?;
    let mut ids: Vec<SeriesId> = Vec::new();
    for n in 0..DEVICES {
        for (name, unit) in FIELDS {
            let labels: Labels = [("device_id".to_owned(), format!("ups-{n}")), ("device_type".to_owned(), "ups".to_owned())].into();
            let metric = format!("power_{name}");
            ids.push(metrics.series(&SeriesSpec { metric, labels, unit, kind: Kind::Gauge, source: "power" }).await?);
        }
    }
    let mut written = 0_usize;
    let mut at = end - DAYS * DAY_S;
    while at < end {
        let until = (at + BATCH_DAYS * DAY_S).min(end);
        clock.set(Timestamp::from_secs(until));
        for (place, id) in ids.iter().enumerate() {
            let points: Vec<_> = (at / EVERY_S..until / EVERY_S).map(|n| (*id, n * EVERY_S * 1_000_000, value(place, n))).collect();
            written += metrics.append_all(&points);
        }
        metrics.flush().await?;
        metrics.seal(true).await?;
        metrics.compact().await?;
        metrics.prune(Retention::default()).await?;
        at = until;
    }
    let wanted = ids.len() * usize::try_from(DAYS * DAY_S / EVERY_S)?;
    #[expect(clippy::cast_precision_loss, reason = "shown with four digits")]
    if written == wanted { Ok(written as f64) } else { Err(format!("{written} of {wanted} points were taken").into()) }
}

/// A daily wave, different for each series, in tenths.
#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn value(series: usize, n: i64) -> f64 {
    let wave = (n as f64 / 96.0 * std::f64::consts::TAU + series as f64).sin();
    ((200.0 + 40.0 * wave + (n * 7919 % 31) as f64 / 10.0) * 10.0).round() / 10.0
}

/// The median time of a request whose answer is complete.
fn median_ms(client: &Client, path: &str, complete: fn(&Value) -> Outcome) -> Outcome<f64> {
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let answer = client.get(path).expect_status(200);
        times.push(began.elapsed().as_secs_f64() * 1e3);
        complete(&answer.json())?;
    }
    times.sort_by(f64::total_cmp);
    Ok(times.get(times.len() / 2).copied().unwrap_or(f64::NAN))
}

fn full_of_bins(answer: &Value) -> Outcome {
    for (field, _) in FIELDS {
        let bins = answer["series"][field].as_array().ok_or("a field is missing")?;
        let filled = bins.iter().filter(|bin| bin[1].is_number()).count();
        if filled < 300 || filled + 2 < bins.len() {
            return Err(format!("{field}: {filled} of {} bins are filled", bins.len()).into());
        }
    }
    Ok(())
}

fn full_of_devices(answer: &Value) -> Outcome {
    let series = answer["series"].as_array().ok_or("no series")?;
    let full =
        series.iter().filter(|s| s["points"].as_array().is_some_and(|v| v.iter().filter(|x| x[1].is_number()).count() > 300)).count();
    if full == DEVICES { Ok(()) } else { Err(format!("{full} of {DEVICES} devices are charted").into()) }
}

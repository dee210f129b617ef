//! One worker per exporter, each with its own queue in the store: a receiver that is away delays nobody, and what it
//! missed waits for it. A batch goes out once and is removed; cut off in between, it goes out twice.

mod csv;
mod http;
mod mqtt;

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use argos_events::{Event, Source, StartAt};
use argos_kernel::{AppError, Backoff, Result, Shutdown};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::model::export::{Body, Exporter, Point};
use crate::routes::event_json;
use crate::service::Power;
use crate::store::export_queue;

/// Bounds of a queue.
pub(crate) const POINTS_MAX: i64 = 10_000;
pub(crate) const AGE_MAX_S: i64 = 86_400;
const BATCH: i64 = 1_000;
/// Points of one cycle go out together.
const LINGER: Duration = Duration::from_secs(1);
const IDLE: Duration = Duration::from_secs(60);
const RETRY_FIRST: Duration = Duration::from_secs(5);
const RETRY_MAX: Duration = Duration::from_secs(300);

/// Why a batch did not arrive.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It may arrive later.
    Later(String),
    /// The receiver will never take it.
    Refused(String),
}

impl Failure {
    fn text(&self) -> &str {
        match self {
            Self::Later(text) | Self::Refused(text) => text,
        }
    }
}

pub(crate) fn start(power: &Arc<Power>) {
    let tasks = &power.platform.tasks;
    for exporter in [Exporter::Influxdb, Exporter::Loki, Exporter::Csv] {
        let own = Arc::clone(power);
        tasks.supervise(format!("power-export-{}", exporter.as_str()), move |stop| run(Arc::clone(&own), exporter, stop));
    }
    let own = Arc::clone(power);
    tasks.supervise("power-export-mqtt", move |stop| mqtt::run(Arc::clone(&own), stop));
    let own = Arc::clone(power);
    tasks.supervise("power-export-events", move |stop| collect_events(Arc::clone(&own), stop));
}

/// Tries a receiver out, with the stored settings.
pub(crate) async fn attempt(power: &Power, exporter: Exporter) -> Result<(), Failure> {
    match exporter {
        Exporter::Influxdb => http::try_influx(power).await,
        Exporter::Loki => http::try_loki(power).await,
        Exporter::Csv => csv::attempt(power).await,
        Exporter::Mqtt => mqtt::attempt(power).await,
    }
}

async fn deliver(power: &Power, exporter: Exporter, points: &[Point]) -> Result<(), Failure> {
    match exporter {
        Exporter::Influxdb => http::influx(power, points).await,
        Exporter::Loki => http::loki(power, points).await,
        Exporter::Csv => csv::append(power, points).await,
        Exporter::Mqtt => Ok(()),
    }
}

/// Waits for a kick, a change of the settings or `pause`; `false` when the process stops.
async fn wait(power: &Power, exporter: Exporter, changes: &mut watch::Receiver<u64>, pause: Duration, stop: &Shutdown) -> bool {
    tokio::select! {
        () = stop.wait() => false,
        () = power.exporters.kick(exporter).notified() => true,
        changed = changes.changed() => changed.is_ok(),
        () = tokio::time::sleep(pause) => true,
    }
}

/// Waits out a failure; only a change of the settings shortens it.
async fn wait_retry(changes: &mut watch::Receiver<u64>, pause: Duration, stop: &Shutdown) -> bool {
    tokio::select! {
        () = stop.wait() => false,
        changed = changes.changed() => changed.is_ok(),
        () = tokio::time::sleep(pause) => true,
    }
}

async fn run(power: Arc<Power>, exporter: Exporter, stop: Shutdown) -> Result<()> {
    let mut changes = power.settings().watch();
    let mut backoff = Backoff::new(RETRY_FIRST, RETRY_MAX);
    let db = power.platform.store.telemetry.clone();
    loop {
        changes.mark_unchanged();
        if !power.exports_to(exporter)? {
            // Whoever switches it off does not want it later either.
            export_queue::remove(&db, exporter, i64::MAX).await?;
            if !wait(&power, exporter, &mut changes, IDLE, &stop).await {
                return Ok(());
            }
            continue;
        }
        trim(&power, exporter).await?;
        let batch = export_queue::head(&db, exporter, BATCH).await?;
        let Some(last) = batch.last().map(|(id, _)| *id) else {
            if !wait(&power, exporter, &mut changes, IDLE, &stop).await || !stop.sleep(LINGER).await {
                return Ok(());
            }
            continue;
        };
        let points: Vec<Point> = batch.into_iter().map(|(_, point)| point).collect();
        let count = points.len() as u64;
        match deliver(&power, exporter, &points).await {
            Ok(()) => {
                export_queue::remove(&db, exporter, last).await?;
                power.exporters.delivered(exporter, count, power.platform.clock.now());
                backoff.reset();
            }
            Err(failure) => {
                tracing::warn!(exporter = exporter.as_str(), error = failure.text(), "power exporter");
                power.exporters.failed(exporter, failure.text(), power.platform.clock.now());
                if let Failure::Refused(_) = failure {
                    export_queue::remove(&db, exporter, last).await?;
                    power.exporters.dropped(exporter, count);
                }
                let pause = backoff.next(&*power.platform.rng);
                if !wait_retry(&mut changes, pause, &stop).await {
                    return Ok(());
                }
            }
        }
    }
}

/// Keeps a queue within its bounds.
async fn trim(power: &Power, exporter: Exporter) -> Result<()> {
    let before = power.platform.clock.now().minus_secs(AGE_MAX_S);
    let gone = export_queue::trim(&power.platform.store.telemetry, exporter, before, POINTS_MAX).await?;
    if gone > 0 {
        tracing::warn!(exporter = exporter.as_str(), gone, "points waited too long and were dropped");
        power.exporters.dropped(exporter, gone);
    }
    Ok(())
}

/// Brings the events of this domain into the queues. Its place in the record is durable.
async fn collect_events(power: Arc<Power>, stop: Shutdown) -> Result<()> {
    let mut consumer = power.platform.events.consumer("power-exporters", StartAt::Now).await?;
    loop {
        let batch = tokio::select! {
            () = stop.wait() => return Ok(()),
            batch = consumer.next_batch(200) => batch?,
        };
        let on = power.exporters_that(Exporter::takes_events)?;
        for event in batch.iter().filter(|e| e.source == Source::Power) {
            let kind = event.kind.strip_prefix("power.").unwrap_or(&event.kind).to_owned();
            *power.event_counts.lock().unwrap_or_else(PoisonError::into_inner).entry(kind).or_default() += 1;
            if let Some(point) = point_of(&power, event) {
                power.enqueue(&on, &point, Some(event.id)).await?;
            }
        }
        if let Some(last) = batch.last() {
            consumer.ack(last.id).await?;
        }
    }
}

fn point_of(power: &Power, event: &Event) -> Option<Point> {
    let device_id = event.subject_id.clone().filter(|_| event.subject_type.as_deref() == Some("power_device"))?;
    let device_type = power.find_live(&device_id).map_or("ups", |l| l.device.kind.as_str()).to_owned();
    Some(Point { at: event.created_at, device_id, device_type, body: Body::Event(event_json(event.clone())) })
}

/// How long a trial of an exporter took and what it found.
pub(crate) struct Trial {
    pub(crate) latency_ms: u64,
    pub(crate) outcome: Result<(), String>,
}

impl Power {
    /// Tries an exporter out, whether it is on or not.
    pub(crate) async fn try_exporter(&self, exporter: Exporter) -> Trial {
        let started = Instant::now();
        let outcome = attempt(self, exporter).await.map_err(|failure| failure.text().to_owned());
        Trial { latency_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX), outcome }
    }
}

/// A setting that is there, or what is missing.
fn required(value: Option<String>, key: &str) -> Result<String, Failure> {
    value.filter(|v| !v.trim().is_empty()).ok_or_else(|| Failure::Later(format!("{key} is not set")))
}

fn unreadable(error: &AppError) -> Failure {
    Failure::Later(error.to_string())
}

//! Alert rules: what an evaluation of many rules over many stored series costs, with some of them firing.

use std::sync::Arc;
use std::time::Instant;

use argos_alerts::{Alerts, LiveValues, MetricName, routes};
use argos_audit::Audit;
use argos_events::Events;
use argos_kernel::{Clock, CredentialKind, Result, Rng, Shutdown, SystemClock, SystemRng, Tasks};
use argos_metrics::{Kind, Labels, Metrics, SeriesSpec};
use argos_store::{Migration, Store};
use argos_web::testing::TestClient;
use argos_web::{AuthFailure, Authenticator, BoxFuture, Caller, ClientInfo, Grants, Presented, Web};
use serde_json::json;

use crate::{Outcome, process, report};

/// Rules and series.
const COUNT: usize = 10_000;
/// Each of these many fires.
const FIRING_EVERY: usize = 50;
/// Each of these many asks about the past.
const WINDOW_EVERY: usize = 10;
/// An evaluation every so many seconds.
const EVERY_S: f64 = 15.0;
const TICKS: u32 = 6;

pub(crate) fn run() -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(measure())
}

struct Door;

impl Authenticator for Door {
    fn cached(&self, _: &Presented) -> Option<Arc<Caller>> {
        None
    }
    fn authenticate<'a>(&'a self, _: &'a Presented, _: &'a ClientInfo) -> BoxFuture<'a, Result<Arc<Caller>, AuthFailure>> {
        let grants = Grants::new(["alerts:read", "alerts:manage"]);
        let caller = Caller { username: "bench".to_owned(), credential: CredentialKind::Session, grants, ..Caller::anonymous() };
        Box::pin(async move { Ok(Arc::new(caller)) })
    }
}

/// What the machine's own sample adds: nothing, the rules are about stored series.
struct Nothing;

impl LiveValues for Nothing {
    fn names(&self) -> Vec<MetricName> {
        Vec::new()
    }
    fn value(&self, _: &str, _: Option<&str>) -> Option<f64> {
        None
    }
}

async fn measure() -> Outcome {
    let dir = tempfile::tempdir()?;
    let store = Store::open_sqlite(dir.path()).await?;
    let migrations: Vec<Migration> =
        [argos_events::MIGRATIONS, argos_audit::MIGRATIONS, argos_alerts::MIGRATIONS, argos_metrics::MIGRATIONS].concat();
    let (clock, rng): (Arc<dyn Clock>, Arc<dyn Rng>) = (Arc::new(SystemClock), Arc::new(SystemRng::default()));
    store.migrate(&migrations, clock.now()).await?;
    let events = Events::new(store.state.clone(), Arc::clone(&clock), Arc::clone(&rng));
    let audit = Audit::new(store.state.clone(), Arc::clone(&clock), Arc::clone(&rng));
    let alerts =
        Alerts::open(store.state.clone(), Arc::clone(&clock), Arc::clone(&rng), events, audit).await.map_err(|e| e.message().to_owned())?;
    let metrics = Metrics::open(&store, Arc::clone(&clock)).await.map_err(|e| e.message().to_owned())?;
    alerts.set_metrics(metrics.clone());
    let mut series = Vec::with_capacity(COUNT);
    for n in 0..COUNT {
        let labels: Labels = [("device_id".to_owned(), format!("device-{n:05}")), ("device_type".to_owned(), "ups".to_owned())].into();
        let spec = SeriesSpec { metric: "power_load_percent".to_owned(), labels, unit: "%", kind: Kind::Gauge, source: "power" };
        series.push(metrics.series(&spec).await.map_err(|e| e.message().to_owned())?);
    }
    // Five minutes of points every fifteen seconds, and one more before each evaluation.
    let value = |n: usize| if n % FIRING_EVERY == 1 || (n.is_multiple_of(FIRING_EVERY) && n > 0) { 95.0 } else { 10.0 };
    let write = |at: argos_kernel::Timestamp| {
        let points: Vec<_> = series.iter().enumerate().map(|(n, id)| (*id, at.micros(), value(n))).collect();
        metrics.append_all(&points) == COUNT
    };
    for back in (0..20_i64).rev() {
        if !write(clock.now().minus_secs(back * 15 + 15)) {
            return Err("points were refused".into());
        }
    }
    let tasks = Tasks::new(Arc::clone(&clock), Arc::clone(&rng), Shutdown::new());
    let web = Web::builder().mount(routes(alerts.clone())).authenticator(Arc::new(Door)).build(clock, rng, tasks)?;
    let client = TestClient::new(Arc::new(web)).bearer(&"a".repeat(64));
    let rule = |n: usize| {
        let series = format!("power_load_percent[device-{n:05}]");
        let asked = if n.is_multiple_of(WINDOW_EVERY) { format!("avg({series}, 5m)") } else { series };
        let for_s = if n.is_multiple_of(3) { 60 } else { 0 };
        json!({ "id": format!("{n:08x}"), "condition": format!("{asked} > 90"), "for_s": for_s })
    };
    let made = client.put("/api/alert-rules", json!({ "rules": (0..COUNT).map(rule).collect::<Vec<_>>() })).await;
    if made.status != 200 {
        return Err(format!("the rules: {}", made.text()).into());
    }
    let values: Arc<dyn LiveValues> = Arc::new(Nothing);
    // The first opens what fires.
    let opened = alerts.tick(&values, SystemClock.now()).await.map_err(|e| e.message().to_owned())?;
    let mean = alerts.open_firings().await.map_err(|e| e.message().to_owned())?.iter().filter(|f| f.message.contains("avg(")).count();
    if mean == 0 {
        return Err("no mean was above its threshold".into());
    }
    let (began, cpu) = (Instant::now(), process::cpu_time(std::process::id())?.as_secs_f64());
    for _ in 0..TICKS {
        write(SystemClock.now());
        let report = alerts.tick(&values, SystemClock.now()).await.map_err(|e| e.message().to_owned())?;
        if report.evaluated < COUNT || report.failed > 0 {
            return Err(format!("only {} of {COUNT} rules were judged", report.evaluated).into());
        }
    }
    let (wall, cpu) =
        (began.elapsed().as_secs_f64() / f64::from(TICKS), (process::cpu_time(std::process::id())?.as_secs_f64() - cpu) / f64::from(TICKS));
    if opened.fired == 0 {
        return Err("nothing fired".into());
    }
    report::figure("alerts.evaluation", wall * 1_000.0, "ms for 10 000 rules over 10 000 series");
    report::figure("alerts.core_share", cpu / EVERY_S * 100.0, "% of a core at one evaluation in 15 s");
    store.close().await;
    Ok(())
}

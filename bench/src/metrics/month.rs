//! Thirty days of a few series at five seconds, and one of them back at a minute.

use std::sync::Arc;
use std::time::Instant;

use argos_kernel::{CredentialKind, SeededRng, Shutdown, SystemClock, Tasks, Timestamp};
use argos_metrics::{Function, Labels, SeriesId};
use argos_web::testing::TestClient;
use argos_web::{AuthFailure, Authenticator, BoxFuture, Caller, ClientInfo, Grants, Presented, Web};

use super::machine::Recording;
use super::peers::{Prometheus, VictoriaMetrics};
use super::real;
use super::stage::{START_S, Stage, TICK_S};
use crate::{Outcome, report};

const DAYS: i64 = 30;
const DAY_S: i64 = 86_400;
const END_S: i64 = START_S + DAYS * DAY_S;
/// Points handed over at once.
const BATCH: i64 = 120;
const SERIES: &[&str] = &["cpu_percent", "mem_used_bytes", "net_rx_bps", "temp_celsius"];
const ROUNDS: usize = 20;

pub(super) async fn run() -> Outcome {
    let stage = Stage::new().await?;
    let mut recording = Recording::new();
    let mut walk = Walk::new();
    let mut ids = Vec::new();
    for name in SERIES {
        ids.push(stage.series(name, &[("host", "local")]).await?);
        recording.insert((*name).to_owned(), Vec::new());
    }
    for first in (0..DAYS * DAY_S / TICK_S).step_by(usize::try_from(BATCH)?) {
        let batch = walk.batch(first, &ids, &mut recording);
        let now = START_S + (first + BATCH) * TICK_S;
        stage.clock.set(Timestamp::from_secs(now));
        stage.metrics.append_all(&batch);
        stage.metrics.flush().await?;
        stage.metrics.seal(false).await?;
        if (now - START_S) % DAY_S == 0 {
            stage.metrics.compact().await?;
        }
    }
    stage.metrics.seal(true).await?;
    stage.metrics.compact().await?;
    let points: usize = recording.values().map(Vec::len).sum();
    if usize::try_from(stage.metrics.sealed_totals().await?.0) != Ok(points) {
        return Err("not every point of the month was stored".into());
    }
    report::figure("metrics.month_points", real(points), "points");
    let each = |bytes: i64| real(bytes) / real(points);
    let rows = each(stage.table_bytes("metric_chunks").await?);
    let all = each(stage.grown_bytes().await?);
    let query = query_ms(&stage).await?;
    report::figure("metrics.month_query", query, "ms");
    let reply = reply_ms(&stage).await?;
    report::figure("metrics.month_reply", reply, "ms");
    report::figure("metrics.month_stored_bytes", rows, "bytes/point");
    report::figure("metrics.month_stored_bytes_with_rollups", all, "bytes/point");
    let prometheus = Prometheus::import(&recording)?;
    report::against("metrics.month_reply", reply, "ms", "prometheus", prometheus.range_ms(SERIES[0], START_S, END_S, ROUNDS)?);
    report::against("metrics.month_stored_bytes", rows, "bytes/point", "prometheus", real(prometheus.bytes()?) / real(points));
    drop(prometheus);
    let victoria = VictoriaMetrics::import(&recording)?;
    report::against("metrics.month_reply", reply, "ms", "victoria-metrics", victoria.range_ms(SERIES[0], START_S, END_S, ROUNDS)?);
    report::against("metrics.month_stored_bytes", rows, "bytes/point", "victoria-metrics", real(victoria.bytes()?) / real(points));
    Ok(())
}

/// The values alone, as other parts of the process ask for them; the median of the rounds.
async fn query_ms(stage: &Stage) -> Outcome<f64> {
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let found =
            stage.metrics.query(SERIES[0], &Labels::new(), START_S * 1_000_000, END_S * 1_000_000, 60_000_000, Function::Avg).await?;
        times.push(began.elapsed().as_secs_f64() * 1e3);
        let filled = found.series.first().map_or(0, |s| s.values.iter().flatten().count());
        if i64::try_from(filled)? != DAYS * 1440 {
            return Err(format!("{filled} minutes of a month").into());
        }
    }
    Ok(report::median(&mut times))
}

/// The whole reply of the route, JSON included, without a socket.
async fn reply_ms(stage: &Stage) -> Outcome<f64> {
    let rng = Arc::new(SeededRng::new(1));
    let tasks = Tasks::new(Arc::new(SystemClock), rng.clone(), Shutdown::new());
    let web = Web::builder().mount(argos_metrics::routes(stage.metrics.clone())).authenticator(Arc::new(Door));
    let web = web.build(Arc::new(stage.clock.clone()), rng, tasks)?;
    let client = TestClient::new(Arc::new(web)).bearer(&"a".repeat(64));
    let path = format!("/api/metrics/query?metric={}&from={START_S}&to={END_S}&step=60", SERIES[0]);
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let reply = client.get(&path).await;
        times.push(began.elapsed().as_secs_f64() * 1e3);
        if reply.status != 200 {
            return Err(reply.text().into());
        }
    }
    Ok(report::median(&mut times))
}

/// Lets everybody in.
struct Door;

impl Authenticator for Door {
    fn cached(&self, _: &Presented) -> Option<Arc<Caller>> {
        let grants = Grants::new(["history:read"]);
        Some(Arc::new(Caller { username: "bench".to_owned(), credential: CredentialKind::Session, grants, ..Caller::anonymous() }))
    }
    fn authenticate<'a>(&'a self, _: &'a Presented, _: &'a ClientInfo) -> BoxFuture<'a, Result<Arc<Caller>, AuthFailure>> {
        Box::pin(async { Err(AuthFailure::Invalid) })
    }
}

/// Repeatable values that move as a host's do: a daily wave with noise, pages of memory, bursts of traffic, half degrees.
struct Walk {
    seed: u64,
    memory: f64,
}

impl Walk {
    fn new() -> Self {
        Self { seed: 0x9e37_79b9_7f4a_7c15, memory: 2_000_000.0 }
    }

    fn batch(&mut self, first: i64, ids: &[SeriesId], recording: &mut Recording) -> Vec<(SeriesId, i64, f64)> {
        let mut out = Vec::new();
        for n in first..first + BATCH {
            let t = START_S + n * TICK_S;
            for ((id, name), value) in ids.iter().zip(SERIES).zip(self.tick(t)) {
                out.push((*id, t * 1_000_000, value));
                if let Some(points) = recording.get_mut(*name) {
                    points.push((t, value));
                }
            }
        }
        out
    }

    #[expect(clippy::cast_precision_loss, reason = "seconds of a day")]
    fn tick(&mut self, t: i64) -> [f64; 4] {
        let day = (t % DAY_S) as f64 / DAY_S as f64 * std::f64::consts::TAU;
        let cpu = ((30.0 + 15.0 * day.sin() + 6.0 * self.normal()).clamp(0.0, 100.0) * 10.0).round() / 10.0;
        self.memory += (300.0 * self.normal() + (2_000_000.0 - self.memory) / 1000.0).round();
        let burst = if self.unit() < 0.05 { 40.0 } else { 1.0 };
        let rx = (burst * 20_000.0 * self.unit()).round();
        let temp = (100.0 + 8.0 * day.sin() + self.normal()).round() / 2.0;
        [cpu, self.memory.round() * 4096.0, rx, temp]
    }

    /// xorshift64*, 0 to 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits")]
    fn unit(&mut self) -> f64 {
        self.seed ^= self.seed >> 12;
        self.seed ^= self.seed << 25;
        self.seed ^= self.seed >> 27;
        (self.seed.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// About normal: the sum of four uniform numbers, scaled to a deviation of one.
    fn normal(&mut self) -> f64 {
        ((0..4).map(|_| self.unit()).sum::<f64>() - 2.0) * 3.0_f64.sqrt()
    }
}

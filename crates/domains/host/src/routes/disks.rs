//! What the disks say of themselves, and when they will be full (ops spec C.15, D.8).

use std::collections::BTreeMap;
use std::time::Duration;

use argos_kernel::{Result, Timestamp};
use argos_metrics::{Function, documented};
use argos_web::{Reply, Req, Routes};
use tokio::time::Instant;

use super::Host;
use crate::model::capacity::{CapacityView, SLOT_S, predict};
use crate::probes;

/// Asking a disk wakes it up; the answer is good for this long.
const SMART_TTL: Duration = Duration::from_secs(300);
const HISTORY_HOURS: i64 = 168;
const PROJECTION_HOURS: i64 = 720;
/// Metrics of one question.
const METRICS_MAX: usize = 10;

pub(crate) fn routes(machine: Host) -> Routes<Host> {
    Routes::new(machine)
        .get("/api/smart", "host.list_smart", "SMART state and risk of every disk; empty without smartctl.", smart)
        .get("/api/disks/prediction", "host.predict_disks", "When each file system will be full.", prediction)
        .reply::<CapacityView>()
        .get(
            "/api/predict/capacity",
            "host.predict_capacity",
            "Where metrics are going: trend, season, bands, and when they are full.",
            capacity,
        )
        .param("metrics", "Documented names, comma-separated or repeated; disk_percent when absent")
        .param("range", "Hours of history, 1 to 720, 168 when absent")
        .param("projection", "Hours ahead, 1 to 2160, 720 when absent")
        .reply::<CapacityView>()
}

async fn smart(machine: Host, _: Req) -> Result<Reply> {
    let mut cache = machine.smart.lock().await;
    if let Some((at, value)) = cache.as_ref().filter(|(at, _)| at.elapsed() < SMART_TTL) {
        let age = at.elapsed().as_secs();
        return Ok(Reply::json(value).header("age", &age.to_string()));
    }
    let value = serde_json::Value::Array(probes::smart_disks().await);
    let reply = Reply::json(&value);
    *cache = Some((Instant::now(), value));
    Ok(reply)
}

async fn prediction(machine: Host, req: Req) -> Result<Reply> {
    let now = req.cx().now();
    let mut series = BTreeMap::new();
    gather(&machine, "disk_percent", HISTORY_HOURS, now, &mut series).await;
    Ok(Reply::json(&predict(&series, PROJECTION_HOURS, now.secs())))
}

async fn capacity(machine: Host, req: Req) -> Result<Reply> {
    let now = req.cx().now();
    let q = req.query();
    let (hours, ahead) = (q.int_clamped("range", HISTORY_HOURS, 1, 720)?, q.int_clamped("projection", PROJECTION_HOURS, 1, 2160)?);
    // The list may be given with commas, or the parameter repeated.
    let given = q.pairs().iter().filter(|(name, _)| name == "metrics").flat_map(|(_, list)| list.split(','));
    let mut names: Vec<&str> = given.map(str::trim).filter(|n| !n.is_empty()).take(METRICS_MAX).collect();
    if names.is_empty() {
        names.push("disk_percent");
    }
    let mut series = BTreeMap::new();
    for name in names {
        gather(&machine, name, hours, now, &mut series).await;
    }
    Ok(Reply::json(&predict(&series, ahead, now.secs())))
}

/// The stored 5-minute means of a documented name; `name:<tag>` for each of several. A name without any has an empty list,
/// which the prediction answers honestly.
async fn gather(machine: &Host, name: &str, hours: i64, now: Timestamp, out: &mut BTreeMap<String, Vec<(i64, f64)>>) {
    let before = out.len();
    if let Some(wanted) = documented(name) {
        let (from, step) = (now.minus_secs(hours * 3600).micros(), SLOT_S * 1_000_000);
        // No series yet is an honest empty answer.
        if let Ok(result) = machine.platform.metrics.query(wanted.metric, &wanted.labels, from, now.micros(), step, Function::Avg).await {
            for s in &result.series {
                let points = result.starts.iter().zip(&s.values).filter_map(|(t, v)| v.map(|v| (t / 1_000_000, v)));
                let tag = wanted.tag.and_then(|t| s.labels.get(t));
                let key = tag.map_or_else(|| name.to_owned(), |tag| format!("{name}:{tag}"));
                out.insert(key, points.collect::<Vec<_>>());
            }
        }
    }
    if out.len() == before && name != "disk_percent" {
        out.entry(name.to_owned()).or_default();
    }
}

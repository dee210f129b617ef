//! What the disks say of themselves, and when they will be full (ops spec C.15, D.8).

use std::collections::BTreeMap;
use std::time::Duration;

use argos_kernel::Result;
use argos_metrics::{Function, Labels};
use argos_web::{Reply, Req, Routes};
use tokio::time::Instant;

use super::Host;
use crate::model::capacity::{CapacityView, predict};
use crate::model::samples::LOCAL;
use crate::probes;

/// Asking a disk wakes it up; the answer is good for this long.
const SMART_TTL: Duration = Duration::from_secs(300);
const HISTORY_HOURS: i64 = 168;
const PROJECTION_HOURS: i64 = 720;
const SLOT_US: i64 = 300 * 1_000_000;

pub(crate) fn routes(machine: Host) -> Routes<Host> {
    Routes::new(machine)
        .get("/api/smart", "host.list_smart", "SMART state and risk of every disk; empty without smartctl.", smart)
        .get("/api/disks/prediction", "host.predict_disks", "When each file system will be full.", prediction)
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
    let labels = Labels::from([("host".to_owned(), LOCAL.to_owned())]);
    let metrics = &machine.platform.metrics;
    let from = now.minus_secs(HISTORY_HOURS * 3600).micros();
    let mut series = BTreeMap::new();
    // No series yet is an honest empty answer.
    if let Ok(result) = metrics.query("host_disk_percent", &labels, from, now.micros(), SLOT_US, Function::Avg).await {
        for s in &result.series {
            let points = result.starts.iter().zip(&s.values).filter_map(|(t, v)| v.map(|v| (t / 1_000_000, v)));
            let mount = s.labels.get("mount").map_or("", String::as_str);
            series.insert(format!("disk_percent:{mount}"), points.collect::<Vec<_>>());
        }
    }
    Ok(Reply::json(&predict(&series, PROJECTION_HOURS, now.secs())))
}
